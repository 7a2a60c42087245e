/** Runs sets: a machine for each, whose engine can do what the set says and no more. */
import { CopyEngine } from '../devices/copy-engine.js';
import type { EngineLimits } from '../devices/engine-limits.js';
import { copyengine } from '../drivers/copyengine.js';
import { ddi_dma_alloc_handle, ddi_dma_free_handle } from '../index.js';
import { boot } from '../platforms/boot.js';
import type { BootedMachine } from '../platforms/boot.js';
import { DDI_DMA_DONTWAIT, DDI_SUCCESS } from '../sys/constants.js';
import type { ddi_dma_attr_t, dev_info_t } from '../sys/types.js';
import type { AttributeSet } from './data.js';
import { impossibleFields } from './judge.js';
import type { Fault } from './judge.js';
import { allocFarSide, leaks, liveCase } from './lifecycle.js';
import type { Outcome, Workbench } from './lifecycle.js';
import type { AttrField, InstalledMemory } from './obstacles.js';
import { casesFor, LENGTH_MAX, LENGTH_MAX_FULL, PAGE, START_UNIT_MAX, startUnit } from './plan.js';
import type { Case } from './plan.js';

/** What a run is made of, besides the sets. */
export interface RunOptions {
  readonly platform: 'i86pc';
  readonly kernel: 'contract';
  /** Decides everything that is left open. */
  readonly seed: number;
  /** Lengths up to 16 MiB, instead of 1 MiB. */
  readonly full: boolean;
}

/** How one set fared. */
export interface SetResult {
  readonly set: AttributeSet;
  /**
   * `run`: its cases were lived. `refused`: ddi_dma_alloc_handle(9F) does not take it, and must
   * not. `incomplete`: nobody knows all its fields. `wrong`: it did not come as far as a case.
   */
  readonly status: 'run' | 'refused' | 'incomplete' | 'wrong';
  readonly cases: readonly CaseResult[];
  /** With `refused`: code and field at fault. */
  readonly refusal: {
    readonly code: string;
    readonly field: AttrField;
    readonly why: string;
  } | null;
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

/**
 * Runs sets one after the other.
 *
 * @param sets - the sets
 * @param options - platform, rule book, seed
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
  const nothing = { set, cases: [], refusal: null, faults: [], traceHash: '' } as const;
  const { attr } = set;
  if (attr === null) return { ...nothing, status: 'incomplete' };
  // Each set has a seed of its own: leaving sets out does not change what happens to the others.
  const seed = (options.seed ^ hashOf(`${set.driver} ${set.name} ${set.where}`)) >>> 0;
  const cases = casesFor(attr, seed, options.full);
  const longest = Math.max(...cases.map((c) => c.length)) + PAGE;
  const { platform, kernel } = options;
  let machine: BootedMachine | null = null;
  try {
    const booted = boot({
      platform,
      kernel,
      seed,
      // Object, far side, lists, and room to be scattered in.
      store: 4 * longest + 4 * Math.min(startUnit(attr), START_UNIT_MAX) + 0x40_0000,
      devices: [{ at: SLOT, model: (env) => new CopyEngine(env, limitsFor(attr)) }],
    });
    machine = booted;
    const result = await booted.run(() => attached(booted, set, attr, cases, longest, noise));
    return { ...result, traceHash: booted.traceHash() };
  } catch (e) {
    // A panic, or a defect of the model: the machine is down, the other sets have their own.
    const message = e instanceof Error ? `${e.name}: ${e.message}` : 'unknown';
    const faults = [{ rule: 'crash', clause: '', message }];
    return { ...nothing, status: 'wrong', faults, traceHash: machine?.traceHash() ?? '' };
  }
}

async function attached(
  machine: BootedMachine,
  set: AttributeSet,
  attr: ddi_dma_attr_t,
  cases: readonly Case[],
  longest: number,
  noise: Uint8Array,
): Promise<Omit<SetResult, 'traceHash'>> {
  const dip = machine.devinfo(SLOT);
  const engine = machine.device(SLOT);
  const before = machine.probe.live().map((o) => o.id);
  const base = { set, refusal: null, cases: [] };
  const broken = (rule: string, clause: string, message: string): Omit<SetResult, 'traceHash'> => ({
    ...base,
    status: 'wrong',
    faults: [{ rule, clause, message }],
  });
  if (!(engine instanceof CopyEngine)) return broken('device', '', 'no copy engine is plugged in');
  if ((await machine.attach(copyengine, dip)) !== DDI_SUCCESS) {
    return broken('attach', '', 'the driver of the engine does not attach');
  }
  const taken = judgeSet(dip, attr, machine.description.memory);
  const results: CaseResult[] = [];
  if (taken === null) {
    const far = allocFarSide(dip, longest);
    if ('rule' in far) return { ...base, status: 'wrong', faults: [far] };
    const bench: Workbench = { machine, dip, engine, attr, far, noise };
    for (const [i, one] of cases.entries()) {
      results.push({ one, outcome: await liveCase(bench, one, i) });
    }
    far.free();
  }
  const faults: Fault[] = [];
  if ((await machine.detach(copyengine, dip)) !== DDI_SUCCESS) {
    faults.push({
      rule: 'detach',
      clause: '',
      message: 'the driver of the engine does not detach',
    });
  }
  faults.push(...leaks(machine, before));
  if (taken === null) return { ...base, status: 'run', cases: results, faults };
  return { ...base, ...taken, faults: [...taken.faults, ...faults] };
}

type Taken = Pick<SetResult, 'status' | 'refusal' | 'faults'>;

/** What becomes of a set at ddi_dma_alloc_handle(9F): `null` when it is rightly accepted. */
function judgeSet(
  dip: dev_info_t,
  attr: ddi_dma_attr_t,
  installed: readonly InstalledMemory[],
): Taken | null {
  const clause = 'ddi_dma_alloc_handle.9f/RV-2';
  const wrong = (message: string): Taken => ({
    status: 'wrong',
    refusal: null,
    faults: [{ rule: 'attributes', clause, message }],
  });
  const impossible = impossibleFields(attr, installed);
  const alloc = ddi_dma_alloc_handle(dip, attr, DDI_DMA_DONTWAIT);
  if (alloc.isOk()) {
    ddi_dma_free_handle(alloc.value.handle);
    if (impossible.length === 0) return null;
    const why = impossible.map((o) => `${o.field} ${o.message}`).join('; ');
    return wrong(`accepted, although ${why}`);
  }
  const { name, message, values } = alloc.error;
  // The code has to be the page's, and the field the call names has to be one that is at fault.
  const named = impossible.find((o) => o.field in values);
  if (name !== 'DDI_DMA_BADATTR' || named === undefined) return wrong(`${name}: ${message}`);
  const refusal = { code: name, field: named.field, why: named.message };
  return { status: 'refused', refusal, faults: [] };
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
  const words = new Uint32Array((length + 0x40_0000) / 4);
  let x = (seed ^ 0x9e37_79b9) | 1;
  for (let i = 0; i < words.length; i++) {
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    words[i] = x;
  }
  return new Uint8Array(words.buffer);
}

/** 32-bit FNV-1a of a name. */
function hashOf(text: string): number {
  let h = 0x811c_9dc5;
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x0100_0193);
  return h >>> 0;
}
