/** The four calls that wait, and what makes each of them short of resources. */
import {
  DDI_DMA_CALLBACK_DONE,
  DDI_DMA_CONSISTENT,
  DDI_DMA_DONTWAIT,
  DDI_DMA_RDWR,
  DDI_DMA_SLEEP,
  KM_NOSLEEP,
  KM_SLEEP,
} from '../../sys/constants.js';
import type { ddi_dma_attr_t } from '../../sys/types.js';
import { type BindCall, byAddress, byBuf } from '../bind-call.js';
import { clause, type ClauseCheck } from '../clause.js';
import { bind, misuse, newHandle, newMemory, plainAcc, usedUp, wideAttr } from '../stock.js';
import { lowHi } from '../stock-windows.js';
import type { Sut } from '../sut.js';
import { bad, good, same, that } from '../that.js';
import { waitingBodies, waitingChecks, type WaitingCall } from './waiting.js';

/** The clauses of ddi_dma_mem_alloc(9F) and the binds go by the same numbers. */
const common = {
  dontwait: 'CB-1',
  arg: 'CB-4',
  answers: 'CB-5',
  runout: 'CB-6',
  done: 'CB-7',
  context: 'CB-8',
  safe: 'CB-9',
} as const;

/** Takes one of those who hold resources. */
function next<T>(holders: T[]): T {
  const held = holders.pop();
  that(held !== undefined, 'somebody holds resources');
  return held;
}

/** ddi_dma_alloc_handle(9F): there are two handles, and they are in use. */
const allocHandle: WaitingCall = {
  page: 'ddi_dma_alloc_handle.9f',
  code: 'DDI_DMA_NORESOURCES',
  clauses: {
    noCallback: 'CB-2',
    sleep: 'CB-3',
    later: 'CB-4',
    arg: 'CB-5',
    answers: 'CB-7',
    runout: 'CB-8',
    done: 'CB-9',
    context: 'CB-10',
    short: 'RV-3',
  },
  shortage: (sut) => {
    const holders = [newHandle(sut), newHandle(sut)];
    sut.capHandles();
    return {
      ask: (waitfp, arg) => sut.ddi.ddi_dma_alloc_handle(sut.dip(), wideAttr, waitfp, arg),
      release: () => {
        sut.ddi.ddi_dma_free_handle(next(holders));
      },
    };
  },
};

/** ddi_dma_mem_alloc(9F): memory is used up, and freed by the function that frees it. */
const memAlloc = (differences: Partial<ddi_dma_attr_t> = {}): WaitingCall => ({
  page: 'ddi_dma_mem_alloc.9f',
  code: 'DDI_FAILURE',
  clauses: common,
  shortage: (sut) => {
    const handle = newHandle(sut, differences);
    const flags = DDI_DMA_CONSISTENT;
    const holders = [1, 2].map(() => newMemory(sut, handle, 4 * sut.pageSize, flags).handle);
    usedUp(sut);
    return {
      ask: (waitfp, arg) =>
        sut.ddi.ddi_dma_mem_alloc(handle, 2 * sut.pageSize, plainAcc, flags, waitfp, arg),
      release: () => {
        sut.ddi.ddi_dma_mem_free(next(holders));
      },
    };
  },
});

/** How memory can be wanted. */
const kinds = ['pages', 'a run of pages'];

/** What ddi_dma_mem_alloc(9F) has a check of its own for. */
const memAllocChecks: readonly ClauseCheck[] = [
  clause('ddi_dma_mem_alloc.9f/CB-2', { installed: 2 << 20, cases: kinds }, (sut, kase) =>
    waitingBodies.sleep(sut, memAlloc(kase === 'pages' ? {} : { dma_attr_sgllen: 1 })),
  ),
  clause('ddi_dma_mem_alloc.9f/CB-3', { cases: ['short', 'impossible'] }, async (sut, kase) => {
    if (kase === 'short') {
      await waitingBodies.later(sut, memAlloc());
      return;
    }
    // No resource failed: what can never be had is not waited for.
    const handle = newHandle(sut);
    const held = newMemory(sut, handle, sut.pageSize);
    let calls = 0;
    const flags = DDI_DMA_CONSISTENT;
    const result = sut.ddi.ddi_dma_mem_alloc(handle, 0, plainAcc, flags, () => ++calls, null);
    bad(result, 'DDI_FAILURE', 'memory of no bytes');
    sut.ddi.ddi_dma_mem_free(held.handle);
    await sut.settle();
    same(calls, 0, 'calls of the function after a release');
  }),
];

/** Who has the memory a bind wants. */
const holderKinds = ['another binding', 'DMA memory'] as const;

/** A bind: memory is used up and the object must be bounced. */
function binding(how: BindCall, holder: string = 'another binding'): WaitingCall {
  return {
    page: how.page,
    code: 'DDI_DMA_NORESOURCES',
    clauses: common,
    shortage: (sut) => {
      const far = { dma_attr_addr_hi: lowHi };
      const size = sut.pageSize;
      const holders = [0x2500, 0x2501].map((pfn) => {
        const held = newHandle(sut, far);
        if (holder === 'DMA memory') {
          const { handle: acc } = newMemory(sut, held, 4 * size, DDI_DMA_CONSISTENT);
          return (): void => {
            sut.ddi.ddi_dma_mem_free(acc);
          };
        }
        bind(sut, held, sut.place([pfn], 0, size), size);
        return (): void => {
          good(sut.ddi.ddi_dma_unbind_handle(held), 'the unbind of another handle');
        };
      });
      const handle = newHandle(sut, far);
      const object = how.object(sut, sut.place([0x2502], 0, size), size, DDI_DMA_RDWR);
      usedUp(sut);
      return {
        ask: (waitfp, arg) => object.waiting(handle, DDI_DMA_RDWR, waitfp, arg),
        release: () => {
          next(holders)();
        },
      };
    },
  };
}

/** A bind whose resources are short, and one that a kernel takes for such. */
const shortCases = { cases: ['short', 'above 8 KiB'] };

/**
 * Nothing is short and nothing is impossible: an engine that does not reach the lowest memory, and
 * an object that it does not reach either.
 */
function aboveLowMemory(sut: Sut, how: BindCall) {
  const attr = { dma_attr_addr_lo: 0x20_0000n, dma_attr_addr_hi: lowHi };
  const size = sut.pageSize;
  const object = how.object(sut, sut.place([0x2502], 0, size), size, DDI_DMA_RDWR);
  return { object, handle: newHandle(sut, attr) };
}

function calledBind(how: BindCall): ClauseCheck {
  return clause(`${how.page}/CB-3`, { cases: [...holderKinds] }, (sut, kase) =>
    waitingBodies.later(sut, binding(how, kase)),
  );
}

function sleepingBind(how: BindCall): ClauseCheck {
  return clause(`${how.page}/CB-2`, shortCases, async (sut, kase) => {
    if (kase === 'short') {
      await waitingBodies.sleep(sut, binding(how));
      return;
    }
    const { object, handle } = aboveLowMemory(sut, how);
    const bound = await object.waiting(handle, DDI_DMA_RDWR, DDI_DMA_SLEEP);
    same(good(bound, 'a bind that sleeps').ccount, 1, 'cookies');
  });
}

function shortBind(how: BindCall): ClauseCheck {
  return clause(`${how.page}/RV-5`, shortCases, async (sut, kase) => {
    if (kase === 'short') {
      const { ask, release } = binding(how).shortage(sut);
      const before = sut.live();
      const answer = await ask(DDI_DMA_DONTWAIT);
      same(answer.isErr() && answer.error.name, 'DDI_DMA_NORESOURCES', 'the code of a shortage');
      same(sut.live(), before, 'objects alive after the refusal');
      release();
      good(await ask(DDI_DMA_DONTWAIT), 'the same bind when there are resources');
      return;
    }
    const { object, handle } = aboveLowMemory(sut, how);
    const bound = await object.waiting(handle, DDI_DMA_RDWR, DDI_DMA_DONTWAIT);
    same(good(bound, 'a bind when nothing is short').ccount, 1, 'cookies');
  });
}

function tryHandle(sut: Sut) {
  return sut.ddi.ddi_dma_alloc_handle(sut.dip(), wideAttr, DDI_DMA_DONTWAIT);
}

/** The checks of the four pages, and of what they have in common. */
export const allWaitingChecks: readonly ClauseCheck[] = [
  ...waitingChecks(allocHandle),
  ...waitingChecks(memAlloc()),
  ...memAllocChecks,
  ...[byAddress, byBuf].flatMap((how) => [
    ...waitingChecks(binding(how)),
    sleepingBind(how),
    calledBind(how),
    shortBind(how),
  ]),
  clause('ddi_dma_alloc_handle.9f/CB-11', {}, async (sut) => {
    // What is wrong is to be ready to sleep, though there are handles.
    const attempt = await sut.attempt(() =>
      sut.within('interrupt', () =>
        sut.ddi.ddi_dma_alloc_handle(sut.dip(), wideAttr, DDI_DMA_SLEEP),
      ),
    );
    const named = attempt.findings.map((f) => f.clause);
    that(
      attempt.panic !== undefined || named.includes('ddi_dma_alloc_handle.9f/CX-2'),
      'SLEEP where callbacks run is reported',
    );
  }),
  clause(
    'interplay/IP-20',
    { cases: ['handle', 'memory', 'address', 'buf'] },
    async (sut, kase) => {
      const site = {
        handle: allocHandle,
        memory: memAlloc(),
        address: binding(byAddress),
        buf: binding(byBuf),
      }[kase];
      that(site !== undefined, 'there is a call');
      const { ask, release } = site.shortage(sut);
      const answers = [0, 1];
      const seen: string[] = [];
      const result = ask((arg: unknown) => {
        seen.push(`${String(arg)} in ${sut.contextKind()} context`);
        return answers[seen.length - 1] ?? 1;
      }, 'it');
      that((await result).isErr(), 'the call fails at first');
      for (let i = 0; i < 2; i++) {
        release();
        await sut.settle();
      }
      const wanted = 'it in interrupt context';
      same(seen, [wanted, wanted], 'calls: once for each release, the first answering RUNOUT');
    },
  ),
  clause('interplay/AX-13', { cases: ['allowed', 'KM_SLEEP'] }, async (sut, kase) => {
    const { ask, release } = binding(byAddress).shortage(sut);
    let ran = 0;
    const result = ask(() => {
      ran++;
      const other = tryHandle(sut);
      that(other.isOk(), 'DDI_DMA_DONTWAIT is for callbacks too');
      const at = sut.kernel.kmem_alloc(64, kase === 'allowed' ? KM_NOSLEEP : KM_SLEEP);
      if (at !== null) sut.kernel.kmem_free(at, 64);
      return DDI_DMA_CALLBACK_DONE;
    }, null);
    that((await result).isErr(), 'the bind fails at first');
    const run = async (): Promise<void> => {
      release();
      await sut.settle();
    };
    if (kase === 'allowed') {
      await run();
      same(sut.findings().length, 0, 'findings about what a callback may do');
    } else {
      const clauses = ['interplay/AX-13', 'kmem_alloc.9f/CX-1'];
      await misuse(sut, 'KM_SLEEP in a callback', clauses, run);
    }
    same(ran, 1, 'calls of the function');
  }),
];
