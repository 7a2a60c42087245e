/**
 * Write-combining buffers: what the CPU has stored and memory does not have yet.
 *
 * 1. A *pending* byte was stored through a write-combining mapping and has not reached memory. The
 *    store holds what the CPU stored, for the CPU sees its own stores; the *buffer* of its line
 *    holds what memory still has, which is what a device sees.
 * 2. A buffer covers one line. It is *drained* when its bytes reach memory, all at once: by being
 *    full, by being the one that is chosen when another line needs a buffer, at any store if the
 *    machine so chooses, and with all others by a read of such memory, by an access that is not
 *    cached, and by ddi_dma_sync(9F).
 * 3. Which buffer goes first is the machine's choice, so lines reach memory out of order:
 *    ddi_dma_mem_alloc(9F) FL-10, FL-11.
 * 4. A device's own store is in memory at once. Where it meets a pending byte the CPU's is the
 *    later one: it lands on top when the buffer drains.
 *
 * Not done here: a drain that is torn, or in parts; what a device sees is always a whole line.
 */
import { pageShift, type Store } from './store.js';
import type { PageTable } from './pages.js';
import type { DeviceView } from './view.js';

/** Bytes of a line. */
const lineBytes = 64;
const lineShift = 6;

/** Buffers there are: processors have four to twelve. */
const bufferCount = 8;

/** One in so many stores drains a buffer early, if there is any. */
const earlyOdds = 8;

/** One line. */
interface Buffer {
  /** Address of its first byte in the store. */
  readonly base: number;
  /** What memory has, at the pending bytes. */
  readonly memory: Uint8Array;
  /** 1 for a pending byte. */
  readonly mask: Uint8Array;
  count: number;
}

/** The buffers between one CPU and memory, and memory as a device sees it behind them. */
export class WriteBuffers implements DeviceView {
  /** Whether there are any; without them every store is in memory at once. */
  readonly combining: boolean;
  readonly #inner: DeviceView;
  readonly #store: Store;
  readonly #pages: PageTable;
  readonly #choose: (kind: string, n: number) => number;
  /** By line, oldest first. */
  readonly #buffers = new Map<number, Buffer>();

  constructor(
    inner: DeviceView,
    parts: { readonly store: Store; readonly pages: PageTable },
    choose: (kind: string, n: number) => number,
    combining: boolean,
  ) {
    this.combining = combining;
    this.#inner = inner;
    this.#store = parts.store;
    this.#pages = parts.pages;
    this.#choose = choose;
  }

  /** Whether any byte has yet to reach memory. */
  get pending(): boolean {
    return this.#buffers.size > 0;
  }

  /**
   * Whatever the CPU is about to do to memory, before it does it.
   *
   * @param op - what
   * @param at - address in the store; the access stays inside one page
   * @param len - bytes, at least 1
   */
  access(op: 'load' | 'store', at: number, len: number): void {
    if (!this.combining) return;
    const mode = this.#pages.cacheOf(at >>> pageShift);
    if (mode === 'cached') return;
    if (mode === 'uncached' || op === 'load') this.drain();
    else this.#combine(at, len);
  }

  /** Everything reaches memory. */
  drain(): void {
    this.#buffers.clear();
  }

  read(pfn: number, off: number, into: Uint8Array, at: number, len: number): boolean {
    if (!this.#inner.read(pfn, off, into, at, len)) return false;
    if (this.pending) {
      this.#each(pfn, off, len, (buffer, i, done) => {
        into[at + done] = buffer.memory[i] ?? 0;
      });
    }
    return true;
  }

  write(pfn: number, off: number, from: Uint8Array, at: number, len: number): boolean {
    if (!this.pending) return this.#inner.write(pfn, off, from, at, len);
    // The CPU's bytes stay in the store; the device's lie below them until they are drained.
    const kept: (readonly [at: number, byte: number])[] = [];
    const page = this.#pages.homeOf(pfn);
    if (page < 0) return false;
    this.#each(pfn, off, len, (buffer, i, done) => {
      buffer.memory[i] = from[at + done] ?? 0;
      kept.push([buffer.base + i, this.#store.bytes[buffer.base + i] ?? 0]);
    });
    const written = this.#inner.write(pfn, off, from, at, len);
    for (const [address, byte] of kept) this.#store.bytes[address] = byte;
    return written;
  }

  #combine(from: number, len: number): void {
    if (this.pending && this.#choose('early drain', earlyOdds) === 0) this.#drainOne();
    const end = from + len;
    for (let at = from; at < end;) {
      const line = at >>> lineShift;
      const next = Math.min(end, (line + 1) << lineShift);
      const buffer = this.#bufferOf(line);
      for (; at < next; at++) {
        const i = at & (lineBytes - 1);
        if (buffer.mask[i] === 1) continue;
        buffer.mask[i] = 1;
        buffer.memory[i] = this.#store.bytes[at] ?? 0;
        buffer.count++;
      }
      if (buffer.count === lineBytes) this.#buffers.delete(line);
    }
  }

  #bufferOf(line: number): Buffer {
    let buffer = this.#buffers.get(line);
    if (buffer === undefined) {
      if (this.#buffers.size >= bufferCount) this.#drainOne();
      buffer = {
        base: line << lineShift,
        memory: new Uint8Array(lineBytes),
        mask: new Uint8Array(lineBytes),
        count: 0,
      };
      this.#buffers.set(line, buffer);
    }
    return buffer;
  }

  #drainOne(): void {
    const lines = [...this.#buffers.keys()];
    const line = lines[this.#choose('drained buffer', lines.length)];
    if (line !== undefined) this.#buffers.delete(line);
  }

  /** Every pending byte of a part of a frame, and how far into the part it lies. */
  #each(
    pfn: number,
    off: number,
    len: number,
    visit: (buffer: Buffer, i: number, done: number) => void,
  ): void {
    const first = (this.#pages.homeOf(pfn) << pageShift) + off;
    for (const buffer of this.#buffers.values()) {
      const from = Math.max(first, buffer.base);
      const end = Math.min(first + len, buffer.base + lineBytes);
      for (let at = from; at < end; at++) {
        const i = at - buffer.base;
        if (buffer.mask[i] === 1) visit(buffer, i, at - first);
      }
    }
  }
}
