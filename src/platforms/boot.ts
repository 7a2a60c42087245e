/**
 * Booting: from a platform's facts to a machine with a device tree.
 *
 * `/` is the root nexus, which answers for DMA; `/pci@0` passes everything on; `/isa` tightens the
 * attributes of what sits below it. Each device given is a leaf below one of the two.
 */
import type { BusMaster } from '../machine/bus.js';
import type { Device, DeviceModel } from '../machine/device.js';
import type { BreakOptions } from '../machine/hardware-faults.js';
import type { FrameLayout, MemoryRange } from '../machine/frames.js';
import { InterruptUnit } from '../machine/interrupt-unit.js';
import { Machine, type MachineOptions } from '../machine/machine.js';
import type { StoreSource } from '../machine/store.js';
import type { CallbackStats } from '../nexus/callbacks.js';
import type { PostedWrites } from '../machine/posted.js';
import { PushingSpace } from '../machine/pushing.js';
import { NodeInterrupts } from '../nexus/intr.js';
import { RegPlaces } from '../nexus/reg-property.js';
import { ERROR_LEVEL, type FmStats } from '../nexus/fm.js';
import { dmaFault } from '../nexus/fm-errors.js';
import { DevInfo, type DmaHandle, type DmaOps } from '../nexus/tree.js';
import { isaOps } from '../nexus/isa.js';
import { rootnexOps } from '../nexus/rootnex.js';
import {
  DDI_FM_ACCCHK_CAPABLE,
  DDI_FM_DMACHK_CAPABLE,
  DDI_FM_EREPORT_CAPABLE,
  DDI_FM_ERRCB_CAPABLE,
} from '../sys/constants-fm.js';
import { DDI_ATTACH, DDI_DETACH, DDI_SUCCESS } from '../sys/constants.js';
import { type QuirkId, RuleBook, type RuleBookName } from '../sys/quirks.js';
import type { ddi_dma_handle_t, dev_info_t } from '../sys/types.js';
import { i86pc } from './i86pc.js';
import { reportLeft } from './leaks.js';
import type { Platform } from './platform.js';
import { type Resource, resourcesOf } from './resources.js';
import { sun4u } from './sun4u.js';

/** A device to plug in. */
export interface DeviceSpec {
  /** Name and address of its node below its bus: `copy@1`. */
  readonly at: string;
  /** The bus it sits on; default `pci`. The ISA bus adds constraints of its own. */
  readonly bus?: 'pci' | 'isa';
  /** Builds the model. */
  readonly model: DeviceModel;
}

/** The platforms there are. */
const platforms = { i86pc, sun4u } as const satisfies Readonly<Record<string, Platform>>;
/** The name of a platform. */
export type PlatformName = keyof typeof platforms;

/** How to boot. */
export interface BootOptions extends Omit<MachineOptions, 'rules'> {
  /** The platform; default `i86pc`. `sun4u` has the big-endian CPU and nothing else of its own. */
  readonly platform?: PlatformName;
  /** The rule book: the man pages (`contract`, the default), or a kernel, which is i86pc's. */
  readonly kernel?: RuleBookName;
  /** Quirks to switch on or off in it. */
  readonly quirks?: Readonly<Partial<Record<QuirkId, boolean>>>;
  /** Installed memory, other than the platform's usual. */
  readonly memory?: readonly MemoryRange[];
  /** How page frames follow one another; default `mixed`. */
  readonly frames?: FrameLayout;
  /** Bytes of memory that can be in use at one time, or a buffer to keep it in; default 64 MiB. */
  readonly store?: number | StoreSource;
  /** Devices to plug in. */
  readonly devices?: readonly DeviceSpec[];
  /** Whether writes of devices are posted, and land late; default true, as on any PCI bus. */
  readonly posting?: boolean;
}

/** The entry points a driver is attached and detached by, attach(9E) and detach(9E). */
export interface EntryPoints {
  /** The driver's name. */
  readonly name: string;
  /** attach(9E): `DDI_SUCCESS` or `DDI_FAILURE`. */
  attach(dip: dev_info_t, cmd: number): number | PromiseLike<number>;
  /** detach(9E): `DDI_SUCCESS` or `DDI_FAILURE`. */
  detach(dip: dev_info_t, cmd: number): number | PromiseLike<number>;
}

/** The PCI bus adds nothing to DMA. */
const passThrough: DmaOps = {
  allochdl: null,
  freehdl: null,
  bindhdl: null,
  unbindhdl: null,
  win: null,
  flush: null,
};

/** What the PCI bus supports for the devices on it; the ISA bus supports nothing. */
const pciSupportsFm =
  DDI_FM_EREPORT_CAPABLE | DDI_FM_ACCCHK_CAPABLE | DDI_FM_DMACHK_CAPABLE | DDI_FM_ERRCB_CAPABLE;

/** What fault management knows of a node. */
export interface FaultManagement {
  /** What its driver has declared and was granted; 0 for nothing. */
  readonly capability: number;
  /** Boolean properties of the node. */
  readonly properties: readonly string[];
  /** Error handlers of the device. */
  readonly handlers: number;
  /** The counters of its driver, by the names of the kernel's kstat `fm`; `null` without any. */
  readonly stats: Readonly<FmStats> | null;
}

/** A machine with a device tree. */
export class BootedMachine extends Machine {
  /** The platform it was booted as. */
  readonly platform: PlatformName;
  readonly #root: DevInfo;
  readonly #pciLevel: number;
  readonly #posting: boolean;
  readonly #nodes = new Map<string, DevInfo>();
  readonly #places = new RegPlaces();
  readonly #instances = new Map<string, number>();
  /** The last object there was before the driver of a node was attached. */
  readonly #before = new Map<DevInfo, number>();

  constructor(options: BootOptions) {
    const { memory, frames, store } = options;
    const platform = options.platform ?? 'i86pc';
    const facts = factsOf(platform, options);
    super(
      facts.describe({
        ...(memory && { memory }),
        ...(frames && { frames }),
        ...(store !== undefined && { store }),
      }),
      { ...options, rules: new RuleBook(options.kernel ?? 'contract', options.quirks) },
    );
    this.platform = platform;
    this.#posting = options.posting ?? true;
    this.#pciLevel = facts.pciLevel;
    this.#root = new DevInfo(this, null, this.platform, '', rootnexOps, null);
    const pci = new DevInfo(this, this.#root, 'pci', '0', passThrough, null, pciSupportsFm);
    const isa = new DevInfo(this, this.#root, 'isa', '', isaOps, null);
    this.hardware.onDma = (device, _op, address) => {
      this.#reportDmaFault(device, address);
    };
    for (const spec of options.devices ?? []) this.#plug(spec.bus === 'isa' ? isa : pci, spec);
  }

  /** The root of the device tree. */
  get root(): dev_info_t {
    return this.#root;
  }

  /**
   * The node of a device.
   *
   * @param at - as given at boot: `copy@1`
   * @throws RangeError when no device was plugged in there
   */
  devinfo(at: string): dev_info_t {
    return this.#node(at);
  }

  /**
   * The `reg` property of a node, pci(4): five cells of 32 bits for each register set.
   *
   * @param at - as given at boot
   */
  reg(at: string): readonly (readonly number[])[] {
    return (this.#node(at).hardware?.reg ?? []).map((tuple) => [
      tuple.pci_phys_hi,
      tuple.pci_phys_mid,
      tuple.pci_phys_low,
      tuple.pci_size_hi,
      tuple.pci_size_low,
    ]);
  }

  /**
   * The device model behind a node, as `model` built it.
   *
   * @param at - as given at boot
   */
  device(at: string): Device {
    const { hardware } = this.#node(at);
    if (hardware === null) throw new RangeError(`${at} has no device`);
    return hardware.device;
  }

  /**
   * Binds a driver to a node and calls its attach(9E) with `DDI_ATTACH`.
   *
   * @param driver - the entry points
   * @param dip - the node
   * @returns what attach returned: `DDI_SUCCESS`, or `DDI_FAILURE` and the node is unbound again
   */
  async attach(driver: EntryPoints, dip: dev_info_t): Promise<number> {
    const node = this.#own(dip);
    if (node.driverName !== null) {
      throw new RangeError(`${node.path} has driver ${node.driverName} already`);
    }
    node.driverName = driver.name;
    node.instance = this.#instances.get(driver.name) ?? 0;
    this.#instances.set(driver.name, node.instance + 1);
    const before = this.live.lastId;
    this.#before.set(node, before);
    const rv = await this.#within(node, 'attach', () =>
      this.sched.onBehalfOf(node.path, () => driver.attach(dip, DDI_ATTACH)),
    );
    if (rv !== DDI_SUCCESS) {
      this.#unbind(node);
      reportLeft(node, before, 'attach');
    }
    return rv;
  }

  /**
   * Calls detach(9E) with `DDI_DETACH` and, when it succeeds, unbinds the driver from the node.
   *
   * @param driver - the entry points
   * @param dip - the node
   * @returns what detach returned
   */
  async detach(driver: EntryPoints, dip: dev_info_t): Promise<number> {
    const node = this.#own(dip);
    if (node.driverName !== driver.name) {
      throw new RangeError(`${node.path} is not attached to ${driver.name}`);
    }
    const rv = await this.#within(node, 'detach', () =>
      this.sched.onBehalfOf(node.path, () => driver.detach(dip, DDI_DETACH)),
    );
    if (rv === DDI_SUCCESS) {
      this.#unbind(node);
      reportLeft(node, this.#before.get(node) ?? 0, 'detach');
    }
    return rv;
  }

  /**
   * What there is of each resource, what is used and by whom, and who waits.
   *
   * @returns a row for each counted resource, each range of memory, and kernel addresses
   */
  resources(): readonly Resource[] {
    return resourcesOf(this, this.#root.lists);
  }

  /**
   * What fault management knows of a node: capabilities, properties, handlers, counters.
   *
   * @param dip - the node
   */
  faultManagement(dip: dev_info_t): FaultManagement {
    const node = this.#own(dip);
    return {
      capability: node.fmCapability,
      properties: [...node.properties],
      handlers: (node.parent?.errorTargets ?? []).filter((t) => t.rdip === node).length,
      stats: node.fm === null ? null : { ...node.fm.stats },
    };
  }

  /**
   * Breaks a byte of what a DMA handle is bound to: the next access of its device there is broken
   * off, and is an error of the bus.
   *
   * @param handle - bound
   * @param off - which byte, from the start of the current window; 0 unless told
   * @param options - how often
   * @throws RangeError when the handle is not bound or has no such byte
   */
  breakBinding(handle: ddi_dma_handle_t, off = 0, options: Pick<BreakOptions, 'times'> = {}): void {
    const h = handle as DmaHandle;
    let left = off;
    for (let i = 0; i < h.ncookies; i++) {
      const { dmac_laddress: address, dmac_size: bytes } = h.copyOf(i);
      if (left >= 0 && left < bytes) {
        const at = h.rdip.hardware?.device.name ?? '';
        this.hardware.breakAddress(at, address + BigInt(left), options);
        return;
      }
      left -= bytes;
    }
    throw new RangeError(`breakBinding: the handle is not bound, or has no byte ${off}`);
  }

  /** What the callback lists have done since boot, by the names of the kernel's `cbstats`. */
  cbstats(): CallbackStats {
    return this.#root.lists.counts.snapshot();
  }

  /** Runs an entry point; what it may do there it may do until it returns. */
  async #within<T>(
    node: DevInfo,
    phase: 'attach' | 'detach',
    run: () => T | PromiseLike<T>,
  ): Promise<T> {
    node.phase = phase;
    try {
      return await run();
    } finally {
      node.phase = null;
    }
  }

  /** An error of the bus is an interrupt of its own, whatever the device does next. */
  #reportDmaFault(device: string, address: bigint): void {
    const node = this.#node(device);
    const { intr } = this;
    intr.trigger(
      intr.softint('bus error', ERROR_LEVEL, () => {
        dmaFault(node, address);
      }),
    );
  }

  /** Also resets every device and unbinds every driver. */
  override reset(seed: number): void {
    super.reset(seed);
    this.#instances.clear();
    this.#root.lists.reset();
    for (const bus of this.#root.children) bus.resetFm();
    this.#root.caches.reset();
    for (const node of this.#nodes.values()) {
      node.hardware?.interrupts.reset();
      node.resetFm();
      this.#unbind(node);
      node.hardware?.device.reset();
    }
  }

  #unbind(node: DevInfo): void {
    node.driverName = null;
    node.driverPrivate = null;
    node.savedConfig = null;
  }

  #node(at: string): DevInfo {
    const node = this.#nodes.get(at);
    if (node === undefined) throw new RangeError(`no device was plugged in at ${at}`);
    return node;
  }

  #own(dip: dev_info_t): DevInfo {
    if (dip instanceof DevInfo && dip.machine === this) return dip;
    throw new TypeError('dip is not a node of this machine');
  }

  #plug(bus: DevInfo, spec: DeviceSpec): void {
    const parts = /^([a-z][a-z0-9-]*)@([0-9a-f,]+)$/.exec(spec.at);
    const [, name, address] = parts ?? [];
    if (name === undefined || address === undefined || this.#nodes.has(spec.at)) {
      throw new RangeError(`device at "${spec.at}": must be a free place such as copy@1`);
    }
    const posted = this.#posting ? this.#queue(spec.at) : undefined;
    const master: BusMaster = { name: spec.at, enabled: false, ...(posted && { posted }) };
    const line = this.intr.createLine(spec.at, this.#pciLevel);
    const unit = new InterruptUnit(spec.at, line, () => {
      this.bus.push(master);
    });
    const device = spec.model({
      name: spec.at,
      clock: this.clock,
      bus: this.bus,
      master,
      raise: () => {
        unit.raise();
      },
      lower: () => {
        unit.lower();
      },
      message: (vector) => unit.message(vector),
    });
    unit.declare(device.interrupts ?? {});
    const registers =
      posted === undefined
        ? device.registers
        : device.registers.map((space) => new PushingSpace(space, posted));
    const reg = this.#places.of(address, registers);
    const hardware = { device, registers, interrupts: new NodeInterrupts(unit), reg };
    this.hardware.plug(spec.at, device, registers);
    this.#nodes.set(spec.at, new DevInfo(this, bus, name, address, null, hardware));
  }

  /** A queue for the writes that a device posts. */
  #queue(at: string): PostedWrites {
    const { clock } = this;
    return this.bus.queue({
      choose: (kind, n) => this.choose(kind, n),
      after: (ns, fn) => {
        const id = clock.after(ns, fn, `${at}: posted writes land`);
        return () => {
          clock.cancel(id);
        };
      },
    });
  }
}

/**
 * The facts of a platform, which must have the rule book that was asked for.
 *
 * @throws RangeError when there is no such platform, or no such rule book or quirk for it
 */
function factsOf(
  platform: PlatformName,
  { kernel = 'contract', quirks = {} }: BootOptions,
): Platform {
  if (!Object.hasOwn(platforms, platform)) {
    const names = Object.keys(platforms).join(', ');
    throw new RangeError(`platform "${String(platform)}": there are ${names}`);
  }
  const facts: Platform = platforms[platform];
  if (!facts.kernels.includes(kernel)) {
    const books = facts.kernels.join(', ');
    throw new RangeError(`kernel "${kernel}": platform ${platform} has no rule book but ${books}`);
  }
  const on = Object.entries(quirks).find(([, value]) => value);
  if (on !== undefined && facts.kernels.length === 1) {
    throw new RangeError(`quirk "${on[0]}": it is of the kernel of i86pc, and this is ${platform}`);
  }
  return facts;
}

/**
 * Boots a machine.
 *
 * @param options - the platform, the seed, the devices
 * @example
 * ```ts
 * import { boot } from 'ddi-dma/machine';
 *
 * const machine = boot({ seed: 7 });
 * machine.kernel.ddi_get_lbolt(); // 0
 * ```
 */
export function boot(options: BootOptions = {}): BootedMachine {
  return new BootedMachine(options);
}
