/**
 * The numbers of ddi_intr.h and the codes of sunddi.h that go with them.
 *
 * As in constants.ts every name and every value is the header's.
 */

// ---- Codes of sunddi.h ----------------------------------------------------------------------

/** Not enough resources. */
export const DDI_EAGAIN = -3;
/** A request or an argument that makes no sense. */
export const DDI_EINVAL = -4;
/** The device or the platform cannot. */
export const DDI_ENOTSUP = -5;
/** It has been asked for already and is still to come. */
export const DDI_EPENDING = -6;

// ---- Types, ddi_intr_get_supported_types(9F) ------------------------------------------------

/** A line: level-triggered, shared. */
export const DDI_INTR_TYPE_FIXED = 0x1;
/** Messages, up to 32 vectors. */
export const DDI_INTR_TYPE_MSI = 0x2;
/** Messages, up to 2048 vectors, each with a mask of its own. */
export const DDI_INTR_TYPE_MSIX = 0x4;

// ---- Behaviours, ddi_intr_alloc(9F) ---------------------------------------------------------

/** As many as there are. */
export const DDI_INTR_ALLOC_NORMAL = 0;
/** All or none. */
export const DDI_INTR_ALLOC_STRICT = 1;

// ---- Priorities -----------------------------------------------------------------------------

/** The lowest priority of an interrupt. */
export const DDI_INTR_PRI_MIN = 1;
/** The highest. */
export const DDI_INTR_PRI_MAX = 12;
/** The lowest priority of a soft interrupt. */
export const DDI_INTR_SOFTPRI_MIN = 1;
/** The highest. */
export const DDI_INTR_SOFTPRI_MAX = 9;
/** For a driver that has no wish. */
export const DDI_INTR_SOFTPRI_DEFAULT = DDI_INTR_SOFTPRI_MIN;

// ---- Preferences, ddi_add_softintr(9F) -------------------------------------------------------

/** As the cookie says; not for drivers. */
export const DDI_SOFTINT_FIXED = 0;
/** A soft interrupt of low priority. */
export const DDI_SOFTINT_LOW = 8;
/** One of medium priority. */
export const DDI_SOFTINT_MED = 128;
/** One of high priority. */
export const DDI_SOFTINT_HIGH = 256;

// ---- Capabilities, ddi_intr_get_cap(9F) -----------------------------------------------------

/** It is triggered by a level. */
export const DDI_INTR_FLAG_LEVEL = 0x0001;
/** It is triggered by an edge. */
export const DDI_INTR_FLAG_EDGE = 0x0002;
/** It can be masked. */
export const DDI_INTR_FLAG_MASKABLE = 0x0010;
/** Whether it is pending can be read. */
export const DDI_INTR_FLAG_PENDING = 0x0020;
/** All of its type are enabled together. */
export const DDI_INTR_FLAG_BLOCK = 0x0100;
