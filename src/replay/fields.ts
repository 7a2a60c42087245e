/** Reading JSON that somebody else wrote: every field is asked for by name, none is left over. */

/** A value of JSON. */
export type Json = null | boolean | number | string | readonly Json[] | JsonObject;
/** An object of JSON. */
export interface JsonObject {
  readonly [name: string]: Json;
}

/** A line that is not in the format; the message names the field, not yet file and line. */
export class RecordingError extends Error {
  override readonly name = 'RecordingError';
}

/** The fields of one object. */
export class Fields {
  readonly #values: JsonObject;
  readonly #at: string;
  readonly #asked = new Set<string>();

  /**
   * @param value - anything; must be an object
   * @param at - where it stands, for messages: `in.attr`; empty for a line as a whole
   */
  constructor(value: Json | undefined, at: string) {
    if (!isObject(value)) {
      throw new RecordingError(
        `${at === '' ? 'the line' : at}: expected an object, ${found(value)}`,
      );
    }
    this.#values = value;
    this.#at = at;
  }

  /** The value as it is; undefined when there is none. */
  raw(name: string): Json | undefined {
    this.#asked.add(name);
    return Object.hasOwn(this.#values, name) ? this.#values[name] : undefined;
  }

  /** As {@link Fields.raw}, without having asked. */
  peek(name: string): Json | undefined {
    return Object.hasOwn(this.#values, name) ? this.#values[name] : undefined;
  }

  has(name: string): boolean {
    return Object.hasOwn(this.#values, name);
  }

  /** Where a field stands. */
  place(name: string): string {
    return this.#at === '' ? name : `${this.#at}.${name}`;
  }

  object(name: string): JsonObject {
    const value = this.raw(name);
    if (!isObject(value)) throw this.#bad(name, 'an object', value);
    return value;
  }

  string(name: string): string {
    const value = this.raw(name);
    if (typeof value !== 'string') throw this.#bad(name, 'a string', value);
    return value;
  }

  list(name: string): readonly Json[] {
    const value = this.raw(name);
    if (!isList(value)) throw this.#bad(name, 'a list', value);
    return value;
  }

  /** An integer from `lo` to `hi`. */
  integer(name: string, lo: number, hi: number): number {
    const value = this.raw(name);
    if (!isInteger(value, lo, hi)) {
      throw this.#bad(name, `an integer from ${lo} to ${hi}`, value);
    }
    return value;
  }

  /** A 32-bit number, given signed or unsigned; unsigned. */
  word32(name: string): number {
    return this.integer(name, -0x8000_0000, 0xffff_ffff) >>> 0;
  }

  /** A 64-bit number, given as a hexadecimal string. */
  word64(name: string): bigint {
    const value = this.raw(name);
    if (typeof value !== 'string' || !/^0x[0-9a-f]{1,16}$/i.test(value)) {
      throw this.#bad(name, 'a 64-bit number such as "0xffffffff"', value);
    }
    return BigInt(value);
  }

  /** Bytes, or an offset: an integer, or a string when it wrapped beyond 53 bits. */
  size(name: string): number {
    const value = this.raw(name);
    if (typeof value === 'string' && /^(0x[0-9a-f]{1,16}|-?\d{1,20})$/i.test(value)) {
      return Number(BigInt(value));
    }
    const { MIN_SAFE_INTEGER: lo, MAX_SAFE_INTEGER: hi } = Number;
    if (!isInteger(value, lo, hi)) throw this.#bad(name, 'a number of bytes', value);
    return value;
  }

  /** One of the strings given. */
  word<W extends string>(name: string, words: readonly W[]): W {
    const value = this.raw(name);
    const word = words.find((w) => w === value);
    if (word === undefined) throw this.#bad(name, `one of ${words.join(', ')}`, value);
    return word;
  }

  /** A field whose presence says yes. */
  flag(name: string): boolean {
    const value = this.raw(name);
    if (value !== undefined && typeof value !== 'boolean') throw this.#bad(name, 'a truth', value);
    return value === true;
  }

  /** The names nobody has asked for. */
  unasked(): readonly string[] {
    return Object.keys(this.#values).filter((name) => !this.#asked.has(name));
  }

  /** Refuses fields nobody asked for: what is misspelt would otherwise never be looked at. */
  done(): void {
    const [name] = this.unasked();
    if (name !== undefined) throw new RecordingError(`${this.place(name)}: no such field`);
  }

  #bad(name: string, wanted: string, value: Json | undefined): RecordingError {
    return new RecordingError(`${this.place(name)}: expected ${wanted}, ${found(value)}`);
  }
}

/** Whether a value is an object and no list. */
export function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Whether a value is a list. */
export function isList(value: Json | undefined): value is readonly Json[] {
  return Array.isArray(value);
}

/** Whether a value is an integer from `lo` to `hi`. */
export function isInteger(value: Json | undefined, lo: number, hi: number): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= lo && value <= hi;
}

function found(value: Json | undefined): string {
  if (value === undefined) return 'found nothing';
  const text = JSON.stringify(value);
  return `found ${text.length > 60 ? `${text.slice(0, 57)}...` : text}`;
}
