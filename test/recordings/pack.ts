/**
 * Takes recordings into the project: `npx tsx test/recordings/pack.ts FILE.jsonl...`
 *
 * Each file is compressed beside this one, and its entry in manifest.json says how many cases it
 * has and what they were before compression. The same file packs to the same bytes wherever the
 * same version of brotli does it; what is judged is the content.
 */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync, constants } from 'node:zlib';

/** What the manifest says of a file. */
export interface Entry {
  readonly file: string;
  readonly cases: number;
  readonly bytes: number;
  /** Of the content before compression. */
  readonly sha256: string;
}

/** The manifest. */
export interface Manifest {
  /** What was recorded. */
  readonly source: string;
  readonly files: readonly Entry[];
}

/** Where recordings are kept. */
export const home = fileURLToPath(new URL('.', import.meta.url));
const manifestPath = `${home}manifest.json`;

/** The manifest as it is. */
export function readManifest(): Manifest {
  if (!existsSync(manifestPath)) return { source: '', files: [] };
  return JSON.parse(readFileSync(manifestPath, 'utf8')) as Manifest;
}

/** The entry a content deserves. */
export function entryOf(file: string, content: Buffer): Entry {
  const sha256 = createHash('sha256').update(content).digest('hex');
  const cases = content.reduce((n, byte) => n + (byte === 0x0a ? 1 : 0), 0);
  return { file, cases, bytes: content.length, sha256 };
}

function pack(path: string): Entry {
  const content = readFileSync(path);
  const file = `${basename(path)}.br`;
  const packed = brotliCompressSync(content, {
    params: {
      [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY,
      [constants.BROTLI_PARAM_LGWIN]: constants.BROTLI_MAX_WINDOW_BITS,
      [constants.BROTLI_PARAM_MODE]: constants.BROTLI_MODE_TEXT,
      [constants.BROTLI_PARAM_SIZE_HINT]: content.length,
    },
  });
  writeFileSync(`${home}${file}`, packed);
  return entryOf(file, content);
}

const paths = process.argv[1] === fileURLToPath(import.meta.url) ? process.argv.slice(2) : [];
if (paths.length > 0) {
  const packed = paths.map(pack);
  const { source, files } = readManifest();
  const others = files.filter(({ file }) => !packed.some((p) => p.file === file));
  const all = [...others, ...packed].sort((a, b) => (a.file < b.file ? -1 : 1));
  writeFileSync(manifestPath, `${JSON.stringify({ source, files: all }, null, 2)}\n`);
}
