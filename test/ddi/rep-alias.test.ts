/**
 * Repeated access where the kernel's own pages need a second look: the host address is an alias, a
 * second name of pages that lie elsewhere in the store and in another order.
 */
import { describe, expect, test } from 'vitest';
import {
  bp_mapin,
  B_WRITE,
  ddi_get16,
  ddi_get32,
  ddi_get64,
  ddi_get8,
  ddi_put16,
  ddi_put32,
  ddi_put64,
  ddi_put8,
  ddi_rep_get16,
  ddi_rep_get32,
  ddi_rep_get64,
  ddi_rep_get8,
  ddi_rep_put16,
  ddi_rep_put32,
  ddi_rep_put64,
  ddi_rep_put8,
  DDI_DEV_AUTOINCR,
} from '../../src/index.js';
import { accRig, orders, type AccRig } from '../support/acc-rig.js';

const pageBytes = 4096;
const rangeBytes = 64;
const calls = [
  { bytes: 1, get: ddi_get8, put: ddi_put8, repGet: ddi_rep_get8, repPut: ddi_rep_put8 },
  { bytes: 2, get: ddi_get16, put: ddi_put16, repGet: ddi_rep_get16, repPut: ddi_rep_put16 },
  { bytes: 4, get: ddi_get32, put: ddi_put32, repGet: ddi_rep_get32, repPut: ddi_rep_put32 },
  { bytes: 8, get: ddi_get64, put: ddi_put64, repGet: ddi_rep_get64, repPut: ddi_rep_put64 },
] as const;

/** Two pages mapped, and again the other way round; an address 32 bytes before their seam. */
function stage(rig: AccRig): { readonly first: number; readonly seam: number } {
  const { users, pages } = rig.machine;
  const list = users.createPageList(2).pages;
  const [first = 0, second = 0] = [list, [...list].reverse()].map((order) => {
    const bp = users.pageioBuf({ pages: order }, 0, 2 * pageBytes, B_WRITE);
    bp_mapin(bp);
    return bp.b_addr;
  });
  expect(pages.special).toBe(true);
  return { first, seam: second + pageBytes - rangeBytes / 2 };
}

/** What lies at the alias, by the other name: the second page's end, the first one's start. */
function behind(rig: AccRig, first: number): number[] {
  const half = rangeBytes / 2;
  return [...rig.peek(first + 2 * pageBytes - half, half), ...rig.peek(first, half)];
}

const bytes = Uint8Array.from({ length: rangeBytes }, (_, i) => 3 * i + 1);

describe.each(orders)('on a %s-endian host', (order) => {
  describe.each(['memory', 'registers'] as const)('of %s', (target) => {
    describe.each([1, 2])('byte order %i', (endian) => {
      test.each(calls)('data of $bytes bytes go to an alias as in a loop', (call) => {
        const seen = [true, false].map((repeated) => {
          const rig = accRig(order, target, endian, rangeBytes);
          const { first, seam } = stage(rig);
          rig.fill(bytes);
          const count = rangeBytes / call.bytes;
          if (repeated) call.repGet(rig.handle, seam, rig.addr, count, DDI_DEV_AUTOINCR);
          for (let off = 0; !repeated && off < rangeBytes; off += call.bytes) {
            rig.store(8 * call.bytes, seam + off, call.get(rig.handle, rig.addr + off));
          }
          return [behind(rig, first), rig.accesses(), rig.findings()];
        });
        expect(seen[0]).toEqual(seen[1]);
        expect([...(seen[0]?.[0] as number[])].sort()).toEqual([...bytes].sort());
      });

      test.each(calls)('data of $bytes bytes come from an alias as in a loop', (call) => {
        const seen = [true, false].map((repeated) => {
          const rig = accRig(order, target, endian, rangeBytes);
          const { seam } = stage(rig);
          rig.machine.kernel.copyBytesIn(seam, bytes);
          const count = rangeBytes / call.bytes;
          if (repeated) call.repPut(rig.handle, seam, rig.addr, count, DDI_DEV_AUTOINCR);
          for (let off = 0; !repeated && off < rangeBytes; off += call.bytes) {
            const put = call.put as (h: typeof rig.handle, at: number, v: unknown) => void;
            put(rig.handle, rig.addr + off, rig.load(8 * call.bytes, seam + off));
          }
          return [[...rig.bytes()], rig.accesses(), rig.findings()];
        });
        expect(seen[0]).toEqual(seen[1]);
        expect([...(seen[0]?.[0] as number[])].sort()).toEqual([...bytes].sort());
      });
    });
  });
});
