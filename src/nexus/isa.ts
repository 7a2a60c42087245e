/**
 * The ISA nexus: a bus that can do less than its devices claim.
 *
 * Its DMA engine reaches 16 MiB, counts to 64 KiB, does not cross 64 KiB and has no list; so every
 * handle of a device below it is made from the device's attributes and the bus's, whichever of the
 * two is tighter (ddi_dma_mem_alloc(9F) DS-2: attributes imposed by the system).
 */
import type { ddi_dma_attr_t } from '../sys/types.js';
import type { AllocRefusal, DevInfo, DmaHandle, DmaOps } from './tree.js';

/** What the ISA DMA engine can do: ddi_dmae(9F) GA-1. */
export const isaAttr: ddi_dma_attr_t = {
  dma_attr_version: 0,
  dma_attr_addr_lo: 0n,
  dma_attr_addr_hi: 0xffffffn,
  dma_attr_count_max: 0xffffn,
  dma_attr_align: 1n,
  dma_attr_burstsizes: 1,
  dma_attr_minxfer: 1,
  dma_attr_maxxfer: 0xffffffffn,
  dma_attr_seg: 0xffffn,
  dma_attr_sgllen: 1,
  dma_attr_granular: 1,
  dma_attr_flags: 0,
};

/** The DMA vector of the ISA nexus: it tightens, and passes everything else on. */
export const isaOps: DmaOps = {
  allochdl: allocHandle,
  freehdl: null,
  bindhdl: null,
  unbindhdl: null,
  win: null,
  flush: null,
};

function allocHandle(dip: DevInfo, rdip: DevInfo, attr: ddi_dma_attr_t): DmaHandle | AllocRefusal {
  const above = dip.nexusFor('allochdl');
  const merged = mergeable(attr) ? mergeAttr(attr, isaAttr) : attr;
  const allochdl = above.dmaOps?.allochdl;
  if (allochdl == null) throw new Error(`${above.path} answers for no DMA handles`);
  return allochdl(above, rdip, merged);
}

/** Fields of the wrong type are for the root to name. */
function mergeable(attr: ddi_dma_attr_t): boolean {
  return Object.entries(isaAttr).every(([field, value]) => {
    const given: unknown = attr[field as keyof ddi_dma_attr_t];
    return typeof given === typeof value;
  });
}

/**
 * The tighter of two sets, field by field (ddi_dma_attr_merge). Version and flags stay the first's.
 *
 * @param attr - a device's
 * @param mod - a bus's
 */
export function mergeAttr(attr: ddi_dma_attr_t, mod: ddi_dma_attr_t): ddi_dma_attr_t {
  return {
    ...attr,
    dma_attr_addr_lo: max(attr.dma_attr_addr_lo, mod.dma_attr_addr_lo),
    dma_attr_addr_hi: min(attr.dma_attr_addr_hi, mod.dma_attr_addr_hi),
    dma_attr_count_max: min(attr.dma_attr_count_max, mod.dma_attr_count_max),
    dma_attr_align: max(attr.dma_attr_align, mod.dma_attr_align),
    dma_attr_burstsizes: (attr.dma_attr_burstsizes & mod.dma_attr_burstsizes) >>> 0,
    dma_attr_minxfer: maxbit(attr.dma_attr_minxfer, mod.dma_attr_minxfer),
    dma_attr_maxxfer: min(attr.dma_attr_maxxfer, mod.dma_attr_maxxfer),
    dma_attr_seg: min(attr.dma_attr_seg, mod.dma_attr_seg),
    // Compared as unsigned: -1, no limit, loses to any limit.
    dma_attr_sgllen: Math.min(attr.dma_attr_sgllen >>> 0, mod.dma_attr_sgllen >>> 0) | 0,
    dma_attr_granular: Math.max(attr.dma_attr_granular, mod.dma_attr_granular),
  };
}

/** The larger of two powers of two; for others, what is left of the first above the second. */
function maxbit(a: number, b: number): number {
  const kept = (a & ~(b - 1)) >>> 0;
  return kept === 0 ? b : kept;
}

function min(a: bigint, b: bigint): bigint {
  return a < b ? a : b;
}

function max(a: bigint, b: bigint): bigint {
  return a > b ? a : b;
}
