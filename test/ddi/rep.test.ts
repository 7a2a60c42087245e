/** Repeated access is a loop of single accesses: memory and registers, hosts of both orders. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
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
  DDI_DEV_NO_AUTOINCR,
  type ddi_acc_handle_t,
} from '../../src/index.js';
import { accRig, type AccRig, orders, targets } from '../support/acc-rig.js';

const getters = { 8: ddi_get8, 16: ddi_get16, 32: ddi_get32, 64: ddi_get64 } as const;
const putters = { 8: ddi_put8, 16: ddi_put16, 32: ddi_put32, 64: ddi_put64 } as const;
const repGetters = { 8: ddi_rep_get8, 16: ddi_rep_get16, 32: ddi_rep_get32, 64: ddi_rep_get64 };
const repPutters = { 8: ddi_rep_put8, 16: ddi_rep_put16, 32: ddi_rep_put32, 64: ddi_rep_put64 };
const arrays = {
  8: [Uint8Array, Int8Array],
  16: [Uint16Array, Int16Array],
  32: [Uint32Array, Int32Array],
  64: [BigUint64Array, BigInt64Array],
} as const;

type Width = keyof typeof getters;
type Datum = number | bigint;
/** An array whose elements are of either kind, for the tests of all widths alike. */
interface Data extends ArrayLike<Datum>, Iterable<Datum> {
  [index: number]: Datum;
}
type Rep = (h: ddi_acc_handle_t, host: number | Data, dev: number, n: number, f: number) => void;

const rangeBytes = 256;
const widths = fc.constantFrom<Width>(8, 16, 32, 64);
const flagsOf = fc.constantFrom(DDI_DEV_AUTOINCR, DDI_DEV_NO_AUTOINCR);

/** A repeated access: of which width, where, how many, and where the host has its data. */
const request = fc
  .record({
    width: widths,
    index: fc.nat(31),
    count: fc.integer({ min: 1, max: 32 }),
    flags: flagsOf,
    endian: fc.constantFrom(0, 1, 2),
    host: fc.constantFrom('unsigned', 'signed', 'longer', 'kernel', 'overlapping'),
    shift: fc.integer({ min: -4, max: 4 }),
    fill: fc.uint8Array({ minLength: rangeBytes, maxLength: rangeBytes }),
  })
  .map((r) => {
    const last = rangeBytes / (r.width / 8) - 1;
    const index = Math.min(r.index, last);
    return { ...r, index, count: Math.min(r.count, last - index + 1) };
  });
type Request = typeof request extends fc.Arbitrary<infer T> ? T : never;

/** Where the host's data are: an array, or an address. */
function hostOf(rig: AccRig, r: Request): number | Data {
  const [Unsigned, Signed] = arrays[r.width];
  if (r.host === 'kernel') return rig.buffer;
  if (r.host === 'overlapping') {
    // Inside the range itself, where the loop may meet what it stored before.
    const index = Math.max(0, Math.min(r.index + r.shift, rangeBytes / (r.width / 8) - r.count));
    return rig.kernelAddress + index * (r.width / 8);
  }
  const Kind = r.host === 'signed' ? Signed : Unsigned;
  return new Kind(r.count + (r.host === 'longer' ? 3 : 0));
}

/** The loop: one get, one store of the host, in turn. */
function loopGet(rig: AccRig, r: Request, host: number | Data): void {
  const bytes = r.width / 8;
  const get = getters[r.width];
  for (let i = 0; i < r.count; i++) {
    const step = r.flags === DDI_DEV_AUTOINCR ? i : 0;
    const value: Datum = get(rig.handle, rig.addr + (r.index + step) * bytes);
    if (typeof host === 'number') rig.store(r.width, host + i * bytes, value);
    else host[i] = value;
  }
}

function loopPut(rig: AccRig, r: Request, host: number | Data): void {
  const bytes = r.width / 8;
  const put = putters[r.width] as (h: ddi_acc_handle_t, at: number, value: Datum) => void;
  for (let i = 0; i < r.count; i++) {
    const step = r.flags === DDI_DEV_AUTOINCR ? i : 0;
    const value = typeof host === 'number' ? rig.load(r.width, host + i * bytes) : host[i];
    put(rig.handle, rig.addr + (r.index + step) * bytes, value ?? 0);
  }
}

describe.each(orders)('on a %s-endian host', (order) => {
  describe.each(targets)('of %s', (target) => {
    const bodies: readonly [string, Readonly<Record<Width, unknown>>, typeof loopGet][] = [
      ['a repeated get', repGetters, loopGet],
      ['a repeated put', repPutters, loopPut],
    ];

    test.each(bodies)('%s is a loop', (_name, reps, loop) => {
      fc.assert(
        fc.property(request, (r) => {
          // Registers have no kernel address that a host's could overlap.
          fc.pre(target === 'memory' || r.host !== 'overlapping');
          // 64 bits in I/O space are refused.
          fc.pre(target !== 'ports' || r.width !== 64);
          const seen = [
            loop,
            (rig: AccRig, _r: Request, host: number | Data) => {
              const rep = reps[r.width] as Rep;
              const dev = rig.addr + (r.index * r.width) / 8;
              rep(rig.handle, host, dev, r.count, r.flags);
            },
          ].map((run) => {
            const rig = accRig(order, target, r.endian, rangeBytes);
            rig.fill(r.fill);
            const host = hostOf(rig, r);
            if (typeof host !== 'number') {
              for (let i = 0; i < host.length; i++)
                host[i] = r.width === 64 ? BigInt(i * 7) : i * 7;
            }
            run(rig, r, host);
            const there = typeof host === 'number' ? rig.peek(host, r.count * 8) : [...host];
            return { there, range: rig.bytes(), accesses: rig.accesses(), found: rig.findings() };
          });
          expect(seen[1]).toEqual(seen[0]);
          expect(seen[1]?.found).toEqual([]);
        }),
      );
    });
  });
});
