/** ddi_dma_addr_bind_handle(9F) and ddi_dma_unbind_handle(9F). */
import { err, ok, type Result, type ResultAsync } from 'neverthrow';
import type { BindRefusal, DmaHandle } from '../nexus/tree.js';
import {
  DDI_DMA_CONSISTENT,
  DDI_DMA_EXCLUSIVE,
  DDI_DMA_PARTIAL,
  DDI_DMA_RDWR,
  DDI_DMA_REDZONE,
  DDI_DMA_STREAMING,
  type DDI_DMA_DONTWAIT,
  type DDI_DMA_MAPPED,
  type DDI_DMA_PARTIAL_MAP,
  type DDI_DMA_SLEEP,
} from '../sys/constants.js';
import { ddiError, type DdiError } from '../sys/errors.js';
import type {
  as_t,
  caddr_t,
  ddi_dma_callback_t,
  ddi_dma_cookie_t,
  ddi_dma_handle_t,
  ddi_waitfp_t,
} from '../sys/types.js';
import { answer, enterDma, goneDma, reportBad } from './enter.js';

/** Out-parameters of the bind calls, and which of the two successes it was. */
export interface BindOut {
  /** `DDI_DMA_MAPPED` or `DDI_DMA_PARTIAL_MAP`. */
  readonly rval: typeof DDI_DMA_MAPPED | typeof DDI_DMA_PARTIAL_MAP;
  /** The first cookie. */
  readonly cookie: ddi_dma_cookie_t;
  /** How many cookies there are. */
  readonly ccount: number;
}

/** Codes of the bind calls. */
export type BindError = DdiError<
  'DDI_DMA_INUSE' | 'DDI_DMA_NORESOURCES' | 'DDI_DMA_NOMAPPING' | 'DDI_DMA_TOOBIG'
>;

const call = 'ddi_dma_addr_bind_handle';
const page = `${call}.9f`;

/**
 * Makes a piece of kernel memory reachable for the device of a handle.
 *
 * @param handle - the handle; it can carry one binding
 * @param as - `null`: the kernel's address space
 * @param addr - first byte of the object
 * @param len - its length in bytes
 * @param flags - a direction, `DDI_DMA_STREAMING` or `DDI_DMA_CONSISTENT`, `DDI_DMA_PARTIAL`, ...
 * @param waitfp - `DDI_DMA_SLEEP`, `DDI_DMA_DONTWAIT`, `null` or a callback
 * @param arg - the argument of the callback
 * @returns `rval`, `cookie` and `ccount`; `DDI_DMA_INUSE` when the handle is bound,
 * `DDI_DMA_NORESOURCES` when there are no resources now, `DDI_DMA_NOMAPPING` when the device cannot
 * reach the object, `DDI_DMA_TOOBIG` when the request can never be satisfied
 * @remarks User, kernel and interrupt context; with `DDI_DMA_SLEEP` not from interrupt context.
 * @see ddi_dma_addr_bind_handle(9F)
 */
export function ddi_dma_addr_bind_handle(
  handle: ddi_dma_handle_t,
  as: as_t | null,
  addr: caddr_t,
  len: number,
  flags: number,
  waitfp: typeof DDI_DMA_SLEEP,
  arg?: unknown,
): ResultAsync<BindOut, BindError>;
export function ddi_dma_addr_bind_handle(
  handle: ddi_dma_handle_t,
  as: as_t | null,
  addr: caddr_t,
  len: number,
  flags: number,
  waitfp: typeof DDI_DMA_DONTWAIT | null,
  arg?: unknown,
): Result<BindOut, BindError>;
export function ddi_dma_addr_bind_handle<A>(
  handle: ddi_dma_handle_t,
  as: as_t | null,
  addr: caddr_t,
  len: number,
  flags: number,
  waitfp: ddi_dma_callback_t<A>,
  arg: A,
): Result<BindOut, BindError>;
export function ddi_dma_addr_bind_handle(
  handle: ddi_dma_handle_t,
  as: as_t | null,
  addr: caddr_t,
  len: number,
  flags: number,
  waitfp: ddi_waitfp_t,
  arg?: unknown,
): Result<BindOut, BindError> | ResultAsync<BindOut, BindError>;
export function ddi_dma_addr_bind_handle(
  handle: ddi_dma_handle_t,
  as: as_t | null,
  addr: caddr_t,
  len: number,
  flags: number,
  waitfp: ddi_waitfp_t,
): Result<BindOut, BindError> | ResultAsync<BindOut, BindError> {
  const h = enterDma(call, handle);
  return answer(h.rdip, call, `${page}/CX-2`, waitfp, () => attempt(h, as, addr, len, flags));
}

function attempt(
  h: DmaHandle,
  as: as_t | null,
  addr: caddr_t,
  len: number,
  flags: number,
): { readonly result: Result<BindOut, BindError>; readonly transient: boolean } {
  const refusal = refuseEarly(h, as, addr, len, flags) ?? bind(h, addr, len, flags);
  if (typeof refusal !== 'number') {
    const { name, group, message, values } = refusal;
    const result = err(ddiError(name, call, `${page}/${group}`, message, values));
    return { result, transient: name === 'DDI_DMA_NORESOURCES' };
  }
  const out: BindOut = { rval: refusal, cookie: h.copyOf(0), ccount: h.ncookies };
  return { result: ok(out), transient: false };
}

/** Arguments that are wrong whatever the nexus would say. */
function refuseEarly(
  h: DmaHandle,
  as: as_t | null,
  addr: caddr_t,
  len: number,
  flags: number,
): BindRefusal | null {
  if (goneDma(call, h, `${page}/AR-1`)) return nomapping('AR-1', 'the handle was freed', {});
  if (as !== null) {
    reportBad(h.rdip, call, `${page}/AR-2`, 'as', as, 'must be null, the kernel address space');
    return nomapping('AR-2', 'the address space is not the kernel’s', {});
  }
  if (!Number.isInteger(addr)) {
    reportBad(h.rdip, call, `${page}/AR-3`, 'addr', addr, 'must be an integer, a kernel address');
    return nomapping('RV-6', 'addr is no address', { addr });
  }
  if (!Number.isInteger(len)) {
    reportBad(h.rdip, call, `${page}/AR-4`, 'len', len, 'must be an integer, in bytes');
    return nomapping('RV-6', 'len is no length', { len });
  }
  if (!Number.isInteger(flags) || flags < 0 || flags > 0xffffffff) {
    reportBad(h.rdip, call, `${page}/FL-4`, 'flags', flags, 'must be a 32-bit integer');
    return nomapping('RV-6', 'flags are no bits', { flags });
  }
  // The page is silent on an empty object; the common code of the real system refuses it so.
  if (len === 0) return nomapping('RV-6', 'an object of no bytes cannot be reached', { len });
  if (addr < 0 || len < 0 || addr + len > 2 ** 31) {
    return nomapping('RV-6', 'the object lies outside kernel memory', { addr, len });
  }
  return null;
}

function nomapping(
  group: string,
  message: string,
  values: Readonly<Record<string, unknown>>,
): BindRefusal {
  return { name: 'DDI_DMA_NOMAPPING', group, message, values };
}

const knownFlags =
  DDI_DMA_RDWR |
  DDI_DMA_REDZONE |
  DDI_DMA_PARTIAL |
  DDI_DMA_CONSISTENT |
  DDI_DMA_EXCLUSIVE |
  DDI_DMA_STREAMING;

function bind(h: DmaHandle, addr: number, len: number, flags: number): 0 | 1 | BindRefusal {
  const nexus = h.rdip.nexusFor('bindhdl');
  const request = { object: { va: addr, len }, flags };
  const bindhdl = nexus.dmaOps?.bindhdl;
  if (bindhdl == null) throw new Error('no nexus answers for DMA');
  const rval = bindhdl(nexus, h.rdip, h, request);
  if (typeof rval === 'number') remark(h, addr, len, flags);
  return rval;
}

function report(
  h: DmaHandle,
  rule: string,
  group: string,
  message: string,
  values: Readonly<Record<string, unknown>>,
): void {
  h.rdip.machine.report({ rule, clause: `${page}/${group}`, message, call, values });
}

/** Duties of the driver that no bind of a real system checks. */
function remark(h: DmaHandle, addr: number, len: number, flags: number): void {
  const { limits } = h;
  if ((flags & DDI_DMA_RDWR) === 0) {
    report(h, 'DIRECTION_MISSING', 'FL-4', 'neither DDI_DMA_READ nor DDI_DMA_WRITE is given', {
      flags,
    });
  }
  if ((flags & ~knownFlags) !== 0) {
    const unknown = (flags & ~knownFlags) >>> 0;
    const message = `flags 0x${unknown.toString(16)} mean nothing to this call; ignored`;
    report(h, 'UNKNOWN_FLAGS', 'FL-4', message, { flags });
  }
  if (addr - Math.floor(addr / limits.align) * limits.align !== 0) {
    const message = `the object is not aligned to dma_attr_align (${limits.align})`;
    report(h, 'MISALIGNED_OBJECT', 'IX-3', message, { addr });
  }
  if (limits.granular > 1 && len % limits.granular !== 0) {
    const message = `len is no multiple of dma_attr_granular (${limits.granular})`;
    report(h, 'NOT_GRANULAR', 'IX-4', message, { len });
  }
  const block = h.rdip.machine.kmem.blockAt(addr);
  if (block !== undefined && addr + len > block.va + block.size) {
    const message = `the object runs past the ${block.size} bytes allocated`;
    report(h, 'BIND_RANGE', 'AR-4', message, { addr, len });
  }
}

/**
 * Ends the binding of a handle. Synchronises what is needed; the handle can be bound again.
 *
 * @param handle - the handle
 * @returns nothing; `DDI_FAILURE` when the handle is not bound
 * @remarks User, kernel and interrupt context.
 * @see ddi_dma_unbind_handle(9F)
 */
export function ddi_dma_unbind_handle(
  handle: ddi_dma_handle_t,
): Result<undefined, DdiError<'DDI_FAILURE'>> {
  const name = 'ddi_dma_unbind_handle';
  const h = enterDma(name, handle);
  const fail = (group: string, message: string): Result<undefined, DdiError<'DDI_FAILURE'>> =>
    err(ddiError('DDI_FAILURE', name, `${name}.9f/${group}`, message, { handle: h.id }));
  if (goneDma(name, h, `${name}.9f/AR-1`)) return fail('AR-1', 'the handle was freed');
  if (h.object === null) {
    h.rdip.machine.report({
      rule: 'UNBIND_UNBOUND',
      clause: `${name}.9f/RV-2`,
      message: `the DMA handle ${h.id} is not bound`,
      call: name,
      values: { handle: h.id },
    });
    return fail('RV-2', 'the handle is not bound');
  }
  const nexus = h.rdip.nexusFor('unbindhdl');
  nexus.dmaOps?.unbindhdl?.(nexus, h.rdip, h);
  return ok(undefined);
}
