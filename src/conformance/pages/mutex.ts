/** Checks of mutex(9F). Lock order and what may be held across a call: see pending.ts. */
import { MUTEX_DRIVER } from '../../sys/constants.js';
import { clause, type ClauseCheck } from '../clause.js';
import { misuse } from '../stock.js';
import type { Sut } from '../sut.js';
import { same, that } from '../that.js';

/** A mutex as a driver makes it. */
function newMutex(sut: Sut) {
  return sut.kernel.mutex_init('check', MUTEX_DRIVER, null);
}

/** The checks. */
export const mutexChecks: readonly ClauseCheck[] = [
  clause('mutex.9f/DS-1', { cases: ['two threads', 'one twice'] }, async (sut, kase) => {
    const lock = newMutex(sut);
    await sut.ddi.mutex_enter(lock);
    if (kase === 'one twice') {
      const attempt = await sut.attempt(async () => {
        await sut.ddi.mutex_enter(lock);
      });
      that(attempt.panic !== undefined, 'entering a mutex one owns panics');
      return;
    }
    let inside = false;
    const done = sut.thread('other', async () => {
      await sut.ddi.mutex_enter(lock);
      inside = true;
      sut.ddi.mutex_exit(lock);
    });
    await sut.kernel.delay(2);
    same(inside, false, 'whether the other thread entered a held mutex');
    sut.ddi.mutex_exit(lock);
    await done;
    same(inside, true, 'whether it entered after the exit');
  }),
  clause('mutex.9f/TR-1', {}, async (sut) => {
    const lock = newMutex(sut);
    that(Number(sut.ddi.mutex_tryenter(lock)) !== 0, 'a free mutex is acquired');
    let answer: unknown = 'none yet';
    await sut.thread('other', () => {
      answer = Number(sut.ddi.mutex_tryenter(lock));
    });
    same(answer, 0, 'mutex_tryenter of a held mutex');
    sut.ddi.mutex_exit(lock);
    that(Number(sut.ddi.mutex_tryenter(lock)) !== 0, 'it is acquired again after the exit');
  }),
  clause('mutex.9f/NT-2', {}, async (sut) => {
    const lock = newMutex(sut);
    await sut.thread('tidy', async () => {
      await sut.ddi.mutex_enter(lock);
      sut.ddi.mutex_exit(lock);
    });
    same(sut.findings().length, 0, 'findings about a thread that exits its mutex');
    await misuse(sut, 'returning with a mutex held', ['mutex.9f/NT-2'], () =>
      sut.thread('careless', async () => {
        await sut.ddi.mutex_enter(lock);
      }),
    );
  }),
];
