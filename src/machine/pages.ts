/**
 * The page table: which page frame a page of the store stands for, and the way back.
 *
 * 1. A frame has one *home*, the page of the store that holds its bytes. The kernel reaches a page
 *    by its address, a device by the number of its frame; both arrive at the same byte.
 * 2. A *hidden* home has no kernel address: its page looks like a hole to the kernel. So live the
 *    frames of processes and of page lists.
 * 3. An *alias* is a kernel address for a frame whose home is elsewhere; the kernel's loads and
 *    stores are translated there.
 * 4. Kinds tell what a page is used for, so that binding the wrong kind of memory can be named.
 */
import { ModelBug } from '../sys/errors.js';
import { pageShift } from './store.js';

/** What a page is used for; 0 is a hole, and guard pages are holes. */
export const pageKinds = [
  'hole',
  'kmem',
  'dma',
  'user',
  'umem',
  'pageable',
  'stack',
  'text',
  'device',
] as const;
/** The name of a page kind. */
export type PageKind = (typeof pageKinds)[number];

/** How the CPU may treat the page: ddi_dma_mem_alloc(9F) FL-8 to FL-15, exclusive. */
export const cacheModes = ['cached', 'write-combine', 'uncached'] as const;
/** The name of a cache mode. */
export type CacheMode = (typeof cacheModes)[number];

/** Page to frame and frame to page. */
export class PageTable {
  /** Frame number by page of the store; -1 in a hole. */
  readonly pfn: Float64Array;
  /**
   * Whether some page needs a closer look before the kernel touches it: aliases, pageable ones and
   * those that are not cached.
   */
  special = false;
  readonly #kind: Uint8Array;
  readonly #cache: Uint8Array;
  readonly #home = new Map<number, number>();
  /** Frame by page, of hidden homes. */
  readonly #hidden = new Map<number, number>();
  readonly #aliases = new Set<number>();
  /** One past the highest page ever mapped; everything above is as the host gave it. */
  #touched = 0;
  #pageable = 0;
  #odd = 0;

  constructor(limit: number) {
    const pages = limit >>> pageShift;
    this.pfn = new Float64Array(pages).fill(-1);
    this.#kind = new Uint8Array(pages);
    this.#cache = new Uint8Array(pages);
  }

  /** Gives `page` the frame `pfn`. */
  map(page: number, pfn: number, kind: PageKind, cache: CacheMode = 'cached'): void {
    if (this.#home.has(pfn)) throw new ModelBug(`frame ${pfn} has a home already`);
    this.#name(page, pfn, kind, cache);
    this.#home.set(pfn, page);
  }

  /** Takes the frame of `page` away and returns it; the page becomes a hole. */
  unmap(page: number): number {
    const pfn = this.pfn[page];
    if (pfn === undefined || pfn === -1) throw new ModelBug(`page ${page} is not mapped`);
    if (this.kindOf(page) === 'pageable') this.#pageable--;
    if (this.#cache[page] !== 0) this.#odd--;
    this.pfn[page] = -1;
    this.#kind[page] = 0;
    this.#cache[page] = 0;
    if (!this.#aliases.delete(page)) this.#home.delete(pfn);
    this.#lookCloser();
    return pfn;
  }

  /** Makes `page` the hidden home of `pfn`. */
  house(page: number, pfn: number): void {
    if (this.pfn[page] !== -1 || this.#hidden.has(page)) {
      throw new ModelBug(`page ${page} is taken`);
    }
    if (this.#home.has(pfn)) throw new ModelBug(`frame ${pfn} has a home already`);
    this.#hidden.set(page, pfn);
    this.#home.set(pfn, page);
    if (page >= this.#touched) this.#touched = page + 1;
  }

  /** Ends the hidden home at `page` and returns its frame. */
  evict(page: number): number {
    const pfn = this.#hidden.get(page);
    if (pfn === undefined) throw new ModelBug(`page ${page} is no hidden home`);
    this.#hidden.delete(page);
    this.#home.delete(pfn);
    return pfn;
  }

  /** Whether `page` is a hidden home. */
  isHidden(page: number): boolean {
    return this.#hidden.has(page);
  }

  /** Makes `page` an alias of `pfn`, whose home is elsewhere; {@link PageTable.unmap} undoes it. */
  alias(page: number, pfn: number, kind: PageKind): void {
    if (!this.#home.has(pfn)) throw new ModelBug(`frame ${pfn} has no home to be an alias of`);
    this.#name(page, pfn, kind, 'cached');
    this.#aliases.add(page);
    this.#lookCloser();
  }

  /** The page of the store that the kernel's page `page` stands for: itself, but for an alias. */
  storePage(page: number): number {
    return this.#aliases.has(page) ? this.homeOf(this.pfn[page] ?? -1) : page;
  }

  /**
   * Takes every mapping away.
   *
   * @returns one past the highest page that was ever mapped
   */
  reset(): number {
    const touched = this.#touched;
    this.pfn.fill(-1, 0, touched);
    this.#kind.fill(0, 0, touched);
    this.#cache.fill(0, 0, touched);
    this.#home.clear();
    this.#hidden.clear();
    this.#aliases.clear();
    this.#pageable = 0;
    this.#odd = 0;
    this.#touched = 0;
    this.special = false;
    return touched;
  }

  /** The page of the store where the bytes of `pfn` live, or -1. */
  homeOf(pfn: number): number {
    return this.#home.get(pfn) ?? -1;
  }

  /** What `page` is used for. */
  kindOf(page: number): PageKind {
    return pageKinds[this.#kind[page] ?? 0] ?? 'hole';
  }

  /** How the CPU treats `page`. */
  cacheOf(page: number): CacheMode {
    return cacheModes[this.#cache[page] ?? 0] ?? 'cached';
  }

  /** Has the CPU treat `page` differently. */
  setCache(page: number, mode: CacheMode): void {
    if (this.pfn[page] === -1) throw new ModelBug(`page ${page} is not mapped`);
    if (this.#cache[page] !== 0) this.#odd--;
    this.#cache[page] = cacheModes.indexOf(mode);
    if (this.#cache[page] !== 0) this.#odd++;
    this.#lookCloser();
  }

  /** Whether every byte of `[va, va + len)` is mapped; `va` and `len` are integers, `len >= 1`. */
  mapped(va: number, len: number): boolean {
    if (va < 0 || va + len > this.pfn.length * 4096) return false;
    const last = (va + len - 1) >>> pageShift;
    for (let page = va >>> pageShift; page <= last; page++) {
      if (this.pfn[page] === -1) return false;
    }
    return true;
  }

  #name(page: number, pfn: number, kind: PageKind, cache: CacheMode): void {
    if (this.pfn[page] !== -1) throw new ModelBug(`page ${page} is mapped already`);
    if (kind === 'pageable') {
      this.#pageable++;
      this.#lookCloser();
    }
    this.pfn[page] = pfn;
    this.#kind[page] = pageKinds.indexOf(kind);
    this.#cache[page] = cacheModes.indexOf(cache);
    if (cache !== 'cached') {
      this.#odd++;
      this.#lookCloser();
    }
    if (page >= this.#touched) this.#touched = page + 1;
  }

  #lookCloser(): void {
    this.special = this.#aliases.size + this.#pageable + this.#odd > 0;
  }
}
