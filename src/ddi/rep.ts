/**
 * Repeated access: what ddi_rep_get8(9F) and its kin are made of.
 *
 * What is a copy of memory is done as one (rep-block.ts). Otherwise everything is looked at before
 * anything is touched: handle, count, flags, device address, host's side; and then each datum is
 * one access of the device and one of the host, in order.
 */
import { AccHandle } from '../nexus/acc-handle.js';
import { DDI_DEV_AUTOINCR, DDI_DEV_NO_AUTOINCR } from '../sys/constants-acc.js';
import { showValue } from '../sys/result.js';
import type { caddr_t, ddi_acc_handle_t } from '../sys/types.js';
import { isAlive, isReached, refused } from './acc-call.js';
import { loadDatum, loadDatum64, storeDatum, storeDatum64 } from './acc-slow.js';
import { enterAcc } from './enter.js';
import { blockGet, blockPut, gateOf, isOpen } from './rep-block.js';
import { type HostData, hostSide, type HostSide, type RepCall } from './rep-host.js';

/** A repeated access that has been found legal. */
interface Run {
  readonly h: AccHandle;
  readonly host: HostSide;
  /** How far the device address goes with each datum, in bytes. */
  readonly step: number;
}

/**
 * Moves data from the device to the host, one access each.
 *
 * @param rep - the accessor
 * @param handle - as the driver gave it
 * @param host - kernel address or array
 * @param dev - device address of the first datum
 * @param count - data
 * @param flags - `DDI_DEV_AUTOINCR` or `DDI_DEV_NO_AUTOINCR`
 */
export function repGet(
  rep: RepCall,
  handle: ddi_acc_handle_t,
  host: HostData,
  dev: caddr_t,
  count: number,
  flags: number,
): void {
  const { bytes, call } = rep;
  if (
    handle instanceof AccHandle &&
    flags === DDI_DEV_AUTOINCR &&
    isOpen(handle, gateOf(handle, bytes), dev, count, bytes) &&
    blockGet(handle, host, dev, count, bytes)
  ) {
    return;
  }
  const run = checkedRun(rep, handle, host, dev, count, flags);
  if (run === null) return;
  const { h, step } = run;
  const { view, at, littleEndian, finish } = run.host;
  for (let i = 0; i < count; i++) {
    const [to, from] = [at + i * bytes, dev + i * step];
    if (bytes === 8) view.setBigUint64(to, loadDatum64(h, from, call), littleEndian);
    else if (bytes === 4) view.setUint32(to, loadDatum(h, from, 4, call), littleEndian);
    else if (bytes === 2) view.setUint16(to, loadDatum(h, from, 2, call), littleEndian);
    else view.setUint8(to, loadDatum(h, from, 1, call));
  }
  finish();
}

/**
 * Moves data from the host to the device, one access each. Parameters as of {@link repGet}.
 *
 * @param rep - the accessor
 * @param handle - as the driver gave it
 * @param host - kernel address or array
 * @param dev - device address of the first datum
 * @param count - data
 * @param flags - `DDI_DEV_AUTOINCR` or `DDI_DEV_NO_AUTOINCR`
 */
export function repPut(
  rep: RepCall,
  handle: ddi_acc_handle_t,
  host: HostData,
  dev: caddr_t,
  count: number,
  flags: number,
): void {
  const { bytes, call } = rep;
  if (
    handle instanceof AccHandle &&
    flags === DDI_DEV_AUTOINCR &&
    isOpen(handle, gateOf(handle, bytes), dev, count, bytes) &&
    blockPut(handle, host, dev, count, bytes)
  ) {
    return;
  }
  const run = checkedRun(rep, handle, host, dev, count, flags);
  if (run === null) return;
  const { h, step } = run;
  const { view, at, littleEndian } = run.host;
  for (let i = 0; i < count; i++) {
    const [from, to] = [at + i * bytes, dev + i * step];
    if (bytes === 8) storeDatum64(h, to, view.getBigUint64(from, littleEndian), call);
    else if (bytes === 4) storeDatum(h, to, view.getUint32(from, littleEndian), 4, call);
    else if (bytes === 2) storeDatum(h, to, view.getUint16(from, littleEndian), 2, call);
    else storeDatum(h, to, view.getUint8(from), 1, call);
  }
}

/** What is to be done, or `null` when it is nothing or was reported. */
function checkedRun(
  rep: RepCall,
  handle: ddi_acc_handle_t,
  host: HostData,
  dev: caddr_t,
  count: number,
  flags: number,
): Run | null {
  const h = enterAcc(rep.call, handle);
  if (!isAlive(rep, h)) return null;
  if (!Number.isSafeInteger(count) || count < 0) {
    const message = `repcount must be a number of data; it is ${showValue(count)}`;
    refused(rep, h, 'BAD_ARGUMENT', rep.count, message, { repcount: count });
    return null;
  }
  // The page describes two flags and no other; which of the two a third one is taken for depends on
  // the kernel, so a driver is told, and by the page nothing is moved.
  if (flags !== DDI_DEV_AUTOINCR && flags !== DDI_DEV_NO_AUTOINCR) {
    const message = `flags must be one of the two DDI_DEV_ flags; it is ${showValue(flags)}`;
    refused(rep, h, 'BAD_ARGUMENT', rep.flags, message, { flags });
    const goesOn = h.rdip.machine.rules.has('rep-flags-but-one-stay');
    if (!goesOn || !Number.isInteger(flags)) return null;
  }
  // ddi_rep_get8(9F) SL-1: of no data nothing is said, and nothing is done.
  if (count === 0) return null;
  const step = flags === DDI_DEV_AUTOINCR ? rep.bytes : 0;
  if (!isReached(rep, h, dev, step * (count - 1) + rep.bytes)) return null;
  const side = hostSide(rep, h, host, count);
  return side === null ? null : { h, host: side, step };
}
