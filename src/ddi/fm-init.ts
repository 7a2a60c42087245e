/** ddi_fm_init(9F), ddi_fm_fini(9F), ddi_fm_capable(9F). */
import { AccHandle } from '../nexus/acc-handle.js';
import { ERROR_LEVEL, FmState } from '../nexus/fm.js';
import { IblockCookie } from '../nexus/intr.js';
import { type DevInfo, DmaHandle } from '../nexus/tree.js';
import {
  DDI_FM_ACCCHK_CAPABLE,
  DDI_FM_DMACHK_CAPABLE,
  DDI_FM_EREPORT_CAPABLE,
  DDI_FM_ERRCB_CAPABLE,
  DDI_FM_NOT_CAPABLE,
} from '../sys/constants-fm.js';
import { DDI_DMA_FLAGERR } from '../sys/constants.js';
import type { ddi_iblock_cookie_t, dev_info_t } from '../sys/types.js';
import { enterDip, reportBad } from './enter.js';
import { inEntryPoint } from './fm-context.js';
import { removeTarget } from './fm-handler.js';

/** Out-parameters of ddi_fm_init(9F). */
export interface FmInitOut {
  /** What was granted: `DDI_FM_EREPORT_CAPABLE` and others, or-ed. */
  readonly fm_capability: number;
  /** For mutexes that the error handler takes. */
  readonly ibc: ddi_iblock_cookie_t;
}

const page = 'ddi_fm_init.9f';

/** The property of each capability. */
const properties: readonly (readonly [bit: number, name: string])[] = [
  [DDI_FM_EREPORT_CAPABLE, 'fm-ereport-capable'],
  [DDI_FM_ERRCB_CAPABLE, 'fm-errcb-capable'],
  [DDI_FM_DMACHK_CAPABLE, 'fm-dmachk-capable'],
  [DDI_FM_ACCCHK_CAPABLE, 'fm-accchk-capable'],
];

const allCapabilities = properties.reduce((all, [bit]) => all | bit, 0);

/**
 * Declares what part a driver takes in fault management.
 *
 * @param dip - the device
 * @param fm_capability - `DDI_FM_EREPORT_CAPABLE` and others, or-ed
 * @returns `fm_capability`, what of it the bus supports, and `ibc`
 * @remarks Kernel context, in attach(9E).
 * @see ddi_fm_init(9F)
 */
export function ddi_fm_init(dip: dev_info_t, fm_capability: number): FmInitOut {
  const call = 'ddi_fm_init';
  const rdip = enterDip(call, dip);
  const cookie = new IblockCookie(ERROR_LEVEL, true);
  const nothing = { fm_capability: DDI_FM_NOT_CAPABLE, ibc: cookie };
  if (!Number.isInteger(fm_capability) || (fm_capability & ~allCapabilities) !== 0) {
    const rule = 'must be made of the four capabilities';
    reportBad(rdip, call, `${page}/DS-1`, 'fm_capability', fm_capability, rule);
    return nothing;
  }
  if (!inEntryPoint(rdip, call, ['attach'], `${page}/CX-1`)) return nothing;
  if (rdip.fm !== null) {
    reportOrder(rdip, call, 'the driver has declared itself already');
    return { fm_capability: rdip.fm.capability, ibc: rdip.fm.cookie };
  }
  if (fm_capability === 0 && rdip.machine.rules.has('fm-fini-dereferences-null')) return nothing;
  // ddi_fm_init(9F) DS-1, DS-2: limited to what the immediate parent supports.
  const granted = fm_capability & (rdip.parent?.supportsFm ?? 0);
  for (const [bit, name] of properties) if ((granted & bit) !== 0) rdip.properties.add(name);
  rdip.fm = new FmState(rdip, granted, cookie);
  return { fm_capability: granted, ibc: cookie };
}

/**
 * Undoes ddi_fm_init. Handles that are checked are freed before.
 *
 * @param dip - the device
 * @remarks Kernel context, in attach(9E) or detach(9E).
 * @see ddi_fm_fini(9F)
 */
export function ddi_fm_fini(dip: dev_info_t): void {
  const call = 'ddi_fm_fini';
  const rdip = enterDip(call, dip);
  if (!inEntryPoint(rdip, call, ['attach', 'detach'], `${page}/CX-1`)) return;
  const { fm, machine } = rdip;
  if (fm === null) {
    if (machine.rules.has('fm-fini-dereferences-null')) {
      machine.panic('ddi_fm_fini: bad trap: the driver never declared itself', {}, `${page}/FI-1`);
    }
    reportOrder(rdip, call, 'the driver never declared itself');
    return;
  }
  if (machine.live.some((source) => isChecked(source, rdip))) {
    reportOrder(rdip, call, 'handles that are checked for errors are still there');
  }
  const kept = machine.rules.has('fm-fini-misspelt') ? DDI_FM_ACCCHK_CAPABLE : 0;
  for (const [bit, name] of properties) {
    if ((fm.capability & bit & ~kept) !== 0) rdip.properties.delete(name);
  }
  // A driver that forgot its handler is forgiven, once.
  removeTarget(rdip);
  machine.live.remove(fm);
  rdip.fm = null;
}

/**
 * What part a driver takes in fault management.
 *
 * @param dip - the device
 * @returns `DDI_FM_EREPORT_CAPABLE` and others, as granted; `DDI_FM_NOT_CAPABLE` before
 * ddi_fm_init and after ddi_fm_fini
 * @remarks Kernel context, in attach(9E) or detach(9E).
 * @see ddi_fm_capable(9F)
 */
export function ddi_fm_capable(dip: dev_info_t): number {
  const call = 'ddi_fm_capable';
  const rdip = enterDip(call, dip);
  inEntryPoint(rdip, call, ['attach', 'detach'], `${page}/CX-1`);
  return rdip.fmCapability;
}

function isChecked(source: unknown, rdip: DevInfo): boolean {
  if (source instanceof AccHandle) return source.rdip === rdip && source.protection !== 'default';
  if (!(source instanceof DmaHandle) || source.rdip !== rdip) return false;
  return (source.limits.attr.dma_attr_flags & DDI_DMA_FLAGERR) !== 0;
}

function reportOrder(rdip: DevInfo, call: string, message: string): void {
  const values = { dip: rdip.path };
  rdip.machine.report({ rule: 'FM_ORDER', clause: 'interplay/AX-11', message, call, values });
}
