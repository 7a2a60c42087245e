/**
 * Receiving: packets from the wire into the store on the chip, and from there into memory.
 *
 * What arrives is stored at once. A burst takes one event of the clock: descriptors are fetched, as
 * many as there are packets, each is judged, data and descriptors are written. What that takes in
 * time puts off the next burst. A descriptor that is refused ends the burst before it, and is
 * refused when it is the first of the next.
 */
import type { EventId } from '../machine/clock.js';
import { DescriptorRing, frameOf } from './descriptor-ring.js';
import { Completion } from './ring-nic-completion.js';
import {
  BURST_PACKETS,
  DESC,
  DESC_CODE_SHIFT,
  DESC_DONE,
  DESC_EOP,
  DESC_ERROR,
  DESC_OWN,
  DESC_SOP,
  ERROR_CODE,
  FIFO_PACKETS,
} from './ring-nic-regs.js';
import { highHalves, reachable, type RingNicFault } from './ring-nic-rules.js';
import type { EngineHost } from './ring-nic-tx.js';

/** Virtual nanoseconds from the arrival of a packet to the first fetch. */
const START_NS = 300;
/** Virtual nanoseconds for each packet. */
const PACKET_NS = 20;
/** Virtual nanoseconds for each byte: 8 Gbit/s. */
const BYTE_NS = 1;

/** What a packet stored whole is written back with. */
const STORED = DESC_DONE | DESC_SOP | DESC_EOP;
/** What one that was longer than its buffer is written back with. */
const TOO_LONG = STORED | DESC_ERROR | (ERROR_CODE.length << DESC_CODE_SHIFT);

/** The engine that receives. */
export class RxEngine {
  readonly ring: DescriptorRing;
  readonly completion: Completion;
  /** On, and not stopped by an error. */
  running = false;
  readonly #host: EngineHost;
  readonly #store: Uint8Array;
  readonly #lengths = new Uint32Array(FIFO_PACKETS);
  readonly #ones = new Uint16Array(BURST_PACKETS).fill(1);
  readonly #label: string;
  readonly #highHalves: number;
  #event: EventId | null = null;
  /** The oldest packet in the store, and how many there are. */
  #first = 0;
  #count = 0;

  constructor(host: EngineHost) {
    const { env, limits } = host;
    this.#host = host;
    this.#highHalves = highHalves(limits.addrBits);
    this.ring = new DescriptorRing(env.bus, env.master, BURST_PACKETS);
    this.#store = new Uint8Array(FIFO_PACKETS * limits.maxFrame);
    this.#label = `${env.name}: receive`;
    this.completion = new Completion(this.ring, {
      name: env.name,
      clock: env.clock,
      completed: host.completed,
      broken: (e) => {
        this.#broken(e);
      },
    });
  }

  /**
   * Stores a packet.
   *
   * @param bytes - the packet is `bytes[at..at + len]`; at most the longest packet
   * @returns false when the store is full
   */
  arrive(bytes: Uint8Array, at: number, len: number): boolean {
    if (this.#count === FIFO_PACKETS) return false;
    const slot = (this.#first + this.#count) % FIFO_PACKETS;
    this.#store.set(bytes.subarray(at, at + len), slot * this.#host.limits.maxFrame);
    this.#lengths[slot] = len;
    this.#count++;
    this.doorbell();
    return true;
  }

  /** The tail has moved, or a packet has arrived. */
  doorbell(): void {
    if (!this.running || this.#event !== null) return;
    if (this.#count > 0 && this.ring.available > 0) this.#after(START_NS);
  }

  /** Gives up what is under way, and what is stored. */
  stop(): void {
    this.running = false;
    if (this.#event !== null) this.#host.env.clock.cancel(this.#event);
    this.#event = null;
    this.#first = 0;
    this.#count = 0;
    this.completion.cancel();
  }

  #after(ns: number): void {
    this.#event = this.#host.env.clock.after(ns, this.#step, this.#label);
  }

  readonly #step = (): void => {
    this.#event = null;
    const { ring } = this;
    const most = Math.min(this.#count, BURST_PACKETS, ring.available);
    try {
      ring.fetch(most);
    } catch (e) {
      this.#broken(e);
      return;
    }
    let packets = 0;
    let bytes = 0;
    while (packets < most && this.#judge(packets) && this.#put(packets)) {
      bytes += this.#lengths[this.#first] ?? 0;
      this.#first = (this.#first + 1) % FIFO_PACKETS;
      this.#count--;
      packets++;
    }
    if (packets === 0) return;
    try {
      this.completion.complete(packets, this.#ones, packets);
    } catch (e) {
      this.#broken(e);
      return;
    }
    if (this.#count > 0 && ring.available > 0) this.#after(packets * PACKET_NS + bytes * BYTE_NS);
  };

  #judge(i: number): boolean {
    const { ring } = this;
    const flags = ring.get(i, DESC.FLAGS);
    const lo = ring.get(i, DESC.ADDR_LO);
    const hi = ring.get(i, DESC.ADDR_HI);
    const room = ring.get(i, DESC.LENGTH);
    const halves = this.#highHalves;
    if ((flags & DESC_OWN) === 0) return this.#refuse(i, 'notOwned', DESC_OWN, flags);
    if (room === 0) return this.#refuse(i, 'empty', 1, 0);
    return reachable(lo, hi, room, halves) || this.#refuse(i, 'address', halves, hi);
  }

  /** Puts the oldest packet into the buffer of copy `i`; false when that is refused. */
  #put(i: number): boolean {
    const { ring } = this;
    const { env, limits } = this.#host;
    const len = this.#lengths[this.#first] ?? 0;
    if (len > ring.get(i, DESC.LENGTH)) {
      ring.finish(i, len, TOO_LONG);
      return true;
    }
    const lo = ring.get(i, DESC.ADDR_LO);
    const frame = frameOf(lo, ring.get(i, DESC.ADDR_HI));
    const at = this.#first * limits.maxFrame;
    try {
      env.bus.write(env.master, frame, lo & 0xfff, this.#store, at, len);
    } catch (e) {
      return this.#refuse(i, this.#host.busRule(e), 0, len);
    }
    ring.finish(i, len, STORED);
    return true;
  }

  /** Refuses copy `i`, once it is the burst's first. */
  #refuse(i: number, rule: RingNicFault['rule'], bound: number, value: number): false {
    if (i > 0) return false;
    const { ring } = this;
    const lo = ring.get(i, DESC.ADDR_LO);
    const hi = ring.get(i, DESC.ADDR_HI);
    const index = ring.indexOf(i);
    this.stop();
    // What belongs to the driver is not written to.
    if (rule !== 'notOwned') {
      ring.finish(i, 0, DESC_ERROR | (ERROR_CODE[rule] << DESC_CODE_SHIFT));
      try {
        ring.writeBack(i, 1);
      } catch (e) {
        // Nothing can be told by memory any more; the registers tell.
        this.#host.busRule(e);
      }
    }
    this.#host.fault({ rule, ring: 'rx', descriptors: false, index, lo, hi, bound, value });
    return false;
  }

  /** Descriptors could not be moved: a bus error stops the ring. */
  #broken(error: unknown): void {
    const rule = this.#host.busRule(error);
    this.stop();
    const where = { index: this.ring.head, lo: 0, hi: 0, bound: 0, value: 0 };
    this.#host.fault({ rule, ring: 'rx', descriptors: true, ...where });
  }
}
