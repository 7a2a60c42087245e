/**
 * The way into the system: what every DDI call does before it does anything.
 *
 * 1. The handle is what it says, of the right kind and alive. A value that is no handle at all has
 *    no machine to report to, and a real system traps on it: a Panic. A freed handle has one: a
 *    finding, and the call does nothing.
 * 2. A machine that has panicked answers with the panic.
 * 3. The call is noted in the trace.
 */
import { AccHandle } from '../nexus/acc-handle.js';
import type { Owner } from '../nexus/owner.js';
import { DevInfo, DmaHandle } from '../nexus/tree.js';
import { Panic } from '../sys/errors.js';
import { showValue } from '../sys/result.js';
import type { ddi_acc_handle_t, ddi_dma_handle_t, dev_info_t } from '../sys/types.js';

/** The DMA handle behind `handle`, freed or not. */
export function enterDma(call: string, handle: ddi_dma_handle_t): DmaHandle {
  if (!(handle instanceof DmaHandle)) {
    throw new Panic(
      `${call}: handle must come from ddi_dma_alloc_handle(9F); ${showValue(handle)} does not`,
    );
  }
  const { machine } = handle.rdip;
  machine.sched.enter();
  machine.trace.note1(call, handle.id);
  if (machine.trace.observers !== null) {
    machine.trace.emit({ kind: 'call', name: call, args: [handle.id] });
  }
  return handle;
}

/**
 * Whether a DMA handle has been freed; reports it when it has.
 *
 * @param clause - the clause of the calling page that asks for a living handle
 */
export function goneDma(call: string, handle: DmaHandle, clause: string): boolean {
  if (!handle.freed) return false;
  handle.rdip.machine.report({
    rule: 'USE_AFTER_FREE',
    // ddi_dma_free_handle(9F) DS-2: any reference after the free has undefined results.
    clause,
    message: `the DMA handle ${handle.id} was freed`,
    call,
    values: { handle: handle.id },
  });
  return true;
}

/** The access handle behind `handle`, freed or not. */
export function enterAcc(call: string, handle: ddi_acc_handle_t): AccHandle {
  const h = accBehind(call, handle);
  const { machine } = h.rdip;
  machine.sched.enter();
  machine.trace.note1(call, h.id);
  if (machine.trace.observers !== null) {
    machine.trace.emit({ kind: 'call', name: call, args: [h.id] });
  }
  return h;
}

/** The same for a further handle of a call that has been noted. */
export function accBehind(call: string, handle: ddi_acc_handle_t): AccHandle {
  if (handle instanceof AccHandle) return handle;
  throw new Panic(
    `${call}: handle must come from ddi_dma_mem_alloc(9F) or ddi_regs_map_setup(9F); ` +
      `${showValue(handle)} does not`,
  );
}

/** The node behind `dip`. */
export function enterDip(call: string, dip: dev_info_t): DevInfo {
  if (!(dip instanceof DevInfo)) {
    throw new Panic(`${call}: dip must be a node of the device tree; ${showValue(dip)} is not`);
  }
  const { machine } = dip;
  machine.sched.enter();
  machine.trace.note(call);
  if (machine.trace.observers !== null) {
    machine.trace.emit({ kind: 'call', name: call, args: [dip.path] });
  }
  return dip;
}

/** Reports a value of the wrong kind; the call then fails as its page provides. */
export function reportBad(
  dip: Owner,
  call: string,
  clause: string,
  name: string,
  value: unknown,
  rule: string,
): void {
  dip.machine.report({
    rule: 'BAD_ARGUMENT',
    clause,
    message: `${name} ${rule}; it is ${showValue(value)}`,
    call,
    values: { [name]: value },
  });
}
