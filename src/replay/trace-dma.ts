/** Calls of a trace that handle DMA: handles, bindings, cookies, memory, buffers. */
import {
  ddi_check_dma_handle,
  ddi_dma_addr_bind_handle,
  ddi_dma_alloc_handle,
  ddi_dma_cookie_get,
  ddi_dma_free_handle,
  ddi_dma_mem_alloc,
  ddi_dma_mem_free,
  ddi_dma_ncookies,
  ddi_dma_nextcookie,
  ddi_dma_sync,
  ddi_dma_unbind_handle,
  DDI_DMA_CALLBACK_DONE,
  DDI_DMA_DONTWAIT,
  DDI_DMA_SLEEP,
  type ddi_dma_attr_t,
  type ddi_dma_cookie_t,
  type ddi_dma_handle_t,
  type ddi_waitfp_t,
} from '../index.js';
import { pageBytes } from '../machine/store.js';
import type { JsonObject } from './fields.js';
import { codeOf, type Stage } from './stage.js';
import { illegal, tooLong, tooMany } from './trace-attr.js';
import { covers, type Pages, places, within } from './trace-cookies.js';
import type { Call, TraceInput, Wait } from './trace-input.js';
import type { Supply } from './trace-memory.js';
import { type Answer, type Handle, Passed, type TraceObjects } from './trace-objects.js';

const elsewhere = 'cookies of memory that lies otherwise: judged by the attributes';
const tooFar = 'syncs beyond the object, which the pages refuse and a kernel does not';
const unfit = 'calls the pages refuse for the attributes, and a kernel does not';
/** Alignments beyond this are not of addresses. */
const ALIGN_MAX = 2 ** 30;

/** A call on a DMA handle. */
export type HandleCall = Call<
  'free_handle' | 'addr_bind' | 'unbind' | 'sync' | 'nextcookie' | 'check_dma_handle'
>;

/** What is bound: the address, how much of it, and where it lies. */
interface Bindable {
  readonly va: number;
  readonly len: number;
  readonly pages: Pages;
  readonly recorded: Pages;
}

/** Makes the calls. */
export class DmaCalls {
  readonly #stage: Stage;
  readonly #input: TraceInput;
  readonly #made: TraceObjects;
  /** Frames kept for buffers to come. */
  readonly #kept = new Set<number>();

  constructor(stage: Stage, input: TraceInput, made: TraceObjects) {
    this.#stage = stage;
    this.#input = input;
    this.#made = made;
  }

  // ---- Handles ----------------------------------------------------------------------------------

  async allocHandle(call: Call<'alloc_handle'>, expected: JsonObject): Promise<Answer> {
    const attr = this.#input.attrs[call.attr];
    if (attr === undefined) return this.#made.lack();
    const { dip } = this.#stage;
    const result = await ddi_dma_alloc_handle(dip, attr, waitfpOf(call.wait), null);
    if (call.h !== null) {
      if (result.isErr()) this.#made.refuse('dmaHandles');
      else this.#made.handles.set(call.h, { handle: result.value.handle, attr, bound: null });
    }
    return this.#judged({ rc: codeOf(result) }, expected, illegal(attr));
  }

  /** An answer; in `contract` a refusal of attributes at fault is as good as what a kernel gave. */
  #judged(answer: JsonObject, expected: JsonObject, fault: boolean): Answer {
    const refused = Number(answer['rc']) < 0 && Number(expected['rc']) >= 0;
    return refused && fault && this.#stage.kernel === 'contract' ? new Passed(unfit) : answer;
  }

  async withHandle(call: HandleCall, expected: JsonObject): Promise<Answer> {
    const made = this.#made.handles.get(call.h);
    if (made === undefined) {
      return call.c === 'free_handle' ? this.#made.lackAtFree('dmaHandles') : this.#made.lack();
    }
    switch (call.c) {
      case 'free_handle':
        this.#made.handles.delete(call.h);
        ddi_dma_free_handle(made.handle);
        return {};
      case 'addr_bind':
        return this.#bind(made, call, expected);
      case 'unbind':
        made.bound = null;
        return { rc: codeOf(ddi_dma_unbind_handle(made.handle)) };
      case 'sync':
        return this.#sync(made, call);
      case 'nextcookie':
        return this.#nextCookie(made, expected);
      case 'check_dma_handle':
        return { rc: ddi_check_dma_handle(made.handle) };
    }
  }

  async #bind(made: Handle, call: Call<'addr_bind'>, expected: JsonObject): Promise<Answer> {
    const object = this.#object(call);
    if (object === null) return this.#made.lack();
    const { va, len, pages, recorded } = object;
    const { handle, attr } = made;
    const wait = waitfpOf(call.wait);
    const result = await ddi_dma_addr_bind_handle(handle, null, va, len, call.flags, wait, null);
    if (result.isErr()) {
      const fault = tooMany(attr, len) || tooLong(attr, len);
      return this.#judged({ rc: result.error.code }, expected, fault);
    }
    const { rval: rc, ccount: n } = result.value;
    const { off } = call.obj;
    const cookies = cookiesOf(handle);
    const printer = this.#stage.printer(handle);
    const told = places(cookies.map((c) => printer.text(c)).join(' '), pages);
    const was = textOf(expected, 'cookies');
    const wanted = places(was, recorded);
    const exact = this.#stage.kernel !== 'contract' && call.obj.kind === 'b';
    made.bound = { off, len, pages, recorded, same: told === wanted };
    if (told === wanted) return { rc, n, cookies: was };
    // Not the same: then both must be the whole object, and the model's fit for the device.
    const whole = rc !== 0 || (covers(told, off, len) && covers(wanted, off, call.len));
    if (exact || !within(cookies, attr) || !whole) return { rc, n, cookies: told };
    this.#made.pass(elsewhere);
    return { rc, n: expected['n'] ?? n, cookies: was };
  }

  #object({ obj, len }: Call<'addr_bind'>): Bindable | null {
    if (obj.kind === 'b') {
      const buffer = this.#made.buffers.get(obj.number);
      if (buffer === undefined) return null;
      const pages = { pfns: buffer.pfns, pageOff: 0 };
      return { va: buffer.va + obj.off, len, pages, recorded: pages };
    }
    const memory = this.#made.memory.get(obj.number);
    const lay = memory?.asked.lay ?? null;
    if (memory === undefined || lay === null) return null;
    const { kaddr, real, asked } = memory;
    // Who bound the real length, and not the length asked for, binds the model's.
    const all = obj.off === 0 && len === lay.real && len !== asked.len;
    const pages = { pfns: this.#framesOf(kaddr, real), pageOff: kaddr % pageBytes };
    return { va: kaddr + obj.off, len: all ? real : len, pages, recorded: lay };
  }

  #sync({ handle, bound }: Handle, { off, len, type }: Call<'sync'>): Answer {
    const rc = codeOf(ddi_dma_sync(handle, off, len, type));
    const beyond = bound === null || off < 0 || off + len > bound.len;
    return beyond && rc < 0 && this.#stage.kernel === 'contract' ? new Passed(tooFar) : { rc };
  }

  #nextCookie({ handle, bound }: Handle, expected: JsonObject): Answer {
    // There may be fewer of them, and none is nothing to ask for.
    if (bound?.same === false) return new Passed(elsewhere);
    const text = this.#stage.printer(handle).text(ddi_dma_nextcookie(handle));
    if (bound === null) return { cookie: text };
    const was = textOf(expected, 'cookie');
    const told = places(text, bound.pages);
    return { cookie: told === places(was, bound.recorded) ? was : told };
  }

  // ---- Memory -----------------------------------------------------------------------------------

  async memAlloc(call: Call<'mem_alloc'>, expected: JsonObject): Promise<Answer> {
    const made = this.#made.handles.get(call.h);
    const accattr = this.#input.accs[call.acc];
    const { len, flags, m } = call;
    if (made === undefined || accattr === undefined) {
      if (m !== null) this.#made.refuse('memAllocs');
      return this.#made.lack();
    }
    const wait = waitfpOf(call.wait);
    const result = await ddi_dma_mem_alloc(made.handle, len, accattr, flags, wait, null);
    if (result.isErr()) {
      if (m !== null) this.#made.refuse('memAllocs');
      return this.#judged({ rc: result.error.code }, expected, tooMany(made.attr, len));
    }
    const { kaddr, real_length: real, handle: acc } = result.value;
    const little = accattr.devacc_attr_endian_flags !== 2;
    if (m !== null) this.#made.memory.set(m, { kaddr, real, acc, little, asked: call });
    const wanted = expected['real'];
    // The pages promise as much as was asked for; a kernel gives what it was recorded to give.
    const enough = this.#stage.kernel === 'contract' && real >= len && wanted !== undefined;
    const misplaced = this.#misplaced(kaddr, real, made.attr);
    return { rc: 0, real: enough ? wanted : real, ...(misplaced !== null && { misplaced }) };
  }

  memFree({ m }: Call<'mem_free'>): Answer {
    const memory = this.#made.memory.get(m);
    if (memory === undefined) return this.#made.lackAtFree('memAllocs');
    this.#made.memory.delete(m);
    ddi_dma_mem_free(memory.acc);
    return {};
  }

  /** What is wrong with where memory lies, or `null`. */
  #misplaced(kaddr: number, real: number, attr: ddi_dma_attr_t): string | null {
    const align = Math.min(Number(attr.dma_attr_align), ALIGN_MAX);
    if (align > 1 && kaddr % align !== 0) return 'not aligned as asked';
    const off = kaddr % pageBytes;
    const frames = this.#framesOf(kaddr, real);
    const end = (off + real - 1) % pageBytes;
    const outside = frames.some((pfn, i) => {
      const page = BigInt(pfn) * BigInt(pageBytes);
      const first = page + BigInt(i === 0 ? off : 0);
      const last = page + BigInt(i === frames.length - 1 ? end : pageBytes - 1);
      return first < attr.dma_attr_addr_lo || last > attr.dma_attr_addr_hi;
    });
    return outside ? 'out of the reach of the device' : null;
  }

  #framesOf(va: number, len: number): readonly number[] {
    const { probe } = this.#stage.machine;
    const first = Math.floor(va / pageBytes);
    const last = Math.floor((va + Math.max(len, 1) - 1) / pageBytes);
    return Array.from({ length: last - first + 1 }, (_, i) => probe.pfnOf((first + i) * pageBytes));
  }

  // ---- Buffers, and what others write -----------------------------------------------------------

  /** Keeps the frames of buffers to come, so that no memory is put there. */
  keepFrames(): void {
    const { frames } = this.#stage.machine;
    for (const call of this.#input.calls) {
      if (call.c !== 'buffer') continue;
      for (const pfn of call.pfns) {
        if (!this.#kept.has(pfn) && frames.claim(pfn)) this.#kept.add(pfn);
      }
    }
  }

  /** A buffer on the frames it was recorded on; whoever had one of them is there no longer. */
  buffer({ b, pfns }: Call<'buffer'>): Answer {
    const { machine } = this.#stage;
    const own = new Set(pfns);
    for (const [number, other] of this.#made.buffers) {
      if (!other.pfns.some((pfn) => own.has(pfn))) continue;
      machine.unplace(other.va);
      this.#made.buffers.delete(number);
    }
    for (const pfn of pfns) if (this.#kept.delete(pfn)) machine.frames.release(pfn);
    this.#made.buffers.set(b, { va: this.#stage.place(pfns, 0), pfns });
    return {};
  }

  /** Writes what the recorded device wrote, where it is told to; or the driver by itself. */
  supply({ m, off, bytes, h }: Supply): void {
    const memory = this.#made.memory.get(m);
    if (memory === undefined) return;
    const { machine, master } = this.#stage;
    const made = h === null ? undefined : this.#made.handles.get(h);
    if (made === undefined || made.bound === null) {
      machine.store.bytes.set(bytes, memory.kaddr + off);
      return;
    }
    let start = made.bound.off;
    for (const { dmac_laddress: address, dmac_size: size } of cookiesOf(made.handle)) {
      const from = Math.max(off, start);
      const to = Math.min(off + bytes.length, start + size);
      if (from < to) {
        const target = address + BigInt(from - start);
        const frame = Number(target >> 12n);
        machine.bus.write(master, frame, Number(target & 0xfffn), bytes, from - off, to - from);
      }
      start += size;
    }
  }
}

/** The cookies of a binding, without handing any of them out. */
function cookiesOf(handle: ddi_dma_handle_t): readonly ddi_dma_cookie_t[] {
  return Array.from({ length: ddi_dma_ncookies(handle) }, (_, i) =>
    ddi_dma_cookie_get(handle, i),
  ).filter((cookie) => cookie !== null);
}

function textOf(expected: JsonObject, name: string): string {
  const text = expected[name];
  return typeof text === 'string' ? text : '';
}

function waitfpOf(wait: Wait): ddi_waitfp_t {
  if (wait === 'SLEEP') return DDI_DMA_SLEEP;
  return wait === 'DONTWAIT' ? DDI_DMA_DONTWAIT : () => DDI_DMA_CALLBACK_DONE;
}
