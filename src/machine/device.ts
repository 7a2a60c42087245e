/**
 * What a device model and the machine know of one another.
 *
 * A device sees bus addresses, a clock and its interrupts, and nothing else: no kernel address
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

/** The interrupts a device has. What is left out is as for any PCI device. */
export interface DeviceInterrupts {
  /** Lines: 1, INTA, or 0 for a device with messages only; default 1. */
  readonly fixed?: 0 | 1;
  /** Whether its line can be masked and its state be read (PCI 2.3); default false. */
  readonly lineMaskable?: boolean;
  /** Vectors of MSI: a power of two up to 32, or 0, the default. */
  readonly msi?: number;
  /** Whether each MSI has a mask and a pending bit; default false: all are enabled as one block. */
  readonly msiMaskable?: boolean;
  /** Vectors of MSI-X, up to 2048; default 0. Each has a mask and a pending bit. */
  readonly msix?: number;
}

/** A device model. */
export interface Device {
  /** The name of its node, for traces and messages. */
  readonly name: string;
  /** Register spaces in the order of the `reg` property: tuple 0 is configuration space. */
  readonly registers: readonly RegisterSpace[];
  /** The interrupts it has; one line unless it says so. Read once, when it is plugged in. */
  readonly interrupts?: DeviceInterrupts;
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
  /**
   * Sends a message-signalled interrupt: an edge, which pushes the device's earlier writes before
   * it. Masked, it is kept in the pending bit of its vector, once.
   *
   * @param vector - which one, from 0, of the type in use
   * @returns false when the driver uses the line: then `raise` is the way
   */
  message(vector: number): boolean;
}

/** Builds a device model when the machine boots. */
export type DeviceModel<D extends Device = Device> = (env: DeviceEnv) => D;
