/** `ddi-dma draw`: a picture of one bind. */
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { drawPicture } from '../draw/picture.js';
import { drawnPagesMax, pagesOf, playScene, SceneError, type Scene } from '../draw/scene.js';
import { type FrameLayout, frameLayouts } from '../machine/frames.js';
import { pageBytes } from '../machine/store.js';
import { ruleBookNames } from '../sys/quirks.js';
import { attributeOptions, readAttributes } from './draw-attributes.js';
import { readNumber } from './numbers.js';
import { EXIT_OK, UsageError } from './verb.js';
import type { Verb } from './verb.js';

const layouts: readonly FrameLayout[] = [...frameLayouts, 'mixed'];
/** Bytes of the object when nothing is said of it. */
const DEFAULT_LENGTH = 0x10000;
const DEFAULT_SEED = 1;
/** Page frames have numbers below this: a PC has 52 address bits at most. */
const PFN_END = 2 ** 40;

const help = `usage: ddi-dma draw [options]

Binds one object and draws it as SVG: the object, its page frames, bounce pages, windows and
cookies, and the attributes that decided something. A bind that is refused is drawn too.

  --driver GLOB      the attributes of a real driver: 'common/io/*', 'e1000g'
  --set NAME         which of its sets, where it has several
  --addr-hi N, --addr-lo N, --count-max N, --align N, --minxfer N, --maxxfer N, --seg N,
  --sgllen N, --granular N, --attr-flags N
                     members of the set, instead of the driver's or of no limit at all
  --length N         bytes of the object (default 64K)
  --offset N         where it begins in its first page (default 0)
  --pfns RUNS        its page frames, in hexadecimal as in recordings: '100:3 2000'
  --frames LAYOUT    how frames not named follow one another:
                     ${layouts.join(', ')}
  --partial          binds with DDI_DMA_PARTIAL
  --kernel RULES     the rule book: ${ruleBookNames.join(', ')}
  --seed N           decides everything that is left open (default ${DEFAULT_SEED})
  --out FILE         writes there, not to standard output

Numbers are decimal or 0x..., and may end in K, M or G; a negative one is written --sgllen=-1.
Exit code 0: there is a picture. 2: the arguments make no sense.
`;

const options = {
  ...attributeOptions,
  length: { type: 'string' },
  offset: { type: 'string', default: '0' },
  pfns: { type: 'string' },
  frames: { type: 'string', default: 'mixed' },
  partial: { type: 'boolean', default: false },
  kernel: { type: 'string', default: ruleBookNames[0] },
  seed: { type: 'string', default: String(DEFAULT_SEED) },
  out: { type: 'string' },
} as const;

/** The verb. */
export const draw: Verb = {
  summary: 'a picture of one bind: object, frames, bounce pages, windows, cookies',
  help,
  run(args, io) {
    const { values, tokens } = parseArgs({ args: [...args], options, tokens: true });
    const { attr, title } = readAttributes(values);
    const off = readNumber('--offset', values.offset, 0, pageBytes - 1);
    const pfns = values.pfns === undefined ? null : readPfns(values.pfns);
    const length = readLength(values.length, off, pfns);
    const scene = play({
      attr,
      title,
      off,
      length,
      pfns,
      frames: oneOf('--frames', values.frames, layouts),
      partial: values.partial,
      kernel: oneOf('--kernel', values.kernel, ruleBookNames),
      seed: readNumber('--seed', values.seed, 0, 0xffff_ffff),
    });
    const given = tokens.flatMap((token) => {
      if (token.kind !== 'option' || token.name === 'out') return [];
      return token.value === undefined ? [`--${token.name}`] : [`--${token.name}=${token.value}`];
    });
    const picture = drawPicture(scene, ['ddi-dma', 'draw', ...given].map(quoted).join(' '));
    if (values.out === undefined) io.out(picture);
    else write(values.out, picture);
    return EXIT_OK;
  },
};

function play(request: Parameters<typeof playScene>[0]): Scene {
  try {
    return playScene(request);
  } catch (e) {
    if (e instanceof SceneError) throw new UsageError(e.message);
    throw e;
  }
}

function write(path: string, text: string): void {
  try {
    writeFileSync(path, text);
  } catch (e) {
    throw new UsageError(`--out ${path}: ${e instanceof Error ? e.message : String(e)}`);
  }
}

/** The length given, or that of the frames named, which it must touch all of. */
function readLength(text: string | undefined, off: number, pfns: readonly number[] | null): number {
  const most = drawnPagesMax * pageBytes - off;
  const all = pfns === null ? Math.min(DEFAULT_LENGTH, most) : pfns.length * pageBytes - off;
  const length = text === undefined ? all : readNumber('--length', text, 1, most);
  const touched = pagesOf(off, length);
  if (pfns !== null && pfns.length !== touched) {
    throw new UsageError(
      `--pfns names ${pfns.length} pages; ${length} bytes at offset ${off} touch ${touched}`,
    );
  }
  return length;
}

/** `5000:3 5010`: page frames 0x5000 to 0x5002 and 0x5010. */
function readPfns(text: string): readonly number[] {
  const pfns: number[] = [];
  for (const run of text.split(/\s+/).filter((word) => word !== '')) {
    const parts = /^(?:0x)?([0-9a-f]{1,13})(?::(?:0x)?([0-9a-f]{1,8}))?$/i.exec(run);
    const [, first, count = '1'] = parts ?? [];
    if (first === undefined) {
      throw new UsageError(`--pfns "${run}": runs of frames are wanted, such as 5000:3`);
    }
    const start = parseInt(first, 16);
    const end = start + parseInt(count, 16);
    if (end === start) throw new UsageError(`--pfns "${run}": a run has one frame at least`);
    if (end > PFN_END)
      throw new UsageError(`--pfns "${run}": no frame has 2^40 or a higher number`);
    if (pfns.length + end - start > drawnPagesMax) {
      throw new UsageError(`--pfns: at most ${drawnPagesMax} pages can be drawn`);
    }
    for (let pfn = start; pfn < end; pfn++) pfns.push(pfn);
  }
  if (pfns.length === 0) throw new UsageError(`--pfns "${text}": no frame is named`);
  const twice = pfns.find((pfn, i) => pfns.indexOf(pfn) < i);
  if (twice === undefined) return pfns;
  throw new UsageError(`--pfns names frame ${twice.toString(16)} twice`);
}

function oneOf<T extends string>(option: string, value: string, known: readonly T[]): T {
  const found = known.find((k) => k === value);
  if (found !== undefined) return found;
  throw new UsageError(`${option} "${value}": there is ${known.join(', ')}`);
}

/** A word as a shell takes it. */
function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replace(/'/g, "'\\''")}'`;
}
