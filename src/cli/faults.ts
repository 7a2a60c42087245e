/** `ddi-dma faults`: every call of a driver that can fail, failed once, and in pairs. */
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { enumerateFaults, type FaultReport, type Scenario } from '../explore/faults.js';
import { EXIT_OK, EXIT_WRONG, UsageError, type CliIo, type Verb } from './verb.js';

const help = `usage: ddi-dma faults FILE [--runs N] [--pairs N] [--json]

Imports FILE, an ES module that exports \`scenario\`: how to boot, where the device is, its driver
and what to do with it (ddi-dma(1)). Runs it once for every call that can find a resource short or
wake early from cv_wait(9F), with just that call doing so, and once for every pair, and tells what
leaked, stopped or was found.

  --runs N    most runs in all (20000)
  --pairs N   pairs of the first N calls (40); 0: none
  --json      the report as JSON
`;

/** The verb. */
export const faults: Verb = {
  summary: 'fail every call of a driver that can fail',
  help,
  async run(args, io) {
    const options = {
      runs: { type: 'string' },
      pairs: { type: 'string' },
      json: { type: 'boolean', default: false },
    } as const;
    const { values, positionals } = parse(() =>
      parseArgs({ args: [...args], options, allowPositionals: true }),
    );
    const [file, ...more] = positionals;
    if (file === undefined || more.length > 0) throw new UsageError('give one FILE');
    const runs = count('--runs', values.runs);
    const pairSites = count('--pairs', values.pairs);
    const scenario = await load(file);
    const report = await enumerateFaults(scenario, {
      ...(runs !== undefined && { runs }),
      ...(pairSites !== undefined && { pairSites }),
    });
    if (values.json) io.out(`${JSON.stringify(report, null, 2)}\n`);
    else print(file, report, io);
    return report.failures.length === 0 ? EXIT_OK : EXIT_WRONG;
  },
};

function parse<T>(parsing: () => T): T {
  try {
    return parsing();
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

function count(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const n = Number(text);
  if (Number.isSafeInteger(n) && n >= 0) return n;
  throw new UsageError(`${name} must be a number of at least 0, not ${text}`);
}

interface ScenarioModule {
  readonly scenario?: unknown;
}

/** The part of the TypeScript compiler that is needed. */
interface Transpiler {
  transpileModule(
    source: string,
    options: { readonly compilerOptions: Readonly<Record<string, unknown>> },
  ): { readonly outputText: string };
}

/** Imports a module; TypeScript goes through the compiler the file itself would find. */
async function importModule(file: string): Promise<ScenarioModule> {
  const url = pathToFileURL(file);
  if (!/\.m?ts$/.test(file)) return (await import(url.href)) as ScenarioModule;
  const compiler = createRequire(url)('typescript') as Transpiler;
  const compilerOptions = { target: 'ES2022', module: 'ESNext' };
  const { outputText } = compiler.transpileModule(readFileSync(file, 'utf8'), { compilerOptions });
  // Beside the file, so that its imports mean what they mean there.
  const beside = `${file}.${process.pid}.mjs`;
  writeFileSync(beside, outputText);
  try {
    return (await import(pathToFileURL(beside).href)) as ScenarioModule;
  } finally {
    rmSync(beside);
  }
}

async function load(file: string): Promise<Scenario> {
  let module: ScenarioModule;
  try {
    module = await importModule(file);
  } catch (error) {
    throw new UsageError(`${file}: ${error instanceof Error ? error.message : String(error)}`);
  }
  const { scenario } = module;
  if (typeof scenario === 'object' && scenario !== null && 'driver' in scenario) {
    return scenario as Scenario;
  }
  throw new UsageError(`${file} exports no \`scenario\` with boot, at and driver`);
}

function print(file: string, report: FaultReport, io: CliIo): void {
  const { sites, runs, attachFailed, bounded, failures } = report;
  const verdict = failures.length === 0 ? 'nothing wrong' : `${failures.length} WRONG`;
  io.out(`${file}: ${verdict}\n\n`);
  io.out(`  ${sites} calls can find a resource short, or wake early\n`);
  io.out(`  ${runs} runs${bounded ? ', a bound: not every case was run' : ''}\n`);
  io.out(`  ${attachFailed} of them attach failed, and left nothing\n`);
  if (failures.length > 0) io.out('\nWrong\n\n');
  for (const { sites: failed, what, detail } of failures) {
    io.out(`  with call ${failed.join(' and ')} failing: ${what}\n    ${detail}\n`);
  }
}
