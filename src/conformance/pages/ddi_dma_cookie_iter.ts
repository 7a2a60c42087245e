/** Checks of ddi_dma_cookie_iter(9F) and its four companions. */
import type { ddi_dma_cookie_t } from '../../sys/types.js';
import { clause, type ClauseCheck } from '../clause.js';
import type { Sut } from '../sut.js';
import {
  bind,
  boundPages,
  cookiesOf,
  frameRun,
  framesApart,
  inEveryContext,
  misuse,
  newHandle,
} from '../stock.js';
import { good, same, that } from '../that.js';

/** A handle with exactly one cookie. */
function boundPage(sut: Sut) {
  const handle = newHandle(sut);
  return { handle, ...bind(sut, handle, sut.place(frameRun, 0, 64), 64) };
}

/** The cookies of a handle in the order of iteration, and not more than a thousand. */
function iterated(sut: Sut, handle: Parameters<Sut['ddi']['ddi_dma_cookie_iter']>[0]) {
  const seen: ddi_dma_cookie_t[] = [];
  let cookie = sut.ddi.ddi_dma_cookie_iter(handle, null);
  while (cookie !== null) {
    seen.push(cookie);
    that(seen.length <= 1000, 'iteration comes to an end');
    cookie = sut.ddi.ddi_dma_cookie_iter(handle, cookie);
  }
  return seen;
}

/** The bus addresses of `framesApart`, which is what the cookies of boundPages hold. */
const addresses = framesApart.map((pfn) => BigInt(pfn) * 4096n);

/** The checks. */
export const cookieIterChecks: readonly ClauseCheck[] = [
  clause('ddi_dma_cookie_iter.9f/AR-1', {}, async (sut) => {
    const { handle } = boundPage(sut);
    same(sut.ddi.ddi_dma_ncookies(handle), 1, 'cookies while the handle lives');
    good(sut.ddi.ddi_dma_unbind_handle(handle), 'unbind');
    sut.ddi.ddi_dma_free_handle(handle);
    const clauses = ['ddi_dma_cookie_iter.9f/AR-1', 'ddi_dma_free_handle.9f/DS-2'];
    await misuse(sut, 'iteration over a freed handle', clauses, () =>
      sut.ddi.ddi_dma_cookie_iter(handle, null),
    );
  }),
  clause('ddi_dma_cookie_iter.9f/IT-1', {}, (sut) => {
    const { handle } = boundPages(sut);
    const first = sut.ddi.ddi_dma_cookie_iter(handle, null);
    that(first !== null && first === sut.ddi.ddi_dma_cookie_get(handle, 0), 'it is cookie 0');
    same(first.dmac_laddress, addresses[0], 'the address of the first cookie');
  }),
  clause('ddi_dma_cookie_iter.9f/IT-2', {}, (sut) => {
    const { handle } = boundPages(sut);
    let cookie = sut.ddi.ddi_dma_cookie_iter(handle, null);
    for (let i = 1; i < addresses.length; i++) {
      cookie = sut.ddi.ddi_dma_cookie_iter(handle, cookie);
      that(cookie !== null, `there is a cookie after cookie ${i - 1}`);
      that(cookie === sut.ddi.ddi_dma_cookie_get(handle, i), `it is cookie ${i}`);
      same(cookie.dmac_laddress, addresses[i], `the address of cookie ${i}`);
    }
  }),
  clause('ddi_dma_cookie_iter.9f/IT-3', {}, (sut) => {
    const { handle } = boundPages(sut);
    const last = sut.ddi.ddi_dma_cookie_get(handle, 3);
    that(last !== null, 'there is a last cookie');
    that(sut.ddi.ddi_dma_cookie_iter(handle, last) === null, 'none comes after the last');
  }),
  clause('ddi_dma_cookie_iter.9f/IT-4', {}, async (sut) => {
    const { handle, cookie } = boundPages(sut);
    const attempt = await sut.attempt(() => sut.ddi.ddi_dma_cookie_iter(handle, cookie));
    const reported = attempt.findings.some((f) => f.clause === 'ddi_dma_cookie_iter.9f/IT-4');
    that(reported || attempt.value === null, 'the copy a bind gave does not go into iteration');
    same(cookie, cookiesOf(sut, handle)[0], 'the copy');
    same(cookie.dmac_laddress, addresses[0], 'its address');
  }),
  clause('ddi_dma_cookie_iter.9f/IT-5', {}, (sut) => {
    const { handle } = boundPages(sut);
    const other = boundPage(sut);
    const foreign = sut.ddi.ddi_dma_cookie_get(other.handle, 0);
    that(foreign !== null, 'the other handle has a cookie');
    const own = sut.ddi.ddi_dma_cookie_get(handle, 0);
    that(sut.ddi.ddi_dma_cookie_iter(handle, own) !== null, 'a valid one is followed by another');
    that(
      sut.ddi.ddi_dma_cookie_iter(handle, foreign) === null,
      'nothing comes after a foreign one',
    );
    const made = { ...foreign, dmac_laddress: 1n };
    that(sut.ddi.ddi_dma_cookie_iter(handle, made) === null, 'nor after an invented one');
  }),
  clause('ddi_dma_cookie_iter.9f/IT-6', {}, (sut) => {
    const { handle } = boundPages(sut);
    same(
      iterated(sut, handle).map((c) => c.dmac_laddress),
      addresses,
      'a first pass',
    );
    same(
      iterated(sut, handle).map((c) => c.dmac_laddress),
      addresses,
      'a second pass',
    );
  }),
  clause('ddi_dma_cookie_iter.9f/GT-1', {}, (sut) => {
    const { handle } = boundPages(sut);
    for (const i of [2, 0, 3, 1]) {
      const cookie = sut.ddi.ddi_dma_cookie_get(handle, i);
      same(cookie?.dmac_laddress, addresses[i], `the address of cookie ${i}`);
    }
  }),
  clause('ddi_dma_cookie_iter.9f/GT-2', {}, (sut) => {
    const { handle } = boundPages(sut);
    that(sut.ddi.ddi_dma_cookie_get(handle, 3) !== null, 'index 3 of four is valid');
    for (const i of [4, 5, 0x7fffffff, 0xffffffff]) {
      that(sut.ddi.ddi_dma_cookie_get(handle, i) === null, `index ${i} of four has no cookie`);
    }
    const unbound = newHandle(sut);
    that(sut.ddi.ddi_dma_cookie_get(unbound, 0) === null, 'an unbound handle has no cookie 0');
  }),
  clause('ddi_dma_cookie_iter.9f/ON-1', {}, (sut) => {
    const { handle } = boundPage(sut);
    const one = sut.ddi.ddi_dma_cookie_one(handle);
    that(one === sut.ddi.ddi_dma_cookie_get(handle, 0), 'the single cookie is cookie 0');
    same(one.dmac_laddress, BigInt(frameRun[0] ?? 0) * 4096n, 'its address');
  }),
  clause('ddi_dma_cookie_iter.9f/ON-2', { cases: ['none', 'four'] }, async (sut, kase) => {
    const handle = kase === 'none' ? newHandle(sut) : boundPages(sut).handle;
    const attempt = await sut.attempt(() => sut.ddi.ddi_dma_cookie_one(handle));
    that(attempt.panic !== undefined, `with ${kase} of them the system panics`);
  }),
  clause('ddi_dma_cookie_iter.9f/ON-3', {}, async (sut) => {
    const { handle } = boundPage(sut);
    good(sut.ddi.ddi_dma_unbind_handle(handle), 'unbind');
    sut.ddi.ddi_dma_free_handle(handle);
    const attempt = await sut.attempt(() => sut.ddi.ddi_dma_cookie_one(handle));
    that(attempt.panic !== undefined, 'a handle that is no more is an issue to panic on');
  }),
  clause('ddi_dma_cookie_iter.9f/ON-4', { cases: ['one', 'none', 'four'] }, async (sut, kase) => {
    const bound = { one: boundPage, four: boundPages, none: () => ({ handle: newHandle(sut) }) };
    const { handle } = bound[kase as keyof typeof bound](sut);
    const attempt = await sut.attempt(() => sut.ddi.ddi_dma_cookie_one(handle));
    same(attempt.panic === undefined, kase === 'one', `whether it returns with ${kase} bound`);
    that(kase !== 'one' || typeof attempt.value === 'object', 'what it returns is a cookie');
    that(attempt.value !== null, 'it never returns null');
  }),
  clause('ddi_dma_cookie_iter.9f/NC-1', {}, (sut) => {
    const { handle } = boundPages(sut);
    same(sut.ddi.ddi_dma_ncookies(handle), 4, 'cookies of four pages that lie apart');
    same(iterated(sut, handle).length, 4, 'cookies that iteration meets');
  }),
  clause('ddi_dma_cookie_iter.9f/NC-2', {}, (sut) => {
    const handle = newHandle(sut);
    same(sut.ddi.ddi_dma_ncookies(handle), 0, 'cookies before any bind');
    bind(sut, handle, sut.place(framesApart, 0, 64), 64);
    same(sut.ddi.ddi_dma_ncookies(handle), 1, 'cookies of the bind');
    good(sut.ddi.ddi_dma_unbind_handle(handle), 'unbind');
    same(sut.ddi.ddi_dma_ncookies(handle), 0, 'cookies after the unbind');
  }),
  clause('ddi_dma_cookie_iter.9f/NX-2', {}, (sut) => {
    const { handle, cookie } = boundPages(sut);
    same(cookie.dmac_laddress, addresses[0], 'the cookie the bind gave');
    for (let i = 1; i < addresses.length; i++) {
      const next = sut.ddi.ddi_dma_nextcookie(handle);
      same(next.dmac_laddress, addresses[i], `call ${i} of ddi_dma_nextcookie`);
    }
  }),
  clause('ddi_dma_cookie_iter.9f/NX-4', {}, async (sut) => {
    const { handle } = boundPages(sut);
    for (let i = 1; i < 4; i++) sut.ddi.ddi_dma_nextcookie(handle);
    await misuse(sut, 'nextcookie past the last', ['ddi_dma_cookie_iter.9f/NX-4'], () =>
      sut.ddi.ddi_dma_nextcookie(handle),
    );
  }),
  clause('ddi_dma_cookie_iter.9f/NX-5', {}, (sut) => {
    const { handle } = boundPages(sut);
    const given = [1, 2, 3].map(() => sut.ddi.ddi_dma_nextcookie(handle));
    same(given, cookiesOf(sut, handle).slice(1), 'what each legal call fills in');
    same(
      given.map((c) => c.dmac_laddress),
      addresses.slice(1),
      'their addresses',
    );
  }),
  clause('ddi_dma_cookie_iter.9f/CX-1', {}, async (sut) => {
    const { handle } = boundPage(sut);
    const many = boundPages(sut).handle;
    const { ddi } = sut;
    await inEveryContext(sut, 'reading cookies', () => {
      same(ddi.ddi_dma_ncookies(handle), 1, 'ncookies');
      same(ddi.ddi_dma_cookie_iter(handle, null)?.dmac_size, 64, 'size by iter');
      same(ddi.ddi_dma_cookie_get(handle, 0)?.dmac_size, 64, 'size by get');
      same(ddi.ddi_dma_cookie_one(handle).dmac_size, 64, 'size by one');
      same(ddi.ddi_dma_nextcookie(many).dmac_size, sut.pageSize, 'size by nextcookie');
    });
  }),
];
