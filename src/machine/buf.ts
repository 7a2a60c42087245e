/**
 * The buf: one transfer of a block device, and the wait for its end.
 *
 * 1. A buf belongs to whoever made it. `getrbuf` and `ddi_umem_iosetup` make bufs that a driver
 *    owns and gives back with freerbuf(9F); a buf in *memory* of the driver's own is raw until
 *    bioinit(9F) and again after biofini(9F); the *system* makes those that strategy(9E) is called
 *    with, and a driver parts with them at biodone(9F).
 * 2. The end of a transfer is a count: biodone adds one, biowait takes one or waits for it. With
 *    `b_iodone` set, biodone calls that routine and does nothing else.
 * 3. A driver may set and clear the flags of the DDI that are not read-only. The kernel writes all
 *    of them through `own`; a driver writes through `b_flags`, which notices what it should not.
 * 4. A buf knows who bound it, so that its end before theirs can be told.
 */
import type { brand } from '../sys/types.js';
import * as flag from '../sys/constants-io.js';
import type { LiveObject } from '../sys/observer.js';
import type { buf_t, dev_t, page_t, proc_t } from '../sys/types-io.js';
import type { IoHost } from './io-host.js';
import type { LiveSource } from './live.js';
import type { Ticket } from './wait.js';
import type { Page } from './user.js';

/** Who made a buf, and who therefore ends it. */
export type BufOwner = 'getrbuf' | 'ddi_umem_iosetup' | 'memory' | 'system';

/** Bytes of a buf header on a 64-bit kernel, near enough: what getrbuf(9F) allocates. */
export const bufBytes = 256;

const readOnlyFlags = flag.B_DONE | flag.B_PAGEIO | flag.B_PHYS;
const driverFlags = flag.B_BUSY | flag.B_ERROR | flag.B_READ | flag.B_WRITE;

/** Memory nobody has initialised, as kmem_alloc(9F) gives it. */
const garbage = 0x3addcafe;

/** Kernel addresses bp_mapin(9F) gave. */
export interface BufMapping {
  readonly id: number;
  /** First page. */
  readonly va: number;
  readonly count: number;
  /** The pages it keeps resident. */
  readonly pages: readonly Page[];
}

/** The object behind a `buf_t`. */
export class Buf implements buf_t, LiveSource {
  declare readonly [brand]: 'buf_t';
  readonly host: IoHost;
  readonly owner: BufOwner;
  /** The driver it was made for, as far as that is known: a device path or `kernel`. */
  readonly driver: string;
  readonly id: number;
  /** Kernel address of the header, or -1. */
  readonly header: number;
  state: 'raw' | 'ready' | 'freed' = 'raw';
  /** Its mapping, between bp_mapin(9F) and bp_mapout(9F). */
  mapping: BufMapping | null = null;
  /** Told when a driver frees it: the cookie it was set up from forgets it. */
  onFree: (() => void) | null = null;
  /** Whether strategy(9E) is running on it. */
  inStrategy = false;
  av_forw: buf_t | null = null;
  av_back: buf_t | null = null;
  b_bcount = garbage;
  b_addr = garbage;
  b_lblkno = garbage;
  b_resid = garbage;
  b_bufsize = garbage;
  b_iodone: ((bp: buf_t) => number) | null = null;
  b_error = garbage;
  b_private: unknown = null;
  b_edev: dev_t = garbage;
  b_proc: proc_t | null = null;
  b_pages: readonly page_t[] | null = null;
  b_shadow: readonly page_t[] | null = null;
  #flags = garbage;
  #ended = 0;
  #waiters: Ticket<void>[] = [];
  #bindings: (() => boolean)[] = [];

  constructor(host: IoHost, owner: BufOwner, header = -1) {
    this.host = host;
    this.owner = owner;
    this.header = header;
    this.id = host.live.nextId();
    this.driver = host.live.ownerNow();
  }

  /** A raw buf with a header in kernel memory, or `null` when memory is short. */
  static make(host: IoHost, owner: BufOwner): Buf | null {
    const header = host.kmem.alloc(bufBytes, false);
    return header < 0 ? null : new Buf(host, owner, header);
  }

  get b_flags(): number {
    return this.#flags;
  }

  set b_flags(flags: number) {
    const before = this.#flags;
    this.#flags = flags;
    if (this.state !== 'ready') return;
    const watched = ~driverFlags;
    const dropped = before & ~flags & watched;
    const changed = (before ^ flags) & watched;
    if (changed === 0) return;
    // buf(9S) FL-1: never clear all of them; FL-2: bits that are not on the page are the kernel's.
    const readOnly = (changed & readOnlyFlags) !== 0 ? 'read-only' : 'the kernel’s';
    this.host.report({
      rule: dropped !== 0 ? 'BUF_FLAGS_DROPPED' : 'BUF_FLAGS_RESERVED',
      clause: dropped !== 0 ? 'buf.9s/FL-1' : 'buf.9s/FL-2',
      message: `b_flags: 0x${(changed >>> 0).toString(16)} changed, which is ${readOnly}`,
      call: 'b_flags',
      values: { before, flags },
    });
  }

  get b_blkno(): number {
    return this.b_lblkno;
  }

  set b_blkno(blkno: number) {
    this.b_lblkno = blkno;
  }

  /** The kernel's way to write `b_flags`. */
  own(flags: number): void {
    this.#flags = flags;
  }

  /** As after bioinit(9F): all zero, nobody waits. */
  init(): void {
    this.#flags = 0;
    this.#ended = 0;
    this.#waiters = [];
    this.av_forw = this.av_back = null;
    this.b_bcount = this.b_addr = this.b_lblkno = this.b_resid = 0;
    this.b_bufsize = this.b_error = this.b_edev = 0;
    this.b_iodone = null;
    this.b_private = null;
    this.b_proc = null;
    this.b_pages = this.b_shadow = null;
    this.inStrategy = false;
    if (this.state !== 'ready') this.host.live.add(this);
    this.state = 'ready';
  }

  /** As after biofini(9F), or for good. */
  end(state: 'raw' | 'freed'): void {
    this.state = state;
    this.host.live.remove(this);
    this.onFree?.();
    this.onFree = null;
    if (state === 'freed' && this.header >= 0) this.host.kmem.free(this.header, bufBytes);
  }

  /** The transfer has ended. */
  done(): void {
    this.#flags &= ~flag.B_STARTED;
    // biodone(9F) as buf_funcs(9F) BD-1 tells it: a routine of the owner's replaces all else.
    if (this.b_iodone !== null) {
      this.b_iodone(this);
      return;
    }
    this.#flags |= flag.B_DONE;
    if ((this.#flags & flag.B_ASYNC) !== 0) {
      this.end('freed');
      return;
    }
    const waiter = this.#waiters.shift();
    if (waiter === undefined) this.#ended++;
    else waiter.resolve();
  }

  /** Waits for {@link Buf.done}; the promise is settled when it came first. */
  async ended(): Promise<void> {
    if (this.#ended > 0) {
      this.#ended--;
      return;
    }
    const what = `the end of I/O on buf ${this.id}`;
    const ticket = this.host.sched.ticket<void>(what, () => 'biodone(9F) has not been called');
    this.#waiters.push(ticket);
    await ticket.wait;
  }

  /** The error of the transfer, geterror(9F). */
  get error(): number {
    if ((this.#flags & flag.B_ERROR) === 0) return 0;
    return this.b_error === 0 ? flag.EIO : this.b_error;
  }

  /** Remembers somebody who bound it; `bound` says whether that is still so. */
  boundBy(bound: () => boolean): void {
    this.#bindings = this.#bindings.filter((is) => is());
    this.#bindings.push(bound);
  }

  /** Whether a handle is bound to it. */
  get isBound(): boolean {
    return this.#bindings.some((is) => is());
  }

  liveObjects(): readonly LiveObject[] {
    const objects: LiveObject[] = [];
    const owner = this.driver;
    if (this.owner !== 'system') {
      const detail = `${this.b_bcount} bytes, from ${this.owner}`;
      objects.push({ kind: 'buf', id: this.id, owner, detail });
    }
    if (this.mapping !== null) {
      const { id, va, count } = this.mapping;
      const detail = `${count} pages of buf ${this.id} at 0x${va.toString(16)}`;
      objects.push({ kind: 'buf mapping', id, owner, detail });
    }
    return objects;
  }
}
