/** physio(9F) and minphys(9F), by clause, with a disk that is a piece of kernel memory. */
import { describe, expect, test } from 'vitest';
import * as ddi from '../../src/index.js';
import {
  aliveOf,
  deviceReads,
  deviceWrites,
  findingsOf,
  given,
  pageBytes,
  pattern,
  rulesOf,
  type UserSystem,
  userSystem,
} from '../support/user.js';

const { B_READ, B_WRITE, KM_SLEEP } = ddi;
const maxphys = 57344;

/** What a strategy routine saw. */
interface Seen {
  readonly flags: number;
  readonly blkno: number;
  readonly bcount: number;
  readonly addr: number;
  readonly locks: number;
}

/** A disk in the test's own memory, with a driver that moves data by DMA. */
class Disk {
  readonly bytes: Uint8Array;
  readonly seen: Seen[] = [];
  /** Bytes the next transfer falls short by; errno of the next transfer. */
  resid = 0;
  error = 0;
  readonly #system: UserSystem;

  constructor(system: UserSystem, sizeBytes: number) {
    this.#system = system;
    this.bytes = pattern(sizeBytes);
  }

  /** Does it all at once, and calls biodone before it returns. */
  readonly strategy = (bp: ddi.buf_t): number => {
    this.#start(bp);
    this.#finish(bp);
    return 0;
  };

  /** Starts, and finishes in an interrupt two ticks later. */
  readonly slowStrategy = (bp: ddi.buf_t): number => {
    this.#start(bp);
    this.#system.machine.kernel.timeout(
      (b) => {
        this.#finish(b);
      },
      bp,
      2,
    );
    return 0;
  };

  #start(bp: ddi.buf_t): void {
    const { process } = this.#system;
    this.seen.push({
      flags: bp.b_flags,
      blkno: bp.b_blkno,
      bcount: bp.b_bcount,
      addr: bp.b_addr,
      locks: process.as.pageAt(bp.b_addr)?.locks ?? 0,
    });
    const reads = (bp.b_flags & B_READ) !== 0;
    const flags = reads ? ddi.DDI_DMA_READ : ddi.DDI_DMA_WRITE;
    ddi.must(ddi.ddi_dma_buf_bind_handle(this.#system.handle, bp, flags, null));
  }

  #finish(bp: ddi.buf_t): void {
    const { machine, handle } = this.#system;
    const at = bp.b_blkno * ddi.DEV_BSIZE;
    const count = bp.b_bcount - this.resid;
    if ((bp.b_flags & B_READ) !== 0) {
      const block = new Uint8Array(bp.b_bcount);
      block.set(this.bytes.subarray(at, at + count));
      deviceWrites(machine, handle, block);
    } else this.bytes.set(deviceReads(machine, handle).subarray(0, count), at);
    ddi.must(ddi.ddi_dma_unbind_handle(handle));
    bp.b_resid = this.resid;
    if (this.error !== 0) ddi.bioerror(bp, this.error);
    ddi.biodone(bp);
  }
}

describe('physio', () => {
  test.each(['strategy', 'slowStrategy'] as const)(
    'DS-1 to DS-4, AR-1: a large read comes in pieces (%s)',
    async (how) => {
      const system = userSystem({ frames: 'scattered' });
      const { machine, process } = system;
      const disk = new Disk(system, 150000);
      const addr = process.as.map(150000) + 512;
      const uio = process.uio([[addr, 140800]], 1024);
      const rv = await process.run(() =>
        machine.kernel.physio(disk[how], null, 7, B_READ, ddi.minphys, uio),
      );
      expect(rv).toBe(0);
      expect(process.as.read(addr, 140800)).toEqual(disk.bytes.slice(1024, 1024 + 140800));
      const flags = ddi.B_BUSY | ddi.B_PHYS | ddi.B_SHADOW | ddi.B_STARTED | B_READ;
      const piece = (n: number, bcount: number): Seen => ({
        flags,
        blkno: 2 + (n * maxphys) / 512,
        bcount,
        addr: addr + n * maxphys,
        locks: 1,
      });
      expect(disk.seen).toEqual([piece(0, maxphys), piece(1, maxphys), piece(2, 26112)]);
      expect(uio).toMatchObject({ uio_iovcnt: 0, uio_iov: [], uio_resid: 0, uio_loffset: 141824 });
      expect(process.as.anyLocked).toBe(false);
      expect(aliveOf(machine)).toEqual([]);
      expect(machine.findings).toEqual([]);
    },
  );

  test('several areas, written to the device', async () => {
    const system = userSystem();
    const { machine, process } = system;
    const disk = new Disk(system, 8192);
    const [a, b] = [process.as.map(pageBytes), process.as.map(pageBytes)];
    process.as.write(a, pattern(1024, 9));
    process.as.write(b + 1, pattern(512, 5));
    const uio = process.uio([
      [a, 1024],
      [b + 1, 512],
    ]);
    await process.run(() =>
      machine.kernel.physio(disk.strategy, null, 7, B_WRITE, ddi.minphys, uio),
    );
    expect(disk.bytes.slice(0, 1024)).toEqual(pattern(1024, 9));
    expect(disk.bytes.slice(1024, 1536)).toEqual(pattern(512, 5));
    expect(disk.seen.map((s) => s.blkno)).toEqual([0, 2]);
    expect(machine.findings).toEqual([]);
  });

  test('kernel addresses (UIO_SYSSPACE)', async () => {
    const system = userSystem();
    const { machine, process } = system;
    const disk = new Disk(system, 4096);
    const va = given(machine.kernel.kmem_alloc(1024, KM_SLEEP));
    const uio = { ...process.uio([[va, 1024]]), uio_segflg: ddi.UIO_SYSSPACE };
    const { physio } = machine.kernel;
    expect(await process.run(() => physio(disk.strategy, null, 7, B_READ, ddi.minphys, uio))).toBe(
      0,
    );
    expect(machine.kernel.copyBytesOut(va, 1024)).toEqual(disk.bytes.slice(0, 1024));
    expect(disk.seen[0]?.flags).toBe(ddi.B_BUSY | ddi.B_PHYS | ddi.B_STARTED | B_READ);
    expect(machine.findings).toEqual([]);
  });

  test('AR-1: a buf of the caller’s is used, and stays the caller’s', async () => {
    const system = userSystem();
    const { machine, process } = system;
    const disk = new Disk(system, 4096);
    const bp = given(machine.kernel.getrbuf(KM_SLEEP));
    const got: ddi.buf_t[] = [];
    const strat = (b: ddi.buf_t): number => {
      got.push(b);
      return disk.strategy(b);
    };
    const uio = process.uio([[process.as.map(pageBytes), 512]]);
    await process.run(() => machine.kernel.physio(strat, bp, 7, B_READ, ddi.minphys, uio));
    expect(got).toEqual([bp]);
    expect(bp.b_flags & (ddi.B_BUSY | ddi.B_PHYS | ddi.B_SHADOW)).toBe(0);
    expect(aliveOf(machine)).toEqual(['buf']);
    expect(machine.findings).toEqual([]);
  });

  test.each([
    ['nowhere', 0x90000000, ddi.EFAULT],
    ['read only', 0x80010000, ddi.EACCES],
  ])('DS-1: memory %s is an errno, and strategy is not called', async (_where, addr, errno) => {
    const system = userSystem();
    const { machine, process } = system;
    process.as.map(pageBytes, { protection: 'read' });
    const fine = process.as.map(pageBytes);
    const disk = new Disk(system, 4096);
    const uio = process.uio([
      [fine, 512],
      [addr, 512],
    ]);
    const { physio } = machine.kernel;
    const rv = await process.run(() => physio(disk.strategy, null, 7, B_READ, ddi.minphys, uio));
    expect(rv).toBe(errno);
    expect(disk.seen).toEqual([]);
    expect(uio.uio_resid).toBe(1024);
    expect(aliveOf(machine)).toEqual([]);
  });

  test('DS-1: a kernel that looks piece by piece has moved data when it fails', async () => {
    const system = userSystem({ quirks: { 'physio-checks-each-piece': true } });
    const { machine, process } = system;
    const fine = process.as.map(pageBytes);
    const disk = new Disk(system, 4096);
    const uio = process.uio([
      [fine, 512],
      [0x90000000, 512],
    ]);
    const { physio } = machine.kernel;
    const rv = await process.run(() => physio(disk.strategy, null, 7, B_READ, ddi.minphys, uio));
    expect(rv).toBe(ddi.EFAULT);
    expect(disk.seen).toHaveLength(1);
    expect(uio.uio_resid).toBe(512);
  });

  test('RV-1: the error of a transfer ends the request', async () => {
    const system = userSystem();
    const { machine, process } = system;
    const disk = new Disk(system, 200000);
    disk.error = ddi.ENXIO;
    const uio = process.uio([[process.as.map(150000), 150000]]);
    const { physio } = machine.kernel;
    const rv = await process.run(() => physio(disk.strategy, null, 7, B_READ, ddi.minphys, uio));
    expect(rv).toBe(ddi.ENXIO);
    expect(disk.seen).toHaveLength(1);
    expect(process.as.anyLocked).toBe(false);
  });

  test('a residue ends the request without an error', async () => {
    const system = userSystem();
    const { machine, process } = system;
    const disk = new Disk(system, 200000);
    disk.resid = 512;
    const uio = process.uio([[process.as.map(150000), 150000]]);
    const { physio } = machine.kernel;
    const rv = await process.run(() => physio(disk.strategy, null, 7, B_READ, ddi.minphys, uio));
    expect(rv).toBe(0);
    expect(uio.uio_resid).toBe(150000 - maxphys + 512);
  });

  test('a negative offset is EINVAL, no memory no transfer', async () => {
    const system = userSystem();
    const { machine, process } = system;
    const disk = new Disk(system, 4096);
    const { physio } = machine.kernel;
    const addr = process.as.map(pageBytes);
    const uio = process.uio([[addr, 512]], -512);
    const run = (u: ddi.uio_t) =>
      process.run(() => physio(disk.strategy, null, 7, B_READ, ddi.minphys, u));
    expect(await run(uio)).toBe(ddi.EINVAL);
    expect(await run(process.uio([]))).toBe(0);
    expect(await run(process.uio([[addr, 0]]))).toBe(0);
    expect(disk.seen).toEqual([]);
    expect(machine.findings).toEqual([]);
  });

  test('AR-2: rw is one of two', async () => {
    const system = userSystem();
    const { machine, process } = system;
    const disk = new Disk(system, 4096);
    const uio = process.uio([[process.as.map(pageBytes), 512]]);
    const { physio } = machine.kernel;
    expect(await process.run(() => physio(disk.strategy, null, 7, 0, ddi.minphys, uio))).toBe(
      ddi.EINVAL,
    );
    expect(findingsOf(machine)).toEqual(['BAD_ARGUMENT physio.9f/AR-2']);
  });

  test('AR-1: a buf that is none', async () => {
    const system = userSystem();
    const { machine, process } = system;
    const disk = new Disk(system, 4096);
    const uio = process.uio([[process.as.map(pageBytes), 512]]);
    const raw = machine.kernel.allocBuf();
    const { physio } = machine.kernel;
    expect(await process.run(() => physio(disk.strategy, raw, 7, B_READ, ddi.minphys, uio))).toBe(
      ddi.EINVAL,
    );
    expect(findingsOf(machine)).toEqual(['BAD_ARGUMENT physio.9f/AR-1']);
  });

  test('CX-1: only for user threads', async () => {
    const system = userSystem();
    const { machine, process } = system;
    const disk = new Disk(system, 4096);
    const uio = process.uio([[process.as.map(pageBytes), 512]]);
    const { physio } = machine.kernel;
    let error: number | undefined;
    await machine.run(async () => {
      const thread = machine.thread('k', async () => {
        error = await physio(disk.strategy, null, 7, B_READ, ddi.minphys, uio);
      });
      await thread.done;
    });
    expect(error).toBe(ddi.EFAULT);
    expect(findingsOf(machine)).toEqual(['CONTEXT physio.9f/CX-1']);
  });

  test('WN-1: a driver that never calls biodone hangs the caller, and it is said who', async () => {
    const { machine, process } = userSystem();
    const uio = process.uio([[process.as.map(pageBytes), 512]]);
    const { physio } = machine.kernel;
    const hung = process.run(() => physio(() => 0, null, 7, B_READ, ddi.minphys, uio));
    await expect(hung).rejects.toThrow(/the end of I\/O on buf \d+.*biodone\(9F\)/s);
  });

  test('ST-2: strategy returns 0', async () => {
    const system = userSystem();
    const { machine, process } = system;
    const disk = new Disk(system, 4096);
    const strat = (bp: ddi.buf_t): number => disk.strategy(bp) + ddi.EIO;
    const uio = process.uio([[process.as.map(pageBytes), 512]]);
    const { physio } = machine.kernel;
    expect(await process.run(() => physio(strat, null, 7, B_READ, ddi.minphys, uio))).toBe(0);
    expect(findingsOf(machine)).toEqual(['STRATEGY_RETURN buf_funcs.9f/ST-2']);
  });

  test('ST-1: strategy does not sleep', async () => {
    const { machine, process, handle } = userSystem();
    const strat = (bp: ddi.buf_t): number => {
      ddi.discard(ddi.ddi_dma_buf_bind_handle(handle, bp, ddi.DDI_DMA_READ, ddi.DDI_DMA_SLEEP));
      ddi.must(ddi.ddi_dma_unbind_handle(handle));
      ddi.biodone(bp);
      return 0;
    };
    const uio = process.uio([[process.as.map(pageBytes), 512]]);
    const { physio } = machine.kernel;
    await process.run(() => physio(strat, null, 7, B_READ, ddi.minphys, uio));
    expect(findingsOf(machine)).toEqual(['SLEEP_IN_STRATEGY buf_funcs.9f/ST-1']);
  });

  test('BD-2: a driver that remembers a buf after biodone', async () => {
    const system = userSystem();
    const { machine, process } = system;
    const disk = new Disk(system, 4096);
    let kept: ddi.buf_t | undefined;
    const strat = (bp: ddi.buf_t): number => {
      kept = bp;
      return disk.strategy(bp);
    };
    const uio = process.uio([[process.as.map(pageBytes), 512]]);
    const { physio } = machine.kernel;
    await process.run(() => physio(strat, null, 7, B_READ, ddi.minphys, uio));
    ddi.bioerror(given(kept), ddi.EIO);
    ddi.freerbuf(given(kept));
    expect(rulesOf(machine)).toEqual(['USE_AFTER_FREE', 'DOUBLE_FREE']);
  });
});

describe('minphys and mincnt', () => {
  test.each([
    [1, 1],
    [maxphys, maxphys],
    [maxphys + 1, maxphys],
  ])('DS-5: minphys makes %i %i', (before, after) => {
    const { machine } = userSystem();
    const bp = given(machine.kernel.getrbuf(KM_SLEEP));
    bp.b_bcount = before;
    ddi.minphys(bp);
    expect(bp.b_bcount).toBe(after);
  });

  /** A read of 100,000 bytes with a bound of the driver's own. */
  async function bounded(mincnt: (bp: ddi.buf_t) => void) {
    const system = userSystem();
    const { machine, process } = system;
    const disk = new Disk(system, 100000);
    const uio = process.uio([[process.as.map(100000), 100000]]);
    const { physio } = machine.kernel;
    const rv = await process.run(() => physio(disk.strategy, null, 7, B_READ, mincnt, uio));
    return { rv, counts: disk.seen.map((s) => s.bcount), findings: findingsOf(machine) };
  }

  test('DS-4: a driver’s own bound, which calls minphys', async () => {
    const got = await bounded((bp) => {
      bp.b_bcount = Math.min(bp.b_bcount, 40000);
      ddi.minphys(bp);
    });
    expect(got).toEqual({ rv: 0, counts: [40000, 40000, 20000], findings: [] });
  });

  test('DS-4: one that lets more through than the system does is told', async () => {
    const got = await bounded(() => undefined);
    expect(got).toEqual({ rv: 0, counts: [100000], findings: ['MINCNT physio.9f/DS-4'] });
  });

  test.each([0, -1, 200000, NaN])('DS-4: one that makes it %d ends the request', async (count) => {
    const got = await bounded((bp) => {
      bp.b_bcount = count;
    });
    expect(got).toEqual({ rv: ddi.EINVAL, counts: [], findings: ['MINCNT physio.9f/DS-4'] });
  });
});
