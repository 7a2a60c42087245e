/** Bands as shapes: how bytes get from one row to the next. */
import type { Canvas } from './canvas.js';
import { px } from './svg.js';

/** A band with its places. */
export interface Ribbon {
  /** Index of the window; -1: none. */
  readonly window: number;
  /** Left end and width above. */
  readonly x1: number;
  readonly width1: number;
  /** Left end and width below. */
  readonly x2: number;
  readonly width2: number;
  /** Pages of the object. */
  readonly pages: number;
}

/** Where ribbons begin and end. */
export interface RibbonSpan {
  readonly top: number;
  readonly bottom: number;
  /** Above the bend and below it ribbons go straight down. */
  readonly bendTop?: number;
  readonly bendBottom?: number;
}

/** Below this many pixels a ribbon is a line. */
const thin = 1.6;
/** Pixels between two heads of arrows; where ribbons are denser, some have none. */
const headGap = 6;
/** With more ribbons than this each colour is one shape, for the sake of the file's size. */
const separateMax = 120;

/**
 * Draws ribbons.
 *
 * @param role - class of the shapes
 */
export function drawRibbons(
  canvas: Canvas,
  ribbons: readonly Ribbon[],
  span: RibbonSpan,
  role: string,
  colour: (window: number) => string,
): void {
  const wide = ribbons.filter((r) => r.width1 >= thin || r.width2 >= thin);
  const lines = ribbons.filter((r) => r.width1 < thin && r.width2 < thin);
  const joined = (
    some: readonly Ribbon[],
    draw: (r: Ribbon) => string,
    attributes: object,
  ): void => {
    for (const [style, group] of byColour(some, colour)) {
      const pages = group.reduce((sum, r) => sum + r.pages, 0);
      canvas.shape('bands', 'path', {
        class: `${role} ${style}`,
        'data-pages': pages,
        d: group.map(draw).join(''),
        ...attributes,
      });
    }
  };
  if (wide.length > separateMax) joined(wide, (r) => shape(r, span), { 'fill-opacity': 0.4 });
  else {
    for (const ribbon of wide) {
      const style = `${role} ${colour(ribbon.window)}`;
      const d = shape(ribbon, span);
      const { pages } = ribbon;
      canvas.shape('bands', 'path', { class: style, 'data-pages': pages, d, 'fill-opacity': 0.4 });
    }
  }
  const widest = Math.max(0.5, ...lines.map((r) => Math.min(1, (r.width1 + r.width2) / 2)));
  joined(lines, (r) => line(r, span), { 'stroke-width': widest, 'stroke-opacity': 0.45 });
  for (const path of arrowsOf(ribbons, span, role)) canvas.put('bands', path);
}

function byColour(
  ribbons: readonly Ribbon[],
  colour: (window: number) => string,
): ReadonlyMap<string, readonly Ribbon[]> {
  const groups = new Map<string, Ribbon[]>();
  for (const ribbon of ribbons) {
    const thinOne = ribbon.width1 < thin && ribbon.width2 < thin;
    const key = thinOne ? `line ${colour(ribbon.window)}` : colour(ribbon.window);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [ribbon]);
    else group.push(ribbon);
  }
  return groups;
}

/** A closed shape with a bend in the middle. */
function shape({ x1, width1, x2, width2 }: Ribbon, span: RibbonSpan): string {
  const { top, bottom, bendTop = top, bendBottom = bottom } = span;
  const a = px(x1);
  const b = px(x1 + width1);
  const c = px(x2);
  const d = px(x2 + width2);
  const m = px((bendTop + bendBottom) / 2);
  const down = `C${a} ${m} ${c} ${m} ${c} ${px(bendBottom)}`;
  const up = `C${d} ${m} ${b} ${m} ${b} ${px(bendTop)}`;
  const start = `M${a} ${px(top)}${top === bendTop ? '' : `V${px(bendTop)}`}`;
  const turn = bottom === bendBottom ? `H${d}` : `V${px(bottom)}H${d}V${px(bendBottom)}`;
  return `${start}${down}${turn}${up}${top === bendTop ? '' : `V${px(top)}`}Z`;
}

/** The same as a line along the middle. */
function line({ x1, width1, x2, width2 }: Ribbon, span: RibbonSpan): string {
  const { top, bottom, bendTop = top, bendBottom = bottom } = span;
  const a = px(x1 + width1 / 2);
  const c = px(x2 + width2 / 2);
  const m = px((bendTop + bendBottom) / 2);
  const start = `M${a} ${px(top)}${top === bendTop ? '' : `V${px(bendTop)}`}`;
  const end = bottom === bendBottom ? '' : `V${px(bottom)}`;
  return `${start}C${a} ${m} ${c} ${m} ${c} ${px(bendBottom)}${end}`;
}

/** Bytes are copied both ways: heads at both ends, where they have room. */
function arrowsOf(ribbons: readonly Ribbon[], { top, bottom }: RibbonSpan, role: string): string[] {
  if (role !== 'copy') return [];
  const heads = (y: number, tip: number, at: (r: Ribbon) => [number, number]): string => {
    let last = -Infinity;
    let d = '';
    const sorted = ribbons.map(at).sort(([a], [b]) => a - b);
    for (const [x, width] of sorted) {
      const half = Math.max(3, Math.min(9, width / 2 - 1));
      const middle = x + width / 2;
      if (middle - half < last + headGap) continue;
      last = middle + half;
      d += `M${px(middle - half)} ${px(y)}H${px(middle + half)}L${px(middle)} ${px(tip)}Z`;
    }
    return `<path class="arrow" d="${d}"/>`;
  };
  const long = 9;
  return [
    heads(bottom - long - 1, bottom - 1, (r) => [r.x2, r.width2]),
    heads(top + long + 1, top + 1, (r) => [r.x1, r.width1]),
  ];
}
