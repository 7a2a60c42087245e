/**
 * Family callbacks: who is called when, while a script makes resources short, asks and releases.
 *
 * 1. A shortage is a fault plan: what a step has made short fails for whoever does not wait.
 * 2. Lists run from a queue of the stage's own: a recorder that stands in for the kernel's soft
 *    calls notes each request for a run, where the kernel makes one of two that are pending.
 * 3. What is *left* is what the lists hold in the end.
 */
import type { Result, ResultAsync } from 'neverthrow';
import {
  ddi_dma_addr_bind_handle,
  ddi_dma_alloc_handle,
  ddi_dma_free_handle,
  ddi_dma_mem_alloc,
  ddi_dma_mem_free,
  ddi_dma_unbind_handle,
  DDI_DMA_DONTWAIT,
  DDI_DMA_SLEEP,
  type DdiError,
  type ddi_acc_handle_t,
  type ddi_device_acc_attr_t,
  type ddi_dma_attr_t,
  type ddi_dma_handle_t,
  type ddi_waitfp_t,
} from '../index.js';
import { failWhile, type FaultKind } from '../machine/faults.js';
import { pageBytes } from '../machine/store.js';
import { CallbackList } from '../nexus/callbacks.js';
import { DevInfo } from '../nexus/tree.js';
import { waitKinds } from '../nexus/wait-lists.js';
import { ModelBug, Panic } from '../sys/errors.js';
import {
  ownLists,
  type CallbacksInput,
  type CallbackStep,
  type HandleKind,
  type ScriptStep,
  type Shortage,
} from './callbacks-input.js';
import type { Json } from './fields.js';
import type { Replayed } from './replayed.js';
import { codeOf, type Gathered, type Stage } from './stage.js';

/** Soft calls of one step. */
const SOFTCALLS_MAX = 40;

/** What each shortage makes fail. */
const shortOf: Readonly<Record<Shortage, readonly FaultKind[]>> = {
  mem: ['dma memory', 'bounce pages'],
  acc: ['access handle'],
  handle: ['dma handle'],
  bindmem: ['bind'],
};

/** The attributes of every handle, but for its kind. */
const plain: ddi_dma_attr_t = {
  dma_attr_version: 0,
  dma_attr_addr_lo: 0n,
  dma_attr_addr_hi: 0xffff_ffffn,
  dma_attr_count_max: 0xffff_ffffn,
  dma_attr_align: 1n,
  dma_attr_burstsizes: 0x7f,
  dma_attr_minxfer: 1,
  dma_attr_maxxfer: 0xffff_ffffn,
  dma_attr_seg: 0xffff_ffffn,
  dma_attr_sgllen: 17,
  dma_attr_granular: 1,
  dma_attr_flags: 0,
};

const kinds: Readonly<Record<HandleKind, Partial<ddi_dma_attr_t>>> = {
  sg: {},
  bounce: {},
  contig: { dma_attr_sgllen: 1 },
  part: { dma_attr_sgllen: 4 },
  badlo: { dma_attr_addr_lo: 0x100_0000n },
  badalign: { dma_attr_align: 3n, dma_attr_sgllen: 1 },
};

const acc: ddi_device_acc_attr_t = {
  devacc_attr_version: 1,
  devacc_attr_endian_flags: 0,
  devacc_attr_dataorder: 0,
};

/** Frames of a buffer that every kind of handle reaches, and of one that none does. */
const reachable = { lo: 0x1000, hi: 0xf_fffe } as const;
const outOfReach = { lo: 0x10_0000, hi: 0x7f_ffff } as const;

/**
 * Plays a case.
 *
 * @param stage - the machine
 * @param input - the case
 */
export async function replayCallbacks(stage: Stage, input: CallbacksInput): Promise<Replayed> {
  const got: Gathered = {};
  let play: Play | null = null;
  await stage.perform(got, async () => {
    play = new Play(stage, input);
    await play.run(got);
  });
  (play as Play | null)?.leave(got);
  return { got, allowances: {} };
}

/** What a call answered: at once, or later. */
type Answer<T> = Result<T, DdiError> | ResultAsync<T, DdiError>;

/** One case on its way. */
class Play {
  readonly #stage: Stage;
  readonly #input: CallbacksInput;
  readonly #lists: ReadonlyMap<string, CallbackList>;
  /** Lists whose run is due, oldest first. */
  readonly #queue: CallbackList[] = [];
  readonly #functions = new Map<string, (arg: unknown) => number>();
  /** Calls so far, by function and argument. */
  readonly #calls = new Map<string, number>();
  readonly #short = new Set<FaultKind>();
  readonly #handles = new Map<number, ddi_dma_handle_t>();
  readonly #bound = new Set<number>();
  readonly #memory = new Map<number, ddi_acc_handle_t>();
  #events: Json[] = [];

  constructor(stage: Stage, input: CallbacksInput) {
    this.#stage = stage;
    this.#input = input;
    const { dip, machine } = stage;
    if (!(dip instanceof DevInfo)) throw new ModelBug('the stage has no node');
    const lists = new Map<string, CallbackList>();
    for (const kind of waitKinds) lists.set(kind, dip.lists[kind]);
    for (const name of ownLists) lists.set(name, new CallbackList(machine, name));
    for (const list of lists.values()) list.defer = (due) => void this.#queue.push(due);
    this.#lists = lists;
    machine.faults.use(failWhile((kind) => this.#short.has(kind)));
  }

  async run(got: Gathered): Promise<void> {
    const steps: Gathered[] = [];
    got['steps'] = steps;
    try {
      for (const { step } of this.#input.script) {
        const answer: Gathered = {};
        this.#events = [];
        if (step.op === 'softcalls') this.#softcalls(answer);
        else await this.#take(step, answer);
        if (this.#queue.length > 0) answer['queued'] = this.#queue.map(({ name }) => name);
        if (this.#events.length > 0) answer['ev'] = this.#events;
        steps.push(answer);
      }
    } catch (error) {
      if (error instanceof Panic) got['panicEv'] = this.#events;
      throw error;
    }
    got['queuedLeft'] = this.#queue.map(({ name }) => name);
  }

  /** Notes what the lists hold, and gives them back. */
  leave(got: Gathered): void {
    const left: Record<string, Json> = {};
    for (const [name, list] of this.#lists) {
      list.defer = null;
      const entries = list.entries.map(({ fn, arg, count }) => {
        return [typeof fn === 'function' ? fn.name : fn, Number(arg), count];
      });
      if (entries.length > 0) left[name] = entries;
    }
    got['left'] = left;
  }

  #softcalls(answer: Gathered): void {
    const { machine } = this.#stage;
    let ran = 0;
    for (; ran < SOFTCALLS_MAX; ran++) {
      const due = this.#queue.shift();
      if (due === undefined) break;
      this.#events.push(['softcall', due.name]);
      machine.softcall(due.name, () => {
        due.runNow();
      });
      machine.sched.settle();
    }
    answer['ran'] = ran;
  }

  /** The function of that name: the same one every time, for lists compare by identity. */
  #function(name: string): (arg: unknown) => number {
    let fn = this.#functions.get(name);
    if (fn === undefined) {
      fn = (arg) => this.#called(name, Number(arg));
      Object.defineProperty(fn, 'name', { value: name });
      this.#functions.set(name, fn);
    }
    return fn;
  }

  #called(name: string, arg: number): number {
    const key = `${name},${arg}`;
    const nth = this.#calls.get(key) ?? 0;
    this.#calls.set(key, nth + 1);
    const list = this.#input.decide.get(key) ?? [];
    const decision = list[Math.min(nth, list.length - 1)];
    if (decision === undefined) throw new ModelBug(`nothing was decided for ${key}`);
    this.#events.push(['call', name, arg, decision.returns]);
    for (const step of decision.steps) this.#inside(step);
    return decision.returns;
  }

  /** A step inside a callback, which cannot wait. */
  #inside({ step, raw }: ScriptStep): void {
    const answer: Gathered = {};
    const later = this.#take(step, answer);
    if (later !== undefined) throw new ModelBug('a callback that sleeps');
    this.#events.push(['in', raw, answer]);
  }

  /** Makes a step, unless its slots forbid it; a promise when the call may wait. */
  #take(step: CallbackStep, answer: Gathered): PromiseLike<void> | void {
    if (!this.#applies(step)) {
      answer['skip'] = 1;
      return;
    }
    switch (step.op) {
      case 'fail':
        for (const kind of shortOf[step.what]) {
          if (step.on) this.#short.add(kind);
          else this.#short.delete(kind);
        }
        return;
      case 'free_handle':
        ddi_dma_free_handle(taken(this.#handles, step.slot));
        this.#handles.delete(step.slot);
        return;
      case 'mem_free':
        ddi_dma_mem_free(taken(this.#memory, step.mem));
        this.#memory.delete(step.mem);
        return;
      case 'unbind':
        answer['rc'] = codeOf(ddi_dma_unbind_handle(taken(this.#handles, step.slot)));
        if (answer['rc'] === 0) this.#bound.delete(step.slot);
        return;
      case 'set_callback':
        this.#lists.get(step.list)?.set(this.#function(step.fn), step.arg);
        return;
      case 'run_callback':
        this.#lists.get(step.list)?.ask();
        return;
      case 'softcalls':
        throw new ModelBug('soft calls inside a callback');
      default:
        return this.#ask(step, answer);
    }
  }

  /** Whether the slots of a step allow it. */
  #applies(step: CallbackStep): boolean {
    switch (step.op) {
      case 'alloc_handle':
        return !this.#handles.has(step.slot);
      case 'free_handle':
      case 'bind':
        return this.#handles.has(step.slot) && !this.#bound.has(step.slot);
      case 'unbind':
        return this.#bound.has(step.slot);
      case 'mem_alloc':
        return !this.#memory.has(step.mem) && this.#handles.has(step.slot);
      case 'mem_free':
        return this.#memory.has(step.mem);
      default:
        return true;
    }
  }

  /** Makes a call that can wait. */
  #ask(
    step: Extract<CallbackStep, { readonly waitfp: unknown }>,
    answer: Gathered,
  ): PromiseLike<void> | void {
    const waitfp = this.#waitfp(step.waitfp);
    switch (step.op) {
      case 'alloc_handle': {
        const attr = { ...plain, ...kinds[step.kind] };
        const result = ddi_dma_alloc_handle(this.#stage.dip, attr, waitfp, step.arg);
        return whenAnswered(result, answer, ({ handle }) => {
          this.#handles.set(step.slot, handle);
          return 0;
        });
      }
      case 'mem_alloc': {
        const { len, flags, arg, mem } = step;
        const handle = taken(this.#handles, step.slot);
        const result = ddi_dma_mem_alloc(handle, len, acc, flags, waitfp, arg);
        return whenAnswered(result, answer, (out) => {
          this.#memory.set(mem, out.handle);
          return 0;
        });
      }
      case 'bind': {
        const { slot, len, high, flags, arg } = step;
        const handle = taken(this.#handles, slot);
        const va = this.#buffer(len, high);
        const result = ddi_dma_addr_bind_handle(handle, null, va, len, flags, waitfp, arg);
        return whenAnswered(result, answer, ({ rval, ccount }) => {
          this.#bound.add(slot);
          answer['n'] = ccount;
          return rval;
        });
      }
    }
  }

  #waitfp(waitfp: 0 | 1 | string): ddi_waitfp_t {
    if (typeof waitfp === 'string') return this.#function(waitfp);
    return waitfp === 1 ? DDI_DMA_SLEEP : DDI_DMA_DONTWAIT;
  }

  /** A buffer on pages that do not adjoin, as the stage hands them out. */
  #buffer(len: number, high: boolean): number {
    const { frames, kmem } = this.#stage.machine;
    const { lo, hi } = high ? outOfReach : reachable;
    const pfns = frames.take(Math.max(1, Math.ceil(len / pageBytes)), lo, hi);
    const va = pfns === null ? -1 : kmem.mapPages(pfns, 'kmem', 'cached', pageBytes);
    if (va < 0) throw new ModelBug(`no room for a buffer of ${len} bytes`);
    return va;
  }
}

/** Notes the code of an answer, now or when it comes. */
function whenAnswered<T>(
  result: Answer<T>,
  answer: Gathered,
  done: (value: T) => number,
): PromiseLike<void> | void {
  const note = (r: Result<T, DdiError>): void => {
    answer['rc'] = r.isOk() ? done(r.value) : r.error.code;
  };
  if ('then' in result) return result.then(note);
  note(result);
}

function taken<T>(slots: ReadonlyMap<number, T>, slot: number): T {
  const value = slots.get(slot);
  if (value === undefined) throw new ModelBug(`slot ${slot} is empty`);
  return value;
}
