/**
 * Repeated access: a block through ddi_rep_get32 and ddi_rep_put32 against TypedArray.set of as
 * many bytes between two arrays of their own, the least that moving them can cost.
 *
 * Once a program has transferred any ArrayBuffer, as module loaders on a thread of their own do,
 * V8 asks at every access whether the buffer is still there. Turning data then takes half as long
 * again, and the rows `swapped` are beyond their limits; a copy takes as long as before.
 */
import {
  ddi_dma_alloc_handle,
  ddi_dma_mem_alloc,
  ddi_rep_get32,
  ddi_rep_put32,
  must,
  DDI_DEV_AUTOINCR,
  DDI_DMA_CONSISTENT,
  DDI_DMA_DONTWAIT,
  DDI_NEVERSWAP_ACC,
  DDI_STRUCTURE_BE_ACC,
  type ddi_acc_handle_t,
} from 'ddi-dma';
import { boot } from 'ddi-dma/machine';
import { anyAttr } from '../support/attr.js';
import { row, type Row } from './harness.js';

/** The sizes promised, and how many times the twin's time each may take. */
const sizes = [
  { bytes: 4096, name: '4 KiB', plain: 1.5, swapped: 12 },
  { bytes: 1 << 20, name: '1 MiB', plain: 1.1, swapped: 9 },
] as const;

type Rep = (
  handle: ddi_acc_handle_t,
  host: number | Uint32Array,
  dev: number,
  count: number,
  flags: number,
) => void;

const calls: readonly (readonly [string, Rep])[] = [
  ['ddi_rep_get32', ddi_rep_get32],
  ['ddi_rep_put32', ddi_rep_put32],
];

/** The rows of this file. */
export function rows(): Row[] {
  return sizes.flatMap((size) =>
    calls.flatMap(([name, call]) => [
      block(`${name}, ${size.name}`, call, size.bytes, DDI_NEVERSWAP_ACC, size.plain),
      block(`${name}, ${size.name}, swapped`, call, size.bytes, DDI_STRUCTURE_BE_ACC, size.swapped),
    ]),
  );
}

function block(name: string, call: Rep, bytes: number, endian: number, ratioAtMost: number): Row {
  const { handle, kaddr } = memory(bytes, endian);
  const count = bytes >>> 2;
  const host = new Uint32Array(count);
  const [to, from] = [new Uint32Array(count), new Uint32Array(count)];
  return row({
    name,
    twin: 'TypedArray.set between two arrays',
    unit: 'block',
    units: 1,
    limit: { ratioAtMost },
    a: () => {
      call(handle, host, kaddr, count, DDI_DEV_AUTOINCR);
    },
    b: () => {
      to.set(from);
    },
  });
}

function memory(
  bytes: number,
  endian: number,
): { readonly handle: ddi_acc_handle_t; readonly kaddr: number } {
  const model = () => ({ name: 'bench', registers: [], reset: noop });
  const machine = boot({ devices: [{ at: 'bench@1', model }], store: 4 << 20 });
  const dip = machine.devinfo('bench@1');
  const { handle } = must(ddi_dma_alloc_handle(dip, anyAttr(), DDI_DMA_DONTWAIT));
  const acc = {
    devacc_attr_version: 1,
    devacc_attr_endian_flags: endian,
    devacc_attr_dataorder: 0,
  };
  return must(ddi_dma_mem_alloc(handle, bytes, acc, DDI_DMA_CONSISTENT, DDI_DMA_DONTWAIT));
}

function noop(): void {
  // A device without a life of its own.
}
