/**
 * What a device model and the machine know of one another.
 *
 * A device sees bus addresses, a clock and an interrupt line, and nothing else: no kernel address
 * ever reaches it. The nexus sees the register spaces and nothing else.
 */
import type { Bus, BusMaster } from './bus.js';
import type { Clock } from './clock.js';

/** The width of one register access in bytes; eight bytes are two accesses of four. */
export type RegisterWidth = 1 | 2 | 4;

/** One set of registers, as one tuple of the `reg` property describes it. */
export interface RegisterSpace {
  /** `config`, `bar0`, ...: for traces and messages. */
  readonly name: string;
  /** The space it lies in. */
  readonly kind: 'config' | 'memory' | 'io';
  /** Size in bytes. */
  readonly sizeBytes: number;
  /** Reads one register of `width` bytes at `off`; unsigned, little-endian on the bus. */
  read(off: number, width: RegisterWidth): number;
  /** Writes one register. */
  write(off: number, width: RegisterWidth, value: number): void;
}

/** A device model. */
export interface Device {
  /** The name of its node, for traces and messages. */
  readonly name: string;
  /** Register spaces in the order of the `reg` property: tuple 0 is configuration space. */
  readonly registers: readonly RegisterSpace[];
  /** Back to power-on state: no transfer outstanding, no interrupt asserted. */
  reset(): void;
}

/** What the machine hands a device model when it is plugged in. */
export interface DeviceEnv {
  /** The node name given at boot. */
  readonly name: string;
  /** Virtual time, to make work take time. */
  readonly clock: Clock;
  /** The bus, to read and write memory. */
  readonly bus: Bus;
  /** The device's own identity as a bus master; carries its bus master enable. */
  readonly master: BusMaster;
  /** Asserts the interrupt line. */
  raise(): void;
  /** Deasserts the interrupt line. */
  lower(): void;
}

/** Builds a device model when the machine boots. */
export type DeviceModel<D extends Device = Device> = (env: DeviceEnv) => D;
