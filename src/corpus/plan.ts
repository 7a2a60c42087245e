/**
 * Which cases a set is put through: lengths around its own limits, two modes, two kinds of object.
 */
import type { ddi_dma_attr_t } from '../sys/types.js';

/** How memory is used: the choice of ddi_dma_mem_alloc(9F) FL-1 and FL-2. */
export type Mode = 'STREAMING' | 'CONSISTENT';
/** Where the object comes from: `ddi_dma_mem_alloc(9F)` or `kmem_alloc(9F)`. */
export type ObjectKind = 'dma' | 'kmem';

/** One case. */
export interface Case {
  readonly kind: ObjectKind;
  readonly mode: Mode;
  /** Bytes, a multiple of `dma_attr_granular`. */
  readonly length: number;
  /** For kernel memory: where in the allocation the object begins, before it is rounded up. */
  readonly oddOffset: number;
}

/** The page of every platform there is. */
export const PAGE = 4096;
/** Longest object of a usual run: keeps the whole corpus below ten seconds. */
export const LENGTH_MAX = 0x10_0000;
/** Longest object of a full run: the reach of a 24-bit counter, which many sets have. */
export const LENGTH_MAX_FULL = 0x100_0000;
/** Largest alignment kernel memory is rounded up to; the largest of any driver is 1 MiB. */
export const START_UNIT_MAX = 0x40_0000;
/** Entries of a list the driver of the engine has room for, and some to spare. */
const ENTRIES_MAX = 4096;
/** Distinct lengths a set is put through at least. */
export const LENGTHS_MIN = 6;

/**
 * The lengths for one set: 1, minxfer, a granule, a page, 64 KiB, what the counter, the segment
 * boundary and maxxfer hold, and one more than each; as many pages as the list has entries, and one
 * more; and ordinary ones until there are six.
 *
 * @param attr - the set
 * @param full - whether lengths up to 16 MiB count, instead of 1 MiB
 * @returns bytes, ascending, no two the same, each a multiple of granular
 */
export function lengthsFor(attr: ddi_dma_attr_t, full: boolean): readonly number[] {
  const granular = Math.max(attr.dma_attr_granular, 1);
  const most = Math.min(full ? LENGTH_MAX_FULL : LENGTH_MAX, longestList(attr));
  const lengths = new Set<number>();
  const add = (wish: bigint): void => {
    // ddi_dma_attr(9S) GR-4: every request of a driver is a multiple of granular.
    const length = Math.ceil(Number(wish) / granular) * granular;
    if (length > 0 && length <= most) lengths.add(length);
  };
  const limits = [attr.dma_attr_count_max, attr.dma_attr_seg, attr.dma_attr_maxxfer];
  const own = [1n, BigInt(attr.dma_attr_minxfer), BigInt(granular), BigInt(PAGE), 0x1_0000n];
  for (const wish of [...own, ...limits.flatMap((l) => [l, l + 1n])]) add(wish);
  // A list that is just full when every page stands alone, and one that is not enough.
  const { dma_attr_sgllen: sgllen } = attr;
  if (sgllen > 1) for (const n of [sgllen, sgllen + 1]) add(BigInt(n) * BigInt(PAGE));
  // Two, three, eight pages, and lengths that end in the middle of one.
  const page = BigInt(PAGE);
  const filler = [2n * page, page + 1n, 3n * page, 100n, 8n * page, 5n * page + BigInt(granular)];
  for (const wish of filler) {
    if (lengths.size >= LENGTHS_MIN) break;
    add(wish);
  }
  return [...lengths].sort((a, b) => a - b);
}

/** Bytes a list without end holds when the driver of the engine stops at `ENTRIES_MAX`. */
function longestList(attr: ddi_dma_attr_t): number {
  const { dma_attr_sgllen: sgllen, dma_attr_count_max: counter, dma_attr_seg: seg } = attr;
  if (sgllen >= 0 && sgllen <= ENTRIES_MAX) return Infinity;
  return (Number(counter < seg ? counter : seg) + 1) * ENTRIES_MAX;
}

/**
 * The cases of one set.
 *
 * @param attr - the set
 * @param seed - seed of the odd offsets
 * @param full - as for {@link lengthsFor}
 */
export function casesFor(attr: ddi_dma_attr_t, seed: number, full: boolean): readonly Case[] {
  const cases: Case[] = [];
  const next = oddOffsets(seed);
  // Kernel memory cannot be made to begin at such an address.
  const placeable = startUnit(attr) <= START_UNIT_MAX;
  for (const mode of ['STREAMING', 'CONSISTENT'] as const) {
    for (const length of lengthsFor(attr, full)) {
      cases.push({ kind: 'dma', mode, length, oddOffset: 0 });
      if (placeable) cases.push({ kind: 'kmem', mode, length, oddOffset: next() });
    }
  }
  return cases;
}

/**
 * Where a driver that respects its own attributes lets an object begin.
 *
 * @param start - the first address that is free
 * @param attr - the set
 * @returns the first address from there on that is a multiple of align and of granular
 */
export function roundedStart(start: number, attr: ddi_dma_attr_t): number {
  // ddi_dma_attr(9S) AL-3: a buffer that is bound has to be as well aligned as an allocated one.
  const unit = startUnit(attr);
  return Math.ceil(start / unit) * unit;
}

/** What {@link roundedStart} rounds to, in bytes. */
export function startUnit(attr: ddi_dma_attr_t): number {
  const align = Math.max(Number(attr.dma_attr_align), 1);
  const granular = Math.max(attr.dma_attr_granular, 1);
  let a = align;
  let b = granular;
  while (b !== 0) [a, b] = [b, a % b];
  return (align / a) * granular;
}

/** Odd numbers below a page, in an order a seed decides: a linear congruence of period 2^32. */
function oddOffsets(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (state >>> 20) | 1;
  };
}
