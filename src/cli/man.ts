/** `ddi-dma man PAGE`: a page of this package. */
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { renderMdoc } from './mdoc.js';
import { EXIT_OK, UsageError } from './verb.js';
import type { CliIo, Verb } from './verb.js';

/** A page and where it lies. */
interface Page {
  /** `ddi_dma_sync.9f` */
  readonly file: string;
  readonly path: string;
}

function allPages(): readonly Page[] {
  const top = fileURLToPath(new URL('../../man/', import.meta.url));
  return readdirSync(top, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.\d[a-z]?$/.test(entry.name))
    .map((entry) => ({ file: entry.name, path: join(entry.parentPath, entry.name) }))
    .sort((a, b) => (a.file < b.file ? -1 : 1));
}

/** `ddi_dma_sync`, `ddi_dma_sync.9f`, `ddi_dma_sync(9F)`, `9f/ddi_dma_sync` are one page. */
function wanted(text: string): { readonly name: string; readonly section: string | null } {
  const bracket = /^(.+)\((\d\w*)\)$/.exec(text);
  const dot = /^(.+)\.(\d\w*)$/.exec(text);
  const [, name = text, section] = bracket ?? dot ?? [];
  return { name: name.toLowerCase(), section: section?.toLowerCase() ?? null };
}

/** Every name a page documents: its own and those of its NAME section. */
function namesOf(page: Page): readonly string[] {
  const text = readFileSync(page.path, 'utf8');
  const names = [...text.matchAll(/^\.Nm (\S+)/gm)].map(([, name]) => name ?? '');
  return [page.file.replace(/\.\w+$/, ''), ...names].map((n) => n.toLowerCase());
}

function findPage(text: string): Page {
  const { name, section } = wanted(text);
  const pages = allPages();
  const inSection = pages.filter((p) => section === null || p.file.endsWith(`.${section}`));
  const own = inSection.find((p) => p.file.replace(/\.\w+$/, '').toLowerCase() === name);
  const found = own ?? inSection.find((p) => namesOf(p).includes(name));
  if (found !== undefined) return found;
  const near = pages.filter((p) => name.length > 2 && p.file.toLowerCase().includes(name));
  const some = near.length > 0 ? near : pages;
  throw new UsageError(
    `no page "${text}"; ${near.length > 0 ? 'there are' : 'the pages are'} ` +
      some.map((p) => p.file).join(', '),
  );
}

function show(page: Page, io: CliIo): void {
  const shown = spawnSync('mandoc', ['-T', 'utf8', page.path], { encoding: 'utf8' });
  // mandoc's codes below 5 are remarks about the source; the page was formatted all the same.
  if (shown.error === undefined && (shown.status ?? 9) < 5) {
    // Overstrikes are for pagers and printers.
    io.out(shown.stdout.replace(/.\x08/gu, ''));
    return;
  }
  io.out(renderMdoc(readFileSync(page.path, 'utf8')));
}

/** The verb. */
export const man: Verb = {
  summary: 'show a man page of this package',
  help:
    'usage: ddi-dma man PAGE\n\n' +
    'Shows a page, such as ddi_dma_sync, ddi_dma_attr.9s, "ddi_dma_cookie_get(9F)" or\n' +
    'ddi-dma.7, with mandoc when it is installed, else plainly. Without PAGE, lists the pages.\n',
  run(args, io) {
    const { positionals } = parseArgs({ args: [...args], allowPositionals: true, options: {} });
    const [text, ...more] = positionals;
    if (more.length > 0) throw new UsageError('one page at a time');
    if (text === undefined) {
      const title = (p: Page): string =>
        /^\.Nd (.*)$/m.exec(readFileSync(p.path, 'utf8'))?.[1] ?? '';
      for (const page of allPages()) io.out(`${page.file.padEnd(30)} ${title(page)}\n`);
      return EXIT_OK;
    }
    show(findPage(text), io);
    return EXIT_OK;
  },
};
