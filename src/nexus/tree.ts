/**
 * The device tree, the DMA vector of its nexi, and the handles they answer for: one knot.
 *
 * 1. A *node* is a device or a nexus. A *nexus* is a node with a DMA vector, the part of bus_ops
 *    that answers for DMA.
 * 2. `dip` is the nexus being asked, `rdip` the device that asked; rdip never changes on the climb.
 *    A slot of the vector that is `null` is the pass-through: the question goes on to the next
 *    nexus above. A nexus that adds a constraint tightens a copy of the attributes and asks the one
 *    above itself.
 * 3. Each node caches, per operation, the nearest node above it that really does something; a call
 *    climbs in one step whatever the depth of the tree.
 * 4. A *handle* carries the attributes of a device and at most one binding.
 */
import type { BoundRange } from '../machine/bound-ranges.js';
import type { Device, RegisterSpace } from '../machine/device.js';
import type { LiveSource } from '../machine/live.js';
import type { Machine } from '../machine/machine.js';
import { pageShift } from '../machine/store.js';
import type { DdiErrorName } from '../sys/errors.js';
import { ModelBug } from '../sys/errors.js';
import type { LiveObject } from '../sys/observer.js';
import type { brand, ddi_dma_attr_t, ddi_dma_handle_t, dev_info_t } from '../sys/types.js';
import type { Limits } from './attr.js';
import type { Binding } from './binding.js';
import { FaultRecords } from './fault-records.js';
import type { ErrorTarget, FmState } from './fm.js';
import { WaitLists } from './wait-lists.js';
import { AddressMaker, CookieTable, type DmaCookie } from './cookies.js';
import { KmemIoCaches } from './kmem-cache.js';
import type { DmaObject } from './object.js';
import type { NodeInterrupts } from './intr.js';
import type { PciRegspec } from './reg-property.js';

/** A refusal on its way to the driver; the call adds its own name. */
export interface Refusal<N extends DdiErrorName = DdiErrorName> {
  readonly name: N;
  /** The GROUP-n of the clause on the page of the call. */
  readonly group: string;
  readonly message: string;
  readonly values: Readonly<Record<string, unknown>>;
  /** Set where NORESOURCES is for ever, whatever the code says. */
  readonly forever?: true;
}

/** Codes of ddi_dma_alloc_handle(9F). */
export type AllocRefusal = Refusal<'DDI_DMA_BADATTR' | 'DDI_DMA_NORESOURCES'>;
/** Codes of ddi_dma_addr_bind_handle(9F) and its sister. */
export type BindRefusal = Refusal<
  'DDI_DMA_INUSE' | 'DDI_DMA_NORESOURCES' | 'DDI_DMA_NOMAPPING' | 'DDI_DMA_TOOBIG'
>;

/** A request to bind. */
export interface BindRequest {
  readonly object: DmaObject;
  /** `DDI_DMA_WRITE`, `DDI_DMA_READ`, `DDI_DMA_PARTIAL`, ... */
  readonly flags: number;
}

/** The operations; `null`: pass through. */
export interface DmaOps {
  readonly allochdl:
    ((dip: DevInfo, rdip: DevInfo, attr: ddi_dma_attr_t) => DmaHandle | AllocRefusal) | null;
  readonly freehdl: ((dip: DevInfo, rdip: DevInfo, handle: DmaHandle) => void) | null;
  /** 0 `DDI_DMA_MAPPED`, 1 `DDI_DMA_PARTIAL_MAP`, or the refusal. */
  readonly bindhdl:
    ((dip: DevInfo, rdip: DevInfo, handle: DmaHandle, request: BindRequest) => BindAnswer) | null;
  readonly unbindhdl: ((dip: DevInfo, rdip: DevInfo, handle: DmaHandle) => void) | null;
  /** Makes a window current; false when there is no such window. */
  readonly win: ((dip: DevInfo, rdip: DevInfo, handle: DmaHandle, index: number) => boolean) | null;
  /** ddi_dma_sync(9F); whether the range was accepted. */
  readonly flush:
    | ((
        dip: DevInfo,
        rdip: DevInfo,
        handle: DmaHandle,
        off: number,
        len: number,
        type: number,
      ) => boolean)
    | null;
}

/** What bindhdl answers. */
export type BindAnswer = 0 | 1 | BindRefusal;

/** What is below the driver of a leaf: the device model and its interrupts. */
export interface Hardware {
  readonly device: Device;
  /** Its register spaces, as the CPU reaches them. */
  readonly registers: readonly RegisterSpace[];
  readonly interrupts: NodeInterrupts;
  /** Its register sets as the `reg` property has them, one tuple each. */
  readonly reg: readonly PciRegspec[];
}

/** A node. */
export class DevInfo implements dev_info_t {
  declare readonly [brand]: 'dev_info_t';
  readonly name: string;
  readonly address: string;
  readonly parent: DevInfo | null;
  readonly machine: Machine;
  readonly children: DevInfo[] = [];
  /** The DMA vector of a nexus; `null` on a leaf. */
  readonly dmaOps: DmaOps | null;
  readonly hardware: Hardware | null;
  /** The driver bound to the node, and the number of the instance. */
  driverName: string | null = null;
  instance = 0;
  driverPrivate: unknown = null;
  /** What pci_save_config_regs(9F) kept. */
  savedConfig: readonly number[] | null = null;
  /** The entry point its driver is in, if it is in one of the two. */
  phase: 'attach' | 'detach' | null = null;
  /** What its driver has declared, from ddi_fm_init(9F) to ddi_fm_fini(9F). */
  fm: FmState<DmaHandle> | null = null;
  /** Of a bus: what it supports for the devices on it. */
  readonly supportsFm: number;
  /** Of a bus: the error handlers of the devices on it, newest first. */
  readonly errorTargets: ErrorTarget<DevInfo>[] = [];
  /** Of a bus: whether its error handlers are being called. */
  handlingError = false;
  /** Boolean properties that exist. */
  readonly properties = new Set<string>();
  /** What ddi_fm_service_impact(9F) has said of the device. */
  readonly service = { down: false, degraded: false };
  /** Who waits for resources, on this machine. */
  readonly lists: WaitLists;
  /** The caches of DMA memory, on this machine; rule book `contract` has none. */
  readonly caches: KmemIoCaches;
  readonly #upTo: Partial<Record<keyof DmaOps, DevInfo>> = {};

  constructor(
    machine: Machine,
    parent: DevInfo | null,
    name: string,
    address: string,
    dmaOps: DmaOps | null,
    hardware: Hardware | null,
    supportsFm = 0,
  ) {
    this.supportsFm = supportsFm;
    this.machine = machine;
    this.parent = parent;
    this.name = name;
    this.address = address;
    this.dmaOps = dmaOps;
    this.hardware = hardware;
    this.lists = parent === null ? new WaitLists(machine) : parent.lists;
    this.caches = parent === null ? new KmemIoCaches(machine) : parent.caches;
    parent?.children.push(this);
  }

  /** `/pci@0/copy@1`, the way devfs would have it. */
  get path(): string {
    if (this.parent === null) return '/';
    const own = this.address === '' ? this.name : `${this.name}@${this.address}`;
    return this.parent.parent === null ? `/${own}` : `${this.parent.path}/${own}`;
  }

  get fmCapability(): number {
    return this.fm === null ? 0 : this.fm.capability;
  }

  /** Fault management as at boot. */
  resetFm(): void {
    this.fm = null;
    this.phase = null;
    this.errorTargets.length = 0;
    this.handlingError = false;
    this.properties.clear();
    this.service.down = this.service.degraded = false;
  }

  /** The nearest node above with an operation of its own; cached after the first climb. */
  nexusFor(op: keyof DmaOps): DevInfo {
    const cached = this.#upTo[op];
    if (cached !== undefined) return cached;
    let up = this.parent;
    while (up !== null && up.dmaOps?.[op] == null) up = up.parent;
    if (up === null) throw new ModelBug(`${this.path}: no nexus above implements ${op}`);
    this.#upTo[op] = up;
    return up;
  }
}

/** The object behind a `ddi_dma_handle_t`. */
export class DmaHandle implements LiveSource, ddi_dma_handle_t {
  declare readonly [brand]: 'ddi_dma_handle_t';
  readonly rdip: DevInfo;
  readonly limits: Limits;
  readonly id: number;
  freed = false;
  /** Faults of what is bound, or was bound last. */
  readonly faults = new FaultRecords();
  /** What it carries while it is bound. */
  binding: Binding | null = null;
  /** Where a bind gathers its cookies. */
  readonly table = new CookieTable();
  readonly #addresses = new AddressMaker();
  #cookies: (DmaCookie | undefined)[] = [];
  /** Cookies handed out by bind, getwin and ddi_dma_nextcookie for the current window. */
  cursor = 0;
  #lastIndex = 0;
  /** What it is bound to, when that is memory for DMA. */
  #range: BoundRange | null = null;

  constructor(rdip: DevInfo, limits: Limits) {
    this.rdip = rdip;
    this.limits = limits;
    this.id = rdip.machine.live.nextId();
    rdip.machine.live.add(this);
  }

  get ncookies(): number {
    return this.binding === null ? 0 : this.binding.count;
  }

  /** Takes a binding, or another window of the one it has: cookies are handed out anew. */
  shows(binding: Binding): void {
    if (this.binding === null) this.#usesMemory(binding);
    this.binding = binding;
    this.#cookies = [];
    this.#lastIndex = 0;
    this.cursor = 1;
  }

  /** Drops the binding. */
  unbound(): void {
    this.binding = null;
    if (this.#range !== null) this.rdip.machine.bound.remove(this.#range);
    this.#range = null;
    this.#cookies = [];
    this.cursor = 0;
  }

  /** Memory for DMA is freed by a call of its own, which asks who is using it. */
  #usesMemory({ object }: Binding): void {
    const { machine } = this.rdip;
    if (object.va < 0 || machine.pages.kindOf(object.va >>> pageShift) !== 'dma') return;
    this.#range = { va: object.va, len: object.len };
    machine.bound.add(this.#range);
  }

  /** The cookie with that index, always the same object until the window changes. */
  cookie(index: number): DmaCookie {
    let cookie = this.#cookies[index];
    if (cookie === undefined) {
      cookie = this.copyOf(index);
      this.#cookies[index] = cookie;
    }
    return cookie;
  }

  /**
   * A copy of a cookie, as a structure the caller provides is filled in; no cookie of the handle's
   * own (ddi_dma_cookie_iter(9F) IT-4).
   */
  copyOf(index: number): DmaCookie {
    const { binding } = this;
    if (binding === null) throw new ModelBug('a cookie of a handle that is not bound');
    const { off, size, bounce } = binding.table;
    const i = binding.start + index;
    const marks = (bounce[i] ?? -1) >= 0 && this.rdip.machine.rules.has('cookie-type-marks-bounce');
    const type = marks ? usesBounce : 0;
    return this.#addresses.cookie(binding.frameOf(index), off[i] ?? 0, size[i] ?? 0, type);
  }

  /** The index of a cookie this handle handed out for this window, or -1. */
  indexOf(cookie: unknown): number {
    // A walk asks for one after the other: the last answer or its neighbour is nearly always right.
    if (cookie === undefined) return -1;
    const last = this.#lastIndex;
    if (this.#cookies[last] === cookie) return last;
    const found =
      this.#cookies[last + 1] === cookie ? last + 1 : this.#cookies.indexOf(cookie as DmaCookie);
    if (found >= 0) this.#lastIndex = found;
    return found;
  }

  liveObjects(): readonly LiveObject[] {
    const owner = this.rdip.path;
    const detail = this.binding === null ? 'unbound' : 'bound';
    const clause = 'ddi_dma_alloc_handle.9f/IX-1';
    const self = { kind: 'dma handle', id: this.id, owner, detail, clause };
    return this.binding === null ? [self] : [self, this.binding.describe()];
  }
}

/** ROOTNEX_USES_COPYBUF: the bit by which the kernel's cookies tell that they are bounced. */
const usesBounce = 0x80000000;
