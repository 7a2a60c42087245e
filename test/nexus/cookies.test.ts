import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkAttr, isBadAttr, type Limits } from '../../src/nexus/attr.js';
import { AddressMaker, CookieTable, walk } from '../../src/nexus/cookies.js';
import type { DmaObject } from '../../src/nexus/object.js';
import type { ddi_dma_attr_t } from '../../src/sys/types.js';
import { naiveCookies } from '../model/naive-cookies.js';
import { anyAttr } from '../support/attr.js';

/** What the pages promise. */
const exact = { hiExclusive: false, alignedCuts: true };

function objectOn(pfns: readonly number[], off: number, len: number): DmaObject {
  return { kind: 'kernel', va: off, off, len, pfns: Float64Array.from(pfns), first: 0 };
}

function limitsOf(attr: ddi_dma_attr_t): Limits {
  const checked = checkAttr(attr, () => true);
  if (isBadAttr(checked)) throw new Error(`${checked.field}: ${checked.rule}`);
  return checked;
}

/** Frames in runs: the shapes that matter are neighbours, jumps and descents. */
const layout = fc
  .array(fc.tuple(fc.integer({ min: 0, max: 60 }), fc.integer({ min: 1, max: 6 })), {
    minLength: 1,
    maxLength: 4,
  })
  .map((runs) => runs.flatMap(([first, n]) => Array.from({ length: n }, (_, i) => first + i)));

describe('the walk', () => {
  it('agrees with the naive oracle byte for byte', () => {
    fc.assert(
      fc.property(
        layout,
        fc.integer({ min: 0, max: 4095 }),
        fc.integer({ min: 1, max: 24576 }),
        fc.constantFrom(0n, 1n, 63n, 100n, 511n, 4094n, 4095n, 4096n, 8191n, 12000n, 1n << 40n),
        fc.constantFrom(0x3ffn, 0xfffn, 0x1fffn, 0x3fffn, 0xffffn, 4999n, 0xffffffffffffffffn),
        fc.constantFrom(1n, 4n, 64n, 4096n),
        (pfns, off, wanted, countMax, seg, align) => {
          const start = off - (off % Number(align));
          const len = Math.min(wanted, pfns.length * 4096 - start);
          const limits = limitsOf(
            anyAttr({
              dma_attr_count_max: countMax,
              dma_attr_seg: seg,
              dma_attr_align: align,
              dma_attr_sgllen: -1,
            }),
          );
          const table = new CookieTable();
          walk(objectOn(pfns, start, len), limits, exact, table);
          expect(table.bouncedPages).toBe(0);
          const maker = new AddressMaker();
          const got = Array.from({ length: table.count }, (_, i) => {
            const c = maker.cookie(table.frame[i] ?? 0, table.off[i] ?? 0, table.size[i] ?? 0, 0);
            return { address: c.dmac_laddress, size: BigInt(c.dmac_size) };
          });
          const bytes = Array.from({ length: len }, (_, i) => {
            const at = start + i;
            return BigInt(pfns[at >>> 12] ?? 0) * 4096n + BigInt(at & 4095);
          });
          expect(got).toEqual(naiveCookies(bytes, { countMax, seg, align }));
        },
      ),
      { numRuns: 400, seed: 30 },
    );
  });

  it.each([
    ['the last byte is addr_hi', 0x1fffn, 0],
    ['the last byte is one past addr_hi', 0x1ffen, 1],
  ])('reach: %s', (_what, hi, bounced) => {
    const limits = limitsOf(anyAttr({ dma_attr_addr_hi: hi }));
    const table = new CookieTable();
    // ddi_dma_attr(9S) AD-2: inclusive.
    walk(objectOn([1], 0, 0x1000), limits, exact, table);
    expect(table.bouncedPages).toBe(bounced);
  });

  it.each([
    ['at addr_lo', 0x1800n, 0],
    ['one below addr_lo', 0x1801n, 1],
  ])('reach: the first byte is %s', (_what, lo, bounced) => {
    const limits = limitsOf(anyAttr({ dma_attr_addr_lo: lo }));
    const table = new CookieTable();
    walk(objectOn([1], 0x800, 8), limits, exact, table);
    expect(table.bouncedPages).toBe(bounced);
  });

  it('only the pages of a run that are out of reach are bounced', () => {
    const limits = limitsOf(anyAttr({ dma_attr_addr_hi: 0x2fffn }));
    const table = new CookieTable();
    walk(objectOn([1, 2, 3, 4], 0x10, 0x3ff0), limits, exact, table);
    expect([...table.size.slice(0, table.count)]).toEqual([0x1ff0, 0x1000, 0x1000]);
    expect([...table.bounce.slice(0, table.count)]).toEqual([-1, 0, 0]);
  });
});

describe('cookies', () => {
  it('carry both halves of a 64-bit address, and print', () => {
    const cookie = new AddressMaker().cookie(0xfedcb98765, 0x432, 16, 0);
    expect(cookie.dmac_laddress).toBe(0xfedcb98765432n);
    expect(cookie.dmac_address).toBe(0x98765432);
    expect(JSON.stringify(cookie)).toContain('"0xfedcb98765432"');
  });
});
