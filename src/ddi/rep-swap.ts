/**
 * Copies that turn each datum round: memory of one byte order to arrays of the other.
 *
 * The array that is written is a local of the loop, and a load that turns is one of DataView with a
 * constant order: either makes the loop several times faster.
 */

/** Arrays of unsigned data wider than a byte. */
type Unsigned = Uint8Array | Uint16Array | Uint32Array | BigUint64Array;

/**
 * Copies data and turns each round. Goes upwards, so that the places may overlap as in a loop.
 *
 * @param to - where they go: an array of the width
 * @param at - index in it
 * @param from - where they are
 * @param off - where in it, in bytes
 * @param count - data
 */
export function swapInto(
  to: Unsigned,
  at: number,
  from: DataView,
  off: number,
  count: number,
): void {
  if (to instanceof Uint32Array) swap32(to, at, from, off, count);
  else if (to instanceof Uint16Array) swap16(to, at, from, off, count);
  else swap64(new Uint32Array(to.buffer, to.byteOffset, to.length * 2), at * 2, from, off, count);
}

/** Data of 16 bits; parameters as of {@link swapInto}. */
export function swap16(
  to: Uint16Array,
  at: number,
  from: DataView,
  off: number,
  count: number,
): void {
  for (let i = 0; i < count; i++) to[at + i] = from.getUint16(off + 2 * i, false);
}

/**
 * Sixty-four at a time: where an array lies and how long it is, is asked anew each time round, and
 * that costs as much as four data: eight at a time take a fifth longer, one at a time three times
 * as long. `| 0` spares the question whether a sum is still a small integer.
 */
export function swap32(
  to: Uint32Array,
  at: number,
  from: DataView,
  off: number,
  count: number,
): void {
  const last = (count - 64) | 0;
  let i = 0;
  for (; i <= last; i += 64) {
    const p = (off + (i << 2)) | 0;
    const q = (at + i) | 0;
    to[q] = from.getUint32(p, false);
    to[(q + 1) | 0] = from.getUint32((p + 4) | 0, false);
    to[(q + 2) | 0] = from.getUint32((p + 8) | 0, false);
    to[(q + 3) | 0] = from.getUint32((p + 12) | 0, false);
    to[(q + 4) | 0] = from.getUint32((p + 16) | 0, false);
    to[(q + 5) | 0] = from.getUint32((p + 20) | 0, false);
    to[(q + 6) | 0] = from.getUint32((p + 24) | 0, false);
    to[(q + 7) | 0] = from.getUint32((p + 28) | 0, false);
    to[(q + 8) | 0] = from.getUint32((p + 32) | 0, false);
    to[(q + 9) | 0] = from.getUint32((p + 36) | 0, false);
    to[(q + 10) | 0] = from.getUint32((p + 40) | 0, false);
    to[(q + 11) | 0] = from.getUint32((p + 44) | 0, false);
    to[(q + 12) | 0] = from.getUint32((p + 48) | 0, false);
    to[(q + 13) | 0] = from.getUint32((p + 52) | 0, false);
    to[(q + 14) | 0] = from.getUint32((p + 56) | 0, false);
    to[(q + 15) | 0] = from.getUint32((p + 60) | 0, false);
    to[(q + 16) | 0] = from.getUint32((p + 64) | 0, false);
    to[(q + 17) | 0] = from.getUint32((p + 68) | 0, false);
    to[(q + 18) | 0] = from.getUint32((p + 72) | 0, false);
    to[(q + 19) | 0] = from.getUint32((p + 76) | 0, false);
    to[(q + 20) | 0] = from.getUint32((p + 80) | 0, false);
    to[(q + 21) | 0] = from.getUint32((p + 84) | 0, false);
    to[(q + 22) | 0] = from.getUint32((p + 88) | 0, false);
    to[(q + 23) | 0] = from.getUint32((p + 92) | 0, false);
    to[(q + 24) | 0] = from.getUint32((p + 96) | 0, false);
    to[(q + 25) | 0] = from.getUint32((p + 100) | 0, false);
    to[(q + 26) | 0] = from.getUint32((p + 104) | 0, false);
    to[(q + 27) | 0] = from.getUint32((p + 108) | 0, false);
    to[(q + 28) | 0] = from.getUint32((p + 112) | 0, false);
    to[(q + 29) | 0] = from.getUint32((p + 116) | 0, false);
    to[(q + 30) | 0] = from.getUint32((p + 120) | 0, false);
    to[(q + 31) | 0] = from.getUint32((p + 124) | 0, false);
    to[(q + 32) | 0] = from.getUint32((p + 128) | 0, false);
    to[(q + 33) | 0] = from.getUint32((p + 132) | 0, false);
    to[(q + 34) | 0] = from.getUint32((p + 136) | 0, false);
    to[(q + 35) | 0] = from.getUint32((p + 140) | 0, false);
    to[(q + 36) | 0] = from.getUint32((p + 144) | 0, false);
    to[(q + 37) | 0] = from.getUint32((p + 148) | 0, false);
    to[(q + 38) | 0] = from.getUint32((p + 152) | 0, false);
    to[(q + 39) | 0] = from.getUint32((p + 156) | 0, false);
    to[(q + 40) | 0] = from.getUint32((p + 160) | 0, false);
    to[(q + 41) | 0] = from.getUint32((p + 164) | 0, false);
    to[(q + 42) | 0] = from.getUint32((p + 168) | 0, false);
    to[(q + 43) | 0] = from.getUint32((p + 172) | 0, false);
    to[(q + 44) | 0] = from.getUint32((p + 176) | 0, false);
    to[(q + 45) | 0] = from.getUint32((p + 180) | 0, false);
    to[(q + 46) | 0] = from.getUint32((p + 184) | 0, false);
    to[(q + 47) | 0] = from.getUint32((p + 188) | 0, false);
    to[(q + 48) | 0] = from.getUint32((p + 192) | 0, false);
    to[(q + 49) | 0] = from.getUint32((p + 196) | 0, false);
    to[(q + 50) | 0] = from.getUint32((p + 200) | 0, false);
    to[(q + 51) | 0] = from.getUint32((p + 204) | 0, false);
    to[(q + 52) | 0] = from.getUint32((p + 208) | 0, false);
    to[(q + 53) | 0] = from.getUint32((p + 212) | 0, false);
    to[(q + 54) | 0] = from.getUint32((p + 216) | 0, false);
    to[(q + 55) | 0] = from.getUint32((p + 220) | 0, false);
    to[(q + 56) | 0] = from.getUint32((p + 224) | 0, false);
    to[(q + 57) | 0] = from.getUint32((p + 228) | 0, false);
    to[(q + 58) | 0] = from.getUint32((p + 232) | 0, false);
    to[(q + 59) | 0] = from.getUint32((p + 236) | 0, false);
    to[(q + 60) | 0] = from.getUint32((p + 240) | 0, false);
    to[(q + 61) | 0] = from.getUint32((p + 244) | 0, false);
    to[(q + 62) | 0] = from.getUint32((p + 248) | 0, false);
    to[(q + 63) | 0] = from.getUint32((p + 252) | 0, false);
  }
  for (; i < count; i++) to[at + i] = from.getUint32(off + (i << 2), false);
}

/** Halves, so that no bigint is made; both are loaded before either is stored. */
export function swap64(
  to: Uint32Array,
  at: number,
  from: DataView,
  off: number,
  count: number,
): void {
  for (let i = 0; i < count; i++) {
    const high = from.getUint32(off + 8 * i, false);
    to[at + 2 * i] = from.getUint32(off + 8 * i + 4, false);
    to[at + 2 * i + 1] = high;
  }
}
