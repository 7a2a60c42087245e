/** Checks of physio(9F) and minphys(9F). */
import { KM_SLEEP } from '../../sys/constants.js';
import { B_READ, B_WRITE, ENXIO, NODEV } from '../../sys/constants-io.js';
import type { buf_t } from '../../sys/types-io.js';
import { newBuf } from '../bind-call.js';
import { clause, type ClauseCheck } from '../clause.js';
import { misuse, pattern } from '../stock.js';
import { type Disk, newDisk } from '../stock-io.js';
import type { ProgramEnd, Sut } from '../sut.js';
import { same, that } from '../that.js';

const page = 'physio.9f';

/** A disk, a program and some memory of it. */
function stage(sut: Sut, length: number) {
  const disk = newDisk(sut, length);
  const program = sut.program();
  const at = program.map(length);
  program.poke(at, pattern(length, 1));
  return { disk, program, at };
}

/** Moves memory of a program from or to the disk. */
function move(
  sut: Sut,
  { disk, program }: { readonly disk: Disk; readonly program: ProgramEnd },
  areas: readonly (readonly [number, number])[],
  rw: number,
  mincnt: (bp: buf_t) => void = sut.ddi.minphys,
  bp: buf_t | null = null,
): Promise<number> {
  const uio = program.uio(areas);
  return program.run(() => sut.kernel.physio(disk.strategy, bp, NODEV, rw, mincnt, uio));
}

/** The checks. */
export const physioChecks: readonly ClauseCheck[] = [
  clause(`${page}/AR-1`, {}, async (sut) => {
    const s = stage(sut, 8192);
    const before = sut.live();
    let during = 0;
    s.disk.onStart = (bp) => {
      during++;
      that(typeof bp === 'object', 'strategy is given a buf');
    };
    same(await move(sut, s, [[s.at, 8192]], B_READ), 0, 'the value of physio without a buf');
    same(during, 1, 'calls of strategy');
    same(sut.live(), before, 'objects alive afterwards');
  }),
  clause(`${page}/AR-2`, {}, async (sut) => {
    const s = stage(sut, 4096);
    for (const rw of [B_READ, B_WRITE]) {
      same(await move(sut, s, [[s.at, 4096]], rw), 0, `physio with rw ${rw}`);
    }
    const attempt = await sut.attempt(() => move(sut, s, [[s.at, 4096]], 7));
    const reported = attempt.findings.some((f) => f.clause === `${page}/AR-2`);
    that(reported || attempt.value !== 0, 'rw 7 is wrong');
  }),
  clause(`${page}/DS-1`, { cases: ['no memory', 'no right', 'further on'] }, async (sut, kase) => {
    const s = stage(sut, 8192);
    if (kase === 'no right') s.program.protect(s.at, 8192, 'read');
    const areas = {
      'no memory': [[s.at - 4096, 4096]] as const,
      'no right': [[s.at, 4096]] as const,
      'further on': [
        [s.at, 4096],
        [s.at + 8192, 4096],
      ] as const,
    }[kase];
    that(areas !== undefined, 'there is a request');
    that((await move(sut, s, areas, B_READ)) !== 0, 'a request that is wrong fails');
    same(s.disk.seen, [], 'calls of strategy');
    same(s.program.peek(s.at, 4096), pattern(4096, 1), 'the memory afterwards');
    s.program.protect(s.at, 8192, 'read-write');
    same(await move(sut, s, [[s.at, 8192]], B_READ), 0, 'a request that is right');
  }),
  clause(`${page}/DS-2`, { cases: ['success', 'error'] }, async (sut, kase) => {
    const s = stage(sut, 8192);
    const taken: number[] = [];
    s.disk.onStart = () => taken.push(s.program.takeOut(s.at, 8192));
    if (kase === 'error') s.disk.error = ENXIO;
    await move(sut, s, [[s.at, 8192]], B_READ);
    same(taken, [0], 'pages the system can take while strategy runs');
    same(s.program.takeOut(s.at, 8192), 2, 'pages it can take afterwards');
  }),
  clause(`${page}/DS-3`, {}, async (sut) => {
    const s = stage(sut, 8192);
    const order: string[] = [];
    const ends: PromiseLike<void>[] = [];
    let n = 0;
    const strategy = (bp: buf_t): number => {
      const mine = ++n;
      order.push(`start ${mine}`);
      // The end comes later, from another thread.
      const later = async (): Promise<void> => {
        await sut.settle();
        order.push(`end ${mine}`);
        sut.ddi.biodone(bp);
      };
      ends.push(sut.thread('interrupt', later));
      return 0;
    };
    const mincnt = (bp: buf_t): void => {
      bp.b_bcount = Math.min(bp.b_bcount, 4096);
    };
    const uio = s.program.uio([[s.at, 8192]]);
    const { physio } = sut.kernel;
    const rv = await s.program.run(() => physio(strategy, null, NODEV, B_READ, mincnt, uio));
    same(rv, 0, 'the value of physio');
    same(order, ['start 1', 'end 1', 'start 2', 'end 2'], 'transfers, one after the other');
  }),
  clause(`${page}/DS-4`, {}, async (sut) => {
    const s = stage(sut, 8192);
    const mincnt = (bp: buf_t): void => {
      sut.ddi.minphys(bp);
      bp.b_bcount = Math.min(bp.b_bcount, 3072);
    };
    same(await move(sut, s, [[s.at, 8192]], B_READ, mincnt), 0, 'the value of physio');
    same(s.disk.seen, [3072, 3072, 2048], 'bytes of each transfer');
    same(s.program.peek(s.at, 8192), s.disk.bytes, 'what arrived');
  }),
  clause(`${page}/DS-5`, {}, (sut) => {
    const bp = newBuf(sut, 0, 0, B_READ);
    for (const count of [1, 512, 4096]) {
      bp.b_bcount = count;
      sut.ddi.minphys(bp);
      same(bp.b_bcount, count, 'a small count after minphys');
    }
    bp.b_bcount = 1 << 30;
    sut.ddi.minphys(bp);
    that(bp.b_bcount < 1 << 30 && bp.b_bcount >= 4096, 'a large count is lowered to a limit');
  }),
  clause(`${page}/RV-1`, {}, async (sut) => {
    const s = stage(sut, 4096);
    same(await move(sut, s, [[s.at, 4096]], B_WRITE), 0, 'the value of a transfer');
    same(s.disk.bytes, pattern(4096, 1), 'what the disk has');
    s.disk.error = ENXIO;
    same(await move(sut, s, [[s.at, 4096]], B_WRITE), ENXIO, 'the value of a failure');
  }),
  clause(`${page}/WN-1`, {}, async (sut) => {
    const s = stage(sut, 4096);
    const kept: buf_t[] = [];
    const strategy = (bp: buf_t): number => {
      kept.push(bp);
      return 0;
    };
    let rv = -1;
    const uio = s.program.uio([[s.at, 4096]]);
    const { physio } = sut.kernel;
    const moving = s.program.run(async () => {
      rv = await physio(strategy, null, NODEV, B_READ, sut.ddi.minphys, uio);
    });
    for (let i = 0; i < 3; i++) await sut.settle();
    same([kept.length, rv], [1, -1], 'calls of strategy, and the value: physio waits');
    const [bp] = kept;
    that(bp !== undefined, 'strategy was given a buf');
    sut.ddi.biodone(bp);
    await moving;
    same(rv, 0, 'the value once biodone is called');
  }),
  clause(`${page}/CX-1`, {}, async (sut) => {
    const s = stage(sut, 4096);
    same(await move(sut, s, [[s.at, 4096]], B_READ), 0, 'physio in user context');
    same(sut.findings().length, 0, 'findings about it');
    const bp = sut.kernel.getrbuf(KM_SLEEP);
    await misuse(sut, 'physio in kernel context', [`${page}/CX-1`], () =>
      sut.within('kernel', () =>
        sut.kernel.physio(
          s.disk.strategy,
          bp,
          NODEV,
          B_READ,
          sut.ddi.minphys,
          s.program.uio([[s.at, 4096]]),
        ),
      ),
    );
  }),
];
