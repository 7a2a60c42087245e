/**
 * What a constrained allocation asks for, checked once, and where in a segment it can lie.
 *
 * A placement is an address a with: a = phase modulo align; [a, a + size) inside [min, max); and no
 * multiple of nocross strictly inside [a, a + size).
 *
 * (1) One try per segment is enough. Let t be the lowest address of the segment that has the
 *     phase. If [t, t + size) crosses a boundary b, so does every later address below b; and the
 *     first address with the phase from b on is b + phase (align divides nocross), which cannot
 *     cross, because phase + size fits between two boundaries or the request was refused. So the
 *     lower of the two is the lowest placement there is, and when that ends too high all do.
 *
 * (2) How long a segment surely suffices. Two neighbouring placements that ignore the segment's
 *     ends are `gap` apart at most: align, or with nocross the step from the last one before a
 *     boundary to the first one after it. Segments begin at multiples of the quantum, so at most
 *     gap - quantum units are skipped before the first: extent + gap - quantum always suffices
 *     (unless min or max cut the segment).
 */
import { Panic } from '../sys/errors.js';

/** Addresses end here: every integer up to 2^53 is a float64, not every one above it. */
export const ADDRESS_END = 2 ** 53;

/** No placement in this segment. */
export const NOWHERE = -1;

/** What `xalloc` may ask of an address; 0 and absent both mean no constraint. */
export interface Constraints {
  /** The address is `phase` modulo this power of two, a multiple of the quantum, in units. */
  readonly align?: number | undefined;
  /** Distance above a multiple of `align`, a multiple of the quantum below `align`, in units. */
  readonly phase?: number | undefined;
  /** Power of two no multiple of which may lie strictly inside the allocation, in units. */
  readonly nocross?: number | undefined;
  /** Lowest unit allowed. */
  readonly min?: number | undefined;
  /** First unit above those allowed. */
  readonly max?: number | undefined;
}

/** One request at a time; an arena keeps and refills it, so that a request allocates nothing. */
export class Placement {
  private readonly quantum: number;
  /** The bits that no constraint may have, as int32: the sign, and those below the quantum. */
  private readonly illegal: number;
  private size = 0;
  private align = 0;
  private phase = 0;
  private nocross = 0;
  private min = 0;
  private max = 0;

  constructor(quantum: number) {
    this.quantum = quantum;
    this.illegal = (Math.min(quantum, 2 ** 31) - 1) | (1 << 31);
  }

  /**
   * Takes in a request.
   *
   * @param arena - the arena's name, for the Panic
   * @param size - units asked for
   * @param c - the constraints
   * @throws Panic when no address whatever could satisfy them
   */
  set(arena: string, size: number, c: Constraints): void {
    const { align = 0, phase = 0, nocross = 0, min = 0, max = 0 } = c;
    const grain = align === 0 ? this.quantum : align;
    const quick = this.plainlyLegal(size, grain, phase, nocross) && isUnits(min) && isUnits(max);
    const fault = quick ? undefined : this.fault(size, grain, phase, nocross, min, max);
    if (fault !== undefined) throw refused(arena, fault, this.quantum, size, c);
    this.size = size;
    this.align = grain;
    this.phase = phase;
    this.nocross = nocross;
    this.min = min;
    this.max = max === 0 ? ADDRESS_END : max;
  }

  /** Units a segment may have to skip before the first placement: point (2) above. */
  get slack(): number {
    const { align, nocross } = this;
    if (nocross === 0) return align - this.quantum;
    const room = nocross - this.size - this.phase;
    return nocross - Math.floor(room / align) * align - this.quantum;
  }

  /**
   * The lowest placement in a segment.
   *
   * @param base - the segment's first unit
   * @param extent - the units it covers
   * @returns an address, or `NOWHERE`
   */
  within(base: number, extent: number): number {
    const { size, align, phase, nocross } = this;
    const { min, max } = this;
    const end = base + extent;
    const from = base < min ? min : base;
    const last = (end > max ? max : end) - size;
    // Above 2^53 the sum may be rounded, but never to below 2^53, and `last` is always lower.
    const at = phase + Math.ceil((from - phase) / align) * align;
    if (at > last) return NOWHERE;
    return nocross === 0 ? at : this.beyondBoundary(at, last);
  }

  /** The lowest placement, given the lowest address that has the phase. */
  private beyondBoundary(at: number, last: number): number {
    const { nocross } = this;
    const boundary = Math.floor(at / nocross) * nocross + nocross;
    if (at + this.size <= boundary) return at;
    const after = boundary + this.phase;
    return after <= last ? after : NOWHERE;
  }

  /** The whole check in a few bit operations, for what fits 31 bits: nearly everything. */
  private plainlyLegal(size: number, align: number, phase: number, nocross: number): boolean {
    const any = align | phase | nocross;
    return (
      (align | 0) === align &&
      (phase | 0) === phase &&
      (nocross | 0) === nocross &&
      (any & this.illegal) === 0 &&
      (align & (align - 1)) === 0 &&
      (nocross & (nocross - 1)) === 0 &&
      phase < align &&
      (nocross === 0 || (align <= nocross && phase + size <= nocross)) &&
      isSize(size)
    );
  }

  /** The rule a request breaks, in the kernel's order; undefined when it breaks none. */
  private fault(
    size: number,
    align: number,
    phase: number,
    nocross: number,
    min: number,
    max: number,
  ): string | undefined {
    const { quantum } = this;
    if (!isSize(size)) return 'invalid size: not an integer from 1 to 2^53';
    if (!(isUnits(align) && isUnits(phase) && isUnits(nocross) && isUnits(min) && isUnits(max))) {
      return 'invalid constraint: not an integer from 0 to 2^53';
    }
    if (!(
      isMultiple(align, quantum) &&
      isMultiple(phase, quantum) &&
      isMultiple(nocross, quantum)
    )) {
      return 'misaligned: align, phase and nocross must be multiples of the quantum';
    }
    if (nocross !== 0 && (align > nocross || roundUp(phase + size, align) > nocross)) {
      return 'overconstrained: no room for the size, from its phase, between two nocross multiples';
    }
    if (phase >= align) return 'invalid phase: not below align';
    if (!isPowerOfTwo(align)) return 'invalid align: not a power of two';
    if (nocross !== 0 && !isPowerOfTwo(nocross)) return 'invalid nocross: not a power of two';
    return undefined;
  }
}

/** Whether something can be asked for: an integer from 1 to 2^53. */
export function isSize(n: number): boolean {
  return Number.isInteger(n) && n >= 1 && n <= ADDRESS_END;
}

/** Whether something is an address or a distance: an integer from 0 to 2^53. */
export function isUnits(n: number): boolean {
  return Number.isInteger(n) && n >= 0 && n <= ADDRESS_END;
}

/** Whether an integer from 1 to 2^53 is a power of two. */
export function isPowerOfTwo(n: number): boolean {
  if (n <= 2 ** 31) return (n & (n - 1)) === 0;
  const above = n / 2 ** 31;
  return Math.floor(above) === above && (above & (above - 1)) === 0;
}

/** Whether `n` is a multiple of `unit`. */
export function isMultiple(n: number, unit: number): boolean {
  return Math.floor(n / unit) * unit === n;
}

/** `n` rounded up to a multiple of `unit`. */
export function roundUp(n: number, unit: number): number {
  return Math.ceil(n / unit) * unit;
}

/** A number as the kernel prints it; anything else as it is. */
export function hex(n: unknown): string {
  return typeof n === 'number' && Number.isInteger(n) ? `0x${n.toString(16)}` : String(n);
}

function refused(
  arena: string,
  fault: string,
  quantum: number,
  size: number,
  c: Constraints,
): Panic {
  const { align = 0, phase = 0, nocross = 0, min = 0, max = 0 } = c;
  const values = { arena, quantum, size, align, phase, nocross, min, max };
  const shown = Object.entries(values).map(([name, v]) =>
    name === 'arena' ? String(v) : `${name} ${hex(v)}`,
  );
  return new Panic(`vmem_xalloc(${shown.join(', ')}): ${fault}`, values);
}
