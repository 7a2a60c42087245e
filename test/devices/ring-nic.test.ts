import { describe, expect, it } from 'vitest';
import { ringNic } from '../../src/devices/ring-nic.js';
import * as R from '../../src/devices/ring-nic-regs.js';
import type { RingNicLimits, RingNicRule } from '../../src/devices/ring-nic-rules.js';
import {
  NicBench,
  packet,
  RX_DATA,
  RX_RING,
  STEP,
  TX_DATA,
  TX_RING,
  WHOLE,
  type Desc,
} from './nic-bench.js';

const { REG } = R;
const FIRST = R.DESC_OWN | R.DESC_SOP;
const LAST = R.DESC_OWN | R.DESC_EOP;

/** A rule about descriptors to be sent: a list at the limit and one beyond it. */
interface TxCase {
  readonly rule: RingNicRule;
  readonly limits?: Partial<RingNicLimits>;
  readonly good: readonly Desc[];
  readonly bad: readonly Desc[];
  /** The descriptor at fault. */
  readonly index: number;
}

const at = (i: number): number => TX_DATA + i * STEP;
const one: Desc = { address: at(0), length: 64 };
const chain = (n: number): Desc[] =>
  Array.from({ length: n }, (_, i) => ({
    address: at(i),
    length: 10,
    flags: R.DESC_OWN | (i === 0 ? R.DESC_SOP : 0) | (i === n - 1 ? R.DESC_EOP : 0),
  }));

const txCases: readonly TxCase[] = [
  { rule: 'notOwned', good: [one], bad: [{ ...one, flags: WHOLE & ~R.DESC_OWN }], index: 0 },
  { rule: 'chain', good: [one], bad: [{ ...one, flags: LAST }], index: 0 },
  { rule: 'chain', good: chain(2), bad: [{ ...one, flags: FIRST }, one], index: 1 },
  { rule: 'chain', good: chain(2), bad: [{ ...one, flags: FIRST }], index: 0 },
  { rule: 'fragments', limits: { maxFrags: 3 }, good: chain(3), bad: chain(4), index: 2 },
  { rule: 'empty', good: [{ ...one, length: 1 }], bad: [{ ...one, length: 0 }], index: 0 },
  { rule: 'length', good: [{ ...one, length: 1518 }], bad: [{ ...one, length: 1519 }], index: 0 },
  {
    rule: 'length',
    good: [
      { ...one, length: 1500, flags: FIRST },
      { ...one, length: 18, flags: LAST },
    ],
    bad: [
      { ...one, length: 1500, flags: FIRST },
      { ...one, length: 19, flags: LAST },
    ],
    index: 1,
  },
  {
    rule: 'address',
    limits: { addrBits: 32 },
    good: [one],
    bad: [{ ...one, hi: 1 }],
    index: 0,
  },
  {
    rule: 'address',
    limits: { addrBits: 40 },
    good: [one],
    bad: [{ address: 0xffff_fff0, hi: 0xff, length: 17 }],
    index: 0,
  },
  { rule: 'masterAbort', good: [one], bad: [{ ...one, address: 0x100_000 }], index: 0 },
];

describe('a descriptor to be sent', () => {
  it.each(txCases)('$rule: at the limit it is sent', ({ limits, good }) => {
    const bench = new NicBench(limits).start();
    bench.post(good);
    bench.settle();
    expect(bench.nic.error).toBeNull();
    expect(bench.sent).toHaveLength(1);
    expect(bench.sent[0]).toHaveLength(good.reduce((sum, d) => sum + d.length, 0));
    for (const i of good.keys()) {
      expect(bench.flags(TX_RING, i) & (R.DESC_OWN | R.DESC_DONE)).toBe(R.DESC_DONE);
    }
    expect(bench.read(REG.TX_HEAD)).toBe(good.length);
  });

  it.each(txCases)('$rule: beyond it the ring stops, loudly', ({ rule, limits, bad, index }) => {
    const bench = new NicBench(limits).start();
    // Two good ones before it: they go out, and nothing after it does.
    bench.post([one, one, ...bad]);
    bench.settle();
    expect(bench.sent).toHaveLength(2);
    expect(bench.nic.error).toMatchObject({ rule, ring: 'tx', index: 2 + index });
    expect(bench.nic.error?.message).toContain(rule);
    expect(bench.read(REG.ERROR)).toBe(R.ERROR_CODE[rule]);
    expect(bench.read(REG.ERROR_INDEX)).toBe(2 + index);
    expect(bench.read(REG.INTR_STATUS)).toBe(R.INTR_TX_DONE | R.INTR_TX_ERROR);
    expect(bench.raised).toBe(true);
    expect(bench.read(REG.STATUS)).toBe(R.STATUS_LINK_UP | R.STATUS_RX_RUNNING);
    const found = bench.flags(TX_RING, 2 + index);
    if (rule === 'notOwned') expect(found).toBe(WHOLE & ~R.DESC_OWN);
    else expect(found >>> R.DESC_CODE_SHIFT).toBe(R.ERROR_CODE[rule]);
    // A doorbell does not move it; switching it off and on does.
    bench.post([one]);
    bench.settle();
    expect(bench.sent).toHaveLength(2);
    bench.write(REG.CTRL, 0);
    bench.start().post([one]);
    bench.settle();
    expect(bench.sent).toHaveLength(3);
  });
});

describe('a buffer for a packet', () => {
  const give = (bench: NicBench, desc: Desc): void => {
    bench.give(1);
    bench.desc(RX_RING, 1, desc);
    bench.write(REG.RX_TAIL, 2);
  };
  const cases: readonly [RingNicRule, Partial<RingNicLimits>, Desc][] = [
    ['notOwned', {}, { address: RX_DATA, length: STEP, flags: 0 }],
    ['empty', {}, { address: RX_DATA, length: 0, flags: R.DESC_OWN }],
    ['address', { addrBits: 32 }, { address: RX_DATA, hi: 1, length: STEP, flags: R.DESC_OWN }],
    ['masterAbort', {}, { address: 0x100_000, length: STEP, flags: R.DESC_OWN }],
  ];

  it.each(cases)('%s: the ring stops, loudly', (rule, limits, desc) => {
    const bench = new NicBench(limits).start();
    give(bench, desc);
    for (const salt of [1, 2]) bench.nic.wire.send(packet(salt));
    bench.settle();
    expect(bench.bytes(RX_DATA, 64)).toEqual(packet(1));
    expect(bench.nic.error).toMatchObject({ rule, ring: 'rx', index: 1 });
    expect(bench.read(REG.ERROR)).toBe(R.ERROR_CODE[rule] | R.ERROR_RX);
    expect(bench.read(REG.INTR_STATUS)).toBe(R.INTR_RX_DONE | R.INTR_RX_ERROR);
    expect(bench.read(REG.STATUS)).toBe(R.STATUS_LINK_UP | R.STATUS_TX_RUNNING);
    expect(bench.read(REG.RX_HEAD)).toBe(1);
  });

  it('too short for it: nothing is stored, and the ring goes on', () => {
    const bench = new NicBench().start();
    bench.give(1, 63);
    bench.give(1, 64);
    for (const salt of [1, 2]) bench.nic.wire.send(packet(salt));
    bench.settle();
    expect(bench.nic.error).toBeNull();
    expect(bench.flags(RX_RING, 0) & R.DESC_ERROR).toBe(R.DESC_ERROR);
    expect(bench.flags(RX_RING, 0) >>> R.DESC_CODE_SHIFT).toBe(R.ERROR_CODE.length);
    expect(bench.length(RX_RING, 0)).toBe(64);
    expect(bench.bytes(RX_DATA, 63)).toEqual(new Uint8Array(63));
    expect(bench.bytes(RX_DATA + STEP, 64)).toEqual(packet(2));
  });
});

describe('a ring', () => {
  const registers: readonly [string, RingNicRule, [number, number][]][] = [
    ['beside its alignment', 'ringAlign', [[REG.TX_BASE_LO, TX_RING + 64]]],
    ['of 4', 'ringSize', [[REG.TX_SIZE, 4]]],
    ['of 8192', 'ringSize', [[REG.TX_SIZE, 8192]]],
    ['of 12', 'ringSize', [[REG.TX_SIZE, 12]]],
    ['beyond the address lines', 'ringAddress', [[REG.TX_BASE_HI, 1]]],
    [
      'across the end of the address lines',
      'ringAddress',
      [
        [REG.TX_BASE_LO, 0xffff_ff80],
        [REG.TX_SIZE, 16],
      ],
    ],
  ];

  it.each(registers)('%s is not switched on', (_what, rule, writes) => {
    const bench = new NicBench({ addrBits: 32 });
    bench.write(REG.TX_BASE_LO, TX_RING);
    bench.write(REG.TX_SIZE, 8);
    for (const [off, value] of writes) bench.write(off, value);
    bench.write(REG.CTRL, R.CTRL_TX_ENABLE);
    expect(bench.nic.error).toMatchObject({ rule, ring: 'tx', descriptors: true });
    expect(bench.read(REG.CTRL)).toBe(0);
    expect(bench.read(REG.STATUS)).toBe(R.STATUS_LINK_UP);
    expect(bench.raised).toBe(true);
  });

  it('that is on keeps its base and size', () => {
    const bench = new NicBench().start();
    for (const off of [REG.TX_BASE_LO, REG.TX_BASE_HI, REG.TX_SIZE]) {
      const before = bench.read(off);
      bench.write(off, 0x4000);
      expect(bench.nic.error).toMatchObject({ rule: 'ringOn', ring: 'tx', value: 0x4000 });
      expect(bench.read(off)).toBe(before);
    }
    bench.post([one]);
    bench.settle();
    expect(bench.sent).toHaveLength(1);
  });

  it('takes no tail beyond its end, and none while it is off', () => {
    const bench = new NicBench();
    bench.write(REG.RX_TAIL, 0);
    expect(bench.nic.error).toMatchObject({ rule: 'tail', ring: 'rx', bound: 0 });
    bench.start().write(REG.TX_TAIL, 8);
    expect(bench.nic.error).toMatchObject({ rule: 'tail', ring: 'tx', bound: 8, value: 8 });
    expect(bench.read(REG.TX_TAIL)).toBe(0);
  });

  it.each([
    [8, 1000],
    [64, 1000],
    [4096, 9000],
  ])('of %d carries %d packets in order, round and round', (size, total) => {
    const bench = new NicBench({}, size).start();
    for (let n = 0; n < total;) {
      const batch = Math.min(1 + ((n * 5) % Math.min(size - 1, 60)), total - n);
      const descs = Array.from({ length: batch }, (_, i) => {
        const address = TX_DATA + (i % 100) * STEP;
        bench.fill(address, packet(n + i, 60 + ((n + i) % 7)));
        return { address, length: 60 + ((n + i) % 7) };
      });
      bench.post(descs);
      bench.settle();
      n += batch;
    }
    expect(bench.sent).toHaveLength(total);
    expect(bench.sent.every((p, n) => Buffer.compare(p, packet(n, 60 + (n % 7))) === 0)).toBe(true);
    expect(bench.read(REG.TX_PACKETS)).toBe(total);
  });

  it('carries chains across its end and across the end of a burst', () => {
    const bench = new NicBench({ maxFrags: 6 }, 128).start();
    for (let i = 0; i < 6; i++) bench.fill(at(i), packet(i, 10));
    const whole = new Uint8Array(50);
    for (let i = 0; i < 5; i++) whole.set(packet(i, 10), i * 10);
    let n = 0;
    for (; n < 60; n += 20) {
      bench.post(Array.from({ length: 20 }, () => chain(5)).flat());
      bench.settle();
    }
    expect(bench.nic.error).toBeNull();
    expect(bench.sent).toHaveLength(n);
    expect(bench.sent.every((p) => Buffer.compare(p, whole) === 0)).toBe(true);
  });

  it('that lies where nothing answers stops', () => {
    const bench = new NicBench();
    bench.write(REG.TX_BASE_LO, 0x100_000);
    bench.write(REG.TX_SIZE, 8);
    bench.write(REG.CTRL, R.CTRL_TX_ENABLE);
    bench.write(REG.TX_TAIL, 1);
    bench.settle();
    expect(bench.nic.error).toMatchObject({ rule: 'masterAbort', descriptors: true });
    expect(bench.read(REG.ERROR)).toBe(R.ERROR_CODE.masterAbort | R.ERROR_DESC);
    expect(bench.config.read(6, 2)).toBe(0x2000);
  });

  it('does nothing while bus mastering is off', () => {
    const bench = new NicBench().start();
    bench.give(4);
    bench.config.write(4, 2, 0x2);
    bench.post([one]);
    bench.nic.wire.send(packet(1));
    bench.settle();
    expect(bench.sent).toEqual([]);
    expect(bench.read(REG.INTR_STATUS)).toBe(R.INTR_TX_ERROR | R.INTR_RX_ERROR);
    expect(bench.nic.error?.rule).toBe('masteringOff');
  });
});

describe('interrupts', () => {
  it('come for every completion unless moderated', () => {
    const bench = new NicBench().start();
    bench.post([one]);
    bench.settle();
    expect(bench.raised).toBe(true);
    bench.write(REG.INTR_STATUS, R.INTR_TX_DONE);
    expect(bench.raised).toBe(false);
    expect(bench.read(REG.INTR_STATUS)).toBe(0);
  });

  it('wait for as many packets as they were told to', () => {
    const bench = new NicBench({}, 64);
    bench.write(REG.RX_MODERATION, 3);
    bench.start().give(60);
    for (let n = 1; n <= 2; n++) {
      bench.nic.wire.send(packet(n));
      bench.settle();
      expect([bench.raised, bench.read(REG.INTR_STATUS)]).toEqual([false, R.INTR_RX_DONE]);
    }
    bench.nic.wire.send(packet(3));
    bench.settle();
    expect(bench.raised).toBe(true);
    bench.write(REG.INTR_STATUS, R.INTR_RX_DONE);
    bench.nic.wire.send(packet(4));
    bench.settle();
    expect(bench.raised).toBe(false);
  });

  it('wait no longer than they were told to, from the first packet on', () => {
    const bench = new NicBench({}, 64);
    bench.write(REG.RX_MODERATION, (10 << 16) | 32);
    bench.start().give(60);
    bench.nic.wire.send(packet(1));
    bench.clock.runNext();
    const firstNs = bench.clock.nowNs;
    bench.clock.advanceTo(firstNs + 5000);
    bench.nic.wire.send(packet(2));
    bench.settle();
    expect(bench.raised).toBe(true);
    expect(bench.clock.nowNs).toBe(firstNs + 10_000);
    bench.write(REG.INTR_STATUS, R.INTR_ALL);
    bench.settle();
    expect(bench.raises).toBe(1);
  });

  it('of one ring do not hurry those of the other', () => {
    const bench = new NicBench();
    bench.write(REG.TX_MODERATION, 5);
    bench.start(R.CTRL_LOOPBACK).give(4);
    bench.post([one]);
    bench.settle();
    expect(bench.raised).toBe(true);
    bench.write(REG.INTR_STATUS, R.INTR_RX_DONE);
    expect([bench.raised, bench.read(REG.INTR_STATUS)]).toEqual([false, R.INTR_TX_DONE]);
  });

  it('are a message for every cause that comes to be asserted', () => {
    const bench = new NicBench({}, 64);
    bench.write(REG.RX_MODERATION, 2);
    bench.start(R.CTRL_LOOPBACK).give(60);
    bench.post([one]);
    bench.settle();
    expect(bench.messages).toBe(1);
    bench.post([one]);
    bench.settle();
    // That packets have been sent is not acknowledged; that two have come is new.
    expect(bench.messages).toBe(2);
    bench.write(REG.INTR_STATUS, R.INTR_TX_DONE);
    bench.post([one]);
    bench.settle();
    expect(bench.messages).toBe(3);
    bench.write(REG.INTR_ENABLE, 0);
    bench.write(REG.INTR_ENABLE, R.INTR_ALL);
    expect(bench.messages).toBe(4);
  });

  it('that are not enabled show and are not asserted', () => {
    const bench = new NicBench().start();
    bench.write(REG.INTR_ENABLE, 0);
    bench.post([one]);
    bench.settle();
    expect([bench.raised, bench.read(REG.INTR_STATUS)]).toEqual([false, R.INTR_TX_DONE]);
    bench.write(REG.INTR_ENABLE, R.INTR_TX_DONE);
    expect(bench.raised).toBe(true);
  });
});

describe('the wire', () => {
  it('joins two devices', () => {
    const [a, b] = [new NicBench().start(), new NicBench().start()];
    a.nic.wire.join(b.nic.wire);
    b.give(3);
    a.fill(at(0), packet(9));
    a.post([one]);
    a.settle();
    b.settle();
    expect(b.bytes(RX_DATA, 64)).toEqual(packet(9));
    expect(a.sent).toEqual([]);
  });

  it('loses what is sent while it is down, and both ends hear of it', () => {
    const [a, b] = [new NicBench().start(), new NicBench().start()];
    a.nic.wire.join(b.nic.wire);
    a.nic.wire.up = false;
    expect(b.read(REG.INTR_STATUS)).toBe(R.INTR_LINK);
    expect(b.read(REG.STATUS) & R.STATUS_LINK_UP).toBe(0);
    a.post([one]);
    a.settle();
    expect(a.read(REG.TX_LOST)).toBe(1);
    b.nic.wire.send(packet(1));
    b.nic.wire.up = true;
    expect(a.read(REG.STATUS) & R.STATUS_LINK_UP).toBe(R.STATUS_LINK_UP);
    b.settle();
    expect(b.read(REG.RX_PACKETS)).toBe(0);
  });

  it('is left alone in loopback', () => {
    const bench = new NicBench().start(R.CTRL_LOOPBACK);
    bench.give(4);
    bench.fill(at(0), packet(5));
    bench.post([one]);
    bench.nic.wire.send(packet(6));
    bench.settle();
    expect(bench.sent).toEqual([]);
    expect(bench.bytes(RX_DATA, 64)).toEqual(packet(5));
    expect(bench.read(REG.RX_PACKETS)).toBe(1);
  });
});

describe('the store on the chip', () => {
  it('keeps packets until there are buffers, and misses what finds it full', () => {
    const bench = new NicBench({}, 128).start();
    for (let n = 0; n < R.FIFO_PACKETS + 2; n++) bench.nic.wire.send(packet(n));
    expect(bench.read(REG.RX_MISSED)).toBe(2);
    expect(bench.read(REG.INTR_STATUS)).toBe(R.INTR_RX_MISSED);
    bench.give(R.FIFO_PACKETS + 2, 64);
    bench.settle();
    expect(bench.read(REG.RX_PACKETS)).toBe(R.FIFO_PACKETS);
  });

  it('misses what is too long, of no bytes, or comes while the ring is off', () => {
    const bench = new NicBench();
    bench.nic.wire.send(packet(1));
    bench.start().give(4);
    bench.nic.wire.send(packet(1, 1519));
    bench.nic.wire.send(packet(1, 0));
    bench.settle();
    expect(bench.read(REG.RX_MISSED)).toBe(3);
    expect(bench.read(REG.RX_PACKETS)).toBe(0);
  });
});

describe('a device that misbehaves', () => {
  const sendThree = (bench: NicBench): void => {
    bench.give(6);
    for (const salt of [1, 2, 3]) bench.nic.wire.send(packet(salt));
  };
  const done = (bench: NicBench): boolean[] =>
    [0, 1, 2].map((i) => (bench.flags(RX_RING, i) & R.DESC_DONE) !== 0);

  it('writes a length that is not true', () => {
    const bench = new NicBench().start();
    bench.nic.misbehave({ ring: 'rx', what: 'length', length: 0xffff, packet: 2 });
    sendThree(bench);
    bench.settle();
    expect([0, 1, 2].map((i) => bench.length(RX_RING, i))).toEqual([64, 0xffff, 64]);
  });

  it('never completes one', () => {
    const bench = new NicBench().start();
    bench.nic.misbehave({ ring: 'rx', what: 'never', packet: 2 });
    sendThree(bench);
    bench.settle();
    expect(done(bench)).toEqual([true, false, true]);
    expect(bench.read(REG.RX_HEAD)).toBe(3);
  });

  it('completes one late, and tells', () => {
    const bench = new NicBench().start();
    bench.nic.misbehave({ ring: 'rx', what: 'late', ns: 5000, packet: 2 });
    sendThree(bench);
    bench.clock.runNext();
    expect(done(bench)).toEqual([true, false, true]);
    bench.write(REG.INTR_STATUS, R.INTR_ALL);
    bench.settle();
    expect(done(bench)).toEqual([true, true, true]);
    expect(bench.raised).toBe(true);
  });

  it('completes one twice, over what the driver has written since', () => {
    const bench = new NicBench().start();
    bench.nic.misbehave({ ring: 'rx', what: 'twice', ns: 5000, packet: 1 });
    sendThree(bench);
    bench.clock.runNext();
    expect(done(bench)).toEqual([true, true, true]);
    bench.desc(RX_RING, 0, { address: RX_DATA, length: STEP, flags: R.DESC_OWN });
    bench.settle();
    expect(done(bench)).toEqual([true, true, true]);
  });

  it('is quiet after a reset of the device, and behaves after a reset of the machine', () => {
    const bench = new NicBench().start();
    bench.nic.misbehave({ ring: 'tx', what: 'late', ns: 5000 });
    bench.post([one]);
    bench.clock.runNext();
    bench.clock.runNext();
    bench.write(REG.CTRL, R.CTRL_RESET);
    expect(bench.clock.size).toBe(0);
    bench.nic.reset();
    bench.config.write(4, 2, 0x6);
    bench.start().post([one]);
    bench.settle();
    expect(bench.flags(TX_RING, 0) & R.DESC_DONE).toBe(R.DESC_DONE);
  });
});

describe('the registers', () => {
  it('say what the device can do', () => {
    const bench = new NicBench({ addrBits: 40, maxFrame: 9018, maxFrags: 4 });
    const caps = [REG.CAP_ADDR_BITS, REG.CAP_MAX_FRAME, REG.CAP_MAX_FRAGS, REG.CAP_RING_MAX];
    expect(caps.map((off) => bench.read(off))).toEqual([40, 9018, 4, 4096]);
    expect(bench.read(REG.CAP_MAX_FRAME, 2)).toBe(9018);
    expect(bench.read(REG.CAP_MAX_FRAME + 1, 1)).toBe(9018 >> 8);
    bench.write(REG.CAP_MAX_FRAME, 1);
    expect(bench.read(REG.CAP_MAX_FRAME)).toBe(9018);
  });

  it('take 32 bits and nothing less', () => {
    const bench = new NicBench().start();
    bench.desc(TX_RING, 0, one);
    bench.write(REG.TX_TAIL, 1, 2);
    bench.settle();
    expect(bench.sent).toEqual([]);
  });

  it('are clear after a reset, and nothing goes on', () => {
    const bench = new NicBench().start();
    bench.give(3);
    bench.post([one]);
    bench.nic.wire.send(packet(1));
    bench.write(REG.CTRL, R.CTRL_RESET);
    bench.settle();
    expect(bench.sent).toEqual([]);
    expect(bench.clock.size).toBe(0);
    for (let off = 0; off < REG.CAP_ADDR_BITS; off += 4) {
      expect([off, bench.read(off)]).toEqual([off, off === REG.STATUS ? R.STATUS_LINK_UP : 0]);
    }
  });
});

describe('options', () => {
  it.each([
    [{ addrBits: 31 }, /addrBits/],
    [{ addrBits: 65 }, /addrBits/],
    [{ maxFrame: 63 }, /maxFrame/],
    [{ maxFrame: 1e5 }, /maxFrame/],
    [{ maxFrags: 0 }, /maxFrags/],
    [{ maxFrags: 33 }, /maxFrags/],
    [{ maxFrags: 1.5 }, /maxFrags/],
  ])('%o is refused', (options, message) => {
    expect(() => ringNic(options)).toThrow(message);
  });
});
