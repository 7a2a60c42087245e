/** Every example prints what is recorded beside it, and does the same on every computer. */
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { checkExample } from './determinism.js';
import { filesBelow, top } from './files.js';

const examples = filesBelow(['examples'], /(?<!\.test)\.ts$/);

describe('examples', () => {
  test('are there, numbered', () => {
    expect(examples).not.toEqual([]);
    expect(examples.filter((path) => !/^examples\/\d\d-[a-z0-9-]+\.ts$/.test(path))).toEqual([]);
  });

  test.each(examples)('%s', (path) => {
    expect(checkExample(join(top, path))).toEqual([]);
  });
});
