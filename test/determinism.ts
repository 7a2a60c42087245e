/**
 * Runs every example twice, in two processes that differ in what must not matter, with the host's
 * clocks and randomness poisoned (guard.ts), and asks
 *   (1) that it prints what the .out file beside it says,
 *   (2) that both runs print the same,
 *   (3) that the machines they export as `machine` have the same trace hash.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { top } from './files.js';

/** What one run left. */
interface Run {
  readonly status: number | null;
  readonly out: string;
  readonly err: string;
  /** Empty when the example exports no machine. */
  readonly hash: string;
}

/** Longer than this is no example any more. */
const linesMax = 80;

/** Where the computers of two people differ. */
const here = { TZ: 'UTC', LANG: 'C' };
const elsewhere = { TZ: 'Asia/Kathmandu', LANG: 'tr_TR.UTF-8' };

/** Runs one example once. `path` is absolute. */
export function runExample(path: string, env: Readonly<Record<string, string>> = here): Run {
  const child = spawnSync(
    process.execPath,
    ['--import', 'tsx', join(top, 'test/determinism-child.ts'), path],
    {
      cwd: top,
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
      encoding: 'utf8',
    },
  );
  const hash = child.output[3] ?? '';
  return { status: child.status, out: child.stdout, err: child.stderr, hash };
}

/** The recorded output beside an example. */
export function recordOf(path: string): string {
  return path.replace(/\.ts$/, '.out');
}

/**
 * Checks one example.
 *
 * @param path - absolute
 * @returns what is wrong, nothing when it is sound
 */
export function checkExample(path: string): string[] {
  const failures: string[] = [];
  const text = readFileSync(path, 'utf8');
  const lines = text.split('\n').length - 1;
  if (lines > linesMax) failures.push(`${lines} lines: at most ${linesMax}`);
  if (!/^(#!.*\n)?(\/\*\*|\/\/)/.test(text)) failures.push('the first comment says what it shows');

  const [first, second] = [runExample(path, here), runExample(path, elsewhere)];
  const broken = [first, second].find((run) => run.status !== 0);
  if (broken !== undefined) {
    failures.push(`ends with status ${broken.status ?? 'none'}: ${broken.err.trim()}`);
    return failures;
  }
  const record = recordOf(path);
  if (!existsSync(record)) failures.push('no .out beside it: npm run examples:update');
  else if (readFileSync(record, 'utf8') !== first.out) {
    failures.push(`prints what its .out does not say:\n${first.out}`);
  }
  if (first.out !== second.out) failures.push(`a second run prints:\n${second.out}`);
  if (first.hash === '') failures.push('exports no machine: nobody can compare its trace');
  if (first.hash !== second.hash) failures.push(`trace hashes ${first.hash}, ${second.hash}`);
  return failures;
}
