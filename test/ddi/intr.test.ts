/** Interrupts through the calls of the ddi_intr families. */
import * as ddi from 'ddi-dma';
import { boot, copyEngine } from 'ddi-dma/machine';
import { describe, expect, it } from 'vitest';
import {
  added,
  allocated,
  bellSystem,
  enabled,
  rulesOf,
  settle,
  type BellSystem,
} from '../support/bell.js';

const { DDI_INTR_TYPE_FIXED: FIXED, DDI_INTR_TYPE_MSI: MSI, DDI_INTR_TYPE_MSIX: MSIX } = ddi;
type Handle = ddi.ddi_intr_handle_t;

/** The first of some handles. */
function first(handles: readonly Handle[]): Handle {
  const [h] = handles;
  if (h === undefined) throw new Error('no handle');
  return h;
}

/** The name of the code of a result that is there at once. */
function nameOf(result: unknown): string {
  const { error } = result as { error?: ddi.DdiError };
  return error === undefined ? 'success' : error.name;
}

describe('every call, in every state', () => {
  const calls: Readonly<Record<string, (h: Handle, bell: BellSystem) => unknown>> = {
    add: (h) => ddi.ddi_intr_add_handler(h, () => ddi.DDI_INTR_CLAIMED, null, null),
    remove: (h) => ddi.ddi_intr_remove_handler(h),
    enable: (h) => ddi.ddi_intr_enable(h),
    disable: (h) => ddi.ddi_intr_disable(h),
    set_mask: (h) => ddi.ddi_intr_set_mask(h),
    set_pri: (h) => ddi.ddi_intr_set_pri(h, 4),
    free: (h) => ddi.ddi_intr_free(h),
  };
  const states = { allocated, added, enabled };
  const legal: Readonly<Record<keyof typeof states, readonly string[]>> = {
    allocated: ['add', 'set_pri', 'free'],
    added: ['remove', 'enable'],
    enabled: ['disable', 'set_mask'],
  };
  const edges = (['allocated', 'added', 'enabled'] as const).flatMap((state) =>
    Object.keys(calls).flatMap((call) =>
      [FIXED, MSI, MSIX].map((type) => ({ state, call, type: String(type) })),
    ),
  );

  it.each(edges)('$state, $call, type $type', ({ state, call, type }) => {
    const bell = bellSystem({ lineMaskable: true, msi: 1, msiMaskable: true, msix: 1 });
    const h = first(states[state](bell, Number(type), 1));
    const before = bell.machine.probe.live();
    const answer = nameOf(calls[call]?.(h, bell));
    if (legal[state].includes(call)) {
      expect([answer, rulesOf(bell)]).toEqual(['success', []]);
      return;
    }
    const wanted = call === 'set_pri' ? 'DDI_FAILURE' : 'DDI_EINVAL';
    expect([answer, rulesOf(bell)]).toEqual([wanted, ['INTR_ORDER']]);
    // ddi_intr_alloc(9F): nothing half done.
    expect(bell.machine.probe.live()).toEqual(before);
  });

  it.each(Object.keys(calls))('%s of a handle that was freed', (call) => {
    const bell = bellSystem({});
    const h = first(allocated(bell, FIXED, 1));
    ddi.must(ddi.ddi_intr_free(h));
    expect(nameOf(calls[call]?.(h, bell))).toBe('DDI_EINVAL');
    expect(rulesOf(bell)).toEqual(['USE_AFTER_FREE']);
    expect(bell.machine.probe.live()).toEqual([]);
  });

  it.each(Object.keys(calls))('%s of null and of what is no handle', (call) => {
    const bell = bellSystem({});
    expect(nameOf(calls[call]?.(null as unknown as Handle, bell))).toBe('DDI_EINVAL');
    expect(() => calls[call]?.({} as Handle, bell)).toThrow(ddi.Panic);
  });
});

describe('a message', () => {
  it('arrives at the handler of its vector, once for each', () => {
    const bell = bellSystem({ msix: 4 });
    enabled(bell, MSIX, 4);
    for (const vector of [3, 0, 3]) {
      expect(bell.env.message(vector)).toBe(true);
      settle(bell);
    }
    expect(bell.rung).toEqual([3, 0, 3]);
  });

  it('sent twice before it is taken arrives once', () => {
    const bell = bellSystem({ msix: 1 });
    enabled(bell, MSIX, 1);
    bell.env.message(0);
    bell.env.message(0);
    settle(bell);
    expect(bell.rung).toEqual([0]);
  });

  it('that comes while its handler runs is not lost', () => {
    const bell = bellSystem({ msix: 1 });
    const h = first(allocated(bell, MSIX, 1));
    let calls = 0;
    const handler = (): number => {
      if (++calls < 3) bell.env.message(0);
      return ddi.DDI_INTR_CLAIMED;
    };
    ddi.must(ddi.ddi_intr_add_handler(h, handler, null, null));
    ddi.must(ddi.ddi_intr_enable(h));
    bell.env.message(0);
    settle(bell);
    expect(calls).toBe(3);
  });

  it('sent while masked is kept once, can be seen, and arrives when the mask is cleared', () => {
    const bell = bellSystem({ msix: 2 });
    const [h = null, other = null] = enabled(bell, MSIX, 2);
    ddi.must(ddi.ddi_intr_set_mask(h));
    bell.env.message(0);
    bell.env.message(0);
    settle(bell);
    expect(bell.rung).toEqual([]);
    expect(ddi.must(ddi.ddi_intr_get_pending(h)).pending).toBe(1);
    expect(ddi.must(ddi.ddi_intr_get_pending(other)).pending).toBe(0);
    ddi.must(ddi.ddi_intr_clr_mask(h));
    settle(bell);
    expect(bell.rung).toEqual([0]);
    expect(ddi.must(ddi.ddi_intr_get_pending(h)).pending).toBe(0);
  });

  it('on its way when the mask is set arrives all the same', () => {
    const bell = bellSystem({ msix: 1 });
    const h = first(enabled(bell, MSIX, 1));
    bell.env.message(0);
    ddi.must(ddi.ddi_intr_set_mask(h));
    settle(bell);
    expect(bell.rung).toEqual([0]);
  });

  it('on its way when the interrupt is disabled does not', () => {
    const bell = bellSystem({ msix: 1 });
    const h = first(enabled(bell, MSIX, 1));
    bell.env.message(0);
    ddi.discard(ddi.ddi_intr_disable(h));
    settle(bell);
    ddi.must(ddi.ddi_intr_enable(h));
    settle(bell);
    expect(bell.rung).toEqual([]);
  });

  it('sent before the interrupt is enabled waits in a pending bit, or is lost', () => {
    const msix = bellSystem({ msix: 1 });
    const h = first(added(msix, MSIX, 1));
    msix.env.message(0);
    settle(msix);
    expect(msix.rung).toEqual([]);
    ddi.must(ddi.ddi_intr_enable(h));
    settle(msix);
    expect(msix.rung).toEqual([0]);

    const msi = bellSystem({ msi: 1 });
    const handles = added(msi, MSI, 1);
    expect(msi.env.message(0)).toBe(true);
    ddi.must(ddi.ddi_intr_block_enable(handles, 1));
    settle(msi);
    expect(msi.rung).toEqual([]);
  });

  it('is off while the line is used, and silences the line while it is on', () => {
    const bell = bellSystem({ msix: 1 });
    expect(bell.env.message(0)).toBe(false);
    bell.env.raise();
    const h = first(enabled(bell, MSIX, 1));
    settle(bell);
    expect(bell.rung).toEqual([]);
    ddi.discard(ddi.ddi_intr_disable(h));
    ddi.must(ddi.ddi_intr_remove_handler(h));
    ddi.must(ddi.ddi_intr_free(h));
    // What the device has wanted of its line all the time arrives now.
    enabled(bell, FIXED, 1);
    settle(bell);
    expect(bell.rung).toEqual([0]);
  });

  it('of a vector the device does not have is a defect of its model', () => {
    const bell = bellSystem({ msix: 2 });
    allocated(bell, MSIX, 2);
    for (const vector of [2, -1, 0.5]) expect(() => bell.env.message(vector)).toThrow(RangeError);
  });
});

describe('a block', () => {
  it('is enabled and disabled as one', () => {
    const bell = bellSystem({ msi: 4 });
    const handles = added(bell, MSI, 4);
    expect(nameOf(ddi.ddi_intr_enable(first(handles)))).toBe('DDI_EINVAL');
    expect(rulesOf(bell)).toEqual(['INTR_BLOCK']);
    ddi.must(ddi.ddi_intr_block_enable(handles, 4));
    bell.env.message(3);
    settle(bell);
    expect(bell.rung).toEqual([3]);
    ddi.discard(ddi.ddi_intr_block_disable(handles, 4));
    bell.env.message(3);
    settle(bell);
    expect(bell.rung).toEqual([3]);
  });

  it('of which one is not ready is left as it was', () => {
    const bell = bellSystem({ msi: 4 });
    const handles = added(bell, MSI, 4);
    ddi.must(ddi.ddi_intr_remove_handler(handles[3] ?? null));
    const before = bell.machine.probe.live();
    expect(nameOf(ddi.ddi_intr_block_enable(handles, 4))).toBe('DDI_EINVAL');
    expect(bell.machine.probe.live()).toEqual(before);
  });

  it.each([0, -1, 5, 0.5, NaN])('does not have %s interrupts', (count) => {
    const bell = bellSystem({ msi: 4 });
    expect(nameOf(ddi.ddi_intr_block_enable(added(bell, MSI, 4), count))).toBe('DDI_EINVAL');
  });
});

describe('ddi_intr_alloc', () => {
  const refused: readonly (readonly [string, number, number, number, number, string])[] = [
    ['no type', 3, 0, 1, 0, 'DDI_EINVAL'],
    ['a type the device does not have', MSI, 0, 1, 0, 'DDI_EINVAL'],
    ['more than it has', MSIX, 0, 9, 0, 'DDI_EINVAL'],
    ['none', MSIX, 0, 0, 0, 'DDI_EINVAL'],
    ['a negative number', MSIX, -1, 1, 0, 'DDI_EINVAL'],
    ['no behaviour', MSIX, 0, 1, 2, 'DDI_EINVAL'],
    ['a number past the last', MSIX, 7, 2, 0, 'DDI_INTR_NOTFOUND'],
    ['a fraction', MSIX, 0, 1.5, 0, 'DDI_EINVAL'],
    ['no number', MSIX, NaN, 1, 0, 'DDI_EINVAL'],
  ];
  it.each(refused)('refuses %s', (_what, type, inum, count, behavior, name) => {
    const bell = bellSystem({ msix: 8 });
    expect(nameOf(ddi.ddi_intr_alloc(bell.dip, type, inum, count, behavior))).toBe(name);
    expect(bell.machine.probe.live()).toEqual([]);
    expect(bell.env.message(0)).toBe(false);
  });

  it('gives as many as there are, or none', () => {
    const bell = bellSystem({ msix: 8 }, { budgets: { 'interrupt vectors': 3 } });
    expect(ddi.must(ddi.ddi_intr_get_navail(bell.dip, MSIX)).navail).toBe(3);
    const strict = ddi.ddi_intr_alloc(bell.dip, MSIX, 0, 8, ddi.DDI_INTR_ALLOC_STRICT);
    expect(nameOf(strict)).toBe('DDI_EAGAIN');
    const normal = ddi.must(ddi.ddi_intr_alloc(bell.dip, MSIX, 0, 8, ddi.DDI_INTR_ALLOC_NORMAL));
    expect([normal.actual, normal.h_array.length]).toEqual([3, 3]);
    const more = ddi.ddi_intr_alloc(bell.dip, MSIX, 3, 1, ddi.DDI_INTR_ALLOC_NORMAL);
    expect(nameOf(more)).toBe('DDI_EAGAIN');
    for (const h of normal.h_array) ddi.must(ddi.ddi_intr_free(h));
    expect(bell.machine.resources().find((r) => r.name === 'interrupt vectors')?.used).toBe(0);
  });
});

describe('ddi_intr_disable', () => {
  it('waits for a handler that is running', async () => {
    const bell = bellSystem({ msix: 1 });
    const h = first(allocated(bell, MSIX, 1));
    const log: string[] = [];
    const { delay } = bell.machine.kernel;
    const handler = async (): Promise<number> => {
      log.push('begins');
      await delay(3);
      log.push('ends');
      return ddi.DDI_INTR_CLAIMED;
    };
    await bell.machine.run(async () => {
      ddi.must(ddi.ddi_intr_add_handler(h, handler, null, null));
      ddi.must(ddi.ddi_intr_enable(h));
      bell.env.message(0);
      await delay(1);
      ddi.must(await ddi.ddi_intr_disable(h));
      log.push('disabled');
    });
    expect(log).toEqual(['begins', 'ends', 'disabled']);
    // The delay of the handler, which makes it long enough to be waited for, is not allowed.
    expect(rulesOf(bell)).toEqual(['SLEEP_IN_INTERRUPT']);
  });

  it('in its own handler is reported, and does not wait for itself', async () => {
    const bell = bellSystem({ msix: 1 });
    const h = first(allocated(bell, MSIX, 1));
    const handler = (): number => {
      ddi.discard(ddi.ddi_intr_disable(h));
      return ddi.DDI_INTR_CLAIMED;
    };
    await bell.machine.run(() => {
      ddi.must(ddi.ddi_intr_add_handler(h, handler, null, null));
      ddi.must(ddi.ddi_intr_enable(h));
      bell.env.message(0);
    });
    expect(rulesOf(bell)).toEqual(['CONTEXT']);
  });
});

describe('interrupts of a device', () => {
  it.each([{ fixed: 2 }, { msi: 3 }, { msi: 64 }, { msix: 2049 }, { msix: -1 }, { msix: 1.5 }])(
    'cannot be %o',
    (interrupts) => {
      expect(() => bellSystem(interrupts as object)).toThrow(RangeError);
    },
  );

  it('are one line unless it says so', () => {
    const machine = boot({ devices: [{ at: 'copy@1', model: copyEngine() }] });
    const dip = machine.devinfo('copy@1');
    expect(ddi.must(ddi.ddi_intr_get_supported_types(dip)).types).toBe(FIXED);
  });

  it('are gone after a reset', () => {
    const bell = bellSystem({ msix: 2 });
    enabled(bell, MSIX, 2);
    bell.env.message(0);
    bell.machine.reset(2);
    settle(bell);
    expect([bell.rung, bell.env.message(0), bell.machine.probe.live()]).toEqual([[], false, []]);
    bell.rung.length = 0;
    enabled(bell, MSIX, 2);
    bell.env.message(1);
    settle(bell);
    expect(bell.rung).toEqual([1]);
  });
});
