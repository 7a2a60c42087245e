/**
 * The ranges of memory the kernel keeps for DMA (kmem_io): powers of two, each with an arena and
 * with caches of its own. A device gets memory from the largest range it reaches to the end of.
 */
import type { Machine } from '../machine/machine.js';
import { pageBytes } from '../machine/store.js';
import { Panic } from '../sys/errors.js';

/** A range: everything up to its limit. */
export interface KmemIoRange {
  readonly name: string;
  /** Where it begins, in frames; the kernel's own ranges all begin at 0. */
  readonly firstFrame: number;
  /** Last byte. */
  readonly limit: number;
  /** Whether it is there from boot on; the others are made when first asked for. */
  readonly initial: boolean;
}

const GiB = 2 ** 30;
const MiB = 2 ** 20;

const ranges: readonly (readonly [string, number, boolean])[] = [
  ['4P', 2 ** 52, true],
  ['64G', 64 * GiB, false],
  ['4G', 4 * GiB, true],
  ['2G', 2 * GiB, true],
  ['1G', GiB, false],
  ['512M', 512 * MiB, false],
  ['256M', 256 * MiB, false],
  ['128M', 128 * MiB, false],
  ['64M', 64 * MiB, false],
  ['32M', 32 * MiB, false],
  ['16M', 16 * MiB, true],
];

/** The ranges of a machine, largest first; the first is one that memory fills. */
export function kmemIoRanges(machine: Machine): readonly KmemIoRange[] {
  const bytes = (machine.frames.extent.hi + 1) * pageBytes;
  const all = ranges.map(([name, size, initial]) => ({
    name,
    firstFrame: 0,
    limit: size - 1,
    initial,
  }));
  const first = ranges.findIndex((_, i) => bytes > (ranges[i + 1]?.[1] ?? 0));
  return all.slice(first).map((range, i) => {
    if (i > 0) return range;
    // The first ends with memory, so that a device that reaches all of it can have any of it.
    return { ...range, limit: Math.max(bytes, 16 * MiB) - 1, initial: true };
  });
}

/**
 * The range for a device.
 *
 * @param addrHi - its highest address
 * @throws Panic when it does not even reach the smallest
 */
export function kmemIoRange(machine: Machine, addrHi: number): KmemIoRange {
  const found = kmemIoRanges(machine).find((range) => range.limit <= addrHi);
  if (found !== undefined) return found;
  const values = { dma_attr_addr_hi: addrHi };
  throw new Panic('kmem_io_index: invalid addr - must be at least 16m', values);
}
