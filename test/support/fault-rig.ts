/** A machine with a device that can break, and a driver that has declared itself. */
import {
  ddi_dma_addr_bind_handle,
  ddi_dma_alloc_handle,
  ddi_fm_handler_register,
  ddi_fm_init,
  ddi_regs_map_setup,
  DDI_DMA_DONTWAIT,
  DDI_DMA_FLAGERR,
  DDI_DMA_RDWR,
  DDI_FLAGERR_ACC,
  DDI_STRUCTURE_BE_ACC,
  must,
  type ddi_dma_handle_t,
  type ddi_fm_error_t,
  type dev_info_t,
} from '../../src/index.js';
import { ProbeDevice } from '../../src/conformance/probe-device.js';
import { boot, type BootedMachine, type BootOptions } from '../../src/platforms/index.js';
import { Panic } from '../../src/sys/errors.js';
import { anyAttr } from './attr.js';

/** Where the device is. */
export const place = 'probe@0';

/** A machine, its device, and what the error handler of its driver was told. */
export interface FaultRig {
  readonly machine: BootedMachine;
  readonly dip: dev_info_t;
  readonly device: ProbeDevice;
  readonly told: ddi_fm_error_t[];
  /** What the handler answers; the status it was told unless set. */
  answer: number | undefined;
}

/** Boots, attaches a driver that asks for `capability`, and lets it register a handler. */
export async function faultRig(
  options: BootOptions = {},
  capability = 15,
  handler = true,
): Promise<FaultRig> {
  const model = (env: ConstructorParameters<typeof ProbeDevice>[0]) => new ProbeDevice(env, {});
  const devices = [
    { at: place, model },
    { at: 'probe@1', model },
  ];
  const machine = boot({ store: 8 << 20, frames: 'contiguous', ...options, devices });
  const dip = machine.devinfo(place);
  const device = machine.device(place);
  if (!(device instanceof ProbeDevice)) throw new Error('another device');
  const rig: FaultRig = { machine, dip, device, told: [], answer: undefined };
  await entry(rig, 'attach', () => {
    ddi_fm_init(dip, capability);
    if (!handler) return;
    ddi_fm_handler_register(
      dip,
      (_dip, error) => {
        rig.told.push(error);
        return rig.answer ?? error.fme_status;
      },
      null,
    );
  });
  return rig;
}

/** Runs a function in an entry point of the driver. */
export async function entry(
  { machine, dip }: Pick<FaultRig, 'machine' | 'dip'>,
  which: 'attach' | 'detach',
  fn: () => void,
): Promise<void> {
  const run = (): number => {
    fn();
    return 0;
  };
  await machine[which]({ name: 'faulty', attach: run, detach: run }, dip);
}

/** Maps the registers of the device. */
export function mapped(
  { dip }: Pick<FaultRig, 'dip'>,
  access: number = DDI_FLAGERR_ACC,
  endian: number = DDI_STRUCTURE_BE_ACC,
) {
  return must(
    ddi_regs_map_setup(dip, 1, 0, 0, {
      devacc_attr_version: 2,
      devacc_attr_endian_flags: endian,
      devacc_attr_dataorder: 0,
      devacc_attr_access: access,
    }),
  );
}

/** Binds a page on a frame of choice, with a handle that asks for marks. */
export function boundPage(
  { machine, dip }: Pick<FaultRig, 'machine' | 'dip'>,
  pfn: number,
): ddi_dma_handle_t {
  const attr = anyAttr({ dma_attr_flags: DDI_DMA_FLAGERR });
  const { handle } = must(ddi_dma_alloc_handle(dip, attr, DDI_DMA_DONTWAIT));
  const va = machine.place([pfn]);
  must(ddi_dma_addr_bind_handle(handle, null, va, 4096, DDI_DMA_RDWR, DDI_DMA_DONTWAIT));
  return handle;
}

/** Lets the device write where it is broken, and the system hear of it. */
export function failDma({ machine, device }: FaultRig, address: bigint): void {
  machine.hardware.breakAddress(place, address, { times: 1 });
  try {
    device.write(address, Uint8Array.of(1));
  } catch {
    // That is what was asked for.
  }
  machine.sched.settle();
}

/** What a function gives, or `panic`. */
export function orPanic<T>(fn: () => T): T | 'panic' {
  try {
    return fn();
  } catch (error) {
    if (error instanceof Panic) return 'panic';
    throw error;
  }
}
