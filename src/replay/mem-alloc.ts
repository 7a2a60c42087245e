/**
 * Family mem_alloc: memory for a handle, looked at, written through its access handle, bound and
 * freed.
 *
 * Which pages satisfy a request is the recorder's choice: the worst that is legal. The stage makes
 * the same choice, so that what follows from it (runs, cookies) can be compared.
 */
import {
  ddi_dma_addr_bind_handle,
  ddi_dma_free_handle,
  ddi_dma_mem_alloc,
  ddi_dma_mem_free,
  ddi_dma_unbind_handle,
  ddi_put32,
  DDI_DMA_CONSISTENT,
  DDI_DMA_DONTWAIT,
  DDI_DMA_RDWR,
  discard,
  type DdiError,
  type ddi_acc_handle_t,
  type ddi_dma_attr_t,
  type ddi_dma_handle_t,
} from '../index.js';
import { pageBytes } from '../machine/store.js';
import { AccHandle, type MemorySource } from '../nexus/acc-handle.js';
import type { MemInput } from './recording.js';
import type { Replayed } from './replayed.js';
import { waitfpOf, type Gathered, type Stage } from './stage.js';

/** The order in which the memory is written. */
const MARK = 0x11223344;
/** How the memory is bound. */
const BIND_FLAGS = DDI_DMA_RDWR | DDI_DMA_CONSISTENT;

const exempt: ReadonlyMap<string, string> = new Map([
  ['accAfterFree', 'ddi_dma_mem_free(9F) is given a value, no variable it could clear'],
]);
const crooked = 'segments of no power of two: cookies depend on where memory happened to lie';
/** What is exempt where the number of cookies hangs on the addresses. */
const exemptCrooked: ReadonlyMap<string, string> = new Map([
  ...exempt,
  ['bind', crooked],
  ['bindCookies', crooked],
]);

/**
 * Plays a case.
 *
 * @param stage - the machine
 * @param input - the case
 */
export async function replayMemAlloc(stage: Stage, input: MemInput): Promise<Replayed> {
  const got: Gathered = {};
  const modulo = new Map<string, number>();
  const detach = stage.machine.observe({
    event: (event) => {
      if (event.kind !== 'cache mode') return;
      got[event.mode === 'cached' ? 'unmapPages' : 'remapPages'] = event.pages;
    },
  });
  await stage.perform(got, async () => {
    const handle = await stage.allocHandle(input.attr, 0);
    got['alloc'] = typeof handle === 'number' ? handle : 0;
    if (typeof handle === 'number') return;
    const { len, acc, flags, waitfp } = input;
    got['request'] = [];
    const result = await ddi_dma_mem_alloc(handle, len, acc, flags, waitfpOf(waitfp));
    got['rc'] = result.isOk() ? 0 : result.error.code;
    if (result.isErr()) afterFailure(result.error, got);
    else {
      const source = sourceOf(result.value.handle);
      if (source !== null) got['request'] = [requestText(source)];
      // Objects of a cache lie wherever one was free.
      if (source?.kind === 'cache') modulo.set('pageOff', source.bytes);
      use(stage, input, handle, result.value, got);
    }
    ddi_dma_free_handle(handle);
    stage.leaks(got, 0);
  });
  detach();
  const seg = input.attr.dma_attr_seg;
  const odd = (seg & (seg + 1n)) !== 0n && Number(got['pages'] ?? 1) > 1;
  return { got, allowances: { exempt: odd ? exemptCrooked : exempt, modulo } };
}

/** What the kernel's page layer was asked for, where a kernel is modelled. */
function sourceOf(acc: ddi_acc_handle_t): MemorySource | null {
  return acc instanceof AccHandle && acc.target.kind === 'memory' ? acc.target.source : null;
}

function requestText(source: MemorySource): string {
  const range = source.kind === 'contig' ? '' : ` ${source.range}`;
  return `${source.kind}${range} ${source.bytes}`;
}

/** What the call left in the caller's variables although it failed. */
function afterFailure(error: DdiError, got: Gathered): void {
  const { real_length: real, handle } = error.out ?? {};
  got['realAfterFail'] = typeof real === 'number' ? real : 'untouched';
  got['accAfterFail'] = handle === undefined ? 'cleared' : 'set';
}

interface Memory {
  readonly kaddr: number;
  readonly real_length: number;
  readonly handle: ddi_acc_handle_t;
}

function use(
  stage: Stage,
  input: MemInput,
  handle: ddi_dma_handle_t,
  { kaddr, real_length: real, handle: acc }: Memory,
  got: Gathered,
): void {
  const { probe } = stage.machine;
  got['real'] = real;
  got['pageOff'] = kaddr % pageBytes;
  got['kaddrAlign'] = alignmentOf(kaddr, Math.max(pageBytes, Number(input.attr.dma_attr_align)));
  const first = Math.floor(kaddr / pageBytes);
  const last = Math.floor((kaddr + real - 1) / pageBytes);
  const pfns = Array.from({ length: last - first + 1 }, (_, i) =>
    probe.pfnOf((first + i) * pageBytes),
  );
  Object.assign(got, placement(pfns, kaddr % pageBytes, real, input.attr));
  if (got['remapPages'] !== undefined) {
    got['remapWholePages'] = kaddr % pageBytes === 0 && real % pageBytes === 0;
  }
  ddi_put32(acc, kaddr, MARK);
  got['put32'] = [...probe.peek(kaddr, 4)].map((b) => b.toString(16).padStart(2, '0')).join('');
  const bound = ddi_dma_addr_bind_handle(handle, null, kaddr, real, BIND_FLAGS, DDI_DMA_DONTWAIT);
  got['bind'] = bound.isOk() ? bound.value.rval : bound.error.code;
  if (bound.isOk()) {
    got['bindCookies'] = bound.value.ccount;
    discard(ddi_dma_unbind_handle(handle));
  }
  ddi_dma_mem_free(acc);
}

/** The largest power of two that divides an address, at most `cap`. */
function alignmentOf(address: number, cap: number): number {
  let align = 1;
  while (align < cap && address % (align * 2) === 0) align *= 2;
  return align;
}

/** Where the memory lies, as far as attributes have a say in it. */
function placement(
  pfns: readonly number[],
  off: number,
  real: number,
  attr: ddi_dma_attr_t,
): Gathered {
  const runs = pfns.filter((pfn, i) => i === 0 || pfn !== (pfns[i - 1] ?? 0) + 1).length;
  const low = BigInt(Math.min(...pfns)) * BigInt(pageBytes);
  const end = BigInt(Math.max(...pfns) + 1) * BigInt(pageBytes) - 1n;
  const got: Gathered = {
    pages: pfns.length,
    physRuns: runs,
    physContig: runs === 1,
    geAddrLo: low >= attr.dma_attr_addr_lo,
    leAddrHi: end <= attr.dma_attr_addr_hi,
  };
  const boundary = attr.dma_attr_seg + 1n;
  if (runs === 1 && (boundary & (boundary - 1n)) === 0n) {
    const start = low + BigInt(off);
    got['crossesSeg'] = start / boundary !== (start + BigInt(real) - 1n) / boundary;
  }
  return got;
}
