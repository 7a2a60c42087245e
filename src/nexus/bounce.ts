/**
 * Bounce pages: memory the device can reach, standing in for memory it cannot.
 *
 * A page of the object has a slot in the bounce buffer, of as many bytes. Where each page is
 * bounced by itself the slot is a page; where the whole object is, slots follow one another from
 * anywhere. Nothing keeps page and slot equal: bytes move when a window becomes current, when it
 * ends, and when the driver synchronises, and only then.
 */
import type { RunWish } from '../machine/frames.js';
import type { Machine } from '../machine/machine.js';
import { pageBytes, pageShift } from '../machine/store.js';
import type { Limits } from './attr.js';
import { type DmaObject, frameOf } from './object.js';

/** Most bounce pages a binding is given, in bytes (dma_max_copybuf_size: 1 MiB and a page). */
export const maxBounceBytes = 0x101000;

/** What fresh bounce pages are filled with. */
const freshByte = 0xcb;

/** The bounce buffer of a binding. */
export interface BounceBuffer {
  /** Kernel address. */
  readonly va: number;
  /** Whole pages, in bytes. */
  readonly bytes: number;
  /** The range of memory it came from, where the kernel has named ranges. */
  readonly range: string | null;
}

/** Where bounce pages must lie: frames, inclusive. */
export interface FrameBounds {
  readonly lo: number;
  readonly hi: number;
}

/** The pages a device can reach all of: the rest of a page belongs to somebody else. */
export function reachableFrames(limits: Limits): FrameBounds {
  return {
    lo: limits.loOff === 0 ? limits.loFrame : limits.loFrame + 1,
    hi: limits.hiOff === pageBytes - 1 ? limits.hiFrame : limits.hiFrame - 1,
  };
}

/** Bounce pages wherever the bounds allow; `null` when there are none free. */
export function takeBouncePages(
  machine: Machine,
  bytes: number,
  bounds: FrameBounds,
  range: string | null,
): BounceBuffer | null {
  if (machine.faults.fails('bounce pages')) return null;
  const pfns = machine.frames.take(bytes / pageBytes, bounds.lo, bounds.hi);
  return pfns === null ? null : mapped(machine, pfns, range);
}

/** Bounce pages in one contiguous run; `null` when none as wished is free. */
export function takeBounceRun(machine: Machine, wish: RunWish): BounceBuffer | null {
  if (machine.faults.fails('bounce pages')) return null;
  const first = machine.frames.takeRun(wish);
  if (first < 0) return null;
  const pfns = Array.from({ length: wish.count }, (_, i) => first + i);
  return mapped(machine, pfns, null);
}

/** Gives a bounce buffer back. */
export function freeBounce(machine: Machine, buffer: BounceBuffer): void {
  machine.kmem.unmapPages(buffer.va, buffer.bytes / pageBytes);
  machine.budget.give('bounce bytes', buffer.bytes);
}

/** The frame at `slot` bytes into a bounce buffer. */
export function bounceFrame(machine: Machine, buffer: BounceBuffer, slot: number): number {
  return machine.pages.pfn[(buffer.va + slot) >>> pageShift] ?? -1;
}

/**
 * Moves bytes between an object and its bounce pages, where it has any.
 *
 * @param pageMap - slot by page of the object; -1 where the page is not bounced
 * @param from - first byte, from the start of the object
 * @param len - bytes
 * @param toBounce - the direction: to the device's side, or back
 */
export function moveBounced(
  machine: Machine,
  object: DmaObject,
  buffer: BounceBuffer,
  pageMap: Float64Array,
  from: number,
  len: number,
  toBounce: boolean,
): void {
  const { bytes } = machine.store;
  let at = object.off + from;
  let left = len;
  while (left > 0) {
    const page = at >>> pageShift;
    const inPage = at & (pageBytes - 1);
    const n = Math.min(left, pageBytes - inPage);
    const slot = pageMap[page] ?? -1;
    const home = machine.pages.homeOf(frameOf(object, page));
    if (slot >= 0 && home >= 0) {
      const mine = (home << pageShift) + inPage;
      const theirs = buffer.va + slot + inPage;
      if (toBounce) bytes.copyWithin(theirs, mine, mine + n);
      else bytes.copyWithin(mine, theirs, theirs + n);
    }
    at += n;
    left -= n;
  }
}

function mapped(
  machine: Machine,
  pfns: readonly number[],
  range: string | null,
): BounceBuffer | null {
  const size = pfns.length * pageBytes;
  const granted = machine.budget.take('bounce bytes', size);
  const va = granted ? machine.kmem.mapPages(pfns, 'dma', 'cached', pageBytes) : -1;
  if (va < 0) {
    if (granted) machine.budget.give('bounce bytes', size);
    for (const pfn of pfns) machine.frames.release(pfn);
    return null;
  }
  const bytes = pfns.length * pageBytes;
  // What fresh bounce pages hold is undefined; a byte of their own shows where they come from.
  machine.store.bytes.fill(freshByte, va, va + bytes);
  return { va, bytes, range };
}
