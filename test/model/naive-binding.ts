/**
 * The naive judge of a binding: every cookie of every window held against ddi_dma_attr(9S), in
 * bigints, one rule after the other, as the words of the pages go. It shares nothing with the
 * binder but the structures of the headers.
 */
import type { ddi_dma_attr_t } from '../../src/sys/types.js';

/** A cookie: bus address and size in bytes. */
export interface SeenCookie {
  readonly address: bigint;
  readonly size: bigint;
}

/** A window, as getwin or, without windows, the bind tells of it. */
export interface SeenWindow {
  readonly off: bigint;
  readonly len: bigint;
  readonly cookies: readonly SeenCookie[];
}

/** What was bound. */
export interface SeenObject {
  /** Frames in the order of its addresses. */
  readonly pfns: readonly number[];
  /** Where in the first page it begins. */
  readonly off: number;
  readonly len: number;
  /** Its kernel address. */
  readonly va: number;
}

/** A binding from outside. */
export interface SeenBinding {
  readonly attr: ddi_dma_attr_t;
  readonly object: SeenObject;
  readonly windows: readonly SeenWindow[];
  /** Whether it was DDI_DMA_PARTIAL_MAP. */
  readonly partial: boolean;
}

/** One rule: what is wrong, or nothing. */
export interface BindingRule {
  readonly rule: string;
  /** Page and clause. */
  readonly clause: string;
  readonly faults: (seen: SeenBinding) => readonly string[];
}

const page = 4096n;

/** Every rule. */
export const bindingRules: readonly BindingRule[] = [
  {
    rule: 'cookies are something',
    clause: 'ddi_dma_cookie.9s/FD-6',
    faults: (seen) => [
      ...each(seen, ({ size }) => (size > 0n ? null : 'no bytes')),
      ...seen.windows.flatMap((w, i) => (w.cookies.length > 0 ? [] : [`window ${i} has none`])),
    ],
  },
  {
    rule: 'addr_lo',
    clause: 'ddi_dma_attr.9s/AD-1',
    faults: (seen) =>
      each(seen, ({ address }, { dma_attr_addr_lo: lo }) =>
        address >= lo ? null : `begins below ${hex(lo)}`,
      ),
  },
  {
    rule: 'addr_hi',
    clause: 'ddi_dma_attr.9s/AD-2',
    faults: (seen) =>
      each(seen, ({ address, size }, { dma_attr_addr_hi: hi }) =>
        address + size - 1n <= hi ? null : `ends above ${hex(hi)}`,
      ),
  },
  {
    rule: 'count_max',
    clause: 'ddi_dma_attr.9s/CM-1',
    faults: (seen) =>
      each(seen, ({ size }, { dma_attr_count_max: most }) =>
        size - 1n <= most ? null : `is longer than a counter of ${hex(most)} can say`,
      ),
  },
  {
    rule: 'seg',
    clause: 'ddi_dma_attr.9s/SG-1',
    faults: (seen) =>
      each(seen, ({ address, size }, { dma_attr_seg: seg }) =>
        address / (seg + 1n) === (address + size - 1n) / (seg + 1n)
          ? null
          : `crosses a multiple of ${hex(seg + 1n)}`,
      ),
  },
  {
    rule: 'align',
    clause: 'ddi_dma_attr.9s/AL-1',
    faults: (seen) => {
      // ddi_dma_attr(9S) AL-3: the driver first.
      if (BigInt(seen.object.va) % seen.attr.dma_attr_align !== 0n) return [];
      return each(seen, ({ address }, { dma_attr_align: align }) =>
        address % align === 0n ? null : `is no multiple of ${hex(align)}`,
      );
    },
  },
  {
    rule: 'sgllen',
    clause: 'ddi_dma_attr.9s/SL-4',
    faults: ({ attr, windows }) =>
      windows.flatMap(({ cookies }, i) =>
        attr.dma_attr_sgllen < 0 || cookies.length <= attr.dma_attr_sgllen
          ? []
          : [`window ${i}: ${cookies.length} cookies for a list of ${attr.dma_attr_sgllen}`],
      ),
  },
  {
    rule: 'maxxfer',
    clause: 'ddi_dma_attr.9s/MX-4',
    faults: ({ attr, windows }) =>
      windows.flatMap(({ len }, i) =>
        len <= attr.dma_attr_maxxfer ? [] : [`window ${i}: ${len} bytes in one transfer`],
      ),
  },
  {
    rule: 'granular',
    clause: 'ddi_dma_attr.9s/GR-3',
    faults: ({ attr, object, windows }) =>
      windows.flatMap(({ len, cookies }, i) => {
        const granular = BigInt(attr.dma_attr_granular);
        // Only the driver can have given the object a length that is no multiple.
        const last = i === windows.length - 1;
        if (last && BigInt(object.len) % granular !== 0n) return [];
        // ddi_dma_attr(9S) GR-2: without a list the segment itself.
        const sizes = attr.dma_attr_sgllen === 1 ? cookies.map((c) => c.size) : [len];
        return sizes.every((size) => size % granular === 0n)
          ? []
          : [`window ${i}: ${sizes.join(', ')} bytes in granules of ${granular}`];
      }),
  },
  {
    rule: 'windows tile',
    clause: 'ddi_dma_getwin.9f/OUT-1',
    faults: ({ object, windows }) => {
      const wrong: string[] = [];
      let at = 0n;
      for (const [i, { off, len }] of windows.entries()) {
        if (off !== at) wrong.push(`window ${i} begins at ${off}, not at ${at}`);
        if (len <= 0n) wrong.push(`window ${i} is empty`);
        at = off + len;
      }
      if (at !== BigInt(object.len)) wrong.push(`they end at ${at}, the object at ${object.len}`);
      return wrong;
    },
  },
  {
    rule: 'windows are their cookies',
    clause: 'ddi_dma_getwin.9f/OUT-2',
    faults: ({ windows }) =>
      windows.flatMap(({ len, cookies }, i) => {
        const total = cookies.reduce((sum, { size }) => sum + size, 0n);
        return total === len ? [] : [`window ${i}: ${total} bytes in cookies, ${len} in all`];
      }),
  },
  {
    rule: 'one window is no part',
    clause: 'ddi_dma_addr_bind_handle.9f/RV-2',
    faults: ({ partial, windows }) =>
      partial === windows.length > 1 ? [] : [`${windows.length} windows`],
  },
  {
    rule: 'own bytes or nobody’s',
    clause: 'ddi_dma_addr_bind_handle.9f/DS-1',
    faults: ({ object, windows }) =>
      windows.flatMap((window, i) => ownBytes(object, window).map((w) => `window ${i}: ${w}`)),
  },
];

/** What is wrong with a binding, with the rule in front. */
export function bindingFaults(seen: SeenBinding): readonly string[] {
  return bindingRules.flatMap(({ rule, faults }) => faults(seen).map((f) => `${rule}: ${f}`));
}

/** A stretch of bus addresses inside one page that stands for a stretch of the object. */
export interface Stretch {
  /** From the start of the object, in bytes. */
  readonly at: number;
  readonly len: number;
  readonly frame: number;
  /** In the frame. */
  readonly off: number;
  /** Whether the frame is the object's own there, at the right place. */
  readonly own: boolean;
}

/** The cookies of a window, page by page. */
export function stretches(object: SeenObject, { off, cookies }: SeenWindow): readonly Stretch[] {
  const found: Stretch[] = [];
  let at = Number(off);
  for (const { address, size } of cookies) {
    let bus = address;
    for (let left = size; left > 0n;) {
      const inBus = Number(bus % page);
      const inObject = (object.off + at) % 4096;
      const len = Math.min(Number(left), 4096 - inBus, 4096 - inObject);
      const frame = Number(bus / page);
      const mine = object.pfns[Math.floor((object.off + at) / 4096)];
      found.push({ at, len, frame, off: inBus, own: frame === mine && inBus === inObject });
      at += len;
      bus += BigInt(len);
      left -= BigInt(len);
    }
  }
  return found;
}

/** Cookies name the bytes of the object, or stand-ins that belong to nobody, one for each byte. */
function ownBytes(object: SeenObject, window: SeenWindow): readonly string[] {
  const frames = new Set(object.pfns);
  const wrong: string[] = [];
  const standIns: { readonly from: number; readonly to: number }[] = [];
  for (const { at, len, frame, off, own } of stretches(object, window)) {
    if (own) continue;
    if (frames.has(frame)) wrong.push(`byte ${at} is another byte of the object`);
    standIns.push({ from: frame * 4096 + off, to: frame * 4096 + off + len });
  }
  standIns.sort((a, b) => a.from - b.from);
  for (const [i, { from }] of standIns.entries()) {
    const before = standIns[i - 1];
    if (before !== undefined && before.to > from) wrong.push(`${from} stands for two bytes`);
  }
  return wrong;
}

function each(
  { attr, windows }: SeenBinding,
  fault: (cookie: SeenCookie, attr: ddi_dma_attr_t) => string | null,
): string[] {
  return windows.flatMap(({ cookies }, w) =>
    cookies.flatMap((cookie, i) => {
      const what = fault(cookie, attr);
      const { address, size } = cookie;
      return what === null ? [] : [`window ${w} cookie ${i} (${hex(address)}+${size}) ${what}`];
    }),
  );
}

function hex(n: bigint): string {
  return `0x${n.toString(16)}`;
}
