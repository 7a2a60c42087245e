/**
 * Measures ratios: how long a thing takes over how long its twin takes, in one run.
 *
 * A row has two sides, ours and the twin's. Samples are taken in pairs, back to back and in
 * changing order, so that whatever slows the machine slows both; the figure is the median of the
 * ratios of the pairs. Absolute times are shown beside it and depend on the computer.
 */

/** What a row promises. Absent: the row is for information. */
export interface Limit {
  /** Our time over the twin's, at most. */
  readonly ratioAtMost?: number;
  /** The twin's time over ours, at least: "so many times faster". */
  readonly fasterAtLeast?: number;
  /** Nanoseconds of ours for one unit, at most. */
  readonly nsAtMost?: number;
}

/** What is measured: a call of it. */
export type Side = () => void | Promise<void>;

/** One comparison. */
export interface Row {
  readonly name: string;
  /** What it is measured against, in words. */
  readonly twin: string;
  /** What one call does `units` of: `page`, `descriptor`; both sides do as many. */
  readonly unit: string;
  readonly units: number;
  readonly limit?: Limit;
  /** Ours. */
  readonly a: Side;
  /** The twin's. */
  readonly b: Side;
  /** Whether the sides return promises, and a call ends when its promise does. */
  readonly waits?: boolean;
  /** Called after the measurement: further figures worth printing. */
  readonly note?: () => string;
}

/** What came of a row. */
export interface Measured {
  readonly name: string;
  readonly twin: string;
  readonly unit: string;
  /** Medians, nanoseconds for one unit. */
  readonly oursNs: number;
  readonly theirsNs: number;
  /** Median of ours over theirs; and its quartiles, to judge the noise by. */
  readonly ratio: number;
  readonly quartiles: readonly [number, number];
  readonly limit?: Limit;
  readonly held: boolean;
  readonly note?: string;
}

/** How much is measured. */
export interface Effort {
  /** Pairs of samples. */
  readonly pairs: number;
  /** How long one sample lasts at least, milliseconds. */
  readonly sampleMs: number;
}

/** Enough for a median that stands; a row takes about two seconds. */
export const usualEffort: Effort = { pairs: 25, sampleMs: 30 };

/** A row; unless it says otherwise one call is one unit. */
export function row(r: Omit<Row, 'unit' | 'units'> & Partial<Row>): Row {
  return { unit: 'call', units: 1, ...r };
}

/** Measures a row. */
export async function measure(r: Row, effort: Effort = usualEffort): Promise<Measured> {
  const sampler = r.waits === true ? sampleWaiting : sample;
  // Both sides are warm, and compiled with both in the picture, before anything counts.
  const callsOurs = await callsFor(sampler, r.a, effort.sampleMs);
  const callsTheirs = await callsFor(sampler, r.b, effort.sampleMs);
  const ours: number[] = [];
  const theirs: number[] = [];
  for (let pair = 0; pair < effort.pairs; pair++) {
    const sides = [
      async () => ours.push((await sampler(r.a, callsOurs)) / r.units),
      async () => theirs.push((await sampler(r.b, callsTheirs)) / r.units),
    ];
    if (pair % 2 === 1) sides.reverse();
    for (const side of sides) await side();
  }
  const ratios = ours.map((ns, i) => ns / (theirs[i] ?? NaN));
  const ratio = quantile(ratios, 0.5);
  const oursNs = quantile(ours, 0.5);
  const { name, twin, unit, limit, note } = r;
  return {
    name,
    twin,
    unit,
    oursNs,
    theirsNs: quantile(theirs, 0.5),
    ratio,
    quartiles: [quantile(ratios, 0.25), quantile(ratios, 0.75)],
    held: holds(limit ?? {}, ratio, oursNs),
    ...(limit && { limit }),
    ...(note && { note: note() }),
  };
}

/** The value below which the given share of the samples lies. */
export function quantile(samples: readonly number[], share: number): number {
  const sorted = [...samples].sort((a, b) => a - b);
  const at = share * (sorted.length - 1);
  const low = sorted[Math.floor(at)] ?? NaN;
  const high = sorted[Math.ceil(at)] ?? NaN;
  return low + (high - low) * (at - Math.floor(at));
}

/** Is every part of a limit kept? */
export function holds(limit: Limit, ratio: number, oursNs: number): boolean {
  const { ratioAtMost = Infinity, fasterAtLeast = 0, nsAtMost = Infinity } = limit;
  return ratio <= ratioAtMost && 1 / ratio >= fasterAtLeast && oursNs <= nsAtMost;
}

/** A row as a person reads it. */
export function lineOf(m: Measured): string {
  const fast = m.limit?.fasterAtLeast !== undefined;
  const figure = fast ? `${digits(1 / m.ratio)}x faster` : `${digits(m.ratio)}x`;
  const [low, high] = m.quartiles.map((q) => (fast ? 1 / q : q)).sort((a, b) => a - b);
  const promises = [
    m.limit?.ratioAtMost !== undefined && `at most ${m.limit.ratioAtMost}x`,
    m.limit?.fasterAtLeast !== undefined && `at least ${m.limit.fasterAtLeast}x faster`,
    m.limit?.nsAtMost !== undefined && `at most ${m.limit.nsAtMost} ns`,
  ].filter((p) => p !== false);
  const verdict =
    promises.length === 0 ? '' : `${m.held ? 'ok' : 'MISSED'}: ${promises.join(', ')}`;
  const times = `${digits(m.oursNs)} ns against ${digits(m.theirsNs)} ns for one ${m.unit}`;
  return [
    `${figure.padEnd(16)} ${m.name}  ${verdict}`.trimEnd(),
    `${''.padEnd(16)} against ${m.twin}`,
    `${''.padEnd(16)} ${times}; middle half ${digits(low ?? NaN)} .. ${digits(high ?? NaN)}`,
    ...(m.note === undefined ? [] : [`${''.padEnd(16)} ${m.note}`]),
  ].join('\n');
}

function digits(value: number): string {
  return value >= 100 ? value.toFixed(0) : value.toPrecision(3);
}

/** How many calls fill a sample; also the warm-up. */
async function callsFor(
  sampler: typeof sample | typeof sampleWaiting,
  side: Side,
  sampleMs: number,
): Promise<number> {
  for (let calls = 1; ; calls *= 2) {
    const ns = (await sampler(side, calls)) * calls;
    if (ns >= sampleMs * 1e6) return calls;
  }
}

/** Nanoseconds for one call of a side that is not awaited. */
function sample(side: () => unknown, calls: number): number {
  const start = performance.now();
  for (let i = 0; i < calls; i++) side();
  return ((performance.now() - start) * 1e6) / calls;
}

/** The same for a side that is awaited. */
async function sampleWaiting(side: Side, calls: number): Promise<number> {
  const start = performance.now();
  for (let i = 0; i < calls; i++) await side();
  return ((performance.now() - start) * 1e6) / calls;
}
