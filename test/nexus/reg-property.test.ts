/** The `reg` property: the cells of pci(4), and where register sets are placed. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { RegisterSpace } from '../../src/machine/device.js';
import { decodeReg, encodeReg, RegPlaces, regSpaces } from '../../src/nexus/reg-property.js';

function set(kind: RegisterSpace['kind'], sizeBytes: number): RegisterSpace {
  return { name: kind, kind, sizeBytes, read: () => 0, write: () => undefined };
}

describe('a tuple', () => {
  it('has the cells of pci(4)', () => {
    // The second base address register of function 3 of device 5 on bus 2: 64-bit memory.
    const tuple = encodeReg({
      space: 'memory64',
      bus: 2,
      device: 5,
      func: 3,
      register: 0x14,
      address: 0x12_3456_7000n,
      sizeBytes: 0x1_0000_1000n,
    });
    expect(tuple).toEqual({
      pci_phys_hi: 0x0302_2b14,
      pci_phys_mid: 0x12,
      pci_phys_low: 0x3456_7000,
      pci_size_hi: 1,
      pci_size_low: 0x1000,
    });
  });

  it('says what was put in', () => {
    const place = fc.record({
      space: fc.constantFrom(...regSpaces),
      bus: fc.nat(255),
      device: fc.nat(31),
      func: fc.nat(7),
      register: fc.nat(255),
      address: fc.bigInt(0n, (1n << 64n) - 1n),
      sizeBytes: fc.bigInt(0n, (1n << 64n) - 1n),
    });
    fc.assert(
      fc.property(place, (given) => {
        expect(decodeReg(encodeReg(given))).toEqual(given);
      }),
    );
  });
});

describe('places', () => {
  it('follow the node and the order of the sets', () => {
    const sets = [set('config', 256), set('memory', 4096), set('io', 32), set('memory', 100)];
    const places = new RegPlaces().of('1f,2', sets).map(decodeReg);
    expect(places.map((p) => [p.space, p.device, p.func, p.register])).toEqual([
      ['config', 31, 2, 0],
      ['memory32', 31, 2, 0x10],
      ['io', 31, 2, 0x14],
      ['memory32', 31, 2, 0x18],
    ]);
  });

  it('are apart and aligned, whatever is asked for', () => {
    const kind = fc.constantFrom('memory', 'io');
    const sizes = fc.array(fc.tuple(kind, fc.integer({ min: 1, max: 1 << 10 })), { maxLength: 20 });
    fc.assert(
      fc.property(fc.array(sizes, { maxLength: 2 }), (devices) => {
        const places = new RegPlaces();
        const given = devices.flatMap((wanted, i) =>
          places
            .of(
              String(i),
              wanted.map(([k, size]) => set(k as 'io', size)),
            )
            .map(decodeReg),
        );
        for (const [i, a] of given.entries()) {
          expect(a.address % 16n).toBe(0n);
          for (const b of given.slice(0, i)) {
            if (a.space !== b.space) continue;
            const apart =
              a.address + a.sizeBytes <= b.address || b.address + b.sizeBytes <= a.address;
            expect(apart, `${a.address}+${a.sizeBytes} and ${b.address}+${b.sizeBytes}`).toBe(true);
          }
        }
      }),
    );
  });

  it('are above 4 GiB when there is no room below, and take two registers', () => {
    const sets = [set('memory', 2 ** 31), set('memory', 16)];
    const [large, small] = new RegPlaces().of('0', sets).map(decodeReg);
    expect(large).toMatchObject({ space: 'memory64', address: 1n << 40n, sizeBytes: 1n << 31n });
    expect(small).toMatchObject({ space: 'memory32', register: 0x18 });
  });

  it('end with I/O space', () => {
    const places = new RegPlaces();
    expect(() => places.of('0', [set('io', 0x8000), set('io', 0x8000)])).toThrow(/no 32768 ports/);
  });
});
