import { describe, expect, it } from 'vitest';
import { productCorpus } from '../../src/corpus/data.js';
import { casesFor, lengthsFor, LENGTH_MAX, roundedStart } from '../../src/corpus/plan.js';
import { attrWith } from './attr.js';

describe('the lengths of a set', () => {
  it('are at least six, all different, each a multiple of granular, for every real set', () => {
    for (const { attr, name } of productCorpus()) {
      if (attr === null) continue;
      for (const full of [false, true]) {
        const lengths = lengthsFor(attr, full);
        expect(new Set(lengths).size, name).toBe(lengths.length);
        expect(lengths.length, name).toBeGreaterThanOrEqual(6);
        const granular = Math.max(attr.dma_attr_granular, 1);
        expect(
          lengths.filter((l) => l % granular !== 0 || l <= 0),
          name,
        ).toEqual([]);
      }
    }
  });

  it('are around what the set can do', () => {
    const attr = attrWith({
      dma_attr_count_max: 0x3fffn,
      dma_attr_minxfer: 64,
      dma_attr_seg: 0x7fffn,
      dma_attr_maxxfer: 0x2_0000n,
      dma_attr_sgllen: 3,
    });
    expect(lengthsFor(attr, false)).toEqual([
      1,
      64,
      4096,
      3 * 4096,
      0x3fff,
      0x4000,
      0x7fff,
      0x8000,
      0x1_0000,
      0x2_0000,
      0x2_0001,
    ]);
  });

  it('are rounded up to granular', () => {
    const attr = attrWith({ dma_attr_granular: 512, dma_attr_count_max: 0xffffn });
    expect(lengthsFor(attr, false)).toEqual([512, 4096, 4608, 8192, 12_288, 65_536]);
  });

  it('end where a list without end exceeds what the driver of the engine has room for', () => {
    const long = attrWith({ dma_attr_count_max: 0n, dma_attr_sgllen: -1 });
    expect(Math.max(...lengthsFor(long, true))).toBe(4096);
    const short = { ...long, dma_attr_sgllen: 4096 };
    expect(Math.max(...lengthsFor(short, true))).toBeGreaterThan(4096);
  });

  it('end at 1 MiB, and at 16 MiB in full', () => {
    const attr = attrWith({ dma_attr_count_max: 0xff_ffffn, dma_attr_maxxfer: 0xf_ffffn });
    expect(Math.max(...lengthsFor(attr, false))).toBe(LENGTH_MAX);
    expect(Math.max(...lengthsFor(attr, true))).toBe(0x100_0000);
  });
});

describe('the cases of a set', () => {
  it('are both modes and both kinds of memory for each length', () => {
    const cases = casesFor(attrWith(), 1, false);
    expect(cases).toHaveLength(4 * lengthsFor(attrWith(), false).length);
    const kinds = new Set(cases.map((c) => `${c.kind} ${c.mode}`));
    expect(kinds.size).toBe(4);
  });

  it('place kernel memory at odd offsets that the seed decides', () => {
    const offsets = (seed: number): readonly number[] =>
      casesFor(attrWith(), seed, false).flatMap((c) => (c.kind === 'kmem' ? [c.oddOffset] : []));
    expect(offsets(1).every((o) => o % 2 === 1 && o < 4096)).toBe(true);
    expect(new Set(offsets(1)).size).toBeGreaterThan(6);
    expect(offsets(1)).toEqual(offsets(1));
    expect(offsets(1)).not.toEqual(offsets(2));
  });

  it('leave kernel memory out where no address is aligned enough', () => {
    const cases = casesFor(attrWith({ dma_attr_align: 1n << 40n }), 1, false);
    expect(new Set(cases.map((c) => c.kind))).toEqual(new Set(['dma']));
  });

  it('begin where align and granular both allow', () => {
    const attr = attrWith({ dma_attr_align: 0x20n, dma_attr_granular: 512 });
    expect(roundedStart(1025, attr)).toBe(1536);
    expect(roundedStart(1536, attr)).toBe(1536);
    const odd = attrWith({ dma_attr_align: 8n, dma_attr_granular: 12 });
    expect(roundedStart(1, odd)).toBe(24);
  });
});
