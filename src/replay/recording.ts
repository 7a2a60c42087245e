/**
 * Recordings: what a kernel answered, one case per line of JSON; ddi-dma-recording(5).
 *
 * 1. A *case* is a request (`in`) and everything the kernel answered to it (`out`; `debug` where a
 *    kernel with its assertions on answered otherwise).
 * 2. A *family* is a sequence of calls that the cases of one kind go through. It is told by the
 *    beginning of the case's id. A *trace* is a case of its own kind: everything one driver called,
 *    on one line (trace-input.ts).
 * 3. A line is taken whole or refused whole: a field that is missing, of the wrong type or unknown
 *    is an error, for what is not understood would not be compared either.
 * 4. Not done here: files, lines, compression. Those are the command's.
 */
import type { ddi_device_acc_attr_t, ddi_dma_attr_t } from '../sys/types.js';
import { readCallbacks, type CallbacksInput } from './callbacks-input.js';
import { Fields, isInteger, isList, RecordingError } from './fields.js';
import type { Json, JsonObject } from './fields.js';
import { readAcc, readAttr, readPfns } from './structs.js';
import { readTrace, type TraceInput } from './trace-input.js';

/** The families that can be replayed, in the order of reports. */
export const families = [
  'alloc_handle',
  'bind',
  'callbacks',
  'copy',
  'mem_alloc',
  'dma-traces',
] as const;
/** The name of a family. */
export type Family = (typeof families)[number];
/** A family of cases with an id; a trace is told by its calls. */
type CaseFamily = Exclude<Family, 'dma-traces'>;

/** What is bound, and by whom. */
interface Request {
  readonly attr: ddi_dma_attr_t;
  /** Bytes. */
  readonly len: number;
  /** Where in the first page the buffer begins. */
  readonly off: number;
  /** Of the bind. */
  readonly flags: number;
  /** Page frames in virtual order. */
  readonly pfns: readonly number[];
}

/** A handle, one bind, all windows, and everything back. */
export interface BindInput extends Request {
  readonly waitfp: 0 | 1;
  /** After the walk over the windows, one more look at window `revisit` mod their number. */
  readonly revisit: number | null;
  readonly extra: 'one' | 'next' | 'rebind' | null;
}

/** One step of a copy case. */
export type CopyStep =
  | { readonly op: 'bind' | 'unbind' }
  /** Window `k` mod their number, or the one past the last. */
  | { readonly op: 'getwin'; readonly k: number; readonly past: boolean }
  /** The CPU writes `n` bytes of pattern `s` at byte `pos` of the buffer. */
  | { readonly op: 'cpu'; readonly pos: number; readonly n: number; readonly s: number }
  /** The device writes `n` bytes of pattern `s` at `p` thousandths of the window. */
  | { readonly op: 'dev'; readonly p: number; readonly n: number; readonly s: number }
  | { readonly op: 'sync'; readonly off: number; readonly len: number; readonly type: number }
  /** The same from `p` thousandths of the window on. */
  | { readonly op: 'syncw'; readonly p: number; readonly len: number; readonly type: number };

/** A buffer, a handle, and a script that moves bytes. */
export interface CopyInput extends Request {
  /** Of the buffer's first content. */
  readonly seed: number;
  readonly script: readonly CopyStep[];
}

/** A handle. */
export interface AllocInput {
  readonly attr: ddi_dma_attr_t | null;
}

/** Memory. */
export interface MemInput {
  readonly attr: ddi_dma_attr_t;
  readonly len: number;
  readonly flags: number;
  readonly acc: ddi_device_acc_attr_t;
  readonly waitfp: 0 | 1;
}

interface Common {
  readonly id: string;
  /** What the recorded kernel answered. */
  readonly out: JsonObject;
  /** What it answered with its assertions on; `null`: the same. */
  readonly debug: JsonObject | null;
  /** Why `out` says nothing about anybody else, or `null`. */
  readonly spoilt: string | null;
}

/** A case. */
export type RecordedCase = Common &
  (
    | { readonly family: 'alloc_handle'; readonly input: AllocInput }
    | { readonly family: 'bind'; readonly input: BindInput }
    | { readonly family: 'callbacks'; readonly input: CallbacksInput }
    | { readonly family: 'copy'; readonly input: CopyInput }
    | { readonly family: 'mem_alloc'; readonly input: MemInput }
    | { readonly family: 'dma-traces'; readonly input: TraceInput }
  );

/** What may stand in `out`, by family; ddi-dma-recording(5) tells what each is. */
const answers: Readonly<Record<CaseFamily, readonly string[]>> = {
  alloc_handle: ['rc', 'burst', 'check', 'ncookies', 'handleAfterFree', 'panic'],
  bind: [
    ...['alloc', 'burst', 'bind', 'copybuf', 'copybufReq', 'ncookies', 'cookies', 'api'],
    ...['numwin', 'windows', 'windowsTruncated', 'getwin0', 'getwinEnd', 'revisit', 'rebind'],
    ...['sync', 'unbind', 'leakDmaMem', 'leakKmem', 'leakHandles', 'softcalls', 'softcallPanic'],
    'panic',
  ],
  callbacks: ['steps', 'left', 'queuedLeft', 'panic', 'panicEv'],
  copy: ['alloc', 'steps', 'nwin', 'guard', 'final', 'panic'],
  mem_alloc: [
    ...['alloc', 'rc', 'request', 'real', 'pageOff', 'kaddrAlign', 'pages', 'physRuns'],
    ...['physContig', 'geAddrLo', 'leAddrHi', 'crossesSeg', 'remapPages', 'remapWholePages'],
    ...['unmapPages', 'put32', 'bind', 'bindCookies', 'accAfterFree', 'realAfterFail'],
    ...['accAfterFail', 'leakKmem', 'leakDmaMem', 'panic'],
  ],
};

/** How ids begin. */
const prefixes: Readonly<Record<string, CaseFamily>> = {
  alloc: 'alloc_handle',
  bind: 'bind',
  cb: 'callbacks',
  copy: 'copy',
  mem: 'mem_alloc',
};

const PAGE = 4096;
const OFF_MAX = PAGE - 1;
const INT32_MAX = 0x7fff_ffff;

/**
 * Reads one line.
 *
 * @param line - the JSON of a case
 * @returns the case
 * @throws RecordingError that names the field at fault
 */
export function parseCase(line: string): RecordedCase {
  const top = new Fields(parseJson(line), '');
  if (top.has('calls')) {
    const { driver, input, out } = readTrace(top);
    const common = { id: driver, out, debug: null, spoilt: null };
    return { ...common, family: 'dma-traces', input };
  }
  const id = top.string('id');
  const family = familyOf(id);
  const out = top.object('out');
  const debug = top.has('debug') ? top.object('debug') : null;
  checkAnswers(out, 'out', family);
  if (debug !== null) checkAnswers(debug, 'debug', family);
  const input = new Fields(top.raw('in'), 'in');
  const undefinedBehaviour = top.flag('undefinedBehaviour');
  const uninit = top.flag('uninit');
  top.done();
  const spoilt = undefinedBehaviour
    ? 'the recorded kernel overran its own tables (undefinedBehaviour)'
    : uninit
      ? 'the recorded kernel read memory it had not initialised (uninit)'
      : null;
  const common = { id, out, debug, spoilt };
  for (const label of ['src', 'layout', 'pick']) input.raw(label);
  const read = readInput(family, input);
  input.done();
  return { ...common, ...read };
}

type FamilyInput = RecordedCase extends infer C
  ? C extends { readonly family: infer F extends CaseFamily; readonly input: infer I }
    ? { readonly family: F; readonly input: I }
    : never
  : never;

function readInput(family: CaseFamily, input: Fields): FamilyInput {
  switch (family) {
    case 'alloc_handle':
      return { family, input: { attr: input.raw('attr') === null ? null : attrOf(input) } };
    case 'bind':
      return { family, input: readBind(input) };
    case 'callbacks':
      return { family, input: readCallbacks(input) };
    case 'copy':
      return { family, input: readCopy(input) };
    case 'mem_alloc':
      return { family, input: readMem(input) };
  }
}

function parseJson(line: string): Json {
  try {
    return JSON.parse(line) as Json;
  } catch (e) {
    throw new RecordingError(`not JSON: ${e instanceof Error ? e.message : String(e)}`);
  }
}

function familyOf(id: string): CaseFamily {
  const [, prefix = ''] = /^([a-z]+)-/.exec(id) ?? [];
  const family = Object.hasOwn(prefixes, prefix) ? prefixes[prefix] : undefined;
  if (family !== undefined) return family;
  const known = Object.entries(prefixes).map(([p, f]) => `${p}-... (${f})`);
  throw new RecordingError(
    `id "${id}": no family that can be replayed; there is ${known.join(', ')}`,
  );
}

function checkAnswers(out: JsonObject, at: string, family: CaseFamily): void {
  const known = answers[family];
  for (const name of Object.keys(out)) {
    if (!known.includes(name)) throw new RecordingError(`${at}.${name}: no such field`);
  }
}

function readBind(input: Fields): BindInput {
  const extras = ['one', 'next', 'rebind'] as const;
  return {
    ...readRequest(input),
    waitfp: readWaitfp(input),
    revisit: input.has('revisit') ? input.integer('revisit', 0, INT32_MAX) : null,
    extra: input.has('extra') ? input.word('extra', extras) : null,
  };
}

function readCopy(input: Fields): CopyInput {
  const request = readRequest(input);
  const script = input.list('script').map((step, i) => readStep(step, `in.script[${i}]`));
  for (const [i, step] of script.entries()) {
    if (step.op === 'cpu' && step.pos + step.n > request.len) {
      throw new RecordingError(`in.script[${i}]: writes beyond the ${request.len} bytes`);
    }
  }
  return { ...request, seed: input.integer('seed', 0, INT32_MAX), script };
}

function readMem(input: Fields): MemInput {
  return {
    attr: attrOf(input),
    len: input.integer('len', 0, Number.MAX_SAFE_INTEGER),
    flags: input.word32('flags'),
    acc: readAcc(new Fields(input.raw('acc'), 'in.acc')),
    waitfp: readWaitfp(input),
  };
}

function attrOf(input: Fields): ddi_dma_attr_t {
  return readAttr(new Fields(input.raw('attr'), 'in.attr'));
}

function readRequest(input: Fields): Request {
  const read = {
    attr: attrOf(input),
    len: input.integer('len', 0, Number.MAX_SAFE_INTEGER),
    off: input.integer('off', 0, OFF_MAX),
    flags: input.word32('flags'),
    pfns: readPfns(input, 'pfns'),
  };
  const { len, off, pfns } = read;
  if (off + len > pfns.length * PAGE) {
    throw new RecordingError(`in.pfns: ${pfns.length} pages do not hold ${off}+${len} bytes`);
  }
  if (new Set(pfns).size < pfns.length) {
    throw new RecordingError('in.pfns: a frame is named twice, and has one place only');
  }
  return read;
}

function readWaitfp(input: Fields): 0 | 1 {
  return input.integer('waitfp', 0, 1) === 1 ? 1 : 0;
}

function readStep(step: Json, at: string): CopyStep {
  const [op, ...args] = isList(step) ? step : [];
  const numbers = args.filter((a): a is number => isInteger(a, 0, Number.MAX_SAFE_INTEGER));
  const [a = 0, b = 0, c = 0] = numbers;
  const wanted = typeof op === 'string' && Object.hasOwn(arity, op) ? arity[op] : undefined;
  if (wanted === args.length && numbers.length === args.length) {
    if (op === 'bind' || op === 'unbind') return { op };
    if (op === 'getwin' && b <= 1) return { op, k: a, past: b === 1 };
    if (op === 'cpu') return { op, pos: a, n: b, s: c };
    if (op === 'dev' && a <= 1000) return { op, p: a, n: b, s: c };
    if (op === 'sync') return { op, off: a, len: b, type: c };
    if (op === 'syncw' && a <= 1000) return { op, p: a, len: b, type: c };
  }
  throw new RecordingError(`${at}: no such step: ${JSON.stringify(step).slice(0, 60)}`);
}

/** How many numbers follow the name of a step. */
const arity: Readonly<Record<string, number>> = {
  bind: 0,
  unbind: 0,
  getwin: 2,
  cpu: 3,
  dev: 3,
  sync: 3,
  syncw: 3,
};
