/**
 * CRC-32 as zlib has it: the reversed polynomial 0xedb88320, four bytes at a time by tables.
 *
 * Written out because zlib of the oldest Node.js supported has no crc32, and because a model has no
 * business with modules of its host.
 */

/** Computes checksums; owns its tables. */
export class Crc32 {
  /** Four tables of 256, one for each byte of a word. */
  readonly #tables = makeTables();

  /** The checksum of `bytes[from..to)`, unsigned. */
  of(bytes: Uint8Array, from = 0, to = bytes.length): number {
    const t = this.#tables;
    let crc = -1;
    let i = from;
    for (; i + 4 <= to; i += 4) {
      const word =
        crc ^
        ((bytes[i] ?? 0) |
          ((bytes[i + 1] ?? 0) << 8) |
          ((bytes[i + 2] ?? 0) << 16) |
          ((bytes[i + 3] ?? 0) << 24));
      crc =
        (t[768 + (word & 255)] ?? 0) ^
        (t[512 + ((word >>> 8) & 255)] ?? 0) ^
        (t[256 + ((word >>> 16) & 255)] ?? 0) ^
        (t[word >>> 24] ?? 0);
    }
    for (; i < to; i++) crc = (crc >>> 8) ^ (t[(crc ^ (bytes[i] ?? 0)) & 255] ?? 0);
    return ~crc >>> 0;
  }
}

function makeTables(): Int32Array {
  const tables = new Int32Array(1024);
  for (let byte = 0; byte < 256; byte++) {
    let crc = byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ ((crc & 1) === 0 ? 0 : 0xedb88320);
    tables[byte] = crc;
  }
  for (let i = 256; i < 1024; i++) {
    const before = tables[i - 256] ?? 0;
    tables[i] = (before >>> 8) ^ (tables[before & 255] ?? 0);
  }
  return tables;
}
