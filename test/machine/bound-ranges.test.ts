/** Bound ranges against the naive scan of all of them. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type BoundRange, BoundRanges } from '../../src/machine/bound-ranges.js';

const anyRange = fc.record({
  va: fc.oneof(fc.nat(40000), fc.integer({ min: 2 ** 31 - 40000, max: 2 ** 31 - 20000 })),
  len: fc.oneof(
    fc.integer({ min: 1, max: 200 }),
    fc.constantFrom(4095, 4096, 4097, 8192, 8193, 16384),
    fc.nat(20000).map((n) => n + 1),
  ),
});

const anyStep = fc.oneof(
  fc.record({ what: fc.constant('add' as const), range: anyRange }),
  fc.record({ what: fc.constant('remove' as const), nth: fc.nat(50) }),
  fc.record({ what: fc.constant('ask' as const), range: anyRange }),
);

describe('ranges that are bound', () => {
  it('overlap a block when the naive scan says so', () => {
    const met = { yes: 0, no: 0 };
    const each = fc.property(fc.array(anyStep, { maxLength: 60 }), (steps) => {
      const index = new BoundRanges();
      const naive: BoundRange[] = [];
      for (const step of steps) {
        if (step.what === 'add') {
          // Equal ranges are several bindings of the same bytes.
          naive.push({ ...step.range });
          index.add(naive.at(-1) ?? step.range);
        } else if (step.what === 'remove') {
          const [gone] = naive.splice(step.nth, 1);
          if (gone !== undefined) index.remove(gone);
          index.remove({ va: 0, len: 1 });
        } else {
          const { va: start, len } = step.range;
          const end = start + len;
          const any = naive.some((r) => r.va < end && r.va + r.len > start);
          met[any ? 'yes' : 'no']++;
          expect(index.overlaps(start, end)).toBe(any);
        }
      }
      index.reset();
      expect(index.overlaps(0, 2 ** 31)).toBe(false);
    });
    fc.assert(each, { numRuns: 2000 });
    expect(Math.min(met.yes, met.no)).toBeGreaterThan(300);
  });
});
