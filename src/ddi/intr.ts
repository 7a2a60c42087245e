/** ddi_add_intr(9F), ddi_get_iblock_cookie(9F), ddi_remove_intr(9F): the one-step interface. */
import { err, ok, type Result } from 'neverthrow';
import type { Wait } from '../machine/wait.js';
import { AddedInterrupt, IblockCookie } from '../nexus/intr.js';
import type { DevInfo, Hardware } from '../nexus/tree.js';
import { ddiError, type DdiError } from '../sys/errors.js';
import type { ddi_iblock_cookie_t, dev_info_t } from '../sys/types.js';
import { enterDip } from './enter.js';

/** Out-parameters of ddi_add_intr(9F) and ddi_get_iblock_cookie(9F). */
export interface IblockOut {
  /** For mutex_init(9F), when the handler takes the mutex too. */
  readonly iblock_cookie: ddi_iblock_cookie_t;
}

/** Codes of ddi_add_intr(9F). */
export type AddIntrError = DdiError<'DDI_FAILURE' | 'DDI_INTR_NOTFOUND'>;

const page = 'ddi_add_intr.9f';

/**
 * The cookie of an interrupt, before the handler is added.
 *
 * @param dip - the device
 * @param inumber - 0 for a device with one interrupt
 * @returns `iblock_cookie`; `DDI_INTR_NOTFOUND` when there is no such interrupt
 * @remarks User and kernel context.
 * @see ddi_add_intr(9F)
 */
export function ddi_get_iblock_cookie(
  dip: dev_info_t,
  inumber: number,
): Result<IblockOut, AddIntrError> {
  const call = 'ddi_get_iblock_cookie';
  const rdip = enterDip(call, dip);
  const hardware = interruptOf(rdip, inumber);
  if (hardware === null) return notFound(call, inumber);
  return ok({ iblock_cookie: new IblockCookie(hardware.line.level) });
}

/**
 * Adds an interrupt handler and arms it: the handler may run before this returns.
 *
 * @param dip - the device
 * @param inumber - 0 for a device with one interrupt
 * @param int_handler - returns `DDI_INTR_CLAIMED` or `DDI_INTR_UNCLAIMED`; may be async
 * @param int_handler_arg - its argument
 * @returns `iblock_cookie`; `DDI_INTR_NOTFOUND` when there is no such interrupt, `DDI_FAILURE` when
 * a handler has been added already
 * @remarks User and kernel context.
 * @see ddi_add_intr(9F)
 */
export function ddi_add_intr<A>(
  dip: dev_info_t,
  inumber: number,
  int_handler: (arg: A) => number | PromiseLike<number>,
  int_handler_arg: A,
): Result<IblockOut, AddIntrError> {
  const call = 'ddi_add_intr';
  const rdip = enterDip(call, dip);
  if (typeof int_handler !== 'function') {
    const message = `${call}: int_handler must be a function, not ${String(int_handler)}`;
    rdip.machine.panic(message, { int_handler });
  }
  const hardware = interruptOf(rdip, inumber);
  if (hardware === null) return notFound(call, inumber);
  if (rdip.interrupt !== null) {
    const message = 'a handler has been added and not removed';
    return err(ddiError('DDI_FAILURE', call, `${page}/RV-1`, message, { inumber }));
  }
  const { machine } = rdip;
  const name = int_handler.name === '' ? `intr ${rdip.path}` : int_handler.name;
  const async = int_handler.constructor.name === 'AsyncFunction';
  const intr = machine.intr.add(name, hardware.line, () => int_handler(int_handler_arg), { async });
  rdip.interrupt = new AddedInterrupt(rdip, intr);
  return ok({ iblock_cookie: new IblockCookie(hardware.line.level) });
}

/**
 * Removes an interrupt handler. Once it has returned, or the wait it returned has resolved, the
 * handler does not run any more.
 *
 * @param dip - the device
 * @param inumber - as given to ddi_add_intr
 * @param iblock_cookie - what ddi_add_intr gave
 * @returns a wait while the handler is still running
 * @remarks User and kernel context.
 * @see ddi_add_intr(9F)
 */
export function ddi_remove_intr(
  dip: dev_info_t,
  inumber: number,
  iblock_cookie: ddi_iblock_cookie_t,
): Wait<void> | undefined {
  const call = 'ddi_remove_intr';
  const rdip = enterDip(call, dip);
  const added = rdip.interrupt;
  if (added === null || inumber !== 0 || !(iblock_cookie instanceof IblockCookie)) {
    rdip.machine.report({
      rule: added === null ? 'INTR_NOT_ADDED' : 'BAD_ARGUMENT',
      clause: `${page}/RM-1`,
      message: 'no handler was added with this number and cookie',
      call,
      values: { inumber },
    });
    return undefined;
  }
  rdip.interrupt = null;
  rdip.machine.live.remove(added);
  return rdip.machine.intr.remove(added.intr);
}

function interruptOf(rdip: DevInfo, inumber: number): Hardware | null {
  return inumber === 0 ? rdip.hardware : null;
}

function notFound(call: string, inumber: number): Result<never, AddIntrError> {
  const message = `the device has no interrupt ${String(inumber)}`;
  return err(ddiError('DDI_INTR_NOTFOUND', call, `${page}/RV-1`, message, { inumber }));
}
