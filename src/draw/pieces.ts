/** Pieces and bands: the object cut where anything changes, and joined where nothing does. */
import { pageBytes } from '../machine/store.js';
import type { Scene } from './scene.js';

/** A stretch of the object of which everything is the same. */
export interface Piece {
  /** Where in the object. */
  readonly at: number;
  /** Bytes. */
  readonly size: number;
  /** Physical address of the object's own byte. */
  readonly own: number;
  /** The address the device is given for it; -1: none reaches it. */
  readonly device: number;
  /** Index of the window; -1: none has it. */
  readonly window: number;
  /** Whether what the device is given is a bounce page. */
  readonly bounced: boolean;
}

/** Pieces that go from one row of the picture to the next side by side. */
export interface Band extends Piece {
  /** Pages of the object it touches. */
  readonly pages: number;
}

/**
 * Cuts a scene into pieces.
 *
 * @param scene - a bind
 * @returns its pieces, windows in order, what no window has after them
 */
export function piecesOf(scene: Scene): readonly Piece[] {
  const pieces: Piece[] = [];
  const { length } = scene.request;
  const covered: { from: number; to: number }[] = [];
  for (const [window, { cookies }] of scene.windows.entries()) {
    for (const { at, size, address, bounced } of cookies) {
      // A kernel's cookie may go past the end of the object, or lie behind it.
      const to = Math.min(at + size, length);
      if (to <= at) continue;
      cutByPages(scene, { at, to, device: address, window, bounced }, pieces);
      covered.push({ from: at, to });
    }
  }
  covered.sort((a, b) => a.from - b.from);
  const none = { device: -1, window: -1, bounced: false };
  let at = 0;
  for (const { from, to } of covered) {
    if (from > at) cutByPages(scene, { ...none, at, to: from }, pieces);
    at = Math.max(at, to);
  }
  cutByPages(scene, { ...none, at, to: length }, pieces);
  return pieces;
}

interface Stretch extends Pick<Piece, 'at' | 'device' | 'window' | 'bounced'> {
  readonly to: number;
}

/** At every page boundary, of the object and of what the device is given. */
function cutByPages({ request, pfns }: Scene, stretch: Stretch, into: Piece[]): void {
  const { window, bounced } = stretch;
  let { at, device } = stretch;
  while (at < stretch.to) {
    const place = request.off + at;
    const inPage = place % pageBytes;
    const pfn = pfns[Math.floor(place / pageBytes)] ?? 0;
    let size = Math.min(pageBytes - inPage, stretch.to - at);
    if (device >= 0) size = Math.min(size, pageBytes - (device % pageBytes));
    into.push({ at, size, own: pfn * pageBytes + inPage, device, window, bounced });
    at += size;
    if (device >= 0) device += size;
  }
}

/**
 * Joins pieces into bands.
 *
 * @param pieces - in order
 * @param joins - whether the second may continue the first, which it follows in the object
 * @param off - where the object begins in its first page
 */
export function bandsOf(
  pieces: readonly Piece[],
  joins: (last: Piece, next: Piece) => boolean,
  off: number,
): readonly Band[] {
  const bands: { first: Piece; last: Piece; size: number }[] = [];
  for (const next of pieces) {
    const band = bands.at(-1);
    const follows =
      band?.last.window === next.window &&
      band.last.bounced === next.bounced &&
      band.last.at + band.last.size === next.at &&
      joins(band.last, next);
    if (band === undefined || !follows) bands.push({ first: next, last: next, size: next.size });
    else {
      band.last = next;
      band.size += next.size;
    }
  }
  const pageOf = (at: number): number => Math.floor((off + at) / pageBytes);
  return bands.map(({ first, last, size }) => {
    return { ...first, size, pages: pageOf(last.at) - pageOf(first.at) + 1 };
  });
}
