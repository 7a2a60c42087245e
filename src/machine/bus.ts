/**
 * The bus: how a device reaches memory.
 *
 * A bus address is a frame and an offset, never one number: the ranges some host bridges decode
 * exceed 2^53. What a bus frame means is the platform's: the same number as the page frame on a PC
 * without an IOMMU, an offset or a translation elsewhere.
 *
 * Writes of a device that has a queue for them are posted (posted.ts); those of any other master go
 * straight through.
 */
import { PostedWrites, POSTED_BYTES, type PostedWrite, type PostingParts } from './posted.js';
import { pageBytes } from './store.js';
import { kindOf, type Trace } from './trace.js';
import type { DeviceView } from './view.js';

const busKind = kindOf('bus');

/** A device as the bus knows it. */
export interface BusMaster {
  /** Its node name. */
  readonly name: string;
  /** The bus master enable bit of its command register. */
  enabled: boolean;
  /** Its writes in flight; a master without goes straight to memory. */
  readonly posted?: PostedWrites;
}

/** Why an access went nowhere. */
export type BusErrorKind = 'mastering-off' | 'master-abort' | 'target-abort';

const reasons: Readonly<Record<BusErrorKind, string>> = {
  'mastering-off': 'its bus mastering is off',
  'master-abort': 'no memory answers',
  'target-abort': 'the access was broken off',
};

/** What a device gets when nothing answers. */
export class BusError extends Error {
  override readonly name = 'BusError';

  constructor(
    readonly kind: BusErrorKind,
    readonly op: 'read' | 'write',
    readonly frame: number,
    readonly off: number,
    readonly len: number,
    master: string,
  ) {
    const where = `0x${(BigInt(frame) * BigInt(pageBytes) + BigInt(off)).toString(16)}`;
    super(`${master}: ${op} of ${len} bytes at bus address ${where}: ${reasons[kind]}`);
  }
}

/** Translates a bus frame to a page frame for a master; -1 when nothing is mapped there. */
export type BusMap = (master: BusMaster, frame: number, op: 'read' | 'write') => number;

/** Where accesses of devices are broken off. */
export interface BrokenPaths {
  /** Whether anything is broken. */
  readonly active: boolean;
  /** Where an access of a device is broken off, or `null`; see hardware-faults.ts. */
  meetsAddress(
    at: string,
    op: 'read' | 'write',
    frame: number,
    off: number,
    len: number,
  ): bigint | null;
}

/** The bus of a machine. */
export class Bus {
  /** What is broken on the way. */
  broken: BrokenPaths | null = null;
  readonly #view: DeviceView;
  readonly #map: BusMap;
  readonly #trace: Trace;
  readonly #queues: PostedWrites[] = [];

  constructor(view: DeviceView, map: BusMap, trace: Trace) {
    this.#view = view;
    this.#map = map;
    this.#trace = trace;
  }

  /**
   * A queue for the writes of a master, to be its `posted`.
   *
   * @param parts - how it is chosen what is held back, and time
   */
  queue(parts: Omit<PostingParts, 'land'>): PostedWrites {
    const queue = new PostedWrites({
      ...parts,
      land: (write, ring) => {
        this.#land(write, ring);
      },
    });
    this.#queues.push(queue);
    return queue;
  }

  /**
   * A device reads `len` bytes of memory into `into[at..]`. Its own writes land before.
   *
   * @throws BusError when the master is not enabled or nothing answers; the part before the frame
   * at fault has been transferred, as it would have been
   */
  read(m: BusMaster, frame: number, off: number, into: Uint8Array, at: number, len: number): void {
    if (m.posted !== undefined) m.posted.push();
    this.#move('read', m, frame, off, into, at, len);
  }

  /** A device writes `len` bytes of `from[at..]` to memory; as {@link Bus.read}. */
  write(m: BusMaster, frame: number, off: number, from: Uint8Array, at: number, len: number): void {
    const { posted } = m;
    if (posted?.holds() === true && this.#post(m, posted, frame, off, from, at, len)) return;
    this.#move('write', m, frame, off, from, at, len);
  }

  /** Lands what a master has written so far. */
  push(m: BusMaster): void {
    m.posted?.push();
  }

  /** Forgets all writes in flight. */
  reset(): void {
    for (const queue of this.#queues) queue.reset();
  }

  /** Posts a write; false, with the queue empty, when it cannot be posted. */
  #post(
    m: BusMaster,
    posted: PostedWrites,
    frame: number,
    off: number,
    from: Uint8Array,
    at: number,
    len: number,
  ): boolean {
    // What may be broken off is not posted: the device is told at once.
    const whole = this.broken?.active !== true;
    if (m.enabled && whole && len > 0 && len <= POSTED_BYTES) {
      const second = frame + (off + len > pageBytes ? 1 : 0);
      const pfn = this.#map(m, frame, 'write');
      const last = second === frame ? pfn : this.#map(m, second, 'write');
      if (this.#answers(pfn) && (last === pfn || this.#answers(last))) {
        posted.take(frame, off, pfn, last, from, at, len);
        return true;
      }
    }
    posted.push();
    return false;
  }

  /** Whether there is memory: it takes a write of nothing. */
  #answers(pfn: number): boolean {
    return pfn >= 0 && this.#view.write(pfn, 0, nothing, 0, 0);
  }

  #land(write: PostedWrite, ring: Uint8Array): void {
    const { frame, off, len, first, second } = write;
    this.#tell('write', frame, off, len);
    let done = 0;
    let at = write.at;
    while (done < len) {
      const inFirst = off + done < pageBytes;
      const to = inFirst ? off + done : off + done - pageBytes;
      const n = Math.min(len - done, pageBytes - to, ring.length - at);
      // Memory that is gone by now is nobody's: the write is lost, as nobody could be told.
      this.#view.write(inFirst ? first : second, to, ring, at, n);
      done += n;
      at = (at + n) % ring.length;
    }
  }

  #tell(op: 'read' | 'write', frame: number, off: number, len: number): void {
    this.#trace.note(busKind, op === 'read' ? 0 : 1, frame, off, len);
    if (this.#trace.observers !== null) {
      this.#trace.emit({ kind: 'bus', op, frame, off, len });
    }
  }

  #move(
    op: 'read' | 'write',
    master: BusMaster,
    frame: number,
    off: number,
    bytes: Uint8Array,
    at: number,
    len: number,
  ): void {
    if (!master.enabled) throw new BusError('mastering-off', op, frame, off, len, master.name);
    this.#tell(op, frame, off, len);
    let done = 0;
    let f = frame;
    let o = off;
    while (done < len) {
      const n = Math.min(len - done, pageBytes - o);
      if (this.broken?.active === true && this.#breaksOff(master, op, f, o, n)) {
        throw new BusError('target-abort', op, f, o, n, master.name);
      }
      const pfn = this.#map(master, f, op);
      const ok =
        pfn >= 0 &&
        (op === 'read'
          ? this.#view.read(pfn, o, bytes, at + done, n)
          : this.#view.write(pfn, o, bytes, at + done, n));
      if (!ok) throw new BusError('master-abort', op, f, o, n, master.name);
      done += n;
      f += 1;
      o = 0;
    }
  }

  #breaksOff(
    master: BusMaster,
    op: 'read' | 'write',
    frame: number,
    off: number,
    len: number,
  ): boolean {
    const at = this.broken?.meetsAddress(master.name, op, frame, off, len) ?? null;
    return at !== null;
  }
}

/** The bytes of a write of nothing. */
const nothing = new Uint8Array(0);
