/** Every recorded case, replayed under the rule books of both kernels. */
import { describe, expect, test } from 'vitest';
import { differenceText } from '../../src/replay/compare.js';
import { families, type Family } from '../../src/replay/recording.js';
import { Replayer } from '../../src/replay/replay.js';
import { Report } from '../../src/replay/report.js';
import { casesOf } from './recordings.js';

/** Differences shown of a family; there may be thousands. */
const SHOWN = 20;
/** Cases the recorder marked as meaning nothing. */
const spoilt: Readonly<Record<string, number>> = { 'bind production': 18 };

async function replayAll(family: Family, kernel: 'production' | 'debug'): Promise<Report> {
  const replayer = new Replayer(kernel);
  const report = new Report(kernel);
  for (const [i, recorded] of casesOf(family).entries()) {
    report.add(family, i + 1, await replayer.replay(recorded));
  }
  return report;
}

for (const kernel of ['production', 'debug'] as const) {
  describe(`the ${kernel} kernel`, () => {
    for (const family of families) {
      test(`is replayed: ${family}`, async ({ task }) => {
        const report = await replayAll(family, kernel);
        const tally = report.tallies.get(family);
        const aside = Object.values(tally?.notComparable ?? {}).reduce((sum, n) => sum + n, 0);
        // For whoever reports: this is one test, and so many cases.
        const [counts = ''] = report
          .text(0)
          .split('\n')
          .filter((line) => line.startsWith(family));
        const set = aside === 0 ? '' : `, ${aside} not comparable`;
        Object.assign(task.meta, { counts: `${kernel.padEnd(10)} ${counts}${set}` });
        console.log(`${kernel.padEnd(10)} ${counts}${set}`);
        const lines = report.differing.flatMap(({ outcome }) =>
          outcome.differences.map((d) => `${outcome.id} ${differenceText(d)}`),
        );
        expect(lines.slice(0, SHOWN)).toEqual([]);
        expect(aside).toBe(spoilt[`${family} ${kernel}`] ?? 0);
        expect((tally?.agree ?? 0) + aside).toBe(casesOf(family).length);
      });
    }
  });
}
