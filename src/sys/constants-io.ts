/**
 * The numbers of buf.h, uio.h, file.h, errno.h, ddidevmap.h and esunddi.h: what block drivers and
 * user memory need.
 *
 * As in constants.ts every name and every value is the header's.
 */

// ---- b_flags, buf.h: the bits of the DDI ----------------------------------------------------

/** The buf is in use. */
export const B_BUSY = 0x0001;
/** The transfer has finished; biodone(9F) sets it. */
export const B_DONE = 0x0002;
/** The transfer failed; `b_error` says how. bioerror(9F) sets both. */
export const B_ERROR = 0x0004;
/** The memory is a list of pages, `b_pages`. */
export const B_PAGEIO = 0x0010;
/** Direct I/O: `b_addr` is an address of the process `b_proc`. */
export const B_PHYS = 0x0020;
/** From the device to memory. */
export const B_READ = 0x0040;
/** From memory to the device: a pseudo flag, to be tested only as the absence of `B_READ`. */
export const B_WRITE = 0x0100;

// ---- b_flags, buf.h: reserved to the kernel -------------------------------------------------

/** Somebody waits for the buf. */
export const B_WANTED = 0x0080;
/** Nobody waits for the transfer; biodone(9F) releases the buf. */
export const B_ASYNC = 0x0400;
/** bp_mapin(9F) has given the memory kernel addresses. */
export const B_REMAPPED = 0x4000;
/** `b_shadow` lists the pages. */
export const B_SHADOW = 0x200000;
/** Fail soon when the device is gone. */
export const B_FAILFAST = 0x1000000;
/** The transfer was handed to the driver. */
export const B_STARTED = 0x2000000;

// ---- ddi_umem_alloc(9F), ddi_umem_lock(9F), ddidevmap.h and esunddi.h -----------------------

/** May wait for memory. */
export const DDI_UMEM_SLEEP = 0x0;
/** Must not wait. */
export const DDI_UMEM_NOSLEEP = 0x1;
/** Pageable memory instead of locked memory. */
export const DDI_UMEM_PAGEABLE = 0x2;
/** A cookie for the trash page, and no memory; header only. */
export const DDI_UMEM_TRASH = 0x4;
/** The memory will be read: the device takes data from it. */
export const DDI_UMEMLOCK_READ = 0x1;
/** The memory will be written: the device puts data into it. */
export const DDI_UMEMLOCK_WRITE = 0x2;
/** umem_lockmemory: locked for an indefinite time; needs a cleanup callback. */
export const DDI_UMEMLOCK_LONGTERM = 0x4;
/** The only version of `umem_callback_ops` there is. */
export const UMEM_CALLBACK_VERSION = 1;

// ---- uio.h, file.h, param.h -----------------------------------------------------------------

/** `uio_segflg`: addresses of the current process. */
export const UIO_USERSPACE = 0;
/** `uio_segflg`: kernel addresses. */
export const UIO_SYSSPACE = 1;
/** ddi_copyin(9F): the address is the kernel's; bit 31. */
export const FKIOCTL = 0x80000000;
/** No device. */
export const NODEV = -1;
/** Bytes in a block of `b_blkno`. */
export const DEV_BSIZE = 512;

// ---- errno.h --------------------------------------------------------------------------------

/** I/O error: what a buf with `B_ERROR` and no number means. */
export const EIO = 5;
/** No such device or address. */
export const ENXIO = 6;
/** Not now; perhaps later. */
export const EAGAIN = 11;
/** No memory, or more locked memory than the process may have. */
export const ENOMEM = 12;
/** No permission. */
export const EACCES = 13;
/** No memory at that address. */
export const EFAULT = 14;
/** An argument that makes no sense. */
export const EINVAL = 22;
