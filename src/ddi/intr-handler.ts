/**
 * ddi_intr_add_handler(9F) and ddi_intr_enable(9F): the steps from an allocated interrupt to one
 * that arrives, and back.
 *
 * An interrupt is *allocated*; add_handler makes it *added*; enable makes it *enabled*; disable
 * makes it added again, remove_handler allocated. A call for another state than the handle's is a
 * finding and `DDI_EINVAL`.
 */
import { err, ok, ResultAsync, type Result } from 'neverthrow';
import type { Wait } from '../machine/wait.js';
import { IntrHandle } from '../nexus/intr.js';
import { DDI_INTR_FLAG_BLOCK } from '../sys/constants-intr.js';
import type { ddi_intr_handle_t } from '../sys/types.js';
import { reportBad } from './enter.js';
import { einval, enterIntr, notInInterrupt, outOfOrder, type Einval } from './intr-enter.js';

const addPage = 'ddi_intr_add_handler.9f';
const enablePage = 'ddi_intr_enable.9f';

/**
 * A handler of a hardware or soft interrupt. It returns `DDI_INTR_CLAIMED` or
 * `DDI_INTR_UNCLAIMED`, and may be async.
 */
export type ddi_intr_handler_t<A1 = unknown, A2 = unknown> = (
  arg1: A1,
  arg2: A2,
) => number | PromiseLike<number>;

/** What a call gives that may have to wait for a handler to end: `await` serves both. */
export type Ended = Result<void, Einval> | ResultAsync<void, Einval>;

/**
 * Gives an interrupt its handler. It is not called before the interrupt is enabled.
 *
 * @param h - an allocated interrupt
 * @param inthandler - returns `DDI_INTR_CLAIMED` or `DDI_INTR_UNCLAIMED`; may be async
 * @param arg1 - its first argument
 * @param arg2 - its second argument
 * @returns nothing; `DDI_EINVAL` when the handle has a handler or `inthandler` is none
 * @remarks Kernel context, outside interrupts.
 * @see ddi_intr_add_handler(9F)
 */
export function ddi_intr_add_handler<A1, A2>(
  h: ddi_intr_handle_t | null,
  inthandler: ddi_intr_handler_t<A1, A2>,
  arg1: A1,
  arg2: A2,
): Result<void, Einval> {
  const call = 'ddi_intr_add_handler';
  const handle = enterIntr(call, addPage, h);
  if (!(handle instanceof IntrHandle)) return err(handle);
  notInInterrupt(handle.rdip, call, `${addPage}/CX-1`);
  if (typeof inthandler !== 'function') {
    const clause = `${addPage}/RV-1`;
    reportBad(handle.rdip, call, clause, 'inthandler', inthandler, 'must be a function');
    return err(einval(call, clause, 'inthandler is no function', { inthandler }));
  }
  const wrong = outOfOrder(call, handle, `${addPage}/SQ-1`, 'allocated');
  if (wrong !== null) return err(wrong);
  handle.handle({
    name: inthandler.name === '' ? `intr ${handle.rdip.path}` : inthandler.name,
    fn: () => inthandler(arg1, arg2),
    async: inthandler.constructor.name === 'AsyncFunction',
  });
  return ok();
}

/**
 * Takes the handler of an interrupt away.
 *
 * @param h - an interrupt with a handler that is not enabled
 * @returns nothing; `DDI_EINVAL` when it is enabled or has no handler
 * @remarks Kernel context, outside interrupts.
 * @see ddi_intr_remove_handler(9F)
 */
export function ddi_intr_remove_handler(h: ddi_intr_handle_t | null): Result<void, Einval> {
  const call = 'ddi_intr_remove_handler';
  const handle = enterIntr(call, addPage, h);
  if (!(handle instanceof IntrHandle)) return err(handle);
  notInInterrupt(handle.rdip, call, `${addPage}/CX-1`);
  const wrong = outOfOrder(call, handle, `${addPage}/RM-1`, 'added');
  if (wrong !== null) return err(wrong);
  handle.handle(null);
  return ok();
}

/**
 * Lets an interrupt arrive, and one that is pending at once. Its mask is cleared.
 *
 * @param h - an interrupt with a handler
 * @returns nothing; `DDI_EINVAL` when it has none, is enabled, or is one of a block
 * @remarks Kernel context, outside interrupts.
 * @see ddi_intr_enable(9F)
 */
export function ddi_intr_enable(h: ddi_intr_handle_t | null): Result<void, Einval> {
  const call = 'ddi_intr_enable';
  const handle = enterIntr(call, enablePage, h);
  if (!(handle instanceof IntrHandle)) return err(handle);
  notInInterrupt(handle.rdip, call, `${enablePage}/CX-1`);
  const wrong = outOfOrder(call, handle, `${enablePage}/SQ-1`, 'added') ?? single(call, handle);
  if (wrong !== null) return err(wrong);
  handle.enable();
  return ok();
}

/**
 * Stops an interrupt. Once it has returned, or what it returned has resolved, the handler does not
 * run any more.
 *
 * @param h - an enabled interrupt
 * @returns nothing, later when the handler is still running; `DDI_EINVAL` when it is not enabled or
 * is one of a block
 * @remarks Kernel context, outside interrupts.
 * @see ddi_intr_disable(9F)
 */
export function ddi_intr_disable(h: ddi_intr_handle_t | null): Ended {
  const call = 'ddi_intr_disable';
  const handle = enterIntr(call, enablePage, h);
  if (!(handle instanceof IntrHandle)) return err(handle);
  notInInterrupt(handle.rdip, call, `${enablePage}/CX-1`);
  const wrong = outOfOrder(call, handle, `${enablePage}/DS-2`, 'enabled') ?? single(call, handle);
  if (wrong !== null) return err(wrong);
  return ended([handle]);
}

/**
 * Enables the interrupts of a block, all or none.
 *
 * @param h_array - interrupts with handlers, of a type with `DDI_INTR_FLAG_BLOCK`
 * @param count - how many of the array
 * @returns nothing; `DDI_EINVAL` when one of them is not ready, or is no MSI of a block
 * @remarks Kernel context, outside interrupts.
 * @see ddi_intr_block_enable(9F)
 */
export function ddi_intr_block_enable(
  h_array: readonly ddi_intr_handle_t[],
  count: number,
): Result<void, Einval> {
  const call = 'ddi_intr_block_enable';
  const handles = blockOf(call, h_array, count, 'added');
  if (!Array.isArray(handles)) return err(handles);
  for (const handle of handles) handle.enable();
  return ok();
}

/**
 * Disables the interrupts of a block, all or none; as {@link ddi_intr_disable}.
 *
 * @param h_array - enabled interrupts, of a type with `DDI_INTR_FLAG_BLOCK`
 * @param count - how many of the array
 * @returns nothing, later when a handler is still running; `DDI_EINVAL` when one of them is not
 * enabled, or is no MSI of a block
 * @remarks Kernel context, outside interrupts.
 * @see ddi_intr_block_disable(9F)
 */
export function ddi_intr_block_disable(
  h_array: readonly ddi_intr_handle_t[],
  count: number,
): Ended {
  const handles = blockOf('ddi_intr_block_disable', h_array, count, 'enabled');
  return Array.isArray(handles) ? ended(handles) : err(handles);
}

/** The handles of a block, all in the state the call is for. */
function blockOf(
  call: string,
  h_array: readonly ddi_intr_handle_t[],
  count: number,
  wanted: 'added' | 'enabled',
): IntrHandle[] | Einval {
  const clause = `${enablePage}/BK-1`;
  if (!Array.isArray(h_array)) throw new TypeError(`${call}: h_array must be an array of handles`);
  if (!Number.isInteger(count) || count < 1 || count > h_array.length) {
    // ddi_intr_enable(9F) BK-1: count is at least 1, and the array has as many.
    return einval(call, clause, `count must be from 1 to ${h_array.length}`, { count });
  }
  const handles: IntrHandle[] = [];
  for (const h of (h_array as readonly ddi_intr_handle_t[]).slice(0, count)) {
    const handle = enterIntr(call, enablePage, h);
    if (!(handle instanceof IntrHandle)) return handle;
    handles.push(handle);
  }
  const order = `${enablePage}/${wanted === 'added' ? 'SQ-1' : 'DS-2'}`;
  for (const handle of handles) {
    notInInterrupt(handle.rdip, call, `${enablePage}/CX-1`);
    const wrong = outOfOrder(call, handle, order, wanted);
    if (wrong !== null) return wrong;
    if (handle.type === 'msi' && (handle.capabilities & DDI_INTR_FLAG_BLOCK) !== 0) continue;
    return misfit(call, handle, 'is not enabled and disabled in a block');
  }
  return handles;
}

/** Refuses to enable or disable by itself what goes in a block. */
function single(call: string, handle: IntrHandle): Einval | null {
  // ddi_intr_get_cap(9F) FL-4: with the flag all of the type are enabled as one block.
  if ((handle.capabilities & DDI_INTR_FLAG_BLOCK) === 0) return null;
  return misfit(call, handle, 'is enabled and disabled in a block, with all of its type');
}

function misfit(call: string, handle: IntrHandle, why: string): Einval {
  const message = `interrupt ${handle.type} ${handle.inum} ${why}`;
  const clause = `${enablePage}/BK-1`;
  const values = { capabilities: handle.capabilities };
  handle.rdip.machine.report({ rule: 'INTR_BLOCK', clause, message, call, values });
  return einval(call, clause, message, values);
}

/** Disables, and waits for handlers that are running elsewhere. */
function ended(handles: readonly IntrHandle[]): Ended {
  const waits: Wait<void>[] = [];
  for (const handle of handles) {
    const inside = handle.rdip.machine.sched.current.kind === 'interrupt';
    const wait = handle.disable(!inside);
    if (wait !== undefined) waits.push(wait);
  }
  if (waits.length === 0) return ok();
  return new ResultAsync(Promise.all(waits).then(() => ok()));
}
