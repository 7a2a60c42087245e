/**
 * Windows: an object too large for one transfer, in stretches that are not.
 *
 * 1. A *window* is a stretch of the object with the cookies that make it one transfer. Windows
 *    follow one another without a gap and cover the object.
 * 2. A *piece* is a cookie as a window shows it. The pieces of all windows lie in one table.
 * 3. Bounced pieces name a *slot* of the bounce buffer. Windows use the same slots one after the
 *    other; which page of the object a slot stands for at present is the *page map* (binding.ts).
 * 4. Each window is as long as the attributes allow, and its pieces are cut anew: where the
 *    cookies of the whole object were cut says nothing about a list that begins elsewhere.
 * 5. All windows but the last are a multiple of the *unit*: the granularity and, if the object was
 *    aligned, the alignment.
 *
 * The carving of the pages' promises is here; the kernel's own is in kernel-windows.ts.
 */
import type { Limits } from './attr.js';
import { cookieLength, CookieTable, remainder } from './cookies.js';

/** What of the page map changes when a window becomes current. */
export interface SlotChange {
  /** Page of the object. */
  readonly page: number;
  /** Bytes from the start of the bounce buffer. */
  readonly slot: number;
}

/** A window. */
export interface Window {
  /** Where it begins in the object, in bytes. */
  readonly offset: number;
  readonly size: number;
  /** Whether anything in it is bounced. */
  readonly dosync: boolean;
  /** Its pieces. */
  readonly start: number;
  readonly count: number;
  readonly slots: readonly SlotChange[];
}

/** The windows of a binding. */
export interface WindowPlan {
  /** Whether slots keep their meaning after another window has become current. */
  readonly lasting: boolean;
  readonly windows: readonly Window[];
  readonly pieces: CookieTable;
}

/** What carving needs to know beside the cookies. */
export interface CarveSpace {
  /** Where the object begins in its first page. */
  readonly off: number;
  /** Bytes of the bounce buffer, whole pages. */
  readonly bounceBytes: number;
  /** Every window but the last is a multiple of this: granularity and, if promised, alignment. */
  readonly unit: number;
  /** Every piece begins at a multiple of this: the alignment, if promised, or 1. */
  readonly align: number;
  /** Whether pieces are cut by the limits, or the cookies are taken as they are. */
  readonly anew: boolean;
}

/**
 * Carves windows as long as the attributes allow; every byte is in exactly one.
 *
 * @returns the plan; `null` when some window would have to be empty
 */
export function carve(cookies: CookieTable, limits: Limits, space: CarveSpace): WindowPlan | null {
  const runs = space.anew ? joined(cookies) : cookies;
  const pieces = new CookieTable();
  const windows: Window[] = [];
  let at = 0;
  let i = 0;
  // How much of run i the windows so far have taken.
  let into = 0;
  while (i < runs.count) {
    const start = pieces.count;
    const slots: SlotChange[] = [];
    let size = 0;
    let lastPage = -1;
    while (i < runs.count && pieces.count - start < limits.sgllen && size < limits.maxxfer) {
      const bounced = runs.bounce[i] !== -1;
      const address = (runs.off[i] ?? 0) + into;
      const frame = (runs.frame[i] ?? 0) + Math.floor(address / 4096);
      const off = address & 4095;
      if (remainder(frame, off, space.align) !== 0) break;
      const page = Math.floor((space.off + at + size) / 4096);
      if (bounced && page !== lastPage) {
        const slot = slots.length * 4096;
        if (slot + 4096 > space.bounceBytes) break;
        slots.push({ page, slot });
        lastPage = page;
      }
      const left = (runs.size[i] ?? 0) - into;
      const longest = space.anew ? cookieLength(frame, off, left, limits, space.align) : left;
      const n = Math.min(longest, limits.maxxfer - size);
      pieces.push(frame, off, n, bounced ? (slots.length - 1) * 4096 : -1);
      size += n;
      into += n;
      if (into === runs.size[i]) {
        i++;
        into = 0;
      }
    }
    // Only the last window may have any length (ddi_dma_attr(9S) GR-3).
    let back = i < runs.count ? remainder(0, size, space.unit) : 0;
    size -= back;
    trim(pieces, back);
    while (back > 0) {
      if (into === 0) into = runs.size[--i] ?? 0;
      const n = Math.min(into, back);
      into -= n;
      back -= n;
    }
    if (size === 0) return null;
    const count = pieces.count - start;
    const end = Math.floor((space.off + at + size - 1) / 4096);
    const kept = slots.filter(({ page }) => page <= end);
    windows.push({ offset: at, size, dosync: kept.length > 0, start, count, slots: kept });
    at += size;
  }
  return { windows, pieces, lasting: false };
}

/** Cookies that were one run before they were cut, as one again. */
function joined(cookies: CookieTable): CookieTable {
  const { frame, off, size, bounce } = cookies;
  const runs = new CookieTable();
  for (let i = 0; i < cookies.count; i++) {
    const last = runs.count - 1;
    const end = (runs.off[last] ?? 0) + (runs.size[last] ?? 0);
    const next = ((frame[i] ?? 0) - (runs.frame[last] ?? 0)) * 4096 + (off[i] ?? 0);
    // A bounced run is a page at most: the slots of two pages need not be neighbours.
    const samePage = bounce[i] === -1 || frame[i] === runs.frame[last];
    if (last >= 0 && next === end && bounce[i] === runs.bounce[last] && samePage) {
      runs.size[last] = (runs.size[last] ?? 0) + (size[i] ?? 0);
    } else runs.push(frame[i] ?? 0, off[i] ?? 0, size[i] ?? 0, bounce[i] ?? -1);
  }
  return runs;
}

/** Takes bytes off the end of the pieces. */
function trim(pieces: CookieTable, bytes: number): void {
  let back = bytes;
  while (back > 0) {
    const last = pieces.count - 1;
    const n = pieces.size[last] ?? 0;
    if (n <= back) pieces.count = last;
    else pieces.size[last] = n - back;
    back -= n;
  }
}

/**
 * Carves windows when every page is bounced into one contiguous run, so that nothing of the
 * object's own frames matters.
 *
 * Where in the run a window begins is free: at its offset in the page or, when a boundary comes too
 * soon after that, behind the boundary.
 *
 * @param frame - first frame of the run
 * @param len - bytes of the object
 * @param most - windows there may be
 * @returns the plan; `null` when some window would have to be empty, or there would be more
 */
export function carveRun(
  frame: number,
  len: number,
  limits: Limits,
  space: CarveSpace,
  most: number,
): WindowPlan | null {
  const pieces = new CookieTable();
  const found = new CookieTable();
  const windows: Window[] = [];
  let at = 0;
  while (at < len) {
    if (windows.length === most) return null;
    const start = pieces.count;
    const off = (space.off + at) & 4095;
    let size = 0;
    let shift = 0;
    for (const from of [0, toNextSegment(frame, off, limits, space)]) {
      if (off + from >= space.bounceBytes) continue;
      found.clear();
      const n = fillRun(frame, off + from, len - at, limits, space, found);
      if (n <= size) continue;
      size = n;
      shift = from;
      pieces.count = start;
      for (let k = 0; k < found.count; k++) {
        const f = found.frame[k] ?? 0;
        // The slot is what the frame is to the run.
        pieces.push(f, found.off[k] ?? 0, found.size[k] ?? 0, (f - frame) * 4096);
      }
    }
    if (size === 0) return null;
    const first = Math.floor((space.off + at) / 4096);
    const last = Math.floor((space.off + at + size - 1) / 4096);
    const slots: SlotChange[] = [];
    for (let page = first; page <= last; page++) {
      slots.push({ page, slot: (page - first) * 4096 + shift });
    }
    const count = pieces.count - start;
    windows.push({ offset: at, size, dosync: true, start, count, slots });
    at += size;
  }
  return { windows, pieces, lasting: false };
}

/**
 * The pieces of a window that begins `off` bytes into the run.
 *
 * @returns how long it is
 */
function fillRun(
  frame: number,
  off: number,
  left: number,
  limits: Limits,
  space: CarveSpace,
  pieces: CookieTable,
): number {
  const most = Math.min(left, limits.maxxfer, space.bounceBytes - off);
  let size = 0;
  while (size < most && pieces.count < limits.sgllen) {
    const f = frame + Math.floor((off + size) / 4096);
    const o = (off + size) & 4095;
    if (remainder(f, o, space.align) !== 0) break;
    const n = cookieLength(f, o, most - size, limits, space.align);
    pieces.push(f, o, n, 0);
    size += n;
  }
  const back = size < left ? remainder(0, size, space.unit) : 0;
  trim(pieces, back);
  return size - back;
}

/** How far it is to the next segment from `off` bytes into the run, or a little further. */
function toNextSegment(frame: number, off: number, limits: Limits, space: CarveSpace): number {
  const { segBytes } = limits;
  if (segBytes === 0) return 0;
  const far = segBytes - remainder(frame, off, segBytes);
  const past = remainder(frame, off + far, space.align);
  return past === 0 ? far : far + space.align - past;
}
