/**
 * What a ring NIC refuses, and how it says so.
 *
 * Addresses are judged in their two halves: nothing here needs more than a number, because it is
 * asked for every descriptor.
 */
import {
  DESC_BYTES,
  RING_ALIGN,
  RING_SIZE_MAX,
  RING_SIZE_MIN,
  type ERROR_CODE,
} from './ring-nic-regs.js';

/** Which of the two rings. */
export type RingSide = 'tx' | 'rx';

/** The name of a rule that was broken. */
export type RingNicRule = Exclude<keyof typeof ERROR_CODE, 'none'>;

/** What a device of the kind can do. */
export interface RingNicLimits {
  /** Address lines, 32 to 64. */
  readonly addrBits: number;
  /** Bytes of the longest packet. */
  readonly maxFrame: number;
  /** Descriptors of the longest chain. */
  readonly maxFrags: number;
}

/** Where something was found wrong, in numbers. */
export interface RingNicFault {
  readonly rule: RingNicRule;
  readonly ring: RingSide;
  /** Whether descriptors were being moved, and not data. */
  readonly descriptors: boolean;
  /** The descriptor, counted from the start of the ring. */
  readonly index: number;
  /** The address at fault, low half and high half. */
  readonly lo: number;
  readonly hi: number;
  /** The bound that the rule states. */
  readonly bound: number;
  /** The value beyond it. */
  readonly value: number;
}

/** The last thing a device refused, for a person or a test. */
export interface RingNicError {
  /** The rule broken. */
  readonly rule: RingNicRule;
  /** The ring at fault. */
  readonly ring: RingSide;
  /** Whether descriptors were being moved, and not data. */
  readonly descriptors: boolean;
  /** The descriptor at fault, counted from the start of the ring. */
  readonly index: number;
  /** The bus address at fault. */
  readonly address: bigint;
  /** The bound that the rule states. */
  readonly bound: number;
  /** The value beyond it. */
  readonly value: number;
  /** All of it as a sentence. */
  readonly message: string;
}

/** A fault as a record. */
export function recordOf(name: string, fault: RingNicFault): RingNicError {
  const { rule, ring, descriptors, index, bound, value } = fault;
  const address = (BigInt(fault.hi) << 32n) | BigInt(fault.lo);
  const message =
    `${name}: ${ring} ring, descriptor ${index}, address 0x${address.toString(16)}` +
    `${descriptors ? ', moving descriptors' : ''}: ${rule}: bound ${bound}, found ${value}`;
  return { rule, ring, descriptors, index, address, bound, value, message };
}

/** High halves that so many address lines can carry, 32 and more of them. */
export function highHalves(addrBits: number): number {
  return 2 ** (addrBits - 32);
}

/**
 * Whether `len` bytes from an address on lie below the end of the address lines.
 *
 * @param halves - as {@link highHalves} has it
 */
export function reachable(lo: number, hi: number, len: number, halves: number): boolean {
  return (lo + len - 1 >= 0x1_0000_0000 ? hi + 1 : hi) < halves;
}

/** What is wrong with the registers of a ring, when something is. */
export function refuseRing(
  ring: RingSide,
  lo: number,
  hi: number,
  size: number,
  { addrBits }: RingNicLimits,
): RingNicFault | null {
  const fault = (rule: RingNicRule, bound: number, value: number): RingNicFault => ({
    rule,
    ring,
    descriptors: true,
    index: 0,
    lo,
    hi,
    bound,
    value,
  });
  if (lo % RING_ALIGN !== 0) return fault('ringAlign', RING_ALIGN, lo % RING_ALIGN);
  if (size < RING_SIZE_MIN) return fault('ringSize', RING_SIZE_MIN, size);
  if (size > RING_SIZE_MAX) return fault('ringSize', RING_SIZE_MAX, size);
  if ((size & (size - 1)) !== 0) return fault('ringSize', 0, size);
  const inReach = reachable(lo, hi, size * DESC_BYTES, highHalves(addrBits));
  return inReach ? null : fault('ringAddress', addrBits, hi);
}
