/**
 * What an engine can do, as plain numbers, and the check of a list against them.
 *
 * A limit is a fact about hardware: the width of an address register, the width of a counter, the
 * bits an adder carries. The engine knows nothing of `ddi_dma_attr(9S)`; that a driver's attributes
 * say the same as these numbers is for the driver to see to, and for the corpus to arrange.
 *
 * A list is judged whole before a byte moves, entries in order and within an entry the rules in the
 * order of `limitNames`, so that the same bad list is always refused for the same reason.
 */

/** What one port of an engine can do. */
export interface EngineLimits {
  /** Lowest byte address it can put on the bus. */
  readonly addrLo: bigint;
  /** Highest byte address it can put on the bus. */
  readonly addrHi: bigint;
  /** Largest value of its byte counter, which counts from the length of an entry less one. */
  readonly countMax: bigint;
  /** The address of every entry is a multiple of this many bytes. */
  readonly align: bigint;
  /** No entry crosses a multiple of this plus one: what its address adder carries. */
  readonly seg: bigint;
  /** Entries it can hold; negative: it chains, any number will do. */
  readonly sgllen: number;
  /** A list adds up to a multiple of this many bytes. */
  readonly granular: number;
  /** A list adds up to at most this many bytes. */
  readonly maxxfer: bigint;
  /** A shorter access costs as much time as one of this many bytes; it is not refused. */
  readonly minxfer: number;
}

/** The rules in the order in which they are applied. */
export const limitNames = [
  'empty',
  'sgllen',
  'length',
  'addrLo',
  'addrHi',
  'countMax',
  'align',
  'seg',
  'granular',
  'maxxfer',
] as const;

/** The name of a rule a list can break. */
export type LimitName = (typeof limitNames)[number];

/** One entry of a scatter/gather list. */
export interface ListEntry {
  /** Bus address of the first byte. */
  readonly address: bigint;
  /** Length in bytes. */
  readonly length: number;
}

/** Why a list is refused. */
export interface LimitError {
  /** The rule broken. */
  readonly limit: LimitName;
  /** The bound the rule states. */
  readonly bound: bigint;
  /** The value that breaks it. */
  readonly value: bigint;
  /** The entry at fault; 0 when the whole list is. */
  readonly index: number;
  /** The address of that entry, 0 when there is none. */
  readonly address: bigint;
}

/** The port that can do everything a 64-bit bus has: for list memory and for the far side. */
export const wideLimits: EngineLimits = {
  addrLo: 0n,
  addrHi: 0xffff_ffff_ffff_ffffn,
  countMax: 0xffff_ffffn,
  align: 1n,
  seg: 0xffff_ffff_ffff_ffffn,
  sgllen: -1,
  granular: 1,
  maxxfer: 0xffff_ffff_ffff_ffffn,
  minxfer: 1,
};

/**
 * Judges a list.
 *
 * @param list - the entries in the order in which they are worked off
 * @param limits - what the port can do
 * @returns the first rule broken, or `null` when the port can work the list off
 */
export function refuseList(list: readonly ListEntry[], limits: EngineLimits): LimitError | null {
  const whole = (limit: LimitName, bound: bigint, value: bigint): LimitError => ({
    limit,
    bound,
    value,
    index: 0,
    address: list[0]?.address ?? 0n,
  });
  const lengthRefusal = refuseLength(list.length, limits);
  if (lengthRefusal !== null) return lengthRefusal;
  let total = 0n;
  for (const [index, entry] of list.entries()) {
    const refusal = refuseEntry(entry, index, limits);
    if (refusal !== null) return refusal;
    total += BigInt(entry.length);
  }
  if (total % BigInt(limits.granular) !== 0n) {
    return whole('granular', BigInt(limits.granular), total);
  }
  if (total > limits.maxxfer) return whole('maxxfer', limits.maxxfer, total);
  return null;
}

/**
 * Judges the number of entries alone, before any of them is fetched.
 *
 * @param entries - the number of entries announced
 * @param limits - what the port can do
 * @returns the rule broken or `null`
 */
export function refuseLength(entries: number, limits: EngineLimits): LimitError | null {
  const refusal = (limit: LimitName, bound: number): LimitError => ({
    limit,
    bound: BigInt(bound),
    value: BigInt(entries),
    index: 0,
    address: 0n,
  });
  if (entries === 0) return refusal('empty', 1);
  if (limits.sgllen >= 0 && entries > limits.sgllen) return refusal('sgllen', limits.sgllen);
  return null;
}

function refuseEntry(entry: ListEntry, index: number, limits: EngineLimits): LimitError | null {
  const { address } = entry;
  const refusal = (limit: LimitName, bound: bigint, value: bigint): LimitError => ({
    limit,
    bound,
    value,
    index,
    address,
  });
  const length = BigInt(entry.length);
  if (length === 0n) return refusal('length', 1n, 0n);
  const last = address + length - 1n;
  if (address < limits.addrLo) return refusal('addrLo', limits.addrLo, address);
  if (last > limits.addrHi) return refusal('addrHi', limits.addrHi, last);
  if (length - 1n > limits.countMax) return refusal('countMax', limits.countMax, length - 1n);
  if (address % limits.align !== 0n) return refusal('align', limits.align, address);
  // A boundary of 2^64 wraps to none at all, which is what the division says too.
  const block = limits.seg + 1n;
  if (address / block !== last / block) return refusal('seg', limits.seg, last);
  return null;
}
