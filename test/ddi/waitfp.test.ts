/**
 * What a waitfp makes of a call's answer: SLEEP promises it, everything else has it at once, and
 * where only the run knows which it is, `await` serves both.
 */
import type { Result, ResultAsync } from 'neverthrow';
import { describe, expect, expectTypeOf, it } from 'vitest';
import {
  ddi_dma_addr_bind_handle,
  ddi_dma_alloc_handle,
  ddi_dma_buf_bind_handle,
  ddi_dma_free_handle,
  ddi_dma_mem_alloc,
  ddi_dma_mem_free,
  ddi_dma_unbind_handle,
  freerbuf,
  DDI_DMA_CALLBACK_DONE,
  DDI_DMA_CONSISTENT,
  DDI_DMA_DONTWAIT,
  DDI_DMA_RDWR,
  DDI_DMA_SLEEP,
  DDI_DMA_STREAMING,
  type AllocHandleError,
  type AllocHandleOut,
  type BindError,
  type BindOut,
  type buf_t,
  type ddi_dma_handle_t,
  type ddi_waitfp_t,
  type dev_info_t,
  type MemAllocError,
  type MemAllocOut,
  must,
} from '../../src/index.js';
import { anyAttr } from '../support/attr.js';
import { bareSystem, neverSwap } from '../support/system.js';

interface Soft {
  readonly dip: dev_info_t;
}

const attr = anyAttr();
const soft: Soft = { dip: {} as dev_info_t };
const { dip } = soft;
const handle = {} as ddi_dma_handle_t;
const bp = {} as buf_t;
const done = (_soft: Soft): number => DDI_DMA_CALLBACK_DONE;
/** As 124 call sites of real drivers have it. */
const canSleep = (sleep: boolean) => (sleep ? DDI_DMA_SLEEP : DDI_DMA_DONTWAIT);
const flags = DDI_DMA_RDWR | DDI_DMA_CONSISTENT;

// Functions below are never called: only what they would return counts.
describe('ddi_dma_alloc_handle', () => {
  type Now = Result<AllocHandleOut, AllocHandleError>;
  type Later = ResultAsync<AllocHandleOut, AllocHandleError>;

  it('answers as its waitfp says', () => {
    expectTypeOf(() =>
      ddi_dma_alloc_handle(dip, attr, DDI_DMA_SLEEP),
    ).returns.toEqualTypeOf<Later>();
    expectTypeOf(() =>
      ddi_dma_alloc_handle(dip, attr, DDI_DMA_DONTWAIT),
    ).returns.toEqualTypeOf<Now>();
    expectTypeOf(() => ddi_dma_alloc_handle(dip, attr, null)).returns.toEqualTypeOf<Now>();
    expectTypeOf(() => ddi_dma_alloc_handle(dip, attr, done, soft)).returns.toEqualTypeOf<Now>();
    expectTypeOf((s: boolean) =>
      ddi_dma_alloc_handle(dip, attr, canSleep(s)),
    ).returns.toEqualTypeOf<Now | Later>();
    expectTypeOf((w: ddi_waitfp_t) => ddi_dma_alloc_handle(dip, attr, w)).returns.toEqualTypeOf<
      Now | Later
    >();
  });

  it('takes what the run chooses, with or without a callback', () => {
    expectTypeOf((s: boolean) =>
      ddi_dma_alloc_handle(dip, attr, s ? DDI_DMA_SLEEP : done, soft),
    ).returns.toEqualTypeOf<Now | Later>();
    expectTypeOf((s: boolean) =>
      ddi_dma_alloc_handle(dip, attr, s ? done : null, soft),
    ).returns.toEqualTypeOf<Now | Later>();
    expectTypeOf((s: boolean) =>
      ddi_dma_alloc_handle(dip, attr, canSleep(s), null),
    ).returns.toEqualTypeOf<Now | Later>();
    expectTypeOf((w: ddi_waitfp_t, arg: unknown) =>
      ddi_dma_alloc_handle(dip, attr, w, arg),
    ).returns.toEqualTypeOf<Now | Later>();
    expectTypeOf(() =>
      ddi_dma_alloc_handle(dip, attr, (s) => (s.dip === dip ? 1 : 0), soft),
    ).returns.toEqualTypeOf<Now>();
  });

  it('has no use for a callback without the argument it wants', () => {
    // @ts-expect-error -- 7 is no Soft
    expectTypeOf(() => ddi_dma_alloc_handle(dip, attr, done, 7)).toBeFunction();
    // @ts-expect-error -- undefined is no Soft
    expectTypeOf(() => ddi_dma_alloc_handle(dip, attr, done)).toBeFunction();
    expectTypeOf((s: boolean) =>
      // @ts-expect-error -- 7 is no Soft, should the run choose the callback
      ddi_dma_alloc_handle(dip, attr, s ? DDI_DMA_SLEEP : done, 7),
    ).toBeFunction();
    expectTypeOf((s: boolean) =>
      // @ts-expect-error -- nor is undefined
      ddi_dma_alloc_handle(dip, attr, s ? done : DDI_DMA_DONTWAIT),
    ).toBeFunction();
    // @ts-expect-error -- 2 is no waitfp
    expectTypeOf(() => ddi_dma_alloc_handle(dip, attr, 2)).toBeFunction();
    // @ts-expect-error -- a callback answers a number
    expectTypeOf(() => ddi_dma_alloc_handle(dip, attr, () => 'done', null)).toBeFunction();
  });
});

describe('ddi_dma_mem_alloc', () => {
  type Now = Result<MemAllocOut, MemAllocError>;
  type Later = ResultAsync<MemAllocOut, MemAllocError>;
  const what = [handle, 100, neverSwap, DDI_DMA_STREAMING] as const;

  it('answers as its waitfp says', () => {
    expectTypeOf(() => ddi_dma_mem_alloc(...what, DDI_DMA_SLEEP)).returns.toEqualTypeOf<Later>();
    expectTypeOf(() => ddi_dma_mem_alloc(...what, DDI_DMA_DONTWAIT)).returns.toEqualTypeOf<Now>();
    expectTypeOf(() => ddi_dma_mem_alloc(...what, null)).returns.toEqualTypeOf<Now>();
    expectTypeOf(() => ddi_dma_mem_alloc(...what, done, soft)).returns.toEqualTypeOf<Now>();
    expectTypeOf((s: boolean) => ddi_dma_mem_alloc(...what, canSleep(s))).returns.toEqualTypeOf<
      Now | Later
    >();
    // @ts-expect-error -- 7 is no Soft
    expectTypeOf(() => ddi_dma_mem_alloc(...what, done, 7)).toBeFunction();
    // @ts-expect-error -- undefined is no Soft
    expectTypeOf(() => ddi_dma_mem_alloc(...what, done)).toBeFunction();
  });
});

describe('the binds', () => {
  type Now = Result<BindOut, BindError>;
  type Later = ResultAsync<BindOut, BindError>;
  const at = [handle, null, 0x10000, 100, flags] as const;
  const of = [handle, bp, flags] as const;

  it('answer as their waitfp says', () => {
    expectTypeOf(() =>
      ddi_dma_addr_bind_handle(...at, DDI_DMA_SLEEP),
    ).returns.toEqualTypeOf<Later>();
    expectTypeOf(() =>
      ddi_dma_addr_bind_handle(...at, DDI_DMA_DONTWAIT),
    ).returns.toEqualTypeOf<Now>();
    expectTypeOf(() => ddi_dma_addr_bind_handle(...at, null)).returns.toEqualTypeOf<Now>();
    expectTypeOf(() => ddi_dma_addr_bind_handle(...at, done, soft)).returns.toEqualTypeOf<Now>();
    expectTypeOf((s: boolean) =>
      ddi_dma_addr_bind_handle(...at, canSleep(s)),
    ).returns.toEqualTypeOf<Now | Later>();
    expectTypeOf(() =>
      ddi_dma_buf_bind_handle(...of, DDI_DMA_SLEEP),
    ).returns.toEqualTypeOf<Later>();
    expectTypeOf(() =>
      ddi_dma_buf_bind_handle(...of, DDI_DMA_DONTWAIT),
    ).returns.toEqualTypeOf<Now>();
    expectTypeOf(() => ddi_dma_buf_bind_handle(...of, null)).returns.toEqualTypeOf<Now>();
    expectTypeOf(() => ddi_dma_buf_bind_handle(...of, done, soft)).returns.toEqualTypeOf<Now>();
    expectTypeOf((s: boolean) => ddi_dma_buf_bind_handle(...of, canSleep(s))).returns.toEqualTypeOf<
      Now | Later
    >();
    // @ts-expect-error -- 7 is no Soft
    expectTypeOf(() => ddi_dma_addr_bind_handle(...at, done, 7)).toBeFunction();
    // @ts-expect-error -- undefined is no Soft
    expectTypeOf(() => ddi_dma_addr_bind_handle(...at, done)).toBeFunction();
    // @ts-expect-error -- 7 is no Soft
    expectTypeOf(() => ddi_dma_buf_bind_handle(...of, done, 7)).toBeFunction();
    // @ts-expect-error -- undefined is no Soft
    expectTypeOf(() => ddi_dma_buf_bind_handle(...of, done)).toBeFunction();
  });
});

describe('a waitfp chosen at run time', () => {
  const { machine, dip: here } = bareSystem();
  const memory = [100, neverSwap, DDI_DMA_CONSISTENT] as const;

  it.each([
    ['DDI_DMA_SLEEP', DDI_DMA_SLEEP],
    ['DDI_DMA_DONTWAIT', DDI_DMA_DONTWAIT],
    ['null', null],
    ['a function', () => DDI_DMA_CALLBACK_DONE],
  ] as const)('is awaited, be it %s', async (_what, chosen) => {
    const waitfp: ddi_waitfp_t = chosen;
    const made = must(await ddi_dma_alloc_handle(here, attr, waitfp));
    const { kaddr, handle: acc } = must(await ddi_dma_mem_alloc(made.handle, ...memory, waitfp));
    const bound = ddi_dma_addr_bind_handle(made.handle, null, kaddr, 100, flags, waitfp);
    expect(must(await bound).ccount).toBe(1);
    must(ddi_dma_unbind_handle(made.handle));
    const bp = machine.kernel.getrbuf(0);
    if (bp === null) throw new Error('no buf');
    bp.b_addr = kaddr;
    bp.b_bcount = 100;
    expect(must(await ddi_dma_buf_bind_handle(made.handle, bp, flags, waitfp)).ccount).toBe(1);
    must(ddi_dma_unbind_handle(made.handle));
    freerbuf(bp);
    ddi_dma_mem_free(acc);
    ddi_dma_free_handle(made.handle);
    expect(machine.live.list()).toEqual([]);
  });
});
