/**
 * Makes the host's clocks and randomness throw when the project's own code asks for them.
 *
 * The tools that load TypeScript use them rightly; so the stack is asked who calls: a frame below
 * one of the guarded folders is the project.
 */

/** Poisons this process. `folders` are absolute paths. */
export function guard(folders: readonly string[]): void {
  const refuse = (what: string): void => {
    const stack = new Error(`${what} is not determined by the seed`);
    const frames = stack.stack?.split('\n').slice(1) ?? [];
    if (frames.some((f) => folders.some((folder) => f.includes(folder)))) throw stack;
  };
  const poison = (owner: object, name: string, what: string): void => {
    const real = Reflect.get(owner, name) as (...args: unknown[]) => unknown;
    const guarded = function (this: unknown, ...args: unknown[]): unknown {
      refuse(what);
      return new.target === undefined
        ? Reflect.apply(real, this, args)
        : (Reflect.construct(real, args, new.target) as unknown);
    };
    // Statics and the prototype stay reachable: Date.UTC, instanceof Date.
    Object.setPrototypeOf(guarded, real);
    guarded.prototype = real.prototype as unknown;
    Object.defineProperty(owner, name, {
      value: guarded,
      configurable: true,
      writable: true,
    });
  };
  poison(globalThis.Date, 'now', 'Date.now()');
  poison(globalThis, 'Date', 'Date');
  poison(Math, 'random', 'Math.random()');
  poison(performance, 'now', 'performance.now()');
  poison(process.hrtime, 'bigint', 'process.hrtime.bigint()');
  poison(process, 'hrtime', 'process.hrtime()');
  poison(crypto, 'getRandomValues', 'crypto.getRandomValues()');
  poison(crypto, 'randomUUID', 'crypto.randomUUID()');
}
