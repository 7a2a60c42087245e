/** ddi_btop(9F), ddi_btopr(9F), ddi_ptob(9F): pages as the parent nexus has them. */
import { pageBytes } from '../machine/store.js';
import type { dev_info_t } from '../sys/types.js';
import { enterDip, reportBad } from './enter.js';

/** A count as it came, or 0 when it is none: the page knows no errors. */
function count(call: string, dip: dev_info_t, name: string, value: number): number {
  const node = enterDip(call, dip);
  if (Number.isSafeInteger(value) && value >= 0) return value;
  reportBad(node, call, 'ddi_btop.9f/DS-1', name, value, 'must be a non-negative integer');
  return 0;
}

/**
 * Bytes to pages, rounding down.
 *
 * @param dip - the device; its nexus says how large a page is
 * @param bytes - bytes
 * @returns whole pages
 * @remarks User, kernel and interrupt context.
 * @see ddi_btop(9F)
 */
export function ddi_btop(dip: dev_info_t, bytes: number): number {
  return Math.floor(count('ddi_btop', dip, 'bytes', bytes) / pageBytes);
}

/**
 * Bytes to pages, rounding up.
 *
 * @param dip - the device; its nexus says how large a page is
 * @param bytes - bytes
 * @returns pages that hold them
 * @remarks User, kernel and interrupt context.
 * @see ddi_btopr(9F)
 */
export function ddi_btopr(dip: dev_info_t, bytes: number): number {
  return Math.ceil(count('ddi_btopr', dip, 'bytes', bytes) / pageBytes);
}

/**
 * Pages to bytes.
 *
 * @param dip - the device; its nexus says how large a page is
 * @param pages - pages
 * @returns bytes; of one page: the page size
 * @remarks User, kernel and interrupt context.
 * @see ddi_ptob(9F)
 */
export function ddi_ptob(dip: dev_info_t, pages: number): number {
  return count('ddi_ptob', dip, 'pages', pages) * pageBytes;
}
