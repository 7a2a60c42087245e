/** A mutex as the machine keeps it; the theory is in lock.ts. */
import { Panic } from '../sys/errors.js';
import type { FindingReport } from '../sys/finding.js';
import type { brand } from '../sys/types.js';
import { describeContext } from './context.js';
import { Fifo } from './fifo.js';
import { noteLeft, noteTaken, type OrderedLock } from './lock-order.js';
import type { Scheduler } from './sched.js';
import { THREAD_LIMIT, type Task } from './thread.js';
import type { Wait } from './wait.js';

/** A mutex, mutex(9F); opaque. */
export interface kmutex_t {
  readonly [brand]: 'kmutex_t';
}

/** Somebody who is to own a mutex, and what tells him that he does. */
interface Claimant {
  readonly task: Task;
  readonly granted: () => void;
  /** Whether he owned it before he waited for a condition. */
  readonly again?: boolean;
}

/** What a `kmutex_t` is. */
export class Mutex implements kmutex_t, OrderedLock {
  declare readonly [brand]: 'kmutex_t';
  readonly sched: Scheduler;
  readonly name: string;
  /** Whether it was created with an interrupt block cookie. */
  readonly forInterrupts: boolean;
  /** That cookie. */
  readonly cookie: unknown;
  /** Mutexes that were taken while it was held. */
  readonly later = new Set<OrderedLock>();
  again = false;
  /** Whether it has been reported that it was held during an access to registers. */
  reported = false;
  /** Every context can wait for one mutex at a time, so there are no more than contexts. */
  readonly #queue: Fifo<Claimant>;
  #owner: Task | undefined;
  #destroyed = false;
  #reported = false;

  constructor(sched: Scheduler, name: string, cookie: unknown) {
    this.sched = sched;
    this.name = name;
    this.forInterrupts = cookie !== undefined && cookie !== null;
    this.cookie = cookie;
    this.#queue = new Fifo(`waiters of mutex "${name}"`, THREAD_LIMIT);
  }

  enter(): Wait<void> | undefined {
    const { task } = this.sched;
    this.#usable('mutex_enter');
    if (task.kind === 'interrupt') this.#checkCookie();
    if (this.#owner === undefined) {
      if (task.holds.size > 0) this.#report(noteTaken(task, this));
      this.#grant(task);
      return undefined;
    }
    if (this.#owner === task) {
      // mutex(9F) DS-1: a mutex is not recursive; its owner would wait for itself.
      this.#panic('mutex_enter: recursive entry', 'mutex.9f/DS-1');
    }
    if (task.holds.size > 0) this.#report(noteTaken(task, this));
    const wait = this.sched.waitable<void>(...this.awaited());
    this.claim({
      task,
      granted: () => {
        wait.resolve();
      },
    });
    return wait;
  }

  tryenter(): 0 | 1 {
    this.#usable('mutex_tryenter');
    // mutex(9F) TR-1: busy is an answer and no reason to wait.
    if (this.#owner !== undefined) return 0;
    if (this.sched.task.kind === 'interrupt') this.#checkCookie();
    this.#grant(this.sched.task);
    return 1;
  }

  exit(call: string): void {
    this.#usable(call);
    if (this.#owner !== this.sched.task) {
      // mutex(9F) DS-1: who does not own a mutex cannot give it up.
      this.#panic(`${call}: not the owner${this.#forgotten()}`, 'mutex.9f/DS-1');
    }
    const { task } = this.sched;
    // cv_wait(9F) gives up the mutex it is told to, whatever else is held.
    if (task.holds.size > 1 && call === 'mutex_exit') this.#report(noteLeft(task, this));
    task.holds.delete(this);
    this.sched.interruptLocks?.delete(this);
    const next = this.#queue.shift();
    this.#owner = undefined;
    if (next === undefined) return;
    this.#grant(next.task, next.again);
    next.granted();
  }

  owned(): boolean {
    this.#usable('mutex_owned');
    return this.#owner === this.sched.task;
  }

  destroy(): void {
    this.#usable('mutex_destroy');
    // mutex(9F) DS-1: its owner still counts on being the only one.
    if (this.#owner !== undefined) this.#panic('mutex_destroy: held', 'mutex.9f/DS-1');
    this.#destroyed = true;
    this.later.clear();
  }

  /** Makes somebody the owner, now or when everybody before him has been it. */
  claim(claimant: Claimant): void {
    if (this.#owner !== undefined) {
      this.#queue.push(claimant);
      return;
    }
    this.#grant(claimant.task, claimant.again);
    claimant.granted();
  }

  /** What somebody in the queue awaits. */
  awaited(): [what: string, holder: () => string | undefined] {
    return [
      `mutex "${this.name}"`,
      () => {
        const owner = this.#owner;
        if (owner === undefined) return undefined;
        return `held by ${describeContext(owner)}${owner.over ? ', which has ended' : ''}`;
      },
    ];
  }

  #grant(task: Task, again = false): void {
    this.#owner = task;
    this.again = again;
    task.holds.add(this);
    if (this.forInterrupts) this.sched.interruptLocks?.add(this);
  }

  #report(finding: FindingReport | undefined): void {
    if (finding !== undefined) this.sched.report(finding);
  }

  #usable(call: string): void {
    this.sched.enter();
    if (this.#destroyed) this.#panic(`${call}: destroyed`, undefined);
  }

  #checkCookie(): void {
    if (this.forInterrupts || this.#reported) return;
    this.#reported = true;
    const { task } = this.sched;
    // mutex(9F) IN-1: without the cookie the mutex cannot keep the interrupt out.
    this.sched.report({
      rule: 'MUTEX_WITHOUT_COOKIE',
      clause: 'mutex.9f/IN-1',
      message:
        `${describeContext(task)} takes mutex "${this.name}", which was initialised without an ` +
        'interrupt block cookie',
      call: 'mutex_enter',
      values: { mutex: this.name, level: task.level },
    });
  }

  /** What to say to somebody who is no owner because he did not await. */
  #forgotten(): string {
    const asked = [...this.sched.task.unawaited].map((wait) => wait.what);
    return asked.length === 0
      ? ''
      : ` (the caller asked for ${asked.join(', ')} and did not await it)`;
  }

  #panic(message: string, clause: string | undefined): never {
    const owner = this.#owner === undefined ? 'nobody' : describeContext(this.#owner);
    const values = { mutex: this.name, owner, caller: describeContext(this.sched.task) };
    const text = `${message}: mutex "${this.name}", owner ${owner}, caller ${values.caller}`;
    return this.sched.panic(new Panic(text, values, clause));
  }
}

/**
 * What stands behind an opaque mutex.
 *
 * @param call - the call of the DDI, for messages
 * @param mp - what the driver gave
 */
export function mutexOf(call: string, mp: unknown): Mutex {
  if (mp instanceof Mutex) return mp;
  throw new TypeError(`${call}: not a mutex: ${String(mp)}`);
}
