/** The project's files, for the checks that read them all. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The top of the project, absolute. */
export const top = dirname(dirname(fileURLToPath(import.meta.url)));

/**
 * The files below some folders whose path is as asked, sorted; a folder that is not there is empty.
 *
 * @param folders - relative to the top
 * @param pattern - of the relative path
 * @returns paths relative to the top
 */
export function filesBelow(folders: readonly string[], pattern: RegExp): string[] {
  const all = folders.flatMap((folder) =>
    existsSync(join(top, folder))
      ? readdirSync(join(top, folder), { recursive: true, withFileTypes: true })
          .filter((entry) => entry.isFile())
          .map((entry) => join(entry.parentPath, entry.name).slice(top.length + 1))
      : [],
  );
  return all.filter((path) => pattern.test(path)).sort();
}

/** The text of a file of the project. */
export function textOf(path: string): string {
  return readFileSync(join(top, path), 'utf8');
}
