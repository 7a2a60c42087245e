/**
 * A ring of 16-byte descriptors in memory, from the device's side.
 *
 * The device fetches a *burst* of descriptors into a buffer of its own with one access, or with two
 * where the ring ends, works on the copies and writes them back the same way. The copy `i` of a
 * burst is the descriptor `head + i` of the ring.
 */
import type { Bus, BusMaster } from '../machine/bus.js';
import { DESC, DESC_BYTES } from './ring-nic-regs.js';

/** A ring, switched on. */
export class DescriptorRing {
  /** Descriptors it has, a power of two; 0 while it is off. */
  size = 0;
  /** The descriptor the device works on next. */
  head = 0;
  /** The descriptor behind the last the device may have. */
  tail = 0;
  readonly #bus: Bus;
  readonly #master: BusMaster;
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #frame = 0;
  #off = 0;

  /**
   * @param bus - the bus its memory is on
   * @param master - the device
   * @param most - descriptors of the largest burst
   */
  constructor(bus: Bus, master: BusMaster, most: number) {
    this.#bus = bus;
    this.#master = master;
    this.#bytes = new Uint8Array(most * DESC_BYTES);
    this.#view = new DataView(this.#bytes.buffer);
  }

  /** Switches it on: the bus address of its first descriptor, in halves, and its size. */
  open(lo: number, hi: number, size: number): void {
    this.#frame = frameOf(lo, hi);
    this.#off = lo & 0xfff;
    this.size = size;
    this.head = 0;
    this.tail = 0;
  }

  /** Switches it off. */
  close(): void {
    this.size = 0;
    this.head = 0;
    this.tail = 0;
  }

  /** Descriptors the device may have. */
  get available(): number {
    return (this.tail - this.head) & (this.size - 1);
  }

  /** Fetches `count` descriptors from the head on. */
  fetch(count: number): void {
    const first = Math.min(count, this.size - this.head);
    this.#read(this.head, 0, first);
    if (count > first) this.#read(0, first, count - first);
  }

  /** Writes `count` copies back, from copy `i` on. */
  writeBack(i: number, count: number): void {
    const at = (this.head + i) & (this.size - 1);
    const first = Math.min(count, this.size - at);
    this.#write(at, i, first);
    if (count > first) this.#write(0, i + first, count - first);
  }

  /** Writes one descriptor, whatever the burst is: `index` counts from the start of the ring. */
  writeOne(index: number, bytes: Uint8Array): void {
    const at = this.#off + index * DESC_BYTES;
    this.#bus.write(this.#master, this.#frame + (at >> 12), at & 0xfff, bytes, 0, DESC_BYTES);
  }

  /** Copy `i`, as bytes that nobody else changes. */
  copyOf(i: number): Uint8Array {
    return this.#bytes.slice(i * DESC_BYTES, (i + 1) * DESC_BYTES);
  }

  /** The device is done with `count` descriptors. */
  advance(count: number): void {
    this.head = (this.head + count) & (this.size - 1);
  }

  /** The index in the ring of copy `i`. */
  indexOf(i: number): number {
    return (this.head + i) & (this.size - 1);
  }

  /** A field of copy `i`: an offset of {@link DESC}. */
  get(i: number, field: number): number {
    return this.#view.getUint32(i * DESC_BYTES + field, true);
  }

  /** Writes what the device found into copy `i`. */
  finish(i: number, length: number, flags: number): void {
    this.#view.setUint32(i * DESC_BYTES + DESC.LENGTH, length, true);
    this.#view.setUint32(i * DESC_BYTES + DESC.FLAGS, flags, true);
  }

  #read(index: number, i: number, count: number): void {
    const at = this.#off + index * DESC_BYTES;
    const frame = this.#frame + (at >> 12);
    const len = count * DESC_BYTES;
    this.#bus.read(this.#master, frame, at & 0xfff, this.#bytes, i * DESC_BYTES, len);
  }

  #write(index: number, i: number, count: number): void {
    const at = this.#off + index * DESC_BYTES;
    const frame = this.#frame + (at >> 12);
    const len = count * DESC_BYTES;
    this.#bus.write(this.#master, frame, at & 0xfff, this.#bytes, i * DESC_BYTES, len);
  }
}

/** The bus frame of an address in halves: a number, however many bits the address has. */
export function frameOf(lo: number, hi: number): number {
  return hi * 0x10_0000 + (lo >>> 12);
}
