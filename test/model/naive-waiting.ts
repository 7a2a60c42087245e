/**
 * Waiting for resources as the rules of rule book `contract` are written down: two kinds of things
 * that are counted, threads asleep in a line for each, callbacks on a list for each.
 *
 * Nothing here is clever: every queue is an array and every answer is counted out.
 */

/** The two kinds: DMA handles, and pages of DMA memory. */
export const lines = ['handles', 'memory'] as const;
/** The name of a kind. */
export type Line = (typeof lines)[number];

/** Who wants how much. */
export interface Wish {
  readonly id: number;
  readonly line: Line;
  readonly n: number;
}

interface Asleep extends Wish {
  overtaken: number;
}

/** A machine, as far as waiting goes. */
export class NaiveWaiting {
  readonly free: Record<Line, number>;
  /** Those who slept and were served, in order. */
  readonly served: number[] = [];
  /** Calls of callbacks and their answers, in order. */
  readonly calls: string[] = [];
  readonly asleep: Record<Line, Asleep[]> = { handles: [], memory: [] };
  readonly waiting: Record<Line, Wish[]> = { handles: [], memory: [] };
  readonly #overtakeLimit: number;
  /** What the next soft interrupts do, in order. */
  #due: ('sleepers' | Line)[] = [];

  constructor(free: Readonly<Record<Line, number>>, overtakeLimit: number) {
    this.free = { ...free };
    this.#overtakeLimit = overtakeLimit;
  }

  /** A call that does not sleep; whether it is served. */
  take({ line, n }: Wish): boolean {
    const [oldest] = this.asleep[line];
    if (oldest !== undefined && oldest.overtaken >= this.#overtakeLimit) return false;
    if (n > this.free[line]) return false;
    this.free[line] -= n;
    if (oldest !== undefined) oldest.overtaken++;
    return true;
  }

  /** The same; when it is not served, its callback is registered. */
  callback(wish: Wish): boolean {
    const served = this.take(wish);
    if (!served) this.waiting[wish.line].push(wish);
    return served;
  }

  /** A call that sleeps; whether it is served at once. */
  sleep(wish: Wish): boolean {
    const { line, n } = wish;
    if (this.asleep[line].length === 0 && n <= this.free[line]) {
      this.free[line] -= n;
      return true;
    }
    this.asleep[line].push({ ...wish, overtaken: 0 });
    return false;
  }

  /** A thread that is asleep gives up. */
  abort(id: number): void {
    for (const line of lines) {
      const rest = this.asleep[line].filter((s) => s.id !== id);
      if (rest.length === this.asleep[line].length) continue;
      this.asleep[line] = rest;
      this.wake();
    }
  }

  release({ line, n }: Wish): void {
    this.free[line] += n;
    this.wake();
  }

  /** Everybody who waits now hears of it, each once. */
  wake(): void {
    const asleep = lines.some((line) => this.asleep[line].length > 0);
    if (asleep) this.#becomesDue('sleepers');
    for (const line of lines) if (this.waiting[line].length > 0) this.#becomesDue(line);
  }

  /** What is due happens. */
  settle(): void {
    for (;;) {
      const [due] = this.#due;
      if (due === undefined) return;
      this.#due = this.#due.slice(1);
      if (due === 'sleepers') this.#serve();
      else this.#call(due);
    }
  }

  #serve(): void {
    let madeOthersYield = false;
    for (const line of lines) {
      for (;;) {
        const [oldest, ...others] = this.asleep[line];
        if (oldest === undefined || oldest.n > this.free[line]) break;
        this.asleep[line] = others;
        this.free[line] -= oldest.n;
        this.served.push(oldest.id);
        madeOthersYield ||= oldest.overtaken >= this.#overtakeLimit;
      }
    }
    if (!madeOthersYield) return;
    for (const line of lines) if (this.waiting[line].length > 0) this.#becomesDue(line);
  }

  #call(line: Line): void {
    const all = this.waiting[line];
    this.waiting[line] = [];
    const still: Wish[] = [];
    for (const wish of all) {
      const served = this.take(wish);
      this.calls.push(`${wish.id} ${served ? 'DONE' : 'RUNOUT'}`);
      if (!served) still.push(wish);
    }
    this.waiting[line] = [...this.waiting[line], ...still];
  }

  #becomesDue(what: 'sleepers' | Line): void {
    if (!this.#due.includes(what)) this.#due.push(what);
  }
}
