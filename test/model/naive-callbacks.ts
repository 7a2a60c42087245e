/** A callback list as its rules are written down, with arrays and searches. */

/** A function that waits, by name. */
export interface NaiveEntry {
  readonly fn: string;
  readonly arg: number;
  count: number;
}

/** The list. */
export class NaiveCallbacks {
  entries: NaiveEntry[] = [];

  /** Same function and argument: counted. Else: behind all others. */
  set(fn: string, arg: number, count = 1): void {
    const known = this.entries.find((e) => e.fn === fn && e.arg === arg);
    if (known === undefined) this.entries.push({ fn, arg, count });
    else known.count += count;
  }

  /**
   * Runs the list.
   *
   * @param call - calls a function; true when it answers DONE
   */
  run(call: (fn: string, arg: number) => boolean): void {
    let calls = this.entries.reduce((sum, e) => sum + e.count, 0);
    while (calls > 0) {
      const [first] = this.entries;
      if (first === undefined) return;
      this.entries = this.entries.slice(1);
      for (let left = first.count; left > 0; left--) {
        if (!call(first.fn, first.arg)) {
          this.set(first.fn, first.arg, left);
          calls -= left;
          break;
        }
        calls--;
      }
    }
  }
}
