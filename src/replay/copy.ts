/**
 * Family copy: what bytes are where, while a script binds, writes, synchronises and unbinds.
 *
 * After every step the whole buffer is summed up as the CPU sees it, and while it is bound the
 * current window as the device sees it, through the bus. Where the device goes to the buffer itself
 * the sums follow each other at once; where it goes to bounce pages, only when something copies.
 */
import {
  discard,
  ddi_dma_addr_bind_handle,
  ddi_dma_free_handle,
  ddi_dma_getwin,
  ddi_dma_nextcookie,
  ddi_dma_numwin,
  ddi_dma_sync,
  ddi_dma_unbind_handle,
  type ddi_dma_cookie_t,
  type ddi_dma_handle_t,
} from '../index.js';
import { pageBytes } from '../machine/store.js';
import type { Crc32 } from './crc32.js';
import { cpuByte, devByte, guardByte, pattern, startByte } from './pattern.js';
import type { CopyInput, CopyStep } from './recording.js';
import type { Replayed } from './replayed.js';
import { codeOf, waitfpOf, type Bound, type Gathered, type Stage } from './stage.js';

const foreign = 'a sync that reached beyond the object has moved memory of others';

/**
 * Plays a case.
 *
 * @param stage - the machine
 * @param input - the case
 */
export async function replayCopy(stage: Stage, input: CopyInput): Promise<Replayed> {
  const got: Gathered = {};
  const steps: Gathered[] = [];
  got['steps'] = steps;
  const exempt = new Map<string, string>();
  await stage.perform(got, async () => {
    const va = stage.place(input.pfns, input.off);
    const handle = await stage.allocHandle(input.attr, 0);
    got['alloc'] = typeof handle === 'number' ? handle : 0;
    if (typeof handle === 'number') return;
    const script = new Script(stage, input, va, handle);
    for (const [i, step] of input.script.entries()) {
      const answer = await script.step(step);
      steps.push(answer);
      if (script.foreign) for (const f of ['cpu', 'dev']) exempt.set(`steps[${i}].${f}`, foreign);
    }
    if (script.nwin > 0) got['nwin'] = script.nwin;
    // A script that ends bound is ended for it, before memory is looked at.
    if (script.bound) discard(ddi_dma_unbind_handle(handle));
    ddi_dma_free_handle(handle);
    script.finish(got);
    if (script.foreign) for (const f of ['guard', 'final']) exempt.set(f, foreign);
  });
  return { got, allowances: { exempt } };
}

/** The current window. */
interface Window {
  readonly off: number;
  readonly len: number;
  readonly cookies: readonly ddi_dma_cookie_t[];
  /** Of all cookies, in bytes. */
  readonly total: number;
}

/** One script on its way. */
class Script {
  /** Windows of the latest bind. */
  nwin = 0;
  /** Whether bytes that are nobody's business have been moved. */
  foreign = false;
  bound = false;
  readonly #stage: Stage;
  readonly #input: CopyInput;
  readonly #va: number;
  readonly #handle: ddi_dma_handle_t;
  readonly #crc: Crc32;
  #window: Window = { off: 0, len: 0, cookies: [], total: 0 };

  constructor(stage: Stage, input: CopyInput, va: number, handle: ddi_dma_handle_t) {
    this.#stage = stage;
    this.#input = input;
    this.#va = va;
    this.#handle = handle;
    this.#crc = stage.crc;
    const { kernel } = stage.machine;
    const { len, seed } = input;
    kernel.copyBytesIn(this.#page, new Uint8Array(this.#room).fill(guardByte));
    kernel.copyBytesIn(va, pattern(len, startByte, seed));
  }

  /** Takes a step and sums up. */
  async step(step: CopyStep): Promise<Gathered> {
    const answer: Gathered = {};
    await this.#take(step, answer);
    const { len } = this.#input;
    answer['cpu'] = this.#sum(this.#stage.machine.probe.peek(this.#va, len));
    if (this.bound) answer['dev'] = this.#sum(this.#device());
    return answer;
  }

  /** What is left in memory in the end. */
  finish(got: Gathered): void {
    const { len, off } = this.#input;
    const all = this.#stage.machine.probe.peek(this.#page, this.#room);
    const bytes = all.subarray(off, off + len);
    const places = [0, 1, len >> 1, len - 2, len - 1];
    got['guard'] = all.every((b, i) => (i >= off && i < off + len) || b === guardByte);
    got['final'] = { crc: this.#sum(bytes), bytes: places.map((i) => bytes[i] ?? null) };
  }

  /** The first page of the buffer. */
  get #page(): number {
    return this.#va - this.#input.off;
  }

  /** Bytes of all its pages. */
  get #room(): number {
    return this.#input.pfns.length * pageBytes;
  }

  async #take(step: CopyStep, answer: Gathered): Promise<void> {
    if (step.op === 'bind') return this.#bind(answer);
    if (step.op === 'cpu') {
      const { pos, n, s } = step;
      this.#stage.machine.kernel.copyBytesIn(this.#va + pos, pattern(n, cpuByte, s));
      return;
    }
    if (!this.bound) {
      answer['skip'] = 1;
      return;
    }
    switch (step.op) {
      case 'unbind':
        answer['rc'] = codeOf(ddi_dma_unbind_handle(this.#handle));
        this.bound = answer['rc'] !== 0;
        return;
      case 'getwin':
        this.#getwin(step.past ? this.nwin : step.k % this.nwin, answer);
        return;
      case 'dev':
        this.#write(step.p, step.n, step.s, answer);
        return;
      case 'sync':
        this.#sync(step.off, step.len, step.type, answer);
        return;
      case 'syncw': {
        const { off, len } = this.#window;
        const into = Math.floor((step.p * len) / 1000);
        const rest = len - into;
        const n = step.len === 0 && into > 0 ? rest : Math.min(step.len, rest);
        this.#sync(off + into, n, step.type, answer);
      }
    }
  }

  async #bind(answer: Gathered): Promise<void> {
    const { len, flags } = this.#input;
    const handle = this.#handle;
    const waitfp = waitfpOf(0);
    const result = await ddi_dma_addr_bind_handle(handle, null, this.#va, len, flags, waitfp);
    answer['rc'] = result.isOk() ? result.value.rval : result.error.code;
    if (result.isErr()) return;
    this.bound = true;
    const buffer = this.#stage.copyBuffer(handle);
    if (buffer !== null) answer['copybuf'] = buffer.bytes;
    answer['cookies'] = this.#enter(0, null, result.value);
    const number = ddi_dma_numwin(handle);
    this.nwin = number.isOk() ? number.value.nwin : 1;
    answer['nwin'] = this.nwin;
  }

  #getwin(w: number, answer: Gathered): void {
    answer['w'] = w;
    const result = ddi_dma_getwin(this.#handle, w);
    answer['rc'] = result.isOk() ? 0 : result.error.code;
    if (result.isErr()) return;
    const { off, len } = result.value;
    answer['off'] = off;
    answer['len'] = len;
    answer['cookies'] = this.#enter(off, len, result.value);
  }

  /** Makes a window the current one; `len` is that of its cookies when no call has told. */
  #enter(off: number, len: number | null, { cookie, ccount }: Bound): string {
    const cookies = [cookie];
    for (let i = 1; i < ccount; i++) cookies.push(ddi_dma_nextcookie(this.#handle));
    const total = cookies.reduce((sum, c) => sum + c.dmac_size, 0);
    this.#window = { off, len: len ?? total, cookies, total };
    const printer = this.#stage.printer(this.#handle);
    return cookies.map((c) => printer.text(c)).join(' ');
  }

  #write(p: number, wanted: number, s: number, answer: Gathered): void {
    const { total } = this.#window;
    const pos = Math.floor((p * total) / 1000);
    const n = Math.min(wanted, total - pos);
    answer['pos'] = pos;
    answer['n'] = n;
    const bytes = pattern(n, devByte, s);
    const { bus } = this.#stage.machine;
    this.#each(pos, n, (frame, off, at, len) => {
      bus.write(this.#stage.master, frame, off, bytes, at, len);
    });
  }

  #sync(off: number, len: number, type: number, answer: Gathered): void {
    const window = this.#window;
    answer['off'] = off;
    answer['len'] = len;
    // What the range comes to: no offset is the start of the window, no length is its length.
    const from = off === 0 ? window.off : off;
    const to = from + (len === 0 ? window.len : len);
    const inside = from >= window.off && to <= window.off + window.len;
    answer['range'] = inside ? 'window' : to <= this.#input.len ? 'object' : 'beyond';
    answer['rc'] = codeOf(ddi_dma_sync(this.#handle, off, len, type));
    const moved = answer['rc'] === 0 && this.#stage.copyBuffer(this.#handle) !== null;
    if (moved && answer['range'] === 'beyond') this.foreign = true;
  }

  /** The current window as the device sees it. */
  #device(): Uint8Array {
    const bytes = new Uint8Array(this.#window.total);
    const { bus } = this.#stage.machine;
    this.#each(0, bytes.length, (frame, off, at, len) => {
      bus.read(this.#stage.master, frame, off, bytes, at, len);
    });
    return bytes;
  }

  /** Bytes `pos` to `pos + n` of the window, cookie by cookie. */
  #each(
    pos: number,
    n: number,
    visit: (frame: number, off: number, at: number, len: number) => void,
  ): void {
    let start = 0;
    for (const { dmac_laddress: address, dmac_size: size } of this.#window.cookies) {
      const from = Math.max(pos, start);
      const to = Math.min(pos + n, start + size);
      if (from < to) {
        const target = address + BigInt(from - start);
        visit(Number(target >> 12n), Number(target & 0xfffn), from - pos, to - from);
      }
      start += size;
    }
  }

  #sum(bytes: Uint8Array): string {
    return this.#crc.of(bytes).toString(16).padStart(8, '0');
  }
}
