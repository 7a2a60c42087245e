/**
 * Processes: who a thread of user context belongs to, and page lists as a file system makes them.
 *
 * The DDI speaks of "the current process". A thread belongs to the process that was entered in it;
 * every other context belongs to the kernel's own process, which has no user memory.
 */
import type { brand } from '../sys/types.js';
import { B_BUSY, B_PAGEIO, B_READ, UIO_USERSPACE } from '../sys/constants-io.js';
import type { proc_t, uio_t } from '../sys/types-io.js';
import { Buf } from './buf.js';
import type { Context } from './context.js';
import type { IoHost } from './io-host.js';
import type { Thread } from './sched.js';
import { pageBytes } from './store.js';
import { AddressSpace, Page } from './user.js';

/** A process: an address space and the threads in it. */
export class Process implements proc_t {
  declare readonly [brand]: 'proc_t';
  readonly name: string;
  readonly pid: number;
  readonly #users: Users;
  #as: AddressSpace;
  /** Bytes device drivers may lock for it: the limit `project.max-locked-memory`. */
  maxLockedBytes = Infinity;
  /** Bytes locked and charged to it. */
  lockedBytes = 0;

  constructor(users: Users, name: string, pid: number, as: AddressSpace) {
    this.#users = users;
    this.name = name;
    this.pid = pid;
    this.#as = as;
  }

  /** Its address space, as the DDI sees it. */
  get p_as(): AddressSpace {
    return this.#as;
  }

  /** Its address space. */
  get as(): AddressSpace {
    return this.#as;
  }

  /** Makes the running context one of this process. */
  enter(): void {
    this.#users.enter(this);
  }

  /**
   * Runs `main` as a user thread of this process: `machine.run` with a process.
   *
   * @returns what `main` returned
   */
  run<T>(main: () => T | PromiseLike<T>): Promise<T> {
    return this.#users.host.sched.run(() => {
      this.enter();
      return main();
    });
  }

  /** Starts a user thread in this process. */
  thread<T>(name: string, fn: () => T | PromiseLike<T>): Thread<T> {
    return this.#users.host.sched.thread(
      `${this.name}/${name}`,
      () => {
        this.enter();
        return fn();
      },
      'user',
    );
  }

  /**
   * An I/O request on memory of this process.
   *
   * @param areas - address and bytes of each area
   * @param loffset - where on the device, in bytes
   */
  uio(areas: readonly (readonly [addr: number, len: number])[], loffset = 0): uio_t {
    return {
      uio_iov: areas.map(([iov_base, iov_len]) => ({ iov_base, iov_len })),
      uio_iovcnt: areas.length,
      uio_loffset: loffset,
      uio_segflg: UIO_USERSPACE,
      uio_resid: areas.reduce((sum, [, len]) => sum + len, 0),
    };
  }

  /**
   * fork(2).
   *
   * @returns the child, or `null` while pages are locked: ddi_umem_lock(9F) DS-3
   * @throws RangeError when memory does not suffice
   */
  fork(): Process | null {
    return this.#as.anyLocked ? null : this.#users.adopt(this.name, this.#as.copy());
  }

  /** exec(2): a new, empty address space; false while pages are locked: ddi_umem_lock(9F) DS-3. */
  exec(): boolean {
    if (this.#as.anyLocked) return false;
    this.#as.destroy();
    this.#as = new AddressSpace(this.#users.host);
    return true;
  }

  /** exit(2). Its memory goes; locked pages stay until they are unlocked, which is a finding. */
  exit(): void {
    const locked = this.#as.destroy();
    if (locked === 0) return;
    // ddi_umem_lock(9F) DS-4: after the last close nothing of the application may be locked.
    this.#users.host.report({
      rule: 'LOCKED_AT_CLOSE',
      clause: 'ddi_umem_lock.9f/DS-4',
      message: `process ${this.name} ended with ${locked} pages locked by a driver`,
      call: 'exit',
      values: { pid: this.pid, locked },
    });
  }
}

/** Pages without addresses: the page cache of a file system, a swap device. */
export class PageList {
  readonly pages: readonly Page[];
  readonly #host: IoHost;

  constructor(host: IoHost, pages: readonly Page[]) {
    this.#host = host;
    this.pages = pages;
    // A page in transit is locked by whoever does the I/O.
    for (const page of pages) page.lock();
  }

  /** A copy of `count` bytes from `off` on. */
  read(off: number, count: number): Uint8Array {
    const bytes = new Uint8Array(count);
    this.#each(off, count, (at, done, n) => {
      bytes.set(this.#host.store.bytes.subarray(at, at + n), done);
    });
    return bytes;
  }

  /** Writes bytes from `off` on. */
  write(off: number, bytes: Uint8Array): void {
    this.#each(off, bytes.length, (at, done, n) => {
      this.#host.store.bytes.set(bytes.subarray(done, done + n), at);
    });
  }

  /** Gives the pages back; a page that somebody else has locked goes with its last lock. */
  free(): void {
    for (const page of this.pages) {
      page.unlock();
      page.abandon();
    }
  }

  #each(off: number, count: number, move: (at: number, done: number, n: number) => void): void {
    if (off < 0 || off + count > this.pages.length * pageBytes) {
      throw new RangeError(`page list of ${this.pages.length} pages: ${count} bytes at ${off}`);
    }
    for (let done = 0; done < count;) {
      const inPage = (off + done) % pageBytes;
      const n = Math.min(count - done, pageBytes - inPage);
      const page = this.pages[Math.floor((off + done) / pageBytes)];
      if (page !== undefined) move(page.at(inPage), done, n);
      done += n;
    }
  }
}

/** The world above the kernel. */
export class Users {
  readonly host: IoHost;
  #of = new WeakMap<Context, Process>();
  #lastPid = 100;

  constructor(host: IoHost) {
    this.host = host;
  }

  /** The process of whoever is running; `null`: the kernel's own. */
  get current(): Process | null {
    return this.#of.get(this.host.sched.current) ?? null;
  }

  /** Makes a process with an empty address space. */
  createProcess(name: string): Process {
    return this.adopt(name, new AddressSpace(this.host));
  }

  /**
   * Makes a page list.
   *
   * @param count - pages
   * @param pfns - their frames by name; default: whatever the machine's layout gives
   * @throws RangeError when memory does not suffice
   */
  createPageList(count: number, pfns?: readonly number[]): PageList {
    return new PageList(this.host, Page.make(this.host, count, pfns));
  }

  /**
   * A buf for a transfer of pages, as a file system hands it to strategy(9E).
   *
   * @param off - where in the first page it begins, 0 to 4095
   * @param direction - `B_READ` or `B_WRITE`
   */
  pageioBuf(list: Pick<PageList, 'pages'>, off: number, bcount: number, direction: number): Buf {
    const bp = new Buf(this.host, 'system');
    bp.init();
    bp.own(B_BUSY | B_PAGEIO | (direction & B_READ));
    bp.b_pages = list.pages;
    bp.b_addr = off;
    bp.b_bcount = bcount;
    return bp;
  }

  /** Makes the running context one of a process. */
  enter(process: Process): void {
    this.#of.set(this.host.sched.current, process);
  }

  /** @internal A process for an address space that exists. */
  adopt(name: string, as: AddressSpace): Process {
    return new Process(this, name, ++this.#lastPid, as);
  }

  /** Forgets who is in which process; the caller resets memory. */
  reset(): void {
    this.#of = new WeakMap();
    this.#lastPid = 100;
  }
}
