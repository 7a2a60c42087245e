/** What the files of the ring NIC's driver share: its soft state. */
import type { kernelOf } from '../ddi/devinfo.js';
import type { kcondvar_t, kmutex_t } from '../ddi/lock.js';
import type { caddr_t, ddi_acc_handle_t, ddi_dma_handle_t, dev_info_t } from '../sys/types.js';
import type { mblk_t } from './mblk.js';
import type { dma_area_t } from './dma-area.js';
import type { dma_slice_t } from './ringnic-dma.js';

/** What a system's administrator may set. */
export interface ringnic_tunables_t {
  /** Descriptors of the ring for sending: a power of two, 16 to 4096. */
  readonly tx_ring: number;
  /** Descriptors of the ring for receiving: a power of two, 8 to 4096. */
  readonly rx_ring: number;
  /** Buffers for receiving beside those in the ring: as many can be on loan. */
  readonly rx_spare: number;
  /** Packets up to so many bytes are copied and not bound. */
  readonly tx_copy_max: number;
  /** Packets received that make an interrupt, where the time below does not come first. */
  readonly rx_intr_packets: number;
  /** The same for packets sent, which are in no hurry. */
  readonly tx_intr_packets: number;
  /** Microseconds a packet waits for its interrupt. */
  readonly intr_usec: number;
}

/** What the driver has done. */
export interface ringnic_stats_t {
  ipackets: number;
  opackets: number;
  /** Packets received with an error, or with a length that cannot be. */
  ierrors: number;
  /** Packets that could not be sent: too long, of no bytes, or lost in a restart. */
  oerrors: number;
  /** Packets received and dropped, for there was no memory to copy them to. */
  norcvbuf: number;
  /** Packets received that were copied, for no buffer was left to lend. */
  rx_copied: number;
  /** Packets to be sent that were bound. */
  tx_bound: number;
  /** Interrupts claimed. */
  interrupts: number;
  /** Times the device was restarted because it was stuck or had stopped. */
  restarts: number;
}

/** Who uses the driver: what mac(9E) registers. */
export interface ringnic_mac_t {
  /** Takes a chain of packets received; each is freed with freemsg, in any context. */
  readonly rx: (chain: mblk_t) => void | PromiseLike<void>;
  /** There is room again, after ringnic_tx has returned packets. */
  readonly tx_update?: () => void | PromiseLike<void>;
}

/** A place in the ring for sending. */
export interface tx_slot_t {
  /** For a fragment that is bound; it may take the descriptors of the next slots too. */
  readonly dma_hdl: ddi_dma_handle_t;
  /** For a packet that is copied. */
  readonly buf: dma_slice_t;
  bound: boolean;
  /** The packet whose last descriptor this is. */
  mp: mblk_t | null;
}

/** The ring for sending. */
export interface tx_ring_t {
  /** Protects everything below; the interrupt handler takes it too. */
  readonly lock: kmutex_t;
  readonly area: dma_area_t;
  readonly slots: readonly tx_slot_t[];
  readonly mask: number;
  /** Descriptors a packet may have. */
  readonly frags: number;
  /** The descriptor filled next, and the oldest not reclaimed. */
  next: number;
  clean: number;
  /** Descriptors reclaimed in all: whether there is progress. */
  reclaimed: number;
  /** Somebody waits for room. */
  resched: boolean;
  /** Packets done with, to be freed without the lock. */
  freed: mblk_t | null;
}

/** A buffer for receiving: the slice of memory, and the block it travels in. */
export interface rx_buf_t {
  readonly slice: dma_slice_t;
  readonly mp: mblk_t;
  lent: boolean;
}

/** The ring for receiving, and the buffers. */
export interface rx_ring_t {
  /** Protects the ring; the interrupt handler takes it too. */
  readonly lock: kmutex_t;
  readonly area: dma_area_t;
  readonly mask: number;
  /** The buffer of each descriptor. */
  readonly slots: rx_buf_t[];
  /** Buffers that are neither in the ring nor on loan; a stack. Nobody waits between two looks. */
  readonly spare: rx_buf_t[];
  /** Buffers on loan. */
  loaned: number;
  /** The descriptor looked at next. */
  next: number;
  /** Descriptors reaped in all: whether there is progress. */
  reaped: number;
  /** The device is past a descriptor that it has not given back. */
  stalled: boolean;
}

/** The soft state of an instance. */
export interface ringnic_t {
  readonly dip: dev_info_t;
  readonly kernel: ReturnType<typeof kernelOf>;
  readonly regs_hdl: ddi_acc_handle_t;
  readonly regs: caddr_t;
  readonly tunables: ringnic_tunables_t;
  /** Bytes of the longest packet, and of a buffer. */
  readonly max_frame: number;
  readonly buf_size: number;
  /** Locks: first that of receiving, then that of sending; changes of what follows take both. */
  readonly rx: rx_ring_t;
  readonly tx: tx_ring_t;
  running: boolean;
  loopback: boolean;
  detaching: boolean;
  /** Causes that are enabled. */
  intr_mask: number;
  /** What the device says cannot be: it is restarted. */
  broken: boolean;
  link_up: boolean;
  mac: ringnic_mac_t | null;
  /** The watchdog: its timeout or 0, whether it is at work, what there was when it was set. */
  watchdog: number;
  watching: boolean;
  readonly watched_cv: kcondvar_t;
  watched_tx: number;
  watched_rx: number;
  readonly stats: ringnic_stats_t;
}
