import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { pagesWithin, wayToServe } from '../../src/corpus/ways.js';
import type { ObjectUnderTest } from '../../src/corpus/obstacles.js';
import type { ddi_dma_attr_t } from '../../src/sys/types.js';
import { attrWith, objectOn } from './attr.js';

/** Memory anywhere, or none that could stand in. */
const everywhere = [{ base: 0n, size: 1n << 40n }];

function way(
  attr: Partial<ddi_dma_attr_t>,
  object: ObjectUnderTest,
  installed = everywhere,
): string {
  return wayToServe(attrWith(attr), object, installed).way;
}

/**
 * The naive oracle: whether a row of bus addresses can be cut into windows, and into one, by trying
 * every cut. A window is a row of entries; what lies between the cuts is tried as both.
 */
function naive(addresses: readonly number[], attr: ddi_dma_attr_t): 'list' | 'windows' | 'none' {
  const n = addresses.length;
  const align = Number(attr.dma_attr_align);
  const counter = Number(attr.dma_attr_count_max) + 1;
  const block = Number(attr.dma_attr_seg) + 1;
  const granular = attr.dma_attr_granular;
  const most = attr.dma_attr_sgllen < 0 ? Infinity : attr.dma_attr_sgllen;
  const entry = (begin: number, end: number): boolean => {
    const first = addresses[begin] ?? 0;
    const last = addresses[end - 1] ?? 0;
    return (
      first % align === 0 &&
      end - begin <= counter &&
      last - first === end - 1 - begin &&
      Math.floor(first / block) === Math.floor(last / block)
    );
  };
  /** The fewest entries from `begin` to each end, without a window's limits. */
  const fewest = (begin: number): readonly number[] => {
    const best: number[] = [];
    best[begin] = 0;
    for (let end = begin + 1; end <= n; end++) {
      best[end] = Infinity;
      for (let cut = end - 1; cut >= begin; cut--) {
        if (entry(cut, end)) best[end] = Math.min(best[end] ?? 0, (best[cut] ?? Infinity) + 1);
      }
    }
    return best;
  };
  const canEnd: boolean[] = [];
  canEnd[0] = true;
  let one = false;
  for (let begin = 0; begin < n; begin++) {
    if (canEnd[begin] !== true) continue;
    const best = fewest(begin);
    for (let end = begin + 1; end <= n; end++) {
      const granularSize = (end - begin) % granular === 0;
      const fits = (best[end] ?? Infinity) <= most && end - begin <= attr.dma_attr_maxxfer;
      if (!granularSize || !fits) continue;
      canEnd[end] = true;
      if (begin === 0 && end === n) one = true;
    }
  }
  if (one) return 'list';
  return canEnd[n] === true ? 'windows' : 'none';
}

describe('the way to serve an object on its own frames', () => {
  it('is found exactly when trying every cut finds it', () => {
    const inputs = fc.record({
      frames: fc.array(fc.integer({ min: 1, max: 6 }), { minLength: 3, maxLength: 3 }),
      // Near the end of the first page, so that few bytes span several pages.
      tail: fc.integer({ min: 1, max: 40 }),
      granules: fc.integer({ min: 1, max: 30 }),
      granular: fc.constantFrom(1, 2, 3, 4, 6, 8),
      countMax: fc.integer({ min: 0, max: 60 }),
      segBits: fc.integer({ min: 0, max: 13 }),
      alignBits: fc.integer({ min: 0, max: 4 }),
      sgllen: fc.integer({ min: 1, max: 5 }),
      maxxfer: fc.integer({ min: 8, max: 150 }),
    });
    const seen = new Map<string, number>();
    fc.assert(
      fc.property(inputs, (given) => {
        const { granular, countMax, segBits, alignBits, sgllen, maxxfer } = given;
        const attr = attrWith({
          dma_attr_granular: granular,
          dma_attr_count_max: BigInt(countMax),
          dma_attr_seg: (1n << BigInt(segBits)) - 1n,
          dma_attr_align: 1n << BigInt(alignBits),
          dma_attr_sgllen: sgllen,
          dma_attr_maxxfer: BigInt(maxxfer),
        });
        const length = given.granules * granular;
        const va = 0x1_0000 + 4096 - given.tail;
        const object = objectOn(given.frames, va, length);
        const addresses = Array.from({ length }, (_, i) => {
          const at = va + i;
          return object.pfnOf(at) * 4096 + (at % 4096);
        });
        const expected = naive(addresses, attr);
        seen.set(expected, (seen.get(expected) ?? 0) + 1);
        expect(wayToServe(attr, object, []).way).toBe(expected);
      }),
      { numRuns: 2000, seed: 20 },
    );
    for (const found of ['list', 'windows', 'none']) {
      expect(seen.get(found) ?? 0, found).toBeGreaterThan(100);
    }
  });
});

describe('the way to serve an object that must be bounced', () => {
  const frames = [0x10, 0x11, 0x4_0000, 0x4_0001];
  const object = objectOn(frames, 0x200, 0x3000);
  const low = { dma_attr_addr_hi: 0xff_ffffn };

  it('is a list when the list has room for every page', () => {
    // One piece within reach, and two pages of which each is an entry.
    expect(way({ ...low, dma_attr_sgllen: 3 }, object)).toBe('list');
    expect(way({ ...low, dma_attr_sgllen: 2 }, object)).toBe('windows');
    expect(way({ ...low, dma_attr_sgllen: 1 }, object)).toBe('windows');
  });

  it('is none where nothing can stand in', () => {
    expect(way(low, object, [])).toBe('none');
    // Half a page within reach is no page.
    expect(way({ dma_attr_addr_hi: 0x10_7ffn }, object, [{ base: 0x10_000n, size: 0x1000n }])).toBe(
      'none',
    );
  });

  it('is windows where not enough can stand in at once', () => {
    const one = [{ base: 0n, size: 0x1000n }];
    expect(way(low, object, one)).toBe('windows');
    expect(way(low, object, [{ base: 0n, size: 0x2000n }])).toBe('list');
  });

  it('is a run where the frames are crooked', () => {
    const crooked = { dma_attr_align: 0x2000n };
    const aligned = objectOn([0x11, 0x12, 0x20], 0x2000, 0x3000);
    expect(way(crooked, aligned)).toBe('bounced list');
    expect(way(crooked, aligned, [])).toBe('none');
    expect(way({ ...crooked, dma_attr_maxxfer: 0x2000n }, aligned)).toBe('bounced windows');
    // Each window begins with the run, so that the transfer may be shorter than the alignment.
    expect(way({ ...crooked, dma_attr_maxxfer: 0x1000n }, aligned)).toBe('bounced windows');
    expect(way({ ...crooked, dma_attr_maxxfer: 0xfffn }, aligned)).toBe('none');
  });

  it('is a run where no window on the own frames is granular', () => {
    const odd = objectOn([0x10, 0x20], 0x900, 0xc00);
    const attr = { dma_attr_sgllen: 1, dma_attr_granular: 0x600 };
    expect(way(attr, odd)).toBe('bounced list');
    const even = objectOn([0x10, 0x20], 0xa00, 0xc00);
    expect(way(attr, even)).toBe('windows');
  });

  it('is none for a request that is not granular, whatever could be done', () => {
    expect(way({ dma_attr_granular: 0x1000 }, objectOn([0x10, 0x11], 0x200, 0x1200))).toBe('none');
  });

  it('says which field leaves none', () => {
    const attr = attrWith({ dma_attr_align: 0x2000n, dma_attr_maxxfer: 0xfffn });
    const found = wayToServe(attr, objectOn([0x11, 0x12, 0x20], 0x2000, 0x3000), everywhere);
    expect(found.why).toMatchObject({ field: 'dma_attr_align', clause: 'ddi_dma_attr.9s/AL-1' });
  });
});

describe('whole pages within reach', () => {
  const installed = [
    { base: 0x1000n, size: 0x3000n },
    { base: 0x10_000n, size: 0x2000n },
  ];
  const pages = (attr: Partial<ddi_dma_attr_t>, isFree?: (pfn: number) => boolean): number =>
    pagesWithin(attrWith(attr), installed, isFree, 100);

  it('are those of which every byte is', () => {
    expect(pages({})).toBe(5);
    expect(pages({ dma_attr_addr_hi: 0x10_fffn })).toBe(4);
    expect(pages({ dma_attr_addr_hi: 0x10_ffen })).toBe(3);
    expect(pages({ dma_attr_addr_lo: 0x1001n })).toBe(4);
    expect(pages({ dma_attr_addr_lo: 0x2000n, dma_attr_addr_hi: 0x2fffn })).toBe(1);
  });

  it('may be counted up to as many as are wanted, and free ones alone', () => {
    expect(pagesWithin(attrWith(), installed)).toBe(1);
    expect(pages({}, (pfn) => pfn < 3)).toBe(2);
  });
});
