/** Checks of strategy(9E), biodone(9F), biowait(9F), getrbuf(9F), freerbuf(9F) and bioinit(9F). */
import { DDI_DMA_READ, DDI_DMA_SLEEP, KM_NOSLEEP, KM_SLEEP } from '../../sys/constants.js';
import { B_DONE, B_READ, ENXIO, NODEV } from '../../sys/constants-io.js';
import type { buf_t } from '../../sys/types-io.js';
import { newBuf } from '../bind-call.js';
import { clause, type ClauseCheck } from '../clause.js';
import { contexts, misuse, newHandle, usedUp } from '../stock.js';
import { newDisk } from '../stock-io.js';
import type { Sut } from '../sut.js';
import { good, same, that } from '../that.js';

const page = 'buf_funcs.9f';

/** A program that moves 4 KiB with a strategy of the test's. */
function mover(sut: Sut) {
  const program = sut.program();
  const at = program.map(4096);
  const move = (strategy: (bp: buf_t) => number): Promise<number> => {
    const uio = program.uio([[at, 4096]]);
    const { physio } = sut.kernel;
    return program.run(() => physio(strategy, null, NODEV, B_READ, sut.ddi.minphys, uio));
  };
  return { move, disk: newDisk(sut, 4096) };
}

/** A buf of the driver's own. */
function own(sut: Sut): buf_t {
  return newBuf(sut, sut.place([0x2600], 0, 64), 64, B_READ);
}

/** The checks. */
export const bufFuncChecks: readonly ClauseCheck[] = [
  clause(`${page}/ST-1`, {}, async (sut) => {
    const { move, disk } = mover(sut);
    same(await move(disk.strategy), 0, 'the value of a transfer');
    same(sut.findings().length, 0, 'findings about a strategy that does not wait');
    const waits: unknown[] = [];
    await misuse(sut, 'DDI_DMA_SLEEP in strategy', [`${page}/ST-1`], () =>
      move((bp) => {
        const { ddi_dma_buf_bind_handle: bind } = sut.ddi;
        waits.push(bind(newHandle(sut), bp, DDI_DMA_READ, DDI_DMA_SLEEP));
        return disk.strategy(bp);
      }),
    );
  }),
  clause(`${page}/ST-2`, {}, async (sut) => {
    const { move, disk } = mover(sut);
    disk.error = ENXIO;
    same(await move(disk.strategy), ENXIO, 'an error told with bioerror');
    same(sut.findings().length, 0, 'findings about it');
    await misuse(sut, 'a strategy that returns an errno', [`${page}/ST-2`], () =>
      move((bp) => {
        disk.strategy(bp);
        return ENXIO;
      }),
    );
  }),
  clause(`${page}/BD-1`, { cases: ['b_iodone', 'none'] }, async (sut, kase) => {
    const bp = own(sut);
    let called = 0;
    let woken = false;
    if (kase === 'b_iodone') {
      bp.b_iodone = () => ++called;
      sut.ddi.biodone(bp);
      same([called, bp.b_flags & B_DONE], [1, 0], 'calls of b_iodone, and B_DONE');
      return;
    }
    const waiter = sut.thread('waiter', async () => {
      same(await sut.ddi.biowait(bp), 0, 'the value of biowait');
      woken = true;
    });
    await sut.settle();
    that(!woken, 'biowait waits');
    sut.ddi.biodone(bp);
    await waiter;
    same([woken, bp.b_flags & B_DONE], [true, B_DONE], 'whether it woke, and B_DONE');
  }),
  clause(`${page}/BD-2`, { cases: ['bound', 'used'] }, async (sut, kase) => {
    const { move, disk } = mover(sut);
    same(await move(disk.strategy), 0, 'the value of a transfer');
    same(sut.findings().length, 0, 'findings about it');
    await misuse(sut, 'a buf that is not let go of', [`${page}/BD-2`], () =>
      move((bp) => {
        const bind = () => sut.ddi.ddi_dma_buf_bind_handle(newHandle(sut), bp, DDI_DMA_READ, null);
        if (kase === 'bound') good(bind(), 'a bind');
        disk.strategy(bp);
        if (kase === 'used') sut.ddi.bp_mapin(bp);
        return 0;
      }),
    );
  }),
  clause(`${page}/BD-3`, {}, (sut) => {
    const bp = own(sut);
    const called: string[] = [];
    bp.b_iodone = () => called.push("the owner's");
    const saved = bp.b_iodone;
    bp.b_iodone = (b) => {
      called.push("the driver's");
      b.b_iodone = saved;
      sut.ddi.biodone(b);
      return 0;
    };
    sut.ddi.biodone(bp);
    same(called, ["the driver's", "the owner's"], 'routines called');
    same(sut.findings().length, 0, 'findings about it');
  }),
  clause(`${page}/BW-1`, { cases: ['success', 'error'] }, async (sut, kase) => {
    const bp = own(sut);
    let value = -1;
    const waiter = sut.thread('waiter', async () => {
      value = await sut.ddi.biowait(bp);
    });
    await sut.settle();
    same(value, -1, 'the value before biodone: it waits');
    if (kase === 'error') sut.ddi.bioerror(bp, ENXIO);
    sut.ddi.biodone(bp);
    await waiter;
    same(value, kase === 'error' ? ENXIO : 0, 'the value of biowait');
  }),
  clause(`${page}/GB-1`, {}, (sut) => {
    const bp = sut.kernel.getrbuf(KM_SLEEP);
    that(bp !== null, 'KM_SLEEP gives a buf');
    const { b_flags, b_bcount, b_resid, b_error } = bp;
    same(
      { b_flags, b_bcount, b_resid, b_error },
      { b_flags: 0, b_bcount: 0, b_resid: 0, b_error: 0 },
      'members of a new buf',
    );
    const giveBack = usedUp(sut);
    const before = sut.nowNs();
    let last: buf_t | null = bp;
    for (let i = 0; i < 64 && last !== null; i++) last = sut.kernel.getrbuf(KM_NOSLEEP);
    same([last, sut.nowNs()], [null, before], 'what KM_NOSLEEP gives when short, and when');
    giveBack();
    that(sut.kernel.getrbuf(KM_NOSLEEP) !== null, 'and when memory is back');
  }),
  clause(`${page}/GB-2`, {}, async (sut) => {
    await sut.within('interrupt', () => own(sut));
    same(sut.findings().length, 0, 'findings about KM_NOSLEEP');
    await misuse(sut, 'getrbuf with KM_SLEEP in interrupt context', [`${page}/GB-2`], () =>
      sut.within('interrupt', () => sut.kernel.getrbuf(KM_SLEEP)),
    );
  }),
  clause(`${page}/FB-1`, {}, async (sut) => {
    const before = sut.live();
    for (const where of contexts) {
      const bp = sut.kernel.getrbuf(KM_SLEEP);
      that(bp !== null, 'there is a buf');
      same(sut.live().length, before.length + 1, 'objects alive');
      await sut.within(where, () => {
        sut.ddi.freerbuf(bp);
      });
      same(sut.live(), before, `objects alive after ${where} context freed it`);
    }
    same(sut.findings().length, 0, 'findings');
  }),
  clause(`${page}/BI-1`, {}, async (sut) => {
    const bp = sut.kernel.allocBuf();
    await misuse(sut, 'a buf from memory that bioinit has not seen', [`${page}/BI-1`], () => {
      sut.ddi.biodone(bp);
    });
    const before = sut.findings().length;
    sut.ddi.bioinit(bp);
    same([bp.b_flags, bp.b_bcount], [0, 0], 'members after bioinit');
    sut.ddi.biodone(bp);
    sut.ddi.biodone(own(sut));
    same(sut.findings().length, before, 'findings about bufs that are initialised');
  }),
];
