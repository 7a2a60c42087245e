/**
 * The clauses of the DMA pages: what ddi_dma_alloc_handle(9F) and its relatives say, in our words.
 *
 * Data only. clauses.ts states the notation and is the only reader.
 */

/** 509 clauses: the 9F and 9S pages of DMA, and `interplay/IP-n`, across pages. */
export const dmaClauseTable = `
# ddi_dma_alloc_handle.9f
AR-1 NOTE D dip is the dev_info node of the requesting device.
  ? Handle records dip as its owner (field dmai_rdip).
AR-2 NOTE D attr points at the device's ddi_dma_attr(9S).
  ? Later mem_alloc/bind results obey this attr set.
AR-3 MAY D callback is either a real function, DDI_DMA_SLEEP, or DDI_DMA_DONTWAIT; any third kind of
  value is taken to be a function address.
  ? Three call variants; the two reserved values are never invoked as functions.
AR-4 NOTE S arg is only used as the argument of a real callback function.
  ? With SLEEP/DONTWAIT, arg is never observed.
AR-5 NOTE D handlep is where the new handle is stored.
  ? See OUT-1.
DS-1 MUST S A successful call creates a new DMA handle (does not return an existing one).
  ? Two successive successes give distinct handles; each can be bound independently.
DS-2 MUST S The attributes given here are what govern resources later attached to the handle.
  ? mem_alloc/bind take no attr argument; cookies satisfy the alloc-time attr.
DS-3 MUST D The handle is opaque: a driver must not look inside it.
  ? Model exposes no readable fields (branded/opaque type).
DS-4 MUST D The handle may be used only on behalf of the device it was allocated for.
  ? Misuse detector: handle from dip A used with dip B / A's attrs.
DS-5 MUST D A handle can carry only one I/O transaction at a time.
  ? Second bind before unbind -> DDI_DMA_INUSE (see bind pages).
OUT-1 MUST S On DDI_SUCCESS the value behind handlep is filled in with the handle.
  ? *handlep non-null and usable in bind.
OUT-2 NOTE S Content of *handlep after a failure is not described.
  ? Do not assert; platform model records "unchanged" (x86) or NULL (px, attr failure).
CB-1 MUST S DONTWAIT: the call never blocks waiting for resources.
  ? Under exhausted pool, returns without yielding.
CB-2 MUST S DONTWAIT: no later callback is scheduled.
  ? Release resources afterwards; nothing is invoked.
CB-3 MUST S SLEEP: allocation waits until resources become available.
  ? Under exhausted pool the call suspends; completes after a release; does not return NORESOURCES.
CB-4 MUST S Real function + resource shortage: the function is remembered and invoked later, when
  resources may have become available.
  ? NORESOURCES returned; after a free/unbind the function runs.
CB-5 MUST S The invoked function receives arg as its single argument.
  ? Identity of argument.
CB-6 NOTE S Invocation only means resources may be available; it is not a guarantee.
  ? A callback that retries can still fail.
CB-7 MUST D The callback must return exactly one of DDI_DMA_CALLBACK_RUNOUT (0) or
  DDI_DMA_CALLBACK_DONE (1).
  ? Validate return values in the model.
CB-8 MUST S Returning RUNOUT (tried, failed) puts the function back on the list for another later
  call.
  ? RUNOUT, then another release -> called again.
CB-9 MUST S Returning DONE (succeeded, or no longer interested) ends the registration.
  ? DONE, then another release -> not called.
CB-10 MUST S The callback executes in interrupt context.
  ? currentContext() === 'interrupt' inside it.
CB-11 MUST D Inside the callback only interrupt-safe functions may be used (hence no DDI_DMA_SLEEP).
  ? Calling any *_SLEEP variant inside -> misuse.
CB-12 MUST D The callback protects its own shared data (it may race with the driver).
  ? Race detector / schedule exploration.
RV-1 MUST S DDI_SUCCESS (0): a new handle was allocated.
  ? Return value.
RV-2 MUST S DDI_DMA_BADATTR (-8): the attribute set makes it impossible for the system ever to
  allocate DMA resources.
  ? Feed impossible attrs (exact set).
RV-3 MUST S DDI_DMA_NORESOURCES (-1): resources not available now.
  ? Exhaust pool with DONTWAIT or with a function.
RV-4 NOTE S No other return value is documented.
  ? Enumerate results under fuzzing.
CX-1 MUST D Callable from user, kernel and interrupt context when not sleeping.
  ? All three contexts accepted.
CX-2 MUST D With SLEEP only from user or kernel context.
  ? interrupt + SLEEP -> misuse/panic in model.
IX-1 MUST D The handle must be released with ddi_dma_free_handle(9F) when no longer needed.
  ? Leak check at detach.
# ddi_dma_free_handle.9f
AR-1 NOTE D Takes the address of a handle variable, previously filled by ddi_dma_alloc_handle.
  ? Pointer-to-handle signature.
DS-1 MUST S Destroys the handle that the argument points to.
  ? Handle no longer in the live set; active-handle count -1.
DS-2 UNDEFINED D Any reference to the handle after this call has undefined results.
  ? Model: use-after-free detector on every handle function, including double free.
IX-1 MUST D ddi_dma_unbind_handle(9F) must have been called first if the handle was bound, so cached
  resources are released.
  ? free while bound -> misuse (illumos: ASSERT on DEBUG, silent leak otherwise).
RV-1 NOTE S Returns void: no failure is reportable.
  ? Type.
OUT-1 NOTE S The page does not say the caller's variable is cleared (contrast ddi_dma_mem_free
  behaviour).
  ? Do not rely on null after free.
CX-1 MUST S May be called from user, kernel or interrupt context.
  ? All contexts.
# ddi_dma_mem_alloc.9f
AR-1 MUST D handle was obtained from ddi_dma_alloc_handle.
  ? Foreign/freed handle -> misuse.
AR-2 NOTE D length is the wanted size in bytes.
  ? See OUT-2.
AR-3 NOTE D accattrp points at a ddi_device_acc_attr(9S) describing the device's data access.
  ? Stored in the returned access handle.
AR-4 MUST S devacc_attr_dataorder is ignored in this release.
  ? All five order values give identical results.
AR-5 NOTE S devacc_attr_endian_flags is documented as meaningful on SPARC only (illumos differs).
  ? Platform switch: SPARC honours it.
AR-6 NOTE D flags selects the transfer mode and/or the cache attribute in one word.
  ? Combine one of each.
AR-7 NOTE D arg is passed to a real waitfp function only.
  ? As CB rows.
FL-1 NOTE D DDI_DMA_STREAMING (0x40): sequential, one-directional, block-sized and block-aligned
  transfers.
  ? Flag accepted.
FL-2 NOTE D DDI_DMA_CONSISTENT (0x10): non-sequential transfers of small objects.
  ? Flag accepted.
FL-3 NOTE D STREAMING is the recommended choice for sequential one-way block transfers.
  ? Lint rule only.
FL-4 NOTE D CONSISTENT is the recommended choice for random device access, or where ddi_dma_sync
  must be as cheap as possible.
  ? Lint rule only.
FL-5 NOTE D I/O parameter blocks shared by device and driver should be allocated CONSISTENT.
  ? Lint rule only.
FL-6 MUST S STREAMING: the minxfer and burstsizes attributes determine alignment and padding so the
  best hardware support can be used (x86 ignores burstsizes).
  ? SPARC: kaddr % maxBurst == 0; x86: alignment from minxfer/align only.
FL-7 MAY S STREAMING example: with an I/O cache whose minimum transfer is a line, memory is
  line-aligned and real_length is rounded up to a line multiple.
  ? kaddr % line == 0 && real_length % line == 0 on a platform model with an I/O cache.
FL-8 MUST S IOMEM_DATA_CACHED (0x10000): CPU may cache fetched data and write it back later.
  ? Memory model: cached, write-back.
FL-9 MUST S CACHED is the default when no cache attribute bit is given.
  ? flags without IOMEM bits behaves as with 0x10000.
FL-10 MUST S IOMEM_DATA_UC_WR_COMBINE (0x20000): CPU never caches; writes may be reordered or
  merged.
  ? Memory model: no cached reads; write order not guaranteed to the device.
FL-11 MUST S WR_COMBINE implies re-ordering is allowed.
  ? Device may see writes out of program order.
FL-12 MUST S If WR_COMBINE is asked for but not supported, UNCACHED is used instead (not a failure).
  ? No-PAT platform model: DDI_SUCCESS and strict ordering.
FL-13 MUST S IOMEM_DATA_UNCACHED (0x40000): CPU never caches; uncacheable access.
  ? Every access reaches memory.
FL-14 MUST S UNCACHED implies strict ordering.
  ? Device sees writes in program order.
FL-15 MUST S Cache attributes are mutually exclusive: any combination of two or more fails.
  ? 0x30000, 0x50000, 0x60000, 0x70000 -> DDI_FAILURE.
FL-16 MUST S SPARC: only CACHED is meaningful; WR_COMBINE or UNCACHED fails.
  ? SPARC model: 0x20000/0x40000 -> DDI_FAILURE; x86: success.
DS-1 MUST S The memory obeys the alignment, padding and device-granularity constraints in the
  attributes given at alloc_handle time.
  ? kaddr alignment; real_length multiple rules.
DS-2 MUST S It also obeys any more restrictive attributes imposed by the system.
  ? Effective constraint = merge(device, bus).
DS-3 NOTE S The device access attributes used are those at accattrp.
  ? Access handle carries a copy.
OUT-1 MUST S On success *kaddrp is the address of the allocated memory.
  ? Non-null; readable/writable over real_length bytes.
OUT-2 MUST S On success *real_length is the number of bytes actually allocated.
  ? Value set.
OUT-3 MAY S Alignment/padding may make *real_length larger than length.
  ? real_length >= length always; > allowed.
OUT-4 MUST S On success *handlep is a data access handle.
  ? Usable in ddi_get*/ddi_put*.
OUT-5 MUST D The access handle is opaque; its value must not be interpreted.
  ? Branded type.
OUT-6 MUST D Data content is accessed through ddi_get8/ddi_put8 family with the access handle
  (relaxed by WN-1).
  ? Lint/misuse under BE/LE modes.
OUT-7 NOTE S Out-parameters after DDI_FAILURE are not described.
  ? Do not assert; see illumos.
CB-1 MUST S DONTWAIT: caller copes with failure; no blocking, no callback.
  ? As alloc_handle.
CB-2 MUST S SLEEP: allocation waits for resources.
  ? As alloc_handle.
CB-3 MUST S Any other value: function called later when resources are available after a resource
  failure.
  ? Fail, free other memory, function runs.
CB-4 MUST S The function gets arg.
  ? Identity.
CB-5 MUST D It returns RUNOUT or DONE.
  ? Validate.
CB-6 MUST S RUNOUT re-queues it.
  ? As alloc_handle.
CB-7 MUST S DONE removes it (success, or no more retries wanted).
  ? As alloc_handle.
CB-8 MUST S It runs in interrupt context.
  ? Context check.
CB-9 MUST D It may only use interrupt-safe functions.
  ? Misuse check.
CB-10 MUST D It protects its own shared data.
  ? Race check.
RV-1 MUST S DDI_SUCCESS (0): memory was allocated.
  ? Return.
RV-2 MUST S DDI_FAILURE (-1): memory was not allocated (the only failure code; covers bad cache
  flags, bad args, shortage).
  ? Every failure path yields -1, never a DDI_DMA_* code.
CX-1 MUST D Callable from user, kernel or interrupt context when not sleeping.
  ? Contexts.
CX-2 MUST D SLEEP must not be used from interrupt context.
  ? Misuse check.
IX-1 MUST D Before a transfer the memory must be bound with ddi_dma_addr_bind_handle, using the
  returned kaddr and real_length and the STREAMING or CONSISTENT flag.
  ? Device access without a bind -> fault; cookies cover real_length bytes.
IX-2 MUST D After a transfer, CPU/device consistency needs an explicit ddi_dma_sync or
  ddi_dma_unbind_handle - even for CONSISTENT memory.
  ? Stale-view model: read without sync may see old data.
IX-3 MUST D Memory is released with ddi_dma_mem_free(9F) (via SEE ALSO and that page).
  ? Leak check.
WN-1 MUST S If DDI_NEVERSWAP_ACC was given, the memory may be used for any purpose (direct
  loads/stores included).
  ? Direct access legal; bytes identical through ddi_get8.
WN-2 MUST D If either endian mode (DDI_STRUCTURE_LE_ACC/_BE_ACC) was given, only ddi_get*/ddi_put*
  may touch the memory.
  ? Direct access under LE/BE -> misuse.
# ddi_dma_mem_free.9f
AR-1 MUST D handlep points at an access handle that ddi_dma_mem_alloc returned.
  ? Handle from ddi_regs_map_setup -> misuse.
DS-1 MUST S The memory acquired by ddi_dma_mem_alloc is deallocated.
  ? Access to the old kaddr -> use-after-free.
DS-2 MUST S The data access handle is destroyed too.
  ? ddi_get*/put* with it -> misuse.
RV-1 NOTE S void; no failure reported.
  ? Type.
OUT-1 NOTE S Page is silent on the caller's variable; illumos sets it to NULL.
  ? *handlep === NULL on all platforms (illumos).
IX-1 NOTE D Page is silent about freeing memory that is still bound; SEE ALSO flow implies unbind
  first.
  ? Model: free-while-bound -> misuse warning.
CX-1 MUST S Callable from user, kernel or interrupt context.
  ? Contexts.
# ddi_dma_addr_bind_handle.9f
AR-1 MUST D handle was obtained from ddi_dma_alloc_handle.
  ? Misuse check.
AR-2 MUST D as should be NULL, which means the kernel address space.
  ? NULL -> kernel AS lookup; model rejects or flags non-NULL.
AR-3 NOTE D addr is the virtual address of the memory object.
  ? First cookie corresponds to addr.
AR-4 NOTE D len is the object length in bytes.
  ? Sum of cookie sizes over all windows equals len.
AR-5 MAY D callback is a function, SLEEP or DONTWAIT.
  ? Three variants.
AR-6 NOTE S arg is passed to a real callback function only.
  ? Identity.
AR-7 MAY D cookiep should be NULL in new callers.
  ? NULL accepted; success.
AR-8 MAY D ccountp may be NULL in new callers; the count then comes from ddi_dma_ncookies.
  ? NULL accepted; ddi_dma_ncookies gives the count.
AR-9 MUST D Both must be supplied if the deprecated ddi_dma_nextcookie is going to be used.
  ? nextcookie after a NULL-cookiep bind misses cookie 0.
FL-1 MUST S DDI_DMA_WRITE (0x1): direction memory -> I/O.
  ? Device may read; IOMMU model grants device-read only.
FL-2 MUST S DDI_DMA_READ (0x2): direction I/O -> memory.
  ? Device may write.
FL-3 MUST S DDI_DMA_RDWR (0x3): both directions (= READ or-ed with WRITE).
  ? RDWR === (READ|WRITE).
FL-4 NOTE D The direction flags state the intended direction.
  ? No-direction case is unspecified.
FL-5 MAY S DDI_DMA_REDZONE (0x4): system tries to place a protected red zone after the object.
  ? Overrun by device may fault.
FL-6 MAY S REDZONE success is not guaranteed (hardware may be unable); the bind does not fail for
  that reason alone.
  ? Bind with REDZONE still MAPPED on platform without it.
FL-7 MAY D DDI_DMA_PARTIAL (0x8): caller accepts resources for only part of the object.
  ? Precondition of PARTIAL_MAP.
FL-8 MUST S With PARTIAL, if the object exceeds available resources, only a portion gets resources.
  ? nwin > 1.
FL-9 MUST S That condition is signalled by the return value DDI_DMA_PARTIAL_MAP.
  ? Return 1.
FL-10 MUST S After a partial map, ddi_dma_getwin(9F) changes which portion is valid.
  ? getwin(i) i in 0..N-1.
FL-11 MUST S After a partial map, the call has returned resources for the first DMA window.
  ? Cookies/ncookies describe window 0 (offset 0).
FL-12 MAY S Even with PARTIAL set the system may map the whole object and return DDI_DMA_MAPPED.
  ? PARTIAL + small object -> 0; then numwin fails.
FL-13 NOTE D DDI_DMA_CONSISTENT (0x10): non-sequential, random, small transfers; use for random
  access or cheap syncs; I/O parameter blocks should be consistent.
  ? Flag accepted.
FL-14 NOTE D DDI_DMA_STREAMING (0x40): sequential, one-way, block-sized, block-aligned.
  ? Flag accepted.
FL-15 NOTE S STREAMING: minxfer and burstsizes attributes are used to choose the most effective
  hardware support.
  ? Platform specific; no effect on x86 (flag dropped).
DS-1 MUST S Allocates DMA resources so the device can DMA to or from the memory object.
  ? Device-side access through cookies reaches the same bytes.
DS-2 MUST S Resources respect the ddi_dma_attr(9S) given at alloc_handle.
  ? Per cookie: addr range, count_max, seg boundary, sgllen per set, granularity.
DS-3 MUST S A number of DMA cookies become associated with the handle.
  ? ncookies > 0 after success.
DS-4 MUST S The total is available from ddi_dma_ncookies(9F).
  ? Equality with *ccountp.
DS-5 MUST S Cookies are available through ddi_dma_cookie_iter / ddi_dma_cookie_get.
  ? iter length == ncookies; get(i) matches i-th iter.
OUT-1 MUST S If supplied, *cookiep receives a copy of the first cookie.
  ? Deep-equals cookie_get(h,0).
OUT-2 MUST S On success, if supplied, *ccountp is the number of cookies for the object (for a
  partial map: of the first window, see getwin page).
  ? Equality.
OUT-3 NOTE S Out-params on failure are not described (illumos leaves them untouched).
  ? Sentinel check as illumos behaviour, not man conformance.
CB-1 MUST S DONTWAIT: no waiting, no callback.
  ? As alloc_handle.
CB-2 MUST S SLEEP: waits for resources.
  ? As alloc_handle.
CB-3 MUST S Other value: on resource failure the function is called later when resources become
  available.
  ? NORESOURCES, release, call.
CB-4 MUST S It gets arg.
  ? Identity.
CB-5 MUST D It returns RUNOUT or DONE.
  ? Validate.
CB-6 MUST S RUNOUT -> queued again for a later call.
  ? As alloc_handle.
CB-7 MUST S DONE -> finished (allocated, or gives up).
  ? As alloc_handle.
CB-8 MUST S It runs in interrupt context.
  ? Context check.
CB-9 MUST D It uses only interrupt-safe functions.
  ? Misuse check.
CB-10 MUST D It protects its own shared data.
  ? Race check.
RV-1 MUST S DDI_DMA_MAPPED (0): resources for the whole object.
  ? Sum of ncookies sizes == object size.
RV-2 MUST S DDI_DMA_PARTIAL_MAP (1): resources for part of the object.
  ? Sum < object size; numwin > 1.
RV-3 MUST S PARTIAL_MAP may only be returned if DDI_DMA_PARTIAL was set.
  ? Property: !PARTIAL => rv != 1.
RV-4 MUST S DDI_DMA_INUSE (-9): another I/O transaction is using the handle.
  ? Bind twice (x86 only on DEBUG).
RV-5 MUST S DDI_DMA_NORESOURCES (-1): nothing available at present.
  ? Exhaustion; transient.
RV-6 MUST S DDI_DMA_NOMAPPING (-2): object cannot be reached by the device.
  ? Unreachable memory; also len==0 in illumos.
RV-7 MUST S DDI_DMA_TOOBIG (-3): a request of this size can never be satisfied on this system.
  ? Oversize without PARTIAL.
RV-8 NOTE S The size limit behind TOOBIG depends on machine and configuration.
  ? Parameterise model.
CX-1 MUST D Callable from user, kernel, interrupt context when not sleeping.
  ? Contexts.
CX-2 MUST D SLEEP only from user or kernel context.
  ? Misuse check.
IX-1 MUST D When the transfer is complete the driver frees DMA resources with
  ddi_dma_unbind_handle(9F).
  ? Leak check.
IX-2 MUST S An implicit ddi_dma_sync is part of binding (stated in ddi_dma_sync(9F)).
  ? CPU writes before bind are visible to device with no explicit sync (WRITE direction).
IX-3 MUST D The buffer bound must be at least as strictly aligned as dma_attr_align (stated in
  ddi_dma_attr(9S)).
  ? Misaligned buffer -> misuse; illumos does not check.
IX-4 MUST D The request size must be a multiple of dma_attr_granular (stated in ddi_dma_attr(9S)).
  ? Misuse; illumos does not check at bind.
NT-1 MAY S With PARTIAL, a window may contain more cookies than dma_attr_sgllen (x86 never does).
  ? Driver loop must tolerate ncookies > sgllen.
NT-2 MUST S Each set of cookies making up a window satisfies the ddi_dma_attr attributes in all
  respects.
  ? Every sgllen-sized group: size multiple of granular, ranges ok.
NT-3 MUST D The driver does one transfer per set of up to sgllen cookies, until the window's cookies
  are used up, then moves to the next window with ddi_dma_getwin.
  ? Reference driver loop.
# ddi_dma_buf_bind_handle.9f
AR-1 MUST D handle was obtained from ddi_dma_alloc_handle.
  ? Misuse check.
AR-2 NOTE D bp points at a buf(9S); object address and size come from it (illumos: b_un.b_addr,
  b_bcount, B_PAGEIO/B_SHADOW/B_PHYS/B_REMAPPED, b_proc).
  ? Sum of cookie sizes over all windows equals b_bcount.
AR-3 MAY D callback is a function, SLEEP or DONTWAIT.
  ? Three variants.
AR-4 NOTE S arg is passed to a real callback function only.
  ? Identity.
AR-5 MAY D cookiep should be NULL in new callers.
  ? NULL accepted; success.
AR-6 MAY D ccountp may be NULL in new callers; the count then comes from ddi_dma_ncookies.
  ? NULL accepted; ddi_dma_ncookies gives the count.
AR-7 MUST D Both must be supplied if the deprecated ddi_dma_nextcookie is going to be used.
  ? nextcookie after a NULL-cookiep bind misses cookie 0.
FL-1 MUST S DDI_DMA_WRITE (0x1): direction memory -> I/O.
  ? Device may read; IOMMU model grants device-read only.
FL-2 MUST S DDI_DMA_READ (0x2): direction I/O -> memory.
  ? Device may write.
FL-3 MUST S DDI_DMA_RDWR (0x3): both directions (= READ or-ed with WRITE).
  ? RDWR === (READ|WRITE).
FL-4 NOTE D The direction flags state the intended direction.
  ? No-direction case is unspecified.
FL-5 MAY S DDI_DMA_REDZONE (0x4): system tries to place a protected red zone after the object.
  ? Overrun by device may fault.
FL-6 MAY S REDZONE success is not guaranteed (hardware may be unable); the bind does not fail for
  that reason alone.
  ? Bind with REDZONE still MAPPED on platform without it.
FL-7 MAY D DDI_DMA_PARTIAL (0x8): caller accepts resources for only part of the object.
  ? Precondition of PARTIAL_MAP.
FL-8 MUST S With PARTIAL, if the object exceeds available resources, only a portion gets resources.
  ? nwin > 1.
FL-9 MUST S That condition is signalled by the return value DDI_DMA_PARTIAL_MAP.
  ? Return 1.
FL-10 MUST S After a partial map, ddi_dma_getwin(9F) changes which portion is valid.
  ? getwin(i) i in 0..N-1.
FL-11 MUST S After a partial map, the call has returned resources for the first DMA window.
  ? Cookies/ncookies describe window 0 (offset 0). (The page names the addr variant here - editorial
    slip.)
FL-12 MAY S Even with PARTIAL set the system may map the whole object and return DDI_DMA_MAPPED.
  ? PARTIAL + small object -> 0; then numwin fails.
FL-13 NOTE D DDI_DMA_CONSISTENT (0x10): non-sequential, random, small transfers; use for random
  access or cheap syncs; I/O parameter blocks should be consistent.
  ? Flag accepted.
FL-14 NOTE D DDI_DMA_STREAMING (0x40): sequential, one-way, block-sized, block-aligned.
  ? Flag accepted.
FL-15 NOTE S STREAMING: minxfer and burstsizes attributes are used to choose the most effective
  hardware support.
  ? Platform specific; no effect on x86 (flag dropped).
DS-1 MUST S Allocates DMA resources so the device can DMA to or from the system buffer.
  ? Device-side access through cookies reaches the same bytes.
DS-2 MUST S Resources respect the ddi_dma_attr(9S) given at alloc_handle.
  ? Per cookie: addr range, count_max, seg boundary, sgllen per set, granularity.
DS-3 MUST S A number of DMA cookies become associated with the handle.
  ? ncookies > 0 after success.
DS-4 MUST S The total is available from ddi_dma_ncookies(9F).
  ? Equality with *ccountp.
DS-5 MUST S Cookies are available through ddi_dma_cookie_iter / ddi_dma_cookie_get.
  ? iter length == ncookies; get(i) matches i-th iter.
OUT-1 MUST S If supplied, *cookiep receives a copy of the first cookie.
  ? Deep-equals cookie_get(h,0).
OUT-2 MUST S On success, if supplied, *ccountp is the number of cookies for the object (for a
  partial map: of the first window, see getwin page).
  ? Equality.
OUT-3 NOTE S Out-params on failure are not described (illumos leaves them untouched).
  ? Sentinel check as illumos behaviour, not man conformance.
CB-1 MUST S DONTWAIT: no waiting, no callback.
  ? As alloc_handle.
CB-2 MUST S SLEEP: waits for resources.
  ? As alloc_handle.
CB-3 MUST S Other value: on resource failure the function is called later when resources may become
  available.
  ? NORESOURCES, release, call.
CB-4 MUST S It gets arg.
  ? Identity.
CB-5 MUST D It returns RUNOUT or DONE.
  ? Validate.
CB-6 MUST S RUNOUT -> queued again for a later call.
  ? As alloc_handle.
CB-7 MUST S DONE -> finished (allocated, or gives up).
  ? As alloc_handle.
CB-8 MUST S It runs in interrupt context.
  ? Context check.
CB-9 MUST D It uses only interrupt-safe functions.
  ? Misuse check.
CB-10 MUST D It protects its own shared data.
  ? Race check.
RV-1 MUST S DDI_DMA_MAPPED (0): resources for the whole object.
  ? Sum of ncookies sizes == object size.
RV-2 MUST S DDI_DMA_PARTIAL_MAP (1): resources for part of the object.
  ? Sum < object size; numwin > 1.
RV-3 MUST S PARTIAL_MAP may only be returned if DDI_DMA_PARTIAL was set.
  ? Property: !PARTIAL => rv != 1.
RV-4 MUST S DDI_DMA_INUSE (-9): another I/O transaction is using the handle.
  ? Bind twice (x86 only on DEBUG).
RV-5 MUST S DDI_DMA_NORESOURCES (-1): nothing available at present.
  ? Exhaustion; transient.
RV-6 MUST S DDI_DMA_NOMAPPING (-2): object cannot be reached by the device.
  ? Unreachable memory.
RV-7 MUST S DDI_DMA_TOOBIG (-3): a request of this size can never be satisfied on this system.
  ? Oversize without PARTIAL.
RV-8 NOTE S The size limit behind TOOBIG depends on machine and configuration.
  ? Parameterise model.
CX-1 MUST D Callable from user, kernel, interrupt context when not sleeping.
  ? Contexts.
CX-2 MUST D SLEEP only from user or kernel context.
  ? Misuse check.
IX-1 MUST D When the transfer is complete the driver should free DMA resources with
  ddi_dma_unbind_handle(9F).
  ? Leak check.
IX-2 MUST S An implicit ddi_dma_sync is part of binding (stated in ddi_dma_sync(9F)).
  ? CPU writes before bind are visible to device with no explicit sync (WRITE direction).
IX-3 MUST D The buffer bound must be at least as strictly aligned as dma_attr_align (stated in
  ddi_dma_attr(9S)).
  ? Misaligned buffer -> misuse; illumos does not check.
IX-4 MUST D The request size must be a multiple of dma_attr_granular (stated in ddi_dma_attr(9S)).
  ? Misuse; illumos does not check at bind.
NT-1 MAY S With PARTIAL, a window may contain more cookies than dma_attr_sgllen (x86 never does).
  ? Driver loop must tolerate ncookies > sgllen.
NT-2 MUST S Each set of cookies making up a window satisfies the ddi_dma_attr attributes in all
  respects.
  ? Every sgllen-sized group: size multiple of granular, ranges ok.
NT-3 MUST D The driver does one transfer per set of up to sgllen cookies, until the window's cookies
  are used up, then moves to the next window with ddi_dma_getwin.
  ? Reference driver loop.
# ddi_dma_unbind_handle.9f
AR-1 MUST D handle was obtained from ddi_dma_alloc_handle.
  ? Misuse check.
DS-1 MUST S Frees every DMA resource associated with the handle (those set up by addr_bind or
  buf_bind).
  ? ncookies -> 0; pools replenished; active-bind count -1.
DS-2 NOTE D The driver should call it when the transfer has completed.
  ? Leak check.
DS-3 MUST S Performs an implicit ddi_dma_sync, so no further sync is needed.
  ? Device writes are visible to CPU after unbind (READ direction).
DS-4 NOTE S The handle itself is kept (only free_handle destroys it), so it can be bound again.
  ? bind-unbind-bind works.
RV-1 MUST S DDI_SUCCESS (0) on success.
  ? Return.
RV-2 MUST S DDI_FAILURE (-1) on failure (no condition given).
  ? px: unbind of an unbound handle; x86: never in production.
IX-1 MUST D Must precede ddi_dma_free_handle.
  ? See free_handle IX-1.
IX-2 NOTE S Inferred (not stated on this page): releasing resources is an occasion for callbacks
  queued by earlier NORESOURCES failures.
  ? Queued function runs after unbind.
CX-1 MUST S Callable from user, kernel or interrupt context.
  ? Contexts.
# ddi_dma_sync.9f
AR-1 MUST D handle was filled in by ddi_dma_alloc_handle.
  ? Misuse check.
AR-2 NOTE D offset is an offset into the object described by the handle.
  ? Not relative to window.
AR-3 NOTE D length is the byte length of the area.
  ? Range [offset, offset+length).
AR-4 MUST S length == 0 means from offset to the end of the object.
  ? sync(h,off,0,t) equals sync(h,off,objLen-off,t) (illumos wrong for off != 0).
AR-5 MUST D type is one of DDI_DMA_SYNC_FORDEV (0), _FORCPU (1), _FORKERNEL (2).
  ? Other values: unspecified.
FL-1 MUST S FORDEV: after it, the device's DMA engine sees CPU modifications in the range.
  ? CPU write, FORDEV, device read -> new data.
FL-2 NOTE D Use FORDEV when a CPU modified the object and the device is going to read it.
  ? Driver guideline.
FL-3 MUST S FORCPU: after it, CPU views include what the device's DMA engine wrote.
  ? Device write, FORCPU, CPU read -> new data.
FL-4 NOTE D Use FORCPU when the device wrote the object and a CPU will read it through an existing
  virtual mapping.
  ? Driver guideline.
FL-5 MAY S FORKERNEL: a hint - the kernel's view alone may be synchronised if that is cheaper.
  ? Kernel view always correct afterwards.
FL-6 MUST S FORKERNEL: otherwise it behaves as FORCPU.
  ? Kernel read correct in all cases; user mapping not guaranteed.
DS-1 MUST S Selectively synchronises the device's or the CPU's view of an object that has DMA
  resources allocated.
  ? Only the given range and direction is affected.
DS-2 MAY S It may flush CPU or I/O caches, or stall until hardware write buffers drain.
  ? Not directly observable; only visibility is.
DS-3 NOTE D It is needed only under certain circumstances (see next rows).
DS-4 MUST S Binding performs an implicit sync.
  ? See bind IX rows.
DS-5 MUST S Unbinding performs an implicit sync.
  ? See unbind DS-3.
DS-6 MUST D Between bind and unbind, if either side modifies the object and the other side must
  notice, ddi_dma_sync is required.
  ? Omitting it: model may legally show stale data.
DS-7 MUST D That holds irrespective of any attribute of the memory, including memory allocated
  CONSISTENT or bound CONSISTENT.
  ? Stale data allowed even with CONSISTENT.
DS-8 MUST D Anyone needing a consistent view between bind and unbind must call it.
  ? Same test as DS-6.
RV-1 MUST S DDI_SUCCESS (0): caches flushed.
  ? Return.
RV-2 MUST S DDI_FAILURE (-1): the range lies outside what the bind established.
  ? offset >= objLen, or offset+length > objLen -> -1 (illumos skips the check).
IX-1 NOTE S Sync of an unbound handle: not described (x86 illumos: success).
  ? Do not assert.
CX-1 MUST S Callable from user, kernel or interrupt context.
  ? Contexts.
# ddi_dma_getwin.9f
AR-1 MUST D handle was obtained from ddi_dma_alloc_handle.
  ? Misuse check.
AR-2 MUST D win is the window number, in 0..N-1 with N from ddi_dma_numwin.
  ? Boundary tests N-1, N.
AR-3 MAY D cookiep should be NULL in new callers.
  ? NULL accepted.
AR-4 MAY D ccountp may be NULL in new callers; use ddi_dma_ncookies.
  ? NULL accepted.
AR-5 MUST D Both needed when the deprecated ddi_dma_nextcookie is used.
  ? As bind.
AR-6 NOTE D No statement that offp/lenp may be NULL.
  ? x86 dereferences them unconditionally.
DS-1 MUST S Activates window win: it becomes the current DMA window.
  ? ncookies/iter now describe it.
DS-2 MUST D Usable when the bind returned DDI_DMA_PARTIAL_MAP.
  ? After MAPPED: unspecified.
DS-3 MUST D The caller first obtains N from ddi_dma_numwin.
  ? Driver order.
DS-4 MUST S A number of cookies become associated with the handle for this window.
  ? ncookies == window's cookie count.
DS-5 MUST S Count via ddi_dma_ncookies; cookies via iter/get.
  ? Consistency checks.
DS-6 MUST S The function itself does the resource synchronisation needed to shift the window.
  ? Old window's device data reaches CPU; new window's CPU data reaches device (bounce copies).
DS-7 MUST D Accessing data before or after moving the window still needs ddi_dma_sync.
  ? Stale data allowed without sync.
DS-8 NOTE D Normal pattern: first transfer started by the driver, later ones by the interrupt
  routine, which either finishes or calls getwin and starts the next transfer.
  ? Reference driver.
OUT-1 MUST S On success *offp is the offset of the window's start within the object.
  ? Windows contiguous: off[0]=0, off[i+1]=off[i]+len[i].
OUT-2 MUST S On success *lenp is the window's size in bytes.
  ? Sum of len == object size; sum of cookie sizes == len.
OUT-3 MUST S If supplied, *cookiep gets the window's first cookie.
  ? Equals cookie_get(h,0).
OUT-4 MUST S On success, if supplied, *ccountp is the window's cookie count.
  ? Equals ncookies.
OUT-5 NOTE S Out-params on failure not described (illumos: untouched).
  ? Sentinel, illumos only.
RV-1 MUST S DDI_SUCCESS (0): resources for that window are allocated.
  ? Return.
RV-2 MUST S DDI_FAILURE (-1): win is not a valid window index.
  ? win >= N.
CX-1 MUST S Callable from user, kernel, interrupt context.
  ? Contexts.
# ddi_dma_numwin.9f
AR-1 MUST D handle was obtained from ddi_dma_alloc_handle.
  ? Misuse check.
DS-1 MUST S Reports the number of DMA windows of the object if partial allocation was permitted.
  ? After PARTIAL_MAP: N >= 2 (x86).
OUT-1 MUST S On success *nwinp holds the window count.
  ? Value; all of 0..N-1 valid in getwin.
OUT-2 NOTE S On failure *nwinp not described (illumos: untouched).
  ? Sentinel, illumos only.
RV-1 MUST S DDI_SUCCESS (0): count filled in.
  ? Return.
RV-2 MUST S DDI_FAILURE (-1): DMA windows are not activated.
  ? Bind without PARTIAL; or PARTIAL but MAPPED.
CX-1 MUST S Callable from user, kernel, interrupt context.
  ? Contexts.
# ddi_dma_cookie_iter.9f
AR-1 MUST D handle comes from ddi_dma_alloc_handle.
  ? Misuse check.
AR-2 NOTE D index is unsigned; the first cookie has index 0.
  ? get(h,0) is first.
DS-1 NOTE S Bind (addr or buf) stores the resulting addresses in one or more cookies; these
  functions read them.
  ? Only meaningful after a bind.
IT-1 MUST S iter with cookiep == NULL returns the first cookie.
  ? iter(h,NULL) === get(h,0).
IT-2 MUST S iter with a previously returned cookie returns the one after it.
  ? Sequence equals get(h,i).
IT-3 MUST S iter returns NULL after the last cookie.
  ? iter(h,last) === NULL.
IT-4 MUST D The cookie structure filled in by addr_bind/buf_bind must not be fed to iter.
  ? It is a copy; illumos returns NULL because it is out of range.
IT-5 MUST S iter returns NULL if cookiep is invalid.
  ? Foreign pointer -> NULL.
IT-6 MUST S Iteration can be restarted: the iter/get/one functions are safe alternatives that do not
  consume cookies.
  ? Two full passes give the same result.
GT-1 MUST S get returns the cookie with that index.
  ? Match.
GT-2 MUST S get returns NULL for an invalid index.
  ? get(h,n), get(h,0xffffffff) -> NULL; unbound handle -> NULL.
ON-1 MUST S one returns the single cookie of a single-cookie request.
  ? one(h) === get(h,0).
ON-2 MUST S one panics the system if there is not exactly one cookie.
  ? ncookies 0 or >= 2 -> panic.
ON-3 MUST S one also panics on "another issue" (unspecified).
ON-4 MUST S one never returns NULL.
  ? Type non-null.
NC-1 MUST S ncookies returns the number of cookies associated with the handle.
  ? Equals iter length.
NC-2 MUST S ncookies returns 0 when no DMA resources are bound.
  ? Before bind, after unbind -> 0.
NX-1 NOTE S nextcookie is historical; it should not be used for any purpose.
  ? Deprecation marker.
NX-2 MUST S nextcookie mutates the handle: a cookie cannot be fetched a second time.
  ? Successive calls give cookie 1, 2, ... (cookie 0 came from bind).
NX-3 NOTE S nextcookie has no way to signal exhaustion.
  ? void.
NX-4 UNDEFINED D Calling nextcookie more times than there are cookies is undefined.
  ? illumos panics.
NX-5 MUST S nextcookie always updates *cookiep, valid or not (conflicts with illumos).
  ? Write observed on each legal call.
EX-1 NOTE - Example 1 loops iter from NULL to NULL, using dmac_laddress and dmac_size (its loop
  declares c but initialises cookie; typo).
  ? Template for driver test.
EX-2 NOTE - Example 2 binds with RDWR+CONSISTENT, NULL waitfp (= DONTWAIT), expects only
  DDI_DMA_MAPPED, then indexes 0..ncookies-1; states ncookies need not be stored (typo
  ddi_dma_coookie_get).
  ? Template.
CX-1 MUST S All five callable from user, kernel or interrupt context.
  ? Contexts.
# ddi_dma_burstsizes.9f
AR-1 NOTE D handle is a DMA handle.
DS-1 MUST S Returns the allowed burst sizes for the mapping.
  ? Int bitmask.
DS-2 MUST S Derived from dma_attr_burstsizes, after applying limits of other device layers as well
  as the device's own.
  ? result is a subset of attr bits ((r & ~attr) == 0).
RV-1 MUST S Binary encoded: bit n set means bursts of 2^n allowed (encoding per ddi_dma_attr(9S)).
  ? 0x17 = {1,2,4,16}; 0x2f = {1,2,4,8,32}; 0x2 = {2}.
RV-2 NOTE S No error value documented (illumos: NULL handle -> 0).
IX-1 MUST D The driver programs its engine from this value, not from its own attr
  (ddi_dma_attr(9S)).
  ? Guideline.
CX-1 MUST S Callable from user or interrupt context.
  ? Contexts.
# ddi_dma_set_sbus64.9f
AR-1 MUST D handle was filled in by ddi_dma_alloc_handle.
  ? Misuse.
AR-2 NOTE D burstsizes: burst sizes the engine accepts in 64-bit mode.
  ? Bitmask encoding.
AR-3 MAY D They may differ from the 32-bit burst sizes in the attr.
  ? Independent values.
DS-1 MUST S Tells the system the device wants 64-bit SBus transfers.
  ? Mode flag on handle/slot.
DS-2 MUST D The handle must first be allocated with attributes describing 32-bit mode.
  ? Order check.
DS-3 MUST S System activates 64-bit transfers if the SBus supports them, otherwise the SBus stays in
  32-bit mode.
  ? Platform parameter.
DS-4 MUST D After resources are allocated (bind), the driver should fetch burst sizes with
  ddi_dma_burstsizes.
  ? Order.
DS-5 MUST S That call yields 64-bit burst sizes if 64-bit mode was activated, else 32-bit ones.
  ? Compare.
RV-1 MUST S DDI_SUCCESS (0): SBus set to 64-bit mode.
  ? Return.
RV-2 MUST S DDI_FAILURE (-1): mode could not be set.
  ? x86: always.
NT-1 MUST S 64-bit mode is per SBus slot; multiple cards in a slot must all be 64-bit or all 32-bit.
  ? Slot-level state.
PL-1 NOTE S Architecture: SBus (SPARC). Not meaningful on x86.
  ? x86 model returns DDI_FAILURE.
CX-1 MUST S user, kernel, interrupt.
  ? Contexts.
# ddi_dmae.9f
AR-1 NOTE D dip identifies the device.
AR-2 MUST D On ISA chnl is one of 0,1,2,3,5,6,7 (4 excluded).
  ? chnl 4 -> DDI_FAILURE from alloc.
AR-3 MAY D callback: function, SLEEP or DONTWAIT; arg goes to a real function.
  ? Variants.
AR-4 NOTE D cookiep supplies address and count to prog.
  ? Programmed address/count equal cookie.
AR-5 NOTE D countp receives the bytes not yet transferred.
  ? getcnt.
DS-1 NOTE D Bus-master devices program their own registers and do not use these functions;
  address/count from the cookie.
  ? Lint.
DS-2 NOTE D Third-party DMA uses all functions except ddi_dmae_1stparty; per transfer: program
  engine, then command the device.
  ? Order.
DS-3 NOTE D First-party DMA: device does its own cycles but needs a channel; after alloc,
  ddi_dmae_1stparty may configure it.
  ? Order.
AL-1 MUST S alloc acquires a channel of the system DMA engine.
  ? Owner set.
AL-2 MUST S Only one device at a time can hold a given channel.
  ? Second alloc waits or NORESOURCES.
AL-3 MUST D alloc must precede any other engine function on the channel.
  ? Misuse check.
AL-4 MUST D If the device allows sharing, the channel must be released after the DMA operation.
  ? Leak check.
AL-5 MUST D In any case it must be released before a successful detach(9E).
  ? Detach check.
AL-6 MUST S No other driver can acquire the channel until it is released.
  ? Mutual exclusion.
AL-7 MUST S Busy + DONTWAIT: returns immediately.
  ? NORESOURCES.
AL-8 MUST S Busy + SLEEP: thread sleeps until the channel is acquired.
  ? Suspends; success after release.
AL-9 MUST S Busy + function: returns immediately; function later called with arg from interrupt
  context when resources might be available.
  ? NORESOURCES then callback on release.
AL-10 MUST D The callback should try the allocation again; DONE if it succeeded or no longer needs
  it, RUNOUT if it tried and failed.
  ? Validate.
AL-11 MUST S RUNOUT puts the callback back on the list.
  ? Re-call on next release.
PG-1 MUST S prog programs the channel for a transfer from dmaereqp plus cookie.
  ? Mode regs + address + count.
PG-2 MUST S It disables the channel before setup.
  ? Mask set during setup.
PG-3 MUST S It enables the channel before returning (automatically after successful programming).
  ? Mask clear on return.
PG-4 MAY D After a first programming, dmaereqp may be NULL if only address and count change.
  ? Mode unchanged; address/count updated (illumos bug on channels 5-7).
PG-5 MUST D DMA resources must be set up first (ddi_dma_mem_alloc, then ddi_dma_addr_bind_handle for
  the cookie).
  ? Order.
DI-1 MUST S disable: channel no longer responds to the device's service requests.
  ? DREQ ignored.
EN-1 MUST S enable: re-enables the channel, e.g. after disable.
  ? DREQ served.
SP-1 MUST S stop: disables the channel and terminates active operation.
  ? No further transfer.
GC-1 MUST S getcnt: *countp = bytes remaining, from the count register.
  ? Partial transfer -> remainder.
GC-2 MUST D The channel is assumed to be stopped.
  ? Misuse if running.
FP-1 MUST S 1stparty on ISA: configures the channel in slave ("cascade") mode.
  ? Mode = cascade.
FP-2 MUST D Order: alloc, then 1stparty; then the driver programs the device with address/count from
  the cookie.
  ? Order.
GA-1 MUST S getattr fills *attrp with the engine's DMA attributes.
  ? ISA: lo 0, hi 0xffffff, count_max 0xffff, align 1, burst 1, minxfer 1, maxxfer 0xffffffff, seg
    0xffff, sgllen 1, granular 1, flags 0.
GA-2 MUST D Bus-master or first-party drivers must make their own attr structure rather than use
  getattr.
  ? Lint.
GA-3 MUST D The attr structure must be passed to the DMA allocation functions so requests are split
  into windows and cookies.
  ? alloc_handle(attr).
RV-1 MUST S DDI_SUCCESS (0) on success, all routines.
  ? Return.
RV-2 MAY S DDI_FAILURE (-1) for invalid arguments.
  ? chnl 4; wrong der_path for channel.
RV-3 MAY S DDI_DMA_NORESOURCES (-1) from alloc if unavailable and wait value is not SLEEP (text
  calls the parameter dmae_waitfp).
  ? Note: same numeric value as DDI_FAILURE.
CX-1 MUST D alloc in interrupt context must not use SLEEP - nor may its callback.
  ? Misuse.
CX-2 MUST S Otherwise any context.
  ? Contexts.
PL-1 NOTE S x86 only.
  ? SPARC model: absent.
# ddi_slaveonly.9f
DS-1 MUST S Tells whether the device sits where it cannot become a DMA master (slave-access-only
  slot).
  ? Bus model property.
RV-1 MUST S DDI_SUCCESS (0): yes, slave-only location.
  ? Inverted sense: success = no DMA.
RV-2 MUST S DDI_FAILURE (-1): no, not slave-only.
  ? Normal PCI device.
CX-1 MUST S user, kernel, interrupt.
  ? Contexts.
# ddi_check_acc_handle.9f
AR-1 MUST D acc_handle from ddi_regs_map_setup, ddi_dma_mem_alloc or similar.
  ? Handle kinds.
AR-2 MUST D dma_handle from ddi_dma_alloc_handle.
  ? Handle kind.
DS-1 MUST S Each call checks one handle of one type and reports whether faults affecting that
  handle's resource were detected.
  ? Per-handle isolation.
DS-2 NOTE S Acc fault means the driver can no longer reach the mapped registers/memory by programmed
  I/O through that handle.
DS-3 UNDEFINED S Programmed I/O after an acc fault is undefined: reads may return random values,
  writes may or may not take effect.
  ? Model injects arbitrary values.
DS-4 NOTE D Acc fault is normally fatal; driver should report with ddi_dev_report_fault
  (DDI_SERVICE_LOST, DDI_DATAPATH_FAULT).
  ? Guideline.
DS-5 NOTE S DMA fault means DMA between device and the memory bound (or most recently bound) is or
  will be affected.
DS-6 MUST S For an unbound handle the status refers to the most recent binding.
  ? unbind after fault, check -> DDI_FAILURE (x86 illumos loses it).
DS-7 NOTE S Possible causes: broken component in the path, or an invalid DMA access by the device.
  ? Fault injection.
DS-8 NOTE D Driver may fall back to non-DMA, but DMA faults are generally not recoverable.
DS-9 UNDEFINED S Contents of the bound (or previously bound) memory are indeterminate after a DMA
  fault.
  ? Model randomises.
DS-10 MUST S The indication for the current transaction is lost when the handle is bound (again).
  ? Rebind -> DDI_SUCCESS.
DS-11 MAY S The fault may persist so later DMA may fail.
DS-12 MAY S Some implementations cannot detect all failures: success is no guarantee.
DS-13 MUST S A failed check is positive proof of a problem with that handle.
  ? No false positives.
RV-1 MUST S DDI_SUCCESS (0): no fault detected.
  ? Return.
RV-2 MUST S DDI_FAILURE (-1): some fault detected.
  ? Return.
CX-1 MUST S user, kernel, interrupt.
  ? Contexts.
# ddi_fm_acc_err_get.9f
AR-1 MUST D version should always be DDI_FME_VERSION (1).
  ? 0 also accepted; others panic in illumos.
AR-2 NOTE D dma_handle is described as coming from ddi_dma_mem_alloc (really ddi_dma_alloc_handle).
DS-1 MUST S If a fault affects the handle's resource, *error_status is updated with captured error
  information.
  ? status, ena, flag, handle set.
DS-2 NOTE S Acc error: access may no longer work; may be transient; recovery = acc_err_clear, reset
  device, retry.
  ? State machine.
DS-3 NOTE S DMA error: applies to memory bound or most recently bound; its contents are
  indeterminate; recovery = free bound memory, reset device, retry.
  ? State machine.
DS-4 MUST D If not recoverable: ddi_fm_service_impact(DDI_SERVICE_LOST).
  ? Guideline.
DS-5 MUST D If recovered: still call ddi_fm_service_impact with DDI_SERVICE_UNAFFECTED.
  ? Guideline.
RV-1 NOTE S void.
CX-1 MUST S user, kernel, high-level interrupt.
  ? Contexts.
# ddi_fm_acc_err_clear.9f
DS-1 MUST S Clears the error status of the access or DMA handle.
  ? err_get then reports DDI_FM_OK.
DS-2 MUST S After clearing, programmed I/O through the handle is allowed again.
  ? Access works.
AR-1 NOTE D version is the ddi_fm_error_t version.
  ? As err_get.
RV-1 NOTE S void.
# ddi_dma_attr.9s
DS-1 NOTE D Describes device- and engine-specific attributes needed to allocate DMA resources; may
  be extended with bus-specific information.
VR-1 MUST D dma_attr_version is DMA_ATTR_V0 (0).
  ? Other value: px BADATTR; x86 unchecked.
AD-1 MUST S dma_attr_addr_lo: inclusive lowest reachable address (64-bit).
  ? Every cookie: addr >= lo.
AD-2 MUST S dma_attr_addr_hi: inclusive highest reachable address.
  ? Every cookie: addr+size-1 <= hi.
AD-3 MUST S System guarantees allocated DMA resources are in [lo,hi].
  ? Bounce buffer or mem_alloc placement.
CM-1 MUST S dma_attr_count_max: inclusive upper bound of the counter register (0xFFFFFF = 24-bit);
  i.e. size-1 semantics.
  ? cookie.size - 1 <= count_max.
CM-2 MUST S Objects bigger than the counter are split into several cookies.
  ? Split property.
AL-1 MUST S dma_attr_align: alignment of allocated DMA resources; may be stricter than
  burstsizes/minxfer imply (e.g. page).
  ? mem_alloc kaddr and first cookie aligned.
AL-2 NOTE D Most drivers use 1 (byte alignment).
  ? Default in tests.
AL-3 MUST D It constrains only allocated resources: a buffer passed to a bind must itself be equally
  aligned.
  ? Misaligned bind -> misuse.
BS-1 NOTE D dma_attr_burstsizes: accepted burst sizes, binary encoded by powers of two.
  ? 0x0c = {4,8}.
BS-2 MAY S The system may modify it on allocation to reflect system limits.
  ? burstsizes() subset.
BS-3 MUST D The driver must program only allowable sizes (ddi_dma_burstsizes).
  ? Guideline.
MX-1 NOTE D dma_attr_minxfer: minimum effective DMA access size in bytes.
MX-2 MAY S Resources may be modified depending on I/O caches and write buffers on the path.
  ? Platform.
MX-3 MUST S It determines alignment and padding in ddi_dma_mem_alloc.
  ? real_length multiple of minxfer.
MX-4 NOTE S dma_attr_maxxfer: maximum effective access size in bytes.
  ? x86: window size <= maxxfer rounded down to granular.
SG-1 MUST S dma_attr_seg: segment boundary restriction; resources do not span the boundary (0xFFFF =
  no 64K crossing).
  ? floor(addr/(seg+1)) equal for first and last byte of a cookie.
SG-2 MAY S Objects may be broken into several cookies to honour it; then scatter-gather or multiple
  windows are required.
  ? Split.
SL-1 NOTE D dma_attr_sgllen < 0: engine not limited in list length (e.g. chaining).
  ? illumos casts to unsigned: huge.
SL-2 UNDEFINED D sgllen == 0: reserved.
  ? BADATTR on DEBUG x86 only; division by zero in mem_alloc.
SL-3 NOTE D sgllen == 1: no scatter/gather (e.g. third-party DMA).
  ? 1 cookie per transfer.
SL-4 NOTE D sgllen > 1: maximum number of list entries.
  ? Group size.
GR-1 NOTE D dma_attr_granular: granularity of the device transfer size in bytes.
GR-2 MUST S The size of a single segment is a multiple of granular when resources are allocated
  (sgllen 1).
  ? cookie.size % granular == 0.
GR-3 MUST S For sgllen > 1 within a window, the sum over a subgroup of segments is a multiple of
  granular.
  ? Group sum % granular == 0.
GR-4 MUST D Every driver request must be a multiple of granular.
  ? Misuse.
FL-1 MAY D dma_attr_flags is a combination of FORCE_PHYSICAL, FLAGERR, RELAXED_ORDERING.
  ? Bits 0x100,0x200,0x400.
FL-2 MUST S DDI_DMA_FORCE_PHYSICAL (0x100): where both exist (DVMA via IOMMU and physical), return
  physical I/O addresses.
  ? Cookie address == physical.
FL-3 MUST S FORCE_PHYSICAL on a system without physical DMA: ddi_dma_alloc_handle returns
  DDI_DMA_BADATTR.
  ? SPARC model w/o bypass.
FL-4 MUST D Then the driver clears the flag and retries.
  ? Driver pattern.
FL-5 NOTE D DDI_DMA_FLAGERR (0x200): driver is hardened and will check DMA handles with
  ddi_fm_dma_err_get regularly.
FL-6 MAY S FLAGERR: on a DMA error in the mapped area the system should, if possible, mark the
  handle faulted rather than panic.
  ? Injected fault -> err_get non-OK.
FL-7 MAY S FLAGERR is advisory: ignoring it and panicking is legal.
FL-8 MAY D DDI_DMA_RELAXED_ORDERING (0x400): optional; transactions of this handle need no strong
  write ordering among themselves nor with other handles.
  ? Device writes may be seen out of order.
FL-9 MAY S Lets the host bridge move data more efficiently on some platforms.
FL-10 MUST D Devices with their own relaxed-ordering hardware support should use that and not this
  flag.
  ? Lint.
EX-1 NOTE - Example values: V0, 0, 0xffffffff, 0xffffff, 1, 0x0c, 1, 0x3ffffff, 0x7fff, 17, 512, 0
  (several commas missing in the page).
  ? Fixture. NB 0x3ffffff is 64M-1; x86 rounds it down to a multiple of 512 (0x3fffe00).
PL-1 NOTE S SPARC-like platforms use DVMA addresses through an IOMMU; some also support physical
  DMA.
  ? Platform switch.
# ddi_dma_cookie.9s
DS-1 MUST S Holds what is needed to program a DMA engine.
DS-2 MUST S Filled in by ddi_dma_getwin, ddi_dma_addr_bind_handle or ddi_dma_buf_bind_handle.
  ? First-cookie copy.
FD-1 MUST S dmac_laddress: 64-bit I/O address for the engine.
  ? bigint.
FD-2 MUST S dmac_address: 32-bit I/O address (low half of the same union).
  ? Number(laddress & 0xffffffffn).
FD-3 NOTE S dmac_notused: the other half; which index is which depends on _LONG_LONG_HTOL.
  ? laddress >> 32n.
FD-4 NOTE D Use laddress with 64-bit address registers, address with 32-bit ones.
  ? Lint.
FD-5 MUST D The reachable range must be specified in ddi_dma_attr(9S).
FD-6 MUST S dmac_size: length of the transfer in bytes.
  ? > 0.
FD-7 NOTE S dmac_type: bus-specific type bits if appropriate (e.g. PCI address modifier bits).
  ? x86 also uses bit 31 internally.
# ddi_device_acc_attr.9s
VR-1 MUST D Version: the current one is DDI_DEVICE_ATTR_V1 (2).
  ? V0 (1) handled by illumos as no access protection.
EN-1 MUST D endian_flags: exactly one of NEVERSWAP, STRUCTURE_BE, STRUCTURE_LE.
  ? 0,2,1.
EN-2 MUST S NEVERSWAP: data access functions never swap.
  ? get16 raw.
EN-3 MUST S STRUCTURE_BE / STRUCTURE_LE describe the device as big/little endian; the system swaps
  automatically when host and device formats differ.
  ? LE host + BE: get16/32/64 swapped; LE: not.
EN-4 MAY S Hardware swapping may be used.
  ? Not observable.
DO-1 MUST S STRICTORDER (default): CPU issues data references in program order.
  ? Order trace.
DO-2 MAY S UNORDERED_OK: CPU may reorder in any way (load/store swap included).
DO-3 MAY S MERGING_OK: stores to consecutive locations may be merged, loads batched; implies
  reordering.
DO-4 MAY S LOADCACHING_OK: fetched data may be cached and reused until another store; default
  fetches every load; implies merging and reordering.
DO-5 MAY S STORECACHING_OK: data may stay in the cache and be pushed later; default pushes at once;
  implies load caching, merging, reordering.
DO-6 NOTE S Order values are advisory: the system may be stricter.
  ? Never assert weak behaviour occurs.
AC-1 MUST S DDI_DEFAULT_ACC: on an I/O fault the default action, possibly a panic.
AC-2 NOTE D DDI_FLAGERR_ACC: driver is hardened and polls ddi_fm_acc_err_get.
AC-3 MAY S FLAGERR: system should, if possible, mark the handle faulted instead of panicking;
  advisory.
  ? Injected fault.
AC-4 MUST S DDI_CAUTIOUS_ACC: an I/O fault is expected and handled as gracefully as possible (e.g.
  no console message).
  ? Probe of absent device.
AC-5 NOTE D CAUTIOUS is for uncertain presence (probing) or fault recovery, an alternative to
  peek/poke; can be expensive (exclusive bus access, cross-CPU sync).
IX-1 MUST S For DMA memory: dataorder ignored, endian documented SPARC only (ddi_dma_mem_alloc(9F)).
  ? As ddi_dma_mem_alloc(9F) AR-4 and AR-5.
# ddi_dmae_req.9s
DS-1 NOTE D Holds everything to set up a channel except address and count; zero defaults suit most
  devices.
  ? All-zero + command works.
CM-1 MUST D der_command must be set before ddi_dmae_prog.
  ? 0 would mean "verify" in the header.
CM-2 MUST S DMAE_CMD_WRITE (1): memory -> device.
  ? Direction.
CM-3 MUST S DMAE_CMD_READ (2): device -> memory.
  ? Direction.
BP-1 MAY D der_bufprocess = DMAE_BUF_CHAIN (1) on buses that support several cookies per transfer
  (scatter/gather).
BP-2 MUST D With CHAIN, prog gets the first cookie, and proc must be the driver's nextcookie
  routine.
  ? Callback wiring.
BP-3 MUST S proc is called with procparms and returns a pointer to the next cookie (static storage),
  each time the engine is ready for another.
  ? Call sequence.
BP-4 MUST D proc returns NULL when the window has no more segments.
  ? Terminates chain.
BP-5 MUST D CHAIN only if the bus supports it: determined by sgllen from ddi_dmae_getattr; sgllen 1
  means no chaining.
  ? ISA: never.
BP-6 MUST D sgllen > 1 but chaining not wanted: driver sets sgllen to 1 before DMA setup and does
  not set CHAIN.
BP-7 MUST D Chaining wanted: leave sgllen, set CHAIN, prefetch cookies until end of window or
  sgllen, keep them, hand them out in order one per call, then NULL.
BP-8 MUST D I/O count for the device = sum of the prefetched cookie sizes (min(sgllen, segments
  left)).
  ? Sum.
BP-9 NOTE S nextcookie routine may be called from high-level interrupt, so it should not call DMA
  functions.
  ? Context.
BP-10 MUST S The end of every segment whose number is a multiple of sgllen falls on a granularity
  boundary.
  ? Group sums % granular == 0.
BP-11 MUST S With sgllen 1 each segment is a multiple of granular and the I/O count is that cookie's
  size.
  ? cookie.size % granular == 0.
BP-12 NOTE S ISA engines have no scatter/gather: sgllen 1.
  ? getattr.
PT-1 MUST S der_path 0 (DMAE_PATH_DEF): channels 0-3 8-bit, 5-7 16-bit count-by-word.
  ? Count register = bytes-1 or words-1.
CY-1 MUST S der_cycles 0 (DMAE_CYCLES_1): ISA-compatible timing.
CY-2 MUST D Then der_trans must be DMAE_TRANS_SNGL.
  ? Lint.
TR-1 MUST S der_trans 0 (DMAE_TRANS_SNGL): one transfer per bus arbitration.
PL-1 NOTE S x86 only.
# ddi_fm_error.9s
DS-1 NOTE S Passed to error callbacks; same structure returned by ddi_fm_acc_err_get /
  ddi_fm_dma_err_get.
FD-1 MUST S fme_version: DDI_FME_VER0 (0) or DDI_FME_VER1 (1).
FD-2 MUST S fme_ena: Format 1 ENA of the error.
  ? uint64.
FD-3 MUST S fme_flag = DDI_FM_ERR_EXPECTED (1) for an error caused by a cautious-protected access;
  fme_acc_handle then valid; driver reports only unrelated errors.
FD-4 MUST S fme_flag = DDI_FM_ERR_POKE (2) / DDI_FM_ERR_PEEK (3) for poke/peek; treat like EXPECTED.
FD-5 MUST S Otherwise fme_flag = DDI_FM_ERR_UNEXPECTED (0): full error handling.
FD-6 MUST S fme_status: DDI_FM_OK (0) none; DDI_FM_FATAL (-1) fatal to system; DDI_FM_NONFATAL (-2)
  not fatal; DDI_FM_UNKNOWN (-3) impact undetermined.
  ? Enum.
FD-7 NOTE S fme_acc_handle / fme_dma_handle: handle associated with the error.
  ? Identity with faulted handle.
# interplay
IP-1 MUST - Legal order: alloc_handle -> [mem_alloc] -> bind -> (sync, getwin, cookies, device I/O)*
  -> unbind -> [mem_free] -> free_handle.
  ? State machine; every other order flagged as misuse.
IP-2 MUST - mem_alloc needs a handle (for attributes and owner) but does not bind it; the handle may
  be bound to memory from elsewhere.
  ? ncookies stays 0 after mem_alloc.
IP-3 MUST - Binding memory from mem_alloc uses real_length, not length, and repeats the
  STREAMING/CONSISTENT choice.
  ? Sum of cookie sizes == real_length.
IP-4 MUST - One bind at a time per handle; re-bind is allowed after unbind, with the same
  attributes.
  ? bind, bind -> INUSE; bind, unbind, bind -> ok.
IP-5 MUST - Unbind must precede free_handle; mem_free is separate from both and must be called with
  the access handle, not the DMA handle.
  ? Leak/misuse checks.
IP-6 MUST - The alignment given in attr is automatically met by mem_alloc memory but is the driver's
  duty for any other buffer.
  ? mem_alloc+bind never misaligned; custom buffer lint.
IP-7 MUST - mem_alloc sizing rules (align, minxfer, granular) make its real_length bindable without
  violating granularity only if the driver asked for a multiple of granular.
  ? Property over attrs.
IP-8 MUST - numwin/getwin are for binds that returned PARTIAL_MAP, which needs DDI_DMA_PARTIAL.
  ? Driver loop test.
IP-9 MUST - All windows together cover the object exactly once, in increasing offsets.
  ? Union of [off, off+len) == [0, objLen).
IP-10 MUST - ncookies/iter/get/one always describe the current window.
  ? After getwin(i): iter length == count of window i.
IP-11 MUST - Moving the window synchronises the hardware side, yet CPU access around it still
  requires ddi_dma_sync.
  ? Stale-view model.
IP-12 MUST - Implicit sync happens at bind and unbind; everything between needs ddi_dma_sync
  irrespective of CONSISTENT.
  ? Drop each sync in turn; the stale-view model must be able to show a difference.
IP-13 MUST - ddi_dma_sync offset/length are relative to the object even when windows are in use.
  ? Sync of window k uses offset = *offp.
IP-14 MUST - burstsizes must be read after bind when sbus64 was set, because it may switch to 64-bit
  sizes.
  ? Value differs before/after.
IP-15 MUST - A fault mark on a DMA handle survives unbind and is dropped by the next bind.
  ? fault, unbind -> FAILURE; bind -> SUCCESS.
IP-16 MUST - DDI_DMA_FLAGERR goes with regular ddi_fm_dma_err_get; DDI_FLAGERR_ACC with
  ddi_fm_acc_err_get.
  ? Lint.
IP-17 MUST - Cache attribute and endian mode are properties of the allocation (mem_alloc), not of
  the bind: the bind flags have no IOMEM or endian bits.
  ? Type system.
IP-18 NOTE - ddi_slaveonly == DDI_SUCCESS means the driver must not attempt bus-master DMA.
  ? Driver attach path.
IP-19 MUST - dmae: getattr -> alloc_handle -> (mem_alloc) -> addr_bind -> dmae_alloc ->
  dmae_prog(cookie) per cookie -> stop/getcnt -> dmae_release.
  ? State machine.
IP-20 MUST - Callback discipline is identical for alloc_handle, mem_alloc, addr_bind, buf_bind and
  dmae_alloc.
  ? One shared test suite, five instantiations.
`;
