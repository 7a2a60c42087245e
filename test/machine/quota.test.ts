/** Budgets that shrink and grow: by calls, by time, by choice. */
import { describe, expect, it } from 'vitest';
import {
  ddi_dma_alloc_handle,
  ddi_dma_free_handle,
  DDI_DMA_CALLBACK_DONE,
  DDI_DMA_DONTWAIT,
  DDI_DMA_SLEEP,
  type ddi_dma_handle_t,
  type dev_info_t,
  must,
} from '../../src/index.js';
import { drawSteps, type QuotaSchedule, type BudgetKind } from '../../src/platforms/index.js';
import { STEP_LIMIT } from '../../src/machine/quota.js';
import { anyAttr } from '../support/attr.js';
import { bareSystem } from '../support/system.js';

const attr = anyAttr();
const kind = 'dma handles';

/** Allocates; whether there was one. */
function got(dip: dev_info_t, into: ddi_dma_handle_t[] = []): boolean {
  const result = ddi_dma_alloc_handle(dip, attr, DDI_DMA_DONTWAIT);
  if (result.isOk()) into.push(result.value.handle);
  return result.isOk();
}

describe('a quota by calls', () => {
  it('shrinks and grows at the calls it names, and counts what is out', () => {
    const { machine, dip } = bareSystem();
    const steps = [
      { after: 0, limit: 2 },
      { after: 4, limit: 1 },
      { after: 6, limit: 3 },
    ];
    machine.faults.quota(kind, { by: 'calls', steps });
    const held: ddi_dma_handle_t[] = [];
    const answers = Array.from({ length: 9 }, (_, i) => {
      if (i === 3) ddi_dma_free_handle(held.pop() as ddi_dma_handle_t);
      return got(dip, held);
    });
    // Two are out; a third is refused until the seventh call, when there may be three.
    expect(answers).toEqual([true, true, false, true, false, false, true, false, false]);
    expect(machine.budget.limit(kind)).toBe(3);
  });

  it('gives the usual limit back when it ends', () => {
    const { machine, dip } = bareSystem({ budgets: { 'dma handles': 5 } });
    machine.faults.quota(kind, { by: 'calls', steps: [{ after: 0, limit: 0 }] });
    machine.faults.quota(kind, { by: 'ns', steps: [{ after: 0, limit: 1 }] });
    expect([got(dip), got(dip)]).toEqual([true, false]);
    machine.faults.quota(kind, null);
    expect(machine.budget.limit(kind)).toBe(5);
    expect(got(dip)).toBe(true);
  });

  it('counts each resource by itself', () => {
    const { machine, dip } = bareSystem();
    const steps = [{ after: 2, limit: 0 }];
    machine.faults.quota(kind, { by: 'calls', steps });
    machine.faults.quota('bindings', { by: 'calls', steps });
    expect([got(dip), got(dip), got(dip)]).toEqual([true, true, false]);
    expect(machine.budget.take('bindings')).toBe(true);
    machine.faults.quota(kind, null);
    expect(machine.budget.take('bindings')).toBe(true);
    expect(machine.budget.take('bindings')).toBe(false);
  });

  it('goes on when nobody calls any more, so that no sleeper waits for a call', async () => {
    const { machine, dip } = bareSystem();
    const steps = [
      { after: 0, limit: 0 },
      { after: 50, limit: 0 },
      { after: 99, limit: 1 },
    ];
    machine.faults.quota(kind, { by: 'calls', steps });
    await machine.run(async () => {
      must(await ddi_dma_alloc_handle(dip, attr, DDI_DMA_SLEEP));
      expect(got(dip)).toBe(false);
    });
  });
});

describe('a quota by time', () => {
  const steps = [
    { after: 0, limit: 0 },
    { after: 5_000_000, limit: 1 },
    { after: 30_000_000, limit: 2 },
  ];

  it.each(['contract', 'debug', 'production'] as const)(
    'wakes sleepers and callbacks when it grows, in %s',
    async (kernel) => {
      const { machine, dip } = bareSystem({ kernel });
      const log: string[] = [];
      const note = (what: string): void => {
        log.push(`${what} at ${machine.clock.nowNs / 1e6} ms`);
      };
      machine.faults.quota(kind, { by: 'ns', steps });
      await machine.run(async () => {
        const sleeper = machine.thread('sleeper', async () => {
          must(await ddi_dma_alloc_handle(dip, attr, DDI_DMA_SLEEP));
          note('served');
        });
        await sleeper.done;
        const called = (): number => {
          note(got(dip) ? 'called and served' : 'called');
          return DDI_DMA_CALLBACK_DONE;
        };
        expect(ddi_dma_alloc_handle(dip, attr, called, null).isErr()).toBe(true);
        await machine.kernel.delay(5);
      });
      expect(log).toEqual(['served at 5 ms', 'called and served at 30 ms']);
    },
  );

  it('ends with the machine’s reset', async () => {
    const { machine, dip } = bareSystem();
    machine.faults.quota(kind, { by: 'ns', steps });
    machine.reset(1);
    await machine.run(() => machine.kernel.delay(10));
    expect(got(dip)).toBe(true);
    expect(machine.budget.limit(kind)).toBe(1 << 20);
  });

  it('is a deadlock when it never grows, and the report says who wants what', async () => {
    const { machine, dip } = bareSystem();
    machine.faults.quota(kind, { by: 'ns', steps: [{ after: 0, limit: 0 }] });
    await expect(
      machine.run(async () => {
        must(await ddi_dma_alloc_handle(dip, attr, DDI_DMA_SLEEP));
      }),
    ).rejects.toThrow(/ddi_dma_alloc_handle/);
  });
});

describe('drawn steps', () => {
  const draw = (seed: number) => {
    const { machine } = bareSystem({ seed });
    const choose = (what: string, n: number): number => machine.choose(what, n);
    return drawSteps(choose, { every: 3, times: 40, least: 1, most: 4 });
  };

  it('come from the seed, evenly spaced and within their bounds', () => {
    const steps = draw(1);
    expect(steps.map(({ after }) => after)).toEqual(Array.from({ length: 40 }, (_, i) => 3 * i));
    expect(new Set(steps.map(({ limit }) => limit))).toEqual(new Set([1, 2, 3, 4]));
    expect(draw(1)).toEqual(steps);
    expect(draw(2)).not.toEqual(steps);
  });
});

describe('a schedule that is none', () => {
  const one = [{ after: 0, limit: 0 }];
  it.each<[string, string, QuotaSchedule]>([
    ['an unknown resource', 'luck', { by: 'calls', steps: one }],
    ['another measure', kind, { by: 'days', steps: one } as unknown as QuotaSchedule],
    ['a fraction', kind, { by: 'calls', steps: [{ after: 0.5, limit: 0 }] }],
    ['time gone by', kind, { by: 'ns', steps: [{ after: -1, limit: 0 }] }],
    ['a negative limit', kind, { by: 'calls', steps: [{ after: 0, limit: -1 }] }],
    ['a step backwards', kind, { by: 'calls', steps: [{ after: 2, limit: 1 }, ...one] }],
    [
      'too many steps',
      kind,
      {
        by: 'ns',
        steps: Array.from({ length: STEP_LIMIT + 1 }, (_, i) => ({ after: i, limit: 0 })),
      },
    ],
  ])('is refused, and the one in force stays: %s', (_what, of, schedule) => {
    const { machine, dip } = bareSystem();
    machine.faults.quota(kind, { by: 'calls', steps: [{ after: 1, limit: 1 }] });
    expect(() => {
      machine.faults.quota(of as BudgetKind, schedule);
    }).toThrow(RangeError);
    expect([got(dip), got(dip)]).toEqual([true, false]);
  });
});
