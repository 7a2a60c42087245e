/**
 * Choices: the one door through which nondeterminism enters a machine.
 *
 * A *choice* is a question with `n` answers, asked by *kind* (`frame`, `alignment`, ...). A
 * *chooser* answers it. Each kind has a stream of its own, derived from the seed and the name of
 * the kind, so that a new kind of question, or one more question of an old kind, never moves the
 * answers of another kind. A question with one answer is no choice: it is neither drawn nor logged.
 *
 * What is logged can be replayed. A replay that is asked another question than the log holds has
 * diverged, and says where: the driver or the model is not a function of the choices.
 */
import { ModelBug } from '../sys/errors.js';

/** One answered question. */
export interface Choice {
  /** What was asked. */
  readonly kind: string;
  /** How many answers there were, at least 2. */
  readonly n: number;
  /** The answer, 0 to n - 1. */
  readonly chosen: number;
}

/** Whoever answers a machine's questions. */
export interface Chooser {
  /**
   * Answers one question.
   *
   * @param kind - the name of the question; questions of one kind form one stream
   * @param n - the number of answers, 1 to 2^32
   * @returns an integer from 0 to n - 1
   */
  choose(kind: string, n: number): number;
  /** The seed, of one that has a seed. */
  readonly seed?: number;
  /** The choices made so far, oldest first, of one that keeps a log. */
  readonly log?: readonly Choice[];
  /** Whether choices were made that the log no longer holds. */
  readonly logTruncated?: boolean;
}

/**
 * Choices a log keeps before it stops recording. Four megabytes and a run of some seconds: what is
 * longer is replayed from its seed, not from its log.
 */
export const LOG_LIMIT = 1 << 20;

/** The most answers a question can have: one 32-bit draw decides it. 2^32 frames are 16 TiB. */
const MAX_ANSWERS = 0x1_0000_0000;

/** Answers from pseudorandom streams, one per kind, all derived from one seed. */
export class SeededChooser implements Chooser {
  /** The seed everything is derived from. */
  readonly seed: number;
  readonly #logLimit: number;
  readonly #streams = new Map<string, Stream>();
  readonly #kinds: Stream[] = [];
  #entries = new Uint32Array(3 * 64);
  #count = 0;
  #truncated = false;

  /**
   * @param seed - a safe integer
   * @param options - `logLimit`: choices to record, {@link LOG_LIMIT} unless told; 0 for none
   */
  constructor(seed: number, options: { readonly logLimit?: number } = {}) {
    if (!Number.isSafeInteger(seed)) {
      throw new ModelBug(`the seed ${String(seed)} is not a safe integer`);
    }
    this.seed = seed;
    this.#logLimit = options.logLimit ?? LOG_LIMIT;
  }

  choose(kind: string, n: number): number {
    checkQuestion(kind, n);
    if (n === 1) return 0;
    let stream = this.#streams.get(kind);
    if (stream === undefined) {
      stream = new Stream(this.seed, kind, this.#kinds.length);
      this.#streams.set(kind, stream);
      this.#kinds.push(stream);
    }
    // The product is below 2^64 and rounds to 53 bits the same way on every computer; the quotient
    // stays below n because n / 2^32 exceeds what rounding can add.
    const chosen = Math.floor((stream.next() * n) / MAX_ANSWERS);
    this.#record(stream.ordinal, n, chosen);
    return chosen;
  }

  /** The choices made so far, oldest first, up to the log's limit. */
  get log(): Choice[] {
    const log: Choice[] = [];
    for (let i = 0; i < this.#count; i++) {
      const kind = this.#kinds[this.#entries[3 * i] ?? 0]?.kind ?? '';
      // n was stored less one, so that 2^32 fits.
      const n = (this.#entries[3 * i + 1] ?? 0) + 1;
      log.push({ kind, n, chosen: this.#entries[3 * i + 2] ?? 0 });
    }
    return log;
  }

  /** Whether choices were made that the log no longer holds. */
  get logTruncated(): boolean {
    return this.#truncated;
  }

  #record(ordinal: number, n: number, chosen: number): void {
    if (this.#count >= this.#logLimit) {
      this.#truncated = true;
      return;
    }
    const at = 3 * this.#count;
    if (at === this.#entries.length) {
      const grown = new Uint32Array(2 * this.#entries.length);
      grown.set(this.#entries);
      this.#entries = grown;
    }
    this.#entries[at] = ordinal;
    this.#entries[at + 1] = n - 1;
    this.#entries[at + 2] = chosen;
    this.#count++;
  }
}

/** A replay was asked something its log does not hold. */
export class ReplayDivergence extends Error {
  override readonly name = 'REPLAY_DIVERGENCE';
  /** The position in the log, from 0. */
  readonly position: number;

  constructor(position: number, message: string) {
    super(`choice ${String(position)}: ${message}`);
    this.position = position;
  }
}

/** Answers from a log, question by question, and refuses any other question. */
export class ReplayChooser implements Chooser {
  readonly #log: readonly Choice[];
  readonly #then: Chooser | undefined;
  #position = 0;

  /**
   * @param log - the choices to repeat
   * @param then - who answers after the end of the log; without it, a question more is a divergence
   */
  constructor(log: readonly Choice[], then?: Chooser) {
    this.#log = log;
    this.#then = then;
  }

  choose(kind: string, n: number): number {
    checkQuestion(kind, n);
    if (n === 1) return 0;
    const entry = this.#log[this.#position];
    if (entry === undefined) {
      if (this.#then !== undefined) return this.#then.choose(kind, n);
      throw new ReplayDivergence(
        this.#position,
        `the log ends here, the run asks "${kind}" of ${String(n)}`,
      );
    }
    if (entry.kind !== kind || entry.n !== n || entry.chosen >= n) {
      throw new ReplayDivergence(
        this.#position,
        `the log answered "${entry.kind}" of ${String(entry.n)}, ` +
          `the run asks "${kind}" of ${String(n)}`,
      );
    }
    this.#position++;
    return entry.chosen;
  }

  /** Choices of the log not yet asked for; a faithful replay ends with none. */
  get remaining(): number {
    return this.#log.length - this.#position;
  }
}

/** sfc32, seeded by seed and kind: 128 bits of state, 32 bits a draw, integer arithmetic only. */
class Stream {
  readonly kind: string;
  readonly ordinal: number;
  #a: number;
  #b: number;
  #c: number;
  #d = 1;

  constructor(seed: number, kind: string, ordinal: number) {
    this.kind = kind;
    this.ordinal = ordinal;
    let h = mix(seed | 0, Math.floor(seed / 0x1_0000_0000) | 0);
    for (let i = 0; i < kind.length; i++) h = mix(h, kind.charCodeAt(i));
    this.#a = h = mix(h, 0x243f6a88);
    this.#b = h = mix(h, 0x13198a2e);
    this.#c = mix(h, 0x03707344);
    // sfc's author asks for a dozen rounds until the state is well stirred.
    for (let i = 0; i < 12; i++) this.next();
  }

  next(): number {
    const t = (((this.#a + this.#b) | 0) + this.#d) | 0;
    this.#d = (this.#d + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = (this.#c << 21) | (this.#c >>> 11);
    this.#c = (this.#c + t) | 0;
    return t >>> 0;
  }
}

/** Stirs one word into a 32-bit hash; every bit of both reaches every bit of the result. */
function mix(h: number, word: number): number {
  let x = (h ^ Math.imul(word, 0x9e3779b1)) | 0;
  x = Math.imul(x ^ (x >>> 16), 0x85ebca6b);
  x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35);
  return ((x ^ (x >>> 16)) + 0x6d2b79f5) | 0;
}

function checkQuestion(kind: string, n: number): void {
  if (!Number.isInteger(n) || n < 1 || n > MAX_ANSWERS) {
    throw new ModelBug(`choice "${kind}" of ${String(n)}: there must be 1 to 2^32 answers`);
  }
}
