/**
 * How observers attach: the machine tells, the observer listens; nothing below knows who listens.
 *
 * The layers call an observer only when one is attached, so an unobserved machine pays one test of
 * a field that is `null`, and the fast path of an accessor pays nothing.
 */
import type { Finding } from './finding.js';

/** Something that happened, in the order it happened. `seq` counts from 1 and never repeats. */
export type MachineEvent =
  | {
      readonly kind: 'call';
      readonly seq: number;
      readonly name: string;
      readonly args: readonly unknown[];
    }
  | {
      readonly kind: 'return';
      readonly seq: number;
      readonly name: string;
      readonly outcome: string;
    }
  | {
      readonly kind: 'bus';
      readonly seq: number;
      readonly op: 'read' | 'write';
      readonly frame: number;
      readonly off: number;
      readonly len: number;
    }
  | {
      readonly kind: 'register';
      readonly seq: number;
      readonly op: 'read' | 'write';
      readonly device: string;
      readonly off: number;
      readonly width: number;
      readonly value: bigint;
    }
  | {
      readonly kind: 'interrupt';
      readonly seq: number;
      readonly name: string;
      readonly level: number;
      readonly phase: 'raise' | 'enter' | 'leave';
    }
  | {
      /** Pages of DMA memory that the CPU treats differently from now on. */
      readonly kind: 'cache mode';
      readonly seq: number;
      readonly va: number;
      readonly pages: number;
      readonly mode: 'cached' | 'write-combine' | 'uncached';
    }
  | {
      /** An error was reported, ddi_fm_ereport_post(9F). */
      readonly kind: 'ereport';
      readonly seq: number;
      readonly class: string;
      readonly detector: string;
      readonly ena: bigint;
    }
  | { readonly kind: 'switch'; readonly seq: number; readonly thread: string }
  | {
      readonly kind: 'choice';
      readonly seq: number;
      readonly what: string;
      readonly n: number;
      readonly chosen: number;
    }
  | { readonly kind: 'finding'; readonly seq: number; readonly finding: Finding };

/** A listener. Attached with `machine.observe(observer)`. */
export interface Observer {
  /** Called synchronously, after the fact. Must not call back into the machine. */
  event(event: MachineEvent): void;
}

/** A live object as a leak report shows it. */
export interface LiveObject {
  /** `dma handle`, `binding`, `dma memory`, `kmem`, `register mapping`, `interrupt`, ... */
  readonly kind: string;
  /** Its number, unique on the machine, in order of creation. */
  readonly id: number;
  /** Who owns it: a device path, or `kernel` when that is not known. */
  readonly owner: string;
  /** What a person wants to know of it. */
  readonly detail: string;
  /**
   * The clause by which its owner gives it back, where the page of the object has one; `null` when
   * its owner cannot, for it was lost by others.
   */
  readonly clause?: string | null;
}

/** What may be asked of a machine without changing it. */
export interface Probe {
  /** Everything that is allocated and not yet released, in order of creation. */
  live(): readonly LiveObject[];
  /** The page frame behind a kernel address, or -1. */
  pfnOf(va: number): number;
  /** Bytes as memory holds them, through no handle, with no trace and no finding. */
  peek(va: number, len: number): Uint8Array;
}
