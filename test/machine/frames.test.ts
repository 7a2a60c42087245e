import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SeededChooser } from '../../src/machine/choose.js';
import { Frames, frameLayouts, type FrameLayout } from '../../src/machine/frames.js';

const pages = (first: number, count: number): { base: bigint; size: bigint } => ({
  base: BigInt(first) * 4096n,
  size: BigInt(count) * 4096n,
});

function frames(layout: FrameLayout, seed = 1, memory = [pages(16, 64), pages(256, 512)]): Frames {
  const chooser = new SeededChooser(seed);
  return new Frames(memory, layout, (kind, n) => chooser.choose(kind, n));
}

describe('frames by layout', () => {
  it('contiguous frames follow one another', () => {
    const got = frames('contiguous').take(20, 0, 1e6);
    expect(got).toEqual(Array.from({ length: 20 }, (_, i) => (got?.[0] ?? 0) + i));
  });

  it('descending frames go down one by one', () => {
    const got = frames('descending').take(20, 0, 1e6);
    expect(got).toEqual(Array.from({ length: 20 }, (_, i) => (got?.[0] ?? 0) - i));
  });

  it('scattered frames never continue the one before', () => {
    const got = frames('scattered').take(40, 256, 767) ?? [];
    expect(got).toHaveLength(40);
    got.forEach((pfn, i) => {
      if (i > 0) expect(pfn).not.toBe((got[i - 1] ?? 0) + 1);
    });
  });

  it('fragmented frames have both neighbours and jumps', () => {
    const got = frames('fragmented').take(60, 256, 767) ?? [];
    const steps = got.slice(1).map((pfn, i) => pfn - (got[i] ?? 0));
    expect(steps.some((s) => s === 1)).toBe(true);
    expect(steps.some((s) => s !== 1)).toBe(true);
  });
});

describe('frames, whatever the layout', () => {
  it('are unique, in range, installed; all can be taken, one more cannot; all come back', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...frameLayouts, 'mixed' as const),
        fc.integer(),
        fc.array(fc.integer({ min: 1, max: 90 }), { maxLength: 12 }),
        fc.integer({ min: 0, max: 300 }),
        fc.integer({ min: 0, max: 900 }),
        (layout, seed, sizes, lo, hi) => {
          const f = frames(layout, seed);
          const taken = new Set<number>();
          for (const size of sizes) {
            const got = f.take(size, lo, hi);
            if (got === null) continue;
            expect(got).toHaveLength(size);
            for (const pfn of got) {
              expect(taken.has(pfn)).toBe(false);
              expect(pfn >= lo && pfn <= hi && f.installed(pfn)).toBe(true);
              taken.add(pfn);
            }
          }
          expect(f.inUse).toBe(taken.size);
          let left = 0;
          for (let pfn = lo; pfn <= hi; pfn++) if (f.installed(pfn) && !taken.has(pfn)) left++;
          expect(f.take(left + 1, lo, hi)).toBeNull();
          expect(f.inUse).toBe(taken.size);
          if (left > 0) expect(f.take(left, lo, hi)).toHaveLength(left);
          for (const pfn of taken) f.release(pfn);
          expect(f.inUse).toBe(left);
        },
      ),
      { numRuns: 300, seed: 20 },
    );
  });
});

describe('runs', () => {
  it('satisfy the wish and are found whenever one exists', () => {
    fc.assert(
      fc.property(
        fc.integer(),
        fc.uniqueArray(fc.integer({ min: 0, max: 63 }), { maxLength: 50 }),
        fc.record({
          count: fc.integer({ min: 1, max: 20 }),
          lo: fc.integer({ min: 0, max: 70 }),
          hi: fc.integer({ min: 0, max: 90 }),
          align: fc.constantFrom(1, 2, 4, 8, 16),
          nocross: fc.constantFrom(0, 4, 8, 16, 24, 64),
        }),
        (seed, used, wish) => {
          const f = frames('contiguous', seed, [pages(16, 64)]);
          for (const u of used) f.claim(16 + u);
          const free = (pfn: number): boolean =>
            pfn >= 16 && pfn < 80 && pfn >= wish.lo && pfn <= wish.hi && !used.includes(pfn - 16);
          const fits = (first: number): boolean => {
            const last = first + wish.count - 1;
            if (first % wish.align !== 0) return false;
            const { nocross } = wish;
            if (nocross && Math.floor(first / nocross) !== Math.floor(last / nocross)) return false;
            for (let p = first; p <= last; p++) if (!free(p)) return false;
            return true;
          };
          const any = Array.from({ length: 64 }, (_, i) => 16 + i).some(fits);
          const got = f.takeRun(wish);
          expect(got >= 0).toBe(any);
          if (got >= 0) expect(fits(got)).toBe(true);
        },
      ),
      { numRuns: 2000, seed: 21 },
    );
  });

  it('that could be had if only some frames were taken are those the naive search finds', () => {
    const met = { could: 0, not: 0 };
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.integer({ min: 10, max: 85 }), { maxLength: 50 }),
        fc.integer({ min: 1, max: 9 }),
        fc.integer({ min: 0, max: 70 }),
        fc.integer({ min: 0, max: 90 }),
        fc.constantFrom(1, 2, 4, 8),
        fc.constantFrom(0, 4, 8, 12, 24),
        fc.constantFrom(1, 2, 3),
        fc.infiniteStream(fc.boolean()),
        (taken, count, lo, hi, align, nocross, times, drawn) => {
          const but = taken.sort((a, b) => a - b);
          const period = times * 24;
          const phases = Array.from({ length: period }, () => drawn.next().value === true);
          const fits = (first: number): boolean => phases[first % period] ?? false;
          const wish = { count, lo, hi, align, nocross, fits, period };
          const free = (pfn: number): boolean =>
            pfn >= 16 && pfn < 80 && pfn >= lo && pfn <= hi && !but.includes(pfn);
          let any = false;
          for (let first = 16; first < 80; first++) {
            const run = Array.from({ length: count }, (_, i) => first + i);
            const segments = nocross === 0 ? [] : run.map((pfn) => Math.floor(pfn / nocross));
            const inOne = new Set(segments).size <= 1;
            any ||= first % align === 0 && inOne && fits(first) && run.every(free);
          }
          const f = frames('contiguous', 1, [pages(16, 64)]);
          expect(f.couldHold(wish, but)).toBe(any);
          for (const pfn of but) f.claim(pfn);
          expect(f.takeRun(wish) >= 0).toBe(any);
          met[any ? 'could' : 'not']++;
        },
      ),
      { numRuns: 3000, seed: 22 },
    );
    expect(Math.min(met.could, met.not)).toBeGreaterThan(300);
  });
});
