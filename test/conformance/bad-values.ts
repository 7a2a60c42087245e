/**
 * Bad input, as data: every argument a caller can get wrong, call by call. This file holds what the
 * cases share; bad-dma.ts and bad-access.ts hold the cases.
 *
 * A case is one call with one wrong argument. What it must be answered with is decided in one place
 * (bad-input.test.ts): the code of the page, a finding, or a panic; never silence, never an error
 * of the language, and nothing half done.
 */
import { newBuf } from '../../src/conformance/bind-call.js';
import { boundPages, newHandle, newMemory, plainAcc } from '../../src/conformance/stock.js';
import { boundPartly } from '../../src/conformance/stock-windows.js';
import type { Sut } from '../../src/conformance/sut.js';
import { good } from '../../src/conformance/that.js';
import type { ddi_acc_handle_t, ddi_dma_handle_t } from '../../src/sys/types.js';
import type { buf_t } from '../../src/sys/types-io.js';

/** What every case finds prepared. */
export interface Stage {
  /** A handle that is not bound. */
  readonly handle: ddi_dma_handle_t;
  /** A handle that was freed. */
  readonly freed: ddi_dma_handle_t;
  /** A bound handle and its object of four pages. */
  readonly bound: ReturnType<typeof boundPages>;
  /** A handle bound in three windows, the first of them current. */
  readonly partly: ReturnType<typeof boundPartly>;
  /** A buf of 64 bytes of kernel memory, and one that was freed. */
  readonly buf: buf_t;
  readonly freedBuf: buf_t;
  /** DMA memory of 64 bytes. */
  readonly memory: ReturnType<typeof newMemory>;
  /** DMA memory that was freed. */
  readonly freedMemory: ReturnType<typeof newMemory>;
  /** Registers of the probe device. */
  readonly registers: { readonly addr: number; readonly handle: ddi_acc_handle_t };
  /** The same, unmapped. */
  readonly freedRegisters: ddi_acc_handle_t;
  /** A kernel buffer of 64 bytes, from kmem_alloc(9F). */
  readonly buffer: number;
}

/** One wrong call. */
export interface BadCase {
  /** The call, the argument and what is wrong with it. */
  readonly title: string;
  /** Makes the call. */
  readonly call: (sut: Sut, stage: Stage) => unknown;
  /** A plain value by which the page itself provides for the wrong argument. */
  readonly answer?: unknown;
  /**
   * The language itself traps, with a TypeError, before the fast path of an accessor could look: a
   * null pointer, or arithmetic of number and bigint. Another test there would slow down all calls.
   */
  readonly trap?: boolean;
  /**
   * At most so many objects of its own the call may leave, handle and binding; none when absent.
   */
  readonly leaves?: number;
  /** The pages let it succeed: what must not happen is an error of ours. */
  readonly lawful?: boolean;
}

/** Prepares what the cases use. */
export function stageOf(sut: Sut): Stage {
  const map = () => good(sut.ddi.ddi_regs_map_setup(sut.dip(), 1, 0, 0, plainAcc), 'map of set 1');
  const handle = newHandle(sut);
  const memory = newMemory(sut, handle, 64);
  const [bound, registers] = [boundPages(sut), map()];
  const partly = boundPartly(sut, 'cut twice');
  const buffer = sut.kernel.kmem_alloc(64, 0);
  if (buffer === null) throw new Error('no memory for the stage');
  const buf = newBuf(sut, buffer, 64, 0);
  // What is freed comes last, so that nothing takes its place.
  const freed = newHandle(sut);
  sut.ddi.ddi_dma_free_handle(freed);
  const freedMemory = newMemory(sut, handle, 64);
  sut.ddi.ddi_dma_mem_free(freedMemory.handle);
  const freedRegisters = map().handle;
  sut.ddi.ddi_regs_map_free(freedRegisters);
  const freedBuf = newBuf(sut, buffer, 64, 0);
  sut.ddi.freerbuf(freedBuf);
  return {
    handle,
    freed,
    bound,
    partly,
    buf,
    freedBuf,
    memory,
    freedMemory,
    registers,
    freedRegisters,
    buffer,
  };
}

/** A value of the wrong kind where the type system would not let it pass. */
export function as<T>(value: unknown): T {
  return value as T;
}

/** Titles and values that are no count of bytes: `good` is a right one, to make wrong ones of. */
export function noBytes(good: number): [string, number][] {
  return [
    ['negative', -8],
    ['fractional', good + 0.5],
    ['NaN', NaN],
    ['infinite', Infinity],
    ['a string', as(String(good))],
    ['undefined', as(undefined)],
    ['null', as(null)],
    ['a bigint', as(BigInt(good))],
    ['2^32 too large', good + 2 ** 32],
  ];
}

/** Titles and values that are no handle of the kind wanted; `other` is a handle of another kind. */
export function noHandle(other: unknown): [string, unknown][] {
  return [
    ['undefined', undefined],
    ['null', null],
    ['a number', 4096],
    ['a string', 'handle'],
    ['an empty object', {}],
    ['a handle of another kind', other],
  ];
}

/** Values that are neither SLEEP, DONTWAIT, null nor a function. */
export const noWaitfp: readonly [string, unknown][] = [
  ['2', 2],
  ['-1', -1],
  ['a string', 'sleep'],
  ['an object', {}],
];
