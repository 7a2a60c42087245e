/** ddi_regs_map_setup(9F) and ddi_regs_map_free(9F). */
import { err, ok, type Result } from 'neverthrow';
import { AccHandle } from '../nexus/acc-handle.js';
import type { Owner } from '../nexus/owner.js';
import { DevInfo } from '../nexus/tree.js';
import { ddiError, type DdiError } from '../sys/errors.js';
import type { caddr_t, ddi_acc_handle_t, ddi_device_acc_attr_t, dev_info_t } from '../sys/types.js';
import { badAccattr } from './dma-mem.js';
import { enterAcc, enterDip, reportBad } from './enter.js';

/** Out-parameters of ddi_regs_map_setup(9F). */
export interface RegsMapOut {
  /** Base address: a register is at `addr` plus its offset in the mapping. */
  readonly addr: caddr_t;
  /** The access handle. */
  readonly handle: ddi_acc_handle_t;
}

/** Codes of ddi_regs_map_setup(9F). */
export type RegsMapError = DdiError<'DDI_FAILURE' | 'DDI_ME_RNUMBER_RANGE' | 'DDI_ME_NORESOURCES'>;

/** Register mappings lie above all memory, so an address alone tells the two apart. */
const registerSpaceBase = 2 ** 32;
/** Mappings are spread a gigabyte apart: running over one never reaches another. */
const registerSpaceStride = 2 ** 30;

const call = 'ddi_regs_map_setup';
const page = `${call}.9f`;

/**
 * Maps a register set of a device.
 *
 * @param dip - the device
 * @param rnumber - which set; on PCI 0 is configuration space and 1 the first base address register
 * @param offset - first byte of the set to map
 * @param len - bytes; 0 with offset 0 maps the whole set
 * @param accattr - how the registers are accessed; copied
 * @returns `addr` and `handle`; `DDI_ME_RNUMBER_RANGE` when there is no such set, `DDI_FAILURE` for
 * a wrong offset, length or attribute, `DDI_ME_NORESOURCES` when no access handle is free
 * @remarks User and kernel context.
 * @see ddi_regs_map_setup(9F), ddi_device_acc_attr(9S)
 */
export function ddi_regs_map_setup(
  dip: dev_info_t,
  rnumber: number,
  offset: number,
  len: number,
  accattr: ddi_device_acc_attr_t,
): Result<RegsMapOut, RegsMapError> {
  const rdip = enterDip(call, dip);
  notInInterrupt(rdip, call, `${page}/CX-1`);
  const fail = (message: string, values: object): Result<RegsMapOut, RegsMapError> =>
    err(ddiError('DDI_FAILURE', call, `${page}/RV-2`, message, { ...values }));
  if (!Number.isInteger(rnumber)) {
    reportBad(rdip, call, `${page}/AR-1`, 'rnumber', rnumber, 'must be an integer');
    return fail('rnumber is no number of a register set', { rnumber });
  }
  const space = rdip.hardware?.registers[rnumber];
  if (space === undefined) {
    const message = `there is no register set ${String(rnumber)}`;
    return err(ddiError('DDI_ME_RNUMBER_RANGE', call, `${page}/RV-3`, message, { rnumber }));
  }
  const badAcc = badAccattr(accattr, rdip.machine.rules);
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
  // The page describes len 0 only with offset 0; from an offset on it can only mean the rest.
  const bytes = len === 0 ? space.sizeBytes - offset : len;
  if (bytes <= 0 || offset + bytes > space.sizeBytes) {
    return fail(`${space.name} has ${space.sizeBytes} bytes`, { offset, len });
  }
  const { budget, faults, live, rules } = rdip.machine;
  // DEVIATION: the kernel would wait here; the call has no form that could.
  const short = rules.name === 'contract' && faults.fails('access handle');
  if (short || !budget.take('access handles')) {
    const message = 'no access handle is free';
    return err(ddiError('DDI_ME_NORESOURCES', call, `${page}/RV-5`, message, {}));
  }
  const addr = registerSpaceBase + live.nextId() * registerSpaceStride;
  const target = { kind: 'registers', space, offset } as const;
  return ok({ addr, handle: new AccHandle(rdip, addr, bytes, accattr, target) });
}

/**
 * Undoes ddi_regs_map_setup.
 *
 * @param handle - what ddi_regs_map_setup gave
 * @remarks User and kernel context.
 * @see ddi_regs_map_free(9F)
 */
export function ddi_regs_map_free(handle: ddi_acc_handle_t): void {
  const name = 'ddi_regs_map_free';
  const h = enterAcc(name, handle);
  notInInterrupt(h.rdip, name, 'ddi_regs_map_free.9f/CX-1');
  const wrong = h.target.kind !== 'registers';
  if (!wrong && !h.freed) {
    h.close();
    if (h.rdip instanceof DevInfo) h.rdip.lists.released('acc');
    return;
  }
  h.rdip.machine.report({
    rule: wrong ? 'WRONG_FREE_FUNCTION' : 'DOUBLE_FREE',
    clause: wrong ? 'ddi_regs_map_free.9f/AR-1' : 'ddi_regs_map_free.9f/DS-1',
    message: wrong
      ? 'the handle is for DMA memory; ddi_dma_mem_free(9F) is the call for it'
      : `the access handle ${h.id} was freed before`,
    call: name,
    values: { handle: h.id },
  });
}

function notInInterrupt(dip: Owner, name: string, clause: string): void {
  const { current } = dip.machine.sched;
  if (current.kind !== 'interrupt') return;
  dip.machine.report({
    rule: 'CONTEXT',
    clause,
    message: 'called in interrupt context; the page allows user and kernel context',
    call: name,
    values: { level: current.level },
  });
}
