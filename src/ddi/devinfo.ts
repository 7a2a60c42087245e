/** What a driver may ask of its node: ddi_get_driver_private(9F), ddi_get_instance(9F) and kin. */
import type { Kernel } from '../machine/kernel.js';
import { DDI_FAILURE } from '../sys/constants.js';
import type { dev_info_t } from '../sys/types.js';
import { enterDip } from './enter.js';

/**
 * Keeps a driver's own data with its node.
 *
 * @param dip - the node
 * @param data - whatever the driver wants back later
 * @remarks User, kernel and interrupt context.
 * @see ddi_get_driver_private(9F)
 */
export function ddi_set_driver_private(dip: dev_info_t, data: unknown): void {
  enterDip('ddi_set_driver_private', dip).driverPrivate = data;
}

/**
 * What ddi_set_driver_private kept.
 *
 * @param dip - the node
 * @returns the data; `null` when nothing was kept
 * @remarks User, kernel and interrupt context.
 * @see ddi_get_driver_private(9F)
 */
export function ddi_get_driver_private(dip: dev_info_t): unknown {
  return enterDip('ddi_get_driver_private', dip).driverPrivate;
}

/**
 * The name of the node, from the device, not from the driver.
 *
 * @param dip - the node
 * @remarks User, kernel and interrupt context.
 * @see ddi_get_name(9F)
 */
export function ddi_get_name(dip: dev_info_t): string {
  return enterDip('ddi_get_name', dip).name;
}

/**
 * The name of the driver bound to the node; empty when none is.
 *
 * @param dip - the node
 * @remarks User, kernel and interrupt context.
 * @see ddi_driver_name(9F)
 */
export function ddi_driver_name(dip: dev_info_t): string {
  return enterDip('ddi_driver_name', dip).driverName ?? '';
}

/**
 * The instance number of the node, 0 for a driver's first.
 *
 * @param dip - the node
 * @remarks User, kernel and interrupt context.
 * @see ddi_get_instance(9F)
 */
export function ddi_get_instance(dip: dev_info_t): number {
  return enterDip('ddi_get_instance', dip).instance;
}

/**
 * Whether the device sits in a place from which it can only be accessed, and not access memory.
 *
 * @param dip - the node
 * @returns `DDI_FAILURE`: no bus of these machines has such a place; `DDI_SUCCESS` where one has
 * @remarks User, kernel and interrupt context.
 * @see ddi_slaveonly(9F)
 */
export function ddi_slaveonly(dip: dev_info_t): number {
  enterDip('ddi_slaveonly', dip);
  return DDI_FAILURE;
}

/**
 * The kernel services of the machine a node belongs to: `kmem_alloc`, `bcopy`, `delay`, ... which
 * in C need no argument to find their machine. Ours, not the DDI's.
 *
 * @param dip - any node of the machine
 */
export function kernelOf(dip: dev_info_t): Kernel {
  return enterDip('kernelOf', dip).machine.kernel;
}
