/**
 * What can be bound: a stretch of memory, page by page.
 *
 * However an object was named (a kernel address, a page list, a process's address), a nexus sees
 * the frames of its pages in order and where in the first page it begins.
 */
import type { PageTable } from '../machine/pages.js';
import { pageBytes, pageShift } from '../machine/store.js';

/** A DMA object. */
export interface DmaObject {
  /** How it was named. */
  readonly kind: 'kernel' | 'pages' | 'user';
  /** Kernel address of the first byte, or -1 when it has none. */
  readonly va: number;
  /** Where in its first page it begins. */
  readonly off: number;
  /** Bytes. */
  readonly len: number;
  /** Frames by page; the object's first page is at `first`. */
  readonly pfns: Float64Array;
  readonly first: number;
}

/** Kernel memory as an object; the caller has made sure that it is mapped. */
export function kernelObject(pages: PageTable, va: number, len: number): DmaObject {
  const off = va & (pageBytes - 1);
  return { kind: 'kernel', va, off, len, pfns: pages.pfn, first: va >>> pageShift };
}

/** How many pages an object touches. */
export function pageCount(object: DmaObject): number {
  return Math.ceil((object.off + object.len) / pageBytes);
}

/** The frame of the object's page number `index`. */
export function frameOf(object: DmaObject, index: number): number {
  return object.pfns[object.first + index] ?? -1;
}
