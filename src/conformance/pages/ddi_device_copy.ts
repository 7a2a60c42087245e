/** Checks of ddi_device_zero(9F) and ddi_device_copy(9F). */
import {
  DDI_NEVERSWAP_ACC,
  DDI_STRUCTURE_BE_ACC,
  DDI_STRUCTURE_LE_ACC,
} from '../../sys/constants.js';
import { memory, type Range, registers } from '../accessors.js';
import { clause, type ClauseCheck } from '../clause.js';
import { accessesOf, freedRange } from '../rep-accessors.js';
import type { Width } from '../endian.js';
import { inEveryContext, misuse, pattern } from '../stock.js';
import type { Sut } from '../sut.js';
import { bad, good, same } from '../that.js';

const zeroPage = 'ddi_device_zero.9f';
const copyPage = 'ddi_device_copy.9f';
const sizes = [1, 2, 4, 8] as const;
/** Where the accesses begin. */
const off = 64;

function zero(sut: Sut, range: Range, bytes: number, step: number, size: number) {
  return sut.ddi.ddi_device_zero(range.handle, range.addr + off, bytes, step, size);
}

/** One side of a copy: where it is and how far the next word is. */
type End = readonly [range: Range, step: number];

function copy(sut: Sut, [src, srcStep]: End, [dest, destStep]: End, bytes: number, size: number) {
  const from = src.addr + off;
  const to = dest.addr + off;
  const { ddi_device_copy } = sut.ddi;
  return ddi_device_copy(src.handle, from, srcStep, dest.handle, to, destStep, bytes, size);
}

/** Offsets of three words. */
function three(size: number, step: number): number[] {
  return [0, 1, 2].map((i) => off + i * step * size);
}

/** Three zero words, and what the device saw of them. */
function zeroesGo(sut: Sut, step: number, range = registers(sut)): void {
  for (const size of sizes) {
    sut.device.fill(1, 0, new Uint8Array(256).fill(0xee));
    sut.device.accesses();
    good(zero(sut, range, 3 * size, step, size), `zeroes of ${size} bytes, step ${step}`);
    const width = (8 * size) as Width;
    const wanted = accessesOf('write', 1, three(size, step), width);
    same(sut.device.accesses(), wanted, `writes of ${size} bytes, step ${step}`);
    for (const at of three(size, step)) {
      same(sut.device.bytes(1, at, size), new Uint8Array(size), `the word at ${at}`);
    }
  }
}

/** Three words copied between registers; what the device saw of either side. */
function wordsGo(sut: Sut, srcStep: number, destStep: number, range = registers(sut)): void {
  // The destination lies in another part of the set than the source.
  const dest: Range = { handle: range.handle, addr: range.addr + 1024 };
  for (const size of sizes) {
    const width = (8 * size) as Width;
    sut.device.fill(1, 0, pattern(256, size));
    sut.device.accesses();
    const what = `words of ${size} bytes, steps ${srcStep} and ${destStep}`;
    good(copy(sut, [range, srcStep], [dest, destStep], 3 * size, size), what);
    const to = three(size, destStep);
    const wanted = three(size, srcStep).flatMap((from, i) => [
      ...accessesOf('read', 1, [from], width),
      ...accessesOf('write', 1, [1024 + (to[i] ?? 0)], width),
    ]);
    same(sut.device.accesses(), wanted, `accesses of ${what}`);
  }
}

/** Both modes against both, with the bytes that come of it. */
function viewsAgree(sut: Sut): void {
  const modes = [DDI_NEVERSWAP_ACC, DDI_STRUCTURE_LE_ACC, DDI_STRUCTURE_BE_ACC];
  const big = (mode: number): boolean =>
    mode === DDI_STRUCTURE_BE_ACC || (mode === DDI_NEVERSWAP_ACC && sut.endian === 'big');
  for (const from of modes) {
    for (const to of modes) {
      for (const size of sizes) {
        const bytes = pattern(2 * size, size);
        sut.device.fill(1, off, bytes);
        const ends: readonly [End, End] = [
          [registers(sut, from), 1],
          [memoryEnd(sut, to), 1],
        ];
        good(copy(sut, ...ends, 2 * size, size), `copy from mode ${from} to mode ${to}`);
        const turned = [bytes.slice(0, size).reverse(), bytes.slice(size).reverse()];
        const wanted =
          big(from) === big(to) ? bytes : Uint8Array.from(turned.flatMap((part) => [...part]));
        const seen = sut.peek(ends[1][0].addr + off, 2 * size);
        same(seen, wanted, `words of ${size} bytes from mode ${from} to mode ${to}`);
      }
    }
  }
}

/** DMA memory whose words begin where the others do. */
function memoryEnd(sut: Sut, mode: number): Range {
  const { handle, addr } = memory(sut, mode);
  // The memory is of 64 bytes: its first stands for the one at `off`.
  return { handle, addr: addr - off };
}

const zeroChecks: readonly ClauseCheck[] = [
  clause(`${zeroPage}/AR-1`, {}, async (sut) => {
    good(zero(sut, registers(sut), 4, 1, 4), 'zero through a living handle');
    const { handle, addr } = freedRange(sut);
    await misuse(sut, 'zero through a freed handle', [`${zeroPage}/AR-1`], () =>
      sut.ddi.ddi_device_zero(handle, addr, 4, 1, 4),
    );
  }),
  clause(`${zeroPage}/AR-2`, { cases: ['0', '3', '16'] }, async (sut, size) => {
    const range = registers(sut);
    good(zero(sut, range, 48, 1, 4), 'zero with a size of the page');
    sut.device.accesses();
    await misuse(sut, `words of ${size} bytes`, [`${zeroPage}/AR-2`], () =>
      zero(sut, range, 48, 1, Number(size)),
    );
    same(sut.device.accesses(), [], `what words of ${size} bytes do`);
  }),
  clause(`${zeroPage}/DS-1`, {}, (sut) => {
    zeroesGo(sut, 1);
  }),
  clause(`${zeroPage}/DS-2`, {}, (sut) => {
    zeroesGo(sut, 0);
  }),
  clause(`${zeroPage}/DS-3`, {}, (sut) => {
    zeroesGo(sut, 2);
    const range = registers(sut);
    sut.device.fill(1, off, new Uint8Array(16).fill(0xee));
    good(zero(sut, range, 8, 2, 4), 'two words with a gap');
    same(sut.device.bytes(1, off + 4, 4), new Uint8Array(4).fill(0xee), 'the gap');
  }),
  clause(`${zeroPage}/DS-4`, {}, (sut) => {
    zeroesGo(sut, -1);
    zeroesGo(sut, -2);
  }),
  clause(`${zeroPage}/RV-1`, {}, (sut) => {
    const range = registers(sut);
    sut.device.fill(1, off, pattern(8, 1));
    good(zero(sut, range, 8, 1, 2), 'ddi_device_zero');
    same(sut.device.bytes(1, off, 8), new Uint8Array(8), 'what is there then');
  }),
  clause(`${zeroPage}/RV-2`, {}, (sut) => {
    const range = registers(sut);
    sut.device.accesses();
    bad(zero(sut, range, 6, 1, 4), 'DDI_FAILURE', '6 bytes in words of 4');
    same(sut.device.accesses(), [], 'what the device sees of it');
  }),
  clause(`${zeroPage}/CX-1`, {}, async (sut) => {
    const range = registers(sut);
    await inEveryContext(sut, 'ddi_device_zero', () => {
      zeroesGo(sut, 1, range);
    });
  }),
];

const copyChecks: readonly ClauseCheck[] = [
  clause(`${copyPage}/AR-1`, { cases: ['source', 'destination'] }, async (sut, side) => {
    const range = registers(sut);
    good(copy(sut, [range, 1], [range, 1], 8, 4), 'copy between living handles');
    const gone = freedRange(sut);
    const ends: readonly [End, End] =
      side === 'source'
        ? [
            [gone, 1],
            [range, 1],
          ]
        : [
            [range, 1],
            [gone, 1],
          ];
    sut.device.accesses();
    await misuse(sut, `a freed ${side}`, [`${copyPage}/AR-1`], () => copy(sut, ...ends, 8, 4));
    same(sut.device.accesses(), [], `what a freed ${side} does`);
  }),
  clause(`${copyPage}/AR-2`, { cases: ['0', '3', '16'] }, async (sut, size) => {
    const range = registers(sut);
    good(copy(sut, [range, 1], [range, 1], 48, 4), 'copy with a size of the page');
    sut.device.accesses();
    await misuse(sut, `words of ${size} bytes`, [`${copyPage}/AR-2`], () =>
      copy(sut, [range, 1], [range, 1], 48, Number(size)),
    );
    same(sut.device.accesses(), [], `what words of ${size} bytes do`);
  }),
  clause(`${copyPage}/DS-1`, {}, (sut) => {
    wordsGo(sut, 1, 1);
    sut.device.fill(1, off, pattern(16, 3));
    const range = registers(sut);
    const dest = memoryEnd(sut, 0);
    good(copy(sut, [range, 1], [dest, 1], 16, 4), 'copy into memory');
    same(sut.peek(dest.addr + off, 16), pattern(16, 3), 'what is there then');
  }),
  clause(`${copyPage}/DS-2`, {}, (sut) => {
    viewsAgree(sut);
  }),
  clause(`${copyPage}/DS-4`, {}, (sut) => {
    wordsGo(sut, 0, 1);
    wordsGo(sut, 1, 0);
  }),
  clause(`${copyPage}/DS-5`, {}, (sut) => {
    wordsGo(sut, 2, -1);
    wordsGo(sut, -2, 3);
  }),
  clause(`${copyPage}/RV-1`, {}, (sut) => {
    viewsAgree(sut);
  }),
  clause(`${copyPage}/RV-2`, {}, (sut) => {
    const range = registers(sut);
    sut.device.accesses();
    bad(copy(sut, [range, 1], [range, 1], 6, 4), 'DDI_FAILURE', '6 bytes in words of 4');
    same(sut.device.accesses(), [], 'what the device sees of it');
  }),
  clause(`${copyPage}/CX-1`, {}, async (sut) => {
    const range = registers(sut);
    await inEveryContext(sut, 'ddi_device_copy', () => {
      wordsGo(sut, 1, 1, range);
    });
  }),
];

/** The checks. */
export const deviceCopyChecks: readonly ClauseCheck[] = [...zeroChecks, ...copyChecks];
