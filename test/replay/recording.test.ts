import { describe, expect, it } from 'vitest';
import { RecordingError, type Json } from '../../src/replay/fields.js';
import { parseCase } from '../../src/replay/recording.js';
import { textOf } from '../files.js';

const attr = {
  addr_lo: '0x0',
  addr_hi: '0xffffffff',
  count_max: '0xffffffffffffffff',
  align: '0x1',
  burstsizes: 127,
  minxfer: 1,
  maxxfer: '0xffffffff',
  seg: '0xffffffff',
  sgllen: -1,
  granular: 1,
  flags: 0,
};

type Plain = Record<string, Json>;

const request = { attr, len: 8192, off: 0, flags: 3, pfns: '5000:2' };
const bind: Plain = { ...request, waitfp: 0 };
const copy: Plain = { ...request, seed: 7, script: [['bind'], ['cpu', 0, 4, 1], ['unbind']] };
const acc = { version: 1, endian: 0, order: 0, access: 1 };
const mem: Plain = { attr, len: 100, flags: 16, acc, waitfp: 1, pick: 3 };

const callbacks: Plain = {
  kind: 'direct',
  decide: { 'f0,1': [1, [0, ['set_callback', 'f0', 1, 'own1']]] },
  script: [['set_callback', 'f0', 1, 'own0'], ['run_callback', 'own0'], ['softcalls']],
};

function line(id: string, input: Json, more: Plain = {}): string {
  return JSON.stringify({ id, in: input, out: {}, ...more });
}

describe('a line', () => {
  it('is read', () => {
    const read = parseCase(line('bind-1', { ...bind, extra: 'one', revisit: 3, src: 'me' }));
    expect(read).toMatchObject({ id: 'bind-1', family: 'bind', out: {}, debug: null });
    expect(read.input).toMatchObject({
      len: 8192,
      pfns: [0x5000, 0x5001],
      extra: 'one',
      revisit: 3,
      attr: { dma_attr_count_max: 0xffffffffffffffffn, dma_attr_sgllen: -1 },
    });
  });

  it('has a family by its id', () => {
    expect(parseCase(line('alloc-1', { attr })).family).toBe('alloc_handle');
    expect(parseCase(line('copy-1', copy)).family).toBe('copy');
    expect(parseCase(line('mem-1', mem)).family).toBe('mem_alloc');
    expect(parseCase(line('cb-1', callbacks)).family).toBe('callbacks');
  });

  it('may have a null pointer for attributes, in its family', () => {
    expect(parseCase(line('alloc-1', { attr: null })).input).toEqual({ attr: null });
    expect(() => parseCase(line('bind-1', { ...bind, attr: null }))).toThrow(RecordingError);
  });

  it('tells when it means nothing', () => {
    expect(parseCase(line('bind-1', bind)).spoilt).toBeNull();
    expect(parseCase(line('bind-1', bind, { undefinedBehaviour: true })).spoilt).toMatch(/overran/);
    expect(parseCase(line('bind-1', bind, { uninit: true })).spoilt).toMatch(/initialised/);
  });

  it('reads 32-bit numbers signed and unsigned', () => {
    const signed = { ...bind, attr: { ...attr, burstsizes: -1, sgllen: 0xffffffff } };
    expect(parseCase(line('bind-1', signed)).input).toMatchObject({
      attr: { dma_attr_burstsizes: 0xffffffff, dma_attr_sgllen: -1 },
    });
  });
});

describe('a broken line', () => {
  const withAttr = (more: Plain): Json => ({ ...bind, attr: { ...attr, ...more } });
  const withDecision = (key: string, decisions: Json): Json => ({
    ...callbacks,
    decide: { [key]: decisions },
  });
  const withStep = (step: Json): Json => ({ ...copy, script: [step] });
  const cases: readonly (readonly [string, RegExp])[] = [
    ['', /^not JSON: /],
    ['{"id":"bind-1"', /^not JSON: /],
    ['[]', /^the line: expected an object, found \[\]$/],
    ['null', /^the line: expected an object, found null$/],
    ['{}', /^id: expected a string, found nothing$/],
    ['{"id":3}', /^id: expected a string, found 3$/],
    [line('nothing-1', bind), /^id "nothing-1": no family .*bind-\.\.\. \(bind\)/],
    [line('bind', bind), /^id "bind": no family/],
    [line('constructor-1', bind), /^id "constructor-1": no family/],
    [line('cb-1', {}), /^in\.kind: expected one of ddi, direct, found nothing$/],
    [line('cb-1', { ...callbacks, script: [['softcalls', 1]] }), /^in\.script\[0\]: no such step/],
    [line('cb-1', { ...callbacks, script: [['fail', 'memory', 1]] }), /no such step/],
    [line('cb-1', { ...callbacks, script: [['fail', 'mem', 2]] }), /no such step/],
    [line('cb-1', { ...callbacks, script: [['constructor']] }), /no such step/],
    [line('cb-1', { ...callbacks, script: [['alloc_handle', 0, 'odd', 0, 0]] }), /no such step/],
    [line('cb-1', { ...callbacks, script: [['bind', 0, 4096, 0, 3, 2, 0]] }), /no such step/],
    [line('cb-1', { ...callbacks, script: [['set_callback', 'f9', 1, 'own0']] }), /"f9,1"/],
    [line('cb-1', withDecision('f0', [1])), /^in\.decide\["f0"\]: no function and argument$/],
    [line('cb-1', withDecision('f0,1', [])), /^in\.decide\["f0,1"\]: decides nothing$/],
    [line('cb-1', withDecision('f0,1', [[]])), /^in\.decide\["f0,1"\]\[0\]: expected what is/],
    [line('cb-1', withDecision('f0,1', [[1, ['softcalls']]])), /\[0\]: no such step/],
    [line('cb-1', withDecision('f0,1', [[1, ['mem_alloc', 0, 0, 1, 16, 1, 1]]])), /no such step/],
    ['{"id":"bind-1","in":{}}', /^out: expected an object, found nothing$/],
    ['{"id":"bind-1","out":{}}', /^in: expected an object, found nothing$/],
    [line('bind-1', bind, { debug: null }), /^debug: expected an object, found null$/],
    [line('bind-1', bind, { uninit: 1 }), /^uninit: expected a truth, found 1$/],
    [line('bind-1', bind, { remark: 1 }), /^remark: no such field$/],
    [line('bind-1', bind, { out: { bond: 0 } }), /^out\.bond: no such field$/],
    [line('bind-1', bind, { debug: { steps: [] } }), /^debug\.steps: no such field$/],
    [line('bind-1', { ...bind, revist: 1 }), /^in\.revist: no such field$/],
    [line('cb-1', { ...callbacks, seed: 1 }), /^in\.seed: no such field$/],
    [line('bind-1', { ...bind, seed: 1 }), /^in\.seed: no such field$/],
    [line('bind-1', { ...bind, waitfp: 2 }), /^in\.waitfp: expected an integer from 0 to 1/],
    [line('bind-1', { ...bind, len: -1 }), /^in\.len: expected an integer from 0 to/],
    [line('bind-1', { ...bind, len: 1.5 }), /^in\.len: .* found 1\.5$/],
    [line('bind-1', { ...bind, len: '1' }), /^in\.len: .* found "1"$/],
    [line('bind-1', { ...bind, off: 4096 }), /^in\.off: expected an integer from 0 to 4095/],
    [line('bind-1', { ...bind, off: 1 }), /^in\.pfns: 2 pages do not hold 1\+8192 bytes$/],
    [line('bind-1', { ...bind, extra: 'two' }), /^in\.extra: expected one of one, next, rebind/],
    [line('bind-1', { ...bind, pfns: '5000 :2' }), /^in\.pfns: expected runs .* found ":2"$/],
    [line('bind-1', { ...bind, pfns: 'xyz' }), /^in\.pfns: expected runs .* found "xyz"$/],
    [line('bind-1', { ...bind, pfns: '5000:ffffffff' }), /^in\.pfns: more than 131072 pages$/],
    [line('bind-1', { ...bind, pfns: '5000:2 5001' }), /^in\.pfns: a frame is named twice/],
    [line('bind-1', withAttr({ align: 4 })), /^in\.attr\.align: expected a 64-bit number/],
    [line('bind-1', withAttr({ seg: '0x1ffffffffffffffff' })), /^in\.attr\.seg: expected a 64/],
    [line('bind-1', withAttr({ seg: '-0x1' })), /^in\.attr\.seg: expected a 64-bit number/],
    [line('bind-1', withAttr({ sgllen: 2 ** 32 })), /^in\.attr\.sgllen: expected an integer/],
    [line('bind-1', withAttr({ sglen: 1 })), /^in\.attr\.sglen: no such field$/],
    [line('mem-1', { ...mem, acc: null }), /^in\.acc: expected an object, found null$/],
    [line('mem-1', { ...mem, acc: { ...acc, endian: 'big' } }), /^in\.acc\.endian: expected/],
    [line('copy-1', { ...copy, script: 'bind' }), /^in\.script: expected a list, found "bind"$/],
    [line('copy-1', withStep('bind')), /^in\.script\[0\]: no such step: "bind"$/],
    [line('copy-1', withStep([])), /^in\.script\[0\]: no such step: \[\]$/],
    [line('copy-1', withStep(['bind', 1])), /^in\.script\[0\]: no such step/],
    [line('copy-1', withStep(['getwin', 1])), /^in\.script\[0\]: no such step/],
    [line('copy-1', withStep(['getwin', 1, 2])), /^in\.script\[0\]: no such step/],
    [line('copy-1', withStep(['sync', 0, -1, 0])), /^in\.script\[0\]: no such step/],
    [line('copy-1', withStep(['dev', 1001, 1, 0])), /^in\.script\[0\]: no such step/],
    [line('copy-1', withStep(['toString'])), /^in\.script\[0\]: no such step/],
    [line('copy-1', withStep(['cpu', 8190, 3, 0])), /^in\.script\[0\]: writes beyond the 8192/],
  ];
  for (const [text, message] of cases) {
    it(`is refused: ${text.slice(0, 24)}... ${message.source}`, () => {
      expect(() => parseCase(text)).toThrow(RecordingError);
      expect(() => parseCase(text)).toThrow(message);
    });
  }
});

const hw = { c: 'regs_map_setup', rnumber: 1, off: 0, len: 0, acc: 0, rc: 0, r: 1 };

/** A trace of these calls. */
function trace(calls: readonly Json[], more: Plain = {}): string {
  return JSON.stringify({ driver: 'me', attrs: [attr], accs: [acc], calls, ...more });
}

describe('a trace', () => {
  it('is read: requests here, answers there', () => {
    const handle = { c: 'alloc_handle', attr: 0, wait: 'SLEEP', rc: 0, h: 1 };
    const get = { c: 'get64', r: 1, off: 8, v: '0xffffffffffffffff', x: 3 };
    const counts = { alloc_handle: 1 };
    const text = trace([handle, hw, get], { counts, leftover: { dmaHandles: 1 }, debugSame: true });
    expect(parseCase(text)).toMatchObject({
      id: 'me',
      family: 'dma-traces',
      input: {
        attrs: [{ dma_attr_align: 1n }],
        calls: [
          { c: 'alloc_handle', attr: 0, wait: 'SLEEP', h: 1, times: 1 },
          { c: 'regs_map_setup', rnumber: 1 },
          { c: 'get', of: { kind: 'r', number: 1 }, width: 8, value: 2n ** 64n - 1n, times: 3 },
        ],
        debugSame: true,
      },
      out: {
        calls: [{ rc: 0 }, { rc: 0 }, { v: '0xffffffffffffffff' }],
        counts,
        left: { dmaHandles: 1, memAllocs: 0, registerMappings: 1 },
      },
    });
  });

  it('may hold what nobody here knows', () => {
    const calls = [
      { c: 'buf_bind', h: 1 },
      { ...hw, colour: 'red' },
    ];
    expect(parseCase(trace(calls, { weather: 'fine' }))).toMatchObject({
      input: {
        calls: [{ c: 'unknown', name: 'buf_bind' }, { c: 'regs_map_setup' }],
        unknown: new Map([
          ['regs_map_setup.colour', 1],
          ['weather', 1],
        ]),
      },
    });
  });

  const get = { c: 'get16', r: 1, off: 0, v: '0x10' };
  const mem2 = { c: 'mem_alloc', h: 1, len: 9, acc: 0, flags: 16, wait: 'SLEEP', rc: 0, m: 1 };
  const bound = { c: 'addr_bind', h: 1, obj: ['m', 1, 0], len: 9, flags: 3, wait: 'SLEEP', rc: 0 };
  const bad: readonly (readonly [Json, RegExp])[] = [
    [3, /^calls\[0\]: expected an object, found 3$/],
    [{}, /^calls\[0\]\.c: expected a string, found nothing$/],
    [{ ...hw, acc: 1 }, /^calls\[0\]\.acc: expected an integer from 0 to 0, found 1$/],
    [{ ...hw, rc: '0' }, /^calls\[0\]\.rc: expected an integer/],
    [{ ...hw, len: 'x' }, /^calls\[0\]\.len: expected a number of bytes, found "x"$/],
    [{ ...hw, x: 0 }, /^calls\[0\]\.x: expected an integer from 1/],
    [{ ...get, v: '0x10000' }, /^calls\[0\]\.v: expected a number of 16 bits, found "0x10000"$/],
    [{ ...get, v: 'ten' }, /^calls\[0\]\.v: expected a number of 16 bits/],
    [{ ...get, v: -1 }, /^calls\[0\]\.v: expected a number of 16 bits, found -1$/],
    [{ c: 'get16', r: 1, off: 0 }, /^calls\[0\]\.v: .*found nothing$/],
    [{ ...get, r: 0 }, /^calls\[0\]\.r: expected an integer from 1/],
    [mem2, /^calls\[0\]\.real: expected an integer/],
    [{ ...mem2, real: 9, pageOff: 4096, pfns: '1' }, /^calls\[0\]\.pageOff: expected/],
    [{ ...mem2, real: 9, pageOff: 0, pfns: 'x' }, /^calls\[0\]\.pfns: expected runs/],
    [{ ...bound, obj: ['q', 1, 0] }, /^calls\[0\]\.obj: expected such as/],
    [{ ...bound, obj: ['m', 1] }, /^calls\[0\]\.obj: expected such as/],
    [bound, /^calls\[0\]\.n: expected an integer/],
    [{ ...bound, wait: 2 }, /^calls\[0\]\.wait: expected a string, found 2$/],
    [{ c: 'buffer', b: 1, pages: 2, pfns: '5' }, /^calls\[0\]\.pages: 2, with 1 frames$/],
  ];
  for (const [call, message] of bad) {
    it(`is refused with ${JSON.stringify(call)}`, () => {
      expect(() => parseCase(trace([call]))).toThrow(RecordingError);
      expect(() => parseCase(trace([call]))).toThrow(message);
    });
  }

  it('is refused without a driver or its tables', () => {
    expect(() => parseCase('{"calls":[]}')).toThrow(/^driver: expected a string/);
    expect(() => parseCase('{"driver":"x","calls":[]}')).toThrow(/^attrs: expected a list/);
    expect(() => parseCase(trace([], { attrs: [{}] }))).toThrow(/^attrs\[0\]\.addr_lo: expected/);
    expect(() => parseCase(trace([], { accs: [{ version: 1 }] }))).toThrow(/^accs\[0\]\.endian/);
  });
});

describe('ddi-dma-recording(5)', () => {
  const page = textOf('man/ddi-dma-recording.5');

  it('has an example that is a case', () => {
    const [, example = ''] = /^\.Bd -literal\n([\s\S]*?)^\.Ed$/m.exec(page) ?? [];
    const read = parseCase(example.replaceAll('\n', ''));
    expect(read).toMatchObject({ family: 'bind', out: { bind: -3 } });
  });
});
