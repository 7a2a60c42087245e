/**
 * Copies between the memory of a buf and kernel memory: bp_copyin(9F), bp_copyout(9F).
 *
 * A copy is a list of *spans*, each inside one page, and the bytes move span by span. Which spans
 * those are is told twice: as the page has it, and as the kernel's loop finds them.
 */
import { Panic } from '../sys/errors.js';
import type { Buf } from './buf.js';
import { memoryOf, pageOf, type BufMemory } from './buf-memory.js';
import { pageBytes, pageShift } from './store.js';
import type { Page } from './user.js';

/** Bytes of one page. */
interface Span {
  readonly page: Page;
  readonly off: number;
  readonly len: number;
}

const offsetMask = pageBytes - 1;

/**
 * Moves bytes between the memory of a buf and kernel memory.
 *
 * @param kernelAddr - a mapped kernel address
 * @param offset - where in the buf
 * @param size - bytes, at least 1
 * @param to - which way
 * @returns 0, or -1 when a page of the buf is not there
 */
export function copyBuf(
  bp: Buf,
  kernelAddr: number,
  offset: number,
  size: number,
  to: 'buf' | 'kernel',
): 0 | -1 {
  const { maps, store, pages, rules } = bp.host;
  const memory = memoryOf(bp);
  const bytes = new Uint8Array(size);
  if (memory.va >= 0) {
    if (!pages.mapped(memory.va + offset, size)) return -1;
    maps.gather(to === 'buf' ? kernelAddr : memory.va + offset, bytes);
    maps.scatter(to === 'buf' ? memory.va + offset : kernelAddr, bytes);
    return 0;
  }
  const short = rules.has('bp-copy-short-first-page');
  const spans = short ? kernelSpans(bp, memory, offset, size) : spansOf(memory, offset, size);
  if (spans === null) return -1;
  if (to === 'buf') maps.gather(kernelAddr, bytes);
  let done = 0;
  for (const { page, off, len } of spans) {
    const at = page.at(off);
    if (to === 'buf') store.bytes.set(bytes.subarray(done, done + len), at);
    else bytes.set(store.bytes.subarray(at, at + len), done);
    done += len;
  }
  if (to === 'kernel') maps.scatter(kernelAddr, bytes);
  return 0;
}

/** The spans of `size` bytes from `offset` on; `null` when a page is missing. */
function spansOf(memory: BufMemory, offset: number, size: number): Span[] | null {
  const spans: Span[] = [];
  let at = memory.off + offset;
  for (let left = size; left > 0;) {
    const page = pageOf(memory, at >>> pageShift);
    if (page === undefined) return null;
    const off = at & offsetMask;
    const len = Math.min(left, pageBytes - off);
    spans.push({ page, off, len });
    at += len;
    left -= len;
  }
  return spans;
}

/**
 * The spans as the kernel finds them: the length of the first page is cut to `size` before the
 * offset is applied, so that an offset with a small size leaves the first page too early.
 */
function kernelSpans(bp: Buf, memory: BufMemory, offset: number, size: number): Span[] | null {
  const spans: Span[] = [];
  let next = 0;
  let skip = offset;
  let left = size;
  let off = memory.off;
  let len = Math.min(pageBytes - off, left);
  while (left > 0) {
    const page = pageOf(memory, next++);
    if (skip >= len) {
      skip -= len;
      len = Math.min(pageBytes, left);
      off = 0;
      if (page === undefined && next > memory.count) return pastTheEnd(bp, offset, size);
      continue;
    }
    if (page === undefined) {
      return bp.b_shadow === null && bp.b_pages === null ? null : pastTheEnd(bp, offset, size);
    }
    spans.push({ page, off: off + skip, len: len - skip });
    left -= len - skip;
    skip = 0;
    off = 0;
    len = Math.min(pageBytes, left);
  }
  return spans;
}

function pastTheEnd(bp: Buf, offset: number, size: number): never {
  const values = { buf: bp.id, offset, size, b_bcount: bp.b_bcount };
  const message = 'bp_copyin: bad trap: the page list of the buf has ended';
  return bp.host.sched.panic(new Panic(message, values));
}
