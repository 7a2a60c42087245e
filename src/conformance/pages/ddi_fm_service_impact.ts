/** Checks of ddi_fm_service_impact(9F). */
import {
  DDI_DEVSTATE_DEGRADED,
  DDI_DEVSTATE_DOWN,
  DDI_DEVSTATE_UP,
  DDI_SERVICE_DEGRADED,
  DDI_SERVICE_LOST,
  DDI_SERVICE_RESTORED,
  DDI_SERVICE_UNAFFECTED,
} from '../../sys/constants-fm.js';
import { clause, type ClauseCheck } from '../clause.js';
import { inEveryContext } from '../stock.js';
import type { Sut } from '../sut.js';
import { same } from '../that.js';

const page = 'ddi_fm_service_impact.9f';

/** The states of device 0 after each impact, and that of its twin at the end. */
function states(sut: Sut, ...impacts: readonly number[]): readonly number[] {
  const seen = impacts.map((impact) => {
    sut.ddi.ddi_fm_service_impact(sut.dip(), impact);
    return sut.ddi.ddi_get_devstate(sut.dip());
  });
  return [...seen, sut.ddi.ddi_get_devstate(sut.dip(1))];
}

/** The checks. */
export const serviceChecks: readonly ClauseCheck[] = [
  clause(`${page}/IM-1`, {}, (sut) => {
    same(states(sut, DDI_SERVICE_LOST), [DDI_DEVSTATE_DOWN, DDI_DEVSTATE_UP], 'LOST, and a twin');
  }),
  clause(`${page}/IM-2`, {}, (sut) => {
    const wanted = [DDI_DEVSTATE_DEGRADED, DDI_DEVSTATE_UP];
    same(states(sut, DDI_SERVICE_DEGRADED), wanted, 'DEGRADED, and a twin');
  }),
  clause(`${page}/IM-3`, { cases: ['LOST', 'DEGRADED'] }, (sut, kase) => {
    const impact = kase === 'LOST' ? DDI_SERVICE_LOST : DDI_SERVICE_DEGRADED;
    const state = kase === 'LOST' ? DDI_DEVSTATE_DOWN : DDI_DEVSTATE_DEGRADED;
    const wanted = [state, DDI_DEVSTATE_UP, DDI_DEVSTATE_UP];
    same(states(sut, impact, DDI_SERVICE_RESTORED), wanted, `${kase}, then RESTORED, and a twin`);
  }),
  clause(`${page}/IM-4`, { cases: ['LOST', 'DEGRADED', 'RESTORED'] }, (sut, kase) => {
    const [impact, state] =
      kase === 'LOST'
        ? [DDI_SERVICE_LOST, DDI_DEVSTATE_DOWN]
        : kase === 'DEGRADED'
          ? [DDI_SERVICE_DEGRADED, DDI_DEVSTATE_DEGRADED]
          : [DDI_SERVICE_RESTORED, DDI_DEVSTATE_UP];
    const seen = states(
      sut,
      DDI_SERVICE_LOST,
      DDI_SERVICE_RESTORED,
      impact,
      DDI_SERVICE_UNAFFECTED,
    );
    same(seen.slice(0, 2), [DDI_DEVSTATE_DOWN, DDI_DEVSTATE_UP], 'LOST, RESTORED');
    same(seen.slice(2, 4), [state, state], `${kase}, then UNAFFECTED`);
  }),
  clause(`${page}/CX-1`, {}, async (sut) => {
    await inEveryContext(sut, 'ddi_fm_service_impact', () => {
      const wanted = [DDI_DEVSTATE_DOWN, DDI_DEVSTATE_UP, DDI_DEVSTATE_UP];
      same(states(sut, DDI_SERVICE_LOST, DDI_SERVICE_RESTORED), wanted, 'LOST, RESTORED, a twin');
    });
  }),
];
