/**
 * The copy engine's registers, as its driver's header file has them.
 *
 * Written from the data sheet, as any driver's header is, and not shared with the model of the
 * device: a driver has no way to the inside of its hardware.
 */

/** Configuration space: command register, 16 bits. */
export const PCI_CONF_COMM = 0x04;
/** Command register: the device answers memory accesses. */
export const PCI_COMM_MAE = 0x2;
/** Command register: the device may master the bus. */
export const PCI_COMM_ME = 0x4;

/** Control. */
export const CE_CTRL = 0x00;
/** Control: start. */
export const CE_CTRL_GO = 0x1;
/** Control: reset. */
export const CE_CTRL_RESET = 0x2;
/** Control: the source list goes through the wide port. */
export const CE_CTRL_SRC_WIDE = 0x10;
/** Control: the destination list goes through the wide port. */
export const CE_CTRL_DST_WIDE = 0x20;

/** Interrupt status; write 1 to acknowledge. */
export const CE_INTR_STATUS = 0x08;
/** Interrupt enable. */
export const CE_INTR_ENABLE = 0x0c;
/** Interrupts: the transfer is complete. */
export const CE_INTR_DONE = 0x1;
/** Interrupts: the transfer was refused or broken off. */
export const CE_INTR_ERROR = 0x2;

/** Source list, 64-bit bus address. */
export const CE_SRC_LIST = 0x10;
/** Entries of the source list. */
export const CE_SRC_COUNT = 0x18;
/** Destination list, 64-bit bus address. */
export const CE_DST_LIST = 0x20;
/** Entries of the destination list. */
export const CE_DST_COUNT = 0x28;

/** Cause of the last error. */
export const CE_ERROR = 0x30;
/** Entry of the last error. */
export const CE_ERROR_INDEX = 0x34;
/** Bus address of the last error, 64 bits. */
export const CE_ERROR_ADDR = 0x38;

/** Capabilities, 64 bits: lowest address. */
export const CE_CAP_ADDR_LO = 0x80;
/** Capabilities, 64 bits: highest address. */
export const CE_CAP_ADDR_HI = 0x88;
/** Capabilities, 64 bits: largest value of the byte counter. */
export const CE_CAP_COUNT_MAX = 0x90;
/** Capabilities, 64 bits: alignment of an entry. */
export const CE_CAP_ALIGN = 0x98;
/** Capabilities, 64 bits: boundary no entry crosses, less one. */
export const CE_CAP_SEG = 0xa0;
/** Capabilities, 64 bits: bytes in one transfer. */
export const CE_CAP_MAXXFER = 0xa8;
/** Capabilities, 32 bits, signed: entries in a list. */
export const CE_CAP_SGLLEN = 0xb0;
/** Capabilities, 32 bits: granularity of a transfer. */
export const CE_CAP_GRANULAR = 0xb4;
/** Capabilities, 32 bits: smallest effective access. */
export const CE_CAP_MINXFER = 0xb8;

/** Bytes of a list entry: address (8), length (4), flags (4). */
export const CE_ENTRY_BYTES = 16;
