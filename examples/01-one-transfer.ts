// One transfer: memory is allocated for DMA and bound, a device that sees bus addresses only copies
// one part of it to another, and the driver synchronises before it looks.
import * as ddi from 'ddi-dma';
import { boot, copyEngine } from 'ddi-dma/machine';

export const machine = boot({ devices: [{ at: 'copy@1', model: copyEngine() }] });
const dip = machine.devinfo('copy@1');

const attr: ddi.ddi_dma_attr_t = {
  dma_attr_version: ddi.DMA_ATTR_V0,
  dma_attr_addr_lo: 0n,
  dma_attr_addr_hi: 0xffff_ffffn, // 32 address lines
  dma_attr_count_max: 0xffffn, // a 16-bit counter
  dma_attr_align: 16n,
  dma_attr_burstsizes: 0x7f,
  dma_attr_minxfer: 1,
  dma_attr_maxxfer: 0xffffn,
  dma_attr_seg: 0xffffn, // no carry beyond 64 KiB
  dma_attr_sgllen: 1, // no scatter/gather
  dma_attr_granular: 1,
  dma_attr_flags: 0,
};
const acc: ddi.ddi_device_acc_attr_t = {
  devacc_attr_version: ddi.DDI_DEVICE_ATTR_V1,
  devacc_attr_endian_flags: ddi.DDI_STRUCTURE_LE_ACC,
  devacc_attr_dataorder: ddi.DDI_STRICTORDER_ACC,
  devacc_attr_access: ddi.DDI_DEFAULT_ACC,
};
const { ddi_put16, ddi_put32, ddi_put64, ddi_get32, must } = ddi;
const how = ddi.DDI_DMA_CONSISTENT;
const { handle } = must(ddi.ddi_dma_alloc_handle(dip, attr, ddi.DDI_DMA_DONTWAIT));
const mem = must(ddi.ddi_dma_mem_alloc(handle, 4096, acc, how, ddi.DDI_DMA_DONTWAIT));
const { kaddr: va, real_length: len, handle: ah } = mem;
const flags = ddi.DDI_DMA_RDWR | how;
const bind = ddi.ddi_dma_addr_bind_handle(handle, null, va, len, flags, ddi.DDI_DMA_DONTWAIT);
const { cookie, ccount } = must(bind);
const bus = cookie.dmac_laddress;
console.log(`${ccount} cookie: ${cookie.dmac_size} bytes at bus address 0x${bus.toString(16)}`);

for (let i = 0; i < 1024; i += 4) ddi_put32(ah, va + 1024 + i, 0xc0ffee00 + i);
const list = [bus + 1024n, bus + 2048n]; // two lists of one entry each: address, length, flags
list.forEach((address, i) => ddi_put64(ah, va + 16 * i, address));
list.forEach((_, i) => ddi_put64(ah, va + 16 * i + 8, 1024n));
must(ddi.ddi_dma_sync(handle, 0, 2048, ddi.DDI_DMA_SYNC_FORDEV));

const config = must(ddi.ddi_regs_map_setup(dip, 0, 0, 0, acc));
const bar0 = must(ddi.ddi_regs_map_setup(dip, 1, 0, 0, acc));
ddi_put16(config.handle, config.addr + 4, 0x6); // memory access and bus master enable
list.forEach((_, i) => ddi_put64(bar0.handle, bar0.addr + 0x10 + 16 * i, bus + 16n * BigInt(i)));
list.forEach((_, i) => ddi_put32(bar0.handle, bar0.addr + 0x18 + 16 * i, 1));
ddi_put32(bar0.handle, bar0.addr, 1); // the doorbell
while (ddi_get32(bar0.handle, bar0.addr + 4) & 1) machine.kernel.drv_usecwait(1); // busy
must(ddi.ddi_dma_sync(handle, 2048, 1024, ddi.DDI_DMA_SYNC_FORCPU));
console.log(`last word: 0x${ddi_get32(ah, va + 3068).toString(16)}, ${machine.clock.nowNs} ns`);
[config, bar0].forEach((regs) => ddi.ddi_regs_map_free(regs.handle));
must(ddi.ddi_dma_unbind_handle(handle));
ddi.ddi_dma_mem_free(ah);
ddi.ddi_dma_free_handle(handle);
console.log(`left behind: ${machine.probe.live().length}, findings: ${machine.findings.length}`);
