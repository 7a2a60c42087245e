/**
 * Kernel addresses for frames that have none, and bytes wherever their home is.
 *
 * 1. Mapping a list of frames takes as many consecutive kernel pages. A frame with a hidden home
 *    moves there with its bytes, so that the CPU needs no translation; its label stays, and a
 *    device that is at work on it notices nothing.
 * 2. The hidden page stays reserved: unmapping moves the frame back, and cannot fail.
 * 3. A frame the kernel can reach already is not moved; its new address is an alias.
 */
import type { Arena } from '../vmem/arena.js';
import type { PageTable } from './pages.js';
import { pageBytes, pageShift, type Store } from './store.js';
import type { WriteBuffers } from './write-buffers.js';

/** The mappings that were made after the fact. */
export class FrameMaps {
  readonly #store: Store;
  readonly #pages: PageTable;
  readonly #heap: Arena;
  readonly #buffers: WriteBuffers;
  /** Hidden page by the kernel page its frame moved to. */
  readonly #moved = new Map<number, number>();

  constructor(store: Store, pages: PageTable, heap: Arena, buffers: WriteBuffers) {
    this.#store = store;
    this.#pages = pages;
    this.#heap = heap;
    this.#buffers = buffers;
  }

  /**
   * Gives frames consecutive kernel addresses.
   *
   * @param pfns - frames that have homes
   * @returns the address of the first page, or -1 when addresses are short
   */
  map(pfns: ArrayLike<number>): number {
    const va = this.#heap.alloc((pfns.length + 1) * pageBytes);
    if (va < 0) return -1;
    for (let i = 0; i < pfns.length; i++) {
      const page = (va >>> pageShift) + i;
      const pfn = pfns[i] ?? -1;
      const home = this.#pages.homeOf(pfn);
      if (!this.#pages.isHidden(home)) {
        this.#pages.alias(page, pfn, 'user');
        continue;
      }
      this.#copyPage(home, page);
      this.#pages.map(page, this.#pages.evict(home), 'user');
      this.#moved.set(page, home);
    }
    return va;
  }

  /** Undoes {@link FrameMaps.map}. */
  unmap(va: number, count: number): void {
    for (let page = va >>> pageShift; page < (va >>> pageShift) + count; page++) {
      const pfn = this.#pages.unmap(page);
      const home = this.#moved.get(page);
      if (home === undefined) continue;
      this.#moved.delete(page);
      this.#copyPage(page, home);
      this.#pages.house(home, pfn);
    }
    this.#heap.free(va, (count + 1) * pageBytes);
  }

  /** Where the byte at `off` of a frame lies in the store; the frame has a home. */
  locate(pfn: number, off: number): number {
    return (this.#pages.homeOf(pfn) << pageShift) + off;
  }

  /**
   * Copies out of kernel memory, aliases translated.
   *
   * @param va - a mapped kernel address
   * @param into - how many bytes, and where to
   */
  gather(va: number, into: Uint8Array): void {
    for (let done = 0; done < into.length;) {
      const at = this.#translate(va + done);
      const n = Math.min(into.length - done, pageBytes - (at & (pageBytes - 1)));
      this.#buffers.access('load', at, n);
      into.set(this.#store.bytes.subarray(at, at + n), done);
      done += n;
    }
  }

  /** Copies into kernel memory, aliases translated. */
  scatter(va: number, from: Uint8Array): void {
    for (let done = 0; done < from.length;) {
      const at = this.#translate(va + done);
      const n = Math.min(from.length - done, pageBytes - (at & (pageBytes - 1)));
      this.#buffers.access('store', at, n);
      this.#store.bytes.set(from.subarray(done, done + n), at);
      done += n;
    }
  }

  /** Forgets every mapping; the caller resets pages and addresses. */
  reset(): void {
    this.#moved.clear();
  }

  #translate(va: number): number {
    return (this.#pages.storePage(va >>> pageShift) << pageShift) | (va & (pageBytes - 1));
  }

  #copyPage(from: number, to: number): void {
    const at = from << pageShift;
    this.#store.bytes.copyWithin(to << pageShift, at, at + pageBytes);
  }
}
