/**
 * The segments of an arena: records in one buffer, linked in address order and, while free, in
 * lists by size.
 *
 * 1. Records
 *
 *    A record is 40 bytes, three float64 and four int32, seen through two typed arrays over the
 *    same buffer. A segment's id is the index of its record in `ints`, an even number; half of it
 *    is the index in `floats`. The buffer doubles when it is full and never shrinks: at most 80
 *    bytes for each segment there was at the worst moment.
 *
 *    Id 0 is nobody: the neighbour beyond a span's end, the successor of a list's last member. It
 *    has a record too, which takes what is written to a neighbour that does not exist; so links
 *    are set without asking, and as it is never free nothing joins with it.
 *
 * 2. Size classes
 *
 *    A class is a power of two and one of its 32 equal parts, the extents from (32 + j) / 32 * 2^k
 *    up to the next part. Up to 64 quanta only one extent of a class can occur; above, the extents
 *    of a class differ by less than 1/32. Written as a float64 an extent carries its class in its
 *    exponent and five leading mantissa bits: one shift finds it, for 2^53 as for 1.
 *
 * 3. Lists
 *
 *    After nobody's record come the heads of the free lists, one per class; the index of the head
 *    is the list's name. One bitmap word per power of two has a bit for each of its lists that is
 *    not empty, and a summary a bit for each such word that is not 0: the first list with members
 *    from any class on is found in constant time. A list is last in, first out: what was freed last
 *    is likeliest in the cache.
 *
 *    A member knows the place of the link that names it. Taking it out needs no case for the head,
 *    and that the link stands among the heads tells which list may be empty now.
 *
 * Heads, bitmaps and records share a buffer because it is fast: in compiled JavaScript each further
 * array costs half a dozen instructions before its first element is read, and imported constants
 * are loaded at every use; hence also all of this in one file. The arrays are replaced when the
 * buffer grows, in `reserve` and nowhere else: nobody may hold one across it.
 */

/** The id that names no segment. */
export const NONE = 0;

/** The list that does not exist. */
export const NO_LIST = 0;

/** Length of a record in `ints`. */
const RECORD = 10;

// A record's float64, counted from id >> 1. They hold every integer up to 2^53; no integer array
// does. ASKED is 0 in a free segment, since nobody may ask for nothing.
const BASE = 0;
const EXTENT = 1;
const ASKED = 2;

// Its int32, counted from id. NEXT and BACK serve a free segment in its list, NEXT an allocated one
// in its hash chain: it is never in both. BACK is the index of the link that names the segment.
const NEXT = 6;
const BACK = 7;
const LOWER = 8;
const UPPER = 9;

/** log2 of the lists per power of two: as many as a bitmap word has bits. */
const PARTS_SHIFT = 5;
/** The list of class 0: past nobody's record, and 0 modulo 32 so that a list tells its bit. */
const HEADS = 32;
/** 2^0 to 2^62, more than the 2^53 an extent can reach. */
const HEADS_END = 64 << PARTS_SHIFT;
/** The bitmap words: that of a list is as many words on as the list's name has 32s. */
const PARTS = HEADS_END;
const SUMMARY = PARTS + 64;
/** First of the records given back. */
const SPARE = SUMMARY + 2;
/** First record never used. */
const UNUSED = SPARE + 1;
/** A float64 to take apart. */
const SCRATCH = UNUSED + 1;
/** Index of the first record that is a segment's. */
const TABLE = SCRATCH + 2;

/** First room, in segments: small enough for a short-lived test arena. */
const FIRST_ROOM = 64;

/** Bits of a float64's upper half below the class: 20 of mantissa, less the five of the class. */
const BELOW_CLASS = 15;
const BELOW_CLASS_MASK = (1 << BELOW_CLASS) - 1;
/** The class bits of 1.0, whose biased exponent is 1023, less the list of class 0. */
const TO_LIST = (1023 << PARTS_SHIFT) - HEADS;
/** Which half of a float64 is the upper one, 0 or 1: depends on the host's byte order. */
const UPPER_HALF = new Int32Array(Float64Array.of(1).buffer)[0] === 0 ? 1 : 0;

/** All segments of one arena. */
export class Segments {
  private floats = new Float64Array((TABLE + FIRST_ROOM * RECORD) / 2);
  private ints = new Int32Array(this.floats.buffer);

  constructor() {
    this.clear();
  }

  /** First unit of a segment. */
  base(id: number): number {
    return this.floats[(id >> 1) + BASE] as number;
  }

  /** Units a segment covers. */
  extent(id: number): number {
    return this.floats[(id >> 1) + EXTENT] as number;
  }

  /** Units the caller asked for; 0 if the segment is free. */
  asked(id: number): number {
    return this.floats[(id >> 1) + ASKED] as number;
  }

  /** The next segment of the free list or the hash chain. */
  next(id: number): number {
    return this.ints[id + NEXT] as number;
  }

  /** Sets the next segment of the hash chain. */
  setNext(id: number, next: number): void {
    this.ints[id + NEXT] = next;
  }

  /** The segment of the same span that begins where this one ends. */
  upper(id: number): number {
    return this.ints[id + UPPER] as number;
  }

  /** The list for segments of this extent. */
  listOf(extent: number): number {
    const { ints, floats } = this;
    floats[SCRATCH >> 1] = extent;
    return ((ints[SCRATCH + UPPER_HALF] as number) >>> BELOW_CLASS) - TO_LIST;
  }

  /** The first segment of a list. */
  head(list: number): number {
    return this.ints[list] as number;
  }

  /** The first list from this one on that has members, or `NO_LIST`. */
  listFrom(list: number): number {
    return listFrom(this.ints, list);
  }

  /**
   * Finds a segment in constant time.
   *
   * @param extent - how long it must be at least
   * @returns the head of the first list all of whose members are as long; `NONE` when there is no
   * such list, though a segment of the class of `extent` itself may be
   */
  surely(extent: number): number {
    const { ints, floats } = this;
    floats[SCRATCH >> 1] = extent;
    const upper = ints[SCRATCH + UPPER_HALF] as number;
    const lower = ints[SCRATCH + 1 - UPPER_HALF] as number;
    // Smallest of its class, so no member can be smaller; otherwise only the next class is sure.
    const own = ((upper & BELOW_CLASS_MASK) | lower) === 0;
    // The head of no list is nobody: NO_LIST stands in a record that names none.
    return ints[listFrom(ints, (upper >>> BELOW_CLASS) - TO_LIST + (own ? 0 : 1))] as number;
  }

  /**
   * Makes room for two more segments, as many as one claim makes.
   *
   * @returns whether the room had to be doubled
   */
  reserve(): boolean {
    if ((this.ints[UNUSED] as number) + 2 * RECORD <= this.ints.length) return false;
    this.grow();
    return true;
  }

  /**
   * Makes the first segment of a span, a free one.
   *
   * @param base - its first unit
   * @param extent - the units it covers
   * @returns its id
   */
  span(base: number, extent: number): number {
    this.reserve();
    const { ints, floats } = this;
    // Nobody's upper neighbour is whatever was written last.
    ints[NONE + UPPER] = NONE;
    const id = create(ints, floats, NONE, base);
    floats[(id >> 1) + EXTENT] = extent;
    enlist(ints, id);
    return id;
  }

  /**
   * Allocates part of a free segment; what is below and above it stays free. There must be room.
   *
   * The lowest part keeps the id: thereby the first segment of a span has one id for ever, and a
   * span can be walked from it.
   *
   * @param id - the free segment
   * @param at - first unit to allocate
   * @param extent - units to allocate
   * @param asked - what to remember of the request
   * @returns the id of the allocated segment
   */
  claim(id: number, at: number, extent: number, asked: number): number {
    const { ints, floats } = this;
    delist(ints, id);
    const below = at - (floats[(id >> 1) + BASE] as number);
    const above = (floats[(id >> 1) + EXTENT] as number) - below - extent;
    let claimed = id;
    if (below !== 0) {
      floats[(id >> 1) + EXTENT] = below;
      enlist(ints, id);
      claimed = create(ints, floats, id, at);
    }
    floats[(claimed >> 1) + EXTENT] = extent;
    floats[(claimed >> 1) + ASKED] = asked;
    if (above !== 0) {
      const rest = create(ints, floats, claimed, at + extent);
      floats[(rest >> 1) + EXTENT] = above;
      enlist(ints, rest);
    }
    return claimed;
  }

  /**
   * Frees an allocated segment and joins it with the neighbours that are free.
   *
   * @param id - the allocated segment, an id that may be another's afterwards
   */
  release(id: number): void {
    const { ints, floats } = this;
    let extent = floats[(id >> 1) + EXTENT] as number;
    let upper = ints[id + UPPER] as number;
    if (floats[(upper >> 1) + ASKED] === 0) {
      extent += floats[(upper >> 1) + EXTENT] as number;
      const gone = upper;
      upper = ints[gone + UPPER] as number;
      delist(ints, gone);
      discard(ints, gone);
    }
    let whole = ints[id + LOWER] as number;
    if (floats[(whole >> 1) + ASKED] === 0) {
      extent += floats[(whole >> 1) + EXTENT] as number;
      delist(ints, whole);
      discard(ints, id);
    } else whole = id;
    floats[(whole >> 1) + EXTENT] = extent;
    floats[(whole >> 1) + ASKED] = 0;
    ints[whole + UPPER] = upper;
    ints[upper + LOWER] = whole;
    enlist(ints, whole);
  }

  /** Forgets every segment. Ids and lists come as from new storage again. */
  clear(): void {
    this.ints.fill(0, 0, TABLE);
    this.ints[UNUSED] = TABLE;
    this.floats[(NONE >> 1) + ASKED] = 1;
  }

  private grow(): void {
    const records = this.ints.length - TABLE;
    const floats = new Float64Array((TABLE + 2 * records) / 2);
    floats.set(this.floats);
    this.floats = floats;
    this.ints = new Int32Array(floats.buffer);
  }
}

/** Makes a free segment, of no extent yet and in no list, above another one of the same span. */
function create(ints: Int32Array, floats: Float64Array, lower: number, base: number): number {
  // The record given back last is likeliest in the cache.
  let id = ints[SPARE] as number;
  if (id !== NONE) ints[SPARE] = ints[id + NEXT] as number;
  else {
    id = ints[UNUSED] as number;
    ints[UNUSED] = id + RECORD;
  }
  floats[(id >> 1) + BASE] = base;
  floats[(id >> 1) + ASKED] = 0;
  const upper = ints[lower + UPPER] as number;
  ints[id + LOWER] = lower;
  ints[id + UPPER] = upper;
  ints[lower + UPPER] = id;
  ints[upper + LOWER] = id;
  return id;
}

/** Gives back a record. */
function discard(ints: Int32Array, id: number): void {
  ints[id + NEXT] = ints[SPARE] as number;
  ints[SPARE] = id;
}

/** Puts a free segment at the head of its list. */
function enlist(ints: Int32Array, id: number): void {
  const upperHalf = ints[id + 2 * EXTENT + UPPER_HALF] as number;
  const list = (upperHalf >>> BELOW_CLASS) - TO_LIST;
  const second = ints[list] as number;
  ints[list] = id;
  ints[id + NEXT] = second;
  ints[id + BACK] = list;
  ints[second + BACK] = id + NEXT;
  // Whether or not the bits are set: storing is cheaper than a branch that goes either way.
  const word = PARTS + (list >>> 5);
  ints[word] = (ints[word] as number) | (1 << list);
  const sum = SUMMARY + (list >>> 10);
  ints[sum] = (ints[sum] as number) | (1 << (list >>> 5));
}

/** Takes a free segment out of its list. */
function delist(ints: Int32Array, id: number): void {
  const next = ints[id + NEXT] as number;
  const back = ints[id + BACK] as number;
  ints[back] = next;
  ints[next + BACK] = back;
  if (next === NONE && back < HEADS_END) unmark(ints, back);
}

/** Clears the bits of a list that has become empty. */
function unmark(ints: Int32Array, list: number): void {
  const word = PARTS + (list >>> 5);
  const left = (ints[word] as number) & ~(1 << list);
  ints[word] = left;
  if (left !== 0) return;
  const sum = SUMMARY + (list >>> 10);
  ints[sum] = (ints[sum] as number) & ~(1 << (list >>> 5));
}

function listFrom(ints: Int32Array, list: number): number {
  const word = list >>> 5;
  const here = (ints[PARTS + word] as number) & (-1 << list);
  if (here !== 0) return (word << 5) + lowestBit(here);
  const above = wordAfter(ints, word);
  return above === 0 ? NO_LIST : (above << 5) + lowestBit(ints[PARTS + above] as number);
}

/** The first bitmap word after this one that is not 0; 0 when there is none. */
function wordAfter(ints: Int32Array, word: number): number {
  // The bits above `word`; -2 << 31 is 0, none.
  const half = word >>> 5;
  const rest = (ints[SUMMARY + half] as number) & (-2 << word);
  if (rest !== 0) return (half << 5) + lowestBit(rest);
  const high = ints[SUMMARY + 1] as number;
  return half === 0 && high !== 0 ? 32 + lowestBit(high) : 0;
}

/** The number of the lowest bit that is set; `word` is not 0. */
function lowestBit(word: number): number {
  return 31 - Math.clz32(word & -word);
}
