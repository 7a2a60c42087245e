/**
 * What a kernel does differently from the pages, and is known for.
 *
 * The judge knows the pages only. Where a kernel breaks a rule of theirs, the break is *explained*
 * when a quirk of the rule book is on that breaks this rule with these attributes; the case is then
 * counted as a difference, by quirk. What no quirk explains is wrong.
 *
 * 1. Most quirks break a rule by themselves: a table says which, and when (`explanations`).
 * 2. A refusal is explained by *what if*: the quirk makes the kernel believe in other limits than
 *    the device has. With those the pages would have it refuse as well (`whatIfs`).
 */
import type { QuirkId, RuleBook } from '../sys/quirks.js';
import type { ddi_dma_attr_t } from '../sys/types.js';
import { isFault, judgeRefusal } from './judge-refusal.js';
import type { RefusedBind } from './judge-refusal.js';
import type { Fault } from './judge.js';
import type { ObjectUnderTest } from './obstacles.js';
import { hasEvenBoundaries } from './ways.js';

/** A rule broken in a way the quirk table accounts for. */
export interface Difference {
  readonly quirk: QuirkId;
  /** The rule of the judge. */
  readonly rule: string;
  readonly message: string;
}

/** Which quirk makes a kernel break which rule, and when. */
export interface Explanation {
  /** The rule of the judge. */
  readonly rule: string;
  readonly quirk: QuirkId;
  /** With which attributes and in which words; always when left out. */
  readonly when?: (attr: ddi_dma_attr_t, fault: Fault) => boolean;
}

const page = 4096n;

/** Limits a page cannot be cut by, for they fall inside one. */
function subPage(attr: ddi_dma_attr_t): boolean {
  const { dma_attr_seg: seg, dma_attr_count_max: count } = attr;
  return (seg & 0xfffn) !== 0xfffn || !hasEvenBoundaries(attr) || count < 0xfffn;
}

function says(text: string): (attr: ddi_dma_attr_t, fault: Fault) => boolean {
  return (_attr, { message }) => message.includes(text);
}

/** The explanations; the first that fits counts. */
export const explanations: readonly Explanation[] = [
  // ddi_dma_alloc_handle(9F)
  { rule: 'set accepted', quirk: 'alloc-attr-unchecked' },
  { rule: 'set accepted', quirk: 'alloc-attr-kernel-rules' },
  { rule: 'set refused', quirk: 'alloc-attr-kernel-rules' },
  // ddi_dma_mem_alloc(9F)
  { rule: 'minxfer padding', quirk: 'mem-burst-ignored' },
  { rule: 'granular padding', quirk: 'mem-granular-ignored' },
  { rule: 'granular padding', quirk: 'mem-consistent-length' },
  { rule: 'reach', quirk: 'mem-align-virtual', when: says('dma_attr_align') },
  { rule: 'reach', quirk: 'mem-contig-last-page', when: says('dma_attr_addr_hi') },
  { rule: 'bindable', quirk: 'mem-from-kmem-io' },
  {
    rule: 'memory refused',
    quirk: 'mem-addr-lo-refused',
    when: ({ dma_attr_addr_lo }) => dma_attr_addr_lo > 0x2000n,
  },
  { rule: 'memory refused', quirk: 'mem-from-kmem-io' },
  { rule: 'panic (dma object)', quirk: 'mem-16m-panics', when: says('at least 16m') },
  // ddi_dma_addr_bind_handle(9F)
  { rule: 'align', quirk: 'align-ignored-at-bind' },
  { rule: 'count_max', quirk: 'limits-at-page-starts', when: subPage },
  { rule: 'seg', quirk: 'limits-at-page-starts', when: subPage },
  { rule: 'left behind', quirk: 'toobig-loses-copybuf', when: says('leaked bounce pages') },
  { rule: 'panic (dma object)', quirk: 'windows-count-divides', when: says('divide by zero') },
  { rule: 'panic (kmem object)', quirk: 'windows-count-divides', when: says('divide by zero') },
  { rule: 'panic (kmem object)', quirk: 'copybuf-through-mem-alloc', when: says('at least 16m') },
  // ddi_dma_getwin(9F)
  { rule: 'inside the object', quirk: 'windows-by-boundary', when: shortTransfer },
  { rule: 'maxxfer', quirk: 'windows-by-boundary', when: shortTransfer },
  { rule: 'granular, list', quirk: 'windows-by-boundary', when: shortTransfer },
  { rule: 'granular, segment', quirk: 'windows-by-boundary', when: shortTransfer },
  { rule: 'window size', quirk: 'windows-by-boundary', when: shortTransfer },
  { rule: 'windows tile', quirk: 'windows-by-boundary', when: shortTransfer },
  { rule: 'window size', quirk: 'windows-lose-third', when: trims },
  { rule: 'windows tile', quirk: 'windows-lose-third', when: trims },
];

/** A transfer is shorter than a page, which would have to be cut more than once. */
function shortTransfer({ dma_attr_maxxfer, dma_attr_granular }: ddi_dma_attr_t): boolean {
  return dma_attr_maxxfer - (dma_attr_maxxfer % BigInt(dma_attr_granular)) < page;
}

/** Windows are trimmed, and may be cut a second time. */
function trims({ dma_attr_granular, dma_attr_sgllen }: ddi_dma_attr_t): boolean {
  return dma_attr_granular > 1 && dma_attr_sgllen !== 1;
}

/** The limits as a kernel with a quirk believes them to be. */
interface WhatIf {
  readonly quirk: QuirkId;
  readonly limits: (attr: ddi_dma_attr_t, object: ObjectUnderTest) => ddi_dma_attr_t;
}

/** Each is tried by itself, and all of them together. */
const whatIfs: readonly WhatIf[] = [
  {
    quirk: 'align-ignored-at-bind',
    limits: (attr) => ({ ...attr, dma_attr_align: 1n }),
  },
  {
    quirk: 'addr-hi-exclusive',
    limits: (attr) => ({ ...attr, dma_attr_addr_hi: attr.dma_attr_addr_hi - 1n }),
  },
  {
    quirk: 'limits-at-page-starts',
    limits: (attr, { va }) => {
      // What begins inside a page ends inside one: the page in which it would is left for the next.
      const least = BigInt(va) % page === 0n ? 0n : 1n;
      return withLongestCookie(attr, (pages) => (pages > 1n ? pages - least : pages));
    },
  },
  {
    quirk: 'cookie-early-close',
    limits: (attr) => withLongestCookie(attr, (pages) => (pages >= 3n ? pages - 1n : pages)),
  },
  {
    // Windows are cut from the object's own frames, and no other way is known.
    quirk: 'windows-by-boundary',
    limits: (attr) => ({ ...attr, dma_attr_granular: 1 }),
  },
];

/** Cookies are whole pages, as many as the shortest of counter, segment and transfer holds. */
function withLongestCookie(
  attr: ddi_dma_attr_t,
  change: (pages: bigint) => bigint,
): ddi_dma_attr_t {
  const lengths = [
    attr.dma_attr_count_max + 1n,
    attr.dma_attr_seg + 1n,
    attr.dma_attr_maxxfer - (attr.dma_attr_maxxfer % BigInt(attr.dma_attr_granular)),
  ];
  const least = lengths.reduce((a, b) => (b < a ? b : a));
  const pages = change(least / page);
  if (pages === 0n) return attr;
  const believed = { ...attr, dma_attr_count_max: pages * page - 1n };
  return pages > 1n ? believed : { ...believed, dma_attr_seg: page - 1n };
}

/**
 * The quirks behind a refusal no page asks for.
 *
 * @param bind - what was asked, and the answer
 * @param rules - the rule book of the machine
 * @returns the quirks; none when what they do does not justify it
 */
export function explainRefusal(bind: RefusedBind, rules: RuleBook): readonly QuirkId[] {
  const { attr, object, code, partial } = bind;
  const { dma_attr_addr_lo: lo, dma_attr_minxfer: minxfer } = attr;
  const noAllocator = lo > 0x2000n || minxfer === 0 || (minxfer & (minxfer - 1)) !== 0;
  if (code === 'DDI_DMA_NORESOURCES' && noAllocator && rules.has('copybuf-through-mem-alloc')) {
    return ['copybuf-through-mem-alloc'];
  }
  const oneCookie = attr.dma_attr_sgllen === 1 && attr.dma_attr_granular > 1 && partial;
  if (code === 'DDI_DMA_NOMAPPING' && oneCookie && rules.has('windows-trim-one-cookie')) {
    return ['windows-trim-one-cookie'];
  }
  // A boundary that is no mask of bits is taken for one.
  if (!hasEvenBoundaries(attr) && rules.has('limits-at-page-starts')) {
    return ['limits-at-page-starts'];
  }
  const justifies = (tried: readonly WhatIf[]): boolean => {
    const believed = tried.reduce((a, w) => w.limits(a, object), attr);
    return !isFault(judgeRefusal({ ...bind, attr: believed }));
  };
  let least: readonly WhatIf[] = whatIfs.filter((w) => rules.has(w.quirk));
  const single = least.find((w) => justifies([w]));
  if (single !== undefined) return [single.quirk];
  if (!justifies(least)) return [];
  // Those without which the rest is enough have nothing to do with it.
  for (const w of least) {
    const fewer = least.filter((other) => other !== w);
    if (justifies(fewer)) least = fewer;
  }
  return least.map((w) => w.quirk);
}

/**
 * The quirks behind a fault.
 *
 * @param fault - what the judge found
 * @param attr - the set it was found with
 * @param rules - the rule book of the machine
 * @returns the quirks; none when nothing that is on explains it
 */
export function explain(fault: Fault, attr: ddi_dma_attr_t, rules: RuleBook): readonly QuirkId[] {
  if (fault.known !== undefined) return fault.known;
  const found = explanations.find(
    (e) => e.rule === fault.rule && rules.has(e.quirk) && (e.when?.(attr, fault) ?? true),
  );
  return found === undefined ? [] : [found.quirk];
}

/**
 * Tells faults that are known from those that are not.
 *
 * @param faults - what the judge found
 * @param attr - the set they were found with
 * @param rules - the rule book of the machine
 */
export function sortOut(
  faults: readonly Fault[],
  attr: ddi_dma_attr_t,
  rules: RuleBook,
): { readonly unknown: readonly Fault[]; readonly differences: readonly Difference[] } {
  const unknown: Fault[] = [];
  const differences: Difference[] = [];
  for (const fault of faults) {
    const quirks = explain(fault, attr, rules);
    if (quirks.length === 0) unknown.push(fault);
    const { rule, message } = fault;
    for (const id of quirks) differences.push({ quirk: id, rule, message });
  }
  return { unknown, differences };
}
