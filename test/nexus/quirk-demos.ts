/**
 * Demonstrations of quirks: for each one something a driver does, and what it sees when the quirk
 * is on and when it is off. quirks.test.ts plays them in the rule books and alone over the
 * contract.
 */
import {
  ddi_dma_addr_bind_handle,
  ddi_dma_alloc_handle,
  ddi_dma_cookie_get,
  ddi_dma_free_handle,
  ddi_dma_getwin,
  ddi_dma_ncookies,
  ddi_dma_numwin,
  ddi_dma_sync,
  ddi_dma_unbind_handle,
  DDI_DMA_DONTWAIT,
  DDI_DMA_PARTIAL,
  DDI_DMA_RDWR,
  DDI_DMA_READ,
  DDI_DMA_SLEEP,
  DDI_DMA_SYNC_FORCPU,
  DDI_DMA_SYNC_FORDEV,
  DDI_DMA_WRITE,
  must,
  type ddi_dma_attr_t,
  type ddi_dma_cookie_t,
  type ddi_dma_handle_t,
  type DdiError,
} from 'ddi-dma';
import type { Result } from 'neverthrow';
import type { BootedMachine, BootOptions } from '../../src/platforms/index.js';
import { Panic } from '../../src/sys/errors.js';
import type { QuirkId, RuleBookName } from '../../src/sys/quirks.js';
import { anyAttr } from '../support/attr.js';
import { bareSystem } from '../support/system.js';

/** What is seen, or a promise of it. */
export type Observation = unknown;

/** A demonstration. */
export interface Demo {
  readonly id: QuirkId;
  /** What is done and looked at, on a machine booted so. */
  readonly see: (options: BootOptions) => Observation;
  readonly on: Observation;
  readonly off: Observation;
  /** Quirks that must be the other way for this one to be seen at all, in the books. */
  readonly needs?: Readonly<Partial<Record<QuirkId, boolean>>>;
  /** What is seen in the books without it, where that is not `off`. */
  readonly offInBooks?: Observation;
  /** The books where it is seen; default those of the table. */
  readonly books?: readonly RuleBookName[];
}

const high = 0x100000;

/** A machine, a handle and an object on frames of choice. */
interface Stage {
  readonly machine: BootedMachine;
  readonly handle: ddi_dma_handle_t;
  readonly va: number;
  readonly len: number;
  readonly bind: (flags: number) => Result<unknown, DdiError>;
}

function stage(
  options: BootOptions,
  attr: Partial<ddi_dma_attr_t>,
  pfns: readonly number[],
  off = 0,
  len = pfns.length * 4096 - off,
): Stage {
  const { machine, dip } = bareSystem({ ...options, store: 8 << 20 });
  const { handle } = must(ddi_dma_alloc_handle(dip, anyAttr(attr), DDI_DMA_DONTWAIT));
  const va = machine.place(pfns, off);
  machine.kernel.copyBytesIn(va, new Uint8Array(len).fill(1));
  const bind: Stage['bind'] = (flags) =>
    ddi_dma_addr_bind_handle(handle, null, va, len, flags, DDI_DMA_DONTWAIT);
  return { machine, handle, va, len, bind };
}

function name(result: Result<unknown, DdiError>): string {
  return result.isOk() ? 'success' : result.error.name;
}

function cookies(handle: ddi_dma_handle_t): readonly ddi_dma_cookie_t[] {
  return Array.from({ length: ddi_dma_ncookies(handle) }, (_, i) => {
    const cookie = ddi_dma_cookie_get(handle, i);
    if (cookie === null) throw new Error('a cookie is missing');
    return cookie;
  });
}

/** Sizes of the cookies of a bind. */
function sizes(on: Stage, flags = DDI_DMA_RDWR): readonly number[] {
  must(on.bind(flags));
  return cookies(on.handle).map((c) => c.dmac_size);
}

/** Offset and length of each window. */
function windows({ handle }: Stage): readonly (readonly [number, number])[] {
  const { nwin } = must(ddi_dma_numwin(handle));
  return Array.from({ length: nwin }, (_, i) => {
    const { off, len } = must(ddi_dma_getwin(handle, i));
    return [off, len] as const;
  });
}

/** The byte a device finds in the cookie with that index. */
function deviceSees({ machine, handle }: Stage, index = 0): number {
  const bytes = new Uint8Array(1);
  const address = cookies(handle)[index]?.dmac_laddress ?? 0n;
  const master = { name: 'demo', enabled: true };
  machine.bus.read(master, Number(address >> 12n), Number(address & 4095n), bytes, 0, 1);
  return bytes[0] ?? -1;
}

/** The device writes a byte where the cookie with that index begins. */
function deviceWrites({ machine, handle }: Stage, byte: number): void {
  const address = cookies(handle)[0]?.dmac_laddress ?? 0n;
  const master = { name: 'demo', enabled: true };
  const frame = Number(address >> 12n);
  machine.bus.write(master, frame, Number(address & 4095n), Uint8Array.of(byte), 0, 1);
}

/** What is alive that should not be. */
function leaked(machine: BootedMachine): readonly string[] {
  return machine.live
    .list()
    .flatMap(({ kind, detail }) => (kind.startsWith('leaked') ? [`${kind}, ${detail}`] : []));
}

/** What a step says, or the panic it ends in. */
function orPanic(step: () => Observation): Observation {
  try {
    return step();
  } catch (error) {
    if (error instanceof Panic) return `panic: ${error.message}`;
    throw error;
  }
}

/** High pages with a gap after each. */
const apart = (count: number): readonly number[] =>
  Array.from({ length: count }, (_, i) => high + 2 * i);

/** A device that reaches 16 MiB and has a list of two. */
const low = { dma_attr_addr_hi: 0xffffffn, dma_attr_sgllen: 2 };

/** Frames and attributes of the worked example in which a window is cut twice. */
const cutTwice = {
  attr: { dma_attr_sgllen: 2, dma_attr_granular: 0x400, dma_attr_maxxfer: 0x2000n },
  pfns: [0x10000, 0x20000, 0x30000, 0x30001],
  off: 0x200,
  len: 0x3e00,
} as const;

/** The demonstrations of quirks of handles, binds, windows and syncs. */
export const bindDemos: readonly Demo[] = [
  {
    id: 'alloc-attr-kernel-rules',
    see: (options) => {
      const { dip } = bareSystem(options);
      const attr = anyAttr({ dma_attr_align: 3n, dma_attr_version: 7 });
      return name(ddi_dma_alloc_handle(dip, attr, DDI_DMA_DONTWAIT));
    },
    on: 'success',
    off: 'DDI_DMA_BADATTR',
  },
  {
    id: 'alloc-attr-unchecked',
    see: (options) => {
      const { dip } = bareSystem(options);
      const attr = anyAttr({ dma_attr_maxxfer: 0xfffn });
      return name(ddi_dma_alloc_handle(dip, attr, DDI_DMA_DONTWAIT));
    },
    on: 'success',
    off: 'DDI_DMA_BADATTR',
  },
  {
    id: 'bind-inuse-unchecked',
    see: (options) => {
      const s = stage(options, low, [high]);
      must(s.bind(DDI_DMA_RDWR));
      return [name(s.bind(DDI_DMA_RDWR)), leaked(s.machine)];
    },
    on: ['success', ['leaked bounce pages, 4096 bytes']],
    off: ['DDI_DMA_INUSE', []],
  },
  {
    id: 'inuse-overwrites-flags',
    see: (options) => {
      const s = stage(options, low, [high]);
      must(s.bind(DDI_DMA_WRITE));
      s.machine.kernel.store8(s.va, 2);
      const second = name(s.bind(DDI_DMA_READ));
      must(ddi_dma_unbind_handle(s.handle));
      // Turned into a bind for the device to write, it brings back what the device saw.
      return [second, s.machine.kernel.load8(s.va)];
    },
    on: ['DDI_DMA_INUSE', 1],
    off: ['DDI_DMA_INUSE', 2],
  },
  {
    id: 'limits-at-page-starts',
    // Three pages in a row and a counter of a page and a half.
    see: (options) =>
      sizes(stage(options, { dma_attr_count_max: 0x17ffn }, [high, high + 1, high + 2])),
    on: [0x1000, 0x1000, 0x1000],
    off: [0x1800, 0x1800],
  },
  {
    id: 'cookie-early-close',
    see: (options) => {
      const pfns = Array.from({ length: 16 }, (_, i) => high + i);
      return sizes(stage(options, { dma_attr_count_max: 0xffffn }, pfns));
    },
    on: [0xf000, 0x1000],
    off: [0x10000],
  },
  {
    id: 'addr-hi-exclusive',
    see: (options) => {
      const s = stage(options, { dma_attr_addr_hi: 0xffffffffn }, [0xfffff]);
      must(s.bind(DDI_DMA_RDWR));
      return cookies(s.handle)[0]?.dmac_laddress === 0xfffff000n;
    },
    on: false,
    off: true,
  },
  {
    id: 'align-ignored-at-bind',
    see: (options) => {
      // The kernel address is a multiple of 8 KiB, and the frame is odd.
      const { machine, dip } = bareSystem(options);
      const attr = anyAttr({ dma_attr_align: 0x2000n });
      const { handle } = must(ddi_dma_alloc_handle(dip, attr, DDI_DMA_DONTWAIT));
      const at = [high + 1, high + 7].map((pfn) => machine.place([pfn, pfn + 1]));
      const va = at.find((a) => a % 0x2000 === 0) ?? 0;
      const wait = DDI_DMA_DONTWAIT;
      must(ddi_dma_addr_bind_handle(handle, null, va, 4096, DDI_DMA_RDWR, wait));
      return cookies(handle).every((c) => c.dmac_laddress % 0x2000n === 0n);
    },
    on: false,
    off: true,
    // The walk of the kernel knows no alignment.
    offInBooks: false,
  },
  {
    id: 'copybuf-through-mem-alloc',
    see: (options) => {
      const bind = (attr: Partial<ddi_dma_attr_t>): Observation =>
        orPanic(() => name(stage(options, attr, [high]).bind(DDI_DMA_RDWR)));
      return [
        bind({ dma_attr_addr_lo: 0x1000000n, dma_attr_addr_hi: 0xfffffffn }),
        bind({ dma_attr_addr_hi: 0xffffffn, dma_attr_minxfer: 3 }),
        bind({ dma_attr_addr_hi: 0x7fffffn }),
      ];
    },
    on: [
      'DDI_DMA_NORESOURCES',
      'DDI_DMA_NORESOURCES',
      'panic: kmem_io_index: invalid addr - must be at least 16m',
    ],
    off: ['success', 'success', 'success'],
    // Without the rules of the kernel there is no handle for a minxfer of 3.
    needs: { 'alloc-attr-kernel-rules': true },
  },
  {
    id: 'toobig-loses-copybuf',
    see: (options) => {
      const s = stage(options, low, apart(3));
      return [name(s.bind(DDI_DMA_RDWR)), leaked(s.machine)];
    },
    on: ['DDI_DMA_TOOBIG', ['leaked bounce pages, 12288 bytes']],
    off: ['DDI_DMA_TOOBIG', []],
  },
  {
    id: 'windows-by-boundary',
    see: (options) => {
      // 257 bounce pages serve for one window each; the kernel goes on counting those it has used.
      const pfns = Array.from({ length: 400 }, (_, i) => high + i);
      const s = stage(options, { ...low, dma_attr_sgllen: 200 }, pfns);
      must(s.bind(DDI_DMA_RDWR | DDI_DMA_PARTIAL));
      return windows(s).map(([, len]) => len / 4096);
    },
    on: [200, 57, 143],
    off: [200, 200],
  },
  {
    id: 'windows-count-divides',
    see: (options) =>
      orPanic(() => {
        const s = stage(options, { dma_attr_sgllen: 1 }, apart(2));
        must(s.bind(DDI_DMA_RDWR | DDI_DMA_PARTIAL));
        return windows(s);
      }),
    on: 'panic: divide by zero',
    off: [
      [0, 4096],
      [4096, 4096],
    ],
  },
  {
    id: 'windows-lose-third',
    see: (options) => {
      const { attr, pfns, off, len } = cutTwice;
      const s = stage(options, attr, pfns, off, len);
      must(s.bind(DDI_DMA_RDWR | DDI_DMA_PARTIAL));
      return windows(s);
    },
    on: [
      [0, 0x1c00],
      [0x1c00, 0x2000],
    ],
    off: [
      [0, 0x1c00],
      [0x1c00, 0x2000],
      [0x3c00, 0x200],
    ],
  },
  {
    id: 'windows-trim-one-cookie',
    see: (options) => {
      const attr = { dma_attr_sgllen: 1, dma_attr_granular: 0x400 };
      const s = stage(options, attr, apart(2), 0x200, 0x1c00);
      const result = s.bind(DDI_DMA_RDWR | DDI_DMA_PARTIAL);
      return result.isErr() ? name(result) : cookies(s.handle).map((c) => c.dmac_size);
    },
    on: 'DDI_DMA_NOMAPPING',
    // Bounced whole.
    off: [0x1c00],
    // The division comes first.
    needs: { 'windows-count-divides': false },
  },
  {
    id: 'getwin-needs-windows',
    see: (options) => {
      const getwin0 = (attr: Partial<ddi_dma_attr_t>): string => {
        const s = stage(options, attr, [high]);
        must(s.bind(DDI_DMA_RDWR | DDI_DMA_PARTIAL));
        return name(ddi_dma_getwin(s.handle, 0));
      };
      return [getwin0(low), getwin0({})];
    },
    on: ['success', 'DDI_FAILURE'],
    off: ['DDI_FAILURE', 'DDI_FAILURE'],
  },
  {
    id: 'cookie-type-marks-bounce',
    see: (options) => {
      const s = stage(options, low, [high, 0x200]);
      must(s.bind(DDI_DMA_RDWR));
      return cookies(s.handle).map((c) => c.dmac_type);
    },
    on: [0x80000000, 0],
    off: [0, 0],
  },
  {
    id: 'no-direction-no-copy',
    see: (options) => {
      const s = stage(options, low, [high]);
      must(s.bind(0));
      const read = deviceSees(s) === 1;
      deviceWrites(s, 3);
      must(ddi_dma_unbind_handle(s.handle));
      return [read, s.machine.kernel.load8(s.va) === 3];
    },
    on: [false, false],
    off: [true, true],
  },
  {
    id: 'sync-by-window',
    see: (options) => {
      const s = stage(options, low, apart(4));
      must(s.bind(DDI_DMA_RDWR | DDI_DMA_PARTIAL));
      must(ddi_dma_getwin(s.handle, 1));
      s.machine.kernel.store8(s.va + 0x2000, 2);
      must(ddi_dma_sync(s.handle, 0, 16, DDI_DMA_SYNC_FORDEV));
      // The first bytes of the object are in the other window; those of the window have moved.
      return deviceSees(s);
    },
    on: 2,
    off: 1,
  },
  {
    id: 'sync-unchecked',
    see: (options) => {
      const s = stage(options, low, [high]);
      return name(ddi_dma_sync(s.handle, 0, 0, DDI_DMA_SYNC_FORDEV));
    },
    on: 'success',
    off: 'DDI_FAILURE',
  },
  {
    id: 'sync-range-unchecked',
    see: (options) => {
      const s = stage(options, low, [high]);
      must(s.bind(DDI_DMA_WRITE));
      return [
        name(ddi_dma_sync(s.handle, 0x800, 0x1000, DDI_DMA_SYNC_FORDEV)),
        name(ddi_dma_sync(s.handle, 0, 0, DDI_DMA_SYNC_FORCPU)),
        name(ddi_dma_sync(s.handle, 0, 0, 9)),
      ];
    },
    on: ['success', 'success', 'success'],
    off: ['DDI_FAILURE', 'DDI_FAILURE', 'DDI_FAILURE'],
  },
  {
    id: 'unbind-unbound-succeeds',
    see: (options) => name(ddi_dma_unbind_handle(stage(options, {}, [high]).handle)),
    on: 'success',
    off: 'DDI_FAILURE',
  },
  {
    id: 'sleep-queued-as-callback',
    see: async (options) => {
      const attr = { dma_attr_addr_lo: 0x1000000n, dma_attr_addr_hi: 0xfffffffn };
      const s = stage(options, attr, [high]);
      const { machine, handle, va, len } = s;
      const flags = DDI_DMA_RDWR;
      const bound = await machine.run(() =>
        ddi_dma_addr_bind_handle(handle, null, va, len, flags, DDI_DMA_SLEEP),
      );
      const wild = orPanic(() => {
        ddi_dma_free_handle(handle);
        machine.sched.settle();
        return 'quiet';
      });
      return [name(bound), wild];
    },
    on: [
      'DDI_DMA_NORESOURCES',
      'panic: wild call: function value 1 (DDI_DMA_SLEEP) invoked as a callback',
    ],
    off: ['DDI_DMA_NORESOURCES', 'quiet'],
  },
];
