/**
 * A machine on which case after case is bound, and what can be seen of it from outside: cookies and
 * windows through the calls, bytes through the bus, the rest through the books of the machine.
 */
import {
  ddi_dma_addr_bind_handle,
  ddi_dma_alloc_handle,
  ddi_dma_cookie_get,
  ddi_dma_free_handle,
  ddi_dma_getwin,
  ddi_dma_ncookies,
  ddi_dma_numwin,
  DDI_DMA_DONTWAIT,
  DDI_DMA_PARTIAL_MAP,
  type BindError,
  type BindOut,
  type ddi_dma_handle_t,
  type dev_info_t,
  must,
} from 'ddi-dma';
import type { Result } from 'neverthrow';
import type { BootedMachine, BootOptions } from '../../src/platforms/index.js';
import type { BusMaster } from '../../src/machine/bus.js';
import type { MemoryRange } from '../../src/machine/frames.js';
import { pageBytes, pageShift } from '../../src/machine/store.js';
import { DmaHandle } from '../../src/nexus/tree.js';
import {
  type SeenBinding,
  type SeenObject,
  type SeenWindow,
  stretches,
} from '../model/naive-binding.js';
import type { BindCase } from './any-bind.js';
import { bareSystem } from './system.js';

const MiB = 1n << 20n;

/** Frames for the object and the largest bounce buffer, several times over. */
const store = 6 * 2 ** 20;

/** A PC of 32 GiB. */
export const large: BootOptions = { store };
/** A machine with hardly any memory, and none below 1 MiB. */
export const small: BootOptions = {
  store,
  memory: [
    { base: 1n * MiB, size: 24n * 4096n },
    { base: 16n * MiB, size: 40n * 4096n },
    { base: 4096n * MiB, size: 64n * 4096n },
  ],
};

/** What is mapped at present, byte for byte, and what is handed out. */
export interface Snapshot {
  readonly live: string;
  readonly framesInUse: number;
  /** The store as far as it is mapped. */
  readonly bytes: Uint8Array;
  /** Which pages are mapped, and on which frames. */
  readonly pfns: Float64Array;
}

/** What the bytes of the object are before anything happens, and those around them. */
const guardByte = 0x5a;

/** A byte that tells where it belongs. */
export function telling(at: number, salt: number): number {
  return (Math.imul(at + 1, 0x9e3779b1) >>> 13) + salt * 0x3d;
}

/** A machine, and the object of one case. */
export class BindRig {
  readonly machine: BootedMachine;
  readonly dip: dev_info_t;
  readonly master: BusMaster = { name: 'rig', enabled: true };
  object: SeenObject = { pfns: [], off: 0, len: 0, va: 0 };
  readonly #patterns = new Map<number, Uint8Array>();

  constructor(options: BootOptions) {
    const { machine, dip } = bareSystem(options);
    this.machine = machine;
    this.dip = dip;
  }

  /** Installed memory. */
  get installed(): readonly MemoryRange[] {
    return this.machine.description.memory;
  }

  /** A machine as freshly booted, with the object in place and its bytes telling. */
  place({ pfns, off, len, aligned, attr, seed }: BindCase): void {
    const { machine } = this;
    machine.reset(seed);
    const align = attr.dma_attr_align;
    let va = machine.place(pfns, off);
    const over = aligned ? Number((BigInt(va - off) % align) / 4096n) : 0;
    const missing = Number(align / 4096n) - over;
    if (over > 0 && missing < 600) {
      // Two blocks in front take the addresses up to the next multiple; each has a page behind it.
      machine.unplace(va);
      const pages = missing >= 2 ? missing : missing + Number(align / 4096n);
      machine.place(Array.from({ length: pages - 1 }, (_, i) => 2 ** 41 + i));
      va = machine.place(pfns, off);
    }
    this.object = { pfns, off, len, va };
    machine.kernel.copyBytesIn(va - off, new Uint8Array(pfns.length * pageBytes).fill(guardByte));
    this.fill(0);
  }

  /** Writes the object's bytes anew. */
  fill(salt: number): void {
    this.machine.kernel.copyBytesIn(this.object.va, this.pattern(salt));
  }

  /** All telling bytes of a salt. */
  pattern(salt: number): Uint8Array {
    const { len } = this.object;
    let bytes = this.#patterns.get(salt);
    if (bytes === undefined || bytes.length < len) {
      bytes = Uint8Array.from({ length: len }, (_, i) => telling(i, salt));
      this.#patterns.set(salt, bytes);
    }
    return bytes.subarray(0, len);
  }

  /** The object as the CPU sees it. */
  cpu(): Uint8Array {
    return this.machine.probe.peek(this.object.va, this.object.len);
  }

  alloc({ attr }: BindCase): ddi_dma_handle_t | null {
    const result = ddi_dma_alloc_handle(this.dip, attr, DDI_DMA_DONTWAIT);
    return result.isOk() ? result.value.handle : null;
  }

  /** Binds the object. */
  bind(handle: ddi_dma_handle_t, { flags }: BindCase): Result<BindOut, BindError> {
    const { va, len } = this.object;
    return ddi_dma_addr_bind_handle(handle, null, va, len, flags, DDI_DMA_DONTWAIT);
  }

  /** Every window, made current one after the other. */
  look(handle: ddi_dma_handle_t, { attr }: BindCase, rval: number): SeenBinding {
    const { object } = this;
    const partial = rval === DDI_DMA_PARTIAL_MAP;
    if (!partial) {
      const whole = { off: 0n, len: BigInt(object.len), cookies: cookiesOf(handle) };
      return { attr, object, windows: [whole], partial };
    }
    const { nwin } = must(ddi_dma_numwin(handle));
    const windows = Array.from({ length: nwin }, (_, i) => this.window(handle, i));
    return { attr, object, windows, partial };
  }

  /** Makes a window current. */
  window(handle: ddi_dma_handle_t, index: number): SeenWindow {
    const { off, len } = must(ddi_dma_getwin(handle, index));
    return { off: BigInt(off), len: BigInt(len), cookies: cookiesOf(handle) };
  }

  /** The window a bind has made current, or all of the object. */
  current(handle: ddi_dma_handle_t, rval: number): SeenWindow {
    const cookies = cookiesOf(handle);
    const total = cookies.reduce((sum, { size }) => sum + size, 0n);
    const len = rval === DDI_DMA_PARTIAL_MAP ? total : BigInt(this.object.len);
    return { off: 0n, len, cookies };
  }

  /** What the device sees of the bytes of a window. */
  deviceReads(window: SeenWindow): Uint8Array {
    const { bus } = this.machine;
    const bytes = new Uint8Array(Number(window.len));
    const start = Number(window.off);
    for (const { at, len, frame, off } of stretches(this.object, window)) {
      bus.read(this.master, frame, off, bytes, at - start, len);
    }
    return bytes;
  }

  /** The device writes telling bytes through all cookies of a window, or a part of it. */
  deviceWrites(window: SeenWindow, salt: number, from = 0, to = Number(window.len)): void {
    const { bus } = this.machine;
    const start = Number(window.off);
    for (const { at, len, frame, off } of stretches(this.object, window)) {
      const first = Math.max(at, start + from);
      const past = Math.min(at + len, start + to);
      if (first >= past) continue;
      const bytes = new Uint8Array(past - first);
      for (let i = 0; i < bytes.length; i++) bytes[i] = telling(first + i, salt);
      bus.write(this.master, frame, off + first - at, bytes, 0, bytes.length);
    }
  }

  /** The bounce pages of a handle, in pages of the store. */
  bouncePages(handle: ddi_dma_handle_t): { readonly first: number; readonly count: number } {
    const bounce = handle instanceof DmaHandle ? handle.binding?.bounce : null;
    if (bounce == null) return { first: 0, count: 0 };
    return { first: bounce.va >>> pageShift, count: bounce.bytes / pageBytes };
  }

  snapshot(): Snapshot {
    const { pages, store: memory, live, frames } = this.machine;
    let top = pages.pfn.length;
    // Addresses are handed out from below; most of the store was never touched.
    while (top > 0 && pages.pfn[top - 1] === -1) top--;
    return {
      live: JSON.stringify(live.list()),
      framesInUse: frames.inUse,
      bytes: memory.bytes.slice(0, top << pageShift),
      pfns: pages.pfn.slice(0, top),
    };
  }

  /** Takes the bytes of the object into a snapshot, as they are now. */
  accept(before: Snapshot): void {
    before.bytes.set(this.cpu(), this.object.va);
  }

  /**
   * The first byte of the pages mapped at a snapshot that has changed since, or -1; an address.
   *
   * @param but - pages that may differ
   */
  changed(before: Snapshot, but = { first: 0, count: 0 }): number {
    const { bytes } = this.machine.store;
    for (let page = 0; page < before.pfns.length; page++) {
      if (before.pfns[page] === -1) continue;
      if (page >= but.first && page < but.first + but.count) continue;
      const from = page << pageShift;
      const now = bytes.subarray(from, from + pageBytes);
      const then = before.bytes.subarray(from, from + pageBytes);
      if (Buffer.compare(now, then) === 0) continue;
      return from + now.findIndex((byte, i) => byte !== then[i]);
    }
    return -1;
  }

  /** What a call has left behind or taken away, as sentences. */
  disturbed(before: Snapshot): readonly string[] {
    const now = this.snapshot();
    const wrong: string[] = [];
    if (now.live !== before.live) wrong.push(`live: ${now.live}, was ${before.live}`);
    if (now.framesInUse !== before.framesInUse) {
      wrong.push(`${now.framesInUse} frames in use, were ${before.framesInUse}`);
    }
    if (Buffer.compare(bytesOf(now.pfns), bytesOf(before.pfns)) !== 0) wrong.push('pages mapped');
    const changed = this.changed(before);
    if (changed >= 0) wrong.push(`the byte at ${changed}`);
    return wrong;
  }

  /** Ends a handle that is not bound. */
  free(handle: ddi_dma_handle_t): void {
    ddi_dma_free_handle(handle);
  }
}

function bytesOf(numbers: Float64Array): Uint8Array {
  return new Uint8Array(numbers.buffer, numbers.byteOffset, numbers.byteLength);
}

function cookiesOf(handle: ddi_dma_handle_t): SeenWindow['cookies'] {
  const count = ddi_dma_ncookies(handle);
  return Array.from({ length: count }, (_, i) => {
    const cookie = ddi_dma_cookie_get(handle, i);
    if (cookie === null) throw new Error(`cookie ${i} of ${count} is missing`);
    return { address: cookie.dmac_laddress, size: BigInt(cookie.dmac_size) };
  });
}
