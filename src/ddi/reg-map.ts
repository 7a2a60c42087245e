/**
 * Mapping register sets: what ddi_regs_map_setup(9F), pci_config_setup(9F) and ddi_map_regs(9F)
 * have in common.
 *
 * Where a mapping lies depends on the space. Memory lies at 2^32 and above, each mapping in a
 * gigabyte of its own: an address alone tells registers from memory, and running over one never
 * reaches another. I/O space lies at its port numbers, which are bare numbers and mean something
 * with their handle only. Configuration space lies like memory, in the kernels from 0.
 */
import { err, ok, type Result } from 'neverthrow';
import type { RegisterSpace, RegisterWidth } from '../machine/device.js';
import { reportUnread } from '../nexus/fm-errors.js';
import { AccHandle, type RegisterTarget } from '../nexus/acc-handle.js';
import type { Owner } from '../nexus/owner.js';
import { decodeReg } from '../nexus/reg-property.js';
import { DevInfo } from '../nexus/tree.js';
import { DDI_STRUCTURE_BE_ACC } from '../sys/constants.js';
import { ddiError, type DdiError } from '../sys/errors.js';
import type { caddr_t, ddi_device_acc_attr_t } from '../sys/types.js';
import { badAccattr } from './dma-mem.js';
import { reportBad } from './enter.js';

/** Codes of ddi_regs_map_setup(9F). */
export type RegsMapError = DdiError<'DDI_FAILURE' | 'DDI_ME_RNUMBER_RANGE' | 'DDI_ME_NORESOURCES'>;

/** What to map. */
export interface SetRequest {
  readonly rnumber: number;
  readonly offset: number;
  readonly len: number;
  readonly accattr: ddi_device_acc_attr_t;
}

/** A mapping. */
export interface MappedSet {
  /** Base address: a register is at `addr` plus its offset in the mapping. */
  readonly addr: caddr_t;
  readonly handle: AccHandle;
}

const page = 'ddi_regs_map_setup.9f';
const registerSpaceBase = 2 ** 32;
const registerSpaceStride = 2 ** 30;

/**
 * Maps a register set, or a part of one.
 *
 * @param rdip - the device
 * @param call - in whose name
 * @param request - which part, and how it is accessed
 */
export function mapSet(
  rdip: DevInfo,
  call: RegisterTarget['by'],
  request: SetRequest,
): Result<MappedSet, RegsMapError> {
  const { rnumber, offset, len, accattr } = request;
  const { budget, faults, live, rules } = rdip.machine;
  const fail = (message: string, values: object): Result<MappedSet, RegsMapError> =>
    err(ddiError('DDI_FAILURE', call, `${page}/RV-2`, message, { ...values }));
  if (!Number.isInteger(rnumber)) {
    reportBad(rdip, call, `${page}/AR-1`, 'rnumber', rnumber, 'must be an integer');
    return fail('rnumber is no number of a register set', { rnumber });
  }
  const space = rdip.hardware?.registers[rnumber];
  if (space === undefined) {
    const message = `there is no register set ${String(rnumber)}`;
    if (rules.has('rnumber-is-failure')) return fail(message, { rnumber });
    return err(ddiError('DDI_ME_RNUMBER_RANGE', call, `${page}/RV-3`, message, { rnumber }));
  }
  const badAcc = badAccattr(accattr, rules);
  if (badAcc !== null) {
    const [name, value] = badAcc;
    const clause = 'ddi_device_acc_attr.9s/EN-1';
    reportBad(rdip, call, clause, name, value, 'is no value of ddi_device_acc_attr(9S)');
    return fail(`accattr: ${name} is not a value of the page`, { [name]: value });
  }
  for (const [name, value] of Object.entries({ offset, len })) {
    if (Number.isInteger(value) && value >= 0) continue;
    reportBad(rdip, call, `${page}/AR-2`, name, value, 'must be a non-negative integer, in bytes');
    return fail(`${name} is no number of bytes`, { [name]: value });
  }
  const bytes = bytesOf(space, request, rules.has('map-rest-runs-over'));
  if (bytes <= 0) return fail(`${space.name} has ${space.sizeBytes} bytes`, { offset, len });
  const big = accattr.devacc_attr_endian_flags === DDI_STRUCTURE_BE_ACC;
  if (big && space.kind === 'config' && rules.has('config-refuses-be')) {
    return fail('configuration space is little-endian', { devacc_attr_endian_flags: 2 });
  }
  // DEVIATION: the kernel would wait here; the call has no form that could.
  const short = rules.name === 'contract' && faults.fails('access handle');
  if (short || !budget.take('access handles')) {
    const message = 'no access handle is free';
    return err(ddiError('DDI_ME_NORESOURCES', call, `${page}/RV-5`, message, {}));
  }
  const addr = baseOf(rdip, space, rnumber, live.nextId()) + offset;
  const over = offset + bytes > space.sizeBytes;
  const shown = over ? new Overrun(space) : space;
  const target = { kind: 'registers', space: shown, rnumber, offset, len, by: call } as const;
  return ok({ addr, handle: new AccHandle(rdip, addr, bytes, accattr, target) });
}

/** A register set with nothing behind it, for mappings that run over its end. */
class Overrun implements RegisterSpace {
  readonly name: string;
  readonly kind: RegisterSpace['kind'];
  readonly sizeBytes: number;

  readonly #set: RegisterSpace;

  constructor(set: RegisterSpace) {
    this.#set = set;
    this.name = set.name;
    this.kind = set.kind;
    this.sizeBytes = set.sizeBytes;
  }

  read(off: number, width: RegisterWidth): number {
    return off + width <= this.sizeBytes ? this.#set.read(off, width) : 2 ** (8 * width) - 1;
  }

  write(off: number, width: RegisterWidth, value: number): void {
    if (off + width <= this.sizeBytes) this.#set.write(off, width, value);
  }
}

/** The clauses by which a release is judged. */
export interface ReleaseClauses {
  /** Only what the counterpart gave may be released here. */
  readonly pair: string;
  /** ... and once. */
  readonly gone: string;
}

/** What releases what each call maps. */
const counterparts = {
  ddi_regs_map_setup: 'ddi_regs_map_free(9F)',
  pci_config_setup: 'pci_config_teardown(9F)',
  ddi_map_regs: 'ddi_unmap_regs(9F)',
} as const;

/**
 * Releases a mapping; reports a handle of another kind, or one that was released.
 *
 * @param h - the handle
 * @param call - in whose name
 * @param by - the call whose handles this one releases
 * @param clauses - of the page of the call
 */
export function unmapSet(
  h: AccHandle,
  call: string,
  by: RegisterTarget['by'],
  clauses: ReleaseClauses,
): void {
  const { target } = h;
  // interplay AX-8: each release has its setup, and they are never crossed.
  const wrong = target.kind === 'memory' || target.by !== by;
  if (!wrong && !h.freed) {
    reportUnread(h, call);
    h.close();
    if (h.rdip instanceof DevInfo) h.rdip.lists.released('acc');
    return;
  }
  const right = target.kind === 'memory' ? 'ddi_dma_mem_free(9F)' : counterparts[target.by];
  const what = target.kind === 'memory' ? 'DMA memory' : `what ${target.by} mapped`;
  h.rdip.machine.report({
    rule: wrong ? 'WRONG_FREE_FUNCTION' : 'DOUBLE_FREE',
    clause: wrong ? clauses.pair : clauses.gone,
    message: wrong
      ? `the handle is for ${what}; ${right} is the call for it`
      : `the access handle ${h.id} was freed before`,
    call,
    values: { handle: h.id },
  });
}

/** Reports a call in interrupt context. */
export function notInInterrupt(dip: Owner, call: string, clause: string): void {
  const { current } = dip.machine.sched;
  if (current.kind !== 'interrupt') return;
  dip.machine.report({
    rule: 'CONTEXT',
    clause,
    message: 'called in interrupt context; the page allows user and kernel context',
    call,
    values: { level: current.level },
  });
}

/** Bytes to map; 0 or less when the part does not lie in the set. */
function bytesOf(space: RegisterSpace, { offset, len }: SetRequest, runsOver: boolean): number {
  if (offset + len > space.sizeBytes) return 0;
  if (len > 0) return len;
  // The page describes len 0 only with offset 0; from an offset on it can only mean the rest.
  const rest = space.sizeBytes - offset;
  return runsOver && rest > 0 ? space.sizeBytes : rest;
}

/** Where offset 0 of the set lies. */
function baseOf(rdip: DevInfo, space: RegisterSpace, rnumber: number, id: number): number {
  if (space.kind === 'io') {
    const tuple = rdip.hardware?.reg[rnumber];
    if (tuple !== undefined) return Number(decodeReg(tuple).address);
  }
  if (space.kind === 'config' && rdip.machine.rules.has('config-addr-is-offset')) return 0;
  return registerSpaceBase + id * registerSpaceStride;
}
