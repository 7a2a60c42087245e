import { describe, expect, it } from 'vitest';
import {
  ddi_taskq_create,
  ddi_taskq_destroy,
  ddi_taskq_dispatch,
  ddi_taskq_resume,
  ddi_taskq_suspend,
  ddi_taskq_suspended,
  ddi_taskq_wait,
  DDI_NOSLEEP,
  DDI_SLEEP,
  must,
  TASKQ_DEFAULTPRI,
} from '../../src/index.js';
import { bareSystem } from '../support/system.js';

const made = (
  threads: number,
): ReturnType<typeof bareSystem> & { tq: ReturnType<typeof ddi_taskq_create> } => {
  const system = bareSystem();
  return { ...system, tq: ddi_taskq_create(system.dip, 'work', threads, TASKQ_DEFAULTPRI, 0) };
};

describe('a task queue', () => {
  it('with one thread does one task after the other, in order', async () => {
    const { machine, tq } = made(1);
    const log: string[] = [];
    await machine.run(async () => {
      for (const n of [1, 2, 3]) {
        const task = async (name: number): Promise<void> => {
          log.push(`start ${name}`);
          await machine.kernel.delay(4 - name);
          log.push(`end ${name}`);
        };
        must(ddi_taskq_dispatch(tq, task, n, DDI_SLEEP));
      }
      expect(log).toEqual([]);
      await ddi_taskq_wait(tq);
      expect(log).toEqual(['start 1', 'end 1', 'start 2', 'end 2', 'start 3', 'end 3']);
      await ddi_taskq_destroy(tq);
    });
    expect(machine.live.list()).toEqual([]);
  });

  it('with two threads does two at a time', async () => {
    const { machine, tq } = made(2);
    let running = 0;
    let most = 0;
    await machine.run(async () => {
      for (let i = 0; i < 5; i++) {
        const task = async (): Promise<void> => {
          most = Math.max(most, ++running);
          await machine.kernel.delay(2);
          running--;
        };
        must(ddi_taskq_dispatch(tq, task, null, DDI_SLEEP));
      }
      await ddi_taskq_wait(tq);
      await ddi_taskq_destroy(tq);
    });
    expect([running, most]).toEqual([0, 2]);
  });

  it('suspended starts nothing until it is resumed', async () => {
    const { machine, tq } = made(1);
    let done = 0;
    await machine.run(async () => {
      ddi_taskq_suspend(tq);
      const task = (): void => {
        done++;
      };
      must(ddi_taskq_dispatch(tq, task, null, DDI_SLEEP));
      await machine.kernel.delay(5);
      expect([done, ddi_taskq_suspended(tq)]).toEqual([0, true]);
      ddi_taskq_resume(tq);
      await ddi_taskq_wait(tq);
      await ddi_taskq_destroy(tq);
    });
    expect(done).toBe(1);
  });

  it('takes tasks from interrupt context with DDI_NOSLEEP; DDI_SLEEP is reported', async () => {
    const { machine, tq } = made(1);
    let done = 0;
    const task = (): void => {
      done++;
    };
    await machine.run(async () => {
      machine.softcall('test', () => {
        must(ddi_taskq_dispatch(tq, task, null, DDI_NOSLEEP));
        must(ddi_taskq_dispatch(tq, task, null, DDI_SLEEP));
      });
      await machine.kernel.delay(1);
      await ddi_taskq_destroy(tq);
    });
    expect(done).toBe(2);
    expect(machine.findings.map((f) => f.rule)).toEqual(['CONTEXT']);
  });

  it('that was destroyed takes nothing, and is not destroyed twice', async () => {
    const { machine, tq } = made(1);
    await machine.run(async () => {
      await ddi_taskq_destroy(tq);
      expect(ddi_taskq_dispatch(tq, () => undefined, null, DDI_SLEEP).isErr()).toBe(true);
      await ddi_taskq_destroy(tq);
    });
    expect(machine.findings.map((f) => f.rule)).toEqual(['USE_AFTER_FREE', 'DOUBLE_FREE']);
  });

  it('that is never destroyed is a leak', () => {
    expect(
      made(1)
        .machine.live.list()
        .map((o) => o.kind),
    ).toEqual(['task queue']);
  });
});
