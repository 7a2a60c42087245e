/**
 * Family callbacks, the request: a script, and what each callback function does when it is called.
 *
 * 1. A *step* is a call of the DDI, a shortage that begins or ends, or a look at the soft
 *    interrupts.
 * 2. Handles and memory are named by *slots*. A step whose slots do not allow it is not made.
 * 3. A *decision* is what a function does on one of its calls with one argument: steps, and what it
 *    returns. The last decision of a list stands for all later calls.
 */
import { isInteger, isList, RecordingError } from './fields.js';
import type { Fields, Json } from './fields.js';

/** What can be made short of. */
export const shortages = ['mem', 'acc', 'handle', 'bindmem'] as const;
/** The name of a shortage. */
export type Shortage = (typeof shortages)[number];

/** Kinds of handles, by their attributes. */
export const handleKinds = ['sg', 'contig', 'part', 'bounce', 'badlo', 'badalign'] as const;
/** The name of a kind of handles. */
export type HandleKind = (typeof handleKinds)[number];

/** The lists of the recorder's own. */
export const ownLists = ['own0', 'own1'] as const;
/** The name of such a list. */
export type OwnList = (typeof ownLists)[number];

/** `DDI_DMA_DONTWAIT`, `DDI_DMA_SLEEP`, or the name of a function. */
export type RecordedWait = 0 | 1 | string;

/** Who waits, where a call can wait. */
interface Waits {
  readonly waitfp: RecordedWait;
  readonly arg: number;
}

/** One step. */
export type CallbackStep =
  | { readonly op: 'fail'; readonly what: Shortage; readonly on: boolean }
  | ({ readonly op: 'alloc_handle'; readonly slot: number; readonly kind: HandleKind } & Waits)
  | { readonly op: 'free_handle' | 'unbind'; readonly slot: number }
  | ({
      readonly op: 'mem_alloc';
      readonly mem: number;
      readonly slot: number;
      readonly len: number;
      readonly flags: number;
    } & Waits)
  | { readonly op: 'mem_free'; readonly mem: number }
  | ({
      readonly op: 'bind';
      readonly slot: number;
      readonly len: number;
      /** Whether the pages lie above 4 GiB. */
      readonly high: boolean;
      readonly flags: number;
    } & Waits)
  | {
      readonly op: 'set_callback';
      readonly fn: string;
      readonly arg: number;
      readonly list: OwnList;
    }
  | { readonly op: 'run_callback'; readonly list: OwnList }
  | { readonly op: 'softcalls' };

/** A step as it stands in the recording, and as it is made. */
export interface ScriptStep {
  readonly raw: readonly Json[];
  readonly step: CallbackStep;
}

/** What a function does on one call. */
export interface Decision {
  readonly returns: number;
  /** What it does before it returns. */
  readonly steps: readonly ScriptStep[];
}

/** A case. */
export interface CallbacksInput {
  readonly script: readonly ScriptStep[];
  /** By `function,argument`; call by call. */
  readonly decide: ReadonlyMap<string, readonly Decision[]>;
}

/** Slots of handles, and of memory. */
const SLOT_MAX = 255;
const UINT32_MAX = 0xffff_ffff;
const INT32_MIN = -0x8000_0000;
const INT32_MAX = 0x7fff_ffff;
/** Bytes of one buffer: 16 MiB, which leaves room for several in the machine. */
const LENGTH_MAX = 1 << 24;

/** Reads `in` of a case. */
export function readCallbacks(input: Fields): CallbacksInput {
  input.word('kind', ['ddi', 'direct']);
  const script = input.list('script').map((raw, i) => readStep(raw, `in.script[${i}]`));
  const decide = new Map<string, readonly Decision[]>();
  for (const [key, list] of Object.entries(input.object('decide'))) {
    const at = `in.decide["${key}"]`;
    if (!/^f\d+,\d+$/.test(key)) throw new RecordingError(`${at}: no function and argument`);
    if (!isList(list) || list.length === 0) throw new RecordingError(`${at}: decides nothing`);
    decide.set(
      key,
      list.map((d, i) => readDecision(d, `${at}[${i}]`)),
    );
  }
  const inside = [...decide.values()].flatMap((list) => list.flatMap((d) => d.steps));
  for (const { step, raw } of [...script, ...inside]) checkDecided(step, raw, decide);
  return { script, decide };
}

function readDecision(json: Json, at: string): Decision {
  const [returns, ...rest] = isList(json) ? json : [json];
  if (!isInteger(returns, INT32_MIN, INT32_MAX)) {
    throw new RecordingError(`${at}: expected what is returned, or a list that begins with it`);
  }
  const steps = rest.map((raw, i) => {
    const read = readStep(raw, `${at}[${i + 1}]`);
    const { step } = read;
    // Both wait for something that comes after the callback.
    if (step.op === 'softcalls' || ('waitfp' in step && step.waitfp === 1)) throw noStep(raw, at);
    return read;
  });
  return { returns, steps };
}

/** A function that is called must have been told what to do. */
function checkDecided(
  step: CallbackStep,
  raw: Json,
  decide: ReadonlyMap<string, readonly Decision[]>,
): void {
  const fn = step.op === 'set_callback' ? step.fn : 'waitfp' in step ? step.waitfp : 0;
  if (typeof fn !== 'string' || !('arg' in step) || decide.has(`${fn},${step.arg}`)) return;
  throw new RecordingError(`in.decide: nothing for "${fn},${step.arg}" of ${JSON.stringify(raw)}`);
}

function readStep(json: Json, at: string): ScriptStep {
  const raw = isList(json) ? json : [];
  const [op, ...args] = raw;
  const read = typeof op === 'string' && Object.hasOwn(readers, op) ? readers[op] : undefined;
  const taken = new Args(args);
  const step = read?.(taken);
  if (step === undefined || !taken.fit) throw noStep(json, at);
  return { raw, step };
}

function noStep(json: Json, at: string): RecordingError {
  return new RecordingError(`${at}: no such step: ${JSON.stringify(json).slice(0, 60)}`);
}

/** The arguments of a step, one after the other; what does not fit makes the step none. */
class Args {
  #next = 0;
  #good = true;

  constructor(readonly args: readonly Json[]) {}

  /** Whether every argument was asked for and was as asked. */
  get fit(): boolean {
    return this.#good && this.#next === this.args.length;
  }

  integer(hi: number): number {
    const value = this.#take();
    if (isInteger(value, 0, hi)) return value;
    this.#good = false;
    return 0;
  }

  flag(): boolean {
    return this.integer(1) === 1;
  }

  word<W extends string>(words: readonly [W, ...W[]]): W {
    const value = this.#take();
    const word = words.find((w) => w === value);
    this.#good &&= word !== undefined;
    return word ?? words[0];
  }

  fn(): string {
    const value = this.#take();
    if (typeof value === 'string' && /^f\d+$/.test(value)) return value;
    this.#good = false;
    return '';
  }

  waits(): Waits {
    const value = this.args[this.#next];
    const waitfp = typeof value === 'string' ? this.fn() : this.flag() ? 1 : 0;
    return { waitfp, arg: this.integer(UINT32_MAX) };
  }

  #take(): Json | undefined {
    return this.args[this.#next++];
  }
}

/** How each step is read. */
const readers: Readonly<Record<string, (a: Args) => CallbackStep>> = {
  fail: (a) => ({ op: 'fail', what: a.word(shortages), on: a.flag() }),
  alloc_handle: (a) => ({
    op: 'alloc_handle',
    slot: a.integer(SLOT_MAX),
    kind: a.word(handleKinds),
    ...a.waits(),
  }),
  free_handle: (a) => ({ op: 'free_handle', slot: a.integer(SLOT_MAX) }),
  mem_alloc: (a) => ({
    op: 'mem_alloc',
    mem: a.integer(SLOT_MAX),
    slot: a.integer(SLOT_MAX),
    len: a.integer(LENGTH_MAX),
    flags: a.integer(UINT32_MAX),
    ...a.waits(),
  }),
  mem_free: (a) => ({ op: 'mem_free', mem: a.integer(SLOT_MAX) }),
  bind: (a) => ({
    op: 'bind',
    slot: a.integer(SLOT_MAX),
    len: a.integer(LENGTH_MAX),
    high: a.flag(),
    flags: a.integer(UINT32_MAX),
    ...a.waits(),
  }),
  unbind: (a) => ({ op: 'unbind', slot: a.integer(SLOT_MAX) }),
  set_callback: (a) => ({
    op: 'set_callback',
    fn: a.fn(),
    arg: a.integer(UINT32_MAX),
    list: a.word(ownLists),
  }),
  run_callback: (a) => ({ op: 'run_callback', list: a.word(ownLists) }),
  softcalls: () => ({ op: 'softcalls' }),
};
