/** The driver of the copy engine. */
import { ddi_get32, ddi_get64, ddi_put16, ddi_put32, ddi_put64 } from '../ddi/acc.js';
import { ddi_get_driver_private, ddi_set_driver_private, kernelOf } from '../ddi/devinfo.js';
import { ddi_dma_addr_bind_handle, ddi_dma_unbind_handle } from '../ddi/dma-bind.js';
import { ddi_dma_cookie_iter, ddi_dma_ncookies } from '../ddi/dma-cookie.js';
import { ddi_dma_alloc_handle, ddi_dma_free_handle } from '../ddi/dma-handle.js';
import { ddi_dma_sync } from '../ddi/dma-sync.js';
import { ddi_add_intr, ddi_get_iblock_cookie, ddi_remove_intr } from '../ddi/intr.js';
import type { kcondvar_t, kmutex_t } from '../ddi/lock.js';
import {
  cv_destroy,
  cv_signal,
  cv_wait,
  mutex_destroy,
  mutex_enter,
  mutex_exit,
} from '../ddi/lock.js';
import { ddi_regs_map_free, ddi_regs_map_setup } from '../ddi/regs.js';
import {
  DDI_ATTACH,
  DDI_DEFAULT_ACC,
  DDI_DETACH,
  DDI_DEVICE_ATTR_V1,
  DDI_DMA_CONSISTENT,
  DDI_DMA_DONTWAIT,
  DDI_DMA_READ,
  DDI_DMA_STREAMING,
  DDI_DMA_SYNC_FORCPU,
  DDI_DMA_SYNC_FORDEV,
  DDI_DMA_WRITE,
  DDI_FAILURE,
  DDI_INTR_CLAIMED,
  DDI_INTR_UNCLAIMED,
  DDI_STRICTORDER_ACC,
  DDI_STRUCTURE_LE_ACC,
  DDI_SUCCESS,
  DMA_ATTR_V0,
  MUTEX_DRIVER,
} from '../sys/constants.js';
import { discard } from '../sys/result.js';
import type {
  caddr_t,
  ddi_acc_handle_t,
  ddi_device_acc_attr_t,
  ddi_dma_attr_t,
  ddi_dma_handle_t,
  dev_info_t,
} from '../sys/types.js';
import * as reg from './copyengine-reg.js';
import { alloc_dma_area, free_dma_area, type dma_area_t } from './dma-area.js';
import type { Driver } from './driver.js';
import { unwind, type undo_t } from './steps.js';

/** Entries a list of this driver has room for: 32 MiB in scattered pages. */
const LIST_MAX = 8192;
/** Where the destination list begins in the list memory. */
const DST_LIST_OFFSET = LIST_MAX * reg.CE_ENTRY_BYTES;

/** Registers and lists are little-endian. */
const copyengine_acc_attr: ddi_device_acc_attr_t = {
  devacc_attr_version: DDI_DEVICE_ATTR_V1,
  devacc_attr_endian_flags: DDI_STRUCTURE_LE_ACC,
  devacc_attr_dataorder: DDI_STRICTORDER_ACC,
  devacc_attr_access: DDI_DEFAULT_ACC,
};

/** List memory: fetched through the wide port, in one piece. */
const copyengine_list_attr: ddi_dma_attr_t = {
  dma_attr_version: DMA_ATTR_V0,
  dma_attr_addr_lo: 0n,
  dma_attr_addr_hi: 0xffff_ffff_ffff_ffffn,
  dma_attr_count_max: 0xffff_ffffn,
  dma_attr_align: 16n,
  dma_attr_burstsizes: 0x7f,
  dma_attr_minxfer: 1,
  dma_attr_maxxfer: 0xffff_ffffn,
  dma_attr_seg: 0xffff_ffffn,
  dma_attr_sgllen: 1,
  dma_attr_granular: 1,
  dma_attr_flags: 0,
};

/** The soft state of an instance. */
interface copyengine_t {
  readonly regs_hdl: ddi_acc_handle_t;
  readonly regs: caddr_t;
  /** What the engine's narrow port can do. */
  readonly attr: ddi_dma_attr_t;
  readonly list: dma_area_t;
  /** Protects the four below and the registers; the interrupt handler takes it too. */
  readonly lock: kmutex_t;
  /** The transfer is over. */
  readonly done_cv: kcondvar_t;
  /** The engine is free. */
  readonly idle_cv: kcondvar_t;
  busy: boolean;
  done: boolean;
  /** Interrupt causes of the transfer that is over. */
  cause: number;
  detaching: boolean;
  readonly undo: undo_t[];
}

/** A buffer in kernel memory. */
export interface copyengine_buf_t {
  readonly addr: caddr_t;
  /** Bytes. */
  readonly len: number;
}

/** The part of a bound object one transfer moves, as ddi_dma_getwin(9F) tells it. */
export interface copyengine_window_t {
  /** First byte, from the start of the object. */
  readonly off: number;
  /** Bytes; 0: up to the end of the object. */
  readonly len: number;
}

/** An object that is mapped whole. */
const copyengine_whole: copyengine_window_t = { off: 0, len: 0 };

/** The driver's entry points. */
export const copyengine: Driver = {
  name: 'copyengine',
  attach: copyengine_attach,
  detach: copyengine_detach,
  intr: copyengine_intr,
};

async function copyengine_attach(dip: dev_info_t, cmd: number): Promise<number> {
  if (cmd !== DDI_ATTACH) return DDI_FAILURE;
  const { mutex_init, cv_init } = kernelOf(dip);
  const undo: undo_t[] = [];

  const config = ddi_regs_map_setup(dip, 0, 0, 0, copyengine_acc_attr);
  if (config.isErr()) return unwind(undo);
  undo.push(() => ddi_regs_map_free(config.value.handle));

  const bar0 = ddi_regs_map_setup(dip, 1, 0, 0, copyengine_acc_attr);
  if (bar0.isErr()) return unwind(undo);
  undo.push(() => ddi_regs_map_free(bar0.value.handle));

  const comm = config.value.addr + reg.PCI_CONF_COMM;
  ddi_put16(config.value.handle, comm, reg.PCI_COMM_MAE | reg.PCI_COMM_ME);
  undo.push(() => ddi_put16(config.value.handle, comm, reg.PCI_COMM_MAE));

  const list = alloc_dma_area(
    dip,
    copyengine_list_attr,
    copyengine_acc_attr,
    2 * DST_LIST_OFFSET,
    DDI_DMA_CONSISTENT,
  );
  if (list === null) return unwind(undo);
  undo.push(() => free_dma_area(list));

  // ddi_add_intr(9F) DS-2: the locks of a handler are made from its cookie, before it is added.
  const iblock = ddi_get_iblock_cookie(dip, 0);
  if (iblock.isErr()) return unwind(undo);
  const lock = mutex_init('copyengine lock', MUTEX_DRIVER, iblock.value.iblock_cookie);
  undo.push(() => mutex_destroy(lock));
  const done_cv = cv_init('copyengine done');
  undo.push(() => cv_destroy(done_cv));
  const idle_cv = cv_init('copyengine idle');
  undo.push(() => cv_destroy(idle_cv));

  const { handle: regs_hdl, addr: regs } = bar0.value;
  const sc: copyengine_t = {
    regs_hdl,
    regs,
    attr: copyengine_attributes(regs_hdl, regs),
    list,
    lock,
    done_cv,
    idle_cv,
    busy: false,
    done: false,
    cause: 0,
    detaching: false,
    undo,
  };
  // ddi_add_intr(9F) DS-1: the handler may run before the call returns; all it needs is there.
  const intr = ddi_add_intr(dip, 0, copyengine_intr, sc);
  if (intr.isErr()) return unwind(undo);
  undo.push(() => ddi_remove_intr(dip, 0, intr.value.iblock_cookie));

  ddi_put32(regs_hdl, regs + reg.CE_CTRL, reg.CE_CTRL_RESET);
  ddi_put32(regs_hdl, regs + reg.CE_INTR_ENABLE, reg.CE_INTR_DONE | reg.CE_INTR_ERROR);
  undo.push(() => ddi_put32(regs_hdl, regs + reg.CE_CTRL, reg.CE_CTRL_RESET));

  ddi_set_driver_private(dip, sc);
  undo.push(() => ddi_set_driver_private(dip, null));
  return DDI_SUCCESS;
}

async function copyengine_detach(dip: dev_info_t, cmd: number): Promise<number> {
  if (cmd !== DDI_DETACH) return DDI_FAILURE;
  const sc = copyengine_state(dip);
  if (sc === null) return DDI_FAILURE;
  await mutex_enter(sc.lock);
  const busy = sc.busy || sc.detaching;
  sc.detaching = !busy || sc.detaching;
  mutex_exit(sc.lock);
  if (busy) return DDI_FAILURE;
  await unwind(sc.undo);
  return DDI_SUCCESS;
}

async function copyengine_intr(arg: unknown): Promise<number> {
  const sc = arg as copyengine_t;
  await mutex_enter(sc.lock);
  const cause = ddi_get32(sc.regs_hdl, sc.regs + reg.CE_INTR_STATUS);
  if (cause === 0) {
    mutex_exit(sc.lock);
    return DDI_INTR_UNCLAIMED;
  }
  ddi_put32(sc.regs_hdl, sc.regs + reg.CE_INTR_STATUS, cause);
  sc.cause = cause;
  sc.done = true;
  cv_signal(sc.done_cv);
  mutex_exit(sc.lock);
  return DDI_INTR_CLAIMED;
}

/**
 * Copies one buffer to another.
 *
 * @param dip - an engine that is attached
 * @param src - what to copy
 * @param dst - where to; as long as `src`
 * @returns `DDI_SUCCESS`; the code of the DMA call that failed; `DDI_FAILURE` when the engine
 * refused or broke off
 * @remarks User and kernel context: it waits for the engine.
 */
export async function copyengine_copy(
  dip: dev_info_t,
  src: copyengine_buf_t,
  dst: copyengine_buf_t,
): Promise<number> {
  const sc = copyengine_state(dip);
  if (sc === null) return DDI_FAILURE;
  const from = copyengine_bind(dip, sc.attr, src, DDI_DMA_WRITE);
  if (typeof from === 'number') return from;
  const to = copyengine_bind(dip, sc.attr, dst, DDI_DMA_READ);
  if (typeof to === 'number') {
    copyengine_unbind(from);
    return to;
  }
  const rval = await copyengine_transfer(dip, from, to, 0);
  copyengine_unbind(to);
  copyengine_unbind(from);
  return rval;
}

/**
 * Moves what is bound to one handle to what is bound to another.
 *
 * @param dip - an engine that is attached
 * @param src - a handle bound with `DDI_DMA_WRITE`
 * @param dst - a handle bound with `DDI_DMA_READ`, to as many bytes
 * @param ports - `CE_CTRL_SRC_WIDE`, `CE_CTRL_DST_WIDE`: lists that go through the wide port
 * @param srcwin - the current window of `src`, when it has windows
 * @param dstwin - the current window of `dst`, when it has windows
 * @returns `DDI_SUCCESS`; `DDI_FAILURE` when the engine refused or broke off
 * @remarks User and kernel context: it waits for the engine.
 */
export async function copyengine_transfer(
  dip: dev_info_t,
  src: ddi_dma_handle_t,
  dst: ddi_dma_handle_t,
  ports: number,
  srcwin: copyengine_window_t = copyengine_whole,
  dstwin: copyengine_window_t = copyengine_whole,
): Promise<number> {
  const sc = copyengine_state(dip);
  if (sc === null) return DDI_FAILURE;
  if (ddi_dma_ncookies(src) > LIST_MAX || ddi_dma_ncookies(dst) > LIST_MAX) return DDI_FAILURE;
  await mutex_enter(sc.lock);
  // condvar(9F) WT-2: who is woken looks again; another may have been faster.
  while (sc.busy && !sc.detaching) await cv_wait(sc.idle_cv, sc.lock);
  if (sc.detaching) {
    mutex_exit(sc.lock);
    return DDI_FAILURE;
  }
  sc.busy = true;
  sc.done = false;
  const { list, regs_hdl, regs } = sc;
  const sources = copyengine_write_list(list, 0, src);
  const targets = copyengine_write_list(list, DST_LIST_OFFSET, dst);
  discard(ddi_dma_sync(src, srcwin.off, srcwin.len, DDI_DMA_SYNC_FORDEV));
  ddi_put64(regs_hdl, regs + reg.CE_SRC_LIST, list.laddress);
  ddi_put32(regs_hdl, regs + reg.CE_SRC_COUNT, sources);
  ddi_put64(regs_hdl, regs + reg.CE_DST_LIST, list.laddress + BigInt(DST_LIST_OFFSET));
  ddi_put32(regs_hdl, regs + reg.CE_DST_COUNT, targets);
  ddi_put32(regs_hdl, regs + reg.CE_CTRL, reg.CE_CTRL_GO | ports);
  while (!sc.done) await cv_wait(sc.done_cv, sc.lock);
  const { cause } = sc;
  sc.busy = false;
  cv_signal(sc.idle_cv);
  mutex_exit(sc.lock);
  discard(ddi_dma_sync(dst, dstwin.off, dstwin.len, DDI_DMA_SYNC_FORCPU));
  return (cause & reg.CE_INTR_ERROR) === 0 ? DDI_SUCCESS : DDI_FAILURE;
}

/** Writes the cookies of a handle as a list, and shows it to the device: its number of entries. */
function copyengine_write_list(list: dma_area_t, offset: number, h: ddi_dma_handle_t): number {
  const { acc_hdl, mem_va, dma_hdl } = list;
  let at = mem_va + offset;
  for (let c = ddi_dma_cookie_iter(h, null); c !== null; c = ddi_dma_cookie_iter(h, c)) {
    ddi_put64(acc_hdl, at, c.dmac_laddress);
    ddi_put32(acc_hdl, at + 8, c.dmac_size);
    ddi_put32(acc_hdl, at + 12, 0);
    at += reg.CE_ENTRY_BYTES;
  }
  const bytes = at - mem_va - offset;
  // ddi_dma_sync(9F) DS-7: needed for CONSISTENT memory no less.
  if (bytes > 0) discard(ddi_dma_sync(dma_hdl, offset, bytes, DDI_DMA_SYNC_FORDEV));
  return bytes / reg.CE_ENTRY_BYTES;
}

/** A handle bound to a buffer, or the code of the call that failed. */
function copyengine_bind(
  dip: dev_info_t,
  attr: ddi_dma_attr_t,
  buf: copyengine_buf_t,
  direction: number,
): ddi_dma_handle_t | number {
  const alloc = ddi_dma_alloc_handle(dip, attr, DDI_DMA_DONTWAIT);
  if (alloc.isErr()) return alloc.error.code;
  const { handle } = alloc.value;
  const flags = direction | DDI_DMA_STREAMING;
  const bind = ddi_dma_addr_bind_handle(handle, null, buf.addr, buf.len, flags, DDI_DMA_DONTWAIT);
  if (bind.isOk()) return handle;
  ddi_dma_free_handle(handle);
  return bind.error.code;
}

function copyengine_unbind(handle: ddi_dma_handle_t): void {
  discard(ddi_dma_unbind_handle(handle));
  ddi_dma_free_handle(handle);
}

/** The attributes the engine's capability registers describe. */
function copyengine_attributes(regs_hdl: ddi_acc_handle_t, regs: caddr_t): ddi_dma_attr_t {
  return {
    dma_attr_version: DMA_ATTR_V0,
    dma_attr_addr_lo: ddi_get64(regs_hdl, regs + reg.CE_CAP_ADDR_LO),
    dma_attr_addr_hi: ddi_get64(regs_hdl, regs + reg.CE_CAP_ADDR_HI),
    dma_attr_count_max: ddi_get64(regs_hdl, regs + reg.CE_CAP_COUNT_MAX),
    dma_attr_align: ddi_get64(regs_hdl, regs + reg.CE_CAP_ALIGN),
    dma_attr_burstsizes: 0x7f,
    dma_attr_minxfer: ddi_get32(regs_hdl, regs + reg.CE_CAP_MINXFER),
    dma_attr_maxxfer: ddi_get64(regs_hdl, regs + reg.CE_CAP_MAXXFER),
    dma_attr_seg: ddi_get64(regs_hdl, regs + reg.CE_CAP_SEG),
    // The register is unsigned to the accessor and signed in the data sheet.
    dma_attr_sgllen: ddi_get32(regs_hdl, regs + reg.CE_CAP_SGLLEN) | 0,
    dma_attr_granular: ddi_get32(regs_hdl, regs + reg.CE_CAP_GRANULAR),
    dma_attr_flags: 0,
  };
}

function copyengine_state(dip: dev_info_t): copyengine_t | null {
  return (ddi_get_driver_private(dip) as copyengine_t | null | undefined) ?? null;
}
