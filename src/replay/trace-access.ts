/** Calls of a trace that map and access: registers, configuration space, memory. */
import {
  ddi_check_acc_handle,
  ddi_get16,
  ddi_get32,
  ddi_get64,
  ddi_get8,
  ddi_put16,
  ddi_put32,
  ddi_put64,
  ddi_put8,
  ddi_regs_map_free,
  ddi_regs_map_setup,
  pci_config_get16,
  pci_config_get32,
  pci_config_get64,
  pci_config_get8,
  pci_config_put16,
  pci_config_put32,
  pci_config_put64,
  pci_config_put8,
  pci_config_setup,
  pci_config_teardown,
  type ddi_acc_handle_t,
} from '../index.js';
import { accessesOf, writtenValues } from './register-access.js';
import type { RegisterFile } from './register-file.js';
import { codeOf, type Stage } from './stage.js';
import { type Call, hex, type TraceInput, type Width } from './trace-input.js';
import { bytesOf, valueOf } from './trace-memory.js';
import type { Answer, TraceObjects } from './trace-objects.js';

/** The accessors of one width, all values bigints. */
interface Accessors {
  readonly get: (handle: ddi_acc_handle_t, addr: number) => bigint;
  readonly put: (handle: ddi_acc_handle_t, addr: number, value: bigint) => void;
}

type Get = (handle: ddi_acc_handle_t, addr: number) => number;
type Put = (handle: ddi_acc_handle_t, addr: number, value: number) => void;

const narrow = (get: Get, put: Put): Accessors => ({
  get: (handle, addr) => BigInt(get(handle, addr)),
  put: (handle, addr, value) => {
    put(handle, addr, Number(value));
  },
});

/** ddi_get8(9F), ddi_put8(9F) and kin; they take addresses. */
const accessors: Readonly<Record<Width, Accessors>> = {
  1: narrow(ddi_get8, ddi_put8),
  2: narrow(ddi_get16, ddi_put16),
  4: narrow(ddi_get32, ddi_put32),
  8: { get: ddi_get64, put: ddi_put64 },
};

/** pci_config_get8(9F) and kin; they take offsets. */
const configAccessors: Readonly<Record<Width, Accessors>> = {
  1: narrow(pci_config_get8, pci_config_put8),
  2: narrow(pci_config_get16, pci_config_put16),
  4: narrow(pci_config_get32, pci_config_put32),
  8: { get: pci_config_get64, put: pci_config_put64 },
};

/** One access. */
type Single = Call<'get' | 'put' | 'pci_config_get' | 'pci_config_put'>;

/** Makes the calls. */
export class AccessCalls {
  readonly #stage: Stage;
  readonly #input: TraceInput;
  readonly #made: TraceObjects;
  readonly #file: RegisterFile;

  constructor(stage: Stage, input: TraceInput, made: TraceObjects, file: RegisterFile) {
    this.#stage = stage;
    this.#input = input;
    this.#made = made;
    this.#file = file;
  }

  map(call: Call<'regs_map_setup'>): Answer {
    const accattr = this.#input.accs[call.acc];
    if (accattr === undefined) return this.#made.lack();
    const { rnumber, off, len, r } = call;
    const result = ddi_regs_map_setup(this.#stage.dip, rnumber, off, len, accattr);
    if (r !== null) {
      if (result.isErr()) this.#made.refuse('registerMappings');
      else {
        const { addr, handle: acc } = result.value;
        const little = accattr.devacc_attr_endian_flags !== 2;
        this.#made.mappings.set(r, { addr, acc, little, rnumber, off });
      }
    }
    return { rc: codeOf(result) };
  }

  unmap({ r }: Call<'regs_map_free'>): Answer {
    const mapping = this.#made.mappings.get(r);
    if (mapping === undefined) return this.#made.lackAtFree('registerMappings');
    this.#made.mappings.delete(r);
    ddi_regs_map_free(mapping.acc);
    return {};
  }

  configSetup({ r }: Call<'pci_config_setup'>): Answer {
    const result = pci_config_setup(this.#stage.dip);
    if (r !== null) {
      if (result.isErr()) this.#made.refuse('registerMappings');
      else {
        // Configuration space is set 0, and little-endian; its accessors take offsets.
        const { handle: acc } = result.value;
        this.#made.mappings.set(r, { addr: 0, acc, little: true, rnumber: 0, off: 0 });
      }
    }
    return { rc: codeOf(result) };
  }

  configTeardown({ r }: Call<'pci_config_teardown'>): Answer {
    const mapping = this.#made.mappings.get(r);
    if (mapping === undefined) return this.#made.lackAtFree('registerMappings');
    this.#made.mappings.delete(r);
    pci_config_teardown(mapping.acc);
    return {};
  }

  check({ of }: Call<'check_acc_handle'>): Answer {
    const { memory, mappings } = this.#made;
    const made = of.kind === 'm' ? memory.get(of.number) : mappings.get(of.number);
    return made === undefined ? this.#made.lack() : { rc: ddi_check_acc_handle(made.acc) };
  }

  access(call: Single): Answer {
    return call.of.kind === 'm' ? this.#memory(call) : this.#register(call);
  }

  #memory({ c, of, off, width, value }: Single): Answer {
    const memory = this.#made.memory.get(of.number);
    if (memory === undefined) return this.#made.lack();
    const at = memory.kaddr + off;
    if (c === 'get') return { v: hex(accessors[width].get(memory.acc, at)) };
    accessors[width].put(memory.acc, at, value);
    const inside = off >= 0 && off + width <= memory.real;
    const there = inside ? this.#stage.machine.probe.peek(at, width) : new Uint8Array();
    return { v: hex(valueOf(there, memory.little)) };
  }

  #register({ c, of, off, width, value }: Single): Answer {
    const mapping = this.#made.mappings.get(of.number);
    if (mapping === undefined) return this.#made.lack();
    const { little, rnumber, acc } = mapping;
    const op = c === 'get' || c === 'pci_config_get' ? 'read' : 'write';
    const { get, put } = (c === 'get' || c === 'put' ? accessors : configAccessors)[width];
    const bytes = bytesOf(value, width, little);
    this.#file.expect(accessesOf(op, rnumber, mapping.off + off, bytes));
    const at = mapping.addr + off;
    const got = op === 'read' ? get(acc, at) : null;
    if (op === 'write') put(acc, at, value);
    const seen = this.#file.seen();
    const v = got ?? writtenValues(seen.written, width, little)[0];
    return {
      ...(v !== undefined && { v: hex(v) }),
      ...(seen.strange !== null && { access: seen.strange }),
    };
  }
}
