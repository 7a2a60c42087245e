/**
 * ddi_umem_free(9F), ddi_umem_unlock(9F), ddi_umem_iosetup(9F): what is done with a cookie. Making
 * one is `machine.kernel`'s: ddi_umem_alloc(9F), ddi_umem_lock(9F).
 */
import { Buf } from '../machine/buf.js';
import { checkSleep, enterCall, panicNever } from '../machine/io-host.js';
import { pageBytes } from '../machine/store.js';
import { UmemCookie } from '../machine/umem.js';
import { DmaHandle } from '../nexus/tree.js';
import {
  B_BUSY,
  B_PHYS,
  B_READ,
  B_SHADOW,
  B_WRITE,
  DDI_UMEM_NOSLEEP,
  DDI_UMEM_SLEEP,
  DDI_UMEMLOCK_READ,
  DDI_UMEMLOCK_WRITE,
} from '../sys/constants-io.js';
import { Panic } from '../sys/errors.js';
import { showValue } from '../sys/result.js';
import type { buf_t, ddi_umem_cookie_t, dev_t } from '../sys/types-io.js';

function enterCookie(call: string, cookie: ddi_umem_cookie_t): UmemCookie {
  if (!(cookie instanceof UmemCookie)) {
    throw new Panic(`${call}: illegal cookie: ${showValue(cookie)}`);
  }
  enterCall(cookie.host, call, cookie.id);
  return cookie;
}

function report(
  c: UmemCookie,
  call: string,
  rule: string,
  clause: string,
  message: string,
  values: Readonly<Record<string, unknown>> = {},
): void {
  c.host.report({ rule, clause, message, call, values: { cookie: c.id, ...values } });
}

/**
 * Frees memory of ddi_umem_alloc(9F).
 *
 * @param cookie - its cookie; `null`: nothing happens
 * @remarks Any context.
 * @see ddi_umem_free(9F)
 */
export function ddi_umem_free(cookie: ddi_umem_cookie_t | null): void {
  // ddi_umem_alloc(9F) FR-2: nothing is freed, and that is no error.
  if (cookie === null) return;
  const call = 'ddi_umem_free';
  const c = enterCookie(call, cookie);
  if (gone(c, call, 'ddi_umem_alloc.9f/WN-2')) return;
  if (c.kind === 'locked') {
    const message = 'the cookie is of ddi_umem_lock(9F); ddi_umem_unlock(9F) is the call for it';
    report(c, call, 'WRONG_FREE_FUNCTION', 'ddi_umem_lock.9f/UL-1', message);
    release(c);
    return;
  }
  reportBufs(c, call, 'ddi_umem_alloc.9f/WN-2');
  c.end();
}

/**
 * Unlocks memory of ddi_umem_lock(9F). In interrupt context a kernel thread does it later.
 *
 * @param cookie - its cookie
 * @remarks User, kernel and interrupt context.
 * @see ddi_umem_unlock(9F)
 */
export function ddi_umem_unlock(cookie: ddi_umem_cookie_t): void {
  const call = 'ddi_umem_unlock';
  const c = enterCookie(call, cookie);
  if (gone(c, call, 'ddi_umem_lock.9f/UL-1')) return;
  if (c.kind !== 'locked') {
    const message = 'the cookie is of ddi_umem_alloc(9F); ddi_umem_free(9F) is the call for it';
    report(c, call, 'WRONG_FREE_FUNCTION', 'ddi_umem_lock.9f/UL-1', message);
    return;
  }
  // interplay/AX-9: unbind, free the buf, unlock, in this order.
  reportBufs(c, call, 'interplay/AX-9');
  release(c);
}

/** Unlocks now, or as soon as a thread can. */
function release(c: UmemCookie): void {
  const { sched } = c.host;
  if (sched.current.kind !== 'interrupt') {
    c.end();
    return;
  }
  // ddi_umem_lock(9F) UL-2: the release may be deferred; to the driver the cookie is gone already.
  c.freed = true;
  sched.thread('umem unlock', () => {
    c.end();
  });
}

function gone(c: UmemCookie, call: string, clause: string): boolean {
  if (c.freed) report(c, call, 'DOUBLE_FREE', clause, `the cookie ${c.id} is gone already`);
  return c.freed;
}

/** Whether a handle is bound to memory of the cookie, however it was named. */
function bound(c: UmemCookie): boolean {
  const { live } = c.host;
  const pfns = new Set(c.lock?.pages.map((page) => page.pfn));
  return live.some((source) => {
    const object = source instanceof DmaHandle ? source.binding?.object : undefined;
    if (object === undefined) return false;
    const { va, len, kind } = object;
    if (kind !== 'kernel') return object.pfns.some((pfn) => pfns.has(pfn));
    return c.lock === null && va < c.addr + c.sizeBytes && va + len > c.addr;
  });
}

function reportBufs(c: UmemCookie, call: string, clause: string): void {
  if (bound(c)) {
    const message = 'the memory is bound to a DMA handle; ddi_dma_unbind_handle(9F) comes first';
    report(c, call, 'FREE_BOUND', clause, message);
  }
  for (const bp of c.bufs) {
    const message = `buf ${bp.id} of this memory was not freed; freerbuf(9F) comes first`;
    report(c, call, 'BUF_OUTLIVES_COOKIE', clause, message, { buf: bp.id });
  }
}

/**
 * Makes a buf for a part of locked memory.
 *
 * @param cookie - of ddi_umem_lock(9F)
 * @param off - first byte, from the start of the locked range
 * @param len - bytes
 * @param direction - `B_READ`: the device puts data there; `B_WRITE`: it takes data
 * @param dev - the device
 * @param blkno - block number on it
 * @param iodone - called by biodone(9F) when not `null`
 * @param sleepflag - `DDI_UMEM_SLEEP` or `DDI_UMEM_NOSLEEP`
 * @returns the buf, to be freed with freerbuf(9F); `null` when memory is short or an argument is
 * wrong
 * @throws Panic when `DDI_UMEM_SLEEP` could never be satisfied
 * @remarks Any context with `DDI_UMEM_NOSLEEP`; user and kernel context with `DDI_UMEM_SLEEP`.
 * @see ddi_umem_iosetup(9F)
 */
export function ddi_umem_iosetup(
  cookie: ddi_umem_cookie_t,
  off: number,
  len: number,
  direction: number,
  dev: dev_t,
  blkno: number,
  iodone: ((bp: buf_t) => number) | null,
  sleepflag: number,
): buf_t | null {
  const call = 'ddi_umem_iosetup';
  const page = `${call}.9f`;
  const c = enterCookie(call, cookie);
  if (sleepflag === DDI_UMEM_SLEEP) checkSleep(c.host, call, `${page}/CX-1`);
  if (c.freed) {
    report(c, call, 'USE_AFTER_FREE', `${page}/AR-1`, `the cookie ${c.id} is gone`);
    return null;
  }
  const wrong = badSetup(c, off, len, direction, sleepflag);
  if (wrong !== null) {
    const [group, message, values] = wrong;
    report(c, call, 'BAD_ARGUMENT', `${page}/${group}`, message, values);
    return null;
  }
  if (sleepflag === DDI_UMEM_NOSLEEP && c.host.faults.fails('kmem')) return null;
  const bp = Buf.make(c.host, 'ddi_umem_iosetup');
  if (bp === null) {
    if (sleepflag === DDI_UMEM_NOSLEEP) return null;
    return panicNever(c.host, call, { len }, `${page}/FL-1`);
  }
  fill(bp, c, off, len, direction);
  bp.b_edev = dev;
  bp.b_lblkno = blkno;
  bp.b_iodone = iodone;
  reportDirection(c, direction, call);
  return bp;
}

function fill(bp: Buf, c: UmemCookie, off: number, len: number, direction: number): void {
  bp.init();
  bp.own(B_BUSY | B_PHYS | direction);
  bp.b_bcount = len;
  bp.b_addr = c.addr + off;
  if (c.lock !== null) {
    bp.b_proc = c.lock.proc;
    bp.b_shadow = c.lock.pages.slice(Math.floor(off / pageBytes));
    bp.own(bp.b_flags | B_SHADOW);
  }
  c.bufs.add(bp);
  bp.onFree = () => {
    c.bufs.delete(bp);
  };
}

/** The GROUP-n broken, the message and the values. */
type Wrong = readonly [string, string, Readonly<Record<string, unknown>>];

function badSetup(
  c: UmemCookie,
  off: number,
  len: number,
  direction: number,
  sleepflag: number,
): Wrong | null {
  const resident = c.kind === 'resident' && c.host.rules.has('iosetup-umem-alloc');
  if (c.kind !== 'locked' && !resident) {
    return ['AR-1', 'the cookie is not of ddi_umem_lock(9F)', {}];
  }
  const sane = Number.isSafeInteger(off) && Number.isSafeInteger(len) && off >= 0 && len >= 0;
  if (!sane || off + len > c.sizeBytes) {
    const message = `off and len must lie inside the ${c.sizeBytes} bytes of the cookie`;
    return ['AR-2', message, { off, len }];
  }
  if (direction !== B_READ && direction !== B_WRITE) {
    return ['AR-3', 'direction must be B_READ or B_WRITE', { direction }];
  }
  if (sleepflag !== DDI_UMEM_SLEEP && sleepflag !== DDI_UMEM_NOSLEEP) {
    return ['FL-1', 'sleepflag must be DDI_UMEM_SLEEP or DDI_UMEM_NOSLEEP', { sleepflag }];
  }
  return null;
}

/** What is written by the device must have been locked for writing, and so on. */
function reportDirection(c: UmemCookie, direction: number, call: string): void {
  if (c.lock === null) return;
  const needed = direction === B_READ ? DDI_UMEMLOCK_WRITE : DDI_UMEMLOCK_READ;
  if ((c.lock.access & needed) !== 0) return;
  // ddi_umem_iosetup(9F) AR-4: the two words look at the transfer from opposite ends.
  const words =
    direction === B_READ
      ? 'B_READ writes memory that was locked with DDI_UMEMLOCK_READ'
      : 'B_WRITE reads memory that was locked with DDI_UMEMLOCK_WRITE';
  const values = { direction, flags: c.lock.access };
  report(c, call, 'DIRECTION_MISMATCH', 'ddi_umem_iosetup.9f/AR-4', words, values);
}
