/** Waiting in place: what machine.pump waits for, who helps meanwhile, and who cannot. */
import { describe, expect, expectTypeOf, it } from 'vitest';
import type { Result } from 'neverthrow';
import {
  cv_signal,
  cv_timedwait,
  cv_wait,
  ddi_dma_alloc_handle,
  ddi_dma_free_handle,
  ddi_dma_mem_alloc,
  DDI_DMA_CALLBACK_DONE,
  DDI_DMA_CONSISTENT,
  DDI_DMA_DONTWAIT,
  DDI_DMA_SLEEP,
  type AllocHandleError,
  type AllocHandleOut,
  type ddi_dma_handle_t,
  type ddi_waitfp_t,
  must,
  mutex_enter,
  mutex_exit,
} from '../../src/index.js';
import type { BootedMachine } from '../../src/platforms/index.js';
import { anyAttr } from '../support/attr.js';
import { bareSystem, neverSwap } from '../support/system.js';

const attr = anyAttr();

/** A machine with one DMA handle, which is in use. */
function oneHandle(findings: 'record' | 'throw' = 'record') {
  const { machine, dip } = bareSystem({ budgets: { 'dma handles': 1 }, findings });
  const { handle } = must(ddi_dma_alloc_handle(dip, attr, DDI_DMA_DONTWAIT));
  const sleep = () => ddi_dma_alloc_handle(dip, attr, DDI_DMA_SLEEP);
  return { machine, dip, handle, sleep };
}

function later(machine: BootedMachine, ns: number, fn: () => void): void {
  machine.clock.after(ns, fn, 'test');
}

describe('machine.pump', () => {
  it('gives the plain answer of a call that sleeps', () => {
    const { machine, dip } = bareSystem();
    const made = machine.pump(() => ddi_dma_alloc_handle(dip, attr, DDI_DMA_SLEEP));
    expectTypeOf(made).toEqualTypeOf<Result<AllocHandleOut, AllocHandleError>>();
    expect(typeof must(made).handle).toBe('object');
    const waitfp = DDI_DMA_SLEEP as ddi_waitfp_t;
    expect(machine.pump(() => ddi_dma_alloc_handle(dip, attr, waitfp)).isOk()).toBe(true);
    const impossible = { ...attr, dma_attr_align: 3n };
    const refused = machine.pump(() => ddi_dma_alloc_handle(dip, impossible, DDI_DMA_SLEEP));
    expect(refused._unsafeUnwrapErr().name).toBe('DDI_DMA_BADATTR');
    expect(machine.clock.nowNs).toBe(0);
  });

  it('waits until a release, in virtual time', () => {
    const { machine, handle, sleep } = oneHandle();
    later(machine, 700, () => {
      ddi_dma_free_handle(handle);
    });
    const { handle: mine } = must(machine.pump(sleep));
    expect(mine).not.toBe(handle);
    expect(machine.clock.nowNs).toBe(700);
  });

  it('runs interrupt handlers and callbacks meanwhile', () => {
    const { machine, dip, handle, sleep } = oneHandle();
    const log: string[] = [];
    const called = (h: ddi_dma_handle_t): number => {
      log.push(machine.sched.current.kind);
      ddi_dma_free_handle(h);
      return DDI_DMA_CALLBACK_DONE;
    };
    machine.faults.use({ fails: () => true });
    const flags = DDI_DMA_CONSISTENT;
    expect(ddi_dma_mem_alloc(handle, 64, neverSwap, flags, called, handle).isErr()).toBe(true);
    machine.faults.use(null);
    const block = machine.kernel.kmem_alloc(4096, 0) ?? 0;
    later(machine, 50, () => {
      machine.kernel.kmem_free(block, 4096);
    });
    expect(machine.pump(sleep).isOk()).toBe(true);
    expect(log).toEqual(['interrupt']);
    expect(ddi_dma_alloc_handle(dip, attr, DDI_DMA_DONTWAIT).isErr()).toBe(true);
  });

  it('waits for time, for a condition and for a mutex', async () => {
    const { machine } = bareSystem();
    const { cv_init, delay, mutex_init } = machine.kernel;
    machine.pump(() => delay(2));
    expect(machine.kernel.ddi_get_lbolt()).toBe(2);
    const mutex = mutex_init('m', 0, null);
    const cv = cv_init('cv');
    machine.pump(() => mutex_enter(mutex));
    later(machine, 10, () => {
      cv_signal(cv);
    });
    machine.pump(() => cv_wait(cv, mutex));
    expect(machine.pump(() => cv_timedwait(cv, mutex, 5))).toBe(-1);
    mutex_exit(mutex);
    await machine.run(() => {
      expect(machine.pump(() => 7)).toBe(7);
      machine.pump(() => delay(1));
    });
    expect(machine.kernel.ddi_get_lbolt()).toBe(6);
  });

  it('is a deadlock when nothing can help, and says who holds what', () => {
    const { machine, sleep } = oneHandle();
    const why = /waits in place for ddi_dma_alloc_handle, \/pci@0\/bare@1 dma handle/;
    expect(() => machine.pump(sleep)).toThrow(why);
    expect(() => machine.pump(sleep)).toThrow(/waits in place/);
  });

  it('is a deadlock when only a thread could help: none runs meanwhile', async () => {
    const { machine } = bareSystem();
    const mutex = machine.kernel.mutex_init('m', 0, null);
    const run = machine.run(async () => {
      const other = machine.thread('other', async () => {
        await mutex_enter(mutex);
        await machine.kernel.delay(1);
        mutex_exit(mutex);
      });
      await machine.kernel.delay(0);
      machine.pump(() => mutex_enter(mutex));
      await other.done;
    });
    await expect(run).rejects.toThrow(/waits in place for mutex "m", held by thread "other"/);
  });

  it('leaves nobody asleep whom a handler throws at', () => {
    const { machine, dip, handle, sleep } = oneHandle('throw');
    const bad = (): number => 7;
    machine.faults.use({ fails: () => true });
    expect(ddi_dma_alloc_handle(dip, attr, bad, null).isErr()).toBe(true);
    machine.faults.use(null);
    machine.budget.resize('dma handles', 2);
    machine.budget.resize('dma handles', 1);
    expect(() => machine.pump(sleep)).toThrow('CALLBACK_BAD_RETURN');
    ddi_dma_free_handle(handle);
    expect(ddi_dma_alloc_handle(dip, attr, DDI_DMA_DONTWAIT).isOk()).toBe(true);
    expect(machine.resources().find((r) => r.name === 'dma handles')?.waiters).toBe(0);
  });

  it('refuses what waits in several steps', () => {
    const { machine } = bareSystem();
    expect(() => machine.pump(() => Promise.resolve(1))).toThrow(TypeError);
  });

  it('does not change what a call that sleeps gives to others', async () => {
    const { machine, dip, handle, sleep } = oneHandle();
    later(machine, 10, () => {
      ddi_dma_free_handle(handle);
    });
    await machine.run(async () => {
      must(machine.pump(sleep));
      machine.budget.resize('dma handles', 2);
      must(await ddi_dma_alloc_handle(dip, attr, DDI_DMA_SLEEP));
    });
  });
});
