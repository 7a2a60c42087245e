/**
 * What stands in the way of a legal list, from page frames and attributes alone.
 *
 * An object is a row of bytes; the frames behind its pages make it a row of *pieces*, stretches of
 * consecutive bus addresses. From the pieces and the sentences of ddi_dma_attr(9S) it follows
 * whether any list of one window exists. Nothing here looks at what a binder did.
 *
 * Two remedies exist when none does: to *bounce*, that is to copy through memory the device can
 * reach, and to cut the object into *windows*. Which of the two would help belongs to the answer.
 */
import type { ddi_dma_attr_t } from '../sys/types.js';

/** The page size of the platforms there are, in bytes. */
const PAGE = 4096n;

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

/** Why no list of one window exists. */
export interface Obstacle {
  /** The field at fault. */
  readonly field: AttrField;
  /** The clause that gives the field its meaning. */
  readonly clause: string;
  /** What would help; `none`: the request itself is the mistake. */
  readonly remedy: 'bounce' | 'windows' | 'none';
  /** Value and bound, as a sentence. */
  readonly message: string;
}

/**
 * The pieces of an object in the order of its bytes.
 *
 * @param object - the object
 * @returns its pieces, each as long as it can be
 */
export function piecesOf(object: ObjectUnderTest): readonly Piece[] {
  const pieces: { address: bigint; length: bigint }[] = [];
  const end = BigInt(object.va) + BigInt(object.length);
  let at = BigInt(object.va);
  while (at < end) {
    const pageEnd = (at / PAGE + 1n) * PAGE;
    const length = (pageEnd < end ? pageEnd : end) - at;
    const address = BigInt(object.pfnOf(Number(at))) * PAGE + (at % PAGE);
    const last = pieces.at(-1);
    if (last !== undefined && last.address + last.length === address) last.length += length;
    else pieces.push({ address, length });
    at += length;
  }
  return pieces;
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
 * Everything that stands in the way of one list for a whole object.
 *
 * @param attr - a set ddi_dma_alloc_handle(9F) accepts
 * @param object - the object
 * @returns the obstacles; none when a legal list of one window exists
 */
export function obstaclesTo(attr: ddi_dma_attr_t, object: ObjectUnderTest): readonly Obstacle[] {
  const pieces = piecesOf(object);
  return [
    ...outOfReach(attr, pieces),
    ...tooManyEntries(attr, pieces),
    ...badTotal(attr, BigInt(object.length)),
  ];
}

function outOfReach(attr: ddi_dma_attr_t, pieces: readonly Piece[]): readonly Obstacle[] {
  const found: Obstacle[] = [];
  const bounce = (field: AttrField, group: string, message: string): void => {
    found.push({ field, clause: `ddi_dma_attr.9s/${group}`, remedy: 'bounce', message });
  };
  const low = pieces.find((p) => p.address < attr.dma_attr_addr_lo);
  if (low !== undefined) {
    bounce('dma_attr_addr_lo', 'AD-1', `bytes at ${hex(low.address)}, below the lowest address`);
  }
  const high = pieces.find((p) => p.address + p.length - 1n > attr.dma_attr_addr_hi);
  if (high !== undefined) {
    const last = high.address + high.length - 1n;
    bounce('dma_attr_addr_hi', 'AD-2', `bytes up to ${hex(last)}, beyond the highest address`);
  }
  const crooked = pieces.find((p) => p.address % attr.dma_attr_align !== 0n);
  if (crooked !== undefined) {
    bounce('dma_attr_align', 'AL-1', `a piece begins at ${hex(crooked.address)}, not aligned`);
  }
  return found;
}

function tooManyEntries(attr: ddi_dma_attr_t, pieces: readonly Piece[]): readonly Obstacle[] {
  // ddi_dma_attr(9S) SL-1: a negative length of the list is no limit at all.
  const most = attr.dma_attr_sgllen < 0 ? null : BigInt(attr.dma_attr_sgllen);
  const windows = (field: AttrField, group: string, message: string): readonly Obstacle[] => [
    { field, clause: `ddi_dma_attr.9s/${group}`, remedy: 'windows', message },
  ];
  const needed = countEntries(attr, pieces);
  if (needed === null) {
    return windows('dma_attr_count_max', 'CM-1', 'the counter holds less than one aligned entry');
  }
  if (most === null || needed <= most) return [];
  const said = `needs ${needed} entries, ${most} are allowed`;
  // The field at fault is the one without which the object would fit: the list when the memory
  // itself lies in too many pieces, otherwise the limit that cuts the pieces.
  const pieceCount = BigInt(pieces.length);
  if (pieceCount > most) {
    return windows('dma_attr_sgllen', 'SL-4', `lies in ${pieceCount} pieces and ${said}`);
  }
  const uncut = countEntries({ ...attr, dma_attr_count_max: 0xffff_ffff_ffff_ffffn }, pieces);
  return uncut !== null && uncut <= most
    ? windows('dma_attr_count_max', 'CM-2', `${said}: the counter cuts it`)
    : windows('dma_attr_seg', 'SG-2', `${said}: the segment boundary cuts it`);
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

function badTotal(attr: ddi_dma_attr_t, length: bigint): readonly Obstacle[] {
  const found: Obstacle[] = [];
  if (length > attr.dma_attr_maxxfer) {
    found.push({
      field: 'dma_attr_maxxfer',
      clause: 'ddi_dma_attr.9s/MX-4',
      remedy: 'windows',
      message: `${length} bytes, at most ${attr.dma_attr_maxxfer} in one transfer`,
    });
  }
  if (length % BigInt(attr.dma_attr_granular) !== 0n) {
    found.push({
      field: 'dma_attr_granular',
      clause: 'ddi_dma_attr.9s/GR-4',
      remedy: 'none',
      message: `${length} bytes is not a multiple of ${attr.dma_attr_granular}`,
    });
  }
  return found;
}

function hex(value: bigint): string {
  return `0x${value.toString(16)}`;
}
