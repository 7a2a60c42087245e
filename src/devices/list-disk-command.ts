/**
 * Commands of the list disk: what one says, whether it can be, and which bytes of memory it names.
 *
 * A command is judged whole before a byte moves: opcode, reserved bytes, blocks, length, then the
 * pointers and lists in their order.
 */
import {
  COMMAND,
  COMMAND_BYTES,
  OP_FLUSH,
  OP_READ,
  OP_WRITE,
  PAGE_BYTES,
  type StatusName,
} from './list-disk-regs.js';

/** A stretch of memory inside one page. */
export interface Piece {
  /** Bus frame. */
  readonly frame: number;
  /** First byte in it. */
  readonly off: number;
  /** Bytes, at least 1. */
  readonly len: number;
}

/** A command that can be carried out. */
export interface Command {
  readonly op: 'flush' | 'write' | 'read';
  readonly identifier: number;
  readonly firstBlock: number;
  readonly blocks: number;
  /** Where its data are, in order. */
  readonly pieces: readonly Piece[];
}

/** Why a command cannot be. */
export interface CommandError {
  readonly identifier: number;
  readonly status: Exclude<StatusName, 'success'>;
  /** What is wrong, as a sentence. */
  readonly message: string;
}

/** What a disk can do. */
export interface DiskLimits {
  readonly blockBytes: number;
  readonly blocks: number;
  /** The most bytes of one command. */
  readonly maxBytes: number;
  /** Address lines. */
  readonly addrBits: number;
}

/** Reads a list of page addresses out of memory; `null` when nothing answers. */
export type ListReader = (frame: number, off: number, entries: number) => DataView | null;

/** A bus address as a frame and an offset: it exceeds what one number holds. */
interface Address {
  readonly frame: number;
  readonly off: number;
}

/** Bytes of a list entry. */
const entryBytes = 8;

/**
 * Decodes and judges a command.
 *
 * @param bytes - the 64 bytes of it
 * @param limits - what the disk can do
 * @param listAt - how lists are read
 */
export function decode(
  bytes: DataView,
  limits: DiskLimits,
  listAt: ListReader,
): Command | CommandError {
  const head = bytes.getUint32(COMMAND.OPCODE, true);
  const identifier = head >>> 16;
  const no = (status: CommandError['status'], message: string): CommandError => ({
    identifier,
    status,
    message,
  });
  const op = (
    [
      [OP_FLUSH, 'flush'],
      [OP_WRITE, 'write'],
      [OP_READ, 'read'],
    ] as const
  ).find(([code]) => code === (head & 0xff))?.[1];
  if (op === undefined) return no('opcode', `opcode ${head & 0xff}`);
  if ((head & 0xff00) !== 0) return no('reserved', 'byte 1 is not zero');
  for (let at: number = COMMAND.RESERVED; at < COMMAND_BYTES; at++) {
    if (bytes.getUint8(at) !== 0) return no('reserved', `byte ${at} is not zero`);
  }
  if (op === 'flush') return { op, identifier, firstBlock: 0, blocks: 0, pieces: [] };
  const blocks = bytes.getUint32(COMMAND.BLOCKS, true);
  const firstBlock =
    bytes.getUint32(COMMAND.FIRST_LO, true) + bytes.getUint32(COMMAND.FIRST_HI, true) * 2 ** 32;
  if (blocks === 0 || firstBlock + blocks > limits.blocks) {
    return no('blocks', `blocks ${firstBlock}+${blocks} of ${limits.blocks}`);
  }
  const total = blocks * limits.blockBytes;
  if (total > limits.maxBytes) {
    return no('length', `${total} bytes; a command may have ${limits.maxBytes}`);
  }
  const pieces = new PieceWalk(limits, listAt).walk(bytes, total);
  return 'status' in pieces
    ? no(pieces.status, pieces.message)
    : { op, identifier, firstBlock, blocks, pieces };
}

type Refusal = Omit<CommandError, 'identifier'>;

/** The walk along the pointers of one command. */
class PieceWalk {
  readonly #limits: DiskLimits;
  readonly #listAt: ListReader;
  readonly #pieces: Piece[] = [];

  constructor(limits: DiskLimits, listAt: ListReader) {
    this.#limits = limits;
    this.#listAt = listAt;
  }

  walk(bytes: DataView, total: number): readonly Piece[] | Refusal {
    const first = addressAt(bytes, COMMAND.POINTER1);
    const wrong = this.#refuse('the first pointer', first, 4);
    if (wrong !== null) return wrong;
    const head = Math.min(total, PAGE_BYTES - first.off);
    this.#pieces.push({ ...first, len: head });
    const left = total - head;
    if (left === 0) return this.#pieces;
    const second = addressAt(bytes, COMMAND.POINTER2);
    const refusal =
      left <= PAGE_BYTES
        ? this.#page('the second pointer', second, left)
        : this.#lists(second, left);
    return refusal ?? this.#pieces;
  }

  /** Every page but the first, out of lists. */
  #lists(first: Address, total: number): Refusal | null {
    let list = first;
    let left = total;
    for (;;) {
      const wrong = this.#refuse('a list', list, entryBytes);
      if (wrong !== null) return wrong;
      const pages = Math.ceil(left / PAGE_BYTES);
      const room = (PAGE_BYTES - list.off) / entryBytes;
      const entries = Math.min(pages, room);
      const view = this.#listAt(list.frame, list.off, entries);
      if (view === null) return refusalOf('masterAbort', 'a list', list);
      // Where more pages are to come than the list has room for, its last entry leads on.
      const goesOn = pages > room;
      for (let i = 0; i < (goesOn ? entries - 1 : entries); i++) {
        const n = Math.min(left, PAGE_BYTES);
        const page = this.#page(`entry ${i} of a list`, addressAt(view, i * entryBytes), n);
        if (page !== null) return page;
        left -= n;
      }
      if (!goesOn) return null;
      list = addressAt(view, (entries - 1) * entryBytes);
      // A list of one entry that leads on to another one would never end.
      if (room === 1) return refusalOf('align', 'a list without room for a page', list);
    }
  }

  #page(what: string, address: Address, len: number): Refusal | null {
    const wrong = this.#refuse(what, address, PAGE_BYTES);
    if (wrong === null) this.#pieces.push({ ...address, len });
    return wrong;
  }

  #refuse(what: string, address: Address, align: number): Refusal | null {
    if (address.off % align !== 0) return refusalOf('align', what, address);
    if (address.frame >= 2 ** (this.#limits.addrBits - 12)) {
      return refusalOf('address', what, address);
    }
    return null;
  }
}

function refusalOf(status: Refusal['status'], what: string, { frame, off }: Address): Refusal {
  const at = (BigInt(frame) << 12n) | BigInt(off);
  return { status, message: `${what}: address 0x${at.toString(16)}` };
}

function addressAt(view: DataView, at: number): Address {
  const low = view.getUint32(at, true);
  const high = view.getUint32(at + 4, true);
  return { frame: high * 2 ** 20 + (low >>> 12), off: low & (PAGE_BYTES - 1) };
}
