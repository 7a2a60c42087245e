/** Coverage: the data is whole, and what is counted from it is what is in it. */
import { describe, expect, it } from 'vitest';
import { coverageOf, packageOffers, productUsage, type Usage } from '../../src/corpus/coverage.js';
import * as frontDoor from '../../src/index.js';
import { boot } from '../../src/platforms/index.js';

const usage = productUsage();
const names = Object.values(usage.functions).flat();
const calls = Object.values(usage.drivers);

describe('the usage of the product', () => {
  it('has 161 drivers that call 83 functions of 14 families', () => {
    expect(calls).toHaveLength(161);
    expect(names).toHaveLength(83);
    expect(Object.keys(usage.functions)).toHaveLength(14);
    expect(calls.flat()).toHaveLength(2413);
  });

  it('names each function once, and those that are called and no others', () => {
    expect(new Set(names).size).toBe(names.length);
    expect([...new Set(calls.flat())].sort()).toEqual([...names].sort());
    for (const own of calls) {
      expect(own.length).toBeGreaterThan(0);
      expect(new Set(own).size).toBe(own.length);
    }
  });

  it('counts drivers as the sources have them', () => {
    const callers = (name: string): number => calls.filter((own) => own.includes(name)).length;
    expect(callers('ddi_dma_alloc_handle')).toBe(114);
    expect(callers('ddi_regs_map_setup')).toBe(126);
    expect(callers('pci_config_setup')).toBe(88);
    expect(callers('pci_config_getb')).toBe(1);
  });
});

describe('what the package offers', () => {
  it('is what its doors hand out, functions only', () => {
    const offers = packageOffers();
    const { kernel } = boot();
    for (const name of names) {
      const there = [frontDoor, kernel].some(
        (door) => typeof Reflect.get(door, name) === 'function',
      );
      expect(offers(name), name).toBe(there);
    }
    expect(offers('ddi_dma_sync')).toBe(true);
    expect(offers('ddi_umem_alloc')).toBe(true);
    for (const no of ['DDI_DMA_SLEEP', 'ddi_nonsense', 'toString', 'constructor', '']) {
      expect(offers(no), no).toBe(false);
    }
  });
});

describe('coverage', () => {
  it('of nothing and of everything', () => {
    const none = coverageOf(usage, () => false);
    expect(none.functions).toEqual({ called: 83, offered: 0 });
    expect(none.drivers).toEqual({ total: 161, covered: 0 });
    expect(none.missing).toHaveLength(83);
    expect(none.waiting).toEqual(usage.drivers);
    expect(none.missing.flatMap((m) => m.drivers)).toHaveLength(calls.flat().length);
    const all = coverageOf(usage, () => true);
    expect(all.functions).toEqual({ called: 83, offered: 83 });
    expect(all.drivers).toEqual({ total: 161, covered: 161 });
    expect(all).toMatchObject({ missing: [], waiting: {} });
  });

  it('without one function leaves exactly its callers waiting for it', () => {
    for (const name of names) {
      const callers = Object.entries(usage.drivers)
        .filter(([, own]) => own.includes(name))
        .map(([driver]) => driver);
      const { drivers, functions, missing, waiting } = coverageOf(usage, (n) => n !== name);
      expect(drivers.covered).toBe(161 - callers.length);
      expect(functions.offered).toBe(82);
      expect(missing).toMatchObject([{ name, drivers: callers }]);
      expect(waiting).toEqual(Object.fromEntries(callers.map((d) => [d, [name]])));
    }
  });

  it('sorts by how many wait, then by name', () => {
    const small: Usage = {
      source: 'here',
      functions: { one: ['b', 'a'], two: ['c', 'd'] },
      drivers: { x: ['c', 'b'], y: ['c', 'a', 'd'] },
    };
    expect(coverageOf(small, (n) => n === 'd')).toEqual({
      source: 'here',
      functions: { called: 4, offered: 1 },
      drivers: { total: 2, covered: 0 },
      families: [
        { family: 'one', called: 2, offered: 0 },
        { family: 'two', called: 2, offered: 1 },
      ],
      missing: [
        { name: 'c', family: 'two', drivers: ['x', 'y'] },
        { name: 'a', family: 'one', drivers: ['y'] },
        { name: 'b', family: 'one', drivers: ['x'] },
      ],
      waiting: { x: ['c', 'b'], y: ['c', 'a'] },
    });
  });
});
