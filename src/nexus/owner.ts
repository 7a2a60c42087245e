/** Whom an object belongs to, as far as the object has to know. */
import type { Machine } from '../machine/machine.js';

/** A node of the device tree, seen from what it owns. */
export interface Owner {
  readonly machine: Machine;
  /** `/pci@0/copy@1` */
  readonly path: string;
  /** What its driver takes part in, ddi_fm_init(9F); 0 for nothing. */
  readonly fmCapability: number;
}
