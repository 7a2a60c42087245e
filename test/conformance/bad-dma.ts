/** Bad input to the calls that take a DMA handle or make one. */
import { newHandle, plainAcc, tryBind, wideAttr } from '../../src/conformance/stock.js';
import type { Sut } from '../../src/conformance/sut.js';
import { DDI_DMA_CONSISTENT, DDI_DMA_PARTIAL, DDI_DMA_RDWR } from '../../src/sys/constants.js';
import type { ddi_dma_attr_t, ddi_dma_handle_t, dev_info_t } from '../../src/sys/types.js';
import { as, noBytes, noHandle, noWaitfp, type BadCase, type Stage } from './bad-values.js';

const rdwr = DDI_DMA_RDWR;
const consistent = DDI_DMA_CONSISTENT;

function allocHandleCases(): BadCase[] {
  const name = 'ddi_dma_alloc_handle';
  const alloc = (sut: Sut, attr: object | null | undefined) =>
    sut.ddi.ddi_dma_alloc_handle(sut.dip(), as(attr), 0);
  const wrongFields: [string, unknown][] = [
    ['undefined', undefined],
    ['null', null],
    ['a string', '64'],
    ['NaN', NaN],
    ['fractional', 0.5],
  ];
  const cases: BadCase[] = [
    ...noHandle({}).map(([what, dip]) => ({
      title: `${name} dip: ${what}`,
      call: (sut: Sut) => sut.ddi.ddi_dma_alloc_handle(as<dev_info_t>(dip), wideAttr, 0),
    })),
    ...[undefined, null, 7, {}].map((attr) => ({
      title: `${name} attr: ${JSON.stringify(attr) ?? 'undefined'}`,
      call: (sut: Sut) => alloc(sut, as(attr)),
    })),
    ...noWaitfp.map(([what, waitfp]) => ({
      title: `${name} waitfp: ${what}`,
      call: (sut: Sut) => sut.ddi.ddi_dma_alloc_handle(sut.dip(), wideAttr, as<0>(waitfp)),
    })),
  ];
  for (const [field, value] of Object.entries(wideAttr)) {
    const big = typeof value === 'bigint';
    const wrong: [string, unknown][] = [
      ...wrongFields,
      [big ? 'a number where bigint is due' : 'a bigint where number is due', big ? 4096 : 4096n],
      [big ? 'negative' : 'above 32 bits', big ? -1n : 2 ** 32],
      [big ? 'above 64 bits' : 'infinite', big ? 1n << 64n : Infinity],
    ];
    for (const [what, v] of wrong) {
      cases.push({
        title: `${name} ${field}: ${what}`,
        call: (sut) => alloc(sut, { ...wideAttr, [field]: v }),
      });
    }
  }
  const impossible: [string, object][] = [
    ['align 0', { dma_attr_align: 0n }],
    ['align 3', { dma_attr_align: 3n }],
    ['sgllen 0', { dma_attr_sgllen: 0 }],
    ['addr_hi below addr_lo', { dma_attr_addr_lo: 0x1000n, dma_attr_addr_hi: 0xfffn }],
    ['minxfer 0', { dma_attr_minxfer: 0 }],
    ['granular 0', { dma_attr_granular: 0 }],
    ['unknown flags', { dma_attr_flags: 0x8000 }],
  ];
  for (const [what, difference] of impossible) {
    cases.push({
      title: `${name} ${what}`,
      call: (sut) => alloc(sut, { ...wideAttr, ...difference }),
    });
  }
  return cases;
}

function memAllocCases(): BadCase[] {
  const name = 'ddi_dma_mem_alloc';
  const wrongAcc: [string, object][] = [
    ['version 7', { ...plainAcc, devacc_attr_version: 7 }],
    ['endian flags 3', { ...plainAcc, devacc_attr_endian_flags: 3 }],
    ['data order 9', { ...plainAcc, devacc_attr_dataorder: 9 }],
    ['access 4', { ...plainAcc, devacc_attr_access: 4 }],
    ['empty', {}],
  ];
  return [
    ...noHandle({}).map(([what, handle]) => ({
      title: `${name} handle: ${what}`,
      call: (sut: Sut) =>
        sut.ddi.ddi_dma_mem_alloc(as<ddi_dma_handle_t>(handle), 64, plainAcc, consistent, 0),
    })),
    {
      title: `${name} handle: freed`,
      call: (sut, s) => sut.ddi.ddi_dma_mem_alloc(s.freed, 64, plainAcc, consistent, 0),
    },
    ...[['zero', 0] as [string, number], ...noBytes(64)].map(([what, length]) => ({
      title: `${name} length: ${what}`,
      call: (sut: Sut, s: Stage) =>
        sut.ddi.ddi_dma_mem_alloc(s.handle, length, plainAcc, consistent, 0),
    })),
    ...[undefined, null, 7].map((acc) => ({
      title: `${name} accattr: ${String(acc)}`,
      call: (sut: Sut, s: Stage) => sut.ddi.ddi_dma_mem_alloc(s.handle, 64, as(acc), consistent, 0),
    })),
    ...wrongAcc.map(([what, acc]) => ({
      title: `${name} accattr: ${what}`,
      call: (sut: Sut, s: Stage) => sut.ddi.ddi_dma_mem_alloc(s.handle, 64, as(acc), consistent, 0),
    })),
    ...[['unknown', 0x80] as [string, number], ...noBytes(consistent)].map(([what, flags]) => ({
      title: `${name} flags: ${what}`,
      call: (sut: Sut, s: Stage) => sut.ddi.ddi_dma_mem_alloc(s.handle, 64, plainAcc, flags, 0),
    })),
    ...noWaitfp.map(([what, waitfp]) => ({
      title: `${name} waitfp: ${what}`,
      call: (sut: Sut, s: Stage) =>
        sut.ddi.ddi_dma_mem_alloc(s.handle, 64, plainAcc, consistent, as<0>(waitfp)),
    })),
  ];
}

function bindCases(): BadCase[] {
  const name = 'ddi_dma_addr_bind_handle';
  const bindAs = (sut: Sut, s: Stage, flags: number, waitfp: unknown) =>
    sut.ddi.ddi_dma_addr_bind_handle(s.handle, null, s.buffer, 64, flags, as<0>(waitfp));
  const bind = (sut: Sut, s: Stage, addr: number, len: number) =>
    sut.ddi.ddi_dma_addr_bind_handle(s.handle, null, addr, len, rdwr, 0);
  return [
    ...noHandle({}).map(([what, handle]) => ({
      title: `${name} handle: ${what}`,
      call: (sut: Sut, s: Stage) =>
        sut.ddi.ddi_dma_addr_bind_handle(as(handle), null, s.buffer, 64, rdwr, 0),
    })),
    {
      title: `${name} handle: freed`,
      call: (sut, s) => sut.ddi.ddi_dma_addr_bind_handle(s.freed, null, s.buffer, 64, rdwr, 0),
    },
    {
      title: `${name} handle: bound`,
      call: (sut, s) =>
        sut.ddi.ddi_dma_addr_bind_handle(s.bound.handle, null, s.buffer, 64, rdwr, 0),
    },
    {
      title: `${name} as: not null`,
      call: (sut, s) => sut.ddi.ddi_dma_addr_bind_handle(s.handle, as({}), s.buffer, 64, rdwr, 0),
    },
    ...noBytes(65536).map(([what, addr]) => ({
      title: `${name} addr: ${what}`,
      call: (sut: Sut, s: Stage) => bind(sut, s, addr, 64),
    })),
    { title: `${name} addr: 0`, call: (sut, s) => bind(sut, s, 0, 64) },
    { title: `${name} addr: in a hole`, call: (sut, s) => bind(sut, s, 16, 64) },
    { title: `${name} addr: of registers`, call: (sut, s) => bind(sut, s, s.registers.addr, 64) },
    {
      title: `${name} addr: freed memory`,
      call: (sut, s) => bind(sut, s, s.freedMemory.kaddr, 64),
    },
    { title: `${name} len: 0`, call: (sut, s) => bind(sut, s, s.buffer, 0) },
    { title: `${name} len: beyond kmem`, call: (sut, s) => bind(sut, s, s.buffer, 65) },
    {
      title: `${name} len: beyond DMA memory`,
      call: (sut, s) => bind(sut, s, s.memory.kaddr, s.memory.real_length + 1),
    },
    {
      title: `${name} len: into the hole`,
      call: (sut, s) => bind(sut, s, s.bound.at, 4 * 4096 + 1),
    },
    ...noBytes(64).map(([what, len]) => ({
      title: `${name} len: ${what}`,
      call: (sut: Sut, s: Stage) => bind(sut, s, s.buffer, len),
    })),
    { title: `${name} flags: unknown`, call: (sut, s) => bindAs(sut, s, rdwr | 0x8000, 0) },
    { title: `${name} flags: no direction`, call: (sut, s) => bindAs(sut, s, 0, 0) },
    ...noBytes(rdwr).map(([what, flags]) => ({
      title: `${name} flags: ${what}`,
      call: (sut: Sut, s: Stage) => bindAs(sut, s, flags, 0),
    })),
    ...noWaitfp.map(([what, waitfp]) => ({
      title: `${name} waitfp: ${what}`,
      call: (sut: Sut, s: Stage) => bindAs(sut, s, rdwr, waitfp),
    })),
  ];
}

function syncCases(): BadCase[] {
  const sync = (sut: Sut, s: Stage, offset: number, length: number, type: number) =>
    sut.ddi.ddi_dma_sync(s.bound.handle, offset, length, type);
  return [
    {
      title: 'ddi_dma_sync handle: unbound',
      call: (sut, s) => sut.ddi.ddi_dma_sync(s.handle, 0, 0, 0),
    },
    ...noBytes(64).map(([what, offset]) => ({
      title: `ddi_dma_sync offset: ${what}`,
      call: (sut: Sut, s: Stage) => sync(sut, s, offset, 64, 0),
    })),
    ...noBytes(64).map(([what, length]) => ({
      title: `ddi_dma_sync length: ${what}`,
      call: (sut: Sut, s: Stage) => sync(sut, s, 0, length, 0),
    })),
    ...[['unknown', 3] as [string, number], ...noBytes(1)].map(([what, type]) => ({
      title: `ddi_dma_sync type: ${what}`,
      call: (sut: Sut, s: Stage) => sync(sut, s, 0, 64, type),
    })),
  ];
}

/** Calls that take a DMA handle and little else. */
const handleCalls: Readonly<Record<string, (sut: Sut, handle: ddi_dma_handle_t) => unknown>> = {
  ddi_dma_free_handle: (sut, h) => {
    sut.ddi.ddi_dma_free_handle(h);
  },
  ddi_dma_unbind_handle: (sut, h) => sut.ddi.ddi_dma_unbind_handle(h),
  ddi_dma_sync: (sut, h) => sut.ddi.ddi_dma_sync(h, 0, 0, 0),
  ddi_dma_burstsizes: (sut, h) => sut.ddi.ddi_dma_burstsizes(h),
  ddi_dma_ncookies: (sut, h) => sut.ddi.ddi_dma_ncookies(h),
  ddi_dma_cookie_iter: (sut, h) => sut.ddi.ddi_dma_cookie_iter(h, null),
  ddi_dma_cookie_get: (sut, h) => sut.ddi.ddi_dma_cookie_get(h, 0),
  ddi_dma_cookie_one: (sut, h) => sut.ddi.ddi_dma_cookie_one(h),
  ddi_dma_nextcookie: (sut, h) => sut.ddi.ddi_dma_nextcookie(h),
  ddi_dma_numwin: (sut, h) => sut.ddi.ddi_dma_numwin(h),
  ddi_dma_getwin: (sut, h) => sut.ddi.ddi_dma_getwin(h, 0),
};

function handleCases(): BadCase[] {
  const cases: BadCase[] = [];
  for (const [name, call] of Object.entries(handleCalls)) {
    for (const [what, handle] of noHandle('acc')) {
      cases.push({
        title: `${name} handle: ${what}`,
        call: (sut, s) => call(sut, as(handle === 'acc' ? s.memory.handle : handle)),
      });
    }
    cases.push({ title: `${name} handle: freed`, call: (sut, s) => call(sut, s.freed) });
  }
  return [
    ...cases,
    {
      title: 'ddi_dma_free_handle handle: bound',
      call: (sut, s) => {
        sut.ddi.ddi_dma_free_handle(s.bound.handle);
      },
    },
    {
      title: 'ddi_dma_unbind_handle handle: unbound',
      call: (sut, s) => sut.ddi.ddi_dma_unbind_handle(s.handle),
    },
    ...noBytes(2).map(([what, index]) => ({
      title: `ddi_dma_cookie_get index: ${what}`,
      call: (sut: Sut, s: Stage) => sut.ddi.ddi_dma_cookie_get(s.bound.handle, index),
      answer: null,
    })),
    ...[undefined, 0, 'cookie', {}].map((cookie) => ({
      title: `ddi_dma_cookie_iter cookie: ${JSON.stringify(cookie) ?? 'undefined'}`,
      call: (sut: Sut, s: Stage) => sut.ddi.ddi_dma_cookie_iter(s.bound.handle, as(cookie)),
      answer: null,
    })),
  ];
}

/** Binds that come in windows, and calls that ask for them. */
function windowCases(): BadCase[] {
  const numbers: [string, number][] = [
    ['N', 3],
    ['N + 1', 4],
    ['the largest', 0xffffffff],
    ...noBytes(1),
  ];
  const bindWith = (
    sut: Sut,
    difference: Partial<ddi_dma_attr_t>,
    length: number,
    flags: number,
  ): unknown => {
    // Four pages of which no two follow one another, from the middle of the first.
    const at = sut.place([0x2700, 0x2702, 0x2701, 0x2703], 0x100, length);
    const result = tryBind(sut, newHandle(sut, difference), at, length, flags);
    // What is left of it is the case's own: a window, a handle.
    return result.isErr() ? result : undefined;
  };
  return [
    ...numbers.map(([what, win]) => ({
      title: `ddi_dma_getwin win: ${what}`,
      call: (sut: Sut, s: Stage) => sut.ddi.ddi_dma_getwin(s.partly.handle, win),
    })),
    {
      title: 'ddi_dma_getwin handle: unbound',
      call: (sut, s) => sut.ddi.ddi_dma_getwin(s.handle, 0),
    },
    {
      title: 'ddi_dma_getwin handle: bound without windows',
      call: (sut, s) => sut.ddi.ddi_dma_getwin(s.bound.handle, 0),
    },
    {
      title: 'ddi_dma_numwin handle: unbound',
      call: (sut, s) => sut.ddi.ddi_dma_numwin(s.handle),
    },
    {
      title: 'ddi_dma_numwin handle: bound without windows',
      call: (sut, s) => sut.ddi.ddi_dma_numwin(s.bound.handle),
    },
    {
      title: 'ddi_dma_nextcookie past the end of all cookies',
      call: (sut, s) => {
        for (let i = 0; i < 4; i++) sut.ddi.ddi_dma_nextcookie(s.bound.handle);
      },
    },
    {
      title: 'ddi_dma_nextcookie past the end of the window',
      call: (sut, s) => {
        for (let i = 0; i < 2; i++) sut.ddi.ddi_dma_nextcookie(s.partly.handle);
      },
    },
    {
      title: 'ddi_dma_cookie_one of several cookies',
      call: (sut, s) => sut.ddi.ddi_dma_cookie_one(s.bound.handle),
    },
    {
      title: 'ddi_dma_sync outside the object',
      call: (sut, s) => sut.ddi.ddi_dma_sync(s.bound.handle, 4 * 4096, 1, 0),
    },
    {
      title: 'ddi_dma_sync outside the window',
      call: (sut, s) => sut.ddi.ddi_dma_sync(s.partly.handle, 0x3f00, 0x100, 0),
    },
    ...[2 ** 31, 2 ** 32, 2 ** 53, Number.MAX_VALUE].map((len) => ({
      title: `ddi_dma_addr_bind_handle len: ${len}, more than the address space`,
      call: (sut: Sut, s: Stage) =>
        sut.ddi.ddi_dma_addr_bind_handle(s.handle, null, s.buffer, len, rdwr, 0),
    })),
    {
      title: 'ddi_dma_addr_bind_handle flags: PARTIAL missing',
      call: (sut) => bindWith(sut, { dma_attr_sgllen: 2 }, 0x3000, rdwr),
      leaves: 2,
    },
    {
      title: 'ddi_dma_addr_bind_handle sgllen 1 with PARTIAL',
      call: (sut) => bindWith(sut, { dma_attr_sgllen: 1 }, 0x3000, rdwr | DDI_DMA_PARTIAL),
      leaves: 2,
      lawful: true,
    },
    {
      title: 'ddi_dma_addr_bind_handle granular that does not divide',
      call: (sut) => bindWith(sut, { dma_attr_granular: 512, dma_attr_sgllen: 4 }, 0x2f01, rdwr),
      leaves: 2,
    },
    {
      title: 'ddi_dma_addr_bind_handle granular that does not divide, with PARTIAL',
      call: (sut) =>
        bindWith(
          sut,
          { dma_attr_granular: 768, dma_attr_sgllen: 2 },
          0x2f01,
          rdwr | DDI_DMA_PARTIAL,
        ),
      leaves: 2,
    },
    {
      title: 'ddi_dma_addr_bind_handle maxxfer below granular with PARTIAL',
      call: (sut) => {
        const attr = { ...wideAttr, dma_attr_granular: 8192, dma_attr_maxxfer: 4096n };
        const made = sut.ddi.ddi_dma_alloc_handle(sut.dip(), attr, 0);
        if (made.isErr()) return undefined;
        return bindWith(sut, attr, 0x3000, rdwr | DDI_DMA_PARTIAL);
      },
      leaves: 3,
      lawful: true,
    },
  ];
}

/** Every case of the DMA calls. */
export const badDmaCases: readonly BadCase[] = [
  ...allocHandleCases(),
  ...handleCases(),
  ...memAllocCases(),
  ...bindCases(),
  ...syncCases(),
  ...windowCases(),
];
