import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Crc32 } from '../../src/replay/crc32.js';

/** Bit by bit, as the definition has it. */
function naive(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) {
      const odd = (crc & 1) === 1;
      crc = (crc >>> 1) ^ (odd ? 0xedb88320 : 0);
    }
  }
  return ~crc >>> 0;
}

const crc = new Crc32();
const ascii = (text: string): Uint8Array => new TextEncoder().encode(text);

describe('the checksum', () => {
  it('is that of zlib', () => {
    expect(crc.of(ascii('123456789'))).toBe(0xcbf43926);
    expect(crc.of(ascii('The quick brown fox jumps over the lazy dog'))).toBe(0x414fa339);
    expect(crc.of(new Uint8Array())).toBe(0);
  });

  it('is what the definition gives, at every length and offset', () => {
    const run = fc.tuple(fc.uint8Array({ maxLength: 70 }), fc.nat(8), fc.nat(8));
    fc.assert(
      fc.property(run, ([bytes, front, back]) => {
        const to = Math.max(front, bytes.length - back);
        expect(crc.of(bytes, front, to)).toBe(naive(bytes.slice(front, to)));
      }),
    );
  });
});
