/** Checks of ddi_fm_init(9F), ddi_fm_fini(9F) and ddi_fm_capable(9F). */
import { MUTEX_DRIVER } from '../../sys/constants.js';
import {
  DDI_FM_ACCCHK_CAPABLE,
  DDI_FM_DMACHK_CAPABLE,
  DDI_FM_EREPORT_CAPABLE,
  DDI_FM_ERRCB_CAPABLE,
  DDI_FM_NOT_CAPABLE,
} from '../../sys/constants-fm.js';
import type { ddi_iblock_cookie_t, dev_info_t } from '../../sys/types.js';
import { clause, type ClauseCheck } from '../clause.js';
import { allCapabilities } from '../faulty.js';
import { misuse } from '../stock.js';
import type { Sut } from '../sut.js';
import { same, that } from '../that.js';

const page = 'ddi_fm_init.9f';

/** Masks to ask for: none, each bit, two, all. */
const masks = [0, 1, 2, 4, 8, 6, allCapabilities];

const properties: readonly (readonly [bit: number, name: string])[] = [
  [DDI_FM_EREPORT_CAPABLE, 'fm-ereport-capable'],
  [DDI_FM_ERRCB_CAPABLE, 'fm-errcb-capable'],
  [DDI_FM_ACCCHK_CAPABLE, 'fm-accchk-capable'],
  [DDI_FM_DMACHK_CAPABLE, 'fm-dmachk-capable'],
];

/** What a driver of a node is granted that asks for `mask`; it stays declared. */
async function granted(
  sut: Sut,
  dip: dev_info_t,
  mask: number,
): Promise<{ readonly mask: number; readonly ibc: ddi_iblock_cookie_t }> {
  let out: ReturnType<Sut['ddi']['ddi_fm_init']> | undefined;
  await sut.inEntryPoint('attach', dip, () => {
    out = sut.ddi.ddi_fm_init(dip, mask);
  });
  that(out !== undefined, 'ddi_fm_init answers');
  return { mask: out.fm_capability, ibc: out.ibc };
}

/** The properties that go with a mask, in the order of the alphabet. */
function propertiesOf(mask: number): readonly string[] {
  return properties
    .filter(([bit]) => (mask & bit) !== 0)
    .map(([, name]) => name)
    .sort();
}

/** The checks. */
export const fmInitChecks: readonly ClauseCheck[] = [
  clause(`${page}/DS-1`, { cases: masks.map(String) }, async (sut, kase) => {
    const asked = Number(kase);
    const { mask } = await granted(sut, sut.dip(), asked);
    same(mask, asked, `what a device on PCI is granted that asks for ${kase}`);
  }),
  clause(`${page}/DS-2`, {}, async (sut) => {
    const wide = await granted(sut, sut.dip(), allCapabilities);
    const narrow = await granted(sut, sut.narrowDip(), allCapabilities);
    same(wide.mask, allCapabilities, 'on a bus that supports everything');
    same(narrow.mask, DDI_FM_NOT_CAPABLE, 'on a bus that supports nothing');
    same(sut.properties(sut.narrowDip()), [], 'properties of the device there');
  }),
  clause(`${page}/DS-3`, { cases: masks.map(String) }, async (sut, kase) => {
    const none = [...sut.properties(sut.dip())];
    await granted(sut, sut.dip(), allCapabilities);
    same([...sut.properties(sut.dip())].sort(), propertiesOf(allCapabilities), 'properties of all');
    await granted(sut, sut.dip(1), Number(kase));
    const seen = [...sut.properties(sut.dip(1))].sort();
    same(seen, propertiesOf(Number(kase)), `properties of mask ${kase}`);
    same(none, [], 'properties before');
  }),
  clause(`${page}/OUT-1`, {}, async (sut) => {
    const { ibc, mask } = await granted(sut, sut.dip(), allCapabilities);
    same(mask, allCapabilities, 'what is granted');
    that(typeof ibc === 'object' && ibc !== null, 'there is a cookie');
    const mutex = sut.kernel.mutex_init(null, MUTEX_DRIVER, ibc);
    await sut.within('interrupt', () => {
      same(sut.ddi.mutex_tryenter(mutex), 1, 'whether a handler can take the mutex');
      same(sut.ddi.mutex_owned(mutex), 1, 'whether a handler owns the mutex');
      sut.ddi.mutex_exit(mutex);
    });
    same(sut.findings().length, 0, 'complaints about the mutex in interrupt context');
    same(sut.ddi.mutex_owned(mutex), 0, 'whether anybody owns it afterwards');
  }),
  clause(`${page}/FI-1`, { cases: ['everything', 'nothing'] }, async (sut, kase) => {
    const dip = sut.dip();
    const before = sut.live().length;
    const { mask } = await granted(sut, dip, kase === 'everything' ? allCapabilities : 0);
    same(mask, kase === 'everything' ? allCapabilities : 0, 'what is granted');
    let left = -1;
    await sut.inEntryPoint('detach', dip, () => {
      sut.ddi.ddi_fm_fini(dip);
      left = sut.ddi.ddi_fm_capable(dip);
    });
    same(left, DDI_FM_NOT_CAPABLE, 'capabilities after ddi_fm_fini');
    same(sut.properties(dip), [], 'properties after ddi_fm_fini');
    same(sut.live().length, before, 'objects alive after ddi_fm_fini');
  }),
  clause(`${page}/CA-1`, { cases: masks.map(String) }, async (sut, kase) => {
    const dip = sut.dip();
    const seen: number[] = [];
    await sut.inEntryPoint('attach', dip, () => {
      seen.push(sut.ddi.ddi_fm_capable(dip));
      const { fm_capability } = sut.ddi.ddi_fm_init(dip, Number(kase));
      seen.push(fm_capability, sut.ddi.ddi_fm_capable(dip));
    });
    same(seen, [0, Number(kase), Number(kase)], 'capable before, granted, capable after');
  }),
  clause(`${page}/CX-1`, { cases: ['ddi_fm_init', 'ddi_fm_fini'] }, async (sut, kase) => {
    const dip = sut.dip();
    const { mask } = await granted(sut, dip, allCapabilities);
    same(mask, allCapabilities, 'what is granted in attach(9E)');
    await misuse(sut, `${kase} outside of attach and detach`, [`${page}/CX-1`], () => {
      if (kase === 'ddi_fm_fini') sut.ddi.ddi_fm_fini(dip);
      else sut.ddi.ddi_fm_init(sut.dip(1), allCapabilities);
    });
  }),
];
