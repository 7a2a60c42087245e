import { describe, expect, it } from 'vitest';
import {
  createMutex,
  cv_broadcast,
  cv_destroy,
  cv_reltimedwait,
  cv_signal,
  cv_timedwait,
  cv_wait,
  mutex_destroy,
  mutex_enter,
  mutex_exit,
  mutex_owned,
  mutex_tryenter,
  type kmutex_t,
} from '../../src/machine/lock.js';
import { bare, failure, forget, type Bare } from './bare.js';

/** A tick of the clock at 100 Hz. */
const tickNs = 10_000_000;

/** Starts threads that each take the mutex, say so, and give it up after another turn. */
function contenders(b: Bare, m: kmutex_t, names: readonly string[]): void {
  for (const name of names) {
    b.sched.thread(name, async () => {
      await mutex_enter(m);
      b.say('in');
      await b.pass();
      b.say('out');
      mutex_exit(m);
    });
  }
}

describe('a mutex (mutex.9f/DS-1)', () => {
  it('is taken at once when it is free, without waiting', async () => {
    const { sched, mutex } = bare();
    const m = mutex();
    await sched.run(() => {
      expect(mutex_enter(m)).toBeUndefined();
      expect([mutex_owned(m), [...sched.current.holds].length]).toEqual([1, 1]);
      mutex_exit(m);
      expect([mutex_owned(m), [...sched.current.holds].length]).toEqual([0, 0]);
    });
  });

  it('has one owner at a time; the others get it in the order in which they asked', async () => {
    const b = bare();
    contenders(b, b.mutex(), ['a', 'b', 'c']);
    await b.sched.run(() => undefined);
    expect(b.log).toEqual(['a: in', 'a: out', 'b: in', 'b: out', 'c: in', 'c: out']);
  });

  it('is handed over: whoever gives it up and asks again stands at the end', async () => {
    const b = bare();
    const m = b.mutex();
    await b.sched.run(async () => {
      await mutex_enter(m);
      contenders(b, m, ['a']);
      await b.pass();
      mutex_exit(m);
      expect(mutex_tryenter(m)).toBe(0);
      expect(mutex_owned(m)).toBe(0);
      await mutex_enter(m);
      b.say('in');
      mutex_exit(m);
    });
    expect(b.log).toEqual(['a: in', 'a: out', 'main: in']);
  });

  it('is not recursive: its owner panics', async () => {
    const { sched, mutex } = bare();
    const m = mutex('lock');
    const error = await failure(
      sched.run(async () => {
        await mutex_enter(m);
        await mutex_enter(m);
      }),
    );
    expect(error).toMatchObject({
      name: 'Panic',
      clause: 'mutex.9f/DS-1',
      values: { mutex: 'lock', owner: 'thread "main"', caller: 'thread "main"' },
    });
    expect(error.message).toMatch(/recursive entry: mutex "lock"/);
  });

  it.each(['nobody', 'another thread'])('cannot be given up when %s owns it', async (who) => {
    const { sched, mutex, pass } = bare();
    const m = mutex();
    const error = await failure(
      sched.run(async () => {
        if (who === 'another thread') {
          sched.thread('owner', async () => {
            await mutex_enter(m);
            await sched.ticket('nothing').wait;
          });
          await pass();
        }
        mutex_exit(m);
      }),
    );
    expect(error).toMatchObject({ name: 'Panic', clause: 'mutex.9f/DS-1' });
    expect(error.message).toMatch(/mutex_exit: not the owner/);
  });

  it('says so when the owner only thinks it is one, for want of an await', async () => {
    const { sched, mutex, pass } = bare();
    const m = mutex('lock');
    const error = await failure(
      sched.run(async () => {
        await mutex_enter(m);
        sched.thread('hasty', () => {
          forget(mutex_enter(m));
          mutex_exit(m);
        });
        await pass();
      }),
    );
    expect(error.message).toMatch(/asked for mutex "lock" and did not await it/);
  });

  it('can be tried (mutex.9f/TR-1)', async () => {
    const { sched, mutex, pass } = bare();
    const m = mutex();
    await sched.run(async () => {
      expect(mutex_tryenter(m)).toBe(1);
      // Its owner is told "busy" and does not panic: trying never waits.
      expect(mutex_tryenter(m)).toBe(0);
      let other: number | undefined;
      sched.thread('other', () => {
        other = mutex_tryenter(m);
      });
      await pass();
      expect(other).toBe(0);
      mutex_exit(m);
    });
  });

  it('is not destroyed while anybody holds it, and not used afterwards', async () => {
    const held = bare();
    const m = held.mutex();
    forget(mutex_enter(m));
    expect(() => {
      mutex_destroy(m);
    }).toThrow(/mutex_destroy: held/);
    const free = bare();
    const gone = free.mutex();
    mutex_destroy(gone);
    const error = await failure(free.sched.run(() => mutex_enter(gone)));
    expect(error).toMatchObject({ name: 'Panic' });
    expect(error.message).toMatch(/mutex_enter: destroyed/);
  });

  it('is no other thing', () => {
    for (const wrong of [undefined, null, 5, {}, 'm']) {
      expect(() => mutex_enter(wrong as kmutex_t)).toThrow(TypeError);
    }
  });

  it('works outside a run, for whoever does not wait', () => {
    const { mutex } = bare();
    const m = mutex();
    expect(mutex_enter(m)).toBeUndefined();
    mutex_exit(m);
  });

  it('must not be held at the end of a thread or handler (mutex.9f/NT-2)', async () => {
    const { sched, intr, mutex, findings } = bare();
    await sched.run(() => {
      sched.thread('thread', async () => mutex_enter(mutex('a')));
      intr.trigger(intr.softint('sync', 2, () => forget(mutex_enter(mutex('b')))));
      intr.trigger(intr.softint('async', 1, async () => mutex_enter(mutex('c'))));
    });
    expect(findings.map((f) => [f.rule, f.clause, f.call, f.values['held']])).toEqual([
      ['MUTEX_HELD_AT_RETURN', 'mutex.9f/NT-2', 'sync', '"b"'],
      ['MUTEX_HELD_AT_RETURN', 'mutex.9f/NT-2', 'async', '"c"'],
      ['MUTEX_HELD_AT_RETURN', 'mutex.9f/NT-2', 'thread', '"a"'],
    ]);
  });

  it('left behind by a thread that ended, is named in the deadlock', async () => {
    const { sched, mutex } = bare();
    const m = mutex();
    const run = sched.run(async () => {
      await sched.thread('careless', () => mutex_enter(m)).done;
      await mutex_enter(m);
    });
    expect((await failure(run)).message).toContain(
      'thread "main" awaits mutex "m", held by thread "careless", which has ended',
    );
  });

  it('for interrupts is initialised with their cookie (mutex.9f/IN-1)', async () => {
    const { sched, intr, findings } = bare();
    const m = createMutex(sched, 'bare', 4, null);
    const handler = (): void => {
      forget(mutex_enter(m));
      mutex_exit(m);
    };
    await sched.run(() => {
      handler();
      expect(findings).toEqual([]);
      for (const name of ['once', 'twice']) intr.trigger(intr.softint(name, 5, handler));
    });
    expect(findings.map((f) => [f.rule, f.clause])).toEqual([
      ['MUTEX_WITHOUT_COOKIE', 'mutex.9f/IN-1'],
    ]);
  });
});

describe('a condition variable', () => {
  it('gives the mutex up while it waits, and has it again (condvar.9f/WT-1)', async () => {
    const { sched, mutex, condvar, say, log } = bare();
    const [m, c] = [mutex(), condvar()];
    let ready = false;
    await sched.run(async () => {
      const waiter = sched.thread('waiter', async () => {
        await mutex_enter(m);
        while (!ready) await cv_wait(c, m);
        say(`owned ${String(mutex_owned(m))}`);
        mutex_exit(m);
      });
      const setter = sched.thread('setter', async () => {
        await mutex_enter(m);
        ready = true;
        cv_signal(c);
        say('signalled');
        mutex_exit(m);
      });
      await waiter.done;
      await setter.done;
    });
    expect(log).toEqual(['setter: signalled', 'waiter: owned 1']);
  });

  it('loses no signal between giving up and waiting', async () => {
    const { sched, mutex, condvar, pass } = bare();
    const [m, c] = [mutex(), condvar()];
    await sched.run(async () => {
      await mutex_enter(m);
      sched.thread('signaller', async () => {
        await mutex_enter(m);
        cv_signal(c);
        mutex_exit(m);
      });
      await pass();
      // The signaller queues for the mutex and gets it in the very step in which main waits.
      await cv_wait(c, m);
      mutex_exit(m);
    });
  });

  /** Three threads wait; then `wake` is called, from a thread that does not hold the mutex. */
  async function woken(wake: (c: ReturnType<Bare['condvar']>) => void): Promise<string[]> {
    const { sched, mutex, condvar, sleep, say, log } = bare();
    const [m, c] = [mutex(), condvar()];
    await sched.run(async () => {
      for (const name of ['a', 'b', 'c']) {
        sched.thread(name, async () => {
          await mutex_enter(m);
          await cv_wait(c, m);
          say(`owned ${String(mutex_owned(m))}`);
          mutex_exit(m);
        });
      }
      await sleep(1);
      wake(c);
      await sleep(1);
    });
    return log;
  }

  it('wakes who has waited longest at a signal, all at a broadcast (condvar.9f/SG-1)', async () => {
    expect(await woken(cv_signal)).toEqual(['a: owned 1']);
    expect(await woken(cv_broadcast)).toEqual(['a: owned 1', 'b: owned 1', 'c: owned 1']);
    expect(await woken(() => undefined)).toEqual([]);
  });

  it('forgets a signal nobody waits for', async () => {
    const { sched, mutex, condvar } = bare();
    const [m, c] = [mutex(), condvar()];
    const run = sched.run(async () => {
      cv_signal(c);
      cv_broadcast(c);
      await mutex_enter(m);
      await cv_wait(c, m);
    });
    expect((await failure(run)).message).toContain('awaits condition variable "c"');
  });

  it('can be signalled from an interrupt', async () => {
    const { sched, intr, mutex, condvar, findings } = bare();
    const [m, c] = [mutex(), condvar()];
    await sched.run(async () => {
      await mutex_enter(m);
      intr.trigger(
        intr.softint('s', 4, () => {
          cv_signal(c);
        }),
      );
      await cv_wait(c, m);
      mutex_exit(m);
    });
    expect(findings).toEqual([]);
  });

  it('waits in queue for its mutex after it was woken', async () => {
    const { sched, mutex, condvar, sleep } = bare();
    const [m, c] = [mutex(), condvar()];
    const run = sched.run(async () => {
      const waiter = sched.thread('waiter', async () => {
        await mutex_enter(m);
        await cv_wait(c, m);
      });
      await sleep(1);
      await mutex_enter(m);
      cv_signal(c);
      await waiter.done;
    });
    expect((await failure(run)).message).toContain(
      'thread "waiter" awaits mutex "m", held by thread "main"',
    );
  });

  it('wants the mutex owned by the caller', async () => {
    const { sched, mutex, condvar, clock } = bare();
    const error = await failure(sched.run(() => cv_timedwait(condvar(), mutex(), 5)));
    expect(error).toMatchObject({ name: 'Panic', clause: 'mutex.9f/DS-1' });
    expect(error.message).toMatch(/cv_timedwait: not the owner/);
    expect(clock.size).toBe(0);
  });

  it('must not be waited for in interrupt context (condvar.9f/CX-1)', async () => {
    const { sched, intr, mutex, condvar, findings, say, log, sleep } = bare();
    const [m, c] = [mutex(), condvar()];
    await sched.run(async () => {
      const handler = async (): Promise<void> => {
        await mutex_enter(m);
        await cv_wait(c, m);
        say('woken');
        mutex_exit(m);
      };
      intr.trigger(intr.softint('s', 4, handler));
      await sleep(1);
      cv_signal(c);
      await sleep(1);
    });
    expect(findings).toMatchObject([
      {
        rule: 'WAIT_IN_INTERRUPT',
        clause: 'condvar.9f/CX-1',
        call: 'cv_wait',
        values: { level: 4 },
      },
    ]);
    // A finding stands beside the answer of a call and does not replace it.
    expect(log).toEqual(['s: woken']);
  });

  it('is not destroyed while anybody waits, and not used afterwards', async () => {
    const { sched, mutex, condvar, sleep } = bare();
    const [m, c, gone] = [mutex(), condvar(), condvar('gone')];
    cv_destroy(gone);
    const run = sched.run(async () => {
      sched.thread('waiter', async () => {
        await mutex_enter(m);
        await cv_wait(c, m);
      });
      await sleep(1);
      cv_destroy(c);
    });
    expect((await failure(run)).message).toMatch(/cv_destroy: 1 waiting: condition variable "c"/);
    const other = bare();
    const dead = other.condvar();
    cv_destroy(dead);
    expect(() => {
      cv_signal(dead);
    }).toThrow(/cv_signal: destroyed/);
  });

  it('does not take a mutex of another machine', () => {
    const here = bare();
    const there = bare();
    expect(() => cv_wait(here.condvar(), there.mutex())).toThrow(/another machine/);
  });
});

describe('a timed wait (condvar.9f/TW-1)', () => {
  it('answers -1 when time is up, at the tick it was given', async () => {
    const { sched, mutex, condvar, clock, sleep } = bare();
    const [m, c] = [mutex(), condvar()];
    await sched.run(async () => {
      await mutex_enter(m);
      expect(await cv_timedwait(c, m, 5)).toBe(-1);
      expect([clock.nowNs, mutex_owned(m)]).toEqual([5 * tickNs, 1]);
      expect(await cv_reltimedwait(c, m, 3, 0)).toBe(-1);
      expect(clock.nowNs).toBe(8 * tickNs);
      await sleep(1);
      // Tick 4 is gone by: time is up, and everybody who is ready runs meanwhile.
      expect(await cv_timedwait(c, m, 4)).toBe(-1);
      expect(clock.nowNs).toBe(8 * tickNs + 1);
      mutex_exit(m);
    });
  });

  it('answers more than 0 when it was woken, and its timeout is gone', async () => {
    const { sched, mutex, condvar, clock } = bare();
    const [m, c] = [mutex(), condvar()];
    await sched.run(async () => {
      await mutex_enter(m);
      clock.at(
        7 * tickNs,
        () => {
          cv_signal(c);
        },
        'signal',
      );
      expect(await cv_timedwait(c, m, 1000)).toBeGreaterThan(0);
      expect([clock.nowNs, clock.size, mutex_owned(m)]).toEqual([7 * tickNs, 0, 1]);
      mutex_exit(m);
    });
  });

  it('that has ended takes no signal away from another', async () => {
    const { sched, mutex, condvar, sleep, say, log } = bare();
    const [m, c] = [mutex(), condvar()];
    await sched.run(async () => {
      for (const [name, ticks] of [
        ['short', 1],
        ['long', 1000],
      ] as const) {
        sched.thread(name, async () => {
          await mutex_enter(m);
          say(String(await cv_reltimedwait(c, m, ticks)));
          mutex_exit(m);
        });
      }
      await sleep(2 * tickNs);
      cv_signal(c);
      await sleep(tickNs);
    });
    expect(log).toEqual(['short: -1', 'long: 1']);
  });

  it('refuses what is no number of ticks', () => {
    const { mutex, condvar } = bare();
    for (const ticks of [NaN, 0.5, undefined, '5']) {
      expect(() => cv_timedwait(condvar(), mutex(), ticks as number)).toThrow(TypeError);
      expect(() => cv_reltimedwait(condvar(), mutex(), ticks as number)).toThrow(TypeError);
    }
  });

  it('may be for ever', async () => {
    const { sched, mutex, condvar, sleep } = bare();
    const [m, c] = [mutex(), condvar()];
    await sched.run(async () => {
      sched.thread('patient', async () => {
        await mutex_enter(m);
        await cv_reltimedwait(c, m, 2 ** 48);
      });
      await sleep(1);
    });
  });
});
