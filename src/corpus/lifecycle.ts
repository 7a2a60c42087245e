/** The life of one case: memory, handle, binding, two transfers, and everything given back. */
import {
  ddi_dma_addr_bind_handle,
  ddi_dma_alloc_handle,
  ddi_dma_cookie_iter,
  ddi_dma_free_handle,
  ddi_dma_mem_alloc,
  ddi_dma_mem_free,
  ddi_dma_ncookies,
  ddi_dma_unbind_handle,
  discard,
} from '../index.js';
import * as ddi from '../sys/constants.js';
import type { CopyEngine } from '../devices/copy-engine.js';
import { CE_CTRL_DST_WIDE, CE_CTRL_SRC_WIDE } from '../drivers/copyengine-reg.js';
import { copyengine_transfer } from '../drivers/copyengine.js';
import type { BootedMachine } from '../platforms/boot.js';
import type {
  caddr_t,
  ddi_device_acc_attr_t,
  ddi_dma_attr_t,
  ddi_dma_cookie_t,
  ddi_dma_handle_t,
  dev_info_t,
} from '../sys/types.js';
import { judgeMemory, noMemoryReason } from './judge-memory.js';
import { isFault, judgeBinding, judgeRefusal } from './judge.js';
import type { Fault } from './judge.js';
import type { Obstacle } from './obstacles.js';
import { roundedStart, startUnit } from './plan.js';
import type { Case } from './plan.js';

/** How a case ended. */
export type Outcome =
  /** Every byte went both ways. `bytes` counts both directions. */
  | { readonly kind: 'moved'; readonly bytes: number; readonly cookies: number }
  /** A call refused, and the judge knows why it had to. */
  | {
      readonly kind: 'refused';
      readonly call: string;
      readonly code: string;
      readonly why: Obstacle;
    }
  | { readonly kind: 'wrong'; readonly faults: readonly Fault[] };

/** What the cases of one set share. */
export interface Workbench {
  readonly machine: BootedMachine;
  readonly dip: dev_info_t;
  readonly engine: CopyEngine;
  readonly attr: ddi_dma_attr_t;
  readonly far: FarSide;
  /** Twice as many arbitrary bytes as the longest object has. */
  readonly noise: Uint8Array;
}

/** Accessors never swap: the memory may be looked at directly, ddi_dma_mem_alloc(9F) WN-1. */
const accattr: ddi_device_acc_attr_t = {
  devacc_attr_version: ddi.DDI_DEVICE_ATTR_V1,
  devacc_attr_endian_flags: ddi.DDI_NEVERSWAP_ACC,
  devacc_attr_dataorder: ddi.DDI_STRICTORDER_ACC,
  devacc_attr_access: ddi.DDI_DEFAULT_ACC,
};

/**
 * What the far side of a transfer is allocated and bound with: no limits, and above 4 GiB, so that
 * it takes nothing away from the sets that need low memory.
 */
const farAttr: ddi_dma_attr_t = {
  dma_attr_version: ddi.DMA_ATTR_V0,
  dma_attr_addr_lo: 0x1_0000_0000n,
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

/** The far side of the transfers of one set: a handle, and memory to bind as much of as needed. */
export interface FarSide {
  readonly handle: ddi_dma_handle_t;
  readonly addr: caddr_t;
  readonly free: () => void;
}

/**
 * Allocates the far side.
 *
 * @param dip - the engine's node
 * @param length - bytes of the longest object
 * @returns handle and memory, or what went wrong
 */
export function allocFarSide(dip: dev_info_t, length: number): FarSide | Fault {
  const alloc = ddi_dma_alloc_handle(dip, farAttr, ddi.DDI_DMA_DONTWAIT);
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

/** An object in memory, and how to give it back. */
interface Memory {
  /** What is bound. */
  readonly addr: caddr_t;
  readonly length: number;
  /** What was allocated around it: nothing of it but the object may change. */
  readonly block: { readonly addr: caddr_t; readonly length: number };
  readonly free: () => void;
}

/**
 * Lives one case.
 *
 * @param bench - the machine, its engine, the set
 * @param one - the case
 * @param index - its number, which decides about the data
 * @returns how it ended; a case that leaves something behind or caused a finding ended wrong
 */
export async function liveCase(bench: Workbench, one: Case, index: number): Promise<Outcome> {
  const { machine, dip, attr } = bench;
  const before = machine.probe.live().map((o) => o.id);
  const findings = machine.findings.length;
  const alloc = ddi_dma_alloc_handle(dip, attr, ddi.DDI_DMA_DONTWAIT);
  if (alloc.isErr()) return wrong('alloc handle', alloc.error.clause, alloc.error.message);
  const { handle } = alloc.value;
  const outcome = await withHandle(bench, one, index, handle);
  ddi_dma_free_handle(handle);
  const faults = [
    ...leaks(machine, before),
    ...machine.findings.slice(findings).map((f) => fault(f.rule, f.clause, f.message)),
  ];
  if (faults.length === 0) return outcome;
  return {
    kind: 'wrong',
    faults: [...(outcome.kind === 'wrong' ? outcome.faults : []), ...faults],
  };
}

async function withHandle(
  bench: Workbench,
  one: Case,
  index: number,
  handle: ddi_dma_handle_t,
): Promise<Outcome> {
  const memory = one.kind === 'dma' ? dmaMemory(bench, one, handle) : kernelMemory(bench, one);
  if ('kind' in memory) return memory;
  const outcome = await withMemory(bench, one, index, handle, memory);
  memory.free();
  return outcome;
}

/** Memory from ddi_dma_mem_alloc(9F), or how the case ended without it. */
function dmaMemory(bench: Workbench, one: Case, handle: ddi_dma_handle_t): Memory | Outcome {
  const { machine, attr } = bench;
  const { memory: installed, cacheLineBytes } = machine.description;
  const { length, mode } = one;
  const flags = modeFlag(one);
  const mem = ddi_dma_mem_alloc(handle, length, accattr, flags, ddi.DDI_DMA_DONTWAIT);
  if (mem.isErr()) {
    const why = noMemoryReason(attr, length, installed, { mode, cacheLineBytes });
    const { call, name, message } = mem.error;
    return why === null
      ? wrong('refusal', 'ddi_dma_mem_alloc.9f/RV-2', `${name} without need: ${message}`)
      : { kind: 'refused', call, code: name, why };
  }
  const { kaddr, real_length: realLength, handle: acc } = mem.value;
  const free = (): void => {
    ddi_dma_mem_free(acc);
  };
  const pfnOf = framesOf(machine);
  const request = { attr, mode, length, kaddr, realLength, pfnOf, installed, cacheLineBytes };
  const faults = judgeMemory(request);
  if (faults.length > 0) {
    free();
    return { kind: 'wrong', faults };
  }
  // ddi_dma_mem_alloc(9F) IX-1: what is bound is the real length.
  const block = { addr: kaddr, length: realLength };
  return { ...block, block, free };
}

/** Kernel memory at an odd place; kmem_alloc(9F) DS-1: aligning it is for the driver to do. */
function kernelMemory(bench: Workbench, one: Case): Memory | Outcome {
  const { kernel } = bench.machine;
  const size = one.length + one.oddOffset + startUnit(bench.attr);
  const base = kernel.kmem_alloc(size, ddi.KM_NOSLEEP);
  if (base === null) return wrong('kmem_alloc', 'kmem_alloc.9f/FL-2', `no ${size} bytes`);
  return {
    addr: roundedStart(base + one.oddOffset, bench.attr),
    length: one.length,
    block: { addr: base, length: size },
    free: () => {
      kernel.kmem_free(base, size);
    },
  };
}

async function withMemory(
  bench: Workbench,
  one: Case,
  index: number,
  handle: ddi_dma_handle_t,
  memory: Memory,
): Promise<Outcome> {
  const { machine, attr } = bench;
  const { addr, length } = memory;
  const object = { va: addr, length, pfnOf: framesOf(machine) };
  const flags = ddi.DDI_DMA_RDWR | modeFlag(one);
  const bind = ddi_dma_addr_bind_handle(handle, null, addr, length, flags, ddi.DDI_DMA_DONTWAIT);
  if (bind.isErr()) {
    const { call, name } = bind.error;
    const verdict = judgeRefusal(attr, object, name);
    if (isFault(verdict)) return { kind: 'wrong', faults: [verdict] };
    return { kind: 'refused', call, code: name, why: verdict };
  }
  const cookies = walk(handle);
  const { cookie: first, ccount } = bind.value;
  const ncookies = ddi_dma_ncookies(handle);
  const faults = [...judgeBinding({ attr, object, cookies, ccount, ncookies, first })];
  // A list the judge rejects is not shown to the engine: one fault, one report.
  if (faults.length === 0) faults.push(...(await moveBothWays(bench, index, handle, memory)));
  const unbind = ddi_dma_unbind_handle(handle);
  if (unbind.isErr()) faults.push(fault('unbind', unbind.error.clause, unbind.error.message));
  if (faults.length > 0) return { kind: 'wrong', faults };
  return { kind: 'moved', bytes: 2 * length, cookies: cookies.length };
}

function walk(handle: ddi_dma_handle_t): readonly ddi_dma_cookie_t[] {
  const cookies: ddi_dma_cookie_t[] = [];
  let cookie = ddi_dma_cookie_iter(handle, null);
  while (cookie !== null) {
    cookies.push(cookie);
    cookie = ddi_dma_cookie_iter(handle, cookie);
  }
  return cookies;
}

/** Object to scratch, then other bytes back; what arrived is compared byte by byte. */
async function moveBothWays(
  bench: Workbench,
  index: number,
  handle: ddi_dma_handle_t,
  memory: Memory,
): Promise<readonly Fault[]> {
  const { machine, dip, far, noise } = bench;
  const { addr, length, block } = memory;
  const { kernel } = machine;
  const flags = ddi.DDI_DMA_RDWR | ddi.DDI_DMA_STREAMING;
  const waitfp = ddi.DDI_DMA_DONTWAIT;
  const bound = ddi_dma_addr_bind_handle(far.handle, null, far.addr, length, flags, waitfp);
  if (bound.isErr()) return [fault('far side', bound.error.clause, bound.error.message)];
  // Two different stretches of noise, begun elsewhere for each case: stale bytes never match.
  const start = (index * 64) % (noise.length - block.length - length + 1);
  const around = noise.subarray(start, start + block.length);
  const back = noise.subarray(start + block.length, start + block.length + length);
  const inBlock = addr - block.addr;
  kernel.copyBytesIn(block.addr, around);
  const out = await copyengine_transfer(dip, handle, far.handle, CE_CTRL_DST_WIDE);
  const sent = around.subarray(inBlock, inBlock + length);
  const faults = [...arrived(bench, out, 'memory to device', far.addr, sent)];
  kernel.copyBytesIn(far.addr, back);
  const into = await copyengine_transfer(dip, far.handle, handle, CE_CTRL_SRC_WIDE);
  const before = around.subarray(0, inBlock);
  const after = around.subarray(inBlock + length);
  faults.push(
    ...arrived(bench, into, 'device to memory', addr, back),
    ...arrived(bench, into, 'bytes in front', block.addr, before),
    ...arrived(bench, into, 'bytes behind', addr + length, after),
  );
  discard(ddi_dma_unbind_handle(far.handle));
  return faults;
}

/** What is wrong after a transfer: the engine's complaint, or bytes that are not those sent. */
function arrived(
  bench: Workbench,
  rval: number,
  what: string,
  at: caddr_t,
  expected: Uint8Array,
): readonly Fault[] {
  const clause = 'ddi_dma_addr_bind_handle.9f/DS-1';
  if (rval !== ddi.DDI_SUCCESS) {
    return [fault(what, clause, bench.engine.error?.message ?? 'the engine gave no reason')];
  }
  const found = bench.machine.kernel.copyBytesOut(at, expected.length);
  if (Buffer.compare(found, expected) === 0) return [];
  const i = found.findIndex((byte, k) => byte !== expected[k]);
  const message = `byte ${i} of ${expected.length} is ${found[i] ?? -1}, not ${expected[i] ?? -1}`;
  return [fault(what, clause, message)];
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

function framesOf(machine: BootedMachine): (va: caddr_t) => number {
  return (va) => machine.probe.pfnOf(va);
}

function modeFlag(one: Case): number {
  return one.mode === 'STREAMING' ? ddi.DDI_DMA_STREAMING : ddi.DDI_DMA_CONSISTENT;
}

function fault(rule: string, clause: string, message: string): Fault {
  return { rule, clause, message };
}

function wrong(rule: string, clause: string, message: string): Outcome {
  return { kind: 'wrong', faults: [fault(rule, clause, message)] };
}
