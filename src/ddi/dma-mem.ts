/** ddi_dma_mem_alloc(9F) and ddi_dma_mem_free(9F). */
import { err, ok, type Result, type ResultAsync } from 'neverthrow';
import type { CacheMode } from '../machine/pages.js';
import { AccHandle } from '../nexus/acc-handle.js';
import { Leak } from '../nexus/binding.js';
import { freeMemory } from '../nexus/dma-memory.js';
import { reportUnread } from '../nexus/fm-errors.js';
import { allocMemory } from '../nexus/memalloc.js';
import type { DmaHandle } from '../nexus/tree.js';
import { DevInfo } from '../nexus/tree.js';
import {
  DDI_DEVICE_ATTR_V0,
  DDI_DEVICE_ATTR_V1,
  DDI_DMA_CONSISTENT,
  DDI_DMA_STREAMING,
  type DDI_DMA_DONTWAIT,
  DDI_DMA_SLEEP,
  IOMEM_DATA_CACHED,
  IOMEM_DATA_MASK,
  IOMEM_DATA_UC_WR_COMBINE,
  IOMEM_DATA_UNCACHED,
} from '../sys/constants.js';
import { ddiError, type DdiError } from '../sys/errors.js';
import type { RuleBook } from '../sys/quirks.js';
import type {
  CallbackArg,
  caddr_t,
  ddi_acc_handle_t,
  ddi_device_acc_attr_t,
  ddi_dma_callback_t,
  ddi_dma_handle_t,
  ddi_waitfp_t,
} from '../sys/types.js';
import { enterAcc, enterDma, goneDma, reportBad } from './enter.js';
import { type Attempt, type Waitable, waitFor } from './waiting.js';

/** Out-parameters of ddi_dma_mem_alloc(9F). */
export interface MemAllocOut {
  /** Kernel address of the memory. */
  readonly kaddr: caddr_t;
  /** Bytes that were allocated: the length asked for, or more. */
  readonly real_length: number;
  /** The access handle. */
  readonly handle: ddi_acc_handle_t;
}

/** The only code of ddi_dma_mem_alloc(9F). */
export type MemAllocError = DdiError<'DDI_FAILURE'>;

const call = 'ddi_dma_mem_alloc';

/**
 * Allocates memory that the device of a handle can reach.
 *
 * @param handle - the handle whose attributes the memory obeys; it is not bound by this
 * @param length - bytes wanted, at least 1
 * @param accattr - how the driver will access the memory; copied
 * @param flags - `DDI_DMA_STREAMING` or `DDI_DMA_CONSISTENT`, and at most one `IOMEM_DATA_*`
 * @param waitfp - `DDI_DMA_SLEEP`, `DDI_DMA_DONTWAIT`, `null` or a callback
 * @param arg - the argument of the callback
 * @returns `kaddr`, `real_length` and `handle`; `DDI_FAILURE` for every failure
 * @remarks User, kernel and interrupt context; with `DDI_DMA_SLEEP` not from interrupt context.
 * The memory is not cleared.
 * @see ddi_dma_mem_alloc(9F), ddi_device_acc_attr(9S)
 */
export function ddi_dma_mem_alloc(
  handle: ddi_dma_handle_t,
  length: number,
  accattr: ddi_device_acc_attr_t,
  flags: number,
  waitfp: typeof DDI_DMA_SLEEP,
  arg?: unknown,
): ResultAsync<MemAllocOut, MemAllocError>;
export function ddi_dma_mem_alloc(
  handle: ddi_dma_handle_t,
  length: number,
  accattr: ddi_device_acc_attr_t,
  flags: number,
  waitfp: typeof DDI_DMA_DONTWAIT | null,
  arg?: unknown,
): Result<MemAllocOut, MemAllocError>;
export function ddi_dma_mem_alloc<A>(
  handle: ddi_dma_handle_t,
  length: number,
  accattr: ddi_device_acc_attr_t,
  flags: number,
  waitfp: ddi_dma_callback_t<A>,
  arg: A,
): Result<MemAllocOut, MemAllocError>;
export function ddi_dma_mem_alloc<W extends ddi_waitfp_t>(
  handle: ddi_dma_handle_t,
  length: number,
  accattr: ddi_device_acc_attr_t,
  flags: number,
  waitfp: W,
  ...arg: CallbackArg<W>
): Result<MemAllocOut, MemAllocError> | ResultAsync<MemAllocOut, MemAllocError>;
export function ddi_dma_mem_alloc(
  handle: ddi_dma_handle_t,
  length: number,
  accattr: ddi_device_acc_attr_t,
  flags: number,
  waitfp: ddi_waitfp_t,
  arg?: unknown,
): Result<MemAllocOut, MemAllocError> | ResultAsync<MemAllocOut, MemAllocError> {
  const h = enterDma(call, handle);
  const asked = { h, length, accattr, flags, sleeps: waitfp === DDI_DMA_SLEEP };
  // Reported once, however often a sleeping call is tried.
  const misuse = refuseMisuse(asked);
  const what: Waitable<MemAllocOut, MemAllocError> = {
    dip: h.rdip,
    call,
    clause: `${call}.9f/CX-2`,
    kind: 'mem',
    line: 'memory',
    attempt: (): MemAttempt =>
      misuse === null ? attempt(asked) : { result: err(misuse), transient: false },
  };
  return waitFor(what, waitfp, arg);
}

type MemAttempt = Attempt<MemAllocOut, MemAllocError>;

interface MemCall {
  readonly h: DmaHandle;
  readonly length: number;
  readonly accattr: ddi_device_acc_attr_t;
  readonly flags: number;
  readonly sleeps: boolean;
}

function attempt(asked: MemCall): MemAttempt {
  const { h, length, accattr, flags, sleeps } = asked;
  const { machine } = h.rdip;
  const { rules } = machine;
  if (h.freed) {
    // It was alive when the call went to sleep.
    const error = failure('AR-1', 'the handle was freed', {});
    return { result: err(error), transient: false };
  }
  // The kernel makes the access handle before it looks at what is asked.
  const first = rules.has('mem-failure-queues');
  if (first && !takesHandle(h)) return noHandle();
  const cache = cacheMode(flags);
  if (cache === null) {
    // ddi_dma_mem_alloc(9F) FL-15: the cache attributes exclude one another.
    const message = 'more than one cache attribute, or an undefined one';
    const error = failure('FL-15', message, { flags });
    if (!rules.has('mem-bad-cache-leaks')) return failed(asked, error, false);
    // Any use of what the driver is left with traps: it is an access handle in name only.
    const handle = new Leak(h.rdip, 'access handle', lostHandleBytes);
    return { result: err({ ...error, out: { handle } }), transient: false };
  }
  if (length <= 0) {
    const message = `length ${length} is no amount of memory`;
    return failed(asked, failure('RV-2', message, { length }), false);
  }
  if (!first && !takesHandle(h)) return noHandle();
  const request = { length, streaming: isStreaming(flags), cache, accattr, sleeps };
  const made = allocMemory(h, request);
  if (made instanceof AccHandle) {
    const value = { kaddr: made.start, real_length: made.lenBytes, handle: made };
    return { result: ok(value), transient: false };
  }
  if (!first) machine.budget.give('access handles');
  const { field } = made;
  const ofLength = field === 'length' || field === 'memory';
  const values = ofLength ? { length } : { [field]: h.limits.attr[field] };
  const message = `${length} bytes: ${field}: ${made.message}`;
  return failed(asked, failure('RV-2', message, values), made.when === 'now', !made.illegal);
}

/** Takes one of the access handles there may be. */
function takesHandle({ rdip: { machine } }: DmaHandle): boolean {
  return !machine.faults.fails('access handle') && machine.budget.take('access handles');
}

function noHandle(): MemAttempt {
  const error = failure('RV-2', 'no access handle is free', {});
  return { result: err(error), transient: true, kind: 'acc' };
}

/** Bytes of an access handle of the kernel: the handle, its error status, its trap data. */
const lostHandleBytes = 456;

/** Neither mode given means STREAMING, and both do too: CONSISTENT counts only alone. */
function isStreaming(flags: number): boolean {
  return (flags & (DDI_DMA_STREAMING | DDI_DMA_CONSISTENT)) !== DDI_DMA_CONSISTENT;
}

function failure(
  group: string,
  message: string,
  values: Readonly<Record<string, unknown>>,
): MemAllocError {
  return ddiError('DDI_FAILURE', call, `${call}.9f/${group}`, message, values);
}

/**
 * A failure, with what the kernel does besides.
 *
 * @param refused - whether the allocator was asked and had nothing to give
 */
function failed(
  { h, length, flags }: MemCall,
  error: MemAllocError,
  transient: boolean,
  refused = false,
): MemAttempt {
  const { rules } = h.rdip.machine;
  const registers = rules.has('mem-failure-queues');
  if (registers) {
    // The access handle the call had made for itself is freed; whoever waits for one hears of it.
    h.rdip.machine.budget.give('access handles');
    h.rdip.lists.acc.run();
  }
  if (!rules.has('mem-failure-writes-out')) return { result: err(error), transient, registers };
  const out = {
    ...(refused && { kaddr: null }),
    ...(!isStreaming(flags) && { real_length: length }),
  };
  return { result: err({ ...error, out }), transient, registers };
}

/** Reports arguments that no page and no kernel provides for; the failure, or `null`. */
function refuseMisuse({ h, length, accattr, flags }: MemCall): MemAllocError | null {
  if (goneDma(call, h, `${call}.9f/AR-1`)) return failure('AR-1', 'the handle was freed', {});
  if (!Number.isInteger(length)) {
    reportBad(h.rdip, call, `${call}.9f/AR-2`, 'length', length, 'must be an integer, in bytes');
    return failure('RV-2', 'length is not a number of bytes', { length });
  }
  const { machine } = h.rdip;
  const badAcc = badAccattr(accattr, machine.rules);
  if (badAcc !== null) {
    const [name, value] = badAcc;
    const clause = 'ddi_device_acc_attr.9s/EN-1';
    reportBad(h.rdip, call, clause, name, value, 'is no value of ddi_device_acc_attr(9S)');
    return failure('RV-2', `accattr: ${name} is not a value of the page`, { [name]: value });
  }
  if (!Number.isInteger(flags) || flags < 0 || flags > 0xffffffff) {
    reportBad(h.rdip, call, `${call}.9f/AR-6`, 'flags', flags, 'must be a 32-bit integer');
    return failure('RV-2', 'flags are no bits', { flags });
  }
  const known = DDI_DMA_STREAMING | DDI_DMA_CONSISTENT | IOMEM_DATA_MASK;
  if ((flags & ~known) !== 0) {
    machine.report({
      rule: 'UNKNOWN_FLAGS',
      clause: `${call}.9f/AR-6`,
      message: `flags 0x${(flags & ~known).toString(16)} mean nothing to this call; ignored`,
      call,
      values: { flags },
    });
  }
  return null;
}

function cacheMode(flags: number): CacheMode | null {
  switch (flags & IOMEM_DATA_MASK) {
    case 0: // ddi_dma_mem_alloc(9F) FL-9: cached is the default.
    case IOMEM_DATA_CACHED:
      return 'cached';
    case IOMEM_DATA_UC_WR_COMBINE:
      return 'write-combine';
    case IOMEM_DATA_UNCACHED:
      return 'uncached';
    default:
      return null;
  }
}

/**
 * The first field that is no value of ddi_device_acc_attr(9S), with its value.
 *
 * @param attr - as the driver gave it
 * @param rules - the rules of the machine
 */
export function badAccattr(
  attr: ddi_device_acc_attr_t,
  rules: RuleBook,
): readonly [string, unknown] | null {
  if (typeof attr !== 'object' || attr === null) return ['accattr', attr];
  if (rules.has('accattr-unchecked')) return null;
  const {
    devacc_attr_version: version,
    devacc_attr_endian_flags: endian,
    devacc_attr_dataorder: order,
    devacc_attr_access: access,
  } = attr;
  if (version !== DDI_DEVICE_ATTR_V0 && version !== DDI_DEVICE_ATTR_V1) {
    return ['devacc_attr_version', version];
  }
  if (endian !== 0 && endian !== 1 && endian !== 2) return ['devacc_attr_endian_flags', endian];
  if (!Number.isInteger(order) || order < 0 || order > 4) return ['devacc_attr_dataorder', order];
  // The access byte counts only from V1 on; a V0 structure may hold anything there.
  if (version === DDI_DEVICE_ATTR_V1 && access !== undefined && ![1, 2, 3].includes(access)) {
    return ['devacc_attr_access', access];
  }
  return null;
}

/**
 * Frees memory and its access handle.
 *
 * @param handle - what ddi_dma_mem_alloc gave
 * @remarks User, kernel and interrupt context. Unbind first: a device that still uses the memory
 * finds nothing there.
 * @see ddi_dma_mem_free(9F)
 */
export function ddi_dma_mem_free(handle: ddi_acc_handle_t): void {
  const name = 'ddi_dma_mem_free';
  const h = enterAcc(name, handle);
  const wrong = h.target.kind !== 'memory';
  if (!wrong && !h.freed) {
    reportBound(h, name);
    reportUnread(h, name);
    freeMemory(h);
    if (h.rdip instanceof DevInfo) {
      h.rdip.lists.released('acc');
      h.rdip.lists.released('mem');
    }
    return;
  }
  h.rdip.machine.report({
    rule: wrong ? 'WRONG_FREE_FUNCTION' : 'DOUBLE_FREE',
    clause: wrong ? 'ddi_dma_mem_free.9f/AR-1' : 'ddi_dma_mem_free.9f/DS-2',
    message: wrong
      ? 'the handle maps registers; ddi_regs_map_free(9F) is the call for it'
      : `the access handle ${h.id} was freed before`,
    call: name,
    values: { handle: h.id },
  });
}

/** Memory that goes while a device may still use it: no page forbids it, and none survives it. */
function reportBound(h: AccHandle, name: string): void {
  const { machine } = h.rdip;
  if (!machine.bound.overlaps(h.start, h.start + h.lenBytes)) return;
  machine.report({
    rule: 'FREE_BOUND',
    clause: `${name}.9f/IX-1`,
    message: `the memory of access handle ${h.id} is bound; ddi_dma_unbind_handle comes first`,
    call: name,
    values: { handle: h.id },
  });
}
