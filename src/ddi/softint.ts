/** ddi_intr_add_softint(9F) and the obsolete ddi_add_softintr(9F): soft interrupts of a driver. */
import { err, ok, ResultAsync, type Result } from 'neverthrow';
import type { Wait } from '../machine/wait.js';
import { IblockCookie } from '../nexus/intr.js';
import { softHandler, SoftintHandle } from '../nexus/softint.js';
import {
  DDI_INTR_SOFTPRI_MAX,
  DDI_INTR_SOFTPRI_MIN,
  DDI_SOFTINT_FIXED,
  DDI_SOFTINT_MED,
} from '../sys/constants-intr.js';
import { ddiError, Panic, type DdiError } from '../sys/errors.js';
import { showValue } from '../sys/result.js';
import type { ddi_softint_handle_t, dev_info_t } from '../sys/types.js';
import { enterDip, reportBad } from './enter.js';
import type { IblockOut } from './intr.js';
import { einval, notInInterrupt, type Einval } from './intr-enter.js';
import type { ddi_intr_handler_t, Ended } from './intr-handler.js';

const page = 'ddi_intr_add_softint.9f';
const oldPage = 'ddi_add_softintr.9f';

/** What DDI_SOFTINT_HIGH and the others of ddi_add_softintr(9F) stand for. */
const oldLevels = { high: 6, medium: 4 } as const;

/** Out-parameter of ddi_intr_add_softint(9F). */
export interface SoftintOut {
  /** The soft interrupt. */
  readonly h: ddi_softint_handle_t;
}

/** Out-parameter of ddi_intr_get_softint_pri(9F). */
export interface SoftintPriOut {
  /** `DDI_INTR_SOFTPRI_MIN` to `DDI_INTR_SOFTPRI_MAX`. */
  readonly soft_pri: number;
}

/** Out-parameters of ddi_add_softintr(9F). */
export interface AddSoftintrOut extends IblockOut {
  /** The soft interrupt. */
  readonly id: ddi_softint_handle_t;
}

/**
 * Adds a soft interrupt.
 *
 * @param dip - the device
 * @param soft_pri - its level, `DDI_INTR_SOFTPRI_MIN` to `DDI_INTR_SOFTPRI_MAX`
 * @param handler - returns `DDI_INTR_CLAIMED` or `DDI_INTR_UNCLAIMED`; may be async
 * @param arg1 - its first argument
 * @returns `h`; `DDI_EINVAL` for another level, or when `handler` is none
 * @remarks User and kernel context.
 * @see ddi_intr_add_softint(9F)
 */
export function ddi_intr_add_softint<A1, A2 = unknown>(
  dip: dev_info_t,
  soft_pri: number,
  handler: ddi_intr_handler_t<A1, A2>,
  arg1: A1,
): Result<SoftintOut, Einval> {
  const call = 'ddi_intr_add_softint';
  const rdip = enterDip(call, dip);
  notInInterrupt(rdip, call, `${page}/CX-1`);
  const inRange = soft_pri >= DDI_INTR_SOFTPRI_MIN && soft_pri <= DDI_INTR_SOFTPRI_MAX;
  if (!Number.isInteger(soft_pri) || !inRange) {
    const clause = `${page}/AR-1`;
    reportBad(rdip, call, clause, 'soft_pri', soft_pri, 'must be an integer from 1 to 9');
    return err(einval(call, clause, 'soft_pri is no priority', { soft_pri }));
  }
  if (typeof handler !== 'function') {
    const clause = `${page}/RV-1`;
    reportBad(rdip, call, clause, 'handler', handler, 'must be a function');
    return err(einval(call, clause, 'handler is no function', { handler }));
  }
  return ok({ h: new SoftintHandle(rdip, soft_pri, softHandler(rdip, handler, arg1)) });
}

/**
 * Triggers a soft interrupt: its handler is called once, soon, with both arguments.
 *
 * @param h - the soft interrupt
 * @param arg2 - the second argument of the handler, for this call
 * @returns nothing; `DDI_EPENDING`, and the argument is dropped, while one is pending; `DDI_EINVAL`
 * when there is none
 * @remarks Any context: the page has user and kernel, and its example an interrupt handler.
 * @see ddi_intr_trigger_softint(9F)
 */
export function ddi_intr_trigger_softint(
  h: ddi_softint_handle_t | null,
  arg2: unknown,
): Result<void, DdiError<'DDI_EINVAL' | 'DDI_EPENDING'>> {
  const call = 'ddi_intr_trigger_softint';
  const handle = enterSoft(call, h);
  if (!(handle instanceof SoftintHandle)) return err(handle);
  if (handle.trigger(arg2)) return ok();
  return err(ddiError('DDI_EPENDING', call, `${page}/TR-2`, 'one is pending', { arg2 }));
}

/**
 * Removes a soft interrupt. Once it has returned, or what it returned has resolved, the handler
 * does not run any more.
 *
 * @param h - the soft interrupt
 * @returns nothing, later when the handler is running; `DDI_EINVAL` when there is none
 * @remarks User and kernel context.
 * @see ddi_intr_remove_softint(9F)
 */
export function ddi_intr_remove_softint(h: ddi_softint_handle_t | null): Ended {
  const call = 'ddi_intr_remove_softint';
  const handle = enterSoft(call, h);
  if (!(handle instanceof SoftintHandle)) return err(handle);
  notInInterrupt(handle.rdip, call, `${page}/CX-1`);
  const wait = removed(handle);
  return wait === undefined ? ok() : new ResultAsync(Promise.resolve(wait).then(() => ok()));
}

/**
 * The priority a soft interrupt was added with.
 *
 * @param h - the soft interrupt
 * @returns `soft_pri`; `DDI_EINVAL` when there is none
 * @remarks User and kernel context.
 * @see ddi_intr_get_softint_pri(9F)
 */
export function ddi_intr_get_softint_pri(
  h: ddi_softint_handle_t | null,
): Result<SoftintPriOut, Einval> {
  const call = 'ddi_intr_get_softint_pri';
  const handle = enterSoft(call, h);
  if (!(handle instanceof SoftintHandle)) return err(handle);
  notInInterrupt(handle.rdip, call, `${page}/CX-1`);
  return ok({ soft_pri: handle.level });
}

/**
 * The cookie of a soft interrupt, before it is added.
 *
 * @param dip - the device
 * @param preference - `DDI_SOFTINT_LOW`, `DDI_SOFTINT_MED` or `DDI_SOFTINT_HIGH`
 * @returns `iblock_cookie`; `DDI_FAILURE` for another preference
 * @remarks User and kernel context.
 * @see ddi_add_softintr(9F)
 * @deprecated Use {@link ddi_intr_add_softint}, whose priority is the caller's.
 */
export function ddi_get_soft_iblock_cookie(
  dip: dev_info_t,
  preference: number,
): Result<IblockOut, DdiError<'DDI_FAILURE'>> {
  const call = 'ddi_get_soft_iblock_cookie';
  enterDip(call, dip);
  const level = levelOf(preference);
  if (level === null) return failure(call, preference);
  return ok({ iblock_cookie: new IblockCookie(level) });
}

/**
 * Adds a soft interrupt at the level of a preference.
 *
 * @param dip - the device
 * @param preference - `DDI_SOFTINT_LOW`, `DDI_SOFTINT_MED` or `DDI_SOFTINT_HIGH`
 * @param int_handler - returns `DDI_INTR_CLAIMED` or `DDI_INTR_UNCLAIMED`; may be async
 * @param int_handler_arg - its argument
 * @returns `id` and `iblock_cookie`; `DDI_FAILURE` for another preference, or no handler
 * @remarks User and kernel context.
 * @see ddi_add_softintr(9F)
 * @deprecated Use {@link ddi_intr_add_softint}.
 */
export function ddi_add_softintr<A>(
  dip: dev_info_t,
  preference: number,
  int_handler: (arg: A) => number | PromiseLike<number>,
  int_handler_arg: A,
): Result<AddSoftintrOut, DdiError<'DDI_FAILURE'>> {
  const call = 'ddi_add_softintr';
  const rdip = enterDip(call, dip);
  const level = levelOf(preference);
  if (level === null || typeof int_handler !== 'function') return failure(call, preference);
  const id = new SoftintHandle(rdip, level, softHandler(rdip, int_handler, int_handler_arg));
  return ok({ id, iblock_cookie: new IblockCookie(level) });
}

/**
 * Triggers a soft interrupt; while it is pending, nothing more happens.
 *
 * @param id - what {@link ddi_add_softintr} gave
 * @remarks Any context.
 * @see ddi_trigger_softintr(9F)
 * @deprecated Use {@link ddi_intr_trigger_softint}.
 */
export function ddi_trigger_softintr(id: ddi_softint_handle_t | null): void {
  const handle = enterSoft('ddi_trigger_softintr', id);
  if (handle instanceof SoftintHandle) handle.trigger(null);
}

/**
 * Removes a soft interrupt.
 *
 * @param id - what {@link ddi_add_softintr} gave
 * @returns a wait while the handler is still running
 * @remarks User and kernel context.
 * @see ddi_remove_softintr(9F)
 * @deprecated Use {@link ddi_intr_remove_softint}.
 */
export function ddi_remove_softintr(id: ddi_softint_handle_t | null): Wait<void> | undefined {
  const handle = enterSoft('ddi_remove_softintr', id);
  return handle instanceof SoftintHandle ? removed(handle) : undefined;
}

function removed(handle: SoftintHandle): Wait<void> | undefined {
  return handle.remove(handle.rdip.machine.sched.current.kind !== 'interrupt');
}

/** The level of a preference of the old interface; `null` for what is none. */
function levelOf(preference: number): number | null {
  if (!Number.isInteger(preference) || preference <= DDI_SOFTINT_FIXED) return null;
  return preference > DDI_SOFTINT_MED ? oldLevels.high : oldLevels.medium;
}

function failure(call: string, preference: number): Result<never, DdiError<'DDI_FAILURE'>> {
  const message = 'no such preference, or no handler';
  return err(ddiError('DDI_FAILURE', call, `${oldPage}/RV-1`, message, { preference }));
}

/** The soft interrupt behind `h`, or why there is none. */
function enterSoft(call: string, h: ddi_softint_handle_t | null): SoftintHandle | Einval {
  if (h === null) return einval(call, `${page}/RV-1`, 'h is NULL', { h });
  if (!(h instanceof SoftintHandle)) {
    throw new Panic(`${call}: h must come from ddi_intr_add_softint(9F); ${showValue(h)} does not`);
  }
  const { machine } = h.rdip;
  machine.sched.check();
  machine.trace.note(call, h.id);
  if (machine.trace.observers !== null) {
    machine.trace.emit({ kind: 'call', name: call, args: [h.id] });
  }
  if (!h.freed) return h;
  const message = `the soft interrupt ${h.id} was removed`;
  const clause = `${page}/RM-1`;
  machine.report({ rule: 'USE_AFTER_FREE', clause, message, call, values: { h: h.id } });
  return einval(call, clause, message, { h: h.id });
}
