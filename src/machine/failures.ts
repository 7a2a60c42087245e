/**
 * How a run can fail without anybody having thrown: the scheduler's own errors.
 *
 * None of them is what a real system does, so none is a Panic; all take the machine down as a Panic
 * does, because they leave threads behind that can never go on.
 */
import { Panic } from '../sys/errors.js';
import { describeContext } from './context.js';
import { describeAwaited, type Task } from './thread.js';

/** Somebody waits for what can never come. */
export class Deadlock extends Error {
  override readonly name = 'DEADLOCK';
}

/**
 * For a run whose main thread can never finish.
 *
 * @param nowNs - virtual time
 * @param list - who is under way
 */
export function deadlock(nowNs: number, list: string): Deadlock {
  return new Deadlock(
    `at ${String(nowNs)} ns nothing is ready, no event is to come, and "main" has not ` +
      `finished. Under way:${list}`,
  );
}

/**
 * For somebody who waits in place, and lets no thread run that could help.
 *
 * @param nowNs - virtual time
 * @param task - who waits
 * @param what - for what, and who holds it
 * @param list - who is under way
 */
export function deadlockInPlace(nowNs: number, task: Task, what: string, list: string): Deadlock {
  return new Deadlock(
    `at ${String(nowNs)} ns ${describeContext(task)} waits in place for ${what}; no interrupt ` +
      'can be delivered, no event is to come, and threads do not run meanwhile. ' +
      `Under way:${list === '' ? ' nobody' : list}`,
  );
}

/** A run took more turns than its limit allows and was going in circles. */
export class Livelock extends Error {
  override readonly name = 'LIVELOCK';

  /**
   * @param limit - the turns that were taken
   * @param list - who is under way
   * @param pending - interrupts that wait for somebody to wait
   */
  constructor(limit: number, list: string, pending: readonly string[]) {
    const hint =
      pending.length === 0
        ? ''
        : ` Pending are interrupts with async handlers (${pending.join(', ')}), which cannot be ` +
          'called while a thread polls with drv_usecwait: it must await something.';
    super(
      `${String(limit)} turns were taken since the run began, and no end is in sight.${hint} ` +
        `Under way:${list}`,
    );
  }
}

/** A thread awaits something outside the machine, or something outside awaits the machine. */
export class ForeignAwait extends Error {
  override readonly name = 'FOREIGN_AWAIT';
  /** The thread or handler. */
  readonly thread: string;

  /**
   * @param task - who awaits
   * @param what - what is wrong with that, after the name of the thread
   */
  constructor(task: Task, what: string) {
    super(`${describeContext(task)} ${what}`);
    this.thread = task.name;
  }
}

/** Code asked for a wait and returned without having awaited it. */
export class NotAwaited extends Error {
  override readonly name = 'NOT_AWAITED';
  /** The thread or handler. */
  readonly thread: string;

  /**
   * @param task - who should have awaited
   * @param what - what is wrong, after the name of the thread
   */
  constructor(task: Task, what: string) {
    super(`${describeContext(task)} ${what}`);
    this.thread = task.name;
  }
}

/**
 * For a thread whose turn ended with nothing that could begin another one.
 *
 * @param task - the thread
 */
export function foreignAwait(task: Task): ForeignAwait {
  const forgotten = [...task.unawaited].map((wait) => wait.what).join(', ');
  const hint = forgotten === '' ? '' : ` It asked for a wait and did not await it: ${forgotten}.`;
  return new ForeignAwait(
    task,
    `awaits something this machine did not hand out, and nothing in it can end that.${hint} ` +
      'Inside machine.run() a thread may await what the calls of this machine return ' +
      '(mutex_enter, cv_wait, delay, a call with DDI_DMA_SLEEP, the done of a thread), what is ' +
      'settled already, and async functions made of these. Timers, files, sockets and promises ' +
      'that another thread settles are not legal: model time with delay, and let threads wait ' +
      'for one another with a condition variable.',
  );
}

/**
 * For code that awaits the machine where nobody takes turns.
 *
 * @param task - the boot context
 * @param what - what it awaits
 */
export function awaitOutside(task: Task, what: string): ForeignAwait {
  return new ForeignAwait(
    task,
    `awaits ${what} outside machine.run(): nothing runs there that could provide it. Move the ` +
      'await into the function given to machine.run().',
  );
}

/**
 * For a thread or handler that returned and left a wait behind.
 *
 * @param task - the thread or handler
 */
export function notAwaited(task: Task): NotAwaited {
  const waits = [...task.unawaited].map(describeAwaited).join('; and for ');
  const remedy =
    task.kind === 'interrupt' ? 'Make the handler async and await the call.' : 'Await the call.';
  return new NotAwaited(
    task,
    `had to wait for ${waits}, and returned without having awaited it. ${remedy}`,
  );
}

/**
 * For a handler that turned out to be a thread when it was too late.
 *
 * @param task - the handler
 * @param under - who waits in place
 */
export function promisedInPlace(task: Task, under: Task): NotAwaited {
  return new NotAwaited(
    task,
    `returned a promise while ${describeContext(under)} waited in place. A handler that awaits ` +
      'is a thread and gets a turn of its own: declare it async, so that the machine knows ' +
      'before it calls it.',
  );
}

/**
 * Whether an error takes the machine down for good.
 *
 * @param error - whatever was thrown
 */
export function isLatching(error: unknown): error is Error {
  return (
    error instanceof Panic ||
    error instanceof Deadlock ||
    error instanceof Livelock ||
    error instanceof ForeignAwait ||
    error instanceof NotAwaited
  );
}
