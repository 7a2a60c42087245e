/**
 * Cookies of a trace: those that were recorded and those of the model, in one language.
 *
 * Which pages memory lies on was the recorder's choice and is the model's. A cookie is therefore
 * told as a *place*: where in the object it begins, `@offset+size`. Bounce pages are no place in
 * an object; such a cookie stays as recordings write it, `c+offset+size`.
 */
import { pageBytes } from '../machine/store.js';
import type { ddi_dma_attr_t, ddi_dma_cookie_t } from '../sys/types.js';

/** Pages an object lies on, in virtual order. */
export interface Pages {
  readonly pfns: readonly number[];
  /** Where in the first page it begins. */
  readonly pageOff: number;
}

/** Cookies as places; one that points nowhere into the object stays as it is. */
export function places(cookies: string, { pfns, pageOff }: Pages): string {
  const index = new Map(pfns.map((pfn, i) => [pfn, i]));
  const place = (cookie: string): string => {
    const [, address, size] = /^([0-9a-f]+)\+([0-9a-f]+)$/.exec(cookie) ?? [];
    if (address === undefined || size === undefined) return cookie;
    const at = BigInt(`0x${address}`);
    const page = index.get(Number(at >> 12n));
    if (page === undefined) return cookie;
    const off = page * pageBytes + Number(at & 0xfffn) - pageOff;
    return `@${off.toString(16)}+${size}`;
  };
  return cookies.split(' ').map(place).join(' ');
}

/**
 * Whether places are all of an object, one after the other; of bounced ones only the length counts.
 *
 * @param off - where in the object the bind begins
 * @param len - bytes that were bound
 */
export function covers(text: string, off: number, len: number): boolean {
  let next = off;
  for (const cookie of text.split(' ')) {
    const [, at, size] = /^(@[0-9a-f]+|c\+[0-9a-f]+)\+([0-9a-f]+)$/.exec(cookie) ?? [];
    if (at === undefined || size === undefined) return false;
    if (at.startsWith('@') && parseInt(at.slice(1), 16) !== next) return false;
    next += parseInt(size, 16);
  }
  return next === off + len;
}

/** Whether a device with these attributes can be given these cookies. */
export function within(cookies: readonly ddi_dma_cookie_t[], attr: ddi_dma_attr_t): boolean {
  const { dma_attr_addr_lo: lo, dma_attr_addr_hi: hi, dma_attr_sgllen: sgllen } = attr;
  if (sgllen > 0 && cookies.length > sgllen) return false;
  return cookies.every(({ dmac_laddress: first, dmac_size: size }) => {
    const last = first + BigInt(size) - 1n;
    const counted = BigInt(size) - 1n <= attr.dma_attr_count_max;
    const oneSegment = (first | attr.dma_attr_seg) === (last | attr.dma_attr_seg);
    return size > 0 && first >= lo && last <= hi && counted && oneSegment;
  });
}
