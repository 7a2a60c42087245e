/**
 * What checks share: attributes that ask for nothing, and the steps that lead up to an observation.
 *
 * A helper asserts only that the way there is open; the observation itself stands in the check.
 */
import {
  DDI_DEVICE_ATTR_V1,
  DDI_DMA_CONSISTENT,
  DDI_DMA_DONTWAIT,
  DDI_DMA_RDWR,
  DDI_NEVERSWAP_ACC,
  DDI_STRICTORDER_ACC,
  DMA_ATTR_V0,
  KM_NOSLEEP,
} from '../sys/constants.js';
import type {
  caddr_t,
  ddi_acc_handle_t,
  ddi_device_acc_attr_t,
  ddi_dma_attr_t,
  ddi_dma_cookie_t,
  ddi_dma_handle_t,
} from '../sys/types.js';
import { type BindAnswer, type BindCall, type Bound, byAddress } from './bind-call.js';
import type { Attempt, Sut, Where } from './sut.js';
import { good, that } from './that.js';

/** The three contexts of the pages' CONTEXT sections. */
export const contexts: readonly Where[] = ['user', 'kernel', 'interrupt'];

/** Attributes of an engine that can do nearly everything: every limit is as wide as it goes. */
export const wideAttr: ddi_dma_attr_t = {
  dma_attr_version: DMA_ATTR_V0,
  dma_attr_addr_lo: 0n,
  dma_attr_addr_hi: 0xffff_ffff_ffff_ffffn,
  dma_attr_count_max: 0xffff_ffffn,
  dma_attr_align: 1n,
  dma_attr_burstsizes: 0x7f,
  dma_attr_minxfer: 1,
  dma_attr_maxxfer: 0xffff_ffffn,
  dma_attr_seg: 0xffff_ffff_ffff_ffffn,
  dma_attr_sgllen: 256,
  dma_attr_granular: 1,
  dma_attr_flags: 0,
};

/** Access without swapping, in program order. */
export const plainAcc: ddi_device_acc_attr_t = {
  devacc_attr_version: DDI_DEVICE_ATTR_V1,
  devacc_attr_endian_flags: DDI_NEVERSWAP_ACC,
  devacc_attr_dataorder: DDI_STRICTORDER_ACC,
};

/** Both directions, random access: what most checks bind with. */
export const bothWays: number = DDI_DMA_RDWR | DDI_DMA_CONSISTENT;

/** Page frames that follow one another, below 4 GiB on every modelled machine. */
export const frameRun: readonly number[] = [0x1200, 0x1201, 0x1202, 0x1203];

/** Page frames of which no two follow one another. */
export const framesApart: readonly number[] = [0x1300, 0x1204, 0x1310, 0x1208];

/**
 * A handle with the given differences from the widest attributes.
 *
 * @param sut - the system
 * @param differences - fields that are not as wide as they go
 */
export function newHandle(sut: Sut, differences: Partial<ddi_dma_attr_t> = {}): ddi_dma_handle_t {
  const attr = { ...wideAttr, ...differences };
  const result = sut.ddi.ddi_dma_alloc_handle(sut.dip(), attr, DDI_DMA_DONTWAIT);
  return good(result, 'ddi_dma_alloc_handle').handle;
}

/** DMA memory as ddi_dma_mem_alloc(9F) gives it. */
export interface Memory {
  readonly kaddr: caddr_t;
  readonly real_length: number;
  readonly handle: ddi_acc_handle_t;
}

/**
 * DMA memory.
 *
 * @param sut - the system
 * @param handle - whose attributes it obeys
 * @param length - bytes
 * @param flags - transfer mode and cache attribute
 * @param acc - access attributes
 */
export function newMemory(
  sut: Sut,
  handle: ddi_dma_handle_t,
  length: number,
  flags: number = DDI_DMA_CONSISTENT,
  acc: ddi_device_acc_attr_t = plainAcc,
): Memory {
  const result = sut.ddi.ddi_dma_mem_alloc(handle, length, acc, flags, DDI_DMA_DONTWAIT);
  return good(result, `ddi_dma_mem_alloc of ${length} bytes`);
}

/**
 * Binds kernel memory.
 *
 * @param sut - the system
 * @param handle - not bound
 * @param at - the memory
 * @param length - bytes
 * @param flags - direction and mode
 * @param how - the call that binds
 */
export function bind(
  sut: Sut,
  handle: ddi_dma_handle_t,
  at: caddr_t,
  length: number,
  flags: number = bothWays,
  how: BindCall = byAddress,
): Bound {
  return good(tryBind(sut, handle, at, length, flags, how), `bind of ${length} bytes`);
}

/**
 * Binds kernel memory and gives the answer as it is.
 *
 * @param sut - the system
 * @param handle - not bound
 * @param at - the memory
 * @param length - bytes
 * @param flags - direction and mode
 * @param how - the call that binds
 */
export function tryBind(
  sut: Sut,
  handle: ddi_dma_handle_t,
  at: caddr_t,
  length: number,
  flags: number = bothWays,
  how: BindCall = byAddress,
): BindAnswer {
  return how.object(sut, at, length, flags).now(handle, flags);
}

/** A bound object: the handle and the memory behind it. */
export interface BoundObject extends Bound {
  readonly handle: ddi_dma_handle_t;
  readonly at: caddr_t;
  readonly length: number;
}

/**
 * A buffer on four frames that do not follow one another, bound with a new handle.
 *
 * @param sut - the system
 * @param flags - direction and mode
 * @param off - where in its first page the buffer starts
 * @param how - the call that binds
 */
export function boundPages(
  sut: Sut,
  flags: number = bothWays,
  off = 0,
  how: BindCall = byAddress,
): BoundObject {
  const length = framesApart.length * sut.pageSize - 2 * off;
  const at = sut.place(framesApart, off, length);
  const handle = newHandle(sut);
  return { handle, at, length, ...bind(sut, handle, at, length, flags, how) };
}

/**
 * The cookies of a bound handle, by index.
 *
 * @param sut - the system
 * @param handle - bound
 */
export function cookiesOf(sut: Sut, handle: ddi_dma_handle_t): ddi_dma_cookie_t[] {
  const cookies: ddi_dma_cookie_t[] = [];
  const count = sut.ddi.ddi_dma_ncookies(handle);
  that(count <= 4096, `${count} cookies is a number one can believe`);
  for (let i = 0; i < count; i++) {
    const cookie = sut.ddi.ddi_dma_cookie_get(handle, i);
    that(cookie !== null, `cookie ${i} of ${count} is there`);
    cookies.push(cookie);
  }
  return cookies;
}

/**
 * Where the frame behind a kernel address lies, for a device on a machine without an IOMMU.
 *
 * @param sut - the system
 * @param at - the address
 */
export function busAddressOf(sut: Sut, at: caddr_t): bigint {
  return BigInt(sut.frameOf(at)) * BigInt(sut.pageSize) + BigInt(at % sut.pageSize);
}

/**
 * The bytes of all cookies together.
 *
 * @param cookies - of one handle
 */
export function totalSize(cookies: readonly ddi_dma_cookie_t[]): number {
  return cookies.reduce((sum, c) => sum + c.dmac_size, 0);
}

/**
 * Uses up all memory, and makes sure that it is.
 *
 * @param sut - the system
 * @returns what gives the memory back
 */
export function usedUp(sut: Sut): () => void {
  const giveBack = sut.exhaust();
  that(sut.kernel.kmem_alloc(1 << 20, KM_NOSLEEP) === null, 'memory is used up');
  return giveBack;
}

/**
 * What the device reads when it follows the cookies of a handle.
 *
 * @param sut - the system
 * @param handle - bound
 */
export function deviceReads(sut: Sut, handle: ddi_dma_handle_t): Uint8Array {
  const cookies = cookiesOf(sut, handle);
  const bytes = new Uint8Array(totalSize(cookies));
  let at = 0;
  for (const c of cookies) {
    bytes.set(sut.device.read(c.dmac_laddress, c.dmac_size), at);
    at += c.dmac_size;
  }
  return bytes;
}

/**
 * Lets the device write through the cookies of a handle, from the start of the object.
 *
 * @param sut - the system
 * @param handle - bound
 * @param bytes - as many as the object has
 */
export function deviceWrites(sut: Sut, handle: ddi_dma_handle_t, bytes: Uint8Array): void {
  let at = 0;
  for (const c of cookiesOf(sut, handle)) {
    sut.device.write(c.dmac_laddress, bytes.subarray(at, at + c.dmac_size));
    at += c.dmac_size;
  }
  that(at === bytes.length, `the cookies cover all ${bytes.length} bytes`);
}

/**
 * Bytes in which every position can be told from its neighbours and from the same of another seed.
 *
 * @param length - bytes
 * @param seed - which of them
 */
export function pattern(length: number, seed: number): Uint8Array {
  const bytes = new Uint8Array(length);
  for (let i = 0; i < length; i++) bytes[i] = i * 7 + (i >> 8) * 13 + seed * 31 + 1;
  return bytes;
}

/**
 * Tries what a page forbids; it must end in a panic or in a finding that names one of the clauses.
 *
 * @param sut - the system
 * @param what - what is tried
 * @param clauses - the clauses a finding may name
 * @param fn - the misuse
 * @returns what happened
 */
export async function misuse<T>(
  sut: Sut,
  what: string,
  clauses: readonly string[],
  fn: () => T | PromiseLike<T>,
): Promise<Attempt<Awaited<T>>> {
  const attempt = await sut.attempt(fn);
  const named = attempt.findings.map((f) => f.clause);
  const reported = named.some((clause) => clauses.includes(clause));
  const wanted = clauses.join(' or ');
  that(
    attempt.panic !== undefined || reported,
    `${what} is reported under ${wanted} (reported: ${named.join(', ') || 'nothing'})`,
  );
  return attempt;
}

/**
 * Tries what a page allows, in every context; none may report anything.
 *
 * @param sut - the system
 * @param what - what is tried
 * @param fn - the use
 */
export async function inEveryContext(
  sut: Sut,
  what: string,
  fn: (where: Where) => unknown,
): Promise<void> {
  for (const where of contexts) {
    await sut.within(where, () => fn(where));
    const reported = sut.findings().map((f) => `${f.rule} ${f.clause}`);
    that(reported.length === 0, `${what} is in order in ${where} context (${reported.join(', ')})`);
  }
}

/**
 * Orders bytes of a number as the host does.
 *
 * @param sut - the system
 * @param value - the number
 * @param width - bytes
 */
export function hostBytes(sut: Sut, value: bigint, width: number): Uint8Array {
  const little = Uint8Array.from({ length: width }, (_, i) =>
    Number((value >> BigInt(8 * i)) & 0xffn),
  );
  return sut.endian === 'little' ? little : little.reverse();
}
