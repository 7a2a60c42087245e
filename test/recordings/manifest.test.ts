/** The recordings are those that were made: every byte, and none but they. */
import { readdirSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { entryOf, home, readManifest } from './pack.js';
import { contentOf } from './recordings.js';

const { files, source } = readManifest();

describe('the manifest', () => {
  test('names every recording, and says what was recorded', () => {
    const packed = readdirSync(home).filter((name) => name.endsWith('.br'));
    expect(files.map((entry) => entry.file)).toEqual(packed.sort());
    expect(files.map((entry) => entry.file)).toContain('bind-a.jsonl.br');
    expect(source).toMatch(/illumos-gate [0-9a-f]{10}/);
  });

  test.each(files.map((entry) => [entry.file, entry] as const))('is true of %s', (file, entry) => {
    expect(entryOf(file, contentOf(file))).toEqual(entry);
    expect(entry.cases).toBeGreaterThan(0);
  });

  test('would not be true of anything else', () => {
    const [first] = files;
    if (first === undefined) throw new Error('there are no recordings');
    const content = contentOf(first.file);
    content[content.length >> 1] = (content[content.length >> 1] ?? 0) ^ 1;
    expect(entryOf(first.file, content)).not.toEqual(first);
  });
});
