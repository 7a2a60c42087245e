/** The judge of a whole bind: what it said, and the windows it led to, together. */
import { DDI_DMA_MAPPED, DDI_DMA_PARTIAL_MAP } from '../sys/constants.js';
import { sameCookie } from './judge.js';
import type { Fault, WindowView } from './judge.js';

/** Everything a bind that succeeded led to. */
export interface BoundObject {
  /** Bytes of the object. */
  readonly length: number;
  /** Whether the driver said `DDI_DMA_PARTIAL`. */
  readonly partial: boolean;
  /** What the bind returned. */
  readonly rval: number;
  /** What the bind returned of cookies. */
  readonly bound: Pick<WindowView, 'first' | 'ccount'>;
  /** What ddi_dma_numwin(9F) said; `null` when it failed. */
  readonly nwin: number | null;
  /** The windows in order; one that is the whole object, when all of it was mapped. */
  readonly windows: readonly WindowView[];
  /** Whether ddi_dma_getwin(9F) gave a window beyond the last. */
  readonly beyond: boolean;
  /** The first window, asked for again at the end. */
  readonly again: WindowView | null;
}

/** One rule about a bind as a whole. */
export interface BindRule {
  readonly rule: string;
  readonly clause: string;
  /** What is wrong, or `null`. */
  readonly check: (b: BoundObject) => string | null;
}

/** The rules, in the order in which they are applied. */
export const bindRules: readonly BindRule[] = [
  {
    rule: 'known value',
    clause: 'ddi_dma_addr_bind_handle.9f/RV-1',
    check: ({ rval }) =>
      rval === DDI_DMA_MAPPED || rval === DDI_DMA_PARTIAL_MAP ? null : `the bind returned ${rval}`,
  },
  {
    rule: 'partial unasked',
    clause: 'ddi_dma_addr_bind_handle.9f/RV-3',
    check: ({ partial, rval }) =>
      partial || rval !== DDI_DMA_PARTIAL_MAP ? null : 'mapped in part without DDI_DMA_PARTIAL',
  },
  {
    rule: 'number of windows',
    clause: 'ddi_dma_numwin.9f/DS-1',
    check: ({ rval, nwin }) =>
      rval !== DDI_DMA_PARTIAL_MAP || (nwin !== null && nwin >= 2)
        ? null
        : `mapped in part, and ddi_dma_numwin says ${nwin ?? 'DDI_FAILURE'}`,
  },
  {
    rule: 'no windows',
    clause: 'ddi_dma_numwin.9f/RV-2',
    check: ({ rval, nwin }) =>
      rval === DDI_DMA_PARTIAL_MAP || nwin === null
        ? null
        : `all of it is mapped, and ddi_dma_numwin says ${nwin}`,
  },
  {
    rule: 'every window',
    clause: 'ddi_dma_getwin.9f/RV-1',
    check: ({ nwin, windows }) =>
      windows.length === (nwin ?? 1) ? null : `${windows.length} of ${nwin ?? 1} can be had`,
  },
  {
    rule: 'window beyond',
    clause: 'ddi_dma_getwin.9f/RV-2',
    check: ({ nwin, beyond }) => (beyond ? `there is a window ${nwin ?? 1}` : null),
  },
  {
    rule: 'first window',
    clause: 'ddi_dma_addr_bind_handle.9f/FL-11',
    check: ({ bound, windows: [first] }) =>
      first === undefined ||
      (first.off === 0 && bound.ccount === first.ccount && sameCookie(bound.first, first.first))
        ? null
        : 'the bind did not return what window 0 is',
  },
  {
    rule: 'first window again',
    clause: 'ddi_dma_getwin.9f/DS-1',
    check: ({ windows: [first], again }) =>
      first === undefined || again === null || sameWindow(first, again)
        ? null
        : 'window 0 is another when it is asked for again',
  },
  {
    rule: 'offsets increase',
    clause: 'ddi_dma_getwin.9f/OUT-1',
    check: ({ windows }) => {
      const i = windows.findIndex(({ off }, k) => k > 0 && off <= (windows[k - 1]?.off ?? 0));
      return i < 0
        ? null
        : `window ${i} begins at ${windows[i]?.off ?? 0}, before the one in front`;
    },
  },
  {
    rule: 'windows tile',
    clause: 'ddi_dma_getwin.9f/OUT-2',
    check: ({ length, windows }) => {
      let end = 0;
      for (const [i, { off, len }] of windows.entries()) {
        if (off !== end) return `window ${i} begins at ${off}, ${end} is next`;
        end = off + len;
      }
      return end === length ? null : `windows end at ${end}, the object has ${length} bytes`;
    },
  },
];

function sameWindow(a: WindowView, b: WindowView): boolean {
  if (a.off !== b.off || a.len !== b.len || a.cookies.length !== b.cookies.length) return false;
  return a.cookies.every((cookie, i) => {
    const other = b.cookies[i];
    return other !== undefined && sameCookie(cookie, other);
  });
}

/**
 * Judges a bind that succeeded, once all its windows were seen.
 *
 * @param bound - what the driver got
 * @returns the rules broken; none when all is well
 */
export function judgeBind(bound: BoundObject): readonly Fault[] {
  const faults: Fault[] = [];
  for (const { rule, clause, check } of bindRules) {
    const message = check(bound);
    if (message !== null) faults.push({ rule, clause, message });
  }
  return faults;
}
