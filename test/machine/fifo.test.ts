import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Fifo, type FifoPlace } from '../../src/machine/fifo.js';

describe('a queue', () => {
  it('does what an array would', () => {
    const step = fc.tuple(fc.constantFrom('push', 'shift', 'remove', 'clear'), fc.nat(30));
    fc.assert(
      fc.property(fc.array(step, { maxLength: 150 }), (steps) => {
        const fifo = new Fifo<number>('test', 1000);
        const places: FifoPlace<number>[] = [];
        let array: number[] = [];
        for (const [what, n] of steps) {
          if (what === 'push') {
            array.push(places.length);
            places.push(fifo.push(places.length));
          } else if (what === 'shift') {
            expect(fifo.shift()).toBe(array.shift());
          } else if (what === 'remove') {
            const place = places[n];
            if (place === undefined) continue;
            expect(fifo.remove(place)).toBe(array.includes(n));
            array = array.filter((x) => x !== n);
          } else if (n === 0) {
            fifo.clear();
            array = [];
          }
          expect([...fifo]).toEqual(array);
          expect([fifo.size, fifo.first]).toEqual([array.length, array[0]]);
        }
      }),
    );
  });

  it('has a limit, and knows its own', () => {
    const fifo = new Fifo<string>('small', 2);
    fifo.push('a');
    const place = fifo.push('b');
    expect(() => fifo.push('c')).toThrow('small: more than 2 are queued');
    expect(new Fifo<string>('other', 2).remove(place)).toBe(false);
    expect([...fifo]).toEqual(['a', 'b']);
  });
});
