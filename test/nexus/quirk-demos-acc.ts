/** Demonstrations of quirks of accesses, as quirk-demos.ts defines them. */
import * as ddi from 'ddi-dma';
import { boot, type BootOptions } from '../../src/platforms/index.js';
import { ProbeDevice } from '../../src/conformance/probe-device.js';
import { orPanic } from '../support/fault-rig.js';
import { neverSwap } from '../support/system.js';
import type { Demo } from './quirk-demos.js';

/** Mapped registers: a range of memory is set 1, ports are set 3. */
function stage(options: BootOptions, set: number) {
  const model = (env: ConstructorParameters<typeof ProbeDevice>[0]) => new ProbeDevice(env, {});
  const machine = boot({ ...options, devices: [{ at: 'probe@0', model }] });
  const regs = ddi.must(ddi.ddi_regs_map_setup(machine.devinfo('probe@0'), set, 0, 0, neverSwap));
  return { machine, ...regs };
}

/** The demonstrations. */
export const accDemos: readonly Demo[] = [
  {
    id: 'rep-flags-but-one-stay',
    see: (options) => {
      const { machine, handle, addr } = stage(options, 1);
      ddi.ddi_rep_put8(handle, Uint8Array.of(1, 2, 3), addr, 3, 2);
      const there = [0, 1, 2].map((off) => ddi.ddi_get8(handle, addr + off));
      return [there, machine.findings.map((f) => f.rule)];
    },
    on: [[3, 0, 0], ['BAD_ARGUMENT']],
    off: [[0, 0, 0], ['BAD_ARGUMENT']],
  },
  {
    id: 'io-64-panics',
    see: (options) => {
      const { machine, handle, addr } = stage(options, 3);
      const rules = () => machine.findings.map((f) => f.rule);
      return [orPanic(() => ddi.ddi_get64(handle, addr)), rules()];
    },
    on: ['panic', ['ACC_WIDTH']],
    off: [0xffff_ffff_ffff_ffffn, ['ACC_WIDTH']],
  },
  {
    id: 'device-copy-divides-by-zero',
    see: (options) => {
      const { handle, addr } = stage(options, 1);
      return orPanic(() => ddi.ddi_device_zero(handle, addr, 4, 1, 0).isOk());
    },
    on: 'panic',
    off: false,
  },
];
