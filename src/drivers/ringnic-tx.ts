/**
 * Sending: packets are copied or bound, put into the ring, and freed when the device is done.
 *
 * All of it under the lock of the ring, except that packets are freed without it.
 */
import { ddi_get32, ddi_put32 } from '../ddi/acc.js';
import { ddi_dma_addr_bind_handle, ddi_dma_unbind_handle } from '../ddi/dma-bind.js';
import { ddi_dma_cookie_iter } from '../ddi/dma-cookie.js';
import { ddi_dma_sync } from '../ddi/dma-sync.js';
import {
  DDI_DMA_DONTWAIT,
  DDI_DMA_STREAMING,
  DDI_DMA_SYNC_FORDEV,
  DDI_DMA_SYNC_FORKERNEL,
  DDI_DMA_WRITE,
} from '../sys/constants.js';
import { discard } from '../sys/result.js';
import type { mblk_t } from './mblk.js';
import { msgsize } from './mblk.js';
import { ringnic_sync_descs } from './ringnic-dma.js';
import type { ringnic_t, tx_ring_t } from './ringnic-impl.js';
import * as reg from './ringnic-reg.js';

/** Descriptors that are free. One stays empty, or a full ring would look like an empty one. */
export function ringnic_tx_room(tx: tx_ring_t): number {
  return tx.mask - ((tx.next - tx.clean) & tx.mask);
}

/**
 * Puts packets into the ring and rings the doorbell once for all of them.
 *
 * @param sc - running
 * @param chain - the packets
 * @returns those that there was no room for
 */
export function ringnic_tx_post(sc: ringnic_t, chain: mblk_t): mblk_t | null {
  const { tx } = sc;
  const from = tx.next;
  let mp: mblk_t | null = chain;
  while (mp !== null) {
    if (ringnic_tx_room(tx) < tx.frags) {
      ringnic_tx_reclaim(sc);
      if (ringnic_tx_room(tx) < tx.frags) {
        tx.resched = true;
        break;
      }
    }
    const next: mblk_t | null = mp.b_next;
    mp.b_next = null;
    ringnic_tx_one(sc, mp);
    mp = next;
  }
  const count = (tx.next - from) & tx.mask;
  if (count > 0) {
    ringnic_sync_descs(tx.area, tx.slots.length, from, count, DDI_DMA_SYNC_FORDEV);
    ddi_put32(sc.regs_hdl, sc.regs + reg.RN_TX_RING + reg.RN_RING_TAIL, tx.next);
  }
  return mp;
}

function ringnic_tx_one(sc: ringnic_t, mp: mblk_t): void {
  const { tx } = sc;
  const size = msgsize(mp);
  if (size === 0 || size > sc.max_frame) {
    sc.stats.oerrors++;
    ringnic_tx_done(tx, mp);
    return;
  }
  sc.stats.opackets++;
  // What cannot be bound, for want of resources or in too many pieces, is copied too.
  if (size > sc.tunables.tx_copy_max && ringnic_tx_bind(tx, mp)) sc.stats.tx_bound++;
  else ringnic_tx_copy(sc, mp, size);
}

/** Into the buffer of the slot; the packet is done with at once. */
function ringnic_tx_copy(sc: ringnic_t, mp: mblk_t, size: number): void {
  const { tx } = sc;
  const { buf } = tx.slots[tx.next] as tx_ring_t['slots'][number];
  let at = buf.va;
  for (let bp: mblk_t | null = mp; bp !== null; bp = bp.b_cont) {
    const n = bp.b_wptr - bp.b_rptr;
    sc.kernel.bcopy(bp.b_rptr, at, n);
    at += n;
  }
  discard(ddi_dma_sync(buf.area.dma_hdl, buf.off, size, DDI_DMA_SYNC_FORDEV));
  ringnic_tx_desc(tx, tx.next, buf.lo, buf.hi, size, reg.RN_DESC_SOP | reg.RN_DESC_EOP);
  tx.next = (tx.next + 1) & tx.mask;
  ringnic_tx_done(tx, mp);
}

/** Each block by itself; false when it cannot be, and nothing is bound then. */
function ringnic_tx_bind(tx: tx_ring_t, mp: mblk_t): boolean {
  let used = 0;
  for (let bp: mblk_t | null = mp; bp !== null; bp = bp.b_cont) {
    const len = bp.b_wptr - bp.b_rptr;
    if (len === 0) continue;
    const cookies = used < tx.frags ? ringnic_tx_bind_block(tx, used, bp.b_rptr, len) : 0;
    if (cookies === 0) {
      ringnic_tx_unbind(tx, used);
      return false;
    }
    used += cookies;
  }
  const last = (tx.next + used - 1) & tx.mask;
  const at = tx.area.mem_va + last * reg.RN_DESC_BYTES + reg.RN_DESC_FLAGS;
  ddi_put32(tx.area.acc_hdl, at, ddi_get32(tx.area.acc_hdl, at) | reg.RN_DESC_EOP);
  (tx.slots[last] as tx_ring_t['slots'][number]).mp = mp;
  tx.next = (last + 1) & tx.mask;
  return true;
}

/** One block, from the descriptor `used` of its packet on: its cookies, 0 when it cannot be. */
function ringnic_tx_bind_block(tx: tx_ring_t, used: number, va: number, len: number): number {
  let index = (tx.next + used) & tx.mask;
  const slot = tx.slots[index] as tx_ring_t['slots'][number];
  const { dma_hdl } = slot;
  const flags = DDI_DMA_WRITE | DDI_DMA_STREAMING;
  const bind = ddi_dma_addr_bind_handle(dma_hdl, null, va, len, flags, DDI_DMA_DONTWAIT);
  if (bind.isErr()) return 0;
  const { ccount } = bind.value;
  if (used + ccount > tx.frags) {
    discard(ddi_dma_unbind_handle(dma_hdl));
    return 0;
  }
  slot.bound = true;
  let sop = used === 0 ? reg.RN_DESC_SOP : 0;
  for (
    let c = ddi_dma_cookie_iter(dma_hdl, null);
    c !== null;
    c = ddi_dma_cookie_iter(dma_hdl, c)
  ) {
    const hi = Number(c.dmac_laddress >> 32n);
    ringnic_tx_desc(tx, index, c.dmac_address, hi, c.dmac_size, sop);
    sop = 0;
    index = (index + 1) & tx.mask;
  }
  return ccount;
}

/** Undoes the bindings of the first `used` descriptors of a packet. */
function ringnic_tx_unbind(tx: tx_ring_t, used: number): void {
  for (let k = 0; k < used; k++) {
    const slot = tx.slots[(tx.next + k) & tx.mask];
    if (slot?.bound !== true) continue;
    discard(ddi_dma_unbind_handle(slot.dma_hdl));
    slot.bound = false;
  }
}

function ringnic_tx_desc(
  tx: tx_ring_t,
  index: number,
  lo: number,
  hi: number,
  len: number,
  flags: number,
): void {
  const { acc_hdl, mem_va } = tx.area;
  const at = mem_va + index * reg.RN_DESC_BYTES;
  ddi_put32(acc_hdl, at, lo);
  ddi_put32(acc_hdl, at + reg.RN_DESC_HI, hi);
  ddi_put32(acc_hdl, at + reg.RN_DESC_LENGTH, len);
  // The device has no business here before the tail has moved, so the order is no matter.
  ddi_put32(acc_hdl, at + reg.RN_DESC_FLAGS, (flags | reg.RN_DESC_OWN) >>> 0);
}

/** Takes back what the device is done with. */
export function ringnic_tx_reclaim(sc: ringnic_t): void {
  const { tx } = sc;
  const outstanding = (tx.next - tx.clean) & tx.mask;
  if (outstanding === 0) return;
  // A descriptor counts only when the device has passed it: one written twice proves nothing.
  const head = ddi_get32(sc.regs_hdl, sc.regs + reg.RN_TX_RING + reg.RN_RING_HEAD);
  const passed = (head - tx.clean) & tx.mask;
  if (head > tx.mask || passed > outstanding) {
    sc.broken = true;
    return;
  }
  ringnic_sync_descs(tx.area, tx.slots.length, tx.clean, passed, DDI_DMA_SYNC_FORKERNEL);
  const { acc_hdl, mem_va } = tx.area;
  for (; tx.clean !== head; tx.clean = (tx.clean + 1) & tx.mask) {
    const at = mem_va + tx.clean * reg.RN_DESC_BYTES;
    const flags = ddi_get32(acc_hdl, at + reg.RN_DESC_FLAGS);
    if ((flags & reg.RN_DESC_OWN) !== 0) return;
    ringnic_tx_release(tx);
    tx.reclaimed++;
  }
}

/** Gives up everything that is in the ring; the device has been reset. */
export function ringnic_tx_reset(sc: ringnic_t): void {
  const { tx } = sc;
  for (; tx.clean !== tx.next; tx.clean = (tx.clean + 1) & tx.mask) {
    if (ringnic_tx_release(tx)) sc.stats.oerrors++;
  }
  tx.clean = 0;
  tx.next = 0;
}

/** Releases the oldest slot; whether it ended a packet that had been bound. */
function ringnic_tx_release(tx: tx_ring_t): boolean {
  const slot = tx.slots[tx.clean] as tx_ring_t['slots'][number];
  if (slot.bound) {
    discard(ddi_dma_unbind_handle(slot.dma_hdl));
    slot.bound = false;
  }
  const { mp } = slot;
  if (mp === null) return false;
  slot.mp = null;
  ringnic_tx_done(tx, mp);
  return true;
}

/** A packet is done with; it is freed when the lock is not held. */
function ringnic_tx_done(tx: tx_ring_t, mp: mblk_t): void {
  mp.b_next = tx.freed;
  tx.freed = mp;
}
