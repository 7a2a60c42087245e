/**
 * The kernel services of byte order: byteorder.h and swab(9F). Part of `machine.kernel`.
 *
 * They are arithmetic, and know the order of the host. A macro of C takes any expression and gives
 * what its width leaves of it; so do these: a value is cut to its width, and results are unsigned.
 */
import { Panic } from '../sys/errors.js';
import { enterCall, type IoHost } from './io-host.js';

/** Turns bytes round. */
export class ByteorderKernel {
  readonly #host: IoHost;

  constructor(io: IoHost) {
    this.#host = io;
  }

  // ---- swab ---------------------------------------------------------------------------------

  /**
   * Copies bytes and exchanges the two of each pair.
   *
   * @param src - where they are; any alignment
   * @param dst - where they go; may be `src`
   * @param nbytes - bytes, rounded down to an even number
   * @throws Panic when a byte of either place is not mapped: nothing was copied
   * @remarks User, kernel and interrupt context.
   * @see swab(9F)
   */
  readonly swab = (src: number, dst: number, nbytes: number): void => {
    enterCall(this.#host, 'swab', src, dst, nbytes);
    if (!Number.isSafeInteger(nbytes) || nbytes < 0) {
      this.#panic('swab', 'nbytes is no number of bytes', { nbytes });
    }
    // swab(9F) DS-2: a last byte without a partner stays where it is.
    const count = nbytes - (nbytes % 2);
    if (count === 0) return;
    const bytes = this.#load('swab', 'src', src, count);
    this.#mapped('swab', 'dst', dst, count);
    for (let i = 0; i < count; i += 2) {
      const first = bytes[i] ?? 0;
      bytes[i] = bytes[i + 1] ?? 0;
      bytes[i + 1] = first;
    }
    this.#host.maps.scatter(dst, bytes);
  };

  // ---- Values -------------------------------------------------------------------------------

  /** `x` cut to 8 bits. byteorder.h. */
  readonly BMASK_8 = (x: number): number => x & 0xff;

  /** `x` cut to 16 bits. byteorder.h. */
  readonly BMASK_16 = (x: number): number => x & 0xffff;

  /** `x` cut to 32 bits. byteorder.h. */
  readonly BMASK_32 = (x: number): number => x >>> 0;

  /** `x` cut to 64 bits. byteorder.h. */
  readonly BMASK_64 = (x: bigint): bigint => BigInt.asUintN(64, x);

  /** `x` cut to 8 bits: one byte has no order. byteorder.h. */
  readonly BSWAP_8 = (x: number): number => x & 0xff;

  /** The 16 bits of `x` with their bytes turned round. byteorder.h. */
  readonly BSWAP_16 = (x: number): number => swap16(x);

  /** The 32 bits of `x` with their bytes turned round. byteorder.h. */
  readonly BSWAP_32 = (x: number): number => swap32(x);

  /** The 64 bits of `x` with their bytes turned round. byteorder.h. */
  readonly BSWAP_64 = (x: bigint): bigint => swap64(x);

  /** 8 bits between the order of the host and big-endian. byteorder.h. */
  readonly BE_8 = (x: number): number => x & 0xff;

  /** 16 bits between the order of the host and big-endian. byteorder.h. */
  readonly BE_16 = (x: number): number =>
    this.#host.littleEndian ? this.BSWAP_16(x) : this.BMASK_16(x);

  /** 32 bits between the order of the host and big-endian. byteorder.h. */
  readonly BE_32 = (x: number): number =>
    this.#host.littleEndian ? this.BSWAP_32(x) : this.BMASK_32(x);

  /** 64 bits between the order of the host and big-endian. byteorder.h. */
  readonly BE_64 = (x: bigint): bigint =>
    this.#host.littleEndian ? this.BSWAP_64(x) : this.BMASK_64(x);

  /** 8 bits between the order of the host and little-endian. byteorder.h. */
  readonly LE_8 = (x: number): number => x & 0xff;

  /** 16 bits between the order of the host and little-endian. byteorder.h. */
  readonly LE_16 = (x: number): number =>
    this.#host.littleEndian ? this.BMASK_16(x) : this.BSWAP_16(x);

  /** 32 bits between the order of the host and little-endian. byteorder.h. */
  readonly LE_32 = (x: number): number =>
    this.#host.littleEndian ? this.BMASK_32(x) : this.BSWAP_32(x);

  /** 64 bits between the order of the host and little-endian. byteorder.h. */
  readonly LE_64 = (x: bigint): bigint =>
    this.#host.littleEndian ? this.BMASK_64(x) : this.BSWAP_64(x);

  /** 16 bits of the host in the order of networks, which is big-endian. byteorder.h. */
  readonly htons = (x: number): number => this.BE_16(x);

  /** 32 bits of the host in the order of networks, which is big-endian. byteorder.h. */
  readonly htonl = (x: number): number => this.BE_32(x);

  /** 64 bits of the host in the order of networks, which is big-endian. byteorder.h. */
  readonly htonll = (x: bigint): bigint => this.BE_64(x);

  /** 16 bits of a network in the order of the host. byteorder.h. */
  readonly ntohs = (x: number): number => this.BE_16(x);

  /** 32 bits of a network in the order of the host. byteorder.h. */
  readonly ntohl = (x: number): number => this.BE_32(x);

  /** 64 bits of a network in the order of the host. byteorder.h. */
  readonly ntohll = (x: bigint): bigint => this.BE_64(x);

  /** The 16 bits of `x` with their bytes turned round, whatever the host. byteorder.h. */
  readonly ddi_swap16 = (x: number): number => this.BSWAP_16(x);

  /** The 32 bits of `x` with their bytes turned round, whatever the host. byteorder.h. */
  readonly ddi_swap32 = (x: number): number => this.BSWAP_32(x);

  /** The 64 bits of `x` with their bytes turned round, whatever the host. byteorder.h. */
  readonly ddi_swap64 = (x: bigint): bigint => this.BSWAP_64(x);

  // ---- Memory -------------------------------------------------------------------------------

  /** 8 bits at the kernel address `p`, big-endian; any alignment. byteorder.h. */
  readonly BE_IN8 = (p: number): number => this.#in('BE_IN8', p, 1).getUint8(0);

  /** 16 bits at the kernel address `p`, big-endian; any alignment. byteorder.h. */
  readonly BE_IN16 = (p: number): number => this.#in('BE_IN16', p, 2).getUint16(0, false);

  /** 32 bits at the kernel address `p`, big-endian; any alignment. byteorder.h. */
  readonly BE_IN32 = (p: number): number => this.#in('BE_IN32', p, 4).getUint32(0, false);

  /** 64 bits at the kernel address `p`, big-endian; any alignment. byteorder.h. */
  readonly BE_IN64 = (p: number): bigint => this.#in('BE_IN64', p, 8).getBigUint64(0, false);

  /** Stores 8 bits at the kernel address `p`, big-endian; any alignment. byteorder.h. */
  readonly BE_OUT8 = (p: number, v: number): void => {
    this.#out('BE_OUT8', p, 1, (view) => {
      view.setUint8(0, v);
    });
  };

  /** Stores 16 bits at the kernel address `p`, big-endian; any alignment. byteorder.h. */
  readonly BE_OUT16 = (p: number, v: number): void => {
    this.#out('BE_OUT16', p, 2, (view) => {
      view.setUint16(0, v, false);
    });
  };

  /** Stores 32 bits at the kernel address `p`, big-endian; any alignment. byteorder.h. */
  readonly BE_OUT32 = (p: number, v: number): void => {
    this.#out('BE_OUT32', p, 4, (view) => {
      view.setUint32(0, v, false);
    });
  };

  /** Stores 64 bits at the kernel address `p`, big-endian; any alignment. byteorder.h. */
  readonly BE_OUT64 = (p: number, v: bigint): void => {
    this.#out('BE_OUT64', p, 8, (view) => {
      view.setBigUint64(0, v, false);
    });
  };

  /** 8 bits at the kernel address `p`, little-endian; any alignment. byteorder.h. */
  readonly LE_IN8 = (p: number): number => this.#in('LE_IN8', p, 1).getUint8(0);

  /** 16 bits at the kernel address `p`, little-endian; any alignment. byteorder.h. */
  readonly LE_IN16 = (p: number): number => this.#in('LE_IN16', p, 2).getUint16(0, true);

  /** 32 bits at the kernel address `p`, little-endian; any alignment. byteorder.h. */
  readonly LE_IN32 = (p: number): number => this.#in('LE_IN32', p, 4).getUint32(0, true);

  /** 64 bits at the kernel address `p`, little-endian; any alignment. byteorder.h. */
  readonly LE_IN64 = (p: number): bigint => this.#in('LE_IN64', p, 8).getBigUint64(0, true);

  /** Stores 8 bits at the kernel address `p`, little-endian; any alignment. byteorder.h. */
  readonly LE_OUT8 = (p: number, v: number): void => {
    this.#out('LE_OUT8', p, 1, (view) => {
      view.setUint8(0, v);
    });
  };

  /** Stores 16 bits at the kernel address `p`, little-endian; any alignment. byteorder.h. */
  readonly LE_OUT16 = (p: number, v: number): void => {
    this.#out('LE_OUT16', p, 2, (view) => {
      view.setUint16(0, v, true);
    });
  };

  /** Stores 32 bits at the kernel address `p`, little-endian; any alignment. byteorder.h. */
  readonly LE_OUT32 = (p: number, v: number): void => {
    this.#out('LE_OUT32', p, 4, (view) => {
      view.setUint32(0, v, true);
    });
  };

  /** Stores 64 bits at the kernel address `p`, little-endian; any alignment. byteorder.h. */
  readonly LE_OUT64 = (p: number, v: bigint): void => {
    this.#out('LE_OUT64', p, 8, (view) => {
      view.setBigUint64(0, v, true);
    });
  };

  #in(call: string, p: number, count: number): DataView {
    this.#host.sched.check();
    return new DataView(this.#load(call, 'p', p, count).buffer);
  }

  #out(call: string, p: number, count: number, set: (view: DataView) => void): void {
    this.#host.sched.check();
    this.#mapped(call, 'p', p, count);
    const bytes = new Uint8Array(count);
    set(new DataView(bytes.buffer));
    this.#host.maps.scatter(p, bytes);
  }

  #load(call: string, name: string, at: number, count: number): Uint8Array {
    this.#mapped(call, name, at, count);
    const bytes = new Uint8Array(count);
    this.#host.maps.gather(at, bytes);
    return bytes;
  }

  #mapped(call: string, name: string, at: number, count: number): void {
    if (Number.isSafeInteger(at) && this.#host.pages.mapped(at, count)) return;
    this.#panic(call, `bad trap: no memory is mapped at ${name}`, { [name]: at, count });
  }

  #panic(call: string, message: string, values: Readonly<Record<string, unknown>>): never {
    return this.#host.sched.panic(new Panic(`${call}: ${message}`, values));
  }
}

function swap16(x: number): number {
  return ((x & 0xff) << 8) | ((x >>> 8) & 0xff);
}

function swap32(x: number): number {
  const half = ((x & 0xff00ff) << 8) | ((x >>> 8) & 0xff00ff);
  return ((half << 16) | (half >>> 16)) >>> 0;
}

function swap64(x: bigint): bigint {
  const [low, high] = [Number(BigInt.asUintN(32, x)), Number(BigInt.asUintN(32, x >> 32n))];
  return (BigInt(swap32(low)) << 32n) | BigInt(swap32(high));
}
