/** Checks of ddi_dma_sync(9F). What only a bounced binding can show: see pending.ts. */
import {
  DDI_DMA_READ,
  DDI_DMA_SYNC_FORCPU,
  DDI_DMA_SYNC_FORDEV,
  DDI_DMA_SYNC_FORKERNEL,
  DDI_DMA_WRITE,
} from '../../sys/constants.js';
import { clause, type ClauseCheck } from '../clause.js';
import type { Sut } from '../sut.js';
import {
  bind,
  boundPages,
  contexts,
  deviceReads,
  deviceWrites,
  framesApart,
  misuse,
  newHandle,
  pattern,
} from '../stock.js';
import { bad, good, same } from '../that.js';

/** What the CPU sees of a device's writes after one sync of `type` over the whole object. */
function seenByCpu(sut: Sut, type: number): void {
  const { handle, at, length } = boundPages(sut);
  sut.poke(at, pattern(length, 1));
  good(sut.ddi.ddi_dma_sync(handle, 0, 0, DDI_DMA_SYNC_FORDEV), 'sync for the device');
  deviceWrites(sut, handle, pattern(length, 2));
  good(sut.ddi.ddi_dma_sync(handle, 0, 0, type), `sync of type ${type}`);
  same(sut.peek(at, length), pattern(length, 2), 'what the CPU sees of the device writes');
}

/** The checks. */
export const syncChecks: readonly ClauseCheck[] = [
  clause('ddi_dma_sync.9f/AR-1', {}, async (sut) => {
    const handle = newHandle(sut);
    sut.ddi.ddi_dma_free_handle(handle);
    const clauses = ['ddi_dma_sync.9f/AR-1', 'ddi_dma_free_handle.9f/DS-2'];
    await misuse(sut, 'sync of a freed handle', clauses, () => {
      bad(sut.ddi.ddi_dma_sync(handle, 0, 0, 0), 'DDI_FAILURE', 'sync of a freed handle');
    });
  }),
  clause('ddi_dma_sync.9f/AR-4', {}, (sut) => {
    const { handle, at, length } = boundPages(sut);
    deviceWrites(sut, handle, pattern(length, 3));
    const off = sut.pageSize + 64;
    good(sut.ddi.ddi_dma_sync(handle, off, 0, DDI_DMA_SYNC_FORCPU), 'length 0 from the middle');
    same(
      sut.peek(at + off, length - off),
      pattern(length, 3).subarray(off),
      'the rest of the object',
    );
    bad(
      sut.ddi.ddi_dma_sync(handle, off, length - off + 1, DDI_DMA_SYNC_FORCPU),
      'DDI_FAILURE',
      'one byte more than length 0 stands for',
    );
  }),
  clause('ddi_dma_sync.9f/AR-5', {}, async (sut) => {
    const { handle } = boundPages(sut);
    for (const type of [DDI_DMA_SYNC_FORDEV, DDI_DMA_SYNC_FORCPU, DDI_DMA_SYNC_FORKERNEL]) {
      good(sut.ddi.ddi_dma_sync(handle, 0, 0, type), `sync of type ${type}`);
    }
    same(sut.findings().length, 0, 'findings about the three types');
    const attempt = await sut.attempt(() => sut.ddi.ddi_dma_sync(handle, 0, 0, 3));
    const reported = attempt.findings.some((f) => f.clause === 'ddi_dma_sync.9f/AR-5');
    if (!reported && attempt.value !== undefined)
      bad(attempt.value, 'DDI_FAILURE', 'sync of type 3');
  }),
  clause('ddi_dma_sync.9f/FL-1', {}, (sut) => {
    const { handle, at, length } = boundPages(sut);
    for (const seed of [4, 5]) {
      sut.poke(at, pattern(length, seed));
      good(sut.ddi.ddi_dma_sync(handle, 0, length, DDI_DMA_SYNC_FORDEV), 'sync for the device');
      same(deviceReads(sut, handle), pattern(length, seed), 'what the device sees of the stores');
    }
  }),
  clause('ddi_dma_sync.9f/FL-3', {}, (sut) => {
    seenByCpu(sut, DDI_DMA_SYNC_FORCPU);
  }),
  clause('ddi_dma_sync.9f/FL-6', {}, (sut) => {
    seenByCpu(sut, DDI_DMA_SYNC_FORKERNEL);
  }),
  clause('ddi_dma_sync.9f/DS-4', {}, (sut) => {
    const length = 4 * sut.pageSize;
    const at = sut.place(framesApart, 0, length);
    const handle = newHandle(sut);
    for (const seed of [6, 7]) {
      sut.poke(at, pattern(length, seed));
      bind(sut, handle, at, length, DDI_DMA_WRITE);
      same(deviceReads(sut, handle), pattern(length, seed), 'stores before the bind');
      good(sut.ddi.ddi_dma_unbind_handle(handle), 'unbind');
    }
  }),
  clause('ddi_dma_sync.9f/DS-5', {}, (sut) => {
    const length = 4 * sut.pageSize;
    const at = sut.place(framesApart, 0, length);
    const handle = newHandle(sut);
    for (const seed of [8, 9]) {
      bind(sut, handle, at, length, DDI_DMA_READ);
      deviceWrites(sut, handle, pattern(length, seed));
      good(sut.ddi.ddi_dma_unbind_handle(handle), 'unbind');
      same(sut.peek(at, length), pattern(length, seed), 'what the device wrote, after the unbind');
    }
  }),
  clause('ddi_dma_sync.9f/RV-1', {}, (sut) => {
    const { handle, length } = boundPages(sut);
    same(sut.ddi.ddi_dma_ncookies(handle), 4, 'cookies of the object');
    const inside = [
      [0, 0],
      [0, length],
      [0, 1],
      [length - 1, 1],
      [length - 1, 0],
      [4095, 2],
    ] as const;
    for (const [offset, n] of inside) {
      good(sut.ddi.ddi_dma_sync(handle, offset, n, 0), `sync of ${n} bytes at ${offset}`);
    }
  }),
  clause('ddi_dma_sync.9f/RV-2', {}, (sut) => {
    const { handle, length } = boundPages(sut);
    const outside = [
      [0, length + 1],
      [length, 1],
      [length, 0],
      [1, length],
      [length + 4096, 16],
      [length - 1, 2],
    ] as const;
    for (const [offset, n] of outside) {
      const result = sut.ddi.ddi_dma_sync(handle, offset, n, 0);
      bad(result, 'DDI_FAILURE', `sync of ${n} bytes at ${offset} of ${length}`);
    }
    good(sut.ddi.ddi_dma_sync(handle, 0, length, 0), 'sync of all of it');
  }),
  clause('ddi_dma_sync.9f/CX-1', {}, async (sut) => {
    const { handle, at, length } = boundPages(sut);
    for (const [seed, where] of contexts.entries()) {
      deviceWrites(sut, handle, pattern(length, seed + 10));
      const result = await sut.within(where, () =>
        sut.ddi.ddi_dma_sync(handle, 0, 0, DDI_DMA_SYNC_FORCPU),
      );
      good(result, `sync in ${where} context`);
      same(sut.peek(at, length), pattern(length, seed + 10), `what the CPU sees then`);
    }
    same(sut.findings().length, 0, 'findings');
  }),
];
