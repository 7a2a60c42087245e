/** The layers' configuration fires: each rule has a small tree that breaks it and no other. */
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';

const top = fileURLToPath(new URL('..', import.meta.url));

interface Summary {
  summary: {
    violations: { rule: { name: string }; from: string; to: string }[];
  };
}

/** The violations in a tree of files, each as `rule: from -> to`. */
function violations(files: Readonly<Record<string, string>>): string[] {
  const tree = mkdtempSync(join(tmpdir(), 'layers-'));
  try {
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(dirname(join(tree, path)), { recursive: true });
      writeFileSync(join(tree, path), text);
    }
    cpSync(join(top, 'tsconfig.json'), join(tree, 'tsconfig.json'));
    writeFileSync(join(tree, 'package.json'), '{"type": "module"}');
    symlinkSync(join(top, 'node_modules'), join(tree, 'node_modules'));
    const json = execFileSync(
      process.execPath,
      [
        join(top, 'node_modules/dependency-cruiser/bin/dependency-cruise.mjs'),
        ...['--config', join(top, 'test/layers.config.cjs')],
        ...['--output-type', 'json', 'src'],
      ],
      { cwd: tree, encoding: 'utf8' },
    );
    const { summary } = JSON.parse(json) as Summary;
    return summary.violations.map((v) => `${v.rule.name}: ${v.from} -> ${v.to}`);
  } finally {
    rmSync(tree, { recursive: true });
  }
}

const clean = {
  'src/sys/a.ts': "import type { Result } from 'neverthrow';\nexport type A = Result<1, 2>;\n",
  'src/vmem/b.ts': "import type { A } from '../sys/a.js';\nexport type B = A;\n",
};

describe('the layers', () => {
  test('let a downward import pass', () => {
    expect(violations(clean)).toEqual([]);
  });

  test('refuse a type-only import uphill', () => {
    const files = {
      'src/vmem/b.ts': 'export type B = 1;\n',
      'src/sys/a.ts': "import type { B } from '../vmem/b.js';\nexport type A = B;\n",
    };
    expect(violations(files)).toEqual(['sys-imports-downwards: src/sys/a.ts -> src/vmem/b.ts']);
  });

  test('refuse a type-only cycle', () => {
    const files = {
      'src/sys/a.ts': "import type { B } from './b.js';\nexport type A = B | 1;\n",
      'src/sys/b.ts': "import type { A } from './a.js';\nexport type B = A[];\n",
    };
    const rules = new Set(violations(files).map((v) => v.split(':')[0]));
    expect([...rules]).toEqual(['no-cycles']);
  });

  test('refuse a driver that reaches past the DDI', () => {
    const files = {
      ...clean,
      'src/machine/m.ts': "export type { A } from '../sys/a.js';\n",
      'src/drivers/d.ts': "export type { A } from '../machine/m.js';\n",
    };
    expect(violations(files)).toEqual([
      'drivers-imports-downwards: src/drivers/d.ts -> src/machine/m.ts',
    ]);
  });

  test('refuse machines behind the front door', () => {
    const files = {
      ...clean,
      'src/platforms/p.ts': "export type { A } from '../sys/a.js';\n",
      'src/index.ts': "export type { A } from './platforms/p.js';\n",
    };
    expect(violations(files)).toEqual(['index-opens-on-ddi: src/index.ts -> src/platforms/p.ts']);
  });

  test('refuse a folder nobody placed', () => {
    const files = {
      'src/attic/a.ts': 'export const a = 1;\n',
      'src/cli/main.ts': "export { a } from '../attic/a.js';\n",
    };
    expect(violations(files)).toEqual(['known-folders: src/cli/main.ts -> src/attic/a.ts']);
  });

  test('refuse an orphan', () => {
    const files = { ...clean, 'src/sys/z.ts': 'export type Z = 1;\n' };
    expect(violations(files)).toEqual(['no-orphans: src/sys/z.ts -> src/sys/z.ts']);
  });

  test('refuse the host outside the command line, and other packages anywhere', () => {
    const files = {
      'src/cli/main.ts': "import 'node:fs';\nexport { x } from '../machine/x.js';\n",
      'src/machine/x.ts': "import 'node:fs';\nimport 'fast-check';\nexport const x = 1;\n",
    };
    const found = violations(files).map((v) => v.split(' -> ')[0]);
    expect(found.sort()).toEqual([
      'no-host-below-programs: src/machine/x.ts',
      'one-runtime-dependency: src/machine/x.ts',
    ]);
  });

  test('refuse an import of nothing', () => {
    const files = {
      ...clean,
      'src/vmem/b.ts': "export type { A } from '../sys/gone.js';\n",
    };
    expect(violations(files)).toContain('no-unresolved: src/vmem/b.ts -> ../sys/gone.js');
  });
});
