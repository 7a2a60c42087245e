/** The two legal ways to look past a Result, and one for JSON. */
import type { Result, ResultAsync } from 'neverthrow';
import type { DdiError } from './errors.js';

/**
 * C's `(void)`: says that the result is dropped on purpose.
 *
 * @param _result - what is dropped
 */
export function discard(_result: Result<unknown, unknown> | ResultAsync<unknown, unknown>): void {
  // The name of the call is all there is to it.
}

/**
 * The value of a result, or an Error that names code, clause and values. For examples and tests;
 * a driver handles its errors.
 *
 * @param result - the result of a DDI call that did not wait
 * @returns the Ok value
 * @throws Error when the call failed
 */
export function must<T>(result: Result<T, DdiError>): T {
  if (result.isOk()) return result.value;
  const e = result.error;
  const shown = Object.entries(e.values).map(([k, v]) => `${k}=${showValue(v)}`);
  const tail = shown.length > 0 ? ` [${shown.join(', ')}]` : '';
  throw new Error(`${e.call}: ${e.name} (${e.code}): ${e.message} (${e.clause})${tail}`);
}

/**
 * A value as an error message shows it: bigint in hexadecimal, strings quoted.
 *
 * @param value - any value
 */
export function showValue(value: unknown): string {
  if (typeof value === 'bigint') return `0x${value.toString(16)}`;
  if (typeof value === 'string') return JSON.stringify(value);
  if (typeof value === 'function') return `function ${value.name}`;
  return String(value);
}
