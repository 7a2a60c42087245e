/** Checks of ddi_fm_handler_register(9F) and ddi_fm_handler_unregister(9F). */
import { MUTEX_DRIVER } from '../../sys/constants.js';
import { DDI_FM_NONFATAL, DDI_FM_OK } from '../../sys/constants-fm.js';
import { clause, type ClauseCheck } from '../clause.js';
import {
  allCapabilities,
  declared,
  dmaFails,
  handlerArg,
  watched,
  watchedBinding,
} from '../faulty.js';
import { contexts, misuse } from '../stock.js';
import { same, that } from '../that.js';

const page = 'ddi_fm_handler_register.9f';

/** The checks. */
export const fmHandlerChecks: readonly ClauseCheck[] = [
  clause(`${page}/DS-1`, { cases: ['acc', 'dma'] }, async (sut, kase) => {
    const driver = await declared(sut);
    if (kase === 'acc') {
      const { handle, addr } = watched(sut);
      sut.faults.breakRegister(1, 0);
      sut.ddi.ddi_get32(handle, addr);
      that(driver.calls[0]?.error.fme_acc_handle === handle, 'the handler is told the handle');
    } else {
      const { handle, address } = watchedBinding(sut);
      await dmaFails(sut, address);
      that(driver.calls[0]?.error.fme_dma_handle === handle, 'the handler is told the handle');
    }
    same(driver.calls.length, 1, 'calls of the handler');
    const [call] = driver.calls;
    that(call?.dip === sut.dip(), 'the handler is told the device');
    same(call.arg, handlerArg, 'the last argument');
    same(call.error.fme_status, DDI_FM_NONFATAL, 'the status it is told');
  }),
  clause(`${page}/CX-1`, { cases: contexts }, async (sut, kase) => {
    const driver = await declared(sut);
    const { handle, addr } = watched(sut);
    sut.faults.breakRegister(1, 0);
    const where = contexts.find((c) => c === kase) ?? 'user';
    await sut.within(where, () => sut.ddi.ddi_get32(handle, addr));
    const binding = watchedBinding(sut);
    await dmaFails(sut, binding.address);
    same(driver.calls.length, 2, 'calls of the handler');
    const seen = driver.calls.map((c) => c.where);
    that(
      !seen.includes('user'),
      `the handler runs in kernel or interrupt context (${seen.join()})`,
    );
  }),
  clause(`${page}/LK-1`, {}, async (sut) => {
    const dip = sut.dip();
    let taken = 0;
    await sut.inEntryPoint('attach', dip, () => {
      sut.ddi.ddi_fm_init(dip, allCapabilities);
      const mutex = sut.kernel.mutex_init('errors', MUTEX_DRIVER, null);
      const handler = (): number => {
        taken += sut.ddi.mutex_tryenter(mutex);
        sut.ddi.mutex_exit(mutex);
        return DDI_FM_OK;
      };
      sut.ddi.ddi_fm_handler_register(dip, handler, null);
    });
    const { handle, addr } = watched(sut);
    sut.faults.breakRegister(1, 0);
    const clauses = [`${page}/LK-1`, 'mutex.9f/IN-1'];
    await misuse(sut, 'a lock of the handler without its cookie', clauses, () =>
      sut.ddi.ddi_get32(handle, addr),
    );
    same(taken, 1, 'how often the handler took the lock');
  }),
  clause(`${page}/LK-2`, { cases: ['get', 'put'] }, async (sut, kase) => {
    const dip = sut.dip();
    const { handle, addr } = watched(sut);
    let { ibc } = { ibc: null as unknown };
    await sut.inEntryPoint('attach', dip, () => {
      ({ ibc } = sut.ddi.ddi_fm_init(dip, allCapabilities));
    });
    const other = sut.kernel.mutex_init('other', MUTEX_DRIVER, null);
    await sut.ddi.mutex_enter(other);
    sut.ddi.ddi_get32(handle, addr);
    sut.ddi.mutex_exit(other);
    same(sut.findings().length, 0, 'complaints about a lock of no error handler');
    const mutex = sut.kernel.mutex_init('errors', MUTEX_DRIVER, ibc);
    await sut.ddi.mutex_enter(mutex);
    await misuse(sut, 'register access with the lock of the handler', [`${page}/LK-2`], () => {
      if (kase === 'get') sut.ddi.ddi_get32(handle, addr);
      else sut.ddi.ddi_put32(handle, addr, 1);
    });
    sut.ddi.mutex_exit(mutex);
  }),
  clause(`${page}/UR-1`, {}, async (sut) => {
    const driver = await declared(sut);
    const { handle, addr } = watched(sut);
    sut.faults.breakRegister(1, 0);
    sut.ddi.ddi_get32(handle, addr);
    same(driver.calls.length, 1, 'calls while it is registered');
    sut.ddi.ddi_fm_acc_err_clear(handle, 1);
    await sut.inEntryPoint('detach', sut.dip(), () => {
      sut.ddi.ddi_fm_handler_unregister(sut.dip());
    });
    sut.ddi.ddi_get32(handle, addr);
    same(driver.calls.length, 1, 'calls after it was taken away');
  }),
  clause(`${page}/CX-2`, { cases: ['register', 'unregister'] }, async (sut, kase) => {
    const driver = await declared(sut);
    const { handle, addr } = watched(sut);
    sut.faults.breakRegister(1, 0);
    sut.ddi.ddi_get32(handle, addr);
    same(driver.calls.length, 1, 'calls of a handler that was registered in attach(9E)');
    await misuse(sut, `${kase} outside of attach and detach`, [`${page}/CX-2`], () => {
      if (kase === 'unregister') sut.ddi.ddi_fm_handler_unregister(sut.dip());
      else sut.ddi.ddi_fm_handler_register(sut.dip(), () => DDI_FM_OK, null);
    });
  }),
];
