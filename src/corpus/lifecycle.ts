/**
 * The life of one case: memory, handle, binding, transfers, and everything given back.
 *
 * Each object is bound as most drivers do, for all of it at once. Where that is refused, and
 * rightly so, it is bound again with `DDI_DMA_PARTIAL`, and goes through the windows.
 */
import {
  ddi_dma_addr_bind_handle,
  ddi_dma_alloc_handle,
  ddi_dma_free_handle,
  ddi_dma_mem_alloc,
  ddi_dma_mem_free,
} from '../index.js';
import type { BootedMachine } from '../platforms/boot.js';
import * as ddi from '../sys/constants.js';
import type { RuleBookName } from '../sys/quirks.js';
import type {
  ddi_device_acc_attr_t,
  ddi_dma_attr_t,
  ddi_dma_handle_t,
  dev_info_t,
} from '../sys/types.js';
import { explainRefusal, sortOut } from './differences.js';
import type { Difference } from './differences.js';
import { judgeMemory, noMemoryReason } from './judge-memory.js';
import { isFault, judgeRefusal } from './judge-refusal.js';
import type { Fault } from './judge.js';
import type { Obstacle } from './obstacles.js';
import { roundedStart, startUnit } from './plan.js';
import type { Case } from './plan.js';
import { fill, moveBothWays } from './transfer.js';
import type { FarSide, Memory, Moved, Workbench } from './transfer.js';
import { hasEvenBoundaries } from './ways.js';

/** A call that refused, and the judge knows why it had to. */
export interface Refusal {
  readonly call: string;
  readonly code: string;
  readonly why: Obstacle;
}

/** How a case ended. */
export type Outcome =
  /** Every byte went both ways; `unless`: what the bind said to `DDI_DMA_PARTIAL` left out. */
  | ({ readonly kind: 'moved'; readonly unless: Refusal | null } & Moved)
  | ({ readonly kind: 'refused' } & Refusal)
  /** Not as the pages have it, but as the kernel is known to do it. */
  | {
      readonly kind: 'differs';
      readonly differences: readonly Difference[];
      /** What was moved all the same. */
      readonly moved: Moved | null;
    }
  | { readonly kind: 'wrong'; readonly faults: readonly Fault[] };

/** A case that is over. */
export interface Ending {
  readonly outcome: Outcome;
  /** Something was lost: the next case wants a machine that was booted anew. */
  readonly spoiled: boolean;
}

/** Accessors never swap: the memory may be looked at directly, ddi_dma_mem_alloc(9F) WN-1. */
const accattr: ddi_device_acc_attr_t = {
  devacc_attr_version: ddi.DDI_DEVICE_ATTR_V1,
  devacc_attr_endian_flags: ddi.DDI_NEVERSWAP_ACC,
  devacc_attr_dataorder: ddi.DDI_STRICTORDER_ACC,
  devacc_attr_access: ddi.DDI_DEFAULT_ACC,
};

/**
 * What the far side of a transfer is allocated and bound with: no limits.
 *
 * @param kernel - `contract` can be told to leave low memory to the sets that need it; the
 * allocator of the kernels refuses any lower limit
 */
function farAttr(kernel: RuleBookName): ddi_dma_attr_t {
  return {
    dma_attr_version: ddi.DMA_ATTR_V0,
    dma_attr_addr_lo: kernel === 'contract' ? 0x1_0000_0000n : 0n,
    dma_attr_addr_hi: 0xffff_ffff_ffff_ffffn,
    dma_attr_count_max: 0xffff_ffffn,
    dma_attr_align: 1n,
    dma_attr_burstsizes: 0x7f,
    dma_attr_minxfer: 1,
    dma_attr_maxxfer: 0xffff_ffff_ffff_ffffn,
    dma_attr_seg: 0xffff_ffff_ffff_ffffn,
    dma_attr_sgllen: -1,
    dma_attr_granular: 1,
    dma_attr_flags: 0,
  };
}

/**
 * Allocates the far side.
 *
 * @param machine - the machine
 * @param dip - the engine's node
 * @param length - bytes of the longest object
 * @returns handle and memory, or what went wrong
 */
export function allocFarSide(
  machine: BootedMachine,
  dip: dev_info_t,
  length: number,
): FarSide | Fault {
  const alloc = ddi_dma_alloc_handle(dip, farAttr(machine.rules.name), ddi.DDI_DMA_DONTWAIT);
  if (alloc.isErr()) return fault('far side', alloc.error.clause, alloc.error.message);
  const { handle } = alloc.value;
  const mode = ddi.DDI_DMA_STREAMING;
  const mem = ddi_dma_mem_alloc(handle, length, accattr, mode, ddi.DDI_DMA_DONTWAIT);
  if (mem.isErr()) {
    ddi_dma_free_handle(handle);
    return fault('far side', mem.error.clause, mem.error.message);
  }
  const { kaddr: addr, handle: acc } = mem.value;
  const free = (): void => {
    ddi_dma_mem_free(acc);
    ddi_dma_free_handle(handle);
  };
  return { handle, addr, free };
}

/** How far a case came, before anybody asks whether its faults are known. */
interface Attempt {
  readonly faults: readonly Fault[];
  /** The code of the call that refused; `null` when none did. */
  readonly code: string | null;
  /** The refusal, when it is justified. */
  readonly refusal: Refusal | null;
  readonly moved: Moved | null;
}

/**
 * Lives one case.
 *
 * @param bench - the machine, its engine, the set
 * @param one - the case
 * @param index - its number, which decides about the data
 * @returns how it ended; a case that leaves something behind or caused a finding ended wrong
 */
export async function liveCase(bench: Workbench, one: Case, index: number): Promise<Ending> {
  const { machine, dip, attr } = bench;
  const before = machine.probe.live().map((o) => o.id);
  const findings = machine.findings.length;
  const alloc = ddi_dma_alloc_handle(dip, attr, ddi.DDI_DMA_DONTWAIT);
  if (alloc.isErr()) {
    const { clause, message } = alloc.error;
    const outcome = { kind: 'wrong', faults: [fault('alloc handle', clause, message)] } as const;
    return { outcome, spoiled: false };
  }
  const { handle } = alloc.value;
  const attempt = await withHandle(bench, one, index, handle);
  ddi_dma_free_handle(handle);
  const left = leaks(machine, before);
  const found = machine.findings.slice(findings).map((f) => fault(f.rule, f.clause, f.message));
  const faults = [...attempt.faults, ...left, ...found];
  return { outcome: outcomeOf(bench, { ...attempt, faults }), spoiled: left.length > 0 };
}

function outcomeOf(bench: Workbench, { faults, refusal, moved }: Attempt): Outcome {
  const { unknown, differences } = sortOut(faults, bench.attr, bench.machine.rules);
  if (unknown.length > 0) return { kind: 'wrong', faults: unknown };
  if (differences.length > 0) return { kind: 'differs', differences, moved };
  if (moved !== null) return { kind: 'moved', unless: refusal, ...moved };
  if (refusal !== null) return { kind: 'refused', ...refusal };
  return { kind: 'wrong', faults: [fault('no outcome', '', 'nothing was moved and none refused')] };
}

async function withHandle(
  bench: Workbench,
  one: Case,
  index: number,
  handle: ddi_dma_handle_t,
): Promise<Attempt> {
  const memory = one.kind === 'dma' ? dmaMemory(bench, one, handle) : kernelMemory(bench, one);
  if (!('addr' in memory)) return memory;
  const whole = await bindAndMove(bench, one, index, handle, memory, false);
  if (whole.code === null || !whole.faults.every(bench.isKnown)) {
    memory.free();
    return { ...whole, faults: [...memory.faults, ...whole.faults] };
  }
  const parts = await bindAndMove(bench, one, index, handle, memory, true);
  memory.free();
  const faults = [...memory.faults, ...whole.faults, ...parts.faults];
  const mapped = parts.moved?.windows === 1 && parts.faults.length === 0;
  if (mapped && hasEvenBoundaries(bench.attr)) {
    // ddi_dma_addr_bind_handle(9F) RV-7: what is mapped whole was not too big.
    const message = `${whole.code} without DDI_DMA_PARTIAL, and mapped whole with it`;
    faults.push(fault('refusal', 'ddi_dma_addr_bind_handle.9f/RV-7', message));
  }
  return { ...parts, faults, refusal: parts.refusal ?? whole.refusal };
}

/** Memory, and what is known to be different about it. */
type JudgedMemory = Memory & { readonly faults: readonly Fault[] };

/** Memory from ddi_dma_mem_alloc(9F), or how the case ended without it. */
function dmaMemory(bench: Workbench, one: Case, handle: ddi_dma_handle_t): JudgedMemory | Attempt {
  const { machine, attr } = bench;
  const { memory: installed, cacheLineBytes } = machine.description;
  const { length, mode } = one;
  const flags = modeFlag(one);
  const mem = ddi_dma_mem_alloc(handle, length, accattr, flags, ddi.DDI_DMA_DONTWAIT);
  if (mem.isErr()) {
    const why = noMemoryReason(attr, length, installed, { mode, cacheLineBytes });
    const { call, name: code, message } = mem.error;
    const needless = `${code} without need: ${message}`;
    return why === null
      ? failed('memory refused', 'ddi_dma_mem_alloc.9f/RV-2', needless, code)
      : { faults: [], code, refusal: { call, code, why }, moved: null };
  }
  const { kaddr, real_length: realLength, handle: acc } = mem.value;
  const free = (): void => {
    ddi_dma_mem_free(acc);
  };
  const pfnOf = (va: number): number => machine.probe.pfnOf(va);
  const request = { attr, mode, length, kaddr, realLength, pfnOf, installed, cacheLineBytes };
  const faults = judgeMemory(request);
  if (!faults.every(bench.isKnown)) {
    free();
    return { faults, code: null, refusal: null, moved: null };
  }
  // ddi_dma_mem_alloc(9F) IX-1: what is bound is the real length; ddi_dma_attr(9S) GR-4: as far as
  // it is a multiple of granular, which is for the driver to see to where the kernel does not.
  const bound = realLength - (realLength % attr.dma_attr_granular);
  return { addr: kaddr, length: bound, block: { addr: kaddr, length: realLength }, free, faults };
}

/** Kernel memory at an odd place; kmem_alloc(9F) DS-1: aligning it is for the driver to do. */
function kernelMemory(bench: Workbench, one: Case): JudgedMemory | Attempt {
  const { kernel } = bench.machine;
  const size = one.length + one.oddOffset + startUnit(bench.attr);
  const base = kernel.kmem_alloc(size, ddi.KM_NOSLEEP);
  if (base === null) return failed('kmem_alloc', 'kmem_alloc.9f/FL-2', `no ${size} bytes`, null);
  return {
    addr: roundedStart(base + one.oddOffset, bench.attr),
    length: one.length,
    block: { addr: base, length: size },
    faults: [],
    free: () => {
      kernel.kmem_free(base, size);
    },
  };
}

async function bindAndMove(
  bench: Workbench,
  one: Case,
  index: number,
  handle: ddi_dma_handle_t,
  memory: Memory,
  partial: boolean,
): Promise<Attempt> {
  const { machine, attr } = bench;
  const { addr, length } = memory;
  fill(bench, memory, index);
  const flags = ddi.DDI_DMA_RDWR | modeFlag(one) | (partial ? ddi.DDI_DMA_PARTIAL : 0);
  const bind = ddi_dma_addr_bind_handle(handle, null, addr, length, flags, ddi.DDI_DMA_DONTWAIT);
  if (bind.isOk()) {
    const { faults, ...moved } = await moveBothWays(
      bench,
      handle,
      memory,
      index,
      bind.value,
      partial,
    );
    return { faults, code: null, refusal: null, moved };
  }
  const { call, name: code } = bind.error;
  const object = { va: addr, length, pfnOf: (va: number) => machine.probe.pfnOf(va) };
  const { memory: installed } = machine.description;
  const isFree = (pfn: number): boolean => machine.pages.homeOf(pfn) < 0;
  const refused = { attr, object, partial, code, installed, isFree };
  const verdict = judgeRefusal(refused);
  if (!isFault(verdict)) {
    return { faults: [], code, refusal: { call, code, why: verdict }, moved: null };
  }
  const known = explainRefusal(refused, machine.rules);
  const verdictKnown = known.length > 0 ? { ...verdict, known } : verdict;
  return { faults: [verdictKnown], code, refusal: null, moved: null };
}

/** What is alive now and was not before, and the other way round. */
export function leaks(machine: BootedMachine, before: readonly number[]): readonly Fault[] {
  const now = machine.probe.live();
  const known = new Set(before);
  const clause = 'ddi_dma_alloc_handle.9f/IX-1';
  const left = now
    .filter((o) => !known.has(o.id))
    .map((o) => fault('left behind', clause, `${o.kind} ${o.id}: ${o.detail}`));
  for (const o of now) known.delete(o.id);
  const gone = [...known].map((id) => fault('gone', clause, `object ${id} is not alive any more`));
  return [...left, ...gone];
}

function modeFlag(one: Case): number {
  return one.mode === 'STREAMING' ? ddi.DDI_DMA_STREAMING : ddi.DDI_DMA_CONSISTENT;
}

function fault(rule: string, clause: string, message: string): Fault {
  return { rule, clause, message };
}

function failed(rule: string, clause: string, message: string, code: string | null): Attempt {
  return { faults: [fault(rule, clause, message)], code, refusal: null, moved: null };
}
