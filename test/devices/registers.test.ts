/** Register files: what a data sheet says, and what it leaves out. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { registerFile, type RegisterSpec } from '../../src/platforms/index.js';
import type { RegisterWidth } from '../../src/machine/device.js';

function sheet(registers: readonly RegisterSpec[], sizeBytes = 0x40) {
  return registerFile({ name: 'bar0', kind: 'memory', sizeBytes, registers });
}

describe('the ways to be accessed', () => {
  it('rw keeps what is written, but for the bits outside its mask', () => {
    const file = sheet([
      { name: 'A', off: 4, access: 'rw', reset: 0x8000_00f0, mask: 0x8000_000f },
    ]);
    file.write(4, 4, 0x1234_5678);
    expect(file.read(4, 4)).toBe(0xf8);
    file.write(4, 4, 0xffff_ffff);
    expect(file.read(4, 4)).toBe(0x8000_00ff);
  });

  it('ro takes nothing, and has no side effect when it is written', () => {
    const onWrite = (): void => {
      throw new Error('written');
    };
    const file = sheet([{ name: 'A', off: 0, access: 'ro', reset: 7, onWrite }]);
    file.write(0, 4, 9);
    expect(file.read(0, 4)).toBe(7);
  });

  it('wo reads as zero and is known to the device', () => {
    const file = sheet([{ name: 'A', off: 0, access: 'wo', reset: 7 }]);
    file.write(0, 4, 9);
    expect(file.read(0, 4)).toBe(0);
    expect(file.register('A').value).toBe(9);
  });

  it('w1c clears the bits written as 1, of those that can be cleared', () => {
    const file = sheet([{ name: 'A', off: 0, width: 2, access: 'w1c', reset: 0xf0f, mask: 0xff }]);
    file.write(0, 2, 0x505);
    expect(file.read(0, 2)).toBe(0xf0a);
  });
});

describe('side effects', () => {
  it('a FIFO gives a word a read', () => {
    const words = [3, 2, 1];
    const file = sheet([{ name: 'DATA', off: 0, access: 'ro', onRead: () => words.pop() ?? 0 }]);
    expect([file.read(0, 4), file.read(0, 4), file.read(0, 4)]).toEqual([1, 2, 3]);
  });

  it('a doorbell hears what was written, and what was there before', () => {
    const heard: number[][] = [];
    const file = sheet([
      { name: 'A', off: 0, access: 'rw', reset: 5, onWrite: (...values) => heard.push(values) },
    ]);
    file.write(0, 4, 8);
    expect(heard).toEqual([[8, 5]]);
    file.register('A').value = 1;
    file.reset();
    expect(heard.length).toBe(1);
    expect(file.read(0, 4)).toBe(5);
  });
});

describe('accesses that are not exact', () => {
  const written: string[] = [];
  const file = sheet([
    {
      name: 'A',
      off: 0,
      width: 2,
      access: 'rw',
      reset: 0x1122,
      onWrite: (v) => written.push(`A ${v}`),
    },
    {
      name: 'B',
      off: 2,
      width: 1,
      access: 'rw',
      reset: 0x33,
      onWrite: (v) => written.push(`B ${v}`),
    },
    { name: 'C', off: 4, access: 'rw', reset: 0x8899_aabb, onWrite: (v) => written.push(`C ${v}`) },
  ]);

  it('a hole reads as ones', () => {
    expect([file.read(3, 1), file.read(8, 2), file.read(0x3c, 4)]).toEqual([
      0xff, 0xffff, 0xffff_ffff,
    ]);
  });

  it('a wide read is put together, a narrow one cut out', () => {
    expect(file.read(0, 4)).toBe(0xff33_1122);
    expect([file.read(0, 1), file.read(1, 1)]).toEqual([0x22, 0x11]);
    expect([file.read(6, 2), file.read(7, 1)]).toEqual([0x8899, 0x88]);
  });

  it('a wide write reaches what it covers whole, in the order of addresses', () => {
    file.write(0, 4, 0x4455_6677);
    expect(written.splice(0)).toEqual([`A 26231`, `B 85`]);
  });

  it('a write to a part is ignored', () => {
    file.write(4, 1, 0);
    file.write(6, 2, 0);
    file.write(0x20, 4, 0);
    expect(written).toEqual([]);
    expect(file.read(4, 4)).toBe(0x8899_aabb);
  });
});

describe('a list that cannot be is refused', () => {
  const a: RegisterSpec = { name: 'A', off: 0, access: 'rw' };
  const cases: readonly [string, RegisterSpec, RegExp][] = [
    ['an overlap', { name: 'B', off: 2, width: 2, access: 'rw' }, /B overlaps A/],
    ['the same name', { name: 'A', off: 8, access: 'rw' }, /A twice/],
    ['outside', { name: 'B', off: 0x40, access: 'rw' }, /ends at 68 of 64/],
    ['not aligned', { name: 'B', off: 6, access: 'rw' }, /offset 6/],
    ['NaN', { name: 'B', off: NaN, access: 'rw' }, /offset NaN/],
    ['too large a reset', { name: 'B', off: 8, width: 1, access: 'rw', reset: 256 }, /reset 256/],
    ['a signed mask', { name: 'B', off: 8, access: 'rw', mask: -1 }, /mask -1/],
  ];
  it.each(cases)('%s', (_what, b, message) => {
    expect(() => sheet([a, b])).toThrow(message);
  });

  it('and so is a name there is not', () => {
    expect(() => sheet([a]).register('Z')).toThrow(/no register Z/);
  });
});

/** Plain registers of any layout against a map from bytes to registers, thought of naively. */
it('any access reads what single bytes would', () => {
  const layout = fc.uniqueArray(
    fc.record({
      off: fc.integer({ min: 0, max: 15 }),
      width: fc.constantFrom<RegisterWidth>(1, 2, 4),
      reset: fc.nat(),
    }),
    { selector: (r) => r.off },
  );
  const access = fc.record({ at: fc.nat(15), width: fc.constantFrom<RegisterWidth>(1, 2, 4) });
  fc.assert(
    fc.property(layout, fc.array(access), (wanted, accesses) => {
      const bytes = new Array<number>(32).fill(-1);
      const registers: RegisterSpec[] = [];
      for (const { off, width, reset } of wanted) {
        const free = off % width === 0 && bytes.slice(off, off + width).every((b) => b < 0);
        if (!free) continue;
        const value = reset % 2 ** (8 * width);
        registers.push({ name: `R${off}`, off, width, access: 'rw', reset: value });
        for (let i = 0; i < width; i++) bytes[off + i] = Math.floor(value / 256 ** i) % 256;
      }
      const file = sheet(registers);
      for (const { at, width } of accesses) {
        const off = at - (at % width);
        const wantedValue = bytes
          .slice(off, off + width)
          .reduce((sum, b, i) => sum + (b < 0 ? 255 : b) * 256 ** i, 0);
        expect(file.read(off, width)).toBe(wantedValue);
      }
    }),
  );
});
