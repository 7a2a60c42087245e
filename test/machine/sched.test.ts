import { ResultAsync } from 'neverthrow';
import { describe, expect, it, vi } from 'vitest';
import { mutex_enter } from '../../src/machine/lock.js';
import type { Thread } from '../../src/machine/sched.js';
import { Panic } from '../../src/sys/errors.js';
import type { MachineEvent } from '../../src/sys/observer.js';
import { bare, failure } from './bare.js';

/** A promise of the host, which no machine knows. */
const foreign = (): Promise<void> =>
  new Promise((resolve) => {
    setTimeout(resolve, 0);
  });

describe('a run', () => {
  it('returns what main returns, synchronous or not', async () => {
    const { sched } = bare();
    expect(await sched.run(() => 7)).toBe(7);
    expect(await sched.run(() => Promise.resolve('x'))).toBe('x');
    expect(await sched.run(() => ResultAsync.fromSafePromise(Promise.resolve(1)))).toMatchObject({
      value: 1,
    });
  });

  it('rejects with what main throws, synchronous or not, and leaves the machine up', async () => {
    const { sched } = bare();
    const oops = (): never => {
      throw new RangeError('oops');
    };
    expect(await failure(sched.run(oops))).toEqual(new RangeError('oops'));
    expect(await failure(sched.run(() => Promise.resolve().then(oops)))).toEqual(
      new RangeError('oops'),
    );
    expect(await sched.run(() => 'up')).toBe('up');
  });

  it('has main in user context, threads in kernel context, and boot outside', async () => {
    const { sched } = bare();
    const who = (): string => `${sched.current.name} ${sched.current.kind}`;
    expect(who()).toBe('boot kernel');
    const seen = await sched.run(async () => {
      const main = who();
      let kernel = '';
      let user = '';
      await sched.thread('k', () => {
        kernel = who();
      }).done;
      await sched.thread('u', () => void (user = who()), 'user').done;
      return [main, kernel, user, who()];
    });
    expect(seen).toEqual(['main user', 'k kernel', 'u user', 'main user']);
    expect(who()).toBe('boot kernel');
    expect(sched.running).toBe(false);
  });

  it('ends when main has finished and nothing is ready; the parked go on in the next', async () => {
    const { sched, sleep, say, log, clock } = bare();
    await sched.run(() => {
      sched.thread('ready', async () => {
        say('first turn');
        await Promise.resolve();
        say('same turn');
      });
      sched.thread('parked', async () => {
        await sleep(1000);
        say('slept');
      });
    });
    expect(log).toEqual(['ready: first turn', 'ready: same turn']);
    expect([clock.nowNs, clock.size]).toEqual([0, 1]);
    await sched.run(() => sleep(2000));
    expect(log.at(-1)).toBe('parked: slept');
  });

  it('is one at a time', async () => {
    const { sched } = bare();
    const first = sched.run(async () => failure(sched.run(() => 1)));
    const second = failure(sched.run(() => 2));
    expect((await first).message).toMatch(/under way/);
    expect((await second).message).toMatch(/under way/);
  });

  it('does not mind another machine beside it', async () => {
    const a = bare();
    const b = bare();
    const job = ({ sched, pass, say }: typeof a) =>
      sched.run(async () => {
        for (let i = 0; i < 5; i++) {
          say(String(i));
          await pass();
        }
        return sched.current.name;
      });
    expect(await Promise.all([job(a), job(b)])).toEqual(['main', 'main']);
    expect(a.log).toEqual(b.log);
    expect(a.trace.traceHash()).toBe(b.trace.traceHash());
  });

  it('takes its macrotask before anything can fake it', async () => {
    const { sched, sleep, clock } = bare();
    vi.useFakeTimers();
    try {
      await sched.run(() => sleep(5_000_000_000));
    } finally {
      vi.useRealTimers();
    }
    expect(clock.nowNs).toBe(5_000_000_000);
  });
});

describe('turns', () => {
  it('are taken in the order in which threads became ready', async () => {
    const { sched, pass, say, log } = bare();
    await sched.run(async () => {
      const threads = ['a', 'b', 'c'].map((name) =>
        sched.thread(name, async () => {
          say('1');
          await pass();
          say('2');
        }),
      );
      say('started');
      for (const thread of threads) await thread.done;
    });
    expect(log).toEqual(['main: started', 'a: 1', 'b: 1', 'c: 1', 'a: 2', 'b: 2', 'c: 2']);
  });

  it('go on over promises that are settled already, however nested', async () => {
    const { sched, say, log } = bare();
    const deep = async (n: number): Promise<number> => {
      await Promise.resolve();
      return n === 0 ? 0 : 1 + (await deep(n - 1));
    };
    await sched.run(async () => {
      sched.thread('other', () => {
        say('turn');
      });
      say(String(await deep(50)));
      await Promise.all([deep(3), undefined, 4]);
      say('still my turn');
    });
    expect(log).toEqual(['main: 50', 'main: still my turn', 'other: turn']);
  });

  it('end at a wait, even one that is settled', async () => {
    const { sched, say, log } = bare();
    await sched.run(async () => {
      const { wait, resolve } = sched.ticket<string>('word');
      resolve('settled');
      resolve('ignored');
      sched.thread('other', () => {
        say('turn');
      });
      say(await wait);
    });
    expect(log).toEqual(['other: turn', 'main: settled']);
  });

  it('are traced, and told to observers', async () => {
    const { sched, pass, trace } = bare();
    const events: MachineEvent[] = [];
    trace.observe({ event: (event) => events.push(event) });
    const before = trace.traceHash();
    await sched.run(pass);
    expect(trace.traceHash()).not.toBe(before);
    expect(events).toEqual([
      { kind: 'switch', seq: 1, thread: 'main' },
      { kind: 'switch', seq: 2, thread: 'main' },
    ]);
  });
});

describe('waits', () => {
  it('deliver values and errors to whoever awaits them, each in a turn of its own', async () => {
    const { sched, say, log } = bare();
    await sched.run(async () => {
      const good = sched.thread('good', () => 'value');
      const bad = sched.thread('bad', () => Promise.reject(new Error('error')));
      for (const name of ['x', 'y']) {
        sched.thread(name, async () => {
          say(await good.done);
          say((await failure(bad.done)).message);
          expect([good.state, bad.state]).toEqual(['finished', 'failed']);
        });
      }
      await failure(bad.done);
    });
    // x and y begin after good and bad have ended; what has ended can be awaited all the same.
    expect(log).toEqual(['x: value', 'y: value', 'x: error', 'y: error']);
  });

  it('can be awaited together: Promise.all and Promise.race', async () => {
    const { sched, sleep, clock } = bare();
    await sched.run(async () => {
      await Promise.all([sleep(30), sleep(10), sleep(20)]);
      expect(clock.nowNs).toBe(30);
      await Promise.race([sleep(500), sleep(100)]);
      expect(clock.nowNs).toBe(130);
      await sleep(1);
      expect(clock.nowNs).toBe(131);
    });
  });

  it('can be awaited through a chain: wait.promise in a ResultAsync', async () => {
    const { sched, say, log, clock } = bare();
    await sched.run(async () => {
      const { wait, resolve } = sched.ticket<number>('number');
      clock.after(
        50,
        () => {
          resolve(6);
        },
        'soon',
      );
      sched.thread('other', () => {
        say('turn');
      });
      const chained = ResultAsync.fromSafePromise(wait.promise)
        .map((n) => n + 1)
        .map(async (n) => Promise.resolve(2 * n));
      say(String((await chained)._unsafeUnwrap()));
    });
    expect(log).toEqual(['other: turn', 'main: 14']);
  });

  it('belong to whoever awaits them, not to whoever settles them', async () => {
    const { sched, say, log } = bare();
    await sched.run(async () => {
      const { wait, resolve } = sched.ticket<string>('word');
      const waiter = sched.thread('waiter', async () => {
        say(await wait);
      });
      sched.thread('giver', () => {
        resolve('given');
        say('gave');
      });
      await waiter.done;
    });
    expect(log).toEqual(['giver: gave', 'waiter: given']);
  });

  it('show in the state of a thread', async () => {
    const { sched, sleep } = bare();
    await sched.run(async () => {
      const { wait, resolve } = sched.ticket<void>('word');
      const thread = sched.thread('t', () => wait);
      expect(thread.state).toBe('ready');
      await sleep(1);
      expect(thread.state).toBe('parked');
      resolve();
      expect(thread.state).toBe('ready');
      await thread.done;
      expect(thread.state).toBe('finished');
      // Who awaits what is settled already is not parked either.
      const passing = sched.thread('p', async () => {
        const own = sched.ticket<void>('own');
        own.resolve();
        await own.wait;
      });
      let seen = '';
      sched.thread('onlooker', () => {
        seen = passing.state;
      });
      await passing.done;
      expect(seen).toBe('ready');
    });
  });
});

describe('virtual time', () => {
  it('moves only when nothing is ready, and never because the host is slow', async () => {
    const { sched, sleep, pass, say, log, clock } = bare();
    await sched.run(async () => {
      const sleeper = sched.thread('sleeper', async () => {
        await sleep(1);
        say(`slept at ${String(clock.nowNs)}`);
      });
      for (let i = 0; i < 3; i++) {
        say(`busy at ${String(clock.nowNs)}`);
        await pass();
      }
      await sleeper.done;
    });
    expect(log).toEqual([
      'main: busy at 0',
      'main: busy at 0',
      'main: busy at 0',
      'sleeper: slept at 1',
    ]);
  });

  it('passes in place while somebody busy-waits, events and all', async () => {
    const { sched, clock, say, log } = bare();
    clock.at(
      100,
      () => {
        say('event');
      },
      'e',
    );
    clock.at(
      201,
      () => {
        say('too late');
      },
      'e',
    );
    await sched.run(() => {
      sched.advance(200);
      say(`now ${String(clock.nowNs)}`);
      sched.advance(0);
    });
    expect(log).toEqual(['hardware: event', 'main: now 200']);
    expect(clock.size).toBe(1);
  });

  it('passes without a run as well', () => {
    const { sched, clock, say, log } = bare();
    clock.at(
      5,
      () => {
        say('event');
      },
      'e',
    );
    sched.settle();
    expect(log).toEqual([]);
    sched.advance(5);
    expect(log).toEqual(['hardware: event']);
  });

  it('is not moved by nonsense, nor by a device inside its event', () => {
    const { sched, clock } = bare();
    for (const ns of [-1, 0.5, NaN, 2 ** 60]) {
      expect(() => {
        sched.advance(ns);
      }).toThrow(/nanoseconds/);
    }
    clock.at(
      1,
      () => {
        sched.advance(1);
      },
      'e',
    );
    expect(() => {
      sched.advance(1);
    }).toThrow(/inside an event/);
  });

  it('counts ticks', () => {
    const { sched, clock } = bare();
    clock.advanceTo(29_999_999);
    expect([sched.hz, sched.lbolt, sched.tickNs(3)]).toEqual([100, 2, 30_000_000]);
    expect(sched.tickNs(2 ** 40)).toBe(Number.MAX_SAFE_INTEGER);
  });
});

describe('failures', () => {
  it('of a thread reach whoever awaits it, and else the run', async () => {
    const { sched, sleep } = bare();
    const die = (): never => {
      throw new Error('died');
    };
    const awaited = sched.run(async () => failure(sched.thread('t', die).done));
    expect(await awaited).toEqual(new Error('died'));
    const unseen = sched.run(async () => {
      sched.thread('t', die);
      await sleep(100);
    });
    expect(await failure(unseen)).toEqual(new Error('died'));
  });

  it('of an event stop the run, and cannot be swallowed', async () => {
    const { sched, clock } = bare();
    clock.at(
      10,
      () => {
        throw new Error('broken device');
      },
      'e',
    );
    const run = sched.run(() => {
      try {
        sched.advance(10);
      } catch {
        // A driver that catches everything.
      }
    });
    expect(await failure(run)).toEqual(new Error('broken device'));
  });

  it('by Panic latch: every later call rethrows it, and so does the run', async () => {
    const { sched } = bare();
    const panic = new Panic('bad trap', { addr: 5 });
    const run = sched.run(() => {
      try {
        sched.panic(panic);
      } catch {
        // A driver that catches everything.
      }
      expect(() => {
        sched.check();
      }).toThrow(panic);
      expect(() => sched.thread('t', () => undefined)).toThrow(panic);
    });
    expect(await failure(run)).toBe(panic);
    expect(await failure(sched.run(() => 1))).toBe(panic);
    expect(() => {
      sched.advance(1);
    }).toThrow(panic);
  });

  it('are gone after a reset, and with them who was parked', async () => {
    const { sched, say, log, clock, trace } = bare();
    const { wait, resolve } = sched.ticket<void>('word');
    sched.thread('old', async () => {
      await wait;
      say('resumed');
    });
    await sched.run(() => undefined);
    expect(() => sched.panic(new Panic('down'))).toThrow('down');
    sched.reset();
    clock.reset();
    trace.reset();
    resolve();
    await sched.run(() => undefined);
    expect(log).toEqual([]);
    const fresh = bare();
    await fresh.sched.run(() => undefined);
    expect(trace.traceHash()).toBe(fresh.trace.traceHash());
  });
});

describe('DEADLOCK', () => {
  it('says who awaits what and who holds it', async () => {
    const { sched, mutex, pass } = bare();
    const [a, b] = [mutex('a'), mutex('b')];
    const run = sched.run(async () => {
      const taker = sched.thread('taker', async () => {
        await mutex_enter(b);
        await pass();
        await mutex_enter(a);
      });
      await mutex_enter(a);
      await pass();
      await mutex_enter(b);
      await taker.done;
    });
    const error = await failure(run);
    expect(error.name).toBe('DEADLOCK');
    expect(error.message.split('\n')).toEqual([
      'at 0 ns nothing is ready, no event is to come, and "main" has not finished. Under way:',
      '  thread "main" awaits mutex "b", held by thread "taker"',
      '  thread "taker" awaits mutex "a", held by thread "main"',
    ]);
    expect(() => {
      sched.check();
    }).toThrow(error);
  });

  it('follows a chain of threads, and names several waits of one', async () => {
    const { sched } = bare();
    const run = sched.run(async () => {
      const one = sched.ticket<void>('memory for DMA', () => 'held by a bind').wait;
      const two = sched.ticket<void>('the doorbell').wait;
      const t = sched.thread('t', () => Promise.all([one, two]));
      await t.done;
    });
    expect((await failure(run)).message).toContain(
      '\n  thread "main" awaits the end of thread "t", which awaits memory for DMA; and the ' +
        'doorbell\n  thread "t" awaits memory for DMA, held by a bind; and the doorbell',
    );
  });

  it('is declared of threads that wait for one another to end', async () => {
    const { sched, pass } = bare();
    const run = sched.run(async () => {
      const one: Thread = sched.thread('one', () => two.done);
      const two: Thread = sched.thread('two', () => one.done);
      await pass();
      await one.done;
    });
    expect((await failure(run)).message).toContain(
      '\n  thread "one" awaits the end of thread "two", which awaits the end of thread "one"',
    );
  });

  it('is not declared while an event is to come', async () => {
    const { sched, clock } = bare();
    const { wait, resolve } = sched.ticket<void>('event');
    clock.at(1e12, resolve, 'late');
    await sched.run(() => wait);
  });

  it('shows as many threads as a person reads', async () => {
    const { sched } = bare();
    const run = sched.run(async () => {
      const stuck = sched.ticket<void>('nothing').wait;
      for (let i = 0; i < 80; i++) sched.thread(`t${String(i)}`, () => stuck);
      await stuck;
    });
    const lines = (await failure(run)).message.split('\n');
    expect(lines).toHaveLength(52);
    expect(lines.at(-1)).toBe('  and 31 more');
  });
});

describe('FOREIGN_AWAIT', () => {
  it('names the thread and says what is legal', async () => {
    const { sched } = bare();
    const run = sched.run(async () => {
      await sched.thread('poller', foreign).done;
    });
    const error = await failure(run);
    expect(error).toMatchObject({ name: 'FOREIGN_AWAIT', thread: 'poller' });
    expect(error.message).toMatch(/^thread "poller" awaits something this machine did not hand/);
    expect(error.message).toMatch(/mutex_enter, cv_wait, delay/);
    expect(error.message).toMatch(/Timers, files, sockets/);
    // The thread comes back when nobody wants it any more, and finds the machine down.
    await foreign();
    expect(() => {
      sched.check();
    }).toThrow(error);
  });

  it('is declared for promises that another thread would settle', async () => {
    const { sched } = bare();
    const run = sched.run(async () => {
      let tell = (): void => undefined;
      const told = new Promise<void>((resolve) => {
        tell = resolve;
      });
      sched.thread('teller', () => {
        tell();
      });
      await told;
    });
    expect(await failure(run)).toMatchObject({ name: 'FOREIGN_AWAIT', thread: 'main' });
  });

  it('is declared as soon as a thread has no wait left', async () => {
    const { sched, sleep } = bare();
    // It never settles: a timer of the host could be quicker than the machine on a busy computer.
    const outside = new Promise<void>(() => undefined);
    const run = sched.run(() => Promise.all([sleep(10), outside]));
    expect(await failure(run)).toMatchObject({ name: 'FOREIGN_AWAIT', thread: 'main' });
  });

  it('points at a wait that was forgotten', async () => {
    const { sched } = bare();
    const run = sched.run(async () => {
      sched.ticket('the doorbell');
      await foreign();
    });
    expect((await failure(run)).message).toContain('did not await it: the doorbell.');
  });

  it('answers at once to whoever awaits the machine outside a run', async () => {
    const { sched } = bare();
    const thread = sched.thread('t', () => 5);
    const error = await failure(thread.done);
    expect(error.name).toBe('FOREIGN_AWAIT');
    expect(error.message).toMatch(/the end of thread "t" outside machine.run\(\)/);
    await sched.run(() => undefined);
    expect(await thread.done).toBe(5);
  });

  it('lets code outside await a thread while a run is under way', async () => {
    const { sched, sleep } = bare();
    const run = sched.run(() => sleep(10));
    const thread = sched.thread('t', () => sleep(5));
    await thread.done;
    expect(sched.current.name).toBe('boot');
    await run;
  });
});

describe('NOT_AWAITED', () => {
  it('is the end of a thread that asked for a wait and returned without it', async () => {
    const { sched } = bare();
    const run = sched.run(() => {
      sched.ticket('the doorbell', () => 'which nobody rings');
    });
    const error = await failure(run);
    expect(error).toMatchObject({ name: 'NOT_AWAITED', thread: 'main' });
    expect(error.message).toBe(
      'thread "main" had to wait for the doorbell, which nobody rings, and returned without ' +
        'having awaited it. Await the call.',
    );
  });

  it('does not concern waits that were settled meanwhile', async () => {
    const { sched } = bare();
    await sched.run(() => {
      sched.ticket<void>('the doorbell').resolve();
    });
  });
});

describe('LIVELOCK', () => {
  it('ends a run that waits for what never comes while time goes on', async () => {
    const { sched, clock } = bare({ turnLimit: 1000 });
    const tick = (): void => {
      clock.after(10, tick, 'tick');
    };
    tick();
    const error = await failure(sched.run(() => sched.ticket('the doorbell').wait));
    expect(error.name).toBe('LIVELOCK');
    expect(error.message).toMatch(/^1000 turns.*\n {2}thread "main" awaits the doorbell$/);
  });

  it('ends a poll in place, and says when an async handler is what it waits for', async () => {
    const { sched, intr } = bare({ turnLimit: 1000 });
    const error = await failure(
      sched.run(() => {
        intr.trigger(intr.softint('bell', 3, async () => {}));
        for (;;) sched.advance(10);
      }),
    );
    expect(error.name).toBe('LIVELOCK');
    expect(error.message).toMatch(/async handlers \(bell\).*must await/);
  });
});
