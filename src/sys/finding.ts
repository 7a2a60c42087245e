/**
 * Findings: what a driver did that a page forbids or leaves undefined.
 *
 * A finding never replaces the answer of a call; it stands beside it. The policy of the machine
 * decides whether it is recorded or thrown.
 */

/** One finding, as recorded. */
export interface Finding {
  /** The stable rule, UPPER_SNAKE. */
  readonly rule: string;
  /** The clause broken, `page/GROUP-n`. */
  readonly clause: string;
  /** What happened, naming the value, as a sentence. */
  readonly message: string;
  /** The call that noticed, or the kind of access. */
  readonly call: string;
  /** The values involved. */
  readonly values: Readonly<Record<string, unknown>>;
  /** Virtual time in nanoseconds. */
  readonly atNs: number;
  /** The thread, handler or callback that was running. */
  readonly thread: string;
}

/** What the noticing place fills in; the machine adds when and who. */
export type FindingReport = Omit<Finding, 'atNs' | 'thread'>;

/** `record`: keep findings on the machine. `throw`: a finding stops the driver at once. */
export type FindingPolicy = 'record' | 'throw';

/** What the policy `throw` throws. */
export class FindingError extends Error {
  override readonly name = 'FindingError';
  /** The finding itself. */
  readonly finding: Finding;

  constructor(finding: Finding) {
    super(`${finding.rule} (${finding.clause}): ${finding.message}`);
    this.finding = finding;
  }
}
