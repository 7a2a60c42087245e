/**
 * What explains a break: each quirk by itself breaks the clause, and without any of them the kernel
 * keeps it.
 */
import { describe, expect, it } from 'vitest';
import { breaksOf, kernelBreaks, lawful } from '../../src/conformance/breaks.js';
import { checks } from '../../src/conformance/checks.js';
import type { ClauseCheck } from '../../src/conformance/clause.js';
import { modelLaboratory, modelSystems, type Switches } from '../../src/conformance/model.js';
import { judged } from '../../src/conformance/table.js';
import { quirkTable, type Quirk } from '../../src/sys/quirks.js';

const table: readonly Quirk[] = quirkTable;
const contract = modelSystems.find((s) => s.kernel === 'contract');
if (contract === undefined) throw new Error('there is no contract');

function checkOf(clause: string): ClauseCheck {
  const found = checks.find((c) => c.id === clause);
  if (found === undefined) throw new Error(`${clause} has no check`);
  return found;
}

/** A quirk and everything it depends on, switched on. */
function closure(id: string): Switches {
  const needed = table.find((q) => q.id === id)?.dependsOn ?? [];
  return Object.assign({ [id]: true }, ...needed.map(closure)) as Switches;
}

/** Quirks and everything that depends on them, switched off. */
function without(ids: readonly string[]): Switches {
  const off = new Set(ids);
  for (let size = -1; size !== off.size;) {
    size = off.size;
    for (const q of table) if (q.dependsOn.some((id) => off.has(id))) off.add(q.id);
  }
  return Object.fromEntries([...off].map((id) => [id, false]));
}

describe('a quirk by itself breaks the clause', () => {
  for (const { clause, causes } of kernelBreaks) {
    it.each(causes.map((c) => c.quirk))(`${clause}: %s`, async (quirk) => {
      const laboratory = modelLaboratory(contract, closure(quirk));
      const row = await judged(laboratory, checkOf(clause), () => [quirk]);
      expect(row.verdict, row.why).toBe('breaks');
    });
  }
});

describe('without its quirks a kernel keeps the clause', () => {
  for (const system of modelSystems) {
    for (const { clause } of kernelBreaks) {
      const quirks = breaksOf(system, clause);
      if (quirks.length === 0) continue;
      it(`${clause} (${system.kernel})`, async () => {
        const laboratory = modelLaboratory(system, without(quirks));
        const row = await judged(laboratory, checkOf(clause));
        expect(row.verdict, row.why).toBe('holds');
      });
    }
  }
});

describe('the tables', () => {
  it('no clause is twice in the table of breaks', () => {
    const clauses = kernelBreaks.map((b) => b.clause);
    expect(clauses.filter((c, i) => clauses.indexOf(c) !== i)).toEqual([]);
  });

  it('every quirk breaks a clause, or is lawful, and not both', () => {
    const breaking = new Set<string>(kernelBreaks.flatMap((b) => b.causes.map((c) => c.quirk)));
    const wrong = table.filter((q) => breaking.has(q.id) === q.id in lawful);
    expect(wrong.map((q) => q.id)).toEqual([]);
  });
});
