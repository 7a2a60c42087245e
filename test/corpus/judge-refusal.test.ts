import { describe, expect, it } from 'vitest';
import { impossibleFields, isFault, judgeRefusal } from '../../src/corpus/judge-refusal.js';
import type { RefusedBind } from '../../src/corpus/judge-refusal.js';
import type { ddi_dma_attr_t } from '../../src/sys/types.js';
import { attrWith, objectOn } from './attr.js';

/** Frames 0x10, 0x11 and 0x40: two pieces. 0x2c00 bytes from offset 0x400 on. */
const object = objectOn([0x10, 0x11, 0x40], 0x400, 0x2c00);
const installed = [{ base: 0n, size: 0x100_0000n }];

/** What the judge says of a refusal: the field at fault, or `wrong`. */
function refuse(
  attr: Partial<ddi_dma_attr_t>,
  code: string,
  change: Partial<RefusedBind> = {},
): string {
  const bind = { object, partial: false, installed, isFree: () => true, ...change };
  const set = attrWith({ dma_attr_align: 0x400n, ...attr });
  const verdict = judgeRefusal({ attr: set, code, ...bind });
  return isFault(verdict) ? 'wrong' : verdict.field;
}

const parts = { partial: true };

describe('the judge of a refusal', () => {
  it('has no need of one where a list exists', () => {
    for (const code of ['TOOBIG', 'NOMAPPING', 'NORESOURCES', 'INUSE']) {
      expect(refuse({}, `DDI_DMA_${code}`)).toBe('wrong');
      expect(refuse({ dma_attr_sgllen: 2 }, `DDI_DMA_${code}`)).toBe('wrong');
      expect(refuse({ dma_attr_addr_hi: 0x40_fffn }, `DDI_DMA_${code}`)).toBe('wrong');
    }
  });

  const tooBig: readonly (readonly [Partial<ddi_dma_attr_t>, string])[] = [
    [{ dma_attr_sgllen: 1 }, 'dma_attr_sgllen'],
    [{ dma_attr_sgllen: 2, dma_attr_count_max: 0xfffn }, 'dma_attr_count_max'],
    [{ dma_attr_sgllen: 2, dma_attr_seg: 0xfffn }, 'dma_attr_seg'],
    [{ dma_attr_maxxfer: 0x2bffn }, 'dma_attr_maxxfer'],
  ];
  for (const [attr, field] of tooBig) {
    it(`knows what is too big without DDI_DMA_PARTIAL, and only without: ${field}`, () => {
      expect(refuse(attr, 'DDI_DMA_TOOBIG')).toBe(field);
      expect(refuse(attr, 'DDI_DMA_NOMAPPING')).toBe('wrong');
      expect(refuse(attr, 'DDI_DMA_NORESOURCES')).toBe('wrong');
      for (const code of ['TOOBIG', 'NOMAPPING', 'NORESOURCES']) {
        expect(refuse(attr, `DDI_DMA_${code}`, parts)).toBe('wrong');
      }
    });
  }

  it('wants pages out of reach bounced', () => {
    for (const attr of [{ dma_attr_addr_hi: 0x40_ffen }, { dma_attr_addr_lo: 0x11_000n }]) {
      for (const change of [{}, parts]) {
        expect(refuse(attr, 'DDI_DMA_NOMAPPING', change)).toBe('wrong');
        expect(refuse(attr, 'DDI_DMA_TOOBIG', change)).toBe('wrong');
      }
    }
    // Two pages out of reach are two entries; with the first two that makes three.
    const attr = { dma_attr_addr_hi: 0x10_fffn, dma_attr_sgllen: 2 };
    expect(refuse(attr, 'DDI_DMA_TOOBIG')).toBe('dma_attr_sgllen');
    expect(refuse(attr, 'DDI_DMA_TOOBIG', parts)).toBe('wrong');
  });

  it('knows how much can be bounced at once', () => {
    const frames = Array.from({ length: 258 }, (_, i) => 0x2000 + 2 * i);
    const attr = { dma_attr_addr_hi: 0xff_ffffn };
    const most = { object: objectOn(frames, 0, 257 * 4096) };
    expect(refuse(attr, 'DDI_DMA_TOOBIG', most)).toBe('wrong');
    const more = { object: objectOn(frames, 0, 257 * 4096 + 0x400) };
    expect(refuse(attr, 'DDI_DMA_TOOBIG', more)).toBe('dma_attr_addr_hi');
    expect(refuse(attr, 'DDI_DMA_TOOBIG', { ...more, ...parts })).toBe('wrong');
    // Or there is not so much memory within reach.
    const little = { ...most, installed: [{ base: 0n, size: 256n * 4096n }] };
    expect(refuse(attr, 'DDI_DMA_TOOBIG', little)).toBe('dma_attr_addr_hi');
  });

  it('knows when pages that could stand in are in use', () => {
    const attr = { dma_attr_addr_hi: 0x3f_fffn };
    const full = { isFree: () => false };
    expect(refuse(attr, 'DDI_DMA_NORESOURCES', full)).toBe('dma_attr_addr_hi');
    expect(refuse(attr, 'DDI_DMA_NORESOURCES')).toBe('wrong');
    expect(refuse(attr, 'DDI_DMA_NORESOURCES', { isFree: (pfn) => pfn === 5 })).toBe('wrong');
    // Nothing has to stand in here, so that nothing is missing.
    expect(refuse({ dma_attr_sgllen: 1 }, 'DDI_DMA_NORESOURCES', full)).toBe('wrong');
  });

  it('wants everything bounced where the frames are crooked', () => {
    for (const change of [{}, parts]) {
      expect(refuse({ dma_attr_align: 0x2000n }, 'DDI_DMA_NOMAPPING', change)).toBe('wrong');
    }
    const short = { dma_attr_align: 0x2000n, dma_attr_maxxfer: 0x2000n };
    expect(refuse(short, 'DDI_DMA_TOOBIG')).not.toBe('wrong');
    expect(refuse(short, 'DDI_DMA_TOOBIG', parts)).toBe('wrong');
    const full = { isFree: () => false };
    expect(refuse(short, 'DDI_DMA_NORESOURCES', { ...parts, ...full })).toBe('dma_attr_addr_hi');
  });

  const impossible: readonly (readonly [string, Partial<ddi_dma_attr_t>, Partial<RefusedBind>])[] =
    [
      ['dma_attr_granular', { dma_attr_granular: 0x1000 }, {}],
      ['dma_attr_align', { dma_attr_align: 0x400n, dma_attr_count_max: 0x1ffn }, {}],
      ['dma_attr_addr_hi', { dma_attr_addr_hi: 0x10_ffen }, { installed: [] }],
      ['dma_attr_addr_lo', { dma_attr_addr_lo: 0x11_000n }, { installed: [] }],
      [
        'dma_attr_count_max',
        {
          dma_attr_granular: 0x400,
          dma_attr_sgllen: 2,
          dma_attr_align: 1n,
          dma_attr_count_max: 0xffn,
        },
        {},
      ],
    ];
  for (const [field, attr, change] of impossible) {
    it(`knows what no system can map: ${field}`, () => {
      for (const partial of [false, true]) {
        const verdict = refuse(attr, 'DDI_DMA_NOMAPPING', { ...change, partial });
        expect(verdict).toBe(field);
        expect(refuse(attr, 'DDI_DMA_INUSE', { ...change, partial })).toBe('wrong');
      }
    });
  }

  it('does not judge devices whose boundaries cut some pages and not others', () => {
    const uneven = { dma_attr_seg: 0x10_800n, dma_attr_addr_hi: 0x10_fffn };
    for (const code of ['NOMAPPING', 'TOOBIG', 'NORESOURCES']) {
      expect(refuse(uneven, `DDI_DMA_${code}`)).not.toBe('wrong');
    }
  });
});

describe('the judge of a set', () => {
  const installed = [{ base: 0n, size: 0x1000n }];
  const cases: readonly (readonly [Partial<ddi_dma_attr_t>, readonly string[]])[] = [
    [{}, []],
    [{ dma_attr_version: 1 }, ['dma_attr_version']],
    [{ dma_attr_addr_lo: 1n, dma_attr_addr_hi: 0n }, ['dma_attr_addr_hi']],
    [{ dma_attr_addr_lo: 1n, dma_attr_addr_hi: 1n }, []],
    [{ dma_attr_addr_lo: 0xfffn }, []],
    [{ dma_attr_addr_lo: 0x1000n }, ['dma_attr_addr_hi']],
    [{ dma_attr_align: 0n }, ['dma_attr_align']],
    [{ dma_attr_align: 3n }, ['dma_attr_align']],
    [{ dma_attr_minxfer: 0 }, ['dma_attr_minxfer']],
    [{ dma_attr_sgllen: 0 }, ['dma_attr_sgllen']],
    [{ dma_attr_granular: 0 }, ['dma_attr_granular']],
    [{ dma_attr_granular: 512, dma_attr_maxxfer: 511n }, ['dma_attr_maxxfer']],
    [{ dma_attr_granular: 512, dma_attr_maxxfer: 512n }, []],
    [
      { dma_attr_granular: 512, dma_attr_sgllen: 1, dma_attr_count_max: 0x1fen },
      ['dma_attr_count_max'],
    ],
    [{ dma_attr_granular: 512, dma_attr_sgllen: 1, dma_attr_count_max: 0x1ffn }, []],
    [{ dma_attr_granular: 512, dma_attr_sgllen: 2, dma_attr_count_max: 0x1fen }, []],
    [{ dma_attr_granular: 512, dma_attr_sgllen: 1, dma_attr_seg: 0xffn }, ['dma_attr_seg']],
  ];
  for (const [attr, fields] of cases) {
    const set = Object.entries(attr).map(([k, v]) => `${k} ${String(v)}`);
    const found = fields.join(', ') || 'nothing';
    it(`finds ${found} at fault in ${set.join(', ') || 'a good set'}`, () => {
      expect(impossibleFields(attrWith(attr), installed).map((o) => o.field)).toEqual(fields);
    });
  }
});
