/** The rule fires on every way to drop a Result, and on nothing else. */
import { Linter } from 'eslint';
import ts from 'typescript';
import { parser } from 'typescript-eslint';
import { describe, expect, test } from 'vitest';
import { mustUseResult } from './must-use-result.js';

const prelude = `
import { ok, type Result, type ResultAsync } from 'neverthrow';
import { discard } from '../../src/sys/result.js';
declare function now(): Result<number, Error>;
declare function later(): ResultAsync<number, Error>;
declare function either(): Result<number, Error> | ResultAsync<number, Error>;
declare const yes: boolean;
declare const maybe: { now(): Result<number, Error> } | undefined;
declare function each(f: () => void): void;
declare function made(f: () => unknown): void;
void [ok, discard, now, later, either, yes, maybe, each, made];
`;

const dropped: Readonly<Record<string, string>> = {
  'a Result': 'now();',
  'a fresh Ok': 'ok(1);',
  'a ResultAsync': 'later();',
  'an awaited ResultAsync': 'await later();',
  either: 'either();',
  'either, awaited': 'await either();',
  'a mapped Result': 'now().map((n) => n + 1);',
  void: 'void now();',
  'one arm of &&': 'yes && now();',
  'an optional call': 'maybe?.now();',
  'a body nobody reads': 'each(() => now());',
  'an asynchronous body nobody reads': 'each(() => later());',
};

const kept: Readonly<Record<string, string>> = {
  'discard(now)': 'discard(now());',
  'discard(later)': 'discard(later());',
  'discard(await later)': 'discard(await later());',
  'a used Result': 'const r = now(); if (r.isErr()) return r;',
  'an assignment': 'let r = now(); r = now(); return r;',
  'match()': 'now().match(() => undefined, () => undefined);',
  'a body somebody reads': 'made(() => now());',
  'a discarding body': 'each(() => discard(now()));',
  'what is no Result': 'Promise.resolve(1); [1].push(2);',
};

/** The titles of the cases on which the rule fires; all are linted as one file, a line each. */
function fired(): string[] {
  const cases = Object.entries({ ...dropped, ...kept });
  const lines = cases.map(([, code], i) => `export async function f${i}() { ${code} return; }`);
  const text = prelude + lines.join('\n');
  const fileName = new URL('probe.ts', import.meta.url).pathname;
  const options: ts.CompilerOptions = {
    target: ts.ScriptTarget.ES2023,
    module: ts.ModuleKind.NodeNext,
    strict: true,
    noEmit: true,
    allowUnreachableCode: true,
    types: [],
  };
  const disk = ts.createCompilerHost(options);
  const host: ts.CompilerHost = {
    ...disk,
    fileExists: (name) => name === fileName || disk.fileExists(name),
    getSourceFile: (name, target) =>
      name === fileName
        ? ts.createSourceFile(name, text, target, true)
        : disk.getSourceFile(name, target),
  };
  const program = ts.createProgram([fileName], options, host);
  const faults = program.getSemanticDiagnostics(program.getSourceFile(fileName));
  expect(faults.map((d) => d.messageText)).toEqual([]);

  const messages = new Linter({ cwd: '/' }).verify(
    text,
    {
      files: ['**/*.ts'],
      languageOptions: { parser, parserOptions: { programs: [program] } },
      plugins: { house: { rules: { 'must-use-result': mustUseResult } } },
      rules: { 'house/must-use-result': 'error' },
    },
    { filename: fileName },
  );
  expect(messages.filter((m) => m.ruleId !== 'house/must-use-result')).toEqual([]);
  const first = prelude.split('\n').length;
  return messages.map((m) => cases[m.line - first]?.[0] ?? `line ${m.line}`);
}

describe('must-use-result', () => {
  const titles = fired();
  test.each(Object.keys(dropped))('fires on %s', (title) => {
    expect(titles).toContain(title);
  });
  test.each(Object.keys(kept))('is silent on %s', (title) => {
    expect(titles).not.toContain(title);
  });
});
