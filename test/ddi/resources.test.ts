/** Resources are finite: what is used, by whom, and what becomes of those who find nothing left. */
import type { Result, ResultAsync } from 'neverthrow';
import { describe, expect, it } from 'vitest';
import {
  ddi_dma_addr_bind_handle,
  ddi_dma_alloc_handle,
  ddi_dma_free_handle,
  ddi_dma_mem_alloc,
  ddi_dma_mem_free,
  ddi_dma_unbind_handle,
  ddi_regs_map_free,
  ddi_regs_map_setup,
  DDI_DMA_CALLBACK_DONE,
  DDI_DMA_CONSISTENT,
  DDI_DMA_DONTWAIT,
  DDI_DMA_RDWR,
  DDI_DMA_SLEEP,
  discard,
  must,
  type ddi_waitfp_t,
  type DdiError,
} from '../../src/index.js';
import type { BudgetKind } from '../../src/machine/budget.js';
import { boot, type BootedMachine, copyEngine, type Resource } from '../../src/platforms/index.js';
import { anyAttr } from '../support/attr.js';
import { bareSystem, neverSwap } from '../support/system.js';

const low = anyAttr({ dma_attr_addr_hi: 0xffff_ffffn });
const high = 0x10_0000;
const flags = DDI_DMA_CONSISTENT;

function rowOf(machine: BootedMachine, name: string): Resource {
  const row = machine.resources().find((r) => r.name === name);
  if (row === undefined) throw new Error(`no resource is named ${name}`);
  return row;
}

describe('resources()', () => {
  const boots = () => {
    const machine = boot({
      memory: [{ base: 0x10_0000n, size: 64n * 4096n }],
      budgets: { 'dma handles': 10, 'access handles': 9, bindings: 8, 'bounce bytes': 65536 },
      devices: [
        { at: 'copy@1', model: copyEngine() },
        { at: 'copy@2', model: copyEngine() },
      ],
    });
    return { machine, one: machine.devinfo('copy@1'), two: machine.devinfo('copy@2') };
  };

  it('has a row for each counted resource, each range of memory, and kernel addresses', () => {
    const { machine } = boots();
    expect(machine.resources().map(({ name, unit, limit }) => [name, unit, limit])).toEqual([
      ['dma handles', 'object', 10],
      ['access handles', 'object', 9],
      ['bindings', 'object', 8],
      ['bounce bytes', 'byte', 65536],
      ['interrupt vectors', 'object', 2048],
      ['memory below 1 MiB', 'page', 64],
      ['kernel addresses', 'page', expect.any(Number) as number],
    ]);
    for (const { used, free, limit, waiters, owners } of machine.resources()) {
      expect([used, free, waiters, owners]).toEqual([0, limit, 0, {}]);
    }
  });

  it('tells what is used, and by whom', () => {
    const { machine, one, two } = boots();
    const handles = [one, one, two].map(
      (dip) => must(ddi_dma_alloc_handle(dip, low, DDI_DMA_DONTWAIT)).handle,
    );
    const [first, , third] = handles;
    if (first === undefined || third === undefined) throw new Error('no handles');
    const regs = must(ddi_regs_map_setup(one, 1, 0, 0, neverSwap)).handle;
    const mem = must(ddi_dma_mem_alloc(third, 8192, neverSwap, flags, DDI_DMA_DONTWAIT)).handle;
    const va = machine.place([high, high + 2]);
    const block = machine.kernel.kmem_alloc(4096, 0) ?? 0;
    must(ddi_dma_addr_bind_handle(first, null, va, 8192, DDI_DMA_RDWR, DDI_DMA_DONTWAIT));
    const copy1 = '/pci@0/copy@1';
    const copy2 = '/pci@0/copy@2';
    const seen = (name: string): unknown => {
      const { used, free, limit, owners } = rowOf(machine, name);
      expect(used + free).toBe(limit);
      return [used, owners];
    };
    expect(seen('dma handles')).toEqual([3, { [copy1]: 2, [copy2]: 1 }]);
    expect(seen('access handles')).toEqual([2, { [copy1]: 1, [copy2]: 1 }]);
    expect(seen('bindings')).toEqual([1, { [copy1]: 1 }]);
    expect(seen('bounce bytes')).toEqual([8192, { [copy1]: 8192 }]);
    expect(seen('memory below 1 MiB')).toEqual([5, { [copy1]: 2, [copy2]: 2, kernel: 1 }]);
    // With a hole behind each: placed, block, memory and bounce pages.
    expect(seen('kernel addresses')).toEqual([3 + 2 + 3 + 3, { kernel: 11 }]);

    must(ddi_dma_unbind_handle(first));
    machine.unplace(va);
    machine.kernel.kmem_free(block, 4096);
    ddi_dma_mem_free(mem);
    ddi_regs_map_free(regs);
    for (const handle of handles) ddi_dma_free_handle(handle);
    for (const { used, owners } of machine.resources()) expect([used, owners]).toEqual([0, {}]);
  });

  it('counts those who wait where they may wait', async () => {
    const { machine, one } = boots();
    const held = Array.from({ length: 10 }, () =>
      must(ddi_dma_alloc_handle(one, low, DDI_DMA_DONTWAIT)),
    );
    const waiters = (): readonly (readonly [string, number])[] =>
      machine.resources().flatMap(({ name, waiters: n }) => (n > 0 ? [[name, n] as const] : []));
    await machine.run(async () => {
      const sleeper = machine.thread('sleeper', async () => {
        const { handle } = must(await ddi_dma_alloc_handle(one, low, DDI_DMA_SLEEP));
        ddi_dma_free_handle(handle);
      });
      await machine.kernel.delay(1);
      expect(waiters()).toEqual([['dma handles', 1]]);
      expect(ddi_dma_alloc_handle(one, low, () => DDI_DMA_CALLBACK_DONE, 1).isErr()).toBe(true);
      expect(waiters()[0]).toEqual(['dma handles', 2]);
      for (const { handle } of held) ddi_dma_free_handle(handle);
      await sleeper.done;
      await machine.kernel.delay(1);
    });
    expect(waiters()).toEqual([]);
    expect(machine.cbstats()).toEqual({
      asked: 1,
      new: 1,
      run: 1,
      delete: 1,
      runouts: 0,
      alloc: 0,
      maxreq: 1,
      maxlist: 1,
    });
  });
});

type Asked = Result<unknown, DdiError> | ResultAsync<unknown, DdiError>;

/** A machine with nothing left of one resource. */
interface Exhausted {
  readonly machine: BootedMachine;
  readonly ask: (waitfp: ddi_waitfp_t, arg?: unknown) => Asked;
  readonly release: () => void;
}

type Kernel = 'contract' | 'debug' | 'production';

/** Resources that run out: how they are asked for, and given back. */
const exhausted: Readonly<Record<string, (kernel: Kernel) => Exhausted>> = {
  'dma handles': (kernel) => {
    const { machine, dip } = bareSystem({ kernel, budgets: { 'dma handles': 1 } });
    const { handle } = must(ddi_dma_alloc_handle(dip, low, DDI_DMA_DONTWAIT));
    return {
      machine,
      ask: (waitfp, arg) => ddi_dma_alloc_handle(dip, low, waitfp, arg),
      release: () => {
        ddi_dma_free_handle(handle);
      },
    };
  },
  'access handles': (kernel) => {
    const { machine, dip } = bareSystem({ kernel, budgets: { 'access handles': 1 } });
    const { handle } = must(ddi_dma_alloc_handle(dip, low, DDI_DMA_DONTWAIT));
    const held = must(ddi_dma_mem_alloc(handle, 100, neverSwap, flags, DDI_DMA_DONTWAIT));
    return {
      machine,
      ask: (waitfp, arg) => ddi_dma_mem_alloc(handle, 100, neverSwap, flags, waitfp, arg),
      release: () => {
        ddi_dma_mem_free(held.handle);
      },
    };
  },
  'access handles, a register mapping': (kernel) => {
    const devices = [{ at: 'copy@1', model: copyEngine() }];
    const machine = boot({ kernel, devices, budgets: { 'access handles': 1 } });
    const dip = machine.devinfo('copy@1');
    const { handle } = must(ddi_dma_alloc_handle(dip, low, DDI_DMA_DONTWAIT));
    const held = must(ddi_regs_map_setup(dip, 1, 0, 0, neverSwap));
    return {
      machine,
      ask: (waitfp, arg) => ddi_dma_mem_alloc(handle, 100, neverSwap, flags, waitfp, arg),
      release: () => {
        ddi_regs_map_free(held.handle);
      },
    };
  },
  bindings: (kernel) => binds(kernel, 'bindings', 1, [0x300, 0x302]),
  'bounce bytes': (kernel) => binds(kernel, 'bounce bytes', 4096, [high, high + 2]),
  memory: (kernel) => {
    const memory = [{ base: 0x10_0000n, size: 4n * 4096n }];
    const { machine, dip } = bareSystem({ kernel, memory });
    const { handle } = must(ddi_dma_alloc_handle(dip, low, DDI_DMA_DONTWAIT));
    const ask: Exhausted['ask'] = (waitfp, arg) =>
      ddi_dma_mem_alloc(handle, 3 * 4096, neverSwap, flags, waitfp, arg);
    const held = must(ddi_dma_mem_alloc(handle, 3 * 4096, neverSwap, flags, DDI_DMA_DONTWAIT));
    return {
      machine,
      ask,
      release: () => {
        ddi_dma_mem_free(held.handle);
      },
    };
  },
};

/** Two handles and two pages: one is bound, the other would be. */
function binds(kernel: Kernel, kind: BudgetKind, limit: number, pfns: number[]): Exhausted {
  const { machine, dip } = bareSystem({ kernel, budgets: { [kind]: limit } });
  const [held, wanted] = pfns.map((pfn) => {
    const { handle } = must(ddi_dma_alloc_handle(dip, low, DDI_DMA_DONTWAIT));
    return { handle, va: machine.place([pfn]) };
  });
  if (held === undefined || wanted === undefined) throw new Error('two pages are wanted');
  const at = [null, held.va, 4096, DDI_DMA_RDWR, DDI_DMA_DONTWAIT] as const;
  must(ddi_dma_addr_bind_handle(held.handle, ...at));
  const { handle, va } = wanted;
  return {
    machine,
    ask: (waitfp, arg) =>
      ddi_dma_addr_bind_handle(handle, null, va, 4096, DDI_DMA_RDWR, waitfp, arg),
    release: () => {
      discard(ddi_dma_unbind_handle(held.handle));
    },
  };
}

const cases = Object.entries(exhausted).flatMap(([what, make]) =>
  (['contract', 'debug', 'production'] as const).map((kernel) => ({ what, kernel, make })),
);

describe.each(cases)('without $what, in $kernel', ({ make, kernel }) => {
  it('DONTWAIT fails at once, and succeeds when there is some again', async () => {
    const { machine, ask, release } = make(kernel);
    const before = machine.live.list();
    const answer = await ask(DDI_DMA_DONTWAIT);
    expect(answer.isErr() && answer.error.code).toBe(-1);
    expect(machine.live.list()).toEqual(before);
    release();
    expect((await ask(DDI_DMA_DONTWAIT)).isOk()).toBe(true);
    expect(machine.findings).toEqual([]);
  });

  it('a callback is called after a release, and can have it then', async () => {
    const { machine, ask, release } = make(kernel);
    const got: unknown[] = [];
    const wait = (arg: unknown): number => {
      const again = ask(DDI_DMA_DONTWAIT);
      got.push(arg, 'isOk' in again && again.isOk());
      return DDI_DMA_CALLBACK_DONE;
    };
    expect((await ask(wait, 'it')).isErr()).toBe(true);
    await machine.run(async () => {
      await machine.kernel.delay(1);
      expect(got).toEqual([]);
      release();
      expect(got).toEqual([]);
      await machine.kernel.delay(1);
    });
    expect(got).toEqual(['it', true]);
    expect(machine.findings).toEqual([]);
  });

  it('SLEEP waits for a release', async () => {
    const { machine, ask, release } = make(kernel);
    let served = false;
    await machine.run(async () => {
      const sleeper = machine.thread('sleeper', async () => {
        served = (await ask(DDI_DMA_SLEEP)).isOk();
      });
      await machine.kernel.delay(1);
      expect(served).toBe(false);
      release();
      await sleeper.done;
    });
    expect(served).toBe(true);
    expect(machine.findings).toEqual([]);
  });
});

describe('budgets', () => {
  it('can shrink and grow; growing is a release', async () => {
    const { machine, dip } = bareSystem({ budgets: { 'dma handles': 2 } });
    const ask = () => ddi_dma_alloc_handle(dip, low, DDI_DMA_DONTWAIT);
    const { handle } = must(ask());
    machine.budget.resize('dma handles', 0);
    expect(rowOf(machine, 'dma handles')).toMatchObject({ limit: 0, used: 1, free: 0 });
    expect(ask().isErr()).toBe(true);
    await machine.run(async () => {
      let served = false;
      const sleeper = machine.thread('sleeper', async () => {
        served = (await ddi_dma_alloc_handle(dip, low, DDI_DMA_SLEEP)).isOk();
      });
      await machine.kernel.delay(1);
      ddi_dma_free_handle(handle);
      await machine.kernel.delay(1);
      expect(served).toBe(false);
      machine.budget.resize('dma handles', 1);
      await sleeper.done;
      expect(served).toBe(true);
    });
    machine.reset(1);
    expect(rowOf(machine, 'dma handles')).toMatchObject({ limit: 2, used: 0 });
  });

  it.each([-1, 0.5, NaN, Infinity])('are whole numbers, not %s', (limit) => {
    expect(() => bareSystem({ budgets: { bindings: limit } })).toThrow(RangeError);
    const { machine } = bareSystem();
    expect(() => {
      machine.budget.resize('bindings', limit);
    }).toThrow(RangeError);
  });

  it('are of what is counted', () => {
    const budgets = { biscuits: 3 } as object;
    expect(() => bareSystem({ budgets })).toThrow('nothing is counted as "biscuits"');
  });

  it('of access handles end register mappings too', () => {
    const devices = [{ at: 'copy@1', model: copyEngine() }];
    const machine = boot({ devices, budgets: { 'access handles': 1 } });
    const dip = machine.devinfo('copy@1');
    const { handle } = must(ddi_regs_map_setup(dip, 1, 0, 0, neverSwap));
    const second = ddi_regs_map_setup(dip, 0, 0, 0, neverSwap);
    expect(second.isErr() && second.error.name).toBe('DDI_ME_NORESOURCES');
    ddi_regs_map_free(handle);
    expect(ddi_regs_map_setup(dip, 0, 0, 0, neverSwap).isOk()).toBe(true);
  });
});
