/** Checks of pci_config_get8(9F) and pci_config_setup(9F). */
import type { ddi_acc_handle_t } from '../../sys/types.js';
import { memory, registers } from '../accessors.js';
import { clause, type ClauseCheck } from '../clause.js';
import { endianRow, registerBytes, type Width, widths } from '../endian.js';
import { inEveryContext, misuse } from '../stock.js';
import type { Sut } from '../sut.js';
import { good, same, that } from '../that.js';

function setup(sut: Sut): ddi_acc_handle_t {
  return good(sut.ddi.pci_config_setup(sut.dip()), 'pci_config_setup').handle;
}

function get(sut: Sut, width: Width, handle: ddi_acc_handle_t, offset: number): bigint {
  if (width === 8) return BigInt(sut.ddi.pci_config_get8(handle, offset));
  if (width === 16) return BigInt(sut.ddi.pci_config_get16(handle, offset));
  if (width === 32) return BigInt(sut.ddi.pci_config_get32(handle, offset));
  return sut.ddi.pci_config_get64(handle, offset);
}

function put(sut: Sut, width: Width, handle: ddi_acc_handle_t, offset: number, v: bigint): void {
  if (width === 8) sut.ddi.pci_config_put8(handle, offset, Number(v));
  else if (width === 16) sut.ddi.pci_config_put16(handle, offset, Number(v));
  else if (width === 32) sut.ddi.pci_config_put32(handle, offset, Number(v));
  else sut.ddi.pci_config_put64(handle, offset, v);
}

/** Where in configuration space the bytes of a check lie. */
const at = 0x40;

/** Handles that pci_config_setup(9F) did not make. */
const others: Readonly<Record<string, (sut: Sut) => ddi_acc_handle_t>> = {
  memory: (sut) => memory(sut).handle,
  'register set 0': (sut) => registers(sut, 0, 0).handle,
  'register set 1': (sut) => registers(sut).handle,
  'torn down': (sut) => {
    const handle = setup(sut);
    sut.ddi.pci_config_teardown(handle);
    return handle;
  },
};

/** The checks. */
export const pciConfigChecks: readonly ClauseCheck[] = [
  clause('pci_config_get8.9f/AR-1', { cases: Object.keys(others) }, async (sut, kase) => {
    sut.device.fill(0, at, registerBytes);
    same(get(sut, 8, setup(sut), at), 1n, 'a get through the right handle');
    const handle = others[kase]?.(sut) ?? setup(sut);
    const clauses = ['pci_config_get8.9f/AR-1', 'interplay/AX-7'];
    await misuse(sut, `pci_config_get8 through a handle: ${kase}`, clauses, () =>
      get(sut, 8, handle, at),
    );
  }),
  clause('pci_config_get8.9f/AR-2', { cases: ['16', '32', '64'] }, async (sut, kase) => {
    const width = widths.find((w) => String(w) === kase) ?? 16;
    const handle = setup(sut);
    sut.device.fill(0, at, registerBytes);
    same(get(sut, width, handle, at), endianRow('little')[width], 'a get at a multiple');
    sut.device.accesses();
    const clauses = ['pci_config_get8.9f/AR-2'];
    await misuse(sut, 'a get at half a datum', clauses, () =>
      get(sut, width, handle, at + width / 16),
    );
    await misuse(sut, 'a put at half a datum', clauses, () => {
      put(sut, width, handle, at + width / 16, 0n);
    });
    same(sut.device.bytes(0, at, 8), registerBytes, 'the registers afterwards');
  }),
  clause('pci_config_get8.9f/DS-1', {}, (sut) => {
    const handle = setup(sut);
    sut.device.accesses();
    for (const width of widths) {
      get(sut, width, handle, at);
      put(sut, width, handle, at, 0x11n);
      const each = Math.min(4, width / 8);
      const one = width === 64 ? [at, at + 4] : [at];
      const wanted = (['read', 'write'] as const).flatMap((op) =>
        one.map((off) => ({ op, rnumber: 0, off, width: each })),
      );
      same(sut.device.accesses(), wanted, `accesses of a get and a put of ${width} bits`);
    }
  }),
  clause('pci_config_get8.9f/DS-2', {}, (sut) => {
    const handle = setup(sut);
    for (const width of widths) {
      sut.device.fill(0, at, registerBytes);
      same(get(sut, width, handle, at), endianRow('little')[width], `${width} bits read`);
      sut.device.fill(0, at, new Uint8Array(8));
      put(sut, width, handle, at, endianRow('little')[width]);
      const wanted = registerBytes.slice(0, width / 8);
      same(sut.device.bytes(0, at, width / 8), wanted, `${width} bits written`);
    }
  }),
  clause('pci_config_get8.9f/RV-1', {}, (sut) => {
    sut.device.fill(0, 0, Uint8Array.of(0x86, 0x80, 0x37, 0x12));
    const handle = setup(sut);
    same(get(sut, 16, handle, 0), 0x8086n, 'the vendor');
    same(get(sut, 16, handle, 2), 0x1237n, 'the device');
    same(get(sut, 8, handle, 1), 0x80n, 'the second byte');
  }),
  clause('pci_config_get8.9f/CX-1', {}, async (sut) => {
    const handle = setup(sut);
    sut.device.fill(0, at, registerBytes);
    await inEveryContext(sut, 'pci_config_get', () => {
      same(get(sut, 32, handle, at), endianRow('little')[32], 'a get');
    });
  }),

  clause('pci_config_setup.9f/DS-1', {}, (sut) => {
    sut.device.fill(0, at, registerBytes);
    same(get(sut, 8, setup(sut), at), 1n, 'a get after the setup');
  }),
  clause('pci_config_setup.9f/DS-2', {}, async (sut) => {
    const before = sut.live();
    const handle = setup(sut);
    same(sut.live().length, before.length + 1, 'objects alive with the handle');
    sut.ddi.pci_config_teardown(handle);
    same(sut.live(), before, 'objects alive after the teardown');
    const clauses = ['pci_config_setup.9f/DS-2'];
    await misuse(sut, 'a second teardown', clauses, () => {
      sut.ddi.pci_config_teardown(handle);
    });
  }),
  clause('pci_config_setup.9f/RV-1', {}, (sut) => {
    const before = sut.live().length;
    good(sut.ddi.pci_config_setup(sut.dip()), 'pci_config_setup');
    same(sut.live().length, before + 1, 'objects alive after DDI_SUCCESS');
  }),
  clause('pci_config_setup.9f/RV-2', {}, (sut) => {
    const before = sut.live();
    that(sut.ddi.pci_config_setup(sut.bareDip()).isErr(), 'setup fails without registers');
    same(sut.live(), before, 'objects alive after it');
    good(sut.ddi.pci_config_setup(sut.dip()), 'setup with registers');
  }),
  clause('pci_config_setup.9f/CX-1', {}, async (sut) => {
    for (const where of ['user', 'kernel'] as const) {
      good(
        await sut.within(where, () => sut.ddi.pci_config_setup(sut.dip())),
        `in ${where} context`,
      );
    }
    same(sut.findings().length, 0, 'findings where it is allowed');
    await misuse(sut, 'a setup in interrupt context', ['pci_config_setup.9f/CX-1'], () =>
      sut.within('interrupt', () => sut.ddi.pci_config_setup(sut.dip())),
    );
  }),
  clause('pci_config_setup.9f/CX-2', {}, async (sut) => {
    const before = sut.live();
    const handles = [0, 1, 2].map(() => setup(sut));
    same(sut.live().length, before.length + 3, 'objects alive with three handles');
    await inEveryContext(sut, 'pci_config_teardown', () => {
      const handle = handles.pop();
      if (handle !== undefined) sut.ddi.pci_config_teardown(handle);
    });
    same(sut.live(), before, 'objects alive after each context tore one down');
  }),
];
