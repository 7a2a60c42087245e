/**
 * The memory of a buf: which pages, and what the kernel can do with them by itself.
 *
 * A buf names its memory in one of four ways, the first that applies: `B_PAGEIO`, a list of pages;
 * `B_SHADOW`, a list of pages for an address; a process and an address; a kernel address. The
 * address is the kernel's when there is no process, and when bp_mapin(9F) has made it one.
 */
import { B_PAGEIO, B_PHYS, B_REMAPPED, B_SHADOW } from '../sys/constants-io.js';
import { Panic } from '../sys/errors.js';
import type { page_t } from '../sys/types-io.js';
import type { Buf } from './buf.js';
import { pageBytes } from './store.js';
import { AddressSpace, Page } from './user.js';

/** Where the bytes of a buf are. */
export interface BufMemory {
  readonly kind: 'kernel' | 'pages' | 'user';
  /** Kernel address of the first byte, or -1. */
  readonly va: number;
  /** Where in its first page it begins. */
  readonly off: number;
  /** How many pages it touches. */
  readonly count: number;
  /** The pages in order, unless the kernel's address tells; see {@link pageOf}. */
  readonly pages: readonly (page_t | undefined)[] | null;
}

/** Page number `i` of listed memory; `undefined` where there is none. */
export function pageOf(memory: BufMemory, i: number): Page | undefined {
  const page = memory.pages?.[i];
  return page instanceof Page ? page : undefined;
}

/** Where the bytes of a buf are. */
export function memoryOf(bp: Buf): BufMemory {
  const off = bp.b_addr & (pageBytes - 1);
  const count = Math.ceil((off + bp.b_bcount) / pageBytes);
  if ((bp.b_flags & B_PAGEIO) !== 0) {
    return { kind: 'pages', va: -1, off, count, pages: bp.b_pages ?? [] };
  }
  const as = bp.b_proc?.p_as;
  const kernels = !(as instanceof AddressSpace) || (bp.b_flags & B_REMAPPED) !== 0;
  if ((bp.b_flags & B_SHADOW) !== 0) {
    return { kind: 'user', va: kernels ? bp.b_addr : -1, off, count, pages: bp.b_shadow ?? [] };
  }
  if (kernels) return { kind: 'kernel', va: bp.b_addr, off, count, pages: null };
  const first = bp.b_addr - off;
  const pages = Array.from({ length: count }, (_, i) => {
    const page = as.pageAt(first + i * pageBytes);
    return page === undefined || page.pfn < 0 ? undefined : page;
  });
  return { kind: 'user', va: -1, off, count, pages };
}

/**
 * bp_mapin(9F): kernel addresses for memory that has none.
 *
 * @returns false when addresses are short
 */
export function mapIn(bp: Buf): boolean {
  const how = bp.b_flags & (B_PAGEIO | B_PHYS);
  const memory = memoryOf(bp);
  // Mapped already; ordinary kernel memory; direct I/O on kernel memory: there is nothing to do.
  if ((bp.b_flags & B_REMAPPED) !== 0 || how === 0) return true;
  if (how === B_PHYS && memory.va >= 0) return true;
  // bp_mapin(9F) DS-2: an empty page list is no reason to map anything.
  if (memory.pages === null || memory.count === 0) return true;
  if (how === B_PAGEIO && memory.pages.length === 0) return true;
  const { maps, live, sched } = bp.host;
  const pages: Page[] = [];
  for (let i = 0; i < memory.count; i++) {
    const page = pageOf(memory, i);
    if (page === undefined) {
      const values = { addr: bp.b_addr, page: i };
      return sched.panic(new Panic(`bp_mapin: page ${i} of the buf is not in memory`, values));
    }
    pages.push(page);
  }
  const va = maps.map(pages.map((page) => page.pfn));
  if (va < 0) return false;
  for (const page of pages) page.lock();
  bp.mapping = { id: live.nextId(), va, count: pages.length, pages };
  bp.own(bp.b_flags | B_REMAPPED);
  bp.b_addr = va + memory.off;
  return true;
}

/** bp_mapout(9F): the addresses go; what is left in `b_addr` is the offset in the first page. */
export function mapOut(bp: Buf): void {
  if ((bp.b_flags & B_REMAPPED) === 0) return;
  const { mapping } = bp;
  bp.own(bp.b_flags & ~B_REMAPPED);
  bp.b_addr &= pageBytes - 1;
  bp.mapping = null;
  if (mapping === null) return;
  bp.host.maps.unmap(mapping.va, mapping.count);
  for (const page of mapping.pages) page.unlock();
}
