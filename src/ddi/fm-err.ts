/**
 * ddi_fm_acc_err_get(9F), ddi_fm_acc_err_clear(9F) and their sisters for DMA handles;
 * ddi_check_acc_handle(9F) and ddi_check_dma_handle(9F).
 */
import type { AccHandle } from '../nexus/acc-handle.js';
import { fmError } from '../nexus/fm-errors.js';
import type { DmaHandle } from '../nexus/tree.js';
import { DDI_FAILURE, DDI_SUCCESS } from '../sys/constants.js';
import { DDI_FME_VER0, DDI_FME_VERSION } from '../sys/constants-fm.js';
import { showValue } from '../sys/result.js';
import type { ddi_fm_error_t } from '../sys/types-fm.js';
import type { ddi_acc_handle_t, ddi_dma_handle_t } from '../sys/types.js';
import { enterAcc, enterDma, goneDma } from './enter.js';

/**
 * The error of an access handle.
 *
 * @param acc_handle - from ddi_regs_map_setup(9F) or ddi_dma_mem_alloc(9F); `null` has no error
 * @param version - `DDI_FME_VERSION`
 * @returns the error; without one `fme_status` is `DDI_FM_OK` and nothing else means anything
 * @remarks User, kernel and high-level interrupt context.
 * @see ddi_fm_acc_err_get(9F), ddi_fm_error(9S)
 */
export function ddi_fm_acc_err_get(
  acc_handle: ddi_acc_handle_t | null,
  version: number,
): ddi_fm_error_t {
  const h = enteredAcc('ddi_fm_acc_err_get', acc_handle, version);
  return h === null ? fmError({}) : told(h, version, { fme_acc_handle: h });
}

/**
 * The error of a DMA handle: of what is bound, or was bound last.
 *
 * @param dma_handle - from ddi_dma_alloc_handle(9F); `null` has no error
 * @param version - `DDI_FME_VERSION`
 * @returns as {@link ddi_fm_acc_err_get}
 * @remarks User, kernel and high-level interrupt context.
 * @see ddi_fm_acc_err_get(9F), ddi_fm_error(9S)
 */
export function ddi_fm_dma_err_get(
  dma_handle: ddi_dma_handle_t | null,
  version: number,
): ddi_fm_error_t {
  const h = enteredDma('ddi_fm_dma_err_get', dma_handle, version);
  return h === null ? fmError({}) : told(h, version, { fme_dma_handle: h });
}

/**
 * Clears the error of an access handle: accesses are allowed again.
 *
 * @param acc_handle - from ddi_regs_map_setup(9F) or ddi_dma_mem_alloc(9F); `null`: nothing happens
 * @param version - `DDI_FME_VERSION`
 * @remarks User, kernel and high-level interrupt context.
 * @see ddi_fm_acc_err_clear(9F)
 */
export function ddi_fm_acc_err_clear(acc_handle: ddi_acc_handle_t | null, version: number): void {
  const h = enteredAcc('ddi_fm_acc_err_clear', acc_handle, version);
  if (h === null) return;
  h.faults.error = null;
  h.guarded = h.protection === 'none';
}

/**
 * Clears the error of a DMA handle.
 *
 * @param dma_handle - from ddi_dma_alloc_handle(9F); `null`: nothing happens
 * @param version - `DDI_FME_VERSION`
 * @remarks User, kernel and high-level interrupt context.
 * @see ddi_fm_acc_err_clear(9F)
 */
export function ddi_fm_dma_err_clear(dma_handle: ddi_dma_handle_t | null, version: number): void {
  const h = enteredDma('ddi_fm_dma_err_clear', dma_handle, version);
  if (h !== null) h.faults.error = null;
}

/**
 * Whether there was a fault of what an access handle stands for.
 *
 * @param acc_handle - from ddi_regs_map_setup(9F) or ddi_dma_mem_alloc(9F)
 * @returns `DDI_SUCCESS`, or `DDI_FAILURE` when there was one
 * @remarks User, kernel and interrupt context.
 * @see ddi_check_acc_handle(9F)
 */
export function ddi_check_acc_handle(acc_handle: ddi_acc_handle_t): number {
  const call = 'ddi_check_acc_handle';
  const h = enterAcc(call, acc_handle);
  if (goneAcc(call, h, `${call}.9f/AR-1`)) return DDI_FAILURE;
  return checked(h);
}

/**
 * Whether there was a fault of DMA to what a handle is bound to, or was bound to last.
 *
 * @param dma_handle - from ddi_dma_alloc_handle(9F)
 * @returns `DDI_SUCCESS`, or `DDI_FAILURE` when there was one
 * @remarks User, kernel and interrupt context.
 * @see ddi_check_dma_handle(9F)
 */
export function ddi_check_dma_handle(dma_handle: ddi_dma_handle_t): number {
  const call = 'ddi_check_dma_handle';
  const h = enterDma(call, dma_handle);
  if (goneDma(call, h, 'ddi_check_acc_handle.9f/AR-2')) return DDI_FAILURE;
  return checked(h);
}

function checked(h: AccHandle | DmaHandle): number {
  // Either way of asking is asking.
  if (h.faults.marked) h.faults.unread = false;
  return h.faults.marked ? DDI_FAILURE : DDI_SUCCESS;
}

function told(
  h: AccHandle | DmaHandle,
  version: number,
  handle: Partial<ddi_fm_error_t>,
): ddi_fm_error_t {
  const { error } = h.faults;
  h.faults.unread = false;
  const fme_version = h.rdip.machine.rules.has('fm-version-unwritten')
    ? DDI_FME_VER0
    : version === DDI_FME_VER0
      ? DDI_FME_VER0
      : DDI_FME_VERSION;
  if (error === null) return fmError({ fme_version });
  const { status, flag, ena } = error;
  return fmError({ fme_version, fme_status: status, fme_flag: flag, fme_ena: ena, ...handle });
}

function enteredAcc(
  call: string,
  handle: ddi_acc_handle_t | null,
  version: number,
): AccHandle | null {
  // A kernel lets a null handle pass, and no page says otherwise; there is nothing to ask.
  if (handle === null) return null;
  const h = enterAcc(call, handle);
  if (goneAcc(call, h, 'ddi_get8.9f/AR-1')) return null;
  checkVersion(h, call, version);
  return h;
}

function enteredDma(
  call: string,
  handle: ddi_dma_handle_t | null,
  version: number,
): DmaHandle | null {
  if (handle === null) return null;
  const h = enterDma(call, handle);
  if (goneDma(call, h, 'ddi_dma_free_handle.9f/DS-2')) return null;
  checkVersion(h, call, version);
  return h;
}

function goneAcc(call: string, h: AccHandle, clause: string): boolean {
  if (!h.freed) return false;
  h.rdip.machine.report({
    rule: 'USE_AFTER_FREE',
    clause,
    message: `the access handle ${h.id} was freed`,
    call,
    values: { handle: h.id },
  });
  return true;
}

/** ddi_fm_acc_err_get(9F) AR-1: the version is always the present one. */
function checkVersion({ rdip: { machine } }: AccHandle | DmaHandle, call: string, v: number): void {
  if (v === DDI_FME_VERSION) return;
  const clause = 'ddi_fm_acc_err_get.9f/AR-1';
  const message = `version must be DDI_FME_VERSION (1); it is ${showValue(v)}`;
  if (v !== DDI_FME_VER0 && machine.rules.has('fm-version-panics')) {
    machine.panic(`${call}: Invalid driver version`, { version: v }, clause);
  }
  machine.report({ rule: 'BAD_ARGUMENT', clause, message, call, values: { version: v } });
}
