/** Checks of ddi_umem_lock(9F), ddi_umem_unlock(9F) and umem_lockmemory. */
import { DDI_DMA_WRITE } from '../../sys/constants.js';
import {
  B_WRITE,
  DDI_UMEMLOCK_LONGTERM,
  DDI_UMEMLOCK_READ,
  DDI_UMEMLOCK_WRITE,
  UMEM_CALLBACK_VERSION,
} from '../../sys/constants-io.js';
import { clause, type ClauseCheck } from '../clause.js';
import { contexts, deviceReads, misuse, pattern } from '../stock.js';
import { boundBuf, locked, setUp } from '../stock-io.js';
import type { ProgramEnd, Sut } from '../sut.js';
import { bad, good, same, that } from '../that.js';

const page = 'ddi_umem_lock.9f';
const READ = DDI_UMEMLOCK_READ;
const WRITE = DDI_UMEMLOCK_WRITE;

/** Locks in a thread of a program, and gives the answer as it is. */
function tryLock(sut: Sut, program: ProgramEnd, at: number, length: number, flags: number) {
  return program.run(() => sut.kernel.ddi_umem_lock(at, length, flags));
}

/** The checks. */
export const umemLockChecks: readonly ClauseCheck[] = [
  clause(`${page}/AR-1`, {}, async (sut) => {
    const program = sut.program();
    const at = program.map(3 * sut.pageSize);
    for (const [off, length] of [
      [1, 4096],
      [0, 4095],
      [512, 512],
    ] as const) {
      const result = await tryLock(sut, program, at + off, length, READ);
      bad(result, 'EINVAL', `${length} bytes at ${off}`);
    }
    good(await tryLock(sut, program, at + 4096, 8192, READ), 'whole pages');
  }),
  clause(`${page}/FL-1`, { cases: ['neither', 'both'] }, async (sut, kase) => {
    const program = sut.program();
    const at = program.map(sut.pageSize);
    const attempt = await sut.attempt(() =>
      tryLock(sut, program, at, sut.pageSize, kase === 'both' ? READ | WRITE : 0),
    );
    const reported = attempt.findings.some((f) => f.clause === `${page}/FL-1`);
    that(reported || attempt.value?.isErr() === true, `${kase} of the two flags is wrong`);
    good(await tryLock(sut, program, at, sut.pageSize, READ), 'one of them');
    good(await tryLock(sut, program, at, sut.pageSize, WRITE), 'the other');
  }),
  clause(`${page}/DS-1`, {}, async (sut) => {
    const { program, at, length, cookie } = await locked(sut, READ);
    that(typeof cookie === 'object', 'there is a cookie');
    same(program.takeOut(at, length), 0, 'pages the system can take while they are locked');
    const other = program.map(length);
    same(program.takeOut(other, length), 4, 'pages it can take of other memory');
  }),
  clause(`${page}/DS-2`, {}, async (sut) => {
    const { length, cookie } = await locked(sut, READ);
    const bp = setUp(sut, cookie, 0, length, B_WRITE);
    const handle = boundBuf(sut, bp, DDI_DMA_WRITE);
    same(deviceReads(sut, handle), pattern(length, 1), 'the memory as a device reads it');
  }),
  clause(`${page}/DS-3`, {}, async (sut) => {
    const { program, cookie } = await locked(sut, READ);
    same([program.fork(), program.exec()], [false, false], 'fork and exec while locked');
    sut.ddi.ddi_umem_unlock(cookie);
    await sut.settle();
    same([program.fork(), program.exec()], [true, true], 'fork and exec afterwards');
  }),
  clause(`${page}/DS-4`, {}, async (sut) => {
    const { program } = await locked(sut, READ);
    await misuse(sut, 'a program that ends with pages locked', [`${page}/DS-4`], () => {
      program.exit();
    });
  }),
  clause(`${page}/UL-1`, {}, async (sut) => {
    const before = sut.live();
    const { program, at, length, cookie } = await locked(sut, READ);
    same(program.takeOut(at, length), 0, 'pages the system can take while they are locked');
    sut.ddi.ddi_umem_unlock(cookie);
    await sut.settle();
    same(program.takeOut(at, length), 4, 'pages it can take afterwards');
    same(sut.live(), before, 'objects alive afterwards');
    same(program.peek(at, length), pattern(length, 1), 'the memory, brought in again');
  }),
  clause(`${page}/RV-1`, {}, async (sut) => {
    const program = sut.program();
    const at = program.map(sut.pageSize);
    good(await tryLock(sut, program, at, sut.pageSize, READ), 'a lock');
    const failed = await tryLock(sut, program, at + 1, sut.pageSize, READ);
    that(failed.isErr() && failed.error.code > 0, 'a failure is an errno');
  }),
  clause(`${page}/RV-2`, {}, async (sut) => {
    const program = sut.program();
    const at = program.map(sut.pageSize);
    const holes = [
      [at - sut.pageSize, sut.pageSize],
      [at, 2 * sut.pageSize],
    ] as const;
    for (const [where, length] of holes) {
      bad(await tryLock(sut, program, where, length, READ), 'EFAULT', 'a range with a hole');
    }
    good(await tryLock(sut, program, at, sut.pageSize, READ), 'a range that is there');
  }),
  clause(`${page}/RV-3`, {}, async (sut) => {
    const program = sut.program();
    const at = program.map(sut.pageSize);
    program.protect(at, sut.pageSize, 'read');
    bad(await tryLock(sut, program, at, sut.pageSize, WRITE), 'EACCES', 'writing read-only memory');
    good(await tryLock(sut, program, at, sut.pageSize, READ), 'reading it');
  }),
  clause(`${page}/RV-4`, {}, async (sut) => {
    const program = sut.program();
    const at = program.map(4 * sut.pageSize);
    program.limitLocks(2 * sut.pageSize);
    const result = await tryLock(sut, program, at, 3 * sut.pageSize, READ);
    bad(result, 'ENOMEM', 'more than the limit');
    good(await tryLock(sut, program, at, 2 * sut.pageSize, READ), 'as much as the limit');
    bad(await tryLock(sut, program, at, sut.pageSize, READ), 'ENOMEM', 'one page more');
  }),
  clause(`${page}/RV-6`, {}, async (sut) => {
    const program = sut.program();
    const at = program.map(2 * sut.pageSize);
    bad(await tryLock(sut, program, at + 1, sut.pageSize, READ), 'EINVAL', 'an odd address');
    good(await tryLock(sut, program, at, sut.pageSize, READ), 'an even one');
  }),
  clause(`${page}/CX-1`, {}, async (sut) => {
    const { program, at, length } = await locked(sut, READ);
    same(sut.findings().length, 0, 'findings about a lock in user context');
    await misuse(sut, 'a lock in interrupt context', [`${page}/CX-1`], () =>
      sut.within('interrupt', () => sut.kernel.ddi_umem_lock(at, length, READ)),
    );
    same(program.takeOut(at, length), 0, 'pages the system can take of the first lock');
  }),
  clause(`${page}/CX-2`, {}, async (sut) => {
    const locks = [];
    for (let i = 0; i < contexts.length; i++) locks.push(await locked(sut, READ, 1));
    for (const [i, where] of contexts.entries()) {
      const lock = locks[i];
      that(lock !== undefined, 'there is a lock');
      await sut.within(where, () => {
        sut.ddi.ddi_umem_unlock(lock.cookie);
      });
      await sut.settle();
      same(lock.program.takeOut(lock.at, lock.length), 1, `pages free after ${where} context`);
    }
    same(sut.findings().length, 0, 'findings');
  }),

  // umem_lockmemory has no page; the header and the code tell what it does.
  clause('umem_lockmemory/NP-1', { cases: ['by name', 'the current one'] }, async (sut, kase) => {
    const [program, other] = [sut.program(), sut.program()];
    const at = program.map(2 * sut.pageSize);
    const told: unknown[] = [];
    const ops = {
      cbo_umem_callback_version: UMEM_CALLBACK_VERSION,
      cbo_umem_lock_cleanup: (cookie: unknown) => {
        told.push(cookie);
      },
    };
    const [caller, proc] = kase === 'by name' ? [other, program.proc] : [program, null];
    const result = await caller.run(() =>
      sut.kernel.umem_lockmemory(at, sut.pageSize, READ, ops, proc),
    );
    const { cookie } = good(result, 'a lock with a vector of callbacks');
    same(program.takeOut(at, 2 * sut.pageSize), 1, 'pages of two the system can take');
    program.protect(at, sut.pageSize, 'read');
    that(told.length === 1 && told[0] === cookie, 'the cleanup routine is given the cookie');
    sut.ddi.ddi_umem_unlock(cookie);
    await sut.settle();
    same(program.takeOut(at, sut.pageSize), 1, 'pages it can take after the unlock');
  }),
  clause('umem_lockmemory/NP-2', {}, (sut) => {
    const program = sut.program();
    const at = program.map(sut.pageSize);
    const lock = (flags: number) =>
      sut.kernel.umem_lockmemory(at, sut.pageSize, flags, null, program.proc);
    for (const flags of [0, 8, READ | 8]) bad(lock(flags), 'EINVAL', `flags ${flags}`);
    for (const flags of [READ, WRITE, READ | WRITE]) good(lock(flags), `flags ${flags}`);
  }),
  clause('umem_lockmemory/NP-3', {}, (sut) => {
    const program = sut.program();
    const at = program.map(sut.pageSize);
    const endless = READ | DDI_UMEMLOCK_LONGTERM;
    const lock = (version: number | null) => {
      const ops =
        version === null
          ? null
          : { cbo_umem_callback_version: version, cbo_umem_lock_cleanup: () => undefined };
      return sut.kernel.umem_lockmemory(at, sut.pageSize, endless, ops, program.proc);
    };
    bad(lock(null), 'EINVAL', 'an endless lock without a callback');
    bad(lock(2), 'EINVAL', 'a vector of version 2');
    good(lock(UMEM_CALLBACK_VERSION), 'an endless lock with one');
  }),
  clause('umem_lockmemory/NP-4', {}, (sut) => {
    const program = sut.program();
    const ops = {
      cbo_umem_callback_version: UMEM_CALLBACK_VERSION,
      cbo_umem_lock_cleanup: () => undefined,
    };
    const lock = (at: number, flags: number) =>
      sut.kernel.umem_lockmemory(at, sut.pageSize, flags, ops, program.proc);
    const endless = READ | DDI_UMEMLOCK_LONGTERM;
    const file = program.mapSharedFile(sut.pageSize);
    bad(lock(file, endless), 'EFAULT', 'an endless lock of a file that is mapped shared');
    good(lock(file, READ), 'a lock of it that ends');
    good(lock(program.map(sut.pageSize), endless), 'an endless lock of other memory');
  }),
  clause('umem_lockmemory/NP-5', {}, (sut) => {
    const program = sut.program();
    const at = program.map(sut.pageSize);
    let told = 0;
    const ops = {
      cbo_umem_callback_version: UMEM_CALLBACK_VERSION,
      cbo_umem_lock_cleanup: () => {
        told++;
      },
    };
    const endless = READ | DDI_UMEMLOCK_LONGTERM;
    good(
      sut.kernel.umem_lockmemory(at, sut.pageSize, endless, ops, program.proc),
      'an endless lock',
    );
    same(told, 0, 'calls of the cleanup routine before anything changed');
    program.protect(at, sut.pageSize, 'read');
    same(told, 1, 'calls when the memory is protected anew');
  }),
];
