/**
 * Callback lists: who wants to hear when a resource may be free again.
 *
 * 1. An *entry* is a function, an argument and a count. The same function with the same argument is
 *    one entry, counted; entries stand in the order of their first registration, and what is said
 *    of one cites the page of the call that registered it first.
 * 2. A *run* is asked for by a release and happens in a soft interrupt, never inside the release.
 *    Asked for again before it has begun, it is one run. Where nobody waits nothing is asked for,
 *    and nothing is allocated.
 * 3. A run makes at most as many calls as the counts said when it began. Each entry is taken off
 *    and called as often as it counts while it answers DONE; RUNOUT puts what is left of it at the
 *    tail, for another run.
 * 4. Callbacks run without any lock and may register, allocate and release.
 * 5. A callback that throws or answers neither value is reported and taken for DONE; the others are
 *    called as if nothing had happened. A panic is a panic.
 * 6. A callback that releases asks for a run. Runs that follow from one another like that are a
 *    *chain*, which has an end: callbacks that release and answer RUNOUT would go on for ever.
 *
 * There is one list per kind of resource and machine, whatever driver waits. Registering, merging
 * and each call of a run take constant time, amortised: an *index* finds an entry by function and
 * argument. What leaves in a run stays in the index as *stale*, and is dropped when the stale ones
 * have become more than the others; a drained list keeps nothing.
 */
import type { SoftInt } from '../machine/intr.js';
import type { Machine } from '../machine/machine.js';
import { DDI_DMA_CALLBACK_DONE, DDI_DMA_CALLBACK_RUNOUT, DDI_DMA_SLEEP } from '../sys/constants.js';
import { ModelBug, Panic } from '../sys/errors.js';
import { FindingError } from '../sys/finding.js';
import { showValue } from '../sys/result.js';
import type { Owner } from './owner.js';

/** What can be queued: a function, or DDI_DMA_SLEEP where a kernel mistakes it for one. */
export type Queued = ((arg: never) => number) | typeof DDI_DMA_SLEEP;

/** The calls that register functions. */
export type RegisteringCall =
  | 'ddi_dma_alloc_handle'
  | 'ddi_dma_mem_alloc'
  | 'ddi_dma_addr_bind_handle'
  | 'ddi_dma_buf_bind_handle';

/** Who registers a function, and by which call. */
export interface Registrant {
  readonly owner: Owner;
  readonly call: RegisteringCall;
}

/** An entry, as an observer sees it. */
export interface CallbackEntry {
  readonly fn: Queued;
  readonly arg: unknown;
  readonly count: number;
  /** Who registered it first. */
  readonly owner: Owner | null;
}

/** Entries on one list; a driver has one a device, a machine some hundred devices. */
export const CALLBACK_LIMIT = 1 << 20;

/** What lists have done, by the names of the kernel's `cbstats`. */
export interface CallbackStats {
  /** Registrations. */
  readonly asked: number;
  /** Entries put on a list: registrations that were not merged, and answers RUNOUT. */
  readonly new: number;
  /** Calls that answered DONE. */
  readonly run: number;
  /** Entries taken off a list. */
  readonly delete: number;
  /** Calls that answered RUNOUT. */
  readonly runouts: number;
  /** Entries at present. */
  readonly alloc: number;
  /** Most registrations that were unanswered at one time. */
  readonly maxreq: number;
  /** Most entries at one time. */
  readonly maxlist: number;
}

/** Runs in one chain. A driver's release may well serve another's waiter, but not so many. */
export const CHAIN_LIMIT = 10_000;

/** What the lists of one machine have in common: what they have done, and who runs now. */
export class CallbackCounts {
  /** Whether a run is under way. */
  running = false;
  /** Runs that followed from one another, up to now. */
  chain = 0;
  asked = 0;
  new = 0;
  run = 0;
  delete = 0;
  runouts = 0;
  maxreq = 0;
  maxlist = 0;

  /** Registrations that were not answered yet. */
  get unanswered(): number {
    return this.asked - this.run;
  }

  get alloc(): number {
    return this.new - this.delete;
  }

  /** The counts as they are now. */
  snapshot(): CallbackStats {
    const { asked, run, delete: deleted, runouts, alloc, maxreq, maxlist } = this;
    return { asked, new: this.new, run, delete: deleted, runouts, alloc, maxreq, maxlist };
  }

  reset(): void {
    this.asked = this.new = this.run = this.delete = 0;
    this.runouts = this.maxreq = this.maxlist = 0;
    this.chain = 0;
    this.running = false;
  }
}

/** Level of the soft interrupt that runs callbacks. */
const callbackLevel = 1;

/** An entry; those that have left a list are used again. */
class Node {
  next: Node | null = null;
  fn: Queued = DDI_DMA_SLEEP;
  arg: unknown = null;
  count = 0;
  by: Registrant | null = null;

  /** Whether it is on a list, for this function and argument; as maps compare. */
  is(fn: Queued, arg: unknown): boolean {
    return this.count > 0 && this.fn === fn && (this.arg === arg || Object.is(this.arg, arg));
  }
}

/** One list. */
export class CallbackList {
  readonly name: string;
  /** Has a list run later; unless told, the soft interrupt of the list does. */
  defer: ((list: CallbackList) => void) | null = null;
  readonly #machine: Machine;
  readonly #counts: CallbackCounts;
  #head: Node | null = null;
  #tail: Node | null = null;
  #unused: Node | null = null;
  /** The entry of a function; by argument where it has several. */
  readonly #byFn = new Map<Queued, Node | Map<unknown, Node>>();
  /** How many entries of the index stand for nothing that is on the list any more. */
  #stale = 0;
  #entries = 0;
  /** Sum of the counts. */
  #requests = 0;
  /** Whether a run has been asked for from inside a run. */
  #chained = false;
  #soft: SoftInt;

  /**
   * @param machine - whose
   * @param name - for messages
   * @param counts - what is done is added here; several lists may share it
   */
  constructor(machine: Machine, name: string, counts = new CallbackCounts()) {
    this.#machine = machine;
    this.name = name;
    this.#counts = counts;
    this.#soft = this.#softint();
  }

  /** The entries, in order. */
  get entries(): readonly CallbackEntry[] {
    const all: CallbackEntry[] = [];
    for (let n = this.#head; n !== null; n = n.next) {
      const { fn, arg, count, by } = n;
      all.push({ fn, arg, count, owner: by?.owner ?? null });
    }
    return all;
  }

  /** Whether nobody waits. */
  get empty(): boolean {
    return this.#entries === 0;
  }

  /** Registrations that were not answered yet. */
  get requests(): number {
    return this.#requests;
  }

  /** Whether a run is pending. */
  get pending(): boolean {
    return this.#soft.pending;
  }

  /** Registers a function; `arg` is compared by identity. */
  set(fn: Queued, arg: unknown, by: Registrant | null = null): void {
    const counts = this.#counts;
    counts.asked++;
    counts.maxreq = Math.max(counts.maxreq, counts.unanswered);
    this.#add(fn, arg, 1, by);
  }

  /** Asks for a run, when anybody waits. */
  run(): void {
    if (this.#entries > 0) this.ask();
  }

  /** Asks for a run, even of an empty list. */
  ask(): void {
    this.#chained = this.#counts.running;
    if (this.defer === null) this.#machine.intr.trigger(this.#soft);
    else this.defer(this);
  }

  /** Forgets everybody; the caller resets interrupts and counts. */
  reset(): void {
    this.#head = this.#tail = this.#unused = null;
    this.#byFn.clear();
    this.#stale = 0;
    this.#entries = 0;
    this.#requests = 0;
    this.#soft = this.#softint();
  }

  #softint(): SoftInt {
    const { intr } = this.#machine;
    return intr.softint(`callbacks ${this.name}`, callbackLevel, () => {
      this.runNow();
    });
  }

  #add(fn: Queued, arg: unknown, count: number, by: Registrant | null): void {
    const known = this.#find(fn, arg);
    if (known !== null) {
      known.count += count;
      this.#requests += count;
      return;
    }
    if (this.#entries === CALLBACK_LIMIT) {
      throw new ModelBug(`callbacks ${this.name}: ${CALLBACK_LIMIT} entries wait already`);
    }
    const node = this.#unused ?? new Node();
    this.#unused = node.next;
    node.next = null;
    node.fn = fn;
    node.arg = arg;
    node.count = count;
    node.by = by;
    this.#index(node);
    if (this.#tail === null) this.#head = node;
    else this.#tail.next = node;
    this.#tail = node;
    this.#entries++;
    this.#requests += count;
    const counts = this.#counts;
    counts.new++;
    counts.maxlist = Math.max(counts.maxlist, counts.alloc);
  }

  #find(fn: Queued, arg: unknown): Node | null {
    const found = this.#byFn.get(fn);
    const node = found instanceof Map ? found.get(arg) : found;
    return node?.is(fn, arg) === true ? node : null;
  }

  /** Makes an entry known by its function and argument; what they stood for before has left. */
  #index(node: Node): void {
    const { fn, arg } = node;
    const found = this.#byFn.get(fn);
    if (found instanceof Map) {
      if (found.has(arg)) this.#stale--;
      found.set(arg, node);
    } else if (found === undefined) this.#byFn.set(fn, node);
    else if (found !== node && found.is(fn, found.arg)) {
      this.#byFn.set(
        fn,
        new Map([
          [found.arg, found],
          [arg, node],
        ]),
      );
    } else {
      this.#stale--;
      this.#byFn.set(fn, node);
    }
  }

  /** Takes the first entry off the list; in the index it stays until the run is over. */
  #shift(): Node | null {
    const node = this.#head;
    if (node === null) return null;
    this.#head = node.next;
    if (this.#head === null) this.#tail = null;
    this.#entries--;
    this.#stale++;
    this.#requests -= node.count;
    this.#counts.delete++;
    return node;
  }

  /** Drops from the index what has left, once that is more than what is there. */
  #reindex(): void {
    if (this.#stale <= this.#entries) return;
    this.#byFn.clear();
    this.#stale = 0;
    for (let node = this.#head; node !== null; node = node.next) this.#index(node);
  }

  /** Runs the list, here and now; what {@link CallbackList.ask} asks for. */
  runNow(): void {
    const counts = this.#counts;
    counts.chain = this.#chained ? counts.chain + 1 : 0;
    if (counts.chain > CHAIN_LIMIT) {
      this.#reportChain();
      return;
    }
    counts.running = true;
    try {
      this.#callAll();
    } finally {
      counts.running = false;
    }
    this.#reindex();
  }

  #callAll(): void {
    let budget = this.#requests;
    while (budget > 0) {
      const node = this.#shift();
      if (node === null) break;
      const { fn, arg, by } = node;
      let left = node.count;
      this.#discard(node);
      while (left > 0) {
        if (this.#call(fn, arg, by) === DDI_DMA_CALLBACK_RUNOUT) {
          this.#counts.runouts++;
          this.#add(fn, arg, left, by);
          budget -= left;
          break;
        }
        this.#counts.run++;
        left--;
        budget--;
      }
    }
  }

  #discard(node: Node): void {
    node.fn = DDI_DMA_SLEEP;
    node.arg = null;
    node.count = 0;
    node.by = null;
    node.next = this.#unused;
    this.#unused = node;
  }

  #call(fn: Queued, arg: unknown, by: Registrant | null): number {
    if (fn === DDI_DMA_SLEEP) {
      const text = 'wild call: function value 1 (DDI_DMA_SLEEP) invoked as a callback';
      return this.#machine.sched.panic(new Panic(text, { list: this.name }));
    }
    let answer: unknown;
    try {
      answer = fn(arg as never);
    } catch (error) {
      if (error instanceof Panic || error instanceof FindingError) throw error;
      this.#misuse('CALLBACK_THREW', fn, by, `threw ${String(error)}`);
      return DDI_DMA_CALLBACK_DONE;
    }
    if (answer === DDI_DMA_CALLBACK_RUNOUT || answer === DDI_DMA_CALLBACK_DONE) return answer;
    this.#misuse('CALLBACK_BAD_RETURN', fn, by, `returned ${showValue(answer)}`);
    // The kernel asks for zero and takes everything else for DONE.
    return DDI_DMA_CALLBACK_DONE;
  }

  /** The waiters stay; the next release is the beginning of another chain. */
  #reportChain(): void {
    this.#counts.chain = 0;
    const first = this.#head;
    this.#machine.report({
      rule: 'CALLBACK_CHAIN',
      clause: clauseOf(first?.by ?? null, 'runout'),
      message:
        `${nameOf(first?.fn)} releases, answers RUNOUT and is called for what it has released: ` +
        `${CHAIN_LIMIT} times, and would be for ever`,
      call: `callbacks ${this.name}`,
      values: { waiting: this.#entries },
    });
  }

  #misuse(rule: string, fn: Queued, by: Registrant | null, what: string): void {
    this.#machine.report({
      rule,
      clause: clauseOf(by, 'answers'),
      message: `${nameOf(fn)} ${what}; it must return RUNOUT or DONE`,
      call: `callbacks ${this.name}`,
      values: {},
    });
  }
}

/** What a page says of the answers of callbacks: that there are two, and what RUNOUT does. */
function clauseOf(by: Registrant | null, of: 'answers' | 'runout'): string {
  const call = by?.call ?? 'ddi_dma_alloc_handle';
  if (call === 'ddi_dma_alloc_handle') return `${call}.9f/${of === 'answers' ? 'CB-7' : 'CB-8'}`;
  return `${call}.9f/${of === 'answers' ? 'CB-5' : 'CB-6'}`;
}

function nameOf(fn: Queued | undefined): string {
  return typeof fn === 'function' && fn.name !== '' ? fn.name : 'a callback';
}
