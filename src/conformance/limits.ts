/**
 * Whether cookies obey attributes, told from the page alone: ddi_dma_attr(9S), read field by field.
 *
 * Shares no code with the binder, on purpose: exact, slow, in bigint.
 */
import type { ddi_dma_attr_t, ddi_dma_cookie_t } from '../sys/types.js';

/**
 * Every breach of the attributes, by cookies of an object that is itself as aligned as they ask
 * (ddi_dma_attr(9S) AL-3).
 *
 * @param attr - the attributes a handle was allocated with
 * @param cookies - one list, in order
 * @returns sentences; none when the cookies are in order
 */
export function breaches(
  attr: ddi_dma_attr_t,
  cookies: readonly ddi_dma_cookie_t[],
): readonly string[] {
  const found: string[] = [];
  for (const [i, c] of cookies.entries()) {
    const first = c.dmac_laddress;
    const size = BigInt(c.dmac_size);
    const last = first + size - 1n;
    const seg = attr.dma_attr_seg + 1n;
    const name = `cookie ${i} (0x${first.toString(16)}, ${c.dmac_size} bytes)`;
    if (size <= 0n) found.push(`${name} is empty`);
    if (first < attr.dma_attr_addr_lo) found.push(`${name} starts below addr_lo`);
    if (last > attr.dma_attr_addr_hi) found.push(`${name} ends above addr_hi`);
    if (size - 1n > attr.dma_attr_count_max) found.push(`${name} is larger than count_max allows`);
    if (first % attr.dma_attr_align !== 0n) found.push(`${name} is less aligned than align asks`);
    if (first / seg !== last / seg) found.push(`${name} crosses a seg boundary`);
  }
  // sgllen is a signed int: negative stands for a list without end.
  const group = attr.dma_attr_sgllen < 0 ? cookies.length : attr.dma_attr_sgllen;
  for (let i = 0; i < cookies.length; i += Math.max(group, 1)) {
    const sum = cookies.slice(i, i + group).reduce((n, c) => n + c.dmac_size, 0);
    if (sum % attr.dma_attr_granular !== 0) found.push(`group at ${i}: ${sum} is not granular`);
  }
  return found;
}
