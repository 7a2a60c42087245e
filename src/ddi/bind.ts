/**
 * What ddi_dma_addr_bind_handle(9F) and ddi_dma_buf_bind_handle(9F) have in common: codes and
 * out-parameters, the question to the nexus, and the remarks on a bind that went well.
 *
 * A *target* is an object together with how the driver named it, for messages.
 */
import { err, ok } from 'neverthrow';
import { pageShift } from '../machine/store.js';
import type { BindCall } from '../nexus/binding.js';
import type { DmaObject } from '../nexus/object.js';
import type { BindRefusal, DmaHandle } from '../nexus/tree.js';
import {
  DDI_DMA_CONSISTENT,
  DDI_DMA_EXCLUSIVE,
  DDI_DMA_PARTIAL,
  DDI_DMA_RDWR,
  DDI_DMA_REDZONE,
  DDI_DMA_STREAMING,
  type DDI_DMA_MAPPED,
  type DDI_DMA_PARTIAL_MAP,
} from '../sys/constants.js';
import { ddiError, type DdiError } from '../sys/errors.js';
import type { ddi_dma_cookie_t } from '../sys/types.js';
import { reportBad } from './enter.js';
import type { Attempt, Waitable } from './waiting.js';

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

/** What is to be bound, and how it was named. */
export interface BindTarget {
  readonly object: DmaObject;
  /** The address the driver gave, whosever it is. */
  readonly addr: number;
  /** Whether nothing keeps the memory where it is. */
  readonly unlocked: boolean;
}

/** What an attempt to bind came to. */
export type BindAttempt = Attempt<BindOut, BindError>;

/** A bind that can wait. */
export function bindWait(
  h: DmaHandle,
  call: BindCall,
  attempt: () => BindAttempt,
): Waitable<BindOut, BindError> {
  const clause = `${call}.9f/CX-2`;
  return { dip: h.rdip, call, clause, kind: 'dvma', line: 'memory', attempt };
}

/** The refusal of an object that is not there. */
export function nomapping(
  group: string,
  message: string,
  values: Readonly<Record<string, unknown>>,
): BindRefusal {
  return { name: 'DDI_DMA_NOMAPPING', group, message, values };
}

/** The refusal of flags that are none, or `null`. */
export function refuseFlags(h: DmaHandle, call: BindCall, flags: number): BindRefusal | null {
  if (Number.isInteger(flags) && flags >= 0 && flags <= 0xffffffff) return null;
  reportBad(h.rdip, call, `${call}.9f/FL-4`, 'flags', flags, 'must be a 32-bit integer');
  return nomapping('RV-6', 'flags are no bits', { flags });
}

/**
 * Binds a target, or passes a refusal on.
 *
 * @param target - the target, or why there is none
 */
export function attemptBind(
  h: DmaHandle,
  call: BindCall,
  target: BindTarget | BindRefusal,
  flags: number,
): BindAttempt {
  const refusal = 'object' in target ? bind(h, call, target, flags) : target;
  if (typeof refusal !== 'number') {
    const { name, group, message, values } = refusal;
    const result = err(ddiError(name, call, `${call}.9f/${group}`, message, values));
    if (name !== 'DDI_DMA_NORESOURCES') return { result, transient: false };
    // The kernel tells DONTWAIT from a function, and takes SLEEP for the latter.
    const registersSleep = h.rdip.machine.rules.has('sleep-queued-as-callback');
    return refusal.forever === true
      ? { result, transient: false, registers: true, registersSleep }
      : { result, transient: true };
  }
  const out: BindOut = { rval: refusal, cookie: h.copyOf(0), ccount: h.ncookies };
  return { result: ok(out), transient: false };
}

function bind(
  h: DmaHandle,
  call: BindCall,
  target: BindTarget,
  flags: number,
): 0 | 1 | BindRefusal {
  const nexus = h.rdip.nexusFor('bindhdl');
  const bindhdl = nexus.dmaOps?.bindhdl;
  if (bindhdl == null) throw new Error('no nexus answers for DMA');
  const rval = bindhdl(nexus, h.rdip, h, { object: target.object, flags });
  if (typeof rval === 'number') {
    if (h.binding !== null) h.binding.boundBy = call;
    remark(h, call, target, flags);
    const { rules, view } = h.rdip.machine;
    // What was combined belongs to the object as it is now; the kernels leave it where it is.
    if (view.pending && !rules.has('sync-unchecked')) view.drain();
    remarkKind(h, call, target);
  }
  return rval;
}

const knownFlags =
  DDI_DMA_RDWR |
  DDI_DMA_REDZONE |
  DDI_DMA_PARTIAL |
  DDI_DMA_CONSISTENT |
  DDI_DMA_EXCLUSIVE |
  DDI_DMA_STREAMING;

function report(
  h: DmaHandle,
  call: BindCall,
  rule: string,
  group: string,
  message: string,
  values: Readonly<Record<string, unknown>>,
): void {
  h.rdip.machine.report({ rule, clause: `${call}.9f/${group}`, message, call, values });
}

/** Duties of the driver that no bind of a real system checks. */
function remark(h: DmaHandle, call: BindCall, { object, addr }: BindTarget, flags: number): void {
  const { limits } = h;
  const { len } = object;
  if ((flags & DDI_DMA_RDWR) === 0) {
    const message = 'neither DDI_DMA_READ nor DDI_DMA_WRITE is given';
    report(h, call, 'DIRECTION_MISSING', 'FL-4', message, { flags });
  }
  if ((flags & ~knownFlags) !== 0) {
    const unknown = (flags & ~knownFlags) >>> 0;
    const message = `flags 0x${unknown.toString(16)} mean nothing to this call; ignored`;
    report(h, call, 'UNKNOWN_FLAGS', 'FL-4', message, { flags });
  }
  if (addr - Math.floor(addr / limits.align) * limits.align !== 0) {
    const message = `the object is not aligned to dma_attr_align (${limits.align})`;
    report(h, call, 'MISALIGNED_OBJECT', 'IX-3', message, { addr });
  }
  if (limits.granular > 1 && len % limits.granular !== 0) {
    const message = `len is no multiple of dma_attr_granular (${limits.granular})`;
    report(h, call, 'NOT_GRANULAR', 'IX-4', message, { len });
  }
  const { va } = object;
  const block = va < 0 ? undefined : h.rdip.machine.kmem.blockAt(va);
  if (block !== undefined && va + len > block.va + block.size) {
    const message = `the object runs past the ${block.size} bytes allocated`;
    const group = call === 'ddi_dma_addr_bind_handle' ? 'AR-4' : 'AR-2';
    report(h, call, 'BIND_RANGE', group, message, { addr, len });
  }
}

/** Memory that can be bound, and should not be. */
function remarkKind(h: DmaHandle, call: BindCall, { object, addr, unlocked }: BindTarget): void {
  const { machine } = h.rdip;
  const { va, len } = object;
  if (unlocked) {
    machine.report({
      rule: 'BIND_UNLOCKED',
      // buf(9S) DS-3: direct I/O is on memory that is locked down.
      clause: 'buf.9s/DS-3',
      message: 'the memory is a program’s and is not locked: its pages may go to somebody else',
      call,
      values: { addr, len },
    });
  }
  if (object.kind !== 'kernel' || len === 0) return;
  // There is a hole between any two allocations of pages: what is mapped throughout is of one kind.
  const kind = machine.pages.kindOf(va >>> pageShift);
  if (kind === 'pageable') {
    machine.report({
      rule: 'BIND_UNLOCKED',
      clause: 'ddi_umem_alloc.9f/WN-1',
      message: 'the memory is pageable and nobody has locked it',
      call,
      values: { addr, len },
    });
  } else if (kind === 'stack' || kind === 'text') {
    const what = kind === 'stack' ? 'the stack of a thread' : 'program text';
    const group = call === 'ddi_dma_addr_bind_handle' ? 'AR-3' : 'AR-2';
    report(h, call, 'NOT_DMAABLE', group, `the memory is ${what}, not for devices`, { addr, len });
  }
}
