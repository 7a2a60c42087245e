/** Checks of what several pages say together of windows and synchronising. */
import {
  DDI_DMA_PARTIAL,
  DDI_DMA_PARTIAL_MAP,
  DDI_DMA_RDWR,
  DDI_DMA_SYNC_FORCPU,
  DDI_DMA_SYNC_FORDEV,
} from '../../sys/constants.js';
import { clause, type ClauseCheck } from '../clause.js';
import {
  boundPages,
  cookiesOf,
  deviceReads,
  deviceWrites,
  newHandle,
  pattern,
  tryBind,
} from '../stock.js';
import {
  boundFar,
  boundPartly,
  getwin,
  numwin,
  windowCase,
  windowCaseNames,
  windowsOf,
} from '../stock-windows.js';
import { bad, same, good, that } from '../that.js';

const windows = { cases: windowCaseNames };

/** The checks. */
export const windowInterplayChecks: readonly ClauseCheck[] = [
  clause('interplay/IP-8', { cases: ['plain', 'bounced', 'not asked for'] }, async (sut, kase) => {
    if (kase === 'not asked for') {
      const { frames, length, attr } = windowCase('sgllen');
      const at = sut.place(frames, 0, length);
      bad(tryBind(sut, newHandle(sut, attr), at, length), 'DDI_DMA_TOOBIG', 'without PARTIAL');
      const handle = newHandle(sut, attr);
      const result = tryBind(sut, handle, at, length, DDI_DMA_RDWR | DDI_DMA_PARTIAL);
      same(good(result, 'with PARTIAL').rval, DDI_DMA_PARTIAL_MAP, 'the value with PARTIAL');
      same(windowsOf(sut, handle).length, 2, 'windows');
      return;
    }
    const { handle } = kase === 'plain' ? boundPages(sut) : boundFar(sut);
    bad(sut.ddi.ddi_dma_numwin(handle), 'DDI_FAILURE', 'numwin after MAPPED');
    const { value } = await sut.attempt(() => sut.ddi.ddi_dma_getwin(handle, 0));
    that(value?.isErr() === true, 'getwin after MAPPED does not succeed');
  }),
  clause('interplay/IP-9', windows, (sut, kase) => {
    const { handle, length } = boundPartly(sut, kase);
    const times = new Uint8Array(length);
    let last = -1;
    for (const { off, len } of windowsOf(sut, handle)) {
      that(off > last, 'offsets increase');
      last = off;
      for (let i = off; i < off + len; i++) times[i] = (times[i] ?? 0) + 1;
    }
    same(times, new Uint8Array(length).fill(1), 'how many windows each byte is in');
  }),
  clause('interplay/IP-10', windows, (sut, kase) => {
    const { handle } = boundPartly(sut, kase);
    const seen = windowsOf(sut, handle);
    for (const [i, { cookies, ccount }] of seen.entries()) {
      const again = getwin(sut, handle, i);
      same(sut.ddi.ddi_dma_ncookies(handle), ccount, `ncookies in window ${i}`);
      same(again.cookies, cookies, `its cookies the second time`);
      same(sut.ddi.ddi_dma_cookie_iter(handle, null), cookies[0], 'the first by iteration');
      same(sut.ddi.ddi_dma_cookie_get(handle, ccount), null, 'the one after its last');
    }
    if (kase === 'one cookie each') return;
    const single = boundPartly(sut, 'one cookie each').handle;
    const ones = [0, 1].map((i) => {
      getwin(sut, single, i);
      return sut.ddi.ddi_dma_cookie_one(single).dmac_laddress;
    });
    that(ones[0] !== ones[1], 'ddi_dma_cookie_one is the cookie of the current window');
  }),
  clause('interplay/IP-11', {}, (sut) => {
    const { handle, at } = boundPartly(sut, 'bounced');
    const { off, len } = getwin(sut, handle, 1);
    const part = pattern(windowCase('bounced').length, 1).subarray(off, off + len);
    same(deviceReads(sut, handle), part, 'what the device sees when the window has moved');
    sut.poke(at + off, pattern(len, 2));
    same(deviceReads(sut, handle), part, 'what it sees of stores after that');
    good(sut.ddi.ddi_dma_sync(handle, off, len, DDI_DMA_SYNC_FORDEV), 'sync for the device');
    same(deviceReads(sut, handle), pattern(len, 2), 'what it sees after a sync');
  }),
  clause('interplay/IP-12', { cases: ['bind', 'stores', 'writes', 'unbind'] }, (sut, kase) => {
    const { handle, at, length } = boundFar(sut);
    // Each of the four places where the two sides can differ, on one binding.
    if (kase === 'bind') same(deviceReads(sut, handle), pattern(length, 1), 'stores before it');
    if (kase === 'stores') {
      sut.poke(at, pattern(length, 2));
      same(deviceReads(sut, handle), pattern(length, 1), 'stores without a sync');
      good(sut.ddi.ddi_dma_sync(handle, 0, length, DDI_DMA_SYNC_FORDEV), 'sync');
      same(deviceReads(sut, handle), pattern(length, 2), 'stores with a sync');
    }
    deviceWrites(sut, handle, pattern(length, 3));
    if (kase === 'writes') {
      same(sut.peek(at, length), pattern(length, 1), 'writes without a sync');
      good(sut.ddi.ddi_dma_sync(handle, 0, length, DDI_DMA_SYNC_FORCPU), 'sync');
      same(sut.peek(at, length), pattern(length, 3), 'writes with a sync');
    }
    good(sut.ddi.ddi_dma_unbind_handle(handle), 'unbind');
    if (kase === 'unbind') same(sut.peek(at, length), pattern(length, 3), 'writes before it');
  }),
  clause('interplay/IP-13', { cases: ['its offset', 'offset 0'] }, (sut, kase) => {
    const { handle, at } = boundPartly(sut, 'bounced');
    const { off, len } = getwin(sut, handle, numwin(sut, handle) - 1);
    const before = deviceReads(sut, handle);
    sut.poke(at + off, pattern(len, 2));
    if (kase === 'its offset') {
      good(sut.ddi.ddi_dma_sync(handle, off + 8, 16, DDI_DMA_SYNC_FORDEV), 'sync in the window');
      const wanted = before.slice();
      wanted.set(pattern(len, 2).subarray(8, 24), 8);
      same(deviceReads(sut, handle), wanted, 'what the device sees: 16 bytes of the object');
    } else {
      // The start of the object is not in this window, and nothing of it moves.
      const result = sut.ddi.ddi_dma_sync(handle, 0, 16, DDI_DMA_SYNC_FORDEV);
      if (result.isErr()) bad(result, 'DDI_FAILURE', 'sync of another window');
      same(deviceReads(sut, handle), before, 'what the device sees of the current window');
    }
    same(cookiesOf(sut, handle).length > 0, true, 'cookies are there');
  }),
];
