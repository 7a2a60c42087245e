/**
 * Sending: descriptors from the ring, bytes from memory, packets to the wire.
 *
 * A burst takes one event of the clock. At its event the burst before it is complete: its packets
 * are carried, its descriptors written back. Then descriptors are fetched, chains judged and data
 * read into a buffer on the chip; what that takes in time puts off the next event. A chain that is
 * refused ends the burst before it, and is refused when it is the first of the next.
 */
import type { EventId } from '../machine/clock.js';
import type { DeviceEnv } from '../machine/device.js';
import { DescriptorRing, frameOf } from './descriptor-ring.js';
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
} from './ring-nic-regs.js';
import { Completion } from './ring-nic-completion.js';
import { highHalves, reachable, type RingNicFault, type RingNicLimits } from './ring-nic-rules.js';

/** Virtual nanoseconds from the doorbell to the first fetch. */
const START_NS = 500;
/** Virtual nanoseconds for each packet. */
const PACKET_NS = 20;
/** Virtual nanoseconds for each byte: 8 Gbit/s. */
const BYTE_NS = 1;
/** Descriptors fetched for one burst: packets of two on average. */
const FETCH_MAX = 2 * BURST_PACKETS;

/** What either engine needs of its device. */
export interface EngineHost {
  readonly env: DeviceEnv;
  readonly limits: RingNicLimits;
  /** So many packets are complete. */
  readonly completed: (packets: number) => void;
  /** Something was refused; the engine has stopped. */
  fault(fault: RingNicFault): void;
  /** The rule that an error of the bus stands for; any other error is thrown on. */
  busRule(error: unknown): 'masterAbort' | 'masteringOff';
}

/** What a chain is found to be, besides a number of descriptors. */
const NOT_YET = 0;
const REFUSED = -1;

/** The engine that sends. */
export class TxEngine {
  readonly ring: DescriptorRing;
  readonly completion: Completion;
  /** On, and not stopped by an error. */
  running = false;
  readonly #host: EngineHost;
  readonly #carry: (bytes: Uint8Array, at: number, len: number) => void;
  readonly #data: Uint8Array;
  readonly #lengths = new Uint32Array(BURST_PACKETS);
  readonly #spans = new Uint16Array(BURST_PACKETS);
  readonly #label: string;
  readonly #highHalves: number;
  #event: EventId | null = null;
  /** Descriptors of the ring that are in the copies. */
  #fetched = 0;
  /** Packets under way, and their descriptors. */
  #packets = 0;
  #descriptors = 0;

  /**
   * @param host - the device
   * @param carry - takes what is sent: a packet is `bytes[at..at + len]`
   */
  constructor(host: EngineHost, carry: (bytes: Uint8Array, at: number, len: number) => void) {
    const { env, limits } = host;
    this.#host = host;
    this.#highHalves = highHalves(limits.addrBits);
    this.#carry = carry;
    this.ring = new DescriptorRing(env.bus, env.master, FETCH_MAX);
    this.#data = new Uint8Array(BURST_PACKETS * limits.maxFrame);
    this.#label = `${env.name}: send`;
    this.completion = new Completion(this.ring, {
      name: env.name,
      clock: env.clock,
      completed: host.completed,
      broken: (e) => {
        this.#broken(e);
      },
    });
  }

  /** The tail has moved. */
  doorbell(): void {
    if (!this.running || this.#event !== null || this.ring.available === 0) return;
    this.#event = this.#host.env.clock.after(START_NS, this.#step, this.#label);
  }

  /** Gives up what is under way. */
  stop(): void {
    this.running = false;
    if (this.#event !== null) this.#host.env.clock.cancel(this.#event);
    this.#event = null;
    this.#packets = 0;
    this.#descriptors = 0;
    this.completion.cancel();
  }

  readonly #step = (): void => {
    this.#event = null;
    if (this.#packets > 0) this.#complete();
    if (this.running && this.ring.available > 0) this.#begin();
  };

  #complete(): void {
    const { maxFrame } = this.#host.limits;
    const packets = this.#packets;
    const descriptors = this.#descriptors;
    this.#packets = 0;
    this.#descriptors = 0;
    for (let p = 0; p < packets; p++) {
      this.#carry(this.#data, p * maxFrame, this.#lengths[p] ?? 0);
    }
    try {
      this.completion.complete(packets, this.#spans, descriptors);
    } catch (e) {
      this.#broken(e);
    }
  }

  /** Fetches a burst and reads its data; the time it takes puts off the next step. */
  #begin(): void {
    const { ring } = this;
    const count = Math.min(ring.available, FETCH_MAX);
    try {
      ring.fetch(count);
    } catch (e) {
      this.#broken(e);
      return;
    }
    this.#fetched = count;
    let bytes = 0;
    let i = 0;
    let packets = 0;
    while (packets < BURST_PACKETS && i < count) {
      const span = this.#judge(i);
      if (span === REFUSED) return;
      if (span === NOT_YET || !this.#gather(i, span, packets)) break;
      const len = this.#lengths[packets] ?? 0;
      this.#spans[packets] = span;
      bytes += len;
      packets++;
      i += span;
    }
    if (!this.running) return;
    this.#packets = packets;
    this.#descriptors = i;
    const ns = packets * PACKET_NS + bytes * BYTE_NS;
    this.#event = this.#host.env.clock.after(ns, this.#step, this.#label);
  }

  /** The descriptors of the chain that begins with copy `i`. */
  #judge(i: number): number {
    const { ring } = this;
    const { maxFrags, maxFrame } = this.#host.limits;
    let total = 0;
    for (let k = 0; ; k++) {
      const j = i + k;
      if (k === maxFrags) return this.#refuse(i, j - 1, 'fragments', maxFrags, k + 1);
      if (j === this.#fetched) {
        if (ring.available > this.#fetched) return NOT_YET;
        return this.#refuse(i, i, 'chain', DESC_EOP, 0);
      }
      const flags = ring.get(j, DESC.FLAGS);
      const lo = ring.get(j, DESC.ADDR_LO);
      const hi = ring.get(j, DESC.ADDR_HI);
      const len = ring.get(j, DESC.LENGTH);
      if ((flags & DESC_OWN) === 0) return this.#refuse(i, j, 'notOwned', DESC_OWN, flags);
      const begins = (flags & DESC_SOP) !== 0;
      if (begins !== (k === 0)) return this.#refuse(i, j, 'chain', DESC_SOP, flags & DESC_SOP);
      if (len === 0) return this.#refuse(i, j, 'empty', 1, 0);
      total += len;
      if (total > maxFrame) return this.#refuse(i, j, 'length', maxFrame, total);
      const halves = this.#highHalves;
      if (!reachable(lo, hi, len, halves)) return this.#refuse(i, j, 'address', halves, hi);
      if ((flags & DESC_EOP) !== 0) return k + 1;
    }
  }

  /** Reads the data of a chain, and marks its descriptors done; false when it is refused. */
  #gather(i: number, span: number, packet: number): boolean {
    const { ring } = this;
    const { env, limits } = this.#host;
    const start = packet * limits.maxFrame;
    let at = start;
    for (let j = i; j < i + span; j++) {
      const lo = ring.get(j, DESC.ADDR_LO);
      const len = ring.get(j, DESC.LENGTH);
      const frame = frameOf(lo, ring.get(j, DESC.ADDR_HI));
      try {
        env.bus.read(env.master, frame, lo & 0xfff, this.#data, at, len);
      } catch (e) {
        this.#refuse(i, j, this.#host.busRule(e), 0, len);
        return false;
      }
      at += len;
      ring.finish(j, len, (ring.get(j, DESC.FLAGS) & (DESC_SOP | DESC_EOP)) | DESC_DONE);
    }
    this.#lengths[packet] = at - start;
    return true;
  }

  /** Refuses copy `j` of the chain that begins with copy `i`, once it is the burst's first. */
  #refuse(i: number, j: number, rule: RingNicFault['rule'], bound: number, value: number): number {
    if (i > 0) return NOT_YET;
    const { ring } = this;
    const lo = ring.get(j, DESC.ADDR_LO);
    const hi = ring.get(j, DESC.ADDR_HI);
    const index = ring.indexOf(j);
    this.stop();
    // What belongs to the driver is not written to.
    if (rule !== 'notOwned') {
      const flags = ring.get(j, DESC.FLAGS) & (DESC_SOP | DESC_EOP);
      const code = ERROR_CODE[rule] << DESC_CODE_SHIFT;
      ring.finish(j, ring.get(j, DESC.LENGTH), flags | DESC_ERROR | code);
      try {
        ring.writeBack(j, 1);
      } catch (e) {
        // Nothing can be told by memory any more; the registers tell.
        this.#host.busRule(e);
      }
    }
    this.#host.fault({ rule, ring: 'tx', descriptors: false, index, lo, hi, bound, value });
    return REFUSED;
  }

  /** Descriptors could not be moved: a bus error stops the ring. */
  #broken(error: unknown): void {
    const rule = this.#host.busRule(error);
    this.stop();
    const where = { index: this.ring.head, lo: 0, hi: 0, bound: 0, value: 0 };
    this.#host.fault({ rule, ring: 'tx', descriptors: true, ...where });
  }
}
