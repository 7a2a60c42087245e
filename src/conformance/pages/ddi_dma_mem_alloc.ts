/** Checks of ddi_dma_mem_alloc(9F). Waiting: waiting-calls.ts. */
import {
  DDI_DMA_CONSISTENT,
  DDI_DMA_DONTWAIT,
  DDI_DMA_RDWR,
  DDI_DMA_SLEEP,
  DDI_DMA_STREAMING,
  DDI_DMA_SYNC_FORDEV,
  IOMEM_DATA_CACHED,
  IOMEM_DATA_UC_WR_COMBINE,
  IOMEM_DATA_UNCACHED,
} from '../../sys/constants.js';
import type { ddi_acc_handle_t, ddi_dma_handle_t } from '../../sys/types.js';
import { clause, type ClauseCheck } from '../clause.js';
import type { Sut } from '../sut.js';
import {
  bind,
  busAddressOf,
  deviceReads,
  deviceWrites,
  inEveryContext,
  misuse,
  newHandle,
  newMemory,
  pattern,
  plainAcc,
  wideAttr,
} from '../stock.js';
import { lowHi } from '../stock-windows.js';
import { bad, good, same, that } from '../that.js';

/** DMA memory of a cache attribute, bound in both directions. */
function boundMemory(sut: Sut, flags: number, length = 256) {
  const handle = newHandle(sut);
  const memory = newMemory(sut, handle, length, flags);
  bind(sut, handle, memory.kaddr, memory.real_length);
  return { ...memory, dma: handle };
}

/** The answer of a call that may well fail. */
function tryMemory(sut: Sut, handle: ddi_dma_handle_t, length: number, flags: number) {
  return sut.ddi.ddi_dma_mem_alloc(handle, length, plainAcc, flags, DDI_DMA_DONTWAIT);
}

/** The largest burst of a mask in bytes. */
function largestBurst(burstsizes: number): number {
  return 2 ** (31 - Math.clz32(burstsizes));
}

/** The checks. */
export const memAllocChecks: readonly ClauseCheck[] = [
  clause('ddi_dma_mem_alloc.9f/AR-1', {}, async (sut) => {
    const handle = newHandle(sut);
    sut.ddi.ddi_dma_free_handle(handle);
    const clauses = ['ddi_dma_mem_alloc.9f/AR-1', 'ddi_dma_free_handle.9f/DS-2'];
    await misuse(sut, 'memory for a freed handle', clauses, () => {
      bad(
        tryMemory(sut, handle, 64, DDI_DMA_CONSISTENT),
        'DDI_FAILURE',
        'memory for a freed handle',
      );
    });
  }),
  clause('ddi_dma_mem_alloc.9f/AR-4', {}, (sut) => {
    const handle = newHandle(sut, { dma_attr_align: 64n });
    const seen = [0, 1, 2, 3, 4].map((devacc_attr_dataorder) => {
      const acc = { ...plainAcc, devacc_attr_dataorder };
      const m = newMemory(sut, handle, 100, DDI_DMA_CONSISTENT, acc);
      sut.ddi.ddi_put32(m.handle, m.kaddr, 0x1020304);
      const first = sut.ddi.ddi_get8(m.handle, m.kaddr);
      return `${m.real_length} ${m.kaddr % 64} ${first} ${sut.cachingOf(m.kaddr)}`;
    });
    same(
      seen,
      seen.map(() => seen[0]),
      'memory of each data order',
    );
    const lowest = sut.endian === 'little' ? 4 : 1;
    const asked = ` 0 ${lowest} cached`;
    that(seen[0]?.endsWith(asked) === true, `and it is as asked: ${seen[0] ?? 'none'}`);
  }),
  clause('ddi_dma_mem_alloc.9f/FL-6', { cases: ['minxfer', 'burstsizes'] }, (sut, kase) => {
    const attr =
      kase === 'minxfer'
        ? { dma_attr_minxfer: 64, dma_attr_burstsizes: 0x1 }
        : { dma_attr_minxfer: 1, dma_attr_burstsizes: 0x7f };
    const unit = Math.max(attr.dma_attr_minxfer, largestBurst(attr.dma_attr_burstsizes));
    for (const length of [1, 65, 200]) {
      const m = newMemory(sut, newHandle(sut, attr), length, DDI_DMA_STREAMING);
      same(m.kaddr % unit, 0, `${length} bytes, address modulo ${unit}`);
      same(m.real_length % unit, 0, `${length} bytes, real_length modulo ${unit}`);
      that(m.real_length >= length, 'padding makes memory longer, never shorter');
    }
  }),
  clause('ddi_dma_mem_alloc.9f/FL-8', {}, (sut) => {
    const m = boundMemory(sut, DDI_DMA_CONSISTENT | IOMEM_DATA_CACHED);
    same(sut.cachingOf(m.kaddr), 'cached', 'how the CPU treats IOMEM_DATA_CACHED memory');
    sut.ddi.ddi_put32(m.handle, m.kaddr, 0xcafe);
    same(sut.ddi.ddi_get32(m.handle, m.kaddr), 0xcafe, 'what it reads back of its own store');
  }),
  clause('ddi_dma_mem_alloc.9f/FL-9', {}, (sut) => {
    const m = boundMemory(sut, DDI_DMA_CONSISTENT);
    same(sut.cachingOf(m.kaddr), 'cached', 'how the CPU treats memory without a cache attribute');
    const other = boundMemory(sut, DDI_DMA_CONSISTENT | IOMEM_DATA_UNCACHED);
    same(sut.cachingOf(other.kaddr), 'uncached', 'how it treats memory with another one');
  }),
  clause('ddi_dma_mem_alloc.9f/FL-10', {}, (sut) => {
    const m = boundMemory(sut, DDI_DMA_CONSISTENT | IOMEM_DATA_UC_WR_COMBINE);
    that(sut.cachingOf(m.kaddr) !== 'cached', 'the CPU does not cache write-combined memory');
    same(sut.ddi.ddi_get8(m.handle, m.kaddr) >= 0, true, 'a first load');
    deviceWrites(sut, m.dma, pattern(m.real_length, 1));
    same(
      sut.peek(m.kaddr, 16),
      pattern(16, 1),
      'what a load sees after the device wrote, unsynced',
    );
  }),
  clause('ddi_dma_mem_alloc.9f/FL-11', {}, (sut) => {
    // The order is open, and so is when; what is not is that a sync makes an end of it.
    const m = boundMemory(sut, DDI_DMA_CONSISTENT | IOMEM_DATA_UC_WR_COMBINE);
    const line = 64;
    for (let round = 1; round <= 4; round++) {
      for (let at = 0; at < m.real_length; at += line) {
        sut.ddi.ddi_put8(m.handle, m.kaddr + at, round);
      }
      good(sut.ddi.ddi_dma_sync(m.dma, 0, 0, DDI_DMA_SYNC_FORDEV), 'ddi_dma_sync');
      const seen = deviceReads(sut, m.dma);
      for (let at = 0; at < m.real_length; at += line) {
        same(seen[at], round, `the byte at ${at} that the device sees after store and sync`);
      }
    }
  }),
  clause('ddi_dma_mem_alloc.9f/FL-13', {}, (sut) => {
    const m = boundMemory(sut, DDI_DMA_CONSISTENT | IOMEM_DATA_UNCACHED);
    same(sut.cachingOf(m.kaddr), 'uncached', 'how the CPU treats IOMEM_DATA_UNCACHED memory');
    sut.poke(m.kaddr, pattern(m.real_length, 2));
    same(deviceReads(sut, m.dma), pattern(m.real_length, 2), 'what the device sees, unsynced');
    deviceWrites(sut, m.dma, pattern(m.real_length, 3));
    same(
      sut.peek(m.kaddr, 16),
      pattern(16, 3),
      'what a load sees after the device wrote, unsynced',
    );
  }),
  clause('ddi_dma_mem_alloc.9f/FL-14', {}, (sut) => {
    const m = boundMemory(sut, DDI_DMA_CONSISTENT | IOMEM_DATA_UNCACHED);
    sut.poke(m.kaddr, new Uint8Array(8));
    for (let i = 0; i < 8; i++) {
      sut.ddi.ddi_put8(m.handle, m.kaddr + i, i + 1);
      const wanted = Uint8Array.from({ length: 8 }, (_, k) => (k <= i ? k + 1 : 0));
      same(
        deviceReads(sut, m.dma).subarray(0, 8),
        wanted,
        `what the device sees of ${i + 1} stores`,
      );
    }
  }),
  clause('ddi_dma_mem_alloc.9f/FL-15', {}, (sut) => {
    const handle = newHandle(sut);
    const before = sut.live();
    for (const flags of [0x30000, 0x50000, 0x60000, 0x70000]) {
      const name = `cache attributes 0x${flags.toString(16)}`;
      bad(tryMemory(sut, handle, 64, flags | DDI_DMA_CONSISTENT), 'DDI_FAILURE', name);
    }
    same(sut.live(), before, 'objects alive after the failures');
    good(tryMemory(sut, handle, 64, 0x10000 | DDI_DMA_CONSISTENT), 'one cache attribute');
  }),
  clause('ddi_dma_mem_alloc.9f/DS-1', { frames: 'scattered' }, (sut) => {
    const addresses = new Set<number>();
    for (const align of [1n, 8n, 512n, 4096n, 65536n]) {
      const attr = { dma_attr_align: align, dma_attr_minxfer: 32, dma_attr_granular: 512 };
      const handle = newHandle(sut, attr);
      const m = newMemory(sut, handle, 1024, DDI_DMA_STREAMING);
      same(BigInt(m.kaddr) % align, 0n, `address modulo align ${align}`);
      same(m.real_length % 512, 0, 'real_length modulo granular, for a multiple asked');
      same(newMemory(sut, handle, 1100, DDI_DMA_STREAMING).real_length % 512, 0, 'and for another');
      same(busAddressOf(sut, m.kaddr) % align, 0n, `bus address modulo align ${align}`);
      addresses.add(m.kaddr);
    }
    same(addresses.size, 5, 'addresses of five pieces of memory');
  }),
  clause('ddi_dma_mem_alloc.9f/DS-2', { frames: 'scattered' }, (sut) => {
    // The device reaches everything; the bus in front of it does not.
    const result = sut.ddi.ddi_dma_alloc_handle(sut.narrowDip(), wideAttr, DDI_DMA_DONTWAIT);
    const { handle } = good(result, 'ddi_dma_alloc_handle');
    for (let i = 0; i < 8; i++) {
      const m = newMemory(sut, handle, 2 * sut.pageSize);
      const frames = [m.kaddr, m.kaddr + m.real_length - 1].map((at) => sut.frameOf(at));
      same(
        frames.filter((pfn) => pfn < 0 || pfn > 0xfff),
        [],
        'frames the bus does not reach',
      );
    }
  }),
  clause('ddi_dma_mem_alloc.9f/OUT-1', {}, (sut) => {
    const m = newMemory(sut, newHandle(sut), 5000);
    that(m.kaddr > 0, 'the address is not null');
    sut.poke(m.kaddr, pattern(m.real_length, 4));
    same(sut.peek(m.kaddr, m.real_length), pattern(m.real_length, 4), 'all of the memory');
  }),
  clause('ddi_dma_mem_alloc.9f/OUT-2', {}, (sut) => {
    const attr = { dma_attr_align: 1n, dma_attr_minxfer: 64, dma_attr_burstsizes: 0x40 };
    const m = newMemory(sut, newHandle(sut, attr), 100, DDI_DMA_STREAMING);
    that(m.real_length >= 100, 'real_length covers what was asked');
    const last = m.kaddr + m.real_length - 1;
    sut.ddi.ddi_put8(m.handle, last, 0x5a);
    same(sut.ddi.ddi_get8(m.handle, last), 0x5a, 'the last byte real_length counts');
  }),
  clause('ddi_dma_mem_alloc.9f/OUT-4', {}, (sut) => {
    const m = newMemory(sut, newHandle(sut), 64);
    sut.ddi.ddi_put32(m.handle, m.kaddr + 8, 0xdeadbeef);
    same(sut.ddi.ddi_get32(m.handle, m.kaddr + 8), 0xdeadbeef, 'ddi_get32 after ddi_put32');
  }),
  clause('ddi_dma_mem_alloc.9f/OUT-5', {}, async (sut) => {
    const m = newMemory(sut, newHandle(sut), 64);
    const forged = { ...m.handle } as ddi_acc_handle_t;
    const clauses = ['ddi_dma_mem_alloc.9f/OUT-5', 'ddi_get8.9f/AR-1', 'ddi_dma_mem_free.9f/AR-1'];
    await misuse(sut, 'freeing through a copied access handle', clauses, () => {
      sut.ddi.ddi_dma_mem_free(forged);
    });
  }),
  clause('ddi_dma_mem_alloc.9f/RV-1', {}, (sut) => {
    const handle = newHandle(sut);
    const before = sut.live().length;
    good(tryMemory(sut, handle, 64, DDI_DMA_STREAMING), 'ddi_dma_mem_alloc');
    same(sut.live().length, before + 1, 'objects alive after DDI_SUCCESS');
  }),
  clause('ddi_dma_mem_alloc.9f/RV-2', { cases: ['usual', 'below 16 MiB'] }, (sut, kase) => {
    const handle = newHandle(sut);
    if (kase === 'below 16 MiB') {
      const low = newHandle(sut, { dma_attr_addr_hi: 0x7f_ffffn });
      const result = tryMemory(sut, low, 64, DDI_DMA_CONSISTENT);
      if (result.isErr()) bad(result, 'DDI_FAILURE', 'memory below 8 MiB');
      bad(tryMemory(sut, low, 0, DDI_DMA_CONSISTENT), 'DDI_FAILURE', 'a length of 0');
      good(tryMemory(sut, handle, 64, DDI_DMA_CONSISTENT), 'a plain request');
      return;
    }
    bad(tryMemory(sut, handle, 64, 0x30000), 'DDI_FAILURE', 'two cache attributes');
    bad(tryMemory(sut, handle, 0, DDI_DMA_CONSISTENT), 'DDI_FAILURE', 'a length of 0');
    const giveBack = sut.exhaust();
    bad(tryMemory(sut, handle, 1 << 20, DDI_DMA_CONSISTENT), 'DDI_FAILURE', 'a shortage');
    giveBack();
    good(tryMemory(sut, handle, 64, DDI_DMA_CONSISTENT), 'a plain request');
  }),
  clause('ddi_dma_mem_alloc.9f/CX-1', {}, async (sut) => {
    const handle = newHandle(sut);
    const before = sut.live().length;
    await inEveryContext(sut, 'ddi_dma_mem_alloc without waiting', () =>
      newMemory(sut, handle, 64),
    );
    same(sut.live().length, before + 3, 'objects alive, one more for each context');
  }),
  clause('ddi_dma_mem_alloc.9f/CX-2', {}, async (sut) => {
    const handle = newHandle(sut);
    const asleep = () =>
      sut.ddi.ddi_dma_mem_alloc(handle, 64, plainAcc, DDI_DMA_CONSISTENT, DDI_DMA_SLEEP);
    good(await sut.within('kernel', asleep), 'DDI_DMA_SLEEP in kernel context');
    same(sut.findings().length, 0, 'findings where sleeping is allowed');
    await misuse(sut, 'DDI_DMA_SLEEP in interrupt context', ['ddi_dma_mem_alloc.9f/CX-2'], () =>
      sut.within('interrupt', asleep),
    );
  }),
  clause('ddi_dma_mem_alloc.9f/IX-2', { frames: 'descending' }, (sut) => {
    // CONSISTENT memory that another engine, of fewer address lines, is to use.
    const owner = newHandle(sut);
    let m = newMemory(sut, owner, sut.pageSize, DDI_DMA_CONSISTENT);
    for (let i = 0; i < 32 && sut.frameOf(m.kaddr) <= 0xfff; i++) {
      m = newMemory(sut, owner, sut.pageSize, DDI_DMA_CONSISTENT);
    }
    that(sut.frameOf(m.kaddr) > 0xfff, 'the memory lies above 16 MiB');
    const handle = newHandle(sut, { dma_attr_addr_hi: lowHi });
    const n = m.real_length;
    bind(sut, handle, m.kaddr, n, DDI_DMA_RDWR | DDI_DMA_CONSISTENT);
    sut.poke(m.kaddr, pattern(n, 6));
    that(String(deviceReads(sut, handle)) !== String(pattern(n, 6)), 'unsynced stores stay unseen');
    good(sut.ddi.ddi_dma_sync(handle, 0, 0, DDI_DMA_SYNC_FORDEV), 'sync for the device');
    same(deviceReads(sut, handle), pattern(n, 6), 'what the device sees after a sync');
    deviceWrites(sut, handle, pattern(n, 7));
    same(sut.peek(m.kaddr, n), pattern(n, 6), 'what the CPU sees before sync and unbind');
    good(sut.ddi.ddi_dma_unbind_handle(handle), 'unbind');
    same(sut.peek(m.kaddr, n), pattern(n, 7), 'what the CPU sees after the unbind');
  }),
  clause('ddi_dma_mem_alloc.9f/WN-1', {}, (sut) => {
    const m = newMemory(sut, newHandle(sut), 64);
    sut.poke(m.kaddr, pattern(64, 5));
    const throughHandle = Uint8Array.from({ length: 64 }, (_, i) =>
      sut.ddi.ddi_get8(m.handle, m.kaddr + i),
    );
    same(throughHandle, pattern(64, 5), 'stores made directly, read through the handle');
    sut.ddi.ddi_put32(m.handle, m.kaddr, 0x11223344);
    const direct = sut.endian === 'little' ? [0x44, 0x33, 0x22, 0x11] : [0x11, 0x22, 0x33, 0x44];
    same(
      sut.peek(m.kaddr, 4),
      Uint8Array.from(direct),
      'a put through the handle, loaded directly',
    );
    same(sut.findings().length, 0, 'findings about either');
  }),
  clause('ddi_dma_mem_alloc.9f/WN-2', { cases: ['LE', 'BE'] }, async (sut, kase) => {
    const plain = newMemory(sut, newHandle(sut), 64);
    sut.ddi.ddi_put8(plain.handle, plain.kaddr + 1, 0x5a);
    const seen = sut.ddi.withBytes(plain.handle, 0, 2, 'r', (bytes) => bytes[1]);
    same(seen, 0x5a, 'a byte of memory that nothing swaps');
    const acc = { ...plainAcc, devacc_attr_endian_flags: kase === 'LE' ? 1 : 2 };
    const swapped = newMemory(sut, newHandle(sut), 64, DDI_DMA_CONSISTENT, acc);
    await misuse(sut, `bytes of memory under ${kase}`, ['ddi_dma_mem_alloc.9f/WN-2'], () =>
      sut.ddi.withBytes(swapped.handle, 0, 2, 'r', (bytes) => bytes[1]),
    );
  }),
];
