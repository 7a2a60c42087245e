import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SeededChooser } from '../../src/machine/choose.js';
import { PageTable } from '../../src/machine/pages.js';
import { Store } from '../../src/machine/store.js';
import { CoherentView } from '../../src/machine/view.js';
import { WriteBuffers } from '../../src/machine/write-buffers.js';

const page = 4;
const pfn = 77;
const base = page * 4096;

/** A page of write-combining memory, one of uncached memory behind it, and their buffers. */
function rig(choose: (kind: string, n: number) => number, combining = true) {
  const store = Store.own(64 * 1024);
  const pages = new PageTable(store.limit);
  pages.map(page, pfn, 'dma', 'write-combine');
  pages.map(page + 1, pfn + 1, 'dma', 'uncached');
  const parts = { store, pages };
  const buffers = new WriteBuffers(new CoherentView(store, pages), parts, choose, combining);
  const put = (off: number, ...bytes: number[]): void => {
    buffers.access('store', base + off, bytes.length);
    store.bytes.set(bytes, base + off);
  };
  const load = (off: number, len: number): number[] => {
    buffers.access('load', base + off, len);
    return [...store.bytes.subarray(base + off, base + off + len)];
  };
  const seen = (off: number, len: number): number[] => {
    const into = new Uint8Array(len);
    expect(buffers.read(pfn, off, into, 0, len)).toBe(true);
    return [...into];
  };
  const device = (off: number, ...bytes: number[]): void => {
    expect(buffers.write(pfn, off, Uint8Array.from(bytes), 0, bytes.length)).toBe(true);
  };
  const cpu = (): number[] => [...store.bytes.subarray(base, base + 4096)];
  return { buffers, store: put, load, seen, device, cpu };
}

/** Always the last answer: nothing is drained early, and the youngest goes first. */
const last = (_kind: string, n: number): number => n - 1;
const line = (value: number): number[] => Array.from({ length: 64 }, () => value);

describe('a store to write-combining memory', () => {
  it('is seen by the CPU at once and by a device when the buffers are drained', () => {
    const { store, seen, buffers, cpu } = rig(last);
    store(8, 1, 2, 3, 4);
    expect(cpu().slice(8, 12)).toEqual([1, 2, 3, 4]);
    expect(seen(8, 4)).toEqual([0, 0, 0, 0]);
    expect(buffers.pending).toBe(true);
    buffers.drain();
    expect(seen(8, 4)).toEqual([1, 2, 3, 4]);
    expect(buffers.pending).toBe(false);
  });

  it('is in memory once its line is full', () => {
    const { store, seen, buffers } = rig(last);
    store(0, ...line(5).slice(1));
    expect(seen(0, 64)).toEqual(line(0));
    store(63, 6);
    expect(seen(0, 64)).toEqual([...line(5).slice(1), 6]);
    expect(buffers.pending).toBe(false);
  });

  it('may be overtaken by a later one', () => {
    const { store, seen } = rig(last);
    // Eight buffers; the ninth line makes the youngest of them go.
    for (let i = 0; i < 9; i++) store(i * 64, i + 1);
    expect(seen(0, 1)).toEqual([0]);
    expect(seen(7 * 64, 1)).toEqual([8]);
    expect(seen(8 * 64, 1)).toEqual([0]);
  });

  it('may be in memory early, if so chosen', () => {
    const { store, seen } = rig(() => 0);
    store(0, 1);
    store(64, 2);
    expect(seen(0, 1)).toEqual([1]);
    expect(seen(64, 1)).toEqual([0]);
  });

  it('stays behind a store of a device to the same byte', () => {
    const { store, seen, device, buffers, cpu } = rig(last);
    store(0, 1);
    device(0, 9, 8);
    expect(seen(0, 2)).toEqual([9, 8]);
    expect(cpu().slice(0, 2)).toEqual([1, 8]);
    buffers.drain();
    expect(seen(0, 2)).toEqual([1, 8]);
  });

  it('goes straight to memory where nothing combines', () => {
    const { store, seen } = rig(last, false);
    store(0, 1);
    expect(seen(0, 1)).toEqual([1]);
  });
});

describe('the buffers are drained', () => {
  it('by a load of such memory, wherever it is', () => {
    const { store, load, seen } = rig(last);
    store(0, 1);
    expect(load(2048, 4)).toEqual([0, 0, 0, 0]);
    expect(seen(0, 1)).toEqual([1]);
  });

  it.each(['load', 'store'] as const)('by a %s of uncached memory', (op) => {
    const { store, seen, buffers } = rig(last);
    store(0, 1);
    buffers.access(op, base + 4096, 4);
    expect(seen(0, 1)).toEqual([1]);
  });

  it('by nothing that happens to cached memory', () => {
    const { store, seen, buffers } = rig(last);
    store(0, 1);
    buffers.access('load', 4096, 4);
    buffers.access('store', 4096, 4);
    expect(seen(0, 1)).toEqual([0]);
  });
});

/** The same, told as a list of stores that are on their way. */
class Naive {
  readonly memory = new Uint8Array(4096);
  /** Lines oldest first, each with its stores in their order. */
  onTheWay: { line: number; stores: [at: number, byte: number][] }[] = [];

  constructor(readonly choose: (kind: string, n: number) => number) {}

  store(off: number, bytes: readonly number[]): void {
    if (this.onTheWay.length > 0 && this.choose('early drain', 8) === 0) this.one();
    for (const [i, byte] of bytes.entries()) {
      const at = off + i;
      let entry = this.onTheWay.find((e) => e.line === at >> 6);
      if (entry === undefined) {
        if (this.onTheWay.length === 8) this.one();
        entry = { line: at >> 6, stores: [] };
        this.onTheWay.push(entry);
      }
      entry.stores.push([at, byte]);
      const endOfPart = i === bytes.length - 1 || (at & 63) === 63;
      if (endOfPart && new Set(entry.stores.map(([a]) => a)).size === 64) this.arrive(entry);
    }
  }

  one(): void {
    const entry = this.onTheWay[this.choose('drained buffer', this.onTheWay.length)];
    if (entry !== undefined) this.arrive(entry);
  }

  arrive(entry: Naive['onTheWay'][number]): void {
    for (const [at, byte] of entry.stores) this.memory[at] = byte;
    this.onTheWay = this.onTheWay.filter((e) => e !== entry);
  }

  drain(): void {
    for (const entry of [...this.onTheWay]) this.arrive(entry);
  }

  cpu(): number[] {
    const view = this.memory.slice();
    for (const { stores } of this.onTheWay) for (const [at, byte] of stores) view[at] = byte;
    return [...view];
  }
}

const off = fc.integer({ min: 0, max: 900 });
const bytes = fc.array(fc.integer({ min: 0, max: 255 }), { minLength: 1, maxLength: 100 });
const step = fc.oneof(
  { weight: 6, arbitrary: fc.record({ op: fc.constant('store' as const), off, bytes }) },
  { weight: 2, arbitrary: fc.record({ op: fc.constant('device' as const), off, bytes }) },
  fc.record({ op: fc.constant('load' as const), off }),
  fc.record({ op: fc.constant('drain' as const) }),
);

describe('the two views of memory', () => {
  it('are those of a list of stores on their way', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), fc.integer(), (steps, seed) => {
        const [mine, other] = [new SeededChooser(seed), new SeededChooser(seed)];
        const real = rig((kind, n) => mine.choose(kind, n));
        const naive = new Naive((kind, n) => other.choose(kind, n));
        for (const s of steps) {
          if (s.op === 'store') {
            real.store(s.off, ...s.bytes);
            naive.store(s.off, s.bytes);
          } else if (s.op === 'device') {
            real.device(s.off, ...s.bytes);
            naive.memory.set(s.bytes, s.off);
          } else if (s.op === 'load') {
            expect(real.load(s.off, 8)).toEqual(naive.cpu().slice(s.off, s.off + 8));
            naive.drain();
          } else {
            real.buffers.drain();
            naive.drain();
          }
          expect(real.seen(0, 1024)).toEqual([...naive.memory.subarray(0, 1024)]);
          expect(real.cpu()).toEqual(naive.cpu());
        }
      }),
    );
  });
});
