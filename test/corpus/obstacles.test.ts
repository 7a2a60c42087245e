import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { obstaclesTo, piecesOf } from '../../src/corpus/obstacles.js';
import type { ddi_dma_attr_t } from '../../src/sys/types.js';
import { attrWith, objectOn } from './attr.js';

describe('the pieces of an object', () => {
  it('are runs of consecutive frames, cut at the ends of the object', () => {
    const object = objectOn([0x10, 0x11, 0x40, 0x3f, 0x40], 0x2100, 0x4200);
    expect(piecesOf(object)).toEqual([
      { address: 0x10_100n, length: 0x1f00n },
      { address: 0x40_000n, length: 0x1000n },
      { address: 0x3f_000n, length: 0x1300n },
    ]);
  });
});

/**
 * The naive oracle: the fewest entries a row of bus addresses can be cut into, by trying every cut.
 * `best[i]` is the fewest entries for the first i bytes.
 */
function fewestEntries(addresses: readonly number[], attr: ddi_dma_attr_t): number {
  const best: number[] = [0];
  const counter = Number(attr.dma_attr_count_max) + 1;
  const block = Number(attr.dma_attr_seg) + 1;
  const align = Number(attr.dma_attr_align);
  for (let end = 1; end <= addresses.length; end++) {
    best[end] = Infinity;
    for (let begin = end - 1; begin >= 0 && end - begin <= counter; begin--) {
      const first = addresses[begin] ?? 0;
      const last = addresses[end - 1] ?? 0;
      if (last - first !== end - 1 - begin) break;
      if (Math.floor(first / block) !== Math.floor(last / block)) break;
      if (first % align !== 0) continue;
      best[end] = Math.min(best[end] ?? Infinity, (best[begin] ?? Infinity) + 1);
    }
  }
  return best[addresses.length] ?? Infinity;
}

describe('obstacles', () => {
  it('are there exactly when trying every cut finds no list', () => {
    const inputs = fc.record({
      frames: fc.array(fc.integer({ min: 1, max: 6 }), { minLength: 3, maxLength: 3 }),
      // Near the end of the first page, so that few bytes span several pages.
      tail: fc.integer({ min: 1, max: 40 }),
      length: fc.integer({ min: 1, max: 120 }),
      countMax: fc.integer({ min: 0, max: 130 }),
      segBits: fc.integer({ min: 0, max: 13 }),
      alignBits: fc.integer({ min: 0, max: 5 }),
      sgllen: fc.integer({ min: 1, max: 8 }),
    });
    fc.assert(
      fc.property(inputs, ({ frames, tail, length, countMax, segBits, alignBits, sgllen }) => {
        const attr = attrWith({
          dma_attr_count_max: BigInt(countMax),
          dma_attr_seg: (1n << BigInt(segBits)) - 1n,
          dma_attr_align: 1n << BigInt(alignBits),
          dma_attr_sgllen: sgllen,
        });
        const va = 0x1_0000 + 4096 - tail;
        const object = objectOn(frames, va, length);
        const addresses = Array.from({ length }, (_, i) => {
          const at = va + i;
          return object.pfnOf(at) * 4096 + (at % 4096);
        });
        const fits = fewestEntries(addresses, attr) <= sgllen;
        expect(obstaclesTo(attr, object).length === 0).toBe(fits);
      }),
      { numRuns: 2000 },
    );
  });

  it('name the field without which the object would fit', () => {
    const object = objectOn([0x10, 0x11], 0, 0x2000);
    const fields = (change: Partial<ddi_dma_attr_t>): readonly string[] =>
      obstaclesTo(attrWith(change), object).map((o) => o.field);
    expect(fields({ dma_attr_sgllen: 1 })).toEqual([]);
    expect(fields({ dma_attr_sgllen: 1, dma_attr_seg: 0xfffn })).toEqual(['dma_attr_seg']);
    expect(fields({ dma_attr_sgllen: 1, dma_attr_count_max: 0xfffn })).toEqual([
      'dma_attr_count_max',
    ]);
    const apart = objectOn([0x10, 0x12], 0, 0x2000);
    expect(obstaclesTo(attrWith({ dma_attr_sgllen: 1 }), apart)[0]?.field).toBe('dma_attr_sgllen');
    expect(fields({ dma_attr_addr_hi: 0x10_fffn, dma_attr_maxxfer: 0x1fffn })).toEqual([
      'dma_attr_addr_hi',
      'dma_attr_maxxfer',
    ]);
  });
});
