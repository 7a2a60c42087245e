/**
 * The arena in steady state against `@thi.ng/malloc`.
 *
 * Both hold `live` blocks in room for twice their sum and do the same: one step frees a block
 * chosen by a seeded generator and allocates another. Sizes are those of DMA memory, 64 B to 64
 * KiB, as many in each power of two. The arena also obeys alignments from 16 B to 4 KiB and, for
 * one block in eight, a boundary of 64 KiB; the twin is asked for none.
 *
 * Neither starts with an empty room, which a first fit finds easy: twice the blocks are allocated
 * and a random half is freed, highest first because the twin takes that fastest. After that comes a
 * warm-up of steps.
 */
import { MemPool } from '@thi.ng/malloc';
import { Arena } from '../../src/vmem/arena.js';
import type { Constraints } from '../../src/vmem/constraints.js';
import type { Limit, Row } from './harness.js';

/** Steps of one call of a side. */
const STEPS = 64;
/** Requests are drawn from a table, so that drawing costs both sides little and the same. */
const REQUESTS = 4096;
const QUANTUM = 16;

/** One side in its steady state. */
export interface Steady {
  /** Does so many steps. */
  readonly run: (steps: number) => void;
}

/** The blocks a side keeps: address, -1 where there was no room, and request. */
interface Blocks {
  readonly addrs: Float64Array;
  readonly drawn: Int32Array;
  readonly next: () => number;
}

/** An unsigned 32-bit number each time; the same ones for the same seed. */
function generator(seed: number): () => number {
  let s = seed;
  return () => {
    s ^= s << 13;
    s ^= s >>> 17;
    s ^= s << 5;
    return s >>> 0;
  };
}

function below(draw: number, n: number): number {
  return Math.floor((draw / 2 ** 32) * n);
}

function requests(): { sizes: Int32Array; wishes: Constraints[]; mean: number } {
  const next = generator(2020);
  const sizes = Int32Array.from({ length: REQUESTS }, () => {
    const power = 64 << below(next(), 10);
    return power + below(next(), power);
  });
  const wishes = Array.from({ length: REQUESTS }, () => ({
    align: QUANTUM << below(next(), 9),
    nocross: below(next(), 8) === 0 ? 65536 : 0,
  }));
  return { sizes, wishes, mean: sizes.reduce((sum, n) => sum + n, 0) / REQUESTS };
}

/**
 * Fills an empty room with twice the blocks and frees a random half.
 *
 * @param live - blocks to keep
 * @param alloc - allocates for a request, an index into the table; -1 when there is no room
 * @param free - frees what `alloc` gave for this request
 */
function halfFilled(
  live: number,
  alloc: (request: number) => number,
  free: (addr: number, request: number) => void,
): Blocks {
  const next = generator(live);
  const all: { addr: number; request: number; order: number }[] = [];
  for (let i = 0; i < 2 * live; i++) {
    const request = next() & (REQUESTS - 1);
    const addr = alloc(request);
    if (addr !== -1) all.push({ addr, request, order: next() });
  }
  const freed = all.sort((a, b) => a.order - b.order).splice(live);
  for (const { addr, request } of freed.sort((a, b) => b.addr - a.addr)) free(addr, request);
  const addrs = Float64Array.from({ length: live }, (_, j) => all[j]?.addr ?? -1);
  const drawn = Int32Array.from({ length: live }, (_, j) => all[j]?.request ?? 0);
  return { addrs, drawn, next };
}

/** Room for twice `live` blocks of the mean size, in bytes. */
function room(live: number, mean: number): number {
  return Math.ceil((2 * live * mean) / 65536) * 65536;
}

// The two loops below are one loop written twice: with the allocator as a parameter V8 would
// inline neither, and the calls would cost our side a tenth.

/**
 * The arena in its steady state.
 *
 * @param live - blocks it keeps
 * @param warmUp - steps done before it is returned
 */
export function steadyArena(live: number, warmUp: number): Steady & { arena: Arena } {
  const { sizes, wishes, mean } = requests();
  const arena = new Arena('bench', QUANTUM);
  arena.add(65536, room(live, mean));
  const { addrs, drawn, next } = halfFilled(
    live,
    (request) => arena.xalloc(sizes[request] as number, wishes[request] as Constraints),
    (addr, request) => {
      arena.free(addr, sizes[request] as number);
    },
  );
  const run = (steps: number): void => {
    for (let i = 0; i < steps; i++) {
      const j = below(next(), live);
      const old = addrs[j] as number;
      if (old !== -1) arena.free(old, sizes[drawn[j] as number] as number);
      const request = next() & (REQUESTS - 1);
      drawn[j] = request;
      addrs[j] = arena.xalloc(sizes[request] as number, wishes[request] as Constraints);
    }
  };
  run(warmUp);
  return { run, arena };
}

function steadyTwin(live: number, warmUp: number): Steady {
  const { sizes, mean } = requests();
  // Its headers take part of its room; their share is added, so that both are as full.
  const pool = new MemPool({ size: room(live, mean + 8), align: QUANTUM });
  const { addrs, drawn, next } = halfFilled(
    live,
    (request) => pool.malloc(sizes[request] as number) || -1,
    (addr) => {
      pool.free(addr);
    },
  );
  const run = (steps: number): void => {
    for (let i = 0; i < steps; i++) {
      const j = below(next(), live);
      const old = addrs[j] as number;
      if (old !== -1) pool.free(old);
      const request = next() & (REQUESTS - 1);
      drawn[j] = request;
      addrs[j] = pool.malloc(sizes[request] as number) || -1;
    }
  };
  run(warmUp);
  return { run };
}

/** What the arena did in a stretch of steps, as a line. */
function note(arena: Arena, since: Arena['stats']): string {
  const { stats } = arena;
  const searches = stats.searches - since.searches;
  const mean = (stats.examined - since.examined) / searches;
  const full = (arena.inUse / arena.total) * 100;
  return (
    `examined ${mean.toFixed(2)} segments per allocation, ` +
    `${stats.fullWalks - since.fullWalks} full walks and ${stats.fails - since.fails} failures ` +
    `in ${searches} allocations, ${full.toFixed(0)} % full`
  );
}

/** Makes a thing when it is first asked for. */
function once<T>(make: () => T): () => T {
  let made: { readonly it: T } | undefined;
  return () => (made ??= { it: make() }).it;
}

/** A side of a row, made ready outside the measurement and only if its row is measured. */
function sideOf(state: () => Steady): () => () => void {
  return once(() => {
    const ready = state();
    return () => {
      ready.run(STEPS);
    };
  });
}

function ours(live: number): { side: () => () => void; note: () => string } {
  const state = once(() => {
    const made = steadyArena(live, 4 * live + 10000);
    return { ...made, since: { ...made.arena.stats } };
  });
  return { side: sideOf(state), note: () => note(state().arena, state().since) };
}

/** The rows of `npm run bench`. */
export function rows(): Row[] {
  const one = (live: number, twin: string, other: () => () => void, limit?: Limit): Row => {
    const { side, note } = ours(live);
    return {
      name: `arena, ${live} live blocks, mixed sizes and alignments, half full`,
      twin,
      unit: 'free and alloc',
      units: STEPS,
      ...(limit && { limit }),
      // Properties that are computed: reading one makes the side ready, before any clock runs.
      get a() {
        return side();
      },
      get b() {
        return other();
      },
      note,
    };
  };
  const against = (live: number, fasterAtLeast: number): Row =>
    one(
      live,
      '@thi.ng/malloc, the same sizes, no alignment asked of it',
      // 2,000 steps of the twin with 10,000 blocks take most of a second.
      sideOf(() => steadyTwin(live, 2000)),
      { fasterAtLeast },
    );
  return [
    against(100, 4),
    against(1000, 30),
    against(10000, 1000),
    one(100000, 'the same arena with 1000', ours(1000).side),
  ];
}
