// Handles become few and plenty again: a quota that goes by virtual time. A thread that sleeps is
// served when the quota grows; a driver that does not sleep hears of it from its callback.
import * as ddi from 'ddi-dma';
import { boot, copyEngine } from 'ddi-dma/machine';

export const machine = boot({ devices: [{ at: 'copy@1', model: copyEngine() }] });
const dip = machine.devinfo('copy@1');
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
const held: ddi.ddi_dma_handle_t[] = [];
const note = (what: string): void => {
  const { limit } = machine.resources().find((r) => r.name === 'dma handles') ?? { limit: 0 };
  console.log(`tick ${machine.kernel.ddi_get_lbolt()}: ${what}, ${held.length} of ${limit} in use`);
};

// Two handles at first, none after 20 ms, three after 60 ms.
machine.faults.quota('dma handles', {
  by: 'ns',
  steps: [
    { after: 0, limit: 2 },
    { after: 20_000_000, limit: 0 },
    { after: 60_000_000, limit: 3 },
  ],
});

function retry(what: string): number {
  const made = ddi.ddi_dma_alloc_handle(dip, attr, ddi.DDI_DMA_DONTWAIT);
  if (made.isErr()) return ddi.DDI_DMA_CALLBACK_RUNOUT;
  held.push(made.value.handle);
  note(`${what} is served`);
  return ddi.DDI_DMA_CALLBACK_DONE;
}

await machine.run(async () => {
  const sleeper = machine.thread('sleeper', async () => {
    await machine.kernel.delay(3);
    held.push(ddi.must(await ddi.ddi_dma_alloc_handle(dip, attr, ddi.DDI_DMA_SLEEP)).handle);
    note('the sleeper is served');
  });
  held.push(ddi.must(ddi.ddi_dma_alloc_handle(dip, attr, ddi.DDI_DMA_DONTWAIT)).handle);
  note('the first call');
  await machine.kernel.delay(4);
  const late = ddi.ddi_dma_alloc_handle(dip, attr, retry, 'the callback');
  note(late.isErr() ? late.error.name : 'served');
  await sleeper.done;
  await machine.kernel.delay(1);
});
for (const handle of held) ddi.ddi_dma_free_handle(handle);
