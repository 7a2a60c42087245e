/** ddi_dma_buf_bind_handle(9F). */
import type { Result, ResultAsync } from 'neverthrow';
import type { Buf } from '../machine/buf.js';
import type { BindRefusal, DmaHandle } from '../nexus/tree.js';
import { bufObject } from '../nexus/user-object.js';
import {
  DDI_DMA_RDWR,
  DDI_DMA_READ,
  DDI_DMA_SLEEP,
  DDI_DMA_WRITE,
  type DDI_DMA_DONTWAIT,
} from '../sys/constants.js';
import { B_READ } from '../sys/constants-io.js';
import type {
  CallbackArg,
  ddi_dma_callback_t,
  ddi_dma_handle_t,
  ddi_waitfp_t,
} from '../sys/types.js';
import type { buf_t } from '../sys/types-io.js';
import {
  attemptBind,
  type BindAttempt,
  type BindError,
  type BindOut,
  type BindTarget,
  bindWait,
  nomapping,
  refuseFlags,
} from './bind.js';
import { enterBuf, usable } from './buf.js';
import { enterDma, goneDma, reportBad } from './enter.js';
import { waitFor } from './waiting.js';

const call = 'ddi_dma_buf_bind_handle';
const page = `${call}.9f`;

/**
 * Makes the memory of a buf reachable for the device of a handle.
 *
 * @param handle - the handle; it can carry one binding
 * @param bp - the buf: its memory is `b_bcount` bytes from `b_addr` on, or a list of pages
 * @param flags - a direction, `DDI_DMA_STREAMING` or `DDI_DMA_CONSISTENT`, `DDI_DMA_PARTIAL`, ...;
 * nothing is taken from `b_flags`
 * @param waitfp - `DDI_DMA_SLEEP`, `DDI_DMA_DONTWAIT`, `null` or a callback
 * @param arg - the argument of the callback
 * @returns `rval`, `cookie` and `ccount`; `DDI_DMA_INUSE` when the handle is bound,
 * `DDI_DMA_NORESOURCES` when there are no resources now, `DDI_DMA_NOMAPPING` when the device cannot
 * reach the memory, `DDI_DMA_TOOBIG` when the request can never be satisfied
 * @remarks User, kernel and interrupt context; with `DDI_DMA_SLEEP` not from interrupt context.
 * @see ddi_dma_buf_bind_handle(9F), buf(9S)
 */
export function ddi_dma_buf_bind_handle(
  handle: ddi_dma_handle_t,
  bp: buf_t,
  flags: number,
  waitfp: typeof DDI_DMA_SLEEP,
  arg?: unknown,
): ResultAsync<BindOut, BindError>;
export function ddi_dma_buf_bind_handle(
  handle: ddi_dma_handle_t,
  bp: buf_t,
  flags: number,
  waitfp: typeof DDI_DMA_DONTWAIT | null,
  arg?: unknown,
): Result<BindOut, BindError>;
export function ddi_dma_buf_bind_handle<A>(
  handle: ddi_dma_handle_t,
  bp: buf_t,
  flags: number,
  waitfp: ddi_dma_callback_t<A>,
  arg: A,
): Result<BindOut, BindError>;
export function ddi_dma_buf_bind_handle<W extends ddi_waitfp_t>(
  handle: ddi_dma_handle_t,
  bp: buf_t,
  flags: number,
  waitfp: W,
  ...arg: CallbackArg<W>
): Result<BindOut, BindError> | ResultAsync<BindOut, BindError>;
export function ddi_dma_buf_bind_handle(
  handle: ddi_dma_handle_t,
  bp: buf_t,
  flags: number,
  waitfp: ddi_waitfp_t,
  arg?: unknown,
): Result<BindOut, BindError> | ResultAsync<BindOut, BindError> {
  const h = enterDma(call, handle);
  const b = enterBuf(call, bp);
  if (waitfp === DDI_DMA_SLEEP && b.inStrategy) reportSleep(h);
  return waitFor(
    bindWait(h, call, () => attempt(h, b, flags)),
    waitfp,
    arg,
  );
}

function attempt(h: DmaHandle, b: Buf, flags: number): BindAttempt {
  const found = target(h, b, flags);
  const done = attemptBind(h, call, found, flags);
  if (done.result.isOk()) {
    const { binding } = h;
    b.boundBy(() => h.binding === binding);
    reportDirection(h, b, flags);
  }
  return done;
}

/** The memory a buf stands for, or why there is none. */
function target(h: DmaHandle, b: Buf, flags: number): BindTarget | BindRefusal {
  if (goneDma(call, h, `${page}/AR-1`)) return nomapping('AR-1', 'the handle was freed', {});
  if (!usable(call, b)) return nomapping('AR-2', 'the buf stands for nothing', { bp: b.id });
  const { b_bcount, b_addr } = b;
  if (!Number.isSafeInteger(b_bcount) || b_bcount < 0) {
    reportBad(h.rdip, call, `${page}/AR-2`, 'b_bcount', b_bcount, 'must be a number of bytes');
    return nomapping('RV-6', 'b_bcount is no length', { b_bcount });
  }
  if (!Number.isSafeInteger(b_addr) || b_addr < 0) {
    reportBad(h.rdip, call, `${page}/AR-2`, 'b_addr', b_addr, 'must be an address');
    return nomapping('RV-6', 'b_addr is no address', { b_addr });
  }
  const badFlags = refuseFlags(h, call, flags);
  if (badFlags !== null) return badFlags;
  if (b_addr + b_bcount > 2 ** 32) {
    return nomapping('RV-6', 'the memory lies outside every address space', { b_addr, b_bcount });
  }
  // The page is silent on an empty buf; what the address call answers is the least surprise.
  if (b_bcount === 0 && !h.rdip.machine.rules.has('empty-buf-maps')) {
    return nomapping('RV-6', 'a buf of no bytes cannot be reached', { b_bcount });
  }
  const memory = bufObject(b);
  if (memory !== null) return { ...memory, addr: b_addr };
  const message = 'some page of the buf is not there';
  return nomapping('RV-6', message, { b_flags: b.b_flags, b_addr, b_bcount });
}

/** The words of the buf and of the bind look at the same transfer. */
function reportDirection(h: DmaHandle, b: Buf, flags: number): void {
  const reads = (b.b_flags & B_READ) !== 0;
  const needed = reads ? DDI_DMA_READ : DDI_DMA_WRITE;
  if ((flags & DDI_DMA_RDWR) === 0 || (flags & needed) !== 0) return;
  h.rdip.machine.report({
    rule: 'DIRECTION_MISMATCH',
    clause: 'interplay/AX-10',
    message: reads
      ? 'the buf is B_READ and DDI_DMA_READ is not given: the device could not fill it'
      : 'the buf is B_WRITE and DDI_DMA_WRITE is not given: the device could not read it',
    call,
    values: { b_flags: b.b_flags, flags },
  });
}

function reportSleep(h: DmaHandle): void {
  // buf_funcs(9F) ST-1: strategy(9E) sets a transfer up and does not wait for anything.
  h.rdip.machine.report({
    rule: 'SLEEP_IN_STRATEGY',
    clause: 'buf_funcs.9f/ST-1',
    message: 'DDI_DMA_SLEEP may block and was given inside strategy(9E)',
    call,
    values: {},
  });
}
