/**
 * Bound ranges: which kernel addresses devices are using, for whoever is about to free them.
 *
 * A range lies in a *bucket*: ranges up to 4 KiB in buckets of 4 KiB, up to 8 KiB in buckets of
 * 8 KiB, and so on, each by where it begins. So it reaches into the next bucket of its size at
 * most, and what overlaps a block is found in as many buckets as the block has pages, once for each
 * size in use: freeing a block visits its pages anyway.
 */
import { pageShift } from './store.js';

/** A stretch of kernel addresses. */
export interface BoundRange {
  readonly va: number;
  /** Bytes, at least 1. */
  readonly len: number;
}

/** Buckets of one size are numbered from here on: more than there are pages below 2^31. */
const sizeStride = 2 ** 20;

/** The ranges bound at present. */
export class BoundRanges {
  readonly #buckets = new Map<number, Set<BoundRange>>();
  /** How many ranges there are by the logarithm of their buckets' size. */
  readonly #counts = new Uint32Array(33);

  /** Takes a range in. */
  add(range: BoundRange): void {
    const key = keyOf(range);
    const bucket = this.#buckets.get(key);
    if (bucket === undefined) this.#buckets.set(key, new Set([range]));
    else bucket.add(range);
    this.#count(range, 1);
  }

  /** Takes out what was taken in; anything else is left alone. */
  remove(range: BoundRange): void {
    const key = keyOf(range);
    const bucket = this.#buckets.get(key);
    if (bucket?.delete(range) !== true) return;
    if (bucket.size === 0) this.#buckets.delete(key);
    this.#count(range, -1);
  }

  /** Whether any range has a byte in `[start, end)`. */
  overlaps(start: number, end: number): boolean {
    for (let shift = pageShift; shift < this.#counts.length; shift++) {
      if (this.#counts[shift] === 0) continue;
      const last = shifted(end - 1, shift);
      for (let b = Math.max(0, shifted(start, shift) - 1); b <= last; b++) {
        const bucket = this.#buckets.get(shift * sizeStride + b);
        if (bucket === undefined) continue;
        for (const { va, len } of bucket) if (va < end && va + len > start) return true;
      }
    }
    return false;
  }

  /** Nothing is bound. */
  reset(): void {
    this.#buckets.clear();
    this.#counts.fill(0);
  }

  #count(range: BoundRange, by: 1 | -1): void {
    const shift = shiftOf(range);
    this.#counts[shift] = (this.#counts[shift] ?? 0) + by;
  }
}

function shiftOf({ len }: BoundRange): number {
  return Math.max(pageShift, 32 - Math.clz32(len - 1));
}

function keyOf(range: BoundRange): number {
  const shift = shiftOf(range);
  return shift * sizeStride + shifted(range.va, shift);
}

function shifted(address: number, shift: number): number {
  return Math.floor(address / 2 ** shift);
}
