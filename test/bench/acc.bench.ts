/**
 * Accessors: a descriptor ring through ddi_get32/ddi_put32 against bare DataView calls.
 *
 * The package is imported by its name: what is measured is what is installed.
 */
import {
  ddi_dma_alloc_handle,
  ddi_dma_mem_alloc,
  ddi_get32,
  ddi_put32,
  DDI_DMA_CONSISTENT,
  DDI_DMA_DONTWAIT,
  must,
  type ddi_acc_handle_t,
} from 'ddi-dma';
import { boot } from 'ddi-dma/machine';
import { anyAttr } from '../support/attr.js';
import { row, type Row } from './harness.js';

const descriptors = 256;
const ringBytes = descriptors * 16;

/**
 * One lap over the ring: per descriptor two gets and four puts. Both sides are made from this text;
 * only GET and PUT differ.
 */
const template = `
  let sum = 0;
  for (let i = 0; i < n; i++) {
    const s = sides[i & mask];
    const at = s.start + i * 16;
    const owner = GET(s, at + 12);
    const len = GET(s, at + 8);
    sum = (sum + owner + len) | 0;
    PUT(s, at, i);
    PUT(s, at + 4, sum);
    PUT(s, at + 8, len ^ 1);
    PUT(s, at + 12, owner ^ 0x40000000);
  }
  return sum;
`;

interface Side {
  readonly start: number;
}

type Lap<S extends Side> = (sides: readonly S[], mask: number, n: number) => number;

function made<S extends Side>(get: string, put: string, ...names: [string, unknown][]): Lap<S> {
  const body = template
    .replace(/GET\((\w+), ([^)]*)\)/g, get)
    .replace(/PUT\((\w+), ([^,]*), ([^)]*)\)/g, put);
  const outer = new Function(
    ...names.map(([name]) => name),
    `return function lap(sides, mask, n) {${body}}`,
  ) as (...args: unknown[]) => Lap<S>;
  return outer(...names.map(([, value]) => value));
}

interface Ours extends Side {
  readonly h: ddi_acc_handle_t;
}

interface Twin extends Side {
  readonly view: DataView;
  readonly base: number;
  readonly le: boolean;
}

function ours(endian: number): Ours {
  const devices = [{ at: 'bench@1', model: () => ({ name: 'bench', registers: [], reset: noop }) }];
  const machine = boot({ devices, store: 1 << 20 });
  const { handle } = must(
    ddi_dma_alloc_handle(machine.devinfo('bench@1'), anyAttr(), DDI_DMA_DONTWAIT),
  );
  const acc = {
    devacc_attr_version: 1,
    devacc_attr_endian_flags: endian,
    devacc_attr_dataorder: 0,
  };
  const mem = must(ddi_dma_mem_alloc(handle, ringBytes, acc, DDI_DMA_CONSISTENT, DDI_DMA_DONTWAIT));
  return { h: mem.handle, start: mem.kaddr };
}

function twin(le: boolean): Twin {
  return { view: new DataView(new ArrayBuffer(1 << 20)), base: 0x10000, le, start: 0x10000 };
}

function noop(): void {
  // A device without a life of its own.
}

function laps(): { readonly ours: Lap<Ours>; readonly twin: Lap<Twin> } {
  return {
    ours: made<Ours>(
      'ddi_get32($1.h, $2)',
      'ddi_put32($1.h, $2, $3)',
      ['ddi_get32', ddi_get32],
      ['ddi_put32', ddi_put32],
    ),
    twin: made<Twin>(
      '$1.view.getUint32($2 - $1.base, $1.le)',
      '$1.view.setUint32($2 - $1.base, $3, $1.le)',
    ),
  };
}

/** The rows of this file. */
export function rows(): Row[] {
  // Little, big, never, little: what a driver with registers, rings and buffers has at one site.
  const endians = [1, 2, 0, 1];
  const one = { ours: [ours(1)], twin: [twin(true)], ...named(laps()) };
  const four = {
    ours: endians.map(ours),
    twin: endians.map((e) => twin(e !== 2)),
    ...named(laps()),
  };
  return [ring('one handle', one, 0), ring('four handles of mixed byte order', four, 3)];
}

function named(l: ReturnType<typeof laps>): { lapOurs: Lap<Ours>; lapTwin: Lap<Twin> } {
  return { lapOurs: l.ours, lapTwin: l.twin };
}

function ring(
  what: string,
  s: {
    readonly ours: readonly Ours[];
    readonly twin: readonly Twin[];
    readonly lapOurs: Lap<Ours>;
    readonly lapTwin: Lap<Twin>;
  },
  mask: number,
): Row {
  return row({
    name: `descriptor ring, ${what}`,
    twin: 'DataView, from the same text',
    unit: 'descriptor',
    units: descriptors,
    limit: { ratioAtMost: 1.6 },
    a: () => {
      s.lapOurs(s.ours, mask, descriptors);
    },
    b: () => {
      s.lapTwin(s.twin, mask, descriptors);
    },
  });
}
