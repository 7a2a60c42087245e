/**
 * The device's view of memory, keyed by frame and offset.
 *
 * The CPU's view is the store. What a device sees is behind this interface: on a coherent machine
 * the very same bytes; on others a cache, a write buffer or a distant memory stands between.
 */
import type { PageTable } from './pages.js';
import { pageShift, type Store } from './store.js';

/** Memory as a device sees it. Accesses stay inside one frame. */
export interface DeviceView {
  /** Copies `len` bytes of the frame to `into[at..]`; false when no such memory is modelled. */
  read(pfn: number, off: number, into: Uint8Array, at: number, len: number): boolean;
  /** Copies `len` bytes of `from[at..]` to the frame; false when no such memory is modelled. */
  write(pfn: number, off: number, from: Uint8Array, at: number, len: number): boolean;
}

/** The coherent view: the device sees what the CPU sees, at once. */
export class CoherentView implements DeviceView {
  readonly #store: Store;
  readonly #pages: PageTable;

  constructor(store: Store, pages: PageTable) {
    this.#store = store;
    this.#pages = pages;
  }

  read(pfn: number, off: number, into: Uint8Array, at: number, len: number): boolean {
    const page = this.#pages.homeOf(pfn);
    if (page < 0) return false;
    const from = (page << pageShift) + off;
    into.set(this.#store.bytes.subarray(from, from + len), at);
    return true;
  }

  write(pfn: number, off: number, from: Uint8Array, at: number, len: number): boolean {
    const page = this.#pages.homeOf(pfn);
    if (page < 0) return false;
    this.#store.bytes.set(from.subarray(at, at + len), (page << pageShift) + off);
    return true;
  }
}
