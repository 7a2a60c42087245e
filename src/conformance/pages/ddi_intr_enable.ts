/** Checks of ddi_intr_add_handler(9F), ddi_intr_enable(9F) and their opposites. */
import {
  DDI_INTR_TYPE_FIXED,
  DDI_INTR_TYPE_MSI,
  DDI_INTR_TYPE_MSIX,
} from '../../sys/constants-intr.js';
import { clause, type ClauseCheck } from '../clause.js';
import { misuse } from '../stock.js';
import {
  addedIntr,
  allocIntr,
  counter,
  enabledIntr,
  interrupt,
  intrTypes,
  notInInterrupts,
  oneIntr,
} from '../stock-intr.js';
import { bad, good, same, that } from '../that.js';

const single = ['fixed', 'msix'];

/** The checks. */
export const intrEnableChecks: readonly ClauseCheck[] = [
  clause('ddi_intr_add_handler.9f/DS-1', { cases: single }, async (sut, kase) => {
    const { it } = enabledIntr(sut, intrTypes[kase]);
    interrupt(sut);
    await sut.settle();
    same(it.args, [['one', 'two']], 'the arguments of the calls');
  }),
  clause('ddi_intr_add_handler.9f/DS-2', {}, async (sut) => {
    const h = oneIntr(sut);
    good(
      sut.ddi.ddi_intr_add_handler(h, () => 2, null, null),
      'ddi_intr_add_handler',
    );
    good(sut.ddi.ddi_intr_enable(h), 'ddi_intr_enable');
    const id = 'ddi_intr_add_handler.9f/DS-2';
    await misuse(sut, 'a handler that returns 2', [id], async () => {
      interrupt(sut);
      await sut.settle();
    });
  }),
  clause('ddi_intr_add_handler.9f/SQ-1', {}, async (sut) => {
    const { h } = addedIntr(sut);
    const id = 'ddi_intr_add_handler.9f/SQ-1';
    const again = await misuse(sut, 'a second handler', [id], () =>
      sut.ddi.ddi_intr_add_handler(h, () => 0, null, null),
    );
    if (again.value !== undefined) bad(again.value, 'DDI_EINVAL', 'a second handler');
  }),
  clause('ddi_intr_add_handler.9f/SQ-2', { cases: single }, async (sut, kase) => {
    const { h, it } = addedIntr(sut, intrTypes[kase]);
    interrupt(sut);
    await sut.settle();
    same(it.calls, 0, 'calls of the handler before the interrupt is enabled');
    sut.device.lower();
    good(sut.ddi.ddi_intr_enable(h), 'ddi_intr_enable');
    interrupt(sut);
    await sut.settle();
    that(it.calls > 0, 'it is called afterwards');
  }),
  clause('ddi_intr_add_handler.9f/RM-1', {}, async (sut) => {
    const { h } = enabledIntr(sut);
    const id = 'ddi_intr_add_handler.9f/RM-1';
    const early = await misuse(sut, 'removing the handler of an enabled interrupt', [id], () =>
      sut.ddi.ddi_intr_remove_handler(h),
    );
    if (early.value !== undefined) bad(early.value, 'DDI_EINVAL', 'ddi_intr_remove_handler');
    good(await sut.ddi.ddi_intr_disable(h), 'ddi_intr_disable');
    good(sut.ddi.ddi_intr_remove_handler(h), 'ddi_intr_remove_handler after ddi_intr_disable');
  }),
  clause('ddi_intr_add_handler.9f/RV-1', {}, (sut) => {
    const h = oneIntr(sut);
    const { ddi_intr_add_handler, ddi_intr_remove_handler } = sut.ddi;
    bad(ddi_intr_remove_handler(h), 'DDI_EINVAL', 'removing a handler that was not added');
    bad(
      ddi_intr_add_handler(null, () => 0, null, null),
      'DDI_EINVAL',
      'a handle that is NULL',
    );
    const noHandler = null as unknown as () => number;
    bad(ddi_intr_add_handler(h, noHandler, null, null), 'DDI_EINVAL', 'a handler that is NULL');
    good(
      ddi_intr_add_handler(h, () => 0, null, null),
      'ddi_intr_add_handler',
    );
    good(ddi_intr_remove_handler(h), 'ddi_intr_remove_handler');
  }),
  notInInterrupts('ddi_intr_add_handler.9f/CX-1', (sut) => {
    const h = oneIntr(sut);
    return () => sut.ddi.ddi_intr_add_handler(h, () => 0, null, null);
  }),

  clause('ddi_intr_enable.9f/SQ-1', { cases: single }, async (sut, kase) => {
    const h = oneIntr(sut, intrTypes[kase]);
    const early = await misuse(sut, 'enabling without a handler', ['ddi_intr_enable.9f/SQ-1'], () =>
      sut.ddi.ddi_intr_enable(h),
    );
    if (early.value !== undefined) bad(early.value, 'DDI_EINVAL', 'ddi_intr_enable');
  }),
  clause('ddi_intr_enable.9f/DS-1', { cases: ['pending', 'masked'] }, async (sut, kase) => {
    const { h, it } = addedIntr(sut);
    if (kase === 'masked') {
      good(sut.ddi.ddi_intr_enable(h), 'ddi_intr_enable');
      good(sut.ddi.ddi_intr_set_mask(h), 'ddi_intr_set_mask');
      good(await sut.ddi.ddi_intr_disable(h), 'ddi_intr_disable');
    }
    interrupt(sut);
    good(sut.ddi.ddi_intr_enable(h), 'ddi_intr_enable');
    await sut.settle();
    same(it.calls, 1, 'calls of the handler for an interrupt that was pending');
  }),
  clause('ddi_intr_enable.9f/DS-2', { cases: single }, async (sut, kase) => {
    const { h, it } = enabledIntr(sut, intrTypes[kase]);
    interrupt(sut);
    await sut.settle();
    same(it.calls, 1, 'calls while it is enabled');
    good(await sut.ddi.ddi_intr_disable(h), 'ddi_intr_disable');
    interrupt(sut);
    await sut.settle();
    same(it.calls, 1, 'calls after ddi_intr_disable has returned');
    const clauses = ['ddi_intr_enable.9f/DS-2'];
    const free = () => sut.ddi.ddi_intr_free(h);
    await misuse(sut, 'freeing an interrupt with its handler', clauses, free);
  }),
  clause(
    'ddi_intr_enable.9f/BK-1',
    { cases: ['block', 'no block', '0', '5'] },
    async (sut, kase) => {
      const type = kase === 'no block' ? DDI_INTR_TYPE_MSIX : DDI_INTR_TYPE_MSI;
      const handles = allocIntr(sut, type, 4);
      const it = counter(sut);
      for (const h of handles) good(sut.ddi.ddi_intr_add_handler(h, it.handler, 0, 0), 'add');
      const { ddi_intr_block_enable, ddi_intr_block_disable } = sut.ddi;
      if (kase === 'block') {
        good(ddi_intr_block_enable(handles, 4), 'ddi_intr_block_enable');
        sut.device.message(3);
        await sut.settle();
        same(it.calls, 1, 'calls of the handler');
        good(await ddi_intr_block_disable(handles, 4), 'ddi_intr_block_disable');
        return;
      }
      if (kase !== 'no block') {
        bad(ddi_intr_block_enable(handles, Number(kase)), 'DDI_EINVAL', `${kase} of four`);
        return;
      }
      const what = 'a block of interrupts that are enabled one by one';
      const wrong = await misuse(sut, what, ['ddi_intr_enable.9f/BK-1'], () =>
        ddi_intr_block_enable(handles, 4),
      );
      if (wrong.value !== undefined) bad(wrong.value, 'DDI_EINVAL', what);
    },
  ),
  clause('ddi_intr_enable.9f/RV-1', {}, async (sut) => {
    bad(sut.ddi.ddi_intr_enable(null), 'DDI_EINVAL', 'ddi_intr_enable of NULL');
    const { h } = addedIntr(sut, DDI_INTR_TYPE_FIXED);
    bad(await sut.ddi.ddi_intr_disable(h), 'DDI_EINVAL', 'disabling what is not enabled');
    good(sut.ddi.ddi_intr_enable(h), 'ddi_intr_enable');
    bad(sut.ddi.ddi_intr_enable(h), 'DDI_EINVAL', 'enabling what is enabled');
    good(await sut.ddi.ddi_intr_disable(h), 'ddi_intr_disable');
  }),
  notInInterrupts('ddi_intr_enable.9f/CX-1', (sut) => {
    const { h } = addedIntr(sut);
    return () => sut.ddi.ddi_intr_enable(h);
  }),
];
