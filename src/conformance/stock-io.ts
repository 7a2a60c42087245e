/** What checks of user memory and bufs share. */
import { DDI_DMA_DONTWAIT, DDI_DMA_RDWR } from '../sys/constants.js';
import { B_READ, B_WRITE, DDI_UMEM_NOSLEEP, NODEV } from '../sys/constants-io.js';
import type { ddi_dma_handle_t } from '../sys/types.js';
import type { buf_t, ddi_umem_cookie_t } from '../sys/types-io.js';
import { newHandle, pattern } from './stock.js';
import type { ProgramEnd, Sut } from './sut.js';
import { good, that } from './that.js';

/** Memory of a program, locked. */
export interface Locked {
  readonly program: ProgramEnd;
  readonly at: number;
  readonly length: number;
  readonly cookie: ddi_umem_cookie_t;
}

/**
 * Memory of a new program that holds `pattern(length, 1)`, locked with ddi_umem_lock(9F).
 *
 * @param sut - the system
 * @param flags - `DDI_UMEMLOCK_READ` or `DDI_UMEMLOCK_WRITE`
 * @param pages - how many
 */
export async function locked(sut: Sut, flags: number, pages = 4): Promise<Locked> {
  const program = sut.program();
  const length = pages * sut.pageSize;
  const at = program.map(length);
  program.poke(at, pattern(length, 1));
  const result = await program.run(() => sut.kernel.ddi_umem_lock(at, length, flags));
  const { cookie } = good(result, 'ddi_umem_lock');
  return { program, at, length, cookie };
}

/**
 * A buf for a part of locked memory.
 *
 * @param sut - the system
 * @param cookie - of the lock
 * @param off - where the part begins
 * @param length - bytes
 * @param direction - `B_READ` or `B_WRITE`
 */
export function setUp(
  sut: Sut,
  cookie: ddi_umem_cookie_t,
  off: number,
  length: number,
  direction: number,
): buf_t {
  const sleep = DDI_UMEM_NOSLEEP;
  const bp = sut.ddi.ddi_umem_iosetup(cookie, off, length, direction, NODEV, 0, null, sleep);
  that(bp !== null, 'ddi_umem_iosetup gives a buf');
  return bp;
}

/**
 * Binds a buf with a new handle.
 *
 * @param sut - the system
 * @param bp - the buf
 * @param flags - direction
 */
export function boundBuf(sut: Sut, bp: buf_t, flags: number = DDI_DMA_RDWR): ddi_dma_handle_t {
  const handle = newHandle(sut);
  const result = sut.ddi.ddi_dma_buf_bind_handle(handle, bp, flags, DDI_DMA_DONTWAIT);
  good(result, 'ddi_dma_buf_bind_handle');
  return handle;
}

/** A disk: what is moved, and a strategy(9E) that moves it at once through bp_copyin(9F). */
export interface Disk {
  readonly bytes: Uint8Array;
  /** `b_bcount` of each call of strategy. */
  readonly seen: number[];
  /** Called at the start of strategy, with the buf. */
  onStart: (bp: buf_t) => void;
  /** An errno the next transfer ends with. */
  error: number;
  readonly strategy: (bp: buf_t) => number;
}

/**
 * A disk of blocks of 512 bytes, and kernel memory to move them through.
 *
 * @param sut - the system
 * @param length - bytes
 */
export function newDisk(sut: Sut, length: number): Disk {
  const bytes = pattern(length, 7);
  const at = sut.kernel.kmem_alloc(length, 0);
  that(at !== null, 'there is memory for the disk');
  const disk: Disk = {
    bytes,
    seen: [],
    onStart: () => undefined,
    error: 0,
    strategy: (bp) => {
      disk.seen.push(bp.b_bcount);
      disk.onStart(bp);
      const start = bp.b_blkno * 512;
      if (disk.error !== 0) {
        sut.ddi.bioerror(bp, disk.error);
        bp.b_resid = bp.b_bcount;
      } else if ((bp.b_flags & B_READ) !== 0) {
        sut.poke(at, bytes.subarray(start, start + bp.b_bcount));
        sut.ddi.bp_copyout(at, bp, 0, bp.b_bcount);
      } else {
        sut.ddi.bp_copyin(bp, at, 0, bp.b_bcount);
        bytes.set(sut.peek(at, bp.b_bcount), start);
      }
      sut.ddi.biodone(bp);
      return 0;
    },
  };
  return disk;
}

/** Both directions of a buf. */
export const directions: readonly number[] = [B_READ, B_WRITE];
