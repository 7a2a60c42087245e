/**
 * The kernel services whose prototypes carry no device, handle or lock: `machine.kernel`.
 *
 * The members are arrow functions, made to be taken apart: `const { kmem_alloc, bcopy } = kernel`.
 */
import type { FindingReport } from '../sys/finding.js';
import { KM_NOSLEEP, KM_SLEEP } from '../sys/constants.js';
import { FM_ENA_FMT1 } from '../sys/constants-fm.js';
import { Panic } from '../sys/errors.js';
import type { Clock, EventId } from './clock.js';
import type { Kmem } from './kmem.js';
import type { ErrorLog } from './error-log.js';
import type { Faults } from './faults.js';
import { isAsyncFunction } from './intr.js';
import type { IoHost } from './io-host.js';
import { BlockKernel } from './kernel-block.js';
import { createCondvar, createMutex, type kcondvar_t, type kmutex_t } from './lock.js';
import type { PageTable } from './pages.js';
import { HILEVEL_PRI } from './pending.js';
import type { Users } from './process.js';
import type { Scheduler } from './sched.js';
import { pageShift, type Store } from './store.js';
import type { Wait } from './wait.js';

/** What the kernel services stand on. */
export interface KernelParts {
  readonly store: Store;
  readonly pages: PageTable;
  readonly kmem: Kmem;
  readonly clock: Clock;
  readonly sched: Scheduler;
  /** Runs a function once from a soft interrupt. */
  readonly softcall: (name: string, fn: () => void | PromiseLike<void>, async: boolean) => void;
  /** The byte order of the host. */
  readonly littleEndian: boolean;
  readonly faults: Faults;
  readonly errors: ErrorLog;
  readonly report: (finding: FindingReport) => void;
  readonly io: IoHost;
  readonly users: Users;
}

/** Kernel memory, block operations, loads and stores, time and lock creation. */
export class Kernel extends BlockKernel {
  readonly #p: KernelParts;
  readonly #timeouts = new Map<number, { readonly event: EventId; readonly atNs: number }>();
  #lastTimeout = 0;

  constructor(parts: KernelParts) {
    super(parts.io, parts.users);
    this.#p = parts;
  }

  /**
   * Allocates `size` bytes of uninitialised kernel memory.
   *
   * @param size - bytes; 0 gives `null`
   * @param flag - `KM_SLEEP` or `KM_NOSLEEP`
   * @returns the address, 8-byte aligned, or `null` when `KM_NOSLEEP` finds no memory
   * @throws Panic when `KM_SLEEP` could never be satisfied
   * @remarks User and kernel context; interrupt context with `KM_NOSLEEP` only.
   * @see kmem_alloc(9F)
   */
  readonly kmem_alloc = (size: number, flag: number): number | null => {
    this.#p.sched.enter();
    this.#count('kmem_alloc', 'size', size);
    if (flag === KM_SLEEP) this.#mayBlock('kmem_alloc');
    if (size === 0) return null;
    if ((flag & KM_NOSLEEP) !== 0 && this.#p.faults.fails('kmem')) return null;
    const va = this.#p.kmem.alloc(size);
    if (va >= 0) return va;
    if ((flag & KM_NOSLEEP) !== 0) return null;
    // kmem_alloc(9F) FL-1: a sleeping allocation always succeeds; with nobody to wait for, never.
    return this.#p.sched.panic(
      new Panic(
        'kmem_alloc: KM_SLEEP request can never be satisfied',
        { size },
        'kmem_alloc.9f/FL-1',
      ),
    );
  };

  /** As {@link Kernel.kmem_alloc}, filled with zeroes. */
  readonly kmem_zalloc = (size: number, flag: number): number | null => {
    const va = this.kmem_alloc(size, flag);
    if (va !== null) this.#p.store.bytes.fill(0, va, va + size);
    return va;
  };

  /**
   * Frees what kmem_alloc gave.
   *
   * @param buf - the address kmem_alloc returned; `null` with size 0 is legal
   * @param size - the size asked for then
   * @throws Panic on any other address or size
   * @see kmem_alloc(9F)
   */
  readonly kmem_free = (buf: number | null, size: number): void => {
    this.#p.sched.enter();
    // kmem_alloc(9F) NT-1: freeing nothing is legal.
    if (buf === null && size === 0) return;
    try {
      this.#p.kmem.free(buf ?? 0, size);
    } catch (error) {
      if (error instanceof Panic) this.#p.sched.panic(error);
      throw error;
    }
  };

  /** Copies `count` bytes; the ranges may overlap. bcopy(9F). */
  readonly bcopy = (from: number, to: number, count: number): void => {
    if (count === 0) return;
    this.#mapped('bcopy', from, count);
    this.#mapped('bcopy', to, count);
    if (this.#p.pages.special) this.#put('bcopy', to, this.#get('bcopy', from, count));
    else this.#p.store.bytes.copyWithin(to, from, from + count);
  };

  /** Clears `count` bytes. bzero(9F). */
  readonly bzero = (addr: number, count: number): void => {
    if (count === 0) return;
    this.#mapped('bzero', addr, count);
    if (this.#p.pages.special) this.#put('bzero', addr, new Uint8Array(count));
    else this.#p.store.bytes.fill(0, addr, addr + count);
  };

  /** 0 when `count` bytes at both addresses are the same, else 1. bcmp(9F). */
  readonly bcmp = (a: number, b: number, count: number): 0 | 1 => {
    if (count === 0) return 0;
    this.#mapped('bcmp', a, count);
    this.#mapped('bcmp', b, count);
    if (this.#p.pages.special) {
      const other = this.#get('bcmp', b, count);
      return this.#get('bcmp', a, count).every((byte, i) => byte === other[i]) ? 0 : 1;
    }
    const { bytes, view } = this.#p.store;
    let i = 0;
    // A word at a time; a view does not mind where it begins.
    for (; i + 4 <= count; i += 4) if (view.getInt32(a + i) !== view.getInt32(b + i)) return 1;
    for (; i < count; i++) if (bytes[a + i] !== bytes[b + i]) return 1;
    return 0;
  };

  /** The byte at `addr`: what `*(uint8_t *)addr` is. */
  readonly load8 = (addr: number): number => {
    this.#mapped('load8', addr, 1);
    if (this.#p.pages.special) return this.#word('load8', addr, 1).getUint8(0);
    return this.#p.store.view.getUint8(addr);
  };

  /** The 16-bit word at `addr` in the order of the host. */
  readonly load16 = (addr: number): number => {
    this.#mapped('load16', addr, 2);
    if (this.#p.pages.special)
      return this.#word('load16', addr, 2).getUint16(0, this.#p.littleEndian);
    return this.#p.store.view.getUint16(addr, this.#p.littleEndian);
  };

  /** The 32-bit word at `addr` in the order of the host. */
  readonly load32 = (addr: number): number => {
    this.#mapped('load32', addr, 4);
    if (this.#p.pages.special)
      return this.#word('load32', addr, 4).getUint32(0, this.#p.littleEndian);
    return this.#p.store.view.getUint32(addr, this.#p.littleEndian);
  };

  /** The 64-bit word at `addr` in the order of the host. */
  readonly load64 = (addr: number): bigint => {
    this.#mapped('load64', addr, 8);
    if (this.#p.pages.special)
      return this.#word('load64', addr, 8).getBigUint64(0, this.#p.littleEndian);
    return this.#p.store.view.getBigUint64(addr, this.#p.littleEndian);
  };

  /** Stores a byte: `*(uint8_t *)addr = value`. */
  readonly store8 = (addr: number, value: number): void => {
    this.#mapped('store8', addr, 1);
    if (!this.#p.pages.special) {
      this.#p.store.view.setUint8(addr, value);
      return;
    }
    const word = new DataView(new ArrayBuffer(1));
    word.setUint8(0, value);
    this.#put('store8', addr, new Uint8Array(word.buffer));
  };

  /** Stores a 16-bit word in the order of the host. */
  readonly store16 = (addr: number, value: number): void => {
    this.#mapped('store16', addr, 2);
    if (!this.#p.pages.special) {
      this.#p.store.view.setUint16(addr, value, this.#p.littleEndian);
      return;
    }
    const word = new DataView(new ArrayBuffer(2));
    word.setUint16(0, value, this.#p.littleEndian);
    this.#put('store16', addr, new Uint8Array(word.buffer));
  };

  /** Stores a 32-bit word in the order of the host. */
  readonly store32 = (addr: number, value: number): void => {
    this.#mapped('store32', addr, 4);
    if (!this.#p.pages.special) {
      this.#p.store.view.setUint32(addr, value, this.#p.littleEndian);
      return;
    }
    const word = new DataView(new ArrayBuffer(4));
    word.setUint32(0, value, this.#p.littleEndian);
    this.#put('store32', addr, new Uint8Array(word.buffer));
  };

  /** Stores a 64-bit word in the order of the host. */
  readonly store64 = (addr: number, value: bigint): void => {
    this.#mapped('store64', addr, 8);
    if (!this.#p.pages.special) {
      this.#p.store.view.setBigUint64(addr, value, this.#p.littleEndian);
      return;
    }
    const word = new DataView(new ArrayBuffer(8));
    word.setBigUint64(0, value, this.#p.littleEndian);
    this.#put('store64', addr, new Uint8Array(word.buffer));
  };

  /** Copies bytes of the test's own into kernel memory. A convenience of the model. */
  readonly copyBytesIn = (addr: number, bytes: Uint8Array): void => {
    if (bytes.length === 0) return;
    this.#mapped('copyBytesIn', addr, bytes.length);
    this.#p.io.maps.scatter(addr, bytes);
  };

  /** A copy of `count` bytes of kernel memory. A convenience of the model. */
  readonly copyBytesOut = (addr: number, count: number): Uint8Array => {
    if (count === 0) return new Uint8Array(0);
    this.#mapped('copyBytesOut', addr, count);
    const bytes = new Uint8Array(count);
    this.#p.io.maps.gather(addr, bytes);
    return bytes;
  };

  /**
   * Busy-waits: virtual time passes in place, devices run and deliverable interrupts are taken.
   *
   * @param microseconds - at least 0
   * @see drv_usecwait(9F)
   */
  readonly drv_usecwait = (microseconds: number): void => {
    this.#p.sched.enter();
    this.#count('drv_usecwait', 'microseconds', microseconds);
    this.#p.sched.advance(microseconds * 1000);
  };

  /**
   * Suspends the calling thread.
   *
   * @param ticks - clock ticks
   * @returns a wait that resolves when they have passed
   * @remarks User and kernel context only.
   * @see delay(9F)
   */
  readonly delay = (ticks: number): Wait<void> => {
    this.#p.sched.enter();
    this.#count('delay', 'ticks', ticks);
    this.#mayBlock('delay');
    const { wait, resolve } = this.#p.sched.ticket<void>(`delay(${ticks})`);
    this.#p.clock.at(
      this.#tickNs(ticks),
      () => {
        resolve();
      },
      'delay',
    );
    return wait;
  };

  /**
   * Arranges for `func(arg)` to be called in interrupt context.
   *
   * @param func - the function; may be async
   * @param arg - its argument
   * @param ticks - clock ticks from now
   * @returns the timeout's number, for untimeout
   * @see timeout(9F)
   */
  readonly timeout = <A>(
    func: (arg: A) => void | PromiseLike<void>,
    arg: A,
    ticks: number,
  ): number => {
    this.#p.sched.enter();
    this.#count('timeout', 'ticks', ticks);
    const id = ++this.#lastTimeout;
    const atNs = this.#tickNs(ticks);
    const event = this.#p.clock.at(
      atNs,
      () => {
        this.#timeouts.delete(id);
        this.#p.softcall(`timeout ${func.name}`, () => func(arg), isAsyncFunction(func));
      },
      'timeout',
    );
    this.#timeouts.set(id, { event, atNs });
    return id;
  };

  /**
   * Cancels a timeout.
   *
   * @param id - what timeout returned
   * @returns the ticks that were left, or -1 when it has run or never was
   * @see timeout(9F), untimeout(9F)
   */
  readonly untimeout = (id: number): number => {
    this.#p.sched.enter();
    const t = this.#timeouts.get(id);
    if (t === undefined) return -1;
    this.#timeouts.delete(id);
    this.#p.clock.cancel(t.event);
    return Math.ceil(((t.atNs - this.#p.clock.nowNs) * this.#p.sched.hz) / 1e9);
  };

  /** Virtual nanoseconds since boot. gethrtime(9F). */
  readonly gethrtime = (): number => this.#p.clock.nowNs;

  /**
   * Numbers an error, for ddi_fm_ereport_post(9F).
   *
   * @param timestamp - the time of the error, where it is known; the model takes its own
   * @param format - `FM_ENA_FMT1`
   * @returns an ENA of format 1; no two are equal
   * @see ddi_fm_ereport_post(9F)
   */
  readonly fm_ena_generate = (timestamp: bigint | number, format: number): bigint => {
    this.#p.sched.check();
    if (format === FM_ENA_FMT1) return this.#p.errors.ena();
    const message = `fm_ena_generate: there is no format ${String(format)}`;
    return this.#p.sched.panic(new Panic(message, { timestamp, format }));
  };

  /** Clock ticks since boot. ddi_get_lbolt(9F). */
  readonly ddi_get_lbolt = (): number => this.#p.sched.lbolt;

  /**
   * Creates a mutex.
   *
   * @param name - for messages; `null` is usual
   * @param type - `MUTEX_DRIVER`
   * @param arg - the interrupt block cookie when an interrupt handler takes it too, else `null`
   * @see mutex(9F)
   */
  readonly mutex_init = (name: string | null, type: number, arg: unknown): kmutex_t =>
    createMutex(this.#p.sched, name ?? 'mutex', type, arg);

  /** The lowest priority of a high-level interrupt. ddi_intr_get_hilevel_pri(9F). */
  readonly ddi_intr_get_hilevel_pri = (): number => HILEVEL_PRI;

  /** Creates a condition variable. condvar(9F). */
  readonly cv_init = (name: string | null): kcondvar_t =>
    createCondvar(this.#p.sched, name ?? 'condvar', () => this.#p.faults.wakesEarly());

  /** Forgets every timeout; the caller resets the clock. */
  reset(): void {
    this.#timeouts.clear();
    this.#lastTimeout = 0;
  }

  #tickNs(ticks: number): number {
    // Ticks are counted on the boundary: n ticks end at the n-th boundary after now.
    return this.#p.sched.tickNs(this.#p.sched.lbolt + ticks);
  }

  #mapped(call: string, addr: number, count: number): void {
    this.#p.sched.enter();
    const sane = Number.isSafeInteger(addr) && Number.isSafeInteger(count) && count > 0;
    if (sane && this.#p.pages.mapped(addr, count)) return;
    const shown = { addr, count };
    this.#p.sched.panic(new Panic(`${call}: bad trap: no memory is mapped there`, shown));
  }

  // ---- Where pages are aliases, or pageable ----------------------------------------------------

  #get(call: string, addr: number, count: number): Uint8Array {
    this.#watchPageable(call, addr, count);
    const bytes = new Uint8Array(count);
    this.#p.io.maps.gather(addr, bytes);
    return bytes;
  }

  #put(call: string, addr: number, bytes: Uint8Array): void {
    this.#watchPageable(call, addr, bytes.length);
    this.#p.io.maps.scatter(addr, bytes);
  }

  #word(call: string, addr: number, count: number): DataView {
    return new DataView(this.#get(call, addr, count).buffer);
  }

  #watchPageable(call: string, addr: number, count: number): void {
    const { current } = this.#p.sched;
    if (current.kind !== 'interrupt') return;
    const { pages } = this.#p;
    const at = [addr, addr + count - 1].find((a) => pages.kindOf(a >>> pageShift) === 'pageable');
    if (at === undefined) return;
    // ddi_umem_alloc(9F) WN-1: an interrupt routine cannot wait for a page to come in.
    this.#p.report({
      rule: 'PAGEABLE_IN_INTERRUPT',
      clause: 'ddi_umem_alloc.9f/WN-1',
      message: `${call} touches pageable memory at 0x${at.toString(16)} in interrupt context`,
      call,
      values: { addr, level: current.level },
    });
  }

  #count(call: string, name: string, value: number): void {
    if (Number.isSafeInteger(value) && value >= 0) return;
    const message = `${call}: ${name} must be a non-negative integer, not ${String(value)}`;
    this.#p.sched.panic(new Panic(message, { [name]: value }));
  }

  #mayBlock(call: string): void {
    if (this.#p.sched.current.kind !== 'interrupt') return;
    this.#p.report({
      rule: 'SLEEP_IN_INTERRUPT',
      clause: call === 'delay' ? 'mutex.9f/NT-1' : 'kmem_alloc.9f/CX-1',
      message: `${call} may block and was called in interrupt context`,
      call,
      values: { level: this.#p.sched.current.level },
    });
  }
}
