/**
 * Everybody who waits: random scripts of calls that take, sleep, register and release, on a machine
 * with few handles and few pages, against a naive one (test/model/naive-waiting.ts), and against
 * what is promised whatever the order: nobody waits for what is free, sleepers are served in order,
 * none is overtaken without end, and nothing is left behind.
 */
import fc from 'fast-check';
import type { Result, ResultAsync } from 'neverthrow';
import { describe, expect, it } from 'vitest';
import {
  ddi_dma_alloc_handle,
  ddi_dma_free_handle,
  ddi_dma_mem_alloc,
  ddi_dma_mem_free,
  DDI_DMA_CALLBACK_DONE,
  DDI_DMA_CALLBACK_RUNOUT,
  DDI_DMA_CONSISTENT,
  DDI_DMA_DONTWAIT,
  DDI_DMA_SLEEP,
  type ddi_dma_handle_t,
  type ddi_waitfp_t,
  type DdiError,
  must,
} from '../../src/index.js';
import { OVERTAKE_LIMIT } from '../../src/nexus/wait-lists.js';
import type { BootedMachine } from '../../src/platforms/index.js';
import { lines, NaiveWaiting, type Line, type Wish } from '../model/naive-waiting.js';
import { anyAttr } from '../support/attr.js';
import { bareSystem, neverSwap } from '../support/system.js';

const numRuns = Number(process.env['FUZZ_RUNS'] ?? 300);

/** Handles besides the one that memory is allocated through, and pages. */
const plenty: Readonly<Record<Line, number>> = { handles: 4, memory: 12 };

type Step =
  | { readonly op: 'take' | 'sleep' | 'callback'; readonly line: Line; readonly n: number }
  /** Gives back the `k`-th of what is held. */
  | { readonly op: 'free'; readonly k: number }
  /** Gives one thing back and takes as much, so many times, before anybody else has a turn. */
  | {
      readonly op: 'churn';
      readonly how: 'take' | 'callback';
      readonly k: number;
      readonly times: number;
    }
  | { readonly op: 'abort'; readonly k: number }
  | { readonly op: 'tick' };

const anyWish = fc.constantFrom(...lines).chain((line) =>
  fc.record({
    line: fc.constant(line),
    n: line === 'handles' ? fc.constant(1) : fc.integer({ min: 1, max: plenty.memory }),
  }),
);
const wishing = (op: 'take' | 'sleep' | 'callback') => anyWish.map((w) => ({ op, ...w }));
const anyStep: fc.Arbitrary<Step> = fc.oneof(
  { weight: 3, arbitrary: wishing('take') },
  { weight: 3, arbitrary: wishing('sleep') },
  { weight: 3, arbitrary: wishing('callback') },
  { weight: 4, arbitrary: fc.record({ op: fc.constant('free' as const), k: fc.nat(20) }) },
  {
    weight: 1,
    arbitrary: fc.record({
      op: fc.constant('churn' as const),
      how: fc.constantFrom('take', 'callback'),
      k: fc.nat(20),
      times: fc.integer({ min: 1, max: 2 * OVERTAKE_LIMIT }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ op: fc.constant('abort' as const), k: fc.nat(9) }) },
  { weight: 3, arbitrary: fc.constant({ op: 'tick' } as const) },
);

/** Something that was given, and how it goes back. */
interface Held {
  readonly wish: Wish;
  readonly giveBack: () => void;
}

interface Sleeping {
  readonly wish: Wish;
  readonly abort: AbortController;
  over: boolean;
}

/** What a call gives: how to give it back. */
type Asked = Result<() => void, DdiError> | ResultAsync<() => void, DdiError>;

/** The real machine, driven as the naive one is. */
class Real {
  readonly machine: BootedMachine;
  readonly served: number[] = [];
  readonly calls: string[] = [];
  held: Held[] = [];
  readonly sleeping: Sleeping[] = [];
  /** Of those who sleep. */
  readonly answers: PromiseLike<unknown>[] = [];
  readonly #dip;
  readonly #through: ddi_dma_handle_t;

  constructor(machine: BootedMachine, dip: ReturnType<typeof bareSystem>['dip']) {
    this.machine = machine;
    this.#dip = dip;
    this.#through = must(ddi_dma_alloc_handle(dip, anyAttr(), DDI_DMA_DONTWAIT)).handle;
  }

  take(wish: Wish): boolean {
    return this.#answered(wish, this.#ask(wish, DDI_DMA_DONTWAIT));
  }

  callback(wish: Wish): boolean {
    const wait = (again: Wish): number => {
      const served = this.take(again);
      this.calls.push(`${again.id} ${served ? 'DONE' : 'RUNOUT'}`);
      return served ? DDI_DMA_CALLBACK_DONE : DDI_DMA_CALLBACK_RUNOUT;
    };
    return this.#answered(wish, this.#ask(wish, wait, wish));
  }

  /** Whether it is served at once is known after the next tick: a promise tells. */
  sleep(wish: Wish, atOnce: boolean): void {
    const abort = new AbortController();
    const sleeping = { wish, abort, over: false };
    this.sleeping.push(sleeping);
    const asked = this.#ask(wish, DDI_DMA_SLEEP, abort.signal);
    if (!('then' in asked)) throw new Error('a call that sleeps promises nothing');
    const answered = asked.then((result) => {
      sleeping.over = true;
      if (result.isErr()) return;
      this.held.push({ wish, giveBack: result.value });
      if (!atOnce) this.served.push(wish.id);
    });
    this.answers.push(answered);
  }

  free(held: Held): void {
    this.held = this.held.filter((h) => h !== held);
    held.giveBack();
  }

  /** Lets everything happen that can. */
  async tick(): Promise<void> {
    await this.machine.kernel.delay(1);
  }

  /** The end: the handle behind all memory goes too. */
  close(): void {
    ddi_dma_free_handle(this.#through);
  }

  #ask({ line, n }: Wish, waitfp: ddi_waitfp_t, arg?: unknown): Asked {
    if (line === 'handles') {
      const result = ddi_dma_alloc_handle(this.#dip, anyAttr(), waitfp, arg);
      return result.map(({ handle }) => () => {
        ddi_dma_free_handle(handle);
      });
    }
    const flags = DDI_DMA_CONSISTENT;
    const result = ddi_dma_mem_alloc(this.#through, n * 4096, neverSwap, flags, waitfp, arg);
    return result.map(({ handle }) => () => {
      ddi_dma_mem_free(handle);
    });
  }

  #answered(wish: Wish, result: Asked): boolean {
    if ('then' in result) throw new Error('a call that does not sleep gave a promise');
    if (result.isErr()) return false;
    this.held.push({ wish, giveBack: result.value });
    return true;
  }
}

/** Plays a script on both, and compares after every step. */
async function play(real: Real, naive: NaiveWaiting, steps: readonly Step[]): Promise<void> {
  let lastId = 0;
  const heldAt = (k: number): Held | undefined => real.held[k % Math.max(1, real.held.length)];
  const agree = (step: Step | 'the end', a: unknown, b: unknown): void => {
    const { served, calls } = naive;
    expect([step, a, real.served, real.calls]).toEqual([step, b, served, calls]);
  };
  const free = (held: Held): void => {
    real.free(held);
    naive.release(held.wish);
  };
  const tick = async (step: Step | 'the end'): Promise<void> => {
    await real.tick();
    naive.settle();
    agree(step, null, null);
    // Nobody waits for what is free: not the oldest sleeper, and no callback but those that yield.
    for (const line of lines) {
      const [oldest] = naive.asleep[line];
      const yields = oldest !== undefined && oldest.overtaken >= OVERTAKE_LIMIT;
      const wishes = [...(oldest === undefined ? [] : [oldest]), ...naive.waiting[line]];
      const could = wishes.filter(({ n }) => n <= naive.free[line]);
      expect(yields ? [] : could).toEqual([]);
      if (oldest !== undefined) expect(oldest.overtaken).toBeLessThanOrEqual(OVERTAKE_LIMIT);
    }
  };
  for (const step of steps) {
    switch (step.op) {
      case 'take':
      case 'callback': {
        const wish = { id: ++lastId, line: step.line, n: step.n };
        agree(step, real[step.op](wish), naive[step.op](wish));
        break;
      }
      case 'sleep': {
        const wish = { id: ++lastId, line: step.line, n: step.n };
        real.sleep(wish, naive.sleep(wish));
        break;
      }
      case 'free': {
        const held = heldAt(step.k);
        if (held !== undefined) free(held);
        break;
      }
      case 'churn': {
        const held = heldAt(step.k);
        for (let i = 0, last = held; last !== undefined && i < step.times; i++) {
          free(last);
          const { line, n } = last.wish;
          const wish = { id: ++lastId, line, n };
          const served = real[step.how](wish);
          agree(step, served, naive[step.how](wish));
          last = served ? real.held.at(-1) : undefined;
        }
        break;
      }
      case 'abort': {
        const asleep = real.sleeping.filter((s) => !s.over);
        const one = asleep[step.k % Math.max(1, asleep.length)];
        if (one === undefined) break;
        one.over = true;
        one.abort.abort();
        naive.abort(one.wish.id);
        break;
      }
      case 'tick':
        await tick(step);
    }
  }
  // When everybody gives back what they have, everybody is served in the end.
  for (let i = 0; i <= lastId; i++) {
    await tick('the end');
    for (const held of real.held) free(held);
  }
  await tick('the end');
  for (const line of lines) {
    expect([line, naive.asleep[line], naive.waiting[line]]).toEqual([line, [], []]);
    expect(naive.free[line]).toBe(plenty[line]);
  }
  await Promise.all(real.answers);
  expect(real.sleeping.every(({ over }) => over)).toBe(true);
}

describe('whoever waits', () => {
  const { machine, dip } = bareSystem({
    store: 1 << 20,
    memory: [{ base: 0x10_0000n, size: BigInt(plenty.memory) * 4096n }],
    budgets: { 'dma handles': plenty.handles + 1 },
  });

  it('is answered, called and served as the naive model says', async () => {
    const scripts = fc.array(anyStep, { minLength: 5, maxLength: 60 });
    const agrees = fc.asyncProperty(scripts, fc.nat(), async (steps, seed) => {
      machine.reset(seed);
      const real = new Real(machine, dip);
      const naive = new NaiveWaiting(plenty, OVERTAKE_LIMIT);
      await machine.run(() => play(real, naive, steps));
      // Among those who slept in one line, who came first is served first.
      const lineOf = new Map(real.sleeping.map(({ wish }) => [wish.id, wish.line]));
      for (const line of lines) {
        const served = real.served.filter((id) => lineOf.get(id) === line);
        expect(served).toEqual([...served].sort((a, b) => a - b));
      }
      real.close();
      expect(machine.findings).toEqual([]);
      expect(machine.live.list()).toEqual([]);
      for (const { name, used, waiters } of machine.resources()) {
        expect([name, used, waiters]).toEqual([name, 0, 0]);
      }
    });
    await fc.assert(agrees, { numRuns });
  }, 600_000);
});
