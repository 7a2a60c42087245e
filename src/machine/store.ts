/**
 * The store: one ArrayBuffer that holds every byte the model can touch, indexed by kernel virtual
 * address.
 *
 * The CPU needs no translation: the byte at kernel address `va` is `bytes[va]`. Where a frame lies
 * physically is a label in the page table (pages.ts) and costs nothing here, so a machine with
 * memory above 4 GiB stores no gigabytes. A buffer handed in from outside (a WebAssembly.Memory,
 * say) stays the owner's; the model then keeps to `base..limit` of it.
 */
import { ModelBug } from '../sys/errors.js';

/** Bytes in a page of the store; the only page size of the platforms modelled so far. */
export const pageBytes = 4096;
/** log2 of {@link pageBytes}. */
export const pageShift = 12;

/** A buffer handed in at boot; fixed for the life of the machine. */
export interface StoreSource {
  /** The memory itself; its length must not change while the machine lives. */
  readonly buffer: ArrayBuffer;
  /** First byte the model may use; a multiple of the page size, at least one page. */
  readonly base: number;
  /** First byte past what the model may use; a multiple of the page size, below 2^31. */
  readonly limit: number;
}

/** The bytes of a machine. */
export class Store {
  readonly buffer: ArrayBuffer;
  /** First usable kernel address. The page at 0 is never mapped: a null pointer must fault. */
  readonly base: number;
  /** First address past the store. */
  readonly limit: number;
  readonly bytes: Uint8Array;
  readonly view: DataView;
  /** The same bytes as data of 16, 32 and 64 bits, in the order of the computer that runs this. */
  readonly words16: Uint16Array;
  readonly words32: Uint32Array;
  readonly words64: BigUint64Array;

  constructor(source: StoreSource) {
    const { buffer, base, limit } = source;
    const aligned = (base & (pageBytes - 1)) === 0 && (limit & (pageBytes - 1)) === 0;
    if (!aligned || base < pageBytes || limit <= base || limit > 0x7ffff000) {
      throw new ModelBug(
        `store: base ${base} and limit ${limit} must be page multiples below 2^31`,
      );
    }
    if (limit > buffer.byteLength) {
      throw new ModelBug(
        `store: limit ${limit} lies past the buffer of ${buffer.byteLength} bytes`,
      );
    }
    this.buffer = buffer;
    this.base = base;
    this.limit = limit;
    this.bytes = new Uint8Array(buffer);
    this.view = new DataView(buffer);
    this.words16 = new Uint16Array(buffer, 0, limit >>> 1);
    this.words32 = new Uint32Array(buffer, 0, limit >>> 2);
    this.words64 = new BigUint64Array(buffer, 0, limit >>> 3);
  }

  /** A store of the model's own, `sizeBytes` rounded up to pages, starting at `base`. */
  static own(sizeBytes: number, base = 0x10000): Store {
    const limit = base + Math.ceil(sizeBytes / pageBytes) * pageBytes;
    return new Store({ buffer: new ArrayBuffer(limit), base, limit });
  }
}
