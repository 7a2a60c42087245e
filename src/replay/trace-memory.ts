/**
 * Memory of a trace: what the recorded device wrote into it, and when it is to be written again.
 *
 * A recording has the accesses of the driver through its access handles. A read of memory is
 *   (1) *determined* when it gives what the driver last put there: the model must give the same;
 *   (2) *supplied* when it gives something else and a device may have written, because the memory
 *       was bound for that. The device does it again, at the bus address of the binding, before
 *       the last sync for the CPU that came between: what the driver then reads must have come that
 *       whole way. Without such a sync it is written right before the read, which proves nothing
 *       about synchronisation and is counted;
 *   (3) *plain* when nobody in the recording wrote it and no device could: the driver did, with
 *       stores of its own, which are not recorded. It is put there and counted.
 * What the driver put there and reads otherwise, with no device about, is compared, and differs.
 */
import { DDI_DMA_READ, DDI_DMA_SYNC_FORDEV } from '../sys/constants.js';
import type { Call, TraceCall, TraceInput, Width } from './trace-input.js';

/** Bytes that somebody other than the recorded calls wrote. */
export interface Supply {
  readonly m: number;
  /** In the memory. */
  readonly off: number;
  readonly bytes: Uint8Array;
  /** The handle the device has the address from; `null`: the driver itself wrote. */
  readonly h: number | null;
}

/** What a trace needs written, by the call it is written before. */
export interface MemoryPlan {
  readonly supplies: ReadonlyMap<number, readonly Supply[]>;
  /** Reads that prove less than they could, by call, and why. */
  readonly weak: ReadonlyMap<number, string>;
  /** Reads of which only a sum is recorded, and not what it is the sum of. */
  readonly blind: ReadonlySet<number>;
}

const unsynced = 'reads of what a device wrote, without a sync between';
const plain = 'reads of memory written by plain stores, which are not recorded';

/** A binding of memory, for the time it lasts. */
interface Bound {
  readonly h: number;
  readonly m: number;
  readonly off: number;
  readonly len: number;
  readonly deviceWrites: boolean;
  /** The call that ended it. */
  until: number;
}

interface Synced {
  readonly call: number;
  readonly bound: Bound;
  readonly from: number;
  readonly to: number;
}

/** Memory as the recording has it. */
class Shadow {
  readonly little: boolean;
  readonly bytes: Uint8Array;
  /** The call after which the byte was what it is; -1: not known what it is. */
  readonly since: Int32Array;
  readonly bounds: Bound[] = [];
  readonly syncs: Synced[] = [];

  constructor(sizeBytes: number, little: boolean) {
    this.little = little;
    this.bytes = new Uint8Array(sizeBytes);
    this.since = new Int32Array(sizeBytes).fill(-1);
  }

  know(off: number, bytes: Uint8Array, call: number): void {
    this.bytes.set(bytes, off);
    this.since.fill(call, off, off + bytes.length);
  }

  /** Whether the bytes are known; and since when. */
  knownSince(off: number, len: number): { known: boolean; since: number } {
    const since = this.since.subarray(off, off + len);
    return { known: !since.includes(-1), since: since.reduce((a, b) => Math.max(a, b), -1) };
  }
}

/** Looks through a trace. */
export function planMemory(input: TraceInput): MemoryPlan {
  const planner = new Planner(input);
  for (const [i, call] of input.calls.entries()) planner.step(i, call);
  return planner;
}

class Planner implements MemoryPlan {
  readonly supplies = new Map<number, Supply[]>();
  readonly weak = new Map<number, string>();
  readonly blind = new Set<number>();
  readonly #input: TraceInput;
  readonly #memory = new Map<number, Shadow>();
  readonly #bound = new Map<number, Bound>();

  constructor(input: TraceInput) {
    this.#input = input;
  }

  step(i: number, call: TraceCall): void {
    switch (call.c) {
      case 'mem_alloc':
        if (call.m !== null) {
          const big = this.#input.accs[call.acc]?.devacc_attr_endian_flags === 2;
          this.#memory.set(call.m, new Shadow(call.lay?.real ?? 0, !big));
        }
        return;
      case 'mem_free':
        this.#memory.delete(call.m);
        return;
      case 'addr_bind':
        this.#bind(call);
        return;
      case 'unbind':
      case 'free_handle': {
        const bound = this.#bound.get(call.h);
        if (bound !== undefined) bound.until = i;
        this.#bound.delete(call.h);
        return;
      }
      case 'sync':
        this.#sync(i, call);
        return;
      case 'get':
      case 'put':
        if (call.of.kind === 'm') this.#access(i, call, call.c === 'put', [call.value]);
        return;
      case 'rep_get':
      case 'rep_put':
        if (call.of.kind === 'm') this.#rep(i, call);
        return;
      default:
    }
  }

  #bind({ h, obj, len, flags }: Call<'addr_bind'>): void {
    if (obj.kind !== 'm') return;
    const deviceWrites = (flags & DDI_DMA_READ) !== 0;
    const bound = { h, m: obj.number, off: obj.off, len, deviceWrites, until: Infinity };
    this.#bound.set(h, bound);
    this.#memory.get(obj.number)?.bounds.push(bound);
  }

  #sync(i: number, { h, off, len, type }: Call<'sync'>): void {
    const bound = this.#bound.get(h);
    if (bound === undefined || type === DDI_DMA_SYNC_FORDEV || !bound.deviceWrites) return;
    // ddi_dma_sync(9F) DS-4: no length means to the end of the object.
    const from = bound.off + off;
    const to = len === 0 ? bound.off + bound.len : from + len;
    this.#memory.get(bound.m)?.syncs.push({ call: i, bound, from, to });
  }

  #rep(i: number, call: Call<'rep_get' | 'rep_put'>): void {
    const { values, count, width, of, off, flags } = call;
    const shadow = this.#memory.get(of.number);
    if (shadow === undefined) return;
    if (values !== null && (flags & 1) !== 0) {
      this.#access(i, call, call.c === 'rep_put', values);
      return;
    }
    const len = (count ?? 0) * width;
    if (call.c === 'rep_put') {
      // Something was written; what, only its sum tells.
      shadow.since.fill(-1, off, count === null ? undefined : off + len);
    } else if (count === null || !shadow.knownSince(off, len).known) this.blind.add(i);
  }

  #access(
    i: number,
    { of, off, width }: Pick<Call<'get' | 'rep_get'>, 'of' | 'off' | 'width'>,
    writes: boolean,
    values: readonly bigint[],
  ): void {
    const shadow = this.#memory.get(of.number);
    const bytes = joined(values, width, shadow?.little ?? true);
    // What is out of the memory is the driver's mistake, and found when it is played.
    if (shadow === undefined || off < 0 || off + bytes.length > shadow.bytes.length) return;
    if (writes) shadow.know(off, bytes, i);
    else this.#read(i, of.number, shadow, off, bytes);
  }

  #read(i: number, m: number, shadow: Shadow, off: number, bytes: Uint8Array): void {
    const { known, since } = shadow.knownSince(off, bytes.length);
    const same = bytes.every((b, k) => shadow.bytes[off + k] === b);
    if (known && same) return;
    const synced = shadow.syncs.findLast(
      ({ call, from, to }) => call > since && from <= off && to >= off + bytes.length,
    );
    if (synced !== undefined) {
      this.#supply(synced.call, { m, off, bytes, h: synced.bound.h });
      shadow.know(off, bytes, synced.call);
      return;
    }
    const writer = shadow.bounds.findLast((b) => b.deviceWrites && b.until > since);
    if (writer === undefined && known) return;
    this.weak.set(i, writer === undefined ? plain : unsynced);
    this.#supply(i, { m, off, bytes, h: writer?.until === Infinity ? writer.h : null });
    shadow.know(off, bytes, i);
  }

  #supply(call: number, supply: Supply): void {
    const list = this.supplies.get(call);
    if (list === undefined) this.supplies.set(call, [supply]);
    else list.push(supply);
  }
}

/** The bytes of a value as they lie in memory, or in registers. */
export function bytesOf(value: bigint, width: Width, little: boolean): Uint8Array {
  const bytes = new Uint8Array(width);
  for (let i = 0; i < width; i++) {
    bytes[little ? i : width - 1 - i] = Number((value >> BigInt(8 * i)) & 0xffn);
  }
  return bytes;
}

/** The value that bytes are. */
export function valueOf(bytes: Uint8Array, little: boolean): bigint {
  let value = 0n;
  for (let i = 0; i < bytes.length; i++) {
    value = (value << 8n) | BigInt(bytes[little ? bytes.length - 1 - i : i] ?? 0);
  }
  return value;
}

function joined(values: readonly bigint[], width: Width, little: boolean): Uint8Array {
  const all = new Uint8Array(values.length * width);
  for (const [i, value] of values.entries()) all.set(bytesOf(value, width, little), i * width);
  return all;
}
