/**
 * The machine: memory, time, threads, interrupts and a bus, and no DDI.
 *
 * 1. A *machine* is built from a description and a seed; the same two give the same run, byte for
 *    byte, on every computer. It reads no clock and no random number of its host.
 * 2. Whatever a real machine leaves open goes through one door, `choose(kind, n)`; each kind has a
 *    stream of its own, so asking one kind more often never shifts another.
 * 3. The *store* holds the bytes (store.ts), the *page table* labels them with frames (pages.ts),
 *    *frames* are handed out in one of four layouts (frames.ts), the *bus* is how a device reaches
 *    them (bus.ts), through a *view* (view.ts).
 * 4. What is *live* was handed out and has not come back (live.ts).
 * 5. Not done here: devices, nexi, attributes, handles. Those are built on top and the machine
 *    does not know them.
 */
import type { Result, ResultAsync } from 'neverthrow';
import { Panic } from '../sys/errors.js';
import {
  FindingError,
  type Finding,
  type FindingPolicy,
  type FindingReport,
} from '../sys/finding.js';
import type { Observer, Probe } from '../sys/observer.js';
import { RuleBook } from '../sys/quirks.js';
import { Arena } from '../vmem/arena.js';
import { Budget, type Budgets } from './budget.js';
import { Bus, type BusMap } from './bus.js';
import { SeededChooser, type Chooser } from './choose.js';
import { Clock } from './clock.js';
import { type Ereport, ErrorLog } from './error-log.js';
import { FrameMaps } from './frame-maps.js';
import { Faults } from './faults.js';
import { Frames, type FrameLayout, type MemoryRange } from './frames.js';
import { HardwareFaults } from './hardware-faults.js';
import { InterruptController, isAsyncFunction } from './intr.js';
import type { IoHost } from './io-host.js';
import { Kernel } from './kernel.js';
import { Kmem } from './kmem.js';
import { BoundRanges } from './bound-ranges.js';
import { LiveSet } from './live.js';
import { PageTable } from './pages.js';
import { Users } from './process.js';
import { Scheduler, type Thread } from './sched.js';
import { pageBytes, pageShift, Store, type StoreSource } from './store.js';
import { Trace } from './trace.js';
import { CoherentView } from './view.js';
import type { Wait } from './wait.js';
import { WriteBuffers } from './write-buffers.js';

/** The facts a machine is built from. */
export interface MachineDescription {
  /** For messages and tables. */
  readonly name: string;
  /** Byte order of the CPU. */
  readonly endian: 'little' | 'big';
  /** Bytes in a cache line; a power of two. */
  readonly cacheLineBytes: number;
  /** Clock ticks a second. */
  readonly hz: number;
  /** Installed memory. */
  readonly memory: readonly MemoryRange[];
  /** How frames follow one another. */
  readonly frames: FrameLayout;
  /** The most bytes physio(9F) moves at once; default 56 KiB, as on a PC. */
  readonly maxphysBytes?: number;
  /** Bytes of memory the model can hold at one time, or a buffer handed in. */
  readonly store: number | StoreSource;
  /** What a bus address means. */
  readonly busMap: BusMap;
}

/** What differs from one run of the same machine to the next. */
export interface MachineOptions {
  /** Seed of every choice; default 1. */
  readonly seed?: number;
  /** Another chooser than the seeded one: a replay, a search. */
  readonly chooser?: Chooser;
  /** Whether findings are recorded or thrown; default `record`. */
  readonly findings?: FindingPolicy;
  /** The rules it goes by; default the pages' (`contract`). */
  readonly rules?: RuleBook;
  /**
   * Whether every call of the DDI is a preemption point, at which a device may go on and handlers
   * that are not async may run, as `choose('preempt', n)` decides; default false.
   */
  readonly preempt?: boolean;
  /** How much of each counted resource there is. */
  readonly budgets?: Budgets;
  /** Whether stores to write-combining memory may reach it late; default true. */
  readonly combining?: boolean;
}

/** Level of the soft interrupt that runs timeouts and resource callbacks. */
const softcallLevel = 1;

/** `maxphys` of a PC, in bytes. */
const usualMaxphys = 57344;

/** A modelled machine. */
export class Machine {
  readonly description: MachineDescription;
  /** Virtual time. */
  readonly clock: Clock;
  /** Threads and waiting. */
  readonly sched: Scheduler;
  /** Interrupt lines and soft interrupts. */
  readonly intr: InterruptController;
  readonly trace: Trace;
  readonly store: Store;
  readonly pages: PageTable;
  readonly frames: Frames;
  readonly kmem: Kmem;
  /** The kernel services a driver calls without a handle. */
  readonly kernel: Kernel;
  /** Processes and page lists: the world above the kernel. */
  readonly users: Users;
  /** Memory as devices see it, behind the CPU's write-combining buffers. */
  readonly view: WriteBuffers;
  readonly bus: Bus;
  readonly live: LiveSet;
  /** Memory for DMA that is bound. */
  readonly bound = new BoundRanges();
  /** Counted resources. */
  readonly budget: Budget;
  /** Shortages on purpose. */
  readonly faults: Faults;
  /** Hardware that is broken on purpose. */
  readonly hardware = new HardwareFaults();
  /** Errors and their reports. */
  readonly errors: ErrorLog;
  /** What may be asked without changing anything. */
  readonly probe: Probe;
  #chooser: Chooser;
  /** The rules it goes by. */
  readonly rules: RuleBook;
  readonly #policy: FindingPolicy;
  readonly #findings: Finding[] = [];
  readonly #placed = new Map<number, number>();
  readonly #heap: Arena;
  readonly #io: IoHost;
  readonly #odd = new Map<number, number>();

  constructor(description: MachineDescription, options: MachineOptions = {}) {
    this.description = description;
    this.#chooser = options.chooser ?? new SeededChooser(options.seed ?? 1);
    this.#policy = options.findings ?? 'record';
    this.rules = options.rules ?? new RuleBook('contract');
    this.budget = new Budget(options.budgets);
    this.trace = new Trace();
    this.clock = new Clock();
    this.faults = new Faults(this.budget, this.clock);
    this.errors = new ErrorLog(this.clock, this.trace);
    const report = (finding: FindingReport): void => {
      this.report(finding);
    };
    this.sched = new Scheduler({
      clock: this.clock,
      trace: this.trace,
      report,
      hz: description.hz,
      ...(options.preempt === true && {
        preempt: (kind: string, n: number) => this.choose(kind, n),
      }),
    });
    this.intr = new InterruptController({ sched: this.sched, trace: this.trace, report });
    const { store } = description;
    this.store = typeof store === 'number' ? Store.own(store) : new Store(store);
    this.pages = new PageTable(this.store.limit);
    this.frames = new Frames(description.memory, description.frames, (kind, n) =>
      this.choose(kind, n),
    );
    this.#heap = new Arena('heap', pageBytes);
    // The first page stays a hole: the guard in front of the first block.
    const first = this.store.base + pageBytes;
    this.#heap.add(first, this.store.limit - first);
    this.live = new LiveSet(() => this.sched.task.worksFor ?? 'kernel');
    this.kmem = new Kmem(this.store, this.pages, this.frames, this.#heap, this.live);
    this.view = new WriteBuffers(
      new CoherentView(this.store, this.pages),
      { store: this.store, pages: this.pages },
      (kind, n) => this.choose(kind, n),
      options.combining ?? true,
    );
    this.bus = new Bus(this.view, description.busMap, this.trace);
    this.bus.broken = this.hardware;
    this.#io = {
      store: this.store,
      pages: this.pages,
      frames: this.frames,
      kmem: this.kmem,
      heap: this.#heap,
      maps: new FrameMaps(this.store, this.pages, this.#heap, this.view),
      live: this.live,
      sched: this.sched,
      rules: this.rules,
      faults: this.faults,
      littleEndian: description.endian === 'little',
      maxphys: description.maxphysBytes ?? usualMaxphys,
      report,
    };
    this.users = new Users(this.#io);
    this.kernel = new Kernel({
      errors: this.errors,
      io: this.#io,
      users: this.users,
      store: this.store,
      pages: this.pages,
      kmem: this.kmem,
      clock: this.clock,
      sched: this.sched,
      softcall: (name, fn, async) => {
        this.softcall(name, fn, async);
      },
      littleEndian: description.endian === 'little',
      faults: this.faults,
      report,
    });
    this.probe = {
      live: () => this.live.list(),
      pfnOf: (va) => this.pages.pfn[va >>> pageShift] ?? -1,
      peek: (va, len) => this.store.bytes.slice(va, va + len),
    };
  }

  /** Findings so far, oldest first. */
  get findings(): readonly Finding[] {
    return this.#findings;
  }

  /** Who answers the machine's questions: its seed and its log, where it has them. */
  get chooser(): Chooser {
    return this.#chooser;
  }

  /** Reports of errors so far, oldest first: ddi_fm_ereport_post(9F). */
  get ereports(): readonly Ereport[] {
    return this.errors.reports;
  }

  /**
   * One of `n` possibilities, 0 to n-1: the only source of anything undetermined.
   *
   * @param kind - what is being decided; each kind has its own stream
   * @param n - how many possibilities, at least 1
   */
  choose(kind: string, n: number): number {
    const chosen = this.#chooser.choose(kind, n);
    this.trace.note('choice', n, chosen);
    if (this.trace.observers !== null) this.trace.emit({ kind: 'choice', what: kind, n, chosen });
    return chosen;
  }

  /**
   * Reports a driver's misuse. Recorded, or thrown at the driver, as the machine was told.
   *
   * @throws FindingError under the policy `throw`
   */
  report(report: FindingReport): void {
    const { name } = this.sched.current;
    const finding: Finding = { ...report, atNs: this.clock.nowNs, thread: name };
    this.#findings.push(finding);
    this.trace.note('finding', this.#findings.length);
    if (this.trace.observers !== null) this.trace.emit({ kind: 'finding', finding });
    if (this.#policy === 'throw') throw new FindingError(finding);
  }

  /** Latches a panic: this call and every later one throws it. */
  panic(message: string, values: Readonly<Record<string, unknown>>, clause?: string): never {
    return this.sched.panic(new Panic(message, values, clause));
  }

  /** Runs `main` as a user thread until it has finished and nothing is ready. */
  run<T>(main: () => T | PromiseLike<T>): Promise<T> {
    return this.sched.run(main);
  }

  /**
   * Makes one call and waits for it in place, for code that cannot await.
   *
   * @param call - a call with `DDI_DMA_SLEEP`, `mutex_enter`, `cv_wait`, `delay`, or any other
   * @returns what the call answers without `await`: with `DDI_DMA_SLEEP` a plain `Result`
   * @throws TypeError when the call waits in several steps and gives a promise (physio(9F),
   * biowait(9F)); DEADLOCK, which latches, when nothing can ever end the wait
   * @remarks Virtual time moves from event to event meanwhile: devices run, and interrupt handlers,
   * soft interrupts and callbacks above the caller's level that are not async. No thread does.
   * @example
   * ```ts
   * import { boot } from 'ddi-dma/machine';
   *
   * const machine = boot();
   * machine.pump(() => machine.kernel.delay(3));
   * machine.kernel.ddi_get_lbolt(); // 3
   * ```
   */
  pump<T, E>(call: () => ResultAsync<T, E>): Result<T, E>;
  pump<T, E>(call: () => Result<T, E> | ResultAsync<T, E>): Result<T, E>;
  pump<T>(call: () => T | Wait<T>): T;
  pump(call: () => unknown): unknown {
    return this.sched.pump(call);
  }

  /** Starts a kernel thread. */
  thread(name: string, fn: () => void | PromiseLike<void>): Thread {
    return this.sched.thread(name, fn, 'kernel');
  }

  /** Runs `fn` once, from a soft interrupt of level 1, never inside the caller. */
  softcall(name: string, fn: () => void | PromiseLike<void>, async = isAsyncFunction(fn)): void {
    this.intr.trigger(this.intr.softint(name, softcallLevel, fn, { async }));
  }

  /**
   * Back to the moment of boot, with another seed perhaps: nothing is allocated, no time has
   * passed, nothing was found. Observers stay.
   *
   * @param seed - seed of every choice from now on
   */
  reset(seed: number): void {
    this.#chooser = new SeededChooser(seed);
    this.sched.reset();
    this.intr.reset();
    this.clock.reset();
    this.bus.reset();
    this.trace.reset();
    this.kernel.reset();
    this.users.reset();
    this.#io.maps.reset();
    this.view.drain();
    this.kmem.reset();
    this.live.reset();
    this.faults.reset();
    this.hardware.reset();
    this.errors.reset();
    this.bound.reset();
    this.budget.reset();
    this.frames.reset();
    this.#heap.reset();
    // Only what was touched can differ from what the host gave.
    const touched = this.pages.reset() * pageBytes;
    this.store.bytes.fill(0, this.store.base, Math.max(this.store.base, touched));
    this.#findings.length = 0;
    this.#placed.clear();
    this.#odd.clear();
  }

  /** Attaches an observer; the function returned detaches it. */
  observe(observer: Observer): () => void {
    return this.trace.observe(observer);
  }

  /** A hash over everything that happened, the same on every computer for the same run. */
  traceHash(): string {
    return this.trace.traceHash();
  }

  /**
   * Maps a kernel buffer on frames given by name, which may lie outside installed memory.
   *
   * @param pfns - frame numbers in virtual order
   * @param off - where in the first page the buffer begins, 0 to 4095
   * @returns the kernel address of the buffer
   * @throws RangeError when a frame is taken, or address space or `off` does not suffice
   */
  place(pfns: readonly number[], off = 0): number {
    if (pfns.length === 0 || off < 0 || off >= pageBytes || !Number.isInteger(off)) {
      throw new RangeError(`place: ${pfns.length} frames at offset ${off}: nothing to place`);
    }
    for (const [i, pfn] of pfns.entries()) {
      if (Number.isSafeInteger(pfn) && pfn >= 0 && this.frames.claim(pfn)) continue;
      for (const taken of pfns.slice(0, i)) this.frames.release(taken);
      throw new RangeError(`place: frame 0x${pfn.toString(16)} is in use or no frame number`);
    }
    const va = this.kmem.mapPages(pfns, 'kmem', 'cached', pageBytes);
    if (va < 0) {
      for (const pfn of pfns) this.frames.release(pfn);
      throw new RangeError(`place: no address space for ${pfns.length} pages`);
    }
    this.#placed.set(va, pfns.length);
    return va + off;
  }

  /** Undoes {@link Machine.place}; any address inside the first page will do. */
  unplace(va: number): void {
    const base = va & ~(pageBytes - 1);
    const count = this.#placed.get(base);
    if (count === undefined) throw new RangeError(`unplace: nothing was placed at ${va}`);
    this.#placed.delete(base);
    this.kmem.unmapPages(base, count);
  }

  /**
   * Kernel memory that no driver should hand to a device: a thread's stack, or program text.
   *
   * @param kind - which
   * @param sizeBytes - rounded up to pages
   * @returns the kernel address
   * @throws RangeError when memory does not suffice
   */
  lend(kind: 'stack' | 'text', sizeBytes: number): number {
    const count = Math.ceil(sizeBytes / pageBytes);
    const { lo, hi } = this.frames.extent;
    const pfns = count > 0 ? this.frames.take(count, lo, hi) : null;
    const va = pfns === null ? -1 : this.kmem.mapPages(pfns, kind, 'cached', pageBytes);
    if (va < 0) {
      for (const pfn of pfns ?? []) this.frames.release(pfn);
      throw new RangeError(`lend: no memory for ${count} pages of ${kind}`);
    }
    this.kmem.scribble(va, count * pageBytes);
    this.#odd.set(va, count);
    return va;
  }

  /** Takes back what {@link Machine.lend} gave. */
  takeBack(va: number): void {
    const count = this.#odd.get(va);
    if (count === undefined) throw new RangeError(`takeBack: nothing was lent at ${va}`);
    this.#odd.delete(va);
    this.kmem.unmapPages(va, count);
  }
}
