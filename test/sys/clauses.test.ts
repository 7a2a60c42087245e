/** The registry holds every clause it should, each once, and refuses what is not one. */
import { describe, expect, test } from 'vitest';
import { accessClauseTable } from '../../src/sys/clauses-access.js';
import { dmaClauseTable } from '../../src/sys/clauses-dma.js';
import { intrClauseTable } from '../../src/sys/clauses-intr.js';
import { clause, clauses, pagesOf, parseClauseTables } from '../../src/sys/clauses.js';
import { ModelBug } from '../../src/sys/errors.js';

/** Clauses per page of the DMA pages. */
const dmaPages: Readonly<Record<string, number>> = {
  'ddi_dma_alloc_handle.9f': 31,
  'ddi_dma_free_handle.9f': 7,
  'ddi_dma_mem_alloc.9f': 52,
  'ddi_dma_mem_free.9f': 7,
  'ddi_dma_addr_bind_handle.9f': 59,
  'ddi_dma_buf_bind_handle.9f': 57,
  'ddi_dma_unbind_handle.9f': 10,
  'ddi_dma_sync.9f': 23,
  'ddi_dma_getwin.9f': 22,
  'ddi_dma_numwin.9f': 7,
  'ddi_dma_cookie_iter.9f': 25,
  'ddi_dma_burstsizes.9f': 7,
  'ddi_dma_set_sbus64.9f': 13,
  'ddi_dmae.9f': 40,
  'ddi_slaveonly.9f': 4,
  'ddi_check_acc_handle.9f': 18,
  'ddi_fm_acc_err_get.9f': 9,
  'ddi_fm_acc_err_clear.9f': 4,
  'ddi_dma_attr.9s': 39,
  'ddi_dma_cookie.9s': 9,
  'ddi_device_acc_attr.9s': 17,
  'ddi_dmae_req.9s': 21,
  'ddi_fm_error.9s': 8,
  interplay: 20,
};

/** Clauses per page of the pages around DMA; two pages continue the other table. */
const accessPages: Readonly<Record<string, number>> = {
  'ddi_get8.9f': 11,
  'ddi_put8.9f': 9,
  'ddi_rep_get8.9f': 13,
  'ddi_rep_put8.9f': 10,
  'ddi_io_get8.9f': 7,
  'ddi_io_put8.9f': 5,
  'ddi_io_rep_get8.9f': 6,
  'ddi_io_rep_put8.9f': 6,
  'ddi_mem_get8.9f': 5,
  'ddi_mem_put8.9f': 5,
  'ddi_mem_rep_get8.9f': 5,
  'ddi_mem_rep_put8.9f': 5,
  'ddi_device_zero.9f': 10,
  'ddi_device_copy.9f': 11,
  'ddi_peek.9f': 10,
  'ddi_poke.9f': 6,
  'pci_config_get8.9f': 8,
  'pci_config_setup.9f': 8,
  'pci.4': 9,
  'ddi_regs_map_setup.9f': 20,
  'ddi_regs_map_free.9f': 6,
  'ddi_dev_nregs.9f': 4,
  'ddi_dev_regsize.9f': 5,
  'ddi_map_regs.9f': 4,
  'ddi_umem_alloc.9f': 17,
  'ddi_umem_lock.9f': 17,
  'ddi_umem_iosetup.9f': 14,
  umem_lockmemory: 5,
  'ddi_fm_init.9f': 10,
  'ddi_fm_handler_register.9f': 9,
  'ddi_fm_service_impact.9f': 6,
  'ddi_fm_acc_err_get.9f': 3,
  'buf.9s': 18,
  'physio.9f': 10,
  'bp_mapin.9f': 4,
  'bp_mapout.9f': 4,
  'bp_copyin.9f': 3,
  'buf_funcs.9f': 10,
  'ddi_btop.9f': 6,
  'ddi_intr_alloc.9f': 10,
  'ddi_intr_add_handler.9f': 7,
  'ddi_intr_enable.9f': 6,
  'ddi_intr_set_mask.9f': 5,
  'ddi_intr_get_pri.9f': 2,
  'ddi_add_intr.9f': 6,
  'mutex.9f': 8,
  'condvar.9f': 5,
  'kmem_alloc.9f': 8,
  'attach.9e': 7,
  'detach.9e': 12,
  'quiesce.9e': 9,
  'dump.9e': 3,
  'swab.9f': 5,
  'byteorder.h': 5,
  dvma: 5,
  interplay: 18,
};

/** Clauses per page of the interrupt pages; one continues the table before. */
const intrPages: Readonly<Record<string, number>> = {
  'ddi_intr_get_supported_types.9f': 3,
  'ddi_intr_get_nintrs.9f': 6,
  'ddi_intr_get_cap.9f': 6,
  'ddi_intr_get_pri.9f': 5,
  'ddi_intr_get_pending.9f': 5,
  'ddi_intr_hilevel.9f': 2,
  'ddi_intr_add_softint.9f': 10,
  'ddi_add_softintr.9f': 6,
};

describe.each([
  {
    name: 'DMA',
    table: dmaClauseTable,
    pages: dmaPages,
    total: 509,
    levels: { MAY: 45, MUST: 351, NOTE: 108, UNDEFINED: 5 },
  },
  {
    name: 'access',
    table: accessClauseTable,
    pages: accessPages,
    total: 445,
    levels: { MAY: 11, MUST: 338, NOTE: 93, UNDEFINED: 3 },
  },
  {
    name: 'interrupt',
    table: intrClauseTable,
    pages: intrPages,
    total: 43,
    levels: { MUST: 42, NOTE: 1 },
  },
])('$name table', ({ table, pages, total, levels }) => {
  const read = [...parseClauseTables([table]).values()];

  test('has every clause of every page', () => {
    expect(countBy(read.map((c) => c.page))).toEqual(pages);
    expect(read).toHaveLength(total);
  });

  test('has every level as often as it should', () => {
    expect(countBy(read.map((c) => c.level))).toEqual(levels);
  });
});

describe('registry', () => {
  test('holds the tables, no id twice', () => {
    expect(clauses.size).toBe(509 + 445 + 43);
  });

  test('every clause is well formed', () => {
    for (const [id, c] of clauses) {
      expect(c.id).toBe(id);
      expect(id).toMatch(/^(?:[a-z][a-z0-9_]*(?:\.(?:4|7|9[efs]|h))?)\/[A-Z]{2,3}-[1-9]\d*$/);
      expect(id).toBe(`${c.page}/${c.group}-${id.slice(id.lastIndexOf('-') + 1)}`);
      expect(`${c.text} ${c.observe}`).not.toMatch(/[`\\\n]|\*\*|\s\s|\b[AX]-\d/);
      expect(c.text).not.toContain(' ? ');
      expect(c.text).toMatch(/^\S.*[.)]$/);
    }
  });

  test('ids of one group count from 1 without a gap, except where a page is continued', () => {
    const numbers = new Map<string, number[]>();
    for (const c of clauses.values()) {
      const key = `${c.page}/${c.group}`;
      numbers.set(key, [
        ...(numbers.get(key) ?? []),
        Number(c.id.slice(c.id.lastIndexOf('-') + 1)),
      ]);
    }
    for (const [key, ns] of numbers) expect(ns, key).toEqual(ns.map((_, i) => i + 1));
  });

  test('a clause reads as its page has it', () => {
    expect(clause('ddi_dma_sync.9f/DS-4')).toEqual({
      id: 'ddi_dma_sync.9f/DS-4',
      page: 'ddi_dma_sync.9f',
      group: 'DS',
      level: 'MUST',
      who: 'S',
      text: 'Binding performs an implicit sync.',
      observe: 'See bind IX rows.',
    });
  });

  test('an unknown id is a defect of the model', () => {
    for (const id of ['ddi_dma_sync.9f/DS-99', 'DS-4', '', 'toString'])
      expect(() => clause(id)).toThrow(ModelBug);
  });

  test('pagesOf lists each page once', () => {
    const pages = pagesOf();
    expect(new Set(pages).size).toBe(pages.length);
    expect(new Set(pages)).toEqual(
      new Set([dmaPages, accessPages, intrPages].flatMap((table) => Object.keys(table))),
    );
    expect(pages[0]).toBe('ddi_dma_alloc_handle.9f');
  });
});

describe('notation', () => {
  test('indented lines go on, "?" starts what a test observes', () => {
    const c = parseClauseTables(['# p.9f\nAR-1 MAY D one\n  two\n  ? three\n    four\n']).get(
      'p.9f/AR-1',
    );
    expect(c?.text).toBe('one two');
    expect(c?.observe).toBe('three four');
  });

  test.each([
    ['no page', 'AR-1 MAY D text'],
    ['unknown level', '# p\nAR-1 SHALL D text'],
    ['unknown who', '# p\nAR-1 MUST X text'],
    ['no text', '# p\nAR-1 MUST D '],
    ['id twice', '# p\nAR-1 MUST D a\nAR-1 MUST D b'],
  ])('%s is refused', (_, table) => {
    expect(() => parseClauseTables([table])).toThrow(ModelBug);
  });
});

function countBy(values: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const v of values) counts[v] = (counts[v] ?? 0) + 1;
  return counts;
}
