/** Asks mandoc about every man page: an error is an error, a warning is not (section 9F is one). */
import { spawnSync } from 'node:child_process';
import { filesBelow, top } from './files.js';

/** What came of it; undefined when there is no mandoc to ask. */
export function lintPages(): { readonly pages: number; readonly failures: string[] } | undefined {
  const pages = filesBelow(['man'], /\.\d[a-z]?$/);
  const failures: string[] = [];
  for (const page of pages) {
    const mandoc = spawnSync('mandoc', ['-T', 'lint', '-W', 'error', page], {
      cwd: top,
      encoding: 'utf8',
    });
    if (mandoc.error !== undefined) return undefined;
    if (mandoc.status !== 0) failures.push(`${page}\n${mandoc.stdout}${mandoc.stderr}`);
  }
  return { pages: pages.length, failures };
}
