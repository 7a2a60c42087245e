/** What a run came to: totals, one line per driver, and the same as JSON. */
import { quirk } from '../sys/quirks.js';
import type { QuirkId } from '../sys/quirks.js';
import type { ddi_dma_attr_t } from '../sys/types.js';
import type { Difference } from './differences.js';
import type { Fault } from './judge.js';
import type { Refusal } from './lifecycle.js';
import type { RunOptions } from './machines.js';
import type { CaseResult, SetResult } from './run.js';

/** Refusals of one kind. */
export interface RefusalCount {
  readonly call: string;
  readonly code: string;
  readonly field: string;
  readonly count: number;
}

/** Differences of one kind. */
export interface DifferenceCount {
  readonly quirk: QuirkId;
  readonly count: number;
  /** The rules of the judge it broke. */
  readonly rules: readonly string[];
}

/** The sums of a run, or of a part of it. */
export interface Totals {
  readonly drivers: number;
  readonly sets: number;
  /** Sets whose cases were lived. */
  readonly run: number;
  /** Sets ddi_dma_alloc_handle(9F) refuses, as it must. */
  readonly refusedSets: number;
  /** Sets a kernel takes, or does not take, otherwise than the pages have it. */
  readonly differingSets: number;
  readonly incompleteSets: number;
  readonly cases: number;
  /** Cases moved, whole or in windows. */
  readonly moved: number;
  /** Bytes moved, both directions counted. */
  readonly bytes: number;
  /** Cases among them moved in windows, and how many windows that took. */
  readonly windowed: number;
  readonly windows: number;
  /** Cases among them that had pages standing in, and for how many bytes. */
  readonly bounced: number;
  readonly bouncedBytes: number;
  /** Cases refused for a good reason, with `DDI_DMA_PARTIAL` as well. */
  readonly refused: number;
  /** Cases that ended otherwise than the pages have it, as the kernel is known to do. */
  readonly differing: number;
  /** Cases that ended wrong, and faults of sets as a whole. */
  readonly wrong: number;
  /** Longest list of cookies. */
  readonly cookiesMax: number;
  /** Refusals by kind, most frequent first; those of whole sets included. */
  readonly refusals: readonly RefusalCount[];
  /** Why cases were moved in windows: the same of binds without `DDI_DMA_PARTIAL`. */
  readonly partials: readonly RefusalCount[];
  /** What differed, by quirk, most frequent first. */
  readonly differences: readonly DifferenceCount[];
}

/**
 * Adds results up.
 *
 * @param results - of any number of sets
 */
export function totalsOf(results: readonly SetResult[]): Totals {
  const cases = results.flatMap((r) => r.cases.map((c) => c.outcome));
  const moved = cases.flatMap((o) => (o.kind === 'moved' ? [o] : []));
  const windowed = moved.filter((o) => o.windows > 1);
  const inStatus = (status: SetResult['status']): number =>
    results.filter((r) => r.status === status).length;
  const sum = (numbers: readonly number[]): number => numbers.reduce((a, b) => a + b, 0);
  return {
    drivers: new Set(results.map((r) => r.set.driver)).size,
    sets: results.length,
    run: inStatus('run'),
    refusedSets: inStatus('refused'),
    differingSets: inStatus('differs'),
    incompleteSets: inStatus('incomplete'),
    cases: cases.length,
    moved: moved.length,
    bytes: sum(moved.map((o) => o.bytes)),
    windowed: windowed.length,
    windows: sum(windowed.map((o) => o.windows)),
    bounced: moved.filter((o) => o.bounced > 0).length,
    bouncedBytes: sum(moved.map((o) => o.bounced)),
    refused: cases.filter((o) => o.kind === 'refused').length,
    differing: cases.filter((o) => o.kind === 'differs').length,
    wrong: sum(results.map((r) => wrongsOf(r).length)),
    cookiesMax: moved.reduce((most, o) => Math.max(most, o.cookies), 0),
    refusals: refusalsOf(results),
    partials: counted(moved.flatMap((o) => (o.unless === null ? [] : [keyOf(o.unless)]))),
    differences: differencesOf(results),
  };
}

type RefusalKind = Omit<RefusalCount, 'count'>;

function keyOf({ call, code, why }: Refusal): RefusalKind {
  return { call, code, field: why.field };
}

function refusalsOf(results: readonly SetResult[]): readonly RefusalCount[] {
  return counted(
    results.flatMap(({ refusal, cases }) => [
      ...(refusal === null
        ? []
        : [{ call: 'ddi_dma_alloc_handle', code: refusal.code, field: refusal.field }]),
      ...cases.flatMap(({ outcome }) => (outcome.kind === 'refused' ? [keyOf(outcome)] : [])),
    ]),
  );
}

function counted(kinds: readonly RefusalKind[]): readonly RefusalCount[] {
  const counts = new Map<string, RefusalCount>();
  for (const { call, code, field } of kinds) {
    const key = `${call} ${code} ${field}`;
    counts.set(key, { call, code, field, count: (counts.get(key)?.count ?? 0) + 1 });
  }
  return [...counts.values()].sort((a, b) => b.count - a.count);
}

function differencesOf(results: readonly SetResult[]): readonly DifferenceCount[] {
  const counts = new Map<QuirkId, { count: number; rules: Set<string> }>();
  const add = (differences: readonly Difference[]): void => {
    for (const quirk of new Set(differences.map((d) => d.quirk))) {
      const entry = counts.get(quirk) ?? { count: 0, rules: new Set<string>() };
      entry.count++;
      for (const d of differences) if (d.quirk === quirk) entry.rules.add(d.rule);
      counts.set(quirk, entry);
    }
  };
  for (const { differences, cases } of results) {
    add(differences);
    for (const { outcome } of cases) if (outcome.kind === 'differs') add(outcome.differences);
  }
  return [...counts]
    .map(([quirk, { count, rules }]) => ({ quirk, count, rules: [...rules] }))
    .sort((a, b) => b.count - a.count);
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
 * The report for a person: totals, what is wrong if anything is, what differs and why, why refusals
 * were right, and a line per driver.
 *
 * @param results - of the whole run
 * @param options - what was run
 */
export function textReport(results: readonly SetResult[], options: RunOptions): string {
  const totals = totalsOf(results);
  return [
    ...headLines(totals, options),
    ...wrongLines(results),
    ...differenceLines(totals),
    ...refusalLines('Refused, by call, code and the field at fault', totals.refusals),
    ...refusalLines('Moved in windows, after this without DDI_DMA_PARTIAL', totals.partials),
    ...setLines(results),
    ...driverLines(results),
    '',
  ].join('\n');
}

function headLines(totals: Totals, options: RunOptions): readonly string[] {
  const { platform, kernel, memory, frames, seed } = options;
  const verdict = totals.wrong === 0 ? 'nothing wrong' : `${totals.wrong} WRONG`;
  const where = [
    platform,
    `rule book ${kernel}`,
    ...(memory === 'usual' ? [] : [`memory ${memory}`]),
    ...(frames === 'mixed' ? [] : [`frames ${frames}`]),
    `seed ${seed}`,
  ];
  const { sets, run, refusedSets, differingSets, incompleteSets, cases } = totals;
  const whole = totals.moved - totals.windowed;
  return [
    `DMA attributes of real drivers on ${where.join(', ')}: ${verdict}`,
    '',
    `  ${pad(sets)} attribute sets of ${count(totals.drivers, 'driver')}: ${run} run, ` +
      `${refusedSets} refused, ${differingSets > 0 ? `${differingSets} differ, ` : ''}` +
      `${incompleteSets} incomplete`,
    `  ${pad(cases)} cases (an object, a mode, a length), each judged by the pages`,
    `  ${pad(whole)} moved whole, to the device and back; up to ` +
      count(totals.cookiesMax, 'cookie'),
    `  ${pad(totals.windowed)} moved in windows, ${totals.windows} in all`,
    `  ${pad(totals.bounced)} of these through bounce pages: ${megabytes(totals.bouncedBytes)}`,
    `        ${megabytes(totals.bytes)} there and back, every byte compared`,
    `  ${pad(totals.refused)} refused, and had to be`,
    ...(totals.differing === 0
      ? []
      : [`  ${pad(totals.differing)} differ from the pages, as this kernel is known to`]),
    '',
  ];
}

function differenceLines({ differences }: Totals): readonly string[] {
  if (differences.length === 0) return [];
  const width = Math.max(...differences.map((d) => d.quirk.length));
  const rows = differences.flatMap(({ quirk: id, count, rules }) => [
    `  ${pad(count)}  ${id.padEnd(width)}  ${quirk(id).title}`,
    `  ${' '.repeat(7 + width)}  ${quirk(id).clause}; seen at: ${rules.join(', ')}`,
  ]);
  return ['The kernel differs, by quirk', '', ...rows, ''];
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

function refusalLines(title: string, refusals: readonly RefusalCount[]): readonly string[] {
  if (refusals.length === 0) return [];
  const width = (texts: readonly string[]): number => Math.max(...texts.map((t) => t.length));
  const calls = width(refusals.map((r) => r.call));
  const codes = width(refusals.map((r) => r.code));
  const rows = refusals.map(
    ({ call, code, field, count }) =>
      `  ${pad(count)}  ${call.padEnd(calls)}  ${code.padEnd(codes)}  ${field}`,
  );
  return [title, '', ...rows, ''];
}

function setLines(results: readonly SetResult[]): readonly string[] {
  const lines = results.flatMap(({ set, status, refusal, differences: [difference] }) => {
    const name = `${set.driver} ${set.name}`;
    if (status === 'refused') {
      return [`  ${name}: ${refusal?.code ?? ''}, ${refusal?.field ?? ''}: ${refusal?.why ?? ''}`];
    }
    if (status === 'differs') {
      return [`  ${name}: ${difference?.quirk ?? ''}: ${difference?.message ?? ''}`];
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
    `${name.padEnd(width)} ${columns.map((c) => c.padStart(7)).join('')} ${rest}`.trimEnd();
  const lines = [...byDriver].map(([driver, own]) => {
    const t = totalsOf(own);
    const columns = [t.sets, t.cases, t.moved, t.windows].map(String);
    const sizes = [t.bytes, t.bouncedBytes].map((n) => (n === 0 ? '-' : megabytes(n)).padStart(9));
    const notes = [
      ...(t.wrong > 0 ? [`${t.wrong} WRONG`] : []),
      ...t.refusals.map((r) => `${r.count} ${short(r.code)} ${short(r.field)}`),
      ...t.differences.map((d) => `${d.count} ${d.quirk}`),
    ];
    return row(driver, [...columns, ...sizes], ` ${notes.join(', ')}`);
  });
  const heads = ['sets', 'cases', 'moved', ' windows', '   bytes', '  bounced'];
  return [row('Driver', heads, ' refused or different'), ...lines];
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
    differences: r.differences,
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
