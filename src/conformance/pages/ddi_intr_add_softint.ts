/** Checks of ddi_intr_add_softint(9F) and ddi_add_softintr(9F). */
import { DDI_INTR_CLAIMED } from '../../sys/constants.js';
import { DDI_SOFTINT_FIXED, DDI_SOFTINT_HIGH, DDI_SOFTINT_LOW } from '../../sys/constants-intr.js';
import type { ddi_softint_handle_t } from '../../sys/types.js';
import { clause, type ClauseCheck } from '../clause.js';
import { misuse } from '../stock.js';
import { notInInterrupts } from '../stock-intr.js';
import type { Sut } from '../sut.js';
import { bad, good, same, that } from '../that.js';

/** A soft interrupt whose handler keeps its arguments and where it ran. */
function added(sut: Sut): {
  readonly h: ddi_softint_handle_t;
  readonly seen: (readonly unknown[])[];
} {
  const seen: (readonly unknown[])[] = [];
  const handler = (...args: readonly unknown[]): number => {
    seen.push([...args, sut.contextKind()]);
    return DDI_INTR_CLAIMED;
  };
  const { h } = good(sut.ddi.ddi_intr_add_softint(sut.dip(), 2, handler, 'one'), 'add_softint');
  return { h, seen };
}

/** The same by the old interface. */
function addedOld(sut: Sut): { readonly id: ddi_softint_handle_t; readonly seen: unknown[] } {
  const seen: unknown[] = [];
  const handler = (arg: unknown): number => {
    seen.push(arg);
    return DDI_INTR_CLAIMED;
  };
  const answer = sut.ddi.ddi_add_softintr(sut.dip(), DDI_SOFTINT_LOW, handler, 'one');
  return { id: good(answer, 'ddi_add_softintr').id, seen };
}

const page = 'ddi_intr_add_softint.9f';
const oldPage = 'ddi_add_softintr.9f';

/** The checks. */
export const softintChecks: readonly ClauseCheck[] = [
  clause(`${page}/DS-1`, {}, async (sut) => {
    const { h, seen } = added(sut);
    await sut.settle();
    same(seen, [], 'calls before it is triggered');
    good(sut.ddi.ddi_intr_trigger_softint(h, 'two'), 'ddi_intr_trigger_softint');
    await sut.settle();
    same(seen, [['one', 'two', 'interrupt']], 'the arguments and the context of the calls');
  }),
  clause(`${page}/DS-2`, {}, async (sut) => {
    const answer = sut.ddi.ddi_intr_add_softint(sut.dip(), 1, () => 2, null);
    const { h } = good(answer, 'ddi_intr_add_softint');
    await misuse(sut, 'a handler that returns 2', [`${page}/DS-2`], async () => {
      good(sut.ddi.ddi_intr_trigger_softint(h, null), 'ddi_intr_trigger_softint');
      await sut.settle();
    });
  }),
  clause(`${page}/AR-1`, { cases: ['0', '10', '1', '9'] }, (sut, kase) => {
    const pri = Number(kase);
    const answer = sut.ddi.ddi_intr_add_softint(sut.dip(), pri, () => 0, null);
    if (pri < 1 || pri > 9) bad(answer, 'DDI_EINVAL', `priority ${kase}`);
    else good(answer, `priority ${kase}`);
  }),
  clause(`${page}/TR-1`, {}, async (sut) => {
    const { h, seen } = added(sut);
    for (const arg2 of ['two', 'three']) {
      good(sut.ddi.ddi_intr_trigger_softint(h, arg2), 'ddi_intr_trigger_softint');
      await sut.settle();
    }
    same(
      seen.map(([, arg2]) => arg2),
      ['two', 'three'],
      'the second arguments of the calls',
    );
  }),
  clause(`${page}/TR-2`, {}, async (sut) => {
    const { h, seen } = added(sut);
    good(sut.ddi.ddi_intr_trigger_softint(h, 'two'), 'ddi_intr_trigger_softint');
    bad(sut.ddi.ddi_intr_trigger_softint(h, 'three'), 'DDI_EPENDING', 'while it is pending');
    await sut.settle();
    same(
      seen.map(([, arg2]) => arg2),
      ['two'],
      'the second arguments of the calls',
    );
  }),
  clause(`${page}/RM-1`, {}, async (sut) => {
    const { h, seen } = added(sut);
    good(await sut.ddi.ddi_intr_remove_softint(h), 'ddi_intr_remove_softint');
    await misuse(sut, 'triggering what was removed', [`${page}/RM-1`], () =>
      sut.ddi.ddi_intr_trigger_softint(h, 'two'),
    );
    await sut.settle();
    same(seen, [], 'calls after it was removed');
  }),
  clause(`${page}/RM-2`, {}, async (sut) => {
    const { h } = added(sut);
    same(sut.live().length, 1, 'what is alive until it is removed');
    good(await sut.ddi.ddi_intr_remove_softint(h), 'ddi_intr_remove_softint');
    same(sut.live().length, 0, 'what is alive afterwards');
  }),
  clause(`${page}/GP-1`, {}, (sut) => {
    const { h } = added(sut);
    const answer = good(sut.ddi.ddi_intr_get_softint_pri(h), 'ddi_intr_get_softint_pri');
    same(answer.soft_pri, 2, 'the priority');
  }),
  clause(`${page}/RV-1`, {}, async (sut) => {
    bad(sut.ddi.ddi_intr_trigger_softint(null, null), 'DDI_EINVAL', 'triggering NULL');
    bad(await sut.ddi.ddi_intr_remove_softint(null), 'DDI_EINVAL', 'removing NULL');
    const none = null as unknown as () => number;
    bad(sut.ddi.ddi_intr_add_softint(sut.dip(), 1, none, null), 'DDI_EINVAL', 'no handler');
    same(sut.live().length, 0, 'what is alive');
  }),
  notInInterrupts(
    `${page}/CX-1`,
    (sut) => () => sut.ddi.ddi_intr_add_softint(sut.dip(), 1, () => 0, null),
  ),

  clause(`${oldPage}/DS-1`, {}, async (sut) => {
    const { id, seen } = addedOld(sut);
    sut.ddi.ddi_trigger_softintr(id);
    await sut.settle();
    same(seen, ['one'], 'the arguments of the calls');
  }),
  clause(`${oldPage}/DS-2`, { cases: ['LOW', 'HIGH'] }, (sut, kase) => {
    const preference = kase === 'LOW' ? DDI_SOFTINT_LOW : DDI_SOFTINT_HIGH;
    const early = sut.ddi.ddi_get_soft_iblock_cookie(sut.dip(), preference);
    that(good(early, 'before').iblock_cookie !== null, 'there is a cookie');
    that(sut.live().length === 0, 'and nothing was allocated for it');
    const late = sut.ddi.ddi_add_softintr(sut.dip(), preference, () => 0, null);
    good(late, 'ddi_add_softintr');
    same(sut.live().length, 1, 'what is alive');
  }),
  clause(`${oldPage}/TR-1`, {}, async (sut) => {
    const { id, seen } = addedOld(sut);
    await sut.settle();
    same(seen.length, 0, 'calls before it is triggered');
    sut.ddi.ddi_trigger_softintr(id);
    sut.ddi.ddi_trigger_softintr(id);
    await sut.settle();
    same(seen.length, 1, 'calls after it was triggered twice at once');
  }),
  clause(`${oldPage}/RM-1`, {}, async (sut) => {
    const { id, seen } = addedOld(sut);
    same(sut.live().length, 1, 'what is alive until it is removed');
    await sut.ddi.ddi_remove_softintr(id);
    same(sut.live().length, 0, 'what is alive afterwards');
    await sut.settle();
    same(seen.length, 0, 'calls');
  }),
  clause(`${oldPage}/RV-1`, {}, (sut) => {
    const { ddi_add_softintr, ddi_get_soft_iblock_cookie } = sut.ddi;
    bad(ddi_get_soft_iblock_cookie(sut.dip(), DDI_SOFTINT_FIXED), 'DDI_FAILURE', 'FIXED');
    bad(
      ddi_add_softintr(sut.dip(), -1, () => 0, null),
      'DDI_FAILURE',
      'no preference',
    );
    good(
      ddi_add_softintr(sut.dip(), DDI_SOFTINT_LOW, () => 0, null),
      'LOW',
    );
    same(sut.live().length, 1, 'what is alive');
  }),
  clause(`${oldPage}/CX-1`, { cases: ['user', 'kernel', 'interrupt'] }, async (sut, kase) => {
    const { id, seen } = addedOld(sut);
    await sut.within(kase as 'user' | 'kernel' | 'interrupt', () => {
      sut.ddi.ddi_trigger_softintr(id);
    });
    await sut.settle();
    same(seen.length, 1, `calls after a trigger in ${kase} context`);
    same(sut.findings().length, 0, 'findings');
  }),
];
