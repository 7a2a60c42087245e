/**
 * Replaying: recorded cases played on the model, and every answer compared.
 *
 * 1. A *recording* says what a kernel answered (recording.ts); nothing of the model has a part in
 *    it. A case is *played* (one file per family) through the public calls of the DDI, on a machine
 *    that is as freshly booted (stage.ts), and what it answers has the shape of what was recorded.
 * 2. A case *agrees* when every field compares equal (compare.ts), *differs* otherwise, and is *not
 *    comparable* when the recorder says that its result means nothing.
 * 3. Fields that say nothing about the model are *exempt*, each with a reason. Cases that are not
 *    comparable and fields that are exempt are counted, by reason, and are in every report.
 * 4. Under `debug` the answers of the kernel with its assertions on are expected, under the other
 *    two those of the kernel without. `contract` differs wherever the real code breaks a page.
 */
import { replayAllocHandle } from './alloc-handle.js';
import { replayBind } from './bind.js';
import { replayCallbacks } from './callbacks.js';
import { compare, type Difference } from './compare.js';
import { replayCopy } from './copy.js';
import { replayMemAlloc } from './mem-alloc.js';
import type { Family, RecordedCase } from './recording.js';
import type { Replayed } from './replayed.js';
import { Stage, type KernelName } from './stage.js';
import { replayTrace } from './trace.js';

/** What came of a case. */
export interface Outcome {
  readonly id: string;
  readonly family: Family;
  readonly verdict: 'agrees' | 'differs' | 'not comparable';
  /** Why it is not comparable, or `null`. */
  readonly why: string | null;
  readonly differences: readonly Difference[];
  /** How many recorded fields were exempt, by reason. */
  readonly exempt: ReadonlyMap<string, number>;
  /** What a recorded driver was found to do wrong, by rule and clause. */
  readonly findings: ReadonlyMap<string, number>;
}

/** Plays cases under one rule book. */
export class Replayer {
  readonly kernel: KernelName;
  readonly #stage: Stage;

  constructor(kernel: KernelName) {
    this.kernel = kernel;
    this.#stage = new Stage(kernel);
  }

  /** Plays one case and compares. */
  async replay(recorded: RecordedCase): Promise<Outcome> {
    const { id, family, out, debug } = recorded;
    const expected = this.kernel === 'debug' && debug !== null ? debug : out;
    const why = expected === out ? this.#incomparable(recorded) : null;
    if (why !== null) {
      const nothing = { differences: [], exempt: new Map(), findings: new Map() };
      return { id, family, verdict: 'not comparable', why, ...nothing };
    }
    const { got, allowances, passed, findings = new Map() } = await this.#play(recorded);
    const { differences: all, exempt } = compare(expected, got, allowances);
    // What ended a case explains what is missing of it.
    const ends = all.filter((d) => d.field === 'panic' || d.field === 'failure');
    const differences = [...ends, ...all.filter((d) => !ends.includes(d))];
    const verdict = differences.length === 0 ? 'agrees' : 'differs';
    const uncompared = passed === undefined ? exempt : new Map([...exempt, ...passed]);
    return { id, family, verdict, why: null, differences, exempt: uncompared, findings };
  }

  /** Why nothing can be compared, or `null`. */
  #incomparable(recorded: RecordedCase): string | null {
    if (recorded.family !== 'dma-traces') return recorded.spoilt;
    const other = this.kernel === 'debug' && !recorded.input.debugSame;
    return other ? 'a kernel with assertions answered otherwise, which is not recorded' : null;
  }

  #play(recorded: RecordedCase): Promise<Replayed> {
    switch (recorded.family) {
      case 'alloc_handle':
        return replayAllocHandle(this.#stage, recorded.input);
      case 'bind':
        return replayBind(this.#stage, recorded.input);
      case 'callbacks':
        return replayCallbacks(this.#stage, recorded.input);
      case 'copy':
        return replayCopy(this.#stage, recorded.input);
      case 'mem_alloc':
        return replayMemAlloc(this.#stage, recorded.input);
      case 'dma-traces':
        return replayTrace(this.kernel, recorded.input, recorded.out);
    }
  }
}
