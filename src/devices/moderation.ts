/**
 * Interrupt moderation: many completions, one interrupt.
 *
 * Completions are *held* until there are as many as the register says, or as much time has passed
 * since the first of them; then they are *due*, until the driver acknowledges. A time of 0 means
 * that time alone never makes them due, and a count of 0 or 1 that each is due at once.
 */
import type { Clock, EventId } from '../machine/clock.js';

/** The moderation of one cause. */
export class Moderation {
  /** Whether the interrupt is to be asserted for what is held. */
  due = false;
  readonly #clock: Clock;
  readonly #label: string;
  readonly #dueNow: () => void;
  #count = 0;
  #ns = 0;
  #held = 0;
  #event: EventId | null = null;

  /**
   * @param clock - the machine's
   * @param label - what a person calls its event
   * @param dueNow - called when the time is up
   */
  constructor(clock: Clock, label: string, dueNow: () => void) {
    this.#clock = clock;
    this.#label = label;
    this.#dueNow = dueNow;
  }

  /** Takes the value of a moderation register: packets in bits 0 to 15, microseconds above. */
  program(value: number): void {
    this.#count = value & 0xffff;
    this.#ns = (value >>> 16) * 1000;
  }

  /** Holds `packets` more completions. */
  completed(packets: number): void {
    this.#held += packets;
    if (this.#held >= this.#count) {
      this.due = true;
      this.#cancel();
    } else if (this.#event === null && this.#ns > 0 && !this.due) {
      this.#event = this.#clock.after(this.#ns, this.#timeUp, this.#label);
    }
  }

  /** Nothing is held: the driver has acknowledged. */
  clear(): void {
    this.due = false;
    this.#held = 0;
    this.#cancel();
  }

  readonly #timeUp = (): void => {
    this.#event = null;
    this.due = true;
    this.#dueNow();
  };

  #cancel(): void {
    if (this.#event !== null) this.#clock.cancel(this.#event);
    this.#event = null;
  }
}
