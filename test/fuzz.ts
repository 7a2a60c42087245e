/**
 * `npm run fuzz [-- --rounds N] [-- --runs N] [FILTER...]`: the properties again and again, with
 * new seeds, until one fails or the rounds are over. `npm test` draws the same cases every time.
 *
 * A round prints what it takes to see it again:
 * `FUZZ_SEED=... FUZZ_RUNS=... npm run unit -- FILTER`.
 */
import { spawnSync } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { parseArgs } from 'node:util';
import { top } from './files.js';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    /** 0: until it fails or you stop it. */
    rounds: { type: 'string', default: '0' },
    /** Cases of a property that does not say itself how many it wants. */
    runs: { type: 'string', default: '1000' },
  },
});
const rounds = Number(values.rounds);

for (let round = 1; rounds === 0 || round <= rounds; round++) {
  const seed = String(randomInt(2 ** 31));
  console.log(`round ${round}: FUZZ_SEED=${seed} FUZZ_RUNS=${values.runs}`);
  const vitest = spawnSync(
    'npx',
    ['vitest', 'run', '--config', 'test/vitest.config.ts', '--reporter', 'dot', ...positionals],
    {
      cwd: top,
      stdio: 'inherit',
      env: { ...process.env, FUZZ_SEED: seed, FUZZ_RUNS: values.runs },
    },
  );
  if (vitest.status !== 0) process.exit(1);
}
