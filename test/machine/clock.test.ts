import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Clock, EVENT_LIMIT } from '../../src/machine/clock.js';

const nothing = (): void => undefined;

describe('virtual time', () => {
  it('begins at 0 and moves from event to event', () => {
    const clock = new Clock();
    const seen: [string, number][] = [];
    const see = (label: string) => (): void => {
      seen.push([label, clock.nowNs]);
    };
    clock.at(500, see('late'), 'late');
    clock.at(20, see('early'), 'early');
    clock.after(20, see('early too'), 'early too');
    expect([clock.nowNs, clock.size, clock.nextDeadline(), clock.nextLabel()]).toEqual([
      0,
      3,
      20,
      'early',
    ]);
    while (clock.runNext());
    expect(seen).toEqual([
      ['early', 20],
      ['early too', 20],
      ['late', 500],
    ]);
    expect([clock.nowNs, clock.size, clock.nextDeadline()]).toEqual([500, 0, undefined]);
  });

  it('takes a time gone by for now', () => {
    const clock = new Clock();
    clock.advanceTo(100);
    clock.at(7, nothing, 'past');
    expect(clock.nextDeadline()).toBe(100);
    clock.advanceTo(50);
    expect(clock.nowNs).toBe(100);
  });

  it('does not pass over an event', () => {
    const clock = new Clock();
    clock.at(10, nothing, 'in the way');
    clock.advanceTo(10);
    expect(() => {
      clock.advanceTo(11);
    }).toThrow(/in the way/);
  });

  it('refuses times that are none', () => {
    const clock = new Clock();
    for (const t of [NaN, 0.5, Infinity, 2 ** 60]) {
      expect(() => clock.at(t, nothing, 'x')).toThrow(/no time in nanoseconds/);
      expect(() => {
        clock.advanceTo(t);
      }).toThrow(/no time in nanoseconds/);
    }
  });

  it('has room for a stated number of events', () => {
    const clock = new Clock();
    for (let i = 0; i < EVENT_LIMIT; i++) clock.at(i, nothing, 'x');
    expect(() => clock.at(1, nothing, 'one more')).toThrow(/one more/);
  });

  it('forgets everything on reset, and old names stay dead', () => {
    const clock = new Clock();
    const old = clock.at(10, nothing, 'x');
    clock.runNext();
    const waiting = clock.at(20, nothing, 'y');
    clock.reset();
    expect([clock.nowNs, clock.size]).toEqual([0, 0]);
    clock.at(1, nothing, 'new');
    expect([clock.cancel(old), clock.cancel(waiting), clock.size]).toEqual([false, false, 1]);
  });
});

/** One step of a random history: make an event, cancel the i-th made, or run the next. */
const step = fc.oneof(
  fc.record({ do: fc.constant('make' as const), at: fc.integer({ min: 0, max: 50 }) }),
  fc.record({ do: fc.constant('cancel' as const), at: fc.nat(60) }),
  fc.record({ do: fc.constant('run' as const), at: fc.constant(0) }),
);

describe('the heap', () => {
  it('does what a sorted list would', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        const clock = new Clock();
        const ids: number[] = [];
        let list: { n: number; at: number }[] = [];
        let ran = -1;
        let now = 0;
        for (const s of steps) {
          if (s.do === 'make') {
            const n = ids.length;
            ids.push(
              clock.at(
                s.at,
                () => {
                  ran = n;
                },
                'x',
              ),
            );
            list.push({ n, at: Math.max(s.at, now) });
            list.sort((a, b) => a.at - b.at || a.n - b.n);
          } else if (s.do === 'cancel') {
            const there = list.some((e) => e.n === s.at);
            expect(clock.cancel(ids[s.at] ?? -1)).toBe(there);
            list = list.filter((e) => e.n !== s.at);
          } else {
            const next = list.shift();
            ran = -1;
            expect(clock.runNext()).toBe(next !== undefined);
            expect(ran).toBe(next?.n ?? -1);
            now = next?.at ?? now;
          }
          expect([clock.nowNs, clock.size, clock.nextDeadline()]).toEqual([
            now,
            list.length,
            list[0]?.at,
          ]);
        }
      }),
    );
  });
});
