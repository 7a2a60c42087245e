/** Searches stay short however many segments there are; counted, not timed. */
import { expect, test } from 'vitest';
import { steadyArena } from '../bench/arena.bench.js';

test.each([100, 1000, 10000, 100000])(
  'with %i live blocks an allocation examines three segments at most, on average',
  (live) => {
    const { run, arena } = steadyArena(live, live);
    const before = arena.stats;
    run(50000);
    const { stats } = arena;
    const searches = stats.searches - before.searches;
    expect(searches).toBe(50000);
    expect((stats.examined - before.examined) / searches).toBeLessThanOrEqual(3);
    // Only an arena of a hundred blocks is ever short of a long segment.
    expect(stats.fullWalks - before.fullWalks).toBeLessThanOrEqual(live === 100 ? 50 : 0);
    const free = [...arena.segments()].filter((s) => s.kind === 'free');
    expect(free.length).toBeGreaterThan(live / 4);
    expect(arena.inUse / arena.total).toBeGreaterThan(0.4);
  },
);
