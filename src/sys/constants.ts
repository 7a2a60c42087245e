/**
 * The numbers of the headers: ddidmareq.h, dditypes.h, ddimapreq.h, sunddi.h, ddi_intr.h,
 * devops.h, kmem.h.
 *
 * Every name is the header's and every value is the header's; nothing here is ours. Some values
 * coincide (`DDI_FAILURE` and `DDI_DMA_NORESOURCES` are both -1), which is why a `DdiError` is told
 * apart by its `name` and never by its `code`.
 */

// ---- Generic return codes, sunddi.h ---------------------------------------------------------

/** Success of nearly every DDI call. */
export const DDI_SUCCESS = 0;
/** Failure of nearly every DDI call; the same number as {@link DDI_DMA_NORESOURCES}. */
export const DDI_FAILURE = -1;
/** `ddi_regs_map_setup(9F)`: the same registers are mapped already with conflicting attributes. */
export const DDI_REGS_ACC_CONFLICT = -10;
/** `ddi_regs_map_setup(9F)`: no resources for the mapping. */
export const DDI_ME_NORESOURCES = -3;
/** `ddi_regs_map_setup(9F)`: the register number is out of range. */
export const DDI_ME_RNUMBER_RANGE = -6;
/** `ddi_regs_map_setup(9F)`: the register set cannot be mapped as asked. */
export const DDI_ME_INVAL = -7;
/** `ddi_add_intr(9F)`: no such interrupt. */
export const DDI_INTR_NOTFOUND = 1;

// ---- DMA return codes, ddidmareq.h ----------------------------------------------------------

/** Bind: resources for the whole object. */
export const DDI_DMA_MAPPED = 0;
/** Bind: resources for a part of the object, the first window. */
export const DDI_DMA_PARTIAL_MAP = 1;
/** No resources at present. */
export const DDI_DMA_NORESOURCES = -1;
/** Bind: the object cannot be reached by the device. */
export const DDI_DMA_NOMAPPING = -2;
/** Bind: a request of this size can never be satisfied. */
export const DDI_DMA_TOOBIG = -3;
/** Alloc handle: these attributes can never be satisfied. */
export const DDI_DMA_BADATTR = -8;
/** Bind: the handle carries another transaction. */
export const DDI_DMA_INUSE = -9;

// ---- Waiting, ddidmareq.h -------------------------------------------------------------------

/** `waitfp`: do not wait and do not call back. The null function, so `null` means the same. */
export const DDI_DMA_DONTWAIT = 0;
/** `waitfp`: wait until resources are available. */
export const DDI_DMA_SLEEP = 1;
/** A callback returns this when it tried and failed: it is queued again. */
export const DDI_DMA_CALLBACK_RUNOUT = 0;
/** A callback returns this when it succeeded or is no longer interested. */
export const DDI_DMA_CALLBACK_DONE = 1;

// ---- Request flags, ddidmareq.h -------------------------------------------------------------

/** Bind: memory to device. */
export const DDI_DMA_WRITE = 0x0001;
/** Bind: device to memory. */
export const DDI_DMA_READ = 0x0002;
/** Bind: both directions. */
export const DDI_DMA_RDWR = 0x0003;
/** Bind: try to place a protected red zone after the object. */
export const DDI_DMA_REDZONE = 0x0004;
/** Bind: resources for a part of the object are welcome. */
export const DDI_DMA_PARTIAL = 0x0008;
/** Memory and bind: random access to small objects; syncs should be cheap. */
export const DDI_DMA_CONSISTENT = 0x0010;
/** Header only; no page describes it. */
export const DDI_DMA_EXCLUSIVE = 0x0020;
/** Memory and bind: sequential, one way, block sized and block aligned transfers. */
export const DDI_DMA_STREAMING = 0x0040;

/** Memory: the CPU may cache; the default. */
export const IOMEM_DATA_CACHED = 0x10000;
/** Memory: never cached, stores may be merged and reordered. */
export const IOMEM_DATA_UC_WR_COMBINE = 0x20000;
/** Memory: never cached, strictly ordered. */
export const IOMEM_DATA_UNCACHED = 0x40000;
/** All bits that carry a cache attribute, one of them undefined. */
export const IOMEM_DATA_MASK = 0xf0000;

// ---- Attribute flags and version, ddidmareq.h -----------------------------------------------

/** The only `dma_attr_version` there is. */
export const DMA_ATTR_V0 = 0;
/** Physical addresses, please, where the system has both kinds. */
export const DDI_DMA_FORCE_PHYSICAL = 0x0100;
/** The driver checks its handles for faults. */
export const DDI_DMA_FLAGERR = 0x0200;
/** Weak ordering among the transfers of the handle is acceptable. */
export const DDI_DMA_RELAXED_ORDERING = 0x0400;

// ---- Sync types, ddidmareq.h ----------------------------------------------------------------

/** Make the CPU's stores visible to the device. */
export const DDI_DMA_SYNC_FORDEV = 0x0;
/** Make the device's writes visible to the CPU. */
export const DDI_DMA_SYNC_FORCPU = 0x1;
/** As FORCPU, for the kernel's mapping only: a hint. */
export const DDI_DMA_SYNC_FORKERNEL = 0x2;

// ---- Access attributes, dditypes.h ----------------------------------------------------------

/** `devacc_attr_version` without the access byte. */
export const DDI_DEVICE_ATTR_V0 = 0x0001;
/** `devacc_attr_version` with the access byte. */
export const DDI_DEVICE_ATTR_V1 = 0x0002;
/** Accessors never swap. */
export const DDI_NEVERSWAP_ACC = 0x00;
/** The device is little-endian. */
export const DDI_STRUCTURE_LE_ACC = 0x01;
/** The device is big-endian. */
export const DDI_STRUCTURE_BE_ACC = 0x02;
/** Program order. */
export const DDI_STRICTORDER_ACC = 0x00;
/** The CPU may reorder. */
export const DDI_UNORDERED_OK_ACC = 0x01;
/** The CPU may merge, and therefore reorder. */
export const DDI_MERGING_OK_ACC = 0x02;
/** Loads may be cached, and therefore merged and reordered. */
export const DDI_LOADCACHING_OK_ACC = 0x03;
/** Stores may be cached too. */
export const DDI_STORECACHING_OK_ACC = 0x04;
/** On an I/O fault the system does what it does. */
export const DDI_DEFAULT_ACC = 0x01;
/** On an I/O fault the handle is marked. */
export const DDI_FLAGERR_ACC = 0x02;
/** An I/O fault is expected. */
export const DDI_CAUTIOUS_ACC = 0x03;

// ---- attach(9E), detach(9E), interrupts -----------------------------------------------------

/** attach(9E): a new instance. */
export const DDI_ATTACH = 0;
/** attach(9E): after a suspend. */
export const DDI_RESUME = 1;
/** detach(9E): for good. */
export const DDI_DETACH = 0;
/** detach(9E): for a while. */
export const DDI_SUSPEND = 1;
/** The interrupt was this device's. */
export const DDI_INTR_CLAIMED = 1;
/** The interrupt was not this device's. */
export const DDI_INTR_UNCLAIMED = 0;

// ---- kmem_alloc(9F) and mutex(9F) -----------------------------------------------------------

/** May wait for memory. The opposite number of {@link DDI_DMA_SLEEP}. */
export const KM_SLEEP = 0x0000;
/** Must not wait. */
export const KM_NOSLEEP = 0x0001;
/** taskq(9F) and others: may wait. */
export const DDI_SLEEP = 0;
/** taskq(9F) and others: must not wait. */
export const DDI_NOSLEEP = 1;
/** taskq(9F): the usual priority. */
export const TASKQ_DEFAULTPRI = -1;
/** mutex_init(9F): a driver's mutex, the only type a driver uses. */
export const MUTEX_DRIVER = 4;
