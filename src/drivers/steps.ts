/** What attach has taken, so that whoever comes to a halt can give it back. */
import { DDI_FAILURE } from '../sys/constants.js';

/** Gives back what one step of attach took. */
export type undo_t = () => void | PromiseLike<void>;

/**
 * Undoes steps, the last one first.
 *
 * @param undo - the steps; empty afterwards
 * @returns `DDI_FAILURE`, for attach to return when a step fails
 */
export async function unwind(undo: undo_t[]): Promise<number> {
  for (let step = undo.pop(); step !== undefined; step = undo.pop()) await step();
  return DDI_FAILURE;
}
