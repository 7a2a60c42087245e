/** Does a value agree with the comment that states it? */
import { inspect, isDeepStrictEqual } from 'node:util';
import { runInThisContext } from 'node:vm';

/** A value as a comment would state it. */
export function shown(value: unknown): string {
  return squeeze(inspect(value, { breakLength: Infinity, depth: 8 }));
}

/**
 * A comment states a value by its `inspect` form or by any literal equal to it, so that
 * `{ size: 0x1000 }` may be written for `{ size: 4096 }`. A bare hexadecimal number serves numbers
 * and bigints alike.
 */
export function agrees(comment: string, value: unknown): boolean {
  if (squeeze(comment) === shown(value)) return true;
  if (/^-?0x[0-9a-f_]+n?$/i.test(comment)) {
    const [, sign = '', digits = ''] = /^(-?)(0x[0-9a-f_]+)/i.exec(comment) ?? [];
    const stated = BigInt(digits.replaceAll('_', '')) * (sign === '-' ? -1n : 1n);
    if (typeof value === 'bigint') return value === stated;
    return typeof value === 'number' && value === Number(stated) && !comment.endsWith('n');
  }
  const literal = evaluate(comment);
  return literal !== undefined && isDeepStrictEqual(literal.value, value);
}

function squeeze(text: string): string {
  return text.replace(/\s+/g, ' ').trim();
}

/** The value of a comment that is an expression; most prose is not. */
function evaluate(comment: string): { readonly value: unknown } | undefined {
  try {
    return { value: runInThisContext(`(${comment})`) as unknown };
  } catch {
    return undefined;
  }
}
