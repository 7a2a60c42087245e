/**
 * Memory for DMA as the x86 kernel allocates it (i_ddi_mem_alloc, kalloca, contig_alloc).
 *
 * The numbers, in the order of the code:
 *   (1) *Unit*: the larger of alignment and `minxfer`; a page when the memory is not to be cached.
 *   (2) *Contiguity*: how many pages must adjoin for length and alignment together to make no more
 *       than `sgllen` segments. More than one, and the memory is *contiguous*: its length is padded
 *       to `minxfer` alone, and no run may be longer than a segment. Else it is padded to the unit.
 *   (3) A *header* stands in front of every block that is not contiguous; it takes as many bytes as
 *       the alignment, and 32 at least.
 *   (4) What does not fit into a page is contiguous memory, or pages from the *arena* of the range
 *       the device reaches, one by one; what fits is an object of one of the range's *caches*.
 *
 * Nobody looks at `count_max`, at `maxxfer`, or at segments shorter than a page, so memory is given
 * that the bind will refuse; and in an arena the alignment holds for kernel addresses alone.
 *
 * Where the frames of contiguous memory lie follows the machine's layout: all in one run as far as
 * segments let them, or in runs no longer than they must be, which never adjoin.
 */
import { pageBytes, pageShift } from '../machine/store.js';
import { Panic } from '../sys/errors.js';
import type { QuirkId } from '../sys/quirks.js';
import type { AccHandle } from './acc-handle.js';
import { powerOfTwo } from './attr.js';
import { reachableFrames } from './bounce.js';
import { type DmaBlock, handOut } from './dma-memory.js';
import { smallestObject } from './kmem-cache.js';
import { type KmemIoRange, kmemIoRange, kmemIoRanges } from './kmem-io.js';
import { type MemRequest, type NoMemory, padTo, paddingOf } from './mem-request.js';
import type { DmaHandle } from './tree.js';

/** Four words in front of a block. */
const headerBytes = 32;
/** The kernel keeps the unit in an int; beyond this it overflows. */
const largestUnit = 2 ** 30;
/** The highest `addr_lo` that gets memory: the second page frame. */
const highestLo = 0x2000;
/** Contiguous memory is looked for above 16 MiB first; some devices reach only below it. */
const frame16M = 0x1000;

/** What is needed, before anything is taken. */
interface Need {
  /** Bytes, padded. */
  readonly real: number;
  /** Of the kernel address. */
  readonly align: number;
  /** Bytes with header and rounding. */
  readonly raw: number;
  /** Pages that must adjoin; 0: the memory need not be contiguous. */
  readonly run: number;
}

/** Allocates memory for a handle whose alignment and `minxfer` are powers of two. */
export function allocKernelMemory(handle: DmaHandle, request: MemRequest): AccHandle | NoMemory {
  const need = needOf(handle, request);
  if ('when' in need) return need;
  const block =
    need.run > 0 && need.raw > pageBytes
      ? contiguous(handle, need)
      : fromRange(handle, request, need);
  return 'when' in block ? block : handOut(handle, request, block);
}

function needOf(handle: DmaHandle, request: MemRequest): Need | NoMemory {
  const { limits } = handle;
  const { align, unit, granular } = paddingOf(handle, request);
  if (align > largestUnit) {
    const field = limits.align > largestUnit ? 'dma_attr_align' : 'dma_attr_minxfer';
    return never(field, 'overflows the int the kernel keeps it in');
  }
  let { length } = request;
  if (request.cache !== 'cached') length = padTo(length, pageBytes, 1);
  const lone = Math.ceil((length + limits.align) / pageBytes);
  let run = leastRun(handle, lone);
  // Only adjoining frames can be aligned beyond a page.
  const physical = limits.align > pageBytes && !has(handle, 'mem-align-virtual');
  if (run > 1 || physical) {
    length = padTo(length, unit, granular);
    run = leastRun(handle, Math.ceil(length / pageBytes));
    if (run > segmentMask(handle) + 1) {
      return never('dma_attr_seg', `is shorter than the ${run} pages that must adjoin`);
    }
  } else {
    length = padTo(length, align, granular);
    run = 0;
  }
  if (limits.kernel.lo > highestLo && has(handle, 'mem-addr-lo-refused')) {
    return never('dma_attr_addr_lo', `is above ${hex(highestLo)}`);
  }
  const block = Math.max(align, headerBytes);
  return { real: length, align: block, raw: padTo(length + block, smallestObject, 1), run };
}

/** How many of `pages` pages must adjoin for the list to be long enough. */
function leastRun(handle: DmaHandle, pages: number): number {
  const { sgllen } = handle.limits.kernel;
  if (sgllen > 0) return Math.ceil(pages / sgllen);
  if (!has(handle, 'mem-sgllen-zero')) return pages;
  const values = { dma_attr_sgllen: sgllen, npages: pages };
  return handle.rdip.machine.sched.panic(new Panic('divide by zero', values));
}

// ---- Ranges: arenas and caches ----------------------------------------------------------------

function fromRange(handle: DmaHandle, request: MemRequest, need: Need): DmaBlock | NoMemory {
  const range = rangeOf(handle);
  if (range === null) return never('dma_attr_addr_hi', 'leaves no whole page of memory');
  return need.raw > pageBytes
    ? fromArena(handle, need, range)
    : fromCache(handle, request, need, range);
}

/** The range of a device; `null` when there is none and that is no reason to stop. */
function rangeOf(handle: DmaHandle): KmemIoRange | null {
  const { machine } = handle.rdip;
  const { lo, hi } = handle.limits.kernel;
  const reach = reachableFrames(handle.limits);
  try {
    const range = kmemIoRange(machine, hi);
    // Whoever is above the first pages has been refused, unless that is switched off.
    if (lo <= highestLo) return range;
    return { ...range, name: `${range.name} from ${hex(lo)}`, firstFrame: reach.lo };
  } catch (error) {
    if (!(error instanceof Panic)) throw error;
    if (has(handle, 'mem-16m-panics')) return machine.sched.panic(error);
    const limit = (reach.hi + 1) * pageBytes - 1;
    if (reach.hi < reach.lo) return null;
    return { name: `${hex(lo)} to ${hex(hi)}`, firstFrame: reach.lo, limit, initial: false };
  }
}

function fromArena(handle: DmaHandle, need: Need, range: KmemIoRange): DmaBlock | NoMemory {
  const { frames } = handle.rdip.machine;
  const pages = Math.ceil(need.raw / pageBytes);
  const { firstFrame, limit } = range;
  const lastFrame = (limit + 1) / pageBytes - 1;
  const pfns = isShort(handle, pages) ? null : frames.take(pages, firstFrame, lastFrame);
  if (pfns === null) return now(`no ${pages} pages are free in range ${range.name}`);
  const source = { kind: 'arena', range: range.name, bytes: need.raw } as const;
  const block = mapped(handle, pfns, pageBytes);
  if ('when' in block) return block;
  const kaddr = up(block.kaddr + headerBytes, need.align);
  return { ...block, kaddr, real: need.real, source };
}

function fromCache(
  handle: DmaHandle,
  request: MemRequest,
  need: Need,
  range: KmemIoRange,
): DmaBlock | NoMemory {
  const { caches, machine } = handle.rdip;
  const tries = isShort(handle, 1) ? [] : cachesFor(handle, request, need, range);
  for (const [from, bytes] of tries) {
    const va = caches.alloc(from, bytes);
    if (va < 0) continue;
    machine.kmem.scribble(va, bytes);
    return {
      kaddr: up(va + headerBytes, need.align),
      real: need.real,
      source: { kind: 'cache', range: from.name, bytes },
      release: () => {
        caches.free(va);
      },
    };
  }
  return now(`no object of ${need.raw} bytes is free in range ${range.name}`);
}

/** The caches to try; who does not wait is served from lower ranges too, or with larger objects. */
function cachesFor(
  handle: DmaHandle,
  request: MemRequest,
  need: Need,
  range: KmemIoRange,
): readonly (readonly [KmemIoRange, number])[] {
  let bytes = smallestObject;
  while (bytes < need.raw) bytes *= 2;
  if (request.sleeps || range.firstFrame > 0) return [[range, bytes]];
  const { caches, machine } = handle.rdip;
  const lower = kmemIoRanges(machine).filter((r) => r.limit < range.limit && caches.has(r));
  const tries = [range, ...lower].map((r) => [r, bytes] as const);
  for (const r of [range, ...lower]) {
    for (let larger = bytes * 2; larger <= pageBytes; larger *= 2) tries.push([r, larger]);
  }
  return tries;
}

// ---- Contiguous memory ------------------------------------------------------------------------

function contiguous(handle: DmaHandle, need: Need): DmaBlock | NoMemory {
  const { machine } = handle.rdip;
  const pages = Math.ceil(need.real / pageBytes);
  const aligned = Math.max(handle.limits.align, handle.limits.minxfer) > pageBytes;
  const source = { kind: 'contig', bytes: pages * pageBytes } as const;
  const waits = !has(handle, 'mem-contig-never-waits');
  let pfns: number[] | null = null;
  if (!isShort(handle, pages, waits)) {
    if (pages > 1 || aligned) pfns = takeRuns(handle, pages, need.run);
    else {
      const { lo, hi } = reachableFrames(handle.limits);
      pfns = hi < lo ? null : machine.frames.take(1, lo, hi);
    }
  }
  if (pfns === null) {
    // The search does not wait, whoever asked.
    const when = waits ? 'now' : 'never';
    return { when, field: 'memory', message: `no run of ${need.run} pages is free in reach` };
  }
  const block = mapped(handle, pfns, Math.max(need.align, pageBytes));
  return 'when' in block ? block : { ...block, real: need.real, source };
}

/** Runs for `pages` pages: the whole in one, where the layout has it so, or `run` at a time. */
function takeRuns(handle: DmaHandle, pages: number, run: number): number[] | null {
  const { machine } = handle.rdip;
  const { frames } = machine.description;
  const whole =
    frames === 'mixed'
      ? machine.choose('contiguous memory', 2) === 0
      : frames === 'contiguous' || frames === 'descending';
  return (whole ? takeRunsOf(handle, pages, pages) : null) ?? takeRunsOf(handle, pages, run);
}

function takeRunsOf(handle: DmaHandle, pages: number, size: number): number[] | null {
  const { frames } = handle.rdip.machine;
  const pfns: number[] = [];
  while (pfns.length < pages) {
    const count = Math.min(size, pages - pfns.length);
    const first = takeRun(handle, count);
    if (first < 0) {
      for (const pfn of pfns) frames.release(pfn);
      return null;
    }
    for (let i = 0; i < count; i++) pfns.push(first + i);
  }
  return pfns;
}

function takeRun(handle: DmaHandle, count: number): number {
  const { limits, rdip } = handle;
  const { frames } = rdip.machine;
  const reach = reachableFrames(limits);
  // The page of the highest address counts as a whole, even if the rest of it is out of reach.
  const hi = has(handle, 'mem-contig-last-page') ? limits.hiFrame : reach.hi;
  const mask = segmentMask(handle);
  const even = powerOfTwo(BigInt(mask) + 1n);
  const wish = {
    count,
    hi,
    align: Math.max(1, Math.max(limits.align, limits.minxfer) / pageBytes),
    nocross: even && mask < 2 ** 40 ? mask + 1 : 0,
    ...(!even && { fits: (first: number) => keepsMask(first, count, mask) }),
  };
  const above = hi > frame16M ? frames.takeRun({ ...wish, lo: Math.max(reach.lo, frame16M) }) : -1;
  return above >= 0 ? above : frames.takeRun({ ...wish, lo: reach.lo });
}

/**
 * Whether a run stays inside a segment as the kernel tells: `seg` in pages is a mask of bits, and a
 * segment begins where none of them is set.
 */
function keepsMask(first: number, count: number, mask: number): boolean {
  const bits = BigInt(mask);
  const at = BigInt(first);
  if (((at + BigInt(count - 1)) & bits) < (at & bits)) return false;
  for (let i = 1n; i < count; i++) if (((at + i) & bits) === 0n) return false;
  return true;
}

/** `seg` in pages. */
function segmentMask(handle: DmaHandle): number {
  return Number(handle.limits.attr.dma_attr_seg >> BigInt(pageShift));
}

// ---- Common -----------------------------------------------------------------------------------

/** Gives frames kernel addresses; the block begins with the first. */
function mapped(handle: DmaHandle, pfns: readonly number[], align: number): DmaBlock | NoMemory {
  const { frames, kmem } = handle.rdip.machine;
  const va = kmem.mapPages(pfns, 'dma', 'cached', align);
  if (va < 0) {
    for (const pfn of pfns) frames.release(pfn);
    return now('no kernel address space is free');
  }
  const bytes = pfns.length * pageBytes;
  kmem.scribble(va, bytes);
  const release = (): void => {
    kmem.unmapPages(va, pfns.length);
  };
  return { kaddr: va, real: bytes, source: null, release };
}

/**
 * Whether so many pages are refused at once: by plan, or because addresses could not suffice.
 *
 * @param waits - whether a call that may sleep waits for such pages
 */
function isShort(handle: DmaHandle, pages: number, waits = true): boolean {
  const { faults, store } = handle.rdip.machine;
  return faults.fails('dma memory', waits) || pages * pageBytes > store.limit - store.base;
}

function has(handle: DmaHandle, quirk: QuirkId): boolean {
  return handle.rdip.machine.rules.has(quirk);
}

function never(field: NoMemory['field'], message: string): NoMemory {
  return { when: 'never', field, message };
}

function now(message: string): NoMemory {
  return { when: 'now', field: 'memory', message };
}

function hex(n: number): string {
  return `0x${n.toString(16)}`;
}

function up(n: number, unit: number): number {
  return Math.ceil(n / unit) * unit;
}
