/** What the device is told: cookies and windows, or why it is told nothing. */
import type { Scene, SceneWindow } from './scene.js';
import { leftEdge, rowName, rowWidth, type Sheet } from './sheet.js';
import { colourClass } from './style.js';
import { px, rectPath } from './svg.js';
import { bytes, hex, plural, textWidth, wrapped } from './text.js';

const cookieHeight = 72;
/** Cookies thinner than this, in pixels, are one shape for each window. */
const cookieMin = 2.5;
/** Pixels of a cookie that a kernel puts behind the object, where nothing is to scale. */
const behindWidth = 4;
/** Pixels from the cookies to the text of the brackets. */
const bracketDrop = 12;

/**
 * Draws the row.
 *
 * @param top - where it begins
 * @returns where it ends
 */
export function drawDevice(sheet: Sheet, top: number): number {
  const { answer } = sheet.scene;
  if (answer.kind !== 'bound') return drawRefusal(sheet, top);
  rowName(sheet.canvas, 'device', top, top + cookieHeight);
  for (const [i, window] of sheet.scene.windows.entries()) drawCookies(sheet, window, i, top);
  drawLost(sheet, top);
  return drawBrackets(sheet, top + cookieHeight);
}

function drawCookies(
  { canvas, scale, scene }: Sheet,
  window: SceneWindow,
  index: number,
  top: number,
): void {
  const colour = colourClass(index);
  const { length } = scene.request;
  const thin: string[] = [];
  const clipped = window.cookies.map((c) => {
    const x = scale.x(c.at);
    return { ...c, x, width: c.at < length ? scale.x(c.at + c.size) - x : behindWidth };
  });
  for (const [i, { x, width, address, size, at, bounced }] of clipped.entries()) {
    if (width < cookieMin) {
      thin.push(rectPath(x, top, width, cookieHeight));
      continue;
    }
    const box = { x, y: top, width, height: cookieHeight };
    const how = bounced ? ', a bounce page' : '';
    const tip =
      `window ${index}, cookie ${i}: ${hex(address)}, ${bytes(size)}${how}; ` +
      `bytes ${at} to ${at + size - 1}`;
    canvas.shape('blocks', 'rect', { class: `cookie ${colour}`, ...box }, tip);
    canvas.label(box, [hex(address), bytes(size)], { size: 10, style: 'ink' });
  }
  if (thin.length > 0) {
    const tip = `window ${index}: ${plural(thin.length, 'cookie')}`;
    const attributes = { class: `cookies ${colour}`, 'data-count': thin.length, d: thin.join('') };
    canvas.shape('blocks', 'path', attributes, tip);
  }
  // The boundaries lie on the cookies, so that the cookies keep their widths.
  const step = clipped.filter((c) => c.width >= cookieMin && c.at > 0 && c.at < length);
  const d = step.map(({ x }) => `M${px(x)} ${px(top)}v${px(cookieHeight)}`).join('');
  if (d !== '') canvas.shape('blocks', 'path', { class: 'rule', d });
}

/** Bytes that no window has. */
function drawLost({ canvas, scale, pieces }: Sheet, top: number): void {
  const lost = pieces.filter((p) => p.window < 0);
  for (const { at, size } of lost) {
    const box = { x: scale.x(at), y: top, width: scale.span(size), height: cookieHeight };
    const tip = `bytes ${at} to ${at + size - 1}: in no window`;
    canvas.shape('blocks', 'rect', { class: 'lost', ...box, 'stroke-dasharray': '3 3' }, tip);
    canvas.label(box, ['lost', bytes(size)], { size: 10, style: 'red' });
  }
}

/** Brackets below the cookies, and what there is room to say of each window. */
function drawBrackets({ canvas, scale, scene }: Sheet, top: number): number {
  const y = top + 8;
  let lastEnd = -Infinity;
  for (const [i, { offset, size, cookies }] of scene.windows.entries()) {
    const x = scale.x(offset);
    const width = scale.x(offset + size) - x;
    const inner = Math.max(0, width - 2);
    const d = `M${px(x + 1)} ${px(y - 4)}v8h${px(inner)}v-8`;
    canvas.shape(
      'back',
      'path',
      {
        class: 'window edge',
        d,
        'data-index': i,
        'data-offset': offset,
        'data-size': size,
        'data-cookies': cookies.length,
      },
      `window ${i}: offset ${offset}, ${size} bytes, ${plural(cookies.length, 'cookie')}`,
    );
    const middle = x + width / 2;
    const room = offset < scene.request.length ? bracketLines(scene, i) : [];
    const lines = room.find((some) => {
      const widest = Math.max(...some.map((line) => textWidth(line, 10)));
      return some.length === 1 ? middle - widest / 2 > lastEnd + 6 : widest + 8 <= width;
    });
    for (const [k, line] of (lines ?? []).entries()) {
      const baseline = y + 4 + bracketDrop + k * 13;
      canvas.text(middle, baseline, line, { size: 10, anchor: 'middle' });
      lastEnd = Math.max(lastEnd, middle + textWidth(line, 10) / 2);
    }
  }
  return y + 4 + bracketDrop + 30;
}

/** What can be said of a window, at length first. */
function bracketLines({ windows, answer }: Scene, index: number): readonly (readonly string[])[] {
  const window = windows[index];
  if (window === undefined) return [];
  const { offset, size, cookies } = window;
  const count = plural(cookies.length, 'cookie');
  if (answer.kind === 'bound' && answer.name === 'DDI_DMA_MAPPED') {
    return [[`the whole object: ${count}`, bytes(size)]];
  }
  return [
    [`window ${index}: ${count}`, `${bytes(size)} at offset ${offset === 0 ? 0 : bytes(offset)}`],
    [`window ${index}`, count, bytes(size)],
    [String(index)],
  ];
}

/** A refusal stands where the cookies would. */
function drawRefusal({ canvas, scene }: Sheet, top: number): number {
  const { answer } = scene;
  if (answer.kind === 'bound') return top;
  const refused = answer.kind === 'refused';
  const said = answer.clause === '' ? answer.message : `${answer.message} (${answer.clause})`;
  const lines = wrapped(said, 140);
  const height = 52 + lines.length * 16;
  rowName(canvas, 'device', top, top + height);
  const box = { x: leftEdge, y: top, width: rowWidth, height, rx: 4 };
  canvas.shape('back', 'rect', { class: 'box', ...box, 'stroke-dasharray': '6 4' });
  const head = refused ? `${answer.call}: ${answer.name}` : 'panic';
  canvas.text(leftEdge + 18, top + 28, head, { size: 14, style: 'red bold' });
  for (const [i, line] of lines.entries()) {
    canvas.text(leftEdge + 18, top + 50 + i * 16, line, { size: 12 });
  }
  return top + height + 8;
}
