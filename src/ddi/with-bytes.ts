/** Memory as bytes: what a driver dereferences a pointer for. Ours, not the DDI's. */
import type { AccHandle } from '../nexus/acc-handle.js';
import { DDI_NEVERSWAP_ACC } from '../sys/constants.js';
import { showValue } from '../sys/result.js';
import type { ddi_acc_handle_t } from '../sys/types.js';
import { enterAcc } from './enter.js';

const call = 'withBytes';

/**
 * Lets a function look at the bytes behind a handle, or change them.
 *
 * @param handle - from ddi_dma_mem_alloc(9F), with `DDI_NEVERSWAP_ACC`
 * @param off - first byte, from the start of the memory
 * @param len - bytes
 * @param mode - `'r'`: the function gets a copy; `'w'`: it gets the memory itself
 * @param fn - called at once; the bytes are its own until it returns
 * @returns what the function returned; `undefined` after a finding, and it was not called
 * @remarks User, kernel and interrupt context. A driver that swaps has no bytes: it goes through
 * ddi_get8(9F). The function must not wait.
 * @see ddi_dma_mem_alloc(9F)
 */
export function withBytes<T>(
  handle: ddi_acc_handle_t,
  off: number,
  len: number,
  mode: 'r' | 'w',
  fn: (bytes: Uint8Array) => T,
): T | undefined {
  const h = enterAcc(call, handle);
  const wrong = misuse(h, off, len, mode);
  if (wrong !== null) {
    const [rule, clause, message] = wrong;
    const values = { handle: h.id, off, len, mode };
    h.rdip.machine.report({ rule, clause, message, call, values });
    return undefined;
  }
  const { machine } = h.rdip;
  const from = h.start + off;
  machine.trace.note(call, h.id, off, len, mode === 'w' ? 1 : 0);
  // Memory that is not cached goes by the write buffers; a line that is named whole goes at once.
  if (len > 0) machine.view.access(mode === 'w' ? 'store' : 'load', from, len);
  const { bytes } = machine.store;
  const answer = fn(
    mode === 'w' ? bytes.subarray(from, from + len) : bytes.slice(from, from + len),
  );
  if (machine.trace.observers !== null) {
    machine.trace.emit({ kind: 'return', name: call, outcome: mode });
  }
  if (typeof answer === 'object' && answer !== null && 'then' in answer) {
    machine.report({
      rule: 'BYTES_KEPT',
      clause: 'ddi_dma_mem_alloc.9f/WN-1',
      message: 'fn has not ended: the bytes are its own until it returns, and no longer',
      call,
      values: { handle: h.id },
    });
  }
  return answer;
}

/** What forbids the access: rule, clause, message. */
function misuse(
  h: AccHandle,
  off: number,
  len: number,
  mode: unknown,
): readonly [rule: string, clause: string, message: string] | null {
  if (h.freed) {
    return ['USE_AFTER_FREE', 'ddi_dma_mem_free.9f/DS-2', `the access handle ${h.id} was freed`];
  }
  const page = 'ddi_dma_mem_alloc.9f/WN-1';
  if (mode !== 'r' && mode !== 'w') {
    return ['BAD_ARGUMENT', page, `mode must be 'r' or 'w'; it is ${showValue(mode)}`];
  }
  if (h.target.kind !== 'memory') {
    return ['ACC_RANGE', page, 'the handle maps registers, and they are no bytes'];
  }
  if (h.attr.devacc_attr_endian_flags !== DDI_NEVERSWAP_ACC) {
    // ddi_dma_mem_alloc(9F) WN-2: in either order, only accessors may touch the memory.
    const clause = 'ddi_dma_mem_alloc.9f/WN-2';
    return ['BYTES_SWAPPED', clause, 'the handle swaps: its memory is reached by accessors alone'];
  }
  for (const [name, value] of Object.entries({ off, len })) {
    if (Number.isSafeInteger(value) && value >= 0) continue;
    return ['BAD_ARGUMENT', page, `${name} must be a number of bytes; it is ${showValue(value)}`];
  }
  if (off + len <= h.lenBytes) return null;
  return ['ACC_RANGE', page, `${off}+${len} is not inside ${h.lenBytes} bytes`];
}
