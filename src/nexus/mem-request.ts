/**
 * What ddi_dma_mem_alloc(9F) asks an allocator for, and what padding and alignment that comes to;
 * common to the allocator of the pages (memalloc.ts) and to the kernel's (kernel-memalloc.ts).
 */
import type { CacheMode } from '../machine/pages.js';
import { pageBytes } from '../machine/store.js';
import type { RuleBook } from '../sys/quirks.js';
import type { ddi_device_acc_attr_t, ddi_dma_attr_t } from '../sys/types.js';
import { type Limits, powerOfTwo } from './attr.js';
import type { DmaHandle } from './tree.js';

/** What is asked of the allocator. */
export interface MemRequest {
  /** Bytes, at least 1. */
  readonly length: number;
  readonly streaming: boolean;
  readonly cache: CacheMode;
  readonly accattr: ddi_device_acc_attr_t;
  /** Whether the caller waits when memory is short. */
  readonly sleeps: boolean;
}

/** Why there is no memory. */
export interface NoMemory {
  /** `never`: waiting does not help. `now`: others hold what is needed. */
  readonly when: 'never' | 'now';
  /** The attribute at fault, or what is short. */
  readonly field: keyof ddi_dma_attr_t | 'length' | 'memory';
  readonly message: string;
  /** Whether the attributes are illegal, so that no memory was even looked for. */
  readonly illegal?: true;
}

/** What the bytes of a block are counted in. */
export interface Padding {
  /** The address is a multiple of this; a power of two. */
  readonly align: number;
  /** The length is padded to a multiple of this, a power of two, ... */
  readonly unit: number;
  /** ... and of this. */
  readonly granular: number;
}

/** The padding of a request; the attributes are powers of two where they must be. */
export function paddingOf(handle: DmaHandle, request: MemRequest): Padding {
  const { limits, rdip } = handle;
  const { rules, description } = rdip.machine;
  let { align, minxfer: unit } = limits;
  align = Math.max(align, unit);
  if (request.streaming && !rules.has('mem-burst-ignored')) {
    const line = description.cacheLineBytes;
    // ddi_dma_mem_alloc(9F) FL-6: burst sizes count, up to the line the host bridge moves at once.
    const burst = largestBurst(limits.attr.dma_attr_burstsizes, line);
    // ddi_dma_mem_alloc(9F) FL-7: whole lines, so that no line is shared with a stranger.
    align = Math.max(align, burst, line);
    unit = Math.max(unit, burst, line);
  }
  // Cache attributes are a property of pages, so such memory is whole pages.
  if (request.cache !== 'cached') {
    align = Math.max(align, pageBytes);
    unit = Math.max(unit, pageBytes);
  }
  return { align, unit, granular: granularOf(limits, rules) };
}

function granularOf(limits: Limits, rules: RuleBook): number {
  // Where attributes are not judged, a handle can have a granularity of 0.
  return rules.has('mem-granular-ignored') ? 1 : Math.max(1, limits.granular);
}

/** The attribute that is no power of two although it must be one; `null` when there is none. */
export function crookedAttr(limits: Limits): NoMemory | null {
  const { dma_attr_align, dma_attr_minxfer } = limits.attr;
  const crooked = { when: 'never', message: 'is no power of two', illegal: true } as const;
  if (!powerOfTwo(BigInt(dma_attr_minxfer))) return { ...crooked, field: 'dma_attr_minxfer' };
  if (!powerOfTwo(dma_attr_align)) return { ...crooked, field: 'dma_attr_align' };
  return null;
}

/** `length` padded to a multiple of both. */
export function padTo(length: number, unit: number, granular: number): number {
  const size = leastCommonMultiple(unit, granular);
  return Math.ceil(length / size) * size;
}

/** What a driver is told of a block: how much of it there is. */
export function reportedLength(handle: DmaHandle, request: MemRequest, real: number): number {
  const short = handle.rdip.machine.rules.has('mem-consistent-length');
  return short && !request.streaming ? request.length : real;
}

function largestBurst(burstsizes: number, max: number): number {
  // ddi_dma_attr(9S) BS-1: bit n is 2^n bytes; the upper half holds the 64-bit SBus sizes.
  const sizes = (burstsizes & 0xffff) | (burstsizes >>> 16);
  let burst = 1;
  for (let n = 0; n < 16; n++) if (sizes & (1 << n) && 1 << n <= max) burst = 1 << n;
  return burst;
}

function leastCommonMultiple(a: number, b: number): number {
  let x = a;
  let y = b;
  while (y !== 0) [x, y] = [y, x - Math.floor(x / y) * y];
  return (a / x) * b;
}
