/** A condition variable as the machine keeps it; the theory is in lock.ts. */
import { Panic } from '../sys/errors.js';
import type { brand } from '../sys/types.js';
import type { EventId } from './clock.js';
import { describeContext } from './context.js';
import { Fifo, type FifoPlace } from './fifo.js';
import { mutexOf, type kmutex_t, type Mutex } from './mutex.js';
import type { Scheduler } from './sched.js';
import { THREAD_LIMIT, type Task } from './thread.js';
import type { Wait, Waitable } from './wait.js';

/** A condition variable, condvar(9F); opaque. */
export interface kcondvar_t {
  readonly [brand]: 'kcondvar_t';
}

/** Somebody who waits for a condition. */
interface Sleeper {
  readonly task: Task;
  readonly mutex: Mutex;
  readonly wait: Waitable<void> | Waitable<number>;
  /** Ends the wait; -1 says that time was up. */
  readonly settle: (answer: number) => void;
  /** What ends it when time is up, or early. */
  readonly events: EventId[];
}

/** What a `kcondvar_t` is. */
export class Condvar implements kcondvar_t {
  declare readonly [brand]: 'kcondvar_t';
  readonly sched: Scheduler;
  readonly name: string;
  readonly #queue: Fifo<Sleeper>;
  readonly #wakesEarly: () => boolean;
  #destroyed = false;

  constructor(sched: Scheduler, name: string, wakesEarly: () => boolean) {
    this.#wakesEarly = wakesEarly;
    this.sched = sched;
    this.name = name;
    this.#queue = new Fifo(`waiters of condition variable "${name}"`, THREAD_LIMIT);
  }

  wait(mp: kmutex_t): Wait<void> {
    const mutex = this.#giveUp('cv_wait', mp);
    const wait = this.sched.waitable<void>(`condition variable "${this.name}"`);
    const settle = (): void => {
      wait.resolve();
    };
    this.#sleep('cv_wait', { task: this.sched.task, mutex, wait, settle, events: [] });
    return wait;
  }

  timedwait(call: string, mp: kmutex_t, lbolt: number): Wait<number> {
    const mutex = this.#giveUp(call, mp);
    const wait = this.sched.waitable<number>(`condition variable "${this.name}"`);
    const settle = (answer: number): void => {
      wait.resolve(answer);
    };
    const sleeper: Sleeper = { task: this.sched.task, mutex, wait, settle, events: [] };
    const place = this.#sleep(call, sleeper);
    // A tick gone by means now: also then the mutex is given up, and somebody else may take it.
    this.#endAt(this.sched.tickNs(lbolt), call, place, -1);
    return wait;
  }

  /** Joins the queue, perhaps not until the signal. */
  #sleep(call: string, sleeper: Sleeper): FifoPlace<Sleeper> {
    const place = this.#queue.push(sleeper);
    // condvar(9F) WT-2: early return is possible.
    if (this.#wakesEarly()) this.#endAt(this.sched.clock.nowNs, call, place, 1);
    return place;
  }

  #endAt(atNs: number, call: string, place: FifoPlace<Sleeper>, answer: number): void {
    const sleeper = place.value;
    const end = (): void => {
      if (this.#queue.remove(place)) this.#wake(sleeper, answer);
    };
    sleeper.events.push(this.sched.clock.at(atNs, end, `${call} "${this.name}"`));
  }

  signal(): void {
    this.#usable('cv_signal');
    const sleeper = this.#queue.shift();
    // condvar(9F) SG-1: with nobody waiting a signal is lost, by design.
    if (sleeper !== undefined) this.#wake(sleeper, 1);
  }

  broadcast(): void {
    this.#usable('cv_broadcast');
    for (let n = this.#queue.size; n > 0; n--) {
      const sleeper = this.#queue.shift();
      if (sleeper !== undefined) this.#wake(sleeper, 1);
    }
  }

  destroy(): void {
    this.#usable('cv_destroy');
    const waiting = this.#queue.size;
    if (waiting > 0) this.#panic(`cv_destroy: ${String(waiting)} waiting`);
    this.#destroyed = true;
  }

  /** Whatever can be wrong with a wait, and then the caller owns the mutex no longer. */
  #giveUp(call: string, mp: kmutex_t): Mutex {
    const mutex = mutexOf(call, mp);
    if (mutex.sched !== this.sched) throw new TypeError(`${call}: the mutex is another machine's`);
    this.#usable(call);
    if (this.sched.task.kind === 'interrupt') this.#reportInterrupt(call);
    // condvar(9F) WT-1: the next owner runs in a turn to come, when the caller is in the queue, so
    // that no signal is lost.
    mutex.exit(call);
    return mutex;
  }

  /** Gives a sleeper its mutex back, now or in its turn. */
  #wake({ task, mutex, wait, settle, events }: Sleeper, answer: number): void {
    for (const event of events) this.sched.clock.cancel(event);
    wait.nowAwaits(...mutex.awaited());
    mutex.claim({
      task,
      granted: () => {
        settle(answer);
      },
      again: true,
    });
  }

  #usable(call: string): void {
    this.sched.enter();
    if (this.#destroyed) this.#panic(`${call}: destroyed`);
  }

  #reportInterrupt(call: string): void {
    const { task } = this.sched;
    // condvar(9F) CX-1: who would signal may need the interrupt that waits.
    this.sched.report({
      rule: 'WAIT_IN_INTERRUPT',
      clause: 'condvar.9f/CX-1',
      message: `${call} was called by ${describeContext(task)}: interrupt context must not wait`,
      call,
      values: { condvar: this.name, level: task.level },
    });
  }

  #panic(message: string): never {
    const values = { condvar: this.name, caller: describeContext(this.sched.task) };
    const text = `${message}: condition variable "${this.name}", caller ${values.caller}`;
    return this.sched.panic(new Panic(text, values));
  }
}

/**
 * What stands behind an opaque condition variable.
 *
 * @param call - the call of the DDI, for messages
 * @param cvp - what the driver gave
 */
export function condvarOf(call: string, cvp: unknown): Condvar {
  if (cvp instanceof Condvar) return cvp;
  throw new TypeError(`${call}: not a condition variable: ${String(cvp)}`);
}
