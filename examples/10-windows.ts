// Windows: a device whose list has four entries is given an object of ten scattered pages. The bind
// returns DDI_DMA_PARTIAL_MAP, and the driver takes the object through the device window by window.
// 10-windows.svg is a picture of this bind.
import * as ddi from 'ddi-dma';
import { boot } from 'ddi-dma/machine';

// The device: it sees bus addresses and puts on tape what it finds there, in whole blocks.
const tape = { name: 'tape@1', enabled: true, entries: 4, block: 512, written: [] as number[] };
const model = () => ({ name: tape.name, registers: [], reset: () => undefined });
export const machine = boot({ devices: [{ at: tape.name, model }] });
const dip = machine.devinfo(tape.name);

function tape_write(list: readonly ddi.ddi_dma_cookie_t[]): void {
  const bytes = list.reduce((sum, c) => sum + c.dmac_size, 0);
  if (list.length > tape.entries || bytes % tape.block !== 0) throw new Error('the tape jams');
  for (const { dmac_laddress: address, dmac_size: size } of list) {
    const found = new Uint8Array(size);
    const frame = Number(address >> 12n);
    machine.bus.read(tape, frame, Number(address & 0xfffn), found, 0, size);
    tape.written.push(...found);
  }
}

const attr: ddi.ddi_dma_attr_t = {
  dma_attr_version: ddi.DMA_ATTR_V0,
  dma_attr_addr_lo: 0n,
  dma_attr_addr_hi: 0xffff_ffffn,
  dma_attr_count_max: 0xffff_ffffn,
  dma_attr_align: 1n,
  dma_attr_burstsizes: 0x7f,
  dma_attr_minxfer: 1,
  dma_attr_maxxfer: 0xffff_ffffn,
  dma_attr_seg: 0xffff_ffffn,
  dma_attr_sgllen: tape.entries,
  dma_attr_granular: tape.block,
  dma_attr_flags: 0,
};

// 75 blocks, 0x2a0 bytes into the first of ten frames, two of which follow one another.
const frames = [0x1a0, 0x2c4, 0x2c5, 0x2c0, 0x31000, 0x31002, 0x1b7, 0x40000, 0x3ffff, 0x2d0];
const length = 75 * tape.block;
const object = machine.place(frames, 0x2a0);
const data = Uint8Array.from({ length }, (_, i) => (i * 7 + (i >> 8)) & 0xff);
machine.kernel.copyBytesIn(object, data);

const { must, DDI_DMA_DONTWAIT } = ddi;
const { handle } = must(ddi.ddi_dma_alloc_handle(dip, attr, DDI_DMA_DONTWAIT));
const flags = ddi.DDI_DMA_WRITE | ddi.DDI_DMA_STREAMING;
const bind = (how: number) =>
  ddi.ddi_dma_addr_bind_handle(handle, null, object, length, how, DDI_DMA_DONTWAIT);

const whole = bind(flags);
if (whole.isErr()) console.log(`${whole.error.name}: ${whole.error.message}`);

const { rval } = must(bind(flags | ddi.DDI_DMA_PARTIAL));
if (rval !== ddi.DDI_DMA_PARTIAL_MAP) throw new Error('there should be windows');
const { nwin } = must(ddi.ddi_dma_numwin(handle));
for (let win = 0; win < nwin; win++) {
  const { off, len, ccount } = must(ddi.ddi_dma_getwin(handle, win));
  must(ddi.ddi_dma_sync(handle, off, len, ddi.DDI_DMA_SYNC_FORDEV));
  const list: ddi.ddi_dma_cookie_t[] = [];
  let c = ddi.ddi_dma_cookie_iter(handle, null);
  for (; c !== null; c = ddi.ddi_dma_cookie_iter(handle, c)) list.push(c);
  const shown = list.map((k) => `0x${k.dmac_laddress.toString(16)}+${k.dmac_size}`).join(' ');
  console.log(`window ${win}: ${len} bytes at ${off}, ${ccount} cookies: ${shown}`);
  tape_write(list);
}
must(ddi.ddi_dma_unbind_handle(handle));
ddi.ddi_dma_free_handle(handle);

const right = tape.written.filter((byte, i) => byte === data[i]).length;
console.log(`on tape: ${tape.written.length} bytes, ${right} of them right`);
machine.unplace(object);
console.log(`left behind: ${machine.probe.live().length}, findings: ${machine.findings.length}`);
