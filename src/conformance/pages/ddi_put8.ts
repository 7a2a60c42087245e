/** Checks of ddi_put8(9F) and its widths. */
import { endianModes, memory, orderOf, put, registers } from '../accessors.js';
import { clause, type ClauseCheck } from '../clause.js';
import { endianRow, registerBytes, widths } from '../endian.js';
import { inEveryContext, misuse } from '../stock.js';
import { same } from '../that.js';

/** The checks. */
export const putChecks: readonly ClauseCheck[] = [
  clause('ddi_put8.9f/AR-1', { cases: ['8', '16', '32', '64'] }, async (sut, kase) => {
    const range = memory(sut);
    const width = widths.find((w) => String(w) === kase) ?? 8;
    put(sut, width, range, 0x5n);
    same(sut.peek(range.addr, 1).length, 1, 'the memory while the handle lives');
    sut.ddi.ddi_dma_mem_free(range.handle);
    const clauses = ['ddi_put8.9f/AR-1', 'ddi_dma_mem_free.9f/DS-2'];
    await misuse(sut, `a put of ${kase} bits through a freed handle`, clauses, () => {
      put(sut, width, range, 0x6n);
    });
  }),
  clause('ddi_put8.9f/DS-1', {}, (sut) => {
    const range = registers(sut);
    sut.device.accesses();
    for (const width of widths) {
      put(sut, width, range, 0x11n, 24);
      const seen = sut.device.accesses();
      const bytes = seen.reduce((n, a) => n + a.width, 0);
      same(bytes, width / 8, `bytes written by a put of ${width} bits`);
      same(
        seen[0],
        { op: 'write', rnumber: 1, off: 24, width: Math.min(4, width / 8) },
        'the first',
      );
      same(seen.length, width === 64 ? 2 : 1, `accesses of a put of ${width} bits`);
    }
  }),
  clause('ddi_put8.9f/DS-2', {}, (sut) => {
    for (const mode of endianModes) {
      const range = registers(sut, mode);
      for (const width of widths) {
        sut.device.fill(1, 0, new Uint8Array(8));
        put(sut, width, range, endianRow(orderOf(sut, mode))[width]);
        const wanted = registerBytes.slice(0, width / 8);
        same(sut.device.bytes(1, 0, width / 8), wanted, `${width} bits put under mode ${mode}`);
      }
    }
  }),
  clause('ddi_put8.9f/CX-1', {}, async (sut) => {
    const range = registers(sut);
    await inEveryContext(sut, 'ddi_put', () => {
      sut.device.fill(1, 0, new Uint8Array(8));
      for (const width of widths) {
        put(sut, width, range, endianRow(sut.endian)[width]);
        same(sut.device.bytes(1, 0, width / 8), registerBytes.slice(0, width / 8), 'a put');
      }
    });
  }),
];
