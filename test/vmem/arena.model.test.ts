/** The arena against the naive one, and broken arenas that the comparison must catch. */
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Arena } from '../../src/vmem/arena.js';
import type { Constraints } from '../../src/vmem/constraints.js';
import { Panic } from '../../src/sys/errors.js';
import { allowed } from '../model/naive-arena.js';
import { anyRun, play } from './judge.js';

const make = (quantum: number): Arena => new Arena('model', quantum);

describe('arena against the naive arena', () => {
  test('agrees after every step of any run', () => {
    fc.assert(
      fc.property(anyRun, (run) => {
        play(run, make);
      }),
      { seed: 39, numRuns: 400 },
    );
  });

  test('answers after reset as when it was new', () => {
    fc.assert(
      fc.property(anyRun, (run) => {
        const once = play(run, make);
        let used: Arena | undefined;
        play(run, (quantum) => (used = make(quantum)));
        const arena = used;
        if (arena === undefined) throw new Error('not made');
        arena.xalloc(1, {});
        arena.reset();
        expect(arena.stats).toEqual(make(run.quantum).stats);
        expect(arena.inUse).toBe(0);
        const again = play(run, () => Object.assign(arena, { add: () => undefined }));
        expect(again).toEqual(once);
      }),
      { seed: 40, numRuns: 100 },
    );
  });

  test('panics when no address at all satisfies the constraints, or align is above nocross', () => {
    const power = fc.integer({ min: 0, max: 8 }).map((n) => 2 ** n);
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 300 }),
        power,
        fc.nat(255),
        fc.oneof(fc.constant(0), power),
        (size, align, share, nocross) => {
          const c = { align, phase: share & (align - 1), nocross };
          let possible = false;
          for (let a = 0; a < 512 && !possible; a++) possible = allowed(a, size, c);
          const arena = make(1);
          arena.add(0, 1024);
          const ask = (): number => arena.xalloc(size, c);
          if (possible && (nocross === 0 || align <= nocross))
            expect(ask()).toBeGreaterThanOrEqual(0);
          else expect(ask).toThrow(/overconstrained/);
        },
      ),
      { seed: 41, numRuns: 1000 },
    );
  });
});

describe('the comparison catches', () => {
  class Lost extends Arena {
    override free(): void {
      // Nothing comes back.
    }
  }
  class Full extends Arena {
    override xalloc(): number {
      return -1;
    }
    override alloc(): number {
      return -1;
    }
  }
  class Deaf extends Arena {
    override xalloc(size: number): number {
      return this.alloc(size);
    }
  }
  class Crossing extends Arena {
    override xalloc(size: number, c: Constraints): number {
      return super.xalloc(size, { ...c, nocross: 0 });
    }
  }
  class Low extends Arena {
    override xalloc(size: number, c: Constraints): number {
      return super.xalloc(size, { ...c, min: 0 });
    }
  }
  class OutOfPhase extends Arena {
    override xalloc(size: number, c: Constraints): number {
      return super.xalloc(size, { ...c, phase: 0 });
    }
  }
  class Greedy extends Arena {
    override alloc(size: number): number {
      return super.alloc(size * 2);
    }
  }
  class Blind extends Arena {
    override find(): undefined {
      return undefined;
    }
  }
  class Throwing extends Arena {
    override alloc(size: number): number {
      throw new Panic(`alloc(${size})`);
    }
  }
  const broken = {
    Lost,
    Full,
    Deaf,
    Crossing,
    Low,
    OutOfPhase,
    Greedy,
    Blind,
    Throwing,
  };

  test.each(Object.entries(broken))('an arena that is %s', (_name, Kind) => {
    const outcome = fc.check(
      fc.property(anyRun, (run) => {
        play(run, (quantum) => new Kind('broken', quantum));
      }),
      { seed: 39, numRuns: 400, endOnFailure: true },
    );
    expect(outcome.failed).toBe(true);
  });
});
