/**
 * The naive oracle of the cookie walk: one byte at a time, by the words of ddi_dma_attr(9S).
 *
 * A cookie goes on while the next byte is the next bus address, the counter has room, and no
 * segment boundary lies between. Where the counter or a boundary ends a cookie of an aligned
 * object, the cut moves back to a multiple of the alignment, if that leaves anything.
 */

/** A cookie: bus address and size in bytes. */
export interface NaiveCookie {
  readonly address: bigint;
  readonly size: bigint;
}

/** The cookies of an object given by the bus address of each of its bytes. */
export function naiveCookies(
  addresses: readonly bigint[],
  limits: { readonly countMax: bigint; readonly seg: bigint; readonly align: bigint },
): NaiveCookie[] {
  const cookies: NaiveCookie[] = [];
  let at = 0;
  while (at < addresses.length) {
    const start = addresses[at] ?? 0n;
    let n = 1n;
    let cut = false;
    for (;;) {
      const next = addresses[at + Number(n)];
      if (next === undefined || next !== start + n) break;
      cut = next % (limits.seg + 1n) === 0n || n === limits.countMax + 1n;
      if (cut) break;
      n++;
    }
    if (cut) {
      const past = (start + n) % limits.align;
      if (past < n) n -= past;
    }
    cookies.push({ address: start, size: n });
    at += Number(n);
  }
  return cookies;
}
