/** The picture of a bind, from its heading to its foot. */
import { pageBytes } from '../machine/store.js';
import { Axis, type AxisFrame, type AxisLimitWish } from './axis.js';
import { Canvas } from './canvas.js';
import { drawDevice } from './device-row.js';
import { drawFooter } from './footer.js';
import { memoryPlaces, type MemoryPlaces } from './memory-places.js';
import { drawMemory, joinsBy } from './memory-row.js';
import { describeObject, notesOf } from './notes.js';
import { drawObject } from './object-row.js';
import { bandsOf, type Band, piecesOf } from './pieces.js';
import { drawRibbons, type Ribbon } from './ribbons.js';
import type { Scene } from './scene.js';
import { leftEdge, pictureWidth, rowWidth, Scale, type Sheet } from './sheet.js';
import { colourClass, styleAndPatterns } from './style.js';
import { escapeXml, px } from './svg.js';
import { plural, textWidth } from './text.js';

/** Pixels in which lines find their way from the object to memory, and on to the cookies. */
const flowHeight = 96;
const margin = 24;

/**
 * Draws a scene.
 *
 * @param scene - a bind
 * @param description - how to make the picture again, kept in it for whoever finds it
 * @returns an SVG document; the same scene always gives the same one
 */
export function drawPicture(scene: Scene, description: string): string {
  const { off, length } = scene.request;
  const sheet: Sheet = {
    canvas: new Canvas(),
    scene,
    pieces: piecesOf(scene),
    scale: new Scale(off, length, scene.pfns.length),
    axis: new Axis(framesOf(scene), limitsOf(scene), leftEdge, rowWidth),
  };
  drawHeading(sheet);
  const objectBottom = drawObject(sheet, 74);
  const bounced = scene.bounce.length > 0;
  const memory = memoryPlaces(objectBottom + flowHeight, bounced);
  drawMemory(sheet, memory);
  const bound = scene.answer.kind === 'bound';
  const deviceTop = memory.bottom + (bound ? flowHeight : margin);
  drawFlows(sheet, objectBottom, memory, deviceTop);
  const deviceBottom = drawDevice(sheet, deviceTop);
  const bottom = drawFooter(sheet, notesOf(scene), deviceBottom + 24);
  return document(sheet, Math.ceil(bottom + margin / 2), description);
}

/** Frames to show: the object's, the bounce pages, and any other a cookie points into. */
function framesOf({ pfns, bounce, windows }: Scene): readonly AxisFrame[] {
  const frames: AxisFrame[] = [
    ...pfns.map((pfn) => ({ pfn, kind: 'own' }) as const),
    ...bounce.map((pfn) => ({ pfn, kind: 'bounce' }) as const),
  ];
  const known = new Set(frames.map((f) => f.pfn));
  for (const { address, size } of windows.flatMap((w) => w.cookies)) {
    const last = Math.floor((address + size - 1) / pageBytes);
    for (let pfn = Math.floor(address / pageBytes); pfn <= last; pfn++) {
      if (known.has(pfn)) continue;
      known.add(pfn);
      frames.push({ pfn, kind: 'stray' });
    }
  }
  return frames;
}

/** Addresses of which a number is exact. */
const exactMax = 2 ** 53;

function limitsOf({ request }: Scene): readonly AxisLimitWish[] {
  const { dma_attr_addr_lo: lo, dma_attr_addr_hi: hi } = request.attr;
  const limits: AxisLimitWish[] = [];
  if (lo > 0n && lo < exactMax) {
    limits.push({ label: 'addr_lo', address: Number(lo), reachesLeft: false });
  }
  if (hi < exactMax) limits.push({ label: 'addr_hi', address: Number(hi) + 1, reachesLeft: true });
  return limits;
}

/** From the object to its frames, and from what the device reaches to the cookies. */
function drawFlows(
  sheet: Sheet,
  objectBottom: number,
  memory: MemoryPlaces,
  deviceTop: number,
): void {
  const { canvas, scene, pieces, scale, axis } = sheet;
  const { off } = scene.request;
  const runOf = axis.runOf.bind(axis);
  const own = bandsOf(pieces, joinsBy(runOf, 'own'), off).map((b): Ribbon => {
    return { ...onObject(b), x2: axis.x(b.own), width2: axis.span(b.size) };
  });
  const down = { top: objectBottom, bottom: memory.ownTop, bendBottom: memory.top };
  drawRibbons(canvas, own, down, 'own', colourClass);
  const reached = pieces.filter((p) => p.device >= 0);
  const onDevice = bandsOf(reached, joinsBy(runOf, 'device'), off).map((b) => {
    const { x1: x2, width1: width2, window, pages } = onObject(b);
    const from = b.bounced ? memory.bounceBottom : memory.ownBottom;
    const x1 = axis.x(b.device);
    return { window, pages, x1, width1: axis.span(b.size), x2, width2, from };
  });
  for (const top of new Set([memory.ownBottom, memory.bounceBottom])) drawPart(top);

  function drawPart(top: number): void {
    const part = onDevice.filter(({ from }) => from === top);
    const span = { top, bottom: deviceTop, bendTop: memory.bottom };
    if (part.length > 0) drawRibbons(canvas, part, span, 'device', colourClass);
  }

  function onObject({ at, size, window, pages }: Band): Omit<Ribbon, 'x2' | 'width2'> {
    return { window, pages, x1: scale.x(at), width1: scale.span(size) };
  }
}

function drawHeading({ canvas, scene }: Sheet): void {
  const { request, answer } = scene;
  const how = request.partial ? ', DDI_DMA_PARTIAL' : '';
  const what = `${describeObject(scene)}; ${request.kernel} rules, seed ${request.seed}${how}`;
  canvas.text(leftEdge, 54, what, { style: 'dim', size: 12 });
  const [name, style] =
    answer.kind === 'panic'
      ? ['panic', 'bad']
      : [answer.name, answer.kind === 'refused' ? 'bad' : goodness(answer.name)];
  const width = textWidth(name, 13) + 24;
  const x = leftEdge + rowWidth - width;
  const size = [17, 15, 13, 11].find((s) => textWidth(request.title, s) < x - leftEdge - 16) ?? 11;
  const letters = Math.floor((x - leftEdge - 16) / textWidth('m', size));
  const { title } = request;
  const shown = title.length <= letters ? title : `${title.slice(0, letters - 1)}…`;
  canvas.text(leftEdge, 32, shown, { size, style: 'bold' });
  canvas.shape('back', 'rect', { class: style, x, y: 14, width, height: 26, rx: 13 });
  canvas.text(x + width / 2, 31.5, name, { size: 13, style: 'white bold', anchor: 'middle' });
  if (answer.kind !== 'bound') return;
  const cookies = scene.windows.reduce((n, w) => n + w.cookies.length, 0);
  const windows = scene.windows.length;
  const count = plural(cookies, 'cookie');
  const sum = answer.name === 'DDI_DMA_MAPPED' ? count : `${count} in ${plural(windows, 'window')}`;
  canvas.text(leftEdge + rowWidth, 54, sum, { size: 12, anchor: 'end' });
}

function goodness(name: string): string {
  return name === 'DDI_DMA_MAPPED' ? 'good' : 'part';
}

function document({ canvas, scene }: Sheet, height: number, description: string): string {
  const title = `${scene.request.title}: ${describeObject(scene)}`;
  const size = `width="${pictureWidth}" height="${px(height)}"`;
  const box = `viewBox="0 0 ${pictureWidth} ${px(height)}"`;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" ${size} ${box} role="img">`,
    `<title>${escapeXml(title)}</title>`,
    `<desc>${escapeXml(description)}</desc>`,
    styleAndPatterns(),
    `<rect class="ground" width="${pictureWidth}" height="${px(height)}"/>`,
    canvas.markup(),
    '</svg>',
    '',
  ].join('\n');
}
