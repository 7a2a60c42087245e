/**
 * What happens under a caller, whose turn goes on: time that passes, waits, preemption.
 *
 * 1. Waiting in place, `advance`, moves time under the caller: due events run, and pending
 *    interrupts above the caller's level whose handlers are synchronous. An async handler is a
 *    thread and cannot run inside another one's turn; it stays pending until the caller waits.
 * 2. `pump` waits in place for whatever a call that it makes has to wait for: time moves from event
 *    to event until the wait is over. No thread runs meanwhile, so that what only a thread can do
 *    is a DEADLOCK.
 * 3. On request every call of the DDI is a *preemption point*: the chooser may let things happen
 *    before the call begins. (a) An event that is due soon: a device goes on. (b) A pending
 *    interrupt above the caller's level whose handler is synchronous, unless the caller holds a
 *    mutex or anybody one that handlers take: the handler would wait for it, and cannot in place.
 * 4. Each thing that happens counts as a turn, so that who polls for what never comes does come to
 *    an end.
 */
import { ModelBug } from '../sys/errors.js';
import type { Clock } from './clock.js';
import { describeContext, type Lock } from './context.js';
import { deadlockInPlace } from './failures.js';
import type { InterruptSource } from './pending.js';
import { describeAwaited, isThenable, type Task } from './thread.js';
import { Waitable, type Wait } from './wait.js';

/** What happens at one preemption point at most: enough for a transfer and its interrupts. */
export const PREEMPT_LIMIT = 8;

/**
 * Events later than so many nanoseconds are not brought forward to a preemption point: a thread
 * that is held up for a millisecond is a bad day, and more would fire timeouts of seconds.
 */
export const PREEMPT_NS = 1_000_000;

/** The scheduler, as this file needs it. */
export interface Stage {
  readonly clock: Clock;
  /** Mutexes held at present that interrupt handlers take, where preemption has to know. */
  readonly interruptLocks: ReadonlySet<Lock> | null;
  /** Whoever is running. */
  task(): Task;
  interrupts(): InterruptSource | undefined;
  /** Whether an event runs: then nobody is there to wait. */
  inEvent(): boolean;
  /** @throws whatever took the machine down */
  check(): void;
  /** @throws LIVELOCK */
  countTurn(): void;
  /** Runs the next event. */
  runEvent(): void;
  /** Whether somebody can be made ready after all. */
  lastResort(): boolean;
  /** Who is under way, for messages. */
  underWay(): string;
  /** Notes a failure. */
  fail(error: unknown): void;
}

/** What happens in place on one machine. */
export class InPlace {
  readonly #stage: Stage;
  /** Whose waits are in place. */
  #pumping: Task | undefined;

  constructor(stage: Stage) {
    this.#stage = stage;
  }

  /** Whether whoever is running can wait in place only. */
  get here(): boolean {
    return this.#pumping === this.#stage.task();
  }

  /** Lets virtual time pass under the caller. */
  advance(ns: number): void {
    const stage = this.#stage;
    const { clock } = stage;
    stage.check();
    this.#refuseInEvent();
    if (!Number.isSafeInteger(ns) || ns < 0) {
      throw new ModelBug(`advance by ${String(ns)}: not a count of nanoseconds`);
    }
    const untilNs = clock.nowNs + ns;
    // A thread that polls for what never comes does so here, and must come to an end as well.
    stage.countTurn();
    for (;;) {
      while (this.#deliver()) stage.countTurn();
      const next = clock.nextDeadline();
      if (next === undefined || next > untilNs) break;
      stage.runEvent();
    }
    clock.advanceTo(untilNs);
  }

  /** Makes a call, and waits in place for what it has to wait for. */
  pump<T>(call: () => T | Wait<T>): T {
    this.#stage.check();
    const outer = this.#pumping;
    const task = this.#stage.task();
    let answer: T | Wait<T>;
    this.#pumping = task;
    try {
      answer = call();
    } finally {
      this.#pumping = outer;
    }
    if (answer instanceof Waitable) {
      const wait = answer as Waitable<T>;
      this.wait(describeAwaited(wait), () => wait.settled);
      return wait.outcome();
    }
    if (!isThenable(answer as T | PromiseLike<T>)) return answer as T;
    throw new TypeError(
      `${describeContext(task)} cannot wait in place for a promise: pump makes one call that waits`,
    );
  }

  /** Lets things happen under the caller, one at a time, until it need not wait. */
  wait(what: string, over: () => boolean): void {
    const stage = this.#stage;
    const { clock } = stage;
    this.#refuseInEvent();
    while (!over()) {
      stage.check();
      stage.countTurn();
      if (this.#deliver()) continue;
      if (clock.nextDeadline() !== undefined) stage.runEvent();
      else if (!stage.lastResort()) {
        const error = deadlockInPlace(clock.nowNs, stage.task(), what, stage.underWay());
        stage.fail(error);
        throw error;
      }
    }
  }

  /** A preemption point. */
  preempt(choose: (kind: string, n: number) => number): void {
    const stage = this.#stage;
    if (stage.inEvent()) return;
    const { clock, interruptLocks } = stage;
    const interrupts = stage.interrupts();
    const { level, holds } = stage.task();
    for (let i = 0; i < PREEMPT_LIMIT; i++) {
      const free = holds.size === 0 && interruptLocks?.size === 0;
      const pending = free && interrupts?.deliverable(level) === true;
      const next = clock.nextDeadline();
      const event = next !== undefined && next - clock.nowNs <= PREEMPT_NS;
      const ways = Number(pending) + Number(event);
      const chosen = ways === 0 ? 0 : choose('preempt', 1 + ways);
      if (chosen === 0) return;
      stage.countTurn();
      if (pending && chosen === 1) this.#deliver();
      else stage.runEvent();
    }
  }

  /** Nobody waits any more. */
  reset(): void {
    this.#pumping = undefined;
  }

  #deliver(): boolean {
    const stage = this.#stage;
    return stage.interrupts()?.deliver(stage.task().level, true) === true;
  }

  #refuseInEvent(): void {
    if (this.#stage.inEvent()) throw new ModelBug('a device waits inside an event');
  }
}
