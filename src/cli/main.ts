#!/usr/bin/env node
/**
 * The command line: one verb, its options, an exit code.
 *
 * 0: everything is as the pages say. 1: something is not. 2: the command line or a file could not
 * be understood; then nothing was run. Output goes to standard output, complaints and progress to
 * standard error, so that the output of every verb can be piped.
 */
import { readFileSync, realpathSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { conform, conformUsage } from './conform.js';
import { corpus } from './corpus.js';
import { coverage } from './coverage.js';
import { draw } from './draw.js';
import { faults } from './faults.js';
import { man } from './man.js';
import { quirks } from './quirks.js';
import { replay } from './replay.js';
import { EXIT_OK, EXIT_USAGE, UsageError } from './verb.js';
import type { CliIo, Verb } from './verb.js';

const verbs: Readonly<Record<string, Verb>> = {
  corpus,
  conform: {
    summary: 'run every clause check and print the table',
    help: conformUsage,
    async run(args, io) {
      let text = '';
      const code = await conform(args, (part) => {
        text += part;
      });
      (code === EXIT_USAGE ? io.err : io.out)(text);
      return code;
    },
  },
  coverage,
  faults,
  quirks,
  draw,
  replay,
  man,
};

function usage(): string {
  const names = Object.keys(verbs);
  const width = Math.max(...names.map((n) => n.length));
  const rows = Object.entries(verbs).map(([n, v]) => `  ${n.padEnd(width)}  ${v.summary}\n`);
  return (
    'usage: ddi-dma VERB [options]\n\n' +
    rows.join('') +
    '\nddi-dma VERB --help tells the options of a verb, ddi-dma man ddi-dma.1 all of it.\n'
  );
}

function version(): string {
  const file = new URL('../../package.json', import.meta.url);
  const manifest = JSON.parse(readFileSync(file, 'utf8')) as { version: string };
  return `ddi-dma ${manifest.version}\n`;
}

/**
 * Runs one command line.
 *
 * @param args - the arguments after the program's own name
 * @param io - where to write
 * @returns the exit code
 */
export async function main(args: readonly string[], io: CliIo): Promise<number> {
  const [name, ...rest] = args;
  if (name === '--version' || name === '-V') {
    io.out(version());
    return EXIT_OK;
  }
  if (name === undefined || name === '--help' || name === '-h' || name === 'help') {
    (name === undefined ? io.err : io.out)(usage());
    return name === undefined ? EXIT_USAGE : EXIT_OK;
  }
  const verb = Object.hasOwn(verbs, name) ? verbs[name] : undefined;
  if (verb === undefined) {
    io.err(`ddi-dma: there is no verb "${name}"\n\n${usage()}`);
    return EXIT_USAGE;
  }
  if (rest.includes('--help') || rest.includes('-h')) {
    io.out(verb.help);
    return EXIT_OK;
  }
  try {
    return await verb.run(rest, io);
  } catch (e) {
    if (!isComplaint(e)) throw e;
    io.err(`ddi-dma ${name}: ${e.message}\nddi-dma ${name} --help tells the options.\n`);
    return EXIT_USAGE;
  }
}

/** Ours, and what node:util's parseArgs throws at arguments it does not know. */
function isComplaint(e: unknown): e is Error {
  if (e instanceof UsageError) return true;
  const code: unknown = e instanceof Error && 'code' in e ? e.code : undefined;
  return typeof code === 'string' && code.startsWith('ERR_PARSE_ARGS_');
}

/** Whether this file is the program, rather than imported by one. */
function isProgram(): boolean {
  const [, script] = process.argv;
  return script !== undefined && import.meta.url === pathToFileURL(realpathSync(script)).href;
}

if (isProgram()) {
  // A reader that goes away (`ddi-dma corpus | head`) is no failure of ours.
  process.stdout.on('error', (e: NodeJS.ErrnoException) => {
    if (e.code !== 'EPIPE') throw e;
    process.exit();
  });
  process.exitCode = await main(process.argv.slice(2), {
    out: (text) => process.stdout.write(text),
    err: (text) => process.stderr.write(text),
    errIsTerminal: process.stderr.isTTY,
  });
}
