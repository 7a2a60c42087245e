/**
 * Pages, their kernel addresses and their homes against the plainest model there is: one array of
 * bytes for each page. Bufs over the same pages are mapped and unmapped in any order, and the CPU,
 * a device, the file system and bp_copyout(9F) write through whatever name they have for a byte.
 */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { bp_copyout, bp_mapin, bp_mapout, B_WRITE, KM_SLEEP } from '../../src/index.js';
import type { Buf } from '../../src/machine/buf.js';
import { boot, type BootedMachine } from '../../src/platforms/index.js';

const pageBytes = 4096;
const pageCount = 5;

const step = fc.oneof(
  fc.record({
    op: fc.constant('map' as const),
    pages: fc.array(fc.nat(pageCount - 1), { minLength: 1, maxLength: 4 }),
    off: fc.nat(pageBytes - 1),
  }),
  fc.record({ op: fc.constant('unmap' as const), which: fc.nat() }),
  fc.record({
    op: fc.constant('kernel' as const),
    how: fc.constantFrom('store' as const, 'copyout' as const, 'bzero' as const),
    which: fc.nat(),
    at: fc.nat(),
    byte: fc.integer({ min: 1, max: 255 }),
  }),
  fc.record({
    op: fc.constant('page' as const),
    how: fc.constantFrom('device' as const, 'file' as const),
    page: fc.nat(pageCount - 1),
    at: fc.nat(pageBytes - 4),
    byte: fc.integer({ min: 1, max: 255 }),
  }),
);
type Step = typeof step extends fc.Arbitrary<infer S> ? S : never;

/** A mapped buf and which byte of which page each of its bytes is. */
interface Mapped {
  readonly bp: Buf;
  readonly pages: readonly number[];
  readonly off: number;
}

class World {
  readonly machine: BootedMachine = boot({ frames: 'mixed' });
  readonly list = this.machine.users.createPageList(pageCount);
  readonly model = Array.from({ length: pageCount }, () => new Uint8Array(pageBytes));
  readonly scratch = this.machine.kernel.kmem_alloc(64, KM_SLEEP) ?? 0;
  mapped: Mapped[] = [];

  /** The page and the offset behind byte `i` of a mapped buf. */
  place({ pages, off }: Mapped, i: number): [Uint8Array, number] {
    const at = off + i;
    const page = this.model[pages[Math.floor(at / pageBytes)] ?? 0];
    if (page === undefined) throw new Error('no such page');
    return [page, at % pageBytes];
  }

  take(s: Step): void {
    const { kernel, users, bus, pages } = this.machine;
    if (s.op === 'map') {
      const chosen = s.pages.map((n) => this.list.pages[n]).filter((p) => p !== undefined);
      const bcount = chosen.length * pageBytes - s.off;
      const bp = users.pageioBuf({ pages: chosen }, s.off, bcount, B_WRITE);
      bp_mapin(bp);
      this.mapped.push({ bp, pages: s.pages, off: s.off });
    } else if (s.op === 'unmap') {
      const [gone] = this.mapped.splice(s.which % (this.mapped.length + 1), 1);
      if (gone !== undefined) bp_mapout(gone.bp);
    } else if (s.op === 'page') {
      const bytes = Uint8Array.of(s.byte, 1, 2, 3);
      const pfn = this.list.pages[s.page]?.pfn ?? -1;
      expect(pages.homeOf(pfn)).toBeGreaterThan(0);
      if (s.how === 'file') this.list.write(s.page * pageBytes + s.at, bytes);
      else bus.write({ name: 'm', enabled: true }, pfn, s.at, bytes, 0, 4);
      this.model[s.page]?.set(bytes, s.at);
    } else {
      const target = this.mapped[s.which % Math.max(1, this.mapped.length)];
      if (target === undefined) return;
      const count = Math.min(4, target.bp.b_bcount);
      const at = s.at % (target.bp.b_bcount - count + 1);
      const bytes = new Uint8Array(count).fill(s.how === 'bzero' ? 0 : s.byte);
      if (s.how === 'bzero') kernel.bzero(target.bp.b_addr + at, count);
      else if (s.how === 'store') {
        for (const [i, byte] of bytes.entries()) kernel.store8(target.bp.b_addr + at + i, byte);
      } else {
        kernel.copyBytesIn(this.scratch, bytes);
        expect(bp_copyout(this.scratch, target.bp, at, count)).toBe(0);
      }
      for (const [i, byte] of bytes.entries()) {
        const [page, off] = this.place(target, at + i);
        page[off] = byte;
      }
    }
  }

  check(): void {
    const all = new Uint8Array(pageCount * pageBytes);
    for (const [i, page] of this.model.entries()) all.set(page, i * pageBytes);
    expect(Buffer.compare(this.list.read(0, all.length), all)).toBe(0);
    for (const m of this.mapped) {
      const { bp } = m;
      const wanted = new Uint8Array(bp.b_bcount);
      for (let i = 0; i < wanted.length; i++) {
        const [page, off] = this.place(m, i);
        wanted[i] = page[off] ?? 0;
      }
      const got = this.machine.kernel.copyBytesOut(bp.b_addr, bp.b_bcount);
      expect(Buffer.compare(got, wanted)).toBe(0);
      if (bp.b_bcount >= 4) {
        const word = new DataView(wanted.buffer).getUint32(wanted.length - 4, true);
        expect(this.machine.kernel.load32(bp.b_addr + bp.b_bcount - 4)).toBe(word);
      }
    }
  }
}

test('every name of a byte is the same byte, whatever is mapped and in which order', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 25 }), (steps) => {
      const world = new World();
      for (const s of steps) {
        world.take(s);
        world.check();
      }
      for (const { bp } of world.mapped) bp_mapout(bp);
      world.mapped = [];
      world.check();
      world.list.free();
      world.machine.kernel.kmem_free(world.scratch, 64);
      expect(world.machine.frames.inUse).toBe(0);
      expect(world.machine.pages.special).toBe(false);
    }),
    { numRuns: 60 },
  );
});
