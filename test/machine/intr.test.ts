import { describe, expect, it } from 'vitest';
import {
  isAsyncFunction,
  LINE_LIMIT,
  SPURIOUS_LIMIT,
  STORM_LIMIT,
  type InterruptLine,
} from '../../src/machine/intr.js';
import { mutex_enter, mutex_exit } from '../../src/machine/lock.js';
import {
  DDI_INTR_CLAIMED as CLAIMED,
  DDI_INTR_UNCLAIMED as UNCLAIMED,
} from '../../src/sys/constants.js';
import type { MachineEvent } from '../../src/sys/observer.js';
import { bare, failure, forget, type Bare } from './bare.js';

/** A device that asserts a line until it is acknowledged. */
function device(line: InterruptLine, name: string) {
  let work = 0;
  return {
    ring: (n = 1): void => {
      work += n;
      line.assert(name);
    },
    /** As a handler does it: whether the interrupt was the device's, and if so, acknowledge one. */
    ack: (): number => {
      if (work === 0) return UNCLAIMED;
      if (--work === 0) line.deassert(name);
      return CLAIMED;
    },
  };
}

/** Adds a handler that acknowledges and says so. */
function handler(b: Bare, line: InterruptLine, name: string) {
  const dev = device(line, name);
  const id = b.intr.add(name, line, () => {
    const answer = dev.ack();
    b.say(answer === CLAIMED ? 'claimed' : 'unclaimed');
    return answer;
  });
  return { ...dev, id };
}

describe('a line', () => {
  it('has its handler called once each time the device asks, in interrupt context', async () => {
    const b = bare();
    const line = b.intr.createLine('intr', 6);
    const dev = device(line, 'dev');
    b.intr.add('dev', line, () => {
      const { name, kind, level } = b.sched.current;
      b.log.push(`${name} ${kind} ${String(level)}`);
      return dev.ack();
    });
    await b.sched.run(() => {
      dev.ring();
      expect(b.log).toEqual([]);
    });
    expect(b.log).toEqual(['dev interrupt 6']);
    await b.sched.run(() => undefined);
    expect(b.log).toHaveLength(1);
  });

  it('is served again while it stays asserted', async () => {
    const b = bare();
    const { ring } = handler(b, b.intr.createLine('intr', 6), 'dev');
    await b.sched.run(() => {
      ring(3);
    });
    expect(b.log).toEqual(['dev: claimed', 'dev: claimed', 'dev: claimed']);
  });

  it('that drops before it was served is forgotten', async () => {
    const b = bare();
    const line = b.intr.createLine('intr', 6);
    handler(b, line, 'dev');
    await b.sched.run(() => {
      line.assert('dev');
      line.deassert('dev');
    });
    expect(b.log).toEqual([]);
  });

  it('is served as soon as it has a handler (ddi_add_intr.9f/DS-1)', async () => {
    const b = bare();
    const line = b.intr.createLine('intr', 6);
    line.assert('early');
    await b.sched.run(async () => {
      await b.pass();
      b.intr.add('early', line, () => {
        b.say('called');
        line.deassert('early');
        return CLAIMED;
      });
      await b.pass();
      expect(b.log).toEqual(['early: called']);
    });
  });

  it('is shared: handlers are asked in order until one claims and the line drops', async () => {
    const b = bare();
    const line = b.intr.createLine('shared', 6);
    handler(b, line, 'a');
    const second = handler(b, line, 'b');
    const third = handler(b, line, 'c');
    await b.sched.run(() => {
      second.ring();
    });
    expect(b.log).toEqual(['a: unclaimed', 'b: claimed']);
    b.log.length = 0;
    await b.sched.run(() => {
      third.ring();
      second.ring();
    });
    // b claims, and the line stays up because of c.
    expect(b.log).toEqual(['a: unclaimed', 'b: claimed', 'c: claimed']);
  });

  it('that nobody claims is masked in the end; a new handler unmasks it', async () => {
    const b = bare();
    const line = b.intr.createLine('shared', 6);
    let calls = 0;
    b.intr.add('wrong', line, () => {
      calls++;
      return UNCLAIMED;
    });
    await b.sched.run(() => {
      line.assert('right');
    });
    expect(calls).toBe(SPURIOUS_LIMIT);
    expect(b.findings).toMatchObject([
      { rule: 'SPURIOUS_INTERRUPT', values: { sources: 'right', handlers: 'wrong' } },
    ]);
    b.intr.add('right', line, () => {
      line.deassert('right');
      return CLAIMED;
    });
    await b.sched.run(() => undefined);
    expect([calls, line.asserted, b.findings.length]).toEqual([SPURIOUS_LIMIT + 1, false, 1]);
  });

  it('counts unclaimed interrupts from when it was last down', async () => {
    const b = bare();
    const line = b.intr.createLine('intr', 6);
    let calls = 0;
    b.intr.add('slow', line, () => {
      if (++calls % 60 === 0) line.deassert('dev');
      return UNCLAIMED;
    });
    await b.sched.run(async () => {
      for (let i = 0; i < 3; i++) {
        line.assert('dev');
        await b.pass();
      }
    });
    expect([calls, b.findings.length]).toEqual([180, 0]);
  });

  it('that is claimed and never drops is masked too', async () => {
    const b = bare();
    const line = b.intr.createLine('intr', 6);
    let calls = 0;
    b.intr.add('liar', line, () => {
      calls++;
      return CLAIMED;
    });
    await b.sched.run(() => {
      line.assert('dev');
    });
    expect(calls).toBe(STORM_LIMIT);
    expect(b.findings).toMatchObject([{ rule: 'INTERRUPT_STORM' }]);
  });

  it('has handlers that answer in one of two ways (ddi_intr_add_handler.9f/DS-2)', async () => {
    const b = bare();
    const line = b.intr.createLine('intr', 6);
    b.intr.add('odd', line, () => {
      line.deassert('dev');
      return -1;
    });
    await b.sched.run(() => {
      line.assert('dev');
    });
    expect(b.findings).toMatchObject([
      {
        rule: 'BAD_INTERRUPT_ANSWER',
        clause: 'ddi_intr_add_handler.9f/DS-2',
        values: { answer: -1 },
      },
    ]);
  });

  it('can be made on the way, for one handler', async () => {
    const b = bare();
    const id = b.intr.add('own', 3, () => {
      b.say(String(b.sched.current.level));
      id.line.deassert();
      return CLAIMED;
    });
    await b.sched.run(() => {
      id.line.assert();
    });
    expect(b.log).toEqual(['own: 3']);
  });

  it('has a level from 1 to 15, and there is a limit to lines', () => {
    const { intr } = bare();
    for (const level of [0, 16, 1.5, NaN]) {
      expect(() => intr.createLine('x', level)).toThrow(/no level/);
    }
    for (let i = 0; i < LINE_LIMIT; i++) intr.createLine('x', 1);
    expect(() => intr.createLine('one more', 1)).toThrow(/one more/);
  });
});

describe('delivery', () => {
  it('comes before ready threads, highest level first, then in order of arrival', async () => {
    const b = bare();
    await b.sched.run(async () => {
      b.sched.thread('thread', () => {
        b.say('turn');
      });
      for (const [name, level] of [
        ['low', 2],
        ['high', 9],
        ['low too', 2],
      ] as const) {
        b.intr.trigger(
          b.intr.softint(name, level, () => {
            b.say('called');
          }),
        );
      }
      // An async one takes its place among the others.
      b.intr.trigger(
        b.intr.softint('low async', 2, async () => {
          b.say('called');
          await b.pass();
          b.say('over');
        }),
      );
      b.intr.trigger(
        b.intr.softint('low last', 2, () => {
          b.say('called');
        }),
      );
      await b.pass();
      b.say('turn');
    });
    expect(b.log).toEqual([
      'high: called',
      'low: called',
      'low too: called',
      'low async: called',
      'low last: called',
      'thread: turn',
      'main: turn',
      'low async: over',
    ]);
  });

  it('happens in place while somebody busy-waits, above the level of whoever does', async () => {
    const b = bare();
    const soft = (name: string, level: number, fn = (): void => undefined): void => {
      const si = b.intr.softint(name, level, () => {
        b.say('called');
        fn();
        b.say('over');
      });
      b.intr.trigger(si);
    };
    await b.sched.run(() => {
      soft('five', 5, () => {
        soft('three', 3);
        soft('another five', 5);
        soft('nine', 9);
        b.sched.advance(10);
      });
      b.say('waits');
      b.sched.advance(0);
      b.say('goes on');
    });
    expect(b.log).toEqual([
      'main: waits',
      'five: called',
      'nine: called',
      'nine: over',
      'five: over',
      'another five: called',
      'another five: over',
      'three: called',
      'three: over',
      'main: goes on',
    ]);
  });

  it('in place is for the interrupts of events that fall due, too', async () => {
    const b = bare();
    const { ring } = handler(b, b.intr.createLine('intr', 6), 'dev');
    for (const at of [10, 20])
      b.clock.at(
        at,
        () => {
          ring();
        },
        'work',
      );
    await b.sched.run(() => {
      b.sched.advance(15);
      b.say('between');
      b.sched.advance(15);
      b.say('after');
    });
    expect(b.log).toEqual(['dev: claimed', 'main: between', 'dev: claimed', 'main: after']);
  });

  it('happens without a run at all', () => {
    const b = bare();
    const { ring } = handler(b, b.intr.createLine('intr', 6), 'dev');
    ring(2);
    b.sched.settle();
    expect(b.log).toEqual(['dev: claimed', 'dev: claimed']);
  });

  it('is told to observers', () => {
    const b = bare();
    const events: MachineEvent[] = [];
    const { ring } = handler(b, b.intr.createLine('intr', 6), 'dev');
    b.trace.observe({ event: (event) => events.push(event) });
    ring();
    b.sched.settle();
    expect(events.map((e) => (e.kind === 'interrupt' ? [e.name, e.level, e.phase] : e))).toEqual([
      ['intr', 6, 'raise'],
      ['dev', 6, 'enter'],
      ['dev', 6, 'leave'],
    ]);
  });
});

describe('an async handler', () => {
  it('is told from a synchronous one by looking at it', () => {
    expect(isAsyncFunction(async () => {})).toBe(true);
    expect(isAsyncFunction(() => undefined)).toBe(false);
    expect(isAsyncFunction(() => Promise.resolve())).toBe(false);
    expect(isAsyncFunction(undefined)).toBe(false);
  });

  it('waits for a mutex while its owner goes on, and its line stays in service', async () => {
    const b = bare();
    const line = b.intr.createLine('intr', 6);
    const dev = device(line, 'dev');
    const m = b.mutex();
    b.intr.add('dev', line, async () => {
      b.say('called');
      await mutex_enter(m);
      b.say(`owns it at level ${String(b.sched.current.level)}`);
      const answer = dev.ack();
      mutex_exit(m);
      return answer;
    });
    await b.sched.run(async () => {
      await mutex_enter(m);
      dev.ring(2);
      await b.pass();
      b.say('still owns it');
      await b.pass();
      mutex_exit(m);
      await b.sleep(1);
    });
    expect(b.log).toEqual([
      'dev: called',
      'main: still owns it',
      'dev: owns it at level 6',
      'dev: called',
      'dev: owns it at level 6',
    ]);
  });

  it('lets other lines of its level be served while it waits', async () => {
    const b = bare();
    const slow = b.intr.createLine('slow', 6);
    b.intr.add('slow', slow, async () => {
      await b.sleep(100);
      slow.deassert();
      b.say('over');
      return CLAIMED;
    });
    const fast = handler(b, b.intr.createLine('fast', 6), 'fast');
    await b.sched.run(async () => {
      slow.assert();
      fast.ring();
      await b.sleep(200);
    });
    expect(b.log).toEqual(['fast: claimed', 'slow: over']);
  });

  it('shares a line with others, in order', async () => {
    const b = bare();
    const line = b.intr.createLine('shared', 6);
    b.intr.add('async', line, async () => {
      await b.sleep(10);
      b.say('unclaimed');
      return UNCLAIMED;
    });
    const { ring } = handler(b, line, 'sync');
    await b.sched.run(async () => {
      ring(2);
      await b.sleep(100);
    });
    expect(b.log).toEqual([
      'async: unclaimed',
      'sync: claimed',
      'async: unclaimed',
      'sync: claimed',
    ]);
  });

  it('does not run in place: it waits for a turn', async () => {
    const b = bare();
    await b.sched.run(async () => {
      b.intr.trigger(
        b.intr.softint('s', 5, async () => {
          b.say('called');
        }),
      );
      b.sched.advance(1000);
      b.say('busy-waited');
      await b.pass();
      b.say('waited');
    });
    expect(b.log).toEqual(['main: busy-waited', 's: called', 'main: waited']);
  });

  it('in disguise is found out in place, and can be announced instead', async () => {
    const b = bare();
    const wrapped = (): Promise<void> => b.sleep(1).promise;
    const trigger = (options = {}): void => {
      b.intr.trigger(b.intr.softint('wrapped', 5, wrapped, options));
    };
    await b.sched.run(async () => {
      trigger();
      await b.sleep(2);
      trigger({ async: true });
      b.sched.advance(0);
      await b.sleep(2);
    });
    const error = await failure(
      b.sched.run(() => {
        trigger();
        b.sched.advance(0);
      }),
    );
    expect(error).toMatchObject({ name: 'NOT_AWAITED', thread: 'wrapped' });
    expect(error.message).toMatch(
      /returned a promise while thread "main" waited.*declare it async/,
    );
  });

  it('that awaits something foreign is named as a thread would be', async () => {
    const { sched, intr, sleep } = bare();
    const error = await failure(
      sched.run(async () => {
        intr.trigger(intr.softint('s', 5, () => new Promise<void>((r) => setTimeout(r, 0))));
        await sleep(10);
      }),
    );
    expect(error).toMatchObject({ name: 'FOREIGN_AWAIT', thread: 's' });
    expect(error.message).toMatch(/^interrupt "s" \(level 5\) awaits/);
  });
});

describe('a synchronous handler', () => {
  it.each(['in a turn', 'in place'])('that would have to wait is told so, %s', async (where) => {
    const { sched, intr, mutex, sleep } = bare();
    const m = mutex('lock');
    const error = await failure(
      sched.run(async () => {
        await mutex_enter(m);
        intr.trigger(intr.softint('sync', 5, () => forget(mutex_enter(m))));
        if (where === 'in place') sched.advance(1);
        else await sleep(1);
      }),
    );
    expect(error).toMatchObject({ name: 'NOT_AWAITED', thread: 'sync' });
    expect(error.message).toBe(
      'interrupt "sync" (level 5) had to wait for mutex "lock", held by thread "main", and ' +
        'returned without having awaited it. Make the handler async and await the call.',
    );
  });

  it.each(['in a turn', 'in place'])('that throws stops the run, %s', async (where) => {
    const { sched, intr, sleep } = bare();
    const line = intr.createLine('intr', 5);
    let throws = true;
    intr.add('thrower', line, () => {
      if (throws) throw new Error('oops');
      line.deassert();
      return CLAIMED;
    });
    const error = await failure(
      sched.run(async () => {
        line.assert();
        if (where === 'in a turn') await sleep(1);
        try {
          sched.advance(1);
        } catch {
          // A driver that catches everything.
        }
      }),
    );
    expect(error).toEqual(new Error('oops'));
    // The machine is up, and the line is still asserted.
    throws = false;
    await sched.run(() => undefined);
    expect(line.asserted).toBe(false);
  });

  it('throws to the caller where there is no run', () => {
    const { sched, intr } = bare();
    intr.trigger(
      intr.softint('s', 5, () => {
        throw new Error('oops');
      }),
    );
    expect(() => {
      sched.settle();
    }).toThrow('oops');
    expect(sched.current.name).toBe('boot');
  });

  it('has its findings thrown when they are to be thrown', () => {
    const { sched, intr, mutex } = bare({ throwing: true });
    const m = mutex();
    intr.trigger(intr.softint('s', 5, () => forget(mutex_enter(m))));
    expect(() => {
      sched.settle();
    }).toThrow('MUTEX_HELD_AT_RETURN');
  });
});

describe('a soft interrupt', () => {
  it('is called once however often it was triggered, and again when triggered later', async () => {
    const b = bare();
    const si = b.intr.softint('s', 4, () => {
      b.say('called');
    });
    await b.sched.run(async () => {
      for (let i = 0; i < 3; i++) b.intr.trigger(si);
      await b.pass();
      expect(b.log).toHaveLength(1);
      b.intr.trigger(si);
      await b.pass();
      expect(b.log).toHaveLength(2);
    });
  });

  it('triggered during its call is called again afterwards, not meanwhile', async () => {
    const b = bare();
    let calls = 0;
    const si = b.intr.softint('s', 4, async () => {
      b.say('in');
      if (++calls < 3) b.intr.trigger(si);
      await b.sleep(5);
      b.say('out');
    });
    await b.sched.run(async () => {
      b.intr.trigger(si);
      await b.sleep(100);
    });
    expect(b.log).toEqual(['s: in', 's: out', 's: in', 's: out', 's: in', 's: out']);
  });

  it('of level L runs before thread turns but below handlers', async () => {
    const b = bare();
    const { ring } = handler(b, b.intr.createLine('intr', 6), 'dev');
    const si = b.intr.softint('s', 4, () => {
      b.say('called');
    });
    await b.sched.run(async () => {
      b.intr.trigger(si);
      ring();
      await b.pass();
      b.say('turn');
    });
    expect(b.log).toEqual(['dev: claimed', 's: called', 'main: turn']);
  });
});

describe('removal (ddi_add_intr.9f/RM-1)', () => {
  it('of an idle handler is immediate: it is not called any more', async () => {
    const b = bare();
    const line = b.intr.createLine('intr', 6);
    const { ring, id } = handler(b, line, 'dev');
    await b.sched.run(() => {
      ring();
      expect(b.intr.remove(id)).toBeUndefined();
      expect(b.intr.remove(id)).toBeUndefined();
    });
    expect([b.log, line.asserted]).toEqual([[], true]);
  });

  it('leaves the others on the line alone', async () => {
    const b = bare();
    const line = b.intr.createLine('intr', 6);
    const first = handler(b, line, 'a');
    const second = handler(b, line, 'b');
    await b.sched.run(() => {
      second.ring();
      expect(b.intr.remove(first.id)).toBeUndefined();
    });
    expect(b.log).toEqual(['b: claimed']);
  });

  it('of a pending soft interrupt makes it quiet for good', async () => {
    const b = bare();
    const si = b.intr.softint('s', 4, () => {
      b.say('called');
    });
    await b.sched.run(() => {
      b.intr.trigger(si);
      expect(b.intr.remove(si)).toBeUndefined();
      b.intr.trigger(si);
    });
    expect(b.log).toEqual([]);
  });

  it('waits for a call that is under way', async () => {
    const b = bare();
    const line = b.intr.createLine('intr', 6);
    const id = b.intr.add('slow', line, async () => {
      await b.sleep(100);
      b.say('over');
      return CLAIMED;
    });
    await b.sched.run(async () => {
      line.assert();
      await b.sleep(1);
      const wait = b.intr.remove(id);
      expect(wait).toBeDefined();
      await wait;
      b.say('removed');
      await b.sleep(1000);
    });
    expect(b.log).toEqual(['slow: over', 'main: removed']);
  });

  it('with a lock held that the handler wants is a deadlock (ddi_add_intr.9f/RM-2)', async () => {
    const { sched, intr, mutex, sleep } = bare();
    const m = mutex();
    const line = intr.createLine('intr', 6);
    const id = intr.add('dev', line, async () => {
      await mutex_enter(m);
      mutex_exit(m);
      return CLAIMED;
    });
    const error = await failure(
      sched.run(async () => {
        await mutex_enter(m);
        line.assert();
        await sleep(1);
        await intr.remove(id);
      }),
    );
    expect(error.name).toBe('DEADLOCK');
    expect(error.message).toContain(
      '\n  thread "main" awaits the end of the call of "dev", which awaits mutex "m"' +
        '\n  interrupt "dev" (level 6) awaits mutex "m", held by thread "main"',
    );
  });

  it('by the handler itself is a deadlock, or told where it cannot wait', async () => {
    const asynchronous = bare();
    const si = asynchronous.intr.softint('s', 4, async () => {
      await asynchronous.intr.remove(si);
    });
    const error = await failure(
      asynchronous.sched.run(async () => {
        asynchronous.intr.trigger(si);
        await asynchronous.sched.ticket('nothing').wait;
      }),
    );
    expect(error.name).toBe('DEADLOCK');
    const synchronous = bare();
    const quick = synchronous.intr.softint('s', 4, () => forget(synchronous.intr.remove(quick)));
    synchronous.intr.trigger(quick);
    expect(() => {
      synchronous.sched.settle();
    }).toThrow(expect.objectContaining({ name: 'NOT_AWAITED' }));
  });

  it('in the midst of a service does not skip the next handler', async () => {
    const b = bare();
    const line = b.intr.createLine('shared', 6);
    const first = b.intr.add('a', line, () => UNCLAIMED);
    b.intr.add('b', line, () => {
      b.say('unclaimed');
      expect(b.intr.remove(first)).toBeUndefined();
      return UNCLAIMED;
    });
    const { ring } = handler(b, line, 'c');
    await b.sched.run(() => {
      ring();
    });
    expect(b.log).toEqual(['b: unclaimed', 'c: claimed']);
  });

  it('between two calls of a service lets the service go on', async () => {
    const b = bare();
    const line = b.intr.createLine('shared', 6);
    b.intr.add('a', line, async () => {
      await b.pass();
      // It comes first, being more urgent than the rest of the service.
      b.intr.trigger(
        b.intr.softint('remover', 9, () => {
          expect(b.intr.remove(last)).toBeUndefined();
        }),
      );
      return UNCLAIMED;
    });
    const { ring } = handler(b, line, 'b');
    const last = b.intr.add('c', line, () => UNCLAIMED);
    await b.sched.run(async () => {
      ring();
      await b.sleep(1);
    });
    expect(b.log).toEqual(['b: claimed']);
  });

  it('of everything is what a reset does', async () => {
    const b = bare();
    const line = b.intr.createLine('intr', 6);
    const { ring } = handler(b, line, 'dev');
    ring();
    b.intr.reset();
    expect(line.asserted).toBe(false);
    const again = handler(b, line, 'new');
    again.ring();
    await b.sched.run(() => undefined);
    expect(b.log).toEqual(['new: claimed']);
  });
});
