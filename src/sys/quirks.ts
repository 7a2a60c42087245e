/**
 * Quirks: every way in which the real code differs from what its man pages promise.
 *
 * The three rule books share one implementation. `contract` has no quirk; `debug` and `production`
 * have those of the kernels they stand for. A quirk can be switched by itself where the quirks it
 * depends on are on too.
 *
 * Sources are files and functions of illumos-gate at 647ff5ce62. Evidence is *recorded* when the
 * real code was run and the model replays what it did, *read* when the code was only read.
 */
import { ModelBug } from './errors.js';
import { accQuirks } from './quirks-acc.js';
import { intrQuirks } from './quirks-intr.js';
import { regsQuirks } from './quirks-regs.js';
import { fmQuirks } from './quirks-fm.js';

/** One difference. */
export interface Quirk {
  readonly id: string;
  /** In a few words. */
  readonly title: string;
  /** The clause that says otherwise, or is silent. */
  readonly clause: string;
  /** File and function. */
  readonly source: string;
  /** What happens, and what the pages would have. */
  readonly effect: string;
  /** The rule books that have it. */
  readonly books: readonly ('debug' | 'production')[];
  /** Quirks that must be on for this one to mean anything. */
  readonly dependsOn: readonly string[];
  readonly evidence: 'recorded' | 'read';
}

const both = ['debug', 'production'] as const;
const rootnex = 'i86pc/io/rootnex.c';
const ddiImpl = 'i86pc/os/ddi_impl.c';

/** The table, in the order of a request's life. */
export const quirkTable = [
  {
    id: 'alloc-attr-kernel-rules',
    title: 'attributes are judged by the rules of the code',
    clause: 'ddi_dma_alloc_handle.9f/RV-2',
    source: `${rootnex} rootnex_valid_alloc_parms`,
    effect: 'limits below a page and empty lists are BADATTR; version, alignment and minxfer pass',
    books: both,
    dependsOn: [],
    evidence: 'recorded',
  },
  {
    id: 'alloc-attr-unchecked',
    title: 'attributes are not judged at all',
    clause: 'ddi_dma_alloc_handle.9f/RV-2',
    source: `${rootnex} rootnex_alloc_check_parms`,
    effect: 'every set of attributes gets a handle, whatever it says',
    books: ['production'],
    dependsOn: ['alloc-attr-kernel-rules'],
    evidence: 'recorded',
  },
  {
    id: 'accattr-unchecked',
    title: 'access attributes are taken as they come',
    clause: 'ddi_device_acc_attr.9s/EN-1',
    source: 'intel/ia32/os/ddi_i86.c impl_acc_hdl_init',
    effect: 'every version, order and access passes; a byte order that is not big does not swap',
    books: both,
    dependsOn: [],
    evidence: 'recorded',
  },
  {
    id: 'mem-from-kmem-io',
    title: 'DMA memory comes from ranges of powers of two, and contiguity is a matter of sgllen',
    clause: 'ddi_dma_mem_alloc.9f/DS-1',
    source: `${ddiImpl} i_ddi_mem_alloc, kalloca`,
    effect:
      'count_max, maxxfer and short segments are not looked at: memory is given that no bind takes',
    books: both,
    dependsOn: [],
    evidence: 'recorded',
  },
  {
    id: 'mem-burst-ignored',
    title: 'burst sizes and cache lines pad and align nothing',
    clause: 'ddi_dma_mem_alloc.9f/FL-6',
    source: `${ddiImpl} i_ddi_mem_alloc`,
    effect: 'DDI_DMA_STREAMING memory is as aligned and as long as any other',
    books: both,
    dependsOn: [],
    evidence: 'recorded',
  },
  {
    id: 'mem-granular-ignored',
    title: 'memory is not padded to the granularity',
    clause: 'ddi_dma_mem_alloc.9f/DS-1',
    source: `${ddiImpl} i_ddi_mem_alloc`,
    effect: 'real_length need not be a multiple of dma_attr_granular',
    books: both,
    dependsOn: [],
    evidence: 'recorded',
  },
  {
    id: 'mem-consistent-length',
    title: 'of consistent memory the padding is not told',
    clause: 'ddi_dma_mem_alloc.9f/OUT-2',
    source: 'common/os/sunddi.c ddi_dma_mem_alloc',
    effect: 'with exactly DDI_DMA_CONSISTENT real_length is the length asked for',
    books: both,
    dependsOn: [],
    evidence: 'recorded',
  },
  {
    id: 'mem-align-virtual',
    title: 'alignment beyond a page holds for kernel addresses alone',
    clause: 'ddi_dma_attr.9s/AL-1',
    source: `${ddiImpl} kalloca`,
    effect: 'where sgllen does not ask for contiguity, frames lie anywhere',
    books: both,
    dependsOn: ['mem-from-kmem-io'],
    evidence: 'recorded',
  },
  {
    id: 'mem-sgllen-zero',
    title: 'an empty list divides by zero',
    clause: 'ddi_dma_attr.9s/SL-2',
    source: `${ddiImpl} i_ddi_mem_alloc`,
    effect: 'memory for a handle with sgllen 0 panics the system',
    books: ['production'],
    dependsOn: ['mem-from-kmem-io', 'alloc-attr-unchecked'],
    evidence: 'recorded',
  },
  {
    id: 'mem-addr-lo-refused',
    title: 'a device that does not reach the first pages gets no memory',
    clause: 'ddi_dma_mem_alloc.9f/DS-1',
    source: `${ddiImpl} kalloca`,
    effect: 'addr_lo above 8 KiB is DDI_FAILURE for ever',
    books: both,
    dependsOn: ['mem-from-kmem-io'],
    evidence: 'recorded',
  },
  {
    id: 'mem-16m-panics',
    title: 'a device that does not reach 16 MiB panics the system',
    clause: 'ddi_dma_mem_alloc.9f/RV-2',
    source: `${ddiImpl} kmem_io_index`,
    effect: 'addr_hi below 16 MiB stops the machine, unless contiguous memory is wanted',
    books: both,
    dependsOn: ['mem-from-kmem-io'],
    evidence: 'recorded',
  },
  {
    id: 'mem-contig-last-page',
    title: 'contiguous memory may reach beyond addr_hi',
    clause: 'ddi_dma_attr.9s/AD-2',
    source: 'i86pc/vm/vm_machdep.c page_get_contigpage',
    effect: 'the page in which addr_hi lies is taken whole, even if the device reaches half of it',
    books: both,
    dependsOn: ['mem-from-kmem-io'],
    evidence: 'read',
  },
  {
    id: 'mem-contig-never-waits',
    title: 'nobody waits for contiguous memory',
    clause: 'ddi_dma_mem_alloc.9f/CB-2',
    source: `${ddiImpl} contig_alloc`,
    effect: 'when no run is free, DDI_DMA_SLEEP gets DDI_FAILURE',
    books: both,
    dependsOn: ['mem-from-kmem-io'],
    evidence: 'recorded',
  },
  {
    id: 'mem-bad-cache-leaks',
    title: 'bad cache attributes lose an access handle',
    clause: 'ddi_dma_mem_alloc.9f/FL-15',
    source: 'common/os/sunddi.c ddi_dma_mem_alloc',
    effect: 'the call fails with a handle set that nobody frees; no callback is registered',
    books: both,
    dependsOn: [],
    evidence: 'recorded',
  },
  {
    id: 'mem-failure-writes-out',
    title: 'a call that fails writes its out-parameters',
    clause: 'ddi_dma_mem_alloc.9f/OUT-7',
    source: 'common/os/sunddi.c ddi_dma_mem_alloc',
    effect: 'real_length is set with DDI_DMA_CONSISTENT, kaddr is cleared when there was no memory',
    books: both,
    dependsOn: [],
    evidence: 'recorded',
  },
  {
    id: 'mem-failure-queues',
    title: 'every failure registers the callback',
    clause: 'ddi_dma_mem_alloc.9f/CB-3',
    source: 'common/os/sunddi.c ddi_dma_mem_alloc',
    effect: 'a function is called, time and again, for what can never be had',
    books: both,
    dependsOn: [],
    evidence: 'recorded',
  },
  {
    id: 'mem-free-by-length',
    title: 'ddi_dma_mem_free(9F) knows the reported length only',
    clause: 'ddi_dma_mem_free.9f/DS-1',
    source: `${ddiImpl} i_ddi_mem_free`,
    effect: 'pages of padding beyond real_length are given back without being made cacheable again',
    books: both,
    dependsOn: ['mem-consistent-length'],
    evidence: 'recorded',
  },
  {
    id: 'bind-inuse-unchecked',
    title: 'a bound handle can be bound again',
    clause: 'ddi_dma_addr_bind_handle.9f/RV-4',
    source: `${rootnex} rootnex_bind_check_inuse`,
    effect: 'the second bind overwrites the first, whose memory is lost; no DDI_DMA_INUSE',
    books: ['production'],
    dependsOn: [],
    evidence: 'recorded',
  },
  {
    id: 'inuse-overwrites-flags',
    title: 'a refused second bind changes the flags of the first',
    clause: 'ddi_dma_addr_bind_handle.9f/RV-4',
    source: `${rootnex} rootnex_coredma_bindhdl`,
    effect: 'DDI_DMA_INUSE comes after direction and PARTIAL of the live binding were overwritten',
    books: ['debug'],
    dependsOn: [],
    evidence: 'read',
  },
  {
    id: 'limits-at-page-starts',
    title: 'limits are looked at where pages start',
    clause: 'ddi_dma_attr.9s/SG-1',
    source: `${rootnex} rootnex_get_sgl`,
    effect: 'a page is never cut, whatever seg and count_max say; seg is used as a mask of bits',
    books: both,
    dependsOn: [],
    evidence: 'recorded',
  },
  {
    id: 'cookie-early-close',
    title: 'a cookie that would become full is closed one page early',
    clause: 'ddi_dma_attr.9s/CM-1',
    source: `${rootnex} rootnex_get_sgl`,
    effect: 'with room for three pages or more, page-aligned cookies have one page less',
    books: both,
    dependsOn: ['limits-at-page-starts'],
    evidence: 'recorded',
  },
  {
    id: 'addr-hi-exclusive',
    title: 'the last page below addr_hi is bounced',
    clause: 'ddi_dma_attr.9s/AD-2',
    source: `${rootnex} rootnex_get_sgl`,
    effect: 'memory that ends exactly at addr_hi counts as out of reach, by one byte',
    books: both,
    dependsOn: [],
    evidence: 'recorded',
  },
  {
    id: 'align-ignored-at-bind',
    title: 'bind does not look at the alignment',
    clause: 'ddi_dma_addr_bind_handle.9f/IX-3',
    source: `${rootnex} rootnex_get_sgl`,
    effect: 'cookies lie wherever the frames and the cuts put them',
    books: both,
    dependsOn: [],
    evidence: 'recorded',
  },
  {
    id: 'copybuf-through-mem-alloc',
    title: 'bounce pages come from the allocator of ddi_dma_mem_alloc(9F), refusals included',
    clause: 'ddi_dma_addr_bind_handle.9f/RV-5',
    source: `${rootnex} rootnex_setup_copybuf`,
    effect:
      'addr_lo above 8 KiB or an odd minxfer is NORESOURCES for ever; addr_hi below 16 MiB panics',
    books: both,
    dependsOn: ['limits-at-page-starts'],
    evidence: 'recorded',
  },
  {
    id: 'toobig-loses-copybuf',
    title: 'TOOBIG loses the bounce pages',
    clause: 'ddi_dma_addr_bind_handle.9f/RV-7',
    source: `${rootnex} rootnex_bind_slowpath`,
    effect: 'the bounce pages allocated before the refusal are never freed',
    books: both,
    dependsOn: ['limits-at-page-starts'],
    evidence: 'recorded',
  },
  {
    id: 'windows-by-boundary',
    title: 'windows are carved cookie by cookie',
    clause: 'ddi_dma_getwin.9f/OUT-2',
    source: `${rootnex} rootnex_bind_slowpath, rootnex_*_window_boundary`,
    effect:
      'one boundary a cookie, in the order bounce pages, sgllen, maxxfer; at most two are cut',
    books: both,
    dependsOn: ['limits-at-page-starts'],
    evidence: 'recorded',
  },
  {
    id: 'windows-count-divides',
    title: 'counting windows can divide by zero',
    clause: 'ddi_dma_attr.9s/SL-3',
    source: `${rootnex} rootnex_setup_windows`,
    effect: 'sgllen 1 with several cookies, or maxxfer below granular, panics the system',
    books: both,
    dependsOn: ['windows-by-boundary'],
    evidence: 'recorded',
  },
  {
    id: 'windows-lose-third',
    title: 'a window made by cutting twice has no size',
    clause: 'ddi_dma_getwin.9f/OUT-2',
    source: `${rootnex} rootnex_sgllen_window_boundary`,
    effect: 'its length is short by the cut, or the window is dropped and its bytes with it',
    books: both,
    dependsOn: ['windows-by-boundary'],
    evidence: 'recorded',
  },
  {
    id: 'windows-trim-one-cookie',
    title: 'a window without a list is never trimmed',
    clause: 'ddi_dma_attr.9s/GR-2',
    source: `${rootnex} rootnex_sgllen_window_boundary`,
    effect: 'sgllen 1 where a trim is needed is NOMAPPING',
    books: both,
    dependsOn: ['windows-by-boundary'],
    evidence: 'recorded',
  },
  {
    id: 'getwin-needs-windows',
    title: 'getwin of window 0 depends on how the bind went',
    clause: 'ddi_dma_getwin.9f/DS-2',
    source: `${rootnex} rootnex_coredma_win`,
    effect: 'after MAPPED it succeeds when there are bounce pages and fails when there are none',
    books: both,
    dependsOn: [],
    evidence: 'recorded',
  },
  {
    id: 'cookie-type-marks-bounce',
    title: 'the type of a cookie tells that it is bounced',
    clause: 'ddi_dma_cookie.9s/FD-7',
    source: `${rootnex} ROOTNEX_USES_COPYBUF`,
    effect: 'bit 31 of dmac_type is set in the cookies a driver sees',
    books: both,
    dependsOn: [],
    evidence: 'read',
  },
  {
    id: 'no-direction-no-copy',
    title: 'without a direction nothing is copied',
    clause: 'ddi_dma_sync.9f/DS-4',
    source: `${rootnex} rootnex_coredma_bindhdl`,
    effect: 'bind, getwin and unbind move bounced data only in the directions that were given',
    books: both,
    dependsOn: [],
    evidence: 'recorded',
  },
  {
    id: 'sync-by-window',
    title: 'sync takes 0 for the window',
    clause: 'ddi_dma_sync.9f/AR-4',
    source: `${rootnex} rootnex_coredma_sync`,
    effect: 'offset 0 is the start of the window and length 0 its size, each by itself',
    books: both,
    dependsOn: [],
    evidence: 'recorded',
  },
  {
    id: 'sync-unchecked',
    title: 'sync looks at its arguments only where bounce pages are in use, and on DEBUG',
    clause: 'ddi_dma_sync.9f/RV-2',
    source: 'common/os/sunddi.c ddi_dma_sync',
    effect:
      'without bounce pages every range of every handle is a success, and stores to ' +
      'write-combining memory stay where they are',
    books: both,
    dependsOn: ['sync-by-window'],
    evidence: 'recorded',
  },
  {
    id: 'sync-range-unchecked',
    title: 'sync accepts every range',
    clause: 'ddi_dma_sync.9f/RV-2',
    source: `${rootnex} rootnex_sync_check_parms`,
    effect: 'ranges outside the window are copied between pages that have changed their meaning',
    books: ['production'],
    dependsOn: ['sync-unchecked'],
    evidence: 'recorded',
  },
  {
    id: 'unbind-unbound-succeeds',
    title: 'a handle that is not bound can be unbound',
    clause: 'ddi_dma_unbind_handle.9f/RV-2',
    source: `${rootnex} rootnex_coredma_unbindhdl`,
    effect: 'DDI_SUCCESS, and whoever waits for a binding is called',
    books: both,
    dependsOn: [],
    evidence: 'read',
  },
  {
    id: 'sleep-queued-as-callback',
    title: 'DDI_DMA_SLEEP can be queued as a function',
    clause: 'ddi_dma_addr_bind_handle.9f/CB-2',
    source: `${rootnex} rootnex_dma_bindhdl`,
    effect:
      'a sleeping bind that fails for good is NORESOURCES; later the system jumps to address 1',
    books: both,
    dependsOn: ['copybuf-through-mem-alloc'],
    evidence: 'recorded',
  },
  {
    id: 'release-wakes-one-list',
    title: 'a release wakes those who wait for the same kind of thing',
    clause: 'ddi_dma_addr_bind_handle.9f/CB-3',
    source: 'common/os/sunddi.c ddi_dma_mem_free, i86pc/io/rootnex.c rootnex_dma_unbindhdl',
    effect: 'memory that is freed wakes nobody who waits to bind, although a bind would succeed',
    books: both,
    dependsOn: [],
    evidence: 'recorded',
  },
  {
    id: 'sleepers-have-no-turn',
    title: 'who sleeps can be overtaken for ever',
    clause: 'ddi_dma_mem_alloc.9f/CB-2',
    source: 'common/os/vmem.c vmem_xalloc',
    effect: 'a stream of calls that do not sleep takes everything a sleeper waits for',
    books: both,
    dependsOn: [],
    evidence: 'read',
  },
  {
    id: 'badattr-runs-callbacks',
    title: 'refused attributes wake those who wait for handles',
    clause: 'ddi_dma_alloc_handle.9f/CB-4',
    source: `${rootnex} rootnex_coredma_allochdl`,
    effect: 'DDI_DMA_BADATTR frees the handle it had made, and the callbacks of others are called',
    books: ['debug'],
    dependsOn: ['alloc-attr-kernel-rules'],
    evidence: 'read',
  },
  {
    id: 'empty-buf-maps',
    title: 'an empty buf can be bound',
    clause: 'ddi_dma_buf_bind_handle.9f/AR-2',
    source: 'common/os/sunddi.c ddi_dma_buf_bind_handle',
    effect:
      'b_bcount 0 gives DDI_DMA_MAPPED and no cookies; the address call refuses the same object',
    books: both,
    dependsOn: [],
    evidence: 'read',
  },
  {
    id: 'umem-lock-both-ways',
    title: 'memory can be locked for both ways at once',
    clause: 'ddi_umem_lock.9f/FL-1',
    source: 'common/os/sunddi.c ddi_umem_lock',
    effect:
      'DDI_UMEMLOCK_READ with DDI_UMEMLOCK_WRITE locks for writing; the page wants one of them',
    books: both,
    dependsOn: [],
    evidence: 'read',
  },
  {
    id: 'iosetup-umem-alloc',
    title: 'ddi_umem_iosetup(9F) takes memory of ddi_umem_alloc(9F)',
    clause: 'ddi_umem_iosetup.9f/AR-1',
    source: 'common/os/sunddi.c ddi_umem_iosetup',
    effect: 'a cookie of resident kernel memory makes a buf; the page knows cookies of locks only',
    books: both,
    dependsOn: [],
    evidence: 'read',
  },
  {
    id: 'physio-checks-each-piece',
    title: 'physio(9F) looks at access when it locks a piece',
    clause: 'physio.9f/DS-1',
    source: 'common/os/vm_subr.c default_physio',
    effect: 'a request that is wrong further on has moved data when it fails',
    books: both,
    dependsOn: [],
    evidence: 'read',
  },
  {
    id: 'bp-copy-short-first-page',
    title: 'bp_copyin(9F) measures an offset against the size',
    clause: 'bp_copyin.9f/DS-1',
    source: 'common/os/bp_map.c bp_copy_common',
    effect:
      'offset with less than a page: bytes from the wrong page, or past the end of the page list',
    books: both,
    dependsOn: [],
    evidence: 'read',
  },
  ...intrQuirks,
  ...regsQuirks,
  ...accQuirks,
  ...fmQuirks,
] as const satisfies readonly Quirk[];

/** The name of a quirk. */
export type QuirkId = (typeof quirkTable)[number]['id'];

/** The names of the rule books. */
export const ruleBookNames = ['contract', 'debug', 'production'] as const;
/** The name of a rule book. */
export type RuleBookName = (typeof ruleBookNames)[number];

/** The rules a machine goes by: a book, and what was switched in it. */
export class RuleBook {
  readonly name: RuleBookName;
  readonly #on: ReadonlySet<string>;

  /**
   * @param name - the book
   * @param switched - quirks to add (`true`) or take away (`false`)
   * @throws RangeError when a quirk is unknown or one it depends on is off
   */
  constructor(name: RuleBookName, switched: Readonly<Partial<Record<QuirkId, boolean>>> = {}) {
    this.name = name;
    const table: readonly Quirk[] = quirkTable;
    const on = new Set<string>();
    for (const quirk of table) {
      if (name !== 'contract' && quirk.books.includes(name)) on.add(quirk.id);
    }
    for (const [id, wanted] of Object.entries(switched)) {
      if (!table.some((quirk) => quirk.id === id)) throw new RangeError(`no quirk is named ${id}`);
      if (wanted) on.add(id);
      else on.delete(id);
    }
    for (const quirk of table) {
      if (!on.has(quirk.id)) continue;
      for (const needed of quirk.dependsOn) {
        if (on.has(needed)) continue;
        throw new RangeError(`quirk ${quirk.id} means nothing without ${needed}`);
      }
    }
    this.#on = on;
  }

  /** Whether a quirk is on. */
  has(id: QuirkId): boolean {
    return this.#on.has(id);
  }

  /** The quirks that are on, in the order of the table. */
  get quirks(): readonly Quirk[] {
    const table: readonly Quirk[] = quirkTable;
    return table.filter((quirk) => this.#on.has(quirk.id));
  }
}

/** The quirk of that name. */
export function quirk(id: QuirkId): Quirk {
  const table: readonly Quirk[] = quirkTable;
  const found = table.find((q) => q.id === id);
  if (found === undefined) throw new ModelBug(`no quirk is named ${id}`);
  return found;
}
