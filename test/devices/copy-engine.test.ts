import { describe, expect, it } from 'vitest';
import * as R from '../../src/devices/copy-engine-regs.js';
import { limitNames, wideLimits } from '../../src/devices/engine-limits.js';
import type { EngineLimits, LimitName, ListEntry } from '../../src/devices/engine-limits.js';
import { Bench, DST_LIST, entry, SRC_LIST } from './bench.js';

/** A destination no limit objects to, as long as the list it is for. */
function anywhere(list: readonly ListEntry[]): readonly ListEntry[] {
  const length = list.reduce((sum, e) => sum + e.length, 0);
  return [entry(0x80_000, length)];
}

/** One limit: a list exactly at it and one just beyond it. */
interface LimitCase {
  readonly limits: Partial<EngineLimits>;
  readonly at: readonly ListEntry[];
  readonly beyond: readonly ListEntry[];
  readonly value: bigint;
  readonly index?: number;
}

const limitCases: Record<LimitName, LimitCase> = {
  empty: { limits: {}, at: [entry(0x40_000, 16)], beyond: [], value: 0n },
  sgllen: {
    limits: { sgllen: 2 },
    at: [entry(0x40_000, 16), entry(0x41_000, 16)],
    beyond: [entry(0x40_000, 16), entry(0x41_000, 16), entry(0x42_000, 16)],
    value: 3n,
  },
  length: {
    limits: {},
    at: [entry(0x40_000, 16), entry(0x41_000, 1)],
    beyond: [entry(0x40_000, 16), entry(0x41_000, 0)],
    value: 0n,
    index: 1,
  },
  addrLo: {
    limits: { addrLo: 0x40_000n },
    at: [entry(0x40_000, 16)],
    beyond: [entry(0x3f_fff, 16)],
    value: 0x3f_fffn,
  },
  addrHi: {
    limits: { addrHi: 0x40_00fn },
    at: [entry(0x40_000, 16)],
    beyond: [entry(0x40_000, 17)],
    value: 0x40_010n,
  },
  countMax: {
    limits: { countMax: 0xffn },
    at: [entry(0x40_000, 0x100)],
    beyond: [entry(0x40_000, 0x101)],
    value: 0x100n,
  },
  align: {
    limits: { align: 0x10n },
    at: [entry(0x40_000, 16), entry(0x41_010, 16)],
    beyond: [entry(0x40_000, 16), entry(0x41_011, 16)],
    value: 0x41_011n,
    index: 1,
  },
  seg: {
    limits: { seg: 0xffffn },
    at: [entry(0x4_fff0, 16)],
    beyond: [entry(0x4_fff0, 17)],
    value: 0x5_0000n,
  },
  granular: {
    limits: { granular: 512 },
    at: [entry(0x40_000, 500), entry(0x41_000, 12)],
    beyond: [entry(0x40_000, 500), entry(0x41_000, 13)],
    value: 513n,
  },
  maxxfer: {
    limits: { maxxfer: 0x2000n },
    at: [entry(0x40_000, 0x1000), entry(0x42_000, 0x1000)],
    beyond: [entry(0x40_000, 0x1000), entry(0x42_000, 0x1001)],
    value: 0x2001n,
  },
};

describe('the copy engine refuses', () => {
  it('every limit there is, each with a case', () => {
    expect(Object.keys(limitCases).sort()).toEqual([...limitNames].sort());
  });

  for (const name of limitNames) {
    const { limits, at, beyond, value, index = 0 } = limitCases[name];

    it(`${name}: a source list at the limit is moved`, () => {
      const bench = new Bench(limits);
      bench.copy(at, anywhere(at), R.CTRL_GO | R.CTRL_DST_WIDE);
      expect(bench.engine.error).toBeNull();
      expect(bench.read(R.REG.STATUS)).toBe(R.STATUS_DONE);
      expect(bench.read(R.REG.INTR_STATUS)).toBe(R.INTR_DONE);
    });

    it(`${name}: a source list one beyond it is refused, loudly, and nothing moves`, () => {
      const bench = new Bench(limits);
      bench.fill(0x40_000, 0x4000, 1);
      const before = bench.memory.slice(0x80_000);
      bench.copy(beyond, anywhere(beyond), R.CTRL_GO | R.CTRL_DST_WIDE);
      expect(bench.engine.error).toMatchObject({
        cause: name,
        list: 'source',
        index,
        value,
      });
      expect(bench.engine.error?.message).toContain(name);
      expect(bench.engine.error?.message).toContain(`0x${value.toString(16)}`);
      expect(bench.read(R.REG.STATUS)).toBe(R.STATUS_ERROR);
      expect(bench.read(R.REG.ERROR)).toBe(R.ERROR_CODE[name]);
      expect(bench.read(R.REG.ERROR_INDEX)).toBe(index);
      const address = beyond[index]?.address ?? 0n;
      expect(BigInt(bench.read(R.REG.ERROR_ADDR_LO))).toBe(name === 'sgllen' ? 0n : address);
      expect(bench.raised).toBe(true);
      expect(bench.read(R.REG.MOVED_LO)).toBe(0);
      expect(Buffer.compare(bench.memory.subarray(0x80_000), before)).toBe(0);
    });

    it(`${name}: a destination list one beyond it is refused and named`, () => {
      const bench = new Bench(limits);
      bench.copy(anywhere(beyond), beyond, R.CTRL_GO | R.CTRL_SRC_WIDE);
      // A source of no bytes would be refused for that first.
      if (name === 'empty') bench.copy([entry(0x80_000, 1)], beyond, R.CTRL_GO | R.CTRL_SRC_WIDE);
      expect(bench.engine.error).toMatchObject({
        cause: name,
        list: 'destination',
      });
      expect(bench.read(R.REG.ERROR)).toBe(R.ERROR_CODE[name] | R.ERROR_DESTINATION);
    });
  }

  it('nothing on the wide port, whatever the narrow one cannot do', () => {
    const tight = {
      addrHi: 0xfffn,
      countMax: 0n,
      align: 4096n,
      seg: 0xfn,
      sgllen: 1,
    };
    const bench = new Bench(tight);
    bench.fill(0x40_001, 0x3000, 9);
    const list = [entry(0x40_001, 0x1001), entry(0x41_002, 0x1fff)];
    bench.copy(list, [entry(0x80_003, 0x3000)], R.CTRL_GO | R.CTRL_SRC_WIDE | R.CTRL_DST_WIDE);
    expect(bench.engine.error).toBeNull();
    expect(bench.bytes(0x80_003, 0x3000)).toEqual(bench.bytes(0x40_001, 0x3000));
  });

  it('lists of different length', () => {
    const bench = new Bench();
    bench.copy([entry(0x40_000, 16)], [entry(0x80_000, 15)]);
    expect(bench.engine.error).toMatchObject({
      cause: 'unequal',
      bound: 16n,
      value: 15n,
    });
  });

  it('a second doorbell, without disturbing the transfer under way', () => {
    const bench = new Bench();
    bench.fill(0x40_000, 16, 3);
    bench.list(SRC_LIST, [entry(0x40_000, 16)]);
    bench.list(DST_LIST, [entry(0x80_000, 16)]);
    bench.program(1, 1);
    bench.write(R.REG.CTRL, R.CTRL_GO);
    bench.write(R.REG.CTRL, R.CTRL_GO);
    expect(bench.engine.error?.cause).toBe('busy');
    expect(bench.read(R.REG.STATUS)).toBe(R.STATUS_ERROR | R.STATUS_BUSY);
    bench.settle();
    expect(bench.read(R.REG.STATUS)).toBe(R.STATUS_DONE);
    expect(bench.bytes(0x80_000, 16)).toEqual(bench.bytes(0x40_000, 16));
  });

  it('a list of more entries than it would ever fetch', () => {
    const bench = new Bench();
    bench.program(R.LIST_ENTRIES_MAX + 1, 1);
    bench.write(R.REG.CTRL, R.CTRL_GO);
    bench.settle();
    expect(bench.engine.error).toMatchObject({
      cause: 'sgllen',
      bound: 65_536n,
      value: 65_537n,
    });
  });
});

describe('the copy engine moves', () => {
  it('bytes between lists that are cut differently', () => {
    const bench = new Bench();
    bench.fill(0x40_000, 0x20_000, 5);
    const source = [entry(0x40_003, 5000), entry(0x50_000, 1), entry(0x45_000, 4999)];
    const target = [entry(0x80_000, 1), entry(0x90_001, 9000), entry(0xa0_000, 999)];
    bench.copy(source, target);
    const gather = (list: readonly ListEntry[]): number[] =>
      list.flatMap((e) => [...bench.bytes(Number(e.address), e.length)]);
    expect(gather(target)).toEqual(gather(source));
    expect(bench.read(R.REG.MOVED_LO)).toBe(10_000);
  });

  it('more than one step at a time', () => {
    const bench = new Bench();
    bench.fill(0x40_000, 0x30_000, 7);
    bench.copy([entry(0x40_000, 0x2_8001)], [entry(0x80_000, 0x2_8001)]);
    expect(Buffer.compare(bench.bytes(0x80_000, 0x2_8001), bench.bytes(0x40_000, 0x2_8001))).toBe(
      0,
    );
  });

  it('to the last byte of a 64-bit address space', () => {
    const bench = new Bench();
    bench.fill(0x40_000, 16, 7);
    const top = 0xffff_ffff_ffff_fff0n;
    bench.copy([entry(0x40_000, 16)], [entry(top, 16)]);
    expect(bench.engine.error).toBeNull();
    expect(bench.bytes(0x100_ff0, 16)).toEqual(bench.bytes(0x40_000, 16));
  });

  it('nothing before the doorbell write has returned, and takes time in proportion', () => {
    const time = (length: number): number => {
      const bench = new Bench();
      bench.list(SRC_LIST, [entry(0x40_000, length)]);
      bench.list(DST_LIST, [entry(0x80_000, length)]);
      bench.program(1, 1);
      bench.write(R.REG.CTRL, R.CTRL_GO);
      expect(bench.read(R.REG.STATUS)).toBe(R.STATUS_BUSY);
      expect(bench.clock.nowNs).toBe(0);
      bench.settle();
      return bench.clock.nowNs;
    };
    expect(time(100_000) - time(1000)).toBe(99_000);
  });

  it('a short access in the time of the smallest effective one', () => {
    const slow = new Bench({ minxfer: 4096 });
    slow.copy([entry(0x40_000, 1)], [entry(0x80_000, 1)]);
    const fast = new Bench();
    fast.copy([entry(0x40_000, 1)], [entry(0x80_000, 1)]);
    expect(slow.engine.error).toBeNull();
    expect(slow.clock.nowNs - fast.clock.nowNs).toBe(4095);
  });
});

describe('the copy engine and its bus', () => {
  it('masters nothing until the command register says so', () => {
    const bench = new Bench();
    bench.config.write(4, 2, 0);
    bench.copy([entry(0x40_000, 16)], [entry(0x80_000, 16)]);
    expect(bench.engine.error).toMatchObject({
      cause: 'masteringOff',
      fetching: true,
    });
    expect(bench.read(R.REG.ERROR)).toBe(R.ERROR_CODE.masteringOff | R.ERROR_LIST_FETCH);
  });

  it('reports an address that nobody answers, and how far it came', () => {
    const bench = new Bench();
    const list = [entry(0x40_000, 16), entry(0x10_0000_0000, 16)];
    bench.copy([entry(0x41_000, 32)], list);
    expect(bench.engine.error).toMatchObject({
      cause: 'masterAbort',
      index: 1,
      fetching: false,
    });
    expect(bench.engine.error?.list).toBe('destination');
    expect(bench.read(R.REG.ERROR_ADDR_HI)).toBe(0x10);
    expect(bench.read(R.REG.MOVED_LO)).toBe(16);
    // PCI status register: received master abort, cleared by writing 1.
    expect(bench.config.read(6, 2)).toBe(0x2000);
    bench.config.write(6, 2, 0x2000);
    expect(bench.config.read(6, 2)).toBe(0);
  });

  it('reports a list that cannot be fetched', () => {
    const bench = new Bench();
    bench.program(1, 1);
    bench.write(R.REG.DST_LIST_HI, 7);
    bench.list(SRC_LIST, [entry(0x40_000, 16)]);
    bench.write(R.REG.CTRL, R.CTRL_GO);
    bench.settle();
    expect(bench.engine.error).toMatchObject({
      cause: 'masterAbort',
      list: 'destination',
      fetching: true,
      address: 0x7_0002_0000n,
    });
  });
});

describe('the registers', () => {
  it('hold the line up until every enabled cause is acknowledged', () => {
    const bench = new Bench();
    bench.copy([entry(0x40_000, 16)], [entry(0x80_000, 16)]);
    bench.copy([], []);
    expect(bench.read(R.REG.INTR_STATUS)).toBe(R.INTR_DONE | R.INTR_ERROR);
    bench.write(R.REG.INTR_STATUS, R.INTR_ERROR);
    expect(bench.raised).toBe(true);
    bench.write(R.REG.INTR_STATUS, R.INTR_DONE);
    expect(bench.raised).toBe(false);
  });

  it('raise nothing that is not enabled, and raise it when it becomes so', () => {
    const bench = new Bench();
    bench.write(R.REG.INTR_ENABLE, 0);
    bench.copy([entry(0x40_000, 16)], [entry(0x80_000, 16)]);
    expect(bench.raises).toBe(0);
    bench.write(R.REG.INTR_ENABLE, R.INTR_DONE);
    expect(bench.raised).toBe(true);
  });

  it('are 32 bits wide: a byte does not ring the doorbell, and reads are parts', () => {
    const bench = new Bench();
    bench.write(R.REG.CTRL, R.CTRL_GO, 1);
    expect(bench.read(R.REG.STATUS)).toBe(0);
    bench.write(R.REG.SRC_LIST_LO, 0x1234_5678);
    const bar0 = bench.engine.registers[1];
    expect(bar0?.read(R.REG.SRC_LIST_LO + 2, 2)).toBe(0x1234);
    expect(bar0?.read(R.REG.SRC_LIST_LO + 1, 1)).toBe(0x56);
  });

  it('tell a driver what the narrow port can do', () => {
    const bench = new Bench({
      addrHi: 0x7_ffff_fff0n,
      sgllen: -1,
      granular: 512,
    });
    expect(bench.read(R.REG.CAP_ADDR_HI)).toBe(0xffff_fff0);
    expect(bench.read(R.REG.CAP_ADDR_HI + 4)).toBe(0x7);
    expect(bench.read(R.REG.CAP_SGLLEN)).toBe(0xffff_ffff);
    expect(bench.read(R.REG.CAP_GRANULAR)).toBe(512);
    bench.write(R.REG.CAP_GRANULAR, 1);
    expect(bench.read(R.REG.CAP_GRANULAR)).toBe(512);
    expect(wideLimits.addrHi).toBe(0xffff_ffff_ffff_ffffn);
  });

  it('forget everything at a reset, the transfer under way included', () => {
    const bench = new Bench();
    bench.list(SRC_LIST, [entry(0x40_000, 16)]);
    bench.list(DST_LIST, [entry(0x80_000, 16)]);
    bench.program(1, 1);
    bench.fill(0x40_000, 16, 1);
    bench.write(R.REG.CTRL, R.CTRL_GO);
    bench.write(R.REG.CTRL, R.CTRL_RESET);
    bench.settle();
    expect(bench.read(R.REG.STATUS)).toBe(0);
    expect(bench.bytes(0x80_000, 16)).toEqual(new Uint8Array(16));
    expect(bench.config.read(4, 2)).toBe(6);
    bench.engine.reset();
    expect(bench.config.read(4, 2)).toBe(0);
  });

  it('identify the device', () => {
    const bench = new Bench();
    expect(bench.config.read(0, 4)).toBe(((R.DEVICE_ID << 16) | R.VENDOR_ID) >>> 0);
    expect(bench.config.read(8, 4)).toBe(R.CLASS_REVISION);
    bench.config.write(0, 4, 0);
    expect(bench.config.read(0, 2)).toBe(R.VENDOR_ID);
    // Sizing the bar: all ones come back as its size.
    bench.config.write(0x10, 4, 0xffff_ffff);
    expect(bench.config.read(0x10, 4)).toBe(0xffff_f000);
    expect(bench.config.read(0x3d, 1)).toBe(1);
  });
});
