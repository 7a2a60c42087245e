/** Checks of ddi_dma_mem_free(9F). */
import { clause, type ClauseCheck } from '../clause.js';
import { bind, inEveryContext, misuse, newHandle, newMemory, plainAcc } from '../stock.js';
import { good, same, that } from '../that.js';

/** The checks. */
export const memFreeChecks: readonly ClauseCheck[] = [
  clause('ddi_dma_mem_free.9f/AR-1', {}, async (sut) => {
    const regs = good(sut.ddi.ddi_regs_map_setup(sut.dip(), 1, 0, 0, plainAcc), 'map of set 1');
    const clauses = ['ddi_dma_mem_free.9f/AR-1', 'interplay/AX-8'];
    await misuse(sut, 'ddi_dma_mem_free of a register mapping', clauses, () => {
      sut.ddi.ddi_dma_mem_free(regs.handle);
    });
  }),
  clause('ddi_dma_mem_free.9f/DS-1', {}, (sut) => {
    const handle = newHandle(sut);
    const before = sut.live();
    const m = newMemory(sut, handle, 8192);
    that(sut.frameOf(m.kaddr) >= 0, 'the memory is mapped while it is allocated');
    same(sut.live().length, before.length + 1, 'objects alive with the memory');
    sut.ddi.ddi_dma_mem_free(m.handle);
    same(sut.live(), before, 'objects alive after the memory is freed');
    same(sut.frameOf(m.kaddr), -1, 'the frame behind the address after the memory is freed');
  }),
  clause('ddi_dma_mem_free.9f/DS-2', { cases: ['get', 'put', 'free again'] }, async (sut, kase) => {
    const m = newMemory(sut, newHandle(sut), 64);
    sut.ddi.ddi_put8(m.handle, m.kaddr, 0x77);
    same(sut.ddi.ddi_get8(m.handle, m.kaddr), 0x77, 'a get while the handle lives');
    sut.ddi.ddi_dma_mem_free(m.handle);
    const clauses = [
      'ddi_dma_mem_free.9f/DS-2',
      'ddi_dma_mem_free.9f/AR-1',
      `ddi_${kase}8.9f/AR-1`,
    ];
    await misuse(sut, `${kase} through a destroyed access handle`, clauses, () => {
      if (kase === 'get') sut.ddi.ddi_get8(m.handle, m.kaddr);
      else if (kase === 'put') sut.ddi.ddi_put8(m.handle, m.kaddr, 1);
      else sut.ddi.ddi_dma_mem_free(m.handle);
    });
  }),
  clause('ddi_dma_mem_free.9f/IX-1', {}, async (sut) => {
    const handle = newHandle(sut);
    const m = newMemory(sut, handle, 64);
    bind(sut, handle, m.kaddr, m.real_length);
    await misuse(sut, 'freeing memory that is bound', ['ddi_dma_mem_free.9f/IX-1'], () => {
      sut.ddi.ddi_dma_mem_free(m.handle);
    });
  }),
  clause('ddi_dma_mem_free.9f/CX-1', {}, async (sut) => {
    const handle = newHandle(sut);
    const before = sut.live();
    const memories = [64, 64, 64].map((length) => newMemory(sut, handle, length));
    same(sut.live().length, before.length + 3, 'objects alive with three pieces of memory');
    await inEveryContext(sut, 'ddi_dma_mem_free', () => {
      const m = memories.pop();
      if (m !== undefined) sut.ddi.ddi_dma_mem_free(m.handle);
    });
    same(sut.live(), before, 'objects alive after three contexts freed one memory each');
  }),
];
