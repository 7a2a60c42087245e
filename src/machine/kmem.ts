/**
 * Kernel memory: addresses from the heap arena, frames from the frame lists.
 *
 * 1. A *large* block is whole pages with a hole on either side, so that running off an end faults.
 *    It is placed against its end: the byte after it is the hole.
 * 2. A *small* block (2 KiB at most) is a slot of a page divided into slots of one size, a power of
 *    two, as the kernel's caches do it: neighbours in memory, and no slot crosses a page.
 * 3. Fresh memory holds the kernel's own pattern for uninitialised bytes, 0xbaddcafe, never zeroes:
 *    kmem_alloc(9F) DS-2 says the content is arbitrary.
 */
import { ModelBug, Panic } from '../sys/errors.js';
import type { LiveObject } from '../sys/observer.js';
import type { Arena } from '../vmem/arena.js';
import type { Frames } from './frames.js';
import type { LiveSet, LiveSource } from './live.js';
import type { CacheMode, PageKind, PageTable } from './pages.js';
import { pageBytes, pageShift, type Store } from './store.js';

/** The kernel's pattern for memory allocated and not yet written, as it lies in memory. */
const uninitialised = [0xfe, 0xca, 0xdd, 0xba] as const;

const smallest = 16;
const largestSlot = 2048;

/** A block of whole pages, as the DMA allocator and the tests take it. */
export interface PageBlock {
  /** First address of the first page. */
  readonly va: number;
  /** Frames in virtual order. */
  readonly pfns: readonly number[];
}

interface SlabPage {
  readonly slotBytes: number;
  readonly free: number[];
}

class Block implements LiveSource {
  constructor(
    readonly id: number,
    readonly va: number,
    readonly size: number,
    readonly owner: string,
  ) {}

  liveObjects(): readonly LiveObject[] {
    const { id, owner } = this;
    const detail = `${this.size} bytes at 0x${this.va.toString(16)}`;
    return [{ kind: 'kmem', id, owner, detail, clause: 'detach.9e/DT-1' }];
  }
}

/** The allocator of kernel memory. */
export class Kmem {
  readonly #store: Store;
  readonly #pages: PageTable;
  readonly #frames: Frames;
  readonly #heap: Arena;
  readonly #live: LiveSet;
  readonly #blocks = new Map<number, Block>();
  readonly #slabs = new Map<number, SlabPage>();
  readonly #partial = new Map<number, Set<number>>();
  /** Large blocks by the first page of their segment. */
  readonly #large = new Map<number, Block>();

  constructor(store: Store, pages: PageTable, frames: Frames, heap: Arena, live: LiveSet) {
    this.#store = store;
    this.#pages = pages;
    this.#frames = frames;
    this.#heap = heap;
    this.#live = live;
  }

  /**
   * Allocates `size` bytes, uninitialised, 8-byte aligned at least; -1 when memory is short.
   *
   * @param listed - whether the block is alive by itself, or as part of an object that is
   */
  alloc(size: number, listed = true): number {
    const va = size <= largestSlot ? this.#slot(size) : this.#wholePages(size);
    if (va < 0) return -1;
    const block = new Block(this.#live.nextId(), va, size, this.#live.ownerNow());
    this.#blocks.set(va, block);
    if (size > largestSlot) this.#large.set(va >>> pageShift, block);
    if (listed) this.#live.add(block);
    return va;
  }

  /** Frees a block; address and size must be those of its allocation (kmem_alloc(9F) DS-3). */
  free(va: number, size: number): void {
    const block = this.#blocks.get(va);
    if (block === undefined) {
      throw new Panic('kmem_free: bad address', { buf: va, size }, 'kmem_alloc.9f/WN-1');
    }
    if (block.size !== size) {
      const values = { buf: va, size, allocated: block.size };
      throw new Panic('kmem_free: wrong size', values, 'kmem_alloc.9f/DS-3');
    }
    this.#blocks.delete(va);
    this.#live.remove(block);
    const page = va >>> pageShift;
    const slab = this.#slabs.get(page);
    if (slab === undefined) {
      this.#large.delete(page);
      this.unmapPages(page << pageShift, ((va + size - 1) >>> pageShift) - page + 1);
      return;
    }
    slab.free.push(va);
    if (slab.free.length === pageBytes / slab.slotBytes) {
      this.#slabs.delete(page);
      this.#partial.get(slab.slotBytes)?.delete(page);
      this.unmapPages(page << pageShift, 1);
    } else this.#partialOf(slab.slotBytes).add(page);
  }

  /** Kernel addresses, in pages; the holes behind blocks count as used. */
  get addresses(): { readonly usedPages: number; readonly limitPages: number } {
    const { inUse, total } = this.#heap;
    return { usedPages: inUse / pageBytes, limitPages: total / pageBytes };
  }

  /**
   * The allocation `va` lies in, when the model knows its exact bounds.
   */
  blockAt(va: number): { readonly va: number; readonly size: number } | undefined {
    const page = va >>> pageShift;
    const slab = this.#slabs.get(page);
    if (slab !== undefined) return this.#blocks.get(va & ~(slab.slotBytes - 1));
    // Every bind asks, mostly for the start of a block: the search for a segment comes last.
    const first = this.#large.get(page);
    if (first !== undefined || this.#large.size === 0) return first;
    const segment = this.#heap.find(va & ~(pageBytes - 1));
    if (segment === undefined) return undefined;
    return this.#large.get(segment.base >>> pageShift);
  }

  /**
   * Maps pages on the frames given, which the caller has taken; -1 when addresses are short.
   *
   * @param alignBytes - alignment of the first address, a power of two
   */
  mapPages(pfns: readonly number[], kind: PageKind, cache: CacheMode, alignBytes: number): number {
    // One page more than asked stays a hole behind the block; the hole of the block below is the
    // one in front.
    const bytes = (pfns.length + 1) * pageBytes;
    // Kernel addresses are small integers, and a driver's arithmetic stays integer arithmetic only
    // if they are handed out as such: what comes out of an array of doubles is not.
    const va =
      (alignBytes > pageBytes
        ? this.#heap.xalloc(bytes, { align: alignBytes })
        : this.#heap.alloc(bytes)) | 0;
    if (va < 0) return -1;
    for (const [i, pfn] of pfns.entries()) {
      this.#pages.map((va >>> pageShift) + i, pfn, kind, cache);
    }
    return va;
  }

  /** Undoes {@link Kmem.mapPages} and gives the frames back. */
  unmapPages(va: number, count: number): void {
    for (let i = 0; i < count; i++) {
      this.#frames.release(this.#pages.unmap((va >>> pageShift) + i));
    }
    this.#heap.free(va, (count + 1) * pageBytes);
  }

  /** Forgets every block; the caller resets frames, pages and addresses. */
  reset(): void {
    this.#blocks.clear();
    this.#slabs.clear();
    this.#partial.clear();
    this.#large.clear();
  }

  /** Writes the pattern of uninitialised memory over `[va, va + len)`. */
  scribble(va: number, len: number): void {
    const { bytes } = this.#store;
    if (len <= 0) return;
    const head = Math.min(len, 4);
    for (let i = 0; i < head; i++) bytes[va + i] = uninitialised[(va + i) & 3] ?? 0;
    for (let done = head; done < len; done *= 2) {
      bytes.copyWithin(va + done, va, va + Math.min(done, len - done));
    }
  }

  #wholePages(size: number): number {
    const count = Math.ceil(size / pageBytes);
    const { lo, hi } = this.#frames.extent;
    const pfns = this.#frames.take(count, lo, hi);
    if (pfns === null) return -1;
    const base = this.mapPages(pfns, 'kmem', 'cached', pageBytes);
    if (base < 0) {
      for (const pfn of pfns) this.#frames.release(pfn);
      return -1;
    }
    this.scribble(base, count * pageBytes);
    // Against the end, as far as the promised alignment allows (kmem_alloc(9F) DS-1: a double
    // word and nothing more).
    return base + ((count * pageBytes - size) & ~7);
  }

  #slot(size: number): number {
    let slotBytes = smallest;
    while (slotBytes < size) slotBytes *= 2;
    const partial = this.#partialOf(slotBytes);
    let page = firstOf(partial);
    if (page === undefined) {
      const { lo, hi } = this.#frames.extent;
      const pfns = this.#frames.take(1, lo, hi);
      if (pfns === null) return -1;
      const base = this.mapPages(pfns, 'kmem', 'cached', pageBytes);
      if (base < 0) {
        for (const pfn of pfns) this.#frames.release(pfn);
        return -1;
      }
      page = base >>> pageShift;
      const free: number[] = [];
      for (let at = base + pageBytes - slotBytes; at >= base; at -= slotBytes) free.push(at);
      this.#slabs.set(page, { slotBytes, free });
      partial.add(page);
    }
    const slab = this.#slabs.get(page);
    const va = slab?.free.pop();
    if (slab === undefined || va === undefined) throw new ModelBug('kmem: a full slab was listed');
    if (slab.free.length === 0) partial.delete(page);
    this.scribble(va, slotBytes);
    return va;
  }

  #partialOf(slotBytes: number): Set<number> {
    let set = this.#partial.get(slotBytes);
    if (set === undefined) {
      set = new Set();
      this.#partial.set(slotBytes, set);
    }
    return set;
  }
}

function firstOf(set: ReadonlySet<number>): number | undefined {
  for (const first of set) return first;
  return undefined;
}
