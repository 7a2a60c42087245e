// A retry queue: a driver that runs out of DMA memory, says so with a callback, and goes on when
// something was released. Requests are served in order and none is lost.
import * as ddi from 'ddi-dma';
import { boot, copyEngine } from 'ddi-dma/machine';

// A machine with 16 pages of memory: eight requests of four pages cannot all be served at once.
const memory = [{ base: 0x100000n, size: 16n * 4096n }];
export const machine = boot({ memory, devices: [{ at: 'copy@1', model: copyEngine() }] });
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
  dma_attr_sgllen: 64,
  dma_attr_granular: 1,
  dma_attr_flags: 0,
};
const acc = { devacc_attr_version: 1, devacc_attr_endian_flags: 0, devacc_attr_dataorder: 0 };
const { handle } = ddi.must(ddi.ddi_dma_alloc_handle(dip, attr, ddi.DDI_DMA_DONTWAIT));

interface SoftState {
  readonly waiting: number[];
  readonly running: Map<number, ddi.ddi_acc_handle_t>;
  outstanding: boolean;
}
const sc: SoftState = { waiting: [], running: new Map(), outstanding: false };

// Starts what can be started; registers one callback when something is left.
function start(soft: SoftState): void {
  for (let next = soft.waiting[0]; next !== undefined; next = soft.waiting[0]) {
    const flags = ddi.DDI_DMA_STREAMING;
    const got = soft.outstanding
      ? ddi.ddi_dma_mem_alloc(handle, 16384, acc, flags, ddi.DDI_DMA_DONTWAIT)
      : ddi.ddi_dma_mem_alloc(handle, 16384, acc, flags, runout, soft);
    if (got.isErr()) {
      soft.outstanding = true;
      return;
    }
    soft.waiting.shift();
    soft.running.set(next, got.value.handle);
    console.log(`request ${next} starts at tick ${machine.kernel.ddi_get_lbolt()}`);
  }
}

// The callback: DONE when nothing is left to be called for, RUNOUT to be called again.
function runout(soft: SoftState): number {
  start(soft);
  if (soft.waiting.length > 0) return ddi.DDI_DMA_CALLBACK_RUNOUT;
  soft.outstanding = false;
  return ddi.DDI_DMA_CALLBACK_DONE;
}

await machine.run(async () => {
  for (let request = 1; request <= 8; request++) {
    sc.waiting.push(request);
    start(sc);
  }
  console.log(`${sc.running.size} run, ${sc.waiting.length} wait`);
  while (sc.running.size > 0) {
    await machine.kernel.delay(1);
    const [oldest] = sc.running.keys();
    const done = sc.running.get(oldest ?? 0);
    sc.running.delete(oldest ?? 0);
    if (done !== undefined) ddi.ddi_dma_mem_free(done);
  }
});
ddi.ddi_dma_free_handle(handle);
console.log(`left: ${machine.live.list().length} objects, ${machine.findings.length} findings`);
