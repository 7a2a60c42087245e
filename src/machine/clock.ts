/**
 * Virtual time: nanoseconds since boot, and the events that are to happen.
 *
 * An *event* is a function and a deadline. Time moves in two ways only: the scheduler has nothing
 * ready and runs the next event, or code waits in place (drv_usecwait(9F)) and events that fall due
 * meanwhile run under it. Events of one deadline run in the order in which they were made. Nothing
 * here knows the host's clock.
 *
 * The events form a binary heap; each knows its place in it, so that a cancelled event leaves at
 * once and costs O(log n) as every other operation does.
 */
import { ModelBug } from '../sys/errors.js';

/** Names an event for {@link Clock.cancel}; counts from 1 and is never used again. */
export type EventId = number;

/**
 * Events that can be outstanding. A device has a few and a thread has one: twice as many as there
 * can be threads. More are a leak, and better named than left to exhaust the host.
 */
export const EVENT_LIMIT = 1 << 17;

interface ClockEvent {
  readonly id: EventId;
  readonly deadlineNs: number;
  readonly fn: () => void;
  readonly label: string;
  place: number;
}

/** The clock of one machine. */
export class Clock {
  readonly #heap: ClockEvent[] = [];
  readonly #byId = new Map<EventId, ClockEvent>();
  #nowNs = 0;
  #lastId = 0;

  /** Virtual time in nanoseconds since boot. */
  get nowNs(): number {
    return this.#nowNs;
  }

  /** The number of outstanding events. */
  get size(): number {
    return this.#heap.length;
  }

  /**
   * Makes an event.
   *
   * @param deadlineNs - when, in virtual nanoseconds; a time gone by means now
   * @param fn - what happens; synchronous
   * @param label - what a person calls it
   * @returns the name by which it can be cancelled
   */
  at(deadlineNs: number, fn: () => void, label: string): EventId {
    if (!Number.isSafeInteger(deadlineNs)) {
      throw new ModelBug(`event "${label}": ${String(deadlineNs)} is no time in nanoseconds`);
    }
    if (this.#heap.length >= EVENT_LIMIT) {
      throw new ModelBug(`event "${label}": ${String(EVENT_LIMIT)} events are outstanding already`);
    }
    const id = ++this.#lastId;
    const place = this.#heap.length;
    const event = { id, deadlineNs: Math.max(deadlineNs, this.#nowNs), fn, label, place };
    this.#heap.push(event);
    this.#byId.set(id, event);
    this.#rise(event);
    return id;
  }

  /**
   * Makes an event a while from now.
   *
   * @param delayNs - nanoseconds from now
   * @param fn - what happens; synchronous
   * @param label - what a person calls it
   * @returns the name by which it can be cancelled
   */
  after(delayNs: number, fn: () => void, label: string): EventId {
    return this.at(this.#nowNs + delayNs, fn, label);
  }

  /**
   * Takes an event back.
   *
   * @param id - the name `at` returned
   * @returns whether it was still to come
   */
  cancel(id: EventId): boolean {
    const event = this.#byId.get(id);
    if (event === undefined) return false;
    this.#take(event);
    return true;
  }

  /** When the next event is due, in virtual nanoseconds; undefined when there is none. */
  nextDeadline(): number | undefined {
    return this.#heap[0]?.deadlineNs;
  }

  /** What the next event is called; undefined when there is none. */
  nextLabel(): string | undefined {
    return this.#heap[0]?.label;
  }

  /**
   * Moves time to the next event and runs it.
   *
   * @returns false when there is none
   */
  runNext(): boolean {
    const event = this.#heap[0];
    if (event === undefined) return false;
    this.#take(event);
    this.#nowNs = Math.max(this.#nowNs, event.deadlineNs);
    event.fn();
    return true;
  }

  /**
   * Moves time forward over a stretch in which nothing is due.
   *
   * @param ns - the new time in virtual nanoseconds; a time gone by changes nothing
   */
  advanceTo(ns: number): void {
    if (!Number.isSafeInteger(ns)) throw new ModelBug(`${String(ns)} is no time in nanoseconds`);
    const next = this.#heap[0];
    if (next !== undefined && next.deadlineNs < ns) {
      throw new ModelBug(`time would pass the event "${next.label}"`);
    }
    this.#nowNs = Math.max(this.#nowNs, ns);
  }

  /** Back to time 0 with no events. Names of events are not used again. */
  reset(): void {
    this.#heap.length = 0;
    this.#byId.clear();
    this.#nowNs = 0;
  }

  #take(event: ClockEvent): void {
    this.#byId.delete(event.id);
    const last = this.#heap.pop();
    if (last === undefined || last === event) return;
    last.place = event.place;
    this.#heap[event.place] = last;
    this.#rise(last);
    this.#sink(last);
  }

  #rise(event: ClockEvent): void {
    const heap = this.#heap;
    while (event.place > 0) {
      const up = (event.place - 1) >> 1;
      const parent = heap[up];
      if (parent === undefined || !before(event, parent)) return;
      heap[event.place] = parent;
      heap[up] = event;
      parent.place = event.place;
      event.place = up;
    }
  }

  #sink(event: ClockEvent): void {
    const heap = this.#heap;
    for (;;) {
      const at = 2 * event.place + 1;
      let child = heap[at];
      const right = heap[at + 1];
      if (child === undefined) return;
      if (right !== undefined && before(right, child)) child = right;
      if (!before(child, event)) return;
      const down = child.place;
      heap[event.place] = child;
      heap[down] = event;
      child.place = event.place;
      event.place = down;
    }
  }
}

function before(a: ClockEvent, b: ClockEvent): boolean {
  return a.deadlineNs < b.deadlineNs || (a.deadlineNs === b.deadlineNs && a.id < b.id);
}
