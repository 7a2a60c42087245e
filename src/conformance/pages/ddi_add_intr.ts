/** Checks of ddi_add_intr(9F), ddi_remove_intr(9F) and ddi_get_iblock_cookie(9F). */
import { DDI_INTR_CLAIMED } from '../../sys/constants.js';
import { clause, type ClauseCheck } from '../clause.js';
import type { Sut } from '../sut.js';
import { bad, good, same, that } from '../that.js';

/** A handler on interrupt 0 that quiets the device and counts. */
function counted(sut: Sut): { calls: number; readonly handler: () => number } {
  const counter = {
    calls: 0,
    handler: () => {
      counter.calls++;
      sut.device.lower();
      return DDI_INTR_CLAIMED;
    },
  };
  return counter;
}

/** The checks. */
export const addIntrChecks: readonly ClauseCheck[] = [
  clause('ddi_add_intr.9f/DS-1', { cases: ['pending', 'later'] }, async (sut, kase) => {
    const counter = counted(sut);
    if (kase === 'pending') sut.device.raise();
    good(sut.ddi.ddi_add_intr(sut.dip(), 0, counter.handler, null), 'ddi_add_intr');
    if (kase === 'later') sut.device.raise();
    await sut.settle();
    same(counter.calls, 1, 'calls of the handler with no further step to arm it');
  }),
  clause('ddi_add_intr.9f/RM-1', {}, async (sut) => {
    const counter = counted(sut);
    const added = good(sut.ddi.ddi_add_intr(sut.dip(), 0, counter.handler, null), 'ddi_add_intr');
    sut.device.raise();
    await sut.settle();
    same(counter.calls, 1, 'calls of the handler while it is added');
    await sut.ddi.ddi_remove_intr(sut.dip(), 0, added.iblock_cookie);
    sut.device.raise();
    await sut.settle();
    same(counter.calls, 1, 'calls of the handler after an interrupt that came when it was removed');
  }),
  clause('ddi_add_intr.9f/RV-1', {}, (sut) => {
    const { handler } = counted(sut);
    const before = sut.live().length;
    for (const inumber of [1, 7]) {
      const result = sut.ddi.ddi_add_intr(sut.dip(), inumber, handler, null);
      bad(
        result,
        ['DDI_INTR_NOTFOUND', 'DDI_FAILURE'],
        `interrupt ${inumber} of a device with one`,
      );
    }
    good(sut.ddi.ddi_add_intr(sut.dip(), 0, handler, null), 'interrupt 0');
    same(sut.live().length, before + 1, 'objects alive after one success and two failures');
    const cookie = good(sut.ddi.ddi_get_iblock_cookie(sut.dip(1), 0), 'ddi_get_iblock_cookie');
    that(cookie.iblock_cookie !== null, 'the cookie is filled in');
  }),
];
