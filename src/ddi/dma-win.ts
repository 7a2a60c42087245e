/** ddi_dma_numwin(9F) and ddi_dma_getwin(9F). */
import { err, ok, type Result } from 'neverthrow';
import type { DmaHandle } from '../nexus/tree.js';
import { ddiError, type DdiError } from '../sys/errors.js';
import type { ddi_dma_cookie_t, ddi_dma_handle_t } from '../sys/types.js';
import { enterDma, goneDma, reportBad } from './enter.js';

/** Out-parameter of ddi_dma_numwin(9F). */
export interface NumwinOut {
  /** Number of windows. */
  readonly nwin: number;
}

/** Out-parameters of ddi_dma_getwin(9F). */
export interface GetwinOut {
  /** Where the window begins in the object, in bytes. */
  readonly off: number;
  /** Its length in bytes. */
  readonly len: number;
  /** Its first cookie. */
  readonly cookie: ddi_dma_cookie_t;
  /** How many cookies it has. */
  readonly ccount: number;
}

type Failure = DdiError<'DDI_FAILURE'>;

/**
 * How many windows a partly mapped object has.
 *
 * @param handle - a handle whose bind returned `DDI_DMA_PARTIAL_MAP`
 * @returns `nwin`; `DDI_FAILURE` when the bind made no windows
 * @remarks User, kernel and interrupt context.
 * @see ddi_dma_numwin(9F)
 */
export function ddi_dma_numwin(handle: ddi_dma_handle_t): Result<NumwinOut, Failure> {
  const call = 'ddi_dma_numwin';
  const h = enterDma(call, handle);
  const fail = (message: string): Result<NumwinOut, Failure> =>
    err(ddiError('DDI_FAILURE', call, `${call}.9f/RV-2`, message, { handle: h.id }));
  if (goneDma(call, h, `${call}.9f/AR-1`)) return fail('the handle was freed');
  const { binding } = h;
  // ddi_dma_numwin(9F) RV-2: windows are there only after a partial map.
  if (binding?.plan == null || !binding.partial) return fail('the object has no windows');
  return ok({ nwin: binding.plan.windows.length });
}

/**
 * Makes a window the current one: its cookies are the handle's from now on.
 *
 * @param handle - a handle whose bind returned `DDI_DMA_PARTIAL_MAP`
 * @param win - which, 0 for the first
 * @returns `off`, `len`, `cookie` and `ccount`; `DDI_FAILURE` when there is no such window
 * @remarks User, kernel and interrupt context; usually called from the interrupt handler.
 * @see ddi_dma_getwin(9F)
 */
export function ddi_dma_getwin(handle: ddi_dma_handle_t, win: number): Result<GetwinOut, Failure> {
  const call = 'ddi_dma_getwin';
  const h = enterDma(call, handle);
  const fail = (group: string, message: string): Result<GetwinOut, Failure> =>
    err(ddiError('DDI_FAILURE', call, `${call}.9f/${group}`, message, { win }));
  if (goneDma(call, h, `${call}.9f/AR-1`)) return fail('AR-1', 'the handle was freed');
  if (!Number.isInteger(win) || win < 0 || win > 0xffffffff) {
    reportBad(h.rdip, call, `${call}.9f/AR-2`, 'win', win, 'must be an unsigned integer');
    return fail('RV-2', 'win is no number of a window');
  }
  if (withoutWindows(h)) {
    h.rdip.machine.report({
      rule: 'NO_WINDOWS',
      clause: `${call}.9f/DS-2`,
      message: 'the bind returned no DDI_DMA_PARTIAL_MAP: there are no windows to move to',
      call,
      values: { win },
    });
    return fail('RV-2', 'the object has no windows');
  }
  const nexus = h.rdip.nexusFor('win');
  if (nexus.dmaOps?.win?.(nexus, h.rdip, h, win) !== true) {
    return fail('RV-2', `there is no window ${win}`);
  }
  const window = h.binding?.window;
  if (window == null) return fail('RV-2', `there is no window ${win}`);
  const { offset: off, size: len } = window;
  return ok({ off, len, cookie: h.copyOf(0), ccount: h.ncookies });
}

/** Whether asking for a window is a mistake in itself. */
function withoutWindows(h: DmaHandle): boolean {
  if (h.binding?.partial === true) return false;
  return !h.rdip.machine.rules.has('getwin-needs-windows');
}
