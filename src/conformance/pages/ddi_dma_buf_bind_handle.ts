/** Checks of ddi_dma_buf_bind_handle(9F): what it shares with its sister, and the rest. */
import { DDI_DMA_DONTWAIT, DDI_DMA_RDWR, KM_NOSLEEP } from '../../sys/constants.js';
import { byAddress, byBuf, newBuf } from '../bind-call.js';
import { clause, type ClauseCheck } from '../clause.js';
import { cookiesOf, framesApart, newHandle, pattern, totalSize } from '../stock.js';
import { bad, good, same, that } from '../that.js';
import { bindWindowChecks } from './bind-windows.js';
import { bindChecks } from './bind.js';

/** The checks. */
export const bufBindChecks: readonly ClauseCheck[] = [
  ...bindChecks(byBuf, byAddress),
  ...bindWindowChecks(byBuf),
  clause('ddi_dma_buf_bind_handle.9f/AR-2', { cases: ['address', 'empty'] }, (sut, kase) => {
    const handle = newHandle(sut);
    const at = sut.place(framesApart, 0x123, 0x2000);
    if (kase === 'empty') {
      const none = newBuf(sut, at, 0, 0);
      const result = sut.ddi.ddi_dma_buf_bind_handle(handle, none, DDI_DMA_RDWR, DDI_DMA_DONTWAIT);
      // An object of no bytes is refused by the address call, and the pages tell no difference.
      bad(result, 'DDI_DMA_NOMAPPING', 'a buf of no bytes');
      that(sut.kernel.getrbuf(KM_NOSLEEP) !== null, 'bufs are there');
      return;
    }
    sut.poke(at, pattern(0x2000, 1));
    const bp = newBuf(sut, at, 0x2000, 0);
    const result = sut.ddi.ddi_dma_buf_bind_handle(handle, bp, DDI_DMA_RDWR, DDI_DMA_DONTWAIT);
    const { cookie } = good(result, 'a bind of a buf');
    same(totalSize(cookiesOf(sut, handle)), bp.b_bcount, 'bytes of all cookies');
    same(cookie.dmac_laddress % 4096n, 0x123n, 'where the first of them starts in its page');
  }),
];
