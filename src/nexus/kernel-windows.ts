/**
 * Windows as the kernel carves them: quirk `windows-by-boundary`.
 *
 * Cookies are taken one after the other. At each one exactly one of these is the case, in this
 * order:
 *   (1) the bounce pages are used up: *copybuf boundary*;
 *   (2) the list is full: *sgllen boundary*;
 *   (3) the transfer would be too long: *maxxfer boundary*;
 *   (4) the cookie joins the window.
 * At (1) and (2) the window is trimmed back to the granularity by shortening its last cookie, whose
 * rest opens the next window; at (3) the cookie itself is cut where the transfer is full.
 *
 * A cookie that is cut belongs to two windows and exists once. What each of the two shows is kept
 * as a *trim*, written into the cookie when the window is asked for; the shortening at (1), (2)
 * and (3) is also written at once. The model keeps that order of writing, for later steps read it.
 */
import { Panic } from '../sys/errors.js';
import type { KernelLimits } from './attr.js';
import { CookieTable } from './cookies.js';
import type { SlotChange, Window, WindowPlan } from './windows.js';

/** What the carving needs to know beside cookies and limits. */
export interface KernelSpace {
  /** Where the object begins in its first page. */
  readonly off: number;
  /** Bytes of the object. */
  readonly len: number;
  /** Bytes of bounce pages wanted and given. */
  readonly copybufReq: number;
  readonly copybufBytes: number;
  /** Pages of the page map: one more than the object can touch. */
  readonly maxPages: number;
  /** Quirks `windows-count-divides` and `windows-lose-third`. */
  readonly countDivides: boolean;
  readonly loseThird: boolean;
}

/** What came of it. */
export interface KernelPlan extends WindowPlan {
  readonly partial: boolean;
  /** Slot of each page that is bounced, -1 of the others. */
  readonly pageMap: Float64Array;
}

interface Trim {
  readonly cookie: number;
  readonly address: number;
  readonly size: number;
  readonly slot: SlotChange | null;
}

interface Draft {
  readonly first: number;
  readonly offset: number;
  size: number;
  count: number;
  dosync: boolean;
  trimFirst: Trim | null;
  trimLast: Trim | null;
}

/** As many windows as there can be; the kernel's divisions stop the machine when they are by 0. */
export function countWindows(
  limits: KernelLimits,
  cookies: number,
  space: KernelSpace,
  sgllenSigned: number,
): number {
  const { sgllen, maxxfer } = limits;
  const { copybufReq, copybufBytes, len } = space;
  const byList = sgllen < cookies;
  const byLength = len > maxxfer;
  const perWindow = (sgllenSigned - 1) >>> 0;
  if (space.countDivides && ((byList && perWindow === 0) || (byLength && maxxfer === 0))) {
    const values = { dma_attr_sgllen: sgllenSigned, maxxfer, cookies };
    throw new Panic('divide by zero', values, 'ddi_dma_attr.9s/SL-3');
  }
  let windows = 0;
  if (copybufReq > copybufBytes) windows += Math.floor(copybufReq / copybufBytes) + 3;
  if (byList) windows += Math.floor(cookies / Math.max(perWindow, 1)) + 1;
  if (byLength) windows += Math.floor(len / Math.max(maxxfer, 1)) + 3;
  return windows;
}

/** Carves the windows of an object the slow way. */
export class KernelCarver {
  readonly #limits: KernelLimits;
  readonly #space: KernelSpace;
  readonly #count: number;
  /** Address of each cookie; of a bounced one its address in the bounce buffer. */
  readonly #address: Float64Array;
  readonly #size: Float64Array;
  readonly #bounced: Uint8Array;
  readonly #pageMap: Float64Array;
  readonly #windows: Draft[] = [];
  readonly #trim: boolean;
  #used = 0;

  constructor(cookies: CookieTable, limits: KernelLimits, space: KernelSpace, partial: boolean) {
    const n = cookies.count;
    this.#limits = limits;
    this.#space = space;
    this.#count = n;
    this.#address = new Float64Array(n);
    this.#size = cookies.size.slice(0, n);
    this.#bounced = new Uint8Array(n);
    for (let i = 0; i < n; i++) {
      this.#address[i] = (cookies.frame[i] ?? 0) * 4096 + (cookies.off[i] ?? 0);
      this.#bounced[i] = cookies.bounce[i] === -1 ? 0 : 1;
    }
    this.#pageMap = new Float64Array(space.maxPages + 1).fill(-1);
    this.#trim = partial && limits.granular !== 1;
  }

  /** The plan; `null` when a window would be trimmed and its list has no room for the rest. */
  carve(): KernelPlan | null {
    const { sgllen, maxxfer } = this.#limits;
    const { copybufBytes } = this.#space;
    let partial = false;
    let w = this.#open(0, 0);
    let offset = 0;
    for (let i = 0; i < this.#count; i++) {
      if (copybufBytes > 0) {
        this.#setupCookie(i, offset);
        if (this.#bounced[i]) w.dosync = true;
      }
      const size = this.#size[i] ?? 0;
      let next: Draft | null = w;
      if (copybufBytes > 0 && this.#used > copybufBytes) next = this.#copybufBoundary(w, i, offset);
      else if (w.count >= sgllen) next = this.#sgllenBoundary(w, i, offset);
      else if (unsigned(w.size + size) > maxxfer) next = this.#maxxferBoundary(w, i);
      else {
        w.count++;
        w.size += size;
      }
      if (next === null) return null;
      if (next !== w) {
        partial = true;
        if (this.#bounced[i]) next.dosync = true;
        w = next;
      }
      offset += size;
    }
    if (w.size === 0) this.#windows.pop();
    return { ...this.#show(), partial, pageMap: this.#pageMap };
  }

  #open(first: number, offset: number): Draft {
    const w: Draft = {
      first,
      offset,
      size: 0,
      count: 0,
      dosync: false,
      trimFirst: null,
      trimLast: null,
    };
    this.#windows.push(w);
    return w;
  }

  /** Gives a bounced cookie the next slot; past the end slots start again. */
  #setupCookie(i: number, offset: number): void {
    if (!this.#bounced[i]) return;
    const { off, copybufBytes } = this.#space;
    const page = Math.floor((off + offset) / 4096);
    const slot = this.#used + 4096 <= copybufBytes ? this.#used : modulo(this.#used, copybufBytes);
    this.#pageMap[page] = slot;
    this.#address[i] = slot + ((this.#address[i] ?? 0) % 4096);
    this.#used += 4096;
  }

  /** How much a window must lose to be a multiple of the granularity. */
  #excess(w: Draft): number {
    if (!this.#trim) return 0;
    const { granular } = this.#limits;
    // A granularity of 0 becomes a mask of ones: the whole window.
    return granular === 0 ? w.size : modulo(w.size, granular);
  }

  #copybufBoundary(w: Draft, i: number, offset: number): Draft | null {
    this.#used = 0;
    const trim = this.#excess(w);
    if (trim === 0) {
      const next = this.#open(i, offset);
      next.count = 1;
      next.size = this.#size[i] ?? 0;
      this.#used = 4096;
      return next;
    }
    if (this.#limits.sgllen === 1) return null;
    const prev = i - 1;
    const bounced = this.#bounced[prev] === 1;
    const page = Math.floor((this.#space.off + w.offset + w.size - trim) / 4096);
    const slot = bounced ? { page, slot: this.#pageMap[page] ?? -1 } : null;
    const next = this.#trimBack(w, prev, trim, slot);
    if (bounced && next.trimFirst !== null) {
      // The page is the last of one window and the first of the next, with another slot in each.
      next.dosync = true;
      next.trimFirst = {
        ...next.trimFirst,
        address: modulo(next.trimFirst.address, 4096),
        slot: { page, slot: 0 },
      };
      this.#used += 4096;
      const moved = (this.#pageMap[page + 1] ?? -1) + 4096;
      this.#pageMap[page + 1] = moved;
      this.#address[i] = moved + modulo(this.#address[i] ?? 0, 4096);
    }
    next.count++;
    next.size = trim + (this.#size[i] ?? 0);
    this.#used += 4096;
    return next;
  }

  #sgllenBoundary(w: Draft, i: number, offset: number): Draft | null {
    const trim = this.#excess(w);
    if (trim === 0) {
      const next = this.#open(i, offset);
      next.count = 1;
      next.size = this.#size[i] ?? 0;
      return next;
    }
    if (this.#limits.sgllen === 1) return null;
    const next = this.#trimBack(w, i - 1, trim, null);
    if (this.#bounced[i - 1]) next.dosync = true;
    next.count++;
    next.size = trim + (this.#size[i] ?? 0);
    const { maxxfer } = this.#limits;
    if (unsigned(next.size) <= maxxfer) return next;
    // The rest of one cookie and all of the next are too much: a third window begins.
    const over = next.size - maxxfer;
    const size = this.#size[i] ?? 0;
    const address = this.#address[i] ?? 0;
    next.trimLast = { cookie: i, address, size: size - over, slot: null };
    next.size -= over;
    const third = this.#open(i, next.offset + next.size);
    third.count = 1;
    third.trimFirst = { cookie: i, address: address + size - over, size: over, slot: null };
    if (!this.#space.loseThird) third.size = over;
    return third;
  }

  /** Shortens the last cookie of a window; its rest is the first of the next. */
  #trimBack(w: Draft, prev: number, trim: number, slot: SlotChange | null): Draft {
    const address = this.#address[prev] ?? 0;
    const kept = (this.#size[prev] ?? 0) - trim;
    w.trimLast = { cookie: prev, address, size: kept, slot };
    w.size -= trim;
    const next = this.#open(prev, w.offset + w.size);
    this.#size[prev] = kept;
    next.count = 1;
    next.trimFirst = { cookie: prev, address: address + kept, size: trim, slot: null };
    return next;
  }

  #maxxferBoundary(w: Draft, i: number): Draft {
    const { maxxfer } = this.#limits;
    const size = this.#size[i] ?? 0;
    const address = this.#address[i] ?? 0;
    const trim = w.size + size - maxxfer;
    const cuts = unsigned(trim) < unsigned(size);
    if (cuts) {
      w.count++;
      w.trimLast = { cookie: i, address, size: size - trim, slot: null };
      w.size = maxxfer;
      this.#size[i] = size - trim;
    }
    const next = this.#open(i, w.offset + w.size);
    next.count = 1;
    next.size = trim;
    if (cuts)
      next.trimFirst = { cookie: i, address: address + size - trim, size: trim, slot: null };
    return next;
  }

  /** What each window shows when it is asked for, first to last. */
  #show(): WindowPlan {
    const pieces = new CookieTable();
    const windows = this.#windows.map((w, k): Window => {
      const slots: SlotChange[] = [];
      for (const trim of [w.trimFirst, w.trimLast]) {
        if (trim === null) continue;
        if (trim.slot !== null) slots.push(trim.slot);
        // The first window is shown by the bind, before any trim is written.
        if (k === 0) continue;
        this.#address[trim.cookie] = trim.address;
        this.#size[trim.cookie] = trim.size;
      }
      const start = pieces.count;
      // An empty list still begins somewhere: the caller is given the cookie there.
      for (let c = w.first; c < w.first + Math.max(w.count, 1); c++) {
        const address = this.#address[c] ?? 0;
        const page = Math.floor(address / 4096);
        const bounce = this.#bounced[c] ? page * 4096 : -1;
        pieces.push(page, modulo(address, 4096), this.#size[c] ?? 0, bounce);
      }
      const { offset, size, dosync, count } = w;
      return { offset, size, dosync, start, count, slots };
    });
    // The kernel leaves old meanings standing.
    return { windows, pieces, lasting: true };
  }
}

/** As an unsigned 64-bit number compares: what went below zero is very large. */
function unsigned(n: number): number {
  return n < 0 ? 2 ** 64 + n : n;
}

function modulo(n: number, m: number): number {
  const r = n % m;
  return r < 0 ? r + m : r;
}
