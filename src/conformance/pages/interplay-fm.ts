/** Checks of what several pages say together of faults. */
import { DDI_FAILURE, DDI_SUCCESS, MUTEX_DRIVER } from '../../sys/constants.js';
import { DDI_FM_NONFATAL, DDI_FM_OK } from '../../sys/constants-fm.js';
import { clause, type ClauseCheck } from '../clause.js';
import { allCapabilities, declared, dmaFails, rebind, watched, watchedBinding } from '../faulty.js';
import { misuse } from '../stock.js';
import { good, same, that } from '../that.js';

/** The checks. */
export const fmInterplayChecks: readonly ClauseCheck[] = [
  clause('interplay/IP-15', {}, async (sut) => {
    await declared(sut);
    const binding = watchedBinding(sut);
    await dmaFails(sut, binding.address);
    same(sut.ddi.ddi_fm_dma_err_get(binding.handle, 1).fme_status, DDI_FM_NONFATAL, 'bound');
    good(sut.ddi.ddi_dma_unbind_handle(binding.handle), 'unbind');
    same(sut.ddi.ddi_check_dma_handle(binding.handle), DDI_FAILURE, 'a check after unbind');
    rebind(sut, binding);
    same(sut.ddi.ddi_check_dma_handle(binding.handle), DDI_SUCCESS, 'a check after bind');
    same(sut.ddi.ddi_fm_dma_err_get(binding.handle, 1).fme_status, DDI_FM_OK, 'and the error');
  }),
  clause('interplay/IP-16', { cases: ['acc', 'dma', 'freed'] }, async (sut, kase) => {
    await declared(sut);
    await misuse(sut, 'an error nobody asked about', ['interplay/IP-16'], async () => {
      if (kase === 'acc') {
        const { handle, addr } = watched(sut);
        sut.faults.breakRegister(1, 0);
        sut.ddi.ddi_get32(handle, addr);
        sut.ddi.ddi_regs_map_free(handle);
        return;
      }
      const binding = watchedBinding(sut);
      await dmaFails(sut, binding.address);
      good(sut.ddi.ddi_dma_unbind_handle(binding.handle), 'unbind');
      if (kase === 'dma') rebind(sut, binding);
      else sut.ddi.ddi_dma_free_handle(binding.handle);
    });
  }),
  clause('interplay/AX-11', { cases: ['init', 'fini'] }, async (sut, kase) => {
    const early = watched(sut);
    await declared(sut);
    const late = watched(sut);
    if (kase === 'fini') {
      await misuse(sut, 'ddi_fm_fini before the handles', ['interplay/AX-11'], () =>
        sut.inEntryPoint('detach', sut.dip(), () => {
          sut.ddi.ddi_fm_fini(sut.dip());
        }),
      );
      return;
    }
    sut.faults.breakRegister(1, 0);
    sut.ddi.ddi_get32(late.handle, late.addr);
    const { fme_status } = sut.ddi.ddi_fm_acc_err_get(late.handle, 1);
    same(fme_status, DDI_FM_NONFATAL, 'an error of a handle that was made after ddi_fm_init');
    const attempt = await sut.attempt(() => sut.ddi.ddi_get32(early.handle, early.addr));
    if (attempt.panic !== undefined) return;
    same(sut.ddi.ddi_fm_acc_err_get(early.handle, 1).fme_status, DDI_FM_OK, 'of one made before');
  }),
  clause('interplay/AX-17', {}, async (sut) => {
    const dip = sut.dip();
    const mutexes: ReturnType<typeof sut.kernel.mutex_init>[] = [];
    await sut.inEntryPoint('attach', dip, () => {
      const { ibc } = sut.ddi.ddi_fm_init(dip, allCapabilities);
      const mutex = sut.kernel.mutex_init('errors', MUTEX_DRIVER, ibc);
      mutexes.push(mutex);
      const handler = (): number => {
        sut.ddi.mutex_tryenter(mutex);
        return DDI_FM_OK;
      };
      sut.ddi.ddi_fm_handler_register(dip, handler, null);
    });
    const [mutex] = mutexes;
    that(mutex !== undefined, 'the driver has its mutex');
    const { handle, addr } = watched(sut);
    await sut.ddi.mutex_enter(mutex);
    const clauses = ['interplay/AX-17', 'ddi_fm_handler_register.9f/LK-2'];
    await misuse(sut, 'ddi_get32 with the mutex of the handler', clauses, () =>
      sut.ddi.ddi_get32(handle, addr),
    );
    sut.ddi.mutex_exit(mutex);
  }),
];
