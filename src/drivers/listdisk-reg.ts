/**
 * The list disk's registers and commands, as its driver's header file has them.
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
export const LD_CTRL = 0x00;
/** Control: on. */
export const LD_CTRL_ENABLE = 0x1;
/** Status. */
export const LD_STATUS = 0x04;
/** Status: takes commands. */
export const LD_STATUS_READY = 0x1;
/** Submission queue: 64-bit bus address. */
export const LD_SQ_BASE = 0x10;
/** Submission queue: places. */
export const LD_SQ_SIZE = 0x18;
/** Submission queue: doorbell. */
export const LD_SQ_TAIL = 0x1c;
/** Completion queue: 64-bit bus address. */
export const LD_CQ_BASE = 0x20;
/** Completion queue: places. */
export const LD_CQ_SIZE = 0x28;
/** Completion queue: doorbell. */
export const LD_CQ_HEAD = 0x2c;
/** Capabilities: bytes of a block. */
export const LD_CAP_BLOCK_BYTES = 0x40;
/** Capabilities, 64 bits: blocks. */
export const LD_CAP_BLOCKS = 0x48;
/** Capabilities: bytes of a command. */
export const LD_CAP_MAX_BYTES = 0x44;
/** Capabilities: places of a queue. */
export const LD_CAP_QUEUE_MAX = 0x50;
/** Capabilities: address lines. */
export const LD_CAP_ADDR_BITS = 0x54;

/** Bytes of a page. */
export const LD_PAGE = 4096;
/** Data begin at a multiple of so many bytes. */
export const LD_ALIGN = 4;
/** Bytes of a command. */
export const LD_CMD_BYTES = 64;
/** Command: opcode and identifier. */
export const LD_CMD_OPCODE = 0;
/** Command: blocks. */
export const LD_CMD_BLOCKS = 4;
/** Command, 64 bits: first block. */
export const LD_CMD_FIRST = 8;
/** Command, 64 bits: first pointer. */
export const LD_CMD_POINTER1 = 16;
/** Command, 64 bits: second pointer. */
export const LD_CMD_POINTER2 = 24;
/** Opcode: memory to medium. */
export const LD_OP_WRITE = 1;
/** Opcode: medium to memory. */
export const LD_OP_READ = 2;

/** Bytes of a completion. */
export const LD_CPL_BYTES = 16;
/** Completion: bytes moved. */
export const LD_CPL_MOVED = 0;
/** Completion: how far commands have been fetched. */
export const LD_CPL_SQ_HEAD = 8;
/** Completion: identifier, phase and status. */
export const LD_CPL_STATUS = 12;
/** Completion: the phase bit. */
export const LD_PHASE = 0x1_0000;
/** Completion: where the status begins. */
export const LD_STATUS_SHIFT = 17;
/** Bytes of an entry of a list of pages. */
export const LD_ENTRY_BYTES = 8;
