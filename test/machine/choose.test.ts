import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  ReplayChooser,
  ReplayDivergence,
  SeededChooser,
  type Choice,
  type Chooser,
} from '../../src/machine/choose.js';

const draw = (chooser: Chooser, kind: string, n: number, count: number): number[] =>
  Array.from({ length: count }, () => chooser.choose(kind, n));

describe('a seeded chooser', () => {
  it('gives the numbers of its seed, the same on every computer', () => {
    expect(draw(new SeededChooser(1), 'frame', 1000, 6)).toEqual([421, 476, 682, 501, 955, 403]);
    expect(draw(new SeededChooser(-5), 'frame', 2 ** 32, 3)).toEqual([
      3630931541, 2224971959, 2031616796,
    ]);
    expect(draw(new SeededChooser(2 ** 40), 'frame', 1000, 3)).toEqual([421, 649, 756]);
  });

  it('answers within range, and reaches every answer', () => {
    fc.assert(
      fc.property(fc.integer(), fc.integer({ min: 1, max: 2 ** 32 }), (seed, n) => {
        for (const answer of draw(new SeededChooser(seed), 'k', n, 20)) {
          expect(Number.isInteger(answer) && answer >= 0 && answer < n).toBe(true);
        }
      }),
    );
    expect(new Set(draw(new SeededChooser(3), 'k', 7, 200))).toHaveLength(7);
  });

  it('is even: no answer is far from its share', () => {
    const counts = new Array<number>(10).fill(0);
    for (const answer of draw(new SeededChooser(9), 'k', 10, 10_000)) {
      counts[answer] = (counts[answer] ?? 0) + 1;
    }
    // Nine times the standard deviation of 30.
    for (const count of counts) expect(Math.abs(count - 1000)).toBeLessThan(270);
  });

  it('has a stream for each kind, which no other kind moves', () => {
    fc.assert(
      fc.property(
        fc.integer(),
        fc.array(fc.constantFrom('a', 'b', 'c'), { maxLength: 60 }),
        (seed, kinds) => {
          const mixed = new SeededChooser(seed);
          const answers = kinds.map((kind) => ({ kind, answer: mixed.choose(kind, 100) }));
          for (const kind of ['a', 'b', 'c']) {
            const own = answers.filter((x) => x.kind === kind).map((x) => x.answer);
            expect(own).toEqual(draw(new SeededChooser(seed), kind, 100, own.length));
          }
        },
      ),
    );
    expect(draw(new SeededChooser(1), 'a', 100, 5)).not.toEqual(
      draw(new SeededChooser(1), 'b', 100, 5),
    );
  });

  it('tells seeds apart that agree in their low 32 bits', () => {
    expect(draw(new SeededChooser(7), 'k', 1000, 4)).not.toEqual(
      draw(new SeededChooser(7 + 2 ** 32), 'k', 1000, 4),
    );
  });

  it('takes a question with one answer for no choice', () => {
    const asked = new SeededChooser(4);
    expect(asked.choose('k', 1)).toBe(0);
    expect(asked.log).toEqual([]);
    expect(draw(asked, 'k', 50, 3)).toEqual(draw(new SeededChooser(4), 'k', 50, 3));
  });

  it('refuses questions without answers and seeds that are none', () => {
    for (const n of [0, -1, 1.5, NaN, 2 ** 32 + 1]) {
      expect(() => new SeededChooser(1).choose('k', n)).toThrow(/1 to 2\^32/);
    }
    for (const seed of [NaN, 0.5, 2 ** 60]) {
      expect(() => new SeededChooser(seed)).toThrow(/seed/);
    }
  });

  it('stops logging at its limit and says so', () => {
    const chooser = new SeededChooser(1, { logLimit: 100 });
    draw(chooser, 'k', 10, 100);
    expect(chooser.logTruncated).toBe(false);
    draw(chooser, 'k', 10, 1);
    expect(chooser.logTruncated).toBe(true);
    expect(chooser.log).toHaveLength(100);
  });
});

describe('a replay', () => {
  const questions = fc.array(
    fc.tuple(fc.constantFrom('a', 'b', 'c'), fc.constantFrom(1, 2, 3, 1000, 2 ** 32)),
    { maxLength: 200 },
  );

  it('answers as the log does', () => {
    fc.assert(
      fc.property(fc.integer(), questions, (seed, asked) => {
        const first = new SeededChooser(seed);
        const answers = asked.map(([kind, n]) => first.choose(kind, n));
        const again = new ReplayChooser(first.log);
        expect(asked.map(([kind, n]) => again.choose(kind, n))).toEqual(answers);
        expect(again.remaining).toBe(0);
      }),
    );
  });

  const log: Choice[] = [
    { kind: 'a', n: 3, chosen: 2 },
    { kind: 'b', n: 2, chosen: 1 },
  ];

  it.each([
    ['another kind', 'c', 2],
    ['another number of answers', 'b', 4],
  ])('reports %s as a divergence, with its position', (_, kind, n) => {
    const replay = new ReplayChooser(log);
    expect(replay.choose('a', 3)).toBe(2);
    expect(() => replay.choose(kind, n)).toThrow(
      expect.objectContaining({ name: 'REPLAY_DIVERGENCE', position: 1 }),
    );
    expect(replay.remaining).toBe(1);
  });

  it('ends in a divergence, or in another chooser', () => {
    const replay = new ReplayChooser(log);
    replay.choose('a', 3);
    replay.choose('b', 2);
    expect(() => replay.choose('a', 3)).toThrow(ReplayDivergence);
    const onward = new ReplayChooser(log, new SeededChooser(1));
    onward.choose('a', 3);
    onward.choose('b', 2);
    expect(onward.choose('z', 1000)).toBe(new SeededChooser(1).choose('z', 1000));
  });

  it('refuses an answer that is none', () => {
    const replay = new ReplayChooser([{ kind: 'a', n: 2, chosen: 2 }]);
    expect(() => replay.choose('a', 2)).toThrow(ReplayDivergence);
  });
});
