/**
 * The judge of a binding: plain arithmetic from the sentences of the pages, one rule at a time.
 *
 * It is handed what a driver can see (cookies, counts, codes) and what a probe can see (the frame
 * behind each page), and nothing of the binder. A rule says what it is about, which clause it comes
 * from, and finds the first thing that breaks it. Speed is no object here; obviousness is.
 */
import type { ddi_dma_attr_t, ddi_dma_cookie_t } from '../sys/types.js';
import { obstaclesTo, piecesOf } from './obstacles.js';
import type { AttrField, InstalledMemory, ObjectUnderTest, Obstacle } from './obstacles.js';

/** A rule that was broken. */
export interface Fault {
  /** The rule. */
  readonly rule: string;
  /** The clause it comes from. */
  readonly clause: string;
  /** What is wrong, with the values. */
  readonly message: string;
}

/** A binding, as its driver sees it. */
export interface Binding {
  readonly attr: ddi_dma_attr_t;
  readonly object: ObjectUnderTest;
  /** The cookies, walked with ddi_dma_cookie_iter(9F). */
  readonly cookies: readonly ddi_dma_cookie_t[];
  /** What the bind said their number was. */
  readonly ccount: number;
  /** What ddi_dma_ncookies(9F) says it is. */
  readonly ncookies: number;
  /** The copy of the first cookie the bind returned. */
  readonly first: ddi_dma_cookie_t;
}

/** One rule about a binding. */
export interface BindRule {
  readonly rule: string;
  readonly clause: string;
  /** What is wrong, or `null`. */
  readonly check: (b: Binding) => string | null;
}

/** Applies a check to every cookie; the first complaint counts. */
function eachCookie(
  check: (cookie: ddi_dma_cookie_t, size: bigint, index: number, b: Binding) => string | null,
): (b: Binding) => string | null {
  return (b) => {
    for (const [index, cookie] of b.cookies.entries()) {
      const complaint = check(cookie, BigInt(cookie.dmac_size), index, b);
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
export const bindRules: readonly BindRule[] = [
  {
    rule: 'cookies exist',
    clause: 'ddi_dma_addr_bind_handle.9f/DS-3',
    check: (b) => (b.cookies.length === 0 ? 'no cookie at all' : null),
  },
  {
    rule: 'counts agree',
    clause: 'ddi_dma_addr_bind_handle.9f/DS-4',
    check: ({ cookies, ccount, ncookies }) =>
      ccount === cookies.length && ncookies === cookies.length
        ? null
        : `the bind says ${ccount}, ddi_dma_ncookies ${ncookies}, the walk finds ${cookies.length}`,
  },
  {
    rule: 'first cookie',
    clause: 'ddi_dma_addr_bind_handle.9f/OUT-1',
    check: ({ first, cookies: [walked] }) =>
      walked === undefined || sameCookie(first, walked)
        ? null
        : `the bind returned ${hex(first.dmac_laddress)}, ` +
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
    check: eachCookie((cookie, _size, _index, { attr }) =>
      cookie.dmac_laddress >= attr.dma_attr_addr_lo ? null : `below ${hex(attr.dma_attr_addr_lo)}`,
    ),
  },
  {
    rule: 'addr_hi',
    clause: 'ddi_dma_attr.9s/AD-2',
    check: eachCookie((cookie, _size, _index, { attr }) =>
      lastByte(cookie) <= attr.dma_attr_addr_hi ? null : `beyond ${hex(attr.dma_attr_addr_hi)}`,
    ),
  },
  {
    rule: 'count_max',
    clause: 'ddi_dma_attr.9s/CM-1',
    check: eachCookie((_cookie, size, _index, { attr }) =>
      size - 1n <= attr.dma_attr_count_max ? null : `counter holds ${hex(attr.dma_attr_count_max)}`,
    ),
  },
  {
    rule: 'seg',
    clause: 'ddi_dma_attr.9s/SG-1',
    check: eachCookie((cookie, _size, _index, { attr }) => {
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
    check: eachCookie((_cookie, size, _index, { attr }) =>
      attr.dma_attr_sgllen !== 1 || size % BigInt(attr.dma_attr_granular) === 0n
        ? null
        : `not a multiple of ${attr.dma_attr_granular}`,
    ),
  },
  {
    rule: 'granular, list',
    clause: 'ddi_dma_attr.9s/GR-3',
    check: ({ attr, cookies }) =>
      total(cookies) % BigInt(attr.dma_attr_granular) === 0n
        ? null
        : `${total(cookies)} bytes in all is not a multiple of ${attr.dma_attr_granular}`,
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
    check: eachCookie((cookie, _size, _index, { attr }) =>
      cookie.dmac_laddress % attr.dma_attr_align === 0n
        ? null
        : `not a multiple of ${hex(attr.dma_attr_align)}`,
    ),
  },
  {
    rule: 'whole object',
    clause: 'ddi_dma_addr_bind_handle.9f/RV-1',
    check: ({ object, cookies }) =>
      total(cookies) === BigInt(object.length)
        ? null
        : `${total(cookies)} bytes in all, the object has ${object.length}`,
  },
  {
    rule: 'own bytes',
    clause: 'ddi_dma_addr_bind_handle.9f/DS-1',
    check: ownBytes,
  },
];

/** The cookies name the bytes of the object, each of them, in order, and no other byte. */
function ownBytes({ object, cookies }: Binding): string | null {
  const pieces = piecesOf(object).map((p) => ({ ...p }));
  for (const [index, cookie] of cookies.entries()) {
    let at = cookie.dmac_laddress;
    let left = BigInt(cookie.dmac_size);
    while (left > 0n) {
      const piece = pieces[0];
      if (piece?.address !== at) {
        const expected = piece === undefined ? 'nothing more' : hex(piece.address);
        return `cookie ${index} continues at ${hex(at)}, the object at ${expected}`;
      }
      const length = piece.length < left ? piece.length : left;
      at += length;
      left -= length;
      if (length === piece.length) pieces.shift();
      else pieces[0] = { address: piece.address + length, length: piece.length - length };
    }
  }
  return null;
}

/**
 * Judges a bind that succeeded.
 *
 * @param binding - what the driver got
 * @returns the rules broken; none when all is well
 */
export function judgeBinding(binding: Binding): readonly Fault[] {
  const faults: Fault[] = [];
  for (const { rule, clause, check } of bindRules) {
    const message = check(binding);
    if (message !== null) faults.push({ rule, clause, message });
  }
  return faults;
}

/**
 * Judges a bind that was refused.
 *
 * @param attr - the set
 * @param object - what was to be bound
 * @param code - the code's header name
 * @returns the obstacle that justifies the code; or the fault, when none does
 */
export function judgeRefusal(
  attr: ddi_dma_attr_t,
  object: ObjectUnderTest,
  code: string,
): Obstacle | Fault {
  const obstacles = obstaclesTo(attr, object);
  const justifying = obstacles.find((o) => codesFor(o).includes(code));
  if (justifying !== undefined) return justifying;
  const known = obstacles.map((o) => `${o.field}: ${o.message}`).join('; ');
  const message =
    known === ''
      ? `${code}, although a legal list of one window exists`
      : `${code} is not the answer to ${known}`;
  return { rule: 'refusal', clause: 'ddi_dma_addr_bind_handle.9f/DS-2', message };
}

/** ddi_dma_addr_bind_handle(9F) RV-6 and RV-7: out of reach is one code, too big the other. */
function codesFor(obstacle: Obstacle): readonly string[] {
  if (obstacle.remedy === 'bounce') return ['DDI_DMA_NOMAPPING'];
  if (obstacle.remedy === 'windows') return ['DDI_DMA_TOOBIG'];
  return ['DDI_DMA_NOMAPPING', 'DDI_DMA_TOOBIG'];
}

/** Tells what {@link judgeRefusal} returned. */
export function isFault(verdict: Obstacle | Fault): verdict is Fault {
  return 'rule' in verdict;
}

/**
 * Why no DMA resources could ever be allocated under a set.
 *
 * @param attr - the set
 * @param installed - the memory of the machine
 * @returns the fields at fault, with a clause and a sentence each; none when the set is good
 */
export function impossibleFields(
  attr: ddi_dma_attr_t,
  installed: readonly InstalledMemory[],
): readonly Obstacle[] {
  const found: Obstacle[] = [];
  const bad = (field: AttrField, group: string, message: string): void => {
    found.push({ field, clause: `ddi_dma_attr.9s/${group}`, remedy: 'none', message });
  };
  const granular = BigInt(attr.dma_attr_granular);
  if (attr.dma_attr_version !== 0) bad('dma_attr_version', 'VR-1', 'not DMA_ATTR_V0');
  if (attr.dma_attr_addr_hi < attr.dma_attr_addr_lo) {
    bad('dma_attr_addr_hi', 'AD-3', 'below dma_attr_addr_lo');
  } else if (!installed.some((m) => reaches(attr, m))) {
    bad('dma_attr_addr_hi', 'AD-3', 'ends a range without any memory');
  }
  if (!isPowerOfTwo(attr.dma_attr_align)) bad('dma_attr_align', 'AL-1', 'no power of two');
  if (!isPowerOfTwo(BigInt(attr.dma_attr_minxfer))) {
    bad('dma_attr_minxfer', 'MX-3', 'no power of two: nothing can be padded to it');
  }
  if (attr.dma_attr_sgllen === 0) bad('dma_attr_sgllen', 'SL-2', '0 is reserved');
  if (granular === 0n) bad('dma_attr_granular', 'GR-1', 'no size is a multiple of 0');
  if (attr.dma_attr_maxxfer < granular) {
    bad('dma_attr_maxxfer', 'GR-4', 'holds no granule');
  }
  if (attr.dma_attr_sgllen === 1 && attr.dma_attr_count_max + 1n < granular) {
    bad('dma_attr_count_max', 'GR-2', 'holds no granule, and there is no list');
  }
  if (attr.dma_attr_sgllen === 1 && attr.dma_attr_seg + 1n < granular) {
    bad('dma_attr_seg', 'GR-2', 'leaves no room for a granule, and there is no list');
  }
  return found;
}

function reaches(attr: ddi_dma_attr_t, { base, size }: InstalledMemory): boolean {
  return base <= attr.dma_attr_addr_hi && base + size > attr.dma_attr_addr_lo;
}

function isPowerOfTwo(value: bigint): boolean {
  return value > 0n && (value & (value - 1n)) === 0n;
}

function sameCookie(a: ddi_dma_cookie_t, b: ddi_dma_cookie_t): boolean {
  return a.dmac_laddress === b.dmac_laddress && a.dmac_size === b.dmac_size;
}

function total(cookies: readonly ddi_dma_cookie_t[]): bigint {
  return cookies.reduce((sum, c) => sum + BigInt(c.dmac_size), 0n);
}

function hex(value: bigint): string {
  return `0x${value.toString(16)}`;
}
