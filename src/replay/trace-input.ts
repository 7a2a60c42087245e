/**
 * Family dma-traces: the calls of one driver, from attach to detach, on one line.
 *
 * 1. A *call* is what the driver asked for, and goes into `input`; what it was answered goes into
 *    `out`, one entry for each call, in the shape the player answers in.
 * 2. *Objects* (handles, memory, mappings, buffers) have numbers of their own kind; a call that
 *    failed made none.
 * 3. Which pages memory lies on was the recorder's choice, so they are part of the request: cookies
 *    are compared as places in the object.
 * 4. A register answers what it was recorded to answer, so the value of a read is both: what the
 *    register file is to answer, and what the driver is to get.
 * 5. A trace is long and made by other people's drivers: what is not known in it (a call, a field)
 *    is counted, and does not make the rest of it unreadable.
 */
import type { ddi_device_acc_attr_t, ddi_dma_attr_t } from '../sys/types.js';
import { Fields, isInteger, isList, RecordingError } from './fields.js';
import type { Json, JsonObject } from './fields.js';
import { readAcc, readAttr, readPfns } from './structs.js';

/** `SLEEP`, `DONTWAIT`, or a function that is called back. */
export type Wait = 'SLEEP' | 'DONTWAIT' | 'callback';

/** Bytes of one access. */
export type Width = 1 | 2 | 4 | 8;

/** What an access goes through: a mapping, configuration space included, or memory. */
export interface Reached {
  readonly kind: 'r' | 'm';
  readonly number: number;
}

/** The pages memory was recorded on. */
export interface Lay {
  /** The real length that was recorded. */
  readonly real: number;
  readonly pageOff: number;
  readonly pfns: readonly number[];
}

type OnHandle<C> = C extends string ? { readonly c: C; readonly h: number } : never;
type OnMapping<C> = C extends string ? { readonly c: C; readonly r: number } : never;

type Access<C> = {
  readonly c: C;
  readonly of: Reached;
  readonly off: number;
  readonly width: Width;
};

type Single<C> = C extends string
  ? Access<C> & {
      /** What is written, or what a register is to answer. */
      readonly value: bigint;
    }
  : never;

type Repeated<C> = C extends string
  ? Access<C> & {
      readonly flags: number;
      /** The data, or `null` where only their sum was recorded. */
      readonly values: readonly bigint[] | null;
      /** How many; `null` where that was not recorded. */
      readonly count: number | null;
    }
  : never;

/** What a call asks for. */
export type Asked =
  | { readonly c: 'mark'; readonly what: string }
  | {
      readonly c: 'alloc_handle';
      readonly attr: number;
      readonly wait: Wait;
      readonly h: number | null;
    }
  | { readonly c: 'free_handle'; readonly h: number }
  | {
      readonly c: 'mem_alloc';
      readonly h: number;
      readonly len: number;
      readonly acc: number;
      readonly flags: number;
      readonly wait: Wait;
      readonly m: number | null;
      readonly lay: Lay | null;
    }
  | { readonly c: 'mem_free'; readonly m: number }
  | { readonly c: 'buffer'; readonly b: number; readonly pfns: readonly number[] }
  | {
      readonly c: 'addr_bind';
      readonly h: number;
      readonly obj: { readonly kind: 'm' | 'b'; readonly number: number; readonly off: number };
      readonly len: number;
      readonly flags: number;
      readonly wait: Wait;
    }
  | OnHandle<'unbind' | 'nextcookie' | 'check_dma_handle'>
  | {
      readonly c: 'sync';
      readonly h: number;
      readonly off: number;
      readonly len: number;
      readonly type: number;
    }
  | {
      readonly c: 'regs_map_setup';
      readonly rnumber: number;
      readonly off: number;
      readonly len: number;
      readonly acc: number;
      readonly r: number | null;
    }
  | OnMapping<'regs_map_free' | 'pci_config_teardown'>
  | { readonly c: 'pci_config_setup'; readonly r: number | null }
  | { readonly c: 'check_acc_handle'; readonly of: Reached }
  | Single<'get' | 'put' | 'pci_config_get' | 'pci_config_put'>
  | Repeated<'rep_get' | 'rep_put'>
  /** A call nobody here knows. */
  | { readonly c: 'unknown'; readonly name: string };

/** The calls of these names. */
export type Call<C extends Asked['c']> = Extract<Asked, { readonly c: C }>;

/** One call, made so many times in a row. */
export type TraceCall = Asked & { readonly times: number };

/** Everything one driver asked for. */
export interface TraceInput {
  readonly attrs: readonly ddi_dma_attr_t[];
  readonly accs: readonly ddi_device_acc_attr_t[];
  readonly calls: readonly TraceCall[];
  /** Fields nobody here knows, and how often they are there. */
  readonly unknown: ReadonlyMap<string, number>;
  /** Whether a kernel with its assertions on answered the same. */
  readonly debugSame: boolean;
}

/** A trace as it is read. */
export interface Trace {
  readonly driver: string;
  readonly input: TraceInput;
  readonly out: JsonObject;
}

const UINT32_MAX = 0xffff_ffff;
/** More repetitions than any driver that comes to an end makes. */
const TIMES_MAX = 1 << 24;
/** Bytes of one repeated access. */
const REP_MAX = 1 << 24;

/** Notes of the recorder, not looked at. */
const notes = ['bits', 'attach', 'detach', 'attachStopped', 'dataVerified', 'scenario', 'id'];

/** Reads a trace. */
export function readTrace(top: Fields): Trace {
  const driver = top.string('driver');
  const structs = <T>(name: string, read: (fields: Fields) => T): readonly T[] =>
    top.list(name).map((value, i) => read(new Fields(value, `${name}[${i}]`)));
  const attrs = structs('attrs', readAttr);
  const accs = structs('accs', readAcc);
  const unknown = new Map<string, number>();
  const answers: JsonObject[] = [];
  const calls = top.list('calls').map((value, i) => {
    const fields = new Fields(value, `calls[${i}]`);
    const { asked, answer } = readCall(fields, { attrs: attrs.length, accs: accs.length });
    const times = fields.has('x') ? fields.integer('x', 1, TIMES_MAX) : 1;
    if (asked.c !== 'unknown') note(unknown, fields, `${fields.string('c')}.`);
    answers.push(answer);
    return { ...asked, times };
  });
  const left = leftOf(calls);
  const leftover = top.has('leftover') ? top.object('leftover') : {};
  const counts = top.has('counts') ? top.object('counts') : null;
  for (const name of notes) top.raw(name);
  const debugSame = top.flag('debugSame');
  note(unknown, top, '');
  const out = {
    calls: answers,
    ...(counts !== null && { counts }),
    // What the recorder counted in the end, of the kinds it counted.
    left: { ...left, ...leftover },
  };
  return { driver, input: { attrs, accs, calls, unknown, debugSame }, out };
}

function note(unknown: Map<string, number>, fields: Fields, prefix: string): void {
  for (const name of fields.unasked()) {
    unknown.set(prefix + name, (unknown.get(prefix + name) ?? 0) + 1);
  }
}

/** What calls made and did not free. */
function leftOf(calls: readonly TraceCall[]): Readonly<Record<string, number>> {
  const left = { dmaHandles: 0, memAllocs: 0, registerMappings: 0 };
  for (const call of calls) {
    if (call.c === 'alloc_handle' && call.h !== null) left.dmaHandles++;
    if (call.c === 'free_handle') left.dmaHandles--;
    if (call.c === 'mem_alloc' && call.m !== null) left.memAllocs++;
    if (call.c === 'mem_free') left.memAllocs--;
    const maps = call.c === 'regs_map_setup' || call.c === 'pci_config_setup';
    if (maps && call.r !== null) left.registerMappings++;
    if (call.c === 'regs_map_free' || call.c === 'pci_config_teardown') left.registerMappings--;
  }
  return left;
}

interface Tables {
  readonly attrs: number;
  readonly accs: number;
}

interface Read {
  readonly asked: Asked;
  readonly answer: JsonObject;
}

function readCall(fields: Fields, tables: Tables): Read {
  const name = fields.string('c');
  const id = (field: string): number => fields.integer(field, 1, UINT32_MAX);
  const made = (field: string): number | null => (fields.has(field) ? id(field) : null);
  const rc = (): JsonObject => ({ rc: fields.integer('rc', -0x8000_0000, 0x7fff_ffff) });
  switch (name) {
    case 'mark':
      return { asked: { c: name, what: fields.string('what') }, answer: {} };
    case 'alloc_handle': {
      const attr = fields.integer('attr', 0, tables.attrs - 1);
      return { asked: { c: name, attr, wait: readWait(fields), h: made('h') }, answer: rc() };
    }
    case 'free_handle':
      return { asked: { c: name, h: id('h') }, answer: {} };
    case 'mem_alloc':
      return readMemAlloc(fields, tables);
    case 'mem_free':
      return { asked: { c: name, m: id('m') }, answer: {} };
    case 'buffer':
      return { asked: readBuffer(fields), answer: {} };
    case 'addr_bind':
      return readBind(fields);
    case 'unbind':
    case 'check_dma_handle':
      return { asked: { c: name, h: id('h') }, answer: rc() };
    case 'nextcookie':
      return { asked: { c: name, h: id('h') }, answer: { cookie: fields.string('cookie') } };
    case 'sync': {
      const type = fields.integer('type', 0, UINT32_MAX);
      const range = { off: fields.size('off'), len: fields.size('len'), type };
      return { asked: { c: name, h: id('h'), ...range }, answer: rc() };
    }
    case 'regs_map_setup': {
      const acc = fields.integer('acc', 0, tables.accs - 1);
      const rnumber = fields.integer('rnumber', 0, UINT32_MAX);
      const range = { off: fields.size('off'), len: fields.size('len') };
      return { asked: { c: name, rnumber, ...range, acc, r: made('r') }, answer: rc() };
    }
    case 'pci_config_setup':
      return { asked: { c: name, r: made('r') }, answer: rc() };
    case 'regs_map_free':
    case 'pci_config_teardown':
      return { asked: { c: name, r: id('r') }, answer: {} };
    case 'check_acc_handle':
      return { asked: { c: name, of: readReached(fields) }, answer: rc() };
    default:
      return readAccess(fields, name) ?? { asked: { c: 'unknown', name }, answer: {} };
  }
}

function readMemAlloc(fields: Fields, tables: Tables): Read {
  const rc = fields.integer('rc', -0x8000_0000, 0x7fff_ffff);
  const asked = {
    c: 'mem_alloc',
    h: fields.integer('h', 1, UINT32_MAX),
    len: fields.size('len'),
    acc: fields.integer('acc', 0, tables.accs - 1),
    flags: fields.word32('flags'),
    wait: readWait(fields),
  } as const;
  const fail = (): Read => {
    for (const left of ['m', 'real', 'pageOff', 'pfns']) fields.raw(left);
    return { asked: { ...asked, m: null, lay: null }, answer: { rc } };
  };
  if (rc !== 0) return fail();
  const real = fields.integer('real', 0, Number.MAX_SAFE_INTEGER);
  const pageOff = fields.integer('pageOff', 0, 4095);
  const lay = { real, pageOff, pfns: readPfns(fields, 'pfns') };
  const m = fields.integer('m', 1, UINT32_MAX);
  return { asked: { ...asked, m, lay }, answer: { rc, real } };
}

function readBuffer(fields: Fields): Asked {
  const pages = fields.integer('pages', 1, UINT32_MAX);
  const pfns = readPfns(fields, 'pfns');
  if (pages !== pfns.length) {
    throw new RecordingError(`${fields.place('pages')}: ${pages}, with ${pfns.length} frames`);
  }
  return { c: 'buffer', b: fields.integer('b', 1, UINT32_MAX), pfns };
}

function readBind(fields: Fields): Read {
  const [kind, number, off, ...more] = fields.list('obj');
  const known = kind === 'm' || kind === 'b';
  if (!known || !isInteger(number, 1, UINT32_MAX) || !isOffset(off) || more.length > 0) {
    throw new RecordingError(`${fields.place('obj')}: expected such as ["m", 1, 0]`);
  }
  const rc = fields.integer('rc', -0x8000_0000, 0x7fff_ffff);
  const asked = {
    c: 'addr_bind',
    h: fields.integer('h', 1, UINT32_MAX),
    obj: { kind, number, off },
    len: fields.size('len'),
    flags: fields.word32('flags'),
    wait: readWait(fields),
  } as const;
  if (rc < 0) {
    for (const left of ['n', 'cookies']) fields.raw(left);
    return { asked, answer: { rc } };
  }
  const n = fields.integer('n', 0, UINT32_MAX);
  return { asked, answer: { rc, n, cookies: fields.string('cookies') } };
}

function isOffset(value: Json | undefined): value is number {
  return isInteger(value, 0, Number.MAX_SAFE_INTEGER);
}

function readWait(fields: Fields): Wait {
  const wait = fields.raw('wait');
  if (wait === 'SLEEP' || wait === 1) return 'SLEEP';
  if (wait === 'DONTWAIT' || wait === 0) return 'DONTWAIT';
  fields.string('wait');
  return 'callback';
}

function readReached(fields: Fields): Reached {
  const kind = fields.has('m') ? 'm' : 'r';
  return { kind, number: fields.integer(kind, 1, UINT32_MAX) };
}

const widths: Readonly<Record<string, Width>> = { 8: 1, 16: 2, 32: 4, 64: 8 };

/** get8 to put64, their rep forms and those of configuration space; `null`: none of them. */
function readAccess(fields: Fields, name: string): Read | null {
  const [, c, bits = ''] = /^((?:rep_|pci_config_)?(?:get|put))(8|16|32|64)$/.exec(name) ?? [];
  const width = widths[bits];
  if (c === undefined || width === undefined) return null;
  const of = readReached(fields);
  const off = fields.size('off');
  if (c === 'rep_get' || c === 'rep_put') return readRep(fields, { c, of, off, width });
  if (c !== 'get' && c !== 'put' && c !== 'pci_config_get' && c !== 'pci_config_put') return null;
  const value = readValue(fields.raw('v'), width, fields.place('v'));
  return { asked: { c, of, off, width, value }, answer: { v: hex(value) } };
}

function readRep(fields: Fields, where: Access<'rep_get' | 'rep_put'>): Read {
  const { width } = where;
  const countField = ['n', 'count'].find((name) => fields.has(name));
  const counted = countField === undefined ? null : fields.integer(countField, 0, REP_MAX / width);
  const flags = fields.has('flags') ? fields.word32('flags') : 1;
  const values = repeatedValues(fields.peek('v'), width);
  const answer: Record<string, Json> = {};
  if (values !== null) {
    fields.raw('v');
    answer['v'] = values.map(hex);
  } else if (fields.has('crc')) answer['crc'] = readSum(fields);
  return { asked: { ...where, flags, values, count: counted ?? values?.length ?? null }, answer };
}

/** The data of a repeated access; `null` when they are not there as a list of values. */
function repeatedValues(v: Json | undefined, width: Width): readonly bigint[] | null {
  if (!isList(v)) return null;
  const values = v.map((one) => valueIn(one, width));
  return values.every((value) => value !== null) ? values : null;
}

function readSum(fields: Fields): string {
  const crc = fields.raw('crc');
  const text = typeof crc === 'number' ? crc.toString(16) : fields.string('crc');
  return text.replace(/^0x/i, '').toLowerCase().padStart(8, '0');
}

function readValue(value: Json | undefined, width: Width, at: string): bigint {
  const read = valueIn(value, width);
  if (read !== null) return read;
  const found = value === undefined ? 'nothing' : JSON.stringify(value).slice(0, 60);
  throw new RecordingError(`${at}: expected a number of ${8 * width} bits, found ${found}`);
}

function valueIn(value: Json | undefined, width: Width): bigint | null {
  const text = typeof value === 'string' && /^0x[0-9a-f]{1,16}$/i.test(value);
  if (!text && !isInteger(value, 0, Number.MAX_SAFE_INTEGER)) return null;
  const read = BigInt(value);
  return read < 1n << BigInt(8 * width) ? read : null;
}

/** A value as recordings write it. */
export function hex(value: bigint): string {
  return `0x${value.toString(16)}`;
}
