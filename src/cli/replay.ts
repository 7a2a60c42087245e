/** `ddi-dma replay FILE...`: recorded cases played on the model, and every answer compared. */
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { RecordingError } from '../replay/fields.js';
import { parseCase, type RecordedCase } from '../replay/recording.js';
import { Replayer } from '../replay/replay.js';
import { Report } from '../replay/report.js';
import { kernels } from '../replay/stage.js';
import { EXIT_OK, EXIT_WRONG, UsageError } from './verb.js';
import type { CliIo, Verb } from './verb.js';

const DEFAULT_KERNEL = 'production';
/** Bytes of a recording, uncompressed: what Node.js can hold in one string, and no bomb. */
const CONTENT_MAX = 0x1fff_ffe8;
/** Cases between two signs of life. */
const PROGRESS_STEP = 50;

const help = `usage: ddi-dma replay [options] FILE...

Plays recorded cases on the model and compares every answer. Recordings are described in
ddi-dma-recording(5); a file may be compressed, FILE.gz or FILE.br.

  --kernel RULES  the rule book: ${kernels.join(', ')} (default ${DEFAULT_KERNEL})
  --limit N       shows N differences at most; all are counted
  --json          one JSON document

Exit code 0: everything agrees. 1: something differs. 2: the arguments or a file make no sense.
`;

/** A case and where it stands. */
interface Placed {
  readonly file: string;
  readonly line: number;
  readonly recorded: RecordedCase;
}

function readFile(path: string): string {
  let content: Buffer;
  try {
    content = readFileSync(path);
  } catch (e) {
    throw new UsageError(`${path}: cannot be read: ${messageOf(e)}`);
  }
  const limit = { maxOutputLength: CONTENT_MAX };
  try {
    if (path.endsWith('.gz')) content = gunzipSync(content, limit);
    if (path.endsWith('.br')) content = brotliDecompressSync(content, limit);
  } catch (e) {
    throw new UsageError(`${path}: cannot be decompressed: ${messageOf(e)}`);
  }
  if (content.length > CONTENT_MAX) {
    throw new UsageError(`${path}: more than ${CONTENT_MAX} bytes`);
  }
  return content.toString('utf8');
}

function messageOf(e: unknown): string {
  return e instanceof Error ? e.message : String(e);
}

/** The cases of a file; every line is read before the first case is played. */
function readCases(file: string): readonly Placed[] {
  const cases: Placed[] = [];
  for (const [i, text] of readFile(file).split('\n').entries()) {
    if (text.trim() === '') continue;
    const line = i + 1;
    try {
      cases.push({ file, line, recorded: parseCase(text) });
    } catch (e) {
      if (e instanceof RecordingError) throw new UsageError(`${file}:${line}: ${e.message}`);
      throw e;
    }
  }
  if (cases.length === 0) throw new UsageError(`${file}: no case is in it`);
  return cases;
}

function readLimit(text: string | undefined): number {
  if (text === undefined) return Infinity;
  if (!/^\d{1,9}$/.test(text)) {
    throw new UsageError(`--limit "${text}": a whole number is wanted`);
  }
  return Number(text);
}

/** The verb. */
export const replay: Verb = {
  summary: 'recorded cases of a real kernel played on the model and compared',
  help,
  async run(args, io) {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        kernel: { type: 'string', default: DEFAULT_KERNEL },
        limit: { type: 'string' },
        json: { type: 'boolean', default: false },
      },
    });
    const kernel = kernels.find((k) => k === values.kernel);
    if (kernel === undefined) {
      throw new UsageError(`--kernel "${values.kernel}": there is ${kernels.join(', ')}`);
    }
    const limit = readLimit(values.limit);
    if (positionals.length === 0) throw new UsageError('which recordings? FILE... is missing');
    const cases = positionals.flatMap(readCases);
    const replayer = new Replayer(kernel);
    const report = new Report(kernel);
    for (const [i, { file, line, recorded }] of cases.entries()) {
      if (i % PROGRESS_STEP === 0) progress(io, `${i} of ${cases.length} cases`);
      report.add(file, line, await replayer.replay(recorded));
    }
    progress(io, '');
    io.out(values.json ? report.json(limit) : report.text(limit));
    return report.differing.length === 0 ? EXIT_OK : EXIT_WRONG;
  },
};

/** Says how far it has come, on a terminal; nothing elsewhere. */
function progress(io: CliIo, text: string): void {
  if (io.errIsTerminal) io.err(`\r\x1b[K${text}`);
}
