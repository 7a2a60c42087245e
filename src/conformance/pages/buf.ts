/** Checks of buf(9S). */
import { DDI_DMA_READ, DDI_DMA_WRITE, KM_SLEEP } from '../../sys/constants.js';
import {
  B_BUSY,
  B_DONE,
  B_ERROR,
  B_PAGEIO,
  B_PHYS,
  B_READ,
  B_REMAPPED,
  B_SHADOW,
  B_WRITE,
  DDI_UMEMLOCK_READ,
  DDI_UMEMLOCK_WRITE,
  EIO,
  ENXIO,
  NODEV,
} from '../../sys/constants-io.js';
import type { buf_t } from '../../sys/types-io.js';
import { newBuf } from '../bind-call.js';
import { clause, type ClauseCheck } from '../clause.js';
import {
  cookiesOf,
  deviceReads,
  deviceWrites,
  framesApart,
  misuse,
  pattern,
  totalSize,
} from '../stock.js';
import { boundBuf, locked, newDisk, setUp } from '../stock-io.js';
import type { Sut } from '../sut.js';
import { good, same, that } from '../that.js';

const page = 'buf.9s';

/** A buf of locked user memory, of a page list and of kernel memory; each holds `pattern(n, 1)`. */
const kinds = {
  kernel: (sut: Sut, n: number) => {
    const at = sut.place(framesApart, 100, n);
    sut.poke(at, pattern(n, 1));
    return Promise.resolve(newBuf(sut, at, n, 0));
  },
  user: async (sut: Sut, n: number) => {
    const { cookie } = await locked(sut, DDI_UMEMLOCK_READ);
    return setUp(sut, cookie, 0, n, B_WRITE);
  },
  pages: (sut: Sut, n: number) => {
    const list = sut.pages([0x2601, 0x2604, 0x2602]);
    list.poke(0, pattern(n, 1));
    return Promise.resolve(list.buf(0, n, B_WRITE));
  },
} as const;
const kindNames = { cases: Object.keys(kinds) };

function bufOf(sut: Sut, kase: string, n: number): Promise<buf_t> {
  that(kase in kinds, `${kase} is a kind of buf`);
  return kinds[kase as keyof typeof kinds](sut, n);
}

/** The checks. */
export const bufChecks: readonly ClauseCheck[] = [
  clause(`${page}/FL-1`, {}, async (sut) => {
    const { cookie } = await locked(sut, DDI_UMEMLOCK_WRITE);
    const bp = setUp(sut, cookie, 0, 64, B_READ);
    bp.b_flags |= B_ERROR;
    bp.b_flags &= ~B_ERROR;
    same(sut.findings().length, 0, 'findings about single bits');
    await misuse(sut, 'assigning all of b_flags', [`${page}/FL-1`], () => {
      bp.b_flags = B_BUSY;
    });
  }),
  clause(`${page}/FL-2`, { cases: ['B_SHADOW', 'B_REMAPPED'] }, async (sut, kase) => {
    const bp = newBuf(sut, sut.place([0x2600], 0, 64), 64, B_READ);
    same(sut.findings().length, 0, 'findings about bits of the page');
    await misuse(sut, `setting ${kase}`, [`${page}/FL-2`], () => {
      bp.b_flags |= kase === 'B_SHADOW' ? B_SHADOW : B_REMAPPED;
    });
  }),
  clause(`${page}/FL-3`, {}, async (sut) => {
    const disk = newDisk(sut, 4096);
    const flags: number[] = [];
    disk.onStart = (bp) => flags.push(bp.b_flags & B_BUSY);
    const program = sut.program();
    const uio = program.uio([[program.map(4096), 4096]]);
    const { physio } = sut.kernel;
    await program.run(() => physio(disk.strategy, null, NODEV, B_READ, sut.ddi.minphys, uio));
    same(flags, [B_BUSY], 'B_BUSY of a buf that strategy is given');
    const own = newBuf(sut, 0, 64, 0);
    own.b_flags &= ~B_BUSY;
    own.b_flags |= B_BUSY;
    same(sut.findings().length, 0, "findings about B_BUSY of the driver's own buf");
  }),
  clause(`${page}/FL-4`, {}, (sut) => {
    const bp = newBuf(sut, sut.place([0x2600], 0, 64), 64, B_READ);
    same(bp.b_flags & B_DONE, 0, 'B_DONE before the end');
    sut.ddi.biodone(bp);
    same(bp.b_flags & B_DONE, B_DONE, 'B_DONE after biodone');
  }),
  clause(`${page}/FL-5`, {}, (sut) => {
    const bp = newBuf(sut, sut.place([0x2600], 0, 64), 64, B_READ);
    sut.ddi.bioerror(bp, ENXIO);
    same([bp.b_flags & B_ERROR, bp.b_error], [B_ERROR, ENXIO], 'flag and number of an error');
    same(sut.ddi.geterror(bp), ENXIO, 'the error');
    sut.ddi.bioerror(bp, 0);
    same([bp.b_flags & B_ERROR, sut.ddi.geterror(bp)], [0, 0], 'flag and error when taken back');
    bp.b_flags |= B_ERROR;
    same(sut.ddi.geterror(bp), EIO, 'an error without a number');
  }),
  clause(`${page}/FL-6`, {}, async (sut) => {
    const bp = await bufOf(sut, 'pages', 8192);
    same(bp.b_flags & B_PAGEIO, B_PAGEIO, 'B_PAGEIO of a page list');
    const handle = boundBuf(sut, bp, DDI_DMA_WRITE);
    same(deviceReads(sut, handle), pattern(8192, 1), 'the pages as a device reads them');
    same(sut.frameOf(bp.b_addr), -1, 'the frame behind b_addr, which is no address');
  }),
  clause(`${page}/FL-7`, {}, async (sut) => {
    const { program, at, cookie } = await locked(sut, DDI_UMEMLOCK_READ);
    const bp = setUp(sut, cookie, 4096, 64, B_WRITE);
    same(bp.b_flags & B_PHYS, B_PHYS, 'B_PHYS of user memory');
    same(bp.b_addr, at + 4096, 'b_addr: an address of the program');
    that(bp.b_proc === program.proc, 'b_proc: the program');
  }),
  clause(`${page}/FL-8`, {}, async (sut) => {
    const { program, at, cookie } = await locked(sut, DDI_UMEMLOCK_WRITE);
    const bp = setUp(sut, cookie, 0, 4096, B_READ);
    same(bp.b_flags & B_READ, B_READ, 'B_READ');
    const handle = boundBuf(sut, bp, DDI_DMA_READ);
    deviceWrites(sut, handle, pattern(4096, 2));
    good(sut.ddi.ddi_dma_unbind_handle(handle), 'unbind');
    same(program.peek(at, 4096), pattern(4096, 2), 'what came from the device');
  }),
  clause(`${page}/FL-9`, {}, async (sut) => {
    const bp = await bufOf(sut, 'user', 64);
    same(bp.b_flags & B_READ, 0, 'B_READ of a write');
    const disk = newDisk(sut, 512);
    const flags: number[] = [];
    disk.onStart = (b) => flags.push(b.b_flags & B_READ);
    const program = sut.program();
    const uio = program.uio([[program.map(512), 512]]);
    const { physio } = sut.kernel;
    await program.run(() => physio(disk.strategy, null, NODEV, B_WRITE, sut.ddi.minphys, uio));
    same(flags, [0], 'B_READ of a write in strategy');
  }),
  clause(`${page}/AD-1`, kindNames, async (sut, kase) => {
    const n = 8000;
    const bp = await bufOf(sut, kase, n);
    const kernels = sut.frameOf(bp.b_addr) >= 0;
    same(kernels, kase === 'kernel', 'whether b_addr is a kernel address');
    same(deviceReads(sut, boundBuf(sut, bp, DDI_DMA_WRITE)), pattern(n, 1), 'what it stands for');
  }),
  clause(`${page}/AD-2`, kindNames, async (sut, kase) => {
    const { b_flags } = await bufOf(sut, kase, 4096);
    const wanted = { kernel: 0, user: B_PHYS, pages: B_PAGEIO }[kase];
    same(b_flags & (B_PHYS | B_PAGEIO), wanted, 'B_PHYS and B_PAGEIO');
  }),
  clause(`${page}/CN-1`, kindNames, async (sut, kase) => {
    const bp = await bufOf(sut, kase, 5000);
    same(bp.b_bcount, 5000, 'b_bcount');
    const handle = boundBuf(sut, bp, DDI_DMA_WRITE);
    same(totalSize(cookiesOf(sut, handle)), 5000, 'bytes of all cookies');
  }),
  clause(`${page}/RS-1`, {}, async (sut) => {
    // What strategy says was not moved, the request still has.
    const disk = newDisk(sut, 8192);
    const program = sut.program();
    const at = program.map(8192);
    const strategy = (bp: buf_t): number => {
      bp.b_resid = 1024;
      sut.ddi.biodone(bp);
      return 0;
    };
    const uio = program.uio([[at, 8192]]);
    const { physio } = sut.kernel;
    await program.run(() => physio(strategy, null, NODEV, B_READ, sut.ddi.minphys, uio));
    same(uio.uio_resid, 1024, 'bytes the request has left');
    const whole = program.uio([[at, 8192]]);
    await program.run(() => physio(disk.strategy, null, NODEV, B_READ, sut.ddi.minphys, whole));
    same(whole.uio_resid, 0, 'bytes left without a residue');
  }),
  clause(`${page}/DS-3`, {}, async (sut) => {
    const { program, at, length, cookie } = await locked(sut, DDI_UMEMLOCK_READ);
    setUp(sut, cookie, 0, length, B_WRITE);
    same(program.takeOut(at, length), 0, 'pages the system can take of the memory of the buf');
  }),
  clause(`${page}/ID-1`, {}, (sut) => {
    const bp = sut.kernel.getrbuf(KM_SLEEP);
    that(bp !== null, 'there is a buf');
    const called: unknown[] = [];
    bp.b_iodone = (b) => called.push(b);
    sut.ddi.biodone(bp);
    that(called.length === 1 && called[0] === bp, 'biodone calls b_iodone with the buf');
  }),
];
