/** A device that does nothing but interrupt, and drivers' ends of it. */
import * as ddi from 'ddi-dma';
import {
  boot,
  type BootedMachine,
  type BootOptions,
  type Device,
  type DeviceEnv,
  type DeviceInterrupts,
} from 'ddi-dma/machine';

/** A bell. */
export class Bell implements Device {
  readonly name: string;
  readonly registers = [];
  readonly interrupts: DeviceInterrupts;
  readonly env: DeviceEnv;

  constructor(env: DeviceEnv, interrupts: DeviceInterrupts) {
    this.name = env.name;
    this.env = env;
    this.interrupts = interrupts;
  }

  reset(): void {
    // It has no state.
  }
}

/** A machine with a bell. */
export interface BellSystem {
  readonly machine: BootedMachine;
  readonly dip: ddi.dev_info_t;
  readonly env: DeviceEnv;
  /** What handlers were told, in order. */
  readonly rung: unknown[];
}

/** Boots one. */
export function bellSystem(interrupts: DeviceInterrupts, options: BootOptions = {}): BellSystem {
  const model = (env: DeviceEnv): Bell => new Bell(env, interrupts);
  const machine = boot({ store: 8 << 20, ...options, devices: [{ at: 'bell@1', model }] });
  const { env } = machine.device('bell@1') as Bell;
  return { machine, dip: machine.devinfo('bell@1'), env, rung: [] };
}

/** Handles of a type, all or none. */
export function allocated(
  { dip }: BellSystem,
  type: number,
  count: number,
  inum = 0,
): readonly ddi.ddi_intr_handle_t[] {
  return ddi.must(ddi.ddi_intr_alloc(dip, type, inum, count, ddi.DDI_INTR_ALLOC_STRICT)).h_array;
}

/** Handles with handlers that say their number and claim. */
export function added(
  system: BellSystem,
  type: number,
  count: number,
): readonly ddi.ddi_intr_handle_t[] {
  const handles = allocated(system, type, count);
  for (const [n, h] of handles.entries()) ddi.must(ddi.ddi_intr_add_handler(h, ring, system, n));
  return handles;
}

/** Handles that are enabled one by one. */
export function enabled(
  system: BellSystem,
  type: number,
  count: number,
): readonly ddi.ddi_intr_handle_t[] {
  const handles = added(system, type, count);
  for (const h of handles) ddi.must(ddi.ddi_intr_enable(h));
  return handles;
}

/** Lets what is due happen. */
export function settle({ machine }: BellSystem): void {
  machine.kernel.drv_usecwait(1);
}

/** The rules of the findings so far. */
export function rulesOf({ machine }: BellSystem): string[] {
  return machine.findings.map((f) => f.rule);
}

function ring(system: BellSystem, n: number): number {
  system.rung.push(n);
  system.env.lower();
  return ddi.DDI_INTR_CLAIMED;
}
