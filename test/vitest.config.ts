/** Unit tests: `npm run unit -- test/vmem` runs some, `npm test` all. */
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

const top = (path: string): string => fileURLToPath(new URL(`../${path}`, import.meta.url));

/** Catches a test that waits for ever; a hundred times what the slowest takes on a busy machine. */
const neverMs = 600_000;

// eslint-disable-next-line no-restricted-syntax -- vitest reads the default export only
export default defineConfig({
  root: top(''),
  // The package by its name is the package in src/: tests need no build.
  resolve: {
    alias: [
      { find: /^ddi-dma\/drivers$/, replacement: top('src/drivers/index.ts') },
      { find: /^ddi-dma\/explore$/, replacement: top('src/explore/faults.ts') },
      { find: /^ddi-dma\/vitest$/, replacement: top('src/testing/vitest.ts') },
      { find: /^ddi-dma$/, replacement: top('src/index.ts') },
      {
        find: /^ddi-dma\/machine$/,
        replacement: top('src/platforms/index.ts'),
      },
    ],
  },
  test: {
    include: ['test/**/*.test.ts', 'examples/*.test.ts'],
    setupFiles: [top('test/setup.ts')],
    testTimeout: neverMs,
    hookTimeout: neverMs,
    coverage: { include: ['src/**'], reportsDirectory: 'coverage' },
  },
});
