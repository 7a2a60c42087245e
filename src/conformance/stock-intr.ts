/** What the checks of interrupts share. The probe device has a line, four MSI and eight MSI-X. */
import { DDI_INTR_CLAIMED } from '../sys/constants.js';
import {
  DDI_INTR_ALLOC_STRICT,
  DDI_INTR_TYPE_FIXED,
  DDI_INTR_TYPE_MSI,
  DDI_INTR_TYPE_MSIX,
} from '../sys/constants-intr.js';
import type { ddi_intr_handle_t } from '../sys/types.js';
import { clause, type ClauseCheck } from './clause.js';
import { misuse } from './stock.js';
import type { Sut } from './sut.js';
import { good, same, that } from './that.js';

/** The types by their names in the titles of cases. */
export const intrTypes: Readonly<Record<string, number>> = {
  fixed: DDI_INTR_TYPE_FIXED,
  msi: DDI_INTR_TYPE_MSI,
  msix: DDI_INTR_TYPE_MSIX,
};

/** How many interrupts of each type the probe device has. */
export const intrCounts: Readonly<Record<string, number>> = { fixed: 1, msi: 4, msix: 8 };

/** Allocated interrupts; a kernel puts them behind `inum` empty places. */
export function allocIntr(sut: Sut, type: number, count: number): readonly ddi_intr_handle_t[] {
  const { ddi_intr_alloc } = sut.ddi;
  const alloc = ddi_intr_alloc(sut.dip(), type, 0, count, DDI_INTR_ALLOC_STRICT);
  const { h_array, actual } = good(alloc, `ddi_intr_alloc of ${count} of type ${type}`);
  same(actual, count, 'the number of interrupts allocated');
  return h_array;
}

/** One allocated interrupt. */
export function oneIntr(sut: Sut, type: number = DDI_INTR_TYPE_MSIX): ddi_intr_handle_t {
  const [h] = allocIntr(sut, type, 1);
  that(h !== undefined, 'there is a handle');
  return h;
}

/** A handler that counts its calls and quiets the device. */
export interface Counter {
  calls: number;
  /** The arguments of each call. */
  readonly args: (readonly unknown[])[];
  readonly handler: (arg1: unknown, arg2: unknown) => number;
}

/** Makes one. */
export function counter(sut: Sut): Counter {
  const it: Counter = {
    calls: 0,
    args: [],
    handler: (...args) => {
      it.calls++;
      it.args.push(args);
      sut.device.lower();
      return DDI_INTR_CLAIMED;
    },
  };
  return it;
}

/** An interrupt with a handler. */
export function addedIntr(
  sut: Sut,
  type: number = DDI_INTR_TYPE_MSIX,
): { readonly h: ddi_intr_handle_t; readonly it: Counter } {
  const h = oneIntr(sut, type);
  const it = counter(sut);
  good(sut.ddi.ddi_intr_add_handler(h, it.handler, 'one', 'two'), 'ddi_intr_add_handler');
  return { h, it };
}

/** An enabled interrupt. */
export function enabledIntr(
  sut: Sut,
  type: number = DDI_INTR_TYPE_MSIX,
): { readonly h: ddi_intr_handle_t; readonly it: Counter } {
  const added = addedIntr(sut, type);
  good(sut.ddi.ddi_intr_enable(added.h), 'ddi_intr_enable');
  return added;
}

/** Lets the device ask for its first interrupt, by the line or a message. */
export function interrupt(sut: Sut): void {
  if (!sut.device.message(0)) sut.device.raise();
}

/**
 * A check that a call is for user and kernel context: fine there, and reported in an interrupt.
 *
 * @param id - the clause
 * @param call - prepares, and returns the call
 */
export function notInInterrupts(id: string, call: (sut: Sut) => () => unknown): ClauseCheck {
  return clause(id, { cases: ['kernel', 'interrupt'] }, async (sut, kase) => {
    const act = call(sut);
    if (kase === 'interrupt') {
      await misuse(sut, 'the call in interrupt context', [id], () => sut.within('interrupt', act));
      return;
    }
    const before = sut.findings().length;
    const answer = await sut.within('kernel', act);
    that(Object(answer) === answer, 'the call answers in kernel context');
    same(sut.findings().length, before, 'findings about the call in kernel context');
  });
}
