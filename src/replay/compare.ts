/**
 * Comparing what was recorded with what was got: two trees of JSON, leaf by leaf.
 *
 * 1. Every field of either side counts: one that only one side has is a difference.
 * 2. A cookie list is a string; the first cookie that differs is named, not the whole list.
 * 3. A panic is the same panic when its text is: what the model says must contain what was
 *    recorded, where `<ptr>` and `<n>` stand for anything.
 * 4. What hangs on where the recorder's pages happened to be is passed over, and counted.
 * 5. A field may be *exempt*, with a reason; it is counted by reason, never passed over silently.
 */
import { isList, isObject } from './fields.js';
import type { Json, JsonObject } from './fields.js';

/** One field that is not as recorded. */
export interface Difference {
  /** `windows[3].cookies[17]` */
  readonly field: string;
  /** `undefined`: nothing was recorded. */
  readonly expected: Json | undefined;
  /** `undefined`: the model did not come to it. */
  readonly got: Json | undefined;
}

/** What a family knows of its fields beside their values; by the full names of fields. */
export interface Allowances {
  /** Fields that say nothing about the model, each with the reason. */
  readonly exempt?: ReadonlyMap<string, string>;
  /** Numbers that are as good as each other when they agree modulo this. */
  readonly modulo?: ReadonlyMap<string, number>;
}

/** What came of a comparison. */
export interface Comparison {
  readonly differences: readonly Difference[];
  /** How many recorded fields were exempt, by reason. */
  readonly exempt: ReadonlyMap<string, number>;
}

const PAGE = 4096;
/** What the places of a window's entry are called. */
const windowFields = ['rc', 'off', 'len', 'count', 'cookies'] as const;
/** Fields that hold the text of a panic, or may. */
const panicFields: ReadonlySet<string> = new Set(['panic', 'softcallPanic', 'one', 'nextBeyond']);

/**
 * Compares the answers of a case.
 *
 * @param expected - as recorded
 * @param got - what the model did, in the same shape
 * @param allowances - what is compared otherwise, or not at all
 */
export function compare(
  expected: JsonObject,
  got: JsonObject,
  allowances: Allowances = {},
): Comparison {
  const differences: Difference[] = [];
  const exempt = new Map<string, number>();
  const count = (why: string): void => {
    exempt.set(why, (exempt.get(why) ?? 0) + 1);
  };
  const visit = (field: string, name: string, e: Json | undefined, g: Json | undefined): void => {
    const why = allowances.exempt?.get(field);
    if (why !== undefined) {
      if (e !== undefined) count(why);
      return;
    }
    if (e === g || (name === 'burst' && sameWord(e, g))) return;
    const unit = allowances.modulo?.get(field);
    if (unit !== undefined && typeof e === 'number' && typeof g === 'number') {
      if (e % unit === g % unit) return;
    }
    if (e === '=') {
      // A window that repeats the first list need not repeat the mistake in it.
      if (g !== got['cookies']) visit(field, name, expected['cookies'], g);
      return;
    }
    if (isObject(e) && isObject(g)) {
      for (const key of new Set([...Object.keys(e), ...Object.keys(g)])) {
        visit(field === '' ? key : `${field}.${key}`, key, e[key], g[key]);
      }
    } else if (isList(e) && isList(g)) {
      const names = name === 'getwin0' || name === 'windows[]' ? windowFields : [];
      for (let i = 0; i < Math.max(e.length, g.length); i++) {
        const place = names[i] === undefined ? `${field}[${i}]` : `${field}.${names[i]}`;
        visit(place, names[i] ?? `${name}[]`, e[i], g[i]);
      }
    } else if (typeof e === 'string' && typeof g === 'string') {
      const difference = panicFields.has(name)
        ? otherPanic(field, e, g)
        : isCookieList(e) && isCookieList(g)
          ? otherCookie(field, e, g, () => count(lostWay))
          : { field, expected: e, got: g };
      if (difference !== null) differences.push(difference);
    } else differences.push({ field, expected: e, got: g });
  };
  visit('', '', expected, got);
  return { differences, exempt };
}

/** Whether two numbers are the same 32 bits, signed or not. */
function sameWord(e: Json | undefined, g: Json | undefined): boolean {
  return typeof e === 'number' && typeof g === 'number' && e >>> 0 === g >>> 0;
}

function otherPanic(field: string, expected: string, got: string): Difference | null {
  const text = expected.replace(/^panic: /, '');
  const parts = text.split(/<(?:ptr|n)>/).map((p) => p.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(parts.join('.+'), 's').test(got) ? null : { field, expected, got };
}

/**
 * The first cookie of a list that differs.
 *
 * @param passedOver - called for each cookie that is taken for the same although it is not
 */
function otherCookie(
  field: string,
  expected: string,
  got: string,
  passedOver: () => void,
): Difference | null {
  const e = expected.split(' ');
  const g = got.split(' ');
  for (let i = 0; i < Math.max(e.length, g.length); i++) {
    const [mine, theirs] = [e[i], g[i]];
    if (mine === theirs) continue;
    if (mine === undefined || theirs === undefined || wayOf(mine) !== wayOf(theirs)) {
      return { field: `${field}[${i}]`, expected: mine, got: theirs };
    }
    passedOver();
  }
  return null;
}

const lostWay =
  'a cookie longer than its bounce page: what follows it is where pages happened to be';

/**
 * What counts of a cookie: all of it, but of one in bounce pages that is longer than its page only
 * place in the page and length. A kernel that miscounts computes with addresses nobody records.
 */
function wayOf(cookie: string): string {
  const [, offset, size] = /^c\+([0-9a-f]+)\+([0-9a-f]{1,8})$/.exec(cookie) ?? [];
  if (offset === undefined || size === undefined) return cookie;
  const inPage = parseInt(offset, 16) % PAGE;
  return inPage + parseInt(size, 16) > PAGE ? `c+${inPage}+${size}` : cookie;
}

function isCookieList(text: string): boolean {
  return /^(?:c\+)?[0-9a-f]+\+[0-9a-f]+(?: |$)/.test(text);
}

/**
 * A difference as a person reads it, on one line.
 *
 * @param difference - the difference
 */
export function differenceText({ field, expected, got }: Difference): string {
  return `${field}: expected ${valueText(expected)}, got ${valueText(got)}`;
}

/** Columns of one value; longer ones are cut. */
const VALUE_WIDTH = 160;

function valueText(value: Json | undefined): string {
  if (value === undefined) return 'nothing';
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  // A message of several lines would not stay on one.
  const line = text.replace(/\s+/g, ' ');
  if (line === '') return '""';
  return line.length > VALUE_WIDTH ? `${line.slice(0, VALUE_WIDTH - 3)}...` : line;
}
