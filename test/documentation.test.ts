/** What the documentation shows is true: README, TSDoc and man pages. */
import { describe, expect, test } from 'vitest';
import { checkExamples, documentation } from './doc-examples.js';

const verdicts = checkExamples(documentation(), 'documentation');

describe('examples of the documentation', () => {
  test.each(verdicts.map((v) => [v.place, v.failures] as const))('%s', (_place, failures) => {
    expect(failures).toEqual([]);
  });

  test.each(['README.md', 'src/', 'man/'])('are in %s', (home) => {
    expect(verdicts.filter((v) => v.place.startsWith(home))).not.toEqual([]);
  });
});
