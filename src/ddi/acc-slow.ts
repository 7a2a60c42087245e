/**
 * What an accessor does when its fast path has refused: registers, and every kind of mistake.
 *
 * The cases at the decision:
 *   (1) the value is no value of the width: a finding, and nothing is written;
 *   (2) the handle was freed, the address is outside, or it is not aligned: a finding; a read gives
 *       all ones, as a bus on which nobody answers does, and a write goes nowhere;
 *   (3) the handle maps registers: the device answers, or nobody does, which is a fault.
 */
import type { RegisterWidth } from '../machine/device.js';
import type { AccHandle } from '../nexus/acc-handle.js';
import { DDI_STRICTORDER_ACC } from '../sys/constants.js';
import { showValue } from '../sys/result.js';
import type { caddr_t, ddi_acc_handle_t } from '../sys/types.js';
import { is64InIo } from './acc-call.js';
import {
  isAnswered,
  reportHeldLock,
  stillReaches,
  trapUnmapped,
  trapWithoutAccessor,
} from './acc-fault.js';
import { enterAcc, reportBad } from './enter.js';

/** An accessor, as the slow path has to know it: its name and what its page says of mistakes. */
export interface Accessor {
  /** `ddi_get32` */
  readonly call: string;
  /** The clause, `page/GROUP-n`, that asks for a living handle. */
  readonly gone: string;
  /** ... for an address in the range of the handle. */
  readonly range: string;
  /** ... for one that is a multiple of the size of the datum. */
  readonly align: string;
  /** ... for a value that the datum can hold. */
  readonly value: string;
}

/** Interrupts above this level are high-level ones. */
const lockLevel = 10;

function getter(call: string): Accessor {
  const page = 'ddi_get8.9f';
  const range = `${page}/AR-2`;
  return { call, gone: `${page}/AR-1`, range, align: `${page}/AR-3`, value: range };
}

function putter(call: string): Accessor {
  const range = 'ddi_put8.9f/AR-2';
  return { call, gone: 'ddi_put8.9f/AR-1', range, align: range, value: range };
}

const get8 = getter('ddi_get8');
const get16 = getter('ddi_get16');
const get32 = getter('ddi_get32');
const get64 = getter('ddi_get64');
const put8 = putter('ddi_put8');
const put16 = putter('ddi_put16');
const put32 = putter('ddi_put32');
const put64 = putter('ddi_put64');

/** The slow path of ddi_get8. */
export function slowGet8(handle: ddi_acc_handle_t, addr: caddr_t): number {
  return slowGet(get8, handle, addr, 1);
}

/** The slow path of ddi_get16. */
export function slowGet16(handle: ddi_acc_handle_t, addr: caddr_t): number {
  return slowGet(get16, handle, addr, 2);
}

/** The slow path of ddi_get32. */
export function slowGet32(handle: ddi_acc_handle_t, addr: caddr_t): number {
  return slowGet(get32, handle, addr, 4);
}

/** The slow path of ddi_get64. */
export function slowGet64(handle: ddi_acc_handle_t, addr: caddr_t): bigint {
  return slowGetLong(get64, handle, addr);
}

/** The slow path of ddi_put8. */
export function slowPut8(handle: ddi_acc_handle_t, addr: caddr_t, value: number): void {
  slowPut(put8, handle, addr, value, 1);
}

/** The slow path of ddi_put16. */
export function slowPut16(handle: ddi_acc_handle_t, addr: caddr_t, value: number): void {
  slowPut(put16, handle, addr, value, 2);
}

/** The slow path of ddi_put32. */
export function slowPut32(handle: ddi_acc_handle_t, addr: caddr_t, value: number): void {
  slowPut(put32, handle, addr, value, 4);
}

/** The slow path of ddi_put64. */
export function slowPut64(handle: ddi_acc_handle_t, addr: caddr_t, value: bigint): void {
  slowPutLong(put64, handle, addr, value);
}

/**
 * One read of 8, 16 or 32 bits, with everything that can be wrong about it.
 *
 * @param accessor - in whose name
 * @param handle - as the driver gave it
 * @param addr - as the driver gave it
 * @param width - bytes
 * @returns the value, unsigned; all ones after a finding
 */
export function slowGet(
  accessor: Accessor,
  handle: ddi_acc_handle_t,
  addr: caddr_t,
  width: RegisterWidth,
): number {
  const h = checked(accessor, handle, addr, width);
  return h === null ? allOnes(width) : loadDatum(h, addr, width, accessor.call);
}

/**
 * Loads 8, 16 or 32 bits from whatever the handle stands for; one access of a device.
 *
 * @param h - alive
 * @param addr - in its range
 * @param width - bytes
 * @param call - in whose name
 */
export function loadDatum(
  h: AccHandle,
  addr: caddr_t,
  width: RegisterWidth,
  call = 'ddi_get',
): number {
  if (h.target.kind === 'memory') return memoryGet(h, addr, width, call);
  return swapIfBig(h, readRegister(h, addr, width, call, width), width);
}

/** As {@link slowGet}, of 64 bits. */
export function slowGetLong(accessor: Accessor, handle: ddi_acc_handle_t, addr: caddr_t): bigint {
  const h = checked(accessor, handle, addr, 8);
  if (h === null || is64InIo(accessor.call, h)) return 0xffffffffffffffffn;
  return loadDatum64(h, addr, accessor.call);
}

/**
 * Loads 64 bits; two accesses of a device.
 *
 * @param h - alive
 * @param addr - in its range
 * @param call - in whose name
 */
export function loadDatum64(h: AccHandle, addr: caddr_t, call = 'ddi_get64'): bigint {
  if (h.target.kind === 'memory') {
    reachMemory('load', h, addr, 8, call);
    return h.view.getBigUint64(addr, h.littleEndian);
  }
  // Eight bytes are two register accesses, the lower address first.
  const first = BigInt(swapIfBig(h, readRegister(h, addr, 4, call, 8), 4));
  const second = BigInt(swapIfBig(h, readRegister(h, addr + 4, 4, call, 8), 4));
  return h.littleEndian ? (second << 32n) | first : (first << 32n) | second;
}

/**
 * One write of 8, 16 or 32 bits, with everything that can be wrong about it.
 *
 * @param accessor - in whose name
 * @param handle - as the driver gave it
 * @param addr - as the driver gave it
 * @param value - as the driver gave it; nothing is written when it does not fit
 * @param width - bytes
 */
export function slowPut(
  accessor: Accessor,
  handle: ddi_acc_handle_t,
  addr: caddr_t,
  value: number,
  width: RegisterWidth,
): void {
  const h = checked(accessor, handle, addr, width);
  if (h === null || !fits(h, accessor, value, width)) return;
  storeDatum(h, addr, value, width, accessor.call);
}

/**
 * Stores 8, 16 or 32 bits into whatever the handle stands for; one access of a device.
 *
 * @param h - alive
 * @param addr - in its range
 * @param value - of the width, signed or not
 * @param width - bytes
 * @param call - in whose name
 */
export function storeDatum(
  h: AccHandle,
  addr: caddr_t,
  value: number,
  width: RegisterWidth,
  call = 'ddi_put',
): void {
  if (h.target.kind === 'memory') memoryPut(h, addr, value, width, call);
  else writeRegister(h, addr, swapIfBig(h, unsigned(value, width), width), width, call, width);
}

/** As {@link slowPut}, of 64 bits. */
export function slowPutLong(
  accessor: Accessor,
  handle: ddi_acc_handle_t,
  addr: caddr_t,
  value: bigint,
): void {
  const h = checked(accessor, handle, addr, 8);
  if (h === null || is64InIo(accessor.call, h) || !fitsLong(h, accessor, value)) return;
  storeDatum64(h, addr, value, accessor.call);
}

/**
 * Stores 64 bits; two accesses of a device.
 *
 * @param h - alive
 * @param addr - in its range
 * @param value - signed or not
 * @param call - in whose name
 */
export function storeDatum64(h: AccHandle, addr: caddr_t, value: bigint, call = 'ddi_put64'): void {
  if (h.target.kind === 'memory') {
    reachMemory('store', h, addr, 8, call);
    h.view.setBigUint64(addr, value, h.littleEndian);
    return;
  }
  const low = Number(BigInt.asUintN(32, value));
  const high = Number(BigInt.asUintN(32, value >> 32n));
  const [first, second] = h.littleEndian ? [low, high] : [high, low];
  writeRegister(h, addr, swapIfBig(h, first, 4), 4, call, 8);
  writeRegister(h, addr + 4, swapIfBig(h, second, 4), 4, call, 8);
}

/** The handle when the access may go on; `null` after a finding. */
function checked(
  accessor: Accessor,
  handle: ddi_acc_handle_t,
  addr: caddr_t,
  width: number,
): AccHandle | null {
  const h = enterAcc(accessor.call, handle);
  if (typeof addr !== 'number') return refused(accessor, h, addr, width);
  const off = addr - h.start;
  // The bits below the width are the same in an address beyond 32 bits and in what & makes of it.
  const fits = off >= 0 && off + width <= h.lenBytes && (addr & (width - 1)) === 0;
  if (h.freed || !fits || !Number.isSafeInteger(addr)) return refused(accessor, h, addr, width);
  if (h.target.kind === 'registers' && h.target.space.kind === 'config') {
    configContext(h, accessor.call);
  }
  return h;
}

/** Says what is wrong with an access; the handle where a kernel goes on all the same. */
function refused(accessor: Accessor, h: AccHandle, addr: caddr_t, width: number): AccHandle | null {
  const { call } = accessor;
  const { rules } = h.rdip.machine;
  const report = (rule: string, clause: string, message: string): void => {
    h.rdip.machine.report({ rule, clause, message, call, values: { dev_addr: addr } });
  };
  if (!Number.isSafeInteger(addr)) {
    const message = `dev_addr must be an integer; it is ${showValue(addr)}`;
    report('BAD_ARGUMENT', accessor.range, message);
    return null;
  }
  let reached = true;
  if (h.freed) {
    report('USE_AFTER_FREE', accessor.gone, `the access handle ${h.id} was freed`);
    if (!rules.has('acc-freed-unchecked')) return null;
    reached = stillReaches(h, addr, width);
  }
  const off = addr - h.start;
  if (off < 0 || off + width > h.lenBytes) {
    const inside = `0x${h.start.toString(16)}+${h.lenBytes}`;
    const message = `0x${addr.toString(16)}+${width} is not inside ${inside}`;
    if (!h.freed) report('ACC_RANGE', accessor.range, message);
    if (!rules.has('acc-range-unchecked')) return null;
    reached &&= stillReaches(h, addr, width);
  }
  if (!reached) trapUnmapped(h, addr, call);
  if (addr % width !== 0) {
    const message = `0x${addr.toString(16)} is no multiple of ${width}, the size of the datum`;
    report('ACC_ALIGN', accessor.align, message);
    // What a device makes of it depends on the bus; no model of one could say.
    if (h.target.kind !== 'memory' || !rules.has('acc-align-unchecked')) return null;
  }
  return h;
}

/** pci(4) CX-1: configuration space is out of reach at high level. */
function configContext(h: AccHandle, call: string): void {
  const { machine } = h.rdip;
  const { level } = machine.sched.current;
  if (level <= lockLevel) return;
  machine.report({
    rule: 'CONTEXT',
    clause: 'pci.4/CX-1',
    message: 'configuration space accessed in a high-level interrupt',
    call,
    values: { level },
  });
}

/** What comes before every access to memory on this path; write-combining memory has no other. */
function reachMemory(
  op: 'load' | 'store',
  h: AccHandle,
  addr: number,
  width: number,
  call: string,
): void {
  trapWithoutAccessor(h, addr, call);
  h.rdip.machine.view.access(op, addr, width);
}

function memoryGet(h: AccHandle, addr: number, width: RegisterWidth, call: string): number {
  reachMemory('load', h, addr, width, call);
  if (width === 1) return h.view.getUint8(addr);
  if (width === 2) return h.view.getUint16(addr, h.littleEndian);
  return h.view.getUint32(addr, h.littleEndian);
}

function memoryPut(
  h: AccHandle,
  addr: number,
  value: number,
  width: RegisterWidth,
  call: string,
): void {
  reachMemory('store', h, addr, width, call);
  if (width === 1) h.view.setUint8(addr, value);
  else if (width === 2) h.view.setUint16(addr, value, h.littleEndian);
  else h.view.setUint32(addr, value, h.littleEndian);
}

/**
 * An access in strict order is not cached, and what the CPU has combined reaches memory before it.
 * A mapping of any other order lets the device see it first: ddi_device_acc_attr(9S) DO-1 to DO-5.
 *
 * @param h - a handle on registers
 */
export function drainBefore(h: AccHandle): void {
  const { view } = h.rdip.machine;
  if (view.pending && h.attr.devacc_attr_dataorder === DDI_STRICTORDER_ACC) view.drain();
}

/** @param whole - bytes of the datum that this is, or is half of */
function readRegister(
  h: AccHandle,
  addr: number,
  width: RegisterWidth,
  call: string,
  whole: number,
): number {
  if (h.target.kind !== 'registers') return allOnes(width);
  const { machine } = h.rdip;
  const off = addr - h.start + h.target.offset;
  if (machine.sched.current.holds.size > 0) reportHeldLock(h, call);
  drainBefore(h);
  if (h.guarded || machine.hardware.active) {
    const access = { call, op: 'read', width: whole, addr } as const;
    if (!isAnswered(h, h.target.space, off, width, access)) return allOnes(width);
  }
  // Behind its registers, where a kernel lets a driver go, nothing of the device answers.
  if (off + width > h.target.space.sizeBytes) return allOnes(width);
  const value = h.target.space.read(off, width);
  tell(h, 'read', off, width, value);
  return value;
}

function writeRegister(
  h: AccHandle,
  addr: number,
  value: number,
  width: RegisterWidth,
  call: string,
  whole: number,
): void {
  if (h.target.kind !== 'registers') return;
  const { machine } = h.rdip;
  const off = addr - h.start + h.target.offset;
  if (machine.sched.current.holds.size > 0) reportHeldLock(h, call);
  drainBefore(h);
  if (h.guarded || machine.hardware.active) {
    const access = { call, op: 'write', width: whole, addr } as const;
    if (!isAnswered(h, h.target.space, off, width, access)) return;
  }
  if (off + width > h.target.space.sizeBytes) return;
  tell(h, 'write', off, width, value);
  h.target.space.write(off, width, value);
}

/** Tells of an access to a register that was made, or is about to be. */
export function tell(
  h: AccHandle,
  op: 'read' | 'write',
  off: number,
  width: number,
  value: number,
): void {
  const { trace } = h.rdip.machine;
  trace.note3(op, off, width, value);
  if (trace.observers === null) return;
  const { path } = h.rdip;
  trace.emit({ kind: 'register', op, device: path, off, width, value: BigInt(value) });
}

/** A register is little-endian on the bus; a handle of the other order sees it swapped. */
function swapIfBig(h: AccHandle, value: number, width: RegisterWidth): number {
  if (h.littleEndian || width === 1) return value;
  if (width === 2) return ((value & 0xff) << 8) | (value >>> 8);
  const half = ((value & 0xff00ff) << 8) | ((value >>> 8) & 0xff00ff);
  return ((half << 16) | (half >>> 16)) >>> 0;
}

/** Whether a value is one of the width; reports it when it is not. */
function fits(h: AccHandle, accessor: Accessor, value: number, width: RegisterWidth): boolean {
  // Spelt out: a power is a call, and this is on the way of every register that is written.
  const top = width === 4 ? 0x1_0000_0000 : width === 2 ? 0x1_0000 : 0x100;
  if (Number.isInteger(value) && value >= -top / 2 && value < top) return true;
  const rule = `must be an integer of ${8 * width} bits`;
  reportBad(h.rdip, accessor.call, accessor.value, 'value', value, rule);
  return false;
}

/** The same for 64 bits. */
function fitsLong(h: AccHandle, accessor: Accessor, value: bigint): boolean {
  const inside = value >= -0x8000000000000000n && value <= 0xffffffffffffffffn;
  if (typeof value === 'bigint' && inside) return true;
  const rule = 'must be a bigint of 64 bits';
  reportBad(h.rdip, accessor.call, accessor.value, 'value', value, rule);
  return false;
}

function unsigned(value: number, width: RegisterWidth): number {
  return width === 4 ? value >>> 0 : value & (2 ** (8 * width) - 1);
}

function allOnes(width: RegisterWidth): number {
  return 2 ** (8 * width) - 1;
}
