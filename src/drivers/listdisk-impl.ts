/** What the list disk's driver knows of an instance. */
import type { kernelOf } from '../ddi/devinfo.js';
import type { kmutex_t } from '../ddi/lock.js';
import type { ddi_acc_handle_t, ddi_dma_handle_t, dev_info_t, caddr_t } from '../sys/types.js';
import type { buf_t } from '../sys/types-io.js';
import type { ddi_softint_handle_t } from '../sys/types.js';
import type { dma_area_t } from './dma-area.js';

/** A command under way: a place for a buf, and the part of it that the device works on. */
export interface slot_t {
  readonly index: number;
  readonly dma_hdl: ddi_dma_handle_t;
  /** The buf; `null` while the slot is free. */
  bp: buf_t | null;
  /** Counts uses, so that a completion of an earlier one is told apart. */
  generation: number;
  /** Windows of the object, and the one that is current. */
  windows: number;
  window: number;
  /** Where the current window begins in the object, and its bytes. */
  window_off: number;
  window_len: number;
  /** Bytes of the window that are complete, and bytes of the command under way. */
  window_done: number;
  command_len: number;
  /** Bytes of the buf that are complete. */
  done: number;
  /** Clock ticks at which the command is given up. */
  deadline: number;
}

/** A buf that waits, and how often the device was reset over it. */
export interface waiting_t {
  readonly bp: buf_t;
  tries: number;
}

/** What an instance has done. */
export interface listdisk_stats_t {
  /** Commands complete. */
  commands: number;
  /** Completions that belonged to no command. */
  strays: number;
  /** Times the device was switched off and on. */
  resets: number;
  /** Bufs that waited for resources of the DDI. */
  waits: number;
}

/** The soft state of an instance. */
export interface listdisk_t {
  readonly dip: dev_info_t;
  readonly kernel: ReturnType<typeof kernelOf>;
  readonly regs_hdl: ddi_acc_handle_t;
  readonly regs: caddr_t;
  readonly block_bytes: number;
  readonly blocks: number;
  /** Bytes of the longest command. */
  readonly max_bytes: number;
  readonly queue_size: number;
  readonly sq: dma_area_t;
  readonly cq: dma_area_t;
  /** A page of entries for each slot. */
  readonly lists: dma_area_t;
  readonly slots: readonly slot_t[];
  /** Runs what strategy cannot run itself. */
  readonly soft: ddi_softint_handle_t;
  /** Protects everything below. */
  readonly lock: kmutex_t;
  /** Bufs that no slot has, oldest first. */
  readonly waitq: waiting_t[];
  /** Tries of the buf in each slot. */
  readonly tries: number[];
  /** Bufs whose end is to be told once the lock is free. */
  readonly ended: buf_t[];
  sq_tail: number;
  sq_head: number;
  cq_head: number;
  phase: 0 | 1;
  /** Whether a callback is registered that comes when resources are there. */
  starved: boolean;
  detaching: boolean;
  /** The watchdog, or 0. */
  watchdog: number;
  readonly stats: listdisk_stats_t;
}
