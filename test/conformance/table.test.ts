/** The clause table judges its own lists, and the verb `conform` tells. */
import { describe, expect, it } from 'vitest';
import { conform } from '../../src/cli/conform.js';
import { checks } from '../../src/conformance/checks.js';
import { clause, deliveredPages } from '../../src/conformance/clause.js';
import { modelSystems } from '../../src/conformance/model.js';
import { pending, pendingReasons } from '../../src/conformance/pending.js';
import {
  audit,
  clauseTable,
  fails,
  judged,
  runCheck,
  totals,
} from '../../src/conformance/table.js';
import { clauses } from '../../src/sys/clauses.js';
import { ModelBug } from '../../src/sys/errors.js';
import { hollowKinds, hollowLaboratory } from './hollow.js';

const system = { platform: 'paper', kernel: 'none' };
const page = 'ddi_dma_burstsizes.9f';
const registry = new Map([...clauses].filter(([, c]) => c.page === page));
const complete = {
  registry,
  delivered: [page],
  checks: checks.filter((c) => c.id.startsWith(page)),
  pending: pending.filter((p) => p.id.startsWith(page)),
};

describe('the lists', () => {
  it('a complete list has no fault', () => {
    expect(audit(complete, system)).toEqual([]);
  });

  it('a clause that is neither checked nor pending is missing', () => {
    const [first, ...rest] = complete.checks;
    const faults = audit({ ...complete, checks: rest }, system);
    expect(faults.map((r) => [r.clause, r.verdict])).toEqual([[first?.id, 'missing']]);
  });

  it('an id no page has is unknown', () => {
    const stray = clause(`${page}/XX-99`, {}, () => undefined);
    const faults = audit({ ...complete, checks: [...complete.checks, stray] }, system);
    expect(faults.map((r) => [r.clause, r.verdict])).toEqual([[stray.id, 'unknown']]);
  });

  it('a clause checked twice, and one both checked and pending, are doubled', () => {
    const [first] = complete.checks;
    if (first === undefined) throw new Error('the page has checks');
    const twice = audit({ ...complete, checks: [...complete.checks, first] }, system);
    expect(twice.map((r) => [r.clause, r.verdict])).toEqual([[first.id, 'doubled']]);
    const both = [...complete.pending, { id: first.id, reason: 'checker' as const }];
    const faults = audit({ ...complete, pending: both }, system);
    expect(faults.map((r) => [r.clause, r.verdict])).toEqual([[first.id, 'doubled']]);
  });

  it('a check that is not meant for the system does not cover the clause', () => {
    const elsewhere = complete.checks.map((c) => ({ ...c, needs: { on: () => false } }));
    const faults = audit({ ...complete, checks: elsewhere }, system);
    expect(faults.every((r) => r.verdict === 'missing')).toBe(true);
    expect(faults.length).toBe(complete.checks.length);
  });

  it('pages delivered are pages with clauses', () => {
    const pages = new Set([...clauses.values()].map((c) => c.page));
    expect(deliveredPages.filter((p) => !pages.has(p))).toEqual([]);
  });

  it('every reason to wait has clauses that wait', () => {
    const used = new Set(pending.map((p) => p.reason));
    expect(Object.keys(pendingReasons).filter((r) => !used.has(r as never))).toEqual([]);
  });
});

describe('the table', () => {
  it('a broken clause is a row with what was seen', async () => {
    const rows = await clauseTable(complete, hollowLaboratory('throw', system));
    expect(totals(rows).broken).toBe(complete.checks.length);
    expect(rows.find((r) => r.verdict === 'broken')?.why).toMatch(/hollow/);
  });

  it('every case of a check must hold', async () => {
    const seen: string[] = [];
    const check = clause(`${page}/RV-1`, { cases: ['a', 'b', 'c'] }, (_sut, kase) => {
      seen.push(kase);
      if (kase === 'b') throw new Error('b');
    });
    await expect(runCheck(hollowLaboratory('succeed', system), check)).rejects.toThrow('b');
    expect(seen).toEqual(['a', 'b']);
  });

  it('a break that a quirk explains is no failure, and one that it should explain is', async () => {
    const breaks = (): readonly string[] => ['some-quirk'];
    const explained = await clauseTable({ ...complete, breaks }, hollowLaboratory('fail', system));
    const { breaks: n, broken } = totals(explained);
    expect(n + broken).toBe(complete.checks.length);
    expect(n).toBeGreaterThan(0);
    expect(explained.find((r) => r.verdict === 'breaks')?.quirks).toEqual(['some-quirk']);
    const empty = { ...complete, checks: [clause(`${page}/RV-1`, {}, () => undefined)], breaks };
    const held = await clauseTable(empty, hollowLaboratory('succeed', system));
    const row = held.find((r) => r.clause === `${page}/RV-1`);
    expect(row?.verdict).toBe('unexpected');
    expect(fails('unexpected')).toBe(true);
    expect(fails('breaks')).toBe(false);
  });

  it('a defect of the model is never a break that a quirk explains', async () => {
    const bug = clause(`${page}/RV-1`, {}, () => {
      throw new ModelBug('ours');
    });
    const laboratory = hollowLaboratory('succeed', system);
    expect((await judged(laboratory, bug, () => ['some-quirk'])).verdict).toBe('broken');
  });

  it('a check that observes nothing passes on all four hollow systems', async () => {
    const empty = clause(`${page}/RV-1`, {}, () => undefined);
    for (const kind of hollowKinds) await runCheck(hollowLaboratory(kind, system), empty);
  });
});

describe('conform', () => {
  const run = async (...args: string[]): Promise<{ code: number; text: string }> => {
    const parts: string[] = [];
    const code = await conform(args, (text) => parts.push(text));
    return { code, text: parts.join('') };
  };

  it('prints totals first and exits 0 when every clause holds', async () => {
    const { code, text } = await run('--page', 'ddi_dma_burstsizes');
    expect(text).toMatch(/^20 rows: 16 holds, 0 breaks, 4 pending, 0 broken\n/);
    expect(text).toMatch(/^ {2}i86pc debug: 5 rows: 4 holds/m);
    expect(code).toBe(0);
  });

  it('shows what breaks a clause', async () => {
    const { code, text } = await run('--page', 'ddi_dma_sync');
    expect(code).toBe(0);
    expect(text).toMatch(/ AR-4 +i86pc +contract +holds$/m);
    expect(text).toMatch(/ AR-4 +i86pc +production +breaks: sync-by-window$/m);
  });

  it('--kernel keeps to one rule book', async () => {
    const { code, text } = await run('--page', 'ddi_dma_sync', '--kernel', 'debug');
    expect(code).toBe(0);
    expect(text).not.toMatch(/contract|production/);
    expect((await run('--kernel', 'solaris')).code).toBe(2);
  });

  it('--platform keeps to one platform', async () => {
    const { code, text } = await run('--page', 'ddi_dma_sync', '--platform', 'sun4u');
    expect(code).toBe(0);
    expect(text).toMatch(/ AR-4 +sun4u +contract +holds$/m);
    expect(text).not.toMatch(/i86pc/);
    const none = await run('--platform', 'sun4u', '--kernel', 'debug');
    expect(none.code).toBe(2);
    expect(none.text).toContain('there is no "sun4u debug"; there are i86pc contract,');
  });

  it('--json gives totals and rows with page, clause, platform, rule book, verdict', async () => {
    const { text } = await run('--json', '--page', 'ddi_dma_burst*');
    const { totals: counts, rows } = JSON.parse(text) as { totals: object; rows: object[] };
    expect(counts).toMatchObject({ holds: 16, broken: 0 });
    expect(rows[0]).toEqual({
      page,
      clause: `${page}/DS-1`,
      ...modelSystems[0],
      verdict: 'holds',
      why: '',
    });
  });

  it('exits 2 for arguments that make no sense', async () => {
    expect((await run('--page', 'no_such_page')).code).toBe(2);
    const { code, text } = await run('--colour');
    expect(code).toBe(2);
    expect(text).toContain('usage: ddi-dma conform');
    expect((await run('--help')).code).toBe(0);
  });
});
