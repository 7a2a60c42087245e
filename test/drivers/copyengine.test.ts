import { err, type Result } from 'neverthrow';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { copyEngine, CopyEngine } from '../../src/devices/copy-engine.js';
import * as R from '../../src/devices/copy-engine-regs.js';
import { wideLimits } from '../../src/devices/engine-limits.js';
import type { EngineLimits } from '../../src/devices/engine-limits.js';
import * as H from '../../src/drivers/copyengine-reg.js';
import { copyengine, copyengine_copy } from '../../src/drivers/copyengine.js';
import * as ddi from '../../src/index.js';
import { boot } from '../../src/platforms/index.js';
import type { BootedMachine, BootOptions } from '../../src/platforms/index.js';

/** Makes the n-th call that can fail do so; `calls` names those made since the last reset. */
const fault = vi.hoisted(() => ({ at: -1, calls: [] as string[], twoCookies: false }));

/** Wraps the calls named so that `fault` rules them. */
function failing<M extends object>(module: M, names: readonly string[]): M {
  const wrapped = names.map((name): [string, unknown] => {
    const real = module[name as keyof M] as (...args: unknown[]) => unknown;
    return [
      name,
      (...args: unknown[]): unknown => {
        fault.calls.push(name);
        if (fault.calls.length - 1 === fault.at) return err({ name: 'DDI_FAILURE', code: -1 });
        return real(...args);
      },
    ];
  });
  return { ...module, ...Object.fromEntries(wrapped) };
}

vi.mock('../../src/ddi/regs.js', async (original) =>
  failing(await original(), ['ddi_regs_map_setup']),
);
vi.mock('../../src/ddi/dma-handle.js', async (original) =>
  failing(await original(), ['ddi_dma_alloc_handle']),
);
vi.mock('../../src/ddi/dma-mem.js', async (original) =>
  failing(await original(), ['ddi_dma_mem_alloc']),
);
vi.mock('../../src/ddi/intr.js', async (original) =>
  failing(await original(), ['ddi_get_iblock_cookie', 'ddi_add_intr']),
);
vi.mock('../../src/ddi/dma-bind.js', async (original) => {
  const module = failing(await original<object>(), ['ddi_dma_addr_bind_handle']);
  const real = (module as Record<string, (...args: unknown[]) => Result<object, unknown>>)[
    'ddi_dma_addr_bind_handle'
  ];
  return {
    ...module,
    ddi_dma_addr_bind_handle: (...args: unknown[]): unknown => {
      const result = real?.(...args);
      return fault.twoCookies ? result?.map((value) => ({ ...value, ccount: 2 })) : result;
    },
  };
});

afterEach(() => {
  fault.at = -1;
  fault.calls = [];
  fault.twoCookies = false;
});

function machineWith(
  limits: Partial<EngineLimits> = {},
  options: BootOptions = {},
): { machine: BootedMachine; dip: ddi.dev_info_t; engine: CopyEngine } {
  const model = copyEngine({ limits: { ...wideLimits, ...limits } });
  const machine = boot({ ...options, devices: [{ at: 'copy@1', model }] });
  const engine = machine.device('copy@1');
  if (!(engine instanceof CopyEngine)) throw new Error('not the engine');
  return { machine, dip: machine.devinfo('copy@1'), engine };
}

/** A buffer of kernel memory filled with bytes that tell places apart. */
function buffer(machine: BootedMachine, len: number, salt: number): { addr: number; len: number } {
  const addr = machine.kernel.kmem_alloc(len, ddi.KM_NOSLEEP);
  if (addr === null) throw new Error('no kernel memory');
  machine.kernel.copyBytesIn(
    addr,
    Uint8Array.from({ length: len }, (_, i) => i * 7 + (i >> 8) + salt),
  );
  return { addr, len };
}

function same(
  machine: BootedMachine,
  a: { addr: number; len: number },
  b: { addr: number },
): boolean {
  return machine.kernel.bcmp(a.addr, b.addr, a.len) === 0;
}

describe('the header file of the driver', () => {
  it('says what the data sheet says', () => {
    expect(H).toMatchObject({
      CE_CTRL: R.REG.CTRL,
      CE_CTRL_GO: R.CTRL_GO,
      CE_CTRL_RESET: R.CTRL_RESET,
      CE_CTRL_SRC_WIDE: R.CTRL_SRC_WIDE,
      CE_CTRL_DST_WIDE: R.CTRL_DST_WIDE,
      CE_INTR_STATUS: R.REG.INTR_STATUS,
      CE_INTR_ENABLE: R.REG.INTR_ENABLE,
      CE_INTR_DONE: R.INTR_DONE,
      CE_INTR_ERROR: R.INTR_ERROR,
      CE_SRC_LIST: R.REG.SRC_LIST_LO,
      CE_SRC_COUNT: R.REG.SRC_COUNT,
      CE_DST_LIST: R.REG.DST_LIST_LO,
      CE_DST_COUNT: R.REG.DST_COUNT,
      CE_CAP_ADDR_LO: R.REG.CAP_ADDR_LO,
      CE_CAP_ADDR_HI: R.REG.CAP_ADDR_HI,
      CE_CAP_COUNT_MAX: R.REG.CAP_COUNT_MAX,
      CE_CAP_ALIGN: R.REG.CAP_ALIGN,
      CE_CAP_SEG: R.REG.CAP_SEG,
      CE_CAP_MAXXFER: R.REG.CAP_MAXXFER,
      CE_CAP_SGLLEN: R.REG.CAP_SGLLEN,
      CE_CAP_GRANULAR: R.REG.CAP_GRANULAR,
      CE_CAP_MINXFER: R.REG.CAP_MINXFER,
      CE_ENTRY_BYTES: R.LIST_ENTRY_BYTES,
    });
  });
});

describe('attach and detach', () => {
  it('leave nothing behind, and the device quiet', async () => {
    const { machine, dip, engine } = machineWith();
    await machine.run(async () => {
      expect(await machine.attach(copyengine, dip)).toBe(ddi.DDI_SUCCESS);
      const kinds = new Set(machine.probe.live().map((o) => o.kind));
      expect([...kinds].sort()).toEqual(
        ['dma binding', 'dma handle', 'dma memory', 'interrupt', 'register mapping'].sort(),
      );
      expect(await machine.detach(copyengine, dip)).toBe(ddi.DDI_SUCCESS);
    });
    expect(machine.probe.live()).toEqual([]);
    expect(machine.findings).toEqual([]);
    expect(engine.registers[0]?.read(4, 2)).toBe(H.PCI_COMM_MAE);
    expect(engine.registers[1]?.read(R.REG.INTR_ENABLE, 4)).toBe(0);
  });

  it('can be repeated', async () => {
    const { machine, dip } = machineWith();
    await machine.run(async () => {
      for (let i = 0; i < 3; i++) {
        expect(await machine.attach(copyengine, dip)).toBe(ddi.DDI_SUCCESS);
        expect(await machine.detach(copyengine, dip)).toBe(ddi.DDI_SUCCESS);
      }
    });
    expect(machine.probe.live()).toEqual([]);
  });

  it('refuse what they do not know', async () => {
    const { machine, dip } = machineWith();
    await machine.run(async () => {
      expect(await copyengine.attach(dip, ddi.DDI_RESUME)).toBe(ddi.DDI_FAILURE);
      expect(await copyengine.detach(dip, ddi.DDI_DETACH)).toBe(ddi.DDI_FAILURE);
      await machine.attach(copyengine, dip);
      expect(await copyengine.detach(dip, ddi.DDI_SUSPEND)).toBe(ddi.DDI_FAILURE);
    });
  });

  const steps = [
    'ddi_regs_map_setup',
    'ddi_regs_map_setup',
    'ddi_dma_alloc_handle',
    'ddi_dma_mem_alloc',
    'ddi_dma_addr_bind_handle',
    'ddi_get_iblock_cookie',
    'ddi_add_intr',
  ];

  it('make exactly these calls that can fail', async () => {
    const { machine, dip } = machineWith();
    await machine.run(() => machine.attach(copyengine, dip));
    expect(fault.calls).toEqual(steps);
  });

  for (const [at, step] of steps.entries()) {
    it(`attach fails at call ${at}, ${step}, and leaves nothing behind`, async () => {
      const { machine, dip, engine } = machineWith();
      fault.at = at;
      await machine.run(async () => {
        expect(await machine.attach(copyengine, dip)).toBe(ddi.DDI_FAILURE);
      });
      expect(fault.calls).toHaveLength(at + 1);
      expect(machine.probe.live()).toEqual([]);
      expect(machine.findings).toEqual([]);
      expect((engine.registers[0]?.read(4, 2) ?? -1) & H.PCI_COMM_ME).toBe(0);
      // And once the trouble is over, it works.
      fault.at = -1;
      await machine.run(async () => {
        expect(await machine.attach(copyengine, dip)).toBe(ddi.DDI_SUCCESS);
      });
    });
  }

  it('attach fails when list memory comes in two pieces, and leaves nothing behind', async () => {
    const { machine, dip } = machineWith();
    fault.twoCookies = true;
    await machine.run(async () => {
      expect(await machine.attach(copyengine, dip)).toBe(ddi.DDI_FAILURE);
    });
    expect(machine.probe.live()).toEqual([]);
  });

  it('attach fails when no memory is left, and leaves nothing behind', async () => {
    const { machine, dip } = machineWith({}, { store: 0x20_000 });
    await machine.run(async () => {
      expect(await machine.attach(copyengine, dip)).toBe(ddi.DDI_FAILURE);
    });
    expect(machine.probe.live()).toEqual([]);
  });
});

describe('copy', () => {
  it('moves every byte, on every layout of frames', async () => {
    for (const frames of ['contiguous', 'scattered', 'descending', 'fragmented'] as const) {
      const { machine, dip } = machineWith({}, { frames });
      await machine.run(async () => {
        await machine.attach(copyengine, dip);
        const before = machine.probe.live().length;
        const src = buffer(machine, 70_001, 3);
        const dst = buffer(machine, 70_001, 99);
        expect(await copyengine_copy(dip, src, dst)).toBe(ddi.DDI_SUCCESS);
        expect(same(machine, src, dst)).toBe(true);
        for (const { addr, len } of [src, dst]) machine.kernel.kmem_free(addr, len);
        expect(machine.probe.live()).toHaveLength(before);
      });
      expect(machine.findings).toEqual([]);
    }
  });

  it('serves two threads, one after the other', async () => {
    const { machine, dip } = machineWith();
    const results: number[] = [];
    await machine.run(async () => {
      await machine.attach(copyengine, dip);
      const pairs = [1, 2, 3].map((n) => [buffer(machine, 9000, n), buffer(machine, 9000, 70)]);
      const threads = pairs.map(([src, dst], i) =>
        machine.thread(`copy ${i}`, async () => {
          if (src === undefined || dst === undefined) return;
          results.push(await copyengine_copy(dip, src, dst));
          expect(same(machine, src, dst)).toBe(true);
        }),
      );
      for (const thread of threads) await thread.done;
    });
    expect(results).toEqual([0, 0, 0]);
    expect(machine.findings).toEqual([]);
  });

  it('returns the code of a bind that is refused, and unbinds the other side', async () => {
    const { machine, dip } = machineWith({ sgllen: 1 }, { frames: 'scattered' });
    await machine.run(async () => {
      await machine.attach(copyengine, dip);
      const small = buffer(machine, 64, 1);
      const large = buffer(machine, 9000, 1);
      const before = machine.probe.live().length;
      expect(await copyengine_copy(dip, large, small)).toBe(ddi.DDI_DMA_TOOBIG);
      expect(await copyengine_copy(dip, small, large)).toBe(ddi.DDI_DMA_TOOBIG);
      expect(machine.probe.live()).toHaveLength(before);
    });
  });

  it('returns the code of a handle that is refused', async () => {
    const { machine, dip } = machineWith({ sgllen: 0 });
    await machine.run(async () => {
      await machine.attach(copyengine, dip);
      const one = buffer(machine, 64, 1);
      expect(await copyengine_copy(dip, one, one)).toBe(ddi.DDI_DMA_BADATTR);
    });
  });

  it('fails when the engine refuses, and the engine serves the next', async () => {
    const { machine, dip, engine } = machineWith();
    await machine.run(async () => {
      await machine.attach(copyengine, dip);
      const src = buffer(machine, 64, 1);
      const dst = buffer(machine, 64, 2);
      expect(await copyengine_copy(dip, src, { ...dst, len: 63 })).toBe(ddi.DDI_FAILURE);
      expect(engine.error?.cause).toBe('unequal');
      expect(await copyengine_copy(dip, src, dst)).toBe(ddi.DDI_SUCCESS);
      expect(same(machine, src, dst)).toBe(true);
    });
  });

  it('fails without an instance', async () => {
    const { machine, dip } = machineWith();
    const src = buffer(machine, 64, 1);
    await machine.run(async () => {
      expect(await copyengine_copy(dip, src, src)).toBe(ddi.DDI_FAILURE);
    });
  });

  it('refuses a list longer than it has room for', async () => {
    // A counter of one page: as many cookies as pages.
    const { machine, dip, engine } = machineWith({ countMax: 0xfffn });
    await machine.run(async () => {
      await machine.attach(copyengine, dip);
      const len = 8193 * 4096;
      // Whole pages: the block begins on one.
      const addr = machine.kernel.kmem_alloc(len, ddi.KM_NOSLEEP) ?? 0;
      const full = { addr, len: len - 4096 };
      expect(await copyengine_copy(dip, { addr, len }, { addr, len })).toBe(ddi.DDI_FAILURE);
      expect(engine.error).toBeNull();
      expect(await copyengine_copy(dip, full, full)).toBe(ddi.DDI_SUCCESS);
    });
  });

  it('holds detach off while it is under way', async () => {
    const { machine, dip } = machineWith();
    await machine.run(async () => {
      await machine.attach(copyengine, dip);
      const src = buffer(machine, 9000, 1);
      const dst = buffer(machine, 9000, 2);
      const copying = machine.thread('copying', async () => {
        expect(await copyengine_copy(dip, src, dst)).toBe(ddi.DDI_SUCCESS);
      });
      // One tick of the scheduler: the copy is waiting for its interrupt.
      await machine.thread('yield', () => undefined).done;
      expect(await machine.detach(copyengine, dip)).toBe(ddi.DDI_FAILURE);
      await copying.done;
      expect(await machine.detach(copyengine, dip)).toBe(ddi.DDI_SUCCESS);
    });
  });
});

describe('the interrupt handler', () => {
  it('claims what is its own and nothing else', async () => {
    const { machine, dip, engine } = machineWith();
    await machine.run(async () => {
      await machine.attach(copyengine, dip);
      const sc = ddi.ddi_get_driver_private(dip);
      expect(await copyengine.intr(sc)).toBe(ddi.DDI_INTR_UNCLAIMED);
      const bar0 = engine.registers[1];
      // Without an enabled line the cause waits until the handler is called.
      bar0?.write(R.REG.INTR_ENABLE, 4, 0);
      bar0?.write(R.REG.CTRL, 4, R.CTRL_GO);
      machine.kernel.drv_usecwait(10);
      expect(bar0?.read(R.REG.INTR_STATUS, 4)).toBe(R.INTR_ERROR);
      expect(await copyengine.intr(sc)).toBe(ddi.DDI_INTR_CLAIMED);
      expect(bar0?.read(R.REG.INTR_STATUS, 4)).toBe(0);
      expect(await copyengine.intr(sc)).toBe(ddi.DDI_INTR_UNCLAIMED);
    });
  });
});
