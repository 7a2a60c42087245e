/** ddi_device_zero(9F) and ddi_device_copy(9F): words between devices, one access each. */
import { err, ok, type Result } from 'neverthrow';
import type { AccHandle } from '../nexus/acc-handle.js';
import { ddiError, type DdiError } from '../sys/errors.js';
import { showValue } from '../sys/result.js';
import type { caddr_t, ddi_acc_handle_t } from '../sys/types.js';
import { type AccCall, type DatumBytes, isAlive, isReached, refused } from './acc-call.js';
import { loadDatum, loadDatum64, storeDatum, storeDatum64 } from './acc-slow.js';
import { accBehind, enterAcc } from './enter.js';

type CopyResult = Result<void, DdiError<'DDI_FAILURE'>>;

/** One side of the copy. */
interface Side {
  readonly handle: ddi_acc_handle_t;
  /** What the page calls the address and the count. */
  readonly names: readonly [addr: string, advcnt: string];
  readonly addr: caddr_t;
  readonly advcnt: number;
}

/** A side that has been found legal. */
interface Walk {
  readonly h: AccHandle;
  readonly addr: caddr_t;
  /** From one word to the next, in bytes; negative goes down. */
  readonly step: number;
}

/** What a call is to do, once it has been found legal. */
interface Work {
  readonly walks: readonly Walk[];
  readonly words: number;
  readonly bytes: DatumBytes;
}

const zero = {
  call: 'ddi_device_zero',
  gone: 'ddi_device_zero.9f/AR-1',
  range: 'ddi_device_zero.9f/AR-1',
  align: 'ddi_put8.9f/AR-2',
  size: 'ddi_device_zero.9f/AR-2',
  multiple: 'ddi_device_zero.9f/RV-2',
  step: 'ddi_device_zero.9f/AR-3',
};
const copy = {
  call: 'ddi_device_copy',
  gone: 'ddi_device_copy.9f/AR-1',
  range: 'ddi_device_copy.9f/AR-1',
  align: 'ddi_put8.9f/AR-2',
  size: 'ddi_device_copy.9f/AR-2',
  multiple: 'ddi_device_copy.9f/RV-2',
  step: 'ddi_device_copy.9f/DS-5',
};
type Page = typeof zero;

/**
 * Writes zeroes to a device.
 *
 * @param handle - from ddi_dma_mem_alloc(9F) or ddi_regs_map_setup(9F)
 * @param dev_addr - where the first word goes
 * @param bytecount - bytes, a multiple of `dev_datasz`
 * @param dev_advcnt - words from one access to the next; 0 stays, negative goes down
 * @param dev_datasz - bytes of a word: `DDI_DATA_SZ01_ACC` to `DDI_DATA_SZ08_ACC`
 * @returns nothing, or `DDI_FAILURE` and nothing was written
 * @remarks User, kernel and interrupt context.
 * @see ddi_device_zero(9F)
 */
export function ddi_device_zero(
  handle: ddi_acc_handle_t,
  dev_addr: caddr_t,
  bytecount: number,
  dev_advcnt: number,
  dev_datasz: number,
): CopyResult {
  const side: Side = {
    handle,
    names: ['dev_addr', 'dev_advcnt'],
    addr: dev_addr,
    advcnt: dev_advcnt,
  };
  return planned(zero, [side], bytecount, dev_datasz).map(({ walks: [to], words, bytes }) => {
    if (to === undefined) return;
    for (let i = 0; i < words; i++) {
      const at = to.addr + i * to.step;
      if (bytes === 8) storeDatum64(to.h, at, 0n);
      else storeDatum(to.h, at, 0, bytes);
    }
  });
}

/**
 * Copies words from one device to another, each read and then written.
 *
 * @param src_handle - governs the reading
 * @param src_addr - where the first word is
 * @param src_advcnt - words from one read to the next; 0 stays, negative goes down
 * @param dest_handle - governs the writing
 * @param dest_addr - where the first word goes
 * @param dest_advcnt - words from one write to the next
 * @param bytecount - bytes, a multiple of `dev_datasz`
 * @param dev_datasz - bytes of a word: `DDI_DATA_SZ01_ACC` to `DDI_DATA_SZ08_ACC`
 * @returns nothing, or `DDI_FAILURE` and nothing was copied
 * @remarks User, kernel and interrupt context.
 * @see ddi_device_copy(9F)
 */
export function ddi_device_copy(
  src_handle: ddi_acc_handle_t,
  src_addr: caddr_t,
  src_advcnt: number,
  dest_handle: ddi_acc_handle_t,
  dest_addr: caddr_t,
  dest_advcnt: number,
  bytecount: number,
  dev_datasz: number,
): CopyResult {
  const sides: readonly Side[] = [
    { handle: src_handle, names: ['src_addr', 'src_advcnt'], addr: src_addr, advcnt: src_advcnt },
    {
      handle: dest_handle,
      names: ['dest_addr', 'dest_advcnt'],
      addr: dest_addr,
      advcnt: dest_advcnt,
    },
  ];
  return planned(copy, sides, bytecount, dev_datasz).map(({ walks: [from, to], words, bytes }) => {
    if (from === undefined || to === undefined) return;
    // ddi_device_copy(9F) SL-1: where the sides overlap, this order shows.
    for (let i = 0; i < words; i++) {
      const [at, there] = [from.addr + i * from.step, to.addr + i * to.step];
      if (bytes === 8) storeDatum64(to.h, there, loadDatum64(from.h, at));
      else storeDatum(to.h, there, loadDatum(from.h, at, bytes), bytes);
    }
  });
}

/** Everything looked at, nothing touched: what there is to do, or why it is refused. */
function planned(
  page: Page,
  sides: readonly Side[],
  bytecount: number,
  datasz: number,
): Result<Work, DdiError<'DDI_FAILURE'>> {
  const hs = sides.map(({ handle }, i) => (i === 0 ? enterAcc : accBehind)(page.call, handle));
  const fail = (clause: string, message: string): Result<Work, DdiError<'DDI_FAILURE'>> =>
    err(ddiError('DDI_FAILURE', page.call, clause, message, { bytecount, dev_datasz: datasz }));
  const acc: AccCall = { ...page, bytes: 1 };
  for (const h of hs) {
    if (!isAlive(acc, h)) return fail(page.gone, 'a handle was freed');
  }
  const [first] = hs;
  if (first === undefined) return fail(page.gone, 'there is no handle');
  const bad = (clause: string, name: string, value: unknown, rule: string) => {
    const message = `${name} ${rule}; it is ${showValue(value)}`;
    refused(acc, first, 'BAD_ARGUMENT', clause, message, { [name]: value });
    return fail(clause, message);
  };
  if (!Number.isSafeInteger(bytecount) || bytecount < 0) {
    return bad(page.multiple, 'bytecount', bytecount, 'must be a number of bytes');
  }
  if (datasz === 0 && first.rdip.machine.rules.has('device-copy-divides-by-zero')) {
    const values = { bytecount, dev_datasz: datasz };
    first.rdip.machine.panic(`${page.call}: divide error: dev_datasz is 0`, values, page.size);
  }
  if (!isSize(datasz)) return bad(page.size, 'dev_datasz', datasz, 'must be 1, 2, 4 or 8');
  for (const { names, advcnt } of sides) {
    if (!Number.isSafeInteger(advcnt)) {
      return bad(page.step, names[1], advcnt, 'must be a number of words');
    }
  }
  // Nothing to report: it is the page's own way of saying so.
  if (bytecount % datasz !== 0) {
    return fail(page.multiple, `${bytecount} bytes are no multiple of ${datasz}`);
  }
  const words = bytecount / datasz;
  if (words === 0) return ok({ walks: [], words, bytes: datasz });
  const walks: Walk[] = [];
  for (const [i, h] of hs.entries()) {
    const { names = ['', ''], addr = 0, advcnt = 0 } = sides[i] ?? {};
    const step = advcnt * datasz;
    const way = (words - 1) * step;
    const inside =
      isReached({ ...acc, bytes: datasz }, h, addr, Math.max(way, 0) + datasz, names[0]) &&
      (way >= 0 || isReached({ ...acc, bytes: datasz }, h, addr + way, datasz, names[0]));
    if (!inside) return fail(page.range, `${names[0]} does not stay where the handle reaches`);
    walks.push({ h, addr, step });
  }
  return ok({ walks, words, bytes: datasz });
}

function isSize(datasz: number): datasz is DatumBytes {
  return datasz === 1 || datasz === 2 || datasz === 4 || datasz === 8;
}
