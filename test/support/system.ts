/** A booted machine with one node to allocate for. */
import { boot, type BootedMachine, type BootOptions } from '../../src/platforms/index.js';
import type { dev_info_t } from '../../src/sys/types.js';

/** A device without registers: a place in the tree. */
export const bareDevice = {
  at: 'bare@1',
  model: () => ({
    name: 'bare@1',
    registers: [],
    reset: () => {
      // Nothing to reset.
    },
  }),
};

/** Boots a machine with a bare device. */
export function bareSystem(options: BootOptions = {}): {
  readonly machine: BootedMachine;
  readonly dip: dev_info_t;
} {
  const machine = boot({ ...options, devices: [bareDevice] });
  return { machine, dip: machine.devinfo(bareDevice.at) };
}

/** The usual access attributes: never swap. */
export const neverSwap = {
  devacc_attr_version: 1,
  devacc_attr_endian_flags: 0,
  devacc_attr_dataorder: 0,
};
