/** What a driver may ask of its register sets, and the old way to map them. */
import { err, ok, type Result } from 'neverthrow';
import { AccHandle } from '../nexus/acc-handle.js';
import { decodeReg } from '../nexus/reg-property.js';
import type { DevInfo } from '../nexus/tree.js';
import { DDI_DEVICE_ATTR_V0, DDI_NEVERSWAP_ACC, DDI_STRICTORDER_ACC } from '../sys/constants.js';
import { ddiError, type DdiError } from '../sys/errors.js';
import type { caddr_t, dev_info_t } from '../sys/types.js';
import { enterDip, reportBad } from './enter.js';
import { mapSet, type RegsMapError } from './reg-map.js';

/** Out-parameter of ddi_map_regs(9F). */
export interface MapRegsOut {
  /** Where the registers are. */
  readonly kaddr: caddr_t;
}

/**
 * The number of register sets of a device.
 *
 * @param dip - the device
 * @returns `result`; `DDI_FAILURE` when the device has no registers
 * @remarks User, kernel and interrupt context.
 * @see ddi_dev_nregs(9F)
 */
export function ddi_dev_nregs(
  dip: dev_info_t,
): Result<{ readonly result: number }, DdiError<'DDI_FAILURE'>> {
  const call = 'ddi_dev_nregs';
  const sets = enterDip(call, dip).hardware?.registers.length ?? 0;
  if (sets > 0) return ok({ result: sets });
  return err(ddiError('DDI_FAILURE', call, `${call}.9f/RV-2`, 'the device has no registers'));
}

/**
 * The size of a register set.
 *
 * @param dip - the device
 * @param rnumber - which set, from 0
 * @returns `result`, in bytes; `DDI_FAILURE` when there is no such set
 * @remarks User, kernel and interrupt context.
 * @see ddi_dev_regsize(9F)
 */
export function ddi_dev_regsize(
  dip: dev_info_t,
  rnumber: number,
): Result<{ readonly result: number }, DdiError<'DDI_FAILURE'>> {
  const call = 'ddi_dev_regsize';
  const rdip = enterDip(call, dip);
  if (!Number.isInteger(rnumber)) {
    reportBad(rdip, call, `${call}.9f/AR-1`, 'rnumber', rnumber, 'must be an integer');
  }
  const { hardware } = rdip;
  const [space, tuple] = [hardware?.registers[rnumber], hardware?.reg[rnumber]];
  if (space === undefined || tuple === undefined) {
    const message = `there is no register set ${String(rnumber)}`;
    return err(ddiError('DDI_FAILURE', call, `${call}.9f/RV-2`, message, { rnumber }));
  }
  const fromTuple = rdip.machine.rules.has('regsize-from-tuple');
  return ok({ result: fromTuple ? Number(decodeReg(tuple).sizeBytes) : space.sizeBytes });
}

/** How ddi_map_regs(9F) maps: it has no attributes, and nothing is translated (OB-1). */
const untranslated = {
  devacc_attr_version: DDI_DEVICE_ATTR_V0,
  devacc_attr_endian_flags: DDI_NEVERSWAP_ACC,
  devacc_attr_dataorder: DDI_STRICTORDER_ACC,
};

/**
 * Maps a register set to be reached without a handle.
 *
 * @deprecated ddi_regs_map_setup(9F) replaces it.
 * @param dip - the device
 * @param rnumber - which set, from 0
 * @param offset - first byte of the set to map
 * @param len - bytes; 0 with offset 0 maps the whole set
 * @returns `kaddr`; the codes of ddi_regs_map_setup(9F)
 * @remarks User, kernel and interrupt context.
 * @see ddi_map_regs(9F)
 */
export function ddi_map_regs(
  dip: dev_info_t,
  rnumber: number,
  offset: number,
  len: number,
): Result<MapRegsOut, RegsMapError> {
  const call = 'ddi_map_regs';
  const request = { rnumber, offset, len, accattr: untranslated };
  return mapSet(enterDip(call, dip), call, request).map(({ addr }) => ({ kaddr: addr }));
}

/**
 * Undoes one ddi_map_regs, all of it.
 *
 * @deprecated ddi_regs_map_free(9F) replaces it.
 * @param dip - the device
 * @param rnumber - as it was mapped, like all that follows
 * @param kaddr - what ddi_map_regs gave
 * @param offset - as it was mapped
 * @param len - as it was mapped
 * @remarks User, kernel and interrupt context.
 * @see ddi_map_regs(9F)
 */
export function ddi_unmap_regs(
  dip: dev_info_t,
  rnumber: number,
  kaddr: caddr_t,
  offset: number,
  len: number,
): void {
  const call = 'ddi_unmap_regs';
  const rdip = enterDip(call, dip);
  const mapping = oldMapping(rdip, (h) => h.start === kaddr);
  const target = mapping?.target;
  const mirrors =
    target?.kind === 'registers' &&
    target.rnumber === rnumber &&
    target.offset === offset &&
    target.len === len;
  if (mapping !== null && mirrors) {
    mapping.close();
    rdip.lists.released('acc');
    return;
  }
  // ddi_map_regs(9F) DS-2: parts cannot be released, nor what was never mapped.
  rdip.machine.report({
    rule: 'UNMAP_MISMATCH',
    clause: 'ddi_map_regs.9f/DS-2',
    message: `no mapping of ddi_map_regs(9F) is of these arguments: ${
      mapping === null ? 'none begins there' : 'the one there is of others'
    }`,
    call,
    values: { rnumber, kaddr, offset, len },
  });
}

/** A mapping of ddi_map_regs(9F) that this device has. */
function oldMapping(rdip: DevInfo, is: (h: AccHandle) => boolean): AccHandle | null {
  let found: AccHandle | null = null;
  rdip.machine.live.some((source) => {
    if (!(source instanceof AccHandle) || source.rdip !== rdip) return false;
    const { target } = source;
    if (target.kind !== 'registers' || target.by !== 'ddi_map_regs' || !is(source)) return false;
    found = source;
    return true;
  });
  return found;
}
