/** The replayer can fail: every recorded answer, changed a little, and models that are hollow. */
import { afterEach, describe, expect, it, vi } from 'vitest';
import { Bus } from '../../src/machine/bus.js';
import { Binding } from '../../src/nexus/binding.js';
import { CallbackList } from '../../src/nexus/callbacks.js';
import { DmaHandle } from '../../src/nexus/tree.js';
import type { Json, JsonObject } from '../../src/replay/fields.js';
import { families, parseCase, type Family } from '../../src/replay/recording.js';
import { Replayer } from '../../src/replay/replay.js';
import { Report } from '../../src/replay/report.js';
import { casesOf, linesOf } from '../recordings/recordings.js';
import { textOf } from '../files.js';

afterEach(() => {
  vi.restoreAllMocks();
});

/** Traces are changed in trace.test.ts. */
type CaseFamily = Exclude<Family, 'dma-traces'>;
const caseFamilies = families.filter((family): family is CaseFamily => family !== 'dma-traces');

/** A case in so many is changed; each of its answers, one after the other. */
const stride: Readonly<Record<CaseFamily, number>> = {
  alloc_handle: 50,
  bind: 150,
  callbacks: 20,
  copy: 60,
  mem_alloc: 60,
};

/** Answers that say nothing about the model. */
const never = new Set(['check', 'handleAfterFree', 'accAfterFree']);

/** A value that is not the one given. */
function changed(value: Json): Json {
  if (value === null) return 0;
  if (typeof value === 'boolean') return !value;
  if (typeof value === 'number') return value + 1;
  if (value === '') return 'x';
  // Not behind the end: a panic's text may go on.
  if (typeof value === 'string') return `${value[0] === '1' ? '2' : '1'}${value.slice(1)}`;
  return null;
}

/** Every tree that differs from one in one leaf, with the place of the leaf. */
function* mutants(tree: Json, at = ''): Generator<readonly [string, Json]> {
  if (typeof tree !== 'object' || tree === null) yield [at, changed(tree)];
  else if (Array.isArray(tree)) {
    const list: readonly Json[] = tree;
    for (const [i, value] of list.entries()) {
      for (const [place, mutant] of mutants(value, `${at}[${i}]`)) {
        yield [place, list.map((v, k) => (k === i ? mutant : v))];
      }
    }
  } else {
    for (const [name, value] of Object.entries(tree as JsonObject)) {
      for (const [place, mutant] of mutants(value, at === '' ? name : `${at}.${name}`)) {
        yield [place, { ...(tree as JsonObject), [name]: mutant }];
      }
    }
  }
}

describe('a changed answer', () => {
  for (const family of caseFamilies) {
    it(`is found: ${family}`, async () => {
      const replayer = new Replayer('production');
      let places = 0;
      const missed: string[] = [];
      const cases = casesOf(family).filter((_, i) => i % stride[family] === 0);
      for (const recorded of cases) {
        const before = await replayer.replay(recorded);
        if (before.verdict !== 'agrees') continue;
        const exempt = [...before.exempt.values()].reduce((sum, n) => sum + n, 0);
        let unseen = 0;
        for (const [place, out] of mutants(recorded.out)) {
          places++;
          const mutant = { ...recorded, out: out as JsonObject };
          const { verdict } = await replayer.replay(mutant);
          if (verdict === 'differs') continue;
          unseen++;
          if (!never.has(place) && exempt === 0) missed.push(`${recorded.id} ${place}`);
        }
        // Nothing but what was said not to be compared; a list counts once.
        if (exempt === 0 || family !== 'copy') expect(unseen, recorded.id).toBe(exempt);
      }
      expect(missed).toEqual([]);
      expect(places).toBeGreaterThan(50);
    });
  }

  it('is found when it is missing, and when there is one too many', async () => {
    const replayer = new Replayer('production');
    const [recorded] = casesOf('bind');
    if (recorded === undefined) throw new Error('no case');
    const { unbind, ...without } = recorded.out;
    expect(unbind).toBe(0);
    const more = { ...recorded.out, leakKmem: 456 };
    for (const [out, text] of [
      [without, { field: 'unbind', expected: undefined, got: 0 }],
      [more, { field: 'leakKmem', expected: 456, got: undefined }],
    ] as const) {
      const { differences } = await replayer.replay({ ...recorded, out });
      expect(differences).toEqual([text]);
    }
  });
});

describe('a hollow model', () => {
  const verdicts = async (family: Family): Promise<ReadonlySet<string>> => {
    const replayer = new Replayer('production');
    const seen = new Set<string>();
    for (const recorded of casesOf(family).slice(0, 40)) {
      seen.add((await replayer.replay(recorded)).verdict);
    }
    return seen;
  };

  it('is found whose cookies all point to one frame', async () => {
    vi.spyOn(Binding.prototype, 'frameOf').mockReturnValue(0x77);
    expect(await verdicts('bind')).toContain('differs');
  });

  it('is found whose lists call nobody', async () => {
    vi.spyOn(CallbackList.prototype, 'runNow').mockImplementation(() => undefined);
    expect(await verdicts('callbacks')).toContain('differs');
  });

  it('is found whose releases wake nobody', async () => {
    vi.spyOn(CallbackList.prototype, 'run').mockImplementation(() => undefined);
    expect(await verdicts('callbacks')).toContain('differs');
  });

  it('is found whose lists are empty in the end', async () => {
    vi.spyOn(CallbackList.prototype, 'entries', 'get').mockReturnValue([]);
    expect(await verdicts('callbacks')).toContain('differs');
  });

  it('is found whose devices write nothing', async () => {
    vi.spyOn(Bus.prototype, 'write').mockImplementation(() => undefined);
    expect(await verdicts('copy')).toContain('differs');
  });

  it('that breaks down is a difference, and the next case is played', async () => {
    const replayer = new Replayer('production');
    const [first, second] = casesOf('bind');
    if (first === undefined || second === undefined) throw new Error('no cases');
    const broken = vi.spyOn(DmaHandle.prototype, 'copyOf').mockImplementation(() => {
      throw new RangeError('no such thing');
    });
    const outcome = await replayer.replay(first);
    expect(outcome.differences[0]).toEqual({
      field: 'failure',
      expected: undefined,
      got: 'RangeError: no such thing',
    });
    broken.mockRestore();
    expect((await replayer.replay(second)).differences).toEqual([]);
  });
});

describe('a case', () => {
  const spoilt = casesOf('bind').find((c) => c.spoilt !== null && c.debug !== null);

  it('that means nothing is not compared, and counted', async () => {
    if (spoilt === undefined) throw new Error('no such case');
    const report = new Report('production');
    report.add('f', 1, await new Replayer('production').replay(spoilt));
    expect(report.tallies.get('bind')).toMatchObject({ cases: 1, agree: 0, differ: 0 });
    expect(report.text()).toMatch(/bind +0 of 0 agree\n +1 not comparable: .*undefinedBehaviour/);
  });

  it('is compared with what a kernel with assertions did, where that is known', async () => {
    if (spoilt === undefined) throw new Error('no such case');
    expect((await new Replayer('debug').replay(spoilt)).verdict).toBe('agrees');
    const wrong = { ...spoilt, debug: { alloc: 0 } };
    expect((await new Replayer('debug').replay(wrong)).verdict).toBe('differs');
  });

  it('is played alike whatever was played before', async () => {
    const cases = casesOf('bind').slice(0, 30);
    const alone: string[] = [];
    for (const recorded of cases.toReversed()) {
      alone.unshift(JSON.stringify(await new Replayer('contract').replay(recorded)));
    }
    const replayer = new Replayer('contract');
    const together: string[] = [];
    for (const recorded of cases) together.push(JSON.stringify(await replayer.replay(recorded)));
    expect(together).toEqual(alone);
  });

  it('needs no pages when it has no bytes', async () => {
    const empty = casesOf('bind').find((c) => c.family === 'bind' && c.input.pfns.length === 0);
    if (empty === undefined) throw new Error('no such case');
    expect((await new Replayer('production').replay(empty)).differences).toEqual([]);
  });
});

describe('the example of ddi-dma-recording(5)', () => {
  const page = textOf('man/ddi-dma-recording.5');
  const [, example = ''] = /^\.Bd -literal\n([\s\S]*?)^\.Ed$/m.exec(page) ?? [];

  it('agrees', async () => {
    for (const kernel of ['contract', 'debug', 'production'] as const) {
      const recorded = parseCase(example.replaceAll('\n', ''));
      expect((await new Replayer(kernel).replay(recorded)).differences).toEqual([]);
    }
  });

  it('is of a page that tells every field there is', () => {
    const names = new Set<string>();
    const gather = (tree: Json): void => {
      if (typeof tree !== 'object' || tree === null) return;
      for (const [name, value] of Object.entries(tree)) {
        if (!Array.isArray(tree) && name !== 'attr') names.add(name);
        // Attributes are told of elsewhere; what is decided goes by the names of functions.
        if (name !== 'attr' && name !== 'decide') gather(value);
      }
    };
    for (const family of families) {
      for (const line of linesOf(family)) gather(JSON.parse(line) as Json);
    }
    const untold = [...names].filter((name) => !new RegExp(`\\b${name}\\b`).test(page));
    expect(names.size).toBeGreaterThan(60);
    expect(untold).toEqual([]);
  });
});
