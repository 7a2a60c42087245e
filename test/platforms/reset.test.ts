import { describe, expect, it } from 'vitest';
import {
  ddi_dma_addr_bind_handle,
  ddi_dma_alloc_handle,
  ddi_dma_free_handle,
  ddi_dma_mem_alloc,
  DDI_DMA_CONSISTENT,
  DDI_DMA_DONTWAIT,
  DDI_DMA_RDWR,
  KM_SLEEP,
  must,
} from '../../src/index.js';
import { boot, type BootedMachine } from '../../src/platforms/index.js';
import type { dev_info_t } from '../../src/sys/types.js';
import { anyAttr } from '../support/attr.js';
import { bareDevice, bareSystem, neverSwap } from '../support/system.js';

/** A little of everything, left in a mess. */
async function mess(machine: BootedMachine, dip: dev_info_t): Promise<readonly unknown[]> {
  const { kernel } = machine;
  const small = kernel.kmem_alloc(100, KM_SLEEP);
  const large = kernel.kmem_alloc(20000, KM_SLEEP);
  const { handle } = must(ddi_dma_alloc_handle(dip, anyAttr(), DDI_DMA_DONTWAIT));
  const mem = must(
    ddi_dma_mem_alloc(handle, 9000, neverSwap, DDI_DMA_CONSISTENT, DDI_DMA_DONTWAIT),
  );
  kernel.bcopy(small ?? 0, mem.kaddr, 100);
  const bound = must(
    ddi_dma_addr_bind_handle(handle, null, mem.kaddr, 9000, DDI_DMA_RDWR, DDI_DMA_DONTWAIT),
  );
  ddi_dma_free_handle(handle);
  machine.place([5, 6, 7]);
  await machine.run(async () => {
    kernel.timeout(() => undefined, null, 50);
    await kernel.delay(3);
  });
  return [small, large, mem.kaddr, bound.cookie, machine.traceHash(), machine.findings];
}

describe('reset', () => {
  it('gives the machine that a fresh boot with the same seed gives', async () => {
    const a = bareSystem({ seed: 11 });
    await mess(a.machine, a.dip);
    a.machine.reset(12);
    expect(a.machine.live.list()).toEqual([]);
    expect(a.machine.frames.inUse).toBe(0);
    expect(a.machine.clock.nowNs).toBe(0);
    expect(a.machine.findings).toEqual([]);
    expect(a.machine.store.bytes.every((b) => b === 0)).toBe(true);
    const again = await mess(a.machine, a.machine.devinfo(bareDevice.at));
    const b = bareSystem({ seed: 12 });
    expect(again).toEqual(await mess(b.machine, b.dip));
  });

  it('another seed is another machine, the same seed the same', async () => {
    const hashes = await Promise.all(
      [1, 2, 1].map(async (seed) => {
        const { machine, dip } = bareSystem({ seed });
        await mess(machine, dip);
        return machine.traceHash();
      }),
    );
    expect(hashes[0]).toBe(hashes[2]);
    expect(hashes[0]).not.toBe(hashes[1]);
  });
});

describe('boot', () => {
  it.each(['copy', 'copy@', '@1', 'Copy@1', 'a@1/b@2'])('refuses a device at "%s"', (at) => {
    expect(() => boot({ devices: [{ ...bareDevice, at }] })).toThrow(RangeError);
  });

  it('refuses two devices at one place, and knows no node that was not plugged in', () => {
    expect(() => boot({ devices: [bareDevice, bareDevice] })).toThrow(/bare@1/);
    expect(() => boot().devinfo('bare@1')).toThrow(/bare@1/);
  });
});
