/**
 * Family dma-traces: everything a recorded driver called, called again.
 *
 * 1. The calls are made in order, on a machine of their own whose device is a register file
 *    (register-file.ts). Numbers of objects stand for the objects the model made for them.
 * 2. What is compared of a call stands in its answer. Where something else is as good (a longer
 *    real length by the rules of the pages, other cookies for memory that lies otherwise) the
 *    answer is as recorded, and is judged by the attributes instead.
 * 3. In `contract` a call in which the driver breaks a page need not be answered as a kernel
 *    answers it. It is a finding, it is counted, and so are the calls that then lack an object.
 * 4. In the end what is alive must be what the driver had left.
 */
import { isList, isObject, type Json, type JsonObject } from './fields.js';
import { RegisterFile } from './register-file.js';
import type { Replayed } from './replayed.js';
import { Stage, type Gathered, type KernelName } from './stage.js';
import { registerSets } from './register-access.js';
import { AccessCalls } from './trace-access.js';
import { DmaCalls } from './trace-dma.js';
import type { Asked, TraceCall, TraceInput } from './trace-input.js';
import { planMemory, type MemoryPlan } from './trace-memory.js';
import { type Answer, type LeftKind, Passed, TraceObjects } from './trace-objects.js';
import { RepeatedCalls } from './trace-rep.js';

const broken = 'calls in which the driver breaks a page: judged by their findings';

/**
 * Plays a trace.
 *
 * @param kernel - the rule book
 * @param input - the calls
 * @param out - what was answered
 */
export function replayTrace(
  kernel: KernelName,
  input: TraceInput,
  out: JsonObject,
): Promise<Replayed> {
  return new Player(kernel, input, out).play();
}

class Player {
  readonly #input: TraceInput;
  readonly #expected: readonly Json[];
  /** Whether the recorder counted calls. */
  readonly #counted: boolean;
  readonly #stage: Stage;
  readonly #plan: MemoryPlan;
  readonly #made = new TraceObjects();
  readonly #dma: DmaCalls;
  readonly #access: AccessCalls;
  readonly #repeated: RepeatedCalls;
  readonly #findings = new Map<string, number>();

  constructor(kernel: KernelName, input: TraceInput, out: JsonObject) {
    this.#input = input;
    this.#counted = out['counts'] !== undefined;
    this.#expected = isList(out['calls']) ? out['calls'] : [];
    const file = new RegisterFile('recorded', registerSets(input));
    this.#stage = new Stage(kernel, () => file);
    this.#plan = planMemory(input);
    this.#dma = new DmaCalls(this.#stage, input, this.#made);
    this.#access = new AccessCalls(this.#stage, input, this.#made, file);
    this.#repeated = new RepeatedCalls(this.#stage, this.#made, file);
  }

  async play(): Promise<Replayed> {
    const got: Gathered = {};
    const answers: Json[] = [];
    const counts: Record<string, number> = {};
    for (const [what, n] of this.#input.unknown) {
      this.#made.pass(`fields that are not known: ${what}`, n);
    }
    await this.#stage.perform(got, async () => {
      const before = this.#live();
      this.#dma.keepFrames();
      for (const [i, call] of this.#input.calls.entries()) {
        const name = nameOf(call);
        counts[name] = (counts[name] ?? 0) + call.times;
        answers.push(await this.#step(i, call));
      }
      got['left'] = this.#left(before);
    });
    got['calls'] = answers;
    if (this.#counted) got['counts'] = counts;
    return { got, allowances: {}, passed: this.#made.passed, findings: this.#findings };
  }

  /** Makes a call as often as it was made: the answer that was recorded, or the first other. */
  async #step(i: number, call: TraceCall): Promise<Json> {
    const { machine, kernel } = this.#stage;
    const expected = this.#expected[i] ?? {};
    const weak = this.#plan.weak.get(i);
    if (weak !== undefined) this.#made.pass(weak);
    for (const supply of this.#plan.supplies.get(i) ?? []) this.#dma.supply(supply);
    for (let n = 0; n < call.times; n++) {
      const found = machine.findings.length;
      const answer = await this.#issue(i, call, isObject(expected) ? expected : {});
      const findings = machine.findings.slice(found);
      for (const { rule, clause } of findings) this.#find(`${rule} (${clause})`);
      if (answer instanceof Passed) this.#made.pass(answer.why);
      else if (JSON.stringify(expected) !== JSON.stringify(answer)) {
        if (kernel !== 'contract' || findings.length === 0) return answer;
        this.#made.pass(broken);
      }
    }
    return expected;
  }

  #find(what: string): void {
    this.#findings.set(what, (this.#findings.get(what) ?? 0) + 1);
  }

  #issue(i: number, call: TraceCall, expected: JsonObject): Answer | Promise<Answer> {
    switch (call.c) {
      case 'mark':
        return {};
      case 'unknown':
        return new Passed(`calls of a kind that is not known: ${call.name}`);
      case 'alloc_handle':
        return this.#dma.allocHandle(call, expected);
      case 'free_handle':
      case 'addr_bind':
      case 'unbind':
      case 'sync':
      case 'nextcookie':
      case 'check_dma_handle':
        return this.#dma.withHandle(call, expected);
      case 'mem_alloc':
        return this.#dma.memAlloc(call, expected);
      case 'mem_free':
        return this.#dma.memFree(call);
      case 'buffer':
        return this.#dma.buffer(call);
      case 'regs_map_setup':
        return this.#access.map(call);
      case 'regs_map_free':
        return this.#access.unmap(call);
      case 'pci_config_setup':
        return this.#access.configSetup(call);
      case 'pci_config_teardown':
        return this.#access.configTeardown(call);
      case 'get':
      case 'put':
      case 'pci_config_get':
      case 'pci_config_put':
        return this.#access.access(call);
      case 'check_acc_handle':
        return this.#access.check(call);
      case 'rep_get':
      case 'rep_put':
        return this.#repeated.repeat(call, expected, this.#plan.blind.has(i));
      default:
        return new Passed(`calls that are not played yet: ${nameOf(call)}`);
    }
  }

  #live(): ReadonlyMap<string, number> {
    const live = new Map<string, number>();
    for (const { kind } of this.#stage.machine.probe.live()) {
      live.set(kind, (live.get(kind) ?? 0) + 1);
    }
    return live;
  }

  /** What is alive that was not before, as the recorder counts it. */
  #left(before: ReadonlyMap<string, number>): JsonObject {
    const left: Record<string, number> = { dmaHandles: 0, memAllocs: 0, registerMappings: 0 };
    for (const [kind, n] of this.#live()) {
      const more = n - (before.get(kind) ?? 0);
      const name = countedAs[kind] ?? kind;
      if (more !== 0) left[name] = (left[name] ?? 0) + more;
    }
    for (const [name, n] of this.#made.refused) left[name] = (left[name] ?? 0) + n;
    return left;
  }
}

/** What a recorder calls the things that are alive. */
const countedAs: Readonly<Record<string, LeftKind>> = {
  'dma handle': 'dmaHandles',
  'dma memory': 'memAllocs',
  'register mapping': 'registerMappings',
};

/** The name of a call as recordings count it. */
function nameOf(call: Asked): string {
  if (call.c === 'unknown') return call.name;
  return 'width' in call ? `${call.c}${8 * call.width}` : call.c;
}
