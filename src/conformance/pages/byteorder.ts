/** Checks of swab(9F) and of the macros of byteorder.h. */
import { clause, type ClauseCheck } from '../clause.js';
import { type Width, widths } from '../endian.js';
import { hostBuffer } from '../rep-accessors.js';
import { pattern } from '../stock.js';
import type { Sut } from '../sut.js';
import { same } from '../that.js';

/** A value of each width, of which no two bytes are the same. */
const values: Readonly<Record<Width, bigint>> = {
  8: 0x11n,
  16: 0x1122n,
  32: 0x11223344n,
  64: 0x1122334455667788n,
};
/** The same with their bytes turned round. */
const turned: Readonly<Record<Width, bigint>> = {
  8: 0x11n,
  16: 0x2211n,
  32: 0x44332211n,
  64: 0x8877665544332211n,
};

/** Calls a macro of a width with a value, and gives its own as a bigint. */
function macro(sut: Sut, name: string, width: Width, value: bigint): bigint {
  const calls = sut.kernel as unknown as Readonly<Record<string, (x: unknown) => unknown>>;
  const call = calls[name];
  if (call === undefined) throw new Error(`there is no ${name}`);
  return BigInt(call(width === 64 ? value : Number(value)) as number | bigint);
}

/** Reads or writes memory by a macro. */
function access(sut: Sut, name: string, ...args: readonly unknown[]): unknown {
  const calls = sut.kernel as unknown as Readonly<
    Record<string, (...args: readonly unknown[]) => unknown>
  >;
  return calls[name]?.(...args);
}

/** Bytes swabbed from one place to another, at offsets of choice. */
function swabbed(sut: Sut, bytes: Uint8Array, from: number, to: number, count: number): Uint8Array {
  const [src, dst] = [hostBuffer(sut) + from, hostBuffer(sut) + to];
  sut.poke(src, bytes);
  sut.kernel.swab(src, dst, count);
  return sut.peek(dst, bytes.length);
}

const swabChecks: readonly ClauseCheck[] = [
  clause('swab.9f/DS-1', {}, (sut) => {
    const seen = swabbed(sut, Uint8Array.of(1, 2, 3, 4), 0, 0, 4);
    same(seen, Uint8Array.of(2, 1, 4, 3), 'two pairs');
  }),
  clause('swab.9f/DS-2', {}, (sut) => {
    const seen = swabbed(sut, Uint8Array.of(1, 2, 3, 4, 5), 0, 0, 5);
    same(seen, Uint8Array.of(2, 1, 4, 3, 0), 'of five bytes');
    same(swabbed(sut, Uint8Array.of(7), 0, 0, 1), Uint8Array.of(0), 'of one byte');
  }),
  clause('swab.9f/DS-3', {}, (sut) => {
    const at = hostBuffer(sut);
    const bytes = pattern(8, 2);
    sut.poke(at, bytes);
    sut.kernel.swab(at, at, 8);
    const wanted = Uint8Array.from({ length: 8 }, (_, i) => bytes[i ^ 1] ?? 0);
    same(sut.peek(at, 8), wanted, 'bytes swapped where they are');
  }),
  clause('swab.9f/NT-1', {}, (sut) => {
    for (const [from, to] of [
      [1, 0],
      [0, 1],
      [3, 5],
    ] as const) {
      const seen = swabbed(sut, Uint8Array.of(1, 2, 3, 4), from, to, 4);
      same(seen, Uint8Array.of(2, 1, 4, 3), `from an address plus ${from} to one plus ${to}`);
    }
  }),
];

const networks = [
  ['s', 16],
  ['l', 32],
  ['ll', 64],
] as const;

const macroChecks: readonly ClauseCheck[] = [
  clause('byteorder.h/BO-1', {}, (sut) => {
    for (const [letter, width] of networks) {
      const wanted = sut.endian === 'big' ? values[width] : turned[width];
      for (const name of [`hton${letter}`, `ntoh${letter}`]) {
        same(macro(sut, name, width, values[width]), wanted, name);
      }
    }
  }),
  clause('byteorder.h/BO-2', {}, (sut) => {
    for (const order of ['BE', 'LE'] as const) {
      const agrees = (order === 'BE') === (sut.endian === 'big');
      for (const width of widths) {
        const name = `${order}_${width}`;
        const there = macro(sut, name, width, values[width]);
        same(there, agrees ? values[width] : turned[width], name);
        same(macro(sut, name, width, there), values[width], `${name} twice`);
      }
    }
  }),
  clause('byteorder.h/BO-3', {}, (sut) => {
    const same16 = sut.endian === 'big' ? 'BE' : 'LE';
    same(macro(sut, `${same16}_16`, 16, 0x12345n), 0x2345n, 'a value cut to 16 bits');
    same(macro(sut, `${same16}_8`, 8, 0x123n), 0x23n, 'a value cut to 8 bits');
    same(macro(sut, 'BMASK_32', 32, 0x1_8000_0001n), 0x8000_0001n, 'a value cut to 32 bits');
    same(macro(sut, `${same16}_64`, 64, values[64]), values[64], '64 bits unchanged');
    for (const width of widths) {
      same(macro(sut, `BSWAP_${width}`, width, values[width]), turned[width], `BSWAP_${width}`);
    }
  }),
  clause('byteorder.h/BO-4', {}, (sut) => {
    const at = hostBuffer(sut) + 1;
    for (const order of ['BE', 'LE'] as const) {
      for (const width of widths) {
        const value = width === 64 ? values[width] : Number(values[width]);
        access(sut, `${order}_OUT${width}`, at, value);
        const first = sut.peek(at, 1)[0];
        same(first, order === 'BE' ? 0x11 : Number(values[width] & 0xffn), 'the first byte');
        same(
          access(sut, `${order}_IN${width}`, at),
          value,
          `${order}_IN${width} of an odd address`,
        );
      }
    }
  }),
  clause('byteorder.h/BO-5', {}, (sut) => {
    for (const width of [16, 32, 64] as const) {
      same(macro(sut, `ddi_swap${width}`, width, values[width]), turned[width], `ddi_swap${width}`);
    }
  }),
];

/** The checks. */
export const byteorderChecks: readonly ClauseCheck[] = [...swabChecks, ...macroChecks];
