/**
 * Failing on purpose: every place where a resource can be short asks here first.
 *
 * 1. A *site* is such a place; its *kind* says what is being allocated.
 * 2. A *plan* decides, site by site, whether the resource is short. Without a plan nothing is.
 * 3. A call that may sleep never meets a shortage of a plan's making: it would wait, and nobody
 *    would ever release what was never taken. Sites that nobody waits at, whoever calls, are the
 *    exception.
 *
 * One kind of site is no shortage: a wait on a condition variable, which a plan can end early, for
 * condvar(9F) WT-2 lets it.
 *
 * A *quota* is another way to make a resource short: its budget shrinks and grows (quota.ts).
 *
 * What fails by plan fails as if others held what is needed: with the page's code, and waiters are
 * queued as they always are. The others release it when nothing else can happen any more.
 */
import type { Budget, BudgetKind } from './budget.js';
import type { Clock } from './clock.js';
import { Quotas, type QuotaSchedule } from './quota.js';

/** What can be made to be short; `wake-up` ends a wait for a condition before its signal. */
export const faultKinds = [
  'dma handle',
  'access handle',
  'dma memory',
  'bind',
  'bounce pages',
  'kmem',
  'interrupt vectors',
  'wake-up',
] as const;
/** The kind of a site. */
export type FaultKind = (typeof faultKinds)[number];

/** Decides. */
export interface FaultPlan {
  /**
   * Whether this site fails.
   *
   * @param kind - what is being allocated
   * @param nth - how many sites of this kind the plan has been asked about, this one included
   * @param site - how many sites of any kind, this one included
   */
  fails(kind: FaultKind, nth: number, site: number): boolean;
}

/**
 * Waits that one plan ends early. A driver that tests its condition again waits again at once, and
 * a plan that always says yes would never let time pass.
 */
export const EARLY_LIMIT = 1000;

/** How sites answer: by the plan, as to a call that sleeps, or as if nothing were free. */
type Mode = 'plan' | 'sleeping' | 'nothing free';

/** The sites of one machine. */
export class Faults {
  #plan: FaultPlan | null = null;
  readonly #asked = new Map<FaultKind, number>();
  readonly #quotas: Quotas;
  #sites = 0;
  #early = 0;
  /** Whether the plan has made anything short for which others may still be waiting. */
  #short = false;
  #mode: Mode = 'plan';

  constructor(budget: Budget, clock: Clock) {
    this.#quotas = new Quotas(budget, clock);
  }

  /** Puts a plan in force, or none; counting starts again. */
  use(plan: FaultPlan | null): void {
    this.#plan = plan;
    this.#asked.clear();
    this.#sites = 0;
    this.#early = 0;
    this.#short = false;
  }

  /**
   * Lets the budget of a resource follow a schedule, in place of the one it followed, or none.
   *
   * @param kind - what is counted: `dma handles`, `access handles`, `bindings`, `bounce bytes`
   * @param schedule - how the limit changes from now on; `null`: as it was before the first
   * @throws RangeError when the schedule is none; nothing has changed then
   */
  quota(kind: BudgetKind, schedule: QuotaSchedule | null): void {
    this.#quotas.use(kind, schedule);
  }

  /** @internal Before a DEADLOCK: takes quotas that wait for calls a step on; false without any. */
  stepOn(): boolean {
    return this.#quotas.stepOn();
  }

  /** No plan and no quotas; the caller resets budgets and the clock. */
  reset(): void {
    this.use(null);
    this.#quotas.reset();
  }

  /** Sites asked about since the plan was put in force. */
  get sites(): number {
    return this.#sites;
  }

  /**
   * Asks: is the resource short here, by plan?
   *
   * @param kind - what is being allocated
   * @param waits - whether a call that may sleep would wait here
   */
  fails(kind: FaultKind, waits = true): boolean {
    // What is counted is short only when it is used up.
    if (this.#mode === 'nothing free') return kind !== 'access handle';
    if (this.#plan === null || (waits && this.#mode === 'sleeping')) return false;
    const nth = (this.#asked.get(kind) ?? 0) + 1;
    this.#asked.set(kind, nth);
    const short = this.#plan.fails(kind, nth, ++this.#sites);
    this.#short ||= short && kind !== 'wake-up';
    return short;
  }

  /** @internal Before a DEADLOCK: those who held what was short release it; false when none do. */
  shortageEnds(): boolean {
    const short = this.#short;
    this.#short = false;
    return short;
  }

  /** @internal Asks: does this wait for a condition end before its signal? */
  wakesEarly(): boolean {
    if (this.#early >= EARLY_LIMIT || !this.fails('wake-up')) return false;
    this.#early++;
    return true;
  }

  /** Makes an attempt of a call that sleeps, or does not. */
  during<T>(sleeps: boolean, attempt: () => T): T {
    return this.#in(sleeps ? 'sleeping' : 'plan', attempt);
  }

  /** Makes an attempt as if nothing were free: it fails, and tells whether waiting could help. */
  starved<T>(attempt: () => T): T {
    return this.#in('nothing free', attempt);
  }

  #in<T>(mode: Mode, attempt: () => T): T {
    const before = this.#mode;
    this.#mode = mode;
    try {
      return attempt();
    } finally {
      this.#mode = before;
    }
  }
}

/** Fails one site, by its number among all sites. */
export function failSite(site: number): FaultPlan {
  return { fails: (_kind, _nth, at) => at === site };
}

/** Fails two sites. */
export function failSites(first: number, second: number): FaultPlan {
  return { fails: (_kind, _nth, at) => at === first || at === second };
}

/** Fails the n-th site of a kind. */
export function failNth(kind: FaultKind, n: number): FaultPlan {
  return { fails: (asked, nth) => asked === kind && nth === n };
}

/** Fails sites of a kind while the switch is on. */
export function failWhile(on: (kind: FaultKind) => boolean): FaultPlan {
  return { fails: (kind) => on(kind) };
}

/**
 * Fails sites by choice, one in so many.
 *
 * @param choose - the machine's own choices, so that a run repeats
 */
export function failSometimes(
  choose: (kind: string, n: number) => number,
  oneIn: number,
  kinds: readonly FaultKind[] = faultKinds,
): FaultPlan {
  return {
    fails: (kind) => kinds.includes(kind) && choose(`fault ${kind}`, oneIn) === 0,
  };
}
