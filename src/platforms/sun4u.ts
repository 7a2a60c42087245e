/**
 * sun4u: a workstation with an UltraSPARC, as far as its CPU goes.
 *
 * The host is big-endian, so a handle of `DDI_STRUCTURE_LE_ACC` swaps and one of
 * `DDI_STRUCTURE_BE_ACC` does not; PCI stays little-endian on the other side. physio(9F) moves
 * 128 KiB at once, and memory starts at 0 and has a hole between its banks.
 *
 * DEVIATION: the real pages are of 8 KiB; these are of 4 KiB, the page of the model's store.
 * DEVIATION: the real host bridge translates; here a bus address is a physical address, and the
 * nexus that answers for DMA is the one that answers on a PC. What a driver sees of DMA on this
 * platform keeps the pages and is no picture of the hardware.
 * There is no rule book of a kernel for it: the two there are describe the kernel of i86pc.
 */
import type { MemoryRange } from '../machine/frames.js';
import type { Platform } from './platform.js';

const GiB = 1n << 30n;

/** Two banks of 2 GiB; the second begins at 64 GiB, where the second slot decodes. */
const defaultMemory: readonly MemoryRange[] = [
  { base: 0n, size: 2n * GiB },
  { base: 64n * GiB, size: 2n * GiB },
];

/** A workstation. */
export const sun4u: Platform = {
  kernels: ['contract'],
  // The kernels of both platforms go by the class of the device, with the same table.
  pciLevel: 5,
  describe: (choices) => ({
    name: 'sun4u',
    endian: 'big',
    cacheLineBytes: 64,
    hz: 100,
    memory: choices.memory ?? defaultMemory,
    frames: choices.frames ?? 'mixed',
    maxphysBytes: 131072,
    store: choices.store ?? 64 * 2 ** 20,
    busMap: (_master, frame) => frame,
  }),
};
