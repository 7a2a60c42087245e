/** Checks of ddi_dma_addr_bind_handle(9F): what it shares with its sister, and the rest. */
import { DDI_DMA_DONTWAIT, DDI_DMA_RDWR } from '../../sys/constants.js';
import type { as_t } from '../../sys/types.js';
import { byAddress, byBuf } from '../bind-call.js';
import { clause, type ClauseCheck } from '../clause.js';
import { frameRun, misuse, newHandle, tryBind } from '../stock.js';
import { good } from '../that.js';
import { bindWindowChecks } from './bind-windows.js';
import { bindChecks } from './bind.js';

/** The checks. */
export const addrBindChecks: readonly ClauseCheck[] = [
  ...bindChecks(byAddress, byBuf),
  ...bindWindowChecks(byAddress),
  clause('ddi_dma_addr_bind_handle.9f/AR-2', {}, async (sut) => {
    const at = sut.place(frameRun, 0, 64);
    good(tryBind(sut, newHandle(sut), at, 64), 'a bind in the kernel address space');
    const other = {} as unknown as as_t;
    const { ddi_dma_addr_bind_handle: bindIn } = sut.ddi;
    await misuse(sut, 'a bind in another address space', ['ddi_dma_addr_bind_handle.9f/AR-2'], () =>
      bindIn(newHandle(sut), other, at, 64, DDI_DMA_RDWR, DDI_DMA_DONTWAIT),
    );
  }),
];
