/**
 * ARENAS: constrained allocation of ranges of integers.
 *
 * 1. The nouns
 *
 *    A unit is one integer. An arena deals in units and knows nothing of what they number: bytes
 *    of memory, slots of a table, bus addresses. Units run from 0 to 2^53, as far as a float64
 *    counts without gaps.
 *
 *    The quantum is the arena's grain, a power of two. Every boundary inside an arena is a multiple
 *    of it.
 *
 *    A span is a range the arena was given with `add`. Spans never overlap and are never joined,
 *    not even when they touch: they may be as different as two banks of memory.
 *
 *    A segment is a part of a span, allocated or free. The segments of a span cover it without gap
 *    or overlap, in address order. Two free ones are never neighbours.
 *
 *    The extent of a segment is the units it covers, a multiple of the quantum; its asked size is
 *    what the caller wanted, which its extent rounds up. Free takes the asked size.
 *
 * 2. The structures
 *
 *    Every segment is linked with its neighbours in the span (boundary tags), so that cutting and
 *    joining touch two records and search nothing. A free one is also in the list of its size class
 *    (segments.ts), an allocated one in a hash (allocated.ts): always in exactly one of the two.
 *
 * 3. Allocation without constraints: instant fit
 *
 *    (1) The first list with members, all of which are surely long enough: its head. One segment is
 *        examined and no list is walked.
 *    (2) There is none: the list of the size itself, whose members may be long enough, is walked.
 *        This is a full walk in the statistics.
 *
 *    Guarantee: `alloc` fails only if no free segment is as long as the rounded size. It does not
 *    promise the best fit: a segment may fit that is shorter than the one taken, by less than 1/32
 *    of it, or because it is less than 1/32 longer than the request.
 *
 * 4. Allocation with constraints (constraints.ts says what a placement is)
 *
 *    (1) The head that instant fit would take, if it happens to have a placement. What an equal
 *        request gave back lies there, so equal requests do not wear the arena down.
 *    (2) The head of the first list whose members are so long that any has a placement: the search
 *        asks for align - quantum more, with nocross for as much as is needed.
 *    (3) A full walk: every list from that of the size itself on, until a segment has a placement.
 *        Only min and max lead here while longer segments are left, since no list is sorted by
 *        address; who needs a zone often gives it an arena of its own.
 *
 *    Guarantee: `xalloc` fails only if no free segment has a placement. It takes the lowest
 *    placement of the segment it chooses.
 *
 *    DEVIATION: the kernel's vmem_xalloc leaves out the list that (3) begins with whenever a later
 *    one has members, and so may fail, or import, although a segment fits. Here a failure is a fact
 *    about the free segments that a test can check, not one about the way they are listed.
 *
 * 5. What it costs
 *
 *    (1) and (2) of both searches, free, and the cutting and joining they entail take constant
 *    time. A full walk takes time in proportion to the free segments that may be long enough; it
 *    is the price of the guarantees, and the statistics count it. For `find` see allocated.ts.
 *
 * 6. What is not here
 *
 *    No importing from other arenas, no waiting and no quantum caches: who needs them builds them
 *    on an arena. No best, first or next fit. Nothing of this model is preempted inside an arena,
 *    hence no locks.
 *
 * 7. Failure
 *
 *    What a correct caller can meet (nothing fits) is -1. What only a wrong one can (a size of 0,
 *    constraints no address satisfies, freeing what is not allocated) is a Panic with all values,
 *    raised before anything has changed.
 */
import { Panic } from '../sys/errors.js';
import { AllocatedTable } from './allocated.js';
import {
  ADDRESS_END,
  Placement,
  NOWHERE,
  hex,
  isMultiple,
  isPowerOfTwo,
  isSize,
  isUnits,
  type Constraints,
} from './constraints.js';
import { NONE, NO_LIST, Segments } from './segments.js';

/** What an arena has done since it was made or reset. */
export interface ArenaStats {
  /** Allocations that succeeded. */
  readonly allocs: number;
  /** Segments freed. */
  readonly frees: number;
  /** Allocations that found nothing. */
  readonly fails: number;
  /** Allocations attempted. */
  readonly searches: number;
  /** Free segments looked at by all searches together. */
  readonly examined: number;
  /** Searches that had to walk lists. */
  readonly fullWalks: number;
}

/** A segment as `segments()` shows it. */
export interface SegmentView {
  /** First unit. */
  readonly base: number;
  /** Units covered: the extent. */
  readonly size: number;
  /** Whether somebody has it. */
  readonly kind: 'alloc' | 'free';
}

interface Span {
  readonly base: number;
  readonly end: number;
  /** The segment at `base`, whose id never changes. */
  first: number;
}

/** Allocates ranges of integers, at any alignment and between any bounds. */
export class Arena {
  /** What a Panic calls it. */
  readonly name: string;
  /** The grain, in units. */
  readonly quantum: number;
  /** 1 / quantum: multiplying is quicker than dividing, and as exact. */
  private readonly perQuantum: number;
  private readonly store = new Segments();
  private readonly table = new AllocatedTable(this.store);
  private readonly placement: Placement;
  /** In the order of their addition, which `reset` repeats. */
  private readonly spans: Span[] = [];
  /** The same, by address. */
  private readonly byAddress: Span[] = [];
  private units = 0;
  private asked = 0;
  private allocs = 0;
  private frees = 0;
  private fails = 0;
  private examined = 0;
  private fullWalks = 0;

  /**
   * Makes an arena without spans.
   *
   * @param name - what a Panic calls it
   * @param quantum - the grain, a power of two, in units
   * @throws Panic when the quantum is no power of two
   */
  constructor(name: string, quantum: number) {
    if (!isSize(quantum) || !isPowerOfTwo(quantum)) {
      throw new Panic(`vmem_create(${name}, quantum ${hex(quantum)}): not a power of two`, {
        arena: name,
        quantum,
      });
    }
    this.name = name;
    this.quantum = quantum;
    this.perQuantum = 1 / quantum;
    this.placement = new Placement(quantum);
  }

  /** Units asked for and not freed; what rounding adds is not counted. */
  get inUse(): number {
    return this.asked;
  }

  /** Units of all spans. */
  get total(): number {
    return this.units;
  }

  /** What the arena has done since it was made or reset, up to now. */
  get stats(): ArenaStats {
    const { allocs, frees, fails, examined, fullWalks } = this;
    return { allocs, frees, fails, searches: allocs + fails, examined, fullWalks };
  }

  /**
   * Gives the arena a span to allocate from.
   *
   * @param base - first unit, a multiple of the quantum
   * @param size - units, a multiple of the quantum
   * @throws Panic when misaligned, empty, beyond 2^53 or in part a span already
   */
  add(base: number, size: number): void {
    const end = base + size;
    const fault =
      !isUnits(base) || !isSize(size) || end > ADDRESS_END
        ? 'not a range of integers below 2^53'
        : !isMultiple(base, this.quantum) || !isMultiple(size, this.quantum)
          ? 'misaligned: not a multiple of the quantum'
          : this.byAddress.some((s) => base < s.end && s.base < end)
            ? 'overlaps a span of the arena'
            : undefined;
    if (fault !== undefined) throw this.panic('vmem_add', base, size, fault);
    const span = { base, end, first: this.store.span(base, size) };
    this.spans.push(span);
    this.byAddress.splice(this.spansBelow(base), 0, span);
    this.units += size;
  }

  /**
   * Allocates anywhere: instant fit.
   *
   * @param size - units, 1 or more; the next multiple of the quantum is consumed
   * @returns the first unit, a multiple of the quantum; -1 when no free segment is as long
   * @throws Panic when the size is no integer from 1 to 2^53
   */
  alloc(size: number): number {
    if (!isSize(size)) throw this.invalidSize(size);
    const { store } = this;
    const extent = this.extentOf(size);
    let id = store.surely(extent);
    if (id !== NONE) this.examined++;
    else id = this.longEnough(extent);
    if (id !== NONE) return this.take(id, store.base(id), extent, size);
    this.fails++;
    return NOWHERE;
  }

  /**
   * Allocates where the constraints allow.
   *
   * @param size - units, 1 or more; the next multiple of the quantum is consumed
   * @param c - the constraints; those absent or 0 do not constrain
   * @returns the first unit; -1 when no free segment has a place that satisfies them all
   * @throws Panic, with all values, when no address could satisfy them: see Constraints
   */
  xalloc(size: number, c: Constraints): number {
    const { store, placement } = this;
    placement.set(this.name, size, c);
    const extent = this.extentOf(size);
    let wanted = extent;
    let tried = NONE;
    // Steps (1) and (2) of the theory, which differ in what is wanted.
    for (let step = 1; step <= 2; step++) {
      const id = store.surely(wanted);
      if (id === NONE || id === tried) break;
      this.examined++;
      const at = placement.within(store.base(id), store.extent(id));
      if (at !== NOWHERE) return this.take(id, at, extent, size);
      tried = id;
      wanted = extent + placement.slack;
    }
    return this.walk(extent, size);
  }

  /**
   * Gives back an allocated segment.
   *
   * @param addr - what `alloc` or `xalloc` returned
   * @param size - what it was asked for, exactly
   * @throws Panic when nothing is allocated there ("bad free") or the size differs ("wrong size")
   */
  free(addr: number, size: number): void {
    const id = this.table.remove(addr, size);
    if (id === NONE) throw this.wrongFree(addr, size);
    this.store.release(id);
    this.asked -= size;
    this.frees++;
  }

  /**
   * Tells whether a range lies inside one span, allocated or not.
   *
   * @param addr - first unit
   * @param size - units; 0 asks whether `addr` is in a span or at its end
   * @returns false also for what is no range of integers
   * @remarks A binary search over the spans.
   */
  contains(addr: number, size: number): boolean {
    if (!isUnits(addr) || !isUnits(size)) return false;
    const span = this.byAddress[this.spansBelow(addr) - 1];
    return span !== undefined && size <= span.end - addr;
  }

  /**
   * Finds the allocated segment that contains an address.
   *
   * @param addr - any unit
   * @returns the segment with its asked size; undefined when the unit is free, outside every span,
   * or consumed only by rounding
   * @remarks Two hash look-ups for each power of two from the smallest to the largest size there
   * has been, whatever the number of segments (allocated.ts).
   */
  find(addr: number): { base: number; size: number } | undefined {
    const { store } = this;
    const id = isUnits(addr) ? this.table.containing(addr) : NONE;
    return id === NONE ? undefined : { base: store.base(id), size: store.asked(id) };
  }

  /**
   * Shows every segment in address order.
   *
   * @returns an iteration the arena must not be changed under
   */
  *segments(): Iterable<SegmentView> {
    const { store } = this;
    for (const { first } of this.byAddress) {
      for (let id = first; id !== NONE; id = store.upper(id)) {
        const kind = store.asked(id) === 0 ? 'free' : 'alloc';
        yield { base: store.base(id), size: store.extent(id), kind };
      }
    }
  }

  /**
   * Frees everything and zeroes the statistics; the spans stay.
   *
   * @remarks Afterwards the arena answers exactly as when the spans had just been added, so that a
   * machine that was reset repeats itself.
   */
  reset(): void {
    this.store.clear();
    this.table.clear();
    this.asked = this.allocs = this.frees = this.fails = this.examined = this.fullWalks = 0;
    for (const span of this.spans) span.first = this.store.span(span.base, span.end - span.base);
  }

  /** Allocates `extent` units at `at` out of a free segment that has them. */
  private take(id: number, at: number, extent: number, asked: number): number {
    const { store } = this;
    if (store.reserve()) this.table.grow();
    this.table.insert(store.claim(id, at, extent, asked));
    this.asked += asked;
    this.allocs++;
    return at;
  }

  /** Step (2) of instant fit: the list whose members may be long enough. */
  private longEnough(extent: number): number {
    const { store } = this;
    this.fullWalks++;
    for (let id = store.head(store.listOf(extent)); id !== NONE; id = store.next(id)) {
      this.examined++;
      if (store.extent(id) >= extent) return id;
    }
    return NONE;
  }

  /** Step (3) of a constrained allocation: every free segment that may be long enough. */
  private walk(extent: number, asked: number): number {
    const { store, placement } = this;
    this.fullWalks++;
    let list = store.listFrom(store.listOf(extent));
    for (; list !== NO_LIST; list = store.listFrom(list + 1)) {
      for (let id = store.head(list); id !== NONE; id = store.next(id)) {
        this.examined++;
        const at = placement.within(store.base(id), store.extent(id));
        if (at !== NOWHERE) return this.take(id, at, extent, asked);
      }
    }
    this.fails++;
    return NOWHERE;
  }

  private extentOf(size: number): number {
    return Math.ceil(size * this.perQuantum) * this.quantum;
  }

  /** How many spans begin at or below an address. */
  private spansBelow(addr: number): number {
    let low = 0;
    let high = this.byAddress.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const span = this.byAddress[middle];
      if (span !== undefined && span.base <= addr) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  private invalidSize(size: number): Panic {
    return new Panic(`vmem_alloc(${this.name}, size ${hex(size)}): not an integer from 1 to 2^53`, {
      arena: this.name,
      size,
    });
  }

  private wrongFree(addr: number, size: number): Panic {
    const found = this.find(addr);
    if (found === undefined) {
      return this.panic('vmem_free', addr, size, 'bad free: nothing is allocated there');
    }
    if (found.base !== addr) {
      const at = `inside the segment at ${hex(found.base)} of ${hex(found.size)}`;
      return this.panic('vmem_free', addr, size, `bad free: ${at}`);
    }
    return this.panic('vmem_free', addr, size, `wrong size: allocated with ${hex(found.size)}`);
  }

  private panic(call: string, addr: number, size: number, fault: string): Panic {
    return new Panic(`${call}(${this.name}, ${hex(addr)}, size ${hex(size)}): ${fault}`, {
      arena: this.name,
      addr,
      size,
    });
  }
}
