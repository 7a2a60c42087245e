/** Checks of ddi_regs_map_setup(9F) and ddi_regs_map_free(9F). */
import { DDI_STRUCTURE_BE_ACC } from '../../sys/constants.js';
import type { ddi_acc_handle_t } from '../../sys/types.js';
import { get, memory, put, registers } from '../accessors.js';
import { clause, type ClauseCheck } from '../clause.js';
import { endianRow, registerBytes, widths } from '../endian.js';
import { misuse, plainAcc } from '../stock.js';
import type { Sut } from '../sut.js';
import { bad, good, same, that } from '../that.js';

/** The codes the page has for a mapping that cannot be. */
const refusals = ['DDI_FAILURE', 'DDI_ME_RNUMBER_RANGE', 'DDI_ME_INVAL'] as const;

/** A mapping of a part of a register set. */
function mapPart(sut: Sut, rnumber: number, offset: number, len: number) {
  return sut.ddi.ddi_regs_map_setup(sut.dip(), rnumber, offset, len, plainAcc);
}

/** The checks. */
export const regsMapChecks: readonly ClauseCheck[] = [
  clause('ddi_regs_map_setup.9f/AR-3', {}, (sut) => {
    const acc = { ...plainAcc, devacc_attr_endian_flags: DDI_STRUCTURE_BE_ACC };
    const range = good(sut.ddi.ddi_regs_map_setup(sut.dip(), 1, 0, 0, acc), 'map of set 1');
    acc.devacc_attr_endian_flags = 0;
    sut.device.fill(1, 0, registerBytes);
    same(get(sut, 32, range), endianRow('big')[32], 'a get after the caller changed its structure');
  }),
  clause('ddi_regs_map_setup.9f/OUT-1', {}, (sut) => {
    const range = registers(sut);
    for (const off of [0, 4, 60]) {
      sut.device.fill(1, off, Uint8Array.of(off + 1));
      same(sut.ddi.ddi_get8(range.handle, range.addr + off), off + 1, `the byte at addr + ${off}`);
    }
  }),
  clause('ddi_regs_map_setup.9f/OUT-3', {}, (sut) => {
    const range = registers(sut);
    that(typeof range.handle === 'object', 'the handle is filled in');
    put(sut, 16, range, 0x1234n, 2);
    same(get(sut, 16, range, 2), 0x1234n, 'a get after a put through it');
  }),
  clause('ddi_regs_map_setup.9f/OUT-4', {}, async (sut) => {
    const forged = { ...registers(sut).handle } as ddi_acc_handle_t;
    const clauses = [
      'ddi_regs_map_setup.9f/OUT-4',
      'ddi_regs_map_free.9f/AR-1',
      'ddi_get8.9f/AR-1',
    ];
    await misuse(sut, 'a handle put together from the fields of another', clauses, () => {
      sut.ddi.ddi_regs_map_free(forged);
    });
  }),
  clause('ddi_regs_map_setup.9f/DS-1', {}, (sut) => {
    that(sut.device.registerSets >= 3, 'the probe device has configuration space and two sets');
    sut.device.accesses();
    for (let rnumber = 0; rnumber < sut.device.registerSets; rnumber++) {
      get(sut, 8, registers(sut, 0, rnumber), 1);
      same(sut.device.accesses(), [{ op: 'read', rnumber, off: 1, width: 1 }], 'what was accessed');
    }
  }),
  clause('ddi_regs_map_setup.9f/DS-2', {}, async (sut) => {
    const range = good(mapPart(sut, 1, 16, 8), 'map of 8 bytes at 16');
    sut.device.fill(1, 16, registerBytes);
    same(sut.ddi.ddi_get8(range.handle, range.addr + 7), 8, 'the last byte of the range');
    sut.device.accesses();
    await sut.attempt(() => sut.ddi.ddi_get8(range.handle, range.addr + 8));
    same(sut.device.accesses(), [], 'what reaches the device one byte behind the range');
  }),
  clause('ddi_regs_map_setup.9f/DS-3', {}, (sut) => {
    const range = registers(sut);
    const last = sut.device.sizeOf(1) - 1;
    sut.device.fill(1, last, Uint8Array.of(0x99));
    same(sut.ddi.ddi_get8(range.handle, range.addr + last), 0x99, 'the last byte of the set');
    sut.device.fill(1, 0, Uint8Array.of(0x66));
    same(sut.ddi.ddi_get8(range.handle, range.addr), 0x66, 'the first byte of the set');
  }),
  clause('ddi_regs_map_setup.9f/DS-5', {}, (sut) => {
    sut.device.fill(1, 0, registerBytes);
    for (const [mode, order] of [
      [0, sut.endian],
      [1, 'little'],
      [2, 'big'],
    ] as const) {
      const range = registers(sut, mode);
      const seen = widths.map((width) => get(sut, width, range));
      same(
        seen,
        widths.map((width) => endianRow(order)[width]),
        `gets under mode ${mode}`,
      );
    }
  }),
  clause('ddi_regs_map_setup.9f/RV-1', {}, (sut) => {
    const before = sut.live().length;
    good(mapPart(sut, 1, 0, 0), 'ddi_regs_map_setup');
    same(sut.live().length, before + 1, 'objects alive after DDI_SUCCESS');
  }),
  clause('ddi_regs_map_setup.9f/RV-2', {}, (sut) => {
    const size = sut.device.sizeOf(1);
    const before = sut.live();
    bad(mapPart(sut, sut.device.registerSets, 0, 0), refusals, 'a register number too high');
    bad(mapPart(sut, 1, size + 1, 4), refusals, 'an offset behind the set');
    bad(mapPart(sut, 1, size, 1), refusals, 'an offset at the end of the set');
    bad(mapPart(sut, 1, 0, size + 1), refusals, 'a length that is too long');
    bad(mapPart(sut, 1, size - 4, 5), refusals, 'a range that runs over the end');
    same(sut.live(), before, 'objects alive after the refusals');
    good(mapPart(sut, 1, size - 4, 4), 'a range that ends with the set');
  }),
  clause('ddi_regs_map_setup.9f/CX-1', {}, async (sut) => {
    for (const where of ['user', 'kernel'] as const) {
      good(await sut.within(where, () => mapPart(sut, 1, 0, 0)), `a map in ${where} context`);
    }
    same(sut.findings().length, 0, 'findings where it is allowed');
    await misuse(sut, 'a map in interrupt context', ['ddi_regs_map_setup.9f/CX-1'], () =>
      sut.within('interrupt', () => mapPart(sut, 1, 0, 0)),
    );
  }),
  clause('ddi_regs_map_free.9f/AR-1', { cases: ['memory', 'freed'] }, async (sut, kase) => {
    const range = kase === 'memory' ? memory(sut) : registers(sut);
    if (kase === 'freed') sut.ddi.ddi_regs_map_free(range.handle);
    const clauses = ['ddi_regs_map_free.9f/AR-1', 'ddi_regs_map_free.9f/DS-1', 'interplay/AX-8'];
    await misuse(sut, `ddi_regs_map_free of a handle: ${kase}`, clauses, () => {
      sut.ddi.ddi_regs_map_free(range.handle);
    });
  }),
  clause('ddi_regs_map_free.9f/DS-1', {}, async (sut) => {
    const before = sut.live();
    const range = registers(sut);
    same(sut.live().length, before.length + 1, 'objects alive with the mapping');
    sut.ddi.ddi_regs_map_free(range.handle);
    same(sut.live(), before, 'objects alive after the mapping is released');
    sut.device.accesses();
    const clauses = ['ddi_regs_map_free.9f/DS-1', 'ddi_get8.9f/AR-1'];
    await misuse(sut, 'a get through a released mapping', clauses, () => get(sut, 8, range));
    same(sut.device.accesses(), [], 'what reaches the device then');
  }),
  clause('ddi_regs_map_free.9f/CX-1', {}, async (sut) => {
    const before = sut.live();
    for (const where of ['user', 'kernel'] as const) {
      const { handle } = registers(sut);
      same(sut.live().length, before.length + 1, 'objects alive with the mapping');
      await sut.within(where, () => {
        sut.ddi.ddi_regs_map_free(handle);
      });
    }
    same(sut.live(), before, 'objects alive after user and kernel context freed one each');
    const { handle } = registers(sut);
    await misuse(sut, 'a release in interrupt context', ['ddi_regs_map_free.9f/CX-1'], () =>
      sut.within('interrupt', () => {
        sut.ddi.ddi_regs_map_free(handle);
      }),
    );
  }),
];
