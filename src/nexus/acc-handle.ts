/**
 * Data access handles: what ddi_get32(9F) and its kin go through.
 *
 * 1. A handle on memory carries the view of the store, its byte order, and a *gate* for each width:
 *    the index of the last datum of that width. An offset turned so that the bits that must be zero
 *    come out on top is beyond every gate when it is negative, unaligned or too large: one
 *    comparison tells all three (acc.ts).
 * 2. A shut gate is -1, so that every access takes the slow path: the handle is freed, maps
 *    registers, or its memory is not cached. Whatever is special about a handle shuts the gates;
 *    nothing is tested twice.
 * 3. The byte order is decided once: on a little-endian host only `DDI_STRUCTURE_BE_ACC` swaps,
 *    on a big-endian one only `DDI_STRUCTURE_LE_ACC` (ddi_device_acc_attr(9S) EN-2, EN-3).
 * 4. So is the *protection*: what happens when nobody answers an access. It counts from V1 of the
 *    attributes on, for drivers that declared themselves at attach (ddi_fm_init(9F) IX-1).
 */
import type { RegisterSpace } from '../machine/device.js';
import type { LiveSource } from '../machine/live.js';
import type { CacheMode } from '../machine/pages.js';
import {
  DDI_CAUTIOUS_ACC,
  DDI_DEVICE_ATTR_V1,
  DDI_FLAGERR_ACC,
  DDI_STRUCTURE_BE_ACC,
  DDI_STRUCTURE_LE_ACC,
} from '../sys/constants.js';
import { DDI_FM_ACCCHK_CAPABLE } from '../sys/constants-fm.js';
import type { LiveObject } from '../sys/observer.js';
import type { brand, ddi_acc_handle_t, ddi_device_acc_attr_t } from '../sys/types.js';
import { FaultRecords } from './fault-records.js';
import type { Owner } from './owner.js';

/** What the kernel asked its page layer for, to make a block of DMA memory. */
export type MemorySource =
  /** An object of a cache: the range of memory, and the size of the object. */
  | { readonly kind: 'cache'; readonly range: string; readonly bytes: number }
  /** Pages of a range, one by one. */
  | { readonly kind: 'arena'; readonly range: string; readonly bytes: number }
  /** Pages that adjoin as the attributes demand. */
  | { readonly kind: 'contig'; readonly bytes: number };

/** Memory behind an access handle. */
export interface MemoryTarget {
  readonly kind: 'memory';
  readonly cache: CacheMode;
  /** Bytes with their padding, which the driver need not have been told of. */
  readonly real: number;
  /** What a kernel asked for; `null` by the rules of the pages, which know no page layer. */
  readonly source: MemorySource | null;
  /** Gives addresses and frames back. */
  readonly release: () => void;
}

/** Registers behind an access handle. */
export interface RegisterTarget {
  readonly kind: 'registers';
  readonly space: RegisterSpace;
  readonly rnumber: number;
  readonly offset: number;
  /** `len` as the driver gave it; 0 when it asked for the rest of the set. */
  readonly len: number;
  /** The call that mapped them: its counterpart is the one that lets go. */
  readonly by: 'ddi_regs_map_setup' | 'pci_config_setup' | 'ddi_map_regs';
}

/** What an access handle reaches. */
export type AccTarget = MemoryTarget | RegisterTarget;

/** What a fault of an access does. `none`: a kernel has no accessor for it and jumps to nowhere. */
export type Protection = 'default' | 'flagerr' | 'cautious' | 'none';

/** The object behind a `ddi_acc_handle_t`; whoever makes one has taken it from the budget. */
export class AccHandle implements LiveSource, ddi_acc_handle_t {
  declare readonly [brand]: 'ddi_acc_handle_t';
  readonly view: DataView;
  readonly littleEndian: boolean;
  /** First address, in memory or among the register mappings. */
  readonly start: number;
  /**
   * `start` of a handle on memory, else 0: a small integer in every handle, which an accessor can
   * subtract without asking. Memory begins at a multiple of 8, so that gates can count data.
   */
  readonly base: number;
  /** Index of the last datum of 8, 16, 32 and 64 bits that the fast path may touch, or -1. */
  gate8: number;
  gate16: number;
  gate32: number;
  gate64: number;
  readonly rdip: Owner;
  readonly attr: ddi_device_acc_attr_t;
  readonly target: AccTarget;
  /** Bytes that may be reached. */
  readonly lenBytes: number;
  readonly id: number;
  freed = false;
  readonly protection: Protection;
  /** Faults of what it stands for. */
  readonly faults = new FaultRecords();
  /** Whether register accesses take the long way: there was a fault, or there is no accessor. */
  guarded: boolean;

  constructor(
    rdip: Owner,
    start: number,
    lenBytes: number,
    attr: ddi_device_acc_attr_t,
    target: AccTarget,
  ) {
    const { machine } = rdip;
    this.view = machine.store.view;
    this.protection = protectionOf(rdip, attr);
    this.guarded = this.protection === 'none';
    // What is not cached reaches memory by way of the write buffers, or drains them.
    const cached = target.kind === 'memory' && target.cache === 'cached';
    const open = target.kind === 'memory' && (cached || !machine.view.combining) && !this.guarded;
    this.start = target.kind === 'memory' ? start | 0 : start;
    this.base = open ? start | 0 : 0;
    this.lenBytes = lenBytes;
    this.gate8 = open ? (lenBytes | 0) - 1 : -1;
    this.gate16 = open ? (lenBytes >>> 1) - 1 : -1;
    this.gate32 = open ? (lenBytes >>> 2) - 1 : -1;
    this.gate64 = open ? (lenBytes >>> 3) - 1 : -1;
    const endian = attr.devacc_attr_endian_flags;
    this.littleEndian =
      machine.description.endian === 'little'
        ? endian !== DDI_STRUCTURE_BE_ACC
        : endian === DDI_STRUCTURE_LE_ACC;
    this.rdip = rdip;
    // A copy: ddi_regs_map_setup(9F) AR-3, later changes of the caller's structure have no effect.
    this.attr = { ...attr };
    this.target = target;
    this.id = machine.live.nextId();
    machine.live.add(this);
  }

  /** Ends the handle's life: every later access takes the slow path, which reports it. */
  close(): void {
    this.freed = true;
    this.gate8 = this.gate16 = this.gate32 = this.gate64 = -1;
    const { budget, live } = this.rdip.machine;
    live.remove(this);
    budget.give('access handles');
  }

  liveObjects(): readonly LiveObject[] {
    const { id } = this;
    const owner = this.rdip.path;
    const detail = `${this.lenBytes} bytes at 0x${this.start.toString(16)}`;
    if (this.target.kind !== 'memory') return [{ kind: 'register mapping', id, owner, detail }];
    return [{ kind: 'dma memory', id, owner, detail, clause: 'ddi_dma_mem_alloc.9f/IX-3' }];
  }
}

/** The access byte of the attributes, where it counts. */
function protectionOf(rdip: Owner, attr: ddi_device_acc_attr_t): Protection {
  const { devacc_attr_version: version, devacc_attr_access: access } = attr;
  if (version < DDI_DEVICE_ATTR_V1 || (rdip.fmCapability & DDI_FM_ACCCHK_CAPABLE) === 0) {
    return 'default';
  }
  if (access === DDI_FLAGERR_ACC) return 'flagerr';
  if (access === DDI_CAUTIOUS_ACC) return 'cautious';
  return access === 0 && rdip.machine.rules.has('access-zero-traps') ? 'none' : 'default';
}
