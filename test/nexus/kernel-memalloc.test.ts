/** Memory as the x86 kernel allocates it: worked examples, placement, and what always holds. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  ddi_dma_free_handle,
  ddi_dma_mem_alloc,
  ddi_dma_mem_free,
  DDI_DMA_CONSISTENT,
  DDI_DMA_SLEEP,
  DDI_DMA_STREAMING,
  IOMEM_DATA_UNCACHED,
  must,
  type ddi_dma_attr_t,
} from '../../src/index.js';
import type { FrameLayout } from '../../src/machine/frames.js';
import { failWhile } from '../../src/machine/faults.js';
import { kmemIoRanges } from '../../src/nexus/kmem-io.js';
import { boot } from '../../src/platforms/index.js';
import {
  another,
  framesUnder,
  memory,
  memoryRig,
  runLengths,
  targetOf,
} from '../support/memory.js';
import { neverSwap } from '../support/system.js';

const kernel = 'production';
const MiB = 1n << 20n;
const GiB = 1n << 30n;

describe('what is asked of the page layer', () => {
  const hi32 = { dma_attr_addr_hi: 0xffffffffn };
  it.each<[string, Partial<ddi_dma_attr_t>, number, number, object, number]>([
    [
      'a small block is an object of a cache',
      { ...hi32, dma_attr_sgllen: 1 },
      100,
      DDI_DMA_STREAMING,
      { kind: 'cache', range: '4G', bytes: 256 },
      100,
    ],
    [
      'the length is padded to the alignment',
      { ...hi32, dma_attr_align: 64n, dma_attr_minxfer: 8 },
      100,
      DDI_DMA_STREAMING,
      { kind: 'cache', range: '4G', bytes: 256 },
      128,
    ],
    [
      'the header of a page makes two of it, which must adjoin',
      { ...hi32, dma_attr_align: 0x1000n, dma_attr_sgllen: 1 },
      4096,
      DDI_DMA_STREAMING,
      { kind: 'contig', bytes: 4096 },
      4096,
    ],
    [
      'contiguous memory is padded to minxfer alone',
      { ...hi32, dma_attr_align: 0x1000n, dma_attr_minxfer: 8, dma_attr_sgllen: 1 },
      4999,
      DDI_DMA_STREAMING,
      { kind: 'contig', bytes: 8192 },
      5000,
    ],
    [
      'what fits into a page with its header need not adjoin',
      { ...hi32, dma_attr_sgllen: 1 },
      4064,
      DDI_DMA_STREAMING,
      { kind: 'cache', range: '4G', bytes: 4096 },
      4064,
    ],
    [
      'a list that is long enough is served page by page',
      { ...hi32, dma_attr_sgllen: 256 },
      28672,
      DDI_DMA_CONSISTENT,
      { kind: 'arena', range: '4G', bytes: 28800 },
      28672,
    ],
    [
      'uncached memory is whole pages',
      {},
      85,
      DDI_DMA_STREAMING | IOMEM_DATA_UNCACHED,
      { kind: 'arena', range: '64G', bytes: 8192 },
      4096,
    ],
  ])('%s', (_what, attr, length, flags, source, real) => {
    const rig = memoryRig({ kernel }, attr);
    const mem = must(memory(rig, length, flags));
    expect(targetOf(mem.handle).source).toEqual(source);
    expect(mem.real_length).toBe(real);
    const align = Math.max(32, Number(attr.dma_attr_align ?? 1n));
    expect(mem.kaddr % align).toBe(0);
  });

  it.each([
    [0xffffffffffffffffn, '64G'],
    [0x83fffffffn, '64G'],
    [0x83ffffffen, '4G'],
    [0xffffffffn, '4G'],
    [0xfffffffen, '2G'],
    [0x7fffffffn, '2G'],
    [0x1ffffffen, '256M'],
    [0x1ffffffn, '32M'],
    [0xffffffn, '16M'],
  ])('addr_hi 0x%s is served from range %s', (dma_attr_addr_hi, range) => {
    const rig = memoryRig({ kernel }, { dma_attr_addr_hi });
    const mem = must(memory(rig, 9000));
    expect(targetOf(mem.handle).source).toMatchObject({ kind: 'arena', range });
    const highest = Math.max(...framesUnder(rig.machine, mem.kaddr, 9000));
    expect(BigInt(highest) * 4096n + 4095n <= dma_attr_addr_hi).toBe(true);
  });

  it.each([
    [33n * GiB, ['64G', 33n * GiB], 10],
    [4n * GiB, ['4G', 4n * GiB], 9],
    [4n * GiB + 4096n, ['64G', 4n * GiB + 4096n], 10],
    [3n * GiB, ['4G', 3n * GiB], 9],
    [24n * MiB, ['32M', 24n * MiB], 2],
    [16n * MiB, ['16M', 16n * MiB], 1],
    [8n * MiB, ['16M', 16n * MiB], 1],
    [128n * GiB, ['4P', 128n * GiB], 11],
  ] as const)('of %s bytes of memory the first range has all', (end, [name, size], count) => {
    const memory = [{ base: MiB, size: end - MiB }];
    const ranges = kmemIoRanges(boot({ kernel, memory }));
    expect(ranges[0]).toEqual({
      name,
      firstFrame: 0,
      limit: Number(size) - 1,
      initial: true,
    });
    expect(ranges.length).toBe(count);
  });
});

describe('where the memory lies', () => {
  const long = { dma_attr_sgllen: 4, dma_attr_addr_hi: 0xffffffffn };

  it.each<[FrameLayout, number[]]>([
    ['contiguous', [10]],
    ['descending', [10]],
    ['scattered', [3, 3, 3, 1]],
    ['fragmented', [3, 3, 3, 1]],
  ])('frames %s: runs of %j pages', (frames, runs) => {
    const rig = memoryRig({ kernel, frames }, long);
    const { kaddr } = must(memory(rig, 40960));
    expect(runLengths(framesUnder(rig.machine, kaddr, 40960))).toEqual(runs);
  });

  it('mixed: the machine chooses, the same for the same seed', () => {
    const { machine } = memoryRig({ kernel });
    const place = (seed: number): number[] => {
      machine.reset(seed);
      const rig = another(machine, long);
      return framesUnder(rig.machine, must(memory(rig, 40960)).kaddr, 40960);
    };
    const seeds = Array.from({ length: 20 }, (_, i) => i);
    expect(seeds.map(place)).toEqual(seeds.map(place));
    expect(new Set(seeds.map((seed) => runLengths(place(seed)).length))).toEqual(new Set([1, 4]));
  });

  it('contiguous memory is taken above 16 MiB, and below it when nothing else is left', () => {
    const one = { dma_attr_sgllen: 1 };
    const first = (size: bigint): number => {
      const rig = memoryRig({ kernel, memory: [{ base: MiB, size }] }, one);
      return framesUnder(rig.machine, must(memory(rig, 8192)).kaddr, 1)[0] ?? -1;
    };
    expect(first(64n * MiB) >= 0x1000).toBe(true);
    expect(first(8n * MiB) < 0x1000).toBe(true);
  });

  it('alignment beyond a page holds for frames too where memory is contiguous', () => {
    const rig = memoryRig({ kernel }, { dma_attr_sgllen: 2, dma_attr_align: 0x10000n });
    const { kaddr } = must(memory(rig, 100000));
    const pfns = framesUnder(rig.machine, kaddr, 100000);
    expect(kaddr % 0x10000).toBe(0);
    for (const [i, pfn] of pfns.entries()) {
      if (pfn !== (pfns[i - 1] ?? -2) + 1) expect(pfn % 16).toBe(0);
    }
  });

  it('segments that are no power of two are cut by the bits of dma_attr_seg', () => {
    const { machine } = memoryRig({ kernel });
    for (const mask of [2n, 5n, 0xan, 0x10n, 0x13n]) {
      for (let pages = 2; pages <= Number(mask) + 1; pages++) {
        const attr = { dma_attr_sgllen: 1, dma_attr_seg: (mask << 12n) | 0xfffn };
        const rig = another(machine, attr);
        const { kaddr } = must(memory(rig, pages * 4096));
        const pfns = framesUnder(rig.machine, kaddr, pages * 4096).map(BigInt);
        expect(runLengths(pfns.map(Number))).toEqual([pages]);
        expect(pfns.slice(1).every((pfn) => (pfn & mask) !== 0n)).toBe(true);
      }
    }
  });

  it('objects of a cache share pages, and the page goes with the last of them', () => {
    const rig = memoryRig({ kernel });
    const { machine } = rig;
    const blocks = Array.from({ length: 32 }, () => must(memory(rig, 64)));
    expect(new Set(blocks.map(({ kaddr }) => kaddr)).size).toBe(32);
    expect(machine.frames.inUse).toBe(1);
    blocks.push(must(memory(rig, 64)));
    expect(machine.frames.inUse).toBe(2);
    for (const { handle } of blocks.splice(0, 31)) ddi_dma_mem_free(handle);
    expect(machine.frames.inUse).toBe(2);
    for (const { handle } of blocks) ddi_dma_mem_free(handle);
    expect(machine.frames.inUse).toBe(0);
  });

  it('a machine that was reset has no cache left', () => {
    const rig = memoryRig({ kernel });
    must(memory(rig, 64));
    rig.machine.reset(1);
    expect(rig.machine.frames.inUse).toBe(0);
    must(memory(another(rig.machine), 64));
    expect(rig.machine.frames.inUse).toBe(1);
  });

  it('it is not cleared', () => {
    const rig = memoryRig({ kernel });
    for (const length of [100, 9000]) {
      const { kaddr } = must(memory(rig, length));
      expect([...rig.machine.probe.peek(kaddr, 4)]).toEqual([0xfe, 0xca, 0xdd, 0xba]);
    }
  });
});

describe('when memory is short', () => {
  /** Eight pages above 16 MiB, none below. */
  const tiny = { kernel, memory: [{ base: 16n * MiB, size: 8n * 4096n }] } as const;

  it('who does not wait is served from lower ranges and with larger objects', () => {
    const low = { base: MiB, size: 4096n };
    const high = { base: 17n * MiB, size: 7n * 4096n };
    const rig = memoryRig({ kernel, memory: [low, high] });
    const lowRig = another(rig.machine, { dma_attr_addr_hi: 0xffffffn });
    const held = [must(memory(lowRig, 900)), must(memory(rig, 6 * 4096))];
    // No frame is left; of the page below 16 MiB three objects are.
    for (const [length, bytes] of [
      [900, 1024],
      [16, 1024],
    ] as const) {
      const mem = must(memory(rig, length));
      expect(targetOf(mem.handle).source).toEqual({ kind: 'cache', range: '16M', bytes });
      held.push(mem);
    }
    expect(memory(rig, 2000).isErr()).toBe(true);
    for (const { handle } of held) ddi_dma_mem_free(handle);
    expect(rig.machine.frames.inUse).toBe(0);
  });

  it('who waits is served when frames come back', async () => {
    const rig = memoryRig(tiny);
    const { machine, handle } = rig;
    const all = must(memory(rig, 7 * 4096));
    const served = await machine.run(async () => {
      let kaddr = 0;
      const sleeper = machine.thread('sleeper', async () => {
        const flags = DDI_DMA_CONSISTENT;
        const mem = await ddi_dma_mem_alloc(handle, 9000, neverSwap, flags, DDI_DMA_SLEEP);
        kaddr = must(mem).kaddr;
      });
      await machine.kernel.delay(1);
      expect(kaddr).toBe(0);
      ddi_dma_mem_free(all.handle);
      await sleeper.done;
      return kaddr;
    });
    expect(served > 0).toBe(true);
  });

  it.each([
    ['access handle', 'acc'],
    ['dma memory', 'mem'],
  ] as const)('a callback for want of %s is on list %s', (kind, list) => {
    const rig = memoryRig({ kernel });
    const { machine, handle } = rig;
    const other = must(memory(rig, 16));
    let on = true;
    machine.faults.use(failWhile((asked) => on && asked === kind));
    const calls: unknown[] = [];
    const again = (arg: string): number => {
      calls.push(arg);
      return 1;
    };
    const mem = ddi_dma_mem_alloc(handle, 16, neverSwap, DDI_DMA_CONSISTENT, again, 'me');
    expect(mem.isErr()).toBe(true);
    on = false;
    const events: string[] = [];
    machine.observe({
      event: (event) => {
        if (event.kind === 'interrupt' && event.phase === 'raise') events.push(event.name);
      },
    });
    ddi_dma_mem_free(other.handle);
    expect(calls).toEqual([]);
    machine.sched.settle();
    expect(calls).toEqual(['me']);
    expect(events).toEqual([`callbacks ${list}`]);
  });
});

describe('memory of the kernel', () => {
  const legal = fc.record({
    dma_attr_addr_lo: fc.constantFrom(0n, 1n, 0x1000n, 0x2000n),
    dma_attr_addr_hi: fc.constantFrom(0xffffffn, 0x7fffffffn, 0xffffffffn, 0xffffffffffffffffn),
    dma_attr_count_max: fc.constantFrom(0n, 0xfffn, 0xffffn, 0xffffffffffffffffn),
    dma_attr_align: fc.constantFrom(1n, 8n, 64n, 0x1000n, 0x2000n, 0x10000n),
    dma_attr_minxfer: fc.constantFrom(1, 4, 512, 4096),
    dma_attr_seg: fc.constantFrom(0n, 0x7ffn, 0xfffn, 0x5fffn, 0xffffn, 0xffffffffffffffffn),
    dma_attr_sgllen: fc.constantFrom(1, 2, 5, 17, -1),
    dma_attr_granular: fc.constantFrom(0, 1, 3, 512),
  });
  const broken = fc.constantFrom<Partial<ddi_dma_attr_t>>(
    { dma_attr_align: 0n },
    { dma_attr_align: 3n },
    { dma_attr_align: 1n << 31n },
    { dma_attr_align: 1n << 40n },
    { dma_attr_minxfer: 0 },
    { dma_attr_minxfer: 48 },
    { dma_attr_addr_lo: 0x2001n },
  );
  const lengths = fc.oneof(
    fc.integer({ min: 0, max: 5000 }),
    fc.integer({ min: 1, max: 200000 }),
    fc.constant(2 ** 40),
  );
  const flagses = fc.constantFrom(
    0,
    DDI_DMA_STREAMING,
    DDI_DMA_CONSISTENT,
    DDI_DMA_CONSISTENT | IOMEM_DATA_UNCACHED,
  );

  it('reaches no further than addr_hi, is as contiguous as sgllen asks, and all comes back', () => {
    let given = 0;
    const { machine } = memoryRig({ kernel });
    const mostlyNot = fc.oneof({ weight: 9, arbitrary: fc.constant(null) }, broken);
    const attrs = fc.tuple(legal, mostlyNot);
    fc.assert(
      fc.property(attrs, lengths, flagses, fc.integer(), ([good, bad], length, flags, seed) => {
        const attr = { ...good, ...bad };
        machine.reset(seed);
        const rig = another(machine, attr);
        const { handle } = rig;
        const mem = memory(rig, length, flags);
        if (bad !== null) expect(mem.isErr()).toBe(true);
        if (mem.isErr()) expect(machine.frames.inUse).toBe(0);
        else {
          given++;
          const { kaddr, real_length } = mem.value;
          const { source, real } = targetOf(mem.value.handle);
          expect(real_length >= length && real_length <= real).toBe(true);
          expect(BigInt(kaddr) % attr.dma_attr_align).toBe(0n);
          expect(kaddr % attr.dma_attr_minxfer).toBe(0);
          const pfns = framesUnder(machine, kaddr, real);
          const highest = BigInt(Math.max(...pfns)) * 4096n + 4095n;
          expect(highest <= attr.dma_attr_addr_hi).toBe(true);
          if (source?.kind === 'contig') {
            expect(source.bytes).toBe(pfns.length * 4096);
            const { dma_attr_sgllen: sgllen } = attr;
            expect(runLengths(pfns).length <= sgllen).toBe(true);
          }
          const mode = flags & IOMEM_DATA_UNCACHED ? 'uncached' : 'cached';
          for (let at = kaddr; at < kaddr + real; at += 4096) {
            expect(machine.pages.cacheOf(at >>> 12)).toBe(mode);
          }
          ddi_dma_mem_free(mem.value.handle);
        }
        ddi_dma_free_handle(handle);
        expect(machine.live.list()).toEqual([]);
        expect(machine.frames.inUse).toBe(0);
        expect(machine.findings).toEqual([]);
      }),
      { numRuns: 500, seed: 7 },
    );
    // The property must not be about refusals alone.
    expect(given > 150).toBe(true);
  });
});
