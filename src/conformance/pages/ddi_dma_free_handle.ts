/** Checks of ddi_dma_free_handle(9F). */
import { discard } from '../../sys/result.js';
import { clause, type ClauseCheck } from '../clause.js';
import { bind, frameRun, inEveryContext, misuse, newHandle, tryBind } from '../stock.js';
import { same } from '../that.js';

/** The checks. */
export const freeHandleChecks: readonly ClauseCheck[] = [
  clause('ddi_dma_free_handle.9f/DS-1', {}, (sut) => {
    const before = sut.live();
    const handle = newHandle(sut);
    same(sut.live().length, before.length + 1, 'objects alive with the handle');
    sut.ddi.ddi_dma_free_handle(handle);
    same(sut.live(), before, 'objects alive after the handle is destroyed');
  }),
  clause(
    'ddi_dma_free_handle.9f/DS-2',
    { cases: ['bind', 'sync', 'burstsizes', 'free again'] },
    async (sut, kase) => {
      const handle = newHandle(sut);
      const at = sut.place(frameRun, 0, 64);
      sut.ddi.ddi_dma_free_handle(handle);
      // Each page asks for a living handle in a clause of its own; either may be named.
      const clauses = [
        'ddi_dma_free_handle.9f/DS-2',
        'ddi_dma_addr_bind_handle.9f/AR-1',
        'ddi_dma_sync.9f/AR-1',
      ];
      await misuse(sut, `${kase} on a freed handle`, clauses, () => {
        if (kase === 'bind') discard(tryBind(sut, handle, at, 64));
        else if (kase === 'sync') discard(sut.ddi.ddi_dma_sync(handle, 0, 0, 0));
        else if (kase === 'burstsizes') sut.ddi.ddi_dma_burstsizes(handle);
        else sut.ddi.ddi_dma_free_handle(handle);
      });
    },
  ),
  clause('ddi_dma_free_handle.9f/IX-1', {}, async (sut) => {
    const handle = newHandle(sut);
    bind(sut, handle, sut.place(frameRun, 0, 64), 64);
    await misuse(
      sut,
      'freeing a bound handle',
      ['ddi_dma_free_handle.9f/IX-1', 'ddi_dma_unbind_handle.9f/IX-1'],
      () => {
        sut.ddi.ddi_dma_free_handle(handle);
      },
    );
  }),
  clause('ddi_dma_free_handle.9f/CX-1', {}, async (sut) => {
    const before = sut.live();
    const handles = [newHandle(sut), newHandle(sut), newHandle(sut)];
    same(sut.live().length, before.length + 3, 'objects alive with three handles');
    await inEveryContext(sut, 'ddi_dma_free_handle', () => {
      const handle = handles.pop();
      if (handle !== undefined) sut.ddi.ddi_dma_free_handle(handle);
    });
    same(sut.live(), before, 'objects alive after three contexts freed one handle each');
  }),
];
