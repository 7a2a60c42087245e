/** Checks of condvar(9F). */
import { MUTEX_DRIVER } from '../../sys/constants.js';
import { clause, type ClauseCheck } from '../clause.js';
import { misuse } from '../stock.js';
import type { Sut } from '../sut.js';
import { same, that } from '../that.js';

/** A mutex and a condition variable as a driver makes them. */
function newPair(sut: Sut) {
  const lock = sut.kernel.mutex_init('check', MUTEX_DRIVER, null);
  return { lock, cv: sut.kernel.cv_init('check') };
}

/** Threads that wait on one condition variable, and how many have been woken. */
function waiters(sut: Sut, count: number) {
  const { lock, cv } = newPair(sut);
  const state = { woken: 0, owned: 0 };
  const done = Array.from({ length: count }, (_, i) =>
    sut.thread(`waiter ${i}`, async () => {
      await sut.ddi.mutex_enter(lock);
      await sut.ddi.cv_wait(cv, lock);
      state.woken++;
      if (sut.ddi.mutex_owned(lock)) state.owned++;
      sut.ddi.mutex_exit(lock);
    }),
  );
  return { lock, cv, state, done };
}

/** The checks. */
export const condvarChecks: readonly ClauseCheck[] = [
  clause('condvar.9f/WT-1', {}, async (sut) => {
    const { lock, cv, state, done } = waiters(sut, 1);
    await sut.kernel.delay(1);
    // The waiter gave the mutex up: this thread can have it at once.
    that(Number(sut.ddi.mutex_tryenter(lock)) !== 0, 'a waiting thread does not hold the mutex');
    sut.ddi.cv_signal(cv);
    await sut.kernel.delay(1);
    same(state.woken, 0, 'waiters back while another holds the mutex');
    sut.ddi.mutex_exit(lock);
    await done[0];
    same(state, { woken: 1, owned: 1 }, 'waiters back, and how many of them owned the mutex');
  }),
  clause('condvar.9f/SG-1', { cases: ['signal', 'broadcast'] }, async (sut, kase) => {
    const { cv, state, done } = waiters(sut, 3);
    await sut.kernel.delay(1);
    if (kase === 'signal') sut.ddi.cv_signal(cv);
    else sut.ddi.cv_broadcast(cv);
    await sut.kernel.delay(1);
    same(state.woken, kase === 'signal' ? 1 : 3, `waiters woken by one ${kase} of three`);
    sut.ddi.cv_broadcast(cv);
    for (const one of done) await one;
  }),
  clause('condvar.9f/TW-1', { cases: ['timeout', 'wakeup'] }, async (sut, kase) => {
    const { lock, cv } = newPair(sut);
    let absolute = 0;
    let relative = 0;
    const done = sut.thread('waiter', async () => {
      await sut.ddi.mutex_enter(lock);
      absolute = await sut.ddi.cv_timedwait(cv, lock, sut.kernel.ddi_get_lbolt() + 10);
      relative = await sut.ddi.cv_reltimedwait(cv, lock, 10);
      sut.ddi.mutex_exit(lock);
    });
    for (let i = 0; i < 2; i++) {
      await sut.kernel.delay(2);
      if (kase === 'wakeup') sut.ddi.cv_signal(cv);
    }
    await done;
    if (kase === 'timeout') same([absolute, relative], [-1, -1], 'both variants after the time');
    else
      that(absolute > 0 && relative > 0, `both variants after a wakeup: ${absolute}, ${relative}`);
  }),
  clause('condvar.9f/CX-1', {}, async (sut) => {
    const { lock, cv } = newPair(sut);
    await misuse(sut, 'cv_reltimedwait in interrupt context', ['condvar.9f/CX-1'], () =>
      sut.within('interrupt', async () => {
        await sut.ddi.mutex_enter(lock);
        await sut.ddi.cv_reltimedwait(cv, lock, 1);
        sut.ddi.mutex_exit(lock);
      }),
    );
  }),
];
