/** The bytes of copy cases: formulas, so that a recording need not hold any. */

/** Byte `i` of the buffer as it begins. */
export function startByte(i: number, seed: number): number {
  return (i * 7 + (i >>> 8) * 13 + seed * 29) & 255;
}

/** Byte `j` of what the CPU writes in a step with pattern `s`. */
export function cpuByte(j: number, s: number): number {
  return (j * 7 + (j >>> 8) * 13 + s * 29) & 255;
}

/** Byte `j` of what the device writes in a step with pattern `s`. */
export function devByte(j: number, s: number): number {
  return (j * 5 + (j >>> 8) * 3 + s * 31 + 128) & 255;
}

/** What stands around the buffer in its pages. */
export const guardByte = 0xee;
/** What memory holds before anything was written to it. */
export const freshByte = 0xcb;

/** `n` bytes of a pattern. */
export function pattern(n: number, byte: (j: number, s: number) => number, s: number): Uint8Array {
  const bytes = new Uint8Array(n);
  for (let j = 0; j < n; j++) bytes[j] = byte(j, s);
  return bytes;
}
