/**
 * Receiving: buffers are in the ring, with the driver, or on loan.
 *
 * The ring is always full of buffers. What the device has filled goes upwards and another buffer
 * takes its place; when there is none to spare the packet is copied and the buffer stays. So a
 * buffer that comes back has nothing to do but join the others: it comes back in any context, takes
 * no lock, and touches neither ring nor device, which may have been stopped long ago.
 */
import { ddi_get32, ddi_put32 } from '../ddi/acc.js';
import { ddi_dma_sync } from '../ddi/dma-sync.js';
import { DDI_DMA_SYNC_FORDEV, DDI_DMA_SYNC_FORKERNEL } from '../sys/constants.js';
import { discard } from '../sys/result.js';
import { allocb, type mblk_t } from './mblk.js';
import { ringnic_sync_descs, type dma_slice_t } from './ringnic-dma.js';
import type { ringnic_t, rx_buf_t, rx_ring_t } from './ringnic-impl.js';
import * as reg from './ringnic-reg.js';

/**
 * Makes a buffer of a slice, with the block it travels in: what desballoc(9F) does.
 *
 * @param rx - whose it is; asked when it comes back
 * @param slice - its memory
 */
export function ringnic_rx_buf(rx: () => rx_ring_t, slice: dma_slice_t): rx_buf_t {
  const b_free = (): void => {
    // A block freed twice is a mistake of the layers above; two owners would be the consequence.
    if (!buf.lent) return;
    buf.lent = false;
    rx().loaned--;
    rx().spare.push(buf);
  };
  const mp: mblk_t = { b_rptr: slice.va, b_wptr: slice.va, b_cont: null, b_next: null, b_free };
  const buf: rx_buf_t = { slice, mp, lent: false };
  return buf;
}

/** Gives every descriptor its buffer; the device has been reset. */
export function ringnic_rx_reset(sc: ringnic_t): void {
  const { rx } = sc;
  rx.next = 0;
  rx.stalled = false;
  for (let i = 0; i <= rx.mask; i++) ringnic_rx_give(sc, i);
  discard(ddi_dma_sync(rx.area.dma_hdl, 0, 0, DDI_DMA_SYNC_FORDEV));
}

/** Gives the buffer of a descriptor to the device. */
function ringnic_rx_give(sc: ringnic_t, index: number): void {
  const { rx, buf_size } = sc;
  const { slice } = rx.slots[index] as rx_buf_t;
  const { acc_hdl, mem_va } = rx.area;
  const at = mem_va + index * reg.RN_DESC_BYTES;
  // Whoever had it may have written to it; what is left of that must not overtake the device.
  discard(ddi_dma_sync(slice.area.dma_hdl, slice.off, buf_size, DDI_DMA_SYNC_FORDEV));
  ddi_put32(acc_hdl, at, slice.lo);
  ddi_put32(acc_hdl, at + reg.RN_DESC_HI, slice.hi);
  ddi_put32(acc_hdl, at + reg.RN_DESC_LENGTH, buf_size);
  ddi_put32(acc_hdl, at + reg.RN_DESC_FLAGS, reg.RN_DESC_OWN);
}

/**
 * Takes what the device has received.
 *
 * @param sc - running, the lock of the ring held
 * @returns a chain of packets, or `null`
 */
export function ringnic_rx_reap(sc: ringnic_t): mblk_t | null {
  const { rx } = sc;
  const from = rx.next;
  // A descriptor counts only when the device has passed it: one written twice proves nothing.
  const head = ddi_get32(sc.regs_hdl, sc.regs + reg.RN_RX_RING + reg.RN_RING_HEAD);
  if (head > rx.mask) {
    sc.broken = true;
    return null;
  }
  const passed = (head - from) & rx.mask;
  ringnic_sync_descs(rx.area, rx.slots.length, from, passed, DDI_DMA_SYNC_FORKERNEL);
  const { acc_hdl, mem_va } = rx.area;
  let first: mblk_t | null = null;
  let last: mblk_t | null = null;
  for (; rx.next !== head; rx.next = (rx.next + 1) & rx.mask) {
    const at = mem_va + rx.next * reg.RN_DESC_BYTES;
    const flags = ddi_get32(acc_hdl, at + reg.RN_DESC_FLAGS);
    if ((flags & reg.RN_DESC_OWN) !== 0) break;
    const mp = ringnic_rx_take(sc, rx.next, flags, ddi_get32(acc_hdl, at + reg.RN_DESC_LENGTH));
    ringnic_rx_give(sc, rx.next);
    rx.reaped++;
    if (mp === null) continue;
    if (last === null) first = mp;
    else last.b_next = mp;
    last = mp;
  }
  rx.stalled = rx.next !== head;
  const given = (rx.next - from) & rx.mask;
  if (given > 0) {
    ringnic_sync_descs(rx.area, rx.slots.length, from, given, DDI_DMA_SYNC_FORDEV);
    // One descriptor stays behind, or a full ring would look like an empty one.
    const tail = (rx.next - 1) & rx.mask;
    ddi_put32(sc.regs_hdl, sc.regs + reg.RN_RX_RING + reg.RN_RING_TAIL, tail);
  }
  return first;
}

/** The packet in the buffer of a descriptor; `null` when there is none to be had. */
function ringnic_rx_take(sc: ringnic_t, index: number, flags: number, len: number): mblk_t | null {
  const { rx, stats } = sc;
  // The length is the device's word; further than the buffer it is not believed.
  if ((flags & reg.RN_DESC_ERROR) !== 0 || len === 0 || len > sc.max_frame) {
    stats.ierrors++;
    return null;
  }
  const buf = rx.slots[index] as rx_buf_t;
  const { slice, mp } = buf;
  discard(ddi_dma_sync(slice.area.dma_hdl, slice.off, len, DDI_DMA_SYNC_FORKERNEL));
  const other = rx.spare.pop();
  if (other === undefined) return ringnic_rx_copy(sc, slice.va, len);
  rx.slots[index] = other;
  buf.lent = true;
  rx.loaned++;
  stats.ipackets++;
  mp.b_rptr = slice.va;
  mp.b_wptr = slice.va + len;
  mp.b_cont = null;
  mp.b_next = null;
  return mp;
}

function ringnic_rx_copy({ kernel, stats }: ringnic_t, va: number, len: number): mblk_t | null {
  const mp = allocb(kernel, len);
  if (mp === null) {
    stats.norcvbuf++;
    return null;
  }
  kernel.bcopy(va, mp.b_wptr, len);
  mp.b_wptr += len;
  stats.ipackets++;
  stats.rx_copied++;
  return mp;
}
