/** The recordings of the project, as tests read them. */
import { readFileSync } from 'node:fs';
import { brotliDecompressSync } from 'node:zlib';
import type { Family, RecordedCase } from '../../src/replay/recording.js';
import { parseCase } from '../../src/replay/recording.js';
import { home } from './pack.js';

/** The content of a packed recording. */
export function contentOf(file: string): Buffer {
  return brotliDecompressSync(readFileSync(`${home}${file}`));
}

/** The lines of a family's recording. */
export function linesOf(family: string): string[] {
  return contentOf(`${family}-a.jsonl.br`).toString('utf8').trimEnd().split('\n');
}

/** The cases of a family. */
export function casesOf(family: Family): RecordedCase[] {
  return linesOf(family).map(parseCase);
}
