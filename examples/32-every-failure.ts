// Every call of a driver that can find a resource short is made to fail, one after the other and in
// pairs. This driver forgets its DMA handle when there is no memory; the search says so.
import * as ddi from 'ddi-dma';
import { enumerateFaults, type Scenario } from 'ddi-dma/explore';
import { boot, copyEngine } from 'ddi-dma/machine';

const attr: ddi.ddi_dma_attr_t = {
  dma_attr_version: ddi.DMA_ATTR_V0,
  dma_attr_addr_lo: 0n,
  dma_attr_addr_hi: 0xffff_ffffn,
  dma_attr_count_max: 0xffff_ffffn,
  dma_attr_align: 1n,
  dma_attr_burstsizes: 1,
  dma_attr_minxfer: 1,
  dma_attr_maxxfer: 0xffff_ffffn,
  dma_attr_seg: 0xffff_ffffn,
  dma_attr_sgllen: 1,
  dma_attr_granular: 1,
  dma_attr_flags: 0,
};
const acc = { devacc_attr_version: 1, devacc_attr_endian_flags: 0, devacc_attr_dataorder: 0 };
const flags = ddi.DDI_DMA_CONSISTENT;

interface SoftState {
  readonly handle: ddi.ddi_dma_handle_t;
  readonly memory: ddi.ddi_acc_handle_t;
}
const driver = {
  name: 'forgetful',
  attach(dip: ddi.dev_info_t): number {
    const made = ddi.ddi_dma_alloc_handle(dip, attr, ddi.DDI_DMA_DONTWAIT);
    if (made.isErr()) return ddi.DDI_FAILURE;
    const { handle } = made.value;
    const mem = ddi.ddi_dma_mem_alloc(handle, 4096, acc, flags, ddi.DDI_DMA_DONTWAIT);
    if (mem.isErr()) return ddi.DDI_FAILURE;
    ddi.ddi_set_driver_private(dip, { handle, memory: mem.value.handle } satisfies SoftState);
    return ddi.DDI_SUCCESS;
  },
  detach(dip: ddi.dev_info_t): number {
    const soft = ddi.ddi_get_driver_private(dip) as SoftState;
    ddi.ddi_dma_mem_free(soft.memory);
    ddi.ddi_dma_free_handle(soft.handle);
    return ddi.DDI_SUCCESS;
  },
};

export const scenario: Scenario = {
  boot: { devices: [{ at: 'copy@1', model: copyEngine() }] },
  at: 'copy@1',
  driver,
};
export const machine = boot(scenario.boot);

const report = await enumerateFaults(scenario);
console.log(`${report.sites} calls can fail, ${report.runs} runs`);
for (const { sites, what, detail } of report.failures) {
  console.log(`with call ${sites.join(' and ')} failing: ${what}: ${detail}`);
}
