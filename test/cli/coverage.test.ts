/** The verb `coverage` prints what was counted. */
import { describe, expect, it } from 'vitest';
import { coverageOf, packageOffers, productUsage } from '../../src/corpus/coverage.js';
import { ddiDma } from './io.js';

const counted = coverageOf(productUsage(), packageOffers());

describe('ddi-dma coverage', () => {
  it('prints totals, families and what is missing', async () => {
    const { code, out, err } = await ddiDma(['coverage']);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    const { functions, drivers, families, missing } = counted;
    const [head, ...blocks] = out.trimEnd().split('\n\n');
    expect(head?.split('\n')).toEqual([
      `${functions.offered} of 83 DMA and access functions that drivers call`,
      `${drivers.covered} of 161 drivers find all they call`,
      counted.source,
    ]);
    const rows = (block = ''): string[][] =>
      block.split('\n').map((row) => row.trim().split(/ {2,}/));
    expect(rows(blocks[0])).toEqual([
      ['family', 'called', 'here'],
      ...families.map((f) => [f.family, String(f.called), String(f.offered)]),
    ]);
    if (missing.length === 0) expect(blocks).toHaveLength(1);
    else {
      expect(rows(blocks[1])).toEqual([
        ['missing', 'drivers that wait'],
        ...missing.map((m) => [m.name, String(m.drivers.length)]),
      ]);
    }
  });

  it('prints JSON that is JSON', async () => {
    const { code, out } = await ddiDma(['coverage', '--json']);
    expect(code).toBe(0);
    expect(JSON.parse(out)).toEqual(counted);
  });

  it('takes nothing else', async () => {
    for (const args of [['--file', 'x'], ['extra'], ['--json=yes']]) {
      const { code, out, err } = await ddiDma(['coverage', ...args]);
      expect({ code, out }, args.join(' ')).toEqual({ code: 2, out: '' });
      expect(err).toMatch(/^ddi-dma coverage: /);
    }
  });
});
