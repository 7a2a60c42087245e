// Descriptors in write-combining memory, and a doorbell. A device fetches what memory holds when it
// is rung: with a doorbell that is mapped as mergeable nothing makes the CPU's buffers drain first.
import * as ddi from 'ddi-dma';
import { boot, registerFile, type Device, type DeviceEnv } from 'ddi-dma/machine';

const { must, ddi_put32 } = ddi;
const descriptorBytes = 16;

/** Rung with the number of a descriptor, it fetches that descriptor from a ring. */
class Fetcher implements Device {
  readonly name: string;
  readonly fetched: string[] = [];
  readonly registers;

  constructor(env: DeviceEnv) {
    this.name = env.name;
    env.master.enabled = true;
    const config = registerFile({ name: 'config', kind: 'config', sizeBytes: 256, registers: [] });
    const bar0 = registerFile({
      name: 'bar0',
      kind: 'memory',
      sizeBytes: 16,
      registers: [
        { name: 'ring', off: 0, access: 'rw' },
        {
          name: 'doorbell',
          off: 4,
          access: 'wo',
          onWrite: (index) => {
            const bytes = new Uint8Array(descriptorBytes);
            const at = bar0.register('ring').value + index * descriptorBytes;
            env.bus.read(env.master, at >>> 12, at & 4095, bytes, 0, descriptorBytes);
            const words = new Uint32Array(bytes.buffer);
            this.fetched.push([...words].every((w) => w === 0xd0 + index) ? 'whole' : 'stale');
          },
        },
      ],
    });
    this.registers = [config, bar0];
  }

  reset(): void {
    this.fetched.length = 0;
  }
}

const reach = { dma_attr_addr_lo: 0n, dma_attr_addr_hi: 0xffff_ffffn, dma_attr_align: 4096n };
const most = { dma_attr_count_max: 4095n, dma_attr_maxxfer: 4096n, dma_attr_seg: 0xffff_ffffn };
const list = { dma_attr_sgllen: 1, dma_attr_minxfer: 1, dma_attr_granular: 1 };
const plain = { dma_attr_version: 0, dma_attr_burstsizes: 1, dma_attr_flags: 0 };
const attr: ddi.ddi_dma_attr_t = { ...reach, ...most, ...list, ...plain };
const acc = { devacc_attr_version: 1, devacc_attr_endian_flags: ddi.DDI_STRUCTURE_LE_ACC };
const strict = { ...acc, devacc_attr_dataorder: ddi.DDI_STRICTORDER_ACC };
const merging = { ...acc, devacc_attr_dataorder: ddi.DDI_MERGING_OK_ACC };
const how = ddi.DDI_DMA_CONSISTENT | ddi.IOMEM_DATA_UC_WR_COMBINE;

export const machine = boot({ devices: [{ at: 'nic@1', model: (env) => new Fetcher(env) }] });

function ring(doorbell: ddi.ddi_device_acc_attr_t, sync: boolean): string {
  machine.reset(1);
  const dip = machine.devinfo('nic@1');
  const { handle } = must(ddi.ddi_dma_alloc_handle(dip, attr, null));
  const mem = must(ddi.ddi_dma_mem_alloc(handle, 4096, strict, how, null));
  const rw = ddi.DDI_DMA_RDWR | ddi.DDI_DMA_CONSISTENT;
  must(ddi.ddi_dma_addr_bind_handle(handle, null, mem.kaddr, 4096, rw, null));
  const bar0 = must(ddi.ddi_regs_map_setup(dip, 1, 0, 0, doorbell));
  ddi_put32(bar0.handle, bar0.addr, ddi.ddi_dma_cookie_one(handle).dmac_address);
  for (let i = 0; i < 64; i++) {
    const at = mem.kaddr + i * descriptorBytes;
    for (let word = 0; word < 16; word += 4) ddi_put32(mem.handle, at + word, 0xd0 + i);
    if (sync) must(ddi.ddi_dma_sync(handle, i * descriptorBytes, 16, ddi.DDI_DMA_SYNC_FORDEV));
    ddi_put32(bar0.handle, bar0.addr + 4, i);
  }
  const device = machine.device('nic@1') as Fetcher;
  return `${device.fetched.filter((d) => d === 'whole').length} of 64 descriptors whole`;
}

console.log(`a doorbell mapped in strict order: ${ring(strict, false)}`);
console.log(`a doorbell that may be merged:     ${ring(merging, false)}`);
console.log(`the same, after ddi_dma_sync:      ${ring(merging, true)}`);
