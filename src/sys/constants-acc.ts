/** The numbers of repeated and copying access: sunddi.h and dditypes.h, names and values theirs. */

// ---- flags of ddi_rep_get8(9F) and ddi_rep_put8(9F), sunddi.h -------------------------------

/** Every access goes to the same device address: a data register, a FIFO. */
export const DDI_DEV_NO_AUTOINCR = 0x0000;
/** The device address advances by one datum with every access: a buffer on the device. */
export const DDI_DEV_AUTOINCR = 0x0001;

// ---- dev_datasz of ddi_device_zero(9F) and ddi_device_copy(9F), dditypes.h -------------------

/** Data of one byte. */
export const DDI_DATA_SZ01_ACC = 1;
/** Data of two bytes. */
export const DDI_DATA_SZ02_ACC = 2;
/** Data of four bytes. */
export const DDI_DATA_SZ04_ACC = 4;
/** Data of eight bytes. */
export const DDI_DATA_SZ08_ACC = 8;
