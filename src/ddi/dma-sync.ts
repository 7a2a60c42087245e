/** ddi_dma_sync(9F). */
import { err, ok, type Result } from 'neverthrow';
import type { DmaHandle } from '../nexus/tree.js';
import {
  DDI_DMA_RDWR,
  DDI_DMA_READ,
  DDI_DMA_SYNC_FORDEV,
  DDI_DMA_WRITE,
} from '../sys/constants.js';
import { ddiError, type DdiError } from '../sys/errors.js';
import type { ddi_dma_handle_t } from '../sys/types.js';
import { enterDma, goneDma, reportBad } from './enter.js';

const call = 'ddi_dma_sync';
const page = `${call}.9f`;

/**
 * Makes one side's view of a bound object agree with what the other side wrote.
 *
 * @param handle - a bound handle
 * @param offset - first byte, counted from the start of the object
 * @param length - bytes; 0 means to the end of the object
 * @param type - `DDI_DMA_SYNC_FORDEV`, `DDI_DMA_SYNC_FORCPU` or `DDI_DMA_SYNC_FORKERNEL`
 * @returns nothing; `DDI_FAILURE` when the range is not inside the object
 * @remarks User, kernel and interrupt context.
 * @see ddi_dma_sync(9F)
 */
export function ddi_dma_sync(
  handle: ddi_dma_handle_t,
  offset: number,
  length: number,
  type: number,
): Result<undefined, DdiError<'DDI_FAILURE'>> {
  const h = enterDma(call, handle);
  if (goneDma(call, h, `${page}/AR-1`)) return fail('AR-1', 'the handle was freed', {});
  const { binding, rdip } = h;
  const { rules } = rdip.machine;
  // The kernel asks nothing of a handle that has no bounce pages.
  if (rules.has('sync-unchecked') && binding?.bounce == null) return synchronised;
  if (binding === null) {
    rdip.machine.report({
      rule: 'SYNC_UNBOUND',
      clause: `${page}/IX-1`,
      message: `the DMA handle ${h.id} is not bound: there is no object to synchronise`,
      call,
      values: { handle: h.id },
    });
    return fail('RV-2', 'nothing is bound, so every range is outside', { offset, length });
  }
  if (!Number.isInteger(offset)) return noBytes(h, 'offset', offset, 'AR-2');
  if (!Number.isInteger(length)) return noBytes(h, 'length', length, 'AR-3');
  if (rules.has('sync-by-window')) return flush(h, offset, length, type);
  // 0, 1 and 2 are the three types (ddi_dma_sync(9F) AR-5).
  if (type !== 0 && type !== 1 && type !== 2) {
    rdip.machine.report({
      rule: 'SYNC_TYPE',
      clause: `${page}/AR-5`,
      message: `type ${String(type)} is none of FORDEV, FORCPU and FORKERNEL`,
      call,
      values: { type },
    });
    return fail('RV-2', 'the type says no direction', { type });
  }
  const { object } = binding;
  if (offset < 0 || length < 0 || offset >= object.len || offset + length > object.len) {
    const message = `bytes ${offset} to ${offset + length} are not inside the ${object.len} bound`;
    return fail('RV-2', message, { offset, length });
  }
  reportDirection(h, binding.flags, type);
  // ddi_dma_sync(9F) AR-4: no length means to the end of the object.
  return flush(h, offset, length === 0 ? object.len - offset : length, type);
}

type SyncResult = Result<undefined, DdiError<'DDI_FAILURE'>>;

/** The answer of every sync that did what it should: drivers synchronise for every packet. */
const synchronised: SyncResult = ok(undefined);

function fail(
  group: string,
  message: string,
  values: Readonly<Record<string, unknown>>,
): SyncResult {
  return err(ddiError('DDI_FAILURE', call, `${page}/${group}`, message, values));
}

function noBytes(h: DmaHandle, name: string, value: number, group: string): SyncResult {
  reportBad(h.rdip, call, `${page}/${group}`, name, value, 'must be an integer, in bytes');
  return fail('RV-2', `${name} is no number of bytes`, { [name]: value });
}

function flush(h: DmaHandle, offset: number, length: number, type: number): SyncResult {
  // ddi_dma_mem_alloc(9F) FL-11: what was combined may come out of order, up to here.
  h.rdip.machine.view.drain();
  const nexus = h.rdip.nexusFor('flush');
  const done = nexus.dmaOps?.flush?.(nexus, h.rdip, h, offset, length, type) ?? true;
  if (done) return synchronised;
  return fail('RV-2', 'the range is not inside the window', { offset, length, type });
}

/** A sync against the direction of the bind moves nothing anybody wrote. */
function reportDirection(h: DmaHandle, flags: number, type: number): void {
  const given = flags & DDI_DMA_RDWR;
  const needed = type === DDI_DMA_SYNC_FORDEV ? DDI_DMA_WRITE : DDI_DMA_READ;
  if (given === 0 || (given & needed) !== 0) return;
  h.rdip.machine.report({
    rule: 'SYNC_DIRECTION',
    clause: `${page}/${type === DDI_DMA_SYNC_FORDEV ? 'FL-2' : 'FL-4'}`,
    message: 'the object was bound for the other direction only',
    call,
    values: { type, flags },
  });
}
