/** condvar(9F) WT-2: a wait can end before its signal, when a fault plan says so. */
import { describe, expect, it } from 'vitest';
import { enumerateFaults, type Scenario } from '../../src/explore/faults.js';
import {
  cv_reltimedwait,
  cv_signal,
  cv_wait,
  DDI_SUCCESS,
  type dev_info_t,
  kernelOf,
  mutex_enter,
  mutex_exit,
  mutex_owned,
} from '../../src/index.js';
import { failNth, failSometimes, failWhile } from '../../src/platforms/index.js';
import { EARLY_LIMIT } from '../../src/machine/faults.js';
import { bareDevice, bareSystem } from '../support/system.js';

/** A driver whose device is done after a while, and that tests for it `again`, or once. */
function waiter(again: boolean): Scenario {
  return {
    boot: { devices: [bareDevice], store: 1 << 20 },
    at: bareDevice.at,
    driver: {
      name: 'waiter',
      async attach(dip: dev_info_t) {
        const kernel = kernelOf(dip);
        // timeout(9F) runs in interrupt context.
        const lock = kernel.mutex_init('lock', 0, 1);
        const cv = kernel.cv_init('done');
        let done = false;
        kernel.timeout(
          async () => {
            await mutex_enter(lock);
            done = true;
            cv_signal(cv);
            mutex_exit(lock);
          },
          null,
          2,
        );
        await mutex_enter(lock);
        if (again) while (!done) await cv_wait(cv, lock);
        else if (!done) await cv_wait(cv, lock);
        mutex_exit(lock);
        if (!done) throw new Error('the device is not done');
        return DDI_SUCCESS;
      },
      detach: () => DDI_SUCCESS,
    },
  };
}

describe('a wait for a condition', () => {
  it('that a plan ends early does no harm to a driver that tests again', async () => {
    const report = await enumerateFaults(waiter(true));
    expect([report.sites, report.failures]).toEqual([1, []]);
  });

  it('that a plan ends early catches the driver that tests once', async () => {
    const { failures } = await enumerateFaults(waiter(false));
    expect(failures.map(({ sites, what }) => [...sites, what])).toEqual([[1, 'stopped']]);
    expect(failures[0]?.detail).toContain('the device is not done');
  });

  it('returns with the mutex, at once, as if signalled', async () => {
    const { machine } = bareSystem();
    const lock = machine.kernel.mutex_init('lock', 0, null);
    const cv = machine.kernel.cv_init('cv');
    machine.faults.use(failNth('wake-up', 2));
    await machine.run(async () => {
      await mutex_enter(lock);
      const answers: number[] = [];
      for (let i = 0; i < 3; i++) answers.push(await cv_reltimedwait(cv, lock, 3));
      expect(answers).toEqual([-1, 1, -1]);
      expect(mutex_owned(lock)).toBe(1);
      expect(machine.kernel.ddi_get_lbolt()).toBe(6);
      mutex_exit(lock);
    });
    expect(machine.findings).toEqual([]);
  });

  it('is left alone once it was signalled', async () => {
    const { machine } = bareSystem();
    const lock = machine.kernel.mutex_init('lock', 0, null);
    const cv = machine.kernel.cv_init('cv');
    let waits = 0;
    machine.faults.use(failNth('wake-up', 1));
    await machine.run(async () => {
      const sleeper = machine.thread('sleeper', async () => {
        await mutex_enter(lock);
        for (; waits < 2; waits++) await cv_wait(cv, lock);
        mutex_exit(lock);
      });
      machine.thread('signaller', () => {
        cv_signal(cv);
      });
      await machine.kernel.delay(1);
      // The signal came first, in the same instant; what was to end the wait early is gone.
      expect(waits).toBe(1);
      cv_signal(cv);
      await sleeper.done;
    });
  });

  it('can be ended early a bounded number of times, so that time goes on', async () => {
    const { machine } = bareSystem();
    const lock = machine.kernel.mutex_init('lock', 0, null);
    const cv = machine.kernel.cv_init('cv');
    machine.faults.use(failWhile(() => true));
    let early = 0;
    await machine.run(async () => {
      await mutex_enter(lock);
      while ((await cv_reltimedwait(cv, lock, 1)) > 0) early++;
    });
    expect(early).toBe(EARLY_LIMIT);
  });

  it('is ended early by choice, the same for the same seed', async () => {
    const runOf = async (seed: number): Promise<string> => {
      const { machine } = bareSystem({ seed });
      const lock = machine.kernel.mutex_init('lock', 0, null);
      const cv = machine.kernel.cv_init('cv');
      machine.faults.use(failSometimes((kind, n) => machine.choose(kind, n), 3, ['wake-up']));
      const answers: number[] = [];
      await machine.run(async () => {
        await mutex_enter(lock);
        for (let i = 0; i < 30; i++) answers.push(await cv_reltimedwait(cv, lock, 1));
      });
      return answers.join();
    };
    const runs = new Set([await runOf(1), await runOf(2), await runOf(3)]);
    expect(runs.size).toBe(3);
    expect(runs).toContain(await runOf(1));
    for (const run of runs) expect(run).toMatch(/-1.*,1|,1.*-1/);
  });
});
