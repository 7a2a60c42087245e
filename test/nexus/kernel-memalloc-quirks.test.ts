/** Quirks of ddi_dma_mem_alloc(9F) and ddi_dma_mem_free(9F), each on and off. */
import { describe, expect, it } from 'vitest';
import {
  ddi_dma_addr_bind_handle,
  ddi_dma_alloc_handle,
  ddi_dma_mem_alloc,
  ddi_dma_mem_free,
  ddi_put32,
  DDI_DMA_CONSISTENT,
  DDI_DMA_DONTWAIT,
  DDI_DMA_RDWR,
  DDI_DMA_SLEEP,
  DDI_DMA_STREAMING,
  DDI_STRUCTURE_BE_ACC,
  IOMEM_DATA_CACHED,
  IOMEM_DATA_UC_WR_COMBINE,
  IOMEM_DATA_UNCACHED,
  must,
  type ddi_acc_handle_t,
  type ddi_dma_attr_t,
} from '../../src/index.js';
import { boot } from '../../src/platforms/index.js';
import { Panic } from '../../src/sys/errors.js';
import type { QuirkId, RuleBookName } from '../../src/sys/quirks.js';
import { anyAttr } from '../support/attr.js';
import { framesUnder, memory, memoryRig, targetOf, type MemoryRig } from '../support/memory.js';
import { bareDevice, neverSwap } from '../support/system.js';

const MiB = 1n << 20n;
const bothCaches = IOMEM_DATA_CACHED | IOMEM_DATA_UC_WR_COMBINE;

/** Whether a quirk is on, and in which book. */
type Books = readonly (readonly [RuleBookName, boolean])[];
/** For a quirk that means something by itself. */
const everyBook: Books = [
  ['production', true],
  ['production', false],
  ['debug', true],
  ['contract', true],
  ['contract', false],
];
/** For a quirk that is about what the kernel's allocator does. */
const kernelBooks: Books = [
  ['production', true],
  ['production', false],
  ['debug', true],
  ['debug', false],
];

function rigOf(
  kernel: RuleBookName,
  id: QuirkId,
  on: boolean,
  attr: Partial<ddi_dma_attr_t> = {},
  memoryOf: { readonly base: bigint; readonly size: bigint } | null = null,
): MemoryRig {
  const quirks: Partial<Record<QuirkId, boolean>> = { [id]: on };
  // What depends on a quirk goes with it.
  if (id === 'mem-consistent-length' && !on) quirks['mem-free-by-length'] = false;
  if (id === 'accattr-unchecked' && !on) quirks['access-zero-traps'] = false;
  const where = memoryOf === null ? {} : { memory: [memoryOf] };
  return memoryRig({ kernel, quirks, frames: 'scattered', ...where }, attr);
}

describe.each(everyBook)('on its own, in %s, %s:', (kernel, on) => {
  it('accattr-unchecked: values that no page knows are taken', () => {
    const { machine, handle } = rigOf(kernel, 'accattr-unchecked', on);
    for (const [endian, bytes] of [
      [DDI_STRUCTURE_BE_ACC, [0x11, 0x22, 0x33, 0x44]],
      [7, [0x44, 0x33, 0x22, 0x11]],
    ] as const) {
      const odd = {
        devacc_attr_version: 9,
        devacc_attr_endian_flags: endian,
        devacc_attr_dataorder: 99,
        devacc_attr_access: 0,
      };
      const mem = ddi_dma_mem_alloc(handle, 64, odd, DDI_DMA_CONSISTENT, DDI_DMA_DONTWAIT);
      expect(mem.isOk()).toBe(on);
      if (mem.isErr()) continue;
      ddi_put32(mem.value.handle, mem.value.kaddr, 0x11223344);
      expect([...machine.probe.peek(mem.value.kaddr, 4)]).toEqual(bytes);
    }
    expect(machine.findings.length).toBe(on ? 0 : 2);
  });

  it('mem-burst-ignored: streaming memory is no more aligned than any other', () => {
    const rig = rigOf(kernel, 'mem-burst-ignored', on, { dma_attr_burstsizes: 0x7f });
    const blocks = Array.from({ length: 8 }, () => must(memory(rig, 100, DDI_DMA_STREAMING)));
    expect(new Set(blocks.map((b) => b.real_length))).toEqual(new Set([on ? 100 : 128]));
    expect(blocks.every((b) => b.kaddr % 64 === 0)).toBe(!on);
  });

  it('mem-granular-ignored: the length is no multiple of the granularity', () => {
    const rig = rigOf(kernel, 'mem-granular-ignored', on, { dma_attr_granular: 768 });
    const { handle } = must(memory(rig, 100));
    expect(targetOf(handle).real % 768 === 0).toBe(!on);
  });

  it('mem-consistent-length: the length asked for is the length told', () => {
    const rig = rigOf(kernel, 'mem-consistent-length', on, { dma_attr_minxfer: 8 });
    const told = (flags: number): number => must(memory(rig, 99, flags)).real_length;
    expect(told(DDI_DMA_CONSISTENT)).toBe(on ? 99 : 104);
    // Both flags are streaming, as the code has it.
    expect(told(DDI_DMA_CONSISTENT | DDI_DMA_STREAMING) >= 104).toBe(true);
    const { handle } = must(memory(rig, 99));
    expect(targetOf(handle).real).toBe(104);
  });

  it.each([bothCaches, 0x80000])(
    'mem-bad-cache-leaks: an access handle is lost, flags 0x%s',
    (flags) => {
      const { machine, handle } = rigOf(kernel, 'mem-bad-cache-leaks', on);
      const before = machine.live.list();
      const mem = ddi_dma_mem_alloc(handle, 64, neverSwap, flags, () => 1, 0);
      const error = mem._unsafeUnwrapErr();
      expect(error.name).toBe('DDI_FAILURE');
      const left = machine.live.list().slice(before.length);
      expect(left.map((o) => o.kind)).toEqual(on ? ['leaked access handle'] : []);
      expect(error.out?.['handle'] === undefined).toBe(!on);
      if (!on) return;
      // No callback is registered: nobody is called when memory is freed.
      const raised: string[] = [];
      machine.observe({
        event: (event) => {
          if (event.kind === 'interrupt') raised.push(event.name);
        },
      });
      ddi_dma_mem_free(must(memory({ machine, handle }, 16)).handle);
      expect(raised).toEqual([]);
      const lost = error.out?.['handle'] as ddi_acc_handle_t;
      expect(() => {
        ddi_dma_mem_free(lost);
      }).toThrow(Panic);
    },
  );

  it('mem-failure-writes-out: a call that fails has written', () => {
    const attr = { dma_attr_sgllen: 1, dma_attr_seg: 0xfffn };
    const rig = rigOf(kernel, 'mem-failure-writes-out', on, attr);
    const out = (length: number, flags: number): unknown =>
      memory(rig, length, flags)._unsafeUnwrapErr().out;
    expect(out(9000, DDI_DMA_CONSISTENT)).toEqual(
      on ? { kaddr: null, real_length: 9000 } : undefined,
    );
    expect(out(9000, DDI_DMA_STREAMING)).toEqual(on ? { kaddr: null } : undefined);
    expect(out(0, DDI_DMA_CONSISTENT)).toEqual(on ? { real_length: 0 } : undefined);
  });

  it('mem-failure-queues: a callback is registered for what can never be had', () => {
    const attr = { dma_attr_sgllen: 1, dma_attr_seg: 0xfffn };
    const rig = rigOf(kernel, 'mem-failure-queues', on, attr);
    const { machine, handle } = rig;
    const calls: number[] = [];
    const again = (arg: number): number => {
      calls.push(arg);
      return arg;
    };
    const flags = DDI_DMA_CONSISTENT;
    for (const length of [9000, 0]) {
      expect(ddi_dma_mem_alloc(handle, length, neverSwap, flags, again, 1).isErr()).toBe(true);
    }
    ddi_dma_mem_free(must(memory(rig, 16)).handle);
    machine.sched.settle();
    expect(calls).toEqual(on ? [1, 1] : []);
  });
});

describe.each(kernelBooks)('with the allocator of the kernel, in %s, %s:', (kernel, on) => {
  it('mem-align-virtual: frames are aligned to a page, addresses to more', () => {
    const rig = rigOf(kernel, 'mem-align-virtual', on, { dma_attr_align: 0x10000n });
    const blocks = Array.from({ length: 4 }, () => must(memory(rig, 0x4000)));
    const pfns = blocks.map(({ kaddr }) => framesUnder(rig.machine, kaddr, 1)[0] ?? -1);
    expect(blocks.every(({ kaddr }) => kaddr % 0x10000 === 0)).toBe(true);
    expect(pfns.every((pfn) => pfn % 16 === 0)).toBe(!on);
  });

  it('mem-addr-lo-refused: a device that does not reach the first pages gets nothing', () => {
    const high = 0x1000000n;
    const attr = { dma_attr_addr_lo: high };
    const rig = rigOf(kernel, 'mem-addr-lo-refused', on, attr);
    for (const length of [64, 9000]) {
      const mem = memory(rig, length);
      expect(mem.isErr()).toBe(on);
      if (mem.isErr()) expect(mem.error.values).toEqual(attr);
      else {
        const pfns = framesUnder(rig.machine, mem.value.kaddr, length);
        expect(BigInt(Math.min(...pfns)) * 4096n >= high).toBe(true);
      }
    }
    expect(
      memory(rigOf(kernel, 'mem-addr-lo-refused', on, { dma_attr_addr_lo: 0x2000n }), 64).isOk(),
    ).toBe(true);
  });

  it('mem-16m-panics: a device that does not reach 16 MiB stops the system', () => {
    const attr = { dma_attr_addr_hi: 0xfffffen, dma_attr_sgllen: 1 };
    const rig = rigOf(kernel, 'mem-16m-panics', on, attr);
    // Contiguous memory has no range.
    expect(memory(rig, 9000).isOk()).toBe(true);
    if (on) {
      const text = 'kmem_io_index: invalid addr - must be at least 16m';
      expect(() => memory(rig, 64)).toThrow(text);
      // The machine stays down.
      expect(() => memory(rig, 9000)).toThrow(text);
    } else {
      const { kaddr } = must(memory(rig, 64));
      expect((framesUnder(rig.machine, kaddr, 1)[0] ?? 0xfff) < 0xfff).toBe(true);
      const none = { dma_attr_addr_lo: 0n, dma_attr_addr_hi: 0xffen };
      expect(memory(rigOf(kernel, 'mem-16m-panics', on, none), 64).isErr()).toBe(true);
    }
  });

  it('mem-contig-last-page: a run may end beyond addr_hi', () => {
    const attr = { dma_attr_addr_hi: MiB + 0x2ffen, dma_attr_sgllen: 1 };
    const three = { base: MiB, size: 0x3000n };
    const rig = rigOf(kernel, 'mem-contig-last-page', on, attr, three);
    const mem = memory(rig, 0x3000);
    expect(mem.isOk()).toBe(on);
    if (mem.isOk()) expect(framesUnder(rig.machine, mem.value.kaddr, 0x3000).at(-1)).toBe(0x102);
  });

  it('mem-contig-never-waits: DDI_DMA_SLEEP does not help', async () => {
    const four = { base: MiB, size: 0x4000n };
    const rig = rigOf(kernel, 'mem-contig-never-waits', on, { dma_attr_sgllen: 1 }, four);
    const { machine, handle } = rig;
    const held = must(memory(rig, 0x4000));
    const log: string[] = [];
    await machine.run(async () => {
      const sleeper = machine.thread('sleeper', async () => {
        const flags = DDI_DMA_CONSISTENT;
        const mem = await ddi_dma_mem_alloc(handle, 9000, neverSwap, flags, DDI_DMA_SLEEP);
        log.push(mem.isOk() ? 'memory' : 'failure');
      });
      await machine.kernel.delay(1);
      log.push('free');
      ddi_dma_mem_free(held.handle);
      await sleeper.done;
    });
    expect(log).toEqual(on ? ['failure', 'free'] : ['free', 'memory']);
  });

  it('mem-free-by-length: the padding stays uncached', () => {
    const attr = { dma_attr_align: 0x2000n };
    const rig = rigOf(kernel, 'mem-free-by-length', on, attr);
    const modes: [string, number][] = [];
    rig.machine.observe({
      event: (event) => {
        if (event.kind === 'cache mode') modes.push([event.mode, event.pages]);
      },
    });
    const { handle } = must(memory(rig, 2044, DDI_DMA_CONSISTENT | IOMEM_DATA_UNCACHED));
    ddi_dma_mem_free(handle);
    expect(modes).toEqual([
      ['uncached', 2],
      ['cached', on ? 1 : 2],
    ]);
  });
});

describe('quirks that need others', () => {
  it('mem-free-by-length, in the contract: needs mem-consistent-length', () => {
    expect(() => boot({ quirks: { 'mem-free-by-length': true } })).toThrow(RangeError);
    const quirks = { 'mem-free-by-length': true, 'mem-consistent-length': true };
    const rig = memoryRig({ quirks }, { dma_attr_granular: 0x2000 });
    const modes: number[] = [];
    rig.machine.observe({
      event: (event) => {
        if (event.kind === 'cache mode') modes.push(event.pages);
      },
    });
    const { handle } = must(memory(rig, 2044, DDI_DMA_CONSISTENT | IOMEM_DATA_UNCACHED));
    ddi_dma_mem_free(handle);
    expect(modes).toEqual([2, 1]);
  });

  it.each(['contract', 'debug', 'production'] as const)(
    'mem-from-kmem-io, added to %s or there: memory is given that no bind takes',
    (kernel) => {
      const quirks = { 'mem-from-kmem-io': true };
      const rig = memoryRig({ kernel, quirks }, { dma_attr_sgllen: 1, dma_attr_count_max: 0xfffn });
      const { kaddr, handle } = must(memory(rig, 5000));
      expect(targetOf(handle).source).toEqual({ kind: 'contig', bytes: 8192 });
      const how = [DDI_DMA_RDWR, DDI_DMA_DONTWAIT] as const;
      const bound = ddi_dma_addr_bind_handle(rig.handle, null, kaddr, 5000, ...how);
      expect(bound._unsafeUnwrapErr().name).toBe('DDI_DMA_TOOBIG');
    },
  );

  it('mem-from-kmem-io, off: count_max is looked at, and nothing has a range', () => {
    const kernelOnly = {
      'mem-from-kmem-io': false,
      'mem-align-virtual': false,
      'mem-sgllen-zero': false,
      'mem-addr-lo-refused': false,
      'mem-16m-panics': false,
      'mem-contig-last-page': false,
      'mem-contig-never-waits': false,
    };
    expect(() => boot({ kernel: 'production', quirks: { 'mem-from-kmem-io': false } })).toThrow(
      'mem-align-virtual means nothing without mem-from-kmem-io',
    );
    for (const options of [{ kernel: 'production', quirks: kernelOnly }, {}] as const) {
      const rig = memoryRig(options, { dma_attr_sgllen: 1, dma_attr_count_max: 0xfffn });
      const refused = memory(rig, 5000)._unsafeUnwrapErr();
      expect(refused.values).toEqual({ dma_attr_count_max: 0xfffn });
      expect(targetOf(must(memory(rig, 4096)).handle).source).toBe(null);
    }
  });

  it('mem-sgllen-zero: an empty list panics, is all in one run, or has no handle', () => {
    const attr = { dma_attr_sgllen: 0 };
    const on = memoryRig({ kernel: 'production' }, attr);
    expect(() => memory(on, 64)).toThrow('divide by zero');
    expect(() => memory(on, 64)).toThrow('divide by zero');
    // The arguments are looked at before.
    const crooked = memoryRig({ kernel: 'production' }, { ...attr, dma_attr_align: 3n });
    expect(memory(crooked, 64).isErr()).toBe(true);
    const quirks = { 'mem-sgllen-zero': false };
    const off = memoryRig({ kernel: 'production', quirks }, attr);
    const { kaddr } = must(memory(off, 9000));
    const [first = 0, ...rest] = framesUnder(off.machine, kaddr, 9000);
    expect(rest).toEqual([first + 1, first + 2]);
    const machine = boot({ kernel: 'debug', devices: [bareDevice] });
    const dip = machine.devinfo(bareDevice.at);
    const made = ddi_dma_alloc_handle(dip, anyAttr(attr), DDI_DMA_DONTWAIT);
    expect(made._unsafeUnwrapErr().name).toBe('DDI_DMA_BADATTR');
  });
});
