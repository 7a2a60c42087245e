/**
 * `npm run bench [-- --json] [-- --only GLOB]`: measures the rows of every *.bench.ts here and
 * exits with 1 when a limit is missed. Each file exports `rows(): Row[]`.
 *
 * Compiled before it runs: a loader that compiles on the way makes typed arrays slower, for the
 * engine asks at each access whether a buffer has been transferred, once any has.
 */
import { readdirSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { lineOf, measure, type Measured, type Row } from './harness.js';

const { values } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    /** Rows whose name, or whose file, matches: `*` stands for anything. */
    only: { type: 'string', default: '*' },
  },
});
const parts = values.only.split('*').map((p) => p.replace(/[.+?^${}()|[\]\\]/g, '\\$&'));
const wanted = new RegExp(`^${parts.join('.*')}$`);

const results: Measured[] = [];
for (const file of readdirSync(new URL('.', import.meta.url)).sort()) {
  const named = /^(.+)\.bench\.[jt]s$/.exec(file)?.[1];
  if (named === undefined) continue;
  const { rows } = (await import(new URL(file, import.meta.url).href)) as { rows: () => Row[] };
  for (const row of rows()) {
    if (!wanted.test(row.name) && !wanted.test(named)) continue;
    const result = await measure(row);
    results.push(result);
    if (!values.json) console.log(lineOf(result));
  }
}
const missed = results.filter((r) => !r.held).length;
if (values.json) console.log(JSON.stringify(results, undefined, 2));
else console.log(`${results.length} rows, ${missed} limits missed`);
// A bench that measured nothing has shown nothing.
process.exitCode = missed > 0 || results.length === 0 ? 1 : 0;
