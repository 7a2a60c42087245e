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
 * windows. What a kernel does instead of all this is in kernel-memalloc.ts.
 *
 * The block is placed against the end of its last page, so that running over it hits a hole.
 */
import { pageBytes } from '../machine/store.js';
import type { AccHandle } from './acc-handle.js';
import type { Limits } from './attr.js';
import { reachableFrames } from './bounce.js';
import { CookieTable, firstCrooked, walk } from './cookies.js';
import { handOut } from './dma-memory.js';
import { allocKernelMemory } from './kernel-memalloc.js';
import { crookedAttr, type MemRequest, type NoMemory, padTo, paddingOf } from './mem-request.js';
import { kernelObject } from './object.js';
import type { DmaHandle } from './tree.js';

/**
 * Allocates memory for the handle.
 *
 * @returns the access handle, whose base is the address and whose length is the real length
 */
export function allocMemory(handle: DmaHandle, request: MemRequest): AccHandle | NoMemory {
  const { limits } = handle;
  const { machine } = handle.rdip;
  const crooked = crookedAttr(limits);
  if (crooked !== null) return crooked;
  if (machine.rules.has('mem-from-kmem-io')) return allocKernelMemory(handle, request);
  const pad = paddingOf(handle, request);
  // Never less than a double word, as all kernel memory (kmem_alloc(9F) DS-1).
  const align = Math.max(pad.align, 8);
  const real = padTo(request.length, pad.unit, pad.granular);
  // More than the store could ever hold is refused before a frame is touched.
  if (real > machine.store.limit - machine.store.base) {
    return { when: 'never', field: 'length', message: 'exceeds the memory of the machine' };
  }
  const short = machine.faults.fails('dma memory');
  let why: NoMemory | null = null;
  for (const plan of plans(limits, real)) {
    const got =
      plan === 'pages'
        ? takePages(handle, real, align, short)
        : takeRun(handle, real, align, plan === 'segments', short);
    if ('when' in got) {
      // What one plan may have later is worth waiting for, whatever the others say.
      if (why?.when !== 'now') why = got;
      continue;
    }
    const { pfns, off } = got;
    const vaAlign = Math.max(align, pageBytes);
    const base = machine.kmem.mapPages(pfns, 'dma', 'cached', vaAlign);
    if (base < 0) {
      for (const pfn of pfns) machine.frames.release(pfn);
      return { when: 'now', field: 'memory', message: 'no kernel address space is free' };
    }
    const fault = unbindable(handle, base + off, real);
    if (fault === null) {
      machine.kmem.scribble(base, pfns.length * pageBytes);
      const release = (): void => {
        machine.kmem.unmapPages(base, pfns.length);
      };
      return handOut(handle, request, { kaddr: base + off, real, source: null, release });
    }
    machine.kmem.unmapPages(base, pfns.length);
    if (why?.when !== 'now') why = fault;
  }
  return why ?? { when: 'now', field: 'memory', message: 'no memory is free' };
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

/**
 * What is short.
 *
 * @param possible - whether it would be there if nothing at all were taken
 */
function shortOf(handle: DmaHandle, what: string, possible: boolean): NoMemory {
  if (possible) return { when: 'now', field: 'memory', message: `no ${what} is free in the range` };
  const { lo, hi } = reachableFrames(handle.limits);
  if (handle.rdip.machine.frames.any(lo, hi)) {
    return { when: 'never', field: 'length', message: `there is no ${what} in the range` };
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

function takePages(
  handle: DmaHandle,
  real: number,
  align: number,
  short: boolean,
): Frames | NoMemory {
  const { frames } = handle.rdip.machine;
  const { lo, hi } = reachableFrames(handle.limits);
  const off = place(handle.limits, real, align);
  const count = Math.ceil((off + real) / pageBytes);
  const possible = hi >= lo && frames.count(lo, hi) >= count;
  const pfns = possible && !short ? frames.take(count, lo, hi) : null;
  return pfns === null ? shortOf(handle, `set of ${count} pages`, possible) : { pfns, off };
}

function takeRun(
  handle: DmaHandle,
  real: number,
  align: number,
  startSegment: boolean,
  short: boolean,
): Frames | NoMemory {
  const { limits } = handle;
  const { frames } = handle.rdip.machine;
  const { lo, hi } = reachableFrames(limits);
  const off = startSegment ? 0 : place(limits, real, align);
  const count = Math.ceil((off + real) / pageBytes);
  const segFrames = limits.segBytes / pageBytes;
  // A run that fits into a segment is put into one; a longer one is cut at its boundaries.
  const whole = Number.isInteger(segFrames) && segFrames > 0 && count <= segFrames;
  const wish = {
    count,
    lo,
    hi,
    align: Math.max(1, align / pageBytes, startSegment ? roundUpPower(segFrames) : 1),
    nocross: whole ? segFrames : 0,
  };
  const possible = hi >= lo && frames.couldHold(wish);
  const first = possible && !short ? frames.takeRun(wish) : -1;
  if (first < 0) return shortOf(handle, `run of ${count} pages`, possible);
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
  const object = kernelObject(handle.rdip.machine.pages, va, len);
  walk(object, limits, { hiExclusive: false, alignedCuts: true }, table);
  if (table.bouncedPages > 0) {
    return { when: 'never', field: 'dma_attr_addr_hi', message: 'leaves part out of reach' };
  }
  if (firstCrooked(object, limits, table) >= 0) {
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
