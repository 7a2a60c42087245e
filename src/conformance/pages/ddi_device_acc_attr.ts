/** Checks of ddi_device_acc_attr(9S). Faults: see pending.ts. */
import {
  DDI_DMA_CONSISTENT,
  DDI_DMA_DONTWAIT,
  DDI_NEVERSWAP_ACC,
  DDI_STRUCTURE_BE_ACC,
  DDI_STRUCTURE_LE_ACC,
} from '../../sys/constants.js';
import { clause, type ClauseCheck } from '../clause.js';
import { endianRow, registerBytes, type Width } from '../endian.js';
import { newHandle, newMemory, plainAcc } from '../stock.js';
import type { Sut } from '../sut.js';
import { good, same, that } from '../that.js';

/** What the four gets return for bytes 01 to 08 in device memory, under one mode. */
function gets(sut: Sut, endian: number): Record<Width, bigint> {
  sut.device.fill(1, 16, registerBytes);
  const acc = { ...plainAcc, devacc_attr_endian_flags: endian };
  const regs = good(sut.ddi.ddi_regs_map_setup(sut.dip(), 1, 0, 0, acc), 'map of set 1');
  const at = regs.addr + 16;
  return {
    8: BigInt(sut.ddi.ddi_get8(regs.handle, at)),
    16: BigInt(sut.ddi.ddi_get16(regs.handle, at)),
    32: BigInt(sut.ddi.ddi_get32(regs.handle, at)),
    64: sut.ddi.ddi_get64(regs.handle, at),
  };
}

/** The checks. */
export const accAttrChecks: readonly ClauseCheck[] = [
  clause('ddi_device_acc_attr.9s/VR-1', { cases: ['0', '3'] }, async (sut, kase) => {
    newMemory(sut, newHandle(sut), 64);
    const acc = { ...plainAcc, devacc_attr_version: Number(kase) };
    const attempt = await sut.attempt(() =>
      sut.ddi.ddi_dma_mem_alloc(newHandle(sut), 64, acc, DDI_DMA_CONSISTENT, DDI_DMA_DONTWAIT),
    );
    const reported = attempt.findings.some((f) => f.clause === 'ddi_device_acc_attr.9s/VR-1');
    that(reported || attempt.value?.isErr() === true, `version ${kase} is refused or reported`);
  }),
  clause('ddi_device_acc_attr.9s/EN-1', { cases: ['3', '4'] }, async (sut, kase) => {
    newMemory(sut, newHandle(sut), 64);
    const acc = { ...plainAcc, devacc_attr_endian_flags: Number(kase) };
    const attempt = await sut.attempt(() =>
      sut.ddi.ddi_dma_mem_alloc(newHandle(sut), 64, acc, DDI_DMA_CONSISTENT, DDI_DMA_DONTWAIT),
    );
    const reported = attempt.findings.some((f) => f.clause === 'ddi_device_acc_attr.9s/EN-1');
    that(
      reported || attempt.value?.isErr() === true,
      `endian flags ${kase} are refused or reported`,
    );
  }),
  clause('ddi_device_acc_attr.9s/EN-2', {}, (sut) => {
    same(gets(sut, DDI_NEVERSWAP_ACC), endianRow(sut.endian), 'what gets return, never swapped');
  }),
  clause('ddi_device_acc_attr.9s/EN-3', { cases: ['LE', 'BE'] }, (sut, kase) => {
    const little = kase === 'LE';
    const seen = gets(sut, little ? DDI_STRUCTURE_LE_ACC : DDI_STRUCTURE_BE_ACC);
    same(seen, endianRow(little ? 'little' : 'big'), `what gets return of a ${kase} device`);
  }),
  clause('ddi_device_acc_attr.9s/DO-1', {}, (sut) => {
    const regs = good(sut.ddi.ddi_regs_map_setup(sut.dip(), 1, 0, 0, plainAcc), 'map of set 1');
    sut.device.accesses();
    sut.ddi.ddi_put32(regs.handle, regs.addr + 8, 1);
    sut.ddi.ddi_put32(regs.handle, regs.addr, 2);
    sut.ddi.ddi_get32(regs.handle, regs.addr + 4);
    sut.ddi.ddi_put32(regs.handle, regs.addr + 8, 3);
    const order = sut.device.accesses().map((a) => `${a.op} ${a.off}`);
    same(order, ['write 8', 'write 0', 'read 4', 'write 8'], 'what the device saw, in its order');
  }),
  clause('ddi_device_acc_attr.9s/IX-1', {}, (sut) => {
    // The order of data is ignored for DMA memory: every value is taken, and none shows.
    const seen = [0, 1, 2, 3, 4].map((devacc_attr_dataorder) => {
      const acc = { ...plainAcc, devacc_attr_dataorder };
      const m = newMemory(sut, newHandle(sut), 64, DDI_DMA_CONSISTENT, acc);
      sut.ddi.ddi_put16(m.handle, m.kaddr, 0x1234);
      sut.ddi.ddi_put8(m.handle, m.kaddr, 0x56);
      return sut.ddi.ddi_get16(m.handle, m.kaddr);
    });
    const wanted = sut.endian === 'little' ? 0x1256 : 0x5634;
    same(
      seen,
      seen.map(() => wanted),
      'a byte stored over a word, under every data order',
    );
  }),
];
