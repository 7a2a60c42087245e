/** Interrupt lines, the handlers on them, and soft interrupts: what a controller keeps. */
import type { FifoPlace } from './fifo.js';
import type { Pending } from './pending.js';
import { describeTask, type Task } from './thread.js';
import type { Waitable } from './wait.js';

/** A function that is called from interrupt context. */
export abstract class Callee {
  readonly name: string;
  /** Interrupt level, 1 to 15. */
  readonly level: number;
  /** @internal Whether it returns a promise. */
  readonly async: boolean;
  /** @internal Whether it is being called. */
  running = false;
  /** @internal Whether it has been taken away. */
  removed = false;
  /** @internal The call that is parked, if it is. */
  task: Task | undefined;
  /** @internal Who waits for the call to end: one remover, seldom more. */
  readonly removers: Waitable<void>[] = [];

  protected constructor(name: string, level: number, async: boolean) {
    this.name = name;
    this.level = level;
    this.async = async;
  }

  /** @internal The call has ended. */
  end(): void {
    this.running = false;
    this.task = undefined;
    for (const remover of this.removers.splice(0)) remover.resolve();
  }

  /** @internal What the call is doing, for whoever waits for its end. */
  doing(): string {
    return this.task === undefined ? 'which is running' : describeTask(this.task);
  }
}

/** A handler on a line; names it for `remove`. */
export class IntrId extends Callee {
  readonly line: InterruptLine;
  /** @internal */
  readonly fn: () => number | PromiseLike<number>;

  /** @internal */
  constructor(
    name: string,
    line: InterruptLine,
    fn: () => number | PromiseLike<number>,
    async: boolean,
  ) {
    super(name, line.level, async);
    this.line = line;
    this.fn = fn;
  }
}

/** A soft interrupt. */
export class SoftInt extends Callee {
  /** @internal */
  readonly fn: () => void | PromiseLike<void>;
  /** @internal Whether it has been triggered and not yet called. */
  pending = false;
  /** @internal */
  place: FifoPlace<Pending> | undefined;

  /** @internal */
  constructor(name: string, level: number, fn: () => void | PromiseLike<void>, async: boolean) {
    super(name, level, async);
    this.fn = fn;
  }
}

/** A level-triggered interrupt line, or the receiving end of messages, which are edges. */
export class InterruptLine {
  readonly name: string;
  /** @internal Interrupt level of its handlers, 1 to 15; changes only while there are none. */
  level: number;
  /** @internal In the order in which they were added. */
  readonly handlers: IntrId[] = [];
  /** @internal Whether its handlers are being called. */
  inService = false;
  /** @internal Which handler the service calls next. */
  cursor = 0;
  /** @internal Whether somebody has claimed the interrupt in this service. */
  claimed = false;
  /** @internal Whether it is ignored, for its handlers do not get it down. */
  masked = false;
  /** @internal Services nobody claimed since the line was last down. */
  unclaimed = 0;
  /** @internal Services somebody claimed since the line was last down. */
  stuck = 0;
  /** @internal */
  place: FifoPlace<Pending> | undefined;
  /** @internal Among which of the two kinds of pending interrupts it is queued. */
  queuedAsync = false;
  readonly #changed: (line: InterruptLine) => void;
  readonly #sources = new Set<string>();
  #latched = false;

  /** @internal Lines are made by the controller. */
  constructor(name: string, level: number, changed: (line: InterruptLine) => void) {
    this.name = name;
    this.level = level;
    this.#changed = changed;
  }

  /** Whether any source asserts it, or a message has come that nobody has taken. */
  get asserted(): boolean {
    return this.#sources.size > 0 || this.#latched;
  }

  /** A message arrives: an edge, kept once until a service begins. */
  pulse(): void {
    const was = this.asserted;
    this.#latched = true;
    if (!was) this.#changed(this);
  }

  /** @internal A service begins: what has arrived is being taken, what arrives now is new. */
  take(): void {
    if (!this.#latched) return;
    this.#latched = false;
    // An edge that was taken was down: neither unclaimed services nor claimed ones add up.
    this.unclaimed = 0;
    this.stuck = 0;
  }

  /** A message that nobody has taken is forgotten. */
  forget(): void {
    if (!this.#latched) return;
    this.#latched = false;
    if (!this.asserted) this.#changed(this);
  }

  /**
   * Asserts the line; asserted by this source already, nothing happens.
   *
   * @param source - the device; devices that share a line are told apart by it
   */
  assert(source = 'device'): void {
    const was = this.asserted;
    this.#sources.add(source);
    if (!was) this.#changed(this);
  }

  /**
   * Stops asserting the line, which drops when its last source has stopped.
   *
   * @param source - as for {@link assert}
   */
  deassert(source = 'device'): void {
    if (this.#sources.delete(source) && !this.asserted) this.#changed(this);
  }

  /** @internal Who asserts it, for messages. */
  sources(): string {
    return [...this.#sources].join(', ');
  }

  /** @internal Back to silence. */
  clear(): void {
    this.handlers.length = 0;
    this.#sources.clear();
    this.#latched = false;
    this.inService = false;
    this.cursor = 0;
    this.claimed = false;
    this.masked = false;
    this.unclaimed = 0;
    this.stuck = 0;
    this.place = undefined;
  }
}
