/** Soft interrupts of drivers: handles around those of the machine. */
import { isAsyncFunction, type SoftInt } from '../machine/intr.js';
import type { LiveSource } from '../machine/live.js';
import type { Wait } from '../machine/wait.js';
import { DDI_INTR_CLAIMED, DDI_INTR_UNCLAIMED } from '../sys/constants.js';
import type { LiveObject } from '../sys/observer.js';
import type { brand, ddi_softint_handle_t } from '../sys/types.js';
import type { Owner } from './owner.js';

/** A handler of a soft interrupt, with its first argument. */
export interface SoftHandler {
  readonly name: string;
  readonly fn: (arg2: unknown) => number | PromiseLike<number>;
  readonly async: boolean;
}

/** The object behind a `ddi_softint_handle_t`. */
export class SoftintHandle implements LiveSource, ddi_softint_handle_t {
  declare readonly [brand]: 'ddi_softint_handle_t';
  readonly rdip: Owner;
  readonly level: number;
  readonly id: number;
  freed = false;
  readonly #soft: SoftInt;
  readonly #handler: SoftHandler;
  #arg2: unknown = null;

  constructor(rdip: Owner, level: number, handler: SoftHandler) {
    const { intr, live } = rdip.machine;
    this.rdip = rdip;
    this.level = level;
    this.#handler = handler;
    const { name, async } = handler;
    this.#soft = intr.softint(name, level, () => this.#call(), { async });
    this.id = live.nextId();
    live.add(this);
  }

  /** Triggers it; false, and the argument is dropped, while it is pending. */
  trigger(arg2: unknown): boolean {
    if (this.#soft.pending) return false;
    this.#arg2 = arg2;
    this.rdip.machine.intr.trigger(this.#soft);
    return true;
  }

  /**
   * Takes it away.
   *
   * @param waits - whether the caller can wait for a call that is under way
   */
  remove(waits: boolean): Wait<void> | undefined {
    this.freed = true;
    const { intr, live } = this.rdip.machine;
    live.remove(this);
    return intr.remove(this.#soft, waits);
  }

  liveObjects(): readonly LiveObject[] {
    const detail = `level ${String(this.level)}: ${this.#handler.name}`;
    const clause = 'detach.9e/DT-1';
    return [{ kind: 'soft interrupt', id: this.id, owner: this.rdip.path, detail, clause }];
  }

  #call(): void | PromiseLike<void> {
    const answer = this.#handler.fn(this.#arg2);
    if (typeof answer === 'number') {
      this.#judge(answer);
      return;
    }
    return answer.then((late) => {
      this.#judge(late);
    });
  }

  #judge(answer: number): void {
    if (answer === DDI_INTR_CLAIMED || answer === DDI_INTR_UNCLAIMED) return;
    const { name } = this.#handler;
    this.rdip.machine.report({
      rule: 'BAD_INTERRUPT_ANSWER',
      clause: 'ddi_intr_add_softint.9f/DS-2',
      message: `soft interrupt "${name}" returned ${String(answer)}, neither CLAIMED nor UNCLAIMED`,
      call: name,
      values: { answer },
    });
  }
}

/** A handler with its first argument. */
export function softHandler<A1>(
  rdip: Owner,
  handler: (arg1: A1, arg2: never) => number | PromiseLike<number>,
  arg1: A1,
): SoftHandler {
  return {
    name: handler.name === '' ? `softint ${rdip.path}` : handler.name,
    fn: (arg2) => handler(arg1, arg2 as never),
    async: isAsyncFunction(handler),
  };
}
