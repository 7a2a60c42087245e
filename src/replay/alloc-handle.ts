/** Family alloc_handle: a handle is allocated, looked at and freed. */
import {
  ddi_check_dma_handle,
  ddi_dma_burstsizes,
  ddi_dma_free_handle,
  ddi_dma_ncookies,
  type ddi_dma_attr_t,
} from '../index.js';
import type { AllocInput } from './recording.js';
import type { Replayed } from './replayed.js';
import type { Gathered, Stage } from './stage.js';

/** What the model's call cannot show. */
const exempt: ReadonlyMap<string, string> = new Map([
  ['handleAfterFree', 'ddi_dma_free_handle(9F) is given a value, no variable it could clear'],
]);

/**
 * Plays a case.
 *
 * @param stage - the machine
 * @param input - the case
 */
export async function replayAllocHandle(stage: Stage, input: AllocInput): Promise<Replayed> {
  const got: Gathered = {};
  await stage.perform(got, async () => {
    // A null pointer is what is being tried: ddi_dma_alloc_handle(9F) RV-2.
    const handle = await stage.allocHandle(input.attr as ddi_dma_attr_t, 0);
    got['rc'] = typeof handle === 'number' ? handle : 0;
    if (typeof handle === 'number') return;
    got['burst'] = ddi_dma_burstsizes(handle);
    got['check'] = ddi_check_dma_handle(handle);
    got['ncookies'] = ddi_dma_ncookies(handle);
    ddi_dma_free_handle(handle);
  });
  return { got, allowances: { exempt } };
}
