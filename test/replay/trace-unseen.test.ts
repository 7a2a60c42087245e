/** Drivers nobody recorded for this project: what a trace may hold beyond the six. */
import { describe, expect, it } from 'vitest';
import type { Json, JsonObject } from '../../src/replay/fields.js';
import { parseCase } from '../../src/replay/recording.js';
import { Replayer, type Outcome } from '../../src/replay/replay.js';
import { kernels, type KernelName } from '../../src/replay/stage.js';

const attr = {
  addr_lo: '0x0',
  addr_hi: '0xffffffff',
  count_max: '0xffffffff',
  align: '0x1',
  burstsizes: 127,
  minxfer: 1,
  maxxfer: '0xffffffff',
  seg: '0xffffffff',
  sgllen: 17,
  granular: 1,
  flags: 0,
};
const little = { version: 1, endian: 1, order: 0, access: 0 };
const big = { ...little, endian: 2 };
/** Counts as version 1, of which 0 is no value. */
const strict = { ...little, version: 2 };
const attrs = [
  attr,
  { ...attr, align: '0x3' },
  // One cookie, of a page.
  { ...attr, count_max: '0xfff', sgllen: 1 },
];
const accs = [little, big, strict];

type Call = JsonObject & { readonly c: string };

const allocHandle = { c: 'alloc_handle', attr: 0, wait: 'SLEEP', rc: 0, h: 1 };
const freeHandle = { c: 'free_handle', h: 1 };
const memAlloc = {
  c: 'mem_alloc',
  h: 1,
  len: 64,
  acc: 0,
  flags: 16,
  wait: 'DONTWAIT',
  rc: 0,
  m: 1,
  real: 64,
  pageOff: 32,
  pfns: 'fffef',
};
const memFree = { c: 'mem_free', m: 1 };
const bindMem = {
  c: 'addr_bind',
  h: 1,
  obj: ['m', 1, 0],
  len: 64,
  flags: 19,
  wait: 'DONTWAIT',
  rc: 0,
  n: 1,
  cookies: 'fffef020+40',
};
const unbind = { c: 'unbind', h: 1, rc: 0 };
const forCpu = { c: 'sync', h: 1, off: 0, len: 0, type: 1, rc: 0 };
const map = { c: 'regs_map_setup', rnumber: 2, off: 16, len: 0, acc: 0, rc: 0, r: 1 };
const unmap = { c: 'regs_map_free', r: 1 };
const readStatus = { c: 'get32', m: 1, off: 8, v: '0x80000001' };

function play(
  calls: readonly Call[],
  kernel: KernelName = 'production',
  more: Readonly<Record<string, Json>> = {},
): Promise<Outcome> {
  const line = { driver: 'me', attrs, accs, calls, debugSame: true, ...more };
  return new Replayer(kernel).replay(parseCase(JSON.stringify(line)));
}

/** Expects nothing different and nothing passed over. */
async function agrees(calls: readonly Call[], kernel: KernelName = 'production'): Promise<void> {
  const { differences, exempt, findings } = await play(calls, kernel);
  expect({ differences, exempt, findings }).toEqual({
    differences: [],
    exempt: new Map(),
    findings: new Map(),
  });
}

/** The names of the fields that differ. */
async function differing(calls: readonly Call[], kernel?: KernelName): Promise<readonly string[]> {
  return (await play(calls, kernel)).differences.map(({ field }) => field);
}

describe.each(kernels)('in rule book %s', (kernel) => {
  it('buffers lie on the frames that were recorded', async () => {
    const buffer = { c: 'buffer', b: 1, pages: 3, pfns: '5000:2 5010' };
    const bind = { ...bindMem, obj: ['b', 1, 16], len: 12000, n: 2 };
    const good = { ...bind, cookies: '5000010+1ff0 5010000+ef0' };
    const next = { c: 'nextcookie', h: 1, cookie: '5010000+ef0' };
    await agrees([allocHandle, buffer, good, next, unbind, freeHandle], kernel);
    const wrong = { ...next, cookie: '5010000+ee0' };
    expect(await differing([allocHandle, buffer, good, wrong, unbind, freeHandle], kernel)).toEqual(
      ['calls[3].cookie'],
    );
    for (const cookies of ['5000010+1ff0', '5000020+1fe0 5010000+ef0', '5010000+ff0 5000010+ef0']) {
      const other = { ...bind, cookies };
      const fields = await differing([allocHandle, buffer, other, unbind, freeHandle], kernel);
      expect(fields, cookies).toContain('calls[2].cookies');
    }
  });

  it('buffers out of reach are bounced', async () => {
    const buffer = { c: 'buffer', b: 1, pages: 2, pfns: '200000 200010' };
    const bind = { ...bindMem, obj: ['b', 1, 0], len: 8192, n: 2, cookies: 'c+0+1000 c+1000+1000' };
    await agrees([allocHandle, buffer, bind, unbind, freeHandle], kernel);
  });

  it('a buffer takes the frames of one that is there no longer', async () => {
    const first = { c: 'buffer', b: 1, pages: 2, pfns: '5000:2' };
    const second = { c: 'buffer', b: 2, pages: 1, pfns: '5001' };
    const bind = { ...bindMem, obj: ['b', 2, 0], len: 4096, cookies: '5001000+1000' };
    await agrees([allocHandle, first, second, bind, unbind, freeHandle], kernel);
  });

  it('registers are of the byte order of their mapping', async () => {
    for (const acc of [0, 1]) {
      await agrees(
        [
          { ...map, acc },
          { c: 'get8', r: 1, off: 1, v: '0x7f' },
          { c: 'put16', r: 1, off: 2, v: '0x1234', x: 3 },
          { c: 'put32', r: 1, off: 4, v: '0x12345678' },
          { c: 'get64', r: 1, off: 8, v: '0x123456789abcdef0' },
          { c: 'put64', r: 1, off: 1024, v: '0x123456789abcdef0' },
          unmap,
        ],
        kernel,
      );
    }
  });

  it('configuration space has every width', async () => {
    const [at, r] = [{ r: 1 }, 1];
    await agrees(
      [
        { c: 'pci_config_setup', rc: 0, r },
        { c: 'pci_config_get8', ...at, off: 8, v: '0x7f' },
        { c: 'pci_config_put16', ...at, off: 4, v: '0x1234', x: 3 },
        { c: 'pci_config_put32', ...at, off: 0x180, v: '0x12345678' },
        { c: 'pci_config_get64', ...at, off: 16, v: '0x123456789abcdef0' },
        { c: 'pci_config_put64', ...at, off: 16, v: '0x123456789abcdef0' },
        { c: 'pci_config_teardown', r },
      ],
      kernel,
    );
  });

  it('memory is of the byte order of its attributes', async () => {
    for (const acc of [0, 1]) {
      const put = { c: 'put32', m: 1, off: 4, v: '0x12345678' };
      const get = { c: 'get16', m: 1, off: 4, v: acc === 0 ? '0x5678' : '0x1234' };
      const calls = [allocHandle, { ...memAlloc, acc }, put, get, memFree, freeHandle];
      await agrees(calls, kernel);
      const wrong = { ...get, v: '0x3412' };
      const others = calls.map((call) => (call === get ? wrong : call));
      expect(await differing(others, kernel)).toEqual(['calls[3].v']);
    }
  });

  it('many data at once are of either byte order, and of every width', async () => {
    for (const acc of [0, 1]) {
      for (const [bits, v] of [
        [8, ['0x1', '0x2', '0xff']],
        [16, ['0x1234', '0x5678']],
        [32, ['0x12345678', '0x9abcdef0', '0x0']],
        [64, ['0x123456789abcdef0', '0x1']],
      ] as const) {
        const memory = { m: 1, off: 8, v };
        const all = { r: 1, off: 8, v };
        // A FIFO: the address stays.
        const fifo = { r: 1, off: 16, v, flags: 0 };
        const calls: readonly Call[] = [
          allocHandle,
          { ...memAlloc, acc },
          { ...map, acc },
          { c: `rep_put${bits}`, ...memory },
          { c: `rep_get${bits}`, ...memory },
          { c: `rep_put${bits}`, ...all },
          { c: `rep_get${bits}`, ...all },
          { c: `rep_put${bits}`, ...fifo },
          { c: `rep_get${bits}`, ...fifo, x: 2 },
          unmap,
          memFree,
          freeHandle,
        ];
        await agrees(calls, kernel);
        const wrong = { c: `rep_get${bits}`, ...memory, v: [...v.slice(1), '0x7'] };
        const others = calls.map((call, i) => (i === 4 ? wrong : call));
        expect((await differing(others, kernel))[0]).toBe('calls[4].v[0]');
      }
    }
  });

  it('of many data the sum may do, where they are known', async () => {
    const put = { c: 'rep_put8', m: 1, off: 0, v: ['0x31', '0x32', '0x33'] };
    const get = { c: 'rep_get8', m: 1, off: 0, n: 3, crc: '884863d2' };
    const end = [memFree, freeHandle];
    await agrees([allocHandle, memAlloc, put, get, ...end], kernel);
    const wrong = { ...get, crc: '884863d3' };
    expect(await differing([allocHandle, memAlloc, put, wrong, ...end], kernel)).toEqual([
      'calls[3].crc',
    ]);
    const { differences, exempt } = await play(
      [
        ...[allocHandle, memAlloc, map, { ...put, v: 'abc', n: 3 }, get],
        ...[
          { ...get, n: 2, r: 1, m: undefined },
          { c: 'rep_put8', m: 1, off: 0, crc: '1' },
        ],
        ...[unmap, ...end],
      ].map((call) => JSON.parse(JSON.stringify(call)) as Call),
      kernel,
    );
    expect(differences).toEqual([]);
    expect([...exempt]).toEqual([
      ['fields that are not known: rep_put8.v', 1],
      ['sums of data that are not recorded', 3],
      ['repeated accesses whose number is not recorded', 1],
    ]);
  });

  it('a device writes before the sync for the CPU', async () => {
    const before = { c: 'put32', m: 1, off: 8, v: '0x1' };
    const calls = [allocHandle, memAlloc, bindMem, before, forCpu, readStatus];
    await agrees([...calls, unbind, memFree, freeHandle], kernel);
  });

  it('handles are asked for faults', async () => {
    const check = { c: 'check_dma_handle', h: 1, rc: 0 };
    const ofMemory = { c: 'check_acc_handle', m: 1, rc: 0 };
    const ofRegisters = { c: 'check_acc_handle', r: 1, rc: 0 };
    const calls = [allocHandle, memAlloc, map, bindMem, check, ofMemory, ofRegisters];
    const end = [unbind, unmap, memFree, freeHandle];
    await agrees([...calls, ...end], kernel);
    const wrong = calls.map((call) => (call.c.startsWith('check') ? { ...call, rc: -1 } : call));
    expect(await differing([...wrong, ...end], kernel)).toEqual(
      [4, 5, 6].map((i) => `calls[${i}].rc`),
    );
  });

  it('what a driver leaves is left', async () => {
    await agrees([allocHandle, memAlloc, map], kernel);
    const leftover = { dmaHandles: 0, memAllocs: 1 };
    const { differences } = await play([allocHandle, memAlloc, map], kernel, { leftover });
    expect(differences).toEqual([{ field: 'left.dmaHandles', expected: 0, got: 1 }]);
  });

  it('every call counts', async () => {
    const { differences } = await play([map, unmap], kernel, {
      counts: { regs_map_setup: 2, regs_map_free: 1 },
    });
    expect(differences).toEqual([{ field: 'counts.regs_map_setup', expected: 2, got: 1 }]);
  });

  it('what is not known is passed over and counted', async () => {
    const { differences, exempt } = await play(
      [{ ...map, colour: 'red' }, { c: 'put16', r: 9, off: 0, v: '0x1' }, { c: 'weigh' }, unmap],
      kernel,
      { mood: 'good' },
    );
    expect(differences).toEqual([]);
    expect(exempt).toEqual(
      new Map([
        ['fields that are not known: regs_map_setup.colour', 1],
        ['fields that are not known: mood', 1],
        ['calls that lack an object, which was not made', 1],
        ['calls of a kind that is not known: weigh', 1],
      ]),
    );
  });
});

describe('reads of memory', () => {
  const bound = [allocHandle, memAlloc, bindMem];
  const end = [unbind, memFree, freeHandle];

  it('without a sync prove less, and are counted', async () => {
    const { differences, exempt } = await play([...bound, readStatus, ...end]);
    expect(differences).toEqual([]);
    expect([...exempt]).toEqual([['reads of what a device wrote, without a sync between', 1]]);
  });

  it('of plain stores are counted', async () => {
    const { differences, exempt } = await play([
      allocHandle,
      memAlloc,
      readStatus,
      readStatus,
      memFree,
      freeHandle,
    ]);
    expect(differences).toEqual([]);
    expect([...exempt]).toEqual([
      ['reads of memory written by plain stores, which are not recorded', 1],
    ]);
  });

  it('differ where no device could have written', async () => {
    const put = { c: 'put32', m: 1, off: 8, v: '0x1' };
    const toDevice = { ...bindMem, flags: 17 };
    const calls = [allocHandle, memAlloc, toDevice, put, forCpu, readStatus, ...end];
    expect((await play(calls)).differences).toEqual([
      { field: 'calls[5].v', expected: '0x80000001', got: '0x1' },
    ]);
  });
});

describe('a driver that breaks a page', () => {
  const freesBound = [allocHandle, memAlloc, bindMem, memFree, unbind, freeHandle];

  it('is found, and agrees', async () => {
    const { verdict, findings } = await play(freesBound, 'contract');
    expect(verdict).toBe('agrees');
    expect([...findings]).toEqual([['FREE_BOUND (ddi_dma_mem_free.9f/IX-1)', 1]]);
  });

  it('may be refused by the pages what a kernel gave', async () => {
    const calls = [allocHandle, { ...memAlloc, acc: 2 }, bindMem, forCpu, unbind, memFree];
    await agrees([...calls, freeHandle]);
    const { differences, exempt, findings } = await play([...calls, freeHandle], 'contract');
    expect(differences).toEqual([]);
    expect([...findings.keys()]).toContain('BAD_ARGUMENT (ddi_device_acc_attr.9s/EN-1)');
    expect(exempt.get('calls in which the driver breaks a page: judged by their findings')).toBe(2);
    expect(exempt.get('calls that lack an object, which was not made')).toBe(2);
  });

  it('may have attributes that no device has, or none for so much memory', async () => {
    const unfit = 'calls the pages refuse for the attributes, and a kernel does not';
    const odd = { ...allocHandle, attr: 1 };
    const { differences, exempt } = await play([odd, freeHandle], 'contract');
    expect(differences).toEqual([]);
    expect([...exempt]).toEqual([
      [unfit, 1],
      ['calls that lack an object, which was not made', 1],
    ]);
    const one = { ...allocHandle, attr: 2 };
    const long = { ...memAlloc, len: 8192, real: 8192, pageOff: 0, pfns: '5000:2' };
    const all = await play([one, long, memFree, freeHandle], 'contract');
    expect(all.differences).toEqual([]);
    expect(all.exempt.get(unfit)).toBe(1);
    // Whose attributes are good is not refused.
    expect(await differing([{ ...allocHandle, rc: -8 }], 'contract')).toContain('calls[0].rc');
  });

  it('may wrap a length', async () => {
    const wrapped = { ...forCpu, len: '0xffffffffffffff00' };
    const calls = [allocHandle, memAlloc, bindMem, wrapped, unbind, memFree, freeHandle];
    expect((await play(calls)).differences).toEqual([]);
    const { differences, exempt } = await play(calls, 'contract');
    expect(differences).toEqual([]);
    expect([...exempt]).toEqual([
      ['syncs beyond the object, which the pages refuse and a kernel does not', 1],
    ]);
  });

  it('differs where the pages refuse without a finding', async () => {
    const refused = { ...memAlloc, rc: -1 };
    expect(await differing([allocHandle, refused, freeHandle], 'contract')).toContain(
      'calls[1].rc',
    );
    const odd = { ...allocHandle, attr: 1 };
    const failed = { c: 'mem_alloc', h: 1, len: 64, acc: 0, flags: 16, wait: 'SLEEP', rc: -1 };
    expect(await differing([odd, failed, freeHandle])).toEqual([]);
  });
});
