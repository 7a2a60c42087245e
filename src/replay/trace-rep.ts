/** Calls of a trace that access many data at once: ddi_rep_get8(9F) and kin. */
import {
  ddi_rep_get16,
  ddi_rep_get32,
  ddi_rep_get64,
  ddi_rep_get8,
  ddi_rep_put16,
  ddi_rep_put32,
  ddi_rep_put64,
  ddi_rep_put8,
  DDI_DEV_AUTOINCR,
  type ddi_acc_handle_t,
} from '../index.js';
import type { JsonObject } from './fields.js';
import type { RegisterFile } from './register-file.js';
import type { Stage } from './stage.js';
import { accessesOf, writtenValues } from './register-access.js';
import { type Call, hex, type Width } from './trace-input.js';
import { bytesOf, valueOf } from './trace-memory.js';
import { type Answer, Passed, type TraceObjects } from './trace-objects.js';

/** A call, of either direction. */
type Repeated = Call<'rep_get' | 'rep_put'>;

/** Makes one kind of call: values in, values out. */
type Mover = (
  handle: ddi_acc_handle_t,
  values: readonly bigint[],
  addr: number,
  flags: number,
) => readonly bigint[];

type Narrow<A> = (
  handle: ddi_acc_handle_t,
  host: A,
  addr: number,
  count: number,
  flags: number,
) => void;

function narrow<A extends Uint8Array | Uint16Array | Uint32Array>(
  make: (values: readonly number[]) => A,
  call: Narrow<A>,
): Mover {
  return (handle, values, addr, flags) => {
    const host = make(values.map(Number));
    call(handle, host, addr, host.length, flags);
    return Array.from(host, BigInt);
  };
}

function wide(call: Narrow<BigUint64Array>): Mover {
  return (handle, values, addr, flags) => {
    const host = BigUint64Array.from(values);
    call(handle, host, addr, host.length, flags);
    return [...host];
  };
}

const bytes = (values: readonly number[]): Uint8Array => Uint8Array.from(values);
const shorts = (values: readonly number[]): Uint16Array => Uint16Array.from(values);
const words = (values: readonly number[]): Uint32Array => Uint32Array.from(values);

const movers: Readonly<Record<Repeated['c'], Readonly<Record<Width, Mover>>>> = {
  rep_get: {
    1: narrow(bytes, ddi_rep_get8),
    2: narrow(shorts, ddi_rep_get16),
    4: narrow(words, ddi_rep_get32),
    8: wide(ddi_rep_get64),
  },
  rep_put: {
    1: narrow(bytes, ddi_rep_put8),
    2: narrow(shorts, ddi_rep_put16),
    4: narrow(words, ddi_rep_put32),
    8: wide(ddi_rep_put64),
  },
};

const uncounted = 'repeated accesses whose number is not recorded';
const unseen = 'sums of data that are not recorded';

/** Makes the calls. */
export class RepeatedCalls {
  readonly #stage: Stage;
  readonly #made: TraceObjects;
  readonly #file: RegisterFile;

  constructor(stage: Stage, made: TraceObjects, file: RegisterFile) {
    this.#stage = stage;
    this.#made = made;
    this.#file = file;
  }

  /**
   * Makes one call.
   *
   * @param blind - whether what memory holds cannot be known
   */
  repeat(call: Repeated, expected: JsonObject, blind: boolean): Answer {
    const { of, count } = call;
    const made = of.kind === 'm' ? this.#made.memory.get(of.number) : null;
    const mapping = of.kind === 'r' ? this.#made.mappings.get(of.number) : null;
    if (made === undefined || mapping === undefined) return this.#made.lack();
    if (count === null) return new Passed(uncounted);
    if (mapping !== null) return this.#registers(call, count, mapping);
    // What was written is not known, and what was there is known no longer.
    if (made === null || (call.c === 'rep_put' && call.values === null)) return new Passed(unseen);
    const mover = movers[call.c][call.width];
    const zeroes = Array.from({ length: count }, () => 0n);
    const at = made.kaddr + call.off;
    const moved = mover(
      made.acc,
      call.c === 'rep_put' ? (call.values ?? []) : zeroes,
      at,
      call.flags,
    );
    const got = call.c === 'rep_put' ? this.#there(call, at, made.little, count) : moved;
    return blind ? new Passed(unseen) : this.#answer(call, expected, got);
  }

  /** What memory holds after the data were written. */
  #there(
    { width, flags, values }: Repeated,
    at: number,
    little: boolean,
    count: number,
  ): readonly bigint[] {
    const { probe } = this.#stage.machine;
    const there = (addr: number): bigint => valueOf(probe.peek(addr, width), little);
    if ((flags & DDI_DEV_AUTOINCR) !== 0) {
      return Array.from({ length: count }, (_, i) => there(at + i * width));
    }
    // Each wrote over the one before.
    return [...(values ?? []).slice(0, -1), there(at)];
  }

  #registers(
    call: Repeated,
    count: number,
    mapping: {
      readonly acc: ddi_acc_handle_t;
      readonly addr: number;
      readonly off: number;
      readonly rnumber: number;
      readonly little: boolean;
    },
  ): Answer {
    const { c, off, width, flags } = call;
    const { acc, addr, little, rnumber } = mapping;
    const values = call.values ?? Array.from({ length: count }, () => 0n);
    const step = (flags & DDI_DEV_AUTOINCR) === 0 ? 0 : width;
    const op = c === 'rep_get' ? 'read' : 'write';
    this.#file.expect(
      values.flatMap((value, i) =>
        accessesOf(op, rnumber, mapping.off + off + i * step, bytesOf(value, width, little)),
      ),
    );
    const moved = movers[c][width](acc, values, addr + off, flags);
    const { written, strange } = this.#file.seen();
    if (strange !== null) return { access: strange };
    if (call.values === null) return new Passed(unseen);
    const got = c === 'rep_get' ? moved : writtenValues(written, width, little);
    return { v: got.map(hex) };
  }

  #answer({ width }: Repeated, expected: JsonObject, got: readonly bigint[]): Answer {
    if (expected['crc'] === undefined) return { v: got.map(hex) };
    const host = got.flatMap((value) => [...bytesOf(value, width, true)]);
    const crc = this.#stage.crc.of(Uint8Array.from(host));
    return { crc: crc.toString(16).padStart(8, '0') };
  }
}
