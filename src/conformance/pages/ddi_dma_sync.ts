/**
 * Checks of ddi_dma_sync(9F). A coherent machine shows nothing of it; a bounced binding shows
 * everything, so most clauses are watched on both.
 */
import {
  DDI_DMA_CONSISTENT,
  DDI_DMA_RDWR,
  DDI_DMA_READ,
  DDI_DMA_STREAMING,
  DDI_DMA_SYNC_FORCPU,
  DDI_DMA_SYNC_FORDEV,
  DDI_DMA_SYNC_FORKERNEL,
  DDI_DMA_WRITE,
} from '../../sys/constants.js';
import { clause, type ClauseCheck } from '../clause.js';
import type { Sut } from '../sut.js';
import {
  bind,
  type BoundObject,
  boundPages,
  contexts,
  deviceReads,
  deviceWrites,
  framesApart,
  misuse,
  newHandle,
  pattern,
} from '../stock.js';
import { boundFar, lowHi } from '../stock-windows.js';
import { bad, good, same, that } from '../that.js';

const page = 'ddi_dma_sync.9f';
const reach = { cases: ['reached', 'bounced'] };

/** Four pages, bounced or not. */
function boundAs(sut: Sut, kase: string, flags?: number): BoundObject {
  return kase === 'bounced' ? boundFar(sut, flags) : boundPages(sut, flags);
}

/** What the CPU sees of a device's writes after one sync of `type` over the whole object. */
function seenByCpu(sut: Sut, kase: string, type: number): void {
  const { handle, at, length } = boundAs(sut, kase);
  sut.poke(at, pattern(length, 1));
  good(sut.ddi.ddi_dma_sync(handle, 0, 0, DDI_DMA_SYNC_FORDEV), 'sync for the device');
  deviceWrites(sut, handle, pattern(length, 2));
  good(sut.ddi.ddi_dma_sync(handle, 0, 0, type), `sync of type ${type}`);
  same(sut.peek(at, length), pattern(length, 2), 'what the CPU sees of the device writes');
}

/** The checks. */
export const syncChecks: readonly ClauseCheck[] = [
  clause(`${page}/AR-1`, {}, async (sut) => {
    const handle = newHandle(sut);
    sut.ddi.ddi_dma_free_handle(handle);
    const clauses = [`${page}/AR-1`, 'ddi_dma_free_handle.9f/DS-2'];
    await misuse(sut, 'sync of a freed handle', clauses, () => {
      bad(sut.ddi.ddi_dma_sync(handle, 0, 0, 0), 'DDI_FAILURE', 'sync of a freed handle');
    });
  }),
  clause(`${page}/AR-4`, reach, (sut, kase) => {
    const { handle, at, length } = boundAs(sut, kase);
    const before = sut.peek(at, length);
    deviceWrites(sut, handle, pattern(length, 3));
    const off = sut.pageSize + 64;
    good(sut.ddi.ddi_dma_sync(handle, off, 0, DDI_DMA_SYNC_FORCPU), 'length 0 from the middle');
    const rest = pattern(length, 3).subarray(off);
    same(sut.peek(at + off, length - off), rest, 'the rest of the object');
    if (kase === 'bounced') {
      same(sut.peek(at, off), before.subarray(0, off), 'the part before it');
    }
    bad(
      sut.ddi.ddi_dma_sync(handle, off, length - off + 1, DDI_DMA_SYNC_FORCPU),
      'DDI_FAILURE',
      'one byte more than length 0 stands for',
    );
  }),
  clause(`${page}/AR-5`, reach, async (sut, kase) => {
    const { handle } = boundAs(sut, kase);
    for (const type of [DDI_DMA_SYNC_FORDEV, DDI_DMA_SYNC_FORCPU, DDI_DMA_SYNC_FORKERNEL]) {
      good(sut.ddi.ddi_dma_sync(handle, 0, 0, type), `sync of type ${type}`);
    }
    same(sut.findings().length, 0, 'findings about the three types');
    const attempt = await sut.attempt(() => sut.ddi.ddi_dma_sync(handle, 0, 0, 3));
    const reported = attempt.findings.some((f) => f.clause === `${page}/AR-5`);
    if (!reported && attempt.value !== undefined)
      bad(attempt.value, 'DDI_FAILURE', 'sync of type 3');
  }),
  clause(`${page}/FL-1`, reach, (sut, kase) => {
    const { handle, at, length } = boundAs(sut, kase);
    for (const seed of [4, 5]) {
      sut.poke(at, pattern(length, seed));
      good(sut.ddi.ddi_dma_sync(handle, 0, length, DDI_DMA_SYNC_FORDEV), 'sync for the device');
      same(deviceReads(sut, handle), pattern(length, seed), 'what the device sees of the stores');
    }
  }),
  clause(`${page}/FL-3`, reach, (sut, kase) => {
    seenByCpu(sut, kase, DDI_DMA_SYNC_FORCPU);
  }),
  clause(`${page}/FL-6`, reach, (sut, kase) => {
    seenByCpu(sut, kase, DDI_DMA_SYNC_FORKERNEL);
  }),
  clause(`${page}/DS-1`, { cases: ['for the device', 'for the CPU'] }, (sut, kase) => {
    const { handle, at, length } = boundFar(sut);
    const [off, n] = [sut.pageSize - 100, 300];
    const before = pattern(length, 1);
    const after = pattern(length, 2);
    const wanted = before.slice();
    wanted.set(after.subarray(off, off + n), off);
    if (kase === 'for the device') {
      sut.poke(at, after);
      good(sut.ddi.ddi_dma_sync(handle, off, n, DDI_DMA_SYNC_FORDEV), 'sync of a part');
      same(deviceReads(sut, handle), wanted, 'what the device sees: the part and no more');
      same(sut.peek(at, length), after, 'what the CPU sees: its own stores');
    } else {
      deviceWrites(sut, handle, after);
      good(sut.ddi.ddi_dma_sync(handle, off, n, DDI_DMA_SYNC_FORCPU), 'sync of a part');
      same(sut.peek(at, length), wanted, 'what the CPU sees: the part and no more');
      same(deviceReads(sut, handle), after, 'what the device sees: its own writes');
    }
  }),
  clause(`${page}/DS-4`, { cases: ['reached', 'bounced', 'no direction'] }, (sut, kase) => {
    const length = 4 * sut.pageSize;
    const at = sut.place(framesApart, 0, length);
    const handle = newHandle(sut, kase === 'reached' ? {} : { dma_attr_addr_hi: lowHi });
    for (const seed of [6, 7]) {
      sut.poke(at, pattern(length, seed));
      bind(sut, handle, at, length, kase === 'no direction' ? 0 : DDI_DMA_WRITE);
      same(deviceReads(sut, handle), pattern(length, seed), 'stores before the bind');
      good(sut.ddi.ddi_dma_unbind_handle(handle), 'unbind');
    }
  }),
  clause(`${page}/DS-5`, reach, (sut, kase) => {
    const length = 4 * sut.pageSize;
    const at = sut.place(framesApart, 0, length);
    const handle = newHandle(sut, kase === 'bounced' ? { dma_attr_addr_hi: lowHi } : {});
    for (const seed of [8, 9]) {
      bind(sut, handle, at, length, DDI_DMA_READ);
      deviceWrites(sut, handle, pattern(length, seed));
      good(sut.ddi.ddi_dma_unbind_handle(handle), 'unbind');
      same(sut.peek(at, length), pattern(length, seed), 'what the device wrote, after the unbind');
    }
  }),
  // Three duties of the driver: on this binding it shows when one is neglected.
  clause(`${page}/DS-6`, { cases: ['the CPU modifies', 'the device modifies'] }, (sut, kase) => {
    const { handle, at, length } = boundFar(sut);
    const byCpu = kase === 'the CPU modifies';
    if (byCpu) sut.poke(at, pattern(length, 2));
    else deviceWrites(sut, handle, pattern(length, 2));
    const seen = (): Uint8Array => (byCpu ? deviceReads(sut, handle) : sut.peek(at, length));
    that(String(seen()) === String(pattern(length, 1)), 'the other side notices nothing yet');
    const type = byCpu ? DDI_DMA_SYNC_FORDEV : DDI_DMA_SYNC_FORCPU;
    good(sut.ddi.ddi_dma_sync(handle, 0, 0, type), 'the sync that is due');
    same(seen(), pattern(length, 2), 'what the other side sees then');
  }),
  clause(`${page}/DS-7`, { cases: ['streaming', 'consistent'] }, (sut, kase) => {
    const mode = kase === 'consistent' ? DDI_DMA_CONSISTENT : DDI_DMA_STREAMING;
    const { handle, at, length } = boundFar(sut, DDI_DMA_RDWR | mode);
    sut.poke(at, pattern(length, 2));
    const stale = String(deviceReads(sut, handle)) === String(pattern(length, 1));
    that(stale, `memory bound ${kase} needs the sync too`);
    good(sut.ddi.ddi_dma_sync(handle, 0, 0, DDI_DMA_SYNC_FORDEV), 'the sync');
    same(deviceReads(sut, handle), pattern(length, 2), 'what the device sees then');
  }),
  clause(`${page}/DS-8`, {}, (sut) => {
    const { handle, at, length } = boundFar(sut);
    // One transfer after the other on one binding: each needs a sync of its own.
    for (const seed of [3, 4, 5]) {
      const before = sut.peek(at, length);
      deviceWrites(sut, handle, pattern(length, seed));
      same(sut.peek(at, length), before, 'what the CPU sees before the sync');
      good(sut.ddi.ddi_dma_sync(handle, 0, 0, DDI_DMA_SYNC_FORCPU), 'sync for the CPU');
      same(sut.peek(at, length), pattern(length, seed), 'what it sees after the sync');
    }
  }),
  clause(`${page}/RV-1`, reach, (sut, kase) => {
    const { handle, length } = boundAs(sut, kase);
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
  clause(`${page}/RV-2`, reach, (sut, kase) => {
    const { handle, length } = boundAs(sut, kase);
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
  clause(`${page}/CX-1`, {}, async (sut) => {
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
