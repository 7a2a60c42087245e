/** `ddi-dma quirks`: what kernels do that their pages do not say. */
import { parseArgs } from 'node:util';
import { kernelBreaks, lawful } from '../conformance/breaks.js';
import { type Quirk, quirkTable, type RuleBookName, ruleBookNames } from '../sys/quirks.js';
import { EXIT_OK, UsageError } from './verb.js';
import type { Verb } from './verb.js';

const help = `usage: ddi-dma quirks [--json] [--kernel RULES]

Lists every way in which a kernel differs from what its man pages promise: what it does, on which
page, where in the code, in which rule books, and which clauses break for it.

  --json          the table as JSON
  --kernel RULES  only the quirks of this rule book: ${ruleBookNames.join(', ')}

A machine is booted with a rule book, boot({ kernel: 'production' }), and each quirk can be switched
by itself, boot({ quirks: { 'cookie-early-close': true } }), where those it depends on are on.
`;

/** A quirk as the verb tells of it. */
interface Entry extends Quirk {
  /** Clauses that are broken where it is on. */
  readonly breaks: readonly string[];
  /** Why it breaks none, when it breaks none. */
  readonly lawful?: string;
}

function entryOf(quirk: Quirk): Entry {
  const breaks = kernelBreaks
    .filter(({ causes }) => causes.some((cause) => cause.quirk === quirk.id))
    .map(({ clause }) => clause);
  const reasons: Readonly<Record<string, string>> = lawful;
  const why = reasons[quirk.id];
  return { ...quirk, breaks, ...(why !== undefined && { lawful: why }) };
}

/** `ddi_dma_sync.9f/AR-4` as people write it: `ddi_dma_sync(9F) AR-4`. */
function cited(clause: string): string {
  const [file = '', group = ''] = clause.split('/');
  const page = file.replace(/\.(\w+)$/, (_, section: string) => `(${section.toUpperCase()})`);
  return `${page} ${group}`;
}

/** Lines of at most `width` columns. */
function wrapped(text: string, width: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= width) {
      lines[lines.length - 1] = `${last} ${word}`;
    } else lines.push(word);
  }
  return lines;
}

/** Several clauses, each page named once. */
function citedTogether(clauses: readonly string[]): string {
  const byPage = new Map<string, string[]>();
  for (const clause of clauses) {
    const [page = '', group = ''] = cited(clause).split(' ');
    byPage.set(page, [...(byPage.get(page) ?? []), group]);
  }
  return [...byPage].map(([page, groups]) => `${page} ${groups.join(' ')}`).join(', ');
}

const columns = 96;

function described(entry: Entry): string {
  const { id, title, clause, source, effect, books, dependsOn, evidence } = entry;
  const facts: [string, string][] = [
    ['page', cited(clause)],
    ['effect', effect],
    ['books', `${books.join(', ')}; ${evidence}`],
    ['source', source],
  ];
  if (dependsOn.length > 0) facts.push(['depends', dependsOn.join(', ')]);
  if (entry.breaks.length > 0) facts.push(['breaks', citedTogether(entry.breaks)]);
  else if (entry.lawful !== undefined) facts.push(['lawful', entry.lawful]);
  const lines = [id, ...wrapped(title, columns - 2).map((line) => `  ${line}`)];
  for (const [name, text] of facts) {
    for (const [i, line] of wrapped(text, columns - 12).entries()) {
      lines.push(`  ${(i === 0 ? name : '').padEnd(8)}  ${line}`);
    }
  }
  return `${lines.join('\n')}\n`;
}

function isRuleBook(name: string): name is RuleBookName {
  return ruleBookNames.some((book) => book === name);
}

/** The verb. */
export const quirks: Verb = {
  summary: 'what kernels do that their pages do not say',
  help,
  run(args, io) {
    const { values } = parseArgs({
      args: [...args],
      options: {
        json: { type: 'boolean', default: false },
        kernel: { type: 'string' },
      },
    });
    const { kernel } = values;
    if (kernel !== undefined && !isRuleBook(kernel)) {
      throw new UsageError(`--kernel "${kernel}": there is ${ruleBookNames.join(', ')}`);
    }
    const table: readonly Quirk[] = quirkTable;
    const entries = table
      .filter(({ books }) => kernel === undefined || books.some((book) => book === kernel))
      .map(entryOf);
    if (values.json) {
      io.out(`${JSON.stringify(entries, null, 2)}\n`);
      return EXIT_OK;
    }
    const recorded = entries.filter((e) => e.evidence === 'recorded').length;
    const of = kernel === undefined ? '' : ` of rule book ${kernel}`;
    const read = entries.length - recorded;
    io.out(`${entries.length} quirks${of}: ${recorded} recorded, ${read} read in the code\n`);
    for (const entry of entries) io.out(`\n${described(entry)}`);
    return EXIT_OK;
  },
};
