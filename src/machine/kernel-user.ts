/**
 * The kernel services of user memory whose prototypes carry no device, buf or cookie: umem, copyin
 * and copyout, page arithmetic. Part of `machine.kernel`.
 */
import { err, ok, type Result } from 'neverthrow';
import * as numbers from '../sys/constants-io.js';
import { ddiError, Panic, type DdiError } from '../sys/errors.js';
import type { ddi_umem_cookie_t, proc_t, umem_callback_ops } from '../sys/types-io.js';
import {
  checkContext,
  checkSleep,
  enterCall,
  type IoHost,
  panicNever,
  reportBad,
} from './io-host.js';
import { ByteorderKernel } from './kernel-byteorder.js';
import { Process, type Users } from './process.js';
import { pageBytes } from './store.js';
import { allocUmem, lockUmem, type LockErrno, type UmemCookie } from './umem.js';

/** Value and out-parameter of ddi_umem_alloc(9F). */
export interface UmemAllocOut {
  /** First address; 0, a null pointer, for `DDI_UMEM_TRASH`. */
  readonly addr: number;
  /** The cookie. */
  readonly cookie: ddi_umem_cookie_t;
}

/** Out-parameter of ddi_umem_lock(9F) and umem_lockmemory. */
export interface UmemLockOut {
  /** The cookie. */
  readonly cookie: ddi_umem_cookie_t;
}

/** Codes of ddi_umem_lock(9F) and umem_lockmemory: errno values. */
export type UmemLockError = DdiError<'EFAULT' | 'EACCES' | 'ENOMEM' | 'EINVAL'>;

type LockResult = Result<UmemLockOut, UmemLockError>;

/** User memory. */
export class UserKernel extends ByteorderKernel {
  readonly #io: IoHost;
  readonly #users: Users;

  constructor(io: IoHost, users: Users) {
    super(io);
    this.#io = io;
    this.#users = users;
  }

  // ---- umem ---------------------------------------------------------------------------------

  /**
   * Allocates zeroed, page-aligned kernel memory that can be exported to programs.
   *
   * @param size - bytes, rounded up to whole pages; 0 gives `null`
   * @param flag - `DDI_UMEM_SLEEP` or `DDI_UMEM_NOSLEEP`, with `DDI_UMEM_PAGEABLE` or
   * `DDI_UMEM_TRASH` if wanted
   * @returns `addr` and `cookie`, or `null` when `DDI_UMEM_NOSLEEP` finds no memory
   * @throws Panic when `DDI_UMEM_SLEEP` could never be satisfied
   * @remarks Any context with `DDI_UMEM_NOSLEEP`; user and kernel context with `DDI_UMEM_SLEEP`.
   * @see ddi_umem_alloc(9F)
   */
  readonly ddi_umem_alloc = (size: number, flag: number): UmemAllocOut | null => {
    const call = 'ddi_umem_alloc';
    enterCall(this.#io, call, size, flag);
    const { DDI_UMEM_NOSLEEP, DDI_UMEM_PAGEABLE, DDI_UMEM_TRASH } = numbers;
    if ((flag & DDI_UMEM_NOSLEEP) === 0) checkSleep(this.#io, call, 'ddi_umem_alloc.9f/CX-1');
    if (!Number.isSafeInteger(size) || size < 0) {
      reportBad(
        this.#io,
        call,
        'ddi_umem_alloc.9f/DS-1',
        'size',
        size,
        'must be a number of bytes',
      );
      return null;
    }
    const known = DDI_UMEM_NOSLEEP | DDI_UMEM_PAGEABLE | DDI_UMEM_TRASH;
    const both = DDI_UMEM_PAGEABLE | DDI_UMEM_TRASH;
    if ((flag & ~known) !== 0 || (flag & both) === both) {
      reportBad(this.#io, call, 'ddi_umem_alloc.9f/FL-3', 'flag', flag, 'is no flag of the page');
    }
    // ddi_umem_alloc(9F) NT-1: nothing is nowhere.
    if (size === 0) return null;
    const pageable = (flag & DDI_UMEM_PAGEABLE) !== 0 ? 'pageable' : 'resident';
    const kind = (flag & DDI_UMEM_TRASH) !== 0 ? 'trash' : pageable;
    const maySleep = (flag & DDI_UMEM_NOSLEEP) === 0;
    if (!maySleep && this.#io.faults.fails('kmem')) return null;
    const cookie = allocUmem(this.#io, size, kind);
    if (cookie !== null) return { addr: cookie.addr, cookie };
    if (!maySleep) return null;
    return panicNever(this.#io, call, { size }, 'ddi_umem_alloc.9f/FL-1');
  };

  /**
   * Locks memory of the current process.
   *
   * @param addr - user address, page-aligned
   * @param len - bytes, a multiple of the page size
   * @param flags - `DDI_UMEMLOCK_READ` when the device will take data from the memory,
   * `DDI_UMEMLOCK_WRITE` when it will put data there; one of the two
   * @returns `cookie`; `EINVAL` for a wrong flag or alignment, `EFAULT` where nothing is mapped,
   * `EACCES` where the program itself has no such access, `ENOMEM` when memory is short or the
   * process has locked as much as it may
   * @remarks User context.
   * @see ddi_umem_lock(9F)
   */
  readonly ddi_umem_lock = (addr: number, len: number, flags: number): LockResult => {
    const call = 'ddi_umem_lock';
    enterCall(this.#io, call, addr, len, flags);
    checkContext(this.#io, call, 'ddi_umem_lock.9f/CX-1', ['user']);
    const { DDI_UMEMLOCK_READ, DDI_UMEMLOCK_WRITE } = numbers;
    // ddi_umem_lock(9F) FL-1: one of the two, and only one.
    const both = DDI_UMEMLOCK_READ | DDI_UMEMLOCK_WRITE;
    const loose = flags === both && this.#io.rules.has('umem-lock-both-ways');
    if (flags !== DDI_UMEMLOCK_READ && flags !== DDI_UMEMLOCK_WRITE && !loose) {
      reportBad(this.#io, call, 'ddi_umem_lock.9f/FL-1', 'flags', flags, 'must be READ or WRITE');
      return failLock('EINVAL', call, 'ddi_umem_lock.9f/FL-1', 'flags are not one way', { flags });
    }
    return this.#lock(call, 'ddi_umem_lock.9f', addr, len, flags, this.#users.current);
  };

  /**
   * Locks memory of a process, for an indefinite time if wanted.
   *
   * @param addr - user address, page-aligned
   * @param size - bytes, a multiple of the page size
   * @param flags - `DDI_UMEMLOCK_READ`, `DDI_UMEMLOCK_WRITE` or both, and `DDI_UMEMLOCK_LONGTERM`
   * @param ops_vector - whom to tell when the memory goes away; `null` only without LONGTERM
   * @param procp - the process; `null`: the current one
   * @returns `cookie`; the codes of ddi_umem_lock, and `EFAULT` for an indefinite lock on a file
   * that others share
   * @remarks No page; user context where procp is `null`.
   * @see ddi_umem_lock(9F)
   */
  readonly umem_lockmemory = (
    addr: number,
    size: number,
    flags: number,
    ops_vector: umem_callback_ops | null,
    procp: proc_t | null,
  ): LockResult => {
    const call = 'umem_lockmemory';
    enterCall(this.#io, call, addr, size, flags);
    const { DDI_UMEMLOCK_READ, DDI_UMEMLOCK_WRITE, DDI_UMEMLOCK_LONGTERM } = numbers;
    const access = DDI_UMEMLOCK_READ | DDI_UMEMLOCK_WRITE;
    if ((flags & ~(access | DDI_UMEMLOCK_LONGTERM)) !== 0 || (flags & access) === 0) {
      return failLock('EINVAL', call, `${call}/NP-2`, 'flags make no lock', { flags });
    }
    const version = ops_vector?.cbo_umem_callback_version;
    if (version !== undefined && version !== numbers.UMEM_CALLBACK_VERSION) {
      return failLock('EINVAL', call, `${call}/NP-3`, 'a vector of no known version', { version });
    }
    const cleanup = ops_vector?.cbo_umem_lock_cleanup ?? null;
    const longterm = (flags & DDI_UMEMLOCK_LONGTERM) !== 0;
    if (longterm && cleanup === null) {
      return failLock('EINVAL', call, `${call}/NP-3`, 'an endless lock has no callback', { flags });
    }
    const proc = procp instanceof Process ? procp : this.#users.current;
    if (longterm && proc?.as.hasSharedFile(addr, size) === true) {
      return failLock('EFAULT', call, `${call}/NP-4`, 'the memory is a shared file', { addr });
    }
    const result = this.#lock(call, call, addr, size, flags & access, proc);
    return result.map(({ cookie }) => {
      if (cleanup !== null) {
        const as = cookie.lock?.as;
        cookie.unwatch =
          as?.watch(addr, size, () => {
            cleanup(cookie);
          }) ?? null;
      }
      return { cookie };
    });
  };

  // ---- User memory --------------------------------------------------------------------------

  /**
   * Copies from the current process to kernel memory. Obsolete: ddi_copyin.
   *
   * @param userbuf - user address
   * @param driverbuf - kernel address
   * @param cn - bytes
   * @returns 0, or -1 when the program could not have read it: then the driver returns `EFAULT`
   * @remarks User context.
   * @see copyin(9F)
   */
  readonly copyin = (userbuf: number, driverbuf: number, cn: number): 0 | -1 =>
    this.#copy('copyin', userbuf, driverbuf, cn, 'read');

  /**
   * Copies from kernel memory to the current process. Obsolete: ddi_copyout.
   *
   * @param driverbuf - kernel address
   * @param userbuf - user address
   * @param cn - bytes
   * @returns 0, or -1 when the program could not have written it
   * @remarks User context.
   * @see copyout(9F)
   */
  readonly copyout = (driverbuf: number, userbuf: number, cn: number): 0 | -1 =>
    this.#copy('copyout', userbuf, driverbuf, cn, 'write');

  /**
   * Copies to kernel memory from the current process or, with `FKIOCTL`, from kernel memory.
   *
   * @param buf - user address; kernel address with `FKIOCTL`
   * @param driverbuf - kernel address
   * @param cn - bytes
   * @param flags - the `mode` of ioctl(9E)
   * @returns 0, or -1: then the driver returns `EFAULT`
   * @remarks User and kernel context.
   * @see ddi_copyin(9F)
   */
  readonly ddi_copyin = (buf: number, driverbuf: number, cn: number, flags: number): 0 | -1 => {
    if ((flags & numbers.FKIOCTL) === 0)
      return this.#copy('ddi_copyin', buf, driverbuf, cn, 'read');
    return this.#within('ddi_copyin', buf, driverbuf, cn);
  };

  /**
   * Copies from kernel memory to the current process or, with `FKIOCTL`, to kernel memory.
   *
   * @param driverbuf - kernel address
   * @param buf - user address; kernel address with `FKIOCTL`
   * @param cn - bytes
   * @param flags - the `mode` of ioctl(9E)
   * @returns 0, or -1: then the driver returns `EFAULT`
   * @remarks User and kernel context.
   * @see ddi_copyout(9F)
   */
  readonly ddi_copyout = (driverbuf: number, buf: number, cn: number, flags: number): 0 | -1 => {
    if ((flags & numbers.FKIOCTL) === 0) {
      return this.#copy('ddi_copyout', buf, driverbuf, cn, 'write');
    }
    return this.#within('ddi_copyout', driverbuf, buf, cn);
  };

  /** Bytes to pages of the main memory unit, rounding down. btop(9F). */
  readonly btop = (numbytes: number): number => Math.floor(numbytes / pageBytes);

  /** Bytes to pages of the main memory unit, rounding up. btopr(9F). */
  readonly btopr = (numbytes: number): number => Math.ceil(numbytes / pageBytes);

  /** Pages to bytes. ptob(9F). */
  readonly ptob = (numpages: number): number => numpages * pageBytes;

  // ---- Helpers ------------------------------------------------------------------------------

  #copy(call: string, user: number, kernelAddr: number, cn: number, op: 'read' | 'write'): 0 | -1 {
    enterCall(this.#io, call, user, kernelAddr, cn);
    this.#mayBlock(call);
    if (cn === 0) return 0;
    const { maps } = this.#io;
    // A wrong kernel address is the driver's own doing, and a trap; a wrong user address is not.
    this.#kernelMemory(call, kernelAddr, cn);
    const as = this.#users.current?.as;
    if (as === undefined) return -1;
    const bytes = new Uint8Array(cn);
    if (op === 'write') maps.gather(kernelAddr, bytes);
    if (as.transfer(user, bytes, op) !== 0) return -1;
    if (op === 'read') maps.scatter(kernelAddr, bytes);
    return 0;
  }

  #within(call: string, from: number, to: number, cn: number): 0 {
    enterCall(this.#io, call, from, to, cn);
    this.#mayBlock(call);
    if (cn === 0) return 0;
    this.#kernelMemory(call, from, cn);
    this.#kernelMemory(call, to, cn);
    const bytes = new Uint8Array(cn);
    this.#io.maps.gather(from, bytes);
    this.#io.maps.scatter(to, bytes);
    return 0;
  }

  #lock(
    call: string,
    page: string,
    addr: number,
    len: number,
    access: number,
    proc: Process | null,
  ): Result<{ readonly cookie: UmemCookie }, UmemLockError> {
    const sane = Number.isSafeInteger(addr) && Number.isSafeInteger(len);
    if (!sane || addr % pageBytes !== 0 || len % pageBytes !== 0) {
      const message = 'addr and len must be multiples of the page size';
      return failLock('EINVAL', call, `${page}/RV-6`, message, { addr, len });
    }
    const got = proc === null ? 'EFAULT' : lockUmem(this.#io, proc, addr, len, access);
    if (typeof got !== 'string') return ok({ cookie: got });
    const { group, message } = lockTroubles[got];
    return failLock(got, call, `${page}/${group}`, message, { addr, len });
  }

  #kernelMemory(call: string, addr: number, count: number): void {
    const sane = Number.isSafeInteger(addr) && Number.isSafeInteger(count) && count > 0;
    if (sane && this.#io.pages.mapped(addr, count)) return;
    const message = `${call}: bad trap: no memory is mapped there`;
    this.#io.sched.panic(new Panic(message, { addr, count }));
  }

  /** Moving user memory may wait for a page, and a thread of no process has none. */
  #mayBlock(call: string): void {
    const { current } = this.#io.sched;
    if (current.kind !== 'interrupt') return;
    this.#io.report({
      rule: 'CONTEXT',
      clause: 'mutex.9f/NT-1',
      message: `${call} may wait for a page and was called in interrupt context`,
      call,
      values: { level: current.level },
    });
  }
}

const lockTroubles = {
  EFAULT: { group: 'RV-2', message: 'no memory of the process is there, or it cannot be locked' },
  EACCES: { group: 'RV-3', message: 'the process itself may not access the memory so' },
  ENOMEM: { group: 'RV-4', message: 'no memory, or the process has locked as much as it may' },
} as const satisfies Record<LockErrno, { readonly group: string; readonly message: string }>;

function failLock(
  name: UmemLockError['name'],
  call: string,
  clause: string,
  message: string,
  values: Readonly<Record<string, unknown>>,
): Result<never, UmemLockError> {
  return err(ddiError(name, call, clause, message, values));
}
