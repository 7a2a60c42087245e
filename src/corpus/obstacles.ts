/**
 * What stands in the way of a legal list, from page frames and attributes alone.
 *
 * An object is a row of bytes; the frames behind its pages make it a row of *pieces*, stretches of
 * consecutive bus addresses. From the pieces and the sentences of ddi_dma_attr(9S) it follows
 * whether one list of entries can name them all. Nothing here looks at what a binder did; what can
 * be done about an obstacle is the subject of ways.ts.
 */
import type { ddi_dma_attr_t } from '../sys/types.js';

/** The page size of the platforms there are, in bytes. */
export const PAGE_BYTES = 4096n;

/** An object, as the driver names it. */
export interface ObjectUnderTest {
  /** Kernel address of the first byte. */
  readonly va: number;
  /** Bytes. */
  readonly length: number;
  /** The frame behind an address, -1 when there is none. */
  readonly pfnOf: (va: number) => number;
}

/** A stretch of installed memory, in bytes. */
export interface InstalledMemory {
  readonly base: bigint;
  readonly size: bigint;
}

/** A stretch of an object whose bus addresses follow one another. */
export interface Piece {
  readonly address: bigint;
  readonly length: bigint;
}

/** A field of the attributes. */
export type AttrField = keyof ddi_dma_attr_t;

/** Why something cannot be had. */
export interface Obstacle {
  /** The field at fault. */
  readonly field: AttrField;
  /** The clause that gives the field its meaning. */
  readonly clause: string;
  /** Value and bound, as a sentence. */
  readonly message: string;
}

/**
 * The parts of an object, page by page.
 *
 * @param object - the object
 * @returns the part of each page it touches, in the order of its bytes
 */
export function pagesOf(object: ObjectUnderTest): readonly Piece[] {
  const pages: Piece[] = [];
  const end = BigInt(object.va) + BigInt(object.length);
  let at = BigInt(object.va);
  while (at < end) {
    const pageEnd = (at / PAGE_BYTES + 1n) * PAGE_BYTES;
    const length = (pageEnd < end ? pageEnd : end) - at;
    const address = BigInt(object.pfnOf(Number(at))) * PAGE_BYTES + (at % PAGE_BYTES);
    pages.push({ address, length });
    at += length;
  }
  return pages;
}

/**
 * The pieces of an object in the order of its bytes.
 *
 * @param object - the object
 * @returns its pieces, each as long as it can be
 */
export function piecesOf(object: ObjectUnderTest): readonly Piece[] {
  const pieces: { address: bigint; length: bigint }[] = [];
  for (const { address, length } of pagesOf(object)) {
    const last = pieces.at(-1);
    if (last !== undefined && last.address + last.length === address) last.length += length;
    else pieces.push({ address, length });
  }
  return pieces;
}

/** Whether a device reaches every byte of a stretch: ddi_dma_attr(9S) AD-1 and AD-2, inclusive. */
export function inReach(attr: ddi_dma_attr_t, { address, length }: Piece): boolean {
  return address >= attr.dma_attr_addr_lo && address + length - 1n <= attr.dma_attr_addr_hi;
}

/**
 * The longest stretch one entry may cover from an address on.
 *
 * @param at - where the entry begins
 * @param left - bytes of the piece from there on
 * @param attr - the set
 * @returns bytes; 0 when no entry may begin there
 */
export function longestEntry(at: bigint, left: bigint, attr: ddi_dma_attr_t): bigint {
  let most = attr.dma_attr_count_max + 1n;
  const block = attr.dma_attr_seg + 1n;
  const toBoundary = block - (at % block);
  if (toBoundary < most) most = toBoundary;
  if (left <= most) return left;
  // The next entry begins where this one ends, and has to begin as well aligned
  // (ddi_dma_attr(9S) AL-1, ddi_dma_addr_bind_handle(9F) NT-2: in all respects).
  const end = at + most;
  const aligned = end - (end % attr.dma_attr_align);
  return aligned > at ? aligned - at : 0n;
}

/** How many entries a piece needs at least, `null` when no number of them will do. */
function entriesFor(piece: Piece, attr: ddi_dma_attr_t): bigint | null {
  let entries = 0n;
  let at = piece.address;
  let left = piece.length;
  while (left > 0n) {
    const length = longestEntry(at, left, attr);
    if (length === 0n) return null;
    entries += 1n;
    at += length;
    left -= length;
  }
  return entries;
}

/**
 * Everything that stands in the way of one list for a whole object on its own frames.
 *
 * @param attr - a set ddi_dma_alloc_handle(9F) accepts
 * @param object - the object
 * @returns the obstacles; none when such a list exists
 */
export function obstaclesTo(attr: ddi_dma_attr_t, object: ObjectUnderTest): readonly Obstacle[] {
  const pieces = piecesOf(object);
  return [...outOfReach(attr, pieces), ...obstaclesToList(attr, pieces)];
}

/**
 * What stands in the way of one list of pieces that are all within reach.
 *
 * @param attr - a set ddi_dma_alloc_handle(9F) accepts
 * @param pieces - what the list has to name
 * @returns the obstacles; none when such a list exists
 */
export function obstaclesToList(
  attr: ddi_dma_attr_t,
  pieces: readonly Piece[],
): readonly Obstacle[] {
  const length = pieces.reduce((sum, p) => sum + p.length, 0n);
  return [
    ...misaligned(attr, pieces),
    ...tooManyEntries(attr, pieces),
    ...tooLong(attr, length),
    ...notGranular(attr, length),
  ];
}

function outOfReach(attr: ddi_dma_attr_t, pieces: readonly Piece[]): readonly Obstacle[] {
  const found: Obstacle[] = [];
  const low = pieces.find((p) => p.address < attr.dma_attr_addr_lo);
  if (low !== undefined) {
    const message = `bytes at ${hex(low.address)}, below the lowest address`;
    found.push({ field: 'dma_attr_addr_lo', clause: 'ddi_dma_attr.9s/AD-1', message });
  }
  const high = pieces.find((p) => p.address + p.length - 1n > attr.dma_attr_addr_hi);
  if (high !== undefined) {
    const last = high.address + high.length - 1n;
    const message = `bytes up to ${hex(last)}, beyond the highest address`;
    found.push({ field: 'dma_attr_addr_hi', clause: 'ddi_dma_attr.9s/AD-2', message });
  }
  return found;
}

function misaligned(attr: ddi_dma_attr_t, pieces: readonly Piece[]): readonly Obstacle[] {
  const crooked = pieces.find((p) => p.address % attr.dma_attr_align !== 0n);
  if (crooked === undefined) return [];
  const message = `a piece begins at ${hex(crooked.address)}, not aligned`;
  return [{ field: 'dma_attr_align', clause: 'ddi_dma_attr.9s/AL-1', message }];
}

function tooManyEntries(attr: ddi_dma_attr_t, pieces: readonly Piece[]): readonly Obstacle[] {
  // ddi_dma_attr(9S) SL-1: a negative length of the list is no limit at all.
  const most = attr.dma_attr_sgllen < 0 ? null : BigInt(attr.dma_attr_sgllen);
  const because = (field: AttrField, group: string, message: string): readonly Obstacle[] => [
    { field, clause: `ddi_dma_attr.9s/${group}`, message },
  ];
  const needed = countEntries(attr, pieces);
  if (needed === null) {
    return because('dma_attr_count_max', 'CM-1', 'the counter holds less than one aligned entry');
  }
  if (most === null || needed <= most) return [];
  const said = `needs ${needed} entries, ${most} are allowed`;
  // The field at fault is the one without which the object would fit: the list when the memory
  // itself lies in too many pieces, otherwise the limit that cuts the pieces.
  const pieceCount = BigInt(pieces.length);
  if (pieceCount > most) {
    return because('dma_attr_sgllen', 'SL-4', `lies in ${pieceCount} pieces and ${said}`);
  }
  const uncut = countEntries({ ...attr, dma_attr_count_max: 0xffff_ffff_ffff_ffffn }, pieces);
  return uncut !== null && uncut <= most
    ? because('dma_attr_count_max', 'CM-2', `${said}: the counter cuts it`)
    : because('dma_attr_seg', 'SG-2', `${said}: the segment boundary cuts it`);
}

function countEntries(attr: ddi_dma_attr_t, pieces: readonly Piece[]): bigint | null {
  let entries = 0n;
  for (const piece of pieces) {
    const n = entriesFor(piece, attr);
    if (n === null) return null;
    entries += n;
  }
  return entries;
}

function tooLong(attr: ddi_dma_attr_t, length: bigint): readonly Obstacle[] {
  if (length <= attr.dma_attr_maxxfer) return [];
  const message = `${length} bytes, at most ${attr.dma_attr_maxxfer} in one transfer`;
  return [{ field: 'dma_attr_maxxfer', clause: 'ddi_dma_attr.9s/MX-4', message }];
}

function notGranular(attr: ddi_dma_attr_t, length: bigint): readonly Obstacle[] {
  if (length % BigInt(attr.dma_attr_granular) === 0n) return [];
  const message = `${length} bytes is not a multiple of ${attr.dma_attr_granular}`;
  return [{ field: 'dma_attr_granular', clause: 'ddi_dma_attr.9s/GR-4', message }];
}

function hex(value: bigint): string {
  return `0x${value.toString(16)}`;
}
