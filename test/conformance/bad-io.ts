/** Bad input to the calls of user memory and bufs. */
import { newBuf } from '../../src/conformance/bind-call.js';
import type { Sut } from '../../src/conformance/sut.js';
import { DDI_DMA_RDWR, KM_NOSLEEP } from '../../src/sys/constants.js';
import {
  B_READ,
  B_WRITE,
  DDI_UMEM_NOSLEEP,
  DDI_UMEMLOCK_READ,
  NODEV,
} from '../../src/sys/constants-io.js';
import type { buf_t, ddi_umem_cookie_t } from '../../src/sys/types-io.js';
import { as, noBytes, noHandle, noWaitfp, type BadCase, type Stage } from './bad-values.js';

function bufBindCases(): BadCase[] {
  const name = 'ddi_dma_buf_bind_handle';
  const bindAs = (sut: Sut, s: Stage, flags: number) =>
    sut.ddi.ddi_dma_buf_bind_handle(s.handle, s.buf, flags, 0);
  const bind = (sut: Sut, s: Stage, bp: buf_t) =>
    sut.ddi.ddi_dma_buf_bind_handle(s.handle, bp, DDI_DMA_RDWR, 0);
  const changed = (sut: Sut, s: Stage, change: Partial<Record<keyof buf_t, unknown>>): unknown => {
    Object.assign(s.buf, change);
    return bind(sut, s, s.buf);
  };
  return [
    ...noHandle({}).map(([what, handle]) => ({
      title: `${name} handle: ${what}`,
      call: (sut: Sut, s: Stage) =>
        sut.ddi.ddi_dma_buf_bind_handle(as(handle), s.buf, DDI_DMA_RDWR, 0),
    })),
    {
      title: `${name} handle: freed`,
      call: (sut, s) => sut.ddi.ddi_dma_buf_bind_handle(s.freed, s.buf, DDI_DMA_RDWR, 0),
    },
    {
      title: `${name} handle: bound`,
      call: (sut, s) => sut.ddi.ddi_dma_buf_bind_handle(s.bound.handle, s.buf, DDI_DMA_RDWR, 0),
    },
    ...noHandle({}).map(([what, bp]) => ({
      title: `${name} bp: ${what}`,
      call: (sut: Sut, s: Stage) => bind(sut, s, as(bp)),
    })),
    { title: `${name} bp: freed`, call: (sut, s) => bind(sut, s, s.freedBuf) },
    { title: `${name} b_bcount: 0`, call: (sut, s) => changed(sut, s, { b_bcount: 0 }) },
    { title: `${name} b_addr: in a hole`, call: (sut, s) => changed(sut, s, { b_addr: 16 }) },
    ...noBytes(64).map(([what, b_bcount]) => ({
      title: `${name} b_bcount: ${what}`,
      call: (sut: Sut, s: Stage) => changed(sut, s, { b_bcount }),
    })),
    ...noBytes(65536).map(([what, b_addr]) => ({
      title: `${name} b_addr: ${what}`,
      call: (sut: Sut, s: Stage) => changed(sut, s, { b_addr }),
    })),
    { title: `${name} flags: no direction`, call: (sut, s) => bindAs(sut, s, 0) },
    ...noBytes(DDI_DMA_RDWR).map(([what, flags]) => ({
      title: `${name} flags: ${what}`,
      call: (sut: Sut, s: Stage) => bindAs(sut, s, flags),
    })),
    ...noWaitfp.map(([what, waitfp]) => ({
      title: `${name} waitfp: ${what}`,
      call: (sut: Sut, s: Stage) =>
        sut.ddi.ddi_dma_buf_bind_handle(s.handle, s.buf, DDI_DMA_RDWR, as<0>(waitfp)),
    })),
  ];
}

/** Calls that take a buf and nothing else. */
const bufCalls = ['freerbuf', 'biodone', 'biowait', 'bp_mapin', 'bp_mapout', 'minphys'] as const;

function bufCases(): BadCase[] {
  return bufCalls.flatMap((name): BadCase[] => [
    ...noHandle({}).map(([what, bp]) => ({
      title: `${name} bp: ${what}`,
      call: (sut: Sut) => sut.ddi[name](as(bp)),
    })),
    ...(name === 'minphys'
      ? []
      : [{ title: `${name} bp: freed`, call: (sut: Sut, s: Stage) => sut.ddi[name](s.freedBuf) }]),
  ]);
}

function copyCases(): BadCase[] {
  const copy = (sut: Sut, s: Stage, offset: number, size: number) =>
    sut.ddi.bp_copyin(s.buf, s.memory.kaddr, offset, size);
  return [
    ...[['too large', 65] as [string, number], ...noBytes(64)].map(([what, size]) => ({
      title: `bp_copyin size: ${what}`,
      call: (sut: Sut, s: Stage) => copy(sut, s, 0, size),
    })),
    ...[['behind the end', 64] as [string, number], ...noBytes(8)].map(([what, offset]) => ({
      title: `bp_copyin offset: ${what}`,
      call: (sut: Sut, s: Stage) => copy(sut, s, offset, 8),
    })),
    {
      title: 'bp_copyin driverbuf: in a hole',
      call: (sut, s) => sut.ddi.bp_copyin(s.buf, 16, 0, 64),
    },
  ];
}

function umemCases(): BadCase[] {
  const lock = (sut: Sut, addr: number, len: number): Promise<unknown> => {
    const program = sut.program();
    program.map(4096);
    return program.run(() => sut.kernel.ddi_umem_lock(addr, len, DDI_UMEMLOCK_READ));
  };
  const setup = (sut: Sut, cookie: ddi_umem_cookie_t): unknown =>
    sut.ddi.ddi_umem_iosetup(cookie, 0, 64, B_WRITE, NODEV, 0, null, DDI_UMEM_NOSLEEP);
  return [
    ...noBytes(4096).map(([what, size]) => ({
      title: `ddi_umem_alloc size: ${what}`,
      call: (sut: Sut) => sut.kernel.ddi_umem_alloc(size, DDI_UMEM_NOSLEEP),
      // ddi_umem_alloc(9F) FL-2: DDI_UMEM_NOSLEEP may return NULL.
      answer: null,
    })),
    ...noBytes(0x80010000).map(([what, addr]) => ({
      title: `ddi_umem_lock addr: ${what}`,
      call: (sut: Sut) => lock(sut, addr, 4096),
    })),
    ...[['zero', 0] as [string, number], ...noBytes(4096)].map(([what, len]) => ({
      title: `ddi_umem_lock len: ${what}`,
      call: (sut: Sut) => lock(sut, 0x80010000, len),
    })),
    ...noHandle({}).map(([what, cookie]) => ({
      title: `ddi_umem_iosetup cookie: ${what}`,
      call: (sut: Sut) => setup(sut, as(cookie)),
    })),
    ...noHandle({})
      .filter(([what]) => what !== 'null')
      .map(([what, cookie]) => ({
        title: `ddi_umem_free cookie: ${what}`,
        call: (sut: Sut) => {
          sut.ddi.ddi_umem_free(as(cookie));
        },
      })),
    ...noHandle({}).map(([what, cookie]) => ({
      title: `ddi_umem_unlock cookie: ${what}`,
      call: (sut: Sut) => {
        sut.ddi.ddi_umem_unlock(as(cookie));
      },
    })),
  ];
}

function physioCases(): BadCase[] {
  const move = (sut: Sut, bp: buf_t | null, rw: number, mincnt: (b: buf_t) => void): unknown => {
    const program = sut.program();
    const uio = program.uio([[program.map(4096), 4096]]);
    const strategy = (b: buf_t): number => {
      sut.ddi.biodone(b);
      return 0;
    };
    return program.run(() => sut.kernel.physio(strategy, bp, NODEV, rw, mincnt, uio));
  };
  return [
    ...[0, 1, B_READ | B_WRITE, NaN].map((rw) => ({
      title: `physio rw: ${rw}`,
      call: (sut: Sut) => move(sut, null, rw, sut.ddi.minphys),
    })),
    {
      title: 'physio bp: freed',
      call: (sut, s) => move(sut, s.freedBuf, B_READ, sut.ddi.minphys),
    },
    ...[0, -1, NaN, 1e9].map((count) => ({
      title: `physio mincnt: makes it ${count}`,
      call: (sut: Sut) =>
        move(sut, null, B_READ, (b) => {
          b.b_bcount = count;
        }),
    })),
    {
      title: 'getrbuf and freerbuf twice',
      call: (sut) => {
        const bp = sut.kernel.getrbuf(KM_NOSLEEP);
        if (bp === null) return;
        sut.ddi.freerbuf(bp);
        sut.ddi.freerbuf(bp);
      },
    },
    {
      title: 'freerbuf of a buf that is bound',
      call: (sut, s) => {
        const bp = newBuf(sut, s.buffer, 64, 0);
        sut.ddi.ddi_dma_buf_bind_handle(s.handle, bp, DDI_DMA_RDWR, 0).unwrapOr(null);
        sut.ddi.freerbuf(bp);
      },
      leaves: 1,
    },
  ];
}

/** Every case of these calls. */
export const badIoCases: readonly BadCase[] = [
  ...bufBindCases(),
  ...bufCases(),
  ...copyCases(),
  ...umemCases(),
  ...physioCases(),
];
