/** Binding: scattered pages, every cookie's address read, against filling an array of bigints. */
import {
  ddi_dma_addr_bind_handle,
  ddi_dma_alloc_handle,
  ddi_dma_cookie_iter,
  ddi_dma_unbind_handle,
  DDI_DMA_DONTWAIT,
  DDI_DMA_RDWR,
  discard,
  must,
} from 'ddi-dma';
import { boot } from 'ddi-dma/machine';
import { anyAttr } from '../support/attr.js';
import { row, type Row } from './harness.js';

/** The rows of this file. */
export function rows(): Row[] {
  return [16, 256, 4096].map(bindRow);
}

function bindRow(pages: number): Row {
  const devices = [
    {
      at: 'bench@1',
      model: () => ({
        name: 'bench',
        registers: [],
        reset: () => {
          // A device without a life of its own.
        },
      }),
    },
  ];
  const machine = boot({ devices });
  const { handle } = must(
    ddi_dma_alloc_handle(machine.devinfo('bench@1'), anyAttr(), DDI_DMA_DONTWAIT),
  );
  // Every other frame: no two pages can be merged.
  const pfns = Array.from({ length: pages }, (_, i) => 0x40000 + ((i * 7919) % pages) * 2);
  const va = machine.place(pfns);
  const out: bigint[] = new Array<bigint>(pages).fill(0n);
  let seen = 0;
  return row({
    name: `bind ${pages} scattered pages, read every dmac_laddress, unbind`,
    twin: 'the same bigints computed and stored',
    unit: 'page',
    units: pages,
    limit: { nsAtMost: 70 },
    a: () => {
      must(
        ddi_dma_addr_bind_handle(handle, null, va, pages * 4096, DDI_DMA_RDWR, DDI_DMA_DONTWAIT),
      );
      let i = 0;
      let c = ddi_dma_cookie_iter(handle, null);
      while (c !== null) {
        out[i++] = c.dmac_laddress;
        c = ddi_dma_cookie_iter(handle, c);
      }
      seen = i;
      discard(ddi_dma_unbind_handle(handle));
    },
    b: () => {
      for (let i = 0; i < pages; i++) out[i] = BigInt(pfns[i] ?? 0) << 12n;
    },
    note: () => `${seen} cookies a bind`,
  });
}
