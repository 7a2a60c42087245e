/** ddi_fm_handler_register(9F) and ddi_fm_handler_unregister(9F). */
import { ErrorTarget, TARGET_LIMIT } from '../nexus/fm.js';
import type { DevInfo } from '../nexus/tree.js';
import { DDI_FM_ERRCB_CAPABLE } from '../sys/constants-fm.js';
import { ModelBug } from '../sys/errors.js';
import type { ddi_err_func_t } from '../sys/types-fm.js';
import type { dev_info_t } from '../sys/types.js';
import { enterDip } from './enter.js';
import { inEntryPoint } from './fm-context.js';

const page = 'ddi_fm_handler_register.9f';

/**
 * Registers an error handler: from now on it is told of errors of the bus.
 *
 * @param dip - the device, whose driver has declared `DDI_FM_ERRCB_CAPABLE`
 * @param error_handler - called with `dip`, the error and `impl_data`; returns a `DDI_FM` status
 * @param impl_data - its last argument
 * @remarks Kernel context, in attach(9E) or detach(9E).
 * @see ddi_fm_handler_register(9F)
 */
export function ddi_fm_handler_register<A>(
  dip: dev_info_t,
  error_handler: ddi_err_func_t<A>,
  impl_data: A,
): void {
  const call = 'ddi_fm_handler_register';
  const rdip = enterDip(call, dip);
  if (typeof error_handler !== 'function') {
    const message = `${call}: error_handler must be a function, not ${String(error_handler)}`;
    rdip.machine.panic(message, { error_handler });
  }
  if (!inEntryPoint(rdip, call, ['attach', 'detach'], `${page}/CX-2`)) return;
  const bus = rdip.parent;
  if (bus === null || !isCapable(rdip, call)) return;
  if (bus.errorTargets.length >= TARGET_LIMIT) {
    throw new ModelBug(`${bus.path} has ${TARGET_LIMIT} error handlers already`);
  }
  bus.errorTargets.unshift(new ErrorTarget(rdip, error_handler as ddi_err_func_t, impl_data));
}

/**
 * Takes an error handler away, the newest of the device.
 *
 * @param dip - the device
 * @remarks Kernel context, in attach(9E) or detach(9E).
 * @see ddi_fm_handler_unregister(9F)
 */
export function ddi_fm_handler_unregister(dip: dev_info_t): void {
  const call = 'ddi_fm_handler_unregister';
  const rdip = enterDip(call, dip);
  if (!inEntryPoint(rdip, call, ['attach', 'detach'], `${page}/CX-2`)) return;
  if (!isCapable(rdip, call) || removeTarget(rdip)) return;
  rdip.machine.report({
    rule: 'FM_ORDER',
    clause: `${page}/UR-1`,
    message: 'no error handler of the device is registered',
    call,
    values: { dip: rdip.path },
  });
}

/** Takes the newest error handler of a device off the list of its bus; false without one. */
export function removeTarget(rdip: DevInfo): boolean {
  const targets = rdip.parent?.errorTargets ?? [];
  const at = targets.findIndex((t) => t.rdip === rdip);
  const [gone] = at < 0 ? [] : targets.splice(at, 1);
  return gone !== undefined && rdip.machine.live.remove(gone);
}

function isCapable(rdip: DevInfo, call: string): boolean {
  if ((rdip.fmCapability & DDI_FM_ERRCB_CAPABLE) !== 0) return true;
  rdip.machine.report({
    rule: 'FM_ORDER',
    // ddi_fm_init(9F) FL-1: who registers a callback declares that first.
    clause: 'ddi_fm_init.9f/FL-1',
    message: 'the driver has not declared DDI_FM_ERRCB_CAPABLE, or was not granted it',
    call,
    values: { dip: rdip.path, fm_capability: rdip.fmCapability },
  });
  return false;
}
