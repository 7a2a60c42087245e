/** What an example must not do is noticed. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { checkExample } from './determinism.js';

const machine = 'export const machine = { traceHash: () => 1n };\n';
const print = `// Prints.\nconsole.log('one');\n${machine}`;

describe('an example', () => {
  let dir: string;
  beforeAll(() => {
    dir = mkdtempSync(join(tmpdir(), 'examples-'));
    writeFileSync(join(dir, 'package.json'), '{"type": "module"}');
  });
  afterAll(() => {
    rmSync(dir, { recursive: true });
  });

  test.each<[string, string, string, string[]]>([
    ['prints its record', print, 'one\n', []],
    ['prints another thing', print, 'two\n', ['prints what its .out does not say:\none\n']],
    ['without a comment', print.slice(11), 'one\n', ['the first comment']],
    ['too long', `${print}${'\n'.repeat(78)}`, 'one\n', ['81 lines']],
    ['that throws', "// T\nthrow new Error('boo');", '', ['Error: boo']],
    ['with the host clock', '// T\nnew Date();', '', ['not determined']],
    ['with host randomness', '// T\nMath.random();', '', ['not determined']],
    ['that says where', `// T\nconsole.log(process.env.TZ);${machine}`, 'UTC\n', ['a second run']],
    ['without a machine', "// T\nconsole.log('one');", 'one\n', ['exports no machine']],
    ['whose trace differs', `// T\n${machine.replace('1n', 'process.pid')}`, '', ['trace hashes']],
  ])('%s', (title, code, record, failures) => {
    const path = join(dir, `${title.replaceAll(' ', '-')}.ts`);
    writeFileSync(path, code);
    writeFileSync(path.replace(/ts$/, 'out'), record);
    expect(checkExample(path)).toEqual(failures.map((f) => expect.stringContaining(f) as unknown));
  });
});
