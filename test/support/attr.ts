/** Attribute sets for tests. */
import type { ddi_dma_attr_t } from '../../src/sys/types.js';

/** A device that can do anything, except what the test says. */
export function anyAttr(but: Partial<ddi_dma_attr_t> = {}): ddi_dma_attr_t {
  return {
    dma_attr_version: 0,
    dma_attr_addr_lo: 0n,
    dma_attr_addr_hi: 0xffffffffffffffffn,
    dma_attr_count_max: 0xffffffffffffffffn,
    dma_attr_align: 1n,
    dma_attr_burstsizes: 0x7f,
    dma_attr_minxfer: 1,
    dma_attr_maxxfer: 0xffffffffffffffffn,
    dma_attr_seg: 0xffffffffffffffffn,
    dma_attr_sgllen: -1,
    dma_attr_granular: 1,
    dma_attr_flags: 0,
    ...but,
  };
}
