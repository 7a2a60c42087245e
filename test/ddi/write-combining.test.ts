/** Write-combining memory, as drivers see it: what goes by the buffers, and what drains them. */
import { describe, expect, it } from 'vitest';
import * as ddi from '../../src/index.js';
import { boot, copyEngine, type BootOptions } from '../../src/platforms/index.js';
import { anyAttr } from '../support/attr.js';

/** Nothing is drained early, so that what drains does it alone. */
const never = { choose: (_kind: string, n: number): number => n - 1 };

const acc = {
  devacc_attr_version: ddi.DDI_DEVICE_ATTR_V1,
  devacc_attr_endian_flags: ddi.DDI_NEVERSWAP_ACC,
  devacc_attr_dataorder: ddi.DDI_STRICTORDER_ACC,
  devacc_attr_access: ddi.DDI_DEFAULT_ACC,
};
const both = ddi.DDI_DMA_RDWR | ddi.DDI_DMA_CONSISTENT;

function rig(how: BootOptions = {}, cache: number = ddi.IOMEM_DATA_UC_WR_COMBINE) {
  const devices = [{ at: 'copy@1', model: copyEngine() }];
  const machine = boot({ chooser: never, devices, ...how });
  const dip = machine.devinfo('copy@1');
  const attr = anyAttr({ dma_attr_sgllen: 1 });
  const { handle } = ddi.must(ddi.ddi_dma_alloc_handle(dip, attr, ddi.DDI_DMA_DONTWAIT));
  const flags = ddi.DDI_DMA_CONSISTENT | cache;
  const mem = ddi.must(ddi.ddi_dma_mem_alloc(handle, 4096, acc, flags, ddi.DDI_DMA_DONTWAIT));
  machine.kernel.bzero(mem.kaddr, 4096);
  machine.view.drain();
  const bind = () =>
    ddi.must(ddi.ddi_dma_addr_bind_handle(handle, null, mem.kaddr, 4096, both, null));
  bind();
  const pfn = machine.probe.pfnOf(mem.kaddr);
  /** What a device sees of the first bytes. */
  const seen = (len: number): number[] => {
    const into = new Uint8Array(len);
    expect(machine.view.read(pfn, mem.kaddr & 4095, into, 0, len)).toBe(true);
    return [...into];
  };
  return { machine, dip, handle, mem, seen, bind, at: mem.kaddr, h: mem.handle };
}

type Rig = ReturnType<typeof rig>;

const stores: readonly (readonly [string, (r: Rig) => void])[] = [
  ['ddi_put8', ({ h, at }) => ddi.ddi_put8(h, at, 9)],
  ['ddi_put16', ({ h, at }) => ddi.ddi_put16(h, at, 0x0909)],
  ['ddi_put32', ({ h, at }) => ddi.ddi_put32(h, at, 0x09090909)],
  ['ddi_put64', ({ h, at }) => ddi.ddi_put64(h, at, 0x0909090909090909n)],
  [
    'ddi_rep_put8',
    ({ h, at }) => ddi.ddi_rep_put8(h, Uint8Array.of(9, 9), at, 2, ddi.DDI_DEV_AUTOINCR),
  ],
  ['a store of its own', ({ machine, at }) => machine.kernel.store8(at, 9)],
  ['withBytes', ({ h }) => ddi.withBytes(h, 0, 4, 'w', (bytes) => bytes.fill(9))],
];

describe.each(stores)('%s', (_name, store) => {
  it('reaches memory late', () => {
    const r = rig();
    store(r);
    expect(r.machine.probe.peek(r.at, 1)[0]).toBe(9);
    expect(r.seen(1)).toEqual([0]);
    expect(r.machine.view.pending).toBe(true);
    r.machine.view.drain();
    expect(r.seen(1)).toEqual([9]);
  });

  it.each([
    ['memory is cached', {}, ddi.IOMEM_DATA_CACHED],
    ['memory is uncached', {}, ddi.IOMEM_DATA_UNCACHED],
    ['nothing combines', { combining: false }, ddi.IOMEM_DATA_UC_WR_COMBINE],
  ] as const)('reaches it at once where %s', (_where, how, cache) => {
    const r = rig(how, cache);
    store(r);
    expect(r.seen(1)).toEqual([9]);
  });
});

const drains: readonly (readonly [string, (r: Rig) => void])[] = [
  ['ddi_dma_sync', ({ handle }) => ddi.must(ddi.ddi_dma_sync(handle, 0, 0, 0))],
  ['a read of the memory', ({ h, at }) => ddi.ddi_get8(h, at + 100)],
  ['a load of its own', ({ machine, at }) => machine.kernel.load8(at + 100)],
  ['the end of the binding', ({ handle }) => ddi.must(ddi.ddi_dma_unbind_handle(handle))],
];

describe('the buffers are drained', () => {
  it.each(drains)('by %s', (_name, drain) => {
    const r = rig();
    ddi.ddi_put8(r.h, r.at, 9);
    drain(r);
    expect(r.machine.view.pending).toBe(false);
    expect(r.seen(1)).toEqual([9]);
  });

  it('by a binding', () => {
    const r = rig();
    ddi.must(ddi.ddi_dma_unbind_handle(r.handle));
    ddi.ddi_put8(r.h, r.at, 9);
    r.bind();
    expect(r.seen(1)).toEqual([9]);
  });

  it.each([
    [ddi.DDI_STRICTORDER_ACC, [9]],
    [ddi.DDI_UNORDERED_OK_ACC, [0]],
    [ddi.DDI_MERGING_OK_ACC, [0]],
  ])('by registers in strict order only: %i', (devacc_attr_dataorder, wanted) => {
    const r = rig();
    const order = { ...acc, devacc_attr_dataorder };
    const regs = ddi.must(ddi.ddi_regs_map_setup(r.dip, 1, 0, 0, order));
    for (const touch of [
      () => ddi.ddi_get32(regs.handle, regs.addr),
      () => ddi.must(ddi.ddi_peek32(r.dip, regs.addr)),
      () => {
        ddi.must(ddi.ddi_poke32(r.dip, regs.addr + 8, 0));
      },
    ]) {
      r.machine.kernel.store8(r.at, 0);
      r.machine.view.drain();
      ddi.ddi_put8(r.h, r.at, 9);
      touch();
      expect(r.seen(1)).toEqual(wanted);
    }
  });

  it.each(['debug', 'production'] as const)('not by the sync of %s', (kernel) => {
    const r = rig({ kernel });
    ddi.ddi_put8(r.h, r.at, 9);
    ddi.must(ddi.ddi_dma_sync(r.handle, 0, 0, ddi.DDI_DMA_SYNC_FORDEV));
    expect(r.seen(1)).toEqual([0]);
  });

  it('and the memory is as good as new when it is freed', () => {
    const r = rig();
    ddi.ddi_put8(r.h, r.at, 9);
    discardAll(r);
    expect(r.machine.view.pending).toBe(false);
    expect(r.machine.pages.special).toBe(false);
  });
});

function discardAll({ handle, h }: Rig): void {
  ddi.must(ddi.ddi_dma_unbind_handle(handle));
  ddi.ddi_dma_mem_free(h);
  ddi.ddi_dma_free_handle(handle);
}
