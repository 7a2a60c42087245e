import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { boot } from '../../src/platforms/index.js';
import { KM_NOSLEEP, KM_SLEEP } from '../../src/sys/constants.js';
import { Panic } from '../../src/sys/errors.js';

describe('kernel memory', () => {
  it('is 8-byte aligned, apart, never zero when fresh, and all of it comes back', () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof(fc.integer({ min: 1, max: 200 }), fc.integer({ min: 1, max: 20000 })), {
          maxLength: 40,
        }),
        fc.integer(),
        (sizes, seed) => {
          const { kernel, live, frames, probe } = boot({ seed });
          const before = frames.inUse;
          const blocks = sizes.map((size) => ({
            size,
            va: kernel.kmem_alloc(size, KM_SLEEP) ?? 0,
          }));
          const sorted = [...blocks].sort((a, b) => a.va - b.va);
          for (const [i, b] of sorted.entries()) {
            // kmem_alloc(9F) DS-1: a double word, and nothing more.
            expect(b.va % 8).toBe(0);
            const next = sorted[i + 1];
            if (next) expect(b.va + b.size <= next.va).toBe(true);
            // kmem_alloc(9F) DS-2: arbitrary content; here the kernel's own pattern.
            const first = probe.peek(b.va, b.size);
            expect(first.some((x) => x !== 0)).toBe(true);
            kernel.copyBytesIn(b.va, new Uint8Array(b.size).fill(i + 1));
          }
          for (const [i, b] of sorted.entries()) {
            expect(probe.peek(b.va, b.size).every((x) => x === ((i + 1) & 255))).toBe(true);
          }
          expect(live.list()).toHaveLength(sizes.length);
          for (const b of blocks) kernel.kmem_free(b.va, b.size);
          expect(live.list()).toEqual([]);
          expect(frames.inUse).toBe(before);
        },
      ),
      { numRuns: 60, seed: 22 },
    );
  });

  it('size 0 gives null, and freeing nothing is legal (kmem_alloc(9F) NT-1)', () => {
    const { kernel } = boot();
    expect(kernel.kmem_alloc(0, KM_SLEEP)).toBeNull();
    kernel.kmem_free(null, 0);
  });

  it.each([
    ['another size', 8, 0],
    ['an inner address', 16, 8],
  ])('freeing with %s panics and the panic latches', (_what, size, inner) => {
    const { kernel } = boot();
    const va = kernel.kmem_alloc(16, KM_SLEEP) ?? 0;
    expect(() => {
      kernel.kmem_free(va + inner, size);
    }).toThrow(Panic);
    expect(() => kernel.kmem_alloc(1, KM_NOSLEEP)).toThrow(Panic);
  });

  it('KM_NOSLEEP answers null when memory is short (kmem_alloc(9F) FL-2)', () => {
    const { kernel, live } = boot({ store: 1 << 20 });
    expect(kernel.kmem_alloc(2 << 20, KM_NOSLEEP)).toBeNull();
    expect(live.list()).toEqual([]);
  });

  it('runs into a hole on either side of a large block', () => {
    const { kernel } = boot();
    const va = kernel.kmem_alloc(8192, KM_SLEEP) ?? 0;
    kernel.store8(va + 8191, 1);
    expect(() => {
      kernel.store8(va + 8192, 1);
    }).toThrow(/no memory is mapped/);
    const other = boot().kernel;
    const vb = other.kmem_alloc(8192, KM_SLEEP) ?? 0;
    expect(() => other.load8(vb - 1)).toThrow(/no memory is mapped/);
  });
});

describe('block operations', () => {
  it('bcopy copies overlapping ranges, bcmp compares, bzero clears', () => {
    const { kernel } = boot();
    const va = kernel.kmem_zalloc(64, KM_SLEEP) ?? 0;
    kernel.copyBytesIn(va, Uint8Array.of(1, 2, 3, 4));
    kernel.bcopy(va, va + 2, 4);
    expect([...kernel.copyBytesOut(va, 6)]).toEqual([1, 2, 1, 2, 3, 4]);
    expect(kernel.bcmp(va, va + 2, 2)).toBe(0);
    expect(kernel.bcmp(va, va + 1, 2)).toBe(1);
    kernel.bzero(va, 6);
    expect([...kernel.copyBytesOut(va, 6)]).toEqual([0, 0, 0, 0, 0, 0]);
  });

  it('loads and stores are in the order of the host', () => {
    const { kernel } = boot();
    const va = kernel.kmem_alloc(16, KM_SLEEP) ?? 0;
    kernel.store64(va, 0x0102030405060708n);
    expect(kernel.load8(va)).toBe(8);
    expect(kernel.load16(va)).toBe(0x0708);
    expect(kernel.load32(va)).toBe(0x05060708);
    expect(kernel.load64(va)).toBe(0x0102030405060708n);
  });
});

describe('place', () => {
  it('puts a buffer on the frames named, in order, beyond installed memory too', () => {
    const machine = boot();
    const va = machine.place([0x500, 0x123456789, 0x501], 100);
    expect(va & 4095).toBe(100);
    expect([0, 1, 2].map((i) => machine.probe.pfnOf(va + 4096 * i))).toEqual([
      0x500, 0x123456789, 0x501,
    ]);
    machine.unplace(va);
    expect(machine.probe.pfnOf(va)).toBe(-1);
    expect(machine.frames.inUse).toBe(0);
  });

  it('takes nothing when a frame is in use', () => {
    const machine = boot();
    machine.place([0x500]);
    expect(() => machine.place([0x700, 0x500])).toThrow(/0x500/);
    expect(machine.frames.inUse).toBe(1);
  });
});
