/** A machine with ring NICs, their driver attached, and packets to send through it. */
import { allocb, freemsg, type mblk_t } from '../../src/drivers/mblk.js';
import type { ringnic_tunables_t } from '../../src/drivers/ringnic-impl.js';
import { ringnic, ringnic_start, ringnic_tx } from '../../src/drivers/ringnic.js';
import type { dev_info_t } from '../../src/index.js';
import {
  boot,
  ringNic,
  RingNic,
  type BootedMachine,
  type BootOptions,
  type RingNicOptions,
} from '../../src/platforms/index.js';

/** Rings that wrap soon, and few buffers. */
export const small: Partial<ringnic_tunables_t> = {
  tx_ring: 16,
  rx_ring: 16,
  rx_spare: 8,
  tx_copy_max: 100,
};

export interface RigOptions {
  readonly nic?: RingNicOptions;
  readonly boot?: BootOptions;
  readonly tunables?: Partial<ringnic_tunables_t>;
}

/** One device, its driver and what it has received. */
export class Rig {
  readonly machine: BootedMachine;
  readonly driver;
  readonly dip: dev_info_t;
  readonly nic: RingNic;
  /** Bytes of every packet received, in order. */
  readonly got: Uint8Array[] = [];
  /** Packets received and not freed. */
  readonly held: mblk_t[] = [];
  /** Whether packets are held, not freed at once. */
  hold = false;
  /** Packets there was no room for, in order. */
  waiting: mblk_t | null = null;
  updates = 0;

  constructor({ nic = {}, boot: how = {}, tunables = small }: RigOptions = {}) {
    this.machine = boot({ ...how, devices: [{ at: 'nic@1', model: ringNic(nic) }] });
    this.driver = ringnic(tunables);
    this.dip = this.machine.devinfo('nic@1');
    const device = this.machine.device('nic@1');
    if (!(device instanceof RingNic)) throw new Error('not the NIC');
    this.nic = device;
  }

  attach(): Promise<number> {
    return this.machine.attach(this.driver, this.dip);
  }

  detach(): Promise<number> {
    return this.machine.detach(this.driver, this.dip);
  }

  start(loopback = true): Promise<number> {
    const mac = {
      rx: (chain: mblk_t) => {
        this.receive(chain);
      },
      tx_update: () => {
        this.updates++;
        return this.flush();
      },
    };
    return ringnic_start(this.dip, mac, loopback);
  }

  /** Takes a chain from the driver. */
  receive(chain: mblk_t): void {
    for (let mp: mblk_t | null = chain; mp !== null;) {
      const next: mblk_t | null = mp.b_next;
      const { b_rptr, b_wptr } = mp;
      this.got.push(this.machine.kernel.copyBytesOut(b_rptr, b_wptr - b_rptr));
      if (this.hold) this.held.push(mp);
      else freemsg(mp);
      mp = next;
    }
  }

  /** A packet of the given pieces. */
  packet(...pieces: readonly Uint8Array[]): mblk_t {
    let first: mblk_t | null = null;
    for (const bytes of [...pieces].reverse()) {
      const mp = allocb(this.machine.kernel, Math.max(bytes.length, 1));
      if (mp === null) throw new Error('no memory for a packet');
      this.machine.kernel.copyBytesIn(mp.b_rptr, bytes);
      mp.b_wptr += bytes.length;
      mp.b_cont = first;
      first = mp;
    }
    if (first === null) throw new Error('a packet of nothing');
    return first;
  }

  /** Sends packets as one chain; those there is no room for are sent when there is. */
  async send(...packets: readonly mblk_t[]): Promise<void> {
    for (const [i, mp] of packets.entries()) mp.b_next = packets[i + 1] ?? null;
    const [first] = packets;
    if (first === undefined) return;
    if (this.waiting === null) this.waiting = first;
    else {
      let last = this.waiting;
      while (last.b_next !== null) last = last.b_next;
      last.b_next = first;
      return;
    }
    await this.flush();
  }

  /** Sends what waits. */
  async flush(): Promise<void> {
    const chain = this.waiting;
    this.waiting = null;
    if (chain !== null) this.waiting = await ringnic_tx(this.dip, chain);
  }

  /** Lets time pass: a clock tick is long for a device. */
  async rest(ticks = 1): Promise<void> {
    await this.machine.kernel.delay(ticks);
  }
}

/** Bytes that tell one packet from another. */
export function bytes(salt: number, length = 64): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => i * 7 + (i >> 8) + salt * 31);
}
