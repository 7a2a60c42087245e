/**
 * The structures of buf.h, uio.h and ddidevmap.h, as TypeScript sees them.
 *
 * `buf_t`, `iovec_t` and `uio_t` have the members of the header that a block driver or a bind
 * looks at; the others are opaque.
 */
import type { as_t, brand, caddr_t } from './types.js';

/** A device number. */
export type dev_t = number;

/** A process; opaque. `null` in `b_proc` stands for the kernel. */
export interface proc_t {
  readonly [brand]: 'proc_t';
  /** Its address space. */
  readonly p_as: as_t | null;
}

/** A page of memory, in the page lists of `b_pages` and `b_shadow`; opaque. */
export interface page_t {
  readonly [brand]: 'page_t';
}

/** What stands for memory of ddi_umem_alloc(9F) or ddi_umem_lock(9F); opaque. */
export interface ddi_umem_cookie_t {
  readonly [brand]: 'ddi_umem_cookie_t';
}

/** How the holder of a long lock learns that the memory goes away: umem_lockmemory. */
export interface umem_callback_ops {
  /** `UMEM_CALLBACK_VERSION`. */
  readonly cbo_umem_callback_version: number;
  /** Called when the range is unmapped or protected anew, and when its process ends. */
  readonly cbo_umem_lock_cleanup: ((cookie: ddi_umem_cookie_t) => void) | null;
}

/** One transfer of a block device, buf(9S). */
export interface buf_t {
  readonly [brand]: 'buf_t';
  /** `B_*`. Set and clear single bits; a driver never assigns the whole (buf(9S) FL-1). */
  b_flags: number;
  /** Queue links, for the driver while it owns the buf. */
  av_forw: buf_t | null;
  av_back: buf_t | null;
  /** Bytes to move. */
  b_bcount: number;
  /** `b_un.b_addr`: a kernel address; with `B_PHYS` one of `b_proc`; with `B_PAGEIO` an offset. */
  b_addr: caddr_t;
  /** Block number, the same as `b_lblkno`. */
  b_blkno: number;
  /** Block number, in blocks of `DEV_BSIZE`. */
  b_lblkno: number;
  /** Bytes not moved because of an error. */
  b_resid: number;
  /** Bytes of a buffer the kernel allocated. */
  b_bufsize: number;
  /** Called by biodone(9F) instead of everything else, when not `null`. */
  b_iodone: ((bp: buf_t) => number) | null;
  /** An errno; see bioerror(9F). */
  b_error: number;
  /** For the driver. */
  b_private: unknown;
  /** The device. */
  b_edev: dev_t;
  /** The process of `B_PHYS`; `null`: the kernel. */
  b_proc: proc_t | null;
  /** The page list of `B_PAGEIO`. */
  b_pages: readonly page_t[] | null;
  /** The page list of `B_SHADOW`; the first page is that of `b_addr`. */
  b_shadow: readonly page_t[] | null;
}

/** One area of an I/O request, iovec(9S). */
export interface iovec_t {
  /** First byte. */
  iov_base: caddr_t;
  /** Bytes. */
  iov_len: number;
}

/** An I/O request, uio(9S). */
export interface uio_t {
  /** The areas that are left; physio(9F) drops those that are done. */
  uio_iov: iovec_t[];
  /** How many areas are left. */
  uio_iovcnt: number;
  /** Where on the device it begins, in bytes. */
  uio_loffset: number;
  /** `UIO_USERSPACE` or `UIO_SYSSPACE`. */
  uio_segflg: number;
  /** Bytes that are left. */
  uio_resid: number;
}
