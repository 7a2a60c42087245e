/** The structures of a request as recordings write them: attributes, page frames. */
import type { ddi_device_acc_attr_t, ddi_dma_attr_t } from '../sys/types.js';
import { type Fields, RecordingError } from './fields.js';

const UINT32_MAX = 0xffff_ffff;
/** Pages of one buffer: 512 MiB, more than any machine here has addresses for. */
const PAGES_MAX = 1 << 17;

/** ddi_dma_attr(9S), its members without their prefix. */
export function readAttr(attr: Fields): ddi_dma_attr_t {
  const read = {
    dma_attr_version: attr.has('version') ? attr.integer('version', 0, UINT32_MAX) : 0,
    dma_attr_addr_lo: attr.word64('addr_lo'),
    dma_attr_addr_hi: attr.word64('addr_hi'),
    dma_attr_count_max: attr.word64('count_max'),
    dma_attr_align: attr.word64('align'),
    dma_attr_burstsizes: attr.word32('burstsizes'),
    dma_attr_minxfer: attr.word32('minxfer'),
    dma_attr_maxxfer: attr.word64('maxxfer'),
    dma_attr_seg: attr.word64('seg'),
    dma_attr_sgllen: attr.word32('sgllen') | 0,
    dma_attr_granular: attr.word32('granular'),
    dma_attr_flags: attr.word32('flags'),
  };
  attr.done();
  return read;
}

/** ddi_device_acc_attr(9S). */
export function readAcc(acc: Fields): ddi_device_acc_attr_t {
  const read = {
    devacc_attr_version: acc.integer('version', 0, 0xffff),
    devacc_attr_endian_flags: acc.integer('endian', 0, 255),
    devacc_attr_dataorder: acc.integer('order', 0, 255),
    devacc_attr_access: acc.integer('access', 0, 255),
  };
  acc.done();
  return read;
}

/** `5000:3 5010`: page frames 5000, 5001, 5002 and 5010, hexadecimal. */
export function readPfns(fields: Fields, name: string): readonly number[] {
  const text = fields.string(name);
  const at = fields.place(name);
  const pfns: number[] = [];
  for (const run of text === '' ? [] : text.split(' ')) {
    const [, first, count = '1'] = /^([0-9a-f]{1,13})(?::([0-9a-f]{1,8}))?$/i.exec(run) ?? [];
    if (first === undefined) {
      throw new RecordingError(`${at}: expected runs of frames such as 5000:3, found "${run}"`);
    }
    const start = parseInt(first, 16);
    const end = start + parseInt(count, 16);
    if (pfns.length + end - start > PAGES_MAX) {
      throw new RecordingError(`${at}: more than ${PAGES_MAX} pages`);
    }
    for (let pfn = start; pfn < end; pfn++) pfns.push(pfn);
  }
  return pfns;
}
