/**
 * What a driver leaves behind when it goes: objects that are alive, functions that are registered.
 *
 * 1. What carries a node is that node's: handles, bindings, DMA memory, mappings, interrupts, task
 *    queues. What carries none (memory, umem cookies, bufs) is the driver's when it was made inside
 *    its attach or detach or by a thread begun there; whatever else makes it might be anybody.
 * 2. What was there before attach is somebody else's.
 * 3. One finding for each kind of object and clause; it names every object.
 */
import type { DevInfo } from '../nexus/tree.js';
import type { LiveObject } from '../sys/observer.js';

/** Which of the two entry points has ended: attach with a failure, or detach with success. */
export type Departure = 'attach' | 'detach';

/** Objects one finding names in its message; the rest it counts. */
const namesShown = 8;

/**
 * Reports what a driver that is gone has left.
 *
 * @param node - its node
 * @param since - the number of the last object that was there before attach
 * @param departure - how it went
 */
export function reportLeft(node: DevInfo, since: number, departure: Departure): void {
  reportQueued(node, departure);
  const groups = new Map<string, LiveObject[]>();
  for (const object of node.machine.live.list()) {
    const lost = object.clause === null;
    if (lost || object.owner !== node.path || object.id <= since) continue;
    const key = `${object.kind} ${clauseOf(object, departure)}`;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [object]);
    else group.push(object);
  }
  for (const group of groups.values()) reportGroup(node, group, departure);
}

function reportGroup(node: DevInfo, group: readonly LiveObject[], departure: Departure): void {
  const [first] = group;
  if (first === undefined) return;
  const names = group.slice(0, namesShown).map(({ id, detail }) => `${id} (${detail})`);
  const more = group.length > namesShown ? `, and ${group.length - namesShown} more` : '';
  const when = departure === 'detach' ? 'detach succeeded' : 'attach failed';
  node.machine.report({
    rule: departure === 'detach' ? 'LEAK_AT_DETACH' : 'LEAK_AT_ATTACH',
    clause: clauseOf(first, departure),
    message: `${when} and left ${first.kind} ${names.join(', ')}${more}`,
    call: departure,
    values: { dip: node.path, objects: group.map(({ id }) => id) },
  });
}

/** What the object should have been given back by. */
function clauseOf({ clause }: LiveObject, departure: Departure): string {
  // attach(9E) IX-1: a failing attach leaves nothing behind, whatever the page of the object says.
  if (departure === 'attach') return 'attach.9e/IX-1';
  return clause ?? 'interplay/AX-14';
}

/** detach(9E) DT-1: what the driver registered would be called after it has gone. */
function reportQueued(node: DevInfo, departure: Departure): void {
  for (const { fn } of node.lists.of(node)) {
    const name = typeof fn === 'function' ? fn.name : 'DDI_DMA_SLEEP';
    node.machine.report({
      rule: 'CALLBACK_AFTER_DETACH',
      clause: departure === 'detach' ? 'detach.9e/DT-1' : 'attach.9e/IX-1',
      message: `${name} is still registered: it will be called after ${departure}`,
      call: departure,
      values: { dip: node.path },
    });
  }
}
