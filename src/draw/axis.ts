/**
 * Physical memory as a row of frames, holes left out.
 *
 * Three *panels* are the ranges drivers care about: what 24 address lines reach, what 32 reach, and
 * the rest. In a panel, *runs* of neighbouring frames stand in order of their addresses, a gap
 * between each two; a *limit* is where the reach of the device begins or ends, and it parts a run
 * that goes across it.
 */
import { pageBytes } from '../machine/store.js';

/** What a frame is to the bind. */
export type FrameKind = 'own' | 'bounce' | 'stray';

/** A frame to show. */
export interface AxisFrame {
  readonly pfn: number;
  readonly kind: FrameKind;
}

/** Neighbouring frames of one kind. */
export interface AxisRun {
  readonly pfn: number;
  readonly count: number;
  readonly kind: FrameKind;
  readonly x: number;
  readonly width: number;
}

/** Where the reach of the device begins or ends. */
export interface AxisLimit {
  readonly label: string;
  /** The first address on its right. */
  readonly address: number;
  /** Whether the device reaches what is on the left of it. */
  readonly reachesLeft: boolean;
  readonly x: number;
}

/** One range of addresses. */
export interface AxisPanel {
  readonly title: string;
  readonly x: number;
  readonly width: number;
  readonly runs: readonly AxisRun[];
  readonly limits: readonly AxisLimit[];
}

/** A limit before it has a place. */
export type AxisLimitWish = Omit<AxisLimit, 'x'>;

const ranges = [
  { title: 'below 16 MiB', end: 2 ** 24 },
  { title: '16 MiB to 4 GiB', end: 2 ** 32 },
  { title: '4 GiB and above', end: Infinity },
] as const;

/** Pixels between two panels. */
const panelGap = 12;
/** Pixels for the title of a panel, which is written upwards. */
const gutter = 22;
/** Pixels beside the runs of a panel. */
const pad = 10;
/** Pixels for the label of a limit, written upwards too. */
const limitWidth = 30;
/** Widest a page is drawn, in pixels. */
const pageWidthMax = 150;
/** Widest gap between two runs, in pixels. */
const gapMax = 22;
/** Of the room there is, how much gaps may take. */
const gapShare = 0.35;

interface Draft {
  readonly title: string;
  readonly items: readonly (Omit<AxisRun, 'x' | 'width'> | AxisLimitWish)[];
  readonly pages: number;
  readonly gaps: number;
  readonly fixed: number;
}

/** The row of frames. */
export class Axis {
  readonly panels: readonly AxisPanel[];
  /** Pixels of one frame. */
  readonly pageWidth: number;
  readonly #runOf = new Map<number, AxisRun>();

  constructor(
    frames: readonly AxisFrame[],
    limits: readonly AxisLimitWish[],
    left: number,
    width: number,
  ) {
    const drafts = ranges.map(({ title, end }, i) =>
      draft(title, frames, limits, ranges[i - 1]?.end ?? 0, end),
    );
    const sum = (of: (d: Draft) => number): number => drafts.reduce((n, d) => n + of(d), 0);
    const room = width - panelGap * (ranges.length - 1) - sum((d) => d.fixed);
    const gaps = sum((d) => d.gaps);
    const gap = gaps === 0 ? 0 : Math.min(gapMax, (room * gapShare) / gaps);
    const pages = Math.max(
      1,
      sum((d) => d.pages),
    );
    this.pageWidth = Math.min(pageWidthMax, (room - gaps * gap) / pages);
    // What is left over is shared by the panels that show something.
    const spare = room - gaps * gap - sum((d) => d.pages) * this.pageWidth;
    const used = Math.max(1, drafts.filter((d) => d.pages > 0).length);
    const panels: AxisPanel[] = [];
    let x = left;
    for (const d of drafts) {
      const content = d.fixed + d.gaps * gap + d.pages * this.pageWidth;
      const panelWidth = content + (d.pages > 0 ? spare / used : 0);
      panels.push(this.#settle(d, x, panelWidth, content, gap));
      x += panelWidth + panelGap;
    }
    this.panels = panels;
    for (const run of panels.flatMap((p) => p.runs)) {
      for (let i = 0; i < run.count; i++) this.#runOf.set(run.pfn + i, run);
    }
  }

  /** The run an address is in. */
  runOf(address: number): AxisRun | undefined {
    return this.#runOf.get(Math.floor(address / pageBytes));
  }

  /** Where an address is, in pixels. */
  x(address: number): number {
    const run = this.runOf(address);
    return run === undefined ? 0 : run.x + (address / pageBytes - run.pfn) * this.pageWidth;
  }

  /** Pixels of so many bytes. */
  span(byteCount: number): number {
    return (byteCount / pageBytes) * this.pageWidth;
  }

  #settle(d: Draft, x: number, width: number, content: number, gap: number): AxisPanel {
    const runs: AxisRun[] = [];
    const limits: AxisLimit[] = [];
    let at = x + gutter + pad + (width - content) / 2;
    let afterRun = false;
    for (const item of d.items) {
      if ('address' in item) {
        // A limit that is the last thing in its panel stands where the panel ends.
        const last = item === d.items.at(-1) && item.reachesLeft;
        limits.push({ ...item, x: (last ? x + width - limitWidth : at) + limitWidth / 2 });
        at += limitWidth;
        afterRun = false;
        continue;
      }
      if (afterRun) at += gap;
      const runWidth = item.count * this.pageWidth;
      runs.push({ ...item, x: at, width: runWidth });
      at += runWidth;
      afterRun = true;
    }
    return { title: d.title, x, width, runs, limits };
  }
}

/** What a panel shows, in order. */
function draft(
  title: string,
  frames: readonly AxisFrame[],
  limits: readonly AxisLimitWish[],
  from: number,
  to: number,
): Draft {
  const here = frames
    .filter(({ pfn }) => pfn * pageBytes >= from && pfn * pageBytes < to)
    .sort((a, b) => a.pfn - b.pfn);
  // The end of a reach belongs to the panel of the last byte reached.
  const walls = limits
    .filter(({ address, reachesLeft }) => {
      const inside = reachesLeft ? address - 1 : address;
      return inside >= from && inside < to;
    })
    .sort((a, b) => a.address - b.address);
  const items: (Omit<AxisRun, 'x' | 'width'> | AxisLimitWish)[] = [];
  let wall = 0;
  let gaps = 0;
  for (const { pfn, kind } of here) {
    for (let next = walls[wall]; next !== undefined; next = walls[++wall]) {
      if (next.address >= (pfn + 1) * pageBytes) break;
      items.push(next);
    }
    const last = items.at(-1);
    if (last !== undefined && 'count' in last) {
      if (last.pfn + last.count === pfn && last.kind === kind) {
        items[items.length - 1] = { ...last, count: last.count + 1 };
        continue;
      }
      gaps++;
    }
    items.push({ pfn, count: 1, kind });
  }
  items.push(...walls.slice(wall));
  const fixed = gutter + 2 * pad + walls.length * limitWidth;
  return { title, items, pages: here.length, gaps, fixed };
}
