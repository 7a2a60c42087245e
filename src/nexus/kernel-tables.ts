/**
 * The tables of a bind in the kernel: cookies, windows, and which pages are bounced.
 *
 * A handle is allocated with room for some of each. A bind that may need more allocates: the list
 * of cookies first, for as many pages as the object can touch; then windows and page map together,
 * when they do not fit into what the cookies left over. Only those allocations can fail.
 */

/** Bytes of a cookie, of a window and of an entry of the page map, on amd64. */
const cookieBytes = 24;
const windowBytes = 112;
const pageMapBytes = 24;

/** Cookies, windows and entries a handle has room for. */
const roomCookies = 65;
const roomBytes = roomCookies * cookieBytes + 4 * windowBytes + 2 * pageMapBytes;
/** The tables are aligned to this. */
const alignBytes = 8;

/**
 * Whether the cookies of an object fit into the handle.
 *
 * @param maxPages - pages the object can touch, and one
 */
export function cookiesFit(maxPages: number): boolean {
  return maxPages <= roomCookies;
}

/** A bind that has its cookies. */
export interface BindTables {
  /** Pages the object can touch, and one. */
  readonly maxPages: number;
  readonly cookies: number;
  /** Windows at most. */
  readonly windows: number;
  readonly bounced: boolean;
}

/** Whether windows and page map fit into what is left. */
export function windowsFit({ maxPages, cookies, windows, bounced }: BindTables): boolean {
  const needed = windows * windowBytes + (bounced ? maxPages * pageMapBytes : 0) + alignBytes;
  const used = cookies * cookieBytes;
  if (cookiesFit(maxPages)) return roomBytes - used >= needed;
  // The handle's own room is free: the cookies are elsewhere, and may have left more there.
  const left = maxPages * cookieBytes - used;
  return Math.max(left, roomBytes) >= needed;
}
