/** What a driver leaves behind when it is detached, or when its attach fails. */
import { describe, expect, it } from 'vitest';
import * as ddi from '../../src/index.js';
import { boot, type BootedMachine, copyEngine } from '../../src/platforms/index.js';
import type { dev_info_t } from '../../src/sys/types.js';
import { anyAttr } from '../support/attr.js';
import { neverSwap } from '../support/system.js';

type Take = (machine: BootedMachine, dip: dev_info_t) => unknown;

const { DDI_DMA_CONSISTENT, DDI_DMA_DONTWAIT, DDI_DMA_RDWR, DDI_SUCCESS, KM_SLEEP } = ddi;

function handleOf(dip: dev_info_t): ddi.ddi_dma_handle_t {
  return ddi.must(ddi.ddi_dma_alloc_handle(dip, anyAttr(), DDI_DMA_DONTWAIT)).handle;
}

function memoryOf(handle: ddi.ddi_dma_handle_t): ddi.ddi_acc_handle_t {
  const flags = DDI_DMA_CONSISTENT;
  return ddi.must(ddi.ddi_dma_mem_alloc(handle, 64, neverSwap, flags, DDI_DMA_DONTWAIT)).handle;
}

function newMachine(): { readonly machine: BootedMachine; readonly dip: dev_info_t } {
  const machine = boot({ devices: [{ at: 'copy@1', model: copyEngine() }], store: 1 << 20 });
  return { machine, dip: machine.devinfo('copy@1') };
}

/** A driver that takes something when it is attached, and gives nothing back. */
function taker(machine: BootedMachine, take: Take, attached: number = DDI_SUCCESS) {
  return {
    name: 'taker',
    attach: async (dip: dev_info_t) => {
      await take(machine, dip);
      return attached;
    },
    detach: () => DDI_SUCCESS,
  };
}

function found(machine: BootedMachine): readonly string[] {
  return machine.findings.map(({ rule, clause }) => `${rule} ${clause}`);
}

/** What is found of a driver that takes and forgets. */
async function left(take: Take, attached: number = DDI_SUCCESS): Promise<readonly string[]> {
  const { machine, dip } = newMachine();
  const driver = taker(machine, take, attached);
  await machine.run(async () => {
    if ((await machine.attach(driver, dip)) === DDI_SUCCESS) await machine.detach(driver, dip);
  });
  return found(machine);
}

const forgotten: readonly (readonly [what: string, clauses: readonly string[], take: Take])[] = [
  ['a handle', ['ddi_dma_alloc_handle.9f/IX-1'], (_m, dip) => handleOf(dip)],
  [
    'DMA memory',
    ['ddi_dma_alloc_handle.9f/IX-1', 'ddi_dma_mem_alloc.9f/IX-3'],
    (_m, dip) => memoryOf(handleOf(dip)),
  ],
  [
    'a binding by address, of memory of its own',
    ['detach.9e/DT-1', 'ddi_dma_alloc_handle.9f/IX-1', 'ddi_dma_addr_bind_handle.9f/IX-1'],
    ({ kernel }, dip) => {
      const va = kernel.kmem_alloc(64, KM_SLEEP);
      const handle = handleOf(dip);
      const how = [DDI_DMA_RDWR, DDI_DMA_DONTWAIT] as const;
      ddi.must(ddi.ddi_dma_addr_bind_handle(handle, null, va ?? 0, 64, ...how));
    },
  ],
  [
    'a binding of a buf',
    [
      'interplay/AX-14',
      'detach.9e/DT-1',
      'ddi_dma_alloc_handle.9f/IX-1',
      'ddi_dma_buf_bind_handle.9f/IX-1',
    ],
    ({ kernel }, dip) => {
      const bp = kernel.getrbuf(KM_SLEEP);
      if (bp === null) return;
      bp.b_flags |= ddi.B_BUSY;
      bp.b_addr = kernel.kmem_alloc(64, KM_SLEEP) ?? 0;
      bp.b_bcount = 64;
      const how = [DDI_DMA_RDWR, DDI_DMA_DONTWAIT] as const;
      ddi.must(ddi.ddi_dma_buf_bind_handle(handleOf(dip), bp, ...how));
    },
  ],
  [
    'a register mapping',
    ['interplay/AX-14'],
    (_m, dip) => ddi.must(ddi.ddi_regs_map_setup(dip, 1, 0, 0, neverSwap)),
  ],
  [
    'an interrupt handler',
    ['detach.9e/DT-1'],
    (_m, dip) => ddi.must(ddi.ddi_add_intr(dip, 0, () => ddi.DDI_INTR_UNCLAIMED, null)),
  ],
  [
    'a umem cookie',
    ['interplay/AX-14'],
    ({ kernel }) => kernel.ddi_umem_alloc(4096, ddi.DDI_UMEM_NOSLEEP),
  ],
  [
    'a task queue',
    ['detach.9e/DT-1'],
    (_m, dip) => ddi.ddi_taskq_create(dip, 'tq', 1, ddi.TASKQ_DEFAULTPRI, 0),
  ],
  [
    'heap memory that a thread of its own took',
    ['detach.9e/DT-1'],
    ({ kernel, sched }) => sched.thread('worker', () => void kernel.kmem_alloc(64, KM_SLEEP)).done,
  ],
];

describe('a driver that is gone', () => {
  it.each(forgotten)('is told of %s it left', async (_what, clauses, take) => {
    expect(await left(take)).toEqual(clauses.map((clause) => `LEAK_AT_DETACH ${clause}`));
  });

  it.each(forgotten)('is told of %s its failed attach left', async (_what, clauses, take) => {
    const wanted = clauses.map(() => 'LEAK_AT_ATTACH attach.9e/IX-1');
    expect(await left(take, ddi.DDI_FAILURE)).toEqual(wanted);
  });

  it('is told once of a kind of object, each by its number', async () => {
    const { machine, dip } = newMachine();
    const driver = taker(machine, () => Array.from({ length: 10 }, () => handleOf(dip)));
    await machine.run(async () => {
      await machine.attach(driver, dip);
      await machine.detach(driver, dip);
    });
    const [finding, ...others] = machine.findings;
    expect(others).toEqual([]);
    expect(finding?.values['objects']).toEqual(machine.probe.live().map(({ id }) => id));
    expect(finding?.message).toMatch(/^detach succeeded and left dma handle \d+ .*, and 2 more$/);
    expect(finding?.call).toBe('detach');
  });

  it('is told of functions that its failed attach registered', async () => {
    const take: Take = (machine, dip) => {
      machine.budget.resize('dma handles', 0);
      ddi.discard(ddi.ddi_dma_alloc_handle(dip, anyAttr(), () => ddi.DDI_DMA_CALLBACK_DONE, null));
    };
    expect(await left(take, ddi.DDI_FAILURE)).toEqual(['CALLBACK_AFTER_DETACH attach.9e/IX-1']);
  });

  it('is told nothing when it gave everything back, or could not detach', async () => {
    const { machine, dip } = newMachine();
    let loaned = true;
    const driver = {
      name: 'fair',
      attach: () => {
        ddi.ddi_set_driver_private(dip, handleOf(dip));
        return DDI_SUCCESS;
      },
      detach: () => {
        if (loaned) return ddi.DDI_FAILURE;
        ddi.ddi_dma_free_handle(ddi.ddi_get_driver_private(dip) as ddi.ddi_dma_handle_t);
        return DDI_SUCCESS;
      },
    };
    await machine.run(async () => {
      await machine.attach(driver, dip);
      expect(await machine.detach(driver, dip)).toBe(ddi.DDI_FAILURE);
      loaned = false;
      expect(await machine.detach(driver, dip)).toBe(DDI_SUCCESS);
    });
    expect(found(machine)).toEqual([]);
  });

  it('is not blamed for what others have, or had before it came', async () => {
    const { machine, dip } = newMachine();
    await machine.run(async () => {
      handleOf(dip);
      const driver = taker(machine, () => undefined);
      await machine.attach(driver, dip);
      machine.kernel.kmem_alloc(64, KM_SLEEP);
      const other = machine.thread('other', () => {
        machine.kernel.kmem_alloc(64, KM_SLEEP);
      });
      await machine.detach(driver, dip);
      await other.done;
    });
    expect(machine.probe.live().map(({ kind, owner }) => `${kind} of ${owner}`)).toEqual([
      'dma handle of /pci@0/copy@1',
      'kmem of kernel',
      'kmem of kernel',
    ]);
    expect(found(machine)).toEqual([]);
  });
});
