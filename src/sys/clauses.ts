/**
 * The clause registry: every sentence of the man pages that this model is judged by.
 *
 * A *clause* is one statement of one page, restated, with a stable id `page/GROUP-n`. Findings,
 * errors, comments and conformance checks cite clauses by id and by nothing else. Where a page and
 * the illumos code differ the clause states the page.
 *
 * The tables (clauses-dma.ts, clauses-access.ts, clauses-intr.ts) are text, to be read as text:
 *
 *   # page
 *   GROUP-n LEVEL WHO statement          a clause; WHO is S, D or -
 *     more of it                         indented by two: the sentence goes on
 *     ? how a test observes it           optional
 *       more of it
 *
 * GROUP: AR arguments, FL flags, DS description, OUT out-parameters, CB callbacks, RV returns,
 * CX context, IX interplay with other pages, WN warnings, NT notes, PL platform, EX examples, SL a
 * silence worth recording; other codes belong to one page and explain themselves there.
 */
import { accessClauseTable } from './clauses-access.js';
import { dmaClauseTable } from './clauses-dma.js';
import { intrClauseTable } from './clauses-intr.js';
import { ModelBug } from './errors.js';

/** `MUST`: testable. `MAY`: permitted, never required. `UNDEFINED`: no rule. `NOTE`: told. */
export type ClauseLevel = 'MUST' | 'MAY' | 'UNDEFINED' | 'NOTE';

/** Whose duty it is: `S` the system's, `D` the driver's, `-` nobody's or both. */
export type ClauseWho = 'S' | 'D' | '-';

/** One statement of one man page. */
export interface Clause {
  /** `page/GROUP-n`, as in `ddi_dma_sync.9f/DS-4`. */
  readonly id: string;
  /** The page with its section, as in `ddi_dma_sync.9f`; `interplay` for several. */
  readonly page: string;
  /** The part of the page it comes from, as in `DS`. */
  readonly group: string;
  /** How binding it is. */
  readonly level: ClauseLevel;
  /** Whom it binds. */
  readonly who: ClauseWho;
  /** The statement. */
  readonly text: string;
  /** How a test can see it kept or broken; empty when it cannot. */
  readonly observe: string;
}

/** One clause on one line; above `clauses`, which is filled when this file loads. */
const notation = /^([A-Z]{2,3})-(\d+) (MUST|MAY|UNDEFINED|NOTE) (S|D|-) (\S.*?)(?: \? (.+))?$/;

/** Every clause by its id, in the order of the tables: page by page. */
export const clauses: ReadonlyMap<string, Clause> = parseClauseTables([
  dmaClauseTable,
  accessClauseTable,
  intrClauseTable,
]);

/**
 * The clause of an id.
 *
 * @param id - `page/GROUP-n`
 * @returns the clause
 * @throws ModelBug when no page has such a clause: a citation is ours, so a wrong one is ours too
 */
export function clause(id: string): Clause {
  const found = clauses.get(id);
  if (found === undefined) throw new ModelBug(`no clause ${JSON.stringify(id)}`);
  return found;
}

/**
 * The pages that have clauses, each once, in the order of the tables.
 *
 * @returns page names with their section, as in `ddi_dma_sync.9f`
 */
export function pagesOf(): string[] {
  return [...new Set([...clauses.values()].map((c) => c.page))];
}

/**
 * Reads tables in the notation above.
 *
 * @param tables - the texts
 * @returns the clauses by id
 * @throws ModelBug on a line that is not in the notation, or an id that occurs twice
 */
export function parseClauseTables(tables: readonly string[]): Map<string, Clause> {
  const result = new Map<string, Clause>();
  let page = '';
  for (const entry of tables.flatMap(entriesOf)) {
    if (entry.startsWith('# ')) {
      page = entry.slice(2);
      continue;
    }
    const read = readClause(page, entry);
    if (result.has(read.id)) throw new ModelBug(`clause ${read.id} twice`);
    result.set(read.id, read);
  }
  return result;
}

/** A table's lines with the indented ones joined to what they continue. */
function entriesOf(table: string): string[] {
  const entries: string[] = [];
  for (const line of table.trim().split('\n')) {
    const before = line.startsWith(' ') ? entries.pop() : undefined;
    entries.push(before === undefined ? line : `${before} ${line.trim()}`);
  }
  return entries;
}

function readClause(page: string, entry: string): Clause {
  const m = notation.exec(entry);
  if (m === null || page === '') throw new ModelBug(`clause table, page "${page}": ${entry}`);
  const [, group = '', n = '', level, who, text = '', observe = ''] = m;
  return {
    id: `${page}/${group}-${n}`,
    page,
    group,
    level: level as ClauseLevel,
    who: who as ClauseWho,
    text,
    observe,
  };
}
