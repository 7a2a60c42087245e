/** The house's own restrictions fire where they should, and only there. */
import { ESLint, Linter } from 'eslint';
import { parser } from 'typescript-eslint';
import { beforeAll, describe, expect, test } from 'vitest';
import { top } from '../files.js';

type Rules = Linter.RulesRecord;

describe('restrictions', () => {
  const rulesFor = new Map<string, Rules>();
  beforeAll(async () => {
    const eslint = new ESLint({ cwd: top, overrideConfigFile: 'test/eslint.config.js' });
    for (const file of ['src/machine/x.ts', 'src/cli/x.ts', 'test/x.ts']) {
      const { rules } = (await eslint.calculateConfigForFile(file)) as { rules: Rules };
      const ours = Object.entries(rules).filter(([name]) => name.startsWith('no-restricted-'));
      rulesFor.set(file, Object.fromEntries(ours));
    }
  });

  const fires = (file: string, code: string): boolean => {
    const rules = rulesFor.get(file);
    if (rules === undefined) throw new Error(`no rules for ${file}`);
    const messages = new Linter().verify(
      code,
      { files: ['**/*.ts'], languageOptions: { parser }, rules },
      { filename: 'x.ts' },
    );
    expect(messages.filter((m) => m.fatal === true)).toEqual([]);
    return messages.length > 0;
  };

  test.each([
    'Date.now();',
    'new Date();',
    'Date();',
    'Math.random();',
    'performance.now();',
    'setTimeout(f, 1);',
    'setInterval(f, 1);',
    'crypto.randomUUID();',
    'process.hrtime();',
    'globalThis.x;',
  ])('the host, below the programs: %s', (code) => {
    expect(fires('src/machine/x.ts', code)).toBe(true);
    expect(fires('src/cli/x.ts', code)).toBe(false);
  });

  test.each([
    'let n = 0;',
    'export let n = 0;',
    'var n = 0;',
    'const seen = new Map();',
    'export const seen = new WeakSet();',
    'const seen: Map<string, number> = new Map();',
  ])('state at module level, in src: %s', (code) => {
    expect(fires('src/machine/x.ts', code)).toBe(true);
    expect(fires('src/cli/x.ts', code)).toBe(true);
    expect(fires('test/x.ts', code)).toBe(false);
  });

  test.each([
    'const table: ReadonlyMap<string, number> = new Map();',
    'export const names: ReadonlySet<string> = new Set();',
    'export function f() { let n = 0; return [n, new Map()]; }',
    'const clock = { now: 1 }; clock.now;',
  ])('no state: %s', (code) => {
    expect(fires('src/machine/x.ts', code)).toBe(false);
  });

  test.each(['export default 1;', 'enum E { A }', 'export const enum E { A }'])(
    'nowhere: %s',
    (code) => {
      for (const file of rulesFor.keys()) expect(fires(file, code)).toBe(true);
    },
  );
});
