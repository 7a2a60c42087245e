/** What the properties of a bind have found, as small as it could be made. */
import { DDI_DMA_PARTIAL, DDI_DMA_RDWR } from 'ddi-dma';
import { describe, expect, it } from 'vitest';
import type { ddi_dma_attr_t } from '../../src/sys/types.js';
import { bindingFaults, type SeenBinding } from '../model/naive-binding.js';
import { ownWindows } from '../model/naive-windows.js';
import { anyAttr } from '../support/attr.js';
import { BindRig, large, small } from '../support/bind-rig.js';

interface Found {
  readonly on?: typeof large;
  readonly attr: Partial<ddi_dma_attr_t>;
  readonly pfns: readonly number[];
  readonly off?: number;
  readonly len: number;
  /** DDI_DMA_PARTIAL, unless it says otherwise. */
  readonly flags?: number;
}

/** Binds; the code of a refusal, or the binding, which has to be without fault. */
function outcome({ on = large, attr, pfns, off = 0, len, flags }: Found): string | SeenBinding {
  const rig = new BindRig(on);
  const direction = DDI_DMA_RDWR | (flags ?? DDI_DMA_PARTIAL);
  const c = { attr: anyAttr(attr), pfns, off, len, flags: direction, aligned: true, seed: 1 };
  rig.place(c);
  const handle = rig.alloc(c);
  if (handle === null) return 'DDI_DMA_BADATTR';
  const result = rig.bind(handle, c);
  if (result.isErr()) return result.error.name;
  const seen = rig.look(handle, c, result.value.rval);
  expect(bindingFaults(seen)).toEqual([]);
  return seen;
}

/** The sizes of the windows of a bind that succeeds. */
function sizes(found: Found): readonly number[] {
  const seen = outcome(found);
  if (typeof seen === 'string') throw new Error(seen);
  return seen.windows.map(({ len }) => Number(len));
}

const pages = (first: number, count: number): readonly number[] =>
  Array.from({ length: count }, (_, i) => first + i);

describe('a bind', () => {
  it('of a bounced page whose cookies the counter makes less aligned than asked is refused', () => {
    // ddi_dma_attr(9S) AL-1: the cookies after the first were at 1, 2 and 3.
    const attr = { dma_attr_addr_hi: 0xffffffn, dma_attr_count_max: 0n, dma_attr_align: 4n };
    expect(outcome({ attr, pfns: [0x100000], len: 8 })).toBe('DDI_DMA_NOMAPPING');
  });

  it('cuts each window anew, not where the cookies of the whole object were cut', () => {
    // 63 bytes are no multiple of 4, and what is left of the first cookie is none either.
    const attr = { dma_attr_count_max: 62n, dma_attr_sgllen: 1, dma_attr_granular: 4 };
    expect(sizes({ attr, pfns: [0x100], len: 128 })).toEqual([60, 60, 8]);
    const { windows } = outcome({ attr, pfns: [0x100], len: 128 }) as SeenBinding;
    expect(windows.map(({ cookies }) => cookies[0]?.address)).toEqual([
      0x100000n,
      0x10003cn,
      0x100078n,
    ]);
  });

  it('reaches a page in which both the first and the last address in reach lie', () => {
    const attr = { dma_attr_addr_lo: 0x100001n, dma_attr_addr_hi: 0x100ffen };
    expect(sizes({ attr, pfns: [0x100], off: 1, len: 4094 })).toEqual([4094]);
  });

  it('begins no window where a run is less aligned than a device wants beyond a page', () => {
    // The third page of the object is aligned to 8 KiB and its frame is not.
    const attr = { dma_attr_align: 0x2000n, dma_attr_maxxfer: 0x2000n };
    expect(sizes({ attr, pfns: [8, 12, 13, 14], len: 0x4000 })).toEqual([0x2000, 0x2000]);
  });

  it('makes windows of as few bounce pages as there are', () => {
    // ddi_dma_addr_bind_handle(9F) FL-8; 24 frames are installed below 16 MiB.
    const found = { on: small, attr: { dma_attr_addr_hi: 0xffffffn }, pfns: pages(0x100000, 60) };
    const len = 60 * 4096;
    expect(sizes({ ...found, len })).toEqual([24, 24, 12].map((n) => n * 4096));
    // ddi_dma_addr_bind_handle(9F) RV-7: without windows it never fits, however long one waits.
    expect(outcome({ ...found, len, flags: 0 })).toBe('DDI_DMA_TOOBIG');
  });

  it('makes do with the bounce pages that are free at present', () => {
    const attr = { dma_attr_addr_hi: 0xffffffn };
    const rig = new BindRig(small);
    const flags = DDI_DMA_RDWR | DDI_DMA_PARTIAL;
    const pfns = pages(0x100000, 8);
    const c = { attr: anyAttr(attr), pfns, off: 0, len: 0x8000, flags, aligned: true, seed: 1 };
    rig.place(c);
    rig.machine.place(pages(0x103, 21));
    const handle = rig.alloc(c);
    if (handle === null) throw new Error('no handle');
    expect(rig.bind(handle, { ...c, flags: DDI_DMA_RDWR }).isErr()).toBe(true);
    const result = rig.bind(handle, c);
    const seen = rig.look(handle, c, result.isOk() ? result.value.rval : 0);
    expect(seen.windows.map(({ len }) => Number(len))).toEqual([0x2000, 0x2000, 0x2000, 0x2000]);
  });

  it('moves a bounced object in its pages where segments are in the way of granules', () => {
    // 0x1ff bytes are left of the page at the second window: no granule, and there is no list.
    const attr = { dma_attr_sgllen: 1, dma_attr_granular: 512, dma_attr_seg: 0xfffn };
    const found = { attr, pfns: [0x100, 0x300], off: 0x201, len: 0x1400 };
    expect(ownWindows(anyAttr(attr), { ...found, va: 0x11201 })).toBe(0);
    expect(sizes(found).reduce((a, b) => a + b)).toBe(0x1400);
  });

  it('is refused for good, not for now, where no memory at all is aligned enough', () => {
    const attr = {
      dma_attr_align: 0x10000n,
      dma_attr_addr_lo: 0x101000n,
      dma_attr_addr_hi: 0x10ffffn,
    };
    expect(outcome({ attr, pfns: [0x201], len: 4096 })).toBe('DDI_DMA_NOMAPPING');
  });

  it('is refused for good, not for now, where the longest run is taken and none helps', () => {
    // Aligned beyond the segment: after 512 bytes the next cookie begins crooked, and a window that
    // ends there is no whole page, as the one after it needs it.
    const attr = {
      dma_attr_addr_lo: 0x1000n,
      dma_attr_addr_hi: 0xffffffn,
      dma_attr_count_max: 0xfffffn,
      dma_attr_align: 0x2000n,
      dma_attr_seg: 0x1ffn,
      dma_attr_sgllen: 256,
    };
    const rig = new BindRig(large);
    const flags = DDI_DMA_RDWR | DDI_DMA_PARTIAL;
    const pfns = pages(0x100000, 256);
    const c = { attr: anyAttr(attr), pfns, off: 0, len: 1048575, flags, aligned: true, seed: 1 };
    rig.place(c);
    for (let pfn = 0; pfn < 0x1000; pfn += 200) rig.machine.frames.claim(pfn);
    const handle = rig.alloc(c);
    if (handle === null) throw new Error('no handle');
    const result = rig.bind(handle, c);
    expect(result.isErr() && result.error.name).toBe('DDI_DMA_NOMAPPING');
  });

  it.each([
    { 'limits-at-page-starts': true },
    { 'limits-at-page-starts': true, 'windows-by-boundary': true },
  ])('is bounced whole where cookies of a kernel admit no windows of the pages: %o', (quirks) => {
    const attr = { dma_attr_sgllen: 1, dma_attr_granular: 512 };
    const found = { on: { ...large, quirks }, attr, pfns: [0x200, 0x300, 0x400], off: 0x100 };
    expect(sizes({ ...found, len: 0x2000 })).toEqual([0x2000]);
    // Longer than the bounce pages: in windows, each of them granular and one cookie.
    const pfns = Array.from({ length: 400 }, (_, i) => 0x200 + 2 * i);
    expect(sizes({ ...found, pfns, len: 399 * 4096 })).toEqual([0x100e00, 0x8e200]);
  });

  it('in more pieces than any list has is refused, not tried', () => {
    const attr = { dma_attr_count_max: 0n };
    const len = (1 << 20) + 1;
    expect(outcome({ attr, pfns: pages(0x100000, 257), len })).toBe('DDI_DMA_TOOBIG');
    expect(outcome({ attr, pfns: pages(0x100000, 257), len, flags: 0 })).toBe('DDI_DMA_TOOBIG');
  });
});
