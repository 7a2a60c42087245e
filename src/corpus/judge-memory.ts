/**
 * The judge of ddi_dma_mem_alloc(9F): of memory that was handed out, and of memory that was not.
 */
import type { ddi_dma_attr_t } from '../sys/types.js';
import type { Fault } from './judge.js';
import { obstaclesTo, obstaclesToList, PAGE_BYTES } from './obstacles.js';
import type { AttrField, InstalledMemory, ObjectUnderTest, Obstacle } from './obstacles.js';
import type { Mode } from './plan.js';
import { hasEvenBoundaries } from './ways.js';

/** Memory ddi_dma_mem_alloc(9F) handed out. */
export interface Allocation {
  readonly attr: ddi_dma_attr_t;
  readonly mode: Mode;
  /** What was asked for, in bytes. */
  readonly length: number;
  /** What was returned. */
  readonly kaddr: number;
  readonly realLength: number;
  readonly pfnOf: (va: number) => number;
  readonly installed: readonly InstalledMemory[];
  /** Bytes of a cache line of the platform. */
  readonly cacheLineBytes: number;
}

/** One rule about memory. */
export interface MemoryRule {
  readonly rule: string;
  readonly clause: string;
  /** What is wrong, or `null`. */
  readonly check: (a: Allocation) => string | null;
}

/** The rules, in the order in which they are applied. */
export const memoryRules: readonly MemoryRule[] = [
  {
    rule: 'real length',
    clause: 'ddi_dma_mem_alloc.9f/OUT-3',
    check: ({ length, realLength }) =>
      realLength >= length ? null : `${realLength} bytes, ${length} were asked for`,
  },
  {
    rule: 'kaddr align',
    clause: 'ddi_dma_attr.9s/AL-1',
    check: ({ attr, kaddr }) => notMultiple('kaddr', kaddr, attr.dma_attr_align),
  },
  {
    rule: 'minxfer align',
    clause: 'ddi_dma_mem_alloc.9f/FL-6',
    check: ({ attr, mode, kaddr }) =>
      mode === 'STREAMING' ? notMultiple('kaddr', kaddr, BigInt(attr.dma_attr_minxfer)) : null,
  },
  {
    rule: 'minxfer padding',
    clause: 'ddi_dma_attr.9s/MX-3',
    check: ({ attr, mode, realLength }) =>
      mode === 'STREAMING'
        ? notMultiple('real_length', realLength, BigInt(attr.dma_attr_minxfer))
        : null,
  },
  {
    rule: 'granular padding',
    clause: 'ddi_dma_mem_alloc.9f/DS-1',
    check: ({ attr, realLength }) =>
      notMultiple('real_length', realLength, BigInt(attr.dma_attr_granular)),
  },
  {
    rule: 'reach',
    clause: 'ddi_dma_attr.9s/AD-3',
    check: (a) => firstObstacle(a, ['dma_attr_addr_lo', 'dma_attr_addr_hi', 'dma_attr_align']),
  },
  {
    rule: 'bindable',
    clause: 'ddi_dma_mem_alloc.9f/DS-1',
    // Memory that no list of one window can name was not allocated under these attributes. Only a
    // request beyond maxxfer may be so: the page calls that a limit of a transfer, not of memory.
    check: (a) => firstObstacle(a, ['dma_attr_sgllen', 'dma_attr_count_max', 'dma_attr_seg']),
  },
];

/**
 * Judges memory that was handed out.
 *
 * @param allocation - request and answer
 * @returns the rules broken; none when all is well
 */
export function judgeMemory(allocation: Allocation): readonly Fault[] {
  const faults: Fault[] = [];
  for (const { rule, clause, check } of memoryRules) {
    const message = check(allocation);
    if (message !== null) faults.push({ rule, clause, message });
  }
  return faults;
}

/** What the page lets the system add to a request. */
export interface Padding {
  readonly mode: Mode;
  /** Bytes of a cache line of the platform. */
  readonly cacheLineBytes: number;
}

/**
 * Why ddi_dma_mem_alloc(9F) may fail on a machine whose memory is free.
 *
 * @param attr - the set
 * @param length - bytes asked for
 * @param installed - the memory of the machine
 * @param padding - what decides how much the request may grow before it is served
 * @returns the field that makes it impossible, or `null` when the failure is not justified
 */
export function noMemoryReason(
  attr: ddi_dma_attr_t,
  length: number,
  installed: readonly InstalledMemory[],
  padding: Padding,
): Obstacle | null {
  const padded = paddedLength(attr, BigInt(length), padding);
  return tooLongForList(attr, padded) ?? unevenBoundary(attr) ?? noRoom(attr, padded, installed);
}

/**
 * Boundaries that cut some pages and not others: memory would have to be looked for byte by byte.
 */
function unevenBoundary(attr: ddi_dma_attr_t): Obstacle | null {
  if (hasEvenBoundaries(attr)) return null;
  return {
    field: 'dma_attr_seg',
    clause: 'ddi_dma_attr.9s/SG-1',
    message: `boundaries at multiples of ${attr.dma_attr_seg + 1n}, which is no power of two`,
  };
}

/** ddi_dma_mem_alloc(9F) FL-6, FL-7: STREAMING memory may be padded to a cache line. */
function paddedLength(attr: ddi_dma_attr_t, length: bigint, padding: Padding): bigint {
  const line = padding.mode === 'STREAMING' ? padding.cacheLineBytes : 1;
  const least = BigInt(Math.max(attr.dma_attr_minxfer, line));
  const granular = BigInt(attr.dma_attr_granular);
  let unit = least;
  while (unit % granular !== 0n) unit += least;
  return ((length + unit - 1n) / unit) * unit;
}

/** Even contiguous memory at the start of a segment needs more entries than there may be. */
function tooLongForList(attr: ddi_dma_attr_t, length: bigint): Obstacle | null {
  const anyTransfer = { ...attr, dma_attr_maxxfer: 0xffff_ffff_ffff_ffffn, dma_attr_granular: 1 };
  return obstaclesToList(anyTransfer, [{ address: 0n, length }])[0] ?? null;
}

/** No range of installed memory within reach is long enough, once it begins aligned. */
function noRoom(
  attr: ddi_dma_attr_t,
  length: bigint,
  installed: readonly InstalledMemory[],
): Obstacle | null {
  let room = 0n;
  for (const { base, size } of installed) {
    // A page of which the device reaches a part only belongs to somebody else as well.
    const unit = larger(attr.dma_attr_align, PAGE_BYTES);
    const lo = larger(base, attr.dma_attr_addr_lo);
    const start = ((lo + unit - 1n) / unit) * unit;
    const top = smaller(base + size, attr.dma_attr_addr_hi + 1n);
    const end = top - (top % PAGE_BYTES);
    const here = end > start ? end - start : 0n;
    // Without a list one range has to do; with one, several may add up.
    room = attr.dma_attr_sgllen === 1 ? larger(room, here) : room + here;
  }
  if (room >= length) return null;
  return {
    field: 'dma_attr_addr_hi',
    clause: 'ddi_dma_attr.9s/AD-3',
    message: `${length} bytes, ${room} are installed within reach`,
  };
}

function firstObstacle(a: Allocation, fields: readonly AttrField[]): string | null {
  // A list may be impossible for any memory of this length; then it is the bind that says so.
  if (noMemoryReason(a.attr, a.realLength, a.installed, a) !== null) return null;
  const object: ObjectUnderTest = { va: a.kaddr, length: a.realLength, pfnOf: a.pfnOf };
  const found = obstaclesTo(a.attr, object).find((o) => fields.includes(o.field));
  return found === undefined ? null : `${found.field}: ${found.message}`;
}

function notMultiple(what: string, value: number, of: bigint): string | null {
  return BigInt(value) % of === 0n ? null : `${what} ${value} is not a multiple of ${of}`;
}

function smaller(a: bigint, b: bigint): bigint {
  return a < b ? a : b;
}

function larger(a: bigint, b: bigint): bigint {
  return a > b ? a : b;
}
