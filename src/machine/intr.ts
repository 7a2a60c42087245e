/**
 * Interrupts: lines, handlers and soft interrupts.
 *
 * 1. A *line* is level-triggered and can be shared: it is asserted while any of its sources asserts
 *    it. While it is asserted it is *pending*, unless it is in service, masked or without handlers.
 *    Messages are edges: one that arrives is kept until a service begins, and only once.
 * 2. To *serve* a line is to call its handlers in the order in which they were added, until one has
 *    claimed the interrupt and the line has dropped. A line still asserted after that is pending
 *    again. A line whose handlers disown it, or claim it and never make it drop, is masked in the
 *    end, as real systems do; otherwise nobody else would ever run.
 * 3. A *soft interrupt* is a function to be called from interrupt context. Triggered again while it
 *    is pending, it is called once.
 * 4. Pending interrupts are delivered highest level first, within a level in the order in which
 *    they became pending; lines and soft interrupts alike. One of level L is never delivered under
 *    a context of level L or above.
 * 5. A handler may be async: it is a thread then and may wait. It is not called again before it has
 *    ended, and its line stays in service; other lines of its level may be served meanwhile, as
 *    another processor would.
 * 6. Whether a handler is async is read off the function, or said when it is added. It matters to
 *    waiting in place (drv_usecwait(9F)), where only synchronous handlers can be called.
 */
import { DDI_INTR_CLAIMED, DDI_INTR_UNCLAIMED } from '../sys/constants.js';
import { ModelBug } from '../sys/errors.js';
import type { FindingReport } from '../sys/finding.js';
import { InterruptLine, IntrId, SoftInt, type Callee } from './line.js';
import { LEVEL_MAX, PendingSet, type InterruptSource } from './pending.js';
import type { Scheduler } from './sched.js';
import type { Trace } from './trace.js';
import type { Wait } from './wait.js';

export type { InterruptLine, IntrId, SoftInt } from './line.js';

/** Services of a line that nobody claims, since it was last down, before it is masked. */
export const SPURIOUS_LIMIT = 100;

/**
 * Services that are claimed, since the line was last down, before it is masked. A handler that
 * takes one completion at a time keeps its line up legitimately, but no ring has as many.
 */
export const STORM_LIMIT = 100_000;

/** Lines of one machine, and handlers of one line: dozens, and a device with MSI-X has 2048. */
export const LINE_LIMIT = 1 << 16;

/** Interrupts pending on one level: every line, and a soft interrupt for each resource waiter. */
export const PENDING_LIMIT = 1 << 16;

/** How a handler is called. */
export interface HandlerOptions {
  /** Whether it returns a promise; read off the function unless told. */
  readonly async?: boolean;
}

/** What an interrupt controller stands on. */
export interface InterruptParts {
  readonly sched: Scheduler;
  readonly trace: Trace;
  /** Where misuse is reported. */
  readonly report: (finding: FindingReport) => void;
}

/** The interrupt controller of one machine. */
export class InterruptController implements InterruptSource {
  readonly #sched: Scheduler;
  readonly #trace: Trace;
  readonly #report: (finding: FindingReport) => void;
  readonly #lines: InterruptLine[] = [];
  readonly #sync = new PendingSet('pending synchronous handlers', PENDING_LIMIT);
  readonly #async = new PendingSet('pending async handlers', PENDING_LIMIT);
  #stamp = 0;

  constructor(parts: InterruptParts) {
    this.#sched = parts.sched;
    this.#trace = parts.trace;
    this.#report = parts.report;
    this.#sched.attachInterrupts(this);
  }

  /**
   * Makes an interrupt line.
   *
   * @param name - for messages
   * @param level - interrupt level of its handlers, 1 to 15
   */
  createLine(name: string, level: number): InterruptLine {
    checkLevel(name, level);
    if (this.#lines.length >= LINE_LIMIT) {
      throw new ModelBug(`line "${name}": ${String(LINE_LIMIT)} lines exist already`);
    }
    const line = new InterruptLine(name, level, (changed) => {
      this.#changed(changed);
    });
    this.#lines.push(line);
    return line;
  }

  /**
   * Adds a handler to a line and arms it. A line that is asserted already is pending at once.
   *
   * @param name - of the handler, for messages
   * @param where - the line, or a level for a line of its own
   * @param handler - returns `DDI_INTR_CLAIMED` or `DDI_INTR_UNCLAIMED`
   * @param options - how it is called
   * @returns its name for {@link remove}; carries the line
   */
  add(
    name: string,
    where: InterruptLine | number,
    handler: () => number | PromiseLike<number>,
    options: HandlerOptions = {},
  ): IntrId {
    const line = typeof where === 'number' ? this.createLine(name, where) : where;
    if (line.handlers.length >= LINE_LIMIT) {
      throw new ModelBug(`line "${line.name}" has ${String(LINE_LIMIT)} handlers already`);
    }
    const id = new IntrId(name, line, handler, options.async ?? isAsyncFunction(handler));
    line.handlers.push(id);
    // The new handler may be the one that was missing.
    line.masked = false;
    line.unclaimed = 0;
    line.stuck = 0;
    this.#requeue(line);
    return id;
  }

  /**
   * Takes a handler or a soft interrupt away. When this has returned, or the wait it returned has
   * resolved, the function does not run any more: ddi_add_intr(9F) RM-1.
   *
   * @param callee - what `add` or `softint` returned; what is gone already is let be
   * @param waits - whether the caller will wait; a handler cannot wait for its own end
   * @returns a wait when a call of the function is under way
   */
  remove(callee: IntrId | SoftInt, waits = true): Wait<void> | undefined {
    if (!callee.removed) {
      callee.removed = true;
      if (callee instanceof SoftInt) this.#dropSoft(callee);
      else this.#dropHandler(callee);
    }
    if (!callee.running || !waits) return undefined;
    const wait = this.#sched.waitable<void>(`the end of the call of "${callee.name}"`, () =>
      callee.doing(),
    );
    callee.removers.push(wait);
    return wait;
  }

  /**
   * Makes a soft interrupt. It occupies nothing until it is triggered.
   *
   * @param name - for messages
   * @param level - interrupt level, 1 to 15
   * @param fn - what is called
   * @param options - how it is called
   */
  softint(
    name: string,
    level: number,
    fn: () => void | PromiseLike<void>,
    options: HandlerOptions = {},
  ): SoftInt {
    checkLevel(name, level);
    return new SoftInt(name, level, fn, options.async ?? isAsyncFunction(fn));
  }

  /**
   * Asks for a soft interrupt to be called, once, however often it is asked before that. Triggered
   * while a call is under way, it is called again afterwards.
   *
   * @param softint - what `softint` returned; removed, it stays quiet
   */
  trigger(softint: SoftInt): void {
    if (softint.removed || softint.pending) return;
    softint.pending = true;
    this.#raised(softint);
    if (!softint.running) this.#queueSoft(softint);
  }

  /** Takes all handlers away and drops all lines, which stay. */
  reset(): void {
    this.#sync.clear();
    this.#async.clear();
    this.#stamp = 0;
    for (const line of this.#lines) line.clear();
  }

  deliver(above: number, inPlace: boolean): boolean {
    let from = this.#sync;
    let pending = from.top(above);
    if (!inPlace) {
      const other = this.#async.top(above);
      const sooner =
        other !== undefined &&
        (pending === undefined ||
          other.level > pending.level ||
          (other.level === pending.level && other.stamp < pending.stamp));
      if (sooner) {
        from = this.#async;
        pending = other;
      }
    }
    if (pending === undefined) return false;
    from.shift(pending.level);
    pending.go(inPlace);
    return true;
  }

  deliverable(above: number): boolean {
    return this.#sync.top(above) !== undefined;
  }

  waitingForTurn(): readonly string[] {
    return this.#async.names();
  }

  // ---- Lines ------------------------------------------------------------------------------

  #changed(line: InterruptLine): void {
    if (line.asserted) {
      this.#raised(line);
      this.#consider(line);
      return;
    }
    line.unclaimed = 0;
    line.stuck = 0;
    // A request that goes away before it is taken is never seen; a service that has begun goes on.
    if (!line.inService) this.#unqueue(line);
  }

  /** Queues a line if it is pending. */
  #consider(line: InterruptLine): void {
    if (line.inService || line.place !== undefined) return;
    if (line.asserted && !line.masked && line.handlers.length > 0) this.#queue(line);
  }

  #queue(line: InterruptLine): void {
    line.queuedAsync = line.handlers.some((handler) => handler.async);
    line.place = (line.queuedAsync ? this.#async : this.#sync).push({
      name: line.name,
      level: line.level,
      stamp: ++this.#stamp,
      go: (inPlace) => {
        line.place = undefined;
        this.#serve(line, inPlace);
      },
    });
  }

  #unqueue(line: InterruptLine): void {
    if (line.place !== undefined) (line.queuedAsync ? this.#async : this.#sync).remove(line.place);
    line.place = undefined;
  }

  /** The handlers have changed, and perhaps whether they can be called in place. */
  #requeue(line: InterruptLine): void {
    const goesOn = line.inService && line.place !== undefined;
    this.#unqueue(line);
    if (goesOn) this.#queue(line);
    else this.#consider(line);
  }

  /** Calls the handlers of a line from where its service stands. */
  #serve(line: InterruptLine, inPlace: boolean): void {
    if (!line.inService) line.take();
    line.inService = true;
    let handler = line.handlers[line.cursor];
    while (handler !== undefined && !(line.claimed && !line.asserted)) {
      line.cursor++;
      try {
        if (!this.#call(line, handler, inPlace)) return;
      } catch (error) {
        this.#endService(line);
        throw error;
      }
      handler = line.handlers[line.cursor];
    }
    this.#endService(line);
  }

  /** Calls one handler; false when it has become a thread. */
  #call(line: InterruptLine, handler: IntrId, inPlace: boolean): boolean {
    let asThread = false;
    const done = (answer: number | undefined): void => {
      handler.end();
      // The rest of the service is another turn: this one was the handler's own.
      if (asThread) this.#queue(line);
      this.#answered(line, handler, answer);
    };
    handler.running = true;
    const ended = this.#sched.interrupt(handler.name, line.level, handler.fn, done, inPlace);
    if (ended) return true;
    asThread = true;
    handler.task = this.#sched.task;
    return false;
  }

  #answered(line: InterruptLine, handler: IntrId, answer: number | undefined): void {
    if (answer === undefined || answer === DDI_INTR_UNCLAIMED) return;
    line.claimed = true;
    if (answer === DDI_INTR_CLAIMED) return;
    // ddi_intr_add_handler(9F) DS-2: there are two answers and no third; C takes it for a yes.
    this.#report({
      rule: 'BAD_INTERRUPT_ANSWER',
      clause: 'ddi_intr_add_handler.9f/DS-2',
      message:
        `handler "${handler.name}" returned ${String(answer)}, which is neither ` +
        'DDI_INTR_CLAIMED nor DDI_INTR_UNCLAIMED',
      call: handler.name,
      values: { answer },
    });
  }

  #endService(line: InterruptLine): void {
    const { claimed } = line;
    line.inService = false;
    line.cursor = 0;
    line.claimed = false;
    if (!line.asserted) return;
    if (claimed) line.stuck++;
    else line.unclaimed++;
    const spurious = line.unclaimed >= SPURIOUS_LIMIT;
    line.masked ||= spurious || line.stuck >= STORM_LIMIT;
    if (line.masked) this.#reportMasked(line, spurious);
    else this.#consider(line);
  }

  #reportMasked(line: InterruptLine, spurious: boolean): void {
    const times = String(spurious ? SPURIOUS_LIMIT : STORM_LIMIT);
    const how = spurious ? 'nobody claimed it' : 'it was claimed and stayed asserted';
    this.#report({
      rule: spurious ? 'SPURIOUS_INTERRUPT' : 'INTERRUPT_STORM',
      clause: 'ddi_intr_add_handler.9f/DS-2',
      message: `line "${line.name}" was served ${times} times and ${how}: masked`,
      call: line.name,
      values: {
        sources: line.sources(),
        handlers: line.handlers.map((handler) => handler.name).join(', '),
      },
    });
  }

  #dropHandler(handler: IntrId): void {
    const { line } = handler;
    const at = line.handlers.indexOf(handler);
    if (at < 0) return;
    line.handlers.splice(at, 1);
    if (at < line.cursor) line.cursor--;
    this.#requeue(line);
  }

  // ---- Soft interrupts --------------------------------------------------------------------

  #queueSoft(softint: SoftInt): void {
    softint.place = (softint.async ? this.#async : this.#sync).push({
      name: softint.name,
      level: softint.level,
      stamp: ++this.#stamp,
      go: (inPlace) => {
        this.#callSoft(softint, inPlace);
      },
    });
  }

  #callSoft(softint: SoftInt, inPlace: boolean): void {
    const done = (): void => {
      softint.end();
      if (softint.pending) this.#queueSoft(softint);
    };
    softint.place = undefined;
    softint.pending = false;
    softint.running = true;
    const { name, level, fn } = softint;
    if (!this.#sched.interrupt(name, level, fn, done, inPlace)) softint.task = this.#sched.task;
  }

  #dropSoft(softint: SoftInt): void {
    if (softint.place !== undefined)
      (softint.async ? this.#async : this.#sync).remove(softint.place);
    softint.place = undefined;
    softint.pending = false;
  }

  #raised({ name, level }: InterruptLine | Callee): void {
    this.#trace.note('raise', level);
    if (this.#trace.observed) this.#trace.emit({ kind: 'interrupt', name, level, phase: 'raise' });
  }
}

/**
 * Whether a function was declared async.
 *
 * @param fn - any function; one that merely returns a promise, or wraps an async one, is not
 */
export function isAsyncFunction(fn: unknown): boolean {
  return Object.prototype.toString.call(fn) === '[object AsyncFunction]';
}

function checkLevel(name: string, level: number): void {
  if (Number.isInteger(level) && level >= 1 && level <= LEVEL_MAX) return;
  throw new ModelBug(`interrupt "${name}": ${String(level)} is no level from 1 to 15`);
}
