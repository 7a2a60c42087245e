/**
 * The trace: what happened, condensed to a number that proves two runs equal.
 *
 * A *record* is a kind and some integers. Records are not kept; they are stirred into two 32-bit
 * lanes by integer arithmetic alone, so that one run gives one hash on every computer. Observers
 * hear of *events* instead, which are richer and cost something: with no observer attached the
 * field `observers` is null, and whoever has an event to tell asks `observed` first.
 */
import { ModelBug } from '../sys/errors.js';
import type { MachineEvent, Observer } from '../sys/observer.js';

/** Observers of one machine: a person attaches a few; a thousand is a loop that attaches. */
export const OBSERVER_LIMIT = 1000;

/** Kinds whose hash is remembered: kinds are words of the program, not data. */
const KIND_LIMIT = 4096;

/** An event before it has its number. */
export type UnnumberedEvent = MachineEvent extends infer E
  ? E extends MachineEvent
    ? Omit<E, 'seq'>
    : never
  : never;

/** The trace of one machine. */
export class Trace {
  /** Who listens; null when nobody does. */
  observers: readonly Observer[] | null = null;
  readonly #kinds = new Map<string, number>();
  #a = 0x811c9dc5 | 0;
  #b = 0x7f4a7c15 | 0;
  #records = 0;
  #seq = 0;

  /** Whether anybody listens. */
  get observed(): boolean {
    return this.observers !== null;
  }

  /** Records stirred in so far. */
  get records(): number {
    return this.#records;
  }

  /**
   * Stirs one record in.
   *
   * @param kind - what happened: a word of the program
   * @param numbers - safe integers that say which and how much; fractions are cut off
   */
  note(kind: string | number, ...numbers: readonly number[]): void {
    this.#records++;
    this.#stir(typeof kind === 'string' ? this.#kindHash(kind) : kind | 0);
    // The length keeps (1)(2) apart from (1, 2).
    this.#stir(numbers.length);
    for (let i = 0; i < numbers.length; i++) this.#number(numbers[i] ?? 0);
  }

  /** As {@link Trace.note} with one number: what every call notes, without a list of numbers. */
  note1(kind: string, a: number): void {
    this.#records++;
    this.#stir(this.#kindHash(kind));
    this.#stir(1);
    this.#number(a);
  }

  /** As {@link Trace.note} with three numbers: what every register access notes. */
  note3(kind: string, a: number, b: number, c: number): void {
    this.#records++;
    this.#stir(this.#kindHash(kind));
    this.#stir(3);
    this.#number(a);
    this.#number(b);
    this.#number(c);
  }

  /**
   * Stirs a text in, character by character: for names that are data.
   *
   * @param kind - what happened: a word of the program
   * @param text - any string
   */
  noteText(kind: string, text: string): void {
    this.note(kind, hashText(text, 0), hashText(text, 0x2545f491), text.length);
  }

  /**
   * The hash of everything noted so far.
   *
   * @returns 16 hexadecimal digits
   */
  traceHash(): string {
    const a = finish(this.#a ^ this.#records);
    const b = finish(this.#b ^ a);
    return hex(a) + hex(b);
  }

  /**
   * Numbers an event and tells every observer. The caller has asked `observed` before.
   *
   * @param event - the event
   */
  emit(event: UnnumberedEvent): void {
    const numbered = { ...event, seq: ++this.#seq } as MachineEvent;
    if (this.observers === null) return;
    for (const observer of this.observers) observer.event(numbered);
  }

  /**
   * Attaches an observer. The list is replaced, not changed, so one may leave while it is told.
   *
   * @param observer - who listens from now on
   * @returns a function that detaches it again
   */
  observe(observer: Observer): () => void {
    const observers = this.observers ?? [];
    if (observers.length >= OBSERVER_LIMIT) {
      throw new ModelBug(`${String(OBSERVER_LIMIT)} observers are attached already`);
    }
    this.observers = [...observers, observer];
    return () => {
      const left = (this.observers ?? []).filter((o) => o !== observer);
      this.observers = left.length > 0 ? left : null;
    };
  }

  /** Forgets all records and starts counting events anew. Observers stay. */
  reset(): void {
    this.#a = 0x811c9dc5 | 0;
    this.#b = 0x7f4a7c15 | 0;
    this.#records = 0;
    this.#seq = 0;
  }

  #number(v: number): void {
    const low = v | 0;
    this.#stir(low);
    // A number that is not its own low half has another half. The bigger part of all records are
    // small numbers, for which one stir is enough; the mark keeps the two cases apart.
    if (low !== v) {
      this.#stir(0x5bd1e995);
      this.#stir(Math.floor(v / 0x1_0000_0000) | 0);
    }
  }

  #kindHash(kind: string): number {
    let h = this.#kinds.get(kind);
    if (h === undefined) {
      h = hashText(kind, 0);
      if (this.#kinds.size < KIND_LIMIT) this.#kinds.set(kind, h);
    }
    return h;
  }

  #stir(word: number): void {
    let k = Math.imul(word, 0xcc9e2d51);
    k = Math.imul((k << 15) | (k >>> 17), 0x1b873593);
    const a = this.#a ^ k;
    this.#a = (Math.imul((a << 13) | (a >>> 19), 5) + 0xe6546b64) | 0;
    let m = Math.imul(word ^ 0x3c6ef372, 0x239b961b);
    m = Math.imul((m << 16) | (m >>> 16), 0xab0e9789);
    const b = this.#b ^ m;
    this.#b = (Math.imul((b << 17) | (b >>> 15), 9) + 0x561ccd1b) | 0;
  }
}

/**
 * What stands for a kind in {@link Trace.note}: a word that is noted very often is hashed once.
 *
 * @param kind - the word
 */
export function kindOf(kind: string): number {
  return hashText(kind, 0);
}

/** FNV-1a over the UTF-16 units of a text. */
function hashText(text: string, basis: number): number {
  let h = (0x811c9dc5 ^ basis) | 0;
  for (let i = 0; i < text.length; i++) {
    h = Math.imul(h ^ text.charCodeAt(i), 0x01000193);
  }
  return h;
}

function finish(h: number): number {
  let x = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35);
  return (x ^ (x >>> 16)) >>> 0;
}

function hex(word: number): string {
  return word.toString(16).padStart(8, '0');
}
