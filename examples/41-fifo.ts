// A FIFO behind one register: DDI_DEV_NO_AUTOINCR reads it again and again, AUTOINCR runs past it.
import * as ddi from 'ddi-dma';
import { boot, type DeviceModel } from 'ddi-dma/machine';

const FIFO_DATA = 0x0;
const FIFO_LEVEL = 0x4;

/** Eight words to be read at one place; each read takes one away. */
const fifo: DeviceModel = ({ name }) => {
  let words: number[] = [];
  const reset = (): void => {
    words = Array.from({ length: 8 }, (_, i) => 0x1000 + i);
  };
  reset();
  const config = { name: 'config', kind: 'config', sizeBytes: 256 } as const;
  const bar0 = { name: 'bar0', kind: 'memory', sizeBytes: 16 } as const;
  return {
    name,
    reset,
    registers: [
      { ...config, read: () => 0, write: () => undefined },
      {
        ...bar0,
        read: (off) => (off === FIFO_DATA ? (words.shift() ?? 0) : words.length),
        write: () => undefined,
      },
    ],
  };
};

export const machine = boot({ devices: [{ at: 'fifo@1', model: fifo }] });
const acc: ddi.ddi_device_acc_attr_t = {
  devacc_attr_version: ddi.DDI_DEVICE_ATTR_V1,
  devacc_attr_endian_flags: ddi.DDI_STRUCTURE_LE_ACC,
  devacc_attr_dataorder: ddi.DDI_STRICTORDER_ACC,
};
const dip = machine.devinfo('fifo@1');
const { addr, handle } = ddi.must(ddi.ddi_regs_map_setup(dip, 1, 0, 0, acc));
const hex = (words: Uint32Array): string => [...words].map((w) => w.toString(16)).join(' ');
const level = (): number => ddi.ddi_get32(handle, addr + FIFO_LEVEL);

const words = new Uint32Array(4);
ddi.ddi_rep_get32(handle, words, addr + FIFO_DATA, 4, ddi.DDI_DEV_NO_AUTOINCR);
console.log(`a FIFO:   ${hex(words)}; ${level()} words left`);

// The mistake: one word of the FIFO, and the registers behind it.
ddi.ddi_rep_get32(handle, words, addr + FIFO_DATA, 4, ddi.DDI_DEV_AUTOINCR);
console.log(`a buffer: ${hex(words)}; ${level()} words left`);

// And the other one: bytes counted where the call counts words.
ddi.ddi_rep_get32(handle, words, addr + FIFO_DATA, 16, ddi.DDI_DEV_NO_AUTOINCR);
console.log(`${machine.findings[0]?.message}; ${level()} words left`);
ddi.ddi_regs_map_free(handle);
