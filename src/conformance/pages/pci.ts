/** Checks of pci(4): the `reg` property, and where configuration space may be reached. */
import { get, registers } from '../accessors.js';
import { clause, type ClauseCheck } from '../clause.js';
import { misuse } from '../stock.js';
import type { Sut } from '../sut.js';
import { good, same, that } from '../that.js';

/** A cell of a tuple. */
function cell(sut: Sut, rnumber: number, index: number): number {
  const value = sut.device.reg[rnumber]?.[index];
  that(Number.isInteger(value), `tuple ${rnumber} has a cell ${index}`);
  return value ?? 0;
}

/** A field of the first cell. */
function field(sut: Sut, rnumber: number, shift: number, bits: number): number {
  return (cell(sut, rnumber, 0) >>> shift) & (2 ** bits - 1);
}

function sizeIn(sut: Sut, rnumber: number): bigint {
  return (BigInt(cell(sut, rnumber, 3)) << 32n) | BigInt(cell(sut, rnumber, 4));
}

function addressIn(sut: Sut, rnumber: number): bigint {
  return (BigInt(cell(sut, rnumber, 1)) << 32n) | BigInt(cell(sut, rnumber, 2));
}

const numbers = [0, 1, 2, 3] as const;

/** The checks. */
export const pciChecks: readonly ClauseCheck[] = [
  clause('pci.4/RG-1', {}, (sut) => {
    const fields = numbers.map((n) => ({
      register: field(sut, n, 0, 8),
      device: field(sut, n, 11, 5),
      bus: field(sut, n, 16, 8),
      space: field(sut, n, 24, 2),
    }));
    const common = { device: 0, bus: 0 };
    // The base address registers of a header begin at 0x10 and have four bytes each.
    const wanted = [
      { register: 0, ...common, space: 0 },
      { register: 0x10, ...common, space: 2 },
      { register: 0x14, ...common, space: 2 },
      { register: 0x18, ...common, space: 1 },
    ].map(({ register, device, bus, space }) => ({ register, device, bus, space }));
    same(fields, wanted, 'the fields of the tuples');
  }),
  clause('pci.4/RG-2', {}, async (sut) => {
    const spaces = numbers.map((n) => field(sut, n, 24, 2));
    same(spaces, [0, 2, 2, 1], 'configuration space, memory, memory, ports');
    // Only what lies in memory space has an address of its own; ports and offsets mean nothing
    // without the handle.
    const config = registers(sut, 0, 0);
    const handle = good(sut.ddi.pci_config_setup(sut.dip()), 'pci_config_setup').handle;
    sut.device.fill(0, 0, Uint8Array.of(0x5a));
    same(sut.ddi.pci_config_get8(handle, 0), 0x5a, 'tuple 0 as configuration space');
    same(get(sut, 8, config), 0x5an, 'and as a register set');
    const ports = registers(sut, 0, 3);
    same(BigInt(ports.addr), addressIn(sut, 3), 'the address of mapped ports: their number');
    await Promise.resolve();
  }),
  clause('pci.4/RG-4', {}, (sut) => {
    for (const n of [1, 2, 3]) {
      same(sizeIn(sut, n), BigInt(sut.device.sizeOf(n)), `the size in tuple ${n}`);
      that(addressIn(sut, n) % sizeIn(sut, n) === 0n, `the address in tuple ${n} is aligned to it`);
    }
    const [first, second] = [addressIn(sut, 1), addressIn(sut, 2)];
    const apart = first + sizeIn(sut, 1) <= second || second + sizeIn(sut, 2) <= first;
    that(apart, 'two register sets have no address in common');
  }),
  clause('pci.4/RG-5', {}, (sut) => {
    same(sut.device.reg.length, sut.device.registerSets, 'tuples');
    for (const n of [1, 2, 3]) {
      const range = registers(sut, 0, n);
      sut.device.accesses();
      const last = Number(sizeIn(sut, n)) - 1;
      get(sut, 8, range, last);
      const wanted = [{ op: 'read', rnumber: n, off: last, width: 1 }];
      same(sut.device.accesses(), wanted, `what the last byte of tuple ${n} reaches`);
    }
  }),
  clause('pci.4/RG-6', {}, (sut) => {
    same(
      numbers.map((n) => field(sut, n, 8, 3)),
      [0, 0, 0, 0],
      'the function of a device that has one',
    );
    same(sut.device.reg.length, sut.device.registerSets, 'tuples');
    same(field(sut, 3, 24, 2), 1, 'the space of the last');
  }),
  clause('pci.4/CX-1', { cases: ['pci_config', 'register set 0'] }, async (sut, kase) => {
    const handle = good(sut.ddi.pci_config_setup(sut.dip()), 'pci_config_setup').handle;
    const config = registers(sut, 0, 0);
    const [memory, ports] = [registers(sut, 0, 1), registers(sut, 0, 3)];
    sut.device.fill(1, 0, Uint8Array.of(7));
    sut.device.fill(3, 0, Uint8Array.of(8));
    const seen = await sut.within('high', () => [get(sut, 8, memory), get(sut, 8, ports)]);
    same(seen, [7n, 8n], 'memory and I/O space at high level');
    same(sut.findings().length, 0, 'findings of it');
    await misuse(sut, 'configuration space at high level', ['pci.4/CX-1'], () =>
      sut.within('high', () =>
        kase === 'pci_config' ? sut.ddi.pci_config_get8(handle, 0) : get(sut, 8, config),
      ),
    );
  }),
  clause('interplay/AX-7', {}, (sut) => {
    same(field(sut, 0, 24, 2), 0, 'the space of register set 0');
    const handle = good(sut.ddi.pci_config_setup(sut.dip()), 'pci_config_setup').handle;
    sut.device.accesses();
    sut.ddi.pci_config_put16(handle, 6, 0x1234);
    same(sut.ddi.pci_config_get16(handle, 6), 0x1234, 'what was written');
    const seen = sut.device.accesses().map((a) => a.rnumber);
    same(seen, [0, 0], 'the register set that pci_config_get16 reaches');
  }),
];
