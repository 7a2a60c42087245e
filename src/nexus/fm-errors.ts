/**
 * Errors on their way to drivers.
 *
 *   (1) The CPU gets no answer: `accessFault`. What follows is decided by the protection of the
 *       handle; the error handlers are called on the spot, in an interrupt above everything.
 *   (2) A device gets no answer: `dmaFault`, from an interrupt. The address is looked for in the
 *       bindings of all devices on the bus.
 *   (3) Handlers judge. The worst judgement counts; a fatal one takes the system down.
 */
import {
  DDI_FM_ERR_EXPECTED,
  DDI_FM_ERR_UNEXPECTED,
  DDI_FM_FATAL,
  DDI_FM_NONFATAL,
  DDI_FM_OK,
  DDI_FM_UNKNOWN,
  DDI_FME_BUS_TYPE_DFLT,
  DDI_FME_VERSION,
} from '../sys/constants-fm.js';
import { DDI_DMA_FLAGERR, DDI_STRUCTURE_BE_ACC } from '../sys/constants.js';
import { showValue } from '../sys/result.js';
import type { ddi_fm_error_t } from '../sys/types-fm.js';
import type { AccHandle } from './acc-handle.js';
import { bounceFrame } from './bounce.js';
import type { HandleError } from './fault-records.js';
import { ERROR_LEVEL, type ErrorTarget } from './fm.js';
import { DevInfo, type DmaHandle } from './tree.js';

/** An access of the CPU that nobody answered. */
export interface FaultedAccess {
  /** `ddi_get32` */
  readonly call: string;
  readonly op: 'read' | 'write';
  /** Bytes the driver asked for. */
  readonly width: number;
  /** Where. */
  readonly addr: number;
}

/**
 * A structure with nothing in it, and what is known filled in.
 *
 * @param known - the members that are known
 */
export function fmError(known: Partial<ddi_fm_error_t>): ddi_fm_error_t {
  return {
    fme_version: DDI_FME_VERSION,
    fme_status: DDI_FM_OK,
    fme_flag: DDI_FM_ERR_UNEXPECTED,
    fme_ena: 0n,
    fme_acc_handle: null,
    fme_dma_handle: null,
    fme_bus_specific: null,
    fme_bus_type: DDI_FME_BUS_TYPE_DFLT,
    ...known,
  };
}

// ---- The CPU --------------------------------------------------------------------------------

/**
 * What follows when the CPU gets no answer.
 *
 * @throws Panic where the default action is one
 */
export function accessFault(h: AccHandle, access: FaultedAccess): void {
  const { machine } = h.rdip;
  const { rules } = machine;
  if (h.protection === 'default') {
    // ddi_device_acc_attr(9S) AC-1: the default action, possibly a panic.
    if (rules.has('io-fault-survived')) return;
    const { call, op, addr } = access;
    const message = `${call}: bad trap: no answer to a ${op} at 0x${addr.toString(16)}`;
    machine.panic(message, { dev_addr: addr, handle: h.id }, 'ddi_device_acc_attr.9s/AC-1');
  }
  const cautious = h.protection === 'cautious';
  if (!cautious && goesUnseen(h, access)) return;
  const flag = cautious ? DDI_FM_ERR_EXPECTED : DDI_FM_ERR_UNEXPECTED;
  const error = { status: DDI_FM_NONFATAL, flag, ena: machine.errors.ena() };
  record(h, error);
  h.guarded = true;
  h.faults.unread = !cautious;
  if (!(h.rdip instanceof DevInfo)) return;
  if (h.rdip.fm !== null) h.rdip.fm.stats.acc_err++;
  tellBus(h.rdip, error, { fme_acc_handle: h });
}

/** Whether a kernel passes over the fault of a handle that asked for `DDI_FLAGERR_ACC`. */
function goesUnseen(h: AccHandle, { call, op, width }: FaultedAccess): boolean {
  const { rules } = h.rdip.machine;
  if (op === 'write' && rules.has('flagerr-puts-unscanned')) return true;
  const direct = width < 8 && !call.includes('_rep_');
  const swaps = h.attr.devacc_attr_endian_flags === DDI_STRUCTURE_BE_ACC;
  return direct && !swaps && rules.has('flagerr-direct-bypass');
}

/**
 * An error of a device that no handle stands for: ddi_peek(9F), ddi_poke(9F).
 *
 * @param rdip - the device
 * @param flag - `DDI_FM_ERR_PEEK` or `DDI_FM_ERR_POKE`
 */
export function probeFault(rdip: DevInfo, flag: number): void {
  tellBus(rdip, { status: DDI_FM_NONFATAL, flag, ena: rdip.machine.errors.ena() }, {});
}

/** Calls the error handlers of all devices on the bus of one. */
function tellBus(rdip: DevInfo, error: HandleError, handle: Partial<ddi_fm_error_t>): void {
  const bus = rdip.parent;
  if (bus === null || bus.errorTargets.length === 0) return;
  const { status, flag, ena } = error;
  const told = fmError({ fme_status: status, fme_flag: flag, fme_ena: ena, ...handle });
  const run = (): void => {
    judge(
      rdip,
      callTargets(bus, bus.errorTargets, () => told),
    );
  };
  // Handlers run in kernel or interrupt context, whoever met the error.
  rdip.machine.sched.interrupt('error', ERROR_LEVEL, run, () => undefined, true);
}

// ---- Devices --------------------------------------------------------------------------------

/**
 * What follows when a device gets no answer at a bus address. Called from an interrupt.
 *
 * @param rdip - the device
 * @param address - the bus address
 * @throws Panic when no handle that is checked covers the address, or a handler says so
 */
export function dmaFault(rdip: DevInfo, address: bigint): void {
  const { machine, parent: bus } = rdip;
  if (bus === null) return;
  const ena = machine.errors.ena();
  const { errorTargets } = bus;
  // A kernel looks for the address as often as handlers are registered, and nowhere else.
  const groups = machine.rules.has('dma-check-needs-handler')
    ? errorTargets.map((t) => ({ node: t.rdip, targets: [t] }))
    : bus.children.map((node) => ({ node, targets: errorTargets.filter((t) => t.rdip === node) }));
  const found: number[] = [];
  for (const { node, targets } of groups) {
    const handle = markCovering(node, address, ena);
    if (handle === null) continue;
    const told = fmError({
      fme_status: DDI_FM_NONFATAL,
      fme_ena: ena,
      fme_dma_handle: handle,
    });
    found.push(
      DDI_FM_NONFATAL,
      callTargets(bus, targets, () => told),
    );
  }
  if (found.length > 0) judge(rdip, worst(found));
  else if (!machine.rules.has('io-fault-survived')) {
    // ddi_dma_attr(9S) FL-7: a system may panic even where a handle asked for a mark.
    const message = `${rdip.path}: DMA at 0x${address.toString(16)} was not answered`;
    machine.panic(message, { address }, 'ddi_dma_attr.9s/FL-7');
  }
}

/** Marks the handles of a device whose bindings cover an address; the last one, or `null`. */
function markCovering(node: DevInfo, address: bigint, ena: bigint): DmaHandle | null {
  if (node.fm === null) return null;
  let last: DmaHandle | null = null;
  for (const handle of node.fm.handles) {
    if ((handle.limits.attr.dma_attr_flags & DDI_DMA_FLAGERR) === 0) continue;
    if (!covers(handle, address)) continue;
    record(handle, { status: DDI_FM_NONFATAL, flag: DDI_FM_ERR_UNEXPECTED, ena });
    handle.faults.unread = true;
    node.fm.stats.dma_err++;
    last = handle;
  }
  return last;
}

/** Whether any cookie of any window of a handle has the address. */
function covers({ binding, rdip: { machine } }: DmaHandle, address: bigint): boolean {
  if (binding === null) return false;
  const { table, plan, bounce } = binding;
  const pieces = plan?.pieces ?? table;
  const beyond = machine.rules.has('dma-fault-inclusive-end') ? 1n : 0n;
  for (let i = 0; i < pieces.count; i++) {
    const slot = pieces.bounce[i] ?? -1;
    const frame =
      slot >= 0 && bounce !== null ? bounceFrame(machine, bounce, slot) : (pieces.frame[i] ?? 0);
    const from = BigInt(frame) * 4096n + BigInt(pieces.off[i] ?? 0);
    if (address >= from && address < from + BigInt(pieces.size[i] ?? 0) + beyond) return true;
  }
  return false;
}

// ---- Both -----------------------------------------------------------------------------------

function record(h: AccHandle | DmaHandle, error: HandleError): void {
  h.faults.error = error;
  if (!h.rdip.machine.rules.has('fault-records-apart')) h.faults.marked = true;
}

/**
 * Reports an error that goes by unread: it asked for being told, and never looked.
 *
 * @param h - the handle whose records are about to go
 * @param call - the call that makes them go
 */
export function reportUnread(h: AccHandle | DmaHandle, call: string): void {
  if (!h.faults.unread) return;
  h.faults.unread = false;
  h.rdip.machine.report({
    rule: 'FAULT_NOT_CHECKED',
    clause: 'interplay/IP-16',
    message: `handle ${h.id} had an error, and nobody asked before it was forgotten`,
    call,
    values: { handle: h.id },
  });
}

function callTargets(
  bus: DevInfo,
  targets: readonly ErrorTarget<DevInfo>[],
  told: (target: ErrorTarget<DevInfo>) => ddi_fm_error_t,
): number {
  // A handler that meets an error of its own is not called for it.
  if (bus.handlingError) return DDI_FM_UNKNOWN;
  bus.handlingError = true;
  try {
    // A copy: a handler may well unregister itself.
    return worst([...targets].map((target) => answerOf(target, told(target))));
  } finally {
    bus.handlingError = false;
  }
}

function answerOf(target: ErrorTarget<DevInfo>, told: ddi_fm_error_t): number {
  const { rdip, handler, arg } = target;
  const answer: unknown = handler(rdip, told, arg);
  const known = [DDI_FM_OK, DDI_FM_FATAL, DDI_FM_NONFATAL, DDI_FM_UNKNOWN];
  if (typeof answer === 'number' && known.includes(answer)) return answer;
  rdip.machine.report({
    rule: 'BAD_ARGUMENT',
    clause: 'ddi_fm_error.9s/FD-6',
    message: `an error handler returns one of the four DDI_FM statuses, not ${showValue(answer)}`,
    call: handler.name,
    values: { answer },
  });
  return DDI_FM_UNKNOWN;
}

/** The worst of several judgements. */
function worst(statuses: readonly number[]): number {
  for (const status of [DDI_FM_FATAL, DDI_FM_NONFATAL, DDI_FM_UNKNOWN]) {
    if (statuses.includes(status)) return status;
  }
  return DDI_FM_OK;
}

function judge(rdip: DevInfo, status: number): void {
  if (status !== DDI_FM_FATAL) return;
  // ddi_fm_error(9S) FD-6: fatal to the system.
  rdip.machine.panic(`${rdip.path}: fatal error`, { status }, 'ddi_fm_error.9s/FD-6');
}
