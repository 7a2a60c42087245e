/**
 * Family bind: a handle, one bind, every cookie, every window, sync, and everything given back.
 *
 * A panic ends a machine and not a recording: the calls that may panic where the recording goes on
 * (the cookie after the last, the only one of several) are made on a second machine that has come
 * to the same point.
 */
import {
  ddi_dma_addr_bind_handle,
  ddi_dma_burstsizes,
  ddi_dma_cookie_get,
  ddi_dma_cookie_iter,
  ddi_dma_cookie_one,
  ddi_dma_getwin,
  ddi_dma_ncookies,
  ddi_dma_nextcookie,
  ddi_dma_numwin,
  ddi_dma_sync,
  ddi_dma_unbind_handle,
  DDI_DMA_PARTIAL_MAP,
  type ddi_dma_handle_t,
} from '../index.js';
import type { Json } from './fields.js';
import type { BindInput } from './recording.js';
import type { Replayed } from './replayed.js';
import { codeOf, waitfpOf, type Bound, type Gathered, type Stage } from './stage.js';

/** Windows that are walked and listed. */
const WINDOWS_LISTED = 48;
const noRanges = 'this rule book names no ranges of memory';
/** Calls of ddi_dma_nextcookie(9F) after the last cookie. */
const CALLS_BEYOND = 3;

/**
 * Plays a case.
 *
 * @param stage - the machine
 * @param input - the case
 */
export async function replayBind(stage: Stage, input: BindInput): Promise<Replayed> {
  const got: Gathered = {};
  const api: Gathered = {};
  const exempt = new Map<string, string>();
  await stage.perform(got, () => life(stage, input, got, api, exempt));
  if (api['ncookies'] !== undefined) {
    if (input.extra === 'next') api['nextBeyond'] = await lastCalls(stage, input);
    if (input.extra === 'one') api['one'] = await lastCalls(stage, input);
    got['api'] = api;
  }
  return { got, allowances: { exempt } };
}

async function life(
  stage: Stage,
  input: BindInput,
  got: Gathered,
  api: Gathered,
  exempt: Map<string, string>,
): Promise<void> {
  const va = stage.place(input.pfns, input.off);
  const handle = await stage.allocHandle(input.attr, input.waitfp);
  got['alloc'] = typeof handle === 'number' ? handle : 0;
  if (typeof handle === 'number') return;
  got['burst'] = ddi_dma_burstsizes(handle);
  const first = await bind(handle, va, input);
  got['bind'] = first.rval;
  noteCopyBuffer(stage, handle, got, exempt);
  if (first.bound !== null) {
    look(stage, handle, first.bound, got, api);
    windows(stage, handle, first.rval === DDI_DMA_PARTIAL_MAP, input, got);
    if (input.extra === 'rebind') {
      const { rval } = await bind(handle, va, input);
      got['rebind'] = rval;
      // A kernel that has bound twice has lost track; recordings end here.
      if (rval >= 0) return;
    }
    got['sync'] = [0, 1, 2].map((type) => codeOf(ddi_dma_sync(handle, 0, 0, type)));
    got['unbind'] = codeOf(ddi_dma_unbind_handle(handle));
  }
  stage.freeHandle(handle, got);
  stage.leaks(got, Math.max(1, input.pfns.length));
}

/** The bounce pages the bind has, or lost again on its way to failing. */
function noteCopyBuffer(
  stage: Stage,
  handle: ddi_dma_handle_t,
  got: Gathered,
  exempt: Map<string, string>,
): void {
  const buffer = stage.copyBuffer(handle);
  for (const { bytes, range } of [...(buffer === null ? [] : [buffer]), ...stage.lost()]) {
    got['copybuf'] = { size: bytes, range };
    if (range === null) exempt.set('copybuf.range', noRanges);
  }
}

async function bind(
  handle: ddi_dma_handle_t,
  va: number,
  { len, flags, waitfp }: BindInput,
): Promise<{ readonly rval: number; readonly bound: Bound | null }> {
  const result = await ddi_dma_addr_bind_handle(handle, null, va, len, flags, waitfpOf(waitfp));
  if (result.isErr()) return { rval: result.error.code, bound: null };
  const { rval, cookie, ccount } = result.value;
  return { rval, bound: { cookie, ccount } };
}

/** Every way to look at the cookies of the first window. */
function look(
  stage: Stage,
  handle: ddi_dma_handle_t,
  bound: Bound,
  got: Gathered,
  api: Gathered,
): void {
  const printer = stage.printer(handle);
  const cookies = stage.walk(handle, bound);
  got['ncookies'] = bound.ccount;
  got['cookies'] = cookies;
  const n = ddi_dma_ncookies(handle);
  api['ncookies'] = n;
  const iterated: string[] = [];
  let last = null;
  for (
    let cookie = ddi_dma_cookie_iter(handle, null);
    cookie !== null;
    cookie = ddi_dma_cookie_iter(handle, cookie)
  ) {
    iterated.push(printer.text(cookie));
    last = cookie;
  }
  api['iterSame'] = iterated.join(' ') === cookies;
  const end = ddi_dma_cookie_get(handle, n);
  api['getEnd'] = end === null ? null : printer.text(end);
  const got1 = ddi_dma_cookie_get(handle, n - 1);
  api['getLastSame'] = got1 !== null && printer.text(got1) === cookies.split(' ').at(-1);
  const beyond = last === null ? null : ddi_dma_cookie_iter(handle, last);
  api['iterLast'] = beyond === null ? null : printer.text(beyond);
}

function windows(
  stage: Stage,
  handle: ddi_dma_handle_t,
  partial: boolean,
  { revisit }: BindInput,
  got: Gathered,
): void {
  const number = ddi_dma_numwin(handle);
  got['numwin'] = number.isOk() ? [0, number.value.nwin] : [number.error.code];
  const window = (win: number): readonly Json[] => {
    const result = ddi_dma_getwin(handle, win);
    if (result.isErr()) return [result.error.code];
    const { off, len, cookie, ccount } = result.value;
    return [0, off, len, ccount, stage.walk(handle, { cookie, ccount })];
  };
  if (!partial) {
    got['getwin0'] = window(0);
    got['getwinEnd'] = window(1)[0] ?? null;
    return;
  }
  const count = number.isOk() ? number.value.nwin : 1;
  // Of very many windows the rest is not even made current: what sync finds depends on it.
  const walked = Math.min(count, WINDOWS_LISTED);
  const all = Array.from({ length: walked }, (_, win) => window(win));
  got['windows'] = all;
  if (count > walked) got['windowsTruncated'] = true;
  got['getwinEnd'] = window(count)[0] ?? null;
  if (revisit === null || count > walked) return;
  const win = revisit % count;
  const again = window(win);
  const same = JSON.stringify(again) === JSON.stringify(all[win]);
  got['revisit'] = same ? { win, same } : { win, same, got: again };
}

/** Comes to the end of the cookies once more, and makes the calls that may panic. */
async function lastCalls(stage: Stage, input: BindInput): Promise<string> {
  const got: Gathered = {};
  const answers: string[] = [];
  await stage.perform(got, async () => {
    const va = stage.place(input.pfns, input.off);
    const handle = await stage.allocHandle(input.attr, input.waitfp);
    if (typeof handle === 'number') return;
    const { bound } = await bind(handle, va, input);
    if (bound === null) return;
    stage.walk(handle, bound);
    const printer = stage.printer(handle);
    if (input.extra === 'one') answers.push(printer.text(ddi_dma_cookie_one(handle)));
    else {
      for (let i = 0; i < CALLS_BEYOND; i++) answers.push(printer.text(ddi_dma_nextcookie(handle)));
    }
  });
  const end = got['panic'] ?? got['failure'];
  return typeof end === 'string' ? end : answers.join(' ');
}
