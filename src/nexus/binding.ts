/**
 * A binding: an object, the cookies that reach it, its windows and its bounce pages.
 *
 * Data moves at five moments: when a window becomes current, when it ceases to be (another one, or
 * unbind), and at ddi_dma_sync(9F). Without bounce pages nothing moves at all: memory is coherent.
 */
import { DDI_DMA_READ, DDI_DMA_RDWR, DDI_DMA_WRITE } from '../sys/constants.js';
import type { LiveObject } from '../sys/observer.js';
import { type BounceBuffer, bounceFrame, freeBounce, moveBounced } from './bounce.js';
import type { CookieTable } from './cookies.js';
import type { DmaObject } from './object.js';
import type { Owner } from './owner.js';
import type { Window, WindowPlan } from './windows.js';

/** The calls that bind. */
export type BindCall = 'ddi_dma_addr_bind_handle' | 'ddi_dma_buf_bind_handle';

/** What a handle carries while it is bound. */
export class Binding {
  readonly owner: Owner;
  readonly object: DmaObject;
  /** Direction, PARTIAL and the other flags of the bind. */
  flags: number;
  /** The call that bound it. */
  boundBy: BindCall = 'ddi_dma_addr_bind_handle';
  readonly id: number;
  /** The cookies of the current window: this part of the table. */
  table: CookieTable;
  start = 0;
  count: number;
  /** Windows, when the object needs them or bounce pages; `null` when it needs neither. */
  readonly plan: WindowPlan | null;
  readonly bounce: BounceBuffer | null;
  /** Slot in the bounce buffer by page of the object, -1: not bounced. */
  readonly pageMap: Float64Array | null;
  /** Whether there is more than one window. */
  readonly partial: boolean;
  current = 0;

  constructor(
    owner: Owner,
    object: DmaObject,
    flags: number,
    table: CookieTable,
    slow: Pick<Binding, 'plan' | 'bounce' | 'pageMap' | 'partial'> | null,
  ) {
    this.owner = owner;
    this.object = object;
    this.flags = flags;
    this.id = owner.machine.live.nextId();
    this.table = table;
    this.count = table.count;
    this.plan = slow?.plan ?? null;
    this.bounce = slow?.bounce ?? null;
    this.pageMap = slow?.pageMap ?? null;
    this.partial = slow?.partial ?? false;
    if (slow !== null) this.#show(0);
  }

  /** The current window; `null` when there are none. */
  get window(): Window | null {
    return this.plan?.windows[this.current] ?? null;
  }

  /** Frame of a cookie of the current window: of the bounce page when it is bounced. */
  frameOf(index: number): number {
    const i = this.start + index;
    const slot = this.table.bounce[i] ?? -1;
    if (slot < 0 || this.bounce === null) return this.table.frame[i] ?? 0;
    return bounceFrame(this.owner.machine, this.bounce, slot);
  }

  /** Makes a window current: what the old one received reaches the object, then the other way. */
  activate(index: number): void {
    this.leave();
    this.#show(index);
    this.enter();
  }

  /** Copies the current window to its bounce pages, when the device is to read them. */
  enter(): void {
    if (this.#directs(DDI_DMA_WRITE)) this.#moveWindow(true);
  }

  /** Copies the current window back from its bounce pages, when the device wrote them. */
  leave(): void {
    if (this.#directs(DDI_DMA_READ)) this.#moveWindow(false);
  }

  /** Moves a range of the object, where it is bounced at present. */
  move(from: number, len: number, toBounce: boolean): void {
    const { machine } = this.owner;
    if (this.bounce === null || this.pageMap === null) return;
    moveBounced(machine, this.object, this.bounce, this.pageMap, from, len, toBounce);
  }

  /** Gives the bounce pages back. */
  release(): void {
    if (this.bounce !== null) freeBounce(this.owner.machine, this.bounce);
  }

  describe(): LiveObject {
    const { len, va } = this.object;
    const where = va < 0 ? 'of a page list' : `at 0x${va.toString(16)}`;
    const windows = this.plan === null ? '' : `, ${this.plan.windows.length} windows`;
    const detail = `${len} bytes ${where}, ${this.count} cookies${windows}`;
    const clause = `${this.boundBy}.9f/IX-1`;
    return { kind: 'dma binding', id: this.id, owner: this.owner.path, detail, clause };
  }

  #directs(direction: number): boolean {
    const given = this.flags & DDI_DMA_RDWR;
    // ddi_dma_sync(9F) DS-4: binding synchronises, whatever was said of a direction.
    if (given === 0) return !this.owner.machine.rules.has('no-direction-no-copy');
    return (given & direction) !== 0;
  }

  #moveWindow(toBounce: boolean): void {
    const window = this.window;
    if (window?.dosync === true) this.move(window.offset, window.size, toBounce);
  }

  #show(index: number): void {
    const { plan, pageMap } = this;
    const window = plan?.windows[index];
    if (plan === null || window === undefined) return;
    if (pageMap !== null && !plan.lasting) {
      // Slots mean the pages of one window at a time.
      for (const { page } of this.window?.slots ?? []) pageMap[page] = -1;
    }
    this.current = index;
    this.table = plan.pieces;
    this.start = window.start;
    this.count = window.count;
    if (pageMap !== null) for (const { page, slot } of window.slots) pageMap[page] = slot;
  }
}

/** Memory the kernel has lost: nothing points to it any more. */
export class Leak {
  readonly #id: number;

  constructor(
    readonly owner: Owner,
    readonly what: string,
    readonly bytes: number,
    /** The range of memory it came from, where the kernel has named ranges. */
    readonly range: string | null = null,
  ) {
    this.#id = owner.machine.live.nextId();
    owner.machine.live.add(this);
  }

  liveObjects(): readonly LiveObject[] {
    const detail = `${this.bytes} bytes`;
    const kind = `leaked ${this.what}`;
    return [{ kind, id: this.#id, owner: this.owner.path, detail, clause: null }];
  }
}

/** Makes a machine remember bounce pages that nobody can free any more. */
export function leakBounce(owner: Owner, buffer: BounceBuffer | null): void {
  if (buffer !== null) new Leak(owner, 'bounce pages', buffer.bytes, buffer.range);
}
