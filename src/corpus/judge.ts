/**
 * The judge of a binding: plain arithmetic from the sentences of the pages, one rule at a time.
 *
 * It is handed what a driver can see (cookies, counts, codes) and what a probe can see (the frame
 * behind each page, the bytes on either side), and nothing of the binder. A rule says what it is
 * about, which clause it comes from, and finds the first thing that breaks it. Speed is no object
 * here; obviousness is.
 *
 * 1. A *window* is what one transfer can be made of. An object mapped whole is one window; of one
 *    mapped in part the driver asks for one after the other (judge-windows.ts judges them
 *    together).
 * 2. A cookie is *own* where it names the frames of the object, and a *stand-in* where it names
 *    others. A stand-in is right when the device sees the object's bytes there; where it lies is
 *    the business of the system.
 */
import type { QuirkId } from '../sys/quirks.js';
import type { ddi_dma_attr_t, ddi_dma_cookie_t } from '../sys/types.js';
import { PAGE_BYTES } from './obstacles.js';
import type { ObjectUnderTest } from './obstacles.js';

/** A rule that was broken. */
export interface Fault {
  /** The rule. */
  readonly rule: string;
  /** The clause it comes from. */
  readonly clause: string;
  /** What is wrong, with the values. */
  readonly message: string;
  /** The quirks behind it, where they have been looked for already. */
  readonly known?: readonly QuirkId[];
}

/** What a driver was told of a window. */
export interface WindowView {
  /** Where it begins in the object, and its length, in bytes. */
  readonly off: number;
  readonly len: number;
  /** The cookies, walked with ddi_dma_cookie_iter(9F). */
  readonly cookies: readonly ddi_dma_cookie_t[];
  /** What the bind or ddi_dma_getwin(9F) said their number was. */
  readonly ccount: number;
  /** What ddi_dma_ncookies(9F) says it is. */
  readonly ncookies: number;
  /** The copy of the first cookie the call returned. */
  readonly first: ddi_dma_cookie_t;
}

/** A window that is current, and both sides of its bytes. */
export interface Window extends WindowView {
  readonly attr: ddi_dma_attr_t;
  readonly object: ObjectUnderTest;
  /** The bytes the object has there, as the CPU sees them. */
  readonly bytesAt: (off: number, length: number) => Uint8Array;
  /** The bytes at a bus address as a device sees them; `null` where nothing answers. */
  readonly seenAt: (address: bigint, length: number) => Uint8Array | null;
}

/** One rule about a window. */
export interface WindowRule {
  readonly rule: string;
  readonly clause: string;
  /** What is wrong, or `null`. */
  readonly check: (w: Window) => string | null;
}

/** Applies a check to every cookie; the first complaint counts. */
function eachCookie(
  check: (cookie: ddi_dma_cookie_t, size: bigint, w: Window) => string | null,
): (w: Window) => string | null {
  return (w) => {
    for (const [index, cookie] of w.cookies.entries()) {
      const complaint = check(cookie, BigInt(cookie.dmac_size), w);
      if (complaint !== null) {
        const where = `cookie ${index} at ${hex(cookie.dmac_laddress)}`;
        return `${where}, ${cookie.dmac_size} bytes: ${complaint}`;
      }
    }
    return null;
  };
}

function lastByte(cookie: ddi_dma_cookie_t): bigint {
  return cookie.dmac_laddress + BigInt(cookie.dmac_size) - 1n;
}

/** The rules, in the order in which they are applied. */
export const windowRules: readonly WindowRule[] = [
  {
    rule: 'inside the object',
    clause: 'ddi_dma_getwin.9f/OUT-1',
    check: ({ object, off, len }) =>
      off >= 0 && len > 0 && off + len <= object.length
        ? null
        : `${len} bytes at ${off} of an object of ${object.length}`,
  },
  {
    rule: 'cookies exist',
    clause: 'ddi_dma_addr_bind_handle.9f/DS-3',
    check: ({ cookies }) => (cookies.length === 0 ? 'no cookie at all' : null),
  },
  {
    rule: 'counts agree',
    clause: 'ddi_dma_addr_bind_handle.9f/DS-4',
    check: ({ cookies, ccount, ncookies }) =>
      ccount === cookies.length && ncookies === cookies.length
        ? null
        : `the call says ${ccount}, ddi_dma_ncookies ${ncookies}, the walk finds ${cookies.length}`,
  },
  {
    rule: 'first cookie',
    clause: 'ddi_dma_addr_bind_handle.9f/OUT-1',
    check: ({ first, cookies: [walked] }) =>
      walked === undefined || sameCookie(first, walked)
        ? null
        : `the call returned ${hex(first.dmac_laddress)}, ` +
          `the walk begins with ${hex(walked.dmac_laddress)}`,
  },
  {
    rule: 'size',
    clause: 'ddi_dma_cookie.9s/FD-6',
    check: eachCookie((_cookie, size) => (size > 0n ? null : 'no bytes')),
  },
  {
    rule: 'low half',
    clause: 'ddi_dma_cookie.9s/FD-2',
    check: eachCookie((cookie) =>
      BigInt(cookie.dmac_address) === (cookie.dmac_laddress & 0xffff_ffffn)
        ? null
        : `dmac_address is ${hex(BigInt(cookie.dmac_address))}`,
    ),
  },
  {
    rule: 'addr_lo',
    clause: 'ddi_dma_attr.9s/AD-1',
    check: eachCookie((cookie, _size, { attr }) =>
      cookie.dmac_laddress >= attr.dma_attr_addr_lo ? null : `below ${hex(attr.dma_attr_addr_lo)}`,
    ),
  },
  {
    rule: 'addr_hi',
    clause: 'ddi_dma_attr.9s/AD-2',
    check: eachCookie((cookie, _size, { attr }) =>
      lastByte(cookie) <= attr.dma_attr_addr_hi ? null : `beyond ${hex(attr.dma_attr_addr_hi)}`,
    ),
  },
  {
    rule: 'count_max',
    clause: 'ddi_dma_attr.9s/CM-1',
    check: eachCookie((_cookie, size, { attr }) =>
      size - 1n <= attr.dma_attr_count_max ? null : `counter holds ${hex(attr.dma_attr_count_max)}`,
    ),
  },
  {
    rule: 'seg',
    clause: 'ddi_dma_attr.9s/SG-1',
    check: eachCookie((cookie, _size, { attr }) => {
      const block = attr.dma_attr_seg + 1n;
      return cookie.dmac_laddress / block === lastByte(cookie) / block
        ? null
        : `crosses a multiple of ${hex(block)}`;
    }),
  },
  {
    rule: 'sgllen',
    clause: 'ddi_dma_attr.9s/SL-4',
    check: ({ attr, cookies }) =>
      attr.dma_attr_sgllen < 0 || cookies.length <= attr.dma_attr_sgllen
        ? null
        : `${cookies.length} cookies, ${attr.dma_attr_sgllen} allowed`,
  },
  {
    rule: 'granular, segment',
    clause: 'ddi_dma_attr.9s/GR-2',
    check: eachCookie((_cookie, size, w) =>
      w.attr.dma_attr_sgllen !== 1 || isTail(w) || size % BigInt(w.attr.dma_attr_granular) === 0n
        ? null
        : `not a multiple of ${w.attr.dma_attr_granular}`,
    ),
  },
  {
    rule: 'granular, list',
    clause: 'ddi_dma_attr.9s/GR-3',
    check: (w) =>
      isTail(w) || total(w.cookies) % BigInt(w.attr.dma_attr_granular) === 0n
        ? null
        : `${total(w.cookies)} bytes in all is not a multiple of ${w.attr.dma_attr_granular}`,
  },
  {
    rule: 'maxxfer',
    clause: 'ddi_dma_attr.9s/MX-4',
    check: ({ attr, cookies }) =>
      total(cookies) <= attr.dma_attr_maxxfer
        ? null
        : `${total(cookies)} bytes in all, at most ${attr.dma_attr_maxxfer}`,
  },
  {
    rule: 'align',
    clause: 'ddi_dma_attr.9s/AL-1',
    // ddi_dma_addr_bind_handle(9F) NT-2: in all respects, so further cookies as well as the first.
    check: eachCookie((cookie, _size, { attr }) =>
      cookie.dmac_laddress % attr.dma_attr_align === 0n
        ? null
        : `not a multiple of ${hex(attr.dma_attr_align)}`,
    ),
  },
  {
    rule: 'window size',
    clause: 'ddi_dma_getwin.9f/OUT-2',
    check: ({ len, cookies }) =>
      total(cookies) === BigInt(len)
        ? null
        : `${total(cookies)} bytes in all, the window has ${len}`,
  },
  {
    rule: 'once each',
    clause: 'ddi_dma_addr_bind_handle.9f/DS-1',
    check: onceEach,
  },
  {
    rule: 'own frames elsewhere',
    clause: 'ddi_dma_addr_bind_handle.9f/DS-1',
    check: (w) => {
      const standIns = standInsOf(w);
      const own = standIns.length === 0 ? new Set<number>() : framesOf(w.object);
      const stray = standIns.find((s) => own.has(Number(s.address / PAGE_BYTES)));
      return stray === undefined
        ? null
        : `byte ${stray.off} is shown at ${hex(stray.address)}, another page of the object`;
    },
  },
  {
    rule: 'what the device sees',
    clause: 'ddi_dma_addr_bind_handle.9f/IX-2',
    check: (w) => {
      for (const { off, address, length } of standInsOf(w)) {
        const seen = w.seenAt(address, length);
        if (seen === null) return `nothing answers at ${hex(address)}, for byte ${off}`;
        const bytes = w.bytesAt(off, length);
        const i = seen.findIndex((byte, k) => byte !== bytes[k]);
        if (i >= 0) {
          const where = `byte ${off + i}, at ${hex(address + BigInt(i))}`;
          return `${where}: the device sees ${seen[i] ?? -1}, the CPU ${bytes[i] ?? -1}`;
        }
      }
      return null;
    },
  },
];

/** Only the end of a request that was not granular itself may be anything else. */
function isTail({ attr, object, off, len }: Window): boolean {
  return off + len === object.length && object.length % attr.dma_attr_granular !== 0;
}

/** A part of a window that is not at its own frames; within one page of the object. */
export interface StandIn {
  /** First byte, from the start of the object. */
  readonly off: number;
  /** Where the device finds it. */
  readonly address: bigint;
  /** Bytes. */
  readonly length: number;
}

/**
 * The parts of a window whose cookies name other frames than the object's own, in order.
 *
 * @param window - what the driver was told
 */
export function standInsOf({
  object,
  off,
  cookies,
}: Pick<Window, 'object' | 'off' | 'cookies'>): readonly StandIn[] {
  const found: StandIn[] = [];
  const page = Number(PAGE_BYTES);
  let at = off;
  for (const cookie of cookies) {
    let address = cookie.dmac_laddress;
    let left = cookie.dmac_size;
    while (left > 0) {
      const va = object.va + at;
      const length = Math.min(left, page - (va % page));
      if (address !== BigInt(object.pfnOf(va)) * PAGE_BYTES + BigInt(va % page)) {
        found.push({ off: at, address, length });
      }
      address += BigInt(length);
      at += length;
      left -= length;
    }
  }
  return found;
}

function framesOf({ va, length, pfnOf }: ObjectUnderTest): ReadonlySet<number> {
  const frames = new Set<number>();
  const page = Number(PAGE_BYTES);
  for (let at = va - (va % page); at < va + length; at += page) frames.add(pfnOf(at));
  return frames;
}

/** No bus address is named twice in one transfer: a byte would be written over another. */
function onceEach({ cookies }: Window): string | null {
  const sorted = [...cookies].sort((a, b) => (a.dmac_laddress < b.dmac_laddress ? -1 : 1));
  for (const [i, cookie] of sorted.entries()) {
    const next = sorted[i + 1];
    if (next !== undefined && next.dmac_laddress <= lastByte(cookie)) {
      return `${hex(next.dmac_laddress)} is named by two cookies`;
    }
  }
  return null;
}

/**
 * Judges a window that is current.
 *
 * @param window - what the driver got
 * @returns the rules broken; none when all is well
 */
export function judgeWindow(window: Window): readonly Fault[] {
  const faults: Fault[] = [];
  for (const { rule, clause, check } of windowRules) {
    const message = check(window);
    if (message !== null) faults.push({ rule, clause, message });
  }
  return faults;
}

/** Whether two cookies say the same. */
export function sameCookie(a: ddi_dma_cookie_t, b: ddi_dma_cookie_t): boolean {
  return a.dmac_laddress === b.dmac_laddress && a.dmac_size === b.dmac_size;
}

function total(cookies: readonly ddi_dma_cookie_t[]): bigint {
  return cookies.reduce((sum, c) => sum + BigInt(c.dmac_size), 0n);
}

function hex(value: bigint): string {
  return `0x${value.toString(16)}`;
}
