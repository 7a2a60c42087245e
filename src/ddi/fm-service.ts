/** ddi_fm_service_impact(9F), ddi_get_devstate(9F), ddi_fm_ereport_post(9F). */
import type { DevInfo } from '../nexus/tree.js';
import {
  DATA_TYPE_BOOLEAN_VALUE,
  DATA_TYPE_INT32,
  DATA_TYPE_STRING,
  DATA_TYPE_UINT16,
  DATA_TYPE_UINT32,
  DATA_TYPE_UINT64,
  DATA_TYPE_UINT8,
  DDI_DEVSTATE_DEGRADED,
  DDI_DEVSTATE_DOWN,
  DDI_DEVSTATE_UP,
  DDI_FM_EREPORT_CAPABLE,
  DDI_SERVICE_DEGRADED,
  DDI_SERVICE_LOST,
  DDI_SERVICE_RESTORED,
  DDI_SERVICE_UNAFFECTED,
  FM_VERSION,
} from '../sys/constants-fm.js';
import { DDI_SLEEP } from '../sys/constants.js';
import { showValue } from '../sys/result.js';
import type { dev_info_t } from '../sys/types.js';
import { enterDip, reportBad } from './enter.js';

/**
 * Says what an error has done to the service of a device.
 *
 * @param dip - the device
 * @param impact - `DDI_SERVICE_LOST`, `_DEGRADED`, `_RESTORED` or `_UNAFFECTED`
 * @remarks User, kernel and high-level interrupt context. Posts an ereport, of a driver that has
 * declared `DDI_FM_EREPORT_CAPABLE`.
 * @see ddi_fm_service_impact(9F)
 */
export function ddi_fm_service_impact(dip: dev_info_t, impact: number): void {
  const call = 'ddi_fm_service_impact';
  const rdip = enterDip(call, dip);
  const { service } = rdip;
  switch (impact) {
    case DDI_SERVICE_LOST:
      service.down = true;
      break;
    case DDI_SERVICE_DEGRADED:
      service.degraded = true;
      break;
    case DDI_SERVICE_RESTORED:
      service.down = service.degraded = false;
      break;
    case DDI_SERVICE_UNAFFECTED:
      break;
    default:
      reportBad(
        rdip,
        call,
        'ddi_fm_service_impact.9f/IM-4',
        'impact',
        impact,
        'must be one of four',
      );
      return;
  }
  // A device that is down is not degraded besides: it serves nothing.
  const words = new Map([
    [DDI_SERVICE_LOST, 'lost'],
    [DDI_SERVICE_DEGRADED, service.down ? 'lost' : 'degraded'],
    [DDI_SERVICE_RESTORED, 'restored'],
    [DDI_SERVICE_UNAFFECTED, 'unaffected'],
  ]);
  post(rdip, `service.${words.get(impact) ?? ''}`, 0n, {});
}

/**
 * The state of a device.
 *
 * @param dip - the device
 * @returns `DDI_DEVSTATE_DOWN`, `DDI_DEVSTATE_DEGRADED` or `DDI_DEVSTATE_UP`
 * @remarks User, kernel and interrupt context.
 * @see ddi_get_devstate(9F)
 */
export function ddi_get_devstate(dip: dev_info_t): number {
  const { down, degraded } = enterDip('ddi_get_devstate', dip).service;
  if (down) return DDI_DEVSTATE_DOWN;
  return degraded ? DDI_DEVSTATE_DEGRADED : DDI_DEVSTATE_UP;
}

/** A value of an ereport. */
export type EreportValue = number | bigint | string | boolean;

/** Whether a value is of a type of nvpair.h that the model has. */
const fitting: ReadonlyMap<unknown, (value: unknown) => boolean> = new Map([
  [DATA_TYPE_UINT8, unsigned(8)],
  [DATA_TYPE_UINT16, unsigned(16)],
  [DATA_TYPE_UINT32, unsigned(32)],
  [DATA_TYPE_INT32, (v: unknown) => v === Number(v) && (v | 0) === v],
  [DATA_TYPE_UINT64, (v: unknown) => typeof v === 'bigint' && BigInt.asUintN(64, v) === v],
  [DATA_TYPE_STRING, (v: unknown) => typeof v === 'string'],
  [DATA_TYPE_BOOLEAN_VALUE, (v: unknown) => typeof v === 'boolean'],
]);

function unsigned(bits: number): (value: unknown) => boolean {
  return (v) => Number.isInteger(v) && Number(v) >= 0 && Number(v) < 2 ** bits;
}

/**
 * Reports an error.
 *
 * @param dip - the device
 * @param error_class - what went wrong, dotted: `device.inval_state`
 * @param ena - which error it is about; 0n for one of its own
 * @param sflag - `DDI_SLEEP` or `DDI_NOSLEEP`
 * @param members - a name, a `DATA_TYPE`, a value, and so on to a `null`; first of all
 * `FM_VERSION, DATA_TYPE_UINT8, FM_EREPORT_VERS0`
 * @remarks User, kernel and high-level interrupt context; with `DDI_SLEEP` not from interrupt
 * context. Does nothing for a driver that has not declared `DDI_FM_EREPORT_CAPABLE`.
 * @see ddi_fm_ereport_post(9F)
 */
export function ddi_fm_ereport_post(
  dip: dev_info_t,
  error_class: string,
  ena: bigint,
  sflag: number,
  ...members: readonly (EreportValue | null)[]
): void {
  const call = 'ddi_fm_ereport_post';
  const rdip = enterDip(call, dip);
  const bad = (name: string, value: unknown, rule: string): void => {
    reportBad(rdip, call, 'ddi_fm_handler_register.9f/DS-4', name, value, rule);
  };
  if (typeof error_class !== 'string' || !/^[\w-]+(\.[\w-]+)*$/.test(error_class)) {
    bad('error_class', error_class, 'must be words with dots between them');
    return;
  }
  if (typeof ena !== 'bigint' || BigInt.asUintN(64, ena) !== ena) {
    bad('ena', ena, 'must be a bigint of 64 bits');
    return;
  }
  if (sflag === DDI_SLEEP && rdip.machine.sched.current.kind === 'interrupt') {
    rdip.machine.report({
      rule: 'SLEEP_IN_INTERRUPT',
      clause: 'ddi_fm_handler_register.9f/CX-1',
      message: 'an error handler, which may run in interrupt context, reports with DDI_NOSLEEP',
      call,
      values: { sflag },
    });
    return;
  }
  const payload = payloadOf(members);
  if (typeof payload === 'string') bad('members', members, payload);
  else post(rdip, error_class, ena, payload);
}

/** The members by name, or what is wrong with them. */
function payloadOf(
  members: readonly (EreportValue | null)[],
): Readonly<Record<string, EreportValue>> | string {
  if (members.at(-1) !== null || members.length % 3 !== 1) {
    return 'must be names, types and values, and a null at the end';
  }
  const payload: Record<string, EreportValue> = {};
  for (let i = 0; i + 2 < members.length; i += 3) {
    const [name, type, value] = members.slice(i, i + 3);
    if (typeof name !== 'string') return `have no name at ${i}, but ${showValue(name)}`;
    if (i === 0 && (name !== FM_VERSION || type !== DATA_TYPE_UINT8)) {
      return 'must begin with FM_VERSION, DATA_TYPE_UINT8';
    }
    if (value === null || value === undefined || fitting.get(type)?.(value) !== true) {
      return `have no value of type ${showValue(type)} for ${name}, but ${showValue(value)}`;
    }
    payload[name] = value;
  }
  return payload;
}

function post(
  rdip: DevInfo,
  what: string,
  ena: bigint,
  payload: Readonly<Record<string, EreportValue>>,
): void {
  const { fm, machine, path } = rdip;
  if (fm === null || (fm.capability & DDI_FM_EREPORT_CAPABLE) === 0) return;
  const report = {
    class: `ereport.io.${what}`,
    detector: path,
    ena: ena === 0n ? machine.errors.ena() : ena,
    payload,
  };
  if (!machine.errors.post(report)) fm.stats.erpt_dropped++;
}
