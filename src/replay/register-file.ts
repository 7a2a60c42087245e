/**
 * The register file: a device that answers as a recorded one did.
 *
 * 1. Before a call the player tells what accesses the call makes, in order, and what each read is
 *    answered: as the bus sees them, register by register.
 * 2. The file answers as told while the accesses are those it was told of, and all ones from the
 *    first on that is another. What it was written it keeps.
 * 3. After the call the player asks for what was written, and whether everything came, nothing
 *    else came, and all in order.
 * 4. It has the register sets a driver maps, each as large as its accesses make it; it takes no
 *    action of its own. What the recorded device wrote to memory, others write (trace-memory.ts).
 */
import type { Device, RegisterSpace, RegisterWidth } from '../machine/device.js';

/** One access of one register. */
export interface RegisterAccess {
  readonly op: 'read' | 'write';
  /** The register set. */
  readonly rnumber: number;
  readonly off: number;
  readonly width: RegisterWidth;
  /** What a read is answered; of a write, what was written. */
  readonly value: number;
}

/** What came of the accesses that were expected. */
export interface Seen {
  /** The values written, in order. */
  readonly written: readonly number[];
  /** The first access that is not as expected, in words; `null`: there is none. */
  readonly strange: string | null;
}

/** The device. */
export class RegisterFile implements Device {
  readonly name: string;
  readonly registers: readonly RegisterSpace[];
  #expected: readonly RegisterAccess[] = [];
  #next = 0;
  #strange: string | null = null;
  #written: number[] = [];

  /**
   * @param name - of the node
   * @param sizes - bytes of each register set; set 0 is configuration space
   */
  constructor(name: string, sizes: readonly number[]) {
    this.name = name;
    this.registers = sizes.map((sizeBytes, rnumber) => ({
      name: rnumber === 0 ? 'config' : `bar${rnumber - 1}`,
      kind: rnumber === 0 ? 'config' : 'memory',
      sizeBytes,
      read: (off, width) => this.#read(rnumber, off, width),
      write: (off, width, value) => {
        this.#take('write', rnumber, off, width);
        this.#written.push(value);
      },
    }));
  }

  /** Tells what accesses come next. */
  expect(accesses: readonly RegisterAccess[]): void {
    this.#expected = accesses;
    this.#next = 0;
    this.#strange = null;
    this.#written = [];
  }

  /** What came, since it was told what to expect; expects nothing from here on. */
  seen(): Seen {
    const missing = this.#expected[this.#next];
    if (this.#strange === null && missing !== undefined) this.#strange = `no ${text(missing)}`;
    const seen = { written: this.#written, strange: this.#strange };
    this.expect([]);
    return seen;
  }

  reset(): void {
    this.expect([]);
  }

  #read(rnumber: number, off: number, width: RegisterWidth): number {
    const answer = this.#take('read', rnumber, off, width);
    return answer ?? 2 ** (8 * width) - 1;
  }

  /** The access that was expected, if this is it. */
  #take(
    op: 'read' | 'write',
    rnumber: number,
    off: number,
    width: RegisterWidth,
  ): number | undefined {
    const wanted = this.#expected[this.#next];
    this.#next++;
    const same =
      wanted?.op === op &&
      wanted.rnumber === rnumber &&
      wanted.off === off &&
      wanted.width === width;
    if (same && this.#strange === null) return wanted.value;
    this.#strange ??= text({ op, rnumber, off, width });
    return undefined;
  }
}

function text({ op, rnumber, off, width }: Omit<RegisterAccess, 'value'>): string {
  return `${op} of ${8 * width} bits at 0x${off.toString(16)} of set ${rnumber}`;
}
