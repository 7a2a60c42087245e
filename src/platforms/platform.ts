/** What boot wants to know of a platform: its facts, and no code. */
import type { MachineDescription } from '../machine/machine.js';
import type { RuleBookName } from '../sys/quirks.js';

/** What of a machine can be chosen at boot, within a platform. */
export type MachineChoices = Partial<Pick<MachineDescription, 'memory' | 'frames' | 'store'>>;

/** A platform. */
export interface Platform {
  /** The rule books there are for it: the pages' always, a kernel's where it was looked at. */
  readonly kernels: readonly RuleBookName[];
  /** Interrupt level of PCI devices. */
  readonly pciLevel: number;
  /** The description of one of its machines. */
  readonly describe: (choices: MachineChoices) => MachineDescription;
}
