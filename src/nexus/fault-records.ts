/**
 * What the system remembers of faults of a handle: two records, which know nothing of each other.
 *
 *   (1) the *error* that ddi_fm_acc_err_get(9F) and ddi_fm_dma_err_get(9F) tell, and that the
 *       driver clears;
 *   (2) the *mark* that ddi_check_acc_handle(9F) and ddi_check_dma_handle(9F) tell, older, which
 *       says no more than that there was a fault.
 *
 * By the pages a fault that is noticed is in both; a kernel keeps them apart.
 */

/** An error of a handle. */
export interface HandleError {
  /** `DDI_FM_FATAL` or `DDI_FM_NONFATAL`. */
  readonly status: number;
  /** `DDI_FM_ERR_UNEXPECTED`, `DDI_FM_ERR_EXPECTED`. */
  readonly flag: number;
  readonly ena: bigint;
}

/** The records of one handle. */
export class FaultRecords {
  /** The error; `null` when there is none. */
  error: HandleError | null = null;
  /** The mark. */
  marked = false;
  /** Whether there was an error that the driver did not ask about. */
  unread = false;

  /** Both records as for a new handle. */
  forget(): void {
    this.error = null;
    this.marked = false;
    this.unread = false;
  }
}
