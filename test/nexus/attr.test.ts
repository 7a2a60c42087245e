import { describe, expect, it } from 'vitest';
import { checkAttr, isBadAttr } from '../../src/nexus/attr.js';
import type { ddi_dma_attr_t } from '../../src/sys/types.js';
import { anyAttr } from '../support/attr.js';

const check = (but: Partial<ddi_dma_attr_t>): ReturnType<typeof checkAttr> =>
  checkAttr(anyAttr(but), (lo, hi) => lo <= 0x800000 && hi >= 0x100);

describe('attributes that are refused, and the field at fault', () => {
  it.each<[keyof ddi_dma_attr_t, Partial<ddi_dma_attr_t>]>([
    ['dma_attr_version', { dma_attr_version: 1 }],
    ['dma_attr_addr_hi', { dma_attr_addr_lo: 0x2000n, dma_attr_addr_hi: 0x1fffn }],
    ['dma_attr_addr_hi', { dma_attr_addr_hi: 0xfffn }],
    ['dma_attr_align', { dma_attr_align: 0n }],
    ['dma_attr_align', { dma_attr_align: 3n }],
    ['dma_attr_minxfer', { dma_attr_minxfer: 0 }],
    ['dma_attr_minxfer', { dma_attr_minxfer: 12 }],
    ['dma_attr_sgllen', { dma_attr_sgllen: 0 }],
    ['dma_attr_granular', { dma_attr_granular: 0 }],
    ['dma_attr_maxxfer', { dma_attr_granular: 512, dma_attr_maxxfer: 511n }],
    ['dma_attr_maxxfer', { dma_attr_maxxfer: 0n }],
    [
      'dma_attr_count_max',
      { dma_attr_sgllen: 1, dma_attr_granular: 512, dma_attr_count_max: 510n },
    ],
    ['dma_attr_seg', { dma_attr_sgllen: 1, dma_attr_granular: 512, dma_attr_seg: 255n }],
  ])('%s', (field, but) => {
    const checked = check(but);
    expect(isBadAttr(checked) && checked.field).toBe(field);
    expect(isBadAttr(checked) && checked.illTyped).not.toBe(true);
  });

  const wrong = (value: unknown): Partial<ddi_dma_attr_t>[] =>
    [
      'dma_attr_addr_lo',
      'dma_attr_addr_hi',
      'dma_attr_count_max',
      'dma_attr_align',
      'dma_attr_maxxfer',
      'dma_attr_seg',
    ].map((field) => ({ [field]: value }));

  it.each([...wrong(5), ...wrong(-1n), ...wrong(1n << 64n), ...wrong('1'), ...wrong(undefined)])(
    'a 64-bit field that is %o',
    (but) => {
      const checked = check(but);
      expect(isBadAttr(checked) && checked.field).toBe(Object.keys(but)[0]);
      expect(isBadAttr(checked) && checked.illTyped).toBe(true);
    },
  );

  it.each([5n, 1.5, NaN, '1', undefined, 2 ** 32, -2147483649])('a small field that is %s', (v) => {
    for (const field of ['dma_attr_granular', 'dma_attr_sgllen', 'dma_attr_flags'] as const) {
      const checked = check({ [field]: v });
      expect(isBadAttr(checked) && checked.field).toBe(field);
    }
  });
});

describe('attributes that are accepted', () => {
  it.each<[string, Partial<ddi_dma_attr_t>]>([
    ['one byte is reachable', { dma_attr_addr_lo: 0x100000n, dma_attr_addr_hi: 0x100000n }],
    ['everything wraps', {}],
    ['a segment shorter than a page', { dma_attr_seg: 0x7ffn }],
    ['a segment that is no power of two', { dma_attr_seg: 0x5ffffn }],
    ['a granularity that is no power of two', { dma_attr_granular: 3 }],
    ['an unlimited list', { dma_attr_sgllen: -2147483648 }],
  ])('%s', (_what, but) => {
    expect(isBadAttr(check(but))).toBe(false);
  });

  it('limits are inclusive: the counter holds one less than the size', () => {
    const checked = check({ dma_attr_count_max: 0xffffn, dma_attr_seg: 0xffffffffn });
    expect(checked).toMatchObject({ maxCookie: 0x10000, segBytes: 0x100000000 });
  });

  it('the set is copied', () => {
    const attr = { ...anyAttr() };
    const checked = checkAttr(attr, () => true);
    attr.dma_attr_align = 64n;
    expect(isBadAttr(checked) ? null : checked.attr.dma_attr_align).toBe(1n);
  });
});
