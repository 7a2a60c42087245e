/**
 * What is alive: every object that was handed out and must come back.
 *
 * A source is the object itself; it describes itself only when somebody asks, so being alive costs
 * one entry of a set.
 */
import type { LiveObject } from '../sys/observer.js';

/** An object that lives between two calls; it may stand for several (a handle and its binding). */
export interface LiveSource {
  /** What it stands for at present, in order of creation. */
  liveObjects(): readonly LiveObject[];
}

/** The objects alive on one machine. */
export class LiveSet {
  /** Whom an object belongs to that is made now and carries no node: a device path or `kernel`. */
  readonly ownerNow: () => string;
  readonly #sources = new Set<LiveSource>();
  #lastId = 0;

  constructor(ownerNow: () => string = () => 'kernel') {
    this.ownerNow = ownerNow;
  }

  /** The number given last; objects made later have higher ones. */
  get lastId(): number {
    return this.#lastId;
  }

  /** A number no other object of this machine has. */
  nextId(): number {
    return ++this.#lastId;
  }

  add(source: LiveSource): void {
    this.#sources.add(source);
  }

  /** Takes a source out; false when it was not alive. */
  remove(source: LiveSource): boolean {
    return this.#sources.delete(source);
  }

  has(source: LiveSource): boolean {
    return this.#sources.has(source);
  }

  /** Nothing is alive, and numbers start again. */
  reset(): void {
    this.#sources.clear();
    this.#lastId = 0;
  }

  /** Whether anything alive is as asked. */
  some(is: (source: LiveSource) => boolean): boolean {
    for (const source of this.#sources) if (is(source)) return true;
    return false;
  }

  /** Everything alive, in order of creation. */
  list(): readonly LiveObject[] {
    const all: LiveObject[] = [];
    for (const source of this.#sources) all.push(...source.liveObjects());
    return all.sort((a, b) => a.id - b.id);
  }
}
