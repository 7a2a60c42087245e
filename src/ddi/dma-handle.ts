/** ddi_dma_alloc_handle(9F), ddi_dma_free_handle(9F), ddi_dma_burstsizes(9F). */
import { err, ok, type Result, type ResultAsync } from 'neverthrow';
import { type AllocRefusal, DmaHandle } from '../nexus/tree.js';
import type { DDI_DMA_DONTWAIT, DDI_DMA_SLEEP } from '../sys/constants.js';
import { ddiError, type DdiError } from '../sys/errors.js';
import type {
  CallbackArg,
  ddi_dma_attr_t,
  ddi_dma_callback_t,
  ddi_dma_handle_t,
  ddi_waitfp_t,
  dev_info_t,
} from '../sys/types.js';
import { enterDip, enterDma, goneDma } from './enter.js';
import { type Attempt, waitFor } from './waiting.js';

/** Out-parameters of ddi_dma_alloc_handle(9F). */
export interface AllocHandleOut {
  /** The new handle. */
  readonly handle: ddi_dma_handle_t;
}

/** Codes of ddi_dma_alloc_handle(9F). */
export type AllocHandleError = DdiError<'DDI_DMA_BADATTR' | 'DDI_DMA_NORESOURCES'>;

/**
 * Allocates a DMA handle for a device.
 *
 * @param dip - the device
 * @param attr - what its DMA engine can do; copied
 * @param waitfp - `DDI_DMA_SLEEP`, `DDI_DMA_DONTWAIT`, `null` or a callback
 * @param arg - the argument of the callback
 * @returns `handle`; `DDI_DMA_BADATTR` when nothing could ever be allocated under the attributes,
 * `DDI_DMA_NORESOURCES` when there are no resources now
 * @remarks User, kernel and interrupt context; with `DDI_DMA_SLEEP` not from interrupt context.
 * @see ddi_dma_alloc_handle(9F), ddi_dma_attr(9S)
 */
export function ddi_dma_alloc_handle(
  dip: dev_info_t,
  attr: ddi_dma_attr_t,
  waitfp: typeof DDI_DMA_SLEEP,
  arg?: unknown,
): ResultAsync<AllocHandleOut, AllocHandleError>;
export function ddi_dma_alloc_handle(
  dip: dev_info_t,
  attr: ddi_dma_attr_t,
  waitfp: typeof DDI_DMA_DONTWAIT | null,
  arg?: unknown,
): Result<AllocHandleOut, AllocHandleError>;
export function ddi_dma_alloc_handle<A>(
  dip: dev_info_t,
  attr: ddi_dma_attr_t,
  waitfp: ddi_dma_callback_t<A>,
  arg: A,
): Result<AllocHandleOut, AllocHandleError>;
export function ddi_dma_alloc_handle<W extends ddi_waitfp_t>(
  dip: dev_info_t,
  attr: ddi_dma_attr_t,
  waitfp: W,
  ...arg: CallbackArg<W>
): Result<AllocHandleOut, AllocHandleError> | ResultAsync<AllocHandleOut, AllocHandleError>;
export function ddi_dma_alloc_handle(
  dip: dev_info_t,
  attr: ddi_dma_attr_t,
  waitfp: ddi_waitfp_t,
  arg?: unknown,
): Result<AllocHandleOut, AllocHandleError> | ResultAsync<AllocHandleOut, AllocHandleError> {
  const call = 'ddi_dma_alloc_handle';
  const rdip = enterDip(call, dip);
  if (typeof attr !== 'object') {
    rdip.machine.panic(`${call}: attr must be a ddi_dma_attr(9S), not ${String(attr)}`, { attr });
  }
  const attempt = (): Attempt<AllocHandleOut, AllocHandleError> => {
    const nexus = rdip.nexusFor('allochdl');
    const made = attr === null ? noAttr() : nexus.dmaOps?.allochdl?.(nexus, rdip, attr);
    if (made instanceof DmaHandle) return { result: ok({ handle: made }), transient: false };
    const { name, group, message, values } = made ?? nobody();
    const clause = `${call}.9f/${group}`;
    const result = err(ddiError(name, call, clause, message, values));
    return { result, transient: name === 'DDI_DMA_NORESOURCES' };
  };
  const clause = 'ddi_dma_alloc_handle.9f/CX-2';
  const what = { dip: rdip, call, clause, kind: 'dvma', line: 'handles', attempt } as const;
  return waitFor(what, waitfp, arg);
}

function noAttr(): AllocRefusal {
  const message = 'attr is null: there are no attributes';
  return { name: 'DDI_DMA_BADATTR', group: 'RV-2', message, values: { attr: null } };
}

function nobody(): never {
  throw new Error('no nexus answers for DMA');
}

/**
 * Frees a DMA handle. The handle must not be bound.
 *
 * @param handle - the handle; every later use of it is undefined
 * @remarks User, kernel and interrupt context. A handle that is bound is reported and kept: the
 * page demands the unbind first.
 * @see ddi_dma_free_handle(9F)
 */
export function ddi_dma_free_handle(handle: ddi_dma_handle_t): void {
  const call = 'ddi_dma_free_handle';
  const h = enterDma(call, handle);
  const { machine } = h.rdip;
  if (h.freed) {
    machine.report({
      rule: 'DOUBLE_FREE',
      clause: 'ddi_dma_free_handle.9f/DS-2',
      message: `the DMA handle ${h.id} was freed before`,
      call,
      values: { handle: h.id },
    });
    return;
  }
  if (h.binding !== null) {
    machine.report({
      rule: 'FREE_BOUND',
      clause: 'ddi_dma_free_handle.9f/IX-1',
      message: `the DMA handle ${h.id} is bound; ddi_dma_unbind_handle comes first`,
      call,
      values: { handle: h.id },
    });
    return;
  }
  const nexus = h.rdip.nexusFor('freehdl');
  nexus.dmaOps?.freehdl?.(nexus, h.rdip, h);
}

/**
 * The burst sizes the device may use for this handle.
 *
 * @param handle - the handle
 * @returns bit n set: bursts of 2^n bytes are allowed; a subset of `dma_attr_burstsizes`
 * @remarks User, kernel and interrupt context.
 * @see ddi_dma_burstsizes(9F)
 */
export function ddi_dma_burstsizes(handle: ddi_dma_handle_t): number {
  const call = 'ddi_dma_burstsizes';
  const h = enterDma(call, handle);
  if (goneDma(call, h, 'ddi_dma_free_handle.9f/DS-2')) return 0;
  // ddi_dma_burstsizes(9F) DS-2: no layer of the platforms modelled takes a size away.
  // The C type is int: all bits set is -1.
  return h.limits.attr.dma_attr_burstsizes | 0;
}
