/** Objects that are named by something else than a kernel address. */
import { memoryOf } from '../machine/buf-memory.js';
import type { Buf } from '../machine/buf.js';
import { pageBytes } from '../machine/store.js';
import { type AddressSpace, Page } from '../machine/user.js';
import type { page_t } from '../sys/types-io.js';
import { type DmaObject, kernelObject } from './object.js';

/** An object, and whether anything keeps it where it is. */
export interface NamedObject {
  readonly object: DmaObject;
  /** Whether some page of it is a program's and not locked. */
  readonly unlocked: boolean;
}

/** The memory of a buf; `null` when some page of it is not there. */
export function bufObject(bp: Buf): NamedObject | null {
  const { kind, va, off, count, pages } = memoryOf(bp);
  const len = bp.b_bcount;
  if (kind === 'kernel') {
    const table = bp.host.pages;
    if (len > 0 && (va < 0 || !table.mapped(va, len))) return null;
    return { object: kernelObject(table, va, len), unlocked: false };
  }
  return listed(pages ?? [], count, { kind, va, off, len });
}

/** Memory of an address space; `null` when some page of it is not there. */
export function asObject(as: AddressSpace, addr: number, len: number): NamedObject | null {
  const off = addr & (pageBytes - 1);
  const count = Math.ceil((off + len) / pageBytes);
  if (as.check(addr, len, false) !== 0) return null;
  const pages = Array.from({ length: count }, (_, i) => as.pageAt(addr - off + i * pageBytes));
  return listed(pages, count, { kind: 'user', va: -1, off, len });
}

function listed(
  pages: readonly (page_t | undefined)[],
  count: number,
  named: Pick<DmaObject, 'kind' | 'va' | 'off' | 'len'>,
): NamedObject | null {
  const pfns = new Float64Array(count);
  let unlocked = false;
  for (let i = 0; i < count; i++) {
    const page = pages[i];
    if (!(page instanceof Page) || page.pfn < 0) return null;
    pfns[i] = page.pfn;
    if (page.locks === 0) unlocked = true;
  }
  return { object: { ...named, pfns, first: 0 }, unlocked };
}
