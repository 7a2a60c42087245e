/** Every clause check on every system of ours: the clause id is the title. */
import { describe, expect, it } from 'vitest';
import { breaksOf } from '../../src/conformance/breaks.js';
import { checks } from '../../src/conformance/checks.js';
import { deliveredPages } from '../../src/conformance/clause.js';
import { modelLaboratory, modelSystems } from '../../src/conformance/model.js';
import { pending } from '../../src/conformance/pending.js';
import { audit, checksFor, fails, judged } from '../../src/conformance/table.js';
import { clauses } from '../../src/sys/clauses.js';

for (const system of modelSystems) {
  describe(`${system.platform} ${system.kernel}`, () => {
    it('the list of clauses is whole', () => {
      const parts = { registry: clauses, delivered: deliveredPages, checks, pending };
      expect(audit(parts, system)).toEqual([]);
    });
    for (const check of checksFor(checks, system)) {
      const quirks = breaksOf(system, check.id);
      it(quirks.length === 0 ? check.id : `${check.id} breaks: ${quirks.join(', ')}`, async () => {
        const { verdict, why } = await judged(modelLaboratory(system), check, breaksOf);
        expect(fails(verdict), `${verdict}: ${why}`).toBe(false);
      });
    }
  });
}
