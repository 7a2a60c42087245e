import { describe, expect, it } from 'vitest';
import { copyengine, copyengine_copy } from '../../src/drivers/copyengine.js';
import { enumerateFaults, type Scenario } from '../../src/explore/faults.js';
import { failSite } from '../../src/machine/faults.js';
import {
  cv_destroy,
  cv_signal,
  cv_wait,
  ddi_dma_alloc_handle,
  ddi_dma_free_handle,
  ddi_dma_mem_alloc,
  ddi_dma_mem_free,
  DDI_DMA_CALLBACK_DONE,
  DDI_DMA_CONSISTENT,
  DDI_DMA_DONTWAIT,
  DDI_FAILURE,
  DDI_SUCCESS,
  ddi_get_driver_private,
  ddi_set_driver_private,
  mutex_destroy,
  mutex_enter,
  mutex_exit,
  MUTEX_DRIVER,
  type ddi_acc_handle_t,
  type ddi_dma_handle_t,
  type dev_info_t,
} from '../../src/index.js';
import { boot, copyEngine } from '../../src/platforms/index.js';
import { anyAttr } from '../support/attr.js';
import { bareDevice, neverSwap } from '../support/system.js';

interface Soft {
  readonly handle: ddi_dma_handle_t;
  readonly acc: ddi_acc_handle_t;
}

/** A driver with one handle and some memory; `leaky` forgets the handle on its error path. */
function tiny(leaky: boolean): Scenario {
  return {
    boot: { devices: [bareDevice], store: 1 << 20 },
    at: bareDevice.at,
    driver: {
      name: 'tiny',
      attach(dip: dev_info_t) {
        const made = ddi_dma_alloc_handle(dip, anyAttr(), DDI_DMA_DONTWAIT);
        if (made.isErr()) return DDI_FAILURE;
        const { handle } = made.value;
        const flags = DDI_DMA_CONSISTENT;
        const mem = ddi_dma_mem_alloc(handle, 100, neverSwap, flags, DDI_DMA_DONTWAIT);
        if (mem.isErr()) {
          if (!leaky) ddi_dma_free_handle(handle);
          return DDI_FAILURE;
        }
        ddi_set_driver_private(dip, { handle, acc: mem.value.handle } satisfies Soft);
        return DDI_SUCCESS;
      },
      detach(dip: dev_info_t) {
        const { handle, acc } = ddi_get_driver_private(dip) as Soft;
        ddi_dma_mem_free(acc);
        ddi_dma_free_handle(handle);
        return DDI_SUCCESS;
      },
    },
  };
}

describe('failing every call that can fail', () => {
  it('meets every site of a driver without mistakes and finds nothing', async () => {
    const report = await enumerateFaults(tiny(false));
    // A handle, an access handle, memory; one run past the last, and three pairs.
    expect(report).toEqual({ sites: 3, runs: 8, attachFailed: 6, bounded: false, failures: [] });
  });

  it('finds the handle that an error path forgets, and says which', async () => {
    const { failures } = await enumerateFaults(tiny(true));
    expect(failures.map(({ sites, what }) => [...sites, what])).toEqual([
      [2, 'leak'],
      [3, 'leak'],
      [2, 3, 'leak'],
    ]);
    expect(failures[0]?.detail).toContain('dma handle');
  });

  it('stops at its bound and says so', async () => {
    const report = await enumerateFaults(tiny(false), { runs: 3 });
    expect([report.runs, report.bounded]).toEqual([3, true]);
  });

  it('refuses a scenario that goes wrong by itself', async () => {
    const { driver, ...rest } = tiny(false);
    const broken = { ...driver, attach: () => DDI_FAILURE };
    await expect(enumerateFaults({ ...rest, driver: broken })).rejects.toThrow(/nothing failing/);
  });

  it('ends quotas of the scenario with its run', async () => {
    const refused: boolean[] = [];
    const report = await enumerateFaults({
      ...tiny(false),
      exercise: (dip, machine) => {
        machine.faults.quota('dma handles', { by: 'calls', steps: [{ after: 0, limit: 0 }] });
        refused.push(ddi_dma_alloc_handle(dip, anyAttr(), DDI_DMA_DONTWAIT).isErr());
      },
    });
    // Attach has a handle again the second time, in every run.
    expect([report.failures, refused.includes(false)]).toEqual([[], false]);
  });

  it('the copy engine’s driver survives every single failure and every pair', async () => {
    const report = await enumerateFaults({
      boot: { devices: [{ at: 'copy@1', model: copyEngine() }], store: 8 << 20 },
      at: 'copy@1',
      driver: copyengine,
      exercise: async (dip, machine) => {
        const { kernel } = machine;
        const from = kernel.kmem_alloc(5000, 0) ?? 0;
        const to = kernel.kmem_alloc(5000, 0) ?? 0;
        await copyengine_copy(dip, { addr: from, len: 5000 }, { addr: to, len: 5000 });
        kernel.kmem_free(from, 5000);
        kernel.kmem_free(to, 5000);
      },
    });
    expect(report.failures).toEqual([]);
    expect(report.sites > 5).toBe(true);
    expect(report.attachFailed > 0).toBe(true);
  });
});

it('ends a shortage that nobody else can end, once', async () => {
  const machine = boot({ devices: [bareDevice], store: 1 << 20 });
  const dip = machine.devinfo(bareDevice.at);
  machine.faults.use(failSite(1));
  let calls = 0;
  await machine.run(async () => {
    const { mutex_init, cv_init } = machine.kernel;
    const lock = mutex_init('lock', MUTEX_DRIVER, null);
    const cv = cv_init('called');
    const called = (): number => {
      calls++;
      cv_signal(cv);
      return DDI_DMA_CALLBACK_DONE;
    };
    await mutex_enter(lock);
    expect(ddi_dma_alloc_handle(dip, anyAttr(), called, null).isErr()).toBe(true);
    while (calls === 0) await cv_wait(cv, lock);
    mutex_exit(lock);
    cv_destroy(cv);
    mutex_destroy(lock);
  });
  expect(calls).toBe(1);
  expect(machine.faults.shortageEnds()).toBe(false);
});
