/** What the rows of a picture share: places, and the object's own scale. */
import { pageBytes } from '../machine/store.js';
import type { Axis } from './axis.js';
import type { Canvas } from './canvas.js';
import type { Piece } from './pieces.js';
import type { Scene } from './scene.js';

/** Pixels of the whole picture. */
export const pictureWidth = 1200;
/** Where rows begin. */
export const leftEdge = 48;
/** Pixels of a row. */
export const rowWidth = pictureWidth - leftEdge - 24;

/** The object's scale: bytes to pixels, from edge to edge. */
export class Scale {
  /** Pixels of what the first page has in front of the object, and the last behind it. */
  readonly head: number;
  readonly tail: number;
  readonly #length: number;
  readonly #perByte: number;

  constructor(off: number, length: number, pages: number) {
    this.#length = length;
    const behind = pages * pageBytes - off - length;
    const whole = rowWidth / (pages * pageBytes);
    this.head = Math.min(off * whole, stubMax);
    this.tail = Math.min(behind * whole, stubMax);
    this.#perByte = (rowWidth - this.head - this.tail) / length;
  }

  /** Where byte `at` of the object is; what a kernel puts behind it is at its end. */
  x(at: number): number {
    return leftEdge + this.head + Math.min(at, this.#length) * this.#perByte;
  }

  /** Pixels of so many bytes. */
  span(byteCount: number): number {
    return byteCount * this.#perByte;
  }
}

/** The parts of the first and the last page that are not the object's are at most this wide. */
const stubMax = 46;

/** Windows one bounce page is striped for; with more the pages in use are plainly marked. */
export const stripesMax = 8;

/** A picture being drawn. */
export interface Sheet {
  readonly canvas: Canvas;
  readonly scene: Scene;
  readonly pieces: readonly Piece[];
  readonly scale: Scale;
  readonly axis: Axis;
}

/** Writes the name of a row along its left side. */
export function rowName(canvas: Canvas, name: string, top: number, bottom: number): void {
  const y = (top + bottom) / 2;
  canvas.text(28, y, name, { style: 'sans dim', anchor: 'middle', upwards: true, size: 12 });
}
