/**
 * Runs one example in this process: `tsx test/determinism-child.ts EXAMPLE`. What the example
 * prints is its output; the trace hash of the `machine` it exports goes to descriptor 3.
 */
import { writeSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { top } from './files.js';
import { guard } from './guard.js';

const example = process.argv[2];
if (example === undefined) throw new Error('usage: determinism-child.ts EXAMPLE');
guard([join(top, 'src/'), dirname(example)]);

const { machine } = (await import(pathToFileURL(example).href)) as {
  machine?: { traceHash(): unknown };
};
if (machine !== undefined) writeSync(3, String(machine.traceHash()));
