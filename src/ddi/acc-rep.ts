/**
 * ddi_rep_get8(9F) and ddi_rep_put8(9F): many data of one width between a device and the host.
 */
import type { caddr_t, ddi_acc_handle_t } from '../sys/types.js';
import type { DatumBytes } from './acc-call.js';
import { repGet, repPut } from './rep.js';
import { arrayMethods, isBlock } from './rep-block.js';
import { swap16, swap32, swapInto } from './rep-swap.js';
import type { Host16, Host32, Host64, Host8, RepCall } from './rep-host.js';

const { byteOffsetOf, bufferOf, setIn } = arrayMethods;

/** A call of ddi_rep_get8(9F). */
function getting(call: string, bytes: DatumBytes): RepCall {
  const page = 'ddi_rep_get8.9f';
  return {
    call,
    bytes,
    gone: `${page}/AR-1`,
    count: `${page}/AR-2`,
    host: `${page}/AR-3`,
    align: `${page}/AR-3`,
    flags: `${page}/FL-3`,
    range: `${page}/DS-1`,
  };
}

/** A call of ddi_rep_put8(9F), which names two flags and is silent on a third. */
function putting(call: string, bytes: DatumBytes): RepCall {
  const page = 'ddi_rep_put8.9f';
  return {
    call,
    bytes,
    gone: `${page}/AR-1`,
    count: `${page}/AR-2`,
    host: `${page}/AR-3`,
    align: `${page}/AR-3`,
    flags: `${page}/FL-1`,
    range: `${page}/DS-1`,
  };
}

const get8 = getting('ddi_rep_get8', 1);
const get16 = getting('ddi_rep_get16', 2);
const get32 = getting('ddi_rep_get32', 4);
const get64 = getting('ddi_rep_get64', 8);
const put8 = putting('ddi_rep_put8', 1);
const put16 = putting('ddi_rep_put16', 2);
const put32 = putting('ddi_rep_put32', 4);
const put64 = putting('ddi_rep_put64', 8);

/**
 * Reads data of 8 bits from a device, one access each.
 *
 * @param handle - from ddi_dma_mem_alloc(9F) or ddi_regs_map_setup(9F)
 * @param host_addr - where they go on the host: a kernel address, or an
 * array of the values
 * @param dev_addr - the address of the first access; bytes
 * @param repcount - how many data; 0 does nothing
 * @param flags - `DDI_DEV_AUTOINCR`: the device address advances with each datum;
 * `DDI_DEV_NO_AUTOINCR`: it does not
 * @remarks User, kernel and interrupt context.
 * @see ddi_rep_get8(9F)
 */
export function ddi_rep_get8(
  handle: ddi_acc_handle_t,
  host_addr: Host8,
  dev_addr: caddr_t,
  repcount: number,
  flags: number,
): void {
  if (
    host_addr instanceof Uint8Array &&
    isBlock(handle, 1, host_addr.length, byteOffsetOf.call(host_addr), dev_addr, repcount, flags)
  ) {
    const { store } = handle.rdip.machine;
    setIn.call(host_addr, new Uint8Array(store.buffer, dev_addr, repcount));
    return;
  }
  repGet(get8, handle, host_addr, dev_addr, repcount, flags);
}

/**
 * Reads data of 16 bits from a device, one access each, in the byte order of the handle.
 *
 * @param handle - from ddi_dma_mem_alloc(9F) or ddi_regs_map_setup(9F)
 * @param host_addr - where they go on the host: a kernel address, a multiple of 2, or an
 * array of the values
 * @param dev_addr - the address of the first access; bytes, a multiple of 2
 * @param repcount - how many data; 0 does nothing
 * @param flags - `DDI_DEV_AUTOINCR`: the device address advances with each datum;
 * `DDI_DEV_NO_AUTOINCR`: it does not
 * @remarks User, kernel and interrupt context.
 * @see ddi_rep_get8(9F)
 */
export function ddi_rep_get16(
  handle: ddi_acc_handle_t,
  host_addr: Host16,
  dev_addr: caddr_t,
  repcount: number,
  flags: number,
): void {
  if (
    host_addr instanceof Uint16Array &&
    isBlock(handle, 2, host_addr.length, byteOffsetOf.call(host_addr), dev_addr, repcount, flags)
  ) {
    const { store } = handle.rdip.machine;
    if (handle.littleEndian)
      setIn.call(host_addr, new Uint16Array(store.buffer, dev_addr, repcount));
    else swap16(host_addr, 0, store.view, dev_addr, repcount);
    return;
  }
  repGet(get16, handle, host_addr, dev_addr, repcount, flags);
}

/**
 * Reads data of 32 bits from a device, one access each, in the byte order of the handle.
 *
 * @param handle - from ddi_dma_mem_alloc(9F) or ddi_regs_map_setup(9F)
 * @param host_addr - where they go on the host: a kernel address, a multiple of 4, or an
 * array of the values
 * @param dev_addr - the address of the first access; bytes, a multiple of 4
 * @param repcount - how many data; 0 does nothing
 * @param flags - `DDI_DEV_AUTOINCR`: the device address advances with each datum;
 * `DDI_DEV_NO_AUTOINCR`: it does not
 * @remarks User, kernel and interrupt context.
 * @see ddi_rep_get8(9F)
 */
export function ddi_rep_get32(
  handle: ddi_acc_handle_t,
  host_addr: Host32,
  dev_addr: caddr_t,
  repcount: number,
  flags: number,
): void {
  if (
    host_addr instanceof Uint32Array &&
    isBlock(handle, 4, host_addr.length, byteOffsetOf.call(host_addr), dev_addr, repcount, flags)
  ) {
    const { store } = handle.rdip.machine;
    if (handle.littleEndian)
      setIn.call(host_addr, new Uint32Array(store.buffer, dev_addr, repcount));
    else swap32(host_addr, 0, store.view, dev_addr, repcount);
    return;
  }
  repGet(get32, handle, host_addr, dev_addr, repcount, flags);
}

/**
 * Reads data of 64 bits from a device, one access each, in the byte order of the handle.
 *
 * @param handle - from ddi_dma_mem_alloc(9F) or ddi_regs_map_setup(9F)
 * @param host_addr - where they go on the host: a kernel address, a multiple of 8, or an
 * array of the values
 * @param dev_addr - the address of the first access; bytes, a multiple of 8
 * @param repcount - how many data; 0 does nothing
 * @param flags - `DDI_DEV_AUTOINCR`: the device address advances with each datum;
 * `DDI_DEV_NO_AUTOINCR`: it does not
 * @remarks User, kernel and interrupt context.
 * @see ddi_rep_get8(9F)
 */
export function ddi_rep_get64(
  handle: ddi_acc_handle_t,
  host_addr: Host64,
  dev_addr: caddr_t,
  repcount: number,
  flags: number,
): void {
  if (
    host_addr instanceof BigUint64Array &&
    isBlock(handle, 8, host_addr.length, byteOffsetOf.call(host_addr), dev_addr, repcount, flags)
  ) {
    const { store } = handle.rdip.machine;
    if (handle.littleEndian)
      setIn.call(host_addr, new BigUint64Array(store.buffer, dev_addr, repcount));
    else swapInto(host_addr, 0, store.view, dev_addr, repcount);
    return;
  }
  repGet(get64, handle, host_addr, dev_addr, repcount, flags);
}

/**
 * Writes data of 8 bits to a device, one access each.
 *
 * @param handle - from ddi_dma_mem_alloc(9F) or ddi_regs_map_setup(9F)
 * @param host_addr - where they are on the host: a kernel address, or an
 * array of the values
 * @param dev_addr - the address of the first access; bytes
 * @param repcount - how many data; 0 does nothing
 * @param flags - `DDI_DEV_AUTOINCR`: the device address advances with each datum;
 * `DDI_DEV_NO_AUTOINCR`: it does not
 * @remarks User, kernel and interrupt context.
 * @see ddi_rep_put8(9F)
 */
export function ddi_rep_put8(
  handle: ddi_acc_handle_t,
  host_addr: Host8,
  dev_addr: caddr_t,
  repcount: number,
  flags: number,
): void {
  if (
    host_addr instanceof Uint8Array &&
    isBlock(handle, 1, host_addr.length, byteOffsetOf.call(host_addr), dev_addr, repcount, flags)
  ) {
    const { bytes } = handle.rdip.machine.store;
    setIn.call(bytes, firstOf(host_addr, repcount), dev_addr);
    return;
  }
  repPut(put8, handle, host_addr, dev_addr, repcount, flags);
}

/**
 * Writes data of 16 bits to a device, one access each, in the byte order of the handle.
 *
 * @param handle - from ddi_dma_mem_alloc(9F) or ddi_regs_map_setup(9F)
 * @param host_addr - where they are on the host: a kernel address, a multiple of 2, or an
 * array of the values
 * @param dev_addr - the address of the first access; bytes, a multiple of 2
 * @param repcount - how many data; 0 does nothing
 * @param flags - `DDI_DEV_AUTOINCR`: the device address advances with each datum;
 * `DDI_DEV_NO_AUTOINCR`: it does not
 * @remarks User, kernel and interrupt context.
 * @see ddi_rep_put8(9F)
 */
export function ddi_rep_put16(
  handle: ddi_acc_handle_t,
  host_addr: Host16,
  dev_addr: caddr_t,
  repcount: number,
  flags: number,
): void {
  if (
    host_addr instanceof Uint16Array &&
    isBlock(handle, 2, host_addr.length, byteOffsetOf.call(host_addr), dev_addr, repcount, flags)
  ) {
    const { words16 } = handle.rdip.machine.store;
    if (handle.littleEndian) setIn.call(words16, firstOf(host_addr, repcount), dev_addr / 2);
    else swap16(words16, dev_addr / 2, viewOf(host_addr), 0, repcount);
    return;
  }
  repPut(put16, handle, host_addr, dev_addr, repcount, flags);
}

/**
 * Writes data of 32 bits to a device, one access each, in the byte order of the handle.
 *
 * @param handle - from ddi_dma_mem_alloc(9F) or ddi_regs_map_setup(9F)
 * @param host_addr - where they are on the host: a kernel address, a multiple of 4, or an
 * array of the values
 * @param dev_addr - the address of the first access; bytes, a multiple of 4
 * @param repcount - how many data; 0 does nothing
 * @param flags - `DDI_DEV_AUTOINCR`: the device address advances with each datum;
 * `DDI_DEV_NO_AUTOINCR`: it does not
 * @remarks User, kernel and interrupt context.
 * @see ddi_rep_put8(9F)
 */
export function ddi_rep_put32(
  handle: ddi_acc_handle_t,
  host_addr: Host32,
  dev_addr: caddr_t,
  repcount: number,
  flags: number,
): void {
  if (
    host_addr instanceof Uint32Array &&
    isBlock(handle, 4, host_addr.length, byteOffsetOf.call(host_addr), dev_addr, repcount, flags)
  ) {
    const { words32 } = handle.rdip.machine.store;
    if (handle.littleEndian) setIn.call(words32, firstOf(host_addr, repcount), dev_addr / 4);
    else swap32(words32, dev_addr / 4, viewOf(host_addr), 0, repcount);
    return;
  }
  repPut(put32, handle, host_addr, dev_addr, repcount, flags);
}

/**
 * Writes data of 64 bits to a device, one access each, in the byte order of the handle.
 *
 * @param handle - from ddi_dma_mem_alloc(9F) or ddi_regs_map_setup(9F)
 * @param host_addr - where they are on the host: a kernel address, a multiple of 8, or an
 * array of the values
 * @param dev_addr - the address of the first access; bytes, a multiple of 8
 * @param repcount - how many data; 0 does nothing
 * @param flags - `DDI_DEV_AUTOINCR`: the device address advances with each datum;
 * `DDI_DEV_NO_AUTOINCR`: it does not
 * @remarks User, kernel and interrupt context.
 * @see ddi_rep_put8(9F)
 */
export function ddi_rep_put64(
  handle: ddi_acc_handle_t,
  host_addr: Host64,
  dev_addr: caddr_t,
  repcount: number,
  flags: number,
): void {
  if (
    host_addr instanceof BigUint64Array &&
    isBlock(handle, 8, host_addr.length, byteOffsetOf.call(host_addr), dev_addr, repcount, flags)
  ) {
    const { words64 } = handle.rdip.machine.store;
    if (handle.littleEndian) setIn.call(words64, firstOf(host_addr, repcount), dev_addr / 8);
    else swapInto(words64, dev_addr / 8, viewOf(host_addr), 0, repcount);
    return;
  }
  repPut(put64, handle, host_addr, dev_addr, repcount, flags);
}

/** An array without what is too much of it. */
function firstOf<T extends { readonly length: number; subarray(from: number, to: number): T }>(
  array: T,
  count: number,
): T {
  return array.length === count ? array : array.subarray(0, count);
}

/** The bytes of an array, from its first to where its buffer ends. */
function viewOf(array: ArrayBufferView): DataView {
  return new DataView(bufferOf.call(array), byteOffsetOf.call(array));
}
