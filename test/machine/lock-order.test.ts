/** The order in which mutexes are taken and given up: mutex.9f/NT-4, mutex.9f/DS-2. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Context } from '../../src/machine/context.js';
import {
  noteLeft,
  noteTaken,
  type OrderedLock,
  ORDER_LIMIT,
} from '../../src/machine/lock-order.js';
import {
  cv_signal,
  cv_wait,
  mutex_destroy,
  mutex_enter,
  mutex_exit,
  mutex_tryenter,
} from '../../src/machine/lock.js';
import { bare } from './bare.js';

function lockNamed(name: string): OrderedLock {
  return { name, forInterrupts: false, later: new Set(), again: false };
}

function holding(...locks: readonly OrderedLock[]): Context {
  return { id: 2, name: 't', kind: 'kernel', level: 0, holds: new Set(locks) };
}

/** Whether a lock can be reached by pairs, the slow way. */
function reaches(pairs: readonly (readonly [number, number])[], from: number, to: number): boolean {
  const seen = new Set([from]);
  for (let grew = true; grew;) {
    grew = false;
    for (const [a, b] of pairs) {
      if (!seen.has(a) || seen.has(b)) continue;
      seen.add(b);
      grew = true;
    }
  }
  return seen.has(to);
}

describe('taking mutexes', () => {
  it('is reported exactly when the other way round was taken before, once', () => {
    const number = fc.nat({ max: 5 });
    const steps = fc.array(fc.tuple(number, number), { maxLength: 30 });
    fc.assert(
      fc.property(steps, (taken) => {
        const locks = Array.from({ length: 6 }, (_, i) => lockNamed(`m${i}`));
        const before: (readonly [number, number])[] = [];
        for (const [held, next] of taken) {
          const [a, b] = [locks[held], locks[next]];
          if (a === undefined || b === undefined || a === b) continue;
          const known = before.some(([x, y]) => x === held && y === next);
          const wanted = !known && reaches(before, next, held);
          expect(noteTaken(holding(a), b) !== undefined).toBe(wanted);
          before.push([held, next]);
        }
      }),
    );
  });

  it('names the way round that was taken before', () => {
    const [a, b, c] = [lockNamed('a'), lockNamed('b'), lockNamed('c')];
    expect(noteTaken(holding(a), b)).toBeUndefined();
    expect(noteTaken(holding(a, b), c)).toBeUndefined();
    const finding = noteTaken(holding(c), a);
    expect(finding?.clause).toBe('mutex.9f/NT-4');
    expect(finding?.message).toContain('thread "t" takes mutex "a" while it holds "c"');
    expect(finding?.message).toContain('in the order "a", "c" before');
  });

  it('forgets rather than grows', () => {
    const a = lockNamed('a');
    for (let i = 0; i <= ORDER_LIMIT; i++) noteTaken(holding(a), lockNamed(`m${i}`));
    expect(a.later.size).toBe(1);
  });
});

describe('giving mutexes up', () => {
  it('is reported unless it is in reverse order', () => {
    const [a, b] = [lockNamed('a'), lockNamed('b')];
    expect(noteLeft(holding(a, b), b)).toBeUndefined();
    expect(noteLeft(holding(a, b), a)?.clause).toBe('mutex.9f/DS-2');
  });
});

describe('what is no order', () => {
  it('is a mutex that was only tried', async () => {
    const { sched, mutex, findings } = bare();
    const [m, n] = [mutex('m'), mutex('n')];
    await sched.run(async () => {
      await mutex_enter(m);
      await mutex_enter(n);
      mutex_exit(n);
      mutex_exit(m);
      await mutex_enter(n);
      expect(mutex_tryenter(m)).toBe(1);
      mutex_exit(m);
      mutex_exit(n);
    });
    expect(findings).toEqual([]);
  });

  it.each(['m', 'n'])('is a mutex that cv_wait has taken again, %s given up first', async (one) => {
    const { sched, mutex, condvar, findings } = bare();
    const [m, n, c] = [mutex('m'), mutex('n'), condvar()];
    await sched.run(async () => {
      await mutex_enter(m);
      await mutex_enter(n);
      sched.thread('waker', () => {
        cv_signal(c);
      });
      await cv_wait(c, m);
      mutex_exit(one === 'm' ? m : n);
      mutex_exit(one === 'm' ? n : m);
    });
    expect(findings).toEqual([]);
  });

  it('is none any more once a mutex was destroyed', async () => {
    const { sched, mutex, findings } = bare();
    const [m, n] = [mutex('m'), mutex('n')];
    await sched.run(async () => {
      await mutex_enter(m);
      await mutex_enter(n);
      mutex_exit(n);
      mutex_exit(m);
      mutex_destroy(m);
      const again = mutex('m');
      await mutex_enter(n);
      await mutex_enter(again);
      mutex_exit(again);
      mutex_exit(n);
    });
    expect(findings).toEqual([]);
  });
});
