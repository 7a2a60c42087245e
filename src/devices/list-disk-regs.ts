/**
 * The programming model of the list disk: what its data sheet would say.
 *
 * All registers of bar0 are 32 bits wide and little-endian; a 64-bit address is two of them, low
 * half first. A narrower access reads a part of a register and writes nothing.
 *
 * 1. There is one pair of *queues* in memory: the driver puts *commands* into one, the device puts
 *    *completions* into the other. Both begin at a page and have 2 to `QUEUE_MAX` places, any
 *    number; they are programmed while the device is off, and switching it on judges them.
 * 2. The driver writes commands behind the submission tail and moves the tail: that is the
 *    doorbell. The device fetches commands in their order, works on up to `WAYS` at a time, and
 *    completes them in any order. Each completion says how far the device has fetched
 *    (`SQ_HEAD`), so that the driver knows which places are free again.
 * 3. A *completion* is new when its phase bit differs from the round before: the bit is 1 in the
 *    first round of the queue and changes with every round. The driver moves the completion head
 *    behind what it has taken; a device that finds the queue full waits with its completion.
 * 4. A *command* is 64 bytes: opcode and command identifier, number of blocks, first block, and two
 *    pointers. Bytes that are not listed must be zero. An identifier may not be used again before
 *    the command that has it is complete.
 * 5. Data are named by *pages* of `PAGE_BYTES`. The first pointer is the address of the first byte,
 *    a multiple of 4, and reaches to the end of its page. The second is the address of the second
 *    page where two are enough, else of a *list* of page addresses, a multiple of 8; a list ends
 *    with its page, and where more pages are to come its last entry is the address of the next
 *    list. A pointer that is not needed is not looked at.
 * 6. The line is asserted while a completion has not been taken and the register `intrMask` is
 *    clear; a message is sent for each completion.
 * 7. What is wrong with a command is told in its completion. What is wrong with the queues
 *    themselves is *fatal*: `STATUS_FATAL` and the register `error` say so, and nothing moves until
 *    the device was switched off.
 */

/** Offsets in bar0. */
export const REG = {
  ctrl: 0x00,
  status: 0x04,
  /** Why the device stopped. */
  error: 0x08,
  /** 1: the line stays down. */
  intrMask: 0x0c,
  sqBaseLo: 0x10,
  sqBaseHi: 0x14,
  sqSize: 0x18,
  /** Doorbell: one behind the last command, 0 to size - 1. */
  sqTail: 0x1c,
  cqBaseLo: 0x20,
  cqBaseHi: 0x24,
  cqSize: 0x28,
  /** Doorbell: one behind the last completion taken. */
  cqHead: 0x2c,
  /** From here on: what the device can do, read-only. */
  capBlockBytes: 0x40,
  /** The most bytes of one command. */
  capMaxBytes: 0x44,
  capBlocksLo: 0x48,
  capBlocksHi: 0x4c,
  capQueueMax: 0x50,
  capAddrBits: 0x54,
} as const;

/** Bytes of bar0. */
export const BAR0_BYTES = 0x1000;

/** `CTRL`: the device is on; cleared, it forgets every command. */
export const CTRL_ENABLE = 0x1;
/** `STATUS`: it takes commands. */
export const STATUS_READY = 0x1;
/** `STATUS`: it has stopped; `ERROR` says why. */
export const STATUS_FATAL = 0x2;

/** `ERROR`. */
export const FATAL_CODE = {
  none: 0,
  /** A queue does not begin at a page. */
  queueAlign: 1,
  /** A queue does not lie below the end of the address lines. */
  queueAddress: 2,
  /** A queue has fewer than 2 places or more than `QUEUE_MAX`. */
  queueSize: 3,
  /** A doorbell named a place that is not there or a completion that is not, or rang while off. */
  doorbell: 4,
  /** Nothing answered where a queue should be. */
  masterAbort: 5,
  /** Bus mastering is switched off in the command register. */
  masteringOff: 6,
} as const;

/** Bytes of a page: of queues, pointers and lists. */
export const PAGE_BYTES = 4096;
/** Places of a queue, at most. */
export const QUEUE_MAX = 256;
/** Commands the device works on at a time. */
export const WAYS = 4;

/** Bytes of a command. */
export const COMMAND_BYTES = 64;
/** Offsets in a command; 64-bit fields low half first. */
export const COMMAND = {
  /** Opcode in bits 0 to 7, identifier in bits 16 to 31. */
  OPCODE: 0,
  BLOCKS: 4,
  FIRST_LO: 8,
  FIRST_HI: 12,
  POINTER1: 16,
  POINTER2: 24,
  /** From here on: zero. */
  RESERVED: 32,
} as const;
/** Opcode: everything written before is on the medium. */
export const OP_FLUSH = 0;
/** Opcode: memory to medium. */
export const OP_WRITE = 1;
/** Opcode: medium to memory. */
export const OP_READ = 2;

/** Bytes of a completion. */
export const COMPLETION_BYTES = 16;
/** Offsets in a completion. */
export const COMPLETION = {
  /** Bytes moved. */
  BYTES: 0,
  /** How far commands have been fetched. */
  SQ_HEAD: 8,
  /** Identifier of the command in bits 0 to 15, phase in bit 16, status in bits 17 to 31. */
  STATUS: 12,
} as const;
/** Completion: the phase bit. */
export const PHASE = 0x1_0000;
/** Completion: where the status begins. */
export const STATUS_SHIFT = 17;

/** What became of a command. */
export const STATUS_CODE = {
  success: 0,
  /** No such opcode. */
  opcode: 1,
  /** A byte that must be zero is not. */
  reserved: 2,
  /** A command with this identifier is under way. */
  identifier: 3,
  /** No blocks, or blocks behind the end of the medium. */
  blocks: 4,
  /** More bytes than one command may move. */
  length: 5,
  /** A pointer is not aligned as it must be. */
  align: 6,
  /** A page or a list does not lie below the end of the address lines. */
  address: 7,
  /** Nothing answered at an address. */
  masterAbort: 8,
  /** The medium cannot be read or written there. */
  medium: 9,
} as const;
/** The name of a status. */
export type StatusName = keyof typeof STATUS_CODE;

/** The vendor the model pretends to be from; nobody has this number. */
export const VENDOR_ID = 0x0dd1;
/** The device number. */
export const DEVICE_ID = 0xd15c;
/** Base class 1 (mass storage), subclass 0x80 (other), revision 1. */
export const CLASS_REVISION = 0x0180_0001;
