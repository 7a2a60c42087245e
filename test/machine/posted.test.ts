/** Posted writes land in order, late perhaps, and before what may not pass them. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { boot, BusError, type BootOptions, type Device, type DeviceEnv } from 'ddi-dma/machine';
import * as ddi from 'ddi-dma';
import type { Chooser } from '../../src/machine/choose.js';
import { HELD_NS_MAX, POSTED_BYTES, POSTED_WRITES } from '../../src/machine/posted.js';

/** A device that writes when it is told to. */
class Pen implements Device {
  readonly name: string;
  readonly interrupts = { msix: 1 };
  readonly registers = [
    {
      name: 'bar0',
      kind: 'memory' as const,
      sizeBytes: 4,
      read: () => 7,
      write: () => undefined,
    },
  ];
  constructor(readonly env: DeviceEnv) {
    this.name = env.name;
    env.master.enabled = true;
  }
  reset(): void {
    this.env.master.enabled = true;
  }
}

/** Answers one kind of question always alike; 0 to all others. */
function always(answer: number): Chooser {
  return { choose: (kind, n) => (kind === 'posted write' ? Math.min(answer, n - 1) : 0) };
}

/** Always holds back, as long as it is legal. */
const adverse = always(3);

/** Bytes of memory the device writes to: three frames that do not follow one another in store. */
const pfns = [0x300, 0x301, 0x302];
const size = pfns.length * 4096;

function penSystem(options: BootOptions = {}) {
  const machine = boot({
    store: 8 << 20,
    devices: [{ at: 'pen@1', model: (env) => new Pen(env) }],
    ...options,
  });
  const { env } = machine.device('pen@1') as Pen;
  const va = machine.place(pfns);
  const dip = machine.devinfo('pen@1');
  const regs = ddi.must(
    ddi.ddi_regs_map_setup(dip, 0, 0, 0, {
      devacc_attr_version: ddi.DDI_DEVICE_ATTR_V0,
      devacc_attr_endian_flags: ddi.DDI_NEVERSWAP_ACC,
      devacc_attr_dataorder: ddi.DDI_STRICTORDER_ACC,
    }),
  );
  machine.kernel.bzero(va, size);
  return {
    machine,
    env,
    dip,
    write: (at: number, bytes: Uint8Array) => {
      const frame = (pfns[0] ?? 0) + Math.floor(at / 4096);
      env.bus.write(env.master, frame, at % 4096, bytes, 0, bytes.length);
    },
    readByDevice: () => {
      env.bus.read(env.master, pfns[0] ?? 0, 0, new Uint8Array(1), 0, 1);
    },
    readRegister: () => ddi.ddi_get32(regs.handle, regs.addr),
    writeRegister: () => {
      ddi.ddi_put32(regs.handle, regs.addr, 1);
    },
    seen: () => machine.probe.peek(va, size),
  };
}

const one = Uint8Array.of(1, 2, 3);

/** Whether the first bytes of memory are those of `one`. */
function landed(pen: ReturnType<typeof penSystem>): boolean {
  return pen.seen()[0] === 1;
}

describe('a write that is held back', () => {
  it('is not seen at once, nor when the line is raised or a register is written', () => {
    const pen = penSystem({ chooser: adverse });
    pen.write(0, one);
    pen.env.raise();
    pen.writeRegister();
    expect(landed(pen)).toBe(false);
  });

  const pushes: Readonly<Record<string, (pen: ReturnType<typeof penSystem>) => void>> = {
    'a read of a register': (pen) => pen.readRegister(),
    'a read of memory by the device': (pen) => {
      pen.readByDevice();
    },
    'a message': (pen) => {
      ddi.must(ddi.ddi_intr_alloc(pen.dip, ddi.DDI_INTR_TYPE_MSIX, 0, 1, 0));
      pen.env.message(0);
    },
    'its time': (pen) => {
      pen.machine.kernel.drv_usecwait(HELD_NS_MAX / 1000);
    },
    'a full bridge': (pen) => {
      for (let i = 0; i < POSTED_WRITES; i++) pen.write(4096, one);
    },
    'a write that is too long to be posted': (pen) => {
      pen.write(4096, new Uint8Array(POSTED_BYTES + 1));
    },
  };
  it.each(Object.entries(pushes))('lands with %s', (_what, push) => {
    const pen = penSystem({ chooser: adverse });
    pen.write(0, one);
    expect(landed(pen)).toBe(false);
    push(pen);
    expect(landed(pen)).toBe(true);
  });

  it('was legal when it was issued, and lands though mastering is off by then', () => {
    const pen = penSystem({ chooser: adverse });
    pen.write(0, one);
    pen.env.master.enabled = false;
    pen.readRegister();
    expect(landed(pen)).toBe(true);
  });

  it('is told to observers when it lands', () => {
    const pen = penSystem({ chooser: adverse });
    const events: string[] = [];
    pen.machine.observe({
      event: (e) => {
        if (e.kind === 'bus' || e.kind === 'register') events.push(`${e.kind} ${e.op}`);
      },
    });
    pen.write(0, one);
    pen.writeRegister();
    pen.readByDevice();
    expect(events).toEqual(['register write', 'bus write', 'bus read']);
  });

  it('is forgotten by a reset', () => {
    const pen = penSystem({ chooser: adverse });
    pen.write(0, one);
    pen.machine.reset(1);
    const va = pen.machine.place(pfns);
    pen.machine.kernel.bzero(va, 4096);
    pen.env.bus.push(pen.env.master);
    expect(pen.machine.probe.peek(va, 3)).toEqual(new Uint8Array(3));
  });
});

describe('a write that is not legal', () => {
  it.each([0, 3])('fails where it is issued (choice %i)', (answer) => {
    const pen = penSystem({ chooser: always(answer) });
    pen.write(0, one);
    expect(() => {
      pen.env.bus.write(pen.env.master, 0x900000, 0, one, 0, 3);
    }).toThrow(BusError);
    // What was written before has not got lost.
    pen.env.master.enabled = false;
    expect(() => {
      pen.write(8, one);
    }).toThrow('mastering is off');
    expect(landed(pen)).toBe(true);
    expect(pen.seen()[8]).toBe(0);
  });
});

describe('posting', () => {
  it('is off on request, and for a write that is chosen to go straight', () => {
    for (const options of [{ posting: false, chooser: adverse }, { chooser: always(0) }]) {
      const pen = penSystem(options);
      pen.write(0, one);
      expect(landed(pen)).toBe(true);
    }
  });

  it('holds back something for some seed, and not for every one', () => {
    const seen = [1, 2, 3, 4, 5, 6, 7, 8].map((seed) => {
      const pen = penSystem({ seed });
      pen.write(0, one);
      return landed(pen);
    });
    expect(new Set(seen).size).toBe(2);
  });
});

/** What can happen to a device, in random order. */
type Step =
  | { readonly kind: 'write'; readonly at: number; readonly len: number; readonly fill: number }
  | { readonly kind: 'push'; readonly how: number }
  | { readonly kind: 'wait'; readonly us: number };

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('write' as const),
      at: fc.nat(size - 1),
      len: fc.oneof(fc.integer({ min: 0, max: 40 }), fc.integer({ min: 0, max: 5000 })),
      fill: fc.integer({ min: 1, max: 255 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('push' as const), how: fc.nat(2) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('wait' as const), us: fc.nat(30) }) },
);

describe('memory, whatever is chosen', () => {
  it('has seen the first so many writes and no others, and all of them where it must', () => {
    fc.assert(
      fc.property(
        fc.array(step, { maxLength: 120 }),
        fc.array(fc.nat(3), { minLength: 1, maxLength: 20 }),
        (steps, answers) => {
          let asked = 0;
          const chooser: Chooser = {
            choose: (kind) =>
              kind === 'posted write' ? (answers[asked++ % answers.length] ?? 0) : 0,
          };
          const pen = penSystem({ chooser });
          // The oracle: every state memory has had, were each write to land at once.
          const states = [pen.seen()];
          const issuedNs = [0];
          let oldest = 0;
          /** The write that memory has seen last, at least `least`. */
          const look = (least: number): void => {
            const now = Buffer.from(pen.seen());
            let k = Math.max(least, oldest);
            while (k < states.length && now.compare(states[k] ?? now) !== 0) k++;
            expect(k, 'memory is no state the writes lead to').toBeLessThan(states.length);
            oldest = k;
          };
          for (const s of steps) {
            if (s.kind === 'write') {
              const bytes = new Uint8Array(Math.min(s.len, size - s.at)).fill(s.fill);
              const next = (states.at(-1) ?? pen.seen()).slice();
              next.set(bytes, s.at);
              states.push(next);
              issuedNs.push(pen.machine.clock.nowNs);
              pen.write(s.at, bytes);
              look(0);
            } else if (s.kind === 'push') {
              if (s.how === 0) pen.readByDevice();
              else pen.readRegister();
              look(states.length - 1);
            } else {
              pen.machine.kernel.drv_usecwait(s.us);
              const due = pen.machine.clock.nowNs - HELD_NS_MAX;
              look(issuedNs.filter((ns) => ns <= due).length - 1);
            }
          }
        },
      ),
      { numRuns: 60 },
    );
  });
});

describe('a driver that is told of data', () => {
  /** What the handler finds in memory, when it looks at a register first or does not. */
  async function found(how: 'line' | 'message', asksDevice: boolean): Promise<number | undefined> {
    const pen = penSystem({ chooser: adverse });
    let data: number | undefined;
    const handler = (): number => {
      if (asksDevice) pen.readRegister();
      data = pen.seen()[0];
      pen.env.lower();
      return ddi.DDI_INTR_CLAIMED;
    };
    const type = how === 'line' ? ddi.DDI_INTR_TYPE_FIXED : ddi.DDI_INTR_TYPE_MSIX;
    const { h_array } = ddi.must(ddi.ddi_intr_alloc(pen.dip, type, 0, 1, 0));
    const [h = null] = h_array;
    ddi.must(ddi.ddi_intr_add_handler(h, handler, null, null));
    ddi.must(ddi.ddi_intr_enable(h));
    await pen.machine.run(() => {
      pen.write(0, one);
      if (!pen.env.message(0)) pen.env.raise();
    });
    return data;
  }

  it('by the line finds old data, unless it asks the device first', async () => {
    expect(await found('line', false)).toBe(0);
    expect(await found('line', true)).toBe(1);
  });

  it('by a message finds the data', async () => {
    expect(await found('message', false)).toBe(1);
  });
});
