/**
 * Checks of the repeated accessors: ddi_rep_get8(9F), ddi_rep_put8(9F), and the obsolete families
 * of memory and of I/O space, which say the same in fewer words.
 */
import { DDI_DEV_AUTOINCR, DDI_DEV_NO_AUTOINCR } from '../../sys/constants-acc.js';
import { endianModes, memory } from '../accessors.js';
import { clause, type ClauseCheck } from '../clause.js';
import type { Width } from '../endian.js';
import {
  accessesOf,
  deviceOf,
  type DeviceRanges,
  devicesOf,
  type Family,
  freedRange,
  hostBuffer,
  onHost,
  ports,
  repeat,
  type Transfer,
  widthsOf,
} from '../rep-accessors.js';
import { inEveryContext, misuse, pattern } from '../stock.js';
import type { Sut } from '../sut.js';
import { same } from '../that.js';

type Op = 'get' | 'put';
const seenAs = { get: 'read', put: 'write' } as const;
/** Where the accesses begin: a multiple of every width. */
const off = 24;
const count = 3;

/** What a family's calls take for flags. */
function flagsOf(family: Family, flags: number): { readonly flags?: number } {
  return family === 'io_rep_' ? {} : { flags };
}

/** Offsets of the data. */
function steps(width: Width, flags: number): number[] {
  const size = flags === DDI_DEV_AUTOINCR ? width / 8 : 0;
  return Array.from({ length: count }, (_, i) => off + i * size);
}

/** Which accesses a device sees under a flag. */
function accessesUnder(sut: Sut, family: Family, op: Op, flags: number): void {
  for (const width of widthsOf(family)) {
    const { range, rnumber } = deviceOf(sut, family, 0);
    const host = hostBuffer(sut);
    sut.device.accesses();
    repeat(sut, op, { family, width, range, off, count, ...flagsOf(family, flags) }, host);
    const wanted = accessesOf(seenAs[op], rnumber, steps(width, flags), width);
    same(sut.device.accesses(), wanted, `accesses of ${count} data of ${width} bits`);
  }
}

/** Data that arrive: on both sides, datum by datum, under every mode. */
function dataMove(
  sut: Sut,
  family: Family,
  op: Op,
  devices: DeviceRanges = devicesOf(sut, family),
): void {
  const flags = family === 'io_rep_' ? DDI_DEV_NO_AUTOINCR : DDI_DEV_AUTOINCR;
  const rnumber = family === 'io_rep_' ? ports : 1;
  for (const mode of endianModes) {
    for (const width of widthsOf(family)) {
      const size = width / 8;
      const { range } = devices(mode);
      const bytes = pattern(count * size, width + mode);
      const host = hostBuffer(sut);
      const t: Transfer = { family, width, range, off, count, ...flagsOf(family, flags) };
      const what = `${count} data of ${width} bits under mode ${mode}`;
      const moves = flags === DDI_DEV_AUTOINCR;
      if (op === 'get') {
        sut.device.fill(rnumber, off, bytes);
        repeat(sut, op, t, host);
        // Without a step every datum is the first.
        const each = moves ? bytes : repeated(bytes.slice(0, size));
        same(sut.peek(host, count * size), onHost(sut, mode, each, width), `${what}, on the host`);
        same(sut.peek(host + count * size, 8), new Uint8Array(8), `behind ${what}`);
      } else {
        sut.poke(host, onHost(sut, mode, bytes, width));
        repeat(sut, op, t, host);
        const last = moves ? bytes : bytes.slice(-size);
        same(sut.device.bytes(rnumber, off, last.length), last, `${what}, at the device`);
      }
    }
  }
}

function repeated(bytes: Uint8Array): Uint8Array {
  return Uint8Array.from(Array.from({ length: count }, () => [...bytes]).flat());
}

/** Moves between DMA memory and the host, both ways. */
function throughMemory(sut: Sut, family: Family): void {
  for (const width of widthsOf(family)) {
    const range = memory(sut);
    const bytes = pattern((count * width) / 8, width);
    const [from, to] = [hostBuffer(sut), hostBuffer(sut)];
    sut.poke(from, bytes);
    const t: Transfer = { family, width, range, off, count, flags: DDI_DEV_AUTOINCR };
    repeat(sut, 'put', t, from);
    same(sut.peek(range.addr + off, bytes.length), bytes, `${width} bits put into DMA memory`);
    repeat(sut, 'get', t, to);
    same(sut.peek(to, bytes.length), bytes, `${width} bits got from DMA memory`);
  }
}

/** A repeated access that may not be; nothing of the device or of the host may change. */
async function refuses(
  sut: Sut,
  op: Op,
  t: Transfer,
  host: number,
  what: string,
  clauses: readonly string[],
): Promise<void> {
  const before = sut.peek(host & ~7, 64);
  sut.device.accesses();
  await misuse(sut, what, clauses, () => {
    repeat(sut, op, t, host);
  });
  same(sut.device.accesses(), [], `what ${what} does to the device`);
  same(sut.peek(host & ~7, 64), before, `what ${what} leaves on the host`);
}

/** Which side of the call is not aligned. */
async function misaligned(
  sut: Sut,
  family: Family,
  op: Op,
  side: string,
  clauses: readonly string[],
): Promise<void> {
  for (const width of widthsOf(family).filter((w) => w > 8)) {
    const odd = width / 16;
    const host = hostBuffer(sut);
    const { range } = deviceOf(sut, family, 0);
    const t: Transfer = { family, width, range, off, count, ...flagsOf(family, DDI_DEV_AUTOINCR) };
    const reported = sut.findings().length;
    repeat(sut, op, t, host);
    same(sut.findings().length, reported, 'findings when both sides are aligned');
    const wrong = side === 'host_addr' ? t : { ...t, off: off + odd };
    const at = side === 'host_addr' ? host + odd : host;
    await refuses(sut, op, wrong, at, `a misaligned ${side} of ${width} bits`, clauses);
  }
}

async function freed(sut: Sut, family: Family, op: Op, clauses: readonly string[]): Promise<void> {
  const t = { family, off: 0, count, flags: DDI_DEV_AUTOINCR };
  for (const width of widthsOf(family)) {
    const host = hostBuffer(sut);
    const clause = [...clauses, 'ddi_dma_mem_free.9f/DS-2'];
    const range = freedRange(sut);
    await refuses(sut, op, { ...t, width, range }, host, 'a freed handle', clause);
  }
}

async function contexts(sut: Sut, family: Family, op: Op): Promise<void> {
  const devices = devicesOf(sut, family);
  await inEveryContext(sut, `ddi_${family}${op}`, () => {
    dataMove(sut, family, op, devices);
  });
}

/** The checks of ddi_rep_get8(9F) or ddi_rep_put8(9F). */
function ofRep(op: Op): ClauseCheck[] {
  const page = `ddi_rep_${op}8.9f`;
  const family = 'rep_';
  return [
    clause(`${page}/AR-1`, {}, (sut) => freed(sut, family, op, [`${page}/AR-1`])),
    clause(`${page}/AR-3`, { cases: ['host_addr', 'dev_addr'] }, (sut, side) =>
      misaligned(sut, family, op, side, [`${page}/AR-3`]),
    ),
    clause(`${page}/FL-1`, {}, (sut) => {
      accessesUnder(sut, family, op, DDI_DEV_AUTOINCR);
    }),
    clause(`${page}/FL-2`, {}, (sut) => {
      accessesUnder(sut, family, op, DDI_DEV_NO_AUTOINCR);
    }),
    clause(`${page}/DS-1`, {}, (sut) => {
      throughMemory(sut, family);
      accessesUnder(sut, family, op, DDI_DEV_AUTOINCR);
    }),
    clause(`${page}/DS-2`, {}, (sut) => {
      dataMove(sut, family, op);
    }),
    clause(`${page}/CX-1`, {}, (sut) => contexts(sut, family, op)),
  ];
}

/** The checks of ddi_mem_rep_get8(9F) or ddi_mem_rep_put8(9F). */
function ofMemory(op: Op): ClauseCheck[] {
  const page = `ddi_mem_rep_${op}8.9f`;
  const family = 'mem_rep_';
  return [
    clause(`${page}/AR-1`, { cases: ['host_addr', 'dev_addr'] }, (sut, side) =>
      misaligned(sut, family, op, side, [`${page}/AR-1`]),
    ),
    clause(`${page}/FL-1`, {}, (sut) => {
      accessesUnder(sut, family, op, DDI_DEV_AUTOINCR);
      accessesUnder(sut, family, op, DDI_DEV_NO_AUTOINCR);
    }),
    clause(`${page}/DS-1`, {}, (sut) => {
      throughMemory(sut, family);
      dataMove(sut, family, op);
    }),
    clause(`${page}/CX-1`, {}, (sut) => contexts(sut, family, op)),
  ];
}

/** The checks of ddi_io_rep_get8(9F) or ddi_io_rep_put8(9F). */
function ofPorts(op: Op): ClauseCheck[] {
  const page = `ddi_io_rep_${op}8.9f`;
  const family = 'io_rep_';
  return [
    clause(`${page}/AR-2`, {}, (sut) => misaligned(sut, family, op, 'host_addr', [`${page}/AR-2`])),
    clause(`${page}/DS-1`, {}, (sut) => {
      accessesUnder(sut, family, op, DDI_DEV_NO_AUTOINCR);
    }),
    clause(`${page}/DS-2`, {}, (sut) => {
      dataMove(sut, family, op);
    }),
    clause(`${page}/CX-1`, {}, (sut) => contexts(sut, family, op)),
  ];
}

/** The checks. */
export const repChecks: readonly ClauseCheck[] = [
  ...ofRep('get'),
  clause('ddi_rep_get8.9f/DS-3', {}, (sut) => {
    dataMove(sut, 'rep_', 'get');
  }),
  ...ofRep('put'),
  ...ofMemory('get'),
  ...ofMemory('put'),
  ...ofPorts('get'),
  ...ofPorts('put'),
];
