/** The arithmetic of the bench; no time is measured against a limit here. */
import { expect, test } from 'vitest';
import { holds, lineOf, measure, quantile, row } from './harness.js';

test('quantiles', () => {
  expect(quantile([3, 1, 2], 0.5)).toBe(2);
  expect(quantile([4, 1, 2, 3], 0.5)).toBe(2.5);
  expect(quantile([1, 2, 3, 4, 5], 0.25)).toBe(2);
});

test('limits', () => {
  expect(holds({}, 9, 9)).toBe(true);
  expect(holds({ ratioAtMost: 1.6 }, 1.6, 9)).toBe(true);
  expect(holds({ ratioAtMost: 1.6 }, 1.7, 9)).toBe(false);
  expect(holds({ fasterAtLeast: 4 }, 0.25, 9)).toBe(true);
  expect(holds({ fasterAtLeast: 4 }, 0.26, 9)).toBe(false);
  expect(holds({ nsAtMost: 70 }, 1, 71)).toBe(false);
  expect(holds({ ratioAtMost: NaN }, 1, 1)).toBe(false);
});

test('a row calls both sides and says whom it is measured against', async () => {
  const calls = { ours: 0, theirs: 0 };
  const measured = await measure(
    row({
      name: 'row',
      twin: 'its twin',
      limit: { ratioAtMost: Infinity },
      a: () => {
        calls.ours++;
      },
      b: () => {
        calls.theirs++;
      },
      note: () => 'noted',
    }),
    { pairs: 3, sampleMs: 0.01 },
  );
  expect(calls.ours).toBeGreaterThan(3);
  expect(calls.theirs).toBeGreaterThan(3);
  expect(measured.held).toBe(true);
  expect(lineOf(measured)).toMatch(/row {2}ok: at most Infinityx\n.*against its twin\n.*\n.*noted/);
});
