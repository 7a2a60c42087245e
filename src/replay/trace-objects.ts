/** What a trace has made so far: the objects its numbers stand for, and those it lacks. */
import type { ddi_acc_handle_t, ddi_dma_attr_t, ddi_dma_handle_t } from '../index.js';
import type { JsonObject } from './fields.js';
import type { Pages } from './trace-cookies.js';
import type { Call } from './trace-input.js';

/** A DMA handle. */
export interface Handle {
  readonly handle: ddi_dma_handle_t;
  readonly attr: ddi_dma_attr_t;
  bound: Bound | null;
}

/** What is bound, and how its cookies are told. */
export interface Bound {
  /** Where the object of the bind begins in the memory or buffer. */
  readonly off: number;
  /** Bytes. */
  readonly len: number;
  readonly pages: Pages;
  readonly recorded: Pages;
  /** Whether cookies must be the same. */
  readonly same: boolean;
}

/** Memory of ddi_dma_mem_alloc(9F). */
export interface Memory {
  readonly kaddr: number;
  readonly real: number;
  readonly acc: ddi_acc_handle_t;
  readonly little: boolean;
  /** The call it is from. */
  readonly asked: Call<'mem_alloc'>;
}

/** Registers or configuration space. */
export interface Mapping {
  readonly addr: number;
  readonly acc: ddi_acc_handle_t;
  readonly little: boolean;
  readonly rnumber: number;
  /** Where in the register set it begins. */
  readonly off: number;
}

/** Kernel memory of the driver's own. */
export interface Buffer {
  readonly va: number;
  readonly pfns: readonly number[];
}

/** No answer to compare, and why. */
export class Passed {
  readonly why: string;

  constructor(why: string) {
    this.why = why;
  }
}

/** What a call was answered. */
export type Answer = JsonObject | Passed;

/** What is counted in the end. */
export type LeftKind = 'dmaHandles' | 'memAllocs' | 'registerMappings';

const lacking = 'calls that lack an object, which was not made';

/** The objects of one trace. */
export class TraceObjects {
  readonly handles = new Map<number, Handle>();
  readonly memory = new Map<number, Memory>();
  readonly mappings = new Map<number, Mapping>();
  readonly buffers = new Map<number, Buffer>();
  /** How many there would be in the end, had the model not refused them. */
  readonly refused = new Map<LeftKind, number>();
  /** What was not compared, by reason. */
  readonly passed = new Map<string, number>();

  pass(why: string, n = 1): void {
    this.passed.set(why, (this.passed.get(why) ?? 0) + n);
  }

  /** The model refused an object that was made when it was recorded. */
  refuse(kind: LeftKind): void {
    this.refused.set(kind, (this.refused.get(kind) ?? 0) + 1);
  }

  /** A call needs an object that was refused. */
  lack(): Answer {
    return new Passed(lacking);
  }

  /** A call frees an object that was refused. */
  lackAtFree(kind: LeftKind): Answer {
    this.refused.set(kind, (this.refused.get(kind) ?? 0) - 1);
    return this.lack();
  }
}
