/** Checks of ddi_btop(9F), ddi_btopr(9F) and ddi_ptob(9F). */
import { clause, type ClauseCheck } from '../clause.js';
import { inEveryContext } from '../stock.js';
import { same } from '../that.js';

const page = 'ddi_btop.9f';

/** The checks. */
export const btopChecks: readonly ClauseCheck[] = [
  clause(`${page}/DS-1`, {}, (sut) => {
    const pages = [0, 1, 4095, 4096, 4097, 8192].map((n) => sut.ddi.ddi_btop(sut.dip(), n));
    same(pages, [0, 0, 0, 1, 1, 2], 'pages, rounding down');
  }),
  clause(`${page}/DS-2`, {}, (sut) => {
    const pages = [0, 1, 4095, 4096, 4097, 8192].map((n) => sut.ddi.ddi_btopr(sut.dip(), n));
    same(pages, [0, 1, 1, 1, 2, 2], 'pages, rounding up');
  }),
  clause(`${page}/DS-3`, {}, (sut) => {
    const bytes = [0, 1, 2, 3].map((n) => sut.ddi.ddi_ptob(sut.dip(), n));
    same(
      bytes,
      [0, 1, 2, 3].map((n) => n * sut.pageSize),
      'bytes',
    );
  }),
  clause(`${page}/CX-1`, {}, async (sut) => {
    await inEveryContext(sut, 'page arithmetic', () => {
      same(sut.ddi.ddi_ptob(sut.dip(), 1), sut.pageSize, 'bytes of a page');
      same(sut.ddi.ddi_btop(sut.dip(), 8192), 2, 'pages');
      same(sut.ddi.ddi_btopr(sut.dip(), 8193), 3, 'pages, rounded up');
    });
  }),
];
