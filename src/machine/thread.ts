/** Threads as the scheduler keeps them: handlers under way are threads here too. */
import { ModelBug } from '../sys/errors.js';
import { describeContext, type Context, type ContextKind, type Lock } from './context.js';

/** Threads and handlers under way on one machine: a driver has a few; these are a leak. */
export const THREAD_LIMIT = 1 << 16;

/** Lines of a list of threads in a message; the first ones tell the story. */
const LIST_LINES = 50;

/** What a thread is doing. `ready` also stands for one that has not begun. */
export type ThreadState = 'ready' | 'running' | 'parked' | 'finished' | 'failed';

/** One thing a task waits for, as a deadlock report shows it. */
export interface Awaited {
  /** What is awaited. */
  readonly what: string;
  /** Who could provide it, when that is known. */
  holder(): string | undefined;
}

/** A turn somebody is owed: the first one of a thread, or its return from a wait. */
export interface Turn {
  readonly task: Task;
  /** What is awaited; undefined for a first turn. */
  readonly on: Awaited | undefined;
  /** Takes the turn; called once. */
  go(): void;
}

/** A thread, a call of a handler, the boot context or the hardware. */
export class Task implements Context {
  readonly id: number;
  readonly name: string;
  readonly kind: ContextKind;
  readonly level: number;
  readonly holds = new Set<Lock>();
  /** What it awaits: the waits whose `then` was called while it ran and which it has not got. */
  readonly waits = new Set<Turn>();
  /** Waits it asked for and has not awaited, and which have not been settled either. */
  readonly unawaited = new Set<Awaited>();
  state: ThreadState = 'ready';
  /** Path of the device whose driver it runs, where that is known. */
  worksFor: string | null = null;
  /** Turns of its that are queued. */
  owed = 0;
  /** Left behind by a reset; never gets a turn again. */
  abandoned = false;

  constructor(id: number, name: string, kind: ContextKind, level: number) {
    this.id = id;
    this.name = name;
    this.kind = kind;
    this.level = level;
  }

  /** Whether it has come to its end, either way. */
  get over(): boolean {
    return this.state === 'finished' || this.state === 'failed';
  }
}

/** The tasks of one machine that are under way. */
export class TaskTable {
  readonly #live = new Set<Task>();
  readonly #firstId: number;
  #lastId: number;

  /** @param firstId - the number of the first task made here */
  constructor(firstId: number) {
    this.#firstId = firstId;
    this.#lastId = firstId - 1;
  }

  /** Makes a task. */
  make(name: string, kind: ContextKind, level: number): Task {
    if (this.#live.size >= THREAD_LIMIT) {
      throw new ModelBug(`"${name}": ${String(THREAD_LIMIT)} threads are under way already`);
    }
    const task = new Task(++this.#lastId, name, kind, level);
    this.#live.add(task);
    return task;
  }

  /** Notes the end of a task. */
  end(task: Task, state: 'finished' | 'failed'): void {
    task.state = state;
    this.#live.delete(task);
  }

  /** Leaves everybody behind. */
  reset(): void {
    for (const task of this.#live) task.abandoned = true;
    this.#live.clear();
    this.#lastId = this.#firstId - 1;
  }

  /** Who is under way and what each awaits, line by line. */
  list(): string {
    const lines: string[] = [];
    for (const task of this.#live) {
      if (lines.length === LIST_LINES) break;
      lines.push(`\n  ${doing(task)}`);
    }
    const more = this.#live.size - lines.length;
    if (more > 0) lines.push(`\n  and ${String(more)} more`);
    return lines.join('');
  }

  /** Who else is under way, and what each awaits. */
  others(than: Context): readonly string[] {
    return [...this.#live].filter((task) => task !== than).map(doing);
  }
}

function doing(task: Task): string {
  const what =
    task.state === 'parked' ? `awaits ${listWaits(task, describeAwaited)}` : `is ${task.state}`;
  return `${describeContext(task)} ${what}`;
}

/**
 * What is awaited, and who could provide it.
 *
 * @param awaited - a wait
 */
export function describeAwaited(awaited: Awaited): string {
  const holder = awaited.holder();
  return holder === undefined ? awaited.what : `${awaited.what}, ${holder}`;
}

/**
 * What a task is doing, for a message about somebody who waits for its end.
 *
 * @param task - any task
 */
export function describeTask(task: Task): string {
  if (task.state !== 'parked') return `which is ${task.state}`;
  // Not who holds it: that may be a task that waits for this one, and so on in a circle.
  return `which awaits ${listWaits(task, (wait) => wait.what)}`;
}

/**
 * Whether a value must be awaited.
 *
 * @param value - what a function returned
 */
export function isThenable<T>(value: T | PromiseLike<T>): value is PromiseLike<T> {
  return (
    typeof value === 'object' &&
    value !== null &&
    'then' in value &&
    typeof value.then === 'function'
  );
}

function listWaits(task: Task, describe: (awaited: Awaited) => string): string {
  return [...task.waits].flatMap(({ on }) => (on === undefined ? [] : describe(on))).join('; and ');
}
