/**
 * The arena as a sorted array: what src/vmem must agree with.
 *
 * Nothing here is clever. A constraint is tried literally, address by address; neighbours are
 * joined by building the array anew. It shares no line with the arena it judges.
 */
import type { Constraints } from '../../src/vmem/constraints.js';

/** A segment; `asked` is 0 when it is free. */
export interface NaiveSegment {
  readonly span: number;
  readonly base: number;
  readonly size: number;
  readonly asked: number;
}

/** Whether an address satisfies constraints, by their definition. */
export function allowed(addr: number, size: number, c: Constraints): boolean {
  const { align = 0, phase = 0, nocross = 0, min = 0, max = 0 } = c;
  if (align !== 0 && (addr - phase) % align !== 0) return false;
  if (nocross !== 0 && Math.floor(addr / nocross) !== Math.floor((addr + size - 1) / nocross)) {
    return false;
  }
  if (addr < min) return false;
  return max === 0 || addr + size <= max;
}

/** An arena that is right by being simple. */
export class NaiveArena {
  readonly quantum: number;
  list: NaiveSegment[] = [];
  private spans = 0;

  constructor(quantum: number) {
    this.quantum = quantum;
  }

  add(base: number, size: number): void {
    this.list.push({ span: this.spans++, base, size, asked: 0 });
    this.list.sort((a, b) => a.base - b.base);
  }

  rounded(size: number): number {
    let n = 0;
    while (n < size) n += this.quantum;
    return n;
  }

  /** Whether some free segment is as long as the size, rounded. */
  longEnough(size: number): boolean {
    return this.list.some((s) => s.asked === 0 && s.size >= this.rounded(size));
  }

  /** Every address at which an allocation could be placed now. */
  places(size: number, c: Constraints): number[] {
    const found = [];
    for (const s of this.list) {
      if (s.asked !== 0) continue;
      for (let a = s.base; a + size <= s.base + s.size; a += this.quantum) {
        if (allowed(a, size, c)) found.push(a);
      }
    }
    return found;
  }

  /** Enters an allocation; throws when any unit of it is not free. */
  take(addr: number, asked: number): void {
    const size = this.rounded(asked);
    const i = this.list.findIndex((s) => s.base <= addr && addr + size <= s.base + s.size);
    const s = this.list[i];
    if (s === undefined || s.asked !== 0) throw new Error(`not free: ${addr}, ${size}`);
    const { span } = s;
    const pieces = [
      { span, base: s.base, size: addr - s.base, asked: 0 },
      { span, base: addr, size, asked },
      {
        span,
        base: addr + size,
        size: s.base + s.size - addr - size,
        asked: 0,
      },
    ];
    this.list.splice(i, 1, ...pieces.filter((p) => p.size > 0));
  }

  /** Removes an allocation; throws when there is no such. */
  give(addr: number, asked: number): void {
    const i = this.list.findIndex((s) => s.base === addr && s.asked === asked);
    if (i < 0 || asked === 0) throw new Error(`not allocated: ${addr}, ${asked}`);
    const joined: NaiveSegment[] = [];
    for (const [j, old] of this.list.entries()) {
      const s = j === i ? { ...old, asked: 0 } : old;
      const last = joined.at(-1);
      if (last !== undefined && last.span === s.span && last.asked === 0 && s.asked === 0) {
        joined[joined.length - 1] = { ...last, size: last.size + s.size };
      } else joined.push(s);
    }
    this.list = joined;
  }

  find(addr: number): { base: number; size: number } | undefined {
    const s = this.list.find((x) => x.base <= addr && addr < x.base + x.asked);
    return s && { base: s.base, size: s.asked };
  }

  /** Whether a range lies in one span. */
  contains(addr: number, size: number): boolean {
    for (let span = 0; span < this.spans; span++) {
      const own = this.list.filter((s) => s.span === span);
      const first = own[0];
      const last = own.at(-1);
      if (first === undefined || last === undefined) continue;
      if (first.base <= addr && addr + size <= last.base + last.size) return true;
    }
    return false;
  }

  get inUse(): number {
    return this.list.reduce((sum, s) => sum + s.asked, 0);
  }

  get total(): number {
    return this.list.reduce((sum, s) => sum + s.size, 0);
  }

  segments(): { base: number; size: number; kind: 'alloc' | 'free' }[] {
    return this.list.map(({ base, size, asked }) => ({
      base,
      size,
      kind: asked === 0 ? 'free' : 'alloc',
    }));
  }
}
