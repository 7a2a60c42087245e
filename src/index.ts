/**
 * ddi-dma: the illumos DDI DMA calls, to write drivers with.
 *
 * Machines to run them on are in `ddi-dma/machine`.
 *
 * @packageDocumentation
 */
export * from './sys/constants.js';
export type * from './sys/types.js';
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
export {
  ddi_dma_addr_bind_handle,
  ddi_dma_unbind_handle,
  type BindError,
  type BindOut,
} from './ddi/dma-bind.js';
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
export {
  ddi_regs_map_free,
  ddi_regs_map_setup,
  type RegsMapError,
  type RegsMapOut,
} from './ddi/regs.js';
export {
  ddi_add_intr,
  ddi_get_iblock_cookie,
  ddi_remove_intr,
  type AddIntrError,
  type IblockOut,
} from './ddi/intr.js';
export {
  ddi_driver_name,
  ddi_get_driver_private,
  ddi_get_instance,
  ddi_get_name,
  ddi_set_driver_private,
  kernelOf,
} from './ddi/devinfo.js';
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
