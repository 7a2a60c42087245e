/**
 * The ring NIC: a network controller with descriptor rings in memory.
 *
 * Its programming model is in ring-nic-regs.ts. This file is the register file and the interrupt;
 * the engines that send and receive are ring-nic-tx.ts and ring-nic-rx.ts, what they refuse is in
 * ring-nic-rules.ts. What it is not: it filters no addresses, computes no checksums and knows no
 * protocol; a packet is bytes.
 */
import { BusError } from '../machine/bus.js';
import type {
  Device,
  DeviceEnv,
  DeviceInterrupts,
  DeviceModel,
  RegisterSpace,
} from '../machine/device.js';
import { Moderation } from './moderation.js';
import { PciConfig } from './pci-config.js';
import type { Misbehaviour } from './ring-nic-completion.js';
import {
  BAR0_BYTES,
  CLASS_REVISION,
  CTRL_LOOPBACK,
  CTRL_RESET,
  CTRL_RX_ENABLE,
  CTRL_TX_ENABLE,
  DEVICE_ID,
  ERROR_CODE,
  ERROR_DESC,
  ERROR_RX,
  INTR_ALL,
  INTR_LINK,
  INTR_RX_DONE,
  INTR_RX_ERROR,
  INTR_RX_MISSED,
  INTR_TX_DONE,
  INTR_TX_ERROR,
  REG,
  RING_SIZE_MAX,
  STATUS_LINK_UP,
  STATUS_RX_RUNNING,
  STATUS_TX_RUNNING,
  VENDOR_ID,
} from './ring-nic-regs.js';
import {
  recordOf,
  refuseRing,
  type RingNicError,
  type RingNicFault,
  type RingNicLimits,
  type RingSide,
} from './ring-nic-rules.js';
import { RxEngine } from './ring-nic-rx.js';
import { TxEngine, type EngineHost } from './ring-nic-tx.js';
import { Wire } from './ring-nic-wire.js';

/** How to build a ring NIC. */
export interface RingNicOptions {
  /** Address lines, 32 to 64; 64 unless told. */
  readonly addrBits?: number;
  /** Bytes of the longest packet; 1518 unless told: Ethernet with its header and checksum. */
  readonly maxFrame?: number;
  /** Descriptors of the longest chain, 1 to 32; 8 unless told. */
  readonly maxFrags?: number;
  /** Whether it has an interrupt message beside its line; true unless told. */
  readonly msi?: boolean;
}

/**
 * The model of a ring NIC, for `boot`.
 *
 * @param options - what it can do
 * @returns a model to name in the `devices` of a machine
 */
export function ringNic(options: RingNicOptions = {}): DeviceModel<RingNic> {
  const { addrBits = 64, maxFrame = 1518, maxFrags = 8, msi = true } = options;
  within('addrBits', addrBits, 32, 64);
  within('maxFrame', maxFrame, 64, 65_535);
  within('maxFrags', maxFrags, 1, 32);
  return (env) => new RingNic(env, { addrBits, maxFrame, maxFrags }, msi);
}

/** A PCI network controller with descriptor rings. */
export class RingNic implements Device {
  readonly name: string;
  readonly registers: readonly RegisterSpace[];
  readonly interrupts: DeviceInterrupts;
  readonly limits: RingNicLimits;
  /** Where its packets go and come from. */
  readonly wire: Wire;
  readonly #env: DeviceEnv;
  readonly #config: PciConfig;
  readonly #regs = new Uint32Array(BAR0_BYTES / 4);
  readonly #tx: TxEngine;
  readonly #rx: RxEngine;
  readonly #txModeration: Moderation;
  readonly #rxModeration: Moderation;
  #error: RingNicError | null = null;
  /** Causes that were asserted when the interrupt was looked at last. */
  #asserted = 0;

  constructor(env: DeviceEnv, limits: RingNicLimits, msi: boolean) {
    this.name = env.name;
    this.interrupts = { msi: msi ? 1 : 0 };
    this.limits = limits;
    this.#env = env;
    this.#config = new PciConfig(env.master, {
      vendorId: VENDOR_ID,
      deviceId: DEVICE_ID,
      classRevision: CLASS_REVISION,
      bar0Bytes: BAR0_BYTES,
    });
    const interrupt = (): void => {
      this.#interrupt();
    };
    this.#txModeration = new Moderation(env.clock, `${env.name}: sends are due`, interrupt);
    this.#rxModeration = new Moderation(env.clock, `${env.name}: receipts are due`, interrupt);
    this.#tx = new TxEngine(this.#host('tx'), (bytes, at, len) => {
      this.#send(bytes, at, len);
    });
    this.#rx = new RxEngine(this.#host('rx'));
    this.wire = new Wire(
      (bytes, at, len) => {
        if ((this.#get(REG.CTRL) & CTRL_LOOPBACK) === 0) this.#arrive(bytes, at, len);
      },
      () => {
        this.#cause(INTR_LINK);
      },
    );
    this.registers = [
      this.#config,
      {
        name: 'bar0',
        kind: 'memory',
        sizeBytes: BAR0_BYTES,
        read: (off, width) => this.#read(off, width),
        write: (off, width, value) => {
          if (width === 4) this.#write(off, value);
        },
      },
    ];
    this.#capabilities();
  }

  /** What was refused last; `null` when nothing was since the last reset. */
  get error(): RingNicError | null {
    return this.#error;
  }

  /**
   * Misbehaves, for the test of a driver; a reset of the device does not cure it, booting does.
   *
   * @param plan - what happens to which completions; `null`: behaves again
   */
  misbehave(plan: Misbehaviour | null): void {
    this.#tx.completion.misbehave(plan?.ring === 'tx' ? plan : null);
    this.#rx.completion.misbehave(plan?.ring === 'rx' ? plan : null);
  }

  reset(): void {
    this.misbehave(null);
    this.#config.reset();
    this.#clear();
  }

  /** Gives up what is under way; the configuration space is left alone. */
  #clear(): void {
    this.#tx.stop();
    this.#rx.stop();
    this.#tx.ring.close();
    this.#rx.ring.close();
    for (const moderation of [this.#txModeration, this.#rxModeration]) {
      moderation.clear();
      moderation.program(0);
    }
    this.#error = null;
    this.#regs.fill(0);
    this.#capabilities();
    this.#interrupt();
  }

  #capabilities(): void {
    this.#set(REG.CAP_ADDR_BITS, this.limits.addrBits);
    this.#set(REG.CAP_MAX_FRAME, this.limits.maxFrame);
    this.#set(REG.CAP_MAX_FRAGS, this.limits.maxFrags);
    this.#set(REG.CAP_RING_MAX, RING_SIZE_MAX);
  }

  #get(off: number): number {
    return this.#regs[off >>> 2] ?? 0;
  }

  #set(off: number, value: number): void {
    this.#regs[off >>> 2] = value;
  }

  #read(off: number, width: number): number {
    const word = this.#word(off & ~3);
    if (width === 4) return word;
    const part = word >>> ((off & 3) * 8);
    return width === 2 ? part & 0xffff : part & 0xff;
  }

  #word(off: number): number {
    switch (off) {
      case REG.STATUS:
        return (
          (this.wire.up ? STATUS_LINK_UP : 0) |
          (this.#tx.running ? STATUS_TX_RUNNING : 0) |
          (this.#rx.running ? STATUS_RX_RUNNING : 0)
        );
      case REG.TX_HEAD:
        return this.#tx.ring.head;
      case REG.TX_TAIL:
        return this.#tx.ring.tail;
      case REG.RX_HEAD:
        return this.#rx.ring.head;
      case REG.RX_TAIL:
        return this.#rx.ring.tail;
      default:
        return this.#get(off);
    }
  }

  #write(off: number, value: number): void {
    switch (off) {
      case REG.CTRL:
        this.#control(value);
        break;
      case REG.INTR_STATUS:
        this.#acknowledge(value);
        break;
      case REG.INTR_ENABLE:
        this.#set(off, value & INTR_ALL);
        this.#interrupt();
        break;
      case REG.TX_MODERATION:
        this.#set(off, value);
        this.#txModeration.program(value);
        break;
      case REG.RX_MODERATION:
        this.#set(off, value);
        this.#rxModeration.program(value);
        break;
      case REG.TX_TAIL:
        this.#doorbell('tx', value);
        break;
      case REG.RX_TAIL:
        this.#doorbell('rx', value);
        break;
      case REG.TX_BASE_LO:
      case REG.TX_BASE_HI:
      case REG.TX_SIZE:
        this.#program('tx', off, value);
        break;
      case REG.RX_BASE_LO:
      case REG.RX_BASE_HI:
      case REG.RX_SIZE:
        this.#program('rx', off, value);
        break;
      default:
        // The rest is read-only.
        break;
    }
  }

  #control(value: number): void {
    if ((value & CTRL_RESET) !== 0) {
      this.#clear();
      return;
    }
    const loopback = value & CTRL_LOOPBACK;
    const tx = this.#switch('tx', (value & CTRL_TX_ENABLE) !== 0) ? CTRL_TX_ENABLE : 0;
    const rx = this.#switch('rx', (value & CTRL_RX_ENABLE) !== 0) ? CTRL_RX_ENABLE : 0;
    this.#set(REG.CTRL, tx | rx | loopback);
  }

  /** Switches a ring on or off; whether it is on then. */
  #switch(side: RingSide, on: boolean): boolean {
    const engine = side === 'tx' ? this.#tx : this.#rx;
    const { ring } = engine;
    if (on === ring.size > 0) return on;
    if (!on) {
      engine.stop();
      ring.close();
      return false;
    }
    const base = side === 'tx' ? REG.TX_BASE_LO : REG.RX_BASE_LO;
    const lo = this.#get(base);
    const hi = this.#get(base + 4);
    const size = this.#get(base + 8);
    const refusal = refuseRing(side, lo, hi, size, this.limits);
    if (refusal !== null) {
      this.#fault(refusal);
      return false;
    }
    ring.open(lo, hi, size);
    engine.running = true;
    return true;
  }

  #program(side: RingSide, off: number, value: number): void {
    const { size, head: index } = (side === 'tx' ? this.#tx : this.#rx).ring;
    if (size === 0) {
      this.#set(off, value);
      return;
    }
    const where = { descriptors: true, index, lo: 0, hi: 0, bound: this.#get(off), value };
    this.#fault({ rule: 'ringOn', ring: side, ...where });
  }

  #doorbell(side: RingSide, tail: number): void {
    const engine = side === 'tx' ? this.#tx : this.#rx;
    const { ring } = engine;
    if (tail >= ring.size) {
      const where = { descriptors: true, index: ring.head, lo: 0, hi: 0, bound: ring.size };
      this.#fault({ rule: 'tail', ring: side, ...where, value: tail });
      return;
    }
    ring.tail = tail;
    engine.doorbell();
  }

  // ---- Packets --------------------------------------------------------------------------------

  #send(bytes: Uint8Array, at: number, len: number): void {
    this.#count(REG.TX_PACKETS, 1);
    if ((this.#get(REG.CTRL) & CTRL_LOOPBACK) !== 0) this.#arrive(bytes, at, len);
    else if (!this.wire.carry(bytes, at, len)) this.#count(REG.TX_LOST, 1);
  }

  #arrive(bytes: Uint8Array, at: number, len: number): void {
    const storable = this.#rx.running && len > 0 && len <= this.limits.maxFrame;
    if (storable && this.#rx.arrive(bytes, at, len)) return;
    this.#count(REG.RX_MISSED, 1);
    if (storable) this.#cause(INTR_RX_MISSED);
  }

  #count(reg: number, by: number): void {
    this.#set(reg, this.#get(reg) + by);
  }

  #host(side: RingSide): EngineHost {
    return {
      env: this.#env,
      limits: this.limits,
      completed: (packets) => {
        if (side === 'rx') this.#count(REG.RX_PACKETS, packets);
        (side === 'tx' ? this.#txModeration : this.#rxModeration).completed(packets);
        this.#cause(side === 'tx' ? INTR_TX_DONE : INTR_RX_DONE);
      },
      fault: (fault) => {
        this.#fault(fault);
      },
      busRule: (error) => {
        // Anything but a bus error is a defect of the model and goes where it can be seen.
        if (!(error instanceof BusError)) throw error;
        if (error.kind === 'mastering-off') return 'masteringOff';
        this.#config.masterAbort();
        return 'masterAbort';
      },
    };
  }

  // ---- Interrupts -----------------------------------------------------------------------------

  #cause(causes: number): void {
    this.#set(REG.INTR_STATUS, this.#get(REG.INTR_STATUS) | causes);
    this.#interrupt();
  }

  #acknowledge(causes: number): void {
    this.#set(REG.INTR_STATUS, this.#get(REG.INTR_STATUS) & ~causes);
    if ((causes & INTR_TX_DONE) !== 0) this.#txModeration.clear();
    if ((causes & INTR_RX_DONE) !== 0) this.#rxModeration.clear();
    this.#interrupt();
  }

  /**
   * The line is level-triggered: up as long as an enabled cause is due and not acknowledged. A
   * message is an edge, and is sent for every cause that comes to be so.
   */
  #interrupt(): void {
    const held =
      (this.#txModeration.due ? 0 : INTR_TX_DONE) | (this.#rxModeration.due ? 0 : INTR_RX_DONE);
    const causes = this.#get(REG.INTR_STATUS) & this.#get(REG.INTR_ENABLE) & ~held;
    const fresh = causes & ~this.#asserted;
    this.#asserted = causes;
    if (causes === 0) this.#env.lower();
    else this.#env.raise();
    if (fresh !== 0) this.#env.message(0);
  }

  #fault(fault: RingNicFault): void {
    this.#error = recordOf(this.name, fault);
    const flags = (fault.ring === 'rx' ? ERROR_RX : 0) | (fault.descriptors ? ERROR_DESC : 0);
    this.#set(REG.ERROR, ERROR_CODE[fault.rule] | flags);
    this.#set(REG.ERROR_INDEX, fault.index);
    this.#set(REG.ERROR_ADDR_LO, fault.lo);
    this.#set(REG.ERROR_ADDR_HI, fault.hi);
    this.#cause(fault.ring === 'tx' ? INTR_TX_ERROR : INTR_RX_ERROR);
  }
}

function within(name: string, value: number, least: number, most: number): void {
  if (Number.isInteger(value) && value >= least && value <= most) return;
  throw new RangeError(`ringNic: ${name} must be ${least} to ${most}, not ${value}`);
}
