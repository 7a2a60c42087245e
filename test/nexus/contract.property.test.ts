/**
 * What the pages promise of a bind, whatever the device, the object and its frames: the rule book
 * `contract` against naive judges (test/model/).
 *
 * `FUZZ_RUNS` and `FUZZ_SEED` ask for more cases and for others (`npm run fuzz`).
 */
import {
  ddi_dma_numwin,
  ddi_dma_sync,
  ddi_dma_unbind_handle,
  DDI_DMA_PARTIAL_MAP,
  DDI_DMA_SYNC_FORCPU,
  DDI_DMA_SYNC_FORDEV,
  must,
} from 'ddi-dma';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { stretches } from '../model/naive-binding.js';
import { NaiveBounce, unknown } from '../model/naive-bounce.js';
import { anyBind, type BindCase } from '../support/any-bind.js';
import { BindRig, large, small, telling } from '../support/bind-rig.js';
import { bindProperties, type BindProperty, bound } from './contract-properties.js';

const numRuns = Number(process.env['FUZZ_RUNS'] ?? 3000);

const rigs = { large: new BindRig(large), small: new BindRig(small) };
type Rigs = typeof rigs;
const anyRig = fc.constantFrom<keyof Rigs>('large', 'large', 'small');

/** The property of any bind, on any of the machines. */
function ofAnyBind(property: BindProperty, on: Rigs): fc.IProperty<[keyof Rigs, BindCase]> {
  return fc.property(anyRig, anyBind, (which, c) => {
    on[which].place(c);
    property(on[which], c);
  });
}

describe('of a bind:', () => {
  test.each(Object.entries(bindProperties))('%s', (_name, property) => {
    fc.assert(ofAnyBind(property, rigs), { numRuns });
  });

  test('the same seed gives the same answer, on a new machine and on one that was reset', () => {
    const answers = new Set<string>();
    const answer = (rig: BindRig, c: BindCase): string => {
      rig.place(c);
      const handle = rig.alloc(c);
      if (handle === null) return 'no handle';
      const result = rig.bind(handle, c);
      if (result.isErr()) return `${result.error.name}: ${result.error.message}`;
      const seen = rig.look(handle, c, result.value.rval);
      const shown = seen.windows.map(({ cookies }) =>
        cookies.map(({ address, size }) => `${address.toString(16)}+${size}`).join(' '),
      );
      return `${shown.join(', ')} ${rig.machine.traceHash()}`;
    };
    const each = fc.property(anyBind, anyBind, (c, other) => {
      const first = answer(new BindRig(small), c);
      answer(rigs.small, other);
      expect(answer(rigs.small, c)).toBe(first);
      answers.add(first);
    });
    fc.assert(each, { numRuns: Math.ceil(numRuns / 10) });
    expect(answers.size).toBeGreaterThan(numRuns / 100);
  });
});

describe('the cases drawn', () => {
  test('meet every kind of answer', () => {
    const met = new Map<string, number>();
    const each = fc.property(anyRig, anyBind, (which, c) => {
      const rig = rigs[which];
      rig.place(c);
      const kind = kindOf(rig, c);
      met.set(kind, (met.get(kind) ?? 0) + 1);
    });
    fc.assert(each, { numRuns: 2000, seed: 1 });
    const rare = kinds.filter((kind) => (met.get(kind) ?? 0) < 10);
    expect(rare).toEqual([]);
    expect([...met.keys()].filter((kind) => !kinds.includes(kind))).toEqual([]);
  });
});

const kinds: readonly string[] = [
  'DDI_DMA_BADATTR',
  'DDI_DMA_NORESOURCES',
  'DDI_DMA_NOMAPPING',
  'DDI_DMA_TOOBIG',
  'whole, own frames',
  'whole, bounced in part',
  'whole, bounced',
  'in windows, own frames',
  'in windows, bounced in part',
  'in windows, bounced',
];

function kindOf(rig: BindRig, c: BindCase): string {
  const handle = rig.alloc(c);
  if (handle === null) return 'DDI_DMA_BADATTR';
  const result = rig.bind(handle, c);
  if (result.isErr()) return result.error.name;
  const { windows, partial } = rig.look(handle, c, result.value.rval);
  const own = windows.flatMap((w) => stretches(rig.object, w)).map((s) => s.own);
  const how = own.every((is) => is)
    ? 'own frames'
    : own.some((is) => is)
      ? 'bounced in part'
      : 'bounced';
  return `${partial ? 'in windows' : 'whole'}, ${how}`;
}

/** What may happen to a bound object; places and lengths in thousandths. */
const anyStep = fc.record({
  what: fc.constantFrom('cpu', 'device', 'for dev', 'for cpu', 'getwin'),
  from: fc.nat(999),
  len: fc.oneof(fc.nat(1000), fc.constant(0)),
});
type Step = typeof anyStep extends fc.Arbitrary<infer T> ? T : never;

/** Plays a script on a machine and on the oracle, which have to agree after every step. */
function play(rig: BindRig, c: BindCase, script: readonly Step[]): void {
  // Every byte is looked at after every step; how large objects move is asked of all binds above.
  if (c.len > 20 * 4096) return;
  const b = bound(rig, c);
  if (b === null) return;
  let window = rig.current(b.handle, b.rval);
  const naive = new NaiveBounce(rig.object, rig.cpu(), c.flags);
  naive.enter(window);
  const differs = (is: number, should = unknown): boolean => should !== unknown && is !== should;
  const agree = (): void => {
    const off = Number(window.off);
    expect(rig.cpu().findIndex((byte, i) => differs(byte, naive.cpu[i]))).toBe(-1);
    const device = rig.deviceReads(window);
    expect(device.findIndex((byte, i) => differs(byte, naive.device(off + i)))).toBe(-1);
  };
  agree();
  for (const [n, { what, from, len }] of script.entries()) {
    const off = what === 'device' ? Number(window.off) : 0;
    const size = what === 'device' ? Number(window.len) : c.len;
    const first = Math.floor((from * size) / 1000);
    const past = Math.min(size, first + Math.ceil((len * size) / 1000));
    const byte = (i: number): number => telling(off + i, n + 2) & 0xff;
    if (what === 'cpu') {
      const bytes = Uint8Array.from({ length: past - first }, (_, i) => byte(first + i));
      rig.machine.kernel.copyBytesIn(rig.object.va + first, bytes);
      naive.cpu.set(bytes, first);
    } else if (what === 'device') {
      rig.deviceWrites(window, n + 2, first, past);
      for (let i = first; i < past; i++) naive.deviceWrites(off + i, byte(i));
    } else if (what === 'getwin') {
      if (b.rval !== DDI_DMA_PARTIAL_MAP) continue;
      const { nwin } = must(ddi_dma_numwin(b.handle));
      naive.leave();
      window = rig.window(b.handle, from % nwin);
      naive.enter(window);
    } else {
      const forDevice = what === 'for dev';
      // Against the direction of the bind a sync is the driver's mistake.
      if (!(forDevice ? naive.mayRead : naive.mayWrite)) continue;
      const type = forDevice ? DDI_DMA_SYNC_FORDEV : DDI_DMA_SYNC_FORCPU;
      must(ddi_dma_sync(b.handle, first, past - first, type));
      // ddi_dma_sync(9F) AR-4: no length is the rest of the object.
      naive.sync(first, past === first ? c.len - first : past - first, forDevice);
    }
    agree();
  }
  naive.leave();
  must(ddi_dma_unbind_handle(b.handle));
  expect(rig.cpu().findIndex((byte, i) => differs(byte, naive.cpu[i]))).toBe(-1);
}

/** The property of any script. */
function ofAnyScript(on: Rigs): fc.IProperty<[keyof Rigs, BindCase, Step[]]> {
  const script = fc.array(anyStep, { minLength: 1, maxLength: 12 });
  return fc.property(anyRig, anyBind, script, (which, c, steps) => {
    on[which].place(c);
    play(on[which], c, steps);
  });
}

describe('while an object is bound', () => {
  test('CPU and device see what the naive oracle says', () => {
    fc.assert(ofAnyScript(rigs), { numRuns });
  });
});

describe('the properties catch', () => {
  /** For each property, quirks under which it does not hold. */
  const breaks: Readonly<Record<string, NonNullable<(typeof large)['quirks']>>> = {
    'its cookies and windows satisfy every attribute and tile the object': {
      'limits-at-page-starts': true,
    },
    'it uses the object’s own frames wherever they admit a legal list': {
      'addr-hi-exclusive': true,
    },
    'it refuses only what cannot be': {
      'limits-at-page-starts': true,
      'copybuf-through-mem-alloc': true,
    },
    'it and the unbind leave nothing behind': {
      'limits-at-page-starts': true,
      'toobig-loses-copybuf': true,
    },
    'the device writes through all windows, and each byte arrives where it belongs': {
      'no-direction-no-copy': true,
    },
    'the device reads through all windows what the CPU wrote': { 'no-direction-no-copy': true },
    'a bind that fails changes nothing': {
      'limits-at-page-starts': true,
      'toobig-loses-copybuf': true,
    },
    'any other call that fails changes nothing': { 'inuse-overwrites-flags': true },
  };

  test.each(Object.entries(bindProperties))('a machine that breaks: %s', (name, property) => {
    const quirks = breaks[name] ?? {};
    const broken = {
      large: new BindRig({ ...large, quirks }),
      small: new BindRig({ ...small, quirks }),
    };
    const outcome = fc.check(ofAnyBind(property, broken), { numRuns: 3000, endOnFailure: true });
    expect(outcome.failed).toBe(true);
  });

  test('a sync that does nothing', () => {
    const quirks = { 'no-direction-no-copy': true };
    const broken = {
      large: new BindRig({ ...large, quirks }),
      small: new BindRig({ ...small, quirks }),
    };
    expect(fc.check(ofAnyScript(broken), { numRuns: 3000, endOnFailure: true }).failed).toBe(true);
  });
});
