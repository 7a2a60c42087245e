/** Our own machines as systems under test. */
import * as ddi from '../index.js';
import { boot, type BootedMachine, type BootOptions } from '../platforms/index.js';
import type { DeviceInterrupts, DeviceModel } from '../machine/device.js';
import { DDI_SUCCESS, KM_NOSLEEP } from '../sys/constants.js';
import { Panic } from '../sys/errors.js';
import { type QuirkId, ruleBookNames } from '../sys/quirks.js';
import type { Finding } from '../sys/finding.js';
import type { caddr_t } from '../sys/types.js';
import { ProbeDevice } from './probe-device.js';
import type {
  Attempt,
  Laboratory,
  Needs,
  PagesEnd,
  ProgramEnd,
  SmallDriver,
  Sut,
  System,
  Where,
} from './sut.js';

/** One of our systems: a platform and a rule book that can be booted. */
export type ModelSystem = System & Required<Pick<BootOptions, 'platform' | 'kernel'>>;

/** The systems the clause table has rows for: every rule book of every platform. */
export const modelSystems: readonly ModelSystem[] = [
  ...ruleBookNames.map((kernel) => ({ platform: 'i86pc', kernel }) as const),
  // The big-endian host; no kernel of it is modelled.
  { platform: 'sun4u', kernel: 'contract' },
];

/** Quirks that are switched on or off. */
export type Switches = Readonly<Partial<Record<QuirkId, boolean>>>;

/** Bytes of memory of a check's machine: a few megabytes show everything, and booting is quick. */
const storeBytes = 8 << 20;

/** Levels of the soft interrupts in which a check runs code in interrupt context. */
const levels = { interrupt: 4, high: 12 } as const;

/**
 * A laboratory that boots our machines.
 *
 * @param system - platform and rule book
 * @param quirks - what is switched in the rule book
 */
export function modelLaboratory(system: ModelSystem, quirks: Switches = {}): Laboratory {
  return {
    system,
    run: (needs, body) => {
      const model = new ModelSut(system, quirks, needs);
      return model.judge(body);
    },
  };
}

/** What a function did, to be carried from one context to another. */
type Outcome<T> = { readonly value: T } | { readonly error: unknown };

class ModelSut implements Sut {
  readonly system: System;
  readonly ddi = ddi;
  readonly kernel: Sut['kernel'];
  readonly endian: 'little' | 'big';
  readonly pageSize = 4096;
  readonly #machine: BootedMachine;
  readonly #probes: ProbeDevice[] = [];
  readonly #tolerated = new Set<unknown>();

  constructor(system: ModelSystem, quirks: Switches, needs: Needs) {
    this.system = system;
    const model =
      (interrupts: DeviceInterrupts = {}): DeviceModel =>
      (env) => {
        const probe = new ProbeDevice(env, interrupts);
        this.#probes.push(probe);
        return probe;
      };
    this.#machine = boot({
      ...system,
      quirks,
      store: storeBytes,
      frames: needs.frames ?? 'contiguous',
      ...(needs.installed !== undefined && {
        memory: [{ base: 1n << 20n, size: BigInt(needs.installed) }],
      }),
      devices: [
        { at: 'probe@0', model: model({ msi: 4, msix: 8 }) },
        { at: 'probe@1', model: model() },
        { at: 'probe@2', bus: 'isa', model: model() },
        { at: 'probe@3', model: model({ fixed: 0 }) },
        { at: 'bare@4', model: ({ name }) => ({ name, registers: [], reset: () => undefined }) },
      ],
    });
    this.kernel = this.#machine.kernel;
    this.endian = this.#machine.description.endian;
  }

  get device(): Sut['device'] {
    const [first] = this.#probes;
    if (first === undefined) throw new Error('the machine has no probe device');
    return Object.assign(first, { reg: this.#machine.reg('probe@0') });
  }

  readonly faults: Sut['faults'] = {
    breakRegister: (rnumber, off) => {
      this.#machine.hardware.breakRegister('probe@0', rnumber, off);
    },
    remove: () => {
      this.#machine.hardware.remove('probe@0');
    },
    breakAddress: (busAddress) => {
      this.#machine.hardware.breakAddress('probe@0', busAddress);
    },
    mend: () => {
      this.#machine.hardware.mend('probe@0');
    },
  };

  properties(dip: ReturnType<Sut['dip']>): readonly string[] {
    return this.#machine.faultManagement(dip).properties;
  }

  async inEntryPoint(
    which: 'attach' | 'detach',
    dip: ReturnType<Sut['dip']>,
    fn: () => void | PromiseLike<void>,
  ): Promise<void> {
    const run = async (): Promise<number> => {
      await fn();
      return DDI_SUCCESS;
    };
    await this.#machine[which]({ name: 'check', attach: run, detach: run }, dip);
  }

  /** Runs a body on the machine; a panic the body asked for is no failure. */
  async judge(body: (sut: Sut) => Promise<void> | void): Promise<void> {
    let verdict: Outcome<void> | undefined;
    const main = async (): Promise<void> => {
      verdict = await outcomeOf(() => body(this));
    };
    const run = await outcomeOf(() => this.#machine.run(main));
    // A panic stops the machine under the body; the rest of the body asks the machine nothing.
    if (verdict === undefined) await new Promise((resolve) => setImmediate(resolve));
    if (verdict !== undefined && 'error' in verdict) throw verdict.error;
    if ('error' in run && !this.#tolerated.has(run.error)) throw run.error;
    if (verdict === undefined) throw new Error('the check did not come to its end');
  }

  dip(unit: 0 | 1 = 0): ReturnType<Sut['dip']> {
    return this.#machine.devinfo(`probe@${unit}`);
  }

  bareDip(): ReturnType<Sut['dip']> {
    return this.#machine.devinfo('bare@4');
  }

  narrowDip(): ReturnType<Sut['dip']> {
    return this.#machine.devinfo('probe@2');
  }

  silentDip(): ReturnType<Sut['dip']> {
    return this.#machine.devinfo('probe@3');
  }

  program(): ProgramEnd {
    const program = this.#machine.users.createProcess('program');
    return {
      proc: program,
      map: (length, pfns) => program.as.map(length, pfns === undefined ? {} : { pfns }),
      mapSharedFile: (length) => program.as.map(length, { sharedFile: true }),
      protect: (at, length, protection) => {
        program.as.protect(at, length, protection);
      },
      peek: (at, length) => program.as.read(at, length),
      poke: (at, bytes) => {
        program.as.write(at, bytes);
      },
      takeOut: (at, length) => program.as.takeOut(at, length),
      run: (fn) =>
        this.#elsewhere('a program', fn, (job) => {
          program.thread('check', job);
        }),
      fork: () => program.fork() !== null,
      exec: () => program.exec(),
      exit: () => {
        program.exit();
      },
      limitLocks: (bytes) => {
        program.maxLockedBytes = bytes;
      },
      uio: (areas, offset) => program.uio(areas, offset),
    };
  }

  pages(pfns: readonly number[]): PagesEnd {
    const { users } = this.#machine;
    const list = users.createPageList(pfns.length, pfns);
    return {
      buf: (off, length, direction) => users.pageioBuf(list, off, length, direction),
      peek: (off, length) => list.read(off, length),
      poke: (off, bytes) => {
        list.write(off, bytes);
      },
    };
  }

  place(pfns: readonly number[], off: number, length: number): caddr_t {
    const pages = Math.ceil((off + length) / this.pageSize);
    if (pages > pfns.length) throw new Error(`${length} bytes do not fit ${pfns.length} frames`);
    return this.#machine.place(pfns.slice(0, pages), off);
  }

  peek(at: caddr_t, length: number): Uint8Array {
    return this.#machine.kernel.copyBytesOut(at, length);
  }

  poke(at: caddr_t, bytes: Uint8Array): void {
    this.#machine.kernel.copyBytesIn(at, bytes);
  }

  nowhere(): caddr_t {
    // The first page of the store is the hole in front of the first block.
    return this.#machine.store.base;
  }

  frameOf(at: caddr_t): number {
    return this.#machine.probe.pfnOf(at);
  }

  cachingOf(at: caddr_t): ReturnType<Sut['cachingOf']> {
    return this.#machine.pages.cacheOf(Math.floor(at / this.pageSize));
  }

  exhaust(): () => void {
    const { kmem_alloc, kmem_free } = this.#machine.kernel;
    const taken: { readonly at: number; readonly size: number }[] = [];
    for (let size = 1 << 20; size >= this.pageSize; size /= 2) {
      for (;;) {
        const at = kmem_alloc(size, KM_NOSLEEP);
        if (at === null) break;
        taken.push({ at, size });
      }
    }
    return () => {
      for (const { at, size } of taken.splice(0)) kmem_free(at, size);
    };
  }

  capHandles(): void {
    const { budget } = this.#machine;
    budget.resize('dma handles', budget.used('dma handles'));
  }

  limitVectors(count: number): void {
    const { budget } = this.#machine;
    budget.resize('interrupt vectors', budget.used('interrupt vectors') + count);
  }

  attach(driver: SmallDriver): Promise<number> {
    return this.#machine.attach(driver, this.dip());
  }

  detach(driver: SmallDriver): Promise<number> {
    return this.#machine.detach(driver, this.dip());
  }

  within<T>(where: Where, fn: () => T | PromiseLike<T>): Promise<T> {
    const { sched, intr } = this.#machine;
    return this.#elsewhere(`code in ${where} context`, fn, (job) => {
      if (where === 'user' || where === 'kernel') sched.thread('check', job, where);
      else intr.trigger(intr.softint('check', levels[where], job));
    });
  }

  /** Runs a function where `start` starts it, and waits for it. */
  async #elsewhere<T>(
    what: string,
    fn: () => T | PromiseLike<T>,
    start: (job: () => Promise<void>) => void,
  ): Promise<T> {
    const { wait, resolve } = this.#machine.sched.ticket<Outcome<T>>(what);
    // A machine that has panicked gives nobody a turn any more; the panic comes back all the same.
    let down: (outcome: Outcome<T>) => void = () => undefined;
    const panicked = new Promise<Outcome<T>>((tell) => {
      down = tell;
    });
    const job = async (): Promise<void> => {
      const outcome = await outcomeOf(fn);
      if ('error' in outcome && outcome.error instanceof Panic) down(outcome);
      resolve(outcome);
    };
    start(job);
    const outcome = await Promise.race([wait, panicked]);
    if ('error' in outcome) throw outcome.error;
    return outcome.value;
  }

  contextKind(): Where {
    return this.#machine.sched.current.kind;
  }

  thread(name: string, fn: () => unknown): PromiseLike<void> {
    const body = async (): Promise<void> => {
      await fn();
    };
    return this.#machine.sched.thread(name, body, 'user').done;
  }

  async settle(): Promise<void> {
    await this.#machine.kernel.delay(1);
  }

  nowNs(): number {
    return this.#machine.clock.nowNs;
  }

  async attempt<T>(fn: () => T | PromiseLike<T>): Promise<Attempt<Awaited<T>>> {
    const before = this.#machine.findings.length;
    const outcome = await outcomeOf(fn);
    if ('error' in outcome) {
      if (!(outcome.error instanceof Panic)) throw outcome.error;
      this.#tolerated.add(outcome.error);
    }
    return {
      value: 'value' in outcome ? (outcome.value as Awaited<T>) : undefined,
      panic: 'error' in outcome ? (outcome.error as Panic) : undefined,
      findings: this.#machine.findings.slice(before),
    };
  }

  findings(): readonly Finding[] {
    return this.#machine.findings;
  }

  live(): readonly string[] {
    return this.#machine.probe.live().map((o) => `${o.kind} ${o.id} of ${o.owner}`);
  }
}

/** Runs a function to its end, whichever it is. */
async function outcomeOf<T>(fn: () => T | PromiseLike<T>): Promise<Outcome<T>> {
  try {
    return { value: await fn() };
  } catch (error) {
    return { error };
  }
}
