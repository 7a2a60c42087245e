/**
 * The host's side of a repeated access: where the data come from or go to.
 *
 * A kernel address names memory as C does, and the data lie there in the order of the host. An
 * array of the width holds the data themselves, as numbers: no byte order of ours is in it.
 */
import type { AccHandle } from '../nexus/acc-handle.js';
import { Panic } from '../sys/errors.js';
import { showValue } from '../sys/result.js';
import type { caddr_t } from '../sys/types.js';
import { type AccCall, type DatumBytes, refused } from './acc-call.js';

/** Data of 8 bits on the host: a kernel address, or an array that holds the values. */
export type Host8 = caddr_t | Uint8Array | Int8Array;
/** Data of 16 bits on the host. */
export type Host16 = caddr_t | Uint16Array | Int16Array;
/** Data of 32 bits on the host. */
export type Host32 = caddr_t | Uint32Array | Int32Array;
/** Data of 64 bits on the host. */
export type Host64 = caddr_t | BigUint64Array | BigInt64Array;
/** Any of them. */
export type HostData = Host8 | Host16 | Host32 | Host64;

/** A repeated accessor, as findings speak of it. */
export interface RepCall extends AccCall {
  /** The clause that asks for an aligned host address. */
  readonly host: string;
  /** The clause that says what is counted. */
  readonly count: string;
  /** The clause that names the flags. */
  readonly flags: string;
}

/** Where the data are on the host. */
export interface HostSide {
  readonly view: DataView;
  /** Where in the view the first datum is. */
  readonly at: number;
  readonly littleEndian: boolean;
  /** Puts what was written into its place, where the view is a copy. */
  readonly finish: () => void;
}

/** Whether numbers in arrays lie little-endian on the computer that runs this. */
export const arraysAreLittle: boolean = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;

/** The arrays that hold data of a width, by their names: an array may come from another realm. */
const arrayNames: Readonly<Record<DatumBytes, readonly string[]>> = {
  1: ['Uint8Array', 'Int8Array'],
  2: ['Uint16Array', 'Int16Array'],
  4: ['Uint32Array', 'Int32Array'],
  8: ['BigUint64Array', 'BigInt64Array'],
};

const nothing = (): void => undefined;

/**
 * The host's side, or `null` after a finding.
 *
 * @param rep - the accessor
 * @param h - whose machine has the host's memory
 * @param host - as the driver gave it
 * @param count - data
 * @throws Panic when the address is not mapped: the kernel traps
 */
export function hostSide(
  rep: RepCall,
  h: AccHandle,
  host: HostData,
  count: number,
): HostSide | null {
  if (typeof host === 'number') return kernelSide(rep, h, host, count);
  const [unsigned = '', signed = ''] = arrayNames[rep.bytes];
  const name = ArrayBuffer.isView(host) ? host[Symbol.toStringTag] : '';
  if (name !== unsigned && name !== signed) {
    const wanted = `a kernel address, ${unsigned} or ${signed}`;
    const message = `host_addr must be ${wanted}; it is ${name || showValue(host)}`;
    refused(rep, h, 'BAD_ARGUMENT', rep.host, message, { host_addr: name || host });
    return null;
  }
  if (host.length < count) {
    const message = `host_addr holds ${host.length} data, and repcount is ${count}`;
    const values = { length: host.length, repcount: count };
    refused(rep, h, 'BAD_ARGUMENT', rep.count, message, values);
    return null;
  }
  const view = new DataView(host.buffer, host.byteOffset, host.byteLength);
  return { view, at: 0, littleEndian: arraysAreLittle, finish: nothing };
}

function kernelSide(rep: RepCall, h: AccHandle, host: caddr_t, count: number): HostSide | null {
  const { machine } = h.rdip;
  if (!Number.isSafeInteger(host)) {
    const message = `host_addr must be an integer; it is ${showValue(host)}`;
    refused(rep, h, 'BAD_ARGUMENT', rep.host, message, { host_addr: host });
    return null;
  }
  if (host % rep.bytes !== 0) {
    const message = `host_addr 0x${host.toString(16)} is no multiple of ${rep.bytes}, the datum`;
    refused(rep, h, 'ACC_ALIGN', rep.host, message, { host_addr: host });
    return null;
  }
  const length = count * rep.bytes;
  if (!machine.pages.mapped(host, length)) {
    const values = { host_addr: host, length };
    return machine.sched.panic(
      new Panic(`${rep.call}: bad trap: no memory is mapped at host_addr`, values, rep.host),
    );
  }
  const littleEndian = machine.description.endian === 'little';
  const { copyBytesIn, copyBytesOut } = machine.kernel;
  if (!machine.pages.special) {
    return { view: machine.store.view, at: host, littleEndian, finish: nothing };
  }
  // Some pages of the kernel are aliases of others: the data make a detour.
  const bytes = copyBytesOut(host, length);
  const finish = (): void => {
    copyBytesIn(host, bytes);
  };
  return { view: new DataView(bytes.buffer), at: 0, littleEndian, finish };
}
