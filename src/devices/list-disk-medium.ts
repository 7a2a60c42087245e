/** The medium of a disk: blocks of bytes, zero until they are written, and blocks that are bad. */

/** Bytes kept together; what was never written is not kept. */
const chunkBytes = 65_536;

/** Blocks of bytes. */
export class Medium {
  readonly blockBytes: number;
  readonly blocks: number;
  /** Blocks that can be neither read nor written. */
  readonly bad = new Set<number>();
  readonly #chunks = new Map<number, Uint8Array>();

  constructor(blockBytes: number, blocks: number) {
    this.blockBytes = blockBytes;
    this.blocks = blocks;
  }

  /** The first bad block of a range, or -1. */
  firstBad(first: number, count: number): number {
    let lowest = -1;
    for (const block of this.bad) {
      if (block < first || block >= first + count) continue;
      if (lowest < 0 || block < lowest) lowest = block;
    }
    return lowest;
  }

  /** Copies bytes from `at` on; the range lies on the medium. */
  read(at: number, into: Uint8Array): void {
    this.#parts(at, into.length, (chunk, from, done, n) => {
      const bytes = this.#chunks.get(chunk);
      if (bytes === undefined) into.fill(0, done, done + n);
      else into.set(bytes.subarray(from, from + n), done);
    });
  }

  /** Stores bytes from `at` on. */
  write(at: number, from: Uint8Array): void {
    this.#parts(at, from.length, (chunk, to, done, n) => {
      let bytes = this.#chunks.get(chunk);
      if (bytes === undefined) {
        bytes = new Uint8Array(chunkBytes);
        this.#chunks.set(chunk, bytes);
      }
      bytes.set(from.subarray(done, done + n), to);
    });
  }

  /** As it left the factory. */
  erase(): void {
    this.#chunks.clear();
    this.bad.clear();
  }

  #parts(
    at: number,
    len: number,
    visit: (chunk: number, off: number, done: number, n: number) => void,
  ): void {
    for (let done = 0; done < len;) {
      const off = (at + done) % chunkBytes;
      const n = Math.min(len - done, chunkBytes - off);
      visit(Math.floor((at + done) / chunkBytes), off, done, n);
      done += n;
    }
  }
}
