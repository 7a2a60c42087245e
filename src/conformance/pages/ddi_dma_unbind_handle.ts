/** Checks of ddi_dma_unbind_handle(9F). */
import { DDI_DMA_READ } from '../../sys/constants.js';
import { clause, type ClauseCheck } from '../clause.js';
import {
  bind,
  boundPages,
  contexts,
  deviceWrites,
  frameRun,
  misuse,
  newHandle,
  pattern,
} from '../stock.js';
import { boundFar, lowHi } from '../stock-windows.js';
import { bad, good, same } from '../that.js';

/** The checks. */
export const unbindChecks: readonly ClauseCheck[] = [
  clause('ddi_dma_unbind_handle.9f/AR-1', {}, async (sut) => {
    const handle = newHandle(sut);
    sut.ddi.ddi_dma_free_handle(handle);
    const clauses = ['ddi_dma_unbind_handle.9f/AR-1', 'ddi_dma_free_handle.9f/DS-2'];
    await misuse(sut, 'unbind of a freed handle', clauses, () => {
      bad(sut.ddi.ddi_dma_unbind_handle(handle), 'DDI_FAILURE', 'unbind of a freed handle');
    });
  }),
  clause('ddi_dma_unbind_handle.9f/DS-1', { cases: ['reached', 'bounced'] }, (sut, kase) => {
    const at = sut.place(frameRun, 0, 64);
    const handle = newHandle(sut, kase === 'bounced' ? { dma_attr_addr_hi: lowHi } : {});
    const before = sut.live();
    bind(sut, handle, at, 64);
    same(sut.live().length, before.length + 1, 'objects alive with the binding');
    same(sut.ddi.ddi_dma_ncookies(handle), 1, 'cookies of the binding');
    good(sut.ddi.ddi_dma_unbind_handle(handle), 'unbind');
    same(sut.live(), before, 'objects alive after the unbind');
    same(sut.ddi.ddi_dma_ncookies(handle), 0, 'cookies after the unbind');
    // Resources that were not given back would run out: memory is 8 MiB.
    for (let i = 0; i < 2200; i++) {
      bind(sut, handle, at, 64);
      good(sut.ddi.ddi_dma_unbind_handle(handle), 'unbind');
    }
  }),
  clause('ddi_dma_unbind_handle.9f/DS-3', { cases: ['reached', 'bounced'] }, (sut, kase) => {
    const bound = kase === 'bounced' ? boundFar : boundPages;
    const { handle, at, length } = bound(sut, DDI_DMA_READ);
    deviceWrites(sut, handle, pattern(length, 1));
    good(sut.ddi.ddi_dma_unbind_handle(handle), 'unbind');
    same(sut.peek(at, length), pattern(length, 1), 'what the device wrote, after the unbind alone');
  }),
  clause('ddi_dma_unbind_handle.9f/DS-4', {}, (sut) => {
    const { handle, at, length } = boundPages(sut);
    good(sut.ddi.ddi_dma_unbind_handle(handle), 'unbind');
    same(bind(sut, handle, at, length).ccount, 4, 'cookies of the second bind');
  }),
  clause('ddi_dma_unbind_handle.9f/RV-1', {}, (sut) => {
    const { handle } = boundPages(sut);
    good(sut.ddi.ddi_dma_unbind_handle(handle), 'unbind of a bound handle');
    same(sut.ddi.ddi_dma_ncookies(handle), 0, 'cookies afterwards');
  }),
  clause('ddi_dma_unbind_handle.9f/RV-2', {}, (sut) => {
    const { handle } = boundPages(sut);
    good(sut.ddi.ddi_dma_unbind_handle(handle), 'unbind of a bound handle');
    bad(sut.ddi.ddi_dma_unbind_handle(handle), 'DDI_FAILURE', 'unbind of an unbound handle');
    bad(sut.ddi.ddi_dma_unbind_handle(newHandle(sut)), 'DDI_FAILURE', 'unbind of a new handle');
  }),
  clause('ddi_dma_unbind_handle.9f/IX-1', {}, async (sut) => {
    const { handle } = boundPages(sut);
    const clauses = ['ddi_dma_unbind_handle.9f/IX-1', 'ddi_dma_free_handle.9f/IX-1'];
    await misuse(sut, 'ddi_dma_free_handle before ddi_dma_unbind_handle', clauses, () => {
      sut.ddi.ddi_dma_free_handle(handle);
    });
  }),
  clause('ddi_dma_unbind_handle.9f/CX-1', {}, async (sut) => {
    const at = sut.place(frameRun, 0, 64);
    const handle = newHandle(sut);
    for (const where of contexts) {
      bind(sut, handle, at, 64);
      const result = await sut.within(where, () => sut.ddi.ddi_dma_unbind_handle(handle));
      good(result, `unbind in ${where} context`);
      same(sut.ddi.ddi_dma_ncookies(handle), 0, 'cookies afterwards');
    }
    same(sut.findings().length, 0, 'findings');
  }),
];
