/**
 * pci_config_setup(9F) and pci_config_get8(9F): configuration space.
 *
 * A handle of configuration space is a mapping of register set 0 that was made here, and only such
 * a handle is good for the accessors of this file (pci_config_get8(9F) AR-1). An accessor takes an
 * offset from the start of configuration space, not an address. The space is little-endian on every
 * host.
 */
import type { Result } from 'neverthrow';
import type { RegisterWidth } from '../machine/device.js';
import type { AccHandle, RegisterTarget } from '../nexus/acc-handle.js';
import { DDI_DEVICE_ATTR_V0, DDI_STRICTORDER_ACC, DDI_STRUCTURE_LE_ACC } from '../sys/constants.js';
import type { ddi_acc_handle_t, dev_info_t } from '../sys/types.js';
import { type Accessor, slowGet, slowGetLong, slowPut, slowPutLong } from './acc-slow.js';
import { accBehind, enterAcc, enterDip } from './enter.js';
import { mapSet, notInInterrupt, type RegsMapError, unmapSet } from './reg-map.js';

/** Out-parameter of pci_config_setup(9F). */
export interface ConfigSetupOut {
  /** Good for pci_config_get8(9F) and its kin. */
  readonly handle: ddi_acc_handle_t;
}

/** How configuration space is mapped: little-endian, in program order. */
const configAcc = {
  devacc_attr_version: DDI_DEVICE_ATTR_V0,
  devacc_attr_endian_flags: DDI_STRUCTURE_LE_ACC,
  devacc_attr_dataorder: DDI_STRICTORDER_ACC,
};

const page = 'pci_config_get8.9f';

function accessor(call: string): Accessor {
  const offset = `${page}/AR-2`;
  return { call, gone: `${page}/AR-1`, range: offset, align: offset, value: `${page}/DS-1` };
}

const get8 = accessor('pci_config_get8');
const get16 = accessor('pci_config_get16');
const get32 = accessor('pci_config_get32');
const get64 = accessor('pci_config_get64');
const put8 = accessor('pci_config_put8');
const put16 = accessor('pci_config_put16');
const put32 = accessor('pci_config_put32');
const put64 = accessor('pci_config_put64');

/**
 * Makes configuration space accessible.
 *
 * @param dip - the device, on PCI
 * @returns `handle`; `DDI_FAILURE` or another code when there is no configuration space or no
 * access handle
 * @remarks User and kernel context.
 * @see pci_config_setup(9F)
 */
export function pci_config_setup(dip: dev_info_t): Result<ConfigSetupOut, RegsMapError> {
  const call = 'pci_config_setup';
  const rdip = enterDip(call, dip);
  notInInterrupt(rdip, call, `${call}.9f/CX-1`);
  const request = { rnumber: 0, offset: 0, len: 0, accattr: configAcc };
  return mapSet(rdip, call, request).map(({ handle }) => ({ handle }));
}

/**
 * Undoes pci_config_setup.
 *
 * @param handle - what pci_config_setup gave
 * @remarks Any context.
 * @see pci_config_setup(9F)
 */
export function pci_config_teardown(handle: ddi_acc_handle_t): void {
  const call = 'pci_config_teardown';
  const clause = 'pci_config_setup.9f/DS-2';
  unmapSet(enterAcc(call, handle), call, 'pci_config_setup', { pair: clause, gone: clause });
}

/**
 * Reads 8 bits of configuration space.
 *
 * @param handle - from pci_config_setup(9F)
 * @param offset - from the start of configuration space, in bytes
 * @returns the value, 0 to 0xff
 * @remarks User, kernel and interrupt context, but not at high level.
 * @see pci_config_get8(9F)
 */
export function pci_config_get8(handle: ddi_acc_handle_t, offset: number): number {
  return read(get8, handle, offset, 1);
}

/**
 * Reads 16 bits of configuration space.
 *
 * @param handle - from pci_config_setup(9F)
 * @param offset - a multiple of 2, in bytes
 * @returns the value, 0 to 0xffff
 * @remarks User, kernel and interrupt context, but not at high level.
 * @see pci_config_get8(9F)
 */
export function pci_config_get16(handle: ddi_acc_handle_t, offset: number): number {
  return read(get16, handle, offset, 2);
}

/**
 * Reads 32 bits of configuration space.
 *
 * @param handle - from pci_config_setup(9F)
 * @param offset - a multiple of 4, in bytes
 * @returns the value, 0 to 0xffffffff
 * @remarks User, kernel and interrupt context, but not at high level.
 * @see pci_config_get8(9F)
 */
export function pci_config_get32(handle: ddi_acc_handle_t, offset: number): number {
  return read(get32, handle, offset, 4);
}

/**
 * Reads 64 bits of configuration space: 32 and 32, the lower half first.
 *
 * @param handle - from pci_config_setup(9F)
 * @param offset - a multiple of 8, in bytes
 * @returns the value, 0 to 2^64-1
 * @remarks User, kernel and interrupt context, but not at high level.
 * @see pci_config_get8(9F)
 */
export function pci_config_get64(handle: ddi_acc_handle_t, offset: number): bigint {
  const h = configHandle(get64, handle);
  return h === null ? 0xffff_ffff_ffff_ffffn : slowGetLong(get64, h, place(h, offset));
}

/**
 * Writes 8 bits of configuration space.
 *
 * @param handle - from pci_config_setup(9F)
 * @param offset - from the start of configuration space, in bytes
 * @param value - -0x80 to 0xff
 * @remarks User, kernel and interrupt context, but not at high level.
 * @see pci_config_get8(9F)
 */
export function pci_config_put8(handle: ddi_acc_handle_t, offset: number, value: number): void {
  write(put8, handle, offset, value, 1);
}

/**
 * Writes 16 bits of configuration space.
 *
 * @param handle - from pci_config_setup(9F)
 * @param offset - a multiple of 2, in bytes
 * @param value - -0x8000 to 0xffff
 * @remarks User, kernel and interrupt context, but not at high level.
 * @see pci_config_get8(9F)
 */
export function pci_config_put16(handle: ddi_acc_handle_t, offset: number, value: number): void {
  write(put16, handle, offset, value, 2);
}

/**
 * Writes 32 bits of configuration space.
 *
 * @param handle - from pci_config_setup(9F)
 * @param offset - a multiple of 4, in bytes
 * @param value - -0x80000000 to 0xffffffff
 * @remarks User, kernel and interrupt context, but not at high level.
 * @see pci_config_get8(9F)
 */
export function pci_config_put32(handle: ddi_acc_handle_t, offset: number, value: number): void {
  write(put32, handle, offset, value, 4);
}

/**
 * Writes 64 bits of configuration space: 32 and 32, the lower half first.
 *
 * @param handle - from pci_config_setup(9F)
 * @param offset - a multiple of 8, in bytes
 * @param value - -2^63 to 2^64-1
 * @remarks User, kernel and interrupt context, but not at high level.
 * @see pci_config_get8(9F)
 */
export function pci_config_put64(handle: ddi_acc_handle_t, offset: number, value: bigint): void {
  const h = configHandle(put64, handle);
  if (h !== null) slowPutLong(put64, h, place(h, offset), value);
}

/**
 * The old name of pci_config_get8.
 *
 * @deprecated pci_config_get8 replaces it.
 * @remarks User, kernel and interrupt context, but not at high level.
 * @see pci_config_get8(9F)
 */
export const pci_config_getb = pci_config_get8;
/**
 * The old name of pci_config_get16.
 *
 * @deprecated pci_config_get16 replaces it.
 * @remarks User, kernel and interrupt context, but not at high level.
 * @see pci_config_get8(9F)
 */
export const pci_config_getw = pci_config_get16;
/**
 * The old name of pci_config_get32.
 *
 * @deprecated pci_config_get32 replaces it.
 * @remarks User, kernel and interrupt context, but not at high level.
 * @see pci_config_get8(9F)
 */
export const pci_config_getl = pci_config_get32;
/**
 * The old name of pci_config_get64.
 *
 * @deprecated pci_config_get64 replaces it.
 * @remarks User, kernel and interrupt context, but not at high level.
 * @see pci_config_get8(9F)
 */
export const pci_config_getll = pci_config_get64;
/**
 * The old name of pci_config_put8.
 *
 * @deprecated pci_config_put8 replaces it.
 * @remarks User, kernel and interrupt context, but not at high level.
 * @see pci_config_get8(9F)
 */
export const pci_config_putb = pci_config_put8;
/**
 * The old name of pci_config_put16.
 *
 * @deprecated pci_config_put16 replaces it.
 * @remarks User, kernel and interrupt context, but not at high level.
 * @see pci_config_get8(9F)
 */
export const pci_config_putw = pci_config_put16;
/**
 * The old name of pci_config_put32.
 *
 * @deprecated pci_config_put32 replaces it.
 * @remarks User, kernel and interrupt context, but not at high level.
 * @see pci_config_get8(9F)
 */
export const pci_config_putl = pci_config_put32;
/**
 * The old name of pci_config_put64.
 *
 * @deprecated pci_config_put64 replaces it.
 * @remarks User, kernel and interrupt context, but not at high level.
 * @see pci_config_get8(9F)
 */
export const pci_config_putll = pci_config_put64;

function read(
  accessor: Accessor,
  handle: ddi_acc_handle_t,
  offset: number,
  width: RegisterWidth,
): number {
  const h = configHandle(accessor, handle);
  if (h === null) return 2 ** (8 * width) - 1;
  return slowGet(accessor, h, place(h, offset), width);
}

function write(
  accessor: Accessor,
  handle: ddi_acc_handle_t,
  offset: number,
  value: number,
  width: RegisterWidth,
): void {
  const h = configHandle(accessor, handle);
  if (h !== null) slowPut(accessor, h, place(h, offset), value, width);
}

/** The handle when it is for configuration space and was set up as such; `null` after a finding. */
function configHandle({ call }: Accessor, handle: ddi_acc_handle_t): AccHandle | null {
  // The accessor behind this enters the system; what is no handle at all ends here.
  const h = accBehind(call, handle);
  const { target } = h;
  if (target.kind === 'registers' && isConfig(target, h)) return h;
  const what = target.kind === 'memory' ? 'DMA memory' : `what ${target.by} mapped`;
  h.rdip.machine.report({
    rule: 'WRONG_HANDLE',
    clause: `${page}/AR-1`,
    message: `the handle must come from pci_config_setup(9F); it is for ${what}`,
    call,
    values: { handle: h.id },
  });
  return null;
}

function isConfig(target: RegisterTarget, h: AccHandle): boolean {
  if (target.by === 'pci_config_setup') return true;
  // The kernel's accessor looks at no more than the space.
  return h.rdip.machine.rules.has('config-handle-unchecked') && target.space.kind === 'config';
}

/** The address of an offset; what is no number stays none, for the accessor to name. */
function place(h: AccHandle, offset: number): number {
  return Number.isFinite(offset) ? h.start + offset : offset;
}
