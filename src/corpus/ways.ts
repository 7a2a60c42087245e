/**
 * The ways in which an object can be served, and which of them a system owes its driver.
 *
 * 1. A page out of reach can be *bounced*: a page within reach stands in for it, with the same
 *    bytes at the same place in the page. A binding is given a limited number of such pages.
 * 2. An object can be cut into *windows*, each a list of its own, each but the last a multiple of
 *    the granularity, each beginning as well aligned as the object.
 * 3. Where the object's own frames allow no list at all, not even in windows, *every* page can be
 *    bounced into one contiguous run.
 *
 * The ways, best first:
 *   (1) `list`: one list, pages out of reach bounced one by one;
 *   (2) `windows`: the same in windows;
 *   (3) `bounced list`: one list of a contiguous run that stands in for all of it;
 *   (4) `bounced windows`: the same in windows;
 *   (5) `none`.
 *
 * Nothing but arithmetic on frames and attributes: this is the yardstick of the judge. Windows are
 * found greedily. That is enough: from a later start the longest window never ends earlier, so
 * whoever goes as far as possible gets to the end if anybody does.
 */
import type { ddi_dma_attr_t } from '../sys/types.js';
import { inReach, longestEntry, obstaclesToList, PAGE_BYTES, pagesOf } from './obstacles.js';
import type { AttrField, InstalledMemory, ObjectUnderTest, Obstacle, Piece } from './obstacles.js';

/** Bounce pages a binding is given at most: 1 MiB and a page, in bytes. */
export const BOUNCE_BYTES_MAX = 0x10_1000n;

/** How an object can be served. */
export interface Way {
  readonly way: 'list' | 'windows' | 'bounced list' | 'bounced windows' | 'none';
  /** What stands in the way of (1), or with `none` of everything; `null` when nothing does. */
  readonly why: Obstacle | null;
  /** Pages out of reach of the device. */
  readonly bouncedPages: number;
}

/** A piece of an object as the device would see it. */
interface ServedPiece extends Piece {
  /** Out of reach: the address is that of a page standing in, counted from the page's start. */
  readonly bounced: boolean;
}

/**
 * The best way to serve an object.
 *
 * @param attr - a set ddi_dma_alloc_handle(9F) accepts
 * @param object - the object
 * @param installed - the memory of the machine
 */
export function wayToServe(
  attr: ddi_dma_attr_t,
  object: ObjectUnderTest,
  installed: readonly InstalledMemory[],
): Way {
  const found = bestWay(attr, object, installed);
  if (found.way !== 'none') return found;
  const works = (a: ddi_dma_attr_t): boolean => bestWay(a, object, installed).way !== 'none';
  return { ...found, why: fieldAtFault(attr, works) ?? found.why };
}

function bestWay(
  attr: ddi_dma_attr_t,
  object: ObjectUnderTest,
  installed: readonly InstalledMemory[],
): Way {
  const pieces = servedPieces(attr, object);
  const bouncedPages = pieces.filter((p) => p.bounced).length;
  const room = roomToBounce(attr, installed);
  const obstacles = [
    ...tooMuchToBounce(attr, bouncedPages, room),
    ...obstaclesToList(attr, pieces),
  ];
  const ownWay = bouncedPages === 0 || (room > 0n && attr.dma_attr_align <= PAGE_BYTES);
  const [why = null] = ownWay ? obstacles : [cannotBounce(attr), ...obstacles];
  const answer = (way: Way['way']): Way => ({ way, why, bouncedPages });
  const { dma_attr_align: align } = attr;
  if (ownWay && obstacles.length === 0) return answer('list');
  // ddi_dma_attr(9S) GR-4: windows do not make a request granular that is not.
  if (object.length % attr.dma_attr_granular !== 0) return answer('none');
  const straight = pieces.every((p) => p.address % align === 0n);
  const starts = startsOf(pieces);
  const own = { room, step: align, from: (at: bigint) => piecesFrom(pieces, starts, at) };
  if (ownWay && straight && hasWindows(attr, object, own)) return answer('windows');
  if (room === 0n) return answer('none');
  // A run begins as well aligned as it must, and so does a window at any page of the object.
  const step = align < PAGE_BYTES ? align : PAGE_BYTES;
  const run = { room, step, from: (at: bigint) => runFrom(object, at, room) };
  if (hasOneWindow(attr, object, run)) return answer('bounced list');
  return answer(hasWindows(attr, object, run) ? 'bounced windows' : 'none');
}

/**
 * The pieces of an object when pages out of reach are bounced one by one: each is a piece by
 * itself, for pages that stand in need not be neighbours.
 */
function servedPieces(attr: ddi_dma_attr_t, object: ObjectUnderTest): readonly ServedPiece[] {
  const pieces: ServedPiece[] = [];
  for (const page of pagesOf(object)) {
    const bounced = !inReach(attr, page);
    const last = pieces.at(-1);
    if (bounced) {
      pieces.push({ address: page.address % PAGE_BYTES, length: page.length, bounced });
    } else if (last?.bounced === false && last.address + last.length === page.address) {
      pieces[pieces.length - 1] = { ...last, length: last.length + page.length };
    } else pieces.push({ ...page, bounced });
  }
  return pieces;
}

/**
 * Whether all pages meet a boundary or none does. Where the boundary is no power of two, one page
 * is cut by it and the next is not; what a device like that is owed nobody can say.
 */
export function hasEvenBoundaries({ dma_attr_seg: seg }: ddi_dma_attr_t): boolean {
  return (seg & (seg + 1n)) === 0n;
}

/** Bytes of pages that can stand in, at most. */
function roomToBounce(attr: ddi_dma_attr_t, installed: readonly InstalledMemory[]): bigint {
  if (!hasEvenBoundaries(attr)) return 0n;
  const most = BOUNCE_BYTES_MAX / PAGE_BYTES;
  return BigInt(pagesWithin(attr, installed, () => true, Number(most))) * PAGE_BYTES;
}

function tooMuchToBounce(attr: ddi_dma_attr_t, pages: number, room: bigint): readonly Obstacle[] {
  const bytes = BigInt(pages) * PAGE_BYTES;
  if (bytes <= room) return [];
  const message = `${bytes} bytes of it lie out of reach, ${room} can be bounced`;
  return [{ field: limitOfReach(attr), clause: 'ddi_dma_attr.9s/AD-3', message }];
}

function cannotBounce(attr: ddi_dma_attr_t): Obstacle {
  const message = 'part of it lies out of reach, and pages cannot stand in one by one';
  return { field: limitOfReach(attr), clause: 'ddi_dma_attr.9s/AD-3', message };
}

function limitOfReach(attr: ddi_dma_attr_t): AttrField {
  return attr.dma_attr_addr_hi < 0xffff_ffff_ffff_ffffn ? 'dma_attr_addr_hi' : 'dma_attr_addr_lo';
}

/** The pieces from a byte of the object on; `starts` says where in the object each begins. */
function* piecesFrom(
  pieces: readonly ServedPiece[],
  starts: readonly bigint[],
  at: bigint,
): Generator<ServedPiece> {
  let low = 0;
  let high = pieces.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >>> 1;
    if ((starts[middle] ?? 0n) <= at) low = middle;
    else high = middle - 1;
  }
  const skip = at - (starts[low] ?? 0n);
  for (let i = low; i < pieces.length; i++) {
    const piece = pieces[i];
    if (piece === undefined) return;
    const { address, length, bounced } = piece;
    yield i === low ? { address: address + skip, length: length - skip, bounced } : piece;
  }
}

/** Where in the object each piece begins. */
function startsOf(pieces: readonly ServedPiece[]): readonly bigint[] {
  let start = 0n;
  return pieces.map(({ length }) => {
    start += length;
    return start - length;
  });
}

/** What a contiguous run shows from a byte of the object on: each window begins with the run. */
function runFrom(object: ObjectUnderTest, at: bigint, room: bigint): readonly ServedPiece[] {
  const address = (BigInt(object.va) + at) % PAGE_BYTES;
  const most = room - address;
  const left = BigInt(object.length) - at;
  return [{ address, length: left < most ? left : most, bounced: true }];
}

/** What windows are cut from. */
interface Stock {
  /** Bytes of pages that can stand in, at most. */
  readonly room: bigint;
  /** The pieces from a byte of the object on. */
  readonly from: (at: bigint) => Iterable<ServedPiece>;
  /** A window begins at a multiple of this from the start of a piece. */
  readonly step: bigint;
}

function hasOneWindow(attr: ddi_dma_attr_t, object: ObjectUnderTest, stock: Stock): boolean {
  return windowEnd(attr, object, 0n, stock) === BigInt(object.length);
}

function hasWindows(attr: ddi_dma_attr_t, object: ObjectUnderTest, stock: Stock): boolean {
  const length = BigInt(object.length);
  let at = 0n;
  while (at < length) {
    const end = windowEnd(attr, object, at, stock);
    if (end === at) return false;
    at = end;
  }
  return true;
}

/** A stretch of an object, in offsets. */
interface Stretch {
  readonly start: bigint;
  readonly end: bigint;
}

/** Where the longest window from `at` on may end; `at` itself when there is none. */
function windowEnd(
  attr: ddi_dma_attr_t,
  object: ObjectUnderTest,
  at: bigint,
  stock: Stock,
): bigint {
  let entries = 0;
  let room = attr.dma_attr_maxxfer;
  let pages = stock.room / PAGE_BYTES;
  const covered: Stretch[] = [];
  let end = at;
  for (const piece of stock.from(at)) {
    const start = end;
    if (piece.bounced) {
      pages -= (piece.address + piece.length + PAGE_BYTES - 1n) / PAGE_BYTES;
      if (pages < 0n) break;
    }
    let { address, length: left } = piece;
    // A negative length of the list is never reached: ddi_dma_attr(9S) SL-1.
    while (left > 0n && room > 0n && entries !== attr.dma_attr_sgllen) {
      const whole = longestEntry(address, left, attr);
      if (whole === 0n) break;
      const n = whole < room ? whole : room;
      entries++;
      address += n;
      left -= n;
      room -= n;
      end += n;
    }
    covered.push({ start, end });
    if (left > 0n) break;
  }
  if (end === BigInt(object.length)) return end;
  return endOnUnit(BigInt(attr.dma_attr_granular), at, covered, stock.step);
}

/** The last place in what is covered where a window may end and another begin. */
function endOnUnit(
  granular: bigint,
  at: bigint,
  covered: readonly Stretch[],
  step: bigint,
): bigint {
  for (const { start, end } of [...covered].reverse()) {
    // After `granular` steps the remainders repeat.
    let place = end - ((end - start) % step);
    for (let tries = 0n; place > at && place >= start && tries < granular; tries++) {
      if (place % granular === 0n) return place;
      place -= step;
    }
  }
  return at;
}

/** What each field says when it says nothing. */
const unlimited: Partial<ddi_dma_attr_t> = {
  dma_attr_align: 1n,
  dma_attr_count_max: 0xffff_ffff_ffff_ffffn,
  dma_attr_seg: 0xffff_ffff_ffff_ffffn,
  dma_attr_sgllen: -1,
  dma_attr_maxxfer: 0xffff_ffff_ffff_ffffn,
  dma_attr_granular: 1,
  dma_attr_addr_hi: 0xffff_ffff_ffff_ffffn,
  dma_attr_addr_lo: 0n,
};

/** The first field without which it would work. */
function fieldAtFault(
  attr: ddi_dma_attr_t,
  works: (attr: ddi_dma_attr_t) => boolean,
): Obstacle | null {
  for (const field of Object.keys(unlimited) as AttrField[]) {
    if (!works({ ...attr, [field]: unlimited[field] })) continue;
    const value = attr[field];
    const shown = typeof value === 'bigint' ? hex(value) : String(value);
    const message = `${shown} leaves no legal list, in windows or bounced`;
    return { field, clause: clauseOf(field), message };
  }
  return null;
}

const groups: Partial<Record<AttrField, string>> = {
  dma_attr_align: 'AL-1',
  dma_attr_count_max: 'CM-1',
  dma_attr_seg: 'SG-1',
  dma_attr_sgllen: 'SL-4',
  dma_attr_maxxfer: 'MX-4',
  dma_attr_granular: 'GR-4',
  dma_attr_addr_hi: 'AD-2',
};

function clauseOf(field: AttrField): string {
  return `ddi_dma_attr.9s/${groups[field] ?? 'AD-1'}`;
}

/**
 * Whole pages a device reaches: pages that can stand in for others.
 *
 * @param attr - the set
 * @param installed - the memory of the machine
 * @param isFree - which pages count; all of them when it is left out
 * @param enough - stop counting here
 */
export function pagesWithin(
  attr: ddi_dma_attr_t,
  installed: readonly InstalledMemory[],
  isFree: (pfn: number) => boolean = () => true,
  enough = 1,
): number {
  let pages = 0;
  for (const { base, size } of installed) {
    const low = attr.dma_attr_addr_lo > base ? attr.dma_attr_addr_lo : base;
    const top = base + size < attr.dma_attr_addr_hi + 1n ? base + size : attr.dma_attr_addr_hi + 1n;
    const first = (low + PAGE_BYTES - 1n) / PAGE_BYTES;
    const end = top / PAGE_BYTES;
    for (let pfn = Number(first); pfn < Number(end) && pages < enough; pfn++) {
      if (isFree(pfn)) pages++;
    }
  }
  return pages;
}

function hex(value: bigint): string {
  return `0x${value.toString(16)}`;
}
