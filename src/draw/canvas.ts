/** A sheet in layers, so that rows can be drawn in any order and letters always lie on top. */
import { element, escapeXml, px, type SvgAttributes, tooltip } from './svg.js';
import { textWidth } from './text.js';

/** From the ground up. */
const layers = ['back', 'bands', 'blocks', 'text'] as const;
/** A layer. */
export type Layer = (typeof layers)[number];

/** How a text is set. */
export interface TextOptions {
  /** Pixels; default 11. */
  readonly size?: number;
  /** Classes of the style sheet. */
  readonly style?: string;
  /** Which point of the text x is; default its start. */
  readonly anchor?: 'start' | 'middle' | 'end';
  /** Whether it is written upwards. */
  readonly upwards?: boolean;
}

const usualSize = 11;

/** The sheet. */
export class Canvas {
  readonly #layers: Readonly<Record<Layer, string[]>> = {
    back: [],
    bands: [],
    blocks: [],
    text: [],
  };

  /** Puts markup on a layer. */
  put(layer: Layer, markup: string): void {
    this.#layers[layer].push(markup);
  }

  /** Puts a shape on a layer, with words for a pointer that rests on it. */
  shape(layer: Layer, name: string, attributes: SvgAttributes, tip?: string): void {
    this.put(layer, element(name, attributes, tip === undefined ? undefined : tooltip(tip)));
  }

  /** Writes a text whose baseline is at `y`. */
  text(x: number, y: number, text: string, options: TextOptions = {}): void {
    const { size = usualSize, style, anchor = 'start', upwards = false } = options;
    const attributes = {
      x,
      y,
      'font-size': size,
      ...(style !== undefined && { class: style }),
      ...(anchor !== 'start' && { 'text-anchor': anchor }),
      ...(upwards && { transform: `rotate(-90 ${px(x)} ${px(y)})` }),
    };
    this.put('text', element('text', attributes, escapeXml(text)));
  }

  /**
   * Writes lines into a box, as the box allows: level, else upwards, else not at all.
   *
   * @returns whether there was room
   */
  label(
    box: {
      readonly x: number;
      readonly y: number;
      readonly width: number;
      readonly height: number;
    },
    lines: readonly string[],
    options: { readonly size?: number; readonly style?: string } = {},
  ): boolean {
    const { size = usualSize } = options;
    const margin = 6;
    const longest = Math.max(...lines.map((line) => textWidth(line, size)));
    const leading = size + 3;
    const high = lines.length * leading;
    const middle = box.x + box.width / 2;
    const centre = box.y + box.height / 2;
    // The ascent of a fixed-width font is about three quarters of its size.
    const first = -high / 2 + leading / 2 + size * 0.36;
    if (longest + margin <= box.width && high <= box.height) {
      for (const [i, line] of lines.entries()) {
        this.text(middle, centre + first + i * leading, line, { ...options, anchor: 'middle' });
      }
      return true;
    }
    for (const few of lines.map((_, i) => lines.slice(0, lines.length - i))) {
      const wide = few.length * leading;
      const long = Math.max(...few.map((line) => textWidth(line, size)));
      if (wide > box.width || long + margin > box.height) continue;
      const left = -wide / 2 + leading / 2 + size * 0.36;
      for (const [i, line] of few.entries()) {
        const x = middle + left + i * leading;
        this.text(x, centre, line, { ...options, anchor: 'middle', upwards: true });
      }
      return true;
    }
    return false;
  }

  /** Everything, bottom layer first. */
  markup(): string {
    return layers
      .filter((layer) => this.#layers[layer].length > 0)
      .map((layer) => `<g>\n${this.#layers[layer].join('\n')}\n</g>`)
      .join('\n');
  }
}
