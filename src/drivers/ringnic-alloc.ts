/** What the ring NIC's driver allocates when it attaches: interrupt, rings, buffers, locks. */
import { kernelOf } from '../ddi/devinfo.js';
import { ddi_dma_alloc_handle, ddi_dma_free_handle } from '../ddi/dma-handle.js';
import { mutex_destroy, type kmutex_t } from '../ddi/lock.js';
import { DDI_DMA_DONTWAIT, MUTEX_DRIVER } from '../sys/constants.js';
import type { ddi_dma_attr_t, ddi_iblock_cookie_t, dev_info_t } from '../sys/types.js';
import { free_dma_area, type dma_area_t } from './dma-area.js';
import { ringnic_alloc_area, ringnic_slices, type dma_slice_t } from './ringnic-dma.js';
import type { ringnic_tunables_t, rx_ring_t, tx_ring_t, tx_slot_t } from './ringnic-impl.js';
import * as reg from './ringnic-reg.js';
import { ringnic_rx_buf } from './ringnic-rx.js';
import type { undo_t } from './steps.js';

/** Buffers in an area: more would need longer runs of frames, which get rare. */
const SLICES_MAX = 32;

/** What the rings are made of. */
export interface ringnic_parts_t {
  readonly dip: dev_info_t;
  /** What the device's data port can do. */
  readonly attr: ddi_dma_attr_t;
  readonly tunables: ringnic_tunables_t;
  readonly iblock_cookie: ddi_iblock_cookie_t;
  /** Bytes of a buffer. */
  readonly buf_size: number;
  /** Where the steps are noted. */
  readonly undo: undo_t[];
}

/** The ring for sending; `null` when there is not enough of something. */
export function ringnic_alloc_tx(parts: ringnic_parts_t): tx_ring_t | null {
  const { dip, attr, tunables, undo } = parts;
  const size = tunables.tx_ring;
  const area = ringnic_area(parts, size * reg.RN_DESC_BYTES, true);
  if (area === null) return null;
  const bufs = ringnic_bufs(parts, size);
  if (bufs === null) return null;
  const slots: tx_slot_t[] = [];
  for (const buf of bufs) {
    const alloc = ddi_dma_alloc_handle(dip, attr, DDI_DMA_DONTWAIT);
    if (alloc.isErr()) return null;
    const dma_hdl = alloc.value.handle;
    undo.push(() => {
      ddi_dma_free_handle(dma_hdl);
    });
    slots.push({ dma_hdl, buf, bound: false, mp: null });
  }
  return {
    lock: ringnic_lock_init(parts, 'ringnic tx'),
    area,
    slots,
    mask: size - 1,
    frags: attr.dma_attr_sgllen,
    next: 0,
    clean: 0,
    reclaimed: 0,
    resched: false,
    freed: null,
  };
}

/** The ring for receiving, with its buffers. */
export function ringnic_alloc_rx(parts: ringnic_parts_t): rx_ring_t | null {
  const { rx_ring: size, rx_spare } = parts.tunables;
  const area = ringnic_area(parts, size * reg.RN_DESC_BYTES, true);
  if (area === null) return null;
  const slices = ringnic_bufs(parts, size + rx_spare);
  if (slices === null) return null;
  const bufs = slices.map((slice) => ringnic_rx_buf(() => rx, slice));
  const rx: rx_ring_t = {
    lock: ringnic_lock_init(parts, 'ringnic rx'),
    area,
    mask: size - 1,
    slots: bufs.slice(0, size),
    spare: bufs.slice(size),
    loaned: 0,
    next: 0,
    reaped: 0,
    stalled: false,
  };
  return rx;
}

function ringnic_lock_init({ dip, iblock_cookie, undo }: ringnic_parts_t, name: string): kmutex_t {
  const lock = kernelOf(dip).mutex_init(name, MUTEX_DRIVER, iblock_cookie);
  undo.push(() => {
    mutex_destroy(lock);
  });
  return lock;
}

function ringnic_area(
  { dip, attr, undo }: ringnic_parts_t,
  size: number,
  ring: boolean,
): dma_area_t | null {
  const area = ringnic_alloc_area(dip, attr, size, ring);
  if (area !== null) {
    undo.push(() => {
      free_dma_area(area);
    });
  }
  return area;
}

/** So many buffers, out of as many areas as that takes. */
function ringnic_bufs(parts: ringnic_parts_t, count: number): dma_slice_t[] | null {
  const bufs: dma_slice_t[] = [];
  while (bufs.length < count) {
    const n = Math.min(count - bufs.length, SLICES_MAX);
    const area = ringnic_area(parts, n * parts.buf_size, false);
    if (area === null) return null;
    bufs.push(...ringnic_slices(area, parts.buf_size, n));
  }
  return bufs;
}
