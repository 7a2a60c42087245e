/** Numbers on a command line. */
import { UsageError } from './verb.js';

const units: Readonly<Record<string, bigint>> = {
  '': 1n,
  k: 1n << 10n,
  m: 1n << 20n,
  g: 1n << 30n,
};

/**
 * A whole number: decimal or 0x..., with K, M or G behind it for 2^10, 2^20, 2^30.
 *
 * @param option - the option it was given to, for the complaint
 * @param text - as given
 * @param lo - the least that is accepted
 * @param hi - the most
 * @throws UsageError when it is none, or out of range
 */
export function readBig(option: string, text: string, lo: bigint, hi: bigint): bigint {
  const [, minus, digits, unit = ''] = /^(-?)(0x[0-9a-f]+|\d+)([kmg]?)$/i.exec(text) ?? [];
  const scale = units[unit.toLowerCase()];
  if (digits !== undefined && digits.length <= digitsMax && scale !== undefined) {
    const value = BigInt(digits) * scale * (minus === '-' ? -1n : 1n);
    if (value >= lo && value <= hi) return value;
  }
  throw new UsageError(`${option} "${text}": a whole number from ${lo} to ${shown(hi)} is wanted`);
}

/** More digits than any number wanted has, leading zeroes included. */
const digitsMax = 40;

/**
 * {@link readBig} for numbers that are exact as such.
 *
 * @param option - the option it was given to
 * @param text - as given
 * @param lo - the least that is accepted
 * @param hi - the most
 */
export function readNumber(option: string, text: string, lo: number, hi: number): number {
  return Number(readBig(option, text, BigInt(lo), BigInt(hi)));
}

function shown(value: bigint): string {
  return value < 1n << 53n ? String(value) : `0x${value.toString(16)}`;
}
