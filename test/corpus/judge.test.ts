import { describe, expect, it } from 'vitest';
import {
  bindRules,
  impossibleFields,
  isFault,
  judgeBinding,
  judgeRefusal,
} from '../../src/corpus/judge.js';
import type { Binding } from '../../src/corpus/judge.js';
import { clauses } from '../../src/sys/clauses.js';
import type { ddi_dma_attr_t, ddi_dma_cookie_t } from '../../src/sys/types.js';
import { attrWith, objectOn } from './attr.js';

function cookie(address: bigint, size: number): ddi_dma_cookie_t {
  return {
    dmac_laddress: address,
    dmac_address: Number(address & 0xffff_ffffn),
    dmac_size: size,
    dmac_type: 0,
  };
}

/** Frames 0x10, 0x11 and 0x40: two pieces. 0x2c00 bytes from offset 0x400 on. */
const object = objectOn([0x10, 0x11, 0x40], 0x400, 0x2c00);
const cookies = [cookie(0x10_400n, 0x1c00), cookie(0x40_000n, 0x1000)];

/** The right answer to a bind of `object`, with something changed. */
function binding(change: Partial<Binding> = {}, attr: Partial<ddi_dma_attr_t> = {}): Binding {
  const list = change.cookies ?? cookies;
  const [first = cookie(0n, 0)] = list;
  return {
    attr: attrWith({ dma_attr_align: 0x400n, dma_attr_sgllen: 2, ...attr }),
    object,
    cookies: list,
    ccount: list.length,
    ncookies: list.length,
    first,
    ...change,
  };
}

/** For each rule, a binding that breaks it: what a defective binder would return. */
const broken: Readonly<Record<string, Binding>> = {
  'cookies exist': binding({ cookies: [] }),
  'counts agree': binding({ ncookies: 3 }),
  'first cookie': binding({ first: cookie(0x40_000n, 0x1000) }),
  size: binding({ cookies: [...cookies, cookie(0x41_000n, 0)] }, { dma_attr_sgllen: 3 }),
  'low half': binding({
    cookies: [cookies[0] ?? cookie(0n, 0), { ...cookie(0x40_000n, 0x1000), dmac_address: 0x10 }],
  }),
  addr_lo: binding({}, { dma_attr_addr_lo: 0x10_401n }),
  addr_hi: binding({}, { dma_attr_addr_hi: 0x40_ffen }),
  count_max: binding({}, { dma_attr_count_max: 0x1bfen }),
  seg: binding({}, { dma_attr_seg: 0xfffn }),
  sgllen: binding({}, { dma_attr_sgllen: 1 }),
  'granular, segment': binding(
    { object: objectOn([0x10], 0x400, 0x300), cookies: [cookie(0x10_400n, 0x300)] },
    { dma_attr_sgllen: 1, dma_attr_granular: 512 },
  ),
  'granular, list': binding({}, { dma_attr_granular: 0x1000 }),
  maxxfer: binding({}, { dma_attr_maxxfer: 0x2bffn }),
  align: binding({}, { dma_attr_align: 0x800n }),
  'whole object': binding({ cookies: cookies.slice(0, 1) }),
  'own bytes': binding({ cookies: [cookie(0x10_400n, 0x1c00), cookie(0x41_000n, 0x1000)] }),
};

describe('the judge of a binding', () => {
  it('accepts the right answer', () => {
    expect(judgeBinding(binding())).toEqual([]);
  });

  it('has a binding to break each rule', () => {
    expect(Object.keys(broken).sort()).toEqual(bindRules.map((r) => r.rule).sort());
  });

  for (const { rule, clause } of bindRules) {
    it(`rejects a binding that breaks "${rule}"`, () => {
      const wrong = broken[rule];
      expect(wrong && judgeBinding(wrong).map((f) => f.rule)).toContain(rule);
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
    it(`accepts a binding at ${limit}`, () => {
      expect(judgeBinding(binding({}, attr))).toEqual([]);
    });
  }

  it('accepts a piece cut in two, in order, and rejects the halves swapped', () => {
    const attr = { dma_attr_sgllen: 3, dma_attr_align: 1n };
    const halves = [cookie(0x10_400n, 0x1000), cookie(0x11_400n, 0xc00), cookie(0x40_000n, 0x1000)];
    expect(judgeBinding(binding({ cookies: halves }, attr))).toEqual([]);
    const [a, b, c] = halves;
    if (a === undefined || b === undefined || c === undefined) throw new Error('three');
    const faults = judgeBinding(binding({ cookies: [b, a, c] }, attr));
    expect(faults.map((f) => f.rule)).toEqual(['own bytes']);
  });

  it('rejects a byte more and a byte less', () => {
    for (const size of [0xfff, 0x1001]) {
      const list = [cookie(0x10_400n, 0x1c00), cookie(0x40_000n, size)];
      const rules = judgeBinding(binding({ cookies: list })).map((f) => f.rule);
      expect(rules).toContain('whole object');
    }
  });

  it('rejects every cookie of an object whose pages are unknown', () => {
    const nowhere = objectOn([], 0x400, 0x2c00);
    const rules = judgeBinding(binding({ object: nowhere })).map((f) => f.rule);
    expect(rules).toContain('own bytes');
  });
});

describe('the judge of a refusal', () => {
  const refuse = (attr: Partial<ddi_dma_attr_t>, code: string): string => {
    const verdict = judgeRefusal(attrWith({ dma_attr_align: 0x400n, ...attr }), object, code);
    return isFault(verdict) ? 'wrong' : `${verdict.field} ${verdict.remedy}`;
  };

  const cases: readonly (readonly [Partial<ddi_dma_attr_t>, string, string])[] = [
    [{ dma_attr_addr_lo: 0x10_401n }, 'DDI_DMA_NOMAPPING', 'dma_attr_addr_lo bounce'],
    [{ dma_attr_addr_hi: 0x40_ffen }, 'DDI_DMA_NOMAPPING', 'dma_attr_addr_hi bounce'],
    [{ dma_attr_align: 0x800n }, 'DDI_DMA_NOMAPPING', 'dma_attr_align bounce'],
    [{ dma_attr_sgllen: 1 }, 'DDI_DMA_TOOBIG', 'dma_attr_sgllen windows'],
    [
      { dma_attr_sgllen: 2, dma_attr_count_max: 0xfffn },
      'DDI_DMA_TOOBIG',
      'dma_attr_count_max windows',
    ],
    [{ dma_attr_sgllen: 2, dma_attr_seg: 0xfffn }, 'DDI_DMA_TOOBIG', 'dma_attr_seg windows'],
    [{ dma_attr_maxxfer: 0x2bffn }, 'DDI_DMA_TOOBIG', 'dma_attr_maxxfer windows'],
    [{ dma_attr_granular: 0x1000 }, 'DDI_DMA_NOMAPPING', 'dma_attr_granular none'],
    [{ dma_attr_count_max: 0x1ffn }, 'DDI_DMA_TOOBIG', 'dma_attr_count_max windows'],
  ];
  for (const [attr, code, verdict] of cases) {
    it(`knows why: ${code}, ${verdict}`, () => {
      expect(refuse(attr, code)).toBe(verdict);
    });
  }

  it('finds a refusal without need', () => {
    expect(refuse({}, 'DDI_DMA_TOOBIG')).toBe('wrong');
    expect(refuse({ dma_attr_sgllen: 2 }, 'DDI_DMA_TOOBIG')).toBe('wrong');
    expect(refuse({ dma_attr_addr_hi: 0x40_fffn }, 'DDI_DMA_NOMAPPING')).toBe('wrong');
  });

  it('finds a refusal with the code of another reason, or of none', () => {
    expect(refuse({ dma_attr_sgllen: 1 }, 'DDI_DMA_NOMAPPING')).toBe('wrong');
    expect(refuse({ dma_attr_addr_hi: 0xffffn }, 'DDI_DMA_TOOBIG')).toBe('wrong');
    expect(refuse({ dma_attr_sgllen: 1 }, 'DDI_DMA_NORESOURCES')).toBe('wrong');
    expect(refuse({ dma_attr_sgllen: 1 }, 'DDI_DMA_INUSE')).toBe('wrong');
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
