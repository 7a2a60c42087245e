/**
 * The order of mutexes: mutex(9F) NT-4, DS-2.
 *
 * 1. Mutex b comes *after* mutex a once somebody has waited for b, or could have, holding a. What
 *    was tried with mutex_tryenter(9F) comes after nothing: who does not wait cannot be stuck.
 * 2. Two threads can be stuck when each holds what the other wants: when a mutex is taken that
 *    comes, in one step or several, before one that is held. It need not come to that in this run:
 *    the order alone tells.
 * 3. An order is remembered for as long as its mutexes live, and told of once. Whoever takes
 *    {@link ORDER_LIMIT} different mutexes under one is forgotten and begins anew.
 */
import { describeContext, type Context, type Lock } from './context.js';
import type { FindingReport } from '../sys/finding.js';

/** A lock with those that were taken while it was held. */
export interface OrderedLock extends Lock {
  readonly later: Set<OrderedLock>;
  /** Whether its owner has it again from cv_wait(9F), and entered it before what else is held. */
  readonly again: boolean;
}

/** Mutexes after one, and mutexes looked at for one answer: more than a driver has. */
export const ORDER_LIMIT = 10_000;

/**
 * Notes that a context that holds mutexes takes another one.
 *
 * @param context - who takes it
 * @param taken - the mutex
 * @returns what to report, when the mutexes were taken the other way round before
 */
export function noteTaken(context: Context, taken: OrderedLock): FindingReport | undefined {
  let finding: FindingReport | undefined;
  for (const lock of context.holds) {
    const held = lock as OrderedLock;
    if (held.later.has(taken)) continue;
    const path = pathOf(taken, held);
    if (held.later.size >= ORDER_LIMIT) held.later.clear();
    held.later.add(taken);
    if (path === undefined) continue;
    const order = path.map(({ name }) => `"${name}"`).join(', ');
    finding ??= {
      rule: 'MUTEX_ORDER',
      // mutex(9F) NT-4: a consistent order of acquisition.
      clause: 'mutex.9f/NT-4',
      message:
        `${describeContext(context)} takes mutex "${taken.name}" while it holds "${held.name}"; ` +
        `they were taken in the order ${order} before: two threads can wait for one another`,
      call: 'mutex_enter',
      values: { mutex: taken.name, held: held.name },
    };
  }
  return finding;
}

/**
 * Whether a mutex is the one to be given up next.
 *
 * @param context - who gives it up
 * @param left - the mutex
 * @returns what to report, when another one was taken after it and is still held
 */
export function noteLeft(context: Context, left: OrderedLock): FindingReport | undefined {
  const entered = ([...context.holds] as OrderedLock[]).filter((lock) => !lock.again);
  const last = left.again ? undefined : entered.at(-1);
  if (last === undefined || last === left) return undefined;
  return {
    rule: 'MUTEX_ORDER',
    // mutex(9F) DS-2: exit in reverse order of entry.
    clause: 'mutex.9f/DS-2',
    message:
      `${describeContext(context)} gives mutex "${left.name}" up while it holds "${last.name}", ` +
      'which it took later',
    call: 'mutex_exit',
    values: { mutex: left.name, held: last.name },
  };
}

/** From one mutex to another by what was taken while each was held. */
function pathOf(from: OrderedLock, to: OrderedLock): readonly OrderedLock[] | undefined {
  const cameFrom = new Map<OrderedLock, OrderedLock | null>([[from, null]]);
  for (const lock of cameFrom.keys()) {
    if (lock === to) return backFrom(to, cameFrom);
    if (cameFrom.size > ORDER_LIMIT) return undefined;
    for (const next of lock.later) if (!cameFrom.has(next)) cameFrom.set(next, lock);
  }
  return undefined;
}

function backFrom(
  to: OrderedLock,
  cameFrom: ReadonlyMap<OrderedLock, OrderedLock | null>,
): readonly OrderedLock[] {
  const path: OrderedLock[] = [];
  for (let at: OrderedLock | null = to; at !== null; at = cameFrom.get(at) ?? null)
    path.unshift(at);
  return path;
}
