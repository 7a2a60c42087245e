/** What a run came to: totals, one line per driver, and the same as JSON. */
import type { ddi_dma_attr_t } from '../sys/types.js';
import type { Fault } from './judge.js';
import type { CaseResult, RunOptions, SetResult } from './run.js';

/** Refusals of one kind. */
export interface RefusalCount {
  readonly call: string;
  readonly code: string;
  readonly field: string;
  /** What would help; `none`: nothing, the request can never be served. */
  readonly remedy: 'bounce' | 'windows' | 'none';
  readonly count: number;
}

/** The sums of a run, or of a part of it. */
export interface Totals {
  readonly drivers: number;
  readonly sets: number;
  /** Sets whose cases were lived. */
  readonly run: number;
  /** Sets ddi_dma_alloc_handle(9F) refuses, as it must. */
  readonly refusedSets: number;
  readonly incompleteSets: number;
  readonly cases: number;
  readonly moved: number;
  /** Bytes moved, both directions counted. */
  readonly bytes: number;
  /** Cases refused for a good reason. */
  readonly refused: number;
  /** Cases that ended wrong, and faults of sets as a whole. */
  readonly wrong: number;
  /** Longest list of cookies. */
  readonly cookiesMax: number;
  /** Refusals by kind, most frequent first; those of whole sets included. */
  readonly refusals: readonly RefusalCount[];
}

/**
 * Adds results up.
 *
 * @param results - of any number of sets
 */
export function totalsOf(results: readonly SetResult[]): Totals {
  const cases = results.flatMap((r) => r.cases.map((c) => c.outcome));
  const moved = cases.flatMap((o) => (o.kind === 'moved' ? [o] : []));
  const inStatus = (status: SetResult['status']): number =>
    results.filter((r) => r.status === status).length;
  return {
    drivers: new Set(results.map((r) => r.set.driver)).size,
    sets: results.length,
    run: inStatus('run'),
    refusedSets: inStatus('refused'),
    incompleteSets: inStatus('incomplete'),
    cases: cases.length,
    moved: moved.length,
    bytes: moved.reduce((sum, o) => sum + o.bytes, 0),
    refused: cases.filter((o) => o.kind === 'refused').length,
    wrong: results.reduce((sum, r) => sum + wrongsOf(r).length, 0),
    cookiesMax: moved.reduce((most, o) => Math.max(most, o.cookies), 0),
    refusals: refusalsOf(results),
  };
}

function refusalsOf(results: readonly SetResult[]): readonly RefusalCount[] {
  const counts = new Map<string, RefusalCount>();
  const add = (one: Omit<RefusalCount, 'count'>): void => {
    const key = Object.values(one).join(' ');
    counts.set(key, { ...one, count: (counts.get(key)?.count ?? 0) + 1 });
  };
  for (const { refusal, cases } of results) {
    if (refusal !== null) {
      const { code, field } = refusal;
      add({ call: 'ddi_dma_alloc_handle', code, field, remedy: 'none' });
    }
    for (const { outcome } of cases) {
      if (outcome.kind !== 'refused') continue;
      const { call, code, why } = outcome;
      add({ call, code, field: why.field, remedy: why.remedy });
    }
  }
  return [...counts.values()].sort((a, b) => b.count - a.count);
}

/** One thing that is wrong: where, and what. */
interface Wrong {
  readonly where: string;
  readonly fault: Fault;
}

function wrongsOf(result: SetResult): readonly Wrong[] {
  const { driver, name } = result.set;
  const whole = result.faults.map((fault) => ({ where: `${driver} ${name}`, fault }));
  const single = result.cases.flatMap(({ one, outcome }) =>
    outcome.kind === 'wrong'
      ? outcome.faults.map((fault) => ({
          where: `${driver} ${name}: ${one.kind}, ${one.mode}, ${one.length} bytes`,
          fault,
        }))
      : [],
  );
  return [...whole, ...single];
}

/**
 * The report for a person: totals, what is wrong if anything is, why refusals were right, and a
 * line per driver.
 *
 * @param results - of the whole run
 * @param options - what was run
 */
export function textReport(results: readonly SetResult[], options: RunOptions): string {
  const totals = totalsOf(results);
  return [
    ...headLines(totals, options),
    ...wrongLines(results),
    ...refusalLines(totals),
    ...setLines(results),
    ...driverLines(results),
    '',
  ].join('\n');
}

function headLines(totals: Totals, options: RunOptions): readonly string[] {
  const { platform, kernel, seed } = options;
  const verdict = totals.wrong === 0 ? 'nothing wrong' : `${totals.wrong} WRONG`;
  return [
    `DMA attributes of real drivers on ${platform}, rule book ${kernel}, seed ${seed}: ${verdict}`,
    '',
    `  ${pad(totals.sets)} attribute sets of ${count(totals.drivers, 'driver')}: ` +
      `${totals.run} run, ${totals.refusedSets} refused, ${totals.incompleteSets} incomplete`,
    `  ${pad(totals.cases)} cases (an object, a mode, a length), each judged by the pages`,
    `  ${pad(totals.moved)} moved to the device and back, ${megabytes(totals.bytes)}, ` +
      `every byte compared; up to ${count(totals.cookiesMax, 'cookie')}`,
    `  ${pad(totals.refused)} refused, and had to be`,
    '',
  ];
}

/** Faults shown at most: beyond that a person wants `--json` or `--driver`. */
const WRONGS_SHOWN = 50;

function wrongLines(results: readonly SetResult[]): readonly string[] {
  const wrongs = results.flatMap(wrongsOf);
  if (wrongs.length === 0) return [];
  const shown = wrongs
    .slice(0, WRONGS_SHOWN)
    .flatMap(({ where, fault }) => [
      `  ${where}`,
      `    ${fault.rule}: ${fault.message}${fault.clause === '' ? '' : ` (${fault.clause})`}`,
    ]);
  const rest = wrongs.length - WRONGS_SHOWN;
  return ['Wrong', '', ...shown, ...(rest > 0 ? [`  ... and ${rest} more`] : []), ''];
}

const remedies = {
  bounce: 'bounce pages would help; not built yet',
  windows: 'windows would help; not built yet',
  none: 'nothing would help',
} as const;

function refusalLines(totals: Totals): readonly string[] {
  if (totals.refusals.length === 0) return [];
  const calls = totals.refusals.map((r) => r.call);
  const width = (texts: readonly string[]): number => Math.max(...texts.map((t) => t.length));
  const rows = totals.refusals.map(({ call, code, field, remedy, count }) => {
    const columns = [
      pad(count),
      call.padEnd(width(calls)),
      code.padEnd(width(totals.refusals.map((r) => r.code))),
      field.padEnd(width(totals.refusals.map((r) => r.field))),
      remedies[remedy],
    ];
    return `  ${columns.join('  ')}`;
  });
  return ['Refused, by call, code and the field at fault', '', ...rows, ''];
}

function setLines(results: readonly SetResult[]): readonly string[] {
  const lines = results.flatMap(({ set, status, refusal }) => {
    const name = `${set.driver} ${set.name}`;
    if (status === 'refused') {
      return [`  ${name}: ${refusal?.code ?? ''}, ${refusal?.field ?? ''}: ${refusal?.why ?? ''}`];
    }
    return status === 'incomplete' ? [`  ${name}: incomplete: ${set.missing.join(', ')}`] : [];
  });
  return lines.length === 0 ? [] : ['Sets that are not run', '', ...lines, ''];
}

function driverLines(results: readonly SetResult[]): readonly string[] {
  const byDriver = new Map<string, SetResult[]>();
  for (const result of results) {
    const known = byDriver.get(result.set.driver);
    if (known === undefined) byDriver.set(result.set.driver, [result]);
    else known.push(result);
  }
  const width = Math.max(...[...byDriver.keys()].map((d) => d.length), 'Driver'.length);
  const row = (name: string, columns: readonly string[], rest: string): string =>
    `${name.padEnd(width)} ${columns.map((c) => c.padStart(6)).join('')} ${rest}`.trimEnd();
  const lines = [...byDriver].map(([driver, own]) => {
    const t = totalsOf(own);
    const columns = [t.sets, t.cases, t.moved].map(String);
    const refused = t.refusals.map((r) => `${r.count} ${short(r.code)} ${short(r.field)}`);
    const notes = [...(t.wrong > 0 ? [`${t.wrong} WRONG`] : []), ...refused];
    return row(driver, [...columns, megabytes(t.bytes).padStart(9)], ` ${notes.join(', ')}`);
  });
  return [row('Driver', ['sets', 'cases', 'moved', '    bytes'], ' refused'), ...lines];
}

/** A constant or a field without the prefix they all share. */
function short(name: string): string {
  return name.replace(/^(DDI_DMA_|DDI_|dma_attr_)/, '');
}

function count(n: number, what: string): string {
  return `${n} ${what}${n === 1 ? '' : 's'}`;
}

function pad(n: number): string {
  return String(n).padStart(5);
}

function megabytes(bytes: number): string {
  return bytes < 100_000 ? `${(bytes / 1e3).toFixed(1)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
}

/**
 * The report as JSON: every case of every set, 64-bit numbers as strings.
 *
 * @param results - of the whole run
 * @param options - what was run
 */
export function jsonReport(results: readonly SetResult[], options: RunOptions): string {
  const sets = results.map((r) => ({
    driver: r.set.driver,
    name: r.set.name,
    where: r.set.where,
    origin: r.set.origin,
    status: r.status,
    attr: r.set.attr === null ? null : jsonAttr(r.set.attr),
    missing: r.set.missing,
    refusal: r.refusal,
    faults: r.faults,
    traceHash: r.traceHash,
    cases: r.cases.map(jsonCase),
  }));
  return `${JSON.stringify({ ...options, totals: totalsOf(results), sets }, null, 1)}\n`;
}

function jsonCase({ one, outcome }: CaseResult): object {
  return { object: one.kind, mode: one.mode, length: one.length, ...outcome };
}

function jsonAttr(attr: ddi_dma_attr_t): object {
  return Object.fromEntries(
    Object.entries(attr).map(([field, value]: [string, number | bigint]) => [
      field,
      typeof value === 'bigint' ? `0x${value.toString(16)}` : value,
    ]),
  );
}
