/**
 * The system under test: everything a check may touch.
 *
 * Two halves. The *calls* are the DDI's own, with the signatures of this package. The *environment*
 * is what no driver has and every test needs: to be the device, to be in another context, to look
 * at memory behind the CPU's back, to catch a panic. An implementation that offers both can be
 * judged.
 *
 * A system is fresh for every check and for every case of a check, and thrown away afterwards.
 */
import type * as ddi from '../index.js';
import type { Kernel } from '../machine/kernel.js';
import type { Finding } from '../sys/finding.js';
import type { Panic } from '../sys/errors.js';
import type { caddr_t, dev_info_t } from '../sys/types.js';
import type { buf_t, proc_t, uio_t } from '../sys/types-io.js';

/** What the names of accessors end in: families of 64 bits, and of less. */
type Narrow = 8 | 16 | 32 | 'b' | 'w' | 'l';
type Wide = Narrow | 64 | 'll';

/** The calls that are judged: those of `deliveredPages` that find the machine in an argument. */
export type DdiCalls = Pick<
  typeof ddi,
  | 'ddi_dma_alloc_handle'
  | 'ddi_dma_free_handle'
  | 'ddi_dma_mem_alloc'
  | 'ddi_dma_mem_free'
  | 'ddi_dma_addr_bind_handle'
  | 'ddi_dma_buf_bind_handle'
  | 'ddi_dma_unbind_handle'
  | 'ddi_dma_sync'
  | 'ddi_dma_numwin'
  | 'ddi_dma_getwin'
  | 'ddi_dma_ncookies'
  | 'ddi_dma_cookie_iter'
  | 'ddi_dma_cookie_get'
  | 'ddi_dma_cookie_one'
  | 'ddi_dma_nextcookie'
  | 'ddi_dma_burstsizes'
  | `ddi_${'' | 'rep_' | 'mem_' | 'mem_rep_'}${'get' | 'put'}${Wide}`
  | `ddi_${'io_' | 'io_rep_'}${'get' | 'put'}${Narrow}`
  | 'ddi_device_zero'
  | 'ddi_device_copy'
  | 'withBytes'
  | 'ddi_check_acc_handle'
  | 'ddi_check_dma_handle'
  | 'ddi_fm_acc_err_clear'
  | 'ddi_fm_acc_err_get'
  | 'ddi_fm_capable'
  | 'ddi_fm_dma_err_clear'
  | 'ddi_fm_dma_err_get'
  | 'ddi_fm_fini'
  | 'ddi_fm_handler_register'
  | 'ddi_fm_handler_unregister'
  | 'ddi_fm_init'
  | 'ddi_fm_service_impact'
  | 'ddi_get_devstate'
  | 'ddi_regs_map_setup'
  | 'ddi_regs_map_free'
  | 'ddi_dev_nregs'
  | 'ddi_dev_regsize'
  | 'ddi_map_regs'
  | 'ddi_unmap_regs'
  | 'ddi_peek8'
  | 'ddi_peek16'
  | 'ddi_peek32'
  | 'ddi_peek64'
  | 'ddi_poke8'
  | 'ddi_poke16'
  | 'ddi_poke32'
  | 'ddi_poke64'
  | 'pci_config_setup'
  | 'pci_config_teardown'
  | 'pci_config_get8'
  | 'pci_config_get16'
  | 'pci_config_get32'
  | 'pci_config_get64'
  | 'pci_config_put8'
  | 'pci_config_put16'
  | 'pci_config_put32'
  | 'pci_config_put64'
  | 'ddi_get_iblock_cookie'
  | 'ddi_add_intr'
  | 'ddi_remove_intr'
  | 'ddi_intr_get_supported_types'
  | 'ddi_intr_get_nintrs'
  | 'ddi_intr_get_navail'
  | 'ddi_intr_alloc'
  | 'ddi_intr_free'
  | 'ddi_intr_add_handler'
  | 'ddi_intr_remove_handler'
  | 'ddi_intr_enable'
  | 'ddi_intr_disable'
  | 'ddi_intr_block_enable'
  | 'ddi_intr_block_disable'
  | 'ddi_intr_get_cap'
  | 'DDI_INTR_PRI'
  | 'ddi_intr_get_pri'
  | 'ddi_intr_set_pri'
  | 'ddi_intr_set_mask'
  | 'ddi_intr_clr_mask'
  | 'ddi_intr_get_pending'
  | 'ddi_intr_hilevel'
  | 'ddi_intr_add_softint'
  | 'ddi_intr_trigger_softint'
  | 'ddi_intr_remove_softint'
  | 'ddi_intr_get_softint_pri'
  | 'ddi_get_soft_iblock_cookie'
  | 'ddi_add_softintr'
  | 'ddi_trigger_softintr'
  | 'ddi_remove_softintr'
  | 'mutex_enter'
  | 'mutex_exit'
  | 'mutex_tryenter'
  | 'mutex_owned'
  | 'mutex_destroy'
  | 'cv_wait'
  | 'cv_timedwait'
  | 'cv_reltimedwait'
  | 'cv_signal'
  | 'cv_broadcast'
  | 'cv_destroy'
  | 'ddi_umem_free'
  | 'ddi_umem_unlock'
  | 'ddi_umem_iosetup'
  | 'bioinit'
  | 'biodone'
  | 'bioerror'
  | 'biowait'
  | 'geterror'
  | 'freerbuf'
  | 'bp_mapin'
  | 'bp_mapout'
  | 'bp_copyin'
  | 'bp_copyout'
  | 'minphys'
  | 'ddi_btop'
  | 'ddi_btopr'
  | 'ddi_ptob'
>;

/** The kernel calls that are judged: those without an argument to find the machine in. */
export type KernelCalls = Pick<
  Kernel,
  | 'kmem_alloc'
  | 'kmem_zalloc'
  | 'kmem_free'
  | 'mutex_init'
  | 'cv_init'
  | 'ddi_get_lbolt'
  | 'ddi_intr_get_hilevel_pri'
  | 'delay'
  | 'getrbuf'
  | 'allocBuf'
  | 'ddi_umem_alloc'
  | 'ddi_umem_lock'
  | 'umem_lockmemory'
  | 'physio'
  | 'load32'
  | 'swab'
  | `${'BSWAP' | 'BMASK' | 'BE' | 'LE'}_${8 | 16 | 32 | 64}`
  | `${'BE' | 'LE'}_${'IN' | 'OUT'}${8 | 16 | 32 | 64}`
  | `${'hton' | 'ntoh'}${'s' | 'l' | 'll'}`
  | `ddi_swap${16 | 32 | 64}`
>;

/** A driver as small as can be: the two entry points a device is attached and detached by. */
export interface SmallDriver {
  /** Its name. */
  readonly name: string;
  /** attach(9E). */
  attach(dip: dev_info_t, cmd: number): number | PromiseLike<number>;
  /** detach(9E). */
  detach(dip: dev_info_t, cmd: number): number | PromiseLike<number>;
}

/** Which system: the modelled machine and the rule book it was booted with. */
export interface System {
  /** As in `boot({platform})`. */
  readonly platform: string;
  /** As in `boot({kernel})`. */
  readonly kernel: string;
}

/** Where code runs; `high` is an interrupt of a level above that of locks and scheduling. */
export type Where = 'user' | 'kernel' | 'interrupt' | 'high';

/** What happened when something was tried that a page forbids. */
export interface Attempt<T> {
  /** What it returned, when it returned. */
  readonly value: T | undefined;
  /** The panic it ended in. The machine is down then: nothing more can be asked of its calls. */
  readonly panic: Panic | undefined;
  /** What the system reported meanwhile. */
  readonly findings: readonly Finding[];
}

/** One access to a register of the probe device, as the device saw it. */
export interface RegisterAccess {
  /** Which way. */
  readonly op: 'read' | 'write';
  /** The register set, as numbered by the `reg` property. */
  readonly rnumber: number;
  /** Byte offset inside the set. */
  readonly off: number;
  /** Bytes: 1, 2 or 4; eight bytes are two accesses of four. */
  readonly width: number;
}

/**
 * The device end: a bus master with plain memory for registers, and interrupts of each type. It is
 * device 0 of its bus, with one function; register set 3 lies in I/O space.
 */
export interface DeviceEnd {
  /** What the device reads when it is given a bus address. */
  read(busAddress: bigint, length: number): Uint8Array;
  /** Lets the device write memory. */
  write(busAddress: bigint, bytes: Uint8Array): void;
  /** Asserts the interrupt line. */
  raise(): void;
  /** Deasserts it. */
  lower(): void;
  /**
   * Sends a message; false when the line is used. The device has four MSI, without masks, and eight
   * MSI-X.
   */
  message(vector: number): boolean;
  /** Number of register sets, 4: 0 is configuration space; all hold plain bytes. */
  readonly registerSets: number;
  /** The `reg` property of pci(4): five cells for each register set. */
  readonly reg: readonly (readonly number[])[];
  /** Size of a register set in bytes. */
  sizeOf(rnumber: number): number;
  /** Sets register bytes from the device's side; no access is logged. */
  fill(rnumber: number, off: number, bytes: Uint8Array): void;
  /** Register bytes as the device has them. */
  bytes(rnumber: number, off: number, length: number): Uint8Array;
  /** The accesses since the last call of this function, in their order. */
  accesses(): readonly RegisterAccess[];
}

/** A program: memory of its own, and threads that call drivers. */
export interface ProgramEnd {
  /** It, as `b_proc` and umem_lockmemory have it. */
  readonly proc: proc_t;
  /** Maps zeroed memory, with nothing mapped before and behind it; on frames by name, if given. */
  map(length: number, pfns?: readonly number[]): caddr_t;
  /** Maps a regular file so that all who map it see it. */
  mapSharedFile(length: number): caddr_t;
  /** Says what the program may do with memory from now on. */
  protect(at: caddr_t, length: number, protection: 'none' | 'read' | 'read-write'): void;
  /** Memory as the program sees it. */
  peek(at: caddr_t, length: number): Uint8Array;
  /** Stores by the program. */
  poke(at: caddr_t, bytes: Uint8Array): void;
  /** Takes pages away, as a system short of memory does. @returns how many it could have */
  takeOut(at: caddr_t, length: number): number;
  /** Runs a function in a thread of the program. */
  run<T>(fn: () => T | PromiseLike<T>): Promise<T>;
  /** fork(2), exec(2): whether it was let. */
  fork(): boolean;
  exec(): boolean;
  /** exit(2). */
  exit(): void;
  /** Bounds what drivers may lock of its memory, in bytes. */
  limitLocks(bytes: number): void;
  /** A request to move memory of the program, from byte `offset` of a device on. */
  uio(areas: readonly (readonly [at: caddr_t, length: number])[], offset?: number): uio_t;
}

/** Pages without an address, as a file system has them on their way to a disk. */
export interface PagesEnd {
  /** A buf for them, as strategy(9E) is given one. */
  buf(off: number, length: number, direction: number): buf_t;
  /** Their bytes. */
  peek(off: number, length: number): Uint8Array;
  poke(off: number, bytes: Uint8Array): void;
}

/** What can be broken about probe device `0`. */
export interface FaultEnd {
  /** Breaks four bytes of a register set: nobody answers there. */
  breakRegister(rnumber: number, off: number): void;
  /** Takes the device away. */
  remove(): void;
  /** Breaks a bus address: an access of the device there is broken off, and throws. */
  breakAddress(busAddress: bigint): void;
  /** Mends everything, and puts the device back. */
  mend(): void;
}

/** A system under test. */
export interface Sut {
  /** Which one. */
  readonly system: System;
  /** The calls. */
  readonly ddi: DdiCalls;
  /** The kernel's calls. */
  readonly kernel: KernelCalls;
  /** The order of bytes of the host. */
  readonly endian: 'little' | 'big';
  /** Bytes of a page. */
  readonly pageSize: number;
  /** The node of the probe device `0`, or of its twin `1`, which has a line and no messages. */
  dip(unit?: 0 | 1): dev_info_t;
  /** The node of a device without registers. */
  bareDip(): dev_info_t;
  /** The node of a probe device behind a bus that carries 24 address bits and no more. */
  narrowDip(): dev_info_t;
  /** The node of a probe device without any interrupts. */
  silentDip(): dev_info_t;
  /** The device end of probe device `0`. */
  readonly device: DeviceEnd;

  /** What can be broken about it. */
  readonly faults: FaultEnd;
  /** The boolean properties of a node. */
  properties(dip: dev_info_t): readonly string[];
  /** Runs a function in the attach(9E), or the detach(9E) after that, of a driver of a node. */
  inEntryPoint(
    which: 'attach' | 'detach',
    dip: dev_info_t,
    fn: () => void | PromiseLike<void>,
  ): Promise<void>;

  /** A new program without memory. */
  program(): ProgramEnd;
  /** Pages on named frames. */
  pages(pfns: readonly number[]): PagesEnd;
  /** A kernel buffer on named page frames, starting `off` bytes into the first. */
  place(pfns: readonly number[], off: number, length: number): caddr_t;
  /** Kernel memory as the CPU sees it, through no handle. */
  peek(at: caddr_t, length: number): Uint8Array;
  /** Stores by the CPU, through no handle. */
  poke(at: caddr_t, bytes: Uint8Array): void;
  /** A kernel address at which there is nothing, a multiple of 8. */
  nowhere(): caddr_t;
  /** The page frame behind a kernel address; -1 when there is none. */
  frameOf(at: caddr_t): number;
  /** How the CPU caches a kernel address. */
  cachingOf(at: caddr_t): 'cached' | 'write-combine' | 'uncached';
  /** Takes all memory there is. @returns what gives it back */
  exhaust(): () => void;
  /** Leaves no more DMA handles than are in use. */
  capHandles(): void;

  /** Leaves so many vectors for messages that nobody has. */
  limitVectors(count: number): void;

  /** Attaches a driver to probe device `0`; what its attach(9E) returned. */
  attach(driver: SmallDriver): Promise<number>;
  /** Detaches it; what its detach(9E) returned. */
  detach(driver: SmallDriver): Promise<number>;
  /** Runs a function in a context and waits for it. */
  within<T>(where: Where, fn: () => T | PromiseLike<T>): Promise<T>;
  /** The context the caller runs in. */
  contextKind(): Where;
  /** Starts a thread; the promise is for its end. */
  thread(name: string, fn: () => unknown): PromiseLike<void>;
  /** Lets everything happen that is due: interrupts, soft interrupts, other threads. */
  settle(): Promise<void>;
  /** Virtual time since boot in nanoseconds. */
  nowNs(): number;

  /** Tries something that a page forbids. */
  attempt<T>(fn: () => T | PromiseLike<T>): Promise<Attempt<Awaited<T>>>;
  /** Everything reported so far. */
  findings(): readonly Finding[];
  /** What is allocated and not released, one line each; two lines are equal only for one object. */
  live(): readonly string[];
}

/** What the machine of a check must be like; absent fields mean: as usual. */
export interface Needs {
  /** How physical memory is handed out; `contiguous` unless said otherwise. */
  readonly frames?: 'contiguous' | 'scattered' | 'descending';
  /** Bytes of memory installed, where page frames are to run out; gigabytes when absent. */
  readonly installed?: number;
  /** The body runs once for each, on a fresh machine, with the case as its second argument. */
  readonly cases?: readonly string[];
  /** The systems the check is for; all of them when absent. */
  readonly on?: (system: System) => boolean;
}

/** Where systems under test come from: a fresh one for every case of every check. */
export interface Laboratory {
  /** The system it makes. */
  readonly system: System;
  /**
   * Runs a body on a fresh system.
   *
   * @param needs - what its machine must be like
   * @param body - rejects or throws when the clause is broken
   */
  run(needs: Needs, body: (sut: Sut) => Promise<void> | void): Promise<void>;
}
