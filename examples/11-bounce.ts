// Bounce pages: a device with 24 address lines is given 3 MiB of memory above 4 GiB. Pages below
// 16 MiB stand in for them, at most 257 at a time, so there are windows too; ddi_dma_sync(9F) is
// what moves the data. 11-bounce.svg is a picture of this bind.
import * as ddi from 'ddi-dma';
import { boot } from 'ddi-dma/machine';

// The device: it inverts every byte it is pointed at, and sees nothing but bus addresses.
const inverter = { name: 'inverter@1', enabled: true, seen: 0 };
const model = () => ({ name: inverter.name, registers: [], reset: () => undefined });
export const machine = boot({ frames: 'contiguous', devices: [{ at: inverter.name, model }] });
const dip = machine.devinfo(inverter.name);

function invert(address: bigint, size: number, expected: Uint8Array): void {
  const bytes = new Uint8Array(size);
  const [frame, off] = [Number(address >> 12n), Number(address & 0xfffn)];
  machine.bus.read(inverter, frame, off, bytes, 0, size);
  inverter.seen += bytes.filter((byte, i) => byte === expected[i]).length;
  const inverted = bytes.map((byte) => byte ^ 0xff);
  machine.bus.write(inverter, frame, off, inverted, 0, size);
}

const attr: ddi.ddi_dma_attr_t = {
  dma_attr_version: ddi.DMA_ATTR_V0,
  dma_attr_addr_lo: 0n,
  dma_attr_addr_hi: 0xff_ffffn, // 24 address lines: the first 16 MiB
  dma_attr_count_max: 0xffff_ffffn,
  dma_attr_align: 1n,
  dma_attr_burstsizes: 0x7f,
  dma_attr_minxfer: 1,
  dma_attr_maxxfer: 0xffff_ffffn,
  dma_attr_seg: 0xffff_ffffn,
  dma_attr_sgllen: -1,
  dma_attr_granular: 1,
  dma_attr_flags: 0,
};

// Three stretches of memory, far out of reach.
const stretch = (first: number, count: number) =>
  Array.from({ length: count }, (_, i) => first + i);
const frames = [stretch(0x140000, 0x130), stretch(0x260000, 0xd0), stretch(0x150000, 0x100)].flat();
const length = frames.length * 4096;
const object = machine.place(frames);
const data = Uint8Array.from({ length }, (_, i) => (i * 31 + (i >> 12)) & 0xff);
machine.kernel.copyBytesIn(object, data);

const { must, DDI_DMA_DONTWAIT } = ddi;
const { handle } = must(ddi.ddi_dma_alloc_handle(dip, attr, DDI_DMA_DONTWAIT));
const flags = ddi.DDI_DMA_RDWR | ddi.DDI_DMA_STREAMING | ddi.DDI_DMA_PARTIAL;
must(ddi.ddi_dma_addr_bind_handle(handle, null, object, length, flags, DDI_DMA_DONTWAIT));
const { nwin } = must(ddi.ddi_dma_numwin(handle));
for (let win = 0; win < nwin; win++) {
  const { off, len, cookie, ccount } = must(ddi.ddi_dma_getwin(handle, win));
  const first = `0x${cookie.dmac_laddress.toString(16)}`;
  console.log(`window ${win}: ${len} bytes at ${off}, ${ccount} cookies, the first at ${first}`);
  must(ddi.ddi_dma_sync(handle, off, len, ddi.DDI_DMA_SYNC_FORDEV));
  let at = off;
  let c = ddi.ddi_dma_cookie_iter(handle, null);
  for (; c !== null; c = ddi.ddi_dma_cookie_iter(handle, c)) {
    invert(c.dmac_laddress, c.dmac_size, data.subarray(at, at + c.dmac_size));
    at += c.dmac_size;
  }
  const before = machine.kernel.load8(object + off);
  must(ddi.ddi_dma_sync(handle, off, len, ddi.DDI_DMA_SYNC_FORCPU));
  const after = machine.kernel.load8(object + off);
  console.log(
    `  its first byte is ${data[off] ?? 0}; ${before} before the sync, ${after} after it`,
  );
}
must(ddi.ddi_dma_unbind_handle(handle));
ddi.ddi_dma_free_handle(handle);

const now = machine.kernel.copyBytesOut(object, length);
const inverted = now.filter((byte, i) => (byte ^ 0xff) === data[i]).length;
console.log(`of ${length} bytes the device saw ${inverter.seen} as the driver wrote them,`);
console.log(`and the driver sees ${inverted} as the device wrote them`);
machine.unplace(object);
console.log(`left behind: ${machine.probe.live().length}, findings: ${machine.findings.length}`);
