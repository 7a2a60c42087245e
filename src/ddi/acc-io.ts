/**
 * The obsolete family of I/O space: ddi_io_get8(9F), ddi_io_put8(9F) and their repeated forms. It
 * has no member of 64 bits (ddi_io_get8(9F) DS-3).
 */
import { DDI_DEV_NO_AUTOINCR } from '../sys/constants-acc.js';
import type { caddr_t, ddi_acc_handle_t } from '../sys/types.js';
import { getAs, putAs } from './acc-alias.js';
import type { DatumBytes } from './acc-call.js';
import type { Accessor } from './acc-slow.js';
import { repGet, repPut } from './rep.js';
import type { Host16, Host32, Host8, RepCall } from './rep-host.js';

/** A call of ddi_io_get8(9F), which replaces nothing of what ddi_get8(9F) says of addresses. */
function getter(call: string): Accessor {
  const page = 'ddi_io_get8.9f';
  const range = `${page}/DS-1`;
  return { call, gone: `${page}/AR-1`, range, align: 'ddi_get8.9f/AR-3', value: range };
}

/** A call of ddi_io_put8(9F). */
function putter(call: string): Accessor {
  const page = 'ddi_io_put8.9f';
  const range = `${page}/DS-1`;
  return { call, gone: `${page}/AR-1`, range, align: 'ddi_put8.9f/AR-2', value: range };
}

const get8 = getter('ddi_io_get8');
const get16 = getter('ddi_io_get16');
const get32 = getter('ddi_io_get32');
const put8 = putter('ddi_io_put8');
const put16 = putter('ddi_io_put16');
const put32 = putter('ddi_io_put32');

/**
 * Reads 8 bits from I/O space.
 *
 * @param handle - from ddi_dma_mem_alloc(9F) or ddi_regs_map_setup(9F)
 * @param dev_addr - the address; bytes
 * @returns the value, unsigned
 * @remarks User, kernel and interrupt context.
 * @deprecated The page names ddi_get8(9F) instead.
 * @see ddi_io_get8(9F)
 */
export function ddi_io_get8(handle: ddi_acc_handle_t, dev_addr: caddr_t): number {
  return getAs(get8, handle, dev_addr, 1);
}

/**
 * Reads 16 bits from I/O space.
 *
 * @param handle - from ddi_dma_mem_alloc(9F) or ddi_regs_map_setup(9F)
 * @param dev_addr - the address; bytes, a multiple of 2
 * @returns the value, unsigned
 * @remarks User, kernel and interrupt context.
 * @deprecated The page names ddi_get16(9F) instead.
 * @see ddi_io_get8(9F)
 */
export function ddi_io_get16(handle: ddi_acc_handle_t, dev_addr: caddr_t): number {
  return getAs(get16, handle, dev_addr, 2);
}

/**
 * Reads 32 bits from I/O space.
 *
 * @param handle - from ddi_dma_mem_alloc(9F) or ddi_regs_map_setup(9F)
 * @param dev_addr - the address; bytes, a multiple of 4
 * @returns the value, unsigned
 * @remarks User, kernel and interrupt context.
 * @deprecated The page names ddi_get32(9F) instead.
 * @see ddi_io_get8(9F)
 */
export function ddi_io_get32(handle: ddi_acc_handle_t, dev_addr: caddr_t): number {
  return getAs(get32, handle, dev_addr, 4);
}

/**
 * Writes 8 bits to I/O space.
 *
 * @param handle - from ddi_dma_mem_alloc(9F) or ddi_regs_map_setup(9F)
 * @param dev_addr - the address; bytes
 * @param value - signed or unsigned
 * @remarks User, kernel and interrupt context.
 * @deprecated The page names ddi_put8(9F) instead.
 * @see ddi_io_put8(9F)
 */
export function ddi_io_put8(handle: ddi_acc_handle_t, dev_addr: caddr_t, value: number): void {
  putAs(put8, handle, dev_addr, value, 1);
}

/**
 * Writes 16 bits to I/O space.
 *
 * @param handle - from ddi_dma_mem_alloc(9F) or ddi_regs_map_setup(9F)
 * @param dev_addr - the address; bytes, a multiple of 2
 * @param value - signed or unsigned
 * @remarks User, kernel and interrupt context.
 * @deprecated The page names ddi_put16(9F) instead.
 * @see ddi_io_put8(9F)
 */
export function ddi_io_put16(handle: ddi_acc_handle_t, dev_addr: caddr_t, value: number): void {
  putAs(put16, handle, dev_addr, value, 2);
}

/**
 * Writes 32 bits to I/O space.
 *
 * @param handle - from ddi_dma_mem_alloc(9F) or ddi_regs_map_setup(9F)
 * @param dev_addr - the address; bytes, a multiple of 4
 * @param value - signed or unsigned
 * @remarks User, kernel and interrupt context.
 * @deprecated The page names ddi_put32(9F) instead.
 * @see ddi_io_put8(9F)
 */
export function ddi_io_put32(handle: ddi_acc_handle_t, dev_addr: caddr_t, value: number): void {
  putAs(put32, handle, dev_addr, value, 4);
}

/**
 * A call of a repeated page without flags: the device address never moves, as no kernel moves it.
 * The page asks for an aligned host address and for nothing of the
 * device's: ports of any number are accessed.
 */
function rep(page: string, call: string, bytes: DatumBytes): RepCall {
  const [moves, host] = [`${page}/DS-1`, `${page}/AR-2`];
  return { call, bytes, gone: moves, count: moves, range: moves, flags: moves, host, align: null };
}

const repGet8 = rep('ddi_io_rep_get8.9f', 'ddi_io_rep_get8', 1);
const repGet16 = rep('ddi_io_rep_get8.9f', 'ddi_io_rep_get16', 2);
const repGet32 = rep('ddi_io_rep_get8.9f', 'ddi_io_rep_get32', 4);
const repPut8 = rep('ddi_io_rep_put8.9f', 'ddi_io_rep_put8', 1);
const repPut16 = rep('ddi_io_rep_put8.9f', 'ddi_io_rep_put16', 2);
const repPut32 = rep('ddi_io_rep_put8.9f', 'ddi_io_rep_put32', 4);

/**
 * Reads data of 8 bits from I/O space, all at one address.
 *
 * @param handle - from ddi_dma_mem_alloc(9F) or ddi_regs_map_setup(9F)
 * @param host_addr - the data: a kernel address, or an array of the values
 * @param dev_addr - the address of the first access; bytes
 * @param repcount - how many data; 0 does nothing
 * @remarks User, kernel and interrupt context.
 * @deprecated The page names ddi_rep_get8(9F) instead, with `DDI_DEV_NO_AUTOINCR`.
 * @see ddi_io_rep_get8(9F)
 */
export function ddi_io_rep_get8(
  handle: ddi_acc_handle_t,
  host_addr: Host8,
  dev_addr: caddr_t,
  repcount: number,
): void {
  repGet(repGet8, handle, host_addr, dev_addr, repcount, DDI_DEV_NO_AUTOINCR);
}

/**
 * Reads data of 16 bits from I/O space, all at one address.
 *
 * @param handle - from ddi_dma_mem_alloc(9F) or ddi_regs_map_setup(9F)
 * @param host_addr - the data: a kernel address, a multiple of 2, or an array of the values
 * @param dev_addr - the address of the first access; bytes
 * @param repcount - how many data; 0 does nothing
 * @remarks User, kernel and interrupt context.
 * @deprecated The page names ddi_rep_get16(9F) instead, with `DDI_DEV_NO_AUTOINCR`.
 * @see ddi_io_rep_get8(9F)
 */
export function ddi_io_rep_get16(
  handle: ddi_acc_handle_t,
  host_addr: Host16,
  dev_addr: caddr_t,
  repcount: number,
): void {
  repGet(repGet16, handle, host_addr, dev_addr, repcount, DDI_DEV_NO_AUTOINCR);
}

/**
 * Reads data of 32 bits from I/O space, all at one address.
 *
 * @param handle - from ddi_dma_mem_alloc(9F) or ddi_regs_map_setup(9F)
 * @param host_addr - the data: a kernel address, a multiple of 4, or an array of the values
 * @param dev_addr - the address of the first access; bytes
 * @param repcount - how many data; 0 does nothing
 * @remarks User, kernel and interrupt context.
 * @deprecated The page names ddi_rep_get32(9F) instead, with `DDI_DEV_NO_AUTOINCR`.
 * @see ddi_io_rep_get8(9F)
 */
export function ddi_io_rep_get32(
  handle: ddi_acc_handle_t,
  host_addr: Host32,
  dev_addr: caddr_t,
  repcount: number,
): void {
  repGet(repGet32, handle, host_addr, dev_addr, repcount, DDI_DEV_NO_AUTOINCR);
}

/**
 * Writes data of 8 bits to I/O space, all at one address.
 *
 * @param handle - from ddi_dma_mem_alloc(9F) or ddi_regs_map_setup(9F)
 * @param host_addr - the data: a kernel address, or an array of the values
 * @param dev_addr - the address of the first access; bytes
 * @param repcount - how many data; 0 does nothing
 * @remarks User, kernel and interrupt context.
 * @deprecated The page names ddi_rep_put8(9F) instead, with `DDI_DEV_NO_AUTOINCR`.
 * @see ddi_io_rep_put8(9F)
 */
export function ddi_io_rep_put8(
  handle: ddi_acc_handle_t,
  host_addr: Host8,
  dev_addr: caddr_t,
  repcount: number,
): void {
  repPut(repPut8, handle, host_addr, dev_addr, repcount, DDI_DEV_NO_AUTOINCR);
}

/**
 * Writes data of 16 bits to I/O space, all at one address.
 *
 * @param handle - from ddi_dma_mem_alloc(9F) or ddi_regs_map_setup(9F)
 * @param host_addr - the data: a kernel address, a multiple of 2, or an array of the values
 * @param dev_addr - the address of the first access; bytes
 * @param repcount - how many data; 0 does nothing
 * @remarks User, kernel and interrupt context.
 * @deprecated The page names ddi_rep_put16(9F) instead, with `DDI_DEV_NO_AUTOINCR`.
 * @see ddi_io_rep_put8(9F)
 */
export function ddi_io_rep_put16(
  handle: ddi_acc_handle_t,
  host_addr: Host16,
  dev_addr: caddr_t,
  repcount: number,
): void {
  repPut(repPut16, handle, host_addr, dev_addr, repcount, DDI_DEV_NO_AUTOINCR);
}

/**
 * Writes data of 32 bits to I/O space, all at one address.
 *
 * @param handle - from ddi_dma_mem_alloc(9F) or ddi_regs_map_setup(9F)
 * @param host_addr - the data: a kernel address, a multiple of 4, or an array of the values
 * @param dev_addr - the address of the first access; bytes
 * @param repcount - how many data; 0 does nothing
 * @remarks User, kernel and interrupt context.
 * @deprecated The page names ddi_rep_put32(9F) instead, with `DDI_DEV_NO_AUTOINCR`.
 * @see ddi_io_rep_put8(9F)
 */
export function ddi_io_rep_put32(
  handle: ddi_acc_handle_t,
  host_addr: Host32,
  dev_addr: caddr_t,
  repcount: number,
): void {
  repPut(repPut32, handle, host_addr, dev_addr, repcount, DDI_DEV_NO_AUTOINCR);
}
