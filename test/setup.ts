/**
 * Runs before every test file: properties draw the same cases each time, so that a failure is the
 * change's and not the day's. `npm run fuzz` draws new ones.
 */
import fc from 'fast-check';

const seed = Number(process.env['FUZZ_SEED'] ?? 1);
const runs = process.env['FUZZ_RUNS'];

fc.configureGlobal({
  seed,
  ...(runs === undefined ? {} : { numRuns: Number(runs) }),
});
