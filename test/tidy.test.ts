/** The house is in order: what style asks and no other tool sees. */
import { dirname, join } from 'node:path';
import ts from 'typescript';
import { describe, expect, test } from 'vitest';
import { clauses } from '../src/sys/clauses.js';
import { citations, namesOfPage } from './citations.js';
import { filesBelow, textOf, top } from './files.js';

const code = filesBelow(['src', 'test', 'examples'], /\.(ts|js|cjs)$/);
const sources = filesBelow(['src'], /\.ts$/);
const pages = filesBelow(['man'], /\.\d[a-z]?$/);

/** `file:line: text` of the lines that a test picks. */
function lines(files: readonly string[], pick: (line: string) => boolean): string[] {
  return files.flatMap((file) =>
    textOf(file)
      .split('\n')
      .flatMap((line, i) => (pick(line) ? [`${file}:${i + 1}: ${line.trim()}`] : [])),
  );
}

describe('citations', () => {
  /** Wrong ones are what these are about. */
  const exempt = ['test/citations.test.ts', 'test/sys/clauses.test.ts'];

  test('name clauses that exist', () => {
    const files = filesBelow(['src', 'test'], /\.ts$/).filter((file) => !exempt.includes(file));
    const wrong = files.flatMap((file) =>
      citations(textOf(file))
        .filter((id) => !clauses.has(id))
        .map((id) => `${file}: ${id}`),
    );
    expect(wrong).toEqual([]);
  });
});

describe('files', () => {
  test('have at most 100 columns', () => {
    expect(lines([...code, ...pages], (line) => line.length > 100)).toEqual([]);
  });

  test('name no place on somebody’s computer', () => {
    const texts = filesBelow(['.ci', 'src', 'test', 'examples', 'man'], /(^|\/)[^.]*$|\.\w+$/);
    const place = /(?<![\w.:/-])\/(work|tmp|home|root|Users)\//;
    expect(lines([...texts, 'package.json'], (line) => place.test(line))).toEqual([]);
  });

  test('switch the linter off only with a reason', () => {
    const mute = /(?:eslint|prettier)-(?:disable|ignore)|@ts-(?:ignore|nocheck|expect-error)/;
    expect(lines(code, (line) => mute.test(line) && !/ -- \S/.test(line))).toEqual([]);
  });

  test('of src/ are all in use', () => {
    const reached = new Set<string>();
    const reach = (file: string): void => {
      if (reached.has(file) || !sources.includes(file)) return;
      reached.add(file);
      const { importedFiles } = ts.preProcessFile(textOf(file), true, true);
      for (const { fileName } of importedFiles) {
        if (fileName.startsWith('.')) reach(join(dirname(file), fileName.replace(/\.js$/, '.ts')));
      }
    };
    const entries = [
      'index.ts',
      'platforms/index.ts',
      'drivers/index.ts',
      'testing/vitest.ts',
      'cli/main.ts',
    ];
    entries.forEach((entry) => {
      reach(`src/${entry}`);
    });
    expect(sources.filter((file) => !reached.has(file))).toEqual([]);
  });
});

describe('ddi-dma(7)', () => {
  const page = textOf('man/ddi-dma.7');
  /** The other words in capitals: names of the headers, and what ends a run. */
  const names = ['constants', 'constants-io', 'errors']
    .map((f) => textOf(`src/sys/${f}.ts`))
    .join();
  const runEnds = textOf('src/machine/failures.ts') + textOf('src/machine/choose.ts');
  const isRule = (word: string): boolean =>
    !names.match(new RegExp(`\\b${word}\\b`)) &&
    !runEnds.includes(`override readonly name = '${word}'`);
  const below = ['ddi', 'devices', 'machine', 'nexus', 'platforms'].map(
    (folder) => `src/${folder}`,
  );
  const rules = new Set(
    filesBelow(below, /\.ts$/).flatMap((file) =>
      [...textOf(file).matchAll(/'([A-Z]+(?:_[A-Z]+)*)'/g)].map((m) => m[1] ?? '').filter(isRule),
    ),
  );
  const listed = new Set(
    [...page.matchAll(/^\.It Sy (.*)$/gm)].flatMap((m) => (m[1] ?? '').split(' , ')),
  );

  test('lists the rules of all findings, and no others', () => {
    expect([...rules].filter((rule) => !listed.has(rule))).toEqual([]);
    expect([...listed].filter((rule) => !rules.has(rule))).toEqual([]);
  });
});

describe('every exported ddi_ function', () => {
  const config = ts.readConfigFile(join(top, 'tsconfig.json'), (f) => ts.sys.readFile(f));
  const { options } = ts.parseJsonConfigFileContent(config.config, ts.sys, top);
  const program = ts.createProgram([join(top, 'src/index.ts')], options);
  const checker = program.getTypeChecker();
  const index = program.getSourceFile(join(top, 'src/index.ts'));
  const symbol = index && checker.getSymbolAtLocation(index);
  const calls = (symbol === undefined ? [] : checker.getExportsOfModule(symbol))
    .filter((s) => s.name.startsWith('ddi_'))
    .map((s) => ((s.flags & ts.SymbolFlags.Alias) === 0 ? s : checker.getAliasedSymbol(s)))
    .filter((s) => (s.flags & (ts.SymbolFlags.Function | ts.SymbolFlags.Variable)) !== 0);

  test('is found', () => {
    expect(calls.map((s) => s.name)).toContain('ddi_dma_alloc_handle');
  });

  test('has a man page', () => {
    const documented = new Set(
      pages.filter((p) => p.startsWith('man/man9f/')).flatMap((p) => namesOfPage(textOf(p))),
    );
    expect(calls.map((s) => s.name).filter((name) => !documented.has(name))).toEqual([]);
  });

  test('has TSDoc: a sentence, its context, its page', () => {
    const bare = calls.filter((s) => {
      const tags = s.getJsDocTags(checker).map((t) => t.name);
      // A mere other name says whose it is: its page and all else are of the call it stands for.
      const alias = (s.flags & ts.SymbolFlags.Variable) !== 0 && tags.includes('deprecated');
      if (alias) return false;
      const sentence = ts.displayPartsToString(s.getDocumentationComment(checker));
      return sentence === '' || !tags.includes('remarks') || !tags.includes('see');
    });
    expect(bare.map((s) => s.name)).toEqual([]);
  });
});

describe('package.json', () => {
  const manifest = JSON.parse(textOf('package.json')) as {
    man: string[];
    dependencies: Record<string, string>;
    devDependencies: Record<string, string>;
  };

  test('lists the man pages npm can install', () => {
    // npm refuses a name that does not end in a digit: 9f and 9s are reached by `man -M`.
    const installable = filesBelow(['man'], /\.\d$/).map((p) => `./${p}`);
    expect([...manifest.man].sort()).toEqual(installable);
  });

  test('pins what it needs, and needs neverthrow alone to run', () => {
    const { dependencies, devDependencies } = manifest;
    expect(Object.keys(dependencies)).toEqual(['neverthrow']);
    const loose = Object.values({ ...dependencies, ...devDependencies }).filter(
      (version) => !/^\d+\.\d+\.\d+$/.test(version),
    );
    expect(loose).toEqual([]);
  });

  test('has a lock file without registry hosts', () => {
    const lock = JSON.parse(textOf('package-lock.json')) as {
      packages: Record<string, object>;
    };
    expect(Object.entries(lock.packages).filter(([, p]) => 'resolved' in p)).toEqual([]);
  });
});
