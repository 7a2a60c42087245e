/** ddi_add_intr(9F), ddi_get_iblock_cookie(9F), ddi_remove_intr(9F): the one-step interface. */
import { err, ok, type Result } from 'neverthrow';
import { HILEVEL_PRI } from '../machine/pending.js';
import type { Wait } from '../machine/wait.js';
import { IblockCookie, IntrHandle, type NodeInterrupts } from '../nexus/intr.js';
import type { DevInfo } from '../nexus/tree.js';
import { ddiError, type DdiError } from '../sys/errors.js';
import type { ddi_iblock_cookie_t, dev_info_t } from '../sys/types.js';
import { enterDip } from './enter.js';
import { interruptsOf } from './intr-enter.js';

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
  const interrupts = lineOf(rdip, inumber);
  if (interrupts === null) return notFound(call, inumber);
  const handle = interrupts.find(inumber);
  if (handle !== undefined && handle.state !== 'allocated') {
    // ddi_add_intr(9F) NT-1: the mutexes the cookie is for are needed before the handler can run.
    rdip.machine.report({
      rule: 'INTR_ORDER',
      clause: `${page}/NT-1`,
      message: 'the handler was added before its cookie was asked for',
      call,
      values: { inumber },
    });
  }
  return ok({ iblock_cookie: new IblockCookie(handle?.level ?? interrupts.level) });
}

/**
 * Adds an interrupt handler and arms it: the handler may run before this returns.
 *
 * @param dip - the device
 * @param inumber - 0 for a device with one interrupt
 * @param int_handler - returns `DDI_INTR_CLAIMED` or `DDI_INTR_UNCLAIMED`; may be async
 * @param int_handler_arg - its argument
 * @returns `iblock_cookie`; `DDI_INTR_NOTFOUND` when there is no such interrupt, `DDI_FAILURE` when
 * it or another type of interrupt is in use
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
  const interrupts = lineOf(rdip, inumber);
  if (interrupts === null) return notFound(call, inumber);
  if (interrupts.handles.size > 0) {
    const { type = 'fixed' } = interrupts;
    const message = `an interrupt of type ${type} is in use`;
    // PAGE-VS-CODE: the page has FAILURE for what goes wrong otherwise, the code NOTFOUND.
    const name = rdip.machine.rules.has('add-intr-notfound') ? 'DDI_INTR_NOTFOUND' : 'DDI_FAILURE';
    return err(ddiError(name, call, `${page}/RV-1`, message, { inumber }));
  }
  const handle = new IntrHandle(interrupts, rdip, 'fixed', inumber);
  handle.handle({
    name: int_handler.name === '' ? `intr ${rdip.path}` : int_handler.name,
    fn: () => int_handler(int_handler_arg),
    async: int_handler.constructor.name === 'AsyncFunction',
  });
  handle.enable();
  return ok({ iblock_cookie: new IblockCookie(handle.level) });
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
  const handle = lineOf(rdip, inumber)?.find(inumber);
  const added = handle?.type === 'fixed' && handle.state === 'enabled';
  if (!added || !(iblock_cookie instanceof IblockCookie)) {
    rdip.machine.report({
      rule: added ? 'BAD_ARGUMENT' : 'INTR_NOT_ADDED',
      clause: `${page}/RM-1`,
      message: 'no handler was added with this number and cookie',
      call,
      values: { inumber },
    });
    return undefined;
  }
  checkHeld(rdip, call);
  const wait = handle.disable();
  handle.handle(null);
  handle.free();
  return wait;
}

/**
 * Whether an interrupt is of high level: above the dispatcher, so that its handler may not wait.
 *
 * @param dip - the device
 * @param inumber - 0 for a device with one interrupt
 * @returns not 0 when it is; 0 when it is not, and when there is no such interrupt
 * @remarks User, interrupt and kernel context.
 * @see ddi_intr_hilevel(9F)
 */
export function ddi_intr_hilevel(dip: dev_info_t, inumber: number): number {
  const interrupts = lineOf(enterDip('ddi_intr_hilevel', dip), inumber);
  if (interrupts === null) return 0;
  const level = interrupts.find(inumber)?.level ?? interrupts.level;
  return level >= HILEVEL_PRI ? 1 : 0;
}

/** The interrupts of a node, when the line is one of them and its number is meant. */
function lineOf(rdip: DevInfo, inumber: number): NodeInterrupts | null {
  const interrupts = interruptsOf(rdip);
  return inumber === 0 && interrupts !== null && interrupts.unit.counts.fixed > 0
    ? interrupts
    : null;
}

function notFound(call: string, inumber: number): Result<never, AddIntrError> {
  const message = `the device has no interrupt ${String(inumber)}`;
  return err(ddiError('DDI_INTR_NOTFOUND', call, `${page}/RV-1`, message, { inumber }));
}

/** ddi_add_intr(9F) RM-2: the handler that is waited for may wait for such a mutex. */
function checkHeld(rdip: DevInfo, call: string): void {
  for (const lock of rdip.machine.sched.current.holds) {
    if (!lock.forInterrupts) continue;
    rdip.machine.report({
      rule: 'SLEEP_WITH_MUTEX',
      clause: `${page}/RM-2`,
      message: `${call} waits for the handler, and ${lock.name} is held, which handlers take`,
      call,
      values: { mutex: lock.name },
    });
  }
}
