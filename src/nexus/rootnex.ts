/**
 * The root nexus: where every question about DMA ends that no nexus below has answered.
 *
 * 1. A handle is made from attributes that pass the pages' rules (attr.ts).
 * 2. A bind turns an object into cookies (cookies.ts) and succeeds when they make one legal list.
 * 3. When they do not, bounce pages or windows could help; neither exists here yet, and the bind is
 *    refused with the code of the page.
 */
import {
  DDI_DMA_FLAGERR,
  DDI_DMA_FORCE_PHYSICAL,
  DDI_DMA_RELAXED_ORDERING,
} from '../sys/constants.js';
import { ModelBug } from '../sys/errors.js';
import type { ddi_dma_attr_t } from '../sys/types.js';
import { showValue } from '../sys/result.js';
import { checkAttr, isBadAttr } from './attr.js';
import { firstCrooked, walk } from './cookies.js';
import {
  type AllocRefusal,
  type BindAnswer,
  type BindRefusal,
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
  // Memory is coherent and nothing is bounced: there is nothing to move.
  flush: () => undefined,
};

function allocHandle(_dip: DevInfo, rdip: DevInfo, attr: ddi_dma_attr_t): DmaHandle | AllocRefusal {
  const { machine } = rdip;
  const checked = checkAttr(attr, (lo, hi) => machine.frames.any(lo, hi));
  if (!isBadAttr(checked)) {
    reportUnknownFlags(rdip, attr.dma_attr_flags);
    return new DmaHandle(rdip, checked);
  }
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
  if (!rdip.machine.live.remove(handle)) throw new ModelBug('freehdl: the handle was not alive');
}

function bindHandle(
  _dip: DevInfo,
  rdip: DevInfo,
  handle: DmaHandle,
  request: BindRequest,
): BindAnswer {
  // ddi_dma_addr_bind_handle(9F) RV-4: one transaction at a time, and the first is left alone.
  if (handle.object !== null) {
    const message = 'the handle is bound already; unbind it first';
    return { name: 'DDI_DMA_INUSE', group: 'RV-4', message, values: {} };
  }
  const { va, len } = request.object;
  const { limits, table } = handle;
  const { pages } = rdip.machine;
  if (!pages.mapped(va, len)) return unmapped(va, len);
  const out = walk(pages.pfn, va, len, limits, table);
  const refusal = out >= 0 ? unreachable(handle, out) : misfit(handle, va, len);
  if (refusal !== null) {
    table.count = 0;
    return refusal;
  }
  handle.bound(request.object, request.flags);
  return 0;
}

function unbindHandle(_dip: DevInfo, _rdip: DevInfo, handle: DmaHandle): void {
  handle.unbound();
}

function unmapped(va: number, len: number): BindRefusal {
  const message = `no memory is mapped at some byte of 0x${va.toString(16)}+${len}`;
  return { name: 'DDI_DMA_NOMAPPING', group: 'RV-6', message, values: { addr: va, len } };
}

/** The device cannot address a page of the object. */
function unreachable(handle: DmaHandle, va: number): BindRefusal {
  const pfn = handle.rdip.machine.pages.pfn[va >>> 12] ?? -1;
  const { dma_attr_addr_lo, dma_attr_addr_hi } = handle.limits.attr;
  const below = pfn < handle.limits.loFrame;
  return {
    name: 'DDI_DMA_NOMAPPING',
    group: 'RV-6',
    message: `memory at 0x${va.toString(16)} (page frame 0x${pfn.toString(16)}) is out of reach`,
    values: below ? { dma_attr_addr_lo } : { dma_attr_addr_hi },
  };
}

/** The cookies do not make one list the engine could work through. */
function misfit(handle: DmaHandle, va: number, len: number): BindRefusal | null {
  const { limits, table } = handle;
  if (table.count > limits.sgllen) {
    const message = `needs ${table.count} segments and the list has ${limits.sgllen} entries`;
    const values = { dma_attr_sgllen: limits.attr.dma_attr_sgllen };
    return { name: 'DDI_DMA_TOOBIG', group: 'RV-7', message, values };
  }
  if (len > limits.maxxfer) {
    const message = `${len} bytes exceed one transfer of ${limits.maxxfer}`;
    const values = { dma_attr_maxxfer: limits.attr.dma_attr_maxxfer };
    return { name: 'DDI_DMA_TOOBIG', group: 'RV-7', message, values };
  }
  const crooked = firstCrooked(va, limits, table);
  if (crooked >= 0) {
    const message = `the object is aligned, but its segment ${crooked} is not where it lies`;
    const values = { dma_attr_align: limits.attr.dma_attr_align };
    return { name: 'DDI_DMA_NOMAPPING', group: 'RV-6', message, values };
  }
  return null;
}
