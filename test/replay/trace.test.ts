/** Recorded drivers: all of them, whole, in every rule book; and whatever is spoilt is found. */
import { afterEach, describe, expect, it, vi } from 'vitest';
import { Bus } from '../../src/machine/bus.js';
import { AccHandle } from '../../src/nexus/acc-handle.js';
import { Binding } from '../../src/nexus/binding.js';
import type { Json, JsonObject } from '../../src/replay/fields.js';
import type { RecordedCase } from '../../src/replay/recording.js';
import { Replayer, type Outcome } from '../../src/replay/replay.js';
import { kernels, type KernelName } from '../../src/replay/stage.js';
import { casesOf } from '../recordings/recordings.js';

afterEach(() => {
  vi.restoreAllMocks();
});

const drivers = casesOf('dma-traces');

function play(recorded: RecordedCase, kernel: KernelName = 'production'): Promise<Outcome> {
  return new Replayer(kernel).replay(recorded);
}

/** Every answer changed; the places of those that were. */
function spoiltAll(tree: Json, at: string, places: string[]): Json {
  if (Array.isArray(tree)) {
    return (tree as readonly Json[]).map((v, i) => spoiltAll(v, `${at}[${i}]`, places));
  }
  if (typeof tree === 'object' && tree !== null) {
    const entries = Object.entries(tree as JsonObject);
    const name = (key: string): string => (at === '' ? key : `${at}.${key}`);
    return Object.fromEntries(entries.map(([k, v]) => [k, spoiltAll(v, name(k), places)]));
  }
  places.push(at);
  if (typeof tree === 'number') return tree + 1;
  const text = String(tree);
  // 0x1 and fffef020+800: another digit in front, which keeps the width.
  const digit = text.startsWith('0x') ? 2 : 0;
  return text.slice(0, digit) + (text[digit] === '1' ? '2' : '1') + text.slice(digit + 1);
}

describe('recorded drivers', () => {
  it('are six', () => {
    const names = drivers.map(({ id }) => id);
    expect(names).toEqual(['afe', 'pcn', 'elxl', 'audioens', 'bfe', 'yge']);
  });

  describe.each(kernels)('in rule book %s', (kernel) => {
    it.each(drivers.map((d) => [d.id, d] as const))('%s gets the same answers', async (_, d) => {
      const { verdict, differences } = await play(d, kernel);
      expect(differences).toEqual([]);
      expect(verdict).toBe('agrees');
    });
  });

  it('have every answer compared: of all that are changed, each is found', async () => {
    for (const recorded of drivers) {
      const places: string[] = [];
      const out = spoiltAll(recorded.out, '', places) as JsonObject;
      const { differences, exempt } = await play({ ...recorded, out });
      const found = differences.map(({ field }) => field);
      expect(found.sort(), recorded.id).toEqual(places.sort());
      expect(places.length).toBeGreaterThan(50);
      expect(exempt).toEqual(new Map());
    }
  });

  it('have every cookie and every value compared in contract too', async () => {
    for (const recorded of drivers) {
      const places: string[] = [];
      const out = spoiltAll(recorded.out, '', places) as JsonObject;
      const { differences } = await play({ ...recorded, out }, 'contract');
      const found = new Set(differences.map(({ field }) => field));
      const missed = places.filter((place) => !found.has(place));
      // A longer real length would do, and as many cookies as there must be.
      expect(missed.filter((place) => !/\.(?:real|n)$/.test(place))).toEqual([]);
    }
  });
});

describe('a hollow model is found', () => {
  const afe = drivers[0] ?? never();

  it('whose devices write nothing', async () => {
    vi.spyOn(Bus.prototype, 'write').mockImplementation(() => undefined);
    const { differences } = await play(afe);
    expect(differences.length).toBeGreaterThan(100);
    expect(differences[0]?.field).toMatch(/^calls\[\d+\]\.v$/);
  });

  it('whose cookies all point to one frame', async () => {
    vi.spyOn(Binding.prototype, 'frameOf').mockReturnValue(0x77);
    expect((await play(afe)).verdict).toBe('differs');
  });

  it('whose handles never die', async () => {
    vi.spyOn(AccHandle.prototype, 'close').mockImplementation(() => undefined);
    const fields = (await play(afe)).differences.map(({ field }) => field);
    expect(fields).toEqual(['left.memAllocs', 'left.registerMappings']);
  });
});

function never(): never {
  throw new Error('there are no recordings');
}
