/**
 * Devices: models that sit on the machine and see bus addresses only.
 *
 * 1. A *device model* is built from an environment (`DeviceEnv`): a bus, a clock, an interrupt
 *    line, its own identity as a bus master. No kernel address and no DDI object reaches it.
 * 2. A device has *limits*, which are facts about hardware, and it *refuses* what they forbid: an
 *    error status, an interrupt and a record that names the limit, the bound and the value. It
 *    never corrects, rounds or guesses, because real hardware would transfer to the wrong place.
 * 3. A device takes *time*: whatever it does happens at a deadline of the virtual clock, after the
 *    register write that asked for it has returned.
 *
 * The copy engine of this file moves bytes from one scatter/gather list to another. What it is not:
 * it has no queue (one doorbell, one transfer), no on-board memory, and it does not compute.
 */
import { BusError } from '../machine/bus.js';
import type { EventId } from '../machine/clock.js';
import type { Device, DeviceEnv, DeviceModel, RegisterSpace } from '../machine/device.js';
import {
  BAR0_BYTES,
  CLASS_REVISION,
  CTRL_DST_WIDE,
  CTRL_GO,
  CTRL_RESET,
  CTRL_SRC_WIDE,
  DEVICE_ID,
  ERROR_CODE,
  ERROR_DESTINATION,
  ERROR_LIST_FETCH,
  INTR_DONE,
  INTR_ERROR,
  LIST_ENTRIES_MAX,
  LIST_ENTRY_BYTES,
  REG,
  STATUS_BUSY,
  STATUS_DONE,
  STATUS_ERROR,
  VENDOR_ID,
} from './copy-engine-regs.js';
import { refuseLength, refuseList, wideLimits } from './engine-limits.js';
import type { EngineLimits, LimitError, ListEntry } from './engine-limits.js';
import { PciConfig } from './pci-config.js';

/** Which of the two lists. */
export type ListSide = 'source' | 'destination';

/** Why the last transfer was refused or broken off. */
export interface CopyEngineError {
  /** The limit, or what else went wrong. */
  readonly cause: Exclude<keyof typeof ERROR_CODE, 'none'>;
  /** The list at fault. */
  readonly list: ListSide;
  /** Whether the fault came up while the list itself was being fetched. */
  readonly fetching: boolean;
  /** The entry at fault. */
  readonly index: number;
  /** The bus address at fault. */
  readonly address: bigint;
  /** The bound the limit states. */
  readonly bound: bigint;
  /** The value beyond it. */
  readonly value: bigint;
  /** All of it as a sentence. */
  readonly message: string;
}

/** How to build a copy engine. */
export interface CopyEngineOptions {
  /** What its narrow port can do; without it, everything. */
  readonly limits?: EngineLimits;
}

/** Virtual nanoseconds from the doorbell to the first list entry. */
const START_NS = 200;
/** Virtual nanoseconds for each list entry. */
const ENTRY_NS = 10;
/** Virtual nanoseconds for each byte: 1 GB/s, a PCI Express lane of the third generation. */
const BYTE_NS = 1;
/** Bytes moved between two looks at the clock, so that a large copy can be interrupted. */
const STEP_BYTES = 65_536;

/** A list under way: its entries, and how far it has come. */
interface Cursor {
  readonly side: ListSide;
  readonly list: readonly ListEntry[];
  index: number;
  done: number;
}

/**
 * The model of a copy engine, for `boot`.
 *
 * @param options - what it can do
 * @returns a model to name in the `devices` of a machine
 */
export function copyEngine(options: CopyEngineOptions = {}): DeviceModel<CopyEngine> {
  return (env) => new CopyEngine(env, options.limits ?? wideLimits);
}

/** A PCI scatter/gather copy engine; its programming model is in copy-engine-regs.ts. */
export class CopyEngine implements Device {
  readonly name: string;
  readonly registers: readonly RegisterSpace[];
  readonly limits: EngineLimits;
  readonly #env: DeviceEnv;
  readonly #config: PciConfig;
  readonly #regs = new Uint32Array(BAR0_BYTES / 4);
  readonly #buffer = new Uint8Array(STEP_BYTES);
  #error: CopyEngineError | null = null;
  #event: EventId | null = null;
  #moved = 0;

  constructor(env: DeviceEnv, limits: EngineLimits) {
    this.name = env.name;
    this.limits = limits;
    this.#env = env;
    this.#config = new PciConfig(env.master, {
      vendorId: VENDOR_ID,
      deviceId: DEVICE_ID,
      classRevision: CLASS_REVISION,
      bar0Bytes: BAR0_BYTES,
    });
    this.registers = [
      this.#config,
      {
        name: 'bar0',
        kind: 'memory',
        sizeBytes: BAR0_BYTES,
        read: (off, width) => this.#read(off, width),
        write: (off, width, value) => {
          this.#write(off, width, value);
        },
      },
    ];
    this.#capabilities();
  }

  /** Why the last transfer was refused or broken off; `null` when it was not. */
  get error(): CopyEngineError | null {
    return this.#error;
  }

  reset(): void {
    this.#config.reset();
    this.#clear();
  }

  /** Gives up what is under way; the configuration space is left alone. */
  #clear(): void {
    if (this.#event !== null) this.#env.clock.cancel(this.#event);
    this.#event = null;
    this.#error = null;
    this.#moved = 0;
    this.#regs.fill(0);
    this.#capabilities();
    this.#interrupt();
  }

  #capabilities(): void {
    const { limits } = this;
    const set64 = (off: number, value: bigint): void => {
      this.#set(off, Number(value & 0xffff_ffffn));
      this.#set(off + 4, Number(value >> 32n));
    };
    set64(REG.CAP_ADDR_LO, limits.addrLo);
    set64(REG.CAP_ADDR_HI, limits.addrHi);
    set64(REG.CAP_COUNT_MAX, limits.countMax);
    set64(REG.CAP_ALIGN, limits.align);
    set64(REG.CAP_SEG, limits.seg);
    set64(REG.CAP_MAXXFER, limits.maxxfer);
    this.#set(REG.CAP_SGLLEN, limits.sgllen);
    this.#set(REG.CAP_GRANULAR, limits.granular);
    this.#set(REG.CAP_MINXFER, limits.minxfer);
  }

  #read(off: number, width: number): number {
    const word = this.#regs[off >>> 2] ?? 0;
    if (width === 4) return word;
    const part = word >>> ((off & 3) * 8);
    return width === 2 ? part & 0xffff : part & 0xff;
  }

  #write(off: number, width: number, value: number): void {
    // Half a register is no register: a byte written to a doorbell must not ring it.
    if (width !== 4) return;
    switch (off) {
      case REG.CTRL:
        if ((value & CTRL_RESET) !== 0) this.#clear();
        else if ((value & CTRL_GO) !== 0) this.#doorbell(value);
        break;
      case REG.INTR_STATUS:
        this.#set(off, this.#get(off) & ~value);
        this.#interrupt();
        break;
      case REG.INTR_ENABLE:
        this.#set(off, value & (INTR_DONE | INTR_ERROR));
        this.#interrupt();
        break;
      case REG.SRC_LIST_LO:
      case REG.SRC_LIST_HI:
      case REG.SRC_COUNT:
      case REG.DST_LIST_LO:
      case REG.DST_LIST_HI:
      case REG.DST_COUNT:
        this.#set(off, value);
        break;
      default:
        // The rest is read-only.
        break;
    }
  }

  #get(off: number): number {
    return this.#regs[off >>> 2] ?? 0;
  }

  #set(off: number, value: number): void {
    this.#regs[off >>> 2] = value;
  }

  /** The line is level-triggered: up as long as an enabled cause is not acknowledged. */
  #interrupt(): void {
    if ((this.#get(REG.INTR_STATUS) & this.#get(REG.INTR_ENABLE)) !== 0) this.#env.raise();
    else this.#env.lower();
  }

  #later(ns: number, what: string, fn: () => void): void {
    this.#event = this.#env.clock.at(
      this.#env.clock.nowNs + ns,
      () => {
        this.#event = null;
        fn();
      },
      `${this.name}: ${what}`,
    );
  }

  #doorbell(ctrl: number): void {
    if ((this.#get(REG.STATUS) & STATUS_BUSY) !== 0) {
      // The transfer under way is not disturbed; only the doorbell is lost, and says so.
      this.#fault('busy', 'source', false, 0, 0n, 0n, 1n);
      return;
    }
    this.#error = null;
    this.#moved = 0;
    for (const off of [
      REG.ERROR,
      REG.ERROR_INDEX,
      REG.ERROR_ADDR_LO,
      REG.ERROR_ADDR_HI,
      REG.MOVED_LO,
      REG.MOVED_HI,
    ]) {
      this.#set(off, 0);
    }
    this.#set(REG.STATUS, STATUS_BUSY);
    const entries = this.#get(REG.SRC_COUNT) + this.#get(REG.DST_COUNT);
    const ns = START_NS + Math.min(entries, LIST_ENTRIES_MAX) * ENTRY_NS;
    this.#later(ns, 'fetch lists', () => {
      this.#start(ctrl);
    });
  }

  /** Fetches and judges both lists; no byte moves before both are found good. */
  #start(ctrl: number): void {
    const wide = (bit: number): EngineLimits => ((ctrl & bit) !== 0 ? wideLimits : this.limits);
    const source = this.#fetch('source', REG.SRC_LIST_LO, REG.SRC_COUNT, wide(CTRL_SRC_WIDE));
    if (source === null) return;
    const target = this.#fetch('destination', REG.DST_LIST_LO, REG.DST_COUNT, wide(CTRL_DST_WIDE));
    if (target === null) return;
    const length = listBytes(source);
    const room = listBytes(target);
    if (length !== room) {
      this.#fault('unequal', 'destination', false, 0, 0n, BigInt(length), BigInt(room));
      return;
    }
    const from: Cursor = { side: 'source', list: source, index: 0, done: 0 };
    const to: Cursor = { side: 'destination', list: target, index: 0, done: 0 };
    this.#schedule(from, to, length);
  }

  #schedule(from: Cursor, to: Cursor, left: number): void {
    const bytes = Math.min(left, STEP_BYTES);
    this.#later(Math.max(bytes, this.limits.minxfer) * BYTE_NS, 'move', () => {
      if (!this.#move(from, to, bytes)) return;
      if (left > bytes) this.#schedule(from, to, left - bytes);
      else this.#finish(STATUS_DONE, INTR_DONE);
    });
  }

  /** The entries of one list, or `null` after a fault. */
  #fetch(side: ListSide, lo: number, countReg: number, limits: EngineLimits): ListEntry[] | null {
    const count = this.#get(countReg);
    const base = (BigInt(this.#get(lo + 4)) << 32n) | BigInt(this.#get(lo));
    const refusal = refuseLength(count, limits) ?? tooLong(count);
    if (refusal !== null) {
      this.#refuse(side, refusal);
      return null;
    }
    const bytes = new Uint8Array(count * LIST_ENTRY_BYTES);
    try {
      const { frame, off } = frameOf(base, 0);
      this.#env.bus.read(this.#env.master, frame, off, bytes, 0, bytes.length);
    } catch (e) {
      this.#busFault(e, side, true, 0, base);
      return null;
    }
    const view = new DataView(bytes.buffer);
    const list: ListEntry[] = [];
    for (let at = 0; at < bytes.length; at += LIST_ENTRY_BYTES) {
      list.push({ address: view.getBigUint64(at, true), length: view.getUint32(at + 8, true) });
    }
    const bad = refuseList(list, limits);
    if (bad !== null) this.#refuse(side, bad);
    return bad === null ? list : null;
  }

  /** Moves `bytes` bytes; false after a fault. */
  #move(from: Cursor, to: Cursor, bytes: number): boolean {
    const { bus, master } = this.#env;
    return (
      this.#run(from, bytes, (frame, off, at, n) => {
        bus.read(master, frame, off, this.#buffer, at, n);
      }) &&
      this.#run(to, bytes, (frame, off, at, n) => {
        bus.write(master, frame, off, this.#buffer, at, n);
        this.#moved += n;
      })
    );
  }

  /** Advances a cursor by `bytes`, one bus access for each stretch of an entry. */
  #run(
    cursor: Cursor,
    bytes: number,
    access: (frame: number, off: number, at: number, n: number) => void,
  ): boolean {
    let at = 0;
    while (at < bytes) {
      const entry = cursor.list[cursor.index];
      if (entry === undefined) break;
      const n = Math.min(bytes - at, entry.length - cursor.done);
      const { frame, off } = frameOf(entry.address, cursor.done);
      try {
        access(frame, off, at, n);
      } catch (e) {
        this.#busFault(e, cursor.side, false, cursor.index, entry.address + BigInt(cursor.done));
        return false;
      }
      at += n;
      cursor.done += n;
      if (cursor.done === entry.length) {
        cursor.index += 1;
        cursor.done = 0;
      }
    }
    return true;
  }

  #busFault(e: unknown, side: ListSide, fetching: boolean, index: number, address: bigint): void {
    // Anything but a bus error is a defect of the model and goes where it can be seen.
    if (!(e instanceof BusError)) throw e;
    const aborted = e.kind !== 'mastering-off';
    if (aborted) this.#config.masterAbort();
    const cause = aborted ? 'masterAbort' : 'masteringOff';
    this.#fault(cause, side, fetching, index, address, 0n, address);
  }

  #refuse(side: ListSide, why: LimitError): void {
    this.#fault(why.limit, side, false, why.index, why.address, why.bound, why.value);
  }

  #fault(
    cause: CopyEngineError['cause'],
    list: ListSide,
    fetching: boolean,
    index: number,
    address: bigint,
    bound: bigint,
    value: bigint,
  ): void {
    const message =
      `${this.name}: ${list} list, entry ${index} at ${hex(address)}` +
      `${fetching ? ', fetching the list' : ''}: ${cause}: ` +
      `bound ${hex(bound)}, found ${hex(value)}`;
    this.#error = { cause, list, fetching, index, address, bound, value, message };
    const flags =
      (list === 'destination' ? ERROR_DESTINATION : 0) | (fetching ? ERROR_LIST_FETCH : 0);
    this.#set(REG.ERROR, ERROR_CODE[cause] | flags);
    this.#set(REG.ERROR_INDEX, index);
    this.#set(REG.ERROR_ADDR_LO, Number(address & 0xffff_ffffn));
    this.#set(REG.ERROR_ADDR_HI, Number(address >> 32n));
    const busy = cause === 'busy' ? STATUS_BUSY : 0;
    this.#finish(STATUS_ERROR | busy, INTR_ERROR);
  }

  #finish(status: number, cause: number): void {
    this.#set(REG.MOVED_LO, this.#moved % 0x1_0000_0000);
    this.#set(REG.MOVED_HI, Math.floor(this.#moved / 0x1_0000_0000));
    this.#set(REG.STATUS, status);
    this.#set(REG.INTR_STATUS, this.#get(REG.INTR_STATUS) | cause);
    this.#interrupt();
  }
}

function tooLong(count: number): LimitError | null {
  if (count <= LIST_ENTRIES_MAX) return null;
  const bound = BigInt(LIST_ENTRIES_MAX);
  return { limit: 'sgllen', bound, value: BigInt(count), index: 0, address: 0n };
}

function listBytes(list: readonly ListEntry[]): number {
  return list.reduce((sum, e) => sum + e.length, 0);
}

/** Where the byte `done` after a bus address lies: bus addresses exceed what one number holds. */
function frameOf(address: bigint, done: number): { frame: number; off: number } {
  const at = Number(address & 0xfffn) + done;
  return { frame: Number(address >> 12n) + Math.floor(at / 4096), off: at % 4096 };
}

function hex(value: bigint): string {
  return `0x${value.toString(16)}`;
}
