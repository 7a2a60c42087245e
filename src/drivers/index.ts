/**
 * ddi-dma/drivers: the model drivers, to run on the model devices and to learn from.
 *
 * @packageDocumentation
 */
export type { Driver } from './driver.js';
export {
  copyengine,
  copyengine_copy,
  copyengine_transfer,
  type copyengine_buf_t,
  type copyengine_window_t,
} from './copyengine.js';
export { listdisk, listdisk_stats, listdisk_strategy } from './listdisk.js';
export type { listdisk_stats_t } from './listdisk-impl.js';
export { allocb, freemsg, freemsgchain, msgsize, type mblk_t } from './mblk.js';
export { ringnic, ringnic_start, ringnic_stats, ringnic_stop, ringnic_tx } from './ringnic.js';
export type { ringnic_mac_t, ringnic_stats_t, ringnic_tunables_t } from './ringnic-impl.js';
