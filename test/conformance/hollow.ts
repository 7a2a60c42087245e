/**
 * Four hollow systems: they answer every call and do nothing.
 *
 *   succeed  every call succeeds, with plausible values
 *   fail     every call that can fail does, with DDI_FAILURE
 *   throw    every call throws
 *   stale    every call succeeds and gives for ever what it gave first
 *
 * A check that all four pass observes nothing.
 */
import { err, errAsync, ok, okAsync } from 'neverthrow';
import type { DdiCalls, KernelCalls, Laboratory, Sut, System } from '../../src/conformance/sut.js';
import { ddiError } from '../../src/sys/errors.js';
import type { ddi_dma_cookie_t, dev_info_t } from '../../src/sys/types.js';
import type { ddi_fm_error_t } from '../../src/sys/types-fm.js';
import type { buf_t, proc_t } from '../../src/sys/types-io.js';

/** The ways to be hollow. */
export const hollowKinds = ['succeed', 'fail', 'throw', 'stale'] as const;
/** The name of a way to be hollow. */
export type HollowKind = (typeof hollowKinds)[number];

/** Any function, as a table of hollow ones holds it. */
type Call = (...args: readonly never[]) => unknown;

/** Calls that answer with a Result and take a `waitfp`, and where it stands. */
const waitfpAt: Readonly<Record<string, number>> = {
  ddi_dma_alloc_handle: 2,
  ddi_dma_mem_alloc: 4,
  ddi_dma_addr_bind_handle: 5,
  ddi_dma_buf_bind_handle: 3,
};

const cookie: ddi_dma_cookie_t = {
  dmac_laddress: 0x4567000n,
  dmac_address: 0x4567000,
  dmac_size: 4096,
  dmac_type: 0,
};

const fmOk: ddi_fm_error_t = {
  fme_version: 1,
  fme_status: 0,
  fme_flag: 0,
  fme_ena: 0n,
  fme_acc_handle: null,
  fme_dma_handle: null,
  fme_bus_specific: null,
  fme_bus_type: 0,
};

/** What a call that succeeds and does nothing might plausibly give. */
const plausible: Readonly<Record<string, Call>> = {
  ddi_dma_alloc_handle: () => ok({ handle: {} }),
  ddi_dma_mem_alloc: (_handle: unknown, length: number) =>
    ok({ kaddr: 0x100000, real_length: length, handle: {} }),
  ddi_dma_addr_bind_handle: () => ok({ rval: 0, cookie, ccount: 1 }),
  ddi_dma_buf_bind_handle: () => ok({ rval: 0, cookie, ccount: 1 }),
  ddi_dma_numwin: () => ok({ nwin: 2 }),
  ddi_dma_getwin: (_handle: unknown, win: number) =>
    ok({ off: win * 4096, len: 4096, cookie, ccount: 1 }),
  ddi_dma_unbind_handle: () => ok(undefined),
  ddi_dma_sync: () => ok(undefined),
  ddi_dma_ncookies: () => 1,
  ddi_dma_cookie_iter: (_handle: unknown, at: unknown) => (at === null ? cookie : null),
  ddi_dma_cookie_get: (_handle: unknown, i: number) => (i === 0 ? cookie : null),
  ddi_dma_cookie_one: () => cookie,
  ddi_dma_nextcookie: () => cookie,
  ddi_dma_burstsizes: () => 0x7f,
  ddi_get8: () => 0,
  ddi_get16: () => 0,
  ddi_get32: () => 0,
  ddi_get64: () => 0n,
  ddi_regs_map_setup: () => ok({ addr: 0x200000, handle: {} }),
  ddi_dev_nregs: () => ok({ result: 4 }),
  ddi_dev_regsize: () => ok({ result: 4096 }),
  ddi_map_regs: () => ok({ kaddr: 0x200000 }),
  ddi_peek8: () => ok({ value: 0 }),
  ddi_peek16: () => ok({ value: 0 }),
  ddi_peek32: () => ok({ value: 0 }),
  ddi_peek64: () => ok({ value: 0n }),
  ddi_poke8: () => ok(undefined),
  ddi_poke16: () => ok(undefined),
  ddi_poke32: () => ok(undefined),
  ddi_poke64: () => ok(undefined),
  pci_config_setup: () => ok({ handle: {} }),
  pci_config_get8: () => 0,
  pci_config_get16: () => 0,
  pci_config_get32: () => 0,
  pci_config_get64: () => 0n,
  ddi_check_acc_handle: () => 0,
  ddi_check_dma_handle: () => 0,
  ddi_fm_acc_err_get: () => fmOk,
  ddi_fm_capable: () => 15,
  ddi_fm_dma_err_get: () => fmOk,
  ddi_fm_init: () => ({ fm_capability: 15, ibc: {} }),
  ddi_get_devstate: () => 32,
  ddi_get_iblock_cookie: () => ok({ iblock_cookie: {} }),
  ddi_add_intr: () => ok({ iblock_cookie: {} }),
  ddi_intr_get_supported_types: () => ok({ types: 1 }),
  ddi_intr_get_nintrs: () => ok({ nintrs: 1 }),
  ddi_intr_get_navail: () => ok({ navail: 1 }),
  ddi_intr_alloc: (_dip: unknown, _type: unknown, _inum: unknown, count: number) =>
    ok({ h_array: Array.from({ length: count }, () => ({})), actual: count }),
  ddi_intr_free: () => ok(undefined),
  ddi_intr_add_handler: () => ok(undefined),
  ddi_intr_remove_handler: () => ok(undefined),
  ddi_intr_enable: () => ok(undefined),
  ddi_intr_disable: () => ok(undefined),
  ddi_intr_block_enable: () => ok(undefined),
  ddi_intr_block_disable: () => ok(undefined),
  ddi_intr_get_cap: () => ok({ flags: 1 }),
  ddi_intr_get_pri: () => ok({ pri: 5 }),
  ddi_intr_set_pri: () => ok(undefined),
  ddi_intr_set_mask: () => ok(undefined),
  ddi_intr_clr_mask: () => ok(undefined),
  ddi_intr_get_pending: () => ok({ pending: 0 }),
  ddi_intr_hilevel: () => 0,
  ddi_intr_add_softint: () => ok({ h: {} }),
  ddi_intr_trigger_softint: () => ok(undefined),
  ddi_intr_remove_softint: () => ok(undefined),
  ddi_intr_get_softint_pri: () => ok({ soft_pri: 1 }),
  ddi_get_soft_iblock_cookie: () => ok({ iblock_cookie: {} }),
  ddi_add_softintr: () => ok({ id: {}, iblock_cookie: {} }),
  mutex_tryenter: () => 1,
  mutex_owned: () => 1,
  cv_timedwait: () => 1,
  cv_reltimedwait: () => 1,
  ddi_umem_iosetup: () => hollowBuf(),
  biowait: () => Promise.resolve(0),
  geterror: () => 0,
  bp_copyin: () => 0,
  bp_copyout: () => 0,
  ddi_btop: () => 1,
  ddi_btopr: () => 1,
  ddi_ptob: () => 4096,
};

/** A buf with a member for everything and a meaning for nothing. */
function hollowBuf(): object {
  return {
    b_flags: 0,
    b_bcount: 0,
    b_addr: 0x300000,
    b_blkno: 0,
    b_lblkno: 0,
    b_resid: 0,
    b_error: 0,
    b_iodone: null,
    b_proc: null,
    b_pages: null,
    b_shadow: null,
  };
}

const plausibleKernel: Readonly<Record<string, Call>> = {
  kmem_alloc: () => 0x100000,
  kmem_zalloc: () => 0x100000,
  mutex_init: () => ({}),
  cv_init: () => ({}),
  ddi_get_lbolt: () => 0,
  ddi_intr_get_hilevel_pri: () => 11,
  delay: () => Promise.resolve(),
  getrbuf: () => hollowBuf(),
  allocBuf: () => hollowBuf(),
  ddi_umem_alloc: () => ({ addr: 0x100000, cookie: {} }),
  ddi_umem_lock: () => ok({ cookie: {} }),
  umem_lockmemory: () => ok({ cookie: {} }),
  physio: () => Promise.resolve(0),
  load32: () => 0,
};

/** What a failing call gives that has no Result to fail with. */
const failing: Readonly<Record<string, unknown>> = {
  ddi_dma_ncookies: 0,
  ddi_dma_burstsizes: 0,
  ddi_check_acc_handle: -1,
  ddi_check_dma_handle: -1,
  ddi_fm_acc_err_get: { ...fmOk, fme_status: -1 },
  ddi_fm_capable: 0,
  ddi_fm_dma_err_get: { ...fmOk, fme_status: -1 },
  ddi_fm_init: { fm_capability: 0, ibc: null },
  ddi_get_devstate: -16,
  ddi_get8: 0xff,
  ddi_get16: 0xffff,
  ddi_get32: 0xffffffff,
  ddi_get64: 0xffffffffffffffffn,
  pci_config_get8: 0xff,
  pci_config_get16: 0xffff,
  pci_config_get32: 0xffffffff,
  pci_config_get64: 0xffffffffffffffffn,
  mutex_tryenter: 0,
  mutex_owned: 0,
  cv_timedwait: -1,
  cv_reltimedwait: -1,
  biowait: Promise.resolve(5),
  geterror: 5,
  bp_copyin: -1,
  bp_copyout: -1,
  physio: Promise.resolve(5),
  ddi_btop: 0,
  ddi_btopr: 0,
  ddi_ptob: 0,
};

/** The hollow form of one call. */
function hollow(kind: HollowKind, name: string, succeed: Call | undefined): Call {
  const calm = succeed ?? ((): undefined => undefined);
  if (kind === 'throw') {
    return () => {
      throw new Error(`${name}: hollow`);
    };
  }
  const answer =
    kind === 'stale'
      ? once(calm)
      : kind === 'fail' && isResult(calm())
        ? () => err(ddiError('DDI_FAILURE', name, 'none', 'hollow'))
        : kind === 'fail'
          ? () => failing[name] ?? null
          : calm;
  const at = waitfpAt[name];
  if (at === undefined) return answer;
  return (...args) => (args[at] === 1 ? asleep(answer(...args)) : answer(...args));
}

/** A function that gives for ever what it gave first. */
function once(fn: Call): Call {
  let first: { readonly value: unknown } | undefined;
  return (...args) => {
    first ??= { value: fn(...args) };
    return first.value;
  };
}

function isResult(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'isOk' in value;
}

/** A Result as a sleeping call gives it. */
function asleep(result: unknown): unknown {
  const { value, error } = result as { value?: unknown; error?: unknown };
  return error === undefined ? okAsync(value) : errAsync(error);
}

/** A table of hollow calls: whatever name is asked for, there is one. */
function hollowCalls(kind: HollowKind, calls: Readonly<Record<string, Call>>): unknown {
  const made = new Map<string, Call>();
  return new Proxy(
    {},
    {
      get: (_target, name) => {
        if (typeof name !== 'string') return undefined;
        let call = made.get(name);
        if (call === undefined) {
          call = hollow(kind, name, calls[name]);
          made.set(name, call);
        }
        return call;
      },
    },
  );
}

/** The environment of a hollow system: memory without content, a device without life. */
function environment(kind: HollowKind): Omit<Sut, 'system' | 'ddi' | 'kernel'> {
  const bytes = (length: number): Uint8Array => new Uint8Array(length);
  let written = new Uint8Array(0);
  // The stale system remembers what was stored first, and shows that whatever is stored later.
  const store = (content: Uint8Array): void => {
    if (kind === 'stale' && written.length === 0) written = content.slice();
  };
  const load = (length: number): Uint8Array => {
    const seen = bytes(length);
    seen.set(written.subarray(0, length));
    return seen;
  };
  const run = async <T>(fn: () => T | PromiseLike<T>): Promise<T> => fn();
  return {
    endian: 'little',
    pageSize: 4096,
    dip: () => ({}) as unknown as dev_info_t,
    bareDip: () => ({}) as unknown as dev_info_t,
    narrowDip: () => ({}) as unknown as dev_info_t,
    silentDip: () => ({}) as unknown as dev_info_t,
    limitVectors: () => undefined,
    device: {
      read: (_at, length) => load(length),
      write: (_at, content) => {
        store(content);
      },
      raise: () => undefined,
      lower: () => undefined,
      message: () => true,
      registerSets: 4,
      reg: [
        [0, 0, 0, 0, 0],
        [0x02000010, 0, 0, 0, 4096],
      ],
      sizeOf: () => 4096,
      fill: (_set, _off, content) => {
        store(content);
      },
      bytes: (_set, _off, length) => load(length),
      accesses: () => [],
    },
    faults: {
      breakRegister: () => undefined,
      remove: () => undefined,
      breakAddress: () => undefined,
      mend: () => undefined,
    },
    properties: () => [],
    inEntryPoint: async (_which, _dip, fn) => {
      await fn();
    },
    program: () => ({
      proc: {} as unknown as proc_t,
      map: () => 0x80000000,
      mapSharedFile: () => 0x80000000,
      protect: () => undefined,
      peek: (_at, length) => load(length),
      poke: (_at, content) => {
        store(content);
      },
      takeOut: () => 0,
      run,
      fork: () => false,
      exec: () => false,
      exit: () => undefined,
      limitLocks: () => undefined,
      uio: (areas, offset = 0) => ({
        uio_iov: areas.map(([iov_base, iov_len]) => ({ iov_base, iov_len })),
        uio_iovcnt: areas.length,
        uio_loffset: offset,
        uio_segflg: 0,
        uio_resid: areas.reduce((sum, [, length]) => sum + length, 0),
      }),
    }),
    pages: () => ({
      buf: (off, length) => ({ ...hollowBuf(), b_addr: off, b_bcount: length }) as unknown as buf_t,
      peek: (_off, length) => load(length),
      poke: (_off, content) => {
        store(content);
      },
    }),
    place: (_pfns, off) => 0x300000 + off,
    peek: (_at, length) => load(length),
    poke: (_at, content) => {
      store(content);
    },
    nowhere: () => 0x1000,
    frameOf: () => 0x1200,
    cachingOf: () => 'cached',
    exhaust: () => () => undefined,
    capHandles: () => undefined,
    attach: async (driver) => driver.attach({} as unknown as dev_info_t, 0),
    detach: async (driver) => driver.detach({} as unknown as dev_info_t, 0),
    contextKind: () => 'user',
    within: (_where, fn) => run(fn),
    thread: (_name, fn) =>
      run(async () => {
        await fn();
      }),
    settle: () => Promise.resolve(),
    nowNs: () => 0,
    attempt: async (fn) => ({ value: await fn(), panic: undefined, findings: [] }),
    findings: () => [],
    live: () => [],
  };
}

/**
 * A laboratory of hollow systems.
 *
 * @param kind - how they are hollow
 * @param system - which system they pretend to be
 */
export function hollowLaboratory(kind: HollowKind, system: System): Laboratory {
  return {
    system,
    run: async (_needs, body) => {
      const sut: Sut = {
        system,
        ddi: hollowCalls(kind, plausible) as DdiCalls,
        kernel: hollowCalls(kind, plausibleKernel) as KernelCalls,
        ...environment(kind),
      };
      await body(sut);
    },
  };
}
