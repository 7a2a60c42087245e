/**
 * User memory: pages that belong to programs, and the address spaces they are mapped in.
 *
 * 1. A *page* has a place in the store that is reserved for it, its *slot*, and, while it is
 *    resident, a frame. The slot is the frame's hidden home: the kernel has no address for it, and
 *    reaches it by translation (copyin(9F)) or after bp_mapin(9F).
 * 2. A page that is not *locked* can be taken out: its frame goes to somebody else, its bytes stay
 *    in the slot, as if on a swap device. The next use of the page brings it in, on another frame
 *    very likely. What a device does on the old frame meanwhile happens to its new owner.
 * 3. A *lock* keeps a page resident, on its frame. Locks count.
 * 4. An *address space* maps user addresses to pages. User addresses begin at 2^31, above all of
 *    kernel memory, in every address space alike: an address that is looked up in the wrong space
 *    finds nothing, or somebody else's bytes.
 *
 * Not done here: files, copy on write, sharing between processes.
 */
import type { brand, as_t } from '../sys/types.js';
import { EACCES, EFAULT, ENOMEM } from '../sys/constants-io.js';
import type { page_t } from '../sys/types-io.js';
import type { IoHost } from './io-host.js';
import { pageBytes, pageShift } from './store.js';

/** Where user addresses begin. */
export const userBase = 0x80000000;
/** Where they end. */
export const userLimit = 0x100000000;

/** What a program may do with its memory. */
export type Protection = 'none' | 'read' | 'read-write';

/** How to map user memory. */
export interface MapOptions {
  /** Default `read-write`. */
  readonly protection?: Protection;
  /** Frames by name, one for each page; default: whatever the machine's layout gives. */
  readonly pfns?: readonly number[];
  /** A regular file, mapped so that all who map it see it: no memory for an endless lock. */
  readonly sharedFile?: boolean;
}

/** Told before a range is unmapped or protected anew. */
export type RangeWatcher = () => void;

const offsetMask = pageBytes - 1;

/** A page of user memory or of a page list. */
export class Page implements page_t {
  declare readonly [brand]: 'page_t';
  /** The page of the store that is reserved for its bytes. */
  readonly slot: number;
  /** Its frame, or -1 while it is taken out. */
  pfn: number;
  /** How many locks keep it where it is. */
  locks = 0;
  #orphan = false;
  readonly #host: IoHost;

  private constructor(host: IoHost, slot: number, pfn: number) {
    this.#host = host;
    this.slot = slot;
    this.pfn = pfn;
    host.pages.house(slot, pfn);
  }

  /**
   * Makes zeroed pages, or none at all.
   *
   * @param pfns - their frames, by name
   * @throws RangeError when a frame is taken, or memory does not suffice
   */
  static make(host: IoHost, count: number, pfns?: readonly number[]): Page[] {
    if (!Number.isSafeInteger(count) || count < 1 || (pfns && pfns.length !== count)) {
      throw new RangeError(`user memory: ${count} pages on ${pfns?.length ?? count} frames`);
    }
    const frames = pfns ? Page.#claim(host, pfns) : takeFrames(host, count);
    const slots: number[] = [];
    while (frames !== null && slots.length < count) {
      const at = host.heap.alloc(pageBytes);
      if (at < 0) break;
      slots.push(at);
    }
    if (frames === null || slots.length < count) {
      for (const at of slots) host.heap.free(at, pageBytes);
      for (const pfn of frames ?? []) host.frames.release(pfn);
      throw new RangeError(`user memory: no memory for ${count} pages`);
    }
    return slots.map((at, i) => {
      host.store.bytes.fill(0, at, at + pageBytes);
      return new Page(host, at >>> pageShift, frames[i] ?? -1);
    });
  }

  /** Where its byte `off` lies in the store. */
  at(off: number): number {
    return this.pfn < 0 ? (this.slot << pageShift) + off : this.#host.maps.locate(this.pfn, off);
  }

  /** Gives its frame away; false when the page is locked. */
  takeOut(): boolean {
    if (this.locks > 0 || this.pfn < 0) return false;
    this.#host.frames.release(this.#host.pages.evict(this.slot));
    this.pfn = -1;
    return true;
  }

  /** Makes it resident; false when there is no frame. */
  bringIn(): boolean {
    if (this.pfn >= 0) return true;
    const [pfn] = takeFrames(this.#host, 1) ?? [];
    if (pfn === undefined) return false;
    this.#host.pages.house(this.slot, pfn);
    this.pfn = pfn;
    return true;
  }

  /** One lock more. */
  lock(): void {
    this.locks++;
  }

  /** One lock less; the last one off a page that nobody maps any more ends it. */
  unlock(): void {
    this.locks--;
    if (this.locks === 0 && this.#orphan) this.free();
  }

  /** Whoever had it mapped is gone: it ends now, or with its last lock. */
  abandon(): void {
    if (this.locks > 0) this.#orphan = true;
    else this.free();
  }

  /** Ends its life. */
  free(): void {
    if (this.pfn >= 0) this.#host.frames.release(this.#host.pages.evict(this.slot));
    this.pfn = -1;
    this.#host.heap.free(this.slot << pageShift, pageBytes);
  }

  static #claim(host: IoHost, pfns: readonly number[]): readonly number[] {
    for (const [i, pfn] of pfns.entries()) {
      if (Number.isSafeInteger(pfn) && pfn >= 0 && host.frames.claim(pfn)) continue;
      for (const taken of pfns.slice(0, i)) host.frames.release(taken);
      throw new RangeError(`user memory: frame 0x${pfn.toString(16)} is in use or no frame number`);
    }
    return pfns;
  }
}

function takeFrames(host: IoHost, count: number): readonly number[] | null {
  const { lo, hi } = host.frames.extent;
  return host.frames.take(count, lo, hi);
}

interface Mapping {
  readonly page: Page;
  protection: Protection;
  readonly sharedFile: boolean;
}

/** The object behind an `as_t`. */
export class AddressSpace implements as_t {
  declare readonly [brand]: 'as_t';
  readonly #host: IoHost;
  readonly #mappings = new Map<number, Mapping>();
  readonly #watchers = new Set<{ first: number; count: number; fn: RangeWatcher }>();
  #next = userBase + 16 * pageBytes;

  constructor(host: IoHost) {
    this.#host = host;
  }

  /**
   * Maps zeroed memory, with a hole on either side.
   *
   * @param sizeBytes - rounded up to pages
   * @returns the user address
   * @throws RangeError when memory or addresses do not suffice
   */
  map(sizeBytes: number, options: MapOptions = {}): number {
    const count = Math.ceil(sizeBytes / pageBytes);
    const addr = this.#next;
    if (addr + (count + 1) * pageBytes > userLimit) {
      throw new RangeError(`user memory: no addresses for ${count} pages`);
    }
    const pages = Page.make(this.#host, count, options.pfns);
    const { protection = 'read-write', sharedFile = false } = options;
    for (const [i, page] of pages.entries()) {
      this.#mappings.set(addr / pageBytes + i, { page, protection, sharedFile });
    }
    this.#next = addr + (count + 1) * pageBytes;
    return addr;
  }

  /**
   * Ends mappings. Who watches the range is told first, and may unlock it.
   *
   * @returns false, and nothing has changed, when a page of the range is still locked
   */
  unmap(addr: number, sizeBytes: number): boolean {
    this.#tell(addr, sizeBytes);
    const numbers = this.#numbers(addr, sizeBytes);
    if (numbers.some((n) => (this.#mappings.get(n)?.page.locks ?? 0) > 0)) return false;
    for (const n of numbers) {
      this.#mappings.get(n)?.page.free();
      this.#mappings.delete(n);
    }
    return true;
  }

  /** Sets what the program may do from now on. Who watches the range is told first. */
  protect(addr: number, sizeBytes: number, protection: Protection): void {
    this.#tell(addr, sizeBytes);
    for (const n of this.#numbers(addr, sizeBytes)) {
      const mapping = this.#mappings.get(n);
      if (mapping !== undefined) mapping.protection = protection;
    }
  }

  /**
   * Takes pages out, as a system short of memory does.
   *
   * @returns how many went; locked pages stay
   */
  takeOut(addr: number, sizeBytes: number): number {
    return this.#numbers(addr, sizeBytes).filter((n) => this.#mappings.get(n)?.page.takeOut())
      .length;
  }

  /** The page behind a user address, resident or not. */
  pageAt(addr: number): Page | undefined {
    return this.#mappings.get(Math.floor(addr / pageBytes))?.page;
  }

  /** Whether any page of the range belongs to a file that others see too. */
  hasSharedFile(addr: number, sizeBytes: number): boolean {
    return this.#numbers(addr, sizeBytes).some((n) => this.#mappings.get(n)?.sharedFile);
  }

  /** 0, or the errno that stands in the way of such an access: `EFAULT`, `EACCES`. */
  check(addr: number, sizeBytes: number, write: boolean): number {
    const sane = Number.isSafeInteger(addr) && Number.isSafeInteger(sizeBytes);
    if (!sane || sizeBytes <= 0 || addr < userBase || addr + sizeBytes > userLimit) return EFAULT;
    let denied = false;
    for (const n of this.#numbers(addr, sizeBytes)) {
      const mapping = this.#mappings.get(n);
      if (mapping === undefined) return EFAULT;
      if (mapping.protection === 'none') denied = true;
      if (write && mapping.protection !== 'read-write') denied = true;
    }
    return denied ? EACCES : 0;
  }

  /**
   * Locks the pages of a range for reading or writing.
   *
   * @returns the pages in order, or the errno: `EFAULT`, `EACCES`, `ENOMEM`; nothing is locked then
   */
  lock(addr: number, sizeBytes: number, write: boolean): Page[] | number {
    const wrong = this.check(addr, sizeBytes, write);
    if (wrong !== 0) return wrong;
    const pages: Page[] = [];
    for (const n of this.#numbers(addr, sizeBytes)) {
      const page = this.#mappings.get(n)?.page;
      if (page === undefined || !page.bringIn()) {
        for (const locked of pages) locked.unlock();
        return ENOMEM;
      }
      page.lock();
      pages.push(page);
    }
    return pages;
  }

  /** Whether any page is locked. */
  get anyLocked(): boolean {
    return [...this.#mappings.values()].some(({ page }) => page.locks > 0);
  }

  /** Tells `fn` before the range changes; the function returned ends that. */
  watch(addr: number, sizeBytes: number, fn: RangeWatcher): () => void {
    const [first = 0] = this.#numbers(addr, sizeBytes);
    const watcher = { first, count: Math.ceil(sizeBytes / pageBytes), fn };
    this.#watchers.add(watcher);
    return () => {
      this.#watchers.delete(watcher);
    };
  }

  /**
   * What the program would read.
   *
   * @throws RangeError where it would fault
   */
  read(addr: number, count: number): Uint8Array {
    const into = new Uint8Array(count);
    const got = this.transfer(addr, into, 'read');
    if (got !== 0) throw new RangeError(`the program faults reading at 0x${addr.toString(16)}`);
    return into;
  }

  /**
   * What the program would write.
   *
   * @throws RangeError where it would fault
   */
  write(addr: number, bytes: Uint8Array): void {
    const got = this.transfer(addr, bytes, 'write');
    if (got !== 0) throw new RangeError(`the program faults writing at 0x${addr.toString(16)}`);
  }

  /** Moves bytes between the space and `bytes`; 0, or the errno and nothing is moved. */
  transfer(addr: number, bytes: Uint8Array, op: 'read' | 'write'): number {
    if (bytes.length === 0) return 0;
    const wrong = this.check(addr, bytes.length, op === 'write');
    if (wrong !== 0) return wrong;
    for (const n of this.#numbers(addr, bytes.length)) {
      if (this.#mappings.get(n)?.page.bringIn() !== true) return ENOMEM;
    }
    const store = this.#host.store.bytes;
    for (let done = 0; done < bytes.length;) {
      const page = this.pageAt(addr + done);
      if (page === undefined) return EFAULT;
      const off = (addr + done) & offsetMask;
      const n = Math.min(bytes.length - done, pageBytes - off);
      const at = page.at(off);
      if (op === 'read') bytes.set(store.subarray(at, at + n), done);
      else store.set(bytes.subarray(done, done + n), at);
      done += n;
    }
    return 0;
  }

  /**
   * A copy of everything mapped, for a child process.
   *
   * @throws RangeError when memory does not suffice
   */
  copy(): AddressSpace {
    const child = new AddressSpace(this.#host);
    try {
      for (const [n, { page, protection, sharedFile }] of this.#mappings) {
        const [twin] = Page.make(this.#host, 1);
        if (twin === undefined) continue;
        this.#host.store.bytes.copyWithin(twin.at(0), page.at(0), page.at(0) + pageBytes);
        child.#mappings.set(n, { page: twin, protection, sharedFile });
      }
    } catch (error) {
      child.destroy();
      throw error;
    }
    child.#next = this.#next;
    return child;
  }

  /**
   * Ends every mapping. A page that is locked lives on until its last lock is off.
   *
   * @returns how many were locked
   */
  destroy(): number {
    for (const { fn } of [...this.#watchers]) fn();
    this.#watchers.clear();
    let locked = 0;
    for (const { page } of this.#mappings.values()) {
      if (page.locks > 0) locked++;
      page.abandon();
    }
    this.#mappings.clear();
    return locked;
  }

  #tell(addr: number, sizeBytes: number): void {
    const numbers = this.#numbers(addr, sizeBytes);
    const first = numbers[0] ?? 0;
    for (const watcher of [...this.#watchers]) {
      const apart = watcher.first + watcher.count <= first;
      if (!apart && watcher.first < first + numbers.length) watcher.fn();
    }
  }

  /** The numbers of the pages a range touches. */
  #numbers(addr: number, sizeBytes: number): number[] {
    if (sizeBytes <= 0) return [];
    const first = Math.floor(addr / pageBytes);
    const last = Math.floor((addr + sizeBytes - 1) / pageBytes);
    return Array.from({ length: last - first + 1 }, (_, i) => first + i);
  }
}
