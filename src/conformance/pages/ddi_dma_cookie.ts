/** Checks of ddi_dma_cookie(9S). */
import { clause, type ClauseCheck } from '../clause.js';
import { bind, boundPages, cookiesOf, newHandle, pattern } from '../stock.js';
import { good, same, that } from '../that.js';

/** A page frame above 4 GiB, so that both halves of an address count. */
const highFrame = 0x3_2100_1;

/** The checks. */
export const cookieChecks: readonly ClauseCheck[] = [
  clause('ddi_dma_cookie.9s/DS-1', {}, (sut) => {
    // Address and size are all an engine gets: with them alone it must reach the object.
    const { handle, at, length } = boundPages(sut);
    let done = 0;
    for (const c of cookiesOf(sut, handle)) {
      sut.device.write(c.dmac_laddress, pattern(length, 1).subarray(done, done + c.dmac_size));
      done += c.dmac_size;
    }
    good(sut.ddi.ddi_dma_unbind_handle(handle), 'unbind');
    same(
      sut.peek(at, length),
      pattern(length, 1),
      'the object after the engine followed the cookies',
    );
  }),
  clause('ddi_dma_cookie.9s/DS-2', {}, (sut) => {
    const one = boundPages(sut);
    const at = sut.place([highFrame], 0, 128);
    const two = bind(sut, newHandle(sut), at, 128);
    same(one.cookie.dmac_size, sut.pageSize, 'size filled in by a bind of pages apart');
    same(two.cookie.dmac_size, 128, 'size filled in by a bind of 128 bytes');
    that(one.cookie.dmac_laddress !== two.cookie.dmac_laddress, 'each bind fills in its own');
  }),
  clause('ddi_dma_cookie.9s/FD-1', {}, (sut) => {
    const at = sut.place([highFrame], 24, 64);
    const { cookie } = bind(sut, newHandle(sut), at, 64);
    same(typeof cookie.dmac_laddress, 'bigint', 'the type of dmac_laddress');
    sut.device.write(cookie.dmac_laddress, pattern(64, 2));
    same(sut.peek(at, 64), pattern(64, 2), 'what an engine wrote at dmac_laddress');
    that(cookie.dmac_laddress > 0xffff_ffffn, 'all 64 bits of it count');
  }),
  clause('ddi_dma_cookie.9s/FD-2', {}, (sut) => {
    const at = sut.place([highFrame], 24, 64);
    const { cookie } = bind(sut, newHandle(sut), at, 64);
    same(cookie.dmac_address, Number(cookie.dmac_laddress & 0xffff_ffffn), 'dmac_address');
    same(cookie.dmac_address, ((highFrame % 0x100000) * 4096 + 24) >>> 0, 'dmac_address');
  }),
  clause('ddi_dma_cookie.9s/FD-6', {}, (sut) => {
    const { handle, length } = boundPages(sut, undefined, 96);
    const sizes = cookiesOf(sut, handle).map((c) => c.dmac_size);
    same(sizes, [4000, 4096, 4096, length - 4000 - 8192], 'the size of each cookie');
    that(
      sizes.every((n) => n > 0),
      'none is empty',
    );
  }),
];
