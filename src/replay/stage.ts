/**
 * The stage: one booted machine on which case after case is played, reset in between.
 *
 * Everything a case does to the machine goes through the public calls of the DDI. What no call
 * tells (which pages are bounce pages, what was left behind) is looked up in the machine's books.
 */
import {
  DDI_DMA_DONTWAIT,
  DDI_DMA_SLEEP,
  ddi_dma_alloc_handle,
  ddi_dma_free_handle,
  ddi_dma_nextcookie,
  type DdiError,
  type ddi_dma_attr_t,
  type ddi_dma_cookie_t,
  type ddi_dma_handle_t,
  type dev_info_t,
} from '../index.js';
import type { BusMaster } from '../machine/bus.js';
import type { DeviceModel } from '../machine/device.js';
import { pageBytes } from '../machine/store.js';
import { Leak } from '../nexus/binding.js';
import { DmaHandle } from '../nexus/tree.js';
import { boot, type BootedMachine } from '../platforms/boot.js';
import { Panic } from '../sys/errors.js';
import { Crc32 } from './crc32.js';
import type { Json } from './fields.js';
import { freshByte } from './pattern.js';

/** The rule books a recording can be replayed under. */
export const kernels = ['contract', 'debug', 'production'] as const;
/** The name of a rule book. */
export type KernelName = (typeof kernels)[number];

/** What is got, as it is being gathered. */
export type Gathered = Record<string, Json>;

/** The bounce pages of a binding. */
export interface CopyBuffer {
  /** Kernel address of the first byte. */
  readonly va: number;
  readonly bytes: number;
  /** Where the memory came from: `16M`, `4G`, `64G`, ... */
  readonly range: string | null;
}

/** A page of memory every machine has. */
const anyFrame = 0x1000;

/** By what was lost: the field of a recording that counts its bytes, and what else it counts. */
const lostFields: Readonly<Record<string, readonly [string, number]>> = {
  // The kernel's allocator puts a page with a header in front.
  'bounce pages': ['leakDmaMem', pageBytes],
  'access handle': ['leakKmem', 0],
};

const unit = 'replay@1';
/** Memory in use at one time: drivers with all their rings, and nothing is touched needlessly. */
const STORE_BYTES = 2 ** 28;
/** Any seed will do; this one is part of the result only where frames are chosen. */
const SEED = 1;

/** A machine for replaying. */
export class Stage {
  readonly kernel: KernelName;
  readonly machine: BootedMachine;
  readonly dip: dev_info_t;
  /** The device that moves data. */
  readonly master: BusMaster = { name: unit, enabled: true };
  readonly crc = new Crc32();

  /**
   * @param kernel - the rule book
   * @param model - the device, where a case needs one that answers
   */
  constructor(
    kernel: KernelName,
    model: DeviceModel = () => ({ name: unit, registers: [], reset: () => undefined }),
  ) {
    this.kernel = kernel;
    this.machine = boot({
      kernel,
      seed: SEED,
      // As the recorder's memory: without holes, and pages asked for one by one never adjoin.
      memory: [{ base: 0x1000n, size: 0x8_0000_0000n - 0x1000n }],
      frames: 'scattered',
      store: STORE_BYTES,
      devices: [{ at: unit, model }],
    });
    this.dip = this.machine.devinfo(unit);
    // A real kernel leaves it undefined what fresh memory holds; recordings are made with one byte.
    const { kmem, store } = this.machine;
    kmem.scribble = (va, len) => {
      store.bytes.fill(freshByte, va, va + len);
    };
  }

  /**
   * Plays one case on a machine that is as freshly booted.
   *
   * @param got - where a panic is noted, and an error that is no panic as `failure`
   * @param play - what happens; what it gathered before it stopped stays
   */
  async perform(got: Gathered, play: () => Promise<void>): Promise<void> {
    this.machine.reset(SEED);
    try {
      await this.machine.run(play);
    } catch (e) {
      // A machine that went down while callbacks ran stays down; that was noted there.
      if (e instanceof Panic) {
        if (got['softcallPanic'] === undefined) got['panic'] = e.message;
      } else got['failure'] = e instanceof Error ? `${e.name}: ${e.message}` : String(e);
    }
  }

  /** The buffer of a case; an empty one is somewhere. */
  place(pfns: readonly number[], off: number): number {
    return this.machine.place(pfns.length > 0 ? pfns : [anyFrame], off);
  }

  /**
   * Allocates a handle.
   *
   * @returns the handle, or the code
   */
  async allocHandle(attr: ddi_dma_attr_t, waitfp: 0 | 1): Promise<ddi_dma_handle_t | number> {
    const result = await ddi_dma_alloc_handle(this.dip, attr, waitfpOf(waitfp));
    return result.isOk() ? result.value.handle : result.error.code;
  }

  /** Frees a handle, and runs the callbacks that this set off. */
  freeHandle(handle: ddi_dma_handle_t, got: Gathered): void {
    let raised = 0;
    const detach = this.machine.observe({
      event: (event) => {
        if (event.kind === 'interrupt' && event.phase === 'raise') raised++;
      },
    });
    ddi_dma_free_handle(handle);
    detach();
    if (raised === 0) return;
    got['softcalls'] = raised;
    try {
      this.machine.sched.settle();
    } catch (e) {
      if (!(e instanceof Panic)) throw e;
      got['softcallPanic'] = e.message;
    }
  }

  /** The bounce pages of a handle that is bound and has any. */
  copyBuffer(handle: ddi_dma_handle_t): CopyBuffer | null {
    return handle instanceof DmaHandle ? (handle.binding?.bounce ?? null) : null;
  }

  /** What the kernel has lost so far. */
  lost(): readonly Leak[] {
    const lost: Leak[] = [];
    this.machine.live.some((source) => {
      if (source instanceof Leak) lost.push(source);
      return false;
    });
    return lost;
  }

  /**
   * Notes what is still allocated after the handle was freed.
   *
   * @param placed - pages of the case's own buffer
   */
  leaks(got: Gathered, placed: number): void {
    let pages = placed;
    for (const { what, bytes } of this.lost()) {
      const [field, header] = lostFields[what] ?? ['leakOther', 0];
      got[field] = Number(got[field] ?? 0) + bytes + header;
      if (field === 'leakDmaMem') pages += bytes / pageBytes;
    }
    const handles = this.machine.probe.live().filter(({ kind }) => kind === 'dma handle');
    if (handles.length > 0) got['leakHandles'] = handles.length;
    // Nobody records this: a page that is neither given back nor known to be lost is the model's.
    const stray = this.machine.frames.inUse - pages;
    if (stray !== 0) got['strayPages'] = stray;
  }

  /** Cookies as recordings have them; bounce pages as offsets into the bounce buffer. */
  printer(handle: ddi_dma_handle_t): CookiePrinter {
    const buffer = this.copyBuffer(handle);
    const pages = buffer === null ? 0 : buffer.bytes / pageBytes;
    const { probe } = this.machine;
    return new CookiePrinter(
      Array.from({ length: pages }, (_, i) => probe.pfnOf((buffer?.va ?? 0) + i * pageBytes)),
    );
  }

  /** A window's cookies as text: the one that was given, and those after it. */
  walk(handle: ddi_dma_handle_t, { cookie, ccount }: Bound): string {
    const printer = this.printer(handle);
    const texts = [printer.text(cookie)];
    for (let i = 1; i < ccount; i++) texts.push(printer.text(ddi_dma_nextcookie(handle)));
    return texts.join(' ');
  }
}

/** What the calls that make a window current hand out. */
export interface Bound {
  /** The first cookie. */
  readonly cookie: ddi_dma_cookie_t;
  readonly ccount: number;
}

/** Prints cookies of one binding. */
export class CookiePrinter {
  readonly #slots = new Map<number, number>();

  /** @param bounce - frames of the bounce buffer */
  constructor(bounce: readonly number[]) {
    for (const [i, pfn] of bounce.entries()) this.#slots.set(pfn, i);
  }

  /** `address+size`, or `c+offset+size` in the bounce buffer; hexadecimal. */
  text({ dmac_laddress: address, dmac_size: size }: ddi_dma_cookie_t): string {
    const pfn = Number(address >> 12n);
    const slot = this.#slots.get(pfn);
    const where =
      slot === undefined
        ? address.toString(16)
        : `c+${(slot * pageBytes + Number(address & 0xfffn)).toString(16)}`;
    return `${where}+${word(size)}`;
  }
}

/** An unsigned 64-bit number in hexadecimal; above 2^53 as precise as a double. */
function word(n: number): string {
  return n >= 0 ? n.toString(16) : Number(BigInt.asUintN(64, BigInt(n))).toString(16);
}

/** The `waitfp` of a recording. */
export function waitfpOf(waitfp: 0 | 1): typeof DDI_DMA_DONTWAIT | typeof DDI_DMA_SLEEP {
  return waitfp === 1 ? DDI_DMA_SLEEP : DDI_DMA_DONTWAIT;
}

/** The code of a call: 0, or the error's. */
export function codeOf(result: { isOk(): boolean; readonly error?: DdiError }): number {
  return result.isOk() ? 0 : (result.error?.code ?? 0);
}
