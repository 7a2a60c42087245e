/**
 * Waiters on a callback list, and failing every call of a driver.
 *
 * A waiter's life: registered, registered once more and merged, called twice. It takes as long on a
 * list of 100,000 as on one of 1,000. A release where nobody waits is a few comparisons.
 */
import { copyengine, copyengine_copy } from '../../src/drivers/copyengine.js';
import { enumerateFaults, type Scenario } from '../../src/explore/faults.js';
import { DDI_DMA_CALLBACK_DONE, DDI_DMA_CALLBACK_RUNOUT } from '../../src/index.js';
import { CallbackList } from '../../src/nexus/callbacks.js';
import { WaitLists } from '../../src/nexus/wait-lists.js';
import { copyEngine, type Machine } from '../../src/platforms/index.js';
import { bareSystem } from '../support/system.js';
import { row, type Row, type Side } from './harness.js';

/** Waiters of one call of a side. */
const WAITERS = 100_000;
/** Waiters of the shorter list. */
const FEW = 1000;
/** Releases of one call of a side. */
const RELEASES = 10_000;

type Waiter = (arg: unknown) => number;

/** A machine nobody else uses. */
function bare(): Machine {
  return bareSystem({ store: 1 << 20 }).machine;
}

/** Registers and calls, `length` at a time, until as many as all have had their turn. */
function lives(length: number, waiters: readonly (readonly [Waiter, unknown])[]): Side {
  const list = new CallbackList(bare(), 'bench');
  return () => {
    for (let from = 0; from < waiters.length; from += length) {
      for (let round = 0; round < 2; round++) {
        for (let i = from; i < from + length; i++) {
          const waiter = waiters[i];
          if (waiter !== undefined) list.set(waiter[0], waiter[1]);
        }
      }
      list.runNow();
    }
    if (!list.empty) throw new Error('somebody still waits');
  };
}

/** Waiters that find nothing, call after call, and stay. */
function runouts(length: number): Side {
  const lists = Array.from({ length: WAITERS / length }, () => new CallbackList(bare(), 'bench'));
  const wait: Waiter = () => DDI_DMA_CALLBACK_RUNOUT;
  for (const list of lists) for (let i = 0; i < length; i++) list.set(wait, i);
  return () => {
    for (const list of lists) list.runNow();
  };
}

function releases(): Row {
  const lists = new WaitLists(bare());
  const release = (n: number): void => {
    for (let i = 0; i < n; i++) lists.released('dvma');
  };
  let sum = 0;
  return row({
    name: 'waiters: a release without any',
    twin: 'an addition',
    unit: 'release',
    units: RELEASES,
    limit: { nsAtMost: 50 },
    a: () => {
      release(RELEASES);
    },
    b: () => {
      for (let i = 0; i < RELEASES; i++) sum = (sum + i) | 0;
    },
    note: () => {
      const before = process.memoryUsage().heapUsed;
      release(1_000_000);
      const bytes = process.memoryUsage().heapUsed - before;
      return `${bytes} bytes of heap for 1,000,000 releases`;
    },
  });
}

/** The copy engine's driver at work: attached, two buffers copied, detached. */
export const copying: Scenario = {
  boot: { devices: [{ at: 'copy@1', model: copyEngine() }], store: 8 << 20 },
  at: 'copy@1',
  driver: copyengine,
  exercise: async (dip, machine) => {
    const { kernel } = machine;
    const from = kernel.kmem_alloc(5000, 0) ?? 0;
    const to = kernel.kmem_alloc(5000, 0) ?? 0;
    await copyengine_copy(dip, { addr: from, len: 5000 }, { addr: to, len: 5000 });
    kernel.kmem_free(from, 5000);
    kernel.kmem_free(to, 5000);
  },
};

/** As many runs as single failures and pairs of the driver's calls make. */
const RUNS = 50;

function faults(): Row {
  const bounds = { runs: RUNS };
  return row({
    name: 'faults: a run with one or two calls failing',
    twin: 'a run of its own: machine and search made anew for each',
    unit: 'run',
    units: RUNS,
    // 500 runs a second.
    limit: { nsAtMost: 2e6 },
    waits: true,
    a: async () => {
      const { runs, failures } = await enumerateFaults(copying, bounds);
      if (runs !== RUNS || failures.length > 0) throw new Error(`${runs} runs`);
    },
    b: async () => {
      for (let i = 0; i < RUNS; i++) await enumerateFaults(copying, { runs: 1 });
    },
  });
}

/** The rows. */
export function rows(): Row[] {
  const done: Waiter = () => DDI_DMA_CALLBACK_DONE;
  const oneFunction = Array.from({ length: WAITERS }, (_, i) => [done, { i }] as const);
  const ownFunctions = Array.from({ length: WAITERS }, (_, i) => {
    const wait: Waiter = () => (i >= 0 ? DDI_DMA_CALLBACK_DONE : DDI_DMA_CALLBACK_RUNOUT);
    return [wait, null] as const;
  });
  const same = { twin: 'as many, 1,000 on the list', unit: 'waiter', units: WAITERS } as const;
  const limit = { ratioAtMost: 2 };
  return [
    row({
      ...same,
      name: 'waiters: one function, 100,000 arguments on one list',
      limit,
      a: lives(WAITERS, oneFunction),
      b: lives(FEW, oneFunction),
    }),
    row({
      ...same,
      name: 'waiters: 100,000 functions on one list',
      limit,
      a: lives(WAITERS, ownFunctions),
      b: lives(FEW, ownFunctions),
    }),
    row({
      ...same,
      name: 'waiters: 100,000 that answer RUNOUT',
      limit,
      a: runouts(WAITERS),
      b: runouts(FEW),
    }),
    releases(),
    faults(),
  ];
}
