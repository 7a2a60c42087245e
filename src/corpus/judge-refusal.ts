/** The judge of refusals: of binds that failed, and of sets that cannot be used. */
import type { ddi_dma_attr_t } from '../sys/types.js';
import type { Fault } from './judge.js';
import type { AttrField, InstalledMemory, ObjectUnderTest, Obstacle } from './obstacles.js';
import { BOUNCE_BYTES_MAX, hasEvenBoundaries, pagesWithin, wayToServe } from './ways.js';
import type { Way } from './ways.js';

/** A bind that failed. */
export interface RefusedBind {
  readonly attr: ddi_dma_attr_t;
  readonly object: ObjectUnderTest;
  /** Whether the driver said `DDI_DMA_PARTIAL`. */
  readonly partial: boolean;
  /** The code's header name. */
  readonly code: string;
  readonly installed: readonly InstalledMemory[];
  /** Whether nothing lies on a frame of installed memory. */
  readonly isFree: (pfn: number) => boolean;
}

/**
 * Judges a bind that was refused.
 *
 * @param bind - what was asked, and the answer
 * @returns the obstacle that justifies the code; or the fault, when none does
 */
export function judgeRefusal(bind: RefusedBind): Obstacle | Fault {
  const { attr, object, partial, code, installed } = bind;
  const found = wayToServe(attr, object, installed);
  const shortage = memoryShortage(bind, found);
  const owed = codesOwed(found.way, partial);
  if (found.why !== null && owed.includes(code)) return found.why;
  // A system that looks for a page no boundary cuts may find none just now.
  const noneFound = code === 'DDI_DMA_NORESOURCES' && !hasEvenBoundaries(attr);
  if (found.why !== null && found.way === 'none' && noneFound) return found.why;
  if (shortage !== null && code === 'DDI_DMA_NORESOURCES') return shortage;
  const fault = { rule: 'refusal', clause: 'ddi_dma_addr_bind_handle.9f/DS-2' };
  if (owed.length === 0) {
    return { ...fault, message: `${code}, although there is a legal ${wayName(found.way)}` };
  }
  const why = found.why === null ? '' : ` to ${found.why.field}: ${found.why.message}`;
  return { ...fault, message: `${code} is not the answer${why}` };
}

/** Tells what {@link judgeRefusal} returned. */
export function isFault(verdict: Obstacle | Fault): verdict is Fault {
  return 'rule' in verdict;
}

/** The codes that answer a request which can be served so and no better; none: it must succeed. */
function codesOwed(way: Way['way'], partial: boolean): readonly string[] {
  switch (way) {
    case 'list':
    case 'bounced list':
      return [];
    case 'windows':
    case 'bounced windows':
      // ddi_dma_addr_bind_handle(9F) RV-7: too big for one window, and windows were not asked for.
      return partial ? [] : ['DDI_DMA_TOOBIG'];
    case 'none':
      // RV-6 and RV-7: neither now nor ever, with windows or without.
      return ['DDI_DMA_NOMAPPING', 'DDI_DMA_TOOBIG'];
  }
}

function wayName(way: Way['way']): string {
  return way === 'list' ? 'list of one window' : way;
}

/**
 * ddi_dma_addr_bind_handle(9F) RV-5: what would stand in is in use; `null` when there is enough.
 */
function memoryShortage(bind: RefusedBind, found: Way): Obstacle | null {
  const { attr, installed, isFree } = bind;
  if (found.way === 'none') return null;
  const most = Number(BOUNCE_BYTES_MAX / 4096n);
  const wanted = found.way.startsWith('bounced') ? 1 : Math.min(found.bouncedPages, most);
  if (wanted === 0) return null;
  const free = pagesWithin(attr, installed, isFree, wanted);
  if (free >= wanted) return null;
  return {
    field: 'dma_attr_addr_hi',
    clause: 'ddi_dma_attr.9s/AD-3',
    message: `${wanted} pages must stand in, ${free} are free within reach`,
  };
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
    found.push({ field, clause: `ddi_dma_attr.9s/${group}`, message });
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
