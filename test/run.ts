/**
 * `npm test`: every stage runs whatever came of the others, one line each, failures below it; the
 * last line is the total. `npm test -- lint layers` runs those stages only.
 *
 * No stage has a time limit: a busy machine is slow, not wrong.
 */
import { spawn } from 'node:child_process';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join, relative } from 'node:path';
import { top } from './files.js';
import { lintPages } from './man-lint.js';
import { findingsFile, type FileFindings, type Findings } from './reporter.js';

/** What came of a stage, or of a part of one that has a line of its own. */
interface Outcome {
  readonly name: string;
  readonly passed: number;
  readonly skipped?: number;
  /** One entry per failure, as a person wants to read it. */
  readonly failures: readonly string[];
  readonly seconds?: number;
  /** What else a person wants to know, a line each. */
  readonly remarks?: readonly string[];
}

interface Stage {
  readonly name: string;
  readonly work: () => Promise<Outcome[]> | Outcome[];
}

interface Ended {
  readonly status: number;
  readonly out: string;
  /** Standard output and standard error. */
  readonly all: string;
}

/** Runs a program of node_modules/.bin, or npm. */
function tool(name: string, ...args: string[]): Promise<Ended> {
  const local = join(top, 'node_modules/.bin', name);
  return new Promise((resolve, reject) => {
    const child = spawn(existsSync(local) ? local : name, args, {
      cwd: top,
      stdio: ['ignore', 'pipe', 'pipe'],
      // CI: no golden is ever written here.
      env: { ...process.env, CI: 'true', NO_COLOR: '1' },
    });
    let out = '';
    let all = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      out += text;
      all += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      all += text;
    });
    child.on('error', reject);
    child.on('close', (status) => {
      resolve({ status: status ?? 1, out, all });
    });
  });
}

/** A stage that is one tool and one verdict. */
function verdict(name: string, ...command: [string, ...string[]]): Stage {
  return {
    name,
    async work() {
      const { status, all } = await tool(...command);
      return [status === 0 ? { name, passed: 1, failures: [] } : failed(name, [all])];
    },
  };
}

/** A failed stage fails at least once. */
function failed(name: string, failures: readonly string[], passed = 0): Outcome {
  return { name, passed, failures: failures.length > 0 ? failures : ['failed and said nothing'] };
}

const types: Stage = {
  name: 'types',
  async work() {
    const { status, out } = await tool('tsc', '--noEmit', '--pretty', 'false', '-p', '.');
    if (status === 0) return [{ name: 'types', passed: 1, failures: [] }];
    return [
      failed(
        'types',
        out.split(/\n(?! )/).filter((line) => line.includes('error TS')),
      ),
    ];
  },
};

interface LintedFile {
  readonly filePath: string;
  readonly messages: readonly { line?: number; message: string; ruleId: string | null }[];
}

const lint: Stage = {
  name: 'lint',
  async work() {
    const args = ['--config', 'test/eslint.config.js', '--format', 'json', '.'];
    const { out, all } = await tool('eslint', ...args);
    if (!out.startsWith('[')) return [failed('lint', [all])];
    const files = JSON.parse(out) as LintedFile[];
    const dirty = files.filter((file) => file.messages.length > 0);
    const failures = dirty.map(({ filePath, messages }) =>
      messages
        .map((m) => `${relative(top, filePath)}:${m.line ?? 0}: ${m.message} (${m.ruleId ?? ''})`)
        .join('\n'),
    );
    return [{ name: 'lint', passed: files.length - dirty.length, failures }];
  },
};

const format: Stage = {
  name: 'format',
  async work() {
    const { status, out, all } = await tool('prettier', '--list-different', '.');
    if (status === 0) return [{ name: 'format', passed: 1, failures: [] }];
    const files = out.split('\n').filter((line) => line !== '');
    return [failed('format', files.length > 0 ? files : [all])];
  },
};

const man: Stage = {
  name: 'man pages',
  work() {
    const name = 'man pages';
    const linted = lintPages();
    if (linted === undefined) {
      // Whoever has no mandoc may work without; the build of record may not.
      if (process.env['CI'] !== undefined) return [failed(name, ['mandoc is not installed'])];
      return [{ name, passed: 0, skipped: 1, failures: [] }];
    }
    const { pages, failures } = linted;
    return [{ name, passed: pages - failures.length, failures }];
  },
};

/** Parts of the unit tests that deserve a line of their own, by the path below test/. */
const parts: readonly (readonly [string, RegExp])[] = [
  ['doc examples', /^documentation\.test\.ts$/],
  ['examples', /^(\.\.\/examples\/|examples\.test\.ts$)/],
  ['tidy', /^tidy\.test\.ts$/],
  ['api', /^api\//],
  ['conformance', /^conformance\//],
  ['recordings', /^recordings\//],
  ['unit', /./],
];

const unit: Stage = {
  name: 'unit',
  async work() {
    rmSync(findingsFile, { force: true });
    const { status, all } = await tool(
      'vitest',
      ...['run', '--config', 'test/vitest.config.ts'],
      ...['--reporter', 'default', '--reporter', 'test/reporter.ts'],
    );
    if (!existsSync(findingsFile)) return [failed('unit', [all])];
    const { files, stray } = JSON.parse(readFileSync(findingsFile, 'utf8')) as Findings;
    const outcomes = partition(files);
    const silent = status !== 0 && outcomes.every((o) => o.failures.length === 0);
    if (stray.length > 0 || silent) {
      outcomes.push(failed('stray errors', stray.length > 0 ? stray : [all]));
    }
    return outcomes;
  },
};

/** The test files, by part. */
function partition(files: readonly FileFindings[]): Outcome[] {
  return parts.flatMap(([name, pattern], i) => {
    const earlier = parts.slice(0, i);
    const own = files.filter(
      ({ file }) => pattern.test(file) && !earlier.some(([, other]) => other.test(file)),
    );
    const sum = (of: (f: FileFindings) => number): number => own.reduce((n, f) => n + of(f), 0);
    const outcome: Outcome = {
      name,
      passed: sum((f) => f.passed),
      skipped: sum((f) => f.skipped),
      failures: own.flatMap((f) => f.failures),
      seconds: sum((f) => f.ms) / 1000,
      remarks: own.flatMap((f) => f.counts),
    };
    return own.length === 0 ? [] : [outcome];
  });
}

/** The build comes first: the package check and the command line look at what it made. */
const first: readonly Stage[] = [types, verdict('build', 'npm', 'run', '--silent', 'build')];
const then: readonly Stage[] = [
  unit,
  lint,
  format,
  verdict('layers', 'depcruise', '--config', 'test/layers.config.cjs', 'src'),
  man,
  verdict('docs', 'typedoc', '--emit', 'none', '--disableSources'),
  verdict('package', 'publint', '--strict'),
];

const total = { passed: 0, failed: 0, skipped: 0 };

async function perform({ name, work }: Stage): Promise<void> {
  const start = performance.now();
  let outcomes: Outcome[];
  try {
    outcomes = await work();
  } catch (e) {
    outcomes = [failed(name, [String(e instanceof Error ? e.stack : e)])];
  }
  const elapsed = (performance.now() - start) / 1000;
  for (const { name, passed, failures, skipped = 0, seconds = elapsed, remarks = [] } of outcomes) {
    total.passed += passed;
    total.failed += failures.length;
    total.skipped += skipped;
    const more = skipped > 0 ? `, ${skipped} skipped` : '';
    const counts = `${passed} passed, ${failures.length} failed${more}`;
    console.log(`${name.padEnd(14)} ${counts.padEnd(32)} ${seconds.toFixed(1)} s`);
    for (const remark of remarks) console.log(`    ${remark}`);
    for (const failure of failures) {
      console.log(failure.trimEnd().replace(/^/gm, '    '));
    }
  }
}

/** Runs stages, two at a time. */
async function performAll(stages: readonly Stage[]): Promise<void> {
  const waiting = stages.filter((s) => asked.length === 0 || asked.includes(s.name));
  const lane = async (): Promise<void> => {
    for (let stage = waiting.shift(); stage !== undefined; stage = waiting.shift()) {
      await perform(stage);
    }
  };
  await Promise.all([lane(), lane()]);
}

const asked = process.argv.slice(2);
await performAll(first);
await performAll(then);
const { passed, failed: failures, skipped } = total;
console.log(`${passed} passed, ${failures} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`);
process.exitCode = failures > 0 ? 1 : 0;
