/** Checks of ddi_intr_get_cap(9F), ddi_intr_get_pri(9F), ddi_intr_set_mask(9F) and of pending. */
import {
  DDI_INTR_FLAG_BLOCK,
  DDI_INTR_FLAG_EDGE,
  DDI_INTR_FLAG_LEVEL,
  DDI_INTR_FLAG_MASKABLE,
  DDI_INTR_FLAG_PENDING,
  DDI_INTR_PRI_MAX,
  DDI_INTR_PRI_MIN,
  DDI_INTR_TYPE_FIXED,
  DDI_INTR_TYPE_MSI,
  DDI_INTR_TYPE_MSIX,
} from '../../sys/constants-intr.js';
import { clause, type ClauseCheck } from '../clause.js';
import { misuse } from '../stock.js';
import {
  addedIntr,
  allocIntr,
  enabledIntr,
  intrTypes,
  notInInterrupts,
  oneIntr,
} from '../stock-intr.js';
import type { Sut } from '../sut.js';
import { bad, good, same, that } from '../that.js';

/** The flags of an interrupt of a type. */
function flagsOf(sut: Sut, type: number): number {
  return good(sut.ddi.ddi_intr_get_cap(oneIntr(sut, type)), 'ddi_intr_get_cap').flags;
}

/** The checks. */
export const intrCapChecks: readonly ClauseCheck[] = [
  clause('ddi_intr_get_cap.9f/FL-1', { cases: ['fixed', 'msi', 'msix'] }, (sut, kase) => {
    const wanted = kase === 'fixed' ? DDI_INTR_FLAG_LEVEL : 0;
    const trigger = DDI_INTR_FLAG_LEVEL | DDI_INTR_FLAG_EDGE;
    same(flagsOf(sut, intrTypes[kase] ?? 0) & trigger, wanted, `LEVEL and EDGE of ${kase}`);
  }),
  clause('ddi_intr_get_cap.9f/FL-2', {}, (sut) => {
    const { h } = enabledIntr(sut);
    const { flags } = good(sut.ddi.ddi_intr_get_cap(h), 'ddi_intr_get_cap');
    that((flags & DDI_INTR_FLAG_MASKABLE) !== 0, 'MSI-X is maskable');
    good(sut.ddi.ddi_intr_set_mask(h), 'ddi_intr_set_mask');
  }),
  clause('ddi_intr_get_cap.9f/FL-3', {}, (sut) => {
    const h = oneIntr(sut);
    const { flags } = good(sut.ddi.ddi_intr_get_cap(h), 'ddi_intr_get_cap');
    that((flags & DDI_INTR_FLAG_PENDING) !== 0, 'MSI-X has pending bits');
    good(sut.ddi.ddi_intr_get_pending(h), 'ddi_intr_get_pending');
  }),
  clause('ddi_intr_get_cap.9f/FL-4', {}, (sut) => {
    const { h } = addedIntr(sut, DDI_INTR_TYPE_MSI);
    const { flags } = good(sut.ddi.ddi_intr_get_cap(h), 'ddi_intr_get_cap');
    that((flags & DDI_INTR_FLAG_BLOCK) !== 0, 'MSI without mask bits go in a block');
    same(flags & DDI_INTR_FLAG_MASKABLE, 0, 'MASKABLE of an MSI without mask bits');
    bad(sut.ddi.ddi_intr_enable(h), 'DDI_EINVAL', 'enabling one by itself');
    good(sut.ddi.ddi_intr_block_enable([h], 1), 'ddi_intr_block_enable');
  }),
  clause('ddi_intr_get_cap.9f/RV-1', {}, (sut) => {
    bad(sut.ddi.ddi_intr_get_cap(null), 'DDI_EINVAL', 'ddi_intr_get_cap of NULL');
    good(sut.ddi.ddi_intr_get_cap(oneIntr(sut)), 'ddi_intr_get_cap');
  }),
  notInInterrupts('ddi_intr_get_cap.9f/CX-1', (sut) => {
    const h = oneIntr(sut);
    return () => sut.ddi.ddi_intr_get_cap(h);
  }),

  clause('ddi_intr_get_pri.9f/DS-2', {}, async (sut) => {
    const hilevel = sut.kernel.ddi_intr_get_hilevel_pri();
    that(hilevel > DDI_INTR_PRI_MIN && hilevel <= DDI_INTR_PRI_MAX, 'some priorities are high');
    const { h, it } = enabledIntr(sut);
    const { pri } = good(sut.ddi.ddi_intr_get_pri(h), 'ddi_intr_get_pri');
    that(pri < hilevel, 'an interrupt of the device is of low level');
    sut.device.message(0);
    await sut.settle();
    same(it.calls, 1, 'calls of the handler');
  }),
  clause('ddi_intr_get_pri.9f/DS-3', {}, (sut) => {
    const { h } = addedIntr(sut);
    const { pri } = good(sut.ddi.ddi_intr_get_pri(h), 'with a handler');
    that(pri >= DDI_INTR_PRI_MIN && pri <= DDI_INTR_PRI_MAX, 'the priority is one');
    good(sut.ddi.ddi_intr_enable(h), 'ddi_intr_enable');
    same(good(sut.ddi.ddi_intr_get_pri(h), 'when enabled').pri, pri, 'the priority later');
  }),
  clause('ddi_intr_get_pri.9f/SP-1', { cases: ['1', '7', '0', '13'] }, (sut, kase) => {
    const h = oneIntr(sut);
    const pri = Number(kase);
    const answer = sut.ddi.ddi_intr_set_pri(h, pri);
    if (pri < DDI_INTR_PRI_MIN || pri > DDI_INTR_PRI_MAX) {
      bad(answer, 'DDI_EINVAL', `priority ${kase}`);
      return;
    }
    good(answer, `priority ${kase}`);
    same(good(sut.ddi.ddi_intr_get_pri(h), 'ddi_intr_get_pri').pri, pri, 'the priority set');
  }),
  clause('ddi_intr_get_pri.9f/SP-2', {}, async (sut) => {
    const { h } = addedIntr(sut);
    const late = await misuse(sut, 'a late priority', ['ddi_intr_get_pri.9f/SP-2'], () =>
      sut.ddi.ddi_intr_set_pri(h, 4),
    );
    if (late.value !== undefined) bad(late.value, 'DDI_FAILURE', 'with a handler');
    good(sut.ddi.ddi_intr_remove_handler(h), 'ddi_intr_remove_handler');
    good(sut.ddi.ddi_intr_set_pri(h, 4), 'without one again');
  }),
  clause('ddi_intr_get_pri.9f/RV-1', {}, (sut) => {
    bad(sut.ddi.ddi_intr_get_pri(null), 'DDI_EINVAL', 'ddi_intr_get_pri of NULL');
    bad(sut.ddi.ddi_intr_set_pri(null, 4), 'DDI_EINVAL', 'ddi_intr_set_pri of NULL');
    good(sut.ddi.ddi_intr_get_pri(oneIntr(sut)), 'ddi_intr_get_pri');
  }),
  notInInterrupts('ddi_intr_get_pri.9f/CX-1', (sut) => {
    const h = oneIntr(sut);
    return () => sut.ddi.ddi_intr_get_pri(h);
  }),

  clause('ddi_intr_set_mask.9f/DS-1', {}, async (sut) => {
    const { h, it } = enabledIntr(sut);
    good(sut.ddi.ddi_intr_set_mask(h), 'ddi_intr_set_mask');
    sut.device.message(0);
    await sut.settle();
    same(it.calls, 0, 'calls while it is masked');
    good(sut.ddi.ddi_intr_clr_mask(h), 'ddi_intr_clr_mask');
    await sut.settle();
    same(it.calls, 1, 'calls after the mask is cleared');
  }),
  clause('ddi_intr_set_mask.9f/DS-3', { cases: ['not enabled', 'not set'] }, async (sut, kase) => {
    const { h } = kase === 'not set' ? enabledIntr(sut) : addedIntr(sut);
    const clauses = ['ddi_intr_set_mask.9f/DS-3'];
    const wrong = await misuse(sut, `a mask that is ${kase}`, clauses, () =>
      kase === 'not set' ? sut.ddi.ddi_intr_clr_mask(h) : sut.ddi.ddi_intr_set_mask(h),
    );
    if (wrong.value !== undefined) bad(wrong.value, 'DDI_EINVAL', `a mask that is ${kase}`);
  }),
  clause('ddi_intr_set_mask.9f/RV-1', { cases: ['maskable', 'not maskable'] }, (sut, kase) => {
    const able = kase === 'maskable';
    const { h } = enabledIntr(sut, able ? DDI_INTR_TYPE_MSIX : DDI_INTR_TYPE_FIXED);
    const answer = sut.ddi.ddi_intr_set_mask(h);
    if (able) good(answer, 'ddi_intr_set_mask');
    else bad(answer, 'DDI_ENOTSUP', 'masking what has no mask');
    bad(sut.ddi.ddi_intr_set_mask(null), 'DDI_EINVAL', 'ddi_intr_set_mask of NULL');
  }),
  clause(
    'ddi_intr_set_mask.9f/CX-1',
    { cases: ['user', 'kernel', 'interrupt'] },
    async (sut, at) => {
      const { h } = enabledIntr(sut);
      await sut.within(at as 'user' | 'kernel' | 'interrupt', () => {
        good(sut.ddi.ddi_intr_set_mask(h), 'ddi_intr_set_mask');
        good(sut.ddi.ddi_intr_clr_mask(h), 'ddi_intr_clr_mask');
      });
      same(sut.findings().length, 0, 'findings');
      same(sut.live().length, 1, 'handles alive');
    },
  ),

  clause('ddi_intr_get_pending.9f/DS-1', {}, (sut) => {
    const handles = allocIntr(sut, DDI_INTR_TYPE_MSIX, 3);
    sut.device.message(1);
    const seen = handles.map(
      (h) => good(sut.ddi.ddi_intr_get_pending(h), 'ddi_intr_get_pending').pending !== 0,
    );
    same(seen, [false, true, false], 'which of three is pending');
  }),
  clause('ddi_intr_get_pending.9f/DS-2', {}, async (sut) => {
    const h = oneIntr(sut);
    good(sut.ddi.ddi_intr_free(h), 'ddi_intr_free');
    const clauses = ['ddi_intr_get_pending.9f/DS-2', 'ddi_intr_alloc.9f/FR-1'];
    const ask = () => sut.ddi.ddi_intr_get_pending(h);
    await misuse(sut, 'asking of a freed interrupt', clauses, ask);
  }),
  clause('ddi_intr_get_pending.9f/DS-3', {}, (sut) => {
    const answer = sut.ddi.ddi_intr_get_pending(oneIntr(sut, DDI_INTR_TYPE_FIXED));
    bad(answer, 'DDI_ENOTSUP', 'a line whose state cannot be read');
    same(answer.isErr() && answer.error.out?.['pending'], 0, 'what is told all the same');
  }),
  clause('ddi_intr_get_pending.9f/RV-1', {}, (sut) => {
    bad(sut.ddi.ddi_intr_get_pending(null), 'DDI_EINVAL', 'ddi_intr_get_pending of NULL');
    good(sut.ddi.ddi_intr_get_pending(oneIntr(sut)), 'ddi_intr_get_pending');
  }),
  notInInterrupts('ddi_intr_get_pending.9f/CX-1', (sut) => {
    const h = oneIntr(sut);
    return () => sut.ddi.ddi_intr_get_pending(h);
  }),
];
