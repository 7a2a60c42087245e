/**
 * The ring NIC's registers, as its driver's header file has them.
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
export const RN_CTRL = 0x00;
/** Control: reset. */
export const RN_CTRL_RESET = 0x1;
/** Control: the ring for sending is on. */
export const RN_CTRL_TX = 0x2;
/** Control: the ring for receiving is on. */
export const RN_CTRL_RX = 0x4;
/** Control: what is sent is received. */
export const RN_CTRL_LOOPBACK = 0x8;

/** Status. */
export const RN_STATUS = 0x04;
/** Status: there is a link. */
export const RN_STATUS_LINK = 0x1;

/** Interrupt status; write 1 to acknowledge. */
export const RN_INTR_STATUS = 0x08;
/** Interrupt enable. */
export const RN_INTR_ENABLE = 0x0c;
/** Interrupts: packets have been sent. */
export const RN_INTR_TX = 0x1;
/** Interrupts: packets have been received. */
export const RN_INTR_RX = 0x2;
/** Interrupts: a packet was missed. */
export const RN_INTR_MISSED = 0x4;
/** Interrupts: the link has come or gone. */
export const RN_INTR_LINK = 0x8;
/** Interrupts: something was refused on the side of sending. */
export const RN_INTR_TX_ERROR = 0x10;
/** Interrupts: something was refused on the side of receiving. */
export const RN_INTR_RX_ERROR = 0x20;

/** Moderation of sends: packets in bits 0 to 15, microseconds in bits 16 to 31. */
export const RN_TX_MODERATION = 0x10;
/** Moderation of receipts. */
export const RN_RX_MODERATION = 0x14;

/** Ring for sending: 64-bit bus address, and from there the offsets of its other registers. */
export const RN_TX_RING = 0x20;
/** Ring for receiving. */
export const RN_RX_RING = 0x40;
/** Of a ring: descriptors. */
export const RN_RING_SIZE = 0x08;
/** Of a ring: the descriptor the device works on next. */
export const RN_RING_HEAD = 0x0c;
/** Of a ring: the descriptor behind the last that the device may have. */
export const RN_RING_TAIL = 0x10;

/** Capabilities: address lines. */
export const RN_CAP_ADDR_BITS = 0xa0;
/** Capabilities: bytes of the longest packet. */
export const RN_CAP_MAX_FRAME = 0xa4;
/** Capabilities: descriptors of the longest chain. */
export const RN_CAP_MAX_FRAGS = 0xa8;
/** Capabilities: descriptors of the largest ring. */
export const RN_CAP_RING_MAX = 0xac;

/** Rings begin at a multiple of so many bytes. */
export const RN_RING_ALIGN = 128;
/** Bytes of a descriptor: address (8), length (4), flags (4). */
export const RN_DESC_BYTES = 16;
/** Offset in a descriptor: address, high half. */
export const RN_DESC_HI = 4;
/** Offset in a descriptor: length. */
export const RN_DESC_LENGTH = 8;
/** Offset in a descriptor: flags. */
export const RN_DESC_FLAGS = 12;
/** Descriptor: it belongs to the device. */
export const RN_DESC_OWN = 0x8000_0000;
/** Descriptor: the first of a packet. */
export const RN_DESC_SOP = 0x1;
/** Descriptor: the last of a packet. */
export const RN_DESC_EOP = 0x2;
/** Descriptor, written back: something is wrong. */
export const RN_DESC_ERROR = 0x200;
