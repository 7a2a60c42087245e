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
 * So `containing(a)` looks up two blocks for each k from the smallest to the largest size there has
 * been: twice as many steps as there are powers of two between them (54 at most), however many
 * segments there are, and nothing is kept up for its sake but these two bounds.
 *
 * The table doubles with the room for segments, so chains stay short, and never shrinks: 4 bytes a
 * chain.
 */
import { NONE, type Segments } from './segments.js';

/** Chains of a new table. */
const FIRST_CHAINS = 64;
/** 2^32 divided by the golden ratio, odd: spreads neighbouring blocks over the table. */
const SPREAD = 0x9e3779b1 | 0;
const TWO_32 = 2 ** 32;
/** A number times this is itself plus its bits above 2^32, and a fraction. */
const FOLD = 1 + 1 / TWO_32;
/** Powers of two an asked size can reach. */
const POWERS = 64;

/** Hash of the allocated segments of one arena. */
export class AllocatedTable {
  private readonly segments: Segments;
  private chains = new Int32Array(FIRST_CHAINS);
  /** 32 less log2 of the number of chains: the hash is the product's upper bits. */
  private shift = 32 - Math.log2(FIRST_CHAINS);
  /** The range of k there has been since the table was empty. */
  private lowest = POWERS;
  private highest = -1;
  /** 2^-(k+1) by k: an address times this is its block's number, and a fraction. */
  private readonly perBlock = Float64Array.from({ length: POWERS }, (_, k) => 2 ** -(k + 1));

  constructor(segments: Segments) {
    this.segments = segments;
  }

  /** Enters an allocated segment. */
  insert(id: number): void {
    const { segments, chains } = this;
    const k = powerOf(segments.asked(id));
    if (k < this.lowest) this.lowest = k;
    if (k > this.highest) this.highest = k;
    const chain = this.chainOf(k, segments.base(id));
    segments.setNext(id, chains[chain] as number);
    chains[chain] = id;
  }

  /**
   * Takes out the segment with this very address and size.
   *
   * @returns its id, or `NONE` when there is no such segment
   */
  remove(addr: number, asked: number): number {
    const { segments, chains } = this;
    const k = powerOf(asked);
    const chain = this.chainOf(k, addr);
    let before = NONE;
    let id = chains[chain] as number;
    while (id !== NONE && segments.base(id) !== addr) {
      before = id;
      id = segments.next(id);
    }
    if (id === NONE || segments.asked(id) !== asked) return NONE;
    if (before === NONE) chains[chain] = segments.next(id);
    else segments.setNext(before, segments.next(id));
    return id;
  }

  /**
   * The segment whose asked units include an address.
   *
   * @returns its id, or `NONE` when the address is free or outside
   */
  containing(addr: number): number {
    for (let k = this.lowest; k <= this.highest; k++) {
      const here = this.inChain(this.chainOf(k, addr), addr);
      if (here !== NONE) return here;
      const blockBelow = addr - 2 ** (k + 1);
      const below = blockBelow < 0 ? NONE : this.inChain(this.chainOf(k, blockBelow), addr);
      if (below !== NONE) return below;
    }
    return NONE;
  }

  /** Doubles the number of chains. */
  grow(): void {
    const old = this.chains;
    this.chains = new Int32Array(old.length * 2);
    this.shift--;
    for (const head of old) {
      for (let id = head, next; id !== NONE; id = next) {
        next = this.segments.next(id);
        this.insert(id);
      }
    }
  }

  /** Forgets every segment. */
  clear(): void {
    this.chains.fill(NONE);
    this.lowest = POWERS;
    this.highest = -1;
  }

  private inChain(chain: number, addr: number): number {
    const { segments } = this;
    let id = this.chains[chain] as number;
    while (id !== NONE) {
      const off = addr - segments.base(id);
      if (off >= 0 && off < segments.asked(id)) return id;
      id = segments.next(id);
    }
    return NONE;
  }

  /** The chain for segments of this k that begin in the block of an address. */
  private chainOf(k: number, addr: number): number {
    const block = Math.floor(addr * (this.perBlock[k] as number));
    // `| 0` keeps the low 32 bits of a number; multiplying first adds those above to them.
    return Math.imul(((block * FOLD) | 0) + k, SPREAD) >>> this.shift;
  }
}

/** The k for which 2^k \<= n \< 2^(k+1). */
function powerOf(n: number): number {
  return n < TWO_32 ? 31 - Math.clz32(n) : 63 - Math.clz32(n / TWO_32);
}
