/**
 * The walk as the kernel does it: page by page, with limits looked at where pages start.
 *
 * Quirk `limits-at-page-starts`: a page is never cut. A page the device cannot reach gets a cookie
 * of its own; any other page starts a cookie or continues the one before it.
 */
import type { Limits } from './attr.js';
import type { CookieTable } from './cookies.js';
import type { DmaObject } from './object.js';

/** What decides beside the attributes. */
export interface PageWalkRules {
  readonly hiExclusive: boolean;
  readonly earlyClose: boolean;
}

/**
 * Fills `table` with the cookies of an object, by pages.
 *
 * @returns whether pages were bounced because of the segment (`_DDI_DMA_BOUNCE_ON_SEG`)
 */
export function walkPages(
  object: DmaObject,
  limits: Limits,
  rules: PageWalkRules,
  table: CookieTable,
): boolean {
  table.clear();
  const raw = limits.kernel;
  const { pfns, first } = object;
  const past = rules.hiExclusive ? 0 : 1;
  const bounceOnSeg = raw.bounceOnSeg && straddles(object, raw.seg);
  let left = object.len;
  let last = -2;
  // An empty slot: the next page starts a cookie whatever it is.
  let open = false;
  for (let i = 0; left > 0; i++) {
    const off = i === 0 ? object.off : 0;
    const n = Math.min(left, 4096 - off);
    const frame = pfns[first + i] ?? -1;
    const address = frame * 4096 + off;
    const bounced =
      (bounceOnSeg && address + n > raw.seg) || address < raw.lo || address + n - past > raw.hi;
    if (bounced) {
      table.push(frame, off, n, 0);
      table.bouncedPages++;
      open = false;
    } else {
      const c = table.count - 1;
      const size = table.size[c] ?? 0;
      const fresh =
        !open ||
        last + 1 !== frame ||
        startsSegment(frame, off, raw.segLow, raw.segHigh) ||
        size + n > raw.maxCookie;
      if (fresh) {
        table.push(frame, off, n, -1);
        open = true;
      } else {
        table.size[c] = size + n;
        // The comparison is made once the page has been added, and asks for one page more.
        if (rules.earlyClose && size + n + n === raw.maxCookie) open = false;
      }
    }
    last = frame;
    left -= n;
  }
  return bounceOnSeg;
}

/** Whether an object lies on both sides of the segment's end, or touches it from above. */
function straddles(object: DmaObject, seg: number): boolean {
  let upper = false;
  let lower = false;
  let left = object.len;
  for (let i = 0; left > 0; i++) {
    const off = i === 0 ? object.off : 0;
    const n = Math.min(left, 4096 - off);
    const address = (object.pfns[object.first + i] ?? -1) * 4096 + off;
    if (i > 0 && address === seg + 1) return true;
    if (address + n > seg) upper = true;
    else lower = true;
    if (upper && lower) return true;
    left -= n;
  }
  return false;
}

/** `(address & seg) == 0` on 64 bits. */
function startsSegment(frame: number, off: number, segLow: number, segHigh: number): boolean {
  const high = Math.floor(frame / 0x100000);
  const low = ((frame - high * 0x100000) << 12) | off;
  return (low & segLow) === 0 && (high & segHigh) === 0;
}
