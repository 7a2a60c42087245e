/** Below the rows: the attributes with their part in the bind, and what the signs mean. */
import { pageBytes } from '../machine/store.js';
import type { Note } from './notes.js';
import { leftEdge, type Sheet, stripesMax } from './sheet.js';
import { colourClass, hatchClass } from './style.js';

const lineHeight = 18;
/** Columns of the attributes. */
const columns = { dot: 6, field: 18, value: 190, said: 345 } as const;
/** Where the signs begin. */
const signsLeft = leftEdge + 800;

/**
 * Draws the foot of the picture.
 *
 * @param top - where it begins
 * @returns where it ends
 */
export function drawFooter(sheet: Sheet, notes: readonly Note[], top: number): number {
  const { canvas } = sheet;
  canvas.text(leftEdge, top, 'attributes', { size: 12, style: 'sans dim' });
  let y = top + lineHeight + 2;
  for (const { field, value, said } of notes) {
    const mattered = said !== '';
    const style = mattered ? {} : { style: 'dim' };
    const dot = { cx: leftEdge + columns.dot, cy: y - 4, r: mattered ? 4 : 2 };
    canvas.shape('back', 'circle', { ...dot, class: mattered ? 'part' : 'none' });
    canvas.text(leftEdge + columns.field, y, field, style);
    canvas.text(leftEdge + columns.value, y, value, style);
    if (mattered) canvas.text(leftEdge + columns.said, y, said, { style: 'sans', size: 12 });
    y += lineHeight;
  }
  const signs = drawSigns(sheet, top);
  return Math.max(y, signs);
}

function drawSigns({ canvas, scene, axis, pieces }: Sheet, top: number): number {
  const { answer, windows, bounce, findings } = scene;
  canvas.text(signsLeft, top, 'signs', { size: 12, style: 'sans dim' });
  let y = top + lineHeight + 2;
  const sign = (words: string, styles: readonly string[], opacity = 1): void => {
    for (const style of styles) {
      const box = { x: signsLeft, y: y - 10, width: 26, height: 12 };
      const faint = opacity < 1 && style !== 'page' ? { 'fill-opacity': opacity } : {};
      canvas.shape('blocks', 'rect', { class: style, ...box, ...faint });
    }
    canvas.text(signsLeft + 36, y, words, { style: 'sans' });
    y += lineHeight;
  };
  const cookies = windows.flatMap((w) => w.cookies);
  if (answer.kind !== 'bound') sign('the object’s memory', ['none']);
  if (cookies.some((c) => !c.bounced)) {
    sign('memory the device reaches itself', ['page', colourClass(0)]);
  }
  if (bounce.length > 0) {
    sign('memory copied to and from bounce pages', ['page', colourClass(0)], 0.45);
    const striped = windows.length <= stripesMax;
    const what = windows.length === 1 ? '' : striped ? ', a stripe for each window' : '';
    sign(`bounce pages${what}`, [hatchClass(striped ? 0 : -1)]);
    if (!striped) sign('bounce pages that windows take turns with', ['none']);
  }
  const { off, length } = scene.request;
  if (off > 0 || (off + length) % pageBytes > 0) {
    sign('the rest of a page: not the object’s', ['page']);
  }
  if (windows.length > 1) sign('each colour is a window', [colourClass(1)]);
  if (axis.panels.some((p) => p.limits.length > 0)) {
    sign('out of the reach of the device', ['beyond']);
  }
  if (windows.length > 0 && pieces.some((p) => p.window < 0)) sign('in no window', ['lost']);
  for (const rule of findings) {
    canvas.text(signsLeft, y, `finding: ${rule}`, { style: 'red' });
    y += lineHeight;
  }
  return y;
}
