/** Checks of ddi_dma_getwin(9F). */
import { DDI_DMA_RDWR, DDI_DMA_WRITE } from '../../sys/constants.js';
import { clause, type ClauseCheck } from '../clause.js';
import {
  boundPages,
  contexts,
  cookiesOf,
  deviceReads,
  deviceWrites,
  misuse,
  newHandle,
  pattern,
  totalSize,
} from '../stock.js';
import {
  boundFar,
  boundPartly,
  getwin,
  numwin,
  windowCaseNames,
  windowsOf,
} from '../stock-windows.js';
import { bad, good, same, that } from '../that.js';

const page = 'ddi_dma_getwin.9f';
const windows = { cases: windowCaseNames };

/** The checks. */
export const getwinChecks: readonly ClauseCheck[] = [
  clause(`${page}/AR-1`, {}, async (sut) => {
    const handle = newHandle(sut);
    sut.ddi.ddi_dma_free_handle(handle);
    const clauses = [`${page}/AR-1`, 'ddi_dma_free_handle.9f/DS-2'];
    await misuse(sut, 'a window of a freed handle', clauses, () => {
      bad(sut.ddi.ddi_dma_getwin(handle, 0), 'DDI_FAILURE', 'a window of a freed handle');
    });
  }),
  clause(`${page}/AR-2`, {}, (sut) => {
    const { handle } = boundPartly(sut);
    const n = numwin(sut, handle);
    for (const win of [n, n + 1, 0x7fffffff, 0xffffffff]) {
      bad(sut.ddi.ddi_dma_getwin(handle, win), 'DDI_FAILURE', `window ${win} of ${n}`);
    }
    for (const win of [n - 1, 0]) getwin(sut, handle, win);
  }),
  clause(`${page}/DS-1`, windows, (sut, kase) => {
    const { handle, at, length } = boundPartly(sut, kase);
    const last = numwin(sut, handle) - 1;
    const { off, len } = getwin(sut, handle, last);
    deviceWrites(sut, handle, pattern(len, 2));
    good(sut.ddi.ddi_dma_sync(handle, off, len, 1), 'sync for the CPU');
    same(sut.peek(at + off, len), pattern(len, 2), 'the part of the object that was current');
    same(sut.peek(at, off), pattern(length, 1).subarray(0, off), 'the part before it');
  }),
  clause(`${page}/DS-2`, { cases: ['plain', 'bounced'] }, async (sut, kase) => {
    const { handle } = kase === 'plain' ? boundPages(sut) : boundFar(sut);
    const attempt = await sut.attempt(() => sut.ddi.ddi_dma_getwin(handle, 0));
    const reported = attempt.findings.some((f) => f.clause === `${page}/DS-2`);
    that(
      reported || attempt.value?.isErr() === true,
      'after DDI_DMA_MAPPED there is no window to ask for',
    );
    good(sut.ddi.ddi_dma_getwin(boundPartly(sut, 'cut twice').handle, 0), 'after PARTIAL_MAP');
  }),
  clause(`${page}/DS-4`, windows, (sut, kase) => {
    const { handle, length } = boundPartly(sut, kase);
    let bytes = 0;
    for (const [i, { cookies }] of windowsOf(sut, handle).entries()) {
      that(cookies.length > 0, `window ${i} has cookies`);
      bytes += totalSize(cookies);
    }
    same(bytes, length, 'bytes of the cookies of all windows');
  }),
  clause(`${page}/DS-5`, windows, (sut, kase) => {
    const { handle } = boundPartly(sut, kase);
    for (let i = numwin(sut, handle) - 1; i >= 0; i--) {
      const { cookies } = getwin(sut, handle, i);
      same(sut.ddi.ddi_dma_ncookies(handle), cookies.length, `ncookies of window ${i}`);
      const iterated: bigint[] = [];
      let cookie = sut.ddi.ddi_dma_cookie_iter(handle, null);
      for (; cookie !== null; cookie = sut.ddi.ddi_dma_cookie_iter(handle, cookie)) {
        iterated.push(cookie.dmac_laddress);
        that(iterated.length <= cookies.length, 'iteration comes to an end');
      }
      same(
        iterated,
        cookies.map((c) => c.dmac_laddress),
        `cookies of window ${i} by iteration`,
      );
    }
  }),
  clause(`${page}/DS-6`, { cases: ['bounced', 'bounce pages'] }, (sut, kase) => {
    const { handle, at, length } = boundPartly(sut, kase, DDI_DMA_RDWR);
    const first = getwin(sut, handle, 0);
    // The device writes into the old window, the CPU into the new one; nobody synchronises.
    deviceWrites(sut, handle, pattern(first.len, 2));
    sut.poke(at + first.len, pattern(length - first.len, 3));
    const second = getwin(sut, handle, 1);
    same(sut.peek(at, first.len), pattern(first.len, 2), 'what the device wrote, for the CPU');
    const fresh = pattern(length - first.len, 3).subarray(0, second.len);
    same(deviceReads(sut, handle), fresh, 'what the CPU stored, for the device');
  }),
  clause(`${page}/DS-7`, { cases: ['before', 'after'] }, (sut, kase) => {
    const { handle, at } = boundPartly(sut, 'bounced', DDI_DMA_RDWR);
    const { off, len } = getwin(sut, handle, 1);
    if (kase === 'before') {
      deviceWrites(sut, handle, pattern(len, 2));
      const stale = String(sut.peek(at + off, len)) !== String(pattern(len, 2));
      that(stale, 'an access before the window moves may see old data');
      good(sut.ddi.ddi_dma_sync(handle, off, len, 1), 'sync for the CPU');
      same(sut.peek(at + off, len), pattern(len, 2), 'the same access after a sync');
    } else {
      sut.poke(at + off, pattern(len, 3));
      const stale = String(deviceReads(sut, handle)) !== String(pattern(len, 3));
      that(stale, 'a store after the window has moved may not reach the device');
      good(sut.ddi.ddi_dma_sync(handle, off, len, 0), 'sync for the device');
      same(deviceReads(sut, handle), pattern(len, 3), 'the same store after a sync');
    }
  }),
  clause(`${page}/OUT-1`, windows, (sut, kase) => {
    const { handle } = boundPartly(sut, kase);
    let next = 0;
    for (const [i, { off, len }] of windowsOf(sut, handle).entries()) {
      same(off, next, `where window ${i} starts`);
      next = off + len;
    }
  }),
  clause(`${page}/OUT-2`, windows, (sut, kase) => {
    const { handle, length } = boundPartly(sut, kase);
    const seen = windowsOf(sut, handle);
    for (const [i, { len, cookies }] of seen.entries()) {
      same(len, totalSize(cookies), `bytes of window ${i} and of its cookies`);
    }
    const bytes = seen.reduce((sum, { len }) => sum + len, 0);
    same(bytes, length, 'bytes of all windows');
  }),
  clause(`${page}/OUT-3`, windows, (sut, kase) => {
    const { handle } = boundPartly(sut, kase);
    const firsts = windowsOf(sut, handle).map(({ cookie, cookies }) => {
      same(cookie, cookies[0], 'the cookie getwin gave');
      return cookie.dmac_laddress;
    });
    // Bounce pages serve one window after the other; other windows lie apart.
    that(firsts.length > 1, 'there are several windows');
  }),
  clause(`${page}/OUT-4`, windows, (sut, kase) => {
    const { handle } = boundPartly(sut, kase);
    for (const { ccount, cookies } of windowsOf(sut, handle)) {
      same(ccount, cookies.length, 'the count getwin gave');
    }
  }),
  clause(`${page}/RV-1`, windows, (sut, kase) => {
    const { handle } = boundPartly(sut, kase);
    for (const { cookies } of windowsOf(sut, handle)) {
      for (const c of cookies) {
        same(sut.device.read(c.dmac_laddress, c.dmac_size).length, c.dmac_size, 'bytes reached');
      }
    }
  }),
  clause(`${page}/RV-2`, { cases: ['beyond the last', 'unbound'] }, (sut, kase) => {
    if (kase === 'unbound') {
      bad(sut.ddi.ddi_dma_getwin(newHandle(sut), 0), 'DDI_FAILURE', 'a window of nothing');
      return;
    }
    const { handle } = boundPartly(sut);
    const before = getwin(sut, handle, 1).cookies;
    bad(sut.ddi.ddi_dma_getwin(handle, numwin(sut, handle)), 'DDI_FAILURE', 'window N');
    same(cookiesOf(sut, handle), before, 'the cookies of the current window afterwards');
  }),
  clause(`${page}/CX-1`, {}, async (sut) => {
    const { handle, length } = boundPartly(sut);
    for (const [i, where] of contexts.entries()) {
      const result = await sut.within(where, () => sut.ddi.ddi_dma_getwin(handle, i % 2));
      const { off, len } = good(result, `ddi_dma_getwin in ${where} context`);
      const part = pattern(length, 1).subarray(off, off + len);
      same(deviceReads(sut, handle), part, `what the device reads then`);
    }
    same(sut.findings().length, 0, 'findings');
  }),
  clause(`${page}/DS-8`, {}, async (sut) => {
    // The pattern the page describes: strategy starts the first window, the interrupt the others.
    const { handle, at, length } = boundPartly(sut, 'bounced', DDI_DMA_WRITE);
    const n = numwin(sut, handle);
    const seen = new Uint8Array(length);
    seen.set(deviceReads(sut, handle), 0);
    for (let i = 1; i < n; i++) {
      const result = await sut.within('interrupt', () => sut.ddi.ddi_dma_getwin(handle, i));
      seen.set(deviceReads(sut, handle), good(result, `window ${i} from the interrupt`).off);
    }
    same(seen, sut.peek(at, length), 'what the device read in all transfers');
  }),
];
