/** What the calls of the ddi_intr_* families have in common. */
import { IntrHandle } from '../nexus/intr.js';
import type { IntrState, NodeInterrupts } from '../nexus/intr.js';
import type { Owner } from '../nexus/owner.js';
import type { DevInfo } from '../nexus/tree.js';
import { ddiError, Panic, type DdiError } from '../sys/errors.js';
import { showValue } from '../sys/result.js';
import type { ddi_intr_handle_t } from '../sys/types.js';

/** `DDI_EINVAL`, which every call of these families has. */
export type Einval = DdiError<'DDI_EINVAL'>;

/**
 * The interrupt handle behind `h`, or why there is none to work with.
 *
 * @param call - the call
 * @param page - its page, with the section
 * @param h - what the driver gave
 */
export function enterIntr(
  call: string,
  page: string,
  h: ddi_intr_handle_t | null,
): IntrHandle | Einval {
  if (h === null) return einval(call, `${page}/RV-1`, 'h is NULL', { h });
  if (!(h instanceof IntrHandle)) {
    throw new Panic(`${call}: h must come from ddi_intr_alloc(9F); ${showValue(h)} does not`);
  }
  const { machine } = h.rdip;
  machine.sched.enter();
  machine.trace.note(call, h.id);
  if (machine.trace.observers !== null) {
    machine.trace.emit({ kind: 'call', name: call, args: [h.id] });
  }
  if (!h.freed) return h;
  const message = `the interrupt handle ${h.id} was freed`;
  // ddi_intr_alloc(9F) FR-1: freed, a handle is not to be used in any call.
  const clause = 'ddi_intr_alloc.9f/FR-1';
  machine.report({ rule: 'USE_AFTER_FREE', clause, message, call, values: { h: h.id } });
  return einval(call, clause, message, { h: h.id });
}

/** Builds `DDI_EINVAL`. */
export function einval(call: string, clause: string, message: string, values: object): Einval {
  return ddiError('DDI_EINVAL', call, clause, message, { ...values });
}

/**
 * Refuses a call that a handle is not ready for: a finding, and `DDI_EINVAL`.
 *
 * @param clause - the clause that gives the order
 * @param wanted - the state the call is for
 */
export function outOfOrder(
  call: string,
  h: IntrHandle,
  clause: string,
  wanted: IntrState,
): Einval | null {
  if (h.state === wanted) return null;
  const which = `interrupt ${h.type} ${h.inum}`;
  const message = `${which} is ${h.state}; the call is for one that is ${wanted}`;
  const values = { state: h.state, wanted };
  h.rdip.machine.report({ rule: 'INTR_ORDER', clause, message, call, values });
  return einval(call, clause, message, values);
}

/** Reports a call in interrupt context whose page allows kernel context and no other. */
export function notInInterrupt(dip: Owner, call: string, clause: string): void {
  const { current } = dip.machine.sched;
  if (current.kind !== 'interrupt') return;
  dip.machine.report({
    rule: 'CONTEXT',
    clause,
    message: 'called in interrupt context; the page allows kernel context, outside interrupts',
    call,
    values: { level: current.level },
  });
}

/** The interrupts of a node; `null` when it has no device. */
export function interruptsOf(dip: DevInfo): NodeInterrupts | null {
  return dip.hardware === null ? null : dip.hardware.interrupts;
}
