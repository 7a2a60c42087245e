/**
 * Stand-ins: the runs of frames that may do for an object bounced whole.
 *
 * 1. A *wish* says how long the run is and where it may lie; the longest comes first. With
 *    windows, half as long a run will do as well, and half of that.
 * 2. What a run does for an object depends on its *phase* only: how far into a segment it begins.
 *    Runs inside one segment all do the same. Not every phase admits windows, so frames are
 *    searched for a run whose phase does.
 * 3. A wish is *possible* when there would be such a run if nobody had any memory, the object
 *    excepted. What is possible and not to be had at present is worth waiting for; nothing else is
 *    (ddi_dma_addr_bind_handle(9F) RV-5).
 */
import type { RunWish } from '../machine/frames.js';
import type { Machine } from '../machine/machine.js';
import { pageBytes } from '../machine/store.js';
import type { Limits } from './attr.js';
import { type FrameBounds, maxBounceBytes, reachableFrames } from './bounce.js';
import { leastCommonMultiple, remainder } from './cookies.js';
import { type DmaObject, frameOf, pageCount } from './object.js';
import { carveRun, type CarveSpace, type WindowPlan } from './windows.js';

/** A run that would do. */
export interface StandIn {
  readonly wish: RunWish;
  /** The windows on a run as wished that begins with a frame; `null` when it admits none. */
  readonly planAt: (first: number) => WindowPlan | null;
}

/**
 * Phases that are tried in vain before all others are taken to be no better. Only segments that are
 * no multiple of a page, or that no run can spare, have as many; each try costs a carving.
 */
const mostTries = 64;

/**
 * The possible runs, the most useful first.
 *
 * @param space - as the object's own frames were carved
 * @param mayPart - whether there may be several windows
 * @returns none when no state of the machine would give one
 */
export function standIns(
  machine: Machine,
  object: DmaObject,
  limits: Limits,
  space: CarveSpace,
  mayPart: boolean,
): readonly StandIn[] {
  const bounds = reachableFrames(limits);
  const own = ownFrames(object, bounds);
  // Each window begins with the run, which is as aligned as it must be: pages are enough inside.
  const unit = leastCommonMultiple(Math.min(space.align, pageBytes), limits.granular);
  const found: StandIn[] = [];
  const tries = { left: mostTries };
  for (const { count, within } of lengths(object, limits, mayPart)) {
    const on = { ...space, unit, bounceBytes: count * pageBytes };
    const most = mayPart ? Infinity : 1;
    const planAt = (first: number): WindowPlan | null =>
      carveRun(first, object.len, limits, on, most);
    const align = Math.max(1, space.align / pageBytes);
    const wish = { ...bounds, count, align, nocross: within };
    if (within > 0 || limits.segBytes === 0) {
      if (planAt(0) !== null && machine.frames.couldHold(wish, own)) found.push({ wish, planAt });
      continue;
    }
    const phased = { ...wish, ...byPhase(limits, wish, planAt, tries) };
    if (machine.frames.couldHold(phased, own)) found.push({ wish: phased, planAt });
  }
  return found;
}

/** How many of the frames in reach the object itself does not take. */
export function spareFrames(machine: Machine, object: DmaObject, { lo, hi }: FrameBounds): number {
  const own = ownFrames(object, { lo, hi }).filter((pfn) => machine.frames.installed(pfn));
  return machine.frames.count(lo, hi) - own.length;
}

interface Length {
  /** Frames. */
  readonly count: number;
  /** The run does not cross a multiple of so many frames; 0: it may. */
  readonly within: number;
}

/** How long a run may be, the longest first. */
function* lengths(object: DmaObject, limits: Limits, mayPart: boolean): Generator<Length> {
  const oneTransfer = pageBytes - 1 + Math.min(limits.maxxfer, object.len);
  const pages = Math.min(pageCount(object), Math.ceil(oneTransfer / pageBytes));
  const most = maxBounceBytes / pageBytes;
  if (pages > most && !mayPart) return;
  const segFrames = limits.segBytes / pageBytes;
  for (let n = Math.min(pages, most); n >= 1; n = mayPart ? Math.floor(n / 2) : 0) {
    if (segFrames >= n && Number.isInteger(segFrames)) {
      yield { count: n, within: segFrames };
      continue;
    }
    // With a segment to spare, a window can begin where one begins.
    const more = n + Math.ceil(segFrames);
    if (more > n && more <= most) yield { count: more, within: 0 };
    yield { count: n, within: 0 };
  }
}

/** Which runs of a length do, told by phase. */
function byPhase(
  { segBytes }: Limits,
  { count, align }: RunWish,
  planAt: StandIn['planAt'],
  tries: { left: number },
): Required<Pick<RunWish, 'fits' | 'period'>> {
  const known = new Map<number, boolean>();
  const fits = (first: number): boolean => {
    const into = remainder(first, 0, segBytes);
    const phase = into + count * pageBytes <= segBytes ? 0 : into;
    let does = known.get(phase);
    if (does === undefined) {
      does = tries.left > 0 && planAt(first) !== null;
      if (!does) tries.left--;
      known.set(phase, does);
    }
    return does;
  };
  return { fits, period: leastCommonMultiple(segBytes, align * pageBytes) / pageBytes };
}

/** The object's frames within bounds, ascending: nobody gives these back. */
function ownFrames(object: DmaObject, { lo, hi }: FrameBounds): readonly number[] {
  const own: number[] = [];
  const pages = pageCount(object);
  for (let page = 0; page < pages; page++) {
    const pfn = frameOf(object, page);
    if (pfn >= lo && pfn <= hi) own.push(pfn);
  }
  return own.sort((a, b) => a - b);
}
