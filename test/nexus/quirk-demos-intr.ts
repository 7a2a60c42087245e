/** Demonstrations of quirks of interrupts, as quirk-demos.ts defines them. */
import * as ddi from 'ddi-dma';
import { allocated, added, bellSystem, enabled } from '../support/bell.js';
import type { Demo } from './quirk-demos.js';

const { DDI_INTR_ALLOC_STRICT, DDI_INTR_TYPE_FIXED, DDI_INTR_TYPE_MSI, DDI_INTR_TYPE_MSIX } = ddi;

/** A handler that is never called. */
const idle = (): number => ddi.DDI_INTR_CLAIMED;

/** The name of the code of a result. */
function nameOf(result: { isOk(): boolean } & object): string {
  return 'error' in result ? (result.error as ddi.DdiError).name : 'success';
}

/** The demonstrations. */
export const intrDemos: readonly Demo[] = [
  {
    id: 'intr-nintrs-einval',
    see: (options) => {
      const { dip } = bellSystem({}, options);
      return nameOf(ddi.ddi_intr_get_nintrs(dip, DDI_INTR_TYPE_MSI));
    },
    on: 'DDI_EINVAL',
    off: 'DDI_INTR_NOTFOUND',
  },
  {
    id: 'intr-alloc-array-by-inum',
    see: (options) => Object.keys(allocated(bellSystem({ msix: 8 }, options), 4, 2, 3)),
    on: ['3', '4'],
    off: ['0', '1'],
  },
  {
    id: 'intr-msi-sum-power',
    see: (options) => {
      const bell = bellSystem({ msi: 8 }, options);
      allocated(bell, DDI_INTR_TYPE_MSI, 2);
      const alloc = ddi.ddi_intr_alloc(bell.dip, DDI_INTR_TYPE_MSI, 2, 1, DDI_INTR_ALLOC_STRICT);
      return nameOf(alloc);
    },
    on: 'DDI_EINVAL',
    off: 'success',
  },
  {
    id: 'intr-strict-untold',
    see: (options) => {
      const bell = bellSystem({ msix: 8 }, { ...options, budgets: { 'interrupt vectors': 3 } });
      const alloc = ddi.ddi_intr_alloc(bell.dip, DDI_INTR_TYPE_MSIX, 0, 4, DDI_INTR_ALLOC_STRICT);
      return alloc.isErr() && [alloc.error.name, alloc.error.out];
    },
    on: ['DDI_EAGAIN', undefined],
    off: ['DDI_EAGAIN', { actual: 3 }],
  },
  {
    id: 'intr-cap-msi-edge',
    see: (options) => {
      const [h = null] = allocated(bellSystem({ msix: 1 }, options), DDI_INTR_TYPE_MSIX, 1);
      return ddi.must(ddi.ddi_intr_get_cap(h)).flags & ddi.DDI_INTR_FLAG_EDGE;
    },
    on: ddi.DDI_INTR_FLAG_EDGE,
    off: 0,
  },
  {
    id: 'intr-set-pri-einval',
    see: (options) => {
      const [h = null] = added(bellSystem({}, options), DDI_INTR_TYPE_FIXED, 1);
      return nameOf(ddi.ddi_intr_set_pri(h, 4));
    },
    on: 'DDI_EINVAL',
    off: 'DDI_FAILURE',
  },
  {
    id: 'intr-set-pri-lock-level',
    see: (options) => {
      const [h = null] = allocated(bellSystem({}, options), DDI_INTR_TYPE_FIXED, 1);
      return nameOf(ddi.ddi_intr_set_pri(h, 12));
    },
    on: 'DDI_FAILURE',
    off: 'success',
  },
  {
    id: 'intr-unsupported-einval',
    see: (options) => {
      const [h = null] = enabled(bellSystem({}, options), DDI_INTR_TYPE_FIXED, 1);
      return [ddi.ddi_intr_set_mask(h), ddi.ddi_intr_get_pending(h)].map(nameOf);
    },
    on: ['DDI_EINVAL', 'DDI_EINVAL'],
    off: ['DDI_ENOTSUP', 'DDI_ENOTSUP'],
  },
  {
    id: 'intr-clr-mask-unpaired',
    see: (options) => {
      const [h = null] = enabled(bellSystem({ msix: 1 }, options), DDI_INTR_TYPE_MSIX, 1);
      return nameOf(ddi.ddi_intr_clr_mask(h));
    },
    on: 'success',
    off: 'DDI_EINVAL',
  },
  {
    id: 'intr-pending-neighbours',
    see: (options) => {
      const bell = bellSystem({ msix: 3 }, options);
      const handles = allocated(bell, DDI_INTR_TYPE_MSIX, 3);
      bell.env.message(0);
      return handles.map((h) => ddi.must(ddi.ddi_intr_get_pending(h)).pending);
    },
    on: [0, 1, 1],
    off: [1, 0, 0],
  },
  {
    id: 'add-intr-notfound',
    see: (options) => {
      const { dip } = bellSystem({}, options);
      ddi.must(ddi.ddi_add_intr(dip, 0, idle, null));
      return nameOf(ddi.ddi_add_intr(dip, 0, idle, null));
    },
    on: 'DDI_INTR_NOTFOUND',
    off: 'DDI_FAILURE',
  },
];
