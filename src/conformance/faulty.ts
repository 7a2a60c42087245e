/** What checks of faults share: drivers that declare themselves, and handles that are watched. */
import { DDI_DMA_FLAGERR, DDI_FLAGERR_ACC, DDI_STRUCTURE_BE_ACC } from '../sys/constants.js';
import {
  DDI_FM_ACCCHK_CAPABLE,
  DDI_FM_DMACHK_CAPABLE,
  DDI_FM_EREPORT_CAPABLE,
  DDI_FM_ERRCB_CAPABLE,
} from '../sys/constants-fm.js';
import type { ddi_fm_error_t } from '../sys/types-fm.js';
import type { ddi_dma_handle_t, dev_info_t } from '../sys/types.js';
import type { Range } from './accessors.js';
import { bind, cookiesOf, newHandle, plainAcc } from './stock.js';
import type { Sut, Where } from './sut.js';
import { good, same, that } from './that.js';

/** Everything a driver can declare. */
export const allCapabilities =
  DDI_FM_EREPORT_CAPABLE | DDI_FM_ACCCHK_CAPABLE | DDI_FM_DMACHK_CAPABLE | DDI_FM_ERRCB_CAPABLE;

/** One call of an error handler. */
export interface HandlerCall {
  readonly dip: dev_info_t;
  readonly error: ddi_fm_error_t;
  readonly arg: unknown;
  readonly where: Where;
}

/** A driver that has declared itself, and what its error handler was told. */
export interface Declared {
  readonly calls: HandlerCall[];
  /** What the handler answers; the status it was told unless set. */
  answer: number | undefined;
}

/** The last argument of the error handler. */
export const handlerArg = 'the argument';

/**
 * Lets a driver of device 0 declare everything, with an error handler that keeps what it is told.
 *
 * @param sut - the system
 * @param handler - whether it registers one
 */
export async function declared(sut: Sut, handler = true): Promise<Declared> {
  const driver: Declared = { calls: [], answer: undefined };
  const dip = sut.dip();
  await sut.inEntryPoint('attach', dip, () => {
    const { fm_capability } = sut.ddi.ddi_fm_init(dip, allCapabilities);
    same(fm_capability, allCapabilities, 'what a device on PCI is granted');
    if (!handler) return;
    sut.ddi.ddi_fm_handler_register(
      dip,
      (told, error, arg) => {
        driver.calls.push({ dip: told, error, arg, where: sut.contextKind() });
        return driver.answer ?? error.fme_status;
      },
      handlerArg,
    );
  });
  return driver;
}

/**
 * A mapping of register set 1 whose accesses swap on a little-endian host.
 *
 * @param sut - the system
 * @param access - `DDI_DEFAULT_ACC` and its kin
 * @param endian - the order of the device
 */
export function watched(
  sut: Sut,
  access: number = DDI_FLAGERR_ACC,
  endian: number = DDI_STRUCTURE_BE_ACC,
): Range {
  const acc = {
    ...plainAcc,
    devacc_attr_endian_flags: endian,
    devacc_attr_access: access,
  };
  return good(sut.ddi.ddi_regs_map_setup(sut.dip(), 1, 0, 0, acc), 'map of set 1');
}

/** A bound handle that is watched, and the first address of its only cookie. */
export interface WatchedBinding {
  readonly handle: ddi_dma_handle_t;
  readonly address: bigint;
  readonly at: number;
  readonly length: number;
}

/**
 * Binds one page of memory, on a frame by name, with a handle that asks for marks.
 *
 * @param sut - the system
 * @param pfn - the frame
 */
export function watchedBinding(sut: Sut, pfn = 0x1200): WatchedBinding {
  const length = sut.pageSize;
  const at = sut.place([pfn], 0, length);
  const handle = newHandle(sut, { dma_attr_flags: DDI_DMA_FLAGERR });
  bind(sut, handle, at, length);
  const [cookie] = cookiesOf(sut, handle);
  that(cookie !== undefined, 'the binding has a cookie');
  return { handle, address: cookie.dmac_laddress, at, length };
}

/**
 * Lets the device write where it is broken, and the system hear of it.
 *
 * @param sut - the system
 * @param address - the bus address
 */
export async function dmaFails(sut: Sut, address: bigint): Promise<void> {
  sut.faults.breakAddress(address);
  let failed = false;
  try {
    sut.device.write(address, Uint8Array.of(1));
  } catch {
    // The device is told in its own way.
    failed = true;
  }
  that(failed, 'the access of the device is broken off');
  sut.faults.mend();
  await sut.settle();
}

/**
 * Binds once more what was bound before.
 *
 * @param sut - the system
 * @param binding - unbound
 */
export function rebind(sut: Sut, { handle, at, length }: WatchedBinding): void {
  bind(sut, handle, at, length);
}
