/** The ground of the memory row: the ranges of addresses, and how far the device reaches. */
import type { AxisLimit, AxisRun } from './axis.js';
import type { Canvas } from './canvas.js';
import { blockOf, type MemoryPlaces } from './memory-places.js';
import type { Sheet } from './sheet.js';
import { px } from './svg.js';
import { hex } from './text.js';

/** Letters of the label of a limit. */
const limitLetters = 19;
/** Narrower than this, in pixels, a gap has no room for the sign; wider, it is more than a gap. */
const breakMin = 9;
const breakMax = 30;

/** Draws the panels, and what of them the device reaches. */
export function drawPanels({ canvas, axis }: Sheet, places: MemoryPlaces): void {
  const { top, bottom } = places;
  const height = bottom - top;
  for (const { x, width, title, runs } of axis.panels) {
    canvas.shape('back', 'rect', { class: 'panel', x, y: top, width, height, rx: 4 });
    write(canvas, x + 15, places, title, 'dim', 10);
    for (const [i, run] of runs.entries()) drawBreak(canvas, places, runs[i - 1], run);
  }
  const limits = axis.panels.flatMap((p) => p.limits);
  const low = limits.find((l) => !l.reachesLeft);
  const high = limits.find((l) => l.reachesLeft);
  for (const { x, width } of axis.panels) {
    const end = x + width;
    const beyond = (from: number, to: number): void => {
      if (to <= from) return;
      const rect = { class: 'beyond', x: from, y: top, width: to - from, height };
      canvas.shape('back', 'rect', rect, 'out of the reach of the device');
    };
    if (low !== undefined) beyond(x, Math.min(end, low.x));
    if (high !== undefined) beyond(Math.max(x, high.x), end);
  }
  for (const limit of limits) drawLimit(canvas, places, limit);
}

function drawLimit(
  canvas: Canvas,
  places: MemoryPlaces,
  { x, label, reachesLeft, address }: AxisLimit,
): void {
  const d = `M${px(x)} ${px(places.top)}V${px(places.bottom)}`;
  canvas.shape('back', 'path', { class: 'limit', d, 'stroke-dasharray': '4 3' });
  const value = hex(reachesLeft ? address - 1 : address);
  const whole = `${label} ${value}`;
  const text = whole.length > limitLetters ? value : whole;
  write(canvas, reachesLeft ? x - 4 : x + 11, places, text, 'red', 9);
}

/** Upwards, beside the object's own frames, where no line goes across. */
function write(
  canvas: Canvas,
  x: number,
  { ownTop, ownBottom }: MemoryPlaces,
  text: string,
  style: string,
  size: number,
): void {
  const middle = (ownTop + ownBottom) / 2;
  canvas.text(x, middle, text, { size, style, anchor: 'middle', upwards: true });
}

/** The sign for addresses left out. */
function drawBreak(
  canvas: Canvas,
  places: MemoryPlaces,
  last: AxisRun | undefined,
  run: AxisRun,
): void {
  if (last === undefined || last.pfn + last.count === run.pfn) return;
  if ((last.kind === 'bounce') !== (run.kind === 'bounce')) return;
  const from = last.x + last.width;
  if (run.x - from < breakMin || run.x - from > breakMax) return;
  const x = (from + run.x) / 2;
  const block = blockOf(run, places);
  const y = block.y + block.height / 2;
  const d = `M${px(x - 4)} ${px(y + 5)}l4 -10M${px(x)} ${px(y + 5)}l4 -10`;
  canvas.shape('back', 'path', { class: 'tick', d });
}
