/**
 * The binder: from an object and the limits of a handle to a binding.
 *
 *   (1) The *walk* turns the pages into cookies and marks those that must be bounced.
 *   (2) *Fast*: nothing is bounced and the cookies make one legal list. Done.
 *   (3) *Slow*: bounce pages are taken, as many as there may be; when the object needs more than
 *       one window and the driver did not say PARTIAL, it is too big.
 *   (4) Windows are *carved*. Where the object's own frames admit no legal list at all, every page
 *       is bounced into one contiguous run; and only when that admits none either is it refused.
 *
 * The same steps serve every rule book; the quirks say which walk and which carving, and what is
 * lost on the way.
 */
import { DDI_DMA_PARTIAL } from '../sys/constants.js';
import { ModelBug, Panic } from '../sys/errors.js';
import { Binding, leakBounce } from './binding.js';
import {
  type BounceBuffer,
  bounceFrame,
  freeBounce,
  maxBounceBytes,
  reachableFrames,
  takeBouncePages,
  takeBounceRun,
} from './bounce.js';
import { firstCrooked, isAligned, leastCommonMultiple, walk } from './cookies.js';
import { cookiesFit, windowsFit } from './kernel-tables.js';
import { countWindows, KernelCarver } from './kernel-windows.js';
import { kmemIoRange } from './kmem-io.js';
import { pageCount } from './object.js';
import { walkPages } from './page-walk.js';
import { spareFrames, standIns } from './stand-in.js';
import type { BindRefusal, BindRequest, DmaHandle } from './tree.js';
import { carve, type CarveSpace, type WindowPlan } from './windows.js';

/** What a bind gives: a binding, or why not. */
export type Bound = Binding | BindRefusal;

/**
 * Cookies and windows a binding has at most: what 4 GiB are in pages. Only a device that takes less
 * than a page at a time meets the bound, and no driver has a list as long.
 */
const mostPieces = 1 << 20;

/** Binds an object whose pages are all mapped. */
export function bindObject(handle: DmaHandle, request: BindRequest): Bound {
  const { rules } = handle.rdip.machine;
  return rules.has('limits-at-page-starts')
    ? bindByKernel(handle, request)
    : bindByContract(handle, request);
}

// ---- What the pages promise -----------------------------------------------------------------

function bindByContract(handle: DmaHandle, request: BindRequest): Bound {
  const { limits, table, rdip } = handle;
  const { machine } = rdip;
  const { object, flags } = request;
  if (inSmallPieces(handle, object.len)) return tooMany(handle);
  const hiExclusive = machine.rules.has('addr-hi-exclusive');
  const alignedCuts = !machine.rules.has('align-ignored-at-bind');
  walk(object, limits, { hiExclusive, alignedCuts }, table);
  const oneList = table.count <= limits.sgllen && object.len <= limits.maxxfer;
  const crooked = alignedCuts && firstCrooked(object, limits, table) >= 0;
  if (table.bouncedPages === 0 && oneList && !crooked) {
    return withTables(handle, () => new Binding(rdip, object, flags, table, null));
  }
  const { lo, hi } = reachableFrames(limits);
  const nowhere = hi < lo || !machine.frames.any(lo, hi);
  if (table.bouncedPages > 0 && nowhere) return unreachable(handle);
  const align = alignedCuts && isAligned(object, limits.align) ? limits.align : 1;
  const unit = leastCommonMultiple(align, limits.granular);
  const bounceBytes = Math.min(table.bouncedPages * 4096, maxBounceBytes);
  const space = { off: object.off, unit, align, bounceBytes, anew: true };
  const plan = bouncesByPage(handle) ? carve(table, limits, space) : null;
  if (plan === null)
    return nowhere ? misaligned(handle) : bounceAll(handle, request, space, withTables);
  if (plan.windows.length > 1 && !mayPart(request)) return tooBig(handle, object.len);
  if (bounceBytes === 0) return withTables(handle, () => finish(handle, request, plan, null));
  return bounceSome(handle, request, space, plan);
}

/** Whether cookies or transfers are so short that there would be too many of them. */
function inSmallPieces({ limits }: DmaHandle, len: number): boolean {
  const { maxCookie, maxxfer, segBytes } = limits;
  const piece = Math.min(maxCookie, maxxfer, segBytes === 0 ? maxCookie : segBytes);
  return len > piece * mostPieces;
}

/** Makes a binding, or finds that there is no memory for what describes it. */
function withTables(handle: DmaHandle, make: () => Bound): Bound {
  const { budget, faults } = handle.rdip.machine;
  if (faults.fails('bind') || !budget.take('bindings')) return noTables();
  const bound = make();
  if (!(bound instanceof Binding)) budget.give('bindings');
  return bound;
}

function mayPart({ flags }: BindRequest): boolean {
  return (flags & DDI_DMA_PARTIAL) !== 0;
}

/** The pages out of reach into bounce pages, each by itself. */
function bounceSome(
  handle: DmaHandle,
  request: BindRequest,
  space: CarveSpace,
  wanted: WindowPlan,
): Bound {
  const { limits, table, rdip } = handle;
  const { machine } = rdip;
  const bounds = reachableFrames(limits);
  const partly = mayPart(request);
  const spare = spareFrames(machine, request.object, bounds);
  let bytes = Math.min(space.bounceBytes, spare * 4096);
  if (bytes < space.bounceBytes && !partly) return tooBig(handle, request.object.len);
  const carved = (): WindowPlan | null => carve(table, limits, { ...space, bounceBytes: bytes });
  let plan = bytes === space.bounceBytes ? wanted : carved();
  if (plan === null) return bounceAll(handle, request, space, withTables);
  return withTables(handle, () => {
    while (plan !== null) {
      const bounce = takeBouncePages(machine, bytes, bounds, null);
      if (bounce !== null) return finish(handle, request, plan, bounce);
      // ddi_dma_addr_bind_handle(9F) FL-8: what resources there are make the first window.
      bytes = partly ? Math.floor(bytes / 8192) * 4096 : 0;
      plan = bytes === 0 ? null : carved();
    }
    return noBounce(handle);
  });
}

/**
 * Every page into one run: the last resort.
 *
 * @param within - what makes the binding, once a run may be taken
 */
function bounceAll(
  handle: DmaHandle,
  request: BindRequest,
  space: CarveSpace,
  within: typeof withTables,
): Bound {
  const { limits, rdip } = handle;
  const { machine } = rdip;
  const { object } = request;
  const partly = mayPart(request);
  const possible = standIns(machine, object, limits, space, partly);
  if (possible.length === 0) {
    const inWindows = !partly && standIns(machine, object, limits, space, true).length > 0;
    return inWindows ? tooBig(handle, object.len) : misaligned(handle);
  }
  return within(handle, () => {
    for (const { wish, planAt } of possible) {
      const bounce = takeBounceRun(machine, wish);
      if (bounce === null) continue;
      const plan = planAt(bounceFrame(machine, bounce, 0));
      if (plan === null) throw new ModelBug('a run was searched for and does not do');
      return finish(handle, request, plan, bounce);
    }
    return noBounce(handle);
  });
}

function finish(
  handle: DmaHandle,
  { object, flags }: BindRequest,
  plan: WindowPlan,
  bounce: BounceBuffer | null,
): Binding {
  const pageMap = bounce === null ? null : new Float64Array(pageCount(object)).fill(-1);
  const partial = plan.windows.length > 1;
  const slow = { plan, bounce, pageMap, partial };
  const binding = new Binding(handle.rdip, object, flags, handle.table, slow);
  binding.enter();
  return binding;
}

/** Whether one bounce page is as good as another: segments that pages never straddle. */
function bouncesByPage({ limits, table }: DmaHandle): boolean {
  const { segBytes, align } = limits;
  if (table.bouncedPages === 0) return true;
  return align <= 4096 && (segBytes % 4096 === 0 || 4096 % segBytes === 0);
}

function unreachable(handle: DmaHandle): BindRefusal {
  const { dma_attr_addr_lo, dma_attr_addr_hi } = handle.limits.attr;
  return {
    name: 'DDI_DMA_NOMAPPING',
    group: 'RV-6',
    message: 'part of the object is out of reach, and so is every page that could stand in for it',
    values: { dma_attr_addr_hi, dma_attr_addr_lo },
  };
}

function noBounce(handle: DmaHandle): BindRefusal {
  const { dma_attr_addr_hi } = handle.limits.attr;
  const message = 'no bounce pages are free below dma_attr_addr_hi';
  return { name: 'DDI_DMA_NORESOURCES', group: 'RV-5', message, values: { dma_attr_addr_hi } };
}

function noTables(): BindRefusal {
  const message = 'no memory for the cookies';
  return { name: 'DDI_DMA_NORESOURCES', group: 'RV-5', message, values: {} };
}

function misaligned(handle: DmaHandle): BindRefusal {
  const { dma_attr_align, dma_attr_granular } = handle.limits.attr;
  return {
    name: 'DDI_DMA_NOMAPPING',
    group: 'RV-6',
    message: 'no list of segments is as aligned and as granular as the device wants',
    values: { dma_attr_align, dma_attr_granular },
  };
}

function tooMany(handle: DmaHandle): BindRefusal {
  const { dma_attr_count_max, dma_attr_maxxfer, dma_attr_seg } = handle.limits.attr;
  return {
    name: 'DDI_DMA_TOOBIG',
    group: 'RV-8',
    message: `needs more than ${mostPieces} segments or transfers`,
    values: { dma_attr_count_max, dma_attr_maxxfer, dma_attr_seg },
  };
}

/** The cookies do not make one list, and windows were not asked for. */
function tooBig(handle: DmaHandle, len: number): BindRefusal {
  const { limits, table } = handle;
  const { dma_attr_sgllen, dma_attr_maxxfer } = limits.attr;
  const big = (message: string, values: Readonly<Record<string, unknown>>): BindRefusal => ({
    name: 'DDI_DMA_TOOBIG',
    group: 'RV-7',
    message: `${message}; DDI_DMA_PARTIAL would allow windows`,
    values,
  });
  if (table.count > limits.sgllen) {
    const message = `needs ${table.count} segments and the list has ${limits.sgllen} entries`;
    return big(message, { dma_attr_sgllen });
  }
  if (len > limits.maxxfer) {
    return big(`${len} bytes exceed one transfer of ${limits.maxxfer}`, { dma_attr_maxxfer });
  }
  const { dma_attr_addr_hi } = limits.attr;
  const message = `needs more bounce pages than a binding gets, ${maxBounceBytes} bytes at most`;
  return big(message, { dma_attr_addr_hi });
}

// ---- What the kernel does -------------------------------------------------------------------

function bindByKernel(handle: DmaHandle, request: BindRequest): Bound {
  const { budget, faults } = handle.rdip.machine;
  const maxPages = Math.ceil(request.object.len / 4096) + 1;
  if (!cookiesFit(maxPages) && faults.fails('bind')) return noTables();
  if (!budget.take('bindings')) return noTables();
  const bound = bindWithCookies(handle, request, maxPages);
  if (!(bound instanceof Binding)) budget.give('bindings');
  return bound;
}

function bindWithCookies(handle: DmaHandle, request: BindRequest, maxPages: number): Bound {
  const { limits, table, rdip } = handle;
  const { machine } = rdip;
  const { rules } = machine;
  const { object, flags } = request;
  const raw = limits.kernel;
  const hiExclusive = rules.has('addr-hi-exclusive');
  const earlyClose = rules.has('cookie-early-close');
  const onSeg = walkPages(object, limits, { hiExclusive, earlyClose }, table);
  if (table.bouncedPages === 0 && table.count <= raw.sgllen && object.len <= raw.maxxfer) {
    return new Binding(rdip, object, flags, table, null);
  }
  const copybufReq = table.bouncedPages * 4096;
  const copybufBytes = Math.min(copybufReq, maxBounceBytes);
  let bounce: BounceBuffer | 'refused' | null = null;
  if (copybufReq > 0) {
    bounce = kernelBounce(handle, copybufBytes, onSeg);
    if (bounce === null) return noBounce(handle);
    if (bounce === 'refused') return { ...noBounce(handle), forever: true };
  }
  const partial = copybufBytes < copybufReq || object.len > raw.maxxfer || raw.sgllen < table.count;
  if (partial && (flags & DDI_DMA_PARTIAL) === 0) {
    if (rules.has('toobig-loses-copybuf')) leakBounce(rdip, bounce);
    else if (bounce !== null) freeBounce(machine, bounce);
    return tooBig(handle, object.len);
  }
  if (!rules.has('windows-by-boundary')) return kernelByContract(handle, request, bounce);
  const space = {
    off: object.off,
    len: object.len,
    copybufReq,
    copybufBytes,
    maxPages,
    countDivides: rules.has('windows-count-divides'),
    loseThird: rules.has('windows-lose-third'),
  };
  const { dma_attr_sgllen: sgllen } = limits.attr;
  const windows = partial ? stop(handle, () => countWindows(raw, table.count, space, sgllen)) : 1;
  const tables = { maxPages, cookies: table.count, windows, bounced: bounce !== null };
  if (!windowsFit(tables) && machine.faults.fails('bind')) {
    if (bounce !== null) freeBounce(machine, bounce);
    return noTables();
  }
  const plan = new KernelCarver(table, raw, space, partial).carve();
  if (plan === null) {
    if (bounce !== null) freeBounce(machine, bounce);
    const final = rules.has('windows-trim-one-cookie');
    return final ? misaligned(handle) : bounceByKernel(handle, request);
  }
  const pageMap = bounce === null ? null : plan.pageMap;
  const slow = { plan, bounce, pageMap, partial: plan.partial };
  const binding = new Binding(rdip, object, flags, table, slow);
  binding.enter();
  return binding;
}

/** Cookies of the kernel, windows of the pages: `windows-by-boundary` switched off by itself. */
function kernelByContract(
  handle: DmaHandle,
  request: BindRequest,
  bounce: BounceBuffer | null,
): Bound {
  const { limits, table, rdip } = handle;
  const bounceBytes = bounce?.bytes ?? 0;
  const unit = Math.max(1, limits.granular);
  const { off } = request.object;
  const plan = carve(table, limits, { off, unit, align: 1, bounceBytes, anew: false });
  if (plan !== null) return finish(handle, request, plan, bounce);
  if (bounce !== null) freeBounce(rdip.machine, bounce);
  return bounceByKernel(handle, request);
}

/** What no kernel does: cookies that admit no windows are bounced whole, with its quirks off. */
function bounceByKernel(handle: DmaHandle, request: BindRequest): Bound {
  const unit = Math.max(1, handle.limits.granular);
  const space = { off: request.object.off, unit, align: 1, bounceBytes: 0, anew: false };
  // The caller has seen to the tables.
  return bounceAll(handle, request, space, (_handle, make) => make());
}

/** Bounce pages by the kernel's allocator, which may refuse for good; `null` when none are free. */
function kernelBounce(
  handle: DmaHandle,
  bytes: number,
  onSeg: boolean,
): BounceBuffer | 'refused' | null {
  const { limits, rdip } = handle;
  const { machine } = rdip;
  const raw = limits.kernel;
  const addrHi = onSeg ? raw.seg : raw.hi;
  if (!machine.rules.has('copybuf-through-mem-alloc')) {
    return takeBouncePages(machine, bytes, reachableFrames(limits), null);
  }
  const { minxfer } = limits;
  const whole = minxfer !== 0 && (minxfer & (minxfer - 1)) === 0;
  if (!whole || raw.lo > 0x2000) return 'refused';
  const range = stop(handle, () => kmemIoRange(machine, addrHi));
  const hi = Math.floor((range.limit + 1) / 4096) - 1;
  const lo = Math.ceil(raw.lo / 4096);
  return takeBouncePages(machine, bytes, { lo, hi }, range.name);
}

/** Runs a step that can stop the machine. */
function stop<T>(handle: DmaHandle, step: () => T): T {
  try {
    return step();
  } catch (error) {
    if (error instanceof Panic) handle.rdip.machine.sched.panic(error);
    throw error;
  }
}
