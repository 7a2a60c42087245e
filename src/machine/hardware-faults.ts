/**
 * Hardware that breaks on purpose: registers nobody answers for, links that are down, addresses
 * that a device cannot reach. `machine.hardware`.
 *
 * 1. A *break* is a place and how often an access meets it; without a number it stays.
 * 2. A broken register and everything behind a broken link answers reads with all ones and swallows
 *    writes, and the access is a *fault*. Whether anybody hears of it is the nexus's affair.
 * 3. A broken bus address stops the access of the device there, and is an error of the bus.
 * 4. While nothing is broken `active` is false, and nobody asks further.
 */
import type { Device, RegisterSpace } from './device.js';
import { pageBytes } from './store.js';

/** Breaks that are in force at one time: a person sets a few, a plan a few hundred. */
export const BREAK_LIMIT = 4096;

/** How a break is limited. */
export interface BreakOptions {
  /** Bytes from the place on; 1 unless told. */
  readonly bytes?: number;
  /** Accesses that meet it before it is mended by itself; without end unless told. */
  readonly times?: number;
}

/** A place that is broken, as the first byte behind it and how often it still is. */
interface Break {
  readonly from: bigint;
  readonly to: bigint;
  times: number;
}

/** A device, and its registers as the CPU reaches them. */
interface Plugged {
  readonly device: Device;
  readonly registers: readonly RegisterSpace[];
}

/** What a device is told of an access of its own that went wrong. */
export type DmaFaultListener = (device: string, op: 'read' | 'write', address: bigint) => void;

/** The broken hardware of one machine. */
export class HardwareFaults {
  /** Whether anything is broken. */
  active = false;
  /** Told of each access of a device that met a break. */
  onDma: DmaFaultListener | null = null;
  readonly #devices = new Map<string, Plugged>();
  readonly #registers = new Map<RegisterSpace, Break[]>();
  readonly #addresses = new Map<string, Break[]>();
  readonly #links = new Set<string>();
  readonly #dead = new Set<RegisterSpace>();
  readonly #removed = new Set<string>();
  #count = 0;

  /**
   * Makes a device known under the name of its node.
   *
   * @param at - the name
   * @param device - the model
   * @param registers - its register sets, as the CPU reaches them
   */
  plug(at: string, device: Device, registers: readonly RegisterSpace[]): void {
    this.#devices.set(at, { device, registers });
  }

  /**
   * Breaks a register.
   *
   * @param at - the device, as named at boot: `copy@1`
   * @param rnumber - its register set, as in ddi_regs_map_setup(9F)
   * @param off - first byte in the set
   * @param options - how many bytes and how often; 4 bytes for ever unless told
   * @throws RangeError when there is no such register
   */
  breakRegister(at: string, rnumber: number, off: number, options: BreakOptions = {}): void {
    const space = this.#device(at).registers[rnumber];
    const { bytes = 4 } = options;
    if (space === undefined || !(off >= 0 && bytes >= 1 && off + bytes <= space.sizeBytes)) {
      throw new RangeError(`${at} has no ${bytes} bytes at ${off} of register set ${rnumber}`);
    }
    this.#add(this.#registers, space, BigInt(off), { ...options, bytes });
  }

  /**
   * Breaks bus addresses, for a device.
   *
   * @param at - the device
   * @param address - the first bus address it does not reach any more
   * @param options - how many bytes and how often
   */
  breakAddress(at: string, address: bigint, options: BreakOptions = {}): void {
    this.#device(at);
    this.#add(this.#addresses, at, address, options);
  }

  /**
   * Takes the link to a device down: neither side reaches the other. The device lives on.
   *
   * @param at - the device
   */
  breakLink(at: string): void {
    for (const space of this.#device(at).registers) this.#dead.add(space);
    this.#links.add(at);
    this.active = true;
  }

  /**
   * Takes a device away, as surprise removal does. What is put back is fresh from power-on.
   *
   * @param at - the device
   */
  remove(at: string): void {
    this.breakLink(at);
    this.#removed.add(at);
  }

  /**
   * Mends whatever is broken about a device, and puts it back if it was removed.
   *
   * @param at - the device
   */
  mend(at: string): void {
    const { device, registers } = this.#device(at);
    for (const space of registers) {
      this.#dead.delete(space);
      this.#count -= this.#registers.get(space)?.length ?? 0;
      this.#registers.delete(space);
    }
    this.#count -= this.#addresses.get(at)?.length ?? 0;
    this.#addresses.delete(at);
    this.#links.delete(at);
    if (this.#removed.delete(at)) device.reset();
    this.#judge();
  }

  /** Mends everything; the caller resets the devices. */
  reset(): void {
    this.#registers.clear();
    this.#addresses.clear();
    this.#links.clear();
    this.#dead.clear();
    this.#removed.clear();
    this.#count = 0;
    this.active = false;
  }

  /**
   * Whether an access of the CPU meets a break. Counts.
   *
   * @param space - the register set
   * @param off - first byte
   * @param width - bytes
   */
  meetsRegister(space: RegisterSpace, off: number, width: number): boolean {
    if (this.#dead.has(space)) return true;
    return this.#meets(this.#registers.get(space), BigInt(off), width) !== null;
  }

  /**
   * Where an access of a device meets a break, or `null`. Counts, and tells the listener.
   *
   * @param at - the device
   * @param op - what it wants
   * @param frame - bus frame
   * @param off - first byte in it
   * @param len - bytes
   */
  meetsAddress(
    at: string,
    op: 'read' | 'write',
    frame: number,
    off: number,
    len: number,
  ): bigint | null {
    const from = BigInt(frame) * BigInt(pageBytes) + BigInt(off);
    const met = this.#links.has(at) ? from : this.#meets(this.#addresses.get(at), from, len);
    // Behind a link that is down there is nobody to tell the system.
    if (met !== null && !this.#links.has(at)) this.onDma?.(at, op, met);
    return met;
  }

  #device(at: string): Plugged {
    const device = this.#devices.get(at);
    if (device === undefined) throw new RangeError(`no device was plugged in at ${at}`);
    return device;
  }

  #add<K>(into: Map<K, Break[]>, key: K, from: bigint, { bytes = 1, times }: BreakOptions): void {
    if (!(Number.isInteger(bytes) && bytes >= 1) || !(times === undefined || times >= 1)) {
      throw new RangeError(`a break of ${bytes} bytes, ${String(times)} times`);
    }
    if (this.#count >= BREAK_LIMIT)
      throw new RangeError(`${BREAK_LIMIT} places are broken already`);
    const list = into.get(key) ?? [];
    into.set(key, [...list, { from, to: from + BigInt(bytes), times: times ?? Infinity }]);
    this.#count++;
    this.active = true;
  }

  #meets(list: Break[] | undefined, from: bigint, len: number): bigint | null {
    const to = from + BigInt(len);
    const found = list?.find((b) => b.times > 0 && b.from < to && b.to > from);
    if (found === undefined) return null;
    found.times--;
    return found.from > from ? found.from : from;
  }

  #judge(): void {
    this.active = this.#count > 0 || this.#links.size > 0;
  }
}
