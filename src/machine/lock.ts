/**
 * Mutexes and condition variables: mutex(9F), condvar(9F).
 *
 * 1. A *mutex* has one owner, a context, or none. Taking it when it is free takes no time and is
 *    over when the call returns; `undefined` says so, and `await` serves both answers. Otherwise
 *    the call returns a wait and the context joins the mutex's queue.
 * 2. `mutex_exit` *hands over*: the mutex passes to the head of the queue at once, not to whoever
 *    comes first, so that nobody starves and the order does not depend on who is quick.
 * 3. A *condition variable* is a queue of contexts that have given up a mutex in the same step. Who
 *    is woken takes the mutex again, or joins its queue; the wait resolves when it owns the mutex.
 *    A fault plan may wake somebody early, as soon as nobody is ready: condvar(9F) WT-2.
 * 4. Owners are contexts, as the pages have them. A handler that runs under a thread is another
 *    context than the thread and finds the thread's mutexes held.
 */
import { Condvar, condvarOf, type kcondvar_t } from './condvar.js';
import { Mutex, mutexOf, type kmutex_t } from './mutex.js';
import type { Scheduler } from './sched.js';
import type { Wait } from './wait.js';

export type { kcondvar_t } from './condvar.js';
export type { kmutex_t } from './mutex.js';

/**
 * Creates a mutex: the work of mutex_init(9F).
 *
 * @param sched - the machine's scheduler
 * @param name - for messages
 * @param _type - `MUTEX_DRIVER`; all types behave alike to a driver
 * @param iblockCookie - not null when interrupt handlers take it too
 */
export function createMutex(
  sched: Scheduler,
  name: string,
  _type: number,
  iblockCookie?: unknown,
): kmutex_t {
  return new Mutex(sched, name, iblockCookie);
}

/**
 * Creates a condition variable: the work of cv_init(9F).
 *
 * @param sched - the machine's scheduler
 * @param name - for messages
 * @param wakesEarly - asked at each wait: whether it ends before its signal
 */
export function createCondvar(
  sched: Scheduler,
  name: string,
  wakesEarly: () => boolean = () => false,
): kcondvar_t {
  return new Condvar(sched, name, wakesEarly);
}

/**
 * Takes a mutex.
 *
 * @param mp - the mutex
 * @returns undefined when it is taken already; a wait when somebody holds it
 * @throws Panic when the caller owns it, or it was destroyed
 * @remarks User, kernel and interrupt context.
 * @see mutex_enter(9F)
 */
export function mutex_enter(mp: kmutex_t): Wait<void> | undefined {
  return mutexOf('mutex_enter', mp).enter();
}

/**
 * Gives a mutex up; it passes to whoever has waited longest.
 *
 * @param mp - the mutex
 * @throws Panic when the caller does not own it
 * @remarks User, kernel and interrupt context.
 * @see mutex_exit(9F)
 */
export function mutex_exit(mp: kmutex_t): void {
  mutexOf('mutex_exit', mp).exit('mutex_exit');
}

/**
 * Takes a mutex if it is free.
 *
 * @param mp - the mutex
 * @returns 1 when it is taken, 0 when somebody holds it, the caller included
 * @remarks User, kernel and interrupt context.
 * @see mutex_tryenter(9F)
 */
export function mutex_tryenter(mp: kmutex_t): 0 | 1 {
  return mutexOf('mutex_tryenter', mp).tryenter();
}

/**
 * Whether the caller owns a mutex.
 *
 * @param mp - the mutex
 * @returns 1 when it does, else 0
 * @remarks User, kernel and interrupt context.
 * @see mutex_owned(9F)
 */
export function mutex_owned(mp: kmutex_t): 0 | 1 {
  return mutexOf('mutex_owned', mp).owned() ? 1 : 0;
}

/**
 * Ends the life of a mutex.
 *
 * @param mp - the mutex
 * @throws Panic when anybody holds it
 * @remarks User and kernel context.
 * @see mutex_destroy(9F)
 */
export function mutex_destroy(mp: kmutex_t): void {
  mutexOf('mutex_destroy', mp).destroy();
}

/**
 * Waits for a condition: gives the mutex up, waits to be woken, takes the mutex again.
 *
 * @param cvp - the condition variable
 * @param mp - the mutex, which the caller owns
 * @returns a wait, resolved when the caller owns the mutex again
 * @throws Panic when the caller does not own the mutex
 * @remarks User and kernel context. The caller tests its condition again afterwards.
 * @see cv_wait(9F)
 */
export function cv_wait(cvp: kcondvar_t, mp: kmutex_t): Wait<void> {
  return condvarOf('cv_wait', cvp).wait(mp);
}

/**
 * Waits for a condition until a point in time.
 *
 * @param cvp - the condition variable
 * @param mp - the mutex, which the caller owns
 * @param timeout - the time in clock ticks since boot, as `ddi_get_lbolt` counts them
 * @returns a wait, resolved when the caller owns the mutex again: -1 when time was up, else more
 * than 0
 * @throws Panic when the caller does not own the mutex
 * @remarks User and kernel context.
 * @see cv_timedwait(9F)
 */
export function cv_timedwait(cvp: kcondvar_t, mp: kmutex_t, timeout: number): Wait<number> {
  checkTicks('cv_timedwait', timeout);
  return condvarOf('cv_timedwait', cvp).timedwait('cv_timedwait', mp, timeout);
}

/**
 * Waits for a condition for a length of time.
 *
 * @param cvp - the condition variable
 * @param mp - the mutex, which the caller owns
 * @param delta - clock ticks from now
 * @param _res - how exact the caller wants it, `time_res_t`; the model is always exact
 * @returns as {@link cv_timedwait}
 * @throws Panic when the caller does not own the mutex
 * @remarks User and kernel context.
 * @see cv_reltimedwait(9F)
 */
export function cv_reltimedwait(
  cvp: kcondvar_t,
  mp: kmutex_t,
  delta: number,
  _res?: number,
): Wait<number> {
  checkTicks('cv_reltimedwait', delta);
  const condvar = condvarOf('cv_reltimedwait', cvp);
  return condvar.timedwait('cv_reltimedwait', mp, condvar.sched.lbolt + delta);
}

/**
 * Wakes the context that has waited longest, if any waits.
 *
 * @param cvp - the condition variable
 * @remarks User, kernel and interrupt context, with or without the mutex.
 * @see cv_signal(9F)
 */
export function cv_signal(cvp: kcondvar_t): void {
  condvarOf('cv_signal', cvp).signal();
}

/**
 * Wakes all who wait.
 *
 * @param cvp - the condition variable
 * @remarks User, kernel and interrupt context, with or without the mutex.
 * @see cv_broadcast(9F)
 */
export function cv_broadcast(cvp: kcondvar_t): void {
  condvarOf('cv_broadcast', cvp).broadcast();
}

/**
 * Ends the life of a condition variable.
 *
 * @param cvp - the condition variable
 * @throws Panic when anybody waits for it
 * @remarks User and kernel context.
 * @see cv_destroy(9F)
 */
export function cv_destroy(cvp: kcondvar_t): void {
  condvarOf('cv_destroy', cvp).destroy();
}

function checkTicks(call: string, ticks: number): void {
  if (Number.isSafeInteger(ticks)) return;
  throw new TypeError(`${call}: ${String(ticks)} is not a number of clock ticks`);
}
