/**
 * Single accesses under another name than ddi_get8(9F)'s: the families ddi_mem_* and ddi_io_*.
 *
 * They do what ddi_get8(9F) and ddi_put8(9F) do, on every handle: no family looks at what a handle
 * stands for. Only what is reported is reported in their own name.
 */
import { AccHandle } from '../nexus/acc-handle.js';
import type { RegisterWidth } from '../machine/device.js';
import type { caddr_t, ddi_acc_handle_t } from '../sys/types.js';
import type { DatumBytes } from './acc-call.js';
import {
  type Accessor,
  loadDatum,
  loadDatum64,
  slowGet,
  slowGetLong,
  slowPut,
  slowPutLong,
  storeDatum,
  storeDatum64,
} from './acc-slow.js';
import { gateOf, isOpen } from './rep-block.js';

/**
 * Reads 8, 16 or 32 bits.
 *
 * @param accessor - in whose name
 * @param handle - as the driver gave it
 * @param addr - as the driver gave it
 * @param width - bytes
 */
export function getAs(
  accessor: Accessor,
  handle: ddi_acc_handle_t,
  addr: caddr_t,
  width: RegisterWidth,
): number {
  if (isPlain(handle, addr, width)) return loadDatum(handle, addr, width);
  return slowGet(accessor, handle, addr, width);
}

/** As {@link getAs}, of 64 bits. */
export function getLongAs(accessor: Accessor, handle: ddi_acc_handle_t, addr: caddr_t): bigint {
  return isPlain(handle, addr, 8) ? loadDatum64(handle, addr) : slowGetLong(accessor, handle, addr);
}

/**
 * Writes 8, 16 or 32 bits.
 *
 * @param accessor - in whose name
 * @param handle - as the driver gave it
 * @param addr - as the driver gave it
 * @param value - as the driver gave it
 * @param width - bytes
 */
export function putAs(
  accessor: Accessor,
  handle: ddi_acc_handle_t,
  addr: caddr_t,
  value: number,
  width: RegisterWidth,
): void {
  const top = 2 ** (8 * width);
  const fits = Number.isInteger(value) && value >= -top / 2 && value < top;
  if (fits && isPlain(handle, addr, width)) storeDatum(handle, addr, value, width);
  else slowPut(accessor, handle, addr, value, width);
}

/** As {@link putAs}, of 64 bits: what is no value of them is found out on the way. */
export function putLongAs(
  accessor: Accessor,
  handle: ddi_acc_handle_t,
  addr: caddr_t,
  value: bigint,
): void {
  const fits = typeof value === 'bigint' && BigInt.asUintN(64, value) === value;
  if (fits && isPlain(handle, addr, 8)) storeDatum64(handle, addr, value);
  else slowPutLong(accessor, handle, addr, value);
}

/** Whether the access is to memory and nothing is wrong with it. */
function isPlain(handle: ddi_acc_handle_t, addr: caddr_t, bytes: DatumBytes): handle is AccHandle {
  return handle instanceof AccHandle && isOpen(handle, gateOf(handle, bytes), addr, 1, bytes);
}
