/**
 * The clauses of the interrupt pages that the other tables leave out: what a device has, what an
 * interrupt can, and soft interrupts.
 *
 * The text is the notation of clauses.ts, restated from the public pages of illumos.
 */

/** Clause tables of nine pages. */
export const intrClauseTable = `
# ddi_intr_get_supported_types.9f
DS-1 MUST S The types that the device and the system both support, as a mask.
  ? FIXED alone for a plain device; MSI and MSI-X where there are such vectors.
RV-1 MUST S DDI_SUCCESS, DDI_EINVAL; DDI_INTR_NOTFOUND when the device has no interrupts at all.
CX-1 MUST D user, kernel; not interrupt.
  ? interrupt -> misuse.
# ddi_intr_get_nintrs.9f
DS-1 MUST S ddi_intr_get_nintrs: how many interrupts of a type the device supports.
DS-2 MUST S ddi_intr_get_navail: how many of them are available to it now.
  ? Fewer when vectors are short.
DS-3 NOTE D ddi_intr_get_supported_types comes first.
RV-1 MUST S DDI_SUCCESS; DDI_EINVAL for what is no type.
RV-2 MUST S DDI_INTR_NOTFOUND, and no zero count, when the device has none of the type.
CX-1 MUST D user, kernel; not interrupt.
# ddi_intr_get_cap.9f
FL-1 MUST S LEVEL and EDGE tell of lines and are not returned for MSI and MSI-X.
FL-2 MUST S MASKABLE: the interrupt can be masked.
  ? set_mask succeeds then.
FL-3 MUST S PENDING: the pending bit can be read.
  ? get_pending succeeds then.
FL-4 MUST S BLOCK: all interrupts of the type are enabled as a block and not masked singly.
  ? block_enable succeeds then.
RV-1 MUST S DDI_SUCCESS, DDI_EINVAL.
CX-1 MUST D user, kernel; not interrupt.
# ddi_intr_get_pri.9f
SP-1 MUST S ddi_intr_set_pri sets the priority; outside MIN to MAX it is DDI_EINVAL.
SP-2 MUST D ddi_intr_set_pri before the handler is added or when there is none, else DDI_FAILURE.
DS-3 MUST S ddi_intr_get_pri may be called at any time, with a handler or without.
RV-1 MUST S DDI_SUCCESS, DDI_EINVAL, DDI_FAILURE, DDI_ENOTSUP.
CX-1 MUST D kernel, non-interrupt.
# ddi_intr_get_pending.9f
DS-1 MUST S Non-zero when the interrupt is pending.
DS-2 MUST D The handle is allocated.
DS-3 MUST S Without DDI_INTR_FLAG_PENDING: DDI_ENOTSUP, and zero in *pendingp.
RV-1 MUST S DDI_SUCCESS, DDI_EINVAL, DDI_ENOTSUP.
CX-1 MUST D user, kernel; not interrupt.
# ddi_intr_hilevel.9f
DS-1 MUST S Non-zero when the interrupt is of high level.
CX-1 MUST S user, interrupt, kernel.
# ddi_intr_add_softint.9f
DS-1 MUST S Adds a handler that runs at the priority soft_pri, with arg1.
AR-1 MUST D soft_pri lies between DDI_INTR_SOFTPRI_MIN and DDI_INTR_SOFTPRI_MAX.
  ? 0 and 10 -> DDI_EINVAL.
TR-1 MUST S ddi_intr_trigger_softint runs the handler, with arg1 and the arg2 of the trigger.
TR-2 MUST S Triggered again while one is pending: dropped with its arg2, DDI_EPENDING.
RM-1 MUST S Removed, it cannot be triggered; what was triggered before may still be delivered.
RM-2 MUST D Drivers remove their soft interrupts before they are unloaded.
GP-1 MUST S ddi_intr_get_softint_pri: the priority it was added with.
DS-2 MUST D The handler returns DDI_INTR_CLAIMED or DDI_INTR_UNCLAIMED.
RV-1 MUST S DDI_SUCCESS, DDI_EINVAL, DDI_EPENDING.
CX-1 MUST D user, kernel, not interrupt, as printed; the example triggers from an interrupt handler.
# ddi_add_softintr.9f
DS-1 MUST S ddi_add_softintr adds a handler at the level of the preference, with its argument.
DS-2 MUST S ddi_get_soft_iblock_cookie: the cookie of a preference, before the handler is added.
TR-1 MUST S ddi_trigger_softintr: the handler runs.
RM-1 MUST S ddi_remove_softintr removes the handler.
RV-1 MUST S DDI_SUCCESS, DDI_FAILURE.
CX-1 MUST S user, kernel; ddi_trigger_softintr from high-level interrupts too.
`;
