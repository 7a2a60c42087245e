/** A copy engine on a bench: a bus with a megabyte of memory, a clock, and no machine around it. */
import { CopyEngine } from '../../src/devices/copy-engine.js';
import * as R from '../../src/devices/copy-engine-regs.js';
import { wideLimits } from '../../src/devices/engine-limits.js';
import type { EngineLimits, ListEntry } from '../../src/devices/engine-limits.js';
import { Bus } from '../../src/machine/bus.js';
import { Clock } from '../../src/machine/clock.js';
import { Trace } from '../../src/machine/trace.js';

/** Frames that answer: 0 to 255, and the one at the very top of 64 bits. */
const FRAMES = 256;
const TOP_FRAME = 2 ** 52 - 1;

/** Where the lists lie, unless a test says otherwise. */
export const SRC_LIST = 0x10_000;
export const DST_LIST = 0x20_000;

export class Bench {
  readonly memory = new Uint8Array((FRAMES + 1) * 4096);
  readonly clock = new Clock();
  readonly engine: CopyEngine;
  raised = false;
  raises = 0;

  constructor(limits: Partial<EngineLimits> = {}) {
    const homeOf = (frame: number): number =>
      frame < FRAMES ? frame : frame === TOP_FRAME ? FRAMES : -1;
    const view = {
      read: (pfn: number, off: number, into: Uint8Array, at: number, len: number) => {
        into.set(this.memory.subarray(pfn * 4096 + off, pfn * 4096 + off + len), at);
        return true;
      },
      write: (pfn: number, off: number, from: Uint8Array, at: number, len: number) => {
        this.memory.set(from.subarray(at, at + len), pfn * 4096 + off);
        return true;
      },
    };
    const bus = new Bus(view, (_master, frame) => homeOf(frame), new Trace());
    const env = {
      name: 'copy@1',
      clock: this.clock,
      bus,
      master: { name: 'copy@1', enabled: false },
      raise: () => {
        this.raises += this.raised ? 0 : 1;
        this.raised = true;
      },
      lower: () => {
        this.raised = false;
      },
      message: () => false,
    };
    this.engine = new CopyEngine(env, { ...wideLimits, ...limits });
    this.config.write(4, 2, 0x6);
    this.write(R.REG.INTR_ENABLE, R.INTR_DONE | R.INTR_ERROR);
  }

  get config() {
    const [config] = this.engine.registers;
    if (config === undefined) throw new Error('no configuration space');
    return config;
  }

  get #bar0() {
    const [, bar0] = this.engine.registers;
    if (bar0 === undefined) throw new Error('no bar0');
    return bar0;
  }

  read(off: number): number {
    return this.#bar0.read(off, 4);
  }

  write(off: number, value: number, width: 1 | 2 | 4 = 4): void {
    this.#bar0.write(off, width, value);
  }

  /** Puts a list into memory. */
  list(at: number, entries: readonly ListEntry[]): void {
    const view = new DataView(this.memory.buffer);
    for (const [i, { address, length }] of entries.entries()) {
      view.setBigUint64(at + 16 * i, address, true);
      view.setUint32(at + 16 * i + 8, length, true);
    }
  }

  /** Programs both lists, rings the doorbell and lets time pass until nothing is to come. */
  copy(source: readonly ListEntry[], target: readonly ListEntry[], ctrl: number = R.CTRL_GO): void {
    this.list(SRC_LIST, source);
    this.list(DST_LIST, target);
    this.program(source.length, target.length);
    this.write(R.REG.CTRL, ctrl);
    this.settle();
  }

  program(sources: number, targets: number): void {
    this.write(R.REG.SRC_LIST_LO, SRC_LIST);
    this.write(R.REG.SRC_LIST_HI, 0);
    this.write(R.REG.SRC_COUNT, sources);
    this.write(R.REG.DST_LIST_LO, DST_LIST);
    this.write(R.REG.DST_LIST_HI, 0);
    this.write(R.REG.DST_COUNT, targets);
  }

  settle(): void {
    while (this.clock.runNext());
  }

  /** Bytes that tell a wrong place from a right one. */
  fill(at: number, length: number, salt: number): void {
    for (let i = 0; i < length; i++) this.memory[at + i] = (i * 7 + (i >> 8) + salt) & 0xff;
  }

  bytes(at: number, length: number): Uint8Array {
    return this.memory.slice(at, at + length);
  }
}

/** An entry, shorter to write. */
export function entry(address: number | bigint, length: number): ListEntry {
  return { address: BigInt(address), length };
}
