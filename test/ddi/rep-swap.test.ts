/** Copies that turn data round, many at a time, are a loop of one at a time. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { swapInto } from '../../src/ddi/rep-swap.js';

const memoryBytes = 4096;
const classes = { 2: Uint16Array, 4: Uint32Array, 8: BigUint64Array } as const;

/** One datum after the other, byte for byte. */
function loop(memory: Uint8Array, to: number, from: number, count: number, bytes: number): void {
  for (let i = 0; i < count * bytes; i += bytes) {
    const datum = memory.slice(from + i, from + i + bytes).reverse();
    memory.set(datum, to + i);
  }
}

test('swapInto is a loop, also where the places overlap and around 64 data', () => {
  const request = fc.record({
    bytes: fc.constantFrom(2, 4, 8),
    count: fc.integer({ min: 0, max: 200 }),
    at: fc.nat(63),
    off: fc.nat(63),
  });
  fc.assert(
    fc.property(request, ({ bytes, count, at, off }) => {
      const [one, other] = [0, 1].map(() =>
        Uint8Array.from({ length: memoryBytes }, (_, i) => i * 7),
      );
      if (one === undefined || other === undefined) return;
      swapInto(new classes[bytes](one.buffer), at, new DataView(one.buffer), off * bytes, count);
      loop(other, at * bytes, off * bytes, count, bytes);
      expect(one).toEqual(other);
    }),
  );
});
