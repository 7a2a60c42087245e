/**
 * What a driver has to give back before it is gone: one clause on the page of every object, and
 * interplay AX-14 for them all. Each is watched by a driver that gives everything back, of which
 * nothing is said, and by one that forgets one kind of object.
 */
import {
  DDI_DMA_CONSISTENT,
  DDI_DMA_RDWR,
  DDI_INTR_UNCLAIMED,
  DDI_SUCCESS,
  KM_NOSLEEP,
} from '../../sys/constants.js';
import { DDI_UMEM_NOSLEEP } from '../../sys/constants-io.js';
import { type BindCall, byAddress, byBuf } from '../bind-call.js';
import { clause, type ClauseCheck } from '../clause.js';
import { frameRun, misuse, newHandle, newMemory, plainAcc } from '../stock.js';
import type { SmallDriver, Sut } from '../sut.js';
import { good, same, that } from '../that.js';

/** Steps of an attach: each takes something and says how it is given back. */
type Step = (sut: Sut) => () => void | PromiseLike<void>;

const aHandle: Step = (sut) => {
  const handle = newHandle(sut);
  return () => {
    sut.ddi.ddi_dma_free_handle(handle);
  };
};

const someMemory: Step = (sut) => {
  const handle = newHandle(sut);
  const { handle: acc } = newMemory(sut, handle, 64, DDI_DMA_CONSISTENT);
  sut.ddi.ddi_dma_free_handle(handle);
  return () => {
    sut.ddi.ddi_dma_mem_free(acc);
  };
};

const aMapping: Step = (sut) => {
  const mapped = sut.ddi.ddi_regs_map_setup(sut.dip(), 1, 0, 0, plainAcc);
  const { handle } = good(mapped, 'ddi_regs_map_setup');
  return () => {
    sut.ddi.ddi_regs_map_free(handle);
  };
};

const anInterrupt: Step = (sut) => {
  const added = sut.ddi.ddi_add_intr(sut.dip(), 0, () => DDI_INTR_UNCLAIMED, null);
  const { iblock_cookie } = good(added, 'ddi_add_intr');
  return () => sut.ddi.ddi_remove_intr(sut.dip(), 0, iblock_cookie);
};

const aUmemCookie: Step = (sut) => {
  const umem = sut.kernel.ddi_umem_alloc(sut.pageSize, DDI_UMEM_NOSLEEP);
  that(umem !== null, 'ddi_umem_alloc gives memory');
  return () => {
    sut.ddi.ddi_umem_free(umem.cookie);
  };
};

const aBuf: Step = (sut) => {
  const bp = sut.kernel.getrbuf(KM_NOSLEEP);
  that(bp !== null, 'getrbuf gives a buf');
  return () => {
    sut.ddi.freerbuf(bp);
  };
};

/** A binding of what is there before the driver. */
function aBinding(how: BindCall, system: Sut): Step {
  const object = how.object(system, system.place(frameRun, 0, 64), 64, DDI_DMA_RDWR);
  return (sut) => {
    const handle = newHandle(sut);
    good(object.now(handle, DDI_DMA_RDWR), 'the bind');
    return () => {
      good(sut.ddi.ddi_dma_unbind_handle(handle), 'ddi_dma_unbind_handle');
      sut.ddi.ddi_dma_free_handle(handle);
    };
  };
}

/** A driver that takes steps, and undoes them or forgets. */
function driverOf(sut: Sut, steps: readonly Step[], forgets: boolean): SmallDriver {
  const undo: (() => void | PromiseLike<void>)[] = [];
  return {
    name: forgets ? 'forgetful' : 'tidy',
    attach: () => {
      for (const step of steps) undo.push(step(sut));
      return DDI_SUCCESS;
    },
    detach: async () => {
      for (const one of forgets ? [] : undo.reverse()) await one();
      return DDI_SUCCESS;
    },
  };
}

async function comesAndGoes(sut: Sut, driver: SmallDriver): Promise<void> {
  same(await sut.attach(driver), DDI_SUCCESS, `attach of a ${driver.name} driver`);
  same(await sut.detach(driver), DDI_SUCCESS, `detach of a ${driver.name} driver`);
}

/** Nothing is said of a driver that gives an object back; of one that forgets it, the clause. */
async function givenBack(sut: Sut, step: Step, clauses: readonly string[]): Promise<void> {
  const before = sut.live();
  await comesAndGoes(sut, driverOf(sut, [step], false));
  same(sut.findings().length, 0, 'findings about a driver that gives everything back');
  same(sut.live(), before, 'what is alive after it');
  await misuse(sut, 'a detach that leaves something', clauses, () =>
    comesAndGoes(sut, driverOf(sut, [step], true)),
  );
}

/** What AX-14 names, as far as there are calls for it. */
const everything: Readonly<Record<string, Step>> = {
  'a DMA handle': aHandle,
  'DMA memory': someMemory,
  'a register mapping': aMapping,
  'an interrupt handle': anInterrupt,
  'a umem cookie': aUmemCookie,
  'a buf': aBuf,
};

/** The clauses of the objects' own pages. */
const ofPages: Readonly<Record<string, (sut: Sut) => Step>> = {
  'ddi_dma_alloc_handle.9f/IX-1': () => aHandle,
  'ddi_dma_mem_alloc.9f/IX-3': () => someMemory,
  'ddi_dma_addr_bind_handle.9f/IX-1': (sut) => aBinding(byAddress, sut),
  'ddi_dma_buf_bind_handle.9f/IX-1': (sut) => aBinding(byBuf, sut),
};

/** The checks. */
export const releaseChecks: readonly ClauseCheck[] = [
  ...Object.entries(ofPages).map(([id, step]) =>
    clause(id, {}, (sut) => givenBack(sut, step(sut), [id])),
  ),
  clause('interplay/AX-14', { cases: Object.keys(everything) }, async (sut, kase) => {
    const step = everything[kase];
    that(step !== undefined, 'there is such an object');
    await givenBack(sut, step, ['interplay/AX-14', 'detach.9e/DT-1', ...Object.keys(ofPages)]);
  }),
];
