/**
 * Quotas: budgets that shrink and grow while the machine runs.
 *
 * 1. A *schedule* is a list of steps; each says how much of a resource there is from then on. Steps
 *    follow one another by the calls that ask for the resource, or by virtual time.
 * 2. A quota is a real bound, unlike a plan (faults.ts): what is out counts against it and what
 *    comes back frees it, below the limit nothing is taken away, and a call that sleeps waits for
 *    the limit to grow or for somebody to release. When it grows, whoever waits is woken.
 * 3. Calls may cease to come while everybody waits for a step by calls. Before a machine is given
 *    up as deadlocked it goes on to the next step.
 * 4. A quota that ends, or has been replaced, leaves the limit that was there before it.
 */
import { type Budget, type BudgetKind, budgetKinds } from './budget.js';
import type { Clock, EventId } from './clock.js';

/** Steps of one schedule: more than any test can tell apart. */
export const STEP_LIMIT = 10_000;

/** A change of a limit. */
export interface QuotaStep {
  /** Calls or nanoseconds since the quota was put in force after which the limit holds. */
  readonly after: number;
  /** How much of the resource may be in use from then on. */
  readonly limit: number;
}

/** How a limit changes. */
export interface QuotaSchedule {
  /** What `after` counts: calls that ask for the resource, or virtual nanoseconds. */
  readonly by: 'calls' | 'ns';
  /** In order of `after`. */
  readonly steps: readonly QuotaStep[];
}

/** A quota in force. */
interface Quota {
  readonly schedule: QuotaSchedule;
  /** The limit that was there before. */
  readonly usual: number;
  /** The next step. */
  next: number;
  calls: number;
  event: EventId | undefined;
}

/** The quotas of one machine. */
export class Quotas {
  readonly #budget: Budget;
  readonly #clock: Clock;
  readonly #quotas = new Map<BudgetKind, Quota>();

  constructor(budget: Budget, clock: Clock) {
    this.#budget = budget;
    this.#clock = clock;
  }

  /**
   * Puts a quota in force in place of the one there was.
   *
   * @throws RangeError when the schedule is none; nothing has changed then
   */
  use(kind: BudgetKind, schedule: QuotaSchedule | null): void {
    if (schedule !== null) checkSchedule(kind, schedule);
    this.#end(kind);
    if (schedule === null) return;
    const usual = this.#budget.limit(kind);
    const quota: Quota = { schedule, usual, next: 0, calls: 0, event: undefined };
    this.#quotas.set(kind, quota);
    if (schedule.by === 'calls') {
      this.#budget.onTake = (taken) => {
        this.#called(taken);
      };
      this.#catchUp(kind, quota, 0);
    } else {
      const sinceNs = this.#clock.nowNs;
      this.#catchUp(kind, quota, 0);
      this.#arm(kind, quota, sinceNs);
    }
  }

  /** Takes the next step of every quota by calls; false when none has any. */
  stepOn(): boolean {
    let stepped = false;
    for (const [kind, quota] of this.#quotas) {
      const step = quota.schedule.by === 'calls' ? quota.schedule.steps[quota.next] : undefined;
      if (step === undefined) continue;
      quota.calls = step.after;
      this.#catchUp(kind, quota, step.after);
      stepped = true;
    }
    return stepped;
  }

  /** Forgets all quotas; the caller resets budgets and the clock. */
  reset(): void {
    this.#quotas.clear();
    this.#budget.onTake = null;
  }

  #end(kind: BudgetKind): void {
    const quota = this.#quotas.get(kind);
    if (quota === undefined) return;
    this.#quotas.delete(kind);
    if (quota.event !== undefined) this.#clock.cancel(quota.event);
    if (![...this.#quotas.values()].some(({ schedule }) => schedule.by === 'calls')) {
      this.#budget.onTake = null;
    }
    this.#budget.resize(kind, quota.usual);
  }

  #called(kind: BudgetKind): void {
    const quota = this.#quotas.get(kind);
    if (quota?.schedule.by !== 'calls') return;
    this.#catchUp(kind, quota, quota.calls++);
  }

  /** Takes all steps that are due after so many calls or nanoseconds. */
  #catchUp(kind: BudgetKind, quota: Quota, gone: number): void {
    const { steps } = quota.schedule;
    let step = steps[quota.next];
    while (step !== undefined && step.after <= gone) {
      this.#budget.resize(kind, step.limit);
      step = steps[++quota.next];
    }
  }

  #arm(kind: BudgetKind, quota: Quota, sinceNs: number): void {
    const step = quota.schedule.steps[quota.next];
    if (step === undefined) {
      quota.event = undefined;
      return;
    }
    const due = (): void => {
      this.#catchUp(kind, quota, step.after);
      this.#arm(kind, quota, sinceNs);
    };
    quota.event = this.#clock.at(sinceNs + step.after, due, `quota of ${kind}`);
  }
}

/** What is drawn for {@link drawSteps}. */
export interface StepBounds {
  /** How many calls or nanoseconds each limit lasts. */
  readonly every: number;
  /** How many limits are drawn. */
  readonly times: number;
  /** The least there will be. */
  readonly least: number;
  /** The most there will be. */
  readonly most: number;
}

/**
 * Steps by choice: a limit between two others for so long, and then another one. The last stays.
 *
 * @param choose - the machine's own choices, so that a run repeats
 */
export function drawSteps(
  choose: (kind: string, n: number) => number,
  { every, times, least, most }: StepBounds,
): QuotaStep[] {
  const span = most - least + 1;
  return Array.from({ length: times }, (_, i) => {
    return { after: i * every, limit: least + choose('quota', span) };
  });
}

function checkSchedule(kind: BudgetKind, { by, steps }: QuotaSchedule): void {
  const refuse = (rule: string): never => {
    throw new RangeError(`quota of ${kind}: ${rule}`);
  };
  if (!budgetKinds.includes(kind)) refuse('nothing is counted by this name');
  if (by !== 'calls' && by !== 'ns') refuse(`steps go by calls or ns, not ${String(by)}`);
  if (steps.length > STEP_LIMIT) refuse(`${steps.length} steps, more than ${STEP_LIMIT}`);
  let last = -1;
  for (const { after, limit } of steps) {
    if (!Number.isSafeInteger(after) || after < 0) refuse(`${after} is no number of ${by}`);
    if (after <= last) refuse(`a step after ${after} ${by} follows one after ${last}`);
    if (!Number.isSafeInteger(limit) || limit < 0) refuse(`${limit} is no number of things`);
    last = after;
  }
}
