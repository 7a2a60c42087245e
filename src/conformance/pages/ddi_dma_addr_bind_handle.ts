/** Checks of ddi_dma_addr_bind_handle(9F). Windows, queues and waiting: see pending.ts. */
import {
  DDI_DMA_CONSISTENT,
  DDI_DMA_DONTWAIT,
  DDI_DMA_MAPPED,
  DDI_DMA_PARTIAL_MAP,
  DDI_DMA_RDWR,
  DDI_DMA_READ,
  DDI_DMA_SLEEP,
  DDI_DMA_STREAMING,
  DDI_DMA_WRITE,
} from '../../sys/constants.js';
import type { as_t, ddi_dma_attr_t } from '../../sys/types.js';
import { clause, type ClauseCheck } from '../clause.js';
import { breaches } from '../limits.js';
import type { Sut } from '../sut.js';
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
  newMemory,
  pattern,
  totalSize,
  tryBind,
  usedUp,
  wideAttr,
} from '../stock.js';
import { bad, good, same, settled, that } from '../that.js';

/** Attribute sets that shape cookies, each by another field. */
const shapes: Readonly<Record<string, Partial<ddi_dma_attr_t>>> = {
  'no limit': {},
  'count_max of 2 KiB': { dma_attr_count_max: 0x7ffn },
  'seg of 2 KiB': { dma_attr_seg: 0x7ffn },
  'addr_hi of 4 GiB': { dma_attr_addr_hi: 0xffff_ffffn },
  'sgllen of 4': { dma_attr_sgllen: 4 },
  'sgllen without limit': { dma_attr_sgllen: -1 },
  'granular of 512': { dma_attr_granular: 512 },
};

/** Binds in one direction, syncing nothing; the binding itself must do. */
function carried(sut: Sut, flags: number): { toDevice: boolean; toMemory: boolean } {
  const before = pattern(sut.pageSize, 1);
  const at = sut.place(frameRun, 0, sut.pageSize);
  sut.poke(at, before);
  const handle = newHandle(sut);
  bind(sut, handle, at, sut.pageSize, flags);
  const toDevice = String(deviceReads(sut, handle)) === String(before);
  const after = pattern(sut.pageSize, 2);
  deviceWrites(sut, handle, after);
  good(sut.ddi.ddi_dma_unbind_handle(handle), 'unbind');
  return { toDevice, toMemory: String(sut.peek(at, sut.pageSize)) === String(after) };
}

/** The checks. */
export const addrBindChecks: readonly ClauseCheck[] = [
  clause('ddi_dma_addr_bind_handle.9f/AR-1', {}, async (sut) => {
    const handle = newHandle(sut);
    const at = sut.place(frameRun, 0, 64);
    sut.ddi.ddi_dma_free_handle(handle);
    const clauses = ['ddi_dma_addr_bind_handle.9f/AR-1', 'ddi_dma_free_handle.9f/DS-2'];
    await misuse(sut, 'a bind with a freed handle', clauses, () => tryBind(sut, handle, at, 64));
  }),
  clause('ddi_dma_addr_bind_handle.9f/AR-2', {}, async (sut) => {
    const at = sut.place(frameRun, 0, 64);
    good(tryBind(sut, newHandle(sut), at, 64), 'a bind in the kernel address space');
    const other = {} as unknown as as_t;
    await misuse(sut, 'a bind in another address space', ['ddi_dma_addr_bind_handle.9f/AR-2'], () =>
      sut.ddi.ddi_dma_addr_bind_handle(
        newHandle(sut),
        other,
        at,
        64,
        DDI_DMA_RDWR,
        DDI_DMA_DONTWAIT,
      ),
    );
  }),
  clause('ddi_dma_addr_bind_handle.9f/FL-1', {}, (sut) => {
    that(carried(sut, DDI_DMA_WRITE).toDevice, 'DDI_DMA_WRITE carries memory to the device');
  }),
  clause('ddi_dma_addr_bind_handle.9f/FL-2', {}, (sut) => {
    that(carried(sut, DDI_DMA_READ).toMemory, 'DDI_DMA_READ carries from the device to memory');
  }),
  clause('ddi_dma_addr_bind_handle.9f/FL-3', {}, (sut) => {
    same(DDI_DMA_RDWR, DDI_DMA_READ | DDI_DMA_WRITE, 'DDI_DMA_RDWR');
    const both = carried(sut, DDI_DMA_RDWR);
    same(both, { toDevice: true, toMemory: true }, 'what DDI_DMA_RDWR carries');
  }),
  clause('ddi_dma_addr_bind_handle.9f/DS-1', {}, (sut) => {
    const { handle, at, length } = boundPages(sut, DDI_DMA_RDWR, 100);
    sut.poke(at, pattern(length, 3));
    good(sut.ddi.ddi_dma_sync(handle, 0, 0, 0), 'sync for the device');
    same(deviceReads(sut, handle), pattern(length, 3), 'the object as the device reads it');
  }),
  clause('ddi_dma_addr_bind_handle.9f/DS-2', { cases: Object.keys(shapes) }, (sut, kase) => {
    const attr = { ...wideAttr, ...shapes[kase] };
    const handle = newHandle(sut, attr);
    const length = 3 * sut.pageSize;
    bind(sut, handle, sut.place(framesApart, 512, length), length);
    const cookies = cookiesOf(sut, handle);
    same(breaches(attr, cookies), [], 'breaches of the attributes');
    same(totalSize(cookies), length, 'bytes of all cookies');
    that(attr.dma_attr_sgllen < 0 || cookies.length <= attr.dma_attr_sgllen, 'the list fits');
  }),
  clause('ddi_dma_addr_bind_handle.9f/DS-3', {}, (sut) => {
    const handle = newHandle(sut);
    same(sut.ddi.ddi_dma_ncookies(handle), 0, 'cookies before the bind');
    bind(sut, handle, sut.place(framesApart, 0, 4 * sut.pageSize), 4 * sut.pageSize);
    same(sut.ddi.ddi_dma_ncookies(handle), 4, 'cookies of four pages that lie apart');
  }),
  clause('ddi_dma_addr_bind_handle.9f/DS-4', {}, (sut) => {
    const { handle, ccount } = boundPages(sut);
    that(ccount >= 4, 'four pages that lie apart are at least four cookies');
    same(sut.ddi.ddi_dma_ncookies(handle), ccount, 'ddi_dma_ncookies');
  }),
  clause('ddi_dma_addr_bind_handle.9f/DS-5', {}, (sut) => {
    const { handle, ccount } = boundPages(sut);
    const byIndex = cookiesOf(sut, handle);
    let cookie = sut.ddi.ddi_dma_cookie_iter(handle, null);
    for (let i = 0; i < ccount; i++) {
      that(cookie !== null, `iteration reaches cookie ${i} of ${ccount}`);
      same(cookie.dmac_laddress, byIndex[i]?.dmac_laddress, `cookie ${i} by iteration`);
      cookie = sut.ddi.ddi_dma_cookie_iter(handle, cookie);
    }
    same(new Set(byIndex.map((c) => c.dmac_laddress)).size, 4, 'addresses of four pages apart');
  }),
  clause('ddi_dma_addr_bind_handle.9f/OUT-1', {}, (sut) => {
    const { handle, cookie } = boundPages(sut, DDI_DMA_RDWR, 16);
    same(cookie, cookiesOf(sut, handle)[0], 'the cookie the bind gave');
    same(
      BigInt(framesApart[0] ?? 0) * 4096n + 16n,
      cookie.dmac_laddress,
      'where the object starts',
    );
  }),
  clause('ddi_dma_addr_bind_handle.9f/OUT-2', {}, (sut) => {
    const { handle, ccount, length } = boundPages(sut);
    same(ccount, sut.ddi.ddi_dma_ncookies(handle), 'ccount');
    same(ccount, framesApart.length, 'ccount of pages that lie apart');
    same(totalSize(cookiesOf(sut, handle)), length, 'bytes of that many cookies');
  }),
  clause('ddi_dma_addr_bind_handle.9f/CB-1', {}, async (sut) => {
    const at = sut.place(frameRun, 0, 64);
    const handle = newHandle(sut);
    const giveBack = usedUp(sut);
    const before = sut.nowNs();
    const result = tryBind(sut, handle, at, 64);
    that(settled(result), 'DONTWAIT answers at once although memory is used up');
    if (result.isErr()) bad(result, 'DDI_DMA_NORESOURCES', 'DONTWAIT without resources');
    same(sut.nowNs(), before, 'virtual time afterwards');
    giveBack();
    const cookies = sut.ddi.ddi_dma_ncookies(handle);
    await sut.settle();
    same(sut.ddi.ddi_dma_ncookies(handle), cookies, 'cookies once memory is back');
  }),
  clause(
    'ddi_dma_addr_bind_handle.9f/RV-1',
    { cases: ['streaming', 'consistent'] },
    (sut, kase) => {
      const mode = kase === 'streaming' ? DDI_DMA_STREAMING : DDI_DMA_CONSISTENT;
      const { handle, rval, length } = boundPages(sut, DDI_DMA_RDWR | mode, 8);
      same(rval, DDI_DMA_MAPPED, 'the value of a bind of the whole object');
      same(totalSize(cookiesOf(sut, handle)), length, 'bytes of all cookies');
    },
  ),
  clause('ddi_dma_addr_bind_handle.9f/RV-3', {}, (sut) => {
    const length = 4 * sut.pageSize;
    const at = sut.place(framesApart, 0, length);
    let whole = 0;
    for (const sgllen of [1, 2, 3, 4, 5]) {
      const result = tryBind(sut, newHandle(sut, { dma_attr_sgllen: sgllen }), at, length);
      if (result.isErr()) continue;
      that(result.value.rval !== DDI_DMA_PARTIAL_MAP, `sgllen ${sgllen}: no PARTIAL_MAP unasked`);
      whole++;
    }
    that(whole >= 2, 'lists long enough are mapped');
    that(whole < 5, 'a list of one entry does not map four pages that lie apart');
  }),
  clause('ddi_dma_addr_bind_handle.9f/RV-4', {}, (sut) => {
    const { handle, at, ccount } = boundPages(sut);
    bad(tryBind(sut, handle, at, 64), 'DDI_DMA_INUSE', 'a second bind');
    same(sut.ddi.ddi_dma_ncookies(handle), ccount, 'cookies of the first bind afterwards');
  }),
  clause('ddi_dma_addr_bind_handle.9f/RV-6', { cases: ['no memory', 'no length'] }, (sut, kase) => {
    const at = sut.place(frameRun, 0, sut.pageSize);
    const handle = newHandle(sut);
    // Nothing is ever mapped at the first page.
    const [where, length] = kase === 'no length' ? [at, 0] : [16, 64];
    if (kase === 'no memory') same(sut.frameOf(where), -1, 'the frame of an address in a hole');
    bad(tryBind(sut, handle, where, length), 'DDI_DMA_NOMAPPING', kase);
    good(tryBind(sut, handle, at, 64), 'a bind of memory that is there');
  }),
  clause('ddi_dma_addr_bind_handle.9f/RV-7', { cases: ['sgllen', 'maxxfer'] }, (sut, kase) => {
    const length = 4 * sut.pageSize;
    const at = sut.place(framesApart, 0, length);
    const limit = kase === 'sgllen' ? { dma_attr_sgllen: 2 } : { dma_attr_maxxfer: 0x2000n };
    const handle = newHandle(sut, limit);
    bad(tryBind(sut, handle, at, length), 'DDI_DMA_TOOBIG', `more than ${kase} allows`);
    good(tryBind(sut, handle, at, sut.pageSize), 'a part that fits');
  }),
  clause('ddi_dma_addr_bind_handle.9f/CX-1', {}, async (sut) => {
    const at = sut.place(framesApart, 0, 8192);
    for (const where of contexts) {
      const result = await sut.within(where, () => tryBind(sut, newHandle(sut), at, 8192));
      same(good(result, `a bind in ${where} context`).ccount, 2, 'cookies');
    }
    same(sut.findings().length, 0, 'findings');
  }),
  clause('ddi_dma_addr_bind_handle.9f/CX-2', {}, async (sut) => {
    const at = sut.place(frameRun, 0, 64);
    const asleep = () => {
      const handle = newHandle(sut);
      return sut.ddi.ddi_dma_addr_bind_handle(handle, null, at, 64, DDI_DMA_RDWR, DDI_DMA_SLEEP);
    };
    good(await sut.within('kernel', asleep), 'DDI_DMA_SLEEP in kernel context');
    same(sut.findings().length, 0, 'findings where sleeping is allowed');
    const clauses = ['ddi_dma_addr_bind_handle.9f/CX-2'];
    await misuse(sut, 'DDI_DMA_SLEEP in interrupt context', clauses, () =>
      sut.within('interrupt', asleep),
    );
  }),
  clause('ddi_dma_addr_bind_handle.9f/IX-2', {}, (sut) => {
    const at = sut.place(framesApart, 0, 4 * sut.pageSize);
    const handle = newHandle(sut);
    sut.poke(at, pattern(4 * sut.pageSize, 4));
    bind(sut, handle, at, 4 * sut.pageSize, DDI_DMA_WRITE | DDI_DMA_STREAMING);
    same(
      deviceReads(sut, handle),
      pattern(4 * sut.pageSize, 4),
      'stores before the bind, unsynced',
    );
  }),
  clause('ddi_dma_addr_bind_handle.9f/IX-3', {}, async (sut) => {
    const at = sut.place(frameRun, 0, 256);
    const attr = { dma_attr_align: 64n };
    bind(sut, newHandle(sut, attr), at + 64, 64);
    same(sut.findings().length, 0, 'findings about an aligned buffer');
    const clauses = ['ddi_dma_addr_bind_handle.9f/IX-3', 'ddi_dma_attr.9s/AL-3', 'interplay/IP-6'];
    await misuse(sut, 'a bind of a misaligned buffer', clauses, () =>
      tryBind(sut, newHandle(sut, attr), at + 8, 64),
    );
  }),
  clause('ddi_dma_addr_bind_handle.9f/IX-4', {}, async (sut) => {
    const at = sut.place(frameRun, 0, 4096);
    const attr = { dma_attr_granular: 512 };
    bind(sut, newHandle(sut, attr), at, 1024);
    same(sut.findings().length, 0, 'findings about a granular length');
    const clauses = ['ddi_dma_addr_bind_handle.9f/IX-4', 'ddi_dma_attr.9s/GR-4', 'interplay/IP-7'];
    await misuse(sut, 'a bind of 1000 bytes at a granularity of 512', clauses, () =>
      tryBind(sut, newHandle(sut, attr), at, 1000),
    );
  }),
  clause('ddi_dma_addr_bind_handle.9f/NT-2', { frames: 'scattered' }, (sut) => {
    const attr = {
      ...wideAttr,
      dma_attr_count_max: 0xbffn,
      dma_attr_seg: 0x1fffn,
      dma_attr_granular: 512,
      dma_attr_sgllen: 16,
    };
    const handle = newHandle(sut, attr);
    const m = newMemory(sut, handle, 4 * sut.pageSize, DDI_DMA_STREAMING);
    bind(sut, handle, m.kaddr, m.real_length, DDI_DMA_RDWR | DDI_DMA_STREAMING);
    const cookies = cookiesOf(sut, handle);
    that(cookies.length > 1, 'a counter of 3 KiB needs several cookies for 16 KiB');
    same(breaches(attr, cookies), [], 'breaches of the attributes by the set');
  }),
];
