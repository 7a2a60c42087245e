/**
 * The driver of the ring NIC.
 *
 * 1. `attach` takes everything there is to take: registers, rings, buffers, a DMA handle for every
 *    place in the ring for sending, the interrupt. Nothing is allocated while packets flow but what
 *    a copy needs.
 * 2. `ringnic_start` and `ringnic_stop` are what mac(9E) calls `mc_start` and `mc_stop`. Between
 *    them packets are sent with `ringnic_tx` and received through `ringnic_mac_t`. STREAMS and mac
 *    proper are not modelled.
 * 3. Nothing of the device's is trusted but what can be checked: not a length, not a head. A device
 *    that is stuck, or says that it has stopped, is reset and started again.
 * 4. `detach` fails while a buffer is on loan, for its memory is the driver's.
 */
import { ddi_get16, ddi_get32, ddi_put16, ddi_put32, ddi_put64 } from '../ddi/acc.js';
import { ddi_get_driver_private, ddi_set_driver_private, kernelOf } from '../ddi/devinfo.js';
import { cv_broadcast, cv_destroy, cv_wait, mutex_enter, mutex_exit } from '../ddi/lock.js';
import { ddi_regs_map_free, ddi_regs_map_setup } from '../ddi/regs.js';
import {
  DDI_ATTACH,
  DDI_DETACH,
  DDI_FAILURE,
  DDI_INTR_CLAIMED,
  DDI_INTR_UNCLAIMED,
  DDI_SUCCESS,
} from '../sys/constants.js';
import type { dev_info_t } from '../sys/types.js';
import type { Driver } from './driver.js';
import { freemsgchain, type mblk_t } from './mblk.js';
import { alloc_interrupt, enable_interrupt } from './interrupt.js';
import { ringnic_alloc_rx, ringnic_alloc_tx } from './ringnic-alloc.js';
import { ringnic_acc_attr, ringnic_dma_attr } from './ringnic-dma.js';
import type {
  ringnic_mac_t,
  ringnic_stats_t,
  ringnic_t,
  ringnic_tunables_t,
} from './ringnic-impl.js';
import * as reg from './ringnic-reg.js';
import { ringnic_rx_reap, ringnic_rx_reset } from './ringnic-rx.js';
import {
  ringnic_tx_post,
  ringnic_tx_reclaim,
  ringnic_tx_reset,
  ringnic_tx_room,
} from './ringnic-tx.js';
import { unwind, type undo_t } from './steps.js';

/** What is set unless told. */
const ringnic_defaults: ringnic_tunables_t = {
  tx_ring: 256,
  rx_ring: 256,
  rx_spare: 256,
  tx_copy_max: 256,
  rx_intr_packets: 32,
  tx_intr_packets: 64,
  intr_usec: 50,
};

/** Clock ticks after which a device that has made no progress is stuck. */
const WATCHDOG_TICKS = 2;

/** Causes the driver wants to hear of. */
const INTR_WANTED =
  reg.RN_INTR_TX |
  reg.RN_INTR_RX |
  reg.RN_INTR_MISSED |
  reg.RN_INTR_LINK |
  reg.RN_INTR_TX_ERROR |
  reg.RN_INTR_RX_ERROR;

/**
 * The driver's entry points.
 *
 * @param tunables - what the administrator has set, in /etc/system or a .conf file
 */
export function ringnic(tunables: Partial<ringnic_tunables_t> = {}): Driver {
  const set = { ...ringnic_defaults, ...tunables };
  return {
    name: 'ringnic',
    attach: (dip, cmd) => ringnic_attach(dip, cmd, set),
    detach: ringnic_detach,
    intr: ringnic_intr,
  };
}

async function ringnic_attach(
  dip: dev_info_t,
  cmd: number,
  tunables: ringnic_tunables_t,
): Promise<number> {
  if (cmd !== DDI_ATTACH) return DDI_FAILURE;
  const undo: undo_t[] = [];
  const fail = (): Promise<number> => unwind(undo);
  const kernel = kernelOf(dip);

  const config = ddi_regs_map_setup(dip, 0, 0, 0, ringnic_acc_attr);
  if (config.isErr()) return fail();
  undo.push(() => ddi_regs_map_free(config.value.handle));
  const bar0 = ddi_regs_map_setup(dip, 1, 0, 0, ringnic_acc_attr);
  if (bar0.isErr()) return fail();
  undo.push(() => ddi_regs_map_free(bar0.value.handle));
  const { handle: regs_hdl, addr: regs } = bar0.value;

  const comm = config.value.addr + reg.PCI_CONF_COMM;
  const before = ddi_get16(config.value.handle, comm);
  ddi_put16(config.value.handle, comm, before | reg.PCI_COMM_MAE | reg.PCI_COMM_ME);
  undo.push(() => ddi_put16(config.value.handle, comm, reg.PCI_COMM_MAE));
  ddi_put32(regs_hdl, regs + reg.RN_CTRL, reg.RN_CTRL_RESET);

  const max_frame = ddi_get32(regs_hdl, regs + reg.RN_CAP_MAX_FRAME);
  const addr_bits = ddi_get32(regs_hdl, regs + reg.RN_CAP_ADDR_BITS);
  const frags = ddi_get32(regs_hdl, regs + reg.RN_CAP_MAX_FRAGS);
  const ring_max = ddi_get32(regs_hdl, regs + reg.RN_CAP_RING_MAX);
  if (!sane(tunables, ring_max)) return fail();
  const attr = ringnic_dma_attr(addr_bits, Math.min(frags, tunables.tx_ring / 2));

  const intr = alloc_interrupt(dip, undo);
  if (intr === null) return fail();
  // Slices begin at a multiple of 512.
  const buf_size = Math.ceil(max_frame / 512) * 512;
  const parts = { dip, attr, tunables, iblock_cookie: intr.iblock_cookie, buf_size, undo };
  const tx = ringnic_alloc_tx(parts);
  if (tx === null) return fail();
  const rx = ringnic_alloc_rx(parts);
  if (rx === null) return fail();
  const watched_cv = kernel.cv_init('ringnic watchdog');
  undo.push(() => cv_destroy(watched_cv));

  const sc: ringnic_t = {
    dip,
    kernel,
    regs_hdl,
    regs,
    tunables,
    max_frame,
    buf_size,
    rx,
    tx,
    running: false,
    loopback: false,
    detaching: false,
    intr_mask: 0,
    broken: false,
    link_up: false,
    mac: null,
    watchdog: 0,
    watching: false,
    watched_cv,
    watched_tx: 0,
    watched_rx: 0,
    stats: {
      ipackets: 0,
      opackets: 0,
      ierrors: 0,
      oerrors: 0,
      norcvbuf: 0,
      rx_copied: 0,
      tx_bound: 0,
      interrupts: 0,
      restarts: 0,
    },
  };
  // All that the handler needs is there.
  if (!enable_interrupt(intr, ringnic_intr, sc, undo)) return fail();

  ddi_set_driver_private(dip, { sc, undo } satisfies attached_t);
  undo.push(() => ddi_set_driver_private(dip, null));
  return DDI_SUCCESS;
}

/** Whether the device has rings as the administrator wants them. */
function sane({ tx_ring, rx_ring, rx_spare }: ringnic_tunables_t, ring_max: number): boolean {
  const fits = (size: number, least: number): boolean =>
    size >= least && size <= ring_max && (size & (size - 1)) === 0;
  return fits(tx_ring, 16) && fits(rx_ring, 8) && rx_spare >= 0;
}

/** What hangs on the node. */
interface attached_t {
  readonly sc: ringnic_t;
  readonly undo: undo_t[];
}

function ringnic_attached(dip: dev_info_t): attached_t | null {
  return (ddi_get_driver_private(dip) as attached_t | null | undefined) ?? null;
}

async function ringnic_detach(dip: dev_info_t, cmd: number): Promise<number> {
  if (cmd !== DDI_DETACH) return DDI_FAILURE;
  const attached = ringnic_attached(dip);
  if (attached === null) return DDI_FAILURE;
  const { sc, undo } = attached;
  await mutex_enter(sc.rx.lock);
  // A buffer on loan is memory of ours in somebody's hands; whoever has it gives it back one day.
  const busy = sc.detaching || sc.rx.loaned > 0;
  if (!busy) sc.detaching = true;
  mutex_exit(sc.rx.lock);
  if (busy) return DDI_FAILURE;
  await ringnic_halt(sc);
  if (sc.rx.loaned > 0) {
    // Lent while the lock was free.
    sc.detaching = false;
    return DDI_FAILURE;
  }
  await unwind(undo);
  return DDI_SUCCESS;
}

/**
 * Starts the device: packets flow.
 *
 * @param dip - an instance that is attached and stopped
 * @param mac - who takes the packets received
 * @param loopback - whether what is sent is received
 * @returns `DDI_SUCCESS`; `DDI_FAILURE` when it is running already, or there is no instance
 * @remarks User and kernel context.
 */
export async function ringnic_start(
  dip: dev_info_t,
  mac: ringnic_mac_t,
  loopback = false,
): Promise<number> {
  const sc = ringnic_attached(dip)?.sc;
  if (sc === undefined) return DDI_FAILURE;
  await ringnic_lock(sc);
  const startable = !sc.running && !sc.detaching;
  if (startable) {
    sc.mac = mac;
    sc.loopback = loopback;
    sc.running = true;
    ringnic_hw_start(sc);
  }
  ringnic_unlock(sc);
  return startable ? DDI_SUCCESS : DDI_FAILURE;
}

/**
 * Stops the device. Packets under way are dropped; buffers on loan stay so.
 *
 * @param dip - an instance that is attached
 * @returns `DDI_SUCCESS`; `DDI_FAILURE` when there is no instance
 * @remarks User and kernel context.
 */
export async function ringnic_stop(dip: dev_info_t): Promise<number> {
  const sc = ringnic_attached(dip)?.sc;
  if (sc === undefined) return DDI_FAILURE;
  await ringnic_halt(sc);
  return DDI_SUCCESS;
}

/**
 * Sends a chain of packets. Those that are taken are freed when the device is done with them, or at
 * once when they cannot be sent at all.
 *
 * @param dip - an instance that is running
 * @param chain - the packets
 * @returns the packets there was no room for: `tx_update` tells when there is; `null` when there
 * are none
 * @remarks User, kernel and interrupt context.
 */
export async function ringnic_tx(dip: dev_info_t, chain: mblk_t): Promise<mblk_t | null> {
  const sc = ringnic_attached(dip)?.sc;
  if (sc === undefined) {
    freemsgchain(chain);
    return null;
  }
  const { tx } = sc;
  await mutex_enter(tx.lock);
  const left = sc.running ? ringnic_tx_post(sc, chain) : null;
  const drop = sc.running ? null : chain;
  ringnic_watch(sc);
  const freed = ringnic_freed(sc);
  mutex_exit(tx.lock);
  freemsgchain(freed);
  freemsgchain(drop);
  return left;
}

/**
 * What an instance has done.
 *
 * @param dip - an instance that is attached
 * @returns a copy of its counters; `null` when there is no instance
 */
export function ringnic_stats(dip: dev_info_t): Readonly<ringnic_stats_t> | null {
  const sc = ringnic_attached(dip)?.sc;
  return sc === undefined ? null : { ...sc.stats };
}

// ---- The interrupt ------------------------------------------------------------------------------

async function ringnic_intr(arg: unknown): Promise<number> {
  const sc = arg as ringnic_t;
  const { regs_hdl, regs, rx, tx } = sc;
  // The read also brings in what the device has written to memory and is still on its way.
  const cause = ddi_get32(regs_hdl, regs + reg.RN_INTR_STATUS) & sc.intr_mask;
  if (cause === 0) return DDI_INTR_UNCLAIMED;
  // First acknowledged, then looked at: what comes in between is an interrupt of its own.
  ddi_put32(regs_hdl, regs + reg.RN_INTR_STATUS, cause);
  sc.stats.interrupts++;
  // Both rings, whatever the cause: a ring that is stuck makes no interrupts of its own.
  await mutex_enter(rx.lock);
  const chain = sc.running ? ringnic_rx_reap(sc) : null;
  mutex_exit(rx.lock);
  await mutex_enter(tx.lock);
  if (sc.running) ringnic_tx_reclaim(sc);
  let room = ringnic_room(sc);
  const freed = ringnic_freed(sc);
  mutex_exit(tx.lock);
  freemsgchain(freed);
  if ((cause & reg.RN_INTR_LINK) !== 0) sc.link_up = ringnic_link(sc);
  if (sc.broken || (cause & (reg.RN_INTR_TX_ERROR | reg.RN_INTR_RX_ERROR)) !== 0) {
    if (await ringnic_restart(sc)) room = true;
  } else if (rx.stalled) ringnic_watch(sc);
  // Upwards without a lock: whoever is called may call back.
  const { mac } = sc;
  if (chain !== null && mac !== null) await mac.rx(chain);
  if (room) await mac?.tx_update?.();
  return DDI_INTR_CLAIMED;
}

/** Whether to tell that there is room again; asked once for each time there was none. */
function ringnic_room({ tx }: ringnic_t): boolean {
  if (!tx.resched || ringnic_tx_room(tx) < Math.max(tx.frags, tx.slots.length / 4)) return false;
  tx.resched = false;
  return true;
}

/** The packets done with, to be freed when the lock is not held. */
function ringnic_freed({ tx }: ringnic_t): mblk_t | null {
  const { freed } = tx;
  tx.freed = null;
  return freed;
}

// ---- The device ---------------------------------------------------------------------------------

async function ringnic_lock({ rx, tx }: ringnic_t): Promise<void> {
  await mutex_enter(rx.lock);
  await mutex_enter(tx.lock);
}

function ringnic_unlock({ rx, tx }: ringnic_t): void {
  mutex_exit(tx.lock);
  mutex_exit(rx.lock);
}

function ringnic_link({ regs_hdl, regs }: ringnic_t): boolean {
  return (ddi_get32(regs_hdl, regs + reg.RN_STATUS) & reg.RN_STATUS_LINK) !== 0;
}

/** Brings the device from whatever state to running, with both locks held. */
function ringnic_hw_start(sc: ringnic_t): void {
  const { regs_hdl, regs, tx, rx, tunables } = sc;
  ringnic_hw_reset(sc);
  ringnic_rx_reset(sc);
  for (const [ring, { area, mask }] of [
    [reg.RN_TX_RING, tx],
    [reg.RN_RX_RING, rx],
  ] as const) {
    ddi_put64(regs_hdl, regs + ring, area.laddress);
    ddi_put32(regs_hdl, regs + ring + reg.RN_RING_SIZE, mask + 1);
  }
  const { rx_intr_packets, tx_intr_packets, intr_usec } = tunables;
  ddi_put32(regs_hdl, regs + reg.RN_TX_MODERATION, (intr_usec << 16) | tx_intr_packets);
  ddi_put32(regs_hdl, regs + reg.RN_RX_MODERATION, (intr_usec << 16) | rx_intr_packets);
  const loopback = sc.loopback ? reg.RN_CTRL_LOOPBACK : 0;
  ddi_put32(regs_hdl, regs + reg.RN_CTRL, reg.RN_CTRL_TX | reg.RN_CTRL_RX | loopback);
  ddi_put32(regs_hdl, regs + reg.RN_RX_RING + reg.RN_RING_TAIL, rx.mask);
  sc.link_up = ringnic_link(sc);
  sc.intr_mask = INTR_WANTED;
  ddi_put32(regs_hdl, regs + reg.RN_INTR_ENABLE, INTR_WANTED);
}

/** The device does nothing any more, and the ring for sending is empty; both locks held. */
function ringnic_hw_reset(sc: ringnic_t): void {
  sc.intr_mask = 0;
  sc.broken = false;
  ddi_put32(sc.regs_hdl, sc.regs + reg.RN_CTRL, reg.RN_CTRL_RESET);
  // A write may be on its way for a while; the answer to a read comes after it.
  ddi_get32(sc.regs_hdl, sc.regs + reg.RN_STATUS);
  ringnic_tx_reset(sc);
}

/** Resets the device and starts it again; whether to tell that there is room. */
async function ringnic_restart(sc: ringnic_t): Promise<boolean> {
  await ringnic_lock(sc);
  if (sc.running) {
    sc.stats.restarts++;
    ringnic_hw_start(sc);
  }
  const room = ringnic_room(sc);
  const freed = ringnic_freed(sc);
  ringnic_unlock(sc);
  freemsgchain(freed);
  return room;
}

/** Stops the device and the watchdog. */
async function ringnic_halt(sc: ringnic_t): Promise<void> {
  await ringnic_lock(sc);
  if (sc.running) {
    sc.running = false;
    ringnic_hw_reset(sc);
  }
  sc.tx.resched = false;
  if (sc.watchdog !== 0) sc.kernel.untimeout(sc.watchdog);
  sc.watchdog = 0;
  const freed = ringnic_freed(sc);
  mutex_exit(sc.tx.lock);
  while (sc.watching) await cv_wait(sc.watched_cv, sc.rx.lock);
  mutex_exit(sc.rx.lock);
  freemsgchain(freed);
}

// ---- The watchdog -------------------------------------------------------------------------------

/** Sees to it that somebody looks after what is outstanding. */
function ringnic_watch(sc: ringnic_t): void {
  const { tx, rx } = sc;
  const waiting = tx.clean !== tx.next || rx.stalled;
  if (sc.watchdog !== 0 || !sc.running || !waiting) return;
  sc.watched_tx = tx.reclaimed;
  sc.watched_rx = rx.reaped;
  sc.watchdog = sc.kernel.timeout(ringnic_watchdog, sc, WATCHDOG_TICKS);
}

async function ringnic_watchdog(sc: ringnic_t): Promise<void> {
  // After a stop nobody asks any more; the instance may be gone.
  if (sc.watchdog === 0 || !sc.running) return;
  sc.watching = true;
  await ringnic_lock(sc);
  sc.watchdog = 0;
  if (sc.running) ringnic_tx_reclaim(sc);
  const { tx, rx, watched_tx, watched_rx } = sc;
  const stuck =
    sc.broken ||
    (tx.clean !== tx.next && tx.reclaimed === watched_tx) ||
    (rx.stalled && rx.reaped === watched_rx);
  if (sc.running && stuck) {
    sc.stats.restarts++;
    ringnic_hw_start(sc);
  }
  ringnic_watch(sc);
  const room = ringnic_room(sc);
  const freed = ringnic_freed(sc);
  mutex_exit(tx.lock);
  sc.watching = false;
  cv_broadcast(sc.watched_cv);
  mutex_exit(rx.lock);
  freemsgchain(freed);
  if (room) await sc.mac?.tx_update?.();
}
