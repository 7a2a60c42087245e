// How a driver is tested: on every rule book and some seeds, ending with nothing found and nothing
// left. This is a test file of vitest, not a program; `npm test` runs it.
import * as ddi from 'ddi-dma';
import { boot, copyEngine } from 'ddi-dma/machine';
import { describeOnFailure, expectNoFindings, expectQuiescent } from 'ddi-dma/vitest';
import { describe, expect, it } from 'vitest';

const attr: ddi.ddi_dma_attr_t = {
  dma_attr_version: ddi.DMA_ATTR_V0,
  dma_attr_addr_lo: 0n,
  dma_attr_addr_hi: 0xffff_ffffn,
  dma_attr_count_max: 0xffffn,
  dma_attr_align: 1n,
  dma_attr_burstsizes: 1,
  dma_attr_minxfer: 1,
  dma_attr_maxxfer: 0xffff_ffffn,
  dma_attr_seg: 0xffff_ffffn,
  dma_attr_sgllen: 4,
  dma_attr_granular: 1,
  dma_attr_flags: 0,
};
const flags = ddi.DDI_DMA_WRITE | ddi.DDI_DMA_STREAMING;

/** The code under test: binds a buffer, hands its bus addresses to `go`, unbinds. */
function transfer(dip: ddi.dev_info_t, addr: number, len: number, go: (at: bigint) => void) {
  const made = ddi.ddi_dma_alloc_handle(dip, attr, ddi.DDI_DMA_DONTWAIT);
  if (made.isErr()) return ddi.DDI_FAILURE;
  const { handle } = made.value;
  const bound = ddi.ddi_dma_addr_bind_handle(handle, null, addr, len, flags, ddi.DDI_DMA_DONTWAIT);
  if (bound.isOk()) {
    for (let c = ddi.ddi_dma_cookie_iter(handle, null); c !== null;) {
      go(c.dmac_laddress);
      c = ddi.ddi_dma_cookie_iter(handle, c);
    }
    ddi.discard(ddi.ddi_dma_unbind_handle(handle));
  }
  ddi.ddi_dma_free_handle(handle);
  return bound.isOk() ? ddi.DDI_SUCCESS : ddi.DDI_FAILURE;
}

describe.each(['contract', 'debug', 'production'] as const)('transfer on %s', (kernel) => {
  it.each([1, 2, 3])('leaves nothing behind, seed %i', (seed) => {
    const devices = [{ at: 'copy@1', model: copyEngine() }];
    const machine = describeOnFailure(boot({ kernel, seed, devices }));
    const buffer = machine.kernel.kmem_alloc(9000, ddi.KM_NOSLEEP) ?? 0;
    const addresses: bigint[] = [];
    const rv = transfer(machine.devinfo('copy@1'), buffer, 9000, (at) => addresses.push(at));
    expect(rv).toBe(ddi.DDI_SUCCESS);
    expect(addresses.length).toBeLessThanOrEqual(attr.dma_attr_sgllen);
    machine.kernel.kmem_free(buffer, 9000);
    expectNoFindings(machine);
    expectQuiescent(machine);
  });
});

describe('a driver that forgets its handle', () => {
  it('is told what it forgot, and in which run', () => {
    const machine = boot({ seed: 4, devices: [{ at: 'copy@1', model: copyEngine() }] });
    ddi.must(ddi.ddi_dma_alloc_handle(machine.devinfo('copy@1'), attr, ddi.DDI_DMA_DONTWAIT));
    expect(() => {
      expectQuiescent(machine);
    }).toThrow(/dma handle 1 of \/pci@0\/copy@1.*platform i86pc, rule book contract, seed 4/s);
  });
});
