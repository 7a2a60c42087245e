import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { OBSERVER_LIMIT, Trace } from '../../src/machine/trace.js';
import type { MachineEvent } from '../../src/sys/observer.js';

type Record = readonly [kind: string, ...numbers: number[]];

function hashOf(records: readonly Record[]): string {
  const trace = new Trace();
  for (const [kind, ...numbers] of records) trace.note(kind, ...numbers);
  return trace.traceHash();
}

const record: fc.Arbitrary<Record> = fc
  .tuple(
    fc.constantFrom('bus', 'switch', 'choice'),
    fc.array(fc.maxSafeInteger(), { maxLength: 4 }),
  )
  .map(([kind, numbers]) => [kind, ...numbers]);

describe('the trace hash', () => {
  it('is the same on every computer', () => {
    expect(hashOf([])).toBe('ab3e7c0b839841b9');
    expect(
      hashOf([
        ['switch', 1],
        ['bus', 2 ** 40 + 7, -1, 0],
      ]),
    ).toBe('cc7f436b9cc3916d');
    const trace = new Trace();
    trace.noteText('name', 'pci@0/copy@1');
    trace.note(17, 3);
    expect(trace.traceHash()).toBe('44cb0671c3f45ec3');
  });

  it('depends on the records and on nothing else', () => {
    fc.assert(
      fc.property(fc.array(record), (records) => {
        const hash = hashOf(records);
        expect(hash).toMatch(/^[0-9a-f]{16}$/);
        expect(hashOf(records)).toBe(hash);
      }),
    );
  });

  it('changes with every difference a run can make', () => {
    fc.assert(
      fc.property(fc.array(record), fc.array(record), (a, b) => {
        const same = JSON.stringify(a) === JSON.stringify(b);
        expect(hashOf(a) === hashOf(b)).toBe(same);
      }),
    );
    const different: Record[][] = [
      [],
      [['a']],
      [['a'], ['a']],
      [['a', 0]],
      [['a', 0, 0]],
      [
        ['a', 1],
        ['a', 2],
      ],
      [
        ['a', 2],
        ['a', 1],
      ],
      [['a', 1, 2]],
      [['a', 2 ** 32 + 1]],
      [['a', 2 ** 33 + 1]],
      [['a', -1]],
      [['a', 2 ** 32 - 1]],
      [['b', 1]],
    ];
    expect(new Set(different.map(hashOf)).size).toBe(different.length);
  });

  it('spreads over both halves', () => {
    const hashes = Array.from({ length: 5000 }, (_, i) => hashOf([['x', i]]));
    for (const half of [hashes.map((h) => h.slice(0, 8)), hashes.map((h) => h.slice(8))]) {
      // Of three hundred such sets of 32-bit numbers one has two alike.
      expect(new Set(half).size).toBeGreaterThanOrEqual(4999);
    }
  });

  it('begins anew on reset', () => {
    const trace = new Trace();
    const fresh = trace.traceHash();
    trace.note('x', 1);
    expect(trace.records).toBe(1);
    trace.reset();
    expect([trace.traceHash(), trace.records]).toEqual([fresh, 0]);
  });
});

describe('observers', () => {
  it('hear numbered events from when they attach until they detach', () => {
    const trace = new Trace();
    const heard: MachineEvent[] = [];
    expect(trace.observed).toBe(false);
    const detach = trace.observe({ event: (event) => heard.push(event) });
    expect(trace.observed).toBe(true);
    trace.emit({ kind: 'switch', thread: 'a' });
    const leave = trace.observe({
      event: () => {
        leave();
      },
    });
    trace.emit({ kind: 'switch', thread: 'b' });
    detach();
    trace.emit({ kind: 'switch', thread: 'c' });
    expect(heard).toEqual([
      { kind: 'switch', seq: 1, thread: 'a' },
      { kind: 'switch', seq: 2, thread: 'b' },
    ]);
    expect(trace.observers).toBeNull();
  });

  it('leave the hash alone', () => {
    const quiet = new Trace();
    const watched = new Trace();
    watched.observe({ event: () => undefined });
    for (const trace of [quiet, watched]) trace.note('x', 1);
    watched.emit({ kind: 'switch', thread: 'a' });
    expect(watched.traceHash()).toBe(quiet.traceHash());
  });

  it('are limited', () => {
    const trace = new Trace();
    for (let i = 0; i < OBSERVER_LIMIT; i++) trace.observe({ event: () => undefined });
    expect(() => trace.observe({ event: () => undefined })).toThrow(/observers/);
  });
});
