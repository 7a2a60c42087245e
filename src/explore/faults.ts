/**
 * Failing every call that can fail: one run of a scenario for each, and one for each pair.
 *
 * 1. A *scenario* is a driver and its device, attached, exercised and detached on a fresh machine.
 * 2. The *clean run* counts the sites: calls that can find a resource short, and
 *    waits for a condition, which can end before their signal.
 * 3. Each *faulted run* fails one site, or two, and is judged: no object may be left, nothing may
 *    panic or hang, nothing may be found, and a second attach on the same machine must succeed, for
 *    the shortage is over.
 *
 * A run can meet sites the clean run never did: its error paths. Singles go on until a run has met
 * fewer sites than the one it was to fail.
 *
 * The bounds and what they cost: a scenario is run at most {@link FaultBounds.runs} times; pairs
 * are all pairs of the first {@link FaultBounds.pairSites} sites.
 */
import { boot, type BootedMachine, type BootOptions, type EntryPoints } from '../platforms/boot.js';
import { budgetKinds } from '../machine/budget.js';
import { failSite, failSites, type FaultPlan } from '../machine/faults.js';
import { DDI_SUCCESS } from '../sys/constants.js';
import type { dev_info_t } from '../sys/types.js';

/** What is run again and again. */
export interface Scenario {
  /** How the machine is booted; the device is among its `devices`. */
  readonly boot: BootOptions;
  /** Place of the device, as given at boot. */
  readonly at: string;
  readonly driver: EntryPoints;
  /**
   * Uses the attached device; may fail when resources are short. It may put quotas in force
   * (`machine.faults.quota`), which end with the run.
   */
  readonly exercise?: (dip: dev_info_t, machine: BootedMachine) => unknown;
}

/** How far the search goes. */
export interface FaultBounds {
  /** Most runs in all; default 20000. */
  readonly runs?: number;
  /** Pairs of the first so many sites; default 40, which are 780 runs. 0: no pairs. */
  readonly pairSites?: number;
}

/** A faulted run that went wrong. */
export interface FaultFailure {
  /** The sites that failed, counted from 1. */
  readonly sites: readonly number[];
  /** What is wrong. */
  readonly what: 'leak' | 'stopped' | 'finding' | 'not repeatable';
  readonly detail: string;
}

/** What the search came to. */
export interface FaultReport {
  /** Sites of the clean run. */
  readonly sites: number;
  /** Runs made, the clean one included. */
  readonly runs: number;
  /** Runs in which attach failed, as it may. */
  readonly attachFailed: number;
  /** Whether a bound ended the search. */
  readonly bounded: boolean;
  readonly failures: readonly FaultFailure[];
}

interface Run {
  readonly sites: number;
  readonly attached: boolean;
  readonly failure: Omit<FaultFailure, 'sites'> | null;
}

/**
 * Runs a scenario once for every site, and for every pair.
 *
 * @param scenario - what to run
 * @param bounds - how far to go
 * @throws Error when the clean run itself goes wrong
 */
export async function enumerateFaults(
  scenario: Scenario,
  bounds: FaultBounds = {},
): Promise<FaultReport> {
  const most = bounds.runs ?? 20_000;
  const machine = boot(scenario.boot);
  const clean = await once(machine, scenario, failSite(0));
  if (clean.failure !== null || !clean.attached) {
    const why = clean.failure === null ? 'attach failed' : clean.failure.detail;
    throw new Error(`the scenario goes wrong with nothing failing: ${why}`);
  }
  const state = { runs: 1, attachFailed: 0, failures: [] as FaultFailure[] };
  const run = async (plan: FaultPlan, sites: readonly number[]): Promise<Run> => {
    const result = await once(machine, scenario, plan);
    state.runs++;
    if (!result.attached) state.attachFailed++;
    if (result.failure !== null) state.failures.push({ sites, ...result.failure });
    return result;
  };
  let site = 1;
  for (; state.runs < most; site++) {
    const { sites } = await run(failSite(site), [site]);
    if (sites < site) break;
  }
  const paired = Math.min(bounds.pairSites ?? 40, clean.sites);
  for (let a = 1; a <= paired && state.runs < most; a++) {
    for (let b = a + 1; b <= paired && state.runs < most; b++) {
      await run(failSites(a, b), [a, b]);
    }
  }
  return { sites: clean.sites, bounded: state.runs >= most, ...state };
}

/** One run on a machine reset to the moment of boot. */
async function once(machine: BootedMachine, scenario: Scenario, plan: FaultPlan): Promise<Run> {
  machine.reset(scenario.boot.seed ?? 1);
  const dip = machine.devinfo(scenario.at);
  const before = machine.live.list().length;
  let attached = false;
  let sites = 0;
  try {
    await machine.run(async () => {
      machine.faults.use(plan);
      attached = await live(machine, scenario, dip);
      ({ sites } = machine.faults);
      machine.faults.use(null);
      // What the scenario itself made short is over, too.
      for (const kind of budgetKinds) machine.faults.quota(kind, null);
    });
  } catch (error) {
    return { sites, attached, failure: { what: 'stopped', detail: String(error) } };
  }
  const failure = left(machine, before) ?? (await again(machine, scenario, dip, before));
  return { sites, attached, failure };
}

/** Attach, exercise, detach. */
async function live(
  machine: BootedMachine,
  { driver, exercise }: Scenario,
  dip: dev_info_t,
): Promise<boolean> {
  if ((await machine.attach(driver, dip)) !== DDI_SUCCESS) return false;
  await exercise?.(dip, machine);
  const rv = await machine.detach(driver, dip);
  if (rv !== DDI_SUCCESS) throw new Error(`detach returned ${rv}`);
  return true;
}

function left(machine: BootedMachine, before: number): Run['failure'] {
  const live = machine.live.list();
  if (live.length > before) {
    const detail = live.map((o) => `${o.kind} ${o.id} (${o.detail})`).join('; ');
    return { what: 'leak', detail };
  }
  const [finding] = machine.findings;
  if (finding === undefined) return null;
  return { what: 'finding', detail: `${finding.rule} (${finding.clause}): ${finding.message}` };
}

/** The shortage is over: what failed must succeed now. */
async function again(
  machine: BootedMachine,
  scenario: Scenario,
  dip: dev_info_t,
  before: number,
): Promise<Run['failure']> {
  try {
    const attached = await machine.run(() => live(machine, scenario, dip));
    if (!attached) return { what: 'not repeatable', detail: 'attach fails with nothing failing' };
  } catch (error) {
    return { what: 'not repeatable', detail: String(error) };
  }
  return left(machine, before);
}
