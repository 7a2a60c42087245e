/**
 * What user memory, umem cookies and bufs stand on: the parts of a machine they need, in one hand.
 *
 * A buf or a cookie carries its host, so that a call which is given nothing else finds its machine.
 */
import { Panic } from '../sys/errors.js';
import type { FindingReport } from '../sys/finding.js';
import type { RuleBook } from '../sys/quirks.js';
import { showValue } from '../sys/result.js';
import type { Arena } from '../vmem/arena.js';
import { describeContext, type ContextKind } from './context.js';
import type { Faults } from './faults.js';
import type { FrameMaps } from './frame-maps.js';
import type { Frames } from './frames.js';
import type { Kmem } from './kmem.js';
import type { LiveSet } from './live.js';
import type { PageTable } from './pages.js';
import type { Scheduler } from './sched.js';
import type { Store } from './store.js';

/** The parts. */
export interface IoHost {
  readonly store: Store;
  readonly pages: PageTable;
  readonly frames: Frames;
  readonly kmem: Kmem;
  readonly heap: Arena;
  readonly maps: FrameMaps;
  readonly live: LiveSet;
  readonly sched: Scheduler;
  readonly rules: RuleBook;
  readonly faults: Faults;
  /** The byte order of the host. */
  readonly littleEndian: boolean;
  /** The most bytes physio(9F) moves at once. */
  readonly maxphys: number;
  readonly report: (finding: FindingReport) => void;
}

/**
 * What every call into the system begins with: a machine that has panicked answers with the panic,
 * and the call is noted.
 *
 * @param call - the call
 * @param values - what tells this call from another one like it
 */
export function enterCall(host: IoHost, call: string, ...values: readonly number[]): void {
  host.sched.enter();
  const { trace } = host.sched;
  // What is no number is the call's own to refuse.
  trace.note(call, ...values.map(Number));
  if (trace.observers !== null) trace.emit({ kind: 'call', name: call, args: values });
}

/** Reports a value the page of a call does not provide for. */
export function reportBad(
  host: IoHost,
  call: string,
  clause: string,
  name: string,
  value: unknown,
  rule: string,
): void {
  host.report({
    rule: 'BAD_ARGUMENT',
    clause,
    message: `${name} ${rule}; it is ${showValue(value)}`,
    call,
    values: { [name]: value },
  });
}

/** Panics: a request that is to sleep until there is memory asks for more than there can be. */
export function panicNever(
  host: IoHost,
  call: string,
  values: Readonly<Record<string, unknown>>,
  clause: string,
): never {
  const message = `${call}: a sleeping request can never be satisfied`;
  return host.sched.panic(new Panic(message, values, clause));
}

/**
 * Reports a call from a context its page does not allow.
 *
 * @param allowed - the contexts the page does allow
 */
export function checkContext(
  host: IoHost,
  call: string,
  clause: string,
  allowed: readonly ContextKind[],
): void {
  const { current } = host.sched;
  if (allowed.includes(current.kind)) return;
  const where = allowed.join(' and ');
  host.report({
    rule: 'CONTEXT',
    clause,
    message: `called by ${describeContext(current)}; the page allows ${where} context`,
    call,
    values: { context: current.kind, level: current.level },
  });
}

/** Reports a call that may sleep, made in interrupt context. */
export function checkSleep(host: IoHost, call: string, clause: string): void {
  const { current } = host.sched;
  if (current.kind !== 'interrupt') return;
  host.report({
    rule: 'SLEEP_IN_INTERRUPT',
    clause,
    message: `${call} may block and was called in interrupt context`,
    call,
    values: { level: current.level },
  });
}
