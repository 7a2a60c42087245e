/**
 * `npm run examples:update`: records what the examples print now, and draws their pictures again.
 * Read the diff first.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { recordOf, runExample } from './determinism.js';
import { filesBelow, textOf, top } from './files.js';
import { redrawn } from './pictures.js';

for (const path of filesBelow(['examples'], /(?<!\.test)\.ts$/)) {
  const { status, out, err } = runExample(join(top, path));
  if (status !== 0) throw new Error(`${path}: ${err}`);
  writeFileSync(recordOf(join(top, path)), out);
  console.log(`${recordOf(path)}: ${out.split('\n').length - 1} lines`);
}

for (const path of filesBelow(['examples'], /\.svg$/)) {
  writeFileSync(join(top, path), await redrawn(textOf(path)));
  console.log(path);
}
