/**
 * The structures and handles of dditypes.h and ddidmareq.h, as TypeScript sees them.
 *
 * A field the pages type `uint64_t` is a `bigint`; every other number is a `number`. Handles are
 * opaque: no property of theirs means anything to a driver (ddi_dma_alloc_handle(9F) DS-3).
 */
import type { DDI_DMA_DONTWAIT, DDI_DMA_SLEEP } from './constants.js';

/** Marks the opaque types; no object has such a property. */
export declare const brand: unique symbol;

/** A kernel virtual address, in bytes. Register mappings lie at 2^32 and above. */
export type caddr_t = number;

/** A node of the device tree; opaque. */
export interface dev_info_t {
  readonly [brand]: 'dev_info_t';
}

/** A DMA handle, ddi_dma_alloc_handle(9F); opaque. */
export interface ddi_dma_handle_t {
  readonly [brand]: 'ddi_dma_handle_t';
}

/** A data access handle, ddi_dma_mem_alloc(9F) and ddi_regs_map_setup(9F); opaque. */
export interface ddi_acc_handle_t {
  readonly [brand]: 'ddi_acc_handle_t';
}

/** An address space other than the kernel's; opaque. `null` stands for the kernel. */
export interface as_t {
  readonly [brand]: 'as_t';
}

/** An interrupt, ddi_intr_alloc(9F); opaque. */
export interface ddi_intr_handle_t {
  readonly [brand]: 'ddi_intr_handle_t';
}

/** A soft interrupt, ddi_intr_add_softint(9F); opaque. */
export interface ddi_softint_handle_t {
  readonly [brand]: 'ddi_softint_handle_t';
}

/** What ddi_add_intr(9F) hands out for mutex_init(9F); opaque. */
export interface ddi_iblock_cookie_t {
  readonly [brand]: 'ddi_iblock_cookie_t';
}

/** What a device's DMA engine can do, ddi_dma_attr(9S). Fields in the order of the header. */
export interface ddi_dma_attr_t {
  /** `DMA_ATTR_V0`. */
  readonly dma_attr_version: number;
  /** Lowest address the engine can reach, inclusive. */
  readonly dma_attr_addr_lo: bigint;
  /** Highest address the engine can reach, inclusive. */
  readonly dma_attr_addr_hi: bigint;
  /** Largest value of the engine's counter: the largest segment in bytes, less one. */
  readonly dma_attr_count_max: bigint;
  /** Alignment of allocated memory in bytes, a power of two. */
  readonly dma_attr_align: bigint;
  /** Bit n set: the engine can do bursts of 2^n bytes. */
  readonly dma_attr_burstsizes: number;
  /** Smallest effective transfer in bytes, a power of two. */
  readonly dma_attr_minxfer: number;
  /** Largest effective transfer in bytes. */
  readonly dma_attr_maxxfer: bigint;
  /** Segment boundary less one: no segment crosses a multiple of this plus one. */
  readonly dma_attr_seg: bigint;
  /** Entries of the scatter/gather list; negative: no limit; 1: none; 0: reserved. */
  readonly dma_attr_sgllen: number;
  /** Every transfer is a multiple of this many bytes. */
  readonly dma_attr_granular: number;
  /** `DDI_DMA_FORCE_PHYSICAL`, `DDI_DMA_FLAGERR`, `DDI_DMA_RELAXED_ORDERING`. */
  readonly dma_attr_flags: number;
}

/** An address and a size to program an engine with, ddi_dma_cookie(9S). */
export interface ddi_dma_cookie_t {
  /** The bus address, 64 bits. */
  readonly dmac_laddress: bigint;
  /** The low 32 bits of the bus address. */
  readonly dmac_address: number;
  /** Bytes. */
  readonly dmac_size: number;
  /** Bus specific bits. */
  readonly dmac_type: number;
}

/** How a driver wants to reach memory or registers, ddi_device_acc_attr(9S). */
export interface ddi_device_acc_attr_t {
  /** `DDI_DEVICE_ATTR_V0` or `DDI_DEVICE_ATTR_V1`. */
  readonly devacc_attr_version: number;
  /** `DDI_NEVERSWAP_ACC`, `DDI_STRUCTURE_LE_ACC` or `DDI_STRUCTURE_BE_ACC`. */
  readonly devacc_attr_endian_flags: number;
  /** `DDI_STRICTORDER_ACC` and its weaker kin; advice. */
  readonly devacc_attr_dataorder: number;
  /** `DDI_DEFAULT_ACC`, `DDI_FLAGERR_ACC`, `DDI_CAUTIOUS_ACC`; counts from V1 on. */
  readonly devacc_attr_access?: number;
}

/**
 * A resource callback: called with the `arg` it was registered with, from a soft interrupt.
 * Returns `DDI_DMA_CALLBACK_RUNOUT` or `DDI_DMA_CALLBACK_DONE`.
 */
export type ddi_dma_callback_t<A = unknown> = (arg: A) => number;

/** A `waitfp` that never waits: DONTWAIT, its other spelling `null`, or a callback. */
export type ddi_nosleep_t = typeof DDI_DMA_DONTWAIT | null | ddi_dma_callback_t<never>;

/** Any `waitfp`: `DDI_DMA_SLEEP`, `DDI_DMA_DONTWAIT`, `null` or a callback. */
export type ddi_waitfp_t = typeof DDI_DMA_SLEEP | ddi_nosleep_t;

/**
 * The `arg` that goes with a `waitfp` of which only the run knows what it is: what its functions
 * take, and anything where it has none, or where nothing is known of them.
 */
export type CallbackArg<W extends ddi_waitfp_t> =
  Extract<W, ddi_dma_callback_t<never>> extends (arg: infer A) => number
    ? [A] extends [never]
      ? [arg?: unknown]
      : undefined extends A
        ? [arg?: A]
        : [arg: A]
    : [arg?: unknown];
