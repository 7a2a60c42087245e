/**
 * The buf(9S) functions: bioinit(9F), biofini(9F), bioreset(9F), freerbuf(9F), bioerror(9F),
 * geterror(9F), biodone(9F), biowait(9F), bp_mapin(9F), bp_mapout(9F), bp_copyin(9F),
 * bp_copyout(9F), minphys(9F). Making one is `machine.kernel`'s: getrbuf(9F).
 */
import { Buf } from '../machine/buf.js';
import { copyBuf } from '../machine/buf-copy.js';
import { mapIn, mapOut } from '../machine/buf-memory.js';
import { checkContext, enterCall } from '../machine/io-host.js';
import { B_ASYNC, B_DONE, B_ERROR, B_REMAPPED } from '../sys/constants-io.js';
import { Panic } from '../sys/errors.js';
import { showValue } from '../sys/result.js';
import type { buf_t } from '../sys/types-io.js';

/** The buf behind `bp`, in whatever state. */
export function enterBuf(call: string, bp: buf_t): Buf {
  if (!(bp instanceof Buf)) {
    throw new Panic(`${call}: bp must be a buf of this kernel; ${showValue(bp)} is not`);
  }
  enterCall(bp.host, call, bp.id);
  return bp;
}

/** Whether a call may go on with a buf; reports why not. */
export function usable(call: string, bp: Buf): boolean {
  if (bp.state === 'raw') {
    // buf_funcs(9F) BI-1: memory of kmem_alloc(9F) is no buf before bioinit(9F).
    complain(bp, call, 'BUF_UNINITIALISED', 'buf_funcs.9f/BI-1', 'bioinit(9F) was not called');
    return false;
  }
  if (bp.state === 'freed') {
    const clause = bp.owner === 'system' ? 'buf_funcs.9f/BD-2' : 'buf_funcs.9f/FB-1';
    complain(bp, call, 'USE_AFTER_FREE', clause, 'it is gone');
    return false;
  }
  if (bp.owner === 'system' && (bp.b_flags & B_DONE) !== 0) {
    // buf_funcs(9F) BD-2: at biodone(9F) the driver parts with a buf of strategy(9E).
    complain(bp, call, 'USE_AFTER_DONE', 'buf_funcs.9f/BD-2', 'biodone(9F) has been called on it');
    return false;
  }
  return true;
}

function complain(bp: Buf, call: string, rule: string, clause: string, why: string): void {
  const values = { buf: bp.id, b_flags: bp.b_flags };
  bp.host.report({ rule, clause, message: `buf ${bp.id}: ${why}`, call, values });
}

/** What outlives the buf, and should not: a binding, a mapping. */
function reportLeftovers(call: string, bp: Buf, clause: string): void {
  if (bp.isBound) {
    complain(bp, call, 'FREE_BOUND', clause, 'it is bound; ddi_dma_unbind_handle(9F) comes first');
  }
  if (bp.mapping !== null) {
    // bp_mapin(9F) DS-3: bp_mapout(9F) gives the addresses back, nothing else does.
    const why = 'its kernel addresses are lost; bp_mapout(9F) comes first';
    complain(bp, call, 'MAPPING_LOST', 'bp_mapin.9f/DS-3', why);
  }
}

/**
 * Initialises a buf in memory of the driver's own.
 *
 * @param bp - what `kernel.allocBuf` gave, or a buf after biofini
 * @remarks Any context.
 * @see bioinit(9F)
 */
export function bioinit(bp: buf_t): void {
  const b = enterBuf('bioinit', bp);
  if (b.state === 'freed') {
    usable('bioinit', b);
    return;
  }
  b.init();
}

/**
 * Ends the use of a buf in memory of the driver's own.
 *
 * @param bp - a buf after bioinit
 * @remarks Any context.
 * @see biofini(9F)
 */
export function biofini(bp: buf_t): void {
  const b = enterBuf('biofini', bp);
  if (!usable('biofini', b)) return;
  reportLeftovers('biofini', b, 'buf_funcs.9f/BI-1');
  b.end('raw');
}

/**
 * Makes a buf of the driver's own as good as new, for the next transfer.
 *
 * @param bp - a buf that describes no transfer in progress
 * @remarks Any context.
 * @see bioreset(9F)
 */
export function bioreset(bp: buf_t): void {
  const b = enterBuf('bioreset', bp);
  if (!usable('bioreset', b)) return;
  reportLeftovers('bioreset', b, 'buf_funcs.9f/BI-1');
  b.init();
}

/**
 * Frees a buf of getrbuf(9F) or ddi_umem_iosetup(9F).
 *
 * @param bp - the buf
 * @remarks User, kernel and interrupt context; never sleeps.
 * @see freerbuf(9F)
 */
export function freerbuf(bp: buf_t): void {
  const call = 'freerbuf';
  const b = enterBuf(call, bp);
  if (b.state === 'freed') {
    complain(b, call, 'DOUBLE_FREE', 'buf_funcs.9f/FB-1', 'it was freed before');
    return;
  }
  if (b.owner === 'system' || b.owner === 'memory') {
    const owner =
      b.owner === 'system' ? 'it is not the driver’s' : 'its memory is the driver’s own';
    complain(b, call, 'WRONG_FREE_FUNCTION', 'buf_funcs.9f/FB-1', owner);
    return;
  }
  reportLeftovers(call, b, 'interplay/AX-9');
  b.end('freed');
}

/**
 * Notes an error of the transfer, or takes it back.
 *
 * @param bp - the buf
 * @param error - an errno; 0: no error
 * @remarks Any context.
 * @see bioerror(9F)
 */
export function bioerror(bp: buf_t, error: number): void {
  const b = enterBuf('bioerror', bp);
  if (!usable('bioerror', b)) return;
  b.own(error === 0 ? b.b_flags & ~B_ERROR : b.b_flags | B_ERROR);
  b.b_error = error;
}

/**
 * The error of the transfer.
 *
 * @param bp - the buf
 * @returns an errno; 0 when there was no error
 * @remarks User, kernel and interrupt context.
 * @see geterror(9F)
 */
export function geterror(bp: buf_t): number {
  return enterBuf('geterror', bp).error;
}

/**
 * Tells that the transfer has ended. The driver no longer touches a buf of strategy(9E) then.
 *
 * @param bp - the buf
 * @remarks User, kernel and interrupt context.
 * @see biodone(9F), strategy(9E)
 */
export function biodone(bp: buf_t): void {
  const call = 'biodone';
  const b = enterBuf(call, bp);
  if (b.state === 'ready' && b.b_iodone === null && (b.b_flags & B_DONE) !== 0) {
    complain(b, call, 'DOUBLE_DONE', 'buf_funcs.9f/BD-1', 'biodone(9F) was called before');
    return;
  }
  if (!usable(call, b)) return;
  if (b.isBound && b.b_iodone === null) {
    // buf_funcs(9F) BD-2: after this the driver could not unbind what it no longer has.
    const why = 'it is bound; ddi_dma_unbind_handle(9F) comes first';
    complain(b, call, 'DONE_WHILE_BOUND', 'buf_funcs.9f/BD-2', why);
  }
  b.done();
}

/**
 * Waits for the end of a transfer of the caller's own.
 *
 * @param bp - the buf
 * @returns the errno of the transfer; 0 when it went well
 * @remarks User context.
 * @see biowait(9F)
 */
export async function biowait(bp: buf_t): Promise<number> {
  const b = enterBuf('biowait', bp);
  checkContext(b.host, 'biowait', 'buf_funcs.9f/BW-1', ['user']);
  if (b.state !== 'ready') {
    usable('biowait', b);
    return 0;
  }
  await b.ended();
  const { error } = b;
  if ((b.b_flags & B_ASYNC) === 0 && (b.b_flags & B_REMAPPED) !== 0) mapOut(b);
  return error;
}

/**
 * Gives the memory of a buf kernel addresses, and `b_addr` the first of them. Nothing happens when
 * it has some already, or no page list and no process.
 *
 * @param bp - the buf
 * @throws Panic when a page of a process is not in memory, or addresses can never suffice
 * @remarks User and kernel context; may block.
 * @see bp_mapin(9F)
 */
export function bp_mapin(bp: buf_t): void {
  const call = 'bp_mapin';
  const b = enterBuf(call, bp);
  checkContext(b.host, call, 'bp_mapin.9f/CX-1', ['user', 'kernel']);
  if (!usable(call, b) || mapIn(b)) return;
  const values = { buf: b.id, b_bcount: b.b_bcount };
  const message = `${call}: a sleeping request for addresses can never be satisfied`;
  b.host.sched.panic(new Panic(message, values, 'bp_mapin.9f/DS-1'));
}

/**
 * Takes back what bp_mapin gave. Only for a buf of the driver's own: nobody counts who needs the
 * addresses of another one.
 *
 * @param bp - the buf
 * @remarks User context.
 * @see bp_mapout(9F)
 */
export function bp_mapout(bp: buf_t): void {
  const call = 'bp_mapout';
  const b = enterBuf(call, bp);
  checkContext(b.host, call, 'bp_mapout.9f/CX-1', ['user']);
  if (!usable(call, b)) return;
  if (b.owner === 'system') {
    // bp_mapout(9F) DS-2 and DS-3: an upper layer may have mapped it, and rely on it.
    const why = 'it came through strategy(9E), and its mapping is not the driver’s';
    complain(b, call, 'MAPOUT_FOREIGN', 'bp_mapout.9f/DS-2', why);
  }
  mapOut(b);
}

/**
 * Copies from the memory of a buf to kernel memory.
 *
 * @param bp - the buf; it need not be mapped
 * @param driverbuf - kernel address
 * @param offset - where in the buf, in bytes
 * @param size - bytes
 * @returns 0, or -1 when the buf has no such pages
 * @remarks User and kernel context.
 * @see bp_copyin(9F)
 */
export function bp_copyin(bp: buf_t, driverbuf: number, offset: number, size: number): 0 | -1 {
  return copy('bp_copyin', bp, driverbuf, offset, size, 'kernel');
}

/**
 * Copies from kernel memory to the memory of a buf.
 *
 * @param driverbuf - kernel address
 * @param bp - the buf; it need not be mapped
 * @param offset - where in the buf, in bytes
 * @param size - bytes
 * @returns 0, or -1 when the buf has no such pages
 * @remarks User and kernel context.
 * @see bp_copyout(9F)
 */
export function bp_copyout(driverbuf: number, bp: buf_t, offset: number, size: number): 0 | -1 {
  return copy('bp_copyout', bp, driverbuf, offset, size, 'buf');
}

function copy(
  call: string,
  bp: buf_t,
  driverbuf: number,
  offset: number,
  size: number,
  to: 'buf' | 'kernel',
): 0 | -1 {
  const b = enterBuf(call, bp);
  checkContext(b.host, call, 'bp_copyin.9f/CX-1', ['user', 'kernel']);
  if (!usable(call, b)) return -1;
  const sane = Number.isSafeInteger(offset) && Number.isSafeInteger(size);
  if (!sane || offset < 0 || size < 0 || offset + size > b.b_bcount) {
    b.host.report({
      rule: 'BAD_ARGUMENT',
      clause: 'bp_copyin.9f/DS-1',
      message: `${showValue(size)} bytes at ${showValue(offset)} are not all of the buf’s`,
      call,
      values: { offset, size, b_bcount: b.b_bcount },
    });
    return -1;
  }
  if (size === 0) return 0;
  if (!b.host.pages.mapped(driverbuf, size)) {
    const message = `${call}: bad trap: no memory is mapped there`;
    b.host.sched.panic(new Panic(message, { driverbuf, size }));
  }
  return copyBuf(b, driverbuf, offset, size, to);
}

/**
 * Lowers `b_bcount` to what the system moves at once.
 *
 * @param bp - the buf
 * @remarks User, kernel and interrupt context.
 * @see minphys(9F), physio(9F)
 */
export function minphys(bp: buf_t): void {
  const b = enterBuf('minphys', bp);
  // physio(9F) DS-5: it lowers, it never raises.
  if (b.b_bcount > b.host.maxphys) b.b_bcount = b.host.maxphys;
}
