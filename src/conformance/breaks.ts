/**
 * The clauses that kernels break, each with the quirks that break it.
 *
 * A break is *explained* by the quirks listed: each of them by itself breaks the clause, and with
 * all of them switched off the clause holds. test/conformance/breaks.test.ts shows both. A clause
 * that breaks without an explanation fails a run, and so does one that holds although a quirk
 * should break it.
 *
 * Not every quirk breaks a clause. Where a page is silent or leaves a choice, a kernel that differs
 * from rule book `contract` is within its rights; `lawful` says of which quirks that is so.
 */
import { type QuirkId, quirkTable, type Quirk } from '../sys/quirks.js';
import type { System } from './sut.js';

/** A quirk that breaks a clause, unless another hides it. */
export interface Cause {
  readonly quirk: QuirkId;
  readonly unless?: QuirkId;
}

/** A clause that is broken wherever one of the causes is in force. */
export interface KernelBreak {
  /** `page/GROUP-n`. */
  readonly clause: string;
  readonly causes: readonly Cause[];
}

type Named = QuirkId | Cause;

/** Clauses with the same causes. */
function broken(causes: Named | readonly Named[], ...clauses: readonly string[]): KernelBreak[] {
  const list = Array.isArray(causes) ? (causes as readonly Named[]) : [causes as Named];
  const named = list.map((c) => (typeof c === 'string' ? { quirk: c } : c));
  return clauses.map((clause) => ({ clause, causes: named }));
}

/** A clause of both bind calls. */
function ofBinds(...groups: readonly string[]): readonly string[] {
  const pages = ['ddi_dma_addr_bind_handle.9f', 'ddi_dma_buf_bind_handle.9f'];
  return groups.flatMap((group) => pages.map((page) => `${page}/${group}`));
}

/** Attributes below a page: refused by one kernel, not kept by the other. */
const belowPage: readonly Named[] = [
  { quirk: 'alloc-attr-kernel-rules', unless: 'alloc-attr-unchecked' },
  'limits-at-page-starts',
];

/** Every clause a kernel breaks. */
export const kernelBreaks: readonly KernelBreak[] = [
  // Attributes.
  ...broken(
    ['alloc-attr-kernel-rules', 'alloc-attr-unchecked'],
    'ddi_dma_alloc_handle.9f/RV-2',
    'ddi_dma_attr.9s/VR-1',
  ),
  ...broken(belowPage, 'ddi_dma_attr.9s/CM-1', 'ddi_dma_attr.9s/CM-2', 'ddi_dma_attr.9s/SG-1'),
  ...broken(belowPage, ...ofBinds('DS-2', 'NT-2')),

  // Memory.
  ...broken('accattr-unchecked', 'ddi_device_acc_attr.9s/VR-1', 'ddi_device_acc_attr.9s/EN-1'),
  ...broken('mem-burst-ignored', 'ddi_dma_mem_alloc.9f/FL-6'),
  ...broken('mem-bad-cache-leaks', 'ddi_dma_mem_alloc.9f/FL-15'),
  ...broken(['mem-granular-ignored', 'mem-align-virtual'], 'ddi_dma_mem_alloc.9f/DS-1'),
  ...broken('mem-align-virtual', 'ddi_dma_attr.9s/AL-1'),
  ...broken('mem-consistent-length', 'ddi_dma_attr.9s/MX-3'),
  ...broken(['mem-addr-lo-refused', 'mem-contig-last-page'], 'ddi_dma_attr.9s/AD-3'),
  ...broken('mem-16m-panics', 'ddi_dma_mem_alloc.9f/RV-2'),
  ...broken('mem-contig-never-waits', 'ddi_dma_mem_alloc.9f/CB-2'),
  ...broken('mem-failure-queues', 'ddi_dma_mem_alloc.9f/CB-3'),

  // Binding.
  ...broken('bind-inuse-unchecked', 'ddi_dma_alloc_handle.9f/DS-5', 'interplay/IP-4'),
  ...broken(['bind-inuse-unchecked', 'inuse-overwrites-flags'], ...ofBinds('RV-4')),
  ...broken('copybuf-through-mem-alloc', ...ofBinds('RV-5')),
  ...broken(['copybuf-through-mem-alloc', 'sleep-queued-as-callback'], ...ofBinds('CB-2')),
  ...broken('release-wakes-one-list', ...ofBinds('CB-3')),
  ...broken('toobig-loses-copybuf', ...ofBinds('RV-7')),
  ...broken('empty-buf-maps', 'ddi_dma_buf_bind_handle.9f/AR-2', 'ddi_dma_buf_bind_handle.9f/RV-6'),
  ...broken('unbind-unbound-succeeds', 'ddi_dma_unbind_handle.9f/RV-2'),

  // Windows.
  ...broken(
    'windows-lose-third',
    ...ofBinds('FL-10'),
    'ddi_dma_getwin.9f/DS-1',
    'ddi_dma_getwin.9f/OUT-2',
    'ddi_dma_numwin.9f/DS-1',
    'interplay/IP-9',
  ),
  ...broken(
    [{ quirk: 'alloc-attr-kernel-rules', unless: 'alloc-attr-unchecked' }, 'windows-by-boundary'],
    'ddi_dma_attr.9s/GR-3',
  ),
  ...broken('windows-count-divides', 'ddi_dma_attr.9s/SL-3'),
  // An object whose own frames admit no window is not bounced whole.
  ...broken(['windows-count-divides', 'windows-trim-one-cookie'], 'ddi_dma_attr.9s/GR-2'),
  ...broken('getwin-needs-windows', 'ddi_dma_getwin.9f/DS-2', 'interplay/IP-8'),

  // Synchronising.
  ...broken('no-direction-no-copy', 'ddi_dma_sync.9f/DS-4'),
  ...broken('sync-by-window', 'ddi_dma_sync.9f/AR-4', 'ddi_dma_sync.9f/AR-5', 'interplay/IP-13'),
  ...broken({ quirk: 'sync-by-window', unless: 'sync-range-unchecked' }, 'ddi_dma_sync.9f/RV-1'),
  ...broken(['sync-by-window', 'sync-unchecked', 'sync-range-unchecked'], 'ddi_dma_sync.9f/RV-2'),
  ...broken('sync-unchecked', 'ddi_dma_mem_alloc.9f/FL-11'),

  // Interrupts.
  ...broken('intr-nintrs-einval', 'ddi_intr_get_nintrs.9f/RV-2'),
  ...broken('intr-alloc-array-by-inum', 'ddi_intr_alloc.9f/OUT-1'),
  ...broken('intr-msi-sum-power', 'ddi_intr_alloc.9f/AR-2'),
  ...broken('intr-strict-untold', 'ddi_intr_alloc.9f/FL-2'),
  ...broken('intr-cap-msi-edge', 'ddi_intr_get_cap.9f/FL-1'),
  ...broken('intr-set-pri-einval', 'ddi_intr_get_pri.9f/SP-2'),
  ...broken('intr-unsupported-einval', 'ddi_intr_set_mask.9f/RV-1', 'ddi_intr_get_pending.9f/DS-3'),
  ...broken('intr-clr-mask-unpaired', 'ddi_intr_set_mask.9f/DS-3'),
  ...broken('intr-pending-neighbours', 'ddi_intr_get_pending.9f/DS-1'),

  // Registers.
  ...broken('config-handle-unchecked', 'pci_config_get8.9f/AR-1'),
  ...broken('regsize-from-tuple', 'ddi_dev_regsize.9f/DS-1'),
  ...broken('peek-nexus-refuses', 'ddi_peek.9f/RV-1', 'ddi_peek.9f/CX-1'),
  ...broken('peek-nexus-refuses', 'ddi_poke.9f/RV-1', 'ddi_poke.9f/CX-1'),
  ...broken('peek-nexus-refuses', 'ddi_fm_error.9s/FD-4'),
  ...broken('peek-failure-writes-out', 'ddi_peek.9f/RV-2'),

  // User memory and bufs.
  ...broken('umem-lock-both-ways', 'ddi_umem_lock.9f/FL-1'),
  ...broken('iosetup-umem-alloc', 'ddi_umem_iosetup.9f/AR-1'),
  ...broken('physio-checks-each-piece', 'physio.9f/DS-1'),
  ...broken('bp-copy-short-first-page', 'bp_copyin.9f/DS-1'),

  // Faults.
  ...broken(
    ['flagerr-direct-bypass', 'flagerr-puts-unscanned', 'dma-check-needs-handler'],
    'ddi_fm_acc_err_get.9f/DS-1',
  ),
  ...broken('fault-records-apart', 'ddi_check_acc_handle.9f/DS-1', 'ddi_check_acc_handle.9f/RV-2'),
  ...broken('fault-records-apart', 'ddi_check_acc_handle.9f/DS-10'),
  ...broken(
    ['fault-records-apart', 'unbind-clears-fault'],
    'ddi_check_acc_handle.9f/DS-6',
    'interplay/IP-15',
  ),
  ...broken('acc-range-unchecked', 'ddi_regs_map_setup.9f/DS-2'),
  ...broken('dma-fault-inclusive-end', 'ddi_check_acc_handle.9f/DS-13'),
  ...broken(['fm-fini-dereferences-null', 'fm-fini-misspelt'], 'ddi_fm_init.9f/FI-1'),
];

/** Quirks that break no clause, and why not. */
export const lawful: Readonly<Partial<Record<QuirkId, string>>> = {
  'mem-from-kmem-io': 'what memory a later bind could not take, no page says of an allocation',
  'mem-sgllen-zero': 'ddi_dma_attr(9S) reserves a sgllen of 0',
  'mem-failure-writes-out': 'ddi_dma_mem_alloc(9F) says nothing of its results after a failure',
  'mem-free-by-length': 'how pages are cached that nobody owns is the kernel’s affair',
  'cookie-early-close': 'no page promises cookies as long as they can be',
  'addr-hi-exclusive': 'a page that is bounced without need is reached all the same',
  'align-ignored-at-bind': 'the alignment of what is bound is the driver’s duty',
  'sleepers-have-no-turn': 'no page promises an order among those who wait',
  'badattr-runs-callbacks': 'a callback is told that resources may be free, not that they are',
  'add-intr-notfound': 'ddi_add_intr(9F) has both codes and says of neither when',
  'intr-set-pri-lock-level': 'DDI_FAILURE is for whatever an implementation cannot do',
  'rnumber-is-failure': 'ddi_regs_map_setup(9F) RV-3: not every system has a code of its own',
  'map-rest-runs-over': 'ddi_regs_map_setup(9F) says nothing of length 0 with an offset',
  'config-addr-is-offset': 'the address of a mapping is opaque',
  'config-refuses-be': 'configuration space is little-endian, whatever the device is',
  'rep-flags-but-one-stay': 'ddi_rep_get8(9F) FL-3: no other flag value is described',
  'io-64-panics': 'ddi_io_get8(9F) DS-3: the family has no member of 64 bits',
  'device-copy-divides-by-zero': 'ddi_device_zero(9F) AR-2 has four sizes, and 0 is none of them',
  'cookie-type-marks-bounce': 'the bits of dmac_type belong to the bus',
  'acc-align-unchecked': 'ddi_get8(9F) states no rule of alignment',
  'acc-freed-unchecked': 'a freed handle has no promises left to break',
  'io-fault-survived': 'ddi_device_acc_attr(9S) lets the default action be anything',
  'access-zero-traps': 'the page has no access byte of 0',
  'faulted-handle-works': 'ddi_check_acc_handle(9F) leaves accesses after a fault undefined',
  'fm-version-panics': 'the page has one version for drivers to ask for',
  'fm-version-unwritten': 'either version is one of the page',
};

/**
 * The quirks of a system by which a clause is broken.
 *
 * @param system - platform and rule book
 * @param clause - `page/GROUP-n`
 * @returns their ids; none when the clause should hold
 */
export function breaksOf({ kernel }: System, clause: string): readonly QuirkId[] {
  const causes = kernelBreaks.find((b) => b.clause === clause)?.causes ?? [];
  const table: readonly Quirk[] = quirkTable;
  const inForce = (id: string): boolean =>
    table.some((q) => q.id === id && q.books.some((book) => book === kernel));
  return causes
    .filter(({ quirk, unless }) => inForce(quirk) && (unless === undefined || !inForce(unless)))
    .map(({ quirk }) => quirk);
}
