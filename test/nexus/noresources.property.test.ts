/**
 * ddi_dma_addr_bind_handle(9F) RV-5: DDI_DMA_NORESOURCES is the answer of the moment. A driver that
 * waits after it waits for what others hold, so with nothing held by others it is never the answer,
 * and after it the same bind succeeds once all has come back.
 *
 * The attributes drawn are those under which stand-in memory is hard to find: alignments beyond the
 * segment, segments that are no power of two, narrow ranges of addresses, odd granules. The judge
 * knows nothing of binding: it takes memory away, gives it back and compares the answers.
 */
import { DDI_DMA_PARTIAL, ddi_dma_unbind_handle, must } from 'ddi-dma';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { anyAttr } from '../support/attr.js';
import type { BindCase } from '../support/any-bind.js';
import { BindRig, large, small } from '../support/bind-rig.js';

const numRuns = Number(process.env['FUZZ_RUNS'] ?? 3000);
const unlimited = 0xffffffffffffffffn;
const rigs = { large: new BindRig(large), small: new BindRig(small) };
type Which = keyof typeof rigs;

const pages = (first: number, count: number): readonly number[] =>
  Array.from({ length: count }, (_, i) => first + i);

/** Frames of the object: far from everything, or in the midst of what could stand in for it. */
const anyFrames = fc.oneof(
  fc.tuple(fc.constantFrom(2 ** 39, 2 ** 39 + 1), fc.integer({ min: 1, max: 40 })),
  fc.tuple(fc.constantFrom(2 ** 39, 0x100, 0x1000, 0x100000), fc.constantFrom(1, 20, 256, 257)),
  fc.tuple(fc.integer({ min: 0xfe, max: 0x110 }), fc.integer({ min: 1, max: 24 })),
);

const anyHard: fc.Arbitrary<BindCase> = fc
  .record({
    frames: anyFrames,
    lo: fc.constantFrom(0n, 0x1000n, 0x100000n, 0x101000n, 0x107001n, 0x1000000n),
    hi: fc.constantFrom(
      0x100fffn,
      0x101fffn,
      0x103ffen,
      0x10bfffn,
      0x117fffn,
      0xffffffn,
      0x1007fffn,
    ),
    align: fc.constantFrom(1n, 4n, 512n, 0x1000n, 0x2000n, 0x4000n, 0x10000n, 0x100000n),
    seg: fc.oneof(
      fc.constantFrom(unlimited, 0x1ffn, 0x7fn, 0x3ffn, 0xfffn, 0x1fffn, 0x2fffn, 0x5fffn, 0xffffn),
      fc.constantFrom(4999n, 99n, 0xffen, 0x1000n, 0x17ffn, 0x4fffn),
      fc.bigInt({ min: 64n, max: 0x8000n }),
    ),
    countMax: fc.constantFrom(unlimited, 0xfffffn, 0xffffn, 0x1fffn, 0xfffn, 0x5ffn, 4999n, 63n),
    sgllen: fc.constantFrom(-1, 256, 1, 2, 3, 17),
    granular: fc.constantFrom(1, 1, 512, 3, 100, 1536, 4096, 8192, 12288, 40000),
    granules: fc.constantFrom(0n, 0n, 1n, 2n, 3n, 15n, 1000n),
    beyond: fc.constantFrom(0n, 1n),
    off: fc.constantFrom(0, 0, 512, 1, 0xfff),
    keeps: fc.boolean(),
    part: fc.double({ min: 0, max: 1, noNaN: true }),
    partial: fc.constantFrom(DDI_DMA_PARTIAL, 0),
    seed: fc.nat(1000),
  })
  .map((f) => {
    const block = pages(f.frames[0], f.frames[1]);
    const off = f.keeps ? f.off - (f.off % Number(f.align)) : f.off;
    const room = block.length * 4096 - off;
    let piece = 4096n;
    const transfer = BigInt(f.granular) * f.granules + f.beyond;
    const maxxfer = f.granules === 0n ? unlimited : transfer;
    for (const n of [f.countMax + 1n, f.seg + 1n, maxxfer]) if (n < piece) piece = n;
    const len = Math.min(Math.max(1, Math.ceil(room * f.part)), Number(piece) * 1500);
    // What is mapped beside the object is somebody else's.
    const pfns = block.slice(0, Math.ceil((off + len) / 4096));
    const attr = anyAttr({
      dma_attr_addr_lo: f.lo,
      dma_attr_addr_hi: f.hi > f.lo ? f.hi : f.lo + 0x3fffn,
      dma_attr_align: f.align,
      dma_attr_seg: f.seg,
      dma_attr_count_max: f.countMax,
      dma_attr_sgllen: f.sgllen,
      dma_attr_granular: f.granular,
      dma_attr_maxxfer: maxxfer,
    });
    return { attr, pfns, off, len, aligned: f.keeps, flags: 3 | f.partial, seed: f.seed };
  });

/** The code of a refusal, or how the bind succeeded; nothing stays bound. */
function answer(rig: BindRig, c: BindCase): string {
  const handle = rig.alloc(c);
  if (handle === null) return 'DDI_DMA_BADATTR';
  const result = rig.bind(handle, c);
  const code = result.isErr() ? result.error.name : 'bound';
  if (result.isOk()) must(ddi_dma_unbind_handle(handle));
  rig.free(handle);
  return code;
}

/** Takes frames of others: every one in reach but those whose turn it is; gives them back. */
function hog({ machine }: BindRig, { attr }: BindCase, spared: (pfn: number) => boolean) {
  const taken: number[] = [];
  const first = Number(attr.dma_attr_addr_lo / 4096n);
  for (let pfn = first; pfn <= Number(attr.dma_attr_addr_hi / 4096n); pfn++) {
    if (machine.frames.installed(pfn) && !spared(pfn) && machine.frames.claim(pfn)) taken.push(pfn);
  }
  return (): void => {
    for (const pfn of taken) machine.frames.release(pfn);
  };
}

const anyRig = fc.constantFrom<Which>('large', 'small', 'small');

describe('DDI_DMA_NORESOURCES', () => {
  test('is never said on a machine where nobody else has anything', () => {
    const met = new Map<string, number>();
    const each = fc.property(anyRig, anyHard, (which, c) => {
      const rig = rigs[which];
      rig.place(c);
      const code = answer(rig, c);
      met.set(code, (met.get(code) ?? 0) + 1);
      expect(code).not.toBe('DDI_DMA_NORESOURCES');
    });
    fc.assert(each, { numRuns });
    for (const code of ['bound', 'DDI_DMA_NOMAPPING', 'DDI_DMA_TOOBIG']) {
      expect([code, met.get(code) ?? 0]).not.toEqual([code, 0]);
    }
  });

  test('is said only of binds that succeed when all has come back, and no other refusal is', () => {
    let waited = 0;
    const each = fc.property(anyRig, anyHard, fc.integer({ min: 1, max: 9 }), (which, c, nth) => {
      const rig = rigs[which];
      rig.place(c);
      const giveBack = hog(rig, c, (pfn) => nth < 9 && pfn % nth === 1);
      const before = answer(rig, c);
      giveBack();
      const after = answer(rig, c);
      if (before === 'DDI_DMA_NORESOURCES') {
        waited++;
        expect(after).toBe('bound');
      } else expect(after).toBe(before);
    });
    fc.assert(each, { numRuns });
    expect(waited).toBeGreaterThan(numRuns / 100);
  });
});
