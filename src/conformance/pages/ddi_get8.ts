/** Checks of ddi_get8(9F) and its widths. */
import { DDI_STRUCTURE_BE_ACC } from '../../sys/constants.js';
import { endianModes, get, memory, orderOf, put, registers } from '../accessors.js';
import { clause, type ClauseCheck } from '../clause.js';
import { endianRow, registerBytes, widths } from '../endian.js';
import { inEveryContext, misuse } from '../stock.js';
import { same } from '../that.js';

/** The checks. */
export const getChecks: readonly ClauseCheck[] = [
  clause('ddi_get8.9f/AR-1', { cases: ['8', '16', '32', '64'] }, async (sut, kase) => {
    const range = memory(sut);
    const width = widths.find((w) => String(w) === kase) ?? 8;
    put(sut, width, range, 0x5n);
    same(get(sut, width, range), 0x5n, 'a get while the handle lives');
    sut.ddi.ddi_dma_mem_free(range.handle);
    const clauses = ['ddi_get8.9f/AR-1', 'ddi_dma_mem_free.9f/DS-2'];
    await misuse(sut, `a get of ${kase} bits through a freed handle`, clauses, () => {
      get(sut, width, range);
    });
  }),
  clause('ddi_get8.9f/DS-1', {}, (sut) => {
    const range = registers(sut);
    sut.device.accesses();
    for (const width of widths) {
      get(sut, width, range, 24);
      const seen = sut.device.accesses();
      const bytes = seen.reduce((n, a) => n + a.width, 0);
      same(bytes, width / 8, `bytes read by a get of ${width} bits`);
      same(
        seen[0],
        { op: 'read', rnumber: 1, off: 24, width: Math.min(4, width / 8) },
        'the first',
      );
      same(seen.length, width === 64 ? 2 : 1, `accesses of a get of ${width} bits`);
    }
  }),
  clause('ddi_get8.9f/DS-2', {}, (sut) => {
    sut.device.fill(1, 0, registerBytes);
    for (const mode of endianModes) {
      for (const width of widths) {
        const wanted = endianRow(orderOf(sut, mode))[width];
        same(get(sut, width, registers(sut, mode)), wanted, `${width} bits under mode ${mode}`);
      }
    }
  }),
  clause('ddi_get8.9f/RV-1', {}, (sut) => {
    const range = memory(sut);
    for (const width of widths) {
      const ones = (1n << BigInt(width)) - 1n;
      for (const value of [0n, 0x5an, ones, ones - 1n]) {
        put(sut, width, range, value, 8);
        same(get(sut, width, range, 8), value, `${width} bits read back`);
      }
    }
  }),
  clause('ddi_get8.9f/CX-1', {}, async (sut) => {
    const range = registers(sut, DDI_STRUCTURE_BE_ACC);
    sut.device.fill(1, 0, registerBytes);
    await inEveryContext(sut, 'ddi_get', () => {
      for (const width of widths) same(get(sut, width, range), endianRow('big')[width], 'a get');
    });
  }),
];
