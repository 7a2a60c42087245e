/**
 * The clause table: which clause holds where, and whether the list of clauses is whole.
 *
 * A row's key is (clause, platform, rule book). What makes a run fail: a broken clause that no
 * quirk explains; a clause that holds although a quirk should break it; a required clause that is
 * neither checked nor pending; an id no page has; a key that occurs twice.
 */
import type { Clause } from '../sys/clauses.js';
import { Panic } from '../sys/errors.js';
import type { ClauseCheck } from './clause.js';
import { pendingReasons, type PendingClause } from './pending.js';
import type { Laboratory, System } from './sut.js';
import { Disagreement } from './that.js';

/** What the table can say of a clause on a system. */
export const verdicts = [
  'holds',
  'breaks',
  'pending',
  'broken',
  'unexpected',
  'missing',
  'unknown',
  'doubled',
] as const;
/** `breaks`: broken, by a quirk that explains it. `unexpected`: it should break, and holds. */
export type Verdict = (typeof verdicts)[number];

/** One line of the table. */
export interface Row {
  /** The page, or what stands before the slash of an id no page has. */
  readonly page: string;
  /** `page/GROUP-n`. */
  readonly clause: string;
  readonly platform: string;
  readonly kernel: string;
  readonly verdict: Verdict;
  /** What was seen, what is waited for, or what is wrong with the list; empty when it holds. */
  readonly why: string;
  /** The quirks that break the clause, or should. */
  readonly quirks?: readonly string[];
}

/** What a table is made from. */
export interface TableParts {
  readonly registry: ReadonlyMap<string, Clause>;
  /** Pages of which every MUST is required. */
  readonly delivered: readonly string[];
  readonly checks: readonly ClauseCheck[];
  readonly pending: readonly PendingClause[];
  /** The quirks by which a clause is broken on a system; none anywhere when absent. */
  readonly breaks?: (system: System, clause: string) => readonly string[];
}

/**
 * Whether a verdict makes a run fail.
 *
 * @param verdict - of a row
 */
export function fails(verdict: Verdict): boolean {
  return verdict !== 'holds' && verdict !== 'breaks' && verdict !== 'pending';
}

/**
 * What is wrong with the lists themselves, for one system. Nothing is run.
 *
 * @param parts - registry, checks and pending clauses
 * @param system - the system the rows are for
 * @returns rows of the verdicts `missing`, `unknown` and `doubled`; none when the lists are whole
 */
export function audit(parts: TableParts, system: System): Row[] {
  const { registry, delivered } = parts;
  const listed = [...checksFor(parts.checks, system), ...parts.pending].map((entry) => entry.id);
  const seen = new Set<string>();
  const rows: Row[] = [];
  for (const id of listed) {
    if (!registry.has(id)) rows.push(row(id, system, 'unknown', 'no page has this clause'));
    if (seen.has(id)) rows.push(row(id, system, 'doubled', 'checked or pending more than once'));
    seen.add(id);
  }
  for (const { id, page, level } of registry.values()) {
    if (level !== 'MUST' || !delivered.includes(page) || seen.has(id)) continue;
    rows.push(row(id, system, 'missing', 'a MUST that is neither checked nor pending'));
  }
  return rows;
}

/**
 * Runs one check on a laboratory's system: all its cases, each on a fresh one.
 *
 * @param laboratory - where the systems come from
 * @param check - the check
 * @throws what the first failing case threw
 */
export async function runCheck(laboratory: Laboratory, check: ClauseCheck): Promise<void> {
  for (const kase of check.needs.cases ?? ['']) {
    await laboratory.run(check.needs, (sut) => check.body(sut, kase));
  }
}

/**
 * The whole table of one system.
 *
 * @param parts - registry, checks and pending clauses
 * @param laboratory - where the systems come from
 * @param wanted - which pages; all of them when absent
 * @returns rows in the order of the registry
 */
export async function clauseTable(
  parts: TableParts,
  laboratory: Laboratory,
  wanted: (page: string) => boolean = () => true,
): Promise<Row[]> {
  const { system } = laboratory;
  const rows = audit(parts, system).filter((r) => wanted(r.page));
  for (const check of checksFor(parts.checks, system)) {
    if (wanted(pageOf(check.id))) rows.push(await judged(laboratory, check, parts.breaks));
  }
  for (const { id, reason } of parts.pending) {
    if (wanted(pageOf(id))) rows.push(row(id, system, 'pending', pendingReasons[reason]));
  }
  const order = new Map([...parts.registry.keys()].map((id, i) => [id, i]));
  return rows.sort((a, b) => (order.get(a.clause) ?? -1) - (order.get(b.clause) ?? -1));
}

/**
 * How many rows have each verdict.
 *
 * @param rows - of one or several systems
 */
export function totals(rows: readonly Row[]): Record<Verdict, number> {
  const counts = Object.fromEntries(verdicts.map((v) => [v, 0])) as Record<Verdict, number>;
  for (const { verdict } of rows) counts[verdict]++;
  return counts;
}

/**
 * The checks that are meant for a system.
 *
 * @param checks - all of them
 * @param system - platform and rule book
 */
export function checksFor(checks: readonly ClauseCheck[], system: System): ClauseCheck[] {
  return checks.filter(({ needs }) => needs.on === undefined || needs.on(system));
}

/**
 * The row of one check.
 *
 * @param laboratory - where the systems come from
 * @param check - the check
 * @param breaks - the quirks by which clauses are broken; none when absent
 */
export async function judged(
  laboratory: Laboratory,
  check: ClauseCheck,
  breaks: TableParts['breaks'] = () => [],
): Promise<Row> {
  const { system } = laboratory;
  const quirks = breaks(system, check.id);
  const told = quirks.length === 0 ? {} : { quirks };
  try {
    await runCheck(laboratory, check);
  } catch (error) {
    const why = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
    const explained = quirks.length > 0 && isAnswer(error);
    return { ...row(check.id, system, explained ? 'breaks' : 'broken', why), ...told };
  }
  if (quirks.length === 0) return row(check.id, system, 'holds', '');
  const why = `holds, although ${quirks.join(' and ')} should break it`;
  return { ...row(check.id, system, 'unexpected', why), ...told };
}

/** Whether a check ended in something a system may do; a defect of ours is never expected. */
function isAnswer(error: unknown): boolean {
  return error instanceof Disagreement || error instanceof Panic;
}

function pageOf(id: string): string {
  return id.slice(0, Math.max(0, id.indexOf('/')));
}

function row(clause: string, system: System, verdict: Verdict, why: string): Row {
  return { page: pageOf(clause), clause, ...system, verdict, why };
}
