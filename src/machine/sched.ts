/**
 * Threads and turns: who runs, in what order, and how one waits.
 *
 * 1. A *thread* is a function, usually async, with a context. A *turn* is what one thread does
 *    between two waits. One turn at a time: the machine starts or resumes one thread, lets the host
 *    drain its microtasks, and looks again one macrotask later. Between two turns nobody runs.
 * 2. So within a turn a thread may await what is settled already, async functions of its own and
 *    whatever else microtasks alone can settle. To wait longer it must await a *wait* (wait.ts)
 *    that this machine handed out. A thread that ends its turn neither finished nor on such a wait
 *    has left the machine, and the run fails with FOREIGN_AWAIT.
 * 3. What is next is decided in this order: (1) a pending interrupt, the highest level first;
 *    (2) the thread that has been ready longest; (3) when main has finished, the end of the run;
 *    (4) the next event, which moves virtual time; (5) whoever the last resort makes ready;
 *    (6) DEADLOCK.
 * 4. The run ends when main has finished and nothing is ready or pending. Threads parked on the
 *    future (a delay, a condition variable, a device) stay parked, their events stay in the clock,
 *    and the next run goes on with them.
 * 5. What happens under a caller whose turn goes on is in in-place.ts: time that passes, waits in
 *    place, preemption at the calls of the DDI.
 * 6. A failure of main is the run's. A thread that fails while nobody awaits its `done`, and a
 *    handler that throws, stop the run. A Panic and the scheduler's own errors latch besides: every
 *    later call rethrows them.
 * 7. Not done here: two processors. Threads change at waits only; interrupts come at waits, in
 *    `advance` and, on request, at calls.
 */
import { ModelBug, type Panic } from '../sys/errors.js';
import type { FindingReport } from '../sys/finding.js';
import type { Clock } from './clock.js';
import type { Context, Lock } from './context.js';
import { Ends, type Failure } from './ends.js';
import { deadlock, foreignAwait, isLatching, Livelock, promisedInPlace } from './failures.js';
import { Fifo } from './fifo.js';
import { InPlace, type Stage } from './in-place.js';
import type { InterruptSource } from './pending.js';
import {
  describeTask,
  isThenable,
  Task,
  TaskTable,
  type ThreadState,
  type Turn,
} from './thread.js';
import type { Trace } from './trace.js';
import { Waitable, type Ticket, type Wait } from './wait.js';

export type { Context, ContextKind } from './context.js';
export type { Ticket, Wait } from './wait.js';

/**
 * The host's macrotask. Taken when this file is loaded, before a test's fake timers can replace it;
 * it is a function of the host and no state of ours.
 */
const macrotask = setImmediate;

/** Turns that can be owed at one time: a few for every thread there can be. */
export const READY_LIMIT = 1 << 18;

/**
 * Turns a run may take, unless told otherwise. The whole corpus needs some hundred thousand; ten
 * million take about ten seconds, and a run that needs more is going in circles or knows that it is
 * long.
 */
export const TURN_LIMIT = 10_000_000;

/** Above every interrupt level: nothing is delivered while the hardware acts. */
const HARDWARE_LEVEL = 15;

/** What a scheduler stands on. */
export interface SchedulerParts {
  readonly clock: Clock;
  readonly trace: Trace;
  /** Where misuse is reported. */
  readonly report: (finding: FindingReport) => void;
  /** Clock ticks a second; 100 unless told. */
  readonly hz?: number;
  /** Turns a run may take; {@link TURN_LIMIT} unless told. */
  readonly turnLimit?: number;
  /** Decides what happens at preemption points; without it there are none. */
  readonly preempt?: (kind: string, n: number) => number;
}

/** A thread, as whoever started it sees it. */
export interface Thread<T = void> {
  readonly name: string;
  readonly state: ThreadState;
  /** Resolves with what the thread returned, or rejects with what it threw. */
  readonly done: Wait<T>;
}

/** The scheduler of one machine. */
export class Scheduler {
  readonly clock: Clock;
  readonly trace: Trace;
  /** Where misuse is reported. */
  readonly report: (finding: FindingReport) => void;
  /** Clock ticks a second. */
  readonly hz: number;
  /** Asked before a DEADLOCK: whether somebody can be made ready after all. */
  lastResort: (() => boolean) | null = null;
  /** Mutexes held at present that interrupt handlers take, where preemption has to know. */
  readonly interruptLocks: Set<Lock> | null;
  readonly #chooses: ((kind: string, n: number) => number) | null;
  readonly #turnLimit: number;
  readonly #boot = new Task(0, 'boot', 'kernel', 0);
  readonly #hardware = new Task(1, 'hardware', 'interrupt', HARDWARE_LEVEL);
  readonly #ready = new Fifo<Turn>('ready threads', READY_LIMIT);
  readonly #tasks = new TaskTable(2);
  readonly #ends: Ends;
  readonly #inPlace: InPlace;
  #interrupts: InterruptSource | undefined;
  #current = this.#boot;
  /** Whose turn it was; looked at one macrotask later. */
  #turnOf: Task | undefined;
  #run: Run | undefined;
  #turns = 0;
  #failure: Failure | undefined;
  #latched: Error | undefined;

  constructor(parts: SchedulerParts) {
    this.clock = parts.clock;
    this.trace = parts.trace;
    this.report = parts.report;
    this.hz = parts.hz ?? 100;
    this.#turnLimit = parts.turnLimit ?? TURN_LIMIT;
    this.#chooses = parts.preempt ?? null;
    this.interruptLocks = parts.preempt === undefined ? null : new Set();
    const { clock, trace, report } = this;
    const fail = (error: unknown): void => {
      this.#fail(error);
    };
    this.#ends = new Ends({ tasks: this.#tasks, trace, report, fail });
    this.#inPlace = new InPlace(this.#stage(clock, fail));
  }

  /** Who is running; outside a run the boot context. */
  get current(): Context {
    return this.#current;
  }

  /** @internal The same, with what only machine/ may see. */
  get task(): Task {
    return this.#current;
  }

  /** Who else is under way and what each awaits, a line each; empty when nobody is. */
  get others(): readonly string[] {
    return this.#tasks.others(this.#current);
  }

  /** Whether a run is under way. */
  get running(): boolean {
    return this.#run !== undefined;
  }

  /** Clock ticks since boot. */
  get lbolt(): number {
    return Math.floor((this.clock.nowNs * this.hz) / 1e9);
  }

  /**
   * The time of a tick.
   *
   * @param lbolt - clock ticks since boot
   * @returns virtual nanoseconds
   */
  tickNs(lbolt: number): number {
    // A driver's "for ever" is 2^31 ticks or more, which is past the end of the clock.
    return Math.min(Math.ceil((lbolt * 1e9) / this.hz), Number.MAX_SAFE_INTEGER);
  }

  /**
   * Says who delivers interrupts.
   *
   * @param source - the interrupt controller; one per machine
   */
  attachInterrupts(source: InterruptSource): void {
    if (this.#interrupts !== undefined) throw new ModelBug('two interrupt controllers');
    this.#interrupts = source;
  }

  /**
   * Runs a function as thread `main` until it has finished and nothing is ready.
   *
   * @param main - the function; user context
   * @returns what it returns; rejects with what it throws, with a latched Panic, with DEADLOCK,
   * FOREIGN_AWAIT, NOT_AWAITED or LIVELOCK, and with the error of a thread or handler that failed
   */
  run<T>(main: () => T | PromiseLike<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      if (this.#run !== undefined) {
        throw new Error('machine.run() is under way already: start a thread instead');
      }
      this.check();
      // Whatever main throws is passed on, an Error or not.
      const fail: (error: unknown) => void = reject;
      let outcome: (() => void) | undefined;
      const task = this.#tasks.make('main', 'user', 0);
      this.#run = {
        task,
        finish: () => outcome?.(),
        fail,
      };
      this.#turns = 0;
      this.#failure = undefined;
      this.#spawn(
        task,
        main,
        (value) => {
          outcome = () => {
            resolve(value);
          };
        },
        (error) => {
          outcome = () => {
            fail(error);
          };
        },
      );
      macrotask(this.#turn);
    });
  }

  /**
   * Starts a thread. It takes its first turn when those who are ready now have had theirs.
   *
   * @param name - for messages
   * @param fn - what it does
   * @param kind - its context; `kernel` unless told
   */
  thread<T = void>(
    name: string,
    fn: () => T | PromiseLike<T>,
    kind: 'user' | 'kernel' = 'kernel',
  ): Thread<T> {
    this.check();
    const task = this.#tasks.make(name, kind, 0);
    task.worksFor = this.#current.worksFor;
    const done = new Waitable<T>(this, null, `the end of thread "${name}"`, () =>
      describeTask(task),
    );
    this.#spawn(
      task,
      fn,
      (value) => {
        done.resolve(value);
      },
      (error) => {
        // Somebody who awaits the thread is told; if nobody does, the run must not go on as if
        // nothing had happened.
        if (!done.awaited) this.#fail(error);
        done.reject(error);
      },
    );
    return {
      name,
      get state() {
        return task.state;
      },
      done,
    };
  }

  /**
   * Runs a function of a driver: what it makes meanwhile, and threads it starts, is that driver's.
   *
   * @param path - of the device
   * @param fn - an entry point
   */
  async onBehalfOf<T>(path: string, fn: () => T | PromiseLike<T>): Promise<T> {
    const task = this.#current;
    const before = task.worksFor;
    task.worksFor = path;
    try {
      return await fn();
    } finally {
      task.worksFor = before;
    }
  }

  /**
   * Makes a wait for whoever is running, who must await it before it ends.
   *
   * @param what - what is awaited, as a deadlock report says it: `memory for DMA`
   * @param holder - says who could provide it: `held by thread "x"`
   * @returns the wait and the means to settle it
   */
  ticket<T>(what: string, holder?: () => string | undefined): Ticket<T> {
    const wait = this.waitable<T>(what, holder);
    return {
      wait,
      resolve: (value) => {
        wait.resolve(value);
      },
      reject: (error) => {
        wait.reject(error);
      },
    };
  }

  /** @internal As {@link ticket}, for machine/, which settles the wait itself. */
  waitable<T>(what: string, holder?: () => string | undefined): Waitable<T> {
    return new Waitable<T>(this, this.#current, what, holder);
  }

  /** @internal Queues a turn. */
  ready(turn: Turn): void {
    const { task } = turn;
    if (task.abandoned) return;
    if (task.state === 'parked') task.state = 'ready';
    task.owed++;
    this.#ready.push(turn);
  }

  /**
   * Panics: latches and throws.
   *
   * @param panic - what the real system would print
   */
  panic(panic: Panic): never {
    this.#fail(panic);
    throw panic;
  }

  /**
   * Every call of the DDI begins with this: a preemption point.
   *
   * @throws whatever took the machine down, and what a handler that runs here throws
   */
  enter(): void {
    if (this.#latched !== undefined) throw this.#latched;
    if (this.#chooses !== null) this.#inPlace.preempt(this.#chooses);
  }

  /** @throws whatever took the machine down */
  check(): void {
    if (this.#latched !== undefined) throw this.#latched;
  }

  /** Runs what is due now and deliverable in place, without anybody waiting: `advance(0)`. */
  settle(): void {
    this.advance(0);
  }

  /**
   * Lets virtual time pass under the caller: due events run in order, and after each of them the
   * pending interrupts above the caller's level whose handlers are synchronous.
   *
   * @param ns - nanoseconds, a non-negative integer
   */
  advance(ns: number): void {
    this.#inPlace.advance(ns);
  }

  /** Whether whoever is running can wait in place only. */
  get inPlace(): boolean {
    return this.#inPlace.here;
  }

  /**
   * Makes a call, and waits in place for what it has to wait for.
   *
   * @param call - the call
   * @returns what it answers, or what the wait it answers with comes to
   * @throws TypeError when it answers with a promise of its own, DEADLOCK when nothing can ever end
   * the wait
   */
  pump<T>(call: () => T | Wait<T>): T {
    return this.#inPlace.pump(call);
  }

  /** @internal Lets things happen under the caller, one at a time, until it need not wait. */
  awaitInPlace(what: string, over: () => boolean): void {
    this.#inPlace.wait(what, over);
  }

  /**
   * @internal Calls an interrupt handler in a context of its own. For the interrupt controller.
   *
   * @param name - of the handler
   * @param level - 1 to 15
   * @param fn - the handler
   * @param done - called at its end, with what it returned, or undefined when it threw
   * @param inPlace - whether somebody else's turn goes on after it
   * @returns whether it has ended; if not, it is a thread from here on
   */
  interrupt<R>(
    name: string,
    level: number,
    fn: () => R | PromiseLike<R>,
    done: (answer: R | undefined) => void,
    inPlace: boolean,
  ): boolean {
    const task = this.#tasks.make(name, 'interrupt', level);
    const outer = this.#current;
    this.#current = task;
    this.#ends.entered(task);
    let answer: R | PromiseLike<R>;
    const end = (value: R | undefined): void => {
      this.#current = outer;
      done(value);
    };
    try {
      answer = fn();
      if (inPlace && isThenable(answer)) throw promisedInPlace(task, outer);
    } catch (error) {
      this.#ends.ended(task, { error }, end, undefined);
      // In place the caller must not go on either; in a turn of its own the run ends by itself.
      if (inPlace) throw error;
      return true;
    }
    if (!isThenable(answer)) {
      const failure = this.#ends.ended(task, undefined, end, answer);
      if (inPlace && failure !== undefined) throw failure.error;
      return true;
    }
    this.#turnOf = task;
    answer.then(
      (value) => {
        this.#ends.ended(task, undefined, done, value);
      },
      (error: unknown) => {
        this.#ends.ended(task, { error }, done, undefined);
      },
    );
    return false;
  }

  /**
   * Forgets all threads and what was latched. Who is parked stays parked for ever; time and the
   * trace are reset by their owners.
   */
  reset(): void {
    if (this.#run !== undefined) throw new ModelBug('reset while running');
    this.#ready.clear();
    this.#tasks.reset();
    this.#boot.holds.clear();
    this.interruptLocks?.clear();
    this.#boot.unawaited.clear();
    this.#inPlace.reset();
    this.#failure = undefined;
    this.#latched = undefined;
  }

  // ---- Turns ------------------------------------------------------------------------------

  /** One macrotask: looks back at the last turn, then finds the next one. */
  readonly #turn = (): void => {
    const run = this.#run;
    if (run === undefined) return;
    try {
      this.#lookBack();
      while (this.#failure === undefined) {
        this.#current = this.#boot;
        this.#countTurn();
        if (this.#interrupts?.deliver(0, false) === true) {
          // A synchronous handler has ended; an async one has the turn.
          if (this.#turnOf === undefined) continue;
          macrotask(this.#turn);
          return;
        }
        const turn = this.#ready.shift();
        if (turn !== undefined) {
          this.#resume(turn);
          macrotask(this.#turn);
          return;
        }
        if (run.task.over) {
          this.#endRun();
          run.finish();
          return;
        }
        if (this.clock.nextDeadline() === undefined) {
          if (this.lastResort?.() === true) continue;
          throw deadlock(this.clock.nowNs, this.#tasks.list());
        }
        this.#runEvent();
      }
    } catch (error) {
      this.#fail(error);
    }
    const error = this.#failure?.error;
    this.#endRun();
    run.fail(error);
  };

  #endRun(): void {
    this.#run = undefined;
    this.#turnOf = undefined;
    this.#failure = undefined;
    this.#turns = 0;
    this.#current = this.#boot;
  }

  #resume(turn: Turn): void {
    const { task } = turn;
    this.#current = task;
    // Code outside the run may await a thread too; it is not under the rules of threads.
    if (!task.over && task !== this.#boot) {
      task.state = 'running';
      this.#turnOf = task;
    }
    task.owed--;
    task.waits.delete(turn);
    this.trace.note('switch', task.id);
    if (this.trace.observed) this.trace.emit({ kind: 'switch', thread: task.name });
    turn.go();
  }

  #lookBack(): void {
    const task = this.#turnOf;
    this.#turnOf = undefined;
    if (task === undefined || task.over) return;
    if (task.waits.size === 0) throw foreignAwait(task);
    // It may have settled a wait of its own.
    task.state = task.owed > 0 ? 'ready' : 'parked';
  }

  #runEvent(): void {
    this.#countTurn();
    const outer = this.#current;
    this.#current = this.#hardware;
    try {
      this.clock.runNext();
      this.trace.note('event', this.clock.nowNs);
    } catch (error) {
      // An event is nobody's doing; whoever waits in place must not swallow its failure.
      this.#fail(error);
      throw error;
    } finally {
      this.#current = outer;
    }
  }

  #countTurn(): void {
    if (++this.#turns <= this.#turnLimit) return;
    const error = new Livelock(
      this.#turnLimit,
      this.#tasks.list(),
      this.#interrupts?.waitingForTurn() ?? [],
    );
    this.#fail(error);
    throw error;
  }

  // ---- Tasks ------------------------------------------------------------------------------

  /** Queues the first turn of a thread. */
  #spawn<T>(
    task: Task,
    fn: () => T | PromiseLike<T>,
    finished: (value: T) => void,
    failed: (error: unknown) => void,
  ): void {
    const onValue = (value: T): void => {
      this.#ends.ended(task, undefined, finished, value);
    };
    const onError = (error: unknown): void => {
      this.#ends.left(task, 'failed');
      failed(error);
    };
    const go = (): void => {
      let answer: T | PromiseLike<T>;
      try {
        answer = fn();
      } catch (error) {
        onError(error);
        return;
      }
      if (isThenable(answer)) answer.then(onValue, onError);
      else onValue(answer);
    };
    this.ready({ task, on: undefined, go });
  }

  /** What in-place.ts sees of this. */
  #stage(clock: Clock, fail: (error: unknown) => void): Stage {
    return {
      clock,
      interruptLocks: this.interruptLocks,
      task: () => this.#current,
      interrupts: () => this.#interrupts,
      inEvent: () => this.#current === this.#hardware,
      check: () => {
        this.check();
      },
      countTurn: () => {
        this.#countTurn();
      },
      runEvent: () => {
        this.#runEvent();
      },
      lastResort: () => this.lastResort?.() === true,
      underWay: () => this.#tasks.list(),
      fail,
    };
  }

  // ---- Failures ---------------------------------------------------------------------------

  /** Notes the first failure of a run; latches what takes the machine down. */
  #fail(error: unknown): void {
    if (isLatching(error)) this.#latched ??= error;
    if (this.#run !== undefined) this.#failure ??= { error };
  }
}

/** A run under way. */
interface Run {
  readonly task: Task;
  /** Settles the promise of `run` as main has ended. */
  readonly finish: () => void;
  /** Rejects the promise of `run`. */
  readonly fail: (error: unknown) => void;
}
