/** Checks of ddi_dma_attr(9S). */
import {
  DDI_DMA_CONSISTENT,
  DDI_DMA_DONTWAIT,
  DDI_DMA_FORCE_PHYSICAL,
  DDI_DMA_MAPPED,
  DDI_DMA_PARTIAL,
  DDI_DMA_RDWR,
  DDI_DMA_STREAMING,
} from '../../sys/constants.js';
import type { ddi_dma_attr_t, ddi_dma_cookie_t } from '../../sys/types.js';
import { clause, type ClauseCheck } from '../clause.js';
import { breaches } from '../limits.js';
import type { Sut } from '../sut.js';
import {
  bind,
  busAddressOf,
  cookiesOf,
  frameRun,
  framesApart,
  misuse,
  newHandle,
  newMemory,
  plainAcc,
  totalSize,
  tryBind,
  wideAttr,
} from '../stock.js';
import { boundFar, boundPartly, lowHi, windowsOf } from '../stock-windows.js';
import { bad, good, same, that } from '../that.js';

/** The cookies of memory that was allocated under some attributes and bound whole. */
function cookiesOfMemory(sut: Sut, differences: Partial<ddi_dma_attr_t>, length: number) {
  const handle = newHandle(sut, differences);
  const memory = newMemory(sut, handle, length, DDI_DMA_STREAMING);
  bind(sut, handle, memory.kaddr, memory.real_length);
  return { ...memory, cookies: cookiesOf(sut, handle) };
}

/** The address of the last byte of a cookie. */
function lastOf(cookie: ddi_dma_cookie_t): bigint {
  return cookie.dmac_laddress + BigInt(cookie.dmac_size) - 1n;
}

const tooLow = 0x20_0000n;

/** Where the memory of a PC begins that allocators hand out. */
const lowestMemory = 0x10_0000n;

const reached = { frames: 'scattered', cases: ['memory', 'buffer', 'the last page'] } as const;

const granules = ['one list', 'windows', 'short transfers'];

/** An object bound in windows for an engine that takes less than a page at a time. */
function boundShort(sut: Sut) {
  const attr = { dma_attr_sgllen: 4, dma_attr_granular: 0x200, dma_attr_maxxfer: 0x400n };
  const handle = newHandle(sut, attr);
  const length = 2 * sut.pageSize;
  bind(sut, handle, sut.place(framesApart, 0x100, length), length, DDI_DMA_RDWR | DDI_DMA_PARTIAL);
  return { handle, length };
}

/** The checks. */
export const attrChecks: readonly ClauseCheck[] = [
  clause('ddi_dma_attr.9s/VR-1', {}, (sut) => {
    for (const version of [1, 2, 0xffffffff]) {
      const attr = { ...wideAttr, dma_attr_version: version };
      const result = sut.ddi.ddi_dma_alloc_handle(sut.dip(), attr, DDI_DMA_DONTWAIT);
      bad(result, 'DDI_DMA_BADATTR', `attributes of version ${version}`);
    }
    newHandle(sut, { dma_attr_version: 0 });
  }),
  clause('ddi_dma_attr.9s/AD-1', {}, (sut) => {
    const attr = { dma_attr_addr_lo: tooLow };
    const above = sut.place(frameRun, 0, sut.pageSize);
    bind(sut, newHandle(sut, attr), above, sut.pageSize);
    const handle = newHandle(sut, attr);
    const below = sut.place([0x50], 0, sut.pageSize);
    const result = tryBind(sut, handle, below, sut.pageSize);
    // What cannot be bounced for want of resources is no breach.
    const cookies = result.isOk() ? cookiesOf(sut, handle) : [];
    const low = cookies.filter((c) => c.dmac_laddress < tooLow);
    same(low, [], 'cookies that begin below addr_lo');
    same(sut.frameOf(below), 0x50, 'the frame of a buffer that lies below addr_lo');
  }),
  clause('ddi_dma_attr.9s/AD-2', { cases: ['inside', 'at the end', 'beyond'] }, (sut, kase) => {
    // The bound is inclusive: a buffer that ends on it is reachable, one byte more is not.
    const hi = 0x1201fffn;
    const pfns = { inside: [0x1200], 'at the end': [0x1200, 0x1201], beyond: [0x1201, 0x1202] };
    const frames = pfns[kase as keyof typeof pfns];
    const length = frames.length * sut.pageSize;
    const handle = newHandle(sut, { dma_attr_addr_hi: hi });
    const result = tryBind(sut, handle, sut.place(frames, 0, length), length);
    const cookies = result.isOk() ? cookiesOf(sut, handle) : [];
    that(
      cookies.every((c) => lastOf(c) <= hi),
      'no cookie ends above addr_hi',
    );
    that(kase === 'beyond' || totalSize(cookies) === length, `a buffer ${kase} is reached`);
    if (kase === 'beyond' && result.isErr()) {
      bad(result, ['DDI_DMA_NOMAPPING', 'DDI_DMA_NORESOURCES'], 'a buffer beyond addr_hi');
    }
  }),
  clause('ddi_dma_attr.9s/AD-3', reached, (sut, kase) => {
    if (kase === 'the last page') {
      // Two pages and a half are in reach; three that adjoin are asked for.
      const attr = { dma_attr_addr_hi: lowestMemory + 0x27ffn, dma_attr_sgllen: 1 };
      const handle = newHandle(sut, attr);
      const flags = DDI_DMA_CONSISTENT;
      const length = 3 * sut.pageSize;
      const result = sut.ddi.ddi_dma_mem_alloc(handle, length, plainAcc, flags, DDI_DMA_DONTWAIT);
      const kaddr = result.isOk() ? result.value.kaddr : 0;
      const pages = kaddr === 0 ? [] : [0, 1, 2].map((i) => sut.frameOf(kaddr + i * sut.pageSize));
      const beyond = pages.filter((pfn) => BigInt(pfn) * 4096n + 4095n > attr.dma_attr_addr_hi);
      same(beyond, [], 'frames that are not all in reach');
      newMemory(sut, newHandle(sut), 64);
      return;
    }
    if (kase === 'buffer') {
      const { handle, length } = boundFar(sut);
      const cookies = cookiesOf(sut, handle);
      same(breaches({ ...wideAttr, dma_attr_addr_hi: lowHi }, cookies), [], 'breaches');
      same(totalSize(cookies), length, 'bytes of all cookies');
      return;
    }
    for (const [lo, hi] of [
      [0n, 0xffffffn],
      [0x100_0000n, 0xffff_ffffn],
    ] as const) {
      const attr = { dma_attr_addr_lo: lo, dma_attr_addr_hi: hi };
      const { cookies } = cookiesOfMemory(sut, attr, 3 * sut.pageSize);
      that(cookies.length > 0, 'there are cookies');
      that(
        cookies.every((c) => c.dmac_laddress >= lo),
        `none begins below 0x${lo.toString(16)}`,
      );
      that(
        cookies.every((c) => lastOf(c) <= hi),
        `none ends above 0x${hi.toString(16)}`,
      );
    }
  }),
  clause('ddi_dma_attr.9s/CM-1', {}, (sut) => {
    // The field is the largest value of the counter, which is a size less one.
    const at = sut.place(frameRun, 0, 8192);
    for (const countMax of [0xfffn, 0xbffn, 0x7ffn]) {
      const handle = newHandle(sut, { dma_attr_count_max: countMax });
      bind(sut, handle, at, 8192);
      const cookies = cookiesOf(sut, handle);
      const largest = cookies.reduce((n, c) => Math.max(n, c.dmac_size), 0);
      that(BigInt(largest) - 1n <= countMax, `sizes stay within a counter of ${countMax}`);
      same(totalSize(cookies), 8192, 'bytes of all cookies');
      that(largest > 0x400, 'and use more than half of it');
    }
  }),
  clause('ddi_dma_attr.9s/CM-2', {}, (sut) => {
    const handle = newHandle(sut, { dma_attr_count_max: 0x3ffn });
    bind(sut, handle, sut.place(frameRun, 0, sut.pageSize), sut.pageSize);
    const cookies = cookiesOf(sut, handle);
    that(cookies.length >= 4, 'a page and a counter of 1 KiB make four cookies or more');
    same(totalSize(cookies), sut.pageSize, 'bytes of all cookies');
  }),
  clause('ddi_dma_attr.9s/AL-1', { frames: 'scattered' }, (sut) => {
    const addresses = new Set<number>();
    for (const align of [2n, 64n, 2048n, 4096n, 32768n]) {
      const { kaddr, cookies } = cookiesOfMemory(sut, { dma_attr_align: align }, 100);
      same(BigInt(kaddr) % align, 0n, `address modulo align ${align}`);
      same(busAddressOf(sut, kaddr) % align, 0n, `address of the frame modulo align ${align}`);
      same((cookies[0]?.dmac_laddress ?? 1n) % align, 0n, `address of the cookie`);
      addresses.add(kaddr);
    }
    same(addresses.size, 5, 'addresses of five pieces of memory');
  }),
  clause('ddi_dma_attr.9s/AL-3', {}, async (sut) => {
    const at = sut.place(frameRun, 0, 256);
    const attr = { dma_attr_align: 128n };
    bind(sut, newHandle(sut, attr), at + 128, 64);
    same(sut.findings().length, 0, 'findings about an aligned buffer');
    const clauses = ['ddi_dma_attr.9s/AL-3', 'ddi_dma_addr_bind_handle.9f/IX-3', 'interplay/IP-6'];
    await misuse(sut, 'a buffer less aligned than the attributes ask', clauses, () =>
      tryBind(sut, newHandle(sut, attr), at + 64, 64),
    );
  }),
  clause('ddi_dma_attr.9s/MX-3', { cases: ['streaming', 'consistent'] }, (sut, kase) => {
    const mode = kase === 'streaming' ? DDI_DMA_STREAMING : DDI_DMA_CONSISTENT;
    for (const minxfer of [8, 64, 512]) {
      const handle = newHandle(sut, { dma_attr_minxfer: minxfer, dma_attr_burstsizes: 1 });
      const m = newMemory(sut, handle, minxfer + 1, mode);
      same(m.kaddr % minxfer, 0, `address modulo minxfer ${minxfer}`);
      same(m.real_length % minxfer, 0, `real_length modulo minxfer ${minxfer}`);
      that(m.real_length > minxfer, 'the memory is as long as asked');
    }
  }),
  clause('ddi_dma_attr.9s/SG-1', { cases: ['buffer', 'memory', 'below a page'] }, (sut, kase) => {
    const seg = kase === 'below a page' ? 0x7ffn : 0x1fffn;
    const attr = { dma_attr_seg: seg };
    let cookies: readonly ddi_dma_cookie_t[];
    if (kase === 'memory') cookies = cookiesOfMemory(sut, attr, 3 * sut.pageSize).cookies;
    else {
      const handle = newHandle(sut, attr);
      // From the middle of a segment across two boundaries.
      const at = sut.place([0x1201, 0x1202, 0x1203, 0x1204], 0, 4 * sut.pageSize);
      bind(sut, handle, at, 4 * sut.pageSize);
      cookies = cookiesOf(sut, handle);
      that(cookies.length >= 3, 'two boundaries cut a run of frames into three');
    }
    that(cookies.length > 0, 'there are cookies');
    for (const c of cookies) {
      same(lastOf(c) / (seg + 1n), c.dmac_laddress / (seg + 1n), 'the segment of the last byte');
    }
  }),
  clause('ddi_dma_attr.9s/SL-3', {}, (sut) => {
    const handle = newHandle(sut, { dma_attr_sgllen: 1 });
    const length = framesApart.length * sut.pageSize;
    const flags = DDI_DMA_RDWR | DDI_DMA_PARTIAL;
    bind(sut, handle, sut.place(framesApart, 0, length), length, flags);
    for (const { cookies } of windowsOf(sut, handle)) {
      same(cookies.length, 1, 'cookies for each transfer of an engine without a list');
    }
  }),
  clause('ddi_dma_attr.9s/GR-2', { cases: ['memory', 'windows'] }, (sut, kase) => {
    const attr = { dma_attr_sgllen: 1, dma_attr_granular: 512 };
    if (kase === 'windows') {
      // Each page begins in the middle of a granule of the object.
      const handle = newHandle(sut, attr);
      const at = sut.place(framesApart, 256, 2 * sut.pageSize);
      const flags = DDI_DMA_RDWR | DDI_DMA_PARTIAL;
      if (bind(sut, handle, at, 2 * sut.pageSize, flags).rval === DDI_DMA_MAPPED) {
        same(totalSize(cookiesOf(sut, handle)), 2 * sut.pageSize, 'bytes of the only cookie');
        return;
      }
      const sizes = windowsOf(sut, handle).flatMap(({ cookies }) =>
        cookies.map((c) => c.dmac_size),
      );
      same(
        sizes.filter((n) => n % 512 !== 0),
        [],
        'sizes that are not granular',
      );
      same(
        sizes.reduce((sum, n) => sum + n, 0),
        2 * sut.pageSize,
        'bytes of all windows',
      );
      return;
    }
    const { cookies, real_length } = cookiesOfMemory(sut, attr, 512 * 3);
    same(cookies.length, 1, 'cookies for an engine without a list');
    same(totalSize(cookies), real_length, 'bytes of the cookie');
    same((cookies[0]?.dmac_size ?? 1) % 512, 0, 'size modulo granular');
    that((cookies[0]?.dmac_size ?? 0) >= 512 * 3, 'all of it is there');
  }),
  clause('ddi_dma_attr.9s/GR-3', { cases: granules }, (sut, kase) => {
    if (kase !== 'one list') {
      const { handle, length } =
        kase === 'windows' ? boundPartly(sut, 'cut twice') : boundShort(sut);
      const sums = windowsOf(sut, handle).map(({ cookies }) => totalSize(cookies));
      same(
        sums.filter((n) => n % 0x200 !== 0),
        [],
        'windows that are not granular',
      );
      same(
        sums.reduce((sum, n) => sum + n, 0),
        length,
        'bytes of all windows',
      );
      return;
    }
    const attr = { dma_attr_sgllen: 8, dma_attr_granular: 512, dma_attr_count_max: 0xfffn };
    const handle = newHandle(sut, attr);
    const at = sut.place(framesApart, 256, 3 * sut.pageSize);
    bind(sut, handle, at, 3 * sut.pageSize);
    const cookies = cookiesOf(sut, handle);
    that(cookies.length > 2, 'the object is in several segments');
    that(cookies.length <= 8, 'and in one group');
    same(totalSize(cookies) % 512, 0, 'bytes of the group modulo granular');
  }),
  clause('ddi_dma_attr.9s/GR-4', {}, async (sut) => {
    const at = sut.place(frameRun, 0, sut.pageSize);
    const attr = { dma_attr_granular: 64 };
    good(tryBind(sut, newHandle(sut, attr), at, 128), 'a multiple of granular');
    same(sut.findings().length, 0, 'findings about a multiple of granular');
    const clauses = ['ddi_dma_attr.9s/GR-4', 'ddi_dma_addr_bind_handle.9f/IX-4', 'interplay/IP-7'];
    await misuse(sut, '100 bytes at a granularity of 64', clauses, () =>
      tryBind(sut, newHandle(sut, attr), at, 100),
    );
  }),
  clause('ddi_dma_attr.9s/FL-2', {}, (sut) => {
    const handle = newHandle(sut, { dma_attr_flags: DDI_DMA_FORCE_PHYSICAL });
    const at = sut.place(framesApart, 0, 2 * sut.pageSize);
    bind(sut, handle, at, 2 * sut.pageSize);
    const cookies = cookiesOf(sut, handle);
    same(
      cookies.map((c) => c.dmac_laddress),
      [at, at + sut.pageSize].map((va) => BigInt(sut.frameOf(va)) * BigInt(sut.pageSize)),
      'the addresses of the cookies',
    );
  }),
];
