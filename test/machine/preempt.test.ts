/** Preemption points: what may happen between two calls of a driver, and what a mutex keeps out. */
import { describe, expect, it } from 'vitest';
import {
  DDI_DMA_DONTWAIT,
  DDI_INTR_CLAIMED,
  ddi_dma_alloc_handle,
  ddi_dma_burstsizes,
  must,
  mutex_enter,
  mutex_exit,
} from '../../src/index.js';
import { PREEMPT_NS } from '../../src/machine/in-place.js';
import type { BootOptions } from '../../src/platforms/index.js';
import { anyAttr } from '../support/attr.js';
import { bareSystem } from '../support/system.js';

const seeds = Array.from({ length: 40 }, (_, i) => i + 1);

/** A driver that counts, and a device that interrupts once, `afterNs` from now. */
function counting(options: BootOptions, afterNs = 100) {
  const { machine, dip } = bareSystem(options);
  const { handle } = must(ddi_dma_alloc_handle(dip, anyAttr(), DDI_DMA_DONTWAIT));
  const line = machine.intr.createLine('device', 5);
  const mutex = machine.kernel.mutex_init('count', 0, 5);
  const soft = { count: 0, interrupts: 0, level: -1 };
  const raise = (): void => {
    machine.clock.after(
      afterNs,
      () => {
        line.assert('device');
      },
      'completion',
    );
  };
  const interrupt = (locks: boolean) => (): number => {
    if (locks) expect(mutex_enter(mutex)).toBeUndefined();
    soft.count++;
    soft.interrupts++;
    soft.level = machine.sched.current.level;
    line.deassert('device');
    if (locks) mutex_exit(mutex);
    return DDI_INTR_CLAIMED;
  };
  return { machine, handle, line, mutex, soft, raise, interrupt };
}

/** The count of a driver that reads, calls, and writes back; two is right. */
async function race(seed: number, preempt: boolean, locks: boolean): Promise<number> {
  const { machine, handle, line, mutex, soft, raise, interrupt } = counting({ seed, preempt });
  machine.intr.add('counter', line, interrupt(locks));
  await machine.run(async () => {
    raise();
    if (locks) await mutex_enter(mutex);
    const before = soft.count;
    for (let i = 0; i < 4; i++) ddi_dma_burstsizes(handle);
    soft.count = before + 1;
    if (locks) mutex_exit(mutex);
    await machine.kernel.delay(1);
  });
  expect([soft.interrupts, machine.findings]).toEqual([1, []]);
  return soft.count;
}

describe('a preemption point', () => {
  it('lets a handler run between two calls: an update without a mutex is lost', async () => {
    const counts = new Set<number>();
    for (const seed of seeds) counts.add(await race(seed, true, false));
    expect(counts).toEqual(new Set([1, 2]));
  });

  it('lets none run that would meet the caller’s mutex', async () => {
    for (const seed of seeds) expect(await race(seed, true, true)).toBe(2);
  });

  it('is none unless asked for', async () => {
    for (const seed of seeds) expect(await race(seed, false, false)).toBe(2);
  });

  it('comes out the same for the same seed', async () => {
    const hashOf = async (seed: number): Promise<string> => {
      const { machine, handle, line, raise, interrupt } = counting({ seed, preempt: true });
      machine.intr.add('counter', line, interrupt(false));
      await machine.run(() => {
        raise();
        for (let i = 0; i < 9; i++) ddi_dma_burstsizes(handle);
      });
      return machine.traceHash();
    };
    const hashes = new Set<string>();
    for (const seed of seeds) {
      const hash = await hashOf(seed);
      expect(await hashOf(seed)).toBe(hash);
      hashes.add(hash);
    }
    expect(hashes.size > 1).toBe(true);
  });

  /** A chooser that always takes the last way there is. */
  const eager = { choose: (kind: string, n: number) => (kind === 'preempt' ? n - 1 : 0) };

  it('does not bring forward what is far away', () => {
    for (const [afterNs, interrupts] of [
      [PREEMPT_NS, 1],
      [PREEMPT_NS + 1, 0],
    ] as const) {
      const options = { preempt: true, chooser: eager };
      const { handle, machine, line, soft, raise, interrupt } = counting(options, afterNs);
      machine.intr.add('counter', line, interrupt(false));
      raise();
      ddi_dma_burstsizes(handle);
      expect([soft.interrupts, machine.clock.nowNs]).toEqual([interrupts, interrupts * afterNs]);
    }
  });

  it('in a handler lets only higher levels in', async () => {
    const { handle, machine, line, soft, interrupt } = counting({ preempt: true, chooser: eager });
    machine.intr.add('counter', line, interrupt(false));
    const seen: number[] = [];
    await machine.run(async () => {
      for (const level of [4, 5]) {
        const softint = machine.intr.softint(`level ${level}`, level, () => {
          line.assert('device');
          ddi_dma_burstsizes(handle);
          seen.push(soft.interrupts);
        });
        machine.intr.trigger(softint);
        await machine.kernel.delay(1);
      }
    });
    expect(seen).toEqual([1, 1]);
    expect([soft.interrupts, soft.level]).toEqual([2, 5]);
  });

  it('leaves async handlers pending: they are threads', async () => {
    const { handle, machine, line, soft, interrupt } = counting({ preempt: true, chooser: eager });
    machine.intr.add('counter', line, interrupt(false), { async: true });
    await machine.run(async () => {
      line.assert('device');
      ddi_dma_burstsizes(handle);
      expect(soft.interrupts).toBe(0);
      await machine.kernel.delay(1);
    });
    expect(soft.interrupts).toBe(1);
  });
});
