/**
 * The arrows of the house, as dependency-cruiser proves them: `npm run layers`.
 *
 * One line per folder of src/: what it may import besides itself. Type-only imports count, for a
 * type that points uphill is the start of an import that does.
 */
const machines = ['sys', 'vmem', 'machine', 'nexus', 'devices', 'ddi', 'platforms'];

/** @type {Readonly<Record<string, readonly string[]>>} */
const mayImport = {
  sys: [],
  vmem: ['sys'],
  machine: ['sys', 'vmem'],
  nexus: ['sys', 'vmem', 'machine'],
  devices: ['sys', 'machine'],
  ddi: ['sys', 'machine', 'nexus'],
  platforms: machines,
  drivers: ['sys', 'ddi'],
  corpus: [...machines, 'index', 'drivers'],
  conformance: [...machines, 'index', 'drivers'],
  replay: [...machines, 'index'],
  draw: [...machines, 'index'],
  check: machines,
  trace: machines,
  explore: machines,
  testing: machines,
};

/** What the front door hands out. */
const frontDoor = ['sys', 'ddi'];

/** @param {readonly string[]} folders */
const inside = (folders) => folders.map((f) => (f === 'index' ? '^src/index\\.ts$' : `^src/${f}/`));

const uphill = Object.entries(mayImport).map(([folder, lower]) => ({
  name: `${folder}-imports-downwards`,
  comment: `src/${folder} may import ${lower.join(', ') || 'nothing'} and itself`,
  severity: 'error',
  from: { path: `^src/${folder}/` },
  to: { path: '^src/', pathNot: inside([folder, ...lower]) },
}));

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    ...uphill,
    {
      name: 'index-opens-on-ddi',
      comment: `src/index.ts hands out ${frontDoor.join(', ')}; machines have a door of their own`,
      severity: 'error',
      from: { path: inside(['index']) },
      to: { path: '^src/', pathNot: inside(frontDoor) },
    },
    {
      name: 'known-folders',
      comment: 'a new folder of src/ gets its line in this file',
      severity: 'error',
      from: {},
      to: {
        path: '^src/',
        pathNot: inside([...Object.keys(mayImport), 'index', 'cli']),
      },
    },
    {
      name: 'no-cycles',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'no-orphans',
      severity: 'error',
      from: { orphan: true, path: '^src/', pathNot: '\\.json$' },
      to: {},
    },
    {
      name: 'one-runtime-dependency',
      comment: 'neverthrow',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/testing/' },
      to: {
        dependencyTypes: [
          'npm',
          'npm-dev',
          'npm-optional',
          'npm-peer',
          'npm-no-pkg',
          'npm-unknown',
        ],
        pathNot: 'node_modules/neverthrow/',
      },
    },
    {
      name: 'testing-knows-its-runner',
      comment: 'vitest, which whoever imports ddi-dma/vitest has',
      severity: 'error',
      from: { path: '^src/testing/' },
      to: {
        dependencyTypes: [
          'npm',
          'npm-dev',
          'npm-peer',
          'npm-optional',
          'npm-no-pkg',
          'npm-unknown',
        ],
        pathNot: 'node_modules/vitest/',
      },
    },
    {
      name: 'no-host-below-programs',
      comment: 'a model that reaches for files, clocks or processes is not deterministic',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/(cli|corpus)/' },
      to: { dependencyTypes: ['core'] },
    },
    {
      name: 'no-unresolved',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
  ],
  options: {
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    doNotFollow: { path: 'node_modules' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'types'],
    },
  },
};
