/** ddi_umem_alloc(9F), ddi_umem_lock(9F), ddi_umem_iosetup(9F) and umem_lockmemory, by clause. */
import { describe, expect, test } from 'vitest';
import * as ddi from '../../src/index.js';
import { failWhile } from '../../src/machine/faults.js';
import type { Page } from '../../src/machine/user.js';
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

const { DDI_UMEM_SLEEP, DDI_UMEM_NOSLEEP, DDI_UMEM_PAGEABLE, DDI_UMEM_TRASH } = ddi;
const { DDI_UMEMLOCK_READ, DDI_UMEMLOCK_WRITE, DDI_UMEMLOCK_LONGTERM } = ddi;

/** A machine of two free pages. */
const small = { memory: [{ base: 0x100000n, size: 0x2000n }] } as const;

describe('ddi_umem_alloc', () => {
  test.each([
    [1, 1],
    [4096, 1],
    [4097, 2],
  ])('DS-1, DS-2: %i bytes are %i whole pages, aligned and zero', (size, pages) => {
    const { machine } = userSystem();
    const { kernel } = machine;
    const dirty = given(kernel.kmem_alloc(3 * pageBytes, ddi.KM_SLEEP));
    kernel.kmem_free(dirty, 3 * pageBytes);
    const { addr, cookie } = given(kernel.ddi_umem_alloc(size, DDI_UMEM_SLEEP));
    expect(addr % pageBytes).toBe(0);
    expect(kernel.copyBytesOut(addr, pages * pageBytes)).toEqual(new Uint8Array(pages * pageBytes));
    expect(machine.pages.mapped(addr + pages * pageBytes, 1)).toBe(false);
    ddi.ddi_umem_free(cookie);
    expect(aliveOf(machine)).toEqual([]);
  });

  test.each([DDI_UMEM_SLEEP, DDI_UMEM_NOSLEEP, DDI_UMEM_PAGEABLE, DDI_UMEM_TRASH])(
    'NT-1: size 0 gives null, flag %i',
    (flag) => {
      const { machine } = userSystem();
      expect(machine.kernel.ddi_umem_alloc(0, flag)).toBeNull();
      expect(aliveOf(machine)).toEqual([]);
    },
  );

  test('FL-2, RV-2: NOSLEEP gives null when memory is short, and SLEEP can never', () => {
    const { machine } = userSystem(small);
    expect(machine.kernel.ddi_umem_alloc(3 * pageBytes, DDI_UMEM_NOSLEEP)).toBeNull();
    expect(machine.frames.inUse).toBe(0);
    expect(() => machine.kernel.ddi_umem_alloc(3 * pageBytes, DDI_UMEM_SLEEP)).toThrow(
      'never be satisfied',
    );
  });

  test('FL-3: the kind of memory shows in what is alive', () => {
    const { machine } = userSystem();
    const { kernel } = machine;
    const kinds = [0, DDI_UMEM_PAGEABLE, DDI_UMEM_TRASH].map((flag) =>
      given(kernel.ddi_umem_alloc(1, flag)),
    );
    expect(aliveOf(machine)).toEqual(['umem', 'pageable umem', 'umem trash']);
    expect(kinds[2]?.addr).toBe(0);
    for (const { cookie } of kinds) ddi.ddi_umem_free(cookie);
    expect(aliveOf(machine)).toEqual([]);
    expect(machine.findings).toEqual([]);
  });

  test('FR-2: nothing can be freed', () => {
    expect(() => {
      ddi.ddi_umem_free(null);
    }).not.toThrow();
  });

  test('WN-2: a second free is told and does nothing', () => {
    const { machine } = userSystem();
    const { cookie } = given(machine.kernel.ddi_umem_alloc(1, DDI_UMEM_SLEEP));
    ddi.ddi_umem_free(cookie);
    ddi.ddi_umem_free(cookie);
    expect(findingsOf(machine)).toEqual(['DOUBLE_FREE ddi_umem_alloc.9f/WN-2']);
  });

  test('what is no cookie panics', () => {
    expect(() => {
      ddi.ddi_umem_free({} as ddi.ddi_umem_cookie_t);
    }).toThrow('illegal cookie');
  });

  test('CX-1: no sleep in an interrupt', () => {
    const { machine } = userSystem();
    machine.softcall('soft', () => {
      ddi.ddi_umem_free(given(machine.kernel.ddi_umem_alloc(1, DDI_UMEM_NOSLEEP)).cookie);
      ddi.ddi_umem_free(given(machine.kernel.ddi_umem_alloc(1, DDI_UMEM_SLEEP)).cookie);
    });
    machine.sched.settle();
    expect(findingsOf(machine)).toEqual(['SLEEP_IN_INTERRUPT ddi_umem_alloc.9f/CX-1']);
  });

  test('WN-1: pageable memory is not for interrupt routines', () => {
    const { machine } = userSystem();
    const { kernel } = machine;
    const { addr } = given(kernel.ddi_umem_alloc(pageBytes, DDI_UMEM_PAGEABLE));
    kernel.store32(addr, 7);
    expect(kernel.load32(addr)).toBe(7);
    expect(machine.findings).toEqual([]);
    machine.softcall('soft', () => {
      kernel.load8(addr + 2);
      kernel.bzero(addr, 8);
    });
    machine.sched.settle();
    expect(findingsOf(machine)).toEqual(
      Array(2).fill('PAGEABLE_IN_INTERRUPT ddi_umem_alloc.9f/WN-1'),
    );
    expect(kernel.load32(addr)).toBe(0);
  });

  test.each([
    ['resident', DDI_UMEM_SLEEP, []],
    ['pageable', DDI_UMEM_PAGEABLE, ['BIND_UNLOCKED ddi_umem_alloc.9f/WN-1']],
  ] as const)('%s memory can be bound by its address', (_kind, flag, findings) => {
    const { machine, handle } = userSystem();
    const { kernel } = machine;
    const { addr, cookie } = given(kernel.ddi_umem_alloc(2 * pageBytes, flag));
    kernel.copyBytesIn(addr, pattern(2 * pageBytes));
    const flags = ddi.DDI_DMA_WRITE;
    const bind = ddi.ddi_dma_addr_bind_handle(handle, null, addr, 8000, flags, null);
    expect(bind.isOk()).toBe(true);
    expect(deviceReads(machine, handle)).toEqual(pattern(8000));
    expect(findingsOf(machine)).toEqual(findings);
    ddi.must(ddi.ddi_dma_unbind_handle(handle));
    ddi.ddi_umem_free(cookie);
  });

  test('memory that is bound is not freed without a word', () => {
    const { machine, handle } = userSystem();
    const { addr, cookie } = given(machine.kernel.ddi_umem_alloc(1, DDI_UMEM_SLEEP));
    ddi.must(ddi.ddi_dma_addr_bind_handle(handle, null, addr, 1, ddi.DDI_DMA_WRITE, null));
    ddi.ddi_umem_free(cookie);
    expect(rulesOf(machine)).toEqual(['FREE_BOUND']);
  });

  test.each([
    [NaN, 0, 'DS-1'],
    [-1, 0, 'DS-1'],
    [1, 0x100, 'FL-3'],
    [1, DDI_UMEM_PAGEABLE | DDI_UMEM_TRASH, 'FL-3'],
  ])('size %d, flag %i is a bad argument (%s)', (size, flag, clause) => {
    const { machine } = userSystem();
    machine.kernel.ddi_umem_alloc(size, flag);
    expect(findingsOf(machine)).toEqual([`BAD_ARGUMENT ddi_umem_alloc.9f/${clause}`]);
  });
});

describe('ddi_umem_lock', () => {
  test('DS-1, UL-1: pages are pinned from lock to unlock', async () => {
    const { machine, process } = userSystem();
    const { as } = process;
    const addr = as.map(2 * pageBytes);
    await process.run(() => {
      const { cookie } = ddi.must(
        machine.kernel.ddi_umem_lock(addr, 2 * pageBytes, DDI_UMEMLOCK_READ),
      );
      expect(as.pageAt(addr)?.locks).toBe(1);
      expect(as.takeOut(addr, 2 * pageBytes)).toBe(0);
      expect(aliveOf(machine)).toEqual(['umem lock']);
      ddi.ddi_umem_unlock(cookie);
      expect(as.pageAt(addr)?.locks).toBe(0);
    });
    expect(aliveOf(machine)).toEqual([]);
    expect(machine.findings).toEqual([]);
  });

  const base = 0x80010000;
  test.each([
    ['RV-6: a wrong address', base + 1, pageBytes, DDI_UMEMLOCK_READ, 'EINVAL'],
    ['RV-6: a wrong length', base, 1, DDI_UMEMLOCK_READ, 'EINVAL'],
    ['RV-6: no number', NaN, pageBytes, DDI_UMEMLOCK_READ, 'EINVAL'],
    ['no flag', base, pageBytes, 0, 'EINVAL'],
    ['a flag it has not', base, pageBytes, DDI_UMEMLOCK_LONGTERM | 1, 'EINVAL'],
    ['FL-1: both flags', base, pageBytes, DDI_UMEMLOCK_READ | DDI_UMEMLOCK_WRITE, 'EINVAL'],
    ['RV-2: an empty range', base, 0, DDI_UMEMLOCK_READ, 'EFAULT'],
    ['RV-2: beyond what is mapped', base, 2 * pageBytes, DDI_UMEMLOCK_READ, 'EFAULT'],
    ['RV-2: kernel memory', 0x20000, pageBytes, DDI_UMEMLOCK_READ, 'EFAULT'],
    ['RV-3: writing what may be read only', base, pageBytes, DDI_UMEMLOCK_WRITE, 'EACCES'],
  ] as const)('%s: errno, and nothing is locked', async (_why, addr, len, flags, name) => {
    const { machine, process } = userSystem();
    expect(process.as.map(pageBytes, { protection: 'read' })).toBe(base);
    await process.run(() => {
      const result = machine.kernel.ddi_umem_lock(addr, len, flags);
      expect(result._unsafeUnwrapErr()).toMatchObject({ name, code: ddi[name] });
    });
    expect(process.as.pageAt(base)?.locks).toBe(0);
    expect(aliveOf(machine)).toEqual([]);
  });

  test('RV-4: a process locks as much as it may, and every lock counts in full', async () => {
    const { machine, process } = userSystem();
    process.maxLockedBytes = 3 * pageBytes;
    const addr = process.as.map(2 * pageBytes);
    const lock = () => machine.kernel.ddi_umem_lock(addr, 2 * pageBytes, DDI_UMEMLOCK_READ);
    await process.run(() => {
      const { cookie } = ddi.must(lock());
      expect(lock()._unsafeUnwrapErr()).toMatchObject({ name: 'ENOMEM', code: ddi.ENOMEM });
      ddi.ddi_umem_unlock(cookie);
      ddi.ddi_umem_unlock(ddi.must(lock()).cookie);
    });
    expect(process.lockedBytes).toBe(0);
  });

  test('RV-4: no frames to bring pages in', async () => {
    const { machine, process } = userSystem(small);
    const addr = process.as.map(2 * pageBytes);
    process.as.takeOut(addr, 2 * pageBytes);
    machine.kernel.kmem_alloc(pageBytes, ddi.KM_SLEEP);
    await process.run(() => {
      const result = machine.kernel.ddi_umem_lock(addr, 2 * pageBytes, DDI_UMEMLOCK_READ);
      expect(result._unsafeUnwrapErr().name).toBe('ENOMEM');
    });
  });

  test('FL-1: a kernel that takes both flags locks for writing', async () => {
    const { machine, process } = userSystem({ quirks: { 'umem-lock-both-ways': true } });
    const addr = process.as.map(pageBytes);
    await process.run(() => {
      const both = DDI_UMEMLOCK_READ | DDI_UMEMLOCK_WRITE;
      ddi.ddi_umem_unlock(ddi.must(machine.kernel.ddi_umem_lock(addr, pageBytes, both)).cookie);
      process.as.protect(addr, pageBytes, 'read');
      expect(machine.kernel.ddi_umem_lock(addr, pageBytes, both)._unsafeUnwrapErr().name).toBe(
        'EACCES',
      );
    });
    expect(machine.findings).toEqual([]);
  });

  test('CX-1: the kernel has no process to lock for', () => {
    const { machine, process } = userSystem();
    const addr = process.as.map(pageBytes);
    const result = machine.kernel.ddi_umem_lock(addr, pageBytes, DDI_UMEMLOCK_READ);
    expect(result._unsafeUnwrapErr().name).toBe('EFAULT');
    expect(findingsOf(machine)).toEqual(['CONTEXT ddi_umem_lock.9f/CX-1']);
  });

  test('CX-2, UL-2: an interrupt routine unlocks later', async () => {
    const { machine, process } = userSystem();
    const addr = process.as.map(pageBytes);
    await process.run(async () => {
      const { cookie } = ddi.must(machine.kernel.ddi_umem_lock(addr, pageBytes, DDI_UMEMLOCK_READ));
      let inside = 0;
      machine.softcall('soft', () => {
        ddi.ddi_umem_unlock(cookie);
        inside = given(process.as.pageAt(addr)).locks;
      });
      await machine.kernel.delay(1);
      expect(inside).toBe(1);
    });
    expect(process.as.pageAt(addr)?.locks).toBe(0);
    expect(aliveOf(machine)).toEqual([]);
    expect(machine.findings).toEqual([]);
  });

  test('UL-1: a cookie is unlocked once, and with its own call', async () => {
    const { machine, process } = userSystem();
    const addr = process.as.map(pageBytes);
    await process.run(() => {
      const { cookie } = ddi.must(machine.kernel.ddi_umem_lock(addr, pageBytes, DDI_UMEMLOCK_READ));
      ddi.ddi_umem_free(cookie);
      ddi.ddi_umem_unlock(cookie);
      ddi.ddi_umem_unlock(given(machine.kernel.ddi_umem_alloc(1, DDI_UMEM_SLEEP)).cookie);
    });
    expect(rulesOf(machine)).toEqual(['WRONG_FREE_FUNCTION', 'DOUBLE_FREE', 'WRONG_FREE_FUNCTION']);
    expect(process.as.pageAt(addr)?.locks).toBe(0);
  });

  test('DS-3: a process with locked pages neither forks nor execs', async () => {
    const { machine, process } = userSystem();
    const addr = process.as.map(pageBytes);
    await process.run(() => {
      const { cookie } = ddi.must(machine.kernel.ddi_umem_lock(addr, pageBytes, DDI_UMEMLOCK_READ));
      expect([process.fork(), process.exec()]).toEqual([null, false]);
      ddi.ddi_umem_unlock(cookie);
      expect(process.fork()).not.toBeNull();
    });
  });

  test('DS-4: pages that are locked when the application is gone', async () => {
    const { machine, process } = userSystem();
    const addr = process.as.map(pageBytes);
    let cookie: ddi.ddi_umem_cookie_t | undefined;
    await process.run(() => {
      ({ cookie } = ddi.must(machine.kernel.ddi_umem_lock(addr, pageBytes, DDI_UMEMLOCK_READ)));
    });
    process.exit();
    expect(findingsOf(machine)).toEqual(['LOCKED_AT_CLOSE ddi_umem_lock.9f/DS-4']);
    expect(machine.frames.inUse).toBe(1);
    ddi.ddi_umem_unlock(given(cookie));
    expect(machine.frames.inUse).toBe(0);
  });
});

describe('umem_lockmemory', () => {
  const vector = (fn: (() => void) | null, version = 1) => ({
    cbo_umem_callback_version: version,
    cbo_umem_lock_cleanup: fn,
  });
  const both = DDI_UMEMLOCK_READ | DDI_UMEMLOCK_WRITE;

  test('NP-1, NP-2: as ddi_umem_lock, for any process and for both ways', () => {
    const { machine, process } = userSystem();
    const addr = process.as.map(pageBytes);
    const { cookie } = ddi.must(
      machine.kernel.umem_lockmemory(addr, pageBytes, both, null, process),
    );
    expect(process.as.pageAt(addr)?.locks).toBe(1);
    ddi.ddi_umem_unlock(cookie);
    expect(process.as.pageAt(addr)?.locks).toBe(0);
    expect(machine.findings).toEqual([]);
  });

  test.each([
    ['NP-2: neither way', DDI_UMEMLOCK_LONGTERM, vector(() => undefined), 'EINVAL'],
    ['NP-2: an unknown bit', 8 | both, null, 'EINVAL'],
    ['NP-3: endless without callback', DDI_UMEMLOCK_LONGTERM | both, null, 'EINVAL'],
    ['NP-3: endless without function', DDI_UMEMLOCK_LONGTERM | both, vector(null), 'EINVAL'],
    ['NP-3: another version', both, vector(() => undefined, 2), 'EINVAL'],
    ['NP-4: a shared file', DDI_UMEMLOCK_LONGTERM | both, vector(() => undefined), 'EFAULT'],
  ] as const)('%s', (_why, flags, ops, name) => {
    const { machine, process } = userSystem();
    const addr = process.as.map(pageBytes, { sharedFile: name === 'EFAULT' });
    const result = machine.kernel.umem_lockmemory(addr, pageBytes, flags, ops, process);
    expect(result._unsafeUnwrapErr().name).toBe(name);
    expect(process.as.pageAt(addr)?.locks).toBe(0);
  });

  test('NP-5: the callback runs before the range goes, and may unlock', () => {
    const { machine, process } = userSystem();
    const addr = process.as.map(pageBytes);
    const flags = DDI_UMEMLOCK_LONGTERM | both;
    const told: ddi.ddi_umem_cookie_t[] = [];
    const ops = {
      cbo_umem_callback_version: ddi.UMEM_CALLBACK_VERSION,
      cbo_umem_lock_cleanup: (c: ddi.ddi_umem_cookie_t) => {
        told.push(c);
        ddi.ddi_umem_unlock(c);
      },
    };
    const { cookie } = ddi.must(
      machine.kernel.umem_lockmemory(addr, pageBytes, flags, ops, process),
    );
    expect(process.as.unmap(addr, pageBytes)).toBe(true);
    expect(told).toEqual([cookie]);
    expect(aliveOf(machine)).toEqual([]);
  });

  test('NP-5: who does not unlock keeps the range', () => {
    const { machine, process } = userSystem();
    const addr = process.as.map(pageBytes);
    const flags = DDI_UMEMLOCK_LONGTERM | both;
    let calls = 0;
    const ops = vector(() => {
      calls++;
    });
    const lock = machine.kernel.umem_lockmemory(addr, pageBytes, flags, ops, process);
    process.as.protect(addr, pageBytes, 'read');
    expect(process.as.unmap(addr, pageBytes)).toBe(false);
    expect(calls).toBe(2);
    ddi.ddi_umem_unlock(ddi.must(lock).cookie);
    expect(process.as.unmap(addr, pageBytes)).toBe(true);
    expect(calls).toBe(2);
  });
});

describe('ddi_umem_iosetup', () => {
  interface Locked {
    readonly system: ReturnType<typeof userSystem>;
    readonly addr: number;
    readonly cookie: ddi.ddi_umem_cookie_t;
  }

  function locked(pages = 3, flags: number = DDI_UMEMLOCK_WRITE): Locked {
    const system = userSystem({ frames: 'scattered' });
    const addr = system.process.as.map(pages * pageBytes);
    const len = pages * pageBytes;
    const { umem_lockmemory } = system.machine.kernel;
    const { cookie } = ddi.must(umem_lockmemory(addr, len, flags, null, system.process));
    return { system, addr, cookie };
  }

  const setup = (
    cookie: ddi.ddi_umem_cookie_t,
    off: number,
    len: number,
    direction: number = ddi.B_READ,
    sleepflag: number = DDI_UMEM_SLEEP,
  ) => ddi.ddi_umem_iosetup(cookie, off, len, direction, 7, 11, null, sleepflag);

  test('DS-1, AR-2, AR-5, AR-6: the buf stands for its part of the cookie', () => {
    const { system, addr, cookie } = locked();
    const done = (): number => 0;
    const bp = given(
      ddi.ddi_umem_iosetup(cookie, 5000, 100, ddi.B_READ, 7, 11, done, DDI_UMEM_SLEEP),
    );
    expect(bp).toMatchObject({
      b_flags: ddi.B_BUSY | ddi.B_PHYS | ddi.B_SHADOW | ddi.B_READ,
      b_bcount: 100,
      b_addr: addr + 5000,
      b_edev: 7,
      b_blkno: 11,
      b_lblkno: 11,
      b_iodone: done,
      b_proc: system.process,
    });
    expect(bp.b_shadow?.[0]).toBe(system.process.as.pageAt(addr + pageBytes));
    expect(system.machine.findings).toEqual([]);
  });

  test('DS-3: what the device writes is in the process', () => {
    const { system, addr, cookie } = locked();
    const { machine, handle, process } = system;
    const bp = given(setup(cookie, 100, 9000));
    const flags = ddi.DDI_DMA_READ;
    const { ccount } = ddi.must(ddi.ddi_dma_buf_bind_handle(handle, bp, flags, null));
    expect(ccount).toBe(3);
    deviceWrites(machine, handle, pattern(9000));
    ddi.must(ddi.ddi_dma_unbind_handle(handle));
    expect(process.as.read(addr + 100, 9000)).toEqual(pattern(9000));
    expect(process.as.read(addr, 100)).toEqual(new Uint8Array(100));
    ddi.freerbuf(bp);
    ddi.ddi_umem_unlock(cookie);
    expect(aliveOf(machine)).toEqual([]);
    expect(machine.findings).toEqual([]);
  });

  test('DS-2: overlapping parts can be bound at the same time', () => {
    const { system, cookie } = locked();
    const { dip, handle } = system;
    const other = ddi.must(ddi.ddi_dma_alloc_handle(dip, anyAttr(), null)).handle;
    const [a, b] = [given(setup(cookie, 0, 8192)), given(setup(cookie, 4096, 8192))];
    const flags = ddi.DDI_DMA_READ;
    expect(ddi.ddi_dma_buf_bind_handle(handle, a, flags, null).isOk()).toBe(true);
    expect(ddi.ddi_dma_buf_bind_handle(other, b, flags, null).isOk()).toBe(true);
    expect(ddi.ddi_dma_cookie_get(handle, 1)).toEqual(ddi.ddi_dma_cookie_get(other, 0));
  });

  test.each([
    ['AR-2', 0, 3 * pageBytes + 1, ddi.B_READ, 0],
    ['AR-2', 3 * pageBytes, 1, ddi.B_READ, 0],
    ['AR-2', -1, 1, ddi.B_READ, 0],
    ['AR-2', 0, NaN, ddi.B_READ, 0],
    ['AR-3', 0, 1, 0, 0],
    ['AR-3', 0, 1, ddi.B_READ | ddi.B_WRITE, 0],
    ['FL-1', 0, 1, ddi.B_READ, 2],
  ])('%s: off %d, len %d, direction %i, sleepflag %i gives null', (clause, off, len, dir, flag) => {
    const { system, cookie } = locked();
    expect(setup(cookie, off, len, dir, flag)).toBeNull();
    expect(findingsOf(system.machine)).toEqual([`BAD_ARGUMENT ddi_umem_iosetup.9f/${clause}`]);
  });

  test.each([
    [DDI_UMEMLOCK_READ, ddi.B_READ, true],
    [DDI_UMEMLOCK_READ, ddi.B_WRITE, false],
    [DDI_UMEMLOCK_WRITE, ddi.B_READ, false],
    [DDI_UMEMLOCK_WRITE, ddi.B_WRITE, true],
    [DDI_UMEMLOCK_READ | DDI_UMEMLOCK_WRITE, ddi.B_WRITE, false],
  ])('AR-4: lock %i with direction 0x%s: finding %s', (lock, direction, wrong) => {
    const { system, cookie } = locked(1, lock);
    expect(setup(cookie, 0, 1, direction)).not.toBeNull();
    const finding = 'DIRECTION_MISMATCH ddi_umem_iosetup.9f/AR-4';
    expect(findingsOf(system.machine)).toEqual(wrong ? [finding] : []);
  });

  test('AR-1: a cookie of ddi_umem_alloc, by the page and by the kernel', () => {
    for (const on of [false, true]) {
      const { machine, handle } = userSystem({ quirks: { 'iosetup-umem-alloc': on } });
      const { addr, cookie } = given(machine.kernel.ddi_umem_alloc(8192, DDI_UMEM_SLEEP));
      const bp = setup(cookie, 10, 5000, ddi.B_WRITE);
      expect(bp === null).toBe(!on);
      expect(rulesOf(machine)).toEqual(on ? [] : ['BAD_ARGUMENT']);
      if (bp === null) continue;
      machine.kernel.copyBytesIn(addr + 10, pattern(5000));
      ddi.must(ddi.ddi_dma_buf_bind_handle(handle, bp, ddi.DDI_DMA_WRITE, null));
      expect(deviceReads(machine, handle)).toEqual(pattern(5000));
    }
  });

  test('AR-1: pageable memory and the trash page make no buf, whatever the kernel', () => {
    const { machine } = userSystem({ kernel: 'production' });
    for (const flag of [DDI_UMEM_PAGEABLE, DDI_UMEM_TRASH]) {
      const { cookie } = given(machine.kernel.ddi_umem_alloc(1, flag));
      expect(setup(cookie, 0, 1)).toBeNull();
    }
  });

  test('FL-1, FL-2: no memory for a buf', () => {
    const { machine, process } = userSystem(small);
    const addr = process.as.map(2 * pageBytes);
    const { cookie } = ddi.must(
      machine.kernel.umem_lockmemory(addr, pageBytes, DDI_UMEMLOCK_WRITE, null, process),
    );
    expect(setup(cookie, 0, 1, ddi.B_READ, DDI_UMEM_NOSLEEP)).toBeNull();
    expect(() => setup(cookie, 0, 1)).toThrow('never be satisfied');
  });

  test('CX-1: no sleep in an interrupt', () => {
    const { system, cookie } = locked();
    system.machine.softcall('soft', () => {
      ddi.freerbuf(given(setup(cookie, 0, 1, ddi.B_READ, DDI_UMEM_NOSLEEP)));
      ddi.freerbuf(given(setup(cookie, 0, 1)));
    });
    system.machine.sched.settle();
    expect(findingsOf(system.machine)).toEqual(['SLEEP_IN_INTERRUPT ddi_umem_iosetup.9f/CX-1']);
  });

  test('DS-4: a buf that is not freed is alive, and outlives its cookie', () => {
    const { system, cookie } = locked();
    setup(cookie, 0, 1);
    expect(aliveOf(system.machine)).toEqual(['umem lock', 'buf']);
    ddi.ddi_umem_unlock(cookie);
    expect(rulesOf(system.machine)).toEqual(['BUF_OUTLIVES_COOKIE']);
    expect(setup(cookie, 0, 1)).toBeNull();
    expect(rulesOf(system.machine).at(-1)).toBe('USE_AFTER_FREE');
  });

  test('unlocking what is bound is told', () => {
    const { system, cookie } = locked();
    const bp = given(setup(cookie, 0, 1));
    ddi.must(ddi.ddi_dma_buf_bind_handle(system.handle, bp, ddi.DDI_DMA_READ, null));
    ddi.ddi_umem_unlock(cookie);
    expect(rulesOf(system.machine)).toEqual(['FREE_BOUND', 'BUF_OUTLIVES_COOKIE']);
  });
});

test('what may fail can be made to fail, and changes nothing', async () => {
  const { machine, process } = userSystem();
  const { ddi_umem_alloc, getrbuf, ddi_umem_lock } = machine.kernel;
  const addr = process.as.map(pageBytes);
  await process.run(() => {
    const { cookie } = ddi.must(ddi_umem_lock(addr, pageBytes, DDI_UMEMLOCK_WRITE));
    const before = aliveOf(machine);
    machine.faults.use(failWhile(() => true));
    expect(ddi_umem_alloc(1, DDI_UMEM_NOSLEEP)).toBeNull();
    expect(getrbuf(ddi.KM_NOSLEEP)).toBeNull();
    const { DDI_UMEM_NOSLEEP: flag, B_READ } = ddi;
    expect(ddi.ddi_umem_iosetup(cookie, 0, 1, B_READ, 0, 0, null, flag)).toBeNull();
    const lock = ddi_umem_lock(addr, pageBytes, DDI_UMEMLOCK_WRITE);
    expect(lock._unsafeUnwrapErr().name).toBe('ENOMEM');
    expect(process.as.pageAt(addr)?.locks).toBe(1);
    expect(aliveOf(machine)).toEqual(before);
    // Who sleeps is not failed by a plan.
    expect(ddi_umem_alloc(1, DDI_UMEM_SLEEP)).not.toBeNull();
    expect(getrbuf(ddi.KM_SLEEP)).not.toBeNull();
  });
  expect(machine.findings).toEqual([]);
});

describe('user memory in another address space', () => {
  test('is bound through as, with a finding; unlocked with two', () => {
    const { machine, handle, process } = userSystem();
    const { as } = process;
    const addr = as.map(2 * pageBytes);
    as.write(addr, pattern(8192));
    const pages = as.lock(addr, 8192, false) as Page[];
    const flags = ddi.DDI_DMA_WRITE;
    ddi.must(ddi.ddi_dma_addr_bind_handle(handle, as, addr + 3, 8000, flags, null));
    expect(deviceReads(machine, handle)).toEqual(pattern(8192).slice(3, 8003));
    const wrongSpace = 'BAD_ARGUMENT ddi_dma_addr_bind_handle.9f/AR-2';
    expect(findingsOf(machine)).toEqual([wrongSpace]);
    ddi.must(ddi.ddi_dma_unbind_handle(handle));
    for (const page of pages) page.unlock();
    ddi.must(ddi.ddi_dma_addr_bind_handle(handle, as, addr, 1, flags, null));
    expect(findingsOf(machine).slice(1)).toEqual([wrongSpace, 'BIND_UNLOCKED buf.9s/DS-3']);
  });

  test('must be there', () => {
    const { machine, handle, process } = userSystem();
    const addr = process.as.map(pageBytes);
    const bind = (as: ddi.as_t, a: number, len = 1) =>
      ddi.ddi_dma_addr_bind_handle(handle, as, a, len, ddi.DDI_DMA_WRITE, null)._unsafeUnwrapErr()
        .name;
    expect(bind(process.as, addr - 1)).toBe('DDI_DMA_NOMAPPING');
    expect(bind(process.as, addr, pageBytes + 1)).toBe('DDI_DMA_NOMAPPING');
    expect(bind({} as ddi.as_t, addr)).toBe('DDI_DMA_NOMAPPING');
    process.as.takeOut(addr, pageBytes);
    expect(bind(process.as, addr)).toBe('DDI_DMA_NOMAPPING');
    const byKernel = ddi.ddi_dma_addr_bind_handle(handle, null, addr, 1, ddi.DDI_DMA_WRITE, null);
    expect(byKernel._unsafeUnwrapErr().name).toBe('DDI_DMA_NOMAPPING');
    expect(aliveOf(machine)).toEqual([]);
  });

  test('that is not locked can be somebody else’s when the device comes', () => {
    const machineMemory = [{ base: 0x100000n, size: 0x2000n }];
    const { machine, handle, process } = userSystem({ memory: machineMemory });
    const addr = process.as.map(pageBytes);
    const flags = ddi.DDI_DMA_READ;
    ddi.must(ddi.ddi_dma_addr_bind_handle(handle, process.as, addr, 16, flags, null));
    process.as.takeOut(addr, pageBytes);
    const { kernel } = machine;
    const others = [0, 1].map(() => given(kernel.kmem_zalloc(pageBytes, ddi.KM_SLEEP)));
    deviceWrites(machine, handle, pattern(16));
    expect(process.as.pageAt(addr)?.pfn).toBe(-1);
    const hit = others.filter((va) => kernel.load8(va) === pattern(16)[0]);
    expect(hit).toHaveLength(1);
  });
});

describe('kernel memory that is not for devices', () => {
  test.each(['stack', 'text'] as const)('%s binds, and is told', (kind) => {
    const { machine, handle } = userSystem();
    const va = machine.lend(kind, 100);
    ddi.must(ddi.ddi_dma_addr_bind_handle(handle, null, va + 8, 64, ddi.DDI_DMA_WRITE, null));
    expect(findingsOf(machine)).toEqual(['NOT_DMAABLE ddi_dma_addr_bind_handle.9f/AR-3']);
    ddi.must(ddi.ddi_dma_unbind_handle(handle));
    machine.takeBack(va);
    expect(machine.frames.inUse).toBe(0);
    expect(() => {
      machine.takeBack(va);
    }).toThrow(RangeError);
  });
});
