/** Checks of the obsolete single accessors: ddi_mem_get8(9F), ddi_io_get8(9F) and their puts. */
import { endianModes, memory, orderOf } from '../accessors.js';
import { clause, type ClauseCheck } from '../clause.js';
import { endianRow, registerBytes, type Width } from '../endian.js';
import {
  accessesOf,
  accessor,
  deviceOf,
  type DeviceRanges,
  devicesOf,
  type Family,
  freedRange,
  ports,
  widthsOf,
} from '../rep-accessors.js';
import type { Range } from '../accessors.js';
import { inEveryContext, misuse } from '../stock.js';
import type { Sut } from '../sut.js';
import { same } from '../that.js';

type Op = 'get' | 'put';
type Old = 'mem_' | 'io_';

/** Reads, whatever the width, as a bigint. */
function load(sut: Sut, family: Family, width: Width, range: Range, off = 0): bigint {
  const value = accessor(sut, family, 'get', width)(range.handle, range.addr + off);
  return BigInt(value as number | bigint);
}

/** Writes. */
function store(sut: Sut, family: Family, width: Width, range: Range, value: bigint, off = 0): void {
  const datum = width === 64 ? value : Number(value);
  accessor(sut, family, 'put', width)(range.handle, range.addr + off, datum);
}

/** The endian matrix, through registers or ports. */
function matrix(
  sut: Sut,
  family: Old,
  op: Op,
  devices: DeviceRanges = devicesOf(sut, family),
): void {
  for (const mode of endianModes) {
    const { range, rnumber } = devices(mode);
    for (const width of widthsOf(family)) {
      const wanted = endianRow(orderOf(sut, mode))[width];
      if (op === 'get') {
        sut.device.fill(rnumber, 0, registerBytes);
        same(load(sut, family, width, range), wanted, `${width} bits under mode ${mode}`);
      } else {
        sut.device.fill(rnumber, 0, new Uint8Array(8));
        store(sut, family, width, range, wanted);
        const bytes = registerBytes.slice(0, width / 8);
        same(sut.device.bytes(rnumber, 0, width / 8), bytes, `${width} bits under mode ${mode}`);
      }
    }
  }
}

/** One access of the width named. */
function oneAccess(sut: Sut, family: Old, op: Op): void {
  const { range, rnumber } = deviceOf(sut, family, 0);
  sut.device.accesses();
  for (const width of widthsOf(family)) {
    if (op === 'get') load(sut, family, width, range, 24);
    else store(sut, family, width, range, 1n, 24);
    const seen = op === 'get' ? 'read' : 'write';
    same(sut.device.accesses(), accessesOf(seen, rnumber, [24], width), `a ${op} of ${width} bits`);
  }
}

/** DMA memory, written and read back. */
function throughMemory(sut: Sut, family: Old): void {
  const range = memory(sut);
  for (const width of widthsOf(family)) {
    const value = endianRow(sut.endian)[width];
    store(sut, family, width, range, value, 8);
    const bytes = registerBytes.slice(0, width / 8);
    same(sut.peek(range.addr + 8, width / 8), bytes, `${width} bits in DMA memory`);
    same(load(sut, family, width, range, 8), value, `${width} bits read back`);
  }
}

function checksOf(family: Old, op: Op): ClauseCheck[] {
  const page = `ddi_${family}${op}8.9f`;
  return [
    // A system that has panicked is asked nothing more: a width, a system.
    clause(`${page}/AR-1`, { cases: widthsOf(family).map(String) }, async (sut, kase) => {
      const width = widthsOf(family).find((w) => String(w) === kase) ?? 8;
      const range = freedRange(sut);
      const clauses = [`${page}/AR-1`, 'ddi_dma_mem_free.9f/DS-2'];
      await misuse(sut, `a ${op} of ${width} bits through a freed handle`, clauses, () => {
        if (op === 'get') load(sut, family, width, range);
        else store(sut, family, width, range, 1n);
      });
    }),
    clause(`${page}/DS-1`, {}, (sut) => {
      oneAccess(sut, family, op);
      if (family === 'mem_') throughMemory(sut, family);
    }),
    clause(`${page}/DS-2`, {}, (sut) => {
      matrix(sut, family, op);
    }),
    clause(`${page}/CX-1`, {}, async (sut) => {
      const devices = devicesOf(sut, family);
      await inEveryContext(sut, `ddi_${family}${op}`, () => {
        matrix(sut, family, op, devices);
      });
    }),
  ];
}

/** The checks. */
export const aliasChecks: readonly ClauseCheck[] = [
  ...checksOf('mem_', 'get'),
  ...checksOf('mem_', 'put'),
  ...checksOf('io_', 'get'),
  clause('ddi_io_get8.9f/DS-3', {}, async (sut) => {
    // No call of the family moves 64 bits; those of others may not move them here.
    const { range } = deviceOf(sut, 'io_', 0);
    sut.device.accesses();
    for (const family of ['', 'mem_'] as const) {
      await misuse(sut, '64 bits read from I/O space', ['ddi_io_get8.9f/DS-3'], () => {
        load(sut, family, 64, range);
      });
      await misuse(sut, '64 bits written to I/O space', ['ddi_io_get8.9f/DS-3'], () => {
        store(sut, family, 64, range, 1n);
      });
    }
    same(sut.device.accesses(), [], `what the ports of set ${ports} see of it`);
  }),
  ...checksOf('io_', 'put'),
];
