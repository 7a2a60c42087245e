/** `ddi-dma conform`: the clause table. */
import { parseArgs } from 'node:util';
import { breaksOf } from '../conformance/breaks.js';
import { checks } from '../conformance/checks.js';
import { deliveredPages } from '../conformance/clause.js';
import { modelLaboratory, modelSystems } from '../conformance/model.js';
import { pending } from '../conformance/pending.js';
import {
  clauseTable,
  fails,
  totals,
  type Row,
  type Verdict,
  verdicts,
} from '../conformance/table.js';
import { clauses } from '../sys/clauses.js';
import { globMatcher } from './glob.js';
import { EXIT_OK, EXIT_USAGE, EXIT_WRONG } from './verb.js';

/** What `ddi-dma conform --help` says. */
export const conformUsage = `usage: ddi-dma conform [--json] [--page GLOB] [--platform NAME]
                       [--kernel RULES]

Runs every clause check and prints the table: page, clause, platform, rule book, verdict.

  --json           the rows as JSON
  --page GLOB      only pages that match, e.g. 'ddi_dma_*' or 'ddi_dma_sync.9f'
  --platform NAME  only this platform: i86pc, or sun4u, whose CPU is big-endian
  --kernel RULES   only this rule book: contract, debug or production

A clause a kernel breaks is shown with the quirks that break it; ddi-dma quirks tells what those
are. Exit code 1 when a clause is broken without such a quirk, holds in spite of one, or is missing,
unknown or doubled.
`;

/**
 * Runs the verb.
 *
 * @param args - the arguments after the verb
 * @param print - takes the output, line ends included
 * @returns the exit code: 0, 1 when a row fails, 2 when the arguments make no sense
 */
export async function conform(
  args: readonly string[],
  print: (text: string) => void = (text) => void process.stdout.write(text),
): Promise<number> {
  const options = optionsOf(args);
  if (typeof options === 'string') {
    print(options);
    return EXIT_USAGE;
  }
  if (options.help) {
    print(conformUsage);
    return EXIT_OK;
  }
  const systems = modelSystems
    .filter((s) => asked(options.platform, s.platform))
    .filter((s) => asked(options.kernel, s.kernel));
  if (systems.length === 0) {
    const wanted = `${options.platform} ${options.kernel}`.trim();
    const known = modelSystems.map((s) => `${s.platform} ${s.kernel}`).join(', ');
    print(`conform: there is no "${wanted}"; there are ${known}\n`);
    return EXIT_USAGE;
  }
  const parts = { registry: clauses, delivered: deliveredPages, checks, pending, breaks: breaksOf };
  const wanted = matcher(options.page);
  const rows: Row[] = [];
  for (const system of systems) {
    rows.push(...(await clauseTable(parts, modelLaboratory(system), wanted)));
  }
  if (rows.length === 0) {
    print(`no page with clauses matches ${options.page}\n`);
    return EXIT_USAGE;
  }
  if (options.json) print(`${JSON.stringify({ totals: totals(rows), rows }, null, 2)}\n`);
  else print(tableText(rows));
  return rows.some((r) => fails(r.verdict)) ? EXIT_WRONG : EXIT_OK;
}

interface Options {
  readonly json: boolean;
  readonly help: boolean;
  readonly page: string;
  /** A platform; empty: all of them. */
  readonly platform: string;
  /** A rule book; empty: all of them. */
  readonly kernel: string;
}

/** Whether an option that may be empty means this. */
function asked(option: string, name: string): boolean {
  return option === '' || option === name;
}

/** The options, or what is wrong with the arguments. */
function optionsOf(args: readonly string[]): Options | string {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        json: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
        page: { type: 'string', default: '*' },
        platform: { type: 'string', default: '' },
        kernel: { type: 'string', default: '' },
      },
    });
    return values;
  } catch (error) {
    return `conform: ${error instanceof Error ? error.message : String(error)}\n${conformUsage}`;
  }
}

/** Which pages are meant: a pattern may leave the section out. */
function matcher(pattern: string): (page: string) => boolean {
  const matches = globMatcher(pattern);
  return (page) => matches(page) || matches(page.replace(/\.\d[a-z]?$/, ''));
}

/** The table for people: totals first, failures after them, then every row. */
function tableText(rows: readonly Row[]): string {
  const lines = [totalsLine(rows.length, totals(rows))];
  const systems = new Map<string, Row[]>();
  for (const row of rows) {
    const name = `${row.platform} ${row.kernel}`;
    systems.set(name, [...(systems.get(name) ?? []), row]);
  }
  if (systems.size > 1) {
    for (const [name, own] of systems) {
      lines.push(`  ${name}: ${totalsLine(own.length, totals(own))}`);
    }
  }
  lines.push('');
  const failing = rows.filter((r) => fails(r.verdict));
  for (const { clause, platform, kernel, verdict, why } of failing) {
    lines.push(`${verdict} ${clause} (${platform} ${kernel})`, `  ${why}`);
  }
  if (failing.length > 0) lines.push('');
  const widest = Math.max(...rows.map((r) => r.page.length));
  const books = Math.max(...rows.map((r) => r.kernel.length));
  for (const r of rows) {
    const clause = r.clause.slice(r.page.length + 1).padEnd(6);
    const head = `${r.page.padEnd(widest)}  ${clause}  ${r.platform}  ${r.kernel.padEnd(books)}`;
    lines.push(`${head}  ${r.verdict}${remark(r)}`);
  }
  return `${lines.join('\n')}\n`;
}

/** What stands behind a verdict that is no failure. */
function remark({ verdict, why, quirks }: Row): string {
  if (verdict === 'pending') return `: ${why}`;
  return verdict === 'breaks' ? `: ${(quirks ?? []).join(', ')}` : '';
}

/**
 * `N rows: N holds, ...`; of the verdicts that make a run fail only those that occur, or broken.
 */
function totalsLine(count: number, of: Record<Verdict, number>): string {
  const shown = verdicts.filter((v) => !fails(v) || v === 'broken' || of[v] > 0);
  return `${count} rows: ${shown.map((v) => `${of[v]} ${v}`).join(', ')}`;
}
