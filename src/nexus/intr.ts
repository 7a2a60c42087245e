/** The one interrupt a driver of the old interface has added, and the cookie that stands for it. */
import type { IntrId } from '../machine/intr.js';
import type { LiveSource } from '../machine/live.js';
import type { LiveObject } from '../sys/observer.js';
import type { brand, ddi_iblock_cookie_t } from '../sys/types.js';
import type { Owner } from './owner.js';

/** What stands for the interrupt priority of a device in mutex_init(9F). */
export class IblockCookie implements ddi_iblock_cookie_t {
  declare readonly [brand]: 'ddi_iblock_cookie_t';

  constructor(readonly level: number) {}
}

/** A handler that was added and not yet removed. */
export class AddedInterrupt implements LiveSource {
  readonly #id: number;

  constructor(
    readonly rdip: Owner,
    readonly intr: IntrId,
  ) {
    this.#id = rdip.machine.live.nextId();
    rdip.machine.live.add(this);
  }

  liveObjects(): readonly LiveObject[] {
    const { path } = this.rdip;
    return [{ kind: 'interrupt', id: this.#id, owner: path, detail: this.intr.name }];
  }
}
