/** An access handle on memory or on registers, of a host of either byte order. */
import { KM_NOSLEEP } from '../../src/sys/constants.js';
import type { RegisterSpace, RegisterWidth } from '../../src/machine/device.js';
import { Machine } from '../../src/machine/machine.js';
import { AccHandle, type AccTarget } from '../../src/nexus/acc-handle.js';
import { i86pc } from '../../src/platforms/i86pc.js';
import { neverSwap } from './system.js';

/** The orders a host can have. */
export const orders = ['little', 'big'] as const;
/** What a handle can stand for. */
export const targets = ['memory', 'registers', 'ports'] as const;

type Order = (typeof orders)[number];
type Target = (typeof targets)[number];

/** Registers that remember bytes and who accessed them. */
export class LoggedSpace implements RegisterSpace {
  readonly name = 'bar0';
  readonly kind: 'memory' | 'io';
  readonly sizeBytes: number;
  readonly content: Uint8Array;
  readonly log: string[] = [];
  readonly #view: DataView;

  constructor(kind: 'memory' | 'io', sizeBytes: number) {
    this.kind = kind;
    this.sizeBytes = sizeBytes;
    this.content = new Uint8Array(sizeBytes);
    this.#view = new DataView(this.content.buffer);
  }

  read(off: number, width: RegisterWidth): number {
    this.log.push(`read ${width} at ${off}`);
    if (width === 1) return this.#view.getUint8(off);
    return width === 2 ? this.#view.getUint16(off, true) : this.#view.getUint32(off, true);
  }

  write(off: number, width: RegisterWidth, value: number): void {
    this.log.push(`write ${width} at ${off}: ${value}`);
    if (width === 1) this.#view.setUint8(off, value);
    else if (width === 2) this.#view.setUint16(off, value, true);
    else this.#view.setUint32(off, value, true);
  }
}

/** What a test does with it. */
export interface AccRig {
  readonly machine: Machine;
  readonly handle: AccHandle;
  /** Where its range begins. */
  readonly addr: number;
  /** The same, where the kernel has it; meaningless for registers. */
  readonly kernelAddress: number;
  /** Kernel memory beside it, of as many bytes. */
  readonly buffer: number;
  /** Sets the bytes of the range, from no side that is watched. */
  fill(bytes: Uint8Array): void;
  bytes(): Uint8Array;
  /** The kernel's own loads and stores. */
  load(width: number, at: number): number | bigint;
  store(width: number, at: number, value: number | bigint): void;
  peek(at: number, length: number): Uint8Array;
  /** What the device saw. */
  accesses(): readonly string[];
  findings(): readonly string[];
}

/** Makes one. */
export function accRig(order: Order, target: Target, endian: number, sizeBytes: number): AccRig {
  const machine = new Machine({ ...i86pc.describe({ store: 1 << 18 }), endian: order });
  const { kernel } = machine;
  const taken = [0, 1].map(() => kernel.kmem_zalloc(sizeBytes, KM_NOSLEEP) ?? 0);
  const [kernelAddress = 0, buffer = 0] = taken;
  const space = new LoggedSpace(target === 'ports' ? 'io' : 'memory', sizeBytes + 16);
  const behind: AccTarget =
    target === 'memory'
      ? { kind: 'memory', cache: 'cached', real: sizeBytes, source: null, release: () => undefined }
      : { kind: 'registers', space, rnumber: 1, offset: 16, len: 0, by: 'ddi_regs_map_setup' };
  const addr = target === 'memory' ? kernelAddress : 2 ** 32;
  const attr = { ...neverSwap, devacc_attr_endian_flags: endian };
  const handle = new AccHandle(
    { machine, fmCapability: 0, path: '/rig' },
    addr,
    sizeBytes,
    attr,
    behind,
  );
  const home = target === 'memory' ? machine.store.bytes : space.content;
  const first = target === 'memory' ? kernelAddress : 16;
  return {
    machine,
    handle,
    addr,
    kernelAddress,
    buffer,
    fill: (bytes) => {
      home.set(bytes, first);
    },
    bytes: () => home.slice(first, first + sizeBytes),
    load: (width, at) => {
      if (width === 8) return kernel.load8(at);
      if (width === 16) return kernel.load16(at);
      return width === 32 ? kernel.load32(at) : kernel.load64(at);
    },
    store: (width, at, value) => {
      if (width === 8) kernel.store8(at, Number(value));
      else if (width === 16) kernel.store16(at, Number(value));
      else if (width === 32) kernel.store32(at, Number(value));
      else kernel.store64(at, BigInt(value));
    },
    peek: (at, length) => machine.store.bytes.slice(at, at + length),
    accesses: () => space.log,
    findings: () => machine.findings.map((f) => `${f.rule} ${f.clause}: ${f.message}`),
  };
}
