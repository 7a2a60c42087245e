/** One name for the four widths of get and put, so that a check can go over all of them. */
import type { caddr_t, ddi_acc_handle_t } from '../sys/types.js';
import type { Width } from './endian.js';
import { DDI_NEVERSWAP_ACC, DDI_STRUCTURE_BE_ACC, DDI_STRUCTURE_LE_ACC } from '../sys/constants.js';
import { newHandle, newMemory, plainAcc } from './stock.js';
import type { Sut } from './sut.js';
import { good } from './that.js';

/** The modes of `devacc_attr_endian_flags`. */
export const endianModes: readonly number[] = [
  DDI_NEVERSWAP_ACC,
  DDI_STRUCTURE_LE_ACC,
  DDI_STRUCTURE_BE_ACC,
];

/** An access handle and where its range begins. */
export interface Range {
  readonly handle: ddi_acc_handle_t;
  readonly addr: caddr_t;
}

/**
 * Reads through the accessor of a width.
 *
 * @param sut - the system
 * @param width - bits
 * @param range - handle and base
 * @param off - bytes from the base
 * @returns the value, whatever the width, as a bigint
 */
export function get(sut: Sut, width: Width, range: Range, off = 0): bigint {
  const { handle, addr } = range;
  if (width === 8) return BigInt(sut.ddi.ddi_get8(handle, addr + off));
  if (width === 16) return BigInt(sut.ddi.ddi_get16(handle, addr + off));
  if (width === 32) return BigInt(sut.ddi.ddi_get32(handle, addr + off));
  return sut.ddi.ddi_get64(handle, addr + off);
}

/**
 * Writes through the accessor of a width.
 *
 * @param sut - the system
 * @param width - bits
 * @param range - handle and base
 * @param value - what is written, unsigned
 * @param off - bytes from the base
 */
export function put(sut: Sut, width: Width, range: Range, value: bigint, off = 0): void {
  const { handle, addr } = range;
  if (width === 8) sut.ddi.ddi_put8(handle, addr + off, Number(value));
  else if (width === 16) sut.ddi.ddi_put16(handle, addr + off, Number(value));
  else if (width === 32) sut.ddi.ddi_put32(handle, addr + off, Number(value));
  else sut.ddi.ddi_put64(handle, addr + off, value);
}

/**
 * A mapping of the whole of a register set of the probe device.
 *
 * @param sut - the system
 * @param endian - the mode of the handle
 * @param rnumber - the register set
 */
export function registers(sut: Sut, endian: number = DDI_NEVERSWAP_ACC, rnumber = 1): Range {
  const acc = { ...plainAcc, devacc_attr_endian_flags: endian };
  return good(sut.ddi.ddi_regs_map_setup(sut.dip(), rnumber, 0, 0, acc), `map of set ${rnumber}`);
}

/**
 * DMA memory of 64 bytes behind an access handle.
 *
 * @param sut - the system
 * @param endian - the mode of the handle
 */
export function memory(sut: Sut, endian: number = DDI_NEVERSWAP_ACC): Range {
  const acc = { ...plainAcc, devacc_attr_endian_flags: endian };
  const m = newMemory(sut, newHandle(sut), 64, undefined, acc);
  return { handle: m.handle, addr: m.kaddr };
}

/**
 * The order in which accesses of a mode make numbers of bytes.
 *
 * @param sut - the system, whose host has an order of its own
 * @param endian - the mode of a handle
 */
export function orderOf(sut: Sut, endian: number): 'little' | 'big' {
  if (endian === DDI_NEVERSWAP_ACC) return sut.endian;
  return endian === DDI_STRUCTURE_LE_ACC ? 'little' : 'big';
}
