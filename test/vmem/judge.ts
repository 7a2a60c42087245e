/** Runs an arena and the naive one side by side and throws at the first difference. */
import * as fc from 'fast-check';
import { expect } from 'vitest';
import type { Arena } from '../../src/vmem/arena.js';
import type { Constraints } from '../../src/vmem/constraints.js';
import { NaiveArena } from '../model/naive-arena.js';

/** One step; sizes and constraints in quanta but for `less`, the units a size is short of them. */
export type Step =
  | { readonly op: 'alloc'; readonly quanta: number; readonly less: number }
  | {
      readonly op: 'xalloc';
      readonly quanta: number;
      readonly less: number;
      readonly c: Wish;
    }
  | { readonly op: 'free'; readonly which: number }
  | { readonly op: 'ask'; readonly at: number; readonly size: number };

/** Constraints as exponents and shares, so that all combinations are legal or nearly so. */
export interface Wish {
  readonly align: number;
  readonly phase: number;
  readonly nocross: number;
  readonly min: number;
  readonly max: number;
}

/** A whole run: an arena's make and what is done with it. */
export interface Run {
  readonly quantum: number;
  /** Where the first span begins: 0, or as high as spans can be. */
  readonly high: boolean;
  /** For each span the quanta that lie between it and the one before, and its own. */
  readonly spans: readonly { readonly gap: number; readonly quanta: number }[];
  readonly steps: readonly Step[];
}

/** Room for all spans of a run, in quanta. */
const ROOM = 512;

const size = { quanta: fc.integer({ min: 1, max: 40 }), less: fc.nat(15) };
const wish = fc.record({
  align: fc.integer({ min: 0, max: 5 }),
  phase: fc.nat(31),
  nocross: fc.integer({ min: 0, max: 7 }),
  min: fc.oneof(fc.constant(0), fc.nat(ROOM)),
  max: fc.oneof(fc.constant(0), fc.nat(ROOM)),
});

/** Any run whose naive judgement stays cheap. */
export const anyRun: fc.Arbitrary<Run> = fc.record({
  quantum: fc.constantFrom(1, 2, 16, 4096, 2 ** 40),
  high: fc.boolean(),
  spans: fc.array(fc.record({ gap: fc.nat(8), quanta: fc.integer({ min: 1, max: 120 }) }), {
    minLength: 1,
    maxLength: 4,
  }),
  steps: fc.array(
    fc.oneof(
      fc.record({ op: fc.constant('alloc' as const), ...size }),
      fc.record({ op: fc.constant('xalloc' as const), ...size, c: wish }),
      fc.record({ op: fc.constant('xalloc' as const), ...size, c: wish }),
      fc.record({ op: fc.constant('free' as const), which: fc.nat(1000) }),
      fc.record({ op: fc.constant('free' as const), which: fc.nat(1000) }),
      fc.record({
        op: fc.constant('ask' as const),
        at: fc.nat(ROOM),
        size: fc.nat(64),
      }),
    ),
    { maxLength: 80, size: 'max' },
  ),
});

/**
 * Plays a run on both arenas.
 *
 * @param run - what to do
 * @param make - makes the arena to judge
 * @returns every address the arena gave, in order
 */
export function play(run: Run, make: (quantum: number) => Arena): number[] {
  const { quantum: q } = run;
  const arena = make(q);
  const naive = new NaiveArena(q);
  const start = run.high ? 2 ** 53 - ROOM * q : 0;
  let end = start;
  for (const { gap, quanta } of run.spans) {
    const base = end + gap * q;
    arena.add(base, quanta * q);
    naive.add(base, quanta * q);
    end = base + quanta * q;
  }
  return playSteps(run, arena, naive, start);
}

/** Plays the steps alone, on arenas that have their spans. */
export function playSteps(run: Run, arena: Arena, naive: NaiveArena, start: number): number[] {
  const q = run.quantum;
  const live: { addr: number; size: number }[] = [];
  const given: number[] = [];
  let fails = 0;
  let frees = 0;
  const got = (addr: number, size: number): void => {
    given.push(addr);
    if (addr === -1) {
      fails++;
      return;
    }
    naive.take(addr, size);
    live.push({ addr, size });
  };
  for (const step of run.steps) {
    switch (step.op) {
      case 'alloc': {
        const size = Math.max(1, step.quanta * q - step.less);
        const before = naive.segments();
        const addr = arena.alloc(size);
        expect(addr !== -1, `alloc(${size}) = ${addr}`).toBe(naive.longEnough(size));
        if (addr !== -1) expectGoodFit(before, addr, naive.rounded(size));
        got(addr, size);
        break;
      }
      case 'xalloc': {
        const size = Math.max(1, step.quanta * q - step.less);
        const c = constraintsOf(step.c, size, q, start);
        const places = naive.places(size, c);
        const addr = arena.xalloc(size, c);
        const shown = `xalloc(${size}, ${JSON.stringify(c)}) = ${addr}`;
        if (addr === -1) expect(places, shown).toEqual([]);
        else expect(places.includes(addr), shown).toBe(true);
        got(addr, size);
        break;
      }
      case 'free': {
        const [gone] = live.splice(step.which % Math.max(1, live.length), 1);
        if (gone === undefined) break;
        arena.free(gone.addr, gone.size);
        naive.give(gone.addr, gone.size);
        frees++;
        break;
      }
      case 'ask': {
        const at = start + step.at * q;
        for (const addr of [at, at + 1, at + q - 1, at + q / 2]) {
          if (!Number.isSafeInteger(addr)) continue;
          expect(arena.find(addr), `find(${addr})`).toEqual(naive.find(addr));
          expect(arena.contains(addr, step.size), `contains(${addr}, ${step.size})`).toBe(
            naive.contains(addr, step.size),
          );
        }
      }
    }
    // Equal to the naive list: no overlap, no two free neighbours, no unit lost.
    expect([...arena.segments()]).toEqual(naive.segments());
    expect(arena.inUse).toBe(naive.inUse);
    expect(arena.total).toBe(naive.total);
  }
  const { stats } = arena;
  expect(stats).toMatchObject({ allocs: given.length - fails, frees, fails });
  expect(stats.searches).toBe(given.length);
  for (const { addr, size } of live) arena.free(addr, size);
  expect([...arena.segments()].every((s) => s.kind === 'free')).toBe(true);
  expect([...arena.segments()]).toHaveLength(run.spans.length);
  return given;
}

/**
 * Makes legal constraints of a wish: the phase is cut to the alignment and to what nocross leaves,
 * and nocross grows until the size fits.
 */
function constraintsOf(w: Wish, size: number, q: number, start: number): Constraints {
  const align = q * 2 ** w.align;
  let phase = (w.phase * q) % align;
  let nocross = w.nocross === 0 ? 0 : q * 2 ** w.nocross;
  if (nocross !== 0) {
    while (nocross < align || nocross < size) nocross *= 2;
    while (phase + size > nocross) phase = Math.max(0, phase - q);
  }
  const edge = (n: number, off: number): number => (n === 0 ? 0 : start + n * q + off);
  return {
    ...(w.align === 0 ? {} : { align, phase }),
    ...(nocross === 0 ? {} : { nocross }),
    // Odd bounds too: min and max need not be multiples of the quantum.
    min: edge(w.min, w.min & 1 ? Math.floor(q / 2) : 0),
    max: w.max === ROOM ? 2 ** 53 : edge(w.max, w.max & 1 ? Math.floor(q / 2) : 0),
  };
}

/**
 * What instant fit promises of the segment it takes: any other that fits is less than 1/32 longer
 * than the request, or at least 32/33 as long as the one taken.
 */
function expectGoodFit(
  before: readonly { base: number; size: number; kind: string }[],
  addr: number,
  extent: number,
): void {
  const taken = before.find((s) => s.base <= addr && addr < s.base + s.size);
  for (const s of before) {
    if (s.kind !== 'free' || s.size < extent || taken === undefined) continue;
    expect(s.size * 32 < extent * 33 || s.size * 33 > taken.size * 32).toBe(true);
  }
}
