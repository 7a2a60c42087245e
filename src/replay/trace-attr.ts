/**
 * Attributes of recorded drivers that the pages let a system refuse, and a kernel does not.
 *
 * Told from the attributes alone, without the model: a refusal is the driver's affair only when
 * its attributes are at fault.
 */
import type { ddi_dma_attr_t } from '../sys/types.js';

/** Whether no device has these attributes: ddi_dma_attr(9S). */
export function illegal(attr: ddi_dma_attr_t): boolean {
  const power = (n: bigint): boolean => n > 0n && (n & (n - 1n)) === 0n;
  return (
    !power(attr.dma_attr_align) ||
    !power(BigInt(attr.dma_attr_minxfer)) ||
    attr.dma_attr_granular === 0 ||
    attr.dma_attr_sgllen === 0 ||
    attr.dma_attr_addr_lo > attr.dma_attr_addr_hi
  );
}

/** Whether so many bytes need more cookies than the list of the device has, wherever they lie. */
export function tooMany(attr: ddi_dma_attr_t, len: number): boolean {
  const { dma_attr_seg: seg, dma_attr_count_max: counter, dma_attr_sgllen: sgllen } = attr;
  const longest = (seg < counter ? seg : counter) + 1n;
  const cookies = (BigInt(Math.max(0, len)) + longest - 1n) / longest;
  return sgllen > 0 && cookies > BigInt(sgllen);
}

/** Whether so many bytes are more than one transfer of the device. */
export function tooLong(attr: ddi_dma_attr_t, len: number): boolean {
  return BigInt(len) > attr.dma_attr_maxxfer;
}
