/**
 * The allocated segments of an arena, hashed so that both an address's first unit and any address
 * inside a segment lead to it.
 *
 * A segment of 2^k up to 2^(k+1) - 1 units is hashed by k and by the number of the block of
 * 2^(k+1) units its first unit lies in. Two facts follow.
 *
 *   (1) Freeing knows address and size, hence k and block: one chain. Allocated segments do not
 *       overlap, so at most two of the same k begin in one block.
 *   (2) A segment of that k that contains address a begins in a's block or in the one before.
 *
 * So `containing(a)` looks up two blocks for each k that any allocated segment has at the moment:
 * as many steps as the sizes have powers of two (54 at most), however many segments there are, and
 * nothing is kept up for its sake.
 *
 * The table doubles when segments outnumber chains and never shrinks: 4 bytes a chain.
 */
import { NONE, type Segments } from './segments.js';

/** Chains of a new table. */
const FIRST_CHAINS = 64;
/** 2^32 divided by the golden ratio, odd: spreads neighbouring blocks over the table. */
const SPREAD = 0x9e3779b1 | 0;
const TWO_32 = 2 ** 32;
/** Multiplied, since dividing takes several times as long and V8 does not see the power of two. */
const PER_TWO_32 = 2 ** -32;

/** Powers of two an asked size can reach. */
const POWERS = 64;

/** Hash of the allocated segments of one arena. */
export class AllocatedTable {
  private readonly segments: Segments;
  private chains = new Int32Array(FIRST_CHAINS);
  /** 32 less log2 of the number of chains: the hash is the product's upper bits. */
  private shift = 32 - Math.log2(FIRST_CHAINS);
  private count = 0;
  /** Allocated segments by k. */
  private readonly perPower = new Int32Array(POWERS);
  /** 2^-(k+1) by k: an address times this is its block, and a fraction. */
  private readonly perBlock = Float64Array.from({ length: POWERS }, (_, k) => 2 ** -(k + 1));

  constructor(segments: Segments) {
    this.segments = segments;
  }

  /** Enters an allocated segment. */
  insert(id: number): void {
    if (this.count === this.chains.length) this.grow();
    this.count++;
    const { segments, perPower, chains } = this;
    const k = powerOf(segments.asked(id));
    perPower[k] = (perPower[k] as number) + 1;
    const chain = this.chainOf(k, segments.base(id) * (this.perBlock[k] as number));
    segments.setNext(id, chains[chain] as number);
    chains[chain] = id;
  }

  /**
   * Takes out the segment with this very address and size.
   *
   * @returns its id, or `NONE` when there is no such segment
   */
  remove(addr: number, asked: number): number {
    const { segments, perPower, chains } = this;
    const k = powerOf(asked);
    const chain = this.chainOf(k, addr * (this.perBlock[k] as number));
    let before = NONE;
    let id = chains[chain] as number;
    while (id !== NONE && segments.base(id) !== addr) {
      before = id;
      id = segments.next(id);
    }
    if (id === NONE || segments.asked(id) !== asked) return NONE;
    if (before === NONE) chains[chain] = segments.next(id);
    else segments.setNext(before, segments.next(id));
    this.count--;
    perPower[k] = (perPower[k] as number) - 1;
    return id;
  }

  /**
   * The segment whose asked units include an address.
   *
   * @returns its id, or `NONE` when the address is free or outside
   */
  containing(addr: number): number {
    for (let k = 0; k < POWERS; k++) {
      if (this.perPower[k] === 0) continue;
      const block = Math.floor(addr * (this.perBlock[k] as number));
      const here = this.inBlock(addr, k, block);
      if (here !== NONE) return here;
      if (block === 0) continue;
      const before = this.inBlock(addr, k, block - 1);
      if (before !== NONE) return before;
    }
    return NONE;
  }

  /** Forgets every segment. */
  clear(): void {
    this.chains.fill(NONE);
    this.perPower.fill(0);
    this.count = 0;
  }

  private inBlock(addr: number, k: number, block: number): number {
    const { segments } = this;
    let id = this.chains[this.chainOf(k, block)] as number;
    while (id !== NONE) {
      const off = addr - segments.base(id);
      if (off >= 0 && off < segments.asked(id)) return id;
      id = segments.next(id);
    }
    return NONE;
  }

  private chainOf(k: number, block: number): number {
    // `| 0` keeps the low 32 bits of a block's number and drops the fraction; the bits above are
    // folded in.
    const mixed = (block | 0) ^ Math.imul(((block * PER_TWO_32) | 0) + k, SPREAD);
    return Math.imul(mixed, SPREAD) >>> this.shift;
  }

  private grow(): void {
    const old = this.chains;
    this.chains = new Int32Array(old.length * 2);
    this.shift--;
    this.perPower.fill(0);
    this.count = 0;
    for (const head of old) {
      for (let id = head, next; id !== NONE; id = next) {
        next = this.segments.next(id);
        this.insert(id);
      }
    }
  }
}

/** The k for which 2^k \<= n \< 2^(k+1). */
function powerOf(n: number): number {
  return n < TWO_32 ? 31 - Math.clz32(n) : 63 - Math.clz32(n * PER_TWO_32);
}
