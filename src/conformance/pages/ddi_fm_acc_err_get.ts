/** Checks of ddi_fm_acc_err_get(9F), ddi_fm_acc_err_clear(9F) and ddi_fm_error(9S). */
import { DDI_CAUTIOUS_ACC, DDI_FLAGERR_ACC, DDI_NEVERSWAP_ACC } from '../../sys/constants.js';
import {
  DDI_FM_ERR_EXPECTED,
  DDI_FM_ERR_PEEK,
  DDI_FM_ERR_POKE,
  DDI_FM_ERR_UNEXPECTED,
  DDI_FM_FATAL,
  DDI_FM_NONFATAL,
  DDI_FM_OK,
  DDI_FM_UNKNOWN,
  DDI_FME_VER0,
  DDI_FME_VERSION,
} from '../../sys/constants-fm.js';
import { clause, type ClauseCheck } from '../clause.js';
import { declared, dmaFails, watched, watchedBinding } from '../faulty.js';
import { inEveryContext, misuse, newHandle } from '../stock.js';
import type { Sut } from '../sut.js';
import { same, that } from '../that.js';

const page = 'ddi_fm_acc_err_get.9f';
const clearPage = 'ddi_fm_acc_err_clear.9f';
const struct = 'ddi_fm_error.9s';

/** The ways a handle comes by an error. */
const ways = ['acc', 'acc, single and unswapped', 'acc, 64 bits', 'acc, written', 'dma'];

/** A handle with an error, met in one of the ways, and what it is told of it. */
async function faulted(sut: Sut, way: string) {
  if (way === 'dma') {
    const { handle, address } = watchedBinding(sut);
    same(sut.ddi.ddi_fm_dma_err_get(handle, DDI_FME_VERSION).fme_status, 0, 'status before');
    await dmaFails(sut, address + 16n);
    return { handle, error: sut.ddi.ddi_fm_dma_err_get(handle, DDI_FME_VERSION) };
  }
  const endian = way === 'acc, single and unswapped' ? DDI_NEVERSWAP_ACC : undefined;
  const { handle, addr } = watched(sut, DDI_FLAGERR_ACC, endian);
  same(sut.ddi.ddi_fm_acc_err_get(handle, DDI_FME_VERSION).fme_status, 0, 'status before');
  sut.faults.breakRegister(1, 8);
  if (way === 'acc, 64 bits') sut.ddi.ddi_get64(handle, addr + 8);
  else if (way === 'acc, written') sut.ddi.ddi_put32(handle, addr + 8, 1);
  else sut.ddi.ddi_get32(handle, addr + 8);
  return { handle, error: sut.ddi.ddi_fm_acc_err_get(handle, DDI_FME_VERSION) };
}

/** The checks. */
export const fmErrChecks: readonly ClauseCheck[] = [
  clause(`${page}/AR-1`, { cases: ['2', '-1'] }, async (sut, kase) => {
    const { handle } = watched(sut);
    same(sut.ddi.ddi_fm_acc_err_get(handle, DDI_FME_VERSION).fme_status, DDI_FM_OK, 'status');
    await misuse(sut, `version ${kase}`, [`${page}/AR-1`], () =>
      sut.ddi.ddi_fm_acc_err_get(handle, Number(kase)),
    );
  }),
  clause(`${page}/DS-1`, { cases: ways }, async (sut, kase) => {
    await declared(sut, kase !== 'dma');
    const { handle, error } = await faulted(sut, kase);
    same(error.fme_status, DDI_FM_NONFATAL, 'fme_status');
    same(error.fme_flag, DDI_FM_ERR_UNEXPECTED, 'fme_flag');
    that(error.fme_ena !== 0n, 'fme_ena numbers the error');
    const told = kase === 'dma' ? error.fme_dma_handle : error.fme_acc_handle;
    that(told === handle, 'the handle is the one with the error');
  }),
  clause(`${page}/CX-1`, {}, async (sut) => {
    const { handle } = watched(sut);
    const dma = newHandle(sut);
    await inEveryContext(sut, 'asking and clearing', () => {
      same(sut.ddi.ddi_fm_acc_err_get(handle, DDI_FME_VERSION).fme_status, DDI_FM_OK, 'acc');
      same(sut.ddi.ddi_fm_dma_err_get(dma, DDI_FME_VERSION).fme_status, DDI_FM_OK, 'dma');
      sut.ddi.ddi_fm_acc_err_clear(handle, DDI_FME_VERSION);
      sut.ddi.ddi_fm_dma_err_clear(dma, DDI_FME_VERSION);
    });
  }),
  clause(`${clearPage}/DS-1`, { cases: ['acc', 'dma'] }, async (sut, kase) => {
    await declared(sut);
    if (kase === 'dma') {
      const { handle, address } = watchedBinding(sut);
      await dmaFails(sut, address);
      same(sut.ddi.ddi_fm_dma_err_get(handle, 1).fme_status, DDI_FM_NONFATAL, 'before');
      sut.ddi.ddi_fm_dma_err_clear(handle, DDI_FME_VERSION);
      same(sut.ddi.ddi_fm_dma_err_get(handle, 1).fme_status, DDI_FM_OK, 'after clearing');
      return;
    }
    const { handle, addr } = watched(sut);
    sut.faults.breakRegister(1, 0);
    sut.ddi.ddi_get32(handle, addr);
    same(sut.ddi.ddi_fm_acc_err_get(handle, 1).fme_status, DDI_FM_NONFATAL, 'before');
    sut.ddi.ddi_fm_acc_err_clear(handle, DDI_FME_VERSION);
    same(sut.ddi.ddi_fm_acc_err_get(handle, 1).fme_status, DDI_FM_OK, 'after clearing');
  }),
  clause(`${clearPage}/DS-2`, {}, async (sut) => {
    await declared(sut);
    const { handle, addr } = watched(sut);
    sut.faults.breakRegister(1, 0);
    same(sut.ddi.ddi_get32(handle, addr), 0xffffffff, 'what nobody answers');
    sut.faults.mend();
    sut.device.fill(1, 0, Uint8Array.of(1, 2, 3, 4));
    same(sut.ddi.ddi_fm_acc_err_get(handle, 1).fme_status, DDI_FM_NONFATAL, 'its error');
    sut.ddi.ddi_fm_acc_err_clear(handle, DDI_FME_VERSION);
    same(sut.ddi.ddi_get32(handle, addr), 0x01020304, 'an access after clearing');
    sut.ddi.ddi_put32(handle, addr, 0x05060708);
    same(sut.device.bytes(1, 0, 4), Uint8Array.of(5, 6, 7, 8), 'and a write');
  }),

  clause(`${struct}/FD-1`, {}, async (sut) => {
    const driver = await declared(sut);
    const { error } = await faulted(sut, 'acc');
    const versions = [error, ...driver.calls.map((c) => c.error)].map((e) => e.fme_version);
    same(versions.length, 2, 'structures');
    const known = versions.every((v) => v === DDI_FME_VER0 || v === DDI_FME_VERSION);
    that(known, `versions ${versions.join(', ')} are known ones`);
  }),
  clause(`${struct}/FD-2`, { cases: ['acc', 'dma'] }, async (sut, kase) => {
    await declared(sut);
    const { error } = await faulted(sut, kase);
    that(typeof error.fme_ena === 'bigint', 'fme_ena has 64 bits');
    same(error.fme_ena & 3n, 1n, 'the format of the ENA');
    that(error.fme_ena >> 20n !== 0n, 'the ENA has a time');
  }),
  clause(`${struct}/FD-3`, {}, async (sut) => {
    const driver = await declared(sut);
    const { handle, addr } = watched(sut, DDI_CAUTIOUS_ACC);
    sut.faults.breakRegister(1, 0);
    sut.ddi.ddi_get32(handle, addr);
    same(driver.calls.length, 1, 'calls of the error handler');
    for (const error of [
      sut.ddi.ddi_fm_acc_err_get(handle, 1),
      ...driver.calls.map((c) => c.error),
    ]) {
      same(error.fme_flag, DDI_FM_ERR_EXPECTED, 'the flag of an error of a cautious access');
      that(error.fme_acc_handle === handle, 'fme_acc_handle is its handle');
    }
  }),
  clause(`${struct}/FD-4`, { cases: ['peek', 'poke'] }, async (sut, kase) => {
    const driver = await declared(sut);
    const { addr } = watched(sut);
    sut.faults.breakRegister(1, 4);
    const answer =
      kase === 'peek'
        ? sut.ddi.ddi_peek32(sut.dip(), addr + 4)
        : sut.ddi.ddi_poke32(sut.dip(), addr + 4, 1);
    that(answer.isErr(), `the ${kase} fails`);
    const flags = driver.calls.map((c) => c.error.fme_flag);
    same(flags, [kase === 'peek' ? DDI_FM_ERR_PEEK : DDI_FM_ERR_POKE], 'flags');
  }),
  clause(`${struct}/FD-5`, { cases: ['acc', 'dma'] }, async (sut, kase) => {
    const driver = await declared(sut);
    const { error } = await faulted(sut, kase);
    const flags = [error, ...driver.calls.map((c) => c.error)].map((e) => e.fme_flag);
    same(flags, [DDI_FM_ERR_UNEXPECTED, DDI_FM_ERR_UNEXPECTED], 'flags');
    same(error.fme_status, DDI_FM_NONFATAL, 'the status of an error');
  }),
  clause(
    `${struct}/FD-6`,
    { cases: [DDI_FM_OK, DDI_FM_FATAL, DDI_FM_NONFATAL, DDI_FM_UNKNOWN].map(String) },
    async (sut, kase) => {
      const driver = await declared(sut);
      driver.answer = Number(kase);
      const { handle, addr } = watched(sut);
      sut.faults.breakRegister(1, 0);
      const attempt = await sut.attempt(() => sut.ddi.ddi_get32(handle, addr));
      same(driver.calls.length, 1, 'calls of the error handler');
      const fatal = driver.answer === DDI_FM_FATAL;
      that((attempt.panic !== undefined) === fatal, `status ${kase} takes the system down or not`);
    },
  ),
];
