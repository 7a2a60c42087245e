/**
 * Fault management of a node: what its driver takes part in, and whom the bus tells of errors.
 *
 * 1. A driver *declares* at attach what it takes part in; it is granted what its bus supports.
 *    Without a grant every handle of its is plain, whatever its attributes ask for.
 * 2. A *target* is an error handler, kept with the bus and not with the device: an error of the bus
 *    concerns all who sit on it. The list is newest first, and the same driver can be in it twice.
 * 3. The DMA handles of a driver that checks them are known to the bus, in the order in which they
 *    were made.
 */
import type { LiveSource } from '../machine/live.js';
import type { LiveObject } from '../sys/observer.js';
import type { ddi_fm_error_t } from '../sys/types-fm.js';
import type { dev_info_t } from '../sys/types.js';
import type { IblockCookie } from './intr.js';
import type { Owner } from './owner.js';

/** Level at which errors come in: above everything a driver does. */
export const ERROR_LEVEL = 14;

/** Error handlers of one bus. A driver registers one for each device. */
export const TARGET_LIMIT = 4096;

/** The counters of a driver that takes part, by the names of the kernel's kstat `fm`. */
export interface FmStats {
  /** Ereports for which there was no room. */
  erpt_dropped: number;
  /** DMA handles that were freed and not known to the bus. */
  fm_cache_miss: number;
  /** DMA handles there was no room to know; the model always has room. */
  fm_cache_full: number;
  /** Errors of access handles. */
  acc_err: number;
  /** Errors of DMA handles. */
  dma_err: number;
}

/** What a node has between ddi_fm_init(9F) and ddi_fm_fini(9F). */
export class FmState<Handle> implements LiveSource {
  readonly stats: FmStats = {
    erpt_dropped: 0,
    fm_cache_miss: 0,
    fm_cache_full: 0,
    acc_err: 0,
    dma_err: 0,
  };
  /** The DMA handles the bus knows, oldest first. */
  readonly handles = new Set<Handle>();
  readonly #id: number;

  constructor(
    readonly rdip: Owner,
    /** `DDI_FM_EREPORT_CAPABLE` and others, as granted. */
    readonly capability: number,
    /** For mutexes that the error handler takes. */
    readonly cookie: IblockCookie,
  ) {
    this.#id = rdip.machine.live.nextId();
    rdip.machine.live.add(this);
  }

  liveObjects(): readonly LiveObject[] {
    const detail = `capability 0x${this.capability.toString(16)}`;
    return [{ kind: 'fault management', id: this.#id, owner: this.rdip.path, detail }];
  }
}

/** An error handler, as ddi_fm_handler_register(9F) was given it. */
export class ErrorTarget<Node extends Owner & dev_info_t> implements LiveSource {
  readonly #id: number;

  constructor(
    readonly rdip: Node,
    readonly handler: (dip: dev_info_t, error: ddi_fm_error_t, arg: unknown) => number,
    readonly arg: unknown,
  ) {
    this.#id = rdip.machine.live.nextId();
    rdip.machine.live.add(this);
  }

  liveObjects(): readonly LiveObject[] {
    const detail = this.handler.name === '' ? 'a function' : this.handler.name;
    return [{ kind: 'error handler', id: this.#id, owner: this.rdip.path, detail }];
  }
}
