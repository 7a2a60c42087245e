/** ddi_regs_map_setup(9F) and ddi_regs_map_free(9F). */
import type { Result } from 'neverthrow';
import type { caddr_t, ddi_acc_handle_t, ddi_device_acc_attr_t, dev_info_t } from '../sys/types.js';
import { enterAcc, enterDip } from './enter.js';
import { mapSet, notInInterrupt, type RegsMapError, unmapSet } from './reg-map.js';

/** Out-parameters of ddi_regs_map_setup(9F). */
export interface RegsMapOut {
  /** Base address: a register is at `addr` plus its offset in the mapping. */
  readonly addr: caddr_t;
  /** The access handle. */
  readonly handle: ddi_acc_handle_t;
}

/**
 * Maps a register set of a device.
 *
 * @param dip - the device
 * @param rnumber - which set; on PCI 0 is configuration space and 1 the first base address register
 * @param offset - first byte of the set to map
 * @param len - bytes; 0 with offset 0 maps the whole set
 * @param accattr - how the registers are accessed; copied
 * @returns `addr` and `handle`; `DDI_ME_RNUMBER_RANGE` when there is no such set, `DDI_FAILURE` for
 * a wrong offset, length or attribute, `DDI_ME_NORESOURCES` when no access handle is free
 * @remarks User and kernel context.
 * @see ddi_regs_map_setup(9F), ddi_device_acc_attr(9S)
 */
export function ddi_regs_map_setup(
  dip: dev_info_t,
  rnumber: number,
  offset: number,
  len: number,
  accattr: ddi_device_acc_attr_t,
): Result<RegsMapOut, RegsMapError> {
  const call = 'ddi_regs_map_setup';
  const rdip = enterDip(call, dip);
  notInInterrupt(rdip, call, `${call}.9f/CX-1`);
  return mapSet(rdip, call, { rnumber, offset, len, accattr });
}

/**
 * Undoes ddi_regs_map_setup.
 *
 * @param handle - what ddi_regs_map_setup gave
 * @remarks User and kernel context.
 * @see ddi_regs_map_free(9F)
 */
export function ddi_regs_map_free(handle: ddi_acc_handle_t): void {
  const call = 'ddi_regs_map_free';
  const h = enterAcc(call, handle);
  notInInterrupt(h.rdip, call, 'ddi_regs_map_free.9f/CX-1');
  unmapSet(h, call, 'ddi_regs_map_setup', {
    pair: 'ddi_regs_map_free.9f/AR-1',
    gone: 'ddi_regs_map_free.9f/DS-1',
  });
}
