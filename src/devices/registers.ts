/**
 * Register files: the registers of a device as its data sheet lists them.
 *
 * 1. A *register* has a name, an offset, a width, a way to be accessed, a reset value and at most
 *    two side effects. A *file* is a register set made of them; bytes that no register has are
 *    *holes*.
 * 2. An access is *exact* when a register begins there and is as wide. Everything else is defined
 *    too: (1) a hole reads as ones and takes nothing, as a bus does on which nobody answers; (2) an
 *    access that is wider than what lies there goes to each register it covers whole, lower address
 *    first, and the rest of it is as if made of single bytes; (3) a part of a register can be read,
 *    side effect included, and a write to a part is ignored: a byte must not ring a doorbell.
 * 3. The device itself reads and sets `value`, which has no side effects.
 */
import type { RegisterSpace, RegisterWidth } from '../machine/device.js';

/**
 * How the bus may access a register. `rw`: read and written. `ro`: writes are ignored. `wo`: reads
 * as zero. `w1c`: a bit written as 1 is cleared.
 */
export type RegisterAccess = 'rw' | 'ro' | 'wo' | 'w1c';

/** One line of a data sheet. */
export interface RegisterSpec<N extends string = string> {
  readonly name: N;
  /** Byte offset in the set, a multiple of the width. */
  readonly off: number;
  /** Bytes; default 4. */
  readonly width?: RegisterWidth;
  readonly access: RegisterAccess;
  /** Value after a reset; default 0. */
  readonly reset?: number;
  /** Bits that can be written; the others keep their value. Default: all. */
  readonly mask?: number;
  /** Before a read: gives what is read. A FIFO takes its next word out here. */
  readonly onRead?: (value: number) => number;
  /** After a write: what was written, and what the register held before. */
  readonly onWrite?: (written: number, before: number) => void;
}

/** What a register file is made from. */
export interface RegisterFileSpec<N extends string = string> {
  /** `bar0`, ... */
  readonly name: string;
  readonly kind: RegisterSpace['kind'];
  /** Bytes of the whole set, holes included. */
  readonly sizeBytes: number;
  readonly registers: readonly RegisterSpec<N>[];
}

/** A register, as the device holds it. */
export class Register {
  readonly name: string;
  readonly off: number;
  readonly width: RegisterWidth;
  readonly access: RegisterAccess;
  /** What it holds, unsigned. */
  value: number;
  readonly #reset: number;
  readonly #mask: number;
  readonly #onRead: RegisterSpec['onRead'] | null;
  readonly #onWrite: RegisterSpec['onWrite'] | null;

  constructor(spec: RegisterSpec) {
    const { name, off, width = 4, access, reset = 0 } = spec;
    const ones = onesOf(width);
    const mask = spec.mask ?? ones;
    for (const [field, value] of Object.entries({ reset, mask })) {
      if (Number.isInteger(value) && value >= 0 && value <= ones) continue;
      throw new RangeError(`register ${name}: ${field} ${value} does not fit ${8 * width} bits`);
    }
    if (!Number.isInteger(off) || off < 0 || off % width !== 0) {
      throw new RangeError(`register ${name}: offset ${off} is no multiple of its width ${width}`);
    }
    this.name = name;
    this.off = off;
    this.width = width;
    this.access = access;
    this.value = reset;
    this.#reset = reset;
    this.#mask = mask;
    this.#onRead = spec.onRead ?? null;
    this.#onWrite = spec.onWrite ?? null;
  }

  /** Back to its reset value, without side effects. */
  reset(): void {
    this.value = this.#reset;
  }

  /** A read by the bus. */
  read(): number {
    if (this.#onRead != null) return this.#onRead(this.value) >>> 0;
    return this.access === 'wo' ? 0 : this.value;
  }

  /** A write by the bus. */
  write(written: number): void {
    const { access, value: before } = this;
    if (access === 'ro') return;
    this.value =
      access === 'w1c'
        ? (before & ~(written & this.#mask)) >>> 0
        : ((written & this.#mask) | (before & ~this.#mask)) >>> 0;
    if (this.#onWrite != null) this.#onWrite(written, before);
  }
}

/** A register set made of registers. */
export class RegisterFile<N extends string = string> implements RegisterSpace {
  readonly name: string;
  readonly kind: RegisterSpace['kind'];
  readonly sizeBytes: number;
  /** The register at each byte, up to the last one that has any. */
  readonly #at: (Register | null)[];
  readonly #byName: ReadonlyMap<string, Register>;

  /** @throws RangeError when registers overlap, lie outside, or have the same name */
  constructor(spec: RegisterFileSpec<N>) {
    const { name, kind, sizeBytes } = spec;
    this.name = name;
    this.kind = kind;
    this.sizeBytes = sizeBytes;
    const registers = spec.registers.map((r) => new Register(r));
    const end = Math.max(0, ...registers.map((r) => r.off + r.width));
    if (end > sizeBytes) throw new RangeError(`${name}: a register ends at ${end} of ${sizeBytes}`);
    const at = new Array<Register | null>(end).fill(null);
    const byName = new Map<string, Register>();
    for (const register of registers) {
      if (byName.has(register.name)) throw new RangeError(`${name}: ${register.name} twice`);
      byName.set(register.name, register);
      for (let i = register.off; i < register.off + register.width; i++) {
        const other = at[i];
        if (other != null) throw new RangeError(`${name}: ${register.name} overlaps ${other.name}`);
        at[i] = register;
      }
    }
    this.#at = at;
    this.#byName = byName;
  }

  /**
   * A register, for the device to keep: reading and setting `value` has no side effects.
   *
   * @param name - as in the data sheet
   * @throws RangeError when there is none of that name
   */
  register(name: N): Register {
    const found = this.#byName.get(name);
    if (found === undefined) throw new RangeError(`${this.name} has no register ${name}`);
    return found;
  }

  /** Every register back to its reset value, without side effects. */
  reset(): void {
    for (const register of this.#byName.values()) register.reset();
  }

  read(off: number, width: RegisterWidth): number {
    const register = off < this.#at.length ? this.#at[off] : null;
    if (register == null) return width === 1 ? 0xff : this.#readParts(off, width);
    if (register.off === off && register.width === width) return register.read();
    return this.#readParts(off, width);
  }

  write(off: number, width: RegisterWidth, value: number): void {
    const register = off < this.#at.length ? this.#at[off] : null;
    if (register?.off === off && register.width === width) register.write(value);
    else if (width > 1) this.#writeParts(off, width, value);
  }

  /** An access that is not exact, read byte by byte; a register it reaches is read once. */
  #readParts(off: number, width: RegisterWidth): number {
    let value = 0;
    for (let i = 0; i < width;) {
      const register = this.#at[off + i] ?? null;
      const skip = register === null ? 0 : off + i - register.off;
      const bytes = register === null ? 1 : Math.min(width - i, register.width - skip);
      const part = register === null ? 0xff : shifted(register.read(), skip);
      // Multiplied, not shifted: the top byte must not make the number negative.
      value += (part % 2 ** (8 * bytes)) * 2 ** (8 * i);
      i += bytes;
    }
    return value;
  }

  /** The same, written: only registers that are covered whole. */
  #writeParts(off: number, width: RegisterWidth, value: number): void {
    for (let i = 0; i < width;) {
      const register = this.#at[off + i] ?? null;
      if (register === null || register.off !== off + i || i + register.width > width) {
        i++;
        continue;
      }
      register.write(shifted(value, i) % 2 ** (8 * register.width));
      i += register.width;
    }
  }
}

/**
 * A register set as a data sheet lists it.
 *
 * @param spec - its registers
 * @throws RangeError when the list cannot be: overlaps, offsets, values
 * @example
 * ```ts
 * import { registerFile } from 'ddi-dma/machine';
 *
 * const bar0 = registerFile({
 *   name: 'bar0',
 *   kind: 'memory',
 *   sizeBytes: 0x100,
 *   registers: [
 *     { name: 'id', off: 0x0, access: 'ro', reset: 0x1234 },
 *     { name: 'cause', off: 0x4, access: 'w1c' },
 *   ],
 * });
 * const cause = bar0.register('cause');
 * // The device has two reasons to interrupt, and the driver acknowledges one.
 * cause.value = 0x3;
 * bar0.write(0x4, 4, 0x1);
 * bar0.read(0x4, 4); // 2
 * bar0.read(0x8, 4); // 4294967295
 * ```
 */
export function registerFile<const N extends string>(spec: RegisterFileSpec<N>): RegisterFile<N> {
  return new RegisterFile(spec);
}

/** A value without its lowest bytes. */
function shifted(value: number, bytes: number): number {
  return Math.floor(value / 2 ** (8 * bytes));
}

function onesOf(width: RegisterWidth): number {
  return 2 ** (8 * width) - 1;
}
