/** Callback lists: against a naive one, and what they do with those who misuse them. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DDI_DMA_CALLBACK_DONE, DDI_DMA_CALLBACK_RUNOUT } from '../../src/index.js';
import { CALLBACK_LIMIT, CallbackList, CHAIN_LIMIT } from '../../src/nexus/callbacks.js';
import { WaitLists } from '../../src/nexus/wait-lists.js';
import type { BootedMachine } from '../../src/platforms/index.js';
import { NaiveCallbacks } from '../model/naive-callbacks.js';
import { bareSystem } from '../support/system.js';

const numRuns = Number(process.env['FUZZ_RUNS'] ?? 500);

type Waiter = (arg: number) => number;

/** A step: a registration, a run, or both. */
type Step =
  { readonly op: 'set'; readonly fn: number; readonly arg: number } | { readonly op: 'run' };

/** What a function does on a call: registers somebody, and answers. */
interface Decision {
  readonly done: boolean;
  readonly sets: readonly (readonly [number, number])[];
}

const anyPair = fc.tuple(fc.nat(3), fc.nat(2));
const anyStep: fc.Arbitrary<Step> = fc.oneof(
  { weight: 3, arbitrary: anyPair.map(([fn, arg]) => ({ op: 'set', fn, arg }) as const) },
  { weight: 1, arbitrary: fc.constant({ op: 'run' } as const) },
);
const anyDecision: fc.Arbitrary<Decision> = fc.record({
  done: fc.boolean(),
  sets: fc.array(anyPair, { maxLength: 2 }),
});

describe('a callback list', () => {
  it('calls whom a naive one calls, in the same order, and keeps the same entries', () => {
    const { machine } = bareSystem({ store: 1 << 20 });
    const scripts = fc.tuple(
      fc.array(anyStep, { maxLength: 40 }),
      fc.array(anyDecision, { minLength: 1, maxLength: 12 }),
    );
    const agrees = fc.property(scripts, ([steps, decisions]) => {
      machine.reset(1);
      const list = new CallbackList(machine, 'test');
      const naive = new NaiveCallbacks();
      const real: string[] = [];
      const wanted: string[] = [];
      const decide = (log: readonly string[]): Decision =>
        decisions[log.length % decisions.length] ?? { done: true, sets: [] };
      const waiters: Waiter[] = [0, 1, 2, 3].map((fn) => (arg) => {
        const { done, sets } = decide(real);
        real.push(`f${fn} ${arg}`);
        for (const [f, a] of sets) set(f, a);
        return done ? DDI_DMA_CALLBACK_DONE : DDI_DMA_CALLBACK_RUNOUT;
      });
      const set = (fn: number, arg: number): void => {
        const waiter = waiters[fn];
        if (waiter !== undefined) list.set(waiter, arg);
      };
      const call = (fn: string, arg: number): boolean => {
        const { done, sets } = decide(wanted);
        wanted.push(`${fn} ${arg}`);
        for (const [f, a] of sets) naive.set(`f${f}`, a);
        return done;
      };
      for (const step of steps) {
        if (step.op === 'set') {
          set(step.fn, step.arg);
          naive.set(`f${step.fn}`, step.arg);
        } else {
          list.runNow();
          naive.run(call);
        }
        expect(real).toEqual(wanted);
        const entries = list.entries.map(({ fn, arg, count }) => {
          return { fn: `f${waiters.indexOf(fn as Waiter)}`, arg, count };
        });
        expect(entries).toEqual(naive.entries);
        const waiting = entries.reduce((sum, { count }) => sum + count, 0);
        expect([list.requests, list.empty]).toEqual([waiting, entries.length === 0]);
      }
    });
    fc.assert(agrees, { numRuns });
  });

  it('is run once, by a soft interrupt, however often it is asked', () => {
    const { machine } = bareSystem();
    const list = new CallbackList(machine, 'test');
    let calls = 0;
    list.set(() => {
      calls++;
      return DDI_DMA_CALLBACK_RUNOUT;
    }, null);
    for (let i = 0; i < 3; i++) list.run();
    expect([calls, list.pending]).toEqual([0, true]);
    machine.sched.settle();
    expect([calls, list.pending]).toEqual([1, false]);
    list.run();
    machine.sched.settle();
    expect(calls).toBe(2);
  });

  it('is not run where nobody waits', () => {
    const { machine } = bareSystem();
    const list = new CallbackList(machine, 'test');
    const before = machine.traceHash();
    list.run();
    expect([list.pending, machine.traceHash()]).toEqual([false, before]);
  });

  it('tells one NaN from another argument, and zero from none', () => {
    const { machine } = bareSystem();
    const list = new CallbackList(machine, 'test');
    const wait = (): number => DDI_DMA_CALLBACK_DONE;
    for (const arg of [NaN, undefined, 0, null, NaN, -0, undefined, '0']) list.set(wait, arg);
    expect(list.entries.map(({ arg, count }) => [arg, count])).toEqual([
      [NaN, 2],
      [undefined, 2],
      [0, 2],
      [null, 1],
      ['0', 1],
    ]);
  });

  it('forgets everything it held', () => {
    const { machine } = bareSystem();
    const list = new CallbackList(machine, 'test');
    const wait = (): number => DDI_DMA_CALLBACK_DONE;
    list.set(wait, 1);
    list.reset();
    expect([list.entries, list.requests, list.empty]).toEqual([[], 0, true]);
    list.set(wait, 1);
    expect(list.entries).toMatchObject([{ arg: 1, count: 1 }]);
  });

  it('has a bound', () => {
    const { machine } = bareSystem();
    const list = new CallbackList(machine, 'test');
    const wait = (): number => DDI_DMA_CALLBACK_DONE;
    for (let i = 0; i < CALLBACK_LIMIT; i++) list.set(wait, i);
    expect(() => {
      list.set(wait, 'one more');
    }).toThrow(`${CALLBACK_LIMIT} entries wait already`);
    list.set(wait, 0);
    expect(list.requests).toBe(CALLBACK_LIMIT + 1);
  });
});

describe('the lists of a machine', () => {
  const lists = (): { machine: BootedMachine; waits: WaitLists } => {
    const { machine } = bareSystem();
    return { machine, waits: new WaitLists(machine) };
  };

  it('end a chain of releases and RUNOUTs that would never end, and say so', () => {
    const { machine, waits } = lists();
    let calls = 0;
    const greedy: Waiter = () => {
      calls++;
      waits.released(calls % 2 === 0 ? 'mem' : 'dvma');
      return DDI_DMA_CALLBACK_RUNOUT;
    };
    // Who is being called is not on the list: it takes two to go on.
    for (const arg of [0, 1]) waits.mem.set(greedy, arg);
    waits.released('mem');
    machine.sched.settle();
    expect(machine.findings.map(({ rule }) => rule)).toEqual(['CALLBACK_CHAIN']);
    expect(machine.findings[0]?.message).toContain('greedy');
    expect(calls).toBe(2 * (CHAIN_LIMIT + 1));
    expect(waits.mem.entries).toHaveLength(2);
    waits.released('mem');
    machine.sched.settle();
    expect(calls).toBe(4 * (CHAIN_LIMIT + 1));
  });

  it.each([
    ['ddi_dma_alloc_handle', 'CB-8'],
    ['ddi_dma_mem_alloc', 'CB-6'],
    ['ddi_dma_addr_bind_handle', 'CB-6'],
    ['ddi_dma_buf_bind_handle', 'CB-6'],
  ] as const)('cite %s(9F) for a chain of its functions', (call, group) => {
    const { machine, waits } = lists();
    const greedy: Waiter = () => {
      waits.released('mem');
      return DDI_DMA_CALLBACK_RUNOUT;
    };
    const by = { owner: { machine, path: '/test', fmCapability: 0 }, call };
    for (const arg of [0, 1]) waits.callback('mem', greedy, arg, by);
    waits.released('mem');
    machine.sched.settle();
    expect(machine.findings.map((f) => f.clause)).toEqual([`${call}.9f/${group}`]);
  });

  it('take no chain for endless that ends', () => {
    const { machine, waits } = lists();
    let left = 3 * CHAIN_LIMIT;
    const wait: Waiter = () => {
      left--;
      return left > 0 ? DDI_DMA_CALLBACK_RUNOUT : DDI_DMA_CALLBACK_DONE;
    };
    waits.mem.set(wait, 0);
    while (left > 0) {
      waits.released('mem');
      machine.sched.settle();
    }
    expect([machine.findings, waits.mem.empty]).toEqual([[], true]);
  });

  it('allocate nothing for a release where nobody waits', () => {
    const { waits } = lists();
    const release = (n: number): void => {
      for (let i = 0; i < n; i++) waits.released('dvma');
    };
    release(100_000);
    const before = process.memoryUsage().heapUsed;
    release(1_000_000);
    // A byte each would be a million; whoever else allocates meanwhile is not us.
    expect(process.memoryUsage().heapUsed - before).toBeLessThan(500_000);
  });
});
