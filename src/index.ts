/**
 * ddi-dma: the illumos DDI DMA calls, to write drivers with.
 *
 * Machines to run them on are in `ddi-dma/machine`.
 *
 * @packageDocumentation
 */
export * from './sys/constants.js';
export * from './sys/constants-intr.js';
export * from './sys/constants-acc.js';
export * from './sys/constants-io.js';
export * from './sys/constants-fm.js';
export type * from './sys/types.js';
export type * from './sys/types-io.js';
export type * from './sys/types-fm.js';
export { ddiErrorCodes, ModelBug, Panic, type DdiError, type DdiErrorName } from './sys/errors.js';
export { FindingError, type Finding, type FindingPolicy } from './sys/finding.js';
export { discard, must } from './sys/result.js';
export {
  ddi_dma_alloc_handle,
  ddi_dma_burstsizes,
  ddi_dma_free_handle,
  type AllocHandleError,
  type AllocHandleOut,
} from './ddi/dma-handle.js';
export {
  ddi_dma_mem_alloc,
  ddi_dma_mem_free,
  type MemAllocError,
  type MemAllocOut,
} from './ddi/dma-mem.js';
export { ddi_dma_addr_bind_handle, ddi_dma_unbind_handle } from './ddi/dma-bind.js';
export { ddi_dma_buf_bind_handle } from './ddi/dma-buf-bind.js';
export type { BindError, BindOut } from './ddi/bind.js';
export { ddi_dma_getwin, ddi_dma_numwin, type GetwinOut, type NumwinOut } from './ddi/dma-win.js';
export {
  biodone,
  bioerror,
  biofini,
  bioinit,
  bioreset,
  biowait,
  bp_copyin,
  bp_copyout,
  bp_mapin,
  bp_mapout,
  freerbuf,
  geterror,
  minphys,
} from './ddi/buf.js';
export { ddi_umem_free, ddi_umem_iosetup, ddi_umem_unlock } from './ddi/umem.js';
export { ddi_btop, ddi_btopr, ddi_ptob } from './ddi/btop.js';
export { ddi_dma_sync } from './ddi/dma-sync.js';
export {
  ddi_dma_cookie_get,
  ddi_dma_cookie_iter,
  ddi_dma_cookie_one,
  ddi_dma_ncookies,
  ddi_dma_nextcookie,
} from './ddi/dma-cookie.js';
export {
  ddi_get16,
  ddi_get32,
  ddi_get64,
  ddi_get8,
  ddi_put16,
  ddi_put32,
  ddi_put64,
  ddi_put8,
} from './ddi/acc.js';
export { ddi_regs_map_free, ddi_regs_map_setup, type RegsMapOut } from './ddi/regs.js';
export type { RegsMapError } from './ddi/reg-map.js';
export {
  ddi_rep_get16,
  ddi_rep_get32,
  ddi_rep_get64,
  ddi_rep_get8,
  ddi_rep_put16,
  ddi_rep_put32,
  ddi_rep_put64,
  ddi_rep_put8,
} from './ddi/acc-rep.js';
export type { Host16, Host32, Host64, Host8 } from './ddi/rep-host.js';
export * from './ddi/acc-mem.js';
export * from './ddi/acc-io.js';
export * from './ddi/acc-old.js';
export { ddi_device_copy, ddi_device_zero } from './ddi/device-copy.js';
export {
  ddi_dev_nregs,
  ddi_dev_regsize,
  ddi_map_regs,
  ddi_unmap_regs,
  type MapRegsOut,
} from './ddi/dev-regs.js';
export {
  ddi_peek16,
  ddi_peek32,
  ddi_peek64,
  ddi_peek8,
  ddi_peekc,
  ddi_peekd,
  ddi_peekl,
  ddi_peeks,
  ddi_poke16,
  ddi_poke32,
  ddi_poke64,
  ddi_poke8,
  ddi_pokec,
  ddi_poked,
  ddi_pokel,
  ddi_pokes,
  type PeekError,
} from './ddi/peek.js';
export {
  pci_config_get16,
  pci_config_get32,
  pci_config_get64,
  pci_config_get8,
  pci_config_getb,
  pci_config_getl,
  pci_config_getll,
  pci_config_getw,
  pci_config_put16,
  pci_config_put32,
  pci_config_put64,
  pci_config_put8,
  pci_config_putb,
  pci_config_putl,
  pci_config_putll,
  pci_config_putw,
  pci_config_setup,
  pci_config_teardown,
  type ConfigSetupOut,
} from './ddi/pci-config.js';
export { pci_restore_config_regs, pci_save_config_regs } from './ddi/pci-save.js';
export {
  ddi_add_intr,
  ddi_get_iblock_cookie,
  ddi_intr_hilevel,
  ddi_remove_intr,
  type AddIntrError,
  type IblockOut,
} from './ddi/intr.js';
export { ddi_fm_capable, ddi_fm_fini, ddi_fm_init, type FmInitOut } from './ddi/fm-init.js';
export { ddi_fm_handler_register, ddi_fm_handler_unregister } from './ddi/fm-handler.js';
export {
  ddi_check_acc_handle,
  ddi_check_dma_handle,
  ddi_fm_acc_err_clear,
  ddi_fm_acc_err_get,
  ddi_fm_dma_err_clear,
  ddi_fm_dma_err_get,
} from './ddi/fm-err.js';
export {
  ddi_fm_ereport_post,
  ddi_fm_service_impact,
  ddi_get_devstate,
  type EreportValue,
} from './ddi/fm-service.js';
export {
  ddi_add_softintr,
  ddi_get_soft_iblock_cookie,
  ddi_intr_add_softint,
  ddi_intr_get_softint_pri,
  ddi_intr_remove_softint,
  ddi_intr_trigger_softint,
  ddi_remove_softintr,
  ddi_trigger_softintr,
  type AddSoftintrOut,
  type SoftintOut,
  type SoftintPriOut,
} from './ddi/softint.js';
export {
  ddi_intr_alloc,
  ddi_intr_free,
  ddi_intr_get_navail,
  ddi_intr_get_nintrs,
  ddi_intr_get_supported_types,
  type IntrAllocError,
  type IntrAllocOut,
  type NavailOut,
  type NintrsError,
  type NintrsOut,
  type SupportedTypesOut,
} from './ddi/intr-alloc.js';
export {
  ddi_intr_add_handler,
  ddi_intr_block_disable,
  ddi_intr_block_enable,
  ddi_intr_disable,
  ddi_intr_enable,
  ddi_intr_remove_handler,
  type ddi_intr_handler_t,
} from './ddi/intr-handler.js';
export {
  DDI_INTR_PRI,
  ddi_intr_clr_mask,
  ddi_intr_get_cap,
  ddi_intr_get_pending,
  ddi_intr_get_pri,
  ddi_intr_set_mask,
  ddi_intr_set_pri,
  type IntrCapOut,
  type IntrMaskError,
  type IntrPendingOut,
  type IntrPriError,
  type IntrPriOut,
} from './ddi/intr-cap.js';
export { withBytes } from './ddi/with-bytes.js';
export {
  ddi_driver_name,
  ddi_get_driver_private,
  ddi_get_instance,
  ddi_get_name,
  ddi_set_driver_private,
  ddi_slaveonly,
  kernelOf,
} from './ddi/devinfo.js';
export {
  ddi_taskq_create,
  ddi_taskq_destroy,
  ddi_taskq_dispatch,
  ddi_taskq_resume,
  ddi_taskq_suspend,
  ddi_taskq_suspended,
  ddi_taskq_wait,
  type ddi_taskq_t,
} from './ddi/taskq.js';
export {
  cv_broadcast,
  cv_destroy,
  cv_reltimedwait,
  cv_signal,
  cv_timedwait,
  cv_wait,
  mutex_destroy,
  mutex_enter,
  mutex_exit,
  mutex_owned,
  mutex_tryenter,
  type kcondvar_t,
  type kmutex_t,
} from './ddi/lock.js';
