/**
 * What there is of each resource, what is used and by whom, and who waits.
 *
 * 1. *Counted* resources have a limit (budget.ts). *Memory* is counted in pages, by range; *kernel
 *    addresses* in pages.
 * 2. An *owner* is the path of a node, or `kernel` for what no driver was handed. A page that holds
 *    memory of two drivers counts for both.
 * 3. *Waiters* are the calls that may be waiting for a row: which resource it was that was short, a
 *    waiter does not say. Sleepers and callbacks that were not answered count alike.
 */
import type { Machine } from '../machine/machine.js';
import { pageShift } from '../machine/store.js';
import { AccHandle } from '../nexus/acc-handle.js';
import { IntrHandle } from '../nexus/intr.js';
import { Leak } from '../nexus/binding.js';
import { DmaHandle } from '../nexus/tree.js';
import type { WaitLists } from '../nexus/wait-lists.js';

/** A row. */
export interface Resource {
  /** `dma handles`, `memory below 4096 MiB`, ... */
  readonly name: string;
  /** What is counted. */
  readonly unit: 'object' | 'byte' | 'page';
  readonly limit: number;
  readonly used: number;
  readonly free: number;
  /** Calls that may be waiting for it. */
  readonly waiters: number;
  /** How much each owner has. */
  readonly owners: Readonly<Record<string, number>>;
}

/** How much each owner has of one resource. */
class Holdings {
  readonly #byOwner = new Map<string, number>();

  add(owner: string, n: number): void {
    if (n > 0) this.#byOwner.set(owner, (this.#byOwner.get(owner) ?? 0) + n);
  }

  /** What is used and nobody's is the kernel's. */
  of(used: number): Readonly<Record<string, number>> {
    let known = 0;
    for (const n of this.#byOwner.values()) known += n;
    this.add('kernel', used - known);
    return Object.fromEntries(this.#byOwner);
  }
}

/**
 * The resources of a machine.
 *
 * @param machine - the machine
 * @param lists - who waits on it
 */
export function resourcesOf(machine: Machine, lists: WaitLists): readonly Resource[] {
  const handles = new Holdings();
  const accs = new Holdings();
  const bindings = new Holdings();
  const bounce = new Holdings();
  const vectors = new Holdings();
  const ranges = machine.frames.ranges.map((range) => ({ ...range, holdings: new Holdings() }));
  const pagesAt = (owner: string, va: number, bytes: number): void => {
    const last = (va + bytes - 1) >>> pageShift;
    for (let page = va >>> pageShift; page <= last; page++) {
      const pfn = machine.pages.pfn[page] ?? -1;
      ranges.find((r) => pfn >= r.first && pfn < r.first + r.count)?.holdings.add(owner, 1);
    }
  };
  machine.live.some((source) => {
    if (source instanceof DmaHandle) {
      const owner = source.rdip.path;
      handles.add(owner, 1);
      if (source.binding !== null) bindings.add(owner, 1);
      const buffer = source.binding?.bounce;
      if (buffer != null) {
        bounce.add(owner, buffer.bytes);
        pagesAt(owner, buffer.va, buffer.bytes);
      }
    } else if (source instanceof AccHandle) {
      const { target, rdip, start } = source;
      accs.add(rdip.path, 1);
      if (target.kind === 'memory') pagesAt(rdip.path, start, target.real);
    } else if (source instanceof IntrHandle) {
      if (source.type !== 'fixed') vectors.add(source.rdip.path, 1);
    } else if (source instanceof Leak) {
      const { path } = source.owner;
      if (source.what === 'access handle') accs.add(path, 1);
      if (source.what === 'bounce pages') bounce.add(path, source.bytes);
    }
    return false;
  });
  const forMemory = lists.sleepersIn('memory');
  const forBinds = forMemory + lists.dvma.requests;
  const counted = [
    {
      name: 'dma handles',
      holdings: handles,
      waiters: lists.sleepersIn('handles') + lists.dvma.requests,
    },
    { name: 'access handles', holdings: accs, waiters: forMemory + lists.acc.requests },
    { name: 'bindings', holdings: bindings, waiters: forBinds },
    { name: 'bounce bytes', holdings: bounce, waiters: forBinds },
    // Nobody waits for a vector: ddi_intr_alloc(9F) gives what there is.
    { name: 'interrupt vectors', holdings: vectors, waiters: 0 },
  ] as const;
  const forPages = forBinds + lists.mem.requests;
  const { usedPages, limitPages } = machine.kmem.addresses;
  return [
    ...counted.map(({ name, holdings, waiters }): Resource => {
      const unit = name === 'bounce bytes' ? 'byte' : 'object';
      const used = machine.budget.used(name);
      return row({ name, unit, limit: machine.budget.limit(name), used, waiters }, holdings);
    }),
    ...ranges.map(({ name, used, count, holdings }): Resource => {
      return row({ name, unit: 'page', limit: count, used, waiters: forPages }, holdings);
    }),
    row(
      {
        name: 'kernel addresses',
        unit: 'page',
        limit: limitPages,
        used: usedPages,
        waiters: forPages,
      },
      new Holdings(),
    ),
  ];
}

function row(counted: Omit<Resource, 'free' | 'owners'>, holdings: Holdings): Resource {
  const { limit, used } = counted;
  return { ...counted, free: Math.max(0, limit - used), owners: holdings.of(used) };
}
