/** What the accesses of a trace are to the registers of the device. */
import type { RegisterWidth } from '../machine/device.js';
import type { RegisterAccess } from './register-file.js';
import type { TraceInput, Width } from './trace-input.js';
import { bytesOf, valueOf } from './trace-memory.js';

/** Eight bytes are two register accesses. */
const REGISTER_MAX = 4;
/** Bytes of the smallest register set. */
const SET_MIN = 256;

/** The accesses of registers that one call makes, of bytes as they lie in the registers. */
export function accessesOf(
  op: 'read' | 'write',
  rnumber: number,
  off: number,
  bytes: Uint8Array,
): readonly RegisterAccess[] {
  const width = Math.min(bytes.length, REGISTER_MAX) as RegisterWidth;
  return Array.from({ length: bytes.length / width }, (_, i) => {
    const part = bytes.subarray(i * width, (i + 1) * width);
    return { op, rnumber, off: off + i * width, width, value: Number(valueOf(part, true)) };
  });
}

/** The values the driver wrote, from what registers were written. */
export function writtenValues(
  written: readonly number[],
  width: Width,
  little: boolean,
): readonly bigint[] {
  const part = width === 8 ? REGISTER_MAX : width;
  const bytes = Uint8Array.from(written.flatMap((v) => [...bytesOf(BigInt(v), part, true)]));
  return Array.from({ length: bytes.length / width }, (_, i) =>
    valueOf(bytes.subarray(i * width, (i + 1) * width), little),
  );
}

/** How large each register set must be: what is mapped, and what is accessed. */
export function registerSets({ calls }: TraceInput): readonly number[] {
  const ends = new Map<number, number>([[0, 1]]);
  const mapped = new Map<number, { readonly rnumber: number; readonly off: number }>();
  const reach = (rnumber: number, end: number): void => {
    ends.set(rnumber, Math.max(ends.get(rnumber) ?? 0, end));
  };
  for (const call of calls) {
    if (call.c === 'regs_map_setup' && call.r !== null) {
      mapped.set(call.r, call);
      reach(call.rnumber, call.off + Math.max(call.len, 1));
    } else if (call.c === 'pci_config_setup' && call.r !== null) {
      mapped.set(call.r, { rnumber: 0, off: 0 });
    } else if ('of' in call && 'off' in call && call.of.kind === 'r') {
      const mapping = mapped.get(call.of.number);
      const count = 'count' in call && (call.flags & 1) !== 0 ? (call.count ?? 1) : 1;
      if (mapping !== undefined) {
        reach(mapping.rnumber, mapping.off + call.off + call.width * count);
      }
    }
  }
  return Array.from({ length: Math.max(...ends.keys()) + 1 }, (_, rnumber) => {
    // A set nobody maps is there, and has nothing in it.
    const end = ends.get(rnumber);
    return end === undefined ? 0 : Math.max(SET_MIN, 2 ** Math.ceil(Math.log2(end)));
  });
}
