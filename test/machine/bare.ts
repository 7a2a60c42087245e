/** A machine without memory or bus: time, threads and interrupts only. */
import { Clock } from '../../src/machine/clock.js';
import { InterruptController } from '../../src/machine/intr.js';
import {
  createCondvar,
  createMutex,
  type kcondvar_t,
  type kmutex_t,
} from '../../src/machine/lock.js';
import { Scheduler, type Wait } from '../../src/machine/sched.js';
import { Trace } from '../../src/machine/trace.js';
import type { FindingReport } from '../../src/sys/finding.js';

export interface Bare {
  readonly clock: Clock;
  readonly trace: Trace;
  readonly sched: Scheduler;
  readonly intr: InterruptController;
  readonly findings: FindingReport[];
  /** Everybody says here what they do; together with who says it. */
  readonly log: string[];
  readonly say: (what: string) => void;
  /** Parks the caller for virtual nanoseconds. */
  readonly sleep: (ns: number) => Wait<void>;
  /** Gives everybody else who is ready a turn. */
  readonly pass: () => Wait<void>;
  /** A mutex that interrupts may take. */
  readonly mutex: (name?: string) => kmutex_t;
  readonly condvar: (name?: string) => kcondvar_t;
}

/**
 * Builds one.
 *
 * @param options - `turnLimit` of a run; `throwing` makes findings throw
 */
export function bare(
  options: { readonly turnLimit?: number; readonly throwing?: boolean } = {},
): Bare {
  const clock = new Clock();
  const trace = new Trace();
  const findings: FindingReport[] = [];
  const log: string[] = [];
  const report = (finding: FindingReport): void => {
    findings.push(finding);
    if (options.throwing === true) throw new Error(finding.rule);
  };
  const { turnLimit } = options;
  const sched = new Scheduler({
    clock,
    trace,
    report,
    ...(turnLimit === undefined ? {} : { turnLimit }),
  });
  const intr = new InterruptController({ sched, trace, report });
  return {
    clock,
    trace,
    sched,
    intr,
    findings,
    log,
    say: (what) => {
      log.push(`${sched.current.name}: ${what}`);
    },
    sleep: (ns) => {
      const { wait, resolve } = sched.ticket<void>(`sleep ${String(ns)}`);
      clock.after(ns, resolve, 'sleep');
      return wait;
    },
    pass: () => {
      const { wait, resolve } = sched.ticket<void>('pass');
      resolve();
      return wait;
    },
    mutex: (name = 'm') => createMutex(sched, name, 4, 'cookie'),
    condvar: (name = 'c') => createCondvar(sched, name),
  };
}

/**
 * The error a promise rejects with.
 *
 * @param promise - one that must not resolve
 */
export async function failure(promise: PromiseLike<unknown>): Promise<Error> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof Error) return error;
    throw new Error(`rejected with ${String(error)}, which is no Error`, { cause: error });
  }
  throw new Error('did not reject');
}

/**
 * What a driver does that forgets an `await`.
 *
 * @param _wait - what it should have awaited
 */
export function forget(_wait: unknown): void {
  // That is all.
}
