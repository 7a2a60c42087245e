import { describe, expect, it } from 'vitest';
import type { ListDisk } from '../../src/devices/list-disk.js';
import { listDisk, type ListDiskOptions } from '../../src/devices/list-disk.js';
import * as R from '../../src/devices/list-disk-regs.js';
import { Bus } from '../../src/machine/bus.js';
import { Clock } from '../../src/machine/clock.js';
import { Trace } from '../../src/machine/trace.js';

const FRAMES = 512;
const SQ = 0x10_000;
const CQ = 0x20_000;
const SIZE = 8;

interface Done {
  readonly identifier: number;
  readonly status: string;
  readonly bytes: number;
  readonly head: number;
}

/** A disk on a bench: a bus with two megabytes of memory, a clock, and a driver of few words. */
class Bench {
  readonly memory = new Uint8Array(FRAMES * 4096);
  readonly view = new DataView(this.memory.buffer);
  readonly clock = new Clock();
  readonly disk: ListDisk;
  raised = false;
  /** Messages sent; `null` while the line is in use. */
  messages: number | null = null;
  #tail = 0;
  #head = 0;
  #phase = 1;

  constructor(options: ListDiskOptions = {}) {
    const bytesAt = (pfn: number, off: number, len: number): Uint8Array =>
      this.memory.subarray(pfn * 4096 + off, pfn * 4096 + off + len);
    const view = {
      read: (pfn: number, off: number, into: Uint8Array, at: number, len: number) => {
        into.set(bytesAt(pfn, off, len), at);
        return true;
      },
      write: (pfn: number, off: number, from: Uint8Array, at: number, len: number) => {
        bytesAt(pfn, off, len).set(from.subarray(at, at + len));
        return true;
      },
    };
    this.disk = listDisk(options)({
      name: 'disk@1',
      clock: this.clock,
      bus: new Bus(view, (_master, frame) => (frame < FRAMES ? frame : -1), new Trace()),
      master: { name: 'disk@1', enabled: true },
      raise: () => {
        this.raised = true;
      },
      lower: () => {
        this.raised = false;
      },
      message: () => {
        if (this.messages === null) return false;
        this.messages++;
        return true;
      },
    });
    this.disk.registers[0]?.write(4, 2, 0x6);
  }

  read(reg: keyof typeof R.REG): number {
    return this.disk.registers[1]?.read(R.REG[reg], 4) ?? -1;
  }

  write(reg: keyof typeof R.REG, value: number): void {
    this.disk.registers[1]?.write(R.REG[reg], 4, value);
  }

  enable(sq = SQ, cq = CQ, size = SIZE): this {
    this.write('sqBaseLo', sq);
    this.write('sqSize', size);
    this.write('cqBaseLo', cq);
    this.write('cqSize', size);
    this.write('ctrl', R.CTRL_ENABLE);
    return this;
  }

  /** Puts a command into the queue. */
  put(op: number, id: number, first: number, blocks: number, p1 = 0, p2 = 0): this {
    const at = SQ + this.#tail * R.COMMAND_BYTES;
    this.memory.fill(0, at, at + R.COMMAND_BYTES);
    this.view.setUint32(at, op | (id << 16), true);
    this.view.setUint32(at + R.COMMAND.BLOCKS, blocks, true);
    this.view.setUint32(at + R.COMMAND.FIRST_LO, first, true);
    this.view.setBigUint64(at + R.COMMAND.POINTER1, BigInt(p1), true);
    this.view.setBigUint64(at + R.COMMAND.POINTER2, BigInt(p2), true);
    this.#tail = (this.#tail + 1) % SIZE;
    return this;
  }

  ring(): this {
    this.write('sqTail', this.#tail);
    return this;
  }

  /** Lets everything happen. */
  settle(): this {
    while (this.clock.runNext());
    return this;
  }

  /** Takes what is complete. */
  take(): Done[] {
    const done: Done[] = [];
    for (;;) {
      const at = CQ + this.#head * R.COMPLETION_BYTES;
      const word = this.view.getUint32(at + R.COMPLETION.STATUS, true);
      if (((word & R.PHASE) !== 0) !== (this.#phase === 1)) break;
      const code = word >>> R.STATUS_SHIFT;
      done.push({
        identifier: word & 0xffff,
        status: Object.entries(R.STATUS_CODE).find(([, c]) => c === code)?.[0] ?? String(code),
        bytes: this.view.getUint32(at + R.COMPLETION.BYTES, true),
        head: this.view.getUint32(at + R.COMPLETION.SQ_HEAD, true),
      });
      this.#head = (this.#head + 1) % SIZE;
      if (this.#head === 0) this.#phase ^= 1;
    }
    this.write('cqHead', this.#head);
    return done;
  }

  /** One command from doorbell to completion. */
  do(op: number, first: number, blocks: number, p1 = 0, p2 = 0): string | undefined {
    return this.put(op, 1, first, blocks, p1, p2).ring().settle().take()[0]?.status;
  }

  fill(at: number, len: number, salt: number): Uint8Array {
    for (let i = 0; i < len; i++) this.memory[at + i] = (i * 7 + (i >> 8) + salt) & 255;
    return this.memory.slice(at, at + len);
  }
}

describe('data', () => {
  it('of one page, from anywhere in it', () => {
    const b = new Bench().enable();
    const bytes = b.fill(0x40_200, 1024, 1);
    expect(b.do(R.OP_WRITE, 7, 2, 0x40_200)).toBe('success');
    expect(b.do(R.OP_READ, 7, 2, 0x50_004)).toBe('success');
    expect(b.memory.slice(0x50_004, 0x50_404)).toEqual(bytes);
    expect(b.do(R.OP_READ, 9, 1, 0x50_004)).toBe('success');
    expect(b.memory.slice(0x50_004, 0x50_204)).toEqual(new Uint8Array(512));
  });

  it('of two pages, the second named by the second pointer', () => {
    const b = new Bench().enable();
    b.fill(0x41_000 - 512, 512, 2);
    b.fill(0x77_000, 1024, 3);
    const bytes = [...b.memory.slice(0x40_e00, 0x41_000), ...b.memory.slice(0x77_000, 0x77_400)];
    expect(b.do(R.OP_WRITE, 0, 3, 0x40_e00, 0x77_000)).toBe('success');
    expect(b.do(R.OP_READ, 0, 3, 0x60_000, 0)).toBe('success');
    expect([...b.memory.slice(0x60_000, 0x60_600)]).toEqual(bytes);
  });

  it('of many pages, out of lists that lead on', () => {
    const b = new Bench().enable();
    const pages = Array.from({ length: 32 }, (_, i) => 0x80_000 + ((i * 5) % 32) * 4096);
    const bytes = pages.flatMap((page, i) => [...b.fill(page, 4096, i)]);
    // The first list has room for 4 entries before its page ends: 3 pages and the way on.
    const [first = 0, ...rest] = pages;
    const list = [0x30_fe0, 0x38_000];
    rest.forEach((page, i) => {
      const at = i < 3 ? 0x30_fe0 + i * 8 : 0x38_000 + (i - 3) * 8;
      b.view.setBigUint64(at, BigInt(page), true);
    });
    b.view.setBigUint64(0x30_ff8, BigInt(list[1] ?? 0), true);
    expect(b.do(R.OP_WRITE, 100, 256, first, list[0])).toBe('success');
    const stored = new Uint8Array(131_072);
    b.disk.medium.read(100 * 512, stored);
    expect([...stored]).toEqual(bytes);
    b.memory.fill(0, 0x80_000, 0xa0_000);
    expect(b.do(R.OP_READ, 100, 256, first, list[0])).toBe('success');
    expect(pages.flatMap((page) => [...b.memory.slice(page, page + 4096)])).toEqual(bytes);
  });
});

describe('several commands', () => {
  it('overtake one another, and are told apart', () => {
    const b = new Bench({ maxBytes: 4096 * 16 }).enable();
    b.view.setBigUint64(0x30_000, 0x61_000n, true);
    b.view.setBigUint64(0x30_008, 0x62_000n, true);
    b.put(R.OP_READ, 5, 0, 24, 0x60_000, 0x30_000).put(R.OP_READ, 6, 0, 1, 0x70_000);
    const done = b.ring().settle().take();
    expect(done.map(({ identifier, bytes }) => [identifier, bytes])).toEqual([
      [6, 512],
      [5, 12_288],
    ]);
    expect(done.every(({ status, head }) => status === 'success' && head === 2)).toBe(true);
  });

  it('go round the queues, with a phase for every round', () => {
    const b = new Bench().enable();
    for (let i = 0; i < 3 * SIZE; i++) {
      const [done, ...more] = b.put(R.OP_FLUSH, i, 0, 0).ring().settle().take();
      expect(done).toMatchObject({ identifier: i, status: 'success', bytes: 0 });
      expect(more).toEqual([]);
    }
  });

  it('wait with their completions for room', () => {
    const b = new Bench().enable(SQ, CQ, SIZE);
    for (let i = 0; i < SIZE - 1; i++) b.put(R.OP_FLUSH, i, 0, 0);
    b.ring().settle();
    // One place stays free, so that full and empty differ.
    b.put(R.OP_FLUSH, 50, 0, 0).ring().settle();
    expect(b.take().map((d) => d.identifier)).not.toContain(50);
    expect(
      b
        .settle()
        .take()
        .map((d) => d.identifier),
    ).toEqual([50]);
  });
});

describe('a command that cannot be', () => {
  const cases: readonly [status: string, (b: Bench) => string | undefined][] = [
    ['opcode', (b) => b.do(9, 0, 1, 0x60_000)],
    ['blocks', (b) => b.do(R.OP_READ, 0, 0, 0x60_000)],
    ['blocks', (b) => b.do(R.OP_READ, 65_535, 2, 0x60_000)],
    ['length', (b) => b.do(R.OP_READ, 0, 257, 0x60_000)],
    ['align', (b) => b.do(R.OP_READ, 0, 1, 0x60_002)],
    ['align', (b) => b.do(R.OP_READ, 0, 9, 0x60_000, 0x61_200)],
    ['align', (b) => b.do(R.OP_READ, 0, 17, 0x60_000, 0x30_004)],
    ['address', (b) => b.do(R.OP_READ, 0, 1, 2 ** 40)],
    ['masterAbort', (b) => b.do(R.OP_READ, 0, 1, 0x7000_0000)],
    ['masterAbort', (b) => b.do(R.OP_READ, 0, 17, 0x60_000, 0x7000_0000)],
  ];
  it.each(cases)('%s', (status, go) => {
    const b = new Bench({ addrBits: 32 }).enable();
    const before = b.memory.slice(0x60_000, 0x80_000);
    expect(go(b)).toBe(status);
    expect(b.disk.errors.map((e) => e.status)).toEqual([status]);
    expect(b.memory.slice(0x60_000, 0x80_000)).toEqual(before);
    // The next one is carried out.
    expect(b.do(R.OP_READ, 0, 1, 0x60_000)).toBe('success');
  });

  it('has bytes set that must be zero', () => {
    const b = new Bench().enable();
    b.put(R.OP_FLUSH, 1, 0, 0);
    b.memory[SQ + 40] = 1;
    expect(b.ring().settle().take()[0]?.status).toBe('reserved');
  });

  it('has the identifier of another', () => {
    const b = new Bench().enable();
    b.put(R.OP_READ, 3, 0, 1, 0x60_000).put(R.OP_READ, 3, 0, 1, 0x61_000).ring().settle();
    expect(b.take().map((d) => d.status)).toEqual(['identifier', 'success']);
  });

  it('meets a bad block', () => {
    const b = new Bench().enable();
    b.disk.medium.bad.add(11);
    expect(b.do(R.OP_READ, 10, 3, 0x60_000)).toBe('medium');
    expect(b.disk.errors[0]?.message).toBe('block 11 is bad');
    expect(b.do(R.OP_READ, 12, 1, 0x60_000)).toBe('success');
  });
});

describe('the device stops', () => {
  it.each([
    ['queueSize', (b: Bench) => b.enable(SQ, CQ, 1)],
    ['queueSize', (b: Bench) => b.enable(SQ, CQ, R.QUEUE_MAX + 1)],
    ['queueAlign', (b: Bench) => b.enable(SQ + 64)],
    ['masterAbort', (b: Bench) => b.enable(0x7000_0000).put(R.OP_FLUSH, 1, 0, 0).ring().settle()],
    [
      'doorbell',
      (b: Bench) => {
        b.enable().write('sqTail', SIZE);
      },
    ],
    [
      'doorbell',
      (b: Bench) => {
        b.enable().write('cqHead', 1);
      },
    ],
    [
      'doorbell',
      (b: Bench) => {
        b.write('sqTail', 1);
      },
    ],
  ] as const)('%s', (code, go) => {
    const b = new Bench();
    go(b);
    expect(b.read('status')).toBe(R.STATUS_FATAL);
    expect(b.read('error')).toBe(R.FATAL_CODE[code]);
    // Off and on again.
    b.write('ctrl', 0);
    b.enable();
    expect(b.read('status')).toBe(R.STATUS_READY);
  });

  it('while bus mastering is off', () => {
    const b = new Bench().enable();
    b.disk.registers[0]?.write(4, 2, 0x6);
    b.disk.registers[0]?.write(4, 2, 0x2);
    b.put(R.OP_FLUSH, 1, 0, 0).ring().settle();
    expect(b.read('error')).toBe(R.FATAL_CODE.masteringOff);
  });

  it('and forgets what is under way', () => {
    const b = new Bench().enable();
    b.put(R.OP_READ, 3, 0, 1, 0x60_000).ring();
    b.clock.runNext();
    b.write('ctrl', 0);
    b.settle();
    expect(b.view.getUint32(CQ + R.COMPLETION.STATUS, true)).toBe(0);
  });
});

describe('interrupts', () => {
  it('hold the line until the completion is taken, unless masked', () => {
    const b = new Bench().enable();
    b.put(R.OP_FLUSH, 1, 0, 0).ring().settle();
    expect(b.raised).toBe(true);
    b.write('intrMask', 1);
    expect(b.raised).toBe(false);
    b.write('intrMask', 0);
    expect(b.raised).toBe(true);
    b.take();
    expect(b.raised).toBe(false);
  });

  it('are messages where the driver has asked for them', () => {
    const b = new Bench().enable();
    b.messages = 0;
    b.put(R.OP_FLUSH, 1, 0, 0).put(R.OP_FLUSH, 2, 0, 0).ring().settle();
    expect(b.messages).toBe(2);
    expect(b.raised).toBe(false);
  });
});

describe('misbehaviour', () => {
  it.each([
    [{ what: 'never' }, []],
    [{ what: 'twice' }, [1, 1]],
    [{ what: 'late', ns: 1_000_000 }, [1]],
    [{ what: 'identifier', as: 77 }, [77]],
  ] as const)('%j', (plan, identifiers) => {
    const b = new Bench().enable();
    b.disk.misbehave(plan);
    b.put(R.OP_READ, 1, 0, 1, 0x60_000).ring().settle();
    expect(b.take().map((d) => d.identifier)).toEqual(identifiers);
  });

  it('tells a length that is not true, of the command that was named', () => {
    const b = new Bench().enable();
    b.disk.misbehave({ what: 'length', bytes: 12, command: 2 });
    for (const id of [1, 2, 3]) b.put(R.OP_READ, id, 0, 1, 0x60_000);
    expect(
      b
        .ring()
        .settle()
        .take()
        .map((d) => d.bytes),
    ).toEqual([512, 12, 512]);
  });

  it('ends with a reset', () => {
    const b = new Bench();
    b.disk.misbehave({ what: 'never' });
    b.disk.medium.bad.add(0);
    b.disk.reset();
    b.disk.registers[0]?.write(4, 2, 0x6);
    b.enable();
    expect(b.do(R.OP_READ, 0, 1, 0x60_000)).toBe('success');
  });
});

it('is not built from nonsense', () => {
  const wrong: ListDiskOptions[] = [
    { blockBytes: 500 },
    { blocks: 0 },
    { maxBytes: 5000 },
    { addrBits: 65 },
    { blocks: Number.NaN },
  ];
  for (const options of wrong) expect(() => listDisk(options)).toThrow(RangeError);
});
