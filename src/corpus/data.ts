/**
 * The corpus: attribute sets of real drivers, and proof that the modelled system serves them.
 *
 * 1. A *set* is one `ddi_dma_attr(9S)` a real driver fills in, with where it does so. Sets are
 *    facts (driver, file, line, numbers); the product carries those of illumos-gate, a user may
 *    bring others in the same format.
 * 2. A set is *incomplete* when a field is computed at run time from something nobody can know from
 *    the source; it is listed and not run.
 * 3. A *case* is one object of one length, in one mode, bound with one set: its whole life from
 *    allocation to release (plan.ts says which cases, run.ts lives them).
 * 4. The *judge* (judge.ts) decides about every case from the pages alone. It shares no code with
 *    the binder and knows nothing of how the binder works.
 * 5. An *outcome* is: moved, refused for a good reason (with the field at fault), or wrong.
 *
 * This file reads the format and says exactly what is the matter with a file that is not in it.
 */
import { readFileSync } from 'node:fs';
import type { ddi_dma_attr_t } from '../sys/types.js';

/** One set of DMA attributes and where it comes from. */
export interface AttributeSet {
  /** Path of the driver in its source tree. */
  readonly driver: string;
  /** The variable that holds the set. */
  readonly name: string;
  /** Source file and line, for a person who wants to look. */
  readonly where: string;
  /** Whether the set is a static initializer or put together by assignments. */
  readonly origin: 'static' | 'runtime';
  /** The set; `null` when it is incomplete. */
  readonly attr: ddi_dma_attr_t | null;
  /** The fields that are not known, with the expression of the source; empty when complete. */
  readonly missing: readonly string[];
}

/** A file that is not in the format. The message names the place and what was expected there. */
export class CorpusFormatError extends Error {
  override readonly name = 'CorpusFormatError';
}

/** Sets a file may hold; more than that is a mistake, and each costs a machine. */
const SETS_MAX = 10_000;

const hexFields = ['addr_lo', 'addr_hi', 'count_max', 'align', 'maxxfer', 'seg'] as const;
const numberFields = ['version', 'burstsizes', 'minxfer', 'sgllen', 'granular', 'flags'] as const;

type Json = Readonly<Record<string, unknown>>;

/**
 * The sets the product carries.
 *
 * @returns every set, in the order of the file
 */
export function productCorpus(): readonly AttributeSet[] {
  const file = new URL('./driver-attrs.json', import.meta.url);
  return parseCorpus(readFileSync(file, 'utf8'), 'driver-attrs.json');
}

/**
 * Reads sets from the text of a file.
 *
 * @param text - JSON: `{"dma_attrs": [...], "runtime_composed": [...]}`, either may be absent
 * @param source - the name of the file, for messages
 * @returns the sets in the order of the file
 * @throws CorpusFormatError when the text is not in the format
 */
export function parseCorpus(text: string, source: string): readonly AttributeSet[] {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (e) {
    throw new CorpusFormatError(`${source}: not JSON: ${e instanceof Error ? e.message : 'bad'}`);
  }
  const top = object(json, source);
  const fixed = list(top, 'dma_attrs', source);
  const composed = list(top, 'runtime_composed', source);
  if (top['dma_attrs'] === undefined && top['runtime_composed'] === undefined) {
    throw new CorpusFormatError(`${source}: neither "dma_attrs" nor "runtime_composed" in it`);
  }
  const sets: AttributeSet[] = [];
  for (const [i, entry] of fixed.entries()) {
    sets.push(readSet(entry, 'static', `${source}: dma_attrs[${i}]`));
  }
  for (const [i, entry] of composed.entries()) {
    const at = `${source}: runtime_composed[${i}]`;
    // Access attributes are composed at run time too, and are listed beside the DMA attributes.
    if (object(entry, at)['dma_attr'] !== undefined) sets.push(readSet(entry, 'runtime', at));
  }
  if (sets.length === 0) throw new CorpusFormatError(`${source}: no attribute set in it`);
  if (sets.length > SETS_MAX) {
    throw new CorpusFormatError(`${source}: ${sets.length} sets, at most ${SETS_MAX} are run`);
  }
  return sets;
}

function readSet(value: unknown, origin: AttributeSet['origin'], at: string): AttributeSet {
  const entry = object(value, at);
  const fields = object(entry['dma_attr'], `${at}.dma_attr`);
  const known = new Set<string>([...hexFields, ...numberFields]);
  for (const key of Object.keys(fields)) {
    if (!known.has(key)) throw new CorpusFormatError(`${at}.dma_attr: unknown field "${key}"`);
  }
  const unresolved = optionalObject(entry, 'unresolved', at);
  const missing: string[] = [];
  const miss = (field: string): null => {
    const why = unresolved[field];
    missing.push(typeof why === 'string' ? `dma_attr_${field} = ${why}` : `dma_attr_${field}`);
    return null;
  };
  const hex = (field: (typeof hexFields)[number]): bigint | null =>
    readHex(fields[field], `${at}.dma_attr.${field}`) ?? miss(field);
  const number = (field: (typeof numberFields)[number]): number | null =>
    readNumber(fields[field], field === 'sgllen', `${at}.dma_attr.${field}`) ?? miss(field);
  const raw = {
    dma_attr_version: number('version'),
    dma_attr_addr_lo: hex('addr_lo'),
    dma_attr_addr_hi: hex('addr_hi'),
    dma_attr_count_max: hex('count_max'),
    dma_attr_align: hex('align'),
    dma_attr_burstsizes: number('burstsizes'),
    dma_attr_minxfer: number('minxfer'),
    dma_attr_maxxfer: hex('maxxfer'),
    dma_attr_seg: hex('seg'),
    dma_attr_sgllen: number('sgllen'),
    dma_attr_granular: number('granular'),
    dma_attr_flags: number('flags'),
  };
  return {
    driver: string(entry, 'driver', at),
    name: string(entry, 'name', at),
    where: where(entry, at),
    origin,
    attr: isComplete(raw) ? raw : null,
    missing,
  };
}

type Nullable<T> = { [K in keyof T]: T[K] | null };

function isComplete(raw: Nullable<ddi_dma_attr_t>): raw is ddi_dma_attr_t {
  return Object.values(raw).every((v) => v !== null);
}

/** The bits of a 64-bit field; `null` when the source does not say. */
function readHex(value: unknown, at: string): bigint | null {
  if (value === null) return null;
  if (typeof value !== 'string' || !/^0x[0-9a-f]{1,16}$/i.test(value)) {
    const expected = 'expected null or a 64-bit number as a string such as "0xffffffff"';
    throw new CorpusFormatError(`${at}: ${expected}, found ${shown(value)}`);
  }
  return BigInt(value);
}

/** A 32-bit field; `null` when the source does not say. */
function readNumber(value: unknown, signed: boolean, at: string): number | null {
  if (value === null) return null;
  const lo = signed ? -0x8000_0000 : 0;
  const hi = signed ? 0x7fff_ffff : 0xffff_ffff;
  if (typeof value !== 'number' || !Number.isInteger(value) || value < lo || value > hi) {
    throw new CorpusFormatError(
      `${at}: expected null or a whole number from ${lo} to ${hi}, found ${shown(value)}`,
    );
  }
  return value;
}

function where(entry: Json, at: string): string {
  if (entry['file'] === undefined) return '';
  const file = string(entry, 'file', at);
  const line = entry['line'];
  return typeof line === 'number' ? `${file}:${line}` : file;
}

function object(value: unknown, at: string): Json {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new CorpusFormatError(`${at}: expected an object, found ${shown(value)}`);
  }
  return value as Json;
}

function optionalObject(entry: Json, key: string, at: string): Json {
  return entry[key] === undefined ? {} : object(entry[key], `${at}.${key}`);
}

function list(entry: Json, key: string, at: string): readonly unknown[] {
  const value = entry[key];
  if (value === undefined) return [];
  if (!Array.isArray(value)) {
    throw new CorpusFormatError(`${at}: "${key}": expected a list, found ${shown(value)}`);
  }
  return value as readonly unknown[];
}

function string(entry: Json, key: string, at: string): string {
  const value = entry[key];
  if (typeof value !== 'string' || value === '') {
    throw new CorpusFormatError(`${at}.${key}: expected a name, found ${shown(value)}`);
  }
  return value;
}

function shown(value: unknown): string {
  if (value === undefined) return 'nothing';
  const text = JSON.stringify(value);
  return text.length > 40 ? `${text.slice(0, 40)}...` : text;
}
