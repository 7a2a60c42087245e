/**
 * Attributes: what a device can do, checked against the pages and turned into numbers.
 *
 * The pages give 64-bit fields; a bind must not touch a bigint. So each set is turned once, when
 * the handle is made, into *limits*: addresses as frame and offset, sizes as numbers, with "no
 * limit" and the wrap of `seg + 1` and `count_max + 1` made explicit.
 */
import { DMA_ATTR_V0 } from '../sys/constants.js';
import type { ddi_dma_attr_t } from '../sys/types.js';

/** Sizes at or above this are no limit: no machine modelled has that much memory. */
const unlimited = 2 ** 52;
const unlimitedBig = BigInt(unlimited);
const maxUint64 = (1n << 64n) - 1n;
const frameBytes = 4096n;

/** A set of attributes in the form the binder works with. */
export interface Limits {
  /** The driver's own set: a copy, for ddi_dma_alloc_handle(9F) OUT and for messages. */
  readonly attr: ddi_dma_attr_t;
  /** First reachable byte. */
  readonly loFrame: number;
  readonly loOff: number;
  /** Last reachable byte, inclusive. */
  readonly hiFrame: number;
  readonly hiOff: number;
  /** Longest segment in bytes: `count_max + 1`. */
  readonly maxCookie: number;
  /** No segment crosses a multiple of this: `seg + 1`; 0 when nothing modelled could. */
  readonly segBytes: number;
  /** Longest transfer in bytes, a multiple of `granular`. */
  readonly maxxfer: number;
  readonly align: number;
  readonly minxfer: number;
  readonly granular: number;
  /** Entries of the list; `Infinity` when the engine has no limit. */
  readonly sgllen: number;
  /** The same set as the kernel's own arithmetic has it. */
  readonly kernel: KernelLimits;
}

/**
 * The numbers the x86 code derives from a set (rootnex_coredma_allochdl): unsigned, wrapping, and
 * never judged. Addresses above 2^53 are no limit.
 */
export interface KernelLimits {
  readonly lo: number;
  readonly hi: number;
  readonly seg: number;
  /** `seg` as two words, a mask of bits. */
  readonly segLow: number;
  readonly segHigh: number;
  /** The least of segment, counter and transfer; at most 2^32-1. */
  readonly maxCookie: number;
  /** `maxxfer` less its remainder by `granular`. */
  readonly maxxfer: number;
  /** As unsigned: -1 is a very long list. */
  readonly sgllen: number;
  readonly granular: number;
  readonly bounceOnSeg: boolean;
}

/**
 * The private flag of the kernel: bounce what lies above the segment when the object straddles it.
 */
export const bounceOnSegFlag = 0x8000;

/** The kernel's view of a set. */
export function kernelLimits(attr: ddi_dma_attr_t): KernelLimits {
  const granular = BigInt(attr.dma_attr_granular);
  const maxxfer =
    granular > 1n
      ? attr.dma_attr_maxxfer - (attr.dma_attr_maxxfer % granular)
      : attr.dma_attr_maxxfer;
  const wrapped = (n: bigint): bigint => (n === maxUint64 ? n : n + 1n);
  let maxCookie = wrapped(attr.dma_attr_seg);
  for (const n of [maxxfer, wrapped(attr.dma_attr_count_max)]) if (n < maxCookie) maxCookie = n;
  if (maxCookie === 0n || maxCookie > 0xffffffffn) maxCookie = 0xffffffffn;
  return {
    lo: far(attr.dma_attr_addr_lo),
    hi: far(attr.dma_attr_addr_hi),
    seg: far(attr.dma_attr_seg),
    segLow: Number(attr.dma_attr_seg & 0xffffffffn) | 0,
    segHigh: Number(attr.dma_attr_seg >> 32n) | 0,
    maxCookie: Number(maxCookie),
    maxxfer: far(maxxfer),
    sgllen: attr.dma_attr_sgllen >>> 0,
    granular: attr.dma_attr_granular,
    bounceOnSeg: (attr.dma_attr_flags & bounceOnSegFlag) !== 0,
  };
}

function far(value: bigint): number {
  return value >= 1n << 53n ? Infinity : Number(value);
}

/**
 * The rules of the code, for kernels that check (rootnex_valid_alloc_parms).
 *
 * @returns what is wrong, or `null`
 */
export function badByKernelRules(attr: ddi_dma_attr_t): BadAttr | null {
  const raw = kernelLimits(attr);
  const clause = 'ddi_dma_alloc_handle.9f/RV-2';
  const page = 'is below a page';
  if (attr.dma_attr_seg < 0xfffn) return bad(attr, 'dma_attr_seg', clause, page);
  if (attr.dma_attr_count_max < 0xfffn) return bad(attr, 'dma_attr_count_max', clause, page);
  if (attr.dma_attr_granular > 4096) {
    return bad(attr, 'dma_attr_granular', clause, 'is above a page');
  }
  if (attr.dma_attr_maxxfer < 4096n) return bad(attr, 'dma_attr_maxxfer', clause, page);
  if (attr.dma_attr_addr_hi <= attr.dma_attr_addr_lo) {
    return bad(attr, 'dma_attr_addr_hi', clause, 'is not above dma_attr_addr_lo');
  }
  if ((attr.dma_attr_seg & 0xfffn) !== 0xfffn) {
    return bad(attr, 'dma_attr_seg', clause, 'does not end with a page');
  }
  // The test for a divisor of the page size fires for 0 alone.
  if (attr.dma_attr_granular === 0) return bad(attr, 'dma_attr_granular', clause, 'is 0');
  if (attr.dma_attr_sgllen === 0) return bad(attr, 'dma_attr_sgllen', clause, 'is 0');
  if (raw.maxCookie < 4096) {
    return bad(attr, 'dma_attr_maxxfer', clause, 'leaves no cookie as long as a page');
  }
  if (raw.bounceOnSeg && attr.dma_attr_seg > attr.dma_attr_addr_hi) {
    return bad(attr, 'dma_attr_seg', clause, 'is above dma_attr_addr_hi');
  }
  return null;
}

/** Why a set is refused. */
export interface BadAttr {
  /** The field at fault. */
  readonly field: keyof ddi_dma_attr_t;
  readonly value: unknown;
  /** The rule it breaks, as a sentence without its subject. */
  readonly rule: string;
  /** The clause behind the rule. */
  readonly clause: string;
  /** The field is not even a number of the right type. */
  readonly illTyped?: true;
}

const uint64Fields = [
  'dma_attr_addr_lo',
  'dma_attr_addr_hi',
  'dma_attr_count_max',
  'dma_attr_align',
  'dma_attr_maxxfer',
  'dma_attr_seg',
] as const;

const uint32Fields = [
  'dma_attr_version',
  'dma_attr_burstsizes',
  'dma_attr_minxfer',
  'dma_attr_granular',
  'dma_attr_flags',
] as const;

/**
 * Checks a set by the rules of the pages.
 *
 * @param attr - the driver's set
 * @param anyMemory - whether the machine has memory in a range of frames
 * @returns the limits, or what is wrong; the first fault in the order of the structure
 */
export function checkAttr(
  attr: ddi_dma_attr_t,
  anyMemory: (loFrame: number, hiFrame: number) => boolean,
): Limits | BadAttr {
  return illTyped(attr) ?? impossible(attr) ?? unreachable(limitsOf(attr), anyMemory);
}

/** Tells what checkAttr returned. */
export function isBadAttr(checked: Limits | BadAttr): checked is BadAttr {
  return 'field' in checked;
}

function bad(
  attr: ddi_dma_attr_t,
  field: keyof ddi_dma_attr_t,
  clause: string,
  rule: string,
): BadAttr {
  return { field, value: attr[field], rule, clause };
}

/** The first field that is no number of its type. */
export function illTyped(attr: ddi_dma_attr_t): BadAttr | undefined {
  for (const field of uint64Fields) {
    const value: unknown = attr[field];
    if (typeof value === 'bigint' && value >= 0n && value <= maxUint64) continue;
    const rule = 'must be a bigint from 0 to 2^64-1: the page types it uint64_t';
    return { field, value, rule, clause: 'ddi_dma_attr.9s/DS-1', illTyped: true };
  }
  for (const field of uint32Fields) {
    const value: unknown = attr[field];
    if (typeof value === 'number' && Number.isInteger(value) && value >= 0 && value < 2 ** 32) {
      continue;
    }
    const rule = 'must be an integer from 0 to 2^32-1';
    return { field, value, rule, clause: 'ddi_dma_attr.9s/DS-1', illTyped: true };
  }
  const sgllen: unknown = attr.dma_attr_sgllen;
  if (typeof sgllen === 'number' && (sgllen | 0) === sgllen) return undefined;
  const rule = 'must be an integer of 32 bits, signed';
  const clause = 'ddi_dma_attr.9s/DS-1';
  return { field: 'dma_attr_sgllen', value: sgllen, rule, clause, illTyped: true };
}

/** ddi_dma_alloc_handle(9F) RV-2: sets under which nothing could ever be allocated. */
function impossible(attr: ddi_dma_attr_t): BadAttr | undefined {
  if (attr.dma_attr_version !== DMA_ATTR_V0) {
    return bad(attr, 'dma_attr_version', 'ddi_dma_attr.9s/VR-1', 'must be DMA_ATTR_V0');
  }
  if (attr.dma_attr_addr_hi < attr.dma_attr_addr_lo) {
    const rule = 'lies below dma_attr_addr_lo: no address is in the range';
    return bad(attr, 'dma_attr_addr_hi', 'ddi_dma_attr.9s/AD-3', rule);
  }
  if (!powerOfTwo(attr.dma_attr_align)) {
    return bad(attr, 'dma_attr_align', 'ddi_dma_attr.9s/AL-1', 'must be a power of two');
  }
  if (!powerOfTwo(BigInt(attr.dma_attr_minxfer))) {
    return bad(attr, 'dma_attr_minxfer', 'ddi_dma_attr.9s/MX-3', 'must be a power of two');
  }
  if (attr.dma_attr_sgllen === 0) {
    return bad(attr, 'dma_attr_sgllen', 'ddi_dma_attr.9s/SL-2', 'is 0, a reserved value');
  }
  if (attr.dma_attr_granular === 0) {
    const rule = 'is 0: no size is a multiple of it';
    return bad(attr, 'dma_attr_granular', 'ddi_dma_attr.9s/GR-1', rule);
  }
  const granular = BigInt(attr.dma_attr_granular);
  if (attr.dma_attr_maxxfer < granular) {
    const rule = 'is below dma_attr_granular: no transfer is possible';
    return bad(attr, 'dma_attr_maxxfer', 'ddi_dma_attr.9s/GR-4', rule);
  }
  if (attr.dma_attr_sgllen === 1) {
    // ddi_dma_attr(9S) GR-2: without a list each segment is itself a multiple of granular.
    const rule = 'allows no segment as long as dma_attr_granular, and there is no list';
    if (attr.dma_attr_count_max + 1n < granular) {
      return bad(attr, 'dma_attr_count_max', 'ddi_dma_attr.9s/GR-2', rule);
    }
    if (attr.dma_attr_seg + 1n < granular) {
      return bad(attr, 'dma_attr_seg', 'ddi_dma_attr.9s/GR-2', rule);
    }
  }
  return undefined;
}

function unreachable(
  limits: Limits,
  anyMemory: (loFrame: number, hiFrame: number) => boolean,
): Limits | BadAttr {
  if (anyMemory(limits.loFrame, limits.hiFrame)) return limits;
  const rule = 'ends a range in which this machine has no memory at all';
  return bad(limits.attr, 'dma_attr_addr_hi', 'ddi_dma_attr.9s/AD-3', rule);
}

/** The numbers of a set, which is well typed. */
export function limitsOf(given: ddi_dma_attr_t): Limits {
  // A copy: what the driver does to its own structure afterwards changes nothing.
  const attr: ddi_dma_attr_t = { ...given };
  const lo = attr.dma_attr_addr_lo;
  const hi = attr.dma_attr_addr_hi;
  const granular = attr.dma_attr_granular;
  const maxxfer = clamp(attr.dma_attr_maxxfer);
  // A granularity of 0 gets here only where attributes are not judged.
  const seg = attr.dma_attr_seg + 1n;
  return {
    attr,
    loFrame: Number(lo / frameBytes),
    loOff: Number(lo % frameBytes),
    hiFrame: Number(hi / frameBytes),
    hiOff: Number(hi % frameBytes),
    // ddi_dma_attr(9S) CM-1: the counter's limit is inclusive, so the size is one more.
    maxCookie: clamp(attr.dma_attr_count_max + 1n),
    segBytes: seg >= unlimitedBig ? 0 : Number(seg),
    maxxfer: granular === 0 ? maxxfer : maxxfer - (maxxfer % granular),
    align: clamp(attr.dma_attr_align),
    minxfer: attr.dma_attr_minxfer,
    granular,
    // ddi_dma_attr(9S) SL-1: negative means no limit.
    sgllen: attr.dma_attr_sgllen < 0 ? Infinity : attr.dma_attr_sgllen,
    kernel: kernelLimits(attr),
  };
}

function clamp(value: bigint): number {
  return value >= unlimitedBig ? unlimited : Number(value);
}

/** Whether a number is a power of two. */
export function powerOfTwo(value: bigint): boolean {
  return value > 0n && (value & (value - 1n)) === 0n;
}
