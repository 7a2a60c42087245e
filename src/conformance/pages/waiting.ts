/**
 * What four pages say of waiting, in nearly the same words: ddi_dma_alloc_handle(9F),
 * ddi_dma_mem_alloc(9F) and the two calls that bind. One suite, once for each (interplay IP-20).
 *
 * A *shortage* is a machine without the resources of a call, and somebody who holds some and can
 * release them.
 */
import type { Result, ResultAsync } from 'neverthrow';
import {
  DDI_DMA_CALLBACK_DONE,
  DDI_DMA_CALLBACK_RUNOUT,
  DDI_DMA_DONTWAIT,
  DDI_DMA_SLEEP,
} from '../../sys/constants.js';
import type { DdiError, DdiErrorName } from '../../sys/errors.js';
import type { ddi_waitfp_t } from '../../sys/types.js';
import { clause, type ClauseCheck } from '../clause.js';
import { misuse } from '../stock.js';
import type { Sut } from '../sut.js';
import { bad, good, same, settled, that } from '../that.js';

/** A machine where a call finds its resources short. */
export interface Shortage {
  /** The call. */
  readonly ask: (waitfp: ddi_waitfp_t, arg?: unknown) => Answer;
  /** Releases resources; can be done twice. */
  readonly release: () => void;
}

type Answer = Result<unknown, DdiError> | ResultAsync<unknown, DdiError>;

/** A call that can wait: its clauses by what they say, and its shortage. */
export interface WaitingCall {
  readonly page: string;
  /** What it fails with. */
  readonly code: DdiErrorName;
  /** The clauses, `GROUP-n`; those that are left out have checks of their own, or wait. */
  readonly clauses: Readonly<
    Partial<
      Record<
        | 'dontwait'
        | 'noCallback'
        | 'sleep'
        | 'later'
        | 'arg'
        | 'answers'
        | 'runout'
        | 'done'
        | 'context'
        | 'safe'
        | 'short',
        string
      >
    >
  >;
  shortage(sut: Sut): Shortage;
}

/** What became of a function that waits. */
interface Called {
  readonly args: readonly unknown[];
  readonly contexts: readonly string[];
  /** Calls so far, after each release. */
  readonly calls: readonly number[];
  readonly arg: unknown;
}

/** Registers a function that answers in turn, and releases so many times. */
async function called(
  sut: Sut,
  site: WaitingCall,
  answers: readonly number[],
  releases: number,
): Promise<Called> {
  const { ask, release } = site.shortage(sut);
  const args: unknown[] = [];
  const contexts: string[] = [];
  const arg = { name: 'the argument' };
  const result = ask((given: unknown) => {
    args.push(given);
    contexts.push(sut.contextKind());
    return answers[args.length - 1] ?? DDI_DMA_CALLBACK_DONE;
  }, arg);
  that(settled(result), 'a call with a function answers at once');
  bad(await result, site.code, 'a call without resources');
  same(args.length, 0, 'calls before anything was released');
  const calls: number[] = [];
  for (let i = 0; i < releases; i++) {
    release();
    same(args.length, calls.at(-1) ?? 0, 'calls made inside the release itself');
    await sut.settle();
    calls.push(args.length);
  }
  return { args, contexts, calls, arg };
}

const once = [DDI_DMA_CALLBACK_DONE];

/** The bodies, by what they watch. */
export const waitingBodies: Readonly<
  Record<keyof WaitingCall['clauses'], (sut: Sut, site: WaitingCall) => Promise<void>>
> = {
  dontwait: async (sut, site) => {
    const { ask } = site.shortage(sut);
    const before = sut.nowNs();
    const result = ask(DDI_DMA_DONTWAIT);
    that(settled(result), 'DONTWAIT answers at once although resources are short');
    bad(await result, site.code, 'DONTWAIT without resources');
    same(sut.nowNs(), before, 'virtual time afterwards');
  },
  noCallback: async (sut, site) => {
    const { ask, release } = site.shortage(sut);
    bad(await ask(DDI_DMA_DONTWAIT), site.code, 'DONTWAIT without resources');
    const before = sut.live();
    release();
    const after = sut.live();
    await sut.settle();
    that(after.length < before.length, 'the release gives something back');
    same(sut.live(), after, 'objects alive later: nothing was tried again');
  },
  sleep: async (sut, site) => {
    const { ask, release } = site.shortage(sut);
    let done = false;
    const sleeper = sut.thread('sleeper', async () => {
      good(await ask(DDI_DMA_SLEEP), 'a call that sleeps');
      done = true;
    });
    await sut.settle();
    that(!done, 'it sleeps while nothing is released');
    release();
    await sleeper;
    that(done, 'it has what it slept for');
  },
  later: async (sut, site) => {
    same((await called(sut, site, once, 1)).calls, [1], 'calls of the function after a release');
  },
  arg: async (sut, site) => {
    const { args, arg } = await called(sut, site, once, 1);
    same(args.length, 1, 'calls of the function');
    that(args[0] === arg, 'it is called with the argument');
  },
  answers: async (sut, site) => {
    const clauses = [`${site.page}/${site.clauses.answers ?? ''}`];
    await misuse(sut, 'a callback that answers 7', clauses, () => called(sut, site, [7], 1));
  },
  runout: async (sut, site) => {
    const answers = [DDI_DMA_CALLBACK_RUNOUT, DDI_DMA_CALLBACK_DONE];
    const { calls } = await called(sut, site, answers, 2);
    same(calls, [1, 2], 'calls after each release, when the first answer is RUNOUT');
  },
  done: async (sut, site) => {
    const { calls } = await called(sut, site, once, 2);
    same(calls, [1, 1], 'calls after each release, when the first answer is DONE');
  },
  context: async (sut, site) => {
    same((await called(sut, site, once, 1)).contexts, ['interrupt'], 'where the function ran');
  },
  safe: async (sut, site) => {
    const { ask, release } = site.shortage(sut);
    const clauses = [`${site.page}/${site.clauses.safe ?? ''}`, 'interplay/AX-13'];
    const sleeping = ['CX-2', 'CX-1'].map((group) => `${site.page}/${group}`);
    const asked: Answer[] = [];
    await misuse(sut, 'a callback that sleeps', [...clauses, ...sleeping], async () => {
      const result = ask(() => {
        // It cannot be awaited here; that is what is wrong with it.
        asked.push(ask(DDI_DMA_SLEEP));
        return DDI_DMA_CALLBACK_DONE;
      }, null);
      bad(await result, site.code, 'a call without resources');
      release();
      await sut.settle();
    });
  },
  short: async (sut, site) => {
    const { ask, release } = site.shortage(sut);
    bad(await ask(DDI_DMA_DONTWAIT), site.code, 'a call without resources');
    release();
    good(await ask(DDI_DMA_DONTWAIT), 'the same call when there are some');
  },
};

/**
 * The checks of one call.
 *
 * @param site - the call
 */
export function waitingChecks(site: WaitingCall): readonly ClauseCheck[] {
  return Object.entries(site.clauses).map(([what, group]) =>
    clause(`${site.page}/${group}`, {}, (sut) =>
      waitingBodies[what as keyof typeof waitingBodies](sut, site),
    ),
  );
}
