/**
 * The bus: how a device reaches memory.
 *
 * A bus address is a frame and an offset, never one number: the ranges some host bridges decode
 * exceed 2^53. What a bus frame means is the platform's: the same number as the page frame on a PC
 * without an IOMMU, an offset or a translation elsewhere.
 */
import { pageBytes } from './store.js';
import type { Trace } from './trace.js';
import type { DeviceView } from './view.js';

/** A device as the bus knows it. */
export interface BusMaster {
  /** Its node name. */
  readonly name: string;
  /** The bus master enable bit of its command register. */
  enabled: boolean;
}

/** Why an access went nowhere. */
export type BusErrorKind = 'mastering-off' | 'master-abort';

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
    const why = kind === 'mastering-off' ? 'its bus mastering is off' : 'no memory answers';
    super(`${master}: ${op} of ${len} bytes at bus address ${where}: ${why}`);
  }
}

/** Translates a bus frame to a page frame for a master; -1 when nothing is mapped there. */
export type BusMap = (master: BusMaster, frame: number, op: 'read' | 'write') => number;

/** The bus of a machine. */
export class Bus {
  readonly #view: DeviceView;
  readonly #map: BusMap;
  readonly #trace: Trace;

  constructor(view: DeviceView, map: BusMap, trace: Trace) {
    this.#view = view;
    this.#map = map;
    this.#trace = trace;
  }

  /**
   * A device reads `len` bytes of memory into `into[at..]`.
   *
   * @throws BusError when the master is not enabled or nothing answers; the part before the frame
   * at fault has been transferred, as it would have been
   */
  read(m: BusMaster, frame: number, off: number, into: Uint8Array, at: number, len: number): void {
    this.#move('read', m, frame, off, into, at, len);
  }

  /** A device writes `len` bytes of `from[at..]` to memory; as {@link Bus.read}. */
  write(m: BusMaster, frame: number, off: number, from: Uint8Array, at: number, len: number): void {
    this.#move('write', m, frame, off, from, at, len);
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
    this.#trace.note('bus', op === 'read' ? 0 : 1, frame, off, len);
    if (this.#trace.observers !== null) {
      this.#trace.emit({ kind: 'bus', op, frame, off, len });
    }
    let done = 0;
    let f = frame;
    let o = off;
    while (done < len) {
      const n = Math.min(len - done, pageBytes - o);
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
}
