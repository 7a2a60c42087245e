/** Checks of ddi_intr_get_supported_types(9F), ddi_intr_get_nintrs(9F) and ddi_intr_alloc(9F). */
import {
  DDI_INTR_ALLOC_NORMAL,
  DDI_INTR_ALLOC_STRICT,
  DDI_INTR_TYPE_FIXED,
  DDI_INTR_TYPE_MSI,
  DDI_INTR_TYPE_MSIX,
} from '../../sys/constants-intr.js';
import { clause, type ClauseCheck } from '../clause.js';
import { misuse } from '../stock.js';
import { addedIntr, intrCounts, intrTypes, notInInterrupts, oneIntr } from '../stock-intr.js';
import type { Sut } from '../sut.js';
import { bad, good, same, that } from '../that.js';

const types = ['fixed', 'msi', 'msix'];

/** ddi_intr_alloc of the probe device. */
function alloc(sut: Sut, type: number, inum: number, count: number, behavior: number) {
  return sut.ddi.ddi_intr_alloc(sut.dip(), type, inum, count, behavior);
}

/** The checks. */
export const intrAllocChecks: readonly ClauseCheck[] = [
  clause('ddi_intr_get_supported_types.9f/DS-1', {}, (sut) => {
    const of = (dip: ReturnType<Sut['dip']>): number =>
      good(sut.ddi.ddi_intr_get_supported_types(dip), 'ddi_intr_get_supported_types').types;
    same(of(sut.dip()), DDI_INTR_TYPE_FIXED | DDI_INTR_TYPE_MSI | DDI_INTR_TYPE_MSIX, 'types');
    same(of(sut.narrowDip()), DDI_INTR_TYPE_FIXED, 'types of a device with a line');
  }),
  clause('ddi_intr_get_supported_types.9f/RV-1', {}, (sut) => {
    const answer = sut.ddi.ddi_intr_get_supported_types(sut.silentDip());
    bad(answer, 'DDI_INTR_NOTFOUND', 'the types of a device without interrupts');
  }),
  notInInterrupts(
    'ddi_intr_get_supported_types.9f/CX-1',
    (sut) => () => sut.ddi.ddi_intr_get_supported_types(sut.dip()),
  ),

  clause('ddi_intr_get_nintrs.9f/DS-1', { cases: types }, (sut, kase) => {
    const answer = sut.ddi.ddi_intr_get_nintrs(sut.dip(), intrTypes[kase] ?? 0);
    same(good(answer, 'ddi_intr_get_nintrs').nintrs, intrCounts[kase], `interrupts: ${kase}`);
  }),
  clause('ddi_intr_get_nintrs.9f/DS-2', {}, (sut) => {
    const answer = () =>
      good(sut.ddi.ddi_intr_get_navail(sut.dip(), DDI_INTR_TYPE_MSIX), 'ddi_intr_get_navail');
    same(answer().navail, 8, 'vectors available when there are plenty');
    sut.limitVectors(3);
    same(answer().navail, 3, 'vectors available when three are left');
  }),
  clause('ddi_intr_get_nintrs.9f/RV-1', { cases: ['0', '3', '8', '-1'] }, (sut, kase) => {
    for (const call of [sut.ddi.ddi_intr_get_nintrs, sut.ddi.ddi_intr_get_navail]) {
      bad(call(sut.dip(), Number(kase)), 'DDI_EINVAL', `type ${kase}`);
    }
    good(sut.ddi.ddi_intr_get_nintrs(sut.dip(), DDI_INTR_TYPE_FIXED), 'type FIXED');
  }),
  clause('ddi_intr_get_nintrs.9f/RV-2', {}, (sut) => {
    const answer = sut.ddi.ddi_intr_get_nintrs(sut.narrowDip(), DDI_INTR_TYPE_MSI);
    bad(answer, 'DDI_INTR_NOTFOUND', 'the MSI of a device that has none');
  }),
  notInInterrupts(
    'ddi_intr_get_nintrs.9f/CX-1',
    (sut) => () => sut.ddi.ddi_intr_get_nintrs(sut.dip(), DDI_INTR_TYPE_FIXED),
  ),

  clause('ddi_intr_alloc.9f/AR-1', { cases: ['1', '8'] }, (sut, kase) => {
    const count = Number(kase);
    const got = alloc(sut, DDI_INTR_TYPE_MSIX, 0, count, DDI_INTR_ALLOC_STRICT);
    same(good(got, 'ddi_intr_alloc').h_array.length, count, 'places of the array that are used');
    const freed = sut.ddi.ddi_intr_free(good(got, 'ddi_intr_alloc').h_array[0] ?? null);
    good(freed, 'ddi_intr_free');
    same(sut.live().length, count - 1, 'handles alive when one was freed');
  }),
  clause('ddi_intr_alloc.9f/AR-2', { cases: ['3', 'one after two'] }, (sut, kase) => {
    if (kase === '3') {
      const three = alloc(sut, DDI_INTR_TYPE_MSI, 0, 3, DDI_INTR_ALLOC_NORMAL);
      bad(three, 'DDI_EINVAL', 'three MSI');
      return;
    }
    good(alloc(sut, DDI_INTR_TYPE_MSI, 0, 2, DDI_INTR_ALLOC_NORMAL), 'two MSI');
    good(alloc(sut, DDI_INTR_TYPE_MSI, 2, 1, DDI_INTR_ALLOC_NORMAL), 'one more');
    same(sut.live().length, 3, 'handles alive');
  }),
  clause('ddi_intr_alloc.9f/AR-3', { cases: ['normal', 'strict'] }, (sut, kase) => {
    const how = kase === 'normal' ? DDI_INTR_ALLOC_NORMAL : DDI_INTR_ALLOC_STRICT;
    bad(alloc(sut, DDI_INTR_TYPE_MSIX, 0, 9, how), 'DDI_EINVAL', 'nine of eight interrupts');
    good(alloc(sut, DDI_INTR_TYPE_MSIX, 0, 8, how), 'eight of eight interrupts');
  }),
  clause('ddi_intr_alloc.9f/FL-1', { cases: ['3', '0'] }, (sut, kase) => {
    sut.limitVectors(Number(kase));
    const answer = alloc(sut, DDI_INTR_TYPE_MSIX, 0, 8, DDI_INTR_ALLOC_NORMAL);
    if (kase === '0') bad(answer, 'DDI_EAGAIN', 'when no vector is left');
    else same(good(answer, 'when three are left').actual, 3, 'interrupts allocated');
  }),
  clause('ddi_intr_alloc.9f/FL-2', {}, (sut) => {
    sut.limitVectors(3);
    const answer = alloc(sut, DDI_INTR_TYPE_MSIX, 0, 8, DDI_INTR_ALLOC_STRICT);
    bad(answer, 'DDI_EAGAIN', 'eight, strictly, when three are left');
    same(answer.isErr() && answer.error.out?.['actual'], 3, 'the number that is available');
    same(sut.live().length, 0, 'handles alive after the failure');
  }),
  clause('ddi_intr_alloc.9f/OUT-1', { cases: ['from 0', 'from 3'] }, (sut, kase) => {
    const inum = kase === 'from 0' ? 0 : 3;
    const answer = alloc(sut, DDI_INTR_TYPE_MSIX, inum, 4, DDI_INTR_ALLOC_STRICT);
    const { h_array, actual } = good(answer, 'ddi_intr_alloc');
    const first = h_array.slice(0, actual);
    that(
      new Set(first).size === 4 && Object.keys(first).length === 4,
      'four handles, all distinct',
    );
  }),
  clause('ddi_intr_alloc.9f/FR-1', {}, async (sut) => {
    const h = oneIntr(sut);
    good(sut.ddi.ddi_intr_free(h), 'ddi_intr_free');
    same(sut.live().length, 0, 'handles alive after the free');
    oneIntr(sut);
    const id = 'ddi_intr_alloc.9f/FR-1';
    await misuse(sut, 'a call for a freed handle', [id], () => sut.ddi.ddi_intr_free(h));
  }),
  clause('ddi_intr_alloc.9f/RV-1', {}, (sut) => {
    const { handler } = { handler: () => 0 };
    bad(alloc(sut, DDI_INTR_TYPE_MSIX, 8, 1, 0), 'DDI_INTR_NOTFOUND', 'an interrupt past the last');
    for (const [what, type, count, behavior] of [
      ['no type', 7, 1, 0],
      ['no count', DDI_INTR_TYPE_MSIX, 0, 0],
      ['no behaviour', DDI_INTR_TYPE_MSIX, 1, 2],
    ] as const) {
      bad(alloc(sut, type, 0, count, behavior), 'DDI_EINVAL', what);
    }
    const h = oneIntr(sut);
    bad(alloc(sut, DDI_INTR_TYPE_FIXED, 0, 1, 0), 'DDI_EINVAL', 'a type beside the one in use');
    bad(alloc(sut, DDI_INTR_TYPE_MSIX, 0, 1, 0), 'DDI_EINVAL', 'an interrupt that is allocated');
    good(sut.ddi.ddi_intr_add_handler(h, handler, null, null), 'ddi_intr_add_handler');
    bad(sut.ddi.ddi_intr_free(h), 'DDI_EINVAL', 'ddi_intr_free of an interrupt with a handler');
    same(sut.live().length, 1, 'handles alive');
  }),
  notInInterrupts(
    'ddi_intr_alloc.9f/CX-1',
    (sut) => () => alloc(sut, DDI_INTR_TYPE_FIXED, 0, 1, DDI_INTR_ALLOC_NORMAL),
  ),
  clause('ddi_intr_hilevel.9f/DS-1', {}, (sut) => {
    same(sut.ddi.ddi_intr_hilevel(sut.dip(), 0), 0, 'whether the line is of high level');
    const h = oneIntr(sut, DDI_INTR_TYPE_FIXED);
    if (sut.ddi.ddi_intr_set_pri(h, 12).isErr()) return;
    that(sut.ddi.ddi_intr_hilevel(sut.dip(), 0) !== 0, 'a line of priority 12 is of high level');
  }),
  clause(
    'ddi_intr_hilevel.9f/CX-1',
    { cases: ['user', 'kernel', 'interrupt'] },
    async (sut, at) => {
      const { h } = addedIntr(sut, DDI_INTR_TYPE_FIXED);
      const where = at as 'user' | 'kernel' | 'interrupt';
      const answer = await sut.within(where, () => sut.ddi.ddi_intr_hilevel(sut.dip(), 0));
      same(answer, 0, `the answer in ${where} context`);
      same(sut.findings().length, 0, 'findings');
      good(sut.ddi.ddi_intr_remove_handler(h), 'ddi_intr_remove_handler');
      same(sut.live().length, 1, 'handles alive');
    },
  ),
];
