/** ddi_dma_cookie_iter(9F): the five ways to look at the cookies of a binding. */
import { DmaHandle } from '../nexus/tree.js';
import type { ddi_dma_cookie_t, ddi_dma_handle_t } from '../sys/types.js';
import { enterDma, goneDma } from './enter.js';

const page = 'ddi_dma_cookie_iter.9f';

function entered(call: string, handle: ddi_dma_handle_t): DmaHandle {
  // Looking changes nothing, so it leaves no trace; drivers look at every cookie.
  if (handle instanceof DmaHandle && !handle.freed) {
    handle.rdip.machine.sched.enter();
    return handle;
  }
  const h = enterDma(call, handle);
  // A freed handle has no cookies; the report is all there is to it.
  goneDma(call, h, `${page}/AR-1`);
  return h;
}

/**
 * How many cookies the binding, or the current window, has.
 *
 * @param handle - the handle
 * @returns the number; 0 when nothing is bound
 * @remarks User, kernel and interrupt context.
 * @see ddi_dma_cookie_iter(9F)
 */
export function ddi_dma_ncookies(handle: ddi_dma_handle_t): number {
  return entered('ddi_dma_ncookies', handle).ncookies;
}

/**
 * The cookie after another one.
 *
 * @param handle - the handle
 * @param cookie - a cookie this function or ddi_dma_cookie_get returned, or `null` for the first
 * @returns the next cookie; `null` after the last, or when `cookie` is not one of the handle's
 * @remarks User, kernel and interrupt context.
 * @see ddi_dma_cookie_iter(9F)
 */
export function ddi_dma_cookie_iter(
  handle: ddi_dma_handle_t,
  cookie: ddi_dma_cookie_t | null,
): ddi_dma_cookie_t | null {
  const h = entered('ddi_dma_cookie_iter', handle);
  const next = cookie === null ? 0 : h.indexOf(cookie) + 1;
  // indexOf gives -1 for a stranger, and 0 is the answer to null alone.
  if (cookie !== null && next === 0) return null;
  return next < h.ncookies ? h.cookie(next) : null;
}

/**
 * A cookie by its index.
 *
 * @param handle - the handle
 * @param index - 0 for the first
 * @returns the cookie; `null` when there is none with that index
 * @remarks User, kernel and interrupt context.
 * @see ddi_dma_cookie_iter(9F)
 */
export function ddi_dma_cookie_get(
  handle: ddi_dma_handle_t,
  index: number,
): ddi_dma_cookie_t | null {
  const h = entered('ddi_dma_cookie_get', handle);
  return Number.isInteger(index) && index >= 0 && index < h.ncookies ? h.cookie(index) : null;
}

/**
 * The only cookie of a binding that has one.
 *
 * @param handle - the handle
 * @returns the cookie
 * @throws Panic when the binding has not exactly one
 * @remarks User, kernel and interrupt context.
 * @see ddi_dma_cookie_iter(9F)
 */
export function ddi_dma_cookie_one(handle: ddi_dma_handle_t): ddi_dma_cookie_t {
  const h = entered('ddi_dma_cookie_one', handle);
  if (h.ncookies === 1) return h.cookie(0);
  // ddi_dma_cookie_iter(9F) ON-2: anything else brings the system down.
  return h.rdip.machine.panic(
    `ddi_dma_cookie_one() called with improper handle ${h.id}: it has ${h.ncookies} cookies`,
    { handle: h.id, ncookies: h.ncookies },
    `${page}/ON-2`,
  );
}

/**
 * The next cookie, once: the historical way.
 *
 * @deprecated Use {@link ddi_dma_cookie_iter} or {@link ddi_dma_cookie_get}.
 * @param handle - the handle, whose cursor moves
 * @returns the cookie after the last one handed out; bind hands out the first
 * @throws Panic when there is none left
 * @remarks User, kernel and interrupt context.
 * @see ddi_dma_cookie_iter(9F)
 */
export function ddi_dma_nextcookie(handle: ddi_dma_handle_t): ddi_dma_cookie_t {
  const h = entered('ddi_dma_nextcookie', handle);
  if (h.cursor < h.ncookies) return h.copyOf(h.cursor++);
  // ddi_dma_cookie_iter(9F) NX-4 leaves it undefined; the real system panics, and so does this one.
  h.rdip.machine.report({
    rule: 'COOKIE_PAST_END',
    clause: `${page}/NX-4`,
    message: `all ${h.ncookies} cookies have been handed out`,
    call: 'ddi_dma_nextcookie',
    values: { handle: h.id },
  });
  return h.rdip.machine.panic(
    `ddi_dma_nextcookie() called too many times on handle ${h.id}: it has ${h.ncookies} cookies`,
    { handle: h.id, ncookies: h.ncookies },
    `${page}/NX-4`,
  );
}
