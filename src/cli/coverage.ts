/** `ddi-dma coverage`: how much of what real drivers call is there. */
import { parseArgs } from 'node:util';
import { type Coverage, coverageOf, packageOffers, productUsage } from '../corpus/coverage.js';
import { EXIT_OK } from './verb.js';
import type { Verb } from './verb.js';

const help = `usage: ddi-dma coverage [--json]

Of the DMA and access functions that the leaf drivers of illumos call: how many this package has, by
family; how many of the drivers find all they call; which functions are missing, and how many
drivers wait for each. What the package has is what it hands out as it runs.

  --json  the same as JSON, with the drivers that wait and what for

Exit code 0 whatever is missing.
`;

function text({ source, functions, drivers, families, missing }: Coverage): string {
  const lines = [
    `${functions.offered} of ${functions.called} DMA and access functions that drivers call`,
    `${drivers.covered} of ${drivers.total} drivers find all they call`,
    source,
    '',
  ];
  const width = Math.max(...families.map((f) => f.family.length));
  lines.push(`${'family'.padEnd(width)}  called  here`);
  for (const { family, called, offered } of families) {
    lines.push(
      `${family.padEnd(width)}  ${String(called).padStart(6)}  ${String(offered).padStart(4)}`,
    );
  }
  if (missing.length > 0) {
    const names = Math.max(...missing.map((m) => m.name.length));
    lines.push('', `${'missing'.padEnd(names)}  drivers that wait`);
    for (const m of missing) lines.push(`${m.name.padEnd(names)}  ${m.drivers.length}`);
  }
  return `${lines.join('\n')}\n`;
}

/** The verb. */
export const coverage: Verb = {
  summary: 'how much of what real drivers call is there',
  help,
  run(args, io) {
    const { values } = parseArgs({
      args: [...args],
      options: { json: { type: 'boolean', default: false } },
    });
    const found = coverageOf(productUsage(), packageOffers());
    io.out(values.json ? `${JSON.stringify(found, null, 2)}\n` : text(found));
    return EXIT_OK;
  },
};
