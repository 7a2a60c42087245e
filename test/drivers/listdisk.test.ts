import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ListDisk, listDisk, type ListDiskOptions } from '../../src/devices/list-disk.js';
import { listdisk, listdisk_stats, listdisk_strategy } from '../../src/drivers/listdisk.js';
import { enumerateFaults } from '../../src/explore/faults.js';
import * as ddi from '../../src/index.js';
import { boot, type BootedMachine, type BootOptions } from '../../src/platforms/index.js';
import { expectNoFindings, expectQuiescent } from '../../src/testing/vitest.js';

interface Setup {
  readonly disk?: ListDiskOptions;
  readonly boot?: BootOptions;
}

/** A machine with a disk, and requests that are made of kernel memory. */
class Rig {
  readonly machine: BootedMachine;
  readonly dip: ddi.dev_info_t;
  readonly disk: ListDisk;

  constructor({ disk = {}, boot: how = {} }: Setup = {}) {
    this.machine = boot({ ...how, devices: [{ at: 'disk@1', model: listDisk(disk) }] });
    this.dip = this.machine.devinfo('disk@1');
    const device = this.machine.device('disk@1');
    if (!(device instanceof ListDisk)) throw new Error('not the disk');
    this.disk = device;
  }

  /** Runs a body with the driver attached; afterwards nothing may be left. */
  async with(body: () => Promise<void>): Promise<void> {
    await this.machine.run(async () => {
      expect(await this.machine.attach(listdisk, this.dip)).toBe(ddi.DDI_SUCCESS);
      await body();
      expect(await this.machine.detach(listdisk, this.dip)).toBe(ddi.DDI_SUCCESS);
    });
    expectNoFindings(this.machine);
    expectQuiescent(this.machine);
  }

  /** Starts a request; the promise is for its error and residue. */
  start(va: number, block: number, count: number, flag: number): () => Promise<[number, number]> {
    const { kernel } = this.machine;
    const bp = kernel.getrbuf(ddi.KM_SLEEP);
    if (bp === null) throw new Error('no buf');
    bp.b_flags |= flag;
    bp.b_addr = va;
    bp.b_bcount = count;
    bp.b_blkno = block;
    expect(listdisk_strategy(this.dip, bp)).toBe(0);
    return async () => {
      await ddi.biowait(bp);
      const outcome: [number, number] = [ddi.geterror(bp), bp.b_resid];
      ddi.freerbuf(bp);
      return outcome;
    };
  }

  read(va: number, block: number, count: number): Promise<[number, number]> {
    return this.start(va, block, count, ddi.B_READ)();
  }

  write(va: number, block: number, count: number): Promise<[number, number]> {
    return this.start(va, block, count, ddi.B_WRITE)();
  }

  /** Memory filled with bytes that tell places apart. */
  async buffer<T>(len: number, off: number, body: (va: number) => Promise<T>): Promise<T> {
    const base = this.machine.kernel.kmem_alloc(len + off, ddi.KM_SLEEP) ?? 0;
    try {
      return await body(base + off);
    } finally {
      this.machine.kernel.kmem_free(base, len + off);
    }
  }

  fill(va: number, len: number, salt: number): Uint8Array {
    const bytes = Uint8Array.from({ length: len }, (_, i) => i * 7 + (i >> 8) * 13 + salt);
    this.machine.kernel.copyBytesIn(va, bytes);
    return bytes;
  }

  bytes(va: number, len: number): Uint8Array {
    return this.machine.kernel.copyBytesOut(va, len);
  }
}

const same = (a: Uint8Array, b: Uint8Array): boolean => Buffer.compare(a, b) === 0;

describe('blocks', () => {
  const layouts = ['contiguous', 'scattered', 'descending', 'fragmented'] as const;

  it.each(layouts)('written and read again, frames %s', async (frames) => {
    const rig = new Rig({ boot: { frames } });
    await rig.with(() =>
      rig.buffer(300_032, 12, async (va) => {
        for (const [block, count] of [
          [0, 512],
          [3, 4096],
          [20, 8704],
          [100, 131_072],
          [400, 299_520],
        ] as const) {
          const sent = rig.fill(va, count, block);
          expect(await rig.write(va, block, count)).toEqual([0, 0]);
          rig.fill(va, count, 99);
          expect(await rig.read(va, block, count)).toEqual([0, 0]);
          expect(same(rig.bytes(va, count), sent)).toBe(true);
        }
      }),
    );
  });

  it('more than a command can take, in windows', async () => {
    const rig = new Rig({ disk: { maxBytes: 8192 }, boot: { frames: 'scattered' } });
    await rig.with(() =>
      rig.buffer(100_000, 516, async (va) => {
        const sent = rig.fill(va, 99_328, 5);
        expect(await rig.write(va, 10, 99_328)).toEqual([0, 0]);
        const stored = new Uint8Array(99_328);
        rig.disk.medium.read(10 * 512, stored);
        expect(same(stored, sent)).toBe(true);
        expect(await rig.read(va, 10, 99_328)).toEqual([0, 0]);
        expect(listdisk_stats(rig.dip)?.commands).toBeGreaterThanOrEqual(2 * 13);
      }),
    );
  });

  it('through bounce pages, where the disk has 32 address lines', async () => {
    const rig = new Rig({ disk: { addrBits: 32 }, boot: { frames: 'scattered', seed: 4 } });
    await rig.with(() =>
      rig.buffer(66_048, 4, async (va) => {
        const sent = rig.fill(va, 65_536, 8);
        expect(await rig.write(va, 0, 65_536)).toEqual([0, 0]);
        rig.fill(va, 65_536, 9);
        expect(await rig.read(va, 0, 65_536)).toEqual([0, 0]);
        expect(same(rig.bytes(va, 65_536), sent)).toBe(true);
      }),
    );
  });

  it('of 4096 bytes', async () => {
    const rig = new Rig({ disk: { blockBytes: 4096, blocks: 100 } });
    await rig.with(() =>
      rig.buffer(8192, 0, async (va) => {
        const sent = rig.fill(va, 8192, 1);
        expect(await rig.write(va, 8, 8192)).toEqual([0, 0]);
        expect(await rig.write(va, 7, 4096)).toEqual([ddi.EINVAL, 4096]);
        expect(await rig.read(va, 8, 8192)).toEqual([0, 0]);
        expect(same(rig.bytes(va, 8192), sent)).toBe(true);
      }),
    );
  });

  it('many requests at once, each with its own bytes', async () => {
    const rig = new Rig({ boot: { frames: 'fragmented' } });
    await rig.with(() =>
      rig.buffer(64 * 2048, 0, async (va) => {
        const sent = rig.fill(va, 64 * 2048, 3);
        const each = Array.from({ length: 64 }, (_, i) => i);
        const writes = each.map((i) => rig.start(va + i * 2048, (63 - i) * 4, 2048, ddi.B_WRITE));
        for (const done of writes) expect(await done()).toEqual([0, 0]);
        rig.fill(va, 64 * 2048, 4);
        const reads = each.map((i) => rig.start(va + i * 2048, (63 - i) * 4, 2048, ddi.B_READ));
        for (const done of reads) expect(await done()).toEqual([0, 0]);
        expect(same(rig.bytes(va, 64 * 2048), sent)).toBe(true);
      }),
    );
  });

  it('read into a program, by physio', async () => {
    const rig = new Rig({ boot: { frames: 'scattered' } });
    const { machine, dip } = rig;
    expect(await machine.run(() => machine.attach(listdisk, dip))).toBe(ddi.DDI_SUCCESS);
    const image = Uint8Array.from({ length: 40_960 }, (_, i) => i >> 3);
    rig.disk.medium.write(512 * 6, image);
    const program = machine.users.createProcess('dd');
    const at = program.as.map(40_960);
    const uio = {
      uio_iov: [{ iov_base: at, iov_len: 40_960 }],
      uio_iovcnt: 1,
      uio_loffset: 512 * 6,
      uio_segflg: ddi.UIO_USERSPACE,
      uio_resid: 40_960,
    };
    const strategy = (bp: ddi.buf_t): number => listdisk_strategy(dip, bp);
    const rv = await program.run(() =>
      machine.kernel.physio(strategy, null, 0, ddi.B_READ, ddi.minphys, uio),
    );
    expect(rv).toBe(0);
    expect(same(program.as.read(at, 40_960), image)).toBe(true);
    program.exit();
    expect(await machine.run(() => machine.detach(listdisk, dip))).toBe(ddi.DDI_SUCCESS);
    expectNoFindings(machine);
  });
});

describe('requests that cannot be', () => {
  it('end with an error and move nothing', async () => {
    const rig = new Rig({ disk: { blocks: 8 } });
    await rig.with(() =>
      rig.buffer(8192, 0, async (va) => {
        const before = rig.fill(va, 8192, 1);
        expect(await rig.read(va, 0, 100)).toEqual([ddi.EINVAL, 100]);
        expect(await rig.read(va, 9, 512)).toEqual([ddi.ENXIO, 512]);
        expect(await rig.read(va, 7, 1024)).toEqual([ddi.ENXIO, 1024]);
        // The very end: nothing to read, and no error.
        expect(await rig.read(va, 8, 512)).toEqual([0, 512]);
        expect(await rig.read(va + 2, 0, 512)).toEqual([ddi.EINVAL, 512]);
        expect(same(rig.bytes(va, 8192), before)).toBe(true);
      }),
    );
  });

  it('meet a bad block: what came before is moved', async () => {
    const rig = new Rig({ disk: { maxBytes: 4096 } });
    await rig.with(() =>
      rig.buffer(12_288, 0, async (va) => {
        rig.disk.medium.bad.add(17);
        expect(await rig.read(va, 0, 12_288)).toEqual([ddi.EIO, 4096]);
        expect(await rig.read(va, 24, 4096)).toEqual([0, 0]);
      }),
    );
  });
});

describe('a disk that misbehaves', () => {
  it.each([
    [{ what: 'length', bytes: 100, command: 1 }, [ddi.EIO, 2048]],
    [{ what: 'twice', command: 1 }, [0, 0]],
    [{ what: 'late', ns: 5_000_000, command: 1 }, [0, 0]],
    [{ what: 'never', command: 1 }, [0, 0]],
    [{ what: 'never' }, [ddi.EIO, 2048]],
    [{ what: 'identifier', as: 0x3ff, command: 1 }, [0, 0]],
    [{ what: 'identifier', as: 0 }, [ddi.EIO, 2048]],
  ] as const)('%j', async (plan, outcome) => {
    const rig = new Rig();
    await rig.with(() =>
      rig.buffer(4096, 0, async (va) => {
        rig.disk.misbehave(plan);
        const sent = rig.fill(va, 2048, 6);
        expect(await rig.write(va, 40, 2048)).toEqual(outcome);
        rig.disk.misbehave(null);
        // Life goes on.
        expect(await rig.write(va, 40, 2048)).toEqual([0, 0]);
        rig.fill(va, 2048, 7);
        expect(await rig.read(va, 40, 2048)).toEqual([0, 0]);
        expect(same(rig.bytes(va, 2048), sent)).toBe(true);
      }),
    );
  });
});

describe('when something is short', () => {
  it('waits for it', async () => {
    const rig = new Rig({ disk: { addrBits: 32 }, boot: { budgets: { 'bounce bytes': 16_384 } } });
    await rig.with(() =>
      rig.buffer(16 * 4096, 0, async (va) => {
        const sent = rig.fill(va, 16 * 4096, 2);
        const each = Array.from({ length: 16 }, (_, i) => i);
        const all = each.map((i) => rig.start(va + i * 4096, i * 8, 4096, ddi.B_WRITE));
        for (const done of all) expect(await done()).toEqual([0, 0]);
        const stored = new Uint8Array(16 * 4096);
        rig.disk.medium.read(0, stored);
        expect(same(stored, sent)).toBe(true);
      }),
    );
  });

  it('leaves nothing behind and does not hang, whatever fails', async () => {
    const report = await enumerateFaults(
      {
        boot: { devices: [{ at: 'disk@1', model: listDisk({ addrBits: 32 }) }] },
        at: 'disk@1',
        driver: listdisk,
        exercise: async (dip, machine) => {
          const va = machine.kernel.kmem_alloc(8192, ddi.KM_SLEEP) ?? 0;
          const bp = machine.kernel.getrbuf(ddi.KM_SLEEP);
          if (bp !== null) {
            bp.b_flags |= ddi.B_READ;
            bp.b_addr = va;
            bp.b_bcount = 8192;
            bp.b_blkno = 0;
            listdisk_strategy(dip, bp);
            await ddi.biowait(bp);
            ddi.freerbuf(bp);
          }
          machine.kernel.kmem_free(va, 8192);
        },
      },
      { pairSites: 12 },
    );
    expect(report.failures).toEqual([]);
    expect(report.sites).toBeGreaterThan(20);
  });
});

describe('any requests', () => {
  it('read what was written last', async () => {
    const request = fc.record({
      block: fc.integer({ min: 0, max: 200 }),
      blocks: fc.integer({ min: 1, max: 40 }),
      off: fc.integer({ min: 0, max: 300 }).map((n) => n * 4),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.array(request, { minLength: 1, maxLength: 6 }),
        fc.constantFrom('scattered' as const, 'fragmented' as const, 'descending' as const),
        fc.constantFrom(32, 64),
        fc.integer({ min: 1, max: 1000 }),
        async (requests, frames, addrBits, seed) => {
          const rig = new Rig({ disk: { maxBytes: 12_288, addrBits }, boot: { frames, seed } });
          const image = new Uint8Array(300 * 512);
          await rig.with(async () => {
            for (const [i, { block, blocks, off }] of requests.entries()) {
              await rig.buffer(blocks * 512, off, async (va) => {
                image.set(rig.fill(va, blocks * 512, i), block * 512);
                expect(await rig.write(va, block, blocks * 512)).toEqual([0, 0]);
                rig.fill(va, blocks * 512, 77);
                expect(await rig.read(va, block, blocks * 512)).toEqual([0, 0]);
                const expected = image.slice(block * 512, (block + blocks) * 512);
                expect(same(rig.bytes(va, blocks * 512), expected)).toBe(true);
              });
            }
            const stored = new Uint8Array(image.length);
            rig.disk.medium.read(0, stored);
            expect(same(stored, image)).toBe(true);
          });
        },
      ),
      { numRuns: 40 },
    );
  });
});
