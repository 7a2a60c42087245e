/** The attributes `ddi-dma draw` binds with: a real driver's, or none, and what is said of them. */
import { type AttributeSet, productCorpus } from '../corpus/data.js';
import type { ddi_dma_attr_t } from '../sys/types.js';
import { globMatcher } from './glob.js';
import { readBig, readNumber } from './numbers.js';
import { UsageError } from './verb.js';

const bigMax = 0xffff_ffff_ffff_ffffn;

/** Options that take a 64-bit member. */
const bigOptions = {
  'addr-lo': 'dma_attr_addr_lo',
  'addr-hi': 'dma_attr_addr_hi',
  'count-max': 'dma_attr_count_max',
  align: 'dma_attr_align',
  maxxfer: 'dma_attr_maxxfer',
  seg: 'dma_attr_seg',
} as const;

/** Options that take a 32-bit one, and the least of it. */
const smallOptions = {
  minxfer: ['dma_attr_minxfer', 0, 0xffff_ffff],
  sgllen: ['dma_attr_sgllen', -0x8000_0000, 0x7fff_ffff],
  granular: ['dma_attr_granular', 0, 0xffff_ffff],
  'attr-flags': ['dma_attr_flags', 0, 0xffff_ffff],
} as const;

/** Names of the options of this file. */
type OptionName = keyof typeof bigOptions | keyof typeof smallOptions | 'driver' | 'set';

/** The options, for parseArgs. */
export const attributeOptions = {
  driver: { type: 'string' },
  set: { type: 'string' },
  'addr-lo': { type: 'string' },
  'addr-hi': { type: 'string' },
  'count-max': { type: 'string' },
  align: { type: 'string' },
  minxfer: { type: 'string' },
  maxxfer: { type: 'string' },
  seg: { type: 'string' },
  sgllen: { type: 'string' },
  granular: { type: 'string' },
  'attr-flags': { type: 'string' },
} as const satisfies Record<OptionName, { type: 'string' }>;

/** A device without limits. */
const noLimits: ddi_dma_attr_t = {
  dma_attr_version: 0,
  dma_attr_addr_lo: 0n,
  dma_attr_addr_hi: bigMax,
  dma_attr_count_max: bigMax,
  dma_attr_align: 1n,
  dma_attr_burstsizes: 0x7f,
  dma_attr_minxfer: 1,
  dma_attr_maxxfer: bigMax,
  dma_attr_seg: bigMax,
  dma_attr_sgllen: -1,
  dma_attr_granular: 1,
  dma_attr_flags: 0,
};

/**
 * The attributes a command line asks for.
 *
 * @param values - the options given
 * @returns the attributes, and what to call them
 * @throws UsageError when they make no sense, or name no set or several
 */
export function readAttributes(values: Readonly<Partial<Record<OptionName, string | undefined>>>): {
  readonly attr: ddi_dma_attr_t;
  readonly title: string;
} {
  const set = chosenSet(values.driver, values.set);
  const attr = { ...(set?.attr ?? noLimits) };
  const changed: string[] = [];
  const given = (option: OptionName): string | undefined => {
    const text = values[option];
    if (text !== undefined) changed.push(`${option.replace('-', '_')} ${text}`);
    return text;
  };
  for (const option of Object.keys(bigOptions) as (keyof typeof bigOptions)[]) {
    const text = given(option);
    if (text !== undefined) attr[bigOptions[option]] = readBig(`--${option}`, text, 0n, bigMax);
  }
  for (const option of Object.keys(smallOptions) as (keyof typeof smallOptions)[]) {
    const text = given(option);
    const [field, lo, hi] = smallOptions[option];
    if (text !== undefined) attr[field] = readNumber(`--${option}`, text, lo, hi);
  }
  const said = changed.join(', ');
  if (set === null) return { attr, title: said === '' ? 'a device without limits' : said };
  const title = `${set.driver} ${set.name}`;
  return { attr, title: said === '' ? title : `${title}, but ${said}` };
}

/** Names listed in a complaint. */
const listedMax = 12;

function chosenSet(driver: string | undefined, name: string | undefined): AttributeSet | null {
  if (driver === undefined && name === undefined) return null;
  const all = productCorpus();
  const asked = [
    ...(driver === undefined ? [] : [`--driver "${driver}"`]),
    ...(name === undefined ? [] : [`--set "${name}"`]),
  ].join(' ');
  const matches = globMatcher(driver ?? '*');
  const lastPart = (path: string): string => path.slice(path.lastIndexOf('/') + 1);
  const ofDriver = all.filter((s) => matches(s.driver) || matches(lastPart(s.driver)));
  const found = ofDriver.filter((s) => name === undefined || s.name === name);
  const [set, ...more] = found;
  if (set === undefined) {
    const near = name === undefined ? [] : ofDriver;
    const hint = near.length > 0 && driver !== undefined ? `; it has ${listed(near)}` : '';
    throw new UsageError(`${asked}: no attribute set is called so${hint}`);
  }
  if (more.length > 0) {
    const how = name === undefined ? '--set says which' : '--driver says which';
    throw new UsageError(`${asked}: ${found.length} attribute sets; ${how}: ${listed(found)}`);
  }
  if (set.attr === null) {
    const missing = set.missing.join(', ');
    throw new UsageError(`${asked}: the source does not tell all of ${set.name}: ${missing}`);
  }
  return set;
}

function listed(sets: readonly AttributeSet[]): string {
  const oneDriver = sets.every((s) => s.driver === sets[0]?.driver);
  const names = sets.map((s) => (oneDriver ? s.name : `${s.driver} ${s.name}`));
  const more = names.length - listedMax;
  return names.slice(0, listedMax).join(', ') + (more > 0 ? ` and ${more} more` : '');
}
