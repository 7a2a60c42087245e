/** Where the parts of the memory row are, from top to bottom. */
import type { AxisRun } from './axis.js';

/** Pixels of a block of the object's own frames. */
const ownHeight = 100;
/** Pixels of a block of bounce pages. */
const bounceHeight = 76;
/** Pixels in which bytes are copied between the two. */
const copyHeight = 110;
/** Pixels between a panel's edge and its blocks. */
const inset = 8;

/** Where the row's parts are. */
export interface MemoryPlaces {
  readonly top: number;
  readonly ownTop: number;
  readonly ownBottom: number;
  readonly bounceTop: number;
  readonly bounceBottom: number;
  readonly bottom: number;
}

/**
 * Where the parts of the row are.
 *
 * @param top - where it begins
 * @param bounced - whether there are bounce pages
 */
export function memoryPlaces(top: number, bounced: boolean): MemoryPlaces {
  const ownTop = top + inset;
  const ownBottom = ownTop + ownHeight;
  const bounceTop = bounced ? ownBottom + copyHeight : ownBottom;
  const bounceBottom = bounced ? bounceTop + bounceHeight : ownBottom;
  return { top, ownTop, ownBottom, bounceTop, bounceBottom, bottom: bounceBottom + inset };
}

/**
 * Where the block of a run is.
 *
 * @param run - of the axis
 * @param places - the row's
 */
export function blockOf({ kind }: AxisRun, places: MemoryPlaces): { y: number; height: number } {
  const { ownTop, ownBottom, bounceTop, bounceBottom } = places;
  if (kind === 'bounce') return { y: bounceTop, height: bounceBottom - bounceTop };
  return { y: ownTop, height: ownBottom - ownTop };
}
