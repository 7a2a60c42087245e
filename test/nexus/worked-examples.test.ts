/**
 * Worked examples of binds on x86, computed by hand from the kernel's code, by their numbers; those
 * of ddi_dma_mem_alloc(9F) are in kernel-memalloc.test.ts.
 *
 * Unless an example says otherwise nothing is limited, and the object is bound in both directions.
 * A cookie is shown as address and size in hexadecimal; a bounce page, number n, as if it were at
 * 100000 + n000, for any page in reach does.
 */
import {
  ddi_dma_addr_bind_handle,
  ddi_dma_alloc_handle,
  ddi_dma_cookie_get,
  ddi_dma_getwin,
  ddi_dma_ncookies,
  ddi_dma_numwin,
  ddi_dma_sync,
  DDI_DMA_DONTWAIT,
  DDI_DMA_PARTIAL,
  DDI_DMA_RDWR,
  DDI_DMA_SYNC_FORCPU,
  DDI_DMA_SYNC_FORDEV,
  must,
  type ddi_dma_attr_t,
} from 'ddi-dma';
import { describe, expect, test } from 'vitest';
import { CallbackCounts, CallbackList } from '../../src/nexus/callbacks.js';
import { DmaHandle } from '../../src/nexus/tree.js';
import type { BootedMachine, BootOptions } from '../../src/platforms/index.js';
import { Panic } from '../../src/sys/errors.js';
import { anyAttr } from '../support/attr.js';
import { bareSystem } from '../support/system.js';

/** What is bound. */
interface Example {
  readonly attr?: Partial<ddi_dma_attr_t>;
  /** Addresses of pages. */
  readonly pages: readonly number[];
  readonly off?: number;
  readonly len: number;
  readonly flags?: number;
  readonly on?: BootOptions;
}

/** `count` pages in a row. */
function c(base: number, count: number): readonly number[] {
  return Array.from({ length: count }, (_, i) => base + i * 0x1000);
}

/** An object that an example binds. */
class Played {
  readonly machine: BootedMachine;
  readonly handle: DmaHandle;
  readonly va: number;
  /** `MAPPED n`, `PARTIAL_MAP n`, or the code of a refusal. */
  readonly answer: string;

  constructor({ attr = {}, pages, off = 0, len, flags = 0, on = {} }: Example) {
    const { machine, dip } = bareSystem({ kernel: 'production', store: 8 << 20, ...on });
    const { handle } = must(ddi_dma_alloc_handle(dip, anyAttr(attr), DDI_DMA_DONTWAIT));
    if (!(handle instanceof DmaHandle)) throw new Error('no handle');
    this.machine = machine;
    this.handle = handle;
    this.va = machine.place(
      pages.map((address) => address / 0x1000),
      off,
    );
    const bound = ddi_dma_addr_bind_handle(
      handle,
      null,
      this.va,
      len,
      DDI_DMA_RDWR | flags,
      DDI_DMA_DONTWAIT,
    );
    const how = bound.isOk() && bound.value.rval === 1 ? 'PARTIAL_MAP' : 'MAPPED';
    this.answer = bound.isOk() ? `${how} ${bound.value.ccount}` : bound.error.name;
  }

  /** Bytes of bounce pages. */
  get copybuf(): number {
    return this.handle.binding?.bounce?.bytes ?? 0;
  }

  /** The cookies of the current window. */
  cookies(): readonly string[] {
    const bounce = this.handle.binding?.bounce ?? null;
    const slots = new Map<bigint, number>();
    for (let i = 0; bounce !== null && i < bounce.bytes; i += 0x1000) {
      slots.set(BigInt(this.machine.probe.pfnOf(bounce.va + i)), 0x100000 + i);
    }
    return Array.from({ length: ddi_dma_ncookies(this.handle) }, (_, i) => {
      const cookie = ddi_dma_cookie_get(this.handle, i);
      if (cookie === null) throw new Error('a cookie is missing');
      const { dmac_laddress: address, dmac_size: size } = cookie;
      const page = slots.get(address >> 12n);
      const shown = page === undefined ? address : BigInt(page) + (address & 0xfffn);
      return `${shown.toString(16)}/${size.toString(16)}`;
    });
  }

  numwin(): number | string {
    const result = ddi_dma_numwin(this.handle);
    return result.isOk() ? result.value.nwin : result.error.name;
  }

  /** `offset/length: cookies`, or the code. */
  getwin(win: number): string {
    const result = ddi_dma_getwin(this.handle, win);
    if (result.isErr()) return result.error.name;
    const { off, len } = result.value;
    return `${off.toString(16)}/${len.toString(16)}: ${this.cookies().join(' ')}`;
  }

  windows(): readonly string[] {
    const count = this.numwin();
    return typeof count === 'number' ? Array.from({ length: count }, (_, i) => this.getwin(i)) : [];
  }

  /** `len` bytes from `off` of the object on as the device sees them. */
  bounced(off: number, len: number): Uint8Array {
    const { va = 0 } = this.handle.binding?.bounce ?? {};
    return this.machine.probe.peek(va + (this.va & 0xfff) + off, len);
  }
}

function play(example: Example): Played {
  return new Played(example);
}

/** The answer and the cookies. */
function bind(example: Example): readonly string[] {
  const played = play(example);
  return [played.answer, ...played.cookies()];
}

const partial = DDI_DMA_PARTIAL;

describe('one list', () => {
  test('example 1: pages in a row are one cookie, and there are no windows', () => {
    const played = play({ pages: c(0x10000000, 4), len: 0x4000 });
    expect([played.answer, ...played.cookies()]).toEqual(['MAPPED 1', '10000000/4000']);
    expect(played.copybuf).toBe(0);
    expect(played.numwin()).toBe('DDI_FAILURE');
    expect(played.getwin(0)).toBe('DDI_FAILURE');
  });

  test('example 2: an offset in the first page', () => {
    const example = { pages: c(0x20000000, 4), off: 0x234, len: 0x3000 };
    expect(bind(example)).toEqual(['MAPPED 1', '20000234/3000']);
  });

  test('example 3: two stretches', () => {
    const pages = [...c(0x10000000, 2), ...c(0x30000000, 3)];
    const cookies = ['10000000/2000', '30000000/3000'];
    expect(bind({ pages, len: 0x5000 })).toEqual(['MAPPED 2', ...cookies]);
  });

  test.each([
    ['counter', { dma_attr_count_max: 0xffffn }],
    ['segment', { dma_attr_seg: 0xffffn }],
  ])('example 4: a %s of 64 KiB is closed a page early', (_what, limit) => {
    const attr = { ...limit, dma_attr_sgllen: 16 };
    const short = { attr, pages: c(0x40000000, 16), len: 0x10000 };
    expect(bind(short)).toEqual(['MAPPED 2', '40000000/f000', '4000f000/1000']);
  });

  test('example 4: the same with 32 pages', () => {
    const attr = { dma_attr_count_max: 0xffffn, dma_attr_sgllen: 16 };
    const cookies = ['40000000/f000', '4000f000/f000', '4001e000/2000'];
    expect(bind({ attr, pages: c(0x40000000, 32), len: 0x20000 })).toEqual([
      'MAPPED 3',
      ...cookies,
    ]);
  });

  test('example 5: a cookie that begins inside a page is not closed early', () => {
    const attr = { dma_attr_count_max: 0xffffn };
    const cookies = ['40000800/f800', '40010000/f000', '4001f000/1800'];
    const example = { attr, pages: c(0x40000000, 33), off: 0x800, len: 0x20000 };
    expect(bind(example)).toEqual(['MAPPED 3', ...cookies]);
  });

  test.each([0x2fffn, 0x1fffn])('example 5: a counter of 0x%s gives two pages each', (most) => {
    const cookies = ['60000000/2000', '60002000/2000', '60004000/2000'];
    const example = { attr: { dma_attr_count_max: most }, pages: c(0x60000000, 6), len: 0x6000 };
    expect(bind(example)).toEqual(['MAPPED 3', ...cookies]);
  });

  test('example 6: segments of 64 KiB and of 4 GiB', () => {
    const attr = { dma_attr_seg: 0xffffn, dma_attr_sgllen: 17 };
    const low = ['1000e000/2000', '10010000/2000'];
    expect(bind({ attr, pages: c(0x1000e000, 4), len: 0x4000 })).toEqual(['MAPPED 2', ...low]);
    const high = { attr: { dma_attr_seg: 0xffffffffn }, pages: c(0xffffe000, 4), len: 0x4000 };
    expect(bind(high)).toEqual(['MAPPED 2', 'ffffe000/2000', '100000000/2000']);
  });

  test('example 7: a list too short is too big', () => {
    const pages = Array.from({ length: 8 }, (_, i) => 0x10000000 + i * 0x10000);
    const example = { attr: { dma_attr_sgllen: 4 }, pages, len: 0x8000 };
    expect(play(example).answer).toBe('DDI_DMA_TOOBIG');
  });
});

describe('windows', () => {
  const apart = (count: number): readonly number[] =>
    Array.from({ length: count }, (_, i) => 0x10000000 + i * 0x10000);

  test('example 8: as many cookies each as the list holds', () => {
    const attr = { dma_attr_sgllen: 4 };
    const played = play({ attr, pages: apart(10), len: 0xa000, flags: partial });
    expect(played.answer).toBe('PARTIAL_MAP 4');
    const pages = apart(10).map((address) => `${address.toString(16)}/1000`);
    expect(played.windows()).toEqual([
      `0/4000: ${pages.slice(0, 4).join(' ')}`,
      `4000/4000: ${pages.slice(4, 8).join(' ')}`,
      `8000/2000: ${pages.slice(8).join(' ')}`,
    ]);
  });

  const oneByOne = { attr: { dma_attr_sgllen: 1 }, pages: apart(2), len: 0x2000, flags: partial };

  test('example 10: a list of one and two cookies divide by zero', () => {
    expect(() => play(oneByOne)).toThrow(Panic);
    expect(() => play(oneByOne)).toThrow('divide by zero');
  });

  test('example 10: the division guarded, a cookie a window, and none can be trimmed', () => {
    const on = { quirks: { 'windows-count-divides': false } };
    expect(play({ ...oneByOne, on }).windows()).toEqual([
      '0/1000: 10000000/1000',
      '1000/1000: 10010000/1000',
    ]);
    const attr = { dma_attr_sgllen: 1, dma_attr_granular: 0x400 };
    const odd = { ...oneByOne, attr, off: 0x200, len: 0x1c00, on };
    expect(play(odd).answer).toBe('DDI_DMA_NOMAPPING');
  });

  test('example 11: a transfer of 64 KiB', () => {
    const attr = { dma_attr_maxxfer: 0x10000n, dma_attr_sgllen: 16 };
    const played = play({ attr, pages: c(0x50000000, 36), len: 0x24000, flags: partial });
    expect(played.answer).toBe('PARTIAL_MAP 2');
    expect(played.windows()).toEqual([
      '0/10000: 50000000/f000 5000f000/1000',
      '10000/10000: 50010000/e000 5001e000/2000',
      '20000/4000: 50020000/4000',
    ]);
  });

  const cutTwice = {
    attr: { dma_attr_sgllen: 2, dma_attr_granular: 0x400, dma_attr_maxxfer: 0x2000n },
    pages: [0x10000000, 0x20000000, 0x30000000, 0x30001000, 0x40000000],
    off: 0x200,
    len: 0x4e00,
    flags: partial,
  };

  test('example 22: a window made by cutting twice is longer than it says', () => {
    const windows = play(cutTwice).windows();
    expect(windows).toHaveLength(3);
    expect(windows[2]).toBe('3c00/1000: 30001e00/200 40000000/1000');
  });

  test('example 23: as the last one it is lost; a corrected model has it', () => {
    const shorter = { ...cutTwice, pages: cutTwice.pages.slice(0, 4), len: 0x3e00 };
    const sizes = (on: BootOptions): readonly string[] =>
      play({ ...shorter, on })
        .windows()
        .map((window) => window.replace(/:.*/, ''));
    expect(sizes({})).toEqual(['0/1c00', '1c00/2000']);
    for (const on of [
      { quirks: { 'windows-lose-third': false } },
      { kernel: 'contract' },
    ] as const) {
      expect(sizes(on)).toEqual(['0/1c00', '1c00/2000', '3c00/200']);
    }
  });
});

describe('bounce pages', () => {
  const attr14 = {
    dma_attr_addr_hi: 0xffffffn,
    dma_attr_count_max: 0xffffn,
    dma_attr_seg: 0xffffn,
    dma_attr_maxxfer: 0xffffffffn,
    dma_attr_sgllen: 17,
  };

  test('example 14: an object out of reach, and exactly what a sync moves', () => {
    const example = { attr: attr14, pages: c(0x100000000, 4), off: 0x100, len: 0x2080 };
    const played = play(example);
    const cookies = ['100100/f00', '101000/1000', '102000/180'];
    expect([played.answer, ...played.cookies()]).toEqual(['MAPPED 3', ...cookies]);
    expect(played.copybuf).toBe(0x3000);
    expect(played.numwin()).toBe('DDI_FAILURE');
    expect(played.getwin(0)).toBe(`0/2080: ${cookies.join(' ')}`);

    const { machine, handle, va } = played;
    machine.kernel.copyBytesIn(va, new Uint8Array(0x2080).fill(7));
    const before = played.bounced(0, 0x2080);
    must(ddi_dma_sync(handle, 0x1000, 0x10, DDI_DMA_SYNC_FORDEV));
    before.fill(7, 0x1000, 0x1010);
    expect(Buffer.compare(played.bounced(0, 0x2080), before)).toBe(0);
    must(ddi_dma_sync(handle, 0, 0, DDI_DMA_SYNC_FORCPU));
    expect(Buffer.compare(machine.probe.peek(va, 0x2080), before)).toBe(0);
  });

  test('example 15: the page that ends at addr_hi is bounced as well', () => {
    const attr = { dma_attr_addr_hi: 0xffffffffn };
    const played = play({ attr, pages: c(0xffffd000, 4), len: 0x4000 });
    const cookies = ['ffffd000/2000', '100000/1000', '101000/1000'];
    expect([played.answer, ...played.cookies()]).toEqual(['MAPPED 3', ...cookies]);
    expect(played.copybuf).toBe(0x2000);
  });

  test('example 16: a page below addr_lo is bounced, or never', () => {
    const attr = { dma_attr_addr_lo: 0x2000n, dma_attr_addr_hi: 0xffffffffn };
    const low = play({ attr, pages: c(0x1000, 3), len: 0x3000 });
    expect([low.answer, ...low.cookies()]).toEqual(['MAPPED 2', '100000/1000', '2000/2000']);
    const high = { ...attr, dma_attr_addr_lo: 0x1000000n };
    const refused = play({ attr: high, pages: c(0xfff000, 3), len: 0x3000 });
    expect(refused.answer).toBe('DDI_DMA_NORESOURCES');
  });

  test('example 17: more than the bounce pages of a bind is windows, or too big', () => {
    const attr = {
      dma_attr_addr_hi: 0xffffffn,
      dma_attr_sgllen: 1024,
      dma_attr_seg: 0xffffffffn,
      dma_attr_count_max: 0xffffffffn,
      dma_attr_maxxfer: 0xffffffffn,
    };
    const example = { attr, pages: c(0x100000000, 514), len: 0x202000 };
    const played = play({ ...example, flags: partial });
    expect(played.answer).toBe('PARTIAL_MAP 257');
    expect(played.copybuf).toBe(0x101000);
    const slots = c(0x100000, 257).map((address) => `${address.toString(16)}/1000`);
    expect(played.windows()).toEqual([
      `0/101000: ${slots.join(' ')}`,
      `101000/101000: ${slots.join(' ')}`,
    ]);
    expect(play(example).answer).toBe('DDI_DMA_TOOBIG');
  });

  test('example 19: what lies above the segment is bounced when the object straddles it', () => {
    const bounceOnSeg = 0x8000;
    const attr = {
      dma_attr_flags: bounceOnSeg,
      dma_attr_seg: 0xffffffffn,
      dma_attr_sgllen: 17,
    };
    const astride = { attr, pages: [...c(0xffffd000, 2), ...c(0x100002000, 2)], len: 0x4000 };
    const cookies = ['ffffd000/2000', '100000/1000', '101000/1000'];
    expect(bind(astride)).toEqual(['MAPPED 3', ...cookies]);
    const above = { attr, pages: c(0x100002000, 2), len: 0x2000 };
    expect(bind(above)).toEqual(['MAPPED 1', '100002000/2000']);
    const touching = { attr, pages: [0x100002000, 0x100000000], len: 0x2000 };
    expect(bind(touching)).toEqual(['MAPPED 2', '100000/1000', '101000/1000']);
  });
});

describe('example 24: attributes', () => {
  const bad: readonly (readonly [string, Partial<ddi_dma_attr_t>])[] = [
    ['seg 7ff', { dma_attr_seg: 0x7ffn }],
    ['seg fffe', { dma_attr_seg: 0xfffen }],
    ['count_max ffe', { dma_attr_count_max: 0xffen }],
    ['granular 2000', { dma_attr_granular: 0x2000 }],
    ['granular 0', { dma_attr_granular: 0 }],
    ['maxxfer fff', { dma_attr_maxxfer: 0xfffn }],
    ['lo and hi 1000', { dma_attr_addr_lo: 0x1000n, dma_attr_addr_hi: 0x1000n }],
    ['sgllen 0', { dma_attr_sgllen: 0 }],
    [
      'BOUNCE_ON_SEG and seg above hi',
      { dma_attr_flags: 0x8000, dma_attr_seg: 0xffffffffn, dma_attr_addr_hi: 0xffffffn },
    ],
  ];
  const good: readonly (readonly [string, Partial<ddi_dma_attr_t>])[] = [
    ['granular 3', { dma_attr_granular: 3 }],
    ['seg fff', { dma_attr_seg: 0xfffn }],
    ['maxxfer 1fff, granular 1000', { dma_attr_maxxfer: 0x1fffn, dma_attr_granular: 0x1000 }],
  ];
  const alloc = (kernel: 'debug' | 'production', attr: Partial<ddi_dma_attr_t>): string => {
    const result = ddi_dma_alloc_handle(
      bareSystem({ kernel }).dip,
      anyAttr(attr),
      DDI_DMA_DONTWAIT,
    );
    return result.isOk() ? 'DDI_SUCCESS' : result.error.name;
  };

  test.each(bad)('%s', (_what, attr) => {
    expect(alloc('debug', attr)).toBe('DDI_DMA_BADATTR');
    expect(alloc('production', attr)).toBe('DDI_SUCCESS');
  });

  test.each(good)('%s', (_what, attr) => {
    expect(alloc('debug', attr)).toBe('DDI_SUCCESS');
    expect(alloc('production', attr)).toBe('DDI_SUCCESS');
  });
});

describe('callbacks', () => {
  test('example 35: RUNOUT puts what is left of an entry at the end, for another run', () => {
    const { machine } = bareSystem({ kernel: 'production' });
    const counts = new CallbackCounts();
    const list = new CallbackList(machine, 'example', counts);
    const calls: string[] = [];
    const answers = [1, 0];
    const a = (): number => {
      calls.push('A');
      return answers.shift() ?? 1;
    };
    const b = (): number => {
      calls.push('B');
      return 1;
    };
    list.set(a, null);
    list.set(a, null);
    list.set(b, null);
    list.run();
    expect(calls).toEqual([]);
    machine.sched.settle();
    expect(calls).toEqual(['A', 'A', 'B']);
    expect(list.entries).toMatchObject([{ fn: a, arg: null, count: 1 }]);
    expect(counts.snapshot()).toMatchObject({ runouts: 1, run: 2 });
  });

  test('example 37: the same function with the same argument is one entry', () => {
    const { machine } = bareSystem({ kernel: 'production' });
    const list = new CallbackList(machine, 'example');
    const f = (): number => 1;
    for (const arg of ['x', 'x', 'x', 'y']) list.set(f, arg);
    expect(list.entries).toMatchObject([
      { fn: f, arg: 'x', count: 3 },
      { fn: f, arg: 'y', count: 1 },
    ]);
  });
});
