/** The judge of cookies sees every breach it is asked to see. */
import { describe, expect, it } from 'vitest';
import { breaches } from '../../src/conformance/limits.js';
import { wideAttr } from '../../src/conformance/stock.js';
import type { ddi_dma_attr_t, ddi_dma_cookie_t } from '../../src/sys/types.js';

function cookie(address: bigint, size: number): ddi_dma_cookie_t {
  const dmac_address = Number(address & 0xffffffffn);
  return { dmac_laddress: address, dmac_address, dmac_size: size, dmac_type: 0 };
}

/** Attributes, cookies that just obey them, and cookies that just do not. */
const edges: [string, Partial<ddi_dma_attr_t>, ddi_dma_cookie_t[], ddi_dma_cookie_t[]][] = [
  ['addr_lo', { dma_attr_addr_lo: 0x1000n }, [cookie(0x1000n, 8)], [cookie(0xfffn, 8)]],
  ['addr_hi', { dma_attr_addr_hi: 0x1fffn }, [cookie(0x1ff8n, 8)], [cookie(0x1ff8n, 9)]],
  ['count_max', { dma_attr_count_max: 0xffn }, [cookie(0n, 0x100)], [cookie(0n, 0x101)]],
  ['seg', { dma_attr_seg: 0xfffn }, [cookie(0x1000n, 0x1000)], [cookie(0x1001n, 0x1000)]],
  [
    'align',
    { dma_attr_align: 0x100n },
    [cookie(0x100n, 8), cookie(0x2000n, 8)],
    [cookie(0x100n, 8), cookie(0x2080n, 8)],
  ],
  ['empty', {}, [cookie(0n, 1)], [cookie(0n, 0)]],
  [
    'granular',
    { dma_attr_granular: 512, dma_attr_sgllen: 2 },
    [cookie(0n, 100), cookie(4096n, 412), cookie(8192n, 512)],
    [cookie(0n, 100), cookie(4096n, 411), cookie(8192n, 513)],
  ],
  [
    'granular of a list without limit',
    { dma_attr_granular: 512, dma_attr_sgllen: -1 },
    [cookie(0n, 100), cookie(4096n, 100), cookie(8192n, 312)],
    [cookie(0n, 100), cookie(4096n, 100), cookie(8192n, 100)],
  ],
];

describe('breaches', () => {
  it.each(edges)('%s', (_name, difference, obeying, breaking) => {
    const attr = { ...wideAttr, ...difference };
    expect(breaches(attr, obeying)).toEqual([]);
    expect(breaches(attr, breaking)).not.toEqual([]);
  });
});
