/** Checks of what the pages of accessors say together. */
import { DDI_DEV_AUTOINCR, DDI_DEV_NO_AUTOINCR } from '../../sys/constants-acc.js';
import { endianModes, get, memory, put, type Range, registers } from '../accessors.js';
import { clause, type ClauseCheck } from '../clause.js';
import { type Width, widths } from '../endian.js';
import { accessor, deviceOf, type Family, hostBuffer, repeat, widthsOf } from '../rep-accessors.js';
import { hostBytes, pattern } from '../stock.js';
import type { Sut } from '../sut.js';
import { good, same } from '../that.js';

const letters: Readonly<Record<Width, 'b' | 'w' | 'l' | 'll'>> = {
  8: 'b',
  16: 'w',
  32: 'l',
  64: 'll',
};
const families: readonly Family[] = ['', 'rep_', 'mem_', 'mem_rep_', 'io_', 'io_rep_'];

/** What was done to a device and what is there then, after something was done. */
function trail(sut: Sut, rnumber: number, fn: () => void): unknown {
  sut.device.fill(rnumber, 0, pattern(64, 5));
  sut.device.accesses();
  fn();
  return [sut.device.accesses(), sut.device.bytes(rnumber, 0, 64)];
}

/** A repeated access against the loop, on registers. */
function repeatedIsLoop(
  sut: Sut,
  op: 'get' | 'put',
  width: Width,
  flags: number,
  mode: number,
): void {
  const size = width / 8;
  const range = registers(sut, mode);
  const host = hostBuffer(sut);
  const t = { family: 'rep_', width, range, off: 16, count: 3, flags } as const;
  const step = flags === DDI_DEV_AUTOINCR ? size : 0;
  const data = pattern(3 * size, 9);
  const looped: number[] = [];
  const loop = trail(sut, 1, () => {
    for (let i = 0; i < 3; i++) {
      const at = 16 + i * step;
      if (op === 'get') looped.push(...hostBytes(sut, get(sut, width, range, at), size));
      else put(sut, width, range, numberOf(sut, data.slice(i * size, (i + 1) * size)), at);
    }
  });
  if (op === 'put') sut.poke(host, data);
  const rep = trail(sut, 1, () => {
    repeat(sut, op, t, host);
  });
  const what = `${op} of ${width} bits under mode ${mode}, flags ${flags}`;
  same(rep, loop, `what the device sees of a repeated ${what}`);
  if (op === 'get') {
    same(sut.peek(host, 3 * size), Uint8Array.from(looped), `what a repeated ${what} gives`);
  }
}

/** The number that bytes of the host are. */
function numberOf(sut: Sut, bytes: Uint8Array): bigint {
  const ordered = sut.endian === 'little' ? bytes.reverse() : bytes;
  return ordered.reduce((n, b) => (n << 8n) | BigInt(b), 0n);
}

/** An accessor under two names, on one device. */
function sameUnder(sut: Sut, a: readonly [Family, unknown], b: readonly [Family, unknown]): void {
  const [ofA, ofB] = [a, b].map(([family, suffix]) => outcome(sut, family, suffix as Width));
  const names = [a, b].map(([family, suffix]) => `ddi_${family}..${String(suffix)}`);
  same(ofA, ofB, `what ${names.join(' and ')} do`);
}

/** What an accessor does to a device and to the host, both ways. */
function outcome(sut: Sut, family: Family, suffix: Width | 'b' | 'w' | 'l' | 'll'): unknown {
  const { range, rnumber } = deviceOf(sut, 'io_', 0);
  const at = range.addr + 16;
  const host = hostBuffer(sut);
  sut.poke(host, pattern(64, 8));
  const rep = family.endsWith('rep_');
  // The family of ports has no flags: it never moves the device address.
  const flags = family === 'io_rep_' ? [] : [DDI_DEV_NO_AUTOINCR];
  let value: unknown;
  const reads = trail(sut, rnumber, () => {
    const call = accessor(sut, family, 'get', suffix);
    value = rep ? call(range.handle, host, at, 3, ...flags) : call(range.handle, at);
  });
  const got = sut.peek(host, 64);
  const writes = trail(sut, rnumber, () => {
    const call = accessor(sut, family, 'put', suffix);
    if (rep) call(range.handle, host, at, 3, ...flags);
    else call(range.handle, at, 0x5a);
  });
  return [String(value), reads, got, writes];
}

/** 64 bits are not for ports: they are compared on memory. */
function wideOutcome(sut: Sut, family: Family, suffix: 64 | 'll'): unknown {
  const { handle, addr }: Range = memory(sut);
  const host = hostBuffer(sut);
  sut.poke(host, pattern(64, 8));
  const rep = family.endsWith('rep_');
  const putting = accessor(sut, family, 'put', suffix);
  const getting = accessor(sut, family, 'get', suffix);
  if (rep) putting(handle, host, addr + 8, 3, DDI_DEV_AUTOINCR);
  else putting(handle, addr + 8, 0x1122334455667788n);
  const there = sut.peek(addr, 64).slice(8, 32);
  const value = rep
    ? getting(handle, host + 64, addr + 8, 3, DDI_DEV_AUTOINCR)
    : getting(handle, addr + 8);
  return [String(value), there, sut.peek(host, 96)];
}

/** The checks. */
export const accInterplayChecks: readonly ClauseCheck[] = [
  clause('interplay/AX-4', { cases: ['get', 'put'] }, (sut, kase) => {
    const op = kase === 'get' ? 'get' : 'put';
    for (const width of widths) {
      for (const flags of [DDI_DEV_AUTOINCR, DDI_DEV_NO_AUTOINCR]) {
        for (const mode of endianModes) repeatedIsLoop(sut, op, width, flags, mode);
      }
    }
  }),
  clause('interplay/AX-5', { cases: ['copy', 'zero'] }, (sut, kase) => {
    for (const mode of endianModes) {
      const [from, to] = [registers(sut, mode), registers(sut, 0)];
      for (const width of widths) {
        const size = width / 8;
        const at = (i: number): number => 8 + i * 2 * size;
        const loop = trail(sut, 1, () => {
          for (let i = 0; i < 2; i++) {
            const value = kase === 'zero' ? 0n : get(sut, width, from, 8 + i * size);
            put(sut, width, to, value, at(i));
          }
        });
        const { ddi_device_copy, ddi_device_zero } = sut.ddi;
        const call = trail(sut, 1, () => {
          const [a, b] = [from.addr + 8, to.addr + 8];
          const done =
            kase === 'zero'
              ? ddi_device_zero(to.handle, b, 2 * size, 2, size)
              : ddi_device_copy(from.handle, a, 1, to.handle, b, 2, 2 * size, size);
          good(done, `ddi_device_${kase}`);
        });
        same(call, loop, `a ${kase} of ${width} bits under mode ${mode}`);
      }
    }
  }),
  clause('interplay/AX-6', { cases: families }, (sut, kase) => {
    const family = families.find((f) => f === kase) ?? '';
    const now: Family = family.endsWith('rep_') ? 'rep_' : '';
    for (const width of widthsOf(family)) {
      if (width === 64) {
        const wanted = wideOutcome(sut, now, 64);
        same(wideOutcome(sut, family, 64), wanted, `what ddi_${family}get64 and its put do`);
        same(wideOutcome(sut, family, 'll'), wanted, `what ddi_${family}getll and its put do`);
        continue;
      }
      sameUnder(sut, [family, width], [now, width]);
      sameUnder(sut, [family, letters[width]], [now, width]);
    }
  }),
];
