/**
 * The probe device: registers that remember bytes and nothing else, a bus master without a mind of
 * its own, one interrupt line. What it does a check does.
 */
import { pageBytes } from '../machine/store.js';
import type {
  Device,
  DeviceEnv,
  DeviceInterrupts,
  RegisterSpace,
  RegisterWidth,
} from '../machine/device.js';
import type { DeviceEnd, RegisterAccess } from './sut.js';

/** The register sets: configuration space, a large and a small range of memory, ports. */
const sets = [
  { name: 'config', kind: 'config', size: 256 },
  { name: 'bar0', kind: 'memory', size: 4096 },
  { name: 'bar1', kind: 'memory', size: 64 },
  { name: 'bar2', kind: 'io', size: 64 },
] as const;

/** A register set of plain bytes. */
class ByteSet implements RegisterSpace {
  readonly name: string;
  readonly kind: RegisterSpace['kind'];
  readonly sizeBytes: number;
  readonly content: Uint8Array;
  readonly #rnumber: number;
  readonly #log: RegisterAccess[];
  readonly #view: DataView;

  constructor(rnumber: number, set: (typeof sets)[number], log: RegisterAccess[]) {
    this.name = set.name;
    this.kind = set.kind;
    this.sizeBytes = set.size;
    this.content = new Uint8Array(set.size);
    this.#rnumber = rnumber;
    this.#log = log;
    this.#view = new DataView(this.content.buffer);
  }

  read(off: number, width: RegisterWidth): number {
    this.#log.push({ op: 'read', rnumber: this.#rnumber, off, width });
    if (width === 1) return this.#view.getUint8(off);
    return width === 2 ? this.#view.getUint16(off, true) : this.#view.getUint32(off, true);
  }

  write(off: number, width: RegisterWidth, value: number): void {
    this.#log.push({ op: 'write', rnumber: this.#rnumber, off, width });
    if (width === 1) this.#view.setUint8(off, value);
    else if (width === 2) this.#view.setUint16(off, value, true);
    else this.#view.setUint32(off, value, true);
  }
}

/** The probe device of our machines. */
export class ProbeDevice implements Device, Omit<DeviceEnd, 'reg'> {
  readonly name: string;
  readonly registers: readonly ByteSet[];
  readonly interrupts: DeviceInterrupts;
  readonly #env: DeviceEnv;
  readonly #log: RegisterAccess[] = [];

  constructor(env: DeviceEnv, interrupts: DeviceInterrupts) {
    this.name = env.name;
    this.interrupts = interrupts;
    this.#env = env;
    this.registers = sets.map((set, rnumber) => new ByteSet(rnumber, set, this.#log));
    this.reset();
  }

  reset(): void {
    // No driver sets the command register here, so the device masters the bus from the start.
    this.#env.master.enabled = true;
    this.#env.lower();
    this.#log.length = 0;
    for (const set of this.registers) set.content.fill(0);
  }

  read(busAddress: bigint, length: number): Uint8Array {
    const into = new Uint8Array(length);
    const { frame, off } = split(busAddress);
    this.#env.bus.read(this.#env.master, frame, off, into, 0, length);
    return into;
  }

  write(busAddress: bigint, bytes: Uint8Array): void {
    const { frame, off } = split(busAddress);
    this.#env.bus.write(this.#env.master, frame, off, bytes, 0, bytes.length);
    // The checks look at memory without asking the device first.
    this.#env.bus.push(this.#env.master);
  }

  raise(): void {
    this.#env.raise();
  }

  lower(): void {
    this.#env.lower();
  }

  message(vector: number): boolean {
    return this.#env.message(vector);
  }

  get registerSets(): number {
    return this.registers.length;
  }

  sizeOf(rnumber: number): number {
    return this.registers[rnumber]?.sizeBytes ?? 0;
  }

  fill(rnumber: number, off: number, bytes: Uint8Array): void {
    this.registers[rnumber]?.content.set(bytes, off);
  }

  bytes(rnumber: number, off: number, length: number): Uint8Array {
    return this.registers[rnumber]?.content.slice(off, off + length) ?? new Uint8Array(0);
  }

  accesses(): readonly RegisterAccess[] {
    return this.#log.splice(0);
  }
}

/** A bus address as the bus wants it: no single number holds all of them. */
function split(busAddress: bigint): { readonly frame: number; readonly off: number } {
  const bytes = BigInt(pageBytes);
  return { frame: Number(busAddress / bytes), off: Number(busAddress % bytes) };
}
