/** User memory: frames without kernel addresses, locks, and what paging does to a device. */
import { expect, test } from 'vitest';
import { EACCES, EFAULT, ENOMEM } from '../../src/sys/constants-io.js';
import { boot } from '../../src/platforms/index.js';
import type { Page } from '../../src/machine/user.js';

const pageBytes = 4096;

/** The page a test knows to be there. */
function present(page: Page | undefined): Page {
  if (page === undefined) throw new Error('no page is mapped there');
  return page;
}

/** `n` bytes that tell their place. */
function pattern(n: number, first = 1): Uint8Array {
  return Uint8Array.from({ length: n }, (_, i) => (first + i * 7) & 0xff);
}

test('a program reads back what it wrote, across pages', () => {
  const { as } = boot().users.createProcess('p');
  const addr = as.map(3 * pageBytes);
  as.write(addr + 4000, pattern(5000));
  expect(as.read(addr + 4000, 5000)).toEqual(pattern(5000));
  expect(as.read(addr, 4)).toEqual(new Uint8Array(4));
});

test('the kernel has no address for user memory', () => {
  const machine = boot();
  const { as } = machine.users.createProcess('p');
  const addr = as.map(pageBytes);
  const slot = present(as.pageAt(addr)).slot * pageBytes;
  expect(machine.pages.mapped(slot, pageBytes)).toBe(false);
  expect(() => machine.kernel.load8(addr)).toThrow('no memory is mapped');
});

test('two processes have their own memory at the same address', () => {
  const machine = boot();
  const [a, b] = [machine.users.createProcess('a'), machine.users.createProcess('b')];
  const addr = a.as.map(pageBytes);
  expect(b.as.map(pageBytes)).toBe(addr);
  a.as.write(addr, pattern(4));
  expect(b.as.read(addr, 4)).toEqual(new Uint8Array(4));
});

test('memory ends in holes', () => {
  const { as } = boot().users.createProcess('p');
  const addr = as.map(pageBytes);
  as.map(pageBytes);
  expect(as.check(addr - 1, 2, false)).toBe(EFAULT);
  expect(as.check(addr + pageBytes - 1, 2, false)).toBe(EFAULT);
  expect(as.check(addr, pageBytes, true)).toBe(0);
  expect(() => as.read(addr - 1, 1)).toThrow('faults');
  expect(() => {
    as.write(addr + pageBytes, new Uint8Array(1));
  }).toThrow('faults');
});

test.each([
  ['none', EACCES, EACCES],
  ['read', 0, EACCES],
  ['read-write', 0, 0],
] as const)('protection %s', (protection, read, write) => {
  const { as } = boot().users.createProcess('p');
  const addr = as.map(pageBytes, { protection });
  expect(as.check(addr, 1, false)).toBe(read);
  expect(as.check(addr, 1, true)).toBe(write);
  as.protect(addr, pageBytes, 'read-write');
  expect(as.check(addr, 1, true)).toBe(0);
});

test('memory can lie on named frames', () => {
  const machine = boot();
  const { as } = machine.users.createProcess('p');
  const addr = as.map(2 * pageBytes, { pfns: [0x500, 0x300] });
  expect([0, 1].map((i) => present(as.pageAt(addr + i * pageBytes)).pfn)).toEqual([0x500, 0x300]);
  expect(() => as.map(2 * pageBytes, { pfns: [0x501, 0x300] })).toThrow('0x300 is in use');
  expect(machine.frames.inUse).toBe(2);
});

test('a page that is not locked can be taken out and comes back with its bytes', () => {
  const machine = boot();
  const { as } = machine.users.createProcess('p');
  const addr = as.map(pageBytes);
  as.write(addr, pattern(pageBytes));
  const page = present(as.pageAt(addr));
  const before = page.pfn;
  expect(as.takeOut(addr, pageBytes)).toBe(1);
  expect(page.pfn).toBe(-1);
  expect(machine.pages.homeOf(before)).toBe(-1);
  expect(machine.frames.inUse).toBe(0);
  expect(as.read(addr, pageBytes)).toEqual(pattern(pageBytes));
  expect(page.pfn).toBeGreaterThan(0);
});

test('a locked page stays on its frame', () => {
  const { as } = boot().users.createProcess('p');
  const addr = as.map(2 * pageBytes);
  const pages = as.lock(addr + 100, 10, true);
  expect(pages).toEqual([as.pageAt(addr)]);
  const { pfn } = present(as.pageAt(addr));
  expect(as.takeOut(addr, 2 * pageBytes)).toBe(1);
  expect(present(as.pageAt(addr)).pfn).toBe(pfn);
  expect(as.unmap(addr, 2 * pageBytes)).toBe(false);
  for (const page of pages as Page[]) page.unlock();
  expect(as.unmap(addr, 2 * pageBytes)).toBe(true);
  expect(as.pageAt(addr)).toBeUndefined();
});

test.each([
  ['nowhere', 0x90000000, EFAULT],
  ['at a negative address', -4096, EFAULT],
  ['at no address', NaN, EFAULT],
])('nothing can be locked %s', (_where, addr, errno) => {
  const { as } = boot().users.createProcess('p');
  expect(as.lock(addr, 1, false)).toBe(errno);
});

test('a lock that fails halfway locks nothing', () => {
  const machine = boot({ memory: [{ base: 0x100000n, size: 0x2000n }] });
  const { as } = machine.users.createProcess('p');
  const addr = as.map(2 * pageBytes);
  as.takeOut(addr, 2 * pageBytes);
  machine.kernel.kmem_alloc(pageBytes, 0);
  expect(as.lock(addr, 2 * pageBytes, false)).toBe(ENOMEM);
  expect(present(as.pageAt(addr)).locks).toBe(0);
});

test('an address space that ends gives everything back, locked pages with their last lock', () => {
  const machine = boot();
  const { as } = machine.users.createProcess('p');
  const addr = as.map(3 * pageBytes);
  const [page] = as.lock(addr, 1, false) as Page[];
  expect(as.destroy()).toBe(1);
  expect(machine.frames.inUse).toBe(1);
  present(page).unlock();
  expect(machine.frames.inUse).toBe(0);
});

test('who watches a range is told before it changes', () => {
  const { as } = boot().users.createProcess('p');
  const addr = as.map(4 * pageBytes);
  const told: string[] = [];
  const stop = as.watch(addr + pageBytes, pageBytes, () => told.push('told'));
  as.protect(addr, pageBytes, 'read');
  as.protect(addr + 2 * pageBytes, 2 * pageBytes, 'read');
  expect(told).toEqual([]);
  as.protect(addr, 4 * pageBytes, 'read');
  expect(told).toEqual(['told']);
  stop();
  as.unmap(addr, 4 * pageBytes);
  expect(told).toEqual(['told']);
});

test('fork copies, exec drops; neither happens while pages are locked', () => {
  const machine = boot();
  const parent = machine.users.createProcess('p');
  const addr = parent.as.map(pageBytes);
  parent.as.write(addr, pattern(8));
  const pages = parent.as.lock(addr, 1, false) as Page[];
  expect(parent.fork()).toBeNull();
  expect(parent.exec()).toBe(false);
  for (const page of pages) page.unlock();
  const child = parent.fork();
  parent.as.write(addr, new Uint8Array(8));
  expect(child?.as.read(addr, 8)).toEqual(pattern(8));
  expect(child?.pid).not.toBe(parent.pid);
  expect(child?.exec()).toBe(true);
  expect(child?.as.check(addr, 1, false)).toBe(EFAULT);
});

test('the process of a thread is the one it was started in', async () => {
  const machine = boot();
  const [a, b] = [machine.users.createProcess('a'), machine.users.createProcess('b')];
  expect(machine.users.current).toBeNull();
  await a.run(async () => {
    expect(machine.users.current).toBe(a);
    const thread = b.thread('t', async () => {
      await machine.kernel.delay(1);
      return machine.users.current;
    });
    expect(await thread.done).toBe(b);
    expect(machine.users.current).toBe(a);
  });
  expect(machine.users.current).toBeNull();
});

test('a device sees user memory by its frames', () => {
  const machine = boot();
  const list = machine.users.createPageList(3, [9, 0x700, 8]);
  list.write(0, pattern(3 * pageBytes));
  const got = new Uint8Array(4);
  machine.bus.read({ name: 'm', enabled: true }, 0x700, 4, got, 0, 4);
  expect(got).toEqual(list.read(pageBytes + 4, 4));
  expect(got).toEqual(pattern(3 * pageBytes).slice(pageBytes + 4, pageBytes + 8));
});

test('a page list has limits', () => {
  const { users } = boot();
  const list = users.createPageList(1);
  expect(() => list.read(4000, 97)).toThrow(RangeError);
  expect(() => {
    list.write(-1, new Uint8Array(1));
  }).toThrow(RangeError);
  expect(() => users.createPageList(0)).toThrow(RangeError);
  list.free();
});

test('memory runs out with an error and leaves nothing behind', () => {
  const machine = boot({ memory: [{ base: 0x100000n, size: 0x4000n }] });
  const { as } = machine.users.createProcess('p');
  expect(() => as.map(5 * pageBytes)).toThrow('no memory for 5 pages');
  expect(machine.frames.inUse).toBe(0);
  expect(() => as.map(2 ** 31)).toThrow('no addresses');
});

test('a reset forgets processes and their memory', () => {
  const machine = boot();
  const p = machine.users.createProcess('p');
  p.as.map(pageBytes);
  p.enter();
  machine.reset(2);
  expect(machine.users.current).toBeNull();
  expect(machine.frames.inUse).toBe(0);
  expect(machine.users.createProcess('q').pid).toBe(p.pid);
});
