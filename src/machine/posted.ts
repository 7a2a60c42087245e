/**
 * Posted writes: what a device has written and memory has not seen yet.
 *
 * 1. A write of a PCI device to memory is *posted*: the device is done with it when it has left,
 *    and it *lands* later (PCI 3.0, 3.2.5). The writes of one device land in their order, always.
 * 2. Whether a write goes straight to memory or is *held back*, and for how long, is chosen
 *    (`posted write`). Behind a write that is held back all later ones of its device queue.
 * 3. The queue of a device is *pushed*, which lands all of it, by what PCI does not let pass
 *    writes: the completion of a read by the CPU of one of its registers, a read of memory by the
 *    device itself, and its messages (MSI), which are writes themselves. Its interrupt line is a
 *    wire and pushes nothing: a driver that trusts memory because of it sees old data.
 * 4. A write is judged when it is issued: bus mastering on, and memory there. One that is not legal
 *    is not posted, and fails where it would have failed.
 * 5. Bounds: a bridge holds some bytes and some writes, and the oldest land when more come; and
 *    nothing is held longer than {@link HELD_NS_MAX}, which is more than any bridge does.
 */

/** Bytes one device can have in flight: a few buffers of a bridge. */
export const POSTED_BYTES = 4096;
/** Writes one device can have in flight. */
export const POSTED_WRITES = 64;
/** The longest a write is held back, in virtual nanoseconds. */
export const HELD_NS_MAX = 20_000;
/** A shorter while. */
const HELD_NS_SHORT = 1_000;
/**
 * Writes that go straight through between two choices: choosing costs nothing then, and holding
 * back, which costs twice as much as not, is for few of many.
 */
export const STRAIGHT_WRITES = 256;

/** What the queues of one machine stand on. */
export interface PostingParts {
  /** One of `n` possibilities. */
  readonly choose: (kind: string, n: number) => number;
  /** Runs a function at a time from now; the function returned calls it off. */
  readonly after: (ns: number, fn: () => void) => () => void;
  /** Puts a write where it belongs; the bytes may wrap at the end of `ring`. */
  readonly land: (write: PostedWrite, ring: Uint8Array) => void;
}

/** A write in flight. */
export interface PostedWrite {
  /** As the device gave it. */
  frame: number;
  off: number;
  len: number;
  /** The frames of memory it goes to: a write of {@link POSTED_BYTES} lies in two at most. */
  first: number;
  second: number;
  /** Where its bytes begin in the ring. */
  at: number;
}

/** The queue of one device; it takes no memory before a write is held back. */
export class PostedWrites {
  readonly #parts: PostingParts;
  #ring = new Uint8Array(0);
  #writes: PostedWrite[] = [];
  #head = 0;
  #count = 0;
  #bytes = 0;
  #tail = 0;
  #straight = 0;
  #callOff: (() => void) | null = null;

  constructor(parts: PostingParts) {
    this.#parts = parts;
  }

  /** Writes in flight. */
  get count(): number {
    return this.#count;
  }

  /** Whether the next write is to be held back: behind another one, or by choice. */
  holds(): boolean {
    if (this.#count > 0) return true;
    if (this.#straight > 0) {
      this.#straight--;
      return false;
    }
    const chosen = this.#parts.choose('posted write', 4);
    if (chosen < 2) {
      this.#straight = STRAIGHT_WRITES - 1;
      return false;
    }
    const ns = chosen === 2 ? HELD_NS_SHORT : HELD_NS_MAX;
    this.#callOff = this.#parts.after(ns, () => {
      this.#callOff = null;
      this.push();
    });
    return true;
  }

  /**
   * Takes a write that {@link holds} said is held back.
   *
   * @param frame - where it goes, as the device gave it
   * @param off - in that frame
   * @param first - the frame of memory it begins in
   * @param second - the frame of memory it ends in
   * @param from - the bytes, at `at`, `len` of them: at most {@link POSTED_BYTES}
   */
  take(
    frame: number,
    off: number,
    first: number,
    second: number,
    from: Uint8Array,
    at: number,
    len: number,
  ): void {
    if (this.#ring.length === 0) this.#make();
    while (this.#count === POSTED_WRITES || this.#bytes + len > POSTED_BYTES) this.#landOne();
    const write = this.#writes[(this.#head + this.#count) % POSTED_WRITES];
    if (write === undefined) return;
    write.frame = frame;
    write.off = off;
    write.len = len;
    write.first = first;
    write.second = second;
    write.at = this.#tail;
    const n = Math.min(len, POSTED_BYTES - this.#tail);
    this.#ring.set(from.subarray(at, at + n), this.#tail);
    if (n < len) this.#ring.set(from.subarray(at + n, at + len), 0);
    this.#tail = (this.#tail + len) % POSTED_BYTES;
    this.#count++;
    this.#bytes += len;
  }

  /** Lands everything. */
  push(): void {
    while (this.#count > 0) this.#landOne();
    this.#callOff?.();
    this.#callOff = null;
  }

  /** Forgets what is in flight; time has been reset as well. */
  reset(): void {
    this.#head = this.#count = this.#bytes = this.#tail = this.#straight = 0;
    this.#callOff = null;
  }

  #landOne(): void {
    const write = this.#writes[this.#head];
    if (write === undefined) return;
    this.#head = (this.#head + 1) % POSTED_WRITES;
    this.#count--;
    this.#bytes -= write.len;
    this.#parts.land(write, this.#ring);
  }

  #make(): void {
    this.#ring = new Uint8Array(POSTED_BYTES);
    this.#writes = Array.from({ length: POSTED_WRITES }, () => {
      return { frame: 0, off: 0, len: 0, first: -1, second: -1, at: 0 };
    });
  }
}
