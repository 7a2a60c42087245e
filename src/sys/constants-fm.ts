/**
 * The numbers of ddifm.h, and those of sunddi.h and nvpair.h that go with faults.
 *
 * As in constants.ts every name and every value is the header's.
 */

// ---- What a driver takes part in, ddifm.h ---------------------------------------------------

/** No part in fault management; the default. */
export const DDI_FM_NOT_CAPABLE = 0x0;
/** The driver posts ereports. */
export const DDI_FM_EREPORT_CAPABLE = 0x1;
/** The driver checks access handles for errors. */
export const DDI_FM_ACCCHK_CAPABLE = 0x2;
/** The driver checks DMA handles for errors. */
export const DDI_FM_DMACHK_CAPABLE = 0x4;
/** The driver registers an error handler. */
export const DDI_FM_ERRCB_CAPABLE = 0x8;

// ---- ddi_fm_error(9S), ddifm.h --------------------------------------------------------------

/** `fme_status`: no error. */
export const DDI_FM_OK = 0;
/** `fme_status`: the system cannot go on. */
export const DDI_FM_FATAL = -1;
/** `fme_status`: the system can go on. */
export const DDI_FM_NONFATAL = -2;
/** `fme_status`: nobody can tell. */
export const DDI_FM_UNKNOWN = -3;
/** `fme_flag`: nobody reckoned with it. */
export const DDI_FM_ERR_UNEXPECTED = 0;
/** `fme_flag`: an access under `DDI_CAUTIOUS_ACC` met it. */
export const DDI_FM_ERR_EXPECTED = 1;
/** `fme_flag`: ddi_poke(9F) met it. */
export const DDI_FM_ERR_POKE = 2;
/** `fme_flag`: ddi_peek(9F) met it. */
export const DDI_FM_ERR_PEEK = 3;
/** `fme_version`: the first. */
export const DDI_FME_VER0 = 0;
/** `fme_version`: the second. */
export const DDI_FME_VER1 = 1;
/** `fme_version`: the present one. */
export const DDI_FME_VERSION = DDI_FME_VER1;
/** `fme_bus_type`: no bus in particular. */
export const DDI_FME_BUS_TYPE_DFLT = 0;
/** `fme_bus_type`: PCI. */
export const DDI_FME_BUS_TYPE_PCI = 1;

// ---- ddi_fm_service_impact(9F), ddi_get_devstate(9F), sunddi.h ------------------------------

/** The device serves no longer. */
export const DDI_SERVICE_LOST = -32;
/** The device serves worse than it should. */
export const DDI_SERVICE_DEGRADED = -16;
/** Nothing has changed. */
export const DDI_SERVICE_UNAFFECTED = 0;
/** The device serves as before. */
export const DDI_SERVICE_RESTORED = 16;
/** Devices are not in use. */
export const DDI_DEVSTATE_OFFLINE = -32;
/** Service is lost. */
export const DDI_DEVSTATE_DOWN = -16;
/** The bus is quiet. */
export const DDI_DEVSTATE_QUIESCED = 0;
/** Service is degraded. */
export const DDI_DEVSTATE_DEGRADED = 16;
/** All is well. */
export const DDI_DEVSTATE_UP = 32;

// ---- Ereports, protocol.h and nvpair.h ------------------------------------------------------

/** ddi_fm_ereport_post(9F): the name of the first member, and its value. */
export const FM_VERSION = 'version';
/** The version of an ereport. */
export const FM_EREPORT_VERS0 = 0;
/** The only format of an ENA there is. */
export const FM_ENA_FMT1 = 1;
/** A member of an ereport: 8 bits. */
export const DATA_TYPE_UINT8 = 23;
/** A member of an ereport: 16 bits. */
export const DATA_TYPE_UINT16 = 4;
/** A member of an ereport: 32 bits with a sign. */
export const DATA_TYPE_INT32 = 5;
/** A member of an ereport: 32 bits. */
export const DATA_TYPE_UINT32 = 6;
/** A member of an ereport: 64 bits. */
export const DATA_TYPE_UINT64 = 8;
/** A member of an ereport: a string. */
export const DATA_TYPE_STRING = 9;
/** A member of an ereport: true or false. */
export const DATA_TYPE_BOOLEAN_VALUE = 21;
