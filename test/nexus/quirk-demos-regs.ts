/** Demonstrations of quirks of register sets, as quirk-demos.ts defines them. */
import * as ddi from 'ddi-dma';
import { boot, type BootOptions } from '../../src/platforms/index.js';
import { ProbeDevice } from '../../src/conformance/probe-device.js';
import { neverSwap } from '../support/system.js';
import type { Demo } from './quirk-demos.js';

/** A machine with a device of four register sets. */
function stage(options: BootOptions) {
  const model = (env: ConstructorParameters<typeof ProbeDevice>[0]) => new ProbeDevice(env, {});
  const machine = boot({ ...options, devices: [{ at: 'probe@0', model }] });
  return { machine, dip: machine.devinfo('probe@0') };
}

function outcome(result: ReturnType<typeof ddi.ddi_regs_map_setup>): unknown {
  return result.isOk() ? 'mapped' : result.error.name;
}

/** The demonstrations. */
export const regsDemos: readonly Demo[] = [
  {
    id: 'rnumber-is-failure',
    see: (options) => outcome(ddi.ddi_regs_map_setup(stage(options).dip, 9, 0, 0, neverSwap)),
    on: 'DDI_FAILURE',
    off: 'DDI_ME_RNUMBER_RANGE',
  },
  {
    id: 'map-rest-runs-over',
    see: (options) => {
      const { machine, dip } = stage(options);
      const regs = ddi.must(ddi.ddi_regs_map_setup(dip, 2, 32, 0, neverSwap));
      // The set has 64 bytes; the last of them is the 31st from here.
      ddi.ddi_put8(regs.handle, regs.addr + 31, 7);
      const inside = ddi.ddi_get8(regs.handle, regs.addr + 31);
      ddi.ddi_put8(regs.handle, regs.addr + 32, 7);
      const beyond = ddi.ddi_get8(regs.handle, regs.addr + 32);
      return [inside, beyond, machine.findings.map((f) => f.rule)];
    },
    on: [7, 0xff, []],
    off: [7, 0xff, ['ACC_RANGE', 'ACC_RANGE']],
  },
  {
    id: 'config-addr-is-offset',
    see: (options) => {
      const { dip } = stage(options);
      const { addr } = ddi.must(ddi.ddi_regs_map_setup(dip, 0, 16, 4, neverSwap));
      return addr < 2 ** 32 ? addr : 'above 2^32';
    },
    on: 16,
    off: 'above 2^32',
  },
  {
    id: 'config-refuses-be',
    see: (options) => {
      const acc = { ...neverSwap, devacc_attr_endian_flags: ddi.DDI_STRUCTURE_BE_ACC };
      return outcome(ddi.ddi_regs_map_setup(stage(options).dip, 0, 0, 0, acc));
    },
    on: 'DDI_FAILURE',
    off: 'mapped',
  },
  {
    id: 'config-handle-unchecked',
    see: (options) => {
      const { machine, dip } = stage(options);
      const { handle } = ddi.must(ddi.ddi_regs_map_setup(dip, 0, 0, 0, neverSwap));
      return [ddi.pci_config_get8(handle, 0), machine.findings.map((f) => f.rule)];
    },
    on: [0, []],
    off: [0xff, ['WRONG_HANDLE']],
  },
  {
    id: 'regsize-from-tuple',
    see: (options) => {
      const { dip } = stage(options);
      return [0, 1].map((set) => ddi.must(ddi.ddi_dev_regsize(dip, set)).result);
    },
    on: [0, 4096],
    off: [256, 4096],
  },
  {
    id: 'peek-nexus-refuses',
    see: (options) => {
      const { machine, dip } = stage(options);
      const at = machine.kernel.kmem_zalloc(8, ddi.KM_SLEEP) ?? 0;
      const peeked = ddi.ddi_peek32(dip, at);
      return [peeked.isOk(), ddi.ddi_poke32(dip, at, 1).isOk(), machine.kernel.load32(at)];
    },
    on: [false, false, 0],
    off: [true, true, 1],
  },
  {
    id: 'peek-failure-writes-out',
    see: (options) => {
      const { machine, dip } = stage(options);
      const peeked = ddi.ddi_peek16(dip, machine.store.base);
      return peeked.isErr() ? peeked.error.out : 'a value';
    },
    on: { value: -0x4111 },
    off: undefined,
  },
];
