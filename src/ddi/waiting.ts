/**
 * Waiting for resources: what becomes of a call that finds them short.
 *
 *   (1) `DDI_DMA_DONTWAIT` and `null`: the error of the page, at once, and nothing else.
 *   (2) A callback: the error, and the function is registered for when something was released.
 *   (3) `DDI_DMA_SLEEP`: the call is tried again when something was released; its ResultAsync
 *       resolves when it has succeeded, or has become impossible.
 * Inside machine.pump a call that sleeps waits in place, and gives the Result itself.
 * What can never succeed does not wait: its error comes at once, whatever `waitfp` says.
 *
 * MODEL EXTENSION: with `DDI_DMA_SLEEP`, `arg` may be an AbortSignal. Aborting ends the wait with
 * the error of a call that does not sleep.
 */
import { errAsync, okAsync, type Result, ResultAsync } from 'neverthrow';
import type { RegisteringCall } from '../nexus/callbacks.js';
import type { DevInfo } from '../nexus/tree.js';
import type { Sleeper, SleepLine, WaitKind } from '../nexus/wait-lists.js';
import { DDI_DMA_SLEEP } from '../sys/constants.js';
import type { DdiError } from '../sys/errors.js';
import { showValue } from '../sys/result.js';
import type { ddi_dma_callback_t, ddi_waitfp_t } from '../sys/types.js';

/** What one attempt gave. */
export interface Attempt<T, E> {
  readonly result: Result<T, E>;
  /** Whether waiting could help a failed attempt. */
  readonly transient: boolean;
  /** Whether a callback is registered even when waiting cannot help. */
  readonly registers?: boolean;
  /** Whether DDI_DMA_SLEEP is taken for a callback: a kernel's mistake. */
  readonly registersSleep?: boolean;
  /** Where a callback is registered, when that is not the list of the call. */
  readonly kind?: WaitKind;
}

/** A call that can wait. */
export interface Waitable<T, E extends DdiError> {
  readonly dip: DevInfo;
  readonly call: RegisteringCall;
  /** The clause that says where sleeping is allowed. */
  readonly clause: string;
  readonly kind: WaitKind;
  /** Where it stands when it sleeps. */
  readonly line: SleepLine;
  /** Tries; leaves nothing behind when it fails. */
  readonly attempt: () => Attempt<T, E>;
}

/**
 * Makes a call, and waits as `waitfp` says.
 *
 * @param what - the call
 * @param waitfp - as the driver gave it
 * @param arg - the argument of a callback
 */
export function waitFor<T, E extends DdiError>(
  what: Waitable<T, E>,
  waitfp: ddi_waitfp_t,
  arg: unknown,
): Result<T, E> | ResultAsync<T, E> {
  checkWaitfp(what, waitfp);
  const { lists, machine } = what.dip;
  const sleeps = waitfp === DDI_DMA_SLEEP;
  const mayWait = !sleeps || maySleep(what);
  // Who must let others go first is answered as if nothing were free; what can never be is told.
  const yields = sleeps ? lists.mustQueue(what.line) : lists.mustYield(what.line);
  const first = lists.quietly(() =>
    yields ? machine.faults.starved(what.attempt) : machine.faults.during(sleeps, what.attempt),
  );
  if (first.result.isOk()) {
    if (!sleeps) lists.overtook(what.line);
    return sleeps ? settled(what, first.result) : first.result;
  }
  const by = { owner: what.dip, call: what.call };
  if (typeof waitfp === 'function' && (first.transient || first.registers === true)) {
    lists.callback(first.kind ?? what.kind, waitfp, arg, by);
  }
  if (!sleeps) return first.result;
  if (first.registersSleep === true) {
    lists.callback(first.kind ?? what.kind, DDI_DMA_SLEEP, arg, by);
  }
  if (!first.transient || !mayWait) return settled(what, first.result);
  return asleep(what, first.result, arg);
}

function asleep<T, E extends DdiError>(
  what: Waitable<T, E>,
  last: Result<T, E>,
  arg: unknown,
): Result<T, E> | ResultAsync<T, E> {
  const { lists, machine } = what.dip;
  const { sched } = machine;
  let outcome: Result<T, E> | undefined;
  const ticket = sched.inPlace ? null : sched.ticket<Result<T, E>>(what.call, () => owners(what));
  const end = (result: Result<T, E>): void => {
    outcome = result;
    ticket?.resolve(result);
  };
  const signal = arg instanceof AbortSignal ? arg : null;
  const sleeper: Sleeper = {
    line: what.line,
    overtaken: 0,
    retry: () => {
      const next = lists.quietly(() => machine.faults.during(true, what.attempt));
      if (next.result.isErr() && next.transient) return false;
      signal?.removeEventListener('abort', abort);
      end(next.result);
      return true;
    },
  };
  const abort = (): void => {
    lists.cancel(sleeper);
    end(last);
  };
  lists.sleep(sleeper);
  if (signal?.aborted === true) abort();
  else signal?.addEventListener('abort', abort, { once: true });
  if (ticket !== null) return new ResultAsync(ticket.wait.promise);
  try {
    sched.awaitInPlace(`${what.call}, ${owners(what)}`, () => outcome !== undefined);
  } finally {
    // Whoever is thrown at by a handler does not wait any more.
    lists.cancel(sleeper);
  }
  return outcome ?? last;
}

/** Who holds what a sleeper wants, for the report of a deadlock. */
function owners({ dip }: { readonly dip: DevInfo }): string {
  const held = dip.machine.live.list().map((o) => `${o.owner} ${o.kind} (${o.detail})`);
  const shown = held.slice(0, 8).join('; ');
  return held.length > 8 ? `${shown}; and ${held.length - 8} more` : shown;
}

function settled<T, E extends DdiError>(
  { dip }: Waitable<T, E>,
  result: Result<T, E>,
): Result<T, E> | ResultAsync<T, E> {
  if (dip.machine.sched.inPlace) return result;
  return result.match<ResultAsync<T, E>>(
    (value) => okAsync(value),
    (error) => errAsync(error),
  );
}

/** Whether a call may sleep where it was made; reports it when not. */
function maySleep({ dip, call, clause }: Waitable<unknown, DdiError>): boolean {
  const { current } = dip.machine.sched;
  if (current.kind === 'interrupt') {
    dip.machine.report({
      rule: 'SLEEP_IN_INTERRUPT',
      clause,
      message: 'DDI_DMA_SLEEP may block and was given in interrupt context',
      call,
      values: { level: current.level },
    });
    return false;
  }
  for (const lock of current.holds) {
    if (!lock.forInterrupts) continue;
    dip.machine.report({
      rule: 'SLEEP_WITH_MUTEX',
      clause: 'mutex.9f/NT-1',
      message: `DDI_DMA_SLEEP may block and ${lock.name} is held, which an interrupt handler takes`,
      call,
      values: { mutex: lock.name },
    });
  }
  return true;
}

function checkWaitfp(
  { dip, call }: { readonly dip: DevInfo; readonly call: string },
  waitfp: ddi_waitfp_t | ddi_dma_callback_t<never> | undefined,
): void {
  if (waitfp === 0 || waitfp === 1 || waitfp === null || typeof waitfp === 'function') return;
  // Any other value is taken for the address of a function, and a jump to it ends in a trap.
  dip.machine.panic(
    `${call}: waitfp must be DDI_DMA_SLEEP, DDI_DMA_DONTWAIT, null or a function; ` +
      `it is ${showValue(waitfp)}`,
    { waitfp },
  );
}
