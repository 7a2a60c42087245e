/** Checks of ddi_check_acc_handle(9F), and of what ddi_device_acc_attr(9S) says of faults. */
import {
  DDI_CAUTIOUS_ACC,
  DDI_DEFAULT_ACC,
  DDI_FAILURE,
  DDI_FLAGERR_ACC,
  DDI_SUCCESS,
} from '../../sys/constants.js';
import { DDI_FM_NONFATAL } from '../../sys/constants-fm.js';
import { clause, type ClauseCheck } from '../clause.js';
import { declared, dmaFails, rebind, watched, watchedBinding } from '../faulty.js';
import { inEveryContext, misuse, newHandle } from '../stock.js';
import { good, same, that } from '../that.js';

const page = 'ddi_check_acc_handle.9f';

/** Checks of ddi_device_acc_attr(9S). */
export const accFaultChecks: readonly ClauseCheck[] = [
  clause('ddi_device_acc_attr.9s/AC-1', { cases: ['V0', 'V1'] }, async (sut, kase) => {
    await declared(sut);
    const { handle, addr } = watched(sut, DDI_DEFAULT_ACC);
    sut.device.fill(1, 0, Uint8Array.of(1, 2, 3, 4));
    same(sut.ddi.ddi_get32(handle, addr), 0x01020304, 'a register that answers');
    sut.faults.breakRegister(1, 0);
    const regs =
      kase === 'V1'
        ? { handle, addr }
        : good(
            sut.ddi.ddi_regs_map_setup(sut.dip(), 1, 0, 0, {
              devacc_attr_version: 1,
              devacc_attr_endian_flags: 0,
              devacc_attr_dataorder: 0,
              // In the older form nobody looks at it.
              devacc_attr_access: DDI_CAUTIOUS_ACC,
            }),
            'map under V0',
          );
    const attempt = await sut.attempt(() => sut.ddi.ddi_get32(regs.handle, regs.addr));
    that(
      attempt.panic !== undefined || attempt.value === 0xffffffff,
      'a fault is a panic, or reads all ones',
    );
    if (attempt.panic !== undefined) return;
    same(sut.ddi.ddi_fm_acc_err_get(regs.handle, 1).fme_status, 0, 'errors of the handle');
  }),
  clause('ddi_device_acc_attr.9s/AC-4', { cases: ['register', 'device'] }, async (sut, kase) => {
    await declared(sut);
    const { handle, addr } = watched(sut, DDI_CAUTIOUS_ACC);
    sut.device.fill(1, 4, Uint8Array.of(1, 2, 3, 4));
    same(sut.ddi.ddi_get32(handle, addr + 4), 0x01020304, 'a register that answers');
    if (kase === 'register') sut.faults.breakRegister(1, 4);
    else sut.faults.remove();
    const attempt = await sut.attempt(() => sut.ddi.ddi_get32(handle, addr + 4));
    that(attempt.panic === undefined, 'a cautious read of what is not there panics nothing');
    same(attempt.value, 0xffffffff, 'what it reads');
    same(attempt.findings.length, 0, 'complaints about it');
    const { fme_status } = sut.ddi.ddi_fm_acc_err_get(handle, 1);
    same(fme_status, DDI_FM_NONFATAL, 'what the handle knows of it');
  }),
];

/** Checks of ddi_check_acc_handle(9F) and ddi_check_dma_handle(9F). */
export const checkHandleChecks: readonly ClauseCheck[] = [
  clause(`${page}/AR-1`, {}, async (sut) => {
    const { handle } = watched(sut);
    same(sut.ddi.ddi_check_acc_handle(handle), DDI_SUCCESS, 'a check while the handle lives');
    sut.ddi.ddi_regs_map_free(handle);
    await misuse(sut, 'a check of a freed handle', [`${page}/AR-1`], () =>
      sut.ddi.ddi_check_acc_handle(handle),
    );
  }),
  clause(`${page}/AR-2`, {}, async (sut) => {
    const handle = newHandle(sut);
    same(sut.ddi.ddi_check_dma_handle(handle), DDI_SUCCESS, 'a check while the handle lives');
    sut.ddi.ddi_dma_free_handle(handle);
    await misuse(sut, 'a check of a freed handle', [`${page}/AR-2`], () =>
      sut.ddi.ddi_check_dma_handle(handle),
    );
  }),
  clause(`${page}/DS-1`, { cases: ['acc', 'dma'] }, async (sut, kase) => {
    await declared(sut);
    const { handle, addr } = watched(sut);
    const other = watched(sut);
    const binding = watchedBinding(sut, 0x1200);
    const next = watchedBinding(sut, 0x1210);
    if (kase === 'acc') {
      sut.faults.breakRegister(1, 8);
      sut.ddi.ddi_get32(handle, addr + 8);
    } else await dmaFails(sut, binding.address);
    const seen = [
      sut.ddi.ddi_check_acc_handle(handle),
      sut.ddi.ddi_check_acc_handle(other.handle),
      sut.ddi.ddi_check_dma_handle(binding.handle),
      sut.ddi.ddi_check_dma_handle(next.handle),
    ];
    const wanted = kase === 'acc' ? [DDI_FAILURE, 0, 0, 0] : [0, 0, DDI_FAILURE, 0];
    same(seen, wanted, `checks of four handles after an ${kase} fault of one`);
  }),
  clause(`${page}/DS-6`, {}, async (sut) => {
    await declared(sut);
    const binding = watchedBinding(sut);
    await dmaFails(sut, binding.address + 8n);
    sut.ddi.ddi_fm_dma_err_get(binding.handle, 1);
    good(sut.ddi.ddi_dma_unbind_handle(binding.handle), 'unbind');
    same(sut.ddi.ddi_check_dma_handle(binding.handle), DDI_FAILURE, 'a check after the unbind');
  }),
  clause(`${page}/DS-10`, {}, async (sut) => {
    await declared(sut);
    const binding = watchedBinding(sut);
    await dmaFails(sut, binding.address);
    sut.ddi.ddi_fm_dma_err_get(binding.handle, 1);
    same(sut.ddi.ddi_check_dma_handle(binding.handle), DDI_FAILURE, 'a check of the bound handle');
    good(sut.ddi.ddi_dma_unbind_handle(binding.handle), 'unbind');
    rebind(sut, binding);
    same(sut.ddi.ddi_check_dma_handle(binding.handle), DDI_SUCCESS, 'a check after another bind');
  }),
  clause(`${page}/DS-13`, {}, async (sut) => {
    await declared(sut);
    // The second begins where the first ends: an error of the second is none of the first.
    const first = watchedBinding(sut, 0x1200);
    const second = watchedBinding(sut, 0x1201);
    same(second.address - first.address, BigInt(sut.pageSize), 'how far they are apart');
    await dmaFails(sut, second.address);
    const statuses = [first, second].map(
      ({ handle }) => sut.ddi.ddi_fm_dma_err_get(handle, 1).fme_status,
    );
    same(statuses, [0, DDI_FM_NONFATAL], 'errors of two bindings that adjoin');
    same(sut.ddi.ddi_check_dma_handle(first.handle), DDI_SUCCESS, 'a check of the first');
  }),
  clause(`${page}/RV-1`, {}, async (sut) => {
    await declared(sut);
    const { handle, addr } = watched(sut);
    sut.device.fill(1, 0, Uint8Array.of(1, 2, 3, 4, 0xff, 0xff, 0xff, 0xff));
    same(sut.ddi.ddi_get32(handle, addr), 0x01020304, 'a register that answers');
    // All ones is a value like any other where the device gives it.
    same(sut.ddi.ddi_get32(handle, addr + 4), 0xffffffff, 'a register with all bits set');
    const binding = watchedBinding(sut);
    sut.device.write(binding.address, Uint8Array.of(1, 2, 3));
    await sut.settle();
    const seen = [
      sut.ddi.ddi_check_acc_handle(handle),
      sut.ddi.ddi_check_dma_handle(binding.handle),
    ];
    same(seen, [DDI_SUCCESS, DDI_SUCCESS], 'checks where nothing went wrong');
  }),
  clause(`${page}/RV-2`, { cases: ['acc', 'dma'] }, async (sut, kase) => {
    await declared(sut);
    if (kase === 'acc') {
      const { handle, addr } = watched(sut, DDI_FLAGERR_ACC);
      sut.faults.breakRegister(1, 0);
      sut.ddi.ddi_get32(handle, addr);
      same(sut.ddi.ddi_check_acc_handle(handle), DDI_FAILURE, 'a check after a fault');
      return;
    }
    const { handle, address } = watchedBinding(sut);
    await dmaFails(sut, address);
    same(sut.ddi.ddi_check_dma_handle(handle), DDI_FAILURE, 'a check after a fault');
  }),
  clause(`${page}/CX-1`, {}, async (sut) => {
    const { handle } = watched(sut);
    const dma = newHandle(sut);
    await inEveryContext(sut, 'a check', () => {
      same(sut.ddi.ddi_check_acc_handle(handle), DDI_SUCCESS, 'ddi_check_acc_handle');
      same(sut.ddi.ddi_check_dma_handle(dma), DDI_SUCCESS, 'ddi_check_dma_handle');
    });
  }),
];
