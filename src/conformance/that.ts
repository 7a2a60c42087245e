/**
 * How a check says what it saw. Five plain functions and no matcher language: a check is read by
 * people who want to know what the page promises.
 */
import type { Result } from 'neverthrow';
import type { DdiError, DdiErrorName } from '../sys/errors.js';
import { showValue } from '../sys/result.js';

/** What a check throws when the system does not do what the clause says. */
export class Disagreement extends Error {
  override readonly name = 'Disagreement';
}

/**
 * States what must be so.
 *
 * @param condition - false: the clause is broken
 * @param what - the statement, as a sentence
 */
export function that(condition: boolean, what: string): asserts condition {
  if (!condition) throw new Disagreement(`not so: ${what}`);
}

/**
 * States that two values are the same, element by element for bytes and lists.
 *
 * @param seen - what the system gave
 * @param wanted - what the clause says
 * @param what - what is compared
 */
export function same(seen: unknown, wanted: unknown, what: string): void {
  if (seen instanceof Uint8Array && wanted instanceof Uint8Array) {
    sameBytes(seen, wanted, what);
    return;
  }
  const s = text(seen);
  const w = text(wanted);
  if (s !== w) throw new Disagreement(`${what}: ${clip(s)}, and the page says ${clip(w)}`);
}

/**
 * The value of a call that the page lets succeed.
 *
 * @param result - what the call returned, waited for where it could wait
 * @param what - the call, with what is particular about it
 * @returns the Ok value
 */
export function good<T>(result: Result<T, DdiError>, what: string): T {
  that(settled(result), `${what} answers with a Result`);
  if (result.isOk()) return result.value;
  const { name, message } = result.error;
  throw new Disagreement(`${what} failed with ${name}: ${message}`);
}

/**
 * States that a call fails, and with which code.
 *
 * @param result - what the call returned
 * @param names - the codes the page allows here
 * @param what - the call, with what is particular about it
 */
export function bad(
  result: Result<unknown, DdiError>,
  names: DdiErrorName | readonly DdiErrorName[],
  what: string,
): void {
  that(settled(result), `${what} answers with a Result`);
  const allowed = typeof names === 'string' ? [names] : names;
  if (result.isOk())
    throw new Disagreement(`${what} succeeded; the page says ${allowed.join(' or ')}`);
  const { name, message } = result.error;
  if (!allowed.includes(name)) {
    throw new Disagreement(
      `${what} failed with ${name} (${message}), not with ${allowed.join(' or ')}`,
    );
  }
}

/**
 * Whether a call answered at once: a Result in hand, not a promise of one.
 *
 * @param result - what the call returned
 */
export function settled(result: unknown): boolean {
  return typeof result === 'object' && result !== null && 'isOk' in result && !('then' in result);
}

/** Buffers can be long: what is told is where they begin to differ. */
function sameBytes(seen: Uint8Array, wanted: Uint8Array, what: string): void {
  if (seen.length !== wanted.length) {
    throw new Disagreement(`${what}: ${seen.length} bytes, and the page says ${wanted.length}`);
  }
  let at = 0;
  while (at < seen.length && seen[at] === wanted[at]) at++;
  if (at === seen.length) return;
  const part = (bytes: Uint8Array): string => clip(text(bytes.subarray(at, at + 16)));
  throw new Disagreement(
    `${what}: at ${at} of ${seen.length} ${part(seen)}, and the page says ${part(wanted)}`,
  );
}

/** One line for any value; two values are the same when their lines are. */
function text(value: unknown): string {
  if (value instanceof Uint8Array) return `bytes ${Array.from(value, hexByte).join(' ')}`;
  if (Array.isArray(value)) return `[${value.map(text).join(', ')}]`;
  if (typeof value === 'object' && value !== null) {
    const fields = Object.entries(value).map(([k, v]) => `${k}: ${text(v)}`);
    return `{${fields.join(', ')}}`;
  }
  return showValue(value);
}

function hexByte(byte: number): string {
  return byte.toString(16).padStart(2, '0');
}

/** A long buffer says no more than its first bytes do. */
function clip(line: string): string {
  return line.length > 120 ? `${line.slice(0, 117)}...` : line;
}
