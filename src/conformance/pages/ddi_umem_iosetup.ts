/** Checks of ddi_umem_iosetup(9F). */
import { DDI_DMA_READ, DDI_DMA_WRITE } from '../../sys/constants.js';
import {
  B_READ,
  B_WRITE,
  DDI_UMEM_NOSLEEP,
  DDI_UMEM_SLEEP,
  DDI_UMEMLOCK_READ,
  DDI_UMEMLOCK_WRITE,
  NODEV,
} from '../../sys/constants-io.js';
import type { buf_t } from '../../sys/types-io.js';
import { clause, type ClauseCheck } from '../clause.js';
import {
  cookiesOf,
  deviceReads,
  deviceWrites,
  misuse,
  pattern,
  totalSize,
  usedUp,
} from '../stock.js';
import { boundBuf, locked, setUp } from '../stock-io.js';
import { good, same, that } from '../that.js';

const page = 'ddi_umem_iosetup.9f';

/** The checks. */
export const umemIosetupChecks: readonly ClauseCheck[] = [
  clause(`${page}/AR-1`, {}, async (sut) => {
    const { cookie } = await locked(sut, DDI_UMEMLOCK_READ);
    setUp(sut, cookie, 0, 64, B_WRITE);
    const other = sut.kernel.ddi_umem_alloc(4096, DDI_UMEM_SLEEP);
    that(other !== null, 'there is kernel memory');
    const before = sut.findings().length;
    const attempt = await sut.attempt(() =>
      sut.ddi.ddi_umem_iosetup(other.cookie, 0, 64, B_WRITE, NODEV, 0, null, DDI_UMEM_NOSLEEP),
    );
    const reported = sut.findings().length > before;
    that(reported || attempt.value === null, 'a cookie of ddi_umem_alloc makes no buf');
  }),
  clause(`${page}/AR-3`, {}, async (sut) => {
    const { cookie } = await locked(sut, DDI_UMEMLOCK_READ);
    for (const direction of [0, 1, B_READ | B_WRITE]) {
      const { ddi_umem_iosetup: setup } = sut.ddi;
      const bp = setup(cookie, 0, 64, direction, NODEV, 0, null, DDI_UMEM_NOSLEEP);
      same(bp, null, `the buf of direction ${direction}`);
    }
    setUp(sut, cookie, 0, 64, B_WRITE);
  }),
  clause(`${page}/AR-4`, { cases: ['B_READ', 'B_WRITE'] }, async (sut, kase) => {
    const reads = kase === 'B_READ';
    const right = await locked(sut, reads ? DDI_UMEMLOCK_WRITE : DDI_UMEMLOCK_READ);
    setUp(sut, right.cookie, 0, 64, reads ? B_READ : B_WRITE);
    same(sut.findings().length, 0, 'findings about a lock for that direction');
    const wrong = await locked(sut, reads ? DDI_UMEMLOCK_READ : DDI_UMEMLOCK_WRITE);
    await misuse(sut, `${kase} on a lock for the other`, [`${page}/AR-4`, 'interplay/AX-10'], () =>
      setUp(sut, wrong.cookie, 0, 64, reads ? B_READ : B_WRITE),
    );
  }),
  clause(`${page}/DS-1`, {}, async (sut) => {
    const { program, at, length, cookie } = await locked(sut, DDI_UMEMLOCK_WRITE);
    const bp = setUp(sut, cookie, 4096, 8192, B_READ);
    same(bp.b_bcount, 8192, 'b_bcount');
    const handle = boundBuf(sut, bp, DDI_DMA_READ);
    deviceWrites(sut, handle, pattern(8192, 2));
    good(sut.ddi.ddi_dma_unbind_handle(handle), 'unbind');
    const wanted = pattern(length, 1);
    wanted.set(pattern(8192, 2), 4096);
    same(program.peek(at, length), wanted, 'the part the buf stands for, and the rest');
  }),
  clause(`${page}/DS-2`, {}, async (sut) => {
    const { length, cookie } = await locked(sut, DDI_UMEMLOCK_READ);
    const parts = [
      [0, length],
      [0, 5000],
      [4000, 5000],
    ] as const;
    for (const [off, n] of parts) {
      const handle = boundBuf(sut, setUp(sut, cookie, off, n, B_WRITE), DDI_DMA_WRITE);
      const wanted = pattern(length, 1).subarray(off, off + n);
      same(deviceReads(sut, handle), wanted, `the device's view of ${n} bytes at ${off}`);
    }
    same(sut.findings().length, 0, 'findings about bufs that overlap');
  }),
  clause(`${page}/DS-3`, {}, async (sut) => {
    const { cookie } = await locked(sut, DDI_UMEMLOCK_READ);
    const handle = boundBuf(sut, setUp(sut, cookie, 100, 9000, B_WRITE), DDI_DMA_WRITE);
    same(totalSize(cookiesOf(sut, handle)), 9000, 'bytes of all cookies');
  }),
  clause(`${page}/DS-4`, {}, async (sut) => {
    const before = sut.live();
    const done = await locked(sut, DDI_UMEMLOCK_READ);
    sut.ddi.freerbuf(setUp(sut, done.cookie, 0, 64, B_WRITE));
    sut.ddi.ddi_umem_unlock(done.cookie);
    await sut.settle();
    same(sut.live(), before, 'objects alive when all is done');
    same(sut.findings().length, 0, 'findings about it');
    const { cookie } = await locked(sut, DDI_UMEMLOCK_READ);
    setUp(sut, cookie, 0, 64, B_WRITE);
    const clauses = [`${page}/DS-4`, 'interplay/AX-9'];
    await misuse(sut, 'an unlock before freerbuf', clauses, () => {
      sut.ddi.ddi_umem_unlock(cookie);
    });
  }),
  clause(`${page}/FL-1`, {}, async (sut) => {
    const { cookie } = await locked(sut, DDI_UMEMLOCK_READ);
    const { ddi_umem_iosetup: setup } = sut.ddi;
    const bp = setup(cookie, 0, 64, B_WRITE, NODEV, 0, null, DDI_UMEM_SLEEP);
    that(bp !== null && bp.b_bcount === 64, 'DDI_UMEM_SLEEP gives a buf');
    usedUp(sut);
    const attempt = await sut.attempt(() =>
      setup(cookie, 0, 64, B_WRITE, NODEV, 0, null, DDI_UMEM_SLEEP),
    );
    that(attempt.value !== null, 'it does not fail for lack of memory');
  }),
  clause(`${page}/FL-2`, {}, async (sut) => {
    const { cookie } = await locked(sut, DDI_UMEMLOCK_READ);
    const { ddi_umem_iosetup: setup } = sut.ddi;
    const giveBack = usedUp(sut);
    const bufs: (buf_t | null)[] = [];
    do bufs.push(setup(cookie, 0, 64, B_WRITE, NODEV, 0, null, DDI_UMEM_NOSLEEP));
    while (bufs.at(-1) !== null && bufs.length < 64);
    same(bufs.at(-1), null, 'the buf when memory is short');
    giveBack();
    setUp(sut, cookie, 0, 64, B_WRITE);
  }),
  clause(`${page}/RV-1`, {}, async (sut) => {
    const { cookie } = await locked(sut, DDI_UMEMLOCK_READ);
    const { ddi_umem_iosetup: setup } = sut.ddi;
    const bp = setup(cookie, 0, 64, B_WRITE, NODEV, 77, null, DDI_UMEM_NOSLEEP);
    that(bp !== null, 'there is a buf');
    const { b_bcount, b_resid, b_error, b_blkno, b_iodone } = bp;
    same(
      { b_bcount, b_resid, b_error, b_blkno, b_iodone },
      { b_bcount: 64, b_resid: 0, b_error: 0, b_blkno: 77, b_iodone: null },
      'members of a new buf',
    );
  }),
  clause(`${page}/CX-1`, {}, async (sut) => {
    const { cookie } = await locked(sut, DDI_UMEMLOCK_READ);
    const { ddi_umem_iosetup: setup } = sut.ddi;
    const sleeping = () => setup(cookie, 0, 64, B_WRITE, NODEV, 0, null, DDI_UMEM_SLEEP);
    for (const where of ['user', 'kernel'] as const) {
      that((await sut.within(where, sleeping)) !== null, `a buf in ${where} context`);
    }
    await sut.within('interrupt', () => setUp(sut, cookie, 0, 64, B_WRITE));
    same(sut.findings().length, 0, 'findings where it is allowed');
    await misuse(sut, 'DDI_UMEM_SLEEP in interrupt context', [`${page}/CX-1`], () =>
      sut.within('interrupt', sleeping),
    );
  }),
];
