/**
 * i86pc: a PC without an IOMMU.
 *
 * A bus address is a physical address, memory is coherent, devices sit on one PCI bus below the
 * root, and every PCI interrupt is of level 5.
 */
import type { MemoryRange } from '../machine/frames.js';
import type { Platform } from './platform.js';

const MiB = 1n << 20n;
const GiB = 1n << 30n;

/** The memory of a PC of 32 GiB: the hole below 1 MiB, the PCI hole below 4 GiB. */
const defaultMemory: readonly MemoryRange[] = [
  { base: 1n * MiB, size: 15n * MiB },
  { base: 16n * MiB, size: 3n * GiB - 16n * MiB },
  { base: 4n * GiB, size: 29n * GiB },
];

/** A PC. */
export const i86pc: Platform = {
  kernels: ['contract', 'debug', 'production'],
  pciLevel: 5,
  describe: (choices) => ({
    name: 'i86pc',
    endian: 'little',
    cacheLineBytes: 64,
    hz: 100,
    memory: choices.memory ?? defaultMemory,
    frames: choices.frames ?? 'mixed',
    store: choices.store ?? 64 * 2 ** 20,
    busMap: (_master, frame) => frame,
  }),
};
