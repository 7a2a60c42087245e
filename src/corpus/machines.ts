/**
 * The machines a run can be made on: how much memory lies where, and in which order frames come.
 */
import type { RuleBookName } from '../sys/quirks.js';
import type { FrameLayout, MemoryRange } from '../machine/frames.js';

/** What a run is made of, besides the sets. */
export interface RunOptions {
  readonly platform: 'i86pc';
  /** The rule book. */
  readonly kernel: RuleBookName;
  readonly memory: MemoryName;
  readonly frames: FrameLayout;
  /** Decides everything that is left open. */
  readonly seed: number;
  /** Lengths up to 16 MiB, instead of 1 MiB. */
  readonly full: boolean;
}

/** The names of the memory maps. */
export const memoryNames = ['usual', 'small-low'] as const;
/** The name of a memory map. */
export type MemoryName = (typeof memoryNames)[number];

/** The names of the frame layouts, the one that chooses among the others first. */
export const frameNames = [
  'mixed',
  'contiguous',
  'scattered',
  'descending',
  'fragmented',
] as const satisfies readonly FrameLayout[];

const MiB = 1n << 20n;
const GiB = 1n << 30n;

/**
 * 7 MiB that every device reaches, and a little between each two limits drivers have: 4 GiB, 16
 * GiB, 32 GiB, 64 GiB and 1 TiB. Memory is asked of each range in turn, so that nearly all of what
 * a driver is handed lies out of reach of a device of 32 bits, and most of a device of 36.
 */
const smallLow: readonly MemoryRange[] = [
  { base: 1n * MiB, size: 7n * MiB },
  ...[4n, 16n, 32n, 48n, 64n, 256n, 1024n, 2048n].map((at) => ({
    base: at * GiB,
    size: 256n * MiB,
  })),
];

/**
 * The memory of a machine.
 *
 * @param name - the map
 * @returns its ranges; `null`: what the platform usually has
 */
export function memoryOf(name: MemoryName): readonly MemoryRange[] | null {
  return name === 'usual' ? null : smallLow;
}
