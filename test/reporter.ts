/** What vitest found, for test/run.ts: counts, and failures with their differences, in one file. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import type { Reporter, SerializedError, TestModule } from 'vitest/node';
import { top } from './files.js';

/** Where the findings of a run are left. */
export const findingsFile = join(top, '.cache/vitest.json');

/** Frames of a stack that are shown: where it happened and who asked for it. */
const framesMax = 4;

/** What became of a test file. */
export interface FileFindings {
  /** Relative to test/. */
  readonly file: string;
  readonly passed: number;
  readonly skipped: number;
  /** One entry per failed test, or for the file when it could not be loaded. */
  readonly failures: readonly string[];
  readonly ms: number;
  /** One line per test that went through a recording: `bind, production: 6013 of 6013`. */
  readonly counts: readonly string[];
}

/** What became of a run. */
export interface Findings {
  readonly files: readonly FileFindings[];
  /** Errors outside of any test. */
  readonly stray: readonly string[];
}

function textOf({ message, diff, stacks }: SerializedError): string {
  // Our frames only: where the runner was is nobody's business.
  const frames = (stacks ?? []).map((s) => `  at ${relative(top, s.file)}:${s.line}:${s.column}`);
  const own = frames.filter((frame) => !frame.includes('node_modules')).slice(0, framesMax);
  return stripVTControlCharacters(
    [message, ...(typeof diff === 'string' ? [diff] : []), ...own].join('\n'),
  );
}

function findingsOf(module: TestModule): FileFindings {
  const file = relative(join(top, 'test'), module.moduleId);
  const tests = [...module.children.allTests()];
  const failed = tests.filter((t) => t.result().state === 'failed');
  const errors = [
    ...module.errors(),
    ...[...module.children.allSuites()].flatMap((s) => s.errors()),
  ];
  const { collectDuration, setupDuration, duration } = module.diagnostic();
  return {
    file,
    passed: tests.filter((t) => t.result().state === 'passed').length,
    skipped: tests.filter((t) => t.result().state === 'skipped').length,
    failures: [
      ...errors.map((e) => `${file}\n${textOf(e)}`),
      ...failed.map((t) =>
        [`${file} > ${t.fullName}`, ...(t.result().errors ?? []).map(textOf)].join('\n'),
      ),
    ],
    counts: tests.flatMap((t) => {
      const { counts } = t.meta() as { readonly counts?: unknown };
      return typeof counts === 'string' ? [counts] : [];
    }),
    ms: collectDuration + setupDuration + duration,
  };
}

// eslint-disable-next-line no-restricted-syntax -- vitest reads the default export only
export default class FindingsReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], stray: readonly SerializedError[]): void {
    const findings: Findings = {
      files: modules.map(findingsOf),
      stray: stray.map(textOf),
    };
    mkdirSync(dirname(findingsFile), { recursive: true });
    writeFileSync(findingsFile, JSON.stringify(findings));
  }
}
