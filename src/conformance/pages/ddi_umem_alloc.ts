/** Checks of ddi_umem_alloc(9F) and ddi_umem_free(9F). */
import { DDI_UMEM_NOSLEEP, DDI_UMEM_PAGEABLE, DDI_UMEM_SLEEP } from '../../sys/constants-io.js';
import { clause, type ClauseCheck } from '../clause.js';
import {
  bind,
  contexts,
  deviceReads,
  misuse,
  newHandle,
  pattern,
  tryBind,
  usedUp,
} from '../stock.js';
import type { Sut } from '../sut.js';
import { good, same, that } from '../that.js';

const page = 'ddi_umem_alloc.9f';

/** Memory that there must be. */
function alloc(sut: Sut, size: number, flag: number = DDI_UMEM_SLEEP) {
  const got = sut.kernel.ddi_umem_alloc(size, flag);
  that(got !== null, `ddi_umem_alloc of ${size} bytes gives memory`);
  that(got.addr > 0, 'its address is not null');
  return got;
}

/** The checks. */
export const umemAllocChecks: readonly ClauseCheck[] = [
  clause(`${page}/FL-1`, {}, async (sut) => {
    alloc(sut, 64, DDI_UMEM_SLEEP);
    const giveBack = usedUp(sut);
    // It waits, or the system knows that it would wait for ever; it never comes back with nothing.
    const attempt = await sut.attempt(() => sut.kernel.ddi_umem_alloc(1 << 20, DDI_UMEM_SLEEP));
    that(attempt.value !== null, 'DDI_UMEM_SLEEP does not fail for lack of memory');
    if (attempt.panic === undefined) giveBack();
  }),
  clause(`${page}/FL-2`, {}, (sut) => {
    const giveBack = usedUp(sut);
    const before = sut.nowNs();
    same(sut.kernel.ddi_umem_alloc(1 << 20, DDI_UMEM_NOSLEEP), null, 'what there is when short');
    same(sut.nowNs(), before, 'virtual time afterwards');
    giveBack();
    alloc(sut, 1 << 20, DDI_UMEM_NOSLEEP);
  }),
  clause(`${page}/FL-3`, {}, async (sut) => {
    const resident = alloc(sut, sut.pageSize);
    bind(sut, newHandle(sut), resident.addr, sut.pageSize);
    same(sut.findings().length, 0, 'findings about a device in memory that is locked');
    const pageable = alloc(sut, sut.pageSize, DDI_UMEM_SLEEP | DDI_UMEM_PAGEABLE);
    await misuse(sut, 'a device in pageable memory', [`${page}/WN-1`, `${page}/FL-3`], () =>
      tryBind(sut, newHandle(sut), pageable.addr, sut.pageSize),
    );
  }),
  clause(`${page}/DS-1`, {}, (sut) => {
    for (const [size, pages] of [
      [1, 1],
      [4096, 1],
      [4097, 2],
    ] as const) {
      const { addr } = alloc(sut, size);
      const bytes = pages * sut.pageSize;
      same(addr % sut.pageSize, 0, `where in its page memory of ${size} bytes starts`);
      sut.poke(addr, pattern(bytes, 1));
      same(sut.peek(addr, bytes), pattern(bytes, 1), `${pages} whole pages`);
      same(sut.frameOf(addr + bytes), -1, 'the frame behind them');
    }
  }),
  clause(`${page}/DS-2`, {}, (sut) => {
    const first = alloc(sut, 8192);
    sut.poke(first.addr, pattern(8192, 1));
    sut.ddi.ddi_umem_free(first.cookie);
    for (let i = 0; i < 4; i++) {
      const { addr } = alloc(sut, 8192);
      same(sut.peek(addr, 8192), new Uint8Array(8192), 'what new memory holds');
      sut.poke(addr, pattern(8192, i));
      same(sut.peek(addr, 16), pattern(16, i), 'what it holds then');
    }
  }),
  clause(`${page}/DS-3`, {}, (sut) => {
    const { addr } = alloc(sut, 8192);
    sut.poke(addr, pattern(8192, 1));
    const handle = newHandle(sut);
    bind(sut, handle, addr, 8192);
    same(deviceReads(sut, handle), pattern(8192, 1), 'the memory as a device reads it');
    good(sut.ddi.ddi_dma_unbind_handle(handle), 'unbind');
  }),
  clause(`${page}/OUT-1`, {}, (sut) => {
    const [a, b] = [alloc(sut, 64), alloc(sut, 64)];
    that(a.cookie !== b.cookie, 'each allocation has a cookie of its own');
    sut.ddi.ddi_umem_free(a.cookie);
    same(sut.frameOf(a.addr), -1, 'the frame of the memory of that cookie');
    that(sut.frameOf(b.addr) >= 0, 'the memory of the other is still there');
  }),
  clause(`${page}/FR-1`, {}, (sut) => {
    const before = sut.live();
    const { addr, cookie } = alloc(sut, 3 * sut.pageSize);
    same(sut.live().length, before.length + 1, 'objects alive with the memory');
    sut.ddi.ddi_umem_free(cookie);
    same(sut.live(), before, 'objects alive after it is freed');
    const frames = [0, 1, 2].map((i) => sut.frameOf(addr + i * sut.pageSize));
    same(frames, [-1, -1, -1], 'the frames behind all of the buffer');
  }),
  clause(`${page}/FR-2`, {}, (sut) => {
    alloc(sut, 64);
    const before = sut.live();
    same(before.length, 1, 'objects alive');
    sut.ddi.ddi_umem_free(null);
    same(sut.live(), before, 'objects alive after nothing was freed');
    same(sut.findings().length, 0, 'findings about it');
  }),
  clause(`${page}/NT-1`, {}, (sut) => {
    for (const flag of [DDI_UMEM_SLEEP, DDI_UMEM_NOSLEEP, DDI_UMEM_PAGEABLE]) {
      same(sut.kernel.ddi_umem_alloc(0, flag), null, `no bytes, flag ${flag}`);
      alloc(sut, 1, flag);
    }
  }),
  clause(`${page}/RV-1`, {}, (sut) => {
    const [a, b] = [alloc(sut, 100), alloc(sut, 100, DDI_UMEM_NOSLEEP)];
    that(a.addr !== b.addr, 'two pieces of memory have two addresses');
    same(sut.live().length, 2, 'objects alive');
  }),
  clause(`${page}/RV-2`, {}, async (sut) => {
    for (const flag of [DDI_UMEM_SLEEP, DDI_UMEM_NOSLEEP, DDI_UMEM_PAGEABLE]) {
      alloc(sut, 3 * sut.pageSize, flag);
    }
    usedUp(sut);
    same(sut.kernel.ddi_umem_alloc(1 << 20, DDI_UMEM_NOSLEEP), null, 'NOSLEEP when short');
    const attempt = await sut.attempt(() => sut.kernel.ddi_umem_alloc(1 << 20, DDI_UMEM_SLEEP));
    that(attempt.value !== null, 'SLEEP when short');
  }),
  clause(`${page}/CX-1`, {}, async (sut) => {
    for (const where of ['user', 'kernel'] as const) {
      await sut.within(where, () => alloc(sut, 64, DDI_UMEM_SLEEP));
    }
    await sut.within('interrupt', () => alloc(sut, 64, DDI_UMEM_NOSLEEP));
    same(sut.findings().length, 0, 'findings where it is allowed');
    await misuse(sut, 'DDI_UMEM_SLEEP in interrupt context', [`${page}/CX-1`], () =>
      sut.within('interrupt', () => sut.kernel.ddi_umem_alloc(64, DDI_UMEM_SLEEP)),
    );
  }),
  clause(`${page}/CX-2`, {}, async (sut) => {
    const before = sut.live();
    const cookies = contexts.map(() => alloc(sut, 64).cookie);
    same(sut.live().length, before.length + 3, 'objects alive');
    for (const where of contexts) {
      await sut.within(where, () => {
        sut.ddi.ddi_umem_free(cookies.pop() ?? null);
      });
    }
    same(sut.live(), before, 'objects alive after three contexts freed one each');
    same(sut.findings().length, 0, 'findings');
  }),
  clause(`${page}/WN-1`, {}, async (sut) => {
    const { addr } = alloc(sut, sut.pageSize, DDI_UMEM_SLEEP | DDI_UMEM_PAGEABLE);
    sut.poke(addr, pattern(16, 1));
    same(sut.findings().length, 0, 'findings about a thread in pageable memory');
    await misuse(sut, 'an interrupt routine in pageable memory', [`${page}/WN-1`], () =>
      sut.within('interrupt', () => sut.kernel.load32(addr)),
    );
  }),
];
