/** Any bind: attributes, frames, an object on them and what is asked, boundaries favoured. */
import fc from 'fast-check';
import type { ddi_dma_attr_t } from '../../src/sys/types.js';
import { anyAttr } from './attr.js';

/** A case. */
export interface BindCase {
  readonly attr: ddi_dma_attr_t;
  /** Frames in the order of the object's addresses. */
  readonly pfns: readonly number[];
  readonly off: number;
  readonly len: number;
  /** Whether the kernel address is to be as aligned as the attributes ask, beyond a page too. */
  readonly aligned: boolean;
  /** Direction and PARTIAL. */
  readonly flags: number;
  readonly seed: number;
}

const frame = 4096n;

/**
 * First frames of stretches: a MiB, 16 MiB, 4 GiB, 64 GiB, a PC's last address, none in particular.
 */
const anchors = [0x100, 0x1000, 0x100000, 0x1000000, 2 ** 40, 0x8000, 0x40000];

/** A stretch of frames. */
const stretch = fc.record({
  anchor: fc.constantFrom(...anchors),
  by: fc.oneof(
    { weight: 3, arbitrary: fc.integer({ min: -3, max: 3 }) },
    { weight: 1, arbitrary: fc.integer({ min: -40, max: 40 }) },
  ),
  count: fc.oneof(
    { weight: 60, arbitrary: fc.integer({ min: 1, max: 5 }) },
    { weight: 8, arbitrary: fc.integer({ min: 6, max: 40 }) },
    { weight: 1, arbitrary: fc.constantFrom(256, 257, 258, 300) },
  ),
  order: fc.constantFrom('up', 'up', 'down', 'apart'),
});

/** Frames in stretches; each at most once. */
const layout = fc
  .array(stretch, { minLength: 1, maxLength: 5 })
  .map((stretches) => [
    ...new Set(
      stretches
        .flatMap(({ anchor, by, count, order }) => {
          const up = Array.from({ length: count }, (_, i) =>
            order === 'apart' ? anchor + by + 2 * i : anchor + by + i,
          );
          return order === 'down' ? up.reverse() : up;
        })
        .filter((pfn) => pfn >= 0 && pfn < 2 ** 40),
    ),
  ])
  .filter((pfns) => pfns.length > 0);

const unlimited = 0xffffffffffffffffn;

/** Mostly no limit; else one of those given. */
function mostly<T>(none: T, ...limits: readonly [T, ...T[]]): fc.Arbitrary<T> {
  return fc.oneof(
    { withCrossShrink: true },
    { weight: 3, arbitrary: fc.constant(none) },
    { weight: 2, arbitrary: fc.constantFrom(...limits) },
  );
}

/** A limit on addresses: no limit, a usual one, or one that falls into a page of the object. */
function reachLimit(none: bigint, ...usual: readonly [bigint, ...bigint[]]) {
  return fc.oneof(
    { withCrossShrink: true },
    { weight: 4, arbitrary: fc.constant({ value: none, nth: -1 }) },
    { weight: 2, arbitrary: fc.constantFrom(...usual).map((value) => ({ value, nth: -1 })) },
    {
      weight: 2,
      arbitrary: fc
        .tuple(fc.nat(40), fc.constantFrom(-2n, -1n, 0n, 1n, 0x233n, 0x7ffn, 0xffen, 0xfffn))
        .map(([nth, value]) => ({ value, nth })),
    },
  );
}

const fields = fc.record({
  lo: reachLimit(0n, 0x2000n, 0x1000000n, 0x100000000n),
  hi: reachLimit(unlimited, 0xffffffn, 0xfffffffn, 0xffffffffn, 0x100ffffffn, 0xfffffffffn),
  countMax: mostly(
    unlimited,
    ...([0xffffn, 0xfffn, 0x1fffn, 0x2fffn, 0xffffffn, 0xfffen, 0xffen, 511n, 0x3ffn] as const),
    ...([62n, 63n, 99n, 4999n, 0n, 7n] as const),
  ),
  seg: mostly(
    unlimited,
    ...([0xffffn, 0xffffffffn, 0xfffn, 0x1fffn, 0x2fffn, 0x3ffn, 0xffffffn] as const),
    ...([0xfffen, 0x1000n, 4999n, 0x7fn, 0xffen, 99n] as const),
  ),
  sgllen: mostly(-1, 1, 2, 3, 4, 1, 2, 16, 17, 256, -7),
  granular: mostly(1, 512, 4, 512, 1024, 3, 100, 1536, 4096, 8192, 2),
  granules: mostly(0n, 1n, 2n, 3n, 8n, 15n, 128n, 1000n),
  beyond: fc.constantFrom(0n, 0n, 1n, 3n),
  align: mostly(1n, 4n, 8n, 64n, 512n, 512n, 4096n, 4096n, 8192n, 0x10000n, 1n << 30n),
  minxfer: fc.constantFrom(1, 1, 8, 512),
});

function limitIn(
  { value, nth }: { readonly value: bigint; readonly nth: number },
  pfns: readonly number[],
): bigint {
  if (nth < 0) return value;
  const at = BigInt(pfns[nth % pfns.length] ?? 0) * frame + value;
  return at < 0n ? 0n : at;
}

function attrFrom(f: typeof fields extends fc.Arbitrary<infer T> ? T : never, pfns: number[]) {
  const a = limitIn(f.lo, pfns);
  const b = limitIn(f.hi, pfns);
  const maxxfer = f.granules === 0n ? unlimited : BigInt(f.granular) * f.granules + f.beyond;
  return anyAttr({
    // The other way round nothing is ever in reach; alloc_handle says so, and attr.test.ts.
    dma_attr_addr_lo: a <= b ? a : b,
    dma_attr_addr_hi: a <= b ? b : a,
    dma_attr_count_max: f.countMax,
    dma_attr_seg: f.seg,
    dma_attr_sgllen: f.sgllen,
    dma_attr_granular: f.granular,
    dma_attr_maxxfer: maxxfer,
    dma_attr_align: f.align,
    dma_attr_minxfer: f.minxfer,
  });
}

/** Pieces no case has more of than about this: a judge looks at every one. */
const mostPieces = 1500n;

/** Any bind. */
export const anyBind: fc.Arbitrary<BindCase> = fc
  .record({
    layout,
    fields,
    off: fc.oneof(
      fc.constantFrom(0, 0, 0x200, 0x800, 1, 0xfff, 0x234),
      fc.integer({ min: 0, max: 4095 }),
    ),
    keeps: fc.constantFrom(true, true, false),
    len: fc.oneof(
      fc.constantFrom({ of: 'all', less: 0 } as const, { of: 'all', less: 1 } as const),
      fc.nat(70000).map((less) => ({ of: 'none', less }) as const),
      fc.integer({ min: 1, max: 24 }).map((n) => ({ of: 'granules', less: n }) as const),
    ),
    flags: fc.tuple(fc.constantFrom(3, 3, 1, 2, 0), fc.constantFrom(8, 8, 0)),
    seed: fc.nat(1000),
  })
  .map(({ layout: pfns, fields: f, off: anyOff, keeps, len: wish, flags, seed }) => {
    const attr = attrFrom(f, pfns);
    const within = Number(f.align > 4096n ? 4096n : f.align);
    const off = keeps ? anyOff - (anyOff % within) : anyOff;
    const room = pfns.length * 4096 - off;
    let len = wish.of === 'all' ? room - wish.less : wish.less;
    if (wish.of === 'granules') len = wish.less * f.granular;
    let piece = 4096n;
    for (const n of [f.countMax + 1n, f.seg + 1n, attr.dma_attr_maxxfer]) if (n < piece) piece = n;
    len = Math.max(1, Math.min(len, room, Number(piece * mostPieces)));
    return { attr, pfns, off, len, aligned: keeps, flags: flags[0] | flags[1], seed };
  });
