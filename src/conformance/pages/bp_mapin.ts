/** Checks of bp_mapin(9F), bp_mapout(9F), bp_copyin(9F) and bp_copyout(9F). */
import { B_READ, B_WRITE, NODEV } from '../../sys/constants-io.js';
import type { buf_t } from '../../sys/types-io.js';
import { newBuf } from '../bind-call.js';
import { clause, type ClauseCheck } from '../clause.js';
import { misuse, pattern } from '../stock.js';
import { locked, newDisk, setUp } from '../stock-io.js';
import type { Sut } from '../sut.js';
import { same, that } from '../that.js';

const mapin = 'bp_mapin.9f';
const mapout = 'bp_mapout.9f';
const copyin = 'bp_copyin.9f';

/** A buf of a driver's own on user memory that holds `pattern(n, 1)`. */
async function ownBuf(sut: Sut, n: number, off = 0): Promise<buf_t> {
  const { cookie } = await locked(sut, 1);
  return setUp(sut, cookie, off, n, B_WRITE);
}

/** Kernel memory to copy to. */
function buffer(sut: Sut, n: number): number {
  const at = sut.kernel.kmem_zalloc(n, 0);
  that(at !== null, 'there is kernel memory');
  return at;
}

/** Offsets and sizes: inside a page, over its end, over several, the last byte. */
const parts = [
  [0, 64],
  [100, 50],
  [100, 200],
  [4000, 200],
  [4096, 100],
  [5000, 7000],
  [0, 16384 - 8],
  [16384 - 9, 1],
] as const;

/** The checks. */
export const bpChecks: readonly ClauseCheck[] = [
  clause(`${mapin}/DS-1`, { cases: ['user', 'pages'] }, async (sut, kase) => {
    const list = sut.pages([0x2601, 0x2604, 0x2602]);
    list.poke(0, pattern(3 * 4096, 1));
    const bp = kase === 'user' ? await ownBuf(sut, 9000) : list.buf(0, 9000, B_WRITE);
    sut.ddi.bp_mapin(bp);
    same(sut.peek(bp.b_addr, 9000), pattern(9000, 1), 'what the kernel reads at b_addr');
    sut.poke(bp.b_addr + 5000, pattern(16, 2));
    if (kase === 'pages') same(list.peek(5000, 16), pattern(16, 2), 'what the pages hold then');
  }),
  clause(`${mapin}/DS-2`, {}, (sut) => {
    const list = sut.pages([0x2601]);
    const bp = list.buf(0x40, 64, B_WRITE);
    bp.b_pages = null;
    sut.ddi.bp_mapin(bp);
    same(bp.b_addr, 0x40, 'b_addr of a buf without pages');
    const at = sut.place([0x2600], 0, 64);
    const plain = newBuf(sut, at, 64, 0);
    sut.ddi.bp_mapin(plain);
    same(plain.b_addr, at, 'b_addr of kernel memory');
    same(sut.findings().length, 0, 'findings');
  }),
  clause(`${mapin}/DS-3`, {}, async (sut) => {
    const good = await ownBuf(sut, 4096);
    sut.ddi.bp_mapin(good);
    sut.ddi.bp_mapout(good);
    sut.ddi.freerbuf(good);
    same(sut.findings().length, 0, 'findings about a buf that is mapped out');
    const bad = await ownBuf(sut, 4096);
    sut.ddi.bp_mapin(bad);
    await misuse(sut, 'freerbuf of a buf that is mapped', [`${mapin}/DS-3`], () => {
      sut.ddi.freerbuf(bad);
    });
  }),
  clause(`${mapin}/CX-1`, {}, async (sut) => {
    for (const where of ['user', 'kernel'] as const) {
      const bp = await ownBuf(sut, 64);
      await sut.within(where, () => {
        sut.ddi.bp_mapin(bp);
      });
      same(sut.peek(bp.b_addr, 64), pattern(64, 1), `what is mapped in ${where} context`);
    }
    same(sut.findings().length, 0, 'findings where it is allowed');
    const bp = await ownBuf(sut, 64);
    await misuse(sut, 'bp_mapin in interrupt context', [`${mapin}/CX-1`], () =>
      sut.within('interrupt', () => {
        sut.ddi.bp_mapin(bp);
      }),
    );
  }),
  clause(`${mapout}/DS-1`, {}, async (sut) => {
    const bp = await ownBuf(sut, 4096);
    const before = sut.live();
    sut.ddi.bp_mapin(bp);
    const at = bp.b_addr;
    that(sut.frameOf(at) >= 0, 'the address has a frame while it is mapped');
    sut.ddi.bp_mapout(bp);
    same(sut.frameOf(at), -1, 'the frame behind the address afterwards');
    same(sut.live(), before, 'objects alive afterwards');
  }),
  clause(`${mapout}/DS-2`, {}, async (sut) => {
    const disk = newDisk(sut, 4096);
    disk.onStart = (bp) => {
      sut.ddi.bp_mapin(bp);
    };
    const program = sut.program();
    const at = program.map(4096);
    const move = () =>
      program.run(() =>
        sut.kernel.physio(
          disk.strategy,
          null,
          NODEV,
          B_READ,
          sut.ddi.minphys,
          program.uio([[at, 4096]]),
        ),
      );
    same(await move(), 0, 'the value of a transfer that maps in');
    same(sut.findings().length, 0, 'findings about it');
    disk.onStart = (bp) => {
      sut.ddi.bp_mapin(bp);
      sut.ddi.bp_mapout(bp);
    };
    await misuse(sut, 'bp_mapout of a buf of strategy', [`${mapout}/DS-2`], move);
  }),
  clause(`${mapout}/CX-1`, {}, async (sut) => {
    const bp = await ownBuf(sut, 64);
    sut.ddi.bp_mapin(bp);
    that(sut.frameOf(bp.b_addr) >= 0, 'the buf is mapped');
    await misuse(sut, 'bp_mapout in interrupt context', [`${mapout}/CX-1`], () =>
      sut.within('interrupt', () => {
        sut.ddi.bp_mapout(bp);
      }),
    );
  }),
  clause(`${copyin}/DS-1`, { cases: ['aligned', 'not aligned'] }, async (sut, kase) => {
    const off = kase === 'aligned' ? 0 : 8;
    const length = 4 * 4096 - 8;
    const bp = await ownBuf(sut, length, off);
    const bytes = pattern(4 * 4096, 1).subarray(off, off + length);
    const at = buffer(sut, length);
    for (const [offset, size] of parts) {
      sut.ddi.bp_copyin(bp, at, offset, size);
      const wanted = bytes.subarray(offset, offset + size);
      same(sut.peek(at, size), wanted, `${size} bytes from ${offset} on`);
    }
    sut.poke(at, pattern(300, 2));
    sut.ddi.bp_copyout(at, bp, 4000, 300);
    bytes.set(pattern(300, 2), 4000);
    sut.ddi.bp_copyin(bp, at, 0, length);
    same(sut.peek(at, length), bytes, 'all of the buf after a copy to the middle of it');
  }),
  clause(`${copyin}/RV-1`, {}, async (sut) => {
    const bp = await ownBuf(sut, 64);
    const at = buffer(sut, 4096);
    same(sut.ddi.bp_copyin(bp, at, 0, 64), 0, 'the value of a copy');
    same(sut.ddi.bp_copyout(at, bp, 0, 64), 0, 'the value of a copy the other way');
    // Kernel memory that is not there: nothing is ever mapped at the first page.
    const nowhere = newBuf(sut, 16, 64, 0);
    same(sut.ddi.bp_copyin(nowhere, at, 0, 64), -1, 'the value for pages that are not there');
  }),
  clause(`${copyin}/CX-1`, {}, async (sut) => {
    const bp = await ownBuf(sut, 64);
    const at = buffer(sut, 64);
    for (const where of ['user', 'kernel'] as const) {
      same(
        await sut.within(where, () => sut.ddi.bp_copyin(bp, at, 0, 64)),
        0,
        `in ${where} context`,
      );
    }
    same(sut.findings().length, 0, 'findings where it is allowed');
    await misuse(sut, 'bp_copyin in interrupt context', [`${copyin}/CX-1`], () =>
      sut.within('interrupt', () => sut.ddi.bp_copyin(bp, at, 0, 64)),
    );
  }),
];
