/**
 * The naive oracle of what bytes are where while an object is bound: one byte at a time.
 *
 * A byte of the current window is its own or has a stand-in. Its own is the same for CPU and device
 * at once. A stand-in gets the byte when the window becomes current and the device is to read,
 * gives it back when it ceases to be and the device was to write, and in between when a sync says
 * so; what a stand-in holds otherwise is nobody's to know.
 */
import { DDI_DMA_RDWR, DDI_DMA_READ, DDI_DMA_WRITE } from '../../src/sys/constants.js';
import { type SeenObject, type SeenWindow, stretches } from './naive-binding.js';

/** No byte in particular. */
export const unknown = -1;

/** The object and its stand-ins. */
export class NaiveBounce {
  /** The object as the CPU sees it. */
  readonly cpu: Int16Array;
  readonly #object: SeenObject;
  readonly #flags: number;
  readonly #standIn: Int16Array;
  readonly #hasStandIn: Uint8Array;
  #window: SeenWindow = { off: 0n, len: 0n, cookies: [] };

  constructor(object: SeenObject, bytes: Uint8Array, flags: number) {
    this.#object = object;
    this.#flags = flags & DDI_DMA_RDWR;
    this.cpu = Int16Array.from(bytes);
    this.#standIn = new Int16Array(bytes.length);
    this.#hasStandIn = new Uint8Array(bytes.length);
  }

  /** Another window: at the bind, and at getwin after `leave`. */
  enter(window: SeenWindow): void {
    this.#window = window;
    this.#hasStandIn.fill(0);
    for (const { at, len, own } of stretches(this.#object, window)) {
      if (own) continue;
      this.#hasStandIn.fill(1, at, at + len);
      for (let i = at; i < at + len; i++) {
        this.#standIn[i] = this.mayRead ? (this.cpu[i] ?? unknown) : unknown;
      }
    }
  }

  /** The end of a window: at getwin, and at the unbind. */
  leave(): void {
    if (this.mayWrite) this.sync(Number(this.#window.off), Number(this.#window.len), false);
  }

  /** A sync; what lies outside the window does not move. */
  sync(from: number, len: number, forDevice: boolean): void {
    const first = Number(this.#window.off);
    const past = first + Number(this.#window.len);
    for (let i = Math.max(from, first); i < Math.min(from + len, past); i++) {
      if (this.#hasStandIn[i] !== 1) continue;
      if (forDevice) this.#standIn[i] = this.cpu[i] ?? unknown;
      else this.cpu[i] = this.#standIn[i] ?? unknown;
    }
  }

  /** What the device sees of the byte of the object. */
  device(i: number): number {
    return (this.#hasStandIn[i] === 1 ? this.#standIn[i] : this.cpu[i]) ?? unknown;
  }

  /** The device writes a byte of the window. */
  deviceWrites(i: number, byte: number): void {
    if (this.#hasStandIn[i] === 1) this.#standIn[i] = byte;
    else this.cpu[i] = byte;
  }

  /** Whether the device may read; a bind that names no direction is for both. */
  get mayRead(): boolean {
    return this.#flags === 0 || (this.#flags & DDI_DMA_WRITE) !== 0;
  }

  /** Whether the device may write. */
  get mayWrite(): boolean {
    return this.#flags === 0 || (this.#flags & DDI_DMA_READ) !== 0;
  }
}
