/** What is pending, by interrupt level: the most urgent is found by one count of leading zeroes. */
import { Fifo, type FifoPlace } from './fifo.js';

/** The highest interrupt level there is. */
export const LEVEL_MAX = 15;

/** The lowest level of a high-level interrupt: above the dispatcher, LOCK_LEVEL. */
export const HILEVEL_PRI = 11;

/** Whoever has interrupts to deliver: the interrupt controller, as the scheduler sees it. */
export interface InterruptSource {
  /**
   * Delivers the most urgent pending interrupt.
   *
   * @param above - only levels above this one
   * @param inPlace - only handlers that run to their end at once
   * @returns false when there was nothing to deliver
   */
  deliver(above: number, inPlace: boolean): boolean;
  /**
   * Whether there is one that could be delivered in place.
   *
   * @param above - only levels above this one
   */
  deliverable(above: number): boolean;
  /** The names of pending interrupts that cannot be delivered in place. */
  waitingForTurn(): readonly string[];
}

/** One interrupt that waits to be delivered. */
export interface Pending {
  /** Of the line or the soft interrupt. */
  readonly name: string;
  /** 1 to 15. */
  readonly level: number;
  /** Its place in the order in which interrupts became pending. */
  readonly stamp: number;
  /** Delivers it. */
  readonly go: (inPlace: boolean) => void;
}

/** One queue for each level. */
export class PendingSet {
  readonly #levels: Fifo<Pending>[] = [];
  /** Bit L is set while something of level L is pending. */
  #mask = 0;

  /**
   * @param name - for messages
   * @param limit - how many can be pending on one level
   */
  constructor(name: string, limit: number) {
    for (let level = 0; level <= LEVEL_MAX; level++) {
      this.#levels.push(new Fifo(`${name}, level ${String(level)}`, limit));
    }
  }

  /**
   * The most urgent one, which stays where it is.
   *
   * @param above - only levels above this one
   */
  top(above: number): Pending | undefined {
    const level = 31 - Math.clz32(this.#mask);
    return level > above ? this.#levels[level]?.first : undefined;
  }

  /** Adds one at the end of its level. */
  push(pending: Pending): FifoPlace<Pending> {
    this.#mask |= 1 << pending.level;
    return this.#level(pending.level).push(pending);
  }

  /** Takes the first one of a level out. */
  shift(level: number): void {
    this.#level(level).shift();
    this.#settle(level);
  }

  /** Takes one out wherever it stands. */
  remove(place: FifoPlace<Pending>): void {
    const { level } = place.value;
    this.#level(level).remove(place);
    this.#settle(level);
  }

  /** What is pending, lowest level first. */
  names(): string[] {
    return this.#levels.flatMap((queue) => [...queue].map((pending) => pending.name));
  }

  /** Takes everything out. */
  clear(): void {
    for (const queue of this.#levels) queue.clear();
    this.#mask = 0;
  }

  #settle(level: number): void {
    if (this.#level(level).size === 0) this.#mask &= ~(1 << level);
  }

  #level(level: number): Fifo<Pending> {
    const queue = this.#levels[level];
    if (queue === undefined) throw new RangeError(`no interrupt level ${String(level)}`);
    return queue;
  }
}
