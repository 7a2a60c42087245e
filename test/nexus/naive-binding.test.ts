/** The judge of bindings rejects what is wrong: one broken binding for each of its rules. */
import { describe, expect, it } from 'vitest';
import { clauses } from '../../src/sys/clauses.js';
import {
  bindingFaults,
  bindingRules,
  type SeenBinding,
  type SeenCookie,
} from '../model/naive-binding.js';
import { isInTheWay, ownWindows, refusable } from '../model/naive-windows.js';
import { anyAttr } from '../support/attr.js';

/** Frames 0x10, 0x11 and 0x40: two stretches, 0x2c00 bytes from offset 0x400 on. */
const object = { pfns: [0x10, 0x11, 0x40], off: 0x400, len: 0x2c00, va: 0x20400 };

function cookies(...list: readonly (readonly [bigint, bigint])[]): readonly SeenCookie[] {
  return list.map(([address, size]) => ({ address, size }));
}

const right = cookies([0x10400n, 0x1c00n], [0x40000n, 0x1000n]);

/** The right answer to a bind of `object`, with something changed. */
function seen(attr: Parameters<typeof anyAttr>[0], list = right, change = {}): SeenBinding {
  const windows = [{ off: 0n, len: 0x2c00n, cookies: list }];
  return {
    attr: anyAttr({ dma_attr_align: 0x400n, ...attr }),
    object,
    windows,
    partial: false,
    ...change,
  };
}

const halves = [
  { off: 0n, len: 0x1c00n, cookies: right.slice(0, 1) },
  { off: 0x1c00n, len: 0x1000n, cookies: right.slice(1) },
];

/** For each rule, a binding that breaks it, and perhaps others as well. */
const broken: Readonly<Record<string, SeenBinding>> = {
  'cookies are something': seen({}, [...right, { address: 0x50000n, size: 0n }]),
  addr_lo: seen({ dma_attr_addr_lo: 0x10401n }),
  addr_hi: seen({ dma_attr_addr_hi: 0x40ffen }),
  count_max: seen({ dma_attr_count_max: 0x1bfen }),
  seg: seen({ dma_attr_seg: 0xfffn }),
  align: seen({ dma_attr_align: 0x400n }, cookies([0x10400n, 0x1c00n], [0x50200n, 0x1000n])),
  sgllen: seen({ dma_attr_sgllen: 1 }),
  maxxfer: seen({ dma_attr_maxxfer: 0x2bffn }),
  granular: seen({ dma_attr_granular: 0x800 }, right, { windows: halves, partial: true }),
  'windows tile': seen({}, right, { windows: halves.slice(0, 1) }),
  'windows are their cookies': seen({}, right.slice(0, 1)),
  'one window is no part': seen({}, right, { partial: true }),
  'own bytes or nobody’s': seen({}, cookies([0x10400n, 0x1c00n], [0x10400n, 0x1000n])),
};

describe('the judge of a binding', () => {
  it('accepts the right answer, whole and in windows', () => {
    expect(bindingFaults(seen({}))).toEqual([]);
    expect(bindingFaults(seen({}, right, { windows: halves, partial: true }))).toEqual([]);
  });

  it('accepts stand-ins', () => {
    expect(bindingFaults(seen({}, cookies([0x90400n, 0x1c00n], [0x40000n, 0x1000n])))).toEqual([]);
  });

  it('accepts a binding at each limit', () => {
    const at = {
      dma_attr_addr_lo: 0x10400n,
      dma_attr_addr_hi: 0x40fffn,
      dma_attr_count_max: 0x1bffn,
      dma_attr_seg: 0x1fffn,
      dma_attr_sgllen: 2,
      dma_attr_maxxfer: 0x2c00n,
      dma_attr_granular: 0x400,
    };
    expect(bindingFaults(seen(at))).toEqual([]);
  });

  it('asks no alignment of an object that has none', () => {
    const odd = seen({}, cookies([0x90401n, 0x1c00n], [0x40000n, 0x1000n]));
    expect(bindingFaults(odd)).not.toEqual([]);
    expect(bindingFaults({ ...odd, object: { ...object, va: 0x20401 } })).toEqual([]);
  });

  it('has a binding to break each rule', () => {
    expect(Object.keys(broken).sort()).toEqual(bindingRules.map(({ rule }) => rule).sort());
  });

  it.each(bindingRules)('rejects a binding that breaks: $rule', ({ rule, clause, faults }) => {
    const wrong = broken[rule];
    expect(wrong && faults(wrong)).not.toEqual([]);
    expect(clauses.has(clause)).toBe(true);
  });

  it('rejects one stand-in for two bytes', () => {
    const twice = seen({}, cookies([0x90400n, 0x1c00n], [0x90800n, 0x1000n]));
    expect(bindingFaults(twice).join()).toContain('stands for two bytes');
  });
});

describe('the oracle of windows', () => {
  it.each([
    ['no limit', {}, 1],
    ['the list holds one of two', { dma_attr_sgllen: 1 }, 2],
    [
      'one of two and granules that do not fit',
      { dma_attr_sgllen: 1, dma_attr_granular: 0x800 },
      0,
    ],
    ['a transfer of a page', { dma_attr_maxxfer: 0x1000n }, 3],
    ['out of reach', { dma_attr_addr_hi: 0x3ffffn }, 0],
    ['an alignment the object does not have', { dma_attr_align: 0x20000n }, 1],
    ['segments of a KiB', { dma_attr_seg: 0x3ffn, dma_attr_sgllen: 4 }, 3],
  ])('%s', (_what, attr, windows) => {
    expect(ownWindows(anyAttr({ dma_attr_align: 0x400n, ...attr }), object)).toBe(windows);
  });

  it('knows when a refusal is in order', () => {
    const low = anyAttr({ dma_attr_addr_hi: 0xffffn });
    const memory = [{ base: 0n, size: 0x10000n }];
    expect(refusable(low, object, memory)).toEqual([]);
    expect(refusable(low, object, [])).toEqual(['too little memory is in reach']);
    expect(isInTheWay(low, object, memory)).toBe(false);
    expect(isInTheWay(low, { ...object, pfns: [9, 0x11, 0x40] }, memory)).toBe(true);
  });
});
