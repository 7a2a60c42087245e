/**
 * The root nexus: where every question about DMA ends that no nexus below has answered.
 *
 * 1. A handle is made from attributes that pass the rules in force (attr.ts).
 * 2. A bind turns an object into a binding (binder.ts).
 * 3. Sync and window changes move what is bounced (binding.ts); nothing else ever moves, for memory
 *    is coherent.
 */
import {
  DDI_DMA_FLAGERR,
  DDI_DMA_FORCE_PHYSICAL,
  DDI_DMA_READ,
  DDI_DMA_RELAXED_ORDERING,
  DDI_DMA_SYNC_FORDEV,
  DDI_DMA_WRITE,
} from '../sys/constants.js';
import { DDI_FM_DMACHK_CAPABLE } from '../sys/constants-fm.js';
import { ModelBug } from '../sys/errors.js';
import { showValue } from '../sys/result.js';
import type { ddi_dma_attr_t } from '../sys/types.js';
import {
  type BadAttr,
  badByKernelRules,
  checkAttr,
  illTyped,
  isBadAttr,
  limitsOf,
} from './attr.js';
import { bindObject } from './binder.js';
import { reportUnread } from './fm-errors.js';
import { Binding, leakBounce } from './binding.js';
import type { Limits } from './attr.js';
import {
  type AllocRefusal,
  type BindAnswer,
  type BindRequest,
  type DevInfo,
  DmaHandle,
  type DmaOps,
} from './tree.js';

/** The root nexus of a machine whose devices see memory directly and coherently. */
export const rootnexOps: DmaOps = {
  allochdl: allocHandle,
  freehdl: freeHandle,
  bindhdl: bindHandle,
  unbindhdl: unbindHandle,
  win: selectWindow,
  flush: flushRange,
};

function allocHandle(_dip: DevInfo, rdip: DevInfo, attr: ddi_dma_attr_t): DmaHandle | AllocRefusal {
  const { machine } = rdip;
  const checked = judge(rdip, attr);
  if (!isBadAttr(checked)) {
    const short = machine.faults.fails('dma handle') || !machine.budget.take('dma handles');
    if (short) return noHandle();
    reportUnknownFlags(rdip, attr.dma_attr_flags);
    const handle = new DmaHandle(rdip, checked);
    if ((rdip.fmCapability & DDI_FM_DMACHK_CAPABLE) !== 0) rdip.fm?.handles.add(handle);
    return handle;
  }
  if (machine.rules.has('badattr-runs-callbacks')) rdip.lists.dvma.run();
  const { field, value, rule, clause } = checked;
  if (checked.illTyped === true) {
    machine.report({
      rule: 'BAD_ARGUMENT',
      clause,
      message: `${field} ${rule}; it is ${showValue(value)} (${typeof value})`,
      call: 'ddi_dma_alloc_handle',
      values: { [field]: value },
    });
  }
  return {
    name: 'DDI_DMA_BADATTR',
    group: 'RV-2',
    message: `${field} (${showValue(value)}) ${rule} (${clause})`,
    values: { [field]: value },
  };
}

function noHandle(): AllocRefusal {
  const message = 'no memory for a DMA handle';
  return { name: 'DDI_DMA_NORESOURCES', group: 'RV-3', message, values: {} };
}

/** The attributes by the rules in force. */
function judge(rdip: DevInfo, attr: ddi_dma_attr_t): Limits | BadAttr {
  const { rules, frames } = rdip.machine;
  if (!rules.has('alloc-attr-kernel-rules')) return checkAttr(attr, (lo, hi) => frames.any(lo, hi));
  const wrong = illTyped(attr);
  if (wrong !== undefined) return wrong;
  const refused = rules.has('alloc-attr-unchecked') ? null : badByKernelRules(attr);
  return refused ?? limitsOf(attr);
}

/** Attribute flags no page knows: ignored, and said so. */
function reportUnknownFlags(rdip: DevInfo, flags: number): void {
  const unknown = flags & ~(DDI_DMA_FORCE_PHYSICAL | DDI_DMA_FLAGERR | DDI_DMA_RELAXED_ORDERING);
  if (unknown === 0) return;
  rdip.machine.report({
    rule: 'UNKNOWN_FLAGS',
    clause: 'ddi_dma_attr.9s/FL-1',
    message: `dma_attr_flags 0x${(unknown >>> 0).toString(16)} mean nothing; ignored`,
    call: 'ddi_dma_alloc_handle',
    values: { dma_attr_flags: flags },
  });
}

function freeHandle(_dip: DevInfo, rdip: DevInfo, handle: DmaHandle): void {
  handle.freed = true;
  reportUnread(handle, 'ddi_dma_free_handle');
  if (rdip.fm?.handles.delete(handle) === false) rdip.fm.stats.fm_cache_miss++;
  rdip.machine.budget.give('dma handles');
  if (!rdip.machine.live.remove(handle)) throw new ModelBug('freehdl: the handle was not alive');
  rdip.lists.released('dvma');
}

/** The flags a handle keeps: direction, red zone, PARTIAL, CONSISTENT (DMP_DDIFLAGS). */
const keptFlags = 0x1f;

function bindHandle(
  _dip: DevInfo,
  rdip: DevInfo,
  handle: DmaHandle,
  request: BindRequest,
): BindAnswer {
  const { rules } = rdip.machine;
  if (handle.binding !== null) {
    // ddi_dma_addr_bind_handle(9F) RV-4: one transaction at a time, and the first is left alone.
    if (!rules.has('bind-inuse-unchecked')) {
      if (rules.has('inuse-overwrites-flags')) handle.binding.flags = request.flags & keptFlags;
      const message = 'the handle is bound already; unbind it first';
      return { name: 'DDI_DMA_INUSE', group: 'RV-4', message, values: {} };
    }
    leakBounce(rdip, handle.binding.bounce);
    rdip.machine.budget.give('bindings');
    handle.unbound();
  }
  const bound = bindObject(handle, request);
  if (!(bound instanceof Binding)) {
    handle.table.clear();
    if (rules.has('unbind-clears-fault')) forgetFault(handle, 'ddi_dma_addr_bind_handle');
    return bound;
  }
  // ddi_check_acc_handle(9F) DS-6, DS-10: a fault is remembered until the handle is bound again.
  if (!rules.has('unbind-clears-fault')) forgetFault(handle, 'ddi_dma_addr_bind_handle');
  handle.shows(bound);
  return bound.partial ? 1 : 0;
}

function unbindHandle(_dip: DevInfo, rdip: DevInfo, handle: DmaHandle): void {
  handle.binding?.leave();
  handle.binding?.release();
  if (handle.binding !== null) rdip.machine.budget.give('bindings');
  handle.unbound();
  if (rdip.machine.rules.has('unbind-clears-fault')) forgetFault(handle, 'ddi_dma_unbind_handle');
  rdip.lists.released('dvma');
}

function forgetFault(handle: DmaHandle, call: string): void {
  reportUnread(handle, call);
  handle.faults.forget();
}

function selectWindow(_dip: DevInfo, _rdip: DevInfo, handle: DmaHandle, index: number): boolean {
  const { binding } = handle;
  if (binding?.plan == null || index >= binding.plan.windows.length) return false;
  binding.activate(index);
  handle.shows(binding);
  return true;
}

function flushRange(
  _dip: DevInfo,
  rdip: DevInfo,
  handle: DmaHandle,
  off: number,
  len: number,
  type: number,
): boolean {
  const { binding } = handle;
  if (binding === null) return true;
  const { rules } = rdip.machine;
  return rules.has('sync-by-window')
    ? flushByKernel(binding, off, len, type, rules.has('sync-range-unchecked'))
    : flushByContract(handle, binding, off, len, type);
}

/** The part of the range inside the current window moves; the rest is somebody's mistake. */
function flushByContract(
  handle: DmaHandle,
  binding: Binding,
  off: number,
  len: number,
  type: number,
): boolean {
  const { machine } = handle.rdip;
  const window = binding.window;
  const from = Math.max(off, window?.offset ?? 0);
  const to = Math.min(off + len, window === null ? Infinity : window.offset + window.size);
  if (from < to) binding.move(from, to - from, type === DDI_DMA_SYNC_FORDEV);
  if (window !== null && (off < window.offset || off + len > window.offset + window.size)) {
    machine.report({
      rule: 'WINDOW_NOT_ACTIVE',
      clause: 'ddi_dma_getwin.9f/DS-1',
      message: `bytes ${off} to ${off + len} are not all in the current window, ${binding.current}`,
      call: 'ddi_dma_sync',
      values: { offset: off, length: len, win: binding.current },
    });
  }
  return true;
}

/** Zeroes mean the window, and a DEBUG kernel checks against it. */
function flushByKernel(
  binding: Binding,
  off: number,
  len: number,
  type: number,
  unchecked: boolean,
): boolean {
  const { window } = binding;
  if (window?.dosync !== true) return true;
  const from = off === 0 ? window.offset : off;
  const size = len === 0 ? window.size : len;
  if (!unchecked) {
    const inside = from >= window.offset && from - window.offset + size <= window.size;
    const needed = type === DDI_DMA_SYNC_FORDEV ? DDI_DMA_WRITE : DDI_DMA_READ;
    const known = type === 0 || type === 1 || type === 2;
    if (!inside || !known || (binding.flags & needed) === 0) return false;
  }
  // Past the end of the object the page map of the kernel is overrun; the model stops at its end.
  const most = Math.max(0, Math.min(size, binding.object.len - from));
  binding.move(from, most, type === DDI_DMA_SYNC_FORDEV);
  return true;
}
