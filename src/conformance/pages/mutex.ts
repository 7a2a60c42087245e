/** Checks of mutex(9F). */
import { DDI_DMA_SLEEP, MUTEX_DRIVER } from '../../sys/constants.js';
import { clause, type ClauseCheck } from '../clause.js';
import { misuse, wideAttr } from '../stock.js';
import type { Sut } from '../sut.js';
import { good, same, that } from '../that.js';

/** A mutex as a driver makes it. */
function newMutex(sut: Sut) {
  return sut.kernel.mutex_init('check', MUTEX_DRIVER, null);
}

/** A mutex that interrupt handlers may take. */
function handlersMutex(sut: Sut) {
  const cookie = good(sut.ddi.ddi_get_iblock_cookie(sut.dip(), 0), 'ddi_get_iblock_cookie');
  return sut.kernel.mutex_init('check', MUTEX_DRIVER, cookie.iblock_cookie);
}

/** Two mutexes, taken and given up in an order of their numbers. */
async function nested(
  sut: Sut,
  locks: readonly ReturnType<typeof newMutex>[],
  entry: readonly number[],
  exit: readonly number[],
): Promise<void> {
  const nth = (i: number): ReturnType<typeof newMutex> => {
    const lock = locks[i];
    that(lock !== undefined, 'there is such a mutex');
    return lock;
  };
  for (const i of entry) await sut.ddi.mutex_enter(nth(i));
  for (const i of exit) sut.ddi.mutex_exit(nth(i));
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
  clause('mutex.9f/DS-2', {}, async (sut) => {
    const locks = [newMutex(sut), newMutex(sut)];
    await nested(sut, locks, [0, 1], [1, 0]);
    same(sut.findings().length, 0, 'findings about exits in reverse order');
    await misuse(sut, 'an exit in order of entry', ['mutex.9f/DS-2'], () =>
      nested(sut, locks, [0, 1], [0, 1]),
    );
  }),
  clause('mutex.9f/IN-1', {}, async (sut) => {
    const locks = [handlersMutex(sut), newMutex(sut)];
    await sut.within('interrupt', () => nested(sut, locks, [0], [0]));
    same(sut.findings().length, 0, 'findings about a mutex with a cookie in interrupt context');
    await misuse(sut, 'a mutex without a cookie in interrupt context', ['mutex.9f/IN-1'], () =>
      sut.within('interrupt', () => nested(sut, locks, [1], [1])),
    );
  }),
  clause('mutex.9f/NT-1', {}, async (sut) => {
    const allocate = async (): Promise<void> => {
      const slept = await sut.ddi.ddi_dma_alloc_handle(sut.dip(), wideAttr, DDI_DMA_SLEEP);
      good(slept, 'ddi_dma_alloc_handle');
    };
    await allocate();
    same(sut.findings().length, 0, 'findings about sleeping with no mutex held');
    const lock = handlersMutex(sut);
    await misuse(sut, 'DDI_DMA_SLEEP with a mutex held', ['mutex.9f/NT-1'], async () => {
      await sut.ddi.mutex_enter(lock);
      await allocate();
      sut.ddi.mutex_exit(lock);
    });
  }),
  clause('mutex.9f/NT-4', { cases: ['two', 'three'] }, async (sut, kase) => {
    const locks = [newMutex(sut), newMutex(sut), newMutex(sut)];
    const last = kase === 'two' ? 1 : 2;
    for (let i = 0; i < last; i++) await nested(sut, locks, [i, i + 1], [i + 1, i]);
    await nested(sut, locks, [0, last], [last, 0]);
    same(sut.findings().length, 0, 'findings about one order');
    // Nobody is stuck, for there is one thread; there could be two.
    await misuse(sut, 'the other order', ['mutex.9f/NT-4'], () =>
      nested(sut, locks, [last, 0], [0, last]),
    );
  }),
];
