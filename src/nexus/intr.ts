/**
 * Interrupt handles: what a node has of the interrupts of its device.
 *
 * 1. A *handle* stands for one interrupt of one type: the line, or one vector. It is *allocated*,
 *    *added* (it has a handler) or *enabled*; every call moves it one step along this row or back,
 *    and nothing else does (ddi_intr_add_handler(9F) SQ-1).
 * 2. A node uses one type at a time. Messages are on while it has handles of theirs, so that what
 *    the device has to say before a handle is enabled waits in its vector, where it can.
 * 3. The handler sits on the line, or on the receiving end of the vector, while the handle is
 *    enabled and no longer.
 * 4. The one-step interface (ddi_add_intr(9F)) takes the same three steps at once.
 */
import type { InterruptType, InterruptUnit, Vector } from '../machine/interrupt-unit.js';
import type { InterruptLine, IntrId } from '../machine/intr.js';
import type { LiveSource } from '../machine/live.js';
import type { Wait } from '../machine/wait.js';
import {
  DDI_INTR_FLAG_BLOCK,
  DDI_INTR_FLAG_EDGE,
  DDI_INTR_FLAG_LEVEL,
  DDI_INTR_FLAG_MASKABLE,
  DDI_INTR_FLAG_PENDING,
  DDI_INTR_TYPE_FIXED,
  DDI_INTR_TYPE_MSI,
  DDI_INTR_TYPE_MSIX,
} from '../sys/constants-intr.js';
import { ModelBug } from '../sys/errors.js';
import type { LiveObject } from '../sys/observer.js';
import type { brand, ddi_iblock_cookie_t, ddi_intr_handle_t } from '../sys/types.js';
import type { Owner } from './owner.js';

/** What stands for the interrupt priority of a device in mutex_init(9F). */
export class IblockCookie implements ddi_iblock_cookie_t {
  declare readonly [brand]: 'ddi_iblock_cookie_t';

  /**
   * @param level - of the interrupt
   * @param forErrors - whether it is that of an error handler, ddi_fm_init(9F)
   */
  constructor(
    readonly level: number,
    readonly forErrors = false,
  ) {}
}

/** The unit's name of a type of the header; undefined for any other number. */
export function typeNamed(type: number): InterruptType | undefined {
  if (type === DDI_INTR_TYPE_FIXED) return 'fixed';
  if (type === DDI_INTR_TYPE_MSI) return 'msi';
  return type === DDI_INTR_TYPE_MSIX ? 'msix' : undefined;
}

/** A handler with its arguments. */
export interface IntrHandler {
  readonly name: string;
  readonly fn: () => number | PromiseLike<number>;
  readonly async: boolean;
}

/** How far a handle has come. */
export type IntrState = 'allocated' | 'added' | 'enabled';

/** The object behind a `ddi_intr_handle_t`. */
export class IntrHandle implements LiveSource, ddi_intr_handle_t {
  declare readonly [brand]: 'ddi_intr_handle_t';
  readonly rdip: Owner;
  readonly type: InterruptType;
  readonly inum: number;
  readonly id: number;
  readonly interrupts: NodeInterrupts;
  level: number;
  freed = false;
  /** Whether the driver has masked it. */
  masked = false;
  #handler: IntrHandler | null = null;
  #armed: IntrId | null = null;

  constructor(interrupts: NodeInterrupts, rdip: Owner, type: InterruptType, inum: number) {
    this.interrupts = interrupts;
    this.rdip = rdip;
    this.type = type;
    this.inum = inum;
    this.level = interrupts.level;
    this.id = rdip.machine.live.nextId();
    rdip.machine.live.add(this);
    interrupts.handles.add(this);
  }

  get state(): IntrState {
    if (this.#armed !== null) return 'enabled';
    return this.#handler === null ? 'allocated' : 'added';
  }

  /** DDI_INTR_FLAG_*. */
  get capabilities(): number {
    const { unit } = this.interrupts;
    const maskable = DDI_INTR_FLAG_MASKABLE | DDI_INTR_FLAG_PENDING;
    if (this.type === 'fixed') return DDI_INTR_FLAG_LEVEL | (unit.lineMaskable ? maskable : 0);
    // ddi_intr_get_cap(9F) FL-1: of messages neither level nor edge is told; a kernel tells.
    const edge = this.rdip.machine.rules.has('intr-cap-msi-edge') ? DDI_INTR_FLAG_EDGE : 0;
    if (this.type === 'msix' || unit.msiMaskable) return edge | maskable;
    return edge | DDI_INTR_FLAG_BLOCK;
  }

  /** Whether a message waits, or the line is up. */
  get pending(): boolean {
    if (this.type === 'fixed') return this.interrupts.unit.wanted;
    return this.#vector.pending || this.#line.asserted;
  }

  /** Gives it a handler, or takes it away. */
  handle(handler: IntrHandler | null): void {
    if (this.#armed !== null) throw new ModelBug('the handler of an enabled interrupt changes');
    this.#handler = handler;
  }

  /** Lets it through to its handler, at once when it is pending. */
  enable(): void {
    if (this.#handler === null) throw new ModelBug('an interrupt without a handler is enabled');
    const { name, fn, async } = this.#handler;
    const line = this.#line;
    if (line.handlers.length === 0) line.level = this.level;
    this.#armed = this.rdip.machine.intr.add(name, line, fn, { async });
    // ddi_intr_enable(9F) DS-1: enabling clears the mask.
    this.masked = false;
    if (this.type === 'fixed') {
      this.interrupts.unit.maskLine(false);
      return;
    }
    const vector = this.#vector;
    vector.line = line;
    vector.open();
  }

  /**
   * Stops it.
   *
   * @param waits - whether the caller can wait for the end of a handler that is running
   * @returns a wait when there is one to wait for
   */
  disable(waits = true): Wait<void> | undefined {
    if (this.#armed === null) throw new ModelBug('an interrupt is disabled that is not enabled');
    const armed = this.#armed;
    this.#armed = null;
    this.masked = false;
    if (this.type === 'fixed') this.interrupts.unit.maskLine(false);
    else this.#vector.shut();
    return this.rdip.machine.intr.remove(armed, waits);
  }

  /** Sets or clears the mask. */
  mask(on: boolean): void {
    this.masked = on;
    if (this.type === 'fixed') this.interrupts.unit.maskLine(on);
    else this.#vector.mask(on);
  }

  /** Ends its life; messages go off with the last of them. */
  free(): void {
    this.freed = true;
    const { handles, unit } = this.interrupts;
    handles.delete(this);
    const { machine } = this.rdip;
    machine.live.remove(this);
    if (this.type !== 'fixed') machine.budget.give('interrupt vectors');
    if (handles.size === 0) unit.use('fixed');
  }

  liveObjects(): readonly LiveObject[] {
    const name = this.#handler === null ? '' : `: ${this.#handler.name}`;
    const detail = `${this.type} ${String(this.inum)}, ${this.state}${name}`;
    const clause = 'detach.9e/DT-1';
    return [{ kind: 'interrupt', id: this.id, owner: this.rdip.path, detail, clause }];
  }

  get #vector(): Vector {
    return this.interrupts.unit.vector(this.inum);
  }

  get #line(): InterruptLine {
    return this.interrupts.lineOf(this.rdip, this.type, this.inum);
  }
}

/** The interrupts of one node. */
export class NodeInterrupts {
  readonly unit: InterruptUnit;
  /** The priority its interrupts have unless a driver sets another. */
  readonly level: number;
  readonly handles = new Set<IntrHandle>();
  /** Receiving ends, by type and number. They are made once and stay, as lines do. */
  readonly #lines = new Map<string, InterruptLine>();

  constructor(unit: InterruptUnit) {
    this.unit = unit;
    this.level = unit.line.level;
  }

  /** The type in use; undefined while there are no handles. */
  get type(): InterruptType | undefined {
    for (const handle of this.handles) return handle.type;
    return undefined;
  }

  /** The handle of an interrupt of the type in use, if it is allocated. */
  find(inum: number): IntrHandle | undefined {
    for (const handle of this.handles) if (handle.inum === inum) return handle;
    return undefined;
  }

  /** The pending bits of the first 32 vectors, as a register has them. */
  pendingBits(): number {
    let bits = 0;
    for (const handle of this.handles) {
      if (handle.inum < 32 && handle.pending) bits |= 1 << handle.inum;
    }
    return bits >>> 0;
  }

  /** Where an interrupt arrives. */
  lineOf(rdip: Owner, type: InterruptType, inum: number): InterruptLine {
    if (type === 'fixed') return this.unit.line;
    const key = `${type} ${String(inum)}`;
    let line = this.#lines.get(key);
    if (line === undefined) {
      line = rdip.machine.intr.createLine(`${this.unit.line.name} ${key}`, this.level);
      this.#lines.set(key, line);
    }
    return line;
  }

  /** Power-on state: no handles. */
  reset(): void {
    this.handles.clear();
    this.unit.reset();
  }
}
