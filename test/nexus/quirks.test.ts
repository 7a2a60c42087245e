/** Every quirk is shown, on and off: in its rule books, and alone over the contract. */
import { describe, expect, test } from 'vitest';
import {
  type Quirk,
  type QuirkId,
  quirkTable,
  RuleBook,
  ruleBookNames,
} from '../../src/sys/quirks.js';
import { clauses } from '../../src/sys/clauses.js';
import { boot } from '../../src/platforms/index.js';
import { filesBelow, textOf } from '../files.js';
import { bindDemos, type Demo } from './quirk-demos.js';
import { accDemos } from './quirk-demos-acc.js';
import { intrDemos } from './quirk-demos-intr.js';
import { regsDemos } from './quirk-demos-regs.js';
import { fmDemos } from './quirk-demos-fm.js';
import { userDemos } from './quirk-demos-user.js';
import { waitingDemos } from './quirk-demos-waiting.js';

const table: readonly Quirk[] = quirkTable;
const demos: readonly Demo[] = [
  ...bindDemos,
  ...regsDemos,
  ...accDemos,
  ...userDemos,
  ...waitingDemos,
  ...intrDemos,
  ...fmDemos,
];
type Switches = Partial<Record<QuirkId, boolean>>;

/** A quirk and those it means nothing without. */
function withNeeded(id: string): readonly string[] {
  const quirk = table.find((q) => q.id === id);
  return [id, ...(quirk?.dependsOn ?? []).flatMap(withNeeded)];
}

/** A quirk and those that mean nothing without it. */
function withDependants(id: string): readonly string[] {
  const dependants = table.filter((q) => q.dependsOn.includes(id));
  return [id, ...dependants.flatMap((q) => withDependants(q.id))];
}

function switched(ids: readonly string[], on: boolean): Switches {
  return Object.fromEntries(ids.map((id) => [id, on]));
}

describe('alone over the contract:', () => {
  test.each(demos)('$id', async ({ id, see, on, off, needs = {} }) => {
    const needed = { ...switched(withNeeded(id).slice(1), true), ...needs };
    expect(await see({ quirks: { ...needed, [id]: true } })).toEqual(on);
    expect(await see({ quirks: needed })).toEqual(off);
  });
});

describe('in the rule books:', () => {
  const inBooks = demos.flatMap((demo) => {
    const books = demo.books ?? table.find((q) => q.id === demo.id)?.books ?? [];
    return books.map((kernel) => ({ ...demo, kernel }));
  });

  test.each(inBooks)('$id in $kernel', async (demo) => {
    const { id, kernel, see, on, off, offInBooks = off, needs = {} } = demo;
    expect(await see({ kernel, quirks: needs })).toEqual(on);
    const quirks = { ...needs, ...switched(withDependants(id), false) };
    expect(await see({ kernel, quirks })).toEqual(offInBooks);
  });
});

describe('the table', () => {
  /** Tests of other files whose titles begin with the quirk they show. */
  const elsewhere = filesBelow(['test'], /-quirks\.test\.ts$/)
    .flatMap((file) => [
      ...textOf(file).matchAll(/\b(?:it|test)(?:\.each\(.*\))?\(\s*'([a-z0-9-]+)[:,]/g),
    ])
    .map((match) => match[1] ?? '');

  test('has a demonstration for every quirk, and for nothing else', () => {
    const shown = new Set<string>([...demos.map(({ id }) => id), ...elsewhere]);
    expect(table.map(({ id }) => id).filter((id) => !shown.has(id))).toEqual([]);
    const ids = table.map(({ id }) => id);
    expect([...shown].filter((id) => !ids.includes(id))).toEqual([]);
    expect(new Set(demos.map(({ id }) => id)).size).toBe(demos.length);
  });

  test('names each quirk once, clauses that exist and quirks that exist', () => {
    const seen = new Set<string>();
    for (const { id, clause, dependsOn, books } of table) {
      expect(seen.has(id)).toBe(false);
      expect([clause, clauses.has(clause)]).toEqual([clause, true]);
      expect([id, dependsOn.filter((d) => !table.some((q) => q.id === d))]).toEqual([id, []]);
      expect(books.length).toBeGreaterThan(0);
      seen.add(id);
    }
  });

  test('has what a quirk depends on in each of its books', () => {
    for (const { id, dependsOn, books } of table) {
      for (const needed of dependsOn) {
        const has = table.find((q) => q.id === needed)?.books ?? [];
        expect([id, needed, books.filter((book) => !has.includes(book))]).toEqual([id, needed, []]);
      }
    }
  });

  test('is the rule books: none in contract, the named ones in the others', () => {
    for (const name of ruleBookNames) {
      const on = new RuleBook(name).quirks.map(({ id }) => id);
      const expected = table.filter(({ books }) => books.some((b) => b === name));
      expect(on).toEqual(expected.map(({ id }) => id));
    }
    expect(new RuleBook('contract').quirks).toEqual([]);
  });
});

describe('a switch that is wrong', () => {
  test('names no quirk: RangeError', () => {
    const quirks = { 'cookie-late-close': true } as Switches;
    expect(() => boot({ quirks })).toThrow(RangeError);
    expect(() => boot({ quirks })).toThrow('no quirk is named cookie-late-close');
    expect(() => boot({ quirks: { 'cookie-late-close': false } as Switches })).toThrow(RangeError);
  });

  test.each(table.filter(({ dependsOn }) => dependsOn.length > 0))(
    'leaves out what $id depends on: RangeError',
    ({ id, dependsOn, books }) => {
      for (const needed of dependsOn) {
        const others = withNeeded(id).filter((other) => other !== needed);
        const quirks = { ...switched(others, true), [needed]: false };
        expect(() => boot({ quirks })).toThrow(RangeError);
        expect(() => boot({ quirks })).toThrow(/means nothing without/);
        for (const kernel of books) {
          expect(() => boot({ kernel, quirks: { [needed]: false } })).toThrow(RangeError);
        }
      }
    },
  );
});
