/**
 * The programming model of the copy engine: what its data sheet would say.
 *
 * All registers of bar0 are 32 bits wide and little-endian; a 64-bit address is two of them, low
 * half first. A narrower access reads a part of a register and writes nothing.
 *
 *   source and destination   the bus address of a list in memory and its number of entries
 *   list entry               16 bytes: 64-bit address, 32-bit length, 32-bit flags (zero)
 *   doorbell                 writing `CTRL_GO` fetches both lists, judges them and moves the data
 *   ports                    each list goes through the narrow port, which has the limits the
 *                            engine was built with, or through the wide one, which has none;
 *                            lists themselves are always fetched through the wide port
 */

/** Offsets in bar0. */
export const REG = {
  CTRL: 0x00,
  STATUS: 0x04,
  INTR_STATUS: 0x08,
  INTR_ENABLE: 0x0c,
  SRC_LIST_LO: 0x10,
  SRC_LIST_HI: 0x14,
  SRC_COUNT: 0x18,
  DST_LIST_LO: 0x20,
  DST_LIST_HI: 0x24,
  DST_COUNT: 0x28,
  ERROR: 0x30,
  ERROR_INDEX: 0x34,
  ERROR_ADDR_LO: 0x38,
  ERROR_ADDR_HI: 0x3c,
  MOVED_LO: 0x40,
  MOVED_HI: 0x44,
  /** From here on: what the narrow port can do, read-only, 64 bits each unless noted. */
  CAP_ADDR_LO: 0x80,
  CAP_ADDR_HI: 0x88,
  CAP_COUNT_MAX: 0x90,
  CAP_ALIGN: 0x98,
  CAP_SEG: 0xa0,
  CAP_MAXXFER: 0xa8,
  /** 32 bits, signed: negative means any number of entries. */
  CAP_SGLLEN: 0xb0,
  /** 32 bits. */
  CAP_GRANULAR: 0xb4,
  /** 32 bits. */
  CAP_MINXFER: 0xb8,
} as const;

/** Bytes of bar0. */
export const BAR0_BYTES = 0x1000;
/** Bytes of one list entry in memory. */
export const LIST_ENTRY_BYTES = 16;
/** Entries a list may have on any port: bounds what one doorbell makes the engine fetch. */
export const LIST_ENTRIES_MAX = 65_536;

/** `CTRL`: start; reads as zero. */
export const CTRL_GO = 0x1;
/** `CTRL`: give up what is under way and clear every register. */
export const CTRL_RESET = 0x2;
/** `CTRL`, with `CTRL_GO`: the source list goes through the wide port. */
export const CTRL_SRC_WIDE = 0x10;
/** `CTRL`, with `CTRL_GO`: the destination list goes through the wide port. */
export const CTRL_DST_WIDE = 0x20;

/** `STATUS`: a transfer is under way. */
export const STATUS_BUSY = 0x1;
/** `STATUS`: the last transfer is complete. */
export const STATUS_DONE = 0x2;
/** `STATUS`: the last transfer was refused or broken off; see `ERROR`. */
export const STATUS_ERROR = 0x4;

/** `INTR_STATUS`, `INTR_ENABLE`: a transfer is complete. Write 1 to acknowledge. */
export const INTR_DONE = 0x1;
/** `INTR_STATUS`, `INTR_ENABLE`: a transfer was refused or broken off. Write 1 to acknowledge. */
export const INTR_ERROR = 0x2;

/** `ERROR`: the cause in bits 0 to 7. */
export const ERROR_CODE = {
  none: 0,
  empty: 1,
  sgllen: 2,
  length: 3,
  addrLo: 4,
  addrHi: 5,
  countMax: 6,
  align: 7,
  seg: 8,
  granular: 9,
  maxxfer: 10,
  /** Source and destination do not add up to the same number of bytes. */
  unequal: 11,
  /** Nothing answered at an address. */
  masterAbort: 12,
  /** Bus mastering is switched off in the command register. */
  masteringOff: 13,
  /** The doorbell was rung while a transfer was under way. */
  busy: 14,
} as const;

/** `ERROR`: set when the destination list is at fault, clear when the source list is. */
export const ERROR_DESTINATION = 0x100;
/** `ERROR`: set when the fault came up while the list itself was being fetched. */
export const ERROR_LIST_FETCH = 0x200;

/** The vendor the model pretends to be from; nobody has this number. */
export const VENDOR_ID = 0x0dd1;
/** The device number. */
export const DEVICE_ID = 0xc0e1;
/** Base class 8 (system peripheral), subclass 1 (DMA controller), revision 1. */
export const CLASS_REVISION = 0x0801_0001;
