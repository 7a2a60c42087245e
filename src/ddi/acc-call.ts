/**
 * What findings call an accessor, and the rules all accessors share.
 *
 * The same access has many names: ddi_get32(9F), ddi_mem_get32(9F), ddi_io_get32(9F), one datum of
 * ddi_rep_get32(9F). Each page words its rules for itself, so an accessor carries the clauses that
 * a breach of them is reported under.
 */
import type { AccHandle } from '../nexus/acc-handle.js';
import { showValue } from '../sys/result.js';
import type { caddr_t, ddi_acc_handle_t } from '../sys/types.js';
import { enterAcc } from './enter.js';

/** Bytes of a datum. */
export type DatumBytes = 1 | 2 | 4 | 8;

/** An accessor, as findings speak of it. */
export interface AccCall {
  /** The name the driver used. */
  readonly call: string;
  readonly bytes: DatumBytes;
  /** The clause that asks for a handle of a setup call. */
  readonly gone: string;
  /** The clause that says where the data are. */
  readonly range: string;
  /** The clause that asks for an aligned device address; `null` where the page does not. */
  readonly align: string | null;
}

/**
 * The handle of an access to `count` data from `addr` on, or `null` after a finding.
 *
 * @param acc - the accessor
 * @param handle - as the driver gave it
 * @param addr - device address of the first datum
 * @param span - from the first byte that is touched to the last, in bytes
 */
export function enterRange(
  acc: AccCall,
  handle: ddi_acc_handle_t,
  addr: caddr_t,
  span: number,
): AccHandle | null {
  const h = enterAcc(acc.call, handle);
  return isAlive(acc, h) && isReached(acc, h, addr, span) ? h : null;
}

/**
 * Whether a handle has not been freed; reports it when it has.
 *
 * @param acc - the accessor
 * @param h - the handle
 */
export function isAlive(acc: AccCall, h: AccHandle): boolean {
  if (!h.freed) return true;
  return refused(acc, h, 'USE_AFTER_FREE', acc.gone, `the access handle ${h.id} was freed`);
}

/**
 * Whether an address is one, lies in the range of the handle with all that follows, and is aligned;
 * reports what is not so.
 *
 * @param acc - the accessor
 * @param h - alive
 * @param addr - device address of the first datum
 * @param span - bytes
 * @param name - what the page calls the address
 */
export function isReached(
  acc: AccCall,
  h: AccHandle,
  addr: caddr_t,
  span: number,
  name = 'dev_addr',
): boolean {
  const values = { [name]: addr };
  const no = (rule: string, clause: string, message: string): boolean =>
    refused(acc, h, rule, clause, message, values);
  if (!Number.isSafeInteger(addr)) {
    return no('BAD_ARGUMENT', acc.range, `${name} must be an integer; it is ${showValue(addr)}`);
  }
  const off = addr - h.start;
  if (off < 0 || off + span > h.lenBytes) {
    const range = `0x${h.start.toString(16)}+${h.lenBytes}`;
    return no('ACC_RANGE', acc.range, `0x${addr.toString(16)}+${span} is not inside ${range}`);
  }
  if (acc.align !== null && addr % acc.bytes !== 0) {
    const message = `${name} 0x${addr.toString(16)} is no multiple of ${acc.bytes}, the datum`;
    return no('ACC_ALIGN', acc.align, message);
  }
  return acc.bytes !== 8 || !is64InIo(acc.call, h);
}

/**
 * Whether 64 bits are asked of I/O space, which moves 32 at most; reports it when they are.
 *
 * @param call - the accessor
 * @param h - alive
 */
export function is64InIo(call: string, h: AccHandle): boolean {
  if (h.target.kind !== 'registers' || h.target.space.kind !== 'io') return false;
  h.rdip.machine.report({
    rule: 'ACC_WIDTH',
    // ddi_io_get8(9F) DS-3: the family of I/O space has no member of 64 bits.
    clause: 'ddi_io_get8.9f/DS-3',
    message: `${h.target.space.name} is I/O space, where nothing is wider than 32 bits`,
    call,
    values: { handle: h.id },
  });
  if (h.rdip.machine.rules.has('io-64-panics')) {
    const values = { handle: h.id };
    h.rdip.machine.panic(`${call}: 64 bits of I/O space`, values, 'ddi_io_get8.9f/DS-3');
  }
  return true;
}

/** Reports a breach; `false`, for the caller to answer with. */
export function refused(
  acc: AccCall,
  h: AccHandle,
  rule: string,
  clause: string,
  message: string,
  values: Readonly<Record<string, unknown>> = { handle: h.id },
): false {
  h.rdip.machine.report({ rule, clause, message, call: acc.call, values });
  return false;
}
