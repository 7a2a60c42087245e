import { afterEach, describe, expect, it, vi } from 'vitest';
import { parseCorpus, productCorpus } from '../../src/corpus/data.js';
import type { AttributeSet } from '../../src/corpus/data.js';
import { leaks } from '../../src/corpus/lifecycle.js';
import { jsonReport, textReport, totalsOf } from '../../src/corpus/report.js';
import { runCorpus } from '../../src/corpus/run.js';
import type { RunOptions, SetResult } from '../../src/corpus/run.js';
import { Bus } from '../../src/machine/bus.js';
import { DmaCookie } from '../../src/nexus/cookies.js';
import { DmaHandle } from '../../src/nexus/tree.js';
import { rootnexOps } from '../../src/nexus/rootnex.js';
import { boot } from '../../src/platforms/index.js';

const options: RunOptions = { platform: 'i86pc', kernel: 'contract', seed: 1, full: false };

function setsOf(driver: string): readonly AttributeSet[] {
  return productCorpus().filter((s) => s.driver === `common/io/${driver}`);
}

async function run(sets: readonly AttributeSet[], seed = 1): Promise<readonly SetResult[]> {
  const results: SetResult[] = [];
  for await (const result of runCorpus(sets, { ...options, seed })) results.push(result);
  return results;
}

/** The rules broken anywhere, each once. */
function rulesBroken(results: readonly SetResult[]): readonly string[] {
  const cases = results.flatMap((r) => r.cases.map((c) => c.outcome));
  const faults = cases.flatMap((o) => (o.kind === 'wrong' ? o.faults : []));
  return [...new Set([...results.flatMap((r) => r.faults), ...faults].map((f) => f.rule))];
}

type Ops = typeof rootnexOps;
/** The root nexus, which passes nothing on. */
const root = rootnexOps as { [K in keyof Ops]: NonNullable<Ops[K]> };

afterEach(() => {
  vi.restoreAllMocks();
});

describe('the corpus', () => {
  it('runs nvme: a list without end, a page a transfer', async () => {
    const totals = totalsOf(await run(setsOf('nvme')));
    expect(totals).toMatchObject({ sets: 3, run: 3, wrong: 0 });
    expect(totals.moved + totals.refused).toBe(totals.cases);
    expect(totals.refusals.map((r) => r.field)).toContain('dma_attr_maxxfer');
  });

  it('runs mlxcx: 4 KiB granules and a counter of one page', async () => {
    const totals = totalsOf(await run(setsOf('mlxcx')));
    expect(totals).toMatchObject({ sets: 4, run: 4, wrong: 0, cookiesMax: 128 });
  });

  it('runs i40e: a counter that is no power of two under page alignment', async () => {
    const totals = totalsOf(await run(setsOf('i40e')));
    expect(totals).toMatchObject({ sets: 3, run: 3, wrong: 0 });
  });

  it('shows what must be refused, with code and field', async () => {
    const results = await run(setsOf('sfe'));
    expect(totalsOf(results)).toMatchObject({ sets: 2, run: 1, refusedSets: 1, wrong: 0 });
    const refused = results.find((r) => r.status === 'refused');
    expect(refused?.refusal).toMatchObject({ code: 'DDI_DMA_BADATTR', field: 'dma_attr_align' });
  });

  it('lists what is incomplete and does not run it', async () => {
    const [result] = await run(setsOf('iwn'));
    expect(result).toMatchObject({ status: 'incomplete', cases: [], traceHash: '' });
  });

  it('gives the same run for the same seed, alone or among others', async () => {
    const sets = setsOf('afe');
    const [first] = await run(sets);
    const [again] = await run(sets.slice(0, 1));
    const [other] = await run(sets, 2);
    expect(first?.traceHash).toMatch(/^[0-9a-f]{16}$/);
    expect(again).toEqual(first);
    expect(other?.traceHash).not.toBe(first?.traceHash);
  });

  it('serves sets no driver has, and says so when it cannot', async () => {
    const attr = {
      version: 0,
      addr_lo: '0x0',
      addr_hi: '0xffffffffffffffff',
      count_max: '0xffffffff',
      align: '0x1',
      burstsizes: 1,
      minxfer: 1,
      maxxfer: '0xffffffff',
      seg: '0xffffffff',
      sgllen: 4,
      granular: 1,
      flags: 0,
    };
    const set = (change: object): object => ({
      driver: 'mine',
      name: 'mine',
      dma_attr: { ...attr, ...change },
    });
    const sets = parseCorpus(
      JSON.stringify({
        dma_attrs: [
          set({ align: '0x10000000000' }),
          set({ version: 7 }),
          set({ granular: 3 }),
          set({ addr_lo: '0xffffffff0000', addr_hi: '0xffffffffffff' }),
          set({ addr_lo: '0x1000000', addr_hi: '0x1ffffff' }),
        ],
      }),
      'mine.json',
    );
    const results = await run(sets);
    expect(results.map((r) => r.status)).toEqual(['run', 'refused', 'run', 'refused', 'run']);
    expect(rulesBroken(results)).toEqual([]);
  });
});

describe('the corpus finds', () => {
  const sets = setsOf('afe').slice(1);

  it('nothing, when nothing is wrong', async () => {
    expect(rulesBroken(await run(sets))).toEqual([]);
  });

  it('a byte that changes on its way', async () => {
    // eslint-disable-next-line @typescript-eslint/unbound-method -- called with its own this below
    const write = Bus.prototype.write;
    vi.spyOn(Bus.prototype, 'write').mockImplementation(function (this: Bus, ...args) {
      const [, , , bytes, at] = args;
      bytes[at] = (bytes[at] ?? 0) ^ 1;
      write.apply(this, args);
    });
    const broken = rulesBroken(await run(sets));
    expect(broken).toEqual(['memory to device', 'device to memory']);
  });

  it('a cookie that is one page off', async () => {
    // eslint-disable-next-line @typescript-eslint/unbound-method -- called with its own this below
    const real = DmaHandle.prototype.cookie;
    vi.spyOn(DmaHandle.prototype, 'cookie').mockImplementation(function (this: DmaHandle, index) {
      const { dmac_laddress, dmac_address, dmac_size } = real.call(this, index);
      return new DmaCookie(dmac_laddress + 4096n, dmac_address + 4096, dmac_size, 0);
    });
    // The list of the engine's own driver is off as well, so nothing at all can be moved.
    expect(rulesBroken(await run(sets))).toContain('own bytes');
  });

  it('a bind refused without need', async () => {
    const { bindhdl } = root;
    vi.spyOn(root, 'bindhdl').mockImplementation((dip, rdip, handle, request) =>
      request.object.len === 1
        ? { name: 'DDI_DMA_TOOBIG', group: 'RV-7', message: 'no', values: {} }
        : bindhdl(dip, rdip, handle, request),
    );
    expect(rulesBroken(await run(sets))).toEqual(['refusal']);
  });

  it('a set accepted that no resources can ever be allocated for', async () => {
    const { allochdl } = root;
    vi.spyOn(root, 'allochdl').mockImplementation((dip, rdip, attr) =>
      allochdl(dip, rdip, { ...attr, dma_attr_align: 1n, dma_attr_sgllen: 1 }),
    );
    const results = await run(setsOf('sfe'));
    expect(rulesBroken(results)).toContain('attributes');
    expect(results.map((r) => r.status)).toContain('wrong');
  });

  it('a finding, whatever the bytes say', async () => {
    const flush = vi.spyOn(root, 'flush').mockImplementation((_dip, rdip) => {
      rdip.machine.report({
        rule: 'SYNC_TYPE',
        clause: 'ddi_dma_sync.9f/AR-5',
        message: 'made up',
        call: 'ddi_dma_sync',
        values: {},
      });
    });
    expect(rulesBroken(await run(sets))).toEqual(['SYNC_TYPE']);
    expect(flush).toHaveBeenCalled();
  });

  it('a crash, and goes on with the next set', async () => {
    const read = vi.spyOn(Bus.prototype, 'read').mockImplementationOnce(() => {
      throw new Error('made up');
    });
    const results = await run(setsOf('afe'));
    expect(read).toHaveBeenCalled();
    expect(results.map((r) => r.status)).toEqual(['wrong', 'run']);
    expect(rulesBroken(results)).toEqual(['crash']);
  });

  it('what is left behind, and what is gone', () => {
    const machine = boot();
    const before = machine.probe.live().map((o) => o.id);
    const addr = machine.kernel.kmem_alloc(100, 0) ?? 0;
    expect(leaks(machine, before)[0]?.rule).toBe('left behind');
    const after = machine.probe.live().map((o) => o.id);
    machine.kernel.kmem_free(addr, 100);
    expect(leaks(machine, after)[0]?.rule).toBe('gone');
    expect(leaks(machine, before)).toEqual([]);
  });
});

describe('the report', () => {
  it('begins with the totals and has one line per driver', async () => {
    const text = textReport(await run([...setsOf('sfe'), ...setsOf('iwn')]), options);
    const lines = text.split('\n');
    expect(lines[0]).toMatch(/i86pc, rule book contract, seed 1: nothing wrong$/);
    expect(text).toMatch(/3 attribute sets of 2 drivers: 1 run, 1 refused, 1 incomplete/);
    expect(lines.filter((l) => l.startsWith('common/io/sfe '))).toHaveLength(1);
    expect(text).toMatch(/sfe_dma_attr_buf: DDI_DMA_BADATTR, dma_attr_align/);
    expect(text).toMatch(/iwn dma_attr: incomplete: dma_attr_align = align/);
    expect(lines.filter((l) => l.length > 180)).toEqual([]);
  });

  it('says what is wrong before anything else', async () => {
    const ok = { kind: 'moved', bytes: 2, cookies: 1 } as const;
    const [result] = await run(setsOf('iwn'));
    if (result === undefined) throw new Error('no result');
    const one = { kind: 'dma', mode: 'STREAMING', length: 1, oddOffset: 0 } as const;
    const faults = [{ rule: 'seg', clause: 'ddi_dma_attr.9s/SG-1', message: 'crosses' }];
    const cases = [
      { one, outcome: ok },
      { one, outcome: { kind: 'wrong' as const, faults } },
    ];
    const bad = { ...result, status: 'run' as const, cases, faults };
    const text = textReport([bad], options);
    expect(text).toMatch(/: 2 WRONG\n/);
    expect(text).toContain('common/io/iwn dma_attr: dma, STREAMING, 1 bytes\n    seg: crosses (');
    expect(totalsOf([bad])).toMatchObject({ cases: 2, moved: 1, wrong: 2, bytes: 2 });
    const many = textReport(
      Array.from({ length: 40 }, () => bad),
      options,
    );
    expect(many).toContain('... and 30 more');
  });

  it('is JSON too, 64-bit numbers as strings', async () => {
    const results = await run(setsOf('sfe'));
    const json = JSON.parse(jsonReport(results, options)) as {
      totals: unknown;
      sets: { attr: Record<string, unknown>; cases: unknown[] }[];
    };
    expect(json.totals).toEqual(totalsOf(results));
    expect(json.sets[1]?.attr['dma_attr_addr_hi']).toMatch(/^0x[0-9a-f]+$/);
    expect(json.sets[1]?.cases).toHaveLength(results[1]?.cases.length ?? -1);
  });
});
