/**
 * Registers of a modelled device: ddi_get32/ddi_put32 through a mapping against the same accesses
 * of the register file itself, which is the device without the DDI.
 */
import {
  ddi_get32,
  ddi_put32,
  ddi_regs_map_setup,
  DDI_DEVICE_ATTR_V1,
  DDI_STRICTORDER_ACC,
  DDI_STRUCTURE_LE_ACC,
  must,
} from 'ddi-dma';
import { boot, type RegisterFile, registerFile } from 'ddi-dma/machine';
import { row, type Row } from './harness.js';

const registers = 64;

/** A device of so many registers; every fourth hears of writes. */
function file(): RegisterFile {
  const heard = { writes: 0 };
  const onWrite = (): void => {
    heard.writes++;
  };
  return registerFile({
    name: 'bar0',
    kind: 'memory',
    sizeBytes: 4096,
    registers: Array.from({ length: registers }, (_, i) => ({
      name: `R${i}`,
      off: 4 * i,
      access: 'rw' as const,
      ...(i % 4 === 0 && { onWrite }),
    })),
  });
}

/** The rows of this file. */
export function rows(): Row[] {
  const bar0 = file();
  const model = ({ name }: { name: string }) => ({
    name,
    registers: [bar0],
    reset: () => {
      bar0.reset();
    },
  });
  const machine = boot({ devices: [{ at: 'bench@1', model }], store: 1 << 20 });
  const { handle, addr } = must(
    ddi_regs_map_setup(machine.devinfo('bench@1'), 0, 0, 0, {
      devacc_attr_version: DDI_DEVICE_ATTR_V1,
      devacc_attr_endian_flags: DDI_STRUCTURE_LE_ACC,
      devacc_attr_dataorder: DDI_STRICTORDER_ACC,
    }),
  );
  const twin = file();
  return [
    row({
      name: 'register access, modelled device',
      twin: 'the register file without the DDI',
      unit: 'access',
      units: 2 * registers,
      // Ten million a second.
      limit: { nsAtMost: 100 },
      a: () => {
        let sum = 0;
        for (let at = addr; at < addr + 4 * registers; at += 4) {
          sum = (sum + ddi_get32(handle, at)) | 0;
          ddi_put32(handle, at, sum);
        }
      },
      b: () => {
        let sum = 0;
        for (let off = 0; off < 4 * registers; off += 4) {
          sum = (sum + twin.read(off, 4)) | 0;
          twin.write(off, 4, sum);
        }
      },
    }),
  ];
}
