import { afterEach, describe, expect, it, vi } from 'vitest';
import { parseCorpus, productCorpus } from '../../src/corpus/data.js';
import type { AttributeSet } from '../../src/corpus/data.js';
import { leaks } from '../../src/corpus/lifecycle.js';
import { jsonReport, textReport, totalsOf } from '../../src/corpus/report.js';
import { runCorpus } from '../../src/corpus/run.js';
import type { SetResult } from '../../src/corpus/run.js';
import type { RunOptions } from '../../src/corpus/machines.js';
import { Bus } from '../../src/machine/bus.js';
import { Binding } from '../../src/nexus/binding.js';
import { DmaCookie } from '../../src/nexus/cookies.js';
import { DmaHandle } from '../../src/nexus/tree.js';
import { rootnexOps } from '../../src/nexus/rootnex.js';
import { boot } from '../../src/platforms/index.js';
import { DDI_DMA_PARTIAL } from '../../src/sys/constants.js';

const options: RunOptions = {
  platform: 'i86pc',
  kernel: 'contract',
  memory: 'usual',
  frames: 'mixed',
  seed: 1,
  full: false,
};

function setsOf(driver: string): readonly AttributeSet[] {
  return productCorpus().filter((s) => s.driver === `common/io/${driver}`);
}

async function run(
  sets: readonly AttributeSet[],
  change: Partial<RunOptions> = {},
): Promise<readonly SetResult[]> {
  const results: SetResult[] = [];
  for await (const result of runCorpus(sets, { ...options, ...change })) results.push(result);
  return results;
}

/** Machines on which nearly all of what a 32-bit device is handed must be bounced. */
const highMemory = { memory: 'small-low', frames: 'scattered' } as const;

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
    expect(totals.partials.map((r) => `${r.code} ${r.field}`)).toContain(
      'DDI_DMA_TOOBIG dma_attr_maxxfer',
    );
    expect(totals.windowed).toBeGreaterThan(0);
    expect(totals.windows).toBeGreaterThan(2 * totals.windowed);
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
    const [other] = await run(sets, { seed: 2 });
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

describe('on a machine with little low memory, the corpus', () => {
  it('has a 32-bit device bounce, whole and in windows', async () => {
    const totals = totalsOf(await run(setsOf('afe'), highMemory));
    expect(totals).toMatchObject({ sets: 2, run: 2, wrong: 0, refused: 0 });
    expect(totals.bounced).toBeGreaterThan(totals.cases / 3);
    expect(totals.windowed).toBeGreaterThan(5);
    const usual = totalsOf(await run(setsOf('afe'), { frames: 'scattered' }));
    expect(usual.bouncedBytes).toBeLessThan(totals.bouncedBytes);
  });

  it('bounces nothing of a device that reaches everything', async () => {
    expect(totalsOf(await run(setsOf('nvme'), highMemory))).toMatchObject({ wrong: 0, bounced: 0 });
  });

  it('bounces whole objects whose alignment no frames have', async () => {
    // 512 KiB of alignment, 64 bits of address: nothing is out of reach.
    const totals = totalsOf(await run(setsOf('hxge'), highMemory));
    expect(totals).toMatchObject({ run: 6, wrong: 0 });
    expect(totals.bounced).toBeGreaterThan(20);
  });

  it('takes frames in the layout asked for', async () => {
    const cookies = async (frames: RunOptions['frames']): Promise<number> =>
      totalsOf(await run(setsOf('nvme'), { frames })).cookiesMax;
    expect(await cookies('contiguous')).toBe(1);
    expect(await cookies('scattered')).toBeGreaterThan(8);
  });
});

describe('under the rules of a kernel, the corpus', () => {
  it('counts what is known to differ, and boots anew after a panic', async () => {
    for (const kernel of ['production', 'debug'] as const) {
      const results = await run(setsOf('afe'), { kernel });
      const totals = totalsOf(results);
      expect(totals).toMatchObject({ sets: 2, run: 2, wrong: 0 });
      expect(totals.differing).toBeGreaterThan(2);
      expect(totals.moved + totals.differing + totals.refused).toBe(totals.cases);
      expect(totals.differences.map((d) => d.quirk)).toContain('windows-count-divides');
      // A list of one entry divides by zero, whatever came before it.
      const [first] = results;
      const kinds = first?.cases.map((c) => c.outcome.kind) ?? [];
      expect(kinds.lastIndexOf('moved')).toBeGreaterThan(kinds.indexOf('differs'));
    }
  });

  it('boots anew after a loss, which counts once', async () => {
    const results = await run(setsOf('afe').slice(1), { ...highMemory, kernel: 'production' });
    const totals = totalsOf(results);
    expect(totals.wrong).toBe(0);
    const lost = totals.differences.find((d) => d.quirk === 'toobig-loses-copybuf');
    expect(lost?.count).toBeGreaterThan(1);
    expect(lost?.rules).toEqual(['left behind']);
  });

  it('moves what breaks a limit all the same, through the port without limits', async () => {
    const results = await run(setsOf('hxge'), { kernel: 'production' });
    const cases = results.flatMap((r) => r.cases.map((c) => c.outcome));
    const crooked = cases.flatMap((o) => (o.kind === 'differs' && o.moved !== null ? [o] : []));
    expect(crooked.length).toBeGreaterThan(0);
    expect(new Set(crooked.flatMap((o) => o.differences.map((d) => d.rule)))).toContain('align');
  });

  it('says which sets a kernel takes that it should not, and the other way round', async () => {
    const taken = await run(setsOf('sfe'), { kernel: 'production' });
    expect(taken.map((r) => r.status).sort()).toEqual(['differs', 'run']);
    const differs = taken.find((r) => r.status === 'differs');
    expect(differs?.differences[0]?.quirk).toBe('alloc-attr-unchecked');
    const apc = productCorpus().filter((s) => s.name === 'apc_dma_attr');
    const [refused] = await run(apc, { kernel: 'debug' });
    expect(refused?.status).toBe('differs');
    expect(refused?.differences[0]?.quirk).toBe('alloc-attr-kernel-rules');
  });

  it('is wrong where no quirk explains it', async () => {
    // eslint-disable-next-line @typescript-eslint/unbound-method -- called with its own this below
    const { enter } = Binding.prototype;
    vi.spyOn(Binding.prototype, 'enter').mockImplementation(function (this: Binding) {
      if (this.object.len < 100) return;
      enter.call(this);
    });
    const results = await run(setsOf('afe'), { ...highMemory, kernel: 'production' });
    expect(rulesBroken(results)).toEqual(['what the device sees']);
  });

  it('gives the same run for the same seed, boots and all', async () => {
    const change = { kernel: 'production' } as const;
    const [first] = await run(setsOf('afe').slice(0, 1), change);
    const [again] = await run(setsOf('afe').slice(0, 1), change);
    expect(first?.traceHash).toMatch(/^[0-9a-f]{16}$/);
    expect(again).toEqual(first);
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
    expect(rulesBroken(await run(sets))).toContain('what the device sees');
  });

  it('bounce pages that are not filled when an object is bound, or a window entered', async () => {
    vi.spyOn(Binding.prototype, 'enter').mockReturnValue();
    // A single byte may be the right one by chance, until the device has written another.
    expect(rulesBroken(await run(sets, highMemory))).toContain('what the device sees');
    vi.restoreAllMocks();
    // eslint-disable-next-line @typescript-eslint/unbound-method -- called with its own this below
    const { enter } = Binding.prototype;
    vi.spyOn(Binding.prototype, 'enter').mockImplementation(function (this: Binding) {
      if (this.current === 0) enter.call(this);
    });
    expect(rulesBroken(await run(sets, highMemory))).toEqual(['what the device sees']);
  });

  it('bounce pages that are not emptied when a window is left, or at the end', async () => {
    vi.spyOn(Binding.prototype, 'leave').mockReturnValue();
    const broken = rulesBroken(await run(sets, highMemory));
    expect(broken).toContain('after getwin');
    expect(broken).toContain('after unbind');
  });

  it('a sync that moves nothing', async () => {
    vi.spyOn(root, 'flush').mockReturnValue(true);
    // To the device the judge's look has found the bytes already; the way back is what is missed.
    expect(rulesBroken(await run(sets, highMemory))).toEqual(['device to memory']);
  });

  it('bounce pages that are kept', async () => {
    vi.spyOn(Binding.prototype, 'release').mockReturnValue();
    const broken = rulesBroken(await run(sets.slice(0, 1), highMemory));
    expect(broken).toContain('stand-ins go back');
  });

  it('a window that is short of a byte, or in another place', async () => {
    const { win } = root;
    for (const [field, change, rule] of [
      ['size', -1, 'window size'],
      ['offset', 1, 'what the device sees'],
    ] as const) {
      vi.spyOn(root, 'win').mockImplementation((dip, rdip, handle, index) => {
        const done = win(dip, rdip, handle, index);
        const window = handle.binding?.window;
        if (index === 1 && window != null) {
          Object.assign(window, { [field]: window[field] + change });
        }
        return done;
      });
      expect(rulesBroken(await run(sets, { frames: 'scattered' }))).toContain(rule);
      vi.restoreAllMocks();
    }
  });

  it('a window that is left out', async () => {
    const { bindhdl } = root;
    vi.spyOn(root, 'bindhdl').mockImplementation((dip, rdip, handle, request) => {
      const answer = bindhdl(dip, rdip, handle, request);
      const windows = handle.binding?.plan?.windows;
      if (answer === 1 && windows !== undefined && windows.length > 2) {
        (windows as unknown[]).splice(1, 1);
      }
      return answer;
    });
    expect(rulesBroken(await run(sets, { frames: 'scattered' }))).toContain('windows tile');
  });

  it('a bind in part that nobody asked for, and one refused although it was', async () => {
    const { bindhdl } = root;
    vi.spyOn(root, 'bindhdl').mockImplementation((dip, rdip, handle, request) =>
      bindhdl(dip, rdip, handle, { ...request, flags: request.flags | DDI_DMA_PARTIAL }),
    );
    expect(rulesBroken(await run(sets, { frames: 'scattered' }))).toEqual(['partial unasked']);
    vi.restoreAllMocks();
    vi.spyOn(root, 'bindhdl').mockImplementation((dip, rdip, handle, request) =>
      bindhdl(dip, rdip, handle, { ...request, flags: request.flags & ~DDI_DMA_PARTIAL }),
    );
    expect(rulesBroken(await run(sets, { frames: 'scattered' }))).toEqual(['refusal']);
  });

  it('a bind refused without need', async () => {
    const { bindhdl } = root;
    vi.spyOn(root, 'bindhdl').mockImplementation((dip, rdip, handle, request) =>
      request.object.len === 1 && (request.flags & DDI_DMA_PARTIAL) === 0
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
    expect(rulesBroken(results)).toContain('set accepted');
    expect(results.map((r) => r.status)).toContain('wrong');
  });

  it('a finding, whatever the bytes say', async () => {
    const { flush: real } = root;
    const flush = vi.spyOn(root, 'flush').mockImplementation((dip, rdip, ...rest) => {
      rdip.machine.report({
        rule: 'SYNC_TYPE',
        clause: 'ddi_dma_sync.9f/AR-5',
        message: 'made up',
        call: 'ddi_dma_sync',
        values: {},
      });
      return real(dip, rdip, ...rest);
    });
    expect(rulesBroken(await run(sets))).toEqual(['SYNC_TYPE']);
    expect(flush).toHaveBeenCalled();
  });

  it('a panic, and goes on with the next case', async () => {
    const { bindhdl } = root;
    vi.spyOn(root, 'bindhdl').mockImplementation((dip, rdip, handle, request) => {
      if (request.object.len === 4097) rdip.machine.panic('made up', {});
      return bindhdl(dip, rdip, handle, request);
    });
    const results = await run(sets);
    expect(rulesBroken(results)).toContain('panic (kmem object)');
    expect(totalsOf(results).moved).toBeGreaterThan(10);
  });

  it('a panic outside of any case', async () => {
    const { allochdl } = root;
    vi.spyOn(root, 'allochdl').mockImplementation((dip, rdip, attr) => {
      if (attr.dma_attr_sgllen === 2) rdip.machine.panic('made up', {});
      return allochdl(dip, rdip, attr);
    });
    const results = await run(setsOf('afe'));
    expect(results.map((r) => r.status)).toEqual(['run', 'wrong']);
    expect(rulesBroken(results)).toEqual(['panic']);
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
    const moved = { bytes: 2, cookies: 1, windows: 1, bounced: 0 };
    const ok = { kind: 'moved', unless: null, ...moved } as const;
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

  it('tells windows, bounce pages and the rest of the machine', async () => {
    const results = await run(setsOf('afe'), highMemory);
    const text = textReport(results, { ...options, ...highMemory });
    expect(text).toMatch(
      /i86pc, rule book contract, memory small-low, frames scattered, seed 1: nothing wrong\n/,
    );
    expect(text).toMatch(/^ +\d+ moved in windows, \d+ in all$/m);
    expect(text).toMatch(/^ +\d+ of these through bounce pages: \d+\.\d [kM]B$/m);
    expect(text).toMatch(
      /^ +\d+ {2}ddi_dma_addr_bind_handle {2}DDI_DMA_TOOBIG {2}dma_attr_sgllen$/m,
    );
    expect(text).toMatch(/^common\/io\/afe +2 +\d+ +\d+ +\d+ +\d+\.\d [kM]B +\d+\.\d [kM]B$/m);
  });

  it('tells the quirks of a kernel, and with what they were seen', async () => {
    const kernel = 'production';
    const results = await run([...setsOf('afe'), ...setsOf('sfe')], { kernel });
    const text = textReport(results, { ...options, kernel });
    expect(text).toMatch(/rule book production, seed 1: nothing wrong\n/);
    expect(text).toMatch(/1 set|3 run, 0 refused, 1 differ, 0 incomplete/);
    expect(text).toMatch(/^ +\d+ differ from the pages, as this kernel is known to$/m);
    expect(text).toMatch(/^ +\d+ {2}windows-count-divides +counting windows can divide by zero$/m);
    expect(text).toMatch(/ddi_dma_attr\.9s\/SL-3; seen at: panic \(kmem object\)/);
    expect(text).toMatch(/^ {2}common\/io\/sfe sfe_dma_attr_buf: alloc-attr-unchecked: accepted/m);
    expect(text).toMatch(/^common\/io\/afe .* windows-count-divides/m);
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
