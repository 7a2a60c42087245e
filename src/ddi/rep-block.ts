/**
 * A repeated access to memory as one copy: what a loop of single accesses comes to.
 *
 * The cases at the decision:
 *   (1) both sides have the data in one order: the engine's own copy of bytes;
 *   (2) they differ: one datum after the other, each turned round as it is loaded;
 *   (3) a copy would not be what the loop is, or the host's side is wrong in any way: `false`, and
 *       nothing was touched. rep.ts then does it datum by datum, or says what is wrong.
 * What is asked of a driver's array on the way is looked up once: finding a method or a getter in
 * three prototypes costs as much each time as copying half a kilobyte.
 */
import { AccHandle } from '../nexus/acc-handle.js';
import { DDI_DEV_AUTOINCR } from '../sys/constants-acc.js';
import type { caddr_t, ddi_acc_handle_t } from '../sys/types.js';
import type { DatumBytes } from './acc-call.js';
import { arraysAreLittle, type HostData } from './rep-host.js';
import { swapInto } from './rep-swap.js';

/** Arrays of unsigned data. */
type Unsigned = Uint8Array | Uint16Array | Uint32Array | BigUint64Array;
type HostArray = Exclude<HostData, number>;

/** What all arrays of data inherit. */
const inherited = Object.getPrototypeOf(Uint8Array.prototype) as object;

/**
 * Methods of arrays of data. Whoever is in a hurry gives them names of its own file, which the
 * engine takes for constants; what is imported is a variable to it, and asked for at each call.
 */
export const arrayMethods = {
  byteOffsetOf: getterOf<number>('byteOffset'),
  bufferOf: getterOf<ArrayBufferLike>('buffer'),
  setIn: Reflect.get(inherited, 'set') as (this: Unsigned, from: Unsigned, at?: number) => void,
} as const;

function getterOf<T>(name: string): (this: ArrayBufferView) => T {
  return Reflect.get(Object.getOwnPropertyDescriptor(inherited, name) ?? {}, 'get') as (
    this: ArrayBufferView,
  ) => T;
}

/** The same as a name of this file. */
const little = arraysAreLittle;

/**
 * Whether a repeated access moves data between memory and an array of the engine's order, nothing
 * else being asked: the most usual case, and asked first.
 *
 * @param handle - as the driver gave it
 * @param bytes - of a datum
 * @param length - data in the array
 * @param start - where the array begins in its buffer, in bytes
 * @param dev - device address of the first datum
 * @param count - data
 * @param flags - as the driver gave them
 */
export function isBlock(
  handle: ddi_acc_handle_t,
  bytes: DatumBytes,
  length: number,
  start: number,
  dev: caddr_t,
  count: number,
  flags: number,
): handle is AccHandle {
  return (
    little &&
    flags === DDI_DEV_AUTOINCR &&
    handle instanceof AccHandle &&
    length >= count &&
    // An array over the machine's own memory that overlaps the device's side ends behind it.
    start + length * bytes <= dev &&
    isOpen(handle, gateOf(handle, bytes), dev, count, bytes)
  );
}

/** The gate of a width. */
export function gateOf(h: AccHandle, bytes: DatumBytes): number {
  if (bytes === 4) return h.gate32;
  if (bytes === 1) return h.gate8;
  return bytes === 2 ? h.gate16 : h.gate64;
}

/**
 * Whether all of `count` data from `addr` on may be reached without a closer look.
 *
 * @param h - the handle
 * @param gate - its gate of the width
 * @param addr - device address of the first datum
 * @param count - data
 * @param bytes - of a datum
 */
export function isOpen(
  h: AccHandle,
  gate: number,
  addr: caddr_t,
  count: number,
  bytes: DatumBytes,
): boolean {
  if (typeof addr !== 'number' || typeof count !== 'number') return false;
  // Small integers throughout: what is none is looked at by rep.ts.
  if ((addr | 0) !== addr || (count | 0) !== count || count < 1) return false;
  const off = addr - h.base;
  return off >= 0 && (off & (bytes - 1)) === 0 && off <= (gate - count + 1) * bytes;
}

/**
 * Moves data from memory to the host, if that can be done at once.
 *
 * @param h - a handle whose gates are open for all of the data
 * @param host - as the driver gave it
 * @param dev - device address of the first datum
 * @param count - data
 * @param bytes - of a datum
 * @returns whether it was done
 */
export function blockGet(
  h: AccHandle,
  host: HostData,
  dev: caddr_t,
  count: number,
  bytes: DatumBytes,
): boolean {
  const { store } = h.rdip.machine;
  if (typeof host === 'number') {
    return kernelMemory(h, host, count * bytes) && blockMove(h, host, dev, count, bytes, host);
  }
  if (!isArray(host, bytes) || host.length < count || mayOverlap(h, host, dev)) return false;
  if (bytes === 1 || h.littleEndian === arraysAreLittle) {
    setFrom(host, unsignedOver(store.buffer, dev, count, bytes));
  } else if (arraysAreLittle) {
    const into = unsignedOver(host.buffer, host.byteOffset, count, bytes);
    swapInto(into, 0, store.view, dev, count);
  } else return false;
  return true;
}

/**
 * Moves data from the host to memory, if that can be done at once.
 *
 * @param h - a handle whose gates are open for all of the data
 * @param host - as the driver gave it
 * @param dev - device address of the first datum
 * @param count - data
 * @param bytes - of a datum
 * @returns whether it was done
 */
export function blockPut(
  h: AccHandle,
  host: HostData,
  dev: caddr_t,
  count: number,
  bytes: DatumBytes,
): boolean {
  if (typeof host === 'number') {
    return kernelMemory(h, host, count * bytes) && blockMove(h, dev, host, count, bytes, host);
  }
  if (!isArray(host, bytes) || host.length < count || mayOverlap(h, host, dev)) return false;
  if (bytes === 1 || h.littleEndian === arraysAreLittle) {
    const all = host.length === count;
    const from = all ? host : unsignedOver(host.buffer, host.byteOffset, count, bytes);
    setAt(wordsOf(h, bytes), from, dev / bytes);
  } else if (arraysAreLittle) {
    const from = new DataView(host.buffer, host.byteOffset, count * bytes);
    swapInto(wordsOf(h, bytes), dev / bytes, from, 0, count);
  } else return false;
  return true;
}

/** Between two places of the kernel's own memory; `host` is one of them. */
function blockMove(
  h: AccHandle,
  to: caddr_t,
  from: caddr_t,
  count: number,
  bytes: DatumBytes,
  host: caddr_t,
): boolean {
  const { store, description } = h.rdip.machine;
  if (host % bytes !== 0) return false;
  if (bytes === 1 || h.littleEndian === (description.endian === 'little')) {
    // Where the loop would load what it stored before, a copy is something else.
    if (from < to && to < from + count * bytes) return false;
    store.bytes.copyWithin(to, from, from + count * bytes);
  } else if (arraysAreLittle) swapInto(wordsOf(h, bytes), to / bytes, store.view, from, count);
  else return false;
  return true;
}

/** Whether a kernel address is memory that can be taken as it is. */
function kernelMemory(h: AccHandle, host: caddr_t, length: number): boolean {
  const { pages } = h.rdip.machine;
  return Number.isInteger(host) && !pages.special && pages.mapped(host, length);
}

function isArray(host: HostArray, bytes: DatumBytes): boolean {
  if (bytes === 4) return host instanceof Uint32Array || host instanceof Int32Array;
  if (bytes === 1) return host instanceof Uint8Array || host instanceof Int8Array;
  if (bytes === 2) return host instanceof Uint16Array || host instanceof Int16Array;
  return host instanceof BigUint64Array || host instanceof BigInt64Array;
}

/**
 * Whether an array may lie over the memory of the device's side. Its buffer is asked for last: that
 * costs as much as copying a kilobyte.
 */
function mayOverlap(h: AccHandle, host: HostArray, dev: caddr_t): boolean {
  const from = host.byteOffset;
  if (from + host.byteLength <= dev || from >= dev + host.byteLength) return false;
  return host.buffer === h.rdip.machine.store.buffer;
}

/** The store as an array of data. */
function wordsOf(h: AccHandle, bytes: DatumBytes): Unsigned {
  const { store } = h.rdip.machine;
  if (bytes === 4) return store.words32;
  if (bytes === 1) return store.bytes;
  return bytes === 2 ? store.words16 : store.words64;
}

function unsignedOver(
  buffer: ArrayBufferLike,
  at: number,
  count: number,
  bytes: DatumBytes,
): Unsigned {
  if (bytes === 4) return new Uint32Array(buffer, at, count);
  if (bytes === 1) return new Uint8Array(buffer, at, count);
  return bytes === 2 ? new Uint16Array(buffer, at, count) : new BigUint64Array(buffer, at, count);
}

/** `to.set(from)`; both hold data of one width, signed or not. */
function setFrom(to: HostArray, from: Unsigned): void {
  (to as Uint8Array).set(from as Uint8Array);
}

function setAt(to: Unsigned, from: HostArray, at: number): void {
  (to as Uint8Array).set(from as Uint8Array, at);
}
