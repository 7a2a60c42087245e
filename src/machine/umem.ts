/**
 * Umem: kernel memory that can be exported to programs, and programs' memory locked for devices.
 *
 * A *cookie* stands for either. Four kinds: memory that is always resident, memory that is
 * pageable, the trash page, which has no memory at all, and a locked range of a process.
 */
import type { brand } from '../sys/types.js';
import * as numbers from '../sys/constants-io.js';
import type { LiveObject } from '../sys/observer.js';
import type { ddi_umem_cookie_t } from '../sys/types-io.js';
import type { Buf } from './buf.js';
import type { IoHost } from './io-host.js';
import type { LiveSource } from './live.js';
import type { Process } from './process.js';
import { pageBytes, pageShift } from './store.js';
import type { AddressSpace, Page } from './user.js';

/** What a cookie stands for. */
export type UmemKind = 'resident' | 'pageable' | 'trash' | 'locked';

const kindNames = {
  resident: 'umem',
  pageable: 'pageable umem',
  trash: 'umem trash',
  locked: 'umem lock',
} as const;

/** A locked range. */
export interface UmemLock {
  readonly proc: Process;
  readonly as: AddressSpace;
  readonly pages: readonly Page[];
  /** `DDI_UMEMLOCK_READ` and `DDI_UMEMLOCK_WRITE`, as given. */
  readonly access: number;
  /** Bytes charged to the process. */
  readonly charged: number;
}

/** The object behind a `ddi_umem_cookie_t`. */
export class UmemCookie implements ddi_umem_cookie_t, LiveSource {
  declare readonly [brand]: 'ddi_umem_cookie_t';
  readonly host: IoHost;
  readonly kind: UmemKind;
  /** Kernel or user address; 0 when there is no memory. */
  readonly addr: number;
  /** Bytes, whole pages. */
  readonly sizeBytes: number;
  readonly lock: UmemLock | null;
  readonly id: number;
  /** Whose it is, as far as that is known. */
  readonly owner: string;
  freed = false;
  /** Bufs set up on it and not freed yet. */
  readonly bufs = new Set<Buf>();
  /** Ends the watch over a range locked for an indefinite time. */
  unwatch: (() => void) | null = null;

  constructor(host: IoHost, kind: UmemKind, addr: number, sizeBytes: number, lock?: UmemLock) {
    this.host = host;
    this.kind = kind;
    this.addr = addr;
    this.sizeBytes = sizeBytes;
    this.lock = lock ?? null;
    this.id = host.live.nextId();
    this.owner = host.live.ownerNow();
    host.live.add(this);
  }

  /** Frees memory, or unlocks pages. */
  end(): void {
    this.freed = true;
    this.host.live.remove(this);
    this.unwatch?.();
    if (this.kind === 'resident' || this.kind === 'pageable') {
      this.host.kmem.unmapPages(this.addr, this.sizeBytes >>> pageShift);
    }
    if (this.lock === null) return;
    for (const page of this.lock.pages) page.unlock();
    this.lock.proc.lockedBytes -= this.lock.charged;
  }

  liveObjects(): readonly LiveObject[] {
    const { kind, id, owner, addr, sizeBytes, lock } = this;
    const where = lock === null ? '' : ` of process ${lock.proc.name}`;
    const detail = `${sizeBytes} bytes at 0x${addr.toString(16)}${where}`;
    return [{ kind: kindNames[kind], id, owner, detail }];
  }
}

/**
 * Allocates memory for ddi_umem_alloc(9F).
 *
 * @param size - bytes, at least 1; rounded up to pages
 * @returns the cookie, or `null` when memory is short
 */
export function allocUmem(
  host: IoHost,
  size: number,
  kind: Exclude<UmemKind, 'locked'>,
): UmemCookie | null {
  const count = Math.ceil(size / pageBytes);
  if (kind === 'trash') return new UmemCookie(host, kind, 0, count * pageBytes);
  const { lo, hi } = host.frames.extent;
  const pfns = host.frames.take(count, lo, hi);
  if (pfns === null) return null;
  const name = kind === 'resident' ? 'umem' : 'pageable';
  const va = host.kmem.mapPages(pfns, name, 'cached', pageBytes);
  if (va < 0) {
    for (const pfn of pfns) host.frames.release(pfn);
    return null;
  }
  // ddi_umem_alloc(9F) DS-2: it starts zero-filled.
  host.store.bytes.fill(0, va, va + count * pageBytes);
  return new UmemCookie(host, kind, va, count * pageBytes);
}

/** What stands in the way of a lock. */
export type LockErrno = 'EFAULT' | 'EACCES' | 'ENOMEM';

/**
 * Locks a range of a process: whole pages.
 *
 * @param access - `DDI_UMEMLOCK_READ`, `DDI_UMEMLOCK_WRITE` or both
 * @returns the cookie, or the name of the errno
 */
export function lockUmem(
  host: IoHost,
  proc: Process,
  addr: number,
  len: number,
  access: number,
): UmemCookie | LockErrno {
  // Every lock is charged in full, also on pages that are locked already; without a limit nothing
  // is charged, and nothing is given back later.
  const charged = Number.isFinite(proc.maxLockedBytes) ? len : 0;
  if (charged > 0 && proc.lockedBytes + charged > proc.maxLockedBytes) return 'ENOMEM';
  if (host.faults.fails('kmem')) return 'ENOMEM';
  const { as } = proc;
  const pages = as.lock(addr, len, (access & numbers.DDI_UMEMLOCK_WRITE) !== 0);
  if (typeof pages === 'number') {
    if (pages === numbers.EACCES) return 'EACCES';
    return pages === numbers.ENOMEM ? 'ENOMEM' : 'EFAULT';
  }
  proc.lockedBytes += charged;
  return new UmemCookie(host, 'locked', addr, len, { proc, as, pages, access, charged });
}
