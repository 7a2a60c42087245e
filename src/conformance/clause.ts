/**
 * Conformance: every sentence of the man pages that binds the system, watched by itself.
 *
 * A *check* is data: the id of one clause, what the machine must be like, and a body that calls a
 * *system under test* and says `that(condition, what)`. The body knows sut.ts and nothing of this
 * implementation, so the same checks judge any other one; model.ts fits ours to sut.ts.
 *
 *   (1) One observation per clause. Clauses may share helpers; each is watched on its own, so that
 *       a failing line of the table names the sentence that is broken and no other.
 *   (2) A clause is checked or *pending*, never both and never neither. pending.ts is the only list
 *       of what is not watched, with the reason; table.ts fails a run that has a gap, a double, or
 *       an id that no page has.
 *   (3) A check that cannot fail is a defect. test/conformance runs each one on four hollow systems
 *       (all calls succeed, all fail, all throw, all answer stale data) and refuses a check that
 *       none of the four fails.
 *
 * Which clauses must be covered: every MUST of the pages in `deliveredPages`, the duties of the
 * system and those of the driver alike, for a duty of the driver is watched by what the system says
 * to its breach. MAY, NOTE and UNDEFINED rows may have a check and need none.
 *
 * What this is not: a search. A check runs one schedule of one seed; properties over many inputs
 * are in test/.
 */
import type { Needs, Sut } from './sut.js';

/** What a check does: nothing when the clause holds; it throws when it does not. */
export type CheckBody = (sut: Sut, kase: string) => Promise<void> | void;

/** A check of one clause. */
export interface ClauseCheck {
  /** `page/GROUP-n` of the registry. */
  readonly id: string;
  /** What the machine must be like. */
  readonly needs: Needs;
  /** The observation. */
  readonly body: CheckBody;
}

/**
 * A check of one clause, as data.
 *
 * @param id - `page/GROUP-n` of the registry
 * @param needs - what the machine must be like
 * @param body - the observation; throws when the clause is broken
 */
export function clause(id: string, needs: Needs, body: CheckBody): ClauseCheck {
  return { id, needs, body };
}

/** The pages whose calls exist: every MUST of these is checked or pending. */
export const deliveredPages: readonly string[] = [
  'ddi_dma_alloc_handle.9f',
  'ddi_dma_free_handle.9f',
  'ddi_dma_mem_alloc.9f',
  'ddi_dma_mem_free.9f',
  'ddi_dma_addr_bind_handle.9f',
  'ddi_dma_buf_bind_handle.9f',
  'ddi_dma_unbind_handle.9f',
  'ddi_dma_sync.9f',
  'ddi_dma_getwin.9f',
  'ddi_dma_numwin.9f',
  'ddi_dma_cookie_iter.9f',
  'ddi_dma_burstsizes.9f',
  'ddi_dma_attr.9s',
  'ddi_dma_cookie.9s',
  'ddi_device_acc_attr.9s',
  'ddi_get8.9f',
  'ddi_put8.9f',
  'ddi_rep_get8.9f',
  'ddi_rep_put8.9f',
  'ddi_io_get8.9f',
  'ddi_io_put8.9f',
  'ddi_io_rep_get8.9f',
  'ddi_io_rep_put8.9f',
  'ddi_mem_get8.9f',
  'ddi_mem_put8.9f',
  'ddi_mem_rep_get8.9f',
  'ddi_mem_rep_put8.9f',
  'ddi_device_zero.9f',
  'ddi_device_copy.9f',
  'swab.9f',
  'byteorder.h',
  'ddi_regs_map_setup.9f',
  'ddi_regs_map_free.9f',
  'ddi_dev_nregs.9f',
  'ddi_dev_regsize.9f',
  'ddi_map_regs.9f',
  'ddi_peek.9f',
  'ddi_poke.9f',
  'pci_config_get8.9f',
  'pci_config_setup.9f',
  'pci.4',
  'ddi_check_acc_handle.9f',
  'ddi_fm_init.9f',
  'ddi_fm_handler_register.9f',
  'ddi_fm_service_impact.9f',
  'ddi_fm_acc_err_get.9f',
  'ddi_fm_acc_err_clear.9f',
  'ddi_fm_error.9s',
  'ddi_umem_alloc.9f',
  'ddi_umem_lock.9f',
  'ddi_umem_iosetup.9f',
  'umem_lockmemory',
  'buf.9s',
  'physio.9f',
  'bp_mapin.9f',
  'bp_mapout.9f',
  'bp_copyin.9f',
  'buf_funcs.9f',
  'ddi_btop.9f',
  'ddi_add_intr.9f',
  'ddi_intr_get_supported_types.9f',
  'ddi_intr_get_nintrs.9f',
  'ddi_intr_alloc.9f',
  'ddi_intr_add_handler.9f',
  'ddi_intr_enable.9f',
  'ddi_intr_get_cap.9f',
  'ddi_intr_get_pri.9f',
  'ddi_intr_set_mask.9f',
  'ddi_intr_get_pending.9f',
  'ddi_intr_hilevel.9f',
  'ddi_intr_add_softint.9f',
  'ddi_add_softintr.9f',
  'mutex.9f',
  'condvar.9f',
  'kmem_alloc.9f',
  'interplay',
];
