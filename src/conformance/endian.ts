/**
 * The endian matrix: what an access returns for known bytes, worked out from nothing but the
 * meaning of the words little-endian and big-endian.
 */

/** The widths of the accessors in bits. */
export type Width = 8 | 16 | 32 | 64;

/** The widths of the accessors in bits, narrow ones first. */
export const widths: readonly Width[] = [8, 16, 32, 64];

/** Bytes as they lie in device memory: 01 to 08. */
export const registerBytes: Uint8Array = Uint8Array.from([1, 2, 3, 4, 5, 6, 7, 8]);

/**
 * What accesses of each width read at the first of `registerBytes`.
 *
 * @param order - the order in which the bytes make a number
 */
export function endianRow(order: 'little' | 'big'): Record<Width, bigint> {
  return order === 'little'
    ? { 8: 0x01n, 16: 0x0201n, 32: 0x04030201n, 64: 0x0807060504030201n }
    : { 8: 0x01n, 16: 0x0102n, 32: 0x01020304n, 64: 0x0102030405060708n };
}
