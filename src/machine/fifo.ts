/** A bounded queue, first in first out, whose members may also leave from the middle in O(1). */
import { ModelBug } from '../sys/errors.js';

/** A place in a queue; what {@link Fifo.remove} wants. */
export interface FifoPlace<T> {
  readonly value: T;
  /** @internal */
  prev: FifoPlace<T> | undefined;
  /** @internal */
  next: FifoPlace<T> | undefined;
  /** @internal */
  owner: Fifo<T> | undefined;
}

/** A doubly linked queue. */
export class Fifo<T> implements Iterable<T> {
  readonly #name: string;
  readonly #limit: number;
  #first: FifoPlace<T> | undefined;
  #last: FifoPlace<T> | undefined;
  #size = 0;

  /**
   * @param name - what a person calls the queue
   * @param limit - members it can have; one more is a defect and throws ModelBug
   */
  constructor(name: string, limit: number) {
    this.#name = name;
    this.#limit = limit;
  }

  /** The number of members. */
  get size(): number {
    return this.#size;
  }

  /** The member that leaves next. */
  get first(): T | undefined {
    return this.#first?.value;
  }

  /**
   * Adds a member at the end.
   *
   * @param value - the member
   * @returns its place
   */
  push(value: T): FifoPlace<T> {
    if (this.#size >= this.#limit) {
      throw new ModelBug(`${this.#name}: more than ${String(this.#limit)} are queued`);
    }
    const place: FifoPlace<T> = { value, prev: this.#last, next: undefined, owner: this };
    if (this.#last === undefined) this.#first = place;
    else this.#last.next = place;
    this.#last = place;
    this.#size++;
    return place;
  }

  /** Takes the first member out; undefined when there is none. */
  shift(): T | undefined {
    const place = this.#first;
    if (place === undefined) return undefined;
    this.remove(place);
    return place.value;
  }

  /**
   * Takes a member out wherever it stands.
   *
   * @param place - what `push` returned
   * @returns false when it has left before
   */
  remove(place: FifoPlace<T>): boolean {
    if (place.owner !== this) return false;
    if (place.prev === undefined) this.#first = place.next;
    else place.prev.next = place.next;
    if (place.next === undefined) this.#last = place.prev;
    else place.next.prev = place.prev;
    place.prev = undefined;
    place.next = undefined;
    place.owner = undefined;
    this.#size--;
    return true;
  }

  /** Takes everything out. */
  clear(): void {
    while (this.#first !== undefined) this.remove(this.#first);
  }

  /** The members in order. The queue must not change meanwhile. */
  *[Symbol.iterator](): Iterator<T> {
    for (let place = this.#first; place !== undefined; place = place.next) yield place.value;
  }
}
