/** The buf(9S) functions, bp_mapin(9F) and its kin, and ddi_dma_buf_bind_handle(9F), by clause. */
import { describe, expect, test } from 'vitest';
import * as ddi from '../../src/index.js';
import type { Process } from '../../src/machine/process.js';
import type { BootedMachine } from '../../src/platforms/index.js';
import { anyAttr } from '../support/attr.js';
import {
  aliveOf,
  deviceReads,
  deviceWrites,
  findingsOf,
  given,
  pageBytes,
  pattern,
  rulesOf,
  userSystem,
} from '../support/user.js';

const { KM_SLEEP, KM_NOSLEEP, DDI_DMA_READ, DDI_DMA_WRITE, DDI_DMA_RDWR } = ddi;

/** A buf on kernel memory that a driver made itself. */
function kernelBuf(machine: BootedMachine, va: number, len: number, direction: number): ddi.buf_t {
  const bp = given(machine.kernel.getrbuf(KM_SLEEP));
  bp.b_flags |= direction;
  bp.b_addr = va;
  bp.b_bcount = len;
  return bp;
}

/** A buf on locked memory of a process, and its cookie. */
function lockedBuf(
  machine: BootedMachine,
  process: Process,
  addr: number,
  off: number,
  len: number,
  direction: number = ddi.B_READ,
): { readonly bp: ddi.buf_t; readonly cookie: ddi.ddi_umem_cookie_t } {
  const first = addr - (addr % pageBytes);
  const size = Math.ceil(((addr % pageBytes) + off + len) / pageBytes) * pageBytes;
  const both = ddi.DDI_UMEMLOCK_READ | ddi.DDI_UMEMLOCK_WRITE;
  const { umem_lockmemory } = machine.kernel;
  const { cookie } = ddi.must(umem_lockmemory(first, size, both, null, process));
  const at = (addr % pageBytes) + off;
  const bp = given(ddi.ddi_umem_iosetup(cookie, at, len, direction, 1, 0, null, 0));
  return { bp, cookie };
}

describe('getrbuf, freerbuf, bioinit, biofini, bioreset', () => {
  test('GB-1: the buf is initialised', () => {
    const { machine } = userSystem();
    const bp = given(machine.kernel.getrbuf(KM_SLEEP));
    expect(bp).toMatchObject({
      b_flags: 0,
      b_bcount: 0,
      b_addr: 0,
      b_resid: 0,
      b_error: 0,
      b_iodone: null,
      b_proc: null,
      b_pages: null,
      b_shadow: null,
      av_forw: null,
      av_back: null,
    });
    expect(aliveOf(machine)).toEqual(['buf']);
    ddi.freerbuf(bp);
    expect(aliveOf(machine)).toEqual([]);
    expect(machine.frames.inUse).toBe(0);
    expect(machine.findings).toEqual([]);
  });

  test('GB-1: KM_NOSLEEP gives null when memory is short, KM_SLEEP can never', () => {
    const { machine } = userSystem({ memory: [{ base: 0x100000n, size: 0x1000n }] });
    given(machine.kernel.kmem_alloc(pageBytes, KM_SLEEP));
    expect(machine.kernel.getrbuf(KM_NOSLEEP)).toBeNull();
    expect(() => machine.kernel.getrbuf(KM_SLEEP)).toThrow('never be satisfied');
  });

  test('GB-2, FB-1: an interrupt routine may get one without sleep, and free it', () => {
    const { machine } = userSystem();
    const { getrbuf } = machine.kernel;
    machine.softcall('soft', () => {
      ddi.freerbuf(given(getrbuf(KM_NOSLEEP)));
      ddi.freerbuf(given(getrbuf(KM_SLEEP)));
    });
    machine.sched.settle();
    expect(findingsOf(machine)).toEqual(['SLEEP_IN_INTERRUPT buf_funcs.9f/GB-2']);
  });

  test('FB-1: what was freed is freed once, and gone', () => {
    const { machine, handle } = userSystem();
    const bp = given(machine.kernel.getrbuf(KM_SLEEP));
    ddi.freerbuf(bp);
    ddi.freerbuf(bp);
    ddi.bioerror(bp, ddi.EIO);
    ddi.bioinit(bp);
    const bind = ddi.ddi_dma_buf_bind_handle(handle, bp, DDI_DMA_READ, null);
    expect(bind._unsafeUnwrapErr().name).toBe('DDI_DMA_NOMAPPING');
    expect(rulesOf(machine)).toEqual(['DOUBLE_FREE', ...Array<string>(3).fill('USE_AFTER_FREE')]);
  });

  test('BI-1: a buf in the driver’s own memory is garbage before bioinit and after biofini', () => {
    const { machine } = userSystem();
    const bp = machine.kernel.allocBuf();
    expect(bp.b_bcount).not.toBe(0);
    ddi.bioerror(bp, ddi.EIO);
    expect(findingsOf(machine)).toEqual(['BUF_UNINITIALISED buf_funcs.9f/BI-1']);
    ddi.bioinit(bp);
    expect(bp).toMatchObject({ b_flags: 0, b_bcount: 0 });
    ddi.freerbuf(bp);
    expect(rulesOf(machine).at(-1)).toBe('WRONG_FREE_FUNCTION');
    ddi.biofini(bp);
    machine.kernel.freeBuf(bp);
    expect(machine.frames.inUse).toBe(0);
    expect(machine.findings).toHaveLength(2);
    expect(() => {
      machine.kernel.freeBuf(bp);
    }).toThrow('bad address');
  });

  test('memory that is freed without biofini is told', () => {
    const { machine } = userSystem();
    const bp = machine.kernel.allocBuf();
    ddi.bioinit(bp);
    machine.kernel.freeBuf(bp);
    expect(rulesOf(machine)).toEqual(['BUF_NOT_UNINITIALISED']);
  });

  test('bioreset makes a buf as good as new', () => {
    const { machine } = userSystem();
    const bp = given(machine.kernel.getrbuf(KM_SLEEP));
    bp.b_bcount = 7;
    bp.b_private = bp;
    ddi.bioerror(bp, ddi.ENXIO);
    ddi.bioreset(bp);
    expect(bp).toMatchObject({ b_flags: 0, b_bcount: 0, b_error: 0, b_private: null });
    expect(machine.findings).toEqual([]);
  });

  test('what is no buf panics', () => {
    expect(() => {
      ddi.freerbuf({ b_flags: 0 } as ddi.buf_t);
    }).toThrow('must be a buf');
  });
});

describe('b_flags', () => {
  test('FL-3, FL-5: a driver sets and clears the bits that are its own', () => {
    const { machine } = userSystem();
    const bp = given(machine.kernel.getrbuf(KM_SLEEP));
    bp.b_flags = ddi.B_BUSY | ddi.B_READ;
    bp.b_flags |= ddi.B_ERROR;
    bp.b_flags &= ~(ddi.B_ERROR | ddi.B_BUSY);
    expect(bp.b_flags).toBe(ddi.B_READ);
    expect(machine.findings).toEqual([]);
  });

  test('FL-1: clearing all of them drops what is not the driver’s', () => {
    const { machine, process } = userSystem();
    const { bp } = lockedBuf(machine, process, process.as.map(pageBytes), 0, 512);
    bp.b_flags = 0;
    expect(findingsOf(machine)).toEqual(['BUF_FLAGS_DROPPED buf.9s/FL-1']);
  });

  test.each([ddi.B_DONE, ddi.B_PHYS, ddi.B_PAGEIO, ddi.B_ASYNC, ddi.B_SHADOW, ddi.B_REMAPPED])(
    'FL-2, FL-4, FL-6, FL-7: 0x%s is not for drivers to set',
    (bit) => {
      const { machine } = userSystem();
      const bp = given(machine.kernel.getrbuf(KM_SLEEP));
      bp.b_flags |= bit;
      expect(findingsOf(machine)).toEqual(['BUF_FLAGS_RESERVED buf.9s/FL-2']);
    },
  );
});

describe('bioerror, geterror', () => {
  test('the error is set, and taken back', () => {
    const { machine } = userSystem();
    const bp = given(machine.kernel.getrbuf(KM_SLEEP));
    expect(ddi.geterror(bp)).toBe(0);
    ddi.bioerror(bp, ddi.ENXIO);
    expect([bp.b_flags & ddi.B_ERROR, bp.b_error, ddi.geterror(bp)]).toEqual([4, 6, 6]);
    ddi.bioerror(bp, 0);
    expect([bp.b_flags & ddi.B_ERROR, ddi.geterror(bp)]).toEqual([0, 0]);
    bp.b_flags |= ddi.B_ERROR;
    expect(ddi.geterror(bp)).toBe(ddi.EIO);
  });
});

describe('biodone, biowait', () => {
  test('BW-1, BD-1: biowait returns when the interrupt has called biodone', async () => {
    const { machine, process } = userSystem();
    const bp = given(machine.kernel.getrbuf(KM_SLEEP));
    const answer = await process.run(async () => {
      machine.kernel.timeout(
        () => {
          ddi.bioerror(bp, ddi.EIO);
          ddi.biodone(bp);
        },
        null,
        3,
      );
      const error = await ddi.biowait(bp);
      return { error, lbolt: machine.kernel.ddi_get_lbolt() };
    });
    expect(answer).toEqual({ error: ddi.EIO, lbolt: 3 });
    expect(bp.b_flags & ddi.B_DONE).toBe(ddi.B_DONE);
    expect(machine.findings).toEqual([]);
  });

  test('BW-1: who comes late does not wait', async () => {
    const { machine, process } = userSystem();
    const bp = given(machine.kernel.getrbuf(KM_SLEEP));
    ddi.biodone(bp);
    expect(await process.run(() => ddi.biowait(bp))).toBe(0);
    expect(machine.findings).toEqual([]);
  });

  test('WN-1 of physio: nobody calls biodone', async () => {
    const { machine, process } = userSystem();
    const bp = given(machine.kernel.getrbuf(KM_SLEEP));
    await expect(process.run(() => ddi.biowait(bp))).rejects.toThrow('biodone(9F)');
  });

  test('BD-1: with b_iodone set, only that is called', () => {
    const { machine } = userSystem();
    const bp = given(machine.kernel.getrbuf(KM_SLEEP));
    const got: ddi.buf_t[] = [];
    bp.b_iodone = (b) => got.push(b);
    ddi.biodone(bp);
    expect(got).toEqual([bp]);
    expect(bp.b_flags & ddi.B_DONE).toBe(0);
    // BD-3: the owner's routine is restored before the last biodone.
    bp.b_iodone = null;
    ddi.biodone(bp);
    expect(bp.b_flags & ddi.B_DONE).toBe(ddi.B_DONE);
    expect(machine.findings).toEqual([]);
  });

  test('BD-1: an asynchronous buf is released', () => {
    const { machine } = userSystem();
    const list = machine.users.createPageList(1);
    const bp = machine.users.pageioBuf(list, 0, 512, ddi.B_READ);
    bp.own(bp.b_flags | ddi.B_ASYNC);
    ddi.biodone(bp);
    ddi.bioerror(bp, ddi.EIO);
    ddi.biodone(bp);
    expect(findingsOf(machine)).toEqual(Array(2).fill('USE_AFTER_FREE buf_funcs.9f/BD-2'));
  });

  test('BD-1: a transfer ends once', () => {
    const { machine } = userSystem();
    const bp = given(machine.kernel.getrbuf(KM_SLEEP));
    ddi.biodone(bp);
    ddi.biodone(bp);
    expect(findingsOf(machine)).toEqual(['DOUBLE_DONE buf_funcs.9f/BD-1']);
  });

  test('BD-2: after biodone a buf of strategy is not the driver’s', () => {
    const { machine, handle } = userSystem();
    const bp = machine.users.pageioBuf(machine.users.createPageList(1), 0, 512, ddi.B_READ);
    ddi.must(ddi.ddi_dma_buf_bind_handle(handle, bp, DDI_DMA_READ, null));
    ddi.biodone(bp);
    ddi.bioerror(bp, ddi.EIO);
    ddi.must(ddi.ddi_dma_unbind_handle(handle));
    expect(ddi.ddi_dma_buf_bind_handle(handle, bp, DDI_DMA_READ, null).isErr()).toBe(true);
    expect(rulesOf(machine)).toEqual(['DONE_WHILE_BOUND', 'USE_AFTER_DONE', 'USE_AFTER_DONE']);
  });

  test('BW-1: only a user thread waits', async () => {
    const { machine } = userSystem();
    const bp = given(machine.kernel.getrbuf(KM_SLEEP));
    ddi.biodone(bp);
    await ddi.biowait(bp);
    expect(findingsOf(machine)).toEqual(['CONTEXT buf_funcs.9f/BW-1']);
  });
});

describe('bp_mapin, bp_mapout', () => {
  test('DS-1: a list of scattered pages becomes one piece of kernel memory', async () => {
    const { machine, process, handle } = userSystem();
    const list = machine.users.createPageList(3, [0x900, 0x100, 0x700]);
    list.write(0, pattern(3 * pageBytes));
    const bp = machine.users.pageioBuf(list, 100, 9000, ddi.B_WRITE);
    await process.run(() => {
      ddi.must(ddi.ddi_dma_buf_bind_handle(handle, bp, DDI_DMA_WRITE, null));
      const before = deviceReads(machine, handle);
      ddi.bp_mapin(bp);
      expect(bp.b_flags & ddi.B_REMAPPED).toBe(ddi.B_REMAPPED);
      expect(machine.kernel.copyBytesOut(bp.b_addr, 9000)).toEqual(before);
      // The labels stay: a device that is at work sees what the CPU stores.
      expect([0, 1, 2].map((i) => machine.probe.pfnOf(bp.b_addr + i * pageBytes))).toEqual([
        0x900, 0x100, 0x700,
      ]);
      machine.kernel.store8(bp.b_addr + 5000, 0xa5);
      expect(deviceReads(machine, handle)[5000]).toBe(0xa5);
      deviceWrites(machine, handle, pattern(9000, 99));
      expect(machine.kernel.copyBytesOut(bp.b_addr, 9000)).toEqual(pattern(9000, 99));
      expect(aliveOf(machine)).toEqual(['dma binding', 'buf mapping']);
      const { b_addr } = bp;
      ddi.bp_mapin(bp);
      expect(bp.b_addr).toBe(b_addr);
      const own = given(bp.mapping).va;
      bp.b_iodone = null;
      expect(own).toBe(b_addr - 100);
    });
    expect(list.read(100, 9000)).toEqual(pattern(9000, 99));
  });

  test('bp_mapout DS-1: the addresses go, the bytes stay', async () => {
    const { machine, process } = userSystem();
    const addr = process.as.map(2 * pageBytes);
    const { bp, cookie } = lockedBuf(machine, process, addr, 10, 6000);
    await process.run(() => {
      ddi.bp_mapin(bp);
      const va = bp.b_addr;
      machine.kernel.copyBytesIn(va, pattern(6000));
      ddi.bp_mapout(bp);
      expect(bp.b_flags & ddi.B_REMAPPED).toBe(0);
      expect(bp.b_addr).toBe(10);
      expect(machine.pages.mapped(va, 1)).toBe(false);
      expect(process.as.read(addr + 10, 6000)).toEqual(pattern(6000));
      ddi.bp_mapout(bp);
      ddi.freerbuf(bp);
      ddi.ddi_umem_unlock(cookie);
    });
    expect(aliveOf(machine)).toEqual([]);
    expect(machine.findings).toEqual([]);
  });

  test('nothing is mapped for kernel memory, or where there is no list', () => {
    const { machine } = userSystem();
    const bp = kernelBuf(machine, given(machine.kernel.kmem_alloc(64, KM_SLEEP)), 64, ddi.B_READ);
    const { b_addr } = bp;
    ddi.bp_mapin(bp);
    expect([bp.b_addr, bp.b_flags & ddi.B_REMAPPED]).toEqual([b_addr, 0]);
    // DS-2: an empty page list.
    const paged = machine.users.pageioBuf(machine.users.createPageList(1), 0, 512, ddi.B_READ);
    for (const none of [null, []]) {
      paged.b_pages = none;
      ddi.bp_mapin(paged);
      expect([paged.b_addr, paged.b_flags & ddi.B_REMAPPED]).toEqual([0, 0]);
    }
    expect(machine.findings).toEqual([]);
  });

  test('DS-3: a mapping that is left is alive, and freeing the buf loses it', () => {
    const { machine, process } = userSystem();
    const { bp } = lockedBuf(machine, process, process.as.map(pageBytes), 0, 512);
    ddi.bp_mapin(bp);
    expect(aliveOf(machine)).toEqual(['umem lock', 'buf', 'buf mapping']);
    ddi.freerbuf(bp);
    expect(findingsOf(machine)).toEqual(['MAPPING_LOST bp_mapin.9f/DS-3']);
  });

  test('two mappings of one page are the same bytes', async () => {
    const { machine, process } = userSystem();
    const { kernel } = machine;
    const addr = process.as.map(3 * pageBytes);
    const a = lockedBuf(machine, process, addr, 0, 8192).bp;
    const b = lockedBuf(machine, process, addr + pageBytes, 0, 8192).bp;
    await process.run(() => {
      ddi.bp_mapin(a);
      ddi.bp_mapin(b);
      // The second page of a is the first of b: an alias. A word may lie across its end.
      kernel.store32(b.b_addr + pageBytes - 2, 0x44332211);
      kernel.copyBytesIn(b.b_addr, pattern(16));
      expect(kernel.copyBytesOut(a.b_addr + pageBytes, 16)).toEqual(pattern(16));
      expect(kernel.load32(b.b_addr + pageBytes - 2)).toBe(0x44332211);
      expect(kernel.load16(a.b_addr + 2 * pageBytes - 2)).toBe(0x2211);
      kernel.bcopy(b.b_addr, b.b_addr + 8, 16);
      expect(kernel.bcmp(a.b_addr + pageBytes + 8, b.b_addr + 8, 16)).toBe(0);
      expect(kernel.bcmp(a.b_addr, b.b_addr, 16)).toBe(1);
      kernel.bzero(b.b_addr, 8);
      expect(kernel.load64(a.b_addr + pageBytes)).toBe(0n);
      expect(machine.probe.pfnOf(b.b_addr)).toBe(machine.probe.pfnOf(a.b_addr + pageBytes));
      // The mapping that has the home goes first: the alias still finds the bytes.
      ddi.bp_mapout(a);
      expect(kernel.copyBytesOut(b.b_addr + 8, 16)).toEqual(pattern(16));
      ddi.bp_mapout(b);
    });
    expect(process.as.read(addr + pageBytes + 8, 16)).toEqual(pattern(16));
    expect(machine.findings).toEqual([]);
  });

  test('BW: biowait takes the mapping of a synchronous buf back', async () => {
    const { machine, process } = userSystem();
    const { bp } = lockedBuf(machine, process, process.as.map(pageBytes), 0, 512);
    await process.run(async () => {
      ddi.bp_mapin(bp);
      ddi.biodone(bp);
      await ddi.biowait(bp);
    });
    expect(aliveOf(machine)).toEqual(['umem lock', 'buf']);
  });

  test('a page of a process that is not in memory cannot be mapped', () => {
    const { machine, process } = userSystem();
    const { bp } = lockedBuf(machine, process, process.as.map(pageBytes), 0, 512);
    bp.b_addr = 0x90000000;
    const shadow = bp.b_shadow;
    bp.b_shadow = [];
    expect(() => {
      ddi.bp_mapin(bp);
    }).toThrow('not in memory');
    expect(shadow).toHaveLength(1);
  });

  test('CX-1: mapin not in interrupts, mapout by user threads only', () => {
    const { machine, process } = userSystem();
    const { bp } = lockedBuf(machine, process, process.as.map(pageBytes), 0, 512);
    machine.softcall('soft', () => {
      ddi.bp_mapin(bp);
    });
    machine.sched.settle();
    ddi.bp_mapout(bp);
    expect(findingsOf(machine)).toEqual(['CONTEXT bp_mapin.9f/CX-1', 'CONTEXT bp_mapout.9f/CX-1']);
  });

  test('bp_mapout DS-2: not on a buf of strategy', async () => {
    const { machine, process } = userSystem();
    const bp = machine.users.pageioBuf(machine.users.createPageList(1), 0, 512, ddi.B_READ);
    await process.run(() => {
      ddi.bp_mapin(bp);
      ddi.bp_mapout(bp);
    });
    expect(findingsOf(machine)).toEqual(['MAPOUT_FOREIGN bp_mapout.9f/DS-2']);
    expect(aliveOf(machine)).toEqual([]);
  });
});

describe('bp_copyin, bp_copyout', () => {
  const total = 3 * pageBytes - 300;

  /** A buf of every kind, its bytes, and a driver buffer. */
  function copies(kind: string): {
    readonly machine: BootedMachine;
    readonly bp: ddi.buf_t;
    readonly va: number;
    readonly bytes: () => Uint8Array;
  } {
    const { machine, process } = userSystem();
    const va = given(machine.kernel.kmem_alloc(total, KM_SLEEP));
    if (kind === 'kernel') {
      const at = given(machine.kernel.kmem_alloc(total, KM_SLEEP));
      machine.kernel.copyBytesIn(at, pattern(total));
      const bp = kernelBuf(machine, at, total, ddi.B_WRITE);
      return { machine, bp, va, bytes: () => machine.kernel.copyBytesOut(at, total) };
    }
    if (kind === 'pages') {
      const list = machine.users.createPageList(3);
      list.write(200, pattern(total));
      const bp = machine.users.pageioBuf(list, 200, total, ddi.B_WRITE);
      return { machine, bp, va, bytes: () => list.read(200, total) };
    }
    const addr = process.as.map(3 * pageBytes) + 200;
    process.as.write(addr, pattern(total));
    const { bp } = lockedBuf(machine, process, addr, 0, total, ddi.B_WRITE);
    if (kind === 'mapped') ddi.bp_mapin(bp);
    return { machine, bp, va, bytes: () => process.as.read(addr, total) };
  }

  describe.each(['kernel', 'pages', 'user', 'mapped'])('%s', (kind) => {
    test.each([
      [0, total],
      [0, 1],
      [100, 50],
      [100, 200],
      [pageBytes - 200, 100],
      [pageBytes - 210, 100],
      [5000, 6900],
      [total - 1, 1],
      [total, 0],
    ])('DS-1: offset %i, size %i', (offset, size) => {
      const { machine, bp, va, bytes } = copies(kind);
      const { copyBytesIn, copyBytesOut } = machine.kernel;
      expect(ddi.bp_copyin(bp, va, offset, size)).toBe(0);
      expect(copyBytesOut(va, size)).toEqual(pattern(total).slice(offset, offset + size));
      copyBytesIn(va, pattern(total, 77));
      expect(ddi.bp_copyout(va, bp, offset, size)).toBe(0);
      const wanted = pattern(total);
      wanted.set(pattern(total, 77).subarray(0, size), offset);
      expect(bytes()).toEqual(wanted);
      expect(machine.findings).toEqual([]);
    });
  });

  test('RV-1: -1 when pages are missing', () => {
    const { machine, bp, va } = copies('pages');
    bp.b_pages = given(bp.b_pages).slice(0, 1);
    expect(ddi.bp_copyin(bp, va, 0, 100)).toBe(0);
    expect(ddi.bp_copyin(bp, va, 4000, 100)).toBe(-1);
    bp.b_pages = null;
    expect(ddi.bp_copyout(va, bp, 0, 1)).toBe(-1);
    expect(machine.findings).toEqual([]);
  });

  test.each([
    [-1, 1],
    [0, total + 1],
    [total, 1],
    [0.5, 1],
    [0, NaN],
  ])('offset %d and size %d are not the buf’s', (offset, size) => {
    const { machine, bp, va } = copies('user');
    expect(ddi.bp_copyin(bp, va, offset, size)).toBe(-1);
    expect(rulesOf(machine)).toEqual(['BAD_ARGUMENT']);
  });

  test('a wrong kernel address is a trap', () => {
    const { bp } = copies('user');
    expect(() => ddi.bp_copyin(bp, 0, 0, 1)).toThrow('no memory is mapped');
  });

  test('CX-1: not in interrupts', () => {
    const { machine, bp, va } = copies('user');
    machine.softcall('soft', () => {
      ddi.bp_copyin(bp, va, 0, 1);
    });
    machine.sched.settle();
    expect(findingsOf(machine)).toEqual(['CONTEXT bp_copyin.9f/CX-1']);
  });

  // What the loop of bp_copy_common makes of a page-aligned buf of two pages.
  test.each([
    [100, 50, 'past'],
    [4096, 100, 'past'],
    [0, 8192, [0, 8192]],
    [0, 100, [0, 100]],
    [4096, 4096, [4096, 8192]],
    [100, 4096, [100, 4196]],
  ] as const)('a kernel with its own loop: offset %i, size %i', (offset, size, wanted) => {
    const { machine } = userSystem({ quirks: { 'bp-copy-short-first-page': true } });
    const va = given(machine.kernel.kmem_alloc(8192, KM_SLEEP));
    const list = machine.users.createPageList(2);
    list.write(0, pattern(8192));
    const bp = machine.users.pageioBuf(list, 0, 8192, ddi.B_WRITE);
    if (wanted === 'past') {
      expect(() => ddi.bp_copyin(bp, va, offset, size)).toThrow(
        'the page list of the buf has ended',
      );
      return;
    }
    expect(ddi.bp_copyin(bp, va, offset, size)).toBe(0);
    expect(machine.kernel.copyBytesOut(va, size)).toEqual(pattern(8192).slice(...wanted));
  });

  test('a kernel with its own loop: offset 100, size 200 takes half from the wrong page', () => {
    const { machine } = userSystem({ kernel: 'production' });
    const va = given(machine.kernel.kmem_alloc(8192, KM_SLEEP));
    const list = machine.users.createPageList(2);
    list.write(0, pattern(8192));
    const bp = machine.users.pageioBuf(list, 0, 8192, ddi.B_WRITE);
    expect(ddi.bp_copyin(bp, va, 100, 200)).toBe(0);
    const all = pattern(8192);
    const wanted = [...all.slice(100, 200), ...all.slice(4096, 4196)];
    expect([...machine.kernel.copyBytesOut(va, 200)]).toEqual(wanted);
  });
});

describe('copyin, copyout, ddi_copyin, ddi_copyout', () => {
  test('bytes cross between a process and the kernel', async () => {
    const { machine, process } = userSystem();
    const { kernel } = machine;
    const va = given(kernel.kmem_alloc(9000, KM_SLEEP));
    const addr = process.as.map(3 * pageBytes) + 50;
    await process.run(() => {
      kernel.copyBytesIn(va, pattern(9000));
      expect(kernel.copyout(va, addr, 9000)).toBe(0);
      expect(process.as.read(addr, 9000)).toEqual(pattern(9000));
      kernel.bzero(va, 9000);
      process.as.takeOut(addr, 9000);
      expect(kernel.copyin(addr, va, 9000)).toBe(0);
      expect(kernel.copyBytesOut(va, 9000)).toEqual(pattern(9000));
      expect(kernel.ddi_copyout(va, addr + 1, 100, 0)).toBe(0);
      expect(kernel.ddi_copyin(addr + 1, va + 200, 100, 0)).toBe(0);
      expect(kernel.bcmp(va, va + 200, 100)).toBe(0);
      expect(kernel.copyin(addr, va, 0)).toBe(0);
    });
    expect(machine.findings).toEqual([]);
  });

  test('with FKIOCTL both addresses are the kernel’s', () => {
    const { machine } = userSystem();
    const { kernel } = machine;
    const [a, b] = [0, 1].map(() => given(kernel.kmem_zalloc(64, KM_SLEEP))) as [number, number];
    kernel.copyBytesIn(a, pattern(64));
    expect(kernel.ddi_copyin(a, b, 64, ddi.FKIOCTL | 1)).toBe(0);
    expect(kernel.bcmp(a, b, 64)).toBe(0);
    kernel.bzero(a, 64);
    expect(kernel.ddi_copyout(b, a, 64, ddi.FKIOCTL)).toBe(0);
    expect(kernel.bcmp(a, b, 64)).toBe(0);
  });

  test('-1 for what the program could not do itself', async () => {
    const { machine, process } = userSystem();
    const { kernel } = machine;
    const va = given(kernel.kmem_alloc(64, KM_SLEEP));
    const readOnly = process.as.map(pageBytes, { protection: 'read' });
    await process.run(() => {
      expect(kernel.copyin(readOnly, va, 64)).toBe(0);
      expect(kernel.copyout(va, readOnly, 64)).toBe(-1);
      expect(kernel.copyin(0x90000000, va, 1)).toBe(-1);
      expect(kernel.copyin(va, va, 8)).toBe(-1);
    });
    // The kernel's own threads have no user memory; a wrong kernel address is the driver's fault.
    expect(kernel.copyin(readOnly, va, 64)).toBe(-1);
    expect(() => kernel.copyin(readOnly, readOnly, 8)).toThrow('bad trap');
  });

  test('not in interrupts', () => {
    const { machine } = userSystem();
    const va = given(machine.kernel.kmem_alloc(64, KM_SLEEP));
    machine.softcall('soft', () => {
      machine.kernel.ddi_copyin(va, va, 8, ddi.FKIOCTL);
    });
    machine.sched.settle();
    expect(rulesOf(machine)).toEqual(['CONTEXT']);
  });
});

describe('ddi_btop, ddi_btopr, ddi_ptob, btop, btopr, ptob', () => {
  test('DS-1, DS-2, DS-3', () => {
    const { machine, dip } = userSystem();
    const { btop, btopr, ptob } = machine.kernel;
    for (const [bytes, down, up] of [
      [0, 0, 0],
      [1, 0, 1],
      [4096, 1, 1],
      [4097, 1, 2],
    ] as const) {
      expect([ddi.ddi_btop(dip, bytes), ddi.ddi_btopr(dip, bytes)]).toEqual([down, up]);
      expect([btop(bytes), btopr(bytes)]).toEqual([down, up]);
    }
    expect([ddi.ddi_ptob(dip, 1), ptob(3)]).toEqual([4096, 12288]);
    expect(machine.findings).toEqual([]);
    expect([ddi.ddi_btop(dip, -1), ddi.ddi_ptob(dip, NaN)]).toEqual([0, 0]);
    expect(rulesOf(machine)).toEqual(['BAD_ARGUMENT', 'BAD_ARGUMENT']);
  });
});

describe('ddi_dma_buf_bind_handle', () => {
  const code = (r: ReturnType<typeof bindNow>): string => r._unsafeUnwrapErr().name;
  const bindNow = (h: ddi.ddi_dma_handle_t, bp: ddi.buf_t, flags: number = DDI_DMA_RDWR) =>
    ddi.ddi_dma_buf_bind_handle(h, bp, flags, ddi.DDI_DMA_DONTWAIT);

  test('AR-2, DS-1: kernel memory', () => {
    const { machine, handle } = userSystem();
    const va = given(machine.kernel.kmem_alloc(10000, KM_SLEEP));
    machine.kernel.copyBytesIn(va, pattern(10000));
    const bp = kernelBuf(machine, va, 10000, ddi.B_WRITE);
    const { rval, cookie, ccount } = ddi.must(bindNow(handle, bp, DDI_DMA_WRITE));
    expect(rval).toBe(ddi.DDI_DMA_MAPPED);
    expect(ccount).toBe(ddi.ddi_dma_ncookies(handle));
    expect(cookie).toEqual(ddi.ddi_dma_cookie_get(handle, 0));
    expect(deviceReads(machine, handle)).toEqual(pattern(10000));
    expect(machine.findings).toEqual([]);
  });

  test('AR-2: a list of pages (B_PAGEIO), from its offset on', () => {
    const { machine, handle } = userSystem();
    const list = machine.users.createPageList(3, [0x700, 0x701, 0x300]);
    list.write(0, pattern(3 * pageBytes));
    const bp = machine.users.pageioBuf(list, 0x123, 9000, ddi.B_WRITE);
    ddi.must(bindNow(handle, bp));
    expect(ddi.ddi_dma_cookie_get(handle, 0)).toMatchObject({
      dmac_laddress: 0x700123n,
      dmac_size: 2 * pageBytes - 0x123,
    });
    expect(deviceReads(machine, handle)).toEqual(pattern(3 * pageBytes).slice(0x123, 0x123 + 9000));
    expect(machine.findings).toEqual([]);
  });

  test('AR-2: locked user memory (B_PHYS, B_SHADOW), mapped (B_REMAPPED) or not', () => {
    const { machine, handle, process } = userSystem();
    const addr = process.as.map(3 * pageBytes, { pfns: [0x300, 0x200, 0x201] });
    const { bp } = lockedBuf(machine, process, addr, 0x800, 6000);
    const list = (): unknown[] => {
      ddi.must(bindNow(handle, bp));
      const cookies = [0, 1].map((i) => ddi.ddi_dma_cookie_get(handle, i));
      ddi.must(ddi.ddi_dma_unbind_handle(handle));
      return cookies;
    };
    const before = list();
    expect(before[0]).toMatchObject({ dmac_laddress: 0x300800n, dmac_size: 0x800 });
    ddi.bp_mapin(bp);
    expect(list()).toEqual(before);
    expect(machine.findings).toEqual([]);
  });

  test('AR-2: user memory without a list (B_PHYS) is translated; without a lock it is told', () => {
    const { machine, handle, process } = userSystem();
    const addr = process.as.map(2 * pageBytes, { pfns: [0x300, 0x200] });
    const { bp, cookie } = lockedBuf(machine, process, addr, 100, 5000);
    const b = bp as ReturnType<typeof machine.users.pageioBuf>;
    b.own(b.b_flags & ~ddi.B_SHADOW);
    ddi.must(bindNow(handle, bp));
    expect(ddi.ddi_dma_cookie_get(handle, 1)).toMatchObject({ dmac_laddress: 0x200000n });
    ddi.must(ddi.ddi_dma_unbind_handle(handle));
    expect(machine.findings).toEqual([]);
    ddi.ddi_umem_unlock(cookie);
    ddi.must(bindNow(handle, bp));
    expect(rulesOf(machine)).toEqual(['BUF_OUTLIVES_COOKIE', 'BIND_UNLOCKED']);
    ddi.must(ddi.ddi_dma_unbind_handle(handle));
    process.as.takeOut(addr, pageBytes);
    expect(code(bindNow(handle, bp))).toBe('DDI_DMA_NOMAPPING');
  });

  test('AR-2: the kernel’s addresses win when the buf has no process', () => {
    const { machine, handle } = userSystem();
    const va = given(machine.kernel.kmem_alloc(64, KM_SLEEP));
    const bp = kernelBuf(machine, va, 64, ddi.B_READ);
    const b = bp as ReturnType<typeof machine.users.pageioBuf>;
    b.own(b.b_flags | ddi.B_PHYS);
    ddi.must(bindNow(handle, bp));
    expect(machine.findings).toEqual([]);
  });

  test('RV-6: memory that is not there', () => {
    const { machine, handle, process } = userSystem();
    const bp = kernelBuf(machine, 0, 64, ddi.B_READ);
    expect(code(bindNow(handle, bp))).toBe('DDI_DMA_NOMAPPING');
    bp.b_proc = process;
    bp.b_addr = 0x90000000;
    expect(code(bindNow(handle, bp))).toBe('DDI_DMA_NOMAPPING');
    const paged = machine.users.pageioBuf(machine.users.createPageList(1), 100, 4096, 0);
    expect(code(bindNow(handle, paged))).toBe('DDI_DMA_NOMAPPING');
    expect(aliveOf(machine)).toEqual(['buf']);
  });

  test.each([
    ['b_bcount', NaN],
    ['b_bcount', -1],
    ['b_bcount', 1.5],
    ['b_addr', NaN],
    ['b_addr', -4096],
  ] as const)('%s %d is a bad argument', (member, value) => {
    const { machine, handle } = userSystem();
    const bp = kernelBuf(machine, 0x20000, 64, ddi.B_READ);
    bp[member] = value;
    expect(code(bindNow(handle, bp))).toBe('DDI_DMA_NOMAPPING');
    expect(findingsOf(machine)).toEqual(['BAD_ARGUMENT ddi_dma_buf_bind_handle.9f/AR-2']);
  });

  test('a buf larger than every address space', () => {
    const { machine, handle } = userSystem();
    const bp = kernelBuf(machine, 0x20000, 2 ** 40, ddi.B_READ);
    expect(code(bindNow(handle, bp))).toBe('DDI_DMA_NOMAPPING');
  });

  test('flags that are none', () => {
    const { machine, handle } = userSystem();
    const va = given(machine.kernel.kmem_alloc(64, KM_SLEEP));
    const bp = kernelBuf(machine, va, 64, ddi.B_READ);
    expect(code(bindNow(handle, bp, NaN))).toBe('DDI_DMA_NOMAPPING');
    expect(findingsOf(machine)).toEqual(['BAD_ARGUMENT ddi_dma_buf_bind_handle.9f/FL-4']);
  });

  test('an empty buf, by the page and by the kernel', () => {
    for (const kernel of ['contract', 'debug', 'production'] as const) {
      const { machine, handle } = userSystem({ kernel });
      const va = given(machine.kernel.kmem_alloc(64, KM_SLEEP));
      const result = bindNow(handle, kernelBuf(machine, va, 0, ddi.B_READ));
      if (kernel === 'contract') expect(code(result)).toBe('DDI_DMA_NOMAPPING');
      else expect(ddi.must(result)).toMatchObject({ rval: 0, ccount: 0 });
    }
    const { machine, handle } = userSystem({ quirks: { 'empty-buf-maps': true } });
    expect(bindNow(handle, kernelBuf(machine, 0, 0, ddi.B_READ)).isOk()).toBe(true);
  });

  test('RV-4: a handle carries one transaction', () => {
    const { machine, handle } = userSystem();
    const va = given(machine.kernel.kmem_alloc(64, KM_SLEEP));
    const bp = kernelBuf(machine, va, 64, ddi.B_READ);
    ddi.must(bindNow(handle, bp));
    expect(code(bindNow(handle, bp))).toBe('DDI_DMA_INUSE');
  });

  test('RV-7, RV-2: a list too short is TOOBIG without PARTIAL, and windows with it', () => {
    const { machine, handle } = userSystem({ frames: 'scattered' }, { dma_attr_sgllen: 2 });
    const list = machine.users.createPageList(5, [9, 3, 7, 5, 1]);
    list.write(0, pattern(5 * pageBytes));
    const bp = machine.users.pageioBuf(list, 0, 5 * pageBytes, ddi.B_WRITE);
    expect(code(bindNow(handle, bp, DDI_DMA_WRITE))).toBe('DDI_DMA_TOOBIG');
    const flags = DDI_DMA_WRITE | ddi.DDI_DMA_PARTIAL;
    expect(ddi.must(bindNow(handle, bp, flags))).toMatchObject({ rval: 1, ccount: 2 });
    expect(deviceReads(machine, handle)).toEqual(pattern(5 * pageBytes).slice(0, 2 * pageBytes));
  });

  test('a device that cannot reach user memory is given bounce pages', () => {
    const attr = { dma_attr_addr_hi: 0xffffffn };
    const { machine, handle, process } = userSystem({}, attr);
    const addr = process.as.map(2 * pageBytes, { pfns: [0x200000, 0x100] });
    process.as.write(addr, pattern(8192));
    const { bp } = lockedBuf(machine, process, addr, 100, 6000);
    ddi.must(bindNow(handle, bp));
    const [first] = [ddi.ddi_dma_cookie_get(handle, 0)];
    expect(given(first).dmac_laddress).toBeLessThan(0x1000000n);
    expect(deviceReads(machine, handle)).toEqual(pattern(8192).slice(100, 6100));
    deviceWrites(machine, handle, pattern(6000, 55));
    expect(process.as.read(addr + 100, 1)[0]).toBe(pattern(8192)[100]);
    ddi.must(ddi.ddi_dma_unbind_handle(handle));
    expect(process.as.read(addr + 100, 6000)).toEqual(pattern(6000, 55));
    expect(process.as.read(addr, 100)).toEqual(pattern(100));
  });

  test('bp_mapin while the buf is bound and bounced moves nothing astray', () => {
    const attr = { dma_attr_addr_hi: 0xffffffn };
    const { machine, handle, process } = userSystem({}, attr);
    const addr = process.as.map(pageBytes, { pfns: [0x200000] });
    const { bp } = lockedBuf(machine, process, addr, 0, 512);
    ddi.must(bindNow(handle, bp));
    ddi.bp_mapin(bp);
    deviceWrites(machine, handle, pattern(512));
    ddi.must(ddi.ddi_dma_sync(handle, 0, 0, ddi.DDI_DMA_SYNC_FORCPU));
    expect(machine.kernel.copyBytesOut(bp.b_addr, 512)).toEqual(pattern(512));
  });

  test.each([
    [ddi.B_READ, DDI_DMA_READ, false],
    [ddi.B_READ, DDI_DMA_WRITE, true],
    [ddi.B_READ, DDI_DMA_RDWR, false],
    [ddi.B_WRITE, DDI_DMA_WRITE, false],
    [ddi.B_WRITE, DDI_DMA_READ, true],
  ])('AX-10: buf 0x%s with bind %i: told %s', (direction, flags, told) => {
    const { machine, handle } = userSystem();
    const va = given(machine.kernel.kmem_alloc(64, KM_SLEEP));
    ddi.must(bindNow(handle, kernelBuf(machine, va, 64, direction), flags));
    expect(findingsOf(machine)).toEqual(told ? ['DIRECTION_MISMATCH interplay/AX-10'] : []);
  });

  test.each(['stack', 'text'] as const)('%s memory binds, and is told', (kind) => {
    const { machine, handle } = userSystem();
    const va = machine.lend(kind, 4096);
    ddi.must(bindNow(handle, kernelBuf(machine, va, 64, ddi.B_READ)));
    expect(findingsOf(machine)).toEqual(['NOT_DMAABLE ddi_dma_buf_bind_handle.9f/AR-2']);
  });

  test('IX-3, IX-4: alignment and granularity', () => {
    const attr = { dma_attr_align: 64n, dma_attr_granular: 512 };
    const { machine, handle } = userSystem({}, attr);
    const list = machine.users.createPageList(1);
    ddi.must(bindNow(handle, machine.users.pageioBuf(list, 8, 100, ddi.B_READ)));
    expect(rulesOf(machine)).toEqual(['MISALIGNED_OBJECT', 'NOT_GRANULAR']);
  });

  test('a bound buf is not freed without a word', () => {
    const { machine, handle } = userSystem();
    const va = given(machine.kernel.kmem_alloc(64, KM_SLEEP));
    const bp = kernelBuf(machine, va, 64, ddi.B_READ);
    ddi.must(bindNow(handle, bp));
    ddi.must(ddi.ddi_dma_unbind_handle(handle));
    ddi.must(bindNow(handle, bp));
    ddi.freerbuf(bp);
    expect(findingsOf(machine)).toEqual(['FREE_BOUND interplay/AX-9']);
  });

  test('CB-2: DDI_DMA_SLEEP answers in time', async () => {
    const { machine, handle, process } = userSystem();
    const va = given(machine.kernel.kmem_alloc(64, KM_SLEEP));
    const bp = kernelBuf(machine, va, 64, ddi.B_READ);
    await process.run(async () => {
      const result = await ddi.ddi_dma_buf_bind_handle(handle, bp, DDI_DMA_READ, ddi.DDI_DMA_SLEEP);
      expect(result.isOk()).toBe(true);
    });
    expect(machine.findings).toEqual([]);
  });

  test('AR-1: a handle that was freed', () => {
    const { machine, dip } = userSystem();
    const { handle } = ddi.must(ddi.ddi_dma_alloc_handle(dip, anyAttr(), null));
    ddi.ddi_dma_free_handle(handle);
    const va = given(machine.kernel.kmem_alloc(64, KM_SLEEP));
    expect(code(bindNow(handle, kernelBuf(machine, va, 64, ddi.B_READ)))).toBe('DDI_DMA_NOMAPPING');
    expect(findingsOf(machine)).toEqual(['USE_AFTER_FREE ddi_dma_buf_bind_handle.9f/AR-1']);
  });
});
