/**
 * ddi_peek8(9F) and ddi_poke8(9F): careful accesses to an address that may not be there.
 *
 * An address is one of memory, or one of a register mapping that lies in memory space; whose
 * mapping it is does not matter, for the address is all there is. Nothing is translated: a datum
 * has the byte order of the host. What is absent, or no access could reach, is `DDI_FAILURE` and
 * nothing worse (ddi_peek(9F) DS-1).
 */
import { err, ok, type Result } from 'neverthrow';
import { AccHandle } from '../nexus/acc-handle.js';
import { probeFault } from '../nexus/fm-errors.js';
import type { DevInfo } from '../nexus/tree.js';
import { pageShift } from '../machine/store.js';
import { DDI_FM_ERR_PEEK, DDI_FM_ERR_POKE } from '../sys/constants-fm.js';
import { ddiError, type DdiError } from '../sys/errors.js';
import type { caddr_t, dev_info_t } from '../sys/types.js';
import { drainBefore, tell } from './acc-slow.js';
import { enterDip, reportBad } from './enter.js';

/** The code of ddi_peek(9F) and ddi_poke(9F). */
export type PeekError = DdiError<'DDI_FAILURE'>;

/** The widths in bytes. */
type Width = 1 | 2 | 4 | 8;

/** What lies at an address, byte by byte. */
interface Place {
  /** Bytes there, in the order of addresses; `null` when the access fails. */
  load(width: Width): Uint8Array;
  store(bytes: Uint8Array): void;
}

/**
 * Reads 8 bits if it can.
 *
 * @param dip - the device that asks
 * @param addr - a kernel address, or one of a register mapping
 * @returns `value`, -0x80 to 0x7f; `DDI_FAILURE` when there is nothing
 * @remarks User, kernel and interrupt context.
 * @see ddi_peek(9F)
 */
export function ddi_peek8(
  dip: dev_info_t,
  addr: caddr_t,
): Result<{ readonly value: number }, PeekError> {
  return peek('ddi_peek8', dip, addr, 1).map((view) => ({ value: view.getInt8(0) }));
}

/**
 * Reads 16 bits if it can.
 *
 * @param dip - the device that asks
 * @param addr - a multiple of 2
 * @returns `value`, -0x8000 to 0x7fff; `DDI_FAILURE` when there is nothing
 * @remarks User, kernel and interrupt context.
 * @see ddi_peek(9F)
 */
export function ddi_peek16(
  dip: dev_info_t,
  addr: caddr_t,
): Result<{ readonly value: number }, PeekError> {
  return peek('ddi_peek16', dip, addr, 2).map((view) => ({ value: view.getInt16(0) }));
}

/**
 * Reads 32 bits if it can.
 *
 * @param dip - the device that asks
 * @param addr - a multiple of 4
 * @returns `value`, -0x80000000 to 0x7fffffff; `DDI_FAILURE` when there is nothing
 * @remarks User, kernel and interrupt context.
 * @see ddi_peek(9F)
 */
export function ddi_peek32(
  dip: dev_info_t,
  addr: caddr_t,
): Result<{ readonly value: number }, PeekError> {
  return peek('ddi_peek32', dip, addr, 4).map((view) => ({ value: view.getInt32(0) }));
}

/**
 * Reads 64 bits if it can.
 *
 * @param dip - the device that asks
 * @param addr - a multiple of 8
 * @returns `value`, -2^63 to 2^63-1; `DDI_FAILURE` when there is nothing
 * @remarks User, kernel and interrupt context.
 * @see ddi_peek(9F)
 */
export function ddi_peek64(
  dip: dev_info_t,
  addr: caddr_t,
): Result<{ readonly value: bigint }, PeekError> {
  return peek('ddi_peek64', dip, addr, 8).map((view) => ({ value: view.getBigInt64(0) }));
}

/**
 * Writes 8 bits if it can.
 *
 * @param dip - the device that asks
 * @param addr - a kernel address, or one of a register mapping
 * @param value - -0x80 to 0xff
 * @returns nothing; `DDI_FAILURE` when nothing took it
 * @remarks User, kernel and interrupt context.
 * @see ddi_poke(9F)
 */
export function ddi_poke8(dip: dev_info_t, addr: caddr_t, value: number): Result<void, PeekError> {
  return poke('ddi_poke8', dip, addr, 1, value);
}

/**
 * Writes 16 bits if it can.
 *
 * @param dip - the device that asks
 * @param addr - a multiple of 2
 * @param value - -0x8000 to 0xffff
 * @returns nothing; `DDI_FAILURE` when nothing took it
 * @remarks User, kernel and interrupt context.
 * @see ddi_poke(9F)
 */
export function ddi_poke16(dip: dev_info_t, addr: caddr_t, value: number): Result<void, PeekError> {
  return poke('ddi_poke16', dip, addr, 2, value);
}

/**
 * Writes 32 bits if it can.
 *
 * @param dip - the device that asks
 * @param addr - a multiple of 4
 * @param value - -0x80000000 to 0xffffffff
 * @returns nothing; `DDI_FAILURE` when nothing took it
 * @remarks User, kernel and interrupt context.
 * @see ddi_poke(9F)
 */
export function ddi_poke32(dip: dev_info_t, addr: caddr_t, value: number): Result<void, PeekError> {
  return poke('ddi_poke32', dip, addr, 4, value);
}

/**
 * Writes 64 bits if it can.
 *
 * @param dip - the device that asks
 * @param addr - a multiple of 8
 * @param value - -2^63 to 2^64-1
 * @returns nothing; `DDI_FAILURE` when nothing took it
 * @remarks User, kernel and interrupt context.
 * @see ddi_poke(9F)
 */
export function ddi_poke64(dip: dev_info_t, addr: caddr_t, value: bigint): Result<void, PeekError> {
  return poke('ddi_poke64', dip, addr, 8, value);
}

/**
 * The old name of ddi_peek8.
 *
 * @deprecated ddi_peek8 replaces it.
 * @remarks User, kernel and interrupt context.
 * @see ddi_peek(9F)
 */
export const ddi_peekc = ddi_peek8;
/**
 * The old name of ddi_peek16.
 *
 * @deprecated ddi_peek16 replaces it.
 * @remarks User, kernel and interrupt context.
 * @see ddi_peek(9F)
 */
export const ddi_peeks = ddi_peek16;
/**
 * The old name of ddi_peek32.
 *
 * @deprecated ddi_peek32 replaces it.
 * @remarks User, kernel and interrupt context.
 * @see ddi_peek(9F)
 */
export const ddi_peekl = ddi_peek32;
/**
 * The old name of ddi_peek64.
 *
 * @deprecated ddi_peek64 replaces it.
 * @remarks User, kernel and interrupt context.
 * @see ddi_peek(9F)
 */
export const ddi_peekd = ddi_peek64;
/**
 * The old name of ddi_poke8.
 *
 * @deprecated ddi_poke8 replaces it.
 * @remarks User, kernel and interrupt context.
 * @see ddi_poke(9F)
 */
export const ddi_pokec = ddi_poke8;
/**
 * The old name of ddi_poke16.
 *
 * @deprecated ddi_poke16 replaces it.
 * @remarks User, kernel and interrupt context.
 * @see ddi_poke(9F)
 */
export const ddi_pokes = ddi_poke16;
/**
 * The old name of ddi_poke32.
 *
 * @deprecated ddi_poke32 replaces it.
 * @remarks User, kernel and interrupt context.
 * @see ddi_poke(9F)
 */
export const ddi_pokel = ddi_poke32;
/**
 * The old name of ddi_poke64.
 *
 * @deprecated ddi_poke64 replaces it.
 * @remarks User, kernel and interrupt context.
 * @see ddi_poke(9F)
 */
export const ddi_poked = ddi_poke64;

/** The datum at an address, highest byte first. */
function peek(
  call: string,
  dip: dev_info_t,
  addr: caddr_t,
  width: Width,
): Result<DataView, PeekError> {
  const rdip = enterDip(call, dip);
  const place = placeOf(rdip, call, 'load', addr, width);
  if (place === null) {
    const refused = refusal(call, 'ddi_peek.9f/RV-2', addr);
    // The kernel copies a local buffer out whatever happened; nothing was ever written to it.
    const leaks = rdip.machine.rules.has('peek-failure-writes-out');
    return err(leaks ? { ...refused, out: { value: undefinedValue(width) } } : refused);
  }
  const bytes = place.load(width);
  if (rdip.machine.description.endian === 'little') bytes.reverse();
  return ok(new DataView(bytes.buffer));
}

function poke(
  call: string,
  dip: dev_info_t,
  addr: caddr_t,
  width: Width,
  value: number | bigint,
): Result<void, PeekError> {
  const rdip = enterDip(call, dip);
  const bits = 8 * width;
  const kind = width === 8 ? 'bigint' : 'number';
  const whole = width === 8 || Number.isInteger(value);
  if (typeof value !== kind || !whole || value < -(2 ** (bits - 1)) || value >= 2 ** bits) {
    const rule = `must be ${width === 8 ? 'a bigint' : 'an integer'} of ${bits} bits`;
    reportBad(rdip, call, 'ddi_poke.9f/DS-1', 'value', value, rule);
    return err(refusal(call, 'ddi_poke.9f/RV-2', addr));
  }
  const place = placeOf(rdip, call, 'store', addr, width);
  if (place === null) return err(refusal(call, 'ddi_poke.9f/RV-2', addr));
  const view = new DataView(new ArrayBuffer(8));
  view.setBigUint64(0, BigInt.asUintN(64, BigInt(value)));
  const bytes = new Uint8Array(view.buffer.slice(8 - width));
  if (rdip.machine.description.endian === 'little') bytes.reverse();
  place.store(bytes);
  return ok(undefined);
}

/** What lies there; `null` when an access of the width fails. */
function placeOf(
  rdip: DevInfo,
  call: string,
  op: 'load' | 'store',
  addr: caddr_t,
  width: Width,
): Place | null {
  if (!Number.isSafeInteger(addr)) {
    const clause = op === 'load' ? 'ddi_peek.9f/AR-2' : 'ddi_poke.9f/DS-1';
    reportBad(rdip, call, clause, 'addr', addr, 'must be an integer');
    return null;
  }
  const { machine } = rdip;
  if (machine.rules.has('peek-nexus-refuses')) return null;
  // A bad address and one that is not aligned are alike: what one machine does another traps on.
  if (addr < 0 || addr % width !== 0) return null;
  if (addr < machine.store.limit) {
    if ((machine.pages.pfn[addr >>> pageShift] ?? -1) < 0) return null;
    const { bytes } = machine.store;
    machine.view.access(op, addr, width);
    return {
      load: (n) => bytes.slice(addr, addr + n),
      store: (data) => {
        bytes.set(data, addr);
      },
    };
  }
  const mapping = mappingAt(rdip, addr, width);
  if (mapping === null) return null;
  drainBefore(mapping);
  return goesUnanswered(rdip, mapping, op, addr, width) ? null : registerPlace(mapping, addr);
}

/** Whether nobody answers there; the error handlers of the bus have been told then. */
function goesUnanswered(
  rdip: DevInfo,
  { target, start }: AccHandle,
  op: 'load' | 'store',
  addr: caddr_t,
  width: Width,
): boolean {
  const { hardware } = rdip.machine;
  if (target.kind !== 'registers' || !hardware.active) return false;
  if (!hardware.meetsRegister(target.space, addr - start + target.offset, width)) return false;
  // ddi_fm_error(9S) FD-4: expected, as any error of a probe is.
  probeFault(rdip, op === 'load' ? DDI_FM_ERR_PEEK : DDI_FM_ERR_POKE);
  return true;
}

/** The mapping in memory space that an address lies in. */
function mappingAt(rdip: DevInfo, addr: caddr_t, width: Width): AccHandle | null {
  let found: AccHandle | null = null;
  rdip.machine.live.some((source) => {
    if (!(source instanceof AccHandle) || source.target.kind !== 'registers') return false;
    const off = addr - source.start;
    const inside = off >= 0 && off + width <= source.lenBytes;
    if (!inside || source.target.space.kind !== 'memory') return false;
    found = source;
    return true;
  });
  return found;
}

/** Registers as bytes; 8 of them are two accesses of 4, the lower address first. */
function registerPlace(h: AccHandle, addr: caddr_t): Place {
  const { target } = h;
  if (target.kind !== 'registers') throw new TypeError('no register mapping');
  const { space } = target;
  const start = addr - h.start + target.offset;
  const each = (length: number, access: (at: number, width: 1 | 2 | 4) => void): void => {
    const width = Math.min(4, length) as 1 | 2 | 4;
    for (let at = 0; at < length; at += width) access(at, width);
  };
  return {
    load: (n) => {
      const view = new DataView(new ArrayBuffer(n));
      each(n, (at, width) => {
        const value = space.read(start + at, width);
        tell(h, 'read', start + at, width, value);
        if (width === 1) view.setUint8(at, value);
        else if (width === 2) view.setUint16(at, value, true);
        else view.setUint32(at, value, true);
      });
      return new Uint8Array(view.buffer);
    },
    store: (data) => {
      const view = new DataView(data.buffer);
      each(data.length, (at, width) => {
        const value =
          width === 1
            ? view.getUint8(at)
            : width === 2
              ? view.getUint16(at, true)
              : view.getUint32(at, true);
        tell(h, 'write', start + at, width, value);
        space.write(start + at, width, value);
      });
    },
  };
}

function refusal(call: string, clause: string, addr: caddr_t): PeekError {
  return ddiError('DDI_FAILURE', call, clause, 'nothing answers at addr', { addr });
}

/** What a stack holds that nobody wrote to. */
function undefinedValue(width: Width): number | bigint {
  const value = BigInt.asIntN(8 * width, 0xdead_beef_dead_beefn);
  return width === 8 ? value : Number(value);
}
