import { describe, expect, it } from 'vitest';
import { CorpusFormatError, parseCorpus, productCorpus } from '../../src/corpus/data.js';

const good = {
  driver: 'common/io/example',
  file: 'common/io/example/example.c',
  line: 42,
  name: 'example_dma_attr',
  dma_attr: {
    version: 0,
    addr_lo: '0x0',
    addr_hi: '0xffffffff',
    count_max: '0xffffff',
    align: '0x40',
    burstsizes: 124,
    minxfer: 1,
    maxxfer: '0x3ffffff',
    seg: '0xffffffff',
    sgllen: 17,
    granular: 1,
    flags: 0,
  },
};

function parse(value: unknown): ReturnType<typeof parseCorpus> {
  return parseCorpus(JSON.stringify(value), 'mine.json');
}

/** `good` with one field of its attributes replaced, or taken out. */
function withField(field: string, value: unknown): unknown {
  const attr: Record<string, unknown> = { ...good.dma_attr, [field]: value };
  if (value === undefined) Reflect.deleteProperty(attr, field);
  return { dma_attrs: [{ ...good, dma_attr: attr }] };
}

describe('the product data', () => {
  const sets = productCorpus();

  it('has 221 sets, 208 static and 13 composed at run time', () => {
    expect(sets).toHaveLength(221);
    expect(sets.filter((s) => s.origin === 'static')).toHaveLength(208);
    expect(sets.filter((s) => s.origin === 'runtime')).toHaveLength(13);
  });

  it('has 217 complete ones, and says what is missing of the others', () => {
    expect(sets.filter((s) => s.attr !== null)).toHaveLength(217);
    const incomplete = sets.filter((s) => s.attr === null);
    expect(incomplete.map((s) => s.driver)).toEqual([
      'common/io/iwn',
      'common/io/chxge',
      'common/io/usb/hcd/xhci',
      'i86pc/io/xsvc',
    ]);
    expect(incomplete[2]?.missing).toEqual(['dma_attr_sgllen = sgl']);
    expect(incomplete[3]?.missing).toHaveLength(4);
  });

  it('carries 64-bit fields as bigints and negative list lengths', () => {
    const nvme = sets.find((s) => s.name === 'nvme_prp_dma_attr')?.attr;
    expect(nvme?.dma_attr_sgllen).toBe(-1);
    expect(nvme?.dma_attr_addr_hi).toBe(0xffff_ffff_ffff_ffffn);
    expect(sets[0]?.where).toBe('common/crypto/io/dca.c:474');
  });
});

describe('a file of a user', () => {
  it('may hold static sets, composed sets, or both', () => {
    expect(parse({ dma_attrs: [good] })[0]?.attr?.dma_attr_align).toBe(0x40n);
    expect(parse({ runtime_composed: [good] })[0]?.origin).toBe('runtime');
    expect(parse({ dma_attrs: [good], runtime_composed: [good, { acc_attr: {} }] })).toHaveLength(
      2,
    );
  });

  it('needs no file and no line', () => {
    const { driver, name, dma_attr } = good;
    expect(parse({ dma_attrs: [{ driver, name, dma_attr }] })[0]?.where).toBe('');
  });

  it('may leave a field open', () => {
    const [set] = parse(withField('align', null));
    expect(set?.attr).toBeNull();
    expect(set?.missing).toEqual(['dma_attr_align']);
  });

  const bad: readonly (readonly [string, string, RegExp])[] = [
    ['no JSON', '{', /mine\.json: not JSON: /],
    ['a list', '[]', /mine\.json: expected an object, found \[\]/],
    ['null', 'null', /mine\.json: expected an object, found null/],
    ['an empty object', '{}', /neither "dma_attrs" nor "runtime_composed"/],
    ['no sets', '{"dma_attrs": []}', /mine\.json: no attribute set in it/],
    ['sets that are no list', '{"dma_attrs": {}}', /"dma_attrs": expected a list, found \{\}/],
    ['a set that is a number', '{"dma_attrs": [7]}', /dma_attrs\[0\]: expected an object, found 7/],
    [
      'no attributes',
      '{"dma_attrs": [{"driver": "a"}]}',
      /dma_attrs\[0\]\.dma_attr: expected an ob/,
    ],
    [
      'no driver',
      JSON.stringify({ dma_attrs: [{ ...good, driver: 1 }] }),
      /\.driver: expected a na/,
    ],
    [
      'an empty name',
      JSON.stringify({ dma_attrs: [{ ...good, name: '' }] }),
      /\.name: expected a na/,
    ],
  ];
  for (const [what, text, message] of bad) {
    it(`is refused with ${what}`, () => {
      expect(() => parseCorpus(text, 'mine.json')).toThrow(CorpusFormatError);
      expect(() => parseCorpus(text, 'mine.json')).toThrow(message);
    });
  }

  const badFields: readonly (readonly [string, unknown, RegExp])[] = [
    ['align', 64, /dma_attrs\[0\]\.dma_attr\.align: .*such as "0xffffffff", found 64$/],
    ['align', '64', /align: .* found "64"$/],
    ['addr_hi', '0x10000000000000000', /addr_hi: .*64-bit number/],
    ['addr_hi', '-0x1', /addr_hi/],
    ['seg', undefined, /seg: .*found nothing$/],
    ['sgllen', '17', /sgllen: .*whole number from -2147483648 to 2147483647, found "17"/],
    ['sgllen', 0x8000_0000, /sgllen: .*found 2147483648/],
    ['granular', -1, /granular: .*whole number from 0 to 4294967295, found -1/],
    ['granular', 1.5, /granular/],
    ['minxfer', undefined, /minxfer: .*found nothing$/],
    ['flag', 0, /unknown field "flag"/],
  ];
  for (const [field, value, message] of badFields) {
    it(`is refused with ${field} ${String(value)}`, () => {
      expect(() => parse(withField(field, value))).toThrow(message);
    });
  }

  it('is refused with more sets than anybody means', () => {
    const many = { dma_attrs: Array.from({ length: 10_001 }, () => good) };
    expect(() => parse(many)).toThrow('10001 sets, at most 10000 are run');
  });
});
