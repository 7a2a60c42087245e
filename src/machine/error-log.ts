/**
 * The error log: ereports, in the order in which they were posted, and the numbers of errors.
 *
 * 1. An *ereport* says what went wrong with which device. It is data; nobody diagnoses it here.
 * 2. An *ENA* numbers an error, so that reports of the same error can be told to belong together.
 *    Format 1: the format in the lowest two bits, eight bits of generation, ten of the processor,
 *    and the time in the rest. Two errors never have the same time.
 */
import type { Clock } from './clock.js';
import type { Trace } from './trace.js';

/** Ereports that are kept: a flood of them says no more than its beginning. */
export const EREPORT_LIMIT = 4096;

/** One report of an error. */
export interface Ereport {
  /** `ereport.io.` and what the reporter called it. */
  readonly class: string;
  /** The path of the device that reports. */
  readonly detector: string;
  /** Which error it is about. */
  readonly ena: bigint;
  /** Virtual time in nanoseconds. */
  readonly atNs: number;
  /** What else the reporter had to say. */
  readonly payload: Readonly<Record<string, number | bigint | string | boolean>>;
}

/** Bits below the time in an ENA of format 1. */
const timeShift = 20n;
/** Bits of the time that there is room for. */
const timeBits = 44;

/** The error log of one machine. */
export class ErrorLog {
  readonly #clock: Clock;
  readonly #trace: Trace;
  readonly #reports: Ereport[] = [];
  #lastTime = 0;

  constructor(clock: Clock, trace: Trace) {
    this.#clock = clock;
    this.#trace = trace;
  }

  /** Ereports so far, oldest first. */
  get reports(): readonly Ereport[] {
    return this.#reports;
  }

  /** A number for a new error. */
  ena(): bigint {
    // An error at time 0 has a number too: zero means none.
    this.#lastTime = Math.max(this.#clock.nowNs, this.#lastTime + 1);
    return (BigInt.asUintN(timeBits, BigInt(this.#lastTime)) << timeShift) | 1n;
  }

  /**
   * Posts a report.
   *
   * @returns false when there is no room: it is lost
   */
  post(report: Omit<Ereport, 'atNs'>): boolean {
    if (this.#reports.length >= EREPORT_LIMIT) return false;
    this.#reports.push({ ...report, atNs: this.#clock.nowNs });
    this.#trace.noteText('ereport', report.class);
    if (this.#trace.observers !== null) {
      const { class: what, detector, ena } = report;
      this.#trace.emit({ kind: 'ereport', class: what, detector, ena });
    }
    return true;
  }

  /** Forgets everything. */
  reset(): void {
    this.#reports.length = 0;
    this.#lastTime = 0;
  }
}
