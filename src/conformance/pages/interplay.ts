/** Checks of what several pages say together. */
import {
  DDI_DMA_READ,
  DDI_DMA_STREAMING,
  DDI_DMA_WRITE,
  DDI_STRUCTURE_BE_ACC,
} from '../../sys/constants.js';
import { endianModes, get, memory, orderOf, put, registers } from '../accessors.js';
import { clause, type ClauseCheck } from '../clause.js';
import { endianRow, registerBytes, widths } from '../endian.js';
import {
  bind,
  boundPages,
  cookiesOf,
  deviceReads,
  deviceWrites,
  frameRun,
  framesApart,
  misuse,
  newHandle,
  newMemory,
  pattern,
  plainAcc,
  totalSize,
  tryBind,
} from '../stock.js';
import { bad, good, same, that } from '../that.js';
import { windowInterplayChecks } from './interplay-windows.js';

/** The checks. */
export const interplayChecks: readonly ClauseCheck[] = [
  clause('interplay/IP-1', {}, (sut) => {
    const before = sut.live();
    const handle = newHandle(sut);
    const m = newMemory(sut, handle, 6000, DDI_DMA_STREAMING);
    const n = m.real_length;
    sut.poke(m.kaddr, pattern(n, 1));
    bind(sut, handle, m.kaddr, n, DDI_DMA_WRITE | DDI_DMA_READ | DDI_DMA_STREAMING);
    same(deviceReads(sut, handle), pattern(n, 1), 'what the device reads after the bind');
    deviceWrites(sut, handle, pattern(n, 2));
    good(sut.ddi.ddi_dma_unbind_handle(handle), 'unbind');
    same(sut.peek(m.kaddr, n), pattern(n, 2), 'what the CPU sees after the unbind');
    sut.ddi.ddi_dma_mem_free(m.handle);
    sut.ddi.ddi_dma_free_handle(handle);
    same(sut.live(), before, 'objects alive at the end');
    same(sut.findings().length, 0, 'findings about the legal order');
  }),
  clause('interplay/IP-2', {}, (sut) => {
    const handle = newHandle(sut);
    newMemory(sut, handle, 4096);
    same(sut.ddi.ddi_dma_ncookies(handle), 0, 'cookies after ddi_dma_mem_alloc');
    const elsewhere = sut.place(framesApart, 0, 8192);
    same(bind(sut, handle, elsewhere, 8192).ccount, 2, 'cookies of memory from elsewhere');
  }),
  clause('interplay/IP-3', {}, (sut) => {
    const attr = { dma_attr_minxfer: 64, dma_attr_granular: 64 };
    const handle = newHandle(sut, attr);
    const m = newMemory(sut, handle, 100, DDI_DMA_STREAMING);
    that(m.real_length >= 128, 'padding to 64 makes 100 bytes at least 128');
    bind(sut, handle, m.kaddr, m.real_length, DDI_DMA_READ | DDI_DMA_STREAMING);
    same(totalSize(cookiesOf(sut, handle)), m.real_length, 'bytes of all cookies');
  }),
  clause('interplay/IP-4', {}, (sut) => {
    const { handle, at, length, ccount } = boundPages(sut);
    const first = cookiesOf(sut, handle);
    bad(tryBind(sut, handle, at, length), 'DDI_DMA_INUSE', 'a bind of a bound handle');
    good(sut.ddi.ddi_dma_unbind_handle(handle), 'unbind');
    same(bind(sut, handle, at, length).ccount, ccount, 'cookies of the second bind');
    same(cookiesOf(sut, handle), first, 'the cookies, under the same attributes');
  }),
  clause('interplay/IP-5', { cases: ['bound', 'wrong handle'] }, async (sut, kase) => {
    const handle = newHandle(sut);
    const m = newMemory(sut, handle, 64);
    if (kase === 'bound') bind(sut, handle, m.kaddr, m.real_length);
    const clauses =
      kase === 'bound'
        ? ['interplay/IP-5', 'ddi_dma_free_handle.9f/IX-1', 'ddi_dma_unbind_handle.9f/IX-1']
        : ['interplay/IP-5', 'ddi_dma_mem_free.9f/AR-1'];
    await misuse(sut, `teardown: ${kase}`, clauses, () => {
      if (kase === 'bound') sut.ddi.ddi_dma_free_handle(handle);
      else sut.ddi.ddi_dma_mem_free(handle as unknown as typeof m.handle);
    });
  }),
  clause('interplay/IP-6', {}, async (sut) => {
    const attr = { dma_attr_align: 256n };
    const handle = newHandle(sut, attr);
    const m = newMemory(sut, handle, 300);
    bind(sut, handle, m.kaddr, m.real_length);
    same((cookiesOf(sut, handle)[0]?.dmac_laddress ?? 1n) % 256n, 0n, 'the first cookie');
    same(sut.findings().length, 0, 'findings about memory of ddi_dma_mem_alloc');
    const at = sut.place(frameRun, 128, 300);
    const clauses = ['interplay/IP-6', 'ddi_dma_attr.9s/AL-3', 'ddi_dma_addr_bind_handle.9f/IX-3'];
    await misuse(sut, 'memory from elsewhere at half the alignment', clauses, () =>
      tryBind(sut, newHandle(sut, attr), at, 300),
    );
  }),
  clause('interplay/IP-7', {}, (sut) => {
    for (const granular of [4, 64, 512, 4096]) {
      const attr = { dma_attr_granular: granular, dma_attr_minxfer: 4, dma_attr_align: 16n };
      const handle = newHandle(sut, attr);
      const m = newMemory(sut, handle, 3 * granular, DDI_DMA_STREAMING);
      same(m.real_length % granular, 0, `real_length of three granules of ${granular}`);
      bind(sut, handle, m.kaddr, m.real_length);
      same(totalSize(cookiesOf(sut, handle)), m.real_length, 'bytes of all cookies');
    }
    same(sut.findings().length, 0, 'findings');
  }),
  ...windowInterplayChecks,
  clause('interplay/IP-17', {}, (sut) => {
    // A bind has no bits for caching or byte order: both stay what the allocation made them.
    const handle = newHandle(sut);
    const acc = { ...plainAcc, devacc_attr_endian_flags: DDI_STRUCTURE_BE_ACC };
    const m = newMemory(sut, handle, 64, 0x40000, acc);
    sut.poke(m.kaddr, registerBytes);
    bind(sut, handle, m.kaddr, m.real_length);
    same(sut.cachingOf(m.kaddr), 'uncached', 'how the CPU treats the memory while it is bound');
    same(sut.ddi.ddi_get32(m.handle, m.kaddr), 0x01020304, 'a get while it is bound');
  }),
  clause('interplay/AX-1', {}, (sut) => {
    for (const range of [registers(sut), memory(sut)]) {
      for (const width of widths) {
        put(sut, width, range, 0x7fn, 16);
        same(get(sut, width, range, 16), 0x7fn, `${width} bits through one set of accessors`);
      }
    }
  }),
  clause('interplay/AX-2', {}, (sut) => {
    for (const mode of endianModes) {
      for (const range of [registers(sut, mode), memory(sut, mode)]) {
        for (const width of widths) {
          const value = 0x8182838485868788n & ((1n << BigInt(width)) - 1n);
          put(sut, width, range, value, 8);
          same(get(sut, width, range, 8), value, `${width} bits under mode ${mode}`);
        }
      }
    }
  }),
  clause('interplay/AX-3', {}, (sut) => {
    for (const mode of endianModes) {
      const range = memory(sut, mode);
      put(sut, 32, range, endianRow(orderOf(sut, mode))[32]);
      const bytes = [0, 1, 2, 3].map((off) => sut.ddi.ddi_get8(range.handle, range.addr + off));
      same(bytes, [1, 2, 3, 4], `four bytes after one put of 32 bits under mode ${mode}`);
      same(sut.peek(range.addr, 4), registerBytes.slice(0, 4), 'the same in memory');
    }
  }),
  clause('interplay/AX-8', { cases: ['memory', 'registers'] }, async (sut, kase) => {
    const before = sut.live();
    const [m, r] = [memory(sut), registers(sut)];
    const clauses = ['interplay/AX-8', 'ddi_dma_mem_free.9f/AR-1', 'ddi_regs_map_free.9f/AR-1'];
    const attempt = await misuse(sut, `${kase} freed by the other's function`, clauses, () => {
      if (kase === 'memory') sut.ddi.ddi_regs_map_free(m.handle);
      else sut.ddi.ddi_dma_mem_free(r.handle);
    });
    if (attempt.panic !== undefined) return;
    sut.ddi.ddi_dma_mem_free(m.handle);
    sut.ddi.ddi_regs_map_free(r.handle);
    // IP-1's handle of the memory stays: memory() keeps it.
    same(sut.live().length, before.length + 1, 'objects alive after the right functions');
  }),
];
