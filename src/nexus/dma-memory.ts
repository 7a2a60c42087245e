/**
 * Blocks of memory for DMA: how one is handed to a driver and how it comes back, the same for every
 * allocator.
 */
import type { Machine } from '../machine/machine.js';
import { type CacheMode } from '../machine/pages.js';
import { pageShift } from '../machine/store.js';
import { AccHandle, type MemorySource } from './acc-handle.js';
import { type MemRequest, reportedLength } from './mem-request.js';
import type { DmaHandle } from './tree.js';

/** A block as an allocator has it. */
export interface DmaBlock {
  /** First address. */
  readonly kaddr: number;
  /** Bytes, padding included. */
  readonly real: number;
  /** What a kernel's page layer was asked for; `null` where no kernel was modelled. */
  readonly source: MemorySource | null;
  /** Gives addresses and frames back. */
  readonly release: () => void;
}

/** Gives a block to the driver: its pages get their cache attribute, and it gets its handle. */
export function handOut(handle: DmaHandle, request: MemRequest, block: DmaBlock): AccHandle {
  const { kaddr, real, source, release } = block;
  const { cache, accattr } = request;
  if (cache !== 'cached') setCacheMode(handle.rdip.machine, kaddr, real, cache);
  const target = { kind: 'memory', cache, real, source, release } as const;
  const length = reportedLength(handle, request, real);
  return new AccHandle(handle.rdip, kaddr, length, accattr, target);
}

/** Gives the memory of an access handle back. */
export function freeMemory(acc: AccHandle): void {
  const { target, start, lenBytes } = acc;
  if (target.kind !== 'memory') return;
  const { machine } = acc.rdip;
  acc.close();
  if (target.cache !== 'cached') {
    // The kernel knows no more of a block than what it told the driver.
    const bytes = machine.rules.has('mem-free-by-length') ? lenBytes : target.real;
    setCacheMode(machine, start, bytes, 'cached');
  }
  target.release();
}

function setCacheMode(machine: Machine, va: number, bytes: number, mode: CacheMode): void {
  const first = va >>> pageShift;
  const last = (va + bytes - 1) >>> pageShift;
  // Nothing may be on its way under an attribute that no longer holds.
  machine.view.drain();
  for (let page = first; page <= last; page++) machine.pages.setCache(page, mode);
  if (machine.trace.observers === null) return;
  machine.trace.emit({ kind: 'cache mode', va, pages: last - first + 1, mode });
}
