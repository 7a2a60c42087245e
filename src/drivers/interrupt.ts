/** One interrupt of a device: a message where there is one, or else the line. */
import { ddi_intr_alloc, ddi_intr_free, ddi_intr_get_supported_types } from '../ddi/intr-alloc.js';
import { DDI_INTR_PRI, ddi_intr_get_cap, ddi_intr_get_pri } from '../ddi/intr-cap.js';
import {
  ddi_intr_add_handler,
  ddi_intr_block_disable,
  ddi_intr_block_enable,
  ddi_intr_disable,
  ddi_intr_enable,
  ddi_intr_remove_handler,
} from '../ddi/intr-handler.js';
import {
  DDI_INTR_ALLOC_NORMAL,
  DDI_INTR_FLAG_BLOCK,
  DDI_INTR_TYPE_FIXED,
  DDI_INTR_TYPE_MSI,
} from '../sys/constants-intr.js';
import { discard } from '../sys/result.js';
import type { ddi_iblock_cookie_t, ddi_intr_handle_t, dev_info_t } from '../sys/types.js';
import type { undo_t } from './steps.js';

/** An interrupt that is allocated. */
export interface interrupt_t {
  readonly handle: ddi_intr_handle_t;
  /** For the locks of its handler, which are made before it is enabled. */
  readonly iblock_cookie: ddi_iblock_cookie_t;
}

/**
 * Allocates an interrupt.
 *
 * @param dip - the device
 * @param undo - where the steps are noted
 * @returns the interrupt; `null` when there is none
 */
export function alloc_interrupt(dip: dev_info_t, undo: undo_t[]): interrupt_t | null {
  const supported = ddi_intr_get_supported_types(dip);
  if (supported.isErr()) return null;
  for (const type of [DDI_INTR_TYPE_MSI, DDI_INTR_TYPE_FIXED]) {
    if ((supported.value.types & type) === 0) continue;
    const alloc = ddi_intr_alloc(dip, type, 0, 1, DDI_INTR_ALLOC_NORMAL);
    const handle = alloc.isOk() ? alloc.value.h_array[0] : undefined;
    if (handle === undefined) continue;
    undo.push(() => {
      discard(ddi_intr_free(handle));
    });
    const pri = ddi_intr_get_pri(handle);
    const iblock_cookie = pri.isOk() ? DDI_INTR_PRI(pri.value.pri) : null;
    return iblock_cookie === null ? null : { handle, iblock_cookie };
  }
  return null;
}

/**
 * Gives the interrupt its handler and enables it: from here on it may come.
 *
 * @param intr - the interrupt
 * @param handler - what is called
 * @param arg - with this
 * @param undo - where the steps are noted
 * @returns whether it has been done
 */
export function enable_interrupt<A>(
  { handle }: interrupt_t,
  handler: (arg: A) => Promise<number>,
  arg: A,
  undo: undo_t[],
): boolean {
  const cap = ddi_intr_get_cap(handle);
  if (cap.isErr()) return false;
  if (ddi_intr_add_handler(handle, handler, arg, null).isErr()) return false;
  undo.push(() => {
    discard(ddi_intr_remove_handler(handle));
  });
  const block = (cap.value.flags & DDI_INTR_FLAG_BLOCK) !== 0;
  const enabled = block ? ddi_intr_block_enable([handle], 1) : ddi_intr_enable(handle);
  if (enabled.isErr()) return false;
  undo.push(async () => {
    // ddi_intr_disable(9F) returns when the handler does not run any more.
    discard(await (block ? ddi_intr_block_disable([handle], 1) : ddi_intr_disable(handle)));
  });
  return true;
}
