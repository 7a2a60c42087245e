/** Sets, objects and cookies to vary. */
import type { ddi_dma_attr_t, ddi_dma_cookie_t } from '../../src/sys/types.js';

/** No limit that anything in a test meets, except those given. */
export function attrWith(change: Partial<ddi_dma_attr_t> = {}): ddi_dma_attr_t {
  return {
    dma_attr_version: 0,
    dma_attr_addr_lo: 0n,
    dma_attr_addr_hi: 0xffff_ffff_ffff_ffffn,
    dma_attr_count_max: 0xffff_ffff_ffff_ffffn,
    dma_attr_align: 1n,
    dma_attr_burstsizes: 0x7f,
    dma_attr_minxfer: 1,
    dma_attr_maxxfer: 0xffff_ffff_ffff_ffffn,
    dma_attr_seg: 0xffff_ffff_ffff_ffffn,
    dma_attr_sgllen: -1,
    dma_attr_granular: 1,
    dma_attr_flags: 0,
    ...change,
  };
}

/** An object at `va` whose pages lie on the frames given, in order. */
export function objectOn(
  frames: readonly number[],
  va: number,
  length: number,
): { va: number; length: number; pfnOf: (va: number) => number } {
  return { va, length, pfnOf: (at) => frames[(at >>> 12) - (va >>> 12)] ?? -1 };
}

/** A cookie. */
export function cookie(address: bigint, size: number): ddi_dma_cookie_t {
  return {
    dmac_laddress: address,
    dmac_address: Number(address & 0xffff_ffffn),
    dmac_size: size,
    dmac_type: 0,
  };
}
