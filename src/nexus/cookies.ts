/**
 * Cookies: the list a binding consists of, and the walk that makes it.
 *
 * 1. The *walk* goes over the pages of an object once and gathers physically contiguous *runs*.
 * 2. A run becomes one cookie when the attributes allow it and is *cut* where they do not: at a
 *    segment boundary, and where the counter is full. A cut by the counter falls on a multiple of
 *    the alignment, so that the next cookie is as aligned as the object was.
 * 3. A cookie is as long as the attributes allow; neighbouring runs are always merged.
 *
 * The list lives in typed arrays; the objects a driver sees are made when it asks for them.
 */
import type { ddi_dma_cookie_t } from '../sys/types.js';
import type { Limits } from './attr.js';

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
  count = 0;
  /** Whether a run had to be cut: only then can a cookie begin inside a page of the object. */
  wasCut = false;

  push(frame: number, off: number, size: number): void {
    const i = this.count;
    if (i === this.frame.length) this.#grow();
    this.frame[i] = frame;
    this.off[i] = off;
    this.size[i] = size;
    this.count = i + 1;
  }

  #grow(): void {
    const { frame, off, size } = this;
    this.frame = new Float64Array(frame.length * 2);
    this.frame.set(frame);
    this.off = new Int32Array(off.length * 2);
    this.off.set(off);
    this.size = new Float64Array(size.length * 2);
    this.size.set(size);
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

  cookie(frame: number, off: number, size: number): DmaCookie {
    const high = Math.floor(frame / 0x100000);
    const low = (((frame - high * 0x100000) << 12) | off) >>> 0;
    this.#words[this.#lowWord] = low;
    this.#words[1 - this.#lowWord] = high;
    return new DmaCookie(this.#big[0] ?? 0n, low, size, 0);
  }
}

/**
 * Fills `table` with the cookies of `[va, va + len)`.
 *
 * @param pfnOf - frame by page of the store; every page of the object is mapped
 * @param va - first byte of the object
 * @param len - its length, at least 1
 * @param limits - the handle's
 * @param table - emptied first
 * @returns -1, or the address of a byte that the device cannot reach
 */
export function walk(
  pfnOf: Float64Array,
  va: number,
  len: number,
  limits: Limits,
  table: CookieTable,
): number {
  table.count = 0;
  table.wasCut = false;
  // Only an aligned object is promised aligned cookies (ddi_dma_attr(9S) AL-3).
  const step = (va & (Math.min(limits.align, 4096) - 1)) === 0 ? limits.align : 1;
  let page = va >>> 12;
  let runFrame = pfnOf[page] ?? -1;
  let runOff = va & 4095;
  let runLen = Math.min(len, 4096 - runOff);
  let left = len - runLen;
  let next = runFrame + 1;
  let runVa = va;
  while (left > 0) {
    page++;
    const frame = pfnOf[page] ?? -1;
    const n = left < 4096 ? left : 4096;
    if (frame === next) {
      runLen += n;
    } else {
      if (!emit(runFrame, runOff, runLen, next - 1, limits, step, table)) return runVa;
      runVa += runLen;
      runFrame = frame;
      runOff = 0;
      runLen = n;
    }
    next = frame + 1;
    left -= n;
  }
  return emit(runFrame, runOff, runLen, next - 1, limits, step, table) ? -1 : runVa;
}

/** Turns a run into cookies; false when part of it is out of the device's reach. */
function emit(
  frame: number,
  off: number,
  len: number,
  lastFrame: number,
  limits: Limits,
  step: number,
  table: CookieTable,
): boolean {
  if (frame <= limits.loFrame && (frame < limits.loFrame || off < limits.loOff)) return false;
  if (lastFrame >= limits.hiFrame) {
    // ddi_dma_attr(9S) AD-2: the limit is the last byte that can be reached.
    const lastOff = (off + len - 1) & 4095;
    if (lastFrame > limits.hiFrame || lastOff > limits.hiOff) return false;
  }
  const { segBytes } = limits;
  const inSeg = segBytes === 0 ? 0 : remainder(frame, off, segBytes);
  if (len <= limits.maxCookie && (segBytes === 0 || inSeg + len <= segBytes)) {
    table.push(frame, off, len);
    return true;
  }
  table.wasCut = true;
  cut(frame, off, len, inSeg, limits, step, table);
  return true;
}

/**
 * The first cookie that is not aligned although the object at `va` is, or -1.
 *
 * Up to the page size that takes a cut at a segment boundary that is less aligned than the device
 * wants; beyond it, frames are what they are.
 */
export function firstCrooked(va: number, limits: Limits, table: CookieTable): number {
  const { align } = limits;
  if ((align <= 4096 && !table.wasCut) || remainder(0, va, align) !== 0) return -1;
  for (let i = 0; i < table.count; i++) {
    if (remainder(table.frame[i] ?? 0, table.off[i] ?? 0, align) !== 0) return i;
  }
  return -1;
}

function cut(
  frame: number,
  off: number,
  len: number,
  inSeg: number,
  limits: Limits,
  step: number,
  table: CookieTable,
): void {
  const { segBytes, maxCookie } = limits;
  let f = frame;
  let o = off;
  let left = len;
  let into = inSeg;
  while (left > 0) {
    const room = segBytes === 0 ? Infinity : segBytes - into;
    let n = Math.min(left, room);
    if (n > maxCookie) {
      n = maxCookie;
      const past = remainder(f, o + n, step);
      if (past < n) n -= past;
    }
    table.push(f, o, n);
    left -= n;
    const at = o + n;
    f += Math.floor(at / 4096);
    o = at & 4095;
    into = n === room ? 0 : into + n;
  }
}

/** `(frame * 4096 + off) mod size`, for addresses below 2^53. */
function remainder(frame: number, off: number, size: number): number {
  const address = frame * 4096 + off;
  const r = address - Math.floor(address / size) * size;
  // The quotient of two large numbers may round up.
  return r < 0 ? r + size : r;
}
