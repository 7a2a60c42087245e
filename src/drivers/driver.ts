/**
 * Drivers: code written as real drivers are, on the calls of ddi/ and nothing below.
 *
 * 1. A *driver* is its entry points, one object per driver; the machine calls them.
 * 2. An *instance* is one device it is attached to. What it knows of an instance is in its *soft
 *    state*, which hangs on the node (`ddi_set_driver_private(9F)`) and is the argument of its
 *    interrupt handler; a driver has no variables of its own.
 * 3. `attach` either has everything it needs or leaves nothing behind, and `detach` leaves nothing
 *    behind either: each step that takes something has its counterpart, run in reverse order.
 */
import type { dev_info_t } from '../sys/types.js';

/** The entry points of a driver, as `dev_ops(9S)` and its interrupt handler give them. */
export interface Driver {
  /** The name it is bound to nodes by. */
  readonly name: string;
  /**
   * Begins to serve a device.
   *
   * @param dip - the node of the device
   * @param cmd - `DDI_ATTACH` or `DDI_RESUME`
   * @returns `DDI_SUCCESS` or `DDI_FAILURE`
   * @remarks Kernel context; may wait.
   * @see attach(9E)
   */
  attach(dip: dev_info_t, cmd: number): number | Promise<number>;
  /**
   * Stops serving a device.
   *
   * @param dip - the node of the device
   * @param cmd - `DDI_DETACH` or `DDI_SUSPEND`
   * @returns `DDI_SUCCESS` or `DDI_FAILURE`
   * @remarks Kernel context; may wait.
   * @see detach(9E)
   */
  detach(dip: dev_info_t, cmd: number): number | Promise<number>;
  /**
   * Handles an interrupt.
   *
   * @param arg - what `attach` gave to `ddi_add_intr(9F)`: the soft state
   * @returns `DDI_INTR_CLAIMED` or `DDI_INTR_UNCLAIMED`
   * @remarks Interrupt context.
   * @see ddi_add_intr(9F)
   */
  intr(arg: unknown): number | Promise<number>;
}
