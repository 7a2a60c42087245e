/** What the pages of both bind calls say of DDI_DMA_PARTIAL and windows. */
import {
  DDI_DMA_MAPPED,
  DDI_DMA_PARTIAL,
  DDI_DMA_PARTIAL_MAP,
  DDI_DMA_RDWR,
  DDI_DMA_STREAMING,
} from '../../sys/constants.js';
import type { BindCall } from '../bind-call.js';
import { clause, type ClauseCheck } from '../clause.js';
import { breaches } from '../limits.js';
import {
  bind,
  bothWays,
  cookiesOf,
  deviceReads,
  deviceWrites,
  framesApart,
  newHandle,
  newMemory,
  pattern,
  totalSize,
  wideAttr,
} from '../stock.js';
import {
  boundPartly,
  getwin,
  numwin,
  windowCase,
  windowCaseNames,
  windowsOf,
} from '../stock-windows.js';
import { good, same, that } from '../that.js';

const windows = { cases: windowCaseNames };

/**
 * The checks of either page.
 *
 * @param how - the call
 */
export function bindWindowChecks(how: BindCall): readonly ClauseCheck[] {
  const of = (group: string): string => `${how.page}/${group}`;
  return [
    clause(of('FL-8'), windows, (sut, kase) => {
      const { handle, length } = boundPartly(sut, kase, bothWays, how);
      const first = totalSize(cookiesOf(sut, handle));
      that(first > 0 && first < length, `${first} of ${length} bytes have resources`);
      that(numwin(sut, handle) > 1, 'there is more than one window');
    }),
    clause(of('FL-9'), windows, (sut, kase) => {
      boundPartly(sut, kase, bothWays, how);
      // The same flag where all of the object has resources: another value.
      const at = sut.place([0x3000], 0, sut.pageSize);
      const flags = DDI_DMA_RDWR | DDI_DMA_PARTIAL;
      const handle = newHandle(sut, windowCase(kase).attr);
      const { rval } = bind(sut, handle, at, sut.pageSize, flags, how);
      same(rval, DDI_DMA_MAPPED, 'the value when one window is all');
    }),
    clause(of('FL-10'), windows, (sut, kase) => {
      const { handle, length } = boundPartly(sut, kase, bothWays, how);
      for (let i = numwin(sut, handle) - 1; i >= 0; i--) {
        const { off, len } = getwin(sut, handle, i);
        const part = pattern(length, 1).subarray(off, off + len);
        same(deviceReads(sut, handle), part, `what the device reads in window ${i}`);
      }
    }),
    clause(of('FL-11'), windows, (sut, kase) => {
      const { handle, length, cookie, ccount } = boundPartly(sut, kase, bothWays, how);
      const cookies = cookiesOf(sut, handle);
      same(cookies.length, ccount, 'cookies of the bind');
      same(cookies[0], cookie, 'the first of them');
      const first = totalSize(cookies);
      same(deviceReads(sut, handle), pattern(length, 1).subarray(0, first), 'what they reach');
      const again = getwin(sut, handle, 0);
      same(again.off, 0, 'where window 0 starts');
      same(again.cookies, cookies, 'the cookies of window 0, asked for');
    }),
    clause(of('RV-2'), windows, (sut, kase) => {
      const { handle, rval, length } = boundPartly(sut, kase, bothWays, how);
      same(rval, DDI_DMA_PARTIAL_MAP, 'the value of a bind of a part');
      that(totalSize(cookiesOf(sut, handle)) < length, 'the cookies do not cover the object');
      that(numwin(sut, handle) > 1, 'there is more than one window');
    }),
    clause(
      of('NT-2'),
      { frames: 'scattered', cases: ['one set', ...windowCaseNames] },
      (sut, kase) => {
        if (kase !== 'one set') {
          const { handle } = boundPartly(sut, kase, bothWays, how);
          const attr = { ...wideAttr, ...windowCase(kase).attr };
          for (const [i, { cookies }] of windowsOf(sut, handle).entries()) {
            same(breaches(attr, cookies), [], `breaches of the attributes by window ${i}`);
          }
          return;
        }
        const attr = {
          ...wideAttr,
          dma_attr_count_max: 0xbffn,
          dma_attr_seg: 0x1fffn,
          dma_attr_granular: 512,
          dma_attr_sgllen: 16,
        };
        const handle = newHandle(sut, attr);
        const m = newMemory(sut, handle, 4 * sut.pageSize, DDI_DMA_STREAMING);
        bind(sut, handle, m.kaddr, m.real_length, DDI_DMA_RDWR | DDI_DMA_STREAMING, how);
        const cookies = cookiesOf(sut, handle);
        that(cookies.length > 1, 'a counter of 3 KiB needs several cookies for 16 KiB');
        same(breaches(attr, cookies), [], 'breaches of the attributes by the set');
      },
    ),
    clause(of('NT-3'), windows, (sut, kase) => {
      const { handle, at, length } = boundPartly(sut, kase, bothWays, how);
      const { dma_attr_sgllen = 256 } = windowCase(kase).attr;
      // A driver's loop: a transfer for each set of cookies, then the next window.
      const bytes = pattern(length, 2);
      let done = 0;
      for (let win = 0; win < numwin(sut, handle); win++) {
        const { cookies } = getwin(sut, handle, win);
        for (let i = 0; i < cookies.length; i += dma_attr_sgllen) {
          for (const c of cookies.slice(i, i + dma_attr_sgllen)) {
            sut.device.write(c.dmac_laddress, bytes.subarray(done, done + c.dmac_size));
            done += c.dmac_size;
          }
        }
      }
      good(sut.ddi.ddi_dma_unbind_handle(handle), 'unbind');
      same(done, length, 'bytes of all transfers');
      same(sut.peek(at, length), bytes, 'what arrived');
    }),
    clause(of('FL-12'), {}, (sut) => {
      const length = framesApart.length * sut.pageSize;
      const at = sut.place(framesApart, 0, length);
      const handle = newHandle(sut);
      const flags = DDI_DMA_RDWR | DDI_DMA_PARTIAL;
      same(bind(sut, handle, at, length, flags, how).rval, DDI_DMA_MAPPED, 'a bind that fits');
      deviceWrites(sut, handle, pattern(length, 3));
      good(sut.ddi.ddi_dma_unbind_handle(handle), 'unbind');
      same(sut.peek(at, length), pattern(length, 3), 'all of the object');
    }),
  ];
}
