/**
 * The interrupt end of one device: its line, its vectors, and which of the two it may use.
 *
 * 1. A device *declares* what it has (device.ts): at most one line, INTx of PCI, and vectors of MSI
 *    or MSI-X. By default it has a line and no vectors.
 * 2. At any time it uses one of the three types: the line, until somebody switches messages on.
 *    While they are on, the line is silent (PCI 3.0, 6.8.1.3); whether the device wants it is
 *    remembered.
 * 3. A *vector* sends messages, which are edges. It is *open* or shut, and may be masked besides.
 *    A vector with a pending bit keeps a message it cannot send, once, however often it comes, and
 *    sends it when it can. One without loses it.
 * 4. A message pushes the writes that its device has posted before it (bus.ts); the line does not.
 * 5. Who listens is not known here: a vector leads to an interrupt line of the controller, and
 *    several vectors may lead to one.
 */
import type { DeviceInterrupts } from './device.js';
import type { InterruptLine } from './line.js';

/** The types, as the unit names them. */
export type InterruptType = 'fixed' | 'msi' | 'msix';

/** The most vectors of each type, PCI 3.0, 6.8. */
export const VECTOR_LIMIT: Readonly<Record<InterruptType, number>> = {
  fixed: 1,
  msi: 32,
  msix: 2048,
};

/** One vector of a device. */
export class Vector {
  /** Where its messages go; `null` until somebody listens. */
  line: InterruptLine | null = null;
  readonly #keeps: boolean;
  readonly #push: () => void;
  #open = false;
  #masked = false;
  #pending = false;

  /**
   * @param keeps - whether it has a mask and a pending bit
   * @param push - lands what the device has written so far
   */
  constructor(keeps: boolean, push: () => void) {
    this.#keeps = keeps;
    this.#push = push;
  }

  /** Whether a message waits to be sent. */
  get pending(): boolean {
    return this.#pending;
  }

  /** Lets messages through from now on, and the one that waited. Clears the mask. */
  open(): void {
    this.#open = true;
    this.mask(false);
  }

  /** Lets nothing through; what has arrived and was not taken is forgotten. */
  shut(): void {
    this.#open = false;
    this.#masked = false;
    this.line?.forget();
  }

  /** Sets or clears the mask of an open vector. What is on its way already arrives all the same. */
  mask(on: boolean): void {
    this.#masked = on;
    if (on || !this.#pending) return;
    this.#pending = false;
    this.send();
  }

  /** The device has something to say. */
  send(): void {
    this.#push();
    if (this.#open && !this.#masked) this.line?.pulse();
    else this.#pending = this.#keeps;
  }

  /** Power-on state. */
  reset(): void {
    this.#open = this.#masked = this.#pending = false;
  }
}

/** The interrupts of one device. */
export class InterruptUnit {
  /** What it has: vectors by type. */
  readonly counts: Record<InterruptType, number> = { fixed: 1, msi: 0, msix: 0 };
  /** Whether the line has a disable bit and a state bit. */
  lineMaskable = false;
  /** Whether vectors of MSI have mask and pending bits; those of MSI-X always do. */
  msiMaskable = false;
  /** The line; without effect when the device has none. */
  readonly line: InterruptLine;
  readonly #source: string;
  readonly #push: () => void;
  readonly #vectors = new Map<number, Vector>();
  #type: InterruptType = 'fixed';
  #wanted = false;
  #lineMasked = false;

  /**
   * @param source - the device, on its line
   * @param line - the line
   * @param push - lands what the device has written so far
   */
  constructor(source: string, line: InterruptLine, push: () => void) {
    this.#source = source;
    this.line = line;
    this.#push = push;
  }

  /**
   * What the device has.
   *
   * @throws RangeError when no PCI device can have it
   */
  declare(has: DeviceInterrupts): void {
    const { fixed = 1, msi = 0, msix = 0 } = has;
    checkCount(this.#source, 'fixed', fixed);
    checkCount(this.#source, 'msi', msi);
    checkCount(this.#source, 'msix', msix);
    if ((msi & (msi - 1)) !== 0) {
      throw new RangeError(`${this.#source}: interrupts.msi must be a power of two, not ${msi}`);
    }
    Object.assign(this.counts, { fixed, msi, msix });
    this.lineMaskable = has.lineMaskable ?? false;
    this.msiMaskable = has.msiMaskable ?? false;
  }

  /** Whether the line is wanted by the device, whether or not it may use it. */
  get wanted(): boolean {
    return this.#wanted;
  }

  /** Which type is in use. */
  get type(): InterruptType {
    return this.#type;
  }

  /** Switches to another type; the vectors of messages begin shut. */
  use(type: InterruptType): void {
    if (type === this.#type) return;
    this.#type = type;
    for (const vector of this.#vectors.values()) vector.reset();
    this.#vectors.clear();
    this.#settle();
  }

  /** The vector with a number, below the count of the type in use. */
  vector(n: number): Vector {
    let vector = this.#vectors.get(n);
    if (vector === undefined) {
      vector = new Vector(this.#type === 'msix' || this.msiMaskable, this.#push);
      this.#vectors.set(n, vector);
    }
    return vector;
  }

  /** Sets or clears the disable bit of the line. */
  maskLine(on: boolean): void {
    this.#lineMasked = on;
    this.#settle();
  }

  /** The device asserts its line. */
  raise(): void {
    this.#wanted = true;
    this.#settle();
  }

  /** The device stops asserting its line. */
  lower(): void {
    this.#wanted = false;
    this.#settle();
  }

  /**
   * The device sends a message.
   *
   * @param vector - which, from 0
   * @returns false when messages are off: the device has its line then
   * @throws RangeError when it has no such vector: the model is wrong
   */
  message(vector: number): boolean {
    if (this.#type === 'fixed') return false;
    const count = this.counts[this.#type];
    if (!Number.isInteger(vector) || vector < 0 || vector >= count) {
      const has = `${String(count)} of ${this.#type}`;
      throw new RangeError(`${this.#source}: message of vector ${String(vector)}; it has ${has}`);
    }
    this.vector(vector).send();
    return true;
  }

  /** Power-on state: the line, not masked and not wanted. */
  reset(): void {
    this.#type = 'fixed';
    this.#vectors.clear();
    this.#wanted = this.#lineMasked = false;
    this.#settle();
  }

  #settle(): void {
    const up = this.#wanted && !this.#lineMasked && this.#type === 'fixed' && this.counts.fixed > 0;
    if (up) this.line.assert(this.#source);
    else this.line.deassert(this.#source);
  }
}

function checkCount(name: string, type: InterruptType, count: number): void {
  const most = VECTOR_LIMIT[type];
  if (Number.isInteger(count) && count >= 0 && count <= most) return;
  const rule = `must be an integer from 0 to ${String(most)}, not ${String(count)}`;
  throw new RangeError(`${name}: interrupts.${type} ${rule}`);
}
