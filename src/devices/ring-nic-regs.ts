/**
 * The programming model of the ring NIC: what its data sheet would say.
 *
 * All registers of bar0 are 32 bits wide and little-endian; a 64-bit address is two of them, low
 * half first. A narrower access reads a part of a register and writes nothing.
 *
 * 1. There are two *rings* of descriptors in memory, one for sending and one for receiving. A ring
 *    begins at a multiple of `RING_ALIGN` and has a power of two of descriptors, `RING_SIZE_MIN` to
 *    `RING_SIZE_MAX`. Its registers are programmed while it is off; switching it on in `CTRL`
 *    judges them and puts head and tail to 0.
 * 2. The *head* is the descriptor the device works on next, the *tail* the one behind the last that
 *    it may have. The driver moves the tail: that is the doorbell. Head and tail equal means that
 *    the device has none, so a ring holds one descriptor less than its size.
 * 3. A *descriptor* is 16 bytes: 64-bit address, 32-bit length, 32-bit flags. Every descriptor from
 *    head to tail must say `DESC_OWN`. When the device is done it writes the descriptor back whole:
 *    `DESC_OWN` gone, `DESC_DONE` there, and the length in bytes that it moved. The data are
 *    written before.
 * 4. A packet to be sent is one descriptor or a *chain* of at most `MAX_FRAGS`: the first says
 *    `DESC_SOP`, the last `DESC_EOP`, and they add up to 1 to `MAX_FRAME` bytes. The doorbell is
 *    rung for whole packets. All descriptors of a chain are written back.
 * 5. A packet received goes into one buffer and is written back with `DESC_SOP` and `DESC_EOP`. One
 *    that is longer than its buffer is not stored: `DESC_ERROR` and its code say so, and the length
 *    is the one it had.
 * 6. The device fetches and writes back descriptors in *bursts*, of at most `BURST_PACKETS` packets
 *    each.
 * 7. What is wrong with a descriptor *stops* its ring: `DESC_ERROR` and the code are written to the
 *    descriptor, `ERROR` and its companions tell the rest, and nothing moves until the ring has
 *    been switched off and on again. What is wrong with a register value is told the same way, and
 *    the value is not taken; a ring that runs goes on.
 * 8. *Interrupts* have causes, each of which can be enabled. Completions are moderated, each ring
 *    by itself: they assert the interrupt when so many packets are complete or so long after the
 *    first of them, whichever is sooner. The causes show in `INTR_STATUS` at once.
 *    The interrupt is the line, up as long as a cause is asserted, or a message, sent whenever a
 *    cause comes to be asserted.
 * 9. What arrives goes through a store of `FIFO_PACKETS` packets on the chip; what finds it full
 *    is missed and counted.
 */

/** Offsets in bar0. */
export const REG = {
  CTRL: 0x00,
  STATUS: 0x04,
  INTR_STATUS: 0x08,
  INTR_ENABLE: 0x0c,
  /** Moderation of completed sends: packets in bits 0 to 15, microseconds in bits 16 to 31. */
  TX_MODERATION: 0x10,
  /** The same for packets received. */
  RX_MODERATION: 0x14,
  TX_BASE_LO: 0x20,
  TX_BASE_HI: 0x24,
  TX_SIZE: 0x28,
  TX_HEAD: 0x2c,
  TX_TAIL: 0x30,
  RX_BASE_LO: 0x40,
  RX_BASE_HI: 0x44,
  RX_SIZE: 0x48,
  RX_HEAD: 0x4c,
  RX_TAIL: 0x50,
  ERROR: 0x60,
  ERROR_INDEX: 0x64,
  ERROR_ADDR_LO: 0x68,
  ERROR_ADDR_HI: 0x6c,
  /** Counters since the last reset, read-only. */
  TX_PACKETS: 0x80,
  RX_PACKETS: 0x84,
  /** Arrived and not stored: the ring off, the packet too long or of no bytes, the store full. */
  RX_MISSED: 0x88,
  /** Sent while the link was down. */
  TX_LOST: 0x8c,
  /** From here on: what the device can do, read-only. */
  CAP_ADDR_BITS: 0xa0,
  CAP_MAX_FRAME: 0xa4,
  CAP_MAX_FRAGS: 0xa8,
  CAP_RING_MAX: 0xac,
} as const;

/** Bytes of bar0. */
export const BAR0_BYTES = 0x1000;

/** `CTRL`: give up what is under way and clear every register; reads as zero. */
export const CTRL_RESET = 0x1;
/** `CTRL`: the ring for sending is on. */
export const CTRL_TX_ENABLE = 0x2;
/** `CTRL`: the ring for receiving is on. */
export const CTRL_RX_ENABLE = 0x4;
/** `CTRL`: what is sent is received, and the wire is left alone. */
export const CTRL_LOOPBACK = 0x8;

/** `STATUS`: there is a link. */
export const STATUS_LINK_UP = 0x1;
/** `STATUS`: the ring for sending is on and not stopped by an error. */
export const STATUS_TX_RUNNING = 0x2;
/** `STATUS`: the ring for receiving is on and not stopped by an error. */
export const STATUS_RX_RUNNING = 0x4;

/** `INTR_*`: packets have been sent. Write 1 to acknowledge, as all causes. */
export const INTR_TX_DONE = 0x1;
/** `INTR_*`: packets have been received. */
export const INTR_RX_DONE = 0x2;
/** `INTR_*`: a packet was missed because the store was full. */
export const INTR_RX_MISSED = 0x4;
/** `INTR_*`: the link has come or gone. */
export const INTR_LINK = 0x8;
/** `INTR_*`: something was refused on the side of sending. */
export const INTR_TX_ERROR = 0x10;
/** `INTR_*`: something was refused on the side of receiving. */
export const INTR_RX_ERROR = 0x20;
/** `INTR_*`: all of them. */
export const INTR_ALL = 0x3f;

/** Rings begin at a multiple of so many bytes. */
export const RING_ALIGN = 128;
/** Descriptors a ring has at least. */
export const RING_SIZE_MIN = 8;
/** Descriptors a ring has at most. */
export const RING_SIZE_MAX = 4096;
/** Packets in a burst. */
export const BURST_PACKETS = 32;
/** Packets the store on the chip holds: two bursts. */
export const FIFO_PACKETS = 64;

/** Bytes of a descriptor in memory. */
export const DESC_BYTES = 16;
/** Offsets in a descriptor. */
export const DESC = { ADDR_LO: 0, ADDR_HI: 4, LENGTH: 8, FLAGS: 12 } as const;
/** Descriptor: it belongs to the device. */
export const DESC_OWN = 0x8000_0000;
/** Descriptor: the first of a packet. */
export const DESC_SOP = 0x1;
/** Descriptor: the last of a packet. */
export const DESC_EOP = 0x2;
/** Descriptor, written back: the device is done with it. */
export const DESC_DONE = 0x100;
/** Descriptor, written back: something is wrong; the code is in bits 16 to 23. */
export const DESC_ERROR = 0x200;
/** Where the code begins in the flags. */
export const DESC_CODE_SHIFT = 16;

/** What can be wrong: `ERROR`, bits 0 to 7, and the code of a descriptor. */
export const ERROR_CODE = {
  none: 0,
  /** The base of a ring is not a multiple of `RING_ALIGN`. */
  ringAlign: 1,
  /** A ring does not lie below the end of the address lines. */
  ringAddress: 2,
  /** The size of a ring is no power of two, too small or too large. */
  ringSize: 3,
  /** The base or size of a ring was written while it was on. */
  ringOn: 4,
  /** A tail is beyond the end of the ring, or was written while it was off. */
  tail: 5,
  /** A descriptor between head and tail belongs to the driver. */
  notOwned: 6,
  /** A chain does not begin with `DESC_SOP`, has it in the middle or does not end before tail. */
  chain: 7,
  /** A chain has more than `MAX_FRAGS` descriptors. */
  fragments: 8,
  /** A descriptor has no bytes. */
  empty: 9,
  /** A packet is longer than `MAX_FRAME`; a packet received, longer than its buffer. */
  length: 10,
  /** A buffer does not lie below the end of the address lines. */
  address: 11,
  /** Nothing answered at an address. */
  masterAbort: 12,
  /** Bus mastering is switched off in the command register. */
  masteringOff: 13,
} as const;

/** `ERROR`: set when the ring for receiving is at fault, clear when the other is. */
export const ERROR_RX = 0x100;
/** `ERROR`: set when the fault came up in moving descriptors and not data. */
export const ERROR_DESC = 0x200;

/** The vendor the model pretends to be from; nobody has this number. */
export const VENDOR_ID = 0x0dd1;
/** The device number. */
export const DEVICE_ID = 0x417c;
/** Base class 2 (network controller), subclass 0 (Ethernet), revision 1. */
export const CLASS_REVISION = 0x0200_0001;
