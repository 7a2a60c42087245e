// Five classic mistakes with resource callbacks, and what the model says of each.
import * as ddi from 'ddi-dma';
import { boot, type BootedMachine, copyEngine } from 'ddi-dma/machine';

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
  dma_attr_sgllen: 64,
  dma_attr_granular: 1,
  dma_attr_flags: 0,
};
const acc = { devacc_attr_version: 1, devacc_attr_endian_flags: 0, devacc_attr_dataorder: 0 };
const flags = ddi.DDI_DMA_CONSISTENT;
const { DDI_DMA_CALLBACK_DONE: DONE, DDI_DMA_CALLBACK_RUNOUT: RUNOUT, DDI_DMA_DONTWAIT } = ddi;

interface Soft {
  readonly handle: ddi.ddi_dma_handle_t;
  readonly got: ddi.ddi_acc_handle_t[];
  readonly cv: ddi.kcondvar_t;
  served: boolean;
}
function retry(soft: Soft): boolean {
  const mem = ddi.ddi_dma_mem_alloc(soft.handle, 4096, acc, flags, DDI_DMA_DONTWAIT);
  if (mem.isErr()) return false;
  soft.got.push(mem.value.handle);
  soft.served = true;
  ddi.cv_signal(soft.cv);
  return true;
}
const answersACount = (soft: Soft): number => (retry(soft) ? soft.got.length : RUNOUT);
const forgetsDone = (soft: Soft): number => (retry(soft), RUNOUT);
const isStillQueued = (): number => RUNOUT;
const givesUp = (): number => DONE;
function sleepsInside(soft: Soft): number {
  ddi.discard(ddi.ddi_dma_mem_alloc(soft.handle, 65536, acc, flags, ddi.DDI_DMA_SLEEP));
  return retry(soft) ? DONE : RUNOUT;
}
const driver = { name: 'hasty', attach: () => ddi.DDI_SUCCESS, detach: () => ddi.DDI_SUCCESS };

async function live(on: BootedMachine, callback: (soft: Soft) => number): Promise<void> {
  const dip = on.devinfo('copy@1');
  await on.attach(driver, dip);
  const { handle } = ddi.must(ddi.ddi_dma_alloc_handle(dip, attr, DDI_DMA_DONTWAIT));
  const lock = on.kernel.mutex_init('hasty', ddi.MUTEX_DRIVER, null);
  const soft: Soft = { handle, got: [], cv: on.kernel.cv_init('served'), served: false };
  while (retry(soft));
  soft.served = false;
  ddi.discard(ddi.ddi_dma_mem_alloc(handle, 4096, acc, flags, callback, soft));
  for (const mem of soft.got.splice(0, 3)) {
    ddi.ddi_dma_mem_free(mem);
    await on.kernel.delay(1);
  }
  await ddi.mutex_enter(lock);
  while (!soft.served && callback !== isStillQueued) await ddi.cv_wait(soft.cv, lock);
  ddi.mutex_exit(lock);
  console.log(`  ${soft.got.length} blocks of 1 + 1 held`);
  soft.got.forEach(ddi.ddi_dma_mem_free);
  ddi.ddi_dma_free_handle(handle);
  await on.detach(driver, dip);
}

const memory = [{ base: 0x100000n, size: 4n * 4096n }];
const boots = () => boot({ memory, devices: [{ at: 'copy@1', model: copyEngine() }] });
export let machine = boots();
for (const callback of [answersACount, sleepsInside, forgetsDone, isStillQueued, givesUp]) {
  machine = boots();
  console.log(callback.name);
  const run = machine.run(() => live(machine, callback));
  await run.catch((error: unknown) => {
    console.log(`  ${String(error)}`);
  });
  for (const { rule, clause } of machine.findings) console.log(`  ${rule} (${clause})`);
}
