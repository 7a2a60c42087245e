/**
 * ddi_intr_get_cap(9F), ddi_intr_get_pri(9F), ddi_intr_set_mask(9F), ddi_intr_get_pending(9F): what
 * an interrupt can, and what it is doing.
 */
import { err, ok, type Result } from 'neverthrow';
import { IblockCookie, IntrHandle } from '../nexus/intr.js';
import {
  DDI_INTR_FLAG_MASKABLE,
  DDI_INTR_FLAG_PENDING,
  DDI_INTR_PRI_MAX,
  DDI_INTR_PRI_MIN,
} from '../sys/constants-intr.js';
import { ddiError, type DdiError } from '../sys/errors.js';
import type { ddi_iblock_cookie_t, ddi_intr_handle_t } from '../sys/types.js';
import { reportBad } from './enter.js';
import { einval, enterIntr, notInInterrupt, outOfOrder, type Einval } from './intr-enter.js';

const capPage = 'ddi_intr_get_cap.9f';
const priPage = 'ddi_intr_get_pri.9f';
const maskPage = 'ddi_intr_set_mask.9f';
const pendingPage = 'ddi_intr_get_pending.9f';

/** LOCK_LEVEL: the highest priority a kernel lets a driver choose on a PC. */
const lockLevel = 10;

/** Out-parameter of ddi_intr_get_cap(9F). */
export interface IntrCapOut {
  /** `DDI_INTR_FLAG_*`, or'ed. */
  readonly flags: number;
}

/** Out-parameter of ddi_intr_get_pri(9F). */
export interface IntrPriOut {
  /** `DDI_INTR_PRI_MIN` to `DDI_INTR_PRI_MAX`. */
  readonly pri: number;
}

/** Out-parameter of ddi_intr_get_pending(9F). */
export interface IntrPendingOut {
  /** Not 0 when one is pending. */
  readonly pending: number;
}

/** Codes of ddi_intr_set_mask(9F), ddi_intr_clr_mask(9F) and ddi_intr_get_pending(9F). */
export type IntrMaskError = DdiError<'DDI_EINVAL' | 'DDI_ENOTSUP'>;
/** Codes of ddi_intr_set_pri(9F). */
export type IntrPriError = DdiError<'DDI_EINVAL' | 'DDI_FAILURE'>;

/**
 * What an interrupt can.
 *
 * @param h - an interrupt
 * @returns `flags`; `DDI_EINVAL` when the handle is none
 * @remarks User and kernel context, outside interrupts.
 * @see ddi_intr_get_cap(9F)
 */
export function ddi_intr_get_cap(h: ddi_intr_handle_t | null): Result<IntrCapOut, Einval> {
  const call = 'ddi_intr_get_cap';
  const handle = enterIntr(call, capPage, h);
  if (!(handle instanceof IntrHandle)) return err(handle);
  notInInterrupt(handle.rdip, call, `${capPage}/CX-1`);
  return ok({ flags: handle.capabilities });
}

/**
 * The priority of an interrupt, for mutex_init(9F) by way of {@link DDI_INTR_PRI}.
 *
 * @param h - an interrupt
 * @returns `pri`; `DDI_EINVAL` when the handle is none
 * @remarks Kernel context, outside interrupts.
 * @see ddi_intr_get_pri(9F)
 */
export function ddi_intr_get_pri(h: ddi_intr_handle_t | null): Result<IntrPriOut, Einval> {
  const call = 'ddi_intr_get_pri';
  const handle = enterIntr(call, priPage, h);
  if (!(handle instanceof IntrHandle)) return err(handle);
  notInInterrupt(handle.rdip, call, `${priPage}/CX-1`);
  return ok({ pri: handle.level });
}

/**
 * Sets the priority of an interrupt, before it has a handler.
 *
 * @param h - an allocated interrupt without a handler
 * @param pri - `DDI_INTR_PRI_MIN` to `DDI_INTR_PRI_MAX`
 * @returns nothing; `DDI_EINVAL` for another priority, `DDI_FAILURE` when it has a handler
 * @remarks Kernel context, outside interrupts.
 * @see ddi_intr_set_pri(9F)
 */
export function ddi_intr_set_pri(
  h: ddi_intr_handle_t | null,
  pri: number,
): Result<void, IntrPriError> {
  const call = 'ddi_intr_set_pri';
  const handle = enterIntr(call, priPage, h);
  if (!(handle instanceof IntrHandle)) return err(handle);
  notInInterrupt(handle.rdip, call, `${priPage}/CX-1`);
  const { rules } = handle.rdip.machine;
  const clause = `${priPage}/SP-1`;
  if (!Number.isInteger(pri) || pri < DDI_INTR_PRI_MIN || pri > DDI_INTR_PRI_MAX) {
    reportBad(handle.rdip, call, clause, 'pri', pri, 'must be an integer from 1 to 12');
    return err(einval(call, clause, 'pri is no priority', { pri }));
  }
  const wrong = outOfOrder(call, handle, `${priPage}/SP-2`, 'allocated');
  // PAGE-VS-CODE: the page has FAILURE for a handle with a handler, the code EINVAL.
  if (wrong !== null && rules.has('intr-set-pri-einval')) return err(wrong);
  if (wrong !== null) {
    return err(ddiError('DDI_FAILURE', call, `${priPage}/SP-2`, wrong.message, wrong.values));
  }
  if (pri > lockLevel && rules.has('intr-set-pri-lock-level')) {
    const message = `the platform gives no priority above ${lockLevel}`;
    return err(ddiError('DDI_FAILURE', call, `${priPage}/SP-1`, message, { pri }));
  }
  handle.level = pri;
  return ok();
}

/**
 * A priority as mutex_init(9F) takes it.
 *
 * @param pri - of ddi_intr_get_pri(9F), or of a soft interrupt
 * @returns what to give to mutex_init; `null`, a mutex for threads alone, for 0
 */
export function DDI_INTR_PRI(pri: number): ddi_iblock_cookie_t | null {
  return pri === 0 ? null : new IblockCookie(pri);
}

/**
 * Masks an interrupt. What is on its way already may still arrive.
 *
 * @param h - an enabled interrupt with `DDI_INTR_FLAG_MASKABLE`
 * @returns nothing; `DDI_EINVAL` when it is not enabled, `DDI_ENOTSUP` when it has no mask
 * @remarks Any context.
 * @see ddi_intr_set_mask(9F)
 */
export function ddi_intr_set_mask(h: ddi_intr_handle_t | null): Result<void, IntrMaskError> {
  const call = 'ddi_intr_set_mask';
  const handle = maskable(call, h);
  if (!(handle instanceof IntrHandle)) return err(handle);
  handle.mask(true);
  return ok();
}

/**
 * Unmasks an interrupt; what was pending arrives.
 *
 * @param h - an enabled interrupt that is masked
 * @returns nothing; `DDI_EINVAL` when it is not enabled or was not masked, `DDI_ENOTSUP` when it
 * has no mask
 * @remarks Any context.
 * @see ddi_intr_clr_mask(9F)
 */
export function ddi_intr_clr_mask(h: ddi_intr_handle_t | null): Result<void, IntrMaskError> {
  const call = 'ddi_intr_clr_mask';
  const handle = maskable(call, h);
  if (!(handle instanceof IntrHandle)) return err(handle);
  if (!handle.masked) {
    const message = `interrupt ${handle.type} ${handle.inum} was not masked with ddi_intr_set_mask`;
    const clause = `${maskPage}/DS-3`;
    const { machine } = handle.rdip;
    machine.report({ rule: 'INTR_ORDER', clause, message, call, values: { masked: false } });
    // PAGE-VS-CODE: the code clears the mask, whoever may have set it.
    if (!machine.rules.has('intr-clr-mask-unpaired')) {
      return err(einval(call, clause, message, { masked: false }));
    }
  }
  handle.mask(false);
  return ok();
}

/**
 * Whether an interrupt is pending.
 *
 * @param h - an interrupt with `DDI_INTR_FLAG_PENDING`
 * @returns `pending`, 0 or not; `DDI_ENOTSUP`, with `out.pending` 0, when that cannot be read
 * @remarks User and kernel context, outside interrupts.
 * @see ddi_intr_get_pending(9F)
 */
export function ddi_intr_get_pending(
  h: ddi_intr_handle_t | null,
): Result<IntrPendingOut, IntrMaskError> {
  const call = 'ddi_intr_get_pending';
  const handle = enterIntr(call, pendingPage, h);
  if (!(handle instanceof IntrHandle)) return err(handle);
  const { rules } = handle.rdip.machine;
  notInInterrupt(handle.rdip, call, `${pendingPage}/CX-1`);
  if ((handle.capabilities & DDI_INTR_FLAG_PENDING) === 0) {
    const error = unsupported(call, handle, `${pendingPage}/DS-3`, 'pending bit');
    return err(error.name === 'DDI_ENOTSUP' ? { ...error, out: { pending: 0 } } : error);
  }
  // PAGE-VS-CODE: the page has the interrupt's own bit; the code takes bit 0 from all of them.
  const wrong = handle.type !== 'fixed' && rules.has('intr-pending-neighbours');
  const bits = wrong ? handle.interrupts.pendingBits() & ~(1 >> handle.inum) : 0;
  return ok({ pending: wrong ? bits : handle.pending ? 1 : 0 });
}

/** The handle when it can be masked, or why not. */
function maskable(call: string, h: ddi_intr_handle_t | null): IntrHandle | IntrMaskError {
  const handle = enterIntr(call, maskPage, h);
  if (!(handle instanceof IntrHandle)) return handle;
  const wrong = outOfOrder(call, handle, `${maskPage}/DS-3`, 'enabled');
  if (wrong !== null) return wrong;
  if ((handle.capabilities & DDI_INTR_FLAG_MASKABLE) !== 0) return handle;
  return unsupported(call, handle, `${maskPage}/RV-1`, 'mask');
}

/** PAGE-VS-CODE: the pages have ENOTSUP for what the device cannot do, the code EINVAL. */
function unsupported(call: string, h: IntrHandle, clause: string, what: string): IntrMaskError {
  const message = `interrupt ${h.type} ${h.inum} has no ${what}`;
  const values = { capabilities: h.capabilities };
  const name = h.rdip.machine.rules.has('intr-unsupported-einval') ? 'DDI_EINVAL' : 'DDI_ENOTSUP';
  return ddiError(name, call, clause, message, values);
}
