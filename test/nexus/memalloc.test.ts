import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  ddi_dma_addr_bind_handle,
  ddi_dma_alloc_handle,
  ddi_dma_cookie_iter,
  ddi_dma_free_handle,
  ddi_dma_mem_alloc,
  ddi_dma_mem_free,
  ddi_dma_unbind_handle,
  DDI_DMA_CONSISTENT,
  DDI_DMA_DONTWAIT,
  DDI_DMA_RDWR,
  DDI_DMA_STREAMING,
  IOMEM_DATA_UNCACHED,
  must,
} from '../../src/index.js';
import { anyAttr } from '../support/attr.js';
import { bareSystem, neverSwap } from '../support/system.js';

const attrs = fc
  .record({
    dma_attr_addr_lo: fc.constantFrom(0n, 0x100000n, 0x1000800n),
    dma_attr_addr_hi: fc.constantFrom(0xffffffn, 0x7ffffff0n, 0xffffffffn, 0xffffffffffffffffn),
    dma_attr_count_max: fc.constantFrom(0x7fen, 0xfffn, 0x1fffen, 0xffffn, 0xffffffffn),
    dma_attr_align: fc.constantFrom(1n, 8n, 64n, 0x1000n, 0x2000n, 0x10000n),
    dma_attr_burstsizes: fc.constantFrom(0, 1, 0x7f, 0xffffffff),
    dma_attr_minxfer: fc.constantFrom(1, 4, 512, 4096),
    dma_attr_seg: fc.constantFrom(0x7ffn, 0xfffn, 0xffffn, 0xffffffffn, 0xffffffffffffffffn),
    dma_attr_sgllen: fc.constantFrom(1, 2, 5, 17, -1),
    dma_attr_granular: fc.constantFrom(1, 3, 4, 512),
  })
  .map((but) => anyAttr(but));

describe('memory for DMA', () => {
  it('obeys every attribute, can be bound as it is, and all of it comes back', () => {
    let given = 0;
    fc.assert(
      fc.property(
        attrs,
        fc.oneof(fc.integer({ min: 1, max: 5000 }), fc.integer({ min: 1, max: 200000 })),
        fc.constantFrom(
          DDI_DMA_STREAMING,
          DDI_DMA_CONSISTENT,
          DDI_DMA_CONSISTENT | IOMEM_DATA_UNCACHED,
        ),
        fc.integer(),
        (attr, length, flags, seed) => {
          const { machine, dip } = bareSystem({ seed });
          const made = ddi_dma_alloc_handle(dip, attr, DDI_DMA_DONTWAIT);
          // A range that is empty, or a counter below the granularity, has no handle.
          if (made.isErr()) return;
          const { handle } = made.value;
          const before = machine.live.list();
          const mem = ddi_dma_mem_alloc(handle, length, neverSwap, flags, DDI_DMA_DONTWAIT);
          if (mem.isErr()) {
            expect(machine.live.list()).toEqual(before);
            expect(machine.frames.inUse).toBe(0);
            return;
          }
          given++;
          const { kaddr, real_length } = mem.value;
          // ddi_dma_attr(9S) AL-1 and MX-3; granularity by ddi_dma_mem_alloc(9F) DS-1.
          expect(BigInt(kaddr) % attr.dma_attr_align).toBe(0n);
          expect(kaddr % attr.dma_attr_minxfer).toBe(0);
          expect(real_length >= length).toBe(true);
          expect(real_length % attr.dma_attr_minxfer).toBe(0);
          expect(real_length % attr.dma_attr_granular).toBe(0);
          if (flags === DDI_DMA_STREAMING) expect([kaddr % 64, real_length % 64]).toEqual([0, 0]);
          const page = machine.pages.cacheOf(kaddr >>> 12);
          expect(page).toBe(flags & IOMEM_DATA_UNCACHED ? 'uncached' : 'cached');
          const bound = must(
            ddi_dma_addr_bind_handle(
              handle,
              null,
              kaddr,
              real_length,
              DDI_DMA_RDWR | (flags & 0x50),
              DDI_DMA_DONTWAIT,
            ),
          );
          const { dma_attr_sgllen: sgllen } = attr;
          if (sgllen > 0) expect(bound.ccount <= sgllen).toBe(true);
          let at = kaddr;
          let c = ddi_dma_cookie_iter(handle, null);
          while (c !== null) {
            const first = c.dmac_laddress;
            const last = first + BigInt(c.dmac_size) - 1n;
            expect(first >= attr.dma_attr_addr_lo && last <= attr.dma_attr_addr_hi).toBe(true);
            expect(BigInt(c.dmac_size) - 1n <= attr.dma_attr_count_max).toBe(true);
            const seg = attr.dma_attr_seg + 1n;
            expect(first / seg).toBe(last / seg);
            const pfn = machine.probe.pfnOf(at);
            expect(first).toBe(BigInt(pfn) * 4096n + BigInt(at & 4095));
            at += c.dmac_size;
            c = ddi_dma_cookie_iter(handle, c);
          }
          expect(at).toBe(kaddr + real_length);
          expect(ddi_dma_unbind_handle(handle).isOk()).toBe(true);
          ddi_dma_mem_free(mem.value.handle);
          ddi_dma_free_handle(handle);
          expect(machine.live.list()).toEqual([]);
          expect(machine.frames.inUse).toBe(0);
          expect(machine.findings).toEqual([]);
        },
      ),
      { numRuns: 400, seed: 31 },
    );
    // The property must not be about refusals alone.
    expect(given > 150).toBe(true);
  });

  it.each([
    ['sgllen 1 and longer than a segment', { dma_attr_sgllen: 1, dma_attr_seg: 0xfffn }, 5000],
    ['sgllen 1 and longer than the counter', { dma_attr_sgllen: 1, dma_attr_count_max: 99n }, 101],
    ['a range without a whole page', { dma_attr_addr_hi: 0x100ffen }, 16],
  ])('is refused for good: %s', (_what, but, length) => {
    const { machine, dip } = bareSystem();
    const { handle } = must(ddi_dma_alloc_handle(dip, anyAttr(but), DDI_DMA_DONTWAIT));
    const mem = ddi_dma_mem_alloc(handle, length, neverSwap, DDI_DMA_CONSISTENT, DDI_DMA_DONTWAIT);
    expect(mem.isErr() && mem.error.name).toBe('DDI_FAILURE');
    expect(machine.frames.inUse).toBe(0);
  });
});
