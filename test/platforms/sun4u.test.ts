/** The big-endian host: its facts, and what it does not have. */
import { describe, expect, it } from 'vitest';
import {
  ddi_dma_alloc_handle,
  ddi_dma_mem_alloc,
  ddi_dma_mem_free,
  ddi_put32,
  DDI_DMA_CONSISTENT,
  DDI_DMA_DONTWAIT,
  DDI_NEVERSWAP_ACC,
  DDI_STRUCTURE_BE_ACC,
  DDI_STRUCTURE_LE_ACC,
  KM_SLEEP,
  must,
} from '../../src/index.js';
import { boot, type BootOptions } from '../../src/platforms/index.js';
import { anyAttr } from '../support/attr.js';
import { bareDevice, bareSystem, neverSwap } from '../support/system.js';

describe('sun4u', () => {
  it('stores words with their highest byte first', () => {
    const { machine } = bareSystem({ platform: 'sun4u' });
    const at = machine.kernel.kmem_alloc(8, KM_SLEEP) ?? 0;
    machine.kernel.store32(at, 0x01020304);
    expect([...machine.kernel.copyBytesOut(at, 4)]).toEqual([1, 2, 3, 4]);
  });

  // The worked example of the kernels: put32 of 0x11223344.
  it.each([
    ['sun4u', DDI_NEVERSWAP_ACC, [0x11, 0x22, 0x33, 0x44]],
    ['sun4u', DDI_STRUCTURE_LE_ACC, [0x44, 0x33, 0x22, 0x11]],
    ['sun4u', DDI_STRUCTURE_BE_ACC, [0x11, 0x22, 0x33, 0x44]],
    ['i86pc', DDI_NEVERSWAP_ACC, [0x44, 0x33, 0x22, 0x11]],
    ['i86pc', DDI_STRUCTURE_LE_ACC, [0x44, 0x33, 0x22, 0x11]],
    ['i86pc', DDI_STRUCTURE_BE_ACC, [0x11, 0x22, 0x33, 0x44]],
  ] as const)('%s, endian flags %d', (platform, endian, bytes) => {
    const { machine, dip } = bareSystem({ platform });
    const { handle } = must(ddi_dma_alloc_handle(dip, anyAttr(), DDI_DMA_DONTWAIT));
    const acc = { ...neverSwap, devacc_attr_endian_flags: endian };
    const mem = must(ddi_dma_mem_alloc(handle, 64, acc, DDI_DMA_CONSISTENT, DDI_DMA_DONTWAIT));
    ddi_put32(mem.handle, mem.kaddr, 0x11223344);
    expect([...machine.kernel.copyBytesOut(mem.kaddr, 4)]).toEqual(bytes);
    ddi_dma_mem_free(mem.handle);
  });

  it('is what it was after a reset', () => {
    const machine = boot({ platform: 'sun4u', devices: [bareDevice] });
    machine.reset(3);
    expect(machine.platform).toBe('sun4u');
    expect(machine.description).toMatchObject({ endian: 'big', maxphysBytes: 131072 });
  });
});

describe('what boot refuses', () => {
  const cases: readonly [string, BootOptions, RegExp][] = [
    ['a kernel of i86pc on sun4u', { platform: 'sun4u', kernel: 'debug' }, /"debug".* sun4u/],
    [
      'a quirk of i86pc on sun4u',
      { platform: 'sun4u', quirks: { 'sync-by-window': true } },
      /"sync-by-window".* sun4u/,
    ],
    [
      'a platform there is not',
      { platform: 'sun4v' as 'sun4u' },
      /"sun4v": there are i86pc, sun4u/,
    ],
    ['a name every object has', { platform: 'toString' as 'sun4u' }, /"toString"/],
  ];
  it.each(cases)('%s', (_what, options, message) => {
    expect(() => boot(options)).toThrow(RangeError);
    expect(() => boot(options)).toThrow(message);
  });
});
