/** One name for every family of accessors, so that a check can go over all of them. */
import { KM_NOSLEEP } from '../sys/constants.js';
import { endianModes, memory, orderOf, type Range, registers } from './accessors.js';
import type { Width } from './endian.js';
import { hostBytes } from './stock.js';
import type { RegisterAccess, Sut } from './sut.js';
import { that } from './that.js';

/** What a page calls its accessors: `ddi_get8`, `ddi_rep_get8`, `ddi_mem_get8` and so on. */
export type Family = '' | 'rep_' | 'mem_' | 'mem_rep_' | 'io_' | 'io_rep_';

/** Any accessor, to be called with whatever arguments its family takes. */
type AnyAccessor = (...args: readonly unknown[]) => unknown;

/** The register set of ports. */
export const ports = 3;

/** Widths a family has. */
export function widthsOf(family: Family): readonly Width[] {
  return family.startsWith('io_') ? [8, 16, 32] : [8, 16, 32, 64];
}

/**
 * The accessor of a name.
 *
 * @param sut - the system
 * @param family - what the page calls its accessors
 * @param op - which way
 * @param suffix - bits, or a letter
 */
export function accessor(
  sut: Sut,
  family: Family,
  op: 'get' | 'put',
  suffix: Width | 'b' | 'w' | 'l' | 'll',
): AnyAccessor {
  const calls = sut.ddi as unknown as Readonly<Record<string, AnyAccessor>>;
  const call = calls[`ddi_${family}${op}${suffix}`];
  if (call === undefined) throw new Error(`there is no ddi_${family}${op}${suffix}`);
  return call;
}

/** Data at a register, or in memory, and how the host's half of them is made. */
export interface Transfer {
  readonly family: Family;
  readonly width: Width;
  readonly range: Range;
  /** Bytes from the base of the range. */
  readonly off: number;
  readonly count: number;
  /** Absent for the families that have no flags. */
  readonly flags?: number;
}

/**
 * A repeated access.
 *
 * @param sut - the system
 * @param op - which way
 * @param t - what is moved
 * @param host - where the host has its data
 */
export function repeat(sut: Sut, op: 'get' | 'put', t: Transfer, host: unknown): void {
  const call = accessor(sut, t.family, op, t.width);
  const args = [t.range.handle, host, t.range.addr + t.off, t.count];
  call(...args, ...(t.flags === undefined ? [] : [t.flags]));
}

/**
 * What a device sees of accesses to one register set.
 *
 * @param op - which way
 * @param rnumber - the set
 * @param offs - of the data, in order
 * @param width - bits of each; 64 are two accesses of 32
 */
export function accessesOf(
  op: 'read' | 'write',
  rnumber: number,
  offs: readonly number[],
  width: Width,
): RegisterAccess[] {
  const bytes = Math.min(4, width / 8);
  const halves = width === 64 ? [0, 4] : [0];
  return offs.flatMap((off) => halves.map((h) => ({ op, rnumber, off: off + h, width: bytes })));
}

/**
 * The bytes that data of a device become on the host, each turned as a mode says.
 *
 * @param sut - the system
 * @param mode - the endian mode of the handle
 * @param bytes - as the device has them
 * @param width - bits of a datum
 */
export function onHost(sut: Sut, mode: number, bytes: Uint8Array, width: Width): Uint8Array {
  const size = width / 8;
  const little = orderOf(sut, mode) === 'little';
  const parts: Uint8Array[] = [];
  for (let i = 0; i < bytes.length; i += size) {
    const datum = bytes.slice(i, i + size);
    const value = (little ? datum.reverse() : datum).reduce((n, b) => (n << 8n) | BigInt(b), 0n);
    parts.push(hostBytes(sut, value, size));
  }
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}

/**
 * Kernel memory of 256 bytes, for the host's half.
 *
 * @param sut - the system
 */
export function hostBuffer(sut: Sut): number {
  const at = sut.kernel.kmem_zalloc(256, KM_NOSLEEP);
  that(typeof at === 'number', 'there is memory for the host');
  return at;
}

/**
 * What a family's accessors work on: registers, or ports where they are for ports.
 *
 * @param sut - the system
 * @param family - which
 * @param mode - the endian mode of the handle
 */
export function deviceOf(
  sut: Sut,
  family: Family,
  mode: number,
): { readonly range: Range; readonly rnumber: number } {
  const rnumber = family.startsWith('io_') ? ports : 1;
  return { range: registers(sut, mode, rnumber), rnumber };
}

/** A device's registers or ports under each endian mode. */
export type DeviceRanges = (mode: number) => ReturnType<typeof deviceOf>;

/**
 * What a family's accessors work on, mapped once under every mode: contexts that may access may not
 * all map.
 *
 * @param sut - the system
 * @param family - which
 */
export function devicesOf(sut: Sut, family: Family): DeviceRanges {
  const all = new Map(endianModes.map((mode) => [mode, deviceOf(sut, family, mode)]));
  return (mode) => all.get(mode) ?? deviceOf(sut, family, mode);
}

/**
 * A range whose handle has been freed.
 *
 * @param sut - the system
 */
export function freedRange(sut: Sut): Range {
  const range = memory(sut);
  sut.ddi.ddi_dma_mem_free(range.handle);
  return range;
}
