/** Memory: the frames of the object, and below them the bounce pages that stand in for some. */
import { pageBytes } from '../machine/store.js';
import type { AxisRun } from './axis.js';
import { blockOf, type MemoryPlaces } from './memory-places.js';
import { drawPanels } from './panels.js';
import { bandsOf, type Band, type Piece } from './pieces.js';
import { drawRibbons } from './ribbons.js';
import { rowName, type Sheet, stripesMax } from './sheet.js';
import { colourClass, hatchClass } from './style.js';
import { px, rectPath } from './svg.js';
import { hex, plural } from './text.js';

/** Pixels of the marks between pages. */
const pageMark = 14;
/** Pixels of a page below which its boundaries are not drawn. */
const pageMin = 5;

/** Draws the row. */
export function drawMemory(sheet: Sheet, places: MemoryPlaces): void {
  rowName(sheet.canvas, 'memory', places.top, places.bottom);
  drawPanels(sheet, places);
  drawFrames(sheet, places);
  drawOwn(sheet, places);
  drawBounce(sheet, places);
  drawCopies(sheet, places);
  drawRunLabels(sheet, places);
}

/** Every frame, before anything is said of what is in it. */
function drawFrames({ canvas, axis }: Sheet, places: MemoryPlaces): void {
  const rules: string[] = [];
  for (const run of axis.panels.flatMap((p) => p.runs)) {
    const { y, height } = blockOf(run, places);
    const { x, width, count, pfn, kind } = run;
    const words = kind === 'bounce' ? 'bounce ' : '';
    const tip = `${plural(count, `${words}page`)} at ${hex(pfn * pageBytes)}`;
    const block = { x, y, width, height };
    const base = { class: `page ${kind}`, ...block, 'data-frames': count };
    canvas.shape('blocks', 'rect', base, tip);
    if (kind === 'bounce') canvas.shape('blocks', 'rect', { class: 'h', ...block });
    for (let i = 1; i < count && axis.pageWidth >= pageMin; i++) {
      // At the edges only: the middle is for the label.
      const at = px(x + i * axis.pageWidth);
      rules.push(`M${at} ${px(y)}v${pageMark}M${at} ${px(y + height - pageMark)}v${pageMark}`);
    }
  }
  if (rules.length > 0) {
    canvas.shape('text', 'path', { class: 'rule', d: rules.join(''), 'stroke-opacity': 0.7 });
  }
}

/** The part of each frame that is the object's: strong where the device itself gets at it. */
function drawOwn(
  { canvas, axis, pieces, scene }: Sheet,
  { ownTop, ownBottom }: MemoryPlaces,
): void {
  const { off } = scene.request;
  const height = ownBottom - ownTop;
  const groups = new Map<string, Band[]>();
  for (const band of bandsOf(pieces, joinsBy(axis.runOf.bind(axis), 'own'), off)) {
    const style = `${colourClass(band.window)}${band.bounced ? ' faint' : ''}`;
    const group = groups.get(style);
    if (group === undefined) groups.set(style, [band]);
    else group.push(band);
  }
  for (const [style, bands] of groups) {
    const d = bands.map((b) => rectPath(axis.x(b.own), ownTop, axis.span(b.size), height)).join('');
    const faint = style.endsWith('faint') ? { 'fill-opacity': 0.45 } : {};
    canvas.shape('blocks', 'path', { class: `filled ${style}`, d, ...faint });
  }
}

/** Bounce pages in use, hatched in the colours of their windows, a stripe each. */
function drawBounce({ canvas, axis, pieces, scene }: Sheet, places: MemoryPlaces): void {
  const { bounceTop, bounceBottom } = places;
  const height = bounceBottom - bounceTop;
  const bounced = pieces.filter((p) => p.bounced);
  const groups = new Map<number, Band[]>();
  const joins = joinsBy(axis.runOf.bind(axis), 'device');
  for (const band of bandsOf(bounced, joins, scene.request.off)) {
    const group = groups.get(band.window);
    if (group === undefined) groups.set(band.window, [band]);
    else group.push(band);
  }
  if (groups.size > stripesMax) {
    const used = new Set(bounced.map((p) => Math.floor(p.device / pageBytes)));
    const marks = [...used].map((pfn) =>
      rectPath(axis.x(pfn * pageBytes), bounceTop, axis.pageWidth, height),
    );
    canvas.shape('blocks', 'path', { class: 'none', d: marks.join('') });
    return;
  }
  const stripe = height / Math.max(1, groups.size);
  for (const [i, [window, bands]] of [...groups].entries()) {
    const y = bounceTop + i * stripe;
    const d = bands.map((b) => rectPath(axis.x(b.device), y, axis.span(b.size), stripe)).join('');
    canvas.shape('blocks', 'path', { class: hatchClass(window), d });
  }
}

/** From a frame that is out of reach to the page that stands in for it. */
function drawCopies({ canvas, axis, pieces, scene }: Sheet, places: MemoryPlaces): void {
  const runOf = axis.runOf.bind(axis);
  const own = joinsBy(runOf, 'own');
  const device = joinsBy(runOf, 'device');
  const joins = (last: Piece, next: Piece): boolean => own(last, next) && device(last, next);
  const bounced = pieces.filter((p) => p.bounced);
  const ribbons = bandsOf(bounced, joins, scene.request.off).map((b) => {
    const width = axis.span(b.size);
    const { window, pages } = b;
    return { window, pages, x1: axis.x(b.own), width1: width, x2: axis.x(b.device), width2: width };
  });
  const span = {
    top: places.ownBottom,
    bottom: places.bounceTop,
    bendTop: places.ownBottom + 12,
    bendBottom: places.bounceTop - 12,
  };
  if (ribbons.length > 0) drawRibbons(canvas, ribbons, span, 'copy', colourClass);
}

function drawRunLabels({ canvas, axis }: Sheet, places: MemoryPlaces): void {
  for (const run of axis.panels.flatMap((p) => p.runs)) {
    const { y, height } = blockOf(run, places);
    const address = hex(run.pfn * pageBytes);
    const count = plural(run.count, 'page');
    const lines = run.kind === 'bounce' ? ['bounce', address, count] : [address, count];
    const box = { x: run.x, y, width: run.width, height };
    const style = run.kind === 'bounce' ? 'ink halo' : 'ink';
    if (!canvas.label(box, lines, { size: 10, style })) {
      canvas.label(box, [address], { size: 9, style });
    }
  }
}

/**
 * Whether pieces are neighbours in memory and on the axis.
 *
 * @param side - the address to look at: the object's own, or the device's
 */
export function joinsBy(
  runOf: (address: number) => AxisRun | undefined,
  side: 'own' | 'device',
): (last: Piece, next: Piece) => boolean {
  return (last, next) =>
    last[side] >= 0 &&
    last[side] + last.size === next[side] &&
    runOf(last[side]) === runOf(next[side]);
}
