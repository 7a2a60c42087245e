/**
 * Four kinds of going wrong, never mixed.
 *
 *   (1) DdiError  what a man page lets a call return; the error side of a Result.
 *   (2) Finding   a driver's misuse, or territory the pages leave undefined (finding.ts).
 *   (3) Panic     what the real system panics on. It latches: the machine stays down.
 *   (4) ModelBug  ours: the model met a state it believes impossible, or a thing not yet built.
 */

/** The header names of the codes a failing call can return; errno values for some calls. */
export const ddiErrorCodes = {
  DDI_FAILURE: -1,
  DDI_REGS_ACC_CONFLICT: -10,
  DDI_ME_INVAL: -7,
  DDI_ME_RNUMBER_RANGE: -6,
  DDI_ME_NORESOURCES: -3,
  DDI_INTR_NOTFOUND: 1,
  DDI_EAGAIN: -3,
  DDI_EINVAL: -4,
  DDI_ENOTSUP: -5,
  DDI_EPENDING: -6,
  DDI_DMA_NORESOURCES: -1,
  DDI_DMA_NOMAPPING: -2,
  DDI_DMA_TOOBIG: -3,
  DDI_DMA_BADATTR: -8,
  DDI_DMA_INUSE: -9,
  ENOMEM: 12,
  EACCES: 13,
  EFAULT: 14,
  EINVAL: 22,
} as const;

/** The name of a code; what tells two errors apart. */
export type DdiErrorName = keyof typeof ddiErrorCodes;

/** A failure a man page documents: the error side of every `Result` of this package. */
export interface DdiError<N extends DdiErrorName = DdiErrorName> {
  /** The header's name of the code: discriminate on this, several codes share a number. */
  readonly name: N;
  /** The header's number. */
  readonly code: number;
  /** The call that failed. */
  readonly call: string;
  /** The clause that says so, `page/GROUP-n`. */
  readonly clause: string;
  /** The value at fault and the rule it breaks, as a sentence. */
  readonly message: string;
  /** The values at fault, by the name of parameter or field. */
  readonly values: Readonly<Record<string, unknown>>;
  /** Out-parameters the rule book writes although the call failed. */
  readonly out?: Readonly<Record<string, unknown>>;
}

/**
 * Builds the error side of a Result.
 *
 * @param name - the code's header name
 * @param call - the DDI function that fails
 * @param clause - the clause that provides for it
 * @param message - value and rule, as a sentence
 * @param values - the values at fault
 */
export function ddiError<N extends DdiErrorName>(
  name: N,
  call: string,
  clause: string,
  message: string,
  values: Readonly<Record<string, unknown>> = {},
): DdiError<N> {
  return { name, code: ddiErrorCodes[name], call, clause, message, values };
}

/** What the real system panics on. The machine latches it: every later call rethrows it. */
export class Panic extends Error {
  override readonly name = 'Panic';
  /** The clause or source that makes the system panic here, when there is one. */
  readonly clause: string | undefined;
  /** The values printed with the panic. */
  readonly values: Readonly<Record<string, unknown>>;

  constructor(message: string, values: Readonly<Record<string, unknown>> = {}, clause?: string) {
    super(message);
    this.values = values;
    this.clause = clause;
  }
}

/** A defect or a gap of the model itself; never a driver's fault. */
export class ModelBug extends Error {
  override readonly name = 'ModelBug';
}
