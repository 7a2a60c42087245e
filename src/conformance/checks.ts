/** All checks, page by page. */
import type { ClauseCheck } from './clause.js';
import { accInterplayChecks } from './pages/interplay-acc.js';
import { aliasChecks } from './pages/ddi_mem_get8.js';
import { byteorderChecks } from './pages/byteorder.js';
import { deviceCopyChecks } from './pages/ddi_device_copy.js';
import { repChecks } from './pages/ddi_rep_get8.js';
import { bpChecks } from './pages/bp_mapin.js';
import { bufChecks } from './pages/buf.js';
import { bufFuncChecks } from './pages/buf_funcs.js';
import { btopChecks } from './pages/ddi_btop.js';
import { accAttrChecks } from './pages/ddi_device_acc_attr.js';
import { addIntrChecks } from './pages/ddi_add_intr.js';
import { intrAllocChecks } from './pages/ddi_intr_alloc.js';
import { intrCapChecks } from './pages/ddi_intr_cap.js';
import { intrEnableChecks } from './pages/ddi_intr_enable.js';
import { softintChecks } from './pages/ddi_intr_add_softint.js';
import { addrBindChecks } from './pages/ddi_dma_addr_bind_handle.js';
import { allocHandleChecks } from './pages/ddi_dma_alloc_handle.js';
import { attrChecks } from './pages/ddi_dma_attr.js';
import { bufBindChecks } from './pages/ddi_dma_buf_bind_handle.js';
import { burstsizesChecks } from './pages/ddi_dma_burstsizes.js';
import { condvarChecks } from './pages/condvar.js';
import { cookieChecks } from './pages/ddi_dma_cookie.js';
import { cookieIterChecks } from './pages/ddi_dma_cookie_iter.js';
import { freeHandleChecks } from './pages/ddi_dma_free_handle.js';
import { getChecks } from './pages/ddi_get8.js';
import { getwinChecks } from './pages/ddi_dma_getwin.js';
import { devRegsChecks } from './pages/ddi_dev_nregs.js';
import { peekChecks } from './pages/ddi_peek.js';
import { pciConfigChecks } from './pages/pci_config_get8.js';
import { pciChecks } from './pages/pci.js';
import { umemAllocChecks } from './pages/ddi_umem_alloc.js';
import { umemIosetupChecks } from './pages/ddi_umem_iosetup.js';
import { umemLockChecks } from './pages/ddi_umem_lock.js';
import { ioInterplayChecks } from './pages/interplay-io.js';
import { intrInterplayChecks } from './pages/interplay-intr.js';
import { interplayChecks } from './pages/interplay.js';
import { kmemChecks } from './pages/kmem_alloc.js';
import { memAllocChecks } from './pages/ddi_dma_mem_alloc.js';
import { memFreeChecks } from './pages/ddi_dma_mem_free.js';
import { mutexChecks } from './pages/mutex.js';
import { physioChecks } from './pages/physio.js';
import { numwinChecks } from './pages/ddi_dma_numwin.js';
import { putChecks } from './pages/ddi_put8.js';
import { accFaultChecks, checkHandleChecks } from './pages/ddi_check_acc_handle.js';
import { fmErrChecks } from './pages/ddi_fm_acc_err_get.js';
import { fmHandlerChecks } from './pages/ddi_fm_handler_register.js';
import { fmInitChecks } from './pages/ddi_fm_init.js';
import { fmInterplayChecks } from './pages/interplay-fm.js';
import { serviceChecks } from './pages/ddi_fm_service_impact.js';
import { regsMapChecks } from './pages/ddi_regs_map_setup.js';
import { releaseChecks } from './pages/release.js';
import { syncChecks } from './pages/ddi_dma_sync.js';
import { unbindChecks } from './pages/ddi_dma_unbind_handle.js';
import { allWaitingChecks } from './pages/waiting-calls.js';

/** Every check there is. */
export const checks: readonly ClauseCheck[] = [
  ...allocHandleChecks,
  ...freeHandleChecks,
  ...memAllocChecks,
  ...memFreeChecks,
  ...addrBindChecks,
  ...bufBindChecks,
  ...unbindChecks,
  ...syncChecks,
  ...getwinChecks,
  ...numwinChecks,
  ...cookieIterChecks,
  ...burstsizesChecks,
  ...attrChecks,
  ...cookieChecks,
  ...accAttrChecks,
  ...getChecks,
  ...putChecks,
  ...repChecks,
  ...aliasChecks,
  ...deviceCopyChecks,
  ...byteorderChecks,
  ...regsMapChecks,
  ...devRegsChecks,
  ...peekChecks,
  ...pciConfigChecks,
  ...pciChecks,
  ...accFaultChecks,
  ...checkHandleChecks,
  ...fmInitChecks,
  ...fmHandlerChecks,
  ...serviceChecks,
  ...fmErrChecks,
  ...fmInterplayChecks,
  ...umemAllocChecks,
  ...umemLockChecks,
  ...umemIosetupChecks,
  ...bufChecks,
  ...physioChecks,
  ...bpChecks,
  ...bufFuncChecks,
  ...btopChecks,
  ...addIntrChecks,
  ...intrAllocChecks,
  ...intrEnableChecks,
  ...intrCapChecks,
  ...softintChecks,
  ...mutexChecks,
  ...condvarChecks,
  ...kmemChecks,
  ...interplayChecks,
  ...intrInterplayChecks,
  ...ioInterplayChecks,
  ...accInterplayChecks,
  ...allWaitingChecks,
  ...releaseChecks,
];
