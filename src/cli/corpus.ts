/** `ddi-dma corpus`: real drivers' attribute sets through the whole life of a request. */
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { CorpusFormatError, parseCorpus, productCorpus } from '../corpus/data.js';
import type { AttributeSet } from '../corpus/data.js';
import { jsonReport, textReport, totalsOf } from '../corpus/report.js';
import { frameNames, memoryNames } from '../corpus/machines.js';
import type { RunOptions } from '../corpus/machines.js';
import { runCorpus } from '../corpus/run.js';
import type { SetResult } from '../corpus/run.js';
import { ruleBookNames } from '../sys/quirks.js';
import { globMatcher } from './glob.js';
import { EXIT_OK, EXIT_WRONG, UsageError } from './verb.js';
import type { CliIo, Verb } from './verb.js';

const platforms = ['i86pc'] as const;
/** The seed of `npm start`. */
const DEFAULT_SEED = 1;

const help = `usage: ddi-dma corpus [options]

Sends the DMA attributes of real illumos drivers through the whole life of a request on a
modelled machine, judges every cookie and every window, moves every byte and compares it. What a
kernel is known to do otherwise than the pages have it is counted by quirk, and not as wrong.

  --file JSON        sets of your own, in the format of ddi-dma(1)
  --driver GLOB      only drivers that match: 'common/io/*', 'e1000g'
  --platform NAME    the machine: ${platforms.join(', ')}
  --kernel RULES     the rule book: ${ruleBookNames.join(', ')}
  --memory MAP       installed memory: ${memoryNames.join(', ')}; small-low has 7 MiB that every
                     device reaches and the rest from 4 GiB to 2 TiB: most objects are bounced
  --frames LAYOUT    how page frames follow one another: ${frameNames.join(', ')}
  --seed N           decides everything that is left open (default ${DEFAULT_SEED})
  --full             lengths up to 16 MiB, instead of 1 MiB
  --json             one JSON document, every case in it

Exit code 0: nothing is wrong. 1: something is. 2: the arguments or the file make no sense.
`;

interface Arguments {
  readonly options: RunOptions;
  readonly sets: readonly AttributeSet[];
  readonly json: boolean;
}

function readArguments(args: readonly string[]): Arguments {
  const { values } = parseArgs({
    args: [...args],
    options: {
      file: { type: 'string' },
      driver: { type: 'string' },
      platform: { type: 'string', default: platforms[0] },
      kernel: { type: 'string', default: ruleBookNames[0] },
      memory: { type: 'string', default: memoryNames[0] },
      frames: { type: 'string', default: frameNames[0] },
      seed: { type: 'string', default: String(DEFAULT_SEED) },
      full: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
    },
  });
  const options = {
    platform: oneOf('--platform', values.platform, platforms),
    kernel: oneOf('--kernel', values.kernel, ruleBookNames),
    memory: oneOf('--memory', values.memory, memoryNames),
    frames: oneOf('--frames', values.frames, frameNames),
    seed: readSeed(values.seed),
    full: values.full,
  };
  const all = values.file === undefined ? productCorpus() : readFile(values.file);
  return { options, sets: choose(all, values.driver), json: values.json };
}

function oneOf<T extends string>(option: string, value: string, known: readonly T[]): T {
  const found = known.find((k) => k === value);
  if (found === undefined) {
    throw new UsageError(`${option} "${value}": there is ${known.join(', ')}`);
  }
  return found;
}

function readSeed(text: string): number {
  const seed = Number(text);
  if (!/^(0x[0-9a-f]+|\d+)$/i.test(text) || seed > 0xffff_ffff) {
    throw new UsageError(`--seed "${text}": a whole number from 0 to 4294967295 is wanted`);
  }
  return seed;
}

function readFile(path: string): readonly AttributeSet[] {
  try {
    return parseCorpus(readFileSync(path, 'utf8'), path);
  } catch (e) {
    if (e instanceof CorpusFormatError) throw new UsageError(e.message);
    if (e instanceof Error && 'code' in e) {
      throw new UsageError(`--file ${path}: cannot be read: ${e.message}`);
    }
    throw e;
  }
}

/** The sets of the drivers that match, by the whole path or by its last part. */
function choose(sets: readonly AttributeSet[], glob: string | undefined): readonly AttributeSet[] {
  if (glob === undefined) return sets;
  const matches = globMatcher(glob);
  const lastPart = (path: string): string => path.slice(path.lastIndexOf('/') + 1);
  const chosen = sets.filter((s) => matches(s.driver) || matches(lastPart(s.driver)));
  if (chosen.length > 0) return chosen;
  const drivers = new Set(sets.map((s) => s.driver)).size;
  throw new UsageError(`--driver "${glob}": none of ${drivers} drivers matches`);
}

/** The verb. */
export const corpus: Verb = {
  summary: "real drivers' DMA attributes through the whole life of a request",
  help,
  async run(args, io) {
    const { options, sets, json } = readArguments(args);
    const results: SetResult[] = [];
    const progress = progressLine(io, sets.length);
    for await (const result of runCorpus(sets, options)) {
      results.push(result);
      progress.show(results.length, result.set.driver);
    }
    progress.clear();
    io.out(json ? jsonReport(results, options) : textReport(results, options));
    return totalsOf(results).wrong === 0 ? EXIT_OK : EXIT_WRONG;
  },
};

/** One line that says how far the run has come, on a terminal; nothing elsewhere. */
function progressLine(
  io: CliIo,
  total: number,
): { show: (done: number, driver: string) => void; clear: () => void } {
  if (!io.errIsTerminal) return { show: () => undefined, clear: () => undefined };
  return {
    show: (done, driver) => {
      io.err(`\r\x1b[K${String(done).padStart(4)} of ${total} sets  ${driver.slice(0, 56)}`);
    },
    clear: () => {
      io.err('\r\x1b[K');
    },
  };
}
