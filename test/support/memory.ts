/** DMA memory for tests: a handle, and the memory behind an access handle. */
import {
  ddi_dma_alloc_handle,
  ddi_dma_mem_alloc,
  DDI_DMA_CONSISTENT,
  DDI_DMA_DONTWAIT,
  must,
  type ddi_acc_handle_t,
  type ddi_dma_attr_t,
  type ddi_dma_handle_t,
  type MemAllocError,
  type MemAllocOut,
} from '../../src/index.js';
import type { Result } from 'neverthrow';
import { AccHandle, type MemoryTarget } from '../../src/nexus/acc-handle.js';
import type { BootedMachine, BootOptions } from '../../src/platforms/index.js';
import { anyAttr } from './attr.js';
import { bareDevice, bareSystem, neverSwap } from './system.js';

/** A machine and a handle to allocate for. */
export interface MemoryRig {
  readonly machine: BootedMachine;
  readonly handle: ddi_dma_handle_t;
}

/** Boots a machine and makes a handle with these attributes. */
export function memoryRig(
  options: BootOptions = {},
  attr: Partial<ddi_dma_attr_t> = {},
): MemoryRig {
  // A small store boots faster.
  return another(bareSystem({ store: 4 << 20, ...options }).machine, attr);
}

/** Makes a handle on a machine that a rig has. */
export function another(machine: BootedMachine, attr: Partial<ddi_dma_attr_t> = {}): MemoryRig {
  const dip = machine.devinfo(bareDevice.at);
  const { handle } = must(ddi_dma_alloc_handle(dip, anyAttr(attr), DDI_DMA_DONTWAIT));
  return { machine, handle };
}

/** Allocates without waiting. */
export function memory(
  { handle }: MemoryRig,
  length: number,
  flags = DDI_DMA_CONSISTENT,
): Result<MemAllocOut, MemAllocError> {
  return ddi_dma_mem_alloc(handle, length, neverSwap, flags, DDI_DMA_DONTWAIT);
}

/** The memory behind an access handle. */
export function targetOf(acc: ddi_acc_handle_t): MemoryTarget {
  if (acc instanceof AccHandle && acc.target.kind === 'memory') return acc.target;
  throw new TypeError('no handle on memory');
}

/** The frames under `len` bytes from `va` on, in virtual order. */
export function framesUnder(machine: BootedMachine, va: number, len: number): number[] {
  const first = va >>> 12;
  const last = (va + len - 1) >>> 12;
  return Array.from({ length: last - first + 1 }, (_, i) => machine.probe.pfnOf((first + i) << 12));
}

/** The lengths of the runs of adjoining frames. */
export function runLengths(pfns: readonly number[]): number[] {
  const runs: number[] = [];
  for (const [i, pfn] of pfns.entries()) {
    if (i > 0 && pfn === (pfns[i - 1] ?? 0) + 1) runs.push((runs.pop() ?? 0) + 1);
    else runs.push(1);
  }
  return runs;
}
