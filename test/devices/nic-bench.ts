/** A ring NIC on a bench: a bus with a megabyte of memory, a clock, and no machine around it. */
import { RingNic } from '../../src/devices/ring-nic.js';
import * as R from '../../src/devices/ring-nic-regs.js';
import type { RingNicLimits } from '../../src/devices/ring-nic-rules.js';
import { Bus } from '../../src/machine/bus.js';
import { Clock } from '../../src/machine/clock.js';
import { Trace } from '../../src/machine/trace.js';

/** Frames that answer: 0 to 255. */
const FRAMES = 256;

/** Where the rings lie, and buffers behind them. */
export const TX_RING = 0x10_000;
export const RX_RING = 0x30_000;
export const TX_DATA = 0x50_000;
export const RX_DATA = 0x90_000;

/** Bytes between two buffers. */
export const STEP = 2048;

/** What a descriptor says. */
export interface Desc {
  readonly address: number;
  readonly hi?: number;
  readonly length: number;
  readonly flags?: number;
}

/** A packet of one descriptor. */
export const WHOLE = R.DESC_OWN | R.DESC_SOP | R.DESC_EOP;

export class NicBench {
  readonly memory = new Uint8Array(FRAMES * 4096);
  readonly view = new DataView(this.memory.buffer);
  readonly clock = new Clock();
  readonly nic: RingNic;
  readonly sent: Uint8Array[] = [];
  raised = false;
  raises = 0;
  messages = 0;
  /** Where the driver has filled each ring up to. */
  txTail = 0;
  rxTail = 0;
  readonly size: number;

  constructor(limits: Partial<RingNicLimits> = {}, size = 8) {
    this.size = size;
    const view = {
      read: (pfn: number, off: number, into: Uint8Array, at: number, len: number) => {
        into.set(this.memory.subarray(pfn * 4096 + off, pfn * 4096 + off + len), at);
        return true;
      },
      write: (pfn: number, off: number, from: Uint8Array, at: number, len: number) => {
        this.memory.set(from.subarray(at, at + len), pfn * 4096 + off);
        return true;
      },
    };
    const bus = new Bus(view, (_master, frame) => (frame < FRAMES ? frame : -1), new Trace());
    const env = {
      name: 'nic@1',
      clock: this.clock,
      bus,
      master: { name: 'nic@1', enabled: false },
      raise: () => {
        this.raises += this.raised ? 0 : 1;
        this.raised = true;
      },
      lower: () => {
        this.raised = false;
      },
      message: () => {
        this.messages++;
        return false;
      },
    };
    this.nic = new RingNic(env, { addrBits: 64, maxFrame: 1518, maxFrags: 8, ...limits }, true);
    this.nic.wire.onReceive = (packet) => this.sent.push(packet);
    this.config.write(4, 2, 0x6);
    this.write(R.REG.INTR_ENABLE, R.INTR_ALL);
  }

  get config() {
    const [config] = this.nic.registers;
    if (config === undefined) throw new Error('no configuration space');
    return config;
  }

  get #bar0() {
    const [, bar0] = this.nic.registers;
    if (bar0 === undefined) throw new Error('no bar0');
    return bar0;
  }

  read(off: number, width: 1 | 2 | 4 = 4): number {
    return this.#bar0.read(off, width);
  }

  write(off: number, value: number, width: 1 | 2 | 4 = 4): void {
    this.#bar0.write(off, width, value);
  }

  /** Programs both rings and switches them on. */
  start(more = 0): this {
    this.write(R.REG.TX_BASE_LO, TX_RING);
    this.write(R.REG.TX_SIZE, this.size);
    this.write(R.REG.RX_BASE_LO, RX_RING);
    this.write(R.REG.RX_SIZE, this.size);
    this.write(R.REG.CTRL, R.CTRL_TX_ENABLE | R.CTRL_RX_ENABLE | more);
    this.txTail = 0;
    this.rxTail = 0;
    return this;
  }

  desc(ring: number, index: number, { address, hi = 0, length, flags = WHOLE }: Desc): void {
    const at = ring + index * R.DESC_BYTES;
    this.view.setUint32(at, address, true);
    this.view.setUint32(at + 4, hi, true);
    this.view.setUint32(at + 8, length, true);
    this.view.setUint32(at + 12, flags, true);
  }

  flags(ring: number, index: number): number {
    return this.view.getUint32(ring + index * R.DESC_BYTES + 12, true);
  }

  length(ring: number, index: number): number {
    return this.view.getUint32(ring + index * R.DESC_BYTES + 8, true);
  }

  /** Puts descriptors into the ring for sending and rings the doorbell. */
  post(descs: readonly Desc[]): void {
    for (const desc of descs) {
      this.desc(TX_RING, this.txTail, desc);
      this.txTail = (this.txTail + 1) % this.size;
    }
    this.write(R.REG.TX_TAIL, this.txTail);
  }

  /** Gives buffers to the ring for receiving. */
  give(count: number, length = STEP): void {
    for (let i = 0; i < count; i++) {
      const address = RX_DATA + this.rxTail * STEP;
      this.desc(RX_RING, this.rxTail, { address, length, flags: R.DESC_OWN });
      this.rxTail = (this.rxTail + 1) % this.size;
    }
    this.write(R.REG.RX_TAIL, this.rxTail);
  }

  settle(): void {
    while (this.clock.runNext());
  }

  bytes(at: number, length: number): Uint8Array {
    return this.memory.slice(at, at + length);
  }

  /** Puts a packet into memory. */
  fill(at: number, packet: Uint8Array): void {
    this.memory.set(packet, at);
  }
}

/** A packet whose bytes tell it from others. */
export function packet(salt: number, length = 64): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => i * 7 + (i >> 8) + salt * 31);
}
