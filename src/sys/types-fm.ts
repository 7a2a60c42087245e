/** The structures of ddifm.h, as TypeScript sees them. */
import type { ddi_acc_handle_t, ddi_dma_handle_t, dev_info_t } from './types.js';

/** An error and what is known of it, ddi_fm_error(9S). Fields in the order of the header. */
export interface ddi_fm_error_t {
  /** `DDI_FME_VER0` or `DDI_FME_VER1`. */
  readonly fme_version: number;
  /** `DDI_FM_OK`, `DDI_FM_FATAL`, `DDI_FM_NONFATAL` or `DDI_FM_UNKNOWN`. */
  readonly fme_status: number;
  /** `DDI_FM_ERR_UNEXPECTED`, `_EXPECTED`, `_POKE` or `_PEEK`. */
  readonly fme_flag: number;
  /** Numbers the error: a format 1 ENA. */
  readonly fme_ena: bigint;
  /** The access handle it concerns, or `null`. */
  readonly fme_acc_handle: ddi_acc_handle_t | null;
  /** The DMA handle it concerns, or `null`. */
  readonly fme_dma_handle: ddi_dma_handle_t | null;
  /** For the bus; no page knows it. */
  readonly fme_bus_specific: unknown;
  /** `DDI_FME_BUS_TYPE_DFLT` or `DDI_FME_BUS_TYPE_PCI`; no page knows it. */
  readonly fme_bus_type: number;
}

/**
 * An error handler: told of an error of the bus its device is on. Returns `DDI_FM_OK` when the
 * device met no error, else the worst it met.
 */
export type ddi_err_func_t<A = unknown> = (
  dip: dev_info_t,
  error_status: ddi_fm_error_t,
  impl_data: A,
) => number;
