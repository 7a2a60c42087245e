/** Checks of ddi_dma_numwin(9F). */
import { DDI_DMA_PARTIAL, DDI_DMA_RDWR } from '../../sys/constants.js';
import { clause, type ClauseCheck } from '../clause.js';
import { bind, boundPages, contexts, frameRun, misuse, newHandle } from '../stock.js';
import {
  boundFar,
  boundPartly,
  getwin,
  numwin,
  windowCaseNames,
  windowsOf,
} from '../stock-windows.js';
import type { Sut } from '../sut.js';
import { bad, good, same, that } from '../that.js';

const page = 'ddi_dma_numwin.9f';
const windows = { cases: windowCaseNames };

/** Bindings without windows, each another way. */
const without: Readonly<Record<string, (sut: Sut) => ReturnType<typeof newHandle>>> = {
  'nothing bound': (sut) => newHandle(sut),
  'all in one': (sut) => boundPages(sut).handle,
  'all in one, bounced': (sut) => boundFar(sut).handle,
  'PARTIAL for nothing': (sut) => {
    const handle = newHandle(sut);
    bind(sut, handle, sut.place(frameRun, 0, 4096), 4096, DDI_DMA_RDWR | DDI_DMA_PARTIAL);
    return handle;
  },
};

/** The checks. */
export const numwinChecks: readonly ClauseCheck[] = [
  clause(`${page}/AR-1`, {}, async (sut) => {
    const handle = newHandle(sut);
    sut.ddi.ddi_dma_free_handle(handle);
    const clauses = [`${page}/AR-1`, 'ddi_dma_free_handle.9f/DS-2'];
    await misuse(sut, 'the windows of a freed handle', clauses, () => {
      bad(sut.ddi.ddi_dma_numwin(handle), 'DDI_FAILURE', 'the windows of a freed handle');
    });
  }),
  clause(`${page}/DS-1`, windows, (sut, kase) => {
    const { handle, length } = boundPartly(sut, kase);
    const n = numwin(sut, handle);
    that(n >= 2, 'an object that was mapped in part has two windows or more');
    const bytes = windowsOf(sut, handle).reduce((sum, w) => sum + w.len, 0);
    same(bytes, length, 'bytes of that many windows');
  }),
  clause(`${page}/OUT-1`, windows, (sut, kase) => {
    const { handle } = boundPartly(sut, kase);
    const n = numwin(sut, handle);
    const starts = Array.from({ length: n }, (_, i) => getwin(sut, handle, i).off);
    same(new Set(starts).size, n, 'different windows');
    bad(sut.ddi.ddi_dma_getwin(handle, n), 'DDI_FAILURE', 'the window after the last');
  }),
  clause(`${page}/RV-1`, {}, (sut) => {
    const { handle } = boundPartly(sut);
    good(sut.ddi.ddi_dma_numwin(handle), 'ddi_dma_numwin after PARTIAL_MAP');
    good(sut.ddi.ddi_dma_unbind_handle(handle), 'unbind');
    bad(sut.ddi.ddi_dma_numwin(handle), 'DDI_FAILURE', 'ddi_dma_numwin after the unbind');
  }),
  clause(`${page}/RV-2`, { cases: Object.keys(without) }, (sut, kase) => {
    const handle = without[kase]?.(sut);
    that(handle !== undefined, 'there is a handle');
    bad(sut.ddi.ddi_dma_numwin(handle), 'DDI_FAILURE', kase);
    good(sut.ddi.ddi_dma_numwin(boundPartly(sut, 'cut twice').handle), 'with windows');
  }),
  clause(`${page}/CX-1`, {}, async (sut) => {
    const { handle } = boundPartly(sut);
    for (const where of contexts) {
      const result = await sut.within(where, () => sut.ddi.ddi_dma_numwin(handle));
      same(good(result, `ddi_dma_numwin in ${where} context`).nwin, 2, 'windows');
    }
    same(sut.findings().length, 0, 'findings');
  }),
];
