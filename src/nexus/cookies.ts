/**
 * Cookies: the list a binding consists of, and the walk that makes it.
 *
 * 1. The *walk* goes over the pages of an object once and gathers physically contiguous *runs*.
 * 2. A run becomes one cookie when the attributes allow it and is *cut* where they do not: at a
 *    segment boundary, and where the counter is full. A cut falls on a multiple of the alignment,
 *    so that the next cookie is as aligned as the object was.
 * 3. A cookie is as long as the attributes allow; neighbouring runs are always merged.
 *
 * The list lives in typed arrays; the objects a driver sees are made when it asks for them.
 */
import type { ddi_dma_cookie_t } from '../sys/types.js';
import type { Limits } from './attr.js';
import type { DmaObject } from './object.js';

/** A cookie as the driver sees it: a snapshot, which later binds do not change. */
export class DmaCookie implements ddi_dma_cookie_t {
  constructor(
    readonly dmac_laddress: bigint,
    readonly dmac_address: number,
    readonly dmac_size: number,
    readonly dmac_type: number,
  ) {}

  /** JSON has no bigint: the address is printed as a hexadecimal string. */
  toJSON(): Readonly<Record<string, unknown>> {
    const { dmac_laddress, dmac_address, dmac_size, dmac_type } = this;
    const shown = `0x${dmac_laddress.toString(16)}`;
    return { dmac_laddress: shown, dmac_address, dmac_size, dmac_type };
  }
}

const initialCookies = 64;

/** The cookies of one binding. */
export class CookieTable {
  frame = new Float64Array(initialCookies);
  off = new Int32Array(initialCookies);
  size = new Float64Array(initialCookies);
  /** Bytes from the start of the bounce buffer to the cookie's page, 0 until assigned; -1: none. */
  bounce = new Float64Array(initialCookies);
  count = 0;
  /** Pages that have to be bounced. */
  bouncedPages = 0;
  /** Whether a run had to be cut: only then can a cookie begin inside a page of the object. */
  wasCut = false;

  clear(): void {
    this.count = 0;
    this.bouncedPages = 0;
    this.wasCut = false;
  }

  push(frame: number, off: number, size: number, bounce: number): void {
    const i = this.count;
    if (i === this.frame.length) this.#grow();
    this.frame[i] = frame;
    this.off[i] = off;
    this.size[i] = size;
    this.bounce[i] = bounce;
    this.count = i + 1;
  }

  #grow(): void {
    const { frame, off, size, bounce } = this;
    this.frame = new Float64Array(frame.length * 2);
    this.frame.set(frame);
    this.off = new Int32Array(off.length * 2);
    this.off.set(off);
    this.size = new Float64Array(size.length * 2);
    this.size.set(size);
    this.bounce = new Float64Array(bounce.length * 2);
    this.bounce.set(bounce);
  }
}

/** A 64-bit address from frame and offset, without arithmetic on bigints. */
export class AddressMaker {
  readonly #big = new BigUint64Array(1);
  readonly #words = new Uint32Array(this.#big.buffer);
  readonly #lowWord: 0 | 1;

  constructor() {
    // Which half is the low word is the business of the computer this runs on.
    this.#big[0] = 1n;
    this.#lowWord = this.#words[0] === 1 ? 0 : 1;
  }

  cookie(frame: number, off: number, size: number, type: number): DmaCookie {
    const high = Math.floor(frame / 0x100000);
    const low = (((frame - high * 0x100000) << 12) | off) >>> 0;
    this.#words[this.#lowWord] = low;
    this.#words[1 - this.#lowWord] = high;
    return new DmaCookie(this.#big[0] ?? 0n, low, size, type);
  }
}

/** How the pages of an object become cookies: what the rule book has to say. */
export interface WalkRules {
  /** The last byte below addr_hi counts as out of reach: quirk `addr-hi-exclusive`. */
  readonly hiExclusive: boolean;
  /** Objects that are aligned get aligned cuts; not so under `align-ignored-at-bind`. */
  readonly alignedCuts: boolean;
}

/** Whether a device can address all of `[frame * 4096 + off, + len)`, which lies in one page. */
export function reaches(
  limits: Limits,
  frame: number,
  off: number,
  len: number,
  hiExclusive: boolean,
): boolean {
  if (frame <= limits.loFrame && (frame < limits.loFrame || off < limits.loOff)) return false;
  if (frame < limits.hiFrame) return true;
  // ddi_dma_attr(9S) AD-2: the limit is the last byte that can be reached.
  return frame === limits.hiFrame && off + len - (hiExclusive ? 0 : 1) <= limits.hiOff;
}

/**
 * Fills `table` with the cookies of an object, as long as the attributes allow.
 *
 * @param object - every page of it is mapped
 * @param limits - the handle's
 * @param rules - the rule book's
 * @param table - emptied first
 */
export function walk(
  object: DmaObject,
  limits: Limits,
  rules: WalkRules,
  table: CookieTable,
): void {
  table.clear();
  // An empty object has no cookies: quirk `empty-buf-maps` lets one come this far.
  if (object.len === 0) return;
  const { pfns, len } = object;
  // Only an aligned object is promised aligned cookies (ddi_dma_attr(9S) AL-3).
  const step = rules.alignedCuts && isAligned(object, limits.align) ? limits.align : 1;
  let page = object.first;
  let runFrame = pfns[page] ?? -1;
  let runOff = object.off;
  let runLen = Math.min(len, 4096 - runOff);
  let left = len - runLen;
  let next = runFrame + 1;
  while (left > 0) {
    page++;
    const frame = pfns[page] ?? -1;
    const n = left < 4096 ? left : 4096;
    if (frame === next) {
      runLen += n;
    } else {
      emit(runFrame, runOff, runLen, next - 1, limits, rules, step, table);
      runFrame = frame;
      runOff = 0;
      runLen = n;
    }
    next = frame + 1;
    left -= n;
  }
  emit(runFrame, runOff, runLen, next - 1, limits, rules, step, table);
}

/** Whether the driver has kept its side of ddi_dma_attr(9S) AL-3, as far as the model can tell. */
export function isAligned(object: DmaObject, align: number): boolean {
  return remainder(0, object.va >= 0 ? object.va : object.off, align) === 0;
}

/** Turns a run into cookies. */
function emit(
  frame: number,
  off: number,
  len: number,
  lastFrame: number,
  limits: Limits,
  rules: WalkRules,
  step: number,
  table: CookieTable,
): void {
  const { hiExclusive } = rules;
  // Reach is a matter of the two ends: what lies between them is reached when both are.
  const lastOff = frame === lastFrame ? off : 0;
  const inside =
    (frame > limits.loFrame || reaches(limits, frame, off, 1, false)) &&
    (lastFrame < limits.hiFrame ||
      reaches(limits, lastFrame, lastOff, ((off + len - 1) & 4095) + 1 - lastOff, hiExclusive));
  if (inside) {
    emitReached(frame, off, len, limits, step, table);
    return;
  }
  if (frame !== lastFrame) {
    emitByPages(frame, off, len, limits, rules, step, table);
    return;
  }
  table.bouncedPages++;
  cutRun(frame, off, len, limits, step, 0, table);
}

/** A run of which only a part can be reached. */
function emitByPages(
  frame: number,
  off: number,
  len: number,
  limits: Limits,
  rules: WalkRules,
  step: number,
  table: CookieTable,
): void {
  const { hiExclusive } = rules;
  let f = frame;
  let o = off;
  let left = len;
  let start = -1;
  let startOff = 0;
  let gathered = 0;
  while (left > 0) {
    const n = Math.min(left, 4096 - o);
    if (reaches(limits, f, o, n, hiExclusive)) {
      if (start < 0) {
        start = f;
        startOff = o;
      }
      gathered += n;
    } else {
      if (start >= 0) emitReached(start, startOff, gathered, limits, step, table);
      start = -1;
      gathered = 0;
      table.bouncedPages++;
      cutRun(f, o, n, limits, step, 0, table);
    }
    f++;
    o = 0;
    left -= n;
  }
  if (start >= 0) emitReached(start, startOff, gathered, limits, step, table);
}

function emitReached(
  frame: number,
  off: number,
  len: number,
  limits: Limits,
  step: number,
  table: CookieTable,
): void {
  const { segBytes } = limits;
  const fits =
    len <= limits.maxCookie &&
    (segBytes === 0 || remainder(frame, off, segBytes) + len <= segBytes);
  if (fits) table.push(frame, off, len, -1);
  else cutRun(frame, off, len, limits, step, -1, table);
}

/** Cuts a run at segment boundaries and where the counter is full. */
function cutRun(
  frame: number,
  off: number,
  len: number,
  limits: Limits,
  step: number,
  bounce: number,
  table: CookieTable,
): void {
  let f = frame;
  let o = off;
  let left = len;
  let pieces = 0;
  while (left > 0) {
    const n = cookieLength(f, o, left, limits, step);
    table.push(f, o, n, bounce);
    pieces++;
    left -= n;
    const at = o + n;
    f += Math.floor(at / 4096);
    o = at & 4095;
  }
  if (pieces > 1) table.wasCut = true;
}

/**
 * How long a cookie may be that begins at an address.
 *
 * @param left - bytes that follow one another from there on
 * @param step - a cut falls on a multiple of this
 */
export function cookieLength(
  frame: number,
  off: number,
  left: number,
  limits: Limits,
  step: number,
): number {
  const { segBytes, maxCookie } = limits;
  const room = segBytes === 0 ? left : segBytes - remainder(frame, off, segBytes);
  const n = Math.min(left, room, maxCookie);
  if (n === left || step === 1) return n;
  // Neither counters nor boundaries need be multiples of the alignment.
  const past = remainder(frame, off + n, step);
  return past < n ? n - past : n;
}

/**
 * The first cookie that is not aligned although its object is, or -1.
 *
 * Up to the page size that takes a cut at a segment boundary that is less aligned than the device
 * wants; beyond it, frames are what they are.
 */
export function firstCrooked(object: DmaObject, limits: Limits, table: CookieTable): number {
  const { align } = limits;
  if ((align <= 4096 && !table.wasCut) || !isAligned(object, align)) return -1;
  for (let i = 0; i < table.count; i++) {
    if (table.bounce[i] === -1 && !cookieAligned(table, i, align)) return i;
  }
  return -1;
}

/** Whether a cookie begins at a multiple of `align`. */
export function cookieAligned(table: CookieTable, i: number, align: number): boolean {
  return remainder(table.frame[i] ?? 0, table.off[i] ?? 0, align) === 0;
}

/** `(frame * 4096 + off) mod size`, for addresses below 2^53. */
export function remainder(frame: number, off: number, size: number): number {
  const address = frame * 4096 + off;
  const r = address - Math.floor(address / size) * size;
  // The quotient of two large numbers may round up.
  return r < 0 ? r + size : r;
}

/** The least number that both divide. */
export function leastCommonMultiple(a: number, b: number): number {
  let x = a;
  let y = b;
  while (y !== 0) [x, y] = [y, x % y];
  return (a / x) * b;
}
