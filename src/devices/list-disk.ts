/**
 * The list disk: blocks, reached by commands in a queue whose data are named by lists of pages.
 *
 * Its programming model is in list-disk-regs.ts, what a command may say in list-disk-command.ts. It
 * can be told to *misbehave* for the test of a driver, and blocks of its medium can be bad. What it
 * is not: it has one pair of queues, no administration, no cache and nothing to identify.
 */
import { BusError } from '../machine/bus.js';
import type { EventId } from '../machine/clock.js';
import type { Device, DeviceEnv, DeviceModel, RegisterSpace } from '../machine/device.js';
import {
  decode,
  type Command,
  type CommandError,
  type DiskLimits,
  type Piece,
} from './list-disk-command.js';
import { Medium } from './list-disk-medium.js';
import * as R from './list-disk-regs.js';
import { PciConfig } from './pci-config.js';
import { registerFile, type RegisterFile } from './registers.js';

/** How to build a disk. */
export interface ListDiskOptions {
  /** Bytes of a block, a power of two from 512 to 4096; 512 unless told. */
  readonly blockBytes?: number;
  /** Blocks of the medium; 65,536 unless told. */
  readonly blocks?: number;
  /** The most bytes of one command, a multiple of a page; 128 KiB unless told. */
  readonly maxBytes?: number;
  /** Address lines, 32 to 64; 64 unless told. */
  readonly addrBits?: number;
}

/** How a disk misbehaves: every command, or the one counted from 1 and from now. */
export type DiskMisbehaviour = { readonly command?: number } & (
  | { readonly what: 'length'; /** Bytes it says it has moved. */ readonly bytes: number }
  | { readonly what: 'late'; /** Virtual nanoseconds. */ readonly ns: number }
  | { readonly what: 'twice' }
  | { readonly what: 'never' }
  | { readonly what: 'identifier'; /** The identifier it completes instead. */ readonly as: number }
);

/** Virtual nanoseconds from a doorbell to the first command fetched. */
const FETCH_NS = 500;
/** Virtual nanoseconds a command takes whatever it moves. */
const COMMAND_NS = 20_000;
/** Virtual nanoseconds for each byte: 1 GB/s. */
const BYTE_NS = 1;

/** A completion that is to be written. */
interface Done {
  readonly identifier: number;
  readonly status: number;
  readonly bytes: number;
}

/**
 * The model of a list disk, for `boot`.
 *
 * @param options - what it can do
 * @returns a model to name in the `devices` of a machine
 * @throws RangeError when an option is out of range
 */
export function listDisk(options: ListDiskOptions = {}): DeviceModel<ListDisk> {
  const { blockBytes = 512, blocks = 65_536, maxBytes = 131_072, addrBits = 64 } = options;
  const sane =
    [512, 1024, 2048, 4096].includes(blockBytes) &&
    Number.isSafeInteger(blocks * blockBytes) &&
    blocks >= 1 &&
    maxBytes >= R.PAGE_BYTES &&
    maxBytes <= 2 ** 25 &&
    maxBytes % R.PAGE_BYTES === 0 &&
    Number.isInteger(addrBits) &&
    addrBits >= 32 &&
    addrBits <= 64;
  if (!sane) {
    throw new RangeError(
      `a disk of ${blocks} blocks of ${blockBytes} bytes, ${maxBytes} bytes a command and ` +
        `${addrBits} address lines cannot be: see ListDiskOptions`,
    );
  }
  return (env) => new ListDisk(env, { blockBytes, blocks, maxBytes, addrBits });
}

/** A PCI disk controller with one pair of queues. */
export class ListDisk implements Device {
  readonly name: string;
  readonly registers: readonly RegisterSpace[];
  readonly interrupts = { fixed: 1, msi: 1 } as const;
  readonly limits: DiskLimits;
  /** What is stored. */
  readonly medium: Medium;
  readonly #env: DeviceEnv;
  readonly #config: PciConfig;
  readonly #bar0: RegisterFile<keyof typeof R.REG>;
  readonly #events = new Set<EventId>();
  readonly #underWay = new Set<number>();
  readonly #waiting: Done[] = [];
  #errors: CommandError[] = [];
  #plan: DiskMisbehaviour | null = null;
  #completed = 0;
  #fetching = false;
  #sqHead = 0;
  #cqTail = 0;
  #phase = 1;
  #byLine = true;

  constructor(env: DeviceEnv, limits: DiskLimits) {
    this.name = env.name;
    this.limits = limits;
    this.medium = new Medium(limits.blockBytes, limits.blocks);
    this.#env = env;
    this.#config = new PciConfig(env.master, {
      vendorId: R.VENDOR_ID,
      deviceId: R.DEVICE_ID,
      classRevision: R.CLASS_REVISION,
      bar0Bytes: R.BAR0_BYTES,
    });
    this.#bar0 = this.#registerFile();
    this.registers = [this.#config, this.#bar0];
  }

  /** Commands refused since the device was switched on, oldest first. */
  get errors(): readonly CommandError[] {
    return this.#errors;
  }

  /**
   * Misbehaves from now on, or behaves again.
   *
   * @param plan - what happens to which command
   */
  misbehave(plan: DiskMisbehaviour | null): void {
    this.#plan = plan;
    this.#completed = 0;
  }

  reset(): void {
    this.misbehave(null);
    this.medium.erase();
    this.#config.reset();
    this.#bar0.reset();
    this.#stop();
  }

  #registerFile(): RegisterFile<keyof typeof R.REG> {
    const { limits } = this;
    const rw = (name: keyof typeof R.REG, ring?: (before: number) => void) => {
      const onWrite = (_written: number, before: number): void => ring?.(before);
      return { name, off: R.REG[name], access: 'rw', onWrite } as const;
    };
    const ro = (name: keyof typeof R.REG, reset: number) =>
      ({ name, off: R.REG[name], access: 'ro', reset }) as const;
    return registerFile({
      name: 'bar0',
      kind: 'memory',
      sizeBytes: R.BAR0_BYTES,
      registers: [
        {
          name: 'ctrl',
          off: R.REG.ctrl,
          access: 'rw',
          mask: R.CTRL_ENABLE,
          onWrite: (_written, before) => {
            this.#switch(before);
          },
        },
        ro('status', 0),
        ro('error', 0),
        rw('intrMask', () => {
          this.#line();
        }),
        ...(['sqBaseLo', 'sqBaseHi', 'sqSize'] as const).map((name) => rw(name)),
        rw('sqTail', () => {
          if (this.#rings('sqTail', 'sqSize')) this.#wake();
        }),
        ...(['cqBaseLo', 'cqBaseHi', 'cqSize'] as const).map((name) => rw(name)),
        rw('cqHead', (before) => {
          this.#taken(before);
        }),
        ro('capBlockBytes', limits.blockBytes),
        ro('capBlocksLo', limits.blocks % 2 ** 32),
        ro('capBlocksHi', Math.floor(limits.blocks / 2 ** 32)),
        ro('capMaxBytes', limits.maxBytes),
        ro('capQueueMax', R.QUEUE_MAX),
        ro('capAddrBits', limits.addrBits),
      ],
    });
  }

  #get(name: keyof typeof R.REG): number {
    return this.#bar0.register(name).value;
  }

  #set(name: keyof typeof R.REG, value: number): void {
    this.#bar0.register(name).value = value;
  }

  get #running(): boolean {
    return this.#get('status') === R.STATUS_READY;
  }

  #switch(before: number): void {
    const on = this.#get('ctrl') === R.CTRL_ENABLE;
    if (on === ((before & R.CTRL_ENABLE) !== 0)) return;
    this.#stop();
    if (!on) return;
    this.#errors = [];
    const wrong = this.#refuseQueue('sq') ?? this.#refuseQueue('cq');
    if (wrong === null) this.#set('status', R.STATUS_READY);
    else this.#fatal(wrong);
  }

  #refuseQueue(queue: 'sq' | 'cq'): keyof typeof R.FATAL_CODE | null {
    const size = this.#get(`${queue}Size`);
    const { frame, off } = this.#base(queue);
    const bytes = size * (queue === 'sq' ? R.COMMAND_BYTES : R.COMPLETION_BYTES);
    if (size < 2 || size > R.QUEUE_MAX) return 'queueSize';
    if (off !== 0) return 'queueAlign';
    const last = frame + Math.floor((bytes - 1) / R.PAGE_BYTES);
    return last >= 2 ** (this.limits.addrBits - 12) ? 'queueAddress' : null;
  }

  /** Forgets everything that is under way; a doorbell begins at 0 again. */
  #stop(): void {
    for (const event of this.#events) this.#env.clock.cancel(event);
    this.#events.clear();
    this.#underWay.clear();
    this.#waiting.length = 0;
    this.#fetching = false;
    this.#sqHead = 0;
    this.#cqTail = 0;
    this.#phase = 1;
    this.#byLine = true;
    for (const name of ['sqTail', 'cqHead', 'status', 'error'] as const) this.#set(name, 0);
    this.#line();
  }

  #fatal(code: keyof typeof R.FATAL_CODE): void {
    this.#stop();
    this.#set('status', R.STATUS_FATAL);
    this.#set('error', R.FATAL_CODE[code]);
  }

  /** Whether a doorbell that was rung names a place of a queue; a device that is down is deaf. */
  #rings(name: 'sqTail' | 'cqHead', size: 'sqSize' | 'cqSize'): boolean {
    if (this.#running && this.#get(name) < this.#get(size)) return true;
    if (this.#get('status') !== R.STATUS_FATAL) this.#fatal('doorbell');
    return false;
  }

  /** The driver has taken completions, of those that are there. */
  #taken(before: number): void {
    if (!this.#rings('cqHead', 'cqSize')) return;
    const size = this.#get('cqSize');
    const taken = (this.#get('cqHead') - before + size) % size;
    const there = (this.#cqTail - before + size) % size;
    if (taken > there) {
      this.#fatal('doorbell');
      return;
    }
    this.#flushWaiting();
    this.#line();
  }

  // ---- Commands -----------------------------------------------------------------------------

  #wake(): void {
    if (this.#fetching) return;
    this.#fetching = true;
    this.#later(FETCH_NS, 'fetch', () => {
      this.#fetching = false;
      this.#fetch();
    });
  }

  #fetch(): void {
    while (
      this.#running &&
      this.#sqHead !== this.#get('sqTail') &&
      this.#underWay.size + this.#waiting.length < R.WAYS
    ) {
      const bytes = this.#readQueue();
      if (bytes === null) return;
      this.#sqHead = (this.#sqHead + 1) % this.#get('sqSize');
      const command = decode(bytes, this.limits, (frame, off, n) => this.#readList(frame, off, n));
      if ('status' in command) this.#refuse(command);
      else if (this.#underWay.has(command.identifier)) {
        const { identifier } = command;
        const message = `identifier ${identifier} is under way`;
        this.#refuse({ identifier, status: 'identifier', message });
      } else this.#begin(command);
    }
  }

  #begin(command: Command): void {
    this.#underWay.add(command.identifier);
    const bytes = command.blocks * this.limits.blockBytes;
    this.#later(COMMAND_NS + bytes * BYTE_NS, command.op, () => {
      this.#underWay.delete(command.identifier);
      const wrong = this.#carryOut(command);
      if (wrong !== null) this.#refuse({ identifier: command.identifier, ...wrong });
      else this.#complete({ identifier: command.identifier, status: 0, bytes });
    });
  }

  #refuse(error: CommandError): void {
    this.#errors.push(error);
    const status = R.STATUS_CODE[error.status];
    this.#complete({ identifier: error.identifier, status, bytes: 0 });
  }

  /** Moves the data; why it could not, if it could not. */
  #carryOut({ op, firstBlock, blocks, pieces }: Command): Omit<CommandError, 'identifier'> | null {
    const bad = this.medium.firstBad(firstBlock, blocks);
    if (bad >= 0) return { status: 'medium', message: `block ${bad} is bad` };
    const data = new Uint8Array(blocks * this.limits.blockBytes);
    const at = firstBlock * this.limits.blockBytes;
    try {
      if (op === 'read') this.medium.read(at, data);
      this.#move(op, pieces, data);
    } catch (error) {
      if (!(error instanceof BusError)) throw error;
      this.#config.masterAbort();
      return { status: 'masterAbort', message: error.message };
    }
    if (op === 'write') this.medium.write(at, data);
    return null;
  }

  #move(op: Command['op'], pieces: readonly Piece[], data: Uint8Array): void {
    const { bus, master } = this.#env;
    let done = 0;
    for (const { frame, off, len } of pieces) {
      if (op === 'read') bus.write(master, frame, off, data, done, len);
      else bus.read(master, frame, off, data, done, len);
      done += len;
    }
  }

  // ---- Completions --------------------------------------------------------------------------

  #complete(done: Done): void {
    const plan = this.#plan;
    if (plan !== null) this.#completed++;
    if (plan === null || (plan.command ?? this.#completed) !== this.#completed) {
      this.#post(done);
      return;
    }
    switch (plan.what) {
      case 'never':
        this.#wake();
        break;
      case 'late':
        this.#later(plan.ns, 'late completion', () => {
          this.#post(done);
        });
        this.#wake();
        break;
      case 'twice':
        this.#post(done);
        this.#post(done);
        break;
      case 'length':
        this.#post({ ...done, bytes: plan.bytes });
        break;
      case 'identifier':
        this.#post({ ...done, identifier: plan.as });
    }
  }

  #post(done: Done): void {
    this.#waiting.push(done);
    this.#flushWaiting();
    this.#line();
  }

  /** Writes what waits, as far as the queue has room. */
  #flushWaiting(): void {
    const size = this.#get('cqSize');
    const { bus, master } = this.#env;
    while (this.#waiting.length > 0 && (this.#cqTail + 1) % size !== this.#get('cqHead')) {
      const done = this.#waiting.shift();
      if (done === undefined) break;
      const entry = new DataView(new ArrayBuffer(R.COMPLETION_BYTES));
      entry.setUint32(R.COMPLETION.BYTES, done.bytes, true);
      entry.setUint32(R.COMPLETION.SQ_HEAD, this.#sqHead, true);
      const status = (done.status << R.STATUS_SHIFT) | (this.#phase * R.PHASE) | done.identifier;
      entry.setUint32(R.COMPLETION.STATUS, status >>> 0, true);
      const { frame } = this.#base('cq');
      const at = this.#cqTail * R.COMPLETION_BYTES;
      try {
        const page = frame + Math.floor(at / R.PAGE_BYTES);
        const bytes = new Uint8Array(entry.buffer);
        bus.write(master, page, at % R.PAGE_BYTES, bytes, 0, bytes.length);
      } catch (error) {
        this.#broken(error);
        return;
      }
      this.#cqTail = (this.#cqTail + 1) % size;
      if (this.#cqTail === 0) this.#phase ^= 1;
      this.#byLine = !this.#env.message(0);
    }
    if (this.#running) this.#wake();
  }

  #line(): void {
    const untaken = this.#cqTail !== this.#get('cqHead');
    if (this.#byLine && untaken && (this.#get('intrMask') & 1) === 0) this.#env.raise();
    else this.#env.lower();
  }

  // ---- Memory -------------------------------------------------------------------------------

  #base(queue: 'sq' | 'cq'): { readonly frame: number; readonly off: number } {
    const low = this.#get(`${queue}BaseLo`);
    const frame = this.#get(`${queue}BaseHi`) * 2 ** 20 + (low >>> 12);
    return { frame, off: low & (R.PAGE_BYTES - 1) };
  }

  #readQueue(): DataView | null {
    const at = this.#sqHead * R.COMMAND_BYTES;
    const frame = this.#base('sq').frame + Math.floor(at / R.PAGE_BYTES);
    const bytes = new Uint8Array(R.COMMAND_BYTES);
    try {
      this.#env.bus.read(this.#env.master, frame, at % R.PAGE_BYTES, bytes, 0, bytes.length);
    } catch (error) {
      this.#broken(error);
      return null;
    }
    return new DataView(bytes.buffer);
  }

  #readList(frame: number, off: number, entries: number): DataView | null {
    const bytes = new Uint8Array(entries * 8);
    try {
      this.#env.bus.read(this.#env.master, frame, off, bytes, 0, bytes.length);
    } catch (error) {
      if (!(error instanceof BusError)) throw error;
      this.#config.masterAbort();
      return null;
    }
    return new DataView(bytes.buffer);
  }

  /** A queue that cannot be reached. */
  #broken(error: unknown): void {
    if (!(error instanceof BusError)) throw error;
    this.#config.masterAbort();
    this.#fatal(error.kind === 'mastering-off' ? 'masteringOff' : 'masterAbort');
  }

  #later(ns: number, what: string, fn: () => void): void {
    const run = (): void => {
      this.#events.delete(event);
      fn();
    };
    const event = this.#env.clock.after(ns, run, `${this.name}: ${what}`);
    this.#events.add(event);
  }
}
