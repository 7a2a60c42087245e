/**
 * Moving an object through its binding, window by window, and looking at every byte.
 *
 * For each window: the bytes that went in at the bind must be there for the device before anything
 * is synchronised; then the engine copies them to the far side, other bytes come back, and both are
 * compared. Last the device writes where pages stand in, and nobody synchronises: those bytes must
 * be in the object once the window is left, for ddi_dma_getwin(9F) and ddi_dma_unbind_handle(9F)
 * see to that.
 */
import {
  ddi_dma_addr_bind_handle,
  ddi_dma_cookie_iter,
  ddi_dma_getwin,
  ddi_dma_ncookies,
  ddi_dma_numwin,
  ddi_dma_unbind_handle,
  discard,
} from '../index.js';
import type { BindOut } from '../ddi/bind.js';
import type { CopyEngine } from '../devices/copy-engine.js';
import { CE_CTRL_DST_WIDE, CE_CTRL_SRC_WIDE } from '../drivers/copyengine-reg.js';
import { copyengine_transfer } from '../drivers/copyengine.js';
import { BusError } from '../machine/bus.js';
import type { BusMaster } from '../machine/bus.js';
import type { BootedMachine } from '../platforms/boot.js';
import * as ddi from '../sys/constants.js';
import type {
  caddr_t,
  ddi_dma_attr_t,
  ddi_dma_cookie_t,
  ddi_dma_handle_t,
  dev_info_t,
} from '../sys/types.js';
import { judgeWindow, standInsOf } from './judge.js';
import type { Fault, StandIn, Window, WindowView } from './judge.js';
import { judgeBind } from './judge-windows.js';
import type { ObjectUnderTest } from './obstacles.js';

/** An object in memory, and how to give it back. */
export interface Memory {
  /** What is bound. */
  readonly addr: caddr_t;
  readonly length: number;
  /** What was allocated around it: nothing of it but the object may change. */
  readonly block: { readonly addr: caddr_t; readonly length: number };
  readonly free: () => void;
}

/** The far side of the transfers of one set: a handle, and memory to bind as much of as needed. */
export interface FarSide {
  readonly handle: ddi_dma_handle_t;
  readonly addr: caddr_t;
  readonly free: () => void;
}

/** What the cases of one set share. */
export interface Workbench {
  readonly machine: BootedMachine;
  readonly dip: dev_info_t;
  readonly engine: CopyEngine;
  readonly attr: ddi_dma_attr_t;
  readonly far: FarSide;
  /** More than twice as many arbitrary bytes as the longest object has. */
  readonly noise: Uint8Array;
  /** Whether the rule book is known to break this rule like that. */
  readonly isKnown: (fault: Fault) => boolean;
}

/** What was moved. */
export interface Moved {
  /** Bytes, both directions counted. */
  readonly bytes: number;
  /** Cookies of the longest list. */
  readonly cookies: number;
  /** Windows; 1 when the object was mapped whole. */
  readonly windows: number;
  /** Bytes of the object for which others stood in. */
  readonly bounced: number;
}

/** An object filled with bytes, and what becomes of them. */
interface Job {
  readonly bench: Workbench;
  readonly handle: ddi_dma_handle_t;
  readonly memory: Memory;
  readonly object: ObjectUnderTest;
  /** What the object holds at present, as far as it is known. */
  readonly expected: Uint8Array;
  /** What comes back from the device. */
  readonly back: Uint8Array;
  /** What the device wrote last and nobody synchronised. */
  pending: readonly StandIn[];
  readonly frames: Set<number>;
  readonly faults: Fault[];
  cookies: number;
  bounced: number;
  /** The windows seen so far. */
  readonly windows: WindowView[];
}

/** The judge looks at memory the way a device does. */
const eye: BusMaster = { name: 'judge', enabled: true };

/**
 * Fills a block of memory with bytes no other case has at this place.
 *
 * @param bench - where they come from
 * @param memory - the block, with the object in it
 * @param index - the number of the case
 */
export function fill({ machine, noise }: Workbench, memory: Memory, index: number): void {
  const { addr, length } = memory.block;
  const start = noiseStart(noise, memory, index);
  machine.kernel.copyBytesIn(addr, noise.subarray(start, start + length));
}

function noiseStart(noise: Uint8Array, { block, length }: Memory, index: number): number {
  return (index * 64) % (noise.length - block.length - length + 1);
}

/**
 * Moves a bound object both ways and unbinds it.
 *
 * @param bench - machine, engine, far side
 * @param handle - bound to the object
 * @param memory - the object, filled by {@link fill} before it was bound
 * @param index - the number of the case
 * @param bound - what the bind returned
 * @param partial - whether the driver said `DDI_DMA_PARTIAL`
 * @returns what was moved, and the rules broken
 */
export async function moveBothWays(
  bench: Workbench,
  handle: ddi_dma_handle_t,
  memory: Memory,
  index: number,
  bound: BindOut,
  partial: boolean,
): Promise<Moved & { readonly faults: readonly Fault[] }> {
  const { machine, noise } = bench;
  const { addr, length, block } = memory;
  const start = noiseStart(noise, memory, index);
  const around = noise.subarray(start, start + block.length);
  const inBlock = addr - block.addr;
  const job: Job = {
    bench,
    handle,
    memory,
    object: { va: addr, length, pfnOf: (va) => machine.probe.pfnOf(va) },
    expected: around.slice(inBlock, inBlock + length),
    // Two different stretches of noise, begun elsewhere for each case: stale bytes never match.
    back: noise.subarray(start + block.length, start + block.length + length),
    pending: [],
    frames: new Set(),
    faults: [],
    cookies: 0,
    bounced: 0,
    windows: [],
  };
  await allWindows(job, bound, partial);
  const unbind = ddi_dma_unbind_handle(handle);
  if (unbind.isErr()) job.faults.push(fault('unbind', unbind.error.clause, unbind.error.message));
  arrivedLate(job, 'after unbind', 'ddi_dma_unbind_handle.9f/DS-3');
  if (job.faults.length === 0) {
    compare(job, 'whole object', addr, job.expected);
    compare(job, 'bytes in front', block.addr, around.subarray(0, inBlock));
    compare(job, 'bytes behind', addr + length, around.subarray(inBlock + length));
  }
  keptFrames(job);
  const { faults, cookies, bounced } = job;
  return { faults, cookies, bounced, bytes: 2 * length, windows: job.windows.length };
}

async function allWindows(job: Job, bound: BindOut, partial: boolean): Promise<void> {
  const { handle, memory, windows } = job;
  const { rval, ccount, cookie: first } = bound;
  const numwin = ddi_dma_numwin(handle);
  const nwin = numwin.isOk() ? numwin.value.nwin : null;
  let beyond = false;
  let again: WindowView | null = null;
  if (rval === ddi.DDI_DMA_PARTIAL_MAP) {
    for (let win = 0; win < (nwin ?? 0); win++) {
      const window = select(job, win);
      if (window === null || !(await oneWindow(job, window))) break;
    }
    if (windows.length === nwin) {
      beyond = ddi_dma_getwin(handle, nwin).isOk();
      again = select(job, 0);
    }
  } else {
    const { cookies, ncookies } = listOf(handle);
    await oneWindow(job, { off: 0, len: memory.length, cookies, ncookies, ccount, first });
  }
  // One fault, one report: a window that is wrong ended the walk.
  if (job.faults.length > 0 && !onlyLimits(job.bench, job.faults)) return;
  const { length } = memory;
  const whole = { length, partial, rval, bound: { first, ccount }, nwin, windows, beyond, again };
  job.faults.push(...judgeBind(whole));
}

/** Makes a window current; `null` when it cannot be had. */
function select(job: Job, win: number): WindowView | null {
  const got = ddi_dma_getwin(job.handle, win);
  if (got.isErr()) return null;
  arrivedLate(job, 'after getwin', 'ddi_dma_getwin.9f/DS-6');
  const { off, len, ccount, cookie: first } = got.value;
  return { off, len, ccount, first, ...listOf(job.handle) };
}

function listOf(handle: ddi_dma_handle_t): Pick<WindowView, 'cookies' | 'ncookies'> {
  const cookies: ddi_dma_cookie_t[] = [];
  let cookie = ddi_dma_cookie_iter(handle, null);
  while (cookie !== null) {
    cookies.push(cookie);
    cookie = ddi_dma_cookie_iter(handle, cookie);
  }
  return { cookies, ncookies: ddi_dma_ncookies(handle) };
}

/**
 * Limits of the narrow port, which the wide one does not have: the bytes can be moved all the same.
 */
const limitRules: ReadonlySet<string> = new Set([
  'addr_lo',
  'addr_hi',
  'count_max',
  'seg',
  'sgllen',
  'granular, segment',
  'granular, list',
  'maxxfer',
  'align',
]);

/** Whether faults are known of the rule book and none is about the bytes. */
function onlyLimits({ isKnown }: Workbench, faults: readonly Fault[]): boolean {
  return faults.every((f) => limitRules.has(f.rule) && isKnown(f));
}

/** Judges the current window and moves it; false when there is no sense in going on. */
async function oneWindow(job: Job, view: WindowView): Promise<boolean> {
  const { bench, object } = job;
  const { machine, attr } = bench;
  job.windows.push(view);
  job.cookies = Math.max(job.cookies, view.cookies.length);
  const window: Window = {
    ...view,
    attr,
    object,
    bytesAt: (off, length) => machine.kernel.copyBytesOut(object.va + off, length),
    seenAt: (address, length) => seen(machine, address, length),
  };
  const faults = judgeWindow(window);
  job.faults.push(...faults);
  // A list the judge rejects is not shown to the engine, but for limits the kernel is known to
  // break.
  if (!onlyLimits(bench, faults)) return false;
  const ports = faults.length === 0 ? 0 : CE_CTRL_DST_WIDE | CE_CTRL_SRC_WIDE;
  const before = job.faults.length;
  await transfers(job, view, ports);
  const standIns = standInsOf(window);
  for (const { address, length } of standIns) {
    job.bounced += length;
    job.frames.add(Number(address / 4096n));
  }
  if (job.faults.length > before) return false;
  writeLate(job, standIns);
  return true;
}

/** Object to far side, then other bytes back. */
async function transfers(job: Job, window: WindowView, ports: number): Promise<void> {
  const { bench, handle, expected, back, object } = job;
  const { machine, dip, far } = bench;
  const { off, len } = window;
  const flags = ddi.DDI_DMA_RDWR | ddi.DDI_DMA_STREAMING;
  const at = far.addr + off;
  const bound = ddi_dma_addr_bind_handle(far.handle, null, at, len, flags, ddi.DDI_DMA_DONTWAIT);
  if (bound.isErr()) {
    job.faults.push(fault('far side', bound.error.clause, bound.error.message));
    return;
  }
  const whole = { off: 0, len: 0 };
  const part = len === object.length ? whole : { off, len };
  const toFar = ports | CE_CTRL_DST_WIDE;
  const out = await copyengine_transfer(dip, handle, far.handle, toFar, part, whole);
  arrived(job, out, 'memory to device', at, expected.subarray(off, off + len));
  const coming = back.subarray(off, off + len);
  machine.kernel.copyBytesIn(at, coming);
  const fromFar = ports | CE_CTRL_SRC_WIDE;
  const into = await copyengine_transfer(dip, far.handle, handle, fromFar, whole, part);
  arrived(job, into, 'device to memory', object.va + off, coming);
  expected.set(coming, off);
  discard(ddi_dma_unbind_handle(far.handle));
}

/** The device writes where others stand in for the object, after the last sync. */
function writeLate(job: Job, standIns: readonly StandIn[]): void {
  const { expected, bench } = job;
  for (const { off, address, length } of standIns) {
    const late = expected.subarray(off, off + length).map((byte) => byte ^ 0xff);
    const { frame, inFrame } = placeOf(address);
    bench.machine.bus.write(eye, frame, inFrame, late, 0, length);
    expected.set(late, off);
  }
  job.pending = standIns;
}

/** Leaving a window brings the device's bytes to the object. */
function arrivedLate(job: Job, what: string, clause: string): void {
  const { pending, expected, object } = job;
  job.pending = [];
  for (const { off, length } of pending) {
    compare(job, what, object.va + off, expected.subarray(off, off + length), clause);
  }
}

/** Pages that stood in belong to the binding and to nobody else, and end with it. */
function keptFrames(job: Job): void {
  const { pages } = job.bench.machine;
  const kept = [...job.frames].find((frame) => pages.homeOf(frame) >= 0);
  if (kept === undefined) return;
  const message = `frame 0x${kept.toString(16)} stood in and is in use afterwards`;
  job.faults.push(fault('stand-ins go back', 'ddi_dma_unbind_handle.9f/DS-1', message));
}

/** What is wrong after a transfer: the engine's complaint, or bytes that are not those sent. */
function arrived(job: Job, rval: number, what: string, at: caddr_t, sent: Uint8Array): void {
  if (rval === ddi.DDI_SUCCESS) {
    compare(job, what, at, sent);
    return;
  }
  const message = job.bench.engine.error?.message ?? 'the engine gave no reason';
  job.faults.push(fault(what, 'ddi_dma_addr_bind_handle.9f/DS-1', message));
}

function compare(
  job: Job,
  what: string,
  at: caddr_t,
  expected: Uint8Array,
  clause = 'ddi_dma_addr_bind_handle.9f/DS-1',
): void {
  const found = job.bench.machine.kernel.copyBytesOut(at, expected.length);
  if (Buffer.compare(found, expected) === 0) return;
  const i = found.findIndex((byte, k) => byte !== expected[k]);
  const message = `byte ${i} of ${expected.length} is ${found[i] ?? -1}, not ${expected[i] ?? -1}`;
  job.faults.push(fault(what, clause, message));
}

function seen(machine: BootedMachine, address: bigint, length: number): Uint8Array | null {
  const bytes = new Uint8Array(length);
  const { frame, inFrame } = placeOf(address);
  try {
    machine.bus.read(eye, frame, inFrame, bytes, 0, length);
  } catch (e) {
    if (e instanceof BusError) return null;
    throw e;
  }
  return bytes;
}

function placeOf(address: bigint): { readonly frame: number; readonly inFrame: number } {
  return { frame: Number(address / 4096n), inFrame: Number(address % 4096n) };
}

function fault(rule: string, clause: string, message: string): Fault {
  return { rule, clause, message };
}
