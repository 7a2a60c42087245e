/**
 * ddi_get8(9F) and ddi_put8(9F): every width, on memory and on registers.
 *
 * The fast path makes sure that the address is an integer and turns its offset so that the bits
 * which must be zero come out on top: one unsigned comparison with the gate then tells that the
 * access is inside, aligned and allowed. Whatever fails goes to `acc-slow.ts`, which finds out why.
 * The functions are kept tiny because they are inlined into the driver's loops.
 */
import type { AccHandle } from '../nexus/acc-handle.js';
import type { caddr_t, ddi_acc_handle_t } from '../sys/types.js';
import {
  slowGet16,
  slowGet32,
  slowGet64,
  slowGet8,
  slowPut16,
  slowPut32,
  slowPut64,
  slowPut8,
} from './acc-slow.js';

/**
 * Reads 8 bits.
 *
 * @param handle - from ddi_dma_mem_alloc(9F) or ddi_regs_map_setup(9F)
 * @param dev_addr - the address; bytes
 * @returns the value, 0 to 0xff
 * @remarks User, kernel and interrupt context.
 * @see ddi_get8(9F)
 */
export function ddi_get8(handle: ddi_acc_handle_t, dev_addr: caddr_t): number {
  const h = handle as AccHandle;
  const o = ((dev_addr | 0) - h.base) | 0;
  if (dev_addr === (dev_addr | 0) && o >>> 0 <= h.gate8) {
    return h.view.getUint8(dev_addr);
  }
  return slowGet8(handle, dev_addr);
}

/**
 * Reads 16 bits, in the byte order of the handle.
 *
 * @param handle - from ddi_dma_mem_alloc(9F) or ddi_regs_map_setup(9F)
 * @param dev_addr - the address, a multiple of 2
 * @returns the value, 0 to 0xffff
 * @remarks User, kernel and interrupt context.
 * @see ddi_get8(9F)
 */
export function ddi_get16(handle: ddi_acc_handle_t, dev_addr: caddr_t): number {
  const h = handle as AccHandle;
  const o = ((dev_addr | 0) - h.base) | 0;
  if (dev_addr === (dev_addr | 0) && ((o >>> 1) | (o << 31)) >>> 0 <= h.gate16) {
    return h.view.getUint16(dev_addr, h.littleEndian);
  }
  return slowGet16(handle, dev_addr);
}

/**
 * Reads 32 bits, in the byte order of the handle.
 *
 * @param handle - from ddi_dma_mem_alloc(9F) or ddi_regs_map_setup(9F)
 * @param dev_addr - the address, a multiple of 4
 * @returns the value, 0 to 0xffffffff
 * @remarks User, kernel and interrupt context.
 * @see ddi_get8(9F)
 */
export function ddi_get32(handle: ddi_acc_handle_t, dev_addr: caddr_t): number {
  const h = handle as AccHandle;
  const o = ((dev_addr | 0) - h.base) | 0;
  if (dev_addr === (dev_addr | 0) && ((o >>> 2) | (o << 30)) >>> 0 <= h.gate32) {
    return h.view.getUint32(dev_addr, h.littleEndian);
  }
  return slowGet32(handle, dev_addr);
}

/**
 * Reads 64 bits, in the byte order of the handle.
 *
 * @param handle - from ddi_dma_mem_alloc(9F) or ddi_regs_map_setup(9F)
 * @param dev_addr - the address, a multiple of 8
 * @returns the value, 0 to 2^64-1
 * @remarks User, kernel and interrupt context.
 * @see ddi_get8(9F)
 */
export function ddi_get64(handle: ddi_acc_handle_t, dev_addr: caddr_t): bigint {
  const h = handle as AccHandle;
  const o = ((dev_addr | 0) - h.base) | 0;
  if (dev_addr === (dev_addr | 0) && ((o >>> 3) | (o << 29)) >>> 0 <= h.gate64) {
    return h.view.getBigUint64(dev_addr, h.littleEndian);
  }
  return slowGet64(handle, dev_addr);
}

/**
 * Writes 8 bits.
 *
 * @param handle - from ddi_dma_mem_alloc(9F) or ddi_regs_map_setup(9F)
 * @param dev_addr - the address; bytes
 * @param value - -0x80 to 0xff
 * @remarks User, kernel and interrupt context.
 * @see ddi_put8(9F)
 */
export function ddi_put8(handle: ddi_acc_handle_t, dev_addr: caddr_t, value: number): void {
  const h = handle as AccHandle;
  const o = ((dev_addr | 0) - h.base) | 0;
  if (
    dev_addr === (dev_addr | 0) &&
    o >>> 0 <= h.gate8 &&
    (value | 0) === value &&
    value >= -0x80 &&
    value <= 0xff
  ) {
    h.view.setUint8(dev_addr, value);
  } else slowPut8(handle, dev_addr, value);
}

/**
 * Writes 16 bits, in the byte order of the handle.
 *
 * @param handle - from ddi_dma_mem_alloc(9F) or ddi_regs_map_setup(9F)
 * @param dev_addr - the address, a multiple of 2
 * @param value - -0x8000 to 0xffff
 * @remarks User, kernel and interrupt context.
 * @see ddi_put8(9F)
 */
export function ddi_put16(handle: ddi_acc_handle_t, dev_addr: caddr_t, value: number): void {
  const h = handle as AccHandle;
  const o = ((dev_addr | 0) - h.base) | 0;
  if (
    dev_addr === (dev_addr | 0) &&
    ((o >>> 1) | (o << 31)) >>> 0 <= h.gate16 &&
    (value | 0) === value &&
    value >= -0x8000 &&
    value <= 0xffff
  ) {
    h.view.setUint16(dev_addr, value, h.littleEndian);
  } else slowPut16(handle, dev_addr, value);
}

/**
 * Writes 32 bits, in the byte order of the handle.
 *
 * @param handle - from ddi_dma_mem_alloc(9F) or ddi_regs_map_setup(9F)
 * @param dev_addr - the address, a multiple of 4
 * @param value - -0x80000000 to 0xffffffff
 * @remarks User, kernel and interrupt context.
 * @see ddi_put8(9F)
 */
export function ddi_put32(handle: ddi_acc_handle_t, dev_addr: caddr_t, value: number): void {
  const h = handle as AccHandle;
  const o = ((dev_addr | 0) - h.base) | 0;
  if (
    dev_addr === (dev_addr | 0) &&
    ((o >>> 2) | (o << 30)) >>> 0 <= h.gate32 &&
    ((value | 0) === value || value >>> 0 === value)
  ) {
    h.view.setUint32(dev_addr, value, h.littleEndian);
  } else slowPut32(handle, dev_addr, value);
}

/**
 * Writes 64 bits, in the byte order of the handle.
 *
 * @param handle - from ddi_dma_mem_alloc(9F) or ddi_regs_map_setup(9F)
 * @param dev_addr - the address, a multiple of 8
 * @param value - -2^63 to 2^64-1
 * @remarks User, kernel and interrupt context.
 * @see ddi_put8(9F)
 */
export function ddi_put64(handle: ddi_acc_handle_t, dev_addr: caddr_t, value: bigint): void {
  const h = handle as AccHandle;
  const o = ((dev_addr | 0) - h.base) | 0;
  if (
    dev_addr === (dev_addr | 0) &&
    ((o >>> 3) | (o << 29)) >>> 0 <= h.gate64 &&
    typeof value === 'bigint' &&
    value >= -0x8000000000000000n &&
    value <= 0xffffffffffffffffn
  ) {
    h.view.setBigUint64(dev_addr, value, h.littleEndian);
  } else slowPut64(handle, dev_addr, value);
}
