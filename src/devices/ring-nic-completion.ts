/**
 * Completion: descriptors are written back, the head moves, the driver is to be told.
 *
 * A device can be told to *misbehave*, for the test of a driver. A packet is *struck* then, by its
 * number or all of them:
 *
 *   length   its descriptor is written back with a length that is not true
 *   late     its descriptor is written back later than those behind it
 *   twice    its descriptor is written back again later, whoever owns it then
 *   never    its descriptor is not written back
 *
 * The head moves on in any case. A reset ends what is still to come, as it does with real devices;
 * one that goes on writing after a reset cannot be survived.
 */
import type { Clock, EventId } from '../machine/clock.js';
import type { DescriptorRing } from './descriptor-ring.js';
import { DESC } from './ring-nic-regs.js';
import type { RingSide } from './ring-nic-rules.js';

/** How a device misbehaves. */
export type Misbehaviour = {
  /** The ring whose completions are struck. */
  readonly ring: RingSide;
  /** The packet struck, counted from 1 and from now; left out: every packet. */
  readonly packet?: number;
} & (
  | { readonly what: 'length'; /** The length written. */ readonly length: number }
  | { readonly what: 'late'; /** Virtual nanoseconds. */ readonly ns: number }
  | { readonly what: 'twice'; /** Virtual nanoseconds. */ readonly ns: number }
  | { readonly what: 'never' }
);

/** What a completion needs of its device. */
export interface CompletionHost {
  readonly name: string;
  readonly clock: Clock;
  /** So many packets are complete. */
  readonly completed: (packets: number) => void;
  /** Deals with a bus error that came up in moving descriptors. */
  broken(error: unknown): void;
}

/** The completions of one ring. */
export class Completion {
  readonly #ring: DescriptorRing;
  readonly #host: CompletionHost;
  readonly #later = new Set<EventId>();
  #plan: Misbehaviour | null = null;
  #seen = 0;

  constructor(ring: DescriptorRing, host: CompletionHost) {
    this.#ring = ring;
    this.#host = host;
  }

  /** Misbehaves from now on, or behaves. */
  misbehave(plan: Misbehaviour | null): void {
    this.#plan = plan;
    this.#seen = 0;
  }

  /**
   * Completes a burst.
   *
   * @param packets - packets in it
   * @param spans - descriptors of each
   * @param descriptors - descriptors of all
   */
  complete(packets: number, spans: Uint16Array, descriptors: number): void {
    const ring = this.#ring;
    if (this.#plan === null) {
      ring.writeBack(0, descriptors);
      ring.advance(descriptors);
      this.#host.completed(packets);
      return;
    }
    this.#badly(this.#plan, packets, spans);
    ring.advance(descriptors);
  }

  /** Nothing is to come any more. */
  cancel(): void {
    for (const event of this.#later) this.#host.clock.cancel(event);
    this.#later.clear();
  }

  #badly(plan: Misbehaviour, packets: number, spans: Uint16Array): void {
    const ring = this.#ring;
    let told = 0;
    let i = 0;
    for (let p = 0; p < packets; p++) {
      const span = spans[p] ?? 0;
      this.#seen++;
      const struck = plan.packet === undefined || plan.packet === this.#seen;
      if (struck && plan.what === 'length') {
        ring.finish(i + span - 1, plan.length, ring.get(i + span - 1, DESC.FLAGS));
      }
      if (struck && (plan.what === 'late' || plan.what === 'twice')) this.#again(plan.ns, i, span);
      if (!struck || plan.what === 'length' || plan.what === 'twice') {
        ring.writeBack(i, span);
        told++;
      }
      i += span;
    }
    if (told > 0) this.#host.completed(told);
  }

  /** Writes what is in the copies now, later. */
  #again(ns: number, i: number, span: number): void {
    const copies = Array.from({ length: span }, (_, k) => ({
      index: this.#ring.indexOf(i + k),
      bytes: this.#ring.copyOf(i + k),
    }));
    const { clock, name } = this.#host;
    const write = (): void => {
      this.#later.delete(event);
      try {
        for (const { index, bytes } of copies) this.#ring.writeOne(index, bytes);
        this.#host.completed(1);
      } catch (e) {
        this.#host.broken(e);
      }
    };
    const event = clock.after(ns, write, `${name}: late write-back`);
    this.#later.add(event);
  }
}
