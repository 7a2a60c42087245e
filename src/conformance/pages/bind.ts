/**
 * What ddi_dma_addr_bind_handle(9F) and ddi_dma_buf_bind_handle(9F) both say of objects, cookies
 * and return values. Windows: bind-windows.ts; waiting: waiting-calls.ts.
 */
import {
  DDI_DMA_CONSISTENT,
  DDI_DMA_MAPPED,
  DDI_DMA_PARTIAL_MAP,
  DDI_DMA_RDWR,
  DDI_DMA_READ,
  DDI_DMA_SLEEP,
  DDI_DMA_STREAMING,
  DDI_DMA_WRITE,
} from '../../sys/constants.js';
import type { ddi_dma_attr_t } from '../../sys/types.js';
import type { BindCall } from '../bind-call.js';
import { clause, type ClauseCheck } from '../clause.js';
import { breaches } from '../limits.js';
import {
  bind,
  boundPages,
  contexts,
  cookiesOf,
  deviceReads,
  deviceWrites,
  frameRun,
  framesApart,
  misuse,
  newHandle,
  pattern,
  totalSize,
  tryBind,
  wideAttr,
} from '../stock.js';
import { boundFar, lowHi, windowCase } from '../stock-windows.js';
import type { Sut } from '../sut.js';
import { bad, good, same, that } from '../that.js';

/** Attribute sets that shape cookies, each by another field. */
const shapes: Readonly<Record<string, Partial<ddi_dma_attr_t>>> = {
  'no limit': {},
  'count_max of 2 KiB': { dma_attr_count_max: 0x7ffn },
  'seg of 2 KiB': { dma_attr_seg: 0x7ffn },
  'addr_hi of 4 GiB': { dma_attr_addr_hi: 0xffff_ffffn },
  'addr_hi of 16 MiB': { dma_attr_addr_hi: lowHi },
  'addr_lo of 256 MiB': { dma_attr_addr_lo: 0x1000_0000n },
  'sgllen of 4': { dma_attr_sgllen: 4 },
  'sgllen without limit': { dma_attr_sgllen: -1 },
  'granular of 512': { dma_attr_granular: 512 },
};

/** Requests that can never be satisfied, and a part of each that can. */
const tooBig: Readonly<Record<string, Partial<ddi_dma_attr_t>>> = {
  sgllen: { dma_attr_sgllen: 2 },
  maxxfer: { dma_attr_maxxfer: 0x2000n },
};

/** Binds in one direction, syncing nothing; the binding itself must do. */
function carried(sut: Sut, how: BindCall, kase: string, flags: number) {
  const before = pattern(sut.pageSize, 1);
  const at = sut.place(frameRun, 0, sut.pageSize);
  sut.poke(at, before);
  const handle = newHandle(sut, kase === 'bounced' ? { dma_attr_addr_hi: lowHi } : {});
  bind(sut, handle, at, sut.pageSize, flags, how);
  const toDevice = String(deviceReads(sut, handle)) === String(before);
  const after = pattern(sut.pageSize, 2);
  deviceWrites(sut, handle, after);
  good(sut.ddi.ddi_dma_unbind_handle(handle), 'unbind');
  return { toDevice, toMemory: String(sut.peek(at, sut.pageSize)) === String(after) };
}

const reach = { cases: ['reached', 'bounced'] };

/**
 * The checks of either page.
 *
 * @param how - the call
 * @param other - the page of the other one: what the two share may be cited from either
 */
export function bindChecks(how: BindCall, other: BindCall): readonly ClauseCheck[] {
  const { page } = how;
  const of = (group: string): string => `${page}/${group}`;
  const either = (group: string, ...more: readonly string[]): readonly string[] => [
    of(group),
    `${other.page}/${group}`,
    ...more,
  ];
  return [
    clause(of('AR-1'), {}, async (sut) => {
      const handle = newHandle(sut);
      const object = how.object(sut, sut.place(frameRun, 0, 64), 64, DDI_DMA_RDWR);
      sut.ddi.ddi_dma_free_handle(handle);
      const clauses = [of('AR-1'), 'ddi_dma_free_handle.9f/DS-2'];
      await misuse(sut, 'a bind with a freed handle', clauses, () =>
        object.now(handle, DDI_DMA_RDWR),
      );
    }),
    clause(of('FL-1'), reach, (sut, kase) => {
      const { toDevice } = carried(sut, how, kase, DDI_DMA_WRITE);
      that(toDevice, 'DDI_DMA_WRITE carries memory to the device');
    }),
    clause(of('FL-2'), reach, (sut, kase) => {
      const { toMemory } = carried(sut, how, kase, DDI_DMA_READ);
      that(toMemory, 'DDI_DMA_READ carries from the device to memory');
    }),
    clause(of('FL-3'), reach, (sut, kase) => {
      same(DDI_DMA_RDWR, DDI_DMA_READ | DDI_DMA_WRITE, 'DDI_DMA_RDWR');
      const both = carried(sut, how, kase, DDI_DMA_RDWR);
      same(both, { toDevice: true, toMemory: true }, 'what DDI_DMA_RDWR carries');
    }),
    clause(of('DS-1'), {}, (sut) => {
      const { handle, at, length } = boundPages(sut, DDI_DMA_RDWR, 100, how);
      sut.poke(at, pattern(length, 3));
      good(sut.ddi.ddi_dma_sync(handle, 0, 0, 0), 'sync for the device');
      same(deviceReads(sut, handle), pattern(length, 3), 'the object as the device reads it');
    }),
    clause(of('DS-2'), { cases: Object.keys(shapes) }, (sut, kase) => {
      const attr = { ...wideAttr, ...shapes[kase] };
      const handle = newHandle(sut, attr);
      const length = 3 * sut.pageSize;
      bind(sut, handle, sut.place(framesApart, 512, length), length, DDI_DMA_RDWR, how);
      const cookies = cookiesOf(sut, handle);
      same(breaches(attr, cookies), [], 'breaches of the attributes');
      same(totalSize(cookies), length, 'bytes of all cookies');
      that(attr.dma_attr_sgllen < 0 || cookies.length <= attr.dma_attr_sgllen, 'the list fits');
    }),
    clause(of('DS-3'), {}, (sut) => {
      const handle = newHandle(sut);
      const length = 4 * sut.pageSize;
      same(sut.ddi.ddi_dma_ncookies(handle), 0, 'cookies before the bind');
      bind(sut, handle, sut.place(framesApart, 0, length), length, DDI_DMA_RDWR, how);
      same(sut.ddi.ddi_dma_ncookies(handle), 4, 'cookies of four pages that lie apart');
    }),
    clause(of('DS-4'), {}, (sut) => {
      const { handle, ccount } = boundPages(sut, DDI_DMA_RDWR, 0, how);
      that(ccount >= 4, 'four pages that lie apart are at least four cookies');
      same(sut.ddi.ddi_dma_ncookies(handle), ccount, 'ddi_dma_ncookies');
    }),
    clause(of('DS-5'), {}, (sut) => {
      const { handle, ccount } = boundPages(sut, DDI_DMA_RDWR, 0, how);
      const byIndex = cookiesOf(sut, handle);
      let cookie = sut.ddi.ddi_dma_cookie_iter(handle, null);
      for (let i = 0; i < ccount; i++) {
        that(cookie !== null, `iteration reaches cookie ${i} of ${ccount}`);
        same(cookie.dmac_laddress, byIndex[i]?.dmac_laddress, `cookie ${i} by iteration`);
        cookie = sut.ddi.ddi_dma_cookie_iter(handle, cookie);
      }
      same(new Set(byIndex.map((c) => c.dmac_laddress)).size, 4, 'addresses of four pages apart');
    }),
    clause(of('OUT-1'), {}, (sut) => {
      const { handle, cookie } = boundPages(sut, DDI_DMA_RDWR, 16, how);
      same(cookie, cookiesOf(sut, handle)[0], 'the cookie the bind gave');
      const start = BigInt(framesApart[0] ?? 0) * 4096n + 16n;
      same(start, cookie.dmac_laddress, 'where the object starts');
    }),
    clause(of('OUT-2'), {}, (sut) => {
      const { handle, ccount, length } = boundPages(sut, DDI_DMA_RDWR, 0, how);
      same(ccount, sut.ddi.ddi_dma_ncookies(handle), 'ccount');
      same(ccount, framesApart.length, 'ccount of pages that lie apart');
      same(totalSize(cookiesOf(sut, handle)), length, 'bytes of that many cookies');
    }),
    clause(of('RV-1'), { cases: ['streaming', 'consistent'] }, (sut, kase) => {
      const mode = kase === 'streaming' ? DDI_DMA_STREAMING : DDI_DMA_CONSISTENT;
      const { handle, rval, length } = boundPages(sut, DDI_DMA_RDWR | mode, 8, how);
      same(rval, DDI_DMA_MAPPED, 'the value of a bind of the whole object');
      same(totalSize(cookiesOf(sut, handle)), length, 'bytes of all cookies');
    }),
    clause(of('RV-3'), {}, (sut) => {
      const length = 4 * sut.pageSize;
      const at = sut.place(framesApart, 0, length);
      let whole = 0;
      for (const sgllen of [1, 2, 3, 4, 5]) {
        const handle = newHandle(sut, { dma_attr_sgllen: sgllen });
        const result = tryBind(sut, handle, at, length, DDI_DMA_RDWR, how);
        if (result.isErr()) continue;
        that(result.value.rval !== DDI_DMA_PARTIAL_MAP, `sgllen ${sgllen}: no PARTIAL_MAP unasked`);
        whole++;
      }
      that(whole >= 2, 'lists long enough are mapped');
      that(whole < 5, 'a list of one entry does not map four pages that lie apart');
    }),
    clause(of('RV-4'), reach, (sut, kase) => {
      const bound = kase === 'bounced' ? boundFar : boundPages;
      const { handle, at, length, ccount } = bound(sut, DDI_DMA_READ, 0, how);
      bad(tryBind(sut, handle, at, 64, DDI_DMA_WRITE, how), 'DDI_DMA_INUSE', 'a second bind');
      same(sut.ddi.ddi_dma_ncookies(handle), ccount, 'cookies of the first bind afterwards');
      deviceWrites(sut, handle, pattern(length, 5));
      good(sut.ddi.ddi_dma_unbind_handle(handle), 'unbind');
      same(sut.peek(at, length), pattern(length, 5), 'what the first transfer moved');
    }),
    clause(of('RV-6'), { cases: ['no memory', 'no length', 'not all of it'] }, (sut, kase) => {
      const at = sut.place(frameRun, 0, sut.pageSize);
      const handle = newHandle(sut);
      // Nothing is ever mapped at the first page, nor behind a buffer on named frames.
      const [where, length] = {
        'no memory': [16, 64] as const,
        'no length': [at, 0] as const,
        'not all of it': [at, sut.pageSize + 1] as const,
      }[kase] ?? [0, 0];
      if (kase === 'no memory') same(sut.frameOf(where), -1, 'the frame of an address in a hole');
      const result = tryBind(sut, handle, where, length, DDI_DMA_RDWR, how);
      bad(result, 'DDI_DMA_NOMAPPING', kase);
      good(tryBind(sut, handle, at, 64, DDI_DMA_RDWR, how), 'a bind of memory that is there');
    }),
    clause(of('RV-7'), { cases: [...Object.keys(tooBig), 'bounce pages'] }, (sut, kase) => {
      const far = windowCase('bounce pages');
      const many = kase === 'bounce pages';
      const length = many ? far.length : 4 * sut.pageSize;
      const at = sut.place(many ? far.frames : framesApart, 0, length);
      const handle = newHandle(sut, many ? far.attr : tooBig[kase]);
      const object = how.object(sut, at, length, DDI_DMA_RDWR);
      const before = sut.live();
      bad(object.now(handle, DDI_DMA_RDWR), 'DDI_DMA_TOOBIG', `more than ${kase} allows`);
      same(sut.live(), before, 'objects alive after the refusal');
      good(tryBind(sut, handle, at, sut.pageSize, DDI_DMA_RDWR, how), 'a part that fits');
    }),
    clause(of('CX-1'), {}, async (sut) => {
      const at = sut.place(framesApart, 0, 8192);
      for (const where of contexts) {
        const result = await sut.within(where, () =>
          tryBind(sut, newHandle(sut), at, 8192, DDI_DMA_RDWR, how),
        );
        same(good(result, `a bind in ${where} context`).ccount, 2, 'cookies');
      }
      same(sut.findings().length, 0, 'findings');
    }),
    clause(of('CX-2'), {}, async (sut) => {
      const object = how.object(sut, sut.place(frameRun, 0, 64), 64, DDI_DMA_RDWR);
      const asleep = () => object.waiting(newHandle(sut), DDI_DMA_RDWR, DDI_DMA_SLEEP);
      good(await sut.within('kernel', asleep), 'DDI_DMA_SLEEP in kernel context');
      same(sut.findings().length, 0, 'findings where sleeping is allowed');
      await misuse(sut, 'DDI_DMA_SLEEP in interrupt context', [of('CX-2')], () =>
        sut.within('interrupt', asleep),
      );
    }),
    clause(of('IX-2'), reach, (sut, kase) => {
      const length = 4 * sut.pageSize;
      const at = sut.place(framesApart, 0, length);
      const handle = newHandle(sut, kase === 'bounced' ? { dma_attr_addr_hi: lowHi } : {});
      sut.poke(at, pattern(length, 4));
      bind(sut, handle, at, length, DDI_DMA_WRITE | DDI_DMA_STREAMING, how);
      same(deviceReads(sut, handle), pattern(length, 4), 'stores before the bind, unsynced');
    }),
    clause(of('IX-3'), {}, async (sut) => {
      const at = sut.place(frameRun, 0, 256);
      const attr = { dma_attr_align: 64n };
      bind(sut, newHandle(sut, attr), at + 64, 64, DDI_DMA_RDWR, how);
      same(sut.findings().length, 0, 'findings about an aligned buffer');
      const clauses = either('IX-3', 'ddi_dma_attr.9s/AL-3', 'interplay/IP-6');
      await misuse(sut, 'a bind of a misaligned buffer', clauses, () =>
        tryBind(sut, newHandle(sut, attr), at + 8, 64, DDI_DMA_RDWR, how),
      );
    }),
    clause(of('IX-4'), {}, async (sut) => {
      const at = sut.place(frameRun, 0, 4096);
      const attr = { dma_attr_granular: 512 };
      bind(sut, newHandle(sut, attr), at, 1024, DDI_DMA_RDWR, how);
      same(sut.findings().length, 0, 'findings about a granular length');
      const clauses = either('IX-4', 'ddi_dma_attr.9s/GR-4', 'interplay/IP-7');
      await misuse(sut, 'a bind of 1000 bytes at a granularity of 512', clauses, () =>
        tryBind(sut, newHandle(sut, attr), at, 1000, DDI_DMA_RDWR, how),
      );
    }),
  ];
}
