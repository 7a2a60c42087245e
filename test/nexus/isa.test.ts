import { describe, expect, it } from 'vitest';
import {
  ddi_dma_addr_bind_handle,
  ddi_dma_alloc_handle,
  ddi_dma_burstsizes,
  ddi_dma_cookie_one,
  ddi_dma_mem_alloc,
  DDI_DMA_CONSISTENT,
  DDI_DMA_DONTWAIT,
  DDI_DMA_RDWR,
  must,
} from '../../src/index.js';
import { isaAttr, mergeAttr } from '../../src/nexus/isa.js';
import { boot } from '../../src/platforms/index.js';
import { anyAttr } from '../support/attr.js';
import { bareDevice, neverSwap } from '../support/system.js';

describe('merging attributes', () => {
  it('takes the tighter of every field; version and flags stay', () => {
    const merged = mergeAttr(
      anyAttr({
        dma_attr_addr_lo: 0x1000n,
        dma_attr_align: 64n,
        dma_attr_burstsizes: 0x7f,
        dma_attr_minxfer: 4,
        dma_attr_granular: 512,
        dma_attr_flags: 0x200,
      }),
      isaAttr,
    );
    expect(merged).toEqual({
      ...isaAttr,
      dma_attr_addr_lo: 0x1000n,
      dma_attr_align: 64n,
      dma_attr_minxfer: 4,
      dma_attr_granular: 512,
      dma_attr_flags: 0x200,
    });
  });

  it.each([
    [-1, 1, 1],
    [-1, -1, -1],
    [17, -1, 17],
    [3, 5, 3],
  ])('sgllen %i and %i give %i: no limit loses', (a, b, merged) => {
    const attr = mergeAttr(anyAttr({ dma_attr_sgllen: a }), anyAttr({ dma_attr_sgllen: b }));
    expect(attr.dma_attr_sgllen).toBe(merged);
  });

  it.each([
    [8, 4, 8],
    [4, 8, 8],
    [12, 8, 8],
    [0, 2, 2],
  ])('minxfer %i and %i give %i', (a, b, merged) => {
    const attr = mergeAttr(anyAttr({ dma_attr_minxfer: a }), anyAttr({ dma_attr_minxfer: b }));
    expect(attr.dma_attr_minxfer).toBe(merged);
  });
});

describe('a device below the ISA bus', () => {
  const machine = boot({ devices: [{ ...bareDevice, bus: 'isa' }] });
  const dip = machine.devinfo(bareDevice.at);

  it('gets memory its bus can reach, whatever it claims (ddi_dma_mem_alloc(9F) DS-2)', () => {
    const { handle } = must(ddi_dma_alloc_handle(dip, anyAttr(), DDI_DMA_DONTWAIT));
    expect(ddi_dma_burstsizes(handle)).toBe(1);
    const flags = DDI_DMA_CONSISTENT;
    const mem = must(ddi_dma_mem_alloc(handle, 0x8000, neverSwap, flags, DDI_DMA_DONTWAIT));
    must(
      ddi_dma_addr_bind_handle(
        handle,
        null,
        mem.kaddr,
        mem.real_length,
        DDI_DMA_RDWR | flags,
        DDI_DMA_DONTWAIT,
      ),
    );
    const cookie = ddi_dma_cookie_one(handle);
    expect(cookie.dmac_laddress + BigInt(cookie.dmac_size) <= 0x1000000n).toBe(true);
    expect(cookie.dmac_address >>> 16).toBe((cookie.dmac_address + cookie.dmac_size - 1) >>> 16);
  });

  it('is refused by the root when nothing is left of its range', () => {
    const attr = anyAttr({ dma_attr_addr_lo: 0x1000000n });
    const refused = ddi_dma_alloc_handle(dip, attr, DDI_DMA_DONTWAIT);
    expect(refused.isErr() && refused.error.name).toBe('DDI_DMA_BADATTR');
  });

  it('an ill-typed field is named as the driver gave it', () => {
    const attr = anyAttr();
    Object.assign(attr, { dma_attr_seg: 5 });
    const refused = ddi_dma_alloc_handle(dip, attr, DDI_DMA_DONTWAIT);
    expect(refused.isErr() && refused.error.values).toEqual({ dma_attr_seg: 5 });
  });

  it('climbs past a bus that adds nothing', () => {
    const plain = boot({ devices: [bareDevice] });
    const made = ddi_dma_alloc_handle(plain.devinfo(bareDevice.at), anyAttr(), DDI_DMA_DONTWAIT);
    expect(ddi_dma_burstsizes(must(made).handle)).toBe(0x7f);
  });
});
