/** What can be seen in a picture, for the tests. */
import { drawPicture } from '../../src/draw/picture.js';
import { playScene, type Scene, type SceneRequest } from '../../src/draw/scene.js';
import { anyAttr } from '../support/attr.js';
import { elementsOf, parseXml, type XmlElement } from '../support/xml.js';

/** A request: one page and no limits, except what the test says. */
export function request(but: Partial<SceneRequest> = {}): SceneRequest {
  return {
    attr: anyAttr(),
    title: 'a test',
    off: 0,
    length: 4096,
    pfns: null,
    frames: 'fragmented',
    partial: false,
    kernel: 'contract',
    seed: 1,
    ...but,
  };
}

/** A picture with its scene. */
export interface Seen {
  readonly scene: Scene;
  readonly svg: string;
  readonly elements: readonly XmlElement[];
}

/** Plays, draws, and reads what was drawn. */
export function see(but: Partial<SceneRequest> = {}): Seen {
  const scene = playScene(request(but));
  const svg = drawPicture(scene, 'a test');
  return { scene, svg, elements: elementsOf(parseXml(svg)) };
}

/** The elements of a class. */
export function ofClass({ elements }: Pick<Seen, 'elements'>, name: string): readonly XmlElement[] {
  return elements.filter((e) => e.attributes['class']?.split(' ').includes(name));
}

/** An attribute that is a number. */
export function numberOf(element: XmlElement, attribute: string): number {
  const text = element.attributes[attribute];
  if (text === undefined || text === '') throw new Error(`<${element.name}> has no ${attribute}`);
  const value = Number(text);
  if (Number.isNaN(value)) throw new Error(`${attribute}="${text}"`);
  return value;
}

/** A place on the sheet. */
export interface Box {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

/** One cookie as drawn, whether by itself or in the shape of many. */
export function cookieBoxes(seen: Seen): readonly Box[] {
  const boxes: Box[] = [];
  for (const e of [...ofClass(seen, 'cookie'), ...ofClass(seen, 'cookies')]) {
    if (e.name === 'rect') {
      const [x, y, w, h] = ['x', 'y', 'width', 'height'].map((a) => numberOf(e, a));
      boxes.push(box(x, y, w, h));
      continue;
    }
    const path = e.attributes['d'] ?? '';
    for (const m of path.matchAll(/M([\d.]+) ([\d.]+)h([\d.]+)v([\d.]+)h-[\d.]+z/g)) {
      boxes.push(box(...m.slice(1).map(Number)));
    }
  }
  return boxes.sort((a, b) => a.left - b.left);
}

function box(x = NaN, y = NaN, w = NaN, h = NaN): Box {
  return { left: x, right: x + w, top: y, bottom: y + h };
}

/** A text and the room it takes. */
export interface SeenText extends Box {
  readonly text: string;
}

/** Every text; the widest font in use has characters of 0.602 em. */
export function textsOf({ elements }: Pick<Seen, 'elements'>): readonly SeenText[] {
  return elements
    .filter((e) => e.name === 'text')
    .map((e) => {
      const x = numberOf(e, 'x');
      const y = numberOf(e, 'y');
      const size = numberOf(e, 'font-size');
      const width = e.text.length * size * 0.602;
      const anchor = e.attributes['text-anchor'] ?? 'start';
      const before = anchor === 'start' ? 0 : anchor === 'middle' ? width / 2 : width;
      const ascent = size * 0.76;
      const descent = size * 0.22;
      if (e.attributes['transform'] === undefined) {
        const left = x - before;
        const box = { left, right: left + width, top: y - ascent, bottom: y + descent };
        return { text: e.text, ...box };
      }
      // Written upwards: what was on the left is below.
      const bottom = y + before;
      const box = { left: x - ascent, right: x + descent, top: bottom - width, bottom };
      return { text: e.text, ...box };
    });
}

/** Pairs of texts of which one lies on the other. */
export function overlaps(texts: readonly SeenText[]): readonly string[] {
  return texts.flatMap((a, i) =>
    texts
      .slice(i + 1)
      .filter((b) => a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom)
      .map((b) => `"${a.text}" and "${b.text}"`),
  );
}
