/**
 * physio(9F): direct I/O on the memory of an I/O request, piece by piece.
 *
 * A *piece* is as much of one area as `mincnt` allows. For each piece: (1) its pages are locked;
 * (2) the buf is filled in anew, for a driver may have changed it; (3) strategy(9E) is called;
 * (4) the end is waited for; (5) the pages are unlocked. A piece that moved less than it should,
 * or failed, is the last.
 */
import * as numbers from '../sys/constants-io.js';
import type { buf_t, dev_t, iovec_t, uio_t } from '../sys/types-io.js';
import type { Buf } from './buf.js';
import { mapOut } from './buf-memory.js';
import type { IoHost } from './io-host.js';
import type { Process } from './process.js';
import type { Page } from './user.js';

/** A request on its way. */
export interface PhysioRequest {
  readonly strat: (bp: buf_t) => number;
  readonly bp: Buf;
  readonly dev: dev_t;
  /** `B_READ` or `B_WRITE`. */
  readonly rw: number;
  readonly mincnt: (bp: buf_t) => void;
  readonly uio: uio_t;
  /** The current process; `null` for kernel addresses. */
  readonly proc: Process | null;
}

const call = 'physio';

/**
 * Whether all of a request may be accessed as it asks.
 *
 * @returns 0 or the errno
 */
export function checkUio(host: IoHost, request: PhysioRequest): number {
  const { uio, proc, rw } = request;
  let left = uio.uio_resid;
  for (const { iov_base, iov_len } of uio.uio_iov.slice(0, uio.uio_iovcnt)) {
    const len = Math.min(iov_len, left);
    if (len <= 0) continue;
    left -= len;
    const wrong = checkArea(host, proc, iov_base, len, rw === numbers.B_READ);
    if (wrong !== 0) return wrong;
  }
  return 0;
}

function checkArea(
  host: IoHost,
  proc: Process | null,
  addr: number,
  len: number,
  write: boolean,
): number {
  if (proc !== null) return proc.as.check(addr, len, write);
  return host.pages.mapped(addr, len) ? 0 : numbers.EFAULT;
}

/**
 * Works through a request.
 *
 * @returns 0 or the errno
 */
export async function runPhysio(host: IoHost, request: PhysioRequest): Promise<number> {
  const { bp, uio } = request;
  let error = 0;
  while (uio.uio_iovcnt > 0) {
    const [area] = uio.uio_iov;
    if (area === undefined) break;
    bp.b_error = 0;
    bp.b_proc = request.proc;
    while (area.iov_len > 0 && uio.uio_resid > 0) {
      if (uio.uio_loffset < 0) {
        error = numbers.EINVAL;
        break;
      }
      error = await movePiece(host, request, area);
      // A residue ends the request without an error: the device has no more.
      if (error !== 0 || bp.b_resid !== 0) break;
    }
    const own = numbers.B_BUSY | numbers.B_WANTED | numbers.B_PHYS | numbers.B_SHADOW;
    bp.own(bp.b_flags & ~own);
    if (error !== 0 || bp.b_resid !== 0) break;
    uio.uio_iov = uio.uio_iov.slice(1);
    uio.uio_iovcnt--;
  }
  return error;
}

async function movePiece(host: IoHost, request: PhysioRequest, area: iovec_t): Promise<number> {
  const { bp, uio, proc, rw } = request;
  fill(request, area);
  const wrong = bound(host, request, Math.min(area.iov_len, uio.uio_resid));
  if (wrong !== 0) return wrong;
  const count = bp.b_bcount;
  const locked =
    proc === null
      ? checkArea(host, null, area.iov_base, count, rw === numbers.B_READ)
      : proc.as.lock(area.iov_base, count, rw === numbers.B_READ);
  if (typeof locked === 'number' && locked !== 0) {
    bp.own((bp.b_flags | numbers.B_ERROR) & ~(numbers.B_BUSY | numbers.B_WANTED | numbers.B_PHYS));
    bp.b_error = locked;
    return locked;
  }
  const pages: readonly Page[] = typeof locked === 'number' ? [] : locked;
  bp.b_shadow = pages.length > 0 ? pages : null;
  bp.own(bp.b_flags | numbers.B_STARTED | (pages.length > 0 ? numbers.B_SHADOW : 0));
  try {
    start(host, request);
    await bp.ended();
  } finally {
    mapOut(bp);
    for (const page of pages) page.unlock();
  }
  const moved = count - bp.b_resid;
  area.iov_base += moved;
  area.iov_len -= moved;
  uio.uio_resid -= moved;
  uio.uio_loffset += moved;
  return bp.error;
}

/** The buf for the next piece; nothing a driver did to it before is relied on. */
function fill({ bp, dev, rw, uio }: PhysioRequest, area: iovec_t): void {
  bp.own(numbers.B_BUSY | numbers.B_PHYS | rw);
  bp.b_edev = dev;
  bp.b_lblkno = Math.floor(uio.uio_loffset / numbers.DEV_BSIZE);
  bp.b_addr = area.iov_base;
  bp.b_bcount = Math.min(area.iov_len, uio.uio_resid);
}

/** Lets the driver bound the piece, and looks at what it did. */
function bound(host: IoHost, { bp, mincnt }: PhysioRequest, asked: number): number {
  const { maxphys } = host;
  mincnt(bp);
  const count = bp.b_bcount;
  const sane = Number.isSafeInteger(count) && count > 0 && count <= asked;
  if (sane && count <= maxphys) return 0;
  // physio(9F) DS-4: a bound of the driver's own is added to the system's, it does not replace it.
  host.report({
    rule: 'MINCNT',
    clause: 'physio.9f/DS-4',
    message: sane
      ? `mincnt left ${count} bytes and minphys(9F) allows ${maxphys}`
      : `mincnt made ${asked} bytes ${String(count)}`,
    call,
    values: { asked, count, maxphys },
  });
  return sane ? 0 : numbers.EINVAL;
}

function start(host: IoHost, { bp, strat }: PhysioRequest): void {
  bp.inStrategy = true;
  try {
    const rv: unknown = strat(bp);
    if (rv === 0) return;
    // buf_funcs(9F) ST-2: there is one way to fail, bioerror(9F) and biodone(9F).
    host.report({
      rule: 'STRATEGY_RETURN',
      clause: 'buf_funcs.9f/ST-2',
      message: `strategy returned ${String(rv)}; it returns 0 always`,
      call,
      values: { rv: typeof rv === 'number' ? rv : String(rv) },
    });
  } finally {
    bp.inStrategy = false;
  }
}
