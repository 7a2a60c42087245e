/** The arena's facts, one by one. */
import { describe, expect, test } from 'vitest';
import { Arena } from '../../src/vmem/arena.js';
import type { Constraints } from '../../src/vmem/constraints.js';
import { Panic } from '../../src/sys/errors.js';

const END = 2 ** 53;

function made(quantum: number, ...spans: [number, number][]): Arena {
  const arena = new Arena('test', quantum);
  for (const [base, size] of spans) arena.add(base, size);
  return arena;
}

function panicOf(fn: () => unknown): Panic {
  try {
    fn();
  } catch (e) {
    if (e instanceof Panic) return e;
    throw e;
  }
  throw new Error('no panic');
}

/** What a caller can pass although the type forbids it. */
const wrong = [0, -1, 1.5, NaN, Infinity, -Infinity, 2 ** 53 + 2, '16', 16n, null, undefined, {}];

describe('spans', () => {
  test.each([0, 3, 6, 1.5, -2, NaN, 2 ** 40 + 1])('quantum %s is refused', (quantum) => {
    expect(() => new Arena('test', quantum)).toThrow(/not a power of two/);
  });

  test.each([1, 2, 4096, 2 ** 31, 2 ** 40, 2 ** 52])('quantum %s is a power of two', (quantum) => {
    const arena = made(quantum, [quantum, quantum]);
    expect(arena.alloc(1)).toBe(quantum);
    expect(arena.alloc(1)).toBe(-1);
  });

  test.each([
    [1, 4096, /misaligned/],
    [4096, 1, /misaligned/],
    [4096, 0, /not a range/],
    [-4096, 4096, /not a range/],
    [END - 4096, 8192, /not a range/],
    [NaN, 4096, /not a range/],
    [0x1000, 0x2000, /overlaps/],
    [0x11000, 0x1000, /overlaps/],
    [0, 0x100000, /overlaps/],
  ])('add(%s, %s) is refused and changes nothing', (base, size, why) => {
    const arena = made(4096, [0x2000, 0x10000]);
    const panic = panicOf(() => {
      arena.add(base, size);
    });
    expect(panic.message).toMatch(why);
    expect(panic.values).toMatchObject({ arena: 'test', addr: base, size });
    expect(arena.total).toBe(0x10000);
    expect([...arena.segments()]).toEqual([{ base: 0x2000, size: 0x10000, kind: 'free' }]);
  });

  test('are shown in address order whatever the order of their addition', () => {
    const arena = made(1, [300, 10], [100, 10], [200, 10]);
    expect([...arena.segments()].map((s) => s.base)).toEqual([100, 200, 300]);
    expect(arena.total).toBe(30);
  });

  test('that touch are not joined, so nothing lies across two', () => {
    const arena = made(1, [0, 10], [10, 10]);
    expect(arena.alloc(11)).toBe(-1);
    const a = arena.alloc(10);
    const b = arena.alloc(10);
    expect([a, b].sort((x, y) => x - y)).toEqual([0, 10]);
    arena.free(a, 10);
    arena.free(b, 10);
    expect([...arena.segments()]).toHaveLength(2);
  });

  test('contain ranges inside one of them', () => {
    const arena = made(16, [0x100, 0x100], [0x200, 0x100], [END - 16, 16]);
    expect(arena.contains(0x100, 0x100)).toBe(true);
    expect(arena.contains(0x101, 0xff)).toBe(true);
    expect(arena.contains(0x101, 0x100)).toBe(false);
    expect(arena.contains(0xff, 1)).toBe(false);
    expect(arena.contains(0x300, 1)).toBe(false);
    expect(arena.contains(0x300, 0)).toBe(true);
    expect(arena.contains(END - 1, 1)).toBe(true);
    expect(arena.contains(END - 1, 2)).toBe(false);
    for (const n of wrong.slice(1)) {
      expect(arena.contains(n as number, 1)).toBe(false);
      expect(arena.contains(0x100, n as number)).toBe(false);
    }
    expect(new Arena('empty', 1).contains(0, 1)).toBe(false);
  });
});

describe('alloc and free', () => {
  test('count what was asked and consume what was rounded', () => {
    const arena = made(16, [0, 64]);
    const a = arena.alloc(17);
    expect(arena.inUse).toBe(17);
    expect([...arena.segments()]).toEqual([
      { base: 0, size: 32, kind: 'alloc' },
      { base: 32, size: 32, kind: 'free' },
    ]);
    expect(arena.find(16)).toEqual({ base: 0, size: 17 });
    expect(arena.find(17), 'consumed by rounding only').toBeUndefined();
    arena.free(a, 17);
    expect(arena.inUse).toBe(0);
    expect([...arena.segments()]).toEqual([{ base: 0, size: 64, kind: 'free' }]);
  });

  test.each(wrong)('size %s panics and changes nothing', (size) => {
    const arena = made(16, [0, 64]);
    const fault = /(alloc|xalloc)\(test.*(not an integer from 1 to 2\^53)/;
    expect(() => arena.alloc(size as number)).toThrow(fault);
    expect(() => arena.xalloc(size as number, {})).toThrow(fault);
    expect(arena.stats.searches).toBe(0);
    expect(arena.alloc(64)).toBe(0);
  });

  test('an arena without spans has nothing', () => {
    const arena = new Arena('empty', 1);
    expect(arena.alloc(1)).toBe(-1);
    expect(arena.xalloc(1, { align: 8 })).toBe(-1);
    expect(arena.find(0)).toBeUndefined();
    expect([...arena.segments()]).toEqual([]);
    expect(arena.stats).toEqual({
      allocs: 0,
      frees: 0,
      fails: 2,
      searches: 2,
      examined: 0,
      fullWalks: 2,
    });
  });

  test.each([
    ['nothing there', 0x5000, 0x1000, /bad free: nothing/],
    ['free already', 0x2000, 0x1000, /bad free: nothing/],
    ['inside', 0x1800, 0x800, /bad free: inside the segment at 0x1000 of 0x1000/],
    ['longer', 0x1000, 0x1001, /wrong size: allocated with 0x1000/],
    ['same quanta', 0x1000, 0xfff, /wrong size: allocated with 0x1000/],
    ['outside', 0x900000, 0x1000, /bad free: nothing/],
    ['no size', 0x1000, 0, /wrong size/],
  ])('a wrong free panics with its values: %s', (_what, addr, size, why) => {
    const arena = made(0x1000, [0x1000, 0x100000]);
    expect(arena.alloc(0x1000)).toBe(0x1000);
    expect(arena.alloc(0x1000)).toBe(0x2000);
    arena.free(0x2000, 0x1000);
    const before = [...arena.segments()];
    const panic = panicOf(() => {
      arena.free(addr, size);
    });
    expect(panic.message).toMatch(why);
    expect(panic.message).toContain(`0x${addr.toString(16)}`);
    expect(panic.message).toContain(`0x${size.toString(16)}`);
    expect(panic.values).toMatchObject({ arena: 'test', addr, size });
    expect([...arena.segments()]).toEqual(before);
    arena.free(0x1000, 0x1000);
  });

  // JavaScript itself refuses to mix a bigint with numbers.
  const unmixed = wrong.slice(1).filter((n) => typeof n !== 'bigint');
  test.each(unmixed)('free of %s panics', (n) => {
    const arena = made(1, [0, 64]);
    arena.alloc(16);
    expect(() => {
      arena.free(n as number, 16);
    }).toThrow(/bad free/);
    expect(() => {
      arena.free(0, n as number);
    }).toThrow(/wrong size/);
    expect(arena.inUse).toBe(16);
  });

  test('all orders of freeing three neighbours leave one segment', () => {
    const orders = [
      [0, 1, 2],
      [0, 2, 1],
      [1, 0, 2],
      [1, 2, 0],
      [2, 0, 1],
      [2, 1, 0],
    ];
    for (const order of orders) {
      const arena = made(1, [0, 30]);
      for (let i = 0; i < 3; i++) expect(arena.alloc(10)).toBe(i * 10);
      for (const i of order) arena.free(i * 10, 10);
      expect([...arena.segments()]).toEqual([{ base: 0, size: 30, kind: 'free' }]);
    }
  });

  test('addresses and sizes up to 2^53', () => {
    const arena = made(1, [0, END]);
    expect(arena.alloc(END)).toBe(0);
    expect(arena.find(END - 1)).toEqual({ base: 0, size: END });
    arena.free(0, END);
    const a = arena.xalloc(3, { min: END - 3 });
    expect(a).toBe(END - 3);
    expect(arena.xalloc(1, { min: END - 2 })).toBe(-1);
    expect(arena.alloc(END - 3)).toBe(0);
    arena.free(a, 3);
    arena.free(0, END - 3);
    expect([...arena.segments()]).toEqual([{ base: 0, size: END, kind: 'free' }]);
  });
});

describe('size classes', () => {
  // Around every boundary of a class, from 1 to 2^53.
  const sizes = Array.from({ length: 53 }, (_, k) =>
    [0, 1, 16, 31].map((j) => 2 ** k + (j * 2 ** k) / 32),
  )
    .flat()
    .flatMap((n) => [Math.floor(n) - 1, Math.floor(n), Math.floor(n) + 1])
    .filter((n) => n >= 1);

  test('a segment serves its own size and none larger, whatever the size', () => {
    for (const size of sizes) {
      const arena = made(1, [0, size]);
      expect(arena.alloc(size + 1)).toBe(-1);
      expect(arena.alloc(size)).toBe(0);
      expect(arena.alloc(1)).toBe(-1);
      expect(arena.find(size - 1)).toEqual({ base: 0, size });
      arena.free(0, size);
      expect(arena.xalloc(size, { min: 0, max: size })).toBe(0);
    }
  });

  test('of segments of all sizes the one taken is the shortest class that surely fits', () => {
    const arena = new Arena('test', 1);
    let base = 0;
    for (let k = 0; k < 52; k++) {
      arena.add(base, 2 ** k);
      base += 2 ** k;
    }
    for (let k = 51; k >= 0; k--) expect(arena.alloc(2 ** k)).toBe(2 ** k - 1);
    expect(arena.alloc(1)).toBe(-1);
    for (let k = 0; k < 52; k++)
      expect(arena.find(2 ** k - 1)).toEqual({ base: 2 ** k - 1, size: 2 ** k });
    arena.free(2 ** 51 - 1, 2 ** 51);
    expect(arena.alloc(1), 'found across the whole summary').toBe(2 ** 51 - 1);
  });
});

describe('xalloc', () => {
  test('golden 39: impossible constraints panic', () => {
    const arena = made(0x1000, [0x1000, 0x100000]);
    const over = panicOf(() => arena.xalloc(0x1000, { align: 0x8000, nocross: 0x4000 }));
    expect(over.message).toMatch(/overconstrained/);
    const odd = panicOf(() => arena.xalloc(0x1000, { nocross: 0x6000 }));
    expect(odd.message).toMatch(/invalid/);
    const a = arena.xalloc(0x1000, {});
    expect(() => {
      arena.free(a, 0x2000);
    }).toThrow(/wrong size/);
  });

  const cases: [string, number, Constraints, RegExp][] = [
    ['align below the quantum', 0x1000, { align: 0x800 }, /misaligned/],
    ['phase below the quantum', 0x1000, { align: 0x2000, phase: 0x800 }, /misaligned/],
    ['nocross below the quantum', 0x800, { nocross: 0x800 }, /misaligned/],
    ['align above nocross', 0x1000, { align: 0x8000, nocross: 0x4000 }, /overconstrained/],
    ['size above nocross', 0x4001, { nocross: 0x4000 }, /overconstrained/],
    [
      'size above nocross from its phase',
      0x3000,
      { align: 0x4000, phase: 0x2000, nocross: 0x4000 },
      /overconstrained/,
    ],
    ['phase not below align', 0x1000, { align: 0x2000, phase: 0x2000 }, /invalid phase/],
    ['phase without align', 0x1000, { phase: 0x1000 }, /invalid phase/],
    ['align no power of two', 0x1000, { align: 0x3000 }, /invalid align/],
    ['nocross no power of two', 0x1000, { nocross: 0x6000 }, /invalid nocross/],
    ['align and nocross negative', 0x1000, { align: -0x1000, nocross: -0x1000 }, /invalid/],
    ['a fraction', 0x1000, { min: 0.5 }, /invalid constraint/],
    ['not a number', 0x1000, { align: NaN }, /invalid constraint/],
    ['a max beyond 2^53', 0x1000, { max: END + 2 }, /invalid constraint/],
    [
      'an align that is no number',
      0x1000,
      { align: null as unknown as number },
      /invalid constraint/,
    ],
    ['a string', 0x1000, { align: '4096' as unknown as number }, /invalid constraint/],
    ['a bigint', 0x1000, { max: 4096n as unknown as number }, /invalid constraint/],
    ['null', 0x1000, { nocross: null as unknown as number }, /invalid constraint/],
  ];
  test.each(cases)('panics with every value at %s', (_what, size, c, why) => {
    const arena = made(0x1000, [0x1000, 0x100000]);
    const panic = panicOf(() => arena.xalloc(size, c));
    expect(panic.message).toMatch(why);
    const values = {
      quantum: 0x1000,
      size,
      align: 0,
      phase: 0,
      nocross: 0,
      min: 0,
      max: 0,
      ...c,
    };
    expect(panic.values).toEqual({ arena: 'test', ...values });
    expect(panic.message).toContain('test');
    for (const name of Object.keys(values)) expect(panic.message).toContain(`${name} `);
    expect(arena.stats.searches).toBe(0);
    expect(arena.inUse).toBe(0);
  });

  test('0 and undefined constrain nothing', () => {
    const arena = made(16, [32, 64]);
    const none = { align: 0, phase: 0, nocross: 0, min: 0, max: 0 };
    expect(arena.xalloc(16, none)).toBe(32);
    expect(arena.xalloc(16, { align: undefined, max: undefined })).toBe(48);
  });

  test('a window that is empty or elsewhere is no panic, nothing fits', () => {
    const arena = made(16, [0x100, 0x100]);
    expect(arena.xalloc(16, { min: 0x180, max: 0x180 })).toBe(-1);
    expect(arena.xalloc(16, { min: 0x200, max: 0x100 })).toBe(-1);
    expect(arena.xalloc(16, { min: 0x1000 })).toBe(-1);
    expect(arena.xalloc(16, { max: 0x10f })).toBe(-1);
    expect(arena.xalloc(15, { max: 0x10f })).toBe(0x100);
  });

  test('phase shifts from the multiples of align', () => {
    const arena = made(1, [3, 100]);
    expect(arena.xalloc(4, { align: 16, phase: 5 })).toBe(5);
    expect(arena.xalloc(4, { align: 16, phase: 5 })).toBe(21);
    expect(arena.xalloc(4, { align: 16, phase: 2 })).toBe(34);
  });

  test('nocross moves to the phase after the boundary', () => {
    const arena = made(1, [10, 100]);
    expect(arena.xalloc(8, { nocross: 16 })).toBe(16);
    expect(arena.xalloc(8, { align: 4, phase: 3, nocross: 16, min: 25 })).toBe(35);
  });

  test('DEVIATION from the kernel: a short segment is used though longer lists are surer', () => {
    const arena = made(1, [0, 71], [1000, 4000]);
    // 70 and 71 are of one class, whose members are not surely enough for 71; the long segment is,
    // but lies above max.
    expect(arena.xalloc(71, { max: 100 })).toBe(0);
    expect(arena.stats.fullWalks).toBe(1);
  });

  test('asks for more instead of walking: aligned requests examine two segments at most', () => {
    const arena = made(1, [1, 2 ** 24]);
    const holes: number[] = [];
    for (let i = 0; i < 2000; i++) {
      const a = arena.alloc(100);
      arena.alloc(1);
      holes.push(a);
    }
    for (const a of holes) arena.free(a, 100);
    const { examined, fullWalks } = { ...arena.stats };
    for (let i = 0; i < 100; i++) arena.xalloc(99, { align: 4096, nocross: 4096 });
    expect(arena.stats.examined - examined).toBeLessThanOrEqual(200);
    expect(arena.stats.fullWalks).toBe(fullWalks);
  });
});
