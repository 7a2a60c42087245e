/**
 * ddi-dma/vitest: what a test of a driver ends with.
 *
 * 1. A machine is *clean* when nothing was found, and *quiescent* when nothing is left of whatever
 *    ran on it: no object, no thread, nobody who waits.
 * 2. A failure says what is wrong and in which *run*: platform, rule book, switched quirks, seed
 *    and the choices made. The same description and seed give the same run.
 * 3. Nothing here changes the machine, so it can go on afterwards.
 *
 * @packageDocumentation
 */
import { onTestFailed } from 'vitest';
import type { Choice } from '../machine/choose.js';
import type { BootedMachine } from '../platforms/boot.js';
import type { Finding } from '../sys/finding.js';
import { RuleBook } from '../sys/quirks.js';

/** Choices a description shows; a test that asks more than this is replayed from its seed. */
const CHOICES_SHOWN = 60;

/** What a test knows of and does not mind. */
export interface Tolerated {
  /** Rules of findings that are expected: `['SYNC_DIRECTION']`. */
  readonly rules?: readonly string[];
}

/** What {@link expectNoFindings} and {@link expectQuiescent} throw. */
export class MachineExpectation extends Error {
  override readonly name = 'MachineExpectation';
}

/**
 * Expects that the machine has found nothing wrong with the driver.
 *
 * @param machine - the machine, during a run or after it
 * @param tolerated - what is not minded
 * @throws MachineExpectation with every other finding, its clause and where it was
 * @example
 * ```ts
 * import { boot } from 'ddi-dma/machine';
 * import { expectNoFindings } from 'ddi-dma/vitest';
 *
 * const machine = boot({ seed: 7 });
 * expectNoFindings(machine); // undefined
 * ```
 */
export function expectNoFindings(machine: BootedMachine, tolerated: Tolerated = {}): void {
  const minded = machine.findings.filter(({ rule }) => tolerated.rules?.includes(rule) !== true);
  if (minded.length === 0) return;
  const title = `expected no findings, found ${minded.length}:`;
  throw failure(machine, expectNoFindings, [title, ...minded.map(lineOf)]);
}

/**
 * Expects that nothing is left: no handle, memory, mapping or interrupt, no thread but the caller,
 * no call that sleeps and no callback that is registered.
 *
 * @param machine - the machine, during a run or after it, with its drivers detached
 * @throws MachineExpectation with everything that is left and whose it is
 * @example
 * ```ts
 * import { boot } from 'ddi-dma/machine';
 * import { expectQuiescent } from 'ddi-dma/vitest';
 *
 * expectQuiescent(boot()); // undefined
 * ```
 */
export function expectQuiescent(machine: BootedMachine): void {
  const left = [
    ...machine.live.list().map((o) => `${o.kind} ${o.id} of ${o.owner}: ${o.detail}`),
    ...machine.sched.others,
    ...machine
      .resources()
      .filter(({ waiters }) => waiters > 0)
      .map(({ name, waiters }) => `${name}: ${waiters} waiting`),
  ];
  if (left.length === 0) return;
  throw failure(machine, expectQuiescent, ['expected nothing to be left, there is:', ...left]);
}

/**
 * Has the description of the run printed if the test fails, for whatever reason: an assertion of
 * the test's own, an exception, a panic.
 *
 * @param machine - the machine of the test
 * @returns the machine
 * @remarks To be called inside a test of vitest.
 */
export function describeOnFailure(machine: BootedMachine): BootedMachine {
  onTestFailed(() => {
    // eslint-disable-next-line no-console -- the runner shows what a test prints beside its failure
    console.error(describeRun(machine));
  });
  return machine;
}

/**
 * Which run this is, in words: what to boot to see it again.
 *
 * @param machine - the machine
 * @returns a few lines: platform, rule book and quirks, seed, virtual time, choices
 * @example
 * ```ts
 * import { boot } from 'ddi-dma/machine';
 * import { describeRun } from 'ddi-dma/vitest';
 *
 * describeRun(boot({ seed: 7 })).split('\n')[0]; // 'platform i86pc, rule book contract, seed 7'
 * ```
 */
export function describeRun(machine: BootedMachine): string {
  const { chooser, rules, platform } = machine;
  const seed = chooser.seed === undefined ? 'choices not from a seed' : `seed ${chooser.seed}`;
  const lines = [`platform ${platform}, rule book ${rules.name}, ${seed}`];
  const switched = switchedQuirks(rules);
  if (switched.length > 0) lines.push(`quirks ${switched.join(', ')}`);
  lines.push(`at ${machine.clock.nowNs} ns`, ...choicesOf(chooser.log, chooser.logTruncated));
  return lines.join('\n');
}

/** `toobig-loses-copybuf: false`, the way boot takes them. */
function switchedQuirks(rules: RuleBook): string[] {
  const usual = new Set(new RuleBook(rules.name).quirks.map(({ id }) => id));
  const on = new Set(rules.quirks.map(({ id }) => id));
  const added = [...on].filter((id) => !usual.has(id)).map((id) => `${id}: true`);
  return [...added, ...[...usual].filter((id) => !on.has(id)).map((id) => `${id}: false`)];
}

function choicesOf(log: readonly Choice[] | undefined, truncated = false): string[] {
  if (log === undefined) return ['choices: the chooser keeps no log'];
  if (log.length === 0) return ['choices: none'];
  const shown = log.slice(-CHOICES_SHOWN).map(({ kind, n, chosen }) => `${kind} ${chosen} of ${n}`);
  const earlier = log.length - shown.length;
  const before = earlier > 0 ? `, the last ${shown.length}` : '';
  const after = truncated ? '; the log was full, the latest are missing' : '';
  return [`choices: ${log.length}${before}${after}:`, `  ${shown.join(', ')}`];
}

function lineOf({ rule, clause, call, message, thread, atNs }: Finding): string {
  return `${rule} (${clause}) in ${call}: ${message} [${thread}, ${atNs} ns]`;
}

/** An error that points at the caller of the expectation, not at this file. */
function failure(
  machine: BootedMachine,
  expectation: (machine: BootedMachine) => void,
  lines: readonly string[],
): MachineExpectation {
  const run = describeRun(machine).replace(/^/gm, '  ');
  const error = new MachineExpectation(`${lines.join('\n  ')}\nin the run\n${run}`);
  Error.captureStackTrace(error, expectation);
  return error;
}
