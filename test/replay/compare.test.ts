import { describe, expect, it } from 'vitest';
import { compare, differenceText, type Difference } from '../../src/replay/compare.js';
import type { JsonObject } from '../../src/replay/fields.js';

/** The differences as text. */
function told(expected: JsonObject, got: JsonObject): string[] {
  return compare(expected, got).differences.map(differenceText);
}

describe('comparing', () => {
  it('finds nothing in equal trees', () => {
    const tree = { a: 1, b: [1, [2, 'x']], c: { d: null, e: true } };
    expect(told(tree, structuredClone(tree))).toEqual([]);
  });

  it('names the place of every difference', () => {
    expect(told({ a: { b: [1, 2] }, c: true }, { a: { b: [1, 3] }, c: false })).toEqual([
      'a.b[1]: expected 2, got 3',
      'c: expected true, got false',
    ]);
  });

  it('misses what only one side has', () => {
    expect(told({ a: 1, b: [1] }, { b: [1, 2], c: null })).toEqual([
      'a: expected 1, got nothing',
      'b[1]: expected nothing, got 2',
      'c: expected nothing, got null',
    ]);
  });

  it('tells types apart', () => {
    expect(told({ a: 1, b: null, c: [0], d: {} }, { a: '1', b: 0, c: { 0: 0 }, d: [] })).toEqual([
      'a: expected 1, got 1',
      'b: expected null, got 0',
      'c: expected [0], got {"0":0}',
      'd: expected {}, got []',
    ]);
  });

  it('names the first cookie that differs, and what is missing behind the last', () => {
    expect(told({ cookies: '1000+10 c+0+20' }, { cookies: '1000+10 c+0+21' })).toEqual([
      'cookies[1]: expected c+0+20, got c+0+21',
    ]);
    expect(told({ cookies: '1000+10' }, { cookies: '1000+10 2000+10' })).toEqual([
      'cookies[1]: expected nothing, got 2000+10',
    ]);
    expect(told({ cookies: '1000+10 2000+10' }, { cookies: '1000+10' })).toEqual([
      'cookies[1]: expected 2000+10, got nothing',
    ]);
  });

  it('follows no cookie out of its bounce page, and says so', () => {
    const lost = compare({ cookies: 'c+3000+3000 2000+9' }, { cookies: 'c+0+3000 2000+9' });
    expect(lost.differences).toEqual([]);
    expect([...lost.exempt.values()]).toEqual([1]);
    expect(told({ cookies: 'c+3000+3000' }, { cookies: 'c+1+3000' })).toHaveLength(1);
    expect(told({ cookies: 'c+3000+3000' }, { cookies: 'c+0+3001' })).toHaveLength(1);
    expect(told({ cookies: 'c+3000+1000' }, { cookies: 'c+0+1000' })).toHaveLength(1);
    expect(told({ cookies: 'c+3000+3000' }, { cookies: '0+3000' })).toHaveLength(1);
    expect(told({ cookies: '3000+3000' }, { cookies: '0+3000' })).toHaveLength(1);
  });

  it('calls the places of a window by name', () => {
    const expected = { windows: [[0, 0, 4096, 1, '1000+1000']], getwin0: [-1] };
    const got = { windows: [[0, 1, 4096, 1, '1000+1001']], getwin0: [0] };
    expect(told(expected, got)).toEqual([
      'windows[0].off: expected 0, got 1',
      'windows[0].cookies[0]: expected 1000+1000, got 1000+1001',
      'getwin0.rc: expected -1, got 0',
    ]);
  });

  it('takes = for the first list, on either side of a mistake in it', () => {
    const expected = { cookies: '1000+10', windows: [[0, 0, 16, 1, '=']] };
    const window = (cookies: string): JsonObject => ({ windows: [[0, 0, 16, 1, cookies]] });
    expect(told(expected, { cookies: '1000+10', ...window('1000+10') })).toEqual([]);
    expect(told(expected, { cookies: '1000+11', ...window('1000+11') })).toEqual([
      'cookies[0]: expected 1000+10, got 1000+11',
    ]);
    expect(told(expected, { cookies: '1000+10', ...window('2000+10') })).toEqual([
      'windows[0].cookies[0]: expected 1000+10, got 2000+10',
    ]);
  });

  it('takes burst sizes for 32 bits', () => {
    expect(told({ burst: -1 }, { burst: 0xffffffff })).toEqual([]);
    expect(told({ burst: -1 }, { burst: 0x7fffffff })).toHaveLength(1);
  });

  it('recognises a panic by its text, whatever stands for addresses', () => {
    const panic = 'panic: f() called on handle <ptr>, <n> times';
    expect(told({ panic }, { panic: 'f() called on handle 7, 3 times (and more)' })).toEqual([]);
    expect(told({ panic: 'a.b' }, { panic: 'axb' })).toHaveLength(1);
    expect(told({ panic }, { panic: 'g() called on handle 7, 3 times' })).toHaveLength(1);
    expect(told({ panic }, {})).toHaveLength(1);
    expect(told({}, { panic: 'divide by zero' })).toHaveLength(1);
  });

  it('counts what it was told not to compare, when it was recorded', () => {
    const exempted = new Map([
      ['a.b', 'because'],
      ['c', 'because'],
      ['d', 'never there'],
    ]);
    const { differences, exempt } = compare(
      { a: { b: 1, x: 2 }, c: 1 },
      { d: 4 },
      { exempt: exempted },
    );
    expect(differences.map((d) => d.field)).toEqual(['a']);
    const both = compare({ a: { b: 1, x: 2 }, c: 1 }, { a: { x: 2 }, d: 4 }, { exempt: exempted });
    expect(both.differences).toEqual([]);
    expect([...both.exempt]).toEqual([['because', 2]]);
    expect([...exempt]).toEqual([['because', 1]]);
  });
});

describe('a number that counts modulo another', () => {
  it('agrees when the rest does', () => {
    const allowances = { modulo: new Map([['pageOff', 512]]) };
    expect(compare({ pageOff: 32 }, { pageOff: 544 }, allowances).differences).toEqual([]);
    expect(compare({ pageOff: 32 }, { pageOff: 64 }, allowances).differences).toHaveLength(1);
    expect(compare({ pageOff: 32 }, {}, allowances).differences).toHaveLength(1);
  });
});

describe('a difference', () => {
  it('stays on one line of bearable length', () => {
    const long: Difference = { field: 'x', expected: 'a\nb', got: 'y'.repeat(1000) };
    const text = differenceText(long);
    expect(text).toMatch(/^x: expected a b, got y+\.\.\.$/);
    expect(text.length).toBeLessThan(200);
    expect(differenceText({ field: 'x', expected: '', got: undefined })).toBe(
      'x: expected "", got nothing',
    );
  });
});
