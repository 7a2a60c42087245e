/** Checks of ddi_dma_burstsizes(9F). */
import { clause, type ClauseCheck } from '../clause.js';
import { bind, frameRun, inEveryContext, newHandle } from '../stock.js';
import { same, that } from '../that.js';

/** Masks of burst sizes: the examples of the page and both ends. */
const masks = [0x17, 0x2f, 0x2, 0x7f];

/** The checks. */
export const burstsizesChecks: readonly ClauseCheck[] = [
  clause('ddi_dma_burstsizes.9f/DS-1', {}, (sut) => {
    const handle = newHandle(sut, { dma_attr_burstsizes: 0x17 });
    bind(sut, handle, sut.place(frameRun, 0, 64), 64);
    const sizes = sut.ddi.ddi_dma_burstsizes(handle);
    that(Number.isInteger(sizes) && sizes > 0, 'a mapping allows some burst size');
    const slow = newHandle(sut, { dma_attr_burstsizes: 0x1 });
    that(sut.ddi.ddi_dma_burstsizes(slow) !== sizes, 'an engine without bursts has another answer');
  }),
  clause('ddi_dma_burstsizes.9f/DS-2', {}, (sut) => {
    for (const mask of masks) {
      const sizes = sut.ddi.ddi_dma_burstsizes(newHandle(sut, { dma_attr_burstsizes: mask }));
      same(sizes & ~mask, 0, `sizes the engine did not offer in 0x${mask.toString(16)}`);
      that(sizes !== 0, `something is left of 0x${mask.toString(16)}`);
    }
  }),
  clause('ddi_dma_burstsizes.9f/RV-1', {}, (sut) => {
    // Bit n stands for 2^n: an engine that offers one size keeps just that bit.
    for (const bit of [0, 1, 2, 4, 6]) {
      const handle = newHandle(sut, { dma_attr_burstsizes: 1 << bit });
      same(sut.ddi.ddi_dma_burstsizes(handle), 1 << bit, `sizes of an engine that bursts 2^${bit}`);
    }
  }),
  clause('ddi_dma_burstsizes.9f/CX-1', {}, async (sut) => {
    const handle = newHandle(sut, { dma_attr_burstsizes: 0x4 });
    await inEveryContext(sut, 'ddi_dma_burstsizes', () => {
      same(sut.ddi.ddi_dma_burstsizes(handle), 0x4, 'sizes');
    });
  }),
];
