// Byte order: one word written through handles of the three endian flags, on a little-endian and on
// a big-endian host; the bytes are what the device has then. A driver of a little-endian device
// says DDI_STRUCTURE_LE_ACC, works with numbers, and is right on both hosts; with
// DDI_NEVERSWAP_ACC it is right on one of them.
import * as ddi from 'ddi-dma';
import {
  boot,
  type BootedMachine,
  registerFile,
  type DeviceEnv,
  type PlatformName,
} from 'ddi-dma/machine';

// The device: four scratch registers. It remembers the bytes it was sent.
function scratchpad(env: DeviceEnv) {
  const registers = ['A', 'B', 'C', 'D'].map(
    (name, i) => ({ name, off: 4 * i, access: 'rw' }) as const,
  );
  const bar0 = registerFile({ name: 'bar0', kind: 'memory', sizeBytes: 16, registers });
  const config = registerFile({
    name: 'config',
    kind: 'config',
    sizeBytes: 256,
    registers: [{ name: 'vendor', off: 0, width: 2, access: 'ro', reset: 0x8086 }],
  });
  const reset = (): void => {
    bar0.reset();
  };
  return { name: env.name, registers: [config, bar0], reset };
}

const flags = ['DDI_NEVERSWAP_ACC', 'DDI_STRUCTURE_LE_ACC', 'DDI_STRUCTURE_BE_ACC'] as const;
const hex = (n: number): string => n.toString(16).padStart(2, '0');

function show(platform: PlatformName): BootedMachine {
  const machine = boot({ platform, devices: [{ at: 'pad@1', model: scratchpad }] });
  const dip = machine.devinfo('pad@1');
  console.log(`${platform}, ${machine.description.endian}-endian: put32 of 0x11223344`);
  for (const name of flags) {
    const { handle, addr } = ddi.must(
      ddi.ddi_regs_map_setup(dip, 1, 0, 0, {
        devacc_attr_version: ddi.DDI_DEVICE_ATTR_V0,
        devacc_attr_endian_flags: ddi[name],
        devacc_attr_dataorder: ddi.DDI_STRICTORDER_ACC,
      }),
    );
    ddi.ddi_put32(handle, addr, 0x11223344);
    // Bytes have no order: what ddi_get8 reads at 0, 1, 2, 3 is what lies there.
    const bytes = [0, 1, 2, 3].map((i) => hex(ddi.ddi_get8(handle, addr + i))).join(' ');
    const back = `0x${ddi.ddi_get32(handle, addr).toString(16)}`;
    console.log(`  ${name.padEnd(20)}  ${bytes}  read back ${back}`);
    ddi.ddi_regs_map_free(handle);
  }
  // Configuration space is little-endian on every host, and its accessors know it.
  const { handle } = ddi.must(ddi.pci_config_setup(dip));
  console.log(`  vendor 0x${ddi.pci_config_get16(handle, 0).toString(16)}`);
  ddi.pci_config_teardown(handle);
  return machine;
}

show('i86pc');
export const machine = show('sun4u');
