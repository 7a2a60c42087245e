/** The verb `quirks` tells of all quirks, and of nothing else. */
import { describe, expect, it } from 'vitest';
import { clauses } from '../../src/sys/clauses.js';
import { quirkTable, ruleBookNames, type Quirk } from '../../src/sys/quirks.js';
import { ddiDma } from './io.js';

const table: readonly Quirk[] = quirkTable;

describe('ddi-dma quirks', () => {
  it('shows every quirk with page, effect, books, source and evidence', async () => {
    const { code, out, err } = await ddiDma(['quirks']);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out).toMatch(new RegExp(`^${table.length} quirks: \\d+ recorded, \\d+ read`));
    const blocks = new Map(
      out
        .split('\n\n')
        .slice(1)
        .map((block) => [block.slice(0, block.indexOf('\n')), block.replace(/\s+/g, ' ')]),
    );
    expect([...blocks.keys()]).toEqual(table.map((q) => q.id));
    for (const { id, title, effect, source, books, dependsOn, evidence } of table) {
      const wanted = [title, effect, source, `${books.join(', ')}; ${evidence}`, ...dependsOn];
      for (const text of wanted) expect(blocks.get(id), id).toContain(text);
    }
  });

  it('cites pages as people do', async () => {
    const { out } = await ddiDma(['quirks']);
    expect(out).toMatch(/^ {2}page {6}ddi_dma_attr\(9S\) CM-1$/m);
    expect(out).toMatch(/^ {2}breaks {4}ddi_dma_\w+\(9F\) [A-Z]+-\d+/m);
  });

  it('keeps to a hundred columns', async () => {
    const { out } = await ddiDma(['quirks']);
    expect(out.split('\n').filter((line) => line.length > 100)).toEqual([]);
  });

  it.each(ruleBookNames)('--kernel %s shows what is on there', async (kernel) => {
    const { code, out } = await ddiDma(['quirks', '--kernel', kernel, '--json']);
    expect(code).toBe(0);
    const shown = JSON.parse(out) as Quirk[];
    const wanted = table.filter((q) => q.books.some((book) => book === kernel));
    expect(shown.map((q) => q.id)).toEqual(wanted.map((q) => q.id));
    expect((await ddiDma(['quirks', '--kernel', kernel])).out).toMatch(
      new RegExp(`^${wanted.length} quirks of rule book ${kernel}: `),
    );
  });

  it('--json has the table and the clauses each quirk breaks', async () => {
    const shown = JSON.parse((await ddiDma(['quirks', '--json'])).out) as {
      id: string;
      clause: string;
      breaks: string[];
      lawful?: string;
    }[];
    expect(shown).toMatchObject(table.map((q) => ({ ...q })));
    for (const { id, clause, breaks, lawful } of shown) {
      expect(clauses.has(clause), `${id}: ${clause}`).toBe(true);
      expect(breaks.length === 0, `${id} breaks a clause, or is lawful`).toBe(lawful !== undefined);
    }
  });

  it('refuses arguments that make no sense', async () => {
    for (const args of [['--kernel', 'solaris'], ['--colour'], ['extra']]) {
      const { code, out, err } = await ddiDma(['quirks', ...args]);
      expect({ code, out }).toEqual({ code: 2, out: '' });
      expect(err).toContain('ddi-dma quirks');
    }
  });
});
