/**
 * What checks of windows and bounce pages share: objects that do not go in one transfer, and
 * objects that a device cannot reach.
 */
import { DDI_DMA_PARTIAL, DDI_DMA_PARTIAL_MAP } from '../sys/constants.js';
import type { ddi_dma_attr_t, ddi_dma_cookie_t, ddi_dma_handle_t } from '../sys/types.js';
import { type BindCall, byAddress } from './bind-call.js';
import {
  bind,
  type BoundObject,
  bothWays,
  cookiesOf,
  framesApart,
  newHandle,
  pattern,
} from './stock.js';
import type { Sut } from './sut.js';
import { good, same, that } from './that.js';

/** The highest address of an engine with 24 address lines: all of `framesApart` lies above it. */
export const lowHi = 0xff_ffffn;

/** A binding in several windows: what the attributes and the object must be for it. */
export interface WindowCase {
  readonly attr: Partial<ddi_dma_attr_t>;
  /** Frames of the object, in order. */
  readonly frames: readonly number[];
  /** Where in its first page it begins. */
  readonly off: number;
  readonly length: number;
  /** Whether its pages must be bounced. */
  readonly bounced: boolean;
}

/** As many bytes as fill the bounce pages of one window and begin another: more than a mebibyte. */
const manyFrames = Array.from({ length: 300 }, (_, i) => 0x1400 + i);

/** Each reason why an object does not go in one transfer. */
export const windowCases = {
  sgllen: {
    attr: { dma_attr_sgllen: 2 },
    frames: framesApart,
    off: 0,
    length: 0x4000,
    bounced: false,
  },
  maxxfer: {
    attr: { dma_attr_maxxfer: 0x2000n, dma_attr_align: 0x100n },
    frames: framesApart,
    off: 0x100,
    length: 0x3e00,
    bounced: false,
  },
  bounced: {
    attr: { dma_attr_sgllen: 2, dma_attr_addr_hi: lowHi, dma_attr_align: 0x40n },
    frames: framesApart,
    off: 0x40,
    length: 0x3f00,
    bounced: true,
  },
  'bounce pages': {
    attr: { dma_attr_sgllen: 512, dma_attr_addr_hi: lowHi },
    frames: manyFrames,
    off: 0,
    length: 300 * 4096,
    bounced: true,
  },
  'one cookie each': {
    attr: { dma_attr_maxxfer: 0x1000n },
    frames: [0x2400, 0x2402, 0x2401, 0x2403],
    off: 0,
    length: 0x4000,
    bounced: false,
  },
  // The rest of a page and a full transfer: what is over opens a third window.
  'cut twice': {
    attr: {
      dma_attr_sgllen: 2,
      dma_attr_granular: 0x200,
      dma_attr_maxxfer: 0x2000n,
      dma_attr_align: 0x100n,
    },
    frames: [0x2300, 0x2310, 0x2320, 0x2321, 0x2330],
    off: 0x100,
    length: 0x4000,
    bounced: false,
  },
} as const satisfies Record<string, WindowCase>;

/** The names of the window cases. */
export const windowCaseNames: readonly string[] = Object.keys(windowCases);

/**
 * The window case of that name.
 *
 * @param name - of a case of a check
 */
export function windowCase(name: string): WindowCase {
  that(name in windowCases, `${name} is a window case`);
  return windowCases[name as keyof typeof windowCases];
}

/**
 * An object in several windows, bound with a new handle; it holds `pattern(length, 1)`.
 *
 * @param sut - the system
 * @param name - which window case
 * @param flags - direction and mode; PARTIAL is added
 * @param how - the call that binds
 */
export function boundPartly(
  sut: Sut,
  name = 'sgllen',
  flags: number = bothWays,
  how: BindCall = byAddress,
): BoundObject {
  const { attr, frames, off, length } = windowCase(name);
  const at = sut.place(frames, off, length);
  sut.poke(at, pattern(length, 1));
  const handle = newHandle(sut, attr);
  const bound = bind(sut, handle, at, length, flags | DDI_DMA_PARTIAL, how);
  same(bound.rval, DDI_DMA_PARTIAL_MAP, `the value of a bind of more than one window (${name})`);
  return { handle, at, length, ...bound };
}

/** A window, as getwin told it. */
export interface SeenWindow {
  readonly off: number;
  readonly len: number;
  readonly cookie: ddi_dma_cookie_t;
  readonly ccount: number;
  /** The cookies while it was current. */
  readonly cookies: readonly ddi_dma_cookie_t[];
}

/**
 * Makes a window current.
 *
 * @param sut - the system
 * @param handle - bound in windows
 * @param win - which
 */
export function getwin(sut: Sut, handle: ddi_dma_handle_t, win: number): SeenWindow {
  const out = good(sut.ddi.ddi_dma_getwin(handle, win), `ddi_dma_getwin of window ${win}`);
  return { ...out, cookies: cookiesOf(sut, handle) };
}

/**
 * How many windows there are.
 *
 * @param sut - the system
 * @param handle - bound in windows
 */
export function numwin(sut: Sut, handle: ddi_dma_handle_t): number {
  const { nwin } = good(sut.ddi.ddi_dma_numwin(handle), 'ddi_dma_numwin');
  that(nwin <= 1024, `${nwin} windows is a number one can believe`);
  return nwin;
}

/**
 * Every window, made current one after the other.
 *
 * @param sut - the system
 * @param handle - bound in windows
 */
export function windowsOf(sut: Sut, handle: ddi_dma_handle_t): SeenWindow[] {
  return Array.from({ length: numwin(sut, handle) }, (_, i) => getwin(sut, handle, i));
}

/**
 * Four pages that the device cannot reach, bound with a new handle; they hold `pattern(length, 1)`.
 *
 * @param sut - the system
 * @param flags - direction and mode
 * @param off - where in its first page the object starts
 * @param how - the call that binds
 */
export function boundFar(
  sut: Sut,
  flags: number = bothWays,
  off = 0,
  how: BindCall = byAddress,
): BoundObject {
  const length = framesApart.length * sut.pageSize - 2 * off;
  const at = sut.place(framesApart, off, length);
  sut.poke(at, pattern(length, 1));
  const handle = newHandle(sut, { dma_attr_addr_hi: lowHi });
  return { handle, at, length, ...bind(sut, handle, at, length, flags, how) };
}
