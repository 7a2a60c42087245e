/**
 * Runs sets: a machine for each, whose engine can do what the set says and no more.
 *
 * A machine that panicked stays down, and one that lost something has less than it should; both are
 * booted anew for the next case. So a set is lived in one *session* or in several.
 */
import { CopyEngine } from '../devices/copy-engine.js';
import type { EngineLimits } from '../devices/engine-limits.js';
import { copyengine } from '../drivers/copyengine.js';
import { ddi_dma_alloc_handle, ddi_dma_free_handle } from '../index.js';
import { boot } from '../platforms/boot.js';
import type { BootedMachine } from '../platforms/boot.js';
import { DDI_DMA_DONTWAIT, DDI_SUCCESS } from '../sys/constants.js';
import { Panic } from '../sys/errors.js';
import type { ddi_dma_attr_t, dev_info_t } from '../sys/types.js';
import type { AttributeSet } from './data.js';
import { explain, sortOut } from './differences.js';
import type { Difference } from './differences.js';
import { impossibleFields } from './judge-refusal.js';
import type { Fault } from './judge.js';
import { allocFarSide, leaks, liveCase } from './lifecycle.js';
import type { Outcome } from './lifecycle.js';
import { memoryOf } from './machines.js';
import type { RunOptions } from './machines.js';
import type { AttrField, InstalledMemory } from './obstacles.js';
import { casesFor, LENGTH_MAX, LENGTH_MAX_FULL, PAGE, START_UNIT_MAX, startUnit } from './plan.js';
import type { Case } from './plan.js';
import type { Workbench } from './transfer.js';

/** How one set fared. */
export interface SetResult {
  readonly set: AttributeSet;
  /**
   * `run`: its cases were lived. `refused`: ddi_dma_alloc_handle(9F) does not take it, and must
   * not. `differs`: it takes it or not as the kernel is known to, and not as the pages have it.
   * `incomplete`: nobody knows all its fields. `wrong`: it did not come as far as a case.
   */
  readonly status: 'run' | 'refused' | 'differs' | 'incomplete' | 'wrong';
  readonly cases: readonly CaseResult[];
  /** With `refused`: code and field at fault. */
  readonly refusal: {
    readonly code: string;
    readonly field: AttrField;
    readonly why: string;
  } | null;
  /** What is known to differ about the set as a whole. */
  readonly differences: readonly Difference[];
  /** What is wrong with the set as a whole. */
  readonly faults: readonly Fault[];
  /** The hash over everything that happened on its machine. */
  readonly traceHash: string;
}

/** One case and how it ended. */
export interface CaseResult {
  readonly one: Case;
  readonly outcome: Outcome;
}

/** Where the engine is plugged in. */
const SLOT = 'copy@1';

/** Bytes for bounce pages: those of the object, and the rest of an alignment. */
const BOUNCE_ROOM = 0x20_0000;

/**
 * Runs sets one after the other.
 *
 * @param sets - the sets
 * @param options - platform, rule book, memory, seed
 * @returns the results, as they become available
 */
export async function* runCorpus(
  sets: readonly AttributeSet[],
  options: RunOptions,
): AsyncGenerator<SetResult> {
  const noise = makeNoise(2 * (options.full ? LENGTH_MAX_FULL : LENGTH_MAX), options.seed);
  for (const set of sets) yield await runSet(set, options, noise);
}

async function runSet(
  set: AttributeSet,
  options: RunOptions,
  noise: Uint8Array,
): Promise<SetResult> {
  const nothing: SetResult = {
    set,
    status: 'run',
    cases: [],
    refusal: null,
    differences: [],
    faults: [],
    traceHash: '',
  };
  const { attr } = set;
  if (attr === null) return { ...nothing, status: 'incomplete' };
  // Each set has a seed of its own: leaving sets out does not change what happens to the others.
  const seed = (options.seed ^ hashOf(`${set.driver} ${set.name} ${set.where}`)) >>> 0;
  const cases = casesFor(attr, seed, options.full);
  // Memory is handed out in whole units at most.
  const unit = Math.min(startUnit(attr), START_UNIT_MAX);
  const longest = Math.max(...cases.map((c) => c.length)) + Math.max(PAGE, unit);
  const { platform, kernel, frames } = options;
  const memory = memoryOf(options.memory);
  const life: Life = { attr, cases, longest, noise, results: [], faults: [], taken: null };
  let hash = '';
  try {
    const machine = boot({
      platform,
      kernel,
      frames,
      seed,
      ...(memory !== null && { memory }),
      // Object, far side, lists, and room to be scattered in.
      store: 4 * longest + 4 * unit + 0x40_0000 + BOUNCE_ROOM,
      devices: [{ at: SLOT, model: (env) => new CopyEngine(env, limitsFor(attr)) }],
    });
    for (let boots = 1; ; boots++) {
      const over = await session(machine, life);
      hash = boots === 1 ? machine.traceHash() : joined(hash, machine.traceHash());
      if (over) break;
      machine.reset((seed + boots) >>> 0);
    }
  } catch (e) {
    // A defect of the model, or a panic outside any case: the other sets have machines of their
    // own.
    life.faults.push(crash(e));
  }
  return settled(nothing, life, hash);
}

/** What a set has come to. */
interface Life {
  readonly attr: ddi_dma_attr_t;
  readonly cases: readonly Case[];
  readonly longest: number;
  readonly noise: Uint8Array;
  readonly results: CaseResult[];
  readonly faults: Fault[];
  /** What ddi_dma_alloc_handle(9F) makes of the set, when that is the end of it. */
  taken: Taken | null;
}

function settled(nothing: SetResult, life: Life, traceHash: string): SetResult {
  const { results: cases, faults, taken } = life;
  const base = { ...nothing, cases, faults, traceHash };
  if (taken !== null) return { ...base, ...taken, faults: [...taken.faults, ...faults] };
  return { ...base, status: cases.length === 0 ? 'wrong' : 'run' };
}

/** Runs the cases that are left, as far as one machine carries; true when the set is through. */
async function session(machine: BootedMachine, life: Life): Promise<boolean> {
  const { cases, results, attr } = life;
  let started = results.length;
  try {
    return await machine.run(() =>
      attached(machine, life, (index) => {
        started = index + 1;
      }),
    );
  } catch (e) {
    const one = cases[results.length];
    if (!(e instanceof Panic) || one === undefined || started === results.length) throw e;
    const panicked = { ...crash(e), rule: `panic (${one.kind} object)` };
    const { unknown, differences } = sortOut([panicked], attr, machine.rules);
    const outcome: Outcome =
      unknown.length > 0
        ? { kind: 'wrong', faults: unknown }
        : { kind: 'differs', differences, moved: null };
    results.push({ one, outcome });
    return results.length === cases.length;
  }
}

function crash(e: unknown): Fault {
  const message = e instanceof Error ? `${e.name}: ${e.message}` : 'unknown';
  return { rule: e instanceof Panic ? 'panic' : 'crash', clause: '', message };
}

async function attached(
  machine: BootedMachine,
  life: Life,
  starts: (index: number) => void,
): Promise<boolean> {
  const { attr, cases, results, faults } = life;
  const dip = machine.devinfo(SLOT);
  const engine = machine.device(SLOT);
  const before = machine.probe.live().map((o) => o.id);
  const broken = (rule: string, message: string): boolean => {
    faults.push({ rule, clause: '', message });
    return true;
  };
  if (!(engine instanceof CopyEngine)) return broken('device', 'no copy engine is plugged in');
  if ((await machine.attach(copyengine, dip)) !== DDI_SUCCESS) {
    return broken('attach', 'the driver of the engine does not attach');
  }
  let spoiled = false;
  life.taken ??= judgeSet(machine, dip, attr);
  if (life.taken === null) {
    const far = allocFarSide(machine, dip, life.longest);
    if ('rule' in far) {
      faults.push(far);
      return true;
    }
    const isKnown = (fault: Fault): boolean => explain(fault, attr, machine.rules).length > 0;
    const bench: Workbench = { machine, dip, engine, attr, far, noise: life.noise, isKnown };
    for (let i = results.length; i < cases.length && !spoiled; i++) {
      const one = cases[i];
      if (one === undefined) break;
      starts(i);
      const ending = await liveCase(bench, one, i);
      results.push({ one, outcome: ending.outcome });
      spoiled = ending.spoiled;
    }
    far.free();
  }
  if ((await machine.detach(copyengine, dip)) !== DDI_SUCCESS) {
    faults.push({
      rule: 'detach',
      clause: '',
      message: 'the driver of the engine does not detach',
    });
  }
  // What a case has lost was told with the case.
  if (!spoiled) faults.push(...leaks(machine, before));
  return life.taken !== null || results.length === cases.length;
}

type Taken = Pick<SetResult, 'status' | 'refusal' | 'differences' | 'faults'>;

/** What becomes of a set at ddi_dma_alloc_handle(9F): `null` when it is rightly accepted. */
function judgeSet(machine: BootedMachine, dip: dev_info_t, attr: ddi_dma_attr_t): Taken | null {
  const clause = 'ddi_dma_alloc_handle.9f/RV-2';
  const installed: readonly InstalledMemory[] = machine.description.memory;
  const wrong = (rule: string, message: string): Taken => {
    const fault = { rule, clause, message };
    const { unknown, differences } = sortOut([fault], attr, machine.rules);
    const status = unknown.length > 0 ? 'wrong' : 'differs';
    return { status, refusal: null, differences, faults: unknown };
  };
  const impossible = impossibleFields(attr, installed);
  const alloc = ddi_dma_alloc_handle(dip, attr, DDI_DMA_DONTWAIT);
  if (alloc.isOk()) {
    ddi_dma_free_handle(alloc.value.handle);
    if (impossible.length === 0) return null;
    const why = impossible.map((o) => `${o.field} ${o.message}`).join('; ');
    return wrong('set accepted', `accepted, although ${why}`);
  }
  const { name, message, values } = alloc.error;
  // The code has to be the page's, and the field the call names has to be one that is at fault.
  const named = impossible.find((o) => o.field in values);
  if (name !== 'DDI_DMA_BADATTR' || named === undefined) {
    return wrong('set refused', `${name}: ${message}`);
  }
  const refusal = { code: name, field: named.field, why: named.message };
  return { status: 'refused', refusal, differences: [], faults: [] };
}

/** The engine a set of attributes describes. */
export function limitsFor(attr: ddi_dma_attr_t): EngineLimits {
  return {
    addrLo: attr.dma_attr_addr_lo,
    addrHi: attr.dma_attr_addr_hi,
    countMax: attr.dma_attr_count_max,
    align: attr.dma_attr_align,
    seg: attr.dma_attr_seg,
    sgllen: attr.dma_attr_sgllen,
    granular: attr.dma_attr_granular,
    maxxfer: attr.dma_attr_maxxfer,
    minxfer: attr.dma_attr_minxfer,
  };
}

/** Arbitrary bytes that a seed decides: xorshift, whose period is far longer than the array. */
function makeNoise(length: number, seed: number): Uint8Array {
  // Blocks are longer than their objects by an offset, an alignment and some pages.
  const words = new Uint32Array((length + 2 * START_UNIT_MAX + 4 * PAGE) / 4);
  let x = (seed ^ 0x9e37_79b9) | 1;
  for (let i = 0; i < words.length; i++) {
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    words[i] = x;
  }
  return new Uint8Array(words.buffer);
}

/** One hash of two. */
function joined(a: string, b: string): string {
  const word = (text: string): string => hashOf(text).toString(16).padStart(8, '0');
  return word(`${a} ${b}`) + word(`${b} ${a}`);
}

/** 32-bit FNV-1a of a name. */
function hashOf(text: string): number {
  let h = 0x811c_9dc5;
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x0100_0193);
  return h >>> 0;
}
