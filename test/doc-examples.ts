/**
 * Type-checks and runs the examples of the documentation: see doc-examples-extract.ts for where
 * they are and doc-examples-instrument.ts for what their comments claim.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import ts from 'typescript';
import type { Complaint, Job } from './doc-examples-child.js';
import { extract, type Example, type Fault } from './doc-examples-extract.js';
import { instrument, type Instrumented } from './doc-examples-instrument.js';
import { filesBelow, textOf, top } from './files.js';

/** What came of one example, or of a place that looks like one. */
export interface Verdict {
  /** `file:line`. */
  readonly place: string;
  /** `file:line: message`; none when the example is sound. */
  readonly failures: readonly string[];
}

/** An example with its two files: as written, to be checked; instrumented, to be run. */
interface Prepared extends Example {
  readonly written: string;
  readonly run: string;
  readonly made: Instrumented;
}

/** Everything that may hold examples: README, TSDoc of src/, man pages. */
export function documentation(): ReadonlyMap<string, string> {
  const paths = [
    ...(existsSync(join(top, 'README.md')) ? ['README.md'] : []),
    ...filesBelow(['src'], /\.ts$/),
    ...filesBelow(['man'], /\.\d[a-z]?$/),
  ];
  return new Map(paths.map((path) => [path, textOf(path)]));
}

/**
 * Checks every example in the given files.
 *
 * @param files - name as shown -> text
 * @param name - of the working directory, so that two checks may go on at once
 */
export function checkExamples(files: ReadonlyMap<string, string>, name: string): Verdict[] {
  // Inside the project: examples resolve packages as its own files do.
  const dir = join(top, '.cache', name);
  rmSync(dir, { recursive: true, force: true });
  mkdirSync(dir, { recursive: true });

  const found = [...files].map(([file, text]) => extract(file, text));
  const examples = found.flatMap((f) => f.examples).map((e, i) => prepare(e, dir, i));
  const faults: Fault[] = [
    ...found.flatMap((f) => f.faults),
    ...examples.flatMap(typeFaults(examples)),
    ...examples.flatMap(silenceFaults),
    ...runAll(examples, dir),
  ];
  const verdicts = new Map<string, string[]>(examples.map((e) => [placeOf(e), []]));
  for (const fault of faults) {
    const place = placeOf(examples.find((e) => covers(e, fault)) ?? fault);
    const failures = verdicts.get(place) ?? [];
    failures.push(`${placeOf(fault)}: ${fault.message}`);
    verdicts.set(place, failures);
  }
  return [...verdicts].map(([place, failures]) => ({ place, failures }));
}

function placeOf({ file, line }: Example | Fault): string {
  return `${file}:${line}`;
}

function covers(e: Example, fault: Fault): boolean {
  const last = e.line + e.code.split('\n').length;
  return e.file === fault.file && fault.line >= e.line && fault.line <= last;
}

function prepare(example: Example, dir: string, i: number): Prepared {
  const code = atHome(example);
  const made = instrument(code);
  const written = join(dir, `example${i}.ts`);
  const run = join(dir, `example${i}.run.ts`);
  // Behind the code, to keep its lines: an example is a module, with names of its own.
  writeFileSync(written, `${code}\nexport {};\n`);
  writeFileSync(run, `${made.code}\nexport {};\n`);
  return { ...example, written, run, made };
}

/** The code as it reads from two folders down: what is near its file is found from there. */
function atHome({ file, code }: Example): string {
  return code.replace(
    /(\bfrom |\bimport\()'(\.\.?\/[^']*)'/g,
    (_, from: string, path: string) => `${from}'../../${join(dirname(file), path)}'`,
  );
}

/** One program for all examples; the function returned picks those of one. */
function typeFaults(examples: readonly Prepared[]): (example: Prepared) => Fault[] {
  const config = ts.readConfigFile(join(top, 'tsconfig.json'), (f) => ts.sys.readFile(f));
  const { options } = ts.parseJsonConfigFileContent(config.config, ts.sys, top);
  const program = ts.createProgram(
    examples.map((e) => e.written),
    options,
  );
  return ({ written, file, line }) => {
    const source = program.getSourceFile(written);
    const diagnostics = [
      ...program.getSyntacticDiagnostics(source),
      ...program.getSemanticDiagnostics(source),
    ];
    return diagnostics.map((d) => ({
      file,
      line: line + (source?.getLineAndCharacterOfPosition(d.start ?? 0).line ?? 0),
      message: ts.flattenDiagnosticMessageText(d.messageText, '\n  '),
    }));
  };
}

function silenceFaults({ file, line, silent, made }: Prepared): Fault[] {
  if (silent || made.shows) return [];
  return [
    {
      file,
      line,
      message: 'shows nothing: state a value, or mark it no-output',
    },
  ];
}

function runAll(examples: readonly Prepared[], dir: string): Fault[] {
  if (examples.length === 0) return [];
  const job: Job = {
    guarded: [join(top, 'src/'), dir],
    examples: examples.map((e) => ({
      path: e.run,
      claims: e.made.claims.map((c) => c.text),
    })),
  };
  const jobFile = join(dir, 'job.json');
  writeFileSync(jobFile, JSON.stringify(job));
  const child = spawnSync(
    process.execPath,
    ['--import', 'tsx', join(top, 'test/doc-examples-child.ts'), jobFile],
    { cwd: top, encoding: 'utf8' },
  );
  const out = `${jobFile}.out`;
  const answers = existsSync(out) ? readFileSync(out, 'utf8').split('\n').slice(0, -1) : [];
  return examples.flatMap((e, i) => {
    const answer = answers[i];
    if (answer === undefined) {
      // The process ended under this example, or under one before it.
      const why = i === answers.length ? `ends the process: ${child.stderr}` : 'was never reached';
      return [{ file: e.file, line: e.line, message: why }];
    }
    return (JSON.parse(answer) as Complaint[]).map(({ claim, message }) => ({
      file: e.file,
      line: e.line + (claim === undefined ? 0 : (e.made.claims[claim]?.line ?? 1) - 1),
      message,
    }));
  });
}
