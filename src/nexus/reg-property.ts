/**
 * The `reg` property of a PCI device: what its register sets are and where, pci(4).
 *
 * 1. A *tuple* is five cells of 32 bits: which register of which function in which space, a 64-bit
 *    address, a 64-bit size. Its index is the `rnumber` of ddi_regs_map_setup(9F) (RG-5).
 * 2. Tuple 0 is configuration space, and its size is 0: the binding of PCI gives none. Then come
 *    the base address registers that exist, in their order (ddi_regs_map_setup(9F) RN-2).
 * 3. A register set is given its *place* when the machine boots, as firmware does: ports upwards
 *    from 0x1000, memory below 4 GiB, and what is too large for that above all memory. Each place
 *    is aligned to its size, rounded up to a power of two.
 *
 * Not done here: the base address registers themselves are not written; a model that wants to show
 * its own address has to keep it.
 */
import type { RegisterSpace } from '../machine/device.js';

/** One tuple, with the field names of `pci_regspec_t`. */
export interface PciRegspec {
  readonly pci_phys_hi: number;
  readonly pci_phys_mid: number;
  readonly pci_phys_low: number;
  readonly pci_size_hi: number;
  readonly pci_size_low: number;
}

/** The address spaces of RG-2, by their numbers. */
export const regSpaces = ['config', 'io', 'memory32', 'memory64'] as const;
/** The name of a space. */
export type RegSpaceName = (typeof regSpaces)[number];

/** What a tuple says. */
export interface RegPlace {
  readonly space: RegSpaceName;
  readonly bus: number;
  readonly device: number;
  readonly func: number;
  /** Offset in configuration space of the base address register; 0 for configuration space. */
  readonly register: number;
  readonly address: bigint;
  readonly sizeBytes: bigint;
}

/** First I/O port that is given out, and the end of I/O space. */
const portBase = 0x1000n;
const portEnd = 0x1_0000n;
/** Memory that registers below 4 GiB are given: the hole every modelled platform has there. */
const memoryBase = 0xc000_0000n;
const memoryEnd = 0xfec0_0000n;
/** Where registers begin that are too large for that. */
const highBase = 1n << 40n;
/** The first base address register, and the bytes of one. */
const firstBar = 0x10;
const barBytes = 4;

/**
 * Makes a tuple.
 *
 * @param place - what it is to say
 */
export function encodeReg(place: RegPlace): PciRegspec {
  const { space, bus, device, func, register, address, sizeBytes } = place;
  const hi =
    (register & 0xff) |
    ((func & 0x7) << 8) |
    ((device & 0x1f) << 11) |
    ((bus & 0xff) << 16) |
    (regSpaces.indexOf(space) << 24);
  return {
    pci_phys_hi: hi >>> 0,
    pci_phys_mid: Number((address >> 32n) & 0xffff_ffffn),
    pci_phys_low: Number(address & 0xffff_ffffn),
    pci_size_hi: Number((sizeBytes >> 32n) & 0xffff_ffffn),
    pci_size_low: Number(sizeBytes & 0xffff_ffffn),
  };
}

/**
 * Reads a tuple.
 *
 * @param tuple - five cells
 */
export function decodeReg(tuple: PciRegspec): RegPlace {
  const { pci_phys_hi: hi } = tuple;
  return {
    space: regSpaces[(hi >>> 24) & 0x3] ?? 'config',
    bus: (hi >>> 16) & 0xff,
    device: (hi >>> 11) & 0x1f,
    func: (hi >>> 8) & 0x7,
    register: hi & 0xff,
    address: (BigInt(tuple.pci_phys_mid) << 32n) | BigInt(tuple.pci_phys_low),
    sizeBytes: (BigInt(tuple.pci_size_hi) << 32n) | BigInt(tuple.pci_size_low),
  };
}

/** Gives the register sets of a machine their places, in the order in which it is asked. */
export class RegPlaces {
  #port = portBase;
  #memory = memoryBase;
  #high = highBase;

  /**
   * The tuples of one device.
   *
   * @param unitAddress - of its node: device, or device and function, in hexadecimal
   * @param sets - its register sets, in the order of the property
   * @throws RangeError when I/O space is full
   */
  of(unitAddress: string, sets: readonly RegisterSpace[]): PciRegspec[] {
    const [device = 0, func = 0] = unitAddress.split(',').map((part) => parseInt(part, 16));
    let register = firstBar;
    return sets.map((set) => {
      const common = { bus: 0, device, func };
      if (set.kind === 'config') {
        const place = {
          ...common,
          space: 'config',
          register: 0,
          address: 0n,
          sizeBytes: 0n,
        } as const;
        return encodeReg(place);
      }
      const { space, address } = this.#place(set);
      const place = { ...common, space, register, address, sizeBytes: BigInt(set.sizeBytes) };
      // A 64-bit address takes two base address registers.
      register += space === 'memory64' ? 2 * barBytes : barBytes;
      return encodeReg(place);
    });
  }

  #place(set: RegisterSpace): { readonly space: RegSpaceName; readonly address: bigint } {
    const size = roundedUp(BigInt(set.sizeBytes));
    if (set.kind === 'io') {
      const address = aligned(this.#port, size);
      this.#port = address + size;
      if (this.#port <= portEnd) return { space: 'io', address };
      throw new RangeError(`${set.name}: no ${set.sizeBytes} ports are left of I/O space`);
    }
    const low = aligned(this.#memory, size);
    if (low + size <= memoryEnd) {
      this.#memory = low + size;
      return { space: 'memory32', address: low };
    }
    const high = aligned(this.#high, size);
    this.#high = high + size;
    return { space: 'memory64', address: high };
  }
}

function roundedUp(size: bigint): bigint {
  let power = 16n;
  while (power < size) power *= 2n;
  return power;
}

function aligned(address: bigint, size: bigint): bigint {
  return (address + size - 1n) & -size;
}
