/**
 * Page frames: which physical pages the machine has, and which are taken.
 *
 * 1. A *range* is a stretch of installed memory; a frame outside every range can be used only by
 *    name (`claim`), for memory mapped on frames a test or a recording dictates.
 * 2. A *layout* is the order in which frames are handed out when nothing but an address range was
 *    asked: contiguous, scattered, descending or fragmented. A driver must live with all four; the
 *    machine chooses one per request.
 * 3. A *run* is physically contiguous by request and is searched for first-fit from a moving hint.
 *
 * Frames are bits, so a machine with 32 GiB costs one megabyte.
 */
import { pageBytes } from './store.js';

/** Installed memory, in bytes; both multiples of the page size. */
export interface MemoryRange {
  readonly base: bigint;
  readonly size: bigint;
}

/** How frames follow one another. */
export const frameLayouts = ['contiguous', 'scattered', 'descending', 'fragmented'] as const;
/** The name of a layout; `mixed` chooses one for each request. */
export type FrameLayout = (typeof frameLayouts)[number] | 'mixed';

/** What a physically contiguous run must satisfy; frames, bounds inclusive. */
export interface RunWish {
  readonly count: number;
  readonly lo: number;
  readonly hi: number;
  /** The first frame is a multiple of this; a power of two. */
  readonly align: number;
  /** The run does not cross a multiple of this; 0: no such limit. */
  readonly nocross: number;
  /** Whether a run may begin with that frame, where the numbers above do not tell. */
  readonly fits?: (first: number) => boolean;
  /** What `fits` says repeats itself after so many frames: a multiple of `align` and `nocross`. */
  readonly period?: number;
}

interface Range {
  readonly first: number;
  readonly count: number;
  readonly used: Uint32Array;
  hint: number;
}

/** The page frames of a machine. */
export class Frames {
  readonly #ranges: Range[];
  readonly #claimed = new Set<number>();
  readonly #choose: (kind: string, n: number) => number;
  readonly #layout: FrameLayout;
  #inUse = 0;
  /** Told when a frame comes back, while somebody waits for one. */
  onRelease: (() => void) | null = null;

  constructor(
    memory: readonly MemoryRange[],
    layout: FrameLayout,
    choose: (kind: string, n: number) => number,
  ) {
    this.#ranges = memory.map(({ base, size }) => {
      const first = Number(base / BigInt(pageBytes));
      const count = Number(size / BigInt(pageBytes));
      return { first, count, used: new Uint32Array(Math.ceil(count / 32)), hint: 0 };
    });
    this.#layout = layout;
    this.#choose = choose;
  }

  /** Frames handed out at present, claimed ones included. */
  get inUse(): number {
    return this.#inUse;
  }

  /** Frames installed. */
  get total(): number {
    return this.#ranges.reduce((sum, r) => sum + r.count, 0);
  }

  /** Installed memory by where it lies, in pages. */
  get ranges(): readonly {
    readonly name: string;
    /** The first frame. */
    readonly first: number;
    readonly used: number;
    readonly count: number;
  }[] {
    return this.#ranges.map((r) => {
      const end = (r.first + r.count) * pageBytes;
      let used = 0;
      for (const word of r.used) if (word !== 0) used += ones(word);
      return {
        name: `memory below ${(end / 2 ** 20).toFixed(0)} MiB`,
        first: r.first,
        used,
        count: r.count,
      };
    });
  }

  /** The lowest and the highest installed frame. */
  get extent(): { readonly lo: number; readonly hi: number } {
    const los = this.#ranges.map((r) => r.first);
    const his = this.#ranges.map((r) => r.first + r.count - 1);
    return { lo: Math.min(...los), hi: Math.max(...his) };
  }

  /** Whether any installed frame lies in `[lo, hi]`. */
  any(lo: number, hi: number): boolean {
    return this.#ranges.some((r) => r.first <= hi && r.first + r.count - 1 >= lo);
  }

  /** Whether `pfn` is installed memory. */
  installed(pfn: number): boolean {
    return this.any(pfn, pfn);
  }

  /**
   * `count` frames in `[lo, hi]` in the machine's layout, in virtual order, or `null` when there
   * are not that many. Nothing is taken then.
   */
  take(count: number, lo: number, hi: number): number[] | null {
    const layout =
      this.#layout === 'mixed'
        ? (frameLayouts[this.#choose('frame layout', frameLayouts.length)] ?? 'contiguous')
        : this.#layout;
    const slots = this.#ranges.filter((r) => r.first <= hi && r.first + r.count - 1 >= lo);
    if (slots.length === 0) return null;
    // Each range is as likely as the next, whatever its size: a driver must be ready for memory
    // below 16 MiB as well as above 4 GiB, and most of a large machine lies above.
    let turn = this.#choose('frame range', slots.length);
    let random = this.#choose('frame seed', 0x10000) * 2654435761 + 1;
    const taken: number[] = [];
    while (taken.length < count) {
      const left = count - taken.length;
      random = (Math.imul(random, 1664525) + 1013904223) >>> 0;
      const got = this.#some(slots, turn, layout, left, lo, hi, random, taken.at(-1));
      if (got < 0) {
        // The range is used up; the next one may have frames left.
        slots.splice(turn, 1);
        if (slots.length === 0) {
          for (const pfn of taken) this.release(pfn);
          return null;
        }
        turn %= slots.length;
        continue;
      }
      taken.push(got);
    }
    return taken;
  }

  /** The first frame of a free run, taken, or -1. */
  takeRun(wish: RunWish): number {
    const first = this.#choose('run range', this.#ranges.length);
    for (let i = 0; i < this.#ranges.length; i++) {
      const r = this.#ranges[(first + i) % this.#ranges.length];
      if (r === undefined) continue;
      const lo = Math.max(wish.lo - r.first, 0);
      const hi = Math.min(wish.hi - r.first, r.count - 1);
      const start = Math.max(lo, Math.min(r.hint, hi));
      // From the hint to the end, then once more from the start: no placement is missed.
      let at = this.#findRun(r, wish, start, hi);
      if (at < 0 && start > lo) at = this.#findRun(r, wish, lo, hi);
      if (at < 0) continue;
      for (let k = 0; k < wish.count; k++) setBit(r.used, at + k);
      this.#inUse += wish.count;
      // One frame is left out after a run, so that two allocations never happen to be neighbours.
      r.hint = at + wish.count + 1;
      return r.first + at;
    }
    return -1;
  }

  /** Installed frames in `[lo, hi]`, taken or not. */
  count(lo: number, hi: number): number {
    return this.#ranges.reduce((sum, r) => {
      const last = Math.min(hi, r.first + r.count - 1);
      return sum + Math.max(0, last - Math.max(lo, r.first) + 1);
    }, 0);
  }

  /**
   * Whether there would be a run as wished if nothing at all were taken.
   *
   * @param but - frames that would be taken all the same, ascending
   */
  couldHold(wish: RunWish, but: readonly number[] = []): boolean {
    return this.#ranges.some((r) => {
      const end = Math.min(wish.hi, r.first + r.count - 1);
      let from = Math.max(wish.lo, r.first);
      for (const pfn of but) {
        if (pfn < from) continue;
        if (pfn > end) break;
        if (holds(wish, from, pfn - 1)) return true;
        from = pfn + 1;
      }
      return holds(wish, from, end);
    });
  }

  /** Takes the frame named, installed or not; false when it is taken already. */
  claim(pfn: number): boolean {
    const r = this.#rangeOf(pfn);
    if (r === undefined) {
      if (this.#claimed.has(pfn)) return false;
      this.#claimed.add(pfn);
    } else {
      if (getBit(r.used, pfn - r.first)) return false;
      setBit(r.used, pfn - r.first);
    }
    this.#inUse++;
    return true;
  }

  /** All frames free again. */
  reset(): void {
    for (const r of this.#ranges) {
      r.used.fill(0);
      r.hint = 0;
    }
    this.#claimed.clear();
    this.#inUse = 0;
    this.onRelease = null;
  }

  /** Gives a frame back. */
  release(pfn: number): void {
    const r = this.#rangeOf(pfn);
    if (r === undefined) this.#claimed.delete(pfn);
    else clearBit(r.used, pfn - r.first);
    this.#inUse--;
    if (this.onRelease !== null) this.onRelease();
  }

  #rangeOf(pfn: number): Range | undefined {
    return this.#ranges.find((r) => pfn >= r.first && pfn < r.first + r.count);
  }

  /** One more frame in the layout, taken, or -1 when the range has none left in `[lo, hi]`. */
  #some(
    slots: readonly Range[],
    turn: number,
    layout: FrameLayout,
    left: number,
    lo: number,
    hi: number,
    random: number,
    last: number | undefined,
  ): number {
    const r = slots[turn];
    if (r === undefined) return -1;
    const from = Math.max(lo - r.first, 0);
    const to = Math.min(hi - r.first, r.count - 1);
    const span = to - from + 1;
    const inside = last !== undefined && last >= r.first + from && last <= r.first + to;
    const jump = from + Math.floor((random / 0x100000000) * span);
    let want: number;
    if (!inside) {
      // A descending list starts high enough to go down.
      want = layout === 'descending' ? Math.min(to, Math.max(jump, from + left)) : jump;
      if (layout === 'contiguous') want = Math.max(from, Math.min(jump, to - left));
    } else if (layout === 'contiguous') want = last - r.first + 1;
    else if (layout === 'descending') want = last - r.first - 1;
    else if (layout === 'fragmented') want = (random & 3) === 0 ? jump : last - r.first + 1;
    else want = jump;
    if (want < from || want > to) want = from;
    // A scattered frame must not continue the one before it by chance.
    if (layout === 'scattered' && inside && want === last - r.first + 1) want++;
    let at = nextClear(r.used, want, to);
    if (at < 0) at = nextClear(r.used, from, to);
    if (at < 0) return -1;
    setBit(r.used, at);
    this.#inUse++;
    return r.first + at;
  }

  #findRun(r: Range, wish: RunWish, lo: number, hi: number): number {
    if (wish.nocross > 0 && wish.count > wish.nocross) return -1;
    let at = lo;
    for (;;) {
      at = nextClear(r.used, at, hi);
      if (at < 0) return -1;
      const pfn = Math.ceil((r.first + at) / wish.align) * wish.align;
      const into = wish.nocross > 0 ? pfn - Math.floor(pfn / wish.nocross) * wish.nocross : 0;
      if (wish.nocross > 0 && into + wish.count > wish.nocross) {
        // Go on behind the boundary; aligned anew, the run may meet the next one.
        at = pfn + wish.nocross - into - r.first;
        continue;
      }
      at = pfn - r.first;
      if (at + wish.count - 1 > hi) return -1;
      if (wish.fits !== undefined && !wish.fits(pfn)) {
        at++;
        continue;
      }
      const taken = nextSet(r.used, at, at + wish.count - 1);
      if (taken < 0) return at;
      at = taken + 1;
    }
  }
}

/** Whether a run as wished lies in free frames, `[from, to]`. */
function holds(wish: RunWish, from: number, to: number): boolean {
  const { count, align, nocross, fits, period = Infinity } = wish;
  if (nocross > 0 && count > nocross) return false;
  let at = Math.ceil(from / align) * align;
  const end = Math.min(to - count + 1, at + period - 1);
  while (at <= end) {
    const into = nocross > 0 ? at % nocross : 0;
    if (nocross > 0 && into + count > nocross) {
      // Aligned anew behind a boundary, a run may meet the next one.
      at = Math.ceil((at + nocross - into) / align) * align;
      continue;
    }
    if (fits === undefined || fits(at)) return true;
    at += align;
  }
  return false;
}

function ones(word: number): number {
  let count = 0;
  for (let w = word; w !== 0; w &= w - 1) count++;
  return count;
}

function getBit(bits: Uint32Array, i: number): boolean {
  return (((bits[i >>> 5] ?? 0) >>> (i & 31)) & 1) === 1;
}

function setBit(bits: Uint32Array, i: number): void {
  bits[i >>> 5] = (bits[i >>> 5] ?? 0) | (1 << (i & 31));
}

function clearBit(bits: Uint32Array, i: number): void {
  bits[i >>> 5] = (bits[i >>> 5] ?? 0) & ~(1 << (i & 31));
}

/** The first clear bit in `[from, to]`, or -1. */
function nextClear(bits: Uint32Array, from: number, to: number): number {
  let i = from;
  while (i <= to) {
    const free = ~((bits[i >>> 5] ?? 0) | ((1 << (i & 31)) - 1));
    if (free !== 0) {
      const at = (i & ~31) + 31 - Math.clz32(free & -free);
      return at <= to ? at : -1;
    }
    i = (i & ~31) + 32;
  }
  return -1;
}

/** The first set bit in `[from, to]`, or -1. */
function nextSet(bits: Uint32Array, from: number, to: number): number {
  let i = from;
  while (i <= to) {
    const set = (bits[i >>> 5] ?? 0) & ~((1 << (i & 31)) - 1);
    if (set !== 0) {
      const at = (i & ~31) + 31 - Math.clz32(set & -set);
      return at <= to ? at : -1;
    }
    i = (i & ~31) + 32;
  }
  return -1;
}
