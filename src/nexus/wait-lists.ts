/**
 * Who waits for DMA resources on a machine: callbacks, and threads asleep.
 *
 * 1. A *sleeper* is a call that was told `DDI_DMA_SLEEP` and found resources short. It is tried
 *    again when something was released. Sleepers stand in two *lines*, for what they want is of
 *    two kinds: DMA handles, and memory with everything else. Within a line they are served oldest
 *    first, and the first that still fails ends the round: a large request is not overtaken by
 *    those behind it.
 * 2. In rule book `contract` a call that does not sleep may overtake the oldest sleeper of its line
 *    {@link OVERTAKE_LIMIT} times; after that it is answered as if nothing were free, until the
 *    sleeper has been served. So a stream of small requests does not starve a large one. The
 *    kernels know no such courtesy.
 * 3. In `contract` every release wakes everybody: a waiter whose resources are free is called,
 *    whatever they were freed as. The kernels wake sleepers, and the list of the call that
 *    released.
 * 4. Waking is a soft interrupt, never part of the release.
 * 5. Before a machine is given up as deadlocked, every sleeper is tried once more, out of turn,
 *    quotas that go by calls take a step, shortages of a plan's making end, and those who had to
 *    yield are called: nobody waits for ever because of an older sleeper that wants what never
 *    comes.
 *
 * Sleeping, serving the oldest and leaving take constant time.
 */
import { Fifo, type FifoPlace } from '../machine/fifo.js';
import type { SoftInt } from '../machine/intr.js';
import type { Machine } from '../machine/machine.js';
import {
  CallbackCounts,
  CallbackList,
  type CallbackEntry,
  type Queued,
  type Registrant,
} from './callbacks.js';
import type { Owner } from './owner.js';

/** The kinds of resources that have lists of their own. */
export const waitKinds = ['dvma', 'mem', 'acc'] as const;
/** `dvma`: handles and bindings. `mem`: DMA memory. `acc`: access handles. */
export type WaitKind = (typeof waitKinds)[number];

/** The lines sleepers stand in. */
export const sleepLines = ['handles', 'memory'] as const;
/** `handles`: DMA handles. `memory`: memory, bindings, access handles. */
export type SleepLine = (typeof sleepLines)[number];

/** How often calls that do not sleep may overtake the oldest sleeper. */
export const OVERTAKE_LIMIT = 16;

/** Sleepers on one machine: each is a thread, and threads are bounded already. */
export const SLEEPER_LIMIT = 1 << 16;

/** Level of the soft interrupt in which sleepers are tried again. */
const wakeLevel = 1;

/** A call asleep. */
export interface Sleeper {
  readonly line: SleepLine;
  /** Tries again; true when it need not sleep any more. */
  readonly retry: () => boolean;
  /** How often it was overtaken, as the oldest of its line. */
  overtaken: number;
}

/** The lists of a machine. */
export class WaitLists {
  /** What the three lists have done. */
  readonly counts = new CallbackCounts();
  /** Handles and bindings: ddi_dma_unbind_handle(9F), ddi_dma_free_handle(9F). */
  readonly dvma: CallbackList;
  /** DMA memory: ddi_dma_mem_free(9F). */
  readonly mem: CallbackList;
  /** Access handles. */
  readonly acc: CallbackList;
  readonly #machine: Machine;
  /** Whether a release wakes everybody. */
  readonly #wakesAll: boolean;
  /** Whether sleepers have their turn. */
  readonly #inTurn: boolean;
  readonly #lines: Readonly<Record<SleepLine, Fifo<Sleeper>>>;
  readonly #places = new Map<Sleeper, FifoPlace<Sleeper>>();
  #soft: SoftInt;
  #trying = 0;

  constructor(machine: Machine) {
    this.#machine = machine;
    this.#wakesAll = !machine.rules.has('release-wakes-one-list');
    this.#inTurn = !machine.rules.has('sleepers-have-no-turn');
    this.dvma = new CallbackList(machine, 'dvma', this.counts);
    this.mem = new CallbackList(machine, 'mem', this.counts);
    this.acc = new CallbackList(machine, 'acc', this.counts);
    this.#lines = {
      handles: new Fifo('sleepers for DMA handles', SLEEPER_LIMIT),
      memory: new Fifo('sleepers for memory', SLEEPER_LIMIT),
    };
    this.#soft = this.#softint();
    machine.sched.lastResort = () => this.#outOfTurn();
    // A budget grows as if somebody unknown had released: nobody's list, and everybody's.
    machine.budget.onGrowth = () => {
      this.wake();
    };
  }

  /** How many threads sleep. */
  get sleeping(): number {
    return this.#places.size;
  }

  /** How many threads sleep in a line. */
  sleepersIn(line: SleepLine): number {
    return this.#lines[line].size;
  }

  /** Whether a call that sleeps has to stand behind another one. */
  mustQueue(line: SleepLine): boolean {
    return this.#inTurn && this.#lines[line].size > 0;
  }

  /**
   * Whether a call that does not sleep must be refused, for a sleeper has been overtaken enough.
   */
  mustYield(line: SleepLine): boolean {
    const oldest = this.#lines[line].first;
    return this.#inTurn && oldest !== undefined && oldest.overtaken >= OVERTAKE_LIMIT;
  }

  /** A call that does not sleep has succeeded: the oldest sleeper of its line was overtaken. */
  overtook(line: SleepLine): void {
    const oldest = this.#lines[line].first;
    if (oldest !== undefined) oldest.overtaken++;
  }

  /** Puts a call to sleep. */
  sleep(sleeper: Sleeper): void {
    this.#places.set(sleeper, this.#lines[sleeper.line].push(sleeper));
    this.#listen();
  }

  /** Takes a sleeper out that will not wait any more. */
  cancel(sleeper: Sleeper): void {
    if (!this.#leave(sleeper)) return;
    // Those behind it may be served by what was free all along.
    this.wake();
  }

  /** Registers a callback. */
  callback(kind: WaitKind, fn: Queued, arg: unknown, by: Registrant): void {
    this[kind].set(fn, arg, by);
    if (this.#wakesAll) this.#listen();
  }

  /** What a node has registered and not been told about. */
  of(owner: Owner): readonly CallbackEntry[] {
    return waitKinds.flatMap((kind) => this[kind].entries.filter((e) => e.owner === owner));
  }

  /** Registrations on all lists that were not answered yet. */
  get requests(): number {
    return waitKinds.reduce((n, kind) => n + this[kind].requests, 0);
  }

  /** Something of this kind was released. */
  released(kind: WaitKind): void {
    if (this.#wakesAll) this.wake();
    else {
      this.#wakeSleepers();
      this[kind].run();
    }
  }

  /** Wakes everybody: sleepers first, then the lists. */
  wake(): void {
    this.#wakeSleepers();
    this.#runLists();
  }

  /** Forgets everybody; the caller resets frames, budgets and interrupts. */
  reset(): void {
    for (const line of sleepLines) this.#lines[line].clear();
    this.#places.clear();
    this.#soft = this.#softint();
    this.#hear(null);
    for (const kind of waitKinds) this[kind].reset();
    this.counts.reset();
  }

  /** Makes an attempt: what it takes and gives back on the way is no release. */
  quietly<T>(attempt: () => T): T {
    this.#trying++;
    try {
      return attempt();
    } finally {
      this.#trying--;
    }
  }

  #softint(): SoftInt {
    return this.#machine.intr.softint('wake sleepers', wakeLevel, () => {
      this.#serve();
    });
  }

  #wakeSleepers(): void {
    if (this.#places.size > 0) this.#machine.intr.trigger(this.#soft);
  }

  #runLists(): void {
    this.dvma.run();
    this.mem.run();
    this.acc.run();
  }

  /** Memory can come back without any DMA call: then frames say so, while somebody waits. */
  #listen(): void {
    const hear = (): void => {
      if (this.#trying > 0) return;
      const listed = this.#wakesAll && waitKinds.some((kind) => !this[kind].empty);
      if (this.#places.size === 0 && !listed) this.#hear(null);
      else if (this.#wakesAll) this.wake();
      else this.#wakeSleepers();
    };
    this.#hear(hear);
  }

  #hear(hear: (() => void) | null): void {
    this.#machine.frames.onRelease = hear;
    this.#machine.budget.onRelease = hear;
  }

  #leave(sleeper: Sleeper): boolean {
    const place = this.#places.get(sleeper);
    if (place === undefined) return false;
    this.#places.delete(sleeper);
    return this.#lines[sleeper.line].remove(place);
  }

  /** Serves each line in order until one still has to wait. */
  #serve(): void {
    let made = false;
    for (const line of sleepLines) {
      let oldest = this.#lines[line].first;
      while (oldest?.retry() === true) {
        made ||= oldest.overtaken >= OVERTAKE_LIMIT;
        this.#leave(oldest);
        oldest = this.#lines[line].first;
      }
    }
    // Whoever had to yield was told that nothing is free; what is left over is theirs.
    if (made) this.#runLists();
  }

  /** Helps whoever can be helped when nothing else can happen; false when nobody can. */
  #outOfTurn(): boolean {
    for (const line of sleepLines) {
      for (const sleeper of this.#lines[line]) {
        if (!sleeper.retry()) continue;
        this.#leave(sleeper);
        return true;
      }
    }
    if (this.#machine.faults.stepOn()) return true;
    // What a plan made short nobody holds, so nobody would release it.
    if (this.requests > 0 && this.#machine.faults.shortageEnds()) {
      this.#runLists();
      return true;
    }
    if (!sleepLines.some((line) => this.mustYield(line))) return false;
    for (const line of sleepLines) {
      const oldest = this.#lines[line].first;
      if (oldest !== undefined) oldest.overtaken = 0;
    }
    this.#runLists();
    return this.requests > 0;
  }
}
