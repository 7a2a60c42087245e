// A program reads a disk into its own memory: physio(9F) locks the pages and calls strategy, which
// binds the buf and starts the device; the interrupt unbinds and calls biodone. The disk is a copy
// engine with a medium of DMA memory.
import * as ddi from 'ddi-dma';
import { boot, copyEngine } from 'ddi-dma/machine';

const devices = [{ at: 'disk@1', model: copyEngine() }];
export const machine = boot({ frames: 'scattered', devices });
const dip = machine.devinfo('disk@1');
const { must, ddi_put32, ddi_put64, ddi_dma_cookie_iter } = ddi;
const attr: ddi.ddi_dma_attr_t = {
  dma_attr_version: ddi.DMA_ATTR_V0,
  dma_attr_addr_lo: 0n,
  dma_attr_addr_hi: 0xffff_ffff_ffff_ffffn,
  dma_attr_count_max: 0xffff_ffffn,
  dma_attr_align: 1n,
  dma_attr_burstsizes: 0x7f,
  dma_attr_minxfer: 1,
  dma_attr_maxxfer: 0xffff_ffffn,
  dma_attr_seg: 0xffff_ffffn,
  dma_attr_sgllen: 32,
  dma_attr_granular: 512,
  dma_attr_flags: 0,
};
const acc: ddi.ddi_device_acc_attr_t = {
  devacc_attr_version: ddi.DDI_DEVICE_ATTR_V1,
  devacc_attr_endian_flags: ddi.DDI_STRUCTURE_LE_ACC,
  devacc_attr_dataorder: ddi.DDI_STRICTORDER_ACC,
  devacc_attr_access: ddi.DDI_DEFAULT_ACC,
};
const how = ddi.DDI_DMA_RDWR | ddi.DDI_DMA_CONSISTENT;
const data = must(ddi.ddi_dma_alloc_handle(dip, attr, null)).handle;
const one = { ...attr, dma_attr_sgllen: 1 }; // lists and medium in one piece each
const wired = must(ddi.ddi_dma_alloc_handle(dip, one, null)).handle;
const mem = must(ddi.ddi_dma_mem_alloc(wired, 102400, acc, ddi.DDI_DMA_CONSISTENT, null));
const bound = ddi.ddi_dma_addr_bind_handle(wired, null, mem.kaddr, mem.real_length, how, null);
const bus = must(bound).cookie.dmac_laddress;
const medium = 4096; // behind the lists
for (let i = medium; i < 102400; i += 4) ddi_put32(mem.handle, mem.kaddr + i, i);

const config = must(ddi.ddi_regs_map_setup(dip, 0, 0, 0, acc));
const { handle: regs, addr: reg } = must(ddi.ddi_regs_map_setup(dip, 1, 0, 0, acc));
ddi.ddi_put16(config.handle, config.addr + 4, 0x6); // memory access and bus master enable
let current: ddi.buf_t | null = null;

function entry(at: number, address: bigint, len: number): void {
  ddi_put64(mem.handle, mem.kaddr + at, address);
  ddi_put64(mem.handle, mem.kaddr + at + 8, BigInt(len));
}
function strategy(bp: ddi.buf_t): number {
  const { ccount } = must(ddi.ddi_dma_buf_bind_handle(data, bp, ddi.DDI_DMA_READ, null));
  console.log(`strategy: ${bp.b_bcount} bytes of block ${bp.b_lblkno}, ${ccount} cookies`);
  entry(0, bus + BigInt(medium + bp.b_lblkno * 512), bp.b_bcount);
  let at = 0;
  for (let c = ddi_dma_cookie_iter(data, null); c; c = ddi_dma_cookie_iter(data, c))
    entry((at += 16), c.dmac_laddress, c.dmac_size);
  must(ddi.ddi_dma_sync(wired, 0, medium, ddi.DDI_DMA_SYNC_FORDEV));
  [bus, bus + 16n].forEach((list, side) => ddi_put64(regs, reg + 0x10 + 16 * side, list));
  [1, ccount].forEach((n, side) => ddi_put32(regs, reg + 0x18 + 16 * side, n));
  current = bp;
  ddi_put32(regs, reg, 1); // the doorbell
  return 0;
}
function intr(): number {
  if (!current || ddi.ddi_get32(regs, reg + 8) === 0) return ddi.DDI_INTR_UNCLAIMED;
  ddi_put32(regs, reg + 8, 3); // acknowledge
  must(ddi.ddi_dma_unbind_handle(data));
  ddi.biodone(current); // from here on the buf is not ours
  return ddi.DDI_INTR_CLAIMED;
}
must(ddi.ddi_add_intr(dip, 0, intr, null));
ddi_put32(regs, reg + 0xc, 3); // interrupts on

const program = machine.users.createProcess('dd');
const addr = program.as.map(81920);
const uio = program.uio([[addr + 512, 71680]], 2048);
const { physio } = machine.kernel;
const rv = await program.run(() => physio(strategy, null, 0, ddi.B_READ, ddi.minphys, uio));
const last = new DataView(program.as.read(addr + 512 + 71676, 4).buffer).getUint32(0, true);
console.log(`physio: ${rv}, ${uio.uio_resid} left, last word ${last}, ${machine.clock.nowNs} ns`);
