import { describe, expect, it } from 'vitest';
import { judgeWindow, standInsOf, windowRules } from '../../src/corpus/judge.js';
import type { Window } from '../../src/corpus/judge.js';
import { clauses } from '../../src/sys/clauses.js';
import type { ddi_dma_attr_t } from '../../src/sys/types.js';
import { attrWith, cookie, objectOn } from './attr.js';

/** Frames 0x10, 0x11 and 0x40: two pieces. 0x2c00 bytes from offset 0x400 on. */
const object = objectOn([0x10, 0x11, 0x40], 0x400, 0x2c00);
const cookies = [cookie(0x10_400n, 0x1c00), cookie(0x40_000n, 0x1000)];

/** A byte that is another at every place of the object. */
function byteAt(off: number): number {
  return (off * 7 + (off >> 8)) & 0xff;
}

function bytesAt(off: number, length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => byteAt(off + i));
}

/** The right answer to a bind of `object`, with something changed. */
function window(change: Partial<Window> = {}, attr: Partial<ddi_dma_attr_t> = {}): Window {
  const list = change.cookies ?? cookies;
  const [first = cookie(0n, 0)] = list;
  return {
    attr: attrWith({ dma_attr_align: 0x400n, dma_attr_sgllen: 2, ...attr }),
    object,
    off: 0,
    len: 0x2c00,
    cookies: list,
    ccount: list.length,
    ncookies: list.length,
    first,
    bytesAt,
    seenAt: () => null,
    ...change,
  };
}

/** The same object, its last page standing at 0x99000; `seen`: the bytes there. */
function bounced(
  seen: (off: number, length: number) => Uint8Array | null,
  change: Partial<Window> = {},
): Window {
  const seenAt = (address: bigint, length: number): Uint8Array | null =>
    seen(Number(address - 0x99_000n) + 0x1c00, length);
  const list = [cookie(0x10_400n, 0x1c00), cookie(0x99_000n, 0x1000)];
  return window({ cookies: list, seenAt, ...change });
}

/** For each rule, a window that breaks it: what a defective binder would return. */
const broken: Readonly<Record<string, Window>> = {
  'inside the object': window({ off: 0x1000 }),
  'cookies exist': window({ cookies: [] }),
  'counts agree': window({ ncookies: 3 }),
  'first cookie': window({ first: cookie(0x40_000n, 0x1000) }),
  size: window({ cookies: [...cookies, cookie(0x41_000n, 0)] }, { dma_attr_sgllen: 3 }),
  'low half': window({
    cookies: [cookie(0x10_400n, 0x1c00), { ...cookie(0x40_000n, 0x1000), dmac_address: 0x10 }],
  }),
  addr_lo: window({}, { dma_attr_addr_lo: 0x10_401n }),
  addr_hi: window({}, { dma_attr_addr_hi: 0x40_ffen }),
  count_max: window({}, { dma_attr_count_max: 0x1bfen }),
  seg: window({}, { dma_attr_seg: 0xfffn }),
  sgllen: window({}, { dma_attr_sgllen: 1 }),
  'granular, segment': window(
    { len: 0x300, cookies: [cookie(0x10_400n, 0x300)] },
    { dma_attr_sgllen: 1, dma_attr_granular: 512 },
  ),
  'granular, list': window(
    { len: 0x1b00, cookies: [cookie(0x10_400n, 0x1b00)] },
    { dma_attr_granular: 0x400 },
  ),
  maxxfer: window({}, { dma_attr_maxxfer: 0x2bffn }),
  align: window({}, { dma_attr_align: 0x800n }),
  'window size': window({ cookies: cookies.slice(0, 1) }),
  'once each': window({ cookies: [cookie(0x10_400n, 0x1c00), cookie(0x11_800n, 0x1000)] }),
  'own frames elsewhere': window({
    cookies: [cookie(0x10_400n, 0x1c00), cookie(0x11_000n, 0x1000)],
  }),
  'what the device sees': bounced((off, length) => bytesAt(off + 1, length)),
};

describe('the judge of a window', () => {
  it('accepts the right answer', () => {
    expect(judgeWindow(window())).toEqual([]);
  });

  it('has a window to break each rule', () => {
    expect(Object.keys(broken).sort()).toEqual(windowRules.map((r) => r.rule).sort());
  });

  for (const { rule, clause } of windowRules) {
    it(`rejects a window that breaks "${rule}"`, () => {
      const wrong = broken[rule];
      expect(wrong && judgeWindow(wrong).map((f) => f.rule)).toContain(rule);
    });

    it(`cites a clause that exists for "${rule}"`, () => {
      expect(clauses.has(clause)).toBe(true);
    });
  }

  // Exactly at each limit: the rules are inclusive where the pages are.
  const exact: readonly (readonly [string, Partial<ddi_dma_attr_t>])[] = [
    ['addr_lo', { dma_attr_addr_lo: 0x10_400n }],
    ['addr_hi', { dma_attr_addr_hi: 0x40_fffn }],
    ['count_max', { dma_attr_count_max: 0x1bffn }],
    ['seg', { dma_attr_seg: 0x1fffn }],
    ['sgllen', { dma_attr_sgllen: 2 }],
    ['no list limit', { dma_attr_sgllen: -1 }],
    ['granular', { dma_attr_granular: 0x400 }],
    ['maxxfer', { dma_attr_maxxfer: 0x2c00n }],
  ];
  for (const [limit, attr] of exact) {
    it(`accepts a window at ${limit}`, () => {
      expect(judgeWindow(window({}, attr))).toEqual([]);
    });
  }

  it('accepts a piece cut in two, in order, and rejects the halves swapped', () => {
    const attr = { dma_attr_sgllen: 3, dma_attr_align: 1n };
    const halves = [cookie(0x10_400n, 0x1000), cookie(0x11_400n, 0xc00), cookie(0x40_000n, 0x1000)];
    expect(judgeWindow(window({ cookies: halves }, attr))).toEqual([]);
    const [a, b, c] = halves;
    if (a === undefined || b === undefined || c === undefined) throw new Error('three');
    const faults = judgeWindow(window({ cookies: [b, a, c] }, attr));
    expect(faults.map((f) => f.rule)).toContain('own frames elsewhere');
  });

  it('rejects a byte more and a byte less', () => {
    for (const size of [0xfff, 0x1001]) {
      const list = [cookie(0x10_400n, 0x1c00), cookie(0x40_000n, size)];
      const rules = judgeWindow(window({ cookies: list })).map((f) => f.rule);
      expect(rules).toContain('window size');
    }
  });

  it('accepts a window in the middle, if it is granular', () => {
    const part = {
      off: 0x400,
      len: 0x1c00,
      cookies: [cookie(0x10_800n, 0x1800), cookie(0x40_000n, 0x400)],
    };
    expect(judgeWindow(window(part, { dma_attr_granular: 0x400 }))).toEqual([]);
    const rules = judgeWindow(window(part, { dma_attr_granular: 0x800 })).map((f) => f.rule);
    expect(rules).toEqual(['granular, list']);
  });

  it('lets the end of a request that is not granular be what it is', () => {
    const tail = { off: 0x1c00, len: 0x1000, cookies: [cookie(0x40_000n, 0x1000)] };
    for (const sgllen of [1, 2]) {
      const attr = { dma_attr_granular: 0x600, dma_attr_sgllen: sgllen };
      expect(judgeWindow(window(tail, attr))).toEqual([]);
      const head = { off: 0, len: 0x400, cookies: [cookie(0x10_400n, 0x400)] };
      expect(judgeWindow(window(head, attr))).not.toEqual([]);
    }
  });
});

describe('pages that stand in', () => {
  it('are accepted when the device sees the bytes of the object there', () => {
    expect(judgeWindow(bounced(bytesAt))).toEqual([]);
  });

  it('are rejected when one byte is another, when nothing answers, or out of reach', () => {
    const offByOne = bounced((off, length) => {
      const bytes = bytesAt(off, length);
      bytes[length - 1] = (bytes[length - 1] ?? 0) ^ 1;
      return bytes;
    });
    expect(judgeWindow(offByOne)[0]?.message).toMatch(/^byte 11263, at 0x99fff: /);
    const nothing = judgeWindow(bounced(() => null));
    expect(nothing[0]?.message).toBe('nothing answers at 0x99000, for byte 7168');
    const far = bounced(bytesAt, { attr: attrWith({ dma_attr_addr_hi: 0x98_fffn }) });
    expect(judgeWindow(far).map((f) => f.rule)).toEqual(['addr_hi']);
  });

  it('obey every limit an own page does', () => {
    const attr = attrWith({ dma_attr_sgllen: 1, dma_attr_count_max: 0x7ffn, dma_attr_seg: 0x7ffn });
    const rules = judgeWindow(bounced(bytesAt, { attr })).map((f) => f.rule);
    expect(rules).toEqual(['count_max', 'seg', 'sgllen']);
  });

  it('are told page by page, with their place in the object', () => {
    const list = [cookie(0x10_400n, 0xc00), cookie(0x98_000n, 0x2000)];
    expect(standInsOf({ object, off: 0, cookies: list })).toEqual([
      { off: 0xc00, address: 0x98_000n, length: 0x1000 },
      { off: 0x1c00, address: 0x99_000n, length: 0x1000 },
    ]);
    const tail = [cookie(0x40_800n, 0x800)];
    expect(standInsOf({ object, off: 0x2400, cookies: tail })).toEqual([]);
    expect(standInsOf({ object, off: 0x2000, cookies: tail })).toHaveLength(1);
  });

  it('are what the cookies of an object are whose pages are unknown', () => {
    const nowhere = objectOn([], 0x400, 0x2c00);
    const rules = judgeWindow(window({ object: nowhere })).map((f) => f.rule);
    expect(rules).toEqual(['what the device sees']);
  });
});
