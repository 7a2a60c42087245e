/** Checks of ddi_dma_alloc_handle(9F). Waiting: waiting-calls.ts. */
import { DDI_DMA_DONTWAIT, DDI_DMA_SLEEP } from '../../sys/constants.js';
import type { ddi_dma_attr_t, ddi_dma_handle_t } from '../../sys/types.js';
import { clause, type ClauseCheck } from '../clause.js';
import {
  bind,
  cookiesOf,
  frameRun,
  framesApart,
  inEveryContext,
  misuse,
  newHandle,
  tryBind,
  usedUp,
  wideAttr,
} from '../stock.js';
import { bad, good, same, settled, that } from '../that.js';

/** Attributes no system can ever satisfy, each with the field that makes it so. */
export const impossibleAttrs: Readonly<Record<string, Partial<ddi_dma_attr_t>>> = {
  'addr_hi below addr_lo': { dma_attr_addr_lo: 0x2000n, dma_attr_addr_hi: 0x1fffn },
  'align 0': { dma_attr_align: 0n },
  'align 3': { dma_attr_align: 3n },
  'minxfer 0': { dma_attr_minxfer: 0 },
  'minxfer 3': { dma_attr_minxfer: 3 },
  'sgllen 0': { dma_attr_sgllen: 0 },
  'granular 0': { dma_attr_granular: 0 },
  'version 1': { dma_attr_version: 1 },
};

/** The checks. */
export const allocHandleChecks: readonly ClauseCheck[] = [
  clause('ddi_dma_alloc_handle.9f/DS-1', {}, (sut) => {
    const one = newHandle(sut);
    const two = newHandle(sut);
    that(one !== two, 'two calls give two handles');
    bind(sut, one, sut.place(frameRun, 0, sut.pageSize), sut.pageSize);
    bind(sut, two, sut.place(framesApart, 0, sut.pageSize), sut.pageSize);
    const [a, b] = [cookiesOf(sut, one), cookiesOf(sut, two)];
    that(a[0]?.dmac_laddress !== b[0]?.dmac_laddress, 'each carries its own binding');
  }),
  clause('ddi_dma_alloc_handle.9f/DS-2', {}, (sut) => {
    const at = sut.place(frameRun, 0, 2 * sut.pageSize);
    const narrow = newHandle(sut, { dma_attr_count_max: 0xfffn });
    bind(sut, narrow, at, 2 * sut.pageSize);
    that(
      cookiesOf(sut, narrow).every((c) => c.dmac_size <= 0x1000),
      'cookies keep the count_max the handle was allocated with',
    );
    good(sut.ddi.ddi_dma_unbind_handle(narrow), 'unbind');
    const wide = newHandle(sut, { dma_attr_count_max: 0xffffn });
    bind(sut, wide, at, 2 * sut.pageSize);
    that(
      cookiesOf(sut, wide).some((c) => c.dmac_size > 0x1000),
      'a handle with a wider count_max is not held to that of the other',
    );
  }),
  clause('ddi_dma_alloc_handle.9f/DS-3', {}, async (sut) => {
    const forged = { ...newHandle(sut) } as ddi_dma_handle_t;
    await misuse(
      sut,
      'a handle put together from the fields of another',
      ['ddi_dma_alloc_handle.9f/DS-3', 'ddi_dma_addr_bind_handle.9f/AR-1'],
      () => tryBind(sut, forged, sut.place(frameRun, 0, 64), 64),
    );
  }),
  clause('ddi_dma_alloc_handle.9f/DS-5', {}, (sut) => {
    const handle = newHandle(sut);
    bind(sut, handle, sut.place(frameRun, 0, 64), 64);
    const second = tryBind(sut, handle, sut.place(framesApart, 0, 64), 64);
    bad(second, 'DDI_DMA_INUSE', 'a second transaction on one handle');
  }),
  clause('ddi_dma_alloc_handle.9f/OUT-1', {}, (sut) => {
    const result = sut.ddi.ddi_dma_alloc_handle(sut.dip(), wideAttr, DDI_DMA_DONTWAIT);
    const { handle } = good(result, 'ddi_dma_alloc_handle');
    that(typeof handle === 'object', 'success fills the handle in');
    bind(sut, handle, sut.place(framesApart, 0, 2 * sut.pageSize), 2 * sut.pageSize);
    same(cookiesOf(sut, handle).length, 2, 'cookies of what the handle was bound to');
  }),
  clause('ddi_dma_alloc_handle.9f/CB-1', {}, (sut) => {
    const giveBack = usedUp(sut);
    const before = sut.nowNs();
    const result = sut.ddi.ddi_dma_alloc_handle(sut.dip(), wideAttr, DDI_DMA_DONTWAIT);
    that(settled(result), 'DONTWAIT answers at once although memory is used up');
    if (result.isErr()) bad(result, 'DDI_DMA_NORESOURCES', 'DONTWAIT without resources');
    same(sut.nowNs(), before, 'virtual time afterwards');
    giveBack();
  }),
  clause('ddi_dma_alloc_handle.9f/RV-1', {}, (sut) => {
    const before = sut.live().length;
    good(sut.ddi.ddi_dma_alloc_handle(sut.dip(), wideAttr, null), 'ddi_dma_alloc_handle');
    same(sut.live().length, before + 1, 'objects alive after DDI_SUCCESS');
  }),
  clause('ddi_dma_alloc_handle.9f/RV-2', { cases: Object.keys(impossibleAttrs) }, (sut, kase) => {
    const attr = { ...wideAttr, ...impossibleAttrs[kase] };
    const result = sut.ddi.ddi_dma_alloc_handle(sut.dip(), attr, DDI_DMA_DONTWAIT);
    bad(result, 'DDI_DMA_BADATTR', kase);
    good(
      sut.ddi.ddi_dma_alloc_handle(sut.dip(), wideAttr, DDI_DMA_DONTWAIT),
      'possible attributes',
    );
  }),
  clause('ddi_dma_alloc_handle.9f/CX-1', {}, async (sut) => {
    await inEveryContext(sut, 'ddi_dma_alloc_handle without waiting', () => newHandle(sut));
    same(sut.live().length, 3, 'handles allocated, one in each context');
  }),
  clause('ddi_dma_alloc_handle.9f/CX-2', {}, async (sut) => {
    for (const where of ['user', 'kernel'] as const) {
      const result = await sut.within(where, () =>
        sut.ddi.ddi_dma_alloc_handle(sut.dip(), wideAttr, DDI_DMA_SLEEP),
      );
      good(result, `DDI_DMA_SLEEP in ${where} context`);
    }
    same(sut.findings().length, 0, 'findings where sleeping is allowed');
    await misuse(sut, 'DDI_DMA_SLEEP in interrupt context', ['ddi_dma_alloc_handle.9f/CX-2'], () =>
      sut.within('interrupt', () =>
        sut.ddi.ddi_dma_alloc_handle(sut.dip(), wideAttr, DDI_DMA_SLEEP),
      ),
    );
  }),
];
