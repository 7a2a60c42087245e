/**
 * The ring NIC: packets of 64 bytes through driver, rings, DMA and interrupts. Each has a payload
 * of its own, which is compared when it arrives. Rings of 256, at most 32 packets an interrupt.
 *
 * The package is imported by its name: what is measured is what is installed.
 */
import {
  allocb,
  freemsg,
  ringnic,
  ringnic_start,
  ringnic_stats,
  ringnic_tx,
  type mblk_t,
} from 'ddi-dma/drivers';
import { boot, ringNic, type BootedMachine } from 'ddi-dma/machine';
import { row, type Row } from './harness.js';

/** Packets of one call of a side. */
const PACKETS = 4096;
/** Packets sent at a time: half a ring. */
const CHAIN = 128;
/** Bytes of a packet. */
const BYTES = 64;

/** A packet whose memory is used again and again. */
function reusable({ kernel }: BootedMachine): mblk_t {
  const mp = allocb(kernel, BYTES);
  if (mp === null) throw new Error('no memory for a packet');
  for (let i = 0; i < BYTES; i++) kernel.store8(mp.b_rptr + i, i);
  const b_free = (): void => undefined;
  return { b_rptr: mp.b_rptr, b_wptr: mp.b_rptr + BYTES, b_cont: null, b_next: null, b_free };
}

/** A machine whose NIC sends to itself. */
class Traffic {
  readonly machine = boot({ devices: [{ at: 'nic@1', model: ringNic() }] });
  readonly #dip = this.machine.devinfo('nic@1');
  readonly #packets = Array.from({ length: CHAIN }, () => reusable(this.machine));
  #sent = 0;
  #got = 0;
  #running = false;
  /** The most packets that one interrupt brought. */
  most = 0;

  /** Sends `PACKETS` packets and waits until all of them have come. */
  async run(): Promise<void> {
    await this.machine.run(async () => {
      if (!this.#running) await this.#start();
      for (let n = 0; n < PACKETS; n += CHAIN) await this.#chain();
    });
  }

  /** Interrupts for each packet so far. */
  note(): string {
    const { interrupts = 0 } = ringnic_stats(this.#dip) ?? {};
    const each = (this.#got / interrupts).toFixed(1);
    return `${each} packets an interrupt, at most ${this.most}; ${this.#got} compared`;
  }

  async #start(): Promise<void> {
    this.#running = true;
    await this.machine.attach(ringnic(), this.#dip);
    const rx = (chain: mblk_t): void => {
      this.#receive(chain);
    };
    await ringnic_start(this.#dip, { rx }, true);
  }

  async #chain(): Promise<void> {
    const { store32, delay } = this.machine.kernel;
    let next: mblk_t | null = null;
    for (let i = CHAIN - 1; i >= 0; i--) {
      const mp = this.#packets[i] as mblk_t;
      // No packet is like another: its number at both ends.
      store32(mp.b_rptr, this.#sent + i);
      store32(mp.b_wptr - 4, ~(this.#sent + i) >>> 0);
      mp.b_next = next;
      next = mp;
    }
    this.#sent += CHAIN;
    if ((await ringnic_tx(this.#dip, next as mblk_t)) !== null) throw new Error('the ring is full');
    while (this.#got < this.#sent) await delay(1);
  }

  #receive(chain: mblk_t): void {
    const { bcmp } = this.machine.kernel;
    const before = this.#got;
    for (let mp: mblk_t | null = chain; mp !== null;) {
      const next: mblk_t | null = mp.b_next;
      const { b_rptr } = this.#packets[this.#got % CHAIN] as mblk_t;
      const same = mp.b_wptr - mp.b_rptr === BYTES && bcmp(mp.b_rptr, b_rptr, BYTES) === 0;
      if (!same) throw new Error(`packet ${this.#got} is another one`);
      this.#got++;
      freemsg(mp);
      mp = next;
    }
    this.most = Math.max(this.most, this.#got - before);
    if (this.most > 32) throw new Error(`${this.most} packets in one interrupt`);
  }
}

/** The rows. */
export function rows(): Row[] {
  const traffic = new Traffic();
  const from = new Uint8Array(PACKETS * BYTES);
  const to = new Uint8Array(PACKETS * BYTES);
  return [
    row({
      name: 'ring NIC: packets of 64 bytes through driver, rings, DMA and interrupts',
      twin: 'one copy of as many packets, by TypedArray.set',
      unit: 'packet',
      units: PACKETS,
      // 300,000 packets a second.
      limit: { nsAtMost: 1e9 / 300_000 },
      waits: true,
      a: () => traffic.run(),
      b: () => {
        for (let at = 0; at < from.length; at += BYTES) to.set(from.subarray(at, at + BYTES), at);
      },
      note: () => traffic.note(),
    }),
  ];
}
