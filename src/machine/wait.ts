/**
 * Waits: the only things a thread may await.
 *
 * A *wait* is handed out by the machine and settled by the machine. Awaiting it calls its `then`,
 * and that call is what makes the running thread wait: a wait that was asked for and not awaited is
 * no wait. Settling it does not run anybody; it makes whoever awaits it ready, each in a turn of
 * its own. So does awaiting one that is settled already.
 *
 * A thread may await several waits at once, with `Promise.all` or `Promise.race`: each of them is
 * one of its waits and settles in a turn of its own.
 */
import { ModelBug } from '../sys/errors.js';
import { awaitOutside } from './failures.js';
import type { Awaited, Task, Turn } from './thread.js';

/** Something to await that the machine settles. */
export interface Wait<T> extends PromiseLike<T> {
  /**
   * The same as a native Promise, for `new ResultAsync(wait.promise)` and its like. Reading it is
   * awaiting it: whoever is running waits from here on, once for each reading.
   */
  readonly promise: Promise<T>;
}

/** A wait together with the means to settle it. All members may be taken apart. */
export interface Ticket<T> {
  /** What is handed out. */
  readonly wait: Wait<T>;
  /** Makes whoever awaits it ready. A second settlement is ignored, as a Promise ignores it. */
  readonly resolve: (value: T) => void;
  /** Makes whoever awaits it ready, to be thrown at. */
  readonly reject: (error: unknown) => void;
}

/** What a wait needs of the scheduler. */
export interface WaitHost {
  /** Whoever is running. */
  readonly task: Task;
  /** Whether a run is under way. */
  readonly running: boolean;
  /** Queues a turn. */
  ready(turn: Turn): void;
}

type Outcome<T> =
  { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: unknown };

/** A wait as the machine keeps it. */
export class Waitable<T> implements Wait<T>, Awaited {
  /** What is awaited; a condition variable's waiter comes to await a mutex instead. */
  what: string;
  readonly #host: WaitHost;
  readonly #asker: Task | null;
  #holder: (() => string | undefined) | undefined;
  #waiters: Turn[] | undefined;
  #outcome: Outcome<T> | undefined;

  /**
   * @param host - the scheduler
   * @param asker - who must await it sooner or later; null when nobody must
   * @param what - what is awaited, as a message says it
   * @param holder - says who could provide it
   */
  constructor(
    host: WaitHost,
    asker: Task | null,
    what: string,
    holder: (() => string | undefined) | undefined,
  ) {
    this.what = what;
    this.#host = host;
    this.#asker = asker;
    this.#holder = holder;
    asker?.unawaited.add(this);
  }

  /** Whether it has been settled. */
  get settled(): boolean {
    return this.#outcome !== undefined;
  }

  /** Whether anybody awaits it now. */
  get awaited(): boolean {
    return this.#waiters !== undefined;
  }

  get promise(): Promise<T> {
    return this.#await();
  }

  /** What it was settled with, for whoever has waited in place; throws what it rejected with. */
  outcome(): T {
    const outcome = this.#outcome;
    if (outcome === undefined) throw new ModelBug(`"${this.what}" is not over`);
    if (outcome.ok) return outcome.value;
    throw outcome.error;
  }

  holder(): string | undefined {
    return this.#holder?.();
  }

  /**
   * From now on something else is awaited.
   *
   * @param what - what, as a message says it
   * @param holder - says who could provide it
   */
  nowAwaits(what: string, holder: () => string | undefined): void {
    this.what = what;
    this.#holder = holder;
  }

  then<F = T, R = never>(
    onFulfilled?: ((value: T) => F | PromiseLike<F>) | null,
    onRejected?: ((reason: unknown) => R | PromiseLike<R>) | null,
  ): Promise<F | R> {
    return this.#await().then(onFulfilled, onRejected);
  }

  /** Settles it with a value. */
  resolve(value: T): void {
    this.#settle({ ok: true, value });
  }

  /** Settles it with an error. */
  reject(error: unknown): void {
    this.#settle({ ok: false, error });
  }

  #settle(outcome: Outcome<T>): void {
    if (this.#outcome !== undefined) return;
    this.#outcome = outcome;
    this.#asker?.unawaited.delete(this);
    const waiters = this.#waiters ?? [];
    this.#waiters = undefined;
    for (const waiter of waiters) this.#host.ready(waiter);
  }

  #await(): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      // Whatever was thrown is passed on, an Error or not.
      const fail: (error: unknown) => void = reject;
      const go = (): void => {
        const outcome = this.#outcome;
        if (outcome === undefined) return;
        if (outcome.ok) resolve(outcome.value);
        else fail(outcome.error);
      };
      if (!this.#host.running) {
        // Outside a run nobody takes turns. What is settled can be had; for the rest nobody will
        // ever come, and an error is better than silence.
        if (this.#outcome === undefined) reject(awaitOutside(this.#host.task, this.what));
        else go();
        return;
      }
      const { task } = this.#host;
      const waiter: Turn = { task, on: this, go };
      this.#asker?.unawaited.delete(this);
      task.waits.add(waiter);
      if (this.#outcome !== undefined) this.#host.ready(waiter);
      else if (this.#waiters === undefined) this.#waiters = [waiter];
      else this.#waiters.push(waiter);
    });
  }
}
