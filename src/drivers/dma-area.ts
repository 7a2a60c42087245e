/** Memory that a device and its driver share, bound in one piece: rings, queues, lists. */
import { ddi_dma_addr_bind_handle, ddi_dma_unbind_handle } from '../ddi/dma-bind.js';
import { ddi_dma_alloc_handle, ddi_dma_free_handle } from '../ddi/dma-handle.js';
import { ddi_dma_mem_alloc, ddi_dma_mem_free } from '../ddi/dma-mem.js';
import { DDI_DMA_DONTWAIT, DDI_DMA_RDWR } from '../sys/constants.js';
import { discard } from '../sys/result.js';
import type {
  caddr_t,
  ddi_acc_handle_t,
  ddi_device_acc_attr_t,
  ddi_dma_attr_t,
  ddi_dma_handle_t,
  dev_info_t,
} from '../sys/types.js';

/** Memory bound for DMA, as the helper of nearly every driver returns it. */
export interface dma_area_t {
  readonly dma_hdl: ddi_dma_handle_t;
  readonly acc_hdl: ddi_acc_handle_t;
  readonly mem_va: caddr_t;
  /** Bus address of its only cookie. */
  readonly laddress: bigint;
}

/**
 * Allocates memory and binds it in one piece, for reading and writing.
 *
 * @param dip - the device
 * @param attr - what the device can do; its list has one entry whatever `dma_attr_sgllen` says
 * @param acc - how the driver accesses the memory
 * @param size - bytes
 * @param mode - `DDI_DMA_CONSISTENT` or `DDI_DMA_STREAMING`
 * @returns the area; `null` when there is none
 */
export function alloc_dma_area(
  dip: dev_info_t,
  attr: ddi_dma_attr_t,
  acc: ddi_device_acc_attr_t,
  size: number,
  mode: number,
): dma_area_t | null {
  const one = { ...attr, dma_attr_sgllen: 1 };
  const alloc = ddi_dma_alloc_handle(dip, one, DDI_DMA_DONTWAIT);
  if (alloc.isErr()) return null;
  const dma_hdl = alloc.value.handle;
  const mem = ddi_dma_mem_alloc(dma_hdl, size, acc, mode, DDI_DMA_DONTWAIT);
  if (mem.isErr()) {
    ddi_dma_free_handle(dma_hdl);
    return null;
  }
  const { kaddr, real_length, handle: acc_hdl } = mem.value;
  const flags = DDI_DMA_RDWR | mode;
  const bind = ddi_dma_addr_bind_handle(dma_hdl, null, kaddr, real_length, flags, DDI_DMA_DONTWAIT);
  if (bind.isErr()) {
    ddi_dma_mem_free(acc_hdl);
    ddi_dma_free_handle(dma_hdl);
    return null;
  }
  const area = { dma_hdl, acc_hdl, mem_va: kaddr, laddress: bind.value.cookie.dmac_laddress };
  if (bind.value.ccount === 1) return area;
  free_dma_area(area);
  return null;
}

/** Gives back what {@link alloc_dma_area} gave. */
export function free_dma_area(area: dma_area_t): void {
  discard(ddi_dma_unbind_handle(area.dma_hdl));
  ddi_dma_mem_free(area.acc_hdl);
  ddi_dma_free_handle(area.dma_hdl);
}
