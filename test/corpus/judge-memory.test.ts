import { describe, expect, it } from 'vitest';
import { judgeMemory, memoryRules, noMemoryReason } from '../../src/corpus/judge-memory.js';
import type { Allocation } from '../../src/corpus/judge-memory.js';
import { clauses } from '../../src/sys/clauses.js';
import type { ddi_dma_attr_t } from '../../src/sys/types.js';
import { attrWith, objectOn } from './attr.js';

const KADDR = 0x8000;
/** Frames 0x10 and 0x11, then 0x40. */
const frames = [0x10, 0x11, 0x40];
const installed = [{ base: 0n, size: 0x1_0000_0000n }];

/** Three pages under a set they satisfy, with something changed. */
function allocation(
  attr: Partial<ddi_dma_attr_t> = {},
  change: Partial<Allocation> = {},
): Allocation {
  return {
    attr: attrWith({ dma_attr_align: 0x1000n, dma_attr_sgllen: 2, ...attr }),
    mode: 'STREAMING',
    length: 0x3000,
    kaddr: KADDR,
    realLength: 0x3000,
    pfnOf: objectOn(frames, KADDR, 0).pfnOf,
    installed,
    cacheLineBytes: 64,
    ...change,
  };
}

/** For each rule, memory that breaks it: what a defective allocator would return. */
const broken: Readonly<Record<string, Allocation>> = {
  'real length': allocation({}, { realLength: 0x2fc0 }),
  // The frames are aligned, the address is not.
  'kaddr align': allocation({ dma_attr_align: 0x1_0000n }),
  'minxfer align': allocation(
    { dma_attr_align: 1n, dma_attr_minxfer: 64 },
    { kaddr: KADDR + 32, length: 64, realLength: 64 },
  ),
  'minxfer padding': allocation({ dma_attr_minxfer: 64 }, { length: 0x20, realLength: 0x20 }),
  'granular padding': allocation(
    { dma_attr_granular: 512 },
    { length: 0x2f00, realLength: 0x2f00 },
  ),
  reach: allocation({ dma_attr_addr_hi: 0x3f_fffn }),
  bindable: allocation({ dma_attr_sgllen: 1 }),
};

describe('the judge of memory', () => {
  it('accepts memory as it should be', () => {
    expect(judgeMemory(allocation())).toEqual([]);
    expect(judgeMemory(allocation({ dma_attr_addr_hi: 0x40_fffn }))).toEqual([]);
    expect(judgeMemory(allocation({ dma_attr_granular: 0x1000 }))).toEqual([]);
  });

  it('has memory to break each rule', () => {
    expect(Object.keys(broken).sort()).toEqual(memoryRules.map((r) => r.rule).sort());
  });

  for (const { rule, clause } of memoryRules) {
    it(`rejects memory that breaks "${rule}", citing a clause that exists`, () => {
      const wrong = broken[rule];
      expect(wrong && judgeMemory(wrong).map((f) => f.rule)).toEqual([rule]);
      expect(clauses.has(clause)).toBe(true);
    });
  }

  it('asks for no padding of CONSISTENT memory', () => {
    const change = { mode: 'CONSISTENT', length: 0x20, realLength: 0x20 } as const;
    expect(judgeMemory(allocation({ dma_attr_minxfer: 64 }, change))).toEqual([]);
  });

  it('does not hold the length of a transfer against memory', () => {
    expect(judgeMemory(allocation({ dma_attr_maxxfer: 0x1000n }))).toEqual([]);
  });

  it('rejects memory below the range and memory the device sees unaligned', () => {
    const low = judgeMemory(allocation({ dma_attr_addr_lo: 0x11_000n }));
    expect(low.map((f) => f.rule)).toEqual(['reach']);
    const elsewhere = { pfnOf: objectOn([0x18, 0x19, 0x1c], KADDR, 0).pfnOf };
    const crooked = judgeMemory(allocation({ dma_attr_align: 0x8000n }, elsewhere));
    expect(crooked.map((f) => f.rule)).toEqual(['reach']);
  });
});

describe('the judge of memory that was refused', () => {
  const why = (
    attr: Partial<ddi_dma_attr_t>,
    length: number,
    mode: 'STREAMING' | 'CONSISTENT' = 'CONSISTENT',
  ): string | null =>
    noMemoryReason(attrWith(attr), length, installed, { mode, cacheLineBytes: 64 })?.field ?? null;

  it('finds no reason where memory could lie well', () => {
    expect(why({}, 0x10_0000)).toBeNull();
    expect(why({ dma_attr_sgllen: 1, dma_attr_seg: 0xffffn }, 0x1_0000)).toBeNull();
    expect(why({ dma_attr_sgllen: 3, dma_attr_count_max: 0xfffn }, 0x3000)).toBeNull();
    expect(why({ dma_attr_addr_hi: 0xff_ffffn, dma_attr_align: 0x10_0000n }, 0x10_0000)).toBeNull();
  });

  it('knows a list that no memory fits', () => {
    expect(why({ dma_attr_sgllen: 1, dma_attr_seg: 0xffffn }, 0x1_0001)).toBe('dma_attr_seg');
    expect(why({ dma_attr_sgllen: 3, dma_attr_count_max: 0xfffn }, 0x3001)).toBe(
      'dma_attr_count_max',
    );
  });

  it('counts the bytes a cut loses to alignment', () => {
    const attr = { dma_attr_sgllen: 2, dma_attr_count_max: 0x3ffen, dma_attr_align: 0x1000n };
    expect(why(attr, 0x3000 + 0x3fff)).toBeNull();
    expect(why(attr, 0x3000 + 0x4000)).toBe('dma_attr_count_max');
  });

  it('owes nothing to a device whose boundaries cut some pages and not others', () => {
    expect(why({ dma_attr_seg: 0x1_0000n }, 1)).toBe('dma_attr_seg');
  });

  it('counts the padding of STREAMING memory, and only there', () => {
    const attr = { dma_attr_sgllen: 1, dma_attr_count_max: 0x1_fffen };
    expect(why(attr, 0x1_ffff, 'CONSISTENT')).toBeNull();
    expect(why(attr, 0x1_ffff, 'STREAMING')).toBe('dma_attr_count_max');
    const granular = { dma_attr_sgllen: 1, dma_attr_count_max: 0xfffn, dma_attr_granular: 96 };
    expect(why(granular, 4032, 'STREAMING')).toBeNull();
    expect(why(granular, 4033, 'STREAMING')).toBe('dma_attr_count_max');
  });

  it('knows a range with too little memory in it', () => {
    expect(why({ dma_attr_addr_hi: 0xfffn }, 0x1001)).toBe('dma_attr_addr_hi');
    expect(why({ dma_attr_addr_hi: 0xfffn }, 0x1000)).toBeNull();
    // A page that is reached in part is of no use.
    expect(why({ dma_attr_addr_hi: 0xffen }, 1)).toBe('dma_attr_addr_hi');
    expect(why({ dma_attr_addr_lo: 0x1_0000_0000n }, 1)).toBe('dma_attr_addr_hi');
    expect(
      why({ dma_attr_addr_lo: 1n, dma_attr_addr_hi: 0x10_0000n, dma_attr_align: 0x10_0000n }, 2),
    ).toBe('dma_attr_addr_hi');
  });
});
