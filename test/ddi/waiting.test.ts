import { describe, expect, it } from 'vitest';
import {
  ddi_dma_addr_bind_handle,
  ddi_dma_alloc_handle,
  ddi_dma_buf_bind_handle,
  ddi_dma_free_handle,
  ddi_dma_mem_alloc,
  ddi_dma_mem_free,
  DDI_DMA_CALLBACK_DONE,
  DDI_DMA_CALLBACK_RUNOUT,
  DDI_DMA_CONSISTENT,
  DDI_DMA_DONTWAIT,
  DDI_DMA_RDWR,
  DDI_DMA_SLEEP,
  must,
  type buf_t,
  type ddi_acc_handle_t,
  type ddi_dma_handle_t,
  type MemAllocError,
  type MemAllocOut,
} from '../../src/index.js';
import type { Result } from 'neverthrow';
import { failWhile } from '../../src/machine/faults.js';
import type { RegisteringCall } from '../../src/nexus/callbacks.js';
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

  it('does not wait for it behind others either, and tells them apart', async () => {
    const { machine, handle, hoard } = tight(0);
    const asleepNow = (): number =>
      machine.resources().find(({ name }) => name === 'kernel addresses')?.waiters ?? -1;
    await machine.run(async () => {
      const first = machine.thread('first', async () => {
        await asleep(handle, 2);
      });
      await machine.kernel.delay(1);
      // More than there is, and what a bind can never have.
      for (const n of [65, 2 ** 18]) {
        const asked = ddi_dma_mem_alloc(handle, n * 4096, neverSwap, flags, DDI_DMA_SLEEP);
        expect(asleepNow()).toBe(1);
        const got = await asked;
        expect(got.isErr() && got.error.name).toBe('DDI_FAILURE');
      }
      const va = machine.place([0x10_0000, 0x10_0002]);
      const dip = machine.devinfo('bare@1');
      const one = must(
        ddi_dma_alloc_handle(dip, anyAttr({ dma_attr_sgllen: 1 }), DDI_DMA_DONTWAIT),
      ).handle;
      const bound = await ddi_dma_addr_bind_handle(
        one,
        null,
        va,
        8192,
        DDI_DMA_RDWR,
        DDI_DMA_SLEEP,
      );
      expect([bound.isErr() && bound.error.name, asleepNow()]).toEqual(['DDI_DMA_TOOBIG', 1]);
      free(hoard, 2);
      await first.done;
    });
  });

  it('is not for ever behind a sleeper that wants what never comes', async () => {
    const { machine, handle } = tight(1);
    const log: string[] = [];
    await machine.run(async () => {
      machine.thread('large', async () => {
        await asleep(handle, 2);
        log.push('large');
      });
      await machine.kernel.delay(1);
      const small = machine.thread('small', async () => {
        await asleep(handle, 1);
        log.push('small');
      });
      await machine.kernel.delay(1);
      expect(log).toEqual([]);
      // Nothing else can happen: the page that is free goes to the one it is enough for.
      await small.done;
    });
    expect(log).toEqual(['small']);
  });

  it('does not keep callbacks from what is free when nothing else can happen', async () => {
    const { machine, handle, hoard } = tight(0);
    let got = 0;
    await machine.run(async () => {
      machine.thread('large', async () => {
        await asleep(handle, 40);
      });
      await machine.kernel.delay(1);
      for (let i = 0; i < 17; i++) {
        free(hoard, 1);
        const again = page(handle, 1);
        if (again.isOk()) hoard.push(again.value.handle);
      }
      // It has been overtaken as often as it can be: the page is free and nobody else is given it.
      expect(page(handle, 1).isErr()).toBe(true);
      const { wait, resolve } = machine.sched.ticket<undefined>('the callback');
      const wants = (): number => {
        if (page(handle, 1).isErr()) return DDI_DMA_CALLBACK_RUNOUT;
        got++;
        resolve(undefined);
        return DDI_DMA_CALLBACK_DONE;
      };
      expect(ddi_dma_mem_alloc(handle, 4096, neverSwap, flags, wants, null).isErr()).toBe(true);
      await wait;
    });
    expect(got).toBe(1);
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
      // Once it is served, a signal is nothing to it.
      const late = new AbortController();
      const third = machine.thread('third', async () => {
        const got = await ddi_dma_mem_alloc(
          handle,
          4096,
          neverSwap,
          flags,
          DDI_DMA_SLEEP,
          late.signal,
        );
        expect(got.isOk()).toBe(true);
      });
      await machine.kernel.delay(1);
      free(hoard, 1);
      await third.done;
      late.abort();
      const gone = AbortSignal.abort();
      const never = await ddi_dma_mem_alloc(handle, 4096, neverSwap, flags, DDI_DMA_SLEEP, gone);
      expect(never.isErr() && never.error.name).toBe('DDI_FAILURE');
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

  const shortCalls = [
    'ddi_dma_alloc_handle(9F) CB-7',
    'ddi_dma_mem_alloc(9F) CB-5',
    'ddi_dma_addr_bind_handle(9F) CB-5',
    'ddi_dma_buf_bind_handle(9F) CB-5',
  ] as const;

  it.each(shortCalls)('that misbehaves breaks the page of its call: %s', async (clause) => {
    const { machine, dip } = bareSystem();
    const { handle } = must(ddi_dma_alloc_handle(dip, anyAttr(), DDI_DMA_DONTWAIT));
    const { kaddr, handle: held } = must(page(handle, 1));
    const bp = machine.kernel.getrbuf(0) as buf_t;
    bp.b_addr = kaddr;
    bp.b_bcount = 64;
    const register = {
      ddi_dma_alloc_handle: (bad: () => number) => ddi_dma_alloc_handle(dip, anyAttr(), bad, null),
      ddi_dma_mem_alloc: (bad: () => number) =>
        ddi_dma_mem_alloc(handle, 64, neverSwap, flags, bad, null),
      ddi_dma_addr_bind_handle: (bad: () => number) =>
        ddi_dma_addr_bind_handle(handle, null, kaddr, 64, DDI_DMA_RDWR, bad, null),
      ddi_dma_buf_bind_handle: (bad: () => number) =>
        ddi_dma_buf_bind_handle(handle, bp, DDI_DMA_RDWR, bad, null),
    }[clause.slice(0, clause.indexOf('(')) as RegisteringCall];
    await machine.run(async () => {
      machine.faults.use(failWhile(() => true));
      expect(register(thrower).isErr()).toBe(true);
      expect(register(() => 2).isErr()).toBe(true);
      machine.faults.use(null);
      ddi_dma_mem_free(held);
      await machine.kernel.delay(1);
    });
    const id = clause.replace('(9F) ', '.9f/');
    expect(machine.findings.map((f) => [f.rule, f.clause])).toEqual([
      ['CALLBACK_THREW', id],
      ['CALLBACK_BAD_RETURN', id],
    ]);
  });

  it('that frees its own argument is done, and the others are called', async () => {
    const { machine, dip } = bareSystem();
    const alloc = (): ddi_dma_handle_t =>
      must(ddi_dma_alloc_handle(dip, anyAttr(), DDI_DMA_DONTWAIT)).handle;
    const [spare, mine, other] = [alloc(), alloc(), alloc()];
    const log: string[] = [];
    const frees = (h: ddi_dma_handle_t): number => {
      ddi_dma_free_handle(h);
      log.push('freed');
      return DDI_DMA_CALLBACK_RUNOUT;
    };
    const looks = (h: ddi_dma_handle_t): number => {
      log.push(page(h, 1).isOk() ? 'served' : 'refused');
      return DDI_DMA_CALLBACK_DONE;
    };
    await machine.run(async () => {
      machine.faults.use(failWhile(() => true));
      expect(ddi_dma_mem_alloc(mine, 64, neverSwap, flags, frees, mine).isErr()).toBe(true);
      expect(ddi_dma_mem_alloc(other, 64, neverSwap, flags, looks, other).isErr()).toBe(true);
      machine.faults.use(null);
      ddi_dma_free_handle(spare);
      await machine.kernel.delay(1);
    });
    // Its own release calls it again, and a handle can be freed once.
    expect(log).toEqual(['freed', 'served', 'freed']);
    expect(machine.findings.map((f) => f.rule)).toEqual(['DOUBLE_FREE']);
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
