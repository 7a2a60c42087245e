/** ddi_dma_addr_bind_handle(9F) and ddi_dma_unbind_handle(9F). */
import { err, ok, type Result, type ResultAsync } from 'neverthrow';
import { AddressSpace } from '../machine/user.js';
import { kernelObject } from '../nexus/object.js';
import type { BindRefusal, DmaHandle } from '../nexus/tree.js';
import { asObject } from '../nexus/user-object.js';
import type { DDI_DMA_DONTWAIT, DDI_DMA_SLEEP } from '../sys/constants.js';
import { ddiError, type DdiError } from '../sys/errors.js';
import type {
  CallbackArg,
  as_t,
  caddr_t,
  ddi_dma_callback_t,
  ddi_dma_handle_t,
  ddi_waitfp_t,
} from '../sys/types.js';
import {
  attemptBind,
  type BindError,
  type BindOut,
  type BindTarget,
  type BindAttempt,
  bindWait,
  nomapping,
  refuseFlags,
} from './bind.js';
import { enterDma, goneDma, reportBad } from './enter.js';
import { waitFor } from './waiting.js';

const call = 'ddi_dma_addr_bind_handle';
const page = `${call}.9f`;

/**
 * Makes a piece of kernel memory reachable for the device of a handle.
 *
 * @param handle - the handle; it can carry one binding
 * @param as - `null`: the kernel's address space
 * @param addr - first byte of the object
 * @param len - its length in bytes
 * @param flags - a direction, `DDI_DMA_STREAMING` or `DDI_DMA_CONSISTENT`, `DDI_DMA_PARTIAL`, ...
 * @param waitfp - `DDI_DMA_SLEEP`, `DDI_DMA_DONTWAIT`, `null` or a callback
 * @param arg - the argument of the callback
 * @returns `rval`, `cookie` and `ccount`; `DDI_DMA_INUSE` when the handle is bound,
 * `DDI_DMA_NORESOURCES` when there are no resources now, `DDI_DMA_NOMAPPING` when the device cannot
 * reach the object, `DDI_DMA_TOOBIG` when the request can never be satisfied
 * @remarks User, kernel and interrupt context; with `DDI_DMA_SLEEP` not from interrupt context.
 * @see ddi_dma_addr_bind_handle(9F)
 */
export function ddi_dma_addr_bind_handle(
  handle: ddi_dma_handle_t,
  as: as_t | null,
  addr: caddr_t,
  len: number,
  flags: number,
  waitfp: typeof DDI_DMA_SLEEP,
  arg?: unknown,
): ResultAsync<BindOut, BindError>;
export function ddi_dma_addr_bind_handle(
  handle: ddi_dma_handle_t,
  as: as_t | null,
  addr: caddr_t,
  len: number,
  flags: number,
  waitfp: typeof DDI_DMA_DONTWAIT | null,
  arg?: unknown,
): Result<BindOut, BindError>;
export function ddi_dma_addr_bind_handle<A>(
  handle: ddi_dma_handle_t,
  as: as_t | null,
  addr: caddr_t,
  len: number,
  flags: number,
  waitfp: ddi_dma_callback_t<A>,
  arg: A,
): Result<BindOut, BindError>;
export function ddi_dma_addr_bind_handle<W extends ddi_waitfp_t>(
  handle: ddi_dma_handle_t,
  as: as_t | null,
  addr: caddr_t,
  len: number,
  flags: number,
  waitfp: W,
  ...arg: CallbackArg<W>
): Result<BindOut, BindError> | ResultAsync<BindOut, BindError>;
export function ddi_dma_addr_bind_handle(
  handle: ddi_dma_handle_t,
  as: as_t | null,
  addr: caddr_t,
  len: number,
  flags: number,
  waitfp: ddi_waitfp_t,
  arg?: unknown,
): Result<BindOut, BindError> | ResultAsync<BindOut, BindError> {
  const h = enterDma(call, handle);
  // Reported once, however often a sleeping call is tried.
  let tried = false;
  const attempt = (): BindAttempt => {
    const found = target(h, as, addr, len, flags, tried);
    tried = true;
    return attemptBind(h, call, found, flags);
  };
  return waitFor(bindWait(h, call, attempt), waitfp, arg);
}

/** The memory an address stands for, or why there is none. */
function target(
  h: DmaHandle,
  as: as_t | null,
  addr: caddr_t,
  len: number,
  flags: number,
  tried: boolean,
): BindTarget | BindRefusal {
  if (goneDma(call, h, `${page}/AR-1`)) return nomapping('AR-1', 'the handle was freed', {});
  if (!Number.isInteger(addr)) {
    reportBad(h.rdip, call, `${page}/AR-3`, 'addr', addr, 'must be an integer, a kernel address');
    return nomapping('RV-6', 'addr is no address', { addr });
  }
  if (!Number.isInteger(len)) {
    reportBad(h.rdip, call, `${page}/AR-4`, 'len', len, 'must be an integer, in bytes');
    return nomapping('RV-6', 'len is no length', { len });
  }
  const badFlags = refuseFlags(h, call, flags);
  if (badFlags !== null) return badFlags;
  // The page is silent on an empty object; the common code of the real system refuses it so.
  if (len === 0) return nomapping('RV-6', 'an object of no bytes cannot be reached', { len });
  if (as === null) return inKernel(h, addr, len);
  // The system finds its way in another address space too; a driver should not ask for it.
  if (!tried) {
    reportBad(h.rdip, call, `${page}/AR-2`, 'as', as, 'must be null, the kernel address space');
  }
  return inSpace(h, as, addr, len);
}

function inKernel(h: DmaHandle, addr: number, len: number): BindTarget | BindRefusal {
  if (addr < 0 || len < 0 || addr + len > 2 ** 31) {
    return nomapping('RV-6', 'the object lies outside kernel memory', { addr, len });
  }
  const { pages } = h.rdip.machine;
  if (!pages.mapped(addr, len)) {
    const where = `0x${addr.toString(16)}+${len}`;
    return nomapping('RV-6', `no memory is mapped at some byte of ${where}`, { addr, len });
  }
  return { object: kernelObject(pages, addr, len), addr, unlocked: false };
}

function inSpace(h: DmaHandle, as: as_t, addr: number, len: number): BindTarget | BindRefusal {
  if (!(as instanceof AddressSpace)) {
    return nomapping('AR-2', 'as is no address space', {});
  }
  const found = asObject(as, addr, len);
  if (found !== null) return { ...found, addr };
  const where = `0x${addr.toString(16)}+${len}`;
  return nomapping('RV-6', `no memory is resident at some byte of ${where}`, { addr, len });
}

/**
 * Ends the binding of a handle. Synchronises what is needed; the handle can be bound again.
 *
 * @param handle - the handle
 * @returns nothing; `DDI_FAILURE` when the handle is not bound
 * @remarks User, kernel and interrupt context.
 * @see ddi_dma_unbind_handle(9F)
 */
export function ddi_dma_unbind_handle(
  handle: ddi_dma_handle_t,
): Result<undefined, DdiError<'DDI_FAILURE'>> {
  const name = 'ddi_dma_unbind_handle';
  const h = enterDma(name, handle);
  const fail = (group: string, message: string): Result<undefined, DdiError<'DDI_FAILURE'>> =>
    err(ddiError('DDI_FAILURE', name, `${name}.9f/${group}`, message, { handle: h.id }));
  if (goneDma(name, h, `${name}.9f/AR-1`)) return fail('AR-1', 'the handle was freed');
  if (h.binding === null) {
    if (h.rdip.machine.rules.has('unbind-unbound-succeeds')) {
      h.rdip.lists.released('dvma');
      return ok(undefined);
    }
    h.rdip.machine.report({
      rule: 'UNBIND_UNBOUND',
      clause: `${name}.9f/RV-2`,
      message: `the DMA handle ${h.id} is not bound`,
      call: name,
      values: { handle: h.id },
    });
    return fail('RV-2', 'the handle is not bound');
  }
  const nexus = h.rdip.nexusFor('unbindhdl');
  nexus.dmaOps?.unbindhdl?.(nexus, h.rdip, h);
  const { rules, view } = h.rdip.machine;
  // ddi_dma_unbind_handle(9F) DS-3: the end of a binding synchronises.
  if (view.pending && !rules.has('sync-unchecked')) view.drain();
  return ok(undefined);
}
