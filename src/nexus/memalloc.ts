/**
 * Memory for DMA: kernel addresses from the heap, frames that satisfy the attributes.
 *
 * What the pages promise (ddi_dma_mem_alloc(9F) DS-1, ddi_dma_attr(9S)):
 *   (1) the address is a multiple of `align`, of `minxfer` and of 8, for CPU and device;
 *   (2) the length is padded to `minxfer` and to `granular`, so that it can be bound as it is;
 *       STREAMING also to the largest burst the platform carries and to a cache line (FL-6, FL-7);
 *   (3) every byte lies within `addr_lo` and `addr_hi`;
 *   (4) the memory can be bound in one piece: no more than `sgllen` segments, none across a `seg`
 *       boundary, none longer than the counter.
 * (4) is tested by walking the memory as a bind will; when frames taken one by one fail it, one
 * contiguous run is tried, and when that fails too the request is refused.
 *
 * Not done: `maxxfer` does not limit the size. Memory longer than one transfer is useful with
 * windows.
 *
 * The block is placed against the end of its last page, so that running over it hits a hole.
 */
import type { CacheMode } from '../machine/pages.js';
import { pageBytes, pageShift } from '../machine/store.js';
import type { ddi_device_acc_attr_t } from '../sys/types.js';
import { AccHandle } from './acc-handle.js';
import type { Limits } from './attr.js';
import { CookieTable, firstCrooked, walk } from './cookies.js';
import type { DmaHandle } from './tree.js';

/** What is asked of the allocator. */
export interface MemRequest {
  /** Bytes, at least 1. */
  readonly length: number;
  readonly streaming: boolean;
  readonly cache: CacheMode;
  readonly accattr: ddi_device_acc_attr_t;
}

/** Why there is no memory. */
export interface NoMemory {
  /** `never`: these attributes can never have so much. `now`: others hold what is needed. */
  readonly when: 'never' | 'now';
  /** The attribute at fault, or what is short. */
  readonly field: string;
  readonly message: string;
}

/**
 * Allocates memory for the handle.
 *
 * @returns the access handle, whose base is the address and whose length is the real length
 */
export function allocMemory(handle: DmaHandle, request: MemRequest): AccHandle | NoMemory {
  const { limits } = handle;
  const { machine } = handle.rdip;
  const pad = padding(limits, request, machine.description.cacheLineBytes);
  const real = Math.ceil(request.length / pad.size) * pad.size;
  // More than the store could ever hold is refused before a frame is touched.
  if (real > machine.store.limit - machine.store.base) {
    return { when: 'never', field: 'length', message: 'exceeds the memory of the machine' };
  }
  let why: NoMemory = { when: 'now', field: 'memory', message: 'no memory is free' };
  for (const plan of plans(limits, real)) {
    const got =
      plan === 'pages'
        ? takePages(handle, real, pad.align)
        : takeRun(handle, real, pad.align, plan === 'segments');
    if (typeof got !== 'number' && 'when' in got) {
      why = got;
      continue;
    }
    const { pfns, off } = got;
    const vaAlign = Math.max(pad.align, pageBytes);
    const base = machine.kmem.mapPages(pfns, 'dma', request.cache, vaAlign);
    if (base < 0) {
      for (const pfn of pfns) machine.frames.release(pfn);
      return { when: 'now', field: 'memory', message: 'no kernel address space is free' };
    }
    const fault = unbindable(handle, base + off, real);
    if (fault === null) {
      machine.kmem.scribble(base, pfns.length * pageBytes);
      const firstPage = base >>> pageShift;
      const target = { kind: 'memory', firstPage, pages: pfns.length } as const;
      return new AccHandle(handle.rdip, base + off, real, request.accattr, target);
    }
    machine.kmem.unmapPages(base, pfns.length);
    why = fault;
  }
  return why;
}

/** Gives the memory of an access handle back. */
export function freeMemory(handle: AccHandle): void {
  if (handle.target.kind !== 'memory') return;
  const { firstPage, pages } = handle.target;
  handle.close();
  handle.rdip.machine.kmem.unmapPages(firstPage << pageShift, pages);
}

function padding(
  limits: Limits,
  request: MemRequest,
  lineBytes: number,
): { readonly align: number; readonly size: number } {
  // Never less than a double word, as all kernel memory (kmem_alloc(9F) DS-1).
  let align = Math.max(limits.align, limits.minxfer, 8);
  let unit = limits.minxfer;
  if (request.streaming) {
    // ddi_dma_mem_alloc(9F) FL-6: burst sizes count, up to the line the host bridge moves at once.
    const burst = largestBurst(limits.attr.dma_attr_burstsizes, lineBytes);
    // ddi_dma_mem_alloc(9F) FL-7: whole lines, so that no line is shared with a stranger.
    align = Math.max(align, burst, lineBytes);
    unit = Math.max(unit, burst, lineBytes);
  }
  // Cache attributes are a property of pages, so such memory is whole pages.
  if (request.cache !== 'cached') {
    align = Math.max(align, pageBytes);
    unit = Math.max(unit, pageBytes);
  }
  return { align, size: leastCommonMultiple(unit, limits.granular) };
}

function largestBurst(burstsizes: number, max: number): number {
  // ddi_dma_attr(9S) BS-1: bit n is 2^n bytes; the upper half holds the 64-bit SBus sizes.
  const sizes = (burstsizes & 0xffff) | (burstsizes >>> 16);
  let burst = 1;
  for (let n = 0; n < 16; n++) if (sizes & (1 << n) && 1 << n <= max) burst = 1 << n;
  return burst;
}

function leastCommonMultiple(a: number, b: number): number {
  let x = a;
  let y = b;
  while (y !== 0) [x, y] = [y, x - Math.floor(x / y) * y];
  return (a / x) * b;
}

/** How frames are looked for: page by page, as one run, or as one run that starts a segment. */
type Plan = 'pages' | 'run' | 'segments';

/** The plans that may do, the least contiguous first. */
function plans(limits: Limits, real: number): readonly Plan[] {
  const pages = Math.ceil(real / pageBytes);
  // Starting a segment saves one cut when the block is longer than a segment.
  const runs: readonly Plan[] =
    limits.segBytes > 0 && limits.segBytes < real ? ['run', 'segments'] : ['run'];
  // Alignment beyond a page holds for the device too, and only a run can promise that.
  if (limits.align > pageBytes || limits.sgllen < pages) return runs;
  return ['pages', ...runs];
}

type Frames = { readonly pfns: readonly number[]; readonly off: number };

function bounds(limits: Limits): { readonly lo: number; readonly hi: number } {
  // A page is usable when all of it is: its neighbours in the page belong to somebody else.
  return {
    lo: limits.loOff === 0 ? limits.loFrame : limits.loFrame + 1,
    hi: limits.hiOff === pageBytes - 1 ? limits.hiFrame : limits.hiFrame - 1,
  };
}

function shortOf(handle: DmaHandle, lo: number, hi: number, what: string): NoMemory {
  const { frames } = handle.rdip.machine;
  if (frames.any(lo, hi)) {
    return { when: 'now', field: 'memory', message: `no ${what} is free in the range` };
  }
  const message = 'leaves no whole page of memory in the range';
  return { when: 'never', field: 'dma_attr_addr_hi', message };
}

/** Where in its pages a block of `real` bytes lies: against the end, unless a boundary forbids. */
function place(limits: Limits, real: number, align: number): number {
  const pages = Math.ceil(real / pageBytes);
  if (align >= pageBytes) return 0;
  const off = Math.floor((pages * pageBytes - real) / align) * align;
  const { segBytes } = limits;
  if (segBytes === 0 || segBytes >= pageBytes) return off;
  // A segment shorter than a page: from the start of the page it is not crossed needlessly.
  return Math.floor(off / segBytes) === Math.floor((off + real - 1) / segBytes) ? off : 0;
}

function takePages(handle: DmaHandle, real: number, align: number): Frames | NoMemory {
  const { lo, hi } = bounds(handle.limits);
  const off = place(handle.limits, real, align);
  const count = Math.ceil((off + real) / pageBytes);
  const pfns = hi < lo ? null : handle.rdip.machine.frames.take(count, lo, hi);
  return pfns === null ? shortOf(handle, lo, hi, 'set of pages') : { pfns, off };
}

function takeRun(
  handle: DmaHandle,
  real: number,
  align: number,
  startSegment: boolean,
): Frames | NoMemory {
  const { limits } = handle;
  const { lo, hi } = bounds(limits);
  const off = startSegment ? 0 : place(limits, real, align);
  const count = Math.ceil((off + real) / pageBytes);
  const segFrames = limits.segBytes / pageBytes;
  // A run that fits into a segment is put into one; a longer one is cut at its boundaries.
  const whole = Number.isInteger(segFrames) && segFrames > 0 && count <= segFrames;
  const first =
    hi < lo
      ? -1
      : handle.rdip.machine.frames.takeRun({
          count,
          lo,
          hi,
          align: Math.max(1, align / pageBytes, startSegment ? roundUpPower(segFrames) : 1),
          nocross: whole ? segFrames : 0,
        });
  if (first < 0) return shortOf(handle, lo, hi, `run of ${count} pages`);
  return { pfns: Array.from({ length: count }, (_, i) => first + i), off };
}

/** The smallest power of two that is at least `n`. */
function roundUpPower(n: number): number {
  let power = 1;
  while (power < n) power *= 2;
  return power;
}

/** Whether a bind of the memory would need more than the attributes allow: the field at fault. */
function unbindable(handle: DmaHandle, va: number, len: number): NoMemory | null {
  const { limits } = handle;
  const table = new CookieTable();
  const out = walk(handle.rdip.machine.pages.pfn, va, len, limits, table);
  if (out >= 0) {
    return { when: 'never', field: 'dma_attr_addr_hi', message: 'leaves part out of reach' };
  }
  if (firstCrooked(va, limits, table) >= 0) {
    return { when: 'never', field: 'dma_attr_align', message: 'cannot be kept by every segment' };
  }
  if (table.count <= limits.sgllen) return null;
  const sgllen = `needs ${table.count} segments, and dma_attr_sgllen is ${limits.sgllen}`;
  if (len > limits.maxCookie * limits.sgllen) {
    return { when: 'never', field: 'dma_attr_count_max', message: sgllen };
  }
  if (limits.segBytes !== 0 && len > limits.segBytes * limits.sgllen) {
    return { when: 'never', field: 'dma_attr_seg', message: sgllen };
  }
  return { when: 'now', field: 'dma_attr_sgllen', message: sgllen };
}
