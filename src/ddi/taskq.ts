/** taskq(9F): ddi_taskq_create and its kin. */
import { err, ok, type Result } from 'neverthrow';
import { Taskq } from '../machine/taskq.js';
import type { Wait } from '../machine/wait.js';
import type { DevInfo } from '../nexus/tree.js';
import { ddiError, type DdiError } from '../sys/errors.js';
import { DDI_SLEEP } from '../sys/constants.js';
import { Panic } from '../sys/errors.js';
import { showValue } from '../sys/result.js';
import type { brand, dev_info_t } from '../sys/types.js';
import { enterDip } from './enter.js';

/** A task queue; opaque. */
export interface ddi_taskq_t {
  readonly [brand]: 'ddi_taskq_t';
}

/** Threads a queue can have. */
const threadLimit = 1024;

class DdiTaskq implements ddi_taskq_t {
  declare readonly [brand]: 'ddi_taskq_t';

  constructor(
    readonly dip: DevInfo,
    readonly queue: Taskq,
  ) {}
}

/**
 * Makes a task queue.
 *
 * @param dip - the device it belongs to
 * @param name - for messages
 * @param nthreads - how many tasks can run at one time, 1 to 1024
 * @param pri - priority; `TASKQ_DEFAULTPRI`
 * @param cflags - 0; no flag is defined
 * @returns the queue
 * @remarks User and kernel context.
 * @see taskq(9F)
 */
export function ddi_taskq_create(
  dip: dev_info_t,
  name: string,
  nthreads: number,
  pri: number,
  cflags: number,
): ddi_taskq_t {
  const call = 'ddi_taskq_create';
  const node = enterDip(call, dip);
  if (!Number.isInteger(nthreads) || nthreads < 1 || nthreads > threadLimit) {
    const given = showValue(nthreads);
    const message = `${call}: nthreads must be from 1 to ${threadLimit}, not ${given}`;
    node.machine.sched.panic(new Panic(message, { nthreads, pri, cflags }));
  }
  notInInterrupt(node, call);
  const { sched, live } = node.machine;
  return new DdiTaskq(node, new Taskq({ sched, live, owner: node.path }, name, nthreads));
}

/**
 * Queues a task.
 *
 * @param tq - the queue
 * @param func - the task; may be async
 * @param arg - its argument
 * @param dflags - `DDI_SLEEP` or `DDI_NOSLEEP`
 * @returns nothing; `DDI_FAILURE` with `DDI_NOSLEEP` when there is no memory for the task
 * @remarks User, kernel and interrupt context; interrupt context with `DDI_NOSLEEP` only.
 * @see taskq(9F)
 */
export function ddi_taskq_dispatch<A>(
  tq: ddi_taskq_t,
  func: (arg: A) => void | PromiseLike<void>,
  arg: A,
  dflags: number,
): Result<undefined, DdiError<'DDI_FAILURE'>> {
  const call = 'ddi_taskq_dispatch';
  const { dip, queue } = entered(call, tq);
  const { machine } = dip;
  if (dflags === DDI_SLEEP) notInInterrupt(dip, call);
  if (typeof func !== 'function') {
    machine.sched.panic(new Panic(`${call}: func must be a function, not ${showValue(func)}`));
  }
  if (queue.destroyed) {
    const message = `the task queue "${queue.name}" was destroyed`;
    misuse(dip, call, 'USE_AFTER_FREE', message);
    return err(ddiError('DDI_FAILURE', call, 'mutex.9f/NT-1', message));
  }
  if (dflags !== DDI_SLEEP && machine.faults.fails('kmem')) {
    const message = 'no memory for a task';
    return err(ddiError('DDI_FAILURE', call, 'kmem_alloc.9f/FL-2', message));
  }
  queue.dispatch(() => func(arg));
  return ok(undefined);
}

/**
 * Waits until every task of a queue is done.
 *
 * @param tq - the queue
 * @returns a wait; nothing when no task is left
 * @remarks User and kernel context.
 * @see taskq(9F)
 */
export function ddi_taskq_wait(tq: ddi_taskq_t): Wait<void> | undefined {
  const { dip, queue } = entered('ddi_taskq_wait', tq);
  notInInterrupt(dip, 'ddi_taskq_wait');
  return queue.drain();
}

/**
 * Waits for every task and ends the queue's life.
 *
 * @param tq - the queue
 * @returns a wait; nothing when no task was left
 * @remarks User and kernel context.
 * @see taskq(9F)
 */
export function ddi_taskq_destroy(tq: ddi_taskq_t): Wait<void> | undefined {
  const call = 'ddi_taskq_destroy';
  const { dip, queue } = entered(call, tq);
  notInInterrupt(dip, call);
  if (queue.destroyed) {
    misuse(dip, call, 'DOUBLE_FREE', `the task queue "${queue.name}" was destroyed before`);
    return undefined;
  }
  const wait = queue.drain();
  queue.destroy();
  return wait;
}

/**
 * Keeps a queue from starting tasks.
 *
 * @param tq - the queue
 * @remarks User and kernel context.
 * @see taskq(9F)
 */
export function ddi_taskq_suspend(tq: ddi_taskq_t): void {
  entered('ddi_taskq_suspend', tq).queue.suspend();
}

/**
 * Lets a suspended queue go on.
 *
 * @param tq - the queue
 * @remarks User and kernel context.
 * @see taskq(9F)
 */
export function ddi_taskq_resume(tq: ddi_taskq_t): void {
  entered('ddi_taskq_resume', tq).queue.resume();
}

/**
 * Whether a queue is suspended.
 *
 * @param tq - the queue
 * @remarks User and kernel context.
 * @see taskq(9F)
 */
export function ddi_taskq_suspended(tq: ddi_taskq_t): boolean {
  return entered('ddi_taskq_suspended', tq).queue.suspended;
}

function entered(call: string, tq: ddi_taskq_t): DdiTaskq {
  if (!(tq instanceof DdiTaskq)) {
    throw new Panic(`${call}: tq must come from ddi_taskq_create(9F); ${showValue(tq)} does not`);
  }
  tq.dip.machine.sched.enter();
  tq.dip.machine.trace.note(call);
  return tq;
}

function notInInterrupt(dip: DevInfo, call: string): void {
  const { current } = dip.machine.sched;
  if (current.kind !== 'interrupt') return;
  misuse(dip, call, 'CONTEXT', 'may block and was called in interrupt context');
}

function misuse(dip: DevInfo, call: string, rule: string, message: string): void {
  dip.machine.report({ rule, clause: 'mutex.9f/NT-1', message, call, values: {} });
}
