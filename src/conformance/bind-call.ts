/** The calls that bind, under one name, so that one check can watch both pages. */
import type { Result, ResultAsync } from 'neverthrow';
import { DDI_DMA_DONTWAIT, DDI_DMA_READ, KM_NOSLEEP } from '../sys/constants.js';
import { B_BUSY, B_READ } from '../sys/constants-io.js';
import type { DdiError } from '../sys/errors.js';
import type { caddr_t, ddi_dma_cookie_t, ddi_dma_handle_t, ddi_waitfp_t } from '../sys/types.js';
import type { buf_t } from '../sys/types-io.js';
import type { Sut } from './sut.js';
import { that } from './that.js';

/** What a bind gives. */
export interface Bound {
  readonly rval: number;
  readonly cookie: ddi_dma_cookie_t;
  readonly ccount: number;
}

/** What a bind answers with. */
export type BindAnswer = Result<Bound, DdiError>;

/** Memory that can be bound, in the form a call wants. */
export interface Bindable {
  /** Binds it without waiting. */
  now(handle: ddi_dma_handle_t, flags: number): BindAnswer;
  /** Binds it and waits as `waitfp` says. */
  waiting(
    handle: ddi_dma_handle_t,
    flags: number,
    waitfp: ddi_waitfp_t,
    arg?: unknown,
  ): BindAnswer | ResultAsync<Bound, DdiError>;
}

/** A call that binds. */
export interface BindCall {
  /** The page it is described on. */
  readonly page: string;
  /** Kernel memory in the form the call wants. */
  object(sut: Sut, at: caddr_t, length: number, flags: number): Bindable;
}

/** ddi_dma_addr_bind_handle(9F). */
export const byAddress: BindCall = {
  page: 'ddi_dma_addr_bind_handle.9f',
  object: ({ ddi }, at, length) => ({
    now: (handle, flags) =>
      ddi.ddi_dma_addr_bind_handle(handle, null, at, length, flags, DDI_DMA_DONTWAIT),
    waiting: (handle, flags, waitfp, arg) =>
      ddi.ddi_dma_addr_bind_handle(handle, null, at, length, flags, waitfp, arg),
  }),
};

/** ddi_dma_buf_bind_handle(9F), with a buf of the driver's own. */
export const byBuf: BindCall = {
  page: 'ddi_dma_buf_bind_handle.9f',
  object: (sut, at, length, flags) => {
    const bp = newBuf(sut, at, length, (flags & DDI_DMA_READ) !== 0 ? B_READ : 0);
    return {
      now: (handle, how) => sut.ddi.ddi_dma_buf_bind_handle(handle, bp, how, DDI_DMA_DONTWAIT),
      waiting: (handle, how, waitfp, arg) =>
        sut.ddi.ddi_dma_buf_bind_handle(handle, bp, how, waitfp, arg),
    };
  },
};

/**
 * A buf of getrbuf(9F) for kernel memory.
 *
 * @param sut - the system
 * @param at - the memory
 * @param length - bytes
 * @param direction - `B_READ`, or 0 for a write
 */
export function newBuf(sut: Sut, at: caddr_t, length: number, direction: number): buf_t {
  const bp = sut.kernel.getrbuf(KM_NOSLEEP);
  that(bp !== null, 'getrbuf gives a buf');
  bp.b_flags |= B_BUSY | direction;
  bp.b_addr = at;
  bp.b_bcount = length;
  return bp;
}
