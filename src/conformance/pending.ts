/**
 * The clauses that are not watched yet: the only such list, with the reason as data.
 *
 * A clause leaves this list when its check enters checks.ts; table.ts refuses a clause that is in
 * both, and one that is in neither.
 */

/** Why a clause waits. */
export const pendingReasons = {
  quiesce: 'waits for suspend and quiesce',
  engines: 'waits for system DMA engines',
  platforms: 'waits for platforms other than i86pc',
  checker: 'a duty of drivers that no call can notice; waits for the checker',
  races:
    'the data are variables of the driver, which no call sees; with preemption and several seeds ' +
    'callbacks do come at every call',
  early: 'the loop is the driver’s, and no system has to wake early; fault kind wake-up does',
  source: 'a rule for the text of a driver: what it compares or reads shows in no call',
  shape: 'cannot be broken here: the shape of the call leaves no room for it',
} as const;

/** The name of a reason. */
export type PendingReason = keyof typeof pendingReasons;

/** A clause that waits. */
export interface PendingClause {
  /** `page/GROUP-n`. */
  readonly id: string;
  readonly reason: PendingReason;
}

/** Clauses of one page with one reason. */
function waiting(reason: PendingReason, page: string, ...clauses: string[]): PendingClause[] {
  return clauses.map((c) => ({ id: `${page}/${c}`, reason }));
}

const bind = 'ddi_dma_addr_bind_handle.9f';
const bufBind = 'ddi_dma_buf_bind_handle.9f';

/** Every clause that waits. */
export const pending: readonly PendingClause[] = [
  // What needs another platform, or a less simple memory.
  ...waiting('platforms', 'ddi_dma_mem_alloc.9f', 'FL-12', 'FL-16'),
  ...waiting('platforms', 'ddi_dma_attr.9s', 'FL-3', 'FL-4'),
  ...waiting('platforms', 'interplay', 'IP-14'),

  // Further calls.
  ...waiting('quiesce', 'interplay', 'AX-15', 'AX-16'),
  ...waiting('quiesce', 'ddi_umem_alloc.9f', 'WN-3'),
  ...waiting('engines', 'interplay', 'IP-19'),

  // Duties of drivers.
  ...waiting('checker', 'ddi_dma_alloc_handle.9f', 'DS-4'),
  ...waiting('checker', 'ddi_dma_mem_alloc.9f', 'OUT-6', 'IX-1'),
  ...waiting('checker', 'ddi_dma_getwin.9f', 'DS-3'),
  ...waiting('checker', 'ddi_dma_burstsizes.9f', 'IX-1'),
  ...waiting('checker', 'ddi_dma_attr.9s', 'BS-3', 'FL-10'),
  ...waiting('checker', 'ddi_dma_cookie.9s', 'FD-5'),
  ...waiting('checker', 'ddi_fm_handler_register.9f', 'DS-2', 'DS-4'),
  ...waiting('checker', 'ddi_fm_acc_err_get.9f', 'DS-4', 'DS-5'),
  ...waiting('source', 'ddi_regs_map_setup.9f', 'RV-5'),
  ...waiting('source', 'buf.9s', 'DS-2'),
  ...waiting('early', 'condvar.9f', 'WT-2'),
  ...waiting('races', 'ddi_dma_alloc_handle.9f', 'CB-12'),
  ...waiting('races', 'ddi_dma_mem_alloc.9f', 'CB-10'),
  ...waiting('races', bind, 'CB-10'),
  ...waiting('races', bufBind, 'CB-10'),

  // Cookie and count are always given: a caller cannot leave them out.
  ...waiting('shape', bind, 'AR-9'),
  ...waiting('shape', bufBind, 'AR-7'),
  ...waiting('shape', 'ddi_dma_getwin.9f', 'AR-5'),
  // The value of a peek is in its result, for the caller to drop.
  ...waiting('shape', 'ddi_peek.9f', 'AR-3'),
  // b_blkno and b_lblkno are one number.
  ...waiting('shape', 'buf.9s', 'BN-1'),
];
