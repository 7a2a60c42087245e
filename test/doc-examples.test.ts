/** Examples that lie are caught, wherever they stand; honest ones pass. */
import { beforeAll, describe, expect, test } from 'vitest';
import { agrees, shown } from './doc-examples-compare.js';
import { extract } from './doc-examples-extract.js';
import { instrument } from './doc-examples-instrument.js';
import { checkExamples, type Verdict } from './doc-examples.js';

const fence = (code: string, info = 'ts'): string => `Text.\n\n\`\`\`${info}\n${code}\n\`\`\`\n`;

describe('finding examples', () => {
  test('in Markdown, with their lines', () => {
    const shell = fence('npm test', 'sh');
    const text = `# T\n\n${fence('f(); // 1')}${shell}${fence('g();', 'ts no-output')}`;
    expect(extract('R.md', text)).toEqual({
      examples: [
        { file: 'R.md', line: 6, code: 'f(); // 1', silent: false },
        { file: 'R.md', line: 16, code: 'g();', silent: true },
      ],
      faults: [],
    });
  });

  test('in TSDoc, without the stars', () => {
    const text = [
      'const a = 1;',
      '/**',
      ' * Says a.',
      ' *',
      ' * @example',
      ' * ```ts',
      ' * if (a) {',
      ' *   a; // 1',
      ' * }',
      ' * ```',
      ' */',
    ].join('\n');
    expect(extract('a.ts', text)).toEqual({
      examples: [
        {
          file: 'a.ts',
          line: 7,
          code: 'if (a) {\n  a; // 1\n}',
          silent: false,
        },
      ],
      faults: [],
    });
  });

  test('in man pages, decoded', () => {
    const text = [
      '.Sh EXAMPLES',
      '.\\" ts',
      '.Bd -literal -offset indent',
      "const s = 'a\\en'; // 'a\\en'",
      '\\&.5 \\- 1; // \\-0.5',
      '.Ed',
      '.Bd -literal',
      'not an example',
      '.Ed',
    ].join('\n');
    expect(extract('man/p.9f', text)).toEqual({
      examples: [
        {
          file: 'man/p.9f',
          line: 4,
          code: "const s = 'a\\n'; // 'a\\n'\n.5 - 1; // -0.5",
          silent: false,
        },
      ],
      faults: [],
    });
  });

  test.each([
    ['R.md', '```ts\nf();', 'the fence is never closed'],
    ['R.md', fence('f();', 'typescript'), 'write ```ts, not ```typescript'],
    ['a.ts', '/**\n * @example\n * f();\n */', '@example without a ```ts fence'],
    ['p.9f', '.\\" ts\nf();', 'no .Bd -literal follows the mark'],
    ['p.9f', '.\\" ts\n.Bd -literal\nf();', 'the display is never closed'],
    ['p.9f', '.\\" ts\n.Bd -literal\n.Pp\n.Ed', 'an escape or request not known here'],
    ['p.9f', '.\\" ts\n.Bd -literal\n\\fBx\n.Ed', 'an escape or request not known here'],
  ])('refuses what is none: %s %j', (file, text, message) => {
    expect(extract(file, text).faults.map((f) => f.message)).toEqual([message]);
  });
});

describe('comparing a value with a comment', () => {
  test.each<[string, unknown]>([
    ['4', 4],
    ['undefined', undefined],
    ['0x1000', 4096],
    ['0x1000', 4096n],
    ['0x1000n', 4096n],
    ['-0x8', -8],
    ['4096n', 4096n],
    ["'DDI'", 'DDI'],
    ['"DDI"', 'DDI'],
    ['[ 1, 2 ]', [1, 2]],
    ['[1, 2]', [1, 2]],
    ['{ size: 0x1000n, type: 0 }', { size: 4096n, type: 0 }],
    ['true', true],
  ])('%s is it', (comment, value) => {
    expect(agrees(comment, value)).toBe(true);
  });

  test.each<[string, unknown]>([
    ['5', 4],
    ['0x1001', 4096],
    ['0x1000n', 4096],
    ['4096', 4096n],
    ['DDI', 'DDI'],
    ['[1, 2]', [1, 3]],
    ['{ size: 0x1000n }', { size: 4096n, type: 0 }],
    ['the size', 4],
    ['throw 1', undefined],
  ])('%s is not it', (comment, value) => {
    expect(agrees(comment, value)).toBe(false);
  });

  test('shows objects on one line', () => {
    const value = { a: 'x'.repeat(80), b: [1n, 'y'.repeat(80)] };
    expect(shown(value)).not.toContain('\n');
  });
});

test('instrumenting keeps lines and nests', () => {
  const code = 'await f(async () => {\n  const x = g(); // 1\n  h(x); // 2\n}); // 3';
  const made = instrument(code);
  expect(made.claims).toEqual([
    { line: 4, text: '3' },
    { line: 2, text: '1' },
    { line: 3, text: '2' },
  ]);
  expect(made.code.split('\n')).toHaveLength(4);
});

describe('running examples', () => {
  const cases: Readonly<Record<string, { code: string; info?: string; wrong?: string }>> = {
    'a true comment': { code: 'const x: number = 1 + 1; // 2' },
    'a false comment': {
      code: 'const x = 1 + 1; // 3',
      wrong: ':4: says 3, is 2',
    },
    'a false expression': { code: '\n1 + 1; // 3', wrong: ':5: says 3, is 2' },
    'a true print': { code: "console.log('a', 1); // a 1" },
    'a false print': {
      code: "console.log('a', 1); // b 1",
      wrong: 'says b 1, is a 1',
    },
    'what is bound': {
      code: 'const { a, b: [c] } = { a: 1, b: [2] }; // { a: 1, c: 2 }',
    },
    'a comment on nothing': {
      code: 'let f = () => {\n  1; // 1\n};',
      wrong: ':5: this line never ran',
    },
    'top-level await': { code: 'await Promise.resolve(7); // 7' },
    'a comment on a statement above': { code: '// why\nlet x = 1;\nx; // 1' },
    'a type error': {
      code: "const x: number = 'a'; // 'a'",
      wrong: "Type 'string'",
    },
    'a syntax error': { code: 'const = ; // 1', wrong: 'throws' },
    'a throw': {
      code: "throw new Error('boo'); console.log(1);",
      wrong: 'boo',
    },
    'the host clock': {
      code: 'typeof Date.now(); // "number"',
      wrong: 'not determined',
    },
    silence: { code: 'const x = 1;', wrong: 'shows nothing' },
    'silence that is meant': { code: 'const x = 1;', info: 'ts no-output' },
    'the package by its name': {
      code: "import { DDI_SUCCESS } from 'ddi-dma';\nDDI_SUCCESS; // 0",
    },
    'the machines by their name': {
      code: "import { boot } from 'ddi-dma/machine';\ntypeof boot; // 'function'",
    },
    'a neighbour of its file': {
      code: "import { discard } from './src/sys/result.js';\ntypeof discard; // 'function'",
    },
    'names used before': { code: 'const x = 5; // 5' },
  };
  let verdicts: Verdict[];
  beforeAll(() => {
    const files = Object.entries(cases).map(
      ([title, { code, info }]) => [`${title}.md`, fence(code, info)] as const,
    );
    verdicts = checkExamples(new Map(files), 'doc-examples-test');
  });

  test.each(Object.entries(cases))('%s', (title, { wrong }) => {
    const verdict = verdicts.find((v) => v.place === `${title}.md:4`);
    if (wrong === undefined) expect(verdict?.failures).toEqual([]);
    else expect(verdict?.failures.join('\n')).toContain(wrong);
  });

  test('an example that ends the process fails, and those behind it', () => {
    const files = new Map([
      ['a.md', fence('1; // 1')],
      ['b.md', fence('console.log(process.exit());')],
      ['c.md', fence('1; // 1')],
    ]);
    expect(checkExamples(files, 'doc-examples-exit').map((v) => v.failures)).toEqual([
      [],
      [expect.stringContaining('b.md:4: ends the process')],
      ['c.md:4: was never reached'],
    ]);
  });
});
