/** Checks of ddi_add_intr(9F), ddi_remove_intr(9F) and ddi_get_iblock_cookie(9F). */
import { DDI_INTR_CLAIMED, MUTEX_DRIVER } from '../../sys/constants.js';
import { clause, type ClauseCheck } from '../clause.js';
import { misuse } from '../stock.js';
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
  clause('ddi_add_intr.9f/DS-2', { cases: ['with the cookie', 'without'] }, async (sut, kase) => {
    const { iblock_cookie } = good(sut.ddi.ddi_get_iblock_cookie(sut.dip(), 0), 'the cookie');
    const cookie = kase === 'without' ? null : iblock_cookie;
    const lock = sut.kernel.mutex_init('check', MUTEX_DRIVER, cookie);
    let calls = 0;
    const handler = async (): Promise<number> => {
      await sut.ddi.mutex_enter(lock);
      calls++;
      sut.device.lower();
      sut.ddi.mutex_exit(lock);
      return DDI_INTR_CLAIMED;
    };
    const use = async (): Promise<void> => {
      good(sut.ddi.ddi_add_intr(sut.dip(), 0, handler, null), 'ddi_add_intr');
      sut.device.raise();
      await sut.settle();
      same(calls, 1, 'calls of the handler');
    };
    if (kase === 'without') {
      const clauses = ['ddi_add_intr.9f/DS-2', 'mutex.9f/IN-1'];
      await misuse(sut, 'a handler that takes a mutex without a cookie', clauses, use);
      return;
    }
    await use();
    same(sut.findings().length, 0, 'findings about a mutex with the cookie');
  }),
  clause('ddi_add_intr.9f/RM-2', {}, async (sut) => {
    const { handler } = counted(sut);
    const lives = async (): Promise<void> => {
      const added = good(sut.ddi.ddi_add_intr(sut.dip(), 0, handler, null), 'ddi_add_intr');
      await sut.ddi.ddi_remove_intr(sut.dip(), 0, added.iblock_cookie);
    };
    const { iblock_cookie } = good(sut.ddi.ddi_get_iblock_cookie(sut.dip(), 0), 'the cookie');
    const lock = sut.kernel.mutex_init('check', MUTEX_DRIVER, iblock_cookie);
    await lives();
    same(sut.findings().length, 0, 'findings about a removal with no mutex held');
    const what = 'ddi_remove_intr with a mutex held that handlers take';
    await misuse(sut, what, ['ddi_add_intr.9f/RM-2'], async () => {
      await sut.ddi.mutex_enter(lock);
      await lives();
      sut.ddi.mutex_exit(lock);
    });
  }),
  clause('ddi_add_intr.9f/NT-1', {}, async (sut) => {
    const { handler } = counted(sut);
    good(sut.ddi.ddi_get_iblock_cookie(sut.dip(), 0), 'ddi_get_iblock_cookie');
    good(sut.ddi.ddi_add_intr(sut.dip(), 0, handler, null), 'ddi_add_intr');
    same(sut.findings().length, 0, 'findings about the cookie before the handler');
    await misuse(sut, 'the cookie after the handler', ['ddi_add_intr.9f/NT-1'], () =>
      sut.ddi.ddi_get_iblock_cookie(sut.dip(), 0),
    );
  }),
];
