/**
 * How threads and handlers begin and end: what the trace is told, and what none may leave behind.
 *
 * A thread or handler that ends has awaited every wait it asked for, and holds no mutex. The first
 * is a failure of the run, for the machine cannot go on as if nothing had happened; the second is a
 * finding, for a real system would go on.
 */
import type { FindingReport } from '../sys/finding.js';
import { describeContext } from './context.js';
import { notAwaited } from './failures.js';
import type { Task, TaskTable } from './thread.js';
import type { Trace } from './trace.js';

/** In a box, because anything can be thrown, `undefined` too. */
export interface Failure {
  readonly error: unknown;
}

/** What beginnings and ends are told to. */
export interface EndsParts {
  readonly tasks: TaskTable;
  readonly trace: Trace;
  readonly report: (finding: FindingReport) => void;
  /** Notes a failure of the run. */
  readonly fail: (error: unknown) => void;
}

/** Beginnings and ends on one machine. */
export class Ends {
  readonly #parts: EndsParts;

  constructor(parts: EndsParts) {
    this.#parts = parts;
  }

  /** A handler begins. */
  entered(task: Task): void {
    task.state = 'running';
    this.#note(task, 'enter');
  }

  /** A task is over; nothing is looked at. */
  left(task: Task, state: 'finished' | 'failed'): void {
    this.#parts.tasks.end(task, state);
    if (task.kind === 'interrupt') this.#note(task, 'leave');
  }

  /**
   * The end of a thread or handler, with or without failure: looks for what it may not leave
   * behind, then tells `then`, in any case.
   */
  ended<R>(
    task: Task,
    thrown: Failure | undefined,
    then: (value: R) => void,
    value: R,
  ): Failure | undefined {
    let failure = thrown;
    this.left(task, failure === undefined ? 'finished' : 'failed');
    try {
      if (failure === undefined && task.unawaited.size > 0) throw notAwaited(task);
      if (failure === undefined && task.holds.size > 0) this.#reportHeld(task);
    } catch (error) {
      failure = { error };
    }
    try {
      then(value);
    } catch (error) {
      failure ??= { error };
    }
    if (failure !== undefined) this.#parts.fail(failure.error);
    return failure;
  }

  #note({ id, name, level }: Task, phase: 'enter' | 'leave'): void {
    const { trace } = this.#parts;
    trace.note(phase, level, id);
    if (trace.observed) trace.emit({ kind: 'interrupt', name, level, phase });
  }

  #reportHeld(task: Task): void {
    const held = [...task.holds].map((lock) => `"${lock.name}"`).join(', ');
    // mutex(9F) NT-2: nobody can release the mutex any more, because only its owner may.
    this.#parts.report({
      rule: 'MUTEX_HELD_AT_RETURN',
      clause: 'mutex.9f/NT-2',
      message: `${describeContext(task)} returned holding ${held}`,
      call: task.name,
      values: { held },
    });
  }
}
