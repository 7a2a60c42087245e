/** `ddi-dma conform [--json] [--page GLOB]`: the clause table. */
import { parseArgs } from 'node:util';
import { checks } from '../conformance/checks.js';
import { deliveredPages } from '../conformance/clause.js';
import { modelLaboratory, modelSystems } from '../conformance/model.js';
import { pending } from '../conformance/pending.js';
import { clauseTable, fails, totals, type Row, type Verdict } from '../conformance/table.js';
import { clauses } from '../sys/clauses.js';
import { globMatcher } from './glob.js';
import { EXIT_OK, EXIT_USAGE, EXIT_WRONG } from './verb.js';

/** What `ddi-dma conform --help` says. */
export const conformUsage = `usage: ddi-dma conform [--json] [--page GLOB]

Runs every clause check and prints the table: page, clause, platform, rule book, verdict.

  --json       the rows as JSON
  --page GLOB  only pages that match, e.g. 'ddi_dma_*' or 'ddi_dma_sync.9f'

Exit code 1 when a clause is broken, missing, unknown or doubled.
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
  const parts = { registry: clauses, delivered: deliveredPages, checks, pending };
  const wanted = matcher(options.page);
  const rows: Row[] = [];
  for (const system of modelSystems) {
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
      },
    });
    return { json: values.json, help: values.help, page: values.page };
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
  const counts = Object.entries(totals(rows)) as [Verdict, number][];
  const lines = [
    `${rows.length} rows: ${counts.map(([verdict, n]) => `${n} ${verdict}`).join(', ')}`,
    '',
  ];
  const failing = rows.filter((r) => fails(r.verdict));
  for (const { clause, verdict, why } of failing) lines.push(`${verdict} ${clause}`, `  ${why}`);
  if (failing.length > 0) lines.push('');
  const widest = Math.max(...rows.map((r) => r.page.length));
  for (const r of rows) {
    const clause = r.clause.slice(r.page.length + 1);
    const head = `${r.page.padEnd(widest)}  ${clause.padEnd(5)}  ${r.platform}  ${r.kernel}`;
    lines.push(`${head}  ${r.verdict}${r.verdict === 'pending' ? `: ${r.why}` : ''}`);
  }
  return `${lines.join('\n')}\n`;
}
