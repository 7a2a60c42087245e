/** Demonstrations of quirks of waiting: who is called, and who is served. */
import {
  ddi_dma_addr_bind_handle,
  ddi_dma_alloc_handle,
  ddi_dma_free_handle,
  ddi_dma_mem_alloc,
  ddi_dma_mem_free,
  DDI_DMA_CALLBACK_DONE,
  DDI_DMA_CONSISTENT,
  DDI_DMA_DONTWAIT,
  DDI_DMA_RDWR,
  DDI_DMA_SLEEP,
  must,
} from 'ddi-dma';
import { failWhile } from '../../src/machine/faults.js';
import { anyAttr } from '../support/attr.js';
import { bareSystem, neverSwap } from '../support/system.js';
import type { Demo } from './quirk-demos.js';

/** More rounds than anybody is kept waiting where there are turns. */
const rounds = 40;

export const waitingDemos: readonly Demo[] = [
  {
    id: 'release-wakes-one-list',
    see: (options) => {
      const { machine, dip } = bareSystem({ ...options, store: 8 << 20 });
      const attr = anyAttr({ dma_attr_addr_hi: 0xffffffffn });
      const { handle } = must(ddi_dma_alloc_handle(dip, attr, DDI_DMA_DONTWAIT));
      const flags = DDI_DMA_CONSISTENT;
      const held = must(ddi_dma_mem_alloc(handle, 100, neverSwap, flags, DDI_DMA_DONTWAIT));
      const va = machine.place([0x100000]);
      let calls = 0;
      const wait = (): number => {
        calls++;
        return DDI_DMA_CALLBACK_DONE;
      };
      machine.faults.use(failWhile((kind) => kind === 'bounce pages'));
      const bound = ddi_dma_addr_bind_handle(handle, null, va, 4096, DDI_DMA_RDWR, wait, null);
      machine.faults.use(null);
      ddi_dma_mem_free(held.handle);
      machine.sched.settle();
      return [bound.isErr() && bound.error.name, calls];
    },
    on: ['DDI_DMA_NORESOURCES', 0],
    off: ['DDI_DMA_NORESOURCES', 1],
  },
  {
    id: 'sleepers-have-no-turn',
    see: async (options) => {
      const { machine, dip } = bareSystem({ ...options, budgets: { 'dma handles': 1 } });
      const take = () => ddi_dma_alloc_handle(dip, anyAttr(), DDI_DMA_DONTWAIT);
      let grabbed = 0;
      await machine.run(async () => {
        let mine = must(take()).handle;
        const sleeper = machine.thread('sleeper', async () => {
          ddi_dma_free_handle(
            must(await ddi_dma_alloc_handle(dip, anyAttr(), DDI_DMA_SLEEP)).handle,
          );
        });
        await machine.kernel.delay(1);
        for (; grabbed < rounds; grabbed++) {
          ddi_dma_free_handle(mine);
          const again = take();
          if (again.isErr()) break;
          mine = again.value.handle;
          await machine.kernel.delay(1);
        }
        if (grabbed === rounds) ddi_dma_free_handle(mine);
        await sleeper.done;
      });
      return grabbed;
    },
    on: rounds,
    off: 16,
  },
  {
    id: 'badattr-runs-callbacks',
    see: (options) => {
      const { machine, dip } = bareSystem(options);
      let calls = 0;
      const wait = (): number => {
        calls++;
        return DDI_DMA_CALLBACK_DONE;
      };
      machine.faults.use(failWhile((kind) => kind === 'dma handle'));
      const short = ddi_dma_alloc_handle(dip, anyAttr(), wait, null);
      machine.faults.use(null);
      const empty = anyAttr({ dma_attr_sgllen: 0 });
      const bad = ddi_dma_alloc_handle(dip, empty, DDI_DMA_DONTWAIT);
      machine.sched.settle();
      return [short.isErr(), bad.isErr() && bad.error.name, calls];
    },
    on: [true, 'DDI_DMA_BADATTR', 1],
    off: [true, 'DDI_DMA_BADATTR', 0],
  },
];
