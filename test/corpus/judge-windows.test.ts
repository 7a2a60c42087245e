import { describe, expect, it } from 'vitest';
import { bindRules, judgeBind } from '../../src/corpus/judge-windows.js';
import type { BoundObject } from '../../src/corpus/judge-windows.js';
import type { WindowView } from '../../src/corpus/judge.js';
import { clauses } from '../../src/sys/clauses.js';
import { cookie } from './attr.js';

function view(off: number, len: number): WindowView {
  const first = cookie(0x10_000n + BigInt(off), len);
  return { off, len, cookies: [first], ccount: 1, ncookies: 1, first };
}

const three = [view(0, 0x1000), view(0x1000, 0x800), view(0x1800, 0x300)];

/** An object in three windows, with something changed. */
function inParts(change: Partial<BoundObject> = {}): BoundObject {
  const windows = change.windows ?? three;
  return {
    length: 0x1b00,
    partial: true,
    rval: 1,
    bound: view(0, 0x1000),
    nwin: windows.length,
    windows,
    beyond: false,
    again: view(0, 0x1000),
    ...change,
  };
}

/** The same mapped whole. */
function whole(change: Partial<BoundObject> = {}): BoundObject {
  const bound = view(0, 0x1b00);
  const answer = { partial: false, rval: 0, bound, nwin: null, windows: [bound], again: null };
  return inParts({ ...answer, ...change });
}

/** For each rule, binds that break it. */
const broken: Readonly<Record<string, readonly BoundObject[]>> = {
  'known value': [whole({ rval: 2 })],
  'partial unasked': [inParts({ partial: false })],
  'number of windows': [inParts({ nwin: null }), inParts({ nwin: 1, windows: [view(0, 0x1b00)] })],
  'no windows': [whole({ nwin: 1 })],
  'every window': [inParts({ nwin: 4 }), whole({ windows: [] })],
  'window beyond': [inParts({ beyond: true })],
  'first window': [
    inParts({ bound: view(0x1000, 0x800) }),
    inParts({ bound: { ...view(0, 0x1000), ccount: 2 } }),
    inParts({ windows: [view(0x400, 0xc00), ...three.slice(1)] }),
  ],
  'first window again': [
    inParts({ again: view(0, 0x800) }),
    inParts({ again: view(0x1000, 0x800) }),
  ],
  'offsets increase': [inParts({ windows: [...three, view(0x1000, 0x800)] })],
  'windows tile': [
    inParts({ windows: [view(0, 0x1000), view(0x1800, 0x300)] }),
    inParts({ windows: [view(0, 0x1000), view(0xf00, 0x900), view(0x1800, 0x300)] }),
    inParts({ windows: three.slice(0, 2) }),
    inParts({ length: 0x1a00 }),
    whole({ length: 0x1b01 }),
  ],
};

describe('the judge of a bind', () => {
  it('accepts an object mapped whole, asked for in part or not', () => {
    expect(judgeBind(whole())).toEqual([]);
    expect(judgeBind(whole({ partial: true }))).toEqual([]);
  });

  it('accepts an object in windows', () => {
    expect(judgeBind(inParts())).toEqual([]);
  });

  it('has a bind to break each rule', () => {
    expect(Object.keys(broken).sort()).toEqual(bindRules.map((r) => r.rule).sort());
  });

  for (const { rule, clause } of bindRules) {
    it(`rejects a bind that breaks "${rule}", citing a clause that exists`, () => {
      for (const bind of broken[rule] ?? []) {
        expect(judgeBind(bind).map((f) => f.rule)).toContain(rule);
      }
      expect(clauses.has(clause)).toBe(true);
    });
  }
});
