/**
 * Budgets: how much of a thing may exist at one time.
 *
 * A resource that is not memory (a handle, a binding) is bounded by a number, so that running out
 * of it can be arranged and seen. Memory is bounded by itself: frames, addresses.
 */
import { ModelBug } from '../sys/errors.js';

/** What is counted. */
export const budgetKinds = [
  'dma handles',
  'access handles',
  'bindings',
  'bounce bytes',
  'interrupt vectors',
] as const;
/** The name of a budget. */
export type BudgetKind = (typeof budgetKinds)[number];

/** How much there is of each; a machine is booted with others where a test wants them. */
export type Budgets = Readonly<Partial<Record<BudgetKind, number>>>;

/** As much as fits the machines modelled; each bound only keeps a runaway loop from running on. */
const usual: Readonly<Record<BudgetKind, number>> = {
  'dma handles': 1 << 20,
  'access handles': 1 << 20,
  bindings: 1 << 20,
  // Each binding takes up to 1 MiB of bounce pages; a machine has some hundred in flight.
  'bounce bytes': 256 * 2 ** 20,
  // What a PC with a dozen processors has.
  'interrupt vectors': 2048,
};

/** A count of nothing, by kind. */
function nothing(): Record<BudgetKind, number> {
  return Object.fromEntries(budgetKinds.map((kind) => [kind, 0])) as Record<BudgetKind, number>;
}

/** The budgets of one machine. */
export class Budget {
  readonly #atBoot: Readonly<Record<BudgetKind, number>>;
  readonly #limits: Record<BudgetKind, number>;
  // An object, not a map: every bind takes and every unbind gives.
  readonly #used: Record<BudgetKind, number> = nothing();
  /** Told when something comes back. */
  onRelease: (() => void) | null = null;
  /** Told when there is more than before, in the middle of a call perhaps; for good. */
  onGrowth: (() => void) | null = null;
  /** Told before something is taken, whether there is any or not. */
  onTake: ((kind: BudgetKind) => void) | null = null;

  /** @throws RangeError when a limit is no number of things */
  constructor(limits: Budgets = {}) {
    this.#atBoot = { ...usual, ...limits };
    this.#limits = { ...this.#atBoot };
    for (const kind of budgetKinds) checkLimit(kind, this.#limits[kind]);
    for (const kind of Object.keys(limits)) {
      if (!(kind in usual)) throw new RangeError(`budgets: nothing is counted as "${kind}"`);
    }
  }

  /** Takes `n`; false, and nothing is taken, when there are not so many left. */
  take(kind: BudgetKind, n = 1): boolean {
    if (this.onTake !== null) this.onTake(kind);
    const used = this.#used[kind] + n;
    if (used > this.#limits[kind]) return false;
    this.#used[kind] = used;
    return true;
  }

  /** Gives `n` back. */
  give(kind: BudgetKind, n = 1): void {
    const used = this.#used[kind] - n;
    if (used < 0) throw new ModelBug(`more ${kind} came back than were taken`);
    this.#used[kind] = used;
    if (this.onRelease !== null) this.onRelease();
  }

  /**
   * Shrinks or grows a budget. What is out stays out: below it nothing is given until enough has
   * come back.
   *
   * @throws RangeError when the limit is no number of things
   */
  resize(kind: BudgetKind, limit: number): void {
    checkLimit(kind, limit);
    const grows = limit > this.#limits[kind];
    this.#limits[kind] = limit;
    if (grows && this.onGrowth !== null) this.onGrowth();
  }

  used(kind: BudgetKind): number {
    return this.#used[kind];
  }

  limit(kind: BudgetKind): number {
    return this.#limits[kind];
  }

  /** Everything is back, and limits are those of the boot. */
  reset(): void {
    Object.assign(this.#used, nothing());
    Object.assign(this.#limits, this.#atBoot);
    this.onRelease = null;
    this.onTake = null;
  }
}

function checkLimit(kind: BudgetKind, limit: number): void {
  if (Number.isSafeInteger(limit) && limit >= 0) return;
  throw new RangeError(`budgets: ${kind} must be a whole number of at least 0, not ${limit}`);
}
