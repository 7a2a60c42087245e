/**
 * Task queues: work for later, done by threads of their own.
 *
 * 1. A *task* is a function and an argument. Tasks start in the order in which they were
 *    dispatched.
 * 2. A queue has at most as many *workers* as it was made with. A worker exists while there is
 *    work: an idle queue keeps nothing of the machine busy.
 * 3. A suspended queue starts no task; those that run go on.
 */
import { ModelBug } from '../sys/errors.js';
import { Fifo } from './fifo.js';
import type { LiveSet, LiveSource } from './live.js';
import type { Scheduler, Ticket, Wait } from './sched.js';
import type { LiveObject } from '../sys/observer.js';

/** Tasks waiting on one queue. */
export const TASK_LIMIT = 1 << 16;

/** What a task queue stands on. */
export interface TaskqParts {
  readonly sched: Scheduler;
  readonly live: LiveSet;
  /** Who made it, for leak reports. */
  readonly owner: string;
}

type Task = () => void | PromiseLike<void>;

/** A task queue. */
export class Taskq implements LiveSource {
  readonly name: string;
  readonly #parts: TaskqParts;
  readonly #threads: number;
  readonly #tasks: Fifo<Task>;
  readonly #id: number;
  #workers = 0;
  #running = 0;
  #suspended = false;
  #drained: Ticket<void>[] = [];
  /** Set once ddi_taskq_destroy(9F) was called: nothing may be dispatched any more. */
  destroyed = false;

  constructor(parts: TaskqParts, name: string, threads: number) {
    this.#parts = parts;
    this.name = name;
    this.#threads = threads;
    this.#tasks = new Fifo(`tasks of queue "${name}"`, TASK_LIMIT);
    this.#id = parts.live.nextId();
    parts.live.add(this);
  }

  get suspended(): boolean {
    return this.#suspended;
  }

  /** Queues a task. */
  dispatch(task: Task): void {
    if (this.destroyed) throw new ModelBug(`task queue "${this.name}" was destroyed`);
    this.#tasks.push(task);
    this.#hire();
  }

  suspend(): void {
    this.#suspended = true;
  }

  resume(): void {
    this.#suspended = false;
    while (this.#workers < this.#threads && this.#workers < this.#tasks.size) this.#hire();
  }

  /**
   * A wait until every task dispatched so far, and meanwhile, is done; nothing when none is left.
   */
  drain(): Wait<void> | undefined {
    if (this.#tasks.size === 0 && this.#running === 0) return undefined;
    const ticket = this.#parts.sched.ticket<void>(`the tasks of queue "${this.name}"`, () =>
      this.#suspended ? 'which is suspended' : `${this.#tasks.size + this.#running} left`,
    );
    this.#drained.push(ticket);
    return ticket.wait;
  }

  /** Ends the queue's life. */
  destroy(): void {
    this.destroyed = true;
    this.#parts.live.remove(this);
  }

  liveObjects(): readonly LiveObject[] {
    const detail = `"${this.name}", ${this.#tasks.size} tasks wait`;
    const clause = 'detach.9e/DT-1';
    return [{ kind: 'task queue', id: this.#id, owner: this.#parts.owner, detail, clause }];
  }

  #hire(): void {
    if (this.#suspended || this.#workers >= this.#threads) return;
    this.#workers++;
    const { sched } = this.#parts;
    sched.thread(`taskq ${this.name}`, () => this.#work(), 'kernel');
  }

  async #work(): Promise<void> {
    for (;;) {
      const task = this.#suspended ? undefined : this.#tasks.shift();
      if (task === undefined) break;
      this.#running++;
      try {
        await task();
      } finally {
        this.#running--;
        this.#settle();
      }
    }
    this.#workers--;
  }

  #settle(): void {
    if (this.#tasks.size > 0 || this.#running > 0) return;
    const drained = this.#drained;
    this.#drained = [];
    for (const ticket of drained) ticket.resolve();
  }
}
