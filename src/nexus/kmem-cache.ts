/**
 * The caches of the kernel's DMA allocator: memory blocks of at most a page, many to a page.
 *
 * 1. There is one cache for each range of memory and each size, 128 bytes to 4 KiB, powers of two.
 *    An object lies at a multiple of its size, so none crosses a page.
 * 2. Objects of one cache share pages. What a device writes past the end of one is in the next.
 * 3. A page goes back when the last object on it is freed.
 */
import type { Machine } from '../machine/machine.js';
import { ModelBug } from '../sys/errors.js';
import { pageBytes, pageShift } from '../machine/store.js';
import type { KmemIoRange } from './kmem-io.js';

/** Bytes of the smallest object. */
export const smallestObject = 128;

interface Slab {
  readonly cache: Set<Slab>;
  /** First address. */
  readonly va: number;
  readonly objects: number;
  /** Addresses of free objects. */
  readonly free: number[];
}

/** The caches of a machine. */
export class KmemIoCaches {
  readonly #machine: Machine;
  /** Pages with free objects, by range and size. */
  readonly #partial = new Map<string, Set<Slab>>();
  /** By page of the store. */
  readonly #slabs = new Map<number, Slab>();
  /** Ranges somebody has had memory from. */
  readonly #ranges = new Set<string>();

  constructor(machine: Machine) {
    this.#machine = machine;
  }

  /** Whether the caches of a range have been made. */
  has(range: KmemIoRange): boolean {
    return range.initial || this.#ranges.has(range.name);
  }

  /** An object of `bytes` bytes from a range, or -1. */
  alloc(range: KmemIoRange, bytes: number): number {
    this.#ranges.add(range.name);
    const cache = this.#cache(`${range.name} ${String(bytes)}`);
    const slab = firstOf(cache) ?? this.#grow(cache, range, bytes);
    if (slab === null) return -1;
    // Any free object will do; which one decides who the neighbours are.
    const at = this.#machine.choose('kmem_io object', slab.free.length);
    const last = slab.free.pop() ?? -1;
    const va = slab.free[at] ?? last;
    if (at < slab.free.length) slab.free[at] = last;
    if (slab.free.length === 0) cache.delete(slab);
    return va;
  }

  /** Takes an object back. */
  free(va: number): void {
    const page = va >>> pageShift;
    const slab = this.#slabs.get(page);
    if (slab === undefined) throw new ModelBug(`kmem_io: no object is at ${String(va)}`);
    slab.free.push(va);
    slab.cache.add(slab);
    if (slab.free.length < slab.objects) return;
    slab.cache.delete(slab);
    this.#slabs.delete(page);
    this.#machine.kmem.unmapPages(slab.va, 1);
  }

  /** Forgets every object; the caller resets frames, pages and addresses. */
  reset(): void {
    this.#partial.clear();
    this.#slabs.clear();
    this.#ranges.clear();
  }

  #grow(cache: Set<Slab>, range: KmemIoRange, bytes: number): Slab | null {
    const { frames, kmem } = this.#machine;
    const pfns = frames.take(1, range.firstFrame, (range.limit + 1) / pageBytes - 1);
    if (pfns === null) return null;
    const va = kmem.mapPages(pfns, 'dma', 'cached', pageBytes);
    if (va < 0) {
      for (const pfn of pfns) frames.release(pfn);
      return null;
    }
    const objects = pageBytes / bytes;
    const free = Array.from({ length: objects }, (_, i) => va + i * bytes);
    const slab = { cache, va, objects, free };
    cache.add(slab);
    this.#slabs.set(va >>> pageShift, slab);
    return slab;
  }

  #cache(name: string): Set<Slab> {
    let cache = this.#partial.get(name);
    if (cache === undefined) {
      cache = new Set();
      this.#partial.set(name, cache);
    }
    return cache;
  }
}

function firstOf(slabs: ReadonlySet<Slab>): Slab | undefined {
  for (const slab of slabs) return slab;
  return undefined;
}
