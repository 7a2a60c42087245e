/** Which attributes decided something about a bind, and what. */
import { limitsOf } from '../nexus/attr.js';
import { maxBounceBytes } from '../nexus/bounce.js';
import type { ddi_dma_attr_t } from '../sys/types.js';
import { pagesOf, type Scene, type SceneCookie, type SceneWindow } from './scene.js';
import { bytes, grouped, hex, plural } from './text.js';

/** An attribute, or another limit, and its part in the bind. */
export interface Note {
  /** `dma_attr_addr_hi`, or what the limit is. */
  readonly field: string;
  readonly value: string;
  /** What it decided; empty when nothing. */
  readonly said: string;
}

/** Why a window ends where it does. */
type WindowEnd = 'maxxfer' | 'sgllen' | 'bounce pages';

const unlimited = 0xffff_ffff_ffff_ffffn;

/**
 * The attributes a person would ask about, in the order of the structure, and the limit of bounce
 * pages where there are any.
 *
 * @param scene - a bind
 */
export function notesOf(scene: Scene): readonly Note[] {
  const { attr } = scene.request;
  const said = new Map<string, string>();
  const { answer } = scene;
  if (answer.kind !== 'bound') {
    const what = answer.kind === 'panic' ? 'it panics' : 'it is refused';
    for (const field of answer.fields) said.set(field, `is why ${what}`);
  }
  const bounced = bouncedPages(scene);
  const of = plural(scene.pfns.length, 'page');
  if (bounced.above > 0) {
    said.set('dma_attr_addr_hi', `${grouped(bounced.above)} of ${of} above it: bounced`);
  }
  if (bounced.below > 0) {
    said.set('dma_attr_addr_lo', `${grouped(bounced.below)} of ${of} below it: bounced`);
  }
  const ends = windowEnds(scene);
  const ended = (end: WindowEnd): string => {
    const count = ends.filter((e) => e === end).length;
    return count === 0 ? '' : `ends ${plural(count, 'window')}`;
  };
  for (const end of ['maxxfer', 'sgllen'] as const) {
    if (ended(end) !== '') said.set(`dma_attr_${end}`, ended(end));
  }
  const trims = trimsOf(scene);
  if (trims > 0) said.set('dma_attr_granular', `trims ${plural(trims, 'window')}`);
  for (const [field, count] of Object.entries(cutsOf(scene))) {
    if (count > 0)
      said.set(field, `cuts cookies ${count === 1 ? 'once' : `${grouped(count)} times`}`);
  }
  const notes: Note[] = shownFields.map((field) => {
    return { field, value: valueOf(attr, field), said: said.get(field) ?? '' };
  });
  if (scene.bounce.length > 0) {
    const value = `${grouped(Math.floor(maxBounceBytes / 4096))} at most`;
    const others =
      bounced.inside > 0 ? `${plural(bounced.inside, 'page')} within reach bounced` : '';
    notes.push({ field: 'bounce pages', value, said: ended('bounce pages') || others });
  }
  return notes;
}

const shownFields = [
  'dma_attr_addr_lo',
  'dma_attr_addr_hi',
  'dma_attr_count_max',
  'dma_attr_align',
  'dma_attr_maxxfer',
  'dma_attr_seg',
  'dma_attr_sgllen',
  'dma_attr_granular',
] as const;

function valueOf(attr: ddi_dma_attr_t, field: (typeof shownFields)[number]): string {
  const value = attr[field];
  if (typeof value === 'bigint') return value === unlimited ? 'no limit' : hex(value);
  return field === 'dma_attr_sgllen' && value < 0 ? `${value}, no limit` : grouped(value);
}

/** Pages of the object that some cookie reaches by a bounce page, by where their own memory is. */
export function bouncedPages(scene: Scene): {
  readonly above: number;
  readonly below: number;
  readonly inside: number;
} {
  const pages = new Set<number>();
  const { off, attr, length } = scene.request;
  for (const { at, size, bounced } of scene.windows.flatMap((w) => w.cookies)) {
    if (!bounced) continue;
    const first = pagesOf(off, at + 1) - 1;
    const last = pagesOf(off, Math.min(at + size, length)) - 1;
    for (let page = first; page <= last; page++) pages.add(page);
  }
  let above = 0;
  let below = 0;
  for (const page of pages) {
    const start = page === 0 ? off : 0;
    const end = Math.min(4096, off + length - page * 4096);
    const base = BigInt(scene.pfns[page] ?? 0) * 4096n;
    if (base + BigInt(start) < attr.dma_attr_addr_lo) below++;
    // One byte more than the page says: a kernel bounces what ends at the limit.
    else if (base + BigInt(end) > attr.dma_attr_addr_hi) above++;
  }
  return { above, below, inside: pages.size - above - below };
}

/** Why each window but the last ends; `null` where that cannot be told from outside. */
function windowEnds(scene: Scene): readonly (WindowEnd | null)[] {
  const { maxxfer, sgllen } = limitsOf(scene.request.attr);
  return scene.windows.slice(0, -1).map((w) => {
    if (w.size === maxxfer) return 'maxxfer';
    if (w.cookies.length === sgllen) return 'sgllen';
    return usesAllBounce(scene, w) ? 'bounce pages' : null;
  });
}

/** How many windows end inside what could have been one cookie, to be a multiple of something. */
function trimsOf(scene: Scene): number {
  const { maxxfer } = limitsOf(scene.request.attr);
  const pairs = scene.windows.slice(0, -1).map((w, i) => [w, scene.windows[i + 1]] as const);
  return pairs.filter(([w, next]) => w.size !== maxxfer && goesOn(w, next)).length;
}

/** Whether the last cookie of a window goes on in the next. */
function goesOn(w: SceneWindow, next: SceneWindow | undefined): boolean {
  const last = w.cookies.at(-1);
  const first = next?.cookies[0];
  if (last === undefined || first === undefined || last.bounced !== first.bounced) return false;
  return last.bounced ? first.address % 4096 !== 0 : last.address + last.size === first.address;
}

function usesAllBounce(scene: Scene, { cookies }: SceneWindow): boolean {
  if (scene.bounce.length === 0) return false;
  const used = new Set<number>();
  for (const { address, size, bounced } of cookies) {
    for (let a = address; bounced && a < address + size; a += 4096) used.add(Math.floor(a / 4096));
  }
  return used.size >= scene.bounce.length;
}

/** How often neighbouring memory became two cookies of one window, by the attribute to blame. */
function cutsOf(scene: Scene): Readonly<Record<string, number>> {
  const { maxCookie, segBytes } = limitsOf(scene.request.attr);
  const cuts = { dma_attr_seg: 0, dma_attr_count_max: 0 };
  const wasCut = (a: SceneCookie, b: SceneCookie): boolean =>
    a.address + a.size === b.address && a.bounced === b.bounced;
  for (const { cookies } of scene.windows) {
    for (const [i, next] of cookies.entries()) {
      const last = cookies[i - 1];
      if (last === undefined || !wasCut(last, next)) continue;
      if (segBytes > 0 && next.address % segBytes === 0) cuts.dma_attr_seg++;
      // Pages bounced one by one are neighbours by chance.
      else if (!next.bounced || last.size + next.size > maxCookie) cuts.dma_attr_count_max++;
    }
  }
  return cuts;
}

/** What the heading says of the object. */
export function describeObject(scene: Scene): string {
  const { length, off } = scene.request;
  const where = off === 0 ? '' : ` at offset ${hex(off)} of its first page`;
  return `${bytes(length)}${where}, ${plural(scene.pfns.length, 'page')}`;
}
