/** DMA memory of the ring NIC's driver: rings, and buffers cut out of larger areas. */
import { ddi_dma_sync } from '../ddi/dma-sync.js';
import {
  DDI_DEFAULT_ACC,
  DDI_DEVICE_ATTR_V1,
  DDI_DMA_CONSISTENT,
  DDI_DMA_STREAMING,
  DDI_NEVERSWAP_ACC,
  DDI_STRICTORDER_ACC,
  DDI_STRUCTURE_LE_ACC,
  DMA_ATTR_V0,
} from '../sys/constants.js';
import { discard } from '../sys/result.js';
import type { caddr_t, ddi_device_acc_attr_t, ddi_dma_attr_t, dev_info_t } from '../sys/types.js';
import { alloc_dma_area, type dma_area_t } from './dma-area.js';
import * as reg from './ringnic-reg.js';

/** Registers and descriptors are little-endian. */
export const ringnic_acc_attr: ddi_device_acc_attr_t = {
  devacc_attr_version: DDI_DEVICE_ATTR_V1,
  devacc_attr_endian_flags: DDI_STRUCTURE_LE_ACC,
  devacc_attr_dataorder: DDI_STRICTORDER_ACC,
  devacc_attr_access: DDI_DEFAULT_ACC,
};

/** Packets are bytes. */
export const ringnic_buf_acc_attr: ddi_device_acc_attr_t = {
  ...ringnic_acc_attr,
  devacc_attr_endian_flags: DDI_NEVERSWAP_ACC,
};

/**
 * What the device's data port can do.
 *
 * @param addr_bits - its address lines
 * @param frags - descriptors of the longest chain
 */
export function ringnic_dma_attr(addr_bits: number, frags: number): ddi_dma_attr_t {
  return {
    dma_attr_version: DMA_ATTR_V0,
    dma_attr_addr_lo: 0n,
    dma_attr_addr_hi: (1n << BigInt(addr_bits)) - 1n,
    dma_attr_count_max: 0xffff_ffffn,
    dma_attr_align: 1n,
    dma_attr_burstsizes: 0x7f,
    dma_attr_minxfer: 1,
    dma_attr_maxxfer: 0xffff_ffffn,
    dma_attr_seg: 0xffff_ffff_ffff_ffffn,
    dma_attr_sgllen: frags,
    dma_attr_granular: 1,
    dma_attr_flags: 0,
  };
}

/** A part of an area, with its bus address in the halves a descriptor wants. */
export interface dma_slice_t {
  readonly area: dma_area_t;
  readonly off: number;
  readonly va: caddr_t;
  readonly lo: number;
  readonly hi: number;
}

/**
 * Allocates memory and binds it.
 *
 * @param dip - the device
 * @param attr - as `ringnic_dma_attr` has it
 * @param size - bytes
 * @param ring - whether it is for descriptors, which both sides look at all the time
 * @returns the area; `null` when there is none
 */
export function ringnic_alloc_area(
  dip: dev_info_t,
  attr: ddi_dma_attr_t,
  size: number,
  ring: boolean,
): dma_area_t | null {
  const align = ring ? BigInt(reg.RN_RING_ALIGN) : 8n;
  const mode = ring ? DDI_DMA_CONSISTENT : DDI_DMA_STREAMING;
  const acc = ring ? ringnic_acc_attr : ringnic_buf_acc_attr;
  // Read and write: a buffer that upper layers have written to is given to the device again.
  return alloc_dma_area(dip, { ...attr, dma_attr_align: align }, acc, size, mode);
}

/** Cuts an area into slices of `size` bytes. */
export function ringnic_slices(area: dma_area_t, size: number, count: number): dma_slice_t[] {
  return Array.from({ length: count }, (_, i) => {
    const off = i * size;
    const laddress = area.laddress + BigInt(off);
    return {
      area,
      off,
      va: area.mem_va + off,
      lo: Number(laddress & 0xffff_ffffn),
      hi: Number(laddress >> 32n),
    };
  });
}

/**
 * Synchronises descriptors of a ring, in two steps where it ends.
 *
 * @param ring - the area of the ring
 * @param size - its descriptors
 * @param from - the first
 * @param count - how many; 0: none
 * @param type - `DDI_DMA_SYNC_FORDEV` or `DDI_DMA_SYNC_FORKERNEL`
 */
export function ringnic_sync_descs(
  ring: dma_area_t,
  size: number,
  from: number,
  count: number,
  type: number,
): void {
  const first = Math.min(count, size - from);
  const bytes = reg.RN_DESC_BYTES;
  if (first > 0) discard(ddi_dma_sync(ring.dma_hdl, from * bytes, first * bytes, type));
  if (count > first) discard(ddi_dma_sync(ring.dma_hdl, 0, (count - first) * bytes, type));
}
