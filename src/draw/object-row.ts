/** The object: a bar of bytes with its page boundaries. */
import { pageBytes } from '../machine/store.js';
import { bandsOf } from './pieces.js';
import { leftEdge, rowName, type Sheet } from './sheet.js';
import { colourClass } from './style.js';
import { px } from './svg.js';
import { bytes, hex, textWidth } from './text.js';

/** Pixels from the top of the row to its bar, for the ticks. */
const barDrop = 22;
const barHeight = 40;
/** Pixels two ticks keep between them, at least. */
const tickStep = 92;
/** Pixels of a page below which its boundaries are not drawn. */
const pageMin = 3;

/**
 * Draws the row.
 *
 * @param top - where it begins
 * @returns where its bar ends
 */
export function drawObject({ canvas, scene, pieces, scale }: Sheet, top: number): number {
  const { off, length } = scene.request;
  const y = top + barDrop;
  const bottom = y + barHeight;
  rowName(canvas, 'object', y, bottom);
  const end = scale.x(length);
  const stub = { class: 'stub', y: y + 0.5, height: barHeight - 1, 'stroke-dasharray': '3 3' };
  if (scale.head > 0) {
    const tip = `${bytes(off)} of the first page are not the object's`;
    canvas.shape('back', 'rect', { ...stub, x: leftEdge, width: scale.head }, tip);
  }
  if (scale.tail > 0) {
    const behind = scene.pfns.length * pageBytes - off - length;
    const tip = `${bytes(behind)} of the last page are not the object's`;
    canvas.shape('back', 'rect', { ...stub, x: end, width: scale.tail }, tip);
  }
  const bound = scene.answer.kind === 'bound';
  for (const { at, size, window } of bandsOf(pieces, () => true, off)) {
    const lost = window < 0 && bound;
    const style = lost ? 'lost' : colourClass(window);
    const place = { x: scale.x(at), y, width: scale.span(size), height: barHeight };
    const where = `bytes ${at} to ${at + size - 1}`;
    const whose = window < 0 ? (lost ? 'in no window' : 'not bound') : `window ${window}`;
    canvas.shape('blocks', 'rect', { class: `object ${style}`, ...place }, `${where}: ${whose}`);
  }
  if (scale.span(pageBytes) >= pageMin) {
    let d = '';
    for (let at = pageBytes - off; at < length; at += pageBytes) {
      d += `M${px(scale.x(at))} ${px(y)}v${px(barHeight)}`;
    }
    if (d !== '') canvas.shape('blocks', 'path', { class: 'rule', d });
  }
  drawTicks({ canvas, scene, scale }, y);
  return bottom;
}

/** Offsets in the object, round numbers as far apart as their labels need. */
function drawTicks(
  { canvas, scene, scale }: Pick<Sheet, 'canvas' | 'scene' | 'scale'>,
  y: number,
): void {
  const { off, length } = scene.request;
  let step = 1;
  while (scale.span(step) < tickStep) step *= 2;
  const base = y - 8;
  const total = bytes(length);
  const end = scale.x(length);
  let d = `M${px(end)} ${px(y - 5)}v5`;
  canvas.text(end, base, total, { size: 10, style: 'dim', anchor: 'end' });
  for (let at = 0; at < length; at += step) {
    const x = scale.x(at);
    d += `M${px(x)} ${px(y - 5)}v5`;
    const label = at === 0 ? '0' : bytes(at);
    if (x + textWidth(label, 10) / 2 > end - textWidth(total, 10) - 10) continue;
    if (at > 0) canvas.text(x, base, label, { size: 10, style: 'dim', anchor: 'middle' });
    else canvas.text(x, base, label, { size: 10, style: 'dim' });
  }
  canvas.shape('back', 'path', { class: 'tick', d });
  const label = hex(off);
  if (scale.head > textWidth(label, 10) + 4)
    canvas.text(leftEdge, base, label, { size: 10, style: 'dim' });
}
