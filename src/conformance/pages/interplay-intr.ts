/** Checks of what several pages say together of interrupts. */
import { MUTEX_DRIVER } from '../../sys/constants.js';
import { clause, type ClauseCheck } from '../clause.js';
import { counter, interrupt, intrTypes, oneIntr } from '../stock-intr.js';
import type { Sut } from '../sut.js';
import { good, same } from '../that.js';

/** The steps of an interrupt after it was allocated, in their order. */
const steps = ['add_handler', 'enable', 'disable', 'remove_handler', 'free'] as const;
type Step = (typeof steps)[number];

/** How many steps have been taken before each; the same state is reached again on the way back. */
const before: Readonly<Record<Step, number>> = {
  add_handler: 0,
  enable: 1,
  disable: 2,
  remove_handler: 1,
  free: 0,
};

/** An interrupt, its handler, and its steps by name. */
function sequence(sut: Sut, type: number | undefined) {
  const h = oneIntr(sut, type);
  const it = counter(sut);
  const { ddi } = sut;
  const take: Readonly<Record<Step, () => PromiseLike<boolean> | boolean>> = {
    add_handler: () => ddi.ddi_intr_add_handler(h, it.handler, null, null).isOk(),
    enable: () => ddi.ddi_intr_enable(h).isOk(),
    disable: async () => (await ddi.ddi_intr_disable(h)).isOk(),
    remove_handler: () => ddi.ddi_intr_remove_handler(h).isOk(),
    free: () => ddi.ddi_intr_free(h).isOk(),
  };
  return { h, it, take };
}

/** The checks. */
export const intrInterplayChecks: readonly ClauseCheck[] = [
  clause('interplay/AX-12', { cases: ['fixed', 'msix'] }, async (sut, kase) => {
    const live = sut.live();
    const { h, it, take } = sequence(sut, intrTypes[kase]);
    const { pri } = good(sut.ddi.ddi_intr_get_pri(h), 'ddi_intr_get_pri');
    const cookie = sut.ddi.DDI_INTR_PRI(pri);
    const lock = sut.kernel.mutex_init('of the handler', MUTEX_DRIVER, cookie);
    let state = 0;
    for (const step of steps) {
      for (const wrong of steps) {
        if (before[wrong] === state) continue;
        const tried = await sut.attempt(() => take[wrong]());
        same(tried.value, false, `${wrong} where ${step} is due`);
      }
      const found = sut.findings().length;
      same(await take[step](), true, `${step} in its turn`);
      same(sut.findings().length, found, `findings of ${step}`);
      state += step === 'add_handler' || step === 'enable' ? 1 : -1;
      if (step !== 'enable') continue;
      interrupt(sut);
      await sut.settle();
      same(it.calls, 1, 'calls of the handler');
    }
    sut.ddi.mutex_destroy(lock);
    same(sut.live(), live, 'objects alive after ddi_intr_free');
  }),
];
