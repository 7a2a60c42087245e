/**
 * Message blocks: as much of mblk(9S) as a network driver needs to send and receive packets.
 *
 * A *packet* is one block or several, linked by `b_cont`; packets are linked by `b_next` to a
 * *chain*. The bytes of a block are in kernel memory, and whoever holds the block may use them
 * until he frees it. How that is done the block knows: memory that came from `allocb` goes back to
 * the kernel, a buffer on loan (desballoc(9F)) to the driver that lent it. STREAMS proper is not
 * modelled: no queues, no types of message, no reference counts.
 */
import type { kernelOf } from '../ddi/devinfo.js';
import { KM_NOSLEEP } from '../sys/constants.js';
import type { caddr_t } from '../sys/types.js';

/** A message block. */
export interface mblk_t {
  /** First byte. */
  b_rptr: caddr_t;
  /** Behind the last byte. */
  b_wptr: caddr_t;
  /** The next block of the same packet. */
  b_cont: mblk_t | null;
  /** The next packet. */
  b_next: mblk_t | null;
  /** Gives the bytes back; called once, in any context. */
  readonly b_free: (mp: mblk_t) => void;
}

/** The kernel services a block needs. */
type Kernel = Pick<ReturnType<typeof kernelOf>, 'kmem_alloc' | 'kmem_free'>;

/** A block on memory of the kernel. */
class KernelBlock implements mblk_t {
  b_rptr: caddr_t;
  b_wptr: caddr_t;
  b_cont: mblk_t | null = null;
  b_next: mblk_t | null = null;
  readonly b_free: () => void;

  constructor(kernel: Kernel, base: caddr_t, size: number) {
    this.b_rptr = base;
    this.b_wptr = base;
    this.b_free = () => {
      kernel.kmem_free(base, size);
    };
  }
}

/**
 * Allocates an empty block.
 *
 * @param kernel - of the machine
 * @param size - bytes there is room for
 * @returns the block; `null` when there is no memory
 * @remarks User, kernel and interrupt context.
 */
export function allocb(kernel: Kernel, size: number): mblk_t | null {
  const base = kernel.kmem_alloc(size, KM_NOSLEEP);
  return base === null ? null : new KernelBlock(kernel, base, size);
}

/**
 * The bytes of a packet.
 *
 * @param mp - the packet
 * @returns the bytes of all its blocks
 */
export function msgsize(mp: mblk_t): number {
  let size = 0;
  for (let bp: mblk_t | null = mp; bp !== null; bp = bp.b_cont) size += bp.b_wptr - bp.b_rptr;
  return size;
}

/**
 * Frees every block of a packet.
 *
 * @param mp - the packet
 * @remarks User, kernel and interrupt context.
 */
export function freemsg(mp: mblk_t): void {
  for (let bp: mblk_t | null = mp; bp !== null;) {
    const next: mblk_t | null = bp.b_cont;
    bp.b_free(bp);
    bp = next;
  }
}

/**
 * Frees every packet of a chain.
 *
 * @param chain - the first packet, or `null`
 * @remarks User, kernel and interrupt context.
 */
export function freemsgchain(chain: mblk_t | null): void {
  for (let mp = chain; mp !== null;) {
    const next: mblk_t | null = mp.b_next;
    freemsg(mp);
    mp = next;
  }
}
