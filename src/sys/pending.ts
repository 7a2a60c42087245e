/**
 * What the model knows it cannot do yet: one list, so that no gap hides behind a plausible answer.
 *
 * A call that meets a gap throws a ModelBug that names it; it never pretends.
 */
import { ModelBug } from './errors.js';

/** The gaps, by name. */
export const pendingThings = {
  sleep: 'DDI_DMA_SLEEP when resources are short: nobody can be put to sleep yet',
  callback: 'a waitfp callback when resources are short: nobody is called back yet',
} as const;

/**
 * Stops at a gap.
 *
 * @param thing - which
 * @param call - the DDI call that met it
 * @throws ModelBug always
 */
export function notYet(thing: keyof typeof pendingThings, call: string): never {
  throw new ModelBug(`${call}: not yet: ${pendingThings[thing]}`);
}
