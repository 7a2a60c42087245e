/** What a replay came to: counted, and told to people or programs. */
import { differenceText } from './compare.js';
import { families, type Family } from './recording.js';
import type { Outcome } from './replay.js';
import type { KernelName } from './stage.js';

/** The cases of one family, counted. */
export interface Tally {
  readonly cases: number;
  readonly agree: number;
  readonly differ: number;
  /** Cases that are not comparable, by reason. */
  readonly notComparable: Readonly<Record<string, number>>;
  /** Recorded fields that were not compared, by reason. */
  readonly exempt: Readonly<Record<string, number>>;
  /** What recorded drivers were found to do wrong, by rule and clause. */
  readonly findings: Readonly<Record<string, number>>;
}

/** A case that differs, and the line it stands on. */
export interface Differing {
  readonly file: string;
  readonly line: number;
  readonly outcome: Outcome;
}

/** Counts outcomes. */
export class Count {
  #cases = 0;
  #agree = 0;
  #differ = 0;
  readonly #notComparable = new Map<string, number>();
  readonly #exempt = new Map<string, number>();
  readonly #findings = new Map<string, number>();

  add({ verdict, why, exempt, findings }: Outcome): void {
    this.#cases++;
    if (verdict === 'agrees') this.#agree++;
    if (verdict === 'differs') this.#differ++;
    if (why !== null) count(this.#notComparable, why, 1);
    for (const [reason, n] of exempt) count(this.#exempt, reason, n);
    for (const [what, n] of findings) count(this.#findings, what, n);
  }

  tally(): Tally {
    return {
      cases: this.#cases,
      agree: this.#agree,
      differ: this.#differ,
      notComparable: Object.fromEntries(this.#notComparable),
      exempt: Object.fromEntries(this.#exempt),
      findings: Object.fromEntries(this.#findings),
    };
  }
}

/** Everything a replay came to. */
export class Report {
  readonly kernel: KernelName;
  readonly #counts = new Map<Family, Count>();
  readonly #differing: Differing[] = [];

  constructor(kernel: KernelName) {
    this.kernel = kernel;
  }

  /** Takes one outcome. */
  add(file: string, line: number, outcome: Outcome): void {
    const { family } = outcome;
    const count = this.#counts.get(family) ?? new Count();
    count.add(outcome);
    this.#counts.set(family, count);
    if (outcome.verdict === 'differs') this.#differing.push({ file, line, outcome });
  }

  /** Cases that differ. */
  get differing(): readonly Differing[] {
    return this.#differing;
  }

  /** What was counted, by family. */
  get tallies(): ReadonlyMap<Family, Tally> {
    const known = families.flatMap((family) => {
      const count = this.#counts.get(family);
      return count === undefined ? [] : [[family, count.tally()] as const];
    });
    return new Map(known);
  }

  /**
   * For people: differences, one line each, then one line per family and the total.
   *
   * @param limit - lines of differences at most
   */
  text(limit = Infinity): string {
    const lines = this.#differing.flatMap(({ outcome }) =>
      outcome.differences.map((d) => `${outcome.id} ${differenceText(d)}`),
    );
    const shown = lines.slice(0, limit);
    const hidden = lines.length - shown.length;
    if (hidden > 0) shown.push(`... and ${hidden} more`);
    if (shown.length > 0) shown.push('');
    const { tallies } = this;
    for (const [family, tally] of tallies) shown.push(...tallyLines(family, tally));
    const all = [...tallies.values()];
    const agree = all.reduce((n, t) => n + t.agree, 0);
    const compared = all.reduce((n, t) => n + t.agree + t.differ, 0);
    shown.push(`${this.kernel}: ${agree} of ${compared} cases agree`);
    return `${shown.join('\n')}\n`;
  }

  /**
   * For programs.
   *
   * @param limit - differences at most
   */
  json(limit = Infinity): string {
    let left = limit;
    const differing = this.#differing.map(({ file, line, outcome }) => {
      const { id, family, differences } = outcome;
      const shown = differences.slice(0, left);
      left -= shown.length;
      return { file, line, id, family, differences: shown };
    });
    const document = {
      kernel: this.kernel,
      families: Object.fromEntries(this.tallies),
      differing,
    };
    return `${JSON.stringify(document, null, 2)}\n`;
  }
}

function count(into: Map<string, number>, what: string, n: number): void {
  into.set(what, (into.get(what) ?? 0) + n);
}

function tallyLines(family: Family, tally: Tally): readonly string[] {
  const { agree, differ, notComparable, exempt, findings } = tally;
  const lines = [`${family.padEnd(12)} ${agree} of ${agree + differ} agree`];
  for (const [why, n] of Object.entries(notComparable)) {
    lines.push(`${' '.repeat(13)}${n} not comparable: ${why}`);
  }
  for (const [why, n] of Object.entries(exempt)) {
    lines.push(`${' '.repeat(13)}${n} ${n === 1 ? 'field' : 'fields'} not compared: ${why}`);
  }
  for (const [what, n] of Object.entries(findings)) {
    lines.push(`${' '.repeat(13)}${n} ${n === 1 ? 'finding' : 'findings'}: ${what}`);
  }
  return lines;
}
