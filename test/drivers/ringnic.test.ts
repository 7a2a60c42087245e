import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as R from '../../src/devices/ring-nic-regs.js';
import { freemsg, freemsgchain, msgsize, type mblk_t } from '../../src/drivers/mblk.js';
import * as H from '../../src/drivers/ringnic-reg.js';
import {
  ringnic_start,
  ringnic_stats,
  ringnic_stop,
  ringnic_tx,
} from '../../src/drivers/ringnic.js';
import { enumerateFaults } from '../../src/explore/faults.js';
import * as ddi from '../../src/index.js';
import { failNth } from '../../src/machine/faults.js';
import { ringNic, type Misbehaviour, type RingNicOptions } from '../../src/platforms/index.js';
import { bytes, Rig, small } from './nic-rig.js';

const { DDI_FAILURE, DDI_SUCCESS } = ddi;

/** Attached, started in loopback, used, stopped, detached; nothing left and nothing found. */
async function session(rig: Rig, use: () => Promise<void>, loopback = true): Promise<void> {
  await rig.machine.run(async () => {
    const before = rig.machine.live.list().length;
    expect(await rig.attach()).toBe(DDI_SUCCESS);
    expect(await rig.start(loopback)).toBe(DDI_SUCCESS);
    await use();
    expect(await ringnic_stop(rig.dip)).toBe(DDI_SUCCESS);
    expect(await rig.detach()).toBe(DDI_SUCCESS);
    expect(rig.machine.live.list()).toHaveLength(before);
  });
  expect(rig.machine.findings).toEqual([]);
  expect(rig.nic.error).toBeNull();
  expect(rig.machine.clock.size).toBe(0);
}

describe('the header file of the driver', () => {
  it('says what the data sheet says', () => {
    expect(H).toMatchObject({
      RN_CTRL: R.REG.CTRL,
      RN_CTRL_RESET: R.CTRL_RESET,
      RN_CTRL_TX: R.CTRL_TX_ENABLE,
      RN_CTRL_RX: R.CTRL_RX_ENABLE,
      RN_CTRL_LOOPBACK: R.CTRL_LOOPBACK,
      RN_STATUS: R.REG.STATUS,
      RN_STATUS_LINK: R.STATUS_LINK_UP,
      RN_INTR_STATUS: R.REG.INTR_STATUS,
      RN_INTR_ENABLE: R.REG.INTR_ENABLE,
      RN_INTR_TX: R.INTR_TX_DONE,
      RN_INTR_RX: R.INTR_RX_DONE,
      RN_INTR_MISSED: R.INTR_RX_MISSED,
      RN_INTR_LINK: R.INTR_LINK,
      RN_INTR_TX_ERROR: R.INTR_TX_ERROR,
      RN_INTR_RX_ERROR: R.INTR_RX_ERROR,
      RN_TX_MODERATION: R.REG.TX_MODERATION,
      RN_RX_MODERATION: R.REG.RX_MODERATION,
      RN_TX_RING: R.REG.TX_BASE_LO,
      RN_RX_RING: R.REG.RX_BASE_LO,
      RN_RING_SIZE: R.REG.TX_SIZE - R.REG.TX_BASE_LO,
      RN_RING_HEAD: R.REG.RX_HEAD - R.REG.RX_BASE_LO,
      RN_RING_TAIL: R.REG.RX_TAIL - R.REG.RX_BASE_LO,
      RN_CAP_ADDR_BITS: R.REG.CAP_ADDR_BITS,
      RN_CAP_MAX_FRAME: R.REG.CAP_MAX_FRAME,
      RN_CAP_MAX_FRAGS: R.REG.CAP_MAX_FRAGS,
      RN_CAP_RING_MAX: R.REG.CAP_RING_MAX,
      RN_RING_ALIGN: R.RING_ALIGN,
      RN_DESC_BYTES: R.DESC_BYTES,
      RN_DESC_HI: R.DESC.ADDR_HI,
      RN_DESC_LENGTH: R.DESC.LENGTH,
      RN_DESC_FLAGS: R.DESC.FLAGS,
      RN_DESC_OWN: R.DESC_OWN,
      RN_DESC_SOP: R.DESC_SOP,
      RN_DESC_EOP: R.DESC_EOP,
      RN_DESC_ERROR: R.DESC_ERROR,
    });
  });
});

describe('attach and detach', () => {
  it('leave nothing behind, and the device quiet', async () => {
    const rig = new Rig();
    await session(rig, () => rig.rest());
    expect(rig.nic.registers[0]?.read(4, 2)).toBe(H.PCI_COMM_MAE);
    expect(rig.nic.registers[1]?.read(R.REG.CTRL, 4)).toBe(0);
    expect(rig.nic.registers[1]?.read(R.REG.INTR_ENABLE, 4)).toBe(0);
  });

  it('refuse what they do not know', async () => {
    const rig = new Rig();
    await rig.machine.run(async () => {
      expect(await rig.driver.attach(rig.dip, ddi.DDI_RESUME)).toBe(DDI_FAILURE);
      expect(await rig.driver.detach(rig.dip, ddi.DDI_DETACH)).toBe(DDI_FAILURE);
      expect(await ringnic_start(rig.dip, { rx: freemsgchain })).toBe(DDI_FAILURE);
      expect(await ringnic_stop(rig.dip)).toBe(DDI_FAILURE);
      expect(ringnic_stats(rig.dip)).toBeNull();
      const mp = rig.packet(bytes(1));
      expect(await ringnic_tx(rig.dip, mp)).toBeNull();
      await rig.attach();
      expect(await rig.driver.detach(rig.dip, ddi.DDI_SUSPEND)).toBe(DDI_FAILURE);
    });
  });

  it.each([{ tx_ring: 8 }, { tx_ring: 8192 }, { rx_ring: 12 }, { rx_ring: 4 }, { rx_spare: -1 }])(
    'fails with rings the device does not have: %o',
    async (tunables) => {
      const rig = new Rig({ tunables });
      await rig.machine.run(async () => {
        expect(await rig.attach()).toBe(DDI_FAILURE);
      });
      expect(rig.machine.live.list()).toEqual([]);
    },
  );

  it('fails when there is not enough memory', async () => {
    const rig = new Rig({ boot: { store: 0x10_000 } });
    await rig.machine.run(async () => {
      expect(await rig.attach()).toBe(DDI_FAILURE);
    });
    expect(rig.machine.live.list()).toEqual([]);
  });
});

describe('packets', () => {
  const layouts = ['contiguous', 'scattered', 'descending', 'fragmented', 'mixed'] as const;

  for (const frames of layouts) {
    it(`arrive in order and whole, on ${frames} frames`, async () => {
      for (const seed of [1, 2, 3]) {
        const rig = new Rig({ boot: { frames, seed } });
        const sent: Uint8Array[] = [];
        await session(rig, async () => {
          for (let n = 0; n < 60; n++) {
            const parts = [bytes(n, 1 + ((n * 97) % 700)), bytes(n + 1, (n * 61) % 700)];
            sent.push(Uint8Array.from(parts.flatMap((p) => [...p])));
            await rig.send(rig.packet(...parts));
            if (n % 7 === 0) await rig.rest();
          }
          await rig.rest(3);
        });
        expect(rig.got).toEqual(sent);
      }
    });
  }

  it('arrive in order and whole, where every call is a preemption point', async () => {
    for (const seed of [1, 2, 3, 4]) {
      const rig = new Rig({ boot: { preempt: true, seed }, nic: { msi: seed % 2 === 0 } });
      await session(rig, async () => {
        for (let n = 0; n < 40; n++) await rig.send(rig.packet(bytes(n, 10 + n * 30)));
        await rig.rest(3);
      });
      expect(rig.got).toEqual(Array.from({ length: 40 }, (_, n) => bytes(n, 10 + n * 30)));
    }
  });

  it('of every kernel rule book', async () => {
    for (const kernel of ['contract', 'debug', 'production'] as const) {
      const rig = new Rig({ boot: { kernel } });
      await session(rig, async () => {
        for (let n = 0; n < 40; n++) await rig.send(rig.packet(bytes(n, 10 + n * 30)));
        await rig.rest(3);
      });
      expect(rig.got).toEqual(Array.from({ length: 40 }, (_, n) => bytes(n, 10 + n * 30)));
    }
  });

  it('that are short are copied, and longer ones are bound', async () => {
    const rig = new Rig();
    await session(rig, async () => {
      await rig.send(rig.packet(bytes(1, 100)), rig.packet(bytes(2, 101)));
      await rig.rest();
      expect(ringnic_stats(rig.dip)).toMatchObject({ opackets: 2, tx_bound: 1, ipackets: 2 });
    });
  });

  it('out of the reach of the device are copied by the system, and arrive', async () => {
    const rig = new Rig({ nic: { addrBits: 32 } });
    const sent: Uint8Array[] = [];
    await session(rig, async () => {
      for (let n = 0; n < 30; n++) {
        sent.push(bytes(n, 500 + n));
        await rig.send(rig.packet(bytes(n, 500 + n)));
        await rig.rest();
      }
    });
    expect(rig.got).toEqual(sent);
  });

  it('in more pieces than the device takes are copied', async () => {
    const rig = new Rig({ nic: { maxFrags: 2 } });
    const pieces = [bytes(1, 90), bytes(2, 90), bytes(3, 90)];
    await session(rig, async () => {
      await rig.send(rig.packet(...pieces));
      await rig.rest();
      expect(ringnic_stats(rig.dip)).toMatchObject({ opackets: 1, tx_bound: 0 });
    });
    expect(rig.got).toEqual([Uint8Array.from(pieces.flatMap((p) => [...p]))]);
  });

  it('that cannot be sent are dropped and counted', async () => {
    const rig = new Rig();
    await session(rig, async () => {
      await rig.send(rig.packet(new Uint8Array(0)), rig.packet(bytes(1, 1519)));
      await rig.rest();
      expect(ringnic_stats(rig.dip)).toMatchObject({ opackets: 0, oerrors: 2 });
    });
    expect(rig.got).toEqual([]);
  });

  it('sent to a device that is stopped are dropped', async () => {
    const rig = new Rig();
    await session(rig, async () => {
      await ringnic_stop(rig.dip);
      await rig.send(rig.packet(bytes(1)));
      await rig.rest();
      expect(await rig.start()).toBe(DDI_SUCCESS);
      await rig.send(rig.packet(bytes(2)));
      await rig.rest();
    });
    expect(rig.got).toEqual([bytes(2)]);
  });

  it('wait when the ring is full, and go when there is room', async () => {
    const rig = new Rig();
    await session(rig, async () => {
      const many = Array.from({ length: 200 }, (_, n) => rig.packet(bytes(n, 80 + n)));
      await rig.send(...many);
      expect(rig.waiting).not.toBeNull();
      await rig.rest(5);
      expect(rig.waiting).toBeNull();
      expect(rig.updates).toBeGreaterThan(3);
    });
    expect(rig.got).toEqual(Array.from({ length: 200 }, (_, n) => bytes(n, 80 + n)));
  });

  it('any sequence of them arrives in order with equal bytes', async () => {
    const piece = fc.nat({ max: 500 });
    const packets = fc.array(fc.array(piece, { minLength: 1, maxLength: 3 }), { maxLength: 60 });
    await fc.assert(
      fc.asyncProperty(packets, fc.nat(), fc.nat({ max: 5 }), async (list, seed, pause) => {
        const rig = new Rig({ boot: { seed }, nic: { msi: seed % 2 === 0 } });
        const sent: Uint8Array[] = [];
        await session(rig, async () => {
          for (const [n, lengths] of list.entries()) {
            const parts = lengths.map((length, i) => bytes(n + i, length));
            const whole = Uint8Array.from(parts.flatMap((p) => [...p]));
            if (whole.length > 0) sent.push(whole);
            await rig.send(rig.packet(...parts));
            if (pause > 0 && n % pause === 0) await rig.rest();
          }
          await rig.rest(5);
        });
        expect(rig.got).toEqual(sent);
      }),
      { numRuns: 40 },
    );
  });
});

describe('buffers on loan', () => {
  it('come back after the device has stopped, from any context', async () => {
    const rig = new Rig();
    await session(rig, async () => {
      rig.hold = true;
      for (const n of [1, 2, 3]) await rig.send(rig.packet(bytes(n)));
      await rig.rest();
      await ringnic_stop(rig.dip);
      const { kernel } = rig.machine;
      expect(rig.held).toHaveLength(3);
      // The bytes are still there: the memory is on loan, whatever the device does.
      for (const [i, mp] of rig.held.entries()) {
        expect(kernel.copyBytesOut(mp.b_rptr, 64)).toEqual(bytes(i + 1));
      }
      const [a, b, c] = rig.held as [mblk_t, mblk_t, mblk_t];
      freemsg(a);
      await rig.machine.thread('another', () => {
        freemsg(b);
      }).done;
      kernel.timeout(freemsg, c, 1);
      await rig.rest(3);
    });
  });

  it('keep the driver from detaching, and it goes on meanwhile', async () => {
    const rig = new Rig();
    await session(rig, async () => {
      rig.hold = true;
      await rig.send(rig.packet(bytes(1)));
      await rig.rest();
      expect(await rig.detach()).toBe(DDI_FAILURE);
      await rig.send(rig.packet(bytes(2)));
      await rig.rest();
      await ringnic_stop(rig.dip);
      expect(await rig.detach()).toBe(DDI_FAILURE);
      for (const mp of rig.held) freemsg(mp);
    });
    expect(rig.got).toEqual([bytes(1), bytes(2)]);
  });

  it('run out, and packets are copied', async () => {
    const rig = new Rig();
    await session(rig, async () => {
      rig.hold = true;
      for (let n = 0; n < 40; n++) {
        await rig.send(rig.packet(bytes(n)));
        await rig.rest();
      }
      expect(ringnic_stats(rig.dip)).toMatchObject({ ipackets: 40, rx_copied: 40 - 8 });
      for (const mp of rig.held) freemsg(mp);
      rig.hold = false;
      await rig.send(rig.packet(bytes(40)));
      await rig.rest();
      expect(ringnic_stats(rig.dip)).toMatchObject({ ipackets: 41, rx_copied: 40 - 8 });
    });
    expect(rig.got).toEqual(Array.from({ length: 41 }, (_, n) => bytes(n)));
  });

  it('freed twice are one buffer still', async () => {
    const rig = new Rig();
    await session(rig, async () => {
      rig.hold = true;
      await rig.send(rig.packet(bytes(1)));
      await rig.rest();
      for (let i = 0; i < 2; i++) for (const mp of rig.held) freemsg(mp);
      for (let n = 2; n < 20; n++) await rig.send(rig.packet(bytes(n)));
      await rig.rest();
      for (const mp of rig.held) freemsg(mp);
    });
    expect(rig.got).toEqual(Array.from({ length: 19 }, (_, n) => bytes(n + 1)));
  });
});

describe('a device that misbehaves', () => {
  /** Thirty packets; then it behaves, goes once round its rings, and must lose nothing more. */
  async function survive(plan: Misbehaviour): Promise<{ rig: Rig; early: number; stats: unknown }> {
    await surviveWith({ msi: false }, plan);
    return surviveWith({ msi: true }, plan);
  }

  async function surviveWith(
    nic: RingNicOptions,
    plan: Misbehaviour,
  ): Promise<{ rig: Rig; early: number; stats: unknown }> {
    const rig = new Rig({ nic });
    let early = 0;
    let stats: unknown = null;
    await rig.machine.run(async () => {
      await rig.attach();
      await rig.start();
      rig.nic.misbehave(plan);
      for (let n = 0; n < 30; n++) {
        await rig.send(rig.packet(bytes(n, 60 + 10 * n)));
        if (n % 3 === 0) await rig.rest();
      }
      await rig.rest(10);
      rig.nic.misbehave(null);
      await rig.rest(10);
      early = rig.got.length;
      for (let n = 100; n < 150; n++) {
        await rig.send(rig.packet(bytes(n, 60)));
        await rig.rest(n < 130 ? 3 : 1);
      }
      stats = ringnic_stats(rig.dip);
      expect(rig.got.slice(-20)).toEqual(Array.from({ length: 20 }, (_, n) => bytes(n + 130, 60)));
      await ringnic_stop(rig.dip);
      expect(await rig.detach()).toBe(DDI_SUCCESS);
      expect(rig.machine.live.list()).toEqual([]);
    });
    expect(rig.machine.findings).toEqual([]);
    return { rig, early, stats };
  }

  it.each([0, 1519, 2049, 0xffff, 0xffff_ffff])(
    'with a length of %d is not believed',
    async (length) => {
      const { early, stats } = await survive({ ring: 'rx', what: 'length', length, packet: 5 });
      expect(early).toBe(29);
      expect(stats).toMatchObject({ ierrors: 1, restarts: 0 });
    },
  );

  it('with a length that could be gets what it says, and no more', async () => {
    const { rig } = await survive({ ring: 'rx', what: 'length', length: 1518, packet: 5 });
    expect(rig.got[4]).toHaveLength(1518);
  });

  it('with a wrong length for what it has sent is not heard', async () => {
    const { early, stats } = await survive({ ring: 'tx', what: 'length', length: 9 });
    expect(early).toBe(30);
    expect(stats).toMatchObject({ oerrors: 0, restarts: 0 });
  });

  for (const ring of ['tx', 'rx'] as const) {
    it(`late on ${ring}, all the time, loses nothing`, async () => {
      const { early, stats } = await survive({ ring, what: 'late', ns: 2_000_000 });
      expect(early).toBe(30);
      expect(stats).toMatchObject({ restarts: 0 });
    });

    it(`that completes twice on ${ring} is restarted at most`, async () => {
      await survive({ ring, what: 'twice', ns: 3000 });
      await survive({ ring, what: 'twice', ns: 15_000_000 });
    });

    it(`that never completes on ${ring} is restarted`, async () => {
      const { stats } = await survive({ ring, what: 'never', packet: 3 });
      expect(stats).toMatchObject({ restarts: 1 });
    });

    it(`that completes nothing on ${ring} is restarted and not given up`, async () => {
      const { stats } = await survive({ ring, what: 'never' });
      expect((stats as { restarts: number }).restarts).toBeGreaterThan(1);
    });
  }

  it('whose head is beyond the ring is restarted', async () => {
    const rig = new Rig();
    await rig.machine.run(async () => {
      await rig.attach();
      await rig.start();
      const bar0 = rig.nic.registers[1] as { read: (off: number, width: number) => number };
      const { read } = bar0;
      let lies = 0;
      bar0.read = (off, width) => {
        if (off === R.REG.RX_HEAD && lies++ === 0) return 77;
        return read(off, width);
      };
      await rig.send(rig.packet(bytes(1)));
      await rig.rest(3);
      expect(ringnic_stats(rig.dip)).toMatchObject({ restarts: 1 });
      await rig.send(rig.packet(bytes(2)));
      await rig.rest(3);
      expect(rig.got).toEqual([bytes(2)]);
    });
  });
});

describe('the interrupt', () => {
  it.each([
    ['a message', true, ddi.DDI_INTR_TYPE_MSI],
    ['a line', false, ddi.DDI_INTR_TYPE_FIXED],
  ] as const)('is %s, and packets flow either way', async (_what, msi, type) => {
    const rig = new Rig({ nic: { msi } });
    await session(rig, async () => {
      expect(ddi.must(ddi.ddi_intr_get_supported_types(rig.dip)).types & type).toBe(type);
      const used = rig.machine.live.list().find((o) => o.kind.startsWith('interrupt'));
      expect(`${used?.kind} ${used?.detail}`).toContain(msi ? 'msi' : 'fixed');
      await rig.send(...Array.from({ length: 200 }, (_, n) => rig.packet(bytes(n, 80 + n))));
      await rig.rest(5);
    });
    expect(rig.got).toEqual(Array.from({ length: 200 }, (_, n) => bytes(n, 80 + n)));
  });

  it('is the line when no vector is to be had', async () => {
    const rig = new Rig();
    rig.machine.faults.use(failNth('interrupt vectors', 1));
    await session(rig, async () => {
      const used = rig.machine.live.list().find((o) => o.kind.startsWith('interrupt'));
      expect(`${used?.kind} ${used?.detail}`).toContain('fixed');
      await rig.send(rig.packet(bytes(1)));
      await rig.rest();
    });
    expect(rig.got).toEqual([bytes(1)]);
  });
});

describe('the interrupt handler', () => {
  it('claims what is its own and nothing else', async () => {
    const rig = new Rig();
    await session(rig, async () => {
      const { sc } = ddi.ddi_get_driver_private(rig.dip) as { sc: unknown };
      expect(await rig.driver.intr(sc)).toBe(ddi.DDI_INTR_UNCLAIMED);
      await rig.send(rig.packet(bytes(1)));
      await rig.rest();
      expect(await rig.driver.intr(sc)).toBe(ddi.DDI_INTR_UNCLAIMED);
    });
    expect(rig.got).toEqual([bytes(1)]);
  });

  it('serves many packets at a time', async () => {
    const rig = new Rig({ tunables: { ...small, rx_ring: 64, tx_ring: 64 } });
    await session(rig, async () => {
      for (let round = 0; round < 4; round++) {
        await rig.send(...Array.from({ length: 32 }, (_, n) => rig.packet(bytes(n))));
        await rig.rest();
      }
      const { interrupts } = ringnic_stats(rig.dip) as { interrupts: number };
      expect(interrupts).toBeLessThanOrEqual(8);
    });
    expect(rig.got).toHaveLength(128);
  });

  it('hears of the link', async () => {
    const rig = new Rig();
    await session(
      rig,
      async () => {
        rig.nic.wire.up = false;
        await rig.rest();
        await rig.send(rig.packet(bytes(1)));
        await rig.rest();
        rig.nic.wire.up = true;
        await rig.rest();
      },
      false,
    );
    expect(rig.got).toEqual([]);
  });
});

describe('every failure', () => {
  it('of one call and of two is survived', async () => {
    const report = await enumerateFaults({
      boot: { devices: [{ at: 'nic@1', model: ringNic() }], store: 8 << 20 },
      at: 'nic@1',
      driver: new Rig().driver,
      exercise: async (dip, machine) => {
        const rx = freemsgchain;
        await ringnic_start(dip, { rx }, true);
        const { kernel } = machine;
        const base = kernel.kmem_alloc(3000, 0) ?? 0;
        const b_free = (): void => undefined;
        const block = (off: number, len: number, b_cont: mblk_t | null = null): mblk_t => ({
          b_rptr: base + off,
          b_wptr: base + off + len,
          b_cont,
          b_next: null,
          b_free,
        });
        const packets = [block(0, 64), block(100, 600, block(900, 500)), block(1400, 1500)];
        for (const mp of packets) expect(await ringnic_tx(dip, mp)).toBeNull();
        expect(msgsize(packets[1] as mblk_t)).toBe(1100);
        await kernel.delay(1);
        await ringnic_stop(dip);
        kernel.kmem_free(base, 3000);
      },
    });
    expect(report.failures).toEqual([]);
    expect(report.sites).toBeGreaterThan(25);
    expect(report.attachFailed).toBeGreaterThan(20);
  });
});
