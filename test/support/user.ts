/** A machine with a bare device, a handle that asks for nothing, and a process. */
import type { Process } from '../../src/machine/process.js';
import * as ddi from '../../src/index.js';
import type { BootedMachine, BootOptions } from '../../src/platforms/index.js';
import { anyAttr } from './attr.js';
import { bareSystem } from './system.js';

/** Bytes of a page. */
export const pageBytes = 4096;

/** What most tests of user memory begin with. */
export interface UserSystem {
  readonly machine: BootedMachine;
  readonly dip: ddi.dev_info_t;
  readonly handle: ddi.ddi_dma_handle_t;
  readonly process: Process;
}

/** Boots a machine with a handle and a process. */
export function userSystem(
  options: BootOptions = {},
  attr: Partial<ddi.ddi_dma_attr_t> = {},
): UserSystem {
  const { machine, dip } = bareSystem(options);
  const { handle } = ddi.must(ddi.ddi_dma_alloc_handle(dip, anyAttr(attr), ddi.DDI_DMA_DONTWAIT));
  return { machine, dip, handle, process: machine.users.createProcess('app') };
}

/** The rules of the findings so far. */
export function rulesOf(machine: BootedMachine): string[] {
  return machine.findings.map((f) => f.rule);
}

/** Rule and clause of the findings so far. */
export function findingsOf(machine: BootedMachine): string[] {
  return machine.findings.map((f) => `${f.rule} ${f.clause}`);
}

/** What is alive, by kind, the handle of {@link userSystem} left out. */
export function aliveOf(machine: BootedMachine): string[] {
  return machine.probe
    .live()
    .map((o) => o.kind)
    .filter((kind) => kind !== 'dma handle');
}

/** `n` bytes that tell their place. */
export function pattern(n: number, first = 1): Uint8Array {
  return Uint8Array.from({ length: n }, (_, i) => (first + i * 7 + (i >> 8)) & 0xff);
}

/** What is not null, or the test fails. */
export function given<T>(value: T | null | undefined): T {
  if (value === null || value === undefined) throw new Error('nothing was given');
  return value;
}

/** What a device reads through the cookies of a bound handle. */
export function deviceReads(machine: BootedMachine, handle: ddi.ddi_dma_handle_t): Uint8Array {
  return deviceMoves(machine, handle, 'read', null);
}

/** A device writes through the cookies of a bound handle. */
export function deviceWrites(
  machine: BootedMachine,
  handle: ddi.ddi_dma_handle_t,
  bytes: Uint8Array,
): void {
  deviceMoves(machine, handle, 'write', bytes);
}

function deviceMoves(
  machine: BootedMachine,
  handle: ddi.ddi_dma_handle_t,
  op: 'read' | 'write',
  from: Uint8Array | null,
): Uint8Array {
  const master = { name: 'test', enabled: true };
  const chunks: number[] = [];
  let at = 0;
  let cookie = ddi.ddi_dma_cookie_iter(handle, null);
  while (cookie !== null) {
    const frame = Number(cookie.dmac_laddress >> 12n);
    const off = Number(cookie.dmac_laddress & 4095n);
    const size = cookie.dmac_size;
    if (op === 'write' && from !== null) {
      machine.bus.write(master, frame, off, from, at, size);
    } else {
      const got = new Uint8Array(size);
      machine.bus.read(master, frame, off, got, 0, size);
      chunks.push(...got);
    }
    at += size;
    cookie = ddi.ddi_dma_cookie_iter(handle, cookie);
  }
  return Uint8Array.from(chunks);
}
