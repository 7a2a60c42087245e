/**
 * Pictures of binds.
 *
 * 1. A *scene* is one bind as facts: the object and its page frames, the answer, and, where there
 *    is something to tell, windows, cookies and bounce pages. It is played on a machine booted for
 *    it, through the calls a driver uses; this file does that.
 * 2. A *piece* is a stretch of the object of which everything is the same: page, cookie, window
 *    (pieces.ts). A *band* is pieces that follow one another on both of its sides.
 * 3. The *axis* is physical memory with its holes left out (axis.ts): frames next to one another
 *    are drawn next to one another, and a frame has the same width everywhere.
 * 4. The *picture* (picture.ts) goes downwards, as the data do when the device reads: object,
 *    frames, bounce pages, cookies, windows. Widths are to scale within each row.
 * 5. *Notes* (notes.ts) say which attributes decided something.
 *
 * Not done here: reading arguments and writing files; a scene and its picture depend on nothing but
 * the request.
 */
import {
  DDI_DMA_CONSISTENT,
  DDI_DMA_DONTWAIT,
  DDI_DMA_PARTIAL,
  DDI_DMA_PARTIAL_MAP,
  DDI_DMA_RDWR,
  ddi_dma_addr_bind_handle,
  ddi_dma_alloc_handle,
  ddi_dma_cookie_get,
  ddi_dma_getwin,
  ddi_dma_ncookies,
  ddi_dma_numwin,
  type DdiError,
  type ddi_dma_attr_t,
  type ddi_dma_handle_t,
} from '../index.js';
import type { FrameLayout } from '../machine/frames.js';
import { pageBytes, pageShift } from '../machine/store.js';
import { DmaHandle } from '../nexus/tree.js';
import { boot, type BootedMachine } from '../platforms/boot.js';
import { Panic } from '../sys/errors.js';
import type { RuleBookName } from '../sys/quirks.js';

/** Most pages a picture shows: with more, a page would be thinner than half a pixel. */
export const drawnPagesMax = 2048;

/** What to draw. */
export interface SceneRequest {
  /** The attributes. */
  readonly attr: ddi_dma_attr_t;
  /** Where they come from, for the heading. */
  readonly title: string;
  /** Where the object begins in its first page, 0 to 4095. */
  readonly off: number;
  /** Bytes of the object. */
  readonly length: number;
  /** The frames of the object in order, as many as it touches; `null`: the machine takes some. */
  readonly pfns: readonly number[] | null;
  /** How frames that the machine takes follow one another. */
  readonly frames: FrameLayout;
  /** Whether the bind says `DDI_DMA_PARTIAL`. */
  readonly partial: boolean;
  /** The rule book. */
  readonly kernel: RuleBookName;
  /** The seed of everything left open. */
  readonly seed: number;
}

/** One cookie of a window. */
export interface SceneCookie {
  /** Bus address. */
  readonly address: number;
  /** Bytes. */
  readonly size: number;
  /** Where in the object the bytes belong. */
  readonly at: number;
  /** Whether the address is in a bounce page. */
  readonly bounced: boolean;
}

/** One window; a bind without windows is drawn as one. */
export interface SceneWindow {
  /** Where it begins in the object, in bytes. */
  readonly offset: number;
  /** Bytes. */
  readonly size: number;
  /** Its cookies in order. */
  readonly cookies: readonly SceneCookie[];
}

/** What came of the bind. */
export type SceneAnswer =
  | { readonly kind: 'bound'; readonly name: 'DDI_DMA_MAPPED' | 'DDI_DMA_PARTIAL_MAP' }
  | {
      readonly kind: 'refused';
      /** The call that refused. */
      readonly call: string;
      readonly name: string;
      readonly message: string;
      readonly clause: string;
      /** The attributes at fault, `dma_attr_...`. */
      readonly fields: readonly string[];
    }
  | {
      readonly kind: 'panic';
      readonly message: string;
      /** The clause or source behind it; empty when there is none. */
      readonly clause: string;
      /** The attributes at fault, `dma_attr_...`. */
      readonly fields: readonly string[];
    };

/** One bind. */
export interface Scene {
  readonly request: SceneRequest;
  /** Frames of the object, a page each. */
  readonly pfns: readonly number[];
  readonly answer: SceneAnswer;
  /** Windows in order; empty unless bound. */
  readonly windows: readonly SceneWindow[];
  /** Frames of the bounce buffer, in its order. */
  readonly bounce: readonly number[];
  /** Rules of the findings, each once. */
  readonly findings: readonly string[];
}

/** Frames that cannot be had. */
export class SceneError extends Error {
  override readonly name = 'SceneError';
}

/** Holds the largest object, its bounce pages, and as much again for holes between them. */
const storeBytes = 2 * drawnPagesMax * pageBytes + 2 ** 22;

const unit = 'draw@1';

/**
 * How many pages an object touches.
 *
 * @param off - where it begins in its first page, in bytes
 * @param length - its bytes
 */
export function pagesOf(off: number, length: number): number {
  return Math.ceil((off + length) / pageBytes);
}

/**
 * Plays a bind.
 *
 * @param request - what to bind, for whom, and by which rules
 * @returns what came of it, a refusal and a panic included
 * @throws SceneError when the frames asked for cannot be had
 */
export function playScene(request: SceneRequest): Scene {
  const machine = boot({
    kernel: request.kernel,
    seed: request.seed,
    frames: request.frames,
    store: storeBytes,
    devices: [{ at: unit, model: () => ({ name: unit, registers: [], reset: () => undefined }) }],
  });
  const pfns = request.pfns ?? takeFrames(machine, pagesOf(request.off, request.length));
  const va = place(machine, pfns, request.off);
  let answer: SceneAnswer;
  let windows: readonly SceneWindow[] = [];
  let bounce: readonly number[] = [];
  try {
    const bound = bind(machine, request, va);
    if ('call' in bound) answer = refused(bound);
    else {
      bounce = bounceFrames(machine, bound.handle);
      answer = { kind: 'bound', name: bound.partial ? 'DDI_DMA_PARTIAL_MAP' : 'DDI_DMA_MAPPED' };
      windows = windowsOf(bound.handle, bound.partial, request.length, new Set(bounce));
    }
  } catch (e) {
    // What a kernel panics on is an answer too, and the picture says so.
    if (!(e instanceof Panic)) throw e;
    const { message, clause = '', values } = e;
    answer = { kind: 'panic', message, clause, fields: attributesOf(values) };
  }
  const findings = [...new Set(machine.findings.map((f) => f.rule))];
  return { request, pfns, answer, windows, bounce, findings };
}

/** Frames the machine would have given, which are then asked for by name. */
function takeFrames(machine: BootedMachine, count: number): readonly number[] {
  const { lo, hi } = machine.frames.extent;
  const pfns = machine.frames.take(count, lo, hi);
  if (pfns === null) throw new SceneError(`the machine has no ${count} free pages`);
  for (const pfn of pfns) machine.frames.release(pfn);
  return pfns;
}

function place(machine: BootedMachine, pfns: readonly number[], off: number): number {
  try {
    return machine.place(pfns, off);
  } catch (e) {
    if (e instanceof RangeError) throw new SceneError(e.message);
    throw e;
  }
}

interface Bound {
  readonly handle: ddi_dma_handle_t;
  readonly partial: boolean;
}

function bind(machine: BootedMachine, request: SceneRequest, va: number): Bound | DdiError {
  const dip = machine.devinfo(unit);
  const alloc = ddi_dma_alloc_handle(dip, request.attr, DDI_DMA_DONTWAIT);
  if (alloc.isErr()) return alloc.error;
  const { handle } = alloc.value;
  const flags = DDI_DMA_RDWR | DDI_DMA_CONSISTENT | (request.partial ? DDI_DMA_PARTIAL : 0);
  const { length } = request;
  const bound = ddi_dma_addr_bind_handle(handle, null, va, length, flags, DDI_DMA_DONTWAIT);
  if (bound.isErr()) return bound.error;
  return { handle, partial: bound.value.rval === DDI_DMA_PARTIAL_MAP };
}

function refused({ call, name, message, clause, values }: DdiError): SceneAnswer {
  return { kind: 'refused', call, name, message, clause, fields: attributesOf(values) };
}

function attributesOf(values: Readonly<Record<string, unknown>>): readonly string[] {
  return Object.keys(values).filter((key) => key.startsWith('dma_attr_'));
}

/** No call tells where bounce pages are; the machine's own books do. */
function bounceFrames(machine: BootedMachine, handle: ddi_dma_handle_t): readonly number[] {
  const bounce = handle instanceof DmaHandle ? handle.binding?.bounce : null;
  if (bounce == null) return [];
  const count = bounce.bytes >>> pageShift;
  return Array.from({ length: count }, (_, i) => machine.probe.pfnOf(bounce.va + i * pageBytes));
}

function windowsOf(
  handle: ddi_dma_handle_t,
  partial: boolean,
  length: number,
  bounce: ReadonlySet<number>,
): readonly SceneWindow[] {
  if (!partial) return [{ offset: 0, size: length, cookies: cookiesOf(handle, 0, bounce) }];
  const windows: SceneWindow[] = [];
  const count = ddi_dma_numwin(handle).map(({ nwin }) => nwin);
  for (let i = 0; i < count.unwrapOr(0); i++) {
    const win = ddi_dma_getwin(handle, i);
    if (win.isErr()) continue;
    const { off: offset, len: size } = win.value;
    windows.push({ offset, size, cookies: cookiesOf(handle, offset, bounce) });
  }
  return windows;
}

/** The cookies the handle shows at present. */
function cookiesOf(
  handle: ddi_dma_handle_t,
  offset: number,
  bounce: ReadonlySet<number>,
): readonly SceneCookie[] {
  const cookies: SceneCookie[] = [];
  let at = offset;
  for (let i = 0; i < ddi_dma_ncookies(handle); i++) {
    const cookie = ddi_dma_cookie_get(handle, i);
    if (cookie === null) break;
    const address = Number(cookie.dmac_laddress);
    const size = cookie.dmac_size;
    const bounced = bounce.has(Math.floor(address / pageBytes));
    cookies.push({ address, size, at, bounced });
    at += size;
  }
  return cookies;
}
