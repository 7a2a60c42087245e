/**
 * The clauses of the pages around DMA: access, mapping, memory, interrupts, locks, entry points.
 *
 * Data only. clauses.ts states the notation and is the only reader.
 */

/** 445 clauses, and `interplay/AX-n` among them, what several pages say together. */
export const accessClauseTable = `
# ddi_get8.9f
AR-1 MUST D handle is an access handle produced by a setup call (ddi_regs_map_setup, and by the NAME
  line also ddi_dma_mem_alloc).
  ? Foreign, freed or null handle -> misuse.
AR-2 NOTE D dev_addr is the device address to read; the NAME line names three targets: mapped
  memory, device register, allocated DMA memory.
  ? Same call works on all three handle kinds.
AR-3 NOTE D dev_addr has the pointer type of the datum; the page states no alignment rule for a
  single access (the rep pages do).
  ? Lint only: addr % size == 0.
DS-1 MUST S Exactly 8, 16, 32 or 64 bits are read, as the name says, from dev_addr.
  ? Access trace: one read, width as named, at that address.
DS-2 MUST S Every datum is converted so that host and device see the same value; the handle says
  how.
  ? Endian matrix: host order, endian flag, width.
DS-3 MAY S The conversion may be a byte swap when the two sides differ in endianness.
  ? 8-bit results never change; 16/32/64-bit swap per matrix.
RV-1 MUST S The value found at the mapped address is returned.
  ? get(put(v)) == v through one handle.
CX-1 MUST S May be called in user, kernel or interrupt context.
  ? All three accepted.
CX-2 MAY D On some buses (ISA and SBus are named) also from high-level interrupt context.
  ? Per-bus switch.
CX-3 MAY D On PCI, from high-level interrupt context under conditions given by pci(4) (I/O and
  memory space yes, configuration space no).
  ? Config handle + high-level context -> misuse.
OB-1 NOTE - ddi_getb, ddi_getw, ddi_getl, ddi_getll are obsolete names of get8, get16, get32, get64
  (in that order).
  ? Alias map.
# ddi_put8.9f
AR-1 MUST D handle comes from a setup call.
  ? As get8.
AR-2 NOTE D value is the datum in host form; dev_addr the target.
DS-1 MUST S One write of 8, 16, 32 or 64 bits is generated at dev_addr.
  ? Access trace: one write of that width.
DS-2 MUST S The datum is translated according to the handle before it reaches the device.
  ? Endian matrix; inspect the device's bytes.
DS-3 MAY S Translation may be a byte swap.
  ? 8-bit never.
RV-1 NOTE S void: a failed write is not reportable here (use the FM or check functions).
  ? Type.
CX-1 MUST S user, kernel, interrupt.
  ? Contexts.
CX-2 MAY D High-level interrupt on ISA and SBus; on PCI as pci(4) says.
  ? Per-bus switch.
OB-1 NOTE - ddi_putb, ddi_putw, ddi_putl, ddi_putll are obsolete names.
  ? Alias map.
# ddi_rep_get8.9f
AR-1 MUST D handle from a setup call.
  ? As get8.
AR-2 NOTE D repcount is the number of accesses, not bytes.
  ? Bytes written to host = repcount * size.
AR-3 MUST D host_addr and dev_addr are both aligned to the datum size.
  ? Misuse check.
FL-1 MUST S DDI_DEV_AUTOINCR (0x1): the device address advances by one datum per access, as for a
  buffer on the device.
  ? Trace addresses a, a+s, a+2s ...
FL-2 MUST S DDI_DEV_NO_AUTOINCR (0x0): every access uses the same device address (data register or
  FIFO).
  ? Trace: one address, repcount reads.
FL-3 NOTE D No other flag value is described.
  ? Do not assert; platform switch.
DS-1 MUST S Data moves from device to host, repcount items, one read of the named width per item.
  ? Trace length and width.
DS-2 MUST S The host address always advances, one datum per item.
  ? Host buffer fully written in order.
DS-3 MUST S Each datum is translated individually.
  ? Swap per element, not over the block.
RV-1 NOTE S Function is void, although the page's return section speaks of a returned value.
  ? Type.
CX-1 MUST S user, kernel, interrupt; no high-level statement on this page.
  ? Contexts.
SL-1 NOTE S repcount 0 is not mentioned (code: no access).
  ? No trace entry.
OB-1 NOTE - ddi_rep_getb/getw/getl/getll obsolete.
  ? Alias map.
# ddi_rep_put8.9f
AR-1 MUST D handle from a setup call.
  ? As get8.
AR-2 NOTE D repcount counts accesses.
  ? Bytes = repcount * size.
AR-3 MUST D host_addr and dev_addr aligned to the datum size.
  ? Misuse check.
FL-1 MUST S DDI_DEV_AUTOINCR: device address advances per datum.
  ? Trace.
FL-2 MUST S DDI_DEV_NO_AUTOINCR: all writes hit one device address.
  ? Trace; device sees repcount writes in order.
DS-1 MUST S Data moves host to device, one write of the named width per item, in host order.
  ? Trace equals host array.
DS-2 MUST S Per-datum translation.
  ? Swap per element.
RV-1 NOTE S void.
  ? Type.
CX-1 MUST S user, kernel, interrupt.
  ? Contexts.
OB-1 NOTE - ddi_rep_putb/putw/putl/putll obsolete.
  ? Alias map.
# ddi_io_get8.9f
AR-1 MUST D handle from a setup call.
  ? As get8.
DS-1 MUST S Reads 8, 16 or 32 bits from a device address in I/O space.
  ? Port-space trace.
DS-2 MUST S Per-datum translation by the handle.
  ? Endian matrix.
DS-3 NOTE S There is no 64-bit member of the I/O family.
  ? Type system.
OB-1 NOTE - The whole page is obsolete: replaced by ddi_get8/16/32 (getb -> get8, getw -> get16,
  getl -> get32).
  ? Alias of ddi_get*; identical results.
CX-1 MUST S user, kernel, interrupt.
  ? Contexts.
RV-1 NOTE S No return section; by type the value read.
  ? Type.
# ddi_io_put8.9f
AR-1 MUST D handle from a setup call.
  ? As put8.
DS-1 MUST S Writes 8, 16 or 32 bits to a device address in I/O space.
  ? Port-space trace.
DS-2 MUST S Per-datum translation.
  ? Endian matrix.
OB-1 NOTE - Obsolete; replaced by ddi_put8/16/32.
  ? Alias.
CX-1 MUST S user, kernel, interrupt.
  ? Contexts.
# ddi_io_rep_get8.9f
AR-1 NOTE D No flags argument: the page does not say whether the device address moves (code: it
  never does).
  ? Trace: one port address.
AR-2 MUST D Only host_addr must be datum-aligned (contrast rep_get8).
  ? Misuse check on host side only.
DS-1 MUST S repcount reads from I/O space into consecutive host locations.
  ? Trace.
DS-2 MUST S Per-datum translation.
  ? Swap per element.
OB-1 NOTE - Obsolete; replaced by ddi_rep_get8/16/32.
  ? Equivalent call has flags DDI_DEV_NO_AUTOINCR.
CX-1 MUST S user, kernel, interrupt.
  ? Contexts.
# ddi_io_rep_put8.9f
AR-1 NOTE D No flags; device address movement unspecified.
  ? Trace.
AR-2 MUST D host_addr datum-aligned.
  ? Misuse check.
DS-1 MUST S repcount writes from consecutive host locations to the I/O address.
  ? Trace.
DS-2 MUST S Per-datum translation.
  ? Swap per element.
OB-1 NOTE - Obsolete; replaced by ddi_rep_put8/16/32.
  ? Alias.
CX-1 MUST S user, kernel, interrupt.
  ? Contexts.
# ddi_mem_get8.9f
AR-1 MUST D handle from a setup call.
  ? As get8.
DS-1 MUST S Reads 8, 16, 32 or 64 bits from memory space or from allocated DMA memory.
  ? Works on a ddi_dma_mem_alloc handle.
DS-2 MUST S Per-datum translation.
  ? Endian matrix.
OB-1 NOTE - Whole page obsolete; replaced by ddi_get8/16/32/64.
  ? Alias.
CX-1 MUST S user, kernel, interrupt.
  ? Contexts.
# ddi_mem_put8.9f
AR-1 MUST D handle from a setup call.
  ? As put8.
DS-1 MUST S Writes 8, 16, 32 or 64 bits to memory space or allocated DMA memory.
  ? Works on a DMA-memory handle.
DS-2 MUST S Per-datum translation.
  ? Endian matrix.
OB-1 NOTE - Obsolete; replaced by ddi_put8/16/32/64.
  ? Alias.
CX-1 MUST S user, kernel, interrupt.
  ? Contexts.
# ddi_mem_rep_get8.9f
AR-1 MUST D host_addr and dev_addr datum-aligned.
  ? Misuse check.
FL-1 MUST S AUTOINCR / NO_AUTOINCR exactly as in ddi_rep_get8.
  ? Same suite.
DS-1 MUST S repcount reads from memory space or DMA memory to the host buffer, translated one by
  one.
  ? Same suite.
OB-1 NOTE - Obsolete; replaced by ddi_rep_get8/16/32/64.
  ? Alias.
CX-1 MUST S user, kernel, interrupt.
  ? Contexts.
# ddi_mem_rep_put8.9f
AR-1 MUST D host_addr and dev_addr datum-aligned.
  ? Misuse check.
FL-1 MUST S AUTOINCR / NO_AUTOINCR exactly as in ddi_rep_put8.
  ? Same suite.
DS-1 MUST S repcount writes from the host buffer to memory space or DMA memory, translated one by
  one.
  ? Same suite.
OB-1 NOTE - Obsolete; replaced by ddi_rep_put8/16/32/64.
  ? Alias.
CX-1 MUST S user, kernel, interrupt.
  ? Contexts.
# ddi_device_zero.9f
AR-1 MUST D handle from a setup call; dev_addr is where zeroing starts.
AR-2 MUST D dev_datasz is one of DDI_DATA_SZ01_ACC 1, SZ02 2, SZ04 4, SZ08 8.
  ? Other values are not described.
AR-3 NOTE D dev_advcnt is signed and counted in units of dev_datasz.
DS-1 MUST S bytecount bytes worth of zero are written, one dev_datasz word per access.
  ? Number of writes = bytecount / dev_datasz.
DS-2 MUST S dev_advcnt 0: every access uses the same device address.
  ? Trace.
DS-3 MUST S dev_advcnt > 0: the address grows by dev_advcnt * dev_datasz per access.
  ? Trace; stride > 1 leaves gaps.
DS-4 MUST S dev_advcnt < 0: the address shrinks likewise.
  ? Trace descending.
RV-1 MUST S DDI_SUCCESS (0) when zeroed.
  ? Return.
RV-2 MUST S DDI_FAILURE (-1) when bytecount is not a multiple of dev_datasz.
  ? bytecount 6, size 4 -> -1 and no access.
CX-1 MUST S user, kernel, interrupt.
  ? Contexts.
# ddi_device_copy.9f
AR-1 MUST D Both handles come from setup calls; each governs its own side.
  ? Two handles with different endian flags.
AR-2 MUST D One dev_datasz for both sides (1, 2, 4 or 8); mixed sizes are not supported.
  ? Type.
DS-1 MUST S bytecount bytes go from source to destination in dev_datasz words.
  ? bytecount / dev_datasz read+write pairs.
DS-2 MUST S Translation keeps a consistent view between source and destination.
  ? BE device to LE device: bytes within each word reversed.
DS-3 MAY S The translation may be a byte swap.
DS-4 MUST S Advance count 0 keeps the address of that side fixed.
  ? FIFO to buffer copy.
DS-5 MUST S Positive counts increase, negative counts decrease that side's address by count *
  dev_datasz.
  ? Trace; independent sides.
RV-1 MUST S DDI_SUCCESS (0): transferred.
  ? Return.
RV-2 MUST S DDI_FAILURE (-1): bytecount not a multiple of dev_datasz.
  ? No access made.
SL-1 NOTE S Overlapping source and destination are not mentioned (code: ascending word loop, read
  then write).
  ? Do not assert.
CX-1 MUST S user, kernel, interrupt.
  ? Contexts.
# ddi_peek.9f
AR-1 NOTE D dip is the device; the parent nexus may help.
  ? Model routes through the parent.
AR-2 NOTE D addr is a kernel virtual address, not handle-relative.
  ? No endian translation.
AR-3 MUST S valuep may be null: the value read is dropped.
  ? Null accepted, result code still correct.
DS-1 MUST S A careful read is tried; a bad address or an access error gives an error code, not a
  crash.
  ? Absent address -> -1, system lives.
DS-2 NOTE D Meant for presence checks in probe(9E) and attach(9E).
RV-1 MUST S DDI_SUCCESS (0): read worked, *valuep (if non-null) holds it.
  ? Value.
RV-2 MUST S DDI_FAILURE (-1): error; *valuep keeps its old content (the code contradicts it).
  ? Pre-fill, fail, compare.
CX-1 MUST S user, interrupt, kernel.
  ? Contexts.
OB-1 NOTE - Old names: peekc = 8, peeks = 16, peekl = 32, peekd = 64 bits.
  ? Alias map.
EX-1 NOTE - Examples: null valuep on an 8-bit status register; 32-bit id read in attach with failure
  path.
  ? Fixtures.
# ddi_poke.9f
DS-1 MUST S A careful write is tried at a virtual address with the help of the parent nexus.
  ? Absent address -> -1.
DS-2 NOTE D Expensive on multiprocessors: prefer peek.
  ? Lint.
RV-1 MUST S DDI_SUCCESS (0): written.
  ? Value at address.
RV-2 MUST S DDI_FAILURE (-1): error while writing.
  ? Return.
CX-1 MUST S user, interrupt, kernel.
  ? Contexts.
OB-1 NOTE - Old names pokec/pokes/pokel/poked.
  ? Alias map.
# pci_config_get8.9f
AR-1 MUST D handle must come from pci_config_setup, which must have been called first.
  ? Other handle -> misuse.
AR-2 MUST D offset is a byte offset from the start of configuration space and a multiple of the
  datum size.
  ? offset 1 with get16 -> misuse.
DS-1 MUST S One datum of 8, 16, 32 or 64 bits is read or written.
  ? Trace.
DS-2 MUST S Configuration space is little endian: values are converted between native and little
  endian.
  ? BE host model: get16 at 0 of bytes 86 80 gives 0x8086.
RV-1 MUST S The get functions return the value read.
  ? Vendor/device ids.
SL-1 NOTE S Offsets past the end and absent devices are not described (code: all ones for an absent
  device, no bound check per access).
  ? Do not assert.
CX-1 MUST S user, kernel, interrupt (pci(4) excludes high-level interrupt).
  ? Contexts.
OB-1 NOTE - Eight obsolete names pci_config_{get,put}{b,w,l,ll}.
  ? Alias map.
# pci_config_setup.9f
AR-1 NOTE S Setup stores an access handle through handle.
  ? Usable with pci_config_*.
DS-1 MUST S Setup obtains what is needed for later configuration-space accesses.
  ? get8 works afterwards.
DS-2 MUST S Teardown releases what the handle stands for.
  ? Handle dead; leak counter -1.
RV-1 MUST S DDI_SUCCESS (0): set up.
  ? Return.
RV-2 MUST S DDI_FAILURE (-1): resources for the setup not available (other codes leak through).
  ? Return != 0.
CX-1 MUST D Setup only from user or kernel context.
  ? interrupt -> misuse.
CX-2 MUST S Teardown from any context (disagrees with ddi_regs_map_free, which it is).
  ? Contexts.
NT-1 NOTE D PCI only; using it makes multi-bus drivers harder.
# pci.4
RG-1 MUST S phys_hi bits 0-7 register number, 8-10 function, 11-15 device, 16-23 bus, 24-25 address
  space.
  ? Bit-field decoder.
RG-2 MUST S Address space: 0 configuration, 1 I/O, 2 32-bit memory, 3 64-bit memory.
  ? Handle kind chosen by it.
RG-3 NOTE S phys_hi bits 28-31 extend the register number (bits 8-11) for extended configuration
  space, zero otherwise; header uses 29-31 as alias/prefetch/relocatable.
  ? Do not combine.
RG-4 MUST S Cells 2 and 3 give the 64-bit address, cells 4 and 5 the 64-bit size, high half first.
  ? Decoder.
RG-5 MUST S The tuple index is the rnumber of ddi_regs_map_setup.
  ? Index map.
RG-6 MUST S A single-function device uses function number 0.
CX-1 MUST D In high-level interrupt context ddi_get/ddi_put may reach I/O and memory space, never
  configuration space.
  ? Misuse check.
BO-1 NOTE S PCI is a little-endian bus.
  ? STRUCTURE_LE is the natural attribute.
IN-1 NOTE D A driver registers its interrupt with index 0.
  ? inumber 0.
# ddi_regs_map_setup.9f
AR-1 NOTE D rnumber is a 0-based index into the reg property tuples.
  ? Index.
AR-2 NOTE D offset is the start inside that register set, len the size to map.
AR-3 MUST D accattrp describes access attributes (ddi_device_acc_attr(9S)).
  ? Copied into the handle (later changes have no effect).
OUT-1 MUST S *addrp is the base to which an offset up to len is added to form dev_addr for the
  get/put routines.
  ? addr arithmetic.
OUT-2 NOTE S *addrp is platform dependent: not necessarily a virtual address (x86: port number for
  I/O, config offset for configuration space).
  ? Opaque base in the model.
OUT-3 MUST S *handlep receives the access handle.
  ? Usable in ddi_get*.
OUT-4 MUST D The handle is opaque.
  ? Branded type.
DS-1 MUST S Maps the register set rnumber.
  ? Trace shows base of that set.
DS-2 MUST S len non-zero replaces the length of the register description.
  ? Handle range = len.
DS-3 MUST S offset 0 and len 0: the whole space is mapped.
  ? Range = size.
DS-4 NOTE S len 0 with offset > 0 is not described.
  ? Do not assert.
DS-5 MUST S The handle carries what is needed to keep host and device views consistent.
  ? Endian matrix.
RN-1 NOTE S Tuple size differs per bus; each tuple is one register space.
  ? Bus model.
RN-2 NOTE S PCI and PCIe: tuple 0 is configuration space, rnumber 1 the first implemented (non-zero)
  BAR, rnumber 2 the second, and so on.
  ? BAR1 absent: rnumber 2 is BAR2.
RV-1 MUST S DDI_SUCCESS (0).
  ? Return.
RV-2 MUST S DDI_FAILURE (-1): bad rnumber, offset or len.
  ? Return.
RV-3 MAY S DDI_ME_RNUMBER_RANGE (-6): bad rnumber or no reg property; not on every platform and
  overlapping with DDI_FAILURE.
  ? Platform switch.
RV-4 MAY S DDI_REGS_ACC_CONFLICT (-10): conflicting access with other active mappings.
  ? Never on the x86 setup path.
RV-5 MUST D Test for != DDI_SUCCESS, not for a particular code.
  ? Lint.
CX-1 MUST D user or kernel only.
  ? interrupt -> misuse.
# ddi_regs_map_free.9f
AR-1 MUST D Address of a handle obtained from ddi_regs_map_setup or a similar setup.
  ? Pointer-to-handle.
DS-1 MUST S The mapping behind the handle is released.
  ? Later access through it -> misuse.
DS-2 NOTE D Meant for detach.
  ? Leak check at detach.
OUT-1 NOTE S The page does not say that the variable is cleared (code: set to NULL).
  ? Mirror.
RV-1 NOTE S void.
CX-1 MUST D user or kernel.
  ? interrupt -> misuse.
# ddi_dev_nregs.9f
DS-1 MUST S Reports the number of register sets.
  ? Equals reg tuple count.
RV-1 MUST S DDI_SUCCESS (0): *resultp set.
  ? Value.
RV-2 MUST S DDI_FAILURE (-1): the device has no registers.
  ? No reg property.
CX-1 MUST S user, interrupt, kernel.
  ? Contexts.
# ddi_dev_regsize.9f
AR-1 NOTE D rnumber counts from 0; the count comes from ddi_dev_nregs.
DS-1 MUST S Size in bytes of register set rnumber.
  ? Value from the tuple.
RV-1 MUST S DDI_SUCCESS (0): *resultp set.
  ? Value.
RV-2 MUST S DDI_FAILURE (-1): no such register.
  ? rnumber == nregs -> -1.
CX-1 MUST S user, interrupt, kernel.
  ? Contexts.
# ddi_map_regs.9f
DS-1 MUST S Maps register set rnumber and stores a kernel virtual address; same offset/len rules as
  ddi_regs_map_setup.
DS-2 MUST D Unmap must mirror one earlier map exactly; parts cannot be released.
  ? Misuse check.
RV-1 MUST S DDI_SUCCESS on success; failure values not listed.
  ? Return.
OB-1 NOTE - Obsolete, replaced by ddi_regs_map_setup / ddi_regs_map_free; no access attributes,
  hence no translation.
  ? Not modelled.
# ddi_umem_alloc.9f
FL-1 MUST S DDI_UMEM_SLEEP (0): may block, never fails for lack of memory.
  ? Suspends under pressure, non-null.
FL-2 MUST S DDI_UMEM_NOSLEEP (1): never blocks, may return NULL.
  ? NULL under pressure.
FL-3 MUST S Default memory is locked; DDI_UMEM_PAGEABLE (2) gives pageable memory instead.
  ? Cookie kind.
DS-1 MUST S Memory is page aligned and its size is the request rounded up to whole pages.
  ? addr % PAGESIZE == 0; length 1 gives one page.
DS-2 MUST S It starts zero-filled (unlike ddi_dma_mem_alloc and kmem_alloc).
  ? All bytes 0.
DS-3 MUST S Usable inside the kernel and exportable to user space.
OUT-1 MUST S *cookiep describes the allocation (for devmap_umem_setup).
  ? Cookie usable.
FR-1 MUST S ddi_umem_free with that cookie releases the whole buffer.
  ? Live set -1.
FR-2 MUST S ddi_umem_free(NULL) does nothing.
  ? No error.
NT-1 MUST S Size 0 always returns NULL.
  ? NULL for every flag.
RV-1 MUST S Non-null pointer on success.
RV-2 MUST S NULL only when NOSLEEP was given and memory is short (apart from size 0).
CX-1 MUST D SLEEP only in user or kernel context.
  ? interrupt + SLEEP -> misuse.
CX-2 MUST S Free from any context.
WN-1 MUST D Pageable memory must not hold locks or condition variables and must not be touched by
  interrupt routines (so it is no DMA target without locking).
  ? Misuse check.
WN-2 UNDEFINED D Overrun, use after free, double free and bad pointers corrupt or panic.
  ? Detectors.
WN-3 MUST D Not to be called during DDI_SUSPEND or DDI_RESUME.
  ? Misuse inside those commands.
# ddi_umem_lock.9f
AR-1 MUST D addr and len are page multiples.
  ? Else EINVAL.
FL-1 MUST D Exactly one of DDI_UMEMLOCK_READ (1, memory will be read: device output) and
  DDI_UMEMLOCK_WRITE (2, memory will be written: device input).
  ? Both: code accepts.
DS-1 MUST S Locks the physical pages behind the current process's range and fills a cookie.
  ? Pages pinned; cookie non-null.
DS-2 MUST S The cookie serves ddi_umem_iosetup (then ddi_dma_buf_bind_handle) or devmap_umem_setup.
  ? Chain test.
DS-3 MUST S While locked the process may not exec or fork.
  ? Process model.
DS-4 MUST D The driver makes sure pages are unlocked once the application has closed the device.
  ? Leak check at close.
UL-1 MUST S ddi_umem_unlock releases the pages of that cookie.
  ? Pin count 0.
UL-2 MAY S Release may be deferred.
  ? Pin count 0 eventually.
UL-3 NOTE D Unlock soon: locked pages are physical memory.
  ? Lint.
RV-1 MUST S 0 on success, else an errno.
  ? Return type is errno, not DDI code.
RV-2 MUST S EFAULT: no mapping in that range or it cannot be locked.
RV-3 MUST S EACCES: permission missing.
RV-4 MUST S ENOMEM: resources or the locked-memory limit exceeded.
  ? Resource limit model.
RV-5 MAY S EAGAIN: resources for locking not available now, later may work.
  ? Never produced by code.
RV-6 MUST S EINVAL: not page aligned.
  ? addr + 1.
CX-1 MUST D Lock only from user context.
  ? kernel or interrupt -> misuse.
CX-2 MUST S Unlock from user, kernel, interrupt.
# ddi_umem_iosetup.9f
AR-1 MUST D cookie comes from ddi_umem_lock.
  ? Another cookie is misuse.
AR-2 NOTE D off and len select a part of the locked region.
  ? b_bcount == len.
AR-3 MUST D direction is B_READ (from the device) or B_WRITE (to the device).
  ? Else NULL (code).
AR-4 MUST D The sense is opposite to the lock flags: UMEMLOCK_READ goes with B_WRITE, UMEMLOCK_WRITE
  with B_READ; they must be compatible.
  ? Mismatch -> misuse (code does not check).
AR-5 NOTE S blkno lands in the block number field; dev is the device.
  ? Fields.
AR-6 NOTE S iodone becomes the completion routine that biodone(9F) calls.
  ? b_iodone.
DS-1 MUST S Returns a buf(9S) that stands for that part of the cookie.
  ? Non-null.
DS-2 MUST S Several bufs may be live on one cookie, whole or part, overlapping allowed.
  ? Two overlapping binds succeed.
DS-3 MUST S The buf can be given to ddi_dma_buf_bind_handle.
  ? Sum of cookies == len.
DS-4 MUST D When done, free it with freerbuf(9F).
  ? Leak check.
FL-1 MUST S DDI_UMEM_SLEEP (0): may block, always succeeds.
FL-2 MUST S DDI_UMEM_NOSLEEP (1): no blocking, may return NULL.
RV-1 MUST S Pointer to an initialised buf, or NULL when there is no space.
CX-1 MUST D SLEEP only in user or kernel context.
  ? misuse otherwise.
# umem_lockmemory
NP-1 NOTE S Like ddi_umem_lock with a process argument (NULL = current) and a cleanup callback
  vector.
NP-2 NOTE S Flags READ and/or WRITE plus DDI_UMEMLOCK_LONGTERM (4) for indefinite locks; any other
  bit or neither access bit: EINVAL.
NP-3 NOTE D LONGTERM requires a callback; vector version must be UMEM_CALLBACK_VERSION (1), else
  EINVAL.
NP-4 NOTE S LONGTERM on a regular file mapped shared: EFAULT.
NP-5 NOTE S Cleanup runs when the address range is unmapped, re-protected or freed; it may run even
  after the unlock call.
  ? Cookie reference count 2.
# ddi_fm_init.9f
DS-1 MUST S Declares capabilities: or of the bits below, limited to what the immediate parent
  supports.
  ? Parent mask intersect.
DS-2 MUST S Bits the parent cannot support are cleared in *fm_capability on return.
  ? Output <= input.
FL-1 NOTE D DDI_FM_NOT_CAPABLE (0) default; EREPORT 1; ACCCHK 2 (driver checks access errors);
  DMACHK 4 (driver checks DMA errors); ERRCB 8 (registers a callback).
  ? Bits.
DS-3 MUST S Properties fm-ereport-capable, fm-errcb-capable, fm-accchk-capable, fm-dmachk-capable
  are created.
  ? Property list.
DS-4 NOTE D A driver.conf level property may preset the mask; it has to be read before the call.
OUT-1 MUST S *ibcp receives the block cookie for locks used in the error callback.
  ? Lock init.
FI-1 MUST S ddi_fm_fini frees what init allocated.
  ? capable == 0 afterwards.
CA-1 MUST S ddi_fm_capable returns the current mask.
  ? Value.
CX-1 MUST D Only in kernel context inside attach or detach.
  ? Otherwise misuse.
IX-1 NOTE D DDI_FLAGERR_ACC / CAUTIOUS needs ACCCHK, DDI_DMA_FLAGERR needs DMACHK to be effective.
  ? Without the bit: plain access.
# ddi_fm_handler_register.9f
DS-1 MUST S The handler is called for error conditions found by the system, with the dip and a
  ddi_fm_error_t pointer.
  ? Fault injection calls it.
DS-2 MUST D Handler duties: look for hardware or software errors, isolate the device if possible,
  report.
  ? Guideline.
DS-3 NOTE D It may have to quiesce I/O and look at registers, outstanding transactions and handles.
DS-4 MUST D Each error found is posted as an ereport; PCI leaf drivers may use pci_ereport_post and
  return fme_status.
  ? Pattern test.
CX-1 MUST S Handler may run in kernel, interrupt or high-level interrupt context.
  ? Context check.
LK-1 MUST D Locks used in the handler are initialised with the cookie from ddi_fm_init.
  ? Lint.
LK-2 MUST D Such a lock must not be held while registers are accessed with ddi_get/ddi_put.
  ? Deadlock detector.
UR-1 MUST S Unregister removes the handler for that instance.
  ? Injection no longer calls it.
CX-2 MUST D Register/unregister in kernel context within attach or detach.
  ? Misuse otherwise.
# ddi_fm_service_impact.9f
IM-1 MUST S DDI_SERVICE_LOST (-32): device state becomes DOWN.
  ? ddi_get_devstate == DOWN.
IM-2 MUST S DDI_SERVICE_DEGRADED (-16): state becomes DEGRADED; the driver keeps working, perhaps
  slower.
  ? DEGRADED.
IM-3 MUST S DDI_SERVICE_RESTORED (16): state returns to what it was; DOWN or DEGRADED removed.
  ? UP.
IM-4 MUST S DDI_SERVICE_UNAFFECTED (0): no change of service.
  ? State unchanged.
RV-1 NOTE S void.
CX-1 MUST S user, kernel, high-level interrupt.
  ? Contexts.
# ddi_fm_acc_err_get.9f
XT-1 UNDEFINED S Programmed I/O while an access fault is present: reads may give random values,
  writes may or may not act.
  ? Random read model.
XT-2 NOTE D A fault may be transient: clear, bring the device to a known state, retry what may have
  failed.
  ? Recovery driver test.
XT-3 NOTE S err_clear page names no context; the get page names user, kernel, high-level interrupt.
  ? Accept the same set.
# buf.9s
DS-1 NOTE S One header per block I/O transfer; sole argument of strategy(9E).
DS-2 MUST D Do not depend on its size; touch only the documented members.
  ? Opaque extras.
DS-3 NOTE S For unbuffered (physical) I/O it describes user memory that is locked down.
  ? B_PHYS bufs have pinned pages.
FL-1 MUST D Never clear b_flags as a whole.
  ? Misuse: assignment that drops foreign bits.
FL-2 MUST D Bits not listed on the page are reserved to the kernel.
  ? Lint: B_SHADOW, B_REMAPPED are not driver bits.
FL-3 MUST S B_BUSY (0x1): in use; a driver may change it only on its own getrbuf buffer with no I/O
  running.
FL-4 MUST S B_DONE (0x2): transfer finished; read-only.
  ? Set by biodone.
FL-5 MUST S B_ERROR (0x4): with b_error; prefer bioerror(9F).
FL-6 MUST S B_PAGEIO (0x10): page-list I/O; read-only.
  ? b_addr not a pointer.
FL-7 MUST S B_PHYS (0x20): direct I/O to user memory; read-only.
  ? b_addr is a user address.
FL-8 MUST S B_READ (0x40): device to memory.
  ? DDI_DMA_READ on bind.
FL-9 MUST S B_WRITE is a pseudo flag: test it only as not B_READ.
  ? flags & B_READ == 0.
AD-1 MUST S b_un.b_addr: kernel virtual address; with B_PHYS a user virtual address; with B_PAGEIO
  kernel-private content.
  ? Three cases.
AD-2 MUST S B_PHYS and B_PAGEIO are never both set.
  ? Invariant.
CN-1 MUST S b_bcount is the byte count for paged and unpaged requests.
  ? Sum of cookies.
RS-1 MUST D b_resid is set to the bytes not moved because of an error.
BN-1 MUST D Use b_blkno (32-bit) or b_lblkno (64-bit), not both.
  ? Lint.
ID-1 NOTE S b_iodone, if set, is the routine biodone calls.
# physio.9f
AR-1 MUST S bp NULL: physio supplies a buf and releases it at the end.
  ? Leak check.
AR-2 MUST D rw is B_READ or B_WRITE.
DS-1 MUST S Access rights of the uio range are checked before the transfer.
  ? Bad range -> error, strat not called.
DS-2 MUST S The pages are locked before strat is called and unlocked at completion or error.
  ? Pin count around strat.
DS-3 MUST S strat is called one or more times; each transfer is waited for with biowait.
  ? Sequential chunks.
DS-4 MUST S mincnt bounds each chunk; minphys is the default and drivers with their own should also
  call it.
  ? b_bcount <= bound.
DS-5 MUST S minphys lowers b_bcount to a system limit, never raises it.
  ? Small counts unchanged.
RV-1 MUST S 0 on success, non-zero on failure.
  ? errno.
WN-1 MUST D The driver must call biodone, otherwise physio waits forever.
  ? Hang detector.
CX-1 MUST D user context only.
  ? misuse otherwise.
# bp_mapin.9f
DS-1 MUST S Gives a paged request kernel virtual addresses and stores the start in b_un.b_addr.
  ? CPU can read the data through b_addr.
DS-2 MUST S With an empty page list it returns without mapping.
  ? b_addr unchanged.
DS-3 MUST D The space is given back by bp_mapout.
  ? Leak check.
CX-1 MUST D user or kernel (may block).
  ? interrupt -> misuse.
# bp_mapout.9f
DS-1 MUST S Releases the address space of an earlier bp_mapin.
DS-2 MUST D Only on bufs the driver allocated and owns, never on bufs received through strategy(9E).
  ? Misuse check.
DS-3 NOTE S bp_mapin keeps no reference count: a mapout destroys mappings an upper layer may rely
  on.
CX-1 MUST D user context only.
  ? misuse otherwise.
# bp_copyin.9f
DS-1 MUST S Copies size bytes between the memory of the buf, from offset on, and the start of
  driverbuf; offset applies to the buf only.
  ? Bytes compare for all pairs of offset and size.
RV-1 MUST S 0 on success, -1 when the buf refers to invalid pages.
  ? Return.
CX-1 MUST D user or kernel only.
  ? misuse otherwise.
# buf_funcs.9f
ST-1 MUST D strategy sets up and starts the transfer and should not block (so bind with
  DDI_DMA_DONTWAIT or a callback).
  ? SLEEP in strategy -> lint.
ST-2 MUST D strategy returns 0 always; errors go through bioerror and biodone.
  ? Return check.
BD-1 MUST S biodone: with b_iodone set, only that routine is called; otherwise B_DONE is set,
  waiters wake and an asynchronous buf is released.
  ? Two branches.
BD-2 MUST D After biodone the driver must not touch the buf (so unbind first).
  ? Use-after-done detector.
BD-3 MUST D A driver that replaces b_iodone saves it and restores it before its final biodone.
  ? Pattern test.
BW-1 MUST S biowait suspends until biodone and returns 0 or the error.
GB-1 MUST S getrbuf(KM_SLEEP) may block; KM_NOSLEEP returns NULL at once when short; the result is
  initialised.
GB-2 MUST D No KM_SLEEP in an interrupt routine.
  ? misuse.
FB-1 MUST S freerbuf never sleeps; usable in interrupt context.
BI-1 MUST D A buf from kmem_alloc needs bioinit; one from getrbuf does not.
  ? Lint.
# ddi_btop.9f
DS-1 MUST S ddi_btop: bytes to pages, rounding down.
  ? 4097 -> 1 for 4 KiB.
DS-2 MUST S ddi_btopr: bytes to pages, rounding up.
  ? 4097 -> 2; 0 -> 0.
DS-3 MUST S ddi_ptob: pages to bytes.
  ? ddi_ptob(dip, 1) is the page size.
DS-4 NOTE S The parent nexus answers: its page size may differ from the main MMU (unlike
  btop/btopr/ptob).
  ? Nexus option.
RV-1 NOTE S No error values.
CX-1 MUST S user, interrupt, kernel.
# ddi_intr_alloc.9f
AR-1 MUST D h_array is preallocated by the caller with count entries.
AR-2 MUST D MSI: count is a power of two between 1 and 32, else DDI_EINVAL.
  ? 3 -> -4.
AR-3 MUST S count above the number the device supports: DDI_EINVAL whatever the behavior flag.
FL-1 MUST S DDI_INTR_ALLOC_NORMAL (0): success if at least one was allocated; the number is in
  *actualp.
  ? actual <= count.
FL-2 MUST S DDI_INTR_ALLOC_STRICT (1): all or nothing; on failure the available number is in
  *actualp (code does not store it).
OUT-1 MUST S Handles of the allocated interrupts are stored in the array.
  ? Distinct handles.
FR-1 MUST S ddi_intr_free releases vector and handle; the handle is dead afterwards; call once per
  handle.
  ? Use-after-free.
RV-1 MUST S DDI_SUCCESS 0, DDI_EAGAIN -3 (resources), DDI_EINVAL -4, DDI_INTR_NOTFOUND 1,
  DDI_FAILURE -1.
  ? Enumerate.
CX-1 MUST D kernel, non-interrupt.
  ? misuse otherwise.
NT-1 NOTE D Resetting an MSI/MSI-X device may lose its interrupt setup.
  ? Reset model clears it.
# ddi_intr_add_handler.9f
DS-1 MUST S Attaches the handler; it is called with arg1 and arg2 when the interrupt arrives.
  ? Arguments identical.
DS-2 MUST D The handler returns DDI_INTR_CLAIMED (1) or DDI_INTR_UNCLAIMED (0).
  ? Validate.
SQ-1 MUST D Order: ddi_intr_alloc, add_handler, then enable.
  ? State machine ALLOC -> ADDED -> ENABLE.
SQ-2 MUST S No delivery before enable.
  ? Raise before enable: handler not called.
RM-1 MUST D remove_handler after the interrupt is disabled; unloadable drivers call it in detach.
  ? In ENABLE state -> DDI_EINVAL (code).
RV-1 MUST S DDI_SUCCESS, DDI_EINVAL, DDI_FAILURE.
CX-1 MUST D kernel, non-interrupt.
# ddi_intr_enable.9f
SQ-1 MUST D Call only after alloc, add_handler and initialisation of the locks the handler needs.
  ? Lint.
DS-1 MUST S After enable the interrupt can arrive at once; mask bits are cleared.
  ? Pending event delivered immediately after.
DS-2 MUST S disable stops delivery; must precede remove_handler and free.
  ? No call after disable returns.
BK-1 MUST D Block calls only when DDI_INTR_FLAG_BLOCK is reported; count >= 1; block_disable pairs
  with block_enable.
RV-1 MUST S DDI_SUCCESS, DDI_EINVAL, DDI_FAILURE.
CX-1 MUST D kernel, non-interrupt.
# ddi_intr_set_mask.9f
DS-1 MUST S Masks or unmasks if the device or bridge can (DDI_INTR_FLAG_MASKABLE).
DS-2 MAY S Interrupts already in flight may still be delivered after set_mask.
  ? One late delivery allowed.
DS-3 MUST D Only on an enabled interrupt, else DDI_EINVAL; clr_mask must follow a set_mask.
  ? State machine.
RV-1 MUST S DDI_SUCCESS, DDI_EINVAL, DDI_FAILURE, DDI_ENOTSUP (-5).
  ? Not maskable: failure.
CX-1 MUST S any context.
# ddi_intr_get_pri.9f
DS-1 NOTE S Priority is typically between DDI_INTR_PRI_MIN 1 and DDI_INTR_PRI_MAX 12, used to
  initialise mutexes and rwlocks.
  ? Range.
DS-2 MUST S A priority at or above the hilevel value means high-level: no scheduler services,
  minimum work, hand over to a soft interrupt.
  ? Context classification.
# ddi_add_intr.9f
DS-1 MUST S Adds and arms the handler in one step: it may run before the call returns.
  ? Pending event delivered inside.
DS-2 MUST D Locks must be initialised from ddi_get_iblock_cookie before.
  ? Lint.
RM-1 MUST S After ddi_remove_intr returns the handler does not run any more; the call may wait for a
  running one.
  ? Quiescence check.
RM-2 MUST D Locks taken by the handler must not be held across ddi_remove_intr.
  ? Deadlock detector.
RV-1 MUST S DDI_SUCCESS, DDI_INTR_NOTFOUND (1), DDI_FAILURE.
NT-1 MUST D ddi_get_iblock_cookie not after the handler was added.
  ? Misuse (code copes).
# mutex.9f
DS-1 MUST S One owner at a time; others block; non-recursive: re-entry by the owner panics.
  ? Lock model.
DS-2 MUST D Exit in reverse order of entry.
  ? Lint.
IN-1 MUST D A mutex shared with an interrupt handler (or with a DMA callback, which runs in
  interrupt context) is initialised with the interrupt priority cookie, else NULL.
  ? Lint; priority inversion model.
TR-1 MUST S tryenter never blocks: non-zero acquired, 0 busy.
NT-1 MUST D Never hold a mutex over a call that may block (KM_SLEEP, DDI_DMA_SLEEP, delay).
  ? Misuse: SLEEP bind while holding.
NT-2 MUST D Never return from an entry point holding a mutex.
  ? Check.
NT-3 NOTE D A lock also taken in interrupt context puts its holder under interrupt-context rules.
  ? Context checker: no SLEEP variants.
NT-4 MUST D Consistent order of acquisition.
  ? Cycle detector.
# condvar.9f
WT-1 MUST S cv_wait releases the mutex and blocks atomically, and owns it again on return.
WT-2 MUST D Re-test the condition in a loop: early return is possible.
  ? Spurious wake injection.
SG-1 MUST S signal wakes one waiter, broadcast all; calling them without the mutex is allowed
  (holding it makes scheduling predictable).
  ? A DMA callback may signal.
TW-1 MUST S Timed variants return -1 on timeout, > 0 on wakeup; _sig variants 0 on a signal.
CX-1 MUST D No waiting in interrupt context (hang risk) and never in high-level interrupt context;
  so a DMA callback must not cv_wait.
  ? Misuse check.
# kmem_alloc.9f
FL-1 MUST S KM_SLEEP (0): may block, always succeeds.
FL-2 MUST S KM_NOSLEEP (1): never blocks, may return NULL.
DS-1 MUST S Alignment is at least a double word and nothing more may be assumed (so a kmem buffer
  bound for DMA must be aligned by the driver).
  ? Model returns 8-byte aligned odd lines.
DS-2 MUST S kmem_alloc content is arbitrary; kmem_zalloc is zeroed.
  ? Randomise.
DS-3 MUST D kmem_free needs the original address and size; no partial free.
  ? Misuse check.
NT-1 MUST S Size 0 returns NULL; with KM_SLEEP this is deprecated and may panic by configuration;
  kmem_free(NULL, 0) is legal.
WN-1 UNDEFINED D Overrun, double free, use after free corrupt the heap.
  ? Detectors.
CX-1 MUST D Interrupt context (DMA callbacks included) only with KM_NOSLEEP.
  ? misuse otherwise.
# attach.9e
AT-1 MUST S DDI_ATTACH (0): all kernel services are usable (allocation with SLEEP allowed), device
  interrupts are not blocked.
  ? Interrupt may fire during attach.
AT-2 MUST S Once per instance; before success only getinfo may be called.
  ? Sequencer.
RS-1 MUST S DDI_RESUME (1) only after a successful DDI_SUSPEND.
  ? Sequencer.
RS-2 MUST D Resume restores hardware state without assumptions, lets pending requests continue,
  accepts new ones (DMA engines must be reprogrammed).
  ? Registers randomised between.
RV-1 MUST D Reserved commands: return DDI_FAILURE.
  ? cmd 2 or 99.
RV-2 MUST S DDI_SUCCESS / DDI_FAILURE.
IX-1 NOTE D A failing attach leaves nothing behind (basis: ddi_peek example and detach pairing; the
  page is silent).
  ? Leak check after failed attach.
# detach.9e
DT-1 MUST D DDI_DETACH (0): clean up per-instance data from attach, free heap memory, remove
  interrupt handlers.
  ? Zero live handles, memory, mappings afterwards.
DT-2 MUST D Put the device into a quiet state: no interrupts.
  ? Device model idle.
DT-3 MUST D Cancel timeouts before returning success.
DT-4 MUST D If it cannot detach: DDI_FAILURE with state untouched.
  ? State diff empty.
DT-5 MUST S Called once per successful attach, with no opens outstanding and never concurrently with
  attach.
  ? Sequencer.
DT-6 NOTE D DMA handles, DMA memory and register mappings are not named on the page; the duty
  follows from the ddi_dma and ddi_regs_map_free pages.
  ? Leak check.
SU-1 MUST D DDI_SUSPEND (1): the device must stop generating interrupts and stop reading or writing
  memory.
  ? DMA after suspend -> failure.
SU-2 MUST D Save hardware state to memory; block incoming requests until resume.
SU-3 MUST D dump(9E) must still work after suspend if file systems live on the device.
SU-4 MUST D Cancel timeouts and stop driver threads before success.
RV-1 MUST D Other commands: DDI_FAILURE.
CX-1 MUST S user context.
# quiesce.9e
DS-1 MUST D Afterwards the device neither interrupts nor touches memory (DMA stopped).
  ? No bus-master access after return.
DS-2 MUST D Leave the device in a state attach can configure without power cycle or firmware; its
  reset state if it has one.
  ? Re-attach test.
DS-3 MUST S Only for an attached instance, single-threaded, not interruptible, no timeouts or task
  queues run.
  ? Context quiesce.
DS-4 MUST D No locks, no timeouts, no waiting for completion: outstanding I/O is dropped.
  ? Misuse check.
DS-5 MUST D Only non-blocking DDI calls such as ddi_get*/ddi_put*.
  ? Allow-list.
NT-1 MUST D Must not create or tear down mappings, call FM functions, create or cancel callbacks (so
  no bind, unbind, mem_free).
  ? Deny-list test.
RV-1 MUST S DDI_SUCCESS, or DDI_FAILURE in rare cases.
NN-1 MUST S ddi_quiesce_not_needed always returns DDI_SUCCESS.
  ? 0.
IX-1 NOTE D Replaces reset(); reset is not called when quiesce exists.
# dump.9e
DS-1 MUST S While panicking, timeout and soft-interrupt functions never run (DMA resource callbacks,
  which use a soft interrupt, are therefore unreliable).
  ? Callback queue frozen.
DS-2 MUST D delay(9F) cannot be relied on; poll.
  ? Lint.
RV-1 MUST S 0 or errno.
# swab.9f
DS-1 MUST S Copies and exchanges the two bytes of each 16-bit pair.
  ? 01 02 03 04 -> 02 01 04 03.
DS-2 MUST S nbytes is rounded down to an even number.
  ? 5 -> 4 bytes touched.
DS-3 MUST S src == dst swaps in place.
NT-1 MUST S Works byte by byte, so unaligned buffers are fine.
  ? Odd addresses.
SL-1 NOTE S Other overlaps are not described.
  ? Do not assert.
# byteorder.h
BO-1 NOTE S htonX and ntohX are the identity on a big-endian host and a byte reversal on a
  little-endian one (byteorder(3C)/(5)).
  ? ntohl(0x11223344) LE -> 0x44332211.
BO-2 NOTE S BE_n(x): native <-> big endian; LE_n(x): native <-> little endian; each is its own
  inverse.
  ? Involution property.
BO-3 NOTE S The matching direction only masks to n bits (BMASK_n; 64 bit unchanged); the other
  reverses bytes.
  ? LE host: LE_16(0x12345) == 0x2345.
BO-4 NOTE S BE_INn / LE_INn read an unaligned n-bit value of that order; OUT macros write one.
  ? Round trip at odd addresses.
BO-5 NOTE S ddi_swap16/32/64 (prototype in sunddi.h, no page) always reverse bytes.
# dvma
NP-1 NOTE S x86: dvma_reserve always returns DDI_DMA_NORESOURCES (-1), dvma_pagesize 0, the rest do
  nothing (kaddr_load does not even write the cookie).
  ? Constant results.
NP-2 NOTE S SPARC: limp NULL gives DDI_DMA_BADLIMITS (-6); otherwise the nexus control op
  DDI_DMA_RESERVE decides, called with DONTWAIT and RDWR plus STREAMING.
  ? Platform option.
NP-3 NOTE S SPARC: a fast nexus (DMP_BYPASSNEXUS) supplies its own load/unload/sync functions.
NP-4 NOTE S SPARC fallback: kaddr_load allocates an ordinary handle (V0, align 1, seg and maxxfer
  0xffffffff, sgllen 1, granular 1, rest from the limits) and binds RDWR with SLEEP, results
  ignored; unload unbinds and frees it; sync does ddi_dma_sync(handle, 0, 0, type).
  ? Can be expressed with the modelled API.
NP-5 NOTE D In-tree users (e1000g, chxge) compile their dvma use for SPARC only; a portable driver
  needs a path with ordinary handles for when reserve fails.
# interplay
AX-1 MUST - One set of accessors serves register mappings and DMA memory: a handle from
  ddi_dma_mem_alloc works in ddi_get/put and the rep forms.
  ? Same suite run on both handle kinds.
AX-2 MUST - A value written through a handle and read back through the same handle is unchanged for
  all widths and endian modes.
  ? Round-trip property.
AX-3 MUST - The byte image seen by the device depends on the endian mode only for 16/32/64-bit
  accesses; byte-wise access shows memory order.
  ? put32 then four get8.
AX-4 MUST - rep with AUTOINCR equals a loop of single accesses at consecutive addresses; with
  NO_AUTOINCR a loop at one address.
  ? Trace equality.
AX-5 MUST - ddi_device_copy equals put(dest, get(src)) per word; ddi_device_zero equals put(0) per
  word.
  ? Trace equality.
AX-6 MUST - Obsolete names give results identical to their replacements.
  ? Differential run over the alias map.
AX-7 MUST - pci_config handles obey the config rules only through pci_config_*; they are
  register-set 0 mappings.
  ? rnumber 0 has address space 0.
AX-8 MUST - Release pairing: ddi_regs_map_setup with ddi_regs_map_free, pci_config_setup with
  pci_config_teardown, ddi_dma_mem_alloc with ddi_dma_mem_free; never crossed.
  ? Handle kind checked at free.
AX-9 MUST - ddi_umem_lock -> ddi_umem_iosetup -> ddi_dma_buf_bind_handle -> unbind -> freerbuf ->
  ddi_umem_unlock.
  ? State machine; unlock while bound -> misuse.
AX-10 MUST - Direction words: B_READ goes with DDI_DMA_READ and UMEMLOCK_WRITE; B_WRITE with
  DDI_DMA_WRITE and UMEMLOCK_READ.
  ? Table-driven misuse check.
AX-11 MUST - Attach order: ddi_fm_init, then handles with FLAGERR attributes; detach order reversed,
  ddi_fm_fini last.
  ? Capability zero at map time -> plain access.
AX-12 MUST - Interrupt sequence: alloc, lock init with priority, add_handler, enable, ..., disable,
  remove_handler, free.
  ? State machine.
AX-13 MUST - A DMA resource callback runs in interrupt context: only KM_NOSLEEP, DDI_DMA_DONTWAIT or
  a callback, cv_signal, mutex_enter on a priority-initialised mutex.
  ? Context checker.
AX-14 MUST - After detach(DDI_DETACH) success no live DMA handle, DMA memory, register mapping,
  config handle, interrupt handle, FM registration, umem cookie or buf remains.
  ? Leak list.
AX-15 MUST - After suspend or quiesce the device performs no DMA, although handles may stay bound
  across suspend.
  ? Bus trace empty.
AX-16 MUST - quiesce may use ddi_get/put but not bind, unbind, alloc, free, FM or anything that
  blocks.
  ? Deny list.
AX-17 MUST - A mutex shared with the FM error callback is not held during ddi_get/put.
  ? Deadlock detector.
AX-18 NOTE - dma_attr limits count in bytes of the bus; ddi_ptob(dip, 1) is the page size the nexus
  works with.
`;
