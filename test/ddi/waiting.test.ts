import { describe, expect, it } from 'vitest';
import {
  ddi_dma_alloc_handle,
  ddi_dma_mem_alloc,
  ddi_dma_mem_free,
  DDI_DMA_CALLBACK_DONE,
  DDI_DMA_CALLBACK_RUNOUT,
  DDI_DMA_CONSISTENT,
  DDI_DMA_DONTWAIT,
  DDI_DMA_SLEEP,
  must,
  type ddi_acc_handle_t,
  type ddi_dma_handle_t,
  type MemAllocError,
  type MemAllocOut,
} from '../../src/index.js';
import type { Result } from 'neverthrow';
import type { BootedMachine } from '../../src/platforms/index.js';
import { anyAttr } from '../support/attr.js';
import { bareSystem, neverSwap } from '../support/system.js';

/** A machine with 64 pages of memory, of which `spare` are free. */
function tight(spare: number): {
  readonly machine: BootedMachine;
  readonly handle: ddi_dma_handle_t;
  readonly hoard: ddi_acc_handle_t[];
} {
  const memory = [{ base: 0x100000n, size: 64n * 4096n }];
  const { machine, dip } = bareSystem({ memory });
  const { handle } = must(ddi_dma_alloc_handle(dip, anyAttr(), DDI_DMA_DONTWAIT));
  const hoard: ddi_acc_handle_t[] = [];
  for (let i = 0; i < 64 - spare; i++) hoard.push(must(page(handle, 1)).handle);
  return { machine, handle, hoard };
}

const flags = DDI_DMA_CONSISTENT;

const page = (h: ddi_dma_handle_t, n: number): Result<MemAllocOut, MemAllocError> =>
  ddi_dma_mem_alloc(h, n * 4096, neverSwap, flags, DDI_DMA_DONTWAIT);

const asleep = async (h: ddi_dma_handle_t, n: number): Promise<ddi_acc_handle_t> =>
  must(await ddi_dma_mem_alloc(h, n * 4096, neverSwap, flags, DDI_DMA_SLEEP)).handle;

function free(hoard: ddi_acc_handle_t[], n: number): void {
  for (const acc of hoard.splice(0, n)) ddi_dma_mem_free(acc);
}

describe('DDI_DMA_SLEEP', () => {
  it('waits until there is enough (ddi_dma_mem_alloc(9F) CB-2)', async () => {
    const { machine, handle, hoard } = tight(0);
    const log: string[] = [];
    await machine.run(async () => {
      const sleeper = machine.thread('sleeper', async () => {
        await asleep(handle, 3);
        log.push('served');
      });
      for (let i = 0; i < 3; i++) {
        await machine.kernel.delay(1);
        log.push('free');
        free(hoard, 1);
      }
      await sleeper.done;
    });
    expect(log).toEqual(['free', 'free', 'free', 'served']);
  });

  it('serves in order: a large request is not overtaken by sleepers behind it', async () => {
    const { machine, handle, hoard } = tight(0);
    const log: string[] = [];
    await machine.run(async () => {
      const threads = [5, 1, 1].map((n, i) =>
        machine.thread(`t${i}`, async () => {
          await asleep(handle, n);
          log.push(`t${i}`);
        }),
      );
      await machine.kernel.delay(1);
      for (let i = 0; i < 7; i++) {
        free(hoard, 1);
        await machine.kernel.delay(1);
      }
      for (const t of threads) await t.done;
    });
    expect(log).toEqual(['t0', 't1', 't2']);
  });

  it('is overtaken by calls that do not sleep a bounded number of times', async () => {
    const { machine, handle, hoard } = tight(0);
    let served = false;
    let grabbed = 0;
    await machine.run(async () => {
      const sleeper = machine.thread('sleeper', async () => {
        await asleep(handle, 8);
        served = true;
      });
      await machine.kernel.delay(1);
      while (!served && grabbed < 1000) {
        free(hoard, 1);
        const got = page(handle, 1);
        if (got.isOk()) {
          grabbed++;
          hoard.push(got.value.handle);
        }
        await machine.kernel.delay(1);
      }
      await sleeper.done;
    });
    expect(served).toBe(true);
    expect(grabbed).toBe(16);
  });

  it('does not wait for what can never be', async () => {
    const { machine, handle } = tight(0);
    await machine.run(async () => {
      const got = await ddi_dma_mem_alloc(handle, 2 ** 30, neverSwap, flags, DDI_DMA_SLEEP);
      expect(got.isErr() && got.error.name).toBe('DDI_FAILURE');
    });
  });

  it('with nobody to release anything is a DEADLOCK that says who holds what', async () => {
    const { machine, handle } = tight(0);
    await expect(machine.run(() => asleep(handle, 1))).rejects.toThrow(/dma memory/);
  });

  it('can be given up with an AbortSignal (model extension)', async () => {
    const { machine, handle, hoard } = tight(0);
    await machine.run(async () => {
      const abort = new AbortController();
      const { signal } = abort;
      let answer = '';
      const first = machine.thread('first', async () => {
        const size = 16 * 4096;
        const got = await ddi_dma_mem_alloc(handle, size, neverSwap, flags, DDI_DMA_SLEEP, signal);
        answer = got.isErr() ? got.error.name : 'ok';
      });
      const second = machine.thread('second', async () => {
        await asleep(handle, 1);
      });
      await machine.kernel.delay(1);
      free(hoard, 1);
      await machine.kernel.delay(1);
      abort.abort();
      await first.done;
      await second.done;
      expect(answer).toBe('DDI_FAILURE');
    });
  });
});

describe('a callback', () => {
  it('is called after a release, from interrupt context, with its argument', async () => {
    const { machine, handle, hoard } = tight(0);
    const calls: unknown[] = [];
    const wait = (got: object): number => {
      calls.push(got, machine.sched.current.kind);
      return DDI_DMA_CALLBACK_DONE;
    };
    const arg = {};
    expect(ddi_dma_mem_alloc(handle, 4096, neverSwap, flags, wait, arg).isErr()).toBe(true);
    await machine.run(async () => {
      free(hoard, 1);
      expect(calls).toEqual([]);
      await machine.kernel.delay(1);
      free(hoard, 1);
      await machine.kernel.delay(1);
    });
    expect(calls).toEqual([arg, 'interrupt']);
  });

  it('that answers RUNOUT is called again, and memory freed any way will do', async () => {
    const { machine, handle } = tight(1);
    const block = machine.kernel.kmem_alloc(4096, 0) ?? 0;
    const answers = [DDI_DMA_CALLBACK_RUNOUT, DDI_DMA_CALLBACK_DONE];
    let calls = 0;
    const wait = (): number => answers[calls++] ?? DDI_DMA_CALLBACK_DONE;
    expect(ddi_dma_mem_alloc(handle, 4096, neverSwap, flags, wait, null).isErr()).toBe(true);
    await machine.run(async () => {
      machine.kernel.kmem_free(block, 4096);
      await machine.kernel.delay(1);
      expect(calls).toBe(1);
      ddi_dma_mem_free(must(page(handle, 1)).handle);
      await machine.kernel.delay(1);
    });
    expect(calls).toBe(2);
  });

  const thrower = (): number => {
    throw new Error('made up');
  };
  const promiser: unknown = () => Promise.resolve(1);

  it.each([
    ['throws', 'CALLBACK_THREW', thrower],
    ['returns neither value', 'CALLBACK_BAD_RETURN', () => 2],
    ['returns a promise', 'CALLBACK_BAD_RETURN', promiser as () => number],
  ])('that %s is a finding, and the others are called', async (_what, rule, bad) => {
    const { machine, handle, hoard } = tight(0);
    let called = 0;
    const good = (): number => {
      called++;
      return DDI_DMA_CALLBACK_DONE;
    };
    expect(ddi_dma_mem_alloc(handle, 4096, neverSwap, flags, bad, 1).isErr()).toBe(true);
    expect(ddi_dma_mem_alloc(handle, 4096, neverSwap, flags, good, 1).isErr()).toBe(true);
    await machine.run(async () => {
      free(hoard, 1);
      await machine.kernel.delay(1);
    });
    expect(machine.findings.map((f) => f.rule)).toEqual([rule]);
    expect(called).toBe(1);
  });

  it('may register itself for ever without holding anybody up', async () => {
    const { machine, handle, hoard } = tight(0);
    let calls = 0;
    const again = (): number => {
      calls++;
      const got = ddi_dma_mem_alloc(handle, 64 * 4096, neverSwap, flags, again, null);
      expect(got.isErr()).toBe(true);
      return DDI_DMA_CALLBACK_RUNOUT;
    };
    again();
    await machine.run(async () => {
      free(hoard, 1);
      await machine.kernel.delay(1);
    });
    expect(calls).toBe(2);
  });
});
