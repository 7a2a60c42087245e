/** Checks of what several pages say together of user memory and bufs. */
import { DDI_DMA_READ, DDI_DMA_WRITE } from '../../sys/constants.js';
import { B_READ, B_WRITE, DDI_UMEMLOCK_READ, DDI_UMEMLOCK_WRITE } from '../../sys/constants-io.js';
import { clause, type ClauseCheck } from '../clause.js';
import { deviceReads, deviceWrites, misuse, newHandle, pattern } from '../stock.js';
import { boundBuf, locked, setUp } from '../stock-io.js';
import { good, same } from '../that.js';

/** The checks. */
export const ioInterplayChecks: readonly ClauseCheck[] = [
  clause('interplay/AX-9', { cases: ['in order', 'unlock first'] }, async (sut, kase) => {
    const before = sut.live();
    const { program, at, length, cookie } = await locked(sut, DDI_UMEMLOCK_WRITE);
    const bp = setUp(sut, cookie, 0, length, B_READ);
    const handle = boundBuf(sut, bp, DDI_DMA_READ);
    deviceWrites(sut, handle, pattern(length, 2));
    if (kase === 'unlock first') {
      await misuse(sut, 'ddi_umem_unlock of memory that is bound', ['interplay/AX-9'], () => {
        sut.ddi.ddi_umem_unlock(cookie);
      });
      return;
    }
    good(sut.ddi.ddi_dma_unbind_handle(handle), 'unbind');
    sut.ddi.freerbuf(bp);
    sut.ddi.ddi_umem_unlock(cookie);
    sut.ddi.ddi_dma_free_handle(handle);
    await sut.settle();
    same(program.peek(at, length), pattern(length, 2), 'what the device wrote');
    same(sut.live(), before, 'objects alive at the end');
    same(sut.findings().length, 0, 'findings about the legal order');
  }),
  clause('interplay/AX-10', { cases: ['B_READ', 'B_WRITE'] }, async (sut, kase) => {
    const reads = kase === 'B_READ';
    const flags = reads ? DDI_UMEMLOCK_WRITE : DDI_UMEMLOCK_READ;
    const { program, at, length, cookie } = await locked(sut, flags);
    const bp = setUp(sut, cookie, 0, length, reads ? B_READ : B_WRITE);
    const right = boundBuf(sut, bp, reads ? DDI_DMA_READ : DDI_DMA_WRITE);
    if (!reads) same(deviceReads(sut, right), pattern(length, 1), 'what the device reads');
    else deviceWrites(sut, right, pattern(length, 2));
    good(sut.ddi.ddi_dma_unbind_handle(right), 'unbind');
    if (reads) same(program.peek(at, length), pattern(length, 2), 'what the device wrote');
    same(sut.findings().length, 0, 'findings about words that agree');
    const { ddi_dma_buf_bind_handle: bind } = sut.ddi;
    await misuse(sut, 'a bind for the other direction', ['interplay/AX-10'], () =>
      bind(newHandle(sut), bp, reads ? DDI_DMA_WRITE : DDI_DMA_READ, 0),
    );
  }),
];
