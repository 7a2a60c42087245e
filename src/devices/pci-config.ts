/**
 * The configuration space of a model: the 64-byte header of PCI 3.0 section 6.1, and nothing more.
 */
import type { BusMaster } from '../machine/bus.js';
import type { RegisterSpace, RegisterWidth } from '../machine/device.js';

/** Offsets in configuration space. */
export const CONFIG = {
  VENDOR_ID: 0x00,
  DEVICE_ID: 0x02,
  COMMAND: 0x04,
  STATUS: 0x06,
  CLASS_REVISION: 0x08,
  BAR0: 0x10,
  INTERRUPT_LINE: 0x3c,
  INTERRUPT_PIN: 0x3d,
} as const;
/** Bytes of a configuration space. */
export const CONFIG_BYTES = 256;
/** Command register: answers memory accesses. */
export const COMMAND_MEMORY = 0x2;
/** Command register: may master the bus. */
export const COMMAND_MASTER = 0x4;
/** Status register: an access of its own was answered by nobody. Write 1 to clear. */
export const STATUS_MASTER_ABORT = 0x2000;

/** Bits of the command register that can be set: memory space and bus master. */
const COMMAND_BITS = COMMAND_MEMORY | COMMAND_MASTER;

/** Who a device says it is. */
export interface PciIdentity {
  readonly vendorId: number;
  readonly deviceId: number;
  /** Class code in the upper 24 bits, revision in the lower 8. */
  readonly classRevision: number;
  /** Bytes of its only memory bar, a power of two. */
  readonly bar0Bytes: number;
}

/** A configuration space whose command register switches bus mastering. */
export class PciConfig implements RegisterSpace {
  readonly name = 'config';
  readonly kind = 'config';
  readonly sizeBytes = CONFIG_BYTES;
  readonly #view = new DataView(new ArrayBuffer(CONFIG_BYTES));
  readonly #master: BusMaster;
  readonly #identity: PciIdentity;

  constructor(master: BusMaster, identity: PciIdentity) {
    this.#master = master;
    this.#identity = identity;
    this.reset();
  }

  /** Power-on state: the device answers nothing and masters nothing until a driver says so. */
  reset(): void {
    new Uint8Array(this.#view.buffer).fill(0);
    this.#view.setUint16(CONFIG.VENDOR_ID, this.#identity.vendorId, true);
    this.#view.setUint16(CONFIG.DEVICE_ID, this.#identity.deviceId, true);
    this.#view.setUint32(CONFIG.CLASS_REVISION, this.#identity.classRevision, true);
    // Interrupt pin INTA.
    this.#view.setUint8(CONFIG.INTERRUPT_PIN, 1);
    this.#master.enabled = false;
  }

  /** Records that an access of the device was answered by nobody. */
  masterAbort(): void {
    const status = this.#view.getUint16(CONFIG.STATUS, true);
    this.#view.setUint16(CONFIG.STATUS, status | STATUS_MASTER_ABORT, true);
  }

  read(off: number, width: RegisterWidth): number {
    if (width === 1) return this.#view.getUint8(off);
    return width === 2 ? this.#view.getUint16(off, true) : this.#view.getUint32(off, true);
  }

  write(off: number, width: RegisterWidth, value: number): void {
    // Byte by byte, as byte enables work: a wide write that covers a read-only register is legal.
    for (let i = 0; i < width; i++) this.#writeByte(off + i, (value >>> (8 * i)) & 0xff);
  }

  #writeByte(off: number, value: number): void {
    if (off === CONFIG.COMMAND) {
      this.#view.setUint8(off, value & COMMAND_BITS);
      this.#master.enabled = (value & COMMAND_MASTER) !== 0;
    } else if (off === CONFIG.STATUS + 1) {
      // The error bits of the status register are cleared by writing 1.
      this.#view.setUint8(off, this.#view.getUint8(off) & ~value);
    } else if (off >= CONFIG.BAR0 && off < CONFIG.BAR0 + 4) {
      // Sizing: the address bits below the size of the bar are hard-wired to zero.
      const mask = ((this.#identity.bar0Bytes - 1) >>> (8 * (off - CONFIG.BAR0))) & 0xff;
      this.#view.setUint8(off, value & ~mask);
    } else if (off === CONFIG.INTERRUPT_LINE) {
      this.#view.setUint8(off, value);
    }
  }
}
