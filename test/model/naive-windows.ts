/**
 * The naive oracle of windows: what the frames of an object admit by themselves, without bounce
 * pages, by the words of ddi_dma_attr(9S) and in bigints.
 *
 * From where a window begins, cookies are as long as they may be, as many as the list holds and one
 * transfer carries. A window that is not the last goes back to the last multiple of the granularity
 * and, when the object was aligned, of the alignment. Going as far as possible each time misses no
 * way to do it: a later start never ends earlier.
 */
import type { ddi_dma_attr_t } from '../../src/sys/types.js';
import type { SeenObject } from './naive-binding.js';

/** How many windows the frames admit; 0 when there is no legal list of them. */
export function ownWindows(attr: ddi_dma_attr_t, object: SeenObject): number {
  const len = BigInt(object.len);
  const unit = unitOf(attr, object);
  const runs = runsOf(object);
  for (const { address, size } of runs) {
    if (address < attr.dma_attr_addr_lo || address + size - 1n > attr.dma_attr_addr_hi) return 0;
  }
  let windows = 0;
  for (let at = 0n; at < len; windows++) {
    let end = reach(attr, object, runs, at);
    if (end < len) end -= (end - at) % unit;
    if (end === at) return 0;
    at = end;
  }
  return windows;
}

/** Whether the driver has aligned the object (ddi_dma_attr(9S) AL-3). */
function isAligned(attr: ddi_dma_attr_t, object: SeenObject): boolean {
  return BigInt(object.va) % attr.dma_attr_align === 0n;
}

/** Windows begin at multiples of this. */
export function unitOf(attr: ddi_dma_attr_t, object: SeenObject): bigint {
  const granular = BigInt(attr.dma_attr_granular);
  const align = isAligned(attr, object) ? attr.dma_attr_align : 1n;
  let unit = align;
  while (unit % granular !== 0n) unit += align;
  return unit;
}

/** Installed memory, in bytes. */
export interface Installed {
  readonly base: bigint;
  readonly size: bigint;
}

/**
 * Why a bind that allows windows may be refused, the least that must hold; empty when it may not.
 *
 * Memory that stands in for all of the object is a run somewhere in reach. From any place in it a
 * window gets past the next segment boundary and then a unit further; so much must be there, twice
 * over for the halving of requests, and twice again where the run must not cross a boundary.
 */
export function refusable(
  attr: ddi_dma_attr_t,
  object: SeenObject,
  installed: readonly Installed[],
): readonly string[] {
  if (ownWindows(attr, object) > 0) return [];
  const reasons: string[] = [];
  const unit = unitOf(attr, object);
  const align = isAligned(attr, object) ? attr.dma_attr_align : 1n;
  const segment = attr.dma_attr_seg + 1n;
  if (unit > least(segment, attr.dma_attr_count_max + 1n, attr.dma_attr_maxxfer, 1n << 20n)) {
    reasons.push('a cookie holds no unit');
  }
  if (segment % align !== 0n) reasons.push('segments do not begin aligned');
  const boundary = segment > 1n << 20n ? 0n : segment + align;
  const enough = 4n * (4096n + unit + boundary + 2n * align + 8191n);
  const large = inReach(attr, installed).filter(({ from, to }) => to - from >= enough);
  if (large.length === 0) reasons.push('too little memory is in reach');
  // The objects of tests leave room enough where there is much of it.
  const free = large.filter((s) => s.to - s.from >= enough + (64n << 20n) || !lies(object, s));
  if (free.length === 0 && large.length > 0) reasons.push('the object is in the way');
  return reasons;
}

/** Whether the object takes memory that could stand in for it. */
export function isInTheWay(
  attr: ddi_dma_attr_t,
  object: SeenObject,
  installed: readonly Installed[],
): boolean {
  return inReach(attr, installed).some((stretch) => lies(object, stretch));
}

interface Stretch {
  readonly from: bigint;
  readonly to: bigint;
}

/** Installed memory in reach, in whole pages. */
function inReach(attr: ddi_dma_attr_t, installed: readonly Installed[]): readonly Stretch[] {
  return installed.map(({ base, size }) => ({
    from: up(attr.dma_attr_addr_lo > base ? attr.dma_attr_addr_lo : base),
    to: least(base + size, attr.dma_attr_addr_hi + 1n) & ~0xfffn,
  }));
}

/** Whether any of the object lies there. */
function lies({ pfns }: SeenObject, { from, to }: Stretch): boolean {
  return pfns.some((pfn) => BigInt(pfn) * 4096n >= from && BigInt(pfn) * 4096n < to);
}

/** Up to a whole page. */
function up(address: bigint): bigint {
  return (address + 4095n) & ~0xfffn;
}

interface Run {
  /** From the start of the object. */
  readonly at: bigint;
  readonly address: bigint;
  readonly size: bigint;
}

/** The object as stretches of bus addresses, as long as they go. */
function runsOf({ pfns, off, len }: SeenObject): readonly Run[] {
  const runs: Run[] = [];
  let at = 0n;
  for (const [i, pfn] of pfns.entries()) {
    const address = BigInt(pfn) * 4096n + (i === 0 ? BigInt(off) : 0n);
    const room = BigInt(i === 0 ? 4096 - off : 4096);
    const left = BigInt(len) - at;
    const size = left < room ? left : room;
    if (size <= 0n) break;
    const last = runs.at(-1);
    if (last !== undefined && last.address + last.size === address) {
      runs[runs.length - 1] = { ...last, size: last.size + size };
    } else runs.push({ at, address, size });
    at += size;
  }
  return runs;
}

/** How far one window gets from `start`, not yet on a unit. */
function reach(
  attr: ddi_dma_attr_t,
  object: SeenObject,
  runs: readonly Run[],
  start: bigint,
): bigint {
  const align = isAligned(attr, object) ? attr.dma_attr_align : 1n;
  const most = attr.dma_attr_maxxfer - (attr.dma_attr_maxxfer % BigInt(attr.dma_attr_granular));
  const list = attr.dma_attr_sgllen < 0 ? Infinity : attr.dma_attr_sgllen;
  let at = start;
  for (let cookies = 0; cookies < list && at - start < most; cookies++) {
    const run = runs.find((r) => at >= r.at && at < r.at + r.size);
    if (run === undefined) return at;
    const address = run.address + (at - run.at);
    if (address % align !== 0n) return at;
    const segment = attr.dma_attr_seg + 1n;
    let n = least(run.size - (at - run.at), segment - (address % segment), most - (at - start));
    if (n > attr.dma_attr_count_max + 1n) {
      n = attr.dma_attr_count_max + 1n;
      const past = (address + n) % align;
      if (past < n) n -= past;
    }
    at += n;
  }
  return at;
}

function least(first: bigint, ...others: readonly bigint[]): bigint {
  return others.reduce((a, b) => (a < b ? a : b), first);
}
