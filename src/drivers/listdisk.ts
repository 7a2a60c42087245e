/**
 * The driver of the list disk: a block driver whose entry point is strategy(9E).
 *
 * 1. A buf waits in a queue until a *slot* is free and its memory is bound. A slot is a DMA handle,
 *    a page for a list and an identifier; what the device cannot take at once goes through windows,
 *    and a window through as many commands as it takes, one after the other.
 * 2. strategy cannot wait for a lock, and neither can the callback that says that resources are
 *    there again: both trigger a soft interrupt, which can.
 * 3. Bufs end after the lock is free, because biodone(9F) calls routines of others.
 * 4. A command that takes too long means that the device is stuck: it is switched off and on, and
 *    every buf under way is tried once more.
 */
import { ddi_get16, ddi_get32, ddi_get64, ddi_put16, ddi_put32, ddi_put64 } from '../ddi/acc.js';
import { biodone, bioerror } from '../ddi/buf.js';
import { ddi_get_driver_private, ddi_set_driver_private, kernelOf } from '../ddi/devinfo.js';
import { ddi_dma_alloc_handle, ddi_dma_free_handle } from '../ddi/dma-handle.js';
import { mutex_destroy, mutex_enter, mutex_exit } from '../ddi/lock.js';
import { ddi_regs_map_free, ddi_regs_map_setup } from '../ddi/regs.js';
import {
  ddi_intr_add_softint,
  ddi_intr_remove_softint,
  ddi_intr_trigger_softint,
} from '../ddi/softint.js';
import {
  DDI_ATTACH,
  DDI_DEFAULT_ACC,
  DDI_DETACH,
  DDI_DEVICE_ATTR_V1,
  DDI_DMA_CONSISTENT,
  DDI_DMA_DONTWAIT,
  DDI_FAILURE,
  DDI_INTR_CLAIMED,
  DDI_INTR_UNCLAIMED,
  DDI_STRICTORDER_ACC,
  DDI_STRUCTURE_LE_ACC,
  DDI_SUCCESS,
  DMA_ATTR_V0,
  MUTEX_DRIVER,
} from '../sys/constants.js';
import { DDI_INTR_SOFTPRI_MIN } from '../sys/constants-intr.js';
import { DEV_BSIZE, EINVAL, ENXIO } from '../sys/constants-io.js';
import { discard } from '../sys/result.js';
import type { ddi_device_acc_attr_t, ddi_dma_attr_t, dev_info_t } from '../sys/types.js';
import type { buf_t } from '../sys/types-io.js';
import { alloc_dma_area, free_dma_area } from './dma-area.js';
import type { Driver } from './driver.js';
import { alloc_interrupt, enable_interrupt } from './interrupt.js';
import { listdisk_end, listdisk_reap, listdisk_release, listdisk_start } from './listdisk-cmd.js';
import { SLOT_MAX } from './listdisk-cmd.js';
import type { listdisk_stats_t, listdisk_t, slot_t } from './listdisk-impl.js';
import * as reg from './listdisk-reg.js';
import { unwind, type undo_t } from './steps.js';

/** Commands under way at most. */
const SLOTS = 16;
/** Tries of a buf before the device is not believed any more. */
const TRIES = 2;

/** Registers, queues and lists are little-endian. */
const listdisk_acc_attr: ddi_device_acc_attr_t = {
  devacc_attr_version: DDI_DEVICE_ATTR_V1,
  devacc_attr_endian_flags: DDI_STRUCTURE_LE_ACC,
  devacc_attr_dataorder: DDI_STRICTORDER_ACC,
  devacc_attr_access: DDI_DEFAULT_ACC,
};

/** The driver's entry points. */
export const listdisk: Driver = {
  name: 'listdisk',
  attach: listdisk_attach,
  detach: listdisk_detach,
  intr: listdisk_intr,
};

/** Memory the device reads and writes page by page. */
function data_attr(addr_bits: number, max_bytes: number, block_bytes: number): ddi_dma_attr_t {
  return {
    dma_attr_version: DMA_ATTR_V0,
    dma_attr_addr_lo: 0n,
    dma_attr_addr_hi: (1n << BigInt(addr_bits)) - 1n,
    dma_attr_count_max: BigInt(reg.LD_PAGE) - 1n,
    dma_attr_align: BigInt(reg.LD_ALIGN),
    dma_attr_burstsizes: 0x7f,
    dma_attr_minxfer: 1,
    dma_attr_maxxfer: BigInt(max_bytes),
    dma_attr_seg: BigInt(reg.LD_PAGE) - 1n,
    // A transfer that begins inside a page has one piece more.
    dma_attr_sgllen: max_bytes / reg.LD_PAGE + 1,
    dma_attr_granular: block_bytes,
    dma_attr_flags: 0,
  };
}

/** Memory of queues and lists, in one piece. */
function shared_attr(addr_bits: number): ddi_dma_attr_t {
  const wide = 0xffff_ffffn;
  return {
    ...data_attr(addr_bits, reg.LD_PAGE, 1),
    dma_attr_align: BigInt(reg.LD_PAGE),
    dma_attr_count_max: wide,
    dma_attr_maxxfer: wide,
    dma_attr_seg: wide,
  };
}

async function listdisk_attach(dip: dev_info_t, cmd: number): Promise<number> {
  if (cmd !== DDI_ATTACH) return DDI_FAILURE;
  const undo: undo_t[] = [];
  const sc = listdisk_alloc(dip, undo);
  if (sc === null || !listdisk_switch_on(sc)) return unwind(undo);
  undo.push(() => ddi_put32(sc.regs_hdl, sc.regs + reg.LD_CTRL, 0));
  ddi_set_driver_private(dip, { sc, undo } satisfies attached_t);
  undo.push(() => ddi_set_driver_private(dip, null));
  return DDI_SUCCESS;
}

/** Everything an instance has, its interrupt enabled; `null` when something is missing. */
function listdisk_alloc(dip: dev_info_t, undo: undo_t[]): listdisk_t | null {
  const kernel = kernelOf(dip);
  const config = ddi_regs_map_setup(dip, 0, 0, 0, listdisk_acc_attr);
  if (config.isErr()) return null;
  undo.push(() => ddi_regs_map_free(config.value.handle));
  const bar0 = ddi_regs_map_setup(dip, 1, 0, 0, listdisk_acc_attr);
  if (bar0.isErr()) return null;
  undo.push(() => ddi_regs_map_free(bar0.value.handle));
  const { handle: regs_hdl, addr: regs } = bar0.value;

  const comm = config.value.addr + reg.PCI_CONF_COMM;
  const before = ddi_get16(config.value.handle, comm);
  ddi_put16(config.value.handle, comm, before | reg.PCI_COMM_MAE | reg.PCI_COMM_ME);
  undo.push(() => ddi_put16(config.value.handle, comm, reg.PCI_COMM_MAE));
  ddi_put32(regs_hdl, regs + reg.LD_CTRL, 0);

  const block_bytes = ddi_get32(regs_hdl, regs + reg.LD_CAP_BLOCK_BYTES);
  const blocks = Number(ddi_get64(regs_hdl, regs + reg.LD_CAP_BLOCKS));
  const addr_bits = ddi_get32(regs_hdl, regs + reg.LD_CAP_ADDR_BITS);
  const queue_max = ddi_get32(regs_hdl, regs + reg.LD_CAP_QUEUE_MAX);
  // A list is one page, and the first page of a transfer is not in it.
  const list_max = (reg.LD_PAGE / reg.LD_ENTRY_BYTES) * reg.LD_PAGE;
  const max_bytes = Math.min(ddi_get32(regs_hdl, regs + reg.LD_CAP_MAX_BYTES), list_max);
  const slot_count = Math.min(SLOTS, SLOT_MAX, queue_max - 1);
  // One place stays free, so that a full queue differs from an empty one.
  const queue_size = slot_count + 1;

  const attr = shared_attr(addr_bits);
  const area = (size: number) => {
    const made = alloc_dma_area(dip, attr, listdisk_acc_attr, size, DDI_DMA_CONSISTENT);
    if (made !== null) undo.push(() => free_dma_area(made));
    return made;
  };
  const sq = area(queue_size * reg.LD_CMD_BYTES);
  const cq = sq && area(queue_size * reg.LD_CPL_BYTES);
  const lists = cq && area(slot_count * reg.LD_PAGE);
  const data = data_attr(addr_bits, max_bytes, block_bytes);
  const slots = lists && listdisk_slots(dip, data, slot_count, undo);
  if (sq === null || cq === null || lists === null || slots === null) return null;

  const intr = alloc_interrupt(dip, undo);
  if (intr === null) return null;
  const lock = kernel.mutex_init('listdisk lock', MUTEX_DRIVER, intr.iblock_cookie);
  undo.push(() => mutex_destroy(lock));
  const parts = { dip, kernel, regs_hdl, regs, block_bytes, blocks, max_bytes, queue_size };
  const holder: { sc: listdisk_t | null } = { sc: null };
  const soft = ddi_intr_add_softint(dip, DDI_INTR_SOFTPRI_MIN, listdisk_softint, holder);
  if (soft.isErr()) return null;
  undo.push(async () => {
    discard(await ddi_intr_remove_softint(soft.value.h));
  });
  const sc: listdisk_t = {
    ...parts,
    sq,
    cq,
    lists,
    slots,
    soft: soft.value.h,
    lock,
    waitq: [],
    tries: slots.map(() => 0),
    ended: [],
    sq_tail: 0,
    sq_head: 0,
    cq_head: 0,
    phase: 1,
    starved: false,
    detaching: false,
    watchdog: 0,
    stats: { commands: 0, strays: 0, resets: 0, waits: 0 },
  };
  holder.sc = sc;
  return enable_interrupt(intr, listdisk_intr, sc, undo) ? sc : null;
}

function listdisk_slots(
  dip: dev_info_t,
  attr: ddi_dma_attr_t,
  count: number,
  undo: undo_t[],
): slot_t[] | null {
  const slots: slot_t[] = [];
  for (let index = 0; index < count; index++) {
    const alloc = ddi_dma_alloc_handle(dip, attr, DDI_DMA_DONTWAIT);
    if (alloc.isErr()) return null;
    const dma_hdl = alloc.value.handle;
    undo.push(() => ddi_dma_free_handle(dma_hdl));
    slots.push({
      index,
      dma_hdl,
      bp: null,
      generation: 0,
      windows: 0,
      window: 0,
      window_off: 0,
      window_len: 0,
      window_done: 0,
      command_len: 0,
      done: 0,
      deadline: 0,
    });
  }
  return slots;
}

/** Switches the device on, its queues empty; false when it does not like them. */
function listdisk_switch_on(sc: listdisk_t): boolean {
  const { regs_hdl, regs, sq, cq, queue_size } = sc;
  ddi_put32(regs_hdl, regs + reg.LD_CTRL, 0);
  // No completion of an earlier life may look like a new one.
  for (let i = 0; i < queue_size; i++) {
    ddi_put32(cq.acc_hdl, cq.mem_va + i * reg.LD_CPL_BYTES + reg.LD_CPL_STATUS, 0);
  }
  sc.sq_tail = sc.sq_head = sc.cq_head = 0;
  sc.phase = 1;
  ddi_put64(regs_hdl, regs + reg.LD_SQ_BASE, sq.laddress);
  ddi_put32(regs_hdl, regs + reg.LD_SQ_SIZE, queue_size);
  ddi_put64(regs_hdl, regs + reg.LD_CQ_BASE, cq.laddress);
  ddi_put32(regs_hdl, regs + reg.LD_CQ_SIZE, queue_size);
  ddi_put32(regs_hdl, regs + reg.LD_CTRL, reg.LD_CTRL_ENABLE);
  return ddi_get32(regs_hdl, regs + reg.LD_STATUS) === reg.LD_STATUS_READY;
}

/** What hangs on the node. */
interface attached_t {
  readonly sc: listdisk_t;
  readonly undo: undo_t[];
}

function listdisk_attached(dip: dev_info_t): attached_t | null {
  return (ddi_get_driver_private(dip) as attached_t | null | undefined) ?? null;
}

async function listdisk_detach(dip: dev_info_t, cmd: number): Promise<number> {
  const attached = listdisk_attached(dip);
  if (cmd !== DDI_DETACH || attached === null) return DDI_FAILURE;
  const { sc, undo } = attached;
  await mutex_enter(sc.lock);
  // A callback that is registered would find nothing when it comes.
  const busy =
    sc.detaching || sc.starved || sc.waitq.length > 0 || sc.slots.some((s) => s.bp !== null);
  if (!busy) sc.detaching = true;
  const { watchdog } = sc;
  sc.watchdog = 0;
  mutex_exit(sc.lock);
  if (watchdog !== 0) sc.kernel.untimeout(watchdog);
  if (busy) {
    discard(ddi_intr_trigger_softint(sc.soft, null));
    return DDI_FAILURE;
  }
  await unwind(undo);
  return DDI_SUCCESS;
}

/**
 * Reads or writes blocks, as strategy(9E): biodone(9F) tells the end.
 *
 * @param dip - an instance that is attached
 * @param bp - the request; `b_lblkno` counts blocks of 512 bytes. Not whole blocks of the device,
 * or an address that is no multiple of 4: `EINVAL`; blocks behind its end: `ENXIO`. At the very end
 * nothing is moved, and that is no error
 * @returns 0
 * @remarks User, kernel and interrupt context.
 */
export function listdisk_strategy(dip: dev_info_t, bp: buf_t): number {
  const sc = listdisk_attached(dip)?.sc;
  bp.b_resid = bp.b_bcount;
  if (sc === undefined || sc.detaching) return refuse(bp, ENXIO);
  const at = bp.b_lblkno * DEV_BSIZE;
  const end = sc.blocks * sc.block_bytes;
  const blocks = bp.b_bcount % sc.block_bytes === 0 && at % sc.block_bytes === 0;
  // ddi_dma_buf_bind_handle(9F) IX-3: binding does not align what is not aligned.
  if (!blocks || bp.b_addr % reg.LD_ALIGN !== 0) return refuse(bp, EINVAL);
  if (at < 0 || at > end || (at < end && at + bp.b_bcount > end)) return refuse(bp, ENXIO);
  if (at === end || bp.b_bcount === 0) return refuse(bp, 0);
  sc.waitq.push({ bp, tries: 0 });
  discard(ddi_intr_trigger_softint(sc.soft, null));
  return 0;
}

function refuse(bp: buf_t, error: number): number {
  if (error !== 0) bioerror(bp, error);
  biodone(bp);
  return 0;
}

/**
 * What an instance has done.
 *
 * @param dip - an instance that is attached
 * @returns a copy of its counters; `null` when there is no instance
 */
export function listdisk_stats(dip: dev_info_t): Readonly<listdisk_stats_t> | null {
  const sc = listdisk_attached(dip)?.sc;
  return sc === undefined ? null : { ...sc.stats };
}

// ---- Interrupts ---------------------------------------------------------------------------------

async function listdisk_intr(arg: unknown): Promise<number> {
  const sc = arg as listdisk_t;
  // The read brings in what the device has written and is still on its way: the line overtakes it.
  const status = ddi_get32(sc.regs_hdl, sc.regs + reg.LD_STATUS);
  await mutex_enter(sc.lock);
  const taken = listdisk_reap(sc);
  if (status !== reg.LD_STATUS_READY) listdisk_reset(sc);
  listdisk_start(sc);
  listdisk_watch(sc);
  leave(sc);
  return taken > 0 ? DDI_INTR_CLAIMED : DDI_INTR_UNCLAIMED;
}

async function listdisk_softint(arg: unknown): Promise<number> {
  const { sc } = arg as { readonly sc: listdisk_t | null };
  if (sc === null) return DDI_INTR_UNCLAIMED;
  await mutex_enter(sc.lock);
  listdisk_start(sc);
  listdisk_watch(sc);
  leave(sc);
  return DDI_INTR_CLAIMED;
}

/** Frees the lock and tells the ends. */
function leave(sc: listdisk_t): void {
  const ended = sc.ended.splice(0);
  mutex_exit(sc.lock);
  for (const bp of ended) biodone(bp);
}

// ---- The watchdog -------------------------------------------------------------------------------

/** Has the watchdog look again, while there is something to watch. The lock is held. */
function listdisk_watch(sc: listdisk_t): void {
  const busy = sc.slots.some((s) => s.bp !== null);
  if (sc.watchdog !== 0 || !busy || sc.detaching) return;
  sc.watchdog = sc.kernel.timeout(listdisk_watchdog, sc, 1);
}

async function listdisk_watchdog(sc: listdisk_t): Promise<void> {
  await mutex_enter(sc.lock);
  sc.watchdog = 0;
  const now = sc.kernel.ddi_get_lbolt();
  // An interrupt may have been lost: what is complete is complete.
  listdisk_reap(sc);
  if (sc.slots.some((s) => s.bp !== null && s.deadline <= now)) listdisk_reset(sc);
  listdisk_start(sc);
  listdisk_watch(sc);
  leave(sc);
}

/** Switches the device off and on, and has every buf under way wait again. The lock is held. */
function listdisk_reset(sc: listdisk_t): void {
  sc.stats.resets++;
  ddi_put32(sc.regs_hdl, sc.regs + reg.LD_CTRL, 0);
  const again = [];
  for (const slot of sc.slots) {
    const tries = (sc.tries[slot.index] ?? 0) + 1;
    const bp = listdisk_release(slot);
    if (bp === null) continue;
    if (tries < TRIES) again.push({ bp, tries });
    else listdisk_end(sc, bp, bp.b_bcount);
  }
  sc.waitq.unshift(...again);
  if (listdisk_switch_on(sc)) return;
  for (const { bp } of sc.waitq.splice(0)) listdisk_end(sc, bp, bp.b_bcount);
}
